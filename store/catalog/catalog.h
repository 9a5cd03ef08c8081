#ifndef FERRY_STORE_CATALOG_CATALOG_H
#define FERRY_STORE_CATALOG_CATALOG_H

/*
 * The catalog: records by key, and the journal of the changes that made them.
 *
 * A key is a short list of strings; what is listed together lies together:
 *
 *	upstream NAME
 *	package FORMAT NAME OWNER
 *	version FORMAT NAME OWNER VERSION
 *	tag     FORMAT NAME OWNER TAG
 *	referrer FORMAT NAME OWNER VERSION REFERRER
 *
 * A record is a JSON object, described in store/catalog/README.md.  Whatever
 * its type, it may have "files": an array of objects with "name", "sha256"
 * (hexadecimal) and "size", each naming a blob; that is how verify, gc and
 * bundles know what belongs to what without knowing any format.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/base/bytes.h"
#include "store/base/digest.h"
#include "store/base/files.h"
#include "store/index/key.h"
#include "store/index/local.h"
#include "store/index/records.h"

struct ferry_error;
struct ferry_journal_record;
struct ferry_store;

/*
 * The record of key; the writer sees its own pending changes.  It has the
 * member "seq": the number of the journal record that made it.
 * Returns: 1 and *out (the caller decrefs), 0, or -1.
 */
int ferry_catalog_get(struct ferry_store *st, const struct ferry_key *key,
    json_t **out, struct ferry_error *err);

/* Whether there is one: 1, 0, -1. */
int ferry_catalog_has(struct ferry_store *st, const struct ferry_key *key,
    struct ferry_error *err);

/*
 * Writer: set the record of key (value is borrowed and must not have "seq"),
 * or delete it.  Part of the next ferry_store_commit().  Setting what is
 * already there, or deleting what is not, changes nothing and makes no
 * journal record.
 * Returns: 1 changed, 0 nothing to change, -1.
 * Errors: FERRY_ENOTFOUND (a blob that is named is not here), FERRY_EFORMAT.
 */
int ferry_catalog_put(struct ferry_store *st, const struct ferry_key *key,
    json_t *value, struct ferry_error *err);
int ferry_catalog_delete(struct ferry_store *st, const struct ferry_key *key,
    struct ferry_error *err);
/*
 * Writer: make the change of the journal's next record again, with that record
 * as it is, for rebuilding an index.  Errors: FERRY_EFORMAT (it is not the
 * next), FERRY_ENOTFOUND.
 */
int ferry_catalog_replay(struct ferry_store *st,
    const struct ferry_journal_record *record, struct ferry_error *err);

/*
 * Committed records whose key starts with the parts of prefix, in key order.
 * from, if not NULL, is the first key wanted.  Then ferry_record_iter_next().
 */
int ferry_catalog_iter_new(struct ferry_record_iter **out,
    struct ferry_store *st, const struct ferry_key *prefix,
    const struct ferry_key *from, struct ferry_error *err);
/* Call on_record for each of them: ferry_record_iter_each(). */
int ferry_catalog_each(struct ferry_store *st, const struct ferry_key *prefix,
    ferry_record_fn *on_record, void *ctx, struct ferry_error *err);

/*
 * The keys whose records name a blob, of those that start with the parts of
 * prefix (NULL: of all).  Committed state.  _next: 1, 0, -1.
 */
struct ferry_ref_iter;
int ferry_ref_iter_new(struct ferry_ref_iter **out, struct ferry_store *st,
    const struct ferry_digest *digest, const struct ferry_key *prefix,
    struct ferry_error *err);
int ferry_ref_iter_next(
    struct ferry_ref_iter *it, struct ferry_key *key, struct ferry_error *err);
void ferry_ref_iter_free(struct ferry_ref_iter *it);
/* Those keys as texts, at most max of them: an array, NULL without memory. */
json_t *ferry_ref_texts(
    struct ferry_store *st, const struct ferry_digest *digest, size_t max);

/*
 * The journal.  One record, as its JSON text and parsed:
 *
 *	{"seq":7,"at":"2026-…Z","op":"put","key":[…],"value":{…},"chain":"…"}
 *
 * chain is the SHA-256, in hexadecimal, of the chain of the record before
 * (32 zero bytes before the first; as bytes) followed by this record's text
 * up to and without ,"chain"…  Two stores whose chains at a number agree have
 * the same history up to it.
 */
struct ferry_journal_record {
	uint64_t seq;
	struct ferry_bytes text; /* borrowed until the next call */
	struct ferry_key key;
	json_t *value; /* NULL for a delete; borrowed until the next call */
	struct ferry_digest chain;
};
/*
 * Parse the text of one, which *out borrows; *root, which is to be freed after
 * it, too, owns the value.  Errors: FERRY_EFORMAT, FERRY_ENEWER.
 */
int ferry_journal_parse(struct ferry_bytes text, json_t **root,
    struct ferry_journal_record *out, struct ferry_error *err);
/* The chain that the text of a record has behind one whose chain is before.
 * Returns: 1 if it says so itself, 0 if it has another, -1. */
int ferry_journal_follows(const struct ferry_journal_record *record,
    const struct ferry_digest *before, struct ferry_error *err);

struct ferry_journal_iter;
/* Committed records from number from on.  _next: 1, 0, -1. */
int ferry_journal_iter_new(struct ferry_journal_iter **out,
    struct ferry_store *st, uint64_t from, struct ferry_error *err);
int ferry_journal_iter_next(struct ferry_journal_iter *it,
    struct ferry_journal_record *out, struct ferry_error *err);
void ferry_journal_iter_free(struct ferry_journal_iter *it);
/* The chain after record seq; seq 0 is 32 zero bytes.  1, 0 (no such), -1. */
int ferry_journal_chain(struct ferry_store *st, uint64_t seq,
    struct ferry_digest *out, struct ferry_error *err);
/*
 * By how many seconds the clock is behind that by which record seq, the last,
 * was written: 0 if it is not, or there is none.
 */
int ferry_journal_ahead(struct ferry_store *st, uint64_t seq, int64_t *seconds,
    struct ferry_error *err);

#endif
