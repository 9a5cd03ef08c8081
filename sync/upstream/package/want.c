/* Packages by name, and what is wanted of them. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/format/format.h"
#include "sync/select/lock/lock.h"
#include "sync/upstream/package/packages.h"

void
ferry_package_item(char buf[FERRY_PACKAGE_ITEM],
    const struct ferry_packages *packages, const char *name,
    const char *version)
{

	(void)snprintf(buf, FERRY_PACKAGE_ITEM, "%s:%s%s%s",
	    packages->format->format, name, version == NULL ? "" : "@",
	    version == NULL ? "" : version);
}

static void
want_free(struct ferry_package_want *want)
{

	free((char *)(uintptr_t)want->spec);
	free((char *)(uintptr_t)want->integrity);
	free((char *)(uintptr_t)want->platforms);
	free((char *)(uintptr_t)want->files);
	free((char *)(uintptr_t)want->by);
	for (size_t i = 0; i < want->also_n; i++)
		free(want->also[i]);
	free(want->also);
}

static void
chosen_free(void *entry)
{
	struct ferry_chosen *chosen = entry;

	free(chosen->files);
	for (size_t i = 0; i < chosen->locks_n; i++) {
		free(chosen->locks[i].integrity);
		free(chosen->locks[i].by);
	}
	free(chosen->locks);
}

void
ferry_package_reset(struct ferry_package *p)
{
	struct ferry_package clean = { .entry = p->entry,
		.packages = p->packages };

	for (size_t i = 0; i < p->wants_n; i++)
		want_free(&p->wants[i]);
	for (size_t i = 0; i < p->parts_n; i++) {
		free(p->parts[i].name);
		free(p->parts[i].url);
		ferry_buf_free(&p->parts[i].text);
	}
	for (size_t i = 0; i < p->gone_n; i++)
		free(p->gone[i]);
	free(p->gone);
	json_decref(p->young);
	ferry_document_free(&p->fresh);
	free(p->parts);
	free(p->wants);
	ferry_table_free(&p->chosen, chosen_free);
	*p = clean;
}

static void
package_free(void *entry)
{

	ferry_package_reset(entry);
}

void
ferry_packages_free_all(struct ferry_packages *packages)
{

	ferry_table_free(&packages->packages, package_free);
	ferry_table_free(&packages->beside, package_free);
	free(packages->again);
}

bool
ferry_package_has_document(const struct ferry_package *package)
{

	return package->without ||
	       (package->parts_n > 0 && package->parts_pending == 0 &&
		   package->parts[0].sha256.n > 0);
}

bool
ferry_package_tell_lost(const struct ferry_package *p, const char *version,
    const struct ferry_error *why)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	int rc = p->packages->format->lost == NULL
	             ? 0
	             : p->packages->format->lost(
			   p->packages, p->entry.key, version, why, &err);

	if (rc == -1)
		ferry_run_fatal(p->packages->run, &err);
	return rc == 1;
}

void
ferry_package_fail(struct ferry_package *p, const struct ferry_error *why)
{
	char item[FERRY_PACKAGE_ITEM];
	bool needed = false;

	p->failed = true;
	p->why = *why;
	p->packages->run->settled++;
	for (size_t i = 0; i < p->wants_n; i++) {
		needed = needed || p->wants[i].need == FERRY_NEEDED;
		p->wants[i].done = true;
	}
	ferry_package_item(item, p->packages, p->entry.key, NULL);
	p->reported = needed;
	if (ferry_package_tell_lost(p, NULL, why))
		return;
	if (needed)
		ferry_run_fail(p->packages->run, item, why);
	else
		ferry_run_skip(p->packages->run, item, why->text);
}

static struct ferry_package *
new_package(struct ferry_packages *packages, struct ferry_table *table,
    const char *name, struct ferry_error *err)
{
	struct ferry_package *p = ferry_table_add(table, name, sizeof(*p), err);

	if (p != NULL)
		p->packages = packages;
	return p;
}

/* Whether a, or NULL, says all that b, or NULL, says. */
static bool
same_text(const char *a, const char *b)
{

	return b == NULL || (a != NULL && strcmp(a, b) == 0);
}

static bool
same_want(
    const struct ferry_package_want *a, const struct ferry_package_want *b)
{

	return a->kind == b->kind && strcmp(a->spec, b->spec) == 0 &&
	       a->latest == b->latest && a->prereleases == b->prereleases &&
	       a->closure == b->closure && a->direct == b->direct &&
	       a->need == b->need && same_text(a->integrity, b->integrity) &&
	       same_text(a->platforms, b->platforms) &&
	       (a->platforms == NULL) == (b->platforms == NULL) &&
	       same_text(a->files, b->files) &&
	       (a->files == NULL) == (b->files == NULL);
}

static int
copy_text(const char **out, const char *text, struct ferry_error *err)
{
	char *copy = NULL;

	if (text != NULL && ferry_strdup(&copy, text, err) == -1)
		return -1;
	*out = copy;
	return 0;
}

static int
add_want(struct ferry_package *p, const struct ferry_package_want *want,
    struct ferry_error *err)
{
	struct ferry_package_want copy = *want;

	copy.spec = copy.by = copy.integrity = copy.platforms = copy.files =
	    NULL;
	copy.also = NULL;
	copy.also_n = copy.also_cap = 0;
	copy.self = p->wants_n;
	if (ferry_array_grow(&p->wants, &p->wants_cap, p->wants_n + 1,
		sizeof(*p->wants), err) == -1 ||
	    copy_text(&copy.spec, want->spec, err) == -1 ||
	    copy_text(&copy.by, want->by, err) == -1 ||
	    copy_text(&copy.integrity, want->integrity, err) == -1 ||
	    copy_text(&copy.platforms, want->platforms, err) == -1 ||
	    copy_text(&copy.files, want->files, err) == -1) {
		want_free(&copy);
		return -1;
	}
	p->wants[p->wants_n++] = copy;
	return 0;
}

/* The same is wanted by somebody else, too. */
static int
add_wanter(
    struct ferry_package_want *want, const char *by, struct ferry_error *err)
{

	if (want->also_n + 1 >= FERRY_REASONS_MAX || strcmp(want->by, by) == 0)
		return 0;
	for (size_t i = 0; i < want->also_n; i++)
		if (strcmp(want->also[i], by) == 0)
			return 0;
	if (ferry_array_grow(&want->also, &want->also_cap, want->also_n + 1,
		sizeof(*want->also), err) == -1 ||
	    ferry_strdup(&want->also[want->also_n], by, err) == -1)
		return -1;
	want->also_n++;
	return 0;
}

/* Whether the package may be asked for at all; else it has failed. */
static bool
may_ask(struct ferry_package *p, const char *by)
{
	const struct ferry_packages *packages = p->packages;
	const struct ferry_format *format =
	    ferry_format_find(ferry_bytes_str(packages->format->format));
	struct ferry_error why = FERRY_ERROR_INIT;

	if (!format->name_valid(ferry_bytes_str(p->entry.key)))
		ferry_error_set(&why, FERRY_EFORMAT,
		    "'%.80s', wanted by %s, is not a package name",
		    p->entry.key, by);
	else if (ferry_upstream_may(
		     packages->run, packages->up, p->entry.key, &why) == 0)
		return true;
	ferry_package_fail(p, &why);
	return false;
}

static struct ferry_package *
find_package(const struct ferry_table *table, const char *name)
{

	return (struct ferry_package *)ferry_table_find(table, name);
}

static struct ferry_package_want *
find_want(const struct ferry_package *p, const struct ferry_package_want *want)
{

	for (size_t i = 0; i < p->wants_n; i++)
		if (same_want(&p->wants[i], want))
			return &p->wants[i];
	return NULL;
}

/* There is no end to what it needs, or to what we would fetch for it. */
static void
tell_too_many(struct ferry_packages *packages, const char *name,
    const struct ferry_package_want *want)
{
	struct ferry_error why = FERRY_ERROR_INIT;

	if (packages->needs_told)
		return;
	packages->needs_told = true;
	ferry_error_set(&why, FERRY_ELIMIT,
	    "all that is wanted needs more than %" PRIu64 " others; '%.80s', "
	    "which %.120s needs, and what comes after it are left out. "
	    "'needs_max' of the upstream says how many there may be",
	    packages->needs_max, name, want->by);
	ferry_run_fail(packages->run, packages->up->name, &why);
}

/* Somebody who is told to, or a version that needs it: those have a bound. */
enum wanter { IS_TOLD, NEEDS_IT };
static int
add_one(struct ferry_packages *packages, const char *name,
    const struct ferry_package_want *want, enum wanter who,
    struct ferry_error *err)
{
	struct ferry_package *p = find_package(&packages->packages, name);
	struct ferry_package_want *known =
	    p == NULL ? NULL : find_want(p, want);

	if (known != NULL)
		return add_wanter(known, want->by, err);
	if (who == NEEDS_IT && packages->needs_n == packages->needs_max) {
		tell_too_many(packages, name, want);
		return 0;
	}
	packages->needs_n += who == NEEDS_IT;
	if ((p == NULL && (p = new_package(packages, &packages->packages, name,
			       err)) == NULL) ||
	    add_want(p, want, err) == -1)
		return -1;
	if (p->failed) {
		/* It failed as something optional; now it is needed. */
		p->wants[p->wants_n - 1].done = true;
		if (want->need == FERRY_NEEDED && !p->reported)
			ferry_package_fail(p, &p->why);
		else
			(void)ferry_package_tell_lost(p, want->spec, &p->why);
		return 0;
	}
	if (!p->asked) {
		p->asked = true;
		if (may_ask(p, want->by)) {
			*packages->queue_end = p;
			packages->queue_end = &p->queued;
		}
	} else if (ferry_package_has_document(p) && !p->waiting) {
		if (ferry_array_grow(&packages->again, &packages->again_cap,
			packages->again_n + 1, sizeof(*packages->again),
			err) == -1)
			return -1;
		packages->again[packages->again_n++] = p;
		p->waiting = true;
	}
	return 0;
}

/* Somebody wants the package: what others want of it in that case counts. */
static int
wake(struct ferry_packages *packages, const char *name, struct ferry_error *err)
{
	struct ferry_package *beside = find_package(&packages->beside, name);

	if (beside == NULL)
		return 0;
	packages->beside_n -= beside->wants_n;
	for (size_t i = 0; i < beside->wants_n; i++) {
		struct ferry_package_want want = beside->wants[i];

		if (add_one(packages, name, &want, NEEDS_IT, err) == -1)
			return -1;
		for (size_t k = 0; k < beside->wants[i].also_n; k++) {
			want.by = beside->wants[i].also[k];
			if (add_one(packages, name, &want, NEEDS_IT, err) == -1)
				return -1;
		}
	}
	ferry_package_reset(beside);
	return 0;
}

static int
add(struct ferry_packages *packages, const char *name,
    const struct ferry_package_want *want, enum wanter who,
    struct ferry_error *err)
{

	return add_one(packages, name, want, who, err) == -1
	           ? -1
	           : wake(packages, name, err);
}

/* Somebody would want it if others do. */
static int
add_beside(struct ferry_packages *packages, const char *name,
    const struct ferry_package_want *want, struct ferry_error *err)
{
	struct ferry_package *p = find_package(&packages->packages, name);
	struct ferry_package_want *known;

	if (p != NULL && p->wants_n > 0)
		return add(packages, name, want, NEEDS_IT, err);
	p = find_package(&packages->beside, name);
	if (p != NULL && (known = find_want(p, want)) != NULL)
		return add_wanter(known, want->by, err);
	if (packages->beside_n == packages->needs_max) {
		tell_too_many(packages, name, want);
		return 0;
	}
	if ((p == NULL && (p = new_package(packages, &packages->beside, name,
			       err)) == NULL) ||
	    add_want(p, want, err) == -1)
		return -1;
	packages->beside_n++;
	return 0;
}

int
ferry_packages_want(struct ferry_packages *packages, const char *name,
    const struct ferry_package_want *want, struct ferry_error *err)
{

	return add(packages, name, want, IS_TOLD, err);
}

int
ferry_packages_each_root(struct ferry_packages *packages,
    ferry_on_root *on_root, void *ctx, struct ferry_error *err)
{
	const struct ferry_table_entry *e = NULL;

	while ((e = ferry_table_next(&packages->packages, e)) != NULL) {
		const struct ferry_package *p = (const struct ferry_package *)e;

		for (size_t k = 0; k < p->wants_n; k++)
			if (p->wants[k].direct && p->wants[k].closure &&
			    on_root(ctx, p, &p->wants[k], err) == -1)
				return -1;
	}
	return 0;
}

bool
ferry_packages_chose(const struct ferry_packages *packages, const char *name,
    const char *version)
{
	const struct ferry_package *p = find_package(&packages->packages, name);

	return p != NULL && ferry_chosen_find(p, version) != NULL;
}

static struct ferry_package_want
locked_want(const struct ferry_packages *packages,
    const struct ferry_lock_wanted *entry, const char *by)
{

	return (struct ferry_package_want){
		.kind = entry->closure ? FERRY_WANT_PICK : FERRY_WANT_EXACT,
		.closure = entry->closure && packages->dependencies,
		.spec = entry->version,
		.files = entry->files,
		.integrity = entry->integrity,
		.platforms = entry->platforms,
		.by = by,
		.need = entry->optional ? FERRY_NEEDED_IF_THERE : FERRY_NEEDED
	};
}

int
ferry_packages_want_locked(struct ferry_packages *packages,
    const struct ferry_lock_wanted *entry, const char *by,
    struct ferry_error *err)
{
	const struct ferry_package_want want = locked_want(packages, entry, by);

	return ferry_packages_want(packages, entry->name, &want, err);
}

static struct ferry_package_want
needed_want(
    const struct ferry_needs *needs, const char *spec, enum ferry_need need)
{

	/* What something optional needs is optional: clients leave all of it
	 * out if a part is not available. */
	return (struct ferry_package_want){ .kind = FERRY_WANT_PICK,
		.spec = spec,
		.by = needs->by,
		.closure = true,
		.need = needs->need == FERRY_NEEDED ? need : needs->need };
}

static int
count_need(struct ferry_needs *needs, struct ferry_error *err)
{

	return ++needs->n <= FERRY_NEEDS_MAX
	           ? 0
	           : ferry_error_set(err, FERRY_ELIMIT,
			 "%s needs more than %d others", needs->by,
			 FERRY_NEEDS_MAX);
}

int
ferry_needs_add(struct ferry_needs *needs, const char *name, const char *spec,
    enum ferry_need need, struct ferry_error *err)
{
	const struct ferry_package_want want = needed_want(needs, spec, need);

	return count_need(needs, err) == -1
	           ? -1
	           : add(needs->packages, name, &want, NEEDS_IT, err);
}

int
ferry_needs_beside(struct ferry_needs *needs, const char *name,
    const char *spec, struct ferry_error *err)
{
	const struct ferry_package_want want =
	    needed_want(needs, spec, FERRY_NEEDED_IF_THERE);

	return count_need(needs, err) == -1
	           ? -1
	           : add_beside(needs->packages, name, &want, err);
}

int
ferry_needs_locked(struct ferry_needs *needs,
    const struct ferry_lock_wanted *entry, struct ferry_error *err)
{
	const struct ferry_package_want want =
	    locked_want(needs->packages, entry, needs->by);

	return add(needs->packages, entry->name, &want, NEEDS_IT, err);
}

void
ferry_needs_skip(struct ferry_needs *needs, const char *item, const char *why)
{

	ferry_run_skip(
	    needs->packages->run, item == NULL ? needs->by : item, why);
}
