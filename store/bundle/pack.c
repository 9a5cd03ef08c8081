#include "store/bundle/pack.h"

#include <stdlib.h>
#include <zstd.h>

#include "store/base/error.h"
#include "store/blob/blob.h"

#define BLOCK (256U << 10)
#define SAMPLE (64U << 10)
#define LEVEL 3
#define WINDOW_LOG 21

struct ferry_pack {
	ZSTD_CCtx *zstd;
	uint8_t *block;
};

int
ferry_pack_new(struct ferry_pack **out, struct ferry_error *err)
{
	struct ferry_pack *p;

	if (ferry_calloc(&p, 1, sizeof(*p), err) == -1)
		return -1;
	if (ferry_calloc(&p->block, 1, BLOCK, err) == -1)
		goto fail;
	if ((p->zstd = ZSTD_createCCtx()) == NULL) {
		ferry_error_set(err, FERRY_ENOMEM, "no memory to compress");
		goto fail;
	}
	*out = p;
	return 0;
fail:
	ferry_pack_free(p);
	return -1;
}

void
ferry_pack_free(struct ferry_pack *p)
{

	if (p == NULL)
		return;
	ZSTD_freeCCtx(p->zstd);
	free(p->block);
	free(p);
}

static int
error_zstd(struct ferry_error *err, size_t code)
{

	return ferry_error_set(
	    err, FERRY_ENOMEM, "zstd: %s", ZSTD_getErrorName(code));
}

/* Whether the first bytes promise a gain of a tenth. */
static int
promising(struct ferry_pack *p, const struct ferry_blob *blob,
    struct ferry_buf *frame, struct ferry_error *err)
{
	size_t bound = ZSTD_compressBound(SAMPLE), packed;
	ssize_t n = ferry_blob_read(blob, 0, p->block, SAMPLE, err);

	ferry_buf_reset(frame);
	if (n == -1 || ferry_buf_reserve(frame, bound, err) == -1)
		return -1;
	packed =
	    ZSTD_compressCCtx(p->zstd, frame->p, bound, p->block, (size_t)n, 1);
	return !ZSTD_isError(packed) && packed < (size_t)n - (size_t)n / 10;
}

static int
start_frame(struct ferry_pack *p, uint64_t size, struct ferry_buf *frame,
    struct ferry_error *err)
{
	size_t rc;

	ferry_buf_reset(frame);
	(void)ZSTD_CCtx_reset(p->zstd, ZSTD_reset_session_and_parameters);
	if (ZSTD_isError(rc = ZSTD_CCtx_setParameter(
			     p->zstd, ZSTD_c_compressionLevel, LEVEL)) ||
	    ZSTD_isError(rc = ZSTD_CCtx_setParameter(
			     p->zstd, ZSTD_c_windowLog, WINDOW_LOG)) ||
	    ZSTD_isError(rc = ZSTD_CCtx_setPledgedSrcSize(p->zstd, size)))
		return error_zstd(err, rc);
	return 0;
}

/* Append bytes to the frame.  1, 0 if it grew over max, -1. */
static int
add_bytes(struct ferry_pack *p, struct ferry_bytes bytes, bool last, size_t max,
    struct ferry_buf *frame, struct ferry_error *err)
{
	ZSTD_inBuffer in = { bytes.p, bytes.n, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out;

		if (frame->n > max)
			return 0;
		if (ferry_buf_reserve(frame, ZSTD_CStreamOutSize(), err) == -1)
			return -1;
		out = (ZSTD_outBuffer){ frame->p + frame->n,
			ZSTD_CStreamOutSize(), 0 };
		left = ZSTD_compressStream2(
		    p->zstd, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return error_zstd(err, left);
		frame->n += out.pos;
	} while (in.pos < in.size || (last && left > 0));
	return frame->n <= max;
}

/* All of a blob: 1, 0 if it does not pay, -1. */
static int
add_blob(struct ferry_pack *p, const struct ferry_blob *blob,
    struct ferry_digester *digester, struct ferry_buf *frame,
    struct ferry_error *err)
{
	uint64_t offset = 0, gain = blob->size / 10;
	size_t max = FERRY_PACKED_MAX;
	int rc;

	if (blob->size - gain < max)
		max = (size_t)(blob->size - gain);
	do {
		ssize_t n = ferry_blob_read(blob, offset, p->block, BLOCK, err);

		if (n == -1)
			return -1;
		if (n == 0)
			return ferry_error_set(
			    err, FERRY_ESIZE, "the blob is too short");
		ferry_digester_update(digester, p->block, (size_t)n);
		offset += (uint64_t)n;
		rc = add_bytes(p, ferry_bytes_of(p->block, (size_t)n),
		    offset == blob->size, max, frame, err);
	} while (rc == 1 && offset < blob->size);
	return rc;
}

int
ferry_pack_blob(struct ferry_pack *p, const struct ferry_blob *blob,
    const struct ferry_digest *digest, struct ferry_buf *frame,
    struct ferry_error *err)
{
	struct ferry_digester *digester = NULL;
	struct ferry_digest got;
	int rc = blob->size <= SAMPLE ? 1 : promising(p, blob, frame, err);

	if (rc != 1)
		return rc;
	rc = -1;
	if (ferry_digester_new(&digester, FERRY_ALG(FERRY_SHA256), err) == -1 ||
	    start_frame(p, blob->size, frame, err) == -1)
		goto out;
	if ((rc = add_blob(p, blob, digester, frame, err)) == 1) {
		ferry_digester_final(digester, FERRY_SHA256, &got);
		if (!ferry_digest_equal(&got, digest))
			rc = ferry_error_set(
			    err, FERRY_EDIGEST, "the blob is damaged");
	}
out:
	ferry_digester_free(digester);
	return rc;
}

int
ferry_pack_bytes(struct ferry_pack *p, struct ferry_bytes bytes,
    struct ferry_buf *frame, struct ferry_error *err)
{

	if (start_frame(p, bytes.n, frame, err) == -1 ||
	    add_bytes(p, bytes, true, SIZE_MAX, frame, err) == -1)
		return -1;
	return 0;
}
