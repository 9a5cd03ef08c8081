/* From a recipe and its bases to a blob. */

#include <string.h>

#include "store/base/error.h"
#include "store/recipe/encoding.h"
#include "store/recipe/patch.h"
#include "store/recipe/spool.h"
#include "store/recipe/stream.h"
#include "store/recipe/turn.h"

#define COPY (1U << 20) /* after as many bytes views are passed */

/*
 * at: how far the image was used; next: the next stream of the plan.  reuse: of
 * the first base, which may have no streams.  blob: what was made so far, of which
 * digester is.  inner_left: what contents that have streams in them may still take; an
 * expansion gives no more.
 */
struct applying {
	struct ferry_recipe_head head;
	struct ferry_recipe_base bases[FERRY_RECIPE_BASES];
	struct ferry_plan plan;
	struct ferry_buf corrections;
	struct ferry_bytes corrections_left;
	struct ferry_spool *spool;
	struct ferry_bytes image;
	uint64_t at;
	size_t next;
	uint64_t inner_left;
	struct ferry_predictor *predictor;
	struct ferry_reuse *reuse;
	struct ferry_spool *blob;
	struct ferry_digester *digester;
	struct ferry_heed heed; /* of the first base */
	uint64_t since; /* bytes of whole streams, since it was heeded */
	int dirfd;
	uint64_t work;
};

static int
on_result(void *ctx, const void *p, size_t n, struct ferry_error *err)
{
	struct applying *a = ctx;

	if (n > a->head.size - ferry_spool_size(a->blob))
		return ferry_error_set(
		    err, FERRY_ESIZE, "a recipe that gives more than the blob");
	ferry_digester_update(a->digester, p, n);
	return ferry_spool_write(a->blob, p, n, err);
}

/* Base i by model, or by none; it must be what the recipe says. */
static int
open_base(struct applying *a, size_t i, const struct ferry_recipe_bases *bases,
    const struct ferry_model *model, struct ferry_error *err)
{
	/* Copies are of the first. */
	const struct ferry_recipe_look how = { i == 0 ? a->head.copies
						      : FERRY_COPIES_NONE,
		model, &a->work, a->head.work };
	const struct ferry_recipe_image *want = &a->head.bases[i];

	ferry_recipe_base_close(&a->bases[i]);
	if (ferry_recipe_base_open(
		&a->bases[i], bases, i, a->dirfd, &how, err) == -1)
		return -1;
	if (a->bases[i].image.n != want->size ||
	    !ferry_digest_equal(&a->bases[i].sha256, &want->sha256))
		return ferry_error_set(err, FERRY_EMISSING,
		    "base %zu is not what the recipe was made from", i + 1);
	return 0;
}

static int
open_bases(struct applying *a, const struct ferry_recipe_bases *bases,
    struct ferry_error *err)
{

	if (bases->n != a->head.bases_n)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "a recipe of %zu bases, not %zu", a->head.bases_n,
		    bases->n);
	for (size_t i = 0; i < bases->n; i++)
		if (open_base(a, i, bases, NULL, err) == -1)
			return -1;
	/* Only what is the right base is worth the work. */
	if (a->head.prefix > 0)
		return open_base(
		    a, 0, bases, ferry_model_find(a->head.prefix), err);
	return 0;
}

static int
read_texts(struct applying *a, struct ferry_bytes *in, struct ferry_error *err)
{
	struct ferry_buf places = FERRY_BUF_INIT, plan = FERRY_BUF_INIT;
	int rc = -1;

	if (a->head.bases_n > 0 &&
	    ferry_plan_write_places(&a->bases[0].expanded.plan, &places, err) ==
		-1)
		goto out;
	if (ferry_patch_unpack(in, ferry_bytes_buf(&places), FERRY_PLAN_BYTES,
		"plan", &plan, err) == -1 ||
	    ferry_plan_read(&a->plan, ferry_bytes_buf(&plan), a->head.streams,
		a->head.image, err) == -1 ||
	    ferry_patch_unpack(in, ferry_bytes_buf(&a->bases[0].corrections),
		FERRY_RECIPE_CORRECTIONS, "corrections", &a->corrections,
		err) == -1)
		goto out;
	ferry_buf_free(&a->bases[0].corrections);
	rc = 0;
out:
	ferry_buf_free(&places);
	ferry_buf_free(&plan);
	return rc;
}

static int
on_image(void *ctx, const void *p, size_t n, struct ferry_error *err)
{

	return ferry_spool_write(((struct applying *)ctx)->spool, p, n, err);
}

static void
on_piece(void *ctx)
{
	struct applying *a = ctx;

	for (size_t i = 0; i < a->head.bases_n; i++)
		ferry_spool_pass(
		    a->bases[i].expanded.image, a->bases[i].image.n);
}

static int
turn_bases(
    struct applying *a, enum ferry_assembly_way way, struct ferry_error *err)
{

	for (size_t i = 0; i < a->head.bases_n; i++)
		if (ferry_turn(&a->bases[i].expanded.plan,
			a->bases[i].expanded.image, way, NULL, err) == -1)
			return -1;
	return 0;
}

static int
read_image(struct applying *a, struct ferry_bytes *in, struct ferry_error *err)
{
	struct ferry_bytes images[FERRY_RECIPE_BASES];

	for (size_t i = 0; i < a->head.bases_n; i++)
		images[i] = a->bases[i].image;
	if (ferry_spool_new(&a->spool, a->dirfd, a->head.image, err) == -1 ||
	    (a->head.turned && turn_bases(a, FERRY_ASSEMBLY_TURN, err) == -1) ||
	    ferry_patch_apply(in, a->head.image, images, a->head.bases_n,
		on_image, on_piece, a, err) == -1)
		return -1;
	if (a->head.turned && (turn_bases(a, FERRY_ASSEMBLY_BACK, err) == -1 ||
				  ferry_turn(&a->plan, a->spool,
				      FERRY_ASSEMBLY_BACK, NULL, err) == -1))
		return -1;
	if (in->n > 0)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "bytes behind the end of a recipe");
	return ferry_spool_view(a->spool, &a->image, err);
}

static int
copy(struct applying *a, uint64_t n, ferry_recipe_sink *on_data, void *ctx,
    struct ferry_error *err)
{

	while (n > 0) {
		size_t k = n < COPY ? (size_t)n : COPY;

		if (ferry_heed_stopped(&a->heed, err) == -1 ||
		    on_data(ctx, a->image.p + a->at, k, err) == -1)
			return -1;
		a->at += k;
		n -= k;
		ferry_spool_pass(a->spool, a->at);
	}
	return 0;
}

/* A stream that is the base's. */
static int
write_whole(struct applying *a, size_t whole, ferry_recipe_sink *on_data,
    void *ctx, struct ferry_error *err)
{
	struct ferry_bytes left = a->reuse->streams[whole].deflated;

	a->reuse->next = whole + 1;
	while (left.n > 0) {
		size_t k = left.n < COPY ? left.n : COPY;

		if ((ferry_heed_due(k, &a->since) &&
			ferry_heed(&a->heed, err) == -1) ||
		    on_data(ctx, left.p, k, err) == -1)
			return -1;
		left = ferry_bytes_of(left.p + k, left.n - k);
	}
	return 0;
}

static int
write_stream(struct applying *a, const struct ferry_plan_stream *stream,
    struct ferry_bytes raw, ferry_recipe_sink *on_data, void *ctx,
    struct ferry_error *err)
{
	struct ferry_predict_run run = { .model =
					     ferry_model_find(stream->model),
		.raw = raw,
		.work = a->work,
		.work_max = a->head.work };
	struct ferry_stream_parts parts = { .padding = stream->padding,
		.base = a->reuse };
	struct ferry_bytes *in = &a->corrections_left, list = { NULL, 0 };
	size_t whole = SIZE_MAX, n = a->reuse->n, next = a->reuse->next;

	if (a->head.copies != FERRY_COPIES_NONE &&
	    ferry_copies_take(in, n, next, &whole, &list, err) == -1)
		return -1;
	if (whole != SIZE_MAX &&
	    ((a->head.copies == FERRY_COPIES_OUTER && stream->children > 0) ||
		a->reuse->streams[whole].content.n != raw.n))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "a stream of %zu bytes that is not the base's", raw.n);
	if (whole != SIZE_MAX)
		return write_whole(a, whole, on_data, ctx, err);
	if (ferry_copy_reader_begin(&parts.copies, list, raw.n, n, next, err) ==
		-1 ||
	    ferry_correction_reader_begin(&parts.corrections, in, err) == -1 ||
	    ferry_stream_write(a->predictor, &run, &parts, on_data, ctx, err) ==
		-1)
		return -1;
	a->work = run.work;
	return 0;
}

static int
count_inner(struct applying *a, uint64_t n, struct ferry_error *err)
{

	if (n > a->inner_left)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "streams in streams that give more than an image may have");
	a->inner_left -= n;
	return 0;
}

/*
 * Write count streams and what is between them, up to byte end of the image,
 * from which their contents come.
 */
static int
write_level(struct applying *a, size_t count, uint64_t end,
    ferry_recipe_sink *on_data, void *ctx, struct ferry_error *err)
{

	for (size_t i = 0; i < count; i++) {
		const struct ferry_plan_stream *s = &a->plan.v[a->next++];
		struct ferry_spool *inner = NULL;
		struct ferry_bytes raw;
		int rc = 0;

		if (copy(a, s->before, on_data, ctx, err) == -1)
			return -1;
		raw = s->span == 0
		          ? ferry_bytes_str("")
		          : ferry_bytes_of(a->image.p + a->at, (size_t)s->span);
		/* What lies in it is written first: it is its content then. */
		if (s->children > 0)
			rc =
			    ferry_spool_new(
				&inner, a->dirfd, a->inner_left, err) == -1 ||
				    write_level(a, s->children, a->at + s->span,
					ferry_spool_sink, inner, err) == -1 ||
				    ferry_spool_view(inner, &raw, err) == -1 ||
				    count_inner(a, raw.n, err) == -1
				? -1
				: 0;
		else
			a->at += s->span;
		if (rc == 0)
			rc = write_stream(a, s, raw, on_data, ctx, err);
		ferry_spool_free(inner);
		if (rc == -1)
			return -1;
		ferry_spool_pass(a->spool, a->at);
	}
	return copy(a, end - a->at, on_data, ctx, err);
}

/* Make the blob from the image, and look whether it is what it should be. */
static int
recreate(struct applying *a, const struct ferry_digest *sha256,
    struct ferry_error *err)
{
	char text[FERRY_DIGEST_TEXT];
	struct ferry_digest got;

	a->at = 0;
	a->next = 0;
	a->inner_left = ferry_image_max(a->head.size) - a->head.size;
	a->corrections_left = ferry_bytes_buf(&a->corrections);
	if (ferry_spool_new(&a->blob, a->dirfd, a->head.size, err) == -1 ||
	    ferry_digester_new(&a->digester, FERRY_ALG(FERRY_SHA256), err) ==
		-1 ||
	    write_level(a, ferry_plan_outer(&a->plan), a->head.image, on_result,
		a, err) == -1)
		return -1;
	if (a->corrections_left.n > 0)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "corrections behind those of the last stream");
	if (ferry_spool_size(a->blob) < a->head.size)
		return ferry_error_set(
		    err, FERRY_ESIZE, "a recipe that gives less than the blob");
	ferry_digester_final(a->digester, FERRY_SHA256, &got);
	if (!ferry_digest_equal(&got, sha256))
		return ferry_error_set(err, FERRY_EDIGEST,
		    "a recipe that gives %s", ferry_digest_text(&got, text));
	return 0;
}

static int
write_blob(struct applying *a, const struct ferry_digest *sha256,
    ferry_recipe_sink *on_data, void *ctx, struct ferry_error *err)
{
	struct ferry_bytes blob;
	size_t n;

	if (ferry_predictor_new(&a->predictor, FERRY_PREDICT_SPOOLED, err) ==
	    -1)
		return -1;
	a->heed.mapped[FERRY_HEED_BASE_INNER] = a->bases[0].inner;
	ferry_predictor_heed(a->predictor, &a->heed);
	if (ferry_reuse_new(&a->reuse, a->bases[0].streams,
		a->bases[0].streams_n, err) == -1)
		return -1;
	a->reuse->tape.heed = &a->heed;
	if (recreate(a, sha256, err) == -1 ||
	    ferry_spool_view(a->blob, &blob, err) == -1)
		return -1;
	for (size_t at = 0; at < blob.n; at += n) {
		n = blob.n - at < COPY ? blob.n - at : COPY;
		if (on_data(ctx, blob.p + at, n, err) == -1)
			return -1;
		ferry_spool_pass(a->blob, at + n);
	}
	return 0;
}

int
ferry_recipe_apply(struct ferry_bytes recipe,
    const struct ferry_recipe_bases *bases, uint64_t size,
    const struct ferry_digest *sha256, int dirfd, ferry_recipe_sink *on_data,
    void *ctx, struct ferry_error *err)
{
	struct applying a;
	int rc = -1;

	memset(&a, 0, sizeof(a));
	a.dirfd = dirfd;
	a.heed = ferry_recipe_heed(bases, 0);
	if (ferry_recipe_head_read(&a.head, &recipe, err) == -1)
		goto out;
	if (a.head.size != size) {
		(void)ferry_error_set(err, FERRY_ESIZE,
		    "a recipe for %llu bytes, not %llu",
		    (unsigned long long)a.head.size, (unsigned long long)size);
		goto out;
	}
	if (open_bases(&a, bases, err) == -1 ||
	    read_texts(&a, &recipe, err) == -1 ||
	    read_image(&a, &recipe, err) == -1 ||
	    write_blob(&a, sha256, on_data, ctx, err) == -1)
		goto out;
	rc = 0;
out:
	for (size_t i = 0; i < FERRY_RECIPE_BASES; i++)
		ferry_recipe_base_close(&a.bases[i]);
	ferry_predictor_free(a.predictor);
	ferry_reuse_free(a.reuse);
	ferry_spool_free(a.blob);
	ferry_digester_free(a.digester);
	ferry_plan_free(&a.plan);
	ferry_buf_free(&a.corrections);
	ferry_spool_free(a.spool);
	return rc;
}
