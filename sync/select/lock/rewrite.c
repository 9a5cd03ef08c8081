#include "sync/select/lock/rewrite.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/format/npm/npm.h"
#include "sync/select/lock/kind.h"
#include "sync/select/lock/lock.h"
#include "sync/select/lock/npm_places.h"

/* A piece of the text, and what comes in its place in text_n bytes of new. */
struct edit {
	struct ferry_bytes old;
	size_t at, n;
};
struct rewriter {
	struct ferry_lock_rewrite *rewrite;
	struct ferry_lock_out lost;
	size_t to_n, from_n; /* without slashes at their ends */
	struct edit *edits;
	size_t n, cap;
	struct ferry_buf new, name, url;
	struct ferry_lock_npm_urls asked; /* of a package-lock.json */
	bool silent; /* what stays was told already */
};

static size_t
without_slashes(const char *url)
{
	size_t n = url == NULL ? 0 : strlen(url);

	while (n > 0 && url[n - 1] == '/')
		n--;
	return n;
}

static int
stays(struct rewriter *r, struct ferry_bytes name, struct ferry_bytes what,
    const char *why, struct ferry_error *err)
{

	return r->silent ? 0 : ferry_lock_lost(&r->lost, name, what, why, err);
}

/* The bytes of a path in a URL, "%2f" and "%40" as the characters that they
 * are: other clients write them so. */
static int
add_path(
    struct ferry_buf *out, struct ferry_bytes path, struct ferry_error *err)
{

	for (size_t i = 0; i < path.n; i++) {
		const char *p = (const char *)path.p + i;
		bool slash = path.n - i >= 3 && strncasecmp(p, "%2f", 3) == 0;
		bool at = path.n - i >= 3 && strncmp(p, "%40", 3) == 0;

		if (ferry_buf_add(out,
			slash ? "/"
			: at  ? "@"
			      : p,
			1, err) == -1)
			return -1;
		i += slash || at ? 2 : 0;
	}
	return 0;
}

/* The last component of a path; *before is what comes before its slash. */
static struct ferry_bytes
last_part(struct ferry_bytes path, struct ferry_bytes *before)
{
	size_t n = path.n;

	while (n > 0 && path.p[n - 1] != '/')
		n--;
	*before = ferry_bytes_of(path.p, n == 0 ? 0 : n - 1);
	return ferry_bytes_of(path.p + n, path.n - n);
}

/* "[@SCOPE/]NAME" and the file of a registry's URL: whether it is one. */
static bool
cut_url(
    struct ferry_bytes url, struct ferry_bytes *name, struct ferry_bytes *file)
{
	static const char mark[] = "/-/";
	size_t end = 0, at;
	struct ferry_bytes before, scope, rest;

	while (end < url.n && url.p[end] != '?' && url.p[end] != '#')
		end++;
	for (at = end; at-- > 0;)
		if (end - at > 3 && memcmp(url.p + at, mark, 3) == 0)
			break;
	if (at == (size_t)-1)
		return false;
	*file = last_part(ferry_bytes_of(url.p + at + 3, end - at - 3), &rest);
	*name = last_part(ferry_bytes_of(url.p, at), &before);
	scope = last_part(before, &rest);
	if (ferry_bytes_starts(scope, "@") || ferry_bytes_starts(scope, "%40"))
		*name = ferry_bytes_of(
		    scope.p, (size_t)(name->p + name->n - scope.p));
	/* Below the host at least. */
	return name->n > 0 && file->n > 0 &&
	       memmem(url.p, (size_t)(name->p - url.p), "://", 3) != NULL &&
	       name->p[-1] == '/' && name->p[-2] != '/';
}

/* The URL's new one into r->url: 1; 0 it stays, as it is not from there; -1. */
static int
make_url(struct rewriter *r, struct ferry_bytes url, struct ferry_bytes name,
    struct ferry_bytes file, struct ferry_error *err)
{
	const struct ferry_lock_rewrite *rewrite = r->rewrite;

	if (rewrite->from != NULL &&
	    (url.n <= r->from_n || url.p[r->from_n] != '/' ||
		memcmp(url.p, rewrite->from, r->from_n) != 0))
		return 0;
	ferry_buf_reset(&r->url);
	return ferry_buf_add(&r->url, rewrite->to, r->to_n, err) == -1 ||
	               ferry_buf_adds(&r->url, "/", err) == -1 ||
	               add_path(&r->url, name, err) == -1 ||
	               ferry_buf_adds(&r->url, "/-/", err) == -1 ||
	               ferry_buf_add(&r->url, file.p, file.n, err) == -1
	           ? -1
	           : 1;
}

/* Put what r->url is, with quotes if that is JSON, in the place of old. */
enum form { AS_IT_IS, AS_JSON };
static int
put_url(struct rewriter *r, struct ferry_bytes old, enum form form,
    struct ferry_error *err)
{
	size_t at = r->new.n;

	if ((form == AS_JSON
		    ? ferry_span_quote(&r->new, ferry_bytes_buf(&r->url), err)
		    : ferry_buf_add(&r->new, r->url.p, r->url.n, err)) == -1 ||
	    ferry_array_grow(
		&r->edits, &r->cap, r->n + 1, sizeof(*r->edits), err) == -1)
		return -1;
	r->edits[r->n++] = (struct edit){ old, at, r->new.n - at };
	return 0;
}

/* A tarball's URL, as it says, which stands as old in the text. */
static int
rewrite_url(struct rewriter *r, struct ferry_bytes name, struct ferry_bytes url,
    struct ferry_bytes old, enum form form, struct ferry_error *err)
{
	enum ferry_npm_spec_kind kind = ferry_lock_spec_kind(url);
	struct ferry_bytes path, file;
	int rc;

	if (!ferry_bytes_is_url(url))
		return stays(r, name, url,
		    ferry_npm_spec_why(
			kind < FERRY_NPM_SPEC_GIT ? FERRY_NPM_SPEC_FILE : kind),
		    err);
	if (kind == FERRY_NPM_SPEC_GIT || !cut_url(url, &path, &file))
		return stays(r, name, url,
		    kind == FERRY_NPM_SPEC_GIT ? ferry_npm_spec_why(kind)
					       : "its URL has no \"/-/\"",
		    err);
	if ((rc = make_url(r, url, path, file, err)) != 1)
		return rc;
	if (ferry_bytes_equal(ferry_bytes_buf(&r->url), url)) {
		r->rewrite->same += !r->silent;
		return 0;
	}
	r->rewrite->changed += !r->silent;
	return put_url(r, old, form, err);
}

/* yarn.lock of yarn 1, which was read once and is well-formed. */

static struct ferry_bytes
drop(struct ferry_bytes s, size_t n)
{

	return ferry_bytes_of(s.p + n, s.n - n);
}

/* The name of the first pattern of an entry's line. */
static struct ferry_bytes
pattern_name(struct ferry_bytes line)
{
	size_t n = 1;

	if (line.n > 0 && line.p[0] == '"')
		line = drop(line, 1);
	while (n < line.n && line.p[n] != '@' && line.p[n] != '"')
		n++;
	return ferry_bytes_of(line.p, n < line.n ? n : line.n);
}

static bool
asks_for_url(struct ferry_bytes patterns)
{

	return memmem(patterns.p, patterns.n, "@http://", 8) != NULL ||
	       memmem(patterns.p, patterns.n, "@https://", 9) != NULL;
}

static int
rewrite_field(struct rewriter *r, struct ferry_bytes patterns,
    struct ferry_bytes line, struct ferry_error *err)
{
	static const char field[] = "  resolved ";
	struct ferry_bytes url;
	size_t n;

	if (!ferry_bytes_starts(line, field))
		return 0;
	url = drop(line, sizeof(field) - 1);
	while (url.n > 0 && (url.p[0] == '"' || url.p[0] == ' '))
		url = drop(url, 1);
	for (n = 0; n < url.n && strchr("\"# \r", url.p[n]) == NULL; n++)
		;
	/* A commit of git stands behind the '#', too. */
	url.n = n;
	if (asks_for_url(patterns) && ferry_bytes_is_url(url))
		return stays(r, pattern_name(patterns), url,
		    ferry_npm_spec_why(FERRY_NPM_SPEC_URL), err);
	return rewrite_url(r, pattern_name(patterns), url, url, AS_IT_IS, err);
}

static int
rewrite_yarn(
    struct rewriter *r, struct ferry_bytes text, struct ferry_error *err)
{
	struct ferry_bytes line, patterns = ferry_bytes_str("");

	while (ferry_bytes_line(&text, &line)) {
		if (line.n > 0 && line.p[0] != ' ' && line.p[0] != '#')
			patterns = line;
		else if (rewrite_field(r, patterns, line, err) == -1)
			return -1;
	}
	return 0;
}

/* package-lock.json and npm-shrinkwrap.json, the same. */

static int
rewrite_entry(struct rewriter *r, struct ferry_bytes raw_name,
    struct ferry_bytes entry, struct ferry_error *err)
{
	struct ferry_bytes value, name = { NULL, 0 };
	struct ferry_buf url = FERRY_BUF_INIT;
	int rc = -1;

	if ((ferry_span_get(entry, "link", &value) && ferry_span_true(value)) ||
	    !ferry_span_get(entry, "resolved", &value) ||
	    ferry_span_type(value) != FERRY_SPAN_STRING)
		return 0;
	ferry_buf_reset(&r->name);
	if (ferry_span_unescape(&r->name, raw_name, err) == -1 ||
	    ferry_span_string(&url, value, err) == -1)
		goto out;
	name = ferry_bytes_buf(&r->name);
	if (ferry_lock_npm_urls_has(&r->asked, value))
		rc = stays(r, name, ferry_bytes_buf(&url),
		    ferry_npm_spec_why(FERRY_NPM_SPEC_URL), err);
	else
		rc = rewrite_url(
		    r, name, ferry_bytes_buf(&url), value, AS_JSON, err);
out:
	ferry_buf_free(&url);
	return rc;
}

/* The nesting is bounded by ferry_span_check(). */
static int
rewrite_tree(
    struct rewriter *r, struct ferry_bytes object, struct ferry_error *err)
{
	struct ferry_span_iter it;
	struct ferry_bytes below;

	ferry_span_iter(&it, object);
	while (ferry_span_next(&it)) {
		/* A URL or a git repository stands where the version would. */
		if (ferry_span_get(it.value, "version", &below) &&
		    ferry_span_type(below) == FERRY_SPAN_STRING &&
		    memchr(below.p, ':', below.n) != NULL &&
		    !ferry_bytes_starts(below, "\"npm:")) {
			if (stays(r, it.name,
				ferry_bytes_of(below.p + 1, below.n - 2),
				ferry_npm_spec_why(ferry_lock_spec_kind(
				    ferry_bytes_of(below.p + 1, below.n - 2))),
				err) == -1)
				return -1;
		} else if (rewrite_entry(r, it.name, it.value, err) == -1) {
			return -1;
		}
		if (ferry_span_get(it.value, "dependencies", &below) &&
		    rewrite_tree(r, below, err) == -1)
			return -1;
	}
	return 0;
}

static int
rewrite_npm(
    struct rewriter *r, struct ferry_bytes text, struct ferry_error *err)
{
	struct ferry_bytes root, packages, tree;
	struct ferry_span_iter it;

	if (ferry_span_check(text, &root, err) == -1)
		return -1;
	if (ferry_span_get(root, "packages", &packages)) {
		if (ferry_lock_npm_urls_read(&r->asked, packages, err) == -1)
			return -1;
		ferry_span_iter(&it, packages);
		while (ferry_span_next(&it))
			if (rewrite_entry(r, it.name, it.value, err) == -1)
				return -1;
		/* Version 2 says the same once more. */
		r->silent = true;
	}
	return ferry_span_get(root, "dependencies", &tree)
	           ? rewrite_tree(r, tree, err)
	           : 0;
}

static int
by_place(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	return x->old.p < y->old.p ? -1 : x->old.p > y->old.p;
}

/* text with the edits. */
static int
apply(const struct rewriter *r, struct ferry_bytes text, struct ferry_buf *out,
    struct ferry_error *err)
{
	const uint8_t *p = text.p, *end = text.p + text.n;

	if (r->n > 1)
		qsort(r->edits, r->n, sizeof(*r->edits), by_place);
	for (size_t i = 0; i < r->n; i++) {
		const struct edit *e = &r->edits[i];

		if (ferry_buf_add(out, p, (size_t)(e->old.p - p), err) == -1 ||
		    ferry_buf_add(out, r->new.p + e->at, e->n, err) == -1)
			return -1;
		p = e->old.p + e->old.n;
	}
	return ferry_buf_add(out, p, (size_t)(end - p), err);
}

static int
ignore_wanted(
    void *ctx, const struct ferry_lock_wanted *wanted, struct ferry_error *err)
{

	(void)ctx, (void)wanted, (void)err;
	return 0;
}

static int
ignore_lost(void *ctx, const char *name, const char *what, const char *why,
    struct ferry_error *err)
{

	(void)ctx, (void)name, (void)what, (void)why, (void)err;
	return 0;
}

int
ferry_lock_rewrite(struct ferry_lock_rewrite *rewrite, const char *name,
    struct ferry_bytes text, struct ferry_buf *out, struct ferry_error *err)
{
	const struct ferry_lock_sink nobody = { .on_wanted = ignore_wanted,
		.on_unmirrorable = ignore_lost };
	struct rewriter r = { .rewrite = rewrite,
		.lost = { .sink = rewrite->sink },
		.to_n = without_slashes(rewrite->to),
		.from_n = without_slashes(rewrite->from) };
	const struct ferry_bytes whole = text;
	ferry_lock_reader *reader = ferry_lock_reader_of("npm", name, &text);
	int rc = -1;

	if (reader != ferry_lock_npm && reader != ferry_lock_yarn)
		ferry_error_set(err, FERRY_EFORMAT,
		    "not a package-lock.json, an npm-shrinkwrap.json or a "
		    "yarn.lock of yarn 1; other clients ask the registry that "
		    "is configured");
	else if (reader(text, &nobody, err) == 0)
		rc = reader == ferry_lock_npm ? rewrite_npm(&r, text, err)
		                              : rewrite_yarn(&r, text, err);
	if (rc == 0)
		rc = apply(&r, whole, out, err);
	free(r.edits);
	ferry_lock_npm_urls_free(&r.asked);
	ferry_buf_free(&r.new);
	ferry_buf_free(&r.name);
	ferry_buf_free(&r.url);
	ferry_lock_out_free(&r.lost);
	return rc;
}
