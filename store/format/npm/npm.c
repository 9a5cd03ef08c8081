#include "store/format/npm/npm.h"

#include <string.h>
#include <strings.h>

#include "store/base/error.h"
#include "store/format/semver/range.h"
#include "store/format/semver/semver.h"

/* What encodeURIComponent() of JavaScript leaves as it is. */
static bool
is_plain(struct ferry_bytes s)
{

	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			(c >= 'A' && c <= 'Z') ||
			(c != 0 && strchr("-_.!~*'()", c) != NULL)))
			return false;
	}
	return s.n > 0;
}

static bool
starts_nocase(struct ferry_bytes s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && strncasecmp((const char *)s.p, prefix, n) == 0;
}

static bool
ends_nocase(struct ferry_bytes s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.n >= n &&
	       strncasecmp((const char *)s.p + s.n - n, suffix, n) == 0;
}

static bool
is_nocase(struct ferry_bytes s, const char *word)
{

	return s.n == strlen(word) && starts_nocase(s, word);
}

struct ferry_bytes
ferry_npm_name_base(struct ferry_bytes name)
{
	const uint8_t *slash;

	if (name.n == 0 || *name.p != '@' ||
	    (slash = memchr(name.p, '/', name.n)) == NULL)
		return name;
	return ferry_bytes_of(slash + 1, (size_t)(name.p + name.n - slash) - 1);
}

bool
ferry_npm_name_valid(struct ferry_bytes name)
{
	struct ferry_bytes base = ferry_npm_name_base(name), scope;

	if (name.n > FERRY_NPM_NAME_MAX || !is_plain(base) || *base.p == '.')
		return false;
	if (base.n == name.n)
		return (*base.p != '-' || base.n == 1) && *base.p != '_' &&
		       !is_nocase(base, "node_modules") &&
		       !is_nocase(base, "favicon.ico");
	scope = ferry_bytes_of(name.p + 1, name.n - base.n - 2);
	return is_plain(scope) && *scope.p != '.' && !ferry_bytes_is(base, "-");
}

static bool
parse_version(struct ferry_semver *out, struct ferry_bytes version)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	return ferry_semver_parse(out, version, FERRY_SEMVER_LOOSE, &err) == 0;
}

bool
ferry_npm_version_valid(struct ferry_bytes version)
{
	struct ferry_semver v;

	/* Only digits and what ends an identifier: no blanks at either end. */
	return version.n > 0 && *version.p >= '0' && *version.p <= '9' &&
	       version.p[version.n - 1] > ' ' &&
	       version.p[version.n - 1] < 0x7f && parse_version(&v, version);
}

bool
ferry_npm_version_prerelease(struct ferry_bytes version)
{
	struct ferry_semver v;

	return parse_version(&v, version) && v.pre.n > 0;
}

int
ferry_npm_version_cmp(struct ferry_bytes a, struct ferry_bytes b)
{
	struct ferry_semver x, y;
	bool xok = parse_version(&x, a), yok = parse_version(&y, b);
	int c = 0;

	if (xok != yok)
		return xok ? 1 : -1;
	if (xok)
		c = ferry_semver_cmp(&x, &y);
	return c != 0 ? c : ferry_bytes_cmp(a, b);
}

size_t
ferry_npm_pick(const struct ferry_semver_range *range,
    const struct ferry_npm_candidate *candidates, size_t n, size_t latest)
{
	size_t best = FERRY_NPM_NONE;
	struct ferry_semver v, high;

	if (latest < n && !candidates[latest].deprecated &&
	    parse_version(&v, candidates[latest].version) &&
	    (ferry_semver_range_star(range) ||
		ferry_semver_range_has(range, &v)))
		return latest;
	for (size_t i = 0; i < n; i++) {
		bool better = best == FERRY_NPM_NONE;

		if (!parse_version(&v, candidates[i].version) ||
		    !ferry_semver_range_has(range, &v))
			continue;
		if (!better &&
		    candidates[i].deprecated != candidates[best].deprecated)
			better = candidates[best].deprecated;
		else if (!better)
			better = ferry_semver_cmp(&v, &high) > 0;
		if (better) {
			best = i;
			high = v;
		}
	}
	return best;
}

/* "user/repository", perhaps with "#branch": short for one at a host. */
static bool
is_shorthand(struct ferry_bytes s)
{
	const uint8_t *hash = memchr(s.p, '#', s.n), *slash;
	size_t n = hash == NULL ? s.n : (size_t)(hash - s.p);

	if (n == 0 || *s.p == '/' || *s.p == '.' ||
	    memchr(s.p, '@', n) != NULL || memchr(s.p, ' ', n) != NULL ||
	    memchr(s.p, ':', n) != NULL ||
	    (slash = memchr(s.p, '/', n)) == NULL)
		return false;
	n -= (size_t)(slash - s.p) + 1;
	return n > 0 && memchr(slash + 1, '/', n) == NULL;
}

/* "git@host:path" */
static bool
is_scp(struct ferry_bytes s)
{
	const uint8_t *at = memchr(s.p, '@', s.n);
	const uint8_t *colon = memchr(s.p, ':', s.n);
	const uint8_t *slash = memchr(s.p, '/', s.n);

	return at != NULL && colon != NULL && at > s.p && at < colon &&
	       (slash == NULL || colon < slash);
}

/* Letters, "+" and "-" up to a colon. */
static bool
has_protocol(struct ferry_bytes s)
{
	size_t i = 0;

	while (i < s.n && (((s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'z') ||
			      (i > 0 && (s.p[i] == '+' || s.p[i] == '-'))))
		i++;
	return i > 0 && i < s.n && s.p[i] == ':';
}

static bool
is_tarball(struct ferry_bytes s)
{

	return ends_nocase(s, ".tgz") || ends_nocase(s, ".tar.gz") ||
	       ends_nocase(s, ".tar");
}

static bool
is_file(struct ferry_bytes s)
{

	return s.n > 0 && (starts_nocase(s, "file:") || *s.p == '.' ||
			      *s.p == '/' || ferry_bytes_starts(s, "~/") ||
			      (s.n > 1 && s.p[1] == ':' && (*s.p | 32) >= 'a' &&
				  (*s.p | 32) <= 'z'));
}

/* Protocols, in the order in which they are looked for. */
static const struct {
	const char *prefix;
	enum ferry_npm_spec_kind kind;
} protocols[] = {
	{ "http:", FERRY_NPM_SPEC_URL },
	{ "https:", FERRY_NPM_SPEC_URL },
	{ "git+", FERRY_NPM_SPEC_GIT },
	{ "git:", FERRY_NPM_SPEC_GIT },
	{ "ssh:", FERRY_NPM_SPEC_GIT },
	{ "github:", FERRY_NPM_SPEC_GIT },
	{ "gitlab:", FERRY_NPM_SPEC_GIT },
	{ "bitbucket:", FERRY_NPM_SPEC_GIT },
	{ "gist:", FERRY_NPM_SPEC_GIT },
	{ "sourcehut:", FERRY_NPM_SPEC_GIT },
	{ "workspace:", FERRY_NPM_SPEC_WORKSPACE },
	/* Of yarn and pnpm; met in what people publish by mistake. */
	{ "link:", FERRY_NPM_SPEC_FILE },
	{ "portal:", FERRY_NPM_SPEC_FILE },
};

/* Whether spec lies outside a registry, and then its kind. */
static bool
outside(enum ferry_npm_spec_kind *kind, struct ferry_bytes spec)
{

	if (spec.n == 0)
		return false;
	if (is_file(spec)) {
		*kind = FERRY_NPM_SPEC_FILE;
		return true;
	}
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (starts_nocase(spec, protocols[i].prefix)) {
			*kind = protocols[i].kind;
			return true;
		}
	if (is_scp(spec) || is_shorthand(spec))
		*kind = FERRY_NPM_SPEC_GIT;
	else if (has_protocol(spec))
		*kind = FERRY_NPM_SPEC_OTHER;
	else if (memchr(spec.p, '/', spec.n) != NULL || is_tarball(spec))
		*kind = FERRY_NPM_SPEC_FILE;
	else
		return false;
	return true;
}

static int
from_registry(struct ferry_npm_spec *out, struct ferry_bytes spec,
    struct ferry_error *err)
{
	struct ferry_error own = FERRY_ERROR_INIT;
	struct ferry_semver_range *range = NULL;
	int rc;

	out->text = spec = ferry_bytes_trim(spec);
	rc = ferry_semver_range_new(&range, spec, FERRY_SEMVER_LOOSE, &own);
	ferry_semver_range_free(range);
	if (rc == 0) {
		out->kind = FERRY_NPM_SPEC_RANGE;
		return 0;
	}
	if (own.code != FERRY_EFORMAT) {
		*err = own;
		return -1;
	}
	if (!is_plain(spec))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "'%.*s' is neither a version range nor a tag",
		    (int)(spec.n < 200 ? spec.n : 200), (const char *)spec.p);
	out->kind = FERRY_NPM_SPEC_TAG;
	return 0;
}

/* s is what follows "npm:". */
static int
from_alias(
    struct ferry_npm_spec *out, struct ferry_bytes s, struct ferry_error *err)
{
	const uint8_t *at = s.n == 0 ? NULL : memchr(s.p + 1, '@', s.n - 1);
	struct ferry_bytes spec = ferry_bytes_str("*");

	out->alias = true;
	out->name = s;
	if (at != NULL) {
		size_t n = (size_t)(at - s.p);

		out->name = ferry_bytes_of(s.p, n);
		if (n + 1 < s.n)
			spec = ferry_bytes_of(at + 1, s.n - n - 1);
	}
	if (!ferry_npm_name_valid(out->name))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "the alias 'npm:%.*s' does not name a package",
		    (int)(s.n < 200 ? s.n : 200), (const char *)s.p);
	if (starts_nocase(spec, "npm:") || outside(&out->kind, spec))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "the alias 'npm:%.*s' does not name a package of a "
		    "registry",
		    (int)(s.n < 200 ? s.n : 200), (const char *)s.p);
	return from_registry(out, spec, err);
}

int
ferry_npm_spec_parse(struct ferry_npm_spec *out, struct ferry_bytes name,
    struct ferry_bytes spec, struct ferry_error *err)
{
	struct ferry_npm_spec s = { FERRY_NPM_SPEC_RANGE, name, spec, false };
	int rc = 0;

	if (!ferry_npm_name_valid(name))
		rc = ferry_error_set(err, FERRY_EFORMAT,
		    "'%.*s' is not a package name",
		    (int)(name.n < 250 ? name.n : 250), (const char *)name.p);
	else if (starts_nocase(spec, "npm:"))
		rc =
		    from_alias(&s, ferry_bytes_of(spec.p + 4, spec.n - 4), err);
	else if (!outside(&s.kind, spec))
		rc = from_registry(&s, spec, err);
	if (rc == 0)
		*out = s;
	return rc;
}

const char *
ferry_npm_spec_why(enum ferry_npm_spec_kind kind)
{

	switch (kind) {
	case FERRY_NPM_SPEC_GIT:
		return "a git dependency";
	case FERRY_NPM_SPEC_URL:
		return "a tarball outside the registry";
	case FERRY_NPM_SPEC_FILE:
		return "a file of the project";
	case FERRY_NPM_SPEC_WORKSPACE:
		return "a workspace of the project";
	case FERRY_NPM_SPEC_RANGE:
	case FERRY_NPM_SPEC_TAG:
	case FERRY_NPM_SPEC_OTHER:
		break;
	}
	return "a kind of dependency that npm does not know";
}

int
ferry_npm_github_name(struct ferry_buf *out, const char *owner,
    const char *name, struct ferry_error *err)
{

	return *name == '@' ? ferry_buf_adds(out, name, err)
	                    : ferry_buf_addf(out, err, "@%s/%s", owner, name);
}

int
ferry_npm_github_scope(
    struct ferry_buf *out, const char *owner, struct ferry_error *err)
{

	return ferry_buf_addf(out, err, "@%s/*", owner);
}
