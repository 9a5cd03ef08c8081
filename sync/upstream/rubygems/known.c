#include "sync/upstream/rubygems/known.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/format/rubygems/gem.h"
#include "store/format/rubygems/version.h"
#include "sync/upstream/rubygems/solve.h"

static void
allowed_free(void *entry)
{
	struct gem_allowed *allowed = entry;

	free(allowed->set);
}

static void
needing_free(void *entry)
{
	struct gem_needing *needing = entry;

	free(needing->variants);
}

static void
forget_needing(struct gem_known *gem)
{

	ferry_table_free(&gem->needing, needing_free);
	gem->needing = (struct ferry_table){ NULL, 0, 0 };
}

static void
forget_served(struct gem_known *gem)
{

	for (size_t i = 0; i < gem->served_n; i++)
		free(gem->served[i].variant);
	gem->served_n = 0;
}

static void
known_free(void *entry)
{
	struct gem_known *gem = entry;

	forget_needing(gem);
	forget_served(gem);
	free(gem->served);

	for (size_t i = 0; i < gem->variants_n; i++) {
		free(gem->variants[i].version);
		free(gem->variants[i].inside);
	}
	free(gem->variants);
	free(gem->first);
	ferry_table_free(&gem->allowed, allowed_free);
}

void
ferry_gem_knowledge_free(struct gem_knowledge *knowledge)
{

	ferry_table_free(&knowledge->gems, known_free);
	knowledge->gems = (struct ferry_table){ NULL, 0, 0 };
}

/* Whether there is room; if not, all of it is forgotten, for good. */
static bool
take_room(struct gem_knowledge *knowledge, size_t n)
{

	knowledge->size += n;
	knowledge->full = knowledge->full || knowledge->size > GEM_KNOWN_MAX;
	return !knowledge->full;
}

static void
look_through(struct gem_knowledge *knowledge, size_t n)
{

	knowledge->looked += n;
	knowledge->full = knowledge->full || knowledge->looked > GEM_LOOKED_MAX;
}

struct gem_known *
ferry_gem_known(
    struct gem_knowledge *knowledge, const char *name, struct ferry_error *err)
{
	struct gem_known *gem =
	    (struct gem_known *)ferry_table_find(&knowledge->gems, name);

	if (gem == NULL) {
		knowledge->size += sizeof(*gem) + strlen(name);
		gem =
		    ferry_table_add(&knowledge->gems, name, sizeof(*gem), err);
	}
	return gem;
}

int
ferry_gem_known_add(struct gem_knowledge *knowledge, struct gem_known *gem,
    const char *version, size_t number_n, struct ferry_bytes rest, bool told,
    struct ferry_error *err)
{
	struct gem_variant *v;
	size_t n = strlen(version);
	const uint8_t *bar = rest.n == 0 ? NULL : memchr(rest.p, '|', rest.n);
	size_t needs = bar == NULL ? rest.n : (size_t)(bar - rest.p);

	assert(!gem->sorted);
	if (!take_room(knowledge, sizeof(*v) + n + needs + 64))
		return 0;
	if (ferry_array_grow(&gem->variants, &gem->variants_cap,
		gem->variants_n + 1, sizeof(*gem->variants), err) == -1)
		return -1;
	v = &gem->variants[gem->variants_n];
	*v = (struct gem_variant){ .number_n = number_n, .told = told };
	if (ferry_calloc(&v->version, 1, n + 1 + needs + 1, err) == -1)
		return -1;
	memcpy(v->version, version, n);
	if (needs > 0)
		memcpy(v->version + n + 1, rest.p, needs);
	v->needs = ferry_bytes_of(v->version + n + 1, needs);
	gem->variants_n++;
	gem->bytes += needs + sizeof(*v);
	return 0;
}

static struct gem_variant *
find_variant(struct gem_known *gem, const char *version)
{

	for (size_t i = 0; gem != NULL && i < gem->variants_n; i++)
		if (strcmp(gem->variants[i].version, version) == 0)
			return &gem->variants[i];
	return NULL;
}

int
ferry_gem_known_tell(struct gem_knowledge *knowledge, const char *name,
    const char *version, const char *line, struct ferry_error *err)
{
	struct gem_known *gem =
	    (struct gem_known *)ferry_table_find(&knowledge->gems, name);
	struct gem_variant *v = find_variant(gem, version);

	if (v == NULL || v->told || !take_room(knowledge, strlen(line)))
		return 0;
	if (ferry_strdup(&v->inside, line, err) == -1)
		return -1;
	v->needs = ferry_bytes_str(v->inside);
	gem->bytes += v->needs.n;
	v->told = gem->told = knowledge->changed = true;
	return 0;
}

int
ferry_gem_known_lose(struct gem_knowledge *knowledge, const char *name,
    const char *version, struct ferry_error *err)
{
	struct gem_known *gem = ferry_gem_known(knowledge, name, err);
	struct gem_variant *v;

	if (gem == NULL)
		return -1;
	if (version == NULL) {
		knowledge->changed = knowledge->changed || !gem->absent;
		gem->absent = true;
	} else if ((v = find_variant(gem, version)) != NULL && !v->lost) {
		v->lost = gem->lost = knowledge->changed = true;
	}
	return 0;
}

/* Order */

static struct ferry_bytes
number_of(const struct gem_variant *v)
{

	return ferry_bytes_of(v->version, v->number_n);
}

static int
newest_first(const void *a, const void *b)
{
	const struct gem_variant *x = a, *y = b;
	int c = ferry_gem_version_cmp(number_of(y), number_of(x));

	return c != 0 ? c : strcmp(x->version, y->version);
}

static int
prereleases_last(const void *a, const void *b)
{
	const struct gem_variant *x = a, *y = b;
	bool xpre = ferry_gem_version_prerelease(number_of(x)),
	     ypre = ferry_gem_version_prerelease(number_of(y));

	return xpre != ypre ? (xpre ? 1 : -1) : newest_first(a, b);
}

int
ferry_gem_known_sort(
    struct gem_known *gem, bool prereleases, struct ferry_error *err)
{

	if (gem->sorted)
		return 0;
	if (ferry_calloc(&gem->first, gem->variants_n + 1, sizeof(*gem->first),
		err) == -1)
		return -1;
	if (gem->variants_n > 0)
		qsort(gem->variants, gem->variants_n, sizeof(*gem->variants),
		    prereleases ? newest_first : prereleases_last);
	for (size_t i = 0; i < gem->variants_n; i++) {
		if (i == 0 || !ferry_bytes_equal(number_of(&gem->variants[i]),
				  number_of(&gem->variants[i - 1])))
			gem->first[gem->numbers++] = (uint32_t)i;
		gem->variants[i].number = gem->numbers - 1;
	}
	gem->first[gem->numbers] = (uint32_t)gem->variants_n;
	gem->sorted = true;
	return 0;
}

/* Requirements */

static int
set_allowed(struct gem_allowed *allowed, const struct gem_known *gem,
    struct ferry_error *err)
{
	struct ferry_gem_requirement *requirement = NULL;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_gem_number number;

	allowed->empty = true;
	if (ferry_gem_requirement_new(&requirement,
		ferry_bytes_str(allowed->entry.key), &ignored) == -1)
		return 0;
	if (ferry_calloc(&allowed->set, ferry_solve_words(gem->numbers),
		sizeof(*allowed->set), err) == -1) {
		ferry_gem_requirement_free(requirement);
		return -1;
	}
	for (uint32_t i = 0; i < gem->numbers; i++) {
		const struct gem_variant *v = &gem->variants[gem->first[i]];

		if (ferry_gem_number_parse(&number, number_of(v), &ignored) ==
			-1 ||
		    !ferry_gem_requirement_has(requirement, &number))
			continue;
		ferry_solve_set(allowed->set, i);
		allowed->empty = false;
	}
	ferry_gem_requirement_free(requirement);
	return 0;
}

const struct gem_allowed *
ferry_gem_known_allowed(struct gem_knowledge *knowledge, struct gem_known *gem,
    const char *requirement, struct ferry_error *err)
{
	struct gem_allowed *allowed =
	    (struct gem_allowed *)ferry_table_find(&gem->allowed, requirement);

	assert(gem->sorted);
	if (allowed != NULL)
		return allowed;
	look_through(knowledge, gem->numbers * sizeof(struct gem_variant));
	allowed =
	    ferry_table_add(&gem->allowed, requirement, sizeof(*allowed), err);
	return allowed == NULL || set_allowed(allowed, gem, err) == -1
	           ? NULL
	           : allowed;
}

/* Platforms */

/* How well a gem for a platform serves clients of another: 0 not at all.
 * Source: PROTOCOL.md, section 7; RubyGems, Gem::Platform#===: the processor is
 *     the same or "universal", the version is the same or not said. */
static unsigned
serves(struct ferry_bytes gem, const char *client)
{
	static const char universal[] = "universal-";
	struct ferry_bytes rest;
	const char *system = strchr(client, '-');
	size_t n = strlen(client);

	if (ferry_bytes_is(gem, client))
		return 4;
	if (gem.n < n && memcmp(gem.p, client, gem.n) == 0 &&
	    client[gem.n] == '-' && memchr(gem.p, '-', gem.n) != NULL)
		return 3;
	if (gem.n == n + 4 && ferry_bytes_starts(gem, client) &&
	    ferry_bytes_ends(gem, "-gnu"))
		return 2;
	if (system == NULL || !ferry_bytes_starts(gem, universal))
		return ferry_bytes_is(gem, "ruby");
	rest = ferry_bytes_of(
	    gem.p + sizeof(universal) - 1, gem.n - sizeof(universal) + 1);
	return ferry_bytes_starts(ferry_bytes_str(system + 1), "darwin") &&
	               ferry_bytes_starts(rest, "darwin")
	           ? 2
	           : 0;
}

static const struct gem_served *
find_served(const struct gem_known *gem, const char *platform)
{

	for (size_t i = 0; i < gem->served_n; i++)
		if (strcmp(gem->served[i].platform, platform) == 0)
			return &gem->served[i];
	return NULL;
}

/* The variant of a number that serves best. */
static uint32_t
best_variant(const struct gem_known *gem, uint32_t number, const char *platform)
{
	uint32_t best = UINT32_MAX;
	unsigned most = 0;

	for (uint32_t i = gem->first[number]; i < gem->first[number + 1]; i++) {
		const struct gem_variant *v = &gem->variants[i];
		unsigned how = v->lost
		                   ? 0
		                   : serves(ferry_gem_version_platform(
						ferry_bytes_str(v->version)),
					 platform);

		if (how > most) {
			most = how;
			best = i;
		}
	}
	return best;
}

int
ferry_gem_known_serve(
    struct gem_known *gem, const char *platform, struct ferry_error *err)
{
	struct gem_served *served;

	assert(gem->sorted);
	if (gem->lost)
		forget_served(gem);
	gem->lost = false;
	if (find_served(gem, platform) != NULL)
		return 0;
	if (ferry_array_grow(&gem->served, &gem->served_cap, gem->served_n + 1,
		sizeof(*gem->served), err) == -1)
		return -1;
	served = &gem->served[gem->served_n];
	served->platform = platform;
	if (ferry_calloc(&served->variant, gem->numbers + 1,
		sizeof(*served->variant), err) == -1)
		return -1;
	gem->served_n++;
	for (uint32_t i = 0; i < gem->numbers; i++)
		served->variant[i] = best_variant(gem, i, platform);
	return 0;
}

const struct gem_variant *
ferry_gem_known_variant(
    const struct gem_known *gem, uint32_t number, const char *platform)
{
	const struct gem_served *served = find_served(gem, platform);

	assert(served != NULL && number < gem->numbers);
	return served->variant[number] == UINT32_MAX
	           ? NULL
	           : &gem->variants[served->variant[number]];
}

/* Needs */

static bool
needs(const struct gem_variant *v, const struct ferry_gem_dependency *need)
{
	struct ferry_gem_dependency one;
	struct ferry_bytes rest = v->needs;

	while (ferry_gem_line_dependency(&rest, &one))
		if (ferry_bytes_equal(one.name, need->name) &&
		    ferry_bytes_equal(one.requirement, need->requirement))
			return true;
	return false;
}

/* What need is in none of its versions so far. */
static struct gem_needing *
add_needing(struct gem_known *gem, const char *key,
    const struct ferry_gem_dependency *need, struct ferry_error *err)
{
	struct gem_needing *needing =
	    ferry_table_add(&gem->needing, key, sizeof(*needing), err);

	if (needing == NULL ||
	    ferry_calloc(&needing->variants, gem->variants_n / 64 + 1,
		sizeof(*needing->variants), err) == -1)
		return NULL;
	for (size_t i = 0; i < gem->variants_n; i++)
		if (gem->variants[i].told && needs(&gem->variants[i], need))
			ferry_solve_set(needing->variants, (uint32_t)i);
	return needing;
}

struct gem_needing *
ferry_gem_known_needing(struct gem_knowledge *knowledge, struct gem_known *gem,
    const struct ferry_gem_dependency *need, struct ferry_error *err)
{
	struct ferry_buf key = FERRY_BUF_INIT;
	struct gem_needing *needing = NULL;

	if (gem->told)
		forget_needing(gem);
	gem->told = false;
	if (ferry_buf_addf(&key, err, "%.*s:%.*s", (int)need->name.n,
		(const char *)need->name.p, (int)need->requirement.n,
		(const char *)need->requirement.p) == 0 &&
	    (needing = (struct gem_needing *)ferry_table_find(
		 &gem->needing, (char *)key.p)) == NULL) {
		look_through(knowledge, gem->bytes);
		needing = add_needing(gem, (char *)key.p, need, err);
	}
	ferry_buf_free(&key);
	return needing;
}
