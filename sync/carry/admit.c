#include "sync/carry/admit.h"

#include <inttypes.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/store.h"
#include "sync/carry/origins.h"

static int
check_site(
    struct ferry_store *st, const struct ferry_head *h, struct ferry_error *err)
{

	if (strcmp(h->origin, ferry_store_id(st)) == 0)
		return ferry_error_set(err, FERRY_EWRONGSITE,
		    "this bundle was written by this very store, which has "
		    "lost nothing that it could bring back; import it at a "
		    "site");
	if (h->site[0] == 0 || strcmp(h->site, ferry_store_id(st)) == 0)
		return 0;
	return ferry_error_set(err, FERRY_EWRONGSITE,
	    "this bundle is for site '%s' (%s), here is '%s' (%s); ask %s for "
	    "one with --for %s",
	    h->site_name, h->site, ferry_store_name(st), ferry_store_id(st),
	    h->origin_name, ferry_store_name(st));
}

/* The number i (from 0) of those whose chain a head tells. */
static struct ferry_mark
mark_at(const struct ferry_head *h, size_t i)
{

	return i == 0   ? (struct ferry_mark){ h->from - 1, h->before }
	       : i == 1 ? (struct ferry_mark){ h->to, h->after }
	                : h->marks[i - 2];
}

static size_t
marks(const struct ferry_head *h)
{

	return h->marks_n + 2;
}

static int
forked(const struct ferry_head *h, uint64_t seq, struct ferry_error *err)
{

	return ferry_error_set(err, FERRY_EFORK,
	    "the history of %s up to record %" PRIu64 " is not the one that "
	    "was imported here: that store was restored from a backup, or "
	    "somebody else has its key; nothing was changed. Ask its operator "
	    "which. If it was restored: 'ferry sync' there, a full bundle "
	    "('ferry export --to DIR'), and here 'ferry import --new-history "
	    "%s'",
	    h->origin_name, seq, h->origin_name);
}

/* The history may be the right one, but the head does not show it. */
static int
unproven(struct ferry_store *st, const struct ferry_head *h, uint64_t seq,
    struct ferry_error *err)
{

	return ferry_error_set(err, FERRY_EFORK,
	    "this bundle does not show that it goes on from record %" PRIu64
	    " of %s, up to which was imported here; nothing was changed. Take "
	    "a receipt of this site there ('ferry receipt'), and bring a "
	    "bundle made with --for %s. If %s was restored from a backup, as "
	    "its operator can tell: 'ferry sync' there, a full bundle, and "
	    "here 'ferry import --new-history %s'",
	    seq, h->origin_name, ferry_store_name(st), h->origin_name,
	    h->origin_name);
}

/*
 * An import that was interrupted while its records became visible: only what
 * contains all of them makes the catalog whole again.
 */
static int
check_applying(
    struct ferry_store *st, const struct ferry_head *h, struct ferry_error *err)
{
	struct ferry_mark end;
	int rc = ferry_applying_get(st, h->origin, &end, err);

	if (rc != 1)
		return rc;
	for (size_t i = 0; i < marks(h); i++) {
		struct ferry_mark m = mark_at(h, i);

		if (m.seq == end.seq && m.seq >= h->from &&
		    ferry_digest_equal(&m.chain, &end.chain))
			return 0;
	}
	return ferry_error_set(err, FERRY_EGAP,
	    "an import of the records up to %" PRIu64 " of %s was interrupted "
	    "half-way; import that bundle again first, or one that contains "
	    "it: hand %s the receipt of this site ('ferry receipt') and ask "
	    "for a bundle with --for %s",
	    end.seq, h->origin_name, h->origin_name, ferry_store_name(st));
}

/* Every number that both sides know must have the same chain on both. */
static int
check_chain(struct ferry_store *st, const struct ferry_head *h,
    const struct ferry_position *here, struct ferry_error *err)
{
	bool proven = false;

	for (size_t i = 0; i < marks(h); i++) {
		struct ferry_mark m = mark_at(h, i);
		struct ferry_digest known;
		int rc;

		if (m.seq == here->seq) {
			known = here->chain;
			proven = true;
			rc = 1;
		} else {
			rc = ferry_boundary_get(
			    st, h->origin, m.seq, &known, err);
		}
		if (rc == -1)
			return -1;
		if (rc == 1 && !ferry_digest_equal(&known, &m.chain))
			return forked(h, m.seq, err);
	}
	return proven ? 0 : unproven(st, h, here->seq, err);
}

/* A bundle that ends before where this site is: an older one of the same
 * history, or one that shows that what was imported since is not its origin's. */
static int
check_older(struct ferry_store *st, const struct ferry_head *h,
    const struct ferry_position *here, struct ferry_error *err)
{
	struct ferry_digest known;
	int rc;

	for (size_t i = 0; i < marks(h); i++) {
		struct ferry_mark m = mark_at(h, i);

		rc = ferry_boundary_get(st, h->origin, m.seq, &known, err);
		if (rc == -1)
			return -1;
		if (rc == 1 && !ferry_digest_equal(&known, &m.chain))
			return forked(h, m.seq, err);
	}
	rc = ferry_boundary_get(st, h->origin, h->to, &known, err);
	if (rc == -1)
		return -1;
	if (rc == 0 && h->to > here->known)
		return ferry_error_set(err, FERRY_EFORK,
		    "this bundle of %s ends at record %" PRIu64 ", where the "
		    "history that was imported here up to %" PRIu64 " has "
		    "none: one of both was not written by %s, and its key may "
		    "be in other hands; nothing was changed. Ask its operator "
		    "which head is the right one ('ferry status' there and "
		    "here), and 'ferry trust revoke' what is not. If it was "
		    "restored from a backup: 'ferry import --new-history %s' "
		    "of a full bundle",
		    h->origin_name, h->to, here->seq, h->origin_name,
		    h->origin_name);
	return ferry_error_set(err, FERRY_EREPLAY,
	    "this bundle ends at record %" PRIu64 " of %s, this site is at "
	    "%" PRIu64 " already; an older bundle changes nothing back",
	    h->to, h->origin_name, here->seq);
}

/* Whether the bundle goes on from what is here, or is here already. */
static int
check_history(struct ferry_store *st, const struct ferry_head *h,
    const struct ferry_position *here, struct ferry_error *err)
{

	if (h->from > here->seq + 1)
		return ferry_error_set(err, FERRY_EGAP,
		    "records %" PRIu64 " to %" PRIu64 " of %s are missing "
		    "here: import the bundles that carry them first, or hand "
		    "%s the receipt of this site ('ferry receipt') and ask "
		    "for a bundle with --for %s",
		    here->seq + 1, h->from - 1, h->origin_name, h->origin_name,
		    ferry_store_name(st));
	if (h->to < here->seq)
		return check_older(st, h, here, err);
	if (check_chain(st, h, here, err) == -1 ||
	    check_applying(st, h, err) == -1)
		return -1;
	return h->to > here->seq ? FERRY_ADMIT_NEXT : FERRY_ADMIT_ALREADY;
}

/* Of a fork: whether the bundle tells the new history from its beginning. */
static int
check_anew(const struct ferry_head *h, struct ferry_error *err)
{

	/* What the old history changed, only a full bundle says again. */
	return h->from == 1
	           ? FERRY_ADMIT_ANEW
	           : ferry_error_set(err, FERRY_EFORK,
			 "this bundle begins at record %" PRIu64
			 " of %s, and a "
			 "new history is taken from its beginning; bring a "
			 "full bundle, made there with 'ferry export --to DIR'",
			 h->from, h->origin_name);
}

int
ferry_admit(struct ferry_store *st, const struct ferry_head *h,
    const char *new_history, struct ferry_error *err)
{
	char at[FERRY_TIME_TEXT], now[FERRY_TIME_TEXT];
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_position here;
	int rc;

	if (check_site(st, h, err) == -1 ||
	    ferry_position_get(st, h->origin, &here, err) == -1)
		return -1;
	if (here.head.n > 0 && ferry_digest_equal(&here.head, &h->digest))
		return FERRY_ADMIT_ALREADY;
	if (h->expires_at != 0 && ferry_now() >= h->expires_at)
		return ferry_error_set(err, FERRY_EEXPIRED,
		    "this bundle expired at %s, and the clock here says %s; "
		    "ask %s for a new one, or set the clock",
		    ferry_time_text(h->expires_at, at),
		    ferry_time_text(ferry_now(), now), h->origin_name);
	rc = check_history(st, h, &here, &why);
	if (rc != -1)
		return rc;
	if (why.code == FERRY_EFORK && new_history != NULL &&
	    strcmp(new_history, h->origin) == 0)
		return check_anew(h, err);
	*err = why;
	return -1;
}
