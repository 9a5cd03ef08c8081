#include "serve/replay/rubygems/index.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "serve/replay/rubygems/info.h"
#include "serve/replay/store_view.h"
#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/log.h"
#include "store/catalog/catalog.h"
#include "store/format/rubygems/gem.h"

#define PATIENCE_S 120 /* for an index that is being made */
#define DIRTY_MAX 4096 /* packages to be looked at; beyond, all are */
#define CHANGES_MAX 4096 /* that are remembered */

/*
 * Life: quiet (nobody has wanted it) → started (the thread is there) → stop.
 *
 * Invariants: 1. list is sorted by name and owner, each once; 2. of a name the
 * first entry is `first`, the others are not; 3. only the thread changes list,
 * between started and stop; 4. made is true from when all was looked at, and
 * list is whole from then on.
 */
struct ferry_gem_index {
	struct ferry_store_view *view;

	pthread_mutex_t mutex; /* of all below */
	pthread_cond_t wake; /* the thread: there is work, or an end */
	pthread_cond_t whole; /* readers: it was made */
	bool started, stop, made, remake;
	char **dirty;
	size_t dirty_n, dirty_cap;
	pthread_t thread;
	struct ferry_gem_entry *list;
	size_t n, cap;
	uint64_t serial, since;
	struct ferry_gem_change *changes;
	size_t changes_n, changes_cap;
};

/* Entries */

static int
entry_make(struct ferry_gem_entry *out, const char *name, const char *owner,
    const char *versions, struct ferry_error *err)
{
	size_t a = strlen(name) + 1, b = strlen(owner) + 1,
	       c = strlen(versions) + 1;

	if (ferry_calloc(&out->name, 1, a + b + c, err) == -1)
		return -1;
	out->owner = out->name + a;
	out->versions = out->owner + b;
	memcpy(out->name, name, a);
	memcpy(out->owner, owner, b);
	memcpy(out->versions, versions, c);
	return 0;
}

/* An entry of what is shown of a gem. */
static int
entry_of(struct ferry_gem_entry *out, const char *name, const char *owner,
    const struct ferry_gem_info *info, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT, versions = FERRY_BUF_INIT;
	struct ferry_digest md5;
	int rc = -1;

	*out = (struct ferry_gem_entry){ .name = NULL };
	if (ferry_gem_info_text(info, &text, err) == 0 &&
	    ferry_gem_info_versions(info, &versions, err) == 0 &&
	    ferry_digest_of(&md5, FERRY_MD5, ferry_bytes_buf(&text), err) ==
		0 &&
	    entry_make(out, name, owner,
		versions.n == 0 ? "" : (char *)versions.p, err) == 0) {
		memcpy(out->md5, md5.v, sizeof(out->md5));
		rc = 0;
	}
	ferry_buf_free(&text);
	ferry_buf_free(&versions);
	return rc;
}

static void
entries_free(struct ferry_gem_entry *list, size_t n)
{

	for (size_t i = 0; i < n; i++)
		free(list[i].name);
	free(list);
}

/* A list that grows; what it has is sorted by who fills it. */
struct entries {
	struct ferry_gem_entry *list;
	size_t n, cap;
};

static int
entries_add(struct entries *out, const char *name, const char *owner,
    const struct ferry_gem_info *info, struct ferry_error *err)
{
	struct ferry_gem_entry *e;

	if (ferry_array_grow(&out->list, &out->cap, out->n + 1,
		sizeof(*out->list), err) == -1)
		return -1;
	e = &out->list[out->n];
	if (entry_of(e, name, owner, info, err) == -1) {
		free(e->name);
		return -1;
	}
	e->first = out->n == 0 || strcmp(out->list[out->n - 1].name, name) != 0;
	out->n++;
	return 0;
}

/* What changed */

static void
forget_changes(struct ferry_gem_index *index)
{

	for (size_t i = 0; i < index->changes_n; i++)
		free(index->changes[i].entry.name);
	index->changes_n = 0;
	index->since = index->serial;
}

/* The next of a list of versions, or n == 0. */
static struct ferry_bytes
next_version(const char **rest)
{
	size_t n = strcspn(*rest, ",");
	struct ferry_bytes v = ferry_bytes_of(*rest, n);

	*rest += n + ((*rest)[n] == ',');
	return v;
}

static int
add_version(struct ferry_buf *out, const char *sign, struct ferry_bytes v,
    struct ferry_error *err)
{

	return ferry_buf_addf(out, err, "%s%s%.*s", out->n == 0 ? "" : ",",
	    sign, (int)v.n, (const char *)v.p);
}

/* What of new is not in old, and with '-' what of old is not in new; of what is
 * the same, the last. */
static int
difference(struct ferry_buf *out, const char *old, const char *new,
    struct ferry_error *err)
{
	struct ferry_bytes a = next_version(&old), b = next_version(&new),
			   last = b;
	int rc = ferry_buf_adds(out, "", err);

	while (rc == 0 && (a.n > 0 || b.n > 0)) {
		int c = a.n == 0   ? 1
		        : b.n == 0 ? -1
		                   : ferry_gem_version_cmp(a, b);

		if (c < 0)
			rc = add_version(out, "-", a, err);
		else if (c > 0)
			rc = add_version(out, "", b, err);
		if (b.n > 0)
			last = b;
		if (c <= 0)
			a = next_version(&old);
		if (c >= 0)
			b = next_version(&new);
	}
	if (rc == 0 && out->n == 0 && last.n > 0)
		rc = add_version(out, "", last, err);
	return rc;
}

/* Remember that old became new; where that fails, lists begin anew. */
static void
note_change(struct ferry_gem_index *index, const struct ferry_gem_entry *old,
    const struct ferry_gem_entry *new)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf versions = FERRY_BUF_INIT;
	struct ferry_gem_change *change;

	index->serial++;
	/* Nobody has a list yet. */
	if (!index->made)
		return;
	/* Whom a name means is another: no line can say that. */
	if (old != NULL && old->first != new->first)
		forget_changes(index);
	if (index->changes_n == CHANGES_MAX)
		forget_changes(index);
	if (ferry_array_grow(&index->changes, &index->changes_cap,
		index->changes_n + 1, sizeof(*index->changes),
		&ignored) == -1 ||
	    difference(&versions, old == NULL ? "" : old->versions,
		new->versions, &ignored) == -1) {
		forget_changes(index);
		goto out;
	}
	change = &index->changes[index->changes_n];
	change->serial = index->serial;
	change->entry = *new;
	if (entry_make(&change->entry, new->name, new->owner,
		versions.n == 0 ? "" : (char *)versions.p, &ignored) == -1)
		forget_changes(index);
	else
		index->changes_n++;
out:
	ferry_buf_free(&versions);
}

/* The thread */

static bool
stopping(struct ferry_gem_index *index)
{
	bool stop;

	(void)pthread_mutex_lock(&index->mutex);
	stop = index->stop;
	(void)pthread_mutex_unlock(&index->mutex);
	return stop;
}

/* The versions of a package, from an iterator over those of all: *more says
 * whether key and record are of the next one. */
struct versions {
	struct ferry_record_iter *it;
	struct ferry_key key;
	json_t *record;
	int more;
};

static int
step(struct versions *v, struct ferry_error *err)
{

	json_decref(v->record);
	v->record = NULL;
	v->more = ferry_record_iter_next(v->it, &v->key, &v->record, err);
	return v->more;
}

/* <0: the version is of a package before that one. */
static int
compare_package(
    const struct ferry_key *version, const struct ferry_key *package)
{
	int c = strcmp(ferry_key_part(version, 2), ferry_key_part(package, 2));

	return c != 0 ? c
	              : strcmp(ferry_key_part(version, 3),
			    ferry_key_part(package, 3));
}

static int
take_package(struct entries *out, struct ferry_store_view *view,
    struct versions *v, const struct ferry_key *package,
    struct ferry_error *err)
{
	struct ferry_gem_info info = { .n = 0 };
	int rc = 0, c;

	while (rc == 0 && v->more == 1 &&
	       (c = compare_package(&v->key, package)) <= 0) {
		if (c == 0)
			rc = ferry_gem_info_add(
			    &info, ferry_key_part(&v->key, 4), v->record, err);
		if (rc == 0 && step(v, err) == -1)
			rc = -1;
	}
	if (rc == 0)
		rc = ferry_gem_info_known(&info, view,
		    ferry_key_part(package, 2), ferry_key_part(package, 3),
		    err);
	ferry_gem_info_sort(&info);
	if (rc == 0)
		rc = entries_add(out, ferry_key_part(package, 2),
		    ferry_key_part(package, 3), &info, err);
	ferry_gem_info_free(&info);
	return rc;
}

/* Go through all packages and, beside them, all versions. */
static int
read_all(
    struct ferry_gem_index *index, struct entries *out, struct ferry_error *err)
{
	struct ferry_store *store = ferry_store_view_store(index->view);
	struct ferry_record_iter *packages = NULL;
	struct ferry_key prefix, package;
	struct versions v = { .it = NULL };
	int rc = -1;

	if (ferry_key_make(&prefix, err, "package", "rubygems", NULL) == -1 ||
	    ferry_catalog_iter_new(&packages, store, &prefix, NULL, err) ==
		-1 ||
	    ferry_key_make(&prefix, err, "version", "rubygems", NULL) == -1 ||
	    ferry_catalog_iter_new(&v.it, store, &prefix, NULL, err) == -1 ||
	    step(&v, err) == -1)
		goto out;
	while (
	    (rc = ferry_record_iter_next(packages, &package, NULL, err)) == 1)
		if (stopping(index) ||
		    take_package(out, index->view, &v, &package, err) == -1) {
			rc = -1;
			break;
		}
out:
	json_decref(v.record);
	ferry_record_iter_free(v.it);
	ferry_record_iter_free(packages);
	return rc;
}

static bool
same_entry(const struct ferry_gem_entry *a, const struct ferry_gem_entry *b)
{

	return a->first == b->first && strcmp(a->versions, b->versions) == 0 &&
	       memcmp(a->md5, b->md5, sizeof(a->md5)) == 0;
}

static int
compare_entries(
    const struct ferry_gem_entry *a, const struct ferry_gem_entry *b)
{
	int c = strcmp(a->name, b->name);

	return c != 0 ? c : strcmp(a->owner, b->owner);
}

/* With the lock: what is in all is not what was in the list. */
static void
note_changes(struct ferry_gem_index *index, const struct entries *all)
{
	bool lost = false;
	size_t old = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct ferry_gem_entry *new = &all->list[i], *was = NULL;
		int c = -1;

		while (old < index->n &&
		       (c = compare_entries(&index->list[old], new)) < 0) {
			lost = true;
			old++;
		}
		if (old < index->n && c == 0)
			was = &index->list[old++];
		if (was == NULL || !same_entry(was, new))
			note_change(index, was, new);
	}
	/* What went away without a word, no line can tell. */
	if (lost || old < index->n || !index->made) {
		index->serial++;
		forget_changes(index);
	}
}

static void
look_at_all(struct ferry_gem_index *index)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct entries all = { .n = 0 }, old = { .n = 0 };
	int rc = read_all(index, &all, &err);

	if (rc == -1 && err.code != FERRY_OK) {
		/* A reader behind a compaction: once more, caught up. */
		struct ferry_error again = FERRY_ERROR_INIT;

		entries_free(all.list, all.n);
		all = (struct entries){ .n = 0 };
		if (ferry_store_view_refresh(index->view, &again) == 0)
			rc = read_all(index, &all, &err);
	}
	(void)pthread_mutex_lock(&index->mutex);
	if (rc == 0) {
		note_changes(index, &all);
		old = (struct entries){ index->list, index->n, index->cap };
		index->list = all.list;
		index->n = all.n;
		index->cap = all.cap;
		index->made = true;
		(void)pthread_cond_broadcast(&index->whole);
	} else {
		old = all;
	}
	(void)pthread_mutex_unlock(&index->mutex);
	if (rc == -1 && err.code != FERRY_OK)
		ferry_log(FERRY_LOG_WARNING, "%s; making the index of gems",
		    err.text);
	entries_free(old.list, old.n);
}

/* All that a name has, of whichever owners. */
static int
read_package(struct ferry_gem_index *index, const char *name,
    struct entries *out, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	int rc, found;

	if (ferry_key_package(&prefix, "rubygems", name, NULL, err) == -1 ||
	    ferry_catalog_iter_new(&it, ferry_store_view_store(index->view),
		&prefix, NULL, err) == -1)
		return -1;
	while ((found = ferry_record_iter_next(it, &key, NULL, err)) == 1) {
		struct ferry_gem_info info = { .n = 0 };
		const char *owner = ferry_key_part(&key, 3);

		rc = ferry_gem_info_load(&info, index->view, name, owner, err);
		if (rc == 0)
			rc = entries_add(out, name, owner, &info, err);
		ferry_gem_info_free(&info);
		if (rc == -1) {
			found = -1;
			break;
		}
	}
	ferry_record_iter_free(it);
	return found;
}

/* Where entries of name are, or would be. */
static size_t
find_name(const struct ferry_gem_index *index, const char *name)
{
	size_t low = 0, high = index->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(index->list[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* With the lock: put what a name has now in the place of what it had. */
static int
replace(struct ferry_gem_index *index, const char *name, struct entries *new,
    struct ferry_error *err)
{
	size_t at = find_name(index, name), had = 0;

	while (at + had < index->n &&
	       strcmp(index->list[at + had].name, name) == 0)
		had++;
	if (ferry_array_grow(&index->list, &index->cap, index->n - had + new->n,
		sizeof(*index->list), err) == -1)
		return -1;
	for (size_t i = 0; i < new->n; i++) {
		const struct ferry_gem_entry *old = NULL;

		for (size_t k = 0; k < had && old == NULL; k++)
			if (strcmp(index->list[at + k].owner,
				new->list[i].owner) == 0)
				old = &index->list[at + k];
		if (old == NULL || !same_entry(old, &new->list[i]))
			note_change(index, old, &new->list[i]);
	}
	/* Packages do not go away; if one does, no line can say so. */
	if (new->n < had) {
		index->serial++;
		forget_changes(index);
	}
	for (size_t i = 0; i < had; i++)
		free(index->list[at + i].name);
	memmove(&index->list[at + new->n], &index->list[at + had],
	    (index->n - at - had) * sizeof(*index->list));
	if (new->n > 0)
		memcpy(
		    &index->list[at], new->list, new->n * sizeof(*index->list));
	index->n = index->n - had + new->n;
	new->n = 0;
	return 0;
}

static void
look_at(struct ferry_gem_index *index, const char *name)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct entries new = { .n = 0 };
	int rc = read_package(index, name, &new, &err);

	(void)pthread_mutex_lock(&index->mutex);
	if (rc == 0 && new.n + index->n > 0)
		rc = replace(index, name, &new, &err);
	if (rc == -1)
		index->remake = true;
	(void)pthread_mutex_unlock(&index->mutex);
	if (rc == -1)
		ferry_log(FERRY_LOG_WARNING,
		    "%s; the index of gems is made anew", err.text);
	entries_free(new.list, new.n);
}

static void *
work(void *ctx)
{
	struct ferry_gem_index *index = ctx;

	(void)pthread_mutex_lock(&index->mutex);
	while (!index->stop) {
		char *name = NULL;

		if (!index->remake && index->dirty_n == 0) {
			(void)pthread_cond_wait(&index->wake, &index->mutex);
			continue;
		}
		if (index->remake) {
			index->remake = false;
			while (index->dirty_n > 0)
				free(index->dirty[--index->dirty_n]);
		} else {
			name = index->dirty[--index->dirty_n];
		}
		(void)pthread_mutex_unlock(&index->mutex);
		if (name == NULL)
			look_at_all(index);
		else
			look_at(index, name);
		free(name);
		(void)pthread_mutex_lock(&index->mutex);
	}
	(void)pthread_mutex_unlock(&index->mutex);
	return NULL;
}

int
ferry_gem_index_new(struct ferry_gem_index **out, struct ferry_store_view *view,
    struct ferry_error *err)
{
	struct ferry_gem_index *index;
	pthread_condattr_t attr;

	if (ferry_calloc(&index, 1, sizeof(*index), err) == -1)
		return -1;
	index->view = view;
	(void)pthread_mutex_init(&index->mutex, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&index->wake, &attr);
	(void)pthread_cond_init(&index->whole, &attr);
	(void)pthread_condattr_destroy(&attr);
	*out = index;
	return 0;
}

void
ferry_gem_index_changed(struct ferry_gem_index *index, const char *package)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;

	(void)pthread_mutex_lock(&index->mutex);
	if (index->started && !index->remake) {
		if (package == NULL || index->dirty_n == DIRTY_MAX ||
		    ferry_array_grow(&index->dirty, &index->dirty_cap,
			index->dirty_n + 1, sizeof(*index->dirty),
			&ignored) == -1 ||
		    ferry_strdup(
			&index->dirty[index->dirty_n], package, &ignored) == -1)
			index->remake = true;
		else
			index->dirty_n++;
		(void)pthread_cond_signal(&index->wake);
	}
	(void)pthread_mutex_unlock(&index->mutex);
}

void
ferry_gem_index_free(struct ferry_gem_index *index)
{

	if (index == NULL)
		return;
	(void)pthread_mutex_lock(&index->mutex);
	index->stop = true;
	(void)pthread_cond_signal(&index->wake);
	(void)pthread_mutex_unlock(&index->mutex);
	if (index->started)
		(void)pthread_join(index->thread, NULL);
	while (index->dirty_n > 0)
		free(index->dirty[--index->dirty_n]);
	forget_changes(index);
	entries_free(index->list, index->n);
	(void)pthread_cond_destroy(&index->whole);
	(void)pthread_cond_destroy(&index->wake);
	(void)pthread_mutex_destroy(&index->mutex);
	free(index->dirty);
	free(index->changes);
	free(index);
}

/* Readers */

int
ferry_gem_index_lock(struct ferry_gem_index *index,
    struct ferry_gem_state *state, struct ferry_error *err)
{
	struct timespec until;
	int rc = 0;

	(void)pthread_mutex_lock(&index->mutex);
	if (!index->started) {
		index->remake = true;
		if ((errno = pthread_create(
			 &index->thread, NULL, work, index)) != 0) {
			(void)pthread_mutex_unlock(&index->mutex);
			return ferry_error_errno(err, "cannot start a thread");
		}
		index->started = true;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PATIENCE_S;
	while (!index->made && rc == 0)
		rc = pthread_cond_timedwait(
		    &index->whole, &index->mutex, &until);
	if (!index->made) {
		(void)pthread_mutex_unlock(&index->mutex);
		return ferry_error_set(
		    err, FERRY_EINDEX, "the index of gems is still being made");
	}
	*state = (struct ferry_gem_state){ index->list, index->n, index->serial,
		index->changes, index->changes_n, index->since };
	return 0;
}

void
ferry_gem_index_unlock(struct ferry_gem_index *index)
{

	(void)pthread_mutex_unlock(&index->mutex);
}
