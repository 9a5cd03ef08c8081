#include "sync/permissions/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "sync/permissions/facts_internal.h"
#include "sync/permissions/facts_line.h"

/* Owners */

int
ferry_facts_owner_read(struct ferry_facts_owner *out, const json_t *account,
    struct ferry_error *err)
{
	const char *login, *type;

	if (ferry_facts_number(account, "id", &out->id, err) == -1 ||
	    ferry_facts_name(account, "login", &login, err) == -1 ||
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
	struct facts_thing account = { .kind = FACTS_OWNER,
		.id = owner->id,
		.organization = owner->organization };
	const struct facts_thing user = { .kind = FACTS_USER, .id = owner->id };

	*base_known =
	    base != NULL && ferry_role_parse(&account.base, base) == 0;
	if (ferry_facts_things_add(&f->things, &account, owner->login, err) ==
	    -1)
		return -1;
	return owner->organization ? 0
	                           : ferry_facts_things_add(
					 &f->things, &user, owner->login, err);
}

/* The whole */

int
ferry_facts_new(struct ferry_facts **out, bool cloud, struct ferry_error *err)
{
	struct ferry_facts *f;

	if (ferry_calloc(&f, 1, sizeof(*f), err) == -1)
		return -1;
	f->cloud = cloud;
	*out = f;
	return 0;
}

void
ferry_facts_free(struct ferry_facts *f)
{

	if (f == NULL)
		return;
	ferry_snapshot_writer_free(&f->writer);
	ferry_facts_things_free(&f->things);
	free(f->pairs);
	free(f);
}

void
ferry_facts_enterprise(struct ferry_facts *f, uint64_t id)
{

	f->enterprise = id;
}

static int
compare_pair(const void *a, const void *b)
{
	const struct facts_pair *x = a, *y = b;

	if (x->team != y->team)
		return x->team < y->team ? -1 : 1;
	return x->user < y->user ? -1 : x->user > y->user;
}

/*
 * A team's list has the members of the teams below it, too.  Who is in one of
 * those is left to it: what a team was given, those below it have anyway.
 */
static int
add_team_members(struct ferry_facts *f, struct ferry_error *err)
{
	json_t *record;

	if (f->pairs_n == 0)
		return 0;
	qsort(f->pairs, f->pairs_n, sizeof(*f->pairs), compare_pair);
	for (size_t i = 0; i < f->pairs_n; i++) {
		const struct facts_thing *t =
		    ferry_facts_find(f, FACTS_TEAM, f->pairs[i].team);
		struct facts_pair above = { t == NULL ? 0 : t->other,
			f->pairs[i].user, false };
		struct facts_pair *p = bsearch(&above, f->pairs, f->pairs_n,
		    sizeof(*f->pairs), compare_pair);

		if (p != NULL)
			p->below = true;
	}
	for (size_t i = 0; i < f->pairs_n; i++) {
		if (f->pairs[i].below ||
		    ferry_facts_find(f, FACTS_TEAM, f->pairs[i].team) == NULL)
			continue;
		if ((record = ferry_facts_line("team_member")) != NULL) {
			ferry_facts_set_number(
			    record, "team", f->pairs[i].team);
			ferry_facts_set_number(
			    record, "user", f->pairs[i].user);
		}
		if (ferry_snapshot_add(&f->writer, record, err) == -1)
			return -1;
	}
	return 0;
}

/* The members of each kind, in the order that the README has. */
static json_t *
record_of(const struct ferry_facts *f, const struct facts_thing *t)
{
	static const char *const kinds[] = { "user", "owner", "team", "repo",
		"package" };
	static const char *const names[] = { "login", "login", "slug", "name",
		"name" };
	json_t *o = ferry_facts_line(kinds[t->kind]);

	if (o == NULL)
		return NULL;
	ferry_facts_set_number(o, "id", t->id);
	if (t->kind >= FACTS_TEAM)
		ferry_facts_set_number(o, "owner", t->owner);
	if (t->kind == FACTS_PACKAGE)
		ferry_facts_set_text(o, "type", t->type);
	ferry_facts_set_text(o, names[t->kind], t->name);
	if (t->suspended)
		(void)json_object_set_new(o, "suspended", json_true());
	if (t->kind == FACTS_OWNER) {
		(void)json_object_set_new(
		    o, "organization", json_boolean(t->organization));
		if (t->organization && f->enterprise != 0)
			ferry_facts_set_number(o, "enterprise", f->enterprise);
		ferry_facts_set_text(o, "base", ferry_role_name(t->base));
	}
	if (t->kind >= FACTS_REPO)
		ferry_facts_set_text(
		    o, "visibility", ferry_visibility_name(t->visibility));
	if (t->other != 0)
		ferry_facts_set_number(
		    o, t->kind == FACTS_TEAM ? "parent" : "repo", t->other);
	if (t->kind == FACTS_PACKAGE)
		(void)json_object_set_new(
		    o, "granular", json_boolean(t->granular));
	if (t->granular)
		ferry_facts_set_text(o, "inherits", "unknown");
	return o;
}

int
ferry_facts_text(struct ferry_facts *f, struct ferry_buf *out,
    ferry_on_contradiction *on_contradiction, void *ctx,
    struct ferry_error *err)
{

	if (ferry_facts_agree(f, on_contradiction, ctx, err) == -1 ||
	    add_team_members(f, err) == -1)
		return -1;
	for (size_t i = 0; i < f->things.n; i++) {
		const struct facts_thing *t = &f->things.v[i];

		if (!t->out &&
		    ferry_snapshot_add(&f->writer, record_of(f, t), err) == -1)
			return -1;
	}
	return ferry_snapshot_text(&f->writer, out, err);
}
