#include "sync/upstream/recordings.h"

#include <string.h>

#include "store/index/local.h"

#define NAME_MAX_N 100

bool
ferry_recording_name_valid(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= NAME_MAX_N && *name != '-' && *name != '.' &&
	       strspn(name,
		   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		   "0123456789-_.") == n;
}

struct search {
	const char *format, *upstream;
	ferry_on_recorded *on_want;
	void *ctx;
};

static bool
is(const json_t *want, const char *name, const char *text)
{
	const char *value = json_string_value(json_object_get(want, name));

	return value != NULL && strcmp(value, text) == 0;
}

static int
look_at(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const struct search *s = ctx;
	const json_t *one;
	size_t i;

	json_array_foreach (json_object_get(record, "wants"), i, one) {
		const struct ferry_recorded_want want = {
			json_string_value(json_object_get(one, "package")),
			json_string_value(json_object_get(one, "version")),
			json_object_get(one, "files"),
			json_is_true(json_object_get(one, "closure")),
			ferry_key_part(key, 1)
		};

		if (is(one, "format", s->format) &&
		    is(one, "upstream", s->upstream) && want.package != NULL &&
		    (want.version != NULL || want.closure) &&
		    s->on_want(s->ctx, &want, err) == -1)
			return -1;
	}
	return 0;
}

int
ferry_recordings_of(struct ferry_store *st, const char *format,
    const char *upstream, ferry_on_recorded *on_want, void *ctx,
    struct ferry_error *err)
{
	struct search s = { format, upstream, on_want, ctx };
	struct ferry_key all;

	ferry_key_all(&all, FERRY_KIND_RECORDING);
	return ferry_local_each(st, &all, look_at, &s, err);
}
