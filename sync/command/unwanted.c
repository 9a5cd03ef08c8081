#include "sync/command/unwanted.h"

#include <stdio.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/catalog/closure.h"
#include "store/catalog/removal.h"
#include "store/index/local.h"
#include "store/store.h"
#include "sync/command/spec.h"
#include "sync/upstream/reason.h"

#define BATCH 1000

/* Of the upstream whose packages are looked at. */
struct upstream {
	char name[256];
	int64_t since, at, keep_s; /* keep_s 0: nothing of it goes */
	bool pulled_through;
};
struct work {
	struct ferry_store *st;
	struct ferry_unwanted *out;
	bool dry_run;
	struct upstream up;
	const struct ferry_key *package;
	struct ferry_error why; /* while a package is looked at */
};

/* Read what is known of the upstream called name; its packages may follow each
 * other, or not. */
static int
look_up(struct work *w, const char *name, struct ferry_error *err)
{
	json_t *looked = NULL, *pull = NULL;
	int rc;

	if (strcmp(w->up.name, name) == 0)
		return 0;
	(void)snprintf(w->up.name, sizeof(w->up.name), "%s", name);
	if (ferry_local_named_get(
		w->st, FERRY_KIND_LOOKED, name, &looked, err) == -1)
		return -1;
	rc = ferry_local_named_get(w->st, FERRY_KIND_PULL, name, &pull, err);
	w->up.pulled_through = pull != NULL;
	w->up.since = json_integer_value(json_object_get(looked, "since"));
	w->up.at = json_integer_value(json_object_get(looked, "at"));
	w->up.keep_s = json_integer_value(json_object_get(looked, "keep"));
	if (looked == NULL)
		w->up.keep_s = 0;
	json_decref(looked);
	json_decref(pull);
	return rc == -1 ? -1 : 0;
}

/* When a version was last wanted, or came.  -1 with w->why set. */
static int64_t
last_wanted(struct work *w, const struct ferry_closure_version *v)
{
	int64_t came =
	    json_integer_value(json_object_get(v->record, "pulled_at"));
	int64_t last = w->up.since > came ? w->up.since : came;
	json_t *reason = NULL;
	struct ferry_key key;
	int64_t at;
	int rc;

	if (ferry_spec_version_key(&key, w->package, v->version, &w->why) ==
		-1 ||
	    (rc = ferry_reason_get(w->st, &key, &reason, &w->why)) == -1)
		return -1;
	at = json_integer_value(json_object_get(reason, "at"));
	json_decref(reason);
	if (rc == 0 && w->up.pulled_through)
		return INT64_MAX;
	return at > last ? at : last;
}

/* For ferry_closure_keep(): what cannot be told stays. */
static bool
is_wanted(void *ctx, const struct ferry_closure_version *v)
{
	struct work *w = ctx;
	int64_t last = last_wanted(w, v);

	return last == -1 || last > w->up.at - w->up.keep_s;
}

static int
note_some(struct work *w, const struct ferry_closure_version *v,
    struct ferry_error *err)
{
	char item[700];

	if (json_array_size(w->out->some) == FERRY_UNWANTED_SOME)
		return 0;
	(void)snprintf(item, sizeof(item), "%.32s:%.400s@%.200s",
	    ferry_key_part(w->package, 1), ferry_key_part(w->package, 2),
	    v->version);
	return ferry_json_push(w->out->some,
	    json_pack("{s:s,s:I}", "item", item, "last",
		(json_int_t)last_wanted(w, v)),
	    err);
}

static int
remove_one(struct work *w, const struct ferry_closure_version *v,
    struct ferry_error *err)
{
	struct ferry_key key;

	w->out->versions++;
	if (note_some(w, v, err) == -1)
		return -1;
	if (w->dry_run)
		return 0;
	(void)json_object_del(v->record, "seq");
	if (ferry_spec_version_key(&key, w->package, v->version, err) == -1 ||
	    ferry_json_set(v->record, "deleted_at",
		json_integer((json_int_t)ferry_now()), err) == -1 ||
	    ferry_json_set(v->record, "unwanted", json_true(), err) == -1 ||
	    ferry_catalog_put(w->st, &key, v->record, err) == -1)
		return -1;
	return ferry_store_pending(w->st) >= BATCH
	           ? ferry_store_commit(w->st, err)
	           : 0;
}

static int
look_at_package(
    struct work *w, const struct ferry_key *package, struct ferry_error *err)
{
	const struct ferry_closure_version *v;
	struct ferry_closure *closure = NULL;
	int rc;

	w->package = package;
	w->why = (struct ferry_error)FERRY_ERROR_INIT;
	if ((rc = ferry_closure_new(&closure, w->st, package, err)) == 0)
		ferry_closure_keep(closure, is_wanted, w);
	if (w->why.code != FERRY_OK) {
		*err = w->why;
		rc = -1;
	}
	for (size_t i = 0;
	     rc == 0 && (v = ferry_closure_at(closure, i)) != NULL; i++)
		if (v->goes)
			rc = remove_one(w, v, err);
	ferry_closure_free(closure);
	w->package = NULL;
	return rc;
}

/* Say of each upstream that syncs look through why nothing of it goes. */
static int
say_kept(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const char *withheld =
	    json_string_value(json_object_get(record, "withheld"));
	struct work *w = ctx;
	char line[700];

	if (json_object_get(record, "keep") == NULL)
		(void)snprintf(line, sizeof(line),
		    "%s: its option 'keep' is not set: all of it stays",
		    ferry_key_part(key, 1));
	else if (withheld != NULL)
		(void)snprintf(line, sizeof(line),
		    "%s: %.120s is wanted and was withdrawn upstream; what it "
		    "needs cannot be told, so that nothing more becomes "
		    "unwanted",
		    ferry_key_part(key, 1), withheld);
	else
		return 0;
	return ferry_json_push(w->out->kept, json_string(line), err);
}

static int
say_all_kept(struct work *w, struct ferry_error *err)
{
	struct ferry_key all;

	ferry_key_all(&all, FERRY_KIND_LOOKED);
	return ferry_local_each(w->st, &all, say_kept, w, err);
}

static int
remove_all(struct work *w, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	int rc;

	if (ferry_key_make(&prefix, err, "package", NULL) == -1 ||
	    ferry_catalog_iter_new(&it, w->st, &prefix, NULL, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, NULL, err)) == 1)
		if (look_up(w, ferry_key_part(&key, 3), err) == -1 ||
		    (w->up.keep_s > 0 && look_at_package(w, &key, err) == -1)) {
			rc = -1;
			break;
		}
	ferry_record_iter_free(it);
	return rc == 0 && !w->dry_run ? ferry_store_commit(w->st, err) : rc;
}

int
ferry_unwanted_remove(struct ferry_unwanted *out, struct ferry_store *st,
    bool dry_run, struct ferry_error *err)
{
	struct work w = { .st = st, .out = out, .dry_run = dry_run };

	*out = (struct ferry_unwanted){ 0, json_array(), json_array() };
	if (out->some == NULL || out->kept == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	return say_all_kept(&w, err) == -1 ? -1 : remove_all(&w, err);
}
