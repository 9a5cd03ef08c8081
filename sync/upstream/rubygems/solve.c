#include "sync/upstream/rubygems/solve.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/bytes.h"
#include "store/base/error.h"

#define CLAUSES_MAX (64U << 20) /* bytes */
#define NO_CLAUSE UINT32_MAX
#define NO_ENTRY UINT32_MAX

struct literal {
	uint32_t variable;
	size_t set; /* place in words */
};
struct clause {
	size_t literals, n; /* place in, and how many */
	uint32_t tag; /* of one that was told */
	size_t why, why_n; /* of one that was learned: the clauses it is of */
};
/* A step that narrowed what a variable may be. */
struct entry {
	uint32_t variable;
	uint32_t before; /* the entry of the same variable, or NO_ENTRY */
	uint32_t clause; /* NO_CLAUSE: a decision */
	uint32_t level;
	size_t set; /* place in past: what it could be before */
};
struct variable {
	uint32_t values;
	uint64_t *may; /* what it can be now */
	uint64_t *tried; /* values that on_try was told of */
	uint32_t last; /* entry, or NO_ENTRY */
	uint32_t *clauses; /* that it is in */
	size_t clauses_n, clauses_cap;
	bool queued;
	uint64_t *work; /* of learn(): the set of the clause in the making */
	bool working;
};

/*
 * Invariants:
 *  1. Clauses hold in every solution; they only grow in number.
 *  2. may of a variable is what its entries left of all values.
 *  3. An entry with a clause: of each other literal of that clause nothing was
 *     left when it was made.
 *  4. Levels of entries do not fall along the trail; the first entry of a
 *     level above 0 is a decision, and no other is.
 */
struct ferry_solver {
	ferry_solve_on_try *on_try;
	void *ctx;
	uint64_t steps; /* that are left */
	struct variable *variables;
	size_t variables_n, variables_cap;
	struct clause *clauses;
	size_t clauses_n, clauses_cap;
	struct literal *literals;
	size_t literals_n, literals_cap;
	uint64_t *words;
	size_t words_n, words_cap;
	uint32_t *why;
	size_t why_n, why_cap;
	struct entry *trail;
	size_t trail_n, trail_cap;
	uint64_t *past;
	size_t past_n, past_cap;
	uint32_t level;
	uint32_t *queue; /* variables whose clauses must be looked at */
	size_t queue_n, queue_cap;
	uint32_t *working; /* of learn(): the variables of the clause */
	size_t working_n, working_cap;
	uint32_t failed; /* the clause that nothing satisfies */
};

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

static size_t
words_of(const struct ferry_solver *s, uint32_t variable)
{

	return ferry_solve_words(s->variables[variable].values);
}

static bool
meet(const uint64_t *a, const uint64_t *b, size_t words)
{

	for (size_t i = 0; i < words; i++)
		if ((a[i] & b[i]) != 0)
			return true;
	return false;
}

static bool
is_empty(const uint64_t *a, size_t words)
{

	return !meet(a, a, words);
}

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

int
ferry_solver_new(struct ferry_solver **out, uint64_t steps,
    ferry_solve_on_try *on_try, void *ctx, struct ferry_error *err)
{

	if (ferry_calloc(out, 1, sizeof(**out), err) == -1)
		return -1;
	(*out)->steps = steps;
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

static void
enqueue(struct ferry_solver *s, uint32_t variable)
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

static int
add_literal(struct ferry_solver *s, struct clause *c, uint32_t variable,
    const uint64_t *set, struct ferry_error *err)
{
	struct variable *v = &s->variables[variable];
	size_t words = words_of(s, variable), at;

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
	enqueue(s, variable);
	return 0;
}

static int
push_clause(
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
		if (add_literal(s, &c, literals[i].variable, literals[i].set,
			err) == -1)
			return -1;
	}
	/* Nothing satisfies one without literals, and nothing looks at it. */
	if (n == 0)
		s->failed = (uint32_t)s->clauses_n;
	return push_clause(s, &c, err);
}

/* Of what variable can be, leave what is in set. */
static int
narrow(struct ferry_solver *s, uint32_t variable, const uint64_t *set,
    uint32_t clause, struct ferry_error *err)
{
	struct variable *v = &s->variables[variable];
	size_t words = words_of(s, variable);
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
	enqueue(s, variable);
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

		if (!meet(s->variables[l->variable].may, s->words + l->set,
			words_of(s, l->variable)))
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

/* Learning */

/* The entry that left nothing of what the clause in the making wants of it. */
static uint32_t
find_entry(const struct ferry_solver *s, uint32_t variable)
{
	const struct variable *v = &s->variables[variable];
	size_t words = words_of(s, variable);
	uint32_t e = v->last;

	while (!meet(s->past + s->trail[e].set, v->work, words))
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
		size_t words = words_of(s, l->variable);

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

		if (is_empty(
			s->variables[variable].work, words_of(s, variable))) {
			s->variables[variable].working = false;
			s->working[i] = s->working[--s->working_n];
			continue;
		}
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
		    words_of(s, e->variable) * sizeof(*v->may));
		v->last = e->before;
		s->past_n = e->set;
	}
	s->level = level;
	/* What a clause implied may have been noticed later than it could. */
	for (size_t i = 0; i < s->variables_n; i++)
		enqueue(s, (uint32_t)i);
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
		if (add_literal(s, &c, s->working[i],
			s->variables[s->working[i]].work, err) == -1)
			return -1;
	return push_clause(s, &c, err);
}

/* Nothing satisfies a clause: learn why, and go back to where that could have
 * been known.  0, or -1. */
static int
learn(struct ferry_solver *s, uint32_t clause, struct ferry_error *err)
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

	if (ferry_calloc(&only, words_of(s, variable), sizeof(*only), err) ==
	    -1)
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

static bool
is_used_up(struct ferry_solver *s)
{

	return s->steps-- == 0 || s->words_n * sizeof(*s->words) +
	                                  s->literals_n * sizeof(*s->literals) +
	                                  s->clauses_n * sizeof(*s->clauses) +
	                                  s->why_n * sizeof(*s->why) >
	                              CLAUSES_MAX;
}

int
ferry_solver_solve(struct ferry_solver *s, struct ferry_error *err)
{
	uint32_t clause;
	int rc;

	while (s->failed == NO_CLAUSE) {
		if ((rc = propagate(s, &clause, err)) == 1) {
			if (learn(s, clause, err) == -1)
				return -1;
		} else if (rc == 0 && (rc = advance(s, err)) == 0) {
			return FERRY_SOLVED;
		}
		if (rc == -1)
			return -1;
		if (is_used_up(s)) {
			s->steps = 0;
			return FERRY_UNSOLVED;
		}
	}
	return FERRY_UNSOLVABLE;
}

uint32_t
ferry_solver_value(const struct ferry_solver *s, uint32_t variable)
{
	const struct variable *v = &s->variables[variable];

	return may_be_none(v) ? FERRY_SOLVE_NONE : first_value(v);
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
