#include "sync/upstream/maven/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/format/maven/names.h"
#include "store/format/maven/version.h"
#include "sync/upstream/package/packages.h"

#define NODES_MAX 200000 /* of a walk */

/* An artifact in the graph, below certain exclusions. */
struct maven_node {
	struct maven_walk *walk;
	struct maven_pom *pom;
	const char *exclusions; /* of all above it; owned by the walk's texts */
	unsigned depth; /* 0: the root */
	struct maven_node *next; /* of the walk */
};

/*
 * Invariant: pending counts the nodes whose POMs are not settled, and one more
 * while nodes are being added.
 */
struct maven_walk {
	struct maven_walker *walker;
	struct maven_pom *pom;
	enum maven_root root;
	enum ferry_need need;
	const char *files; /* of the root itself; a literal, or NULL */
	struct ferry_dependencies more;
	struct ferry_table seen; /* nodes, by POM and exclusions */
	struct ferry_table texts; /* exclusions, each once */
	struct maven_node *first, **end;
	size_t nodes_n, pending;
	struct ferry_model model; /* of a project: what it manages */
	unsigned asked; /* by model */
	bool ended;
	struct maven_walk *next;
};

struct maven_walker {
	struct maven_poms poms;
	struct ferry_table roots; /* that were followed */
	struct maven_walk *walks;
	const struct maven_hooks *hooks;
	bool busy;
};

int
ferry_maven_walker_new(struct maven_walker **out,
    struct ferry_packages *packages, const struct ferry_builder *builder,
    const struct maven_hooks *hooks, struct ferry_error *err)
{

	if (ferry_calloc(out, 1, sizeof(**out), err) == -1)
		return -1;
	(*out)->hooks = hooks;
	ferry_maven_poms_init(&(*out)->poms, packages, builder);
	return 0;
}

/* What only gathering needed. */
static void
walk_empty(struct maven_walk *walk)
{

	while (walk->first != NULL) {
		struct maven_node *next = walk->first->next;

		free(walk->first);
		walk->first = next;
	}
	ferry_table_free(&walk->seen, NULL);
	ferry_table_free(&walk->texts, NULL);
	ferry_dependencies_free(&walk->more);
	ferry_model_free(&walk->model);
}

void
ferry_maven_walker_free(struct maven_walker *walker)
{

	if (walker == NULL)
		return;
	while (walker->walks != NULL) {
		struct maven_walk *next = walker->walks->next;

		walk_empty(walker->walks);
		free(walker->walks);
		walker->walks = next;
	}
	ferry_maven_poms_free(&walker->poms);
	ferry_table_free(&walker->roots, NULL);
	free(walker);
}

struct maven_poms *
ferry_maven_walker_poms(struct maven_walker *walker)
{

	return &walker->poms;
}

/* The text, kept once; NULL with err set. */
static const char *
keep_text(struct maven_walk *walk, const char *text, struct ferry_error *err)
{
	struct ferry_table_entry *entry = ferry_table_find(&walk->texts, text);

	if (entry == NULL)
		entry =
		    ferry_table_add(&walk->texts, text, sizeof(*entry), err);
	return entry == NULL ? NULL : entry->key;
}

/* Whether a word of patterns, "g:a", "g:*", "*:*", fits. */
static bool
is_excluded(const char *patterns, const struct ferry_dependency *d)
{

	while (*patterns != 0) {
		size_t n = strcspn(patterns, " "), k = strcspn(patterns, ": ");
		const char *artifact = patterns + k + 1;
		size_t m = n > k ? n - k - 1 : 0;

		if (((k == 1 && *patterns == '*') ||
			(strlen(d->group) == k &&
			    memcmp(patterns, d->group, k) == 0)) &&
		    ((m == 1 && *artifact == '*') ||
			(strlen(d->artifact) == m &&
			    memcmp(artifact, d->artifact, m) == 0)))
			return true;
		patterns += n + (patterns[n] == ' ');
	}
	return false;
}

static bool
has_word(const char *words, const char *word, size_t n)
{

	while (*words != 0) {
		size_t k = strcspn(words, " ");

		if (k == n && memcmp(words, word, n) == 0)
			return true;
		words += k + (words[k] == ' ');
	}
	return false;
}

/* Those above and those of one more; NULL with err set. */
static const char *
join_exclusions(struct maven_walk *walk, const char *above, const char *more,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	const char *kept = NULL;
	int rc = ferry_buf_adds(&text, above, err);

	while (rc == 0 && *more != 0) {
		size_t n = strcspn(more, " ");

		if (n > 0 && !has_word((char *)text.p, more, n))
			rc = ferry_buf_addf(&text, err, "%.*s ", (int)n, more);
		more += n + (more[n] == ' ');
	}
	if (rc == 0)
		kept = keep_text(walk, (char *)text.p, err);
	ferry_buf_free(&text);
	return kept;
}

/* What a dependency is, once what is above it was asked. */
struct child {
	const struct ferry_dependency *as; /* group, artifact, type … */
	struct maven_pom *pom; /* NULL: it is not followed */
	const char *exclusions;
};

static bool
is_followed_scope(const char *scope, bool project)
{

	if (strcmp(scope, "system") == 0 || strcmp(scope, "import") == 0)
		return false;
	return project ||
	       (strcmp(scope, "test") != 0 && strcmp(scope, "provided") != 0);
}

static int
find_child(struct maven_walk *walk, const struct ferry_dependency *d,
    const char *version, const char *exclusions, struct child *out,
    struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT;
	int rc = ferry_buf_addf(&name, err, "%s:%s", d->group, d->artifact);

	if (rc == 0 && ferry_maven_name_valid(ferry_bytes_buf(&name)) &&
	    (ferry_maven_version_valid(ferry_bytes_str(version)) ||
		ferry_maven_is_range(ferry_bytes_str(version)))) {
		out->pom = ferry_maven_poms_get(
		    &walk->walker->poms, (char *)name.p, version, err);
		out->exclusions = exclusions;
		rc = out->pom == NULL ? -1 : 0;
	}
	ferry_buf_free(&name);
	return rc;
}

/*
 * One dependency of a node.  A project manages what is not its own.
 * Returns: 1 and *out; 0 something is not here yet; -1.
 */
static int
make_child(struct maven_walk *walk, unsigned depth, const char *above,
    const struct ferry_dependency *d, struct child *out,
    struct ferry_error *err)
{
	struct ferry_dependency managed = { .group = NULL };
	bool own = depth == 0;
	const char *version = d->version, *scope = d->scope, *more = "",
		   *exclusions;
	int rc = 2;

	*out = (struct child){ .as = d };
	if ((d->optional && !(own && walk->root == MAVEN_ROOT_PROJECT)) ||
	    is_excluded(above, d))
		return 1;
	walk->asked = 0;
	if (!own && walk->root == MAVEN_ROOT_PROJECT)
		rc = ferry_model_managed(&walk->model, d, &managed, err);
	if (rc == 1) {
		if (*managed.version != 0)
			version = managed.version;
		if (*managed.scope != 0)
			scope = managed.scope;
		more = managed.exclusions;
	}
	if (rc > 0) {
		rc = 1;
		exclusions = join_exclusions(walk, above, d->exclusions, err);
		if (exclusions != NULL)
			exclusions =
			    join_exclusions(walk, exclusions, more, err);
		if (exclusions == NULL)
			rc = -1;
		else if (is_followed_scope(
			     scope, own && walk->root == MAVEN_ROOT_PROJECT) &&
			 find_child(walk, d, version, exclusions, out, err) ==
			     -1)
			rc = -1;
	}
	ferry_dependency_free(&managed);
	return rc;
}

typedef int
on_child(void *ctx, const struct child *child, struct ferry_error *err);

/* Tell of what a node depends on. */
static int
each_child(struct maven_walk *walk, struct maven_pom *pom, unsigned depth,
    const char *exclusions, on_child *tell, void *ctx, struct ferry_error *err)
{
	const struct ferry_dependencies *lists[] = { &walk->more, &pom->deps };
	struct child child;
	int rc;

	for (size_t l = depth == 0 ? 0 : 1; l < 2; l++)
		for (size_t i = 0; i < lists[l]->n; i++) {
			if ((rc = make_child(walk, depth, exclusions,
				 &lists[l]->list[i], &child, err)) != 1)
				return rc;
			if (child.pom != NULL && tell(ctx, &child, err) == -1)
				return -1;
		}
	return 1;
}

/* Gathering */

static int
add_node(struct maven_walk *walk, struct maven_pom *pom, const char *exclusions,
    unsigned depth, struct ferry_error *err)
{
	struct ferry_buf key = FERRY_BUF_INIT;
	struct maven_node *node = NULL;
	int rc = -1;

	if (ferry_buf_addf(&key, err, "%s %s", pom->entry.key, exclusions) ==
	    -1)
		return -1;
	if (ferry_table_find(&walk->seen, (char *)key.p) != NULL) {
		ferry_buf_free(&key);
		return 0;
	}
	if (++walk->nodes_n > NODES_MAX) {
		ferry_error_set(err, FERRY_ELIMIT,
		    "%s:%s needs more than %d others", walk->pom->name,
		    walk->pom->version, NODES_MAX);
	} else if (ferry_table_add(&walk->seen, (char *)key.p,
		       sizeof(struct ferry_table_entry), err) != NULL &&
		   ferry_calloc(&node, 1, sizeof(*node), err) == 0) {
		*node =
		    (struct maven_node){ walk, pom, exclusions, depth, NULL };
		*walk->end = node;
		walk->end = &node->next;
		rc = pom->state != POM_NEW
		         ? 0
		         : ferry_maven_pom_ask(&walk->walker->poms, pom, "pom",
			       walk->need, err);
	}
	ferry_buf_free(&key);
	if (rc == 0 &&
	    (rc = ferry_array_grow(&pom->nodes, &pom->nodes_cap,
		 pom->nodes_n + 1, sizeof(struct maven_node *), err)) == 0) {
		pom->nodes[pom->nodes_n++] = node;
		walk->pending++;
		/* It is told when the pump comes to it. */
		if (pom->state == POM_HERE || pom->state == POM_LOST)
			ferry_maven_pom_queue(&walk->walker->poms, pom);
	}
	return rc;
}

struct gather {
	struct maven_walk *walk;
	unsigned depth;
};

static int
gather_child(void *ctx, const struct child *child, struct ferry_error *err)
{
	struct gather *gather = ctx;
	struct maven_walker *walker = gather->walk->walker;

	if (gather->walk->root == MAVEN_ROOT_GRADLE &&
	    walker->hooks->on_used(walker, child->pom, err) == -1)
		return -1;
	return add_node(gather->walk, child->pom, child->exclusions,
	    gather->depth + 1, err);
}

/* Selecting */

/* In the order in which the resolver looks. */
struct place {
	struct maven_pom *pom;
	const char *exclusions;
	unsigned depth;
};
struct select {
	struct maven_walk *walk;
	struct ferry_table won; /* "group:artifact:extension:classifier" */
	struct place *queue;
	size_t n, cap;
	unsigned depth;
};
/* What has won. */
struct winner {
	struct ferry_table_entry entry;
	struct maven_pom *pom;
};

static int
want_file(struct maven_walk *walk, struct maven_pom *pom,
    const struct ferry_maven_type *type, const char *classifier,
    struct ferry_error *err)
{
	struct ferry_buf words = FERRY_BUF_INIT;
	int rc = -1;

	/* What could not be had was told of.  They become part of a URL. */
	if (pom->state == POM_LOST ||
	    !ferry_maven_part_valid(ferry_bytes_str(type->extension)) ||
	    (*classifier != 0 &&
		!ferry_maven_part_valid(ferry_bytes_str(classifier))))
		return 0;
	/* "?" where only a packaging's own plugin knows what its files are. */
	if (ferry_buf_addf(&words, err, "%s%s:%s", type->known ? "" : "?",
		classifier, type->extension) == 0)
		rc = ferry_maven_pom_ask(
		    &walk->walker->poms, pom, (char *)words.p, walk->need, err);
	ferry_buf_free(&words);
	return rc;
}

static int
select_child(void *ctx, const struct child *child, struct ferry_error *err)
{
	struct select *select = ctx;
	struct ferry_maven_type type = ferry_maven_type(child->as->type);
	const char *classifier = *child->as->classifier == 0
	                             ? type.classifier
	                             : child->as->classifier;
	struct maven_pom *real = ferry_maven_pom_real(child->pom);
	struct ferry_buf key = FERRY_BUF_INIT;
	struct winner *winner;
	int rc = -1;

	if (ferry_buf_addf(&key, err, "%s:%s:%s", real->name, type.extension,
		classifier) == -1)
		return -1;
	winner = (struct winner *)ferry_table_find(&select->won, (char *)key.p);
	if (winner != NULL) {
		/* A range may still rule out what is nearer. */
		if (winner->pom != real &&
		    ferry_maven_is_range(ferry_bytes_str(child->pom->version)))
			rc = want_file(
			    select->walk, child->pom, &type, classifier, err);
		else
			rc = 0;
	} else if ((winner = ferry_table_add(&select->won, (char *)key.p,
			sizeof(*winner), err)) != NULL) {
		winner->pom = real;
		rc = want_file(select->walk,
		    real == child->pom || ferry_maven_is_range(ferry_bytes_str(
					      child->pom->version))
			? child->pom
			: real,
		    &type, classifier, err);
		if (rc == 0)
			rc = ferry_array_grow(&select->queue, &select->cap,
			    select->n + 1, sizeof(*select->queue), err);
		if (rc == 0 && select->walk->root == MAVEN_ROOT_PROJECT)
			rc = select->walk->walker->hooks->on_winner(
			    select->walk->walker, real, err);
		if (rc == 0)
			select->queue[select->n++] = (struct place){ real,
				child->exclusions, select->depth + 1 };
	}
	ferry_buf_free(&key);
	return rc;
}

/* All POMs of a walk are here: want the files of what a build would have. */
static int
select_files(struct maven_walk *walk, struct ferry_error *err)
{
	struct select select = { .walk = walk };
	int rc = ferry_array_grow(
	    &select.queue, &select.cap, 1, sizeof(*select.queue), err);

	if (rc == 0)
		select.queue[select.n++] =
		    (struct place){ ferry_maven_pom_real(walk->pom), "", 0 };
	if (rc == 0)
		rc = walk->walker->hooks->on_winner(
		    walk->walker, ferry_maven_pom_real(walk->pom), err);
	/* A relocation has no files of its own. */
	if (rc == 0 && walk->files != NULL)
		rc = ferry_maven_pom_ask(&walk->walker->poms,
		    ferry_maven_pom_real(walk->pom), walk->files, walk->need,
		    err);
	for (size_t i = 0; rc == 0 && i < select.n; i++) {
		struct place at = select.queue[i];

		select.depth = at.depth;
		rc = each_child(walk, at.pom, at.depth, at.exclusions,
			 select_child, &select, err) == -1
		         ? -1
		         : 0;
	}
	free(select.queue);
	ferry_table_free(&select.won, NULL);
	return rc;
}

/* The pump */

static int
end_walk(struct maven_walk *walk, struct ferry_error *err)
{

	if (walk->ended || walk->pending > 0)
		return 0;
	walk->ended = true;
	if (select_files(walk, err) == -1)
		return -1;
	walk_empty(walk);
	return 0;
}

/* A project's parents and BOMs are here once its own POM is settled. */
static int
open_project(struct maven_walk *walk, struct ferry_error *err)
{
	struct maven_poms *poms = &walk->walker->poms;
	struct ferry_pom *tree = NULL;

	if (ferry_maven_pom_open(poms, walk->pom, &tree, err) == -1)
		return -1;
	if (ferry_model_new(&walk->model, tree, ferry_maven_poms_load, poms,
		&walk->asked, err) != 1)
		return -1;
	return walk->walker->hooks->on_project(
		   walk->walker, walk->pom, &walk->model, err) == -1
	           ? -1
	           : 1;
}

/* A node's POM is settled.  What is wrong with one walk ends that walk. */
static int
take_node(struct maven_node *node, struct ferry_error *err)
{
	struct maven_walk *walk = node->walk;
	struct maven_pom *real = ferry_maven_pom_real(node->pom);
	struct gather gather = { walk, node->depth };
	struct ferry_error why = FERRY_ERROR_INIT;
	char item[FERRY_PACKAGE_ITEM];
	int rc = 1;

	if (walk->ended)
		return 0;
	/* A range's or a relocation's: wait for the one that it means. */
	if (real != node->pom)
		rc = add_node(
			 walk, real, node->exclusions, node->depth, &why) == -1
		         ? -1
		         : 1;
	else if (node->depth == 0 && walk->root == MAVEN_ROOT_PROJECT &&
		 open_project(walk, &why) != 1)
		rc = -1;
	else
		rc = each_child(walk, real, node->depth, node->exclusions,
		    gather_child, &gather, &why);
	if (rc == -1) {
		if (why.code == FERRY_ENOMEM || why.code == FERRY_EINDEX) {
			*err = why;
			return -1;
		}
		walk->ended = true;
		ferry_package_item(item, walk->walker->poms.packages,
		    walk->pom->name, walk->pom->version);
		ferry_run_fail(walk->walker->poms.packages->run, item, &why);
		return 0;
	}
	walk->pending--;
	return end_walk(walk, err);
}

static int
tell_nodes(struct maven_pom *pom, struct ferry_error *err)
{
	struct maven_node **nodes = pom->nodes;
	size_t n = pom->nodes_n;
	int rc = 0;

	pom->nodes = NULL;
	pom->nodes_n = pom->nodes_cap = 0;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = take_node(nodes[i], err);
	free(nodes);
	return rc;
}

int
ferry_maven_walk_on(struct maven_walker *walker, struct ferry_error *err)
{
	struct maven_pom *pom;
	int rc = 0;

	if (walker->busy)
		return 0;
	walker->busy = true;
	while (
	    rc == 0 && (pom = ferry_maven_poms_next(&walker->poms)) != NULL) {
		rc = ferry_maven_pom_resolve(&walker->poms, pom, err);
		if (rc == 1)
			rc = tell_nodes(pom, err);
	}
	walker->busy = false;
	return rc;
}

/* Roots */

int
ferry_maven_walk(struct maven_walker *walker, struct maven_pom *pom,
    enum maven_root root, const char *files, enum ferry_need need,
    struct ferry_dependencies *more, struct ferry_error *err)
{
	struct ferry_buf key = FERRY_BUF_INIT;
	struct maven_walk *walk;
	int rc;

	if (more == NULL || more->n == 0) {
		rc = ferry_buf_addf(&key, err, "%s %s%s", pom->entry.key,
		    files == NULL ? "" : files,
		    root == MAVEN_ROOT_GRADLE ? " gradle" : "");
		if (rc == 0 &&
		    ferry_table_find(&walker->roots, (char *)key.p) != NULL)
			rc = 1;
		else if (rc == 0 &&
			 ferry_table_add(&walker->roots, (char *)key.p,
			     sizeof(struct ferry_table_entry), err) == NULL)
			rc = -1;
		ferry_buf_free(&key);
		if (rc != 0)
			return rc == -1 ? -1 : 0;
	}
	if (ferry_calloc(&walk, 1, sizeof(*walk), err) == -1)
		return -1;
	walk->walker = walker;
	walk->pom = pom;
	walk->root = root;
	walk->need = need;
	walk->files = files;
	walk->end = &walk->first;
	if (more != NULL) {
		walk->more = *more;
		*more = (struct ferry_dependencies){ .n = 0 };
	}
	walk->next = walker->walks;
	walker->walks = walk;
	return add_node(walk, pom, "", 0, err) == -1
	           ? -1
	           : ferry_maven_walk_on(walker, err);
}

const char *
ferry_maven_walk_waits(const struct maven_walker *walker)
{

	for (const struct maven_walk *w = walker->walks; w != NULL; w = w->next)
		if (!w->ended)
			return w->pom->entry.key;
	return NULL;
}
