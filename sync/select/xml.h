#ifndef FERRY_SELECT_XML_H
#define FERRY_SELECT_XML_H

/*
 * Small XML documents of other people as trees.
 *
 * expat finds the elements; depth and size are bounded here, and a document
 * that declares entities is refused: none of those that are read here needs
 * any, and they are how a short text becomes a long one.
 */

#include <stddef.h>

#include "store/base/bytes.h"

struct ferry_error;
struct ferry_xml;

#define FERRY_XML_DEPTH 64 /* of elements in each other */
#define FERRY_XML_NODES 200000 /* elements and attributes of a document */

/* An attribute, or an element; strings and nodes live as long as the tree. */
struct ferry_xml_attribute {
	const char *name, *value;
	const struct ferry_xml_attribute *next;
};
struct ferry_xml_node {
	const char *name; /* without the prefix of a namespace */
	unsigned line; /* from 1 */
	/* Its own characters, those of its children left out. */
	struct ferry_bytes text;
	const struct ferry_xml_attribute *attributes;
	const struct ferry_xml_node *parent, *first, *next;
};

/*
 * Errors: FERRY_EFORMAT (with the line; also for entities), FERRY_ELIMIT,
 *     FERRY_ENOMEM.
 */
int ferry_xml_new(
    struct ferry_xml **out, struct ferry_bytes text, struct ferry_error *err);
void ferry_xml_free(struct ferry_xml *xml);
const struct ferry_xml_node *ferry_xml_root(const struct ferry_xml *xml);

/* The first child of that name, the next sibling of that name, or NULL; node
 * may be NULL. */
const struct ferry_xml_node *
ferry_xml_child(const struct ferry_xml_node *node, const char *name);
const struct ferry_xml_node *ferry_xml_again(const struct ferry_xml_node *node);
/* The value of an attribute, in any case of its name, or NULL. */
const char *
ferry_xml_attribute(const struct ferry_xml_node *node, const char *name);
/* The text of the child of that name, without blanks around; "" if there is
 * none. */
struct ferry_bytes
ferry_xml_text(const struct ferry_xml_node *node, const char *name);
/* s without blanks around. */
struct ferry_bytes ferry_xml_trim(struct ferry_bytes s);

#endif
