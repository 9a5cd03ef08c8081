#ifndef FERRY_COMMAND_BUNDLE_SHOW_H
#define FERRY_COMMAND_BUNDLE_SHOW_H

/* How the blobs of bundles travel. */

struct ferry_context;
struct ferry_error;
struct ferry_found;

/* Print a line for each, and the sums; as JSON if the context says so. */
int ferry_bundle_show(const struct ferry_context *ctx,
    const struct ferry_found *found, struct ferry_error *err);

#endif
