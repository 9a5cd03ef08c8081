#ifndef FERRY_BUNDLE_RECIPES_H
#define FERRY_BUNDLE_RECIPES_H

/*
 * Blobs of a store that travel as recipes from others of it; see store/recipe.
 *
 * Opening needs the store, and is its thread's; making and applying, which take
 * the time, are not.
 */

#include <stdatomic.h>

#include "store/blob/blob.h"
#include "store/bundle/volume.h"

struct ferry_error;
struct ferry_model;
struct ferry_store;

/* Larger blobs travel whole, and are no base: a recipe of theirs takes too many
 * minutes, and its images too much disk at the site. */
#define FERRY_BUNDLE_RECIPE_BLOB (512U << 20)

/* A blob's bytes, wherever they are; all zeros is none. */
struct ferry_bundle_view {
	struct ferry_blob blob;
	const struct ferry_digest *digest; /* borrowed */
	int dirfd; /* of temporary files; the store's */
	bool open;
	void *map; /* NULL: none */
	struct ferry_bytes bytes;
};
/* Returns: 1, 0 if there is no such blob, -1. */
int ferry_bundle_view_open(struct ferry_bundle_view *v, struct ferry_store *st,
    const struct ferry_digest *digest, struct ferry_error *err);
void ferry_bundle_view_close(struct ferry_bundle_view *v);

/* How much time a recipe may take to become small. */
enum ferry_recipe_effort {
	FERRY_EFFORT_NORMAL,
	FERRY_EFFORT_FAST,
	FERRY_EFFORT_BEST
};
struct ferry_bundle_recipe_options {
	enum ferry_recipe_effort effort;
	size_t size_max; /* of the recipe */
	const atomic_bool *stopped; /* or NULL; once true: FERRY_ECANCELLED */
};
/*
 * Append a recipe for blob from base, or (NULL) from nothing, to out.
 *
 * Returns: 1; 0 if it does not pay, or the bytes of one of the two are not
 *     those of its name (copying the blob will tell); -1.
 * model: what the blob before it was made by, or NULL; replaced.
 * Errors: FERRY_ESYSTEM, FERRY_ENOMEM.
 */
int ferry_bundle_recipe_make(const struct ferry_bundle_view *blob,
    const struct ferry_bundle_view *base,
    const struct ferry_bundle_recipe_options *options,
    const struct ferry_model **model, struct ferry_buf *out,
    struct ferry_error *err);

/*
 * Read the recipe that the current member of v is, and open its bases.  stopped
 * (may be NULL), once it is true, ends applying it.
 * Errors: FERRY_EMISSING (a base is not here), as of ferry_volume_content().
 */
struct ferry_bundle_recipe;
int ferry_bundle_recipe_open(struct ferry_bundle_recipe **out,
    struct ferry_store *st, struct ferry_volume *v,
    const struct ferry_member *member, const atomic_bool *stopped,
    struct ferry_error *err);
/* Make the blob, in a temporary file; a ferry_pool_work. */
void ferry_bundle_recipe_apply(void *recipe);
/*
 * Hand on the blob, which is what it should be.
 * Errors: those of applying: FERRY_EMISSING (a base is damaged), as of
 *     ferry_recipe_apply(), FERRY_ECANCELLED (not applied); on_data's.
 */
int ferry_bundle_recipe_copy(struct ferry_bundle_recipe *r,
    ferry_volume_sink *on_data, void *ctx, struct ferry_error *err);
const struct ferry_member *
ferry_bundle_recipe_member(const struct ferry_bundle_recipe *r);
void ferry_bundle_recipe_free(struct ferry_bundle_recipe *r);

#endif
