#ifndef FERRY_SYNC_UPSTREAM_RUBYGEMS_SEARCH_H
#define FERRY_SYNC_UPSTREAM_RUBYGEMS_SEARCH_H

/*
 * Looking for versions of gems that go together, as what their lines need says:
 * what Bundler does, over known.h by solve.h.  What must be known for that and
 * is not, is wanted.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/bytes.h"

struct ferry_error;
struct ferry_packages;
struct ferry_solver;
struct gem_known;
struct gem_knowledge;

/* A want. */
struct gem_root {
	struct gem_known *gem; /* it is sorted */
	const char *spec;
};
/*
 * Invariant: gems[i] is the gem whose variable is i.
 */
struct gem_search {
	/* Set by who begins. */
	struct ferry_packages *packages;
	struct gem_knowledge *knowledge;
	const char *const *on; /* platforms that all must have what is found */
	size_t on_n;
	uint64_t number; /* no other search has had it */
	uint64_t conflicts; /* at most; then how many are left */

	bool lacks; /* something must come before the answer counts */
	bool wanted; /* and there will be transfers for that */

	/* Private. */
	struct ferry_solver *solver;
	struct gem_known **gems;
	size_t gems_n, gems_cap;
	struct gem_reason *reasons;
	size_t reasons_n, reasons_cap;
};

/* Returns: an enum ferry_solve_outcome, or -1.  Roots are views until _end. */
int ferry_gem_search(struct gem_search *search, const struct gem_root *roots,
    size_t n, struct ferry_error *err);
/* What was found: the number of a gem, an index; FERRY_SOLVE_NONE. */
uint32_t ferry_gem_search_number(
    const struct gem_search *search, const struct gem_known *gem);
/* Want what was found and was not chosen yet. */
int ferry_gem_search_want(struct gem_search *search, struct ferry_error *err);
/* Append why nothing was found, in few words; nothing where wants of one gem
 * exclude each other, which is meant so. */
int ferry_gem_search_explain(const struct gem_search *search,
    struct ferry_buf *out, struct ferry_error *err);
/* Keeps what who begins has set, lacks and wanted. */
void ferry_gem_search_end(struct gem_search *search);

#endif
