#include "sync/carry/import.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/store.h"
#include "sync/carry/admit.h"
#include "sync/carry/apply.h"
#include "sync/carry/behind.h"
#include "sync/carry/find.h"
#include "sync/carry/import_state.h"
#include "sync/carry/origins.h"
#include "sync/carry/receipt.h"
#include "sync/carry/receive.h"
#include "sync/carry/wishes.h"

static struct ferry_import_bundle *
add_result(struct ferry_import_result *result, const struct ferry_head *h,
    struct ferry_error *err)
{
	struct ferry_import_bundle *b;

	if (ferry_array_grow(&result->bundles, &result->cap, result->n + 1,
		sizeof(*b), err) == -1)
		return NULL;
	b = &result->bundles[result->n++];
	*b = (struct ferry_import_bundle){ .outcome = FERRY_IMPORT_REFUSED,
		.from = h->from,
		.to = h->to,
		.volumes = h->volumes_n };
	memcpy(b->origin, h->origin, sizeof(b->origin));
	memcpy(b->origin_name, h->origin_name, sizeof(b->origin_name));
	return b;
}

static bool
is_own(const struct ferry_task *task, const char *origin)
{

	return strcmp(origin, ferry_store_id(task->st)) == 0;
}

/* Whether this store lost blobs, which its own bundles may still have. */
static int
lost_some(const struct ferry_task *task, struct ferry_error *err)
{
	struct ferry_receipt wanted = { 0 };

	return ferry_wanted_load(task->st, &wanted, err) == -1
	           ? -1
	           : wanted.wanted_n > 0;
}

/* A bundle from the future: a clock is wrong, and nothing else is. */
static void
look_at_clock(const struct ferry_task *task, const struct ferry_head *h)
{
	char written[FERRY_TIME_TEXT], now[FERRY_TIME_TEXT];

	if (h->created_at > ferry_now() + FERRY_CLOCKS_DIFFER_S)
		ferry_task_note(task,
		    "%s wrote this bundle at %s, and the clock here says %s: "
		    "one of both is wrong; what the bundle brings counts",
		    h->origin_name, ferry_time_text(h->created_at, written),
		    ferry_time_text(ferry_now(), now));
}

/* Whether no other bundle of its origin was made later: of two histories on one
 * medium the new one is what somebody said yes to. */
static bool
is_newest(const struct ferry_found *all, const struct ferry_head *h)
{

	for (size_t i = 0; i < all->n; i++) {
		const struct ferry_head *other = all->bundles[i].head;

		if (strcmp(other->origin, h->origin) == 0 &&
		    other->created_at > h->created_at)
			return false;
	}
	return true;
}

/* One bundle; refusals are in b->why. */
static void
import_bundle(const struct ferry_task *task,
    const struct ferry_import_options *o,
    const struct ferry_found_bundle *found, bool newest,
    struct ferry_import_bundle *b)
{
	enum ferry_apply_what what = FERRY_APPLY_ALL;
	struct ferry_error why = FERRY_ERROR_INIT;
	bool own = is_own(task, found->head->origin);
	int rc = ferry_admit(
	    task->st, found->head, newest ? o->new_history : NULL, &b->why);

	/* An older one of the right history may have what was skipped, or what
	 * was lost here since; so may our own. */
	if (rc == -1 &&
	    ((b->why.code == FERRY_EREPLAY &&
		 ferry_behind_wants(task->st, found->head, &why) == 1) ||
		((b->why.code == FERRY_EREPLAY || own) &&
		    lost_some(task, &why) == 1))) {
		b->why = (struct ferry_error)FERRY_ERROR_INIT;
		rc = FERRY_ADMIT_ALREADY;
	}
	if (rc == FERRY_ADMIT_ANEW)
		what = FERRY_APPLY_ANEW;
	if (rc == 0 && !own &&
	    (rc = ferry_behind_wants(task->st, found->head, &b->why)) == 1)
		what = FERRY_APPLY_BEHIND;
	if (rc == 0)
		rc = ferry_receive_repairs(task, found, b, &b->why) == -1 ? -1
		                                                          : 0;
	else if (rc > 0 && (ferry_receive(task, found, b, &b->why) == -1 ||
			       ferry_apply(task, found, o->protect, what, b,
				   &b->why) == -1))
		rc = -1;
	if (rc == -1)
		ferry_error_in(&b->why,
		    "records %" PRIu64 " to %" PRIu64 " of %s",
		    found->head->from, found->head->to,
		    found->head->origin_name);
	else
		b->outcome =
		    rc > 0 ? FERRY_IMPORT_APPLIED : FERRY_IMPORT_ALREADY;
	if (rc != -1)
		look_at_clock(task, found->head);
}

/* What lies beside the wanted bundle by right: those for other sites, and
 * older ones, also if they are damaged. */
static bool
is_bystander(const struct ferry_task *task, const struct ferry_import_bundle *b)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_position here;

	if (b->why.code == FERRY_EREPLAY || b->why.code == FERRY_EWRONGSITE)
		return true;
	return (b->why.code == FERRY_EMISSING || b->why.code == FERRY_EDIGEST ||
		   b->why.code == FERRY_ESIZE ||
		   b->why.code == FERRY_EFORMAT) &&
	       ferry_position_get(task->st, b->origin, &here, &ignored) == 1 &&
	       here.seq >= b->to;
}

/* After these nothing more can be done with this store. */
static bool
ends_all(enum ferry_code code)
{

	return code == FERRY_EINDEX || code == FERRY_ENOMEM ||
	       code == FERRY_ESYSTEM || code == FERRY_ECANCELLED;
}

/* Note the import for `ferry status`. */
static int
record_import(const struct ferry_task *task,
    const struct ferry_import_result *result, struct ferry_error *err)
{
	char summary[300], size[FERRY_SIZE_TEXT], blobs[FERRY_COUNT_TEXT];

	for (size_t i = result->n; i-- > 0;) {
		const struct ferry_import_bundle *b = &result->bundles[i];

		if (b->outcome != FERRY_IMPORT_APPLIED)
			continue;
		(void)snprintf(summary, sizeof(summary),
		    "records %" PRIu64 " to %" PRIu64 " of %s, %s, %s", b->from,
		    b->to, b->origin_name,
		    ferry_count_text(b->blobs, "new blob", blobs),
		    ferry_size_text(b->blob_bytes, size));
		return ferry_local_named_put(task->st, FERRY_KIND_LAST,
			   "import",
			   json_pack("{s:I,s:s}", "at", (json_int_t)ferry_now(),
			       "summary", summary),
			   err) == -1
		           ? -1
		           : ferry_store_commit(task->st, err);
	}
	return 0;
}

/* A receipt for every origin, beside the first volume. */
static void
write_receipts(const struct ferry_task *task,
    const struct ferry_import_options *o, struct ferry_import_result *result)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	json_t *wishes = NULL;
	char name[FERRY_RECEIPT_NAME], dir[4096];
	struct stat sb;
	char *slash;

	(void)snprintf(dir, sizeof(dir), "%s", o->paths[0]);
	if (stat(dir, &sb) == 0 && !S_ISDIR(sb.st_mode)) {
		if ((slash = strrchr(dir, '/')) == NULL)
			(void)snprintf(dir, sizeof(dir), ".");
		else
			*slash = 0;
	}
	/* A receipt without wishes is better than none. */
	if (o->conf != NULL &&
	    ferry_wishes_for_receipt(&wishes, o->conf, task->st, &why) == -1)
		ferry_task_note(
		    task, "the receipt tells no wishes: %s", why.text);
	for (size_t i = 0; i < result->n; i++) {
		const struct ferry_import_bundle *b = &result->bundles[i];
		bool newest =
		    !is_bystander(task, b) && !is_own(task, b->origin);

		for (size_t k = i + 1; newest && k < result->n; k++)
			newest =
			    strcmp(b->origin, result->bundles[k].origin) != 0 ||
			    is_bystander(task, &result->bundles[k]);
		if (!newest)
			continue;
		ferry_buf_reset(&text);
		if (ferry_receipt_make(
			task, b->origin, wishes, &text, name, &why) == 0 &&
		    ferry_receipt_save(dir, name, &text, &why) == 0)
			(void)snprintf(result->receipt, sizeof(result->receipt),
			    "%s/%s", dir, name);
		else
			ferry_task_note(task,
			    "no receipt on the medium (%s); write one "
			    "elsewhere with 'ferry receipt --to DIR'",
			    why.text);
	}
	json_decref(wishes);
	ferry_buf_free(&text);
}

/* The error of the whole, from those of its bundles. */
static int
conclude(const struct ferry_task *task, const struct ferry_found *found,
    const struct ferry_import_result *result, struct ferry_error *err)
{
	const struct ferry_error *first = NULL, *bystander = NULL;
	bool welcome = false;

	if (found->refused > 0)
		first = &found->first;
	for (size_t i = 0; i < result->n; i++) {
		const struct ferry_import_bundle *b = &result->bundles[i];

		if (b->outcome != FERRY_IMPORT_REFUSED)
			welcome = true;
		else if (!is_bystander(task, b))
			first = first == NULL ? &b->why : first;
		else if (bystander == NULL)
			bystander = &b->why;
	}
	/* Damage that is told with the bundle is the better story. */
	if (first == NULL && !welcome)
		first = bystander;
	if (first == NULL && result->n == 0)
		return ferry_error_set(err, FERRY_ENOTFOUND,
		    "there is no bundle (ferry-….tar) to import");
	for (size_t i = 0; i < result->n; i++) {
		const struct ferry_import_bundle *b = &result->bundles[i];

		if (b->outcome == FERRY_IMPORT_REFUSED && &b->why != first)
			ferry_task_note(task, "not imported: %s", b->why.text);
	}
	if (first == NULL)
		return 0;
	*err = *first;
	return -1;
}

int
ferry_import(const struct ferry_task *task,
    const struct ferry_import_options *o, struct ferry_import_result *result,
    struct ferry_error *err)
{
	struct ferry_found found = { 0 };
	int rc = -1;

	*result = (struct ferry_import_result){ 0 };
	if (ferry_find(task, o->paths, o->paths_n, &found, err) == -1)
		goto out;
	/* A key that its origin revoked is so whatever becomes of the bundle. */
	if (found.rotated && ferry_store_commit(task->st, err) == -1)
		goto out;
	for (size_t i = 0; i < found.n; i++) {
		struct ferry_import_bundle *b =
		    add_result(result, found.bundles[i].head, err);

		if (b == NULL)
			goto out;
		import_bundle(task, o, &found.bundles[i],
		    is_newest(&found, found.bundles[i].head), b);
		if (b->outcome == FERRY_IMPORT_REFUSED &&
		    ends_all(b->why.code)) {
			*err = b->why;
			goto out;
		}
	}
	if (record_import(task, result, err) == -1)
		goto out;
	if (!o->no_receipt && result->n > 0)
		write_receipts(task, o, result);
	rc = conclude(task, &found, result, err);
out:
	ferry_found_clear(&found);
	return rc;
}

void
ferry_import_clear(struct ferry_import_result *result)
{

	free(result->bundles);
	*result = (struct ferry_import_result){ 0 };
}
