#include "store/format/oci/names.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "store/base/error.h"
#include "store/base/json.h"

#define DOCKER_HUB "docker.io"
#define TEXT_SHOWN 140 /* bytes of a bad text that an error repeats */

static bool
is_lower_alnum(uint8_t c)
{

	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

static bool
is_alnum(uint8_t c)
{

	return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

static bool
is_one_of(uint8_t c, const char *set)
{

	return c != 0 && strchr(set, c) != NULL;
}

/* What is left of s behind its first n bytes. */
static struct ferry_bytes
behind(struct ferry_bytes s, size_t n)
{

	return n == 0 ? s : ferry_bytes_of(s.p + n, s.n - n);
}

/* Where c is first in s; s.n if it is not. */
static size_t
index_of(struct ferry_bytes s, char c)
{
	const uint8_t *p = s.n == 0 ? NULL : memchr(s.p, c, s.n);

	return p == NULL ? s.n : (size_t)(p - s.p);
}

/* s fits into out. */
static void
copy(char *out, struct ferry_bytes s)
{

	if (s.n > 0)
		memcpy(out, s.p, s.n);
	out[s.n] = 0;
}

/* The same in lower case. */
static void
to_lower(char *out, struct ferry_bytes s)
{

	copy(out, s);
	for (; *out != 0; out++)
		if (*out >= 'A' && *out <= 'Z')
			*out = (char)(*out | 32);
}

static int
bad(struct ferry_error *err, struct ferry_bytes text, const char *why)
{

	return ferry_error_set(err, FERRY_EFORMAT, "'%.*s' %s",
	    (int)(text.n < TEXT_SHOWN ? text.n : TEXT_SHOWN),
	    text.n == 0 ? "" : (const char *)text.p, why);
}

/* How many bytes at i separate two words of a name; 0 if they do not. */
static size_t
separator(struct ferry_bytes name, size_t i)
{
	size_t n = 0;

	if (name.p[i] == '.' || name.p[i] == '/')
		return 1;
	while (i + n < name.n && name.p[i + n] == name.p[i])
		n++;
	if (name.p[i] == '_')
		return n <= 2 ? n : 0;
	return name.p[i] == '-' ? n : 0;
}

bool
ferry_oci_name_valid(struct ferry_bytes name)
{
	size_t i = 0;

	if (name.n > FERRY_OCI_NAME_MAX)
		return false;
	for (;;) {
		size_t start = i, n;

		while (i < name.n && is_lower_alnum(name.p[i]))
			i++;
		if (i == start)
			return false;
		if (i == name.n)
			return true;
		if ((n = separator(name, i)) == 0)
			return false;
		i += n;
	}
}

bool
ferry_oci_tag_valid(struct ferry_bytes tag)
{

	if (tag.n == 0 || tag.n > FERRY_OCI_TAG_MAX || *tag.p == '.' ||
	    *tag.p == '-')
		return false;
	for (size_t i = 0; i < tag.n; i++)
		if (!is_alnum(tag.p[i]) && !is_one_of(tag.p[i], "._-"))
			return false;
	return true;
}

int
ferry_oci_digest_parse(struct ferry_digest *out, struct ferry_bytes digest,
    struct ferry_error *err)
{

	return ferry_digest_parse(out, digest, err);
}

bool
ferry_oci_digest_valid(struct ferry_bytes digest)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_digest d;

	return ferry_digest_parse(&d, digest, &err) == 0;
}

int
ferry_oci_version_cmp(struct ferry_bytes a, struct ferry_bytes b)
{

	return ferry_bytes_cmp(a, b);
}

bool
ferry_oci_version_prerelease(struct ferry_bytes version)
{

	(void)version;
	return false;
}

/* Letters, digits and inner hyphens. */
static bool
is_label(struct ferry_bytes s)
{

	if (s.n == 0 || *s.p == '-' || s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!is_alnum(s.p[i]) && s.p[i] != '-')
			return false;
	return true;
}

/* Labels with dots between them, or an IPv6 address in brackets. */
static bool
is_host_name(struct ferry_bytes s)
{
	size_t n;

	if (s.n > 2 && *s.p == '[' && s.p[s.n - 1] == ']') {
		for (size_t i = 1; i < s.n - 1; i++)
			if (ferry_hex_value(s.p[i]) < 0 &&
			    !is_one_of(s.p[i], ":."))
				return false;
		return true;
	}
	while ((n = index_of(s, '.')) < s.n) {
		if (!is_label(ferry_bytes_of(s.p, n)))
			return false;
		s = behind(s, n + 1);
	}
	return is_label(s);
}

/* Write "host[:port]" as it is compared; implied is the scheme's port. */
static int
canonical_host(char out[FERRY_OCI_HOST_MAX + 1], struct ferry_bytes host,
    uint64_t implied, struct ferry_error *err)
{
	size_t n = host.n > 0 && *host.p == '[' ? index_of(host, ']') : 0;
	struct ferry_error own = FERRY_ERROR_INIT;
	uint64_t number = implied;
	char port[sizeof(":65535")] = "";

	/* Said without the text, which may hold a password. */
	if (index_of(host, '@') < host.n)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "the name of a registry has no user in it");
	n += index_of(behind(host, n), ':');
	if (n < host.n &&
	    ferry_parse_u64(behind(host, n + 1), 1, 65535, &number, &own) == -1)
		return bad(err, host, "has no valid port");
	if (!is_host_name(ferry_bytes_of(host.p, n)))
		return bad(err, host, "is not a host name");
	if (number != implied)
		(void)snprintf(
		    port, sizeof(port), ":%u", (unsigned)(number & 0xffff));
	if (n + strlen(port) > FERRY_OCI_HOST_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a host name has at most %d bytes", FERRY_OCI_HOST_MAX);
	to_lower(out, ferry_bytes_of(host.p, n));
	copy(out + n, ferry_bytes_str(port));
	if (strcmp(out, "index.docker.io") == 0 ||
	    strcmp(out, "registry-1.docker.io") == 0)
		copy(out, ferry_bytes_str(DOCKER_HUB));
	return 0;
}

int
ferry_oci_host(char out[FERRY_OCI_HOST_MAX + 1], struct ferry_bytes url,
    struct ferry_error *err)
{
	static const struct {
		const char *text;
		uint64_t port;
	} schemes[] = { { "https://", 443 }, { "http://", 80 } };
	struct ferry_bytes rest;

	for (size_t i = 0; i < 2; i++) {
		size_t n = strlen(schemes[i].text);

		if (url.n < n ||
		    strncasecmp((const char *)url.p, schemes[i].text, n) != 0)
			continue;
		rest = behind(url, n);
		for (n = 0; n < rest.n && !is_one_of(rest.p[n], "/?#"); n++)
			;
		rest.n = n;
		return canonical_host(out, rest, schemes[i].port, err);
	}
	return canonical_host(out, url, 443, err);
}

bool
ferry_oci_origin(char out[FERRY_OCI_HOST_MAX + 1], const json_t *upstream)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	const char *format, *host, *url;

	return ferry_json_str(upstream, "format", &format, &ignored) == 0 &&
	       ferry_json_str_opt(upstream, "url", "", &url, &ignored) == 0 &&
	       ferry_json_str_opt(upstream, "host", url, &host, &ignored) ==
	           0 &&
	       (strcmp(format, "oci") == 0 || strcmp(format, "github") == 0) &&
	       ferry_oci_host(out, ferry_bytes_str(host), &ignored) == 0;
}

/* Whether the first element of a reference is a host. */
static bool
is_host_element(struct ferry_bytes s)
{

	if (ferry_bytes_is(s, "localhost"))
		return true;
	for (size_t i = 0; i < s.n; i++)
		if (is_one_of(s.p[i], ".:") || (s.p[i] >= 'A' && s.p[i] <= 'Z'))
			return true;
	return false;
}

static bool
is_image_id(struct ferry_bytes s)
{

	if (s.n != 2 * FERRY_SHA256_SIZE)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (ferry_hex_value(s.p[i]) < 0 || !is_lower_alnum(s.p[i]))
			return false;
	return true;
}

/* name is without host, tag and digest. */
static int
set_repository(struct ferry_oci_reference *out, struct ferry_bytes name,
    struct ferry_error *err)
{
	const char *prefix = "";
	size_t n;

	if (strcmp(out->host, DOCKER_HUB) == 0 && index_of(name, '/') == name.n)
		prefix = "library/";
	n = strlen(prefix);
	if (n + name.n > FERRY_OCI_NAME_MAX)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "the name of a repository has at most %d bytes",
		    FERRY_OCI_NAME_MAX);
	/* Only to tell the two mistakes apart; case is never folded. */
	to_lower(out->repository, name);
	if (ferry_oci_name_valid(name)) {
		copy(out->repository, ferry_bytes_str(prefix));
		copy(out->repository + n, name);
		return 0;
	}
	return bad(err, name,
	    ferry_oci_name_valid(ferry_bytes_str(out->repository))
		? "is written in lower case in the names of repositories"
		: "is not the name of a repository");
}

/* Move what follows the name into tag and digest of out; text gets shorter. */
static int
take_tag_and_digest(struct ferry_oci_reference *out, struct ferry_bytes *text,
    struct ferry_error *err)
{
	size_t n = index_of(*text, '@'), slash = 0;
	struct ferry_digest digest;
	struct ferry_bytes part;

	if (n < text->n) {
		part = behind(*text, n + 1);
		if (ferry_oci_digest_parse(&digest, part, err) == -1)
			return -1;
		copy(out->digest, part);
		text->n = n;
	}
	/* A colon before the last slash is that of a port. */
	for (size_t i = 0; i < text->n; i++)
		if (text->p[i] == '/')
			slash = i;
	n = slash + index_of(behind(*text, slash), ':');
	if (n < text->n) {
		part = behind(*text, n + 1);
		if (!ferry_oci_tag_valid(part))
			return bad(err, part, "is not a tag");
		copy(out->tag, part);
		text->n = n;
	} else if (out->digest[0] == 0) {
		copy(out->tag, ferry_bytes_str("latest"));
	}
	return 0;
}

int
ferry_oci_reference_parse(struct ferry_oci_reference *out,
    struct ferry_bytes text, struct ferry_error *err)
{
	struct ferry_bytes rest = text;
	size_t n;

	*out = (struct ferry_oci_reference){ 0 };
	if (is_image_id(text)) {
		bad(err, text, "is the ID of an image, not a name");
		goto bad;
	}
	if (take_tag_and_digest(out, &rest, err) == -1)
		goto bad;
	n = index_of(rest, '/');
	if (n < rest.n && is_host_element(ferry_bytes_of(rest.p, n))) {
		if (canonical_host(
			out->host, ferry_bytes_of(rest.p, n), 443, err) == -1)
			goto bad;
		rest = behind(rest, n + 1);
	} else {
		copy(out->host, ferry_bytes_str(DOCKER_HUB));
	}
	if (set_repository(out, rest, err) == -1)
		goto bad;
	return 0;
bad:
	/* Too long is malformed here: the caller has one reason to report. */
	err->code = FERRY_EFORMAT;
	return ferry_error_in(err, "image reference '%.*s'",
	    (int)(text.n < TEXT_SHOWN ? text.n : TEXT_SHOWN),
	    text.n == 0 ? "" : (const char *)text.p);
}

/* How many bytes of s are what set says, letters and digits included. */
static size_t
span_of(struct ferry_bytes s, const char *set)
{
	size_t n = 0;

	while (n < s.n && (is_alnum(s.p[n]) || is_one_of(s.p[n], set)))
		n++;
	return n;
}

int
ferry_oci_fallback_tag(char out[FERRY_OCI_TAG_MAX + 1],
    struct ferry_bytes digest, const char *suffix, struct ferry_error *err)
{
	size_t n = index_of(digest, ':'), at;
	struct ferry_bytes hex;

	/* Any digest that the specification allows, also of algorithms to come. */
	if (n == 0 || n + 1 >= digest.n ||
	    span_of(ferry_bytes_of(digest.p, n), "+._-") != n ||
	    span_of(behind(digest, n + 1), "=_-") != digest.n - n - 1)
		return bad(err, digest, "is not a digest");
	hex = behind(digest, n + 1);
	at = n < 32 ? n : 32;
	copy(out, ferry_bytes_of(digest.p, at));
	out[at++] = '-';
	hex.n = hex.n < 64 ? hex.n : 64;
	copy(out + at, hex);
	at += hex.n;
	for (size_t i = 0; i < at; i++)
		if (!is_alnum((uint8_t)out[i]) &&
		    !is_one_of((uint8_t)out[i], "._-"))
			out[i] = '-';
	if (at + strlen(suffix) > FERRY_OCI_TAG_MAX)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "a tag has at most %d bytes", FERRY_OCI_TAG_MAX);
	copy(out + at, ferry_bytes_str(suffix));
	return 0;
}

bool
ferry_oci_fallback_parse(
    struct ferry_bytes tag, char digest[FERRY_OCI_DIGEST_TEXT])
{
	static const char *const suffixes[] = { "", ".sig", ".att", ".sbom" };
	static const char prefix[] = "sha256-";
	const size_t n = sizeof(prefix) - 1 + 2 * FERRY_SHA256_SIZE;

	if (tag.n < n || !ferry_bytes_starts(tag, prefix))
		return false;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (!ferry_bytes_is(behind(tag, n), suffixes[i]))
			continue;
		copy(digest, ferry_bytes_of(tag.p, n));
		digest[sizeof(prefix) - 2] = ':';
		return ferry_oci_digest_valid(ferry_bytes_str(digest));
	}
	return false;
}

static int
platform_part(char out[FERRY_OCI_PLATFORM_PART], struct ferry_bytes part,
    struct ferry_error *err)
{

	if (part.n == 0 || part.n >= FERRY_OCI_PLATFORM_PART ||
	    span_of(part, "._-") != part.n)
		return bad(err, part, "is not a part of a platform");
	copy(out, part);
	return 0;
}

int
ferry_oci_platform_parse(struct ferry_oci_platform *out,
    struct ferry_bytes text, struct ferry_error *err)
{
	char *const parts[] = { out->os, out->architecture, out->variant };
	struct ferry_bytes rest = text;

	*out = (struct ferry_oci_platform){ 0 };
	for (size_t i = 0, n; i < 3; i++) {
		n = index_of(rest, '/');
		if (platform_part(parts[i], ferry_bytes_of(rest.p, n), err) ==
		    -1)
			goto bad;
		if (n == rest.n && i > 0)
			return 0;
		if (n == rest.n)
			break;
		rest = behind(rest, n + 1);
	}
	bad(err, text, "has not two or three parts");
bad:
	return ferry_error_in(
	    err, "a platform is os/architecture or os/architecture/variant");
}

/* Names that mean the same (of uname, Debian and Go), and what is implied. */
static void
normalise(struct ferry_oci_platform *p)
{
	static const struct {
		const char *alias, *architecture, *variant;
	} names[] = {
		{ "x86_64", "amd64", "v1" },
		{ "x86-64", "amd64", "v1" },
		{ "amd64", "amd64", "v1" },
		{ "aarch64", "arm64", "v8" },
		{ "arm64", "arm64", "v8" },
		{ "armhf", "arm", "v7" },
		{ "armel", "arm", "v6" },
		{ "arm", "arm", "v7" },
		{ "i386", "386", "" },
	};
	char c = p->variant[0];

	if (strcasecmp(p->os, "macos") == 0)
		copy(p->os, ferry_bytes_str("darwin"));
	/* Some tools write arm64/8 for arm64/v8. */
	if (c >= '0' && c <= '9' && p->variant[1] == 0 &&
	    strncasecmp(p->architecture, "arm", 3) == 0) {
		p->variant[0] = 'v';
		p->variant[1] = c;
		p->variant[2] = 0;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcasecmp(p->architecture, names[i].alias) != 0)
			continue;
		copy(p->architecture, ferry_bytes_str(names[i].architecture));
		if (p->variant[0] == 0)
			copy(p->variant, ferry_bytes_str(names[i].variant));
		return;
	}
}

bool
ferry_oci_platform_matches(const struct ferry_oci_platform *pattern,
    const struct ferry_oci_platform *platform)
{
	struct ferry_oci_platform a = *pattern, b = *platform;
	bool any_os = a.os[0] == 0, any_variant;

	/* armhf says its variant though it has none. */
	any_variant = a.variant[0] == 0 &&
	              strncasecmp(a.architecture, "armhf", 6) != 0 &&
	              strncasecmp(a.architecture, "armel", 6) != 0;
	normalise(&a);
	normalise(&b);
	return (any_os || strcasecmp(a.os, b.os) == 0) &&
	       strcasecmp(a.architecture, b.architecture) == 0 &&
	       (any_variant || strcasecmp(a.variant, b.variant) == 0);
}

int
ferry_oci_github_name(struct ferry_buf *out, const char *owner,
    const char *name, struct ferry_error *err)
{

	return ferry_buf_addf(out, err, "%s/%s", owner, name);
}
