#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/access/policy.h"
#include "store/access/snapshots.h"
#include "store/access/user_token.h"
#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/store.h"
#include "sync/command/command_task.h"
#include "sync/command/package_arg.h"
#include "sync/command/user_arg.h"

static const char help[] =
    "usage: ferry explain --as LOGIN|--repository OWNER/REPO|--anonymous\n"
    "                     --package FORMAT:NAME [--action ACTION]\n"
    "                     [--upstream NAME] [--scopes LIST] [--job ROLE]\n"
    "\n"
    "Why somebody may or may not do something with a package: the rule of the\n"
    "decision table, and the records of the permission snapshot behind it, as\n"
    "ferryd decides with the group 'serve' of the same configuration.\n"
    "\n"
    "  --as LOGIN         a user, whose token has all scopes or --scopes\n"
    "  --repository NAME  a workflow of that repository, with the job's\n"
    "                     permission --job (write)\n"
    "  --anonymous        nobody\n"
    "  --package          such as npm:@acme/ui, oci:acme/tool or\n"
    "                     oci:ghcr.io/acme/tool; also of what is not mirrored\n"
    "                     (maven:com.acme:core)\n"
    "  --action           read (the default), publish, delete, restore\n"
    "  --upstream NAME    if several have it; else whose it is to clients\n"
    "                     that say no more than the name\n"
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
	enum ferry_need need;
	struct ferry_package_arg package;
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
	x->need = (enum ferry_need)i;
	return 0;
}

static int
read_claim(struct explained *x, struct ferry_store *st,
    const struct explain_options *o, struct ferry_error *err)
{
	struct ferry_claim *c = &x->claim;
	struct ferry_user_arg who;

	if ((o->as != NULL) + (o->repository != NULL) + o->anonymous != 1)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "name one of --as, --repository and --anonymous");
	(void)snprintf(x->who, sizeof(x->who), "nobody");
	if (o->anonymous)
		return 0;
	if ((o->as != NULL
		    ? ferry_user_arg_user(&who, st, o->upstream, o->as, err)
		    : ferry_user_arg_repository(
			  &who, st, o->upstream, o->repository, err)) == -1)
		return -1;
	ferry_user_arg_claim(&who, c);
	c->kind = o->as != NULL ? FERRY_CLAIM_USER : FERRY_CLAIM_WORKFLOW;
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

static void
on_record(void *ctx, const char *text)
{
	struct explained *x = ctx;

	(void)json_array_append_new(
	    x->records, ferry_json_text(ferry_bytes_str(text)));
}

static void
print_json(const struct explained *x, const struct ferry_snapshot_meta *m)
{

	ferry_command_print(json_pack(
	    "{s:s,s:b,s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:I,s:I,s:O}", "event",
	    "result", "allowed", x->result.ruling == FERRY_RULING_ALLOW, "rule",
	    x->result.row, "reason", x->result.reason, "role",
	    ferry_role_name(x->result.role), "who", x->who, "package",
	    x->package.name, "upstream", x->package.owner, "held",
	    x->package.held, "generation",
	    m == NULL ? 0 : (json_int_t)m->generation, "taken_at",
	    m == NULL ? 0 : (json_int_t)m->taken_at, "records", x->records));
}

static void
print_text(const struct explained *x, const struct ferry_snapshot_meta *m)
{
	const struct ferry_package_arg *p = &x->package;
	char at[FERRY_TIME_TEXT];
	json_t *record;
	size_t i;

	(void)printf("%s: %s %s %s by rule %s: %s (role %s)\n",
	    x->result.ruling == FERRY_RULING_ALLOW ? "allowed" : "refused",
	    x->who, p->type, p->name, x->result.row, x->result.reason,
	    ferry_role_name(x->result.role));
	json_array_foreach (x->records, i, record)
		(void)printf("  %s\n", json_string_value(record));
	if (m != NULL && m->generation > 0)
		(void)printf("  permission snapshot of '%s', generation "
			     "%" PRIu64 ", taken %s\n",
		    m->upstream, m->generation,
		    ferry_time_text(m->taken_at, at));
	if (!p->held)
		(void)printf("  the store does not have it%s%s: ferryd says "
			     "so, or asks for a credential\n",
		    p->owner[0] == 0 ? "" : " of upstream ", p->owner);
	if (p->first[0] != 0)
		(void)printf("  clients that say no more than the name get "
			     "the package of upstream %s\n",
		    p->first);
}

static int
explain(struct ferry_context *ctx, struct ferry_store *st,
    const struct explain_options *o, struct ferry_error *err)
{
	struct explained x = { .records = json_array() };
	const struct ferry_snapshot_meta *m;
	struct ferry_access_policy policy;
	struct ferry_snapshots *all = NULL;
	int rc = -1;

	if (read_action(&x, o->action == NULL ? "read" : o->action, err) ==
		-1 ||
	    ferry_context_policy(ctx, &policy, err) == -1 ||
	    ferry_snapshots_load(&all, st, err) == -1 ||
	    ferry_package_arg_find(
		&x.package, st, all, o->package, o->upstream, err) == -1 ||
	    read_claim(&x, st, o, err) == -1)
		goto out;
	ferry_snapshots_suspend(all, &x.claim);
	x.snapshot = ferry_access_rule(all, &policy,
	    &(struct ferry_access_question){ .claim = &x.claim,
		.format = x.package.format,
		.type = x.package.type,
		.owner = x.package.owner[0] == 0 ? NULL : x.package.owner,
		.package = x.package.name,
		.need = x.need },
	    &x.result, on_record, &x);
	m = x.snapshot == NULL ? NULL : ferry_snapshot_meta(x.snapshot);
	if (ctx->json)
		print_json(&x, m);
	else
		print_text(&x, m);
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
		    "unexpected argument '%s'; see 'ferry explain --help'",
		    ctx->argv[1]);
	if (ferry_context_open(ctx, FERRY_STORE_READ, &st, err) == 0)
		rc = explain(ctx, st, &o, err);
	ferry_store_close(st);
	return rc;
}

const struct ferry_command ferry_command_explain = { "explain",
	"why somebody may or may not read a package", help, run };
