#include "sync/select/xml.h"

#include <expat.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/error.h"

/* What nodes are made of: freed together. */
struct chunk {
	struct chunk *before;
	_Alignas(max_align_t) uint8_t bytes[];
};

struct ferry_xml {
	struct chunk *chunks;
	size_t nodes;
	struct ferry_xml_node *root;
	/* While it is read: */
	XML_Parser parser;
	struct open {
		struct ferry_xml_node *node, *last;
		struct ferry_buf text;
	} open[FERRY_XML_DEPTH];
	size_t depth;
	struct ferry_error error;
};

static void *
take_memory(struct ferry_xml *xml, size_t n)
{
	struct chunk *chunk;

	if (ferry_calloc(&chunk, 1, sizeof(*chunk) + n, &xml->error) == -1) {
		(void)XML_StopParser(xml->parser, XML_FALSE);
		return NULL;
	}
	chunk->before = xml->chunks;
	xml->chunks = chunk;
	return chunk->bytes;
}

/* A copy with a NUL behind it. */
static const char *
take_copy(struct ferry_xml *xml, const void *p, size_t n)
{
	char *copy = take_memory(xml, n + 1);

	if (copy != NULL && n > 0)
		memcpy(copy, p, n);
	return copy;
}

static bool
take_node(struct ferry_xml *xml)
{

	if (++xml->nodes <= FERRY_XML_NODES)
		return true;
	ferry_error_set(&xml->error, FERRY_ELIMIT,
	    "the XML has more than %d elements and attributes",
	    FERRY_XML_NODES);
	(void)XML_StopParser(xml->parser, XML_FALSE);
	return false;
}

static const char *
without_prefix(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon == NULL ? name : colon + 1;
}

static bool
take_attributes(struct ferry_xml *xml, struct ferry_xml_node *node,
    const XML_Char **attributes)
{
	struct ferry_xml_attribute *a, *before = NULL;

	for (; attributes[0] != NULL; attributes += 2) {
		const char *name = without_prefix(attributes[0]);

		if (!take_node(xml) ||
		    (a = take_memory(xml, sizeof(*a))) == NULL ||
		    (a->name = take_copy(xml, name, strlen(name))) == NULL ||
		    (a->value = take_copy(
			 xml, attributes[1], strlen(attributes[1]))) == NULL)
			return false;
		if (before == NULL)
			node->attributes = a;
		else
			before->next = a;
		before = a;
	}
	return true;
}

static void
on_start(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
	struct ferry_xml *xml = ctx;
	struct ferry_xml_node *node;
	struct open *parent;

	if (xml->error.code != FERRY_OK)
		return;
	if (xml->depth == FERRY_XML_DEPTH) {
		ferry_error_set(&xml->error, FERRY_ELIMIT,
		    "the XML is nested more than %d deep", FERRY_XML_DEPTH);
		(void)XML_StopParser(xml->parser, XML_FALSE);
		return;
	}
	name = without_prefix(name);
	if (!take_node(xml) ||
	    (node = take_memory(xml, sizeof(*node))) == NULL ||
	    (node->name = take_copy(xml, name, strlen(name))) == NULL ||
	    !take_attributes(xml, node, attributes))
		return;
	node->line = (unsigned)XML_GetCurrentLineNumber(xml->parser);
	if (xml->depth == 0) {
		xml->root = node;
	} else {
		parent = &xml->open[xml->depth - 1];
		node->parent = parent->node;
		if (parent->last == NULL)
			parent->node->first = node;
		else
			parent->last->next = node;
		parent->last = node;
	}
	xml->open[xml->depth++] = (struct open){ .node = node };
}

static void
on_end(void *ctx, const XML_Char *name)
{
	struct ferry_xml *xml = ctx;
	struct open *open;
	const char *text;

	(void)name;
	if (xml->error.code != FERRY_OK)
		return;
	open = &xml->open[--xml->depth];
	if ((text = take_copy(xml, open->text.p, open->text.n)) != NULL)
		open->node->text = ferry_bytes_of(text, open->text.n);
	ferry_buf_free(&open->text);
}

static void
on_text(void *ctx, const XML_Char *s, int n)
{
	struct ferry_xml *xml = ctx;

	if (xml->error.code == FERRY_OK && xml->depth > 0 && n > 0 &&
	    ferry_buf_add(&xml->open[xml->depth - 1].text, s, (size_t)n,
		&xml->error) == -1)
		(void)XML_StopParser(xml->parser, XML_FALSE);
}

static void
on_entity(void *ctx, const XML_Char *name, int is_parameter,
    const XML_Char *value, int value_length, const XML_Char *base,
    const XML_Char *system_id, const XML_Char *public_id,
    const XML_Char *notation)
{
	struct ferry_xml *xml = ctx;

	(void)name;
	(void)is_parameter;
	(void)value;
	(void)value_length;
	(void)base;
	(void)system_id;
	(void)public_id;
	(void)notation;
	ferry_error_set(
	    &xml->error, FERRY_EFORMAT, "the XML declares entities");
	(void)XML_StopParser(xml->parser, XML_FALSE);
}

/* What the parser says, unless we stopped it. */
static int
set_error(struct ferry_xml *xml, struct ferry_error *err)
{

	if (xml->error.code != FERRY_OK) {
		*err = xml->error;
		return -1;
	}
	if (XML_GetErrorCode(xml->parser) == XML_ERROR_NO_MEMORY)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	return ferry_error_set(err, FERRY_EFORMAT, "line %lu of the XML: %s",
	    XML_GetCurrentLineNumber(xml->parser),
	    XML_ErrorString(XML_GetErrorCode(xml->parser)));
}

int
ferry_xml_new(
    struct ferry_xml **out, struct ferry_bytes text, struct ferry_error *err)
{
	struct ferry_xml *xml;
	int rc = -1;

	if (text.n > INT_MAX)
		return ferry_error_set(
		    err, FERRY_ELIMIT, "the XML is longer than 2 GiB");
	if (ferry_calloc(&xml, 1, sizeof(*xml), err) == -1)
		return -1;
	if ((xml->parser = XML_ParserCreate(NULL)) == NULL) {
		ferry_error_set(err, FERRY_ENOMEM, "no memory");
		goto out;
	}
	XML_SetUserData(xml->parser, xml);
	XML_SetElementHandler(xml->parser, on_start, on_end);
	XML_SetCharacterDataHandler(xml->parser, on_text);
	XML_SetEntityDeclHandler(xml->parser, on_entity);
	if (XML_Parse(xml->parser, (const char *)text.p, (int)text.n,
		XML_TRUE) != XML_STATUS_OK ||
	    xml->error.code != FERRY_OK) {
		set_error(xml, err);
		goto out;
	}
	rc = 0;
out:
	while (xml->depth > 0)
		ferry_buf_free(&xml->open[--xml->depth].text);
	if (xml->parser != NULL)
		XML_ParserFree(xml->parser);
	xml->parser = NULL;
	if (rc == 0)
		*out = xml;
	else
		ferry_xml_free(xml);
	return rc;
}

void
ferry_xml_free(struct ferry_xml *xml)
{
	struct chunk *chunk;

	if (xml == NULL)
		return;
	while ((chunk = xml->chunks) != NULL) {
		xml->chunks = chunk->before;
		free(chunk);
	}
	free(xml);
}

const struct ferry_xml_node *
ferry_xml_root(const struct ferry_xml *xml)
{

	return xml->root;
}

static const struct ferry_xml_node *
find(const struct ferry_xml_node *node, const char *name)
{

	while (node != NULL && strcmp(node->name, name) != 0)
		node = node->next;
	return node;
}

const struct ferry_xml_node *
ferry_xml_child(const struct ferry_xml_node *node, const char *name)
{

	return node == NULL ? NULL : find(node->first, name);
}

const struct ferry_xml_node *
ferry_xml_again(const struct ferry_xml_node *node)
{

	return find(node->next, node->name);
}

const char *
ferry_xml_attribute(const struct ferry_xml_node *node, const char *name)
{
	const struct ferry_xml_attribute *a;

	for (a = node == NULL ? NULL : node->attributes; a != NULL; a = a->next)
		if (strcasecmp(a->name, name) == 0)
			return a->value;
	return NULL;
}

struct ferry_bytes
ferry_xml_trim(struct ferry_bytes s)
{

	while (s.n > 0 && s.p[0] <= ' ')
		s = ferry_bytes_of(s.p + 1, s.n - 1);
	while (s.n > 0 && s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

struct ferry_bytes
ferry_xml_text(const struct ferry_xml_node *node, const char *name)
{
	const struct ferry_xml_node *child = ferry_xml_child(node, name);

	return child == NULL ? ferry_bytes_str("")
	                     : ferry_xml_trim(child->text);
}
