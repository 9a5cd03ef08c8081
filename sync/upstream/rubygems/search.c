#include "sync/upstream/rubygems/search.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/format/rubygems/gem.h"
#include "sync/upstream/package/packages.h"
#include "sync/upstream/rubygems/known.h"
#include "sync/upstream/rubygems/solve.h"

#define REASONS_MAX 256
#define TOLD_MAX 8
#define TEXT_MAX 400

/* Why a clause holds. */
struct gem_reason {
	const struct gem_root *root; /* it is wanted; else NULL */
	const struct gem_known *gem; /* what needs it; NULL as above */
	uint32_t number; /* the newest that does */
	struct ferry_gem_dependency need; /* name.n is 0: of the platform */
	const struct gem_known *needed; /* NULL: upstream has none */
	bool nothing; /* of needed, no version is one that is needed */
};

/* Wanting */

/* A document that no newest version needed. */
static int
want_document(
    struct gem_search *s, struct gem_known *gem, struct ferry_error *err)
{
	const struct ferry_package_want want = { .kind = FERRY_WANT_DOCUMENT,
		.spec = "",
		.by = "what Bundler would resolve",
		.closure = true,
		.need = FERRY_NEEDED };

	s->lacks = true;
	if (gem->asked)
		return 0;
	gem->asked = s->wanted = true;
	return ferry_packages_want(s->packages, gem->entry.key, &want, err);
}

/* All variants of a number.  Of one that only its gem says the needs of, those
 * are read when it comes. */
static int
want_number(struct gem_search *s, const struct gem_known *gem, uint32_t number,
    struct ferry_error *err)
{

	for (uint32_t i = gem->first[number]; i < gem->first[number + 1]; i++) {
		const struct gem_variant *v = &gem->variants[i];
		const struct ferry_package_want want = {
			.kind = FERRY_WANT_EXACT,
			.spec = v->version,
			.by = "what Bundler would resolve",
			.closure = !v->told,
			.need = v->told ? FERRY_NEEDED : FERRY_NEEDED_IF_THERE
		};

		if (v->lost || (v->told && ferry_packages_chose(s->packages,
					       gem->entry.key, v->version)))
			continue;
		s->wanted = true;
		if (ferry_packages_want(
			s->packages, gem->entry.key, &want, err) == -1)
			return -1;
	}
	return 0;
}

/* Clauses */

static int
add_reason(struct gem_search *s, const struct gem_reason *reason, uint32_t *tag,
    struct ferry_error *err)
{

	if (ferry_array_grow(&s->reasons, &s->reasons_cap, s->reasons_n + 1,
		sizeof(*s->reasons), err) == -1)
		return -1;
	*tag = (uint32_t)s->reasons_n;
	s->reasons[s->reasons_n++] = *reason;
	return 0;
}

/* The clause that number, or those in set, have what reason says. */
static int
add_clause(struct gem_search *s, const struct ferry_solve_literal *literals,
    size_t n, const struct gem_reason *reason, struct ferry_error *err)
{
	uint32_t tag;

	return add_reason(s, reason, &tag, err) == -1
	           ? -1
	           : ferry_solver_clause(s->solver, literals, n, tag, err);
}

/* Whether the platforms of this search have a number. */
static bool
has_number(
    const struct gem_search *s, const struct gem_known *gem, uint32_t number)
{

	for (size_t i = 0; i < s->on_n; i++)
		if (ferry_gem_known_variant(gem, number, s->on[i]) == NULL)
			return false;
	return true;
}

/* Of a gem's numbers, those that the platforms have; 0 all, 1 not all, -1. */
static int
set_of_platform(const struct gem_search *s, const struct gem_known *gem,
    uint64_t **set, struct ferry_error *err)
{
	int rc = 0;

	if (ferry_calloc(
		set, ferry_solve_words(gem->numbers), sizeof(**set), err) == -1)
		return -1;
	for (uint32_t i = 0; i < gem->numbers; i++)
		if (has_number(s, gem, i))
			ferry_solve_set(*set, i);
		else
			rc = 1;
	ferry_solve_set(*set, gem->numbers);
	return rc;
}

/* The gem's variable in this search. */
static int
add_gem(struct gem_search *s, struct gem_known *gem, struct ferry_error *err)
{
	struct gem_reason reason = { .gem = gem };
	uint64_t *set = NULL;
	struct ferry_solve_literal one;
	int rc;

	if (gem->search == s->number)
		return 0;
	if (ferry_gem_known_sort(gem, false, err) == -1 ||
	    ferry_array_grow(&s->gems, &s->gems_cap, s->gems_n + 1,
		sizeof(*s->gems), err) == -1)
		return -1;
	for (size_t i = 0; i < s->on_n; i++)
		if (ferry_gem_known_serve(gem, s->on[i], err) == -1)
			return -1;
	gem->variable = ferry_solver_add(s->solver, gem->numbers, err);
	if (gem->variable == FERRY_SOLVE_NONE)
		return -1;
	assert(gem->variable == s->gems_n);
	gem->search = s->number;
	s->gems[s->gems_n++] = gem;
	rc = set_of_platform(s, gem, &set, err);
	one = (struct ferry_solve_literal){ gem->variable, set };
	if (rc == 1)
		rc = add_clause(s, &one, 1, &reason, err);
	free(set);
	return rc;
}

/* Whether a number has a need on a platform of this search. */
static bool
has_need(const struct gem_search *s, const struct gem_known *gem,
    uint32_t number, const struct gem_needing *needing)
{

	for (size_t i = 0; i < s->on_n; i++) {
		const struct gem_variant *v =
		    ferry_gem_known_variant(gem, number, s->on[i]);

		if (v != NULL && ferry_solve_has(needing->variants,
				     (uint32_t)(v - gem->variants)))
			return true;
	}
	return false;
}

/* All that a gem's numbers can be but those that have a need. */
static int
set_without(const struct gem_search *s, const struct gem_known *gem,
    const struct gem_needing *needing, uint64_t **set, struct ferry_error *err)
{

	if (ferry_calloc(
		set, ferry_solve_words(gem->numbers), sizeof(**set), err) == -1)
		return -1;
	for (uint32_t i = 0; i < gem->numbers; i++)
		if (!has_need(s, gem, i, needing))
			ferry_solve_set(*set, i);
	ferry_solve_set(*set, gem->numbers);
	return 0;
}

/* What is needed, as a gem of the same owner: 1, 0 it is no gem of a registry,
 * -1. */
static int
find_needed(struct gem_search *s, const struct gem_known *gem,
    const struct ferry_gem_dependency *need, struct gem_known **out,
    struct ferry_error *err)
{
	struct ferry_bytes owner =
	    ferry_gem_name_owner(ferry_bytes_str(gem->entry.key));
	struct ferry_buf name = FERRY_BUF_INIT;
	int rc = 0;

	/* Bundler itself is the one that runs. */
	if (memchr(need->name.p, '/', need->name.n) != NULL ||
	    !ferry_gem_name_valid(need->name) ||
	    ferry_bytes_is(need->name, "bundler"))
		return 0;
	if (ferry_buf_addf(&name, err, "%.*s%s%.*s", (int)owner.n,
		(const char *)owner.p, owner.n == 0 ? "" : "/",
		(int)need->name.n, (const char *)need->name.p) == -1)
		return -1;
	*out = ferry_gem_known(s->knowledge, (char *)name.p, err);
	ferry_buf_free(&name);
	if (*out == NULL)
		return -1;
	/* It may be another registry's. */
	rc = !((*out)->absent && owner.n > 0);
	return rc == 1 && !(*out)->listed && !(*out)->absent
	           ? want_document(s, *out, err)
	           : rc;
}

/* The clause: what has need, goes with what that allows. */
static int
require_need(struct gem_search *s, struct gem_known *gem, uint32_t number,
    const struct ferry_gem_dependency *need, const struct gem_needing *needing,
    struct gem_known *needed, const struct gem_allowed *allowed,
    struct ferry_error *err)
{
	const struct gem_reason reason = { .gem = gem,
		.number = number,
		.need = *need,
		.needed = allowed == NULL ? NULL : needed,
		.nothing = allowed != NULL && allowed->empty };
	uint64_t *others = NULL;
	struct ferry_solve_literal both[2];
	int rc = -1;

	if (set_without(s, gem, needing, &others, err) == 0 &&
	    (allowed == NULL || add_gem(s, needed, err) == 0)) {
		both[0] = (struct ferry_solve_literal){ gem->variable, others };
		if (allowed != NULL)
			both[1] =
			    (struct ferry_solve_literal){ needed->variable,
				    allowed->set };
		rc = add_clause(s, both, allowed == NULL ? 1 : 2, &reason, err);
	}
	free(others);
	return rc;
}

static int
try_need(struct gem_search *s, struct gem_known *gem, uint32_t number,
    const struct ferry_gem_dependency *need, struct ferry_error *err)
{
	struct gem_needing *needing =
	    ferry_gem_known_needing(s->knowledge, gem, need, err);
	const struct gem_allowed *allowed;
	struct gem_known *needed = NULL;
	char *requirement = NULL;
	int rc;

	if (needing == NULL)
		return -1;
	/* One clause is of all numbers that need the same. */
	if (needing->search == s->number)
		return 0;
	needing->search = s->number;
	if ((rc = find_needed(s, gem, need, &needed, err)) != 1)
		return rc;
	if (needed->absent)
		return require_need(
		    s, gem, number, need, needing, needed, NULL, err);
	if (!needed->listed)
		return 0;
	if (ferry_gem_known_sort(needed, false, err) == -1 ||
	    ferry_strndup(&requirement, need->requirement, err) == -1)
		return -1;
	allowed =
	    ferry_gem_known_allowed(s->knowledge, needed, requirement, err);
	free(requirement);
	if (allowed == NULL)
		return -1;
	/* What is no requirement was told; what upstream lists no more may be
	 * here. */
	if (allowed->set == NULL || (allowed->empty && needed->kept))
		return 0;
	return require_need(
	    s, gem, number, need, needing, needed, allowed, err);
}

static int
try_variant(struct gem_search *s, struct gem_known *gem,
    const struct gem_variant *v, struct ferry_error *err)
{
	struct ferry_gem_dependency need;
	struct ferry_bytes rest = v->needs;

	/* Of a registry that has Marshal indexes alone the gem says it. */
	if (!v->told && !s->packages->run->dry_run) {
		s->lacks = true;
		return want_number(s, gem, v->number, err);
	}
	while (!s->knowledge->full && ferry_gem_line_dependency(&rest, &need))
		if (try_need(s, gem, v->number, &need, err) == -1)
			return -1;
	return 0;
}

/* As on_try of a search: what this number of a gem needs. */
static int
on_try(void *ctx, struct ferry_solver *solver, uint32_t variable,
    uint32_t number, struct ferry_error *err)
{
	struct gem_search *s = ctx;
	struct gem_known *gem = s->gems[variable];

	(void)solver;
	for (size_t i = 0; i < s->on_n; i++) {
		const struct gem_variant *v =
		    ferry_gem_known_variant(gem, number, s->on[i]);

		assert(v != NULL);
		if ((i == 0 || v != ferry_gem_known_variant(
					gem, number, s->on[i - 1])) &&
		    try_variant(s, gem, v, err) == -1)
			return -1;
	}
	return 0;
}

static int
add_root(
    struct gem_search *s, const struct gem_root *root, struct ferry_error *err)
{
	const struct gem_reason reason = { .root = root };
	const struct gem_allowed *allowed;
	struct ferry_solve_literal one;

	if (add_gem(s, root->gem, err) == -1 ||
	    (allowed = ferry_gem_known_allowed(
		 s->knowledge, root->gem, root->spec, err)) == NULL)
		return -1;
	one = (struct ferry_solve_literal){ root->gem->variable, allowed->set };
	return allowed->empty ? 0 : add_clause(s, &one, 1, &reason, err);
}

int
ferry_gem_search(struct gem_search *s, const struct gem_root *roots, size_t n,
    struct ferry_error *err)
{
	int rc;

	s->lacks = false;
	if (ferry_solver_new(&s->solver, s->conflicts, on_try, s, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (add_root(s, &roots[i], err) == -1)
			return -1;
	rc = ferry_solver_solve(s->solver, err);
	s->conflicts = ferry_solver_left(s->solver);
	return rc;
}

uint32_t
ferry_gem_search_number(const struct gem_search *s, const struct gem_known *gem)
{

	assert(gem->search == s->number);
	return ferry_solver_value(s->solver, gem->variable);
}

int
ferry_gem_search_want(struct gem_search *s, struct ferry_error *err)
{

	for (size_t i = 0; i < s->gems_n; i++) {
		uint32_t number = ferry_solver_value(s->solver, (uint32_t)i);

		if (number != FERRY_SOLVE_NONE &&
		    want_number(s, s->gems[i], number, err) == -1)
			return -1;
	}
	return 0;
}

void
ferry_gem_search_end(struct gem_search *s)
{

	ferry_solver_free(s->solver);
	free(s->gems);
	free(s->reasons);
	s->solver = NULL;
	s->gems = NULL;
	s->reasons = NULL;
	s->gems_n = s->gems_cap = s->reasons_n = s->reasons_cap = 0;
}

/* Sentences */

static bool
has_lost(const struct gem_known *gem)
{

	for (size_t i = 0; i < gem->variants_n; i++)
		if (gem->variants[i].lost)
			return true;
	return false;
}

static int
add_reason_text(struct ferry_buf *out, const struct gem_search *s,
    const struct gem_reason *reason, struct ferry_error *err)
{
	const struct gem_known *gem = reason->gem;
	const struct gem_variant *v;

	if (reason->root != NULL)
		return ferry_buf_addf(out, err, "'%s %s' is wanted",
		    reason->root->gem->entry.key, reason->root->spec);
	if (reason->need.name.n == 0)
		return has_lost(gem)
		           ? ferry_buf_addf(out, err,
				 "not every version of %s could be had",
				 gem->entry.key)
		           : ferry_buf_addf(out, err,
				 "not every version of %s is for %s",
				 gem->entry.key, s->on[0]);
	v = &gem->variants[gem->first[reason->number]];
	return ferry_buf_addf(out, err, "%s %.*s needs '%.*s %.*s'%s",
	    gem->entry.key, (int)v->number_n, v->version,
	    (int)reason->need.name.n, (const char *)reason->need.name.p,
	    (int)reason->need.requirement.n,
	    (const char *)reason->need.requirement.p,
	    reason->needed == NULL ? ", which upstream lacks"
	    : reason->nothing      ? ", of which there is no version"
				   : "");
}

/* How much it says: wants first, then needs of certain versions, then of any. */
static unsigned
rank(const struct gem_reason *reason)
{

	return reason->root != NULL                               ? 0
	       : ferry_bytes_is(reason->need.requirement, ">= 0") ? 2
	                                                          : 1;
}

int
ferry_gem_search_explain(
    const struct gem_search *s, struct ferry_buf *out, struct ferry_error *err)
{
	uint32_t tags[REASONS_MAX];
	const char *between = "";
	bool meant = true;
	size_t n, told = 0;

	if (ferry_solver_conflict(s->solver, tags, REASONS_MAX, &n, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		meant = meant && s->reasons[tags[i]].root != NULL;
	for (unsigned how = 0; how < 3 && !meant; how++)
		for (size_t i = 0; i < n; i++) {
			const struct gem_reason *reason = &s->reasons[tags[i]];

			if (rank(reason) != how)
				continue;
			if (told++ == TOLD_MAX || out->n > TEXT_MAX)
				return ferry_buf_adds(out, "; and so on", err);
			if (ferry_buf_adds(out, between, err) == -1 ||
			    add_reason_text(out, s, reason, err) == -1)
				return -1;
			between = "; ";
		}
	return 0;
}
