/*
 * The search for values that go together, against trying all of them, on small
 * random problems; and what it says where there is no solution.
 */

#include "sync/upstream/rubygems/solve.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "unit.h"

#define VARIABLES 6
#define VALUES 4
#define CLAUSES 60

/* Clauses are "value of a → set of b", as gems need gems; those of a are told
 * when the value is tried. */
struct problem {
	uint64_t root[VARIABLES]; /* 0: anything */
	struct {
		uint32_t a, value, b;
		uint64_t set;
	} clause[CLAUSES];
	size_t n;
	unsigned tries;
};

static uint32_t
random_below(uint64_t *seed, uint32_t n)
{

	*seed = *seed * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(*seed >> 33) % n;
}

static void
problem_make(struct problem *p, uint64_t seed)
{
	uint32_t roots = 1 + random_below(&seed, VARIABLES);

	memset(p, 0, sizeof(*p));
	for (uint32_t i = 0; i < roots; i++)
		p->root[i] = 1 + random_below(&seed, (1U << VALUES) - 1);
	p->n = random_below(&seed, CLAUSES);
	for (size_t i = 0; i < p->n; i++) {
		p->clause[i].a = random_below(&seed, VARIABLES);
		p->clause[i].value = random_below(&seed, VALUES);
		p->clause[i].b = random_below(&seed, VARIABLES);
		/* Also sets of nothing: what no registry has. */
		p->clause[i].set = random_below(&seed, 1U << VALUES);
	}
}

/* Whether values, VALUES being none, are a solution. */
static bool
holds(const struct problem *p, const uint32_t *values)
{

	for (uint32_t i = 0; i < VARIABLES; i++)
		if (p->root[i] != 0 && (p->root[i] >> values[i] & 1) == 0)
			return false;
	for (size_t i = 0; i < p->n; i++)
		if (values[p->clause[i].a] == p->clause[i].value &&
		    (p->clause[i].set >> values[p->clause[i].b] & 1) == 0)
			return false;
	return true;
}

static bool
has_solution(const struct problem *p, uint32_t *values, uint32_t from)
{

	if (from == VARIABLES)
		return holds(p, values);
	for (values[from] = 0; values[from] <= VALUES; values[from]++)
		if (has_solution(p, values, from + 1))
			return true;
	return false;
}

static int
on_try(void *ctx, struct ferry_solver *solver, uint32_t variable,
    uint32_t value, struct ferry_error *err)
{
	struct problem *p = ctx;

	p->tries++;
	for (size_t i = 0; i < p->n; i++) {
		uint64_t others = ((1U << (VALUES + 1)) - 1) & ~(1U << value);
		const struct ferry_solve_literal literals[2] = { { variable,
								     &others },
			{ p->clause[i].b, &p->clause[i].set } };

		if (p->clause[i].a == variable && p->clause[i].value == value &&
		    ferry_solver_clause(solver, literals, 2,
			(uint32_t)(VARIABLES + i), err) == -1)
			return -1;
	}
	return 0;
}

static struct ferry_solver *
solver_of(struct problem *p, uint64_t steps)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_solver *solver = NULL;

	assert_ok(ferry_solver_new(&solver, steps, on_try, p, &err), &err);
	for (uint32_t i = 0; i < VARIABLES; i++)
		assert_int_equal(ferry_solver_add(solver, VALUES, &err), i);
	for (uint32_t i = 0; i < VARIABLES; i++) {
		const struct ferry_solve_literal root = { i, &p->root[i] };

		if (p->root[i] != 0)
			assert_ok(
			    ferry_solver_clause(solver, &root, 1, i, &err),
			    &err);
	}
	return solver;
}

/* What is said to conflict does, alone. */
static void
check_conflict(const struct problem *p, const struct ferry_solver *solver)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	uint32_t tags[VARIABLES + CLAUSES], values[VARIABLES];
	struct problem part = { .n = 0 };
	size_t n = 0;

	assert_ok(
	    ferry_solver_conflict(solver, tags, VARIABLES + CLAUSES, &n, &err),
	    &err);
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++)
		if (tags[i] < VARIABLES)
			part.root[tags[i]] = p->root[tags[i]];
		else
			part.clause[part.n++] = p->clause[tags[i] - VARIABLES];
	assert_false(has_solution(&part, values, 0));
}

static void
test_solve_like_trying_all(void **state)
{
	unsigned solved = 0, unsolvable = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 3000; seed++) {
		struct ferry_error err = FERRY_ERROR_INIT;
		uint32_t values[VARIABLES];
		struct ferry_solver *solver;
		struct problem p;
		int rc;

		problem_make(&p, seed);
		solver = solver_of(&p, 10000);
		rc = ferry_solver_solve(solver, &err);
		if (rc == FERRY_SOLVED) {
			for (uint32_t i = 0; i < VARIABLES; i++) {
				values[i] = ferry_solver_value(solver, i);
				if (values[i] == FERRY_SOLVE_NONE)
					values[i] = VALUES;
			}
			assert_true(holds(&p, values));
			solved++;
		} else {
			assert_int_equal(rc, FERRY_UNSOLVABLE);
			assert_false(has_solution(&p, values, 0));
			check_conflict(&p, solver);
			unsolvable++;
		}
		ferry_solver_free(solver);
	}
	assert_true(solved > 500);
	assert_true(unsolvable > 500);
}

/* The first variable gets its best value where there is a choice. */
static void
test_solve_prefers_the_first(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct problem p = { .root = { 15, 15 },
		.clause = { { 0, 0, 2, 2 }, { 1, 0, 2, 1 } },
		.n = 2 };
	struct ferry_solver *solver = solver_of(&p, 100);

	(void)state;
	assert_int_equal(ferry_solver_solve(solver, &err), FERRY_SOLVED);
	assert_int_equal(ferry_solver_value(solver, 0), 0);
	assert_int_equal(ferry_solver_value(solver, 1), 1);
	assert_int_equal(ferry_solver_value(solver, 2), 1);
	assert_int_equal(ferry_solver_value(solver, 3), FERRY_SOLVE_NONE);
	ferry_solver_free(solver);
}

/* One conflict more than there may be. */
static void
test_solve_ends(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct problem p = { .root = { 15, 15 },
		.clause = { { 0, 0, 2, 2 }, { 1, 0, 2, 1 } },
		.n = 2 };
	struct ferry_solver *solver = solver_of(&p, 0);

	(void)state;
	assert_int_equal(ferry_solver_solve(solver, &err), FERRY_UNSOLVED);
	ferry_solver_free(solver);
	solver = solver_of(&p, 1);
	assert_int_equal(ferry_solver_solve(solver, &err), FERRY_SOLVED);
	assert_int_equal(ferry_solver_left(solver), 0);
	ferry_solver_free(solver);
}

/* More values than fit a word, and none that fits. */
static void
test_solve_many_values(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	uint64_t high[4] = { 0 }, low[4] = { 0 };
	struct ferry_solver *solver = NULL;
	struct ferry_solve_literal root = { 0, high };
	uint32_t tags[4];
	size_t n;

	(void)state;
	ferry_solve_set(high, 200);
	ferry_solve_set(high, 130);
	ferry_solve_set(low, 3);
	assert_ok(ferry_solver_new(&solver, 100, NULL, NULL, &err), &err);
	assert_int_equal(ferry_solver_add(solver, 201, &err), 0);
	assert_int_equal(ferry_solve_words(201), 4);
	assert_ok(ferry_solver_clause(solver, &root, 1, 7, &err), &err);
	assert_int_equal(ferry_solver_solve(solver, &err), FERRY_SOLVED);
	assert_int_equal(ferry_solver_value(solver, 0), 130);
	ferry_solver_free(solver);
	assert_ok(ferry_solver_new(&solver, 100, NULL, NULL, &err), &err);
	assert_int_equal(ferry_solver_add(solver, 201, &err), 0);
	assert_ok(ferry_solver_clause(solver, &root, 1, 7, &err), &err);
	root.set = low;
	assert_ok(ferry_solver_clause(solver, &root, 1, 8, &err), &err);
	assert_int_equal(ferry_solver_solve(solver, &err), FERRY_UNSOLVABLE);
	assert_ok(ferry_solver_conflict(solver, tags, 4, &n, &err), &err);
	assert_int_equal(n, 2);
	assert_int_equal(tags[0] + tags[1], 15);
	ferry_solver_free(solver);
}

/* A problem of one conflict, in which a variable has so many values. */
static enum ferry_solve_outcome
solve_one_conflict(uint32_t values, uint64_t conflicts, uint64_t *left)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	size_t words = ferry_solve_words(values);
	uint64_t wanted = 3, other = 6, *zero, *one;
	struct ferry_solver *solver = NULL;
	struct ferry_solve_literal root = { 0, &wanted },
				   both[2] = { { 0, &other }, { 1, NULL } };
	int rc;

	zero = calloc(words, sizeof(*zero));
	one = calloc(words, sizeof(*one));
	assert_non_null(zero);
	assert_non_null(one);
	ferry_solve_set(zero, 0);
	ferry_solve_set(one, 1);
	assert_ok(ferry_solver_new(&solver, conflicts, NULL, NULL, &err), &err);
	assert_int_equal(ferry_solver_add(solver, 2, &err), 0);
	assert_int_equal(ferry_solver_add(solver, values, &err), 1);
	assert_ok(ferry_solver_clause(solver, &root, 1, 1, &err), &err);
	both[1].set = zero;
	assert_ok(ferry_solver_clause(solver, both, 2, 2, &err), &err);
	both[1].set = one;
	assert_ok(ferry_solver_clause(solver, both, 2, 3, &err), &err);
	rc = ferry_solver_solve(solver, &err);
	*left = ferry_solver_left(solver);
	ferry_solver_free(solver);
	free(zero);
	free(one);
	return (enum ferry_solve_outcome)rc;
}

/* What a conflict costs counts, too: thousands of dear ones took minutes. */
static void
test_solve_counts_what_it_costs(void **state)
{
	uint64_t left;

	(void)state;
	assert_int_equal(solve_one_conflict(2, 1, &left), FERRY_SOLVED);
	assert_int_equal(solve_one_conflict(3000000, 1, &left), FERRY_UNSOLVED);
	assert_int_equal(left, 0);
	assert_int_equal(
	    solve_one_conflict(3000000, 1000, &left), FERRY_SOLVED);
	assert_true(left < 999);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_solve_like_trying_all),
		cmocka_unit_test(test_solve_prefers_the_first),
		cmocka_unit_test(test_solve_ends),
		cmocka_unit_test(test_solve_many_values),
		cmocka_unit_test(test_solve_counts_what_it_costs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
