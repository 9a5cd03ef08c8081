#include "sync/select/images/variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"

#define NESTING_MAX 16 /* of ${A:-${B:-…}} */

struct ferry_variable {
	char *name;
	char *value; /* NULL: known to have none */
};

static struct ferry_variable *
find(const struct ferry_variables *vars, struct ferry_bytes name)
{

	for (size_t i = 0; i < vars->n; i++)
		if (ferry_bytes_is(name, vars->v[i].name))
			return &vars->v[i];
	return NULL;
}

const char *
ferry_variables_get(const struct ferry_variables *vars, struct ferry_bytes name)
{
	const struct ferry_variable *var = find(vars, name);

	return var == NULL ? NULL : var->value;
}

bool
ferry_variables_has(const struct ferry_variables *vars, struct ferry_bytes name)
{

	return find(vars, name) != NULL;
}

int
ferry_variables_set(struct ferry_variables *vars, struct ferry_bytes name,
    struct ferry_bytes value, struct ferry_error *err)
{
	struct ferry_variable *var = find(vars, name);
	char *copy = NULL;

	if (value.n > FERRY_VARS_VALUE_MAX || name.n > FERRY_VARS_VALUE_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a variable has more than %d bytes", FERRY_VARS_VALUE_MAX);
	if (var == NULL && vars->n == FERRY_VARS_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "there are more than %d variables", FERRY_VARS_MAX);
	if (value.p != NULL && ferry_strndup(&copy, value, err) == -1)
		return -1;
	if (var == NULL) {
		if (ferry_array_grow(&vars->v, &vars->cap, vars->n + 1,
			sizeof(vars->v[0]), err) == -1 ||
		    ferry_strndup(&vars->v[vars->n].name, name, err) == -1) {
			free(copy);
			return -1;
		}
		var = &vars->v[vars->n++];
		var->value = NULL;
	}
	free(var->value);
	var->value = copy;
	return 0;
}

void
ferry_variables_free(struct ferry_variables *vars)
{

	for (size_t i = 0; i < vars->n; i++) {
		free(vars->v[i].name);
		free(vars->v[i].value);
	}
	free(vars->v);
	*vars = (struct ferry_variables){ 0 };
}

struct expander {
	const struct ferry_variables *vars;
	const struct ferry_variables_style *style;
	const uint8_t *p, *end;
	struct ferry_buf *out;
	size_t limit; /* of out->n */
	unsigned dry; /* > 0: what is read is not used */
	unsigned depth;
	bool quoted; /* inside "…" */
	char *why;
	struct ferry_error *err;
};

static int expand(struct expander *x, bool nested);

static bool
is_name(uint8_t c, bool first)
{

	return (c | 32) >= 'a' && (c | 32) <= 'z' ? true
	       : c == '_'                         ? true
	                  : !first && c >= '0' && c <= '9';
}

static struct ferry_bytes
take_name(struct expander *x)
{
	const uint8_t *start = x->p;

	while (x->p < x->end && is_name(*x->p, x->p == start))
		x->p++;
	return ferry_bytes_of(start, (size_t)(x->p - start));
}

static int
say(struct expander *x, const char *what)
{

	(void)snprintf(x->why, FERRY_VARS_WHY, "%s", what);
	return 0;
}

static int
emit(struct expander *x, const void *p, size_t n)
{

	if (x->dry > 0)
		return 1;
	if (n > x->limit - x->out->n)
		return say(x, "it becomes too long with its variables");
	return ferry_buf_add(x->out, p, n, x->err) == -1 ? -1 : 1;
}

/* name has no value; from is where it started in the text. */
static int
unknown(struct expander *x, struct ferry_bytes name, const uint8_t *from)
{
	int rc;

	if (x->dry > 0)
		return 1;
	if (x->style->unknown == FERRY_VARS_KEEP) {
		rc = emit(x, &x->style->escape, 1);
		return rc == 1 ? emit(x, from, (size_t)(x->p - from)) : rc;
	}
	(void)snprintf(x->why, FERRY_VARS_WHY,
	    "the variable %.*s has no value here",
	    (int)(name.n < 80 ? name.n : 80), (const char *)name.p);
	return 0;
}

/* The word behind ${NAME:- and its like, used or not. */
static int
word(struct expander *x, bool used)
{
	int rc;

	x->dry += !used;
	x->depth++;
	rc = expand(x, true);
	x->depth--;
	x->dry -= !used;
	return rc;
}

/* x->p is behind "${". */
static int
braces(struct expander *x, const uint8_t *from)
{
	struct ferry_bytes name = take_name(x);
	const char *value = ferry_variables_get(x->vars, name);
	bool colon = x->p < x->end && *x->p == ':', has;
	int rc = 1;
	uint8_t op;

	x->p += colon;
	op = x->p < x->end ? *x->p : 0;
	has = value != NULL && !(colon && *value == 0);
	if (name.n == 0 || op == 0 ||
	    strchr(colon ? "-+?" : "-+?}", (char)op) == NULL)
		return say(x, "it has a substitution that ferry cannot read");
	if (x->depth >= NESTING_MAX)
		return say(x, "its substitutions are nested too deep");
	if (has && op != '+')
		rc = emit(x, value, strlen(value));
	if (rc == 1 && op != '}') {
		x->p++;
		rc = word(x, op == '-' ? !has : op == '+' && has);
	}
	if (rc != 1)
		return rc;
	if (x->p == x->end)
		return say(x, "it has a substitution without an end");
	x->p++; /* the brace */
	return has || op == '-' || op == '+' ? 1 : unknown(x, name, from);
}

/* x->p is at a dollar sign. */
static int
dollar(struct expander *x)
{
	const uint8_t *from = x->p++;
	struct ferry_bytes name;
	const char *value;

	if (x->p < x->end && *x->p == '$' &&
	    x->style->syntax == FERRY_VARS_COMPOSE) {
		x->p++;
		return emit(x, "$", 1);
	}
	if (x->p < x->end && *x->p == '{') {
		x->p++;
		return braces(x, from);
	}
	name = take_name(x);
	if (name.n == 0)
		return emit(x, "$", 1);
	value = ferry_variables_get(x->vars, name);
	return value == NULL ? unknown(x, name, from)
	                     : emit(x, value, strlen(value));
}

/* x->p is at a single quote. */
static int
single_quoted(struct expander *x)
{
	const uint8_t *start = ++x->p, *stop;

	stop = memchr(start, '\'', (size_t)(x->end - start));
	x->p = stop == NULL ? x->end : stop + 1;
	return emit(x, start, (size_t)((stop == NULL ? x->end : stop) - start));
}

/* Quotes and escapes of a Dockerfile; anything else is itself. */
static int
docker_byte(struct expander *x)
{
	uint8_t c = *x->p, next = x->p + 1 < x->end ? x->p[1] : 0;

	if (c == '\'' && !x->quoted)
		return single_quoted(x);
	if (c == '"') {
		x->quoted = !x->quoted;
		x->p++;
		return 1;
	}
	/* Inside quotes only what would mean something is escaped. */
	if (c == (uint8_t)x->style->escape && x->p + 1 < x->end &&
	    (!x->quoted || next == '"' || next == '$' || next == c))
		c = *++x->p;
	x->p++;
	return emit(x, &c, 1);
}

/* Up to the end, or, nested, to the brace that closes it. */
static int
expand(struct expander *x, bool nested)
{
	int rc = 1;

	while (rc == 1 && x->p < x->end && !(nested && *x->p == '}')) {
		if (*x->p == '$')
			rc = dollar(x);
		else if (x->style->syntax == FERRY_VARS_DOCKER)
			rc = docker_byte(x);
		else
			rc = emit(x, x->p++, 1);
	}
	return rc;
}

int
ferry_variables_expand(struct ferry_buf *out,
    const struct ferry_variables *vars, struct ferry_bytes text,
    const struct ferry_variables_style *style, char why[FERRY_VARS_WHY],
    struct ferry_error *err)
{
	struct expander x = { .vars = vars,
		.style = style,
		.p = text.p,
		.end = text.p + text.n,
		.out = out,
		.limit = out->n,
		.why = why,
		.err = err };

	x.limit += style->max == 0 ? FERRY_VARS_VALUE_MAX : style->max;
	return ferry_buf_reserve(out, 0, err) == -1 ? -1 : expand(&x, false);
}

/* A .env file on its way. */
struct dotenv {
	struct ferry_variables *vars;
	const uint8_t *p, *end;
	unsigned line;
	struct ferry_buf raw; /* a value before its variables are replaced */
	struct ferry_buf value;
};

static void
skip_blanks(struct dotenv *d)
{

	while (d->p < d->end && (*d->p == ' ' || *d->p == '\t'))
		d->p++;
}

static void
skip_line(struct dotenv *d)
{

	while (d->p < d->end && *d->p != '\n')
		d->p++;
}

static bool
at_line_end(const struct dotenv *d)
{

	return d->p == d->end || *d->p == '\n' || *d->p == '\r';
}

static int
malformed(const struct dotenv *d, const char *what, struct ferry_error *err)
{

	return ferry_error_set(
	    err, FERRY_EFORMAT, "line %u: %s", d->line, what);
}

/* d->p is at the quote; the value goes to d->raw, its variables unreplaced. */
static int
dotenv_quoted(struct dotenv *d, struct ferry_error *err)
{
	static const char from[] = "nrt", to[] = "\n\r\t";
	const char quote = (char)*d->p++, *at;

	for (; d->p < d->end && *d->p != (uint8_t)quote; d->p++) {
		uint8_t c = *d->p;

		if (c == '\n')
			d->line++;
		if (c == '\\' && d->p + 1 < d->end && quote == '"') {
			c = *++d->p;
			at = c == 0 ? NULL : strchr(from, (char)c);
			c = at == NULL ? c : (uint8_t)to[at - from];
			/* "\$" is a dollar sign, as "$$" is. */
			if (c == '$' && ferry_buf_adds(&d->raw, "$", err) == -1)
				return -1;
		}
		if (ferry_buf_add(&d->raw, &c, 1, err) == -1)
			return -1;
	}
	if (d->p == d->end)
		return malformed(d, "a quote without an end", err);
	d->p++;
	skip_blanks(d);
	if (!at_line_end(d) && *d->p != '#')
		return malformed(d, "something behind the quotes", err);
	return 0;
}

static int
dotenv_bare(struct dotenv *d, struct ferry_error *err)
{
	const uint8_t *start = d->p, *stop;

	while (!at_line_end(d) &&
	       !(*d->p == '#' &&
		   (d->p == start || d->p[-1] == ' ' || d->p[-1] == '\t')))
		d->p++;
	for (stop = d->p; stop > start && (stop[-1] == ' ' || stop[-1] == '\t');
	     stop--)
		;
	return ferry_buf_add(&d->raw, start, (size_t)(stop - start), err);
}

/* d->p is behind '='. */
static int
dotenv_value(struct dotenv *d, struct ferry_bytes name, struct ferry_error *err)
{
	static const struct ferry_variables_style style = {
		.syntax = FERRY_VARS_COMPOSE
	};
	char why[FERRY_VARS_WHY];
	uint8_t quote;
	int rc;

	skip_blanks(d);
	quote = d->p < d->end ? *d->p : 0;
	ferry_buf_reset(&d->raw);
	ferry_buf_reset(&d->value);
	if (ferry_buf_reserve(&d->raw, 0, err) == -1)
		return -1;
	rc = quote == '"' || quote == '\'' ? dotenv_quoted(d, err)
	                                   : dotenv_bare(d, err);
	if (rc == -1)
		return -1;
	if (quote == '\'')
		return ferry_variables_set(
		    d->vars, name, ferry_bytes_buf(&d->raw), err);
	rc = ferry_variables_expand(
	    &d->value, d->vars, ferry_bytes_buf(&d->raw), &style, why, err);
	if (rc == -1)
		return -1;
	return ferry_variables_set(d->vars, name,
	    rc == 1 ? ferry_bytes_buf(&d->value) : ferry_bytes_of(NULL, 0),
	    err);
}

static int
dotenv_line(struct dotenv *d, struct ferry_error *err)
{
	static const char export[] = "export";
	const size_t n = sizeof(export) - 1;
	struct ferry_bytes name;
	const uint8_t *start;

	skip_blanks(d);
	if (at_line_end(d) || *d->p == '#')
		return 0;
	if ((size_t)(d->end - d->p) > n && memcmp(d->p, export, n) == 0 &&
	    (d->p[n] == ' ' || d->p[n] == '\t')) {
		d->p += n;
		skip_blanks(d);
	}
	start = d->p;
	while (d->p < d->end &&
	       (is_name(*d->p, d->p == start) ||
		   (d->p > start && (*d->p == '.' || *d->p == '-'))))
		d->p++;
	name = ferry_bytes_of(start, (size_t)(d->p - start));
	skip_blanks(d);
	if (name.n == 0)
		return malformed(d, "not the name of a variable", err);
	if (at_line_end(d) || *d->p == '#')
		return ferry_variables_set(
		    d->vars, name, ferry_bytes_of(NULL, 0), err);
	if (*d->p != '=' && *d->p != ':')
		return malformed(d, "no '=' behind the name", err);
	d->p++;
	return dotenv_value(d, name, err);
}

int
ferry_variables_dotenv(struct ferry_variables *vars, struct ferry_bytes text,
    struct ferry_error *err)
{
	struct dotenv d = { .vars = vars, .p = text.p, .end = text.p + text.n };
	int rc = 0;

	if (ferry_bytes_starts(text, "\xef\xbb\xbf"))
		d.p += 3;
	while (rc == 0 && d.p < d.end) {
		d.line++;
		if ((rc = dotenv_line(&d, err)) == -1)
			break;
		skip_line(&d);
		d.p += d.p < d.end;
	}
	ferry_buf_free(&d.raw);
	ferry_buf_free(&d.value);
	return rc;
}
