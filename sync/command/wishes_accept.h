#ifndef FERRY_COMMAND_WISHES_ACCEPT_H
#define FERRY_COMMAND_WISHES_ACCEPT_H

/* What a site's clients wished for, made a want of the next sync. */

#include <jansson.h>

struct ferry_context;
struct ferry_error;
struct ferry_store;

/*
 * Add those of wishes (carry/wishes.h; NULL: none) that the arguments of ctx
 * name, or all, to the recording "wishes-SITE", from the upstream called upstream
 * or (NULL) from the first that may have each; say what became of each.  Commits.
 * Returns: an exit status; -1.  Errors: FERRY_ECONFIG, FERRY_EUSAGE (no such
 *     upstream, an argument that no wish is).
 */
int ferry_wishes_accept(struct ferry_context *ctx, struct ferry_store *st,
    const char *site, const json_t *wishes, const char *upstream,
    struct ferry_error *err);

#endif
