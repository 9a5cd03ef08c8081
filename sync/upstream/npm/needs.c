#include "sync/upstream/npm/needs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/format/npm/npm.h"
#include "sync/upstream/npm/npm.h"
#include "sync/upstream/package/packages.h"

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

/* How a dependency is one. */
enum how { REQUIRED, OPTIONAL, BESIDE };

static int
add_need(struct ferry_needs *needs, const char *name, const char *spec,
    enum how how, struct ferry_error *err)
{

	return how == BESIDE
	           ? ferry_needs_beside(needs, name, spec, err)
	           : ferry_needs_add(needs, name, spec,
			 how == OPTIONAL ? FERRY_NEEDED_IF_THERE : FERRY_NEEDED,
			 err);
}

static int
need_one(struct ferry_needs *needs, const char *name, const char *spec_text,
    enum how how, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	char *real = NULL, *spec_copy = NULL, text[600];
	struct ferry_npm_spec spec;
	int rc = -1;

	if (ferry_npm_spec_parse(&spec, ferry_bytes_str(name),
		ferry_bytes_str(spec_text), &why) == -1) {
		if (how != BESIDE)
			ferry_needs_skip(needs, NULL, why.text);
		return 0;
	}
	if (spec.kind >= FERRY_NPM_SPEC_GIT) {
		if (how == BESIDE)
			return 0;
		(void)snprintf(text, sizeof(text),
		    "depends on %s at %.300s: %s is not in the registry", name,
		    spec_text, ferry_npm_spec_why(spec.kind));
		ferry_needs_skip(needs, NULL, text);
		return 0;
	}
	if (ferry_strndup(&real, spec.name, err) == 0 &&
	    ferry_strndup(&spec_copy, spec.text, err) == 0)
		rc = add_need(needs, real, spec_copy, how, err);
	free(real);
	free(spec_copy);
	return rc;
}

/*
 * An optional peer is nothing that npm would install, but where its name is
 * installed it must be a version that fits: npm nests or replaces then.
 */
static int
need_member(struct ferry_needs *needs, struct ferry_bytes version,
    const char *member, struct ferry_error *err)
{
	const struct npm *npm = needs->packages->state;
	struct ferry_buf name = FERRY_BUF_INIT, spec = FERRY_BUF_INIT;
	struct ferry_error why = FERRY_ERROR_INIT;
	bool peer = strcmp(member, "peerDependencies") == 0;
	bool optional = strcmp(member, "optionalDependencies") == 0;
	struct ferry_bytes object, also;
	struct ferry_span_iter it;
	int rc = 0;

	if (!ferry_span_get(version, member, &object))
		return 0;
	ferry_span_iter(&it, object);
	while (rc == 0 && ferry_span_next(&it)) {
		ferry_buf_reset(&name);
		ferry_buf_reset(&spec);
		if (ferry_span_unescape(&name, it.name, &why) == -1 ||
		    ferry_span_string(&spec, it.value, &why) == -1 ||
		    name.n == 0)
			continue; /* npm passes over such entries, too. */
		if (!peer && !npm->bundled &&
		    is_bundled(version, ferry_bytes_buf(&name)))
			continue;
		/* An optional dependency stands in both lists. */
		if (!optional && !peer &&
		    ferry_span_get(version, "optionalDependencies", &also) &&
		    ferry_span_get(also, (char *)name.p, &also))
			continue;
		rc = need_one(needs, (char *)name.p,
		    spec.p == NULL ? "" : (char *)spec.p,
		    peer && peer_optional(version, (char *)name.p) ? BESIDE
		    : optional                                     ? OPTIONAL
								   : REQUIRED,
		    err);
	}
	ferry_buf_free(&name);
	ferry_buf_free(&spec);
	return rc;
}

static bool
is_word(uint8_t c)
{

	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

static bool
has_word(struct ferry_bytes text, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= text.n; i++)
		if (memcmp(text.p + i, word, n) == 0 &&
		    (i == 0 || !is_word(text.p[i - 1])) &&
		    (i + n == text.n || !is_word(text.p[i + n])))
			return true;
	return false;
}

/* Whether a script of the version builds with node-gyp, as yarn sees it. */
static bool
builds_with_gyp(struct ferry_bytes version)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_bytes scripts;
	struct ferry_span_iter it;
	bool found = false;

	if (!ferry_span_get(version, "scripts", &scripts))
		return false;
	ferry_span_iter(&it, scripts);
	while (!found && ferry_span_next(&it)) {
		ferry_buf_reset(&text);
		found =
		    ferry_span_type(it.value) == FERRY_SPAN_STRING &&
		    ferry_span_string(&text, it.value, &ignored) == 0 &&
		    (has_word(ferry_bytes_buf(&text), "node-gyp") ||
			has_word(ferry_bytes_buf(&text), "prebuild-install"));
	}
	ferry_buf_free(&text);
	return found;
}

/*
 * yarn 2 and later adds node-gyp@latest to what is built with it and does not
 * say so, for every platform: a project with fsevents cannot be resolved without.
 * npm brings one of its own.
 * Source: yarn 4.18.1, NpmSemverResolver: scripts that match
 *     /\b(node-gyp|prebuild-install)\b/, and node-gyp is neither in dependencies,
 *     where it has optional ones, too, nor in peerDependencies.
 */
static int
need_gyp(struct ferry_needs *needs, struct ferry_bytes version,
    struct ferry_error *err)
{
	static const char *const members[] = { "dependencies",
		"optionalDependencies", "peerDependencies" };
	struct ferry_bytes object;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (ferry_span_get(version, members[i], &object) &&
		    ferry_span_get(object, "node-gyp", &object))
			return 0;
	return !builds_with_gyp(version)
	           ? 0
	           : add_need(needs, "node-gyp", "latest", OPTIONAL, err);
}

int
ferry_npm_needs(struct ferry_needs *needs, const struct ferry_version_at *at,
    struct ferry_error *err)
{
	const struct npm *npm = at->packages->state;
	struct ferry_bytes version = at->listed->object;

	if (need_member(needs, version, "dependencies", err) == -1 ||
	    (npm->optional && need_member(needs, version,
				  "optionalDependencies", err) == -1) ||
	    (npm->peers &&
		need_member(needs, version, "peerDependencies", err) == -1) ||
	    (npm->node_gyp && need_gyp(needs, version, err) == -1))
		return -1;
	return 0;
}
