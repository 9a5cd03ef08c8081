/* One item of a list becomes records. */

#include <string.h>

#include "store/base/json.h"
#include "store/format/npm/npm.h"
#include "store/format/oci/names.h"
#include "sync/permissions/facts_internal.h"

/* Members of items */

int
facts_number(
    const json_t *o, const char *name, uint64_t *out, struct ferry_error *err)
{

	if (ferry_json_u64(o, name, INT64_MAX, out, err) == -1)
		return -1;
	if (*out == 0)
		return ferry_error_set(err, FERRY_EFORMAT, "\"%s\" is 0", name);
	return 0;
}

/* Names reach terminals, logs and headers. */
int
facts_name(const json_t *o, const char *member, const char **out,
    struct ferry_error *err)
{

	if (ferry_json_str(o, member, out, err) == -1)
		return -1;
	if (**out == 0 || strlen(*out) >= FERRY_FACTS_LOGIN)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "\"%s\" is empty or longer than %d bytes", member,
		    FERRY_FACTS_LOGIN - 1);
	if (strchr(*out, ' ') != NULL || !ferry_text_plain(*out))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "\"%s\" has blanks or control characters", member);
	return 0;
}

static int
visibility(const json_t *o, enum ferry_visibility *out, struct ferry_error *err)
{
	const char *word;

	if (ferry_json_str_opt(o, "visibility",
		json_is_false(json_object_get(o, "private")) ? "public"
							     : "private",
		&word, err) == -1)
		return -1;
	if (ferry_visibility_parse(out, word) == -1)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "'%.40s' is no visibility", word);
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

json_t *
facts_line(const char *kind)
{

	return json_pack("{s:s}", "kind", kind);
}

void
facts_set_number(json_t *record, const char *member, uint64_t value)
{

	(void)json_object_set_new(
	    record, member, json_integer((json_int_t)value));
}

void
facts_set_text(json_t *record, const char *member, const char *value)
{

	(void)json_object_set_new(record, member, json_string(value));
}

static int
add_user(struct ferry_facts *f, const json_t *item, uint64_t *id,
    struct ferry_error *err)
{
	struct facts_thing user = { .kind = FACTS_USER };
	const char *login;

	if (facts_number(item, "id", id, err) == -1 ||
	    facts_name(item, "login", &login, err) == -1)
		return -1;
	user.id = *id;
	user.suspended = json_is_string(json_object_get(item, "suspended_at"));
	return facts_thing(f, &user, login, err);
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
	if ((record = facts_line("member")) != NULL) {
		facts_set_number(record, "owner", about->owner->id);
		facts_set_number(record, "user", user);
		facts_set_text(record, "role", role);
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

	if (facts_number(item, "id", &team.id, err) == -1 ||
	    facts_name(item, "slug", &slug, err) == -1 ||
	    (json_is_object(parent) &&
		facts_number(parent, "id", &team.other, err) == -1))
		return -1;
	return facts_thing(f, &team, slug, err);
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

	if (facts_number(item, "id", &repo.id, err) == -1 ||
	    facts_name(item, "full_name", &full, err) == -1 ||
	    visibility(item, &repo.visibility, err) == -1 ||
	    (json_is_object(owner) &&
		facts_number(owner, "id", &repo.owner, err) == -1))
		return -1;
	if ((slash = strchr(full, '/')) == NULL)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "'%.100s' is no repository's full name", full);
	return facts_thing(f, &repo, slash + 1, err);
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
	if ((record = facts_line(kind)) != NULL) {
		facts_set_number(record, what, what_id);
		facts_set_number(record, whom, whom_id);
		facts_set_text(record, "role", ferry_role_name(role));
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

	if (facts_number(item, "id", &team, err) == -1)
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

	if (facts_number(item, "id", &team, err) == -1)
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
	if ((record = facts_line("enterprise_member")) != NULL) {
		facts_set_number(record, "enterprise", f->enterprise);
		facts_set_number(record, "user", user);
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
	const json_t *repo = json_object_get(item, "repository");
	struct facts_thing package = { .kind = FACTS_PACKAGE,
		.owner = about->owner->id,
		.type = npm ? "npm" : "container",
		.granular =
		    f->granular_npm || strcmp(about->type, "container") == 0 };
	struct ferry_buf called = FERRY_BUF_INIT;
	int rc = -1;

	if (facts_number(item, "id", &package.id, err) == 0 &&
	    visibility(item, &package.visibility, err) == 0 &&
	    ferry_facts_package_name(&called, about, item, err) == 0 &&
	    (!json_is_object(repo) ||
		(facts_number(repo, "id", &package.other, err) == 0 &&
		    add_repo(f, about, repo, false, err) == 0)))
		rc = facts_thing(f, &package, (char *)called.p, err);
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
