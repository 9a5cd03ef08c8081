#include "store/bundle/recipes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "store/base/error.h"
#include "store/internal.h"
#include "store/recipe/recipe.h"
#include "store/recipe/spool.h"

#define PIECE (4U << 20) /* after as many bytes views are passed */
#define LEVEL_FAST 3
#define LEVEL_BEST 19

int
ferry_bundle_view_open(struct ferry_bundle_view *v, struct ferry_store *st,
    const struct ferry_digest *digest, struct ferry_error *err)
{
	int rc = ferry_blob_open(st, digest, &v->blob, err);
	void *map;

	if (rc != 1)
		return rc;
	v->open = true;
	v->digest = digest;
	v->dirfd = st->tmpfd;
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

void
ferry_bundle_view_close(struct ferry_bundle_view *v)
{

	if (v->map != NULL)
		(void)munmap(v->map, (size_t)v->blob.size);
	if (v->open)
		ferry_blob_close(&v->blob);
	memset(v, 0, sizeof(*v));
}

/* Whether the bytes are those of the blob's name: 1, 0, -1. */
static int
is_sound(const struct ferry_bundle_view *v, struct ferry_error *err)
{
	struct ferry_digest got;

	if (ferry_spool_hash(v->bytes, v->map != NULL, &got, err) == -1)
		return -1;
	return ferry_digest_equal(&got, v->digest);
}

static int
into_buf(void *ctx, const void *p, size_t n, struct ferry_error *err)
{

	return ferry_buf_add(ctx, p, n, err);
}

static int
level_of(enum ferry_recipe_effort effort)
{

	switch (effort) {
	case FERRY_EFFORT_FAST:
		return LEVEL_FAST;
	case FERRY_EFFORT_BEST:
		return LEVEL_BEST;
	case FERRY_EFFORT_NORMAL:
		break;
	}
	return 0;
}

int
ferry_bundle_recipe_make(const struct ferry_bundle_view *blob,
    const struct ferry_bundle_view *base,
    const struct ferry_bundle_recipe_options *options,
    const struct ferry_model **model, struct ferry_buf *out,
    struct ferry_error *err)
{
	struct ferry_recipe_options how = { level_of(options->effort),
		options->size_max, blob->dirfd, FERRY_RECIPE_WORTH,
		blob->map != NULL };
	struct ferry_recipe_bases bases = { .n = 0,
		.stopped = options->stopped };
	struct ferry_recipe_made made = { .model = *model };
	int rc;

	if (base != NULL) {
		bases.mapped[0] = base->map != NULL;
		bases.v[bases.n++] = base->bytes;
	}
	if (!ferry_recipe_may_pay(blob->bytes, &bases))
		return 0;
	if ((rc = is_sound(blob, err)) != 1 ||
	    (base != NULL && (rc = is_sound(base, err)) != 1))
		return rc;
	rc = ferry_recipe_make(
	    blob->bytes, &bases, &how, into_buf, out, &made, err);
	*model = made.model;
	return rc;
}

/* rc: 1 not applied, 0 the blob is there, -1 and why. */
struct ferry_bundle_recipe {
	struct ferry_member member;
	struct ferry_bundle_view views[FERRY_MEMBER_BASES];
	struct ferry_recipe_bases bases;
	int dirfd;
	struct ferry_spool *recipe, *blob;
	int rc;
	struct ferry_error why;
};

static int
open_bases(struct ferry_bundle_recipe *r, struct ferry_store *st,
    struct ferry_error *err)
{
	const struct ferry_member *m = &r->member;
	char text[FERRY_DIGEST_TEXT];

	for (size_t i = 0; i < m->bases_n; i++) {
		int rc =
		    ferry_bundle_view_open(&r->views[i], st, &m->bases[i], err);

		if (rc == -1)
			return -1;
		if (rc == 0)
			return ferry_error_set(err, FERRY_EMISSING,
			    "its base %s is not here",
			    ferry_digest_text(&m->bases[i], text));
		r->bases.v[i] = r->views[i].bytes;
		r->bases.mapped[i] = r->views[i].map != NULL;
	}
	r->bases.n = m->bases_n;
	return 0;
}

int
ferry_bundle_recipe_open(struct ferry_bundle_recipe **out,
    struct ferry_store *st, struct ferry_volume *v,
    const struct ferry_member *member, const atomic_bool *stopped,
    struct ferry_error *err)
{
	struct ferry_bundle_recipe *r;

	if (ferry_calloc(&r, 1, sizeof(*r), err) == -1)
		return -1;
	r->member = *member;
	r->dirfd = st->tmpfd;
	r->bases.stopped = stopped;
	r->rc = 1;
	r->why = (struct ferry_error)FERRY_ERROR_INIT;
	if (open_bases(r, st, err) == -1 ||
	    ferry_spool_new(&r->recipe, r->dirfd, member->size, err) == -1 ||
	    ferry_volume_content(v, FERRY_CONTENT_STORED, ferry_spool_sink,
		r->recipe, err) == -1) {
		ferry_bundle_recipe_free(r);
		return -1;
	}
	*out = r;
	return 0;
}

void
ferry_bundle_recipe_free(struct ferry_bundle_recipe *r)
{

	if (r == NULL)
		return;
	for (size_t i = 0; i < FERRY_MEMBER_BASES; i++)
		ferry_bundle_view_close(&r->views[i]);
	ferry_spool_free(r->recipe);
	ferry_spool_free(r->blob);
	free(r);
}

void
ferry_bundle_recipe_apply(void *recipe)
{
	struct ferry_bundle_recipe *r = recipe;
	struct ferry_bytes bytes;

	r->rc = ferry_spool_new(&r->blob, r->dirfd, r->member.content_size,
		    &r->why) == -1 ||
	                ferry_spool_view(r->recipe, &bytes, &r->why) == -1 ||
	                ferry_recipe_apply(bytes, &r->bases,
			    r->member.content_size, &r->member.blob, r->dirfd,
			    ferry_spool_sink, r->blob, &r->why) == -1
	            ? -1
	            : 0;
}

int
ferry_bundle_recipe_copy(struct ferry_bundle_recipe *r,
    ferry_volume_sink *on_data, void *ctx, struct ferry_error *err)
{
	struct ferry_bytes bytes;
	size_t n;

	if (r->rc == 1)
		return ferry_error_set(
		    err, FERRY_ECANCELLED, "stopped before it was applied");
	if (r->rc == -1) {
		*err = r->why;
		return -1;
	}
	if (ferry_spool_view(r->blob, &bytes, err) == -1)
		return -1;
	for (size_t at = 0; at < bytes.n; at += n) {
		n = bytes.n - at < PIECE ? bytes.n - at : PIECE;
		if (on_data(ctx, bytes.p + at, n, err) == -1)
			return -1;
		ferry_spool_pass(r->blob, at + n);
	}
	return 0;
}

const struct ferry_member *
ferry_bundle_recipe_member(const struct ferry_bundle_recipe *r)
{

	return &r->member;
}
