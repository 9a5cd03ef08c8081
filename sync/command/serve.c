#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/base/bytes.h"
#include "sync/box/program.h"
#include "sync/command/command.h"

static const char help[] =
    "usage: ferry serve [OPTION…]\n"
    "\n"
    "Run ferryd, the read-only server, with the same store and configuration.\n"
    "The options are ferryd's; see 'ferryd --help'.\n";

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	char path[4096];
	const char *program = ferry_program_path("ferryd", path, sizeof(path));
	char **argv;
	int n = 0;

	if (ferry_calloc(&argv, (size_t)ctx->argc + 6, sizeof(*argv), err) ==
	    -1)
		return -1;
	/* execvp() takes char *, and changes nothing. */
	argv[n++] = (char *)(uintptr_t)program;
	argv[n++] = (char *)(uintptr_t) "--store";
	argv[n++] = (char *)(uintptr_t)ctx->store_path;
	if (ctx->config_path != NULL) {
		argv[n++] = (char *)(uintptr_t) "--config";
		argv[n++] = (char *)(uintptr_t)ctx->config_path;
	}
	for (int i = 1; i < ctx->argc; i++)
		argv[n++] = ctx->argv[i];
	(void)execvp(program, argv);
	free(argv);
	return ferry_error_errno(err, "%s", program);
}

const struct ferry_command ferry_command_serve = { "serve",
	"run ferryd, the read-only server", help, run };
