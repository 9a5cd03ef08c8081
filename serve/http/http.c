#include "serve/http/http.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "serve/http/flow.h"
#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/json_span.h"

/* Bodies */

int
ferry_body_new(
    struct ferry_body **out, struct ferry_buf *buf, struct ferry_error *err)
{
	struct ferry_body *body;
	void *p;

	if (ferry_calloc(&body, 1, sizeof(*body), err) == -1)
		return -1;
	/* What is kept is what is used. */
	if (buf->cap - buf->n > 4096 &&
	    (p = realloc(buf->p, buf->n + 1)) != NULL) {
		buf->p = p;
		buf->cap = buf->n + 1;
	}
	atomic_init(&body->refs, 1);
	body->fd = -1;
	body->size = buf->n;
	body->bytes = *buf;
	*buf = (struct ferry_buf)FERRY_BUF_INIT;
	*out = body;
	return 0;
}

int
ferry_body_file(
    struct ferry_body **out, int fd, uint64_t size, struct ferry_error *err)
{
	struct ferry_body *body;

	if (ferry_calloc(&body, 1, sizeof(*body), err) == -1)
		return -1;
	atomic_init(&body->refs, 1);
	body->fd = fd;
	body->size = size;
	*out = body;
	return 0;
}

ssize_t
ferry_body_read(
    const struct ferry_body *body, uint64_t offset, void *p, size_t n)
{
	ssize_t got;

	if (offset >= body->size)
		return 0;
	if (n > body->size - offset)
		n = (size_t)(body->size - offset);
	if (body->fd == -1) {
		memcpy(p, body->bytes.p + offset, n);
		return (ssize_t)n;
	}
	do
		got = pread(body->fd, p, n, (off_t)offset);
	while (got == -1 && errno == EINTR);
	/* A file that ends too early was damaged meanwhile. */
	return got == 0 && n > 0 ? -1 : got;
}

struct ferry_body *
ferry_body_ref(struct ferry_body *body)
{

	unsigned before =
	    atomic_fetch_add_explicit(&body->refs, 1, memory_order_relaxed);

	assert(before > 0);
	(void)before;
	return body;
}

void
ferry_body_unref(struct ferry_body *body)
{

	unsigned before;

	if (body == NULL)
		return;
	before =
	    atomic_fetch_sub_explicit(&body->refs, 1, memory_order_acq_rel);
	assert(before > 0);
	if (before != 1)
		return;
	if (body->fd != -1)
		(void)close(body->fd);
	if (body->memory != NULL)
		atomic_fetch_sub(body->memory, body->bytes.n);
	ferry_buf_free(&body->bytes);
	free(body->type);
	free(body);
}

int
ferry_body_tagged(
    struct ferry_body **out, struct ferry_buf *buf, struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];
	struct ferry_digest digest;

	if (ferry_digest_of(&digest, FERRY_SHA256, ferry_bytes_buf(buf), err) ==
		-1 ||
	    ferry_body_new(out, buf, err) == -1)
		return -1;
	(void)snprintf((*out)->etag, sizeof((*out)->etag), "\"%.32s\"",
	    ferry_digest_hex(&digest, hex));
	return 0;
}

/* Responses */

void
ferry_response_init(struct ferry_response *res, unsigned status)
{

	/* Not the whole of it: it is large, and made for every request. */
	res->status = status;
	res->type = res->encoding = res->cache = res->vary = NULL;
	res->varies = res->personal = false;
	res->ranges = false;
	res->body = NULL;
	res->flow = NULL;
	res->later = NULL;
	res->fill = NULL;
	res->etag[0] = 0;
	res->headers_n = 0;
	res->format = NULL;
	res->package[0] = 0;
}

void
ferry_response_clear(struct ferry_response *res)
{

	ferry_flow_unref(res->flow);
	res->flow = NULL;
	ferry_body_unref(res->body);
	res->body = NULL;
	free(res->fill);
	res->fill = NULL;
}

static void
drop(struct ferry_response *res, unsigned status, const char *type)
{

	ferry_response_clear(res);
	res->etag[0] = 0;
	res->status = status;
	res->type = type;
	res->encoding = res->cache = res->vary = NULL;
	res->ranges = false;
	res->headers_n = 0;
}

void
ferry_response_text(struct ferry_response *res, unsigned status,
    const char *type, const char *fmt, ...)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;
	va_list ap, again;
	int n;

	drop(res, status, type);
	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n > 0 && ferry_buf_reserve(&buf, (size_t)n + 1, &err) == 0) {
		(void)vsnprintf((char *)buf.p, (size_t)n + 1, fmt, again);
		buf.n = (size_t)n;
		if (ferry_body_new(&res->body, &buf, &err) == -1)
			ferry_buf_free(&buf);
	}
	va_end(again);
}

void
ferry_response_json_error(
    struct ferry_response *res, unsigned status, const char *text)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;

	if (ferry_span_quote(&buf, ferry_bytes_str(text), &err) == 0)
		ferry_response_text(res, status, "application/json",
		    "{\"error\":%s}\n", (const char *)buf.p);
	else
		drop(res, status, "application/json");
	ferry_buf_free(&buf);
}

void
ferry_response_body(
    struct ferry_response *res, const char *type, struct ferry_body *body)
{

	assert(body != NULL);
	drop(res, 200, type);
	res->body = body;
	memcpy(res->etag, body->etag, strlen(body->etag) + 1);
}

int
ferry_response_fill(struct ferry_response *res, const char *type,
    struct ferry_body *body, const char *fill, struct ferry_error *err)
{
	/* What the fill is belongs to what the answer is. */
	uint64_t hash =
	    ferry_bytes_hash(FERRY_HASH_START, ferry_bytes_str(fill));

	ferry_response_body(res, type, body);
	if (body->holes == 0)
		return 0;
	(void)snprintf(res->etag, sizeof(res->etag), "\"%.*s-%016" PRIx64 "\"",
	    (int)strcspn(body->etag + 1, "\""), body->etag + 1, hash);
	if (ferry_strdup(&res->fill, fill, err) == 0)
		return 0;
	drop(res, 500, NULL);
	return -1;
}

int
ferry_response_take(struct ferry_response *res, const char *type,
    struct ferry_buf *buf, struct ferry_error *err)
{
	struct ferry_body *body;

	if (ferry_body_tagged(&body, buf, err) == -1)
		return -1;
	ferry_response_body(res, type, body);
	res->cache = "no-cache";
	return 1;
}

void
ferry_response_header(
    struct ferry_response *res, const char *name, const char *value)
{
	size_t n = strlen(value);

	if (res->headers_n == FERRY_RESPONSE_HEADERS ||
	    n >= FERRY_RESPONSE_VALUE)
		return;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
			return;
	res->headers[res->headers_n].name = name;
	memcpy(res->headers[res->headers_n].value, value, n + 1);
	res->headers_n++;
}

/* Requests */

bool
ferry_request_reads(const struct ferry_request *rq)
{

	return rq->method == FERRY_GET || rq->method == FERRY_HEAD;
}

const char *
ferry_request_header(const struct ferry_request *rq, const char *name)
{

	return rq->header(rq, name);
}

static int
decode_plus(
    struct ferry_buf *buf, struct ferry_bytes raw, struct ferry_error *err)
{
	struct ferry_buf spaced = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_buf_add(&spaced, raw.p, raw.n, err) == -1)
		return -1;
	for (size_t i = 0; i < spaced.n; i++)
		if (spaced.p[i] == '+')
			spaced.p[i] = ' ';
	rc = ferry_url_decode(buf, ferry_bytes_buf(&spaced), err);
	ferry_buf_free(&spaced);
	return rc;
}

/* Clients encode names, too: "%24filter". */
static bool
is_name(struct ferry_bytes raw, const char *name)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;
	bool same;

	if (raw.n == 0 || memchr(raw.p, '%', raw.n) == NULL)
		return ferry_bytes_equal(raw, ferry_bytes_str(name));
	same = decode_plus(&buf, raw, &ignored) == 0 &&
	       ferry_bytes_equal(ferry_bytes_buf(&buf), ferry_bytes_str(name));
	ferry_buf_free(&buf);
	return same;
}

int
ferry_form_get(struct ferry_bytes form, const char *name, size_t i,
    struct ferry_buf *buf, struct ferry_error *err)
{
	const uint8_t *p = form.p, *end = p + form.n;

	while (p < end) {
		const uint8_t *amp = memchr(p, '&', (size_t)(end - p));
		const uint8_t *stop = amp == NULL ? end : amp;
		const uint8_t *is = memchr(p, '=', (size_t)(stop - p));

		if (is != NULL &&
		    is_name(ferry_bytes_of(p, (size_t)(is - p)), name) &&
		    i-- == 0)
			return decode_plus(buf,
				   ferry_bytes_of(
				       is + 1, (size_t)(stop - is) - 1),
				   err) == -1
			           ? -1
			           : 1;
		p = amp == NULL ? end : amp + 1;
	}
	return 0;
}

int
ferry_request_query(const struct ferry_request *rq, const char *name,
    struct ferry_buf *buf, struct ferry_error *err)
{

	return ferry_form_get(rq->query, name, 0, buf, err);
}

uint64_t
ferry_request_query_u64(const struct ferry_request *rq, const char *name,
    uint64_t min, uint64_t max, uint64_t fallback)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;
	uint64_t v = fallback;

	if (ferry_request_query(rq, name, &buf, &err) == 1 &&
	    ferry_parse_u64(ferry_bytes_buf(&buf), 0, UINT64_MAX, &v, &err) ==
		-1)
		v = fallback;
	ferry_buf_free(&buf);
	return v < min ? min : v > max ? max : v;
}

/* Whether a coding's parameters, behind its name, say that it is wanted. */
static bool
wanted(const char *p)
{

	p += strspn(p, " \t");
	if (*p != ';')
		return true;
	p += 1 + strspn(p + 1, " \t");
	if ((*p != 'q' && *p != 'Q') || p[1] != '=')
		return true;
	/* q=0, q=0.0 …: anything else is above. */
	p += 2 + strspn(p + 2, "0.");
	return *p >= '1' && *p <= '9';
}

bool
ferry_request_takes_gzip(const struct ferry_request *rq)
{
	const char *p = ferry_request_header(rq, "Accept-Encoding");
	bool any = false;

	while (p != NULL && *p != 0) {
		size_t n;

		p += strspn(p, " \t,");
		n = strcspn(p, " \t,;");
		if ((n == 4 && strncasecmp(p, "gzip", 4) == 0) ||
		    (n == 6 && strncasecmp(p, "x-gzip", 6) == 0))
			return wanted(p + n);
		if (n == 1 && *p == '*')
			any = wanted(p + n);
		p += strcspn(p, ",");
	}
	return any;
}
