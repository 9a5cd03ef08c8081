/* What a conflict teaches: a clause that would have shown it earlier, and which
 * clauses it comes from. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/bytes.h"
#include "store/base/error.h"
#include "sync/upstream/rubygems/solve_internal.h"

static bool
is_empty(const uint64_t *a, size_t words)
{

	return !ferry_solve_meet(a, a, words);
}

/* The entry that left nothing of what the clause in the making wants of it. */
static uint32_t
find_entry(const struct ferry_solver *s, uint32_t variable)
{
	const struct variable *v = &s->variables[variable];
	size_t words = ferry_solver_words(s, variable);
	uint32_t e = v->last;

	while (!ferry_solve_meet(s->past + s->trail[e].set, v->work, words))
		e = s->trail[e].before;
	return e;
}

/* Add to the clause in the making what clause c says, of variable what both
 * say. */
static int
merge(struct ferry_solver *s, uint32_t clause, uint32_t variable,
    struct ferry_error *err)
{
	const struct clause *c = &s->clauses[clause];

	for (size_t i = 0; i < c->n; i++) {
		const struct literal *l = &s->literals[c->literals + i];
		struct variable *v = &s->variables[l->variable];
		const uint64_t *set = s->words + l->set;
		size_t words = ferry_solver_words(s, l->variable);

		if (!v->working) {
			v->working = true;
			memset(v->work, 0, words * sizeof(*v->work));
			s->working[s->working_n++] = l->variable;
		}
		for (size_t k = 0; k < words; k++)
			v->work[k] = l->variable == variable
			                 ? v->work[k] & set[k]
			                 : v->work[k] | set[k];
	}
	if (ferry_array_grow(
		&s->why, &s->why_cap, s->why_n + 1, sizeof(*s->why), err) == -1)
		return -1;
	s->why[s->why_n++] = clause;
	return 0;
}

/* The last entry that the clause in the making is false by, and the level of
 * the one before it.  Variables of which it wants nothing leave it. */
static uint32_t
find_last(struct ferry_solver *s, uint32_t *level)
{
	uint32_t last = NO_ENTRY, before = NO_ENTRY;

	for (size_t i = 0; i < s->working_n;) {
		uint32_t variable = s->working[i], e;

		if (is_empty(s->variables[variable].work,
			ferry_solver_words(s, variable))) {
			s->variables[variable].working = false;
			s->working[i] = s->working[--s->working_n];
			continue;
		}
		s->looks += ferry_solver_words(s, variable);
		e = find_entry(s, variable);
		if (last == NO_ENTRY || e > last) {
			before = last;
			last = e;
		} else if (before == NO_ENTRY || e > before) {
			before = e;
		}
		i++;
	}
	*level = before == NO_ENTRY ? 0 : s->trail[before].level;
	return last;
}

static void
go_back(struct ferry_solver *s, uint32_t level)
{

	while (s->trail_n > 0 && s->trail[s->trail_n - 1].level > level) {
		const struct entry *e = &s->trail[--s->trail_n];
		struct variable *v = &s->variables[e->variable];

		memcpy(v->may, s->past + e->set,
		    ferry_solver_words(s, e->variable) * sizeof(*v->may));
		v->last = e->before;
		s->past_n = e->set;
	}
	s->level = level;
	/* What a clause implied may have been noticed later than it could. */
	for (size_t i = 0; i < s->variables_n; i++)
		ferry_solver_enqueue(s, (uint32_t)i);
}

/* Keep the clause in the making. */
static int
keep_learned(struct ferry_solver *s, size_t why, struct ferry_error *err)
{
	struct clause c = { .literals = s->literals_n,
		.tag = FERRY_SOLVE_NONE,
		.why = why,
		.why_n = s->why_n - why };

	for (size_t i = 0; i < s->working_n; i++)
		if (ferry_solver_add_literal(s, &c, s->working[i],
			s->variables[s->working[i]].work, err) == -1)
			return -1;
	return ferry_solver_push(s, &c, err);
}

int
ferry_solver_learn(
    struct ferry_solver *s, uint32_t clause, struct ferry_error *err)
{
	size_t why = s->why_n;
	uint32_t last, level = 0;
	int rc = merge(s, clause, FERRY_SOLVE_NONE, err);

	while (rc == 0) {
		last = find_last(s, &level);
		if (last == NO_ENTRY || s->trail[last].level > level)
			break;
		rc = merge(
		    s, s->trail[last].clause, s->trail[last].variable, err);
	}
	if (rc == 0 && s->working_n == 0)
		s->failed = (uint32_t)s->clauses_n;
	if (rc == 0)
		rc = keep_learned(s, why, err);
	for (size_t i = 0; i < s->working_n; i++)
		s->variables[s->working[i]].working = false;
	s->working_n = 0;
	if (rc == 0)
		go_back(s, level);
	return rc;
}

/* Mark the clauses that a learned one is of; they came before it. */
static void
mark_why(const struct ferry_solver *s, uint32_t clause, uint64_t *marks)
{
	const struct clause *c = &s->clauses[clause];

	for (size_t i = 0; i < c->why_n; i++)
		ferry_solve_set(marks, s->why[c->why + i]);
}

int
ferry_solver_conflict(const struct ferry_solver *s, uint32_t *tags, size_t max,
    size_t *n, struct ferry_error *err)
{
	uint64_t *marks = NULL;

	assert(s->failed < s->clauses_n);
	if (ferry_calloc(&marks, s->clauses_n / 64 + 1, sizeof(*marks), err) ==
	    -1)
		return -1;
	ferry_solve_set(marks, s->failed);
	for (uint32_t i = s->failed + 1; i-- > 0;)
		if (ferry_solve_has(marks, i))
			mark_why(s, i, marks);
	*n = 0;
	for (uint32_t i = 0; i <= s->failed && *n < max; i++)
		if (ferry_solve_has(marks, i) && s->clauses[i].why_n == 0)
			tags[(*n)++] = s->clauses[i].tag;
	free(marks);
	return 0;
}
