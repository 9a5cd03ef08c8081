#ifndef FERRY_STORE_INDEX_KEY_H
#define FERRY_STORE_INDEX_KEY_H

/*
 * Keys of records: short lists of strings.  The first says the kind, and what
 * follows is always in the order that the kind has.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_KEY_PARTS 6
#define FERRY_KEY_MAX 1500

/*
 * Parts are stored each followed by a NUL byte: comparing bytes compares part
 * by part, and the key of fewer parts is the prefix of its children's.
 */
struct ferry_key {
	size_t n; /* parts */
	size_t size; /* bytes used of text */
	char text[FERRY_KEY_MAX];
};

enum ferry_kind {
	/* Of the catalog (store/catalog/README.md). */
	FERRY_KIND_ACCESS, /* UPSTREAM */
	FERRY_KIND_PACKAGE, /* FORMAT NAME OWNER */
	FERRY_KIND_REFERRER, /* FORMAT NAME OWNER SUBJECT VERSION */
	FERRY_KIND_TAG, /* FORMAT NAME OWNER TAG */
	FERRY_KIND_UPSTREAM, /* UPSTREAM */
	FERRY_KIND_VERSION, /* FORMAT NAME OWNER VERSION */
	FERRY_KINDS_CATALOG,
	/* Of the local state (local.h). */
	FERRY_KIND_ABSENT = FERRY_KINDS_CATALOG, /* UPSTREAM PACKAGE TAG */
	FERRY_KIND_ALIAS, /* ORIGIN UPSTREAM */
	FERRY_KIND_ANSWER, /* UPSTREAM URL */
	FERRY_KIND_APPLYING, /* ORIGIN */
	FERRY_KIND_BLOBS_CHANGED,
	FERRY_KIND_BOUNDARY, /* ORIGIN NUMBER */
	FERRY_KIND_CACHE,
	FERRY_KIND_CACHED, /* FORMAT NAME OWNER VERSION */
	FERRY_KIND_CHECKED, /* FORMAT NAME OWNER */
	FERRY_KIND_DROPPING,
	FERRY_KIND_FORMER, /* FORMAT NAME OWNER */
	FERRY_KIND_GROWTH,
	FERRY_KIND_IDLE, /* AT FORMAT NAME OWNER VERSION */
	FERRY_KIND_IMPORTED, /* ORIGIN NUMBER */
	FERRY_KIND_INCIDENT, /* FORMAT NAME OWNER VERSION */
	FERRY_KIND_INCOMING, /* ORIGIN */
	FERRY_KIND_LAST, /* COMMAND */
	FERRY_KIND_LIMITS, /* KEYID */
	FERRY_KIND_LOST, /* HEX */
	FERRY_KIND_LOOKED, /* UPSTREAM */
	FERRY_KIND_MARK, /* NUMBER */
	FERRY_KIND_MIRRORED, /* UPSTREAM PACKAGE TAG */
	FERRY_KIND_ORIGIN, /* ORIGIN */
	FERRY_KIND_PART, /* ORIGIN NUMBER */
	FERRY_KIND_PASSED, /* UPSTREAM */
	FERRY_KIND_PEOPLE, /* "site" or "stamp" */
	FERRY_KIND_PIECES, /* HEX */
	FERRY_KIND_POLICY, /* NAME */
	FERRY_KIND_PULL, /* UPSTREAM */
	FERRY_KIND_RANK, /* UPSTREAM */
	FERRY_KIND_REALM, /* UPSTREAM */
	FERRY_KIND_REASON, /* FORMAT NAME OWNER VERSION */
	FERRY_KIND_RECORDING, /* NAME */
	FERRY_KIND_REMOVED, /* FORMAT NAME OWNER VERSION */
	FERRY_KIND_ROOT, /* ORIGIN NUMBER */
	FERRY_KIND_SEEN, /* UPSTREAM */
	FERRY_KIND_SENT, /* SITE */
	FERRY_KIND_SITE, /* SITE */
	FERRY_KIND_SPEAKS, /* UPSTREAM */
	FERRY_KIND_TRAFFIC, /* UPSTREAM */
	FERRY_KIND_TRUST, /* KEYID */
	FERRY_KIND_TRY, /* COMMAND */
	FERRY_KIND_VALIDATOR, /* UPSTREAM URL */
	FERRY_KIND_WANTED, /* HEX */
	FERRY_KIND_WISH, /* SITE */
	FERRY_KIND_WITHDRAWN, /* FORMAT NAME OWNER */
	FERRY_KINDS
};
const char *ferry_kind_name(enum ferry_kind kind);
/* Parts that keys of the kind have, itself included. */
size_t ferry_kind_parts(enum ferry_kind kind);
/* The kind called name: 1 and *out, 0. */
int ferry_kind_find(const char *name, enum ferry_kind *out);
bool ferry_key_is(const struct ferry_key *key, enum ferry_kind kind);

/*
 * Build a key.  A NULL ends it early: then it is the prefix of several, and so
 * is what _all makes, the prefix of a whole kind.
 * Errors: FERRY_EFORMAT for an empty part, FERRY_ELIMIT for too long.
 */
void ferry_key_all(struct ferry_key *key, enum ferry_kind kind);
/* Kinds whose second part is a name (of an upstream, site …), and a third. */
int ferry_key_named(struct ferry_key *key, enum ferry_kind kind,
    const char *name, const char *more, struct ferry_error *err);
int ferry_key_upstream(
    struct ferry_key *key, const char *upstream, struct ferry_error *err);
int ferry_key_package(struct ferry_key *key, const char *format,
    const char *name, const char *owner, struct ferry_error *err);
int ferry_key_version(struct ferry_key *key, const char *format,
    const char *name, const char *owner, const char *version,
    struct ferry_error *err);
int ferry_key_tag(struct ferry_key *key, const char *format, const char *name,
    const char *owner, const char *tag, struct ferry_error *err);
/* Of kind, of the package that `of` is of: a package's, version's, tag's …
 * key. */
int ferry_key_beside(struct ferry_key *key, enum ferry_kind kind,
    const struct ferry_key *of, const char *last, struct ferry_error *err);
/* Any other; the list ends with NULL. */
int ferry_key_make(struct ferry_key *key, struct ferry_error *err,
    const char *first, ...) __attribute__((sentinel));
int ferry_key_parse(
    struct ferry_key *key, struct ferry_bytes raw, struct ferry_error *err);
/* Part i, borrowed from key; "" beyond the last. */
const char *ferry_key_part(const struct ferry_key *key, size_t i);
/* The upstream that a record of the catalog is of, borrowed from key: packages
 * belong to the owner that is called as their upstream. */
const char *ferry_key_owner(const struct ferry_key *key);
/* Call that upstream owner. */
int ferry_key_set_owner(
    struct ferry_key *key, const char *owner, struct ferry_error *err);
bool ferry_key_equal(const struct ferry_key *a, const struct ferry_key *b);
/* "npm @s/n@1.0.0 of up", for messages; for whatever kind of key.
 * Returns buf. */
#define FERRY_KEY_TEXT 320
const char *
ferry_key_text(const struct ferry_key *key, char buf[FERRY_KEY_TEXT]);
/* As a JSON array of strings, and back. */
json_t *ferry_key_json(const struct ferry_key *key);
int ferry_key_from_json(
    struct ferry_key *key, const json_t *array, struct ferry_error *err);

#endif
