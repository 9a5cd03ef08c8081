#ifndef FERRY_SYNC_COMMAND_BOXED_H
#define FERRY_SYNC_COMMAND_BOXED_H

/* What `ferry record` and `ferry prove` share. */

#include <jansson.h>

#include "store/base/bytes.h"
#include "sync/command/command.h"

/* The command behind "--", with a NULL at its end; the caller frees the list.
 * Errors: FERRY_EUSAGE (none). */
int ferry_boxed_argv(
    const struct ferry_context *ctx, char ***out, struct ferry_error *err);
/* The first line of a file, appended: a token.  path NULL: nothing. */
int ferry_boxed_token(
    struct ferry_buf *out, const char *path, struct ferry_error *err);
/* Print what was not there: struct ferry_asked. */
void ferry_boxed_print_absent(const json_t *absent);

#endif
