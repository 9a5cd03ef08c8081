#include "serve/replay/document.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "serve/http/http.h"
#include "serve/replay/bases.h"
#include "serve/replay/call.h"
#include "serve/replay/site.h"
#include "serve/replay/store_view.h"
#include "serve/replay/view.h"
#include "store/base/error.h"

/* Beyond this, a third of the time for 5 % more bytes is the better trade. */
#define GZIP_FAST_FROM (4U << 20)
#define BLOCK (64U << 10)

int
ferry_document_gzip(
    struct ferry_bytes in, struct ferry_buf *out, struct ferry_error *err)
{
	int level = in.n < GZIP_FAST_FROM ? 6 : 4, rc = -1;
	uint8_t *bytes = NULL;
	z_stream z = { 0 };
	size_t bound;

	/* 15 bits of window, 16 for a gzip head. */
	if (deflateInit2(
		&z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory for gzip");
	bound = deflateBound(&z, in.n);
	if (ferry_calloc(&bytes, 1, bound, err) == -1)
		goto out;
	z.next_in = (Bytef *)(uintptr_t)in.p;
	z.avail_in = (uInt)in.n;
	z.next_out = bytes;
	z.avail_out = (uInt)bound;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END) {
		ferry_error_set(err, FERRY_ELIMIT, "gzip did not finish");
		goto out;
	}
	/* Copied, so that the cache holds what it counts. */
	rc = ferry_buf_add(out, bytes, z.total_out, err);
out:
	(void)deflateEnd(&z);
	free(bytes);
	return rc;
}

static int
make(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	const struct ferry_document *doc = ctx;
	struct ferry_buf buf = FERRY_BUF_INIT;
	int rc = doc->on_write(doc->ctx, &buf, FERRY_DOCUMENT_BASE, err);

	if (rc == 1 && ferry_body_tagged(out, &buf, err) == -1)
		rc = -1;
	if (rc == 1)
		(*out)->spills = true;
	if (rc == 1)
		for (const uint8_t *p = (*out)->bytes.p,
				   *end = p + (*out)->bytes.n;
		     (p = memchr(p, FERRY_HOLE, (size_t)(end - p))) != NULL;
		     p++)
			(*out)->holes++;
	ferry_buf_free(&buf);
	return rc;
}

int
ferry_document_body(const struct ferry_document *doc, struct ferry_body **out,
    struct ferry_error *err)
{

	/* make() only reads doc. */
	return ferry_store_view_get(doc->call->view, out, make,
	    (void *)(uintptr_t)doc, err, doc->format, doc->package, doc->name,
	    "", NULL);
}

/* Compressing */

struct zipped {
	const struct ferry_document *doc;
	const char *base;
};

/* Compress n bytes, the last ones with flush Z_FINISH, onto out. */
static int
squeeze(z_stream *z, const void *p, size_t n, int flush, struct ferry_buf *out,
    struct ferry_error *err)
{
	int rc;

	z->next_in = (Bytef *)(uintptr_t)p;
	z->avail_in = (uInt)n;
	do {
		if (ferry_buf_reserve(out, BLOCK, err) == -1) {
			rc = Z_MEM_ERROR;
			break;
		}
		z->next_out = out->p + out->n;
		z->avail_out = BLOCK;
		rc = deflate(z, flush);
		out->n += BLOCK - z->avail_out;
	} while (rc == Z_OK && (z->avail_in > 0 || flush == Z_FINISH));
	z->next_in = NULL; /* p is borrowed for the call */
	return rc == (flush == Z_FINISH ? Z_STREAM_END : Z_OK) ||
	               rc == Z_BUF_ERROR
	           ? 0
	       : rc == Z_MEM_ERROR
	           ? -1
	           : ferry_error_set(err, FERRY_ELIMIT, "gzip did not finish");
}

static int
squeeze_filled(z_stream *z, const struct ferry_body *body, const char *base,
    struct ferry_buf *out, struct ferry_error *err)
{
	uint8_t block[BLOCK];
	uint64_t at = 0;

	while (at < body->size) {
		ssize_t n = ferry_body_read(body, at, block, sizeof(block));
		const uint8_t *hole;

		if (n <= 0)
			return ferry_error_errno(err, "reading a document");
		hole = memchr(block, FERRY_HOLE, (size_t)n);
		if (hole != NULL)
			n = hole - block;
		if (squeeze(z, block, (size_t)n, Z_NO_FLUSH, out, err) == -1 ||
		    (hole != NULL && squeeze(z, base, strlen(base), Z_NO_FLUSH,
					 out, err) == -1))
			return -1;
		at += (uint64_t)n + (hole != NULL);
	}
	return squeeze(z, NULL, 0, Z_FINISH, out, err);
}

static int
make_gzip(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	const struct zipped *job = ctx;
	struct ferry_body *body = NULL;
	struct ferry_buf buf = FERRY_BUF_INIT;
	z_stream z = { 0 };
	int rc = ferry_document_body(job->doc, &body, err);

	if (rc != 1)
		return rc;
	/* 15 bits of window, 16 for a gzip head. */
	if (deflateInit2(&z, body->size < GZIP_FAST_FROM ? 6 : 4, Z_DEFLATED,
		15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		ferry_body_unref(body);
		return ferry_error_set(err, FERRY_ENOMEM, "no memory for gzip");
	}
	if (squeeze_filled(&z, body, job->base, &buf, err) == -1 ||
	    ferry_body_tagged(out, &buf, err) == -1)
		rc = -1;
	else
		(*out)->spills = true;
	(void)deflateEnd(&z);
	ferry_body_unref(body);
	ferry_buf_free(&buf);
	return rc;
}

/* Answers */

static int
answer_zipped(const struct ferry_document *doc, const char *base,
    const char *type, struct ferry_response *res, struct ferry_error *err)
{
	struct zipped job = { doc, base };
	struct ferry_body *body;
	int rc = ferry_store_view_get(doc->call->view, &body, make_gzip, &job,
	    err, doc->format, doc->package, doc->name, "gzip", base, NULL);

	if (rc == 1) {
		ferry_response_body(res, type, body);
		res->encoding = "gzip";
	}
	return rc;
}

int
ferry_document_answer(const struct ferry_document *doc, const char *type,
    const char *vary, struct ferry_response *res, struct ferry_error *err)
{
	const struct ferry_call *call = doc->call;
	struct ferry_buf base = FERRY_BUF_INIT;
	struct ferry_body *body;
	int rc = -1;

	if (ferry_view_base(call, &base, err) == -1)
		goto out;
	if (ferry_request_takes_gzip(call->rq) &&
	    ((call->site->public_url != NULL && !call->own_host) ||
		ferry_bases_has(call->bases, (const char *)base.p)))
		rc = answer_zipped(doc, (const char *)base.p, type, res, err);
	else if ((rc = ferry_document_body(doc, &body, err)) == 1 &&
		 ferry_response_fill(
		     res, type, body, (const char *)base.p, err) == -1)
		rc = -1;
	if (rc == 1) {
		res->vary = vary;
		/* To be asked again each time, which costs a 304. */
		res->cache = "no-cache";
	}
out:
	ferry_buf_free(&base);
	return rc;
}

int
ferry_document_answer_part(const struct ferry_call *call,
    const struct ferry_body *body, uint64_t offset, size_t size,
    const char *type, struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_buf base = FERRY_BUF_INIT, part = FERRY_BUF_INIT,
			 buf = FERRY_BUF_INIT;
	const uint8_t *p, *end, *hole;
	int rc = -1;

	if (ferry_view_base(call, &base, err) == -1 ||
	    ferry_buf_reserve(&part, size, err) == -1)
		goto out;
	for (ssize_t n; part.n < size; part.n += (size_t)n)
		if ((n = ferry_body_read(body, offset + part.n, part.p + part.n,
			 size - part.n)) <= 0) {
			ferry_error_errno(err, "reading a document");
			goto out;
		}
	for (p = part.p, end = p + size; p < end; p = hole + 1) {
		hole = memchr(p, FERRY_HOLE, (size_t)(end - p));
		if (ferry_buf_add(&buf, p,
			(size_t)((hole == NULL ? end : hole) - p), err) == -1)
			goto out;
		if (hole == NULL)
			break;
		if (ferry_buf_add(&buf, base.p, base.n, err) == -1)
			goto out;
	}
	rc = ferry_response_take(res, type, &buf, err);
out:
	ferry_buf_free(&buf);
	ferry_buf_free(&part);
	ferry_buf_free(&base);
	return rc;
}
