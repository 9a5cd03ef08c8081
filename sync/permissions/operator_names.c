/* The operator's file, with the people, packages and repositories that it
 * names. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "store/access/snapshot.h"
#include "store/base/conf.h"
#include "store/base/json.h"
#include "sync/permissions/operator_internal.h"

#define TEAMS_MAX 512

struct operator_user *
ferry_operator_local_user(const struct ferry_operator *op, const char *login)
{

	for (size_t i = 0; i < op->users_n; i++)
		if (strcasecmp(op->users[i].login, login) == 0)
			return &op->users[i];
	return NULL;
}

/* One walk over the file. */
struct walk {
	struct ferry_operator *op;
	const struct ferry_snapshot *s; /* whose names these are, or NULL */
	const struct ferry_operator_sink *sink;
};

static void report_mistake(const struct walk *w, struct ferry_conf_group *g,
    const char *option, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static void
report_mistake(const struct walk *w, struct ferry_conf_group *g,
    const char *option, const char *fmt, ...)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ferry_conf_error(g, option, &err, "%s", text);
	w->sink->on_mistake(w->sink->ctx, &err);
}

static int
put_record(const struct walk *w, json_t *o, struct ferry_error *err)
{

	return w->sink->on_record(w->sink->ctx, o, err);
}

static int
put_signature(const struct walk *w, struct ferry_error *err)
{

	return put_record(w,
	    json_pack(
		"{s:s,s:s}", "kind", "operator", "text", w->op->signed_off_by),
	    err);
}

/* The role was read before; its form is right. */
static const char *
role_in(struct ferry_conf_group *g, struct ferry_error *err)
{
	enum ferry_role role = FERRY_NO_ROLE;
	const char *word;

	if (ferry_conf_need_str(g, "role", &word, err) == -1)
		return NULL;
	(void)ferry_role_parse(&role, word);
	return ferry_role_name(role);
}

static json_t *
grant_record(const char *kind, uint64_t package, const char *whom, uint64_t id,
    const char *role)
{

	return json_pack("{s:s,s:I,s:I,s:s}", "kind", kind, "package",
	    (json_int_t)package, whom, (json_int_t)id, "role", role);
}

/* GitHub: a package */

static int
package_grant(const struct walk *w, struct ferry_conf_group *g,
    const struct ferry_snapshot_package *p, struct ferry_error *err)
{
	const struct ferry_snapshot_user *u;
	const struct ferry_snapshot_team *t;
	const char *user, *team, *role = role_in(g, err);

	if (role == NULL || ferry_conf_str(g, "user", NULL, &user, err) == -1 ||
	    ferry_conf_str(g, "team", NULL, &team, err) == -1)
		return -1;
	if (user != NULL) {
		if ((u = ferry_snapshot_login(w->s, user)) != NULL)
			return put_record(w,
			    grant_record(
				"package_grant", p->id, "user", u->id, role),
			    err);
		report_mistake(
		    w, g, "user", "'%.80s' is no user of this upstream", user);
		return 0;
	}
	t = ferry_snapshot_team_called(w->s, team);
	if (t == NULL)
		report_mistake(
		    w, g, "team", "'%.80s' is no team of this upstream", team);
	else if (t->owner != p->owner)
		report_mistake(w, g, "team",
		    "'%.80s' is not of the owner of %.100s", team, p->name);
	else
		return put_record(w,
		    grant_record("package_grant", p->id, "team", t->id, role),
		    err);
	return 0;
}

static int
package_action(const struct walk *w, struct ferry_conf_group *g,
    const struct ferry_snapshot_package *p, struct ferry_error *err)
{
	const struct ferry_snapshot_repo *r;
	const char *repo, *role = role_in(g, err);

	if (role == NULL || ferry_conf_need_str(g, "repo", &repo, err) == -1)
		return -1;
	if ((r = ferry_snapshot_full_name(w->s, repo)) == NULL) {
		report_mistake(w, g, "repo",
		    "'%.150s' is no repository of this upstream", repo);
		return 0;
	}
	return put_record(
	    w, grant_record("actions_access", p->id, "repo", r->id, role), err);
}

static int
package_switch(const struct walk *w, struct ferry_conf_group *g,
    const struct ferry_snapshot_package *p, json_t *switches,
    struct ferry_error *err)
{
	char key[24];
	bool on;

	if (!ferry_conf_has(g, "inherits"))
		return 0;
	if (ferry_conf_bool(g, "inherits", false, &on, err) == -1)
		return -1;
	(void)snprintf(key, sizeof(key), "%" PRIu64, p->id);
	if (!p->granular)
		report_mistake(w, g, "inherits",
		    "the permissions of %.100s are always its repository's",
		    p->name);
	else if (on && p->repo == 0)
		report_mistake(w, g, "inherits",
		    "%.100s is linked to no repository to inherit from",
		    p->name);
	else
		return ferry_json_set(switches, key, json_boolean(on), err);
	return 0;
}

static int
read_package(const struct walk *w, struct ferry_conf_group *g, json_t *switches,
    struct ferry_error *err)
{
	const struct ferry_snapshot_package *p;
	struct ferry_conf_group *below;
	const char *type, *name;
	int rc;

	if (ferry_conf_need_str(g, "type", &type, err) == -1 ||
	    ferry_conf_need_str(g, "name", &name, err) == -1)
		return -1;
	if ((p = ferry_snapshot_package(w->s, type, name)) == NULL) {
		report_mistake(w, g, "name",
		    "'%.150s' is no %s package of this upstream", name, type);
		return 0;
	}
	if (package_switch(w, g, p, switches, err) == -1)
		return -1;
	for (unsigned i = 0;
	     (rc = ferry_conf_list(g, "grants", i, &below, err)) == 1; i++)
		if (package_grant(w, below, p, err) == -1)
			return -1;
	for (unsigned i = 0; rc != -1 && (rc = ferry_conf_list(g, "actions", i,
					      &below, err)) == 1;
	     i++)
		if (package_action(w, below, p, err) == -1)
			return -1;
	return rc;
}

static int
read_owner(const struct walk *w, struct ferry_conf_group *g, json_t *assume,
    struct ferry_error *err)
{
	const struct ferry_snapshot_owner *o;
	const char *login, *word;
	char key[24];

	if (ferry_conf_need_str(g, "login", &login, err) == -1 ||
	    ferry_conf_str(
		g, "unknown_inheritance", "owners_only", &word, err) == -1)
		return -1;
	if ((o = ferry_snapshot_owner_called(w->s, login)) == NULL) {
		report_mistake(w, g, "login",
		    "'%.80s' is no owner of this upstream", login);
		return 0;
	}
	if (strcmp(word, "assume_inherit") != 0)
		return 0;
	(void)snprintf(key, sizeof(key), "%" PRIu64, o->id);
	return ferry_json_set(assume, key, json_true(), err);
}

/* The group of list that is about upstream: 1 and *out, 0, -1. */
static int
find_group(struct ferry_operator *op, const char *list, const char *upstream,
    struct ferry_conf_group **out, struct ferry_error *err)
{
	const char *name;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_list(op->root, list, i, out, err)) == 1; i++) {
		if (ferry_conf_need_str(*out, "upstream", &name, err) == -1)
			return -1;
		if (strcmp(name, upstream) == 0)
			return 1;
	}
	return rc;
}

static int
read_github(const struct walk *w, struct ferry_conf_group *g,
    struct ferry_operator_github *out, struct ferry_error *err)
{
	struct ferry_conf_group *below;
	int rc = put_signature(w, err);

	if (rc == 0)
		rc = ferry_conf_bool(
		    g, "private_mode", false, &out->private_mode, err);
	for (unsigned i = 0; rc != -1 && (rc = ferry_conf_list(g, "owners", i,
					      &below, err)) == 1;
	     i++)
		rc = read_owner(w, below, out->assume, err);
	for (unsigned i = 0; rc != -1 && (rc = ferry_conf_list(g, "packages", i,
					      &below, err)) == 1;
	     i++)
		rc = read_package(w, below, out->inherits, err);
	return rc;
}

int
ferry_operator_github(struct ferry_operator *op, const char *upstream,
    const struct ferry_snapshot *s, const struct ferry_operator_sink *sink,
    struct ferry_operator_github *out, struct ferry_error *err)
{
	struct walk w = { op, s, sink };
	struct ferry_conf_group *g;
	int rc;

	*out = (struct ferry_operator_github){ false, json_object(),
		json_object() };
	if (out->inherits == NULL || out->assume == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	rc = find_group(op, "github", upstream, &g, err);
	return rc == 1 ? read_github(&w, g, out, err) : rc;
}

void
ferry_operator_github_clear(struct ferry_operator_github *g)
{

	json_decref(g->inherits);
	json_decref(g->assume);
}

/* Plain registries */

static int
all_users(const struct walk *w, struct ferry_error *err)
{
	size_t n = w->s == NULL ? w->op->users_n : ferry_snapshot_users(w->s);

	for (size_t i = 0; i < n; i++) {
		const struct operator_user *u = &w->op->users[i];
		const struct ferry_snapshot_user *v =
		    w->s == NULL ? NULL : ferry_snapshot_user_at(w->s, i);
		bool suspended = v == NULL ? u->suspended : v->suspended;
		json_t *o = json_pack("{s:s,s:I,s:s}", "kind", "user", "id",
		    (json_int_t)(v == NULL ? u->id : v->id), "login",
		    v == NULL ? u->login : v->login);

		if (o != NULL && suspended)
			(void)json_object_set_new(o, "suspended", json_true());
		if (put_record(w, o, err) == -1)
			return -1;
	}
	return 0;
}

static int
name_grant(const struct walk *w, struct ferry_conf_group *g, uint64_t user,
    struct ferry_error *err)
{
	const char *type, *name, *role = role_in(g, err);

	if (role == NULL || ferry_conf_str(g, "type", "*", &type, err) == -1 ||
	    ferry_conf_need_str(g, "name", &name, err) == -1)
		return -1;
	return put_record(w,
	    json_pack("{s:s,s:s,s:s,s:I,s:s}", "kind", "name_grant", "type",
		type, "name", name, "user", (json_int_t)user, "role", role),
	    err);
}

static int
grant_user(const struct walk *w, struct ferry_conf_group *g, const char *login,
    struct ferry_error *err)
{
	const struct ferry_snapshot_user *u =
	    w->s == NULL ? NULL : ferry_snapshot_login(w->s, login);
	const struct operator_user *local =
	    w->s == NULL ? ferry_operator_local_user(w->op, login) : NULL;
	uint64_t id = u != NULL ? u->id : local != NULL ? local->id : 0;

	if (id != 0)
		return name_grant(w, g, id, err);
	report_mistake(w, g, "users", "'%.80s' is no user of realm '%.80s'",
	    login, w->op->realm);
	return 0;
}

/* Snapshots of plain registries have no teams: their members get it. */
static int
grant_local_team(const struct walk *w, struct ferry_conf_group *g,
    const char *slug, struct ferry_error *err)
{
	struct ferry_conf_group *team;
	const char *other, *login;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_list(w->op->root, "teams", i, &team, err)) == 1;
	     i++) {
		if (ferry_conf_need_str(team, "slug", &other, err) == -1)
			return -1;
		if (strcasecmp(slug, other) != 0)
			continue;
		for (unsigned k = 0; (rc = ferry_conf_strs(team, "members", k,
					  &login, err)) == 1;
		     k++)
			if (grant_user(w, g, login, err) == -1)
				return -1;
		return rc;
	}
	if (rc == 0)
		report_mistake(
		    w, g, "teams", "'%.80s' is not one of teams", slug);
	return rc;
}

static int
grant_team(const struct walk *w, struct ferry_conf_group *g, const char *team,
    struct ferry_error *err)
{
	const struct ferry_snapshot_team *t;
	uint64_t teams[TEAMS_MAX];
	size_t n;

	if (w->s == NULL)
		return grant_local_team(w, g, team, err);
	if ((t = ferry_snapshot_team_called(w->s, team)) == NULL) {
		report_mistake(w, g, "teams",
		    "'%.80s' is no team of '%.80s'; expected \"OWNER/SLUG\"",
		    team, w->op->realm);
		return 0;
	}
	for (size_t i = 0; i < ferry_snapshot_users(w->s); i++) {
		uint64_t user = ferry_snapshot_user_at(w->s, i)->id;

		ferry_snapshot_teams(w->s, user, teams, TEAMS_MAX, &n);
		for (size_t k = 0; k < n; k++)
			if (teams[k] == t->id &&
			    name_grant(w, g, user, err) == -1)
				return -1;
	}
	return 0;
}

static int
read_grants(const struct walk *w, struct ferry_conf_group *registry,
    struct ferry_error *err)
{
	struct ferry_conf_group *g;
	const char *text;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_list(registry, "grants", i, &g, err)) == 1; i++) {
		for (unsigned k = 0;
		     (rc = ferry_conf_strs(g, "users", k, &text, err)) == 1;
		     k++)
			if (grant_user(w, g, text, err) == -1)
				return -1;
		for (unsigned k = 0;
		     rc != -1 &&
		     (rc = ferry_conf_strs(g, "teams", k, &text, err)) == 1;
		     k++)
			if (grant_team(w, g, text, err) == -1)
				return -1;
		if (rc == -1)
			return -1;
	}
	return rc;
}

int
ferry_operator_plain(struct ferry_operator *op, const char *upstream,
    const struct ferry_snapshot *realm, const struct ferry_operator_sink *sink,
    struct ferry_error *err)
{
	struct walk w = { op, realm, sink };
	struct ferry_conf_group *g;
	int rc;

	if (put_signature(&w, err) == -1 || all_users(&w, err) == -1 ||
	    (rc = find_group(op, "registries", upstream, &g, err)) == -1)
		return -1;
	return rc == 0 ? 0 : read_grants(&w, g, err);
}
