#include "sync/command/status_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "store/base/clock.h"
#include "sync/command/command.h"
#include "sync/command/status_pull.h"

#define AFFECTED_SHOWN 5 /* of what a lost blob is part of */

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

	if (json_is_object(backup))
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
print_skipped(const json_t *chosen)
{
	const json_t *c;
	size_t i;

	json_array_foreach (chosen, i, c)
		(void)printf("skipped      %s, as was chosen here: %s\n",
		    json_string_value(
			json_array_get(json_object_get(c, "key"), 1)),
		    json_string_value(
			json_object_get(json_object_get(c, "record"), "text")));
}

static void
print_text(struct ferry_store *st, const struct ferry_store_totals *t,
    const struct ferry_growth *growth, const json_t *lasts, const json_t *tries,
    const json_t *problems)
{
	static const char *const tried[] = { "sync", "export", "import" };
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
	for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		print_last(lasts, tried[i]);
		print_try(lasts, tries, tried[i]);
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

void
ferry_status_print(const struct ferry_status *k)
{
	const json_t *all = k->all, *lasts = json_object_get(all, "last");

	print_text(k->st, &k->totals, &k->growth, lasts,
	    json_object_get(all, "tries"), json_object_get(all, "problems"));
	print_backup(json_object_get(all, "backup"));
	print_origins(json_object_get(all, "origins"));
	print_sites(json_object_get(all, "sites"), k->totals.records);
	print_permissions(json_object_get(all, "permissions"));
	ferry_status_pull(json_object_get(all, "traffic"),
	    json_object_get(all, "cached"), json_object_get(lasts, "refused"));
	print_waiting(
	    json_object_get(all, "incoming"), json_object_get(all, "wanted"));
	print_withdrawn(json_object_get(all, "withdrawn"));
	print_absent(json_object_get(all, "absent"));
	print_skipped(json_object_get(all, "skipped"));
}

void
ferry_status_print_json(const struct ferry_status *k)
{
	const struct ferry_store_totals *t = &k->totals;
	json_t *o = json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,"
			      "s:o}",
	    "store", ferry_store_path(k->st), "name", ferry_store_name(k->st),
	    "id", ferry_store_id(k->st), "packages", (json_int_t)t->packages,
	    "versions", (json_int_t)t->versions, "removed",
	    (json_int_t)t->removed, "blobs", (json_int_t)t->blobs,
	    "stored_bytes", (json_int_t)t->stored_bytes, "logical_bytes",
	    (json_int_t)t->logical_bytes, "records", (json_int_t)t->records,
	    "free_bytes", (json_int_t)k->growth.free, "growth",
	    growth_json(&k->growth));

	(void)json_object_update(o, k->all);
	(void)json_dumpf(o, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	(void)putchar('\n');
	json_decref(o);
}
