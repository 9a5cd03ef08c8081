#ifndef FERRY_REPLAY_FORMAT_H
#define FERRY_REPLAY_FORMAT_H

/*
 * What a format is to the server: one row of the table in replay.c, made by
 * one file.  Nothing outside serve/replay includes this header.
 */

#include <stdint.h>

#include "serve/http/http.h"
#include "serve/replay/replay.h"
#include "store/access/access.h"
#include "store/access/token.h"
#include "store/base/bytes.h"

struct ferry_error;
struct ferry_store_view;

#define FERRY_PACKAGE_NAME 256
#define FERRY_OWNER_NAME 256
#define FERRY_ITEM_NAME 512

/* What a URL names, before anybody looks whether it exists. */
struct ferry_resource {
	int kind; /* the format's own */
	enum ferry_action action;
	/* Whose package it is, where a row answers for several formats, and as
	 * of struct ferry_access_request. */
	const char *format; /* NULL: the row's */
	bool login;
	bool hides;
	char package[FERRY_PACKAGE_NAME]; /* "": of no package */
	char called[FERRY_ITEM_NAME]; /* by the client; "": as package */
	char origin[FERRY_OWNER_NAME]; /* for owner(): where it must be from */
	char item[FERRY_ITEM_NAME]; /* version, tag, file … or "" */
};

/* One request on its way. */
struct ferry_call {
	struct ferry_store_view *view;
	void *state; /* of the format */
	const struct ferry_site *site;
	const struct ferry_request *rq;
	const char *prefix; /* "/npm/", or "/" on a host of its own */
	bool own_host;
	struct ferry_identity identity;
	struct ferry_token token; /* for identify() to keep */
	/* Set by identify(): the bad credential is a session's that ended, as
	 * everybody's does, and no guess. */
	bool ended;
	struct ferry_resource resource;
	char owner[FERRY_OWNER_NAME]; /* "": there is no such package */
	bool varies, personal; /* as of struct ferry_response */
};

struct ferry_replay {
	const char *format;
	const char *const *prefixes; /* of paths, with a final '/'; NULL ends */
	const char *const *hosts; /* "npm."; NULL ends */
	bool keeps_prefix; /* also on a host of its own */

	/*
	 * Fill call->resource from the rest of the path, still encoded.  It is
	 * called before anybody knows who asks, so what it returns must not
	 * depend on which packages there are.
	 * Returns: 1; 0 if no resource can have that path; -1 (FERRY_EFORMAT).
	 */
	int (*parse)(struct ferry_call *call, struct ferry_bytes rest,
	    struct ferry_error *err);
	/* Optional: fill call->identity from this Authorization, or none
	 * (NULL); without it ferry_access_identify() does. */
	void (*identify)(struct ferry_call *call, const char *authorization);
	/* Optional: fill call->owner, as ferry_replay_owner() does, which is
	 * asked without it; also where no package is named yet. */
	int (*owner)(struct ferry_call *call, struct ferry_error *err);
	/* Goes with owner(): what that does for a package that is not in the
	 * cache, once more, for nothing but the time that it takes. */
	void (*again)(struct ferry_call *call);
	/*
	 * Returns: 1 and res filled; 0 if it does not exist; -1.  It is called
	 * again after a failure to read the store, once.
	 */
	int (*answer)(const struct ferry_call *call,
	    const struct ferry_permit *permit, struct ferry_response *res,
	    struct ferry_error *err);
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
};

/* The base of absolute URLs: origin and prefix, with a final '/'. */
int ferry_replay_base(const struct ferry_call *call, struct ferry_buf *out,
    struct ferry_error *err);

/*
 * Which owner's package a name means in the view that is asked.
 * Returns: 1 and owner; 0 if nobody has a package of that name; -1.
 */
int ferry_replay_owner(struct ferry_store_view *view, const char *format,
    const char *package, char owner[FERRY_OWNER_NAME], struct ferry_error *err);

/* The same by a look into the store, for nothing but the time. */
void ferry_replay_again(
    struct ferry_store_view *view, const char *format, const char *package);

/* One per file. */
extern const struct ferry_replay ferry_replay_github;
extern const struct ferry_replay ferry_replay_npm;
extern const struct ferry_replay ferry_replay_oci;
extern const struct ferry_replay ferry_replay_metrics;

#endif
