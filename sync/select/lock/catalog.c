/*
 * gradle/libs.versions.toml: the part of TOML that version catalogs are written
 * in, which is tables of strings and of inline tables, one a line or over
 * several.
 *
 * Source: Gradle's user manual, "Version catalogs"; TOML 1.0.
 */

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/format/maven/names.h"
#include "sync/select/lock/kind.h"
#include "sync/select/lock/lock.h"

#define VERSIONS_MAX 20000
#define DEPTH 4

enum table { OTHER, VERSIONS, LIBRARIES, PLUGINS };

/* What a value says, however it is written. */
struct value {
	struct ferry_bytes text; /* a string alone */
	struct ferry_bytes module, group, name, id, version, ref;
};
struct named {
	struct ferry_bytes key, version;
};
struct catalog {
	const struct ferry_lock_sink *sink;
	struct ferry_bytes rest;
	struct named *versions;
	size_t n, cap;
};

/* Blanks, line ends and comments. */
static void
skip(struct catalog *c)
{

	while (c->rest.n > 0) {
		size_t n = 0;

		if (*c->rest.p == '#')
			while (n < c->rest.n && c->rest.p[n] != '\n')
				n++;
		else if (*c->rest.p <= ' ')
			n = 1;
		else
			return;
		c->rest = ferry_bytes_of(c->rest.p + n, c->rest.n - n);
	}
}

static bool
take(struct catalog *c, char ch)
{

	skip(c);
	if (c->rest.n == 0 || *c->rest.p != (uint8_t)ch)
		return false;
	c->rest = ferry_bytes_of(c->rest.p + 1, c->rest.n - 1);
	return true;
}

static bool
is_bare(uint8_t ch)
{

	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
	       (ch >= '0' && ch <= '9') || ch == '_' || ch == '-' || ch == '.';
}

/* A string in quotes, without escapes, which versions do not need. */
static bool
take_string(struct catalog *c, struct ferry_bytes *out)
{
	const uint8_t *end;
	uint8_t quote;

	skip(c);
	if (c->rest.n == 0 || (*c->rest.p != '"' && *c->rest.p != '\''))
		return false;
	quote = *c->rest.p;
	end = memchr(c->rest.p + 1, quote, c->rest.n - 1);
	if (end == NULL)
		return false;
	*out = ferry_bytes_of(c->rest.p + 1, (size_t)(end - c->rest.p) - 1);
	c->rest = ferry_bytes_of(end + 1, c->rest.n - out->n - 2);
	return memchr(out->p, '\n', out->n) == NULL;
}

/* "a-key", "version.ref", "in quotes". */
static bool
take_key(struct catalog *c, struct ferry_bytes *out)
{
	size_t n = 0;

	if (take_string(c, out))
		return true;
	while (n < c->rest.n && is_bare(c->rest.p[n]))
		n++;
	*out = ferry_bytes_of(c->rest.p, n);
	c->rest = ferry_bytes_of(c->rest.p + n, c->rest.n - n);
	return n > 0;
}

static void
keep(struct value *value, struct ferry_bytes key, struct ferry_bytes text,
    bool in_version)
{
	static const char *const versions[] = { "version.strictly",
		"version.require", "version.prefer" };
	static const char *const inner[] = { "strictly", "require", "prefer" };

	if (ferry_bytes_is(key, "module"))
		value->module = text;
	else if (ferry_bytes_is(key, "group"))
		value->group = text;
	else if (ferry_bytes_is(key, "name"))
		value->name = text;
	else if (ferry_bytes_is(key, "id"))
		value->id = text;
	else if (ferry_bytes_is(key, "version"))
		value->version = text;
	else if (ferry_bytes_is(key, "version.ref") ||
		 (in_version && ferry_bytes_is(key, "ref")))
		value->ref = text;
	for (size_t i = 0; i < 3; i++)
		if (ferry_bytes_is(key, versions[i]) ||
		    (in_version && ferry_bytes_is(key, inner[i]))) {
			/* What is preferred within what is required counts. */
			if (i == 2 || value->version.n == 0)
				value->version = text;
		}
}

/* What nothing here is made of: a list, a number. */
static bool
skip_value(struct catalog *c, unsigned depth)
{
	struct ferry_bytes ignored;
	size_t n = 0;

	if (take(c, '[')) {
		while (depth < DEPTH && !take(c, ']')) {
			if (!skip_value(c, depth + 1))
				return false;
			(void)take(c, ',');
		}
		return depth < DEPTH;
	}
	if (take_string(c, &ignored))
		return true;
	while (n < c->rest.n && is_bare(c->rest.p[n]))
		n++;
	c->rest = ferry_bytes_of(c->rest.p + n, c->rest.n - n);
	return n > 0;
}

/* A string, or an inline table of them. */
static bool
take_value(
    struct catalog *c, struct value *value, bool in_version, unsigned depth)
{
	struct ferry_bytes key, text;

	if (take_string(c, &value->text))
		return true;
	if (!take(c, '{'))
		return skip_value(c, 0);
	while (depth < DEPTH && !take(c, '}')) {
		if (!take_key(c, &key) || !take(c, '='))
			return false;
		if (take_string(c, &text))
			keep(value, key, text, in_version);
		else if (!take_value(c, value,
			     in_version || ferry_bytes_is(key, "version"),
			     depth + 1))
			return false;
		(void)take(c, ',');
	}
	return depth < DEPTH;
}

static struct ferry_bytes
find_version(const struct catalog *c, const struct value *value)
{

	for (size_t i = 0; i < c->n && value->ref.n > 0; i++)
		if (ferry_bytes_equal(c->versions[i].key, value->ref))
			return c->versions[i].version;
	return value->version;
}

static int
tell_one(const struct catalog *c, const struct ferry_buf *name,
    struct ferry_bytes version, struct ferry_error *err)
{
	struct ferry_lock_wanted wanted = { .files = "* gradle",
		.closure = true };
	char *copy = NULL;
	int rc;

	/* Without one, a platform says it. */
	if (version.n == 0 || name->n == 0)
		return 0;
	if (ferry_strndup(&copy, version, err) == -1)
		return -1;
	wanted.name = (char *)name->p;
	wanted.version = copy;
	rc = ferry_maven_name_valid(ferry_bytes_buf(name))
	         ? c->sink->on_wanted(c->sink->ctx, &wanted, err)
	         : c->sink->on_unmirrorable(c->sink->ctx, (char *)name->p, copy,
		       "not coordinates of a module", err);
	free(copy);
	return rc;
}

/* "g:a:v", or a table with module or group and name. */
static int
tell_library(
    const struct catalog *c, const struct value *value, struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT;
	struct ferry_bytes version = find_version(c, value), text = value->text;
	const uint8_t *colon;
	int rc = 0;

	if (text.n > 0) {
		colon = memrchr(text.p, ':', text.n);
		if (colon == NULL || memchr(text.p, ':', text.n) == colon)
			return 0;
		version = ferry_bytes_of(
		    colon + 1, text.n - (size_t)(colon - text.p) - 1);
		text.n = (size_t)(colon - text.p);
	} else if (value->module.n > 0) {
		text = value->module;
	}
	rc = text.n > 0 ? ferry_buf_add(&name, text.p, text.n, err)
	                : ferry_buf_addf(&name, err, "%.*s:%.*s",
			      (int)value->group.n, (const char *)value->group.p,
			      (int)value->name.n, (const char *)value->name.p);
	if (rc == 0)
		rc = tell_one(c, &name, version, err);
	ferry_buf_free(&name);
	return rc;
}

/* "id:version", or a table with id: the marker of the plugin. */
static int
tell_plugin(
    const struct catalog *c, const struct value *value, struct ferry_error *err)
{
	struct ferry_bytes id = value->id, version = find_version(c, value);
	struct ferry_buf name = FERRY_BUF_INIT;
	const uint8_t *colon;
	int rc;

	if (value->text.n > 0 &&
	    (colon = memchr(value->text.p, ':', value->text.n)) != NULL) {
		id = ferry_bytes_of(
		    value->text.p, (size_t)(colon - value->text.p));
		version = ferry_bytes_of(colon + 1, value->text.n - id.n - 1);
	}
	if (id.n == 0)
		return 0;
	rc = ferry_buf_addf(&name, err, "%.*s:%.*s.gradle.plugin", (int)id.n,
	    (const char *)id.p, (int)id.n, (const char *)id.p);
	if (rc == 0)
		rc = tell_one(c, &name, version, err);
	ferry_buf_free(&name);
	return rc;
}

static int
add_version(struct catalog *c, struct ferry_bytes key,
    const struct value *value, struct ferry_error *err)
{

	if (c->n == VERSIONS_MAX)
		return ferry_error_set(
		    err, FERRY_ELIMIT, "more than %d versions", VERSIONS_MAX);
	if (ferry_array_grow(&c->versions, &c->cap, c->n + 1,
		sizeof(*c->versions), err) == -1)
		return -1;
	c->versions[c->n++] = (struct named){ key,
		value->text.n > 0 ? value->text : value->version };
	return 0;
}

static int
bad_catalog(
    struct ferry_bytes text, const struct catalog *c, struct ferry_error *err)
{
	size_t line = 1;

	for (size_t i = 0; i < text.n - c->rest.n; i++)
		line += text.p[i] == '\n';
	return ferry_error_set(err, FERRY_EFORMAT,
	    "this is not the TOML of a version catalog; line %zu", line);
}

/* Tables come in any order: versions are read first. */
static int
read_tables(struct catalog *c, struct ferry_bytes text, bool versions,
    struct ferry_error *err)
{
	enum table table = OTHER;
	struct ferry_bytes key;
	int rc = 0;

	c->rest = text;
	for (skip(c); c->rest.n > 0 && rc == 0; skip(c)) {
		struct value value = { .text = { NULL, 0 } };

		if (take(c, '[')) {
			if (!take_key(c, &key) || !take(c, ']'))
				return bad_catalog(text, c, err);
			table = ferry_bytes_is(key, "versions")    ? VERSIONS
			        : ferry_bytes_is(key, "libraries") ? LIBRARIES
			        : ferry_bytes_is(key, "plugins")   ? PLUGINS
			                                           : OTHER;
			continue;
		}
		if (!take_key(c, &key) || !take(c, '=') ||
		    !take_value(c, &value, table == VERSIONS, 0))
			return bad_catalog(text, c, err);
		if (versions && table == VERSIONS)
			rc = add_version(c, key, &value, err);
		else if (!versions && table == LIBRARIES)
			rc = tell_library(c, &value, err);
		else if (!versions && table == PLUGINS)
			rc = tell_plugin(c, &value, err);
	}
	return rc;
}

int
ferry_lock_catalog(struct ferry_bytes text, const struct ferry_lock_sink *sink,
    struct ferry_error *err)
{
	struct catalog c = { .sink = sink };
	int rc = -1;

	if (text.n > 0 && memchr(text.p, 0, text.n) != NULL)
		ferry_error_set(err, FERRY_EFORMAT, "the catalog holds NUL");
	else if (read_tables(&c, text, true, err) == 0)
		rc = read_tables(&c, text, false, err);
	free(c.versions);
	return rc;
}
