/* Packuments: whatever was read can be asked for its parts. */

#include <stdlib.h>

#include "fuzz.h"
#include "store/base/error.h"
#include "sync/upstream/npm/packument.h"

static void
look(const struct ferry_document *doc, const struct ferry_listed *version)
{
	static const char *const wanted[] = { "linux", "x64" };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_npm_dist dist;

	FUZZ_CHECK(ferry_document_find(doc, version->version) != NULL);
	(void)ferry_packument_time(doc, version->version);
	(void)ferry_npm_platform_ok(version->object, "os", wanted, 2);
	(void)ferry_npm_platform_ok(version->object, "cpu", wanted, 2);
	if (ferry_npm_dist_read(
		&dist, "https://registry.example", version, &err) == 0) {
		FUZZ_CHECK(dist.n <= 6);
		FUZZ_CHECK(dist.tarball[0] == 'h');
		ferry_npm_dist_free(&dist);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_document doc = { .n = 0 };
	char *tag = NULL;

	if (ferry_packument_read(&doc, NULL, ferry_bytes_of(p, n), "a", &err) ==
	    -1) {
		FUZZ_CHECK(
		    err.code == FERRY_EFORMAT || err.code == FERRY_ELIMIT);
		ferry_document_free(&doc);
		return 0;
	}
	if (ferry_packument_tag(&doc, "latest", &tag, &err) == 0)
		free(tag);
	for (size_t i = 0; i < doc.n; i++)
		look(&doc, &doc.listed[i]);
	ferry_document_free(&doc);
	return 0;
}
