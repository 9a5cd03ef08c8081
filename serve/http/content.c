/* From what a handler said a resource is to what the library sends. */

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve/http/exchange.h"
#include "serve/http/flow.h"
#include "serve/http/net.h"
#include "serve/http/range.h"

/*
 * Under TLS the library reads files into a buffer of this size.  Measured:
 * its own default halves the throughput of large files.
 */
#define TLS_BLOCK (128U << 10)
/*
 * So it does for whom is on this machine, if there is much.  What sendfile
 * spares, the reader pays for: it copies from pages that no cache has.  Measured:
 * 5 MB arrive half as fast, and both together take more of the processors.
 */
#define AT_HAND_BLOCK (32U << 10)
/* Of a body with holes, for each answer on its way. */
#define FILLED_BLOCK (16U << 10)

/* Holes of a body that is sent piece by piece; with more, the list of pieces
 * would take more memory than a block. */
#define PIECES_MAX 480

static void
on_body_done(void *cls)
{

	ferry_body_unref(cls);
}

/* Content that is read by blocks: a part of a file, because TLS cannot use
 * sendfile; or a body with holes. */
struct reader {
	struct ferry_body *body;
	uint64_t at; /* in body */
	char *fill; /* owned, or NULL */
	size_t fill_n, filled; /* how much of it was written at a hole */
};

static ssize_t
on_read(void *cls, uint64_t pos, char *p, size_t max)
{
	struct reader *r = cls;
	ssize_t n = ferry_body_read(r->body, r->at, p, max);

	(void)pos;
	if (n <= 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	r->at += (uint64_t)n;
	return n;
}

/* The library asks for one block after the other. */
static ssize_t
on_read_filled(void *cls, uint64_t pos, char *p, size_t max)
{
	struct reader *r = cls;
	size_t n = 0;

	(void)pos;
	while (n < max) {
		ssize_t got;
		char *hole;

		if (r->filled < r->fill_n) {
			size_t m = r->fill_n - r->filled;

			m = m < max - n ? m : max - n;
			memcpy(p + n, r->fill + r->filled, m);
			r->filled += m;
			n += m;
			continue;
		}
		got = ferry_body_read(r->body, r->at, p + n, max - n);
		if (got == -1)
			return MHD_CONTENT_READER_END_WITH_ERROR;
		if (got == 0)
			break;
		hole = memchr(p + n, FERRY_HOLE, (size_t)got);
		if (hole != NULL) {
			got = hole - (p + n);
			r->at++;
			r->filled = 0;
		}
		r->at += (uint64_t)got;
		n += (size_t)got;
	}
	return n == 0 ? MHD_CONTENT_READER_END_WITH_ERROR : (ssize_t)n;
}

static void
on_reader_done(void *cls)
{
	struct reader *r = cls;

	ferry_body_unref(r->body);
	free(r->fill);
	free(r);
}

/* Size bytes of body from offset, *taking* fill, in blocks.  NULL if there is no
 * memory. */
static struct MHD_Response *
read_response(struct ferry_body *body, uint64_t offset, uint64_t size,
    char *fill, size_t block)
{
	struct reader *r = malloc(sizeof(*r));
	struct MHD_Response *out;

	if (r == NULL) {
		free(fill);
		return NULL;
	}
	*r = (struct reader){ ferry_body_ref(body), offset, fill, 0, 0 };
	if (fill != NULL)
		r->fill_n = r->filled = strlen(fill);
	out = MHD_create_response_from_callback(size, block,
	    fill == NULL ? on_read : on_read_filled, r, on_reader_done);
	if (out == NULL)
		on_reader_done(r);
	return out;
}

/* A body in memory with few holes: sent from where it lies. */
struct pieces {
	struct ferry_body *body;
	char *fill; /* owned */
};

static void
on_pieces_done(void *cls)
{
	struct pieces *pieces = cls;

	ferry_body_unref(pieces->body);
	free(pieces->fill);
	free(pieces);
}

/* *Takes* fill.  NULL if there is no memory. */
static struct MHD_Response *
pieces_response(struct ferry_body *body, char *fill)
{
	struct pieces *pieces = malloc(sizeof(*pieces));
	struct MHD_IoVec vec[2 * PIECES_MAX + 1];
	const uint8_t *p = body->bytes.p, *end = p + body->bytes.n, *hole;
	struct MHD_Response *out;
	unsigned n = 0;
	size_t fill_n = strlen(fill);

	if (pieces == NULL) {
		free(fill);
		return NULL;
	}
	*pieces = (struct pieces){ ferry_body_ref(body), fill };
	while ((hole = memchr(p, FERRY_HOLE, (size_t)(end - p))) != NULL) {
		vec[n++] = (struct MHD_IoVec){ p, (size_t)(hole - p) };
		vec[n++] = (struct MHD_IoVec){ fill, fill_n };
		p = hole + 1;
	}
	vec[n++] = (struct MHD_IoVec){ p, (size_t)(end - p) };
	out = MHD_create_response_from_iovec(vec, n, on_pieces_done, pieces);
	if (out == NULL)
		on_pieces_done(pieces);
	return out;
}

/* Whether whom it answers is on this machine, perhaps a proxy. */
static bool
is_at_hand(const struct exchange *ex)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    ex->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	return info != NULL && ferry_address_is_loopback(info->client_addr);
}

/* Size bytes of res's body from offset.  NULL if there is no memory. */
static struct MHD_Response *
make_response(const struct exchange *ex, struct ferry_response *res,
    uint64_t offset, uint64_t size)
{
	struct ferry_body *body = res->body;
	struct MHD_Response *out;
	char *fill = res->fill;
	int fd;

	if (body == NULL || size == 0)
		return MHD_create_response_from_buffer(
		    0, NULL, MHD_RESPMEM_PERSISTENT);
	if (fill != NULL) {
		res->fill = NULL;
		/* Under TLS each piece would be a record of its own. */
		if (body->fd == -1 && body->holes <= PIECES_MAX &&
		    ex->server->options->certificate == NULL)
			return pieces_response(body, fill);
		return read_response(body, 0, size, fill, FILLED_BLOCK);
	}
	if (body->fd == -1) {
		out = MHD_create_response_from_buffer_with_free_callback_cls(
		    (size_t)size, body->bytes.p + offset, on_body_done, body);
		if (out != NULL)
			(void)ferry_body_ref(body);
		return out;
	}
	if (ex->server->options->certificate != NULL)
		return read_response(body, offset, size, NULL, TLS_BLOCK);
	if (size > 2 * AT_HAND_BLOCK && ex->rq.method == FERRY_GET &&
	    is_at_hand(ex))
		return read_response(body, offset, size, NULL, AT_HAND_BLOCK);
	/* The library closes its descriptor after use. */
	if ((fd = fcntl(body->fd, F_DUPFD_CLOEXEC, 0)) == -1)
		return NULL;
	out = MHD_create_response_from_fd_at_offset64(size, fd, offset);
	if (out == NULL)
		(void)close(fd);
	return out;
}

/* The bytes that res stands for, holes filled. */
static uint64_t
size_of(const struct ferry_response *res)
{
	const struct ferry_body *body = res->body;

	if (body == NULL)
		return 0;
	return res->fill == NULL
	           ? body->size
	           : body->size - body->holes +
	                 body->holes * (uint64_t)strlen(res->fill);
}

static void
add(struct MHD_Response *out, const char *name, const char *value)
{

	if (value != NULL && *value != 0)
		(void)MHD_add_response_header(out, name, value);
}

/*
 * Conditions and ranges of the request, which turn a 200 into 304, 206 or
 * 416.  RFC 9110, 13.2.2: If-None-Match comes before Range.
 */
static void
apply_conditions(const struct ferry_request *rq, struct ferry_response *res,
    struct ferry_range *range)
{
	const char *etag = res->etag, *value, *only_if;

	if (etag[0] != 0 &&
	    (value = ferry_request_header(rq, "If-None-Match")) != NULL &&
	    ferry_etag_matches(value, etag)) {
		res->status = 304;
		return;
	}
	/* RFC 9110, 14.2: a Range means something to GET only. */
	if (rq->method != FERRY_GET || !res->ranges ||
	    (value = ferry_request_header(rq, "Range")) == NULL)
		return;
	only_if = ferry_request_header(rq, "If-Range");
	if (only_if != NULL && strcmp(only_if, etag) != 0)
		return;
	switch (ferry_range_parse(value, res->body->size, range)) {
	case FERRY_RANGE_PART:
		res->status = 206;
		break;
	case FERRY_RANGE_UNSATISFIABLE:
		res->status = 416;
		break;
	case FERRY_RANGE_NONE:
		break;
	}
}

/* Who may keep the answer, and for whom. */
static void
add_caching(struct MHD_Response *out, const struct ferry_response *res)
{
	const char *cache = res->cache == NULL ? "no-cache" : res->cache;
	char text[160];

	if (!res->varies) {
		add(out, "Cache-Control", res->cache);
		add(out, "Vary", res->vary);
		return;
	}
	if (strncmp(cache, "public, ", 8) == 0 && res->personal)
		cache += 8;
	(void)snprintf(text, sizeof(text), "%s%s",
	    res->personal && strcmp(cache, "no-store") != 0 ? "private, " : "",
	    cache);
	add(out, "Cache-Control", text);
	(void)snprintf(text, sizeof(text), "%s%sAuthorization",
	    res->vary == NULL ? "" : res->vary, res->vary == NULL ? "" : ", ");
	add(out, "Vary", text);
}

struct MHD_Response *
ferry_exchange_response(struct exchange *ex, struct ferry_response *res)
{
	struct ferry_range range = { 0, 0 };
	struct MHD_Response *out;
	char text[80];
	bool partial;

	range.size = size_of(res);
	if (res->status == 200 && res->body != NULL &&
	    ferry_request_reads(&ex->rq))
		apply_conditions(&ex->rq, res, &range);
	partial =
	    res->body != NULL && (res->status == 206 || res->status == 416);
	if (res->status == 304 || res->status == 416)
		range.size = 0;
	out = res->flow != NULL
	          ? ferry_flow_response(res->flow, ex)
	          : make_response(ex, res, range.offset, range.size);
	if (out == NULL)
		return NULL;
	ex->bytes = ex->rq.method == FERRY_HEAD ? 0 : range.size;
	if (partial) {
		if (res->status == 206)
			(void)snprintf(text, sizeof(text),
			    "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64,
			    range.offset, range.offset + range.size - 1,
			    res->body->size);
		else
			(void)snprintf(text, sizeof(text), "bytes */%" PRIu64,
			    res->body->size);
		add(out, "Content-Range", text);
	}
	if (res->status != 304 && res->status != 416) {
		add(out, "Content-Type", res->type);
		add(out, "Content-Encoding", res->encoding);
	}
	add(out, "ETag", res->etag);
	if (res->body != NULL)
		add(out, "Repr-Digest", res->body->digest);
	add_caching(out, res);
	if (res->ranges)
		add(out, "Accept-Ranges", "bytes");
	for (size_t i = 0; i < res->headers_n; i++)
		add(out, res->headers[i].name, res->headers[i].value);
	add(out, "X-Request-Id", ex->rq.id);
	return out;
}
