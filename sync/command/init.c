#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "store/bundle/keys.h"
#include "store/store.h"
#include "sync/command/command.h"

static const char help[] =
    "usage: ferry init [--name NAME]\n"
    "\n"
    "Make an empty store in the folder of --store (or of the configuration),\n"
    "with the key that will sign its bundles and receipts.  One that was\n"
    "interrupted is repeated by the same command.\n"
    "\n"
    "  --name NAME  what people call this site (default: the host's name);\n"
    "               bundles and receipts carry it\n";

/* Whether there is a store that has nothing, not even a key: an init that was
 * killed just before it made that. */
static bool
is_half_made(struct ferry_context *ctx, const struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_store_totals totals;
	struct ferry_keys *keys = NULL;
	struct ferry_store *st = NULL;
	bool half;

	half = err->code == FERRY_EEXIST &&
	       ferry_context_open(ctx, FERRY_STORE_READ, &st, &ignored) == 0 &&
	       ferry_store_totals(st, &totals, &ignored) == 0 &&
	       totals.records == 0 &&
	       ferry_keys_open(&keys, st, &ignored) == -1 &&
	       ignored.code == FERRY_ESTORE;
	ferry_keys_free(keys);
	ferry_store_close(st);
	return half;
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	const char *name = NULL;
	const struct ferry_option options[] = {
		{ "name", FERRY_OPTION_VALUE, &name },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct ferry_store *st = NULL;
	char host[65];

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	if (ctx->argc > 1)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "unexpected argument '%s'; the folder is given by --store",
		    ctx->argv[1]);
	if (name == NULL) {
		if (gethostname(host, sizeof(host)) == -1)
			return ferry_error_errno(err, "gethostname");
		host[sizeof(host) - 1] = 0;
		name = host;
	}
	if ((ferry_store_create(ctx->store_path, name, err) == -1 &&
		!is_half_made(ctx, err)) ||
	    ferry_context_open(ctx, FERRY_STORE_READ, &st, err) == -1 ||
	    ferry_keys_ensure(st, err) == -1) {
		ferry_store_close(st);
		return ferry_error_in(err, "making a store");
	}
	if (ctx->json)
		(void)printf("{\"store\":\"%s\",\"id\":\"%s\",\"name\":\"%s\"}"
			     "\n",
		    ctx->store_path, ferry_store_id(st), ferry_store_name(st));
	else
		(void)printf("made store %s, site '%s', id %s\n",
		    ctx->store_path, ferry_store_name(st), ferry_store_id(st));
	ferry_store_close(st);
	return FERRY_EXIT_OK;
}

const struct ferry_command ferry_command_init = { "init", "make an empty store",
	help, run };
