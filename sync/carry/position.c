#include "sync/carry/position.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/store.h"

#define NUMBER 24

static const char *
number_text(uint64_t n, char buf[NUMBER])
{

	(void)snprintf(buf, NUMBER, "%020" PRIu64, n);
	return buf;
}

/* A local record of two parts. */
static int
get(struct ferry_store *st, const char *kind, const char *name, json_t **out,
    struct ferry_error *err)
{
	struct ferry_key key;

	*out = NULL;
	if (ferry_key_make(&key, err, kind, name, NULL) == -1)
		return -1;
	return ferry_local_get(st, &key, out, err);
}

/* *Takes* record. */
static int
put(struct ferry_store *st, const char *kind, const char *name, json_t *record,
    struct ferry_error *err)
{
	struct ferry_key key;
	int rc = -1;

	if (record == NULL)
		return ferry_error_set(
		    err, FERRY_ENOMEM, "no memory for a record");
	if (ferry_key_make(&key, err, kind, name, NULL) == 0)
		rc = ferry_local_put(st, &key, record, err);
	json_decref(record);
	return rc;
}

static const struct ferry_digest zero = { FERRY_SHA256, FERRY_SHA256_SIZE,
	{ 0 } };

static int
opt_digest(const json_t *record, const char *name, struct ferry_digest *out,
    struct ferry_error *err)
{
	const char *hex;

	*out = (struct ferry_digest){ FERRY_SHA256, 0, { 0 } };
	if (ferry_json_str_opt(record, name, "", &hex, err) == -1)
		return -1;
	return hex[0] == 0 ? 0 : ferry_head_digest(record, name, out, err);
}

/* Positions */

int
ferry_position_get(struct ferry_store *st, const char *origin,
    struct ferry_position *out, struct ferry_error *err)
{
	const char *name;
	json_t *record;
	int rc = get(st, "origin", origin, &record, err);

	*out = (struct ferry_position){ .chain = zero };
	if (rc == 1) {
		if (ferry_json_str(record, "name", &name, err) == -1 ||
		    ferry_json_u64(
			record, "seq", INT64_MAX - 1, &out->seq, err) == -1 ||
		    ferry_head_digest(record, "chain", &out->chain, err) ==
			-1 ||
		    opt_digest(record, "head", &out->head, err) == -1)
			rc = -1;
		else
			(void)snprintf(
			    out->name, sizeof(out->name), "%s", name);
	}
	json_decref(record);
	return rc;
}

int
ferry_position_put(struct ferry_store *st, const char *origin,
    const struct ferry_position *p, struct ferry_error *err)
{
	char chain[FERRY_DIGEST_TEXT], head[FERRY_DIGEST_TEXT];

	return put(st, "origin", origin,
	    json_pack("{s:s,s:I,s:s,s:s,s:I}", "name", p->name, "seq",
		(json_int_t)p->seq, "chain", ferry_digest_hex(&p->chain, chain),
		"head", ferry_digest_hex(&p->head, head), "at",
		(json_int_t)ferry_now()),
	    err);
}

int
ferry_boundary_get(struct ferry_store *st, const char *origin, uint64_t seq,
    struct ferry_digest *chain, struct ferry_error *err)
{
	char number[NUMBER];
	struct ferry_key key;
	json_t *record = NULL;
	int rc;

	if (seq == 0) {
		*chain = zero;
		return 1;
	}
	if (ferry_key_make(&key, err, "boundary", origin,
		number_text(seq, number), NULL) == -1)
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
	char number[NUMBER], hex[FERRY_DIGEST_TEXT];
	json_t *record =
	    json_pack("{s:s}", "chain", ferry_digest_hex(chain, hex));
	struct ferry_key key;
	int rc = -1;

	if (record == NULL)
		return ferry_error_set(
		    err, FERRY_ENOMEM, "no memory for a record");
	if (ferry_key_make(&key, err, "boundary", origin,
		number_text(seq, number), NULL) == 0)
		rc = ferry_local_put(st, &key, record, err);
	json_decref(record);
	return rc;
}

int
ferry_position_reach(struct ferry_store *st, const struct ferry_head *head,
    struct ferry_error *err)
{
	struct ferry_position here = {
		.seq = head->to, .chain = head->after, .head = head->digest
	};

	memcpy(here.name, head->origin_name, sizeof(here.name));
	return ferry_position_put(st, head->origin, &here, err) == -1
	           ? -1
	           : ferry_boundary_put(
			 st, head->origin, head->to, &head->after, err);
}

int
ferry_applying_get(struct ferry_store *st, const char *origin,
    struct ferry_mark *end, struct ferry_error *err)
{
	json_t *record;
	int rc = get(st, "applying", origin, &record, err);

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

	return put(st, "applying", origin,
	    json_pack("{s:I,s:s}", "seq", (json_int_t)end->seq, "chain",
		ferry_digest_hex(&end->chain, hex)),
	    err);
}

int
ferry_applying_forget(
    struct ferry_store *st, const char *origin, struct ferry_error *err)
{
	struct ferry_key key;

	if (ferry_key_make(&key, err, "applying", origin, NULL) == -1)
		return -1;
	return ferry_local_delete(st, &key, err);
}

/* Sites */

static int
parse_site(struct ferry_receipt *out, const char *id, const json_t *record,
    struct ferry_error *err)
{
	const char *name;
	uint64_t at;
	json_t *list, *o;
	size_t i;

	*out = (struct ferry_receipt){ 0 };
	if (ferry_json_str(record, "name", &name, err) == -1 ||
	    ferry_json_u64(record, "seq", INT64_MAX - 1, &out->seq, err) ==
		-1 ||
	    ferry_head_digest(record, "chain", &out->chain, err) == -1 ||
	    opt_digest(record, "head", &out->head, err) == -1 ||
	    ferry_json_u64(record, "at", INT64_MAX, &at, err) == -1 ||
	    ferry_json_array(record, "wanted", &list, err) == -1)
		return -1;
	(void)snprintf(out->site, sizeof(out->site), "%s", id);
	(void)snprintf(out->site_name, sizeof(out->site_name), "%s", name);
	out->at = (int64_t)at;
	json_array_foreach (list, i, o) {
		const char *hex = json_string_value(o);

		if (i == FERRY_RECEIPT_WANTED || hex == NULL ||
		    ferry_digest_from_hex(&out->wanted[i], FERRY_SHA256,
			ferry_bytes_str(hex), err) == -1)
			return ferry_error_set(err, FERRY_EINDEX,
			    "the record of site %s is damaged", id);
		out->wanted_n++;
	}
	return 0;
}

int
ferry_site_get(struct ferry_store *st, const char *id,
    struct ferry_receipt *out, struct ferry_error *err)
{
	json_t *record;
	int rc = get(st, "site", id, &record, err);

	if (rc == 1 && parse_site(out, id, record, err) == -1)
		rc = -1;
	json_decref(record);
	return rc;
}

int
ferry_site_put(struct ferry_store *st, const struct ferry_receipt *site,
    struct ferry_error *err)
{
	char chain[FERRY_DIGEST_TEXT], head[FERRY_DIGEST_TEXT];
	json_t *wanted = json_array();

	for (size_t i = 0; i < site->wanted_n; i++)
		if (ferry_json_push(wanted,
			json_string(ferry_digest_hex(&site->wanted[i], head)),
			err) == -1) {
			json_decref(wanted);
			return -1;
		}
	return put(st, "site", site->site,
	    json_pack("{s:s,s:I,s:s,s:s,s:o,s:I}", "name", site->site_name,
		"seq", (json_int_t)site->seq, "chain",
		ferry_digest_hex(&site->chain, chain), "head",
		ferry_digest_hex(&site->head, head), "wanted", wanted, "at",
		(json_int_t)site->at),
	    err);
}

int
ferry_site_find(struct ferry_store *st, const char *name,
    struct ferry_receipt *out, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	struct ferry_receipt site;
	int rc, found = 0;
	json_t *record;

	if (ferry_key_make(&prefix, err, "site", NULL) == -1 ||
	    ferry_local_iter_new(&it, st, &prefix, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, &record, err)) == 1) {
		rc = parse_site(&site, ferry_key_part(&key, 1), record, err);
		json_decref(record);
		if (rc == -1)
			break;
		if (strcmp(site.site, name) == 0) {
			*out = site;
			found = 1;
			break;
		}
		if (strcmp(site.site_name, name) != 0)
			continue;
		if (found++ > 0) {
			rc = ferry_error_set(err, FERRY_EUSAGE,
			    "several sites are called '%s'; give the id", name);
			break;
		}
		*out = site;
	}
	ferry_record_iter_free(it);
	return rc == -1 ? -1 : found;
}

int
ferry_sent_get(struct ferry_store *st, const char *site, uint64_t *seq,
    struct ferry_digest *head, struct ferry_error *err)
{
	json_t *record;
	int rc = get(st, "sent", site[0] == 0 ? "any" : site, &record, err);

	if (rc == 1 &&
	    (ferry_json_u64(record, "seq", INT64_MAX - 1, seq, err) == -1 ||
		ferry_head_digest(record, "head", head, err) == -1))
		rc = -1;
	json_decref(record);
	return rc;
}

int
ferry_sent_put(struct ferry_store *st, const char *site, uint64_t seq,
    const struct ferry_digest *head, struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];

	return put(st, "sent", site[0] == 0 ? "any" : site,
	    json_pack("{s:I,s:s,s:I}", "seq", (json_int_t)seq, "head",
		ferry_digest_hex(head, hex), "at", (json_int_t)ferry_now()),
	    err);
}

/* Marks */

int
ferry_mark_put(struct ferry_store *st, uint64_t seq,
    const struct ferry_digest *chain, struct ferry_error *err)
{
	char number[NUMBER], hex[FERRY_DIGEST_TEXT];

	return put(st, "mark", number_text(seq, number),
	    json_pack("{s:s}", "chain", ferry_digest_hex(chain, hex)), err);
}

/* Every second mark of the older half goes: sites that are far behind need
 * some, and those that are not, theirs. */
static void
thin(struct ferry_head *head)
{
	size_t half = head->marks_n / 2, n = 0;

	for (size_t i = 0; i < head->marks_n; i++)
		if (i >= half || i % 2 == 0)
			head->marks[n++] = head->marks[i];
	head->marks_n = n;
}

static int
add_mark(struct ferry_head *head, uint64_t seq,
    const struct ferry_digest *chain, struct ferry_error *err)
{

	if (head->marks_n == FERRY_MARKS_MAX)
		thin(head);
	if (ferry_array_grow(&head->marks, &head->marks_cap, head->marks_n + 1,
		sizeof(*head->marks), err) == -1)
		return -1;
	head->marks[head->marks_n++] = (struct ferry_mark){ seq, *chain };
	return 0;
}

int
ferry_marks_load(struct ferry_store *st, uint64_t from, uint64_t to,
    struct ferry_head *head, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	struct ferry_digest chain;
	uint64_t seq;
	json_t *record;
	int rc;

	if (ferry_key_make(&prefix, err, "mark", NULL) == -1 ||
	    ferry_local_iter_new(&it, st, &prefix, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, &record, err)) == 1) {
		rc = ferry_head_digest(record, "chain", &chain, err);
		json_decref(record);
		if (rc == -1 ||
		    ferry_parse_u64(ferry_bytes_str(ferry_key_part(&key, 1)), 0,
			INT64_MAX, &seq, err) == -1) {
			rc = -1;
			break;
		}
		if (seq > to)
			break;
		if (seq > from && add_mark(head, seq, &chain, err) == -1) {
			rc = -1;
			break;
		}
	}
	ferry_record_iter_free(it);
	return rc == -1 ? -1 : 0;
}

/* Wanted */

int
ferry_wanted_put(struct ferry_store *st, const struct ferry_digest *blob,
    const char *origin, struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];

	return put(st, "wanted", ferry_digest_hex(blob, hex),
	    json_pack(
		"{s:s,s:I}", "origin", origin, "at", (json_int_t)ferry_now()),
	    err);
}

int
ferry_wanted_came(struct ferry_store *st, const struct ferry_digest *blob,
    struct ferry_error *err)
{
	static const char *const kinds[] = { "wanted", "lost" };
	char hex[FERRY_DIGEST_TEXT];
	struct ferry_key key;
	json_t *record;

	(void)ferry_digest_hex(blob, hex);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int rc = get(st, kinds[i], hex, &record, err);

		json_decref(record);
		if (rc == -1 ||
		    (rc == 1 &&
			(ferry_key_make(&key, err, kinds[i], hex, NULL) == -1 ||
			    ferry_local_delete(st, &key, err) == -1)))
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
	int rc = get(st, "wanted", ferry_digest_hex(blob, hex), &record, err);

	json_decref(record);
	return rc;
}

static int
load_kind(struct ferry_store *st, const char *kind,
    struct ferry_receipt *receipt, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	int rc;

	if (ferry_key_make(&prefix, err, kind, NULL) == -1 ||
	    ferry_local_iter_new(&it, st, &prefix, err) == -1)
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

	if (load_kind(st, "lost", receipt, err) == -1)
		return -1;
	return load_kind(st, "wanted", receipt, err);
}
