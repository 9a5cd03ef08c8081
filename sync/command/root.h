#ifndef FERRY_COMMAND_ROOT_H
#define FERRY_COMMAND_ROOT_H

#include <stdbool.h>
#include <stdint.h>

struct ferry_context;
struct ferry_error;
struct ferry_root;

/* Print a root: its number, whose it is, and its keys with fingerprints. */
void ferry_root_print(
    const struct ferry_context *ctx, const struct ferry_root *root);

/* What options say of a draft. */
struct ferry_root_options {
	const char *role, *name, *expires, *key;
	bool anew;
};
/*
 * Change the draft in the file path: its signatures are gone then.  what: "add",
 * "remove" or "require"; arg: of these a file of keys (or NULL, with the option
 * key), an id, a number.
 */
int ferry_root_edit(struct ferry_context *ctx, const char *path,
    const char *what, const char *arg, const struct ferry_root_options *options,
    struct ferry_error *err);
/* Now and a duration, or of "never" 0. */
int ferry_root_expiry(const char *text, int64_t *out, struct ferry_error *err);

#endif
