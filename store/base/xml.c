#include "store/base/xml.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/error.h"

#define CHUNK (64U << 10)

struct chunk {
	struct chunk *next;
	size_t n, cap;
	_Alignas(16) uint8_t bytes[];
};
struct ferry_xml {
	struct chunk *chunks;
	struct ferry_xml_node *root;
	size_t nodes;
};

/* An element that is open. */
struct level {
	struct ferry_xml_node *node, *last; /* last: of its children */
	struct ferry_buf text;
};
struct reader {
	XML_Parser parser;
	struct ferry_xml *xml;
	struct ferry_error *err;
	struct level levels[FERRY_XML_DEPTH];
	size_t depth;
};

static void *
take(struct ferry_xml *xml, size_t n, struct ferry_error *err)
{
	struct chunk *c = xml->chunks;
	size_t room = n > CHUNK ? n : CHUNK;
	void *p;

	n = (n + 15) & ~(size_t)15;
	if (c == NULL || c->cap - c->n < n) {
		if (ferry_calloc(&c, 1, sizeof(*c) + room + 16, err) == -1)
			return NULL;
		c->cap = room + 16;
		c->next = xml->chunks;
		xml->chunks = c;
	}
	p = c->bytes + c->n;
	c->n += n;
	return p;
}

static const char *
take_text(
    struct ferry_xml *xml, const void *s, size_t n, struct ferry_error *err)
{
	char *p = n == 0 ? NULL : take(xml, n + 1, err);

	if (n == 0)
		return "";
	if (p != NULL)
		memcpy(p, s, n);
	return p;
}

/* Stop expat; the error is set. */
static void
stop(struct reader *r)
{

	(void)XML_StopParser(r->parser, XML_FALSE);
}

static bool
stopped(const struct reader *r)
{

	return r->err->code != FERRY_OK;
}

static const char *
local_name(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon == NULL ? name : colon + 1;
}

static int
take_attributes(
    struct reader *r, struct ferry_xml_node *node, const char **attributes)
{
	const char **copy;
	size_t n = 0;

	while (attributes[n] != NULL)
		n++;
	if (n == 0)
		return 0;
	if ((copy = take(r->xml, (n + 1) * sizeof(*copy), r->err)) == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		if ((copy[i] = take_text(r->xml, attributes[i],
			 strlen(attributes[i]), r->err)) == NULL)
			return -1;
	node->attributes = copy;
	return 0;
}

static void
on_start(void *ctx, const char *name, const char **attributes)
{
	struct reader *r = ctx;
	struct ferry_xml_node *node;
	struct level *level;

	if (stopped(r))
		return;
	name = local_name(name);
	if (r->depth == FERRY_XML_DEPTH)
		ferry_error_set(r->err, FERRY_ELIMIT,
		    "elements are nested more than %d deep", FERRY_XML_DEPTH);
	else if (r->xml->nodes++ == FERRY_XML_NODES)
		ferry_error_set(r->err, FERRY_ELIMIT, "more than %d elements",
		    FERRY_XML_NODES);
	if (stopped(r) ||
	    (node = take(r->xml, sizeof(*node), r->err)) == NULL ||
	    (node->name = take_text(r->xml, name, strlen(name), r->err)) ==
		NULL ||
	    take_attributes(r, node, attributes) == -1) {
		stop(r);
		return;
	}
	node->text = "";
	if (r->depth == 0) {
		r->xml->root = node;
	} else {
		level = &r->levels[r->depth - 1];
		if (level->last == NULL)
			level->node->first = node;
		else
			level->last->next = node;
		level->last = node;
	}
	level = &r->levels[r->depth++];
	level->node = node;
	level->last = NULL;
	ferry_buf_reset(&level->text);
}

static void
on_end(void *ctx, const char *name)
{
	struct reader *r = ctx;
	struct ferry_bytes text;
	struct level *level;

	(void)name;
	if (stopped(r))
		return;
	level = &r->levels[--r->depth];
	text = ferry_bytes_trim(ferry_bytes_buf(&level->text));
	if (text.n > 0 && (level->node->text = take_text(
			       r->xml, text.p, text.n, r->err)) == NULL)
		stop(r);
}

static void
on_text(void *ctx, const char *s, int n)
{
	struct reader *r = ctx;

	if (!stopped(r) && r->depth > 0 &&
	    ferry_buf_add(
		&r->levels[r->depth - 1].text, s, (size_t)n, r->err) == -1)
		stop(r);
}

static void
on_doctype(void *ctx, const char *name, const char *system, const char *public,
    int internal)
{
	struct reader *r = ctx;

	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	if (!stopped(r))
		ferry_error_set(r->err, FERRY_EFORMAT,
		    "it has a document type declaration, which is not read");
	stop(r);
}

/* Documents in the encodings of single bytes that are not Latin-1: names and
 * versions are ASCII in all of them. */
static int
on_encoding(void *ctx, const char *name, XML_Encoding *info)
{

	(void)ctx;
	(void)name;
	for (int i = 0; i < 256; i++)
		info->map[i] = i;
	info->data = NULL;
	info->convert = NULL;
	info->release = NULL;
	return XML_STATUS_OK;
}

static int
read_all(struct reader *r, struct ferry_bytes text)
{
	enum XML_Status status;

	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, on_start, on_end);
	XML_SetCharacterDataHandler(r->parser, on_text);
	XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
	XML_SetUnknownEncodingHandler(r->parser, on_encoding, NULL);
	/* Entities that nobody declares are skipped, and are no error. */
	(void)XML_UseForeignDTD(r->parser, XML_TRUE);
	status = XML_Parse(r->parser, (const char *)text.p, (int)text.n, 1);
	if (stopped(r))
		return ferry_error_in(r->err, "line %lu",
		    (unsigned long)XML_GetCurrentLineNumber(r->parser));
	if (status != XML_STATUS_OK)
		return ferry_error_set(r->err, FERRY_EFORMAT, "%s; line %lu",
		    XML_ErrorString(XML_GetErrorCode(r->parser)),
		    (unsigned long)XML_GetCurrentLineNumber(r->parser));
	return 0;
}

int
ferry_xml_parse(struct ferry_xml **out, struct ferry_bytes text,
    const char *what, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct reader *r = NULL;
	int rc = -1;

	if (ferry_calloc(&r, 1, sizeof(*r), &why) == -1 ||
	    ferry_calloc(&r->xml, 1, sizeof(*r->xml), &why) == -1)
		goto out;
	r->err = &why;
	if (text.n > FERRY_XML_MAX)
		ferry_error_set(&why, FERRY_ELIMIT, "more than %u bytes of XML",
		    FERRY_XML_MAX);
	else if ((r->parser = XML_ParserCreate(NULL)) == NULL)
		ferry_error_set(&why, FERRY_ENOMEM, "no memory");
	else
		rc = read_all(r, text);
out:
	if (rc == -1) {
		*err = why;
		ferry_error_in(err, "reading %s", what);
	} else {
		*out = r->xml;
	}
	if (r != NULL) {
		if (rc == -1)
			ferry_xml_free(r->xml);
		for (size_t i = 0; i < FERRY_XML_DEPTH; i++)
			ferry_buf_free(&r->levels[i].text);
		if (r->parser != NULL)
			XML_ParserFree(r->parser);
		free(r);
	}
	return rc;
}

const struct ferry_xml_node *
ferry_xml_root(const struct ferry_xml *xml)
{

	return xml->root;
}

void
ferry_xml_free(struct ferry_xml *xml)
{

	if (xml == NULL)
		return;
	while (xml->chunks != NULL) {
		struct chunk *next = xml->chunks->next;

		free(xml->chunks);
		xml->chunks = next;
	}
	free(xml);
}

const struct ferry_xml_node *
ferry_xml_child(const struct ferry_xml_node *node, const char *name)
{

	if (node == NULL)
		return NULL;
	for (node = node->first; node != NULL; node = node->next)
		if (strcmp(node->name, name) == 0)
			return node;
	return NULL;
}

const struct ferry_xml_node *
ferry_xml_again(const struct ferry_xml_node *node)
{
	const char *name = node->name;

	do
		node = node->next;
	while (node != NULL && strcmp(node->name, name) != 0);
	return node;
}

const char *
ferry_xml_text(const struct ferry_xml_node *node, const char *name)
{

	node = ferry_xml_child(node, name);
	return node == NULL || *node->text == 0 ? NULL : node->text;
}

struct ferry_bytes
ferry_xml_bytes(const struct ferry_xml_node *node, const char *name)
{
	const char *text = ferry_xml_text(node, name);

	return ferry_bytes_str(text == NULL ? "" : text);
}

const char *
ferry_xml_attribute(const struct ferry_xml_node *node, const char *name)
{

	if (node == NULL)
		return NULL;
	for (size_t i = 0;
	     node->attributes != NULL && node->attributes[i] != NULL; i += 2)
		if (strcasecmp(node->attributes[i], name) == 0)
			return node->attributes[i + 1];
	return NULL;
}
