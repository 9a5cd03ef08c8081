#ifndef FERRY_SERVE_REPLAY_FORMAT_H
#define FERRY_SERVE_REPLAY_FORMAT_H

/*
 * What a format is to the server: one row, which the folder of the format
 * makes and serve/formats.c lists.  Nothing else in serve/ names a format.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "serve/replay/call.h"
#include "serve/replay/view.h"

struct ferry_error;
struct ferry_page;
struct ferry_permit;
struct ferry_pull_want;
struct ferry_response;
struct ferry_store_view;

/* When versions were made, as the documents of their package say. */
struct ferry_times {
	json_t *versions; /* seconds since the epoch, by name; or NULL */
	int64_t created_at, updated_at; /* of the package; or INT64_MIN */
};

struct ferry_replay {
	const char *name; /* in logs and metrics; a literal */
	const char *format; /* of the store; NULL: as parse() says, or none */
	const char *const *prefixes; /* of paths, with a final '/'; NULL ends */
	const char *const *hosts; /* "npm."; NULL ends, or is none */
	bool keeps_prefix; /* also on a host of its own */

	/*
	 * Fill call->resource from the rest of the path, still encoded.  It is
	 * called before it is known who the client is, so what it returns must
	 * not depend on which packages there are.
	 * Returns: 1; 0 if no resource can have that path; -1 (FERRY_EFORMAT).
	 */
	int (*parse)(struct ferry_call *call, struct ferry_bytes rest,
	    struct ferry_error *err);
	/* Optional: fill call->identity from this Authorization, or none
	 * (NULL); without it ferry_access_identify() does. */
	void (*identify)(struct ferry_call *call, const char *authorization);
	/*
	 * Optional: fill call->owner, as ferry_view_owner() does, which is
	 * asked without it; also where no package is named yet.  It is called
	 * once more with FERRY_LOOKUP_FRESH for a package that may not be read,
	 * for nothing but the time that it takes.
	 * Returns: 1, 0 if there is no such package, -1.
	 */
	int (*owner)(struct ferry_call *call, enum ferry_lookup lookup,
	    struct ferry_error *err);
	/*
	 * Returns: 1 and res filled; 0 if it does not exist; -1.  It is called
	 * again after a failure to read the store, once.
	 */
	int (*answer)(const struct ferry_call *call,
	    const struct ferry_permit *permit, struct ferry_response *res,
	    struct ferry_error *err);
	/*
	 * Optional: what a puller would be asked for, so that the request could
	 * be answered: what, version, file and grows of *want, whose format and
	 * package are set.  By the resource and the upstreams that there are.
	 * Returns: whether there is such a thing.
	 */
	bool (*wants)(
	    const struct ferry_call *call, struct ferry_pull_want *want);
	/* Optional: of a request that wants nothing, and is for a part of
	 * something that was pulled: that part, as of struct ferry_pull_use.
	 * Returns: whether it is. */
	bool (*uses)(const struct ferry_call *call, char *what, size_t size);
	/* Optional: whether the package could come from that upstream, as the
	 * client called it. */
	bool (*supplies)(const struct ferry_call *call, const char *upstream);
	/* Say no in the client's own form; text is NULL for "there is no
	 * such thing", which must not say more of what may not be read than of
	 * what is not there: call->owner is "" for both. */
	void (*refuse)(const struct ferry_call *call, unsigned status,
	    const char *text, struct ferry_response *res);
	/* Optional: add WWW-Authenticate to a 401. */
	void (*challenge)(const struct ferry_call *call,
	    enum ferry_verdict verdict, struct ferry_response *res);

	/* Optional: state beside the store.  changed: as of store_view.h. */
	int (*start)(void **state, struct ferry_store_view *view,
	    uint64_t search_bytes, struct ferry_error *err);
	void (*changed)(void *state, const char *package);
	void (*stop)(void *state);

	/* Optional: what its clients are told on the page at "/". */
	void (*page)(const struct ferry_page *page);
	/* Optional: fill *out, which says that nothing is known.  Where it
	 * says nothing of a version, the store's history does.  0, -1. */
	int (*times)(struct ferry_store_view *view, const char *package,
	    const char *owner, struct ferry_times *out,
	    struct ferry_error *err);
};

#endif
