#include "sync/upstream/rubygems/gemspec.h"

#include <string.h>

#include "store/base/error.h"
#include "store/format/rubygems/gem.h"
#include "store/format/rubygems/version.h"
#include "sync/select/yaml.h"

#define LIST_MAX 1000 /* authors, licenses, … */

/* A version: "1.0", or a mapping with that as "version". */
static struct ferry_bytes
version_of(const struct ferry_yaml_node *node)
{

	return ferry_yaml_is_a(node, FERRY_YAML_MAPPING)
	           ? ferry_yaml_text(ferry_yaml_get(node, "version"))
	           : ferry_yaml_text(node);
}

static bool
is_relation(struct ferry_bytes s)
{
	static const char *const words[] = { "=", "!=", ">", "<",
		">=", "<=", "~>" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (ferry_bytes_is(s, words[i]))
			return true;
	return false;
}

/* A number without blanks, so that a line can hold it. */
static bool
is_number(struct ferry_bytes s)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_gem_number v;

	return s.n > 0 && *s.p > ' ' && s.p[s.n - 1] > ' ' &&
	       ferry_gem_number_parse(&v, s, &ignored) == 0;
}

static int
bad_requirement(struct ferry_error *err)
{

	return ferry_error_set(err, FERRY_EFORMAT,
	    "the gem's metadata has a requirement that is none");
}

/* "requirements": a list of [relation, version]. */
static int
read_terms(struct ferry_gem_terms *out, const struct ferry_yaml_node *node,
    struct ferry_error *err)
{
	struct ferry_yaml_iter it, pair;

	ferry_yaml_iter(&it, ferry_yaml_get(node, "requirements"));
	while (ferry_yaml_iter_next(&it)) {
		struct ferry_gem_term term;

		ferry_yaml_iter(&pair, it.value);
		if (!ferry_yaml_iter_next(&pair))
			return bad_requirement(err);
		term.relation = ferry_yaml_text(pair.value);
		if (!ferry_yaml_iter_next(&pair))
			return bad_requirement(err);
		term.number = version_of(pair.value);
		if (!is_relation(term.relation) || !is_number(term.number) ||
		    out->n == FERRY_GEM_TERMS_MAX)
			return bad_requirement(err);
		if (ferry_array_grow(&out->term, &out->cap, out->n + 1,
			sizeof(*out->term), err) == -1)
			return -1;
		out->term[out->n++] = term;
	}
	return 0;
}

static int
read_need(struct ferry_gem_spec *spec, const struct ferry_yaml_node *node,
    struct ferry_error *err)
{
	static const char *const members[] = { "requirement",
		"version_requirements", "version_requirement" };
	const struct ferry_yaml_node *terms = NULL;
	struct ferry_gem_need *need;
	struct ferry_bytes name = ferry_yaml_text(ferry_yaml_get(node, "name"));

	if (memchr(name.p, '/', name.n) != NULL || !ferry_gem_name_valid(name))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "the gem depends on '%.*s', which is not a gem's name",
		    (int)(name.n < 100 ? name.n : 100), (const char *)name.p);
	for (size_t i = 0; i < 3 && terms == NULL; i++)
		terms = ferry_yaml_get(node, members[i]);
	if (ferry_array_grow(&spec->needs, &spec->needs_cap, spec->needs_n + 1,
		sizeof(*spec->needs), err) == -1)
		return -1;
	need = &spec->needs[spec->needs_n++];
	*need = (struct ferry_gem_need){ .name = name,
		.development = ferry_yaml_is(
		    ferry_yaml_get(node, "type"), ":development") };
	return read_terms(&need->terms, terms, err);
}

static int
read_needs(struct ferry_gem_spec *spec, const struct ferry_yaml_node *node,
    struct ferry_error *err)
{
	struct ferry_yaml_iter it;

	ferry_yaml_iter(&it, node);
	while (ferry_yaml_iter_next(&it))
		if (read_need(spec, it.value, err) == -1)
			return -1;
	return 0;
}

/* A scalar, or a list of them. */
static int
read_texts(struct ferry_bytes **out, size_t *n,
    const struct ferry_yaml_node *node, struct ferry_error *err)
{
	struct ferry_yaml_iter it;
	size_t cap = 0;

	if (!ferry_yaml_is_a(node, FERRY_YAML_SEQUENCE)) {
		if (ferry_yaml_text(node).n == 0)
			return 0;
		if (ferry_array_grow(out, &cap, 1, sizeof(**out), err) == -1)
			return -1;
		(*out)[(*n)++] = ferry_yaml_text(node);
		return 0;
	}
	ferry_yaml_iter(&it, node);
	while (*n < LIST_MAX && ferry_yaml_iter_next(&it)) {
		if (ferry_array_grow(out, &cap, *n + 1, sizeof(**out), err) ==
		    -1)
			return -1;
		(*out)[(*n)++] = ferry_yaml_text(it.value);
	}
	return 0;
}

/* "ruby", "x86_64-linux", or a mapping of cpu, os and version. */
static int
read_platform(struct ferry_buf *out, const struct ferry_yaml_node *node,
    struct ferry_error *err)
{
	static const char *const members[] = { "cpu", "os", "version" };
	struct ferry_bytes s = ferry_yaml_text(node);

	for (size_t i = 0; s.n == 0 && i < 3; i++) {
		struct ferry_bytes word =
		    ferry_yaml_text(ferry_yaml_get(node, members[i]));

		if (word.n > 0 &&
		    ((out->n > 0 && ferry_buf_adds(out, "-", err) == -1) ||
			ferry_buf_add(out, word.p, word.n, err) == -1))
			return -1;
	}
	if (s.n == 0 && out->n == 0)
		s = ferry_bytes_str("ruby");
	return ferry_buf_add(out, s.p, s.n, err);
}

static int
read_metadata(struct ferry_gem_spec *spec, const struct ferry_yaml_node *node,
    struct ferry_error *err)
{
	struct ferry_yaml_iter it;

	ferry_yaml_iter(&it, node);
	while (spec->metadata_n < LIST_MAX && ferry_yaml_iter_next(&it)) {
		if (it.key == NULL)
			continue;
		if (ferry_array_grow(&spec->metadata, &spec->metadata_cap,
			spec->metadata_n + 1, sizeof(*spec->metadata),
			err) == -1)
			return -1;
		spec->metadata[spec->metadata_n++] =
		    (struct ferry_gem_pair){ ferry_yaml_text(it.key),
			    ferry_yaml_text(it.value) };
	}
	return 0;
}

static struct ferry_bytes
text_of(const struct ferry_yaml_node *root, const char *member)
{

	return ferry_yaml_text(ferry_yaml_get(root, member));
}

static int
read_root(struct ferry_gem_spec *spec, const struct ferry_yaml_node *root,
    struct ferry_error *err)
{
	const struct ferry_yaml_node *email = ferry_yaml_get(root, "email");
	const struct ferry_yaml_node *authors = ferry_yaml_get(root, "authors");

	spec->name = text_of(root, "name");
	spec->number = version_of(ferry_yaml_get(root, "version"));
	if (memchr(spec->name.p, '/', spec->name.n) != NULL ||
	    !ferry_gem_name_valid(spec->name) || !is_number(spec->number))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "the gem's metadata has no valid name and version");
	spec->date = text_of(root, "date");
	spec->summary = text_of(root, "summary");
	spec->description = text_of(root, "description");
	spec->homepage = text_of(root, "homepage");
	spec->rubygems_version = text_of(root, "rubygems_version");
	spec->one_email = ferry_yaml_is_a(email, FERRY_YAML_SCALAR);
	if (authors == NULL)
		authors = ferry_yaml_get(root, "author");
	return read_platform(&spec->platform, ferry_yaml_get(root, "platform"),
		   err) == -1 ||
	               read_texts(&spec->authors, &spec->authors_n, authors,
			   err) == -1 ||
	               read_texts(&spec->emails, &spec->emails_n, email, err) ==
	                   -1 ||
	               read_texts(&spec->licenses, &spec->licenses_n,
			   ferry_yaml_get(root, "licenses"), err) == -1 ||
	               read_terms(&spec->ruby,
			   ferry_yaml_get(root, "required_ruby_version"),
			   err) == -1 ||
	               read_terms(&spec->rubygems,
			   ferry_yaml_get(root, "required_rubygems_version"),
			   err) == -1 ||
	               read_needs(spec, ferry_yaml_get(root, "dependencies"),
			   err) == -1 ||
	               read_metadata(
			   spec, ferry_yaml_get(root, "metadata"), err) == -1
	           ? -1
	           : 0;
}

int
ferry_gemspec_read(struct ferry_gem_spec *out, struct ferry_yaml **yaml,
    struct ferry_bytes text, struct ferry_error *err)
{
	const struct ferry_yaml_node *root = NULL;
	int rc;

	*out = (struct ferry_gem_spec){ .needs_n = 0 };
	*yaml = NULL;
	if (ferry_yaml_new(yaml, text, err) == -1 ||
	    (rc = ferry_yaml_next(*yaml, &root, err)) == -1)
		return ferry_error_in(err, "the metadata of the gem");
	if (rc == 0 || !ferry_yaml_is_a(root, FERRY_YAML_MAPPING))
		return ferry_error_set(
		    err, FERRY_EFORMAT, "the gem's metadata is no mapping");
	if (read_root(out, root, err) == -1) {
		ferry_gem_spec_free(out);
		return -1;
	}
	return 0;
}
