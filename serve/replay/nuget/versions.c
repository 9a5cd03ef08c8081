#include "serve/replay/nuget/versions.h"

#include <stdlib.h>
#include <string.h>

#include "serve/replay/known.h"
#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/catalog/catalog.h"
#include "store/catalog/removal.h"
#include "store/catalog/withdrawn.h"
#include "store/format/nuget/leaf.h"
#include "store/format/nuget/name.h"
#include "store/format/nuget/range.h"
#include "store/format/nuget/registration.h"

#define DOCUMENT_MAX (256U << 20)

const char *
ferry_nuget_said(const json_t *record, const char *name)
{
	const char *text = json_string_value(json_object_get(record, name));

	return text == NULL ? "" : text;
}

const char *
ferry_nuget_about(const json_t *record, const char *name)
{

	return ferry_nuget_said(json_object_get(record, "about"), name);
}

/* Whether a bound of text is a version of SemVer 2: without a label there is no
 * dot of one. */
static bool
is_semver2(const char *text)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_nuget_range *range = NULL;
	bool is;

	if (text == NULL || strpbrk(text, "-+") == NULL ||
	    ferry_nuget_range_new(&range, ferry_bytes_str(text), &ignored) ==
		-1)
		return false;
	is = ferry_nuget_range_is_semver2(range);
	ferry_nuget_range_free(range);
	return is;
}

static bool
needs_semver2(const json_t *record)
{
	const json_t *group, *one;
	size_t i, k;

	json_array_foreach (json_object_get(record, "dependencies"), i, group) {
		json_array_foreach (json_object_get(group, "needs"), k, one) {
			if (is_semver2(
				json_string_value(json_array_get(one, 1))))
				return true;
		}
	}
	return false;
}

/* record is *taken*. */
static int
add_record(struct ferry_nuget_versions *versions, const char *key,
    json_t *record, struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_nuget_held *held;

	if (ferry_array_grow(&versions->list, &versions->cap, versions->n + 1,
		sizeof(*versions->list), err) == -1) {
		json_decref(record);
		return -1;
	}
	held = &versions->list[versions->n++];
	*held = (struct ferry_nuget_held){ .record = record };
	if (ferry_strdup(&held->key, key, err) == -1)
		return -1;
	if (ferry_nuget_version_parse(&held->v,
		ferry_bytes_str(ferry_nuget_said(record, "version")),
		&ignored) == -1)
		(void)ferry_nuget_version_parse(
		    &held->v, ferry_bytes_str(held->key), &ignored);
	held->listed = !json_is_false(json_object_get(record, "listed")) &&
	               !ferry_withdrawn_hidden(record);
	held->semver2 =
	    ferry_nuget_version_is_semver2(&held->v) || needs_semver2(record);
	return 0;
}

static int
add_version(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{

	/* One that an older store brought has nothing to show. */
	return ferry_removal_is(record) || json_object_get(record, "id") == NULL
	           ? 0
	           : add_record(
			 ctx, ferry_key_part(key, 4), json_incref(record), err);
}

/* Known versions */

struct knowing {
	struct ferry_nuget_versions *versions;
	size_t held_n; /* of versions, by key: those that are here */
	struct ferry_known known;
	struct ferry_bytes id;
	/* Only those from one to the other; or NULL. */
	const struct ferry_nuget_version *lower, *upper;
};

static bool
is_between(const char *key, const struct ferry_nuget_version *lower,
    const struct ferry_nuget_version *upper)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_nuget_version v;

	return lower == NULL || (ferry_nuget_version_parse(
				     &v, ferry_bytes_str(key), &ignored) == 0 &&
				    ferry_nuget_version_order(lower, &v) <= 0 &&
				    ferry_nuget_version_order(&v, upper) <= 0);
}

static int
cmp_key(const void *key, const void *held)
{

	return strcmp(key, ((const struct ferry_nuget_held *)held)->key);
}

static bool
is_held(const struct knowing *k, const char *key)
{

	return k->held_n > 0 &&
	       bsearch(key, k->versions->list, k->held_n,
		   sizeof(*k->versions->list), cmp_key) != NULL;
}

static int
add_known(void *ctx, struct ferry_bytes version, struct ferry_bytes leaf,
    struct ferry_error *err)
{
	const struct knowing *k = ctx;
	struct ferry_buf key = FERRY_BUF_INIT;
	json_t *record = NULL;
	int rc = ferry_nuget_version_key(&key, version, err);

	if (rc == 1 && ferry_known_shows(&k->known, ferry_bytes_buf(&key)) &&
	    !is_held(k, (char *)key.p) &&
	    is_between((char *)key.p, k->lower, k->upper)) {
		rc =
		    ferry_nuget_leaf_record(&record, leaf, k->id, version, err);
		if (rc == 0)
			rc =
			    add_record(k->versions, (char *)key.p, record, err);
	}
	ferry_buf_free(&key);
	return rc == -1 ? -1 : 0;
}

static int
read_document(void *ctx, size_t i, const char *name, struct ferry_bytes text,
    struct ferry_error *err)
{
	const struct ferry_nuget_walk walk = { add_known, NULL, ctx };
	struct ferry_bytes root;

	(void)name;
	return ferry_span_check(text, &root, err) == -1
	           ? -1
	           : ferry_nuget_registration_walk(root,
			 i == 0 ? FERRY_NUGET_IS_FIRST : FERRY_NUGET_IS_PAGE,
			 &walk, err);
}

/* Add what upstream lists and is not here, if it is pulled through. */
static int
load_known(struct knowing *k, struct ferry_store_view *view,
    const char *package, const char *owner, struct ferry_error *err)
{
	int rc =
	    ferry_known_begin(&k->known, view, "nuget", package, owner, err);

	if (rc != 1)
		return rc;
	k->held_n = k->versions->n;
	k->id = ferry_nuget_name_id(ferry_bytes_str(package));
	rc = ferry_known_documents(
	    view, "nuget", package, owner, DOCUMENT_MAX, read_document, k, err);
	ferry_known_end(&k->known, NULL);
	return rc;
}

static int
by_order(const void *a, const void *b)
{
	const struct ferry_nuget_held *x = a, *y = b;
	int order = ferry_nuget_version_order(&x->v, &y->v);

	return order != 0 ? order : strcmp(x->key, y->key);
}

static void
held_free(struct ferry_nuget_held *held)
{

	free(held->key);
	json_decref(held->record);
}

/* Each once: a registry may list one twice. */
static void
sort(struct ferry_nuget_versions *versions)
{
	size_t n = 0;

	if (versions->n > 1)
		qsort(versions->list, versions->n, sizeof(*versions->list),
		    by_order);
	for (size_t i = 0; i < versions->n; i++)
		if (n > 0 && strcmp(versions->list[n - 1].key,
				 versions->list[i].key) == 0)
			held_free(&versions->list[i]);
		else
			versions->list[n++] = versions->list[i];
	versions->n = n;
}

int
ferry_nuget_versions_load(struct ferry_nuget_versions *out,
    struct ferry_store_view *view, const char *package, const char *owner,
    struct ferry_error *err)
{
	struct knowing knowing = { .versions = out };
	struct ferry_key prefix;

	*out = (struct ferry_nuget_versions){ .n = 0 };
	if (ferry_key_version(&prefix, "nuget", package, owner, NULL, err) ==
		-1 ||
	    ferry_catalog_each(ferry_store_view_store(view), &prefix,
		add_version, out, err) == -1 ||
	    load_known(&knowing, view, package, owner, err) == -1)
		return -1;
	sort(out);
	return 0;
}

static int
load_one(struct ferry_nuget_versions *out, struct ferry_store *st,
    const struct ferry_key *key, struct ferry_error *err)
{
	json_t *record = NULL;
	int rc = ferry_catalog_get(st, key, &record, err);

	if (rc == 1)
		rc = add_version(out, key, record, err);
	json_decref(record);
	return rc == -1 ? -1 : 0;
}

int
ferry_nuget_versions_load_between(struct ferry_nuget_versions *out,
    struct ferry_store_view *view, const char *package, const char *owner,
    const struct ferry_nuget_version *lower,
    const struct ferry_nuget_version *upper, struct ferry_error *err)
{
	struct knowing knowing = {
		.versions = out, .lower = lower, .upper = upper
	};
	struct ferry_store *st = ferry_store_view_store(view);
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	int rc;

	*out = (struct ferry_nuget_versions){ .n = 0 };
	if (ferry_key_version(&prefix, "nuget", package, owner, NULL, err) ==
		-1 ||
	    ferry_catalog_iter_new(&it, st, &prefix, NULL, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, NULL, err)) == 1)
		if (is_between(ferry_key_part(&key, 4), lower, upper) &&
		    load_one(out, st, &key, err) == -1) {
			rc = -1;
			break;
		}
	ferry_record_iter_free(it);
	if (rc == 0)
		rc = load_known(&knowing, view, package, owner, err);
	sort(out);
	return rc;
}

void
ferry_nuget_versions_free(struct ferry_nuget_versions *versions)
{

	for (size_t i = 0; i < versions->n; i++)
		held_free(&versions->list[i]);
	free(versions->list);
	*versions = (struct ferry_nuget_versions){ .n = 0 };
}

const struct ferry_nuget_held *
ferry_nuget_versions_latest(
    const struct ferry_nuget_versions *versions, bool prerelease, bool semver2)
{

	for (size_t i = versions->n; i-- > 0;) {
		const struct ferry_nuget_held *held = &versions->list[i];

		if (held->listed && (semver2 || !held->semver2) &&
		    (prerelease || held->v.labels.n == 0))
			return held;
	}
	return NULL;
}
