#ifndef FERRY_BUNDLE_FORM_H
#define FERRY_BUNDLE_FORM_H

/*
 * How a blob travels: as it is, compressed, or as a recipe, whatever is
 * smallest.  Only opening needs the store; finding out takes the time, and can be
 * done for many blobs at once.
 */

#include "store/bundle/member.h"
#include "store/bundle/pack.h"
#include "store/bundle/recipes.h"

struct ferry_blob_info;
struct ferry_bundle_form;
struct ferry_bundle_source;
struct ferry_error;
struct ferry_model;
struct ferry_store;

/* What may be tried.  packers are borrowed as long as there are forms. */
struct ferry_bundle_form_options {
	struct ferry_packers *packers;
	bool raw; /* nothing */
	bool alone; /* a recipe from nothing */
	bool ending; /* the path ends as the file's name does */
	const struct ferry_model *model; /* to be tried first, or NULL */
	enum ferry_recipe_effort effort;
	const atomic_bool *stopped; /* or NULL; once true, nothing is tried */
};

/*
 * Errors: FERRY_ESYSTEM, FERRY_EINDEX, FERRY_ENOMEM.  That the blob is not there
 *     is found by the writer that it is given to.
 */
int ferry_bundle_form_open(struct ferry_bundle_form **out,
    struct ferry_store *st, const struct ferry_bundle_source *source,
    const struct ferry_bundle_form_options *options, struct ferry_error *err);
void ferry_bundle_form_free(struct ferry_bundle_form *f);
/* Choose; a ferry_pool_work.  What goes wrong the writer tells. */
void ferry_bundle_form_find(void *form);

/* After _find.  Returns: the base of a recipe, NULL if it has none. */
const struct ferry_digest *
ferry_bundle_form_base(const struct ferry_bundle_form *f);
/* Whether the base is at the site, so that it need not be in the volume. */
bool ferry_bundle_form_at_site(const struct ferry_bundle_form *f);
/* Choose again, without the base. */
void ferry_bundle_form_forget(struct ferry_bundle_form *f);
/* Returns: 0, and *m and frame (of raw blobs empty), both borrowed; -1. */
int ferry_bundle_form_get(struct ferry_bundle_form *f, struct ferry_member **m,
    struct ferry_buf **frame, struct ferry_error *err);
/* The model that its largest stream was made by, or NULL; bytes that travelling
 * as a recipe saves. */
const struct ferry_model *
ferry_bundle_form_model(const struct ferry_bundle_form *f);
uint64_t ferry_bundle_form_saved(const struct ferry_bundle_form *f);

#endif
