#include "sync/upstream/rubygems/solve_internal.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/bytes.h"
#include "store/base/error.h"

#define CLAUSES_MAX (16U << 20) /* bytes */
/* A conflict that took so many looks at sets, counts once more: the more was
 * learned, the more each costs. */
#define LOOKS 40000U

/* The first value that it may have; values if that is none. */
static uint32_t
first_value(const struct variable *v)
{
	uint32_t i = 0;

	while (v->may[i / 64] == 0)
		i += 64;
	while (!ferry_solve_has(v->may, i))
		i++;
	return i;
}

static bool
may_be_none(const struct variable *v)
{

	return ferry_solve_has(v->may, v->values);
}

static bool
is_settled(const struct variable *v)
{
	uint32_t first = first_value(v);
	size_t words = ferry_solve_words(v->values);

	for (size_t i = 0; i < words; i++) {
		uint64_t rest = v->may[i];

		if (i == first / 64)
			rest &= ~(UINT64_C(1) << first % 64);
		if (rest != 0)
			return false;
	}
	return true;
}

/* Of what variable can be, leave what is in set. */
static int
narrow(struct ferry_solver *s, uint32_t variable, const uint64_t *set,
    uint32_t clause, struct ferry_error *err)
{
	struct variable *v = &s->variables[variable];
	size_t words = ferry_solver_words(s, variable);
	bool changes = false;

	for (size_t i = 0; i < words; i++)
		changes = changes || (v->may[i] & ~set[i]) != 0;
	if (!changes)
		return 0;
	if (ferry_array_grow(&s->trail, &s->trail_cap, s->trail_n + 1,
		sizeof(*s->trail), err) == -1 ||
	    ferry_array_grow(&s->past, &s->past_cap, s->past_n + words,
		sizeof(*s->past), err) == -1)
		return -1;
	memcpy(s->past + s->past_n, v->may, words * sizeof(*v->may));
	s->trail[s->trail_n] = (struct entry){ .variable = variable,
		.before = v->last,
		.clause = clause,
		.level = s->level,
		.set = s->past_n };
	s->past_n += words;
	v->last = (uint32_t)s->trail_n++;
	for (size_t i = 0; i < words; i++)
		v->may[i] &= set[i];
	ferry_solver_enqueue(s, variable);
	return 0;
}

/* What a clause says now: 1 nothing satisfies it, 0, -1. */
static int
look_at(struct ferry_solver *s, uint32_t clause, struct ferry_error *err)
{
	const struct clause *c = &s->clauses[clause];
	const struct literal *open = NULL;

	for (size_t i = 0; i < c->n; i++) {
		const struct literal *l = &s->literals[c->literals + i];
		size_t words = ferry_solver_words(s, l->variable);

		s->looks += words;
		if (!ferry_solve_meet(s->variables[l->variable].may,
			s->words + l->set, words))
			continue;
		if (open != NULL)
			return 0;
		open = l;
	}
	if (open == NULL)
		return 1;
	return narrow(s, open->variable, s->words + open->set, clause, err);
}

/* Returns: 1 *clause is not satisfied, 0, -1. */
static int
propagate(struct ferry_solver *s, uint32_t *clause, struct ferry_error *err)
{

	while (s->queue_n > 0) {
		uint32_t variable = s->queue[--s->queue_n];
		struct variable *v = &s->variables[variable];

		v->queued = false;
		for (size_t i = 0; i < v->clauses_n; i++) {
			int rc = look_at(s, v->clauses[i], err);

			if (rc == 1)
				*clause = v->clauses[i];
			if (rc != 0)
				return rc;
		}
	}
	return 0;
}

/* Searching */

static int
try_value(struct ferry_solver *s, uint32_t variable, uint32_t value,
    struct ferry_error *err)
{

	ferry_solve_set(s->variables[variable].tried, value);
	return s->on_try == NULL ? 0
	                         : s->on_try(s->ctx, s, variable, value, err);
}

static int
decide(struct ferry_solver *s, uint32_t variable, struct ferry_error *err)
{
	struct variable *v = &s->variables[variable];
	uint32_t value = first_value(v);
	uint64_t *only = NULL;
	int rc;

	if (ferry_calloc(&only, ferry_solver_words(s, variable), sizeof(*only),
		err) == -1)
		return -1;
	ferry_solve_set(only, value);
	s->level++;
	rc = narrow(s, variable, only, NO_CLAUSE, err);
	free(only);
	return rc;
}

/* Go on from where nothing is to be propagated: 1 there was something to do, 0
 * everything has its value, -1. */
static int
advance(struct ferry_solver *s, struct ferry_error *err)
{

	for (uint32_t i = 0; i < s->variables_n; i++) {
		struct variable *v = &s->variables[i];
		uint32_t value;

		if (may_be_none(v))
			continue;
		if (!is_settled(v))
			return decide(s, i, err) == -1 ? -1 : 1;
		value = first_value(v);
		if (!ferry_solve_has(v->tried, value))
			return try_value(s, i, value, err) == -1 ? -1 : 1;
	}
	return 0;
}

/* Between two conflicts there are no more steps than values to try. */
static bool
is_used_up(struct ferry_solver *s)
{
	uint64_t cost = 1 + s->looks / LOOKS;

	s->looks = 0;
	if (s->conflicts < cost) {
		s->conflicts = 0;
		return true;
	}
	if (s->words_n * sizeof(*s->words) +
		s->literals_n * sizeof(*s->literals) +
		s->clauses_n * sizeof(*s->clauses) +
		s->why_n * sizeof(*s->why) >
	    CLAUSES_MAX)
		return true;
	s->conflicts -= cost;
	return false;
}

int
ferry_solver_solve(struct ferry_solver *s, struct ferry_error *err)
{
	uint32_t clause;
	int rc;

	while (s->failed == NO_CLAUSE) {
		if ((rc = propagate(s, &clause, err)) == 1) {
			if (is_used_up(s))
				return FERRY_UNSOLVED;
			rc = ferry_solver_learn(s, clause, err);
		} else if (rc == 0 && (rc = advance(s, err)) == 0) {
			return FERRY_SOLVED;
		}
		if (rc == -1)
			return -1;
	}
	return FERRY_UNSOLVABLE;
}

uint32_t
ferry_solver_value(const struct ferry_solver *s, uint32_t variable)
{
	const struct variable *v = &s->variables[variable];

	return may_be_none(v) ? FERRY_SOLVE_NONE : first_value(v);
}
