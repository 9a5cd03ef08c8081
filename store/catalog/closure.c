#include "store/catalog/closure.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/catalog/check.h"
#include "store/catalog/removal.h"

#define NONE SIZE_MAX

struct node {
	struct ferry_closure_version v;
	char *name; /* owned; v.version */
	size_t *needs; /* nodes: its parts, then what refers to it */
	size_t parts, n, cap;
	bool needed; /* by some other node */
	bool stands; /* by itself */
	bool reached, kept;
};

struct ferry_closure {
	struct ferry_store *st;
	const struct ferry_format *format;
	struct ferry_key package;
	struct node *nodes; /* in the order of their names */
	size_t n, cap;
	size_t *queue; /* room for n */
	size_t queued;
	bool all; /* were named */
};

static bool
is_removed(const struct node *node)
{

	return ferry_removal_is(node->v.record);
}

static int
compare(const void *name, const void *node)
{

	return strcmp(name, ((const struct node *)node)->name);
}

static size_t
find(const struct ferry_closure *closure, const char *version)
{
	const struct node *node =
	    closure->n == 0 ? NULL
			    : bsearch(version, closure->nodes, closure->n,
				  sizeof(*closure->nodes), compare);

	return node == NULL ? NONE : (size_t)(node - closure->nodes);
}

/* Reading */

/* Call it for the records of a kind of the package. */
static int
each_record(struct ferry_closure *closure, enum ferry_kind kind,
    int (*on)(struct ferry_closure *closure, const char *name, json_t *record,
	struct ferry_error *err),
    struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	json_t *record;
	int rc;

	if (ferry_key_beside(&prefix, kind, &closure->package, NULL, err) ==
		-1 ||
	    ferry_catalog_iter_new(&it, closure->st, &prefix, NULL, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, &record, err)) == 1) {
		rc = on(closure, ferry_key_part(&key, 4), record, err);
		json_decref(record);
		if (rc == -1)
			break;
	}
	ferry_record_iter_free(it);
	return rc;
}

static int
add_node(struct ferry_closure *closure, const char *name, json_t *record,
    struct ferry_error *err)
{
	struct node *node;

	if (ferry_array_grow(&closure->nodes, &closure->cap, closure->n + 1,
		sizeof(*closure->nodes), err) == -1)
		return -1;
	node = &closure->nodes[closure->n];
	*node = (struct node){ .needs = NULL };
	if (ferry_strdup(&node->name, name, err) == -1)
		return -1;
	node->v.version = node->name;
	node->v.record = json_incref(record);
	closure->n++;
	return 0;
}

static int
add_need(struct ferry_closure *closure, size_t from, size_t to,
    struct ferry_error *err)
{
	struct node *node = &closure->nodes[from];

	if (ferry_array_grow(&node->needs, &node->cap, node->n + 1,
		sizeof(*node->needs), err) == -1)
		return -1;
	node->needs[node->n++] = to;
	closure->nodes[to].needed = true;
	return 0;
}

struct whole {
	struct ferry_closure *closure;
	size_t i;
};

static int
on_part(void *ctx, const char *version, struct ferry_error *err)
{
	const struct whole *whole = ctx;
	size_t to = find(whole->closure, version);

	return to == NONE ? 0 : add_need(whole->closure, whole->i, to, err);
}

/* Documents that cannot be read name nothing, like lost ones: a package of
 * which one is broken can still be removed. */
static int
add_parts(struct ferry_closure *closure, size_t i, struct ferry_error *err)
{
	struct node *node = &closure->nodes[i];
	const char *key[FERRY_KEY_PARTS] = { "version" };
	struct ferry_error why = FERRY_ERROR_INIT;
	struct whole whole = { closure, i };

	for (size_t k = 1; k < 4; k++)
		key[k] = ferry_key_part(&closure->package, k);
	key[4] = node->name;
	if (closure->format->parts(
		&(struct ferry_format_record){ key, node->v.record },
		ferry_record_load, closure->st, on_part, &whole, &why) == -1 &&
	    why.code != FERRY_EFORMAT) {
		*err = why;
		return ferry_error_in(err, "%s", node->name);
	}
	node->parts = node->n;
	return 0;
}

/* The version that a version's record says it refers to. */
static size_t
subject_of(const struct ferry_closure *closure, size_t i)
{
	const char *subject = json_string_value(
	    json_object_get(closure->nodes[i].v.record, "subject"));

	return subject == NULL ? NONE : find(closure, subject);
}

/* A document of nothing but what refers to one version belongs to that: a list
 * of referrers whose tag has moved on to a newer one. */
static size_t
listed_for(const struct ferry_closure *closure, const struct node *node)
{
	size_t subject = NONE;

	for (size_t k = 0; k < node->parts; k++) {
		size_t one = subject_of(closure, node->needs[k]);

		if (one == NONE || (k > 0 && one != subject))
			return NONE;
		subject = one;
	}
	return subject;
}

static int
add_subjects(struct ferry_closure *closure, size_t i, struct ferry_error *err)
{
	size_t subject = subject_of(closure, i);
	size_t list = listed_for(closure, &closure->nodes[i]);

	if (subject != NONE && add_need(closure, subject, i, err) == -1)
		return -1;
	return list == NONE ? 0 : add_need(closure, list, i, err);
}

static int
add_tag(struct ferry_closure *closure, const char *tag, json_t *record,
    struct ferry_error *err)
{
	char subject[FERRY_FORMAT_VERSION];
	const char *version;
	size_t from = NONE, to;

	if (ferry_json_str(record, "version", &version, err) == -1)
		return ferry_error_in(err, "tag %s", tag);
	if ((to = find(closure, version)) == NONE)
		return 0;
	if (closure->format->tag_belongs != NULL &&
	    closure->format->tag_belongs(ferry_bytes_str(tag), subject))
		from = find(closure, subject);
	if (from != NONE)
		return add_need(closure, from, to, err);
	closure->nodes[to].stands = true;
	return 0;
}

/* A sync was told to have it by its own name. */
static int
look_at_wants(struct ferry_closure *closure, struct ferry_error *err)
{
	struct ferry_key key;
	json_t *record;
	int rc;

	for (size_t i = 0; i < closure->n; i++) {
		struct node *node = &closure->nodes[i];

		if (node->stands || !node->needed)
			continue;
		record = NULL;
		if (ferry_key_make(&key, err,
			ferry_kind_name(FERRY_KIND_MIRRORED),
			ferry_key_part(&closure->package, 3),
			ferry_key_part(&closure->package, 2), node->name,
			NULL) == -1 ||
		    (rc = ferry_local_get(closure->st, &key, &record, err)) ==
			-1)
			return -1;
		node->stands = rc == 1;
		json_decref(record);
	}
	return 0;
}

static int
read_all(struct ferry_closure *closure, struct ferry_error *err)
{

	if (each_record(closure, FERRY_KIND_VERSION, add_node, err) == -1 ||
	    ferry_calloc(&closure->queue, closure->n + 1,
		sizeof(*closure->queue), err) == -1)
		return -1;
	if (closure->format == NULL || closure->format->parts == NULL)
		return 0;
	for (size_t i = 0; i < closure->n; i++)
		if (add_parts(closure, i, err) == -1)
			return -1;
	for (size_t i = 0; i < closure->n; i++)
		if (add_subjects(closure, i, err) == -1)
			return -1;
	return each_record(closure, FERRY_KIND_TAG, add_tag, err) == -1
	           ? -1
	           : look_at_wants(closure, err);
}

int
ferry_closure_new(struct ferry_closure **out, struct ferry_store *st,
    const struct ferry_key *package, struct ferry_error *err)
{
	struct ferry_closure *closure;

	if (ferry_calloc(&closure, 1, sizeof(*closure), err) == -1)
		return -1;
	closure->st = st;
	closure->package = *package;
	closure->format =
	    ferry_format_find(ferry_bytes_str(ferry_key_part(package, 1)));
	if (read_all(closure, err) == -1) {
		ferry_closure_free(closure);
		return -1;
	}
	*out = closure;
	return 0;
}

void
ferry_closure_free(struct ferry_closure *closure)
{

	if (closure == NULL)
		return;
	for (size_t i = 0; i < closure->n; i++) {
		json_decref(closure->nodes[i].v.record);
		free(closure->nodes[i].name);
		free(closure->nodes[i].needs);
	}
	free(closure->nodes);
	free(closure->queue);
	free(closure);
}

/* Deciding */

bool
ferry_closure_name(struct ferry_closure *closure, const char *version)
{
	size_t i = find(closure, version);

	if (i != NONE)
		closure->nodes[i].v.named = true;
	return i != NONE;
}

void
ferry_closure_name_all(struct ferry_closure *closure)
{

	closure->all = true;
}

const struct ferry_closure_version *
ferry_closure_at(const struct ferry_closure *closure, size_t i)
{

	return i < closure->n ? &closure->nodes[i].v : NULL;
}

const char *
ferry_closure_holder(const struct ferry_closure *closure, const char *version)
{
	size_t to = find(closure, version);

	for (size_t i = 0;
	     to != NONE && closure->nodes[to].needed && i < closure->n; i++)
		for (size_t k = 0; i != to && k < closure->nodes[i].n; k++)
			if (closure->nodes[i].needs[k] == to)
				return closure->nodes[i].name;
	return NULL;
}

/* Put into the queue, once. */
static void
reach(struct ferry_closure *closure, size_t i, const char *with)
{
	struct node *node = &closure->nodes[i];

	if (node->reached)
		return;
	node->reached = true;
	node->v.with = with;
	closure->queue[closure->queued++] = i;
}

/* All that is needed by what was named, removed or not. */
static void
reach_from_named(struct ferry_closure *closure)
{

	closure->queued = 0;
	for (size_t i = 0; i < closure->n; i++)
		if (closure->nodes[i].v.named)
			reach(closure, i, NULL);
	for (size_t at = 0; at < closure->queued; at++) {
		const struct node *node = &closure->nodes[closure->queue[at]];
		const char *with =
		    node->v.with == NULL ? node->name : node->v.with;

		for (size_t k = 0; k < node->n; k++)
			reach(closure, node->needs[k], with);
	}
}

/* Put into the queue what stays served, once. */
static void
keep(struct ferry_closure *closure, size_t i)
{
	struct node *node = &closure->nodes[i];

	if (node->kept || node->v.named || is_removed(node))
		return;
	node->kept = true;
	closure->queue[closure->queued++] = i;
}

/* And all that it needs. */
static void
keep_needed(struct ferry_closure *closure)
{

	for (size_t at = 0; at < closure->queued; at++) {
		const struct node *node = &closure->nodes[closure->queue[at]];

		for (size_t k = 0; k < node->n; k++)
			keep(closure, node->needs[k]);
	}
}

static void
keep_what_stays(struct ferry_closure *closure)
{

	closure->queued = 0;
	for (size_t i = 0; i < closure->n; i++)
		if (!closure->nodes[i].reached || closure->nodes[i].stands)
			keep(closure, i);
	keep_needed(closure);
}

void
ferry_closure_keep(struct ferry_closure *closure,
    bool (*is_root)(void *ctx, const struct ferry_closure_version *version),
    void *ctx)
{

	closure->queued = 0;
	for (size_t i = 0; i < closure->n; i++)
		if (is_root(ctx, &closure->nodes[i].v))
			keep(closure, i);
	keep_needed(closure);
	for (size_t i = 0; i < closure->n; i++) {
		struct node *node = &closure->nodes[i];

		node->v.goes = !node->kept && !is_removed(node);
	}
}

void
ferry_closure_remove(struct ferry_closure *closure)
{

	for (size_t i = 0; closure->all && i < closure->n; i++)
		closure->nodes[i].v.named =
		    closure->nodes[i].stands || !closure->nodes[i].needed;
	reach_from_named(closure);
	/* Documents that name each other are nobody's parts. */
	for (size_t i = 0; closure->all && i < closure->n; i++)
		if (!closure->nodes[i].reached)
			closure->nodes[i].v.named = true;
	keep_what_stays(closure);
	for (size_t i = 0; i < closure->n; i++) {
		struct node *node = &closure->nodes[i];

		node->v.goes = node->v.named || (node->reached && !node->kept &&
						    !is_removed(node));
	}
}

/* Put into the queue what is restored, or served anyway, once. */
static void
revive(struct ferry_closure *closure, size_t i)
{
	struct node *node = &closure->nodes[i];

	if (node->reached ||
	    (is_removed(node) && !node->v.named && !closure->all &&
		json_object_get(node->v.record, "deleted_with") == NULL))
		return;
	node->reached = true;
	node->v.goes = is_removed(node);
	closure->queue[closure->queued++] = i;
}

void
ferry_closure_restore(struct ferry_closure *closure)
{

	closure->queued = 0;
	for (size_t i = 0; i < closure->n; i++)
		if (closure->nodes[i].v.named || closure->all)
			revive(closure, i);
	for (size_t at = 0; at < closure->queued; at++) {
		const struct node *node = &closure->nodes[closure->queue[at]];

		for (size_t k = 0; k < node->n; k++)
			revive(closure, node->needs[k]);
	}
}
