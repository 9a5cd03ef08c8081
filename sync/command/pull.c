#include <stdio.h>

#include "store/base/error.h"
#include "store/base/log.h"
#include "sync/base/stop.h"
#include "sync/command/command.h"
#include "sync/pull/puller.h"

static const char help[] =
    "usage: ferry pull\n"
    "\n"
    "Run the puller: what clients ask ferryd for and the store does not hold is\n"
    "pulled from the upstreams that have 'pull = true', verified, once for all\n"
    "who ask.  It runs until SIGTERM or SIGINT; other commands may write to the\n"
    "store meanwhile.  ferryd finds it by its socket, STORE/pull.sock, or\n"
    "'socket' of the group 'pull' of the configuration.\n"
    "\n"
    "Exit status: 0 stopped; 6 another puller runs for this store.\n" FERRY_CONF
    " explains every option.\n";

static void
on_ready(void *ctx, const char *path)
{
	const struct ferry_context *context = ctx;

	ferry_log(FERRY_LOG_INFO, "pulling for %s, asked at %s",
	    context->store_path, path);
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	static const struct ferry_option options[] = {
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	const struct ferry_puller_options puller = { .store = ctx->store_path,
		.config_path = ctx->config_path,
		.conf = ctx->conf,
		.kinds = ctx->kinds,
		.stopped = ferry_stop_wanted,
		.on_ready = on_ready,
		.ctx = ctx };

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	if (ctx->argc > 1)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "unexpected argument '%s'; see 'ferry pull --help'",
		    ctx->argv[1]);
	return ferry_puller_run(&puller, err) == -1 ? -1 : FERRY_EXIT_OK;
}

const struct ferry_command ferry_command_pull = { "pull",
	"pull what clients ask ferryd for", help, run };
