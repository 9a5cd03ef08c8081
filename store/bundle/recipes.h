#ifndef FERRY_BUNDLE_RECIPES_H
#define FERRY_BUNDLE_RECIPES_H

/*
 * Blobs of a store that travel as recipes from others of it; see store/recipe.
 */

#include "store/bundle/volume.h"

struct ferry_error;
struct ferry_model;
struct ferry_store;

/* Larger blobs travel whole, and are no base: a recipe of theirs takes minutes. */
#define FERRY_BUNDLE_RECIPE_BLOB (64U << 20)

/*
 * Make a recipe of at most size_max bytes for blob from base, in out, which is
 * emptied first.
 *
 * Returns: 1; 0 if it does not pay, or the bytes of one of the two are not
 *     those of its name (copying the blob will tell); -1.
 * model: what the blob before it was made by, or NULL; replaced.
 * Errors: FERRY_ESYSTEM, FERRY_EINDEX, FERRY_ENOMEM.
 */
int ferry_bundle_recipe_make(struct ferry_store *st,
    const struct ferry_digest *blob, const struct ferry_digest *base,
    size_t size_max, const struct ferry_model **model, struct ferry_buf *out,
    struct ferry_error *err);

/*
 * Read the recipe that the current member of v is, and hand the blob to
 * on_data.  What that got is the blob only if this returns 0.
 *
 * Errors: FERRY_EMISSING (a base is not here, or is damaged), as of
 *     ferry_volume_content() and ferry_recipe_apply(), on_data's.
 */
int ferry_bundle_recipe_take(struct ferry_store *st, struct ferry_volume *v,
    const struct ferry_member *member, ferry_volume_sink *on_data, void *ctx,
    struct ferry_error *err);

#endif
