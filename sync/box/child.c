#include "sync/box/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/base/clock.h"
#include "store/base/error.h"

#define PASSED_FD 3
#define PATIENCE_MS 10000U
#define LOOK_MS 20

/* In the child: never returns. */
static void
become(const char *const *argv, int log, int null, int socket_fd)
{
	char pid[16];

	(void)dup2(null, STDIN_FILENO);
	(void)dup2(log, STDOUT_FILENO);
	(void)dup2(log, STDERR_FILENO);
	if (socket_fd != FERRY_CHILD_NONE) {
		(void)snprintf(pid, sizeof(pid), "%ld", (long)getpid());
		/* dup2() of itself would leave it to be closed. */
		if (socket_fd == PASSED_FD)
			(void)fcntl(socket_fd, F_SETFD, 0);
		else
			(void)dup2(socket_fd, PASSED_FD);
		(void)setenv("LISTEN_FDS", "1", 1);
		(void)setenv("LISTEN_PID", pid, 1);
	}
	/* Ctrl-C is for the command; we end this when that has. */
	(void)signal(SIGINT, SIG_IGN);
	/* execvp() takes char *, and changes nothing. */
	(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
	(void)fprintf(stderr, "cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

pid_t
ferry_child_fork(void)
{
	sigset_t ends, before;
	pid_t pid;

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &ends, &before);
	if ((pid = fork()) == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		(void)signal(SIGTERM, SIG_DFL);
		(void)signal(SIGINT, SIG_DFL);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

int
ferry_child_start(pid_t *out, const char *const *argv, const char *log,
    int socket_fd, struct ferry_error *err)
{
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600),
	    null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	pid_t pid = -1;

	if (fd == -1 || null == -1)
		ferry_error_errno(err, "%s", log);
	else if ((pid = ferry_child_fork()) == -1)
		ferry_error_errno(err, "cannot start %s", argv[0]);
	else if (pid == 0)
		become(argv, fd, null, socket_fd);
	if (fd != -1)
		(void)close(fd);
	if (null != -1)
		(void)close(null);
	*out = pid;
	return pid == -1 ? -1 : 0;
}

bool
ferry_child_ended(pid_t *pid)
{

	if (*pid > 0 && waitpid(*pid, NULL, WNOHANG) == *pid)
		*pid = 0;
	return *pid == 0;
}

void
ferry_child_stop(pid_t pid)
{
	uint64_t until = ferry_ticks_ms() + PATIENCE_MS;

	if (pid <= 0)
		return;
	(void)kill(pid, SIGTERM);
	while (!ferry_child_ended(&pid)) {
		if (ferry_ticks_ms() > until)
			(void)kill(pid, SIGKILL);
		(void)poll(NULL, 0, LOOK_MS);
	}
}

int
ferry_child_run(
    const char *const *argv, const char *log, struct ferry_error *err)
{
	int status = 0;
	pid_t pid;

	if (ferry_child_start(&pid, argv, log, FERRY_CHILD_NONE, err) == -1)
		return -1;
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return ferry_error_errno(
			    err, "waiting for %s", argv[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* What our programs begin the lines of errors with. */
static bool
tells_error(const char *line)
{

	return strncmp(line, "ferry: ", 7) == 0 ||
	       strncmp(line, "ferryd: error: ", 15) == 0;
}

void
ferry_child_last(const char *log, char out[FERRY_CHILD_LINE])
{
	FILE *f = fopen(log, "re");
	char line[FERRY_CHILD_LINE];
	bool error = false;

	out[0] = 0;
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = 0;
		if (line[0] == 0 || (error && !tells_error(line)))
			continue;
		error = tells_error(line);
		memcpy(out, line, strlen(line) + 1);
	}
	if (f != NULL)
		(void)fclose(f);
}
