#include "serve/replay/document.h"

#include <stdlib.h>
#include <zlib.h>

#include "serve/http/http.h"
#include "serve/replay/store_view.h"
#include "store/base/error.h"

/* Beyond this, a third of the time for 5 % more bytes is the better trade. */
#define GZIP_FAST_FROM (4U << 20)

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
make_identity(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	const struct ferry_document *doc = ctx;
	struct ferry_buf buf = FERRY_BUF_INIT;
	int rc = doc->on_write(doc->ctx, &buf, doc->base, err);

	if (rc == 1 && ferry_body_tagged(out, &buf, err) == -1)
		rc = -1;
	ferry_buf_free(&buf);
	return rc;
}

static int
make_gzip(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	struct ferry_body *identity = NULL;
	struct ferry_buf buf = FERRY_BUF_INIT;
	int rc = ferry_document_body(ctx, FERRY_IDENTITY, &identity, err);

	if (rc == 1 && (ferry_document_gzip(ferry_bytes_buf(&identity->bytes),
			    &buf, err) == -1 ||
			   ferry_body_tagged(out, &buf, err) == -1))
		rc = -1;
	ferry_body_unref(identity);
	ferry_buf_free(&buf);
	return rc;
}

int
ferry_document_body(const struct ferry_document *doc,
    enum ferry_encoding encoding, struct ferry_body **out,
    struct ferry_error *err)
{

	/* The makers only read doc. */
	return ferry_store_view_get(doc->view, out,
	    encoding == FERRY_GZIP ? make_gzip : make_identity,
	    (void *)(uintptr_t)doc, err, doc->format, doc->package, doc->name,
	    encoding == FERRY_GZIP ? "gzip" : "", doc->base, NULL);
}

int
ferry_document_answer(const struct ferry_document *doc,
    const struct ferry_request *rq, const char *type, const char *vary,
    struct ferry_response *res, struct ferry_error *err)
{
	bool zipped = ferry_request_takes_gzip(rq);
	struct ferry_body *body;
	int rc = ferry_document_body(
	    doc, zipped ? FERRY_GZIP : FERRY_IDENTITY, &body, err);

	if (rc != 1)
		return rc;
	ferry_response_body(res, type, body);
	res->encoding = zipped ? "gzip" : NULL;
	res->vary = vary;
	/* To be asked again each time, which costs a 304. */
	res->cache = "no-cache";
	return 1;
}
