#include "serve/replay/asker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/http/flow.h"
#include "serve/replay/ages.h"
#include "serve/replay/store_view.h"
#include "serve/replay/through.h"
#include "serve/replay/used.h"
#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/log.h"
#include "store/base/unix_socket.h"
#include "store/index/local.h"

#define FOLLOW_MS 1000 /* how often the list of upstreams is read */
#define USES_MS 1000U /* how often the puller is told of uses */
#define USES_AT_ONCE 8 /* packets */

/*
 * Invariants, with the lock:
 *  1. A ticket is listed from its start to its end; on_ready is called when it
 *     leaves the list, and not after it was freed.
 *  2. fd is -1 unless connected; no ticket is sent while it is.
 */
struct ferry_asker {
	struct ferry_store_view *view;
	char path[FERRY_UNIX_PATH];
	pthread_t thread;
	pthread_mutex_t lock;
	struct ferry_ticket *tickets;
	uint64_t ids;
	struct ferry_through *through;
	struct ferry_ages *ages;
	struct ferry_used *used;
	struct ferry_asker_counts counts;
	bool stop;
	bool down; /* it was logged that no puller runs */
	int wake; /* an eventfd */
	/* Of the thread: */
	int fd;
	uint64_t followed_ms;
	uint64_t told_ms; /* of uses */
};

size_t
ferry_asker_upstreams(struct ferry_asker *a, const char *format,
    char names[FERRY_PULL_UPSTREAMS][FERRY_PULL_NAME])
{

	return ferry_through_of(a->through, format, names);
}

bool
ferry_asker_pulls(struct ferry_asker *a, const char *format, const char *name)
{
	char names[FERRY_PULL_UPSTREAMS][FERRY_PULL_NAME];
	size_t n = ferry_asker_upstreams(a, format, names);

	while (n > 0 && strcmp(names[n - 1], name) != 0)
		n--;
	return n > 0;
}

/* Tickets */

static void
wake_thread(struct ferry_asker *a)
{
	static const uint64_t one = 1;

	/* A full counter wakes as well. */
	if (write(a->wake, &one, sizeof(one)) == -1)
		return;
}

static void
start_ticket(struct ferry_later *later, void (*on_ready)(void *ctx), void *ctx)
{
	struct ferry_ticket *t = (struct ferry_ticket *)later;
	struct ferry_asker *a = t->asker;

	(void)pthread_mutex_lock(&a->lock);
	t->on_ready = on_ready;
	t->ctx = ctx;
	t->until_ms = ferry_ticks_ms() + t->wait_ms;
	t->ask.id = ++a->ids;
	t->listed = true;
	t->next = a->tickets;
	a->tickets = t;
	a->counts.asked++;
	(void)pthread_mutex_unlock(&a->lock);
	wake_thread(a);
}

static void
free_ticket(struct ferry_later *later)
{
	struct ferry_ticket *t = (struct ferry_ticket *)later, **p;
	struct ferry_asker *a = t->asker;

	(void)pthread_mutex_lock(&a->lock);
	for (p = &a->tickets; t->listed && *p != t;)
		p = &(*p)->next;
	if (t->listed)
		*p = t->next;
	(void)pthread_mutex_unlock(&a->lock);
	ferry_flow_unref(t->flow);
	free(t);
}

int
ferry_ticket_new(struct ferry_ticket **out, struct ferry_asker *asker,
    const struct ferry_pull_ask *ask, uint64_t wait_s, struct ferry_error *err)
{

	if (ferry_calloc(out, 1, sizeof(**out), err) == -1)
		return -1;
	(*out)->later = (struct ferry_later){ start_ticket, free_ticket };
	(*out)->asker = asker;
	(*out)->ask = *ask;
	(*out)->wait_ms = wait_s * 1000;
	return 0;
}

static void
on_refreshed(void *ctx)
{

	(void)ctx;
}

void
ferry_asker_refresh(struct ferry_asker *a, const struct ferry_pull_ask *ask,
    const char *owner, uint64_t wait_s)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_ticket *t;

	ferry_ages_set(a->ages, owner, &ask->want, FERRY_AGE_FRESH, wait_s + 1);
	/* Without memory it is asked for later. */
	if (ferry_ticket_new(&t, a, ask, wait_s, &ignored) == -1)
		return;
	t->ask.stream = false;
	(void)snprintf(t->background, sizeof(t->background), "%s", owner);
	start_ticket(&t->later, on_refreshed, NULL);
}

int
ferry_ticket_look(const struct ferry_request *rq, struct ferry_ticket_end *out,
    struct ferry_flow **flow)
{
	const struct ferry_ticket *t = (const struct ferry_ticket *)rq->later;

	*flow = NULL;
	if (t == NULL)
		return 0;
	(void)pthread_mutex_lock(&t->asker->lock);
	*out = (struct ferry_ticket_end){ t->answered, t->said };
	/* One that ended well may not be in the store yet. */
	if (t->flow != NULL && (t->answered == FERRY_ANSWERED_NOT_YET ||
				   (t->answered == FERRY_ANSWERED &&
				       t->said.word == FERRY_PULL_SAID_HERE)))
		*flow = ferry_flow_ref(t->flow);
	(void)pthread_mutex_unlock(&t->asker->lock);
	return 1;
}

/* With the lock, of one that nobody waits for: what is known now. */
static void
end_refresh(struct ferry_asker *a, struct ferry_ticket *t)
{
	bool here = t->answered == FERRY_ANSWERED &&
	            t->said.word == FERRY_PULL_SAID_HERE;

	ferry_ages_set(a->ages, t->background, &t->ask.want,
	    here ? FERRY_AGE_FRESH : FERRY_AGE_OLD,
	    here ? t->said.fresh_s : FERRY_PULL_ABSENT_S);
	ferry_flow_unref(t->flow);
	free(t);
}

/* With the lock: *p has ended. */
static void
end_ticket(struct ferry_asker *a, struct ferry_ticket **p,
    enum ferry_answered answered, const struct ferry_pull_said *said)
{
	struct ferry_ticket *t = *p;

	*p = t->next;
	t->listed = false;
	t->answered = answered;
	if (said != NULL)
		t->said = *said;
	a->counts.nobody += answered == FERRY_ANSWERED_NOBODY;
	a->counts.late += answered == FERRY_ANSWERED_LATE;
	if (answered == FERRY_ANSWERED) {
		a->counts.here += t->said.word == FERRY_PULL_SAID_HERE;
		a->counts.absent += t->said.word == FERRY_PULL_SAID_ABSENT;
		a->counts.refused += t->said.word == FERRY_PULL_SAID_REFUSED;
		a->counts.failed += t->said.word == FERRY_PULL_SAID_FAILED ||
		                    t->said.word == FERRY_PULL_SAID_BUSY;
	}
	if (t->background[0] != 0)
		end_refresh(a, t);
	else if (t->flow != NULL)
		ferry_flow_close(
		    t->flow, answered == FERRY_ANSWERED &&
				     t->said.word == FERRY_PULL_SAID_HERE
				 ? FERRY_FLOW_WHOLE
				 : FERRY_FLOW_BROKEN);
	else
		t->on_ready(t->ctx);
}

/* With the lock: so much of it is here.  fd, or -1, is *taken*. */
static void
grow_ticket(struct ferry_ticket *t, uint64_t size, int fd)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;

	if (t->flow != NULL && fd != -1)
		(void)close(fd);
	else if (fd != -1 && ferry_flow_new(&t->flow, fd, &ignored) == -1)
		return; /* Then it waits for the whole. */
	if (t->flow == NULL)
		return;
	if (size == 0)
		ferry_flow_close(t->flow, FERRY_FLOW_BROKEN);
	else
		ferry_flow_grow(t->flow, size);
	if (fd != -1 && !t->flowing) {
		t->flowing = true;
		t->on_ready(t->ctx);
	}
}

/* The connection; all with the lock */

static void
connect_puller(struct ferry_asker *a)
{
	int fd = ferry_unix_connect(a->path);

	if (fd == -1) {
		if (!a->down)
			ferry_log(FERRY_LOG_WARNING,
			    "no puller answers at %s (%s): what is not here is "
			    "not pulled; 'ferry pull' runs one",
			    a->path, strerror(errno));
		a->down = true;
		return;
	}
	if (a->down)
		ferry_log(FERRY_LOG_INFO, "the puller answers again");
	a->down = false;
	a->fd = fd;
}

/* Nobody is there: who waits is told. */
static void
end_all(struct ferry_asker *a)
{

	if (a->fd != -1)
		(void)close(a->fd);
	a->fd = -1;
	while (a->tickets != NULL)
		end_ticket(a, &a->tickets, FERRY_ANSWERED_NOBODY, NULL);
}

/* What cannot be said to the puller ends alone. */
static void
end_unsaid(struct ferry_asker *a, struct ferry_ticket **p,
    const struct ferry_error *why)
{
	struct ferry_pull_said said = { .word = FERRY_PULL_SAID_FAILED };

	(void)snprintf(said.text, sizeof(said.text), "%.*s",
	    FERRY_PULL_TEXT - 1, why->text);
	end_ticket(a, p, FERRY_ANSWERED, &said);
}

/* Send what was not.  Returns: whether some of it has to wait. */
static bool
send_tickets(struct ferry_asker *a)
{
	struct ferry_buf packet = FERRY_BUF_INIT;
	bool waits = false;

	if (a->tickets != NULL && a->fd == -1)
		connect_puller(a);
	for (struct ferry_ticket **p = &a->tickets;
	     *p != NULL && a->fd != -1 && !waits;) {
		struct ferry_error why = FERRY_ERROR_INIT;
		struct ferry_ticket *t = *p;

		ferry_buf_reset(&packet);
		if (!t->sent &&
		    ferry_pull_ask_write(&t->ask, &packet, &why) == -1) {
			end_unsaid(a, p, &why);
			continue;
		}
		if (!t->sent && send(a->fd, packet.p, packet.n,
				    MSG_DONTWAIT | MSG_NOSIGNAL) == -1) {
			waits = errno == EAGAIN || errno == EWOULDBLOCK;
			break;
		}
		t->sent = true;
		p = &t->next;
	}
	for (const struct ferry_ticket *t = a->tickets; t != NULL && !waits;
	     t = t->next)
		if (!t->sent) {
			end_all(a);
			break;
		}
	ferry_buf_free(&packet);
	return waits;
}

/* With the lock: tell what clients use, as much as there is room for. */
static void
send_uses(struct ferry_asker *a)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf packet = FERRY_BUF_INIT;

	if (ferry_ticks_ms() - a->told_ms < USES_MS)
		return;
	a->told_ms = ferry_ticks_ms();
	for (int i = 0; i < USES_AT_ONCE; i++) {
		ferry_buf_reset(&packet);
		/* One that did not answer is not tried for this alone. */
		if ((a->fd == -1 && a->down) ||
		    ferry_used_take(a->used, &packet, &ignored) != 1)
			break;
		if (a->fd == -1)
			connect_puller(a);
		if (a->fd == -1 || send(a->fd, packet.p, packet.n,
				       MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
			break;
	}
	ferry_buf_free(&packet);
}

/* What was read of the puller, and descriptors that came with it. */
struct heard {
	struct ferry_pull_said said[64]; /* id 0: it was taken */
	int fds[64];
	size_t n;
};

/* Whether said can be taken before the store was looked at anew: growth, and
 * the end of what has all its bytes. */
static bool
needs_no_look(const struct ferry_ticket *t, const struct ferry_pull_said *said)
{

	return said->word == FERRY_PULL_SAID_GROWS ||
	       (said->word == FERRY_PULL_SAID_HERE && t->flow != NULL);
}

/* What was said of *p; *fd is -1 where it was taken. */
static void
take_said(struct ferry_asker *a, struct ferry_ticket **p,
    const struct ferry_pull_said *said, int *fd)
{

	if (said->word != FERRY_PULL_SAID_GROWS) {
		end_ticket(a, p, FERRY_ANSWERED, said);
		return;
	}
	grow_ticket(*p, said->size, *fd);
	*fd = -1;
}

/* Take all of it, or what cannot wait. */
static void
take_heard(struct ferry_asker *a, struct heard *h, bool looked)
{

	(void)pthread_mutex_lock(&a->lock);
	for (size_t i = 0; i < h->n; i++) {
		struct ferry_ticket **p = &a->tickets;

		while (*p != NULL && (*p)->ask.id != h->said[i].id)
			p = &(*p)->next;
		if (*p == NULL || (!looked && !needs_no_look(*p, &h->said[i])))
			continue;
		take_said(a, p, &h->said[i], &h->fds[i]);
		h->said[i].id = 0;
	}
	(void)pthread_mutex_unlock(&a->lock);
}

/* Read what the puller says.  A ticket is seen as ended once the store was
 * looked at anew: what is here must be found.  Who gets the bytes as they come
 * does not wait for that. */
static void
receive(struct ferry_asker *a)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct heard h = { .n = 0 };
	char packet[FERRY_PULL_PACKET];
	bool here = false, closed = false;

	while (h.n < sizeof(h.said) / sizeof(h.said[0])) {
		ssize_t got = ferry_unix_receive(
		    a->fd, packet, sizeof(packet), &h.fds[h.n]);

		if (got == -1 && (errno == EAGAIN || errno == EINTR))
			break;
		closed = got <= 0 ||
		         ferry_pull_said_read(&h.said[h.n],
			     ferry_bytes_of(packet, (size_t)got), &why) == -1;
		if (closed)
			break;
		here = here || h.said[h.n].word == FERRY_PULL_SAID_HERE;
		h.n++;
	}
	take_heard(a, &h, false);
	if (here && ferry_store_view_refresh_all(a->view, &why) == -1)
		ferry_log(
		    FERRY_LOG_WARNING, "%s; following the store", why.text);
	take_heard(a, &h, true);
	for (size_t i = 0; i < h.n; i++)
		if (h.fds[i] != -1)
			(void)close(h.fds[i]);
	(void)pthread_mutex_lock(&a->lock);
	if (closed)
		end_all(a);
	(void)pthread_mutex_unlock(&a->lock);
}

/* End what waited too long.  Returns: milliseconds to the next. */
static int
end_late(struct ferry_asker *a)
{
	uint64_t now = ferry_ticks_ms(), left = FOLLOW_MS;

	for (struct ferry_ticket **p = &a->tickets; *p != NULL;)
		if ((*p)->until_ms <= now && (*p)->flow == NULL) {
			end_ticket(a, p, FERRY_ANSWERED_LATE, NULL);
		} else {
			if ((*p)->until_ms > now && (*p)->until_ms - now < left)
				left = (*p)->until_ms - now;
			p = &(*p)->next;
		}
	return (int)left;
}

static void
follow(struct ferry_asker *a)
{

	a->followed_ms = ferry_ticks_ms();
	ferry_through_follow(a->through, ferry_store_view_store(a->view));
}

static void *
run(void *ctx)
{
	struct ferry_asker *a = ctx;
	struct pollfd fds[2] = { { .fd = a->wake, .events = POLLIN } };
	uint64_t ignored;
	int timeout;
	bool waits;

	for (;;) {
		if (ferry_ticks_ms() - a->followed_ms >= FOLLOW_MS)
			follow(a);
		(void)pthread_mutex_lock(&a->lock);
		if (a->stop) {
			(void)pthread_mutex_unlock(&a->lock);
			return NULL;
		}
		waits = send_tickets(a);
		send_uses(a);
		timeout = end_late(a);
		(void)pthread_mutex_unlock(&a->lock);
		fds[1] = (struct pollfd){ .fd = a->fd,
			.events = (short)(POLLIN | (waits ? POLLOUT : 0)) };
		(void)poll(fds, 2, timeout);
		if ((fds[0].revents & POLLIN) != 0 &&
		    read(a->wake, &ignored, sizeof(ignored)) == -1)
			continue;
		if (a->fd != -1 && (fds[1].revents & ~POLLOUT) != 0)
			receive(a);
	}
}

int
ferry_asker_new(struct ferry_asker **out, const char *socket,
    struct ferry_store_view *view, struct ferry_error *err)
{
	struct ferry_asker *a;

	if (ferry_calloc(&a, 1, sizeof(*a), err) == -1)
		return -1;
	a->view = view;
	a->fd = -1;
	(void)snprintf(a->path, sizeof(a->path), "%s", socket);
	(void)pthread_mutex_init(&a->lock, NULL);
	if (ferry_ages_new(&a->ages, err) == -1 ||
	    ferry_used_new(&a->used, err) == -1 ||
	    ferry_through_new(&a->through, err) == -1) {
		ferry_ages_free(a->ages);
		ferry_used_free(a->used);
		free(a);
		return -1;
	}
	/* Before the first request. */
	follow(a);
	if ((a->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1 ||
	    (errno = pthread_create(&a->thread, NULL, run, a)) != 0) {
		ferry_error_errno(err, "cannot start a thread");
		if (a->wake != -1)
			(void)close(a->wake);
		ferry_ages_free(a->ages);
		ferry_used_free(a->used);
		ferry_through_free(a->through);
		free(a);
		return -1;
	}
	*out = a;
	return 0;
}

void
ferry_asker_free(struct ferry_asker *a)
{

	if (a == NULL)
		return;
	(void)pthread_mutex_lock(&a->lock);
	a->stop = true;
	(void)pthread_mutex_unlock(&a->lock);
	wake_thread(a);
	(void)pthread_join(a->thread, NULL);
	/* All others are freed. */
	while (a->tickets != NULL)
		end_ticket(a, &a->tickets, FERRY_ANSWERED_LATE, NULL);
	if (a->fd != -1)
		(void)close(a->fd);
	(void)close(a->wake);
	(void)pthread_mutex_destroy(&a->lock);
	ferry_ages_free(a->ages);
	ferry_used_free(a->used);
	ferry_through_free(a->through);
	free(a);
}

struct ferry_ages *
ferry_asker_ages(struct ferry_asker *a)
{

	return a->ages;
}

struct ferry_used *
ferry_asker_used(struct ferry_asker *a)
{

	return a->used;
}

void
ferry_asker_counts(struct ferry_asker *a, struct ferry_asker_counts *out)
{

	(void)pthread_mutex_lock(&a->lock);
	*out = a->counts;
	out->waiting = 0;
	for (const struct ferry_ticket *t = a->tickets; t != NULL; t = t->next)
		out->waiting++;
	(void)pthread_mutex_unlock(&a->lock);
}
