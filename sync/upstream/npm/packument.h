#ifndef FERRY_SYNC_UPSTREAM_NPM_PACKUMENT_H
#define FERRY_SYNC_UPSTREAM_NPM_PACKUMENT_H

/*
 * A packument, looked into without building a tree of it.
 *
 * Source: store/format/npm/PROTOCOL.md, sections 1, 2 and 7.
 */

#include <stdbool.h>

#include "store/base/bytes.h"
#include "store/base/digest.h"
#include "sync/upstream/package/format.h"

struct ferry_error;

/*
 * Fill document, whose first and only part this is, of the packument of name.
 * The object of a version is its member of "versions"; that of a package that
 * was unpublished (without "versions") has none.  One without a "name" is of
 * the package that was asked for.
 * Errors: FERRY_EFORMAT (not JSON, no object, or of another package),
 *     FERRY_ELIMIT.
 */
int ferry_packument_read(struct ferry_document *document, const char *part,
    struct ferry_bytes text, const char *name, struct ferry_error *err);

/* As keep() of a format: a packument of one version. */
int ferry_packument_keep(struct ferry_buf *out,
    const struct ferry_document *document, const struct ferry_listed *listed,
    struct ferry_error *err);

/* What a dist-tag points to, for the caller to free; NULL if there is none. */
int ferry_packument_tag(const struct ferry_document *document, const char *tag,
    char **out, struct ferry_error *err);
/* When a version was published, in seconds; 0 if the document does not say. */
int64_t ferry_packument_time(
    const struct ferry_document *document, const char *version);
/* As times() of a format. */
int ferry_packument_times(const struct ferry_document *document,
    ferry_on_time *on_time, void *ctx, struct ferry_error *err);

/* dist of a version. */
struct ferry_npm_dist {
	char *tarball; /* absolute URL */
	char *integrity; /* as written, or NULL */
	struct ferry_digest
	    digests[FERRY_FILE_DIGESTS_MAX]; /* of integrity, then shasum */
	size_t n;
	struct ferry_bytes signatures; /* the array, or empty */
};
/* base is the registry's URL.  Errors: FERRY_EFORMAT (no tarball, malformed
 * integrity or shasum). */
int ferry_npm_dist_read(struct ferry_npm_dist *dist, const char *base,
    const struct ferry_listed *listed, struct ferry_error *err);
void ferry_npm_dist_free(struct ferry_npm_dist *dist);

/* Whether a list such as "os" ([ "linux", "!win32" ]) of a version lets one
 * of the wanted values in; no list and nothing wanted let everything in. */
bool ferry_npm_platform_ok(struct ferry_bytes object, const char *member,
    const char *const *wanted, size_t n);

#endif
