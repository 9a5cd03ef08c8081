/* Ranges of versions, compiled to sets of comparators. */

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/format/semver/range.h"
#include "store/format/semver/semver.h"
#include "store/format/semver/text.h"

enum op { OP_EQ, OP_LT, OP_LE, OP_GT, OP_GE };

struct comparator {
	struct ferry_semver version; /* pre is borrowed from text, or static */
	enum op op;
	bool first; /* starts a set; the sets are joined by "||" */
};

struct ferry_semver_range {
	struct ferry_buf text;
	struct comparator *list;
	size_t n;
	size_t cap;
	bool any; /* one of the sets is everything: then list is empty */
	bool star; /* written as "*" or as nothing */
};

/*
 * Compiling a range.  A set of comparators is made from the text between two
 * "||".  A word of it that is not understood ends the compilation strictly and
 * is skipped loosely; a number beyond the bound always ends it.
 */
enum word { WORD_OK, WORD_BAD, WORD_FATAL, WORD_NOMEM };

struct compiler {
	struct ferry_semver_range *range;
	enum ferry_semver_mode mode;
	size_t from; /* the set's first comparator in range->list */
	bool any; /* the set holds a comparator that lets in everything */
	bool star; /* the word at hand was one, written with x or nothing */
	struct ferry_error *err;
};

static enum word
push(struct compiler *c, enum op op, const struct ferry_semver *v)
{
	struct ferry_semver_range *range = c->range;

	if (v->major > FERRY_SEMVER_NUMBER_MAX ||
	    v->minor > FERRY_SEMVER_NUMBER_MAX ||
	    v->patch > FERRY_SEMVER_NUMBER_MAX)
		return WORD_FATAL;
	if (op == OP_GE && v->major == 0 && v->minor == 0 && v->patch == 0 &&
	    v->pre.n == 0) {
		c->any = true;
		return WORD_OK;
	}
	if (ferry_array_grow(&range->list, &range->cap, range->n + 1,
		sizeof(range->list[0]), c->err) == -1)
		return WORD_NOMEM;
	range->list[range->n].version = *v;
	range->list[range->n].op = op;
	range->list[range->n].first = range->n == c->from;
	range->n++;
	return WORD_OK;
}

/* op with the lowest pre-release of the numbers: where a range ends. */
static enum word
push_below(struct compiler *c, uint64_t major, uint64_t minor, uint64_t patch)
{
	struct ferry_semver v = { major, minor, patch, { NULL, 0 } };

	v.pre = ferry_bytes_str("0");
	return push(c, OP_LT, &v);
}

/* ">=low <major.minor.patch-0" */
static enum word
push_span(struct compiler *c, const struct ferry_semver *low, uint64_t major,
    uint64_t minor, uint64_t patch)
{
	enum word word = push(c, OP_GE, low);

	return word == WORD_OK ? push_below(c, major, minor, patch) : word;
}

/* The numbers of p; what is missing or x counts as 0, and all behind it. */
static bool
low_end(struct ferry_semver *out, const struct ferry_semver_partial *p)
{

	*out = (struct ferry_semver){ 0 };
	if (ferry_semver_is_x(p->part[0]))
		return true;
	if (!ferry_semver_number(&out->major, p->part[0]))
		return false;
	if (ferry_semver_is_x(p->part[1]))
		return true;
	if (!ferry_semver_number(&out->minor, p->part[1]))
		return false;
	if (ferry_semver_is_x(p->part[2]))
		return true;
	if (!ferry_semver_number(&out->patch, p->part[2]))
		return false;
	out->pre = p->pre;
	return true;
}

static enum word
compile_tilde(struct compiler *c, const struct ferry_semver_partial *p)
{
	struct ferry_semver low;

	if (ferry_semver_is_x(p->part[0])) {
		c->star = true;
		return WORD_OK;
	}
	if (!low_end(&low, p))
		return WORD_FATAL;
	if (ferry_semver_is_x(p->part[1]))
		return push_span(c, &low, low.major + 1, 0, 0);
	return push_span(c, &low, low.major, low.minor + 1, 0);
}

static enum word
compile_caret(struct compiler *c, const struct ferry_semver_partial *p)
{
	struct ferry_semver low;

	if (ferry_semver_is_x(p->part[0])) {
		c->star = true;
		return WORD_OK;
	}
	if (!low_end(&low, p))
		return WORD_FATAL;
	/* "00" is not zero here; the sources compare texts. */
	if (ferry_semver_is_x(p->part[1]) || !ferry_bytes_is(p->part[0], "0"))
		return push_span(c, &low, low.major + 1, 0, 0);
	if (ferry_semver_is_x(p->part[2]) || !ferry_bytes_is(p->part[1], "0"))
		return push_span(c, &low, low.major, low.minor + 1, 0);
	return push_span(c, &low, low.major, low.minor, low.patch + 1);
}

/* An operator, if any, and a version of which a part is missing or x. */
static enum word
compile_x(struct compiler *c, bool has_op, enum op op,
    const struct ferry_semver_partial *p)
{
	bool all = ferry_semver_is_x(p->part[0]),
	     minor = !ferry_semver_is_x(p->part[1]);
	struct ferry_semver low;

	if (all && has_op && (op == OP_GT || op == OP_LT))
		return push_below(c, 0, 0, 0); /* nothing */
	if (all) {
		c->star = true;
		return WORD_OK;
	}
	if (!low_end(&low, p))
		return WORD_FATAL;
	if (!has_op || op == OP_EQ)
		return minor ? push_span(c, &low, low.major, low.minor + 1, 0)
		             : push_span(c, &low, low.major + 1, 0, 0);
	if (op == OP_GT || op == OP_LE) {
		/* Everything that starts with these numbers is behind. */
		if (minor)
			low.minor++;
		else
			low.major++;
	}
	if (op == OP_GT || op == OP_GE)
		return push(c, OP_GE, &low);
	return push_below(c, low.major, low.minor, 0);
}

/* "v" and "=" before a version.  Returns the rest of s. */
static struct ferry_bytes
skip_prefix(struct ferry_bytes s)
{

	while (s.n > 0 && (*s.p == 'v' || *s.p == '=' || *s.p == ' '))
		s = ferry_bytes_of(s.p + 1, s.n - 1);
	return s;
}

static struct ferry_bytes
take_op(struct ferry_bytes s, bool *has_op, enum op *op)
{

	*has_op = s.n > 0 && strchr("<>=", *s.p) != NULL && *s.p != 0;
	*op = OP_EQ;
	if (!*has_op)
		return s;
	if (*s.p != '=') {
		*op = *s.p == '<' ? OP_LT : OP_GT;
		s = ferry_bytes_of(s.p + 1, s.n - 1);
		if (s.n == 0 || *s.p != '=')
			return s;
		*op = *op == OP_LT ? OP_LE : OP_GE;
	}
	return ferry_bytes_of(s.p + 1, s.n - 1);
}

/* A comparator whose version is whole; s is what follows its operator. */
static enum word
compile_whole(struct compiler *c, enum op op, struct ferry_bytes s,
    const struct ferry_semver_partial *p)
{
	struct ferry_semver v;
	size_t prefix = (size_t)(skip_prefix(s).p - s.p);

	if (c->mode == FERRY_SEMVER_STRICT &&
	    (prefix > 1 || (prefix == 1 && *s.p != 'v')))
		return WORD_BAD;
	if (s.n > FERRY_SEMVER_MAX || !low_end(&v, p))
		return WORD_FATAL;
	return push(c, op, &v);
}

static bool
is_whole(const struct ferry_semver_partial *p)
{

	return !ferry_semver_is_x(p->part[0]) &&
	       !ferry_semver_is_x(p->part[1]) && !ferry_semver_is_x(p->part[2]);
}

/* Whether a number stands behind an x, where it can mean nothing. */
static bool
is_disordered(const struct ferry_semver_partial *p)
{

	return (ferry_semver_is_x(p->part[0]) &&
		   !ferry_semver_is_x(p->part[1])) ||
	       (ferry_semver_is_x(p->part[1]) &&
		   !ferry_semver_is_x(p->part[2]));
}

/*
 * The sources take the first "*" with its operator out of a word that is
 * otherwise not understood: "1.2.3*" is 1.2.3.  The bytes are ours to change.
 */
static struct ferry_bytes
drop_star(struct ferry_bytes s, uint8_t *bytes)
{
	const uint8_t *star = memchr(s.p, '*', s.n);
	size_t at = (size_t)(star - s.p), from = at;

	if (from > 0 && s.p[from - 1] == '=')
		from--;
	if (from > 0 && (s.p[from - 1] == '<' || s.p[from - 1] == '>'))
		from--;
	memmove(bytes + from, bytes + at + 1, s.n - at - 1);
	return ferry_bytes_of(bytes, s.n - (at + 1 - from));
}

static enum word
compile_word(struct compiler *c, uint8_t *bytes, size_t n)
{
	struct ferry_bytes s = ferry_bytes_of(bytes, n), rest;
	struct ferry_semver_partial p;
	bool has_op;
	enum op op;

	if (s.n == 0) {
		c->star = true;
		return WORD_OK;
	}
	if (*s.p == '^' || *s.p == '~') {
		size_t sigil = *s.p == '~' && s.n > 1 && s.p[1] == '>' ? 2 : 1;

		rest = skip_prefix(ferry_bytes_of(s.p + sigil, s.n - sigil));
		if (!ferry_semver_partial_parse(&p, rest, c->mode))
			return WORD_BAD;
		if (rest.n > FERRY_SEMVER_MAX)
			return WORD_FATAL;
		return *s.p == '^' ? compile_caret(c, &p)
		                   : compile_tilde(c, &p);
	}
	rest = take_op(s, &has_op, &op);
	if (ferry_semver_partial_parse(&p, skip_prefix(rest), c->mode) &&
	    !is_disordered(&p))
		return is_whole(&p) ? compile_whole(c, op, rest, &p)
		                    : compile_x(c, has_op, op, &p);
	if (memchr(s.p, '*', s.n) == NULL)
		return WORD_BAD;
	s = drop_star(s, bytes);
	rest = take_op(s, &has_op, &op);
	if (ferry_semver_partial_parse(&p, skip_prefix(rest), c->mode) &&
	    is_whole(&p))
		return compile_whole(c, op, rest, &p);
	return WORD_BAD;
}

/* One end of a hyphen range. */
static enum word
compile_end(struct compiler *c, struct ferry_bytes s,
    const struct ferry_semver_partial *p, bool low)
{
	struct ferry_semver v;

	if (ferry_semver_is_x(p->part[0])) {
		c->star = true;
		return WORD_OK;
	}
	if (!ferry_semver_is_x(p->part[1]) && !ferry_semver_is_x(p->part[2])) {
		struct ferry_bytes bare = skip_prefix(s);

		/* The high end is written anew if it has a pre-release. */
		if (!low && p->pre.n > 0)
			s = bare;
		/* Blanks in "v 1.2.3" part the operator from the version. */
		if (memchr(s.p, ' ', (size_t)(bare.p - s.p)) != NULL)
			return c->mode == FERRY_SEMVER_STRICT
			           ? WORD_BAD
			           : compile_whole(c, OP_EQ, bare, p);
		return compile_whole(c, low ? OP_GE : OP_LE, s, p);
	}
	if (!low_end(&v, p))
		return WORD_FATAL;
	if (low)
		return push(c, OP_GE, &v);
	if (ferry_semver_is_x(p->part[1]))
		return push_below(c, v.major + 1, 0, 0);
	return push_below(c, v.major, v.minor + 1, 0);
}

/* "1.2 - 2.3.4", or WORD_BAD if s is not that; then nothing was compiled. */
static enum word
compile_hyphen(struct compiler *c, struct ferry_bytes s)
{
	for (size_t i = 1; i + 2 < s.n; i++) {
		struct ferry_bytes a, b;
		struct ferry_semver_partial low, high;
		enum word word, other;

		if (memcmp(s.p + i, " - ", 3) != 0)
			continue;
		a = ferry_bytes_of(s.p, i);
		b = ferry_semver_trim(ferry_bytes_of(s.p + i + 3, s.n - i - 3));
		if (!ferry_semver_partial_parse(
			&low, skip_prefix(a), c->mode) ||
		    !ferry_semver_partial_parse(&high, skip_prefix(b), c->mode))
			return WORD_BAD;
		word = compile_end(c, a, &low, true);
		if (word == WORD_FATAL || word == WORD_NOMEM)
			return word;
		other = compile_end(c, b, &high, false);
		if (other == WORD_FATAL || other == WORD_NOMEM)
			return other;
		/* In the right shape, so what is left can only be refused. */
		return word == WORD_BAD || other == WORD_BAD ? WORD_FATAL
		                                             : WORD_OK;
	}
	return WORD_BAD;
}

/* How many bytes at p are an operator: "<", ">", "=", "<=" or ">=". */
static size_t
op_size(const uint8_t *p, const uint8_t *end)
{

	if (p == end || (*p != '<' && *p != '>' && *p != '='))
		return 0;
	return *p != '=' && p + 1 < end && p[1] == '=' ? 2 : 1;
}

/*
 * Take the blank out of "> 1.2" in the n bytes at s, so that a word is a
 * comparator.  Blanks behind further "v" and "=" stay and part words.
 * Returns how many bytes are left.
 */
static size_t
join_comparators(uint8_t *s, size_t n)
{
	size_t out = 0;

	for (size_t i = 0, j, k; i < n;) {
		bool word = i == 0 || !ferry_semver_is_ident(s[i - 1]);

		j = i + op_size(s + i, s + n);
		k = j > i && j < n && s[j] == ' ' ? j + 1 : j;
		if (j > i || (s[i] == 'v' && word))
			while (k < n &&
			       (s[k] == 'v' || s[k] == '=' || s[k] == ' '))
				k++;
		if (k == j || k == n ||
		    !(ferry_semver_is_digit(s[k]) || s[k] == 'x' ||
			s[k] == 'X' || s[k] == '*')) {
			s[out++] = s[i++];
			continue;
		}
		while (i < k) {
			if (i != j || s[i] != ' ')
				s[out++] = s[i];
			i++;
		}
	}
	return out;
}

/* The same for "~ 1.2", "~> 1.2" and "^ 1.2". */
static size_t
join_sigils(uint8_t *s, size_t n)
{
	size_t out = 0;

	for (size_t i = 0; i < n;) {
		uint8_t sigil = s[i];

		s[out++] = s[i++];
		if ((sigil == '^' || sigil == '~') && i < n && s[i] == ' ')
			i++;
		else if (sigil == '~' && i + 1 < n && s[i] == '>' &&
			 s[i + 1] == ' ')
			i += 2;
	}
	return out;
}

/* Build metadata means nothing anywhere in a range. */
static size_t
strip_builds(uint8_t *s, size_t n)
{
	size_t out = 0;

	for (size_t i = 0; i < n;) {
		if (s[i] == '+' && i + 1 < n &&
		    ferry_semver_is_ident(s[i + 1])) {
			for (i++; i < n && ferry_semver_is_ident(s[i]);) {
				i++;
				if (i + 1 < n && s[i] == '.' &&
				    ferry_semver_is_ident(s[i + 1]))
					i++;
			}
			continue;
		}
		s[out++] = s[i++];
	}
	return out;
}

/* One set: the n bytes at s, which are ours to change. */
static enum word
compile_set(struct compiler *c, uint8_t *s, size_t n)
{
	enum word word;
	size_t end;

	c->from = c->range->n;
	c->any = c->star = false;
	n = strip_builds(s, n);
	word = compile_hyphen(c, ferry_bytes_of(s, n));
	if (word == WORD_BAD) {
		n = join_sigils(s, join_comparators(s, n));
		for (size_t i = 0; i <= n; i = end + 1) {
			for (end = i; end < n && s[end] != ' '; end++)
				;
			word = compile_word(c, s + i, end - i);
			if (word == WORD_BAD && c->mode == FERRY_SEMVER_STRICT)
				word = WORD_FATAL;
			if (word == WORD_FATAL || word == WORD_NOMEM)
				return word;
			/* Words that become nothing are seen at the ends. */
			c->any = c->any || (c->star && (i == 0 || end == n));
			c->star = false;
		}
	} else if (word != WORD_OK) {
		return word;
	}
	c->any = c->any || c->star;
	if (c->range->n > c->from)
		return WORD_OK;
	c->range->any = c->range->any || c->any;
	return c->any ? WORD_OK : WORD_BAD;
}

/* Copy text with every run of blanks as one space, and none at the ends. */
static int
normalise(
    struct ferry_buf *buf, struct ferry_bytes text, struct ferry_error *err)
{
	const uint8_t *p = text.p, *end = text.p + text.n;
	bool pending = false;

	if (ferry_buf_reserve(buf, text.n, err) == -1)
		return -1;
	while (p < end) {
		size_t n = ferry_semver_blank(p, end);

		if (n > 0) {
			pending = buf->n > 0;
			p += n;
			continue;
		}
		if (pending)
			buf->p[buf->n++] = ' ';
		pending = false;
		buf->p[buf->n++] = *p++;
	}
	return 0;
}

static enum word
compile(struct compiler *c)
{
	struct ferry_buf *text = &c->range->text;
	enum word word, all = WORD_BAD;

	for (size_t i = 0, end; i <= text->n; i = end + 2) {
		struct ferry_bytes part;

		for (end = i; end < text->n; end++)
			if (text->p[end] == '|' && end + 1 < text->n &&
			    text->p[end + 1] == '|')
				break;
		part = ferry_semver_trim(ferry_bytes_of(text->p + i, end - i));
		word = compile_set(c, text->p + (part.p - text->p), part.n);
		if (word == WORD_FATAL || word == WORD_NOMEM)
			return word;
		if (word == WORD_OK)
			all = WORD_OK;
	}
	return all;
}

int
ferry_semver_range_new(struct ferry_semver_range **out, struct ferry_bytes text,
    enum ferry_semver_mode mode, struct ferry_error *err)
{
	struct compiler c = { .mode = mode, .err = err };
	struct ferry_semver_range *range = NULL;
	enum word word;
	int rc = -1;

	if (text.n > FERRY_SEMVER_RANGE_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a version range has %zu bytes, more than %d", text.n,
		    FERRY_SEMVER_RANGE_MAX);
	if (ferry_calloc(&range, 1, sizeof(*range), err) == -1 ||
	    normalise(&range->text, text, err) == -1)
		goto out;
	range->star = range->text.n == 0 ||
	              ferry_bytes_is(ferry_bytes_buf(&range->text), "*");
	c.range = range;
	word = compile(&c);
	if (word == WORD_NOMEM)
		goto out;
	if (word != WORD_OK) {
		ferry_error_set(err, FERRY_EFORMAT,
		    "'%.*s' is not a version range",
		    (int)(text.n < 200 ? text.n : 200), (const char *)text.p);
		goto out;
	}
	/*
	 * A set that lets in everything makes the others superfluous, even
	 * those that would let in pre-releases: the sources say so.
	 */
	if (range->any)
		range->n = 0;
	*out = range;
	range = NULL;
	rc = 0;
out:
	ferry_semver_range_free(range);
	return rc;
}

void
ferry_semver_range_free(struct ferry_semver_range *range)
{

	if (range == NULL)
		return;
	ferry_buf_free(&range->text);
	free(range->list);
	free(range);
}

static bool
satisfies(const struct comparator *c, const struct ferry_semver *v)
{
	int order = ferry_semver_cmp(v, &c->version);

	switch (c->op) {
	case OP_LT:
		return order < 0;
	case OP_LE:
		return order <= 0;
	case OP_GT:
		return order > 0;
	case OP_GE:
		return order >= 0;
	case OP_EQ:
		break;
	}
	return order == 0;
}

bool
ferry_semver_range_has(
    const struct ferry_semver_range *range, const struct ferry_semver *v)
{

	if (range->any)
		return v->pre.n == 0;
	for (size_t i = 0, end; i < range->n; i = end) {
		bool in = true, named = v->pre.n == 0;

		for (end = i;
		     end < range->n && (end == i || !range->list[end].first);
		     end++) {
			const struct comparator *c = &range->list[end];

			in = in && satisfies(c, v);
			named = named || (c->version.pre.n > 0 &&
					     c->version.major == v->major &&
					     c->version.minor == v->minor &&
					     c->version.patch == v->patch);
		}
		if (in && named)
			return true;
	}
	return false;
}

bool
ferry_semver_range_star(const struct ferry_semver_range *range)
{

	return range->star;
}
