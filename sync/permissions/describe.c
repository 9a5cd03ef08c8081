#include "sync/permissions/describe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/base/json.h"

#define NAME 600

static int
keep_package(json_t *ctx, const struct ferry_snapshot_package *p,
    struct ferry_error *err)
{
	char key[24], text[NAME];

	(void)snprintf(key, sizeof(key), "%" PRIu64, p->id);
	(void)snprintf(text, sizeof(text), "%s %s", p->type, p->name);
	return ferry_json_set(
	    ctx, key, ferry_json_text(ferry_bytes_str(text)), err);
}

int
ferry_describe_new(struct ferry_describe *out, struct ferry_bytes text,
    struct ferry_error *err)
{

	*out = (struct ferry_describe){ NULL, json_object() };
	if (out->packages == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (text.n == 0)
		return 0;
	if (ferry_snapshot_read(&out->s, text, err) == -1)
		return -1;
	for (size_t i = 0; i < ferry_snapshot_packages(out->s); i++)
		if (keep_package(out->packages,
			ferry_snapshot_package_at(out->s, i), err) == -1)
			return -1;
	return 0;
}

void
ferry_describe_free(struct ferry_describe *describe)
{

	ferry_snapshot_free(describe->s);
	json_decref(describe->packages);
}

static uint64_t
number(const json_t *record, const char *member)
{

	return (uint64_t)json_integer_value(json_object_get(record, member));
}

static const char *
text(const json_t *record, const char *member)
{
	const char *s = json_string_value(json_object_get(record, member));

	return s == NULL ? "?" : s;
}

static const char *
owner_name(const struct ferry_describe *w, uint64_t id)
{
	const struct ferry_snapshot_owner *o = ferry_snapshot_owner(w->s, id);

	return o == NULL ? "?" : o->login;
}

static const char *
user_name(const struct ferry_describe *w, uint64_t id, char buf[NAME])
{
	const struct ferry_snapshot_user *u = ferry_snapshot_user(w->s, id);

	if (u != NULL)
		return u->login;
	(void)snprintf(buf, NAME, "user %" PRIu64, id);
	return buf;
}

static const char *
team_name(const struct ferry_describe *w, uint64_t id, char buf[NAME])
{
	const struct ferry_snapshot_team *t = ferry_snapshot_team(w->s, id);

	if (t == NULL)
		(void)snprintf(buf, NAME, "team %" PRIu64, id);
	else
		(void)snprintf(
		    buf, NAME, "team %s/%s", owner_name(w, t->owner), t->slug);
	return buf;
}

static const char *
repo_name(const struct ferry_describe *w, uint64_t id, char buf[NAME])
{
	const struct ferry_snapshot_repo *r = ferry_snapshot_repo(w->s, id);

	if (r == NULL)
		(void)snprintf(buf, NAME, "repository %" PRIu64, id);
	else
		(void)snprintf(buf, NAME, "repository %s/%s",
		    owner_name(w, r->owner), r->name);
	return buf;
}

static const char *
package_name(const struct ferry_describe *w, uint64_t id, char buf[NAME])
{
	char key[24];

	(void)snprintf(key, sizeof(key), "%" PRIu64, id);
	(void)snprintf(buf, NAME, "%s", text(w->packages, key));
	return buf;
}

/* Whom a grant is to. */
static const char *
whom(const struct ferry_describe *w, const json_t *record, char buf[NAME])
{

	return json_object_get(record, "team") != NULL
	           ? team_name(w, number(record, "team"), buf)
	           : user_name(w, number(record, "user"), buf);
}

typedef int on_words(const struct ferry_describe *w, const json_t *r,
    struct ferry_buf *out, struct ferry_error *err);

static int
of_user(const struct ferry_describe *w, const json_t *r, struct ferry_buf *out,
    struct ferry_error *err)
{

	(void)w;
	return ferry_buf_addf(out, err, "user %s%s", text(r, "login"),
	    json_is_true(json_object_get(r, "suspended")) ? ", suspended" : "");
}

static int
of_owner(const struct ferry_describe *w, const json_t *r, struct ferry_buf *out,
    struct ferry_error *err)
{

	(void)w;
	if (!json_is_true(json_object_get(r, "organization")))
		return ferry_buf_addf(
		    out, err, "owner %s, a user", text(r, "login"));
	return ferry_buf_addf(out, err,
	    "organization %s, whose members have %s in every repository%s",
	    text(r, "login"), text(r, "base"),
	    number(r, "enterprise") != 0 ? ", of an enterprise" : "");
}

static int
of_member(const struct ferry_describe *w, const json_t *r,
    struct ferry_buf *out, struct ferry_error *err)
{
	const char *role = text(r, "role");
	char user[NAME];

	return ferry_buf_addf(out, err, "%s is %s of %s",
	    user_name(w, number(r, "user"), user),
	    strcmp(role, "outside") == 0 ? "an outside collaborator"
	    : strcmp(role, "owner") == 0 ? "an owner"
					 : "a member",
	    owner_name(w, number(r, "owner")));
}

static int
of_enterprise(const struct ferry_describe *w, const json_t *r,
    struct ferry_buf *out, struct ferry_error *err)
{
	char user[NAME];

	return ferry_buf_addf(out, err, "%s is in the enterprise",
	    user_name(w, number(r, "user"), user));
}

static int
of_team(const struct ferry_describe *w, const json_t *r, struct ferry_buf *out,
    struct ferry_error *err)
{
	uint64_t parent = number(r, "parent");
	char name[NAME];

	return ferry_buf_addf(out, err, "team %s/%s%s%s",
	    owner_name(w, number(r, "owner")), text(r, "slug"),
	    parent == 0 ? "" : ", below ",
	    parent == 0 ? "" : team_name(w, parent, name));
}

static int
of_team_member(const struct ferry_describe *w, const json_t *r,
    struct ferry_buf *out, struct ferry_error *err)
{
	char user[NAME], team[NAME];

	return ferry_buf_addf(out, err, "%s is in %s",
	    user_name(w, number(r, "user"), user),
	    team_name(w, number(r, "team"), team));
}

static int
of_repo(const struct ferry_describe *w, const json_t *r, struct ferry_buf *out,
    struct ferry_error *err)
{

	return ferry_buf_addf(out, err, "repository %s/%s, %s",
	    owner_name(w, number(r, "owner")), text(r, "name"),
	    text(r, "visibility"));
}

static int
of_repo_grant(const struct ferry_describe *w, const json_t *r,
    struct ferry_buf *out, struct ferry_error *err)
{
	char name[NAME], repo[NAME];

	return ferry_buf_addf(out, err, "%s has %s on %s", whom(w, r, name),
	    text(r, "role"), repo_name(w, number(r, "repo"), repo));
}

static int
of_owner_grant(const struct ferry_describe *w, const json_t *r,
    struct ferry_buf *out, struct ferry_error *err)
{
	char name[NAME];

	return ferry_buf_addf(out, err, "%s has %s on every repository of %s",
	    whom(w, r, name), text(r, "role"),
	    owner_name(w, number(r, "owner")));
}

static int
of_package(const struct ferry_describe *w, const json_t *r,
    struct ferry_buf *out, struct ferry_error *err)
{
	uint64_t repo = number(r, "repo");
	bool granular = json_is_true(json_object_get(r, "granular"));
	char name[NAME];

	return ferry_buf_addf(out, err, "package %s %s, %s%s%s%s%s",
	    text(r, "type"), text(r, "name"), text(r, "visibility"),
	    repo == 0 ? "" : ", linked to ",
	    repo == 0 ? "" : repo_name(w, repo, name),
	    granular ? ", inherits access: "
		     : ", permissions of its repository",
	    granular ? text(r, "inherits") : "");
}

static int
of_package_grant(const struct ferry_describe *w, const json_t *r,
    struct ferry_buf *out, struct ferry_error *err)
{
	char name[NAME], package[NAME];

	return ferry_buf_addf(out, err, "%s has %s on %s", whom(w, r, name),
	    text(r, "role"), package_name(w, number(r, "package"), package));
}

static int
of_actions(const struct ferry_describe *w, const json_t *r,
    struct ferry_buf *out, struct ferry_error *err)
{
	char repo[NAME], package[NAME];

	return ferry_buf_addf(out, err, "workflows of %s have %s on %s",
	    repo_name(w, number(r, "repo"), repo), text(r, "role"),
	    package_name(w, number(r, "package"), package));
}

static int
of_name_grant(const struct ferry_describe *w, const json_t *r,
    struct ferry_buf *out, struct ferry_error *err)
{
	const char *type = text(r, "type");
	char name[NAME];

	return ferry_buf_addf(out, err, "%s has %s on %s%s%s", whom(w, r, name),
	    text(r, "role"), strcmp(type, "*") == 0 ? "" : type,
	    strcmp(type, "*") == 0 ? "" : " ", text(r, "name"));
}

static int
of_note(const struct ferry_describe *w, const json_t *r, struct ferry_buf *out,
    struct ferry_error *err)
{

	(void)w;
	return ferry_buf_addf(out, err, "%s", text(r, "text"));
}

static int
of_operator(const struct ferry_describe *w, const json_t *r,
    struct ferry_buf *out, struct ferry_error *err)
{

	(void)w;
	return ferry_buf_addf(out, err, "signed off by %s", text(r, "text"));
}

int
ferry_describe_record(const struct ferry_describe *describe,
    const json_t *record, struct ferry_buf *out, struct ferry_error *err)
{
	static const struct {
		const char *kind;
		on_words *on;
	} kinds[] = {
		{ "user", of_user },
		{ "owner", of_owner },
		{ "member", of_member },
		{ "enterprise_member", of_enterprise },
		{ "team", of_team },
		{ "team_member", of_team_member },
		{ "repo", of_repo },
		{ "repo_grant", of_repo_grant },
		{ "owner_grant", of_owner_grant },
		{ "package", of_package },
		{ "package_grant", of_package_grant },
		{ "actions_access", of_actions },
		{ "name_grant", of_name_grant },
		{ "note", of_note },
		{ "operator", of_operator },
	};
	const char *kind = text(record, "kind");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].on(describe, record, out, err) == -1
			           ? -1
			           : 1;
	return 0;
}
