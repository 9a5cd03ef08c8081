#include "sync/upstream/github/owner.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "sync/upstream/github/list.h"

#define PER_PAGE "per_page=100"

/* A list like tmpl at a path that is put together. */
static int ask_list(const struct github_list *tmpl, struct ferry_error *err,
    const char *path, ...) __attribute__((format(printf, 3, 4)));
static int
ask_list(const struct github_list *tmpl, struct ferry_error *err,
    const char *path, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, path);
	n = vsnprintf(text, sizeof(text), path, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		return ferry_error_set(
		    err, FERRY_ELIMIT, "a name is too long for a request");
	return ferry_github_list(tmpl, text, err);
}

/* An element of a path: names are logins, slugs and "OWNER/REPO". */
static int
is_path(const char *text, struct ferry_error *err)
{
	const char *letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
			      "uvwxyz0123456789-_./";

	if (*text != 0 && text[strspn(text, letters)] == 0 &&
	    strstr(text, "..") == NULL)
		return 0;
	return ferry_error_set(
	    err, FERRY_EFORMAT, "'%.100s' is not a valid GitHub name", text);
}

static struct github_list
list_of(struct github_owner *owner, enum ferry_fact fact, const char *what,
    const char *meaning)
{
	struct github_list list = { .gh = owner->gh,
		.owner = owner,
		.fact = fact,
		.meaning = meaning };

	(void)snprintf(
	    list.what, sizeof(list.what), "%s of %s", what, owner->name);
	return list;
}

/* Organization-wide roles */

static int
on_role(struct github_list *list, const json_t *item, struct ferry_error *err)
{
	const char *base =
	    json_string_value(json_object_get(item, "base_role"));
	const char *name = json_string_value(json_object_get(item, "name"));
	const char *org = list->owner->account.login;
	struct github_list users = list_of(list->owner, FERRY_FACT_ROLE_USERS,
	    "users", "nobody is let in through this role");
	struct github_list teams = list_of(list->owner, FERRY_FACT_ROLE_TEAMS,
	    "teams", "no team is let in through this role");
	uint64_t id;

	/* Roles over settings open no repository. */
	if (base == NULL)
		return 0;
	if (ferry_json_u64(item, "id", INT64_MAX, &id, err) == -1)
		return -1;
	(void)snprintf(users.what, sizeof(users.what),
	    "the users with the role '%.80s' of %s", name == NULL ? "" : name,
	    org);
	(void)snprintf(teams.what, sizeof(teams.what),
	    "the teams with the role '%.80s' of %s", name == NULL ? "" : name,
	    org);
	(void)snprintf(users.role, sizeof(users.role), "%s", base);
	(void)snprintf(teams.role, sizeof(teams.role), "%s", base);
	if (ask_list(&users, err,
		"/orgs/%s/organization-roles/%" PRIu64 "/users?" PER_PAGE, org,
		id) == -1)
		return -1;
	return ask_list(&teams, err,
	    "/orgs/%s/organization-roles/%" PRIu64 "/teams?" PER_PAGE, org, id);
}

/* Teams */

static int
on_team(struct github_list *list, const json_t *item, struct ferry_error *err)
{
	const char *slug = json_string_value(json_object_get(item, "slug"));
	struct github_list members = list_of(list->owner,
	    FERRY_FACT_TEAM_MEMBERS, "", "nobody is let in through this team");

	if (is_path(slug, err) == -1 ||
	    ferry_json_u64(item, "id", INT64_MAX, &members.id, err) == -1)
		return -1;
	(void)snprintf(members.what, sizeof(members.what),
	    "the members of team %s/%s", list->owner->account.login, slug);
	return ask_list(&members, err, "/orgs/%s/teams/%s/members?" PER_PAGE,
	    list->owner->account.login, slug);
}

/* Repositories that packages link to */

static int
ask_repository(
    struct github_owner *owner, const json_t *repo, struct ferry_error *err)
{
	const char *full =
	    json_string_value(json_object_get(repo, "full_name"));
	struct github_list users = list_of(owner, FERRY_FACT_COLLABORATORS, "",
	    "nobody is let in because this repository names them");
	struct github_list teams = list_of(owner, FERRY_FACT_REPO_TEAMS, "",
	    "no team is let in by this repository");

	if (is_path(full, err) == -1 ||
	    ferry_json_u64(repo, "id", INT64_MAX, &users.id, err) == -1)
		return -1;
	teams.id = users.id;
	(void)snprintf(users.what, sizeof(users.what),
	    "the collaborators of repository %s", full);
	(void)snprintf(
	    teams.what, sizeof(teams.what), "the teams of repository %s", full);
	if (ask_list(&users, err,
		"/repos/%s/collaborators?affiliation=direct&" PER_PAGE,
		full) == -1)
		return -1;
	/* Users' repositories have no teams. */
	if (!owner->account.organization)
		return 0;
	return ask_list(&teams, err, "/repos/%s/teams?" PER_PAGE, full);
}

/* Packages */

/* Its name as the list has it, and the repository that it is linked to. */
static int
copy_about(
    struct github_want *want, const json_t *item, struct ferry_error *err)
{
	const char *full = json_string_value(
	    json_object_get(json_object_get(item, "repository"), "full_name"));

	if (full != NULL &&
	    (is_path(full, err) == -1 ||
		ferry_strdup(&want->repository, full, err) == -1))
		return -1;
	return ferry_strdup(&want->called,
	    json_string_value(json_object_get(item, "name")), err);
}

static int
want_package(
    struct github_list *list, const json_t *item, struct ferry_error *err)
{
	struct ferry_fact_about about = { .owner = &list->owner->account,
		.type = list->type };
	struct github_part *part = list->part;
	bool legacy = strcmp(list->type, part->format->github.name) != 0;
	struct ferry_buf name = FERRY_BUF_INIT;

	if (!part->usable)
		return 0;
	if (ferry_facts_package_name(&name, &about, item, err) == -1 ||
	    ferry_array_grow(&part->wants, &part->cap, part->n + 1,
		sizeof(*part->wants), err) == -1) {
		ferry_buf_free(&name);
		return -1;
	}
	/* Registries do not serve all that their older type lists. */
	part->wants[part->n] = (struct github_want){ .name = (char *)name.p,
		.how = legacy ? FERRY_WANT_IF_THERE : FERRY_WANT };
	return copy_about(&part->wants[part->n++], item, err);
}

static int
on_package(
    struct github_list *list, const json_t *item, struct ferry_error *err)
{
	const json_t *repo = json_object_get(item, "repository");

	if (want_package(list, item, err) == -1)
		return -1;
	return json_is_object(repo) ? ask_repository(list->owner, repo, err)
	                            : 0;
}

static void
no_packages(
    struct github_list *list, long status, const struct ferry_error *why)
{
	struct ferry_error err = *why;
	char item[300];

	(void)snprintf(item, sizeof(item), "%s:%.200s",
	    list->gh->up->kind->format, list->owner->name);
	ferry_error_in(&err,
	    "%s is not available to this token; others are synced", list->what);
	ferry_run_fail(list->gh->run, item, &err);
	ferry_github_list_unread(list, status);
}

static int
ask_packages(struct github_owner *owner, struct github_part *part,
    const char *type, struct ferry_error *err)
{
	struct github_list list = list_of(owner, FERRY_FACT_PACKAGES, "",
	    "nobody is let in to these packages");

	list.part = part;
	list.type = type;
	list.on_item = on_package;
	list.on_unread = no_packages;
	(void)snprintf(list.what, sizeof(list.what),
	    "the registry of %s packages of %s", type, owner->name);
	return ask_list(&list, err, "/%s/%s/packages?package_type=%s&" PER_PAGE,
	    owner->account.organization ? "orgs" : "users",
	    owner->account.login, type);
}

static int
ask_all_packages(struct github_owner *owner, struct ferry_error *err)
{
	struct github *gh = owner->gh;

	for (size_t i = 0; i < gh->parts_n; i++) {
		struct github_part *part = &gh->parts[i];
		const struct ferry_github_type *t = &part->format->github;

		if ((part->wanted &&
			ask_packages(owner, part, t->name, err) == -1) ||
		    (part->legacy_wanted &&
			ask_packages(owner, part, t->legacy, err) == -1))
			return -1;
	}
	return 0;
}

/* Owners */

static int
ask_organization(struct github_owner *owner, struct ferry_error *err)
{
	static const struct {
		enum ferry_fact fact;
		const char *path, *what, *meaning, *member;
		int (*on_item)(struct github_list *list, const json_t *item,
		    struct ferry_error *err);
	} lists[] = {
		{ FERRY_FACT_OWNERS, "members?role=admin&" PER_PAGE,
		    "the owners", "nobody is let in as an owner", NULL, NULL },
		{ FERRY_FACT_MEMBERS, "members?role=member&" PER_PAGE,
		    "the members", "nobody is let in through membership", NULL,
		    NULL },
		{ FERRY_FACT_OUTSIDE, "outside_collaborators?" PER_PAGE,
		    "the outside collaborators",
		    "they are known only where a repository names them", NULL,
		    NULL },
		{ FERRY_FACT_TEAMS, "teams?" PER_PAGE, "the teams",
		    "nobody is let in through a team", NULL, on_team },
		{ FERRY_FACT_REPOS, "repos?type=all&" PER_PAGE,
		    "the repositories",
		    "only those that packages link to are known", NULL, NULL },
		{ FERRY_FACTS, "organization-roles?" PER_PAGE,
		    "the organization-wide roles",
		    "nobody is let in through one", "roles", on_role },
	};
	struct github_list list;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		list = list_of(
		    owner, lists[i].fact, lists[i].what, lists[i].meaning);
		list.member = lists[i].member;
		list.on_item = lists[i].on_item;
		if (ask_list(&list, err, "/orgs/%s/%s", owner->account.login,
			lists[i].path) == -1)
			return -1;
	}
	return 0;
}

static int
on_organization(
    struct github_list *list, const json_t *item, struct ferry_error *err)
{
	struct github_owner *owner = list->owner;
	bool known;

	if (ferry_facts_owner(
		list->gh->facts, &owner->account, item, &known, err) == -1)
		return -1;
	/* Only owners of an organization are shown it. */
	if (!known) {
		char what[GITHUB_WHAT_MAX];

		(void)snprintf(what, sizeof(what), "the base permission of %s",
		    owner->name);
		ferry_github_unread(list->gh, what, 0, 200,
		    "it is shown to the organization's owners only; members "
		    "are let in by what else they have");
	}
	return 0;
}

/* Of an organization that hides itself, packages may still be listed. */
static void
no_organization(
    struct github_list *list, long status, const struct ferry_error *why)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	bool known;

	(void)why;
	ferry_github_list_unread(list, status);
	if (ferry_facts_owner(list->gh->facts, &list->owner->account, NULL,
		&known, &err) == -1)
		ferry_run_fatal(list->gh->run, &err);
}

static int
on_account(
    struct github_list *list, const json_t *item, struct ferry_error *err)
{
	struct github_owner *owner = list->owner;
	struct github_list org = list_of(owner, FERRY_FACTS, "the settings",
	    "members are let in by what else they have");
	bool known;

	if (ferry_facts_owner_read(&owner->account, item, err) == -1 ||
	    is_path(owner->account.login, err) == -1)
		return -1;
	if (!owner->account.organization) {
		if (ferry_facts_owner(list->gh->facts, &owner->account, NULL,
			&known, err) == -1)
			return -1;
		return ask_all_packages(owner, err);
	}
	org.member = "";
	org.on_item = on_organization;
	org.on_unread = no_organization;
	if (ask_list(&org, err, "/orgs/%s", owner->account.login) == -1 ||
	    ask_organization(owner, err) == -1)
		return -1;
	return ask_all_packages(owner, err);
}

static void
no_account(struct github_list *list, long status, const struct ferry_error *why)
{
	struct ferry_error err = *why;
	char item[300];

	(void)snprintf(item, sizeof(item), "%s:%.200s",
	    list->gh->up->kind->format, list->owner->name);
	ferry_error_in(&err,
	    "'%s' is no organization or user that this token may see",
	    list->owner->name);
	ferry_run_fail(list->gh->run, item, &err);
	ferry_github_list_unread(list, status);
}

int
ferry_github_owner(struct github_owner *owner, struct ferry_error *err)
{
	struct github_list list = list_of(owner, FERRY_FACTS, "the account",
	    "nothing of it is known, and nobody is let in");

	list.member = "";
	list.on_item = on_account;
	list.on_unread = no_account;
	return ask_list(&list, err, "/users/%s", owner->name);
}
