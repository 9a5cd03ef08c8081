#ifndef FERRY_STORE_BASE_XML_H
#define FERRY_STORE_BASE_XML_H

/*
 * Small XML documents from outside, as trees, by expat.
 *
 * Nothing is expanded and nothing else is read: a document type declaration is
 * refused, and an entity that is none of XML's five is left out of the text, as
 * old documents have "&eacute;" without declaring it.  Size, depth and the number
 * of elements are bounded.
 */

#include <stddef.h>

#include "store/base/bytes.h"

struct ferry_error;
struct ferry_xml;

#define FERRY_XML_MAX (16U << 20) /* bytes of a document */
#define FERRY_XML_DEPTH 64
#define FERRY_XML_NODES 400000

/* An element.  All of it lives as long as the tree. */
struct ferry_xml_node {
	const char *name; /* without a namespace's prefix */
	const char *text; /* between its children, without blanks around */
	const char *const *attributes; /* name, value, …, NULL; or NULL */
	const struct ferry_xml_node *first, *next;
};

/*
 * what names the text in the error.  The caller frees *out with
 * ferry_xml_free(); the text need not outlive the call.
 * Errors: FERRY_EFORMAT with the line, FERRY_ELIMIT, FERRY_ENOMEM.
 */
int ferry_xml_parse(struct ferry_xml **out, struct ferry_bytes text,
    const char *what, struct ferry_error *err);
const struct ferry_xml_node *ferry_xml_root(const struct ferry_xml *xml);
void ferry_xml_free(struct ferry_xml *xml);

/* The first child of that name, or NULL; node may be NULL. */
const struct ferry_xml_node *
ferry_xml_child(const struct ferry_xml_node *node, const char *name);
/* The next of its name among its parent's children, or NULL. */
const struct ferry_xml_node *ferry_xml_again(const struct ferry_xml_node *node);
/* Its text, or NULL if there is none or it is empty; the same as a view. */
const char *ferry_xml_text(const struct ferry_xml_node *node, const char *name);
struct ferry_bytes
ferry_xml_bytes(const struct ferry_xml_node *node, const char *name);
/* The value of an attribute, whose name may be in any case, or NULL; node may be
 * NULL. */
const char *
ferry_xml_attribute(const struct ferry_xml_node *node, const char *name);

#endif
