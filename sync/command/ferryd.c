#include "sync/command/ferryd.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/base/error.h"
#include "sync/box/program.h"

#define OPTIONS_MAX 8

/* Start it with both streams into fd; 0 or an errno. */
static int
start(const char *const *options, int fd, pid_t *pid)
{
	char path[4096];
	const char *program = ferry_program_path("ferryd", path, sizeof(path));
	/* posix_spawnp() takes char *, and changes nothing. */
	char *argv[OPTIONS_MAX + 2] = { (char *)(uintptr_t) "ferryd" };
	posix_spawn_file_actions_t actions;
	int rc;

	for (size_t i = 0; i < OPTIONS_MAX && options[i] != NULL; i++)
		argv[1 + i] = (char *)(uintptr_t)options[i];
	if ((rc = posix_spawn_file_actions_init(&actions)) != 0)
		return rc;
	if ((rc = posix_spawn_file_actions_adddup2(
		 &actions, fd, STDOUT_FILENO)) == 0 &&
	    (rc = posix_spawn_file_actions_adddup2(
		 &actions, fd, STDERR_FILENO)) == 0)
		rc = posix_spawnp(pid, program, &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return rc;
}

/* All of it is read, so that it can end; what has room is kept. */
static void
drain(int fd, char text[FERRY_FERRYD_TEXT])
{
	char waste[512];
	size_t n = 0;
	ssize_t got;

	while (n < FERRY_FERRYD_TEXT - 1 &&
	       (got = read(fd, text + n, FERRY_FERRYD_TEXT - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = 0;
	while (read(fd, waste, sizeof(waste)) > 0)
		;
}

int
ferry_ferryd_ask(const char *const *options, char text[FERRY_FERRYD_TEXT],
    struct ferry_error *err)
{
	int fds[2], status = 0, rc;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1)
		return ferry_error_errno(err, "pipe");
	rc = start(options, fds[1], &pid);
	(void)close(fds[1]);
	if (rc == 0)
		drain(fds[0], text);
	(void)close(fds[0]);
	if (rc == ENOENT)
		return FERRY_FERRYD_NONE;
	if (rc != 0) {
		errno = rc;
		return ferry_error_errno(err, "cannot run ferryd");
	}
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	if (!WIFEXITED(status))
		return ferry_error_set(err, FERRY_ESYSTEM,
		    "ferryd ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}
