#ifndef FERRY_STORE_RECIPE_ENCODING_H
#define FERRY_STORE_RECIPE_ENCODING_H

/*
 * The front of a recipe, what making and applying share.  FORMAT.md explains
 * the fields.
 */

#include "store/base/digest.h"
#include "store/recipe/expand.h"
#include "store/recipe/plan.h"
#include "store/recipe/recipe.h"
#include "store/recipe/reuse.h"

#define FERRY_RECIPE_MAGIC "FRR1"
#define FERRY_RECIPE_CORRECTIONS (16U << 20) /* of all streams, unpacked */
/* Steps that re-creating an image of n bytes may take. */
#define FERRY_RECIPE_WORK(n) ((uint64_t)(n)*512 + (UINT64_C(1) << 26))

struct ferry_recipe_image {
	uint64_t size;
	struct ferry_digest sha256;
};
/* Of which streams of the first base: none; those that lie in it itself and have
 * no others in them; all. */
enum ferry_recipe_copies {
	FERRY_COPIES_NONE,
	FERRY_COPIES_OUTER,
	FERRY_COPIES_ALL
};
struct ferry_recipe_head {
	uint64_t size, image, work;
	struct ferry_recipe_image bases[FERRY_RECIPE_BASES];
	size_t bases_n, streams;
	bool turned; /* pieces are of images whose assemblies are turned */
	enum ferry_recipe_copies copies; /* that are told of */
	uint8_t
	    prefix; /* model by which the first base was looked at; 0: none */
};

/* Append it. */
int ferry_recipe_head_write(const struct ferry_recipe_head *head,
    struct ferry_buf *buf, struct ferry_error *err);
/* Errors: FERRY_ENEWER, FERRY_EFORMAT, FERRY_ELIMIT. */
int ferry_recipe_head_read(struct ferry_recipe_head *out,
    struct ferry_bytes *in, struct ferry_error *err);

/*
 * Base i, expanded; streams are those that copies may be of, in the order of
 * on_stream.  With model, the corrections that all of its streams need by it, in that
 * order, too, up to FERRY_RECIPE_CORRECTIONS bytes.
 *
 * work: is counted, and may become work_max; NULL without a model.
 */
struct ferry_recipe_look {
	enum ferry_recipe_copies copies;
	const struct ferry_model *model;
	uint64_t *work, work_max;
};
struct ferry_recipe_base {
	struct ferry_expansion expanded;
	struct ferry_bytes image, inner; /* views of it */
	struct ferry_digest sha256;
	struct ferry_buf corrections;
	struct ferry_reuse_stream *streams;
	size_t streams_n, streams_cap;
};
int ferry_recipe_base_open(struct ferry_recipe_base *base,
    const struct ferry_recipe_bases *bases, size_t i, int dirfd,
    const struct ferry_recipe_look *how, struct ferry_error *err);
/* What is whose of the views that are heeded: of a base, and of a blob made. */
enum {
	FERRY_HEED_BASE,
	FERRY_HEED_BASE_IMAGE,
	FERRY_HEED_BASE_INNER,
	FERRY_HEED_BLOB,
	FERRY_HEED_BLOB_INNER
};
/* What to heed while base i is looked at. */
struct ferry_heed
ferry_recipe_heed(const struct ferry_recipe_bases *bases, size_t i);
void ferry_recipe_base_close(struct ferry_recipe_base *base);

#endif
