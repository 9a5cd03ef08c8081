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
#include <strings.h>

#include "sync/permissions/facts_internal.h"

static int
compare_names(const void *a, const void *b)
{
	const struct facts_thing *const *x = a, *const *y = b;
	int c = ferry_facts_by_name(*x, *y);

	return c != 0 ? c : ferry_facts_by_number(*x, *y);
}

const struct facts_thing *
ferry_facts_find(const struct ferry_facts *f, enum facts_kind kind, uint64_t id)
{
	const struct facts_thing *t =
	    ferry_facts_things_find(&f->things, kind, id);

	return t == NULL || t->out ? NULL : t;
}

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

static int note_out(const struct told *to, struct ferry_error *err,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static int
note_out(const struct told *to, struct ferry_error *err, const char *fmt, ...)
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

#define NAMED_MAX 320

/* "npm package @octo/ui", "team octo/dev", "user tom". */
static const char *
name_thing(const struct ferry_facts *f, const struct facts_thing *t,
    char out[NAMED_MAX])
{
	bool has_owner = t->kind == FACTS_TEAM || t->kind == FACTS_REPO;
	const struct facts_thing *owner =
	    has_owner
		? ferry_facts_things_find(&f->things, FACTS_OWNER, t->owner)
		: NULL;

	(void)snprintf(out, NAMED_MAX, "%s%s%s %.100s%s%.160s",
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
	struct facts_thing *first = to->f->things.v;
	char a[NAMED_MAX], b[NAMED_MAX];
	int rc = 0;

	for (size_t i = 1; i < to->f->things.n && rc == 0; i++) {
		struct facts_thing *t = &to->f->things.v[i];

		if (!ferry_facts_same_number(first, t)) {
			first = t;
			continue;
		}
		first->out = t->out = true;
		if (ferry_facts_by_name(first, t) == 0)
			rc = note_out(to, err,
			    "%s, number %" PRIu64
			    ", is told of in two ways: %s",
			    name_thing(to->f, first, a), t->id,
			    words[t->kind].meaning);
		else
			rc = note_out(to, err,
			    "%s and %s have one number, %" PRIu64 ": %s",
			    name_thing(to->f, first, a),
			    name_thing(to->f, t, b), t->id,
			    words[t->kind].meaning);
	}
	return rc;
}

/* Who has a user's number would own what is an organization's, or another's:
 * a user who owns packages is a user of that very login. */
static int
check_owners(const struct told *to, struct ferry_error *err)
{

	for (size_t i = 0; i < to->f->things.n; i++) {
		struct facts_thing *t = &to->f->things.v[i];
		const struct facts_thing *user =
		    t->kind == FACTS_OWNER
			? ferry_facts_find(to->f, FACTS_USER, t->id)
			: NULL;

		if (user == NULL || (!t->organization && !user->renamed &&
					strcasecmp(user->name, t->name) == 0))
			continue;
		t->out = true;
		if (note_out(to, err,
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
	char a[NAMED_MAX];
	int rc = 0;

	for (size_t i = 1; i < to->f->things.n && rc == 0; i++) {
		struct facts_thing *t = things[i];

		if (ferry_facts_by_name(before, t) != 0) {
			suspended = NULL;
		} else if (!ferry_facts_same_number(before, t)) {
			/* Who is suspended stays that: somebody who is not
			 * known may still read what is public. */
			if (suspended == NULL && before->suspended)
				suspended = before;
			else if (suspended == NULL && t->suspended)
				suspended = t;
			before->out = before != suspended;
			t->out = t != suspended;
			rc = note_out(to, err,
			    "%s has two numbers, %" PRIu64 " and %" PRIu64
			    ": %s",
			    name_thing(to->f, t, a), before->id, t->id,
			    words[t->kind].meaning);
		}
		before = t;
	}
	return rc;
}

int
ferry_facts_agree(struct ferry_facts *f,
    ferry_on_contradiction *on_contradiction, void *ctx,
    struct ferry_error *err)
{
	const struct told to = { f, on_contradiction, ctx };
	struct facts_thing **things = NULL;
	size_t cap = 0;
	int rc = -1;

	if (f->things.n == 0)
		return 0;
	ferry_facts_things_tidy(&f->things);
	if (check_numbers(&to, err) == -1 || check_owners(&to, err) == -1 ||
	    ferry_array_grow(&things, &cap, f->things.n,
		sizeof(struct facts_thing *), err) == -1)
		return -1;
	for (size_t i = 0; i < f->things.n; i++)
		things[i] = &f->things.v[i];
	qsort(things, f->things.n, sizeof(struct facts_thing *), compare_names);
	rc = check_names(&to, things, err);
	free(things);
	return rc;
}
