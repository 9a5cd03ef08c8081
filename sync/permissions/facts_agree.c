/*
 * One record of each number and name.
 *
 * An API that contradicts itself (a page that is older than another, a number
 * given twice, two sorts of packages under one name) must not leave it to the
 * order of lines who is let in.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sync/permissions/facts_internal.h"

#define TIDY_MIN 65536 /* things */

/* Order */

static int
cmp_u64(uint64_t a, uint64_t b)
{

	return a < b ? -1 : a > b;
}

/* What an owner's list says of a repository comes before what links say.  The
 * order of answers decides of users only, whose newest login counts. */
static int
by_number(const void *a, const void *b)
{
	const struct facts_thing *x = a, *y = b;
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

/* Teams and repositories have names within their owner. */
static int
cmp_name(const struct facts_thing *x, const struct facts_thing *y)
{
	int c = cmp_u64(x->kind, y->kind);

	if (c == 0 && (x->kind == FACTS_TEAM || x->kind == FACTS_REPO))
		c = cmp_u64(x->owner, y->owner);
	if (c == 0 && x->kind == FACTS_PACKAGE)
		c = strcmp(x->type, y->type);
	return c != 0 ? c : strcasecmp(x->name, y->name);
}

static int
by_name(const void *a, const void *b)
{
	const struct facts_thing *const *x = a, *const *y = b;
	int c = cmp_name(*x, *y);

	return c != 0 ? c : by_number(*x, *y);
}

static bool
same_number(const struct facts_thing *x, const struct facts_thing *y)
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

	return same_number(x, y) && cmp_name(x, y) == 0 && seen &&
	       x->owner == y->owner && x->other == y->other &&
	       x->base == y->base && x->organization == y->organization &&
	       x->granular == y->granular;
}

/* Repetitions */

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

/* Sort by number, and make one of what is the same. */
static void
tidy(struct ferry_facts *f)
{
	size_t n = 0;

	if (f->things_n == 0)
		return;
	qsort(f->things, f->things_n, sizeof(*f->things), by_number);
	for (size_t i = 0; i < f->things_n; i++) {
		struct facts_thing *t = &f->things[i];
		struct facts_thing *last = n == 0 ? NULL : &f->things[n - 1];

		if (last == NULL || !same_number(last, t) ||
		    (t->kind != FACTS_USER && !same_thing(last, t))) {
			f->things[n++] = *t;
			continue;
		}
		if (t->kind == FACTS_USER)
			merge_user(last, t);
		free(t->name);
	}
	f->things_n = n;
}

int
facts_thing(struct ferry_facts *f, const struct facts_thing *t,
    const char *name, struct ferry_error *err)
{
	struct facts_thing *new;

	if (f->things_n >= TIDY_MIN && f->things_n >= f->things_tidy_at) {
		tidy(f);
		f->things_tidy_at = 2 * f->things_n;
	}
	if (ferry_array_grow(&f->things, &f->things_cap, f->things_n + 1,
		sizeof(*f->things), err) == -1)
		return -1;
	new = &f->things[f->things_n];
	*new = *t;
	new->order = f->told++;
	if (ferry_strdup(&new->name, name, err) == -1)
		return -1;
	f->things_n++;
	return 0;
}

/* The first one with that number, in the order of numbers. */
static const struct facts_thing *
find(const struct ferry_facts *f, enum facts_kind kind, uint64_t id)
{
	const struct facts_thing key = { .kind = kind, .id = id };
	size_t low = 0, high = f->things_n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct facts_thing *t = &f->things[middle];

		if (t->kind < kind || (t->kind == kind && t->id < id))
			low = middle + 1;
		else
			high = middle;
	}
	return low < f->things_n && same_number(&f->things[low], &key)
	           ? &f->things[low]
	           : NULL;
}

const struct facts_thing *
facts_find(const struct ferry_facts *f, enum facts_kind kind, uint64_t id)
{
	const struct facts_thing *t = find(f, kind, id);

	return t == NULL || t->out ? NULL : t;
}

void
facts_things_free(struct ferry_facts *f)
{

	for (size_t i = 0; i < f->things_n; i++)
		free(f->things[i].name);
	free(f->things);
}

/* Contradictions */

static const struct {
	const char *one, *meaning;
} words[] = {
	[FACTS_USER] = { "user", "neither is let in" },
	[FACTS_OWNER] = { "owner",
	    "nobody is let in for owning it or being a member of it" },
	[FACTS_TEAM] = { "team", "nobody is let in through it" },
	[FACTS_REPO] = { "repository", "nobody is let in through it" },
	[FACTS_PACKAGE] = { "package", "nobody is let in to it" },
};

struct told {
	struct ferry_facts *f;
	ferry_on_contradiction *on_contradiction;
	void *ctx;
};

static int note(const struct told *to, struct ferry_error *err, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
static int
note(const struct told *to, struct ferry_error *err, const char *fmt, ...)
{
	char text[800];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (to->on_contradiction != NULL)
		to->on_contradiction(to->ctx, text);
	return ferry_facts_note(to->f, text, err);
}

#define CALLED_MAX 320

/* "npm package @octo/ui", "team octo/dev", "user tom". */
static const char *
called(const struct ferry_facts *f, const struct facts_thing *t,
    char out[CALLED_MAX])
{
	bool has_owner = t->kind == FACTS_TEAM || t->kind == FACTS_REPO;
	const struct facts_thing *owner =
	    has_owner ? find(f, FACTS_OWNER, t->owner) : NULL;

	(void)snprintf(out, CALLED_MAX, "%s%s%s %.100s%s%.160s",
	    t->kind == FACTS_PACKAGE ? t->type : "",
	    t->kind == FACTS_PACKAGE ? " " : "", words[t->kind].one,
	    owner == NULL ? "" : owner->name, owner == NULL ? "" : "/",
	    t->name);
	return out;
}

/* Several things with one number. */
static int
check_numbers(const struct told *to, struct ferry_error *err)
{
	struct facts_thing *first = to->f->things;
	char a[CALLED_MAX], b[CALLED_MAX];
	int rc = 0;

	for (size_t i = 1; i < to->f->things_n && rc == 0; i++) {
		struct facts_thing *t = &to->f->things[i];

		if (!same_number(first, t)) {
			first = t;
			continue;
		}
		first->out = t->out = true;
		if (cmp_name(first, t) == 0)
			rc = note(to, err,
			    "%s, number %" PRIu64
			    ", is told of in two ways: %s",
			    called(to->f, first, a), t->id,
			    words[t->kind].meaning);
		else
			rc = note(to, err,
			    "%s and %s have one number, %" PRIu64 ": %s",
			    called(to->f, first, a), called(to->f, t, b), t->id,
			    words[t->kind].meaning);
	}
	return rc;
}

/* Who has a user's number would own what is an organization's, or another's:
 * a user who owns packages is a user of that very login. */
static int
check_owners(const struct told *to, struct ferry_error *err)
{

	for (size_t i = 0; i < to->f->things_n; i++) {
		struct facts_thing *t = &to->f->things[i];
		const struct facts_thing *user =
		    t->kind == FACTS_OWNER
			? facts_find(to->f, FACTS_USER, t->id)
			: NULL;

		if (user == NULL || (!t->organization && !user->renamed &&
					strcasecmp(user->name, t->name) == 0))
			continue;
		t->out = true;
		if (note(to, err,
			"owner %s has the number of user %s, %" PRIu64
			": nobody is let in for owning, or being a member of, "
			"%s",
			t->name, user->name, t->id, t->name) == -1)
			return -1;
	}
	return 0;
}

/* Several numbers of one name.  things: sorted by name. */
static int
check_names(
    const struct told *to, struct facts_thing **things, struct ferry_error *err)
{
	struct facts_thing *before = things[0], *suspended = NULL;
	char a[CALLED_MAX];
	int rc = 0;

	for (size_t i = 1; i < to->f->things_n && rc == 0; i++) {
		struct facts_thing *t = things[i];

		if (cmp_name(before, t) != 0) {
			suspended = NULL;
		} else if (!same_number(before, t)) {
			/* Who is suspended stays that: somebody who is not
			 * known may still read what is public. */
			if (suspended == NULL && before->suspended)
				suspended = before;
			else if (suspended == NULL && t->suspended)
				suspended = t;
			before->out = before != suspended;
			t->out = t != suspended;
			rc = note(to, err,
			    "%s has two numbers, %" PRIu64 " and %" PRIu64
			    ": %s",
			    called(to->f, t, a), before->id, t->id,
			    words[t->kind].meaning);
		}
		before = t;
	}
	return rc;
}

int
facts_agree(struct ferry_facts *f, ferry_on_contradiction *on_contradiction,
    void *ctx, struct ferry_error *err)
{
	const struct told to = { f, on_contradiction, ctx };
	struct facts_thing **things = NULL;
	size_t cap = 0;
	int rc = -1;

	if (f->things_n == 0)
		return 0;
	tidy(f);
	if (check_numbers(&to, err) == -1 || check_owners(&to, err) == -1 ||
	    ferry_array_grow(&things, &cap, f->things_n,
		sizeof(struct facts_thing *), err) == -1)
		return -1;
	for (size_t i = 0; i < f->things_n; i++)
		things[i] = &f->things[i];
	qsort(things, f->things_n, sizeof(struct facts_thing *), by_name);
	rc = check_names(&to, things, err);
	free(things);
	return rc;
}
