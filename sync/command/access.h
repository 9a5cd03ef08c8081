#ifndef FERRY_COMMAND_ACCESS_H
#define FERRY_COMMAND_ACCESS_H

/*
 * `ferry access`: access.c (dispatch, show), access_apply.c, access_diff.c,
 * access_hand_over.c, access_prefer.c, access_report.c.
 */

#include "sync/command/command.h"

struct access_options {
	bool text; /* show */
	bool bundle; /* diff */
	const char *package, *user, *upstream; /* report */
};

/* Each prints its results; an exit status, or -1. */
int ferry_access_apply(struct ferry_context *ctx, struct ferry_error *err);
int ferry_access_diff(struct ferry_context *ctx, const struct access_options *o,
    struct ferry_error *err);
int ferry_access_hand_over(struct ferry_context *ctx, struct ferry_error *err);
int ferry_access_prefer(struct ferry_context *ctx, struct ferry_error *err);
int ferry_access_report(struct ferry_context *ctx,
    const struct access_options *o, struct ferry_error *err);

#endif
