#ifndef FERRY_SERVE_REPLAY_KNOWN_H
#define FERRY_SERVE_REPLAY_KNOWN_H

/*
 * Versions of a package that are known and not held: what is asked for is pulled
 * (sync/pull/README.md).  They are added to what is held, and documents then
 * show both.  Not known are those that were removed here, those that clients
 * are not shown any more, and those that are younger than the puller lets come
 * (min_age).
 */

#include "serve/replay/held.h"

/*
 *	begin → 1 → add … → end
 *	      → 0, -1
 */
struct ferry_known {
	struct ferry_held hidden, removed, young;
};

/* Returns: 1 if versions of the package may be known; 0 if what is held is all,
 * as its owner is not pulled through; -1. */
int ferry_known_begin(struct ferry_known *known, struct ferry_store_view *view,
    const char *format, const char *package, const char *owner,
    struct ferry_error *err);
/* Whether a version that upstream lists may be shown. */
bool
ferry_known_shows(const struct ferry_known *known, struct ferry_bytes version);
/* Upstream lists version. */
int ferry_known_add(struct ferry_known *known, struct ferry_held *held,
    struct ferry_bytes version, struct ferry_error *err);
/*
 * Tell of what upstream lists: the document of a package and its parts, as they
 * came; name is that of the record, text lives for the call.  max: bytes of one.
 * What is not in the store is passed over.
 */
typedef int ferry_known_on_document(void *ctx, size_t i, const char *name,
    struct ferry_bytes text, struct ferry_error *err);
int ferry_known_documents(struct ferry_store_view *view, const char *format,
    const char *package, const char *owner, uint64_t max,
    ferry_known_on_document *on_document, void *ctx, struct ferry_error *err);
/* Put held, if any, in order. */
void ferry_known_end(struct ferry_known *known, struct ferry_held *held);

#endif
