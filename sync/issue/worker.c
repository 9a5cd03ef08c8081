#include "sync/issue/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/base/clock.h"
#include "store/issue/message.h"
#include "sync/issue/accounts.h"

#define OWN_FD 3 /* the worker's end */

/* Both are of one program and one build: they are sent as they are. */
struct question {
	char login[FERRY_ISSUE_LOGIN], password[FERRY_ISSUE_SECRET];
};
struct answer {
	int rc;
	struct ferry_error err;
};

static void
work(struct ferry_accounts *accounts)
{
	struct question q;

	while (read(OWN_FD, &q, sizeof(q)) == (ssize_t)sizeof(q)) {
		struct answer a = { .err = FERRY_ERROR_INIT };

		a.rc =
		    ferry_accounts_ask(accounts, q.login, q.password, &a.err);
		explicit_bzero(&q, sizeof(q));
		if (send(OWN_FD, &a, sizeof(a), MSG_NOSIGNAL) == -1)
			break;
	}
}

/* In the child: nothing of the parent's is kept open. */
static _Noreturn void
become_worker(int fd, pid_t parent, struct ferry_accounts *accounts)
{

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	(void)signal(SIGTERM, SIG_IGN); /* the parent says when */
	(void)signal(SIGINT, SIG_IGN);
	if (getppid() == parent &&
	    (fd == OWN_FD || dup2(fd, OWN_FD) == OWN_FD)) {
		(void)close_range(OWN_FD + 1, ~0U, 0);
		work(accounts);
	}
	_exit(0);
}

int
ferry_worker_start(struct ferry_worker *w, struct ferry_accounts *accounts,
    struct ferry_error *err)
{
	pid_t parent = getpid();
	int fds[2];

	*w = (struct ferry_worker){ .fd = -1 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == -1)
		return ferry_error_errno(err, "socketpair");
	if ((w->pid = fork()) == 0)
		become_worker(fds[1], parent, accounts);
	(void)close(fds[1]);
	if (w->pid == -1) {
		ferry_error_errno(err, "fork");
		w->pid = 0;
		(void)close(fds[0]);
		return -1;
	}
	w->fd = fds[0];
	(void)fcntl(w->fd, F_SETFL, O_NONBLOCK);
	return 0;
}

void
ferry_worker_stop(struct ferry_worker *w)
{

	if (w->pid == 0)
		return;
	(void)close(w->fd);
	(void)kill(w->pid, SIGKILL);
	while (waitpid(w->pid, NULL, 0) == -1 && errno == EINTR)
		;
	*w = (struct ferry_worker){ .fd = -1 };
}

int
ferry_worker_ask(struct ferry_worker *w, const char *login,
    const char *password, uint64_t timeout_ms, struct ferry_error *err)
{
	struct question q = { .login = "" };
	ssize_t n;

	(void)snprintf(q.login, sizeof(q.login), "%s", login);
	(void)snprintf(q.password, sizeof(q.password), "%s", password);
	n = send(w->fd, &q, sizeof(q), MSG_NOSIGNAL | MSG_DONTWAIT);
	explicit_bzero(&q, sizeof(q));
	if (n == -1)
		return ferry_error_errno(err, "who looks at passwords");
	w->until_ms = ferry_ticks_ms() + timeout_ms;
	return 0;
}

int
ferry_worker_take(struct ferry_worker *w, bool *ended, struct ferry_error *err)
{
	struct answer a;
	ssize_t n = read(w->fd, &a, sizeof(a));

	*ended = n != (ssize_t)sizeof(a);
	w->until_ms = 0;
	if (*ended)
		return ferry_error_set(err, FERRY_ENETWORK,
		    "the directory did not answer in time, or who asked it "
		    "crashed");
	if (a.rc == -1)
		*err = a.err;
	return a.rc;
}
