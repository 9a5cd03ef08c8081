/* One item of a list becomes records. */

#include <assert.h>
#include <string.h>

#include "store/base/json.h"
#include "store/format/format.h"
#include "sync/permissions/facts_internal.h"
#include "sync/permissions/facts_line.h"

static int
read_visibility(
    const json_t *o, enum ferry_visibility *out, struct ferry_error *err)
{
	const char *word;

	if (ferry_json_str_opt(o, "visibility",
		json_is_false(json_object_get(o, "private")) ? "public"
							     : "private",
		&word, err) == -1)
		return -1;
	if (ferry_visibility_parse(out, word) == -1)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "'%.40s' is not a visibility", word);
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

static int
add_user(struct ferry_facts *f, const json_t *item, uint64_t *id,
    struct ferry_error *err)
{
	struct facts_thing user = { .kind = FACTS_USER };
	const char *login;

	if (ferry_facts_number(item, "id", id, err) == -1 ||
	    ferry_facts_name(item, "login", &login, err) == -1)
		return -1;
	user.id = *id;
	user.suspended = json_is_string(json_object_get(item, "suspended_at"));
	return ferry_facts_things_add(&f->things, &user, login, err);
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
	if ((record = ferry_facts_line("member")) != NULL) {
		ferry_facts_set_number(record, "owner", about->owner->id);
		ferry_facts_set_number(record, "user", user);
		ferry_facts_set_text(record, "role", role);
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
	struct facts_thing team = { .kind = FACTS_TEAM,
		.owner = about->owner->id };
	const char *slug;

	if (ferry_facts_number(item, "id", &team.id, err) == -1 ||
	    ferry_facts_name(item, "slug", &slug, err) == -1 ||
	    (json_is_object(parent) &&
		ferry_facts_number(parent, "id", &team.other, err) == -1))
		return -1;
	return ferry_facts_things_add(&f->things, &team, slug, err);
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
	f->pairs[f->pairs_n++] = (struct facts_pair){ about->id, user, false };
	return 0;
}

/* A repository, from its owner's list or because a package links to it. */
static int
add_repo(struct ferry_facts *f, const struct ferry_fact_about *about,
    const json_t *item, bool listed, struct ferry_error *err)
{
	const json_t *owner = json_object_get(item, "owner");
	struct facts_thing repo = {
		.kind = FACTS_REPO, .owner = about->owner->id, .linked = !listed
	};
	const char *full, *slash;

	if (ferry_facts_number(item, "id", &repo.id, err) == -1 ||
	    ferry_facts_name(item, "full_name", &full, err) == -1 ||
	    read_visibility(item, &repo.visibility, err) == -1 ||
	    (json_is_object(owner) &&
		ferry_facts_number(owner, "id", &repo.owner, err) == -1))
		return -1;
	if ((slash = strchr(full, '/')) == NULL)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "'%.100s' is not a repository's full name", full);
	return ferry_facts_things_add(&f->things, &repo, slash + 1, err);
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
	if ((record = ferry_facts_line(kind)) != NULL) {
		ferry_facts_set_number(record, what, what_id);
		ferry_facts_set_number(record, whom, whom_id);
		ferry_facts_set_text(record, "role", ferry_role_name(role));
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

	if (ferry_facts_number(item, "id", &team, err) == -1)
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

	if (ferry_facts_number(item, "id", &team, err) == -1)
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
	if ((record = ferry_facts_line("enterprise_member")) != NULL) {
		ferry_facts_set_number(record, "enterprise", f->enterprise);
		ferry_facts_set_number(record, "user", user);
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
	const struct ferry_format *format = ferry_format_of_type(about->type);
	const json_t *repo = json_object_get(item, "repository");
	const char *name, *full = NULL;
	int rc;

	assert(format != NULL);
	if (ferry_json_str(item, "name", &name, err) == -1)
		return -1;
	if (strcmp(about->type, format->github.name) != 0)
		full = json_string_value(json_object_get(repo, "full_name"));
	rc = full != NULL ? ferry_buf_addf(out, err, "%s/%s", full, name)
	                  : format->github.client_name(
				out, about->owner->login, name, err);
	if (rc == -1)
		return -1;
	lower(out);
	if (!format->name_valid(ferry_bytes_buf(out)) ||
	    strlen((char *)out->p) != out->n)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "'%.100s' is not what a package of type %s may be called",
		    (char *)out->p, about->type);
	return 0;
}

/* Whether packages of type have permissions of their own. */
static bool
is_granular(const struct ferry_facts *f, const struct ferry_github_type *t,
    const char *type)
{

	return f->cloud ? t->granular != FERRY_GRANULAR_NEVER
	                : t->granular == FERRY_GRANULAR_ALWAYS &&
	                      strcmp(t->name, type) == 0;
}

static int
on_package(struct ferry_facts *f, const struct ferry_fact_about *about,
    const json_t *item, struct ferry_error *err)
{
	const struct ferry_github_type *type =
	    &ferry_format_of_type(about->type)->github;
	const json_t *repo = json_object_get(item, "repository");
	struct facts_thing package = { .kind = FACTS_PACKAGE,
		.owner = about->owner->id,
		.type = type->name,
		.granular = is_granular(f, type, about->type) };
	struct ferry_buf name = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_facts_number(item, "id", &package.id, err) == 0 &&
	    read_visibility(item, &package.visibility, err) == 0 &&
	    ferry_facts_package_name(&name, about, item, err) == 0 &&
	    (!json_is_object(repo) ||
		(ferry_facts_number(repo, "id", &package.other, err) == 0 &&
		    add_repo(f, about, repo, false, err) == 0)))
		rc = ferry_facts_things_add(
		    &f->things, &package, (char *)name.p, err);
	ferry_buf_free(&name);
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
