/*
 * Members of a zip, by its directory.
 *
 * Source: APPNOTE.TXT, 4.3.7 (local file header), 4.3.12 (central directory),
 *     4.3.16 (end of central directory record).
 */

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/little.h"
#include "store/recipe/expand_internal.h"

#define LOCAL_N 30
#define ENTRY_N 46
#define END_N 22
#define COMMENT_MAX 65535U
#define DEFLATED 8
#define ENCRYPTED 1

struct entry {
	uint32_t at; /* of the local header */
	uint32_t size; /* compressed */
	bool deflated;
};

bool
ferry_expand_is_zip(struct ferry_bytes b)
{

	return b.n >= LOCAL_N + END_N && memcmp(b.p, "PK\3\4", 4) == 0;
}

/* Where the end record is; b.n if there is none that ends with b. */
static size_t
find_end(struct ferry_bytes b)
{
	size_t last = b.n - END_N;
	size_t first = last > COMMENT_MAX ? last - COMMENT_MAX : 0;

	for (size_t at = last + 1; at-- > first;)
		if (memcmp(b.p + at, "PK\5\6", 4) == 0 &&
		    at + END_N + ferry_get_le16(b.p + at + 20) == b.n)
			return at;
	return b.n;
}

static int
by_place(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/*
 * Read the directory into entries, which has room for all that its end record
 * names.  Returns: whether it is whole.
 */
static bool
read_directory(
    struct ferry_bytes directory, struct entry *entries, uint32_t count)
{
	const uint8_t *p = directory.p;
	size_t left = directory.n, n;

	for (uint32_t i = 0; i < count; i++) {
		if (left < ENTRY_N || memcmp(p, "PK\1\2", 4) != 0)
			return false;
		n = ENTRY_N + (size_t)ferry_get_le16(p + 28) +
		    ferry_get_le16(p + 30) + ferry_get_le16(p + 32);
		if (n > left)
			return false;
		entries[i].deflated = ferry_get_le16(p + 10) == DEFLATED &&
		                      (ferry_get_le16(p + 8) & ENCRYPTED) == 0;
		entries[i].size = ferry_get_le32(p + 20);
		entries[i].at = ferry_get_le32(p + 42);
		p += n;
		left -= n;
	}
	return true;
}

/*
 * Where the member's data begin, 0 if it is not where the directory says, or
 * before at, or not wholly before end.
 */
static size_t
member_data(
    struct ferry_bytes b, const struct entry *entry, size_t at, size_t end)
{
	size_t data;

	if (entry->at < at || entry->at > end || end - entry->at < LOCAL_N ||
	    memcmp(b.p + entry->at, "PK\3\4", 4) != 0)
		return 0;
	data = (size_t)entry->at + LOCAL_N +
	       ferry_get_le16(b.p + entry->at + 26) +
	       ferry_get_le16(b.p + entry->at + 28);
	return data <= end && end - data >= entry->size ? data : 0;
}

static int
expand_members(struct ferry_expand_level *level, struct ferry_bytes b,
    size_t end, const struct entry *entries, uint32_t count,
    struct ferry_error *err)
{
	size_t at = 0, data, used;
	int rc;

	for (uint32_t i = 0; i < count; i++) {
		if (!entries[i].deflated ||
		    (data = member_data(b, &entries[i], at, end)) == 0)
			continue;
		if (ferry_expand_keep(
			level, ferry_bytes_of(b.p + at, data - at), err) == -1)
			return -1;
		at = data;
		rc = ferry_expand_stream(level,
		    ferry_bytes_of(b.p + at, entries[i].size), &used, err);
		if (rc == -1)
			return -1;
		if (rc == 1)
			at += used;
	}
	return ferry_expand_keep(
	    level, ferry_bytes_of(b.p + at, b.n - at), err);
}

int
ferry_expand_zip(struct ferry_expand_level *level, struct ferry_bytes b,
    struct ferry_error *err)
{
	struct entry *entries = NULL;
	size_t end = find_end(b), directory = 0;
	uint32_t count = 0, size;
	int rc;

	if (end < b.n && ferry_get_le16(b.p + end + 4) == 0 &&
	    ferry_get_le16(b.p + end + 6) == 0 &&
	    ferry_get_le16(b.p + end + 8) == ferry_get_le16(b.p + end + 10)) {
		count = ferry_get_le16(b.p + end + 10);
		size = ferry_get_le32(b.p + end + 12);
		directory = ferry_get_le32(b.p + end + 16);
		if (directory > end || end - directory < size)
			count = 0;
	}
	if (count > 0) {
		if (ferry_calloc(&entries, count, sizeof(*entries), err) == -1)
			return -1;
		if (!read_directory(
			ferry_bytes_of(b.p + directory, end - directory),
			entries, count))
			count = 0;
		qsort(entries, count, sizeof(*entries), by_place);
	}
	rc = expand_members(level, b, directory, entries, count, err);
	free(entries);
	return rc;
}
