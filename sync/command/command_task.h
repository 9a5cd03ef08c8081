#ifndef FERRY_SYNC_COMMAND_COMMAND_TASK_H
#define FERRY_SYNC_COMMAND_COMMAND_TASK_H

/*
 * A struct ferry_task for a command: its store, its progress, its notes.
 */

#include <jansson.h>

#include "store/base/bytes.h"
#include "sync/base/task.h"
#include "sync/command/command.h"

struct ferry_progress;

struct ferry_command_task {
	struct ferry_task task;
	struct ferry_progress *progress; /* NULL if verb was NULL */
};

/* Open the store; verb and unit are for the progress, NULL without one. */
int ferry_command_task_open(struct ferry_command_task *c,
    struct ferry_context *ctx, enum ferry_store_mode mode, const char *verb,
    const char *unit, struct ferry_error *err);
/* The same without a store. */
void ferry_command_task_start(struct ferry_command_task *c,
    struct ferry_context *ctx, const char *verb, const char *unit);
/* End the progress, so that results can be printed. */
void ferry_command_task_quiet(struct ferry_command_task *c);
void ferry_command_task_close(struct ferry_command_task *c);

/* Before each key of `ferry key export`, for `ferry trust add`: whose it is,
 * "Store: ID NAME". */
#define FERRY_COMMAND_KEY_OF "Store: "

/* Print a result object on a line, and free it. */
void ferry_command_print(json_t *result);
/* Put what a command makes into the file path, or (NULL) on standard output.
 * Errors: FERRY_ESYSTEM. */
int ferry_command_put(
    const char *path, struct ferry_bytes text, struct ferry_error *err);

#endif
