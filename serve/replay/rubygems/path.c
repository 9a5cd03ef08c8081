#include "serve/replay/rubygems/path.h"

#include <stdio.h>
#include <string.h>

#include "serve/replay/call.h"
#include "store/format/rubygems/gem.h"

static const char *const file_ends[] = { ".gem", ".gemspec.rz",
	".attestations.json" };

bool
ferry_gem_is_list(enum ferry_gem_kind kind)
{

	return kind >= FERRY_GEM_VERSIONS && kind <= FERRY_GEM_PRERELEASE_SPECS;
}

static bool
copy(char *out, size_t room, const char *s, size_t n)
{

	if (n == 0 || n >= room)
		return false;
	memcpy(out, s, n);
	out[n] = 0;
	return true;
}

/* s without start in front and end behind; *n is 0 if it has not both. */
static const char *
between(const char *s, const char *start, const char *end, size_t *n)
{
	size_t a = strlen(start), b = strlen(end), all = strlen(s);

	*n = 0;
	if (all <= a + b || strncmp(s, start, a) != 0 ||
	    strcmp(s + all - b, end) != 0)
		return s;
	*n = all - a - b;
	return s + a;
}

/* A gem's own name, without a slash, as that of r's package. */
static bool
set_package(struct ferry_resource *r, const char *s, size_t n)
{
	struct ferry_bytes name = ferry_bytes_of(s, n);

	if (n == 0 || memchr(s, '/', n) != NULL || !ferry_gem_name_valid(name))
		return false;
	r->action = FERRY_ACTION_READ;
	return (size_t)snprintf(r->package, sizeof(r->package), "%s%s%.*s",
		   r->origin, r->origin[0] == 0 ? "" : "/", (int)n,
		   s) < sizeof(r->package);
}

/* One of several that differ in what is around the name. */
static bool
parse_named(struct ferry_resource *r, const char *s)
{
	static const struct {
		const char *start, *end;
		enum ferry_gem_kind kind;
	} rows[] = {
		{ "info/", "", FERRY_GEM_INFO },
		{ "api/v1/gems/", ".json", FERRY_GEM_API_GEM },
		{ "api/v1/versions/", "/latest.json", FERRY_GEM_API_LATEST },
		{ "api/v1/versions/", ".json", FERRY_GEM_API_VERSIONS },
	};
	size_t n;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *name = between(s, rows[i].start, rows[i].end, &n);

		if (n > 0 && memchr(name, '/', n) == NULL) {
			r->kind = (int)rows[i].kind;
			return set_package(r, name, n);
		}
	}
	return false;
}

/* A file of a version: what it is called in the records. */
static bool
parse_file(struct ferry_resource *r, const char *s)
{
	static const struct {
		const char *start, *end;
	} rows[] = {
		{ "gems/", ".gem" },
		{ "quick/Marshal.4.8/", ".gemspec.rz" },
		{ "api/v1/attestations/", ".json" },
	};
	size_t n;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *name = between(s, rows[i].start, rows[i].end, &n);

		if (n == 0 || memchr(name, '/', n) != NULL)
			continue;
		r->kind = FERRY_GEM_FILE;
		r->action = FERRY_ACTION_READ;
		return (size_t)snprintf(r->item, sizeof(r->item), "%.*s%s",
			   (int)n, name, file_ends[i]) < sizeof(r->item);
	}
	return false;
}

/* What belongs to all gems. */
static bool
parse_whole(struct ferry_resource *r, const char *s)
{
	static const struct {
		const char *path;
		enum ferry_gem_kind kind;
		enum ferry_action action;
	} rows[] = {
		{ "", FERRY_GEM_ROOT, FERRY_ACTION_SERVICE },
		{ "versions", FERRY_GEM_VERSIONS, FERRY_ACTION_LIST },
		{ "names", FERRY_GEM_NAMES, FERRY_ACTION_LIST },
		{ "specs.4.8.gz", FERRY_GEM_SPECS, FERRY_ACTION_LIST },
		{ "latest_specs.4.8.gz", FERRY_GEM_LATEST_SPECS,
		    FERRY_ACTION_LIST },
		{ "prerelease_specs.4.8.gz", FERRY_GEM_PRERELEASE_SPECS,
		    FERRY_ACTION_LIST },
		{ "api/v1/search.json", FERRY_GEM_API_SEARCH,
		    FERRY_ACTION_LIST },
		{ "api/v1/dependencies", FERRY_GEM_API_DEPENDENCIES,
		    FERRY_ACTION_SERVICE },
		{ "api/v1/dependencies.json", FERRY_GEM_API_DEPENDENCIES,
		    FERRY_ACTION_SERVICE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(s, rows[i].path) == 0) {
			r->kind = (int)rows[i].kind;
			r->action = rows[i].action;
			return true;
		}
	return false;
}

static bool
parse_below(struct ferry_resource *r, const char *s)
{

	return parse_whole(r, s) || parse_file(r, s) || parse_named(r, s);
}

bool
ferry_gem_path_parse(struct ferry_resource *r, const char *path)
{
	size_t n = strcspn(path, "/");

	/* Clients leave slashes doubled where a base has one at its end. */
	while (*path == '/')
		n = strcspn(++path, "/");
	if (parse_below(r, path))
		return true;
	*r = (struct ferry_resource){ .kind = 0 };
	if (!ferry_gem_name_valid(ferry_bytes_of(path, n)) ||
	    !copy(r->origin, sizeof(r->origin), path, n))
		return false;
	path += n;
	while (*path == '/')
		path++;
	return parse_below(r, path);
}

bool
ferry_gem_path_cut(const struct ferry_resource *r, unsigned *at, char *name,
    char *version, unsigned long size)
{
	size_t n = strlen(r->item), end = 0;
	const char *dash;

	for (size_t i = 0; i < sizeof(file_ends) / sizeof(file_ends[0]); i++) {
		size_t m = strlen(file_ends[i]);

		if (end == 0 && n > m &&
		    strcmp(r->item + n - m, file_ends[i]) == 0)
			end = n - m;
	}
	while (*at < end &&
	       (dash = memchr(r->item + *at, '-', end - *at)) != NULL) {
		size_t k = (size_t)(dash - r->item);
		struct ferry_bytes v = ferry_bytes_of(dash + 1, end - k - 1);

		*at = (unsigned)k + 1;
		if (ferry_gem_name_valid(ferry_bytes_of(r->item, k)) &&
		    memchr(r->item, '/', k) == NULL &&
		    ferry_gem_version_valid(v))
			return copy(name, size, r->item, k) &&
			       copy(version, size, dash + 1, v.n);
	}
	return false;
}
