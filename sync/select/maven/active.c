#include "sync/select/maven/active.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "store/base/error.h"
#include "store/format/maven/version.h"

#define PATH_LENGTH 4096
#define DEPTH 8 /* of expressions in the values of others */

static const char *
text_of(const struct ferry_xml_node *node, const char *name)
{
	const char *text = ferry_xml_text(node, name);

	return text == NULL ? "" : text;
}

/* A word is a beginning of the JDK's version: "17" is some "17.0.x". */
static bool
jdk_begins(const char *wanted, const char *jdk)
{
	size_t n = strlen(jdk);

	if (strncmp(jdk, wanted, strlen(wanted)) == 0)
		return true;
	/* What java.version has behind what we know. */
	return strncmp(wanted, jdk, n) == 0 &&
	       strncmp(".0.0", wanted + n, strlen(wanted + n)) == 0;
}

/* "11", "!1.8", "[1.8,17)", "(,9]" */
static bool
jdk_fits(const char *wanted, const char *jdk)
{
	struct ferry_maven_range *range = NULL;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	bool fits;

	if (*wanted == '!')
		return !jdk_begins(wanted + 1, jdk);
	if (!ferry_maven_is_range(ferry_bytes_str(wanted)))
		return jdk_begins(wanted, jdk);
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

/* Maven takes for a family also what is in the system's name. */
static bool
os_fits(const struct ferry_xml_node *os)
{
	static const char *const families[] = { "unix", "linux", NULL },
				 *const names[] = { "linux", NULL },
				 *const archs[] = { "amd64", NULL },
				 *const none[] = { NULL };
	const char *family = ferry_xml_text(os, "family"),
		   *name = ferry_xml_text(os, "name"),
		   *arch = ferry_xml_text(os, "arch"),
		   *version = ferry_xml_text(os, "version");

	return (family != NULL || name != NULL || arch != NULL ||
		   version != NULL) &&
	       word_fits(family, families) && word_fits(name, names) &&
	       word_fits(arch, archs) && word_fits(version, none);
}

/* "name", "!name", and what its value must be, or ("!…") must not. */
static bool
property_fits(
    const struct ferry_xml_node *property, const struct ferry_builder *builder)
{
	const char *name = text_of(property, "name"),
		   *want = text_of(property, "value"), *value;
	bool unset = *name == '!';

	name += unset;
	value = ferry_builder_property(builder, name, strlen(name));
	if (*want == '!')
		return value == NULL || strcmp(value, want + 1) != 0;
	if (*want != 0)
		return value != NULL && strcmp(value, want) == 0;
	return unset ? value == NULL || *value == 0
	             : value != NULL && *value != 0;
}

/* Files */

struct place {
	const struct ferry_pom *pom;
	struct ferry_bytes dir; /* of the project: "", or with a '/' behind */
	char path[PATH_LENGTH];
	size_t n;
	bool based; /* begins with the project's folder */
	bool elsewhere; /* in a place of the machine that builds */
};

static bool
add(struct place *place, const void *s, size_t n)
{

	if (n >= sizeof(place->path) - place->n)
		return false;
	memcpy(place->path + place->n, s, n);
	place->n += n;
	place->path[place->n] = 0;
	return true;
}

static bool
is_of_machine(const char *name)
{
	static const char *const names[] = { "user.home", "user.dir",
		"java.home", "java.io.tmpdir", "maven.home" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return strncmp(name, "env.", 4) == 0;
}

/* "name}…": the length of the name that is copied, or 0. */
static size_t
read_name(const char *s, char *out, size_t room)
{
	size_t n = strcspn(s, "}");

	if (n >= room || s[n] != '}')
		return 0;
	memcpy(out, s, n);
	out[n] = 0;
	return n;
}

static bool expand(struct place *place, const char *raw, unsigned depth);

/* Append the value of a name: 1, 0 nobody defines it, -1 it is too much. */
static int
add_value(struct place *place, const char *name, unsigned depth)
{
	const struct ferry_xml_node *properties =
	    ferry_xml_child(place->pom->root, "properties");
	const char *value;
	bool fits;

	if (strcmp(name, "basedir") == 0) {
		place->based = place->based || place->n == 0;
		fits = place->dir.n == 0
		           ? add(place, ".", 1)
		           : add(place, place->dir.p, place->dir.n - 1);
		return fits ? 1 : -1;
	}
	if ((value = ferry_xml_text(properties, name)) == NULL)
		value = ferry_builder_property(
		    place->pom->builder, name, strlen(name));
	if (value != NULL)
		return depth < DEPTH && expand(place, value, depth + 1) ? 1
		                                                        : -1;
	place->elsewhere = place->elsewhere || is_of_machine(name);
	return 0;
}

/* Append raw with its expressions replaced: "basedir", the POM's own properties
 * and those of the command line.  Returns whether it was not too much. */
static bool
expand(struct place *place, const char *raw, unsigned depth)
{
	char name[256];
	size_t n;
	int rc;

	while (*raw != 0) {
		n = strncmp(raw, "${", 2) == 0
		        ? read_name(raw + 2, name, sizeof(name))
		        : 0;
		rc = n == 0 ? 0 : add_value(place, name, depth);
		if (rc == -1 || (rc == 0 && !add(place, raw, 1)))
			return false;
		raw += rc == 1 ? n + 3 : 1;
	}
	return true;
}

/* <exists>, or if that is empty <missing>: below the project's folder; where
 * there is no project, nothing is said of a file. */
static bool
file_fits(const struct ferry_pom *pom, const struct ferry_xml_node *file,
    const char *project)
{
	const char *raw = text_of(file, "exists"),
		   *slash = project == NULL ? NULL : strrchr(project, '/');
	struct place place = { .pom = pom, .n = 0 };
	char path[2 * PATH_LENGTH];
	bool missing = *raw == 0, is;
	struct stat sb;

	if (missing)
		raw = text_of(file, "missing");
	if (*raw == 0 || (project == NULL && strstr(raw, "${basedir}") != NULL))
		return false;
	if (slash != NULL)
		place.dir =
		    ferry_bytes_of(project, (size_t)(slash - project) + 1);
	if (!expand(&place, raw, 0) || place.n == 0)
		return false;
	if (place.elsewhere || (place.path[0] == '/' && !place.based))
		return missing;
	if (project == NULL)
		return false;
	if ((size_t)snprintf(path, sizeof(path), "%.*s%s",
		place.based ? 0 : (int)place.dir.n, (const char *)place.dir.p,
		place.path) >= sizeof(path))
		return false;
	is = stat(path, &sb) == 0;
	return missing ? !is : is;
}

/* Profiles */

static bool
is_named(
    const struct ferry_xml_node *profile, const struct ferry_builder *builder)
{
	const char *id = text_of(profile, "id");

	for (size_t i = 0; i < builder->profiles_n; i++)
		if (strcmp(builder->profiles[i], id) == 0)
			return true;
	return false;
}

/* All that it asks for must be so. */
static bool
is_active(const struct ferry_pom *pom, const struct ferry_xml_node *profile,
    const char *project)
{
	const struct ferry_xml_node *when =
					ferry_xml_child(profile, "activation"),
				    *os = ferry_xml_child(when, "os"),
				    *property =
					ferry_xml_child(when, "property"),
				    *file = ferry_xml_child(when, "file");
	const char *jdk = ferry_xml_text(when, "jdk");

	if (project != NULL && is_named(profile, pom->builder))
		return true;
	return (jdk != NULL || os != NULL || property != NULL ||
		   file != NULL) &&
	       (jdk == NULL || jdk_fits(jdk, pom->builder->jdk)) &&
	       (os == NULL || os_fits(os)) &&
	       (property == NULL || property_fits(property, pom->builder)) &&
	       (file == NULL || file_fits(pom, file, project));
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
find_profiles(struct ferry_active *out, const struct ferry_pom *pom)
{
	const struct ferry_xml_node *all =
					ferry_xml_child(pom->root, "profiles"),
				    *profile;

	for (int by_default = 0; all != NULL && by_default < 2; by_default++) {
		if (out->n > 0)
			break;
		for (profile = all->first; profile != NULL;
		     profile = profile->next)
			if (out->n < FERRY_ACTIVE_MAX &&
			    (by_default ? is_default(profile)
					: is_active(pom, profile, out->file)))
				out->profiles[out->n++] = profile;
	}
}

/* Whether the project says something about it: most POMs are for all alike. */
static bool
depends_on_project(const struct ferry_pom *pom)
{
	const struct ferry_xml_node *all =
					ferry_xml_child(pom->root, "profiles"),
				    *profile;

	for (profile = all == NULL ? NULL : all->first; profile != NULL;
	     profile = profile->next)
		if (ferry_xml_child(ferry_xml_child(profile, "activation"),
			"file") != NULL ||
		    is_named(profile, pom->builder))
			return true;
	return false;
}

int
ferry_active_find(struct ferry_pom *pom, const char *file,
    const struct ferry_active **out, struct ferry_error *err)
{
	struct ferry_active *active;

	if (file != NULL && !depends_on_project(pom))
		file = NULL;
	for (active = pom->active; active != NULL; active = active->next)
		if (file == NULL ? active->file == NULL
				 : active->file != NULL &&
				       strcmp(active->file, file) == 0)
			break;
	if (active == NULL) {
		if (ferry_calloc(&active, 1, sizeof(*active), err) == -1)
			return -1;
		if (file != NULL &&
		    ferry_strdup(&active->file, file, err) == -1) {
			free(active);
			return -1;
		}
		find_profiles(active, pom);
		active->next = pom->active;
		pom->active = active;
	}
	*out = active;
	return 0;
}

void
ferry_active_free(struct ferry_active *all)
{

	while (all != NULL) {
		struct ferry_active *next = all->next;

		free(all->file);
		free(all);
		all = next;
	}
}
