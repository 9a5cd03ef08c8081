#include "sync/carry/origins.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/index/local.h"

static const struct ferry_digest zero = { FERRY_SHA256, FERRY_SHA256_SIZE,
	{ 0 } };

int
ferry_position_get(struct ferry_store *st, const char *origin,
    struct ferry_position *out, struct ferry_error *err)
{
	const char *name;
	uint64_t written, anew;
	json_t *record;
	int rc =
	    ferry_local_named_get(st, FERRY_KIND_ORIGIN, origin, &record, err);

	*out = (struct ferry_position){ .chain = zero };
	if (rc == 1) {
		if (ferry_json_str(record, "name", &name, err) == -1 ||
		    ferry_json_u64(
			record, "seq", INT64_MAX - 1, &out->seq, err) == -1 ||
		    ferry_head_digest(record, "chain", &out->chain, err) ==
			-1 ||
		    ferry_head_digest_opt(record, "head", &out->head, err) ==
			-1 ||
		    ferry_json_u64_opt(
			record, "written", INT64_MAX, 0, &written, err) == -1 ||
		    ferry_json_u64_opt(record, "known", INT64_MAX, out->seq,
			&out->known, err) == -1 ||
		    ferry_json_u64_opt(
			record, "anew_at", INT64_MAX, 0, &anew, err) == -1 ||
		    ferry_json_u64_opt(record, "anew_from", INT64_MAX, 0,
			&out->anew_from, err) == -1 ||
		    ferry_json_u64_opt(record, "anew_before", INT64_MAX, 0,
			&out->anew_before, err) == -1) {
			rc = -1;
		} else {
			out->written = (int64_t)written;
			out->anew_at = (int64_t)anew;
			(void)snprintf(
			    out->name, sizeof(out->name), "%s", name);
		}
	}
	json_decref(record);
	return rc;
}

int
ferry_position_put(struct ferry_store *st, const char *origin,
    const struct ferry_position *p, struct ferry_error *err)
{
	char chain[FERRY_DIGEST_TEXT], head[FERRY_DIGEST_TEXT];

	return ferry_local_named_put(st, FERRY_KIND_ORIGIN, origin,
	    json_pack("{s:s,s:I,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I}", "name",
		p->name, "seq", (json_int_t)p->seq, "chain",
		ferry_digest_hex(&p->chain, chain), "head",
		ferry_digest_hex(&p->head, head), "at", (json_int_t)ferry_now(),
		"written", (json_int_t)p->written, "known",
		(json_int_t)p->known, "anew_at", (json_int_t)p->anew_at,
		"anew_from", (json_int_t)p->anew_from, "anew_before",
		(json_int_t)p->anew_before),
	    err);
}

static int
boundary_key(struct ferry_key *key, const char *origin, uint64_t seq,
    struct ferry_error *err)
{
	char number[24];

	(void)snprintf(number, sizeof(number), "%020" PRIu64, seq);
	return ferry_key_named(key, FERRY_KIND_BOUNDARY, origin, number, err);
}

int
ferry_boundary_get(struct ferry_store *st, const char *origin, uint64_t seq,
    struct ferry_digest *chain, struct ferry_error *err)
{
	struct ferry_key key;
	json_t *record = NULL;
	int rc;

	if (seq == 0) {
		*chain = zero;
		return 1;
	}
	if (boundary_key(&key, origin, seq, err) == -1)
		return -1;
	rc = ferry_local_get(st, &key, &record, err);
	if (rc == 1 && ferry_head_digest(record, "chain", chain, err) == -1)
		rc = -1;
	json_decref(record);
	return rc;
}

int
ferry_boundary_put(struct ferry_store *st, const char *origin, uint64_t seq,
    const struct ferry_digest *chain, struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];
	struct ferry_key key;

	return boundary_key(&key, origin, seq, err) == -1
	           ? -1
	           : ferry_local_put_new(st, &key,
			 json_pack(
			     "{s:s}", "chain", ferry_digest_hex(chain, hex)),
			 err);
}

/* Where bundles ended that the origin wrote before this one. */
static int
put_marks(struct ferry_store *st, const struct ferry_head *head,
    struct ferry_error *err)
{

	for (size_t i = 0; i < head->marks_n; i++)
		if (ferry_boundary_put(st, head->origin, head->marks[i].seq,
			&head->marks[i].chain, err) == -1)
			return -1;
	return ferry_boundary_put(
	    st, head->origin, head->to, &head->after, err);
}

/* A head thins out the older of its marks when they are too many. */
static uint64_t
known_of(const struct ferry_head *head)
{

	return head->marks_n < FERRY_MARKS_MAX * 3 / 4
	           ? head->from - 1
	           : head->marks[head->marks_n - FERRY_MARKS_MAX / 2].seq;
}

int
ferry_position_reach(struct ferry_store *st, const struct ferry_head *head,
    struct ferry_error *err)
{
	struct ferry_position here = { 0 };
	int rc = ferry_position_get(st, head->origin, &here, err);

	if (rc == -1)
		return -1;
	/* What was known here before stays so, whatever a bundle says. */
	if (rc == 0)
		here.known = known_of(head);
	here.seq = head->to;
	here.chain = head->after;
	here.head = head->digest;
	here.written = head->created_at;
	memcpy(here.name, head->origin_name, sizeof(here.name));
	return ferry_position_put(st, head->origin, &here, err) == -1
	           ? -1
	           : put_marks(st, head, err);
}

/* Forget the ends of bundles behind record last of the origin. */
static int
forget_boundaries(struct ferry_store *st, const char *origin, uint64_t last,
    struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	uint64_t seq;
	int rc;

	if (ferry_key_named(&prefix, FERRY_KIND_BOUNDARY, origin, NULL, err) ==
		-1 ||
	    ferry_local_iter_new(&it, st, &prefix, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, NULL, err)) == 1) {
		if (ferry_parse_u64(ferry_bytes_str(ferry_key_part(&key, 2)), 0,
			INT64_MAX, &seq, err) == -1 ||
		    (seq > last && ferry_local_delete(st, &key, err) == -1)) {
			rc = -1;
			break;
		}
	}
	ferry_record_iter_free(it);
	return rc;
}

int
ferry_position_anew(struct ferry_store *st, const struct ferry_head *head,
    struct ferry_error *err)
{
	struct ferry_position here;

	if (ferry_position_get(st, head->origin, &here, err) == -1 ||
	    forget_boundaries(st, head->origin, head->from - 1, err) == -1)
		return -1;
	here.anew_at = ferry_now();
	here.anew_from = head->from;
	here.anew_before = here.seq;
	if (here.known >= head->from)
		here.known = known_of(head);
	here.seq = head->from - 1;
	here.chain = head->before;
	return ferry_position_put(st, head->origin, &here, err);
}

int
ferry_applying_get(struct ferry_store *st, const char *origin,
    struct ferry_mark *end, struct ferry_error *err)
{
	json_t *record;
	int rc = ferry_local_named_get(
	    st, FERRY_KIND_APPLYING, origin, &record, err);

	if (rc == 1 &&
	    (ferry_json_u64(record, "seq", INT64_MAX - 1, &end->seq, err) ==
		    -1 ||
		ferry_head_digest(record, "chain", &end->chain, err) == -1))
		rc = -1;
	json_decref(record);
	return rc;
}

int
ferry_applying_put(struct ferry_store *st, const char *origin,
    const struct ferry_mark *end, struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];

	return ferry_local_named_put(st, FERRY_KIND_APPLYING, origin,
	    json_pack("{s:I,s:s}", "seq", (json_int_t)end->seq, "chain",
		ferry_digest_hex(&end->chain, hex)),
	    err);
}

int
ferry_applying_forget(
    struct ferry_store *st, const char *origin, struct ferry_error *err)
{

	return ferry_local_named_delete(st, FERRY_KIND_APPLYING, origin, err);
}

/* Wanted */

int
ferry_wanted_put(struct ferry_store *st, const struct ferry_digest *blob,
    const char *origin, struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];

	return ferry_local_named_put(st, FERRY_KIND_WANTED,
	    ferry_digest_hex(blob, hex),
	    json_pack(
		"{s:s,s:I}", "origin", origin, "at", (json_int_t)ferry_now()),
	    err);
}

int
ferry_wanted_came(struct ferry_store *st, const struct ferry_digest *blob,
    struct ferry_error *err)
{
	static const enum ferry_kind kinds[] = { FERRY_KIND_WANTED,
		FERRY_KIND_LOST };
	char hex[FERRY_DIGEST_TEXT];
	json_t *record;

	(void)ferry_digest_hex(blob, hex);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int rc = ferry_local_named_get(st, kinds[i], hex, &record, err);

		json_decref(record);
		if (rc == -1 || (rc == 1 && ferry_local_named_delete(
						st, kinds[i], hex, err) == -1))
			return -1;
	}
	return 0;
}

int
ferry_wanted_has(struct ferry_store *st, const struct ferry_digest *blob,
    struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];
	json_t *record;
	int rc = ferry_local_named_get(
	    st, FERRY_KIND_WANTED, ferry_digest_hex(blob, hex), &record, err);

	json_decref(record);
	return rc;
}

static int
load_wanted(struct ferry_store *st, enum ferry_kind kind,
    struct ferry_receipt *receipt, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	int rc;

	ferry_key_all(&prefix, kind);
	if (ferry_local_iter_new(&it, st, &prefix, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, NULL, err)) == 1) {
		struct ferry_digest blob;

		if (ferry_digest_from_hex(&blob, FERRY_SHA256,
			ferry_bytes_str(ferry_key_part(&key, 1)), err) == -1 ||
		    (rc = ferry_blob_has(st, &blob, err)) == -1) {
			rc = -1;
			break;
		}
		/* It may have come by another way, such as a sync. */
		if (rc == 1)
			continue;
		if (receipt->wanted_n == FERRY_RECEIPT_WANTED)
			receipt->wanted_more++;
		else
			receipt->wanted[receipt->wanted_n++] = blob;
	}
	ferry_record_iter_free(it);
	return rc;
}

int
ferry_wanted_load(struct ferry_store *st, struct ferry_receipt *receipt,
    struct ferry_error *err)
{

	if (load_wanted(st, FERRY_KIND_LOST, receipt, err) == -1)
		return -1;
	return load_wanted(st, FERRY_KIND_WANTED, receipt, err);
}
