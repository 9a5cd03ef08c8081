#ifndef FERRY_SYNC_COMMAND_USER_ARG_H
#define FERRY_SYNC_COMMAND_USER_ARG_H

/* How people name users and repositories: by what snapshots know of them. */

#include <stdint.h>

struct ferry_claim;
struct ferry_error;
struct ferry_store;

struct ferry_user_arg {
	char realm[256]; /* as in struct ferry_snapshot_meta */
	char name[256]; /* login, or OWNER/NAME, as the snapshot writes it */
	uint64_t number;
};

/*
 * upstream may be NULL.  login may be "site:LOGIN": a user of this site, also one
 * whom the operator's file does not list.  Errors: FERRY_ENOTFOUND, FERRY_EUSAGE (several
 *     upstreams have one of that name).
 */
int ferry_user_arg_user(struct ferry_user_arg *out, struct ferry_store *st,
    const char *upstream, const char *login, struct ferry_error *err);
/* What a token of the user's, with read:packages, claims. */
void
ferry_user_arg_claim(const struct ferry_user_arg *who, struct ferry_claim *out);
/* A user of an upstream's whose snapshot knows neither login nor number.
 * Errors: FERRY_ENOTFOUND (no such upstream), FERRY_EUSAGE (it does know one of
 * them, or login is none). */
int ferry_user_arg_stranger(struct ferry_user_arg *out, struct ferry_store *st,
    const char *upstream, const char *login, uint64_t number,
    struct ferry_error *err);
int ferry_user_arg_repository(struct ferry_user_arg *out,
    struct ferry_store *st, const char *upstream, const char *full_name,
    struct ferry_error *err);

#endif
