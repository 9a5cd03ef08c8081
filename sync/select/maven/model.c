#include "sync/select/maven/model.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"

#define EXPRESSION_DEPTH 32
#define TEXT_MAX 8192 /* bytes of an interpolated text */

/* Lineage */

static bool
same_id(const struct ferry_pom *a, const struct ferry_pom *b)
{

	return strcmp(a->group, b->group) == 0 &&
	       strcmp(a->artifact, b->artifact) == 0 &&
	       strcmp(a->version, b->version) == 0;
}

int
ferry_model_load_pom(const struct ferry_model *model,
    const struct ferry_pom_id *id, const struct ferry_pom *child,
    const char *path, struct ferry_pom **out, struct ferry_error *err)
{

	if (++*model->asked > FERRY_MODEL_ASKED)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "it takes more than %d POMs to read it", FERRY_MODEL_ASKED);
	return model->on_load(model->ctx, id, child, path, out, err);
}

/* Take pom, whose profiles are those of a build of the child. */
static int
add_pom(
    struct ferry_model *model, struct ferry_pom *pom, struct ferry_error *err)
{
	const char *file = model->n == 0 ? pom->file : model->lineage[0]->file;

	if (ferry_active_find(pom, file, &model->active[model->n], err) == -1) {
		ferry_pom_unref(pom);
		return -1;
	}
	model->lineage[model->n++] = pom;
	return 0;
}

int
ferry_model_new(struct ferry_model *out, struct ferry_pom *pom,
    ferry_model_load *on_load, void *ctx, unsigned *asked,
    struct ferry_error *err)
{

	*out = (struct ferry_model){
		.on_load = on_load, .ctx = ctx, .asked = asked
	};
	if (add_pom(out, pom, err) == -1)
		return -1;
	while (pom->parent.is) {
		const struct ferry_pom *child = pom;
		struct ferry_buf text = FERRY_BUF_INIT;
		struct ferry_pom_id id = { child->parent.group,
			child->parent.artifact, NULL };
		struct ferry_pom *parent = NULL;
		int rc;

		if (out->n == FERRY_MODEL_PARENTS)
			return ferry_error_set(err, FERRY_ELIMIT,
			    "more than %d parents, one above the other",
			    FERRY_MODEL_PARENTS);
		/* "${revision}" of a child's own properties. */
		if (ferry_model_text(out, child->parent.version, &text, err) ==
		    -1) {
			ferry_buf_free(&text);
			return -1;
		}
		id.version = text.p == NULL ? "" : (char *)text.p;
		rc = ferry_model_load_pom(out, &id, child,
		    child->parent.path == NULL ? "../pom.xml"
					       : child->parent.path,
		    &parent, err);
		ferry_buf_free(&text);
		if (rc != 1)
			return rc;
		if (add_pom(out, parent, err) == -1)
			return -1;
		for (size_t i = 0; i + 1 < out->n; i++)
			if (same_id(out->lineage[i], parent))
				return ferry_error_set(err, FERRY_EFORMAT,
				    "its parents are a loop: %.100s:%.100s:%.60s "
				    "is above itself",
				    parent->group, parent->artifact,
				    parent->version);
		pom = parent;
	}
	return 1;
}

void
ferry_model_free(struct ferry_model *model)
{

	for (size_t i = 0; i < model->n; i++)
		ferry_pom_unref(model->lineage[i]);
	model->n = 0;
}

/* Expressions */

static const char *
of_properties(const struct ferry_xml_node *node, const char *name, size_t n)
{
	const struct ferry_xml_node *list = ferry_xml_child(node, "properties");

	for (node = list == NULL ? NULL : list->first; node != NULL;
	     node = node->next)
		if (strncmp(node->name, name, n) == 0 && node->name[n] == 0)
			return node->text;
	return NULL;
}

static bool
is_key(const char *name, size_t n, const char *key)
{

	return strncmp(name, key, n) == 0 && key[n] == 0;
}

/* "project.version", "pom.version", "version". */
static const char *
of_project(const struct ferry_model *model, const char *name, size_t n)
{
	const struct ferry_pom *pom = model->lineage[0];
	static const char *const starts[] = { "project.", "pom.", "" };

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		size_t skip = strlen(starts[i]);
		const char *key = name + skip;
		size_t k = n - skip;

		if (n <= skip || strncmp(name, starts[i], skip) != 0)
			continue;
		if (is_key(key, k, "groupId"))
			return pom->group;
		if (is_key(key, k, "artifactId"))
			return pom->artifact;
		if (is_key(key, k, "version"))
			return pom->version;
		if (is_key(key, k, "packaging"))
			return pom->packaging;
		if (is_key(key, k, "parent.groupId"))
			return pom->parent.group;
		if (is_key(key, k, "parent.artifactId"))
			return pom->parent.artifact;
		if (is_key(key, k, "parent.version"))
			return pom->parent.version;
	}
	return NULL;
}

static const char *
find_value(const struct ferry_model *model, const char *name, size_t n)
{
	const char *value = NULL;

	if (n > 8 && strncmp(name, "project.", 8) == 0 &&
	    (value = of_project(model, name, n)) != NULL)
		return value;
	value = ferry_builder_property(model->lineage[0]->builder, name, n);
	if (value != NULL)
		return value;
	for (size_t i = 0; i < model->n; i++) {
		const struct ferry_pom *pom = model->lineage[i];
		const struct ferry_active *active = model->active[i];

		for (size_t k = active->n; k-- > 0;)
			if ((value = of_properties(
				 active->profiles[k], name, n)) != NULL)
				return value;
		if ((value = of_properties(pom->root, name, n)) != NULL)
			return value;
	}
	if ((value = of_project(model, name, n)) != NULL)
		return value;
	if (is_key(name, n, "os.detected.classifier"))
		return "linux-x86_64";
	if (is_key(name, n, "os.detected.name"))
		return "linux";
	if (is_key(name, n, "os.detected.arch"))
		return "x86_64";
	return NULL;
}

static int
expand(const struct ferry_model *model, const char *raw, struct ferry_buf *out,
    unsigned depth, size_t *work, struct ferry_error *err)
{

	if (depth == EXPRESSION_DEPTH)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "its properties need each other: %.80s", raw);
	while (*raw != 0) {
		const char *start = strstr(raw, "${"),
			   *end = start == NULL ? NULL : strchr(start, '}'),
			   *value;
		size_t n = end == NULL ? strlen(raw) : (size_t)(start - raw);

		*work += n + 1;
		if (*work > TEXT_MAX || out->n + n > TEXT_MAX)
			return ferry_error_set(err, FERRY_ELIMIT,
			    "a text of more than %d bytes, once its properties "
			    "are replaced",
			    TEXT_MAX);
		if (ferry_buf_add(out, raw, n, err) == -1)
			return -1;
		if (end == NULL)
			return 0;
		value = find_value(model, start + 2, (size_t)(end - start) - 2);
		if (value != NULL) {
			if (expand(model, value, out, depth + 1, work, err) ==
			    -1)
				return -1;
		} else if (ferry_buf_add(out, start, (size_t)(end - start) + 1,
			       err) == -1) {
			return -1;
		}
		raw = end + 1;
	}
	return 0;
}

int
ferry_model_text(const struct ferry_model *model, const char *raw,
    struct ferry_buf *out, struct ferry_error *err)
{
	size_t work = 0;

	return ferry_buf_adds(out, "", err) == -1
	           ? -1
	           : expand(model, raw, out, 0, &work, err);
}

/* Dependencies */

void
ferry_dependency_free(struct ferry_dependency *d)
{

	free(d->group);
	free(d->artifact);
	free(d->version);
	free(d->type);
	free(d->classifier);
	free(d->scope);
	free(d->exclusions);
	*d = (struct ferry_dependency){ .group = NULL };
}

void
ferry_dependencies_free(struct ferry_dependencies *list)
{

	for (size_t i = 0; i < list->n; i++)
		ferry_dependency_free(&list->list[i]);
	free(list->list);
	*list = (struct ferry_dependencies){ .n = 0 };
}

int
ferry_dependencies_add(struct ferry_dependencies *list,
    struct ferry_dependency *d, struct ferry_error *err)
{

	if (list->n == FERRY_DEPENDENCIES_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "more than %d dependencies", FERRY_DEPENDENCIES_MAX);
	if (ferry_array_grow(&list->list, &list->cap, list->n + 1,
		sizeof(*list->list), err) == -1)
		return -1;
	list->list[list->n++] = *d;
	*d = (struct ferry_dependency){ .group = NULL };
	return 0;
}

static int
read_text(const struct ferry_model *model, const struct ferry_xml_node *node,
    const char *name, char **out, struct ferry_error *err)
{
	const char *raw = ferry_xml_text(node, name);
	struct ferry_buf text = FERRY_BUF_INIT;

	if (ferry_model_text(model, raw == NULL ? "" : raw, &text, err) == -1) {
		ferry_buf_free(&text);
		return -1;
	}
	free(*out);
	*out = (char *)text.p;
	return 0;
}

static int
read_exclusions(const struct ferry_model *model,
    const struct ferry_xml_node *node, char **out, struct ferry_error *err)
{
	const struct ferry_xml_node *list = ferry_xml_child(node, "exclusions");
	struct ferry_buf text = FERRY_BUF_INIT;
	char *group = NULL, *artifact = NULL;
	int rc = ferry_buf_adds(&text, "", err);

	for (node = list == NULL ? NULL : list->first; node != NULL && rc == 0;
	     node = node->next)
		if (read_text(model, node, "groupId", &group, err) == -1 ||
		    read_text(model, node, "artifactId", &artifact, err) ==
			-1 ||
		    ferry_buf_addf(&text, err, "%s:%s ", group,
			*artifact == 0 ? "*" : artifact) == -1)
			rc = -1;
	free(group);
	free(artifact);
	if (rc == -1)
		ferry_buf_free(&text);
	else
		*out = (char *)text.p;
	return rc;
}

int
ferry_model_dependency(const struct ferry_model *model,
    const struct ferry_xml_node *node, struct ferry_dependency *out,
    struct ferry_error *err)
{
	char *optional = NULL;
	int rc = -1;

	*out = (struct ferry_dependency){ .group = NULL };
	if (read_text(model, node, "groupId", &out->group, err) == 0 &&
	    read_text(model, node, "artifactId", &out->artifact, err) == 0 &&
	    read_text(model, node, "version", &out->version, err) == 0 &&
	    read_text(model, node, "type", &out->type, err) == 0 &&
	    read_text(model, node, "classifier", &out->classifier, err) == 0 &&
	    read_text(model, node, "scope", &out->scope, err) == 0 &&
	    read_text(model, node, "optional", &optional, err) == 0 &&
	    read_exclusions(model, node, &out->exclusions, err) == 0) {
		out->optional = strcmp(optional, "true") == 0;
		rc = 0;
	}
	free(optional);
	if (rc == -1)
		ferry_dependency_free(out);
	return rc;
}

int
ferry_model_each(const struct ferry_model *model, const char *const *path,
    ferry_model_node *on_node, void *ctx, struct ferry_error *err)
{
	int rc = 1;

	for (size_t i = 0; i < model->n && rc == 1; i++) {
		const struct ferry_active *active = model->active[i];

		for (size_t k = active->n + 1; k-- > 0 && rc == 1;) {
			const struct ferry_xml_node *node =
			    k == active->n ? model->lineage[i]->root
					   : active->profiles[k];

			for (size_t p = 0; path[p] != NULL; p++)
				node = ferry_xml_child(node, path[p]);
			for (node = node == NULL ? NULL : node->first;
			     node != NULL && rc == 1; node = node->next)
				rc = on_node(ctx, node, err);
		}
	}
	return rc;
}
