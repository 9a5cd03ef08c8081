#include <stdio.h>
#include <unistd.h>

#include "store/bundle/keys.h"
#include "store/store.h"
#include "sync/command/command.h"

static const char help[] =
    "usage: ferry init [--name NAME]\n"
    "\n"
    "Make an empty store in the folder of --store (or of the configuration),\n"
    "with the key that will sign its bundles and receipts.\n"
    "\n"
    "  --name NAME  what people call this site (default: the host's name);\n"
    "               bundles and receipts carry it\n";

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
	if (ferry_store_create(ctx->store_path, name, err) == -1 ||
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
