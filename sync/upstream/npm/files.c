#include "sync/upstream/npm/files.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/format/npm/npm.h"
#include "sync/upstream/npm/npm.h"
#include "sync/upstream/npm/packument.h"
#include "sync/upstream/package/packages.h"

/*
 * The path that the tarball had upstream, if it is not the usual one: lock
 * files written against the upstream ask for it.  It is relative to the
 * registry's base, or starts with '/' if it is outside of that.
 */
static int
unusual_path(const struct ferry_version_at *at, const char *tarball,
    const char *file, char **out, struct ferry_error *err)
{
	const char *base = at->packages->up->url, *path;
	struct ferry_buf usual = FERRY_BUF_INIT;
	size_t n = strlen(base);

	*out = NULL;
	if (strncmp(tarball, base, n) == 0 && tarball[n] == '/') {
		path = tarball + n + 1;
	} else {
		path = strstr(tarball, "://") + 3;
		path += strcspn(path, "/");
		if (*path == 0)
			return 0;
	}
	if (ferry_buf_addf(&usual, err, "%s/-/%s", at->name, file) == -1)
		return -1;
	/* The query may be all that tells versions apart. */
	n = strcspn(path, "#");
	if (n != usual.n || memcmp(path, usual.p, n) != 0) {
		/* The usual path below another prefix needs no note either. */
		if (!(n > usual.n && path[n - usual.n - 1] == '/' &&
			memcmp(path + n - usual.n, usual.p, usual.n) == 0 &&
			*path == '/') &&
		    ferry_strndup(out, ferry_bytes_of(path, n), err) == -1) {
			ferry_buf_free(&usual);
			return -1;
		}
	}
	ferry_buf_free(&usual);
	return 0;
}

int
ferry_npm_files(const struct ferry_version_at *at, ferry_on_file *on_file,
    void *ctx, struct ferry_error *err)
{
	struct ferry_bytes base =
	    ferry_npm_name_base(ferry_bytes_str(at->name));
	struct ferry_buf name = FERRY_BUF_INIT;
	struct ferry_npm_dist dist;
	char *path = NULL;
	int rc = -1;

	if (ferry_npm_dist_read(
		&dist, at->packages->up->url, at->listed, err) == -1)
		return -1;
	if (ferry_buf_addf(&name, err, "%.*s-%s.tgz", (int)base.n,
		(const char *)base.p, at->version) == 0 &&
	    unusual_path(at, dist.tarball, (char *)name.p, &path, err) == 0)
		rc = on_file(ctx,
		    &(struct ferry_wanted_file){ .name = (char *)name.p,
			.url = dist.tarball,
			.path = path,
			.digests = dist.digests,
			.n = dist.n },
		    err);
	free(path);
	ferry_buf_free(&name);
	ferry_npm_dist_free(&dist);
	return rc;
}

/* Only what a dependency tree may leave out is left out for a platform. */
bool
ferry_npm_listed_platform_ok(const struct ferry_packages *packages,
    const struct ferry_listed *listed, enum ferry_need need)
{
	const struct npm *npm = packages->state;
	struct ferry_bytes o = listed->object;

	return need == FERRY_NEEDED ||
	       (ferry_npm_platform_ok(o, "os", npm->os, npm->os_n) &&
		   ferry_npm_platform_ok(o, "cpu", npm->cpu, npm->cpu_n) &&
		   ferry_npm_platform_ok(o, "libc", npm->libc, npm->libc_n));
}

bool
ferry_npm_has_shrinkwrap(const struct ferry_listed *listed)
{
	struct ferry_bytes v;

	return ferry_span_get(listed->object, "_hasShrinkwrap", &v) &&
	       ferry_span_true(v);
}

uint64_t
ferry_npm_unpacked_size(const struct ferry_listed *listed)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_bytes dist, unpacked;
	uint64_t size = 0;

	if (ferry_span_get(listed->object, "dist", &dist) &&
	    ferry_span_get(dist, "unpackedSize", &unpacked))
		(void)ferry_parse_u64(unpacked, 0, INT64_MAX, &size, &ignored);
	return size;
}
