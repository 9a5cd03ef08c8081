#include "sync/carry/accept.h"

#include <stdio.h>
#include <string.h>

#include "store/access/snapshots.h"
#include "store/base/json.h"
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
		.said = json_object() };
	if (ferry_alias_load(
		task->st, bundle->head->origin, &a->aliases, err) == 0 &&
	    ferry_limits_load(&a->limits, task->st, &bundle->signers, err) == 0)
		return 0;
	ferry_accept_close(a);
	return -1;
}

void
ferry_accept_close(struct ferry_accept *a)
{

	json_decref(a->aliases);
	json_decref(a->said);
	ferry_limits_clear(&a->limits);
	a->aliases = a->said = NULL;
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
skip_record(struct ferry_accept *a, enum ferry_passed what, const char *why,
    struct ferry_error *err)
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
	           : ferry_passed_put(
			 a->task->st, a->upstream, text, what, err);
}

/* What the keys that signed may not speak for, or is another upstream's by the
 * configuration: 1 if it was skipped, 0, -1. */
static int
skip_unallowed(struct ferry_accept *a, const struct ferry_key *key,
    struct ferry_error *err)
{
	const char *holder = ferry_protect_holder(a->protect, key);
	char why[480], text[FERRY_KEY_TEXT];

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
	return skip_record(a, FERRY_PASSED_PACKAGES, why, err) == -1 ? -1 : 1;
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
 * Who may read an upstream's packages.  What is older than what is here is
 * skipped, whatever bundle brings it, and said: a right that was taken away
 * stays away.
 * Returns: 1 it counts, 0, -1.
 */
static int
permissions_count(
    struct ferry_accept *a, const json_t *value, struct ferry_error *err)
{
	struct ferry_store *st = a->task->st;
	int rc;

	if (a->authority == FERRY_AUTHORITY_NEWER &&
	    (rc = ferry_snapshots_newer(st, a->upstream, value, err)) != 1)
		return rc == -1 ? -1
		                : skip_record(a, FERRY_PASSED_PERMISSIONS,
				      "brings permissions that are not newer "
				      "than those here",
				      err);
	if (a->authority == FERRY_AUTHORITY_ANEW &&
	    ferry_authority_put(st, a->upstream, a->head->origin,
		FERRY_AUTHORITY_NEWER, err) == -1)
		return -1;
	/* What was skipped before came now, unless something was just yet. */
	return !was_said(a) && ferry_passed_put(st, a->upstream, NULL,
				   FERRY_PASSED_PACKAGES, err) == -1
	           ? -1
	           : 1;
}

int
ferry_accept_record(struct ferry_accept *a, const struct ferry_key *key,
    const json_t *value, uint64_t seq, uint64_t *skipped,
    struct ferry_error *err)
{
	bool access = ferry_key_is(key, FERRY_KIND_ACCESS);
	int rc;

	if (strcmp(a->upstream, ferry_key_owner(key)) != 0) {
		(void)snprintf(a->upstream, sizeof(a->upstream), "%s",
		    ferry_key_owner(key));
		a->asked = false;
	}
	if ((rc = skip_unallowed(a, key, err)) != 0) {
		*skipped += rc == 1;
		return rc == -1 ? -1 : 0;
	}
	if (!a->asked && look_up_upstream(a, err) == -1)
		return -1;
	if (a->authority == FERRY_AUTHORITY_OTHER || a->gap) {
		*skipped += 1;
		return skip_record(a,
		    access ? FERRY_PASSED_PERMISSIONS : FERRY_PASSED_PACKAGES,
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
	return access ? permissions_count(a, value, err) : 1;
}
