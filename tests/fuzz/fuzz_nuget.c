/* Versions, ranges, ids: what is one keeps its meaning in its normal form, and
 * the order is one. */

#include <string.h>

#include "fuzz.h"
#include "store/base/error.h"
#include "store/format/nuget/name.h"
#include "store/format/nuget/range.h"
#include "store/format/nuget/version.h"

static void
try_version(struct ferry_bytes text, struct ferry_bytes other)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf once = FERRY_BUF_INIT, twice = FERRY_BUF_INIT;
	struct ferry_nuget_version v, w;

	if (ferry_nuget_version_key(&once, text, &err) == 1) {
		FUZZ_CHECK(ferry_nuget_version_valid(ferry_bytes_buf(&once)));
		FUZZ_CHECK(ferry_nuget_version_key(
			       &twice, ferry_bytes_buf(&once), &err) == 1);
		FUZZ_CHECK(ferry_bytes_equal(
		    ferry_bytes_buf(&once), ferry_bytes_buf(&twice)));
		FUZZ_CHECK(ferry_nuget_version_parse(&v, text, &err) == 0);
		FUZZ_CHECK(ferry_nuget_version_parse(
			       &w, ferry_bytes_buf(&once), &err) == 0);
		FUZZ_CHECK(ferry_nuget_version_order(&v, &w) == 0);
		if (ferry_nuget_version_parse(&w, other, &err) == 0)
			FUZZ_CHECK(ferry_nuget_version_order(&v, &w) ==
				   -ferry_nuget_version_order(&w, &v));
	}
	FUZZ_CHECK((ferry_nuget_version_cmp(text, other) > 0) ==
		   (ferry_nuget_version_cmp(other, text) < 0));
	ferry_buf_free(&once);
	ferry_buf_free(&twice);
}

static void
try_range(struct ferry_bytes text, struct ferry_bytes other)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_nuget_range *range = NULL, *same = NULL;
	struct ferry_buf normal = FERRY_BUF_INIT;
	struct ferry_nuget_version v;

	if (ferry_nuget_range_new(&range, text, &err) == -1)
		return;
	FUZZ_CHECK(ferry_nuget_range_text(&normal, range, &err) == 0);
	FUZZ_CHECK(
	    ferry_nuget_range_new(&same, ferry_bytes_buf(&normal), &err) == 0);
	if (ferry_nuget_version_parse(&v, other, &err) == 0) {
		FUZZ_CHECK(ferry_nuget_range_has(range, &v) ==
			   ferry_nuget_range_has(same, &v));
		FUZZ_CHECK(!ferry_nuget_range_prefers(range, NULL, &v) ||
			   ferry_nuget_range_has(range, &v));
		FUZZ_CHECK(!ferry_nuget_range_prefers(range, &v, &v));
	}
	ferry_nuget_range_free(range);
	ferry_nuget_range_free(same);
	ferry_buf_free(&normal);
}

static void
try_name(struct ferry_bytes text)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf key = FERRY_BUF_INIT;

	FUZZ_CHECK(ferry_nuget_lower(&key, text, &err) == 0);
	if (ferry_nuget_id_valid(text))
		FUZZ_CHECK(ferry_nuget_name_valid(ferry_bytes_buf(&key)));
	ferry_buf_free(&key);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ferry_bytes rest = ferry_bytes_of(data, size), first, other;

	if (!ferry_bytes_line(&rest, &first))
		return 0;
	if (!ferry_bytes_line(&rest, &other))
		other = first;
	try_version(first, other);
	try_range(first, other);
	try_name(first);
	return 0;
}
