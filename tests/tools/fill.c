/*
 * Fills a store without a network: npm packages "fill-00000" … with documents
 * that ferryd can serve, and random bytes as tarballs.
 *
 *	fill STORE [--packages N] [--versions N] [--size BYTES] [--seed S]
 *	    [--first N]
 *
 * The same arguments make the same bytes.  --first starts the numbers of
 * packages elsewhere, to add to a store.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/store.h"

struct fill {
	struct ferry_store *st;
	uint64_t packages, versions, size, random, first;
	uint8_t *bytes;
};

static uint64_t
next_random(struct fill *f)
{

	f->random ^= f->random << 13;
	f->random ^= f->random >> 7;
	f->random ^= f->random << 17;
	return f->random;
}

/* One tarball's bytes as a blob, and what a document says of it. */
static int
put_tarball(struct fill *f, struct ferry_digest *sha256,
    struct ferry_digest *sha512, struct ferry_error *err)
{
	for (uint64_t i = 0; i < f->size; i += 8) {
		uint64_t r = next_random(f);

		memcpy(f->bytes + i, &r, 8);
	}
	if (ferry_digest_of(sha512, FERRY_SHA512,
		ferry_bytes_of(f->bytes, (size_t)f->size), err) == -1)
		return -1;
	return ferry_blob_put(f->st, FERRY_BLOB_IS_FILE,
	    ferry_bytes_of(f->bytes, (size_t)f->size), sha256, err);
}

static int
put_version(struct fill *f, const char *name, uint64_t v,
    struct ferry_buf *versions, struct ferry_buf *times,
    struct ferry_error *err)
{
	struct ferry_digest sha256, sha512;
	char version[32], file[96], hex[FERRY_DIGEST_TEXT];
	json_t *record = json_object(), *object;
	struct ferry_key key;
	int rc = -1;

	(void)snprintf(version, sizeof(version), "1.%" PRIu64 ".0", v);
	(void)snprintf(file, sizeof(file), "%s-%s.tgz", name, version);
	if (put_tarball(f, &sha256, &sha512, err) == -1 ||
	    ferry_files_add(record, file, f->size, &sha256, &object, err) ==
		-1 ||
	    ferry_json_set(object, "sha512",
		json_string(ferry_digest_hex(&sha512, hex)), err) == -1 ||
	    ferry_key_make(&key, err, "version", "npm", name, "fill", version,
		NULL) == -1 ||
	    ferry_catalog_put(f->st, &key, record, err) == -1)
		goto out;
	if (ferry_buf_addf(versions, err,
		"%s\"%s\":{\"name\":\"%s\",\"version\":\"%s\",\"dist\":{"
		"\"tarball\":\"https://registry.example/%s/-/%s\","
		"\"integrity\":\"",
		v == 0 ? "" : ",", version, name, version, name, file) == -1 ||
	    ferry_sri_add(versions, &sha512, err) == -1 ||
	    ferry_buf_adds(versions, "\"}}", err) == -1 ||
	    ferry_buf_addf(times, err, ",\"%s\":\"2024-01-01T00:00:00.000Z\"",
		version) == -1)
		goto out;
	rc = 0;
out:
	json_decref(record);
	return rc;
}

static int
put_package(struct fill *f, uint64_t p, struct ferry_error *err)
{
	struct ferry_buf doc = FERRY_BUF_INIT, versions = FERRY_BUF_INIT;
	struct ferry_buf times = FERRY_BUF_INIT;
	json_t *record = json_object();
	struct ferry_digest digest;
	struct ferry_key key;
	char name[32];
	int rc = -1;

	(void)snprintf(name, sizeof(name), "fill-%05" PRIu64, p);
	for (uint64_t v = 0; v < f->versions; v++)
		if (put_version(f, name, v, &versions, &times, err) == -1)
			goto out;
	if (ferry_buf_addf(&doc, err,
		"{\"name\":\"%s\",\"dist-tags\":{\"latest\":\"1.%" PRIu64
		".0\"},\"versions\":{%s},\"time\":{\"modified\":"
		"\"2024-01-01T00:00:00.000Z\"%s}}",
		name, f->versions - 1, (const char *)versions.p,
		(const char *)times.p) == -1 ||
	    ferry_blob_put(f->st, FERRY_BLOB_IS_DOCUMENT, ferry_bytes_buf(&doc),
		&digest, err) == -1 ||
	    ferry_files_add(record, "packument", doc.n, &digest, NULL, err) ==
		-1 ||
	    ferry_key_make(&key, err, "package", "npm", name, "fill", NULL) ==
		-1 ||
	    ferry_catalog_put(f->st, &key, record, err) == -1)
		goto out;
	rc = ferry_store_commit_due(f->st) ? ferry_store_commit(f->st, err) : 0;
out:
	json_decref(record);
	ferry_buf_free(&doc);
	ferry_buf_free(&versions);
	ferry_buf_free(&times);
	return rc;
}

static int
option(struct fill *f, const char *name, const char *value,
    struct ferry_error *err)
{
	const struct {
		const char *name;
		uint64_t *value;
	} options[] = { { "--packages", &f->packages },
		{ "--versions", &f->versions }, { "--size", &f->size },
		{ "--seed", &f->random }, { "--first", &f->first } };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strcmp(options[i].name, name) == 0)
			return ferry_parse_u64(ferry_bytes_str(value), 0,
			    1U << 30, options[i].value, err);
	return ferry_error_set(err, FERRY_EUSAGE, "no option '%s'", name);
}

int
main(int argc, char **argv)
{
	struct fill f = {
		.packages = 10, .versions = 3, .size = 10000, .random = 1
	};
	struct ferry_error err = FERRY_ERROR_INIT;

	if (argc < 2 || argc % 2 != 0) {
		(void)fprintf(stderr, "usage: fill STORE [--packages N] …\n");
		return 2;
	}
	for (int i = 2; i + 1 < argc; i += 2)
		if (option(&f, argv[i], argv[i + 1], &err) == -1)
			goto fail;
	/* Zero would stay zero, and neighbours would start alike. */
	f.random = (f.random + 1) * 0x9e3779b97f4a7c15U;
	if (ferry_calloc(&f.bytes, 1, (size_t)f.size + 8, &err) == -1 ||
	    ferry_store_open(&f.st, argv[1], FERRY_STORE_WRITE, &err) == -1)
		goto fail;
	for (uint64_t p = 0; p < f.packages; p++)
		if (put_package(&f, f.first + p, &err) == -1)
			goto fail;
	if (ferry_store_commit(f.st, &err) == -1)
		goto fail;
	ferry_store_close(f.st);
	free(f.bytes);
	return 0;
fail:
	(void)fprintf(stderr, "fill: %s\n", err.text);
	return 1;
}
