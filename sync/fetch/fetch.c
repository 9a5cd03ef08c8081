#include "sync/fetch/fetch.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/bytes.h"
#include "store/base/clock.h"
#include "store/base/digest.h"

#define ACTIVE_MAX 256 /* transfers over all origins */
#define BACKOFF_MS 500 /* the first pause; doubles */
#define BACKOFF_MAX_MS 60000 /* without Retry-After */
#define RETRY_AFTER_MAX_S 600
#define STALL_S 60 /* no byte for so long is a break */
#define PROGRESS_BYTES (1U << 20) /* so much resets the tries */
#define VALIDATOR_MAX 512

/*
 * Life of a transfer: waiting (in a queue) → active (has an easy handle) →
 * pausing (due later) → waiting …; freed after on_done.
 */
struct transfer {
	struct transfer *next; /* in its queue */
	struct ferry_fetch *fetch;
	struct ferry_fetch_request request; /* strings are our copies */
	CURL *easy;
	struct curl_slist *headers;
	uint64_t due_ms; /* when pausing */
	uint64_t offset; /* bytes handed to on_data */
	uint64_t offset_then; /* when the tries were last reset */
	unsigned tries;
	long status; /* of the answer under way; 0 before its headers */
	bool failed; /* on_data said -1, error says why */
	bool checked; /* this answer's first byte was looked at */
	struct ferry_error error;
	char etag[VALIDATOR_MAX], last_modified[64];
	uint64_t retry_after_s;
	char reason[CURL_ERROR_SIZE];
};

struct queue {
	struct transfer *first, **last;
};

struct ferry_fetch {
	CURLM *multi;
	struct queue waiting[2]; /* documents, files */
	struct transfer *pausing; /* unsorted; few */
	struct transfer *active; /* linked by next */
	unsigned active_n;
	struct ferry_fetch_counts counts;
	uint64_t random;
};

static int
ferry_error_curl(struct ferry_error *err, CURLcode code, const char *detail)
{

	ferry_error_set(err, FERRY_ENETWORK, "%s",
	    detail != NULL && *detail != 0 ? detail : curl_easy_strerror(code));
	err->sys = (int)code;
	return -1;
}

/* Queues */

static void
queue_init(struct queue *q)
{

	q->first = NULL;
	q->last = &q->first;
}

static void
queue_add(struct queue *q, struct transfer *t)
{

	t->next = NULL;
	*q->last = t;
	q->last = &t->next;
}

/* The first transfer whose origin has a free connection, or NULL. */
static struct transfer *
queue_take(struct queue *q)
{

	for (struct transfer **at = &q->first; *at != NULL; at = &(*at)->next) {
		struct transfer *t = *at;

		if (t->request.origin->active >= t->request.origin->connections)
			continue;
		*at = t->next;
		if (q->last == &t->next)
			q->last = at;
		return t;
	}
	return NULL;
}

static void
transfer_free(struct transfer *t)
{
	struct ferry_fetch_request *r = &t->request;

	if (t->easy != NULL)
		curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	free((char *)(uintptr_t)r->url);
	free((char *)(uintptr_t)r->accept);
	free((char *)(uintptr_t)r->if_none_match);
	free((char *)(uintptr_t)r->if_modified_since);
	free(t);
}

static void
list_free(struct transfer *t)
{
	struct transfer *next;

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
	list_free(f->waiting[0].first);
	list_free(f->waiting[1].first);
	(void)curl_multi_cleanup(f->multi);
	free(f);
}

static int
copy(const char **slot, struct ferry_error *err)
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
	struct transfer *t;

	if (ferry_calloc(&t, 1, sizeof(*t), err) == -1)
		return -1;
	t->fetch = f;
	t->request = *request;
	if ((copy(&t->request.url, err) | copy(&t->request.accept, err) |
		copy(&t->request.if_none_match, err) |
		copy(&t->request.if_modified_since, err)) == -1) {
		transfer_free(t);
		return -1;
	}
	queue_add(&f->waiting[request->document ? 0 : 1], t);
	return 0;
}

const struct ferry_fetch_counts *
ferry_fetch_counts(const struct ferry_fetch *f)
{

	return &f->counts;
}

/* Receiving */

/* The value of header line if it is called name; else n is 0. */
static struct ferry_bytes
header_value(const char *line, size_t n, const char *name)
{
	size_t len = strlen(name);

	if (n <= len || strncasecmp(line, name, len) != 0 || line[len] != ':')
		return ferry_bytes_of("", 0);
	line += len + 1;
	n -= len + 1;
	while (n > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		n--;
	}
	while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == '\n' ||
			    line[n - 1] == ' '))
		n--;
	return ferry_bytes_of(line, n);
}

static void
keep(char *to, size_t size, struct ferry_bytes value)
{

	if (value.n > 0 && value.n < size) {
		memcpy(to, value.p, value.n);
		to[value.n] = 0;
	}
}

/* Seconds of a Retry-After: a number, or a date of HTTP. */
static uint64_t
retry_after(struct ferry_bytes value)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	uint64_t s = 0;
	char date[64] = "";
	time_t t;

	if (ferry_parse_u64(value, 0, UINT32_MAX, &s, &err) == -1) {
		keep(date, sizeof(date), value);
		t = curl_getdate(date, NULL);
		if (t != (time_t)-1 && t > (time_t)ferry_now())
			s = (uint64_t)t - (uint64_t)ferry_now();
	}
	return s > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : s;
}

static size_t
on_header(char *line, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	struct ferry_bytes v;

	n *= size;
	if (n > 5 && strncmp(line, "HTTP/", 5) == 0) {
		/* A new answer (after a redirect or 100): forget the last. */
		t->etag[0] = t->last_modified[0] = 0;
		t->retry_after_s = 0;
		t->status = 0;
		t->checked = false;
		return n;
	}
	v = header_value(line, n, "etag");
	keep(t->etag, sizeof(t->etag), v);
	v = header_value(line, n, "last-modified");
	keep(t->last_modified, sizeof(t->last_modified), v);
	v = header_value(line, n, "retry-after");
	if (v.n > 0)
		t->retry_after_s = retry_after(v);
	return n;
}

/* Look at the answer before its first byte is used. */
static int
check_answer(struct transfer *t)
{
	const struct ferry_fetch_request *r = &t->request;
	struct curl_header *h;
	uint64_t start;

	t->checked = true;
	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->status);
	if (t->status == 206 && t->offset > 0) {
		if (curl_easy_header(t->easy, "Content-Range", 0, CURLH_HEADER,
			-1, &h) == CURLHE_OK &&
		    sscanf(h->value, "bytes %" SCNu64 "-", &start) == 1 &&
		    start == t->offset)
			return 0;
		t->failed = true;
		return ferry_error_set(&t->error, FERRY_EHTTP,
		    "the server resumed at another place than asked");
	}
	if (t->status == 200) {
		t->offset = t->offset_then = 0;
		if (r->on_start != NULL)
			r->on_start(r->ctx);
	}
	return 0;
}

static size_t
on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	struct ferry_fetch_request *r = &t->request;

	n *= size;
	if (!t->checked && check_answer(t) == -1)
		return CURL_WRITEFUNC_ERROR;
	if (t->status != 200 && t->status != 206)
		return n; /* The body of an error is not for us. */
	if (n > r->max_size || t->offset > r->max_size - n) {
		ferry_error_set(&t->error, FERRY_ELIMIT,
		    "it is longer than %" PRIu64 " bytes", r->max_size);
		t->failed = true;
		return CURL_WRITEFUNC_ERROR;
	}
	if (r->on_data(r->ctx, p, n, &t->error) == -1) {
		t->failed = true;
		return CURL_WRITEFUNC_ERROR;
	}
	t->offset += n;
	if (t->offset - t->offset_then >= PROGRESS_BYTES) {
		t->offset_then = t->offset;
		t->tries = 1;
	}
	return n;
}

/* Starting */

static int
add_header(struct transfer *t, struct ferry_error *err, const char *name,
    const char *value)
{
	struct ferry_buf line = FERRY_BUF_INIT;
	struct curl_slist *longer = NULL;

	if (value == NULL)
		return 0;
	if (ferry_buf_addf(&line, err, "%s: %s", name, value) == 0)
		longer = curl_slist_append(t->headers, (const char *)line.p);
	ferry_buf_free(&line);
	if (longer == NULL)
		return ferry_error_set(
		    err, FERRY_ENOMEM, "no memory for a header");
	t->headers = longer;
	return 0;
}

static int
set_headers(struct transfer *t, struct ferry_error *err)
{
	const struct ferry_fetch_request *r = &t->request;
	char range[40];

	curl_slist_free_all(t->headers);
	t->headers = NULL;
	if (add_header(
		t, err, "Accept", r->accept == NULL ? "*/*" : r->accept) == -1)
		return -1;
	if (t->offset > 0) {
		(void)snprintf(range, sizeof(range), "%" PRIu64 "-", t->offset);
		(void)curl_easy_setopt(t->easy, CURLOPT_RANGE, range);
		if (t->etag[0] == '"' &&
		    add_header(t, err, "If-Range", t->etag) == -1)
			return -1;
	} else if (add_header(t, err, "If-None-Match", r->if_none_match) ==
		       -1 ||
		   (r->if_none_match == NULL &&
		       add_header(t, err, "If-Modified-Since",
			   r->if_modified_since) == -1)) {
		return -1;
	}
	(void)curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	return 0;
}

static void
set_origin(CURL *easy, const struct ferry_fetch_origin *o)
{

	if (o->token != NULL) {
		(void)curl_easy_setopt(
		    easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		(void)curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, o->token);
	} else if (o->user != NULL) {
		(void)curl_easy_setopt(
		    easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		(void)curl_easy_setopt(easy, CURLOPT_USERNAME, o->user);
		(void)curl_easy_setopt(easy, CURLOPT_PASSWORD,
		    o->password == NULL ? "" : o->password);
	} else if (o->netrc != NULL) {
		(void)curl_easy_setopt(
		    easy, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
		(void)curl_easy_setopt(easy, CURLOPT_NETRC_FILE, o->netrc);
	}
	if (o->ca_file != NULL)
		(void)curl_easy_setopt(easy, CURLOPT_CAINFO, o->ca_file);
	if (o->cert_file != NULL)
		(void)curl_easy_setopt(easy, CURLOPT_SSLCERT, o->cert_file);
	if (o->key_file != NULL)
		(void)curl_easy_setopt(easy, CURLOPT_SSLKEY, o->key_file);
	if (o->proxy != NULL)
		(void)curl_easy_setopt(easy, CURLOPT_PROXY, o->proxy);
	if (o->rate > 0)
		(void)curl_easy_setopt(easy, CURLOPT_MAX_RECV_SPEED_LARGE,
		    (curl_off_t)(o->rate / o->connections + 1));
}

static int
start(struct ferry_fetch *f, struct transfer *t, struct ferry_error *err)
{
	const struct ferry_fetch_request *r = &t->request;
	bool tls = strncmp(r->url, "https:", 6) == 0;

	if (t->easy == NULL && (t->easy = curl_easy_init()) == NULL)
		return ferry_error_set(
		    err, FERRY_ENOMEM, "no memory for a transfer");
	curl_easy_reset(t->easy);
	t->reason[0] = 0;
	t->failed = t->checked = false;
	t->error = (struct ferry_error)FERRY_ERROR_INIT;
	(void)curl_easy_setopt(t->easy, CURLOPT_URL, r->url);
	(void)curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	(void)curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->reason);
	(void)curl_easy_setopt(
	    t->easy, CURLOPT_USERAGENT, "ferry/" FERRY_VERSION);
	(void)curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	/* A redirect never leaves TLS. */
	(void)curl_easy_setopt(
	    t->easy, CURLOPT_REDIR_PROTOCOLS_STR, tls ? "https" : "http,https");
	(void)curl_easy_setopt(t->easy, CURLOPT_FOLLOWLOCATION, 1L);
	(void)curl_easy_setopt(t->easy, CURLOPT_MAXREDIRS, 5L);
	(void)curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT, 30L);
	(void)curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	(void)curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_TIME, (long)STALL_S);
	(void)curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(t->easy, CURLOPT_BUFFERSIZE, 131072L);
	(void)curl_easy_setopt(
	    t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	if (tls)
		(void)curl_easy_setopt(t->easy, CURLOPT_PIPEWAIT, 1L);
	/* Packages are digests of their bytes: only documents may be packed. */
	if (r->document)
		(void)curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "");
	(void)curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
	(void)curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
	(void)curl_easy_setopt(t->easy, CURLOPT_NOBODY, r->head ? 1L : 0L);
	set_origin(t->easy, r->origin);
	if (set_headers(t, err) == -1)
		return -1;
	if (curl_multi_add_handle(f->multi, t->easy) != CURLM_OK)
		return ferry_error_set(
		    err, FERRY_ENOMEM, "libcurl takes no transfer");
	t->tries++;
	t->next = f->active;
	f->active = t;
	f->active_n++;
	t->request.origin->active++;
	f->counts.requests++;
	return 0;
}

static int
start_due(struct ferry_fetch *f, struct ferry_error *err)
{
	uint64_t now = ferry_ticks_ms();
	struct transfer *t;

	for (struct transfer **at = &f->pausing; (t = *at) != NULL;) {
		if (t->due_ms > now) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		queue_add(&f->waiting[t->request.document ? 0 : 1], t);
	}
	for (int q = 0; q < 2; q++)
		while (f->active_n < ACTIVE_MAX &&
		       (t = queue_take(&f->waiting[q])) != NULL)
			if (start(f, t, err) == -1) {
				transfer_free(t);
				return -1;
			}
	return 0;
}

/* Ending */

static bool
worth_retrying(const struct transfer *t, CURLcode code)
{

	if (t->failed)
		return t->error.code == FERRY_EHTTP;
	switch (code) {
	case CURLE_OK:
		break;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_TOO_MANY_REDIRECTS:
	case CURLE_OUT_OF_MEMORY:
	case CURLE_FAILED_INIT:
		return false;
	default:
		return true;
	}
	return t->status == 408 || t->status == 416 || t->status == 420 ||
	       t->status == 429 || t->status >= 500;
}

static void
classify(struct transfer *t, CURLcode code, struct ferry_error *err)
{
	const char *url = t->request.url;

	if (t->failed)
		*err = t->error;
	else if (code != CURLE_OK)
		ferry_error_curl(err, code, t->reason);
	else if (t->status == 200 || t->status == 206 || t->status == 304)
		return;
	else
		ferry_error_set(err,
		    t->status == 404 || t->status == 410   ? FERRY_ENOTFOUND
		    : t->status == 401 || t->status == 403 ? FERRY_EDENIED
							   : FERRY_EHTTP,
		    "%s answered %ld%s", t->request.origin->name, t->status,
		    t->status == 401 || t->status == 403
			? " (is the token right?)"
			: "");
	if (err->code == FERRY_EHTTP)
		err->sys = (int)t->status;
	ferry_error_in(err, "fetching %s", url);
}

static void
pause_transfer(struct ferry_fetch *f, struct transfer *t)
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

static void
finish(struct ferry_fetch *f, struct transfer *t, CURLcode code)
{
	struct ferry_fetch_result result = { .error = FERRY_ERROR_INIT };
	struct transfer **at = &f->active;
	curl_off_t bytes = 0, length = -1;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	f->active_n--;
	t->request.origin->active--;
	(void)curl_easy_getinfo(t->easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
	(void)curl_easy_getinfo(
	    t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	f->counts.bytes += (uint64_t)bytes;
	if (!t->failed && code == CURLE_OK && !t->checked)
		(void)check_answer(t); /* an empty body */
	(void)curl_multi_remove_handle(f->multi, t->easy);
	/* An interrupted transfer of packed bytes cannot go on. */
	if (t->request.document || t->status == 416)
		t->offset = 0;
	if (t->tries < t->request.origin->tries && worth_retrying(t, code)) {
		if (t->failed)
			t->offset = 0;
		pause_transfer(f, t);
		return;
	}
	classify(t, code, &result.error);
	result.status = t->status == 206 ? 200 : t->status;
	result.etag = t->etag[0] == 0 ? NULL : t->etag;
	result.last_modified =
	    t->last_modified[0] == 0 ? NULL : t->last_modified;
	result.length = length > 0 ? (uint64_t)length : 0;
	result.tries = t->tries;
	result.last_try = t->tries >= t->request.origin->tries;
	if (t->status == 304)
		f->counts.not_modified++;
	if (t->request.on_done(t->request.ctx, &result) == FERRY_FETCH_AGAIN &&
	    !result.last_try) {
		t->offset = t->offset_then = 0;
		pause_transfer(f, t);
		return;
	}
	transfer_free(t);
}

static int
poll_timeout(const struct ferry_fetch *f)
{
	uint64_t now = ferry_ticks_ms(), left = 200;

	for (const struct transfer *t = f->pausing; t != NULL; t = t->next)
		if (t->due_ms <= now)
			return 0;
		else if (t->due_ms - now < left)
			left = t->due_ms - now;
	return (int)left;
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
		if (f->active == NULL && f->pausing == NULL)
			return on_tick(ctx, err);
		if (curl_multi_perform(f->multi, &running) != CURLM_OK)
			return ferry_error_set(
			    err, FERRY_ENETWORK, "libcurl: multi perform");
		while ((m = curl_multi_info_read(f->multi, &left)) != NULL) {
			CURLcode code = m->data.result;
			struct transfer *t = NULL;

			if (m->msg != CURLMSG_DONE)
				continue;
			(void)curl_easy_getinfo(
			    m->easy_handle, CURLINFO_PRIVATE, &t);
			finish(f, t, code);
		}
		if (on_tick(ctx, err) == -1)
			return -1;
		if (f->waiting[0].first != NULL || f->waiting[1].first != NULL)
			if (start_due(f, err) == -1)
				return -1;
		if (f->active != NULL || f->pausing != NULL)
			(void)curl_multi_poll(
			    f->multi, NULL, 0, poll_timeout(f), NULL);
	}
}
