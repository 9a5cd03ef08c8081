#ifndef FERRY_SERVE_REPLAY_VIEW_H
#define FERRY_SERVE_REPLAY_VIEW_H

/*
 * A registry as its clients see it: where they find it, and whose package a
 * name means there.
 */

#include "serve/replay/call.h"

struct ferry_body;
struct ferry_buf;
struct ferry_error;

enum ferry_lookup {
	FERRY_LOOKUP_CACHED, /* in the cache, or made for it */
	FERRY_LOOKUP_FRESH /* in the store, as what the cache lacks is */
};

/*
 * The owner of a format's package, by no more than its name.
 * Returns: 1 and owner; 0 if nobody has a package of that name; -1.
 */
int ferry_view_owner(struct ferry_store_view *view, const char *format,
    const char *package, enum ferry_lookup lookup, char owner[FERRY_OWNER_NAME],
    struct ferry_error *err);
/* The same of the package that the upstream called upstream has. */
int ferry_view_owner_at(struct ferry_store_view *view, const char *format,
    const char *package, const char *upstream, enum ferry_lookup lookup,
    char owner[FERRY_OWNER_NAME], struct ferry_error *err);
/* The owner whose name is the bytes of body, which is *taken*: 1 and owner;
 * -1 with FERRY_ELIMIT. */
int ferry_view_take_owner(struct ferry_body *body, char owner[FERRY_OWNER_NAME],
    struct ferry_error *err);

/* Whether the client may read the package of the format that call names, which
 * is here and whose owner is known: what lookups ask before they tell more. */
bool ferry_view_may_read(const struct ferry_call *call, const char *format);

/* The host that the client named, borrowed from rq; NULL without a usable
 * one. */
const char *ferry_view_host(const struct ferry_request *rq);
/* Whether host is a name of this server: of public_url, or of hosts; any name
 * is where the configuration has neither. */
bool ferry_view_is_host(const struct ferry_site *site, const char *host);
/* Append "https://host", as the client sees this server: without a final '/'.
 * Returns: 0, or -1 with FERRY_EFORMAT (no usable Host). */
int ferry_view_origin(const struct ferry_site *site,
    const struct ferry_request *rq, struct ferry_buf *out,
    struct ferry_error *err);
/* Append the base of absolute URLs: origin and prefix, with a final '/'. */
int ferry_view_base(const struct ferry_call *call, struct ferry_buf *out,
    struct ferry_error *err);

#endif
