#ifndef FERRY_SERVE_REPLAY_CALL_H
#define FERRY_SERVE_REPLAY_CALL_H

/* One request on its way from a route to an answer. */

#include <stdbool.h>

#include "serve/http/http.h"
#include "store/access/access.h"
#include "store/access/token.h"

struct ferry_asker;
struct ferry_bases;
struct ferry_guard;
struct ferry_issuing;
struct ferry_replay;
struct ferry_site;
struct ferry_store_view;

#define FERRY_PACKAGE_NAME 256
#define FERRY_OWNER_NAME 256
#define FERRY_ITEM_NAME 512

/* What a URL names, before anybody looks whether it exists.  All zero, but
 * for what the format's parse() sets. */
struct ferry_resource {
	int kind; /* the format's own */
	enum ferry_action action;
	/* What parse() returned holds for any method; else whatever is neither
	 * GET nor HEAD is a write, and refused. */
	bool any_method;
	/* Whose package it is, where a row answers for several formats, and as
	 * of struct ferry_access_request. */
	const char *format; /* NULL: the row's */
	bool login;
	bool hides;
	char package[FERRY_PACKAGE_NAME]; /* "": of no package */
	char client_name[FERRY_ITEM_NAME]; /* of it; "": as package */
	char origin[FERRY_OWNER_NAME]; /* for owner(): where it must be from */
	char item[FERRY_ITEM_NAME]; /* version, tag, file … or "" */
};

/*
 * Filled step by step, in the order of the members.
 *
 * Invariants: 1. nothing but owner depends on what the store holds, so that
 * what is hidden takes the same way as what is absent; 2. owner is "" unless
 * resource.action is FERRY_ACTION_READ; 3. identity is cleared by whoever made
 * the call, after the answer.
 */
struct ferry_call {
	struct ferry_store_view *view;
	const struct ferry_site *site;
	const struct ferry_request *rq;
	/* The route. */
	const struct ferry_replay *const *formats; /* all rows; NULL ends */
	struct ferry_bases *bases;
	struct ferry_asker *asker; /* or NULL */
	struct ferry_issuing *issuing;
	struct ferry_guard *guard;
	void *state; /* of the format */
	const char *prefix; /* "/npm/", or "/" on a host of its own */
	bool own_host;
	/* By parse(), identify() and owner() of the format. */
	struct ferry_resource resource;
	struct ferry_identity identity;
	struct ferry_token token; /* for identify() to keep */
	bool session_expired; /* a bad credential was a session: no guess */
	char owner[FERRY_OWNER_NAME]; /* "": there is no such package */
	/* By the decision: as of struct ferry_response. */
	bool varies, personal;
};

#endif
