#include "sync/permissions/facts_things.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/bytes.h"

#define TIDY_MIN 65536 /* things */

static int
cmp_u64(uint64_t a, uint64_t b)
{

	return a < b ? -1 : a > b;
}

int
ferry_facts_by_name(const struct facts_thing *x, const struct facts_thing *y)
{
	int c = cmp_u64(x->kind, y->kind);

	if (c == 0 && (x->kind == FACTS_TEAM || x->kind == FACTS_REPO))
		c = cmp_u64(x->owner, y->owner);
	if (c == 0 && x->kind == FACTS_PACKAGE)
		c = strcmp(x->type, y->type);
	return c != 0 ? c : strcasecmp(x->name, y->name);
}

/* What an owner's list says of a repository comes before what links say.  The
 * order of answers decides of users only, whose newest login counts. */
int
ferry_facts_by_number(const struct facts_thing *x, const struct facts_thing *y)
{
	int c = cmp_u64(x->kind, y->kind);

	if (c == 0)
		c = cmp_u64(x->id, y->id);
	if (c == 0)
		c = cmp_u64(x->linked, y->linked);
	if (c == 0 && x->kind != FACTS_USER)
		c = strcmp(x->name, y->name);
	if (c == 0 && x->kind != FACTS_USER)
		c = cmp_u64(x->owner, y->owner);
	return c != 0 ? c : cmp_u64(x->order, y->order);
}

static int
compare_numbers(const void *a, const void *b)
{

	return ferry_facts_by_number(a, b);
}

bool
ferry_facts_same_number(
    const struct facts_thing *x, const struct facts_thing *y)
{

	return x->kind == y->kind && x->id == y->id;
}

/* A link may call private what its owner's list calls internal. */
static bool
same_thing(const struct facts_thing *x, const struct facts_thing *y)
{
	bool seen =
	    x->visibility == y->visibility ||
	    (!x->linked && y->linked && x->visibility == FERRY_INTERNAL &&
		y->visibility == FERRY_PRIVATE);

	return ferry_facts_same_number(x, y) &&
	       ferry_facts_by_name(x, y) == 0 && seen && x->owner == y->owner &&
	       x->other == y->other && x->base == y->base &&
	       x->organization == y->organization && x->granular == y->granular;
}

static void
merge_user(struct facts_thing *into, struct facts_thing *newer)
{
	char *older = into->name;

	into->renamed = into->renamed || newer->renamed ||
	                strcasecmp(older, newer->name) != 0;
	into->suspended = into->suspended || newer->suspended;
	into->order = newer->order;
	into->name = newer->name;
	newer->name = older;
}

void
ferry_facts_things_tidy(struct facts_things *things)
{
	size_t n = 0;

	if (things->n == 0)
		return;
	qsort(things->v, things->n, sizeof(*things->v), compare_numbers);
	for (size_t i = 0; i < things->n; i++) {
		struct facts_thing *t = &things->v[i];
		struct facts_thing *last = n == 0 ? NULL : &things->v[n - 1];

		if (last == NULL || !ferry_facts_same_number(last, t) ||
		    (t->kind != FACTS_USER && !same_thing(last, t))) {
			things->v[n++] = *t;
			continue;
		}
		if (t->kind == FACTS_USER)
			merge_user(last, t);
		free(t->name);
	}
	things->n = n;
}

int
ferry_facts_things_add(struct facts_things *things, const struct facts_thing *t,
    const char *name, struct ferry_error *err)
{
	struct facts_thing *new;

	if (things->n >= TIDY_MIN && things->n >= things->tidy_at) {
		ferry_facts_things_tidy(things);
		things->tidy_at = 2 * things->n;
	}
	if (ferry_array_grow(&things->v, &things->cap, things->n + 1,
		sizeof(*things->v), err) == -1)
		return -1;
	new = &things->v[things->n];
	*new = *t;
	new->order = things->told++;
	if (ferry_strdup(&new->name, name, err) == -1)
		return -1;
	things->n++;
	return 0;
}

const struct facts_thing *
ferry_facts_things_find(
    const struct facts_things *things, enum facts_kind kind, uint64_t id)
{
	const struct facts_thing key = { .kind = kind, .id = id };
	size_t low = 0, high = things->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct facts_thing *t = &things->v[middle];

		if (t->kind < kind || (t->kind == kind && t->id < id))
			low = middle + 1;
		else
			high = middle;
	}
	return low < things->n && ferry_facts_same_number(&things->v[low], &key)
	           ? &things->v[low]
	           : NULL;
}

void
ferry_facts_things_free(struct facts_things *things)
{

	for (size_t i = 0; i < things->n; i++)
		free(things->v[i].name);
	free(things->v);
}
