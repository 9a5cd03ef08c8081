/*
 * package-lock.json and npm-shrinkwrap.json.
 *
 * lockfileVersion 1 is a tree of "dependencies"; 2 and 3 are a flat object
 * "packages", whose names are places below the project's folder.  Version 2
 * has the tree as well, which says less and is not looked at.
 */

#include "sync/select/lock/kind.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/format/npm/npm.h"
#include "sync/select/lock/lock.h"
#include "sync/select/lock/npm_places.h"

/* What is read of one entry, decoded; the memory is used again for each. */
struct entry {
	struct ferry_buf name;
	struct ferry_buf version;
	struct ferry_buf resolved;
	struct ferry_buf integrity;
	struct ferry_buf from; /* only in a tree */
	struct ferry_bytes raw_resolved; /* the JSON text */
	bool has_version, has_resolved, has_integrity, has_from;
	bool optional;
};

struct reader {
	struct ferry_lock_out out;
	struct ferry_lock_npm_urls urls;
	struct entry entry;
	struct ferry_buf tail; /* how the entry's URL would end */
	bool tree; /* "dependencies", not "packages" */
};

/* A string into buf; an empty one or another type counts as absent. */
static int
read_member(struct ferry_buf *buf, bool *has, struct ferry_bytes value,
    struct ferry_error *err)
{

	ferry_buf_reset(buf);
	*has = ferry_span_type(value) == FERRY_SPAN_STRING && value.n > 2;
	return *has ? ferry_span_string(buf, value, err) : 0;
}

static bool
is_true(struct ferry_bytes object, const char *name)
{
	struct ferry_bytes value;

	return ferry_span_get(object, name, &value) && ferry_span_true(value);
}

static const char *
text(const struct ferry_buf *buf)
{

	return buf->p == NULL ? "" : (const char *)buf->p;
}

static int
unmirrorable(struct reader *r, const struct ferry_buf *what,
    enum ferry_npm_spec_kind kind, struct ferry_error *err)
{

	return ferry_lock_lost(&r->out, ferry_bytes_buf(&r->entry.name),
	    ferry_bytes_buf(what), ferry_npm_spec_why(kind), err);
}

static bool
is_asked_for(const struct reader *r, struct ferry_bytes raw)
{

	return ferry_lock_npm_urls_has(&r->urls, raw);
}

/* The path in an http(s) URL, without query and fragment. */
static struct ferry_bytes
path_of(const char *url)
{
	const char *path = strstr(url, "://") + 3;

	path += strcspn(path, "/?#");
	return ferry_bytes_of(path, strcspn(path, "?#"));
}

static bool
path_has(const char *url, const char *s)
{
	struct ferry_bytes path = path_of(url);

	return memmem(path.p, path.n, s, strlen(s)) != NULL;
}

/* Whether the path ends as a registry's would: "/-/base-version.tgz". */
static int
is_canonical(
    bool *out, struct reader *r, const char *url, struct ferry_error *err)
{
	struct ferry_bytes path = path_of(url);
	struct ferry_bytes base =
	    ferry_npm_name_base(ferry_bytes_buf(&r->entry.name));

	ferry_buf_reset(&r->tail);
	if (ferry_buf_addf(&r->tail, err, "/-/%.*s-%s.tgz", (int)base.n,
		(const char *)base.p, text(&r->entry.version)) == -1)
		return -1;
	*out = path.n >= r->tail.n &&
	       ferry_bytes_equal(ferry_bytes_buf(&r->tail),
		   ferry_bytes_of(path.p + path.n - r->tail.n, r->tail.n));
	return 0;
}

/* Whether the entry's http(s) URL is of a registry; see lock.h. */
static int
is_registry(bool *out, struct reader *r, struct ferry_error *err)
{
	const struct ferry_buf *from = &r->entry.from;
	const char *url = text(&r->entry.resolved);
	struct ferry_bytes path = path_of(url);

	if (r->tree) {
		/* npm 3 and 4 tell by "from", which may repeat "resolved". */
		*out = !ferry_bytes_is_url(ferry_bytes_buf(from)) ||
		       path_has(text(from), "/-/");
		return 0;
	}
	if (is_asked_for(r, r->entry.raw_resolved))
		return is_canonical(out, r, url, err);
	*out = (path.n >= 4 && memcmp(path.p + path.n - 4, ".tgz", 4) == 0) ||
	       path_has(url, "/-/") || path_has(url, "/download/");
	return 0;
}

/* The entry is read and has its real name and version. */
static int
report(struct reader *r, struct ferry_error *err)
{
	struct entry *e = &r->entry;
	struct ferry_lock_entry found = { .optional = e->optional };
	bool registry = true;

	if (e->has_resolved &&
	    !ferry_bytes_is_url(ferry_bytes_buf(&e->resolved))) {
		enum ferry_npm_spec_kind kind =
		    ferry_lock_spec_kind(ferry_bytes_buf(&e->resolved));

		/* What does not read as another kind is a path. */
		return unmirrorable(r, &e->resolved,
		    kind < FERRY_NPM_SPEC_GIT ? FERRY_NPM_SPEC_FILE : kind,
		    err);
	}
	if (e->has_resolved && is_registry(&registry, r, err) == -1)
		return -1;
	if (!registry)
		return unmirrorable(r, &e->resolved, FERRY_NPM_SPEC_URL, err);
	/*
	 * npm writes { "optional": true } and no more for what it left out on
	 * the platform where it ran; "npm ci" does not install it either.
	 */
	if (e->optional && !e->has_version && !e->has_resolved)
		return 0;
	found.name = ferry_bytes_buf(&e->name);
	found.version = ferry_bytes_buf(&e->version);
	found.integrity = ferry_bytes_buf(&e->integrity);
	found.resolved = ferry_bytes_buf(&e->resolved);
	return ferry_lock_found(&r->out, &found, err);
}

/* What both forms have in common; leaves the name as it is. */
static int
read_entry(struct reader *r, struct ferry_bytes object, struct ferry_error *err)
{
	struct ferry_bytes version = { 0 }, integrity = { 0 }, from = { 0 };
	struct entry *e = &r->entry;

	ferry_span_get(object, "version", &version);
	e->raw_resolved = ferry_bytes_of(NULL, 0);
	ferry_span_get(object, "resolved", &e->raw_resolved);
	ferry_span_get(object, "integrity", &integrity);
	if (r->tree)
		ferry_span_get(object, "from", &from);
	e->optional = is_true(object, "optional");
	if (read_member(&e->version, &e->has_version, version, err) == -1 ||
	    read_member(&e->resolved, &e->has_resolved, e->raw_resolved, err) ==
		-1 ||
	    read_member(&e->integrity, &e->has_integrity, integrity, err) ==
		-1 ||
	    read_member(&e->from, &e->has_from, from, err) == -1)
		return -1;
	return 0;
}

/* A member of "packages". */
static int
read_place(struct reader *r, struct ferry_bytes place,
    struct ferry_bytes object, struct ferry_error *err)
{
	struct ferry_buf *name = &r->entry.name;
	struct ferry_bytes value = { 0 }, base;
	bool has;

	if (is_true(object, "link") || is_true(object, "inBundle"))
		return 0;
	ferry_buf_reset(name);
	if (ferry_span_unescape(name, place, err) == -1)
		return -1;
	base = ferry_lock_npm_place_name(ferry_bytes_buf(name));
	if (base.n == 0)
		return 0; /* the project itself, or a workspace of it */
	memmove(name->p, base.p, base.n);
	name->n = base.n;
	name->p[name->n] = 0;
	if (ferry_span_get(object, "name", &value) &&
	    ferry_span_type(value) == FERRY_SPAN_STRING &&
	    read_member(name, &has, value, err) == -1)
		return -1;
	if (read_entry(r, object, err) == -1)
		return -1;
	return report(r, err);
}

static int
read_packages(
    struct reader *r, struct ferry_bytes packages, struct ferry_error *err)
{
	struct ferry_span_iter it;

	if (ferry_lock_npm_urls_read(&r->urls, packages, err) == -1)
		return -1;
	ferry_span_iter(&it, packages);
	while (ferry_span_next(&it))
		if (ferry_span_type(it.value) == FERRY_SPAN_OBJECT &&
		    read_place(r, it.name, it.value, err) == -1)
			return -1;
	return ferry_lock_npm_pruned(packages, r->out.sink, err);
}

/* A member of the tree, where "version" also says what is no version. */
static int
read_node(struct reader *r, struct ferry_bytes raw_name,
    struct ferry_bytes object, struct ferry_error *err)
{
	struct ferry_error own = FERRY_ERROR_INIT;
	struct ferry_npm_spec spec;
	struct entry *e = &r->entry;
	struct ferry_buf version = FERRY_BUF_INIT;
	int rc = -1;

	ferry_buf_reset(&e->name);
	if (ferry_span_unescape(&e->name, raw_name, err) == -1 ||
	    read_entry(r, object, err) == -1)
		return -1;
	if (!e->has_version ||
	    ferry_npm_version_valid(ferry_bytes_buf(&e->version)) ||
	    ferry_npm_spec_parse(&spec, ferry_bytes_str("a"),
		ferry_bytes_buf(&e->version), &own) == -1)
		return report(r, err);
	if (spec.kind == FERRY_NPM_SPEC_FILE && !e->has_integrity)
		return 0; /* a folder: what later versions call a link */
	if (spec.kind >= FERRY_NPM_SPEC_GIT)
		return unmirrorable(r, &e->version, spec.kind, err);
	if (!spec.alias)
		return report(r, err);
	/* The spec's views are into the version that it replaces. */
	if (ferry_buf_add(&version, spec.text.p, spec.text.n, err) == -1)
		goto out;
	ferry_buf_reset(&e->name);
	if (ferry_buf_add(&e->name, spec.name.p, spec.name.n, err) == -1)
		goto out;
	ferry_buf_reset(&e->version);
	if (ferry_buf_add(&e->version, version.p, version.n, err) == -1)
		goto out;
	rc = report(r, err);
out:
	ferry_buf_free(&version);
	return rc;
}

/* The nesting is bounded by ferry_span_check(). */
static int
read_tree(
    struct reader *r, struct ferry_bytes dependencies, struct ferry_error *err)
{
	struct ferry_span_iter it;
	struct ferry_bytes below;

	ferry_span_iter(&it, dependencies);
	while (ferry_span_next(&it)) {
		if (ferry_span_type(it.value) != FERRY_SPAN_OBJECT)
			continue;
		if (!is_true(it.value, "bundled") &&
		    read_node(r, it.name, it.value, err) == -1)
			return -1;
		if (ferry_span_get(it.value, "dependencies", &below) &&
		    ferry_span_type(below) == FERRY_SPAN_OBJECT &&
		    read_tree(r, below, err) == -1)
			return -1;
	}
	return 0;
}

static int
check_version(struct ferry_bytes root, bool *has, struct ferry_error *err)
{
	struct ferry_error own = FERRY_ERROR_INIT;
	struct ferry_bytes value;
	uint64_t version;

	*has = ferry_span_get(root, "lockfileVersion", &value);
	if (!*has)
		return 0;
	if (ferry_span_type(value) != FERRY_SPAN_NUMBER ||
	    ferry_parse_u64(value, 0, 3, &version, &own) == -1)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "lockfileVersion is %.*s, ferry reads 1, 2 and 3",
		    (int)(value.n < 40 ? value.n : 40), (const char *)value.p);
	return 0;
}

int
ferry_lock_npm(struct ferry_bytes file, const struct ferry_lock_sink *sink,
    struct ferry_error *err)
{
	struct reader r = { .out = { .sink = sink } };
	struct ferry_bytes root, value;
	bool has_version;
	int rc = -1;

	if (ferry_span_check(file, &root, err) == -1 ||
	    check_version(root, &has_version, err) == -1)
		goto out;
	if (ferry_span_get(root, "packages", &value) &&
	    ferry_span_type(value) == FERRY_SPAN_OBJECT)
		rc = read_packages(&r, value, err);
	else if (ferry_span_get(root, "dependencies", &value) &&
		 ferry_span_type(value) == FERRY_SPAN_OBJECT) {
		r.tree = true;
		rc = read_tree(&r, value, err);
	} else if (has_version)
		rc = 0;
	else
		ferry_error_set(err, FERRY_EFORMAT,
		    "not a lock file of npm: it has neither \"packages\" nor "
		    "\"dependencies\" nor \"lockfileVersion\"");
out:
	ferry_lock_npm_urls_free(&r.urls);
	ferry_buf_free(&r.entry.name);
	ferry_buf_free(&r.entry.version);
	ferry_buf_free(&r.entry.resolved);
	ferry_buf_free(&r.entry.integrity);
	ferry_buf_free(&r.entry.from);
	ferry_buf_free(&r.tail);
	ferry_lock_out_free(&r.out);
	return rc;
}
