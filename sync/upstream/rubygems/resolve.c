#include "sync/upstream/rubygems/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/format/rubygems/gem.h"
#include "store/format/rubygems/version.h"
#include "sync/upstream/package/packages.h"
#include "sync/upstream/rubygems/rubygems.h"
#include "sync/upstream/rubygems/search.h"
#include "sync/upstream/rubygems/solve.h"

/* Of one search, and of all: seconds, and half a minute.  Bundles of hundreds of
 * gems meet dozens. */
#define CONFLICTS_MAX 10000
#define ALL_CONFLICTS_MAX 100000
#define PLATFORMS_MAX 64
#define ORDERS_MAX 32 /* of wants, of which another one is first */

/* A want of the configuration. */
struct wanted {
	struct gem_root root;
	bool ranges; /* every version of spec is wanted, whatever it needs */
	bool solved; /* alone, on some platform */
	bool unknown; /* whether it is, was not found out */
	uint32_t best; /* its number, alone, on the platforms of now */
	struct ferry_buf reason; /* why it is not solved, on the first one */
};
/* One round over all of them, on all platforms. */
struct round {
	struct ferry_packages *packages;
	struct gem_resolver *resolver;
	struct wanted *wants;
	size_t wants_n, wants_cap;
	struct gem_root *roots; /* of wants, in the order of a search */
	const char *platforms[PLATFORMS_MAX];
	size_t platforms_n;
	struct gem_search search;
	bool lacked; /* of any search: lacks */
};

void
ferry_gem_resolver_free(struct gem_resolver *resolver)
{

	ferry_gem_knowledge_free(&resolver->knowledge);
	ferry_table_free(&resolver->said, NULL);
}

/* Tell something once: why, a failure, or if that is NULL, text. */
static int
say(struct round *r, const char *item, const char *text,
    const struct ferry_error *why, struct ferry_error *err)
{
	struct ferry_table *said = &r->resolver->said;
	struct ferry_buf key = FERRY_BUF_INIT;
	int rc = ferry_buf_addf(
	    &key, err, "%s %s", item, why == NULL ? text : why->text);

	if (rc == 0 && ferry_table_find(said, (char *)key.p) == NULL) {
		if (ferry_table_add(said, (char *)key.p,
			sizeof(struct ferry_table_entry), err) == NULL)
			rc = -1;
		else if (why == NULL)
			ferry_run_skip(r->packages->run, item, text);
		else
			ferry_run_fail(r->packages->run, item, why);
	}
	ferry_buf_free(&key);
	return rc;
}

static int
say_unsolved(struct round *r, const char *item, struct ferry_error *err)
{

	return say(r, item,
	    "whether what it needs goes together is not clear after many "
	    "thousand conflicts; the newest version for each requirement is "
	    "here, and a lock file would say what else",
	    NULL, err);
}

/* Targets */

/* Look for what goes with the first n roots; the caller ends the search. */
static int
search(struct round *r, size_t n, struct ferry_error *err)
{
	uint64_t left = ALL_CONFLICTS_MAX - r->resolver->conflicts;
	uint64_t most = left < CONFLICTS_MAX ? left : CONFLICTS_MAX;
	int rc;

	r->search.number = ++r->resolver->search;
	r->search.conflicts = most;
	rc = ferry_gem_search(&r->search, r->roots, n, err);
	r->resolver->conflicts += most - r->search.conflicts;
	r->lacked = r->lacked || r->search.lacks;
	return rc == FERRY_SOLVED && !r->search.lacks &&
	               !r->resolver->knowledge.full &&
	               ferry_gem_search_want(&r->search, err) == -1
	           ? -1
	           : rc;
}

static int
resolve_alone(struct round *r, struct wanted *w, struct ferry_error *err)
{
	int rc;

	r->roots[0] = w->root;
	w->best = FERRY_SOLVE_NONE;
	if ((rc = search(r, 1, err)) == FERRY_SOLVED)
		w->best = ferry_gem_search_number(&r->search, w->root.gem);
	if (rc == FERRY_UNSOLVABLE && w->reason.n == 0)
		rc = ferry_gem_search_explain(&r->search, &w->reason, err);
	ferry_gem_search_end(&r->search);
	w->solved = w->solved || w->best != FERRY_SOLVE_NONE;
	w->unknown = w->unknown || rc == FERRY_UNSOLVED;
	return rc == -1 ? -1 : 0;
}

/* All that are wanted, first the one that has the best chance of its best. */
static void
order_roots(struct round *r, size_t first)
{
	size_t n = 0;

	r->roots[n++] = r->wants[first].root;
	for (size_t i = 0; i < r->wants_n; i++)
		if (i != first)
			r->roots[n++] = r->wants[i].root;
}

static int
say_apart(struct round *r, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = 0;

	/* Where the platforms differ, the configuration need not mean one
	 * bundle. */
	if (!r->search.lacks && r->search.on_n == 1)
		rc = ferry_gem_search_explain(&r->search, &text, err);
	if (rc == 0 && text.n > 0 &&
	    (rc = ferry_buf_adds(&text,
		 "; these do not go into one bundle, each alone does", err)) ==
		0)
		rc = say(r, r->packages->up->name, (char *)text.p, NULL, err);
	ferry_buf_free(&text);
	return rc;
}

/* Together, with one of them first.  Returns: 1 there is nothing to be gained
 * by another order; 0; -1. */
static int
resolve_together(
    struct round *r, size_t first, bool *got, struct ferry_error *err)
{
	int rc;

	order_roots(r, first);
	rc = search(r, r->wants_n, err);
	if (rc == FERRY_SOLVED)
		for (size_t i = 0; i < r->wants_n; i++)
			got[i] = got[i] ||
			         ferry_gem_search_number(&r->search,
				     r->wants[i].root.gem) == r->wants[i].best;
	else if (rc == FERRY_UNSOLVED && !r->search.lacks)
		rc = say_unsolved(r, r->packages->up->name, err) == -1 ? -1 : 1;
	else if (rc == FERRY_UNSOLVABLE)
		rc = say_apart(r, err) == -1 ? -1 : 1;
	ferry_gem_search_end(&r->search);
	return rc;
}

/* On platforms: alone, and if each goes, together, so that each has its best
 * version where it can. */
static int
resolve_on(struct round *r, const char *const *on, size_t on_n,
    struct ferry_error *err)
{
	const struct gem_knowledge *knowledge = &r->resolver->knowledge;
	bool all = r->wants_n > 1, *got = NULL;
	int rc = ferry_calloc(&got, r->wants_n + 1, sizeof(*got), err);

	r->search.on = on;
	r->search.on_n = on_n;
	for (size_t i = 0; i < r->wants_n && rc == 0 && !knowledge->full; i++) {
		rc = resolve_alone(r, &r->wants[i], err);
		all = all && r->wants[i].best != FERRY_SOLVE_NONE;
	}
	for (size_t i = 0; i < r->wants_n && i < ORDERS_MAX && all && rc == 0 &&
			   !knowledge->full;
	     i++)
		if (!got[i])
			rc = resolve_together(r, i, got, err);
	free(got);
	return rc == -1 ? -1 : 0;
}

/* What cannot be installed anywhere.  What is wanted by a range of versions is
 * here whether it can be or not. */
static int
judge(struct round *r, struct ferry_error *err)
{
	char item[FERRY_PACKAGE_ITEM];

	for (size_t i = 0; i < r->wants_n; i++) {
		const struct wanted *w = &r->wants[i];
		struct ferry_error why = FERRY_ERROR_INIT;

		if (w->solved)
			continue;
		ferry_package_item(
		    item, r->packages, w->root.gem->entry.key, w->root.spec);
		if (w->unknown || w->reason.n == 0) {
			if (say_unsolved(r, item, err) == -1)
				return -1;
			continue;
		}
		ferry_error_set(&why, FERRY_EUNRESOLVED,
		    "there is no set of gems with it: %s", (char *)w->reason.p);
		if (say(r, item, why.text, w->ranges ? NULL : &why, err) == -1)
			return -1;
	}
	return 0;
}

/* Rounds */

static int
on_root(void *ctx, const struct ferry_package *package,
    const struct ferry_package_want *wanted, struct ferry_error *err)
{
	struct round *r = ctx;
	struct gem_known *gem = (struct gem_known *)ferry_table_find(
	    &r->resolver->knowledge.gems, package->entry.key);

	/* What cannot be had at all, was told. */
	if (gem == NULL || !gem->listed || gem->absent)
		return 0;
	if (ferry_array_grow(&r->wants, &r->wants_cap, r->wants_n + 1,
		sizeof(*r->wants), err) == -1)
		return -1;
	r->wants[r->wants_n++] =
	    (struct wanted){ .root = { .gem = gem, .spec = wanted->spec },
		    .ranges = wanted->kind == FERRY_WANT_RANGE };
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;
	int c = strcmp(x->root.gem->entry.key, y->root.gem->entry.key);

	return c != 0 ? c : strcmp(x->root.spec, y->root.spec);
}

/* Whether a want of the configuration names pre-releases of a gem. */
static bool
wants_prereleases(const struct round *r, const struct gem_known *gem)
{

	for (size_t i = 0; i < r->wants_n; i++) {
		struct ferry_gem_requirement *requirement = NULL;
		struct ferry_error ignored = FERRY_ERROR_INIT;
		bool names = false;

		if (r->wants[i].root.gem != gem)
			continue;
		if (ferry_gem_requirement_new(&requirement,
			ferry_bytes_str(r->wants[i].root.spec), &ignored) == 0)
			names = ferry_gem_requirement_prerelease(requirement);
		ferry_gem_requirement_free(requirement);
		if (names)
			return true;
	}
	return false;
}

/* What upstream has no version for, was told. */
static int
drop_empty(struct round *r, struct ferry_error *err)
{
	size_t n = 0;

	for (size_t i = 0; i < r->wants_n; i++) {
		const struct gem_root *root = &r->wants[i].root;
		const struct gem_allowed *allowed;

		if (ferry_gem_known_sort(root->gem,
			wants_prereleases(r, root->gem), err) == -1 ||
		    (allowed = ferry_gem_known_allowed(&r->resolver->knowledge,
			 root->gem, root->spec, err)) == NULL)
			return -1;
		if (!allowed->empty)
			r->wants[n++] = r->wants[i];
	}
	r->wants_n = n;
	return 0;
}

static bool
has_platform(const struct round *r, struct ferry_bytes platform)
{

	for (size_t i = 0; i < r->platforms_n; i++)
		if (ferry_bytes_is(platform, r->platforms[i]))
			return true;
	return false;
}

/* A variant's version ends with its platform. */
static void
add_platform(struct round *r, const char *platform)
{

	if (!has_platform(r, ferry_bytes_str(platform)) &&
	    r->platforms_n < PLATFORMS_MAX)
		r->platforms[r->platforms_n++] = platform;
}

static void
add_platforms_of(struct round *r, const struct gem_known *gem)
{

	for (size_t i = 0; i < gem->variants_n; i++) {
		const struct gem_variant *v = &gem->variants[i];

		if (v->version[v->number_n] == '-')
			add_platform(r, v->version + v->number_n + 1);
	}
}

static int
as_text(const void *a, const void *b)
{

	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Those of the configuration, or all that gems are for. */
static void
find_platforms(struct round *r)
{
	const struct gems *gems = r->packages->state;
	const struct ferry_table *known = &r->resolver->knowledge.gems;
	const struct ferry_table_entry *e = NULL;

	for (size_t i = 0; i < gems->platforms_n; i++)
		add_platform(r, gems->platforms[i]);
	if (gems->platforms_n > 0)
		return;
	add_platform(r, "ruby");
	while ((e = ferry_table_next(known, e)) != NULL)
		add_platforms_of(r, (const struct gem_known *)e);
	qsort(r->platforms, r->platforms_n, sizeof(*r->platforms), as_text);
}

static void
round_free(struct round *r)
{

	for (size_t i = 0; i < r->wants_n; i++)
		ferry_buf_free(&r->wants[i].reason);
	free(r->wants);
	free(r->roots);
	ferry_gem_search_end(&r->search);
}

/* There is too much to know, or to look for. */
static int
say_full(struct round *r, struct ferry_error *err)
{

	ferry_gem_knowledge_free(&r->resolver->knowledge);
	r->resolver->knowledge.full = true;
	return say(r, r->packages->up->name,
	    "there are too many gems to find out which go together; the newest "
	    "version for each requirement is here, and lock files would say "
	    "what else",
	    NULL, err);
}

int
ferry_gem_resolve(struct ferry_packages *packages, struct ferry_error *err)
{
	struct gem_resolver *resolver =
	    &((struct gems *)packages->state)->resolver;
	const struct gems *gems = packages->state;
	struct round r = { .packages = packages,
		.resolver = resolver,
		.search = {
		    .packages = packages, .knowledge = &resolver->knowledge } };
	int rc = -1;

	if (packages->run->pulls || !resolver->knowledge.changed)
		return 0;
	resolver->knowledge.changed = false;
	if (resolver->knowledge.full)
		return say_full(&r, err);
	if (ferry_packages_each_root(packages, on_root, &r, err) == -1 ||
	    ferry_calloc(&r.roots, r.wants_n + 1, sizeof(*r.roots), err) == -1)
		goto out;
	if (r.wants_n > 1)
		qsort(r.wants, r.wants_n, sizeof(*r.wants), by_name);
	rc = drop_empty(&r, err);
	find_platforms(&r);
	for (size_t i = 0; i < r.platforms_n && rc == 0; i++)
		rc = resolve_on(&r, &r.platforms[i], 1, err);
	/* One lock file for all that the configuration names. */
	if (rc == 0 && gems->platforms_n > 1)
		rc = resolve_on(&r, r.platforms, r.platforms_n, err);
	if (rc == 0 && (resolver->knowledge.full ||
			   resolver->conflicts >= ALL_CONFLICTS_MAX))
		rc = say_full(&r, err);
	else if (rc == 0 && !r.lacked)
		rc = judge(&r, err);
out:
	round_free(&r);
	return rc == -1 ? -1 : r.search.wanted;
}
