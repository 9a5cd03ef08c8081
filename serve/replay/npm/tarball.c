#include "serve/replay/npm/tarball.h"

#include <jansson.h>
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

static bool
ends_with(const char *s, size_t n, const char *end, size_t m)
{

	return n > m && s[n - m - 1] == '/' && memcmp(s + n - m, end, m) == 0;
}

/*
 * Whether a recorded path is the one asked for.  Either may have more in
 * front: upstream's base may have a path, and clients that only replace the
 * host of a lock file's URL keep that path behind ours.
 */
static int
same_path(const char *recorded, const char *path, struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	size_t n = strlen(path);
	int rc = -1;

	recorded += strspn(recorded, "/");
	if (ferry_url_decode(&buf, ferry_bytes_str(recorded), err) == 0)
		rc = ferry_bytes_is(ferry_bytes_buf(&buf), path) ||
		     ends_with((char *)buf.p, buf.n, path, n) ||
		     ends_with(path, n, (char *)buf.p, buf.n);
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

	if (ferry_json_str(file, "name", &name, err) == -1 ||
	    ferry_json_str_opt(file, "path", NULL, &recorded, err) == -1)
		return -1;
	if (recorded != NULL)
		return same_path(recorded, path, err);
	return dash != NULL && strcmp(dash + 3, name) == 0;
}

static int
find_path(struct ferry_store_view *view, const char *package, const char *owner,
    const char *path, struct ferry_digest *out, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	json_t *record = NULL;
	int rc = -1, found;

	if (ferry_key_make(
		&prefix, err, "version", "npm", package, owner, NULL) == -1 ||
	    ferry_catalog_iter_new(
		&it, ferry_store_view_store(view), &prefix, NULL, err) == -1)
		return -1;
	while ((found = ferry_record_iter_next(it, &key, &record, err)) == 1) {
		rc = ferry_removal_is(record) ? 0
		                              : ferry_files_count(record, err);
		if (rc > 0)
			rc = has_path(record, path, err);
		if (rc == 1)
			rc = tarball(record, out, err);
		json_decref(record);
		if (rc != 0)
			break;
	}
	if (found != 1)
		rc = found;
	ferry_record_iter_free(it);
	return rc;
}

int
ferry_npm_tarball_find(struct ferry_store_view *view, const char *package,
    const char *owner, const char *path, struct ferry_digest *out,
    struct ferry_error *err)
{
	const char *slash = strchr(package, '/'), *file = strrchr(path, '/');
	const char *base = slash == NULL ? package : slash + 1;
	char version[FERRY_ITEM_NAME];
	size_t n, m = strlen(base);
	int rc;

	file = file == NULL ? path : file + 1;
	n = strlen(file);
	if (n > m + 5 && n - m - 5 < sizeof(version) &&
	    memcmp(file, base, m) == 0 && file[m] == '-' &&
	    strcmp(file + n - 4, ".tgz") == 0) {
		memcpy(version, file + m + 1, n - m - 5);
		version[n - m - 5] = 0;
		rc = find_version(view, package, owner, version, out, err);
		if (rc != 0)
			return rc;
	}
	return find_path(view, package, owner, path, out, err);
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
