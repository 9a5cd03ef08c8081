/*
 * What a package-lock.json lacks: packages that an entry's
 * "optionalDependencies" names and that nobody would find.
 *
 * Source: npm/cli, issue 4828: npm leaves the optional packages of other
 *     platforms out of a lock file that it makes beside a node_modules which has
 *     only this one's.  "npm ci" on another platform goes without them.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/format/npm/npm.h"
#include "store/format/semver/range.h"
#include "sync/select/lock/kind.h"
#include "sync/select/lock/lock.h"
#include "sync/select/lock/npm_places.h"

#define NAMED_MAX 6 /* packages that lack something; more are counted */
#define APART_MAX 1000 /* of them are told apart */

/* A member of "packages"; views. */
struct place {
	struct ferry_bytes name, object;
};
/* Who lacks how many. */
struct lacking {
	char *who;
	uint64_t n;
};
struct pruned {
	struct place *places; /* sorted */
	size_t n, cap;
	struct lacking *of;
	size_t of_n, of_cap;
	uint64_t total;
	struct ferry_buf key, text; /* used again */
};

static int
by_name(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return ferry_bytes_cmp(x->name, y->name);
}

/* The version of what is at the place "DIR/node_modules/NAME": 1 and *version,
 * n == 0 if it has none; 0 nothing is there; -1. */
static int
look_at(struct pruned *p, struct ferry_bytes dir, struct ferry_bytes name,
    struct ferry_bytes *version, struct ferry_error *err)
{
	const struct place *found;
	struct place key = { .object = dir };

	ferry_buf_reset(&p->key);
	if (ferry_buf_addf(&p->key, err, "%.*s%snode_modules/%.*s", (int)dir.n,
		(const char *)dir.p, dir.n == 0 ? "" : "/", (int)name.n,
		(const char *)name.p) == -1)
		return -1;
	key.name = ferry_bytes_buf(&p->key);
	found = bsearch(&key, p->places, p->n, sizeof(key), by_name);
	if (found == NULL)
		return 0;
	*version = ferry_bytes_of(NULL, 0);
	if (ferry_span_get(found->object, "version", version) &&
	    ferry_span_type(*version) == FERRY_SPAN_STRING)
		*version = ferry_bytes_of(version->p + 1, version->n - 2);
	else
		version->n = 0;
	return 1;
}

/* The folder above, which is not itself a node_modules; of the project's: 0. */
static bool
go_up(struct ferry_bytes *dir)
{
	static const char folder[] = "node_modules";
	size_t n = sizeof(folder) - 1;

	if (dir->n == 0)
		return false;
	do {
		while (dir->n > 0 && dir->p[dir->n - 1] != '/')
			dir->n--;
		dir->n -= dir->n > 0;
	} while (dir->n >= n && memcmp(dir->p + dir->n - n, folder, n) == 0 &&
		 (dir->n == n || dir->p[dir->n - n - 1] == '/'));
	return true;
}

/* Whether a version is one of spec; what is no range says nothing. */
static bool
goes_with(struct ferry_bytes version, struct ferry_bytes spec)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_semver_range *range = NULL;
	struct ferry_semver v;
	bool ok;

	if (version.n == 0 ||
	    ferry_semver_parse(&v, version, FERRY_SEMVER_LOOSE, &ignored) ==
		-1 ||
	    ferry_semver_range_new(
		&range, spec, FERRY_SEMVER_LOOSE, &ignored) == -1)
		return true;
	ok = ferry_semver_range_has(range, &v);
	ferry_semver_range_free(range);
	return ok;
}

/* Whether what is at place finds a package: 1, 0, -1. */
static int
finds(struct pruned *p, struct ferry_bytes place, struct ferry_bytes name,
    struct ferry_bytes spec, struct ferry_error *err)
{
	struct ferry_bytes dir = place, version;
	int rc;

	do {
		rc = look_at(p, dir, name, &version, err);
		if (rc == 1 && !goes_with(version, spec))
			return 0;
	} while (rc == 0 && go_up(&dir));
	return rc;
}

/* "NAME@VERSION" of a place into text; of the project's own its name. */
static int
name_place(struct pruned *p, const struct place *place, struct ferry_error *err)
{
	struct ferry_bytes value, name = ferry_lock_npm_place_name(place->name);

	ferry_buf_reset(&p->text);
	if (name.n == 0)
		name = place->name;
	if (ferry_span_get(place->object, "name", &value) &&
	    ferry_span_type(value) == FERRY_SPAN_STRING)
		name = ferry_bytes_of(value.p + 1, value.n - 2);
	if (ferry_buf_addf(&p->text, err, "%.*s", name.n > 0 ? (int)name.n : 11,
		name.n > 0 ? (const char *)name.p : "the project") == -1)
		return -1;
	if (ferry_span_get(place->object, "version", &value) &&
	    ferry_span_type(value) == FERRY_SPAN_STRING)
		return ferry_buf_addf(&p->text, err, "@%.*s", (int)value.n - 2,
		    (const char *)value.p + 1);
	return 0;
}

static int
note(struct pruned *p, const struct place *place, uint64_t n,
    struct ferry_error *err)
{
	struct lacking *one;

	if (name_place(p, place, err) == -1)
		return -1;
	if (p->of_n == APART_MAX) {
		p->total += n;
		return 0;
	}
	/* The same package in several places lacks the same. */
	for (size_t i = 0; i < p->of_n; i++)
		if (strcmp(p->of[i].who, (char *)p->text.p) == 0)
			return 0;
	if (ferry_array_grow(
		&p->of, &p->of_cap, p->of_n + 1, sizeof(*p->of), err) == -1)
		return -1;
	one = &p->of[p->of_n];
	*one = (struct lacking){ .n = n };
	if (ferry_strdup(&one->who, (char *)p->text.p, err) == -1)
		return -1;
	p->of_n++;
	p->total += n;
	return 0;
}

static int
look_for(struct pruned *p, const struct place *place, struct ferry_error *err)
{
	struct ferry_bytes object, bundled;
	struct ferry_span_iter it;
	uint64_t lacks = 0;
	int rc;

	if ((ferry_span_get(place->object, "inBundle", &bundled) &&
		ferry_span_true(bundled)) ||
	    !ferry_span_get(place->object, "optionalDependencies", &object))
		return 0;
	ferry_span_iter(&it, object);
	while (ferry_span_next(&it)) {
		if (ferry_span_type(it.value) != FERRY_SPAN_STRING ||
		    it.name.n == 0)
			continue;
		rc = finds(p, place->name, it.name,
		    ferry_bytes_of(it.value.p + 1, it.value.n - 2), err);
		if (rc == -1)
			return -1;
		lacks += rc == 0;
	}
	return lacks == 0 ? 0 : note(p, place, lacks, err);
}

static int
tell(struct pruned *p, const struct ferry_lock_sink *sink,
    struct ferry_error *err)
{

	ferry_buf_reset(&p->text);
	for (size_t i = 0; i < p->of_n && i < NAMED_MAX; i++)
		if (ferry_buf_addf(&p->text, err, "%s%s (%" PRIu64 ")",
			i == 0 ? "" : ", ", p->of[i].who, p->of[i].n) == -1)
			return -1;
	if (p->of_n > NAMED_MAX &&
	    ferry_buf_addf(&p->text, err, " and %zu more packages",
		p->of_n - NAMED_MAX) == -1)
		return -1;
	return sink->on_pruned(sink->ctx, p->total, (char *)p->text.p, err);
}

int
ferry_lock_npm_pruned(struct ferry_bytes packages,
    const struct ferry_lock_sink *sink, struct ferry_error *err)
{
	struct pruned p = { .n = 0 };
	struct ferry_span_iter it;
	int rc = sink->on_pruned == NULL ? 1 : 0;

	ferry_span_iter(&it, packages);
	while (rc == 0 && ferry_span_next(&it))
		if ((rc = ferry_array_grow(&p.places, &p.cap, p.n + 1,
			 sizeof(*p.places), err)) == 0)
			p.places[p.n++] = (struct place){ it.name, it.value };
	if (rc == 0 && p.n > 1)
		qsort(p.places, p.n, sizeof(*p.places), by_name);
	for (size_t i = 0; i < p.n && rc == 0; i++)
		rc = look_for(&p, &p.places[i], err);
	if (rc == 0 && p.total > 0)
		rc = tell(&p, sink, err);
	for (size_t i = 0; i < p.of_n; i++)
		free(p.of[i].who);
	free(p.of);
	free(p.places);
	ferry_buf_free(&p.key);
	ferry_buf_free(&p.text);
	return rc == -1 ? -1 : 0;
}
