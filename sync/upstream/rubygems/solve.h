#ifndef FERRY_SYNC_UPSTREAM_RUBYGEMS_SOLVE_H
#define FERRY_SYNC_UPSTREAM_RUBYGEMS_SOLVE_H

/*
 * Finding values that go together.  A variable has one of n values, 0 the one
 * that is liked best, or none; clauses say what must hold; what one value asks
 * of others is told when that value is tried.
 *
 * The search decides, propagates, and of each conflict learns a clause that
 * keeps it from coming again (conflict-driven clause learning, over sets of
 * values; Bundler's PubGrub is the same idea).  It is deterministic: variables
 * are decided in the order in which they were added, and so the first ones get
 * the best values that there are for them.
 *
 * Source: N. Weizenbaum, "PubGrub: Next-Generation Version Solving" (2018), for
 *     what is learned; sets with an element for "none" are ours.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ferry_error;
struct ferry_solver;

#define FERRY_SOLVE_NONE UINT32_MAX

/*
 * Tell what a value that is tried asks of others, by _add and _clause.  It is
 * called once for each value.  0, or -1 with err set.
 */
typedef int ferry_solve_on_try(void *ctx, struct ferry_solver *solver,
    uint32_t variable, uint32_t value, struct ferry_error *err);

/* conflicts: how many there may be; one that cost much counts as several. */
int ferry_solver_new(struct ferry_solver **out, uint64_t conflicts,
    ferry_solve_on_try *on_try, void *ctx, struct ferry_error *err);
void ferry_solver_free(struct ferry_solver *solver);

/* Add a variable; its number, or FERRY_SOLVE_NONE with err set. */
uint32_t ferry_solver_add(
    struct ferry_solver *solver, uint32_t values, struct ferry_error *err);

/* 64-bit words of a set of a variable with so many values: bit v is value v,
 * and the bit behind the last one is none. */
size_t ferry_solve_words(uint32_t values);
void ferry_solve_set(uint64_t *set, uint32_t bit);
bool ferry_solve_has(const uint64_t *set, uint32_t bit);

/*
 * Add a clause: at least one variable has a value of its set.  A variable
 * may be in it twice.  tag is what _conflict tells.  Copies the sets.
 */
struct ferry_solve_literal {
	uint32_t variable;
	const uint64_t *set;
};
int ferry_solver_clause(struct ferry_solver *solver,
    const struct ferry_solve_literal *literals, size_t n, uint32_t tag,
    struct ferry_error *err);

/*
 * Returns: FERRY_SOLVED, and _value tells; FERRY_UNSOLVABLE, and _conflict
 * tells; FERRY_UNSOLVED: the conflicts, or 16 MiB of clauses, are used up; -1.
 */
enum ferry_solve_outcome { FERRY_SOLVED, FERRY_UNSOLVABLE, FERRY_UNSOLVED };
int ferry_solver_solve(struct ferry_solver *solver, struct ferry_error *err);

/* Conflicts that there still may be. */
uint64_t ferry_solver_left(const struct ferry_solver *solver);
/* Its value, or FERRY_SOLVE_NONE. */
uint32_t
ferry_solver_value(const struct ferry_solver *solver, uint32_t variable);

/* Where there is no solution: the tags of clauses that cannot hold together, in
 * the order in which they were added; at most max. */
int ferry_solver_conflict(const struct ferry_solver *solver, uint32_t *tags,
    size_t max, size_t *n, struct ferry_error *err);

#endif
