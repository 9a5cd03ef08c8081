#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/bytes.h"
#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/catalog/closure.h"
#include "store/catalog/removal.h"
#include "store/format/format.h"
#include "store/store.h"
#include "sync/command/command.h"
#include "sync/command/command_task.h"
#include "sync/command/spec.h"
#include "sync/upstream/reason.h"

#define TAGS_SHOWN 10

static const char remove_help[] =
    "usage: ferry remove [--owner OWNER] [FORMAT:]PACKAGE[@VERSION]…\n"
    "\n"
    "Stop serving a version, or every version of a package.  Of an image that is\n"
    "its manifest, by whatever tag it was named, and what only that needs:\n"
    "manifests of its platforms, signatures, SBOMs.  What another image that is\n"
    "served needs, too, stays, and so does what has a tag of its own.\n"
    "\n"
    "The bytes stay for 30 days, in which 'ferry restore' undoes it; then\n"
    "'ferry gc' may take them.  The removal travels in the next bundle.  No later\n"
    "sync brings back what was named, with or without its bytes, until 'ferry\n"
    "restore' lifts that.\n";
static const char restore_help[] =
    "usage: ferry restore [--owner OWNER] [FORMAT:]PACKAGE[@VERSION]…\n"
    "\n"
    "Serve removed versions again, and what went with them.  If 'ferry gc' has\n"
    "taken the bytes, the removal is lifted: the next sync brings the version,\n"
    "if the configuration wants it and upstream still has it.\n";

enum action { REMOVE, RESTORE };

/* What is asked for of one package. */
struct work {
	struct ferry_key package;
	struct ferry_closure *closure;
	bool whole;
};

struct change {
	struct ferry_store *st;
	enum action action;
	struct work *works;
	size_t n, cap;
	uint64_t changed, named, lifted;
	json_t *tags; /* that name nothing now */
};

/* Asking */

static struct work *
work_on(
    struct change *c, const struct ferry_key *package, struct ferry_error *err)
{
	struct work *w;

	for (size_t i = 0; i < c->n; i++)
		if (ferry_key_equal(&c->works[i].package, package))
			return &c->works[i];
	if (ferry_array_grow(
		&c->works, &c->cap, c->n + 1, sizeof(*c->works), err) == -1)
		return NULL;
	w = &c->works[c->n];
	*w = (struct work){ .package = *package };
	if (ferry_closure_new(&w->closure, c->st, package, err) == -1)
		return NULL;
	c->n++;
	return w;
}

/* A version of which no record is here: 1 its removal was lifted, 0, -1. */
static int
lift(struct change *c, const struct ferry_key *package, const char *version,
    struct ferry_error *err)
{
	struct ferry_key key;
	int rc;

	if (ferry_spec_version_key(&key, package, version, err) == -1 ||
	    (rc = ferry_removal_lift(c->st, &key, err)) == -1)
		return -1;
	c->lifted += (uint64_t)rc;
	return rc;
}

static int
lift_all(
    struct change *c, const struct ferry_key *package, struct ferry_error *err)
{
	json_t *list, *version;
	size_t i;
	int rc = 0;

	if (ferry_removal_list(&list, c->st, package, err) == -1)
		return -1;
	json_array_foreach (list, i, version)
		if (rc != -1)
			rc = lift(c, package, json_string_value(version), err);
	json_decref(list);
	return rc == -1 ? -1 : 0;
}

static int
ask_all(struct change *c, struct work *w, struct ferry_error *err)
{

	ferry_closure_name_all(w->closure);
	w->whole = true;
	if (c->action == RESTORE && lift_all(c, &w->package, err) == -1)
		return -1;
	if (ferry_closure_at(w->closure, 0) != NULL || c->lifted > 0)
		return 0;
	return ferry_error_set(err, FERRY_ENOTFOUND, "%s has no versions here",
	    ferry_key_part(&w->package, 2));
}

static int
ask_one(struct change *c, struct work *w, const char *version,
    struct ferry_error *err)
{
	int rc = 1;

	if (ferry_closure_name(w->closure, version))
		return 0;
	if (c->action == RESTORE &&
	    (rc = lift(c, &w->package, version, err)) != 0)
		return rc == -1 ? -1 : 0;
	return ferry_spec_missing(c->st, &w->package, version, err);
}

static int
ask(struct change *c, const char *text, const char *owner,
    struct ferry_error *err)
{
	struct ferry_spec spec = { .version = NULL };
	struct work *w;
	int rc = -1;

	if (ferry_spec_find(&spec, c->st, text, owner, err) == 0 &&
	    (w = work_on(c, &spec.package, err)) != NULL)
		rc = spec.version == NULL ? ask_all(c, w, err)
		                          : ask_one(c, w, spec.version, err);
	ferry_spec_free(&spec);
	return rc;
}

/* Doing */

/* The record's members of a removal, as they are to be. */
static int
mark(json_t *record, enum action action, const char *with,
    struct ferry_error *err)
{

	(void)json_object_del(record, "deleted_with");
	(void)json_object_del(record, "unwanted");
	if (action == RESTORE) {
		(void)json_object_del(record, "deleted_at");
		return 0;
	}
	if (!ferry_removal_is(record) &&
	    ferry_json_set(record, "deleted_at",
		json_integer((json_int_t)ferry_now()), err) == -1)
		return -1;
	return with == NULL ? 0
	                    : ferry_json_set(record, "deleted_with",
				  json_string(with), err);
}

static int
do_one(struct change *c, const struct work *w,
    const struct ferry_closure_version *v, struct ferry_error *err)
{
	const char *by = "'ferry restore'";
	struct ferry_key key;
	int rc;

	(void)json_object_del(v->record, "seq");
	if (ferry_spec_version_key(&key, &w->package, v->version, err) == -1 ||
	    mark(v->record, c->action, v->with, err) == -1 ||
	    (rc = ferry_catalog_put(c->st, &key, v->record, err)) == -1)
		return -1;
	/* For as long as the option `keep` says, somebody wants it. */
	if (c->action == RESTORE &&
	    ferry_reason_add(c->st, &key, &by, 1, err) == -1)
		return -1;
	c->changed += (uint64_t)rc;
	c->named += rc == 1 && (v->named || w->whole);
	return 0;
}

/* The tags of what was removed, but for those of signatures. */
static int
note_tags(struct change *c, const struct work *w, const json_t *gone,
    struct ferry_error *err)
{
	const struct ferry_format *format =
	    ferry_format_find(ferry_bytes_str(ferry_key_part(&w->package, 1)));
	char version[FERRY_FORMAT_VERSION];
	json_t *tags, *t;
	int rc = 0;
	size_t i;

	if (ferry_spec_tags(&tags, c->st, &w->package, err) == -1)
		return -1;
	json_array_foreach (tags, i, t) {
		json_t *tag = json_object_get(t, "tag");

		if (rc == 0 &&
		    json_object_get(gone, json_string_value(json_object_get(
					      t, "version"))) != NULL &&
		    (format == NULL || format->tag_belongs == NULL ||
			!format->tag_belongs(
			    ferry_bytes_str(json_string_value(tag)), version)))
			rc = ferry_json_push(c->tags, json_incref(tag), err);
	}
	json_decref(tags);
	return rc;
}

static int
do_work(struct change *c, struct work *w, struct ferry_error *err)
{
	const struct ferry_closure_version *v;
	json_t *gone = json_object();
	int rc = 0;

	if (gone == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (c->action == REMOVE)
		ferry_closure_remove(w->closure);
	else
		ferry_closure_restore(w->closure);
	for (size_t i = 0;
	     rc == 0 && (v = ferry_closure_at(w->closure, i)) != NULL; i++) {
		if (!v->goes)
			continue;
		if (c->action == REMOVE && !ferry_removal_is(v->record))
			rc = ferry_json_set(gone, v->version, json_true(), err);
		if (rc == 0)
			rc = do_one(c, w, v, err);
	}
	if (rc == 0)
		rc = note_tags(c, w, gone, err);
	json_decref(gone);
	return rc;
}

/* Telling */

static void
print_tags(const json_t *tags)
{
	size_t n = json_array_size(tags), i;

	if (n == 0)
		return;
	(void)printf("no longer resolved: ");
	for (i = 0; i < n && i < TAGS_SHOWN; i++)
		(void)printf("%s%s", i == 0 ? "" : ", ",
		    json_string_value(json_array_get(tags, i)));
	if (n > TAGS_SHOWN)
		(void)printf(" and %zu more", n - TAGS_SHOWN);
	(void)printf("\n");
}

static void
print(const struct change *c)
{
	char text[FERRY_COUNT_TEXT];

	(void)printf("%s %s", ferry_count_text(c->changed, "version", text),
	    c->action == REMOVE ? "removed" : "restored");
	if (c->action == REMOVE && c->changed > c->named)
		(void)printf(": %" PRIu64 " named, %" PRIu64 " that only %s",
		    c->named, c->changed - c->named,
		    c->named == 1 ? "it needs" : "they need");
	(void)printf("\n");
	if (c->action == REMOVE)
		print_tags(c->tags);
	if (c->lifted > 0)
		(void)printf("%s lifted: gc has freed the bytes; the next sync "
			     "brings what it is told to\n",
		    ferry_count_text(c->lifted, "removal", text));
}

static void
print_json(const struct change *c)
{
	json_t *o =
	    c->action == REMOVE
		? json_pack("{s:I,s:I,s:O}", "changed", (json_int_t)c->changed,
		      "named", (json_int_t)c->named, "tags", c->tags)
		: json_pack("{s:I,s:I}", "changed", (json_int_t)c->changed,
		      "lifted", (json_int_t)c->lifted);

	ferry_command_print(o);
}

static void
change_clear(struct change *c)
{

	for (size_t i = 0; i < c->n; i++)
		ferry_closure_free(c->works[i].closure);
	free(c->works);
	json_decref(c->tags);
	ferry_store_close(c->st);
}

static int
run(struct ferry_context *ctx, enum action action, struct ferry_error *err)
{
	const char *owner = NULL;
	const struct ferry_option options[] = {
		{ "owner", FERRY_OPTION_VALUE, &owner },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct change c = { .action = action };
	int rc = -1;

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	if (ctx->argc < 2)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "name at least one package; see 'ferry %s --help'",
		    ctx->argv[0]);
	if ((c.tags = json_array()) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (ferry_context_open(ctx,
		action == REMOVE ? FERRY_STORE_FREE : FERRY_STORE_WRITE, &c.st,
		err) == -1)
		goto out;
	for (int i = 1; i < ctx->argc; i++)
		if (ask(&c, ctx->argv[i], owner, err) == -1)
			goto out; /* Nothing is committed: all or none. */
	for (size_t i = 0; i < c.n; i++)
		if (do_work(&c, &c.works[i], err) == -1)
			goto out;
	if (ferry_store_commit(c.st, err) == -1)
		goto out;
	if (ctx->json)
		print_json(&c);
	else
		print(&c);
	rc = FERRY_EXIT_OK;
out:
	change_clear(&c);
	return rc;
}

static int
run_remove(struct ferry_context *ctx, struct ferry_error *err)
{

	return run(ctx, REMOVE, err);
}

static int
run_restore(struct ferry_context *ctx, struct ferry_error *err)
{

	return run(ctx, RESTORE, err);
}

const struct ferry_command ferry_command_remove = { "remove",
	"stop serving a version; undone by restore", remove_help, run_remove };
const struct ferry_command ferry_command_restore = { "restore",
	"serve removed versions again", restore_help, run_restore };
