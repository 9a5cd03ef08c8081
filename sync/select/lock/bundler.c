/*
 * Gemfile.lock and gems.locked: blocks at column 0, with lines that are
 * indented.
 *
 * Source: store/format/rubygems/PROTOCOL.md, section 8; Bundler 2.3,
 *     lib/bundler/lockfile_parser.rb.
 */

#include <stdlib.h>
#include <string.h>

#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/format/rubygems/gem.h"
#include "sync/select/lock/kind.h"
#include "sync/select/lock/lock.h"

#define REMOTES_MAX 32

enum block { NONE, GEM, GIT, PATH, PLUGIN, PLATFORMS, CHECKSUMS, BUNDLED };
static const struct {
	const char *title;
	enum block block;
} blocks[] = {
	{ "GEM", GEM },
	{ "GIT", GIT },
	{ "PATH", PATH },
	{ "PLUGIN SOURCE", PLUGIN },
	{ "PLATFORMS", PLATFORMS },
	{ "CHECKSUMS", CHECKSUMS },
	{ "BUNDLED WITH", BUNDLED },
};

/* A line, and where it stands. */
struct line {
	struct ferry_bytes text; /* without blanks in front */
	unsigned depth; /* how many there were */
	enum block block;
};
struct lines {
	struct ferry_bytes rest;
	enum block block;
};

/* "  rack (2.2.4) sha256=…" of CHECKSUMS. */
struct checksum {
	struct ferry_bytes name, version, sums;
};

struct lock {
	struct ferry_bytes text;
	const struct ferry_lock_sink *sink;
	struct ferry_buf platforms; /* with blanks between, without "ruby" */
	struct checksum *checksums; /* sorted */
	size_t checksums_n, checksums_cap;
	struct ferry_buf name, version, integrity, registry; /* of the entry */
	/* Of the block that is read: */
	struct ferry_bytes remotes[REMOTES_MAX];
	size_t remotes_n;
};

static struct ferry_bytes
after(struct ferry_bytes s, size_t n)
{

	return ferry_bytes_of(s.p + n, s.n - n);
}

/* The next line with something on it, in a block that is known. */
static bool
next_line(struct lines *lines, struct line *out)
{
	struct ferry_bytes s;

	while (ferry_bytes_line(&lines->rest, &s)) {
		out->depth = 0;
		while (s.n > 0 && (s.p[s.n - 1] == '\r' || s.p[s.n - 1] == ' '))
			s.n--;
		while (s.n > 0 && *s.p == ' ') {
			s = after(s, 1);
			out->depth++;
		}
		if (s.n == 0)
			continue;
		if (out->depth > 0) {
			out->text = s;
			out->block = lines->block;
			if (lines->block != NONE)
				return true;
			continue;
		}
		lines->block = NONE;
		for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
			if (ferry_bytes_is(s, blocks[i].title)) {
				lines->block = blocks[i].block;
				out->text = s;
				out->block = lines->block;
				return true;
			}
	}
	return false;
}

/* "rack (2.2.4)", "nokogiri (1.15.0-x86_64-linux) sha256=…".  Returns whether
 * it is one; *more is what follows. */
static bool
read_spec(struct ferry_bytes s, struct ferry_bytes *name,
    struct ferry_bytes *version, struct ferry_bytes *more)
{
	const uint8_t *open = memchr(s.p, '(', s.n), *close;

	if (open == NULL || open - s.p < 2 || open[-1] != ' ' ||
	    (close = memchr(open, ')', s.n - (size_t)(open - s.p))) == NULL)
		return false;
	*name = ferry_bytes_of(s.p, (size_t)(open - s.p) - 1);
	*version = ferry_bytes_of(open + 1, (size_t)(close - open) - 1);
	*more = after(s, (size_t)(close - s.p) + 1);
	return true;
}

static int
by_entry(const void *a, const void *b)
{
	const struct checksum *x = a, *y = b;
	int c = ferry_bytes_cmp(x->name, y->name);

	return c != 0 ? c : ferry_bytes_cmp(x->version, y->version);
}

static int
add_checksum(
    struct lock *lock, struct ferry_bytes text, struct ferry_error *err)
{
	struct checksum one;

	if (!read_spec(text, &one.name, &one.version, &one.sums))
		return 0;
	while (one.sums.n > 0 && *one.sums.p == ' ')
		one.sums = after(one.sums, 1);
	if (ferry_array_grow(&lock->checksums, &lock->checksums_cap,
		lock->checksums_n + 1, sizeof(*lock->checksums), err) == -1)
		return -1;
	lock->checksums[lock->checksums_n++] = one;
	return 0;
}

/* Add "sha256=HEX", if it is a digest that files are held against: 1, 0, -1. */
static int
add_sum(struct ferry_buf *integrity, struct ferry_bytes sum,
    struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_digest digest;

	for (int alg = 0; alg < FERRY_ALGS; alg++) {
		const char *name = ferry_alg_name((enum ferry_alg)alg);
		size_t n = strlen(name);

		if (alg == FERRY_MD5 || sum.n <= n || sum.p[n] != '=' ||
		    !ferry_bytes_starts(sum, name) ||
		    ferry_digest_from_hex(&digest, (enum ferry_alg)alg,
			after(sum, n + 1), &ignored) == -1)
			continue;
		return (integrity->n > 0 &&
			   ferry_buf_adds(integrity, " ", err) == -1) ||
		               ferry_sri_add(integrity, &digest, err) == -1
		           ? -1
		           : 1;
	}
	return 0;
}

/*
 * What CHECKSUMS has of an entry, "sha256=HEX,sha512=HEX", as a subresource
 * integrity: one that is known at least, if there are any.
 */
static int
find_checksum(struct lock *lock, struct ferry_bytes name,
    struct ferry_bytes version, struct ferry_error *err)
{
	const struct checksum key = { name, version, { NULL, 0 } };
	const struct checksum *found =
	    lock->checksums_n == 0
		? NULL
		: bsearch(&key, lock->checksums, lock->checksums_n,
		      sizeof(*lock->checksums), by_entry);
	struct ferry_bytes rest;
	bool any = false;

	ferry_buf_reset(&lock->integrity);
	/* Gems that come with Ruby stand there without a sum. */
	if (found == NULL || found->sums.n == 0)
		return 0;
	for (rest = found->sums; rest.n > 0;) {
		const uint8_t *comma = memchr(rest.p, ',', rest.n);
		size_t n = comma == NULL ? rest.n : (size_t)(comma - rest.p);
		int rc = add_sum(&lock->integrity,
		    ferry_bytes_trim(ferry_bytes_of(rest.p, n)), err);

		if (rc == -1)
			return -1;
		any = any || rc == 1;
		rest = after(rest, n + (comma != NULL));
	}
	return any ? 0
	           : ferry_error_set(err, FERRY_EFORMAT,
			 "the checksum of %.*s (%.*s) is none that is known",
			 (int)name.n, (const char *)name.p, (int)version.n,
			 (const char *)version.p);
}

static int
copy(struct ferry_buf *buf, struct ferry_bytes s, struct ferry_error *err)
{

	ferry_buf_reset(buf);
	return ferry_buf_add(buf, s.p, s.n, err);
}

static int
lose(struct lock *lock, struct ferry_bytes name, struct ferry_bytes what,
    const char *why, struct ferry_error *err)
{
	struct ferry_lock_out out = { .sink = lock->sink };
	int rc = ferry_lock_lost(&out, name, what, why, err);

	ferry_lock_out_free(&out);
	return rc;
}

/* How an entry is wanted. */
enum {
	OPTIONAL = 1, /* it may be another source's */
	VARIANTS = 2 /* of its number also those that fit PLATFORMS */
};

/* One entry of a block that is wanted, of the registry at remote, if any. */
static int
tell(struct lock *lock, struct ferry_bytes name, struct ferry_bytes version,
    struct ferry_bytes remote, unsigned how, struct ferry_error *err)
{
	struct ferry_lock_wanted wanted = { .optional = (how & OPTIONAL) != 0 };

	if (memchr(name.p, '/', name.n) != NULL || !ferry_gem_name_valid(name))
		return lose(lock, name, version, "not a gem's name", err);
	if (!ferry_gem_version_valid(version))
		return lose(lock, name, version, "not a version", err);
	if (copy(&lock->name, name, err) == -1 ||
	    copy(&lock->version, version, err) == -1 ||
	    copy(&lock->registry, remote, err) == -1 ||
	    find_checksum(lock, name, version, err) == -1)
		return -1;
	wanted.name = (char *)lock->name.p;
	wanted.version = (char *)lock->version.p;
	if (lock->registry.n > 0)
		wanted.registry = (char *)lock->registry.p;
	if (lock->integrity.n > 0)
		wanted.integrity = (char *)lock->integrity.p;
	if (lock->sink->on_wanted(lock->sink->ctx, &wanted, err) == -1)
		return -1;
	/* Older files name only the number, and clients take the variant for
	 * their platform. */
	if ((how & VARIANTS) == 0 || lock->platforms.n == 0 ||
	    ferry_gem_version_number(version).n < version.n)
		return 0;
	wanted.integrity = NULL;
	wanted.platforms = (char *)lock->platforms.p;
	return lock->sink->on_wanted(lock->sink->ctx, &wanted, err);
}

/* "  remote: URL" of a GEM block. */
static bool
read_remote(const struct line *line, struct ferry_bytes *url)
{

	if (line->depth != 2 || !ferry_bytes_starts(line->text, "remote: "))
		return false;
	*url = after(line->text, 8);
	return true;
}

/* A block of several remotes does not say which has an entry. */
static int
tell_of_each(struct lock *lock, struct ferry_bytes name,
    struct ferry_bytes version, struct ferry_error *err)
{
	struct ferry_bytes none = { NULL, 0 };

	if (lock->remotes_n == 0)
		return tell(lock, name, version, none, VARIANTS, err);
	for (size_t i = 0; i < lock->remotes_n; i++) {
		struct ferry_bytes remote = lock->remotes[i];
		int rc =
		    !ferry_bytes_is_url(remote)
			? lose(lock, name, remote, "its source is no registry",
			      err)
			: tell(lock, name, version, remote,
			      VARIANTS | (lock->remotes_n > 1 ? OPTIONAL : 0),
			      err);

		if (rc == -1)
			return -1;
	}
	return 0;
}

static int
read_gem_line(
    struct lock *lock, const struct line *line, struct ferry_error *err)
{
	struct ferry_bytes url, name, version, more;

	if (line->depth == 0) {
		lock->remotes_n = 0;
		return 0;
	}
	if (read_remote(line, &url)) {
		if (lock->remotes_n == REMOTES_MAX)
			return ferry_error_set(err, FERRY_ELIMIT,
			    "a block has more than %d remotes", REMOTES_MAX);
		lock->remotes[lock->remotes_n++] = url;
		return 0;
	}
	if (line->depth != 4 || !read_spec(line->text, &name, &version, &more))
		return 0;
	return tell_of_each(lock, name, version, err);
}

/* What no registry has: a line an entry. */
static int
read_other_line(
    struct lock *lock, const struct line *line, struct ferry_error *err)
{
	const char *why = line->block == GIT    ? "a git dependency"
	                  : line->block == PATH ? "a gem of the project"
	                                        : "of a plugin's source";
	struct ferry_bytes url, name, version, more;

	if (line->depth == 0)
		lock->remotes_n = 0;
	if (read_remote(line, &url)) {
		lock->remotes[0] = url;
		lock->remotes_n = 1;
	}
	if (line->depth != 4 || !read_spec(line->text, &name, &version, &more))
		return 0;
	return lose(lock, name,
	    lock->remotes_n > 0 ? lock->remotes[0] : version, why, err);
}

/* First what the rest depends on: platforms, and checksums. */
static int
read_settings(struct lock *lock, struct ferry_error *err)
{
	struct lines lines = { .rest = lock->text };
	struct line line;

	while (next_line(&lines, &line)) {
		if (line.block == PLATFORMS && line.depth == 2 &&
		    !ferry_bytes_is(line.text, "ruby") &&
		    ((lock->platforms.n > 0 &&
			 ferry_buf_adds(&lock->platforms, " ", err) == -1) ||
			ferry_buf_add(&lock->platforms, line.text.p,
			    line.text.n, err) == -1))
			return -1;
		if (line.block == CHECKSUMS && line.depth == 2 &&
		    add_checksum(lock, line.text, err) == -1)
			return -1;
	}
	if (lock->checksums_n > 0)
		qsort(lock->checksums, lock->checksums_n,
		    sizeof(*lock->checksums), by_entry);
	return 0;
}

static bool
has_conflict(struct ferry_bytes text)
{
	struct ferry_bytes line;

	while (ferry_bytes_line(&text, &line))
		if (ferry_bytes_starts(line, "<<<<<<< ") ||
		    ferry_bytes_starts(line, ">>>>>>> "))
			return true;
	return false;
}

static int
read_all(struct lock *lock, struct ferry_error *err)
{
	struct lines lines = { .rest = lock->text };
	struct line line;

	while (next_line(&lines, &line)) {
		int rc = 0;

		if (line.block == GEM)
			rc = read_gem_line(lock, &line, err);
		else if (line.block == GIT || line.block == PATH ||
			 line.block == PLUGIN)
			rc = read_other_line(lock, &line, err);
		else if (line.block == BUNDLED && line.depth > 0)
			/* Bundler starts the one that wrote the file. */
			rc = tell(lock, ferry_bytes_str("bundler"), line.text,
			    ferry_bytes_str(""), OPTIONAL, err);
		if (rc == -1)
			return -1;
	}
	return 0;
}

int
ferry_lock_bundler(struct ferry_bytes text, const struct ferry_lock_sink *sink,
    struct ferry_error *err)
{
	struct lock lock = { .text = text, .sink = sink };
	int rc = -1;

	if (has_conflict(text))
		ferry_error_set(err, FERRY_EFORMAT,
		    "it has marks of a merge conflict; resolve it first");
	else if (text.n > 0 && memchr(text.p, 0, text.n) != NULL)
		ferry_error_set(err, FERRY_EFORMAT, "it holds NUL");
	else if (read_settings(&lock, err) == 0)
		rc = read_all(&lock, err);
	free(lock.checksums);
	ferry_buf_free(&lock.platforms);
	ferry_buf_free(&lock.name);
	ferry_buf_free(&lock.version);
	ferry_buf_free(&lock.integrity);
	ferry_buf_free(&lock.registry);
	return rc;
}
