#ifndef FERRY_COMMAND_CARRIER_H
#define FERRY_COMMAND_CARRIER_H

/*
 * A struct ferry_carry for a command: its store, its progress, its notes.
 */

#include <jansson.h>

#include "store/base/bytes.h"
#include "sync/carry/carry.h"
#include "sync/command/command.h"

struct ferry_progress;

struct ferry_carrier {
	struct ferry_carry carry;
	struct ferry_progress *progress; /* NULL if verb was NULL */
};

/* Open the store; verb is for the progress, NULL without one. */
int ferry_carrier_open(struct ferry_carrier *c, struct ferry_context *ctx,
    bool writer, const char *verb, struct ferry_error *err);
/* End the progress, so that results can be printed. */
void ferry_carrier_quiet(struct ferry_carrier *c);
void ferry_carrier_close(struct ferry_carrier *c);

/* Before each key of `ferry key export`, for `ferry trust add`: whose it is,
 * "Store: ID NAME". */
#define FERRY_CARRIER_KEY_OF "Store: "

/* Print a result object on a line, and free it. */
void ferry_carrier_print(json_t *result);
/* A whole small file.  Errors: FERRY_ESYSTEM, FERRY_ELIMIT. */
int ferry_carrier_read(const char *path, size_t max, struct ferry_buf *out,
    struct ferry_error *err);

#endif
