/* The operator's file: the group "site", the people of this site alone and what
 * is granted to them and to others. */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "store/access/people.h"
#include "store/access/snapshots.h"
#include "store/base/conf.h"
#include "store/base/json.h"
#include "store/format/format.h"
#include "sync/permissions/operator_internal.h"

#define GRANT_NAME 120 /* bytes, for `ferry explain` */

/* The form */

static bool
has_str(struct ferry_conf_group *g, const char *name, const char *text,
    struct ferry_error *err)
{
	const char *one;

	for (unsigned i = 0; ferry_conf_strs(g, name, i, &one, err) == 1; i++)
		if (strcasecmp(one, text) == 0)
			return true;
	return false;
}

/* Somebody: a login of this site's, or UPSTREAM:LOGIN. */
static int
check_somebody(struct ferry_conf_group *site, struct ferry_conf_group *g,
    const char *option, const char *text, struct ferry_error *err)
{
	const char *colon = strrchr(text, ':');
	bool directory;

	if (!ferry_login_valid(colon == NULL ? text : colon + 1) ||
	    colon == text)
		return ferry_conf_error(g, option, err,
		    "'%.80s' is neither LOGIN nor UPSTREAM:LOGIN; a login has "
		    "letters, digits and -_.@",
		    text);
	if (ferry_conf_bool(site, "directory", false, &directory, err) == -1)
		return -1;
	return colon != NULL || directory || has_str(site, "users", text, err)
	           ? 0
	           : ferry_conf_error(g, option, err,
			 "'%.80s' is not one of the site's users, and "
			 "'directory' does not say that there are others",
			 text);
}

static int
check_somebodies(struct ferry_conf_group *site, struct ferry_conf_group *g,
    const char *option, struct ferry_error *err)
{
	const char *text;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_strs(g, option, i, &text, err)) == 1; i++)
		if (check_somebody(site, g, option, text, err) == -1)
			return -1;
	return rc;
}

/* The site's own, and each once. */
static int
check_logins(
    struct ferry_conf_group *site, const char *option, struct ferry_error *err)
{
	const char *text, *other;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_strs(site, option, i, &text, err)) == 1; i++) {
		if (!ferry_login_valid(text))
			return ferry_conf_error(site, option, err,
			    "'%.80s' is no login: letters, digits and -_.@",
			    text);
		for (unsigned k = 0; k < i; k++)
			if (ferry_conf_strs(site, option, k, &other, err) ==
				1 &&
			    strcasecmp(text, other) == 0)
				return ferry_conf_error(site, option, err,
				    "'%.80s' is listed twice", text);
	}
	return rc;
}

/* The team called slug: 1 and *out, 0, -1. */
static int
find_team(struct ferry_conf_group *site, const char *slug,
    struct ferry_conf_group **out, struct ferry_error *err)
{
	const char *one;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_list(site, "teams", i, out, err)) == 1; i++) {
		if (ferry_conf_need_str(*out, "slug", &one, err) == -1)
			return -1;
		if (strcasecmp(one, slug) == 0)
			return 1;
	}
	return rc;
}

static int
check_teams(struct ferry_conf_group *site, struct ferry_error *err)
{
	struct ferry_conf_group *g, *first;
	const char *slug;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_list(site, "teams", i, &g, err)) == 1; i++) {
		if (ferry_conf_need_str(g, "slug", &slug, err) == -1 ||
		    check_somebodies(site, g, "members", err) == -1 ||
		    ferry_conf_finish(g, err) == -1 ||
		    find_team(site, slug, &first, err) == -1)
			return -1;
		if (first != g)
			return ferry_conf_error(
			    g, "slug", err, "'%.80s' is listed twice", slug);
	}
	return rc;
}

static bool
type_known(const char *type)
{

	for (size_t i = 0; i < ferry_formats_count(); i++)
		if (strcmp(ferry_format_at(i)->github.name, type) == 0)
			return true;
	return strcmp(type, "*") == 0;
}

/* What a grant says besides to whom. */
struct said {
	const char *grant, *upstream, *type, *name, *role;
	bool everybody;
};

static int
read_said(struct ferry_conf_group *g, struct said *out, struct ferry_error *err)
{

	return ferry_conf_str(g, "grant", NULL, &out->grant, err) == -1 ||
	               ferry_conf_str(
			   g, "upstream", "*", &out->upstream, err) == -1 ||
	               ferry_conf_str(g, "type", "*", &out->type, err) == -1 ||
	               ferry_conf_need_str(g, "name", &out->name, err) == -1 ||
	               ferry_conf_need_str(g, "role", &out->role, err) == -1 ||
	               ferry_conf_bool(
			   g, "everybody", false, &out->everybody, err) == -1
	           ? -1
	           : 0;
}

static int
check_grant_teams(struct ferry_conf_group *site, struct ferry_conf_group *g,
    struct ferry_error *err)
{
	struct ferry_conf_group *team;
	const char *slug;
	int rc, found;

	for (unsigned i = 0;
	     (rc = ferry_conf_strs(g, "teams", i, &slug, err)) == 1; i++) {
		if ((found = find_team(site, slug, &team, err)) == -1)
			return -1;
		if (found == 0)
			return ferry_conf_error(g, "teams", err,
			    "'%.80s' is not one of the site's teams", slug);
	}
	return rc;
}

static int
check_grant(struct ferry_conf_group *site, struct ferry_conf_group *g,
    struct ferry_error *err)
{
	enum ferry_role role;
	struct said said;
	const char *star;

	if (read_said(g, &said, err) == -1 ||
	    check_somebodies(site, g, "users", err) == -1 ||
	    check_grant_teams(site, g, err) == -1)
		return -1;
	if (said.grant != NULL &&
	    (*said.grant == 0 || strlen(said.grant) > GRANT_NAME))
		return ferry_conf_error(g, "grant", err,
		    "a grant's name has 1 to %d bytes", GRANT_NAME);
	if (!type_known(said.type))
		return ferry_conf_error(g, "type", err,
		    "'%.40s' is no type that ferry has", said.type);
	if ((star = strchr(said.name, '*')) != NULL && star[1] != 0)
		return ferry_conf_error(
		    g, "name", err, "'*' stands for anything at the end only");
	if (strcmp(said.role, "none") == 0 ||
	    ferry_role_parse(&role, said.role) == -1)
		return ferry_conf_error(g, "role", err,
		    "'%.40s' is no role; expected read, write or admin",
		    said.role);
	if (!said.everybody && !ferry_conf_has(g, "users") &&
	    !ferry_conf_has(g, "teams"))
		return ferry_conf_error(g, NULL, err,
		    "a grant is to somebody; expected users, teams or "
		    "everybody = true");
	return ferry_conf_finish(g, err);
}

int
ferry_operator_check_site(struct ferry_operator *op, struct ferry_error *err)
{
	struct ferry_conf_group *site, *g;
	const char *text;
	bool directory;
	int rc;

	if (ferry_conf_group(op->root, "site", &site, err) == -1 ||
	    ferry_conf_bool(site, "directory", false, &directory, err) == -1 ||
	    check_logins(site, "users", err) == -1 ||
	    check_logins(site, "suspended", err) == -1 ||
	    check_teams(site, err) == -1)
		return -1;
	for (unsigned i = 0;
	     (rc = ferry_conf_strs(site, "suspended", i, &text, err)) == 1; i++)
		if (check_somebody(site, site, "suspended", text, err) == -1)
			return -1;
	for (unsigned i = 0; rc != -1 && (rc = ferry_conf_strs(site, "same_as",
					      i, &text, err)) == 1;
	     i++)
		if (*text == 0 || strcmp(text, FERRY_REALM_SITE) == 0)
			return ferry_conf_error(site, "same_as", err,
			    "expected upstreams, or \"local\"");
	for (unsigned i = 0; rc != -1 && (rc = ferry_conf_list(
					      site, "grants", i, &g, err)) == 1;
	     i++)
		if (check_grant(site, g, err) == -1)
			return -1;
	return rc == -1 ? -1 : ferry_conf_finish(site, err);
}

/* The record */

struct walk {
	struct ferry_conf_group *site;
	const struct ferry_snapshots *all;
	const struct ferry_operator_sink *sink;
	json_t *record;
};

static int
put_holder(json_t *to, const char *realm, uint64_t number, const char *team,
    struct ferry_error *err)
{
	json_t *o = json_pack(
	    "{s:s,s:I}", "realm", realm, "number", (json_int_t)number);

	if (o != NULL && team != NULL)
		(void)json_object_set_new(o, "team", json_string(team));
	return ferry_json_push(to, o, err);
}

/* One whom a snapshot knows: by the number, which outlasts the login. */
static int
put_stranger(const struct walk *w, json_t *to, struct ferry_conf_group *g,
    const char *option, const char *text, const char *team,
    struct ferry_error *err)
{
	const char *colon = strrchr(text, ':');
	const struct ferry_snapshot_user *u = NULL;
	struct ferry_error mistake = FERRY_ERROR_INIT;

	for (size_t i = 0; i < ferry_snapshots_count(w->all) && u == NULL;
	     i++) {
		const struct ferry_snapshot *s = ferry_snapshots_at(w->all, i);
		const char *realm = ferry_snapshot_meta(s)->realm;

		if (strlen(realm) == (size_t)(colon - text) &&
		    memcmp(realm, text, (size_t)(colon - text)) == 0 &&
		    (u = ferry_snapshot_login(s, colon + 1)) != NULL)
			return put_holder(to, realm, u->id, team, err);
	}
	ferry_conf_error(g, option, &mistake,
	    "no permission snapshot here knows '%.150s'", text);
	w->sink->on_mistake(w->sink->ctx, &mistake);
	return 0;
}

static int
put_somebodies(const struct walk *w, json_t *to, struct ferry_conf_group *g,
    const char *option, const char *team, struct ferry_error *err)
{
	const char *text;
	uint64_t number;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_strs(g, option, i, &text, err)) == 1; i++) {
		if (strchr(text, ':') != NULL)
			rc = put_stranger(w, to, g, option, text, team, err);
		else if (ferry_local_user(text, &number, err) == 0)
			rc =
			    put_holder(to, FERRY_REALM_SITE, number, team, err);
		else
			rc = -1;
		if (rc == -1)
			return -1;
	}
	return rc;
}

static int
put_holders(const struct walk *w, json_t *to, struct ferry_conf_group *g,
    bool everybody, struct ferry_error *err)
{
	struct ferry_conf_group *team;
	const char *slug;
	int rc;

	if (everybody &&
	    ferry_json_push(
		to, json_pack("{s:s}", "realm", FERRY_REALM_SITE), err) == -1)
		return -1;
	if (put_somebodies(w, to, g, "users", NULL, err) == -1)
		return -1;
	for (unsigned i = 0;
	     (rc = ferry_conf_strs(g, "teams", i, &slug, err)) == 1; i++)
		if (find_team(w->site, slug, &team, err) != 1 ||
		    put_somebodies(w, to, team, "members", slug, err) == -1)
			return -1;
	return rc;
}

static int
put_grant(const struct walk *w, struct ferry_conf_group *g, json_t *grants,
    struct ferry_error *err)
{
	json_t *to = json_array(), *o;
	enum ferry_role role = FERRY_NO_ROLE;
	struct said said;

	if (read_said(g, &said, err) == -1 ||
	    put_holders(w, to, g, said.everybody, err) == -1) {
		json_decref(to);
		return -1;
	}
	(void)ferry_role_parse(&role, said.role);
	o = json_pack("{s:s,s:I,s:s,s:s,s:s,s:s,s:o}", "grant",
	    said.grant == NULL ? said.name : said.grant, "line",
	    (json_int_t)ferry_conf_line(g, NULL), "upstream", said.upstream,
	    "type", said.type, "name", said.name, "role", ferry_role_name(role),
	    "to", to);
	return ferry_json_push(grants, o, err);
}

static int
put_users(const struct walk *w, json_t *users, struct ferry_error *err)
{
	const char *login;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_strs(w->site, "users", i, &login, err)) == 1; i++)
		if (ferry_json_push(users,
			json_pack("{s:s,s:b}", "login", login, "suspended",
			    has_str(w->site, "suspended", login, err)),
			err) == -1)
			return -1;
	for (unsigned i = 0;
	     rc != -1 &&
	     (rc = ferry_conf_strs(w->site, "suspended", i, &login, err)) == 1;
	     i++)
		if (!has_str(w->site, "users", login, err) &&
		    ferry_json_push(users,
			json_pack("{s:s,s:b}", "login", login, "suspended", 1),
			err) == -1)
			return -1;
	return rc;
}

static int
put_site(const struct walk *w, struct ferry_error *err)
{
	json_t *users = json_object_get(w->record, "users");
	json_t *same_as = json_object_get(w->record, "same_as");
	json_t *grants = json_object_get(w->record, "grants");
	struct ferry_conf_group *g;
	const char *realm;
	int rc = put_users(w, users, err);

	for (unsigned i = 0; rc != -1 && (rc = ferry_conf_strs(w->site,
					      "same_as", i, &realm, err)) == 1;
	     i++)
		if (ferry_json_push(same_as, json_string(realm), err) == -1)
			return -1;
	for (unsigned i = 0; rc != -1 && (rc = ferry_conf_list(w->site,
					      "grants", i, &g, err)) == 1;
	     i++)
		if (put_grant(w, g, grants, err) == -1)
			return -1;
	return rc;
}

int
ferry_operator_site(struct ferry_operator *op,
    const struct ferry_snapshots *all, const struct ferry_operator_sink *sink,
    json_t **out, struct ferry_error *err)
{
	struct walk w = { .all = all, .sink = sink };

	*out = NULL;
	if (!ferry_conf_has(op->root, "site"))
		return 0;
	if (ferry_conf_group(op->root, "site", &w.site, err) == -1)
		return -1;
	w.record = json_pack("{s:s,s:s,s:[],s:[],s:[]}", "signed_off_by",
	    op->signed_off_by, "file", op->path, "users", "same_as", "grants");
	if (w.record == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (put_site(&w, err) == -1) {
		json_decref(w.record);
		return -1;
	}
	*out = w.record;
	return 0;
}
