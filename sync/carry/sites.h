#ifndef FERRY_SYNC_CARRY_SITES_H
#define FERRY_SYNC_CARRY_SITES_H

/*
 * At an origin: its sites, and how far they are.  Local records:
 *
 *	site ID			what its newest receipt says
 *	sent ID|any		{"seq","head","at"}: the newest export to a
 *				site, or to any
 *	mark NUMBER		{"chain"}: the journal's chain where an export
 *				ended, or a site stood
 *
 * NUMBER has 20 digits, so that their order is the records'.  Writing is part
 * of the next ferry_store_commit().
 */

#include <stdint.h>

#include "store/bundle/head.h"
#include "store/bundle/receipt.h"

struct ferry_error;
struct ferry_store;

/*
 * A site that the origin knows: its newest receipt, without one (registered by
 * hand) at record 0 with at 0.
 */
int ferry_site_get(struct ferry_store *st, const char *id,
    struct ferry_receipt *out, struct ferry_error *err);
int ferry_site_put(struct ferry_store *st, const struct ferry_receipt *site,
    struct ferry_error *err);
/* By name or id: 1, 0, -1 (FERRY_EUSAGE if several have that name). */
int ferry_site_find(struct ferry_store *st, const char *name,
    struct ferry_receipt *out, struct ferry_error *err);

/*
 * The lowest record that a site is at by its receipt; without receipts the one
 * where the newest export ended; without those *seq is UINT64_MAX.  No bundle
 * that tells what differs begins before it.
 */
int ferry_sites_floor(
    struct ferry_store *st, uint64_t *seq, struct ferry_error *err);

/* The newest export to site ("" for any): 1, 0, -1. */
int ferry_sent_get(struct ferry_store *st, const char *site, uint64_t *seq,
    struct ferry_digest *head, struct ferry_error *err);
int ferry_sent_put(struct ferry_store *st, const char *site, uint64_t seq,
    const struct ferry_digest *head, struct ferry_error *err);

/* Remember the chain of record seq, which a head then shows. */
int ferry_mark_put(struct ferry_store *st, uint64_t seq,
    const struct ferry_digest *chain, struct ferry_error *err);
/* Fill head->marks with those after from and up to to; if they are too many,
 * the older ones are thinned out. */
int ferry_marks_load(struct ferry_store *st, uint64_t from, uint64_t to,
    struct ferry_head *head, struct ferry_error *err);

#endif
