/* What etc/ferry.conf says of a Maven upstream alone. */

#include <string.h>

#include "store/base/conf.h"
#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/format/maven/names.h"
#include "sync/upstream/maven/lifecycle.h"
#include "sync/upstream/maven/maven.h"
#include "sync/upstream/maven/project.h"
#include "sync/upstream/maven/walk.h"
#include "sync/upstream/package/packages.h"

/* checksums = [ "sha1", "sha512" ]: which sidecars are asked for. */
static int
read_checksums(struct maven *maven, struct ferry_conf_group *group,
    struct ferry_error *err)
{
	static const enum ferry_alg algs[] = { FERRY_SHA512, FERRY_SHA256,
		FERRY_SHA1, FERRY_MD5 };
	const char *word;
	int rc;

	if (!ferry_conf_has(group, "checksums")) {
		maven->checksums = FERRY_ALG(FERRY_SHA1);
		return 0;
	}
	for (unsigned i = 0;
	     (rc = ferry_conf_strs(group, "checksums", i, &word, err)) == 1;
	     i++) {
		size_t k = 0;

		while (k < 4 && strcmp(word, ferry_alg_name(algs[k])) != 0)
			k++;
		if (k == 4)
			return ferry_conf_error(group, "checksums", err,
			    "expected \"sha512\", \"sha256\", \"sha1\" or "
			    "\"md5\"");
		maven->checksums |= FERRY_ALG(algs[k]);
	}
	return rc;
}

/* classifiers = [ "linux-x86_64", "*" ]: beside each main file. */
static int
read_classifiers(struct maven *maven, struct ferry_conf_group *group,
    struct ferry_error *err)
{
	size_t n;

	if (ferry_conf_all_strs(group, "classifiers", maven->classifiers,
		MAVEN_NAMES_MAX, &n, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const char *word = maven->classifiers[i];

		if (strcmp(word, "*") == 0)
			maven->all = true;
		else if (ferry_maven_part_valid(ferry_bytes_str(word)))
			maven->classifiers[maven->classifiers_n++] = word;
		else
			return ferry_conf_error(group, "classifiers", err,
			    "'%.60s' is no classifier", word);
	}
	return 0;
}

static int
read_projects(struct maven *maven, struct ferry_conf_group *group,
    struct ferry_error *err)
{
	int rc;

	while ((rc = ferry_conf_path_at(group, "projects",
		    (unsigned)maven->projects_n,
		    &maven->projects[maven->projects_n], err)) == 1)
		if (++maven->projects_n == MAVEN_NAMES_MAX)
			return ferry_conf_error(group, "projects", err,
			    "expected fewer than %d", MAVEN_NAMES_MAX);
	if (rc == -1 ||
	    ferry_conf_all_strs(group, "profiles", maven->profiles,
		MAVEN_NAMES_MAX, &maven->builder.profiles_n, err) == -1 ||
	    ferry_conf_all_strs(group, "properties", maven->properties,
		MAVEN_NAMES_MAX, &maven->builder.properties_n, err) == -1 ||
	    ferry_conf_str(group, "jdk", "17", &maven->builder.jdk, err) ==
		-1 ||
	    ferry_conf_str(group, "maven", "3.8", &maven->lifecycle, err) == -1)
		return -1;
	if (!ferry_maven_lifecycle_known(maven->lifecycle))
		return ferry_conf_error(group, "maven", err,
		    "expected \"3.8\", \"3.9.0\", \"3.9.6\" or \"3.9\"");
	maven->builder.profiles = maven->profiles;
	maven->builder.properties = maven->properties;
	return ferry_conf_bool(group, "plugins", true, &maven->plugins, err) ==
	                   -1 ||
	               ferry_conf_bool(
			   group, "site", false, &maven->site, err) == -1
	           ? -1
	           : 0;
}

int
ferry_maven_configure(struct ferry_packages *packages,
    struct ferry_conf_group *group, struct ferry_error *err)
{
	struct maven *maven;

	if (ferry_calloc(&maven, 1, sizeof(*maven), err) == -1)
		return -1;
	packages->state = maven;
	if (ferry_conf_str(group, "fallback", NULL, &maven->fallback, err) ==
	    -1)
		return -1;
	if (ferry_conf_bool(group, "gradle", false, &maven->gradle, err) == -1)
		return -1;
	return ferry_conf_bool(group, "sources", false, &maven->sources, err) ==
	                   -1 ||
	               ferry_conf_bool(group, "javadoc", false, &maven->javadoc,
			   err) == -1 ||
	               ferry_conf_bool(group, "signatures", false,
			   &maven->signatures, err) == -1 ||
	               read_classifiers(maven, group, err) == -1 ||
	               read_checksums(maven, group, err) == -1 ||
	               read_projects(maven, group, err) == -1 ||
	               /* Basic, as Maven's settings.xml has it. */
	               ferry_upstream_login(packages->up, err) == -1 ||
	               ferry_maven_walker_new(&maven->walker, packages,
			   &maven->builder, &ferry_maven_project_hooks,
			   err) == -1
	           ? -1
	           : 0;
}
