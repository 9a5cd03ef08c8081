/* The metadata of gems: what is read of it makes a line and a specification. */

#include <string.h>

#include "fuzz.h"
#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/format/rubygems/gem.h"
#include "store/format/rubygems/spec.h"
#include "sync/select/yaml.h"
#include "sync/upstream/rubygems/gemspec.h"
#include "sync/upstream/rubygems/inflate.h"

static void
try_spec(struct ferry_gem_spec *spec)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf line = FERRY_BUF_INIT, marshal = FERRY_BUF_INIT;
	struct ferry_digest sha256;

	FUZZ_CHECK(ferry_gem_name_valid(spec->name));
	FUZZ_CHECK(
	    ferry_digest_of(&sha256, FERRY_SHA256, spec->name, &err) == 0);
	FUZZ_CHECK(ferry_gem_spec_line(&line, spec, &sha256, &err) == 0);
	FUZZ_CHECK(memchr(line.p, '\n', line.n) == NULL);
	FUZZ_CHECK(ferry_gem_spec_marshal(&marshal, spec, &err) == 0);
	ferry_buf_free(&line);
	ferry_buf_free(&marshal);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_yaml *yaml = NULL;
	struct ferry_gem_spec spec;

	if (ferry_gemspec_read(
		&spec, &yaml, ferry_bytes_of(data, size), &err) == 0)
		try_spec(&spec);
	else
		FUZZ_CHECK(
		    err.code == FERRY_EFORMAT || err.code == FERRY_ELIMIT);
	ferry_gem_spec_free(&spec);
	ferry_yaml_free(yaml);
	if (ferry_gem_inflate(&text, ferry_bytes_of(data, size), 1000, &err) ==
	    0)
		FUZZ_CHECK(text.n <= 1000);
	ferry_buf_free(&text);
	return 0;
}
