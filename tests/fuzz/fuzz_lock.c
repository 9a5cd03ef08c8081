/*
 * Lock files: whatever is in them, only valid names and versions come out.
 * Every kind reads every input, so that a broken beginning keeps none from it.
 */

#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "store/base/error.h"
#include "store/format/npm/npm.h"
#include "sync/select/lock/lock.h"

static int
on_wanted(void *ctx, const struct ferry_lock_wanted *w, struct ferry_error *err)
{

	(void)ctx;
	(void)err;
	FUZZ_CHECK(ferry_npm_name_valid(ferry_bytes_str(w->name)));
	FUZZ_CHECK(ferry_npm_version_valid(ferry_bytes_str(w->version)));
	FUZZ_CHECK(w->integrity == NULL || w->integrity[0] != 0);
	FUZZ_CHECK(
	    w->resolved == NULL || strncasecmp(w->resolved, "http", 4) == 0);
	return 0;
}

static int
on_pruned(void *ctx, uint64_t n, const char *of, struct ferry_error *err)
{

	(void)ctx, (void)n, (void)of, (void)err;
	return 0;
}

static int
on_unmirrorable(void *ctx, const char *name, const char *what, const char *why,
    struct ferry_error *err)
{

	(void)ctx;
	(void)err;
	FUZZ_CHECK(strlen(name) + strlen(what) + strlen(why) > 0);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "some.lock", "package-lock.json",
		"yarn.lock", "pnpm-lock.yaml", "bun.lock" };
	struct ferry_lock_sink sink = { .on_wanted = on_wanted,
		.on_unmirrorable = on_unmirrorable,
		.on_pruned = on_pruned };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct ferry_error err = FERRY_ERROR_INIT;

		if (ferry_lock_parse("npm", names[i],
			ferry_bytes_of(data, size), &sink, &err) == -1)
			FUZZ_CHECK(err.code == FERRY_EFORMAT ||
				   err.code == FERRY_ELIMIT);
	}
	return 0;
}
