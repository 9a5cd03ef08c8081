#include "sync/carry/sites.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/index/local.h"

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
	    ferry_head_digest_opt(record, "head", &out->head, err) == -1 ||
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
	int rc = ferry_local_named_get(st, FERRY_KIND_SITE, id, &record, err);

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
	return ferry_local_named_put(st, FERRY_KIND_SITE, site->site,
	    json_pack("{s:s,s:I,s:s,s:s,s:o,s:I}", "name", site->site_name,
		"seq", (json_int_t)site->seq, "chain",
		ferry_digest_hex(&site->chain, chain), "head",
		ferry_digest_hex(&site->head, head), "wanted", wanted, "at",
		(json_int_t)site->at),
	    err);
}

/* Call on_site with each, until it returns other than 0, which is returned. */
typedef int
on_site(void *ctx, const struct ferry_receipt *site, struct ferry_error *err);
struct each {
	on_site *on_site;
	void *ctx;
};

static int
on_record(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const struct each *each = ctx;
	struct ferry_receipt site;

	return parse_site(&site, ferry_key_part(key, 1), record, err) == -1
	           ? -1
	           : each->on_site(each->ctx, &site, err);
}

static int
each_site(
    struct ferry_store *st, on_site *on, void *ctx, struct ferry_error *err)
{
	struct each each = { on, ctx };
	struct ferry_key all;

	ferry_key_all(&all, FERRY_KIND_SITE);
	return ferry_local_each(st, &all, on_record, &each, err);
}

struct wanted_site {
	const char *name;
	struct ferry_receipt site;
	bool found;
};

static int
look_for(void *ctx, const struct ferry_receipt *site, struct ferry_error *err)
{
	struct wanted_site *w = ctx;
	bool by_id = strcmp(site->site, w->name) == 0;

	if (!by_id && strcmp(site->site_name, w->name) != 0)
		return 0;
	if (!by_id && w->found)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "several sites are called '%s'; give the id", w->name);
	w->site = *site;
	w->found = true;
	return by_id;
}

int
ferry_site_find(struct ferry_store *st, const char *name,
    struct ferry_receipt *out, struct ferry_error *err)
{
	struct wanted_site w = { .name = name };

	if (each_site(st, look_for, &w, err) == -1)
		return -1;
	if (w.found)
		*out = w.site;
	return w.found;
}

static int
lower(void *ctx, const struct ferry_receipt *site, struct ferry_error *err)
{
	uint64_t *seq = ctx;

	(void)err;
	if (site->at != 0 && site->seq < *seq)
		*seq = site->seq;
	return 0;
}

/* The highest mark, if there is one. */
static int
find_mark(struct ferry_store *st, uint64_t *seq, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	int rc;

	ferry_key_all(&prefix, FERRY_KIND_MARK);
	if (ferry_local_iter_new(&it, st, &prefix, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, NULL, err)) == 1)
		if ((rc = ferry_parse_u64(
			 ferry_bytes_str(ferry_key_part(&key, 1)), 0, INT64_MAX,
			 seq, err)) == -1)
			break;
	ferry_record_iter_free(it);
	return rc;
}

int
ferry_sites_floor(
    struct ferry_store *st, uint64_t *seq, struct ferry_error *err)
{

	*seq = UINT64_MAX;
	if (each_site(st, lower, seq, err) == -1)
		return -1;
	return *seq == UINT64_MAX ? find_mark(st, seq, err) : 0;
}

int
ferry_sent_get(struct ferry_store *st, const char *site, uint64_t *seq,
    struct ferry_digest *head, struct ferry_error *err)
{
	json_t *record;
	int rc = ferry_local_named_get(
	    st, FERRY_KIND_SENT, site[0] == 0 ? "any" : site, &record, err);

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

	return ferry_local_named_put(st, FERRY_KIND_SENT,
	    site[0] == 0 ? "any" : site,
	    json_pack("{s:I,s:s,s:I}", "seq", (json_int_t)seq, "head",
		ferry_digest_hex(head, hex), "at", (json_int_t)ferry_now()),
	    err);
}

/* Marks */

int
ferry_mark_put(struct ferry_store *st, uint64_t seq,
    const struct ferry_digest *chain, struct ferry_error *err)
{
	char number[24], hex[FERRY_DIGEST_TEXT];

	(void)snprintf(number, sizeof(number), "%020" PRIu64, seq);
	return ferry_local_named_put(st, FERRY_KIND_MARK, number,
	    json_pack("{s:s}", "chain", ferry_digest_hex(chain, hex)), err);
}

/* Every second mark of the older half goes: sites that are far behind need
 * some, and those that are not, theirs. */
static void
thin_marks(struct ferry_head *head)
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
		thin_marks(head);
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

	ferry_key_all(&prefix, FERRY_KIND_MARK);
	if (ferry_local_iter_new(&it, st, &prefix, err) == -1)
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
