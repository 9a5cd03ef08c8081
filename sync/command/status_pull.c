#include "sync/command/status_pull.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/base/bytes.h"
#include "store/base/clock.h"

static void
print_refused(const json_t *refused)
{
	const json_t *r;
	char at[FERRY_TIME_TEXT];
	size_t i;

	json_array_foreach (json_object_get(refused, "refused"), i, r)
		(void)printf("refused      %s: %s (%s)\n",
		    json_string_value(json_object_get(r, "item")),
		    json_string_value(json_object_get(r, "text")),
		    ferry_time_text(
			json_integer_value(json_object_get(r, "at")), at));
}

/* What came from upstreams that are pulled through, and went to clients. */
static void
print_traffic(const json_t *traffic, const json_t *cache)
{
	char bytes[FERRY_SIZE_TEXT], saved[FERRY_SIZE_TEXT];
	char n[FERRY_COUNT_TEXT];
	const json_t *t;
	size_t i;

	json_array_foreach (traffic, i, t) {
		const json_t *r = json_object_get(t, "record");

		(void)printf("pulled from  %s: %" JSON_INTEGER_FORMAT
			     " hits, %" JSON_INTEGER_FORMAT
			     " misses; %s came from it, %s did not have to\n",
		    json_string_value(
			json_array_get(json_object_get(t, "key"), 1)),
		    json_integer_value(json_object_get(r, "hits")),
		    json_integer_value(json_object_get(r, "misses")),
		    ferry_size_text((uint64_t)json_integer_value(
					json_object_get(r, "bytes")),
			bytes),
		    ferry_size_text((uint64_t)json_integer_value(
					json_object_get(r, "saved")),
			saved));
	}
	if (json_is_object(cache))
		(void)printf("cached       %s, %s, that only clients asked "
			     "for\n",
		    ferry_count_text((uint64_t)json_integer_value(
					 json_object_get(cache, "versions")),
			"version", n),
		    ferry_size_text((uint64_t)json_integer_value(
					json_object_get(cache, "bytes")),
			bytes));
}

void
ferry_status_pull(
    const json_t *traffic, const json_t *cache, const json_t *refused)
{

	print_traffic(traffic, cache);
	print_refused(refused);
}
