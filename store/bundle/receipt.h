#ifndef FERRY_BUNDLE_RECEIPT_H
#define FERRY_BUNDLE_RECEIPT_H

/*
 * Receipts: what a site says it holds of an origin.  A text of one JSON line
 * and one line "KEYID BASE64" for each signature over the bytes of the first
 * line (without its newline).  FORMAT.md explains the members.
 */

#include <jansson.h>
#include <stdint.h>

#include "store/bundle/head.h"
#include "store/bundle/keys.h"

struct ferry_error;

#define FERRY_RECEIPT_MAX (64U << 10)
#define FERRY_RECEIPT_WANTED 64
#define FERRY_RECEIPT_WISHES 200
#define FERRY_RECEIPT_WISHES_TEXT (40U << 10) /* bytes of all of them */
#define FERRY_RECEIPT_SIGNATURES 4

struct ferry_receipt {
	char site[FERRY_STORE_ID];
	char site_name[FERRY_NAME];
	char origin[FERRY_STORE_ID]; /* "": of none yet, only introduces */
	uint64_t seq;
	struct ferry_digest chain;
	struct ferry_digest head; /* n == 0: none */
	struct ferry_digest wanted[FERRY_RECEIPT_WANTED];
	size_t wanted_n;
	uint64_t wanted_more; /* that did not fit */
	int64_t at;
};

struct ferry_receipt_signature {
	char signer[FERRY_KEYID];
	uint8_t v[FERRY_SIGNATURE];
};

/* Append the text, signed by every active key.  wishes is an array as
 * ferry_receipt_wishes() tells, of which the first that have room are written; or
 * NULL. */
int ferry_receipt_write(struct ferry_buf *buf,
    const struct ferry_receipt *receipt, const json_t *wishes,
    const struct ferry_keys *keys, struct ferry_error *err);
/*
 * Parse text.  *signed_text is the part that is signed, borrowed from text;
 * signatures has room for FERRY_RECEIPT_SIGNATURES, *n tells how many.
 * Errors: FERRY_EFORMAT, FERRY_ELIMIT, FERRY_ENEWER.
 */
int ferry_receipt_parse(struct ferry_receipt *out, struct ferry_bytes text,
    struct ferry_bytes *signed_text, struct ferry_receipt_signature *signatures,
    size_t *n, struct ferry_error *err);

/*
 * What clients at the site asked for in vain, of the signed part of a receipt
 * that was parsed: an array of {"format","package","version"?,"file"?,"count",
 * "last"}, empty if it says nothing; of texts nothing is known but their bound,
 * "last" is a time.  The caller decrefs.
 * Errors: FERRY_EFORMAT, FERRY_ELIMIT.
 */
int ferry_receipt_wishes(
    struct ferry_bytes signed_text, json_t **out, struct ferry_error *err);

#endif
