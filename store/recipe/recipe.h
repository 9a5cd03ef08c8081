#ifndef FERRY_STORE_RECIPE_RECIPE_H
#define FERRY_STORE_RECIPE_RECIPE_H

/*
 * Recipes: a blob as what differs from blobs that the reader has, bit for bit.
 * FORMAT.md has the encoding, README.md the idea.
 *
 * What is not asked for exactly does not matter here: which blobs are good
 * bases, and whether a recipe is worth it, is for others to say.
 */

#include <stdatomic.h>

#include "store/base/digest.h"
#include "store/recipe/expand.h"
#include "store/recipe/inflate.h"

struct ferry_error;
struct ferry_model;

#define FERRY_RECIPE_BASES 2

/*
 * What is made, or applied.
 *
 * Lifetime: everything is borrowed for the call.  bases[0] is the one that the
 *     blob is most like.
 * dirfd: a folder for temporary files, which have no names and take as much as
 *     the blob and the images of all blobs concerned, and what lies in these
 *     compressed twice.
 */
struct ferry_recipe_bases {
	struct ferry_bytes v[FERRY_RECIPE_BASES];
	size_t n; /* 0 to 2 */
	/* Of those that are files, mapped and not written to: what was looked at is
	 * given back. */
	bool mapped[FERRY_RECIPE_BASES];
	/* NULL, or: once it is true the call ends with FERRY_ECANCELLED. */
	const atomic_bool *stopped;
};

/*
 * Whether it can pay to make a recipe, as far as a first look at the blobs tells:
 * something in them is compressed, or they have something in common.
 */
bool ferry_recipe_may_pay(
    struct ferry_bytes blob, const struct ferry_recipe_bases *bases);

/*
 * Make a recipe for blob, apply it, and hand it to on_data if that gave blob
 * again and it has at most size_max bytes.
 *
 * Returns: 1; 0 if there is none, and made->why tells; -1.
 * model: that of the largest stream, to be tried first next time; may be NULL
 *     before, and is set after.
 * Errors: FERRY_ESYSTEM (disk full …), FERRY_ENOMEM, on_data's.
 * Memory: about 100 MiB at level 9, and views of temporary files.
 */
enum ferry_recipe_outcome {
	FERRY_RECIPE_MADE,
	FERRY_RECIPE_TOO_LARGE, /* than size_max */
	FERRY_RECIPE_UNFIT, /* the blob is beyond what an encoding may have */
	FERRY_RECIPE_DIFFERS /* a fault of ours: made, but gives other bytes */
};
struct ferry_recipe_made {
	enum ferry_recipe_outcome outcome;
	const struct ferry_model *model;
	uint64_t size; /* of the recipe */
	uint64_t image; /* bytes of the blob's image */
	uint64_t streams, exact; /* of these, without any correction */
	uint64_t copied; /* bytes of contents whose choices are the base's */
	uint64_t corrections; /* bytes, before packing */
	char why[160]; /* "" if made */
};
/*
 * FERRY_RECIPE_WORTH: FERRY_RECIPE_UNFIT, soon, where little speaks for it: no
 * stream and no base, or bases that have nothing in common with the blob.
 */
enum ferry_recipe_when { FERRY_RECIPE_ALWAYS, FERRY_RECIPE_WORTH };
struct ferry_recipe_options {
	int level; /* zstd's, 1 to 19; 0: the usual */
	uint64_t size_max;
	int dirfd;
	enum ferry_recipe_when when;
	bool mapped; /* the blob is a file, as bases may be */
};
int ferry_recipe_make(struct ferry_bytes blob,
    const struct ferry_recipe_bases *bases,
    const struct ferry_recipe_options *options, ferry_recipe_sink *on_data,
    void *ctx, struct ferry_recipe_made *made, struct ferry_error *err);

/*
 * Apply recipe and hand the blob to on_data, once it is seen to have the size and
 * the SHA-256 that it must have.
 *
 * Errors: FERRY_ENEWER (models, or an encoding, of a later ferry),
 *     FERRY_EMISSING (a base is not what the recipe was made from),
 *     FERRY_EFORMAT and FERRY_ELIMIT (the recipe), FERRY_EDIGEST and
 *     FERRY_ESIZE (what it gives), FERRY_ESYSTEM, FERRY_ENOMEM, on_data's.
 * Memory: at most 56 MiB, and views of temporary files.
 */
int ferry_recipe_apply(struct ferry_bytes recipe,
    const struct ferry_recipe_bases *bases, uint64_t size,
    const struct ferry_digest *sha256, int dirfd, ferry_recipe_sink *on_data,
    void *ctx, struct ferry_error *err);

#endif
