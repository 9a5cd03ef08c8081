#include "serve/replay/maven/behind.h"

#include <string.h>

#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/catalog/catalog.h"

#define BEHIND_MAX 16

/* The upstream that is asked for what another one lacks: 1 and next, 0, -1. */
static int
find_next(struct ferry_store *store, const char *upstream,
    char next[FERRY_OWNER_NAME], struct ferry_error *err)
{
	json_t *record = NULL;
	struct ferry_key key;
	const char *name;
	int rc;

	if (ferry_key_make(&key, err, "upstream", upstream, NULL) == -1 ||
	    (rc = ferry_catalog_get(store, &key, &record, err)) == -1)
		return -1;
	name = json_string_value(json_object_get(record, "fallback"));
	rc = rc == 1 && name != NULL && strlen(name) < FERRY_OWNER_NAME;
	if (rc == 1)
		memcpy(next, name, strlen(name) + 1);
	json_decref(record);
	return rc;
}

static int
add_if_there(struct ferry_buf *out, struct ferry_store *store,
    const char *package, const char *owner, struct ferry_error *err)
{
	struct ferry_key key;
	int rc = -1;

	if (ferry_key_package(&key, "maven", package, owner, err) == 0)
		rc = ferry_catalog_has(store, &key, err);
	return rc != 1 ? rc : ferry_buf_add(out, owner, strlen(owner) + 1, err);
}

/* Whether it is among those that were found. */
static bool
is_among(const struct ferry_buf *found, const char *owner)
{

	for (size_t at = 0; at < found->n;) {
		const char *one = (const char *)found->p + at;

		if (strcmp(one, owner) == 0)
			return true;
		at += strlen(one) + 1;
	}
	return false;
}

static int
make_behind(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	const struct ferry_call *call = ctx;
	const char *package = call->resource.package;
	struct ferry_store *store = ferry_store_view_store(call->view);
	struct ferry_buf buf = FERRY_BUF_INIT;
	char at[FERRY_OWNER_NAME], next[FERRY_OWNER_NAME];
	int rc = ferry_view_owner(
	    call->view, "maven", package, FERRY_LOOKUP_FRESH, at, err);

	if (rc != 1)
		return rc;
	for (int i = 0; rc == 1 && i < BEHIND_MAX; i++) {
		/* A circle ends where it began. */
		if (!is_among(&buf, at) &&
		    add_if_there(&buf, store, package, at, err) == -1)
			rc = -1;
		else if ((rc = find_next(store, at, next, err)) == 1)
			memcpy(at, next, sizeof(at));
	}
	if (rc != -1)
		rc = ferry_body_new(out, &buf, err) == -1 ? -1 : 1;
	ferry_buf_free(&buf);
	return rc;
}

int
ferry_maven_behind(const struct ferry_call *call, enum ferry_lookup lookup,
    struct ferry_body **out, struct ferry_error *err)
{
	void *ctx = (void *)(uintptr_t)call;

	return lookup == FERRY_LOOKUP_FRESH
	           ? make_behind(ctx, out, err)
	           : ferry_store_view_get(call->view, out, make_behind, ctx,
			 err, "maven", call->resource.package, "behind", NULL);
}

bool
ferry_maven_behind_next(
    const struct ferry_body *behind, size_t *at, struct ferry_call *call)
{
	const char *name = (const char *)behind->bytes.p + *at;

	if (*at >= behind->bytes.n)
		return false;
	memcpy(call->owner, name, strlen(name) + 1);
	*at += strlen(name) + 1;
	return true;
}
