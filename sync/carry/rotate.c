#include "sync/carry/rotate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/bundle/volume.h"
#include "store/store.h"
#include "sync/carry/imported.h"
#include "sync/carry/limits.h"
#include "sync/carry/roots.h"
#include "sync/carry/trust.h"

struct rotation {
	const struct ferry_task *task;
	const struct ferry_root *root; /* that is brought */
	struct ferry_bytes text;
	enum ferry_rotate_by by;
	const json_t *limits; /* of new keys, or NULL */
	bool limited; /* somebody said what those of all keys are */
};

/* Whether it is the store's, and for its bundles. */
static bool
is_own(const struct rotation *r)
{

	return r->by == FERRY_ROTATE_ORIGIN || r->by == FERRY_ROTATE_ANEW;
}

/* Whether enough keys of by signed it. */
static int
check_signed(const struct ferry_root *root, const struct ferry_root *by,
    struct ferry_error *err)
{
	uint64_t n;

	if (ferry_root_count(root, by, &n, err) == -1)
		return ferry_error_in(err, "root %" PRIu64 " of %s",
		    root->number, root->origin_name);
	if (n >= by->threshold[FERRY_ROOT_ROOT])
		return 0;
	return ferry_error_set(err, FERRY_ESIGNATURE,
	    "root %" PRIu64 " of %s has %" PRIu64 " of the %" PRIu64
	    " signatures of keys of root %" PRIu64
	    " that it needs; the others add theirs with 'ferry root sign'",
	    root->number, root->origin_name, n, by->threshold[FERRY_ROOT_ROOT],
	    by->number);
}

static int
check_expiry(const struct ferry_root *root, struct ferry_error *err)
{
	char at[FERRY_TIME_TEXT], now[FERRY_TIME_TEXT];

	return root->expires_at == 0 || root->expires_at > ferry_now()
	           ? 0
	           : ferry_error_set(err, FERRY_EEXPIRED,
			 "root %" PRIu64 " of %s expired at %s, and the clock "
			 "here says %s; ask for a newer one",
			 root->number, root->origin_name,
			 ferry_time_text(root->expires_at, at),
			 ferry_time_text(ferry_now(), now));
}

/* Nobody signs for an origin whom its root does not name. */
static int
check_strangers(const struct rotation *r, struct ferry_error *err)
{
	struct ferry_trust *keys = NULL;
	size_t n;
	int rc = 0;

	if (ferry_trust_list(r->task->st, &keys, &n, err) == -1)
		return -1;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct ferry_trust *t = &keys[i];
		const struct ferry_root_key *k =
		    ferry_root_find(r->root, t->key.id);

		if (t->revoked_at != 0 || t->role[0] != 0 ||
		    (t->use & FERRY_TRUST_BUNDLES) == 0 ||
		    strcmp(t->store, r->root->origin) != 0 ||
		    (k != NULL && k->role[FERRY_ROOT_BUNDLE]))
			continue;
		rc = ferry_error_set(err, FERRY_EUSAGE,
		    "key %s (%s) signs bundles of %s here, and its root does "
		    "not name it; 'ferry trust revoke' it first, or let the "
		    "root name it",
		    t->key.id, t->name[0] == 0 ? "no name" : t->name,
		    r->root->origin_name);
	}
	free(keys);
	return rc;
}

/* Trust a key that the root lets sign bundles. */
static int
take_key(const struct rotation *r, const struct ferry_root_key *k,
    struct ferry_error *err)
{
	const struct ferry_root *root = r->root;
	struct ferry_trust t = { .added_at = ferry_now() };
	int known = ferry_trust_get(r->task->st, k->key.id, &t, err);
	json_t *limits = NULL;

	if (known == -1)
		return -1;
	if (known == 1 &&
	    (t.revoked_at != 0 || t.role[0] != 0 ||
		(t.store[0] != 0 && strcmp(t.store, root->origin) != 0))) {
		ferry_task_note(r->task,
		    "root %" PRIu64 " of %s names key %s, which %s here, and "
		    "does not count",
		    root->number, root->origin_name, k->key.id,
		    t.revoked_at != 0 ? "was revoked"
				      : "speaks for somebody else");
		return 0;
	}
	t.key = k->key;
	t.use = FERRY_TRUST_BUNDLES | FERRY_TRUST_RECEIPTS;
	t.expires_at = k->expires_at;
	memcpy(t.store, root->origin, sizeof(t.store));
	if (k->name[0] != 0 || t.name[0] == 0)
		(void)snprintf(t.name, sizeof(t.name), "%s",
		    k->name[0] != 0 ? k->name : root->origin_name);
	if (ferry_trust_put(r->task->st, &t, err) == -1)
		return -1;
	/* A new key may do what those before it may, and no more. */
	if (!r->limited && (known = ferry_limits_get(
				r->task->st, k->key.id, &limits, err)) != 0) {
		json_decref(limits);
		return known == -1 ? -1 : 0;
	}
	return ferry_limits_put(r->task->st, k->key.id,
	    r->limits == NULL ? json_object() : json_deep_copy(r->limits), err);
}

static int
count_import(
    void *ctx, const struct ferry_imported *imported, struct ferry_error *err)
{
	uint64_t *n = ctx;

	(void)imported;
	(void)err;
	*n += 1;
	return 0;
}

/* Revoke a key that the root before named, and say what came by it. */
static int
drop_key(const struct rotation *r, const struct ferry_root_key *k,
    struct ferry_error *err)
{
	char imports[FERRY_COUNT_TEXT];
	struct ferry_trust t;
	uint64_t n = 0;
	int rc = ferry_trust_get(r->task->st, k->key.id, &t, err);

	if (rc != 1 || t.revoked_at != 0 || t.role[0] != 0 ||
	    strcmp(t.store, r->root->origin) != 0)
		return rc == -1 ? -1 : 0;
	t.revoked_at = ferry_now();
	if (ferry_trust_put(r->task->st, &t, err) == -1 ||
	    ferry_imported_by(r->task->st, k->key.id, count_import, &n, err) ==
		-1)
		return -1;
	ferry_task_note(r->task,
	    "root %" PRIu64 " of %s does not name key %s (%s) any more: it is "
	    "revoked here; %s came by it, which 'ferry trust brought %s' lists",
	    r->root->number, r->root->origin_name, k->key.id,
	    t.name[0] == 0 ? "no name" : t.name,
	    ferry_count_text(n, "import", imports), k->key.id);
	return 0;
}

/* before: NULL if this is the first one here. */
static int
take(const struct rotation *r, const struct ferry_root *before,
    struct ferry_error *err)
{
	bool own = is_own(r);

	for (size_t i = 0; !own && i < r->root->keys_n; i++)
		if (r->root->keys[i].role[FERRY_ROOT_BUNDLE] &&
		    take_key(r, &r->root->keys[i], err) == -1)
			return -1;
	for (size_t i = 0; !own && before != NULL && i < before->keys_n; i++) {
		const struct ferry_root_key *k = &before->keys[i];
		const struct ferry_root_key *now =
		    ferry_root_find(r->root, k->key.id);

		if (k->role[FERRY_ROOT_BUNDLE] &&
		    (now == NULL || !now->role[FERRY_ROOT_BUNDLE]) &&
		    drop_key(r, k, err) == -1)
			return -1;
	}
	if (ferry_roots_put(r->task->st, r->root, r->text, r->limits, err) ==
	    -1)
		return -1;
	if (r->by == FERRY_ROTATE_BUNDLE)
		ferry_task_note(r->task,
		    "root %" PRIu64 " of %s is trusted here now, as root "
		    "%" PRIu64 " wants it",
		    r->root->number, r->root->origin_name, before->number);
	return 1;
}

static int
take_first(const struct rotation *r, struct ferry_error *err)
{

	if (r->by == FERRY_ROTATE_BUNDLE)
		return 0;
	if (is_own(r) && r->root->number != 1)
		return ferry_error_set(err, FERRY_EGAP,
		    "this is root %" PRIu64 " of %s, and the store has none; "
		    "publish the ones before it first",
		    r->root->number, r->root->origin_name);
	if (check_signed(r->root, r->root, err) == -1 ||
	    check_expiry(r->root, err) == -1 ||
	    (r->by == FERRY_ROTATE_HAND && check_strangers(r, err) == -1))
		return -1;
	return take(r, NULL, err);
}

/* At the origin: no key that sites have revoked, since an earlier root had it and
 * the newest does not. */
static int
check_dropped(const struct rotation *r, const struct ferry_root *newest,
    struct ferry_error *err)
{

	for (uint64_t n = 1; n < newest->number; n++) {
		struct ferry_roots_one one;
		int rc =
		    ferry_roots_get(r->task->st, newest->origin, n, &one, err);

		for (size_t i = 0; rc == 1 && i < one.root.keys_n; i++) {
			const struct ferry_root_key *k = &one.root.keys[i];
			const struct ferry_root_key *before =
			    ferry_root_find(newest, k->key.id);
			const struct ferry_root_key *now =
			    ferry_root_find(r->root, k->key.id);

			if (!k->role[FERRY_ROOT_BUNDLE] || now == NULL ||
			    !now->role[FERRY_ROOT_BUNDLE] ||
			    (before != NULL && before->role[FERRY_ROOT_BUNDLE]))
				continue;
			ferry_roots_clear(&one);
			return ferry_error_set(err, FERRY_EUSAGE,
			    "key %s was in root %" PRIu64
			    " and not in root %" PRIu64
			    ": sites have revoked it; make a new one",
			    k->key.id, n, newest->number);
		}
		if (rc == -1)
			return -1;
		if (rc == 1)
			ferry_roots_clear(&one);
	}
	return 0;
}

static int
take_next(const struct rotation *r, const struct ferry_root *newest,
    struct ferry_error *err)
{

	if (r->root->number > newest->number + 1)
		return ferry_error_set(err, FERRY_EGAP,
		    "this is root %" PRIu64 " of %s, and here is root %" PRIu64
		    ": root %" PRIu64 " is missing; bring it first ('ferry "
		    "trust add --root FILE')",
		    r->root->number, r->root->origin_name, newest->number,
		    newest->number + 1);
	return (r->by != FERRY_ROTATE_ANEW &&
		   check_signed(r->root, newest, err) == -1) ||
	               check_signed(r->root, r->root, err) == -1 ||
	               (is_own(r) && check_dropped(r, newest, err) == -1)
	           ? -1
	           : take(r, newest, err);
}

/* Another root of a number that is here.  Only who has the keys makes a fork. */
static int
refuse_other(const struct rotation *r, struct ferry_error *err)
{
	const struct ferry_root *root = r->root;
	struct ferry_roots_one before;
	int rc = 0;

	if (root->number > 1)
		rc = ferry_roots_get(
		    r->task->st, root->origin, root->number - 1, &before, err);
	if (rc == 1) {
		rc = check_signed(root, &before.root, err);
		ferry_roots_clear(&before);
	}
	if (rc == -1 || check_signed(root, root, err) == -1)
		return -1;
	return ferry_error_set(err, FERRY_EFORK,
	    "this is another root %" PRIu64 " of %s than the one that is here: "
	    "its root keys signed two, or are in other hands; nothing was "
	    "changed. Ask its operator which is right ('ferry root show')",
	    root->number, root->origin_name);
}

static int
refuse_older(const struct rotation *r, const struct ferry_root *newest,
    struct ferry_error *err)
{

	return r->by == FERRY_ROTATE_BUNDLE
	           ? 0
	           : ferry_error_set(err, FERRY_EREPLAY,
			 "this is root %" PRIu64 " of %s, and here is root "
			 "%" PRIu64 "; an older root changes nothing back",
			 r->root->number, r->root->origin_name, newest->number);
}

/* What is not newer than what is here. */
static int
look_at_known(const struct rotation *r, const struct ferry_root *newest,
    struct ferry_error *err)
{
	struct ferry_roots_one known;
	bool same;
	int rc = ferry_roots_get(
	    r->task->st, r->root->origin, r->root->number, &known, err);

	if (rc == 0)
		return refuse_older(r, newest, err);
	if (rc == -1)
		return -1;
	same = ferry_bytes_equal(known.root.line, r->root->line);
	ferry_roots_clear(&known);
	if (!same)
		return refuse_other(r, err);
	if (r->root->number < newest->number)
		return refuse_older(r, newest, err);
	/* By hand again: with other limits, or because keys were lost. */
	if (r->by != FERRY_ROTATE_HAND)
		return 0;
	return check_signed(r->root, r->root, err) == -1 ||
	               check_strangers(r, err) == -1
	           ? -1
	           : take(r, NULL, err);
}

static int
check_origin(const struct rotation *r, struct ferry_error *err)
{
	bool own = strcmp(r->root->origin, ferry_store_id(r->task->st)) == 0;

	if (own && r->by == FERRY_ROTATE_HAND)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "this is this store's own root; 'ferry root publish' "
		    "takes it");
	if (!own && is_own(r))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "this is a root of %s (%s), not of this store; 'ferry "
		    "trust add --root' trusts it",
		    r->root->origin_name, r->root->origin);
	return own == is_own(r);
}

int
ferry_rotate(const struct ferry_task *task, struct ferry_bytes text,
    enum ferry_rotate_by by, const json_t *limits, struct ferry_error *err)
{
	struct ferry_roots_one newest;
	struct ferry_root root;
	struct rotation r = { task, &root, text, by, limits,
		by == FERRY_ROTATE_HAND };
	char origin[FERRY_STORE_ID];
	int rc;

	if (ferry_root_origin(text, origin, err) == -1)
		return -1;
	/* Those of others may be of a newer ferry. */
	if (by == FERRY_ROTATE_BUNDLE &&
	    ((rc = ferry_roots_get(
		  task->st, origin, FERRY_ROOTS_NEWEST, &newest, err)) != 1))
		return rc;
	if (by == FERRY_ROTATE_BUNDLE)
		ferry_roots_clear(&newest);
	if (ferry_root_parse(&root, text, FERRY_ROOT_WHOLE, err) == -1)
		return -1;
	if ((rc = check_origin(&r, err)) != 1)
		return rc;
	rc = ferry_roots_get(
	    task->st, root.origin, FERRY_ROOTS_NEWEST, &newest, err);
	if (rc == 0)
		return take_first(&r, err);
	if (rc == -1)
		return -1;
	if (by != FERRY_ROTATE_HAND || (root.number > newest.root.number &&
					   json_object_size(limits) == 0)) {
		r.limits = newest.limits;
		r.limited = false;
	}
	rc = root.number > newest.root.number
	         ? take_next(&r, &newest.root, err)
	         : look_at_known(&r, &newest.root, err);
	ferry_roots_clear(&newest);
	return rc;
}

int
ferry_rotate_forget(
    struct ferry_store *st, const char *origin, struct ferry_error *err)
{
	struct ferry_trust *keys = NULL;
	struct ferry_roots_one one;
	size_t n = 0;
	int rc = ferry_roots_get(st, origin, FERRY_ROOTS_NEWEST, &one, err);

	if (rc == 0)
		return ferry_error_set(err, FERRY_ENOTFOUND,
		    "there is no root of this origin here");
	if (rc == -1)
		return -1;
	ferry_roots_clear(&one);
	rc = ferry_trust_list(st, &keys, &n, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (strcmp(keys[i].store, origin) == 0 &&
		    keys[i].expires_at > ferry_now()) {
			keys[i].expires_at = 0;
			rc = ferry_trust_put(st, &keys[i], err);
		}
	free(keys);
	return rc == -1 || ferry_roots_delete(st, origin, err) == -1
	           ? -1
	           : ferry_store_commit(st, err);
}

int
ferry_rotate_volume(const struct ferry_task *task, const struct ferry_volume *v,
    bool *taken, struct ferry_error *err)
{
	struct ferry_bytes words = ferry_head_roots(ferry_volume_text(v)), word;
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = words.n == 0 ? 0 : ferry_roots_any(task->st, err);

	/* Who trusts no root parses none. */
	if (rc != 1)
		return rc;
	rc = 0;
	while (rc != -1 && words.n > 0) {
		const uint8_t *blank = memchr(words.p, ' ', words.n);
		size_t n = blank == NULL ? words.n : (size_t)(blank - words.p);

		word = ferry_bytes_of(words.p, n);
		n += blank != NULL;
		words = ferry_bytes_of(words.p + n, words.n - n);
		ferry_buf_reset(&text);
		rc = ferry_base64_decode(&text, word, err);
		if (rc == 0)
			rc = ferry_rotate(task, ferry_bytes_buf(&text),
			    FERRY_ROTATE_BUNDLE, NULL, err);
		*taken |= rc == 1;
	}
	ferry_buf_free(&text);
	return rc == -1 ? -1 : 0;
}
