#include "sync/select/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "store/base/error.h"

#define FERRY_YAML_MERGES 256 /* mappings that one "<<" names */
#define BLOCK 65536 /* of memory that nodes and texts are cut from */

struct block {
	struct block *next;
	size_t used, size;
	_Alignas(struct ferry_yaml_node) uint8_t p[];
};

/* A collection that is being read. */
struct open_node {
	struct ferry_yaml_node *node;
	struct ferry_yaml_node *last; /* of its children */
	unsigned height; /* of the highest child, aliases written out */
	size_t weight; /* nodes below, aliases written out */
	size_t anchor; /* of y->anchors, or FERRY_YAML_ANCHORS */
};

struct anchor {
	const char *name;
	const struct ferry_yaml_node *node; /* NULL while it is being read */
	unsigned height;
	size_t weight;
};

struct ferry_yaml {
	yaml_parser_t parser;
	struct block *blocks;
	struct open_node open[FERRY_YAML_DEPTH];
	size_t depth;
	struct anchor anchors[FERRY_YAML_ANCHORS];
	size_t n_anchors;
	const struct ferry_yaml_node *root;
};

int
ferry_yaml_new(
    struct ferry_yaml **out, struct ferry_bytes text, struct ferry_error *err)
{
	struct ferry_yaml *y;

	if (ferry_calloc(&y, 1, sizeof(*y), err) == -1)
		return -1;
	if (yaml_parser_initialize(&y->parser) == 0) {
		free(y);
		return ferry_error_set(err, FERRY_ENOMEM, "no memory for YAML");
	}
	yaml_parser_set_input_string(
	    &y->parser, text.n == 0 ? (const uint8_t *)"" : text.p, text.n);
	*out = y;
	return 0;
}

static void
free_blocks(struct block *b)
{

	while (b != NULL) {
		struct block *next = b->next;

		free(b);
		b = next;
	}
}

/* The last document goes; of its memory one block is kept for the next. */
static void
forget(struct ferry_yaml *y)
{

	if (y->blocks != NULL) {
		free_blocks(y->blocks->next);
		y->blocks->next = NULL;
		y->blocks->used = 0;
	}
	y->depth = y->n_anchors = 0;
	y->root = NULL;
}

void
ferry_yaml_free(struct ferry_yaml *y)
{

	if (y == NULL)
		return;
	free_blocks(y->blocks);
	yaml_parser_delete(&y->parser);
	free(y);
}

/* n bytes that live as long as the document, zeroed; NULL with err set. */
static void *
cut(struct ferry_yaml *y, size_t n, struct ferry_error *err)
{
	const size_t unit = _Alignof(struct ferry_yaml_node);
	struct block *b = y->blocks;
	void *p;

	/* Texts are bounded by the input: no overflow here. */
	n = (n + unit - 1) / unit * unit;
	if (b == NULL || n > b->size - b->used) {
		size_t size = n > BLOCK ? n : BLOCK;

		if ((b = malloc(sizeof(*b) + size)) == NULL) {
			ferry_error_set(
			    err, FERRY_ENOMEM, "no memory for %zu bytes", size);
			return NULL;
		}
		b->used = 0;
		b->size = size;
		b->next = y->blocks;
		y->blocks = b;
	}
	p = b->p + b->used;
	b->used += n;
	memset(p, 0, n);
	return p;
}

static struct ferry_yaml_node *
new_node(struct ferry_yaml *y, enum ferry_yaml_kind kind,
    const yaml_event_t *event, struct ferry_error *err)
{
	struct ferry_yaml_node *node = cut(y, sizeof(*node), err);

	if (node != NULL) {
		node->kind = kind;
		node->line = (unsigned)event->start_mark.line + 1;
		node->text = ferry_bytes_of("", 0);
	}
	return node;
}

static int
at_line(const yaml_event_t *event, struct ferry_error *err,
    enum ferry_code code, const char *what)
{

	return ferry_error_set(
	    err, code, "line %zu: %s", event->start_mark.line + 1, what);
}

static int
too_many(const yaml_event_t *event, struct ferry_error *err)
{

	return at_line(event, err, FERRY_ELIMIT,
	    "YAML has too many nodes, aliases included");
}

static bool
is_merge(const struct ferry_yaml_node *key)
{

	key = ferry_yaml_follow(key);
	return key->plain && ferry_yaml_is(key, "<<");
}

/*
 * Put node, with weight nodes in height levels, where the reader is.  Both
 * count what aliases stand for.
 */
static int
attach(struct ferry_yaml *y, struct ferry_yaml_node *node, unsigned height,
    size_t weight, const yaml_event_t *event, struct ferry_error *err)
{
	struct open_node *top;

	if (y->depth + height > FERRY_YAML_DEPTH)
		return at_line(
		    event, err, FERRY_ELIMIT, "YAML is nested too deep");
	if (y->depth == 0) {
		y->root = node;
		return 0;
	}
	top = &y->open[y->depth - 1];
	top->weight += weight;
	if (top->weight > FERRY_YAML_NODES)
		return too_many(event, err);
	if (height > top->height)
		top->height = height;
	if (top->last == NULL)
		top->node->first = node;
	else
		top->last->next = node;
	top->last = node;
	return 0;
}

/* Remember an anchor's name; *out is its number, if there is one. */
static int
new_anchor(struct ferry_yaml *y, size_t *out, const yaml_char_t *name,
    const yaml_event_t *event, struct ferry_error *err)
{
	size_t n;
	char *copy;

	*out = FERRY_YAML_ANCHORS;
	if (name == NULL)
		return 0;
	if (y->n_anchors == FERRY_YAML_ANCHORS)
		return at_line(
		    event, err, FERRY_ELIMIT, "YAML has too many anchors");
	n = strlen((const char *)name);
	if ((copy = cut(y, n + 1, err)) == NULL)
		return -1;
	memcpy(copy, name, n);
	*out = y->n_anchors++;
	y->anchors[*out] = (struct anchor){ .name = copy };
	return 0;
}

static void
set_anchor(struct ferry_yaml *y, size_t i, const struct ferry_yaml_node *node,
    unsigned height, size_t weight)
{

	if (i == FERRY_YAML_ANCHORS)
		return;
	y->anchors[i].node = node;
	y->anchors[i].height = height;
	y->anchors[i].weight = weight;
}

static int
read_scalar(
    struct ferry_yaml *y, const yaml_event_t *event, struct ferry_error *err)
{
	const yaml_scalar_style_t style = event->data.scalar.style;
	const size_t n = event->data.scalar.length;
	struct ferry_yaml_node *node;
	size_t anchor;
	uint8_t *text;

	if (new_anchor(y, &anchor, event->data.scalar.anchor, event, err) ==
		-1 ||
	    (node = new_node(y, FERRY_YAML_SCALAR, event, err)) == NULL ||
	    (text = cut(y, n + 1, err)) == NULL)
		return -1;
	if (n > 0)
		memcpy(text, event->data.scalar.value, n);
	node->text = ferry_bytes_of(text, n);
	node->plain = style == YAML_PLAIN_SCALAR_STYLE;
	node->block = style == YAML_LITERAL_SCALAR_STYLE ||
	              style == YAML_FOLDED_SCALAR_STYLE;
	set_anchor(y, anchor, node, 0, 1);
	return attach(y, node, 0, 1, event, err);
}

static int
open_collection(struct ferry_yaml *y, enum ferry_yaml_kind kind,
    const yaml_char_t *name, const yaml_event_t *event, struct ferry_error *err)
{
	struct ferry_yaml_node *node;
	size_t anchor;

	if (y->depth == FERRY_YAML_DEPTH)
		return at_line(
		    event, err, FERRY_ELIMIT, "YAML is nested too deep");
	if (new_anchor(y, &anchor, name, event, err) == -1 ||
	    (node = new_node(y, kind, event, err)) == NULL)
		return -1;
	y->open[y->depth++] =
	    (struct open_node){ .node = node, .weight = 1, .anchor = anchor };
	return 0;
}

/* Nodes of what node stands for, aliases written out; at most a bit > limit. */
static size_t
count(const struct ferry_yaml_node *node, size_t limit)
{
	const struct ferry_yaml_node *e = ferry_yaml_follow(node)->first;
	size_t n = 1;

	for (; e != NULL && n <= limit; e = e->next)
		n += count(e, limit - n);
	return n;
}

/* The pairs that a mapping gets from others, in front of its own. */
struct merge {
	struct ferry_yaml_node *first, *last;
};

static int
merge_node(struct ferry_yaml *y, struct merge *m,
    const struct ferry_yaml_node *target, const yaml_event_t *event,
    struct ferry_error *err)
{
	struct ferry_yaml_node *node = new_node(y, target->kind, event, err);

	if (node == NULL)
		return -1;
	node->target = ferry_yaml_follow(target);
	if (m->last == NULL)
		m->first = node;
	else
		m->last->next = node;
	m->last = node;
	return 0;
}

static int
merge_mapping(struct ferry_yaml *y, struct open_node *top, struct merge *m,
    const struct ferry_yaml_node *map, const yaml_event_t *event,
    struct ferry_error *err)
{

	map = ferry_yaml_follow(map);
	if (map->kind != FERRY_YAML_MAPPING)
		return 0;
	top->weight += count(map, FERRY_YAML_NODES);
	if (top->weight > FERRY_YAML_NODES)
		return too_many(event, err);
	for (const struct ferry_yaml_node *e = map->first; e != NULL;
	     e = e->next)
		if (merge_node(y, m, e, event, err) == -1)
			return -1;
	return 0;
}

/* From the last of several: the first of them counts more. */
static int
merge_value(struct ferry_yaml *y, struct open_node *top, struct merge *m,
    const struct ferry_yaml_node *value, const yaml_event_t *event,
    struct ferry_error *err)
{
	const struct ferry_yaml_node *maps[FERRY_YAML_MERGES];
	size_t n = 0;

	value = ferry_yaml_follow(value);
	if (value->kind != FERRY_YAML_SEQUENCE)
		return merge_mapping(y, top, m, value, event, err);
	for (const struct ferry_yaml_node *e = value->first; e != NULL;
	     e = e->next) {
		if (n == FERRY_YAML_MERGES)
			return at_line(event, err, FERRY_ELIMIT,
			    "YAML merges too much at once");
		maps[n++] = e;
	}
	while (n-- > 0)
		if (merge_mapping(y, top, m, maps[n], event, err) == -1)
			return -1;
	return 0;
}

/*
 * Put in front of a mapping's own pairs those that "<<" names, so that the
 * last of duplicates is the one that counts.
 */
static int
merge(struct ferry_yaml *y, struct open_node *top, const yaml_event_t *event,
    struct ferry_error *err)
{
	struct merge m = { NULL, NULL };

	for (const struct ferry_yaml_node *k = top->node->first;
	     k != NULL && k->next != NULL; k = k->next->next)
		if (is_merge(k) &&
		    merge_value(y, top, &m, k->next, event, err) == -1)
			return -1;
	if (m.last != NULL) {
		m.last->next = top->node->first;
		top->node->first = m.first;
	}
	return 0;
}

/* It is attached when all of it is known. */
static int
close_collection(
    struct ferry_yaml *y, const yaml_event_t *event, struct ferry_error *err)
{
	struct open_node *top = &y->open[--y->depth];

	if (top->node->kind == FERRY_YAML_MAPPING &&
	    merge(y, top, event, err) == -1)
		return -1;
	set_anchor(y, top->anchor, top->node, top->height + 1, top->weight);
	return attach(y, top->node, top->height + 1, top->weight, event, err);
}

static int
read_alias(
    struct ferry_yaml *y, const yaml_event_t *event, struct ferry_error *err)
{
	const char *name = (const char *)event->data.alias.anchor;
	const struct anchor *anchor = NULL;
	struct ferry_yaml_node *node;

	/* A name may be given again: the newest counts. */
	for (size_t i = y->n_anchors; i-- > 0 && anchor == NULL;)
		if (strcmp(y->anchors[i].name, name) == 0)
			anchor = &y->anchors[i];
	if (anchor == NULL)
		return at_line(
		    event, err, FERRY_EFORMAT, "an alias of nothing");
	if (anchor->node == NULL)
		return at_line(
		    event, err, FERRY_EFORMAT, "an alias of what it lies in");
	if ((node = new_node(y, anchor->node->kind, event, err)) == NULL)
		return -1;
	node->target = anchor->node;
	return attach(y, node, anchor->height, anchor->weight, event, err);
}

/* Returns: 1 at the end of a document, 2 at the end of all; 0 otherwise. */
static int
take(struct ferry_yaml *y, const yaml_event_t *event, struct ferry_error *err)
{

	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(y, event, err);
	case YAML_SEQUENCE_START_EVENT:
		return open_collection(y, FERRY_YAML_SEQUENCE,
		    event->data.sequence_start.anchor, event, err);
	case YAML_MAPPING_START_EVENT:
		return open_collection(y, FERRY_YAML_MAPPING,
		    event->data.mapping_start.anchor, event, err);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_collection(y, event, err);
	case YAML_ALIAS_EVENT:
		return read_alias(y, event, err);
	case YAML_DOCUMENT_END_EVENT:
		return 1;
	case YAML_STREAM_END_EVENT:
		return 2;
	default:
		return 0;
	}
}

static bool
is_null(const struct ferry_yaml_node *node)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };

	if (node == NULL)
		return true;
	for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++)
		if (node->kind == FERRY_YAML_SCALAR && node->plain &&
		    ferry_bytes_is(node->text, nulls[i]))
			return true;
	return false;
}

int
ferry_yaml_next(struct ferry_yaml *y, const struct ferry_yaml_node **root,
    struct ferry_error *err)
{
	int rc = 0;

	forget(y);
	while (rc == 0) {
		yaml_event_t event;

		if (yaml_parser_parse(&y->parser, &event) == 0) {
			if (y->parser.error == YAML_MEMORY_ERROR)
				return ferry_error_set(
				    err, FERRY_ENOMEM, "no memory for YAML");
			return ferry_error_set(err, FERRY_EFORMAT,
			    "line %zu: not valid YAML: %s",
			    y->parser.problem_mark.line + 1,
			    y->parser.problem == NULL ? "?"
						      : y->parser.problem);
		}
		rc = take(y, &event, err);
		yaml_event_delete(&event);
	}
	*root = is_null(y->root) ? NULL : y->root;
	return rc == 2 ? 0 : rc;
}

const struct ferry_yaml_node *
ferry_yaml_follow(const struct ferry_yaml_node *node)
{

	/* The target of an alias is never an alias. */
	return node == NULL || node->target == NULL ? node : node->target;
}

bool
ferry_yaml_is_a(const struct ferry_yaml_node *node, enum ferry_yaml_kind kind)
{

	return node != NULL && node->kind == kind;
}

struct ferry_bytes
ferry_yaml_text(const struct ferry_yaml_node *node)
{

	node = ferry_yaml_follow(node);
	return is_null(node) || node->kind != FERRY_YAML_SCALAR
	           ? ferry_bytes_of("", 0)
	           : node->text;
}

bool
ferry_yaml_is(const struct ferry_yaml_node *node, const char *text)
{

	return ferry_yaml_is_a(node, FERRY_YAML_SCALAR) &&
	       ferry_bytes_is(ferry_yaml_follow(node)->text, text);
}

const struct ferry_yaml_node *
ferry_yaml_get(const struct ferry_yaml_node *map, const char *key)
{
	const struct ferry_yaml_node *found = NULL;

	map = ferry_yaml_follow(map);
	if (!ferry_yaml_is_a(map, FERRY_YAML_MAPPING))
		return NULL;
	for (const struct ferry_yaml_node *k = map->first;
	     k != NULL && k->next != NULL; k = k->next->next)
		if (ferry_yaml_is(k, key))
			found = ferry_yaml_follow(k->next);
	return is_null(found) ? NULL : found;
}

void
ferry_yaml_iter(struct ferry_yaml_iter *it, const struct ferry_yaml_node *node)
{

	node = ferry_yaml_follow(node);
	*it = (struct ferry_yaml_iter){ 0 };
	it->at = node == NULL ? NULL : node->first;
	it->pairs = ferry_yaml_is_a(node, FERRY_YAML_MAPPING);
}

bool
ferry_yaml_iter_next(struct ferry_yaml_iter *it)
{

	do {
		if (it->at == NULL || (it->pairs && it->at->next == NULL))
			return false;
		it->key = it->pairs ? ferry_yaml_follow(it->at) : NULL;
		if (it->pairs)
			it->at = it->at->next;
		it->value = ferry_yaml_follow(it->at);
		it->at = it->at->next;
	} while (it->key != NULL && is_merge(it->key));
	return true;
}
