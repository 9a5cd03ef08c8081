#include "serve/replay/nuget/odata.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "store/base/bytes.h"
#include "store/base/error.h"
#include "store/format/nuget/version.h"

#define DEPTH_MAX 32
#define LITERAL_MAX 256 /* bytes; ids and versions are shorter */

/* A filter is read anew for each entry: it is short, and nothing has to be kept
 * of it. */
struct reader {
	const char *filter, *at;
	unsigned depth;
	const struct ferry_odata_entry *entry;
	struct ferry_error *err;
};

enum kind { NOTHING, TRUTH, TEXT, VERSION };
struct value {
	enum kind kind;
	bool truth;
	const char *text; /* of a record, or literal */
	char literal[LITERAL_MAX];
};

static int read_value(struct reader *r, struct value *out);
static int read_or(struct reader *r, struct value *out);

static int
bad(struct reader *r, const char *what)
{

	return ferry_error_set(r->err, FERRY_EFORMAT,
	    "$filter: %s at byte %zu: '%.40s'", what,
	    (size_t)(r->at - r->filter) + 1, r->at);
}

static void
skip_blanks(struct reader *r)
{

	while (*r->at == ' ' || *r->at == '\t')
		r->at++;
}

static size_t
word_length(const struct reader *r)
{
	size_t n = 0;

	while (isalnum((unsigned char)r->at[n]) || r->at[n] == '_')
		n++;
	return n;
}

/* Take the next word if it is this one. */
static bool
take_word(struct reader *r, const char *word)
{
	size_t n = strlen(word);

	skip_blanks(r);
	if (word_length(r) != n || strncmp(r->at, word, n) != 0)
		return false;
	r->at += n;
	return true;
}

static int
take_sign(struct reader *r, char sign)
{

	skip_blanks(r);
	if (*r->at != sign)
		return bad(r, sign == ')'   ? "no ')'"
			      : sign == ',' ? "no ','"
					    : "no '('");
	r->at++;
	return 0;
}

/* Operands */

static int
read_literal(struct reader *r, struct value *out)
{
	size_t n = 0;

	for (r->at++; r->at[0] != '\'' || r->at[1] == '\''; r->at++) {
		if (*r->at == 0)
			return bad(r, "no \"'\" at the end of a text");
		if (*r->at == '\'')
			r->at++;
		if (n + 1 == sizeof(out->literal))
			return ferry_error_set(r->err, FERRY_ELIMIT,
			    "$filter: a text is over %d bytes", LITERAL_MAX);
		out->literal[n++] = *r->at;
	}
	r->at++;
	out->literal[n] = 0;
	out->kind = TEXT;
	out->text = out->literal;
	return 0;
}

static bool
property_truth(const struct reader *r, const char *name, size_t n, bool *out)
{
	const struct ferry_odata_entry *e = r->entry;
	const struct {
		const char *name;
		bool is;
	} truths[] = { { "IsLatestVersion", e->latest },
		{ "IsAbsoluteLatestVersion", e->absolute },
		{ "IsPrerelease", e->held->v.labels.n > 0 },
		{ "Listed", e->held->listed } };

	for (size_t i = 0; i < sizeof(truths) / sizeof(truths[0]); i++)
		if (strlen(truths[i].name) == n &&
		    strncmp(truths[i].name, name, n) == 0) {
			*out = truths[i].is;
			return true;
		}
	return false;
}

static const char *
property_text(const struct reader *r, const char *name, size_t n)
{
	static const struct {
		const char *name, *member;
	} texts[] = { { "Authors", "authors" }, { "Title", "title" },
		{ "Description", "description" }, { "Summary", "summary" },
		{ "Tags", "tags" }, { "ProjectUrl", "projectUrl" },
		{ "Copyright", "copyright" } };
	const json_t *record = r->entry->held->record;

	if (n == 2 && strncmp(name, "Id", n) == 0)
		return ferry_nuget_said(record, "id");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strlen(texts[i].name) == n &&
		    strncmp(texts[i].name, name, n) == 0)
			return ferry_nuget_about(record, texts[i].member);
	return NULL;
}

static int
read_property(struct reader *r, struct value *out)
{
	size_t n = word_length(r);

	if (n == 0)
		return bad(r, "no operand");
	if ((n == 7 && strncmp(r->at, "Version", n) == 0) ||
	    (n == 17 && strncmp(r->at, "NormalizedVersion", n) == 0)) {
		out->kind = VERSION;
		out->text = r->entry->held->key;
	} else if (property_truth(r, r->at, n, &out->truth)) {
		out->kind = TRUTH;
	} else if ((out->text = property_text(r, r->at, n)) != NULL) {
		out->kind = TEXT;
	} else {
		return bad(r, "a property that this server cannot filter by");
	}
	r->at += n;
	return 0;
}

/* Functions */

/* In any case. */
static const char *
find_text(const char *in, const char *what)
{
	size_t n = strlen(what);

	for (; *in != 0 || n == 0; in++)
		if (strncasecmp(in, what, n) == 0)
			return in;
	return NULL;
}

static bool
call_two(const char *function, const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);

	if (strcmp(function, "substringof") == 0)
		return find_text(b, a) != NULL;
	if (strcmp(function, "startswith") == 0)
		return strncasecmp(a, b, nb) == 0;
	return na >= nb && strcasecmp(a + na - nb, b) == 0; /* endswith */
}

/* What function( stands before.  Returns: 1; 0 if there is none; -1. */
static int
read_function(struct reader *r, struct value *out)
{
	static const char *const two[] = { "substringof", "startswith",
		"endswith" };
	static const char *const one[] = { "tolower", "toupper", "trim" };
	struct value a = { .kind = NOTHING }, b = { .kind = NOTHING };

	for (size_t i = 0; i < sizeof(one) / sizeof(one[0]); i++)
		if (take_word(r, one[i]))
			return take_sign(r, '(') == -1 ||
			               read_value(r, out) == -1 ||
			               take_sign(r, ')') == -1
			           ? -1
			           : 1;
	for (size_t i = 0; i < sizeof(two) / sizeof(two[0]); i++) {
		if (!take_word(r, two[i]))
			continue;
		if (take_sign(r, '(') == -1 || read_value(r, &a) == -1 ||
		    take_sign(r, ',') == -1 || read_value(r, &b) == -1 ||
		    take_sign(r, ')') == -1)
			return -1;
		out->kind = TRUTH;
		out->truth = a.text != NULL && b.text != NULL &&
		             call_two(two[i], a.text, b.text);
		return 1;
	}
	return 0;
}

static int
read_operand(struct reader *r, struct value *out)
{
	int rc;

	*out = (struct value){ .kind = NOTHING };
	skip_blanks(r);
	if (*r->at == '\'')
		return read_literal(r, out);
	if (*r->at == '(') {
		r->at++;
		return read_or(r, out) == -1 ? -1 : take_sign(r, ')');
	}
	if (take_word(r, "null"))
		return 0;
	if ((out->truth = take_word(r, "true")) || take_word(r, "false")) {
		out->kind = TRUTH;
		return 0;
	}
	if ((rc = read_function(r, out)) != 0)
		return rc == -1 ? -1 : 0;
	return read_property(r, out);
}

static int
read_value(struct reader *r, struct value *out)
{
	int rc;

	if (++r->depth > DEPTH_MAX)
		return ferry_error_set(r->err, FERRY_ELIMIT,
		    "$filter: more than %d brackets in each other", DEPTH_MAX);
	rc = read_operand(r, out);
	r->depth--;
	return rc;
}

/* Comparisons */

/* <0, 0, >0. */
static int
order_of(const struct value *a, const struct value *b)
{
	struct ferry_nuget_version va, vb;
	struct ferry_error ignored = FERRY_ERROR_INIT;

	if ((a->kind == VERSION || b->kind == VERSION) &&
	    ferry_nuget_version_parse(
		&va, ferry_bytes_str(a->text), &ignored) == 0 &&
	    ferry_nuget_version_parse(
		&vb, ferry_bytes_str(b->text), &ignored) == 0)
		return ferry_nuget_version_order(&va, &vb);
	return strcasecmp(a->text, b->text);
}

static bool
compare(const char *sign, const struct value *a, const struct value *b)
{
	bool texts = a->text != NULL && b->text != NULL;
	bool same = texts ? order_of(a, b) == 0
	                  : a->kind == b->kind && a->truth == b->truth;
	int order = texts ? order_of(a, b) : 0;

	if (strcmp(sign, "eq") == 0)
		return same;
	if (strcmp(sign, "ne") == 0)
		return !same;
	if (!texts)
		return false;
	return strcmp(sign, "gt") == 0   ? order > 0
	       : strcmp(sign, "ge") == 0 ? order >= 0
	       : strcmp(sign, "lt") == 0 ? order < 0
	                                 : order <= 0;
}

static int
read_comparison(struct reader *r, struct value *out)
{
	static const char *const signs[] = { "eq", "ne", "gt", "ge", "lt",
		"le" };
	struct value a, b;
	bool not = false;

	while (take_word(r, "not"))
		not = !not ;
	if (read_value(r, &a) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (!take_word(r, signs[i]))
			continue;
		if (read_value(r, &b) == -1)
			return -1;
		*out = (struct value){ .kind = TRUTH,
			.truth = compare(signs[i], &a, &b) != not };
		return 0;
	}
	*out = a;
	if (a.text == a.literal)
		out->text = out->literal;
	if (not )
		*out = (struct value){ .kind = TRUTH, .truth = !a.truth };
	return 0;
}

/* And, or: both sides are always read. */

static int
read_and(struct reader *r, struct value *out)
{
	struct value b;

	if (read_comparison(r, out) == -1)
		return -1;
	while (take_word(r, "and")) {
		if (read_comparison(r, &b) == -1)
			return -1;
		*out = (struct value){ .kind = TRUTH,
			.truth = out->truth && b.truth };
	}
	return 0;
}

static int
read_or(struct reader *r, struct value *out)
{
	struct value b;

	if (read_and(r, out) == -1)
		return -1;
	while (take_word(r, "or")) {
		if (read_and(r, &b) == -1)
			return -1;
		*out = (struct value){ .kind = TRUTH,
			.truth = out->truth || b.truth };
	}
	return 0;
}

int
ferry_odata_holds(const char *filter, const struct ferry_odata_entry *entry,
    struct ferry_error *err)
{
	struct reader r = { filter, filter, 0, entry, err };
	struct value whole;

	skip_blanks(&r);
	if (*r.at == 0)
		return 1;
	if (read_or(&r, &whole) == -1)
		return -1;
	skip_blanks(&r);
	if (*r.at != 0)
		return bad(&r, "more than an expression");
	if (whole.kind != TRUTH)
		return bad(&r, "neither true nor false");
	return whole.truth ? 1 : 0;
}
