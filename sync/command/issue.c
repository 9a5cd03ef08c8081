#include <stdio.h>

#include "store/base/error.h"
#include "store/base/log.h"
#include "sync/base/stop.h"
#include "sync/command/command.h"
#include "sync/issue/issuer.h"

static const char help[] =
    "usage: ferry issue\n"
    "\n"
    "Run the issuer of tokens: people whose passwords are in an htpasswd file or\n"
    "in a directory (LDAP) make, list and revoke tokens of their own through\n"
    "ferryd, by 'npm login', 'npm logout' and /tokens.  It runs until SIGTERM or\n"
    "SIGINT, writes to the folder of tokens alone, and is the only one that sees\n"
    "a password, which is neither kept nor logged.  ferryd finds it by its socket,\n"
    "STORE/issue.sock, or 'socket' of the group 'issue' of the configuration,\n"
    "which says whose passwords count.\n"
    "\n"
    "    curl -u ann -X POST https://HOST/tokens        a new token\n"
    "    curl -u ann https://HOST/tokens                what there are\n"
    "    curl -u ann -X DELETE https://HOST/tokens/ID   revoke one\n"
    "\n"
    "Passwords open nothing else: clients that ask for one are given a token.\n"
    "\n"
    "Exit status: 0 stopped; 6 another issuer answers at the socket.\n" FERRY_CONF
    " explains every option.\n";

static void
on_ready(void *ctx, const char *path, const char *accounts)
{

	(void)ctx;
	ferry_log(FERRY_LOG_INFO, "issuing tokens, asked at %s; passwords: %s",
	    path, accounts);
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	static const struct ferry_option options[] = {
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	const struct ferry_issuer_options issuer = { .store = ctx->store_path,
		.conf = ctx->conf,
		.stopped = ferry_stop_wanted,
		.on_ready = on_ready };

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	if (ctx->argc > 1)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "unexpected argument '%s'; see 'ferry issue --help'",
		    ctx->argv[1]);
	return ferry_issuer_run(&issuer, err) == -1 ? -1 : FERRY_EXIT_OK;
}

const struct ferry_command ferry_command_issue = { "issue",
	"make tokens for people with passwords", help, run };
