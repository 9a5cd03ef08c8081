/* Registrations and lists of versions: what is listed can be a key. */

#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "store/base/error.h"
#include "store/format/nuget/leaf.h"
#include "store/format/nuget/version.h"
#include "sync/upstream/nuget/registration.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_document document = { .n = 0 };

	if (ferry_nuget_registration_read(&document, NULL,
		ferry_bytes_of(data, size), "foo.bar", &err) == -1)
		FUZZ_CHECK(
		    err.code == FERRY_EFORMAT || err.code == FERRY_ELIMIT);
	for (size_t i = 0; i < document.n; i++) {
		FUZZ_CHECK(ferry_nuget_version_valid(
		    ferry_bytes_str(document.listed[i].version)));
		(void)ferry_nuget_leaf_listed(document.listed[i].object);
	}
	for (size_t i = 0; i < document.parts_n; i++)
		FUZZ_CHECK(strncasecmp(document.parts[i].url, "http", 4) == 0);
	ferry_document_free(&document);
	return 0;
}
