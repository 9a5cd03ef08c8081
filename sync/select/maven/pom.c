#include "sync/select/maven/pom.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/error.h"
#include "store/format/maven/version.h"

#define GRADLE_MARK "do_not_remove: published-with-gradle-metadata"

static const char *
text_of(const struct ferry_xml_node *node, const char *name)
{
	const char *text = ferry_xml_text(node, name);

	return text == NULL ? "" : text;
}

/* "11", "!1.8", "[1.8,17)", "(,9]": a word is a beginning. */
static bool
jdk_fits(const char *wanted, const char *jdk)
{
	struct ferry_maven_range *range = NULL;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	size_t n;
	bool fits;

	if (*wanted == '!')
		return !jdk_fits(wanted + 1, jdk);
	if (!ferry_maven_is_range(ferry_bytes_str(wanted))) {
		n = strlen(wanted);
		return strncmp(jdk, wanted, n) == 0 &&
		       (jdk[n] == 0 || jdk[n] == '.');
	}
	if (ferry_maven_range_new(&range, ferry_bytes_str(wanted), &ignored) ==
	    -1)
		return false;
	fits = ferry_maven_range_has(range, ferry_bytes_str(jdk));
	ferry_maven_range_free(range);
	return fits;
}

static bool
word_fits(const char *wanted, const char *const *words)
{

	if (wanted == NULL)
		return true;
	if (*wanted == '!')
		return !word_fits(wanted + 1, words);
	for (; *words != NULL; words++)
		if (strcasecmp(wanted, *words) == 0)
			return true;
	return false;
}

/* Builds run on Linux. */
static bool
os_fits(const struct ferry_xml_node *os)
{
	static const char *const families[] = { "unix", NULL },
				 *const names[] = { "linux", NULL },
				 *const archs[] = { "amd64", NULL };

	return word_fits(ferry_xml_text(os, "family"), families) &&
	       word_fits(ferry_xml_text(os, "name"), names) &&
	       word_fits(ferry_xml_text(os, "arch"), archs) &&
	       ferry_xml_text(os, "version") == NULL;
}

const char *
ferry_pom_property(
    const struct ferry_pom_builder *builder, const char *name, size_t n)
{

	for (size_t i = 0; i < builder->properties_n; i++) {
		const char *property = builder->properties[i];

		if (strncmp(property, name, n) != 0)
			continue;
		if (property[n] == '=')
			return property + n + 1;
		if (property[n] == 0)
			return "true";
	}
	return NULL;
}

/* "name", "!name", and what its value must be, or ("!…") must not. */
static bool
property_fits(const struct ferry_xml_node *property,
    const struct ferry_pom_builder *builder)
{
	const char *name = text_of(property, "name"),
		   *want = text_of(property, "value"), *value;
	bool unset = *name == '!';

	name += unset;
	value = ferry_pom_property(builder, name, strlen(name));
	if (*want == '!')
		return value == NULL || strcmp(value, want + 1) != 0;
	if (*want != 0)
		return value != NULL && strcmp(value, want) == 0;
	return unset ? value == NULL || *value == 0
	             : value != NULL && *value != 0;
}

/* A file is there for nobody: what asks for its absence is active. */
static bool
is_active(const struct ferry_xml_node *profile,
    const struct ferry_pom_builder *builder)
{
	const struct ferry_xml_node *when =
					ferry_xml_child(profile, "activation"),
				    *os = ferry_xml_child(when, "os"),
				    *property =
					ferry_xml_child(when, "property"),
				    *file = ferry_xml_child(when, "file");
	const char *jdk = ferry_xml_text(when, "jdk"),
		   *id = text_of(profile, "id");

	for (size_t i = 0; i < builder->profiles_n; i++)
		if (strcmp(builder->profiles[i], id) == 0)
			return true;
	if (when == NULL ||
	    (jdk == NULL && os == NULL && property == NULL && file == NULL))
		return false;
	if (jdk != NULL && !jdk_fits(jdk, builder->jdk))
		return false;
	if (os != NULL && !os_fits(os))
		return false;
	if (property != NULL && !property_fits(property, builder))
		return false;
	return file == NULL || ferry_xml_text(file, "missing") != NULL;
}

static bool
is_default(const struct ferry_xml_node *profile)
{

	return strcmp(text_of(ferry_xml_child(profile, "activation"),
			  "activeByDefault"),
		   "true") == 0;
}

/* What is active; what is by default, only if nothing else of the POM is. */
static void
find_profiles(struct ferry_pom *pom, const struct ferry_pom_builder *builder)
{
	const struct ferry_xml_node *all =
					ferry_xml_child(pom->root, "profiles"),
				    *profile;

	for (int by_default = 0; all != NULL && by_default < 2; by_default++) {
		if (pom->profiles_n > 0)
			break;
		for (profile = all->first; profile != NULL;
		     profile = profile->next)
			if (pom->profiles_n < FERRY_POM_PROFILES &&
			    (by_default ? is_default(profile)
					: is_active(profile, builder)))
				pom->profiles[pom->profiles_n++] = profile;
	}
}

int
ferry_pom_new(struct ferry_pom **out, struct ferry_bytes text,
    const struct ferry_pom_builder *builder, struct ferry_error *err)
{
	const struct ferry_xml_node *parent;
	struct ferry_pom *pom;

	if (ferry_calloc(&pom, 1, sizeof(*pom), err) == -1)
		return -1;
	pom->refs = 1;
	pom->builder = builder;
	if (ferry_xml_parse(&pom->xml, text, "a POM", err) == -1) {
		ferry_pom_unref(pom);
		return -1;
	}
	pom->root = ferry_xml_root(pom->xml);
	if (strcmp(pom->root->name, "project") != 0) {
		ferry_error_set(err, FERRY_EFORMAT,
		    "this is not a POM: its element is <%.40s>",
		    pom->root->name);
		ferry_pom_unref(pom);
		return -1;
	}
	parent = ferry_xml_child(pom->root, "parent");
	pom->parent.is = parent != NULL;
	pom->parent.group = text_of(parent, "groupId");
	pom->parent.artifact = text_of(parent, "artifactId");
	pom->parent.version = text_of(parent, "version");
	if (ferry_xml_child(parent, "relativePath") != NULL)
		pom->parent.path = text_of(parent, "relativePath");
	pom->group = text_of(pom->root, "groupId");
	pom->artifact = text_of(pom->root, "artifactId");
	pom->version = text_of(pom->root, "version");
	pom->packaging = text_of(pom->root, "packaging");
	if (*pom->group == 0)
		pom->group = pom->parent.group;
	if (*pom->version == 0)
		pom->version = pom->parent.version;
	if (*pom->packaging == 0)
		pom->packaging = "jar";
	find_profiles(pom, builder);
	pom->gradle = memmem(text.p, text.n, GRADLE_MARK,
			  sizeof(GRADLE_MARK) - 1) != NULL;
	*out = pom;
	return 0;
}

struct ferry_pom *
ferry_pom_ref(struct ferry_pom *pom)
{

	pom->refs++;
	return pom;
}

void
ferry_pom_unref(struct ferry_pom *pom)
{

	if (pom == NULL || --pom->refs > 0)
		return;
	ferry_xml_free(pom->xml);
	free(pom);
}
