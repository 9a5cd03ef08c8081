#include "sync/carry/accept.h"

#include <stdio.h>
#include <string.h>

#include "store/access/snapshot.h"
#include "store/access/snapshots.h"
#include "store/base/files.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/index/key.h"
#include "sync/base/task.h"
#include "sync/carry/alias.h"
#include "sync/carry/behind.h"
#include "sync/carry/protect.h"

int
ferry_accept_open(struct ferry_accept *a, const struct ferry_task *task,
    const struct ferry_found_bundle *bundle,
    const struct ferry_protect *protect, bool repeated, struct ferry_error *err)
{

	*a = (struct ferry_accept){ .task = task,
		.head = bundle->head,
		.protect = protect,
		.repeated = repeated,
		.said = json_object(),
		.limited = json_object(),
		.taken = json_object() };
	if (ferry_alias_load(
		task->st, bundle->head->origin, &a->aliases, err) == 0 &&
	    ferry_limits_load(&a->limits, task->st, bundle->head->origin,
		&bundle->signers, err) == 0)
		return 0;
	ferry_accept_close(a);
	return -1;
}

void
ferry_accept_close(struct ferry_accept *a)
{

	json_decref(a->aliases);
	json_decref(a->said);
	json_decref(a->limited);
	json_decref(a->taken);
	ferry_limits_clear(&a->limits);
	a->aliases = a->said = a->limited = a->taken = NULL;
}

int
ferry_accept_skips(const struct ferry_accept *a, const struct ferry_key *key,
    struct ferry_error *err)
{
	enum ferry_authority authority;

	if (!ferry_limits_allow(&a->limits, key) ||
	    ferry_protect_holder(a->protect, key) != NULL)
		return 1;
	if (ferry_authority_look(a->task->st, ferry_key_owner(key),
		a->head->origin, &authority, err) == -1)
		return -1;
	return authority == FERRY_AUTHORITY_OTHER;
}

static bool
was_said(const struct ferry_accept *a)
{

	return json_object_get(a->said, a->upstream) != NULL;
}

/* Say what is skipped, once an upstream, and keep it for `ferry status`.
 * Returns 0, or -1. */
static int
skip_record(struct ferry_accept *a, enum ferry_passed what,
    enum ferry_passed_by by, const char *why, struct ferry_error *err)
{
	char text[FERRY_NAME + 480];

	if (was_said(a) && what == FERRY_PASSED_PACKAGES)
		return 0;
	(void)snprintf(text, sizeof(text), "%s %s", a->head->origin_name, why);
	if (!was_said(a))
		ferry_task_note(
		    a->task, "skipped: upstream '%s': %s", a->upstream, text);
	return ferry_json_set(a->said, a->upstream, json_true(), err) == -1
	           ? -1
	           : ferry_passed_put(a->task->st, a->upstream, a->head->origin,
			 text, what, by, err);
}

/* Whether skipping a record leaves open what was meant to be closed: permissions
 * of an upstream that is not another's. */
static int
skipped_what(const struct ferry_accept *a, const struct ferry_key *key,
    enum ferry_passed *out, struct ferry_error *err)
{
	enum ferry_authority whose;

	*out = FERRY_PASSED_PACKAGES;
	if (!ferry_key_is(key, FERRY_KIND_ACCESS))
		return 0;
	if (ferry_authority_look(a->task->st, ferry_key_owner(key),
		a->head->origin, &whose, err) == -1)
		return -1;
	if (whose != FERRY_AUTHORITY_OTHER)
		*out = FERRY_PASSED_PERMISSIONS;
	return 0;
}

/* What the keys that signed may not speak for, or is another upstream's by the
 * configuration: 1 if it was skipped, 0, -1. */
static int
skip_unallowed(struct ferry_accept *a, const struct ferry_key *key,
    struct ferry_error *err)
{
	const char *holder = ferry_protect_holder(a->protect, key);
	char why[480], text[FERRY_KEY_TEXT];
	enum ferry_passed what;

	if (!ferry_limits_allow(&a->limits, key))
		(void)snprintf(why, sizeof(why),
		    "brings %.200s, for which its keys may not speak here "
		    "('ferry trust' lists their limits)",
		    ferry_key_text(key, text));
	else if (holder != NULL)
		(void)snprintf(why, sizeof(why),
		    "brings %.200s, a name that the configuration binds to "
		    "upstream '%.60s'",
		    ferry_key_text(key, text), holder);
	else
		return 0;
	if (!ferry_limits_allow_upstream(&a->limits, a->upstream) &&
	    ferry_json_set(a->limited, a->upstream, json_true(), err) == -1)
		return -1;
	return skipped_what(a, key, &what, err) == -1 ||
	               skip_record(a, what, FERRY_PASSED_BY_CHOICE, why, err) ==
	                   -1
	           ? -1
	           : 1;
}

/* Whose it is; that of nobody becomes the origin's. */
static int
look_up_upstream(struct ferry_accept *a, struct ferry_error *err)
{
	int rc;

	if (ferry_authority_get(a->task->st, a->upstream, a->head->origin,
		&a->authority, err) == -1 ||
	    (rc = ferry_behind_get(a->task->st, a->head->origin, a->upstream,
		 &a->reached, err)) == -1)
		return -1;
	a->asked = true;
	a->behind = rc == 1;
	a->gap = a->behind && a->head->from > a->reached + 1;
	return 0;
}

/*
 * Whose users a snapshot means must be the origin's to say: those of the
 * upstream itself, or of another one that is its own.
 * Returns: 1 they are, 0, -1.
 */
static int
realm_counts(
    struct ferry_accept *a, const json_t *value, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_snapshot *s = NULL;
	enum ferry_authority whose;
	struct ferry_file file;
	const char *realm, *name;
	int rc = ferry_files_find(value, "snapshot", &file, err);

	if (rc != 1 ||
	    ferry_blob_load(a->task->st, &file.sha256, FERRY_SNAPSHOT_MAX,
		&text, err) == -1 ||
	    ferry_snapshot_read(&s, ferry_bytes_buf(&text), err) == -1) {
		rc = -1;
		goto out;
	}
	realm = ferry_snapshot_meta(s)->realm;
	name = json_string_value(json_object_get(a->aliases, realm));
	if (name != NULL)
		realm = name;
	/* The operator's own people have no upstream. */
	if (strcmp(realm, a->upstream) == 0 || strcmp(realm, "local") == 0)
		rc = 1;
	else if (!ferry_limits_allow_upstream(&a->limits, realm))
		rc = 0;
	else if (ferry_authority_get(
		     a->task->st, realm, a->head->origin, &whose, err) == -1)
		rc = -1;
	else
		rc = whose != FERRY_AUTHORITY_OTHER;
out:
	ferry_snapshot_free(s);
	ferry_buf_free(&text);
	return rc;
}

/*
 * Who may read an upstream's packages.  That a right which was taken away stays
 * away is shown by the journal, whose order bundles must keep: neither the time
 * nor the generation of a snapshot is asked, which a wrong clock would spoil.
 * Returns: 1 it counts, 0, -1.
 */
static int
permissions_count(struct ferry_accept *a, const json_t *value,
    uint64_t *skipped, struct ferry_error *err)
{
	struct ferry_store *st = a->task->st;
	int rc = value == NULL ? 1 : realm_counts(a, value, err);

	if (rc == 0) {
		*skipped += 1;
		return skip_record(a, FERRY_PASSED_PERMISSIONS,
		    FERRY_PASSED_BY_ITSELF,
		    "says who may read it by the users of an upstream that is "
		    "another origin's here, or that its keys may not speak for",
		    err);
	}
	if (rc == 1 && value != NULL)
		rc = ferry_snapshots_seen(st, a->upstream, value, err);
	if (rc == -1)
		return -1;
	if (rc == 1 && value != NULL)
		ferry_task_note(a->task,
		    "the permissions of upstream '%s' come from a clock that "
		    "is days ahead of the one here; they count as of now, and "
		    "one of both clocks is wrong",
		    a->upstream);
	if (a->authority == FERRY_AUTHORITY_ANEW &&
	    ferry_authority_put(st, a->upstream, a->head->origin,
		FERRY_AUTHORITY_NEWER, err) == -1)
		return -1;
	return 1;
}

int
ferry_accept_record(struct ferry_accept *a, const struct ferry_key *key,
    const json_t *value, uint64_t seq, uint64_t *skipped,
    struct ferry_error *err)
{
	bool access = ferry_key_is(key, FERRY_KIND_ACCESS);
	int rc, chosen;

	if (strcmp(a->upstream, ferry_key_owner(key)) != 0) {
		(void)snprintf(a->upstream, sizeof(a->upstream), "%s",
		    ferry_key_owner(key));
		a->asked = a->counted = false;
	}
	if ((rc = skip_unallowed(a, key, err)) != 0) {
		*skipped += rc == 1;
		return rc == -1 ? -1 : 0;
	}
	if (!a->asked && look_up_upstream(a, err) == -1)
		return -1;
	if (a->authority == FERRY_AUTHORITY_OTHER || a->gap) {
		*skipped += 1;
		if ((chosen = ferry_authority_chosen(
			 a->task->st, a->upstream, err)) == -1)
			return -1;
		return skip_record(a,
		    access ? FERRY_PASSED_PERMISSIONS : FERRY_PASSED_PACKAGES,
		    chosen == 1 && !a->gap ? FERRY_PASSED_BY_CHOICE
					   : FERRY_PASSED_BY_ITSELF,
		    a->gap ? "brings more of it, and what it brought before "
			     "is still to be imported: first its earlier "
			     "bundles again, or a full one"
			   : "brings it, and it belongs to another origin "
			     "here; if that is over: 'ferry access hand-over', "
			     "then import the same bundles again; if both are "
			     "to stay: 'ferry trust alias' gives this one "
			     "another name",
		    err);
	}
	if (a->behind ? seq <= a->reached : a->repeated)
		return 0;
	if (!a->counted &&
	    ferry_json_set(a->taken, a->upstream, json_true(), err) == -1)
		return -1;
	a->counted = true;
	return access ? permissions_count(a, value, skipped, err) : 1;
}

int
ferry_accept_finish(struct ferry_accept *a, struct ferry_error *err)
{
	struct ferry_store *st = a->task->st;
	const char *upstream;
	json_t *ignored;

	json_object_foreach (a->taken, upstream, ignored)
		if (json_object_get(a->said, upstream) == NULL &&
		    ferry_passed_forget(st, upstream, NULL, err) == -1)
			return -1;
	json_object_foreach (a->limited, upstream, ignored)
		if (ferry_behind_put(st, a->head->origin, upstream, err) == -1)
			return -1;
	return 0;
}
