/* `ferry access prefer`: which upstream goes first over a name or a host that
 * several have. */

#include <stdio.h>

#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/catalog/owner.h"
#include "store/store.h"
#include "sync/command/access.h"
#include "sync/command/command_task.h"

static int
check_upstream(
    struct ferry_store *st, const char *upstream, struct ferry_error *err)
{
	struct ferry_key key;
	int rc;

	if (ferry_key_make(&key, err, "upstream", upstream, NULL) == -1 ||
	    (rc = ferry_catalog_has(st, &key, err)) == -1)
		return -1;
	return rc == 1 ? 0
	               : ferry_error_set(err, FERRY_ENOTFOUND,
			     "the store has no upstream '%s'", upstream);
}

int
ferry_access_prefer(struct ferry_context *ctx, struct ferry_error *err)
{
	const char *const *upstreams =
	    (const char *const *)(const void *)(ctx->argv + 2);
	size_t n = (size_t)ctx->argc - 2;
	struct ferry_store *st = NULL;
	int rc = -1;

	if (ferry_context_open(ctx, FERRY_STORE_WRITE, &st, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (check_upstream(st, upstreams[i], err) == -1)
			goto out;
	if (ferry_owner_prefer(st, upstreams, n, err) == -1 ||
	    ferry_store_commit(st, err) == -1)
		goto out;
	if (ctx->json)
		ferry_command_print(json_pack(
		    "{s:s,s:I}", "event", "result", "first", (json_int_t)n));
	else
		for (size_t i = 0; i < n; i++)
			(void)printf("%zu. %s\n", i + 1, upstreams[i]);
	rc = 0;
out:
	ferry_store_close(st);
	return rc;
}
