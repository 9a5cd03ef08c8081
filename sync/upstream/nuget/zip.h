#ifndef FERRY_SYNC_UPSTREAM_NUGET_ZIP_H
#define FERRY_SYNC_UPSTREAM_NUGET_ZIP_H

/*
 * A nupkg as bytes: where its members lie, whether clients would unpack it, and
 * its digest without the signature.
 *
 * A signature is a member of what it signs.  What is signed, and what lock files
 * have as contentHash, is the archive as it was before that was put in: the
 * bytes of the other members, their entries in the central directory with the
 * offsets they had, and an end record that counts one less.
 *
 * Source: store/format/nuget/PROTOCOL.md section 7; APPNOTE.TXT 4.3.7, 4.3.12,
 *     4.3.14 to 4.3.16.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ferry_blob;
struct ferry_digester;
struct ferry_error;

#define NUGET_SIGNATURE ".signature.p7s"
#define NUGET_ENTRIES_MAX 262144
#define NUGET_DIRECTORY_MAX (64U << 20) /* bytes of the central directory */

/* An entry of the central directory, which lies from at to at + size. */
struct nuget_entry {
	uint64_t at, local; /* local: where the member begins */
	uint32_t size;
	bool signature;
};
/*
 * Invariants: entries are in the order of the directory; directory + the sizes
 * of all of them is end, where the end record (or that of ZIP64) begins.
 */
struct nuget_zip {
	uint64_t size; /* of the archive */
	uint64_t directory, end;
	uint64_t tail; /* where the end record of 22 bytes begins */
	bool zip64;
	struct nuget_entry *entries;
	size_t n, cap;
	size_t signature; /* which entry it is; n: there is none */
};

/*
 * Look through the directory.
 * Errors: FERRY_EFORMAT (not a zip, one that does not agree with itself, or
 *     whose members would be written outside of a folder), FERRY_ELIMIT, those
 *     of reading blobs.
 */
int ferry_nuget_zip_read(struct nuget_zip *out, const struct ferry_blob *blob,
    struct ferry_error *err);
void ferry_nuget_zip_free(struct nuget_zip *zip);

/* Update digester with what is signed; of an archive without a signature that
 * is all of it.  Errors: FERRY_EFORMAT (ZIP64 with a signature, members that
 * overlap), those of reading blobs. */
int ferry_nuget_zip_digest(const struct nuget_zip *zip,
    const struct ferry_blob *blob, struct ferry_digester *digester,
    struct ferry_error *err);

#endif
