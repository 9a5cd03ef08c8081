#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "store/backup/backup.h"
#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/store.h"
#include "sync/carry/roots.h"
#include "sync/command/command.h"
#include "sync/command/growth.h"
#include "sync/command/status_pull.h"
#include "sync/command/status_skipped.h"

#define AFFECTED_SHOWN 5 /* of what a lost blob is part of */

static const char help[] =
    "usage: ferry status [--json]\n"
    "\n"
    "What the store holds, what it saves by storing same bytes once, when it\n"
    "last synced, exported and imported and how the last tries ended, how far\n"
    "its sites are, how old permissions are, and what is wrong with it.\n"
    "Works beside a running sync or import.  Exit status 5 if there are\n"
    "problems (incidents, lost blobs, upstreams of which something was skipped\n"
    "and 'ferry trust' or 'ferry access hand-over' did not say so, clocks that\n"
    "differ by days, a root that ends within 30 days).\n";

static int
add(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{

	return ferry_json_push(ctx,
	    json_pack(
		"{s:o,s:O}", "key", ferry_key_json(key), "record", record),
	    err);
}

/* Local records below a prefix as a JSON array of {"key":…,"record":…}. */
static int
collect(struct ferry_store *st, const char *kind, json_t *out,
    struct ferry_error *err)
{
	struct ferry_key prefix;

	return ferry_key_make(&prefix, err, kind, NULL) == -1
	           ? -1
	           : ferry_local_each(st, &prefix, add, out, err);
}

/* Those after the third are not tried, but run or are told of. */
static const char *const commands[] = { "sync", "export", "import", "pull",
	"refused" };
#define TRIED 3
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* The records of a kind for each of the commands: {"sync": …}. */
static int
of_commands(struct ferry_store *st, enum ferry_kind kind, json_t *out,
    struct ferry_error *err)
{
	json_t *record;
	int rc = 0;

	for (size_t i = 0; i < COMMANDS && rc != -1; i++) {
		rc = ferry_local_named_get(st, kind, commands[i], &record, err);
		if (rc == 1)
			rc = ferry_json_set(out, commands[i], record, err);
	}
	return rc == -1 ? -1 : 0;
}

static void
print_last(const json_t *lasts, const char *what)
{
	const json_t *r = json_object_get(lasts, what);
	const char *summary = json_string_value(json_object_get(r, "summary"));
	char at[FERRY_TIME_TEXT];

	if (r == NULL) {
		(void)printf("last %-7s never\n", what);
		return;
	}
	(void)printf("last %-7s %s%s%s\n", what,
	    ferry_time_text(json_integer_value(json_object_get(r, "at")), at),
	    summary == NULL ? "" : "  ", summary == NULL ? "" : summary);
}

/* The last try, if that is no success; and what a success left out. */
static void
print_try(const json_t *lasts, const json_t *tries, const char *what)
{
	const json_t *try = json_object_get(tries, what), *status, *failure;
	const json_t *last = json_object_get(lasts, what);
	char at[FERRY_TIME_TEXT];
	size_t i;

	json_array_foreach (json_object_get(last, "failures"), i, failure) {
		(void)printf("  failed: %s: %s\n",
		    json_string_value(json_object_get(failure, "item")),
		    json_string_value(json_object_get(failure, "text")));
	}
	if (try == NULL)
		return;
	status = json_object_get(try, "status");
	ferry_time_text(json_integer_value(json_object_get(try, "began")), at);
	if (status == NULL)
		(void)printf("  tried %s: under way, or it was killed\n", at);
	else if (json_integer_value(status) != FERRY_EXIT_OK &&
		 json_integer_value(status) != FERRY_EXIT_PARTIAL)
		(void)printf("  tried %s: failed with status "
			     "%" JSON_INTEGER_FORMAT ": %s\n",
		    at, json_integer_value(status),
		    json_string_value(json_object_get(try, "text")));
}

static void
print_space(const struct ferry_growth *growth)
{
	int64_t rate = growth->bytes_a_day;
	char text[FERRY_SIZE_TEXT], days[FERRY_COUNT_TEXT];

	(void)printf("free         %s\n", ferry_size_text(growth->free, text));
	if (growth->days == 0)
		return;
	(void)printf("growth       %s%s a day over %s", rate < 0 ? "-" : "",
	    ferry_size_text((uint64_t)(rate < 0 ? -rate : rate), text),
	    ferry_count_text(growth->days, "day", days));
	if (growth->fills)
		(void)printf("; the disk is full in %s",
		    ferry_count_text(growth->full_days, "day", days));
	(void)printf("\n");
}

/* How far sites are behind, as their newest receipts say. */
static void
print_sites(const json_t *sites, uint64_t records)
{
	const json_t *s;
	size_t i;

	json_array_foreach (sites, i, s) {
		const json_t *record = json_object_get(s, "record");
		json_int_t seq =
		    json_integer_value(json_object_get(record, "seq"));
		int64_t told =
		    json_integer_value(json_object_get(record, "at"));
		char at[FERRY_TIME_TEXT];

		(void)printf("site         %s, up to record "
			     "%" JSON_INTEGER_FORMAT,
		    json_string_value(json_object_get(record, "name")), seq);
		if (records > (uint64_t)seq)
			(void)printf(
			    ", %" PRIu64 " behind", records - (uint64_t)seq);
		if (told > 0)
			(void)printf(", as it said %s (%" PRId64 " d ago)",
			    ferry_time_text(told, at),
			    (ferry_now() - told) / 86400);
		(void)printf("\n");
	}
}

static int
add_permissions(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{

	return ferry_json_push(ctx,
	    json_pack("{s:s,s:O?}", "upstream", ferry_key_part(key, 1),
		"taken_at", json_object_get(record, "taken_at")),
	    err);
}

/* Each upstream's permissions, with the time when they were taken. */
static int
permissions(struct ferry_store *st, json_t *out, struct ferry_error *err)
{
	struct ferry_key prefix;

	ferry_key_all(&prefix, FERRY_KIND_ACCESS);
	return ferry_catalog_each(st, &prefix, add_permissions, out, err);
}

static void
print_permissions(const json_t *permissions)
{
	const json_t *p;
	size_t i;

	json_array_foreach (permissions, i, p) {
		int64_t taken =
		    json_integer_value(json_object_get(p, "taken_at"));
		char at[FERRY_TIME_TEXT];

		(void)printf("permissions  %s, as of %s (%" PRId64 " d ago)\n",
		    json_string_value(json_object_get(p, "upstream")),
		    ferry_time_text(taken, at), (ferry_now() - taken) / 86400);
	}
}

/* Whose the lost bytes are: some, where they are many. */
static void
print_affected(const json_t *affects)
{
	const json_t *key;
	size_t i;

	json_array_foreach (affects, i, key) {
		if (i < AFFECTED_SHOWN)
			(void)printf("    in %s\n", json_string_value(key));
	}
	if (json_array_size(affects) > AFFECTED_SHOWN)
		(void)printf("    and %zu more; 'ferry verify' names them\n",
		    json_array_size(affects) - AFFECTED_SHOWN);
}

static void
print_problems(const json_t *problems)
{
	size_t i;
	const json_t *p;

	if (json_array_size(problems) == 0) {
		(void)printf("problems     none\n");
		return;
	}
	(void)printf("problems     %zu\n", json_array_size(problems));
	json_array_foreach (problems, i, p) {
		const char *text = json_string_value(
		    json_object_get(json_object_get(p, "record"), "text"));

		(void)printf("  %s %s: %s\n",
		    json_string_value(
			json_array_get(json_object_get(p, "key"), 0)),
		    json_string_value(json_array_get(json_object_get(p, "key"),
			json_array_size(json_object_get(p, "key")) > 2 ? 2
								       : 1)),
		    text == NULL ? "" : text);
		print_affected(
		    json_object_get(json_object_get(p, "record"), "affects"));
	}
}

/* That this is a backup to which nobody wrote. */
static void
print_backup(const json_t *backup)
{
	int64_t made = json_integer_value(json_object_get(backup, "at"));
	char at[FERRY_TIME_TEXT];

	if (backup != NULL)
		(void)printf("backup       of %s, made %s "
			     "(%" PRId64 " d ago)\n",
		    json_string_value(json_object_get(backup, "name")),
		    ferry_time_text(made, at), (ferry_now() - made) / 86400);
}

/* That the operator took another history of an origin for the one before. */
static void
print_new_history(const json_t *origin)
{
	json_int_t at = json_integer_value(json_object_get(origin, "anew_at"));
	char text[FERRY_TIME_TEXT];

	if (at == 0)
		return;
	(void)printf("  new history since %s, from record %" JSON_INTEGER_FORMAT
		     " on; the one before had come to %" JSON_INTEGER_FORMAT
		     "\n",
	    ferry_time_text(at, text),
	    json_integer_value(json_object_get(origin, "anew_from")),
	    json_integer_value(json_object_get(origin, "anew_before")));
}

/* How old the word of each origin is. */
static void
print_origins(const json_t *origins)
{
	const json_t *o;
	size_t i;

	json_array_foreach (origins, i, o) {
		const json_t *record = json_object_get(o, "record");
		int64_t written =
		    json_integer_value(json_object_get(record, "written"));
		char at[FERRY_TIME_TEXT];

		(void)printf("origin       %s, up to record "
			     "%" JSON_INTEGER_FORMAT,
		    json_string_value(json_object_get(record, "name")),
		    json_integer_value(json_object_get(record, "seq")));
		if (written > ferry_now())
			(void)printf(
			    ", as of %s", ferry_time_text(written, at));
		else if (written > 0)
			(void)printf(", as of %s (%" PRId64 " d ago)",
			    ferry_time_text(written, at),
			    (ferry_now() - written) / 86400);
		(void)printf("\n");
		print_new_history(record);
	}
}

static int
add_clock(json_t *problems, const char *whose, const char *what,
    int64_t ahead_s, struct ferry_error *err)
{
	char text[300];

	(void)snprintf(text, sizeof(text),
	    "%s is %" PRId64 " days ahead of the clock here: one of both is, "
	    "or was, wrong; set this one if it is ('date')",
	    what, (ahead_s + 43200) / 86400);
	return ferry_json_push(problems,
	    json_pack("{s:[s,s],s:{s:s}}", "key", "clock", whose, "record",
		"text", text),
	    err);
}

/* Clocks that were, or are, wrong. */
static int
look_at_clocks(struct ferry_store *st, uint64_t last, const json_t *origins,
    json_t *problems, struct ferry_error *err)
{
	const json_t *o;
	int64_t ahead;
	size_t i;

	if (ferry_journal_ahead(st, last, &ahead, err) == -1 ||
	    (ahead > FERRY_CLOCKS_DIFFER_S &&
		add_clock(problems, ferry_store_name(st),
		    "the last change of this store", ahead, err) == -1))
		return -1;
	json_array_foreach (origins, i, o) {
		const json_t *record = json_object_get(o, "record");
		const char *name =
		    json_string_value(json_object_get(record, "name"));

		ahead = json_integer_value(json_object_get(record, "written")) -
		        ferry_now();
		if (name != NULL && ahead > FERRY_CLOCKS_DIFFER_S &&
		    add_clock(
			problems, name, "its newest bundle", ahead, err) == -1)
			return -1;
	}
	return 0;
}

/* A root that ends soon: without the next one nothing is imported any more. */
static int
look_at_root(
    void *ctx, const struct ferry_roots_one *one, struct ferry_error *err)
{
	const struct ferry_root *root = &one->root;
	char text[200], at[FERRY_TIME_TEXT];

	if (root->expires_at == 0 ||
	    root->expires_at > ferry_now() + FERRY_ROOTS_SOON_S)
		return 0;
	(void)snprintf(text, sizeof(text),
	    "root %" PRIu64 " %s at %s; its store makes the next one with "
	    "'ferry root new', and bundles bring it",
	    root->number,
	    root->expires_at > ferry_now() ? "expires" : "expired",
	    ferry_time_text(root->expires_at, at));
	return ferry_json_push(ctx,
	    json_pack("{s:[s,s],s:{s:s}}", "key", "root", root->origin_name,
		"record", "text", text),
	    err);
}

/* Bundles of which volumes are missing, and blobs that a bundle should bring. */
static void
print_waiting(const json_t *incoming, const json_t *wanted)
{
	char text[FERRY_COUNT_TEXT];
	const json_t *i, *v;
	size_t n, k;

	json_array_foreach (incoming, n, i) {
		(void)printf(
		    "importing    a bundle of %s, not complete; here are "
		    "volumes",
		    json_string_value(
			json_array_get(json_object_get(i, "key"), 1)));
		json_array_foreach (
		    json_object_get(json_object_get(i, "record"), "volumes"), k,
		    v)
			(void)printf(
			    " %" JSON_INTEGER_FORMAT, json_integer_value(v));
		(void)printf("; import the others\n");
	}
	if (json_array_size(wanted) > 0)
		(void)printf(
		    "wanted       %s that the next bundle should bring; give "
		    "the origin a receipt\n",
		    ferry_count_text(json_array_size(wanted), "blob", text));
}

/* Who can read the store can read what nobody may be served. */
static void
print_mode(struct ferry_store *st)
{
	struct stat sb;

	if (stat(ferry_store_path(st), &sb) == 0 && (sb.st_mode & S_IRWXO) != 0)
		(void)printf(
		    "folder       everybody on this machine may read it "
		    "(mode %04o); 'chmod 0750 %s'\n",
		    sb.st_mode & 07777, ferry_store_path(st));
}

static void
print_absent(const json_t *absent)
{
	const json_t *a;
	size_t i;

	json_array_foreach (absent, i, a) {
		const json_t *key = json_object_get(a, "key");

		(void)printf("absent       %s:%s of '%s': %s; it is asked for "
			     "again at each sync\n",
		    json_string_value(json_array_get(key, 2)),
		    json_string_value(json_array_get(key, 3)),
		    json_string_value(json_array_get(key, 1)),
		    json_string_value(
			json_object_get(json_object_get(a, "record"), "text")));
	}
}

static void
print_withdrawn(const json_t *withdrawn)
{
	const json_t *w;
	size_t i;

	json_array_foreach (withdrawn, i, w)
		(void)printf("withdrawn    %s:%s: %s\n",
		    json_string_value(
			json_array_get(json_object_get(w, "key"), 1)),
		    json_string_value(
			json_array_get(json_object_get(w, "key"), 2)),
		    json_string_value(
			json_object_get(json_object_get(w, "record"), "text")));
}

static void
print_text(struct ferry_store *st, const struct ferry_store_totals *t,
    const struct ferry_growth *growth, const json_t *lasts, const json_t *tries,
    const json_t *problems)
{
	char logical[FERRY_SIZE_TEXT], stored[FERRY_SIZE_TEXT];
	char saved[FERRY_SIZE_TEXT], text[FERRY_COUNT_TEXT];

	(void)printf("store        %s, site '%s', id %s\n",
	    ferry_store_path(st), ferry_store_name(st), ferry_store_id(st));
	print_mode(st);
	(void)printf("packages     %" PRIu64 ", %s", t->packages,
	    ferry_count_text(t->versions, "version", text));
	if (t->removed > 0)
		(void)printf(", %" PRIu64 " removed", t->removed);
	(void)printf("\nbytes        %s in %s",
	    ferry_size_text(t->stored_bytes, stored),
	    ferry_count_text(t->blobs, "blob", text));
	if (t->logical_bytes > t->stored_bytes)
		(void)printf("; %s without deduplication, which saves %s",
		    ferry_size_text(t->logical_bytes, logical),
		    ferry_size_text(t->logical_bytes - t->stored_bytes, saved));
	(void)printf("\njournal      record %" PRIu64 "\n", t->records);
	print_space(growth);
	for (size_t i = 0; i < TRIED; i++) {
		print_last(lasts, commands[i]);
		print_try(lasts, tries, commands[i]);
	}
	if (json_object_get(lasts, "pull") != NULL)
		print_last(lasts, "pull");
	print_problems(problems);
}

/* null: not enough is known. */
static json_t *
growth_json(const struct ferry_growth *growth)
{

	return growth->days == 0
	           ? json_null()
	           : json_pack("{s:I,s:I,s:o}", "days",
			 (json_int_t)growth->days, "bytes_a_day",
			 (json_int_t)growth->bytes_a_day, "full_days",
			 growth->fills
			     ? json_integer((json_int_t)growth->full_days)
			     : json_null());
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	const struct ferry_option options[] = { { NULL, FERRY_OPTION_FLAG,
	    NULL } };
	json_t *lasts = json_object(), *problems = json_array(), *o = NULL;
	json_t *incoming = json_array(), *wanted = json_array();
	json_t *origins = json_array(), *withdrawn = json_array();
	json_t *absent = json_array(), *chosen = json_array();
	json_t *tries = json_object(), *sites = json_array();
	json_t *taken = json_array(), *traffic = json_array();
	json_t *cache = NULL;
	struct ferry_key cache_key;
	struct ferry_store_totals t;
	struct ferry_growth growth;
	struct ferry_store *st = NULL;
	json_t *backup = NULL;
	int rc = -1;

	ferry_key_all(&cache_key, FERRY_KIND_CACHE);
	if (ferry_options(ctx, options, err) == -1 ||
	    ferry_context_open(ctx, FERRY_STORE_READ, &st, err) == -1 ||
	    ferry_store_totals(st, &t, err) == -1 ||
	    ferry_growth_read(&growth, st, err) == -1 ||
	    of_commands(st, FERRY_KIND_LAST, lasts, err) == -1 ||
	    of_commands(st, FERRY_KIND_TRY, tries, err) == -1 ||
	    collect(st, "site", sites, err) == -1 ||
	    permissions(st, taken, err) == -1 ||
	    collect(st, "incident", problems, err) == -1 ||
	    collect(st, "lost", problems, err) == -1 ||
	    ferry_status_skipped(st, problems, chosen, err) == -1 ||
	    collect(st, "origin", origins, err) == -1 ||
	    collect(st, "incoming", incoming, err) == -1 ||
	    collect(st, "withdrawn", withdrawn, err) == -1 ||
	    collect(st, "absent", absent, err) == -1 ||
	    collect(st, "wanted", wanted, err) == -1 ||
	    collect(st, "traffic", traffic, err) == -1 ||
	    ferry_local_get(st, &cache_key, &cache, err) == -1 ||
	    ferry_store_backup_of(st, &backup, err) == -1 ||
	    look_at_clocks(st, t.records, origins, problems, err) == -1 ||
	    ferry_roots_each(st, look_at_root, problems, err) == -1)
		goto out;
	rc =
	    json_array_size(problems) > 0 ? FERRY_EXIT_PROBLEMS : FERRY_EXIT_OK;
	if (!ctx->json) {
		print_text(st, &t, &growth, lasts, tries, problems);
		print_backup(backup);
		print_origins(origins);
		print_sites(sites, t.records);
		print_permissions(taken);
		ferry_status_pull(
		    traffic, cache, json_object_get(lasts, "refused"));
		print_waiting(incoming, wanted);
		print_withdrawn(withdrawn);
		print_absent(absent);
		ferry_status_print_skipped(chosen);
		goto out;
	}
	o = json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:O,s:O,s:O,"
		      "s:O,s:O,s:O,s:O,s:O,s:O,s:O,s:O,s:O,s:O?,s:O?,s:I,s:o}",
	    "store", ferry_store_path(st), "name", ferry_store_name(st), "id",
	    ferry_store_id(st), "packages", (json_int_t)t.packages, "versions",
	    (json_int_t)t.versions, "removed", (json_int_t)t.removed, "blobs",
	    (json_int_t)t.blobs, "stored_bytes", (json_int_t)t.stored_bytes,
	    "logical_bytes", (json_int_t)t.logical_bytes, "records",
	    (json_int_t)t.records, "last", lasts, "problems", problems,
	    "origins", origins, "incoming", incoming, "wanted", wanted,
	    "withdrawn", withdrawn, "absent", absent, "tries", tries, "sites",
	    sites, "permissions", taken, "skipped", chosen, "traffic", traffic,
	    "cached", cache, "backup", backup, "free_bytes",
	    (json_int_t)growth.free, "growth", growth_json(&growth));
	(void)json_dumpf(o, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	(void)putchar('\n');
out:
	json_decref(o);
	json_decref(lasts);
	json_decref(problems);
	json_decref(origins);
	json_decref(incoming);
	json_decref(wanted);
	json_decref(withdrawn);
	json_decref(absent);
	json_decref(chosen);
	json_decref(tries);
	json_decref(sites);
	json_decref(taken);
	json_decref(traffic);
	json_decref(cache);
	json_decref(backup);
	ferry_store_close(st);
	return rc;
}

const struct ferry_command ferry_command_status = { "status",
	"what the store holds, and what is wrong", help, run };
