#ifndef FERRY_SYNC_PERMISSIONS_OPERATOR_FILE_H
#define FERRY_SYNC_PERMISSIONS_OPERATOR_FILE_H

/*
 * The operator's file (etc/access.conf): who the users are where no upstream
 * has any, and what GitHub tells by no API.
 *
 * It is read twice: its form when it is opened, and its names (logins, teams,
 * packages, repositories) when a snapshot is made, because only then are they
 * known.  A name that is not known is a mistake with file and line; what it
 * stands in is left out, so that somebody who is gone upstream does not keep
 * everybody else's rights as they were.
 *
 * Source: store/access/PROTOCOL.md, sections 1.3 and 3.3.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct ferry_error;
struct ferry_operator;
struct ferry_snapshot;
struct ferry_snapshots;

#define FERRY_REALM_LOCAL "local"

/* Errors: FERRY_ECONFIG with file and line, FERRY_ESYSTEM. */
int ferry_operator_open(
    struct ferry_operator **out, const char *path, struct ferry_error *err);
void ferry_operator_free(struct ferry_operator *op);

/* Borrowed. */
const char *ferry_operator_signed_off_by(const struct ferry_operator *op);
/* Whose users the plain registries are for: "local", or an upstream. */
const char *ferry_operator_realm(const struct ferry_operator *op);
/* Whether any user is known of that realm by this file alone. */
bool ferry_operator_has_users(const struct ferry_operator *op);

/*
 * What an upstream is, for checking its name: FERRY_UPSTREAM_IS_….
 * Errors of _check: FERRY_ECONFIG at the line that names none, or one of the
 * other sort.
 */
enum ferry_upstream_is {
	FERRY_UPSTREAM_IS_NONE,
	FERRY_UPSTREAM_IS_PLAIN,
	FERRY_UPSTREAM_IS_GITHUB
};
int ferry_operator_check(struct ferry_operator *op,
    enum ferry_upstream_is (*what_is)(void *ctx, const char *upstream),
    void *ctx, struct ferry_error *err);

/* Where records go, and what is wrong with names. */
struct ferry_operator_sink {
	void *ctx;
	/* Takes record. */
	int (*on_record)(void *ctx, json_t *record, struct ferry_error *err);
	void (*on_mistake)(void *ctx, const struct ferry_error *mistake);
};

/* What the file says of a GitHub upstream, besides records. */
struct ferry_operator_github {
	bool private_mode;
	json_t *inherits; /* by package number: true or false; owned */
	json_t *assume; /* by owner number: a linked package inherits; owned */
};
/* s is what its API said. */
int ferry_operator_github(struct ferry_operator *op, const char *upstream,
    const struct ferry_snapshot *s, const struct ferry_operator_sink *sink,
    struct ferry_operator_github *out, struct ferry_error *err);
void ferry_operator_github_clear(struct ferry_operator_github *g);

/*
 * Users and grants of a plain upstream.  realm is the snapshot of the realm's
 * upstream, or NULL for "local".
 */
int ferry_operator_plain(struct ferry_operator *op, const char *upstream,
    const struct ferry_snapshot *realm, const struct ferry_operator_sink *sink,
    struct ferry_error *err);

/*
 * What the file says of this site alone: *out is the record of
 * store/access/people.h, NULL where it says nothing; *err is not touched by a
 * name that is not known.  all: whose users "UPSTREAM:LOGIN" may be.
 */
int ferry_operator_site(struct ferry_operator *op,
    const struct ferry_snapshots *all, const struct ferry_operator_sink *sink,
    json_t **out, struct ferry_error *err);

#endif
