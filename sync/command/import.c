#include "sync/carry/import.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/base/conf.h"
#include "store/base/json.h"
#include "sync/carry/admit.h"
#include "sync/carry/find.h"
#include "sync/carry/origins.h"
#include "sync/carry/protect.h"
#include "sync/carry/room.h"
#include "sync/command/attempt.h"
#include "sync/command/command_task.h"
#include "sync/command/origin_arg.h"

static const char help[] =
    "usage: ferry import [--no-receipt] [--dry-run] [--new-history ORIGIN] DIR|FILE…\n"
    "\n"
    "Verify bundles and bring what they carry into the store.  Folders are\n"
    "searched for volumes (*.tar); they may be read-only.  Readers see nothing\n"
    "of a bundle until all of it was checked.  Run it again after it was\n"
    "stopped, or with a volume that was damaged or missing: only that one is\n"
    "needed again.\n"
    "\n"
    "  --no-receipt  write no receipt beside the volumes\n"
    "  --dry-run     only say which bundles would be taken, why others would not,\n"
    "                and what is new; signatures, heads and indexes are checked,\n"
    "                contents are not read\n"
    "  --new-history ORIGIN\n"
    "                take a new history of that origin for the one that was imported\n"
    "                here, where an import says 26: its operator says that the store\n"
    "                was restored from a backup (an origin's key in other hands looks\n"
    "                the same).  It needs a full bundle; of several the last that was\n"
    "                made.  Nothing that is here goes, versions that are removed here\n"
    "                stay removed, newer permissions stay, and what is closed does not\n"
    "                open; all else is as the origin says now: let it sync first\n"
    "\n"
    "An upstream belongs to the origin that brought it first; what others bring\n"
    "of it is skipped and said ('ferry access hand-over' moves it, 'ferry trust\n"
    "alias' gives it another name).  So is what its keys may not speak for\n"
    "('ferry trust'), and names that the configuration binds to another upstream.\n"
    "\n"
    "Exit status: 0 imported, or here already; 4 imported, but for what is not\n"
    "its origin's to bring.  Refusals: 20 damaged,\n"
    "21 not signed by enough trusted keys, 22 signed by a revoked key, 23 for\n"
    "another site, 24 a gap (earlier records are missing here), 25 older than\n"
    "what is here, 26 the origin's history is another one, 27 expired,\n"
    "28 needs a newer ferry, 29 holds what is not declared, 30 lacks what is\n"
    "declared.  The text says what to do.\n";

static const char *const outcomes[] = {
	[FERRY_IMPORT_APPLIED] = "imported",
	[FERRY_IMPORT_ALREADY] = "already",
	[FERRY_IMPORT_REFUSED] = "refused",
};

static void
print_anew(const struct ferry_import_bundle *b)
{
	char records[FERRY_COUNT_TEXT];

	(void)printf("a new history of %s, from record %" PRIu64
		     " on; nothing went that is here",
	    b->origin_name, b->from);
	if (b->stayed > 0)
		(void)printf(
		    ", and %s stayed, of what is removed here or newer",
		    ferry_count_text(b->stayed, "record", records));
	(void)printf("\n");
}

static void
print_text(const struct ferry_import_result *result)
{
	char records[FERRY_COUNT_TEXT], blobs[FERRY_COUNT_TEXT];
	char bytes[FERRY_SIZE_TEXT];

	for (size_t i = 0; i < result->n; i++) {
		const struct ferry_import_bundle *b = &result->bundles[i];

		if (b->outcome == FERRY_IMPORT_REFUSED)
			continue;
		if (b->outcome == FERRY_IMPORT_ALREADY) {
			(void)printf("records %" PRIu64 " to %" PRIu64
				     " of %s are imported already",
			    b->from, b->to, b->origin_name);
			if (b->blobs > 0)
				(void)printf(
				    "; %s repaired", ferry_count_text(b->blobs,
							 "lost blob", blobs));
			(void)printf("\n");
			continue;
		}
		(void)printf("imported records %" PRIu64 " to %" PRIu64
			     " of %s: %s, %s (%s), %" PRIu64 " here already\n",
		    b->from, b->to, b->origin_name,
		    ferry_count_text(b->records, "record", records),
		    ferry_count_text(b->blobs, "new blob", blobs),
		    ferry_size_text(b->blob_bytes, bytes), b->blobs_known);
		if (b->anew)
			print_anew(b);
		if (b->skipped > 0)
			(void)printf("skipped %s that are not %s's to bring; "
				     "'ferry status' has them\n",
			    ferry_count_text(b->skipped, "record", records),
			    b->origin_name);
	}
	if (result->receipt[0] != 0)
		(void)printf("receipt: %s\n", result->receipt);
}

static json_t *
bundle_json(const struct ferry_import_bundle *b)
{

	return json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,"
			 "s:I,s:I,s:b,s:I,s:s}",
	    "outcome", outcomes[b->outcome], "code",
	    ferry_code_name(b->why.code), "origin", b->origin, "name",
	    b->origin_name, "from", (json_int_t)b->from, "last",
	    (json_int_t)b->to, "records", (json_int_t)b->records, "blobs",
	    (json_int_t)b->blobs, "blob_bytes", (json_int_t)b->blob_bytes,
	    "blobs_known", (json_int_t)b->blobs_known, "repaired",
	    (json_int_t)b->repaired, "volumes", (json_int_t)b->volumes,
	    "volumes_read", (json_int_t)b->volumes_read, "skipped",
	    (json_int_t)b->skipped, "new_history", b->anew, "stayed",
	    (json_int_t)b->stayed, "text", b->why.text);
}

static void
print(const struct ferry_context *ctx, const struct ferry_import_result *result,
    const struct ferry_error *err)
{
	json_t *bundles;

	if (!ctx->json) {
		print_text(result);
		return;
	}
	bundles = json_array();
	for (size_t i = 0; i < result->n; i++)
		(void)json_array_append_new(
		    bundles, bundle_json(&result->bundles[i]));
	ferry_command_print(json_pack("{s:s,s:s,s:o,s:s}", "event", "result",
	    "code", ferry_code_name(err->code), "bundles", bundles, "receipt",
	    result->receipt));
}

/* One bundle, judged as if those before it had been imported.  admitted is as of
 * ferry_admit(). */
static int
plan_bundle(struct ferry_command_task *c, struct ferry_context *ctx,
    const struct ferry_found_bundle *found, int admitted,
    const struct ferry_error *why, struct ferry_error *err)
{
	static const char *const verdicts[] = { "would refuse",
		"here already:", "would import",
		"would take as a new history" };
	char blobs[FERRY_COUNT_TEXT], bytes[FERRY_SIZE_TEXT];
	const struct ferry_head *h = found->head;
	struct ferry_room room = { 0 };

	if (admitted > 0 &&
	    (ferry_room_count(&c->task, found, NULL, &room, err) == -1 ||
		ferry_room_check(&c->task, found, NULL, err) == -1))
		return -1;
	if (ctx->json) {
		ferry_command_print(json_pack(
		    "{s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:s}", "event", "plan",
		    "code", admitted == -1 ? ferry_code_name(why->code) : "ok",
		    "origin", h->origin, "name", h->origin_name, "from",
		    (json_int_t)h->from, "last", (json_int_t)h->to, "blobs",
		    (json_int_t)room.blobs, "bytes", (json_int_t)room.bytes,
		    "text", admitted == -1 ? why->text : ""));
		return 0;
	}
	(void)printf("%s records %" PRIu64 " to %" PRIu64 " of %s",
	    verdicts[admitted + 1], h->from, h->to, h->origin_name);
	if (admitted > 0)
		(void)printf(": %s (%s as they travel)",
		    ferry_count_text(room.blobs, "new blob", blobs),
		    ferry_size_text(room.bytes, bytes));
	else if (admitted == -1)
		(void)printf(": %s", why->text);
	(void)printf("\n");
	return 0;
}

/* The store is a writer's, so that each head can build on the last one; nothing
 * is ever committed. */
static int
plan(struct ferry_command_task *c, struct ferry_context *ctx,
    const struct ferry_import_options *o, struct ferry_error *err)
{
	struct ferry_error first = FERRY_ERROR_INIT;
	struct ferry_found found = { 0 };
	int rc = ferry_find(&c->task, o->paths, o->paths_n, &found, err);

	ferry_command_task_quiet(c);
	if (rc == 0 && found.refused > 0)
		first = found.first;
	else if (rc == 0 && found.n == 0)
		ferry_error_set(&first, FERRY_ENOTFOUND,
		    "there is no bundle (ferry-….tar) to import");
	for (size_t i = 0; rc == 0 && i < found.n; i++) {
		const struct ferry_found_bundle *b = &found.bundles[i];
		struct ferry_error why = FERRY_ERROR_INIT;
		int admitted =
		    ferry_admit(c->task.st, b->head, o->new_history, &why);

		rc = plan_bundle(c, ctx, b, admitted, &why, err);
		if (rc == 0 && admitted == FERRY_ADMIT_ANEW)
			rc = ferry_position_anew(c->task.st, b->head, err);
		if (rc == 0 && admitted > 0)
			rc = ferry_position_reach(c->task.st, b->head, err);
		/* Older ones and other sites' may lie beside what is meant. */
		if (admitted == -1 && first.code == FERRY_OK &&
		    (found.n == 1 || (why.code != FERRY_EREPLAY &&
					 why.code != FERRY_EWRONGSITE)))
			first = why;
	}
	ferry_found_clear(&found);
	if (rc == 0 && first.code != FERRY_OK) {
		*err = first;
		rc = -1;
	}
	return rc;
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	const char *origin = NULL;
	char id[FERRY_STORE_ID];
	bool dry_run = false;
	struct ferry_protect protect = { 0 };
	struct ferry_import_options o = { .protect = &protect,
		.conf = ctx->conf };
	const struct ferry_option options[] = {
		{ "no-receipt", FERRY_OPTION_FLAG, &o.no_receipt },
		{ "dry-run", FERRY_OPTION_FLAG, &dry_run },
		{ "new-history", FERRY_OPTION_VALUE, &origin },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct ferry_import_result result = { 0 };
	struct ferry_attempt attempt = { NULL, 0, "" };
	struct ferry_command_task c;
	int rc = -1;

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	if (ctx->argc < 2)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "name a folder or files; see 'ferry import --help'");
	o.paths = ctx->argv + 1;
	o.paths_n = (size_t)ctx->argc - 1;
	if (ferry_protect_read(&protect, ferry_conf_root(ctx->conf), err) == -1)
		return -1;
	if (ferry_command_task_open(
		&c, ctx, FERRY_STORE_WRITE, "import", "blobs", err) == -1) {
		ferry_protect_clear(&protect);
		return -1;
	}
	if (origin != NULL &&
	    ferry_command_origin(c.task.st, origin, id, err) == -1) {
		ferry_command_task_close(&c);
		ferry_protect_clear(&protect);
		return -1;
	}
	o.new_history = origin == NULL ? NULL : id;
	if (dry_run) {
		rc = plan(&c, ctx, &o, err);
		ferry_command_task_close(&c);
		ferry_protect_clear(&protect);
		return rc;
	}
	if (ferry_attempt_begin(&attempt, "import", c.task.st, err) == 0 &&
	    ferry_import(&c.task, &o, &result, err) == 0)
		rc = FERRY_EXIT_OK;
	for (size_t i = 0; i < result.n && rc == FERRY_EXIT_OK; i++)
		if (result.bundles[i].skipped > 0)
			rc = FERRY_EXIT_PARTIAL;
	if (rc != -1 &&
	    ferry_attempt_succeed(&attempt, c.task.st, rc, err) == -1)
		rc = -1;
	ferry_command_task_quiet(&c);
	print(ctx, &result, err);
	ferry_import_clear(&result);
	ferry_command_task_close(&c);
	ferry_attempt_fail(&attempt, ctx, rc, err);
	ferry_protect_clear(&protect);
	return rc;
}

const struct ferry_command ferry_command_import = { "import",
	"verify bundles and bring them into the store", help, run };
