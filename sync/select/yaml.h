#ifndef FERRY_SELECT_YAML_H
#define FERRY_SELECT_YAML_H

/*
 * YAML of other people's projects as small trees, one document at a time.
 *
 * libyaml finds the tokens.  What it leaves to its users is done here: depth
 * and size are bounded, also of what aliases would grow to if they were
 * written out, so whoever walks a tree to its end is done in bounded time.
 */

#include <stdbool.h>
#include <stddef.h>

#include "store/base/bytes.h"

struct ferry_error;
struct ferry_yaml;

#define FERRY_YAML_DEPTH 100 /* of collections in each other */
#define FERRY_YAML_NODES 1000000 /* of a document, aliases written out */
#define FERRY_YAML_ANCHORS 512 /* of a document */

enum ferry_yaml_kind {
	FERRY_YAML_SCALAR,
	FERRY_YAML_SEQUENCE,
	FERRY_YAML_MAPPING
};

/*
 * A node; its collection's next one is behind it.
 *
 * Invariants: the nodes of a mapping are key, value, key, value; text is of
 * scalars, first of collections; text.p[text.n] is 0.  What "<<" merges into a
 * mapping stands before its own pairs, so the last of duplicates counts.
 */
struct ferry_yaml_node {
	enum ferry_yaml_kind kind;
	bool plain; /* a scalar without quotes: may be null, true, 1 */
	bool block; /* a scalar whose text starts in the line below */
	unsigned line; /* from 1 */
	struct ferry_bytes text;
	const struct ferry_yaml_node *first;
	const struct ferry_yaml_node *next;
	const struct ferry_yaml_node *target; /* private: see _follow */
};

/* text is borrowed until _free. */
int ferry_yaml_new(
    struct ferry_yaml **out, struct ferry_bytes text, struct ferry_error *err);
void ferry_yaml_free(struct ferry_yaml *y);

/*
 * Read the next document.
 *
 * Returns: 1 and *root (NULL if the document is empty), borrowed until the
 *     next call; 0 at the end.
 * Errors: FERRY_EFORMAT (with the line; also an alias to what it lies in),
 *     FERRY_ELIMIT, FERRY_ENOMEM.
 */
int ferry_yaml_next(struct ferry_yaml *y, const struct ferry_yaml_node **root,
    struct ferry_error *err);

/* What node stands for: itself, or what it is an alias of.  NULL gives NULL. */
const struct ferry_yaml_node *
ferry_yaml_follow(const struct ferry_yaml_node *node);

/*
 * The value of key in a mapping, followed; the last of duplicates.  NULL if
 * there is none, it is null, or map is no mapping or NULL.
 */
const struct ferry_yaml_node *
ferry_yaml_get(const struct ferry_yaml_node *map, const char *key);

/* The text of a scalar, nothing ({"", 0}) for null and all else. */
struct ferry_bytes ferry_yaml_text(const struct ferry_yaml_node *node);
bool ferry_yaml_is(const struct ferry_yaml_node *node, const char *text);
/* Whether node is, followed, of that kind.  NULL is of none. */
bool
ferry_yaml_is_a(const struct ferry_yaml_node *node, enum ferry_yaml_kind kind);

/*
 * Iterate over the pairs of a mapping, with those merged into it and without
 * "<<" itself, or over the elements of a sequence (key is NULL then); over
 * nothing for all else.  key and value are followed.
 *
 *	struct ferry_yaml_iter it;
 *	ferry_yaml_iter(&it, node);
 *	while (ferry_yaml_iter_next(&it)) ... it.key, it.value
 */
struct ferry_yaml_iter {
	const struct ferry_yaml_node *key, *value;
	const struct ferry_yaml_node *at; /* private */
	bool pairs;
};
void
ferry_yaml_iter(struct ferry_yaml_iter *it, const struct ferry_yaml_node *node);
bool ferry_yaml_iter_next(struct ferry_yaml_iter *it);

#endif
