/* What a POM manages: its own words, its parents', and BOMs that they import; and
 * its dependencies, with that. */

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "sync/select/maven/model.h"

static const char *const managed_path[] = { "dependencyManagement",
	"dependencies", NULL };
static const char *const dependencies_path[] = { "dependencies", NULL };

static const char *
type_of(const char *type)
{

	return *type == 0 ? "jar" : type;
}

struct search {
	const struct ferry_model *model;
	const struct ferry_dependency *like; /* NULL: all, or only load BOMs */
	struct ferry_dependency *out;
	ferry_model_on_managed *on_managed; /* of all; or NULL */
	void *ctx;
	bool imports; /* look into what is imported, else at what is said */
	bool found;
};

/* Whether raw, once interpolated, is want: most have nothing to replace. */
static int
text_is(const struct ferry_model *model, const char *raw, const char *want,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc;

	if (raw == NULL)
		raw = "";
	if (strstr(raw, "${") == NULL)
		return strcmp(raw, want) == 0;
	rc = ferry_model_text(model, raw, &text, err);
	if (rc == 0)
		rc = strcmp((char *)text.p, want) == 0;
	ferry_buf_free(&text);
	return rc;
}

static int
is_like(const struct search *s, const struct ferry_xml_node *node,
    struct ferry_error *err)
{
	const char *type = ferry_xml_text(node, "type");
	int rc = text_is(s->model, ferry_xml_text(node, "artifactId"),
	    s->like->artifact, err);

	if (rc == 1)
		rc = text_is(s->model, ferry_xml_text(node, "groupId"),
		    s->like->group, err);
	if (rc == 1)
		rc = text_is(s->model, type == NULL ? "jar" : type,
		    type_of(s->like->type), err);
	if (rc == 1)
		rc = text_is(s->model, ferry_xml_text(node, "classifier"),
		    s->like->classifier, err);
	return rc;
}

static bool
is_import(const struct ferry_xml_node *node)
{
	const char *scope = ferry_xml_text(node, "scope"),
		   *type = ferry_xml_text(node, "type");

	return scope != NULL && strcmp(scope, "import") == 0 && type != NULL &&
	       strcmp(type, "pom") == 0;
}

static int search_all(struct search *s, struct ferry_error *err);

/* What the BOM manages, in its own words. */
static int
search_bom(struct search *s, const struct ferry_xml_node *node,
    struct ferry_error *err)
{
	struct ferry_dependency bom = { .group = NULL };
	struct search inner = { .like = s->like,
		.out = s->out,
		.on_managed = s->on_managed,
		.ctx = s->ctx };
	struct ferry_pom *pom = NULL;
	struct ferry_model model = { .n = 0 };
	int rc = -1;

	if (s->model->depth == FERRY_MODEL_IMPORTS)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "more than %d BOMs that import each other",
		    FERRY_MODEL_IMPORTS);
	if (ferry_model_dependency(s->model, node, &bom, err) == 0) {
		const struct ferry_pom_id id = { bom.group, bom.artifact,
			bom.version };

		rc = ferry_model_load_pom(s->model, &id, NULL, NULL, &pom, err);
		/* Maven warns of a BOM that is not there, and goes on. */
		if (rc == -1 && err->code == FERRY_ENOTFOUND) {
			*err = (struct ferry_error)FERRY_ERROR_INIT;
			rc = 2;
		}
	}
	if (rc == 1)
		rc = ferry_model_new(&model, pom, s->model->on_load,
		    s->model->ctx, s->model->asked, err);
	if (rc == 1) {
		model.depth = s->model->depth + 1;
		inner.model = &model;
		rc = search_all(&inner, err);
		s->found = inner.found;
	}
	ferry_model_free(&model);
	ferry_dependency_free(&bom);
	return rc == 2 ? 1 : rc;
}

static int
tell(const struct search *s, const struct ferry_xml_node *node,
    struct ferry_error *err)
{
	struct ferry_dependency managed = { .group = NULL };
	int rc = ferry_model_dependency(s->model, node, &managed, err);

	if (rc == 0)
		rc = s->on_managed(s->ctx, &managed, err);
	ferry_dependency_free(&managed);
	return rc == -1 ? -1 : 1;
}

static int
search_node(
    void *ctx, const struct ferry_xml_node *node, struct ferry_error *err)
{
	struct search *s = ctx;
	int rc;

	if (s->found)
		return 1;
	if (is_import(node))
		return s->imports ? search_bom(s, node, err) : 1;
	if (s->imports)
		return 1;
	if (s->like == NULL)
		return s->on_managed == NULL ? 1 : tell(s, node, err);
	if ((rc = is_like(s, node, err)) == -1)
		return -1;
	if (rc == 0)
		return 1;
	if (ferry_model_dependency(s->model, node, s->out, err) == -1)
		return -1;
	s->found = true;
	return 1;
}

static int
search_all(struct search *s, struct ferry_error *err)
{
	int rc;

	s->imports = false;
	rc = ferry_model_each(s->model, managed_path, search_node, s, err);
	if (rc != 1 || s->found)
		return rc;
	s->imports = true;
	return ferry_model_each(s->model, managed_path, search_node, s, err);
}

int
ferry_model_managed(const struct ferry_model *model,
    const struct ferry_dependency *like, struct ferry_dependency *out,
    struct ferry_error *err)
{
	struct search s = { .model = model, .like = like, .out = out };
	int rc = search_all(&s, err);

	return rc == 1 && !s.found ? 2 : rc;
}

int
ferry_model_imports(const struct ferry_model *model, struct ferry_error *err)
{
	struct search s = { .model = model };

	return search_all(&s, err);
}

int
ferry_model_each_managed(const struct ferry_model *model,
    ferry_model_on_managed *on_managed, void *ctx, struct ferry_error *err)
{
	struct search s = {
		.model = model, .on_managed = on_managed, .ctx = ctx
	};

	return search_all(&s, err);
}

/* Dependencies */

struct collect {
	const struct ferry_model *model;
	struct ferry_dependencies *out;
};

static void
take_over(char **to, char **from)
{

	if (**to != 0)
		return;
	free(*to);
	*to = *from;
	*from = NULL;
}

static int
collect_node(
    void *ctx, const struct ferry_xml_node *node, struct ferry_error *err)
{
	struct ferry_dependency d, managed = { .group = NULL };
	struct collect *c = ctx;
	int rc;

	if (ferry_model_dependency(c->model, node, &d, err) == -1)
		return -1;
	for (size_t i = 0; i < c->out->n; i++) {
		const struct ferry_dependency *one = &c->out->list[i];

		/* A child's counts, or the first. */
		if (strcmp(one->artifact, d.artifact) == 0 &&
		    strcmp(one->group, d.group) == 0 &&
		    strcmp(type_of(one->type), type_of(d.type)) == 0 &&
		    strcmp(one->classifier, d.classifier) == 0) {
			ferry_dependency_free(&d);
			return 1;
		}
	}
	rc = *d.version != 0 && *d.scope != 0 && *d.exclusions != 0
	         ? 2
	         : ferry_model_managed(c->model, &d, &managed, err);
	if (rc == 1) {
		take_over(&d.version, &managed.version);
		take_over(&d.scope, &managed.scope);
		take_over(&d.exclusions, &managed.exclusions);
		d.optional = d.optional || managed.optional;
	}
	if (rc > 0)
		rc = ferry_dependencies_add(c->out, &d, err) == -1 ? -1 : 1;
	ferry_dependency_free(&managed);
	ferry_dependency_free(&d);
	return rc;
}

int
ferry_model_dependencies(const struct ferry_model *model,
    struct ferry_dependencies *out, struct ferry_error *err)
{
	struct collect c = { model, out };

	return ferry_model_each(
	    model, dependencies_path, collect_node, &c, err);
}
