#include "sync/upstream/maven/module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/files.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/format/maven/names.h"
#include "sync/upstream/maven/files.h"
#include "sync/upstream/maven/maven.h"
#include "sync/upstream/maven/names.h"
#include "sync/upstream/maven/poms.h"
#include "sync/upstream/package/packages.h"

#define MODULE_MAX (16U << 20)
#define WANTS_MAX 5000 /* of one module */

struct module {
	struct ferry_packages *packages;
	const struct ferry_version_at *at; /* NULL: no module metadata's */
	enum maven_module how;
	unsigned wants;
	char by[FERRY_PACKAGE_ITEM];
};

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

static int
want(struct module *m, const char *name, const char *spec, const char *files,
    bool closure, struct ferry_error *err)
{
	const struct ferry_package_want wanted = { .kind = FERRY_WANT_PICK,
		.spec = spec,
		.files = files,
		.by = m->by,
		.closure = closure,
		.need = FERRY_NEEDED };

	if (++m->wants > WANTS_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "it names more than %d others", WANTS_MAX);
	name = ferry_maven_name_valid(ferry_bytes_str(name)) && *spec != 0
	           ? ferry_maven_called(m->packages, name)
	           : NULL;
	return name == NULL
	           ? 0
	           : ferry_packages_want(m->packages, name, &wanted, err);
}

/* Files */

/* "lib-1.0.jar", or "../1.0-jre/lib-1.0-jre.jar" of another version: never
 * further away.  Whether it is one; version is not ended by a NUL. */
static bool
cut_url(const char *url, const char *own, struct ferry_bytes *version,
    const char **name)
{
	const char *slash;

	*version = ferry_bytes_str(own);
	*name = url;
	if (strncmp(url, "../", 3) == 0) {
		if ((slash = strchr(url + 3, '/')) == NULL)
			return false;
		*version = ferry_bytes_of(url + 3, (size_t)(slash - url) - 3);
		*name = slash + 1;
	}
	return strchr(*name, '/') == NULL && strchr(*name, '%') == NULL &&
	       ferry_maven_version_valid(*version);
}

static int
add_digest(struct ferry_buf *words, const json_t *file, struct ferry_error *err)
{
	static const char *const algs[] = { "sha512", "sha256", "sha1" };

	for (size_t i = 0; i < 3; i++)
		if (*text_of(file, algs[i]) != 0)
			return ferry_buf_addf(words, err, "#%s=%s", algs[i],
			    text_of(file, algs[i]));
	return 0;
}

static int
want_file(struct module *m, const json_t *file, struct ferry_error *err)
{
	struct ferry_bytes artifact = ferry_maven_artifact(
			       ferry_bytes_str(ferry_maven_coordinates(
				   m->at->packages, m->at->name))),
			   version, classifier, extension;
	const char *url = text_of(file, "url"), *name, *rest, *dot;
	struct ferry_buf words = FERRY_BUF_INIT;
	char *spec = NULL;
	int rc = -1;

	if (!cut_url(url, m->at->version, &version, &name))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "its module metadata names a file at '%.100s', which is "
		    "outside its own folder",
		    url);
	rest = name + artifact.n + 1 + version.n;
	/* Files may be called as they like; those that a repository's layout
	 * has no place for cannot be kept. */
	if (strlen(name) <= artifact.n + 1 + version.n ||
	    strncmp(name, (const char *)artifact.p, artifact.n) != 0 ||
	    strncmp(name + artifact.n + 1, (const char *)version.p,
		version.n) != 0 ||
	    (dot = strrchr(rest, '.')) == NULL) {
		ferry_run_skip(m->at->packages->run, m->by, url);
		return 0;
	}
	classifier = *rest == '-'
	                 ? ferry_bytes_of(rest + 1, (size_t)(dot - rest) - 1)
	                 : ferry_bytes_of("", 0);
	extension = ferry_bytes_str(dot + 1);
	if (!ferry_maven_part_valid(extension) ||
	    (classifier.n > 0 && !ferry_maven_part_valid(classifier)))
		return 0;
	if (ferry_buf_addf(&words, err, "%.*s:%.*s", (int)classifier.n,
		(const char *)classifier.p, (int)extension.n,
		(const char *)extension.p) == 0 &&
	    add_digest(&words, file, err) == 0 &&
	    ferry_strndup(&spec, version, err) == 0)
		rc = want(m,
		    ferry_maven_coordinates(m->at->packages, m->at->name), spec,
		    (char *)words.p, false, err);
	free(spec);
	ferry_buf_free(&words);
	return rc;
}

/* Dependencies */

static bool
is_platform(const json_t *dependency)
{
	const char *category = text_of(
	    json_object_get(dependency, "attributes"), "org.gradle.category");

	return strcmp(category, "platform") == 0 ||
	       strcmp(category, "enforced-platform") == 0;
}

static int
want_module(struct module *m, const json_t *module, const char *version,
    const char *files, bool closure, struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT;
	int rc = ferry_buf_addf(&name, err, "%s:%s", text_of(module, "group"),
	    text_of(module, "module"));

	if (rc == 0)
		rc = want(m, (char *)name.p, version, files, closure, err);
	ferry_buf_free(&name);
	return rc;
}

/* What is preferred lies in what is required. */
static const char *
version_of(const json_t *dependency)
{
	static const char *const kinds[] = { "prefers", "strictly",
		"requires" };
	const json_t *versions = json_object_get(dependency, "version");
	const char *version = "";

	for (size_t i = 0; i < 3 && *version == 0; i++)
		version = text_of(versions, kinds[i]);
	return version;
}

/* Constraints: what they say of a module counts once something depends on it,
 * whichever is read first. */
struct constrained {
	struct ferry_table_entry entry; /* key: "group:artifact" */
	bool used; /* something depends on it */
	struct ferry_buf versions; /* that constraints say, a line each */
};

static void
constrained_free(void *entry)
{
	struct constrained *c = entry;

	ferry_buf_free(&c->versions);
}

void
ferry_maven_module_forget(struct ferry_table *constrained)
{

	ferry_table_free(constrained, constrained_free);
}

static struct constrained *
find_constrained(struct module *m, const char *name, struct ferry_error *err)
{
	struct maven *maven = m->packages->state;
	struct ferry_table_entry *entry =
	    ferry_table_find(&maven->constrained, name);

	return (
	    struct constrained *)(entry != NULL
				      ? entry
				      : ferry_table_add(&maven->constrained,
					    name, sizeof(struct constrained),
					    err));
}

/* Something depends on it: the versions that were told of are wanted. */
static int
use_module(struct module *m, const char *name, struct ferry_error *err)
{
	struct constrained *c = find_constrained(m, name, err);
	struct ferry_bytes rest, line;
	int rc = c == NULL ? -1 : 0;

	if (rc == -1 || c->used)
		return rc;
	c->used = true;
	rest = ferry_bytes_buf(&c->versions);
	while (rc == 0 && ferry_bytes_line(&rest, &line)) {
		char *version = NULL;

		rc = ferry_strndup(&version, line, err);
		if (rc == 0)
			rc = want(m, name, version, "* gradle", true, err);
		free(version);
	}
	return rc;
}

static int
constrain(struct module *m, const char *group, const char *artifact,
    const char *version, struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT;
	struct constrained *c = NULL;
	int rc = ferry_buf_addf(&name, err, "%s:%s", group, artifact);

	if (rc == 0 && *version != 0 && strchr(version, '\n') == NULL) {
		c = find_constrained(m, (char *)name.p, err);
		rc = c == NULL ? -1
		     : c->used
		         ? want(m, (char *)name.p, version, "* gradle", true,
			       err)
		         : ferry_buf_addf(&c->versions, err, "%s\n", version);
	}
	ferry_buf_free(&name);
	return rc;
}

static int
want_constraint(
    struct module *m, const json_t *constraint, struct ferry_error *err)
{

	return constrain(m, text_of(constraint, "group"),
	    text_of(constraint, "module"), version_of(constraint), err);
}

static int
use_dependency(
    struct module *m, const json_t *dependency, struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT;
	int rc = ferry_buf_addf(&name, err, "%s:%s",
	    text_of(dependency, "group"), text_of(dependency, "module"));

	if (rc == 0)
		rc = use_module(m, (char *)name.p, err);
	ferry_buf_free(&name);
	return rc;
}

static int
want_dependency(
    struct module *m, const json_t *dependency, struct ferry_error *err)
{
	const char *version = version_of(dependency);

	if (is_platform(dependency))
		return want_module(
		    m, dependency, version, "pom gradle platform", false, err);
	if (m->how != MAVEN_MODULE_FOLLOW)
		return 0;
	return want_module(m, dependency, version, "* gradle", true, err) == -1
	           ? -1
	           : use_dependency(m, dependency, err);
}

static int
read_variant(struct module *m, const json_t *variant, struct ferry_error *err)
{
	const json_t *at = json_object_get(variant, "available-at"), *one;
	size_t i;

	if (!ferry_maven_wants_all(m->at) &&
	    strcmp(text_of(json_object_get(variant, "attributes"),
		       "org.gradle.category"),
		"documentation") == 0)
		return 0;
	json_array_foreach (json_object_get(variant, "files"), i, one)
		if (want_file(m, one, err) == -1)
			return -1;
	if (m->how == MAVEN_MODULE_FILES)
		return 0;
	if (at != NULL &&
	    want_module(m, at, text_of(at, "version"), "pom gradle",
		m->how == MAVEN_MODULE_FOLLOW, err) == -1)
		return -1;
	json_array_foreach (json_object_get(variant, "dependencies"), i, one)
		if (want_dependency(m, one, err) == -1)
			return -1;
	json_array_foreach (
	    json_object_get(variant, "dependencyConstraints"), i, one)
		if (want_constraint(m, one, err) == -1)
			return -1;
	return 0;
}

static int
read_module(struct module *m, struct ferry_bytes text, struct ferry_error *err)
{
	json_t *root = NULL;
	const json_t *variant;
	size_t i;
	int rc = ferry_json_parse(&root, text, "module metadata", err);

	if (rc == 0 && m->how == MAVEN_MODULE_FOLLOW)
		rc = use_module(m,
		    ferry_maven_coordinates(m->at->packages, m->at->name), err);
	json_array_foreach (json_object_get(root, "variants"), i, variant)
		if (rc == 0)
			rc = read_variant(m, variant, err);
	json_decref(root);
	return rc;
}

int
ferry_maven_module(const struct ferry_version_at *at, enum maven_module how,
    struct ferry_error *err)
{
	struct module m = { at->packages, at, .how = how };
	struct ferry_buf name = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_file file;
	int rc = ferry_maven_name_of(
	    &name, at, ferry_bytes_of("", 0), ferry_bytes_str("module"), err);

	ferry_package_item(m.by, at->packages, at->name, at->version);
	if (rc == 0)
		rc = ferry_files_find(at->record, (char *)name.p, &file, err);
	if (rc == 1 &&
	    (rc = ferry_blob_load(at->packages->run->st, &file.sha256,
		 MODULE_MAX, &text, err)) == 0 &&
	    read_module(&m, ferry_bytes_buf(&text), &why) == -1)
		ferry_run_fail(at->packages->run, m.by, &why);
	ferry_buf_free(&name);
	ferry_buf_free(&text);
	return rc == -1 ? -1 : 0;
}

/* Of POMs without module metadata */

int
ferry_maven_module_used(
    struct ferry_packages *packages, const char *name, struct ferry_error *err)
{
	struct module m = { .packages = packages, .by = "a POM" };

	return use_module(&m, name, err);
}

struct platform {
	struct module m;
	struct ferry_table seen;
};

/* The first word about an artifact counts. */
static int
on_managed(
    void *ctx, const struct ferry_dependency *managed, struct ferry_error *err)
{
	struct platform *p = ctx;
	struct ferry_buf key = FERRY_BUF_INIT;
	int rc = ferry_buf_addf(&key, err, "%s:%s:%s:%s", managed->group,
	    managed->artifact, managed->type, managed->classifier);

	if (rc == 0 && ferry_table_find(&p->seen, (char *)key.p) == NULL)
		rc = ferry_table_add(&p->seen, (char *)key.p,
			 sizeof(struct ferry_table_entry), err) == NULL
		         ? -1
		         : constrain(&p->m, managed->group, managed->artifact,
			       managed->version, err);
	ferry_buf_free(&key);
	return rc;
}

int
ferry_maven_platform(
    struct maven_poms *poms, struct maven_pom *pom, struct ferry_error *err)
{
	struct platform p = { .m = { .packages = poms->packages } };
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_model model = { .n = 0 };
	struct ferry_pom *tree = NULL;
	unsigned asked = 0;
	int rc;

	(void)snprintf(
	    p.m.by, sizeof(p.m.by), "%s@%s", pom->name, pom->version);
	if (ferry_maven_pom_open(poms, pom, &tree, err) == -1)
		return -1;
	rc = ferry_model_new(
	    &model, tree, ferry_maven_poms_load, poms, &asked, &why);
	if (rc == 1)
		rc = ferry_model_each_managed(&model, on_managed, &p, &why);
	/* What could not be had was told as such. */
	if (rc == -1 && why.code != FERRY_ENOTFOUND)
		ferry_run_fail(poms->packages->run, p.m.by, &why);
	ferry_model_free(&model);
	ferry_table_free(&p.seen, NULL);
	return 0;
}
