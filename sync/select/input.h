#ifndef FERRY_SELECT_INPUT_H
#define FERRY_SELECT_INPUT_H

/* Files of projects, read whole. */

#include <stddef.h>

#include "store/base/bytes.h"

struct ferry_error;

/*
 * Append what the file at path holds, also of a pipe, up to max bytes, a
 * multiple of 1 MiB.
 *
 * Errors: FERRY_ESYSTEM (sys is ENOENT if there is none), FERRY_ELIMIT,
 *     FERRY_ENOMEM.  The caller says which file it was.
 */
int ferry_input_read(struct ferry_buf *out, const char *path, size_t max,
    struct ferry_error *err);

#endif
