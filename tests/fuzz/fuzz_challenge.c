/* WWW-Authenticate: whatever is read can be sent on without harm. */

#include <string.h>

#include "fuzz.h"
#include "store/base/error.h"
#include "sync/upstream/oci/challenge.h"

static void
check(const char *text, size_t size)
{

	FUZZ_CHECK(strnlen(text, size) < size);
	for (; *text != 0; text++)
		FUZZ_CHECK((unsigned char)*text >= 0x20 && *text != 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_challenge c;

	if (ferry_challenge_parse(&c, ferry_bytes_of(data, size), &err) == -1) {
		FUZZ_CHECK(
		    err.code == FERRY_EFORMAT || err.code == FERRY_ELIMIT);
		return 0;
	}
	check(c.realm, sizeof(c.realm));
	check(c.service, sizeof(c.service));
	check(c.scope, sizeof(c.scope));
	check(c.error, sizeof(c.error));
	FUZZ_CHECK(c.scheme != FERRY_CHALLENGE_NONE || c.realm[0] == 0);
	return 0;
}
