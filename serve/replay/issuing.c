#include "serve/replay/issuing.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/http/net.h"
#include "serve/replay/audit.h"
#include "serve/replay/call.h"
#include "serve/replay/guard.h"
#include "serve/replay/site.h"
#include "serve/replay/store_view.h"
#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/log.h"
#include "store/base/unix_socket.h"

#define WAIT_MS 30000 /* for the issuer's word */
#define TICKETS_MAX 256 /* that wait at once */

enum state { WAITS, SAID, NOBODY, LATE, BUSY };

/* One request that waits.  With the lock, but for later and issuing. */
struct ticket {
	struct ferry_later later; /* first: what the server sees of it */
	struct ferry_issuing *issuing;
	struct ticket *next;
	struct ferry_issue_ask ask;
	struct ferry_issue_said said;
	uint64_t until_ms;
	bool listed, sent;
	enum state state;
	void (*on_ready)(void *ctx);
	void *ctx;
};

/*
 * Invariants, with the lock: 1. a ticket is listed from its start to its end;
 * on_ready is called when it leaves the list, and not after it was freed; 2. no
 * ticket is sent while fd is -1.
 */
struct ferry_issuing {
	char path[FERRY_UNIX_PATH];
	pthread_t thread;
	pthread_mutex_t lock;
	struct ticket *tickets;
	size_t n;
	uint64_t ids;
	bool stop;
	int wake; /* an eventfd */
	int fd; /* the thread's */
};

/* Tickets */

static void
wake_thread(struct ferry_issuing *is)
{
	static const uint64_t one = 1;

	/* A full counter wakes as well. */
	if (write(is->wake, &one, sizeof(one)) == -1)
		return;
}

/* With the lock: *p has ended. */
static void
end_ticket(struct ferry_issuing *is, struct ticket **p, enum state state)
{
	struct ticket *t = *p;

	*p = t->next;
	t->listed = false;
	t->state = state;
	is->n--;
	ferry_issue_ask_clear(&t->ask);
	t->on_ready(t->ctx);
}

static void
start_ticket(struct ferry_later *later, void (*on_ready)(void *ctx), void *ctx)
{
	struct ticket *t = (struct ticket *)later;
	struct ferry_issuing *is = t->issuing;

	(void)pthread_mutex_lock(&is->lock);
	t->on_ready = on_ready;
	t->ctx = ctx;
	t->until_ms = ferry_ticks_ms() + WAIT_MS;
	t->ask.id = ++is->ids;
	t->listed = true;
	t->next = is->tickets;
	is->tickets = t;
	if (++is->n > TICKETS_MAX)
		end_ticket(is, &is->tickets, BUSY);
	(void)pthread_mutex_unlock(&is->lock);
	wake_thread(is);
}

static void
free_ticket(struct ferry_later *later)
{
	struct ticket *t = (struct ticket *)later, **p;
	struct ferry_issuing *is = t->issuing;

	(void)pthread_mutex_lock(&is->lock);
	for (p = &is->tickets; t->listed && *p != t;)
		p = &(*p)->next;
	if (t->listed) {
		*p = t->next;
		is->n--;
	}
	(void)pthread_mutex_unlock(&is->lock);
	ferry_issue_ask_clear(&t->ask);
	ferry_issue_said_clear(&t->said);
	free(t);
}

/* The connection; all with the lock */

static void
connect_issuer(struct ferry_issuing *is)
{
	int fd = ferry_unix_connect(is->path);

	if (fd == -1) {
		/* That none is there is how most stores are. */
		if (errno != ENOENT)
			ferry_log(FERRY_LOG_WARNING,
			    "no issuer of tokens answers at %s: %s", is->path,
			    strerror(errno));
		return;
	}
	is->fd = fd;
}

static void
end_all(struct ferry_issuing *is)
{

	if (is->fd != -1)
		(void)close(is->fd);
	is->fd = -1;
	while (is->tickets != NULL)
		end_ticket(is, &is->tickets, NOBODY);
}

/* One question.  Returns: 1 it is sent, 0 there is no room now, -1. */
static int
send_ticket(struct ferry_issuing *is, struct ticket *t)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf packet = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_issue_ask_write(&t->ask, &packet, &ignored) == -1) {
		/* What cannot be written is no login that anybody has. */
		t->said.word = FERRY_ISSUE_WRONG;
		rc = 2;
	} else if (send(is->fd, packet.p, packet.n,
		       MSG_DONTWAIT | MSG_NOSIGNAL) != -1) {
		rc = 1;
	} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
		rc = 0;
	}
	if (packet.p != NULL)
		explicit_bzero(packet.p, packet.cap);
	ferry_buf_free(&packet);
	return rc;
}

/* Send what was not.  Returns: whether some of it has to wait. */
static bool
send_tickets(struct ferry_issuing *is)
{
	int rc = 1;

	if (is->tickets != NULL && is->fd == -1)
		connect_issuer(is);
	if (is->fd == -1)
		rc = -1;
	for (struct ticket **p = &is->tickets; rc > 0 && *p != NULL;) {
		if (!(*p)->sent)
			rc = send_ticket(is, *p);
		if (rc == 2) {
			end_ticket(is, p, SAID);
			continue;
		}
		(*p)->sent = (*p)->sent || rc == 1;
		p = &(*p)->next;
	}
	if (rc == -1)
		end_all(is);
	return rc == 0;
}

/* One packet.  Returns: 1, 0 if there is none, -1 if there will be none. */
static int
receive(struct ferry_issuing *is)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	static const size_t room = FERRY_ISSUE_SAID;
	struct ferry_issue_said said;
	struct ferry_buf packet = FERRY_BUF_INIT;
	struct ticket **p = &is->tickets;
	ssize_t n;

	if (ferry_buf_reserve(&packet, room, &ignored) == -1)
		return -1;
	n = recv(is->fd, packet.p, room, MSG_DONTWAIT);
	if (n <= 0 || ferry_issue_said_read(&said,
			  ferry_bytes_of(packet.p, (size_t)n), &ignored) == -1)
		n = n == -1 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
	explicit_bzero(packet.p, packet.cap);
	ferry_buf_free(&packet);
	if (n <= 0)
		return (int)n;
	while (*p != NULL && (*p)->ask.id != said.id)
		p = &(*p)->next;
	if (*p == NULL) {
		ferry_issue_said_clear(&said); /* it did not wait so long */
	} else {
		(*p)->said = said; /* what it owns is the ticket's now */
		explicit_bzero(&said, sizeof(said));
		end_ticket(is, p, SAID);
	}
	return 1;
}

/* End what waited too long.  Returns: milliseconds to the next. */
static int
end_late(struct ferry_issuing *is)
{
	uint64_t now = ferry_ticks_ms(), left = WAIT_MS;

	for (struct ticket **p = &is->tickets; *p != NULL;)
		if ((*p)->until_ms <= now) {
			end_ticket(is, p, LATE);
		} else {
			if ((*p)->until_ms - now < left)
				left = (*p)->until_ms - now;
			p = &(*p)->next;
		}
	return (int)left;
}

static void *
run(void *ctx)
{
	struct ferry_issuing *is = ctx;
	struct pollfd fds[2] = { { .fd = is->wake, .events = POLLIN } };
	uint64_t ignored;
	int timeout, rc;
	bool waits;

	for (;;) {
		(void)pthread_mutex_lock(&is->lock);
		if (is->stop) {
			(void)pthread_mutex_unlock(&is->lock);
			return NULL;
		}
		waits = send_tickets(is);
		timeout = end_late(is);
		(void)pthread_mutex_unlock(&is->lock);
		fds[1] = (struct pollfd){ .fd = is->fd,
			.events = (short)(POLLIN | (waits ? POLLOUT : 0)) };
		(void)poll(fds, 2, timeout);
		if ((fds[0].revents & POLLIN) != 0 &&
		    read(is->wake, &ignored, sizeof(ignored)) == -1)
			continue;
		if (is->fd == -1 || (fds[1].revents & ~POLLOUT) == 0)
			continue;
		(void)pthread_mutex_lock(&is->lock);
		while ((rc = receive(is)) == 1)
			;
		if (rc == -1)
			end_all(is);
		(void)pthread_mutex_unlock(&is->lock);
	}
}

int
ferry_issuing_new(
    struct ferry_issuing **out, const char *socket, struct ferry_error *err)
{
	struct ferry_issuing *is;

	if (ferry_calloc(&is, 1, sizeof(*is), err) == -1)
		return -1;
	is->fd = -1;
	(void)snprintf(is->path, sizeof(is->path), "%s", socket);
	(void)pthread_mutex_init(&is->lock, NULL);
	if ((is->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1 ||
	    (errno = pthread_create(&is->thread, NULL, run, is)) != 0) {
		ferry_error_errno(err, "cannot start a thread");
		if (is->wake != -1)
			(void)close(is->wake);
		free(is);
		return -1;
	}
	*out = is;
	return 0;
}

void
ferry_issuing_free(struct ferry_issuing *is)
{

	if (is == NULL)
		return;
	(void)pthread_mutex_lock(&is->lock);
	is->stop = true;
	(void)pthread_mutex_unlock(&is->lock);
	wake_thread(is);
	(void)pthread_join(is->thread, NULL);
	if (is->fd != -1)
		(void)close(is->fd);
	(void)close(is->wake);
	(void)pthread_mutex_destroy(&is->lock);
	free(is);
}

/* Requests */

/* What became of it, for the audit log. */
static void
audit(const struct ferry_call *call, const struct ferry_response *res,
    enum ferry_audit what, enum ferry_verdict verdict, const char *login)
{
	const struct ferry_access_decision decision = { .verdict = verdict,
		.row = "" };
	struct ferry_call told = *call;

	(void)snprintf(
	    told.identity.name, sizeof(told.identity.name), "%s", login);
	ferry_audit_add(&told, res->format, what, &decision);
}

static void
refuse_wait(const struct ferry_call *call, unsigned wait,
    ferry_issuing_refuse *refuse, struct ferry_response *res)
{
	char text[24];

	refuse(call, 429, "too many bad credentials; try again later", res);
	(void)snprintf(text, sizeof(text), "%u", wait);
	ferry_response_header(res, "Retry-After", text);
}

/* Whether nobody but this machine and the client hears what is shown. */
static bool
is_private(const struct ferry_request *rq)
{
	static const uint8_t six[16] = { [15] = 1 },
			     four[13] = { [10] = 0xff, 0xff, 127 };
	uint8_t address[16];

	return rq->secure || (ferry_address_parse(rq->peer, address) &&
				 (memcmp(address, six, sizeof(six)) == 0 ||
				     memcmp(address, four, 13) == 0));
}

/* Begin to wait.  Returns: 1 if it is refused, 0, -1. */
static int
begin(const struct ferry_call *call, const struct ferry_issue_ask *ask,
    ferry_issuing_refuse *refuse, struct ferry_response *res,
    struct ferry_error *err)
{
	unsigned wait = ferry_guard_wait(call->guard, call->rq->peer,
	    call->site->bad_credentials, ferry_ticks_ms() / 1000);
	struct ticket *t;

	if (wait > 0) {
		audit(call, res, FERRY_AUDIT_TOO_MANY, FERRY_BAD_TOKEN,
		    ask->login);
		refuse_wait(call, wait, refuse, res);
		return 1;
	}
	if (ask->password[0] != 0 && !is_private(call->rq)) {
		refuse(call, 403,
		    "passwords are taken over https alone: this one was heard "
		    "by everybody on the way and should be changed",
		    res);
		return 1;
	}
	if (ferry_calloc(&t, 1, sizeof(*t), err) == -1)
		return -1;
	t->later = (struct ferry_later){ start_ticket, free_ticket };
	t->issuing = call->issuing;
	t->ask = *ask;
	res->later = &t->later;
	return 0;
}

/* Credentials that are none: counted. */
static void
refuse_wrong(const struct ferry_call *call, const struct ferry_issue_ask *ask,
    ferry_issuing_refuse *refuse, struct ferry_response *res)
{
	unsigned limit = call->site->bad_credentials, wait = 0;
	bool first = false;

	/* Nobody guesses a token by revoking it. */
	if (ask->what != FERRY_ISSUE_REVOKE || ask->password[0] != 0)
		wait = ferry_guard_bad(call->guard, call->rq->peer, limit,
		    ferry_ticks_ms() / 1000, &first);
	if (first)
		ferry_log(FERRY_LOG_WARNING,
		    "%u bad credentials from %s within a minute: more of them "
		    "are answered with 429",
		    limit, call->rq->peer);
	audit(call, res, wait > 0 ? FERRY_AUDIT_TOO_MANY : FERRY_AUDIT_DECIDED,
	    FERRY_BAD_TOKEN, ask->login);
	if (wait > 0) {
		refuse_wait(call, wait, refuse, res);
		return;
	}
	refuse(call, 401, "this login, password or token is not valid", res);
	ferry_response_header(res, "WWW-Authenticate", "Basic realm=\"ferry\"");
}

void
ferry_issuing_wrong(const struct ferry_call *call, ferry_issuing_refuse *refuse,
    struct ferry_response *res)
{
	const struct ferry_issue_ask nobody = { .what = FERRY_ISSUE_CREATE };

	refuse_wrong(call, &nobody, refuse, res);
}

/* What was said, as a refusal; false if it is none. */
static bool
refuse_said(const struct ferry_call *call, const struct ticket *t,
    const struct ferry_issue_ask *ask, ferry_issuing_refuse *refuse,
    struct ferry_response *res)
{

	switch (t->said.word) {
	case FERRY_ISSUE_DONE:
	case FERRY_ISSUE_ABSENT:
		audit(call, res, FERRY_AUDIT_DECIDED, FERRY_ALLOWED,
		    t->said.login);
		return false;
	case FERRY_ISSUE_WRONG:
		refuse_wrong(call, ask, refuse, res);
		return true;
	case FERRY_ISSUE_WAIT:
		audit(call, res, FERRY_AUDIT_TOO_MANY, FERRY_BAD_TOKEN,
		    ask->login);
		refuse_wait(call, (unsigned)t->said.wait_s, refuse, res);
		return true;
	case FERRY_ISSUE_REFUSED:
		refuse(call, 403, t->said.text, res);
		return true;
	case FERRY_ISSUE_FAILED:
		refuse(call, 503, t->said.text, res);
		return true;
	case FERRY_ISSUE_BUSY:
	case FERRY_ISSUE_WORDS:
		break;
	}
	refuse(call, 503, "too many ask for tokens now; try again", res);
	return true;
}

static int
take(const struct ferry_call *call, const struct ticket *t,
    const struct ferry_issue_ask *ask, ferry_issuing_refuse *refuse,
    struct ferry_response *res)
{

	if (t->state == NOBODY)
		return FERRY_ISSUED_NOBODY;
	if (t->state == SAID && !refuse_said(call, t, ask, refuse, res))
		return FERRY_ISSUED;
	if (t->state == BUSY)
		refuse(
		    call, 503, "too many ask for tokens now; try again", res);
	else if (t->state != SAID)
		refuse(call, 504,
		    "nobody knows the password in time; try again", res);
	return FERRY_ISSUED_NO;
}

int
ferry_issuing_ask(const struct ferry_call *call, struct ferry_issue_ask *ask,
    ferry_issuing_refuse *refuse, struct ferry_response *res,
    enum ferry_issued *how, const struct ferry_issue_said **said,
    struct ferry_error *err)
{
	const struct ticket *t = (const struct ticket *)call->rq->later;
	int rc;

	if (t == NULL) {
		*how = FERRY_ISSUED_NO;
		rc = begin(call, ask, refuse, res, err);
	} else {
		/* It has ended: nobody else changes it any more. */
		*how = (enum ferry_issued)take(call, t, ask, refuse, res);
		*said = &t->said;
		rc = 1;
	}
	res->cache = "no-store";
	ferry_issue_ask_clear(ask);
	return rc;
}
