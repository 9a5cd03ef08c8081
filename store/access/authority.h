#ifndef FERRY_STORE_ACCESS_AUTHORITY_H
#define FERRY_STORE_ACCESS_AUTHORITY_H

/*
 * Whose upstream it is here: which store may bring its packages and say who may
 * read them.  An upstream belongs to the first store that brought anything of
 * it: to this one by a sync, to an origin by an import.  What others bring is
 * skipped, all of it.  Local records:
 *
 *	speaks UPSTREAM		{"origin","anew","chosen"}: the id of that store;
 *				anew: its next permissions, however old; chosen:
 *				the operator said so
 *	passed UPSTREAM		{"text","at","permissions","origin","chosen"}:
 *				what was skipped last, and who brought it;
 *				permissions: some of it said who may read (so
 *				did all that an older ferry noted); chosen: by
 *				the operator's word, and so no problem unless
 *				it closes what is here
 *
 * An upstream without permissions of its own is closed to everybody once
 * permissions were skipped: whoever brought those meant some of its packages to
 * be private, and nobody can tell which.
 *
 * Writing is part of the next ferry_store_commit().
 */

#include <jansson.h>
#include <stdint.h>

struct ferry_error;
struct ferry_store;

enum ferry_authority {
	FERRY_AUTHORITY_OTHER, /* another one does */
	FERRY_AUTHORITY_NEWER, /* what is newer than what is here */
	FERRY_AUTHORITY_ANEW /* the next permissions, whatever is here */
};
/* Whether it is origin's; if it is nobody's, it is origin's from now on. */
int ferry_authority_get(struct ferry_store *st, const char *upstream,
    const char *origin, enum ferry_authority *out, struct ferry_error *err);
/* authority: FERRY_AUTHORITY_NEWER or FERRY_AUTHORITY_ANEW. */
int ferry_authority_put(struct ferry_store *st, const char *upstream,
    const char *origin, enum ferry_authority authority,
    struct ferry_error *err);
/* The same by the operator's word, with FERRY_AUTHORITY_ANEW. */
int ferry_authority_choose(struct ferry_store *st, const char *upstream,
    const char *origin, struct ferry_error *err);
/* Whether whose it is was chosen: 1, 0, -1. */
int ferry_authority_chosen(
    struct ferry_store *st, const char *upstream, struct ferry_error *err);

/* The same, but what is nobody's stays so.  Returns: 1; 0 if it is nobody's
 * (and *out is FERRY_AUTHORITY_NEWER); -1. */
int ferry_authority_look(struct ferry_store *st, const char *upstream,
    const char *origin, enum ferry_authority *out, struct ferry_error *err);

/* Note what was skipped of what origin brought, for people. */
enum ferry_passed { FERRY_PASSED_PACKAGES, FERRY_PASSED_PERMISSIONS };
enum ferry_passed_by { FERRY_PASSED_BY_ITSELF, FERRY_PASSED_BY_CHOICE };
int ferry_passed_put(struct ferry_store *st, const char *upstream,
    const char *origin, const char *text, enum ferry_passed what,
    enum ferry_passed_by by, struct ferry_error *err);
/* Whether a record of the above is a problem: 1, 0, -1. */
int ferry_passed_troubles(struct ferry_store *st, const char *upstream,
    const json_t *record, struct ferry_error *err);
/* Forget it; of origin alone, if that is not NULL. */
int ferry_passed_forget(struct ferry_store *st, const char *upstream,
    const char *origin, struct ferry_error *err);
/* Whether permissions of upstream were ever skipped: 1, 0, -1. */
int ferry_passed_closes(
    struct ferry_store *st, const char *upstream, struct ferry_error *err);
/* A number that changes when that does for any upstream. */
int ferry_passed_stamp(
    struct ferry_store *st, uint64_t *out, struct ferry_error *err);

#endif
