#include "sync/select/maven/pom.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "sync/select/maven/active.h"

#define GRADLE_MARK "do_not_remove: published-with-gradle-metadata"

static const char *
text_of(const struct ferry_xml_node *node, const char *name)
{
	const char *text = ferry_xml_text(node, name);

	return text == NULL ? "" : text;
}

int
ferry_pom_new(struct ferry_pom **out, struct ferry_bytes text,
    const struct ferry_builder *builder, struct ferry_error *err)
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
	ferry_active_free(pom->active);
	ferry_xml_free(pom->xml);
	free(pom);
}
