#include "sync/upstream/nuget/zip.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/little.h"
#include "store/blob/blob.h"

#define END_SIZE 22U
#define LOCATOR_SIZE 20U
#define END64_SIZE 56U
#define ENTRY_SIZE 46U
#define COMMENT_MAX 65535U
#define BLOCK (64U << 10)

static void
put16(uint8_t *p, uint16_t v)
{

	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void
put32(uint8_t *p, uint32_t v)
{

	put16(p, (uint16_t)v);
	put16(p + 2, (uint16_t)(v >> 16));
}

static int
set_bad(struct ferry_error *err, const char *what)
{

	ferry_error_set(err, FERRY_EFORMAT, "this is not a nupkg: %s", what);
	return -1;
}

/* Exactly n bytes from offset. */
static int
read_at(const struct ferry_blob *blob, uint64_t offset, void *p, size_t n,
    struct ferry_error *err)
{
	uint8_t *at = p;
	ssize_t got;

	while (n > 0) {
		got = ferry_blob_read(blob, offset, at, n, err);
		if (got == -1)
			return -1;
		if (got == 0)
			return set_bad(err, "it is cut off");
		at += got;
		offset += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

/* The end */

/* The end record stands before a comment of known length. */
static int
find_tail(struct nuget_zip *zip, const struct ferry_blob *blob,
    uint8_t end[END_SIZE], struct ferry_error *err)
{
	size_t n = blob->size < END_SIZE + COMMENT_MAX ? (size_t)blob->size
	                                               : END_SIZE + COMMENT_MAX;
	uint8_t *text = NULL;
	int rc = -1;

	if (n < END_SIZE)
		return set_bad(err, "it is too short for a zip");
	if (ferry_calloc(&text, 1, n, err) == -1)
		return -1;
	if (read_at(blob, blob->size - n, text, n, err) == -1)
		goto out;
	for (size_t i = n - END_SIZE + 1; i-- > 0;)
		if (memcmp(text + i, "PK\5\6", 4) == 0 &&
		    ferry_get_le16(text + i + 20) == n - i - END_SIZE) {
			memcpy(end, text + i, END_SIZE);
			zip->tail = blob->size - n + i;
			rc = 0;
			goto out;
		}
	set_bad(err, "it has no end record of a zip");
out:
	free(text);
	return rc;
}

/* ZIP64: a locator before the end record says where the true one is. */
static int
read_end64(struct nuget_zip *zip, const struct ferry_blob *blob,
    uint64_t *entries, uint64_t *size, struct ferry_error *err)
{
	uint8_t locator[LOCATOR_SIZE], end[END64_SIZE];

	if (zip->tail < LOCATOR_SIZE + END64_SIZE ||
	    read_at(blob, zip->tail - LOCATOR_SIZE, locator, sizeof(locator),
		err) == -1)
		return zip->tail < LOCATOR_SIZE + END64_SIZE
		           ? set_bad(err, "its end record is wrong")
		           : -1;
	zip->end = ferry_get_le64(locator + 8);
	if (memcmp(locator, "PK\6\7", 4) != 0 ||
	    zip->end > zip->tail - LOCATOR_SIZE - END64_SIZE)
		return set_bad(err, "it lacks the end record of ZIP64");
	if (read_at(blob, zip->end, end, sizeof(end), err) == -1)
		return -1;
	if (memcmp(end, "PK\6\6", 4) != 0)
		return set_bad(err, "it lacks the end record of ZIP64");
	zip->zip64 = true;
	*entries = ferry_get_le64(end + 32);
	*size = ferry_get_le64(end + 40);
	zip->directory = ferry_get_le64(end + 48);
	return 0;
}

static int
read_end(struct nuget_zip *zip, const struct ferry_blob *blob,
    uint64_t *entries, struct ferry_error *err)
{
	uint8_t end[END_SIZE] = { 0 };
	uint64_t size;

	if (find_tail(zip, blob, end, err) == -1)
		return -1;
	if (ferry_get_le16(end + 4) != 0 && ferry_get_le16(end + 4) != 0xffff)
		return set_bad(err, "it is one of several volumes");
	*entries = ferry_get_le16(end + 10);
	size = ferry_get_le32(end + 12);
	zip->directory = ferry_get_le32(end + 16);
	zip->end = zip->tail;
	if ((*entries == 0xffff || size == 0xffffffff ||
		zip->directory == 0xffffffff) &&
	    read_end64(zip, blob, entries, &size, err) == -1)
		return -1;
	if (*entries > NUGET_ENTRIES_MAX || size > NUGET_DIRECTORY_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "the nupkg has more than %d members", NUGET_ENTRIES_MAX);
	/* What stands between directory and end record would be nobody's. */
	if (zip->directory > zip->end || zip->end - zip->directory != size)
		return set_bad(err, "its directory is not where it should be");
	return 0;
}

/* The directory */

/* Whether a member would be written inside of the package's folder. */
static bool
name_stays(const uint8_t *p, size_t n)
{
	size_t from = 0;

	if (n == 0 || p[0] == '/' || p[0] == '\\' || (n > 1 && p[1] == ':'))
		return false;
	for (size_t i = 0; i <= n; i++) {
		if (i < n && p[i] != '/' && p[i] != '\\')
			continue;
		if (i - from == 2 && p[from] == '.' && p[from + 1] == '.')
			return false;
		from = i + 1;
	}
	return memchr(p, 0, n) == NULL;
}

static int
add_entry(struct nuget_zip *zip, const uint8_t *p, size_t left, uint64_t at,
    struct ferry_error *err)
{
	struct nuget_entry *entry;
	size_t name_n, size;

	if (left < ENTRY_SIZE || memcmp(p, "PK\1\2", 4) != 0)
		return set_bad(err, "its directory is not one");
	name_n = ferry_get_le16(p + 28);
	size = ENTRY_SIZE + name_n + ferry_get_le16(p + 30) +
	       ferry_get_le16(p + 32);
	if (size > left)
		return set_bad(err, "its directory is cut off");
	if (!name_stays(p + ENTRY_SIZE, name_n))
		return set_bad(
		    err, "it names a file outside of its own folder");
	if (ferry_array_grow(&zip->entries, &zip->cap, zip->n + 1,
		sizeof(*zip->entries), err) == -1)
		return -1;
	entry = &zip->entries[zip->n++];
	*entry = (struct nuget_entry){ .at = at,
		.size = (uint32_t)size,
		.local = ferry_get_le32(p + 42),
		.signature =
		    name_n == sizeof(NUGET_SIGNATURE) - 1 &&
		    memcmp(p + ENTRY_SIZE, NUGET_SIGNATURE, name_n) == 0 };
	return 0;
}

static int
read_entries(struct nuget_zip *zip, const struct ferry_blob *blob, uint64_t n,
    struct ferry_error *err)
{
	size_t size = (size_t)(zip->end - zip->directory), at = 0;
	uint8_t *text = NULL;
	int rc = -1;

	if (ferry_calloc(&text, 1, size + 1, err) == -1 ||
	    read_at(blob, zip->directory, text, size, err) == -1)
		goto out;
	for (; at < size; at += zip->entries[zip->n - 1].size)
		if (add_entry(zip, text + at, size - at, zip->directory + at,
			err) == -1)
			goto out;
	if (zip->n != n) {
		set_bad(err, "its directory does not have what it counts");
		goto out;
	}
	rc = 0;
out:
	free(text);
	return rc;
}

static int
find_signature(struct nuget_zip *zip, struct ferry_error *err)
{

	zip->signature = zip->n;
	for (size_t i = 0; i < zip->n; i++) {
		if (!zip->entries[i].signature)
			continue;
		if (zip->signature < zip->n)
			return set_bad(err, "it has two signatures");
		zip->signature = i;
	}
	return 0;
}

int
ferry_nuget_zip_read(struct nuget_zip *out, const struct ferry_blob *blob,
    struct ferry_error *err)
{
	uint64_t n = 0;

	*out = (struct nuget_zip){ .size = blob->size };
	if (read_end(out, blob, &n, err) == 0 &&
	    read_entries(out, blob, n, err) == 0 &&
	    find_signature(out, err) == 0)
		return 0;
	ferry_nuget_zip_free(out);
	return -1;
}

void
ferry_nuget_zip_free(struct nuget_zip *zip)
{

	free(zip->entries);
	zip->entries = NULL;
	zip->n = zip->cap = 0;
}

/* The digest */

static int
digest_range(const struct ferry_blob *blob, uint64_t from, uint64_t to,
    struct ferry_digester *digester, struct ferry_error *err)
{
	uint8_t *block = NULL;
	int rc = -1;

	if (from > to)
		return set_bad(err, "its members overlap");
	if (ferry_calloc(&block, 1, BLOCK, err) == -1)
		return -1;
	while (from < to) {
		size_t n = to - from < BLOCK ? (size_t)(to - from) : BLOCK;

		if (read_at(blob, from, block, n, err) == -1)
			goto out;
		ferry_digester_update(digester, block, n);
		from += n;
	}
	rc = 0;
out:
	free(block);
	return rc;
}

/* Where the member that begins at local ends: where the next one begins. */
static uint64_t
member_end(const struct nuget_zip *zip, uint64_t local)
{
	uint64_t end = zip->directory;

	for (size_t i = 0; i < zip->n; i++)
		if (zip->entries[i].local > local &&
		    zip->entries[i].local < end)
			end = zip->entries[i].local;
	return end;
}

/* The directory without the signature's entry, offsets as they were. */
static int
digest_directory(const struct nuget_zip *zip, const struct ferry_blob *blob,
    uint64_t signature_size, struct ferry_digester *digester,
    struct ferry_error *err)
{
	const struct nuget_entry *signature = &zip->entries[zip->signature];
	uint8_t head[ENTRY_SIZE];

	for (size_t i = 0; i < zip->n; i++) {
		const struct nuget_entry *e = &zip->entries[i];

		if (i == zip->signature)
			continue;
		if (read_at(blob, e->at, head, sizeof(head), err) == -1)
			return -1;
		if (e->local > signature->local)
			put32(head + 42, (uint32_t)(e->local - signature_size));
		ferry_digester_update(digester, head, sizeof(head));
		if (digest_range(blob, e->at + ENTRY_SIZE, e->at + e->size,
			digester, err) == -1)
			return -1;
	}
	return 0;
}

int
ferry_nuget_zip_digest(const struct nuget_zip *zip,
    const struct ferry_blob *blob, struct ferry_digester *digester,
    struct ferry_error *err)
{
	const struct nuget_entry *signature;
	uint8_t end[END_SIZE];
	uint64_t behind;

	if (zip->signature == zip->n)
		return digest_range(blob, 0, zip->size, digester, err);
	signature = &zip->entries[zip->signature];
	if (zip->zip64 || signature->local >= zip->directory)
		return set_bad(err, "a signed one cannot be a ZIP64");
	/* The other members, in the order of their places, are all bytes but
	 * the signature's. */
	behind = member_end(zip, signature->local);
	if (digest_range(blob, 0, signature->local, digester, err) == -1 ||
	    digest_range(blob, behind, zip->directory, digester, err) == -1 ||
	    digest_directory(
		zip, blob, behind - signature->local, digester, err) == -1 ||
	    read_at(blob, zip->tail, end, sizeof(end), err) == -1)
		return -1;
	put16(end + 8, (uint16_t)(ferry_get_le16(end + 8) - 1));
	put16(end + 10, (uint16_t)(ferry_get_le16(end + 10) - 1));
	put32(end + 12, ferry_get_le32(end + 12) - signature->size);
	put32(
	    end + 16, (uint32_t)(zip->directory - (behind - signature->local)));
	ferry_digester_update(digester, end, sizeof(end));
	return digest_range(
	    blob, zip->tail + sizeof(end), zip->size, digester, err);
}
