#include "sync/select/images/dockerfile_text.h"

#include <string.h>
#include <strings.h>

#include "store/base/error.h"

static bool
is_blank(uint8_t c)
{

	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static struct ferry_bytes
trim(struct ferry_bytes s)
{

	while (s.n > 0 && is_blank(*s.p))
		s = ferry_bytes_of(s.p + 1, s.n - 1);
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool
ferry_dockerfile_text_is(struct ferry_bytes word, const char *keyword)
{

	return word.n == strlen(keyword) &&
	       strncasecmp((const char *)word.p, keyword, word.n) == 0;
}

static bool
is_quote(uint8_t c)
{

	return c == '"' || c == '\'';
}

struct ferry_bytes
ferry_dockerfile_text_unquoted(struct ferry_bytes word)
{

	while (word.n > 0 && is_quote(*word.p))
		word = ferry_bytes_of(word.p + 1, word.n - 1);
	while (word.n > 0 && is_quote(word.p[word.n - 1]))
		word.n--;
	return word;
}

void
ferry_dockerfile_text_start(
    struct ferry_dockerfile_text *t, struct ferry_bytes text, size_t line)
{

	t->p = text.p;
	t->end = text.p + text.n;
	t->line = t->start = line;
	t->escape = '\\';
	ferry_buf_reset(&t->text);
}

void
ferry_dockerfile_text_free(struct ferry_dockerfile_text *t)
{

	ferry_buf_free(&t->text);
}

/* The next line without its end. */
static bool
next_line(struct ferry_dockerfile_text *t, struct ferry_bytes *line)
{
	const uint8_t *stop;
	size_t n;

	if (t->p == t->end)
		return false;
	stop = memchr(t->p, '\n', (size_t)(t->end - t->p));
	n = (size_t)((stop == NULL ? t->end : stop) - t->p);
	*line = ferry_bytes_of(t->p, n);
	t->p += n + (stop != NULL);
	t->line++;
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

/* Cut the escape at the end of *line that continues it, if there is one. */
static bool
cut_continuation(
    const struct ferry_dockerfile_text *t, struct ferry_bytes *line)
{
	size_t n = line->n;

	while (n > 0 && is_blank(line->p[n - 1]))
		n--;
	/* Two escapes are one that continues nothing. */
	if (n == 0 || line->p[n - 1] != (uint8_t)t->escape ||
	    (n > 1 && line->p[n - 2] == (uint8_t)t->escape))
		return false;
	line->n = n - 1;
	return true;
}

int
ferry_dockerfile_text_next(
    struct ferry_dockerfile_text *t, struct ferry_error *err)
{
	bool going_on = false;
	struct ferry_bytes line, trimmed;

	ferry_buf_reset(&t->text);
	while (next_line(t, &line)) {
		trimmed = trim(line);
		/* Also between the lines of an instruction. */
		if (trimmed.n == 0 || *trimmed.p == '#')
			continue;
		if (!going_on)
			t->start = t->line - 1;
		going_on = cut_continuation(t, &line);
		if (ferry_buf_add(&t->text, line.p, line.n, err) == -1)
			return -1;
		if (!going_on)
			return 1;
	}
	return t->text.n > 0;
}

struct ferry_bytes
ferry_dockerfile_text_word(
    const struct ferry_dockerfile_text *t, struct ferry_bytes *rest)
{
	struct ferry_bytes s = trim(*rest);
	uint8_t quote = 0;
	size_t i;

	for (i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (quote == 0 && is_blank(c))
			break;
		if (c == (uint8_t)t->escape && quote != '\'' && i + 1 < s.n)
			i++;
		else if (quote == 0 && (c == '"' || c == '\''))
			quote = c;
		else if (c == quote)
			quote = 0;
	}
	*rest = ferry_bytes_of(s.p + i, s.n - i);
	return ferry_bytes_of(s.p, i);
}

bool
ferry_dockerfile_text_flag(const struct ferry_dockerfile_text *t,
    struct ferry_bytes *rest, struct ferry_bytes *name,
    struct ferry_bytes *value)
{
	struct ferry_bytes after = *rest,
			   word = ferry_dockerfile_text_word(t, &after);
	const uint8_t *equals;

	if (word.n < 3 || !ferry_bytes_starts(word, "--"))
		return false;
	equals = memchr(word.p, '=', word.n);
	*name = word;
	*value = ferry_bytes_of(word.p + word.n, 0);
	if (equals != NULL) {
		name->n = (size_t)(equals - word.p);
		*value = ferry_bytes_of(equals + 1, word.n - name->n - 1);
	}
	*rest = after;
	return true;
}

int
ferry_dockerfile_text_skip(struct ferry_dockerfile_text *t,
    struct ferry_bytes rest, struct ferry_error *err)
{
	struct ferry_bytes word, line;

	while ((word = ferry_dockerfile_text_word(t, &rest)).n > 0) {
		bool tabs, found = false;
		size_t i = 0;

		while (i < word.n && word.p[i] >= '0' && word.p[i] <= '9')
			i++;
		word = ferry_bytes_of(word.p + i, word.n - i);
		if (!ferry_bytes_starts(word, "<<"))
			continue;
		tabs = word.n > 2 && word.p[2] == '-';
		word = ferry_bytes_of(word.p + 2 + tabs, word.n - 2 - tabs);
		word = ferry_dockerfile_text_unquoted(word);
		/* "<<<" is of the shell. */
		if (word.n == 0 || memchr(word.p, '<', word.n) != NULL)
			continue;
		while (!found && next_line(t, &line)) {
			while (tabs && line.n > 0 && *line.p == '\t')
				line = ferry_bytes_of(line.p + 1, line.n - 1);
			found = ferry_bytes_equal(line, word);
		}
		if (!found)
			return ferry_error_set(err, FERRY_EFORMAT,
			    "line %zu: a here-document without an end",
			    t->start);
	}
	return 0;
}

/* "# name=value"; false for everything else. */
static bool
read_directive(struct ferry_bytes line, struct ferry_bytes *name,
    struct ferry_bytes *value)
{
	const uint8_t *equals;

	line = trim(line);
	if (line.n == 0 || *line.p != '#' ||
	    (equals = memchr(line.p, '=', line.n)) == NULL)
		return false;
	*name = trim(ferry_bytes_of(line.p + 1, (size_t)(equals - line.p) - 1));
	*value = trim(
	    ferry_bytes_of(equals + 1, line.n - (size_t)(equals - line.p) - 1));
	for (size_t i = 0; i < name->n; i++)
		if ((name->p[i] | 32) < 'a' || (name->p[i] | 32) > 'z')
			return false;
	return name->n > 0 && value->n > 0;
}

bool
ferry_dockerfile_text_directive(struct ferry_dockerfile_text *t,
    struct ferry_bytes *name, struct ferry_bytes *value)
{
	const uint8_t *before = t->p;
	struct ferry_bytes line;

	if (!next_line(t, &line))
		return false;
	if (!read_directive(line, name, value)) {
		t->p = before;
		t->line--;
		return false;
	}
	t->start = t->line - 1;
	if (ferry_dockerfile_text_is(*name, "escape") && value->n == 1)
		t->escape = (char)*value->p;
	return true;
}
