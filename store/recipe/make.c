/* From a blob and its bases to a recipe. */

#include <stdio.h>
#include <string.h>

#include "store/base/error.h"
#include "store/recipe/alike.h"
#include "store/recipe/encoding.h"
#include "store/recipe/model.h"
#include "store/recipe/patch.h"
#include "store/recipe/reuse_find.h"
#include "store/recipe/spool.h"
#include "store/recipe/stream.h"
#include "store/recipe/turn.h"

#define LEVEL 9
/* Searching for the tokens of less is no matter. */
#define COPIED_FROM (64U << 10)
/* Below this size the best that zstd can do costs next to nothing. */
#define SMALL (256U << 10)
#define LEVEL_SMALL 19
/* Less in common, in percent, is chance. */
#define ALIKE 15
/* From so many bytes on corrections are compared with those of the base. */
#define CORRECTIONS_MANY 256

/*
 * corrections: of all streams so far; bytes: how many of them are due to each
 * model.  unfit: what kept the blob from being a recipe, or NULL.
 */
struct making {
	const struct ferry_recipe_options *options;
	struct ferry_recipe_made *made;
	struct ferry_recipe_head head;
	struct ferry_recipe_base bases[FERRY_RECIPE_BASES];
	struct ferry_expansion expanded;
	struct ferry_predictor *predictor;
	struct ferry_finder *finder; /* NULL: nothing is copied */
	struct ferry_stream_analysis analysis;
	const struct ferry_model *first; /* to be tried */
	uint64_t largest; /* raw bytes of the stream that gave made->model */
	struct ferry_buf corrections;
	uint64_t bytes[FERRY_MODEL_MAX + 1];
	struct ferry_spool *recipe;
	const char *unfit;
	struct ferry_heed heed; /* of the blob and its first base */
};

/* A stream that is the base's as a whole: the model does not matter. */
static int
add_whole(struct making *m, size_t index, size_t whole, struct ferry_error *err)
{
	const struct ferry_model *any =
	    m->first != NULL ? m->first : ferry_model_at(0);
	size_t next = ferry_finder_next(m->finder);

	m->expanded.plan.v[index].model = any->number;
	m->made->streams++;
	m->made->exact++;
	ferry_finder_set_next(m->finder, whole + 1);
	return ferry_copies_write_whole(whole, next, &m->corrections, err);
}

/* What is copied, as far as there is a base. */
static int
add_copies(struct making *m, struct ferry_error *err)
{
	const struct ferry_copies *copies = &m->analysis.copies;

	if (m->finder == NULL)
		return 0;
	m->made->copied += copies->bytes;
	if (copies->n > 0)
		ferry_finder_set_next(m->finder, copies->last.stream + 1);
	return ferry_copies_write(copies, &m->corrections, err);
}

static int
on_stream(void *ctx, size_t index, struct ferry_bytes deflated,
    struct ferry_bytes raw, struct ferry_error *err)
{
	struct making *m = ctx;
	struct ferry_stream_analysis *a = &m->analysis;
	size_t size, whole = SIZE_MAX;

	if (m->unfit != NULL)
		return 0;
	if (m->expanded.inner != NULL &&
	    ferry_spool_view(m->expanded.inner,
		&m->heed.mapped[FERRY_HEED_BLOB_INNER], err) == -1)
		return -1;
	if (m->finder != NULL)
		whole = ferry_finder_whole(m->finder, deflated, raw);
	if (whole != SIZE_MAX) {
		m->made->copied += raw.n;
		return add_whole(m, index, whole, err);
	}
	if (ferry_stream_choose(m->predictor, m->first, deflated, raw,
		raw.n < COPIED_FROM ? NULL : m->finder, a, err) == -1)
		return -1;
	size = ferry_corrections_size(&a->corrections) + a->copies.list.n;
	m->expanded.plan.v[index].model = a->model->number;
	m->expanded.plan.v[index].padding = a->padding;
	m->made->streams++;
	m->made->exact += a->corrections.n == 0 ? 1 : 0;
	m->made->corrections += size;
	m->bytes[a->model->number] += size - a->copies.list.n;
	m->first = a->model;
	if (m->made->model == NULL || raw.n > m->largest) {
		m->largest = raw.n;
		m->made->model = a->model;
	}
	if (size > FERRY_RECIPE_CORRECTIONS - m->corrections.n) {
		m->unfit = "its compressor is not known, and chose too much";
		return 0;
	}
	if (add_copies(m, err) == -1 || ferry_corrections_write(&a->corrections,
					    &m->corrections, err) == -1)
		return -1;
	if (m->corrections.n > FERRY_RECIPE_CORRECTIONS)
		m->unfit = "its compressor is not known, and chose too much";
	return 0;
}

bool
ferry_recipe_may_pay(
    struct ferry_bytes blob, const struct ferry_recipe_bases *bases)
{

	if (ferry_expand_begins(blob))
		return true;
	for (size_t i = 0; i < bases->n; i++)
		if (ferry_expand_begins(bases->v[i]) ||
		    ferry_recipe_alike(bases->v[i], blob, FERRY_ALIKE_MEMORY) >=
			ALIKE)
			return true;
	return false;
}

/* Whether there is something that a recipe can save: 1, 0, -1.  Looking at the
 * streams takes twenty times as long. */
static int
is_worth_it(struct making *m, struct ferry_bytes blob, struct ferry_error *err)
{
	struct ferry_expansion x = FERRY_EXPANSION_INIT;
	struct ferry_bytes image;
	int rc = -1;

	if (ferry_expand(
		blob, &m->heed, m->options->dirfd, &x, NULL, NULL, err) == 0 &&
	    ferry_spool_view(x.image, &image, err) == 0) {
		rc = m->head.bases_n == 0 && x.plan.n > 0;
		for (size_t i = 0; rc == 0 && i < m->head.bases_n; i++)
			rc = ferry_recipe_alike(m->bases[i].image, image,
				 FERRY_ALIKE_SPOOLED) >= ALIKE;
	}
	ferry_expansion_free(&x);
	return rc;
}

/* Copies are of the first base. */
static int
make_finder(struct making *m, struct ferry_bytes blob, struct ferry_error *err)
{
	const struct ferry_recipe_base *base = &m->bases[0];

	if (m->head.bases_n == 0 || base->streams_n == 0)
		return 0;
	m->head.copies = FERRY_COPIES_ALL;
	if (ferry_finder_new(&m->finder, base->streams, base->streams_n,
		FERRY_RECIPE_WORK(blob.n) / 4, err) == -1)
		return -1;
	ferry_finder_heed(m->finder, &m->heed);
	return 0;
}

static int
look_at_all(struct making *m, struct ferry_bytes blob,
    const struct ferry_recipe_bases *bases, struct ferry_error *err)
{
	struct ferry_recipe_look look = { .copies = FERRY_COPIES_ALL };
	struct ferry_bytes image;
	int worth;

	m->head.bases_n = bases->n;
	for (size_t i = 0; i < bases->n; i++) {
		if (ferry_recipe_base_open(&m->bases[i], bases, i,
			m->options->dirfd, &look, err) == -1)
			return -1;
		m->head.bases[i].size = m->bases[i].image.n;
		m->head.bases[i].sha256 = m->bases[i].sha256;
		look.copies = FERRY_COPIES_NONE; /* they are of the first */
	}
	if (m->options->when == FERRY_RECIPE_WORTH &&
	    (worth = is_worth_it(m, blob, err)) != 1) {
		m->unfit = bases->n == 0
		               ? "nothing in it is compressed"
		               : "it has nothing in common with its base";
		return worth;
	}
	m->heed.mapped[FERRY_HEED_BASE_IMAGE] = m->bases[0].image;
	m->heed.mapped[FERRY_HEED_BASE_INNER] = m->bases[0].inner;
	ferry_predictor_heed(m->predictor, &m->heed);
	if (make_finder(m, blob, err) == -1 ||
	    ferry_expand(blob, &m->heed, m->options->dirfd, &m->expanded,
		on_stream, m, err) == -1 ||
	    ferry_spool_view(m->expanded.image, &image, err) == -1)
		return -1;
	m->head.size = blob.n;
	m->head.image = image.n;
	m->head.streams = m->expanded.plan.n;
	m->made->image = image.n;
	return 0;
}

/* The patch is of what assemblies turned are, if there are any. */
static int
turn(struct making *m, struct ferry_error *err)
{

	if (ferry_turn(&m->expanded.plan, m->expanded.image,
		FERRY_ASSEMBLY_TURN, &m->head.turned, err) == -1)
		return -1;
	for (size_t i = 0; m->head.turned && i < m->head.bases_n; i++)
		if (ferry_turn(&m->bases[i].expanded.plan,
			m->bases[i].expanded.image, FERRY_ASSEMBLY_TURN, NULL,
			err) == -1)
			return -1;
	return 0;
}

/*
 * Append the corrections: if there are many, perhaps those of the base's
 * streams by the same model are much the same.
 */
static int
pack_corrections(struct making *m, const struct ferry_recipe_bases *bases,
    struct ferry_buf *text, int level, struct ferry_error *err)
{
	struct ferry_buf alone = FERRY_BUF_INIT, beside = FERRY_BUF_INIT;
	struct ferry_recipe_base other = { 0 };
	struct ferry_recipe_look look = { .work_max = UINT64_MAX };
	uint64_t work = 0;
	size_t model = 0;
	int rc = -1;

	if (ferry_patch_pack(ferry_bytes_buf(&m->corrections),
		ferry_bytes_of(NULL, 0), level, &alone, err) == -1)
		goto out;
	for (size_t i = 1; i <= FERRY_MODEL_MAX; i++)
		if (m->bytes[i] > m->bytes[model])
			model = i;
	if (m->head.bases_n > 0 && m->bytes[model] > CORRECTIONS_MANY) {
		look.model = ferry_model_find(model);
		look.work = &work;
		if (ferry_recipe_base_open(&other, bases, 0, m->options->dirfd,
			&look, err) == -1 ||
		    ferry_patch_pack(ferry_bytes_buf(&m->corrections),
			ferry_bytes_buf(&other.corrections), level, &beside,
			err) == -1)
			goto out;
		/* Readers search twice as long then. */
		if (beside.n < alone.n - alone.n / 4)
			m->head.prefix = (uint8_t)model;
	}
	rc = m->head.prefix > 0 ? ferry_buf_add(text, beside.p, beside.n, err)
	                        : ferry_buf_add(text, alone.p, alone.n, err);
out:
	ferry_recipe_base_close(&other);
	ferry_buf_free(&alone);
	ferry_buf_free(&beside);
	return rc;
}

/* Everything before the image. */
static int
write_front(struct making *m, const struct ferry_recipe_bases *bases, int level,
    struct ferry_error *err)
{
	struct ferry_buf head = FERRY_BUF_INIT, texts = FERRY_BUF_INIT;
	struct ferry_buf plan = FERRY_BUF_INIT, places = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_plan_write_places(&m->expanded.plan, &plan, err) == -1 ||
	    ferry_plan_write_models(&m->expanded.plan, &plan, err) == -1 ||
	    (m->head.bases_n > 0 &&
		ferry_plan_write_places(
		    &m->bases[0].expanded.plan, &places, err) == -1) ||
	    ferry_patch_pack(ferry_bytes_buf(&plan), ferry_bytes_buf(&places),
		level, &texts, err) == -1 ||
	    pack_corrections(m, bases, &texts, level, err) == -1)
		goto out;
	/* As much as it may be: other readers may search in other ways. */
	m->head.work = FERRY_RECIPE_WORK(
	    m->head.image + (m->head.prefix > 0 ? m->head.bases[0].size : 0));
	if (ferry_recipe_head_write(&m->head, &head, err) == -1 ||
	    ferry_spool_write(m->recipe, head.p, head.n, err) == -1 ||
	    ferry_spool_write(m->recipe, texts.p, texts.n, err) == -1)
		goto out;
	if (plan.n > FERRY_PLAN_BYTES)
		m->unfit = "it has too many streams";
	rc = 0;
out:
	ferry_buf_free(&head);
	ferry_buf_free(&texts);
	ferry_buf_free(&plan);
	ferry_buf_free(&places);
	return rc;
}

static int
on_patch(void *ctx, const void *p, size_t n, struct ferry_error *err)
{
	struct making *m = ctx;

	if (ferry_heed_stopped(&m->heed, err) == -1)
		return -1;
	if (n > m->options->size_max ||
	    ferry_spool_size(m->recipe) > m->options->size_max - n) {
		m->made->outcome = FERRY_RECIPE_TOO_LARGE;
		return ferry_error_set(err, FERRY_ELIMIT,
		    "it would have more than %llu bytes",
		    (unsigned long long)m->options->size_max);
	}
	return ferry_spool_write(m->recipe, p, n, err);
}

static void
on_piece(void *ctx)
{
	struct making *m = ctx;

	ferry_spool_pass(m->expanded.image, m->head.image);
	for (size_t i = 0; i < m->head.bases_n; i++)
		ferry_spool_pass(
		    m->bases[i].expanded.image, m->bases[i].image.n);
}

static int
on_nothing(void *ctx, const void *p, size_t n, struct ferry_error *err)
{

	(void)ctx;
	(void)p;
	(void)n;
	(void)err;
	return 0;
}

/* What is wrong with this blob, or with the machine. */
static bool
is_system(const struct ferry_error *why)
{

	return why->code == FERRY_ESYSTEM || why->code == FERRY_ENOMEM ||
	       why->code == FERRY_ECANCELLED;
}

static int
no_recipe(struct making *m, enum ferry_recipe_outcome outcome, const char *why)
{

	m->made->outcome = outcome;
	(void)snprintf(m->made->why, sizeof(m->made->why), "%s", why);
	return 0;
}

/* Everything of the blob and its bases. */
static void
close_all(struct making *m)
{

	ferry_finder_free(m->finder);
	m->finder = NULL;
	ferry_expansion_free(&m->expanded);
	for (size_t i = 0; i < FERRY_RECIPE_BASES; i++)
		ferry_recipe_base_close(&m->bases[i]);
}

/* Returns: 1 if the recipe is there and gives blob again; 0; -1. */
static int
make(struct making *m, struct ferry_bytes blob,
    const struct ferry_recipe_bases *bases, struct ferry_bytes *out,
    struct ferry_error *err)
{
	struct ferry_bytes images[FERRY_RECIPE_BASES], image;
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_digest sha256;
	int level = m->options->level;

	if (ferry_predictor_new(&m->predictor, FERRY_PREDICT_SPOOLED, err) ==
	    -1)
		return -1;
	if (look_at_all(m, blob, bases, err) == -1)
		return -1;
	if (m->unfit != NULL)
		return no_recipe(m, FERRY_RECIPE_UNFIT, m->unfit);
	if (turn(m, err) == -1)
		return -1;
	if (level == 0)
		level = m->head.image < SMALL ? LEVEL_SMALL : LEVEL;
	/* Besides a patch, a front of all that may be in it. */
	if (ferry_spool_new(&m->recipe, m->options->dirfd, 2 * FERRY_IMAGE_MAX,
		err) == -1 ||
	    write_front(m, bases, level, err) == -1)
		return -1;
	if (m->unfit != NULL)
		return no_recipe(m, FERRY_RECIPE_UNFIT, m->unfit);
	for (size_t i = 0; i < bases->n; i++)
		images[i] = m->bases[i].image;
	if (ferry_spool_view(m->expanded.image, &image, err) == -1)
		return -1;
	if (ferry_patch_make(image, images, bases->n, level, on_patch, on_piece,
		m, &why) == -1) {
		if (m->made->outcome == FERRY_RECIPE_TOO_LARGE)
			return no_recipe(m, FERRY_RECIPE_TOO_LARGE, why.text);
		*err = why;
		return -1;
	}
	/* Applying needs as much room again. */
	close_all(m);
	if (ferry_spool_view(m->recipe, out, err) == -1 ||
	    ferry_spool_hash(blob, m->options->mapped, &sha256, err) == -1)
		return -1;
	if (ferry_recipe_apply(*out, bases, blob.n, &sha256, m->options->dirfd,
		on_nothing, NULL, &why) == 0)
		return 1;
	if (is_system(&why)) {
		*err = why;
		return -1;
	}
	return no_recipe(m,
	    why.code == FERRY_ELIMIT ? FERRY_RECIPE_UNFIT
				     : FERRY_RECIPE_DIFFERS,
	    why.text);
}

int
ferry_recipe_make(struct ferry_bytes blob,
    const struct ferry_recipe_bases *bases,
    const struct ferry_recipe_options *options, ferry_recipe_sink *on_data,
    void *ctx, struct ferry_recipe_made *made, struct ferry_error *err)
{
	struct making m = { .options = options,
		.made = made,
		.analysis = FERRY_STREAM_ANALYSIS_INIT,
		.first = made->model,
		.heed = ferry_recipe_heed(bases, 0) };
	struct ferry_bytes recipe = { NULL, 0 };
	int rc = 0;

	memset(made, 0, sizeof(*made));
	if (options->mapped)
		m.heed.mapped[FERRY_HEED_BLOB] = blob;
	if (blob.n > FERRY_IMAGE_MAX)
		(void)no_recipe(&m, FERRY_RECIPE_UNFIT, "it is too large");
	else
		rc = make(&m, blob, bases, &recipe, err);
	if (rc == 1) {
		made->size = recipe.n;
		if (on_data(ctx, recipe.p, recipe.n, err) == -1)
			rc = -1;
	}
	if (made->model == NULL)
		made->model = m.first;
	close_all(&m);
	ferry_spool_free(m.recipe);
	ferry_predictor_free(m.predictor);
	ferry_stream_analysis_free(&m.analysis);
	ferry_buf_free(&m.corrections);
	return rc;
}
