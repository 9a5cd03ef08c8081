#ifndef FERRY_SYNC_UPSTREAM_RUBYGEMS_SOLVE_INTERNAL_H
#define FERRY_SYNC_UPSTREAM_RUBYGEMS_SOLVE_INTERNAL_H

/* What the files of a search share: its state, and clauses (clauses.c). */

#include "sync/upstream/rubygems/solve.h"

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
	uint64_t conflicts; /* that there may be */
	uint64_t looks; /* at words of sets, since the last of them */
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

/* Words of a set of the variable. */
size_t ferry_solver_words(const struct ferry_solver *s, uint32_t variable);
/* Whether two sets have something in common. */
bool ferry_solve_meet(const uint64_t *a, const uint64_t *b, size_t words);
/* The clauses of the variable must be looked at. */
void ferry_solver_enqueue(struct ferry_solver *s, uint32_t variable);
/* A clause is built of literals, the last of all, and then pushed. */
int ferry_solver_add_literal(struct ferry_solver *s, struct clause *c,
    uint32_t variable, const uint64_t *set, struct ferry_error *err);
int ferry_solver_push(
    struct ferry_solver *s, const struct clause *c, struct ferry_error *err);

/* learn.c: nothing satisfies a clause: learn why, and go back to where that
 * could have been known; failed is set where nothing is left. */
int ferry_solver_learn(
    struct ferry_solver *s, uint32_t clause, struct ferry_error *err);

#endif
