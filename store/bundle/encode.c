#include "store/bundle/encode.h"

#include "store/base/error.h"
#include "store/blob/blob.h"
#include "store/bundle/pack.h"
#include "store/bundle/recipes.h"

/* What may be compressed: larger blobs travel raw. */
#define PACK_MAX (64U << 20)
#define PACK_MIN 512
/* Smaller blobs are no work worth; and what a recipe must save of the other
 * form, in tenths. */
#define RECIPE_MIN 1024
#define RECIPE_TENTHS 8

int
ferry_encoder_open(
    struct ferry_encoder *e, struct ferry_store *st, struct ferry_error *err)
{

	*e = (struct ferry_encoder){ .st = st };
	return ferry_pack_new(&e->pack, err);
}

void
ferry_encoder_close(struct ferry_encoder *e)
{

	ferry_pack_free(e->pack);
	ferry_buf_free(&e->frame);
	ferry_buf_free(&e->spare);
}

/* 1 packed, 0 travels raw, -1. */
static int
try_pack(
    struct ferry_encoder *e, struct ferry_member *m, struct ferry_error *err)
{
	struct ferry_blob blob;
	int rc;

	if (m->content_size < PACK_MIN || m->content_size > PACK_MAX)
		return 0;
	if ((rc = ferry_blob_open(e->st, &m->blob, &blob, err)) == -1)
		return -1;
	if (rc == 0)
		return ferry_error_set(err, FERRY_EMISSING, "no such blob");
	rc = ferry_pack_blob(e->pack, &blob, &m->blob, &e->frame, err);
	ferry_blob_close(&blob);
	if (rc != 1 || e->frame.n > e->max)
		return rc == -1 ? -1 : 0;
	m->encoding = FERRY_ENCODING_ZSTD;
	return 1;
}

/*
 * Put a recipe into the frame, if that is enough smaller than what travels
 * else: other bytes.
 */
static int
try_recipe(struct ferry_encoder *e, struct ferry_member *m,
    const struct ferry_digest *base, uint64_t other, struct ferry_error *err)
{
	uint64_t max = other / 10 * RECIPE_TENTHS;
	struct ferry_buf swap;
	int rc;

	if (base == NULL || m->content_size < RECIPE_MIN ||
	    m->content_size > FERRY_BUNDLE_RECIPE_BLOB)
		return 0;
	if (max > FERRY_PACKED_MAX)
		max = FERRY_PACKED_MAX;
	if (max > e->max)
		max = e->max;
	rc = ferry_bundle_recipe_make(
	    e->st, &m->blob, base, (size_t)max, &e->model, &e->spare, err);
	if (rc != 1)
		return rc;
	swap = e->frame;
	e->frame = e->spare;
	e->spare = swap;
	m->encoding = FERRY_ENCODING_RECIPE;
	m->bases[0] = *base;
	m->bases_n = 1;
	e->recipes++;
	e->saved += other - e->frame.n;
	return 0;
}

int
ferry_encode(struct ferry_encoder *e, struct ferry_member *m,
    const struct ferry_digest *base, struct ferry_error *err)
{
	int rc = try_pack(e, m, err);

	return rc == -1 ? -1
	                : try_recipe(e, m, base,
			      rc == 1 ? e->frame.n : m->content_size, err);
}
