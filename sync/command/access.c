#include "sync/command/access.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/access/snapshot_write.h"
#include "store/access/snapshots.h"
#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/store.h"
#include "sync/command/command_task.h"

static const char help[] =
    "usage: ferry access [show] [--text] [UPSTREAM]\n"
    "       ferry access diff [UPSTREAM]\n"
    "       ferry access diff --bundle DIR|FILE…\n"
    "       ferry access report --package FORMAT:NAME [--upstream NAME]\n"
    "       ferry access report --user LOGIN [--upstream NAME]\n"
    "       ferry access apply\n"
    "       ferry access hand-over UPSTREAM ORIGIN\n"
    "       ferry access prefer UPSTREAM…\n"
    "\n"
    "Who may read what, as the permission snapshots of this store say.\n"
    "\n"
    "  show    when they were taken, what is in them, what could not be read;\n"
    "          --text prints the one of UPSTREAM as it is\n"
    "  diff    what the newest one changed against the one before; --bundle:\n"
    "          what importing bundles would change, without importing them\n"
    "          (exit status 4 if an import would refuse one)\n"
    "  report  who may read a package, or what a user may read, with the role\n"
    "          and the row of the decision table, as ferryd decides with the\n"
    "          group 'serve' of the same configuration\n"
    "  apply   make snapshots anew from what the upstreams said last and the\n"
    "          operator's file (option 'access'), without a network\n"
    "  hand-over\n"
    "          permissions are for the origin that brought an upstream first.\n"
    "          ORIGIN, whose key is trusted, or this store itself takes its\n"
    "          place: what its next bundle says counts, even if what is here\n"
    "          is newer.  For an origin that was made anew, or moved\n"
    "  prefer  over a package's name or a registry's host that several upstreams\n"
    "          have, the one that came first decides; these go before all others,\n"
    "          in this order\n";

/* Counts of a snapshot's records by kind, and its words. */
struct summary {
	json_t *counts, *notes, *operators;
};

static int
on_line(void *ctx, const char *kind, json_t *record, struct ferry_error *err)
{
	struct summary *s = ctx;
	json_int_t n = json_integer_value(json_object_get(s->counts, kind)) + 1;
	json_t *text = json_object_get(record, "text");

	if (strcmp(kind, "meta") == 0)
		return 0;
	if (strcmp(kind, "note") == 0)
		return ferry_json_push(s->notes, json_incref(text), err);
	if (strcmp(kind, "operator") == 0)
		return ferry_json_push(s->operators, json_incref(text), err);
	return ferry_json_set(s->counts, kind, json_integer(n), err);
}

static void
print_words(const char *title, const json_t *list)
{
	const json_t *text;
	size_t i;

	json_array_foreach (list, i, text)
		(void)printf("  %s%s\n", title, json_string_value(text));
}

static void
print_summary(const struct ferry_context *ctx, const char *upstream,
    uint64_t generation, int64_t taken_at, const struct summary *s)
{
	char at[FERRY_TIME_TEXT];
	const char *kind;
	json_t *n;

	if (ctx->json) {
		ferry_command_print(json_pack("{s:s,s:s,s:I,s:I,s:O,s:O,s:O}",
		    "event", "snapshot", "upstream", upstream, "generation",
		    (json_int_t)generation, "taken_at", (json_int_t)taken_at,
		    "counts", s->counts, "operators", s->operators, "notes",
		    s->notes));
		return;
	}
	(void)printf("%s: generation %" PRIu64 ", taken at %s\n", upstream,
	    generation, ferry_time_text(taken_at, at));
	json_object_foreach (s->counts, kind, n)
		(void)printf("  %7" JSON_INTEGER_FORMAT " %s\n",
		    json_integer_value(n), kind);
	print_words("signed off by ", s->operators);
	print_words("", s->notes);
}

/* One upstream: 1, 0 if it has no snapshot, -1. */
static int
show_one(struct ferry_context *ctx, struct ferry_store *st,
    const char *upstream, const json_t *record, struct ferry_error *err)
{
	struct summary s = { json_object(), json_array(), json_array() };
	struct ferry_buf text = FERRY_BUF_INIT;
	uint64_t generation, taken_at;
	int rc = -1;

	if (s.counts == NULL || s.notes == NULL || s.operators == NULL)
		ferry_error_set(err, FERRY_ENOMEM, "no memory");
	else if (ferry_json_u64(
		     record, "generation", INT64_MAX, &generation, err) == 0 &&
		 ferry_json_u64(
		     record, "taken_at", INT64_MAX, &taken_at, err) == 0 &&
		 (rc = ferry_snapshots_text(
		      st, upstream, FERRY_SNAPSHOT_NOW, &text, err)) == 1 &&
		 (rc = ferry_snapshot_lines(
		      ferry_bytes_buf(&text), on_line, &s, err)) == 0) {
		print_summary(ctx, upstream, generation, (int64_t)taken_at, &s);
		rc = 1;
	}
	ferry_buf_free(&text);
	json_decref(s.counts);
	json_decref(s.notes);
	json_decref(s.operators);
	return rc;
}

/* An upstream that only has one visibility. */
static void
show_plain(const struct ferry_context *ctx, const char *upstream,
    const char *visibility)
{

	if (ctx->json)
		ferry_command_print(
		    json_pack("{s:s,s:s,s:s?}", "event", "visibility",
			"upstream", upstream, "visibility", visibility));
	else
		(void)printf("%s: no permission snapshot; %s\n", upstream,
		    visibility == NULL ? "public, unless something here is not"
				       : visibility);
}

static int
show(struct ferry_context *ctx, struct ferry_store *st, const char *only,
    struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key, access;
	json_t *upstream = NULL, *record;
	bool any = false;
	int rc = -1, known;

	if (ferry_key_make(&prefix, err, "upstream", NULL) == -1 ||
	    ferry_catalog_iter_new(&it, st, &prefix, NULL, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, &upstream, err)) == 1) {
		const char *name = ferry_key_part(&key, 1);

		record = NULL;
		known = 0;
		if (only == NULL || strcmp(only, name) == 0) {
			any = true;
			known =
			    ferry_key_make(&access, err, "access", name, NULL);
			if (known == 0)
				known = ferry_catalog_get(
				    st, &access, &record, err);
			if (known == 0)
				show_plain(ctx, name,
				    json_string_value(json_object_get(
					upstream, "visibility")));
			else if (known == 1)
				known = show_one(ctx, st, name, record, err);
		}
		json_decref(record);
		json_decref(upstream);
		if (known == -1) {
			rc = -1;
			break;
		}
	}
	ferry_record_iter_free(it);
	if (rc == 0 && only != NULL && !any)
		return ferry_error_set(err, FERRY_ENOTFOUND,
		    "the store has no upstream '%s'", only);
	return rc;
}

static int
show_text(struct ferry_store *st, const char *upstream, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc;

	if (upstream == NULL)
		return ferry_error_set(
		    err, FERRY_EUSAGE, "--text needs an UPSTREAM");
	rc = ferry_snapshots_text(st, upstream, FERRY_SNAPSHOT_NOW, &text, err);
	if (rc == 0)
		rc = ferry_error_set(err, FERRY_ENOTFOUND,
		    "the store has no permission snapshot of '%s'", upstream);
	if (rc == 1)
		(void)fwrite(text.p, 1, text.n, stdout);
	ferry_buf_free(&text);
	return rc == -1 ? -1 : 0;
}

static int
show_any(struct ferry_context *ctx, const struct access_options *o,
    struct ferry_error *err)
{
	const char *upstream = ctx->argc > 2 ? ctx->argv[2] : NULL;
	struct ferry_store *st = NULL;
	int rc;

	if (ctx->argc > 3)
		return ferry_error_set(
		    err, FERRY_EUSAGE, "'show' takes one UPSTREAM");
	if (ferry_context_open(ctx, FERRY_STORE_READ, &st, err) == -1)
		return -1;
	rc = o->text ? show_text(st, upstream, err)
	             : show(ctx, st, upstream, err);
	ferry_store_close(st);
	return rc;
}

static int
dispatch(struct ferry_context *ctx, const struct access_options *o,
    struct ferry_error *err)
{
	const char *what = ctx->argc > 1 ? ctx->argv[1] : "show";

	if (strcmp(what, "show") == 0)
		return show_any(ctx, o, err);
	if (strcmp(what, "apply") == 0 && ctx->argc == 2)
		return ferry_access_apply(ctx, err);
	if (strcmp(what, "hand-over") == 0 && ctx->argc == 4)
		return ferry_access_hand_over(ctx, err);
	if (strcmp(what, "prefer") == 0 && ctx->argc > 2)
		return ferry_access_prefer(ctx, err);
	if (strcmp(what, "diff") == 0)
		return ferry_access_diff(ctx, o, err);
	if (strcmp(what, "report") == 0 && ctx->argc == 2)
		return ferry_access_report(ctx, o, err);
	return ferry_error_set(
	    err, FERRY_EUSAGE, "see 'ferry access --help' for its forms");
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	struct access_options o = { .text = false };
	const struct ferry_option options[] = {
		{ "text", FERRY_OPTION_FLAG, &o.text },
		{ "bundle", FERRY_OPTION_FLAG, &o.bundle },
		{ "package", FERRY_OPTION_VALUE, &o.package },
		{ "user", FERRY_OPTION_VALUE, &o.user },
		{ "upstream", FERRY_OPTION_VALUE, &o.upstream },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};

	return ferry_options(ctx, options, err) == -1 ? -1
	                                              : dispatch(ctx, &o, err);
}

const struct ferry_command ferry_command_access = { "access",
	"who may read what, and what changed", help, run };
