#ifndef FERRY_BUNDLE_MEMBER_H
#define FERRY_BUNDLE_MEMBER_H

/*
 * The lines of a bundle's indexes, each about one member of a volume.  FORMAT.md
 * explains every field.  Parsing checks form and bounds.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/base/digest.h"
#include "store/bundle/tar.h"

struct ferry_error;

#define FERRY_INDEX_MEMBERS 8192 /* that an index may list */
#define FERRY_LINE_MAX 2048 /* of an index line */
#define FERRY_RECORDS_PART_MAX (20U << 20) /* a part, decompressed */

enum ferry_member_kind { FERRY_MEMBER_BLOB, FERRY_MEMBER_RECORDS };
enum ferry_encoding {
	FERRY_ENCODING_RAW,
	FERRY_ENCODING_ZSTD,
	FERRY_ENCODING_RECIPE, /* store/recipe; blobs only */
	FERRY_ENCODING_PIECE /* some of a blob's bytes, raw; blobs only */
};
#define FERRY_MEMBER_BASES 2
#define FERRY_MEMBER_ENDING 16 /* with NUL */
/* The largest blob that travels in pieces: 15 digits. */
#define FERRY_PIECES_MAX 999999999999999U

struct ferry_member {
	enum ferry_member_kind kind;
	enum ferry_encoding encoding;
	char path[FERRY_TAR_PATH];
	uint64_t size; /* as it travels */
	struct ferry_digest sha256; /* of that */
	uint64_t content_size; /* decoded; of a piece: of the whole blob */
	/* Blobs: */
	struct ferry_digest blob; /* SHA-256 of the decoded content */
	bool document; /* kept in the index by the origin */
	struct ferry_digest bases[FERRY_MEMBER_BASES]; /* of a recipe */
	size_t bases_n; /* 0 to 2; of others 0 */
	char ending[FERRY_MEMBER_ENDING]; /* of a raw blob's path, or "" */
	uint64_t offset; /* of a piece in its blob; of others 0 */
	/* Records: part number, the first and last record, how many. */
	uint64_t part, first, last, count;
};

/* Give a raw blob's path the ending of a file's name.  Returns: false if that has
 * none: small letters and digits behind a dot, not zst and not recipe. */
bool ferry_member_ending(struct ferry_member *member, const char *name);
/* Set path as it follows from the other fields. */
void ferry_member_path(struct ferry_member *member);
/* Errors: FERRY_EFORMAT, FERRY_ELIMIT, FERRY_ENEWER (unknown encoding or
 * kind). */
int ferry_member_parse(
    struct ferry_member *out, struct ferry_bytes line, struct ferry_error *err);
/* Append the line with its newline. */
int ferry_member_write(struct ferry_buf *buf, const struct ferry_member *member,
    struct ferry_error *err);

#endif
