#ifndef FERRY_SERVE_HTTP_FORWARDED_H
#define FERRY_SERVE_HTTP_FORWARDED_H

/*
 * What proxies that we trust say about the client.
 *
 * X-Forwarded-For is read from its end: each address that is a trusted proxy's
 * was put there by the one before, and the first that is not is the client's.
 * What stands in front of that one the client may have written itself.
 *
 * Of lists in X-Forwarded-Host and X-Forwarded-Proto the entry counts that the
 * same proxy added, the outermost that we trust; where a list is shorter, or
 * there is no X-Forwarded-For, its first.
 *
 * No requests here: texts in, texts out.
 *
 * Source: MDN, "X-Forwarded-For", "Selecting an IP address"; RFC 9110, 5.3, for
 *     several lines of one header.
 */

#include <stdbool.h>

#include "store/base/bytes.h"

struct ferry_networks;

#define FERRY_PEER 46 /* an address as text */
#define FERRY_HOST 256

struct ferry_forwarded {
	char peer[FERRY_PEER]; /* "": as the connection says */
	char host[FERRY_HOST]; /* "": as Host says */
	char proto[8]; /* "http", "https" or "" */
};

/* Each list is all lines of its header, joined by ','; empty without. */
void ferry_forwarded_read(struct ferry_forwarded *out, struct ferry_bytes peers,
    struct ferry_bytes hosts, struct ferry_bytes protos,
    const struct ferry_networks *proxies);

#endif
