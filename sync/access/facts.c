#include "sync/access/facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/access/snapshot.h"
#include "store/access/snapshot_write.h"
#include "store/base/json.h"
#include "store/format/npm.h"
#include "store/format/oci.h"

/* Somebody in a team's list, which has those of the teams below as well. */
struct pair {
	uint64_t team, user;
	bool below; /* is in a team below this one */
};
struct team {
	uint64_t id, parent;
};
struct owner {
	struct ferry_facts_owner account;
	enum ferry_role base;
};

struct ferry_facts {
	struct ferry_snapshot_writer writer;
	bool granular_npm;
	uint64_t enterprise;
	struct owner *owners;
	size_t owners_n, owners_cap;
	struct team *teams;
	size_t teams_n, teams_cap;
	struct pair *pairs;
	size_t pairs_n, pairs_cap;
	json_t *repos; /* by number: a record; lists win over links */
};

/* Members of items */

static int
number(
    const json_t *o, const char *name, uint64_t *out, struct ferry_error *err)
{

	if (ferry_json_u64(o, name, INT64_MAX, out, err) == -1)
		return -1;
	if (*out == 0)
		return ferry_error_set(err, FERRY_EFORMAT, "\"%s\" is 0", name);
	return 0;
}

/* Names reach terminals, logs and headers. */
static int
name(const json_t *o, const char *member, const char **out,
    struct ferry_error *err)
{

	if (ferry_json_str(o, member, out, err) == -1)
		return -1;
	if (**out == 0 || strlen(*out) >= FERRY_FACTS_LOGIN)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "\"%s\" is empty or longer than %d bytes", member,
		    FERRY_FACTS_LOGIN - 1);
	for (const char *p = *out; *p != 0; p++)
		if ((unsigned char)*p <= 0x20 || *p == 0x7f)
			return ferry_error_set(err, FERRY_EFORMAT,
			    "\"%s\" has blanks or control characters", member);
	return 0;
}

static int
visibility(const json_t *o, const char **out, struct ferry_error *err)
{
	enum ferry_visibility v;

	if (ferry_json_str_opt(o, "visibility",
		json_is_false(json_object_get(o, "private")) ? "public"
							     : "private",
		out, err) == -1)
		return -1;
	if (ferry_visibility_parse(&v, *out) == -1)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "'%.40s' is no visibility", *out);
	return 0;
}

/* A custom role is its base, which the booleans tell. */
static enum ferry_role
role_of(const json_t *item)
{
	const json_t *p = json_object_get(item, "permissions");
	enum ferry_role role = FERRY_NO_ROLE;
	const char *word;

	if (json_is_object(p)) {
		if (json_is_true(json_object_get(p, "admin")))
			return FERRY_ADMIN;
		if (json_is_true(json_object_get(p, "maintain")) ||
		    json_is_true(json_object_get(p, "push")))
			return FERRY_WRITE;
		return json_is_true(json_object_get(p, "triage")) ||
		               json_is_true(json_object_get(p, "pull"))
		           ? FERRY_READ
		           : FERRY_NO_ROLE;
	}
	word = json_string_value(json_object_get(item, "role_name"));
	if (word == NULL)
		word = json_string_value(json_object_get(item, "permission"));
	if (word != NULL)
		(void)ferry_role_parse(&role, word);
	return role;
}

static json_t *
line(const char *kind)
{

	return json_pack("{s:s}", "kind", kind);
}

/* Members are set in the order that the README has. */
static void
set_number(json_t *record, const char *member, uint64_t value)
{

	(void)json_object_set_new(
	    record, member, json_integer((json_int_t)value));
}

static void
set_text(json_t *record, const char *member, const char *value)
{

	(void)json_object_set_new(record, member, json_string(value));
}

static int
add_user(struct ferry_facts *f, const json_t *item, uint64_t *id,
    struct ferry_error *err)
{
	json_t *record;
	const char *login;

	if (number(item, "id", id, err) == -1 ||
	    name(item, "login", &login, err) == -1)
		return -1;
	if ((record = line("user")) != NULL) {
		set_number(record, "id", *id);
		set_text(record, "login", login);
		if (json_is_string(json_object_get(item, "suspended_at")))
			(void)json_object_set_new(
			    record, "suspended", json_true());
	}
	return ferry_snapshot_add(&f->writer, record, err);
}

/* Owners */

int
ferry_facts_owner_read(struct ferry_facts_owner *out, const json_t *account,
    struct ferry_error *err)
{
	const char *login, *type;

	if (number(account, "id", &out->id, err) == -1 ||
	    name(account, "login", &login, err) == -1 ||
	    ferry_json_str(account, "type", &type, err) == -1)
		return -1;
	out->organization = strcmp(type, "Organization") == 0;
	(void)snprintf(out->login, sizeof(out->login), "%s", login);
	return 0;
}

int
ferry_facts_owner(struct ferry_facts *f, const struct ferry_facts_owner *owner,
    const json_t *organization, bool *base_known, struct ferry_error *err)
{
	const char *base = json_string_value(
	    json_object_get(organization, "default_repository_permission"));
	struct owner *o;
	json_t *record;

	if (ferry_array_grow(&f->owners, &f->owners_cap, f->owners_n + 1,
		sizeof(*f->owners), err) == -1)
		return -1;
	o = &f->owners[f->owners_n++];
	*o = (struct owner){ *owner, FERRY_NO_ROLE };
	*base_known = base != NULL && ferry_role_parse(&o->base, base) == 0;
	if (owner->organization)
		return 0;
	if ((record = line("user")) != NULL) {
		set_number(record, "id", owner->id);
		set_text(record, "login", owner->login);
	}
	return ferry_snapshot_add(&f->writer, record, err);
}

static int
add_owner(struct ferry_facts *f, const struct owner *o, struct ferry_error *err)
{
	json_t *record = line("owner");

	if (record != NULL) {
		set_number(record, "id", o->account.id);
		set_text(record, "login", o->account.login);
		(void)json_object_set_new(record, "organization",
		    json_boolean(o->account.organization));
		if (o->account.organization && f->enterprise != 0)
			set_number(record, "enterprise", f->enterprise);
		set_text(record, "base", ferry_role_name(o->base));
	}
	return ferry_snapshot_add(&f->writer, record, err);
}

/* Items */

typedef int on_item(struct ferry_facts *f, const struct ferry_fact_about *about,
    const json_t *item, struct ferry_error *err);

static int
add_member(struct ferry_facts *f, const struct ferry_fact_about *about,
    const json_t *item, const char *role, struct ferry_error *err)
{
	json_t *record;
	uint64_t user;

	if (add_user(f, item, &user, err) == -1)
		return -1;
	if ((record = line("member")) != NULL) {
		set_number(record, "owner", about->owner->id);
		set_number(record, "user", user);
		set_text(record, "role", role);
	}
	return ferry_snapshot_add(&f->writer, record, err);
}

static int
on_org_owner(struct ferry_facts *f, const struct ferry_fact_about *about,
    const json_t *item, struct ferry_error *err)
{

	return add_member(f, about, item, "owner", err);
}

static int
on_member(struct ferry_facts *f, const struct ferry_fact_about *about,
    const json_t *item, struct ferry_error *err)
{

	return add_member(f, about, item, "member", err);
}

static int
on_outside(struct ferry_facts *f, const struct ferry_fact_about *about,
    const json_t *item, struct ferry_error *err)
{

	return add_member(f, about, item, "outside", err);
}

static int
on_team(struct ferry_facts *f, const struct ferry_fact_about *about,
    const json_t *item, struct ferry_error *err)
{
	const json_t *parent = json_object_get(item, "parent");
	struct team t = { 0, 0 };
	const char *slug;
	json_t *record;

	if (number(item, "id", &t.id, err) == -1 ||
	    name(item, "slug", &slug, err) == -1 ||
	    (json_is_object(parent) &&
		number(parent, "id", &t.parent, err) == -1) ||
	    ferry_array_grow(&f->teams, &f->teams_cap, f->teams_n + 1,
		sizeof(*f->teams), err) == -1)
		return -1;
	f->teams[f->teams_n++] = t;
	if ((record = line("team")) != NULL) {
		set_number(record, "id", t.id);
		set_number(record, "owner", about->owner->id);
		set_text(record, "slug", slug);
		if (t.parent != 0)
			set_number(record, "parent", t.parent);
	}
	return ferry_snapshot_add(&f->writer, record, err);
}

static int
on_team_member(struct ferry_facts *f, const struct ferry_fact_about *about,
    const json_t *item, struct ferry_error *err)
{
	uint64_t user;

	if (add_user(f, item, &user, err) == -1 ||
	    ferry_array_grow(&f->pairs, &f->pairs_cap, f->pairs_n + 1,
		sizeof(*f->pairs), err) == -1)
		return -1;
	f->pairs[f->pairs_n++] = (struct pair){ about->id, user, false };
	return 0;
}

/* A repository, from its owner's list or because a package links to it. */
static int
add_repo(struct ferry_facts *f, const struct ferry_fact_about *about,
    const json_t *item, bool listed, struct ferry_error *err)
{
	const json_t *owner = json_object_get(item, "owner");
	uint64_t id, owner_id = about->owner->id;
	const char *full, *seen, *slash;
	char key[24];
	json_t *record;

	if (number(item, "id", &id, err) == -1 ||
	    name(item, "full_name", &full, err) == -1 ||
	    visibility(item, &seen, err) == -1 ||
	    (json_is_object(owner) &&
		number(owner, "id", &owner_id, err) == -1))
		return -1;
	if ((slash = strchr(full, '/')) == NULL)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "'%.100s' is no repository's full name", full);
	(void)snprintf(key, sizeof(key), "%" PRIu64, id);
	if (!listed && json_object_get(f->repos, key) != NULL)
		return 0;
	if ((record = line("repo")) != NULL) {
		set_number(record, "id", id);
		set_number(record, "owner", owner_id);
		set_text(record, "name", slash + 1);
		set_text(record, "visibility", seen);
	}
	return ferry_json_set(f->repos, key, record, err);
}

static int
on_repo(struct ferry_facts *f, const struct ferry_fact_about *about,
    const json_t *item, struct ferry_error *err)
{

	return add_repo(f, about, item, true, err);
}

/* A grant of what is in about to the user or team in item. */
static int
add_grant(struct ferry_facts *f, const char *kind, const char *what,
    uint64_t what_id, const char *whom, uint64_t whom_id, enum ferry_role role,
    struct ferry_error *err)
{
	json_t *record;

	if (role == FERRY_NO_ROLE)
		return 0;
	if ((record = line(kind)) != NULL) {
		set_number(record, what, what_id);
		set_number(record, whom, whom_id);
		set_text(record, "role", ferry_role_name(role));
	}
	return ferry_snapshot_add(&f->writer, record, err);
}

static int
on_collaborator(struct ferry_facts *f, const struct ferry_fact_about *about,
    const json_t *item, struct ferry_error *err)
{
	uint64_t user;

	if (add_user(f, item, &user, err) == -1)
		return -1;
	return add_grant(f, "repo_grant", "repo", about->id, "user", user,
	    role_of(item), err);
}

static int
on_repo_team(struct ferry_facts *f, const struct ferry_fact_about *about,
    const json_t *item, struct ferry_error *err)
{
	uint64_t team;

	if (number(item, "id", &team, err) == -1)
		return -1;
	return add_grant(f, "repo_grant", "repo", about->id, "team", team,
	    role_of(item), err);
}

static enum ferry_role
wide_role(const struct ferry_fact_about *about, const json_t *item)
{
	const char *how =
	    json_string_value(json_object_get(item, "assignment"));
	enum ferry_role role = FERRY_NO_ROLE;

	/* Through a team: that team has it, for as long as they are in it. */
	if (how == NULL || strcmp(how, "indirect") != 0)
		(void)ferry_role_parse(&role, about->role);
	return role;
}

static int
on_role_user(struct ferry_facts *f, const struct ferry_fact_about *about,
    const json_t *item, struct ferry_error *err)
{
	uint64_t user;

	if (add_user(f, item, &user, err) == -1)
		return -1;
	return add_grant(f, "owner_grant", "owner", about->owner->id, "user",
	    user, wide_role(about, item), err);
}

static int
on_role_team(struct ferry_facts *f, const struct ferry_fact_about *about,
    const json_t *item, struct ferry_error *err)
{
	uint64_t team;

	if (number(item, "id", &team, err) == -1)
		return -1;
	return add_grant(f, "owner_grant", "owner", about->owner->id, "team",
	    team, wide_role(about, item), err);
}

static int
on_enterprise(struct ferry_facts *f, const struct ferry_fact_about *about,
    const json_t *item, struct ferry_error *err)
{
	const char *type = json_string_value(json_object_get(item, "type"));
	json_t *record;
	uint64_t user;

	(void)about;
	/* The list of all accounts of a server has organizations, too. */
	if (type != NULL && strcmp(type, "User") != 0)
		return 0;
	if (add_user(f, item, &user, err) == -1)
		return -1;
	if ((record = line("enterprise_member")) != NULL) {
		set_number(record, "enterprise", f->enterprise);
		set_number(record, "user", user);
	}
	return ferry_snapshot_add(&f->writer, record, err);
}

/* Packages */

static void
lower(struct ferry_buf *text)
{

	for (size_t i = 0; i < text->n; i++)
		if (text->p[i] >= 'A' && text->p[i] <= 'Z')
			text->p[i] = (uint8_t)(text->p[i] + 32);
}

int
ferry_facts_package_name(struct ferry_buf *out,
    const struct ferry_fact_about *about, const json_t *item,
    struct ferry_error *err)
{
	bool npm = strcmp(about->type, "npm") == 0, ok;
	const json_t *repo = json_object_get(item, "repository");
	const char *called, *full = NULL;
	int rc;

	if (ferry_json_str(item, "name", &called, err) == -1)
		return -1;
	if (strcmp(about->type, "docker") == 0 && json_is_object(repo))
		full = json_string_value(json_object_get(repo, "full_name"));
	if (npm && *called == '@')
		rc = ferry_buf_adds(out, called, err);
	else if (full != NULL)
		rc = ferry_buf_addf(out, err, "%s/%s", full, called);
	else
		rc = ferry_buf_addf(out, err, "%s%s/%s", npm ? "@" : "",
		    about->owner->login, called);
	if (rc == -1)
		return -1;
	lower(out);
	ok = npm ? ferry_npm_name_valid(ferry_bytes_buf(out))
	         : ferry_oci_name_valid(ferry_bytes_buf(out));
	if (!ok || strlen((char *)out->p) != out->n)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "'%.100s' is not what a package of type %s may be called",
		    (char *)out->p, about->type);
	return 0;
}

static int
on_package(struct ferry_facts *f, const struct ferry_fact_about *about,
    const json_t *item, struct ferry_error *err)
{
	bool npm = strcmp(about->type, "npm") == 0;
	bool granular = npm ? f->granular_npm : true;
	const json_t *repo = json_object_get(item, "repository");
	struct ferry_buf called = FERRY_BUF_INIT;
	uint64_t id, repo_id = 0;
	const char *seen;
	json_t *record;
	int rc = -1;

	if (!f->granular_npm && strcmp(about->type, "docker") == 0)
		granular = false;
	if (number(item, "id", &id, err) == -1 ||
	    visibility(item, &seen, err) == -1 ||
	    ferry_facts_package_name(&called, about, item, err) == -1)
		goto out;
	if (json_is_object(repo) &&
	    (number(repo, "id", &repo_id, err) == -1 ||
		add_repo(f, about, repo, false, err) == -1))
		goto out;
	if ((record = line("package")) != NULL) {
		set_number(record, "id", id);
		set_number(record, "owner", about->owner->id);
		set_text(record, "type", npm ? "npm" : "container");
		set_text(record, "name", (char *)called.p);
		set_text(record, "visibility", seen);
		if (repo_id != 0)
			set_number(record, "repo", repo_id);
		(void)json_object_set_new(
		    record, "granular", json_boolean(granular));
		if (granular)
			set_text(record, "inherits", "unknown");
	}
	rc = ferry_snapshot_add(&f->writer, record, err);
out:
	ferry_buf_free(&called);
	return rc;
}

static on_item *const facts[FERRY_FACTS] = {
	[FERRY_FACT_OWNERS] = on_org_owner,
	[FERRY_FACT_MEMBERS] = on_member,
	[FERRY_FACT_OUTSIDE] = on_outside,
	[FERRY_FACT_TEAMS] = on_team,
	[FERRY_FACT_TEAM_MEMBERS] = on_team_member,
	[FERRY_FACT_REPOS] = on_repo,
	[FERRY_FACT_COLLABORATORS] = on_collaborator,
	[FERRY_FACT_REPO_TEAMS] = on_repo_team,
	[FERRY_FACT_ROLE_USERS] = on_role_user,
	[FERRY_FACT_ROLE_TEAMS] = on_role_team,
	[FERRY_FACT_PACKAGES] = on_package,
	[FERRY_FACT_ENTERPRISE] = on_enterprise,
};

int
ferry_facts_add(struct ferry_facts *f, enum ferry_fact what,
    const struct ferry_fact_about *about, const json_t *item,
    struct ferry_error *err)
{

	return facts[what](f, about, item, err);
}

/* The whole */

int
ferry_facts_new(
    struct ferry_facts **out, bool granular_npm, struct ferry_error *err)
{
	struct ferry_facts *f;

	if (ferry_calloc(&f, 1, sizeof(*f), err) == -1)
		return -1;
	f->granular_npm = granular_npm;
	if ((f->repos = json_object()) == NULL) {
		free(f);
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	}
	*out = f;
	return 0;
}

void
ferry_facts_free(struct ferry_facts *f)
{

	if (f == NULL)
		return;
	ferry_snapshot_writer_free(&f->writer);
	json_decref(f->repos);
	free(f->owners);
	free(f->teams);
	free(f->pairs);
	free(f);
}

int
ferry_facts_note(
    struct ferry_facts *f, const char *text, struct ferry_error *err)
{
	json_t *record = line("note");

	if (record != NULL)
		(void)json_object_set_new(
		    record, "text", ferry_json_text(ferry_bytes_str(text)));
	return ferry_snapshot_add(&f->writer, record, err);
}

void
ferry_facts_enterprise(struct ferry_facts *f, uint64_t id)
{

	f->enterprise = id;
}

static int
compare_pair(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->team != y->team)
		return x->team < y->team ? -1 : 1;
	return x->user < y->user ? -1 : x->user > y->user;
}

static int
compare_team(const void *a, const void *b)
{
	const struct team *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/*
 * A team's list has the members of the teams below it, too.  Who is in one of
 * those is left to it: what a team was given, those below it have anyway.
 */
static int
add_team_members(struct ferry_facts *f, struct ferry_error *err)
{
	json_t *record;

	if (f->pairs_n == 0 || f->teams_n == 0)
		return 0;
	qsort(f->pairs, f->pairs_n, sizeof(*f->pairs), compare_pair);
	qsort(f->teams, f->teams_n, sizeof(*f->teams), compare_team);
	for (size_t i = 0; i < f->pairs_n; i++) {
		struct team key = { f->pairs[i].team, 0 };
		const struct team *t = bsearch(&key, f->teams, f->teams_n,
		    sizeof(*f->teams), compare_team);
		struct pair above = { t == NULL ? 0 : t->parent,
			f->pairs[i].user, false };
		struct pair *p = bsearch(&above, f->pairs, f->pairs_n,
		    sizeof(*f->pairs), compare_pair);

		if (p != NULL)
			p->below = true;
	}
	for (size_t i = 0; i < f->pairs_n; i++) {
		if (f->pairs[i].below)
			continue;
		if ((record = line("team_member")) != NULL) {
			set_number(record, "team", f->pairs[i].team);
			set_number(record, "user", f->pairs[i].user);
		}
		if (ferry_snapshot_add(&f->writer, record, err) == -1)
			return -1;
	}
	return 0;
}

int
ferry_facts_text(
    struct ferry_facts *f, struct ferry_buf *out, struct ferry_error *err)
{
	const char *key;
	json_t *repo;

	for (size_t i = 0; i < f->owners_n; i++)
		if (add_owner(f, &f->owners[i], err) == -1)
			return -1;
	json_object_foreach (f->repos, key, repo)
		if (ferry_snapshot_add(&f->writer, json_incref(repo), err) ==
		    -1)
			return -1;
	if (add_team_members(f, err) == -1)
		return -1;
	return ferry_snapshot_text(&f->writer, out, err);
}
