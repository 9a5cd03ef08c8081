#ifndef FERRY_COMMAND_H
#define FERRY_COMMAND_H

/*
 * One file per command of `ferry`.  main.c parses the common options, makes a
 * struct ferry_context and calls the command's run function.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/error.h"
#include "store/store.h"

struct ferry_conf;
struct ferry_progress;
struct ferry_upstream_kind;

struct ferry_context {
	const char *config_path; /* NULL: none was found */
	struct ferry_conf *conf; /* NULL for `ferry config` alone */
	const char *store_path; /* --store, else the configuration's */
	bool json; /* --json */
	bool quiet; /* --quiet: no progress */
	int argc; /* the command's own arguments, */
	char **argv; /* argv[0] being its name */
	/* Kinds of upstreams, up to a NULL. */
	const struct ferry_upstream_kind *const *kinds;
};

/*
 * Exit statuses, documented in packaging/man/ferry.1.in and `ferry --help`.  A
 * run function returns one of the first five, or -1 with err set, which main
 * prints once and maps by one table (ferry_exit_status()).
 */
enum {
	FERRY_EXIT_OK = 0,
	FERRY_EXIT_FAILED = 1, /* whatever has no status of its own */
	FERRY_EXIT_USAGE = 2, /* command line */
	FERRY_EXIT_CONFIG = 3, /* configuration */
	FERRY_EXIT_PARTIAL = 4, /* done, but some items failed */
	FERRY_EXIT_PROBLEMS = 5, /* verify found problems */
	FERRY_EXIT_LOCKED = 6, /* another process writes to the store */
	FERRY_EXIT_SYSTEM = 7, /* disk full, permission, I/O */
	FERRY_EXIT_NETWORK = 8, /* upstream not reached or refusing */
	FERRY_EXIT_INTERRUPTED = 9, /* stopped by a signal */
	/* Refusals of an import or a receipt: */
	FERRY_EXIT_DAMAGED = 20, /* digest, size or form of the bundle */
	FERRY_EXIT_SIGNATURE = 21, /* unknown, too few or wrong signatures */
	FERRY_EXIT_REVOKED = 22,
	FERRY_EXIT_WRONG_SITE = 23,
	FERRY_EXIT_GAP = 24,
	FERRY_EXIT_REPLAY = 25,
	FERRY_EXIT_FORK = 26,
	FERRY_EXIT_EXPIRED = 27,
	FERRY_EXIT_NEWER = 28,
	FERRY_EXIT_UNDECLARED = 29,
	FERRY_EXIT_MISSING = 30,
};
int ferry_exit_status(enum ferry_code code);

struct ferry_command {
	const char *name;
	const char *summary; /* one line for `ferry --help` */
	const char *help; /* the whole text of `ferry NAME --help` */
	int (*run)(struct ferry_context *ctx, struct ferry_error *err);
};

/*
 * Options of a command, read in any order among its operands.  Long options
 * are "--name VALUE", "--name=VALUE" or flags; "--" ends them.
 *
 *	static const struct ferry_option options[] = {
 *		{ "to", FERRY_OPTION_VALUE, &to },
 *		{ "dry-run", FERRY_OPTION_FLAG, &dry_run },
 *		{ NULL, 0, NULL } };
 *
 * where to is a const char * and dry_run a bool.  ctx->argv is permuted so
 * that the operands are argv[1] … argv[argc - 1] afterwards.
 * Errors: FERRY_EUSAGE.
 */
enum ferry_option_kind { FERRY_OPTION_FLAG, FERRY_OPTION_VALUE };
struct ferry_option {
	const char *name;
	enum ferry_option_kind kind;
	void *value;
};
int ferry_options(struct ferry_context *ctx, const struct ferry_option *options,
    struct ferry_error *err);

/* Open the context's store. */
int ferry_context_open(struct ferry_context *ctx, enum ferry_store_mode mode,
    struct ferry_store **out, struct ferry_error *err);

/* Progress as the common options want it: ferry_progress_new(). */
struct ferry_progress *ferry_context_progress(
    const struct ferry_context *ctx, const char *verb, const char *unit);

/* By what ferryd decides with the same configuration. */
struct ferry_access_policy;
int ferry_context_policy(const struct ferry_context *ctx,
    struct ferry_access_policy *out, struct ferry_error *err);

/*
 * The group "export" of conf.  expires_s: how long what is exported is taken: the
 * option (NULL: none), else as the group says; 0 for ever.
 * Errors: FERRY_ECONFIG, FERRY_EUSAGE.
 */
struct ferry_export_conf {
	int64_t expires_s;
	bool recipes;
};
int ferry_export_conf_read(struct ferry_conf *conf, const char *option,
    struct ferry_export_conf *out, struct ferry_error *err);

/* Each sync/command/NAME.c defines one. */
extern const struct ferry_command ferry_command_init, ferry_command_status,
    ferry_command_list, ferry_command_show, ferry_command_verify,
    ferry_command_rebuild, ferry_command_gc, ferry_command_remove,
    ferry_command_restore, ferry_command_sync, ferry_command_export,
    ferry_command_import, ferry_command_sign, ferry_command_receipt,
    ferry_command_key, ferry_command_trust, ferry_command_serve,
    ferry_command_token, ferry_command_explain, ferry_command_access,
    ferry_command_config, ferry_command_doctor, ferry_command_pull,
    ferry_command_bundle, ferry_command_record, ferry_command_prove,
    ferry_command_why, ferry_command_wishes, ferry_command_backup,
    ferry_command_root, ferry_command_issue, ferry_command_lockfile,
    ferry_command_usage;

#endif
