/*
 * Pulling from a Maven repository: what the engine of packages has to know of
 * it.  Versions are files in a tree; what they need stands in their POMs, which
 * walk.c follows.
 *
 * Source: store/format/maven/PROTOCOL.md, sections 1, 2, 4, 8, 9 and 11.
 */

#include "sync/upstream/maven/maven.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/conf.h"
#include "store/base/error.h"
#include "store/base/files.h"
#include "store/format/maven/names.h"
#include "store/format/maven/version.h"
#include "sync/upstream/maven/files.h"
#include "sync/upstream/maven/metadata.h"
#include "sync/upstream/maven/module.h"
#include "sync/upstream/maven/names.h"
#include "sync/upstream/maven/project.h"
#include "sync/upstream/maven/walk.h"
#include "sync/upstream/package/package.h"
#include "sync/upstream/package/packages.h"

static void
close_maven(struct ferry_packages *packages)
{
	struct maven *maven = packages->state;

	if (maven == NULL)
		return;
	ferry_table_free(&maven->absent, NULL);
	for (size_t i = 0; i < MAVEN_NAMES_MAX; i++)
		free(maven->arguments[i]);
	ferry_maven_places_free(&maven->places);
	ferry_maven_module_forget(&maven->constrained);
	ferry_maven_walker_free(maven->walker);
	free(maven->platforms);
	free(maven);
}

/* "g:a", "g:a:1.0", "g:a:[1,2)", "g:a:1.0:jar:tests". */
static int
split_text(
    const char *text, char **name, const char **spec, struct ferry_error *err)
{
	const char *colon = strchr(text, ':');
	size_t n = strlen(text);

	*spec = NULL;
	if (colon != NULL && (colon = strchr(colon + 1, ':')) != NULL) {
		n = (size_t)(colon - text);
		*spec = colon[1] == 0 ? NULL : colon + 1;
	}
	return ferry_strndup(name, ferry_bytes_of(text, n), err);
}

/* "1.0:type:classifier"; "1.0:jar:*" is the main file and all beside it. */
static int
cut_spec(const char *spec, size_t *n, char **files, struct ferry_error *err)
{
	const char *type = strchr(spec, ':'), *classifier;
	struct ferry_buf words = FERRY_BUF_INIT;
	struct ferry_maven_type is;
	char *copy = NULL;
	int rc;

	*n = type == NULL ? strlen(spec) : (size_t)(type - spec);
	if (type == NULL)
		return 0;
	classifier = strchr(++type, ':');
	if (ferry_strndup(&copy,
		ferry_bytes_of(type, classifier == NULL
					 ? strlen(type)
					 : (size_t)(classifier - type)),
		err) == -1)
		return -1;
	if (classifier != NULL && strcmp(classifier, ":*") == 0) {
		free(copy);
		return ferry_strdup(files, "* " MAVEN_ALL, err);
	}
	is = ferry_maven_type(copy);
	classifier = classifier == NULL ? is.classifier : classifier + 1;
	if (!ferry_maven_part_valid(ferry_bytes_str(is.extension)) ||
	    (*classifier != 0 &&
		!ferry_maven_part_valid(ferry_bytes_str(classifier)))) {
		free(copy);
		return ferry_error_set(err, FERRY_EFORMAT,
		    "'%.80s' is not VERSION:TYPE:CLASSIFIER", spec);
	}
	rc = ferry_buf_addf(&words, err, "%s:%s", classifier, is.extension);
	free(copy);
	*files = (char *)words.p;
	return rc;
}

static int
known(struct ferry_packages *packages, const char *name,
    struct ferry_known *out, struct ferry_error *err)
{

	out->what = FERRY_KNOWN_NOTHING;
	return strchr(ferry_maven_coordinates(packages, name), ':') != NULL
	           ? 0
	           : ferry_error_set(err, FERRY_EFORMAT,
			 "'%s' does not say what is its group: name it as "
			 "GROUP:ARTIFACT",
			 name);
}

static int
document_url(const struct ferry_packages *packages, const char *name,
    struct ferry_buf *url, struct ferry_error *err)
{

	return ferry_maven_tree(url, packages, name, err) == -1 ||
	               ferry_maven_folder(url,
			   ferry_maven_coordinates(packages, name),
			   err) == -1 ||
	               ferry_buf_adds(url, "/" FERRY_MAVEN_METADATA, err) == -1
	           ? -1
	           : 0;
}

static int
range_new(void **out, struct ferry_bytes spec, struct ferry_error *err)
{
	struct ferry_maven_range *range = NULL;

	if (ferry_maven_range_new(&range, spec, err) == -1)
		return -1;
	*out = range;
	return 0;
}

static bool
range_has(const void *range, struct ferry_bytes number,
    enum ferry_prereleases prereleases)
{

	return ferry_maven_range_has(range, number) &&
	       (prereleases == FERRY_PRERELEASES_ALL ||
		   !ferry_maven_prerelease(number));
}

static void
range_free(void *range)
{

	ferry_maven_range_free(range);
}

/* What POMs say */

/* Tell who waits for the ranges that chose this version, of those that home
 * has. */
static int
settle_ranges(struct maven_poms *poms, const struct ferry_version_at *at,
    const struct ferry_packages *home, const struct ferry_digest *sha256,
    struct ferry_error *err)
{
	const char *rest = at->files == NULL ? "" : at->files,
		   *name = ferry_maven_coordinates(at->packages, at->name);
	struct maven_pom *range, *pom;

	for (size_t n; *rest != 0; rest += n + (rest[n] == ' ')) {
		char *spec = NULL;

		n = strcspn(rest, " ");
		if (n < 2 || *rest != '=')
			continue;
		if (ferry_strndup(
			&spec, ferry_bytes_of(rest + 1, n - 1), err) == -1)
			return -1;
		range = ferry_maven_poms_find(poms, name, spec, err);
		free(spec);
		if (range == NULL || range->home != home)
			continue;
		pom = ferry_maven_poms_get(poms, name, at->version, err);
		if (pom == NULL)
			return -1;
		if (pom->state == POM_NEW) {
			pom->home = range->home;
			pom->state = POM_ASKED;
		}
		if (range->alias == NULL && range != pom)
			range->alias = pom;
		if (ferry_maven_pom_settle(poms, pom, sha256, err) == -1 ||
		    ferry_maven_pom_settle(poms, range, sha256, err) == -1)
			return -1;
	}
	return 0;
}

/* Go on with walks, and with platforms that are whole. */
static int
go_on(struct maven *maven, struct ferry_error *err)
{
	struct maven_pom *pom;
	size_t i = 0;
	int rc = ferry_maven_walk_on(maven->walker, err);

	while (rc == 0 && i < maven->platforms_n) {
		pom = ferry_maven_pom_real(maven->platforms[i]);
		if (!pom->settled) {
			i++;
			continue;
		}
		maven->platforms[i] = maven->platforms[--maven->platforms_n];
		if (pom->state == POM_HERE)
			rc = ferry_maven_platform(
			    ferry_maven_walker_poms(maven->walker), pom, err);
	}
	return rc;
}

/* Tell those who asked for it because their own upstream lacks it. */
static int
tell_behind(const struct ferry_version_at *at,
    const struct ferry_digest *sha256, struct ferry_error *err)
{
	const struct maven *maven = at->packages->state;
	struct maven_pom *theirs;

	for (size_t i = 0; i < maven->behind_n; i++) {
		struct maven *other = maven->behind[i]->state;
		struct maven_poms *poms =
		    ferry_maven_walker_poms(other->walker);

		theirs =
		    ferry_maven_poms_find(poms, at->name, at->version, err);
		if ((theirs != NULL && theirs->home == at->packages &&
			ferry_maven_pom_settle(poms, theirs, sha256, err) ==
			    -1) ||
		    settle_ranges(poms, at, at->packages, sha256, err) == -1 ||
		    go_on(other, err) == -1)
			return -1;
	}
	return 0;
}

/* Whether the version was wanted for itself: then its parents and BOMs are
 * wanted, too. */
static bool
is_wanted_itself(const struct ferry_version_at *at)
{
	const char *rest = at->files == NULL ? "" : at->files;
	struct maven_word word;

	return ferry_maven_wants_main(at->files) ||
	       ferry_maven_next_word(&rest, &word);
}

/* A platform of Gradle's without module metadata waits for what it imports. */
static int
add_platform(const struct ferry_version_at *at, struct maven_pom *pom,
    struct ferry_error *err)
{
	struct maven *maven = at->packages->state;
	struct ferry_buf name = FERRY_BUF_INIT;
	struct ferry_file file;
	int rc = 0;

	for (size_t i = 0; i < maven->platforms_n; i++)
		if (maven->platforms[i] == pom)
			return 0;
	if (ferry_maven_name_of(&name, at, ferry_bytes_str(""),
		ferry_bytes_str("module"), err) == -1 ||
	    (rc = ferry_files_find(at->record, (char *)name.p, &file, err)) !=
		0 ||
	    (rc = ferry_array_grow(&maven->platforms, &maven->platforms_cap,
		 maven->platforms_n + 1, sizeof(*maven->platforms), err)) != 0)
		goto out;
	maven->platforms[maven->platforms_n++] = pom;
	ferry_maven_pom_queue(ferry_maven_walker_poms(maven->walker), pom);
out:
	ferry_buf_free(&name);
	return rc == -1 ? -1 : 0;
}

static int
arrived(
    const struct ferry_version_at *at, bool closure, struct ferry_error *err)
{
	struct maven *maven = at->packages->state;
	struct maven_poms *poms = ferry_maven_walker_poms(maven->walker);
	const char *rest = at->files == NULL ? "" : at->files;
	bool gradle = ferry_maven_has_word(at->files, "gradle");
	const struct ferry_digest *sha256 = NULL;
	struct maven_word word;
	struct ferry_buf name = FERRY_BUF_INIT;
	struct maven_pom *pom;
	struct ferry_file file;
	int rc;

	/* Clients ask for what it needs. */
	if (at->packages->run->pulls)
		return 0;
	rc = ferry_maven_name_of(
	    &name, at, ferry_bytes_str(""), ferry_bytes_str("pom"), err);
	if (rc == 0)
		rc = ferry_files_find(at->record, (char *)name.p, &file, err);
	ferry_buf_free(&name);
	if (rc == 1)
		sha256 = &file.sha256;
	if (rc == -1 ||
	    (pom = ferry_maven_poms_get(poms,
		 ferry_maven_coordinates(at->packages, at->name), at->version,
		 err)) == NULL ||
	    ferry_maven_pom_settle(poms, pom, sha256, err) == -1 ||
	    settle_ranges(poms, at, NULL, sha256, err) == -1 ||
	    tell_behind(at, sha256, err) == -1)
		return -1;
	if (is_wanted_itself(at))
		ferry_maven_pom_queue(poms, pom);
	/* What a lock file names has all that it needs beside it. */
	if (maven->gradle || gradle)
		rc = ferry_maven_module(at,
		    closure || (!gradle && ferry_maven_next_word(&rest, &word))
			? MAVEN_MODULE_FOLLOW
			: MAVEN_MODULE_LOCKED,
		    err);
	else if (ferry_maven_wants_all(at) && ferry_maven_wants_main(at->files))
		rc = ferry_maven_module(at, MAVEN_MODULE_FILES, err);
	if (rc == -1)
		return -1;
	if (ferry_maven_has_word(at->files, "platform") &&
	    add_platform(at, pom, err) == -1)
		return -1;
	if (closure && ferry_maven_walk(maven->walker, pom,
			   gradle || maven->gradle ? MAVEN_ROOT_GRADLE
						   : MAVEN_ROOT_ARTIFACT,
			   NULL, FERRY_NEEDED, NULL, err) == -1)
		return -1;
	return go_on(maven, err);
}

/* What others of this upstream's fallback's lack is lost for them, too. */
static int
lost(struct ferry_packages *packages, const char *name, const char *version,
    const struct ferry_error *why, struct ferry_error *err)
{
	struct maven *maven = packages->state;
	bool elsewhere = why->code == FERRY_ENOTFOUND ||
	                 why->code == FERRY_EUNRESOLVED ||
	                 why->code == FERRY_EDENIED;
	int rc = ferry_maven_poms_lose(ferry_maven_walker_poms(maven->walker),
	    ferry_maven_coordinates(packages, name), version, NULL,
	    elsewhere ? maven->next : NULL, err);

	for (size_t i = 0; i < maven->behind_n && rc == 0; i++) {
		struct maven *other = maven->behind[i]->state;

		if (ferry_maven_poms_lose(
			ferry_maven_walker_poms(other->walker), name, version,
			packages, NULL, err) == -1 ||
		    go_on(other, err) == -1)
			return -1;
	}
	return rc == -1 || go_on(maven, err) == -1 ? -1 : rc;
}

/* Find the upstream that is asked for what this one lacks. */
static int
find_fallback(struct ferry_packages *packages, struct ferry_error *err)
{
	struct maven *maven = packages->state, *next;
	struct ferry_run *run = packages->run;

	for (size_t i = 0; maven->fallback != NULL && i < run->upstreams_n;
	     i++) {
		struct ferry_upstream *up = &run->upstreams[i];

		if (strcmp(up->name, maven->fallback) != 0 ||
		    up == packages->up ||
		    strcmp(up->kind->format, packages->format->format) != 0)
			continue;
		if (!up->wanted)
			return 0;
		maven->next = up->state;
		next = maven->next->state;
		/* It may not have started. */
		maven->next->run = run;
		if (next->behind_n == MAVEN_BEHIND_MAX)
			break;
		next->behind[next->behind_n++] = packages;
		return 0;
	}
	return maven->fallback == NULL
	           ? 0
	           : ferry_conf_error(packages->up->group, "fallback", err,
			 "expected the name of another upstream of this "
			 "format, which at most %d others fall back to",
			 MAVEN_BEHIND_MAX);
}

/* Servers fall back as well: they have names of several upstreams. */
static int
put_upstream(struct ferry_packages *packages, struct ferry_error *err)
{
	const struct maven *maven = packages->state;
	json_t *more = NULL;
	int rc;

	if (maven->fallback != NULL && packages->up->delegator == NULL &&
	    (more = json_pack("{s:s}", "fallback", maven->fallback)) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	rc = ferry_upstream_put(packages->run, packages->up, more, err);
	json_decref(more);
	return rc;
}

static int
open_maven(struct ferry_packages *packages, struct ferry_error *err)
{

	if (packages->run->dry_run)
		packages->run->plan_lacks =
		    "what these need, which stands in their POMs";
	return put_upstream(packages, err) == -1 ||
	               find_fallback(packages, err) == -1 ||
	               ferry_packages_ready(packages, err) == -1 ||
	               ferry_maven_projects(packages, err) == -1
	           ? -1
	           : 0;
}

/* What has no checksum is told once, at the end. */
static int
after(struct ferry_packages *packages, struct ferry_error *err)
{
	struct maven *maven = packages->state;
	char text[160], count[FERRY_COUNT_TEXT];

	(void)err;
	if (maven->unchecked > 0 && !maven->said && maven->checksums != 0) {
		maven->said = true;
		(void)snprintf(text, sizeof(text),
		    "upstream has no checksum of %s, taken as they came",
		    ferry_count_text(maven->unchecked, "file", count));
		ferry_run_skip(packages->run, packages->up->name, text);
	}
	if (maven->unlisted > 0) {
		(void)snprintf(text, sizeof(text),
		    "upstream does not list the files of %s: which classifiers "
		    "there are is not known, and they must be named",
		    ferry_count_text(maven->unlisted, "version", count));
		maven->unlisted = 0;
		ferry_run_skip(packages->run, packages->up->name, text);
	}
	return 0;
}

static const struct ferry_package_format maven = {
	.format = "maven",
	.document = FERRY_MAVEN_METADATA,
	.file = "POM",
	.media_type = "application/xml",
	.default_spec = "RELEASE",
	.any = "(,)",
	.withdrawn = "keep",
	.document_max = FERRY_XML_MAX,
	.file_max = 16ULL << 30,
	.unlisted = true,
	.grows = true,
	.usual = "*",
	.digests = FERRY_ALG(FERRY_SHA1) | FERRY_ALG(FERRY_MD5) |
	           FERRY_ALG(FERRY_SHA512),
	.plan_size = "size",
	.configure = ferry_maven_configure,
	.open = open_maven,
	.close = close_maven,
	.split = split_text,
	.exact = ferry_maven_exact,
	.cut = cut_spec,
	.words = ferry_maven_words,
	.known = known,
	.document_url = document_url,
	.about = ferry_maven_about,
	.elsewhere = ferry_maven_elsewhere,
	.record = ferry_maven_place_record,
	.read = ferry_maven_read,
	.range_new = range_new,
	.range_has = range_has,
	.range_free = range_free,
	.pick = ferry_maven_pick,
	.files = ferry_maven_files,
	.more_files = ferry_maven_more_files,
	.describe = ferry_maven_describe,
	.arrived = arrived,
	.lost = lost,
	.after = after,
};

const struct ferry_upstream_kind ferry_upstream_maven =
    FERRY_PACKAGE_KIND("maven", &maven);
