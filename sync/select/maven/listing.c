#include "sync/select/maven/listing.h"

#include <string.h>

#include "store/base/error.h"
#include "store/format/maven/names.h"

struct listing {
	struct ferry_bytes artifact;
	const char *version;
	ferry_maven_on_listed *on_listed;
	void *ctx;
	unsigned n;
	bool lists; /* any file of the version */
};

static bool
is_aside(struct ferry_bytes extension)
{
	static const char *const ends[] = { "asc", "md5", "sha1", "sha256",
		"sha384", "sha512" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ferry_bytes_is(extension, ends[i]))
			return true;
	return false;
}

static const uint8_t *
last(struct ferry_bytes s, uint8_t c)
{

	return s.n == 0 ? NULL : memrchr(s.p, c, s.n);
}

/* What a link leads to: only the name at its end counts. */
static int
look_at(struct listing *l, struct ferry_bytes link, struct ferry_error *err)
{
	const uint8_t *slash = last(link, '/'), *dot;
	size_t version = strlen(l->version);
	struct ferry_bytes name = link, classifier, extension;

	if (slash != NULL)
		name = ferry_bytes_of(
		    slash + 1, (size_t)(link.p + link.n - slash) - 1);
	if (name.n <= l->artifact.n + version + 2 ||
	    memcmp(name.p, l->artifact.p, l->artifact.n) != 0 ||
	    name.p[l->artifact.n] != '-' ||
	    memcmp(name.p + l->artifact.n + 1, l->version, version) != 0)
		return 0;
	l->lists = true;
	if (name.p[l->artifact.n + 1 + version] != '-')
		return 0;
	name.p += l->artifact.n + version + 2;
	name.n -= l->artifact.n + version + 2;
	if ((dot = last(name, '.')) == NULL)
		return 0;
	classifier = ferry_bytes_of(name.p, (size_t)(dot - name.p));
	extension = ferry_bytes_of(dot + 1, name.n - classifier.n - 1);
	if (is_aside(extension) || !ferry_maven_part_valid(classifier) ||
	    !ferry_maven_part_valid(extension))
		return 0;
	if (++l->n > FERRY_MAVEN_LISTED_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "upstream lists more than %d files with a classifier",
		    FERRY_MAVEN_LISTED_MAX);
	return l->on_listed == NULL
	           ? 0
	           : l->on_listed(l->ctx, classifier, extension, err);
}

int
ferry_maven_listing(struct ferry_bytes page, struct ferry_bytes artifact,
    const char *version, ferry_maven_on_listed *on_listed, void *ctx,
    struct ferry_error *err)
{
	struct listing l = { artifact, version, on_listed, ctx, 0, false };
	struct ferry_error ignored = FERRY_ERROR_INIT;
	const uint8_t *end = page.p + page.n, *at;

	while (page.n > 6 &&
	       (at = memmem(page.p, page.n, "href=", 5)) != NULL &&
	       end - at > 6) {
		const uint8_t *start = at + 6, *stop;
		struct ferry_buf link = FERRY_BUF_INIT;
		int rc = 0;

		page = ferry_bytes_of(start, (size_t)(end - start));
		if ((at[5] != '"' && at[5] != '\'') ||
		    (stop = memchr(start, at[5], page.n)) == NULL)
			continue;
		if (ferry_url_decode(&link,
			ferry_bytes_of(start, (size_t)(stop - start)),
			&ignored) == 0)
			rc = look_at(&l, ferry_bytes_buf(&link), err);
		ferry_buf_free(&link);
		if (rc == -1)
			return -1;
		page = ferry_bytes_of(stop, (size_t)(end - stop));
	}
	return l.lists;
}
