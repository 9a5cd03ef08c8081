#include "sync/issue/issuer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "store/base/bytes.h"
#include "store/base/clock.h"
#include "store/base/conf.h"
#include "store/base/error.h"
#include "store/base/log.h"
#include "store/base/unix_socket.h"
#include "store/issue/message.h"
#include "sync/issue/accounts.h"
#include "sync/issue/desk.h"
#include "sync/issue/worker.h"

#define WORKERS 4 /* passwords that are looked at at once */
#define JOBS_MAX 64 /* and that wait: what is beyond is told to come again */
#define CONNECTIONS 8
#define REST_MS 500

struct job {
	struct job *next;
	uint64_t conn;
	struct ferry_issue_ask ask;
	struct ferry_issue_said said;
};

struct list {
	struct job *first, **last;
	size_t n;
};

struct conn {
	int fd; /* -1: free */
	uint64_t number; /* no other connection's, ever */
};

/* Invariant: a job is in the list, or a worker's. */
struct issuer {
	const struct ferry_issuer_options *options;
	struct ferry_desk *desk;
	char path[FERRY_UNIX_PATH];
	bool passed; /* the socket is systemd's */
	int lock; /* beside the socket, or -1: of those who begin one goes on */
	int listener;
	struct conn conns[CONNECTIONS];
	uint64_t numbers;
	struct {
		struct ferry_worker worker;
		struct job *job; /* or NULL: it rests */
	} at[WORKERS];
	struct list waiting;
};

static void
list_init(struct list *l)
{

	*l = (struct list){ .last = &l->first };
}

static void
put_job(struct list *l, struct job *job)
{

	job->next = NULL;
	*l->last = job;
	l->last = &job->next;
	l->n++;
}

static struct job *
take_job(struct list *l)
{
	struct job *job = l->first;

	if (job == NULL)
		return NULL;
	l->first = job->next;
	if (l->first == NULL)
		l->last = &l->first;
	l->n--;
	return job;
}

static void
free_job(struct job *job)
{

	if (job == NULL)
		return;
	ferry_issue_ask_clear(&job->ask);
	ferry_issue_said_clear(&job->said);
	free(job);
}

/* The socket */

/* The one that systemd listens at: 1, 0, -1. */
static int
take_passed(struct issuer *is, struct ferry_error *err)
{
	socklen_t size = sizeof(int), length = sizeof(struct sockaddr_un);
	struct sockaddr_un sun = { .sun_family = AF_UNSPEC };
	int type = 0;

	if (ferry_passed_sockets() != 1)
		return 0;
	if (getsockopt(FERRY_PASSED_FD, SOL_SOCKET, SO_TYPE, &type, &size) ==
		-1 ||
	    type != SOCK_SEQPACKET ||
	    getsockname(FERRY_PASSED_FD, (struct sockaddr *)&sun, &length) ==
		-1 ||
	    sun.sun_family != AF_UNIX ||
	    fcntl(FERRY_PASSED_FD, F_SETFD, FD_CLOEXEC) == -1 ||
	    fcntl(FERRY_PASSED_FD, F_SETFL, O_NONBLOCK) == -1)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "what was passed as descriptor %d is no Unix socket of "
		    "packets (ListenSequentialPacket=)",
		    FERRY_PASSED_FD);
	is->listener = FERRY_PASSED_FD;
	is->passed = true;
	return 1;
}

/* Root listens for those whose folder it is. */
static int
give_to_owner(const char *path, struct ferry_error *err)
{
	const char *slash = strrchr(path, '/');
	char *folder = NULL;
	struct stat st;
	int rc = 0;

	if (geteuid() != 0 || slash == NULL || slash == path)
		return 0;
	if (ferry_strndup(&folder, ferry_bytes_of(path, (size_t)(slash - path)),
		err) == -1)
		return -1;
	if (stat(folder, &st) == -1 || lchown(path, st.st_uid, st.st_gid) == -1)
		rc = ferry_error_errno(err, "%s", path);
	free(folder);
	return rc;
}

/* Nobody else takes the path from now on, until this process ends.  The file stays:
 * one that is removed can be locked twice. */
static int
lock_path(struct issuer *is, struct ferry_error *err)
{
	char path[FERRY_UNIX_PATH + 8];

	(void)snprintf(path, sizeof(path), "%s.lock", is->path);
	is->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (is->lock == -1)
		return ferry_error_errno(err, "%s", path);
	if (flock(is->lock, LOCK_EX | LOCK_NB) == -1)
		return errno == EWOULDBLOCK
		           ? ferry_error_set(err, FERRY_ELOCKED,
				 "another issuer answers at %s", is->path)
		           : ferry_error_errno(err, "%s", path);
	return give_to_owner(path, err);
}

static int
listen_at(struct issuer *is, struct ferry_error *err)
{

	if (lock_path(is, err) == -1)
		return -1;
	if (ferry_unix_answers(is->path))
		return ferry_error_set(err, FERRY_ELOCKED,
		    "another issuer answers at %s", is->path);
	return ferry_unix_listen(&is->listener, is->path, CONNECTIONS, err) ==
	               -1
	           ? -1
	           : give_to_owner(is->path, err);
}

static void
close_conn(struct conn *c)
{

	(void)close(c->fd);
	c->fd = -1;
}

static void
accept_conn(struct issuer *is)
{
	int fd =
	    accept4(is->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	size_t i = 0;

	if (fd == -1)
		return;
	while (i < CONNECTIONS && is->conns[i].fd != -1)
		i++;
	if (i < CONNECTIONS) {
		is->conns[i] = (struct conn){ fd, ++is->numbers };
		return;
	}
	ferry_log(FERRY_LOG_WARNING,
	    "more than %d connections ask the issuer: one is refused",
	    CONNECTIONS);
	(void)close(fd);
}

/* Who cannot be told must not wait for ever. */
static void
say(struct issuer *is, uint64_t number, const struct ferry_issue_said *said)
{
	struct ferry_buf packet = FERRY_BUF_INIT;
	struct ferry_error err = FERRY_ERROR_INIT;

	for (size_t i = 0; i < CONNECTIONS; i++) {
		struct conn *c = &is->conns[i];

		if (c->fd != -1 && c->number == number &&
		    (ferry_issue_said_write(said, &packet, &err) == -1 ||
			send(c->fd, packet.p, packet.n,
			    MSG_DONTWAIT | MSG_NOSIGNAL) == -1))
			close_conn(c);
	}
	if (packet.p != NULL)
		explicit_bzero(packet.p, packet.cap);
	ferry_buf_free(&packet);
}

/* Answer, and free the job. */
static void
end_job(struct issuer *is, struct job *job)
{

	say(is, job->conn, &job->said);
	free_job(job);
}

/* Give what waits to those who rest. */
static void
give_jobs(struct issuer *is)
{
	struct ferry_accounts *accounts = ferry_desk_asks(is->desk);
	uint64_t timeout = ferry_accounts_timeout_ms(accounts);

	for (size_t i = 0; i < WORKERS && is->waiting.n > 0; i++) {
		struct ferry_error err = FERRY_ERROR_INIT;
		struct ferry_worker *w = &is->at[i].worker;
		struct job *job;

		if (is->at[i].job != NULL)
			continue;
		job = take_job(&is->waiting);
		if ((w->pid == 0 &&
			ferry_worker_start(w, accounts, &err) == -1) ||
		    ferry_worker_ask(w, job->ask.login, job->ask.password,
			timeout, &err) == -1) {
			ferry_worker_stop(w);
			ferry_desk_end(
			    is->desk, &job->ask, -1, &err, &job->said);
			end_job(is, job);
		} else {
			is->at[i].job = job;
		}
	}
}

/* One who has answered, has ended, or took too long. */
static void
end_work(struct issuer *is, size_t i)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct job *job = is->at[i].job;
	bool ended;
	int right = ferry_worker_take(&is->at[i].worker, &ended, &err);

	if (ended)
		ferry_worker_stop(&is->at[i].worker);
	is->at[i].job = NULL;
	if (job == NULL)
		return;
	ferry_desk_end(is->desk, &job->ask, right, &err, &job->said);
	end_job(is, job);
}

static void
take_ask(
    struct issuer *is, const struct conn *c, const struct ferry_issue_ask *ask)
{
	struct ferry_issue_said busy = { .id = ask->id,
		.word = FERRY_ISSUE_BUSY };
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct job *job = NULL;

	if (is->waiting.n >= JOBS_MAX ||
	    ferry_calloc(&job, 1, sizeof(*job), &ignored) == -1) {
		say(is, c->number, &busy);
		return;
	}
	job->conn = c->number;
	job->ask = *ask;
	if (ferry_desk_begin(is->desk, &job->ask, &job->said))
		end_job(is, job);
	else
		put_job(&is->waiting, job);
}

static void
read_conn(struct issuer *is, struct conn *c)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	char packet[FERRY_ISSUE_ASK + 1];
	struct ferry_issue_ask ask;
	ssize_t n = read(c->fd, packet, sizeof(packet));

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close_conn(c);
		return;
	}
	if (ferry_issue_ask_read(
		&ask, ferry_bytes_of(packet, (size_t)n), &why) == -1) {
		ferry_log(FERRY_LOG_WARNING,
		    "%s; a connection to the issuer ends", why.text);
		close_conn(c);
	} else {
		take_ask(is, c, &ask);
	}
	explicit_bzero(packet, sizeof(packet));
	ferry_issue_ask_clear(&ask);
}

/* Milliseconds until one of them takes too long. */
static int
time_left(const struct issuer *is)
{
	uint64_t now = ferry_ticks_ms(), left = REST_MS;

	for (size_t i = 0; i < WORKERS; i++) {
		uint64_t until = is->at[i].worker.until_ms;

		if (until != 0 && until <= now)
			return 0;
		if (until != 0 && until - now < left)
			left = until - now;
	}
	return (int)left;
}

static void
turn(struct issuer *is)
{
	struct pollfd fds[1 + CONNECTIONS + WORKERS], *workers;

	workers = fds + 1 + CONNECTIONS;
	fds[0] = (struct pollfd){ .fd = is->listener, .events = POLLIN };
	for (size_t i = 0; i < CONNECTIONS; i++)
		fds[1 + i] =
		    (struct pollfd){ .fd = is->conns[i].fd, .events = POLLIN };
	for (size_t i = 0; i < WORKERS; i++)
		workers[i] = (struct pollfd){ .fd = is->at[i].worker.pid == 0
			                                ? -1
			                                : is->at[i].worker.fd,
			.events = POLLIN };
	if (poll(fds, sizeof(fds) / sizeof(fds[0]), time_left(is)) == -1)
		return;
	for (size_t i = 0; i < WORKERS; i++)
		if (workers[i].revents != 0 ||
		    (is->at[i].worker.until_ms != 0 &&
			ferry_ticks_ms() >= is->at[i].worker.until_ms))
			end_work(is, i);
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (is->conns[i].fd != -1 && fds[1 + i].revents != 0)
			read_conn(is, &is->conns[i]);
	if (fds[0].revents != 0)
		accept_conn(is);
	give_jobs(is);
}

static void
stop_work(struct issuer *is)
{
	struct job *job;

	for (size_t i = 0; i < WORKERS; i++) {
		ferry_worker_stop(&is->at[i].worker);
		free_job(is->at[i].job);
	}
	while ((job = take_job(&is->waiting)) != NULL)
		free_job(job);
}

static int
start(struct issuer *is, struct ferry_error *err)
{
	const char *socket;
	int rc;

	if (ferry_desk_new(&is->desk, is->options->conf, is->options->store,
		&socket, err) == -1 ||
	    ferry_unix_path(
		is->path, "issue", socket, is->options->store, err) == -1 ||
	    (rc = take_passed(is, err)) == -1 ||
	    (rc == 0 && listen_at(is, err) == -1))
		return -1;
	return 0;
}

int
ferry_issuer_run(
    const struct ferry_issuer_options *options, struct ferry_error *err)
{
	struct issuer is = { .options = options, .lock = -1, .listener = -1 };
	int rc;

	for (size_t i = 0; i < CONNECTIONS; i++)
		is.conns[i].fd = -1;
	list_init(&is.waiting);
	rc = start(&is, err);
	if (rc == 0) {
		if (options->on_ready != NULL)
			options->on_ready(options->ctx, is.path,
			    ferry_desk_accounts(is.desk));
		while (!options->stopped())
			turn(&is);
	}
	stop_work(&is);
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (is.conns[i].fd != -1)
			close_conn(&is.conns[i]);
	if (is.listener != -1) {
		if (!is.passed)
			(void)unlink(is.path);
		(void)close(is.listener);
	}
	if (is.lock != -1)
		(void)close(is.lock);
	ferry_desk_free(is.desk);
	return rc;
}

int
ferry_issuer_check(struct ferry_conf *conf, struct ferry_error *err)
{
	struct ferry_desk *desk = NULL;
	const char *socket;

	if (!ferry_conf_has(ferry_conf_root(conf), "issue"))
		return 0;
	if (ferry_desk_new(&desk, conf, "", &socket, err) == -1)
		return -1;
	ferry_desk_free(desk);
	return 0;
}
