/* Which versions of a package are wanted, and what they depend on. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/json_span.h"
#include "store/format/npm/npm.h"
#include "store/format/semver/range.h"
#include "store/format/semver/semver.h"
#include "sync/upstream/npm/npm.h"

static int
unresolved(const struct npm_package *p, const struct npm_want *want,
    struct ferry_error *err)
{

	return ferry_error_set(err, FERRY_EUNRESOLVED,
	    "upstream has no version of '%s' for '%s', wanted by %s", p->name,
	    want->spec, want->by);
}

/* What npm install NAME@SPEC takes: a range, else a tag. */
static int
pick_one(struct npm_package *p, const struct npm_want *want,
    const struct ferry_npm_doc *doc, struct ferry_error *err)
{
	const struct ferry_npm_version *version = NULL, *latest = NULL;
	struct ferry_npm_candidate *candidates = NULL;
	struct ferry_semver_range *range = NULL;
	struct ferry_error why = FERRY_ERROR_INIT;
	size_t at = FERRY_NPM_NONE;
	char *tag = NULL;
	int rc = -1;

	if (ferry_semver_range_new(&range, ferry_bytes_str(want->spec),
		FERRY_SEMVER_LOOSE, &why) == -1) {
		if (ferry_npm_doc_tag(doc, want->spec, &tag, err) == -1)
			goto out;
		version = tag == NULL ? NULL : ferry_npm_doc_version(doc, tag);
	} else if (doc->n > 0) {
		if (ferry_npm_doc_tag(doc, "latest", &tag, err) == -1 ||
		    ferry_calloc(
			&candidates, doc->n, sizeof(*candidates), err) == -1)
			goto out;
		latest = tag == NULL ? NULL : ferry_npm_doc_version(doc, tag);
		for (size_t i = 0; i < doc->n; i++)
			candidates[i] = (struct ferry_npm_candidate){
				ferry_bytes_str(doc->versions[i].name),
				doc->versions[i].deprecated
			};
		at = ferry_npm_pick(range, candidates, doc->n,
		    latest == NULL ? FERRY_NPM_NONE
				   : (size_t)(latest - doc->versions));
		version = at == FERRY_NPM_NONE ? NULL : &doc->versions[at];
	}
	if (version == NULL)
		unresolved(p, want, err);
	else
		rc = npm_choose(p, want, doc, version, err);
out:
	free(tag);
	free(candidates);
	ferry_semver_range_free(range);
	return rc;
}

static int
by_version_down(const void *a, const void *b)
{
	const struct ferry_npm_version *const *x = a, *const *y = b;

	return ferry_npm_version_cmp(
	    ferry_bytes_str((*y)->name), ferry_bytes_str((*x)->name));
}

/* Every version of a range, or the newest of them. */
static int
pick_range(struct npm_package *p, const struct npm_want *want,
    const struct ferry_npm_doc *doc, struct ferry_error *err)
{
	const struct ferry_npm_version **found = NULL;
	struct ferry_semver_range *range = NULL;
	struct ferry_semver v, plain;
	struct ferry_error why;
	size_t n = 0;
	int rc = -1;

	if (ferry_semver_range_new(&range, ferry_bytes_str(want->spec),
		FERRY_SEMVER_LOOSE, err) == -1 ||
	    ferry_calloc(&found, doc->n + 1, sizeof(*found), err) == -1)
		goto out;
	for (size_t i = 0; i < doc->n; i++) {
		if (ferry_semver_parse(&v,
			ferry_bytes_str(doc->versions[i].name),
			FERRY_SEMVER_LOOSE, &why) == -1)
			continue;
		plain = v;
		plain.pre = ferry_bytes_of("", 0);
		if (ferry_semver_range_has(range, &v) ||
		    (want->prereleases && v.pre.n > 0 &&
			ferry_semver_range_has(range, &plain)))
			found[n++] = &doc->versions[i];
	}
	if (n == 0) {
		unresolved(p, want, err);
		goto out;
	}
	qsort(found, n, sizeof(*found), by_version_down);
	if (want->latest > 0 && n > want->latest)
		n = (size_t)want->latest;
	for (size_t i = 0; i < n; i++)
		if (npm_choose(p, want, doc, found[i], err) == -1)
			goto out;
	rc = 0;
out:
	free(found);
	ferry_semver_range_free(range);
	return rc;
}

static int
pick_exact(struct npm_package *p, const struct npm_want *want,
    const struct ferry_npm_doc *doc, struct ferry_error *err)
{
	const struct ferry_npm_version *version =
	    ferry_npm_doc_version(doc, want->spec);

	if (version == NULL)
		return unresolved(p, want, err);
	return npm_choose(p, want, doc, version, err);
}

int
npm_pick(struct npm_package *p, const struct ferry_npm_doc *doc,
    struct ferry_error *err)
{
	char item[320];
	int rc;

	/* Wants may grow meanwhile: a package can depend on itself. */
	for (size_t i = 0; i < p->wants_n; i++) {
		struct ferry_error why = FERRY_ERROR_INIT;
		struct npm_want want = p->wants[i];

		if (want.done)
			continue;
		p->wants[i].done = true;
		rc = want.kind == NPM_WANT_PICK ? pick_one(p, &want, doc, &why)
		     : want.kind == NPM_WANT_EXACT
		         ? pick_exact(p, &want, doc, &why)
		         : pick_range(p, &want, doc, &why);
		if (rc == 0)
			continue;
		if (why.code != FERRY_EUNRESOLVED) {
			*err = why;
			return -1;
		}
		(void)snprintf(
		    item, sizeof(item), "npm:%s@%s", p->name, want.spec);
		if (want.optional)
			ferry_run_skip(p->npm->run, item, why.text);
		else
			ferry_run_fail(p->npm->run, item, &why);
	}
	return 0;
}

/* Whether a peer is marked as optional. */
static bool
peer_optional(struct ferry_bytes object, const char *name)
{
	struct ferry_bytes meta, entry, optional;

	return ferry_span_get(object, "peerDependenciesMeta", &meta) &&
	       ferry_span_get(meta, name, &entry) &&
	       ferry_span_get(entry, "optional", &optional) &&
	       ferry_span_true(optional);
}

/* Whether a dependency travels inside the tarball; true means all do. */
static bool
is_bundled(struct ferry_bytes object, struct ferry_bytes name)
{
	static const char *const members[] = { "bundleDependencies",
		"bundledDependencies" };
	struct ferry_span_iter it;
	struct ferry_bytes list;

	for (size_t i = 0; i < 2; i++) {
		if (!ferry_span_get(object, members[i], &list))
			continue;
		if (ferry_span_true(list))
			return true;
		ferry_span_iter(&it, list);
		while (ferry_span_next(&it))
			if (ferry_span_type(it.value) == FERRY_SPAN_STRING &&
			    ferry_span_is(
				ferry_bytes_of(it.value.p + 1, it.value.n - 2),
				name))
				return true;
	}
	return false;
}

static int
depend_on(struct npm_package *p, const struct ferry_npm_version *version,
    const char *name, const char *spec_text, bool optional,
    struct ferry_error *err)
{
	struct npm_want want = {
		.kind = NPM_WANT_PICK, .closure = true, .optional = optional
	};
	struct ferry_error why = FERRY_ERROR_INIT;
	char *real = NULL, *spec_copy = NULL, by[300], text[600];
	struct ferry_npm_spec spec;
	int rc = -1;

	(void)snprintf(by, sizeof(by), "%s@%s", p->name, version->name);
	if (ferry_npm_spec_parse(&spec, ferry_bytes_str(name),
		ferry_bytes_str(spec_text), &why) == -1) {
		ferry_run_skip(p->npm->run, by, why.text);
		return 0;
	}
	if (spec.kind >= FERRY_NPM_SPEC_GIT) {
		(void)snprintf(text, sizeof(text),
		    "depends on %s at %.300s: %s is not in the registry", name,
		    spec_text, ferry_npm_spec_why(spec.kind));
		ferry_run_skip(p->npm->run, by, text);
		return 0;
	}
	if (ferry_strndup(&real, spec.name, err) == 0 &&
	    ferry_strndup(&spec_copy, spec.text, err) == 0) {
		want.spec = spec_copy;
		want.by = by;
		rc = npm_want(p->npm, real, &want, err);
	}
	free(real);
	free(spec_copy);
	return rc;
}

static int
depend_member(struct npm_package *p, const struct ferry_npm_version *version,
    const char *member, bool leave_out, struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT, spec = FERRY_BUF_INIT;
	struct ferry_error why = FERRY_ERROR_INIT;
	bool peer = strcmp(member, "peerDependencies") == 0;
	bool optional = strcmp(member, "optionalDependencies") == 0;
	struct ferry_bytes object, also;
	struct ferry_span_iter it;
	int rc = 0;

	if (!ferry_span_get(version->object, member, &object))
		return 0;
	ferry_span_iter(&it, object);
	while (rc == 0 && ferry_span_next(&it)) {
		ferry_buf_reset(&name);
		ferry_buf_reset(&spec);
		if (ferry_span_unescape(&name, it.name, &why) == -1 ||
		    ferry_span_string(&spec, it.value, &why) == -1 ||
		    name.n == 0)
			continue; /* npm passes over such entries, too. */
		if (!peer &&
		    is_bundled(version->object, ferry_bytes_buf(&name)))
			continue;
		if (peer && peer_optional(version->object, (char *)name.p))
			continue;
		/* An optional dependency stands in both lists. */
		if (!optional && !peer &&
		    ferry_span_get(
			version->object, "optionalDependencies", &also) &&
		    ferry_span_get(also, (char *)name.p, &also))
			continue;
		rc = depend_on(p, version, (char *)name.p,
		    spec.p == NULL ? "" : (char *)spec.p, optional || leave_out,
		    err);
	}
	ferry_buf_free(&name);
	ferry_buf_free(&spec);
	return rc;
}

int
npm_depend(struct npm_package *p, const struct ferry_npm_version *version,
    bool optional, struct ferry_error *err)
{

	if (depend_member(p, version, "dependencies", optional, err) == -1 ||
	    (p->npm->optional &&
		depend_member(
		    p, version, "optionalDependencies", optional, err) == -1) ||
	    (p->npm->peers && depend_member(p, version, "peerDependencies",
				  optional, err) == -1))
		return -1;
	return 0;
}
