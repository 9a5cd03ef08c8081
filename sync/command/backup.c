#include "store/backup/backup.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/base/json.h"
#include "sync/base/progress.h"
#include "sync/base/stop.h"
#include "sync/command/command.h"
#include "sync/command/command_task.h"

static const char help[] =
    "usage: ferry backup [--replace] DIR\n"
    "\n"
    "Make DIR a copy of the store as it is now, while a sync, the puller, an import\n"
    "or ferryd works in it: nobody waits.  DIR is empty, or has an earlier backup\n"
    "of this store; then only what is new is brought there, and what is gone is\n"
    "removed.  On the same file system files are hard links, which cost no room\n"
    "and no time, and die with the disk; elsewhere they are copies.\n"
    "\n"
    "DIR HOLDS THE STORE'S SIGNING KEYS and the digests of its tokens: keep it as\n"
    "safe as the store.  Its folder of keys is for its owner's eyes alone.\n"
    "\n"
    "The backup is a store: 'ferry --store DIR verify' checks it, ferryd serves it\n"
    "(start it anew after each backup).  To restore, 'ferry --store DIR backup\n"
    "STORE' into a new folder.  What writes to DIR, such as 'ferry --store DIR\n"
    "export', makes it a store of its own, in which no backup is made any more.\n"
    "\n"
    "A store that was restored from an older backup does not take the place of a\n"
    "newer one in DIR, unless told to.\n"
    "\n"
    "  --replace  also of records that the store does not have\n"
    "\n"
    "It can be stopped and killed: DIR is then the backup that it was before.\n"
    "\n"
    "Exit status: 0 done; 4 done, but blobs of the store are gone themselves\n"
    "('ferry verify' says which); 6 another process writes to DIR; 26 the backup\n"
    "there is of another history.\n";

static void
on_progress(void *ctx, uint64_t blobs, uint64_t all, uint64_t copied_bytes)
{

	ferry_progress_set(ctx, blobs, all, copied_bytes, 0);
}

static void
print(const struct ferry_backup *b, const char *dir)
{
	char records[FERRY_COUNT_TEXT], blobs[FERRY_COUNT_TEXT];
	char bytes[FERRY_SIZE_TEXT], copied[FERRY_SIZE_TEXT];
	char digest[FERRY_DIGEST_TEXT];

	(void)printf("%s is a backup of %s and %s (%s)\n", dir,
	    ferry_count_text(b->records, "record", records),
	    ferry_count_text(b->blobs, "blob", blobs),
	    ferry_size_text(b->bytes, bytes));
	(void)printf("files: %" PRIu64 " linked, %" PRIu64
		     " copied (%s), %" PRIu64 " there already, %" PRIu64
		     " removed\n",
	    b->linked, b->copied, ferry_size_text(b->copied_bytes, copied),
	    b->kept, b->removed);
	if (b->lost > 0)
		(void)printf("gone in the store itself: %s, such as %s; 'ferry "
			     "verify' says what that is, and the next sync or "
			     "import brings it\n",
		    ferry_count_text(b->lost, "blob", blobs),
		    ferry_digest_text(&b->example, digest));
}

static void
print_json(const struct ferry_backup *b, const char *dir)
{

	ferry_command_print(json_pack(
	    "{s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "event",
	    "result", "code", b->lost > 0 ? "missing" : "ok", "dir", dir,
	    "records", (json_int_t)b->records, "blobs", (json_int_t)b->blobs,
	    "bytes", (json_int_t)b->bytes, "linked", (json_int_t)b->linked,
	    "copied", (json_int_t)b->copied, "copied_bytes",
	    (json_int_t)b->copied_bytes, "kept", (json_int_t)b->kept, "removed",
	    (json_int_t)b->removed, "lost", (json_int_t)b->lost));
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	struct ferry_backup_options o = { .stopped = ferry_stop_wanted,
		.on_progress = on_progress };
	const struct ferry_option options[] = {
		{ "replace", FERRY_OPTION_FLAG, &o.replace },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct ferry_progress *progress;
	struct ferry_backup b;
	int rc;

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	if (ctx->argc != 2)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "name one folder; see 'ferry backup --help'");
	o.ctx = progress = ferry_context_progress(ctx, "backup", "blobs");
	rc = ferry_store_backup(ctx->store_path, ctx->argv[1], &o, &b, err);
	ferry_progress_free(progress);
	if (rc == -1)
		return -1;
	if (ctx->json)
		print_json(&b, ctx->argv[1]);
	else
		print(&b, ctx->argv[1]);
	return b.lost > 0 ? FERRY_EXIT_PARTIAL : FERRY_EXIT_OK;
}

const struct ferry_command ferry_command_backup = { "backup",
	"copy the store while others work in it", help, run };
