#include "serve/replay/maven/path.h"

#include <stdio.h>
#include <string.h>

#include "store/format/maven/names.h"

#define SNAPSHOT "-SNAPSHOT"

static bool
has_end(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n > k && strcmp(s + n - k, end) == 0;
}

/* Cut the ending of a sidecar off. */
static int
cut_sum(char *path)
{
	static const struct {
		const char *end;
		int sum;
	} sums[] = {
		{ ".sha1", FERRY_MAVEN_SHA1 },
		{ ".md5", FERRY_MAVEN_MD5 },
		{ ".sha256", FERRY_MAVEN_SHA256 },
		{ ".sha512", FERRY_MAVEN_SHA512 },
	};

	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
		if (has_end(path, sums[i].end)) {
			path[strlen(path) - strlen(sums[i].end)] = 0;
			return sums[i].sum;
		}
	return FERRY_MAVEN_ITSELF;
}

/* The word of a path before its last n; "" if there is none. */
static struct ferry_bytes
word_before(const char *path, unsigned n)
{
	const char *end = path + strlen(path), *start;

	for (;;) {
		start = end;
		while (start > path && start[-1] != '/')
			start--;
		if (n-- == 0)
			return ferry_bytes_of(start, (size_t)(end - start));
		if (start == path)
			return ferry_bytes_of(path, 0);
		end = start - 1;
	}
}

static int
kind_of(const char *path)
{
	struct ferry_bytes folder = word_before(path, 1);
	size_t n = sizeof(SNAPSHOT) - 1;

	if (!ferry_bytes_is(word_before(path, 0), FERRY_MAVEN_METADATA))
		return FERRY_MAVEN_FILE;
	return folder.n > n && memcmp(folder.p + folder.n - n, SNAPSHOT, n) == 0
	           ? FERRY_MAVEN_SNAPSHOT
	           : FERRY_MAVEN_VERSIONS;
}

/* The package of the first reading that makes one. */
static bool
set_package(struct ferry_resource *r)
{
	struct ferry_maven_reading reading;

	for (unsigned skip = 0; skip < FERRY_MAVEN_READINGS; skip++)
		if (ferry_maven_path_read(r, skip, &reading)) {
			(void)snprintf(r->package, sizeof(r->package), "%s",
			    reading.package);
			return true;
		}
	return false;
}

bool
ferry_maven_path_parse(struct ferry_resource *r, const char *path)
{
	size_t n = strlen(path);
	int sum;

	if (n == 0 || path[n - 1] == '/' || n >= sizeof(r->item) ||
	    strstr(path, "//") != NULL) {
		r->action = FERRY_ACTION_SERVICE;
		return n == 0;
	}
	memcpy(r->item, path, n + 1);
	if (has_end(path, ".meta/prefixes.txt") ||
	    strcmp(path, ".meta/prefixes.txt") == 0) {
		r->kind = FERRY_MAVEN_PREFIXES;
		r->action = FERRY_ACTION_SERVICE;
		return true;
	}
	sum = cut_sum(r->item);
	r->kind = kind_of(r->item) | sum;
	r->action = FERRY_ACTION_READ;
	return set_package(r);
}

bool
ferry_maven_path_page(struct ferry_resource *r, const char *path)
{
	size_t n = strlen(path);

	/* As if it were the list of the artifact. */
	if (n < 2 || path[n - 1] != '/' ||
	    n + sizeof(FERRY_MAVEN_METADATA) > sizeof(r->item) ||
	    strstr(path, "//") != NULL)
		return false;
	(void)snprintf(
	    r->item, sizeof(r->item), "%s" FERRY_MAVEN_METADATA, path);
	r->kind = FERRY_MAVEN_PAGE;
	r->action = FERRY_ACTION_READ;
	return set_package(r);
}

/* Copy s with '.' for '/'. */
static bool
copy_group(char *out, size_t room, const char *s, size_t n)
{

	if (n == 0 || n >= room)
		return false;
	for (size_t i = 0; i < n; i++)
		out[i] = s[i];
	out[n] = 0;
	while ((out = strchr(out, '/')) != NULL)
		*out = '.';
	return true;
}

bool
ferry_maven_path_read(const struct ferry_resource *r, unsigned skip,
    struct ferry_maven_reading *out)
{
	int kind = r->kind & ~FERRY_MAVEN_SUMS;
	/* Words behind the group and the artifact. */
	unsigned behind =
	    kind == FERRY_MAVEN_VERSIONS || kind == FERRY_MAVEN_PAGE ? 1 : 2;
	const char *start = r->item, *slash;
	struct ferry_bytes artifact = word_before(r->item, behind), folder;
	size_t n;

	/* Not the whole of it: it is large, and made for every request. */
	out->origin[0] = out->package[0] = out->folder[0] = 0;
	for (unsigned i = 0; i < skip; i++) {
		if ((slash = strchr(start, '/')) == NULL)
			return false;
		start = slash + 1;
	}
	if (skip > 0) {
		n = (size_t)(start - r->item) - 1;
		if (n == 0 || n >= sizeof(out->origin))
			return false;
		memcpy(out->origin, r->item, n);
		out->origin[n] = 0;
	}
	if (artifact.n == 0 || (const char *)artifact.p <= start + 1)
		return false;
	n = (size_t)((const char *)artifact.p - start) - 1;
	if (!copy_group(out->package, sizeof(out->package), start, n) ||
	    n + artifact.n + 2 > sizeof(out->package))
		return false;
	out->package[n] = ':';
	memcpy(out->package + n + 1, artifact.p, artifact.n);
	out->package[n + 1 + artifact.n] = 0;
	folder = word_before(r->item, 1);
	out->file = (const char *)word_before(r->item, 0).p;
	if (behind == 2) {
		if (!ferry_maven_version_valid(folder))
			return false;
		memcpy(out->folder, folder.p, folder.n);
		out->folder[folder.n] = 0;
	}
	return ferry_maven_name_valid(ferry_bytes_str(out->package));
}

/* "1.0-20240501.120000-3" of what follows "1.0-": its length, or 0. */
static size_t
build_length(const char *s)
{
	size_t n = strspn(s, "0123456789."), k;

	if (n != 15 || s[n] != '-')
		return 0;
	k = strspn(s + n + 1, "0123456789");
	return k == 0 ? 0 : n + 1 + k;
}

bool
ferry_maven_path_version(const struct ferry_maven_reading *reading,
    char version[FERRY_MAVEN_VERSION_MAX + 1])
{
	struct ferry_bytes artifact =
	    ferry_maven_artifact(ferry_bytes_str(reading->package));
	const char *rest = reading->file + artifact.n;
	size_t n = strlen(reading->folder), k, end = sizeof(SNAPSHOT) - 1;
	struct ferry_maven_build build;

	/* A build lies in the folder of its snapshot. */
	if (ferry_maven_build_cut(&build, ferry_bytes_str(reading->folder)) ||
	    strncmp(reading->file, (const char *)artifact.p, artifact.n) != 0 ||
	    *rest++ != '-')
		return false;
	if (strncmp(rest, reading->folder, n) == 0 &&
	    (rest[n] == '.' || rest[n] == '-')) {
		memcpy(version, reading->folder, n + 1);
		return true;
	}
	if (!has_end(reading->folder, SNAPSHOT))
		return false;
	n -= end - 1; /* with the '-' */
	if (strncmp(rest, reading->folder, n) != 0 ||
	    (k = build_length(rest + n)) == 0 ||
	    n + k > FERRY_MAVEN_VERSION_MAX)
		return false;
	memcpy(version, rest, n + k);
	version[n + k] = 0;
	return true;
}
