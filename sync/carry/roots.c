#include "sync/carry/roots.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/index/local.h"

static int
key_of(struct ferry_key *key, const char *origin, uint64_t number,
    struct ferry_error *err)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%06" PRIu64, number);
	return ferry_key_named(key, FERRY_KIND_ROOT, origin, text, err);
}

/* The root of a record. */
static int
read_record(
    struct ferry_roots_one *out, const json_t *record, struct ferry_error *err)
{
	const char *text;

	*out = (struct ferry_roots_one){ .text = FERRY_BUF_INIT };
	if (ferry_json_str(record, "text", &text, err) == -1 ||
	    ferry_buf_adds(&out->text, text, err) == -1 ||
	    ferry_root_parse(&out->root, ferry_bytes_buf(&out->text),
		FERRY_ROOT_WHOLE, err) == -1) {
		ferry_buf_free(&out->text);
		return ferry_error_in(err, "a root in the store");
	}
	out->limits = json_incref(json_object_get(record, "limits"));
	return 1;
}

/* The number of the newest, or 0. */
static int
note_number(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{

	(void)record;
	return ferry_parse_u64(ferry_bytes_str(ferry_key_part(key, 2)), 1,
	    FERRY_ROOT_NUMBER_MAX, ctx, err);
}

static int
find_newest(struct ferry_store *st, const char *origin, uint64_t *out,
    struct ferry_error *err)
{
	struct ferry_key key;
	json_t *record;
	int rc;

	*out = 0;
	if (ferry_key_named(&key, FERRY_KIND_ROOT, origin, NULL, err) == -1 ||
	    ferry_local_each(st, &key, note_number, out, err) == -1)
		return -1;
	/* What is part of the next commit, only its own key finds. */
	do {
		record = NULL;
		rc = key_of(&key, origin, *out + 1, err);
		if (rc == 0)
			rc = ferry_local_get(st, &key, &record, err);
		json_decref(record);
		*out += rc == 1;
	} while (rc == 1);
	return rc;
}

int
ferry_roots_get(struct ferry_store *st, const char *origin, uint64_t number,
    struct ferry_roots_one *out, struct ferry_error *err)
{
	struct ferry_key key;
	json_t *record = NULL;
	int rc;

	if (number == FERRY_ROOTS_NEWEST &&
	    find_newest(st, origin, &number, err) == -1)
		return -1;
	if (number == 0)
		return 0;
	rc = key_of(&key, origin, number, err);
	if (rc == 0)
		rc = ferry_local_get(st, &key, &record, err);
	if (rc == 1)
		rc = read_record(out, record, err);
	json_decref(record);
	return rc;
}

void
ferry_roots_clear(struct ferry_roots_one *one)
{

	ferry_buf_free(&one->text);
	json_decref(one->limits);
	one->limits = NULL;
}

int
ferry_roots_put(struct ferry_store *st, const struct ferry_root *root,
    struct ferry_bytes text, const json_t *limits, struct ferry_error *err)
{
	struct ferry_key key;

	if (key_of(&key, root->origin, root->number, err) == -1)
		return -1;
	return ferry_local_put_new(st, &key,
	    json_pack("{s:s%,s:I,s:O*}", "text", (const char *)text.p, text.n,
		"at", (json_int_t)ferry_now(), "limits", limits),
	    err);
}

static int
delete_record(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{

	(void)record;
	return ferry_local_delete(ctx, key, err);
}

int
ferry_roots_delete(
    struct ferry_store *st, const char *origin, struct ferry_error *err)
{
	struct ferry_key prefix;

	return ferry_key_named(&prefix, FERRY_KIND_ROOT, origin, NULL, err) ==
	               -1
	           ? -1
	           : ferry_local_each(st, &prefix, delete_record, st, err);
}

int
ferry_roots_threshold(struct ferry_store *st, const char *origin, uint64_t *out,
    struct ferry_error *err)
{
	struct ferry_roots_one one;
	int rc = ferry_roots_get(st, origin, FERRY_ROOTS_NEWEST, &one, err);

	*out = 0;
	if (rc != 1)
		return rc;
	*out = one.root.threshold[FERRY_ROOT_BUNDLE];
	ferry_roots_clear(&one);
	return 0;
}

int
ferry_roots_any(struct ferry_store *st, struct ferry_error *err)
{
	struct ferry_record_iter *it;
	struct ferry_key prefix, key;
	json_t *record = NULL;
	int rc;

	ferry_key_all(&prefix, FERRY_KIND_ROOT);
	if (ferry_local_iter_new(&it, st, &prefix, err) == -1)
		return -1;
	if ((rc = ferry_record_iter_next(it, &key, &record, err)) == 1)
		json_decref(record);
	ferry_record_iter_free(it);
	return rc;
}

/* The records of an origin follow each other: the newest is the last. */
struct walk {
	ferry_on_root *on_root;
	void *ctx;
	json_t *last; /* record, or NULL */
	char origin[FERRY_STORE_ID];
};

static int
tell_last(struct walk *w, struct ferry_error *err)
{
	struct ferry_roots_one one;
	int rc;

	if (w->last == NULL)
		return 0;
	rc = read_record(&one, w->last, err);
	json_decref(w->last);
	w->last = NULL;
	if (rc == -1)
		return -1;
	rc = w->on_root(w->ctx, &one, err);
	ferry_roots_clear(&one);
	return rc;
}

static int
walk_on(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	struct walk *w = ctx;

	if (strcmp(w->origin, ferry_key_part(key, 1)) != 0 &&
	    tell_last(w, err) == -1)
		return -1;
	json_decref(w->last);
	w->last = json_incref(record);
	(void)snprintf(
	    w->origin, sizeof(w->origin), "%s", ferry_key_part(key, 1));
	return 0;
}

int
ferry_roots_each(struct ferry_store *st, ferry_on_root *on_root, void *ctx,
    struct ferry_error *err)
{
	struct walk w = { .on_root = on_root, .ctx = ctx };
	struct ferry_key prefix;
	int rc;

	ferry_key_all(&prefix, FERRY_KIND_ROOT);
	rc = ferry_local_each(st, &prefix, walk_on, &w, err);
	if (rc == 0)
		return tell_last(&w, err);
	json_decref(w.last);
	return rc;
}

/* The first of those up to newest that have room in a head. */
static int
find_first(struct ferry_store *st, const char *origin, uint64_t newest,
    uint64_t *out, struct ferry_error *err)
{
	size_t room = FERRY_ROOTS_MAX;

	for (*out = newest; *out > 1; *out -= 1) {
		struct ferry_roots_one one;
		int rc = ferry_roots_get(st, origin, *out - 1, &one, err);
		size_t n;

		if (rc != 1)
			return rc;
		n = (one.text.n + 2) / 3 * 4 + 1;
		ferry_roots_clear(&one);
		/* The newest fits, whatever its size. */
		if (n + FERRY_ROOT_MAX / 3 * 4 + 8 > room)
			return 0;
		room -= n;
	}
	return 0;
}

int
ferry_roots_words(struct ferry_store *st, const char *origin,
    struct ferry_buf *words, struct ferry_error *err)
{
	uint64_t newest, first;

	if (find_newest(st, origin, &newest, err) == -1 ||
	    find_first(st, origin, newest, &first, err) == -1)
		return -1;
	for (uint64_t i = first; newest > 0 && i <= newest; i++) {
		struct ferry_roots_one one;
		int rc = ferry_roots_get(st, origin, i, &one, err);

		if (rc != 1)
			return rc;
		rc = (i > first && ferry_buf_adds(words, " ", err) == -1) ||
		             ferry_base64_add(
				 words, ferry_bytes_buf(&one.text), err) == -1
		         ? -1
		         : 0;
		ferry_roots_clear(&one);
		if (rc == -1)
			return -1;
	}
	return 0;
}
