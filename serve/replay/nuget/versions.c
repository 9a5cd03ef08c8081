#include "serve/replay/nuget/versions.h"

#include <stdlib.h>
#include <string.h>

#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/catalog/catalog.h"
#include "store/catalog/removal.h"
#include "store/catalog/withdrawn.h"
#include "store/format/nuget/range.h"

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

static int
add_version(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	struct ferry_nuget_versions *versions = ctx;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_nuget_held *held;

	/* One that an older store brought has nothing to show. */
	if (ferry_removal_is(record) || json_object_get(record, "id") == NULL)
		return 0;
	if (ferry_array_grow(&versions->list, &versions->cap, versions->n + 1,
		sizeof(*versions->list), err) == -1)
		return -1;
	held = &versions->list[versions->n++];
	*held = (struct ferry_nuget_held){ .record = json_incref(record) };
	if (ferry_strdup(&held->key, ferry_key_part(key, 4), err) == -1)
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
by_order(const void *a, const void *b)
{
	const struct ferry_nuget_held *x = a, *y = b;
	int order = ferry_nuget_version_order(&x->v, &y->v);

	return order != 0 ? order : strcmp(x->key, y->key);
}

static void
sort(struct ferry_nuget_versions *versions)
{

	if (versions->n > 1)
		qsort(versions->list, versions->n, sizeof(*versions->list),
		    by_order);
}

int
ferry_nuget_versions_load(struct ferry_nuget_versions *out,
    struct ferry_store_view *view, const char *package, const char *owner,
    struct ferry_error *err)
{
	struct ferry_key prefix;

	*out = (struct ferry_nuget_versions){ .n = 0 };
	if (ferry_key_version(&prefix, "nuget", package, owner, NULL, err) ==
		-1 ||
	    ferry_catalog_each(ferry_store_view_store(view), &prefix,
		add_version, out, err) == -1)
		return -1;
	sort(out);
	return 0;
}

static bool
is_between(const char *key, const struct ferry_nuget_version *lower,
    const struct ferry_nuget_version *upper)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_nuget_version v;

	return ferry_nuget_version_parse(&v, ferry_bytes_str(key), &ignored) ==
	           0 &&
	       ferry_nuget_version_order(lower, &v) <= 0 &&
	       ferry_nuget_version_order(&v, upper) <= 0;
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
	sort(out);
	return rc;
}

void
ferry_nuget_versions_free(struct ferry_nuget_versions *versions)
{

	for (size_t i = 0; i < versions->n; i++) {
		free(versions->list[i].key);
		json_decref(versions->list[i].record);
	}
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
