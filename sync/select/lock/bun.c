/*
 * bun.lock: JSON in which a comma may stand behind the last element, and
 * comments anywhere.
 *
 *	"packages": {
 *	  "a": ["a@1.2.3", "", { "os": "linux" }, "sha512-..."],
 *	  "a/x": ["b@2.0.0", "https://registry.example/b-2.0.0.tgz", {}, ""],
 *	  "c": ["c@git+ssh://git@host.example/c.git#0123", {}, "0123"],
 *	}
 *
 * The names are places below the project's folder; the first element has the
 * real name, and behind it a version or what else the package is.  Only a
 * version of a registry has a second string: the tarball's URL, or "" for
 * where its registry usually has it.  Whether it is optional is told by who needs it,
 * and not here.
 *
 * Source: oven-sh/bun src/install/lockfile/bun.lock.zig (04f9415e) and
 *     bun.lock.rs (0097912c), src/install/resolution.zig; for bun.lockb its
 *     documentation, "Lockfile".
 * Observed: lockfileVersion 0 (bun 1.1.45), 1 (1.2.0) and 2 (1.4.5); 3 is in
 *     the source.
 */

#include "sync/select/lock/kind.h"

#include <string.h>

#include "store/base/error.h"
#include "store/base/json_span.h"
#include "sync/select/lock/lock.h"

#define VERSION_MAX 3

struct reader {
	struct ferry_lock_out out;
	struct ferry_bytes text; /* of the file, comments blanked */
	struct ferry_buf id, resolved, integrity; /* of one entry, decoded */
};

static struct ferry_bytes
from(struct ferry_bytes s, size_t n)
{

	return ferry_bytes_of(s.p + n, s.n - n);
}

static size_t
line_of(struct ferry_bytes text, const uint8_t *at)
{
	size_t line = 1;

	for (const uint8_t *p = text.p; p < at; p++)
		line += *p == '\n';
	return line;
}

static int
bad(const struct reader *r, struct ferry_bytes at, const char *what,
    struct ferry_error *err)
{

	return ferry_error_set(
	    err, FERRY_EFORMAT, "line %zu: %s", line_of(r->text, at.p), what);
}

/* From JSON with comments */

/* The length of the string that starts at p[i], as far as it goes. */
static size_t
string_length(const struct ferry_buf *buf, size_t i)
{
	size_t end = i + 1;

	while (end < buf->n && buf->p[end] != '"')
		end += buf->p[end] == '\\' ? 2 : 1;
	return (end < buf->n ? end + 1 : buf->n) - i;
}

/*
 * The length of the comment that starts at p[i]: 0 if none does, SIZE_MAX if it
 * does not end.
 */
static size_t
comment_length(const struct ferry_buf *buf, size_t i)
{
	const uint8_t *p = buf->p + i, *end;
	size_t n = buf->n - i;

	if (n < 2 || p[0] != '/')
		return 0;
	if (p[1] == '/') {
		end = memchr(p, '\n', n);
		return end == NULL ? n : (size_t)(end - p);
	}
	if (p[1] != '*')
		return 0;
	end = memmem(p + 2, n - 2, "*/", 2);
	return end == NULL ? SIZE_MAX : (size_t)(end - p) + 2;
}

/*
 * Make JSON of buf: blanks for comments, and for one comma behind the last
 * element of an object or array.  Lines stay what they are; what is no JSON
 * otherwise stays none.
 */
static void
blank(struct ferry_buf *buf)
{
	uint8_t last = 0, before = 0; /* bytes that say something */
	size_t comma = 0, n;

	for (size_t i = 0; i < buf->n; i += n) {
		uint8_t c = buf->p[i];

		n = 1;
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			continue;
		if ((n = comment_length(buf, i)) == SIZE_MAX)
			return;
		if (n > 0) {
			for (size_t k = i; k < i + n; k++)
				if (buf->p[k] != '\n')
					buf->p[k] = ' ';
			continue;
		}
		n = c == '"' ? string_length(buf, i) : 1;
		if ((c == '}' || c == ']') && last == ',' &&
		    strchr("{[,:", before) == NULL)
			buf->p[comma] = ' ';
		if (c == ',')
			comma = i;
		before = last;
		last = c;
	}
}

/* Entries */

/* what is no version: "workspace:packages/a", "git+ssh://...", "./x.tgz". */
static int
read_other(struct reader *r, struct ferry_bytes name, struct ferry_bytes what,
    struct ferry_error *err)
{
	enum ferry_npm_spec_kind kind = ferry_lock_spec_kind(what);

	if (ferry_bytes_starts(what, "root:") ||
	    ferry_bytes_starts(what, "workspace:") ||
	    ferry_bytes_starts(what, "link:") ||
	    (ferry_bytes_starts(what, "file:") && !ferry_lock_is_tarball(what)))
		return 0;
	if (kind < FERRY_NPM_SPEC_GIT)
		kind = FERRY_NPM_SPEC_OTHER;
	return ferry_lock_lost(
	    &r->out, name, what, ferry_npm_spec_why(kind), err);
}

/* The next element of a list, which must be a string, into buf. */
static int
read_string(struct reader *r, struct ferry_span_iter *it,
    struct ferry_bytes list, struct ferry_buf *buf, struct ferry_error *err)
{
	struct ferry_error own = FERRY_ERROR_INIT;

	ferry_buf_reset(buf);
	if (!ferry_span_next(it) ||
	    ferry_span_string(buf, it->value, &own) == -1)
		return bad(r, list, "not a package as bun writes it", err);
	return 0;
}

static int
read_package(struct reader *r, struct ferry_bytes list, struct ferry_error *err)
{
	struct ferry_bytes id, rest, bundled;
	struct ferry_lock_entry e = { 0 };
	struct ferry_span_iter it;
	const uint8_t *at;

	if (ferry_span_type(list) != FERRY_SPAN_ARRAY)
		return bad(r, list, "not a list", err);
	ferry_span_iter(&it, list);
	if (read_string(r, &it, list, &r->id, err) == -1)
		return -1;
	id = ferry_bytes_buf(&r->id);
	/* The project itself, if it has no name, is "@root:". */
	if (ferry_bytes_is(id, "@root:"))
		return 0;
	at = id.n < 2 ? NULL : memchr(id.p + 1, '@', id.n - 1);
	if (at == NULL)
		return bad(r, list, "a package without a version", err);
	e.name = ferry_bytes_of(id.p, (size_t)(at - id.p));
	rest = from(id, e.name.n + 1);
	if (!ferry_npm_version_valid(rest))
		return read_other(r, e.name, rest, err);
	e.version = rest;
	if (read_string(r, &it, list, &r->resolved, err) == -1)
		return -1;
	/*
	 * What is inside a bundled package in turn is not marked; that it is
	 * mirrored for nothing does no harm.
	 */
	if (!ferry_span_next(&it) ||
	    (ferry_span_get(it.value, "bundled", &bundled) &&
		ferry_span_true(bundled)))
		return 0;
	if (read_string(r, &it, list, &r->integrity, err) == -1)
		return -1;
	e.resolved = ferry_bytes_buf(&r->resolved);
	e.integrity = ferry_bytes_buf(&r->integrity);
	return ferry_lock_found(&r->out, &e, err);
}

static int
read_root(struct reader *r, struct ferry_bytes root, struct ferry_error *err)
{
	struct ferry_error own = FERRY_ERROR_INIT;
	struct ferry_bytes value;
	struct ferry_span_iter it;
	uint64_t version;

	if (!ferry_span_get(root, "lockfileVersion", &value))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "not a lock file of bun: it has no lockfileVersion");
	if (ferry_parse_u64(value, 0, VERSION_MAX, &version, &own) == -1)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "line %zu: lockfileVersion is %.*s, ferry reads 0 to %d",
		    line_of(r->text, value.p),
		    (int)(value.n < 40 ? value.n : 40), (const char *)value.p,
		    VERSION_MAX);
	if (!ferry_span_get(root, "packages", &value))
		return 0; /* nothing but workspaces */
	if (ferry_span_type(value) != FERRY_SPAN_OBJECT)
		return bad(r, value, "\"packages\" is not an object", err);
	ferry_span_iter(&it, value);
	while (ferry_span_next(&it))
		if (read_package(r, it.value, err) == -1)
			return -1;
	return 0;
}

int
ferry_lock_bun(struct ferry_bytes text, const struct ferry_lock_sink *sink,
    struct ferry_error *err)
{
	struct reader r = { .out = { .sink = sink } };
	struct ferry_buf json = FERRY_BUF_INIT;
	struct ferry_bytes root;
	int rc = -1;

	if (ferry_buf_add(&json, text.p, text.n, err) == -1)
		goto out;
	blank(&json);
	r.text = ferry_bytes_buf(&json);
	if (ferry_span_check(r.text, &root, err) == -1)
		goto out;
	rc = read_root(&r, root, err);
out:
	ferry_buf_free(&json);
	ferry_lock_out_free(&r.out);
	ferry_buf_free(&r.id);
	ferry_buf_free(&r.resolved);
	ferry_buf_free(&r.integrity);
	return rc;
}

int
ferry_lock_bunb(struct ferry_bytes text, const struct ferry_lock_sink *sink,
    struct ferry_error *err)
{

	(void)text;
	(void)sink;
	return ferry_error_set(err, FERRY_EFORMAT,
	    "bun.lockb is bun's binary form; 'bun install --save-text-lockfile "
	    "--frozen-lockfile --lockfile-only' writes a bun.lock of it");
}
