#include "sync/upstream/maven/poms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/base/error.h"
#include "store/base/file.h"
#include "store/blob/blob.h"
#include "store/format/maven/names.h"
#include "store/format/maven/version.h"
#include "sync/upstream/maven/maven.h"
#include "sync/upstream/package/packages.h"

#define POM_MAX FERRY_XML_MAX
#define KEPT_MAX 128 /* trees */
#define ALIASES_MAX 8

void
ferry_maven_poms_init(struct maven_poms *poms, struct ferry_packages *packages,
    const struct ferry_builder *builder)
{

	*poms = (struct maven_poms){ .packages = packages, .builder = builder };
	poms->ready_end = &poms->ready;
}

static void
pom_free(void *entry)
{
	struct maven_pom *pom = entry;

	free(pom->name);
	free(pom->version);
	free(pom->path);
	ferry_pom_unref(pom->parsed);
	ferry_dependencies_free(&pom->deps);
	free(pom->waiters);
	free(pom->nodes);
}

void
ferry_maven_poms_free(struct maven_poms *poms)
{

	ferry_table_free(&poms->table, pom_free);
	free(poms->kept);
}

struct maven_pom *
ferry_maven_poms_find(const struct maven_poms *poms, const char *name,
    const char *version, struct ferry_error *err)
{
	struct ferry_buf key = FERRY_BUF_INIT;
	struct ferry_table_entry *entry = NULL;

	if (ferry_buf_addf(&key, err, "%s:%s", name, version) == 0)
		entry = ferry_table_find(&poms->table, (char *)key.p);
	ferry_buf_free(&key);
	return (struct maven_pom *)entry;
}

struct maven_pom *
ferry_maven_poms_get(struct maven_poms *poms, const char *name,
    const char *version, struct ferry_error *err)
{
	struct ferry_buf key = FERRY_BUF_INIT;
	struct maven_pom *pom = NULL;

	if (ferry_buf_addf(&key, err, "%s:%s", name, version) == -1)
		return NULL;
	pom = (struct maven_pom *)ferry_table_find(&poms->table, (char *)key.p);
	if (pom == NULL &&
	    (pom = ferry_table_add(
		 &poms->table, (char *)key.p, sizeof(*pom), err)) != NULL &&
	    (ferry_strdup(&pom->name, name, err) == -1 ||
		ferry_strdup(&pom->version, version, err) == -1))
		pom = NULL;
	ferry_buf_free(&key);
	return pom;
}

struct maven_pom *
ferry_maven_pom_real(struct maven_pom *pom)
{

	for (int i = 0; pom->alias != NULL && i < ALIASES_MAX; i++)
		pom = pom->alias;
	return pom;
}

int
ferry_maven_pom_local(
    struct maven_pom *pom, const char *path, struct ferry_error *err)
{

	if (pom->path != NULL)
		return 0;
	pom->state = POM_HERE;
	return ferry_strdup(&pom->path, path, err);
}

/* An owner on GitHub has no package of that name. */
static int
ask_fallback(struct maven_poms *poms, struct maven_pom *pom, const char *files,
    enum ferry_need need, struct ferry_error *err)
{
	const struct maven *maven = poms->packages->state;

	if (maven->next == NULL)
		return ferry_maven_pom_settle(poms, pom, NULL, err);
	pom->home = maven->next;
	return ferry_maven_pom_ask(poms, pom, files, need, err);
}

/* "=RANGE" tells who chose the version, when it arrives. */
int
ferry_maven_pom_ask(struct maven_poms *poms, struct maven_pom *pom,
    const char *files, enum ferry_need need, struct ferry_error *err)
{
	bool range = ferry_maven_is_range(ferry_bytes_str(pom->version));
	struct ferry_packages *packages =
	    pom->home != NULL ? pom->home : poms->packages;
	const char *name = ferry_maven_called(packages, pom->name);
	struct ferry_buf words = FERRY_BUF_INIT;
	struct ferry_package_want want = { .kind = range ? FERRY_WANT_PICK
		                                         : FERRY_WANT_EXACT,
		.spec = pom->version,
		.by = "a POM",
		.need = need };
	int rc = -1;

	if (pom->path != NULL)
		return 0;
	if (pom->state == POM_NEW)
		pom->state = POM_ASKED;
	pom->needed = pom->needed || need == FERRY_NEEDED;
	if (name == NULL)
		return ask_fallback(poms, pom, files, need, err);
	if (ferry_buf_addf(&words, err, "%s", files) == 0 &&
	    (!range ||
		ferry_buf_addf(&words, err, " =%s", pom->version) == 0)) {
		want.files = (char *)words.p;
		rc = ferry_packages_want(packages, name, &want, err);
	}
	ferry_buf_free(&words);
	return rc;
}

void
ferry_maven_pom_queue(struct maven_poms *poms, struct maven_pom *pom)
{

	if (pom->queued)
		return;
	pom->queued = true;
	pom->next = NULL;
	*poms->ready_end = pom;
	poms->ready_end = &pom->next;
}

struct maven_pom *
ferry_maven_poms_next(struct maven_poms *poms)
{
	struct maven_pom *pom = poms->ready;

	if (pom == NULL)
		return NULL;
	if ((poms->ready = pom->next) == NULL)
		poms->ready_end = &poms->ready;
	pom->queued = false;
	return pom;
}

int
ferry_maven_pom_settle(struct maven_poms *poms, struct maven_pom *pom,
    const struct ferry_digest *sha256, struct ferry_error *err)
{

	(void)err;
	if (pom->state == POM_HERE)
		return 0;
	pom->state = sha256 == NULL ? POM_LOST : POM_HERE;
	if (sha256 != NULL)
		pom->sha256 = *sha256;
	for (size_t i = 0; i < pom->waiters_n; i++)
		ferry_maven_pom_queue(poms, pom->waiters[i]);
	pom->waiters_n = 0;
	if (pom->nodes_n > 0)
		ferry_maven_pom_queue(poms, pom);
	return 0;
}

static int
lose(struct maven_poms *poms, struct maven_pom *pom,
    const struct ferry_packages *home, struct ferry_packages *next,
    struct ferry_error *err)
{

	if (pom->home != home)
		return 0;
	if (next == NULL || pom->state != POM_ASKED)
		return ferry_maven_pom_settle(poms, pom, NULL, err);
	pom->home = next;
	return ferry_maven_pom_ask(poms, pom, "pom",
		   pom->needed ? FERRY_NEEDED : FERRY_NEEDED_IF_THERE,
		   err) == -1
	           ? -1
	           : 1;
}

int
ferry_maven_poms_lose(struct maven_poms *poms, const char *name,
    const char *version, const struct ferry_packages *home,
    struct ferry_packages *next, struct ferry_error *err)
{
	struct ferry_table_entry *e = NULL;
	struct maven_pom *pom;
	int found = 0, rc;

	if (version != NULL) {
		pom = ferry_maven_poms_get(poms, name, version, err);
		return pom == NULL ? -1 : lose(poms, pom, home, next, err);
	}
	while ((e = ferry_table_next(&poms->table, e)) != NULL) {
		pom = (struct maven_pom *)e;
		if (pom->state != POM_ASKED || strcmp(pom->name, name) != 0)
			continue;
		if ((rc = lose(poms, pom, home, next, err)) == -1)
			return -1;
		found = found || rc == 1;
	}
	return found;
}

/* Trees */

static void
forget_oldest(struct maven_poms *poms)
{
	size_t oldest = 0;

	for (size_t i = 1; i < poms->kept_n; i++)
		if (poms->kept[i]->used < poms->kept[oldest]->used)
			oldest = i;
	ferry_pom_unref(poms->kept[oldest]->parsed);
	poms->kept[oldest]->parsed = NULL;
	poms->kept[oldest] = poms->kept[--poms->kept_n];
}

static int
read_text(struct maven_poms *poms, const struct maven_pom *pom,
    struct ferry_buf *out, struct ferry_error *err)
{

	return pom->path != NULL ? ferry_file_read(pom->path, POM_MAX, out, err)
	                         : ferry_blob_load(poms->packages->run->st,
				       &pom->sha256, POM_MAX, out, err);
}

/* Read the tree, and keep it while few others are. */
static int
read_tree(
    struct maven_poms *poms, struct maven_pom *pom, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_pom *tree = NULL;
	int rc = read_text(poms, pom, &text, err);

	if (rc == 0)
		rc = ferry_pom_new(
		    &tree, ferry_bytes_buf(&text), poms->builder, err);
	ferry_buf_free(&text);
	if (rc == -1 || tree == NULL)
		return ferry_error_in(err, "%s:%s", pom->name, pom->version);
	if (poms->kept_n == KEPT_MAX)
		forget_oldest(poms);
	if (ferry_array_grow(&poms->kept, &poms->kept_cap, poms->kept_n + 1,
		sizeof(struct maven_pom *), err) == -1) {
		ferry_pom_unref(tree);
		return -1;
	}
	tree->file = pom->path;
	pom->parsed = tree;
	poms->kept[poms->kept_n++] = pom;
	return 0;
}

int
ferry_maven_pom_open(struct maven_poms *poms, struct maven_pom *pom,
    struct ferry_pom **out, struct ferry_error *err)
{

	if (pom->parsed == NULL && read_tree(poms, pom, err) == -1)
		return -1;
	pom->used = ++poms->clock;
	*out = ferry_pom_ref(pom->parsed);
	return 0;
}

/* Whoever is being resolved is told when pom has come. */
static int
wait_for(
    struct maven_poms *poms, struct maven_pom *pom, struct ferry_error *err)
{
	struct maven_pom *who = poms->resolving;

	if (who == NULL ||
	    (pom->waiters_n > 0 && pom->waiters[pom->waiters_n - 1] == who))
		return 0;
	if (ferry_array_grow(&pom->waiters, &pom->waiters_cap,
		pom->waiters_n + 1, sizeof(struct maven_pom *), err) == -1)
		return -1;
	pom->waiters[pom->waiters_n++] = who;
	return 0;
}

/* Whether a version that is written beside a child is the one that it asks for:
 * "${revision}" is the child's as well as the parent's. */
static bool
is_meant(const char *version, const char *asked)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_maven_range *range = NULL;
	bool fits;

	if (strcmp(version, asked) == 0 || strstr(version, "${") != NULL)
		return true;
	if (!ferry_maven_is_range(ferry_bytes_str(asked)) ||
	    ferry_maven_range_new(&range, ferry_bytes_str(asked), &ignored) ==
		-1)
		return false;
	fits = ferry_maven_range_has(range, ferry_bytes_str(version));
	ferry_maven_range_free(range);
	return fits;
}

/* It is the project's own file at path, in the version that this is of. */
static int
take_local(struct maven_poms *poms, struct maven_pom *pom,
    const struct ferry_pom *tree, const char *path, struct ferry_error *err)
{
	struct maven_pom *real;

	if (!ferry_maven_is_range(ferry_bytes_str(pom->version)) ||
	    !ferry_maven_version_valid(ferry_bytes_str(tree->version)))
		return ferry_maven_pom_local(pom, path, err);
	real = ferry_maven_poms_get(poms, pom->name, tree->version, err);
	if (real == NULL || ferry_maven_pom_local(real, path, err) == -1)
		return -1;
	pom->alias = real;
	pom->state = POM_HERE;
	return 0;
}

/* A parent beside its child, if it is the one that is meant. */
static int
find_local(struct maven_poms *poms, struct maven_pom *pom, const char *child,
    const char *path, struct ferry_error *err)
{
	const char *slash = strrchr(child, '/');
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf file = FERRY_BUF_INIT, text = FERRY_BUF_INIT,
			 name = FERRY_BUF_INIT;
	struct ferry_pom *tree = NULL;
	struct stat sb;
	int rc = 0;

	if (*path == 0)
		return 0;
	if (ferry_buf_addf(&file, err, "%.*s%s",
		slash == NULL ? 0 : (int)(slash - child) + 1, child,
		path) == -1 ||
	    (stat((char *)file.p, &sb) == 0 && S_ISDIR(sb.st_mode) &&
		ferry_buf_adds(&file, "/pom.xml", err) == -1))
		rc = -1;
	if (rc == 0 &&
	    ferry_file_read((char *)file.p, POM_MAX, &text, &ignored) == 0 &&
	    ferry_pom_new(
		&tree, ferry_bytes_buf(&text), poms->builder, &ignored) == 0) {
		rc = ferry_buf_addf(
		    &name, err, "%s:%s", tree->group, tree->artifact);
		if (rc == 0 && strcmp((char *)name.p, pom->name) == 0 &&
		    is_meant(tree->version, pom->version))
			rc = take_local(poms, pom, tree, (char *)file.p, err);
	}
	ferry_pom_unref(tree);
	ferry_buf_free(&file);
	ferry_buf_free(&text);
	ferry_buf_free(&name);
	return rc;
}

int
ferry_maven_poms_load(void *ctx, const struct ferry_pom_id *id,
    const struct ferry_pom *child, const char *path, struct ferry_pom **out,
    struct ferry_error *err)
{
	struct maven_poms *poms = ctx;
	struct ferry_buf name = FERRY_BUF_INIT;
	struct maven_pom *pom = NULL;

	if (ferry_buf_addf(&name, err, "%s:%s", id->group, id->artifact) == -1)
		return -1;
	/* A parent beside its child may have a version that only it defines. */
	if (!ferry_maven_name_valid(ferry_bytes_buf(&name)) ||
	    (!ferry_maven_version_valid(ferry_bytes_str(id->version)) &&
		!ferry_maven_is_range(ferry_bytes_str(id->version)) &&
		(child == NULL || child->file == NULL)))
		ferry_error_set(err, FERRY_ENOTFOUND,
		    "'%.200s:%.80s' are no coordinates", (char *)name.p,
		    id->version);
	else
		pom = ferry_maven_poms_get(
		    poms, (char *)name.p, id->version, err);
	ferry_buf_free(&name);
	if (pom == NULL)
		return -1;
	if (pom->state == POM_NEW && child != NULL && child->file != NULL &&
	    find_local(poms, pom, child->file, path, err) == -1)
		return -1;
	if (pom->state == POM_NEW && strstr(id->version, "${") != NULL)
		return ferry_error_set(err, FERRY_ENOTFOUND,
		    "'%s' is not the version of a parent that is there",
		    id->version);
	if (pom->state == POM_NEW &&
	    ferry_maven_pom_ask(poms, pom, "pom", FERRY_NEEDED, err) == -1)
		return -1;
	pom = ferry_maven_pom_real(pom);
	if (pom->state == POM_HERE)
		return ferry_maven_pom_open(poms, pom, out, err) == -1 ? -1 : 1;
	if (pom->state == POM_LOST)
		return ferry_error_set(err, FERRY_ENOTFOUND,
		    "%s:%s could not be had", pom->name, pom->version);
	return wait_for(poms, pom, err);
}

/* Resolution */

/* Of <relocation>: 1 and alias is set, 0. */
static int
find_relocation(struct maven_poms *poms, struct maven_pom *pom,
    const struct ferry_model *model, struct ferry_error *err)
{
	const struct ferry_xml_node *node = ferry_xml_child(
	    ferry_xml_child(model->lineage[0]->root, "distributionManagement"),
	    "relocation");
	struct ferry_dependency to = { .group = NULL };
	struct ferry_buf name = FERRY_BUF_INIT;
	struct maven_pom *other = NULL;
	int rc = 0;

	if (node == NULL)
		return 0;
	if (ferry_model_dependency(model, node, &to, err) == -1)
		return -1;
	rc = ferry_buf_addf(&name, err, "%s:%s",
	    *to.group == 0 ? model->lineage[0]->group : to.group,
	    *to.artifact == 0 ? model->lineage[0]->artifact : to.artifact);
	if (rc == 0 && ferry_maven_name_valid(ferry_bytes_buf(&name))) {
		other = ferry_maven_poms_get(poms, (char *)name.p,
		    *to.version == 0 ? pom->version : to.version, err);
		rc = other == NULL ? -1 : 0;
	}
	if (rc == 0 && other != NULL && ferry_maven_pom_real(other) != pom) {
		pom->alias = other;
		rc = 1;
	}
	ferry_buf_free(&name);
	ferry_dependency_free(&to);
	return rc;
}

static int
read_dependencies(
    struct maven_poms *poms, struct maven_pom *pom, struct ferry_error *err)
{
	struct ferry_model model = { .n = 0 };
	struct ferry_pom *tree = NULL;
	unsigned asked = 0;
	int rc;

	ferry_dependencies_free(&pom->deps);
	if (ferry_maven_pom_open(poms, pom, &tree, err) == -1)
		return -1;
	rc = ferry_model_new(
	    &model, tree, ferry_maven_poms_load, poms, &asked, err);
	/* All that is imported comes, whether it is of use here or not: a build
	 * reads it. */
	if (rc == 1)
		rc = ferry_model_imports(&model, err);
	if (rc == 1)
		rc = find_relocation(poms, pom, &model, err) == -1 ? -1 : 1;
	if (rc == 1 && pom->alias == NULL)
		rc = ferry_model_dependencies(&model, &pom->deps, err);
	ferry_model_free(&model);
	return rc;
}

static void
report(struct maven_poms *poms, const struct maven_pom *pom,
    const struct ferry_error *why)
{
	char item[FERRY_PACKAGE_ITEM];

	ferry_package_item(item, poms->packages, pom->name, pom->version);
	ferry_run_fail(poms->packages->run, item, why);
}

int
ferry_maven_pom_resolve(
    struct maven_poms *poms, struct maven_pom *pom, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct maven_pom *outer = poms->resolving;
	int rc = 1;

	if (pom->settled)
		return 1;
	if (pom->state == POM_NEW || pom->state == POM_ASKED)
		return 0;
	if (pom->state == POM_HERE && pom->alias == NULL) {
		poms->resolving = pom;
		rc = read_dependencies(poms, pom, &why);
		poms->resolving = outer;
		if (rc == 0)
			return 0;
	}
	if (rc == -1) {
		ferry_dependencies_free(&pom->deps);
		if (why.code == FERRY_ENOMEM || why.code == FERRY_EINDEX) {
			*err = why;
			return -1;
		}
		/* What could not be had was told as such. */
		if (why.code != FERRY_ENOTFOUND)
			report(poms, pom, &why);
	}
	pom->settled = true;
	return 1;
}
