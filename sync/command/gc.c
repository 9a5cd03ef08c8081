#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/base/clean.h"
#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/blob/pieces.h"
#include "store/bundle/digest_set.h"
#include "store/catalog/catalog.h"
#include "store/catalog/former.h"
#include "store/catalog/removal.h"
#include "store/store.h"
#include "sync/base/progress.h"
#include "sync/base/stop.h"
#include "sync/carry/import_state.h"
#include "sync/carry/sites.h"
#include "sync/command/command.h"
#include "sync/command/unwanted.h"

static const char help[] =
    "usage: ferry gc [--dry-run] [--grace DAYS] [--unwanted] [--forget-imports]\n"
    "\n"
    "Free what nothing needs: versions removed more than 30 days ago, blobs\n"
    "that no record names (replaced documents, transfers that were stopped),\n"
    "and files that a crash left.  Says what is kept, and why: also documents\n"
    "that sites still have, from which newer ones are made there.  What was\n"
    "removed stays removed: no sync brings it until 'ferry restore' lifts that.\n"
    "Works on a full disk, as 'ferry remove' does: the room that this needs is\n"
    "set aside in STORE/reserve.\n"
    "\n"
    "  --dry-run         only say what would be freed\n"
    "  --grace DAYS      how long a removed version can be restored (30)\n"
    "  --unwanted        remove what nothing wants any more, first: no option, lock\n"
    "                    file or recording, for as long as 'keep' of its upstream\n"
    "                    says.  It can be restored as what was removed by hand, and\n"
    "                    a sync that wants it brings it back; 'ferry why' tells who\n"
    "                    wants what\n"
    "  --forget-imports  wait no longer for the missing volumes of imports,\n"
    "                    nor for blobs that bundles should have brought\n";

#define DAY_S 86400
#define GRACE_DAYS 30
#define GRACE_DAYS_MAX 36500
#define BATCH 1000

struct gc {
	struct ferry_store *st;
	bool dry_run;
	bool forget_imports;
	bool drop_unwanted;
	struct ferry_unwanted unwanted;
	int64_t now;
	uint64_t grace_days;
	uint64_t expired, waiting; /* removed versions */
	int64_t next_expiry; /* of those waiting; 0: none */
	uint64_t freed, freed_bytes; /* blobs */
	uint64_t served, served_bytes; /* kept: a record is served */
	uint64_t grace, grace_bytes; /* kept: removed lately */
	bool importing; /* an import is not complete */
	bool waiting_for_blobs; /* that bundles should have brought */
	uint64_t incoming, incoming_bytes; /* kept for it */
	struct ferry_digest_set former_set; /* documents that sites may have */
	uint64_t former, former_bytes; /* kept: of those */
	uint64_t orphans, orphans_bytes; /* files nobody knows */
};

/* When a version was removed; a time that makes no sense is now. */
static int64_t
removed_at(const struct gc *g, const json_t *record)
{
	const json_t *at = json_object_get(record, "deleted_at");

	return json_is_integer(at) && json_integer_value(at) >= 0 &&
	               json_integer_value(at) <= g->now
	           ? json_integer_value(at)
	           : g->now;
}

static int64_t
expires_at(const struct gc *g, const json_t *record)
{

	return removed_at(g, record) + (int64_t)g->grace_days * DAY_S;
}

static bool
is_expired(const struct gc *g, const json_t *record)
{

	return ferry_removal_is(record) && expires_at(g, record) <= g->now;
}

/* A version goes for good, and with it what says that it refers to another.
 * That it was removed stays known. */
static int
delete_version(struct gc *g, const struct ferry_key *key, const json_t *record,
    struct ferry_error *err)
{
	const char *subject =
	    json_string_value(json_object_get(record, "subject"));
	struct ferry_key referrer;

	if (ferry_removal_expire(g->st, key, record, err) == -1 ||
	    (subject != NULL &&
		(ferry_key_make(&referrer, err, "referrer",
		     ferry_key_part(key, 1), ferry_key_part(key, 2),
		     ferry_key_part(key, 3), subject, ferry_key_part(key, 4),
		     NULL) == -1 ||
		    ferry_catalog_delete(g->st, &referrer, err) == -1)))
		return -1;
	return ferry_store_pending(g->st) >= BATCH
	           ? ferry_store_commit(g->st, err)
	           : 0;
}

/* Delete what was removed long enough ago. */
static int
expire_versions(struct gc *g, const struct ferry_store_totals *totals,
    struct ferry_error *err)
{
	uint64_t seen = 0;
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	json_t *record;
	int rc = -1;

	if (ferry_key_make(&prefix, err, "version", NULL) == -1 ||
	    ferry_catalog_iter_new(&it, g->st, &prefix, NULL, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, &record, err)) == 1) {
		int64_t expiry = expires_at(g, record);
		bool expired = is_expired(g, record);

		seen++;
		if (expired) {
			g->expired++;
		} else if (ferry_removal_is(record)) {
			g->waiting++;
			if (g->next_expiry == 0 || expiry < g->next_expiry)
				g->next_expiry = expiry;
		}
		if (expired && !g->dry_run)
			rc = delete_version(g, &key, record, err);
		json_decref(record);
		if (rc == -1)
			break;
	}
	ferry_record_iter_free(it);
	if (rc == 0 && seen != totals->versions + totals->removed)
		rc = ferry_error_set(err, FERRY_EINDEX,
		    "the index holds %" PRIu64 " versions where %" PRIu64
		    " were recorded: it is damaged, and nothing was freed",
		    seen, totals->versions + totals->removed);
	if (rc == 0 && !g->dry_run)
		rc = ferry_store_commit(g->st, err);
	return rc;
}

/*
 * Whether a record will still be there: 0 no, 1 removed lately, 2 served.
 * Packages stay without versions: an origin that restores one sends only its
 * versions.
 */
static int
lives(const struct gc *g, const json_t *record)
{

	if (ferry_removal_is(record))
		return is_expired(g, record) ? 0 : 1;
	return 2;
}

/* Who needs a blob: 0 nobody, 1 a removed version within grace, 2 served. */
static int
needed(struct gc *g, const struct ferry_digest *digest, struct ferry_error *err)
{
	struct ferry_ref_iter *refs = NULL;
	struct ferry_key key;
	json_t *record;
	int rc, need = 0, found;

	if (ferry_ref_iter_new(&refs, g->st, digest, NULL, err) == -1)
		return -1;
	while (need < 2 && (rc = ferry_ref_iter_next(refs, &key, err)) != 0) {
		if (rc == -1 || (found = ferry_catalog_get(
				     g->st, &key, &record, err)) == -1) {
			need = -1;
			break;
		}
		if (found == 0) {
			need = ferry_error_set(err, FERRY_EINDEX,
			    "the index is damaged: a blob is named by a record "
			    "that is not there");
			break;
		}
		found = lives(g, record);
		json_decref(record);
		if (found > need)
			need = found;
	}
	ferry_ref_iter_free(refs);
	return need;
}

/* Call it for each local record of a kind.  Returns how many, or -1. */
static int
each_local(struct gc *g, const char *kind,
    int (*on)(
	struct gc *g, const struct ferry_key *key, struct ferry_error *err),
    struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	int rc, n = 0;

	if (ferry_key_make(&prefix, err, kind, NULL) == -1 ||
	    ferry_local_iter_new(&it, g->st, &prefix, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, NULL, err)) == 1) {
		n++;
		if ((rc = on(g, &key, err)) == -1)
			break;
	}
	ferry_record_iter_free(it);
	return rc == -1 ? -1 : n;
}

static int
forget_import(
    struct gc *g, const struct ferry_key *key, struct ferry_error *err)
{

	return g->forget_imports && !g->dry_run
	           ? ferry_import_state_forget(
			 g->st, ferry_key_part(key, 1), err)
	           : 0;
}

static int
forget_wanted(
    struct gc *g, const struct ferry_key *key, struct ferry_error *err)
{

	return g->forget_imports && !g->dry_run
	           ? ferry_local_delete(g->st, key, err)
	           : 0;
}

/* Whether an import waits for volumes: what it brought is not garbage. */
static int
look_for_imports(struct gc *g, struct ferry_error *err)
{
	int imports = each_local(g, "incoming", forget_import, err);
	int wanted =
	    imports == -1 ? -1 : each_local(g, "wanted", forget_wanted, err);

	if (wanted == -1)
		return -1;
	g->importing = imports > 0 && !g->forget_imports;
	g->waiting_for_blobs = wanted > 0 && !g->forget_imports;
	return g->forget_imports && !g->dry_run ? ferry_store_commit(g->st, err)
	                                        : 0;
}

/* What becomes of a blob, and where that is counted. */
enum fate { FREE, INCOMING, FORMER, GRACE, SERVED };

static enum fate
count_blob(struct gc *g, int need, const struct ferry_digest *digest,
    const struct ferry_blob_info *info)
{
	bool former =
	    !info->lost && ferry_digest_set_has(&g->former_set, digest);
	enum fate fate = need == 2                        ? SERVED
	                 : need == 1                      ? GRACE
	                 : g->importing && info->seq == 0 ? INCOMING
	                 : former                         ? FORMER
	                                                  : FREE;
	uint64_t *const counts[][2] = {
		[FREE] = { &g->freed, &g->freed_bytes },
		[INCOMING] = { &g->incoming, &g->incoming_bytes },
		[FORMER] = { &g->former, &g->former_bytes },
		[GRACE] = { &g->grace, &g->grace_bytes },
		[SERVED] = { &g->served, &g->served_bytes },
	};

	*counts[fate][0] += 1;
	*counts[fate][1] += info->size;
	return fate;
}

static uint64_t
kept(const struct gc *g)
{

	return g->served + g->grace + g->former + g->incoming;
}

static int
keep_former(void *set, const struct ferry_digest *blob, struct ferry_error *err)
{

	return ferry_digest_set_add(set, blob, err);
}

/* Documents that sites have: the next ones travel there as what differs. */
static int
find_former(struct gc *g, struct ferry_error *err)
{
	uint64_t floor;

	if (ferry_sites_floor(g->st, &floor, err) == -1 ||
	    ferry_former_keep(g->st, floor, g->dry_run, keep_former,
		&g->former_set, err) == -1)
		return -1;
	return g->dry_run ? 0 : ferry_store_commit(g->st, err);
}

static int
free_blobs(struct gc *g, struct ferry_progress *progress,
    const struct ferry_store_totals *totals, struct ferry_error *err)
{
	struct ferry_blob_iter *it = NULL;
	struct ferry_blob_info info;
	struct ferry_digest digest;
	uint64_t seen;
	int rc = -1, need;

	if (ferry_blob_iter_new(&it, g->st, err) == -1)
		return -1;
	while ((rc = ferry_blob_iter_next(it, &digest, &info, err)) == 1) {
		if (ferry_stop_wanted()) {
			rc = ferry_error_set(err, FERRY_ECANCELLED,
			    "stopped; what was freed is freed, the next gc "
			    "goes on");
			break;
		}
		if ((need = needed(g, &digest, err)) == -1) {
			rc = -1;
			break;
		}
		if (count_blob(g, need, &digest, &info) == FREE &&
		    !g->dry_run &&
		    (ferry_blob_remove(g->st, &digest, err) == -1 ||
			(ferry_store_pending(g->st) >= BATCH &&
			    ferry_store_commit(g->st, err) == -1))) {
			rc = -1;
			break;
		}
		ferry_progress_set(
		    progress, kept(g) + g->freed, totals->blobs, 0, 0);
	}
	ferry_blob_iter_free(it);
	/* Before the sweep takes files that a damaged index does not know. */
	seen = kept(g) + g->freed;
	if (rc == 0 && seen != totals->blobs)
		rc = ferry_error_set(err, FERRY_EINDEX,
		    "the index lists %" PRIu64 " blobs where %" PRIu64
		    " were stored: it is damaged, and its files are left "
		    "alone",
		    seen, totals->blobs);
	if (rc == 0 && !g->dry_run)
		rc = ferry_store_commit(g->st, err);
	return rc;
}

/* Files that nothing names, and blobs of which only some came. */
static int
sweep_files(struct gc *g, struct ferry_error *err)
{
	enum ferry_blob_pieces_keep keep = g->importing || g->waiting_for_blobs
	                                       ? FERRY_PIECES_KEEP_AWAITED
	                                       : FERRY_PIECES_KEEP_NONE;
	struct ferry_blob_pieces_count kept = { 0 }, freed = { 0 };

	if (ferry_blob_sweep(
		g->st, g->dry_run, &g->orphans, &g->orphans_bytes, err) == -1 ||
	    ferry_blob_pieces_sweep(
		g->st, keep, g->dry_run, &kept, &freed, err) == -1)
		return -1;
	g->incoming += kept.files;
	g->incoming_bytes += kept.bytes;
	g->orphans += freed.files;
	g->orphans_bytes += freed.bytes;
	return g->dry_run ? 0 : ferry_store_commit(g->st, err);
}

static void
print_unwanted(const struct gc *g)
{
	size_t n = json_array_size(g->unwanted.some), i;
	char at[FERRY_TIME_TEXT], count[FERRY_COUNT_TEXT];
	const json_t *one;

	json_array_foreach (g->unwanted.kept, i, one)
		(void)printf("%s\n", json_string_value(one));
	json_array_foreach (g->unwanted.some, i, one)
		(void)printf("%s %s, last wanted %s\n",
		    g->dry_run ? "would remove" : "removed",
		    json_string_value(json_object_get(one, "item")),
		    ferry_time_text(
			json_integer_value(json_object_get(one, "last")), at));
	if (g->unwanted.versions > n)
		(void)printf(
		    "and %" PRIu64 " more\n", g->unwanted.versions - n);
	(void)printf("%s %s that nothing wants any more\n",
	    g->dry_run ? "would remove" : "removed",
	    ferry_count_text(g->unwanted.versions, "version", count));
}

static void
print(const struct ferry_context *ctx, const struct gc *g)
{
	char a[FERRY_SIZE_TEXT], at[FERRY_TIME_TEXT];
	char n[FERRY_COUNT_TEXT], m[FERRY_COUNT_TEXT];
	const char *would = g->dry_run ? "would free" : "freed";

	if (ctx->json) {
		(void)printf("{\"event\":\"result\",\"dry_run\":%s,"
			     "\"versions\":%" PRIu64 ",\"blobs\":%" PRIu64
			     ",\"bytes\":%" PRIu64 ",\"orphans\":%" PRIu64
			     ",\"kept_blobs\":%" PRIu64
			     ",\"waiting_versions\":%" PRIu64
			     ",\"unwanted\":%" PRIu64 "}\n",
		    g->dry_run ? "true" : "false", g->expired, g->freed,
		    g->freed_bytes + g->orphans_bytes, g->orphans, kept(g),
		    g->waiting, g->unwanted.versions);
		return;
	}
	if (g->drop_unwanted)
		print_unwanted(g);
	(void)printf("%s %s removed more than %s ago\n", would,
	    ferry_count_text(g->expired, "version", n),
	    ferry_count_text(g->grace_days, "day", m));
	(void)printf("%s %s that nothing names, %s\n", would,
	    ferry_count_text(g->freed, "blob", n),
	    ferry_size_text(g->freed_bytes, a));
	(void)printf("%s %s that a crash left, %s\n", would,
	    ferry_count_text(g->orphans, "file", n),
	    ferry_size_text(g->orphans_bytes, a));
	(void)printf("kept %s of served packages, %s\n",
	    ferry_count_text(g->served, "blob", n),
	    ferry_size_text(g->served_bytes, a));
	if (g->incoming > 0)
		(void)printf("kept %s of an import that is not complete, %s\n",
		    ferry_count_text(g->incoming, "blob", n),
		    ferry_size_text(g->incoming_bytes, a));
	if (g->former > 0)
		(void)printf("kept %s that sites have and newer ones differ "
			     "little from, %s\n",
		    ferry_count_text(g->former, "former document", n),
		    ferry_size_text(g->former_bytes, a));
	if (g->waiting > 0)
		(void)printf("kept %s, %s, of %s that can be restored; the "
			     "first expires %s\n",
		    ferry_count_text(g->grace, "blob", n),
		    ferry_size_text(g->grace_bytes, a),
		    ferry_count_text(g->waiting, "removed version", m),
		    ferry_time_text(g->next_expiry, at));
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	struct gc g = { .now = ferry_now(), .grace_days = GRACE_DAYS };
	const char *grace = NULL;
	const struct ferry_option options[] = {
		{ "dry-run", FERRY_OPTION_FLAG, &g.dry_run },
		{ "grace", FERRY_OPTION_VALUE, &grace },
		{ "unwanted", FERRY_OPTION_FLAG, &g.drop_unwanted },
		{ "forget-imports", FERRY_OPTION_FLAG, &g.forget_imports },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_progress *progress = NULL;
	struct ferry_store_totals totals;
	int rc = -1;

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	if (ctx->argc > 1)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "unexpected argument '%s'; see 'ferry gc --help'",
		    ctx->argv[1]);
	if (grace != NULL && ferry_parse_u64(ferry_bytes_str(grace), 0,
				 GRACE_DAYS_MAX, &g.grace_days, err) == -1)
		return ferry_error_set(
		    err, FERRY_EUSAGE, "'%s' is not a number of days", grace);
	if (ferry_context_open(ctx, FERRY_STORE_FREE, &g.st, err) == -1 ||
	    look_for_imports(&g, err) == -1 ||
	    (g.drop_unwanted && ferry_unwanted_remove(
				    &g.unwanted, g.st, g.dry_run, err) == -1) ||
	    ferry_store_totals(g.st, &totals, err) == -1)
		goto out;
	progress = ferry_context_progress(ctx, "gc", "blobs");
	if (expire_versions(&g, &totals, err) == -1 ||
	    find_former(&g, err) == -1 ||
	    free_blobs(&g, progress, &totals, err) == -1 ||
	    sweep_files(&g, err) == -1)
		goto out;
	ferry_progress_free(progress);
	progress = NULL;
	rc = FERRY_EXIT_OK;
	if (g.freed > 0 && !g.dry_run &&
	    ferry_store_compact(g.st, &why) == -1) {
		(void)fprintf(stderr,
		    "ferry: small blobs that were freed still take their "
		    "space on the disk; the next gc or sync with more room "
		    "gives it back: %s\n",
		    ferry_clean(why.text));
		rc = FERRY_EXIT_PARTIAL;
	}
	print(ctx, &g);
out:
	ferry_digest_set_free(&g.former_set);
	json_decref(g.unwanted.some);
	json_decref(g.unwanted.kept);
	ferry_progress_free(progress);
	ferry_store_close(g.st);
	return rc;
}

const struct ferry_command ferry_command_gc = { "gc",
	"free what nothing needs any more", help, run };
