/* `ferry trust add --root`, and the roots that are trusted. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/access/authority.h"
#include "store/base/clock.h"
#include "store/base/file.h"
#include "store/store.h"
#include "sync/carry/roots.h"
#include "sync/carry/rotate.h"
#include "sync/command/command_task.h"
#include "sync/command/root.h"
#include "sync/command/trust.h"

/* The upstreams that a key is limited to are its store's. */
int
ferry_trust_claim(struct ferry_store *st, const char *store,
    const json_t *limits, struct ferry_error *err)
{
	const json_t *list = json_object_get(limits, "upstreams"), *name;
	enum ferry_authority whose;
	size_t i;

	json_array_foreach (list, i, name) {
		const char *upstream = json_string_value(name);

		if (store[0] == 0)
			return ferry_error_set(err, FERRY_EUSAGE,
			    "--upstreams needs to know of which store the key "
			    "is: its file does not say, give --of");
		if (strpbrk(upstream, "*?[") != NULL)
			continue;
		if (ferry_authority_get(st, upstream, store, &whose, err) == -1)
			return -1;
		if (whose == FERRY_AUTHORITY_OTHER)
			return ferry_error_set(err, FERRY_EUSAGE,
			    "upstream '%s' belongs to another origin here; "
			    "'ferry access hand-over' moves it",
			    upstream);
	}
	return 0;
}

int
ferry_trust_root(struct ferry_context *ctx, const struct ferry_task *task,
    const char *path, const json_t *limits, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_root root;
	int rc = ferry_file_read(path, FERRY_ROOT_MAX, &text, err);

	if (rc == 0 &&
	    ((rc = ferry_rotate(task, ferry_bytes_buf(&text), FERRY_ROTATE_HAND,
		  limits, err)) == -1 ||
		ferry_root_parse(&root, ferry_bytes_buf(&text),
		    FERRY_ROOT_WHOLE, err) == -1 ||
		ferry_trust_claim(task->st, root.origin, limits, err) == -1 ||
		ferry_store_commit(task->st, err) == -1))
		rc = ferry_error_in(err, "%s", path);
	if (rc != -1)
		ferry_root_print(ctx, &root);
	ferry_buf_free(&text);
	return rc == -1 ? -1 : 0;
}

static int
print_root(
    void *ctx, const struct ferry_roots_one *one, struct ferry_error *err)
{
	const struct ferry_context *c = ctx;
	const struct ferry_root *r = &one->root;
	char at[FERRY_TIME_TEXT];

	(void)err;
	if (c->json)
		ferry_root_print(c, r);
	else
		(void)printf("root %" PRIu64 " of %s (%s): its bundles need "
			     "%" PRIu64 " of %" PRIu64 " keys%s%s\n",
		    r->number, r->origin_name, r->origin,
		    r->threshold[FERRY_ROOT_BUNDLE],
		    ferry_root_keys_of(r, FERRY_ROOT_BUNDLE),
		    r->expires_at == 0            ? ""
		    : r->expires_at > ferry_now() ? ", until "
						  : ", EXPIRED ",
		    r->expires_at == 0 ? ""
				       : ferry_time_text(r->expires_at, at));
	return 0;
}

int
ferry_trust_roots(
    struct ferry_context *ctx, struct ferry_store *st, struct ferry_error *err)
{

	return ferry_roots_each(st, print_root, ctx, err);
}

int
ferry_trust_by_root(struct ferry_store *st, const struct ferry_trust *t,
    struct ferry_error *err)
{
	struct ferry_roots_one one;
	const struct ferry_root_key *k;
	int rc;

	if (t->store[0] == 0 || t->role[0] != 0 ||
	    (t->use & FERRY_TRUST_BUNDLES) == 0)
		return 0;
	rc = ferry_roots_get(st, t->store, FERRY_ROOTS_NEWEST, &one, err);
	if (rc != 1)
		return rc;
	k = ferry_root_find(&one.root, t->key.id);
	rc = k != NULL && k->role[FERRY_ROOT_BUNDLE]
	         ? 0
	         : ferry_error_set(err, FERRY_EUSAGE,
		       "whose bundles count for %s its root %" PRIu64
		       " says here, and it does not name key %s; the next one "
		       "may ('ferry root add' there), or trust it with --only "
		       "receipts",
		       one.root.origin_name, one.root.number, t->key.id);
	ferry_roots_clear(&one);
	return rc;
}
