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
#include "sync/command/status_print.h"
#include "sync/command/status_skipped.h"

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

/* The last two are not tried, but run or are told of. */
static const char *const commands[] = { "sync", "export", "import", "pull",
	"refused" };
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

/* The member of that name, borrowed, made as fresh if there is none; NULL: no
 * memory. */
static json_t *
member(const struct ferry_status *k, const char *name, json_t *fresh)
{
	json_t *there = json_object_get(k->all, name);

	if (there != NULL)
		json_decref(fresh);
	else if (json_object_set_new(k->all, name, fresh) == 0)
		there = fresh;
	return there;
}

static int
collect_all(struct ferry_status *k, struct ferry_error *err)
{
	static const struct {
		const char *member, *kind;
	} lists[] = { { "problems", "incident" }, { "problems", "lost" },
		{ "origins", "origin" }, { "incoming", "incoming" },
		{ "wanted", "wanted" }, { "withdrawn", "withdrawn" },
		{ "absent", "absent" }, { "sites", "site" },
		{ "traffic", "traffic" } };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		json_t *list = member(k, lists[i].member, json_array());

		if (list == NULL)
			return ferry_error_set(err, FERRY_ENOMEM, "no memory");
		if (collect(k->st, lists[i].kind, list, err) == -1)
			return -1;
	}
	return 0;
}

/* A single local record, or null. */
static int
add_local(struct ferry_status *k, const char *name, enum ferry_kind kind,
    struct ferry_error *err)
{
	struct ferry_key key;
	json_t *record = NULL;

	ferry_key_all(&key, kind);
	if (ferry_local_get(k->st, &key, &record, err) == -1)
		return -1;
	return ferry_json_set(
	    k->all, name, record == NULL ? json_null() : record, err);
}

static int
add_backup(struct ferry_status *k, struct ferry_error *err)
{
	json_t *backup;

	if (ferry_store_backup_of(k->st, &backup, err) == -1)
		return -1;
	return ferry_json_set(
	    k->all, "backup", backup == NULL ? json_null() : backup, err);
}

/* What imports skipped: a problem, or the operator's word. */
static int
sort_skipped(struct ferry_store *st, json_t *problems, json_t *skipped,
    struct ferry_error *err)
{
	json_t *passed = json_array();
	int rc = passed == NULL
	             ? ferry_error_set(err, FERRY_ENOMEM, "no memory")
	             : collect(st, "passed", passed, err);

	if (rc == 0)
		rc = ferry_status_skipped(st, passed, problems, skipped, err);
	json_decref(passed);
	return rc;
}

static int
look(struct ferry_status *k, struct ferry_error *err)
{
	json_t *lasts = member(k, "last", json_object()),
	       *tries = member(k, "tries", json_object()),
	       *permitted = member(k, "permissions", json_array()),
	       *skipped = member(k, "skipped", json_array()), *problems;

	if (lasts == NULL || tries == NULL || permitted == NULL ||
	    skipped == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (ferry_store_totals(k->st, &k->totals, err) == -1 ||
	    ferry_growth_read(&k->growth, k->st, err) == -1 ||
	    of_commands(k->st, FERRY_KIND_LAST, lasts, err) == -1 ||
	    of_commands(k->st, FERRY_KIND_TRY, tries, err) == -1 ||
	    permissions(k->st, permitted, err) == -1 ||
	    collect_all(k, err) == -1 ||
	    add_local(k, "cached", FERRY_KIND_CACHE, err) == -1 ||
	    add_backup(k, err) == -1)
		return -1;
	problems = json_object_get(k->all, "problems");
	return sort_skipped(k->st, problems, skipped, err) == -1 ||
	               look_at_clocks(k->st, k->totals.records,
			   json_object_get(k->all, "origins"), problems,
			   err) == -1 ||
	               ferry_roots_each(k->st, look_at_root, problems, err) ==
	                   -1
	           ? -1
	           : 0;
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	const struct ferry_option options[] = { { NULL, FERRY_OPTION_FLAG,
	    NULL } };
	struct ferry_status k = { .all = json_object() };
	int rc = -1;

	if (ferry_options(ctx, options, err) == -1 ||
	    ferry_context_open(ctx, FERRY_STORE_READ, &k.st, err) == -1 ||
	    look(&k, err) == -1)
		goto out;
	if (ctx->json)
		ferry_status_print_json(&k);
	else
		ferry_status_print(&k);
	rc = json_array_size(json_object_get(k.all, "problems")) > 0
	         ? FERRY_EXIT_PROBLEMS
	         : FERRY_EXIT_OK;
out:
	json_decref(k.all);
	ferry_store_close(k.st);
	return rc;
}

const struct ferry_command ferry_command_status = { "status",
	"what the store holds, and what is wrong", help, run };
