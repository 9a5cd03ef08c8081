#include "sync/command/command.h"
#include "sync/base/progress.h"

#include <stdio.h>
#include <string.h>

#include "store/access/policy.h"
#include "store/base/bytes.h"
#include "store/base/conf.h"
#include "store/store.h"

/* The one table from codes to exit statuses. */
int
ferry_exit_status(enum ferry_code code)
{

	switch (code) {
	case FERRY_OK:
		return FERRY_EXIT_OK;
	case FERRY_EUSAGE:
		return FERRY_EXIT_USAGE;
	case FERRY_ECONFIG:
		return FERRY_EXIT_CONFIG;
	case FERRY_ELOCKED:
		return FERRY_EXIT_LOCKED;
	case FERRY_ESYSTEM:
	case FERRY_ENOMEM:
	case FERRY_EINDEX:
		return FERRY_EXIT_SYSTEM;
	case FERRY_ENETWORK:
	case FERRY_EHTTP:
		return FERRY_EXIT_NETWORK;
	case FERRY_ECANCELLED:
		return FERRY_EXIT_INTERRUPTED;
	case FERRY_EFORMAT:
	case FERRY_ELIMIT:
	case FERRY_EDIGEST:
	case FERRY_ESIZE:
		return FERRY_EXIT_DAMAGED;
	case FERRY_ESIGNATURE:
		return FERRY_EXIT_SIGNATURE;
	case FERRY_EREVOKED:
		return FERRY_EXIT_REVOKED;
	case FERRY_EWRONGSITE:
		return FERRY_EXIT_WRONG_SITE;
	case FERRY_EGAP:
		return FERRY_EXIT_GAP;
	case FERRY_EREPLAY:
		return FERRY_EXIT_REPLAY;
	case FERRY_EFORK:
		return FERRY_EXIT_FORK;
	case FERRY_EEXPIRED:
		return FERRY_EXIT_EXPIRED;
	case FERRY_ENEWER:
		return FERRY_EXIT_NEWER;
	case FERRY_EUNDECLARED:
		return FERRY_EXIT_UNDECLARED;
	case FERRY_EMISSING:
		return FERRY_EXIT_MISSING;
	default:
		return FERRY_EXIT_FAILED;
	}
}

/* Read one option at argv[*i]; *i moves over its value. */
static int
option(struct ferry_context *ctx, const struct ferry_option *options, int *i,
    struct ferry_error *err)
{
	const char *arg = ctx->argv[*i] + 2, *equals = strchr(arg, '=');
	size_t n = equals != NULL ? (size_t)(equals - arg) : strlen(arg);
	const struct ferry_option *o;

	for (o = options; o->name != NULL; o++)
		if (strlen(o->name) == n && memcmp(o->name, arg, n) == 0)
			break;
	if (o->name == NULL)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "unknown option '--%.*s'; see 'ferry %s --help'", (int)n,
		    arg, ctx->argv[0]);
	if (o->kind == FERRY_OPTION_FLAG) {
		if (equals != NULL)
			return ferry_error_set(err, FERRY_EUSAGE,
			    "option '--%s' takes no value", o->name);
		*(bool *)o->value = true;
		return 0;
	}
	if (equals == NULL && *i + 1 >= ctx->argc)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "option '--%s' needs a value; see 'ferry %s --help'",
		    o->name, ctx->argv[0]);
	*(const char **)o->value =
	    equals != NULL ? equals + 1 : ctx->argv[++*i];
	return 0;
}

int
ferry_options(struct ferry_context *ctx, const struct ferry_option *options,
    struct ferry_error *err)
{
	bool over = false;
	int operands = 1;

	for (int i = 1; i < ctx->argc; i++) {
		char *arg = ctx->argv[i];

		if (over || arg[0] != '-' || arg[1] == 0) {
			ctx->argv[operands++] = arg;
		} else if (strcmp(arg, "--") == 0) {
			over = true;
		} else if (arg[1] != '-') {
			return ferry_error_set(err, FERRY_EUSAGE,
			    "unknown option '%s'; see 'ferry %s --help'", arg,
			    ctx->argv[0]);
		} else if (option(ctx, options, &i, err) == -1) {
			return -1;
		}
	}
	ctx->argc = operands;
	return 0;
}

int
ferry_context_open(struct ferry_context *ctx, enum ferry_store_mode mode,
    struct ferry_store **out, struct ferry_error *err)
{

	return ferry_store_open(out, ctx->store_path, mode, err);
}

int
ferry_context_policy(const struct ferry_context *ctx,
    struct ferry_access_policy *out, struct ferry_error *err)
{
	struct ferry_conf_group *serve;

	return ferry_conf_group(
		   ferry_conf_root(ctx->conf), "serve", &serve, err) == -1
	           ? -1
	           : ferry_access_policy_read(out, serve, err);
}

struct ferry_progress *
ferry_context_progress(
    const struct ferry_context *ctx, const char *verb, const char *unit)
{

	return ferry_progress_new(ctx->json    ? FERRY_PROGRESS_PROGRAMS
				  : ctx->quiet ? FERRY_PROGRESS_NOBODY
					       : FERRY_PROGRESS_PEOPLE,
	    verb, unit);
}
