/* What NuGet's projects have: whatever is in it, only valid names, versions and
 * ranges come out. */

#include <string.h>

#include "fuzz.h"
#include "store/base/error.h"
#include "store/format/nuget/name.h"
#include "store/format/nuget/range.h"
#include "store/format/nuget/version.h"
#include "sync/select/lock/lock.h"

static int
on_wanted(void *ctx, const struct ferry_lock_wanted *w, struct ferry_error *err)
{
	struct ferry_nuget_range *range = NULL;

	(void)ctx;
	FUZZ_CHECK(ferry_nuget_name_valid(ferry_bytes_str(w->name)));
	if (w->closure) {
		FUZZ_CHECK(ferry_nuget_range_new(
			       &range, ferry_bytes_str(w->version), err) == 0);
		ferry_nuget_range_free(range);
	} else {
		FUZZ_CHECK(
		    ferry_nuget_version_valid(ferry_bytes_str(w->version)));
	}
	FUZZ_CHECK(w->integrity == NULL || w->integrity[0] != 0);
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
	static const char *const names[] = { "packages.lock.json",
		"project.assets.json", "dotnet-tools.json", "global.json",
		"packages.config", "app.csproj" };
	const struct ferry_lock_sink sink = { .on_wanted = on_wanted,
		.on_unmirrorable = on_unmirrorable };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct ferry_error err = FERRY_ERROR_INIT;

		if (ferry_lock_parse("nuget", names[i],
			ferry_bytes_of(data, size), &sink, &err) == -1)
			FUZZ_CHECK(err.code == FERRY_EFORMAT ||
				   err.code == FERRY_ELIMIT);
	}
	return 0;
}
