#ifndef FERRY_ACCESS_SPEAKS_H
#define FERRY_ACCESS_SPEAKS_H

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

enum ferry_speaks {
	FERRY_SPEAKS_NOT, /* another one does */
	FERRY_SPEAKS, /* what is newer than what is here */
	FERRY_SPEAKS_ANEW /* the next permissions, whatever is here */
};
/* Whether origin does; if nobody did, it is origin from now on. */
int ferry_speaks_get(struct ferry_store *st, const char *upstream,
    const char *origin, enum ferry_speaks *out, struct ferry_error *err);
/* speaks: FERRY_SPEAKS or FERRY_SPEAKS_ANEW. */
int ferry_speaks_put(struct ferry_store *st, const char *upstream,
    const char *origin, enum ferry_speaks speaks, struct ferry_error *err);

/* Note what was passed over, for people; NULL forgets it. */
int ferry_passed_put(struct ferry_store *st, const char *upstream,
    const char *text, struct ferry_error *err);

#endif
