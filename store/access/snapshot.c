#include "store/access/snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/access/snapshot_internal.h"

/* Words */

static const char *const roles[] = { "none", "read", "write", "admin" };
static const char *const visibilities[] = { "private", "internal", "public" };

const char *
ferry_role_name(enum ferry_role role)
{

	return roles[role];
}

int
ferry_role_parse(enum ferry_role *out, const char *name)
{
	static const struct {
		const char *name;
		enum ferry_role role;
	} words[] = { { "none", FERRY_NO_ROLE }, { "read", FERRY_READ },
		{ "pull", FERRY_READ }, { "triage", FERRY_READ },
		{ "write", FERRY_WRITE }, { "push", FERRY_WRITE },
		{ "maintain", FERRY_WRITE }, { "admin", FERRY_ADMIN } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].name, name) == 0) {
			*out = words[i].role;
			return 0;
		}
	return -1;
}

const char *
ferry_visibility_name(enum ferry_visibility visibility)
{

	return visibilities[visibility];
}

int
ferry_visibility_parse(enum ferry_visibility *out, const char *name)
{

	for (int i = 0; i < 3; i++)
		if (strcmp(visibilities[i], name) == 0) {
			*out = (enum ferry_visibility)i;
			return 0;
		}
	return -1;
}

/* Order */

static int
cmp_u64(uint64_t a, uint64_t b)
{

	return a < b ? -1 : a > b;
}

/* Users, owners, teams, repositories: all begin with their number. */
int
ferry_snapshot_cmp_id(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return cmp_u64(x, y);
}

int
ferry_snapshot_cmp_package(const void *a, const void *b)
{
	const struct ferry_snapshot_package *x = a, *y = b;
	int c = strcmp(x->type, y->type);

	return c != 0 ? c : strcasecmp(x->name, y->name);
}

int
ferry_snapshot_cmp_link(const void *a, const void *b)
{
	const struct ferry_link *x = a, *y = b;
	int c = (int)x->kind - (int)y->kind;

	if (c == 0)
		c = cmp_u64(x->a, y->a);
	return c != 0 ? c : cmp_u64(x->b, y->b);
}

#define FIND(list, key, cmp)                                                   \
	((list).n == 0                                                         \
		? NULL                                                         \
		: bsearch(key, (list).v, (list).n, sizeof((list).v[0]), cmp))

/* Looking */

const struct ferry_snapshot_meta *
ferry_snapshot_meta(const struct ferry_snapshot *s)
{

	return &s->meta;
}

void
ferry_snapshot_retake(
    struct ferry_snapshot *s, int64_t taken_at, uint64_t generation)
{

	s->meta.taken_at = taken_at;
	s->meta.generation = generation;
}

const struct ferry_snapshot_user *
ferry_snapshot_user(const struct ferry_snapshot *s, uint64_t id)
{

	return FIND(s->users, &id, ferry_snapshot_cmp_id);
}

const struct ferry_snapshot_user *
ferry_snapshot_login(const struct ferry_snapshot *s, const char *login)
{

	for (size_t i = 0; i < s->users.n; i++)
		if (strcasecmp(s->users.v[i].login, login) == 0)
			return &s->users.v[i];
	return NULL;
}

const struct ferry_snapshot_owner *
ferry_snapshot_owner(const struct ferry_snapshot *s, uint64_t id)
{

	return FIND(s->owners, &id, ferry_snapshot_cmp_id);
}

const struct ferry_snapshot_team *
ferry_snapshot_team(const struct ferry_snapshot *s, uint64_t id)
{

	return FIND(s->teams, &id, ferry_snapshot_cmp_id);
}

const struct ferry_snapshot_repo *
ferry_snapshot_repo(const struct ferry_snapshot *s, uint64_t id)
{

	return FIND(s->repos, &id, ferry_snapshot_cmp_id);
}

/* Whether text is "OWNER/NAME" of that owner and name. */
static bool
is_called(const struct ferry_snapshot *s, uint64_t owner, const char *name,
    const char *text)
{
	const struct ferry_snapshot_owner *o = ferry_snapshot_owner(s, owner);
	const char *slash = strchr(text, '/');
	size_t n = slash == NULL ? 0 : (size_t)(slash - text);

	return o != NULL && slash != NULL && strcasecmp(name, slash + 1) == 0 &&
	       strlen(o->login) == n && strncasecmp(o->login, text, n) == 0;
}

const struct ferry_snapshot_repo *
ferry_snapshot_full_name(const struct ferry_snapshot *s, const char *full_name)
{

	for (size_t i = 0; i < s->repos.n; i++)
		if (is_called(
			s, s->repos.v[i].owner, s->repos.v[i].name, full_name))
			return &s->repos.v[i];
	return NULL;
}

const struct ferry_snapshot_team *
ferry_snapshot_team_called(const struct ferry_snapshot *s, const char *called)
{

	for (size_t i = 0; i < s->teams.n; i++)
		if (is_called(
			s, s->teams.v[i].owner, s->teams.v[i].slug, called))
			return &s->teams.v[i];
	return NULL;
}

const struct ferry_snapshot_owner *
ferry_snapshot_owner_called(const struct ferry_snapshot *s, const char *login)
{

	for (size_t i = 0; i < s->owners.n; i++)
		if (strcasecmp(s->owners.v[i].login, login) == 0)
			return &s->owners.v[i];
	return NULL;
}

const struct ferry_snapshot_package *
ferry_snapshot_package(
    const struct ferry_snapshot *s, const char *type, const char *name)
{
	struct ferry_snapshot_package key = { .type = type, .name = name };

	return FIND(s->packages, &key, ferry_snapshot_cmp_package);
}

size_t
ferry_snapshot_users(const struct ferry_snapshot *s)
{

	return s->users.n;
}

const struct ferry_snapshot_user *
ferry_snapshot_user_at(const struct ferry_snapshot *s, size_t i)
{

	return &s->users.v[i];
}

size_t
ferry_snapshot_packages(const struct ferry_snapshot *s)
{

	return s->packages.n;
}

const struct ferry_snapshot_package *
ferry_snapshot_package_at(const struct ferry_snapshot *s, size_t i)
{

	return &s->packages.v[i];
}

static unsigned
link_value(const struct ferry_snapshot *s, enum ferry_link_kind kind,
    uint64_t a, uint64_t b)
{
	struct ferry_link key = { kind, 0, a, b };
	const struct ferry_link *l =
	    FIND(s->links, &key, ferry_snapshot_cmp_link);

	return l == NULL ? 0 : l->value;
}

enum ferry_membership
ferry_snapshot_membership(
    const struct ferry_snapshot *s, uint64_t owner, uint64_t user)
{

	return (enum ferry_membership)link_value(s, LINK_MEMBER, owner, user);
}

bool
ferry_snapshot_in_enterprise(
    const struct ferry_snapshot *s, uint64_t enterprise, uint64_t user)
{

	return link_value(s, LINK_ENTERPRISE, enterprise, user) != 0;
}

enum ferry_role
ferry_snapshot_grant(const struct ferry_snapshot *s, enum ferry_grant_of of,
    uint64_t what, uint64_t to)
{

	return (enum ferry_role)link_value(
	    s, (enum ferry_link_kind)of, what, to);
}

static bool
name_matches(const char *pattern, const char *name)
{
	size_t n = strlen(pattern);

	if (n > 0 && pattern[n - 1] == '*')
		return strncmp(pattern, name, n - 1) == 0;
	return strcmp(pattern, name) == 0;
}

enum ferry_role
ferry_snapshot_name_grant(const struct ferry_snapshot *s, const char *type,
    const char *name, uint64_t user, const char **pattern)
{
	enum ferry_role best = FERRY_NO_ROLE;

	for (size_t i = 0; i < s->names.n; i++) {
		const struct ferry_name_grant *g = &s->names.v[i];

		if (g->user == user && g->role > best &&
		    (strcmp(g->type, "*") == 0 || strcmp(g->type, type) == 0) &&
		    name_matches(g->pattern, name)) {
			best = g->role;
			*pattern = g->pattern;
		}
	}
	return best;
}

static bool
has(const uint64_t *list, size_t n, uint64_t id)
{

	for (size_t i = 0; i < n; i++)
		if (list[i] == id)
			return true;
	return false;
}

/* The first link of kind from a on. */
static size_t
first_link(
    const struct ferry_snapshot *s, enum ferry_link_kind kind, uint64_t a)
{
	struct ferry_link key = { kind, 0, a, 0 };
	size_t low = 0, high = s->links.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ferry_snapshot_cmp_link(&s->links.v[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
ferry_snapshot_teams(const struct ferry_snapshot *s, uint64_t user,
    uint64_t *teams, size_t max, size_t *n)
{

	*n = 0;
	for (size_t i = first_link(s, LINK_TEAM_OF, user); i < s->links.n;
	     i++) {
		const struct ferry_link *l = &s->links.v[i];
		uint64_t team = l->b;

		if (l->kind != LINK_TEAM_OF || l->a != user)
			break;
		/* Upwards; a circle ends at what is in the list already. */
		while (team != 0 && !has(teams, *n, team) && *n < max) {
			const struct ferry_snapshot_team *t =
			    ferry_snapshot_team(s, team);

			if (t == NULL)
				break;
			teams[*n] = team;
			*n += 1;
			team = t->parent;
		}
	}
}
