#ifndef FERRY_STORE_FORMAT_NUGET_REGISTRATION_H
#define FERRY_STORE_FORMAT_NUGET_REGISTRATION_H

/*
 * The versions that a document of a registry lists: the index of a
 * registration, a page of it, or the flat container's list.
 *
 * Source: store/format/nuget/PROTOCOL.md, section 3.
 */

#include <stddef.h>

#include "store/base/bytes.h"

struct ferry_error;

/* Whom to tell; views live for the call.  -1 ends the walk. */
struct ferry_nuget_walk {
	/* A version as it is written, which need be none, and its leaf, or of a
	 * list its string. */
	int (*on_version)(void *ctx, struct ferry_bytes version,
	    struct ferry_bytes object, struct ferry_error *err);
	/* The page of an index that is a document of its own; i counts all
	 * pages.  NULL: it is passed over. */
	int (*on_page)(void *ctx, struct ferry_bytes page, size_t i,
	    struct ferry_error *err);
	void *ctx;
};
enum ferry_nuget_document { FERRY_NUGET_IS_FIRST, FERRY_NUGET_IS_PAGE };
/* root is checked JSON.  Errors: FERRY_EFORMAT (it is no such document), those
 * of the callbacks. */
int ferry_nuget_registration_walk(struct ferry_bytes root,
    enum ferry_nuget_document which, const struct ferry_nuget_walk *walk,
    struct ferry_error *err);

#endif
