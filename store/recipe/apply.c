/* From a recipe and its bases to a blob. */

#include <string.h>

#include "store/base/error.h"
#include "store/recipe/encoding.h"
#include "store/recipe/patch.h"
#include "store/recipe/spool.h"
#include "store/recipe/stream.h"

#define COPY (1U << 20) /* after as many bytes views are passed */

/*
 * at: how far the image was used; next: the next stream of the plan.
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
	struct ferry_predictor *predictor;
	int dirfd;
	uint64_t work;
};

/* The blob on its way out. */
struct result {
	struct ferry_digester *digester;
	uint64_t left;
	ferry_recipe_sink *on_data;
	void *ctx;
};

static int
on_result(void *ctx, const void *p, size_t n, struct ferry_error *err)
{
	struct result *r = ctx;

	if (n > r->left)
		return ferry_error_set(
		    err, FERRY_ESIZE, "a recipe that gives more than the blob");
	r->left -= n;
	ferry_digester_update(r->digester, p, n);
	return r->on_data(r->ctx, p, n, err);
}

/* Base i by model, or by none; it must be what the recipe says. */
static int
open_base(struct applying *a, size_t i, struct ferry_bytes blob,
    const struct ferry_model *model, struct ferry_error *err)
{
	const struct ferry_recipe_image *want = &a->head.bases[i];

	ferry_recipe_base_close(&a->bases[i]);
	if (ferry_recipe_base_open(&a->bases[i], blob, a->dirfd, model,
		&a->work, a->head.work, err) == -1)
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
		if (open_base(a, i, bases->v[i], NULL, err) == -1)
			return -1;
	/* Only what is the right base is worth the work. */
	if (a->head.prefix > 0)
		return open_base(
		    a, 0, bases->v[0], ferry_model_find(a->head.prefix), err);
	return 0;
}

static int
read_texts(struct applying *a, struct ferry_bytes *in, struct ferry_error *err)
{
	struct ferry_buf places = FERRY_BUF_INIT, plan = FERRY_BUF_INIT;
	int rc = -1;

	if (a->head.bases_n > 0 &&
	    ferry_plan_write_places(&a->bases[0].plan, &places, err) == -1)
		goto out;
	if (ferry_patch_unpack(in, ferry_bytes_buf(&places), FERRY_PLAN_BYTES,
		"plan", &plan, err) == -1 ||
	    ferry_plan_read(&a->plan, ferry_bytes_buf(&plan), a->head.streams,
		a->head.image, err) == -1 ||
	    ferry_patch_unpack(in, ferry_bytes_buf(&a->bases[0].corrections),
		FERRY_RECIPE_CORRECTIONS, "corrections", &a->corrections,
		err) == -1)
		goto out;
	a->corrections_left = ferry_bytes_buf(&a->corrections);
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
		ferry_spool_pass(a->bases[i].spool, a->bases[i].image.n);
}

static int
read_image(struct applying *a, struct ferry_bytes *in, struct ferry_error *err)
{
	struct ferry_bytes images[FERRY_RECIPE_BASES];

	for (size_t i = 0; i < a->head.bases_n; i++)
		images[i] = a->bases[i].image;
	if (ferry_spool_new(&a->spool, a->dirfd, a->head.image, err) == -1 ||
	    ferry_patch_apply(in, a->head.image, images, a->head.bases_n,
		on_image, on_piece, a, err) == -1)
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

		if (on_data(ctx, a->image.p + a->at, k, err) == -1)
			return -1;
		a->at += k;
		n -= k;
		ferry_spool_pass(a->spool, a->at);
	}
	return 0;
}

static int
write_stream(struct applying *a, const struct ferry_plan_stream *stream,
    struct ferry_bytes raw, ferry_recipe_sink *on_data, void *ctx,
    struct ferry_error *err)
{
	struct ferry_predict_run run = { ferry_model_find(stream->model), raw,
		NULL, NULL, a->work, a->head.work };
	struct ferry_correction_reader corrections;

	if (ferry_correction_reader_begin(
		&corrections, &a->corrections_left, err) == -1 ||
	    ferry_stream_write(a->predictor, &run, &corrections,
		stream->padding, on_data, ctx, err) == -1)
		return -1;
	a->work = run.work;
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
			    ferry_spool_new(&inner, a->dirfd,
				ferry_image_max(a->head.size), err) == -1 ||
				    write_level(a, s->children, a->at + s->span,
					ferry_spool_sink, inner, err) == -1 ||
				    ferry_spool_view(inner, &raw, err) == -1
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

/* Streams that lie in no other. */
static size_t
count_outer(const struct ferry_plan *plan)
{
	size_t n = 0, inner = 0;

	for (size_t i = 0; i < plan->n; i++) {
		if (inner == 0)
			n++;
		else
			inner--;
		inner += plan->v[i].children;
	}
	return n;
}

static int
write_blob(struct applying *a, const struct ferry_digest *sha256,
    ferry_recipe_sink *on_data, void *ctx, struct ferry_error *err)
{
	struct result r = { NULL, a->head.size, on_data, ctx };
	char text[FERRY_DIGEST_TEXT];
	struct ferry_digest got;
	int rc = -1;

	if (ferry_predictor_new(&a->predictor, FERRY_PREDICT_SPOOLED, err) ==
		-1 ||
	    ferry_digester_new(&r.digester, FERRY_ALG(FERRY_SHA256), err) ==
		-1 ||
	    write_level(a, count_outer(&a->plan), a->head.image, on_result, &r,
		err) == -1)
		goto out;
	if (a->corrections_left.n > 0) {
		(void)ferry_error_set(err, FERRY_EFORMAT,
		    "corrections behind those of the last stream");
		goto out;
	}
	if (r.left > 0) {
		(void)ferry_error_set(
		    err, FERRY_ESIZE, "a recipe that gives less than the blob");
		goto out;
	}
	ferry_digester_final(r.digester, FERRY_SHA256, &got);
	if (!ferry_digest_equal(&got, sha256)) {
		(void)ferry_error_set(err, FERRY_EDIGEST,
		    "a recipe that gives %s", ferry_digest_text(&got, text));
		goto out;
	}
	rc = 0;
out:
	ferry_digester_free(r.digester);
	ferry_predictor_free(a->predictor);
	return rc;
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
	ferry_plan_free(&a.plan);
	ferry_buf_free(&a.corrections);
	ferry_spool_free(a.spool);
	return rc;
}
