#ifndef FERRY_STORE_ACCESS_PEOPLE_H
#define FERRY_STORE_ACCESS_PEOPLE_H

/*
 * The people of this site, and what it grants: what `ferry access apply` made of
 * the group "site" of the operator's file.  It lasts beside permissions that
 * come in bundles, and never leaves in one.  Local records:
 *
 *	people site	{"signed_off_by","file","users":[{"login","suspended"}],
 *			"same_as":[REALM],"grants":[GRANT]}
 *	people stamp	{"serial"}: another number after each change
 *
 *	GRANT	{"grant","line","upstream","type","name","role",
 *		"to":[{"realm","number","team"}]}: upstream and type are "*" for
 *		any, a '*' at the end of name stands for anything; an element
 *		without "number" is every account of realm
 *
 * Which wins where, here and in bundles: grants of both add up; who is suspended
 * by either is let in by neither; an upstream that is closed, because its
 * permissions are not known, is closed to the site's grants, too.
 *
 * Threads: never changed once it was loaded.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/access/snapshot.h"

struct ferry_claim;
struct ferry_error;
struct ferry_people;
struct ferry_store;

/*
 * The number of a user who is known by a login alone: 52 bits of the SHA-256 of
 * "ferry local user " and the login in lower case; never 0.  So it is the same
 * at every site and after every change of the file, and exact as a JavaScript
 * number.
 */
int ferry_local_user(const char *login, uint64_t *out, struct ferry_error *err);

/* Letters, digits and -_.@, no dash first: what people type and logs show. */
#define FERRY_LOGIN_MAX 99
bool ferry_login_valid(const char *text);

/* Those of the store, or nobody.  Errors: of the index, FERRY_EINDEX. */
int ferry_people_load(
    struct ferry_people **out, struct ferry_store *st, struct ferry_error *err);
void ferry_people_free(struct ferry_people *p); /* NULL is fine */
/* Writer: *takes* record, of the form above; NULL: nobody any more.  Part of the
 * next commit.  Returns: 1; 0 if it is the one that is here; -1. */
int ferry_people_put(
    struct ferry_store *st, json_t *record, struct ferry_error *err);
/* A number that changes when they do. */
int ferry_people_stamp(
    struct ferry_store *st, uint64_t *out, struct ferry_error *err);

/* Whether the file lists a user by that login: then *number. */
bool ferry_people_find(
    const struct ferry_people *p, const char *login, uint64_t *number);
/* The user number i, with read:packages; false past the last. */
bool ferry_people_at(
    const struct ferry_people *p, size_t i, struct ferry_claim *out);
/* Whether the site suspends the account. */
bool ferry_people_suspends(
    const struct ferry_people *p, const struct ferry_claim *claim);
/*
 * Whom the claim is of in s: by the number; of the site's own user, where its
 * file says that those of s's realm are the same people, by the login.  NULL: of
 * nobody there.
 */
const struct ferry_snapshot_user *
ferry_people_user(const struct ferry_people *p, const struct ferry_snapshot *s,
    const struct ferry_claim *claim);

/* What the site grants; on_record, or NULL, is told each grant that counts, with
 * its name and the file's line. */
struct ferry_people_ask {
	const char *upstream, *type, *package;
	void (*on_record)(void *ctx, const char *text);
	void *ctx;
};
enum ferry_role ferry_people_role(const struct ferry_people *p,
    const struct ferry_claim *claim, const struct ferry_people_ask *ask);

#endif
