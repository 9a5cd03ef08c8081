/*
 * yarn.lock of yarn 1: entries of a form of its own, by lines.
 *
 *	"a@^1", a@~1.2:
 *	  version "1.2.3"
 *	  resolved "https://registry.example/a/-/a-1.2.3.tgz#SHA-1"
 *	  integrity sha512-...
 *	  dependencies:
 *	    b "^2"
 *
 * A word is quoted as in JSON where its bytes ask for it.  What "resolutions" of
 * package.json puts in a pattern's place stands beside that pattern, so one
 * that is of no registry speaks for all.  Nothing says what is optional, and
 * what is bundled stands as an entry like any other: yarn 1 fetches it.
 *
 * Source: yarnpkg/yarn src/lockfile/parse.js and index.js (c2dda503),
 *     src/util/normalize-pattern.js, src/resolvers/exotics.  Looser than
 *     yarn: what stands deeper than an entry's fields has no form but words.
 */

#include "sync/select/lock/kind.h"

#include <string.h>

#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/json_span.h"
#include "sync/select/lock/lock.h"

struct reader {
	struct ferry_lock_out out;
	size_t line; /* from 1 */
	struct ferry_buf word; /* the last one read */
	/* The entry that is being read. */
	bool open;
	struct ferry_buf first; /* the name of the first pattern */
	struct ferry_buf real; /* the package that an alias among them means */
	enum ferry_npm_spec_kind kind; /* below _GIT: of a registry */
	struct ferry_buf spec; /* what was asked for, if it is not */
	struct ferry_buf name, version, resolved, integrity;
};

/* Without the line's text, which may hold a password. */
static int
bad(const struct reader *r, struct ferry_error *err)
{

	return ferry_error_set(
	    err, FERRY_EFORMAT, "line %zu: not what yarn writes", r->line);
}

static int
set(struct ferry_buf *buf, struct ferry_bytes s, struct ferry_error *err)
{

	ferry_buf_reset(buf);
	return ferry_buf_add(buf, s.p, s.n, err);
}

static struct ferry_bytes
from(struct ferry_bytes s, size_t n)
{

	return ferry_bytes_of(s.p + n, s.n - n);
}

static struct ferry_bytes
skip_blanks(struct ferry_bytes s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] == ' ')
		n++;
	return from(s, n);
}

static bool
is_end(struct ferry_bytes rest)
{

	return rest.n == 0 || rest.p[0] == '#';
}

static bool
eat(struct ferry_bytes *rest, char c)
{

	if (rest->n == 0 || rest->p[0] != (uint8_t)c)
		return false;
	*rest = skip_blanks(from(*rest, 1));
	return true;
}

/* The length of the quoted or plain word that s starts with. */
static size_t
word_length(struct ferry_bytes s)
{
	size_t n = 0;

	if (s.n > 0 && s.p[0] == '"') {
		for (n = 1; n < s.n && s.p[n] != '"'; n++)
			if (s.p[n] == '\\')
				n++;
		return n < s.n ? n + 1 : s.n;
	}
	while (n < s.n && s.p[n] != ' ' && s.p[n] != ':' && s.p[n] != ',' &&
	       s.p[n] != '"')
		n++;
	return n;
}

/* Take a word from *rest into r->word. */
static int
read_word(struct reader *r, struct ferry_bytes *rest, struct ferry_error *err)
{
	struct ferry_error own = FERRY_ERROR_INIT;
	size_t n = word_length(*rest);
	struct ferry_bytes word = ferry_bytes_of(rest->p, n);

	if (n == 0)
		return bad(r, err);
	if (word.p[0] != '"') {
		if (set(&r->word, word, err) == -1)
			return -1;
	} else {
		ferry_buf_reset(&r->word);
		if (ferry_span_check(word, &word, &own) == -1 ||
		    ferry_span_string(&r->word, word, &own) == -1)
			return bad(r, err);
	}
	*rest = skip_blanks(from(*rest, n));
	return 0;
}

/* "name@what is asked for"; rarely the latter alone. */
static int
add_pattern(struct reader *r, struct ferry_error *err)
{
	struct ferry_bytes whole = ferry_bytes_buf(&r->word), range;
	struct ferry_bytes name = whole;
	struct ferry_error own = FERRY_ERROR_INIT;
	enum ferry_npm_spec_kind kind;
	struct ferry_npm_spec spec;
	const uint8_t *at;

	at = whole.n < 2 ? NULL : memchr(whole.p + 1, '@', whole.n - 1);
	if (at != NULL)
		name.n = (size_t)(at - whole.p);
	range = at == NULL ? from(whole, whole.n) : from(whole, name.n + 1);
	/* Without a name only what can be nothing else: git+https://... */
	kind = ferry_lock_spec_kind(whole);
	if (!ferry_npm_name_valid(name) &&
	    (kind == FERRY_NPM_SPEC_GIT || kind == FERRY_NPM_SPEC_URL))
		range = whole;
	if (r->first.n == 0 && set(&r->first, name, err) == -1)
		return -1;
	if (ferry_npm_spec_parse(&spec, ferry_bytes_str("a"), range, &own) ==
		0 &&
	    spec.alias)
		return r->real.n == 0 ? set(&r->real, spec.name, err) : 0;
	kind = ferry_lock_spec_kind(range);
	if (kind < FERRY_NPM_SPEC_GIT || r->kind >= FERRY_NPM_SPEC_GIT)
		return 0;
	r->kind = kind;
	return set(&r->spec, range, err);
}

/* Old files have no integrity, but a SHA-1 behind the URL. */
static int
split_resolved(
    struct reader *r, struct ferry_lock_entry *e, struct ferry_error *err)
{
	struct ferry_error own = FERRY_ERROR_INIT;
	struct ferry_digest sha1;
	const uint8_t *hash = e->resolved.n == 0
	                          ? NULL
	                          : memchr(e->resolved.p, '#', e->resolved.n);
	struct ferry_bytes digits;

	if (hash == NULL)
		return 0;
	digits = from(e->resolved, (size_t)(hash - e->resolved.p) + 1);
	e->resolved.n = (size_t)(hash - e->resolved.p);
	if (e->integrity.n > 0 ||
	    ferry_digest_from_hex(&sha1, FERRY_SHA1, digits, &own) == -1)
		return 0;
	if (ferry_sri_add(&r->integrity, &sha1, err) == -1)
		return -1;
	e->integrity = ferry_bytes_buf(&r->integrity);
	return 0;
}

/* Hand on the entry that was read, if there is one. */
static int
report(struct reader *r, struct ferry_error *err)
{
	struct ferry_lock_entry e = {
		.version = ferry_bytes_buf(&r->version),
		.integrity = ferry_bytes_buf(&r->integrity),
		.resolved = ferry_bytes_buf(&r->resolved),
	};
	enum ferry_npm_spec_kind kind = r->kind;

	if (!r->open)
		return 0;
	/* "resolutions" can put anything behind a range. */
	if (kind < FERRY_NPM_SPEC_GIT && e.resolved.n > 0 &&
	    memchr(e.resolved.p, ':', e.resolved.n) != NULL &&
	    !ferry_bytes_is_url(e.resolved))
		kind = ferry_lock_spec_kind(e.resolved);
	if (kind >= FERRY_NPM_SPEC_GIT) {
		/* Folders have no "resolved". */
		if ((kind == FERRY_NPM_SPEC_FILE ||
			kind == FERRY_NPM_SPEC_WORKSPACE) &&
		    e.resolved.n == 0)
			return 0;
		return ferry_lock_lost(&r->out, ferry_bytes_buf(&r->first),
		    e.resolved.n > 0 ? e.resolved : ferry_bytes_buf(&r->spec),
		    ferry_npm_spec_why(kind), err);
	}
	if (split_resolved(r, &e, err) == -1)
		return -1;
	if (r->real.n > 0)
		e.name = ferry_bytes_buf(&r->real);
	else
		e.name = ferry_bytes_buf(r->name.n > 0 ? &r->name : &r->first);
	return ferry_lock_found(&r->out, &e, err);
}

/* The line that starts an entry. */
static int
read_patterns(
    struct reader *r, struct ferry_bytes rest, struct ferry_error *err)
{

	if (report(r, err) == -1)
		return -1;
	r->open = true;
	r->kind = FERRY_NPM_SPEC_RANGE;
	ferry_buf_reset(&r->first);
	ferry_buf_reset(&r->real);
	ferry_buf_reset(&r->spec);
	ferry_buf_reset(&r->name);
	ferry_buf_reset(&r->version);
	ferry_buf_reset(&r->resolved);
	ferry_buf_reset(&r->integrity);
	do {
		if (read_word(r, &rest, err) == -1 || add_pattern(r, err) == -1)
			return -1;
	} while (eat(&rest, ','));
	return eat(&rest, ':') && is_end(rest) ? 0 : bad(r, err);
}

/* Where the value of an entry's field belongs; NULL for those not wanted. */
static struct ferry_buf *
field_of(struct reader *r, struct ferry_bytes name)
{

	if (ferry_bytes_is(name, "version"))
		return &r->version;
	if (ferry_bytes_is(name, "resolved"))
		return &r->resolved;
	if (ferry_bytes_is(name, "integrity"))
		return &r->integrity;
	return ferry_bytes_is(name, "name") ? &r->name : NULL;
}

/* `name value`, or `name:` and a deeper block. */
static int
read_field(struct reader *r, struct ferry_bytes rest, bool of_entry,
    struct ferry_error *err)
{
	struct ferry_buf *field = NULL;
	bool colon;

	if (read_word(r, &rest, err) == -1)
		return -1;
	if (of_entry)
		field = field_of(r, ferry_bytes_buf(&r->word));
	colon = eat(&rest, ':');
	if (is_end(rest))
		return colon ? 0 : bad(r, err);
	if (read_word(r, &rest, err) == -1)
		return -1;
	if (!is_end(rest))
		return bad(r, err);
	return field == NULL ? 0 : set(field, ferry_bytes_buf(&r->word), err);
}

/* "# yarn lockfile v1"; other comments say nothing. */
static int
read_comment(struct reader *r, struct ferry_bytes rest, struct ferry_error *err)
{
	static const char mark[] = "yarn lockfile v";
	struct ferry_error own = FERRY_ERROR_INIT;
	uint64_t version;

	rest = skip_blanks(from(rest, 1));
	if (!ferry_bytes_starts(rest, mark))
		return 0;
	rest = from(rest, sizeof(mark) - 1);
	while (rest.n > 0 && rest.p[rest.n - 1] == ' ')
		rest.n--;
	if (ferry_parse_u64(rest, 0, 1, &version, &own) == -1)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "line %zu: yarn lockfile v%.*s, ferry reads v1", r->line,
		    (int)(rest.n < 40 ? rest.n : 40), (const char *)rest.p);
	return 0;
}

static int
read_line(struct reader *r, struct ferry_bytes line, struct ferry_error *err)
{
	struct ferry_bytes rest;
	size_t indent;

	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] < ' ')
			return bad(r, err);
	rest = skip_blanks(line);
	indent = line.n - rest.n;
	if (rest.n == 0)
		return 0;
	if (rest.p[0] == '#')
		return read_comment(r, rest, err);
	if (indent == 0)
		return read_patterns(r, rest, err);
	if (indent % 2 != 0 || !r->open)
		return bad(r, err);
	return read_field(r, rest, indent == 2, err);
}

int
ferry_lock_yarn(struct ferry_bytes text, const struct ferry_lock_sink *sink,
    struct ferry_error *err)
{
	struct reader r = { .out = { .sink = sink } };
	struct ferry_bytes line;
	int rc = 0;

	while (rc == 0 && ferry_bytes_line(&text, &line)) {
		r.line++;
		rc = read_line(&r, line, err);
	}
	if (rc == 0)
		rc = report(&r, err);
	ferry_lock_out_free(&r.out);
	ferry_buf_free(&r.word);
	ferry_buf_free(&r.first);
	ferry_buf_free(&r.real);
	ferry_buf_free(&r.spec);
	ferry_buf_free(&r.name);
	ferry_buf_free(&r.version);
	ferry_buf_free(&r.resolved);
	ferry_buf_free(&r.integrity);
	return rc;
}
