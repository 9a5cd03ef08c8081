#include "store/recipe/patch.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "store/base/error.h"
#include "store/recipe/varint.h"

#define WINDOW_LOG_MIN 17
#define WINDOW_LOG_MAX 26 /* holds a prefix and a piece */
/* From this size on matches that are far away are looked for separately. */
#define LONG_FROM (1U << 20)

static int
zstd_error(struct ferry_error *err, size_t code)
{

	if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation)
		return ferry_error_set(err, FERRY_ENOMEM, "out of memory");
	return ferry_error_set(
	    err, FERRY_ESYSTEM, "compressing: %s", ZSTD_getErrorName(code));
}

static int
window_log(size_t n)
{
	int log = WINDOW_LOG_MIN;

	while (log < WINDOW_LOG_MAX && n > (size_t)1 << log)
		log++;
	return log;
}

/* Compress text after prefix into out, emptied first. */
static int
compress(ZSTD_CCtx *ctx, struct ferry_bytes text, struct ferry_bytes prefix,
    int level, struct ferry_buf *out, struct ferry_error *err)
{
	size_t all = text.n + prefix.n, rc;

	ferry_buf_reset(out);
	if (ferry_buf_reserve(out, ZSTD_compressBound(text.n), err) == -1)
		return -1;
	(void)ZSTD_CCtx_reset(ctx, ZSTD_reset_session_and_parameters);
	if (ZSTD_isError(rc = ZSTD_CCtx_setParameter(
			     ctx, ZSTD_c_compressionLevel, level)) ||
	    ZSTD_isError(rc = ZSTD_CCtx_setParameter(
			     ctx, ZSTD_c_windowLog, window_log(all))) ||
	    ZSTD_isError(rc = ZSTD_CCtx_setParameter(ctx,
			     ZSTD_c_enableLongDistanceMatching,
			     all >= LONG_FROM ? 1 : 0)) ||
	    ZSTD_isError(rc = ZSTD_CCtx_setPledgedSrcSize(ctx, text.n)) ||
	    ZSTD_isError(rc = ZSTD_CCtx_refPrefix(ctx, prefix.p, prefix.n)) ||
	    ZSTD_isError(
		rc = ZSTD_compress2(ctx, out->p, out->cap - 1, text.p, text.n)))
		return zstd_error(err, rc);
	out->n = rc;
	out->p[rc] = 0;
	return 0;
}

/* Decompress in, all of it, into exactly n bytes at p. */
static int
decompress(ZSTD_DCtx *ctx, struct ferry_bytes in, struct ferry_bytes prefix,
    uint8_t *p, size_t n, const char *what, struct ferry_error *err)
{
	size_t rc;

	/* One frame, and nothing that only looks like one. */
	if (in.n < 4 || memcmp(in.p, "\x28\xb5\x2f\xfd", 4) != 0 ||
	    ZSTD_findFrameCompressedSize(in.p, in.n) != in.n)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "%s: not a zstd frame", what);
	rc = ZSTD_DCtx_refPrefix(ctx, prefix.p, prefix.n);
	if (!ZSTD_isError(rc))
		rc = ZSTD_decompressDCtx(ctx, p, n, in.p, in.n);
	if (ZSTD_isError(rc))
		return ferry_error_set(err,
		    ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation
			? FERRY_ENOMEM
			: FERRY_EFORMAT,
		    "%s: %s", what, ZSTD_getErrorName(rc));
	if (rc != n)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "%s: %zu bytes, not %zu", what, rc, n);
	return 0;
}

/* Where a piece looks in a base: around the same relative place. */
static struct ferry_bytes
choose_prefix(struct ferry_bytes base, uint64_t at, uint64_t size)
{
	uint64_t middle, first;

	if (base.n <= FERRY_PATCH_PREFIX)
		return base;
	middle = (uint64_t)((double)at / (double)size * (double)base.n);
	first = middle < (FERRY_PATCH_PREFIX - FERRY_PATCH_PIECE) / 2
	            ? 0
	            : middle - (FERRY_PATCH_PREFIX - FERRY_PATCH_PIECE) / 2;
	if (first > base.n - FERRY_PATCH_PREFIX)
		first = base.n - FERRY_PATCH_PREFIX;
	return ferry_bytes_of(base.p + first, FERRY_PATCH_PREFIX);
}

struct piece {
	size_t base; /* number from 1 */
	struct ferry_bytes prefix;
	struct ferry_buf frame;
};

static int
write_piece(const struct piece *piece, const struct ferry_bytes *bases,
    ferry_recipe_sink *on_data, void *ctx, struct ferry_error *err)
{
	struct ferry_buf head = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_varint_add(&head, piece->base, err) == -1)
		goto out;
	if (piece->base > 0) {
		const struct ferry_bytes *base = &bases[piece->base - 1];
		size_t at = piece->prefix.n == 0
		                ? 0
		                : (size_t)(piece->prefix.p - base->p);

		if (ferry_varint_add(&head, at, err) == -1 ||
		    ferry_varint_add(&head, piece->prefix.n, err) == -1)
			goto out;
	}
	if (ferry_varint_add(&head, piece->frame.n, err) == -1 ||
	    on_data(ctx, head.p, head.n, err) == -1 ||
	    on_data(ctx, piece->frame.p, piece->frame.n, err) == -1)
		goto out;
	rc = 0;
out:
	ferry_buf_free(&head);
	return rc;
}

int
ferry_patch_make(struct ferry_bytes image, const struct ferry_bytes *bases,
    size_t bases_n, int level, ferry_recipe_sink *on_data,
    ferry_patch_on_piece *on_piece, void *ctx, struct ferry_error *err)
{
	struct piece best = { 0, { NULL, 0 }, FERRY_BUF_INIT };
	struct piece other = { 0, { NULL, 0 }, FERRY_BUF_INIT }, t;
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	int rc = -1;

	if (zstd == NULL) {
		(void)ferry_error_set(err, FERRY_ENOMEM, "out of memory");
		goto out;
	}
	for (size_t at = 0; at < image.n; at += FERRY_PATCH_PIECE) {
		size_t n = image.n - at < FERRY_PATCH_PIECE ? image.n - at
		                                            : FERRY_PATCH_PIECE;
		struct ferry_bytes text = ferry_bytes_of(image.p + at, n);

		best.base = bases_n > 0 ? 1 : 0;
		best.prefix = bases_n > 0 ? choose_prefix(bases[0], at, image.n)
		                          : ferry_bytes_of(NULL, 0);
		if (compress(
			zstd, text, best.prefix, level, &best.frame, err) == -1)
			goto out;
		for (size_t i = 1; i < bases_n; i++) {
			other.base = i + 1;
			other.prefix = choose_prefix(bases[i], at, image.n);
			if (compress(zstd, text, other.prefix, level,
				&other.frame, err) == -1)
				goto out;
			if (other.frame.n < best.frame.n) {
				t = best;
				best = other;
				other = t;
			}
		}
		if (write_piece(&best, bases, on_data, ctx, err) == -1)
			goto out;
		if (on_piece != NULL)
			on_piece(ctx);
	}
	rc = 0;
out:
	ferry_buf_free(&best.frame);
	ferry_buf_free(&other.frame);
	(void)ZSTD_freeCCtx(zstd);
	return rc;
}

static int
read_prefix(struct ferry_bytes *in, const struct ferry_bytes *bases,
    size_t bases_n, struct ferry_bytes *prefix, struct ferry_error *err)
{
	uint64_t number, at, n;

	*prefix = ferry_bytes_of(NULL, 0);
	if (ferry_varint_take(in, bases_n, "base of a piece", &number, err) ==
	    -1)
		return -1;
	if (number == 0)
		return 0;
	if (ferry_varint_take(
		in, bases[number - 1].n, "place in a base", &at, err) == -1 ||
	    ferry_varint_take(
		in, FERRY_PATCH_PREFIX, "part of a base", &n, err) == -1)
		return -1;
	if (n > bases[number - 1].n - at)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "part of a base: behind the end of the base");
	if (n > 0)
		*prefix = ferry_bytes_of(bases[number - 1].p + at, (size_t)n);
	return 0;
}

int
ferry_patch_apply(struct ferry_bytes *in, uint64_t size,
    const struct ferry_bytes *bases, size_t bases_n, ferry_recipe_sink *on_data,
    ferry_patch_on_piece *on_piece, void *ctx, struct ferry_error *err)
{
	ZSTD_DCtx *zstd = ZSTD_createDCtx();
	struct ferry_bytes prefix, frame;
	uint8_t *p = NULL;
	uint64_t stored;
	int rc = -1;

	if (zstd == NULL) {
		(void)ferry_error_set(err, FERRY_ENOMEM, "out of memory");
		goto out;
	}
	if (ferry_calloc(&p, 1,
		size < FERRY_PATCH_PIECE ? (size_t)size + 1 : FERRY_PATCH_PIECE,
		err) == -1)
		goto out;
	for (uint64_t left = size; left > 0;) {
		size_t n =
		    left < FERRY_PATCH_PIECE ? (size_t)left : FERRY_PATCH_PIECE;

		if (read_prefix(in, bases, bases_n, &prefix, err) == -1 ||
		    ferry_varint_take(in, ZSTD_COMPRESSBOUND(FERRY_PATCH_PIECE),
			"size of a piece", &stored, err) == -1 ||
		    ferry_varint_bytes(in, stored, "a piece", &frame, err) ==
			-1 ||
		    decompress(zstd, frame, prefix, p, n, "a piece", err) ==
			-1 ||
		    on_data(ctx, p, n, err) == -1)
			goto out;
		if (on_piece != NULL)
			on_piece(ctx);
		left -= n;
	}
	rc = 0;
out:
	free(p);
	(void)ZSTD_freeDCtx(zstd);
	return rc;
}

int
ferry_patch_pack(struct ferry_bytes text, struct ferry_bytes prefix, int level,
    struct ferry_buf *out, struct ferry_error *err)
{
	struct ferry_buf frame = FERRY_BUF_INIT;
	ZSTD_CCtx *zstd = NULL;
	int rc = -1;

	if (ferry_varint_add(out, text.n, err) == -1)
		return -1;
	if (text.n == 0)
		return 0;
	if ((zstd = ZSTD_createCCtx()) == NULL) {
		(void)ferry_error_set(err, FERRY_ENOMEM, "out of memory");
		goto out;
	}
	if (compress(zstd, text, prefix, level, &frame, err) == -1)
		goto out;
	if (frame.n < text.n)
		text = ferry_bytes_buf(&frame);
	if (ferry_varint_add(out, text.n, err) == -1 ||
	    ferry_buf_add(out, text.p, text.n, err) == -1)
		goto out;
	rc = 0;
out:
	ferry_buf_free(&frame);
	(void)ZSTD_freeCCtx(zstd);
	return rc;
}

int
ferry_patch_unpack(struct ferry_bytes *in, struct ferry_bytes prefix,
    uint64_t max, const char *what, struct ferry_buf *out,
    struct ferry_error *err)
{
	struct ferry_bytes stored;
	ZSTD_DCtx *zstd;
	uint64_t n, k;
	int rc;

	if (ferry_varint_take(in, max, what, &n, err) == -1)
		return -1;
	if (n == 0)
		return 0;
	if (ferry_varint_take(in, n, what, &k, err) == -1 ||
	    ferry_varint_bytes(in, k, what, &stored, err) == -1)
		return -1;
	if (k == n)
		return ferry_buf_add(out, stored.p, stored.n, err);
	if (ferry_buf_reserve(out, (size_t)n, err) == -1)
		return -1;
	if ((zstd = ZSTD_createDCtx()) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "out of memory");
	rc = decompress(
	    zstd, stored, prefix, out->p + out->n, (size_t)n, what, err);
	if (rc == 0) {
		out->n += (size_t)n;
		out->p[out->n] = 0;
	}
	(void)ZSTD_freeDCtx(zstd);
	return rc;
}
