/* `ferry access report`: who may read a package; what a user may read. */

#include <stdio.h>
#include <string.h>

#include "store/access/people.h"
#include "store/access/policy.h"
#include "store/access/snapshots.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/format/format.h"
#include "store/store.h"
#include "sync/command/access.h"
#include "sync/command/command_task.h"
#include "sync/command/package_arg.h"
#include "sync/command/user_arg.h"

struct report {
	struct ferry_context *ctx;
	struct ferry_store *st;
	struct ferry_snapshots *all;
	const char *only; /* an upstream, or NULL */
	struct ferry_access_policy policy;
	uint64_t rows;
};

/* What one user may do with one package. */
static bool
decide(const struct report *r, const struct ferry_snapshot *s,
    const struct ferry_format *format, const char *name,
    const struct ferry_claim *claim, struct ferry_ruling_result *result)
{
	struct ferry_claim settled = *claim;

	ferry_snapshots_suspend(r->all, &settled);
	(void)ferry_access_rule(r->all, &r->policy,
	    &(struct ferry_access_question){ .claim = &settled,
		.format = format,
		.type = format->github.name,
		.owner = ferry_snapshot_meta(s)->upstream,
		.package = name,
		.need = FERRY_NEED_READ },
	    result, NULL, NULL);
	return result->ruling == FERRY_RULING_ALLOW;
}

/* who: a login, or what stands for several. */
static void
print(struct report *r, const char *upstream, const char *format,
    const char *name, const char *who, bool user,
    const struct ferry_ruling_result *result)
{

	r->rows++;
	if (r->ctx->json)
		ferry_command_print(json_pack(
		    "{s:s,s:s,s:s,s:s,s:s?,s:s?,s:s,s:s,s:s}", "event",
		    "access", "upstream", upstream, "format", format, "package",
		    name, "user", user ? who : NULL, "everybody",
		    user ? NULL : who, "role", ferry_role_name(result->role),
		    "rule", result->row, "reason", result->reason));
	else
		(void)printf("%s%-*s %-6s %-4s %s:%s of %s\n", user ? "" : "* ",
		    user ? 24 : 22, who, ferry_role_name(result->role),
		    result->row, format, name, upstream);
}

static struct ferry_claim
claim_of(const struct ferry_snapshot *s, uint64_t user)
{
	struct ferry_claim claim = { .kind = FERRY_CLAIM_USER,
		.scopes = FERRY_SCOPE_READ,
		.user = user };

	(void)snprintf(claim.realm, sizeof(claim.realm), "%s",
	    ferry_snapshot_meta(s)->realm);
	return claim;
}

/* A package */

/* This site's own users, as far as its file lists them. */
static void
report_people(struct report *r, const struct ferry_snapshot *s,
    const struct ferry_format *format, const char *name)
{
	const struct ferry_people *people = ferry_snapshots_people(r->all);
	struct ferry_ruling_result result;
	struct ferry_claim claim;

	for (size_t i = 0; ferry_people_at(people, i, &claim); i++) {
		char who[sizeof(claim.login) + sizeof("site:")];

		(void)snprintf(who, sizeof(who), "site:%s", claim.login);
		if (decide(r, s, format, name, &claim, &result))
			print(r, ferry_snapshot_meta(s)->upstream, format->name,
			    name, who, true, &result);
	}
}

static void
report_users(struct report *r, const struct ferry_snapshot *s,
    const struct ferry_format *format, const char *name)
{
	const char *upstream = ferry_snapshot_meta(s)->upstream;
	const struct ferry_claim nobody = { .kind = FERRY_CLAIM_NONE };
	const struct ferry_claim stranger = { .kind = FERRY_CLAIM_USER,
		.scopes = FERRY_SCOPE_READ };
	struct ferry_ruling_result result;

	if (decide(r, s, format, name, &nobody, &result))
		print(
		    r, upstream, format->name, name, "anybody", false, &result);
	else if (decide(r, s, format, name, &stranger, &result))
		print(r, upstream, format->name, name, "any account", false,
		    &result);
	for (size_t i = 0; i < ferry_snapshot_users(s); i++) {
		const struct ferry_snapshot_user *u =
		    ferry_snapshot_user_at(s, i);
		struct ferry_claim claim = claim_of(s, u->id);

		if (decide(r, s, format, name, &claim, &result))
			print(r, upstream, format->name, name, u->login, true,
			    &result);
	}
	report_people(r, s, format, name);
}

/* What those who read the rows should know of it. */
static void
print_notes(const struct report *r, const struct ferry_package_arg *w)
{

	if (r->ctx->json)
		return;
	if (!w->held)
		(void)printf("(the store does not have %s:%s of upstream %s)\n",
		    w->format->name, w->name, w->owner);
	if (w->first[0] != 0)
		(void)printf("(clients that say no more than the name get the "
			     "package of upstream %s)\n",
		    w->first);
}

/* Of one upstream: 1 if it has it, or knows of it; 0; -1. */
static int
report_one(struct report *r, const struct ferry_snapshot *s, const char *spec,
    struct ferry_error *err)
{
	const struct ferry_snapshot_package *p;
	struct ferry_package_arg w;

	if (ferry_package_arg_find(&w, r->st, r->all, spec,
		ferry_snapshot_meta(s)->upstream, err) == -1)
		return -1;
	p = ferry_snapshot_package(s, w.type, w.name);
	if (!w.held && (p == NULL || strcmp(p->name, w.name) != 0))
		return 0;
	report_users(r, s, w.format, w.name);
	print_notes(r, &w);
	return 1;
}

static int
report_package(struct report *r, const char *spec, struct ferry_error *err)
{
	char plain[FERRY_PACKAGE_ARG_NAME + 40];
	struct ferry_package_arg w;
	bool host;
	int found = 0, rc = 0;

	if (ferry_package_arg_find(&w, r->st, r->all, spec, r->only, err) == -1)
		return -1;
	if (w.format == NULL)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "packages of '%s' are not served by this ferry", w.type);
	/* HOST/NAME is of one upstream. */
	host = strcmp(strchr(spec, ':') + 1, w.name) != 0;
	(void)snprintf(plain, sizeof(plain), "%s:%s", w.format->name, w.name);
	for (size_t i = 0; i < ferry_snapshots_count(r->all); i++) {
		const struct ferry_snapshot *s = ferry_snapshots_at(r->all, i);
		const char *upstream = ferry_snapshot_meta(s)->upstream;

		if ((r->only != NULL && strcmp(r->only, upstream) != 0) ||
		    (host && strcmp(w.owner, upstream) != 0))
			continue;
		if ((rc = report_one(r, s, plain, err)) == -1)
			return -1;
		found += rc;
	}
	return found > 0 ? 0
	                 : ferry_error_set(err, FERRY_ENOTFOUND,
			       "there is no package '%.200s' here", spec);
}

/* A user */

static int
report_user(struct report *r, const char *login, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	struct ferry_ruling_result result;
	struct ferry_user_arg who;
	struct ferry_claim claim;
	int rc;

	if (ferry_user_arg_user(&who, r->st, r->only, login, err) == -1 ||
	    ferry_key_make(&prefix, err, "package", NULL) == -1 ||
	    ferry_catalog_iter_new(&it, r->st, &prefix, NULL, err) == -1)
		return -1;
	ferry_user_arg_claim(&who, &claim);
	while ((rc = ferry_record_iter_next(it, &key, NULL, err)) == 1) {
		const char *name = ferry_key_part(&key, 2);
		const char *upstream = ferry_key_part(&key, 3);
		const struct ferry_format *format =
		    ferry_format_find(ferry_bytes_str(ferry_key_part(&key, 1)));
		const struct ferry_snapshot *s =
		    ferry_snapshots_find(r->all, upstream);

		if (s != NULL && format != NULL &&
		    decide(r, s, format, name, &claim, &result))
			print(r, upstream, format->name, name, who.name, true,
			    &result);
	}
	ferry_record_iter_free(it);
	return rc;
}

int
ferry_access_report(struct ferry_context *ctx, const struct access_options *o,
    struct ferry_error *err)
{
	struct report r = { .ctx = ctx, .only = o->upstream };
	int rc = -1;

	if ((o->package == NULL) == (o->user == NULL))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "name either --package or --user; see 'ferry access "
		    "--help'");
	if (ferry_context_policy(ctx, &r.policy, err) == -1 ||
	    ferry_context_open(ctx, FERRY_STORE_READ, &r.st, err) == -1)
		return -1;
	if (ferry_snapshots_load(&r.all, r.st, err) == 0)
		rc = o->package != NULL ? report_package(&r, o->package, err)
		                        : report_user(&r, o->user, err);
	ferry_snapshots_free(r.all);
	ferry_store_close(r.st);
	if (rc == -1)
		return -1;
	if (ctx->json)
		ferry_command_print(json_pack("{s:s,s:I}", "event", "result",
		    "rows", (json_int_t)r.rows));
	else if (r.rows == 0)
		(void)printf("%s\n", o->package != NULL
					 ? "nobody may read it"
					 : "may read nothing that is here");
	return 0;
}
