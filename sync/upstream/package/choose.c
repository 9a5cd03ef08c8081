/* Which versions of a package are wanted. */

#include <stdlib.h>
#include <string.h>

#include "store/format/format.h"
#include "sync/upstream/package/packages.h"

static int
set_unresolved(const struct ferry_package *p,
    const struct ferry_package_want *want, struct ferry_error *err)
{

	if (p->without)
		return ferry_error_set(err, FERRY_EUNRESOLVED,
		    "upstream has no %s of '%s', which would list its "
		    "versions; '%s', wanted by %s, needs one",
		    p->packages->format->document, p->entry.key, want->spec,
		    want->by);
	return ferry_error_set(err, FERRY_EUNRESOLVED,
	    "upstream has no version of '%s' for '%s', wanted by %s",
	    p->entry.key, want->spec, want->by);
}

static int
compare_numbers(const struct ferry_package *p, const struct ferry_listed *a,
    const struct ferry_listed *b)
{
	const struct ferry_format *format =
	    ferry_format_find(ferry_bytes_str(p->packages->format->format));

	return format->compare_versions(
	    ferry_listed_number(a), ferry_listed_number(b));
}

/* The version, if its platform is wanted: an optional dependency may have one
 * of its own that nobody here has. */
static int
choose_listed(struct ferry_package *p, const struct ferry_package_want *want,
    const struct ferry_document *document, const struct ferry_listed *listed,
    struct ferry_error *err)
{
	const struct ferry_package_format *format = p->packages->format;

	if (format->platform_ok != NULL &&
	    !format->platform_ok(
		p->packages, listed, want->closure ? want->need : FERRY_NEEDED))
		return 0;
	return ferry_version_choose(p, want, document, listed, err);
}

/* Whether clients here could use it, of a range (NULL: of a number that was
 * chosen).  A lock file was made by one that can. */
static bool
fits(const struct ferry_package *p, const struct ferry_package_want *want,
    const struct ferry_listed *listed, const void *range)
{
	const struct ferry_package_format *format = p->packages->format;

	if (want->kind == FERRY_WANT_EXACT)
		return want->platforms == NULL ||
		       format->platform_among == NULL ||
		       format->platform_among(listed, want->platforms);
	return format->fits == NULL || format->fits(p->packages, listed, range);
}

/* A number was chosen: with all its platforms. */
static int
choose_number(struct ferry_package *p, const struct ferry_package_want *want,
    const struct ferry_document *document, struct ferry_bytes number,
    struct ferry_error *err)
{
	bool found = false;

	for (size_t i = 0; i < document->n; i++) {
		const struct ferry_listed *one = &document->listed[i];

		if (!ferry_bytes_equal(ferry_listed_number(one), number))
			continue;
		found = true;
		if (fits(p, want, one, NULL) &&
		    choose_listed(p, want, document, one, err) == -1)
			return -1;
	}
	return found ? 0 : set_unresolved(p, want, err);
}

/* The highest of a range; of those that are the last choice only if there is
 * no other. */
static int
pick_highest(const struct ferry_package *p,
    const struct ferry_package_want *want, const struct ferry_document *doc,
    size_t *out, struct ferry_error *err)
{
	const struct ferry_package_format *format = p->packages->format;
	void *range = NULL;

	*out = doc->n;
	if (format->range_new(&range, ferry_bytes_str(want->spec), err) == -1)
		return -1;
	for (size_t i = 0; i < doc->n; i++) {
		const struct ferry_listed *best = &doc->listed[*out],
					  *one = &doc->listed[i];

		if (!format->range_has(range, ferry_listed_number(one),
			FERRY_PRERELEASES_AS_NAMED) ||
		    !fits(p, want, one, range))
			continue;
		if (*out == doc->n ||
		    (best->last_choice && !one->last_choice) ||
		    (best->last_choice == one->last_choice &&
			compare_numbers(p, best, one) < 0))
			*out = i;
	}
	format->range_free(range);
	return 0;
}

static int
choose_pick(struct ferry_package *p, const struct ferry_package_want *want,
    const struct ferry_document *document, struct ferry_error *err)
{
	const struct ferry_package_format *format = p->packages->format;
	size_t at = document->n;

	if ((format->pick != NULL
		    ? format->pick(document, want->spec, &at, err)
		    : pick_highest(p, want, document, &at, err)) == -1)
		return -1;
	if (at == document->n)
		return set_unresolved(p, want, err);
	return choose_number(
	    p, want, document, ferry_listed_number(&document->listed[at]), err);
}

/* A version that the document does not list may be there. */
static int
choose_unlisted(struct ferry_package *p, const struct ferry_package_want *want,
    const struct ferry_document *document, struct ferry_error *err)
{
	struct ferry_listed listed = { .number_n = strlen(want->spec) };
	int rc;

	if (ferry_strdup(&listed.version, want->spec, err) == -1)
		return -1;
	rc = ferry_version_choose(p, want, document, &listed, err);
	free(listed.version);
	return rc;
}

static int
choose_exact(struct ferry_package *p, const struct ferry_package_want *want,
    const struct ferry_document *document, struct ferry_error *err)
{
	const struct ferry_listed *listed =
	    want->platforms != NULL ? NULL
				    : ferry_document_find(document, want->spec);

	if (listed == NULL && p->packages->format->unlisted &&
	    want->platforms == NULL)
		return choose_unlisted(p, want, document, err);
	if (listed == NULL)
		return choose_number(
		    p, want, document, ferry_bytes_str(want->spec), err);
	return choose_listed(p, want, document, listed, err);
}

/* What a range has, to be sorted. */
struct found {
	const struct ferry_package *package;
	const struct ferry_listed *listed;
};

static int
by_number_down(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int order = compare_numbers(x->package, y->listed, x->listed);

	return order != 0 ? order
	                  : strcmp(y->listed->version, x->listed->version);
}

/* What is wanted was withdrawn.  Nobody asks for what it needs now. */
static void
keep_gone(struct ferry_package *p, const struct ferry_package_want *want)
{
	struct ferry_run *run = p->packages->run;
	char item[FERRY_PACKAGE_ITEM];

	p->kept = true;
	if (!want->closure || run->withheld[0] != 0)
		return;
	ferry_package_item(item, p->packages, p->entry.key, want->spec);
	(void)snprintf(run->withheld, sizeof(run->withheld), "%.299s", item);
}

/* Every number of a range, or the newest of them. */
static int
choose_range(struct ferry_package *p, const struct ferry_package_want *want,
    const struct ferry_document *document, struct ferry_error *err)
{
	const struct ferry_package_format *format = p->packages->format;
	struct found *found = NULL;
	void *range = NULL;
	uint64_t numbers = 0;
	size_t n = 0;
	int rc = -1;

	if (format->range_new(&range, ferry_bytes_str(want->spec), err) == -1 ||
	    ferry_calloc(&found, document->n + 1, sizeof(*found), err) == -1)
		goto out;
	for (size_t i = 0; i < document->n; i++)
		if (format->range_has(range,
			ferry_listed_number(&document->listed[i]),
			want->prereleases) &&
		    fits(p, want, &document->listed[i], range))
			found[n++] = (struct found){ p, &document->listed[i] };
	if (n == 0) {
		set_unresolved(p, want, err);
		goto out;
	}
	qsort(found, n, sizeof(*found), by_number_down);
	for (size_t i = 0; i < n; i++) {
		if ((i == 0 ||
			!ferry_bytes_equal(ferry_listed_number(found[i].listed),
			    ferry_listed_number(found[i - 1].listed))) &&
		    want->latest > 0 && numbers++ == want->latest)
			break;
		if (choose_listed(p, want, document, found[i].listed, err) ==
		    -1)
			goto out;
	}
	/* What is wanted, too, and listed no more stays as well. */
	if (numbers < want->latest || want->latest == 0)
		p->kept = p->kept || ferry_package_kept(p, want);
	rc = 0;
out:
	free(found);
	format->range_free(range);
	return rc;
}

static int
choose_one(struct ferry_package *p, const struct ferry_package_want *want,
    const struct ferry_document *document, struct ferry_error *err)
{

	switch (want->kind) {
	case FERRY_WANT_EXACT:
		return choose_exact(p, want, document, err);
	case FERRY_WANT_RANGE:
		return choose_range(p, want, document, err);
	case FERRY_WANT_DOCUMENT:
		return 0;
	case FERRY_WANT_PICK:
		break;
	}
	if (p->packages->format->exact != NULL &&
	    p->packages->format->exact(want->spec))
		return choose_exact(p, want, document, err);
	return choose_pick(p, want, document, err);
}

/* For formats that look at all documents together. */
static int
tell_listed(const struct ferry_package *p,
    const struct ferry_document *document, struct ferry_error *err)
{
	bool closure = false;

	if (p->packages->format->listed == NULL)
		return 0;
	for (size_t i = 0; i < p->wants_n; i++)
		closure = closure || p->wants[i].closure;
	return p->packages->format->listed(
	    p->packages, p->entry.key, document, closure, p->gone_n > 0, err);
}

int
ferry_package_choose(struct ferry_package *p,
    const struct ferry_document *document, struct ferry_error *err)
{
	char item[FERRY_PACKAGE_ITEM];

	if (tell_listed(p, document, err) == -1)
		return -1;
	/* Wants may grow meanwhile: a package can depend on itself. */
	for (size_t i = 0; i < p->wants_n; i++) {
		struct ferry_error why = FERRY_ERROR_INIT;
		struct ferry_package_want want = p->wants[i];

		if (want.done)
			continue;
		p->wants[i].done = true;
		if (choose_one(p, &want, document, &why) == 0)
			continue;
		if (why.code != FERRY_EUNRESOLVED) {
			*err = why;
			return -1;
		}
		if (ferry_package_kept(p, &want)) {
			keep_gone(p, &want);
			continue;
		}
		ferry_package_item(item, p->packages, p->entry.key, want.spec);
		if (ferry_package_tell_lost(p, want.spec, &why))
			continue;
		if (want.need == FERRY_NEEDED)
			ferry_run_fail(p->packages->run, item, &why);
		else
			ferry_run_skip(p->packages->run, item, why.text);
	}
	return 0;
}
