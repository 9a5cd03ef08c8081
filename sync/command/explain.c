#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/access/current.h"
#include "store/access/user_token.h"
#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/format/format.h"
#include "store/store.h"
#include "sync/command/carrier.h"
#include "sync/command/who.h"

static const char help[] =
    "usage: ferry explain --as LOGIN|--repository OWNER/REPO|--anonymous\n"
    "                     --package FORMAT:NAME [--action ACTION]\n"
    "                     [--upstream NAME] [--scopes LIST] [--job ROLE]\n"
    "\n"
    "Why somebody may or may not do something with a package: the rule of the\n"
    "decision table, and the records of the permission snapshot behind it.\n"
    "\n"
    "  --as LOGIN         a user, whose token has all scopes or --scopes\n"
    "  --repository NAME  a workflow of that repository, with the job's\n"
    "                     permission --job (write)\n"
    "  --anonymous        nobody\n"
    "  --package          such as npm:@acme/ui, oci:acme/tool; also of what\n"
    "                     is not mirrored (maven:com.acme:core)\n"
    "  --action           read (the default), publish, delete, restore\n"
    "  --upstream NAME    if several have it\n"
    "\n"
    "Exit status: 0 allowed, 1 not.\n";

struct explain_options {
	const char *as, *repository, *package, *action, *upstream, *scopes,
	    *job;
	bool anonymous;
};

/* What is being explained. */
struct explained {
	struct ferry_claim claim;
	char who[300];
	char type[32];
	const char *name;
	struct ferry_ask ask;
	struct ferry_ruling_result result;
	const struct ferry_snapshot *snapshot;
	json_t *records;
};

static int
read_action(struct explained *x, const char *action, struct ferry_error *err)
{
	static const char *const names[] = { "read", "publish", "delete",
		"restore" };
	int i = 0;

	while (i < 4 && strcmp(names[i], action) != 0)
		i++;
	if (i == 4)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "--action takes read, publish, delete or restore");
	x->ask.need = (enum ferry_need)i;
	return 0;
}

static int
read_package(struct explained *x, const char *package, struct ferry_error *err)
{
	const char *colon = package == NULL ? NULL : strchr(package, ':');
	const struct ferry_format *format;
	struct ferry_bytes name;

	if (colon == NULL || colon == package ||
	    (size_t)(colon - package) >= sizeof(x->type))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "--package takes FORMAT:NAME, such as npm:@acme/ui");
	name = ferry_bytes_of(package, (size_t)(colon - package));
	format = ferry_format_find(name);
	(void)snprintf(x->type, sizeof(x->type), "%.*s",
	    format == NULL ? (int)name.n : (int)sizeof(x->type) - 1,
	    format == NULL ? package : format->type);
	x->name = colon + 1;
	x->ask.type = x->type;
	x->ask.name = x->name;
	x->ask.public_needs_login = format == NULL || !format->anonymous;
	return 0;
}

static int
read_claim(struct explained *x, struct ferry_store *st,
    const struct explain_options *o, struct ferry_error *err)
{
	struct ferry_claim *c = &x->claim;
	struct ferry_who who;

	if ((o->as != NULL) + (o->repository != NULL) + o->anonymous != 1)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "name one of --as, --repository and --anonymous");
	(void)snprintf(x->who, sizeof(x->who), "nobody");
	if (o->anonymous)
		return 0;
	if ((o->as != NULL ? ferry_who_user(&who, st, o->upstream, o->as, err)
			   : ferry_who_repository(&who, st, o->upstream,
				 o->repository, err)) == -1)
		return -1;
	c->kind = o->as != NULL ? FERRY_CLAIM_USER : FERRY_CLAIM_WORKFLOW;
	memcpy(c->realm, who.realm, sizeof(c->realm));
	c->scopes = FERRY_SCOPE_READ | FERRY_SCOPE_WRITE | FERRY_SCOPE_DELETE;
	c->job = FERRY_WRITE;
	if (o->as != NULL)
		c->user = who.number;
	else
		c->repo = who.number;
	(void)snprintf(x->who, sizeof(x->who), "%s%s",
	    o->as != NULL ? "" : "workflows of ", who.name);
	if (o->scopes != NULL &&
	    ferry_scopes_parse(&c->scopes, o->scopes, err) == -1)
		return -1;
	if (o->job != NULL && ferry_role_parse(&c->job, o->job) == -1)
		return ferry_error_set(
		    err, FERRY_EUSAGE, "--job takes none, read or write");
	return 0;
}

/* The snapshot that knows the package, or the one that is named. */
static const struct ferry_snapshot *
find_snapshot(const struct ferry_snapshots *all, const struct explained *x,
    const char *upstream)
{
	const struct ferry_snapshot *found = NULL;

	for (size_t i = 0; i < ferry_snapshots_count(all); i++) {
		const struct ferry_snapshot *s = ferry_snapshots_at(all, i);

		if (upstream != NULL &&
		    strcmp(ferry_snapshot_meta(s)->upstream, upstream) == 0)
			return s;
		if (upstream == NULL &&
		    (found == NULL ||
			ferry_snapshot_package(s, x->type, x->name) != NULL))
			found = s;
	}
	return found;
}

static void
on_record(void *ctx, const char *text)
{
	struct explained *x = ctx;

	(void)json_array_append_new(
	    x->records, ferry_json_text(ferry_bytes_str(text)));
}

static void
print(const struct ferry_context *ctx, const struct explained *x)
{
	const struct ferry_snapshot_meta *m =
	    x->snapshot == NULL ? NULL : ferry_snapshot_meta(x->snapshot);
	bool allowed = x->result.ruling == FERRY_RULING_ALLOW;
	char at[FERRY_TIME_TEXT];
	json_t *record;
	size_t i;

	if (ctx->json) {
		ferry_carrier_print(json_pack(
		    "{s:s,s:b,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:O}", "event",
		    "result", "allowed", allowed, "rule", x->result.row,
		    "reason", x->result.reason, "role",
		    ferry_role_name(x->result.role), "who", x->who, "package",
		    x->name, "upstream", m == NULL ? "" : m->upstream,
		    "generation", m == NULL ? 0 : (json_int_t)m->generation,
		    "taken_at", m == NULL ? 0 : (json_int_t)m->taken_at,
		    "records", x->records));
		return;
	}
	(void)printf("%s: %s %s %s by rule %s: %s (role %s)\n",
	    allowed ? "allowed" : "refused", x->who, x->type, x->name,
	    x->result.row, x->result.reason, ferry_role_name(x->result.role));
	json_array_foreach (x->records, i, record)
		(void)printf("  %s\n", json_string_value(record));
	if (m != NULL && m->generation > 0)
		(void)printf("  permission snapshot of '%s', generation "
			     "%" PRIu64 ", taken %s\n",
		    m->upstream, m->generation,
		    ferry_time_text(m->taken_at, at));
}

static int
explain(struct ferry_context *ctx, struct ferry_store *st,
    const struct explain_options *o, struct ferry_error *err)
{
	struct explained x = { .records = json_array() };
	struct ferry_snapshots *all = NULL;
	int rc = -1;

	if (read_action(&x, o->action == NULL ? "read" : o->action, err) ==
		-1 ||
	    read_package(&x, o->package, err) == -1 ||
	    read_claim(&x, st, o, err) == -1 ||
	    ferry_snapshots_load(&all, st, err) == -1)
		goto out;
	x.snapshot = find_snapshot(all, &x, o->upstream);
	if (x.snapshot != NULL && !ferry_snapshot_meta(x.snapshot)->github)
		x.ask.public_needs_login = false;
	ferry_rules(x.snapshot, &x.claim, &x.ask, &x.result, on_record, &x);
	print(ctx, &x);
	rc = x.result.ruling == FERRY_RULING_ALLOW ? FERRY_EXIT_OK
	                                           : FERRY_EXIT_FAILED;
out:
	ferry_snapshots_free(all);
	json_decref(x.records);
	return rc;
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	struct explain_options o = { 0 };
	const struct ferry_option options[] = {
		{ "as", FERRY_OPTION_VALUE, &o.as },
		{ "repository", FERRY_OPTION_VALUE, &o.repository },
		{ "anonymous", FERRY_OPTION_FLAG, &o.anonymous },
		{ "package", FERRY_OPTION_VALUE, &o.package },
		{ "action", FERRY_OPTION_VALUE, &o.action },
		{ "upstream", FERRY_OPTION_VALUE, &o.upstream },
		{ "scopes", FERRY_OPTION_VALUE, &o.scopes },
		{ "job", FERRY_OPTION_VALUE, &o.job },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct ferry_store *st = NULL;
	int rc = -1;

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	if (ctx->argc > 1)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "'%s' is too much; see 'ferry explain --help'",
		    ctx->argv[1]);
	if (ferry_context_open(ctx, false, &st, err) == 0)
		rc = explain(ctx, st, &o, err);
	ferry_store_close(st);
	return rc;
}

const struct ferry_command ferry_command_explain = { "explain",
	"why somebody may or may not read a package", help, run };
