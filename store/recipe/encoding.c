#include "store/recipe/encoding.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/recipe/model.h"
#include "store/recipe/spool.h"
#include "store/recipe/stream.h"
#include "store/recipe/varint.h"

/* Sets of the same models: what is added to FERRY_MODEL_SET. */
#define TURNED 1 /* assemblies are turned */
#define COPIES 2 /* streams begin with copies, twice: of all of the base's */
#define SET_MAX (FERRY_MODEL_SET + TURNED + COPIES * FERRY_COPIES_ALL)

int
ferry_recipe_head_write(const struct ferry_recipe_head *head,
    struct ferry_buf *buf, struct ferry_error *err)
{

	if (ferry_buf_adds(buf, FERRY_RECIPE_MAGIC, err) == -1 ||
	    ferry_varint_add(buf,
		FERRY_MODEL_SET + (head->turned ? TURNED : 0) +
		    COPIES * head->copies,
		err) == -1 ||
	    ferry_varint_add(buf, head->size, err) == -1 ||
	    ferry_varint_add(buf, head->image, err) == -1 ||
	    ferry_varint_add(buf, head->work, err) == -1 ||
	    ferry_varint_add(buf, head->bases_n, err) == -1)
		return -1;
	for (size_t i = 0; i < head->bases_n; i++)
		if (ferry_varint_add(buf, head->bases[i].size, err) == -1 ||
		    ferry_buf_add(buf, head->bases[i].sha256.v,
			FERRY_SHA256_SIZE, err) == -1)
			return -1;
	if (ferry_varint_add(buf, head->streams, err) == -1)
		return -1;
	return ferry_varint_add(buf, head->prefix, err);
}

static int
read_base(struct ferry_recipe_image *out, struct ferry_bytes *in,
    struct ferry_error *err)
{
	struct ferry_bytes sha256;

	if (ferry_varint_take(
		in, FERRY_IMAGE_MAX, "size of a base", &out->size, err) == -1 ||
	    ferry_varint_bytes(
		in, FERRY_SHA256_SIZE, "digest of a base", &sha256, err) == -1)
		return -1;
	memset(&out->sha256, 0, sizeof(out->sha256));
	out->sha256.alg = FERRY_SHA256;
	out->sha256.n = FERRY_SHA256_SIZE;
	memcpy(out->sha256.v, sha256.p, FERRY_SHA256_SIZE);
	return 0;
}

int
ferry_recipe_head_read(struct ferry_recipe_head *out, struct ferry_bytes *in,
    struct ferry_error *err)
{
	uint64_t set, bases, streams, prefix;
	struct ferry_bytes magic;

	if (ferry_varint_bytes(in, 4, "a recipe", &magic, err) == -1)
		return -1;
	if (!ferry_bytes_is(magic, FERRY_RECIPE_MAGIC))
		return ferry_error_set(err, FERRY_EFORMAT, "not a recipe");
	if (ferry_varint_take(
		in, FERRY_VARINT_MAX, "set of models", &set, err) == -1)
		return -1;
	if (set < FERRY_MODEL_SET || set > SET_MAX)
		return ferry_error_set(err, FERRY_ENEWER,
		    "a recipe by models of set %llu, known here are %d to %d",
		    (unsigned long long)set, FERRY_MODEL_SET, SET_MAX);
	out->turned = ((set - FERRY_MODEL_SET) & TURNED) != 0;
	out->copies =
	    (enum ferry_recipe_copies)((set - FERRY_MODEL_SET) / COPIES);
	if (ferry_varint_take(in, FERRY_IMAGE_MAX, "size of the blob",
		&out->size, err) == -1 ||
	    ferry_varint_take(in, ferry_image_max(out->size),
		"size of the image", &out->image, err) == -1 ||
	    ferry_varint_take(in, FERRY_VARINT_MAX, "work", &out->work, err) ==
		-1 ||
	    ferry_varint_take(in, FERRY_RECIPE_BASES, "bases", &bases, err) ==
		-1)
		return -1;
	for (size_t i = 0; i < bases; i++)
		if (read_base(&out->bases[i], in, err) == -1)
			return -1;
	if (ferry_varint_take(
		in, FERRY_PLAN_STREAMS, "streams", &streams, err) == -1 ||
	    ferry_varint_take(in, bases > 0 ? FERRY_MODEL_MAX : 0,
		"model of a base", &prefix, err) == -1)
		return -1;
	if (prefix > 0 && ferry_model_find(prefix) == NULL)
		return ferry_error_set(err, FERRY_ENEWER,
		    "model %u is not known here", (unsigned)prefix);
	out->bases_n = (size_t)bases;
	out->streams = (size_t)streams;
	out->prefix = (uint8_t)prefix;
	if (out->work > FERRY_RECIPE_WORK(
			    out->image + (prefix > 0 ? out->bases[0].size : 0)))
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a recipe that takes %llu steps for %llu bytes",
		    (unsigned long long)out->work,
		    (unsigned long long)out->image);
	return 0;
}

/* Looking at a base, by one model or (NULL) by none. */
struct looking {
	struct ferry_recipe_base *base;
	struct ferry_bytes blob;
	struct ferry_predictor *predictor;
	const struct ferry_recipe_look *how;
	struct ferry_stream_analysis analysis;
	struct ferry_heed heed;
	uint64_t contents; /* bytes, of the streams remembered */
	bool full;
};

/* Whether a stream lies in the blob itself, and no others in it. */
static bool
is_outer(const struct looking *l, size_t index, struct ferry_bytes deflated)
{
	uintptr_t at = (uintptr_t)deflated.p, blob = (uintptr_t)l->blob.p;

	return l->base->expanded.plan.v[index].children == 0 && at >= blob &&
	       at - blob < l->blob.n;
}

/* Remember a stream that copies may be of. */
static int
add_stream(struct looking *l, size_t index, struct ferry_bytes deflated,
    struct ferry_bytes raw, struct ferry_error *err)
{
	struct ferry_recipe_base *b = l->base;

	if (l->how->copies == FERRY_COPIES_NONE ||
	    (l->how->copies == FERRY_COPIES_OUTER &&
		!is_outer(l, index, deflated)))
		return 0;
	if (ferry_array_grow(&b->streams, &b->streams_cap, b->streams_n + 1,
		sizeof(b->streams[0]), err) == -1)
		return -1;
	b->streams[b->streams_n++] =
	    (struct ferry_reuse_stream){ l->contents, raw, deflated };
	l->contents += raw.n;
	return 0;
}

static int
correct_stream(struct looking *l, struct ferry_bytes deflated,
    struct ferry_bytes raw, struct ferry_error *err)
{
	struct ferry_buf *out = &l->base->corrections;
	struct ferry_stream_limits limits = { UINT64_MAX,
		FERRY_RECIPE_CORRECTIONS, l->how->work_max - *l->how->work,
		NULL };
	int rc;

	if (l->full)
		return 0;
	if (l->base->expanded.inner != NULL &&
	    ferry_spool_view(l->base->expanded.inner,
		&l->heed.mapped[FERRY_HEED_BASE_INNER], err) == -1)
		return -1;
	rc = ferry_stream_analyse(l->predictor, l->how->model, deflated, raw,
	    &limits, &l->analysis, err);
	*l->how->work += l->analysis.work;
	if (rc == -1)
		return -1;
	if (rc == 0 || ferry_corrections_size(&l->analysis.corrections) >
			   FERRY_RECIPE_CORRECTIONS - out->n) {
		l->full = true;
		return 0;
	}
	return ferry_corrections_write(&l->analysis.corrections, out, err);
}

static int
on_stream(void *ctx, size_t index, struct ferry_bytes deflated,
    struct ferry_bytes raw, struct ferry_error *err)
{
	struct looking *l = ctx;

	if (add_stream(l, index, deflated, raw, err) == -1)
		return -1;
	return l->how->model == NULL ? 0
	                             : correct_stream(l, deflated, raw, err);
}

/* Inner contents are needed if copies may be of what lies in them. */
static int
keep_inner(struct ferry_recipe_base *base, enum ferry_recipe_copies copies,
    struct ferry_error *err)
{
	struct ferry_spool **inner = &base->expanded.inner;

	if (copies != FERRY_COPIES_ALL) {
		ferry_spool_free(*inner);
		*inner = NULL;
	}
	return *inner == NULL ? 0 : ferry_spool_view(*inner, &base->inner, err);
}

struct ferry_heed
ferry_recipe_heed(const struct ferry_recipe_bases *bases, size_t i)
{
	struct ferry_heed heed = { .stopped = bases->stopped };

	if (i < bases->n && bases->mapped[i])
		heed.mapped[FERRY_HEED_BASE] = bases->v[i];
	return heed;
}

int
ferry_recipe_base_open(struct ferry_recipe_base *base,
    const struct ferry_recipe_bases *bases, size_t i, int dirfd,
    const struct ferry_recipe_look *how, struct ferry_error *err)
{
	struct looking l = { .base = base,
		.blob = bases->v[i],
		.how = how,
		.analysis = FERRY_STREAM_ANALYSIS_INIT,
		.heed = ferry_recipe_heed(bases, i) };
	int rc = -1;

	memset(base, 0, sizeof(*base));
	if (how->model != NULL) {
		if (ferry_predictor_new(
			&l.predictor, FERRY_PREDICT_SPOOLED, err) == -1)
			goto out;
		ferry_predictor_heed(l.predictor, &l.heed);
	}
	if (ferry_expand(bases->v[i], &l.heed, dirfd, &base->expanded,
		on_stream, &l, err) == -1 ||
	    ferry_spool_view(base->expanded.image, &base->image, err) == -1 ||
	    keep_inner(base, how->copies, err) == -1 ||
	    ferry_spool_hash(base->image, true, &base->sha256, err) == -1)
		goto out;
	rc = 0;
out:
	ferry_predictor_free(l.predictor);
	ferry_stream_analysis_free(&l.analysis);
	if (rc == -1)
		ferry_recipe_base_close(base);
	return rc;
}

void
ferry_recipe_base_close(struct ferry_recipe_base *base)
{

	ferry_expansion_free(&base->expanded);
	ferry_buf_free(&base->corrections);
	free(base->streams);
	memset(base, 0, sizeof(*base));
}
