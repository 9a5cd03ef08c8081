#ifndef FERRY_SYNC_UPSTREAM_NUGET_INSIDE_H
#define FERRY_SYNC_UPSTREAM_NUGET_INSIDE_H

/*
 * What is inside a nupkg: looked at once, when it came.
 *
 * Source: store/format/nuget/PROTOCOL.md, sections 1, 4 and 7.
 */

#include "store/base/bytes.h"
#include "store/base/digest.h"

struct ferry_error;
struct ferry_store;

/* Texts are empty where there is no such member. */
struct nuget_inside {
	struct ferry_buf nuspec;
	struct ferry_buf runtime; /* runtime.json */
	struct ferry_buf tool; /* DotnetToolSettings.xml */
	struct ferry_buf signature; /* CMS */
	/* Of what is signed, or of all of an unsigned nupkg. */
	struct ferry_digest sha256, sha384, sha512;
};

/*
 * Errors: FERRY_EFORMAT (not a nupkg), FERRY_ELIMIT, FERRY_ENOTFOUND (no such
 *     blob), others of the store.
 */
int ferry_nuget_inside_read(struct nuget_inside *out, struct ferry_store *st,
    const struct ferry_digest *nupkg, struct ferry_error *err);
void ferry_nuget_inside_free(struct nuget_inside *inside);

/* Append a member by its path as nuspecs have it, "images\icon.png".  Returns:
 * 1; 0 if there is none, or it is longer than max; -1. */
int ferry_nuget_inside_member(struct ferry_buf *out, struct ferry_store *st,
    const struct ferry_digest *nupkg, const char *path, uint64_t max,
    struct ferry_error *err);

#endif
