/* Licences as packages state them: with nothing denied all may come, with a word
 * that none is, nothing but what was denied may not. */

#include <string.h>

#include "fuzz.h"
#include "store/format/licence.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ferry_licences all = { .allow_n = 0 },
					   none = { .allow = { "\x01" },
						   .allow_n = 1 };
	char *text = malloc(size + 1);

	FUZZ_CHECK(text != NULL);
	memcpy(text, data, size);
	text[size] = 0;
	FUZZ_CHECK(ferry_licences_permit(&all, text));
	if (strchr(text, 1) == NULL)
		FUZZ_CHECK(!ferry_licences_permit(&none, text));
	free(text);
	return 0;
}
