#ifndef FERRY_STORE_FORMAT_NPM_NPM_H
#define FERRY_STORE_FORMAT_NPM_NPM_H

/*
 * npm: names of packages, order of versions, what a dependency asks for and
 * which version a client chooses for it.
 *
 * Source: store/format/npm/PROTOCOL.md, sections 1 and 8.
 */

#include <stdbool.h>
#include <stddef.h>

#include "store/base/bytes.h"

struct ferry_error;
struct ferry_semver_range;

#define FERRY_NPM_NAME_MAX 214

/*
 * Whether name may be a package's: "name" or "@scope/name", as npm accepts
 * for packages that exist (so with upper case and with ~'!()*), and nothing
 * that could be taken for a folder or for a part of the registry's protocol.
 *
 * Source: npm/validate-npm-package-name 7.0.2, "validForOldPackages".  Refused
 *     besides: more than 214 bytes; a scope that starts with "."; a name "-"
 *     behind a scope, which would read as "/-/" in URLs.  Accepted besides:
 *     "-" alone, a package that exists and that others depend on by mistake.
 */
bool ferry_npm_name_valid(struct ferry_bytes name);

/* What follows the scope; the name of the tarball starts with it.  Borrowed. */
struct ferry_bytes ferry_npm_name_base(struct ferry_bytes name);

/* A version as a packument names it: loose, but without blanks, "v", "=". */
bool ferry_npm_version_valid(struct ferry_bytes version);
bool ferry_npm_version_prerelease(struct ferry_bytes version);
/*
 * A total order: precedence, then bytes (for build metadata); what is no
 * version comes first.
 */
int ferry_npm_version_cmp(struct ferry_bytes a, struct ferry_bytes b);

/* A version of a package that could be chosen. */
struct ferry_npm_candidate {
	struct ferry_bytes version;
	bool deprecated; /* "deprecated" is neither false, null nor "" */
};
#define FERRY_NPM_NONE ((size_t)-1)

/*
 * Choose from the n candidates the version that npm installs for range.
 * latest is the index of what the tag `latest` names, or FERRY_NPM_NONE.  It
 * is chosen if it satisfies and is not deprecated; otherwise the highest that
 * satisfies, where one that is not deprecated comes before all that are.
 *
 * Returns: the index, or FERRY_NPM_NONE.
 * Source: npm/npm-pick-manifest 11.0.3, without its filters by engine, time,
 *     policy and audit.  A tag other than an implied `latest` is not a range:
 *     it gives the version that it names, or none.
 */
size_t ferry_npm_pick(const struct ferry_semver_range *range,
    const struct ferry_npm_candidate *candidates, size_t n, size_t latest);

/* What the value of a member of "dependencies" asks for. */
enum ferry_npm_spec_kind {
	FERRY_NPM_SPEC_RANGE, /* text is a loose range, maybe one version */
	FERRY_NPM_SPEC_TAG, /* text is a dist-tag */
	/* From here on: not in a registry, so a mirror cannot have it. */
	FERRY_NPM_SPEC_GIT, /* git+ssh://..., github:u/r, u/r */
	FERRY_NPM_SPEC_URL, /* http(s)://... */
	FERRY_NPM_SPEC_FILE, /* file:..., link:..., ../x, x.tgz */
	FERRY_NPM_SPEC_WORKSPACE, /* workspace:..., of the same project */
	FERRY_NPM_SPEC_OTHER /* a protocol that npm does not know */
};

struct ferry_npm_spec {
	enum ferry_npm_spec_kind kind;
	struct ferry_bytes name; /* the real package: an alias's, or as given */
	struct ferry_bytes text; /* range or tag; otherwise all of spec */
	bool alias; /* spec was "npm:name@text" */
};

/*
 * Read the dependency `name: spec`.
 *
 * Lifetime: the views of out are borrowed from name, spec and constants.
 * Errors: FERRY_EFORMAT (neither a range nor what a tag may be; a malformed or
 *     nested alias, or one to something outside a registry; a name that is not
 *     valid), FERRY_ELIMIT, FERRY_ENOMEM.
 * Source: npm/npm-package-arg 13.0.2, resolve().  http(s) URLs of hosting
 *     sites that npm would clone are _URL here: no mirror can have either.
 */
int ferry_npm_spec_parse(struct ferry_npm_spec *out, struct ferry_bytes name,
    struct ferry_bytes spec, struct ferry_error *err);

/* "a git dependency" and so on, for reports; kinds from _GIT on. */
const char *ferry_npm_spec_why(enum ferry_npm_spec_kind kind);

/* For the table of formats: what clients call a package of GitHub's; its
 * owner's scope. */
int ferry_npm_github_name(struct ferry_buf *out, const char *owner,
    const char *name, struct ferry_error *err);
int ferry_npm_github_scope(
    struct ferry_buf *out, const char *owner, struct ferry_error *err);

#endif
