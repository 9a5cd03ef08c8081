#include "sync/access/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "sync/access/facts_internal.h"

/* Owners */

int
ferry_facts_owner_read(struct ferry_facts_owner *out, const json_t *account,
    struct ferry_error *err)
{
	const char *login, *type;

	if (facts_number(account, "id", &out->id, err) == -1 ||
	    facts_name(account, "login", &login, err) == -1 ||
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
	struct facts_owner *o;
	json_t *record;

	if (ferry_array_grow(&f->owners, &f->owners_cap, f->owners_n + 1,
		sizeof(*f->owners), err) == -1)
		return -1;
	o = &f->owners[f->owners_n++];
	*o = (struct facts_owner){ *owner, FERRY_NO_ROLE };
	*base_known = base != NULL && ferry_role_parse(&o->base, base) == 0;
	if (owner->organization)
		return 0;
	if ((record = facts_line("user")) != NULL) {
		facts_set_number(record, "id", owner->id);
		facts_set_text(record, "login", owner->login);
	}
	return ferry_snapshot_add(&f->writer, record, err);
}

static int
add_owner(
    struct ferry_facts *f, const struct facts_owner *o, struct ferry_error *err)
{
	json_t *record = facts_line("owner");

	if (record != NULL) {
		facts_set_number(record, "id", o->account.id);
		facts_set_text(record, "login", o->account.login);
		(void)json_object_set_new(record, "organization",
		    json_boolean(o->account.organization));
		if (o->account.organization && f->enterprise != 0)
			facts_set_number(record, "enterprise", f->enterprise);
		facts_set_text(record, "base", ferry_role_name(o->base));
	}
	return ferry_snapshot_add(&f->writer, record, err);
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
	json_t *record = facts_line("note");

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
	const struct facts_pair *x = a, *y = b;

	if (x->team != y->team)
		return x->team < y->team ? -1 : 1;
	return x->user < y->user ? -1 : x->user > y->user;
}

static int
compare_team(const void *a, const void *b)
{
	const struct facts_team *x = a, *y = b;

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
		struct facts_team key = { f->pairs[i].team, 0 };
		const struct facts_team *t = bsearch(&key, f->teams, f->teams_n,
		    sizeof(*f->teams), compare_team);
		struct facts_pair above = { t == NULL ? 0 : t->parent,
			f->pairs[i].user, false };
		struct facts_pair *p = bsearch(&above, f->pairs, f->pairs_n,
		    sizeof(*f->pairs), compare_pair);

		if (p != NULL)
			p->below = true;
	}
	for (size_t i = 0; i < f->pairs_n; i++) {
		if (f->pairs[i].below)
			continue;
		if ((record = facts_line("team_member")) != NULL) {
			facts_set_number(record, "team", f->pairs[i].team);
			facts_set_number(record, "user", f->pairs[i].user);
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
