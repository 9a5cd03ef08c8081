#include "store/format/nuget/range.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/error.h"
#include "store/format/nuget/version.h"

/* Which numbers a '*' leaves free, and whether labels are free, too.  The
 * number is that of those that are fixed. */
enum floating {
	FLOATS_NOT,
	FLOATS_RELEASES, /* "1.*": fixed numbers, releases only */
	FLOATS_PRERELEASES, /* "1.*-*", "1.0.0-beta*": labels by prefix */
	FLOATS_ALL /* "*-*" */
};

/* The texts that min, max and prefix are views of are owned. */
struct ferry_nuget_range {
	bool has_min, has_max, min_in, max_in;
	struct ferry_nuget_version min, max;
	enum floating floating;
	unsigned fixed; /* numbers that a float compares: 0 to 4 */
	struct ferry_bytes prefix; /* of labels */
	char *text; /* as it was given, without blanks around */
	char *float_min; /* what min is of, of a float; or NULL */
};

static struct ferry_bytes
trim(struct ferry_bytes s)
{

	while (s.n > 0 && strchr(" \t\n\v\f\r", s.p[0]) != NULL && s.p[0] != 0)
		s = ferry_bytes_of(s.p + 1, s.n - 1);
	while (s.n > 0 && s.p[s.n - 1] != 0 &&
	       strchr(" \t\n\v\f\r", s.p[s.n - 1]) != NULL)
		s.n--;
	return s;
}

static size_t
count(struct ferry_bytes s, uint8_t c)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == c;
	return n;
}

static bool
ends_with(struct ferry_bytes s, uint8_t c)
{

	return s.n > 0 && s.p[s.n - 1] == c;
}

/* Take the lowest version of a float: what is written, with what is missing. */
static bool
set_min(struct ferry_nuget_range *r, struct ferry_bytes numbers,
    const char *number, struct ferry_bytes labels, const char *label,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;

	if (ferry_buf_add(&text, numbers.p, numbers.n, err) == -1 ||
	    ferry_buf_adds(&text, number, err) == -1 ||
	    ferry_buf_add(&text, labels.p, labels.n, err) == -1 ||
	    ferry_buf_adds(&text, label, err) == -1) {
		ferry_buf_free(&text);
		return false;
	}
	r->float_min = (char *)text.p;
	return ferry_nuget_version_parse(
		   &r->min, ferry_bytes_buf(&text), &why) == 0;
}

/* "1.*-*", "*-rc.*": both stars are the last of their parts. */
static bool
parse_two_stars(
    struct ferry_nuget_range *r, struct ferry_bytes s, struct ferry_error *err)
{
	const uint8_t *dash = memchr(s.p, '-', s.n);
	struct ferry_bytes numbers, labels;

	if (dash == NULL || dash == s.p || dash[-1] != '*' ||
	    !ends_with(s, '*'))
		return false;
	numbers = ferry_bytes_of(s.p, (size_t)(dash - s.p) - 1);
	/* From the dash to before the last star. */
	labels = ferry_bytes_of(dash, (size_t)(s.p + s.n - dash) - 1);
	r->floating = FLOATS_PRERELEASES;
	r->fixed = (unsigned)count(numbers, '.');
	r->prefix = ferry_bytes_of(labels.p + 1, labels.n - 1);
	return set_min(r, numbers, "0", labels,
	    r->prefix.n == 0 || ends_with(r->prefix, '.') ? "0" : "", err);
}

/* "1.2.*", "1.0.0-*", "1.0.0-beta.*". */
static bool
parse_one_star(
    struct ferry_nuget_range *r, struct ferry_bytes s, struct ferry_error *err)
{
	struct ferry_bytes head = ferry_bytes_of(s.p, s.n - 1),
			   none = ferry_bytes_of(NULL, 0), labels;
	const uint8_t *dash = memchr(s.p, '-', s.n);

	if (dash == NULL) {
		r->floating = FLOATS_RELEASES;
		r->fixed = (unsigned)count(head, '.');
		/* "1*" is 10 to the library, and matches nothing: no one
		 * means that. */
		return (head.n == 0 || ends_with(head, '.')) &&
		       set_min(r, head, "0", none, "", err);
	}
	r->floating = FLOATS_PRERELEASES;
	r->fixed = 4;
	labels = ferry_bytes_of(dash + 1, (size_t)(s.p + s.n - dash) - 2);
	/* With a second dash the library looks at no labels. */
	if (memchr(labels.p, '-', labels.n) == NULL)
		r->prefix = labels;
	return set_min(r, head,
	    labels.n == 0 || ends_with(head, '.') ? "0"
	    : ends_with(head, '-')                ? "-"
						  : "",
	    none, "", err);
}

static bool
parse_float(
    struct ferry_nuget_range *r, struct ferry_bytes s, struct ferry_error *err)
{
	struct ferry_bytes none = ferry_bytes_of(NULL, 0);

	r->has_min = true;
	if (ferry_bytes_is(s, "*-*")) {
		r->floating = FLOATS_ALL;
		return set_min(
		    r, ferry_bytes_str("0.0.0-0"), "", none, "", err);
	}
	if (memchr(s.p, '+', s.n) != NULL)
		return false;
	switch (count(s, '*')) {
	case 1:
		return ends_with(s, '*') && parse_one_star(r, s, err);
	case 2:
		return parse_two_stars(r, s, err);
	default:
		return false;
	}
}

static bool
parse_min(
    struct ferry_nuget_range *r, struct ferry_bytes s, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;

	if (trim(s).n == 0)
		return true;
	if (memchr(s.p, '*', s.n) != NULL)
		return parse_float(r, s, err);
	r->has_min = true;
	return ferry_nuget_version_parse(&r->min, s, &why) == 0;
}

static bool
parse_max(struct ferry_nuget_range *r, struct ferry_bytes s)
{
	struct ferry_error why = FERRY_ERROR_INIT;

	if (trim(s).n == 0)
		return true;
	r->has_max = true;
	return ferry_nuget_version_parse(&r->max, s, &why) == 0;
}

/* Whether something lies between the bounds, or could. */
static bool
bounds_hold(const struct ferry_nuget_range *r)
{
	int order;

	if (!r->has_min || !r->has_max)
		return true;
	order = ferry_nuget_version_order(&r->min, &r->max);
	return order < 0 || (order == 0 && r->min_in == r->max_in);
}

static bool
parse_brackets(
    struct ferry_nuget_range *r, struct ferry_bytes s, struct ferry_error *err)
{
	const uint8_t *comma;
	struct ferry_bytes min, max;

	r->min_in = s.p[0] == '[';
	r->max_in = ends_with(s, ']');
	if (s.n < 2 || (!r->max_in && !ends_with(s, ')')))
		return false;
	s = ferry_bytes_of(s.p + 1, s.n - 2);
	if (s.n == 0 || count(s, ',') > 1)
		return false;
	comma = memchr(s.p, ',', s.n);
	if (comma == NULL)
		return r->min_in && r->max_in && trim(s).n > 0 &&
		       parse_min(r, s, err) && parse_max(r, s) &&
		       bounds_hold(r);
	min = ferry_bytes_of(s.p, (size_t)(comma - s.p));
	max = ferry_bytes_of(comma + 1, s.n - min.n - 1);
	return (min.n > 0 || max.n > 0) && parse_min(r, min, err) &&
	       parse_max(r, max) && bounds_hold(r);
}

int
ferry_nuget_range_new(struct ferry_nuget_range **out, struct ferry_bytes text,
    struct ferry_error *err)
{
	struct ferry_bytes s = trim(text);
	struct ferry_nuget_range *r;
	bool good;

	if (ferry_calloc(&r, 1, sizeof(*r), err) == -1)
		return -1;
	if (ferry_strndup(&r->text, s, err) == -1) {
		ferry_nuget_range_free(r);
		return -1;
	}
	s.p = (const uint8_t *)r->text;
	if (s.n == 0 || s.n > 2 * FERRY_NUGET_VERSION_MAX) {
		good = false;
	} else if (s.p[0] == '(' || s.p[0] == '[') {
		good = parse_brackets(r, s, err);
	} else {
		r->min_in = true;
		good = parse_min(r, s, err);
	}
	if (good) {
		*out = r;
		return 0;
	}
	ferry_nuget_range_free(r);
	if (err->code == FERRY_ENOMEM)
		return -1;
	return ferry_error_set(err, FERRY_EFORMAT,
	    "'%.*s' is not a range of versions",
	    (int)(text.n < 100 ? text.n : 100),
	    text.n == 0 ? "" : (const char *)text.p);
}

void
ferry_nuget_range_free(struct ferry_nuget_range *r)
{

	if (r == NULL)
		return;
	free(r->text);
	free(r->float_min);
	free(r);
}

bool
ferry_nuget_range_has(
    const struct ferry_nuget_range *r, const struct ferry_nuget_version *v)
{
	int order;

	if (r->has_min) {
		order = ferry_nuget_version_order(v, &r->min);
		if (order < 0 || (order == 0 && !r->min_in))
			return false;
	}
	if (r->has_max) {
		order = ferry_nuget_version_order(v, &r->max);
		if (order > 0 || (order == 0 && !r->max_in))
			return false;
	}
	return true;
}

bool
ferry_nuget_range_prerelease(const struct ferry_nuget_range *r)
{

	return r->floating >= FLOATS_PRERELEASES ||
	       (r->has_min && r->min.labels.n > 0) ||
	       (r->has_max && r->max.labels.n > 0);
}

static bool
fits_numbers(
    const struct ferry_nuget_range *r, const struct ferry_nuget_version *v)
{

	return memcmp(v->number, r->min.number,
		   r->fixed * sizeof(v->number[0])) == 0;
}

/* Whether the version is one of those that the star stands for. */
static bool
fits_float(
    const struct ferry_nuget_range *r, const struct ferry_nuget_version *v)
{

	switch (r->floating) {
	case FLOATS_NOT:
	case FLOATS_ALL:
		return true;
	case FLOATS_RELEASES:
		if (v->labels.n > 0)
			return false;
		break;
	case FLOATS_PRERELEASES:
		/* The release that the labels lead to fits, too. */
		if (v->labels.n > 0 && r->prefix.n > 0 &&
		    (v->labels.n < r->prefix.n ||
			strncasecmp((const char *)v->labels.p,
			    (const char *)r->prefix.p, r->prefix.n) != 0))
			return false;
		break;
	}
	return fits_numbers(r, v);
}

static bool
may_take(const struct ferry_nuget_range *r, const struct ferry_nuget_version *v)
{

	return (v->labels.n == 0 || ferry_nuget_range_prerelease(r)) &&
	       ferry_nuget_range_has(r, v);
}

bool
ferry_nuget_range_means(const struct ferry_nuget_range *r,
    const struct ferry_nuget_version *v,
    enum ferry_nuget_prereleases prereleases)
{

	if (prereleases == FERRY_NUGET_PRERELEASES_ALL)
		return ferry_nuget_range_has(r, v) && fits_numbers(r, v) &&
		       (r->floating != FLOATS_PRERELEASES || fits_float(r, v));
	return may_take(r, v) && fits_float(r, v);
}

bool
ferry_nuget_range_prefers(const struct ferry_nuget_range *r,
    const struct ferry_nuget_version *best, const struct ferry_nuget_version *v)
{
	bool best_fits, v_fits;
	int order;

	if (!may_take(r, v))
		return false;
	if (best == NULL)
		return true;
	order = ferry_nuget_version_order(v, best);
	if (r->floating == FLOATS_NOT)
		return order < 0;
	best_fits = fits_float(r, best);
	v_fits = fits_float(r, v);
	if (best_fits != v_fits)
		return v_fits;
	/* Nothing fits so far: the next above; all are, as the range begins
	 * where its float does. */
	return best_fits ? order > 0 : order < 0;
}

bool
ferry_nuget_range_is_semver2(const struct ferry_nuget_range *r)
{

	return (r->has_min && ferry_nuget_version_is_semver2(&r->min)) ||
	       (r->has_max && ferry_nuget_version_is_semver2(&r->max));
}

bool
ferry_nuget_range_is_exact(const struct ferry_nuget_range *r)
{

	return r->has_min && r->has_max && r->floating == FLOATS_NOT &&
	       ferry_nuget_version_order(&r->min, &r->max) == 0;
}

int
ferry_nuget_range_text(struct ferry_buf *out, const struct ferry_nuget_range *r,
    struct ferry_error *err)
{

	if (r->floating != FLOATS_NOT)
		return ferry_buf_adds(out, r->text, err);
	if (ferry_buf_adds(out, r->min_in ? "[" : "(", err) == -1 ||
	    (r->has_min && ferry_nuget_version_text(out, &r->min,
			       FERRY_NUGET_AS_WRITTEN, err) == -1) ||
	    ferry_buf_adds(out, ", ", err) == -1 ||
	    (r->has_max && ferry_nuget_version_text(out, &r->max,
			       FERRY_NUGET_AS_WRITTEN, err) == -1))
		return -1;
	return ferry_buf_adds(out, r->max_in ? "]" : ")", err);
}

int
ferry_nuget_range_normal(
    struct ferry_buf *out, struct ferry_bytes text, struct ferry_error *err)
{
	struct ferry_nuget_range *range = NULL;
	struct ferry_error why = FERRY_ERROR_INIT;
	int rc;

	if (text.n == 0)
		text = ferry_bytes_str("(, )");
	if (ferry_nuget_range_new(&range, text, &why) == -1) {
		if (why.code != FERRY_ENOMEM)
			return ferry_buf_add(out, text.p, text.n, err);
		*err = why;
		return -1;
	}
	rc = ferry_nuget_range_text(out, range, err);
	ferry_nuget_range_free(range);
	return rc;
}
