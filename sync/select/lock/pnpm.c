/*
 * pnpm-lock.yaml, lockfileVersion 5 to 9.
 *
 * "packages" is a mapping whose keys name package and version:
 *
 *	5	/a/1.2.3   /@s/a/1.2.3_peer@1.0.0   host/a/1.2.3
 *	6	/a@1.2.3   /@s/a@1.2.3(peer@1.0.0)  host/a@1.2.3
 *	7, 9	a@1.2.3    @s/a@1.2.3               a@registry:1.2.3
 *
 * with real names, whatever an alias calls them.  What is from elsewhere has
 * another key ("a@file:x.tgz", "github.com/u/r/COMMIT", "@host/x.tgz") and
 * says in "resolution" what it is.  From 7 on, what depends on peers is apart in
 * "snapshots", and so is whether a package is optional.
 *
 * A file can hold two documents.  The first is of what pnpm itself needs: its
 * own version and "configDependencies".  pnpm fetches these from the registry,
 * too, before all others.
 *
 * Source: pnpm/pnpm pnpm11/lockfile/types, pnpm11/deps/path/src/index.ts,
 *     pnpm11/lockfile/utils/src/pkgSnapshotToResolution.ts,
 *     pnpm11/lockfile/fs/src/yamlDocuments.ts; for 5 and 6
 *     packages/dependency-path/src/index.ts (4d1b0d23, 94f94eed).
 * Observed: 5.4 (pnpm 7), 6.0 (pnpm 8), 9.0 (pnpm 10 and 12, with a first
 *     document).
 */

#include "sync/select/lock/kind.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "sync/select/lock/lock.h"
#include "sync/select/yaml.h"

#define VERSION_MIN 5
#define VERSION_MAX 9
#define VERSION_SPLIT 7 /* from here on with "snapshots" */

/* A key of "snapshots" without its peers. */
struct snapshot {
	struct ferry_bytes id;
	bool optional;
};

struct reader {
	struct ferry_lock_out out;
	uint64_t version; /* the major one */
	struct snapshot *snapshots; /* sorted; what is needed comes first */
	size_t snapshots_n, snapshots_cap;
};

/* What a key says: a package of a registry, or (version.n is 0) all of it. */
struct key {
	struct ferry_bytes name;
	struct ferry_bytes version;
};

static struct ferry_bytes
from(struct ferry_bytes s, size_t n)
{

	return ferry_bytes_of(s.p + n, s.n - n);
}

static bool
is_split(const struct reader *r)
{

	return r->version >= VERSION_SPLIT;
}

/* How many bytes of s come before one of those in stop. */
static size_t
span_to(struct ferry_bytes s, const char *stop)
{
	size_t n = 0;

	while (n < s.n && (s.p[n] == 0 || strchr(stop, s.p[n]) == NULL))
		n++;
	return n;
}

static struct ferry_bytes
before_peers(struct ferry_bytes key)
{

	return ferry_bytes_of(key.p, span_to(key, "("));
}

/* "1.2.3" of "1.2.3(peer@1.0.0)", "1.2.3_peer@1.0.0", "registry:1.2.3". */
static struct ferry_bytes
version_of(const struct reader *r, struct ferry_bytes s)
{
	static const char *const reserved[] = {
		"file:", "link:", "runtime:", "workspace:"
	};
	size_t colon;

	s.n = span_to(s, is_split(r) ? "(" : "(_/");
	if (!is_split(r))
		return s;
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (ferry_bytes_starts(s, reserved[i]))
			return s;
	colon = span_to(s, ":");
	return from(s, colon < s.n ? colon + 1 : 0);
}

static struct key
parse_key(const struct reader *r, struct ferry_bytes text)
{
	struct key key = { text, from(text, text.n) };
	struct ferry_bytes rest = text, version;
	size_t n = 0;

	if (ferry_bytes_starts(text, "/")) {
		rest = from(text, 1);
	} else if (!is_split(r)) {
		/* A registry's host; before that of a URL is "@". */
		n = span_to(text, "/");
		if (n == text.n || text.p[0] == '@')
			return key;
		rest = from(text, n + 1);
	}
	n = ferry_bytes_starts(rest, "@") ? span_to(rest, "/") + 1 : 0;
	if (n < rest.n)
		n += span_to(from(rest, n), "/@");
	if (n >= rest.n)
		return key;
	version = version_of(r, from(rest, n + 1));
	if (ferry_npm_version_valid(version)) {
		key.name = ferry_bytes_of(rest.p, n);
		key.version = version;
	}
	return key;
}

/* Snapshots */

static int
by_id(const void *a, const void *b)
{
	const struct snapshot *x = a, *y = b;
	int c = ferry_bytes_cmp(x->id, y->id);

	return c != 0 ? c : (int)x->optional - (int)y->optional;
}

static bool
is_true(const struct ferry_yaml_node *map, const char *key)
{

	return ferry_yaml_is(ferry_yaml_get(map, key), "true");
}

/* A mapping, or NULL if there is none. */
static int
get_mapping(const struct ferry_yaml_node *root, const char *key,
    const struct ferry_yaml_node **out, struct ferry_error *err)
{

	*out = ferry_yaml_get(root, key);
	if (*out == NULL || ferry_yaml_is_a(*out, FERRY_YAML_MAPPING))
		return 0;
	return ferry_error_set(err, FERRY_EFORMAT,
	    "line %u: '%s' is not a mapping", (*out)->line, key);
}

static int
read_snapshots(struct reader *r, const struct ferry_yaml_node *root,
    struct ferry_error *err)
{
	const struct ferry_yaml_node *snapshots;
	struct ferry_yaml_iter it;
	struct snapshot *s;

	r->snapshots_n = 0;
	if (get_mapping(root, "snapshots", &snapshots, err) == -1)
		return -1;
	ferry_yaml_iter(&it, snapshots);
	while (ferry_yaml_iter_next(&it)) {
		if (ferry_array_grow(&r->snapshots, &r->snapshots_cap,
			r->snapshots_n + 1, sizeof(*s), err) == -1)
			return -1;
		s = &r->snapshots[r->snapshots_n++];
		s->id = before_peers(ferry_yaml_text(it.key));
		s->optional = is_true(it.value, "optional");
	}
	if (r->snapshots_n > 1)
		qsort(r->snapshots, r->snapshots_n, sizeof(*s), by_id);
	return 0;
}

/* Whether all snapshots of the package are optional, and there is one. */
static bool
is_optional(const struct reader *r, struct ferry_bytes key)
{
	const struct snapshot needed = { key, false };
	size_t low = 0, high = r->snapshots_n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_id(&r->snapshots[middle], &needed) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < r->snapshots_n &&
	       ferry_bytes_equal(r->snapshots[low].id, key) &&
	       r->snapshots[low].optional;
}

/* Packages */

/* The name of what is from elsewhere; before 7 the key does not tell. */
static struct ferry_bytes
name_elsewhere(const struct reader *r, const struct ferry_yaml_node *node,
    struct ferry_bytes key)
{
	struct ferry_bytes name = ferry_yaml_text(ferry_yaml_get(node, "name"));

	if (name.n > 0)
		return name;
	if (is_split(r) && key.n > 1)
		key.n = 1 + span_to(from(key, 1), "@");
	return key;
}

/* resolution.type is "git". */
static int
read_git(struct reader *r, struct ferry_bytes name,
    const struct ferry_yaml_node *resolution, struct ferry_error *err)
{
	struct ferry_bytes repo =
	    ferry_yaml_text(ferry_yaml_get(resolution, "repo"));
	struct ferry_bytes commit =
	    ferry_yaml_text(ferry_yaml_get(resolution, "commit"));
	struct ferry_buf what = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_buf_add(&what, repo.p, repo.n, err) == 0 &&
	    ferry_buf_adds(&what, "#", err) == 0 &&
	    ferry_buf_add(&what, commit.p, commit.n, err) == 0)
		rc = ferry_lock_lost(&r->out, name, ferry_bytes_buf(&what),
		    ferry_npm_spec_why(FERRY_NPM_SPEC_GIT), err);
	ferry_buf_free(&what);
	return rc;
}

/* Of no registry: resolution.type or the tarball says what it is. */
static int
read_elsewhere(struct reader *r, const struct ferry_yaml_node *node,
    struct ferry_bytes key, struct ferry_error *err)
{
	const struct ferry_yaml_node *resolution =
	    ferry_yaml_get(node, "resolution");
	struct ferry_bytes type =
	    ferry_yaml_text(ferry_yaml_get(resolution, "type"));
	struct ferry_bytes what =
	    ferry_yaml_text(ferry_yaml_get(resolution, "tarball"));
	struct ferry_bytes name = name_elsewhere(r, node, key);
	enum ferry_npm_spec_kind kind;

	if (ferry_bytes_is(type, "directory"))
		return 0; /* of the project */
	if (ferry_bytes_is(type, "git"))
		return read_git(r, name, resolution, err);
	/* "name@file:x.tgz" can stand for a tarball. */
	if (what.n == 0)
		what = name.n < key.n && key.p[name.n] == '@'
		           ? from(key, name.n + 1)
		           : key;
	if (ferry_bytes_is(type, "binary") ||
	    ferry_bytes_is(type, "variations"))
		return ferry_lock_lost(&r->out, name, what,
		    "a runtime that pnpm installs from its makers", err);
	kind = ferry_lock_spec_kind(what);
	if (kind == FERRY_NPM_SPEC_FILE && type.n == 0 &&
	    !ferry_lock_is_tarball(before_peers(what)))
		return 0; /* a folder, again */
	if (is_true(resolution, "gitHosted"))
		kind = FERRY_NPM_SPEC_GIT;
	if (type.n > 0 || kind < FERRY_NPM_SPEC_GIT)
		kind = FERRY_NPM_SPEC_OTHER;
	return ferry_lock_lost(
	    &r->out, name, what, ferry_npm_spec_why(kind), err);
}

static int
read_package(struct reader *r, const struct ferry_yaml_node *node,
    struct ferry_bytes text, struct ferry_error *err)
{
	const struct ferry_yaml_node *resolution =
	    ferry_yaml_get(node, "resolution");
	struct key key = parse_key(r, text);
	struct ferry_lock_entry e = { .name = key.name,
		.version = key.version };

	e.integrity = ferry_yaml_text(ferry_yaml_get(resolution, "integrity"));
	e.resolved = ferry_yaml_text(ferry_yaml_get(resolution, "tarball"));
	if (key.version.n == 0 || ferry_yaml_get(resolution, "type") != NULL ||
	    ferry_bytes_starts(e.resolved, "file:") ||
	    is_true(resolution, "gitHosted"))
		return read_elsewhere(r, node, text, err);
	e.optional =
	    is_split(r) ? is_optional(r, text) : is_true(node, "optional");
	return ferry_lock_found(&r->out, &e, err);
}

static int
check_version(struct reader *r, const struct ferry_yaml_node *root,
    struct ferry_error *err)
{
	struct ferry_bytes text =
	    ferry_yaml_text(ferry_yaml_get(root, "lockfileVersion"));
	struct ferry_error own = FERRY_ERROR_INIT;

	/* 5.4, '6.0', 5.4-inlineSpecifiers */
	if (ferry_parse_u64(ferry_bytes_of(text.p, span_to(text, ".-")),
		VERSION_MIN, VERSION_MAX, &r->version, &own) == 0)
		return 0;
	if (text.n == 0)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "line %u: not a lock file of pnpm: it has no "
		    "lockfileVersion",
		    root->line);
	return ferry_error_set(err, FERRY_EFORMAT,
	    "line %u: lockfileVersion is %.*s, ferry reads %d to %d",
	    root->line, (int)(text.n < 40 ? text.n : 40), (const char *)text.p,
	    VERSION_MIN, VERSION_MAX);
}

static int
read_document(struct reader *r, const struct ferry_yaml_node *root,
    struct ferry_error *err)
{
	const struct ferry_yaml_node *packages;
	struct ferry_yaml_iter it;

	if (check_version(r, root, err) == -1 ||
	    read_snapshots(r, root, err) == -1 ||
	    get_mapping(root, "packages", &packages, err) == -1)
		return -1;
	ferry_yaml_iter(&it, packages);
	while (ferry_yaml_iter_next(&it))
		if (read_package(r, it.value, ferry_yaml_text(it.key), err) ==
		    -1)
			return ferry_error_in(err, "line %u", it.key->line);
	return 0;
}

int
ferry_lock_pnpm(struct ferry_bytes text, const struct ferry_lock_sink *sink,
    struct ferry_error *err)
{
	struct reader r = { .out = { .sink = sink } };
	const struct ferry_yaml_node *root;
	struct ferry_yaml *y = NULL;
	bool empty = true;
	int rc;

	if (ferry_yaml_new(&y, text, err) == -1)
		return -1;
	while ((rc = ferry_yaml_next(y, &root, err)) == 1) {
		if (root == NULL)
			continue;
		empty = false;
		if ((rc = read_document(&r, root, err)) == -1)
			break;
	}
	if (rc == 0 && empty)
		rc = ferry_error_set(
		    err, FERRY_EFORMAT, "not a lock file of pnpm: empty");
	ferry_yaml_free(y);
	ferry_lock_out_free(&r.out);
	free(r.snapshots);
	return rc;
}
