#ifndef FERRY_BUNDLE_HEAD_H
#define FERRY_BUNDLE_HEAD_H

/*
 * The text of a bundle's head.  FORMAT.md explains every member.  Parsing
 * checks form and bounds; whether a head is welcome is for sync/carry to say.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/base/digest.h"
#include "store/store.h"

struct ferry_error;

#define FERRY_BUNDLE_VERSION 1
#define FERRY_HEAD_MAX (8U << 20)
#define FERRY_INDEX_MAX (4U << 20) /* of one index member */
#define FERRY_VOLUMES_MAX 9999
#define FERRY_MARKS_MAX 1000
#define FERRY_ROOTS_MAX 65536 /* bytes of "roots" */
#define FERRY_NAME 65 /* a store's name and NUL */

/* A number and the journal's chain there. */
struct ferry_mark {
	uint64_t seq;
	struct ferry_digest chain;
};

/* One index: index/NNNNNN.jsonl, numbered from 1 through all volumes. */
struct ferry_index {
	uint64_t size;
	struct ferry_digest sha256;
};

/*
 * Invariants: volumes are numbered from 1 in order; volume i has the indexes
 * first to first + count - 1 (from 0) of the head's, which follow each other
 * without gaps, at least one each.
 */
struct ferry_head_volume {
	uint64_t size; /* of the file */
	size_t first, count;
};

struct ferry_bundle_totals {
	uint64_t records;
	uint64_t record_parts;
	uint64_t blobs;
	uint64_t blob_bytes; /* decoded */
	uint64_t stored_bytes; /* of all members as they travel */
};

struct ferry_head {
	char origin[FERRY_STORE_ID];
	char origin_name[FERRY_NAME];
	char site[FERRY_STORE_ID]; /* "" if for any */
	char site_name[FERRY_NAME]; /* "" if not known */
	int64_t created_at;
	int64_t expires_at; /* 0: never */
	struct ferry_digest previous; /* n == 0: none */
	struct ferry_buf roots; /* of the origin (root.h): words in base64 */
	/* What blobs may travel as: "requires" says so. */
	bool recipes;
	bool pieces;
	bool endings; /* names of raw ones may end as those of files do */
	uint64_t from, to; /* from == to + 1: no records, only blobs */
	struct ferry_digest before, after;
	struct ferry_mark *marks;
	size_t marks_n, marks_cap;
	struct ferry_bundle_totals totals;
	struct ferry_head_volume *volumes;
	size_t volumes_n, volumes_cap;
	struct ferry_index *indexes;
	size_t indexes_n, indexes_cap;
	struct ferry_digest digest; /* of the text that was parsed */
};

/*
 * Errors: FERRY_EFORMAT, FERRY_ELIMIT, FERRY_ENEWER (before anything but
 * "format", "version" and "requires" is looked at).
 * An export's own state file is an unfinished head: without volumes yet.
 */
enum ferry_head_state { FERRY_HEAD_WHOLE, FERRY_HEAD_UNFINISHED };
int ferry_head_parse(struct ferry_head **out, struct ferry_bytes text,
    enum ferry_head_state state, struct ferry_error *err);
/* Append the text, one line without the newline. */
int ferry_head_write(struct ferry_buf *buf, const struct ferry_head *head,
    struct ferry_error *err);
void ferry_head_free(struct ferry_head *head);
/*
 * The roots of a head whose signatures nobody has checked, as in the struct; none
 * if the text does not begin with them.  Nothing is parsed: they stand first, so
 * that they can be had before it is known which keys count.
 */
struct ferry_bytes ferry_head_roots(struct ferry_bytes text);

/* Shared with receipts: an object {"id":…,"name":…} below root. */
int ferry_head_party(const json_t *root, const char *name,
    char id[FERRY_STORE_ID], char label[FERRY_NAME], struct ferry_error *err);
int ferry_head_digest(const json_t *root, const char *name,
    struct ferry_digest *out, struct ferry_error *err);
/* One that may be missing or "": then out->n is 0. */
int ferry_head_digest_opt(const json_t *root, const char *name,
    struct ferry_digest *out, struct ferry_error *err);
/* Seconds since the epoch of an RFC 3339 member. */
int ferry_head_time(const json_t *root, const char *name, int64_t *out,
    struct ferry_error *err);

#endif
