/*
 * Recipes and what they are made from.  The first byte says what follows:
 *
 *	a  two bytes n, a base of n bytes, a recipe
 *	c  a model's number, a byte n, n raw bytes, corrections
 *	d  a stream of deflate
 *	m  two bytes n, a base of n bytes, a blob: a recipe is made
 *	w  a model's number, two bytes n, n bytes that begin with a stream, two bytes
 *	   k, k bytes of a list of copies, bytes that are written over the end of its
 *	   content: by a base's tokens
 *	p  a count of streams, a plan of them
 *	t  an assembly to be turned, and turned back
 *	x  a blob to be expanded, and its image turned
 */

#include <fcntl.h>
#include <string.h>

#include "fuzz.h"
#include "store/base/error.h"
#include "store/recipe/encoding.h"
#include "store/recipe/model.h"
#include "store/recipe/reuse_find.h"
#include "store/recipe/spool.h"
#include "store/recipe/stream.h"
#include "store/recipe/turn.h"

static int
on_data(void *ctx, const void *p, size_t n, struct ferry_error *err)
{

	(void)p;
	(void)err;
	*(uint64_t *)ctx += n;
	return 0;
}

static int
into_buf(void *ctx, const void *p, size_t n, struct ferry_error *err)
{

	return ferry_buf_add(ctx, p, n, err);
}

/* Leave no room behind what it has, so that reading there shows. */
static void
fit(struct ferry_buf *b)
{

	b->cap = b->n > 0 ? b->n : 1;
	b->p = realloc(b->p, b->cap);
	FUZZ_CHECK(b->p != NULL);
}

/* Take a base off in.  Returns: false if in is too short. */
static bool
take_base(struct ferry_bytes *in, struct ferry_recipe_bases *bases)
{
	size_t n;

	if (in->n < 2)
		return false;
	n = in->p[0] | (size_t)in->p[1] << 8;
	if (n > in->n - 2)
		return false;
	bases->v[0] = ferry_bytes_of(in->p + 2, n);
	bases->n = n > 0 ? 1 : 0;
	*in = ferry_bytes_of(in->p + 2 + n, in->n - 2 - n);
	return true;
}

static void
fuzz_apply(struct ferry_bytes in)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_digest sha256 = { .alg = FERRY_SHA256,
		.n = FERRY_SHA256_SIZE };
	struct ferry_recipe_bases bases = { .n = 0 };
	struct ferry_recipe_head head;
	struct ferry_bytes rest;
	uint64_t got = 0;

	if (!take_base(&in, &bases))
		return;
	rest = in;
	if (ferry_recipe_head_read(&head, &rest, &err) == -1)
		return;
	/* Nothing has this digest, so that all there is is tried. */
	FUZZ_CHECK(ferry_recipe_apply(in, &bases, head.size, &sha256, AT_FDCWD,
		       on_data, &got, &err) == -1);
	FUZZ_CHECK(got <= head.size && err.text[0] != 0);
}

static void
fuzz_corrections(struct ferry_bytes in)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_predict_run run = { .work_max = 1U << 20 };
	struct ferry_stream_parts parts = { .padding = 0 };
	struct ferry_buf out = FERRY_BUF_INIT, raw = FERRY_BUF_INIT;
	struct ferry_predictor *p;
	uint64_t n;
	size_t used;

	if (in.n < 2 || (run.model = ferry_model_find(in.p[0])) == NULL ||
	    in.p[1] > in.n - 2)
		return;
	run.raw = ferry_bytes_of(in.p + 2, in.p[1]);
	in = ferry_bytes_of(in.p + 2 + run.raw.n, in.n - 2 - run.raw.n);
	FUZZ_CHECK(ferry_predictor_new(&p, FERRY_PREDICT_MEMORY, &err) == 0);
	/* Whatever was said: what comes out is a stream of the same bytes, but
	 * where a match was made up. */
	if (ferry_correction_reader_begin(&parts.corrections, &in, &err) == 0 &&
	    ferry_stream_write(p, &run, &parts, into_buf, &out, &err) == 0) {
		FUZZ_CHECK(ferry_inflate_all(ferry_bytes_buf(&out), 1U << 16,
			       into_buf, &raw, &used, &n, &err) == 1);
		FUZZ_CHECK(used == out.n && n == run.raw.n);
	}
	ferry_predictor_free(p);
	ferry_buf_free(&out);
	ferry_buf_free(&raw);
}

/* A stream that is taken is written again as it was. */
static void
fuzz_deflate(struct ferry_bytes in)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_stream_analysis a = FERRY_STREAM_ANALYSIS_INIT;
	struct ferry_buf raw = FERRY_BUF_INIT, out = FERRY_BUF_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_stream_parts parts = { .padding = 0 };
	struct ferry_predict_run run = { .model = NULL };
	struct ferry_predictor *p;
	struct ferry_bytes left;
	uint64_t n;
	size_t used;

	if (ferry_inflate_all(in, 1U << 20, into_buf, &raw, &used, &n, &err) !=
	    1)
		goto out;
	fit(&raw);
	FUZZ_CHECK(ferry_predictor_new(&p, FERRY_PREDICT_MEMORY, &err) == 0);
	run.raw = ferry_bytes_buf(&raw);
	FUZZ_CHECK(
	    ferry_stream_choose(p, NULL, in, run.raw, NULL, &a, &err) == 0);
	FUZZ_CHECK(ferry_corrections_write(&a.corrections, &text, &err) == 0);
	left = ferry_bytes_buf(&text);
	FUZZ_CHECK(ferry_correction_reader_begin(
		       &parts.corrections, &left, &err) == 0);
	parts.padding = a.padding;
	run.model = a.model;
	run.work_max = a.work;
	FUZZ_CHECK(
	    ferry_stream_write(p, &run, &parts, into_buf, &out, &err) == 0);
	FUZZ_CHECK(out.n == used && memcmp(out.p, in.p, used) == 0);
	FUZZ_CHECK(run.work == a.work);
	ferry_predictor_free(p);
out:
	ferry_stream_analysis_free(&a);
	ferry_buf_free(&text);
	ferry_buf_free(&raw);
	ferry_buf_free(&out);
}

/* A base's stream, and others by it. */
struct copying {
	struct ferry_predict_run run;
	struct ferry_predictor *p;
	struct ferry_reuse_stream stream;
	struct ferry_reuse *reuse;
	struct ferry_buf image, raw, out;
};

/* What is written by whatever list, if anything: a stream of as many bytes. */
static bool
write_by(struct copying *c, struct ferry_bytes list,
    const struct ferry_stream_analysis *a)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_stream_parts parts = { .base = c->reuse };
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_bytes in;
	bool ok;

	ferry_buf_reset(&c->out);
	c->run.work = 0;
	if (a != NULL) {
		parts.padding = a->padding;
		FUZZ_CHECK(
		    ferry_corrections_write(&a->corrections, &text, &err) == 0);
		in = ferry_bytes_buf(&text);
		FUZZ_CHECK(ferry_correction_reader_begin(
			       &parts.corrections, &in, &err) == 0);
	}
	ok = ferry_copy_reader_begin(
		 &parts.copies, list, c->raw.n, 1, 0, &err) == 0 &&
	     ferry_stream_write(
		 c->p, &c->run, &parts, into_buf, &c->out, &err) == 0;
	FUZZ_CHECK(ok || err.text[0] != 0);
	ferry_buf_free(&text);
	return ok;
}

/* The stream in out is analysed, and written again, by the base. */
static void
copy_again(struct copying *c)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_stream_limits all = { UINT64_MAX, UINT64_MAX, UINT64_MAX,
		NULL };
	struct ferry_stream_analysis a = FERRY_STREAM_ANALYSIS_INIT;
	struct ferry_buf was = c->out;

	c->out = (struct ferry_buf)FERRY_BUF_INIT;
	FUZZ_CHECK(ferry_finder_new(
		       &all.finder, &c->stream, 1, UINT64_MAX, &err) == 0);
	FUZZ_CHECK(ferry_stream_analyse(c->p, c->run.model,
		       ferry_bytes_buf(&was), c->run.raw, &all, &a, &err) == 1);
	FUZZ_CHECK(write_by(c, ferry_bytes_buf(&a.copies.list), &a));
	FUZZ_CHECK(
	    ferry_bytes_equal(ferry_bytes_buf(&was), ferry_bytes_buf(&c->out)));
	ferry_finder_free(all.finder);
	ferry_stream_analysis_free(&a);
	ferry_buf_free(&was);
}

static void
fuzz_copies(struct ferry_bytes in)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct copying c = { .run = { .work_max = 1U << 30 } };
	struct ferry_recipe_bases bases = { .n = 0 }, list = { .n = 0 };
	struct ferry_buf got = FERRY_BUF_INIT;
	uint64_t n;
	size_t used;

	if (in.n < 1 || (c.run.model = ferry_model_find(in.p[0])) == NULL)
		return;
	in = ferry_bytes_of(in.p + 1, in.n - 1);
	if (!take_base(&in, &bases) || !take_base(&in, &list) ||
	    ferry_inflate_all(
		bases.v[0], 1U << 17, into_buf, &c.image, &used, &n, &err) != 1)
		goto out;
	fit(&c.image);
	FUZZ_CHECK(ferry_buf_add(&c.raw, c.image.p, c.image.n, &err) == 0);
	fit(&c.raw);
	for (size_t i = 0; i < in.n && i < c.raw.n; i++)
		c.raw.p[c.raw.n - 1 - i] = in.p[i];
	c.stream.content = ferry_bytes_buf(&c.image);
	c.stream.deflated = ferry_bytes_of(bases.v[0].p, used);
	c.run.raw = ferry_bytes_buf(&c.raw);
	FUZZ_CHECK(ferry_predictor_new(&c.p, FERRY_PREDICT_MEMORY, &err) == 0);
	FUZZ_CHECK(ferry_reuse_new(&c.reuse, &c.stream, 1, &err) == 0);
	if (write_by(&c, list.v[0], NULL)) {
		FUZZ_CHECK(ferry_inflate_all(ferry_bytes_buf(&c.out), 1U << 18,
			       into_buf, &got, &used, &n, &err) == 1);
		FUZZ_CHECK(used == c.out.n && n == c.raw.n);
	}
	/* By the model alone it is a stream of these bytes. */
	FUZZ_CHECK(write_by(&c, ferry_bytes_of(NULL, 0), NULL));
	copy_again(&c);
	ferry_reuse_free(c.reuse);
	ferry_predictor_free(c.p);
out:
	ferry_buf_free(&c.image);
	ferry_buf_free(&c.raw);
	ferry_buf_free(&c.out);
	ferry_buf_free(&got);
}

static void
fuzz_make(struct ferry_bytes in)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_recipe_options options = { 3, UINT64_MAX, AT_FDCWD,
		FERRY_RECIPE_ALWAYS, false };
	struct ferry_recipe_made made = { .model = NULL };
	struct ferry_recipe_bases bases = { .n = 0 };
	uint64_t got = 0;

	if (!take_base(&in, &bases))
		return;
	FUZZ_CHECK(ferry_recipe_make(
		       in, &bases, &options, on_data, &got, &made, &err) != -1);
	FUZZ_CHECK(made.outcome != FERRY_RECIPE_DIFFERS);
}

static void
fuzz_plan(struct ferry_bytes in)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_plan plan = FERRY_PLAN_INIT;

	if (in.n == 0)
		return;
	if (ferry_plan_read(&plan, ferry_bytes_of(in.p + 1, in.n - 1), in.p[0],
		1000, &err) == 0) {
		FUZZ_CHECK(ferry_plan_write_places(&plan, &text, &err) == 0);
		FUZZ_CHECK(ferry_plan_write_models(&plan, &text, &err) == 0);
		FUZZ_CHECK(ferry_bytes_equal(ferry_bytes_buf(&text),
		    ferry_bytes_of(in.p + 1, in.n - 1)));
	}
	ferry_plan_free(&plan);
	ferry_buf_free(&text);
}

/* Turned and turned back, an image is what it was. */
static void
turn_image(struct ferry_spool *image, const struct ferry_plan *plan)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf was = FERRY_BUF_INIT;
	struct ferry_bytes view;

	FUZZ_CHECK(ferry_spool_view(image, &view, &err) == 0);
	FUZZ_CHECK(ferry_buf_add(&was, view.p, view.n, &err) == 0);
	FUZZ_CHECK(
	    ferry_turn(plan, image, FERRY_ASSEMBLY_TURN, NULL, &err) == 0);
	FUZZ_CHECK(
	    ferry_turn(plan, image, FERRY_ASSEMBLY_BACK, NULL, &err) == 0);
	FUZZ_CHECK(ferry_bytes_equal(ferry_bytes_buf(&was), view));
	ferry_buf_free(&was);
}

/* The first streams of an expansion. */
struct found {
	struct ferry_reuse_stream v[64];
	size_t n, all;
	unsigned sum; /* of bytes that were looked at */
};

static int
on_stream(void *ctx, size_t index, struct ferry_bytes deflated,
    struct ferry_bytes raw, struct ferry_error *err)
{
	struct found *found = ctx;

	(void)index;
	(void)err;
	/* It is there already. */
	if (raw.n > 0)
		found->sum += raw.p[0] + raw.p[raw.n - 1];
	if (found->all++ < sizeof(found->v) / sizeof(found->v[0]))
		found->v[found->n++] =
		    (struct ferry_reuse_stream){ 0, raw, deflated };
	return 0;
}

/* What was said of them holds when all is expanded, too. */
static void
check_found(const struct found *found)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf raw = FERRY_BUF_INIT;
	uint64_t n;
	size_t used;

	for (size_t i = 0; i < found->n; i++) {
		const struct ferry_reuse_stream *s = &found->v[i];

		ferry_buf_reset(&raw);
		FUZZ_CHECK(ferry_inflate_all(s->deflated, s->content.n,
			       into_buf, &raw, &used, &n, &err) == 1);
		FUZZ_CHECK(
		    used == s->deflated.n &&
		    ferry_bytes_equal(ferry_bytes_buf(&raw), s->content));
	}
	ferry_buf_free(&raw);
}

/* Whatever it is: an image within its bounds, and a plan that fits it. */
static void
fuzz_expand(struct ferry_bytes in)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_expansion x = FERRY_EXPANSION_INIT;
	struct ferry_plan *plan = &x.plan, again = FERRY_PLAN_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct found found = { .n = 0 };
	uint64_t size;

	FUZZ_CHECK(
	    ferry_expand(in, NULL, AT_FDCWD, &x, on_stream, &found, &err) == 0);
	FUZZ_CHECK(found.all == plan->n);
	check_found(&found);
	size = ferry_spool_size(x.image);
	FUZZ_CHECK(size <= ferry_image_max(in.n));
	FUZZ_CHECK(plan->n > 0 || size == in.n);
	for (size_t i = 0; i < plan->n; i++)
		plan->v[i].model = 6;
	FUZZ_CHECK(ferry_plan_write_places(plan, &text, &err) == 0);
	FUZZ_CHECK(ferry_plan_write_models(plan, &text, &err) == 0);
	FUZZ_CHECK(ferry_plan_read(&again, ferry_bytes_buf(&text), plan->n,
		       size, &err) == 0);
	turn_image(x.image, plan);
	ferry_expansion_free(&x);
	ferry_plan_free(&again);
	ferry_buf_free(&text);
}

static void
fuzz_turn(struct ferry_bytes in)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf v = FERRY_BUF_INIT, scratch = FERRY_BUF_INIT;
	int rc;

	FUZZ_CHECK(ferry_buf_add(&v, in.p, in.n, &err) == 0);
	rc = ferry_assembly_turn(v.p, v.n, FERRY_ASSEMBLY_TURN, &scratch, &err);
	FUZZ_CHECK(rc != -1);
	FUZZ_CHECK(ferry_assembly_turn(
		       v.p, v.n, FERRY_ASSEMBLY_BACK, &scratch, &err) == rc);
	FUZZ_CHECK(ferry_bytes_equal(ferry_bytes_buf(&v), in));
	ferry_buf_free(&v);
	ferry_buf_free(&scratch);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ferry_bytes in;

	if (size == 0)
		return 0;
	in = ferry_bytes_of(data + 1, size - 1);
	switch (data[0]) {
	case 'a':
		fuzz_apply(in);
		break;
	case 'c':
		fuzz_corrections(in);
		break;
	case 'd':
		fuzz_deflate(in);
		break;
	case 'm':
		fuzz_make(in);
		break;
	case 'w':
		fuzz_copies(in);
		break;
	case 'p':
		fuzz_plan(in);
		break;
	case 't':
		fuzz_turn(in);
		break;
	case 'x':
		fuzz_expand(in);
		break;
	default:
		break;
	}
	return 0;
}
