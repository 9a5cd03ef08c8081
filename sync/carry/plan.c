#include "sync/carry/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/blob/blob.h"
#include "store/bundle/receipt.h"
#include "store/catalog/cached.h"
#include "store/catalog/check.h"
#include "store/store.h"
#include "sync/carry/contents.h"
#include "sync/carry/sites.h"

#define LEFT_OUT_NOTED 20

static bool
id_ok(const char *id)
{

	return strlen(id) == FERRY_STORE_ID - 1 &&
	       strspn(id, "0123456789abcdef") == FERRY_STORE_ID - 1;
}

/* A site that is named for the first time. */
static int
register_site(const struct ferry_task *task,
    const struct ferry_export_options *o, struct ferry_receipt *site,
    struct ferry_error *err)
{

	if (o->site_id == NULL)
		return ferry_error_set(err, FERRY_ENOTFOUND,
		    "no site '%s' is known here; add its receipt with 'ferry "
		    "receipt add FILE', or name its id with --site-id ('ferry "
		    "status' prints it there)",
		    o->site);
	if (!id_ok(o->site_id) || strlen(o->site) >= sizeof(site->site_name) ||
	    strspn(o->site,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789._-") != strlen(o->site) ||
	    o->site[0] == '.' || o->site[0] == '-' || o->site[0] == 0)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "a site's id has 32 hexadecimal digits, its name 1 to 64 "
		    "letters, digits, '.', '_' and '-'");
	*site = (struct ferry_receipt){ 0 };
	(void)snprintf(site->site, sizeof(site->site), "%s", o->site_id);
	(void)snprintf(site->site_name, sizeof(site->site_name), "%s", o->site);
	site->chain =
	    (struct ferry_digest){ FERRY_SHA256, FERRY_SHA256_SIZE, { 0 } };
	return ferry_store_writable(task->st)
	           ? ferry_site_put(task->st, site, err)
	           : 0;
}

static int
find_site(const struct ferry_task *task, const struct ferry_export_options *o,
    struct ferry_receipt *site, struct ferry_error *err)
{
	int rc;

	*site = (struct ferry_receipt){ 0 };
	if (o->site == NULL)
		return o->site_id == NULL
		           ? 0
		           : ferry_error_set(err, FERRY_EUSAGE,
				 "--site-id goes with --for NAME");
	if ((rc = ferry_site_find(task->st, o->site, site, err)) == -1)
		return -1;
	if (rc == 0)
		return register_site(task, o, site, err);
	if (o->site_id != NULL && strcmp(site->site, o->site_id) != 0)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "site '%s' is known here by the id %s", o->site,
		    site->site);
	return 0;
}

/* The record after which the bundle starts, and the head before it. */
static int
find_start(const struct ferry_task *task, const struct ferry_export_options *o,
    struct ferry_export_plan *plan, uint64_t *start, struct ferry_error *err)
{
	struct ferry_digest head;
	uint64_t sent;
	int rc;

	*start = plan->site.seq;
	plan->head->previous = plan->site.head;
	if (o->has_since) {
		*start = o->since;
		plan->head->previous.n = 0;
		return 0;
	}
	if (!o->one_way) {
		if (o->site != NULL && plan->site.at == 0)
			ferry_task_note(task,
			    "no receipt of %s is here: the bundle carries "
			    "everything",
			    plan->site.site_name);
		return 0;
	}
	rc = ferry_sent_get(task->st, plan->site.site, &sent, &head, err);
	if (rc == 1 && sent > *start) {
		*start = sent;
		plan->head->previous = head;
		plan->assumed = true;
		ferry_task_note(task,
		    "--one-way: assuming that the bundle up to record %" PRIu64
		    " has arrived",
		    sent);
	}
	return rc == -1 ? -1 : 0;
}

/* Whether the site can have imported nothing since its receipt. */
static int
look_whether_settled(const struct ferry_task *task,
    struct ferry_export_plan *plan, struct ferry_error *err)
{
	const char *const sent_to[] = { plan->site.site, "" };
	struct ferry_digest head;
	uint64_t sent;

	plan->site_settled = true;
	for (size_t i = 0; i < 2; i++) {
		int rc =
		    ferry_sent_get(task->st, sent_to[i], &sent, &head, err);

		if (rc == -1)
			return -1;
		if (rc == 1 && sent > plan->site.seq)
			plan->site_settled = false;
	}
	return 0;
}

/* The site's history must be ours. */
static int
check_site(const struct ferry_task *task, const struct ferry_export_plan *plan,
    struct ferry_error *err)
{
	struct ferry_digest chain;
	int rc;

	if (plan->site.site[0] == 0)
		return 0;
	rc = ferry_journal_chain(task->st, plan->site.seq, &chain, err);
	if (rc == -1)
		return -1;
	if (rc == 0 || !ferry_digest_equal(&chain, &plan->site.chain))
		return ferry_error_set(err, FERRY_EFORK,
		    "%s holds record %" PRIu64 " of another history than this "
		    "store's (was it restored from a backup?); that site must "
		    "begin anew, from a full bundle",
		    plan->site.site_name, plan->site.seq);
	return 0;
}

int
ferry_plan_range(const struct ferry_task *task,
    const struct ferry_export_options *o, struct ferry_export_plan *plan,
    struct ferry_error *err)
{
	struct ferry_store_totals totals;
	struct ferry_head *h;
	uint64_t start = 0;

	*plan = (struct ferry_export_plan){ 0 };
	if (ferry_calloc(&plan->head, 1, sizeof(*plan->head), err) == -1 ||
	    ferry_store_totals(task->st, &totals, err) == -1 ||
	    find_site(task, o, &plan->site, err) == -1 ||
	    check_site(task, plan, err) == -1 ||
	    look_whether_settled(task, plan, err) == -1 ||
	    find_start(task, o, plan, &start, err) == -1)
		return -1;
	h = plan->head;
	if (start > totals.records)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "there is no record %" PRIu64 " yet; the journal ends at "
		    "%" PRIu64,
		    start, totals.records);
	plan->from = h->from = start + 1;
	h->to = totals.records;
	h->created_at = ferry_now();
	/* In the year 9999 the end of the calendar comes before the expiry. */
	if (h->created_at > FERRY_TIME_MAX - o->expires_s)
		h->created_at = FERRY_TIME_MAX - o->expires_s;
	if (o->expires_s > 0)
		h->expires_at = h->created_at + o->expires_s;
	(void)snprintf(
	    h->origin, sizeof(h->origin), "%s", ferry_store_id(task->st));
	(void)snprintf(h->origin_name, sizeof(h->origin_name), "%s",
	    ferry_store_name(task->st));
	memcpy(h->site, plan->site.site, sizeof(h->site));
	memcpy(h->site_name, plan->site.site_name, sizeof(h->site_name));
	if (ferry_journal_chain(task->st, start, &h->before, err) != 1 ||
	    ferry_journal_chain(task->st, h->to, &h->after, err) != 1)
		return err->code != FERRY_OK
		           ? -1
		           : ferry_error_set(err, FERRY_EINDEX,
				 "the journal of this store has a gap");
	return ferry_marks_load(task->st, start, h->to, h, err);
}

void
ferry_plan_clear(struct ferry_export_plan *plan)
{

	ferry_head_free(plan->head);
	plan->head = NULL;
	ferry_left_out_clear(&plan->left_out);
}

int
ferry_plan_wanted(const struct ferry_task *task,
    const struct ferry_export_plan *plan, size_t i,
    struct ferry_blob_info *info, struct ferry_error *err)
{
	const struct ferry_digest *blob = &plan->site.wanted[i];
	int rc = ferry_blob_stat(task->st, blob, info, err);

	if (rc != 1)
		return rc;
	if (info->lost)
		return 0;
	rc = ferry_contents_has(
	    task->st, blob, info, plan->from, &plan->left_out, err);
	return rc == -1 ? -1 : !rc;
}

static void
add_blob(struct ferry_export_plan *plan, const struct ferry_blob_info *info)
{

	plan->blobs++;
	plan->blob_bytes += info->size;
	if (!info->file)
		plan->packable_bytes += info->size;
}

static int
count_wanted(const struct ferry_task *task, struct ferry_export_plan *plan,
    struct ferry_error *err)
{
	char text[FERRY_DIGEST_TEXT];
	struct ferry_blob_info info;

	for (size_t i = 0; i < plan->site.wanted_n; i++) {
		int rc = ferry_plan_wanted(task, plan, i, &info, err);

		if (rc == -1)
			return -1;
		if (rc == 1) {
			plan->wanted++;
			add_blob(plan, &info);
			continue;
		}
		rc = ferry_blob_has(task->st, &plan->site.wanted[i], err);
		if (rc == -1)
			return -1;
		if (rc == 0)
			ferry_task_note(task,
			    "%s asks for blob %s, which this store has not "
			    "either",
			    plan->site.site_name,
			    ferry_digest_text(&plan->site.wanted[i], text));
	}
	return 0;
}

static int
count_cached(const struct ferry_task *task, struct ferry_export_plan *plan,
    const struct ferry_journal_record *record, struct ferry_error *err)
{
	struct ferry_cached cached;
	int rc = 0;

	if (record->value != NULL &&
	    ferry_key_is(&record->key, FERRY_KIND_VERSION))
		rc = ferry_cached_get(task->st, &record->key, &cached, err);
	plan->cached += rc == 1;
	return rc == -1 ? -1 : 0;
}

static int
count_record(const struct ferry_task *task, struct ferry_export_plan *plan,
    const struct ferry_journal_record *record, struct ferry_error *err)
{
	int n =
	    record->value == NULL ? 0 : ferry_files_count(record->value, err);
	struct ferry_blob_info info;
	struct ferry_file file;

	if (count_cached(task, plan, record, err) == -1)
		return -1;
	plan->records++;
	plan->record_bytes += record->text.n + 1;
	for (int i = 0; i < n; i++) {
		int rc = ferry_contents_file(task->st, record, (size_t)i,
		    plan->from, &plan->left_out, &file, &info, err);

		if (rc == -1)
			return -1;
		if (rc == 1)
			add_blob(plan, &info);
	}
	return n == -1 ? -1 : 0;
}

/* Whether the blobs here have the sizes that the record says: 0, or -1. */
static int
check_sizes(const struct ferry_task *task,
    const struct ferry_journal_record *record, struct ferry_error *err)
{
	int n = ferry_files_count(record->value, err);
	struct ferry_blob_info info = { 0 };
	struct ferry_file file;

	for (int i = 0; i < n; i++) {
		int rc = ferry_files_get(record->value, (size_t)i, &file, err);

		if (rc == 0)
			rc =
			    ferry_blob_stat(task->st, &file.sha256, &info, err);
		if (rc == -1)
			return -1;
		if (rc == 1 && info.size != file.size)
			return ferry_error_set(err, FERRY_EFORMAT,
			    "it says that '%s' has %" PRIu64
			    " bytes; the blob has %" PRIu64,
			    file.name, file.size, info.size);
	}
	return n == -1 ? -1 : 0;
}

/* Whether a site takes the record, as an import looks at it: 1; 0 and why; -1. */
static int
is_sound(const struct ferry_task *task,
    const struct ferry_journal_record *record, struct ferry_error *why,
    struct ferry_error *err)
{

	if (ferry_record_check(&record->key, record->value, why) == 0 &&
	    (record->value == NULL ||
		(check_sizes(task, record, why) == 0 &&
		    ferry_record_check_content(
			task->st, &record->key, record->value, why) == 0)))
		return 1;
	switch (why->code) {
	case FERRY_EFORMAT:
	case FERRY_ELIMIT:
	case FERRY_ENEWER:
		return 0;
	default:
		*err = *why;
		return -1;
	}
}

static void
note_left_out(const struct ferry_task *task, const struct ferry_left_out *all,
    const struct ferry_error *why)
{

	if (all->n <= LEFT_OUT_NOTED)
		ferry_task_note(task, "left out: %s", why->text);
	else if (all->n == LEFT_OUT_NOTED + 1)
		ferry_task_note(task, "left out: more; 'ferry verify' lists "
				      "all that is wrong");
}

/* A record: counted, or added to those that are left out. */
static int
look_at(const struct ferry_task *task, struct ferry_export_plan *plan,
    const struct ferry_journal_record *record, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	int rc;

	if (ferry_task_stopped(task))
		return ferry_error_set(err, FERRY_ECANCELLED, "stopped");
	if ((rc = is_sound(task, record, &why, err)) != 0)
		return rc == -1 ? -1 : count_record(task, plan, record, err);
	if (ferry_left_out_add(&plan->left_out, record->seq, err) == -1)
		return -1;
	note_left_out(task, &plan->left_out, &why);
	return 0;
}

static int
count_all(const struct ferry_task *task, struct ferry_export_plan *plan,
    int (*on_record)(const struct ferry_task *task,
	struct ferry_export_plan *plan,
	const struct ferry_journal_record *record, struct ferry_error *err),
    struct ferry_error *err)
{
	struct ferry_contents *s = NULL;
	struct ferry_journal_record record;
	int rc;

	plan->records = plan->record_bytes = plan->wanted = 0;
	plan->cached = 0;
	plan->blobs = plan->blob_bytes = plan->packable_bytes = 0;
	if (count_wanted(task, plan, err) == -1 ||
	    ferry_contents_new(
		&s, task->st, plan->from, &plan->left_out, err) == -1)
		return -1;
	while ((rc = ferry_contents_next(s, &record, err)) == 1)
		if ((rc = on_record(task, plan, &record, err)) == -1)
			break;
	ferry_contents_free(s);
	return rc;
}

int
ferry_plan_count(const struct ferry_task *task, struct ferry_export_plan *plan,
    struct ferry_error *err)
{

	if (count_all(task, plan, look_at, err) == -1)
		return -1;
	/* Which record brings a blob depends on all that are left out. */
	return plan->left_out.n == 0 ? 0
	                             : count_all(task, plan, count_record, err);
}

uint64_t
ferry_plan_estimate(const struct ferry_export_plan *plan)
{

	return plan->blob_bytes - plan->packable_bytes +
	       (plan->packable_bytes + plan->record_bytes) / 4 +
	       plan->blobs * 1400 + 65536;
}
