#include "store/bundle/pack.h"

#include <pthread.h>
#include <stdlib.h>
#include <zstd.h>

#include "store/base/error.h"

#define BLOCK (256U << 10)
#define PACK_MIN 512
#define SAMPLE (64U << 10)
#define LEVEL 3
#define WINDOW_LOG 21

struct packer {
	struct packer *next;
	ZSTD_CCtx *zstd;
	uint8_t block[BLOCK];
};

struct ferry_packers {
	pthread_mutex_t lock; /* guards free */
	struct packer *free; /* not in use */
};

int
ferry_packers_new(struct ferry_packers **out, struct ferry_error *err)
{

	if (ferry_calloc(out, 1, sizeof(**out), err) == -1)
		return -1;
	(void)pthread_mutex_init(&(*out)->lock, NULL);
	return 0;
}

void
ferry_packers_free(struct ferry_packers *all)
{
	struct packer *p, *next;

	if (all == NULL)
		return;
	for (p = all->free; p != NULL; p = next) {
		next = p->next;
		(void)ZSTD_freeCCtx(p->zstd);
		free(p);
	}
	(void)pthread_mutex_destroy(&all->lock);
	free(all);
}

/* One that nobody uses.  Returns: NULL with err set. */
static struct packer *
take(struct ferry_packers *all, struct ferry_error *err)
{
	struct packer *p;

	(void)pthread_mutex_lock(&all->lock);
	p = all->free;
	if (p != NULL)
		all->free = p->next;
	(void)pthread_mutex_unlock(&all->lock);
	if (p != NULL)
		return p;
	if (ferry_calloc(&p, 1, sizeof(*p), err) == -1)
		return NULL;
	if ((p->zstd = ZSTD_createCCtx()) == NULL) {
		(void)ferry_error_set(
		    err, FERRY_ENOMEM, "no memory to compress");
		free(p);
		return NULL;
	}
	return p;
}

static void
give_back(struct ferry_packers *all, struct packer *p)
{

	(void)pthread_mutex_lock(&all->lock);
	p->next = all->free;
	all->free = p;
	(void)pthread_mutex_unlock(&all->lock);
}

/* Whether the first bytes promise a gain of a tenth. */
static int
promising(struct packer *p, const struct ferry_blob *blob,
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
error_zstd(struct ferry_error *err, size_t code)
{

	return ferry_error_set(
	    err, FERRY_ENOMEM, "zstd: %s", ZSTD_getErrorName(code));
}

static int
start_frame(struct packer *p, uint64_t size, struct ferry_buf *frame,
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

/* Append n bytes to the frame.  1, 0 if it grew over max, -1. */
static int
pack(struct packer *p, struct ferry_bytes text, bool last, size_t max,
    struct ferry_buf *frame, struct ferry_error *err)
{
	ZSTD_inBuffer in = { text.p, text.n, 0 };
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

int
ferry_pack_bytes(struct ferry_packers *all, struct ferry_bytes text,
    struct ferry_buf *frame, struct ferry_error *err)
{
	struct packer *p = take(all, err);
	int rc;

	if (p == NULL)
		return -1;
	rc = start_frame(p, text.n, frame, err) == -1 ||
	             pack(p, text, true, SIZE_MAX, frame, err) == -1
	         ? -1
	         : 0;
	give_back(all, p);
	return rc;
}

/* The blob's bytes, hashed in passing.  1, 0 if it does not pay, -1. */
static int
pack_all(struct packer *p, const struct ferry_blob *blob,
    const struct ferry_digest *digest, struct ferry_buf *frame,
    struct ferry_error *err)
{
	size_t max = FERRY_PACKED_MAX;
	struct ferry_digester *digester = NULL;
	struct ferry_digest got;
	uint64_t offset = 0;
	int rc = -1;

	if (blob->size - blob->size / 10 < max)
		max = (size_t)(blob->size - blob->size / 10);
	if (ferry_digester_new(&digester, FERRY_ALG(FERRY_SHA256), err) == -1 ||
	    start_frame(p, blob->size, frame, err) == -1)
		goto out;
	do {
		ssize_t n = ferry_blob_read(blob, offset, p->block, BLOCK, err);

		rc = -1;
		if (n == -1)
			goto out;
		if (n == 0) {
			(void)ferry_error_set(
			    err, FERRY_ESIZE, "a blob that ends early");
			goto out;
		}
		ferry_digester_update(digester, p->block, (size_t)n);
		offset += (uint64_t)n;
		rc = pack(p, ferry_bytes_of(p->block, (size_t)n),
		    offset == blob->size, max, frame, err);
	} while (rc == 1 && offset < blob->size);
	if (rc == 1) {
		ferry_digester_final(digester, FERRY_SHA256, &got);
		if (!ferry_digest_equal(&got, digest))
			rc = ferry_error_set(
			    err, FERRY_EDIGEST, "a blob of other bytes");
	}
out:
	ferry_digester_free(digester);
	return rc;
}

int
ferry_pack_blob(struct ferry_packers *all, const struct ferry_blob *blob,
    const struct ferry_digest *digest, struct ferry_buf *frame,
    struct ferry_error *err)
{
	struct packer *p;
	int rc = 1;

	if (blob->size < PACK_MIN || blob->size > FERRY_PACK_MAX)
		return 0;
	if ((p = take(all, err)) == NULL)
		return -1;
	if (blob->size > SAMPLE)
		rc = promising(p, blob, frame, err);
	if (rc == 1)
		rc = pack_all(p, blob, digest, frame, err);
	give_back(all, p);
	return rc;
}
