#include "store/bundle/form.h"

#include <stdlib.h>

#include "store/base/error.h"
#include "store/bundle/writer.h"

/* Smaller blobs are no work worth; and what a recipe must save of the other
 * form, in tenths. */
#define RECIPE_MIN 1024
#define RECIPE_TENTHS 8

/* rc: -1 if it was not found out, and why tells. */
struct ferry_bundle_form {
	struct ferry_member member;
	struct ferry_bundle_form_options options;
	struct ferry_digest base;
	bool has_base, at_site;
	struct ferry_bundle_view blob, base_blob;
	struct ferry_buf frame;
	const struct ferry_model *model;
	uint64_t saved;
	int rc;
	struct ferry_error why;
};

/* Open the base, which may be NULL, if a recipe may pay. */
static int
open_base(struct ferry_bundle_form *f, struct ferry_store *st,
    const struct ferry_digest *base, struct ferry_error *err)
{
	int rc;

	if (base == NULL || f->member.content_size < RECIPE_MIN ||
	    f->member.content_size > FERRY_BUNDLE_RECIPE_BLOB)
		return 0;
	f->base = *base;
	rc = ferry_bundle_view_open(&f->base_blob, st, &f->base, err);
	f->has_base =
	    rc == 1 && f->base_blob.bytes.n <= FERRY_BUNDLE_RECIPE_BLOB;
	return rc == -1 ? -1 : 0;
}

int
ferry_bundle_form_open(struct ferry_bundle_form **out, struct ferry_store *st,
    const struct ferry_bundle_source *source,
    const struct ferry_bundle_form_options *options, struct ferry_error *err)
{
	const struct ferry_blob_info *info = source->info;
	struct ferry_bundle_form *f;
	int rc;

	if (ferry_calloc(&f, 1, sizeof(*f), err) == -1)
		return -1;
	f->member = (struct ferry_member){ .kind = FERRY_MEMBER_BLOB,
		.size = info->size,
		.sha256 = *source->digest,
		.content_size = info->size,
		.blob = *source->digest,
		.document = !info->file && info->size > FERRY_BLOB_FILE };
	f->at_site = source->at_site;
	f->options = *options;
	f->options.alone = options->alone && !source->whole &&
	                   info->size >= RECIPE_MIN &&
	                   info->size <= FERRY_BUNDLE_RECIPE_BLOB;
	f->why = (struct ferry_error)FERRY_ERROR_INIT;
	if (options->ending && source->name != NULL)
		(void)ferry_member_ending(&f->member, source->name);
	/* Copying it tells what is wrong with a blob that nothing is tried of. */
	if (options->raw || (info->size > FERRY_PACK_MAX &&
				source->base == NULL && !f->options.alone)) {
		f->options.raw = true;
		*out = f;
		return 0;
	}
	rc = ferry_bundle_view_open(&f->blob, st, &f->member.blob, err);
	if (rc == -1 || open_base(f, st, source->base, err) == -1) {
		ferry_bundle_form_free(f);
		return -1;
	}
	if (rc == 0)
		f->rc = ferry_error_set(&f->why, FERRY_EMISSING, "it is gone");
	*out = f;
	return 0;
}

void
ferry_bundle_form_free(struct ferry_bundle_form *f)
{

	if (f == NULL)
		return;
	ferry_bundle_view_close(&f->blob);
	ferry_bundle_view_close(&f->base_blob);
	ferry_buf_free(&f->frame);
	free(f);
}

/* A recipe instead of what travels else, other bytes, if it is enough smaller. */
static int
try_recipe(struct ferry_bundle_form *f, uint64_t other, struct ferry_error *err)
{
	uint64_t max = other / 10 * RECIPE_TENTHS;
	struct ferry_buf recipe = FERRY_BUF_INIT;
	struct ferry_bundle_recipe_options options = { f->options.effort,
		max < FERRY_PACKED_MAX ? (size_t)max : FERRY_PACKED_MAX,
		f->options.stopped };
	int rc;

	f->model = f->options.model;
	rc = ferry_bundle_recipe_make(&f->blob,
	    f->has_base ? &f->base_blob : NULL, &options, &f->model, &recipe,
	    err);
	if (rc != 1) {
		ferry_buf_free(&recipe);
		return rc;
	}
	ferry_buf_free(&f->frame);
	f->frame = recipe;
	f->member.encoding = FERRY_ENCODING_RECIPE;
	f->member.bases[0] = f->base;
	f->member.bases_n = f->has_base ? 1 : 0;
	f->saved = other - recipe.n;
	return 1;
}

void
ferry_bundle_form_find(void *form)
{
	struct ferry_bundle_form *f = form;
	uint64_t other = f->member.content_size;

	if (f->options.raw || f->rc == -1)
		return;
	f->rc = ferry_pack_blob(f->options.packers, &f->blob.blob,
	    &f->member.blob, &f->frame, &f->why);
	if (f->rc == -1)
		return;
	if (f->rc == 1) {
		f->member.encoding = FERRY_ENCODING_ZSTD;
		other = f->frame.n;
	} else
		ferry_buf_reset(&f->frame);
	if (f->has_base || f->options.alone)
		f->rc = try_recipe(f, other, &f->why);
}

const struct ferry_digest *
ferry_bundle_form_base(const struct ferry_bundle_form *f)
{

	return f->member.bases_n > 0 ? &f->base : NULL;
}

bool
ferry_bundle_form_at_site(const struct ferry_bundle_form *f)
{

	return f->at_site;
}

void
ferry_bundle_form_forget(struct ferry_bundle_form *f)
{

	f->member.encoding = FERRY_ENCODING_RAW;
	f->member.size = f->member.content_size;
	f->member.sha256 = f->member.blob;
	f->member.bases_n = 0;
	f->has_base = false;
	f->saved = 0;
	ferry_bundle_form_find(f);
}

int
ferry_bundle_form_get(struct ferry_bundle_form *f, struct ferry_member **m,
    struct ferry_buf **frame, struct ferry_error *err)
{

	*m = &f->member;
	*frame = &f->frame;
	if (f->rc != -1)
		return 0;
	*err = f->why;
	return -1;
}

const struct ferry_model *
ferry_bundle_form_model(const struct ferry_bundle_form *f)
{

	return f->model;
}

uint64_t
ferry_bundle_form_saved(const struct ferry_bundle_form *f)
{

	return f->saved;
}
