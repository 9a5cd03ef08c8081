/* The state of a search, variables and clauses. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/bytes.h"
#include "store/base/error.h"
#include "sync/upstream/rubygems/solve_internal.h"

size_t
ferry_solve_words(uint32_t values)
{

	return values / 64 + 1;
}

void
ferry_solve_set(uint64_t *set, uint32_t bit)
{

	set[bit / 64] |= UINT64_C(1) << bit % 64;
}

bool
ferry_solve_has(const uint64_t *set, uint32_t bit)
{

	return set[bit / 64] >> bit % 64 & 1;
}

size_t
ferry_solver_words(const struct ferry_solver *s, uint32_t variable)
{

	return ferry_solve_words(s->variables[variable].values);
}

bool
ferry_solve_meet(const uint64_t *a, const uint64_t *b, size_t words)
{

	for (size_t i = 0; i < words; i++)
		if ((a[i] & b[i]) != 0)
			return true;
	return false;
}

int
ferry_solver_new(struct ferry_solver **out, uint64_t conflicts,
    ferry_solve_on_try *on_try, void *ctx, struct ferry_error *err)
{

	if (ferry_calloc(out, 1, sizeof(**out), err) == -1)
		return -1;
	(*out)->conflicts = conflicts;
	(*out)->on_try = on_try;
	(*out)->ctx = ctx;
	(*out)->failed = NO_CLAUSE;
	return 0;
}

void
ferry_solver_free(struct ferry_solver *s)
{

	if (s == NULL)
		return;
	for (size_t i = 0; i < s->variables_n; i++) {
		free(s->variables[i].may);
		free(s->variables[i].tried);
		free(s->variables[i].work);
		free(s->variables[i].clauses);
	}
	free(s->variables);
	free(s->clauses);
	free(s->literals);
	free(s->words);
	free(s->why);
	free(s->trail);
	free(s->past);
	free(s->queue);
	free(s->working);
	free(s);
}

uint32_t
ferry_solver_add(
    struct ferry_solver *s, uint32_t values, struct ferry_error *err)
{
	struct variable *v;
	size_t words = ferry_solve_words(values);

	/* The queue has room for each of them once. */
	if (ferry_array_grow(&s->variables, &s->variables_cap,
		s->variables_n + 1, sizeof(*s->variables), err) == -1 ||
	    ferry_array_grow(&s->queue, &s->queue_cap, s->variables_n + 1,
		sizeof(*s->queue), err) == -1 ||
	    ferry_array_grow(&s->working, &s->working_cap, s->variables_n + 1,
		sizeof(*s->working), err) == -1)
		return FERRY_SOLVE_NONE;
	v = &s->variables[s->variables_n];
	*v = (struct variable){ .values = values, .last = NO_ENTRY };
	s->variables_n++;
	if (ferry_calloc(&v->may, words, sizeof(*v->may), err) == -1 ||
	    ferry_calloc(&v->tried, words, sizeof(*v->tried), err) == -1 ||
	    ferry_calloc(&v->work, words, sizeof(*v->work), err) == -1)
		return FERRY_SOLVE_NONE;
	for (uint32_t i = 0; i <= values; i++)
		ferry_solve_set(v->may, i);
	return (uint32_t)s->variables_n - 1;
}

void
ferry_solver_enqueue(struct ferry_solver *s, uint32_t variable)
{
	struct variable *v = &s->variables[variable];

	if (v->queued)
		return;
	v->queued = true;
	s->queue[s->queue_n++] = variable;
}

/* A set that stays; its place, or -1. */
static int
keep_set(struct ferry_solver *s, const uint64_t *set, size_t words, size_t *at,
    struct ferry_error *err)
{

	if (ferry_array_grow(&s->words, &s->words_cap, s->words_n + words,
		sizeof(*s->words), err) == -1)
		return -1;
	memcpy(s->words + s->words_n, set, words * sizeof(*set));
	*at = s->words_n;
	s->words_n += words;
	return 0;
}

int
ferry_solver_add_literal(struct ferry_solver *s, struct clause *c,
    uint32_t variable, const uint64_t *set, struct ferry_error *err)
{
	struct variable *v = &s->variables[variable];
	size_t words = ferry_solver_words(s, variable), at;

	for (size_t i = 0; i < c->n; i++)
		if (s->literals[c->literals + i].variable == variable) {
			at = s->literals[c->literals + i].set;
			for (size_t k = 0; k < words; k++)
				s->words[at + k] |= set[k];
			return 0;
		}
	if (ferry_array_grow(&s->literals, &s->literals_cap, s->literals_n + 1,
		sizeof(*s->literals), err) == -1 ||
	    ferry_array_grow(&v->clauses, &v->clauses_cap, v->clauses_n + 1,
		sizeof(*v->clauses), err) == -1 ||
	    keep_set(s, set, words, &at, err) == -1)
		return -1;
	s->literals[s->literals_n++] = (struct literal){ variable, at };
	v->clauses[v->clauses_n++] = (uint32_t)s->clauses_n;
	c->n++;
	ferry_solver_enqueue(s, variable);
	return 0;
}

int
ferry_solver_push(
    struct ferry_solver *s, const struct clause *c, struct ferry_error *err)
{

	if (ferry_array_grow(&s->clauses, &s->clauses_cap, s->clauses_n + 1,
		sizeof(*s->clauses), err) == -1)
		return -1;
	s->clauses[s->clauses_n++] = *c;
	return 0;
}

int
ferry_solver_clause(struct ferry_solver *s,
    const struct ferry_solve_literal *literals, size_t n, uint32_t tag,
    struct ferry_error *err)
{
	struct clause c = { .literals = s->literals_n, .tag = tag };

	for (size_t i = 0; i < n; i++) {
		assert(literals[i].variable < s->variables_n);
		if (ferry_solver_add_literal(s, &c, literals[i].variable,
			literals[i].set, err) == -1)
			return -1;
	}
	/* Nothing satisfies one without literals, and nothing looks at it. */
	if (n == 0)
		s->failed = (uint32_t)s->clauses_n;
	return ferry_solver_push(s, &c, err);
}

uint64_t
ferry_solver_left(const struct ferry_solver *s)
{

	return s->conflicts;
}
