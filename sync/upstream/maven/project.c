#include "sync/upstream/maven/project.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/base/error.h"
#include "store/base/file.h"
#include "store/format/maven/names.h"
#include "store/format/maven/version.h"
#include "sync/upstream/maven/arguments.h"
#include "sync/upstream/maven/lifecycle.h"
#include "sync/upstream/maven/maven.h"
#include "sync/upstream/maven/module.h"
#include "sync/upstream/package/packages.h"

#define MODULES_MAX 5000
#define PLUGINS_GROUP "org.apache.maven.plugins"

static const char *const plugins_path[] = { "build", "plugins", NULL },
			 *const management_path[] = { "build",
				 "pluginManagement", "plugins", NULL },
			 *const extensions_path[] = { "build", "extensions",
				 NULL },
			 *const reports_path[] = { "reporting", "plugins",
				 NULL },
			 *const reporting_path[] = { "reporting", NULL };

/* Artifacts by name */

/* Follow an artifact and want its file; more is *taken*. */
static int
use_artifact(struct maven_walker *walker, const char *group,
    const char *artifact, const char *version, const char *files,
    enum ferry_need need, struct ferry_dependencies *more,
    struct ferry_error *err)
{
	struct maven_poms *poms = ferry_maven_walker_poms(walker);
	struct ferry_buf name = FERRY_BUF_INIT;
	struct maven_pom *pom;
	int rc = ferry_buf_addf(&name, err, "%s:%s", group, artifact);

	if (rc == 0 && ferry_maven_name_valid(ferry_bytes_buf(&name)) &&
	    (ferry_maven_version_valid(ferry_bytes_str(version)) ||
		ferry_maven_is_range(ferry_bytes_str(version)))) {
		pom = ferry_maven_poms_get(poms, (char *)name.p, version, err);
		rc = pom == NULL ||
		             ferry_maven_walk(walker, pom, MAVEN_ROOT_ARTIFACT,
				 files, need, more, err) == -1
		         ? -1
		         : 0;
	}
	ferry_buf_free(&name);
	return rc;
}

/*
 * What is looked for while a build runs, and stands in no POM: Surefire and
 * Failsafe get the provider of the tests that they find, and tests that are
 * written against an API an engine.
 */
static int
on_winner(struct maven_walker *walker, const struct maven_pom *pom,
    struct ferry_error *err)
{
#define SUREFIRE PLUGINS_GROUP ":maven-surefire-plugin"
#define FAILSAFE PLUGINS_GROUP ":maven-failsafe-plugin"
	static const struct {
		const char *name, *group, *artifact;
	} extras[] = {
		{ SUREFIRE, "org.apache.maven.surefire", "surefire-junit3" },
		{ SUREFIRE, "org.apache.maven.surefire", "surefire-junit4" },
		{ SUREFIRE, "org.apache.maven.surefire", "surefire-junit47" },
		{ SUREFIRE, "org.apache.maven.surefire",
		    "surefire-junit-platform" },
		{ SUREFIRE, "org.apache.maven.surefire", "surefire-testng" },
		{ FAILSAFE, "org.apache.maven.surefire", "surefire-junit3" },
		{ FAILSAFE, "org.apache.maven.surefire", "surefire-junit4" },
		{ FAILSAFE, "org.apache.maven.surefire", "surefire-junit47" },
		{ FAILSAFE, "org.apache.maven.surefire",
		    "surefire-junit-platform" },
		{ FAILSAFE, "org.apache.maven.surefire", "surefire-testng" },
		{ "org.junit.jupiter:junit-jupiter-api", "org.junit.jupiter",
		    "junit-jupiter-engine" },
		{ "org.junit.platform:junit-platform-commons",
		    "org.junit.platform", "junit-platform-engine" },
		{ "org.junit.platform:junit-platform-commons",
		    "org.junit.platform", "junit-platform-launcher" },
	};

	for (size_t i = 0; i < sizeof(extras) / sizeof(extras[0]); i++)
		if (strcmp(pom->name, extras[i].name) == 0 &&
		    use_artifact(walker, extras[i].group, extras[i].artifact,
			pom->version, ":jar", FERRY_NEEDED_IF_THERE, NULL,
			err) == -1)
			return -1;
	return 0;
}

/* Plugins of a project */

struct plugins {
	struct maven_walker *walker;
	const struct maven *maven;
	const struct ferry_model *model;
	bool reports; /* those of a site, whose versions stand there first */
	/* What is looked for by find_plugin(). */
	const char *group, *artifact;
	char *version; /* owned */
	struct ferry_dependencies more;
	struct ferry_table seen; /* "group:artifact" that were used */
};

static int
read_key(const struct ferry_model *model, const struct ferry_xml_node *node,
    struct ferry_dependency *out, struct ferry_error *err)
{

	if (ferry_model_dependency(model, node, out, err) == -1)
		return -1;
	if (*out->group == 0) {
		free(out->group);
		return ferry_strdup(&out->group, PLUGINS_GROUP, err);
	}
	return 0;
}

static int
add_dependencies(struct plugins *p, const struct ferry_xml_node *plugin,
    struct ferry_error *err)
{
	const struct ferry_xml_node *node =
	    ferry_xml_child(plugin, "dependencies");
	struct ferry_dependency d;

	for (node = node == NULL ? NULL : node->first; node != NULL;
	     node = node->next) {
		if (ferry_model_dependency(p->model, node, &d, err) == -1)
			return -1;
		if (ferry_dependencies_add(&p->more, &d, err) == -1) {
			ferry_dependency_free(&d);
			return -1;
		}
	}
	return 0;
}

/* What compilers load besides what they compile against. */
static int
use_processors(struct plugins *p, const struct ferry_xml_node *node,
    struct ferry_error *err)
{
	struct ferry_dependency d, managed = { .group = NULL };
	int rc = 0;

	for (node = node->first; node != NULL && rc == 0; node = node->next) {
		if (strcmp(node->name, "path") != 0 &&
		    strcmp(node->name, "annotationProcessorPath") != 0) {
			rc = use_processors(p, node, err);
			continue;
		}
		if (ferry_model_dependency(p->model, node, &d, err) == -1)
			return -1;
		if (*d.version == 0 &&
		    ferry_model_managed(p->model, &d, &managed, err) == 1) {
			free(d.version);
			d.version = managed.version;
			managed.version = NULL;
		}
		if (*d.group != 0)
			rc = use_artifact(p->walker, d.group, d.artifact,
			    d.version, ":jar", FERRY_NEEDED, NULL, err);
		ferry_dependency_free(&d);
		ferry_dependency_free(&managed);
	}
	return rc;
}

/* As ferry_model_node: what the lineage says of the plugin that is looked for;
 * the child's version counts. */
static int
find_plugin(
    void *ctx, const struct ferry_xml_node *node, struct ferry_error *err)
{
	struct ferry_dependency d;
	struct plugins *p = ctx;
	int rc = 1;

	if (read_key(p->model, node, &d, err) == -1)
		return -1;
	if (strcmp(d.group, p->group) == 0 &&
	    strcmp(d.artifact, p->artifact) == 0) {
		if (p->version == NULL && *d.version != 0) {
			p->version = d.version;
			d.version = NULL;
		}
		if (add_dependencies(p, node, err) == -1 ||
		    (strcmp(d.artifact, "maven-compiler-plugin") == 0 &&
			use_processors(p, node, err) == -1))
			rc = -1;
	}
	ferry_dependency_free(&d);
	return rc;
}

/* Use a plugin once: fallback is its version where no POM says one. */
static int
use_plugin(struct plugins *p, const char *group, const char *artifact,
    const char *fallback, enum ferry_need need, struct ferry_error *err)
{
	struct ferry_buf key = FERRY_BUF_INIT;
	int rc = ferry_buf_addf(
	    &key, err, "%s%s:%s", p->reports ? "report " : "", group, artifact);

	if (rc == -1 || ferry_table_find(&p->seen, (char *)key.p) != NULL) {
		ferry_buf_free(&key);
		return rc;
	}
	p->group = group;
	p->artifact = artifact;
	if (ferry_table_add(&p->seen, (char *)key.p,
		sizeof(struct ferry_table_entry), err) == NULL ||
	    (p->reports && ferry_model_each(p->model, reports_path, find_plugin,
			       p, err) == -1) ||
	    ferry_model_each(p->model, plugins_path, find_plugin, p, err) ==
		-1 ||
	    ferry_model_each(p->model, management_path, find_plugin, p, err) ==
		-1)
		rc = -1;
	if (p->version == NULL && fallback == NULL)
		fallback =
		    ferry_maven_default_version(p->maven->lifecycle, artifact);
	if (p->version == NULL && rc == 0)
		rc = ferry_strdup(
		    &p->version, fallback == NULL ? "RELEASE" : fallback, err);
	if (rc == 0)
		rc = use_artifact(p->walker, group, artifact, p->version,
		    ":jar", need, &p->more, err);
	free(p->version);
	p->version = NULL;
	ferry_dependencies_free(&p->more);
	ferry_buf_free(&key);
	return rc;
}

static int
on_plugin(void *ctx, const struct ferry_xml_node *node, struct ferry_error *err)
{
	struct ferry_dependency d;
	struct plugins *p = ctx;
	int rc;

	if (read_key(p->model, node, &d, err) == -1)
		return -1;
	rc = use_plugin(p, d.group, d.artifact, NULL, FERRY_NEEDED, err);
	ferry_dependency_free(&d);
	return rc == -1 ? -1 : 1;
}

static int
on_extension(
    void *ctx, const struct ferry_xml_node *node, struct ferry_error *err)
{
	struct ferry_dependency d;
	struct plugins *p = ctx;
	int rc;

	if (ferry_model_dependency(p->model, node, &d, err) == -1)
		return -1;
	rc = use_artifact(p->walker, d.group, d.artifact, d.version, ":jar",
	    FERRY_NEEDED, NULL, err);
	ferry_dependency_free(&d);
	return rc == -1 ? -1 : 1;
}

static int
use_lifecycle(struct plugins *p, const char *packaging, struct ferry_error *err)
{
	struct maven_default list[FERRY_MAVEN_LIFECYCLE_MAX];
	size_t n = ferry_maven_lifecycle(p->maven->lifecycle, packaging, list);

	for (size_t i = 0; i < n; i++)
		if (use_plugin(p, PLUGINS_GROUP, list[i].artifact,
			list[i].version,
			list[i].later ? FERRY_NEEDED_IF_THERE : FERRY_NEEDED,
			err) == -1)
			return -1;
	return 0;
}

/* Sites of projects */

/* Whether the reports that every site has are left out. */
static int
find_exclude(
    void *ctx, const struct ferry_xml_node *node, struct ferry_error *err)
{
	bool *exclude = ctx;

	(void)err;
	if (strcmp(node->name, "excludeDefaults") != 0)
		return 1;
	*exclude = strcmp(node->text, "true") == 0;
	return 2;
}

/* src/site/site.xml beside the POM names a skin, or it is the default one; of no
 * version it is the newest. */
static int
use_skin(
    struct plugins *p, const struct maven_pom *pom, struct ferry_error *err)
{
	const char *slash = pom->path == NULL ? NULL : strrchr(pom->path, '/'),
		   *group = NULL, *artifact = NULL, *version = NULL;
	int n = slash == NULL ? 0 : (int)(slash - pom->path) + 1, rc;
	struct ferry_buf file = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	const struct ferry_xml_node *skin;
	struct ferry_xml *xml = NULL;

	rc = ferry_buf_addf(&file, err, "%.*ssrc/site/site.xml", n,
	    pom->path == NULL ? "" : pom->path);
	if (rc == 0 &&
	    ferry_file_read((char *)file.p, FERRY_XML_MAX, &text, &ignored) ==
		0 &&
	    (rc = ferry_xml_parse(
		 &xml, ferry_bytes_buf(&text), (char *)file.p, err)) == 0 &&
	    (skin = ferry_xml_child(ferry_xml_root(xml), "skin")) != NULL) {
		group = ferry_xml_text(skin, "groupId");
		artifact = ferry_xml_text(skin, "artifactId");
		version = ferry_xml_text(skin, "version");
	}
	if (rc == 0)
		rc = use_artifact(p->walker,
		    group == NULL ? "org.apache.maven.skins" : group,
		    artifact == NULL ? "maven-default-skin" : artifact,
		    version == NULL ? "RELEASE" : version, ":jar",
		    artifact == NULL ? FERRY_NEEDED_IF_THERE : FERRY_NEEDED,
		    NULL, err);
	ferry_xml_free(xml);
	ferry_buf_free(&file);
	ferry_buf_free(&text);
	return rc;
}

/*
 * What `mvn site` uses: its plugin, the reports that are asked for and those that
 * every site has, a skin.
 * Source: maven-reporting-exec, DefaultMavenReportExecutor (a version is looked
 *     for in reporting, build and its management, then the newest is taken);
 *     Maven 3.8.7, DefaultReportingConverter; Doxia Sitetools, Skin.
 */
static int
use_site(
    struct plugins *p, const struct maven_pom *pom, struct ferry_error *err)
{
	bool exclude = false;
	int rc = 0;

	if (!p->maven->site)
		return 0;
	if (use_plugin(p, PLUGINS_GROUP, "maven-site-plugin", NULL,
		FERRY_NEEDED, err) == -1)
		return -1;
	p->reports = true;
	if (ferry_model_each(p->model, reports_path, on_plugin, p, err) == -1 ||
	    ferry_model_each(
		p->model, reporting_path, find_exclude, &exclude, err) == -1 ||
	    (!exclude && use_plugin(p, PLUGINS_GROUP,
			     "maven-project-info-reports-plugin", NULL,
			     FERRY_NEEDED, err) == -1) ||
	    use_skin(p, pom, err) == -1)
		rc = -1;
	p->reports = false;
	return rc;
}

static int
on_project(struct maven_walker *walker, struct maven_pom *pom,
    const struct ferry_model *model, struct ferry_error *err)
{
	struct maven_poms *poms = ferry_maven_walker_poms(walker);
	struct plugins p = {
		.walker = walker, .maven = poms->packages->state, .model = model
	};
	int rc = 0;

	if (!p.maven->plugins)
		return 0;
	if (ferry_model_each(model, plugins_path, on_plugin, &p, err) == -1 ||
	    use_lifecycle(&p, model->lineage[0]->packaging, err) == -1 ||
	    ferry_model_each(model, extensions_path, on_extension, &p, err) ==
		-1 ||
	    /* Plugins that name no plexus-utils get this one from Maven 3. */
	    use_artifact(walker, "org.codehaus.plexus", "plexus-utils", "1.1",
		":jar", FERRY_NEEDED_IF_THERE, NULL, err) == -1 ||
	    use_site(&p, pom, err) == -1)
		rc = -1;
	ferry_table_free(&p.seen, NULL);
	return rc;
}

static int
on_used(struct maven_walker *walker, const struct maven_pom *pom,
    struct ferry_error *err)
{

	return ferry_maven_module_used(
	    ferry_maven_walker_poms(walker)->packages, pom->name, err);
}

const struct maven_hooks ferry_maven_project_hooks = { on_project, on_winner,
	on_used };

/* Files of projects */

struct modules {
	struct ferry_packages *packages;
	struct maven_walker *walker;
	struct ferry_table seen; /* paths */
	struct maven_pom **list;
	size_t n, cap;
};

static int
add_module(struct modules *m, const char *path, struct ferry_error *err);

static int
add_modules_of(struct modules *m, const char *path,
    const struct ferry_xml_node *node, struct ferry_error *err)
{
	const char *slash = strrchr(path, '/');
	int n = slash == NULL ? 0 : (int)(slash - path) + 1, rc = 0;
	struct stat sb;

	node = ferry_xml_child(node, "modules");
	for (node = node == NULL ? NULL : node->first; node != NULL && rc == 0;
	     node = node->next) {
		struct ferry_buf file = FERRY_BUF_INIT;

		rc = ferry_buf_addf(&file, err, "%.*s%s", n, path, node->text);
		if (rc == 0 && stat((char *)file.p, &sb) == 0 &&
		    S_ISDIR(sb.st_mode))
			rc = ferry_buf_adds(&file, "/pom.xml", err);
		if (rc == 0)
			rc = add_module(m, (char *)file.p, err);
		ferry_buf_free(&file);
	}
	return rc;
}

/* The POM as what other modules call it: its version may be a property. */
static int
name_module(struct modules *m, const char *path, struct ferry_pom *tree,
    struct ferry_error *err)
{
	struct maven_poms *poms = ferry_maven_walker_poms(m->walker);
	struct ferry_buf name = FERRY_BUF_INIT, version = FERRY_BUF_INIT;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_model model;
	struct maven_pom *pom = NULL;
	unsigned asked = 0;
	int rc = -1;

	tree->file = path;
	/* Parents in the project are here; others do not matter for this. */
	(void)ferry_model_new(&model, ferry_pom_ref(tree),
	    ferry_maven_poms_load, poms, &asked, &ignored);
	if (ferry_model_text(&model, tree->group, &name, err) == 0 &&
	    ferry_buf_adds(&name, ":", err) == 0 &&
	    ferry_model_text(&model, tree->artifact, &name, err) == 0 &&
	    ferry_model_text(&model, tree->version, &version, err) == 0) {
		if (!ferry_maven_name_valid(ferry_bytes_buf(&name)) ||
		    !ferry_maven_version_valid(ferry_bytes_buf(&version)))
			ferry_error_set(err, FERRY_EFORMAT,
			    "'%.200s:%.100s' are no coordinates",
			    (char *)name.p, (char *)version.p);
		else
			pom = ferry_maven_poms_get(
			    poms, (char *)name.p, (char *)version.p, err);
	}
	if (pom != NULL && ferry_maven_pom_local(pom, path, err) == 0 &&
	    ferry_array_grow(&m->list, &m->cap, m->n + 1,
		sizeof(struct maven_pom *), err) == 0) {
		m->list[m->n++] = pom;
		rc = 0;
	}
	ferry_model_free(&model);
	ferry_buf_free(&name);
	ferry_buf_free(&version);
	return rc;
}

static int
add_module(struct modules *m, const char *path, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_pom *tree = NULL;
	const struct ferry_active *active;
	const struct maven *maven = m->packages->state;
	int rc = -1;

	if (ferry_table_find(&m->seen, path) != NULL)
		return 0;
	if (m->seen.n == MODULES_MAX)
		return ferry_error_set(
		    err, FERRY_ELIMIT, "more than %d modules", MODULES_MAX);
	if (ferry_table_add(
		&m->seen, path, sizeof(struct ferry_table_entry), err) == NULL)
		return -1;
	if (ferry_file_read(path, FERRY_XML_MAX, &text, err) == 0 &&
	    ferry_pom_new(
		&tree, ferry_bytes_buf(&text), &maven->builder, err) == 0 &&
	    name_module(m, path, tree, err) == 0 &&
	    add_modules_of(m, path, tree->root, err) == 0 &&
	    ferry_active_find(tree, path, &active, err) == 0) {
		rc = 0;
		for (size_t i = 0; rc == 0 && i < active->n; i++)
			rc = add_modules_of(m, path, active->profiles[i], err);
	}
	if (rc == -1)
		ferry_error_in(err, "%s", path);
	ferry_pom_unref(tree);
	ferry_buf_free(&text);
	return rc;
}

/* .mvn/extensions.xml beside the root of a project: what Maven itself loads. */
static int
use_extensions(struct modules *m, const char *path, struct ferry_error *err)
{
	const char *slash = strrchr(path, '/');
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf file = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	struct ferry_xml *xml = NULL;
	const struct ferry_xml_node *node;
	int rc = ferry_buf_addf(&file, err, "%.*s.mvn/extensions.xml",
	    slash == NULL ? 0 : (int)(slash - path) + 1, path);

	if (rc == 0 &&
	    ferry_file_read((char *)file.p, FERRY_XML_MAX, &text, &ignored) ==
		0 &&
	    (rc = ferry_xml_parse(
		 &xml, ferry_bytes_buf(&text), (char *)file.p, err)) == 0)
		for (node = ferry_xml_root(xml)->first; node != NULL && rc == 0;
		     node = node->next) {
			const char *group = ferry_xml_text(node, "groupId"),
				   *artifact =
				       ferry_xml_text(node, "artifactId"),
				   *version = ferry_xml_text(node, "version");

			if (group != NULL && artifact != NULL &&
			    version != NULL)
				rc = use_artifact(m->walker, group, artifact,
				    version, ":jar", FERRY_NEEDED, NULL, err);
		}
	ferry_xml_free(xml);
	ferry_buf_free(&file);
	ferry_buf_free(&text);
	return rc;
}

int
ferry_maven_projects(struct ferry_packages *packages, struct ferry_error *err)
{
	const struct maven *maven = packages->state;
	struct modules m = { packages, maven->walker, .n = 0 };
	int rc = 0;

	for (size_t i = 0; i < maven->projects_n; i++)
		if (ferry_maven_arguments(
			packages->state, i, maven->projects[i], err) == -1)
			return -1;
	for (size_t i = 0; i < maven->projects_n; i++) {
		struct ferry_error why = FERRY_ERROR_INIT;

		if (add_module(&m, maven->projects[i], &why) == -1 ||
		    use_extensions(&m, maven->projects[i], &why) == -1)
			ferry_run_fail(packages->run, maven->projects[i], &why);
	}
	/* Modules need each other: all are known before one is followed. */
	for (size_t i = 0; i < m.n && rc == 0; i++)
		rc = ferry_maven_walk(m.walker, m.list[i], MAVEN_ROOT_PROJECT,
		    NULL, FERRY_NEEDED, NULL, err);
	ferry_table_free(&m.seen, NULL);
	free(m.list);
	return rc;
}
