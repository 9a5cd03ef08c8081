#include "store/rebuild/rebuild.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/base/clean.h"
#include "store/base/json.h"
#include "store/store.h"
#include "sync/base/progress.h"
#include "sync/base/stop.h"
#include "sync/command/command.h"
#include "sync/command/command_task.h"

static const char help[] =
    "usage: ferry rebuild [--keep-id]\n"
    "\n"
    "Make the index of a store anew, when 'ferry verify' says that it is damaged:\n"
    "from its journal where that is whole, else from the records that can still\n"
    "be read, and from the blobs.  The index as it was is kept in STORE/index.old;\n"
    "until the new one is complete, the store is left as it was.\n"
    "\n"
    "Bytes that are nowhere any more are noted as lost: the next sync fetches\n"
    "them, and so does an import of bundles that carry them.  If the journal has\n"
    "lost records, it begins anew, and a store that has written bundles gets a new\n"
    "id, so that its sites cannot take one history for the other.  If local\n"
    "records are lost, no key is trusted until 'ferry trust add' says so again: what\n"
    "limits it may be lost, too.\n"
    "\n"
    "  --keep-id  never a new id: no bundle of this store is anywhere\n"
    "\n"
    "Exit status: 0 the new index has everything; 4 something is lost, and is\n"
    "named.\n";

static void
on_progress(void *ctx, uint64_t records, uint64_t all)
{

	ferry_progress_set(ctx, records, all, 0, 0);
}

static void
print_lost(const struct ferry_rebuild *r, const char *id)
{
	char n[FERRY_COUNT_TEXT];
	const json_t *key;
	size_t i;

	if (r->history == FERRY_HISTORY_NEW)
		(void)printf("the journal has lost records: it begins anew\n");
	if (r->new_id)
		(void)printf(
		    "this store has a new id, %s: at each of its sites, 'ferry "
		    "trust add' what 'ferry key export' prints here now, "
		    "'ferry access hand-over UPSTREAM %s', and import a full "
		    "bundle\n",
		    id, id);
	if (r->records_lost)
		(void)printf("records of packages are lost: sync, or import "
			     "the bundles that brought them, all of them\n");
	if (r->blobs_lost > 0)
		(void)printf(
		    "lost: %s; sync, or import bundles that carry them (our "
		    "own, too, with their key added to 'ferry trust')\n",
		    ferry_count_text(r->blobs_lost, "blob", n));
	if (r->local_lost)
		(void)printf(
		    "local records are lost: look at 'ferry trust', 'ferry "
		    "access show' and 'ferry status' before anything is "
		    "served or imported\n");
	json_array_foreach (r->untrusted, i, key)
		(void)printf("  no longer trusted: %s %s\n",
		    json_string_value(json_object_get(key, "id")),
		    json_string_value(json_object_get(key, "name")));
}

static void
print(const struct ferry_rebuild *r, const char *id)
{
	char packages[FERRY_COUNT_TEXT], versions[FERRY_COUNT_TEXT];
	char records[FERRY_COUNT_TEXT], blobs[FERRY_COUNT_TEXT];
	const char *part;
	json_t *why;

	json_object_foreach (r->damaged, part, why)
		(void)printf("damaged, %s: %s\n", part, json_string_value(why));
	print_lost(r, id);
	(void)printf("rebuilt the index: %s, %s, %s, %s\n",
	    ferry_count_text(r->records, "record", records),
	    ferry_count_text(r->packages, "package", packages),
	    ferry_count_text(r->versions + r->removed, "version", versions),
	    ferry_count_text(r->blobs, "blob", blobs));
	(void)printf("the index as it was is in index.old below the store: "
		     "remove it once 'ferry verify' finds nothing\n");
}

static void
print_json(const struct ferry_rebuild *r, const char *id)
{
	json_t *o = json_pack(
	    "{s:s,s:s,s:b,s:b,s:b,s:b,s:I,s:I,s:I,s:I,s:I,s:O,s:O}", "event",
	    "result", "id", id, "new_id", r->new_id, "history_kept",
	    r->history == FERRY_HISTORY_KEPT, "records_lost", r->records_lost,
	    "local_lost", r->local_lost, "records", (json_int_t)r->records,
	    "packages", (json_int_t)r->packages, "versions",
	    (json_int_t)r->versions + (json_int_t)r->removed, "blobs",
	    (json_int_t)r->blobs, "blobs_lost", (json_int_t)r->blobs_lost,
	    "untrusted", r->untrusted, "damaged", r->damaged);

	ferry_command_print(o);
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	struct ferry_rebuild_options o = { .stopped = ferry_stop_wanted,
		.on_progress = on_progress };
	const struct ferry_option options[] = {
		{ "keep-id", FERRY_OPTION_FLAG, &o.keep_id },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct ferry_rebuild r = { .untrusted = NULL };
	struct ferry_progress *progress;
	struct ferry_store *st = NULL;
	int rc;

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	if (ctx->argc > 1)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "unexpected argument '%s'; see 'ferry rebuild --help'",
		    ctx->argv[1]);
	o.ctx = progress = ferry_context_progress(ctx, "rebuild", "records");
	rc = ferry_store_rebuild(ctx->store_path, &o, &r, err);
	ferry_progress_free(progress);
	/* That it opens is the first thing that is asked of it. */
	if (rc == 0 &&
	    (rc = ferry_context_open(ctx, FERRY_STORE_READ, &st, err)) == 0) {
		if (ctx->json)
			print_json(&r, ferry_store_id(st));
		else
			print(&r, ferry_store_id(st));
		rc = r.history == FERRY_HISTORY_NEW || r.local_lost ||
		             r.blobs_lost > 0
		         ? FERRY_EXIT_PARTIAL
		         : FERRY_EXIT_OK;
	}
	ferry_store_close(st);
	ferry_rebuild_clear(&r);
	return rc;
}

const struct ferry_command ferry_command_rebuild = { "rebuild",
	"make a damaged index anew", help, run };
