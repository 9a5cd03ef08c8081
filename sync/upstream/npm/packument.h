#ifndef FERRY_SYNC_UPSTREAM_NPM_PACKUMENT_H
#define FERRY_SYNC_UPSTREAM_NPM_PACKUMENT_H

/*
 * A packument, looked into without building a tree of it.
 *
 * Source: shared/protocols/npm.md, sections 1, 2 and 7.
 */

#include <stdbool.h>

#include "store/base/bytes.h"
#include "store/base/digest.h"

struct ferry_error;

/* Views into the packument's bytes; name is the version, decoded. */
struct ferry_npm_version {
	char *name;
	struct ferry_bytes object;
	bool deprecated;
};

struct ferry_npm_doc {
	struct ferry_bytes root;
	struct ferry_bytes tags; /* dist-tags, or empty */
	struct ferry_bytes time; /* or empty */
	struct ferry_npm_version *versions;
	size_t n;
};

/*
 * Errors: FERRY_EFORMAT (not JSON, no versions, or of another package),
 * FERRY_ELIMIT.  text must outlive doc.  An unpublished package (without
 * "versions") has n == 0.
 */
int ferry_npm_doc_read(struct ferry_npm_doc *doc, struct ferry_bytes text,
    const char *name, struct ferry_error *err);
void ferry_npm_doc_free(struct ferry_npm_doc *doc);
/* Only the checks of _read. */
int ferry_npm_doc_check(
    struct ferry_bytes text, const char *name, struct ferry_error *err);

/* The version called name, or NULL. */
const struct ferry_npm_version *
ferry_npm_doc_version(const struct ferry_npm_doc *doc, const char *name);
/* What a dist-tag points to, for the caller to free; NULL if there is none. */
int ferry_npm_doc_tag(const struct ferry_npm_doc *doc, const char *tag,
    char **out, struct ferry_error *err);
/* When a version was published, in seconds; 0 if the document does not say. */
int64_t
ferry_npm_doc_time(const struct ferry_npm_doc *doc, const char *version);

/* dist of a version. */
struct ferry_npm_dist {
	char *tarball; /* absolute URL */
	char *integrity; /* as written, or NULL */
	struct ferry_digest digests[6]; /* of integrity, then shasum */
	size_t n;
	struct ferry_bytes signatures; /* the array, or empty */
};
/* Errors: FERRY_EFORMAT (no tarball, malformed integrity or shasum). */
int ferry_npm_dist_read(struct ferry_npm_dist *dist,
    const struct ferry_npm_version *version, struct ferry_error *err);
void ferry_npm_dist_free(struct ferry_npm_dist *dist);

/* Whether a list such as "os" ([ "linux", "!win32" ]) of a version lets one
 * of the wanted values in; no list and nothing wanted let everything in. */
bool ferry_npm_platform_ok(struct ferry_bytes object, const char *member,
    const char *const *wanted, size_t n);

#endif
