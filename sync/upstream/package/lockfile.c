/*
 * Lock files that the configuration names.  Their entries may be of several
 * registries: each goes to the upstream that its URL names, and a name is never
 * asked of a registry that the file does not say it is from.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/select/lock/lock.h"
#include "sync/upstream/package/packages.h"

#define ORIGINS_MAX 64 /* that are counted */

/* One entry, copied. */
struct entry {
	char *name, *version, *integrity, *platforms, *files,
	    *url; /* or NULL */
	bool optional, closure;
	bool by_registry; /* url is the registry's, not a tarball's */
	struct ferry_packages *to; /* NULL: nobody's */
	struct ferry_bytes origin; /* of url: "https://host:port" */
};

struct lockfile {
	struct ferry_packages *packages; /* whose option names it */
	const char *path;
	struct entry *entries;
	size_t n, cap;
};

static int
copy(char **out, const char *s, struct ferry_error *err)
{

	return s == NULL ? 0 : ferry_strdup(out, s, err);
}

static int
on_wanted(
    void *ctx, const struct ferry_lock_wanted *wanted, struct ferry_error *err)
{
	struct lockfile *lock = ctx;
	struct entry *e;

	if (ferry_array_grow(&lock->entries, &lock->cap, lock->n + 1,
		sizeof(*lock->entries), err) == -1)
		return -1;
	e = &lock->entries[lock->n++];
	*e = (struct entry){ .optional = wanted->optional,
		.by_registry = wanted->registry != NULL,
		.closure = wanted->closure };
	if (copy(&e->name, wanted->name, err) == -1 ||
	    copy(&e->version, wanted->version, err) == -1 ||
	    copy(&e->integrity, wanted->integrity, err) == -1 ||
	    copy(&e->platforms, wanted->platforms, err) == -1 ||
	    copy(&e->files, wanted->files, err) == -1 ||
	    copy(&e->url, e->by_registry ? wanted->registry : wanted->resolved,
		err) == -1)
		return -1;
	return 0;
}

static int
on_unmirrorable(void *ctx, const char *name, const char *what, const char *why,
    struct ferry_error *err)
{
	struct lockfile *lock = ctx;
	char text[600];

	(void)err;
	(void)snprintf(
	    text, sizeof(text), "%s: %.300s (%s)", lock->path, what, why);
	ferry_run_skip(lock->packages->run, name, text);
	return 0;
}

/* Whoever wrote the file can mend that, and nobody else. */
static int
on_pruned(void *ctx, uint64_t n, const char *of, struct ferry_error *err)
{
	struct lockfile *lock = ctx;
	char text[700];

	(void)err;
	(void)snprintf(text, sizeof(text),
	    "it lacks %" PRIu64 " optional package%s of %.400s, which do not "
	    "come: npm left out what is of other platforms.  Make it anew "
	    "without node_modules, or add whose they are to 'packages'",
	    n, n == 1 ? "" : "s", of);
	ferry_run_skip(lock->packages->run, lock->path, text);
	return 0;
}

static void
lockfile_free(struct lockfile *lock)
{

	for (size_t i = 0; i < lock->n; i++) {
		free(lock->entries[i].name);
		free(lock->entries[i].version);
		free(lock->entries[i].integrity);
		free(lock->entries[i].platforms);
		free(lock->entries[i].files);
		free(lock->entries[i].url);
	}
	free(lock->entries);
}

/* The length of "https://host:port" of a URL. */
static size_t
origin_length(const char *url)
{
	const char *host = strstr(url, "://");

	return host == NULL
	           ? 0
	           : (size_t)(host - url) + 3 + strcspn(host + 3, "/?#");
}

/* How well url fits a registry at base: 0 not at all, 1 the same host, more the
 * longer the path that they share. */
static size_t
fit(const char *base, const char *url)
{
	const char *path = base + origin_length(base);
	size_t n = strlen(path);

	if (!ferry_fetch_url_same_origin(base, url))
		return 0;
	while (n > 0 && path[n - 1] == '/')
		n--;
	url += origin_length(url);
	return strncmp(url, path, n) == 0 && strchr("/?#", url[n]) != NULL
	           ? 2 + n
	           : 1;
}

/* The same of a registry's own URL: one host may have several. */
static size_t
fit_registry(const char *base, const char *url)
{
	size_t n = origin_length(base), k = origin_length(url),
	       base_n = strlen(base), url_n = strlen(url);

	while (base_n > n && base[base_n - 1] == '/')
		base_n--;
	while (url_n > k && url[url_n - 1] == '/')
		url_n--;
	return base_n - n == url_n - k &&
	       strncmp(base + n, url + k, base_n - n) == 0 &&
	       ferry_fetch_url_same_origin(base, url);
}

/* How well an entry's URL fits an upstream. */
static size_t
fit_upstream(const struct ferry_upstream *up, const struct entry *e)
{
	const struct ferry_packages *packages = up->state;
	size_t (*fits)(const char *base, const char *url) =
	    e->by_registry ? fit_registry : fit;
	size_t best = fits(up->url, e->url);

	for (size_t i = 0; i < packages->sources_n; i++) {
		size_t one = fits(packages->sources[i], e->url);

		best = one > best ? one : best;
	}
	return best;
}

/* Whose the URL is: of equals the file's own upstream; NULL: nobody's. */
static struct ferry_packages *
find_by_url(const struct lockfile *lock, const struct entry *e)
{
	const struct ferry_run *run = lock->packages->run;
	struct ferry_packages *found = NULL;
	size_t best = fit_upstream(lock->packages->up, e);

	if (best > 0)
		found = lock->packages;
	for (size_t i = 0; i < run->upstreams_n; i++) {
		const struct ferry_upstream *up = &run->upstreams[i];
		size_t one;

		if (up->kind->package != lock->packages->format)
			continue;
		if ((one = fit_upstream(up, e)) > best) {
			best = one;
			found = up->state;
		}
	}
	return found;
}

/* Of what says no registry: the upstream that the name is bound to, or the
 * file's own. */
static struct ferry_packages *
find_by_name(const struct lockfile *lock, const char *name)
{
	const struct ferry_packages *own = lock->packages;
	const struct ferry_upstream *holder =
	    ferry_upstream_holder(own->run, own->up, name);

	return holder != NULL && holder->kind->package == own->format
	           ? holder->state
	           : lock->packages;
}

static bool
same_registry(const struct entry *a, const struct entry *b)
{

	return a->by_registry && b->by_registry && fit_registry(a->url, b->url);
}

/* Of a file that names registries: the only one is that which was configured
 * when it was made, whatever it is called here; of several none is. */
static struct ferry_bytes
find_only_registry(const struct lockfile *lock)
{
	const struct entry *first = NULL;

	for (size_t i = 0; i < lock->n; i++) {
		const struct entry *e = &lock->entries[i];

		if (e->url == NULL)
			continue;
		if (first == NULL)
			first = e;
		if (e->to != NULL || !same_registry(first, e))
			return ferry_bytes_of(NULL, 0);
	}
	return first == NULL ? ferry_bytes_of(NULL, 0) : first->origin;
}

/* A scope may be another registry's; what has none is the default one's, if it
 * is at a registry at all, and no override. */
static size_t
weight(const struct lockfile *lock, const struct entry *e)
{

	if (e->url == NULL || (strstr(e->url, "/-/") == NULL &&
				  strstr(e->url, "/download/") == NULL))
		return 0;
	return *e->name == '@' ? 1 : lock->n + 1;
}

/*
 * The registry that the file calls by a URL which nobody here knows: the one
 * of most entries without a scope, or else of most, if none is of the file's own
 * upstream.  Lock files name the registry that they were made with; npm takes
 * its default registry in them for whichever is configured.
 */
static struct ferry_bytes
find_own_origin(const struct lockfile *lock)
{
	struct ferry_bytes best = { NULL, 0 };
	size_t most = 0;
	unsigned tries = 0;

	for (size_t i = 0; i < lock->n; i++)
		if (lock->entries[i].by_registry)
			return find_only_registry(lock);

	for (size_t i = 0; i < lock->n; i++)
		if (lock->entries[i].url != NULL &&
		    lock->entries[i].to == lock->packages)
			return best;
	for (size_t i = 0; i < lock->n && tries < ORIGINS_MAX; i++) {
		const struct entry *e = &lock->entries[i];
		size_t n = 0;

		if (e->to != NULL || ferry_bytes_equal(e->origin, best))
			continue;
		tries++;
		for (size_t k = i; k < lock->n; k++)
			if (lock->entries[k].to == NULL &&
			    ferry_bytes_equal(
				lock->entries[k].origin, e->origin))
				n += weight(lock, &lock->entries[k]);
		if (n > most) {
			most = n;
			best = e->origin;
		}
	}
	return best;
}

/* Of a registry that no upstream is: once, if e is the first of it. */
static void
say_registry(const struct lockfile *lock, const struct entry *e,
    const char *host, const char *end)
{
	char item[300], text[600];

	for (const struct entry *other = lock->entries; other < e; other++)
		if (same_registry(other, e))
			return;
	(void)snprintf(
	    item, sizeof(item), "%.*s%.200s", (int)(end - host), host, end);
	(void)snprintf(text, sizeof(text),
	    "%s: its entries of that registry, which is no upstream's here "
	    "('remotes' of one can say that it is)",
	    lock->path);
	ferry_run_skip(lock->packages->run, item, text);
}

static void
say_elsewhere(const struct lockfile *lock, const struct entry *e)
{
	const char *end = e->url + e->origin.n;
	const char *login = memrchr(e->url, '@', e->origin.n);
	const char *host =
	    login == NULL ? strstr(e->url, "://") + 3 : login + 1;
	char text[600];

	if (e->by_registry) {
		say_registry(lock, e, host, end);
		return;
	}
	/* Only the host: there may be a password in the rest. */
	(void)snprintf(text, sizeof(text), "%s: at %.*s, %s", lock->path,
	    (int)(end - host), host,
	    strstr(end, "/-/") == NULL
		? "which is no upstream's here (a tarball outside the registry)"
		: "which is no upstream's here ('remotes' of one can say that "
		  "it is)");
	ferry_run_skip(lock->packages->run, e->name, text);
}

static int
want_entry(
    const struct lockfile *lock, const struct entry *e, struct ferry_error *err)
{
	const struct ferry_lock_wanted wanted = { .name = e->name,
		.version = e->version,
		.integrity = e->integrity,
		.platforms = e->platforms,
		.files = e->files,
		.closure = e->closure,
		.resolved = e->url,
		.optional = e->optional };

	/* It may not have begun yet. */
	e->to->run = lock->packages->run;
	return !e->to->up->wanted && e->to->up->delegator == NULL
	           ? 0
	           : ferry_packages_want_locked(
			 e->to, &wanted, lock->path, err);
}

static int
want_all(struct lockfile *lock, struct ferry_error *err)
{
	struct ferry_bytes own;

	for (size_t i = 0; i < lock->n; i++) {
		struct entry *e = &lock->entries[i];

		if (e->url != NULL)
			e->origin =
			    ferry_bytes_of(e->url, origin_length(e->url));
		e->to = e->url == NULL ? find_by_name(lock, e->name)
		                       : find_by_url(lock, e);
	}
	own = find_own_origin(lock);
	for (size_t i = 0; i < lock->n; i++) {
		struct entry *e = &lock->entries[i];

		if (e->to == NULL && ferry_bytes_equal(e->origin, own))
			e->to = find_by_name(lock, e->name);
		if (e->to != NULL && want_entry(lock, e, err) == -1)
			return -1;
		if (e->to == NULL && e->url != NULL)
			say_elsewhere(lock, e);
	}
	return 0;
}

int
ferry_packages_want_lockfile(
    struct ferry_packages *packages, const char *path, struct ferry_error *err)
{
	struct lockfile lock = { .packages = packages, .path = path };
	const struct ferry_lock_sink sink = { .on_wanted = on_wanted,
		.on_unmirrorable = on_unmirrorable,
		.on_pruned = on_pruned,
		.ctx = &lock };
	int rc = ferry_lock_read(packages->format->format, path, &sink, err);

	if (rc == 0)
		rc = want_all(&lock, err);
	lockfile_free(&lock);
	return rc;
}
