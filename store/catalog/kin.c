#include "store/catalog/kin.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/catalog/check.h"

#define NONE SIZE_MAX

struct node {
	struct ferry_kin_version v;
	char *name; /* owned; v.version */
	size_t *needs; /* nodes: its parts, then what refers to it */
	size_t parts, n, cap;
	bool needed; /* by some other node */
	bool stands; /* by itself */
	bool reached, kept;
};

struct ferry_kin {
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

	return json_object_get(node->v.record, "deleted_at") != NULL;
}

static int
compare(const void *name, const void *node)
{

	return strcmp(name, ((const struct node *)node)->name);
}

static size_t
find(const struct ferry_kin *kin, const char *version)
{
	const struct node *node = kin->n == 0
	                              ? NULL
	                              : bsearch(version, kin->nodes, kin->n,
					    sizeof(*kin->nodes), compare);

	return node == NULL ? NONE : (size_t)(node - kin->nodes);
}

/* Reading */

static int
prefix_of(struct ferry_key *out, const struct ferry_kin *kin, const char *kind,
    const char *last, struct ferry_error *err)
{

	return ferry_key_make(out, err, kind, ferry_key_part(&kin->package, 1),
	    ferry_key_part(&kin->package, 2), ferry_key_part(&kin->package, 3),
	    last, NULL);
}

/* Call it for the records of a kind of the package. */
static int
each(struct ferry_kin *kin, const char *kind,
    int (*on)(struct ferry_kin *kin, const char *name, json_t *record,
	struct ferry_error *err),
    struct ferry_error *err)
{
	struct ferry_catalog_iter *it = NULL;
	struct ferry_key prefix, key;
	json_t *record;
	int rc;

	if (prefix_of(&prefix, kin, kind, NULL, err) == -1 ||
	    ferry_catalog_iter_new(&it, kin->st, &prefix, NULL, err) == -1)
		return -1;
	while ((rc = ferry_catalog_iter_next(it, &key, &record, err)) == 1) {
		rc = on(kin, ferry_key_part(&key, 4), record, err);
		json_decref(record);
		if (rc == -1)
			break;
	}
	ferry_catalog_iter_free(it);
	return rc;
}

static int
add_node(struct ferry_kin *kin, const char *name, json_t *record,
    struct ferry_error *err)
{
	struct node *node;

	if (ferry_array_grow(&kin->nodes, &kin->cap, kin->n + 1,
		sizeof(*kin->nodes), err) == -1)
		return -1;
	node = &kin->nodes[kin->n];
	*node = (struct node){ .needs = NULL };
	if (ferry_strdup(&node->name, name, err) == -1)
		return -1;
	node->v.version = node->name;
	node->v.record = json_incref(record);
	kin->n++;
	return 0;
}

static int
add_need(struct ferry_kin *kin, size_t from, size_t to, struct ferry_error *err)
{
	struct node *node = &kin->nodes[from];

	if (ferry_array_grow(&node->needs, &node->cap, node->n + 1,
		sizeof(*node->needs), err) == -1)
		return -1;
	node->needs[node->n++] = to;
	kin->nodes[to].needed = true;
	return 0;
}

struct whole {
	struct ferry_kin *kin;
	size_t i;
};

static int
on_part(void *ctx, const char *version, struct ferry_error *err)
{
	const struct whole *whole = ctx;
	size_t to = find(whole->kin, version);

	return to == NONE ? 0 : add_need(whole->kin, whole->i, to, err);
}

/* Documents that cannot be read name nothing, like lost ones: a package of
 * which one is broken can still be removed. */
static int
add_parts(struct ferry_kin *kin, size_t i, struct ferry_error *err)
{
	struct node *node = &kin->nodes[i];
	const char *key[FERRY_KEY_PARTS] = { "version" };
	struct ferry_error why = FERRY_ERROR_INIT;
	struct whole whole = { kin, i };

	for (size_t k = 1; k < 4; k++)
		key[k] = ferry_key_part(&kin->package, k);
	key[4] = node->name;
	if (kin->format->parts(
		&(struct ferry_format_record){ key, node->v.record },
		ferry_record_load, kin->st, on_part, &whole, &why) == -1 &&
	    why.code != FERRY_EFORMAT) {
		*err = why;
		return ferry_error_in(err, "%s", node->name);
	}
	node->parts = node->n;
	return 0;
}

/* The version that a version's record says it refers to. */
static size_t
subject_of(const struct ferry_kin *kin, size_t i)
{
	const char *subject = json_string_value(
	    json_object_get(kin->nodes[i].v.record, "subject"));

	return subject == NULL ? NONE : find(kin, subject);
}

/* A document of nothing but what refers to one version belongs to that: a list
 * of referrers whose tag has moved on to a newer one. */
static size_t
listed_for(const struct ferry_kin *kin, const struct node *node)
{
	size_t subject = NONE;

	for (size_t k = 0; k < node->parts; k++) {
		size_t one = subject_of(kin, node->needs[k]);

		if (one == NONE || (k > 0 && one != subject))
			return NONE;
		subject = one;
	}
	return subject;
}

static int
add_subjects(struct ferry_kin *kin, size_t i, struct ferry_error *err)
{
	size_t subject = subject_of(kin, i);
	size_t list = listed_for(kin, &kin->nodes[i]);

	if (subject != NONE && add_need(kin, subject, i, err) == -1)
		return -1;
	return list == NONE ? 0 : add_need(kin, list, i, err);
}

static int
add_tag(struct ferry_kin *kin, const char *tag, json_t *record,
    struct ferry_error *err)
{
	char subject[FERRY_FORMAT_VERSION];
	const char *version;
	size_t from = NONE, to;

	if (ferry_json_str(record, "version", &version, err) == -1)
		return ferry_error_in(err, "tag %s", tag);
	if ((to = find(kin, version)) == NONE)
		return 0;
	if (kin->format->tag_belongs != NULL &&
	    kin->format->tag_belongs(ferry_bytes_str(tag), subject))
		from = find(kin, subject);
	if (from != NONE)
		return add_need(kin, from, to, err);
	kin->nodes[to].stands = true;
	return 0;
}

/* A sync was told to have it by its own name. */
static int
look_at_wants(struct ferry_kin *kin, struct ferry_error *err)
{
	struct ferry_key key;
	json_t *record;
	int rc;

	for (size_t i = 0; i < kin->n; i++) {
		struct node *node = &kin->nodes[i];

		if (node->stands || !node->needed)
			continue;
		record = NULL;
		if (ferry_key_make(&key, err, "mirrored",
			ferry_key_part(&kin->package, 3),
			ferry_key_part(&kin->package, 2), node->name,
			NULL) == -1 ||
		    (rc = ferry_local_get(kin->st, &key, &record, err)) == -1)
			return -1;
		node->stands = rc == 1;
		json_decref(record);
	}
	return 0;
}

static int
read_all(struct ferry_kin *kin, struct ferry_error *err)
{

	if (each(kin, "version", add_node, err) == -1 ||
	    ferry_calloc(&kin->queue, kin->n + 1, sizeof(*kin->queue), err) ==
		-1)
		return -1;
	if (kin->format == NULL || kin->format->parts == NULL)
		return 0;
	for (size_t i = 0; i < kin->n; i++)
		if (add_parts(kin, i, err) == -1)
			return -1;
	for (size_t i = 0; i < kin->n; i++)
		if (add_subjects(kin, i, err) == -1)
			return -1;
	return each(kin, "tag", add_tag, err) == -1 ? -1
	                                            : look_at_wants(kin, err);
}

int
ferry_kin_new(struct ferry_kin **out, struct ferry_store *st,
    const struct ferry_key *package, struct ferry_error *err)
{
	struct ferry_kin *kin;

	if (ferry_calloc(&kin, 1, sizeof(*kin), err) == -1)
		return -1;
	kin->st = st;
	kin->package = *package;
	kin->format =
	    ferry_format_find(ferry_bytes_str(ferry_key_part(package, 1)));
	if (read_all(kin, err) == -1) {
		ferry_kin_free(kin);
		return -1;
	}
	*out = kin;
	return 0;
}

void
ferry_kin_free(struct ferry_kin *kin)
{

	if (kin == NULL)
		return;
	for (size_t i = 0; i < kin->n; i++) {
		json_decref(kin->nodes[i].v.record);
		free(kin->nodes[i].name);
		free(kin->nodes[i].needs);
	}
	free(kin->nodes);
	free(kin->queue);
	free(kin);
}

/* Deciding */

bool
ferry_kin_name(struct ferry_kin *kin, const char *version)
{
	size_t i = find(kin, version);

	if (i != NONE)
		kin->nodes[i].v.named = true;
	return i != NONE;
}

void
ferry_kin_name_all(struct ferry_kin *kin)
{

	kin->all = true;
}

const struct ferry_kin_version *
ferry_kin_at(const struct ferry_kin *kin, size_t i)
{

	return i < kin->n ? &kin->nodes[i].v : NULL;
}

/* Put into the queue, once. */
static void
reach(struct ferry_kin *kin, size_t i, const char *with)
{
	struct node *node = &kin->nodes[i];

	if (node->reached)
		return;
	node->reached = true;
	node->v.with = with;
	kin->queue[kin->queued++] = i;
}

/* All that is needed by what was named, removed or not. */
static void
reach_from_named(struct ferry_kin *kin)
{

	kin->queued = 0;
	for (size_t i = 0; i < kin->n; i++)
		if (kin->nodes[i].v.named)
			reach(kin, i, NULL);
	for (size_t at = 0; at < kin->queued; at++) {
		const struct node *node = &kin->nodes[kin->queue[at]];
		const char *with =
		    node->v.with == NULL ? node->name : node->v.with;

		for (size_t k = 0; k < node->n; k++)
			reach(kin, node->needs[k], with);
	}
}

/* Put into the queue what stays served, once. */
static void
keep(struct ferry_kin *kin, size_t i)
{
	struct node *node = &kin->nodes[i];

	if (node->kept || node->v.named || is_removed(node))
		return;
	node->kept = true;
	kin->queue[kin->queued++] = i;
}

static void
keep_what_stays(struct ferry_kin *kin)
{

	kin->queued = 0;
	for (size_t i = 0; i < kin->n; i++)
		if (!kin->nodes[i].reached || kin->nodes[i].stands)
			keep(kin, i);
	for (size_t at = 0; at < kin->queued; at++) {
		const struct node *node = &kin->nodes[kin->queue[at]];

		for (size_t k = 0; k < node->n; k++)
			keep(kin, node->needs[k]);
	}
}

void
ferry_kin_remove(struct ferry_kin *kin)
{

	for (size_t i = 0; kin->all && i < kin->n; i++)
		kin->nodes[i].v.named =
		    kin->nodes[i].stands || !kin->nodes[i].needed;
	reach_from_named(kin);
	/* Documents that name each other are nobody's parts. */
	for (size_t i = 0; kin->all && i < kin->n; i++)
		if (!kin->nodes[i].reached)
			kin->nodes[i].v.named = true;
	keep_what_stays(kin);
	for (size_t i = 0; i < kin->n; i++) {
		struct node *node = &kin->nodes[i];

		node->v.goes = node->v.named || (node->reached && !node->kept &&
						    !is_removed(node));
	}
}

/* Put into the queue what is restored, or served anyway, once. */
static void
revive(struct ferry_kin *kin, size_t i)
{
	struct node *node = &kin->nodes[i];

	if (node->reached ||
	    (is_removed(node) && !node->v.named && !kin->all &&
		json_object_get(node->v.record, "deleted_with") == NULL))
		return;
	node->reached = true;
	node->v.goes = is_removed(node);
	kin->queue[kin->queued++] = i;
}

void
ferry_kin_restore(struct ferry_kin *kin)
{

	kin->queued = 0;
	for (size_t i = 0; i < kin->n; i++)
		if (kin->nodes[i].v.named || kin->all)
			revive(kin, i);
	for (size_t at = 0; at < kin->queued; at++) {
		const struct node *node = &kin->nodes[kin->queue[at]];

		for (size_t k = 0; k < node->n; k++)
			revive(kin, node->needs[k]);
	}
}
