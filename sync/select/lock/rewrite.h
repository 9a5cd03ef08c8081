#ifndef FERRY_SYNC_SELECT_LOCK_REWRITE_H
#define FERRY_SYNC_SELECT_LOCK_REWRITE_H

/*
 * Lock files whose tarballs are taken from another registry: package-lock.json,
 * npm-shrinkwrap.json, and yarn.lock of yarn 1.  All other bytes stay.
 *
 * Threads: none.
 */

#include <stdint.h>

#include "store/base/bytes.h"

struct ferry_error;
struct ferry_lock_sink;

struct ferry_lock_rewrite {
	const char *to; /* http(s) URL of a registry */
	const char *from; /* only what is below this URL; or NULL */
	/* on_unmirrorable() is told of what stays as it is; nothing else. */
	const struct ferry_lock_sink *sink;
	uint64_t changed,
	    same; /* results: URLs, and those that were so before */
};

/*
 * Append text, the content of the file called name, to out with the URLs of its
 * tarballs, "…/NAME/-/FILE.tgz", below to.
 *
 * Stay and are told: what no registry has (git, files, URLs that a package asks
 * for itself) and what has no "/-/" in its path.  What is not below from stays
 * silently.
 * Errors: FERRY_EFORMAT (of another kind, or broken), FERRY_ENOMEM, and those of
 *     the sink.
 * Source: yarnpkg/yarn src/resolvers/registries/npm-resolver.js and
 *     src/fetchers/tarball-fetcher.js: "resolved" is fetched as it stands.
 */
int ferry_lock_rewrite(struct ferry_lock_rewrite *rewrite, const char *name,
    struct ferry_bytes text, struct ferry_buf *out, struct ferry_error *err);

#endif
