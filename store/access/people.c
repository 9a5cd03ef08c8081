#include "store/access/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/access/claim.h"
#include "store/base/bytes.h"
#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/index/local.h"

/* To whom something is granted.  number 0: to all of realm. */
struct holder {
	const char *realm, *team;
	uint64_t number;
};

struct grant {
	const char *name, *upstream, *type, *pattern;
	uint64_t line;
	enum ferry_role role;
	struct holder *to;
	size_t to_n;
};

struct user {
	const char *login;
	uint64_t number;
	bool suspended;
};

/* Strings are record's. */
struct ferry_people {
	json_t *record; /* or NULL: nobody */
	const char *file;
	const json_t *same_as;
	struct user *users;
	size_t users_n;
	struct grant *grants;
	size_t grants_n;
};

int
ferry_local_user(const char *login, uint64_t *out, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_digest digest;
	int rc = -1;

	if (ferry_buf_addf(&text, err, "ferry local user %s", login) == 0) {
		for (size_t i = 0; i < text.n; i++)
			if (text.p[i] >= 'A' && text.p[i] <= 'Z')
				text.p[i] = (uint8_t)(text.p[i] + 32);
		rc = ferry_digest_of(
		    &digest, FERRY_SHA256, ferry_bytes_buf(&text), err);
	}
	ferry_buf_free(&text);
	if (rc == -1)
		return -1;
	*out = ferry_get_be64(digest.v) >> 12;
	if (*out == 0)
		*out = 1;
	return 0;
}

bool
ferry_login_valid(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && n <= FERRY_LOGIN_MAX && text[0] != '-' &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
			    "uvwxyz0123456789-_.@") == n;
}

/* Reading */

static int
read_users(struct ferry_people *p, struct ferry_error *err)
{
	json_t *list;
	size_t i;
	json_t *o;

	if (ferry_json_array(p->record, "users", &list, err) == -1 ||
	    ferry_calloc(&p->users, json_array_size(list) + 1,
		sizeof(*p->users), err) == -1)
		return -1;
	json_array_foreach (list, i, o) {
		struct user *u = &p->users[p->users_n++];

		if (ferry_json_str(o, "login", &u->login, err) == -1 ||
		    ferry_local_user(u->login, &u->number, err) == -1)
			return -1;
		u->suspended = json_is_true(json_object_get(o, "suspended"));
	}
	return 0;
}

static int
read_holders(struct grant *g, const json_t *o, struct ferry_error *err)
{
	json_t *list, *to;
	size_t i;

	if (ferry_json_array(o, "to", &list, err) == -1 ||
	    ferry_calloc(
		&g->to, json_array_size(list) + 1, sizeof(*g->to), err) == -1)
		return -1;
	json_array_foreach (list, i, to) {
		struct holder *h = &g->to[g->to_n++];

		if (ferry_json_str(to, "realm", &h->realm, err) == -1 ||
		    ferry_json_str_opt(to, "team", NULL, &h->team, err) == -1 ||
		    ferry_json_u64_opt(
			to, "number", INT64_MAX, 0, &h->number, err) == -1)
			return -1;
	}
	return 0;
}

static int
read_grants(struct ferry_people *p, struct ferry_error *err)
{
	json_t *list, *o;
	const char *role;
	size_t i;

	if (ferry_json_array(p->record, "grants", &list, err) == -1 ||
	    ferry_calloc(&p->grants, json_array_size(list) + 1,
		sizeof(*p->grants), err) == -1)
		return -1;
	json_array_foreach (list, i, o) {
		struct grant *g = &p->grants[p->grants_n++];

		if (ferry_json_str(o, "grant", &g->name, err) == -1 ||
		    ferry_json_str(o, "upstream", &g->upstream, err) == -1 ||
		    ferry_json_str(o, "type", &g->type, err) == -1 ||
		    ferry_json_str(o, "name", &g->pattern, err) == -1 ||
		    ferry_json_str(o, "role", &role, err) == -1 ||
		    ferry_json_u64(o, "line", INT64_MAX, &g->line, err) == -1 ||
		    read_holders(g, o, err) == -1)
			return -1;
		if (ferry_role_parse(&g->role, role) == -1)
			return ferry_error_set(
			    err, FERRY_EFORMAT, "'%.40s' is no role", role);
	}
	return 0;
}

static int
get(struct ferry_store *st, const char *which, json_t **out,
    struct ferry_error *err)
{

	return ferry_local_named_get(st, FERRY_KIND_PEOPLE, which, out, err);
}

int
ferry_people_load(
    struct ferry_people **out, struct ferry_store *st, struct ferry_error *err)
{
	struct ferry_people *p;
	int rc;

	if (ferry_calloc(&p, 1, sizeof(*p), err) == -1)
		return -1;
	if ((rc = get(st, "site", &p->record, err)) == 1 &&
	    (ferry_json_str(p->record, "file", &p->file, err) == -1 ||
		read_users(p, err) == -1 || read_grants(p, err) == -1)) {
		ferry_error_in(err, "the people of this site");
		rc = -1;
	}
	if (rc == -1) {
		ferry_people_free(p);
		return -1;
	}
	p->same_as = json_object_get(p->record, "same_as");
	*out = p;
	return 0;
}

void
ferry_people_free(struct ferry_people *p)
{

	if (p == NULL)
		return;
	for (size_t i = 0; i < p->grants_n; i++)
		free(p->grants[i].to);
	free(p->grants);
	free(p->users);
	json_decref(p->record);
	free(p);
}

/* Writing */

int
ferry_people_stamp(
    struct ferry_store *st, uint64_t *out, struct ferry_error *err)
{
	json_t *stamp;
	int rc = get(st, "stamp", &stamp, err);

	*out = 0;
	if (rc == 1 &&
	    ferry_json_u64(stamp, "serial", INT64_MAX, out, err) == -1)
		rc = -1;
	json_decref(stamp);
	return rc == -1 ? -1 : 0;
}

static int
put(struct ferry_store *st, json_t *record, struct ferry_error *err)
{
	uint64_t serial;

	if (ferry_people_stamp(st, &serial, err) == -1 ||
	    ferry_local_named_put(st, FERRY_KIND_PEOPLE, "stamp",
		json_pack("{s:I}", "serial", (json_int_t)serial + 1),
		err) == -1)
		return -1;
	return record == NULL ? ferry_local_named_delete(
				    st, FERRY_KIND_PEOPLE, "site", err)
	                      : ferry_local_named_put(st, FERRY_KIND_PEOPLE,
				    "site", json_incref(record), err);
}

int
ferry_people_put(
    struct ferry_store *st, json_t *record, struct ferry_error *err)
{
	json_t *here = NULL;
	int rc = get(st, "site", &here, err);

	if (rc != -1 && (here == NULL) == (record == NULL) &&
	    (here == NULL || json_equal(here, record)))
		rc = 0;
	else if (rc != -1)
		rc = put(st, record, err) == -1 ? -1 : 1;
	json_decref(here);
	json_decref(record);
	return rc;
}

/* Who somebody is */

bool
ferry_people_find(
    const struct ferry_people *p, const char *login, uint64_t *number)
{

	for (size_t i = 0; i < p->users_n; i++)
		if (strcasecmp(p->users[i].login, login) == 0) {
			*number = p->users[i].number;
			return true;
		}
	return false;
}

bool
ferry_people_at(const struct ferry_people *p, size_t i, struct ferry_claim *out)
{

	if (i >= p->users_n)
		return false;
	*out = (struct ferry_claim){ .kind = FERRY_CLAIM_USER,
		.realm = FERRY_REALM_SITE,
		.user = p->users[i].number,
		.scopes = FERRY_SCOPE_READ };
	(void)snprintf(
	    out->login, sizeof(out->login), "%.99s", p->users[i].login);
	return true;
}

bool
ferry_people_suspends(
    const struct ferry_people *p, const struct ferry_claim *claim)
{

	if (strcmp(claim->realm, FERRY_REALM_SITE) != 0)
		return false;
	for (size_t i = 0; i < p->users_n; i++)
		if (p->users[i].number == claim->user)
			return p->users[i].suspended;
	return false;
}

/* Whether those of realm who have the login of a user here are that user. */
static bool
is_same(const struct ferry_people *p, const char *realm)
{
	const json_t *one;
	size_t i;

	json_array_foreach (p->same_as, i, one)
		if (json_is_string(one) &&
		    strcmp(json_string_value(one), realm) == 0)
			return true;
	return false;
}

const struct ferry_snapshot_user *
ferry_people_user(const struct ferry_people *p, const struct ferry_snapshot *s,
    const struct ferry_claim *claim)
{
	const char *realm = ferry_snapshot_meta(s)->realm;

	if (strcmp(claim->realm, FERRY_REALM_SITE) == 0)
		return p != NULL && is_same(p, realm)
		           ? ferry_snapshot_login(s, claim->login)
		           : NULL;
	return strcmp(claim->realm, realm) == 0
	           ? ferry_snapshot_user(s, claim->user)
	           : NULL;
}

/* What is granted */

static bool
fits(const char *pattern, const char *name)
{
	size_t n = strlen(pattern);

	if (n > 0 && pattern[n - 1] == '*')
		return strncmp(pattern, name, n - 1) == 0;
	return strcmp(pattern, name) == 0;
}

static const struct holder *
find_holder(const struct grant *g, const struct ferry_claim *claim)
{

	for (size_t i = 0; i < g->to_n; i++)
		if (strcmp(g->to[i].realm, claim->realm) == 0 &&
		    (g->to[i].number == 0 || g->to[i].number == claim->user))
			return &g->to[i];
	return NULL;
}

enum ferry_role
ferry_people_role(const struct ferry_people *p, const struct ferry_claim *claim,
    const struct ferry_people_ask *ask)
{
	enum ferry_role best = FERRY_NO_ROLE;

	for (size_t i = 0; p != NULL && i < p->grants_n; i++) {
		const struct grant *g = &p->grants[i];
		const struct holder *h;
		char text[600];

		if ((strcmp(g->upstream, "*") != 0 &&
			strcmp(g->upstream, ask->upstream) != 0) ||
		    (strcmp(g->type, "*") != 0 &&
			strcmp(g->type, ask->type) != 0) ||
		    !fits(g->pattern, ask->package) ||
		    (h = find_holder(g, claim)) == NULL)
			continue;
		if (g->role > best)
			best = g->role;
		if (ask->on_record == NULL)
			continue;
		(void)snprintf(text, sizeof(text),
		    "grant '%s' of this site, %.200s:%llu: %s%s%s has %s",
		    g->name, p->file, (unsigned long long)g->line,
		    h->number == 0    ? "every account"
		    : h->team != NULL ? "team "
				      : "user ",
		    h->number == 0    ? ""
		    : h->team != NULL ? h->team
				      : claim->login,
		    h->number != 0 && h->team != NULL
			? ", whose member this is,"
			: "",
		    ferry_role_name(g->role));
		ask->on_record(ask->ctx, text);
	}
	return best;
}
