#include "sync/fetch/fetch.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/bytes.h"
#include "store/base/clock.h"
#include "store/base/digest.h"
#include "sync/fetch/transfer.h"

#define ACTIVE_MAX 256 /* transfers over all origins */
#define BACKOFF_MS 500 /* the first pause; doubles */
#define BACKOFF_MAX_MS 60000 /* without Retry-After */
#define WORD_S 60 /* to wait for who says in words alone that it is too much */
#define DENIED_MAX 2 /* times that a gate may try anew in a row */

struct queue {
	struct ferry_transfer *first, **last;
};

/*
 * Invariants:
 *  1. A transfer is in one list: a queue of waiting, pausing, held or active.
 *  2. active_n counts those in active; of each origin its own active does.
 *  3. Transfers are held only while another of their origin, which will release
 *     them, is not.
 */
struct ferry_fetch {
	CURLM *multi;
	struct queue waiting[2]; /* documents, files */
	struct ferry_transfer *pausing; /* unsorted; few */
	struct ferry_transfer *held; /* back by a gate */
	struct ferry_transfer *active; /* linked by next */
	unsigned active_n;
	struct ferry_fetch_memory memory;
	struct ferry_fetch_counts counts;
	uint64_t random;
	int watched; /* -1: none */
	void (*on_wait)(
	    void *ctx, const struct ferry_fetch_origin *origin, int64_t until);
	void *on_wait_ctx;
};

/* Queues */

static void
queue_init(struct queue *q)
{

	q->first = NULL;
	q->last = &q->first;
}

static void
queue_add(struct queue *q, struct ferry_transfer *t)
{

	t->next = NULL;
	*q->last = t;
	q->last = &t->next;
}

static void
queue_add_first(struct queue *q, struct ferry_transfer *t)
{

	t->next = q->first;
	q->first = t;
	if (q->last == &q->first)
		q->last = &t->next;
}

static struct queue *
queue_of(struct ferry_fetch *f, const struct ferry_transfer *t)
{

	return &f->waiting[t->request.document ? 0 : 1];
}

/* Asked for more patience than we have. */
static bool
waits_too_long(const struct ferry_fetch_origin *o, uint64_t now_ms)
{

	return o->wait_until_ms > now_ms + FERRY_FETCH_WAIT_MAX_S * 1000;
}

/* The first transfer whose origin has a free connection, or NULL. */
static struct ferry_transfer *
queue_take(struct queue *q)
{
	uint64_t now = ferry_ticks_ms();

	for (struct ferry_transfer **at = &q->first; *at != NULL;
	     at = &(*at)->next) {
		struct ferry_transfer *t = *at;
		const struct ferry_fetch_origin *o = t->request.origin;

		/* One large document at a time. */
		if (t->room == FERRY_DOCUMENT_PUT_BACK &&
		    t->memory->large != NULL)
			continue;
		if (o->active >= o->connections ||
		    (o->wait_until_ms > now && !waits_too_long(o, now)))
			continue;
		*at = t->next;
		if (q->last == &t->next)
			q->last = at;
		return t;
	}
	return NULL;
}

static void
transfer_free(struct ferry_transfer *t)
{
	struct ferry_fetch_request *r = &t->request;

	if (t->easy != NULL)
		curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	free((char *)(uintptr_t)r->url);
	free((char *)(uintptr_t)r->accept);
	free((char *)(uintptr_t)r->if_none_match);
	free((char *)(uintptr_t)r->if_modified_since);
	free((char *)(uintptr_t)r->scope);
	free((char *)(uintptr_t)r->extra);
	free((char *)(uintptr_t)r->post);
	free(t->location);
	free(t);
}

static void
list_free(struct ferry_transfer *t)
{
	struct ferry_transfer *next;

	for (; t != NULL; t = next) {
		next = t->next;
		if (t->easy != NULL)
			(void)curl_multi_remove_handle(
			    t->fetch->multi, t->easy);
		if (t->request.on_drop != NULL)
			t->request.on_drop(t->request.ctx);
		transfer_free(t);
	}
}

int
ferry_fetch_new(struct ferry_fetch **out, struct ferry_error *err)
{
	struct ferry_fetch *f;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return ferry_error_set(
		    err, FERRY_ENETWORK, "libcurl does not start");
	if (ferry_calloc(&f, 1, sizeof(*f), err) == -1)
		return -1;
	queue_init(&f->waiting[0]);
	queue_init(&f->waiting[1]);
	f->watched = -1;
	if (ferry_random((uint8_t *)&f->random, sizeof(f->random), err) == -1 ||
	    (f->multi = curl_multi_init()) == NULL) {
		free(f);
		return ferry_error_set(
		    err, FERRY_ENOMEM, "no memory for transfers");
	}
	(void)curl_multi_setopt(
	    f->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	(void)curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, 64L);
	*out = f;
	return 0;
}

void
ferry_fetch_free(struct ferry_fetch *f)
{

	if (f == NULL)
		return;
	list_free(f->active);
	list_free(f->pausing);
	list_free(f->held);
	list_free(f->waiting[0].first);
	list_free(f->waiting[1].first);
	(void)curl_multi_cleanup(f->multi);
	free(f);
}

static int
copy_string(const char **slot, struct ferry_error *err)
{
	char *s = NULL;

	if (*slot == NULL)
		return 0;
	if (ferry_strdup(&s, *slot, err) == -1) {
		*slot = NULL;
		return -1;
	}
	*slot = s;
	return 0;
}

int
ferry_fetch_add(struct ferry_fetch *f,
    const struct ferry_fetch_request *request, struct ferry_error *err)
{
	struct ferry_transfer *t;

	if (ferry_calloc(&t, 1, sizeof(*t), err) == -1)
		return -1;
	t->fetch = f;
	t->memory = &f->memory;
	t->request = *request;
	t->offset = t->offset_then = request->have;
	if ((copy_string(&t->request.url, err) |
		copy_string(&t->request.accept, err) |
		copy_string(&t->request.if_none_match, err) |
		copy_string(&t->request.if_modified_since, err) |
		copy_string(&t->request.scope, err) |
		copy_string(&t->request.extra, err) |
		copy_string(&t->request.post, err)) == -1) {
		transfer_free(t);
		return -1;
	}
	queue_add(queue_of(f, t), t);
	return 0;
}

void
ferry_fetch_release(struct ferry_fetch *f,
    const struct ferry_fetch_origin *origin, const char *scope)
{
	struct ferry_transfer *t;

	for (struct ferry_transfer **at = &f->held; (t = *at) != NULL;) {
		if (t->request.origin != origin ||
		    (scope != NULL && t->request.scope != NULL &&
			strcmp(t->request.scope, scope) != 0)) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		queue_add_first(queue_of(f, t), t);
	}
}

void
ferry_fetch_on_wait(struct ferry_fetch *f,
    void (*on_wait)(
	void *ctx, const struct ferry_fetch_origin *origin, int64_t until),
    void *ctx)
{

	f->on_wait = on_wait;
	f->on_wait_ctx = ctx;
}

const struct ferry_fetch_counts *
ferry_fetch_counts(const struct ferry_fetch *f)
{

	return &f->counts;
}

/* Starting */

static int
start_transfer(struct ferry_fetch *f, struct ferry_transfer *t,
    const struct ferry_fetch_login *login, struct ferry_error *err)
{

	assert(t->request.origin->active < t->request.origin->connections);
	if (ferry_transfer_prepare(t, login, err) == -1)
		return -1;
	if (curl_multi_add_handle(f->multi, t->easy) != CURLM_OK)
		return ferry_error_set(
		    err, FERRY_ENOMEM, "libcurl takes no transfer");
	if (t->room == FERRY_DOCUMENT_PUT_BACK) {
		assert(f->memory.large == NULL);
		f->memory.large = t;
		t->room = FERRY_DOCUMENT_LARGE;
	}
	t->tries++;
	t->next = f->active;
	f->active = t;
	f->active_n++;
	t->request.origin->active++;
	f->counts.requests++;
	return 0;
}

/* End a request that is not even tried. */
static void
refuse_transfer(struct ferry_transfer *t, const struct ferry_error *why)
{
	struct ferry_fetch_result result = {
		.error = *why, .tries = t->tries, .last_try = true
	};

	ferry_error_in(&result.error, "fetching %s", t->request.url);
	(void)t->request.on_done(t->request.ctx, &result);
	transfer_free(t);
}

/* Start t, hold it back, or end it.  Takes t. */
static int
enter_transfer(
    struct ferry_fetch *f, struct ferry_transfer *t, struct ferry_error *err)
{
	struct ferry_fetch_origin *o = t->request.origin;
	enum ferry_fetch_entry entry = FERRY_FETCH_ENTER;
	struct ferry_fetch_login login = { .token = NULL };
	struct ferry_error why = FERRY_ERROR_INIT;

	if (waits_too_long(o, ferry_ticks_ms())) {
		(void)ferry_transfer_wait_too_long(o->name, o->wait_told, &why);
		entry = FERRY_FETCH_REFUSE;
	} else if (o->gate != NULL) {
		entry = o->gate->on_enter(
		    o->gate->ctx, t->request.scope, &login, &why);
		t->serial = login.serial;
	}
	if (entry == FERRY_FETCH_HOLD) {
		t->next = f->held;
		f->held = t;
	} else if (entry == FERRY_FETCH_REFUSE) {
		refuse_transfer(t, &why);
	} else if (start_transfer(f, t, o->gate == NULL ? NULL : &login, err) ==
		   -1) {
		transfer_free(t);
		return -1;
	}
	return 0;
}

static int
start_due(struct ferry_fetch *f, struct ferry_error *err)
{
	uint64_t now = ferry_ticks_ms();
	struct ferry_transfer *t;

	for (struct ferry_transfer **at = &f->pausing; (t = *at) != NULL;) {
		if (t->due_ms > now) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		queue_add(queue_of(f, t), t);
	}
	for (int q = 0; q < 2; q++)
		while (f->active_n < ACTIVE_MAX &&
		       (t = queue_take(&f->waiting[q])) != NULL)
			if (enter_transfer(f, t, err) == -1)
				return -1;
	return 0;
}

/* Ending */

static void
pause_transfer(struct ferry_fetch *f, struct ferry_transfer *t)
{
	unsigned shift = t->tries > 8 ? 8 : t->tries - 1;
	uint64_t ms = (uint64_t)BACKOFF_MS << shift;

	if (ms > BACKOFF_MAX_MS)
		ms = BACKOFF_MAX_MS;
	/* Half fixed, half by chance: a crowd spreads out. */
	f->random = f->random * 6364136223846793005U + 1442695040888963407U;
	ms = ms / 2 + (f->random >> 33) % (ms / 2 + 1);
	if (ms < t->retry_after_s * 1000)
		ms = t->retry_after_s * 1000;
	t->due_ms = ferry_ticks_ms() + ms;
	t->next = f->pausing;
	f->pausing = t;
	f->counts.retries++;
}

/* What the answer says of the future. */
static void
heed_wait(struct ferry_fetch *f, const struct ferry_transfer *t)
{
	struct ferry_fetch_origin *o = t->request.origin;
	bool everyone = ferry_transfer_too_many(t);
	uint64_t s = 0, ms;
	int64_t until;

	if (everyone || t->status == 503)
		s = t->retry_after_s;
	if (t->reset_s > s && (t->used_up || (everyone && s == 0))) {
		everyone = true;
		s = t->reset_s;
	}
	if (t->status == 403 && everyone && s == 0)
		s = WORD_S;
	if (s == 0)
		return;
	ms = ferry_ticks_ms() + s * 1000;
	until = ferry_now() + (int64_t)s;
	if (everyone && ms > o->wait_until_ms)
		o->wait_until_ms = ms;
	/* Many transfers are told the same, within a second or two. */
	if (until <= o->wait_told + 2 && o->wait_told > ferry_now())
		return;
	o->wait_told = until;
	if (f->on_wait != NULL && s <= FERRY_FETCH_WAIT_MAX_S)
		f->on_wait(f->on_wait_ctx, o, until);
}

const char *
ferry_fetch_header(
    const struct ferry_fetch_result *result, const char *name, size_t i)
{
	struct curl_header *h;

	if (result->easy == NULL || curl_easy_header(result->easy, name, i,
					CURLH_HEADER, -1, &h) != CURLHE_OK)
		return NULL;
	return h->value;
}

static void
describe_result(const struct ferry_transfer *t, CURLcode code,
    struct ferry_fetch_result *result)
{
	curl_off_t length = -1;
	const char *date;

	(void)curl_easy_getinfo(
	    t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	ferry_transfer_classify(t, code, &result->error);
	result->status = t->status == 206 ? 200 : t->status;
	result->etag = t->etag[0] == 0 ? NULL : t->etag;
	result->last_modified =
	    t->last_modified[0] == 0 ? NULL : t->last_modified;
	if (result->last_modified != NULL &&
	    (result->modified =
		    (int64_t)curl_getdate(result->last_modified, NULL)) < 0)
		result->modified = 0;
	result->length = length > 0 ? (uint64_t)length : 0;
	result->tries = t->tries;
	result->last_try = t->tries >= t->request.origin->tries;
	result->easy = t->easy;
	if ((date = ferry_fetch_header(result, "Date", 0)) != NULL &&
	    (result->date = (int64_t)curl_getdate(date, NULL)) < 0)
		result->date = 0;
}

/* Whether t's origin has a gate that wants to try again. */
static bool
gate_opens(struct ferry_transfer *t, const struct ferry_fetch_result *result)
{
	const struct ferry_fetch_gate *gate = t->request.origin->gate;
	struct ferry_fetch_result seen = *result;
	enum ferry_fetch_verdict verdict;

	if (gate == NULL)
		return false;
	/* What another place said is none of the gate's. */
	if (t->redirected) {
		seen.status = FERRY_FETCH_REDIRECTED;
		seen.easy = NULL;
	}
	verdict =
	    gate->on_answer(gate->ctx, t->request.scope, t->serial, &seen);
	if (seen.status != 401) {
		t->denied = seen.status == 0 ? t->denied : 0;
		return false;
	}
	return verdict == FERRY_FETCH_AGAIN && t->denied++ < DENIED_MAX;
}

static void
unlink_active(struct ferry_fetch *f, struct ferry_transfer *t)
{
	struct ferry_transfer **at = &f->active;

	while (*at != NULL && *at != t)
		at = &(*at)->next;
	assert(*at == t);
	assert(f->active_n > 0 && t->request.origin->active > 0);
	*at = t->next;
	f->active_n--;
	t->request.origin->active--;
}

/* The request's own URL sent us elsewhere, or on. */
static void
tell_gate(struct ferry_transfer *t)
{
	const struct ferry_fetch_gate *gate = t->request.origin->gate;
	const struct ferry_fetch_result sent = { .error = FERRY_ERROR_INIT,
		.status = FERRY_FETCH_REDIRECTED };

	if (gate != NULL)
		(void)gate->on_answer(
		    gate->ctx, t->request.scope, t->serial, &sent);
}

/* Whether t goes on at once: to where it was sent, or as the large document
 * that it turned out to be. */
static bool
goes_on(struct ferry_fetch *f, struct ferry_transfer *t, CURLcode code)
{
	bool put_back = code != CURLE_OK && !t->failed &&
	                t->room == FERRY_DOCUMENT_PUT_BACK;

	if (!put_back &&
	    (code != CURLE_OK || t->failed || ferry_transfer_redirect(t) != 1))
		return false;
	if (put_back && t->request.on_start != NULL)
		t->request.on_start(t->request.ctx);
	if (!put_back && !t->redirected)
		tell_gate(t);
	t->tries--;
	queue_add_first(queue_of(f, t), t);
	return true;
}

static void
finish_transfer(struct ferry_fetch *f, struct ferry_transfer *t, CURLcode code)
{
	struct ferry_fetch_result result = { .error = FERRY_ERROR_INIT };
	curl_off_t bytes = 0;

	unlink_active(f, t);
	(void)curl_easy_getinfo(t->easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
	f->counts.bytes += (uint64_t)bytes;
	t->redirected = t->location != NULL;
	if (t->cut)
		code = CURLE_OK;
	t->failed = t->failed || (code != CURLE_OK && t->barred);
	t->slow = t->slow || (code == CURLE_OPERATION_TIMEDOUT && t->checked);
	if (!t->failed && code == CURLE_OK && !t->checked)
		(void)ferry_transfer_answer(t); /* an empty body */
	(void)curl_multi_remove_handle(f->multi, t->easy);
	if (goes_on(f, t, code)) {
		ferry_transfer_release(t);
		return;
	}
	ferry_transfer_release(t);
	/* Whatever is tried now starts at the request's own URL. */
	free(t->location);
	t->location = NULL;
	t->hops = 0;
	heed_wait(f, t);
	describe_result(t, code, &result);
	if (gate_opens(t, &result)) {
		t->tries--;
		queue_add_first(queue_of(f, t), t);
		return;
	}
	/* An interrupted transfer of packed bytes cannot go on. */
	if (t->request.document || t->status == 416)
		t->offset = 0;
	if (t->tries < t->request.origin->tries &&
	    ferry_transfer_worth_retrying(t, code)) {
		if (t->failed)
			t->offset = 0;
		if (t->request.document && t->request.on_start != NULL)
			t->request.on_start(t->request.ctx);
		pause_transfer(f, t);
		return;
	}
	if (t->status == 304)
		f->counts.not_modified++;
	if (t->request.on_done(t->request.ctx, &result) == FERRY_FETCH_AGAIN &&
	    !result.last_try) {
		t->offset = 0;
		pause_transfer(f, t);
		return;
	}
	transfer_free(t);
}

static int
poll_timeout(const struct ferry_fetch *f)
{
	uint64_t now = ferry_ticks_ms(), left = 200;

	for (const struct ferry_transfer *t = f->pausing; t != NULL;
	     t = t->next)
		if (t->due_ms <= now)
			return 0;
		else if (t->due_ms - now < left)
			left = t->due_ms - now;
	return (int)left;
}

void
ferry_fetch_watch(struct ferry_fetch *f, int fd)
{

	f->watched = fd;
}

static void
wait_for_events(struct ferry_fetch *f)
{
	struct curl_waitfd watched = { .fd = f->watched,
		.events = CURL_WAIT_POLLIN };

	(void)curl_multi_poll(
	    f->multi, &watched, f->watched != -1, poll_timeout(f), NULL);
}

int
ferry_fetch_run(struct ferry_fetch *f,
    int (*on_tick)(void *ctx, struct ferry_error *err), void *ctx,
    struct ferry_error *err)
{
	int running, left;
	CURLMsg *m;

	for (;;) {
		if (start_due(f, err) == -1)
			return -1;
		if (f->active == NULL && f->pausing == NULL &&
		    f->waiting[0].first == NULL &&
		    f->waiting[1].first == NULL) {
			/* A gate that holds requests back has one of its own
			 * under way. */
			assert(f->held == NULL);
			if (on_tick(ctx, err) == -1)
				return -1;
			/* It may have brought new ones. */
			if (f->waiting[0].first == NULL &&
			    f->waiting[1].first == NULL)
				return 0;
			continue;
		}
		if (curl_multi_perform(f->multi, &running) != CURLM_OK)
			return ferry_error_set(
			    err, FERRY_ENETWORK, "libcurl: multi perform");
		while ((m = curl_multi_info_read(f->multi, &left)) != NULL) {
			CURLcode code = m->data.result;
			struct ferry_transfer *t = NULL;

			if (m->msg != CURLMSG_DONE)
				continue;
			(void)curl_easy_getinfo(
			    m->easy_handle, CURLINFO_PRIVATE, &t);
			if (t != NULL)
				finish_transfer(f, t, code);
		}
		if (on_tick(ctx, err) == -1)
			return -1;
		if (f->waiting[0].first != NULL || f->waiting[1].first != NULL)
			if (start_due(f, err) == -1)
				return -1;
		wait_for_events(f);
	}
}
