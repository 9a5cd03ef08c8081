#include "sync/select/tags.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/error.h"
#include "store/base/glob.h"
#include "store/format/oci/names.h"
#include "store/format/semver/range.h"

#define DATE_DIGITS 8 /* of a lone number that is no version */

static bool
is_digit(uint8_t c)
{

	return c >= '0' && c <= '9';
}

static bool
is_letter(uint8_t c)
{

	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static struct ferry_bytes
behind(struct ferry_bytes s, size_t n)
{

	return ferry_bytes_of(s.p + n, s.n - n);
}

static size_t
digits(struct ferry_bytes s)
{
	size_t n = 0;

	while (n < s.n && is_digit(s.p[n]))
		n++;
	return n;
}

/* How many bytes of s are one of the names that pre-releases have. */
static size_t
pre_name(struct ferry_bytes s)
{
	/* What another starts with comes after it. */
	static const char *const names[] = { "alpha", "beta", "rc", "preview",
		"pre", "dev", "snapshot", "nightly", "canary" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t n = strlen(names[i]);

		if (s.n >= n &&
		    strncasecmp((const char *)s.p, names[i], n) == 0)
			return n;
	}
	return 0;
}

/* Whether word is a pre-release as the header says. */
static bool
is_pre(struct ferry_bytes word)
{
	size_t i = pre_name(word);
	bool number = word.n > 0 && is_digit(*word.p);

	if (!number && i == 0)
		return false;
	for (; i < word.n; i++) {
		uint8_t c = word.p[i];

		/* Dots part what must not be empty. */
		if (c == '.' && (i + 1 == word.n || word.p[i + 1] == '.'))
			return false;
		if (!is_digit(c) && c != '.' && !(number && is_letter(c)))
			return false;
	}
	return true;
}

/* MAJOR[.MINOR[.PATCH]] at the start of *s, which moves behind it. */
static bool
take_numbers(struct ferry_semver *out, struct ferry_bytes *s)
{
	uint64_t *const parts[] = { &out->major, &out->minor, &out->patch };
	struct ferry_error err = FERRY_ERROR_INIT;

	for (size_t i = 0; i < 3; i++) {
		size_t n = digits(*s);

		if (ferry_parse_u64(ferry_bytes_of(s->p, n), 0,
			FERRY_SEMVER_NUMBER_MAX, parts[i], &err) == -1)
			return false;
		*s = behind(*s, n);
		if (i == 2 || s->n < 2 || *s->p != '.')
			return i > 0 || n < DATE_DIGITS;
		*s = behind(*s, 1);
	}
	return false;
}

bool
ferry_tags_version(struct ferry_tags_version *out, struct ferry_bytes tag)
{
	struct ferry_bytes rest = tag, word;
	const uint8_t *hyphen;
	bool joined;

	*out = (struct ferry_tags_version){ 0 };
	out->semver.pre = out->variant = ferry_bytes_of("", 0);
	if (rest.n > 1 && *rest.p == 'v')
		rest = behind(rest, 1);
	if (!take_numbers(&out->semver, &rest))
		return false;
	if (rest.n == 0)
		return true;
	joined = *rest.p != '-';
	if (!joined)
		rest = behind(rest, 1);
	hyphen = rest.n == 0 ? NULL : memchr(rest.p, '-', rest.n);
	word = ferry_bytes_of(
	    rest.p, hyphen == NULL ? rest.n : (size_t)(hyphen - rest.p));
	if (is_pre(word)) {
		out->semver.pre = word;
		if (hyphen == NULL)
			return true;
		rest = behind(rest, word.n + 1);
	} else if (joined) {
		return false;
	}
	out->variant = rest;
	return rest.n > 0 && is_letter(*rest.p);
}

/* A tag that may be chosen by its version. */
struct candidate {
	struct ferry_semver semver;
	size_t i;
};

struct chooser {
	const struct ferry_tags_selection *selection;
	struct ferry_semver_range *range; /* NULL: any version */
	struct candidate *candidates;
	size_t n;
	bool globs; /* some of the names are */
};

static int
newest_first(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return ferry_semver_cmp(&y->semver, &x->semver);
}

static bool
is_named(const struct ferry_tags_selection *selection, const char *tag)
{

	for (size_t i = 0; i < selection->n; i++)
		if (strcmp(selection->names[i], tag) == 0)
			return true;
	return false;
}

static bool
fits_glob(const struct ferry_tags_selection *selection, const char *tag)
{

	for (size_t i = 0; i < selection->n; i++)
		if (ferry_glob_special(selection->names[i]) &&
		    ferry_glob(selection->names[i], tag))
			return true;
	return false;
}

static bool
in_range(const struct chooser *c, const struct ferry_semver *version)
{
	struct ferry_semver release = *version;

	release.pre = ferry_bytes_of("", 0);
	if (c->range != NULL && ferry_semver_range_has(c->range, version))
		return true;
	if (version->pre.n > 0 && !c->selection->prereleases)
		return false;
	return c->range == NULL || ferry_semver_range_has(c->range, &release);
}

/* Decide on tag i; one that depends on its version becomes a candidate. */
static bool
choose_one(struct chooser *c, const char *tag, size_t i)
{
	struct ferry_bytes text = ferry_bytes_str(tag);
	char digest[FERRY_OCI_DIGEST_TEXT];
	struct ferry_tags_version version;
	bool fits;

	if (is_named(c->selection, tag))
		return true;
	if (!c->selection->signatures && ferry_oci_fallback_parse(text, digest))
		return false;
	fits = fits_glob(c->selection, tag);
	if (c->candidates == NULL)
		return fits || c->selection->n == 0;
	if (ferry_tags_version(&version, text) &&
	    (c->globs ? fits : version.variant.n == 0) &&
	    in_range(c, &version.semver))
		c->candidates[c->n++] = (struct candidate){ version.semver, i };
	return false;
}

/* Choose the candidates of the newest versions. */
static void
choose_newest(struct chooser *c, bool *chosen)
{
	uint64_t versions = 0;

	if (c->n > 1)
		qsort(c->candidates, c->n, sizeof(c->candidates[0]),
		    newest_first);
	for (size_t i = 0; i < c->n; i++) {
		if (i == 0 || ferry_semver_cmp(&c->candidates[i - 1].semver,
				  &c->candidates[i].semver) != 0)
			versions++;
		if (c->selection->latest > 0 && versions > c->selection->latest)
			return;
		chosen[c->candidates[i].i] = true;
	}
}

int
ferry_tags_select(const struct ferry_tags_selection *selection,
    const char *const *tags, size_t n, bool *chosen, struct ferry_error *err)
{
	struct chooser c = { .selection = selection };

	for (size_t i = 0; i < selection->n; i++)
		c.globs = c.globs || ferry_glob_special(selection->names[i]);
	int rc = -1, count = 0;

	if (selection->versions != NULL &&
	    ferry_semver_range_new(&c.range,
		ferry_bytes_str(selection->versions), FERRY_SEMVER_LOOSE,
		err) == -1)
		goto out;
	if ((selection->versions != NULL || selection->latest > 0) &&
	    ferry_calloc(&c.candidates, n + 1, sizeof(c.candidates[0]), err) ==
		-1)
		goto out;
	for (size_t i = 0; i < n; i++)
		chosen[i] = choose_one(&c, tags[i], i);
	choose_newest(&c, chosen);
	for (size_t i = 0; i < n; i++)
		count += chosen[i];
	rc = count;
out:
	free(c.candidates);
	ferry_semver_range_free(c.range);
	return rc;
}
