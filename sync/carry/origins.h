#ifndef FERRY_SYNC_CARRY_ORIGINS_H
#define FERRY_SYNC_CARRY_ORIGINS_H

/*
 * At a site: how far it is in the journals of its origins, and what it lacks.
 * Local records:
 *
 *	origin ID		{"name","seq","chain","head","at","written",
 *				"known","anew_at","anew_from","anew_before"};
 *				written: when the newest bundle was
 *	boundary ORIGIN NUMBER	{"chain"}: where an import ended, or a bundle
 *				that the origin wrote before
 *	applying ORIGIN		{"seq","chain"}: an import whose records are
 *				visible in part ends there
 *	wanted HEX		{"at","origin"}: a blob that a bundle should
 *				have brought
 *	incoming ORIGIN		an import that is not complete (import.h)
 *	lost HEX		written by verify: a blob that rotted
 *
 * NUMBER has 20 digits, so that their order is the records'.  Writing is part
 * of the next ferry_store_commit().
 */

#include <stdint.h>

#include "store/bundle/head.h"
#include "store/bundle/receipt.h"

struct ferry_error;
struct ferry_store;

/* Where a site stands in an origin's journal. */
struct ferry_position {
	char name[FERRY_NAME]; /* of the origin */
	uint64_t seq;
	struct ferry_digest chain;
	struct ferry_digest head; /* n == 0: none */
	int64_t written; /* by the origin's clock; 0: not known */
	/* Behind this number every bundle of the origin ends at a boundary that
	 * is known here. */
	uint64_t known;
	/* When the operator took a new history of the origin for the old one,
	 * from which record on, and how far the old one had come; 0: never. */
	int64_t anew_at;
	uint64_t anew_from, anew_before;
};
/* 1 and *out; 0 (and *out at record 0) if nothing came from there yet; -1. */
int ferry_position_get(struct ferry_store *st, const char *origin,
    struct ferry_position *out, struct ferry_error *err);
int ferry_position_put(struct ferry_store *st, const char *origin,
    const struct ferry_position *position, struct ferry_error *err);

/* The chain at a boundary: 1, 0 (not remembered), -1. */
int ferry_boundary_get(struct ferry_store *st, const char *origin, uint64_t seq,
    struct ferry_digest *chain, struct ferry_error *err);
int ferry_boundary_put(struct ferry_store *st, const char *origin, uint64_t seq,
    const struct ferry_digest *chain, struct ferry_error *err);

/*
 * The origin's history from the bundle's first record on is another one than that
 * which was imported: what is known of the numbers from there on is forgotten.
 */
int ferry_position_anew(struct ferry_store *st, const struct ferry_head *head,
    struct ferry_error *err);
/* All records of the bundle with that head are here. */
int ferry_position_reach(struct ferry_store *st, const struct ferry_head *head,
    struct ferry_error *err);

/*
 * While the records of a bundle become visible in more than one commit: where
 * they end.  Until they are all there, only bundles that contain them may be
 * imported.
 */
int ferry_applying_get(struct ferry_store *st, const char *origin,
    struct ferry_mark *end, struct ferry_error *err);
int ferry_applying_put(struct ferry_store *st, const char *origin,
    const struct ferry_mark *end, struct ferry_error *err);
int ferry_applying_forget(
    struct ferry_store *st, const char *origin, struct ferry_error *err);

/* Wanted blobs: note one; note that it came (also if it was lost). */
int ferry_wanted_put(struct ferry_store *st, const struct ferry_digest *blob,
    const char *origin, struct ferry_error *err);
int ferry_wanted_came(struct ferry_store *st, const struct ferry_digest *blob,
    struct ferry_error *err);
/* 1 if noted, 0, -1. */
int ferry_wanted_has(struct ferry_store *st, const struct ferry_digest *blob,
    struct ferry_error *err);
/* Those wanted and those lost, into a receipt. */
int ferry_wanted_load(struct ferry_store *st, struct ferry_receipt *receipt,
    struct ferry_error *err);

#endif
