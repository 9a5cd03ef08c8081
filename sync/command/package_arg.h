#ifndef FERRY_SYNC_COMMAND_PACKAGE_ARG_H
#define FERRY_SYNC_COMMAND_PACKAGE_ARG_H

/*
 * FORMAT:NAME on the command line, and whose package ferryd takes it for when
 * a client says no more.
 */

#include <stdbool.h>

struct ferry_error;
struct ferry_format;
struct ferry_snapshots;
struct ferry_store;

#define FERRY_PACKAGE_ARG_NAME 512

struct ferry_package_arg {
	const struct ferry_format *format; /* NULL: one that is not served */
	char type[32]; /* as GitHub calls it */
	char name[FERRY_PACKAGE_ARG_NAME]; /* without a host in front */
	char owner[256]; /* the upstream; "": nobody has it */
	bool held; /* the store has it of that owner */
	/* Whose package the name alone means, if it is another's; or "". */
	char first[256];
};

/*
 * upstream is whose package is meant, or NULL: then the one that ferryd would
 * take it for; of what is not here, the first whose snapshot knows it.  Names of
 * images may have an origin's host in front.
 * Errors: FERRY_EUSAGE (also names that no registry of the format could have),
 *     the store's.
 */
int ferry_package_arg_find(struct ferry_package_arg *out,
    struct ferry_store *st, const struct ferry_snapshots *all, const char *text,
    const char *upstream, struct ferry_error *err);

#endif
