#include "store/bundle/recipes.h"

#include <sys/mman.h>

#include "store/base/error.h"
#include "store/blob/blob.h"
#include "store/internal.h"
#include "store/recipe/recipe.h"
#include "store/recipe/spool.h"

#define PIECE (4U << 20) /* after as many bytes views are passed */

/* A blob's bytes, wherever they are. */
struct view {
	struct ferry_blob blob;
	bool open;
	void *map; /* NULL: none */
	struct ferry_bytes bytes;
};
#define VIEW_INIT                                                              \
	{                                                                      \
		.open = false                                                  \
	}

/* 1, 0 if there is no such blob, -1. */
static int
open_view(struct view *v, struct ferry_store *st,
    const struct ferry_digest *digest, struct ferry_error *err)
{
	int rc = ferry_blob_open(st, digest, &v->blob, err);
	void *map;

	if (rc != 1)
		return rc;
	v->open = true;
	v->bytes = ferry_bytes_buf(&v->blob.bytes);
	if (v->blob.fd == -1 || v->blob.size == 0)
		return 1;
	map = mmap(
	    NULL, (size_t)v->blob.size, PROT_READ, MAP_SHARED, v->blob.fd, 0);
	if (map == MAP_FAILED)
		return ferry_error_errno(err, "mapping a blob");
	v->map = map;
	v->bytes = ferry_bytes_of(map, (size_t)v->blob.size);
	return 1;
}

static void
close_view(struct view *v)
{

	if (v->map != NULL)
		(void)munmap(v->map, (size_t)v->blob.size);
	if (v->open)
		ferry_blob_close(&v->blob);
}

/* What was looked at of a file need not stay in this process's memory. */
static void
pass(const struct view *v)
{

	if (v->map != NULL)
		ferry_spool_pass_view(v->bytes);
}

/* Whether the bytes are those of the blob's name: 1, 0, -1. */
static int
is_sound(const struct view *v, const struct ferry_digest *digest,
    struct ferry_error *err)
{
	struct ferry_digester *digester;
	struct ferry_digest got;

	if (ferry_digester_new(&digester, FERRY_ALG(FERRY_SHA256), err) == -1)
		return -1;
	for (size_t at = 0, n; at < v->bytes.n; at += n) {
		n = v->bytes.n - at < PIECE ? v->bytes.n - at : PIECE;
		ferry_digester_update(digester, v->bytes.p + at, n);
		pass(v);
	}
	ferry_digester_final(digester, FERRY_SHA256, &got);
	ferry_digester_free(digester);
	return ferry_digest_equal(&got, digest);
}

/* Open a blob whose bytes are those of its name: 1, 0, -1. */
static int
open_sound(struct view *v, struct ferry_store *st,
    const struct ferry_digest *digest, struct ferry_error *err)
{
	int rc = open_view(v, st, digest, err);

	if (rc == 1 && v->bytes.n > FERRY_BUNDLE_RECIPE_BLOB)
		return 0;
	return rc == 1 ? is_sound(v, digest, err) : rc;
}

static int
into_buf(void *ctx, const void *p, size_t n, struct ferry_error *err)
{

	return ferry_buf_add(ctx, p, n, err);
}

int
ferry_bundle_recipe_make(struct ferry_store *st,
    const struct ferry_digest *blob, const struct ferry_digest *base,
    size_t size_max, const struct ferry_model **model, struct ferry_buf *out,
    struct ferry_error *err)
{
	struct ferry_recipe_options options = { 0, size_max, st->tmpfd };
	struct ferry_recipe_bases bases = { .n = 1 };
	struct ferry_recipe_made made = { .model = *model };
	struct view views[2] = { VIEW_INIT, VIEW_INIT };
	int rc;

	ferry_buf_reset(out);
	if ((rc = open_sound(&views[0], st, blob, err)) != 1 ||
	    (rc = open_sound(&views[1], st, base, err)) != 1)
		goto out;
	bases.v[0] = views[1].bytes;
	rc = ferry_recipe_make(
	    views[0].bytes, &bases, &options, into_buf, out, &made, err);
	*model = made.model;
out:
	close_view(&views[0]);
	close_view(&views[1]);
	return rc;
}

static int
take(struct ferry_store *st, struct ferry_volume *v,
    const struct ferry_member *m, const struct ferry_recipe_bases *bases,
    ferry_volume_sink *on_data, void *ctx, struct ferry_error *err)
{
	struct ferry_spool *spool = NULL;
	struct ferry_bytes recipe;
	int rc = -1;

	if (ferry_spool_new(&spool, st->tmpfd, m->size, err) == -1 ||
	    ferry_volume_content(
		v, FERRY_CONTENT_STORED, ferry_spool_sink, spool, err) == -1 ||
	    ferry_spool_view(spool, &recipe, err) == -1 ||
	    ferry_recipe_apply(recipe, bases, m->content_size, &m->blob,
		st->tmpfd, on_data, ctx, err) == -1)
		goto out;
	rc = 0;
out:
	ferry_spool_free(spool);
	return rc;
}

int
ferry_bundle_recipe_take(struct ferry_store *st, struct ferry_volume *v,
    const struct ferry_member *m, ferry_volume_sink *on_data, void *ctx,
    struct ferry_error *err)
{
	struct view views[FERRY_MEMBER_BASES] = { VIEW_INIT, VIEW_INIT };
	struct ferry_recipe_bases bases = { .n = m->bases_n };
	char text[FERRY_DIGEST_TEXT];
	int rc = 1;

	for (size_t i = 0; rc == 1 && i < m->bases_n; i++) {
		rc = open_view(&views[i], st, &m->bases[i], err);
		bases.v[i] = views[i].bytes;
		if (rc == 0)
			rc = ferry_error_set(err, FERRY_EMISSING,
			    "its base %s is not here",
			    ferry_digest_text(&m->bases[i], text));
	}
	if (rc == 1)
		rc = take(st, v, m, &bases, on_data, ctx, err);
	for (size_t i = 0; i < FERRY_MEMBER_BASES; i++)
		close_view(&views[i]);
	return rc;
}
