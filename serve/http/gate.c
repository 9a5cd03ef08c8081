#include "serve/http/gate.h"

#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "serve/http/metrics.h"
#include "serve/http/net.h"
#include "serve/http/wire.h"
#include "store/base/bytes.h"
#include "store/base/clock.h"
#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/log.h"

#define BODY_MS 300000U /* for a request's body */
#define LINGER_MS 2000U /* to read why it was refused */
#define LINGER_BYTES (16U << 20)
#define FRESH_MS 1000U /* a head that may still arrive */
#define LOOK_MS 5000U /* how fast a client reads is looked at */
#define SLOW_BYTES 1024U /* a second, and fewer is slow */
#define LOG_MS 60000U
#define NEVER 3
#define HELD_COUNTS 4096U /* smaller answers are the system's at once */
#define HELD_MAX (64U << 20)
#define BUCKETS 1024
#define FDS_MAX (1U << 20)

enum phase { IDLE, HEAD, BODY, BUSY, REFUSED };

struct peer {
	struct peer *next; /* in its bucket */
	uint8_t address[16];
	unsigned n; /* connections that count */
};

/*
 * Life: open (IDLE) → HEAD → BODY → BUSY → IDLE …; REFUSED for good; cut, when
 * it was shut down to make room, and the library will find out.
 *
 * Invariants: 1. it is in gate->list from open to close; 2. peer counts it
 * unless it is cut; 3. wire is the serving thread's alone, what others read is
 * atomic or has the gate's lock.
 */
struct ferry_gate_conn {
	struct ferry_gate *gate;
	size_t at; /* in gate->list */
	struct peer *peer; /* NULL once cut */
	int fd;
	gnutls_session_t session;
	atomic_int phase;
	atomic_uint_fast64_t since; /* ferry_ticks_ms() */
	atomic_uint_fast64_t held; /* bytes of its answer */
	/* With the gate's lock: how it reads its answer. */
	uint64_t acked, acked_at;
	bool slow;
	uint64_t drained, answered;
	char from[FERRY_PEER];
	struct ferry_wire wire;
};

struct ferry_gate {
	struct ferry_gate_options o;
	ssize_t (*tls_recv)(gnutls_session_t, void *, size_t);
	atomic_uint_fast64_t
	    held; /* bytes of answers that nothing else needs */
	pthread_mutex_t mutex; /* of all below */
	struct ferry_gate_conn **list;
	size_t n, cap;
	unsigned counted; /* those that are not cut */
	struct peer *peers[BUCKETS];
	uint64_t key; /* so that nobody chooses a bucket */
	uint64_t logged_at;
};

/*
 * The connections of all gates, by their descriptors: the library's calls say
 * nothing else.  Made once, with a place for every descriptor there can be.
 */
static struct {
	pthread_mutex_t mutex;
	_Atomic(struct ferry_gate_conn *) *slots;
	size_t n;
} by_fd = { .mutex = PTHREAD_MUTEX_INITIALIZER };

ssize_t ferry_gate_recv(int fd, void *p, size_t n, int flags) __asm__("recv");

static int
make_slots(struct ferry_error *err)
{
	struct rlimit limit = { FDS_MAX, FDS_MAX };
	int rc = 0;

	(void)pthread_mutex_lock(&by_fd.mutex);
	if (by_fd.slots == NULL) {
		(void)getrlimit(RLIMIT_NOFILE, &limit);
		by_fd.n =
		    limit.rlim_max < FDS_MAX ? (size_t)limit.rlim_max : FDS_MAX;
		rc = ferry_calloc(
		    &by_fd.slots, by_fd.n, sizeof(*by_fd.slots), err);
	}
	(void)pthread_mutex_unlock(&by_fd.mutex);
	return rc;
}

int
ferry_gate_new(struct ferry_gate **out, const struct ferry_gate_options *o,
    struct ferry_error *err)
{
	struct ferry_gate *gate;
	uint8_t random[8];

	if (make_slots(err) == -1 ||
	    ferry_calloc(&gate, 1, sizeof(*gate), err) == -1)
		return -1;
	if (ferry_random(random, sizeof(random), err) == -1) {
		free(gate);
		return -1;
	}
	gate->key = ferry_get_be64(random);
	gate->o = *o;
	/* The one that ours stands in front of. */
	*(void **)&gate->tls_recv = dlsym(RTLD_NEXT, "gnutls_record_recv");
	(void)pthread_mutex_init(&gate->mutex, NULL);
	*out = gate;
	return 0;
}

void
ferry_gate_free(struct ferry_gate *gate)
{

	if (gate == NULL)
		return;
	assert(gate->n == 0 && gate->counted == 0);
	(void)pthread_mutex_destroy(&gate->mutex);
	free(gate->list);
	free(gate);
}

/* Addresses; with the lock */

static struct peer **
find_peer(struct ferry_gate *gate, const uint8_t address[16])
{
	uint64_t h = gate->key;
	struct peer **p;

	for (size_t i = 0; i < 16; i++)
		h = (h ^ address[i]) * UINT64_C(0x9e3779b97f4a7c15);
	p = &gate->peers[(h >> 40) % BUCKETS];
	while (*p != NULL && memcmp((*p)->address, address, 16) != 0)
		p = &(*p)->next;
	return p;
}

static void
leave_peer(struct ferry_gate_conn *c)
{
	struct ferry_gate *gate = c->gate;
	struct peer *peer = c->peer, **p;

	if (peer == NULL)
		return;
	assert(peer->n > 0 && gate->counted > 0);
	gate->counted--;
	c->peer = NULL;
	if (--peer->n > 0)
		return;
	p = find_peer(gate, peer->address);
	assert(*p == peer);
	*p = peer->next;
	free(peer);
}

/* Room; with the lock */

/* The library hears of it as of a client that went away. */
static void
cut(struct ferry_gate_conn *c)
{

	leave_peer(c);
	(void)shutdown(c->fd, SHUT_RDWR);
}

/* Whether a goes rather than b, both of one round. */
static bool
is_worse(const struct ferry_gate_conn *a, const struct ferry_gate_conn *b)
{

	if (a->peer->n != b->peer->n)
		return a->peer->n > b->peer->n;
	return atomic_load(&a->since) < atomic_load(&b->since);
}

/* In which round one may go: those that wait, those that are late, those whose
 * request may still arrive, those that hardly read; or never. */
static int
round_of(const struct ferry_gate_conn *c, uint64_t now)
{

	if (c->peer == NULL)
		return NEVER;
	switch ((enum phase)atomic_load(&c->phase)) {
	case IDLE:
	case REFUSED:
		return 0;
	case HEAD:
	case BODY:
		return now - atomic_load(&c->since) >= FRESH_MS ? 0 : 1;
	case BUSY:
		break;
	}
	return c->slow ? 2 : NEVER;
}

/* Close one of peer's connections, or of all (NULL), if one may go. */
static bool
make_room(struct ferry_gate *gate, const struct peer *peer)
{
	uint64_t now = ferry_ticks_ms();
	struct ferry_gate_conn *worst = NULL;
	int first = NEVER;

	for (size_t i = 0; i < gate->n; i++) {
		struct ferry_gate_conn *c = gate->list[i];
		int round =
		    peer == NULL || c->peer == peer ? round_of(c, now) : NEVER;

		if (round < first ||
		    (round == first && round != NEVER && is_worse(c, worst))) {
			worst = c;
			first = round;
		}
	}
	if (worst == NULL)
		return false;
	cut(worst);
	atomic_fetch_add(&gate->o.metrics->made_room, 1);
	return true;
}

/* Once a minute. */
static void
log_full(struct ferry_gate *gate, const struct peer *peer)
{
	uint64_t now = ferry_ticks_ms();

	if (gate->logged_at != 0 && now - gate->logged_at < LOG_MS)
		return;
	gate->logged_at = now;
	if (peer == NULL)
		ferry_log(FERRY_LOG_WARNING,
		    "%u connections are open, as many as serve.connections "
		    "allows: those that wait are closed for new ones",
		    gate->counted);
	else
		ferry_log(FERRY_LOG_WARNING,
		    "one address has %u connections, as many as "
		    "serve.connections_per_address allows: those that wait are "
		    "closed for its new ones",
		    peer->n);
}

bool
ferry_gate_admits(struct ferry_gate *gate, const struct sockaddr *from)
{
	uint8_t address[16];
	struct peer *peer;
	bool ok = true;

	ferry_network_of(from, address);
	(void)pthread_mutex_lock(&gate->mutex);
	peer = *find_peer(gate, address);
	if (gate->o.per_address != 0 && peer != NULL &&
	    peer->n >= gate->o.per_address &&
	    !ferry_networks_has(gate->o.exempt, from)) {
		log_full(gate, peer);
		ok = make_room(gate, peer);
	}
	if (ok && gate->counted >= gate->o.connections) {
		log_full(gate, NULL);
		ok = make_room(gate, NULL);
	}
	(void)pthread_mutex_unlock(&gate->mutex);
	if (!ok)
		atomic_fetch_add(&gate->o.metrics->refused, 1);
	return ok;
}

/* Connections */

static void
enter(struct ferry_gate_conn *c, enum phase phase)
{

	atomic_store(&c->since, ferry_ticks_ms());
	atomic_store(&c->phase, (int)phase);
}

static int
add(struct ferry_gate *gate, struct ferry_gate_conn *c,
    const uint8_t address[16], struct ferry_error *err)
{
	struct peer **peer = find_peer(gate, address);

	if (ferry_array_grow(&gate->list, &gate->cap, gate->n + 1,
		sizeof(*gate->list), err) == -1)
		return -1;
	if (*peer == NULL) {
		if (ferry_calloc(peer, 1, sizeof(**peer), err) == -1)
			return -1;
		memcpy((*peer)->address, address, 16);
	}
	c->peer = *peer;
	c->peer->n++;
	gate->counted++;
	c->at = gate->n;
	gate->list[gate->n++] = c;
	return 0;
}

struct ferry_gate_conn *
ferry_gate_open(
    struct ferry_gate *gate, int fd, const struct sockaddr *from, void *session)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_gate_conn *c;
	uint8_t address[16];
	int rc;

	if (fd < 0 || (size_t)fd >= by_fd.n ||
	    ferry_calloc(&c, 1, sizeof(*c), &ignored) == -1) {
		(void)shutdown(fd, SHUT_RDWR);
		return NULL;
	}
	c->gate = gate;
	c->fd = fd;
	c->session = session;
	ferry_wire_init(&c->wire);
	ferry_address_text(from, c->from);
	enter(c, IDLE);
	ferry_network_of(from, address);
	(void)pthread_mutex_lock(&gate->mutex);
	rc = add(gate, c, address, &ignored);
	(void)pthread_mutex_unlock(&gate->mutex);
	if (rc == -1) {
		(void)shutdown(fd, SHUT_RDWR);
		free(c);
		return NULL;
	}
	atomic_fetch_add(&gate->o.metrics->connections, 1);
	atomic_store(&by_fd.slots[fd], c);
	return c;
}

void
ferry_gate_peer(const struct ferry_gate_conn *c, char out[FERRY_PEER])
{

	if (c == NULL)
		out[0] = 0;
	else
		memcpy(out, c->from, sizeof(c->from));
}

static void
let_go(struct ferry_gate_conn *c)
{
	uint64_t n = atomic_exchange(&c->held, 0);

	assert(n <= atomic_load(&c->gate->held));
	atomic_fetch_sub(&c->gate->held, n);
}

void
ferry_gate_close(struct ferry_gate_conn *c)
{
	struct ferry_gate *gate;

	if (c == NULL)
		return;
	gate = c->gate;
	let_go(c);
	assert(atomic_load(&by_fd.slots[c->fd]) == c);
	atomic_store(&by_fd.slots[c->fd], NULL);
	(void)pthread_mutex_lock(&gate->mutex);
	leave_peer(c);
	assert(gate->list[c->at] == c);
	gate->list[c->at] = gate->list[--gate->n];
	gate->list[c->at]->at = c->at;
	(void)pthread_mutex_unlock(&gate->mutex);
	atomic_fetch_sub(&gate->o.metrics->connections, 1);
	free(c);
}

static void
send_refusal(struct ferry_gate_conn *c, unsigned status, const char *reason)
{
	char text[512];
	int n = snprintf(text, sizeof(text),
	    "HTTP/1.1 %u %s\r\nConnection: close\r\n"
	    "Content-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s\n",
	    status,
	    status == 400   ? "Bad Request"
	    : status == 408 ? "Request Timeout"
	    : status == 414 ? "URI Too Long"
			    : "Request Header Fields Too Large",
	    strlen(reason) + 1, reason);

	assert(n > 0 && (size_t)n < sizeof(text));
	enter(c, REFUSED);
	if (c->session != NULL)
		(void)gnutls_record_send(c->session, text, (size_t)n);
	else
		(void)send(c->fd, text, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)shutdown(c->fd, SHUT_WR);
	ferry_metrics_count(c->gate->o.metrics, NULL, status, 0, 0);
}

/* Those that hold for longest, until what is over fits; with the lock. */
static void
cut_longest(
    struct ferry_gate *gate, const struct ferry_gate_conn *self, uint64_t over)
{
	uint64_t now = ferry_ticks_ms();

	for (;;) {
		struct ferry_gate_conn *worst = NULL;
		uint64_t gone = 0;

		for (size_t i = 0; i < gate->n; i++) {
			struct ferry_gate_conn *c = gate->list[i];
			uint64_t since = atomic_load(&c->since);

			if (c->peer == NULL)
				gone += atomic_load(&c->held);
			else if (c != self && atomic_load(&c->held) > 0 &&
				 now >= since && now - since >= FRESH_MS &&
				 (worst == NULL ||
				     since < atomic_load(&worst->since)))
				worst = c;
		}
		if (gone >= over || worst == NULL)
			return;
		cut(worst);
		atomic_fetch_add(&gate->o.metrics->made_room, 1);
	}
}

void
ferry_gate_holds(struct ferry_gate_conn *c, uint64_t n)
{
	struct ferry_gate *gate;
	uint64_t before;

	if (c == NULL || n < HELD_COUNTS)
		return;
	gate = c->gate;
	c->held = n;
	before = atomic_fetch_add(&gate->held, n);
	if (before + n <= HELD_MAX)
		return;
	(void)pthread_mutex_lock(&gate->mutex);
	cut_longest(gate, c, before + n - HELD_MAX);
	(void)pthread_mutex_unlock(&gate->mutex);
}

void
ferry_gate_answered(struct ferry_gate_conn *c)
{

	if (c == NULL)
		return;
	/* The next request may be here already.  If it is refused, the library
	 * does not know that there is something to read. */
	c->answered++;
	let_go(c);
	if (c->wire.phase != FERRY_WIRE_REFUSED)
		enter(c, c->wire.phase == FERRY_WIRE_IDLE ? IDLE : HEAD);
	else if (c->answered == c->wire.requests)
		send_refusal(c, c->wire.status, c->wire.reason);
}

/* What the library reads */

static ssize_t
read_more(struct ferry_gate_conn *c, void *p, size_t n, int flags)
{

	return c->session != NULL ? c->gate->tls_recv(c->session, p, n)
	                          : recvfrom(c->fd, p, n, flags, NULL, NULL);
}

/* What the library takes for "nothing is here now", and for an end. */
static ssize_t
no_more(const struct ferry_gate_conn *c, bool end)
{

	errno = end ? ECONNRESET : EAGAIN;
	if (c->session == NULL)
		return -1;
	return end ? GNUTLS_E_PREMATURE_TERMINATION : GNUTLS_E_AGAIN;
}

/* Read and drop, so that the client can read why: closing with unread bytes
 * would take the answer back. */
static ssize_t
linger(struct ferry_gate_conn *c, void *p, size_t n, int flags)
{
	ssize_t got = 0;

	if (atomic_load(&c->phase) != REFUSED)
		send_refusal(c, c->wire.status, c->wire.reason);
	while (
	    c->drained < LINGER_BYTES && (got = read_more(c, p, n, flags)) > 0)
		c->drained += (size_t)got;
	if (c->session == NULL ? got == -1 && errno == EAGAIN
			       : got == GNUTLS_E_AGAIN)
		return no_more(c, false);
	return no_more(c, true);
}

/* Bytes on their way to the library. */
static ssize_t
pass(struct ferry_gate_conn *c, void *p, size_t n, int flags)
{
	uint64_t before = c->wire.requests;
	ssize_t got;

	if (c->wire.phase == FERRY_WIRE_REFUSED)
		return linger(c, p, n, flags);
	if ((got = read_more(c, p, n, flags)) <= 0)
		return got;
	n = ferry_wire_feed(&c->wire, p, (size_t)got);
	if (c->wire.phase == FERRY_WIRE_REFUSED && n == 0)
		return linger(c, p, (size_t)got, flags);
	if (c->wire.phase == FERRY_WIRE_BODY)
		enter(c, BODY);
	else if (c->wire.requests > before)
		enter(c, BUSY);
	else if (c->wire.phase == FERRY_WIRE_HEAD &&
		 atomic_load(&c->phase) == IDLE)
		enter(c, HEAD);
	else if (c->wire.phase == FERRY_WIRE_IDLE &&
		 atomic_load(&c->phase) == BODY)
		enter(c, BUSY);
	return (ssize_t)n;
}

ssize_t
ferry_gate_recv(int fd, void *p, size_t n, int flags)
{
	struct ferry_gate_conn *c = NULL;

	if (fd >= 0 && (size_t)fd < by_fd.n)
		c = atomic_load(&by_fd.slots[fd]);
	/* Under TLS these bytes are not a request's yet. */
	return c == NULL || c->session != NULL
	           ? recvfrom(fd, p, n, flags, NULL, NULL)
	           : pass(c, p, n, flags);
}

ssize_t
gnutls_record_recv(gnutls_session_t session, void *p, size_t n)
{
	intptr_t fd = (intptr_t)gnutls_transport_get_ptr(session);
	struct ferry_gate_conn *c = NULL;

	if (fd >= 0 && (size_t)fd < by_fd.n)
		c = atomic_load(&by_fd.slots[fd]);
	return c == NULL ? GNUTLS_E_INVALID_SESSION : pass(c, p, n, 0);
}

/* Time */

/* How fast it takes its answer: by what its system acknowledged. */
static void
look(struct ferry_gate_conn *c, uint64_t now)
{
	struct tcp_info info = { .tcpi_state = 0 };
	socklen_t size = sizeof(info);
	uint64_t from = atomic_load(&c->since);

	if (c->acked_at < from) {
		c->acked_at = from;
		c->acked = 0;
		c->slow = false;
	}
	if (now - c->acked_at < LOOK_MS ||
	    getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &size) == -1)
		return;
	c->slow = info.tcpi_bytes_acked - c->acked <
	          SLOW_BYTES * (now - c->acked_at) / 1000;
	c->acked = info.tcpi_bytes_acked;
	c->acked_at = now;
}

static void
tick_one(struct ferry_gate_conn *c, uint64_t now)
{
	uint64_t since = atomic_load(&c->since);
	uint64_t age = now > since ? now - since : 0;

	switch ((enum phase)atomic_load(&c->phase)) {
	case HEAD:
		if (age < c->gate->o.head_s * UINT64_C(1000))
			return;
		/* Its thread waits for bytes, so nothing else is sent. */
		if (c->session == NULL)
			send_refusal(c, 408, "the request took too long");
		atomic_fetch_add(&c->gate->o.metrics->late, 1);
		cut(c);
		return;
	case BODY:
		if (age >= BODY_MS)
			cut(c);
		return;
	case REFUSED:
		if (age >= LINGER_MS)
			cut(c);
		return;
	case BUSY:
		look(c, now);
		return;
	case IDLE:
		return; /* the library's own timeout */
	}
}

void
ferry_gate_tick(struct ferry_gate *gate)
{
	uint64_t now = ferry_ticks_ms();

	(void)pthread_mutex_lock(&gate->mutex);
	for (size_t i = 0; i < gate->n; i++)
		if (gate->list[i]->peer != NULL)
			tick_one(gate->list[i], now);
	(void)pthread_mutex_unlock(&gate->mutex);
}
