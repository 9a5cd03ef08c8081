/* From records in the order of their text to arrays that can be searched. */

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/access/snapshot_internal.h"
#include "store/base/error.h"

static int
cmp_user_login(const void *a, const void *b)
{
	const struct ferry_snapshot_user *x = a, *y = b;

	return strcasecmp(x->login, y->login);
}

static int
cmp_owner_login(const void *a, const void *b)
{
	const struct ferry_snapshot_owner *x = a, *y = b;

	return strcasecmp(x->login, y->login);
}

static int
cmp_team_slug(const void *a, const void *b)
{
	const struct ferry_snapshot_team *x = a, *y = b;

	return x->owner != y->owner ? (x->owner < y->owner ? -1 : 1)
	                            : strcasecmp(x->slug, y->slug);
}

static int
cmp_repo_name(const void *a, const void *b)
{
	const struct ferry_snapshot_repo *x = a, *y = b;

	return x->owner != y->owner ? (x->owner < y->owner ? -1 : 1)
	                            : strcasecmp(x->name, y->name);
}

/* What has one key, and where its name is; its number comes first. */
struct key {
	const char *kind, *called;
	size_t size, name_at;
	int (*cmp)(const void *a, const void *b);
};

#define KEY(kind, type, name, called, cmp)                                     \
	{                                                                      \
		kind, called, sizeof(struct ferry_snapshot_##type),            \
		    offsetof(struct ferry_snapshot_##type, name), cmp          \
	}
/* Of each kind the order in which it is looked up comes last. */
static const struct key users[] = {
	KEY("user", user, login, "login", cmp_user_login),
	KEY("user", user, login, "number", ferry_snapshot_cmp_id),
};
static const struct key owners[] = {
	KEY("owner", owner, login, "login", cmp_owner_login),
	KEY("owner", owner, login, "number", ferry_snapshot_cmp_id),
};
static const struct key teams[] = {
	KEY("team", team, slug, "slug", cmp_team_slug),
	KEY("team", team, slug, "number", ferry_snapshot_cmp_id),
};
static const struct key repos[] = {
	KEY("repo", repo, name, "name", cmp_repo_name),
	KEY("repo", repo, name, "number", ferry_snapshot_cmp_id),
};
static const struct key packages[] = {
	KEY("package", package, name, "number", ferry_snapshot_cmp_id),
	KEY("package", package, name, "name", ferry_snapshot_cmp_package),
};

/* Sort v by key.  Which of two with one key counts would be chance. */
static int
sort_unique(const struct key *key, void *v, size_t n, struct ferry_error *err)
{
	const char *item[2], *name[2];
	uint64_t id[2];

	if (n == 0)
		return 0;
	qsort(v, n, key->size, key->cmp);
	for (size_t i = 1; i < n; i++) {
		for (size_t k = 0; k < 2; k++)
			item[k] = (const char *)v + (i - 1 + k) * key->size;
		if (key->cmp(item[0], item[1]) != 0)
			continue;
		for (size_t k = 0; k < 2; k++) {
			memcpy(&id[k], item[k], sizeof(id[k]));
			memcpy(
			    &name[k], item[k] + key->name_at, sizeof(name[k]));
		}
		return ferry_error_set(err, FERRY_EFORMAT,
		    "two records \"%s\" have one %s: '%.100s', number %" PRIu64
		    ", and '%.100s', number %" PRIu64,
		    key->kind, key->called, name[0], id[0], name[1], id[1]);
	}
	return 0;
}

/* Several grants of the same to the same: the best one counts. */
static void
merge_links(struct ferry_snapshot *s)
{
	size_t n = 0;

	if (s->links.n > 0)
		qsort(s->links.v, s->links.n, sizeof(s->links.v[0]),
		    ferry_snapshot_cmp_link);
	for (size_t i = 0; i < s->links.n; i++) {
		struct ferry_link *l = &s->links.v[i];

		if (n > 0 &&
		    ferry_snapshot_cmp_link(&s->links.v[n - 1], l) == 0) {
			if (l->value > s->links.v[n - 1].value)
				s->links.v[n - 1].value = l->value;
		} else {
			s->links.v[n++] = *l;
		}
	}
	s->links.n = n;
}

int
ferry_snapshot_sort(struct ferry_snapshot *s, struct ferry_error *err)
{

	for (size_t i = 0; i < 2; i++)
		if (sort_unique(&users[i], s->users.v, s->users.n, err) == -1 ||
		    sort_unique(&owners[i], s->owners.v, s->owners.n, err) ==
			-1 ||
		    sort_unique(&teams[i], s->teams.v, s->teams.n, err) == -1 ||
		    sort_unique(&repos[i], s->repos.v, s->repos.n, err) == -1 ||
		    sort_unique(
			&packages[i], s->packages.v, s->packages.n, err) == -1)
			return -1;
	merge_links(s);
	return 0;
}
