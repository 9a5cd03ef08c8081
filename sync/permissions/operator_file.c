#include "sync/permissions/operator_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/access/people.h"
#include "store/access/snapshot.h"
#include "store/base/bytes.h"
#include "store/base/conf.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/format/format.h"
#include "sync/permissions/operator_internal.h"

#define SIGNATURE_MAX 1000 /* bytes */

/* Words */

static int
read_role(
    struct ferry_conf_group *g, enum ferry_role *out, struct ferry_error *err)
{
	const char *word;

	if (ferry_conf_need_str(g, "role", &word, err) == -1)
		return -1;
	if (strcmp(word, "none") == 0 || ferry_role_parse(out, word) == -1)
		return ferry_conf_error(g, "role", err,
		    "'%.40s' is no role; expected read, write or admin", word);
	return 0;
}

/* What a list has once. */
struct key {
	const char *option; /* NULL: there may be several of it */
	const char *type, *name; /* type may be NULL */
};
/* seen has the keys so far; upstreams' names are told apart by case, others
 * are not. */
static int
check_once(json_t *seen, struct ferry_conf_group *g, const struct key *key,
    struct ferry_error *err)
{
	struct ferry_buf low = FERRY_BUF_INIT;
	int rc = ferry_buf_addf(&low, err, "%s%s%s",
	    key->type == NULL ? "" : key->type, key->type == NULL ? "" : " ",
	    key->name);

	for (size_t i = 0; i < low.n && strcmp(key->option, "upstream") != 0;
	     i++)
		if (low.p[i] >= 'A' && low.p[i] <= 'Z')
			low.p[i] = (uint8_t)(low.p[i] + 32);
	if (rc == 0 && json_object_get(seen, (char *)low.p) != NULL)
		rc = ferry_conf_error(
		    g, key->option, err, "'%.150s' is listed twice", key->name);
	if (rc == 0)
		rc = ferry_json_set(seen, (char *)low.p, json_true(), err);
	ferry_buf_free(&low);
	return rc;
}

/* The strings of an option: each is something, and there once. */
static int
check_strings(
    struct ferry_conf_group *g, const char *name, struct ferry_error *err)
{
	json_t *seen = json_object();
	const char *text;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_strs(g, name, i, &text, err)) == 1; i++) {
		if (*text == 0)
			rc = ferry_conf_error(
			    g, name, err, "element %u is empty", i + 1);
		else
			rc = check_once(
			    seen, g, &(struct key){ name, NULL, text }, err);
		if (rc == -1)
			break;
	}
	json_decref(seen);
	return rc;
}

/* The groups of a list: each has the right form, and its key there once. */
typedef int check_group(struct ferry_operator *op, struct ferry_conf_group *g,
    struct key *key, struct ferry_error *err);
static int
check_list(struct ferry_operator *op, struct ferry_conf_group *g,
    const char *list, check_group *check, struct ferry_error *err)
{
	struct ferry_conf_group *below;
	json_t *seen = json_object();
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_list(g, list, i, &below, err)) == 1; i++) {
		struct key key = { NULL, NULL, NULL };

		if (check(op, below, &key, err) == -1 ||
		    ferry_conf_finish(below, err) == -1 ||
		    (key.option != NULL &&
			check_once(seen, below, &key, err) == -1)) {
			rc = -1;
			break;
		}
	}
	json_decref(seen);
	return rc;
}

static int
read_type(struct ferry_conf_group *g, const char *fallback, const char **out,
    struct ferry_error *err)
{
	struct ferry_buf known = FERRY_BUF_INIT;
	int rc = 0;

	if (ferry_conf_str(g, "type", fallback, out, err) == -1)
		return -1;
	if (*out != NULL && fallback != NULL && strcmp(*out, fallback) == 0)
		return 0;
	for (size_t i = 0; i < ferry_formats_count() && rc == 0; i++) {
		const char *type = ferry_format_at(i)->github.name;

		if (*out != NULL && strcmp(*out, type) == 0)
			goto out;
		rc = ferry_buf_addf(
		    &known, err, "%s\"%s\"", i == 0 ? "" : " or ", type);
	}
	if (rc == 0 && *out == NULL)
		rc = ferry_conf_error(
		    g, "type", err, "is missing; expected %s", (char *)known.p);
	else if (rc == 0)
		rc = ferry_conf_error(g, "type", err,
		    "'%.40s' is no type that ferry has; expected %s", *out,
		    (char *)known.p);
out:
	ferry_buf_free(&known);
	return rc;
}

/* Local users */

static int
read_users(struct ferry_operator *op, struct ferry_error *err)
{
	const char *login;
	uint64_t id;
	size_t cap = 0;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_strs(op->root, "users", i, &login, err)) == 1;
	     i++) {
		if (!ferry_login_valid(login))
			return ferry_conf_error(op->root, "users", err,
			    "element %u, '%.80s', is no login: letters, "
			    "digits and -_.@",
			    i + 1, login);
		if (ferry_local_user(login, &id, err) == -1)
			return -1;
		for (size_t k = 0; k < op->users_n; k++)
			if (op->users[k].id == id)
				return ferry_conf_error(op->root, "users", err,
				    "'%.80s' and '%.80s' are the same",
				    op->users[k].login, login);
		if (ferry_array_grow(&op->users, &cap, op->users_n + 1,
			sizeof(*op->users), err) == -1)
			return -1;
		op->users[op->users_n++] =
		    (struct operator_user){ id, login, false };
	}
	return rc;
}

static int
read_suspended(struct ferry_operator *op, struct ferry_error *err)
{
	struct operator_user *u;
	const char *login;
	int rc;

	if (check_strings(op->root, "suspended", err) == -1)
		return -1;
	for (unsigned i = 0;
	     (rc = ferry_conf_strs(op->root, "suspended", i, &login, err)) == 1;
	     i++) {
		if ((u = ferry_operator_local_user(op, login)) == NULL)
			return ferry_conf_error(op->root, "suspended", err,
			    "'%.80s' is not one of users", login);
		u->suspended = true;
	}
	return rc;
}

static int
check_team(struct ferry_operator *op, struct ferry_conf_group *g,
    struct key *key, struct ferry_error *err)
{
	const char *login;
	int rc;

	key->option = "slug";
	if (ferry_conf_need_str(g, "slug", &key->name, err) == -1 ||
	    check_strings(g, "members", err) == -1)
		return -1;
	for (unsigned i = 0;
	     (rc = ferry_conf_strs(g, "members", i, &login, err)) == 1; i++)
		if (ferry_operator_local_user(op, login) == NULL)
			return ferry_conf_error(g, "members", err,
			    "'%.80s' is not one of users", login);
	return rc;
}

static int
read_local(struct ferry_operator *op, struct ferry_error *err)
{

	if (read_users(op, err) == -1 || read_suspended(op, err) == -1 ||
	    check_list(op, op->root, "teams", check_team, err) == -1)
		return -1;
	if (strcmp(op->realm, FERRY_REALM_LOCAL) == 0)
		return 0;
	for (int i = 0; i < 2; i++) {
		const char *name = i == 0 ? "users" : "teams";

		if (ferry_conf_has(op->root, name))
			return ferry_conf_error(op->root, name, err,
			    "with realm = \"%.80s\" users and teams are that "
			    "upstream's",
			    op->realm);
	}
	return 0;
}

/* The form of the rest */

static int
check_name_grant(struct ferry_operator *op, struct ferry_conf_group *g,
    struct key *key, struct ferry_error *err)
{
	enum ferry_role role;
	const char *name, *type, *star;

	(void)op;
	(void)key;
	if (read_type(g, "*", &type, err) == -1 ||
	    ferry_conf_need_str(g, "name", &name, err) == -1 ||
	    read_role(g, &role, err) == -1 ||
	    check_strings(g, "users", err) == -1 ||
	    check_strings(g, "teams", err) == -1)
		return -1;
	if ((star = strchr(name, '*')) != NULL && star[1] != 0)
		return ferry_conf_error(
		    g, "name", err, "'*' stands for anything at the end only");
	if (!ferry_conf_has(g, "users") && !ferry_conf_has(g, "teams"))
		return ferry_conf_error(g, NULL, err,
		    "a grant is to somebody; expected users or teams");
	return 0;
}

static int
check_registry(struct ferry_operator *op, struct ferry_conf_group *g,
    struct key *key, struct ferry_error *err)
{

	key->option = "upstream";
	if (ferry_conf_need_str(g, "upstream", &key->name, err) == -1)
		return -1;
	return check_list(op, g, "grants", check_name_grant, err);
}

static int
check_package_grant(struct ferry_operator *op, struct ferry_conf_group *g,
    struct key *key, struct ferry_error *err)
{
	const char *user, *team;
	enum ferry_role role;

	(void)op;
	if (ferry_conf_str(g, "user", NULL, &user, err) == -1 ||
	    ferry_conf_str(g, "team", NULL, &team, err) == -1 ||
	    read_role(g, &role, err) == -1)
		return -1;
	if ((user == NULL) == (team == NULL))
		return ferry_conf_error(
		    g, NULL, err, "expected either user or team");
	if (team != NULL && strchr(team, '/') == NULL)
		return ferry_conf_error(
		    g, "team", err, "expected \"OWNER/SLUG\"");
	key->option = user != NULL ? "user" : "team";
	key->type = key->option;
	key->name = user != NULL ? user : team;
	return 0;
}

static int
check_action(struct ferry_operator *op, struct ferry_conf_group *g,
    struct key *key, struct ferry_error *err)
{
	enum ferry_role role;

	(void)op;
	key->option = "repo";
	if (ferry_conf_need_str(g, "repo", &key->name, err) == -1 ||
	    read_role(g, &role, err) == -1)
		return -1;
	if (strchr(key->name, '/') == NULL)
		return ferry_conf_error(
		    g, "repo", err, "expected \"OWNER/NAME\"");
	return 0;
}

static int
check_package(struct ferry_operator *op, struct ferry_conf_group *g,
    struct key *key, struct ferry_error *err)
{
	bool inherits;

	key->option = "name";
	if (read_type(g, NULL, &key->type, err) == -1 ||
	    ferry_conf_need_str(g, "name", &key->name, err) == -1 ||
	    ferry_conf_bool(g, "inherits", false, &inherits, err) == -1 ||
	    check_list(op, g, "grants", check_package_grant, err) == -1)
		return -1;
	if (inherits && ferry_conf_has(g, "grants"))
		return ferry_conf_error(g, "grants", err,
		    "a package that inherits has no grants of its own");
	return check_list(op, g, "actions", check_action, err);
}

static int
check_owner(struct ferry_operator *op, struct ferry_conf_group *g,
    struct key *key, struct ferry_error *err)
{
	const char *word;

	(void)op;
	key->option = "login";
	if (ferry_conf_need_str(g, "login", &key->name, err) == -1 ||
	    ferry_conf_str(
		g, "unknown_inheritance", "owners_only", &word, err) == -1)
		return -1;
	if (strcmp(word, "owners_only") != 0 &&
	    strcmp(word, "assume_inherit") != 0)
		return ferry_conf_error(g, "unknown_inheritance", err,
		    "expected \"owners_only\" or \"assume_inherit\"");
	return 0;
}

static int
check_github(struct ferry_operator *op, struct ferry_conf_group *g,
    struct key *key, struct ferry_error *err)
{
	bool private_mode;

	key->option = "upstream";
	if (ferry_conf_need_str(g, "upstream", &key->name, err) == -1 ||
	    ferry_conf_bool(g, "private_mode", false, &private_mode, err) ==
		-1 ||
	    check_list(op, g, "owners", check_owner, err) == -1)
		return -1;
	return check_list(op, g, "packages", check_package, err);
}

static int
read_signature(struct ferry_operator *op, struct ferry_error *err)
{

	if (ferry_conf_need_str(
		op->root, "signed_off_by", &op->signed_off_by, err) == -1)
		return -1;
	if (strlen(op->signed_off_by) > SIGNATURE_MAX)
		return ferry_conf_error(op->root, "signed_off_by", err,
		    "has more than %d bytes", SIGNATURE_MAX);
	return 0;
}

int
ferry_operator_open(
    struct ferry_operator **out, const char *path, struct ferry_error *err)
{
	struct ferry_operator *op;

	if (ferry_calloc(&op, 1, sizeof(*op), err) == -1)
		return -1;
	if (ferry_strdup(&op->path, path, err) == -1 ||
	    ferry_conf_open(&op->conf, path, err) == -1)
		goto fail;
	op->root = ferry_conf_root(op->conf);
	if (ferry_conf_check_text(op->conf, err) == -1 ||
	    read_signature(op, err) == -1 ||
	    ferry_conf_str(
		op->root, "realm", FERRY_REALM_LOCAL, &op->realm, err) == -1 ||
	    read_local(op, err) == -1 ||
	    check_list(op, op->root, "registries", check_registry, err) == -1 ||
	    check_list(op, op->root, "github", check_github, err) == -1 ||
	    ferry_operator_check_site(op, err) == -1 ||
	    ferry_conf_finish(op->root, err) == -1)
		goto fail;
	*out = op;
	return 0;
fail:
	ferry_operator_free(op);
	return -1;
}

void
ferry_operator_free(struct ferry_operator *op)
{

	if (op == NULL)
		return;
	ferry_conf_free(op->conf);
	free(op->users);
	free(op->path);
	free(op);
}

const char *
ferry_operator_signed_off_by(const struct ferry_operator *op)
{

	return op->signed_off_by;
}

const char *
ferry_operator_realm(const struct ferry_operator *op)
{

	return op->realm;
}

bool
ferry_operator_has_users(const struct ferry_operator *op)
{

	return op->users_n > 0;
}

static int
check_upstreams(struct ferry_operator *op, const char *list,
    enum ferry_upstream_is want,
    enum ferry_upstream_is (*what_is)(void *ctx, const char *upstream),
    void *ctx, struct ferry_error *err)
{
	struct ferry_conf_group *g;
	const char *name;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_list(op->root, list, i, &g, err)) == 1; i++) {
		if (ferry_conf_need_str(g, "upstream", &name, err) == -1)
			return -1;
		if (what_is(ctx, name) != want)
			return ferry_conf_error(g, "upstream", err,
			    "the configuration has no upstream '%.80s' %s",
			    name,
			    want == FERRY_UPSTREAM_IS_GITHUB
				? "with format = \"github\""
				: "that is a plain registry");
	}
	return rc;
}

int
ferry_operator_check(struct ferry_operator *op,
    enum ferry_upstream_is (*what_is)(void *ctx, const char *upstream),
    void *ctx, struct ferry_error *err)
{

	if (strcmp(op->realm, FERRY_REALM_LOCAL) != 0 &&
	    what_is(ctx, op->realm) != FERRY_UPSTREAM_IS_GITHUB)
		return ferry_conf_error(op->root, "realm", err,
		    "expected \"local\" or an upstream with format = "
		    "\"github\"; '%.80s' is neither",
		    op->realm);
	if (check_upstreams(op, "registries", FERRY_UPSTREAM_IS_PLAIN, what_is,
		ctx, err) == -1)
		return -1;
	return check_upstreams(
	    op, "github", FERRY_UPSTREAM_IS_GITHUB, what_is, ctx, err);
}
