/*
 * yarn.lock of yarn 2 and later ("berry"): YAML.
 *
 *	"a@npm:^1, x@npm:a@^1.0.0":
 *	  version: 1.2.3
 *	  resolution: "a@npm:1.2.3"
 *	  checksum: 10c0/...
 *
 * The resolution says all: the real name, the protocol, and bindings behind
 * "::".  The checksum is of yarn's own archive and says nothing of the
 * tarball.  What is optional depends on who needs it, and is not told here.
 *
 * Source: yarnpkg/berry packages/yarnpkg-core/sources: structUtils.ts
 *     (tryParseLocator, parseRange), Project.ts (setupResolutions,
 *     generateLockfile); plugin-npm NpmSemverFetcher.ts (__archiveUrl);
 *     plugin-patch, plugin-file, plugin-exec, plugin-git.
 * Observed: versions 6 (yarn 3.8), 8 (4.0) and 10 (4.18); yarnpkg/zpm, the
 *     coming yarn 6, writes JSON with version 9.
 */

#include "sync/select/lock/kind.h"

#include <string.h>

#include "store/base/error.h"
#include "sync/select/lock/lock.h"
#include "sync/select/yaml.h"

#define VERSION_MIN 4
#define VERSION_MAX 10
#define PATCHES_MAX 8 /* of patched packages */

struct reader {
	struct ferry_lock_out out;
	struct ferry_buf inner; /* the locator that a patch is for */
	struct ferry_buf url;
};

static struct ferry_bytes
from(struct ferry_bytes s, size_t n)
{

	return ferry_bytes_of(s.p + n, s.n - n);
}

/* What stands before the first of s, or all. */
static struct ferry_bytes
before(struct ferry_bytes text, const char *s)
{
	const uint8_t *at =
	    text.n == 0 ? NULL : memmem(text.p, text.n, s, strlen(s));

	return at == NULL ? text
	                  : ferry_bytes_of(text.p, (size_t)(at - text.p));
}

/* "name@reference".  Returns whether it is of that form. */
static bool
split(struct ferry_bytes locator, struct ferry_bytes *name,
    struct ferry_bytes *reference)
{
	const uint8_t *at =
	    locator.n < 2 ? NULL : memchr(locator.p + 1, '@', locator.n - 1);

	if (at == NULL)
		return false;
	*name = ferry_bytes_of(locator.p, (size_t)(at - locator.p));
	*reference = from(locator, name->n + 1);
	return reference->n > 0;
}

/* The URL among the bindings "a=b&__archiveUrl=https%3A...", into r->url. */
static int
read_url(struct reader *r, struct ferry_bytes bindings, struct ferry_error *err)
{
	static const char key[] = "__archiveUrl=";

	ferry_buf_reset(&r->url);
	while (bindings.n > 0) {
		struct ferry_bytes one = before(bindings, "&");

		if (ferry_bytes_starts(one, key))
			return ferry_url_decode(
			    &r->url, from(one, sizeof(key) - 1), err);
		bindings =
		    from(bindings, one.n < bindings.n ? one.n + 1 : one.n);
	}
	return 0;
}

/* rest is what follows "npm:": "1.2.3", perhaps with bindings. */
static int
read_npm(struct reader *r, struct ferry_bytes name, struct ferry_bytes rest,
    struct ferry_error *err)
{
	struct ferry_lock_entry e = { .name = name };

	e.version = before(rest, "::");
	if (e.version.n < rest.n &&
	    read_url(r, from(rest, e.version.n + 2), err) == -1)
		return -1;
	if (e.version.n < rest.n)
		e.resolved = ferry_bytes_buf(&r->url);
	return ferry_lock_found(&r->out, &e, err);
}

/* Not of a registry, and no patch. */
static int
read_other(struct reader *r, struct ferry_bytes name,
    struct ferry_bytes reference, struct ferry_error *err)
{
	struct ferry_bytes what = before(reference, "::");
	struct ferry_bytes path = before(what, "#");
	enum ferry_npm_spec_kind kind = ferry_lock_spec_kind(what);

	if (ferry_bytes_starts(what, "workspace:") ||
	    ferry_bytes_starts(what, "link:") ||
	    ferry_bytes_starts(what, "portal:") ||
	    ferry_bytes_starts(what, "virtual:") ||
	    (ferry_bytes_starts(what, "file:") && !ferry_lock_is_tarball(path)))
		return 0;
	if (ferry_bytes_starts(what, "exec:"))
		return ferry_lock_lost(&r->out, name, path,
		    "made by a script of the project", err);
	if (kind == FERRY_NPM_SPEC_FILE)
		what = path;
	else if (memmem(what.p + path.n, what.n - path.n, "commit=", 7) != NULL)
		kind = FERRY_NPM_SPEC_GIT;
	else if (kind < FERRY_NPM_SPEC_GIT)
		kind = FERRY_NPM_SPEC_OTHER;
	return ferry_lock_lost(
	    &r->out, name, what, ferry_npm_spec_why(kind), err);
}

static int
read_reference(struct reader *r, struct ferry_bytes name,
    struct ferry_bytes reference, struct ferry_error *err)
{

	if (ferry_bytes_starts(reference, "npm:"))
		return read_npm(r, name, from(reference, 4), err);
	return read_other(r, name, reference, err);
}

/*
 * A patch is of the project, what it is for seldom: "patch:LOCATOR#PATCHES",
 * encoded, where the locator may be of a patch again.  Its own entry need not
 * be there.
 */
static int
read_locator(
    struct reader *r, struct ferry_bytes locator, struct ferry_error *err)
{
	struct ferry_buf decoded = FERRY_BUF_INIT;
	struct ferry_bytes name, reference, source;
	int rc = -1;

	for (unsigned i = 0; split(locator, &name, &reference); i++) {
		if (!ferry_bytes_starts(reference, "patch:")) {
			rc = read_reference(r, name, reference, err);
			goto out;
		}
		if (i == PATCHES_MAX) {
			ferry_error_set(err, FERRY_ELIMIT,
			    "a patch of more than %d patches", PATCHES_MAX);
			goto out;
		}
		source = before(before(from(reference, 6), "::"), "#");
		ferry_buf_reset(&decoded);
		ferry_buf_reset(&r->inner);
		if (ferry_url_decode(&decoded, source, err) == -1 ||
		    ferry_buf_add(&r->inner, decoded.p, decoded.n, err) == -1)
			goto out;
		locator = ferry_bytes_buf(&r->inner);
	}
	ferry_error_set(err, FERRY_EFORMAT,
	    "'%.*s' is not a package with a version",
	    (int)(locator.n < 100 ? locator.n : 100), (const char *)locator.p);
out:
	ferry_buf_free(&decoded);
	return rc;
}

static int
check_version(const struct ferry_yaml_node *root, struct ferry_error *err)
{
	const struct ferry_yaml_node *metadata =
	    ferry_yaml_get(root, "__metadata");
	struct ferry_bytes text =
	    ferry_yaml_text(ferry_yaml_get(metadata, "version"));
	struct ferry_error own = FERRY_ERROR_INIT;
	uint64_t version;

	if (metadata == NULL)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "not a lock file of yarn: it has no __metadata");
	if (ferry_parse_u64(text, VERSION_MIN, VERSION_MAX, &version, &own) ==
	    -1)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "line %u: the version in __metadata is '%.*s', ferry reads "
		    "%d to %d",
		    metadata->line, (int)(text.n < 40 ? text.n : 40),
		    (const char *)text.p, VERSION_MIN, VERSION_MAX);
	return 0;
}

static int
read_root(struct reader *r, const struct ferry_yaml_node *root,
    struct ferry_error *err)
{
	struct ferry_yaml_iter it;

	if (check_version(root, err) == -1)
		return -1;
	ferry_yaml_iter(&it, root);
	while (ferry_yaml_iter_next(&it)) {
		if (ferry_yaml_is(it.key, "__metadata"))
			continue;
		if (read_locator(r,
			ferry_yaml_text(ferry_yaml_get(it.value, "resolution")),
			err) == -1)
			return ferry_error_in(err, "line %u", it.key->line);
	}
	return 0;
}

int
ferry_lock_berry(struct ferry_bytes text, const struct ferry_lock_sink *sink,
    struct ferry_error *err)
{
	struct reader r = { .out = { .sink = sink } };
	const struct ferry_yaml_node *root = NULL;
	struct ferry_yaml *y = NULL;
	int rc;

	if (text.n > 0 && text.p[0] == '{')
		return ferry_error_set(err, FERRY_EFORMAT,
		    "line 1: JSON, as yarn 6 writes it; ferry reads lock files "
		    "of yarn 1 to 4");
	if (ferry_yaml_new(&y, text, err) == -1)
		return -1;
	rc = ferry_yaml_next(y, &root, err);
	if (rc != -1)
		rc = read_root(&r, root, err);
	ferry_yaml_free(y);
	ferry_lock_out_free(&r.out);
	ferry_buf_free(&r.inner);
	ferry_buf_free(&r.url);
	return rc;
}
