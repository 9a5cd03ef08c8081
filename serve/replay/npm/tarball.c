#include "serve/replay/npm/tarball.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "serve/replay/call.h"
#include "serve/replay/file.h"
#include "serve/replay/held.h"
#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/catalog/removal.h"

/* The tarball of a version's record: 1, 0 if it has none, -1. */
static int
tarball(const json_t *record, struct ferry_digest *out, struct ferry_error *err)
{
	struct ferry_file file;
	int n = ferry_files_count(record, err);

	if (n <= 0)
		return n;
	if (ferry_files_get(record, 0, &file, err) == -1)
		return -1;
	*out = file.sha256;
	return 1;
}

static int
find_version(struct ferry_store_view *view, const char *package,
    const char *owner, const char *version, struct ferry_digest *out,
    struct ferry_error *err)
{
	json_t *record = NULL;
	int rc = ferry_held_record(
	    view, "npm", package, owner, version, &record, err);

	if (rc == 1)
		rc = tarball(record, out, err);
	json_decref(record);
	return rc;
}

/* How well a recorded path fits the one asked for. */
enum fit { FIT_NONE, FIT_END, FIT_WHOLE };

static bool
ends_with(struct ferry_bytes s, struct ferry_bytes end)
{

	return s.n > end.n && end.n > 0 && s.p[s.n - end.n - 1] == '/' &&
	       memcmp(s.p + s.n - end.n, end.p, end.n) == 0;
}

/* Cut s into what is before the query and the query, '?' included. */
static struct ferry_bytes
cut_query(const char *s, struct ferry_bytes *query)
{
	size_t n = strcspn(s, "?");

	*query = ferry_bytes_str(s + n);
	return ferry_bytes_of(s, n);
}

/*
 * Whether a recorded path is the one asked for.  Either may have more in
 * front: upstream's base may have a path, and clients that only replace the
 * host of a lock file's URL keep that path behind ours.  A query that was
 * recorded tells versions apart; another is nobody's.
 */
static int
fit_path(const char *recorded, const char *asked, struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_bytes query, asked_query, plain, path;
	int rc = -1;

	recorded += strspn(recorded, "/");
	plain = cut_query(recorded, &query);
	path = cut_query(asked, &asked_query);
	if (query.n > 0 && !ferry_bytes_equal(query, asked_query))
		return FIT_NONE;
	if (ferry_url_decode(&buf, plain, err) == 0) {
		plain = ferry_bytes_buf(&buf);
		rc = ferry_bytes_equal(plain, path) ? FIT_WHOLE
		     : ends_with(plain, path) || ends_with(path, plain)
		         ? FIT_END
		         : FIT_NONE;
	}
	ferry_buf_free(&buf);
	return rc;
}

/* Whether a version's tarball has the path, or the file name, upstream. */
static int
has_path(const json_t *record, const char *path, struct ferry_error *err)
{
	const json_t *file =
	    json_array_get(json_object_get(record, "files"), 0);
	const char *name, *recorded, *dash = strstr(path, "/-/");
	struct ferry_bytes query;

	if (ferry_json_str(file, "name", &name, err) == -1 ||
	    ferry_json_str_opt(file, "path", NULL, &recorded, err) == -1)
		return -1;
	if (recorded != NULL)
		return fit_path(recorded, path, err);
	return dash != NULL && ferry_bytes_is(cut_query(dash + 3, &query), name)
	           ? FIT_WHOLE
	           : FIT_NONE;
}

/* A version's record, when the path of its tarball is looked for: how it fits,
 * and *out if it does. */
static int
try_record(const json_t *record, const char *path, struct ferry_digest *out,
    struct ferry_error *err)
{
	int fit,
	    n = ferry_removal_is(record) ? 0 : ferry_files_count(record, err);

	if (n <= 0)
		return n == 0 ? FIT_NONE : -1;
	fit = has_path(record, path, err);
	return fit > FIT_NONE && tarball(record, out, err) == -1 ? -1 : fit;
}

/* Only one that is meant: of several that could be, none. */
static int
find_path(struct ferry_store_view *view, const char *package, const char *owner,
    const char *path, struct ferry_digest *out, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	enum fit best = FIT_NONE;
	struct ferry_key prefix, key;
	json_t *record = NULL;
	bool several = false;
	int rc = 0, found;

	if (ferry_key_make(
		&prefix, err, "version", "npm", package, owner, NULL) == -1 ||
	    ferry_catalog_iter_new(
		&it, ferry_store_view_store(view), &prefix, NULL, err) == -1)
		return -1;
	while (rc != -1 &&
	       (found = ferry_record_iter_next(it, &key, &record, err)) == 1) {
		struct ferry_digest digest;

		rc = try_record(record, path, &digest, err);
		json_decref(record);
		if (rc <= FIT_NONE || rc < (int)best)
			continue;
		several = rc == (int)best && !ferry_digest_equal(&digest, out);
		best = (enum fit)rc;
		*out = digest;
	}
	ferry_record_iter_free(it);
	if (rc == -1 || found == -1)
		return -1;
	return best > FIT_NONE && !several;
}

/* The version in "base-VERSION.tgz", into buf; whether there is one. */
static bool
version_of(const char *base, const char *path, char buf[FERRY_ITEM_NAME])
{
	const char *file = strrchr(path, '/');
	size_t n, m = strlen(base);

	file = file == NULL ? path : file + 1;
	n = strlen(file);
	if (n <= m + 5 || n - m - 5 >= FERRY_ITEM_NAME ||
	    memcmp(file, base, m) != 0 || file[m] != '-' ||
	    strcmp(file + n - 4, ".tgz") != 0)
		return false;
	memcpy(buf, file + m + 1, n - m - 5);
	buf[n - m - 5] = 0;
	return true;
}

bool
ferry_npm_tarball_version(
    const char *package, const char *path, char version[FERRY_ITEM_NAME])
{
	const char *slash = strchr(package, '/');
	char plain[FERRY_ITEM_NAME];

	(void)snprintf(
	    plain, sizeof(plain), "%.*s", (int)strcspn(path, "?"), path);
	return version_of(slash == NULL ? package : slash + 1, plain, version);
}

int
ferry_npm_tarball_find(struct ferry_store_view *view, const char *package,
    const char *owner, const char *path, struct ferry_digest *out,
    struct ferry_error *err)
{
	const char *query = strchr(path, '?');
	char version[FERRY_ITEM_NAME];
	int rc = 0;

	/* A query may say which is meant; if nobody knows it, it means
	 * nothing. */
	if (query != NULL &&
	    (rc = find_path(view, package, owner, path, out, err)) != 0)
		return rc;
	if (ferry_npm_tarball_version(package, path, version) &&
	    (rc = find_version(view, package, owner, version, out, err)) != 0)
		return rc;
	return query != NULL ? 0
	                     : find_path(view, package, owner, path, out, err);
}

struct job {
	struct ferry_store_view *view;
	const char *package;
	const char *owner;
	const char *path;
};

static int
find(void *ctx, struct ferry_digest *out, struct ferry_error *err)
{
	const struct job *job = ctx;

	return ferry_npm_tarball_find(
	    job->view, job->package, job->owner, job->path, out, err);
}

int
ferry_npm_tarball_body(struct ferry_store_view *view, const char *package,
    const char *owner, const char *path, struct ferry_body **out,
    struct ferry_error *err)
{
	struct job job = { view, package, owner, path };

	return ferry_file_body(&(struct ferry_file_call){ view, "npm", package,
				   owner, path, NULL, find, &job },
	    out, err);
}
