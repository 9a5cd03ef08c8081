#include "serve/replay/nuget/path.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "serve/replay/call.h"
#include "store/format/nuget/name.h"
#include "store/format/nuget/version.h"

#define PARTS_MAX 6

/* A path cut at its slashes; of several at once each but the first is none. */
struct parts {
	struct ferry_bytes v[PARTS_MAX];
	size_t n;
};

static bool
cut(struct parts *parts, const char *path)
{

	parts->n = 0;
	for (path += strspn(path, "/"); *path != 0; path += strspn(path, "/")) {
		size_t n = strcspn(path, "/");

		if (parts->n == PARTS_MAX)
			return false;
		parts->v[parts->n++] = ferry_bytes_of(path, n);
		path += n;
	}
	return true;
}

/* Whether s is text, in any case. */
static bool
is(struct ferry_bytes s, const char *text)
{

	return s.n == strlen(text) &&
	       strncasecmp((const char *)s.p, text, s.n) == 0;
}

static bool
ends_with(struct ferry_bytes s, const char *end)
{
	size_t n = strlen(end);

	return s.n > n && strncasecmp((const char *)s.p + s.n - n, end, n) == 0;
}

static struct ferry_bytes
without(struct ferry_bytes s, const char *end)
{

	return ferry_bytes_of(s.p, s.n - strlen(end));
}

static bool
copy(char *out, size_t room, struct ferry_bytes s)
{

	if (s.n == 0 || s.n >= room)
		return false;
	memcpy(out, s.p, s.n);
	out[s.n] = 0;
	return true;
}

static int
set_id(struct ferry_resource *r, struct ferry_bytes id, struct ferry_error *err)
{
	struct ferry_buf key = FERRY_BUF_INIT;
	int rc = 0;

	if (ferry_nuget_id_valid(id)) {
		if (ferry_nuget_lower(&key, id, err) == -1)
			rc = -1;
		else
			rc = copy(r->package, sizeof(r->package),
			    ferry_bytes_buf(&key));
	}
	r->action = FERRY_ACTION_READ;
	ferry_buf_free(&key);
	return rc;
}

int
ferry_nuget_path_set_id(
    struct ferry_resource *r, const char *id, struct ferry_error *err)
{

	return set_id(r, ferry_bytes_str(id), err);
}

/* Append the key's form of a version to item, behind what is there. */
static int
add_version(
    struct ferry_resource *r, struct ferry_bytes text, struct ferry_error *err)
{
	struct ferry_buf key = FERRY_BUF_INIT;
	size_t n = strlen(r->item);
	int rc = ferry_nuget_version_key(&key, text, err);

	if (rc == 1)
		rc = copy(
		    r->item + n, sizeof(r->item) - n, ferry_bytes_buf(&key));
	ferry_buf_free(&key);
	return rc;
}

static bool
add_text(struct ferry_resource *r, const char *text)
{
	size_t n = strlen(r->item);

	return copy(r->item + n, sizeof(r->item) - n, ferry_bytes_str(text));
}

/* Files of versions */

/* Which of the files a name means: by its end, as the rest of it says no more
 * than the path before. */
static const char *
file_of(struct ferry_bytes name)
{
	static const struct {
		const char *end, *file;
	} ends[] = {
		{ ".nupkg.sha512", "sha512" },
		{ ".snupkg", "snupkg" },
		{ ".nupkg", "nupkg" },
		{ ".nuspec", "nuspec" },
	};
	static const char *const names[] = { "icon", "readme", "license" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends_with(name, ends[i].end))
			return ends[i].file;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is(name, names[i]))
			return names[i];
	return NULL;
}

static int
parse_file(struct ferry_resource *r, struct ferry_bytes id,
    struct ferry_bytes version, const char *file, struct ferry_error *err)
{
	int rc;

	r->kind = FERRY_NUGET_FILE;
	if (file == NULL || (rc = set_id(r, id, err)) == 0)
		return 0;
	if (rc == 1)
		rc = add_version(r, version, err);
	return rc == 1 ? add_text(r, "/") && add_text(r, file) : rc;
}

static int
parse_download(struct ferry_resource *r, const struct parts *p, size_t i,
    struct ferry_error *err)
{

	if (p->n == i + 2 && is(p->v[i + 1], "index.json")) {
		r->kind = FERRY_NUGET_VERSIONS;
		return set_id(r, p->v[i], err);
	}
	return p->n == i + 3 ? parse_file(r, p->v[i], p->v[i + 1],
				   file_of(p->v[i + 2]), err)
	                     : 0;
}

/* Registrations */

static int
parse_page(struct ferry_resource *r, struct ferry_bytes lower,
    struct ferry_bytes upper, struct ferry_error *err)
{
	int rc;

	r->kind = FERRY_NUGET_PAGE;
	if (!ends_with(upper, ".json"))
		return 0;
	if ((rc = add_version(r, lower, err)) != 1)
		return rc;
	return !add_text(r, "/") ? 0
	                         : add_version(r, without(upper, ".json"), err);
}

/* ID and what follows; hive is "1" or "2". */
static int
parse_registration(struct ferry_resource *r, const struct parts *p, size_t i,
    const char *hive, struct ferry_error *err)
{
	int rc;

	if (p->n < i + 2 || (rc = set_id(r, p->v[i], err)) == 0)
		return 0;
	if (rc == -1 || !add_text(r, hive))
		return rc;
	if (p->n == i + 2 && is(p->v[i + 1], "index.json")) {
		r->kind = FERRY_NUGET_REGISTRATION;
		return 1;
	}
	if (p->n == i + 2 && ends_with(p->v[i + 1], ".json")) {
		r->kind = FERRY_NUGET_LEAF;
		return add_version(r, without(p->v[i + 1], ".json"), err);
	}
	return p->n == i + 4 && is(p->v[i + 1], "page")
	           ? parse_page(r, p->v[i + 2], p->v[i + 3], err)
	           : 0;
}

static int
parse_entry(struct ferry_resource *r, const struct parts *p, size_t i,
    struct ferry_error *err)
{
	int rc;

	r->kind = FERRY_NUGET_ENTRY;
	if (p->n != i + 2 || !ends_with(p->v[i + 1], ".json"))
		return 0;
	rc = set_id(r, p->v[i], err);
	return rc == 1 ? add_version(r, without(p->v[i + 1], ".json"), err)
	               : rc;
}

/* What belongs to no package */

static int
parse_vulnerabilities(struct ferry_resource *r, const struct parts *p, size_t i)
{

	r->action = FERRY_ACTION_SERVICE;
	r->kind = FERRY_NUGET_VULNERABILITIES;
	if (p->n != i + 1 || !ends_with(p->v[i], ".json"))
		return 0;
	if (is(p->v[i], "index.json"))
		return 1;
	r->kind = FERRY_NUGET_VULNERABILITY_PAGE;
	return copy(r->item, sizeof(r->item), without(p->v[i], ".json"));
}

/* V2: what is in brackets stands between quotes, in any order. */
static struct ferry_bytes
argument(struct ferry_bytes s, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i + n + 2 <= s.n; i++) {
		const uint8_t *end;

		if (strncasecmp((const char *)s.p + i, name, n) != 0 ||
		    s.p[i + n] != '=' || s.p[i + n + 1] != '\'' ||
		    (i > 0 && isalnum(s.p[i - 1])))
			continue;
		i += n + 2;
		end = memchr(s.p + i, '\'', s.n - i);
		return end == NULL
		           ? ferry_bytes_of(NULL, 0)
		           : ferry_bytes_of(s.p + i, (size_t)(end - (s.p + i)));
	}
	return ferry_bytes_of(NULL, 0);
}

static int
parse_v2_package(
    struct ferry_resource *r, struct ferry_bytes s, struct ferry_error *err)
{
	struct ferry_bytes id = argument(s, "Id");
	int rc;

	r->kind = FERRY_NUGET_V2_PACKAGE;
	if (id.n == 0)
		return 0;
	rc = set_id(r, id, err);
	return rc == 1 ? add_version(r, argument(s, "Version"), err) : rc;
}

static int
parse_v2(struct ferry_resource *r, const struct parts *p, size_t i,
    struct ferry_error *err)
{
	static const struct {
		const char *name;
		enum ferry_nuget_kind kind;
		enum ferry_action action;
	} rows[] = {
		{ "$metadata", FERRY_NUGET_V2_METADATA, FERRY_ACTION_SERVICE },
		{ "FindPackagesById()", FERRY_NUGET_V2_FIND,
		    FERRY_ACTION_READ },
		{ "Packages()", FERRY_NUGET_V2_PACKAGES, FERRY_ACTION_LIST },
		{ "Packages", FERRY_NUGET_V2_PACKAGES, FERRY_ACTION_LIST },
		{ "Search()", FERRY_NUGET_V2_SEARCH, FERRY_ACTION_LIST },
	};

	if (p->n == i) {
		r->kind = FERRY_NUGET_V2_SERVICE;
		r->action = FERRY_ACTION_SERVICE;
		return 1;
	}
	if (p->n == i + 3 && is(p->v[i], "package"))
		return parse_file(r, p->v[i + 1], p->v[i + 2], "nupkg", err);
	if (p->n == i + 2 && is(p->v[i], "Search()") &&
	    is(p->v[i + 1], "$count")) {
		r->kind = FERRY_NUGET_V2_SEARCH_COUNT;
		r->action = FERRY_ACTION_LIST;
		return 1;
	}
	if (p->n != i + 1)
		return 0;
	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
		if (is(p->v[i], rows[k].name)) {
			r->kind = (int)rows[k].kind;
			r->action = rows[k].action;
			return 1;
		}
	if (p->v[i].n > 9 &&
	    strncasecmp((const char *)p->v[i].p, "Packages(", 9) == 0)
		return parse_v2_package(r, p->v[i], err);
	return 0;
}

/* What stands below an owner, or below none: parts from i on. */
static int
parse_below(struct ferry_resource *r, const struct parts *p, size_t i,
    struct ferry_error *err)
{
	struct ferry_bytes first;

	if (p->n == i)
		return parse_v2(r, p, i, err);
	first = p->v[i];
	if (p->n == i + 1) {
		r->action = FERRY_ACTION_SERVICE;
		r->kind = FERRY_NUGET_INDEX;
		if (is(first, "index.json"))
			return 1;
		r->action = FERRY_ACTION_LIST;
		r->kind = FERRY_NUGET_QUERY;
		if (is(first, "query"))
			return 1;
		r->kind = FERRY_NUGET_AUTOCOMPLETE;
		if (is(first, "autocomplete"))
			return 1;
	}
	if (is(first, "download"))
		return parse_download(r, p, i + 1, err);
	if (is(first, "registration"))
		return parse_registration(r, p, i + 1, "1", err);
	if (is(first, "registration-semver2"))
		return parse_registration(r, p, i + 1, "2", err);
	if (is(first, "catalog"))
		return parse_entry(r, p, i + 1, err);
	if (is(first, "vulnerabilities"))
		return parse_vulnerabilities(r, p, i + 1);
	return parse_v2(r, p, is(first, "v2") ? i + 1 : i, err);
}

int
ferry_nuget_path_parse(
    struct ferry_resource *r, const char *path, struct ferry_error *err)
{
	struct parts parts;
	int rc;

	if (!cut(&parts, path))
		return 0;
	if ((rc = parse_below(r, &parts, 0, err)) != 0)
		return rc;
	*r = (struct ferry_resource){ .kind = 0 };
	if (!copy(r->origin, sizeof(r->origin), parts.v[0]) ||
	    r->origin[0] == '.')
		return 0;
	for (const char *s = r->origin; *s != 0; s++)
		if (!isalnum((unsigned char)*s) && strchr("-_.", *s) == NULL)
			return 0;
	if ((rc = parse_below(r, &parts, 1, err)) != 0 || parts.n < 3)
		return rc;
	/* GitHub's registrations lie at the owner itself. */
	r->item[0] = r->package[0] = 0;
	return parse_registration(r, &parts, 1, "2", err);
}
