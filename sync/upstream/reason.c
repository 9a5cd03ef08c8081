#include "sync/upstream/reason.h"

#include <string.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/index/local.h"
#include "store/store.h"
#include "sync/upstream/record.h"

#define DAY_S 86400

int
ferry_reason_get(struct ferry_store *st, const struct ferry_key *version,
    json_t **out, struct ferry_error *err)
{
	struct ferry_key key;

	return ferry_key_beside(&key, FERRY_KIND_REASON, version,
		   ferry_key_part(version, 4), err) == -1
	           ? -1
	           : ferry_local_get(st, &key, out, err);
}

static bool
has_text(const json_t *list, const char *text)
{
	const json_t *one;
	size_t i;

	json_array_foreach (list, i, one)
		if (strcmp(json_string_value(one), text) == 0)
			return true;
	return false;
}

/* Add those that are not there: 1 there were some, 0, -1. */
static int
add_texts(
    json_t *list, const char *const *by, size_t by_n, struct ferry_error *err)
{
	int added = 0;

	for (size_t i = 0;
	     i < by_n && json_array_size(list) < FERRY_REASONS_MAX; i++) {
		if (has_text(list, by[i]))
			continue;
		if (ferry_json_push(list,
			ferry_json_text(ferry_bytes_str(by[i])), err) == -1)
			return -1;
		added = 1;
	}
	return added;
}

int
ferry_reason_add(struct ferry_store *st, const struct ferry_key *version,
    const char *const *by, size_t by_n, struct ferry_error *err)
{
	json_t *old = NULL, *list;
	int64_t now = ferry_now(), at = 0;
	struct ferry_key key;
	int rc = -1, added;

	if (ferry_key_beside(&key, FERRY_KIND_REASON, version,
		ferry_key_part(version, 4), err) == -1 ||
	    ferry_local_get(st, &key, &old, err) == -1)
		return -1;
	at = json_integer_value(json_object_get(old, "at"));
	/* What was noted before today may be no reason any more. */
	if (at > now || now - at >= DAY_S) {
		json_decref(old);
		old = NULL;
		at = now;
	}
	list = old == NULL ? json_array()
	                   : json_incref(json_object_get(old, "by"));
	if (list == NULL)
		ferry_error_set(err, FERRY_ENOMEM, "no memory");
	else if ((added = add_texts(list, by, by_n, err)) != -1)
		rc = added == 0 && old != NULL
		         ? 0
		         : ferry_local_put_new(st, &key,
			       json_pack("{s:I,s:O}", "at", (json_int_t)at,
				   "by", list),
			       err);
	json_decref(list);
	json_decref(old);
	return rc;
}

int
ferry_reason_note(const struct ferry_recorded *of, const char *version,
    const char *const *by, size_t by_n, struct ferry_error *err)
{
	struct ferry_key key;

	if (of->run->dry_run || of->run->pulls)
		return 0;
	return ferry_key_version(
		   &key, of->format, of->name, of->upstream, version, err) == -1
	           ? -1
	           : ferry_reason_add(of->run->st, &key, by, by_n, err);
}

/* Whether the run read all that is wanted, of all upstreams. */
static bool
is_whole(const struct ferry_run *run)
{

	for (size_t i = 0; i < run->upstreams_n; i++)
		if (!run->upstreams[i].wanted)
			return false;
	return !run->dry_run && !run->pulls && !run->broken &&
	       json_array_size(run->failures) == 0;
}

static int
put_looked(const struct ferry_run *run, const struct ferry_upstream *up,
    struct ferry_error *err)
{
	json_t *old = NULL, *record;
	json_int_t now = (json_int_t)ferry_now(), since = now, at = now;
	int rc = ferry_local_named_get(
	    run->st, FERRY_KIND_LOOKED, up->name, &old, err);

	if (rc == -1)
		return -1;
	if (old != NULL)
		since = json_integer_value(json_object_get(old, "since"));
	if (run->withheld[0] != 0)
		at = json_integer_value(json_object_get(old, "at"));
	record = json_pack(
	    "{s:I,s:I}", "since", since < now ? since : now, "at", at);
	if (record != NULL && up->keep_s > 0)
		(void)json_object_set_new(
		    record, "keep", json_integer((json_int_t)up->keep_s));
	if (record != NULL && run->withheld[0] != 0)
		(void)json_object_set_new(record, "withheld",
		    ferry_json_text(ferry_bytes_str(run->withheld)));
	json_decref(old);
	return ferry_local_named_put(
	    run->st, FERRY_KIND_LOOKED, up->name, record, err);
}

int
ferry_reason_looked(struct ferry_run *run, struct ferry_error *err)
{

	for (size_t i = 0; is_whole(run) && i < run->upstreams_n; i++)
		if (put_looked(run, &run->upstreams[i], err) == -1)
			return -1;
	return 0;
}
