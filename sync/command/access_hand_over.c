/* `ferry access hand-over`: another origin speaks for an upstream. */

#include <stdio.h>
#include <string.h>

#include "store/access/authority.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/index/local.h"
#include "store/store.h"
#include "sync/carry/behind.h"
#include "sync/command/access.h"
#include "sync/command/command_task.h"
#include "sync/command/origin_arg.h"

/* So that a slip of the pen is not taken for a new upstream. */
static int
check_upstream(
    struct ferry_store *st, const char *upstream, struct ferry_error *err)
{
	json_t *speaks = NULL;
	struct ferry_key key;
	int rc;

	if (ferry_key_make(&key, err, "upstream", upstream, NULL) == -1)
		return -1;
	if ((rc = ferry_catalog_has(st, &key, err)) == 0)
		rc = ferry_local_named_get(
		    st, FERRY_KIND_SPEAKS, upstream, &speaks, err);
	json_decref(speaks);
	return rc != 0 ? rc
	               : ferry_error_set(err, FERRY_ENOTFOUND,
			     "the store has no upstream '%s'", upstream);
}

int
ferry_access_hand_over(struct ferry_context *ctx, struct ferry_error *err)
{
	const char *upstream = ctx->argv[2], *name = ctx->argv[3];
	struct ferry_store *st = NULL;
	char id[FERRY_STORE_ID];
	int rc = -1;

	if (ferry_context_open(ctx, FERRY_STORE_WRITE, &st, err) == -1)
		return -1;
	if (check_upstream(st, upstream, err) == -1 ||
	    ferry_command_origin(st, name, id, err) == -1 ||
	    ferry_authority_choose(st, upstream, id, err) == -1 ||
	    /* Of an import, what was skipped closes it until that came. */
	    (strcmp(id, ferry_store_id(st)) == 0 &&
		ferry_passed_forget(st, upstream, NULL, err) == -1) ||
	    ferry_behind_put(st, id, upstream, err) == -1 ||
	    ferry_store_commit(st, err) == -1)
		goto out;
	if (ctx->json)
		ferry_command_print(json_pack("{s:s,s:s,s:s}", "event",
		    "result", "upstream", upstream, "origin", id));
	else
		(void)printf(
		    "%s (%s) speaks for upstream '%s' from the next import on; "
		    "until then the permissions of before count. What of it "
		    "was skipped comes with the same bundles, imported again\n",
		    name, id, upstream);
	rc = 0;
out:
	ferry_store_close(st);
	return rc;
}
