#ifndef FERRY_STORE_ACCESS_AUTHORITY_H
#define FERRY_STORE_ACCESS_AUTHORITY_H

/*
 * Whose word counts here on who may read an upstream's packages: its
 * permissions, and the visibility in its record.  The first store's that said
 * anything: this one's by a sync, an origin's by an import.  Local records:
 *
 *	speaks UPSTREAM		{"origin","anew"}: the id of that store; anew:
 *				its next permissions, however old
 *	passed UPSTREAM		{"text","at"}: what was passed over last
 *
 * Writing is part of the next ferry_store_commit().
 */

struct ferry_error;
struct ferry_store;

enum ferry_authority {
	FERRY_AUTHORITY_OTHER, /* another one does */
	FERRY_AUTHORITY_NEWER, /* what is newer than what is here */
	FERRY_AUTHORITY_ANEW /* the next permissions, whatever is here */
};
/* Whether origin does; if nobody did, it is origin from now on. */
int ferry_authority_get(struct ferry_store *st, const char *upstream,
    const char *origin, enum ferry_authority *out, struct ferry_error *err);
/* authority: FERRY_AUTHORITY_NEWER or FERRY_AUTHORITY_ANEW. */
int ferry_authority_put(struct ferry_store *st, const char *upstream,
    const char *origin, enum ferry_authority authority,
    struct ferry_error *err);

/* Note what was passed over, for people; NULL forgets it. */
int ferry_passed_put(struct ferry_store *st, const char *upstream,
    const char *text, struct ferry_error *err);

#endif
