/* Packuments: whatever was read can be call for its parts. */

#include <stdlib.h>

#include "fuzz.h"
#include "store/base/error.h"
#include "sync/upstream/npm/packument.h"

static void
look(const struct ferry_npm_doc *doc, const struct ferry_npm_version *version)
{
	static const char *const wanted[] = { "linux", "x64" };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_npm_dist dist;

	FUZZ_CHECK(ferry_npm_doc_version(doc, version->name) != NULL);
	(void)ferry_npm_doc_time(doc, version->name);
	(void)ferry_npm_platform_ok(version->object, "os", wanted, 2);
	(void)ferry_npm_platform_ok(version->object, "cpu", wanted, 2);
	if (ferry_npm_dist_read(&dist, version, &err) == 0) {
		FUZZ_CHECK(dist.n <= 6);
		FUZZ_CHECK(dist.tarball[0] == 'h');
		ferry_npm_dist_free(&dist);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_npm_doc doc;
	char *tag = NULL;

	if (ferry_npm_doc_read(&doc, ferry_bytes_of(p, n), "a", &err) == -1) {
		FUZZ_CHECK(
		    err.code == FERRY_EFORMAT || err.code == FERRY_ELIMIT);
		return 0;
	}
	if (ferry_npm_doc_tag(&doc, "latest", &tag, &err) == 0)
		free(tag);
	for (size_t i = 0; i < doc.n; i++)
		look(&doc, &doc.versions[i]);
	ferry_npm_doc_free(&doc);
	return 0;
}
