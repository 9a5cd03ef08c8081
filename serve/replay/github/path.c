#include "serve/replay/github/path.h"

#include <string.h>

#include "store/base/error.h"
#include "store/format/format.h"

#define PARTS 7

/* A part, decoded, as a string of printable characters; false if it is too
 * long or none. */
static bool
take(char *out, size_t room, struct ferry_bytes part)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;
	bool ok = ferry_url_decode(&buf, part, &ignored) == 0 && buf.n > 0 &&
	          buf.n < room;

	for (size_t i = 0; ok && i < buf.n; i++)
		ok = buf.p[i] > ' ' && buf.p[i] != 0x7f;
	if (ok)
		memcpy(out, buf.p, buf.n + 1);
	ferry_buf_free(&buf);
	return ok;
}

/* Whether it is an older type of a format that has two. */
static bool
is_legacy(struct ferry_bytes type)
{

	for (size_t i = 0; i < ferry_formats_count(); i++) {
		const char *legacy = ferry_format_at(i)->github.legacy;

		if (legacy != NULL && ferry_bytes_is(type, legacy))
			return true;
	}
	return false;
}

/* Behind the owner: packages… or TYPE/conflicts. */
static enum ferry_github_endpoint
read_rest(
    struct ferry_github_path *out, const struct ferry_bytes *part, size_t n)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;

	if (n == 2 && is_legacy(part[0]) &&
	    ferry_bytes_is(part[1], "conflicts"))
		return FERRY_GITHUB_CONFLICTS;
	if (n == 0 || n == 2 || n > 5 || !ferry_bytes_is(part[0], "packages"))
		return FERRY_GITHUB_NOTHING;
	if (n == 1)
		return FERRY_GITHUB_PACKAGES;
	if (!take(out->type, sizeof(out->type), part[1]) ||
	    !take(out->name, sizeof(out->name), part[2]))
		return FERRY_GITHUB_NOTHING;
	if (n == 3)
		return FERRY_GITHUB_PACKAGE;
	if (!ferry_bytes_is(part[3], "versions"))
		return FERRY_GITHUB_NOTHING;
	if (n == 4)
		return FERRY_GITHUB_VERSIONS;
	return ferry_parse_u64(
		   part[4], 1, INT64_MAX, &out->version, &ignored) == 0
	           ? FERRY_GITHUB_VERSION
	           : FERRY_GITHUB_NOTHING;
}

void
ferry_github_path_split(struct ferry_github_path *out, struct ferry_bytes path)
{
	struct ferry_bytes part[PARTS];
	size_t n = 0, first = 2;

	*out = (struct ferry_github_path){ .endpoint = FERRY_GITHUB_NOTHING };
	while (path.n > 0) {
		const uint8_t *slash = memchr(path.p, '/', path.n);
		size_t m = slash == NULL ? path.n : (size_t)(slash - path.p);

		if (n == PARTS)
			return;
		part[n++] = ferry_bytes_of(path.p, m);
		m += slash != NULL;
		path = ferry_bytes_of(path.p + m, path.n - m);
	}
	if (n == 0) {
		out->endpoint = FERRY_GITHUB_ROOT;
		return;
	}
	if (ferry_bytes_is(part[0], "user")) {
		out->space = FERRY_GITHUB_SELF;
		first = 1;
		if (n == 1) {
			out->endpoint = FERRY_GITHUB_USER;
			return;
		}
	} else if (ferry_bytes_is(part[0], "users")) {
		out->space = FERRY_GITHUB_NAMED;
	} else if (!ferry_bytes_is(part[0], "orgs")) {
		return;
	}
	if (n <= first ||
	    (first == 2 && !take(out->owner, sizeof(out->owner), part[1])))
		return;
	out->endpoint = read_rest(out, part + first, n - first);
}
