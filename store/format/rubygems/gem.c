#include "store/format/rubygems/gem.h"

#include <string.h>

#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/format/rubygems/version.h"

/* Names */

/* Letters, digits, '.', '_' and '-'; nothing that a path could mean. */
static bool
is_word(struct ferry_bytes s, size_t max)
{

	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			(c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
			c == '-'))
			return false;
	}
	return s.n > 0 && s.n <= max && *s.p != '.';
}

static const uint8_t *
find_slash(struct ferry_bytes name)
{

	return name.n == 0 ? NULL : memchr(name.p, '/', name.n);
}

struct ferry_bytes
ferry_gem_name_base(struct ferry_bytes name)
{
	const uint8_t *slash = find_slash(name);

	return slash == NULL ? name
	                     : ferry_bytes_of(slash + 1,
				   (size_t)(name.p + name.n - slash) - 1);
}

struct ferry_bytes
ferry_gem_name_owner(struct ferry_bytes name)
{
	const uint8_t *slash = find_slash(name);

	return ferry_bytes_of(
	    name.p, slash == NULL ? 0 : (size_t)(slash - name.p));
}

bool
ferry_gem_name_valid(struct ferry_bytes name)
{

	return is_word(ferry_gem_name_base(name), FERRY_GEM_NAME_MAX) &&
	       (find_slash(name) == NULL ||
		   is_word(ferry_gem_name_owner(name), 100));
}

int
ferry_gem_github_name(struct ferry_buf *out, const char *owner,
    const char *name, struct ferry_error *err)
{

	return ferry_buf_addf(out, err, "%s/%s", owner, name);
}

int
ferry_gem_github_scope(
    struct ferry_buf *out, const char *owner, struct ferry_error *err)
{

	return ferry_buf_addf(out, err, "%s/*", owner);
}

/* Versions */

struct ferry_bytes
ferry_gem_version_number(struct ferry_bytes version)
{
	const uint8_t *dash =
	    version.n == 0 ? NULL : memchr(version.p, '-', version.n);

	if (dash != NULL)
		version.n = (size_t)(dash - version.p);
	return version;
}

struct ferry_bytes
ferry_gem_version_platform(struct ferry_bytes version)
{
	size_t n = ferry_gem_version_number(version).n;

	return n == version.n
	           ? ferry_bytes_str("ruby")
	           : ferry_bytes_of(version.p + n + 1, version.n - n - 1);
}

static bool
parse(struct ferry_gem_number *out, struct ferry_bytes version)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;

	return ferry_gem_number_parse(
		   out, ferry_gem_version_number(version), &ignored) == 0;
}

bool
ferry_gem_version_valid(struct ferry_bytes version)
{
	struct ferry_gem_number v;

	/* Blanks around a number are none of the index's. */
	return version.n > 0 && *version.p >= '0' && *version.p <= '9' &&
	       version.p[ferry_gem_version_number(version).n - 1] > ' ' &&
	       parse(&v, version) &&
	       is_word(ferry_gem_version_platform(version), 100);
}

bool
ferry_gem_version_prerelease(struct ferry_bytes version)
{
	struct ferry_gem_number v;

	return parse(&v, version) && ferry_gem_number_prerelease(&v);
}

int
ferry_gem_version_cmp(struct ferry_bytes a, struct ferry_bytes b)
{
	struct ferry_gem_number x, y;
	bool xok = parse(&x, a), yok = parse(&y, b);
	int c = 0;

	if (xok != yok)
		return xok ? 1 : -1;
	if (xok)
		c = ferry_gem_number_cmp(&x, &y);
	return c != 0 ? c : ferry_bytes_cmp(a, b);
}

/* Lines of the compact index */

/* What comes before the first stop; *rest is behind it. */
static struct ferry_bytes
take(struct ferry_bytes *rest, char stop)
{
	const uint8_t *at =
	    rest->n == 0 ? NULL : memchr(rest->p, stop, rest->n);
	size_t n = at == NULL ? rest->n : (size_t)(at - rest->p);
	struct ferry_bytes first = ferry_bytes_of(rest->p, n);

	if (at != NULL)
		n++;
	*rest = ferry_bytes_of(rest->p + n, rest->n - n);
	return first;
}

bool
ferry_gem_line_read(struct ferry_gem_line *out, struct ferry_bytes line)
{

	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	out->version = take(&line, ' ');
	out->rest = line;
	return ferry_gem_version_valid(out->version);
}

bool
ferry_gem_line_dependency(
    struct ferry_bytes *rest, struct ferry_gem_dependency *out)
{
	const uint8_t *bar =
	    rest->n == 0 ? NULL : memchr(rest->p, '|', rest->n);

	if (bar != NULL)
		rest->n = (size_t)(bar - rest->p);
	while (rest->n > 0) {
		out->requirement = take(rest, ',');
		out->name = take(&out->requirement, ':');
		if (out->name.n > 0)
			return true;
	}
	return false;
}

/* Whether a part of the list after the '|' starts a key: "ruby:", not
 * " >= 1.9.3". */
static bool
is_key(struct ferry_bytes part)
{
	size_t i = 0;

	while (i < part.n &&
	       ((part.p[i] >= 'a' && part.p[i] <= 'z') || part.p[i] == '_'))
		i++;
	return i > 0 && i < part.n && part.p[i] == ':';
}

struct ferry_bytes
ferry_gem_line_value(struct ferry_bytes rest, const char *key)
{
	struct ferry_bytes found = ferry_bytes_str("");
	size_t n = strlen(key);

	(void)take(&rest, '|');
	while (rest.n > 0) {
		struct ferry_bytes one = take(&rest, ',');

		if (!ferry_bytes_starts(one, key) || one.n == n ||
		    one.p[n] != ':')
			continue;
		/* Up to the next key. */
		while (rest.n > 0 && !is_key(rest)) {
			struct ferry_bytes more = take(&rest, ',');

			one.n = (size_t)(more.p + more.n - one.p);
		}
		/* Of several the last counts, as with Bundler. */
		found = ferry_bytes_of(one.p + n + 1, one.n - n - 1);
	}
	return found;
}

int
ferry_gem_line_checksum(struct ferry_bytes rest, struct ferry_digest *sha256)
{
	struct ferry_bytes value = ferry_gem_line_value(rest, "checksum");
	struct ferry_error ignored = FERRY_ERROR_INIT;
	char sri[80] = "sha256-";

	if (value.n == 2 * FERRY_SHA256_SIZE)
		return ferry_digest_from_hex(
			   sha256, FERRY_SHA256, value, &ignored) == 0;
	if (value.n == 0 || value.n > 60)
		return 0;
	memcpy(sri + 7, value.p, value.n);
	return ferry_sri_parse(sha256, 1, ferry_bytes_str(sri), &ignored) ==
	           1 &&
	       sha256->alg == FERRY_SHA256;
}
