#include "store/access/rules.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "store/access/people.h"

/* Teams of one user, with those above: more are ignored, which denies. */
#define TEAMS_MAX 512

/* One evaluation. */
struct ruling {
	const struct ferry_snapshot *s;
	const struct ferry_claim *claim;
	const struct ferry_ask *ask;
	struct ferry_ruling_result *out;
	const struct ferry_snapshot_package *package; /* NULL: no record */
	const struct ferry_snapshot_owner *owner; /* of the package */
	const struct ferry_snapshot_repo *repo; /* linked, or NULL */
	const struct ferry_snapshot_user *user; /* the client, if it is known */
	ferry_on_record *on_record;
	void *ctx;
};

static void told(const struct ruling *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void
told(const struct ruling *r, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	if (r->on_record == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->on_record(r->ctx, text);
}

static void
end(struct ruling *r, enum ferry_ruling ruling, const char *row,
    const char *reason)
{

	r->out->ruling = ruling;
	r->out->row = row;
	r->out->reason = reason;
}

static enum ferry_role
needed(enum ferry_need need)
{

	switch (need) {
	case FERRY_NEED_READ:
		return FERRY_READ;
	case FERRY_NEED_PUBLISH:
		return FERRY_WRITE;
	case FERRY_NEED_DELETE:
	case FERRY_NEED_RESTORE:
		break;
	}
	return FERRY_ADMIN;
}

/* write:packages contains read:packages. */
static bool
scopes_suffice(unsigned scopes, enum ferry_need need)
{
	bool writes = (scopes & FERRY_SCOPE_WRITE) != 0;
	bool reads = writes || (scopes & FERRY_SCOPE_READ) != 0;

	switch (need) {
	case FERRY_NEED_READ:
		return reads;
	case FERRY_NEED_PUBLISH:
		return writes;
	case FERRY_NEED_DELETE:
		return reads && (scopes & FERRY_SCOPE_DELETE) != 0;
	case FERRY_NEED_RESTORE:
		break;
	}
	return writes;
}

/* A better role, if it is one, by row. */
static void
offer(struct ruling *r, enum ferry_role role, const char *row)
{

	if (role > r->out->role) {
		r->out->role = role;
		r->out->row = row;
	}
}

static enum ferry_role
best(enum ferry_role a, enum ferry_role b)
{

	return a > b ? a : b;
}

/* What a package's own visibility is: of a repository-scoped one, its
 * repository's. */
static enum ferry_visibility
visibility(const struct ruling *r)
{

	if (r->package == NULL)
		return r->s == NULL || ferry_snapshot_meta(r->s)->github
		           ? FERRY_PRIVATE
		           : ferry_snapshot_meta(r->s)->visibility;
	if (!r->package->granular && r->repo != NULL)
		return r->repo->visibility;
	return r->package->visibility;
}

static bool
in_enterprise_of(const struct ruling *r, const struct ferry_snapshot_owner *o)
{

	return o != NULL && r->user != NULL &&
	       (ferry_snapshot_membership(r->s, o->id, r->user->id) >=
		       FERRY_MEMBER ||
		   (o->enterprise != 0 && ferry_snapshot_in_enterprise(r->s,
					      o->enterprise, r->user->id)));
}

/* Grants to a user and to its teams. */
static enum ferry_role
granted(const struct ruling *r, enum ferry_grant_of to_user,
    enum ferry_grant_of to_team, uint64_t what, const char *called)
{
	uint64_t teams[TEAMS_MAX];
	enum ferry_role role =
	    ferry_snapshot_grant(r->s, to_user, what, r->user->id);
	size_t n;

	if (role > FERRY_NO_ROLE)
		told(r, "%s: user %s has %s", called, r->user->login,
		    ferry_role_name(role));
	ferry_snapshot_teams(r->s, r->user->id, teams, TEAMS_MAX, &n);
	for (size_t i = 0; i < n; i++) {
		enum ferry_role g =
		    ferry_snapshot_grant(r->s, to_team, what, teams[i]);
		const struct ferry_snapshot_team *t =
		    ferry_snapshot_team(r->s, teams[i]);

		if (g > FERRY_NO_ROLE)
			told(r, "%s: team %s has %s", called,
			    t == NULL ? "?" : t->slug, ferry_role_name(g));
		role = best(role, g);
	}
	return role;
}

/* Section 2.3: what the user may do in a repository. */
static enum ferry_role
repository_role(const struct ruling *r, const struct ferry_snapshot_repo *repo)
{
	const struct ferry_snapshot_owner *o =
	    ferry_snapshot_owner(r->s, repo->owner);
	enum ferry_role role;
	char called[300];

	(void)snprintf(called, sizeof(called), "repository %s/%s",
	    o == NULL ? "?" : o->login, repo->name);
	role = granted(
	    r, FERRY_GRANT_REPO_USER, FERRY_GRANT_REPO_TEAM, repo->id, called);
	if (o != NULL) {
		role = best(role, granted(r, FERRY_GRANT_OWNER_USER,
				      FERRY_GRANT_OWNER_TEAM, o->id, o->login));
		if (ferry_snapshot_membership(r->s, o->id, r->user->id) ==
			FERRY_MEMBER &&
		    o->base > FERRY_NO_ROLE) {
			told(r, "owner %s: members have %s", o->login,
			    ferry_role_name(o->base));
			role = best(role, o->base);
		}
	}
	if (repo->visibility == FERRY_PUBLIC ||
	    (repo->visibility == FERRY_INTERNAL && in_enterprise_of(r, o))) {
		told(r, "%s is %s", called,
		    ferry_visibility_name(repo->visibility));
		role = best(role, FERRY_READ);
	}
	return role;
}

/* Whoever owns the package, or its organization. */
static bool
is_owner(const struct ruling *r)
{
	const struct ferry_snapshot_owner *o = r->owner;

	if (o == NULL)
		return false;
	if (!o->organization)
		return o->id == r->user->id;
	return ferry_snapshot_membership(r->s, o->id, r->user->id) ==
	       FERRY_OWNS;
}

/* D11 to D13: what the user was given. */
static void
user_roles(struct ruling *r)
{
	const struct ferry_snapshot_package *p = r->package;
	bool inherits = !p->granular || p->inherits == FERRY_INHERITS;

	if (is_owner(r)) {
		told(r, "user %s owns %s", r->user->login, r->owner->login);
		offer(r, FERRY_ADMIN, "D11");
	}
	if (inherits && r->repo != NULL)
		offer(r, repository_role(r, r->repo), "D12");
	if (p->granular && !inherits)
		offer(r,
		    granted(r, FERRY_GRANT_PACKAGE_USER,
			FERRY_GRANT_PACKAGE_TEAM, p->id, p->name),
		    "D13");
}

/* By the grants of names of a plain registry. */
static enum ferry_role
name_role(const struct ruling *r)
{
	const char *pattern = "";
	enum ferry_role role = ferry_snapshot_name_grant(
	    r->s, r->ask->type, r->ask->name, r->user->id, &pattern);

	if (role > FERRY_NO_ROLE)
		told(r, "grant of '%s': user %s has %s", pattern,
		    r->user->login, ferry_role_name(role));
	return role;
}

/* S1, S2: what this site adds.  Its word does not age as the snapshot does. */
static void
site_rules(struct ruling *r, enum ferry_visibility v)
{
	const struct ferry_people_ask ask = {
		.upstream = ferry_snapshot_meta(r->s)->upstream,
		.type = r->ask->type,
		.package = r->ask->name,
		.on_record = r->on_record,
		.ctx = r->ctx,
	};

	if (ferry_snapshot_meta(r->s)->closed)
		return;
	offer(r, ferry_people_role(r->ask->people, r->claim, &ask), "S1");
	if (v == FERRY_INTERNAL && !ferry_snapshot_meta(r->s)->github &&
	    strcmp(r->claim->realm, FERRY_REALM_SITE) == 0) {
		told(r,
		    "it is internal, and user %s has an account of this "
		    "site",
		    r->claim->login);
		offer(r, FERRY_READ, "S2");
	}
}

static void
user_rules(struct ruling *r)
{
	enum ferry_visibility v = visibility(r);
	const struct ferry_snapshot_meta *m = ferry_snapshot_meta(r->s);

	r->user = ferry_people_user(r->ask->people, r->s, r->claim);
	if (r->user != NULL)
		told(r, "user %s, number %" PRIu64 "%s", r->user->login,
		    r->user->id, r->user->suspended ? ", suspended" : "");
	if (r->user != NULL && r->user->suspended) {
		r->user = NULL;
		return;
	}
	if (v == FERRY_PUBLIC)
		offer(r, FERRY_READ, "D14");
	if (r->user != NULL && !r->ask->stale) {
		if (r->package != NULL)
			user_roles(r);
		offer(r, name_role(r), "D13");
		/* A plain registry's "internal" is everybody who has an account
		 * here. */
		if (v == FERRY_INTERNAL &&
		    (m->github ? in_enterprise_of(r, r->owner) : true))
			offer(r, FERRY_READ, "D15");
	}
	site_rules(r, v);
}

/* Whether the workflow's repository W is in the enterprise of the package. */
static bool
same_enterprise(const struct ruling *r, const struct ferry_snapshot_repo *w)
{
	const struct ferry_snapshot_owner *o =
	    ferry_snapshot_owner(r->s, w->owner);

	return o != NULL && r->owner != NULL &&
	       (o->id == r->owner->id ||
		   (o->enterprise != 0 &&
		       o->enterprise == r->owner->enterprise));
}

static void
workflow_rules(struct ruling *r)
{
	const struct ferry_snapshot_meta *m = ferry_snapshot_meta(r->s);
	const struct ferry_snapshot_package *p = r->package;
	const struct ferry_snapshot_repo *w = NULL;
	enum ferry_visibility v = visibility(r);
	enum ferry_role entry;

	if (strcmp(r->claim->realm, m->realm) == 0)
		w = ferry_snapshot_repo(r->s, r->claim->repo);
	if (v == FERRY_PUBLIC)
		offer(r, FERRY_READ, "D7");
	if (w == NULL || p == NULL || r->ask->stale)
		return;
	told(r, "workflow of repository %s, job permission %s", w->name,
	    ferry_role_name(r->claim->job));
	if (v == FERRY_INTERNAL && same_enterprise(r, w))
		offer(r, FERRY_READ, "D8");
	entry =
	    ferry_snapshot_grant(r->s, FERRY_GRANT_PACKAGE_REPO, p->id, w->id);
	if (entry > FERRY_NO_ROLE)
		told(r, "Actions access of %s: repository %s has %s", p->name,
		    w->name, ferry_role_name(entry));
	if (!p->granular) {
		if (p->repo == w->id)
			offer(r,
			    r->claim->job == FERRY_ADMIN ? FERRY_WRITE
							 : r->claim->job,
			    "D9");
		if (p->repo == w->id && entry == FERRY_ADMIN &&
		    r->claim->job >= FERRY_WRITE)
			offer(r, FERRY_ADMIN, "D9");
		return;
	}
	if (p->inherits == FERRY_INHERITS && p->repo == w->id)
		entry = best(entry, FERRY_WRITE);
	/* The job's permission is the ceiling; "write" is its highest. */
	if (r->claim->job < FERRY_WRITE && entry > r->claim->job)
		entry = r->claim->job;
	offer(r, entry, "D10");
}

static const char *const lacking[] = {
	[FERRY_NEED_READ] = "the token lacks the scope read:packages",
	[FERRY_NEED_PUBLISH] = "the token lacks the scope write:packages",
	[FERRY_NEED_DELETE] =
	    "the token lacks one of the scopes read:packages, delete:packages",
	[FERRY_NEED_RESTORE] = "the token lacks the scope write:packages",
};

/* D1 to D6, which end the evaluation.  Returns whether one did. */
static bool
credential_rules(struct ruling *r)
{
	const struct ferry_snapshot_meta *m =
	    r->s == NULL ? NULL : ferry_snapshot_meta(r->s);

	switch (r->claim->kind) {
	case FERRY_CLAIM_BAD:
		end(r, FERRY_RULING_BAD, "D1",
		    "the credential is invalid, expired or revoked");
		return true;
	case FERRY_CLAIM_SUSPENDED:
		end(r, FERRY_RULING_BAD, "D1", "the account is suspended");
		return true;
	case FERRY_CLAIM_NONE:
		if (r->ask->need == FERRY_NEED_READ &&
		    visibility(r) == FERRY_PUBLIC && m != NULL &&
		    !m->private_mode && !r->ask->public_needs_login) {
			r->out->role = FERRY_READ;
			end(r, FERRY_RULING_ALLOW, "D2",
			    "it is public, and no login is needed");
		} else {
			end(r, FERRY_RULING_LOGIN, "D3",
			    "a credential is needed");
		}
		return true;
	case FERRY_CLAIM_FINE:
		end(r, FERRY_RULING_SCOPE, "D4",
		    "fine-grained tokens open no package registry");
		return true;
	case FERRY_CLAIM_USER:
		if (scopes_suffice(r->claim->scopes, r->ask->need))
			return false;
		end(r, FERRY_RULING_SCOPE, "D5", lacking[r->ask->need]);
		return true;
	case FERRY_CLAIM_WORKFLOW:
		if (r->claim->job > FERRY_NO_ROLE)
			return false;
		end(r, FERRY_RULING_SCOPE, "D6",
		    "the job has no permission for packages");
		return true;
	}
	return false;
}

static void
find_package(struct ruling *r)
{

	if (r->s == NULL)
		return;
	r->package = ferry_snapshot_package(r->s, r->ask->type, r->ask->name);
	if (r->package == NULL)
		return;
	r->owner = ferry_snapshot_owner(r->s, r->package->owner);
	if (r->package->repo != 0)
		r->repo = ferry_snapshot_repo(r->s, r->package->repo);
	if (r->ask->stale)
		told(r, "the permission snapshot is older than the server "
			"takes: only what is public may be read");
	told(r, "package %s %s: %s, %s%s%s", r->package->type, r->package->name,
	    ferry_visibility_name(visibility(r)),
	    r->repo == NULL ? "not linked" : "linked to repository ",
	    r->repo == NULL ? "" : r->repo->name,
	    !r->package->granular ? ", permissions of the repository"
	    : r->package->inherits == FERRY_INHERITS ? ", inherits access"
	    : r->package->inherits == FERRY_INHERITS_NO
		? ", own permissions"
		: ", inheritance unknown");
}

void
ferry_rules(const struct ferry_snapshot *s, const struct ferry_claim *claim,
    const struct ferry_ask *ask, struct ferry_ruling_result *out,
    ferry_on_record *on_record, void *ctx)
{
	struct ruling r = { .s = s,
		.claim = claim,
		.ask = ask,
		.out = out,
		.on_record = on_record,
		.ctx = ctx };

	*out = (struct ferry_ruling_result){ FERRY_RULING_ROLE, "D16",
		"nothing that is known allows it", FERRY_NO_ROLE };
	find_package(&r);
	if (credential_rules(&r) || s == NULL)
		return;
	if (claim->kind == FERRY_CLAIM_USER)
		user_rules(&r);
	else
		workflow_rules(&r);
	if (out->role >= needed(ask->need)) {
		end(&r, FERRY_RULING_ALLOW, out->row, "the role suffices");
		return;
	}
	if (ferry_snapshot_meta(s)->github && r.package == NULL &&
	    out->role == FERRY_NO_ROLE)
		end(&r, FERRY_RULING_ABSENT, "D16",
		    "the permission snapshot has no such package");
	else
		end(&r, FERRY_RULING_ROLE, "D16",
		    out->role == FERRY_NO_ROLE
			? "nothing that is known allows it"
			: "the role does not suffice");
}

enum ferry_role
ferry_rules_repository(const struct ferry_snapshot *s,
    const struct ferry_people *people, const struct ferry_claim *claim,
    const struct ferry_snapshot_repo *repo)
{
	struct ruling r = { .s = s, .claim = claim };
	bool public = repo->visibility == FERRY_PUBLIC;

	if (claim->kind == FERRY_CLAIM_WORKFLOW && claim->repo == repo->id &&
	    strcmp(claim->realm, ferry_snapshot_meta(s)->realm) == 0)
		return FERRY_READ;
	if (claim->kind == FERRY_CLAIM_USER)
		r.user = ferry_people_user(people, s, claim);
	if (r.user == NULL || r.user->suspended)
		return public ? FERRY_READ : FERRY_NO_ROLE;
	r.owner = ferry_snapshot_owner(s, repo->owner);
	return is_owner(&r) ? FERRY_ADMIN : repository_role(&r, repo);
}
