#include "sync/carry/limits.h"

#include <string.h>

#include "store/base/error.h"
#include "store/base/glob.h"
#include "store/index/key.h"
#include "store/index/local.h"
#include "sync/carry/roots.h"

int
ferry_limits_put(struct ferry_store *st, const char *key, json_t *limits,
    struct ferry_error *err)
{

	if (json_object_size(limits) > 0)
		return ferry_local_named_put(
		    st, FERRY_KIND_LIMITS, key, limits, err);
	json_decref(limits);
	return ferry_local_named_delete(st, FERRY_KIND_LIMITS, key, err);
}

int
ferry_limits_get(struct ferry_store *st, const char *key, json_t **out,
    struct ferry_error *err)
{

	return ferry_local_named_get(st, FERRY_KIND_LIMITS, key, out, err);
}

int
ferry_limits_load(struct ferry_limits *out, struct ferry_store *st,
    const char *origin, const struct ferry_signers *signers,
    struct ferry_error *err)
{
	struct ferry_trust key;
	uint64_t threshold;

	*out = (struct ferry_limits){ 0 };
	if (ferry_trust_required(st, &out->required, err) == -1 ||
	    ferry_roots_threshold(st, origin, &threshold, err) == -1)
		return -1;
	if (out->required < threshold)
		out->required = threshold;
	for (size_t i = 0; i < signers->n; i++) {
		int rc = ferry_trust_get(st, signers->id[i], &key, err);

		if (rc == 1 && strcmp(key.store, origin) != 0)
			continue;
		if (rc == 1)
			rc = ferry_limits_get(
			    st, signers->id[i], &out->v[out->n++], err);
		if (rc == -1) {
			ferry_limits_clear(out);
			return -1;
		}
	}
	return 0;
}

void
ferry_limits_clear(struct ferry_limits *limits)
{

	for (size_t i = 0; i < limits->n; i++)
		json_decref(limits->v[i]);
	*limits = (struct ferry_limits){ 0 };
}

/* Whether a list, if there is one, has a pattern for name. */
static bool
is_listed(const json_t *list, const char *name,
    bool (*fits)(const char *pattern, const char *text))
{
	const json_t *pattern;
	size_t i;

	if (list == NULL)
		return true;
	json_array_foreach (list, i, pattern)
		if (json_is_string(pattern) &&
		    fits(json_string_value(pattern), name))
			return true;
	return false;
}

static bool
allows_upstream(const json_t *limits, const char *upstream)
{

	return is_listed(
	    json_object_get(limits, "upstreams"), upstream, ferry_glob);
}

static bool
allows(const json_t *limits, const struct ferry_key *key)
{

	return allows_upstream(limits, ferry_key_owner(key)) &&
	       (ferry_key_is(key, FERRY_KIND_UPSTREAM) ||
		   ferry_key_is(key, FERRY_KIND_ACCESS) ||
		   is_listed(json_object_get(limits, "packages"),
		       ferry_key_part(key, 2), ferry_glob_any_case));
}

bool
ferry_limits_allow(
    const struct ferry_limits *limits, const struct ferry_key *key)
{
	uint64_t n = 0;

	for (size_t i = 0; i < limits->n; i++)
		if (allows(limits->v[i], key))
			n++;
	return n >= limits->required;
}

bool
ferry_limits_allow_upstream(
    const struct ferry_limits *limits, const char *upstream)
{
	uint64_t n = 0;

	for (size_t i = 0; i < limits->n; i++)
		if (allows_upstream(limits->v[i], upstream))
			n++;
	return n >= limits->required;
}
