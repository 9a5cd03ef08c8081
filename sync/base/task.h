#ifndef FERRY_SYNC_BASE_TASK_H
#define FERRY_SYNC_BASE_TASK_H

/*
 * What export, import and receipts share: the store they work on, and how
 * they talk to whoever started them.
 */

#include <stdbool.h>
#include <stdint.h>

struct ferry_store;

/*
 * All callbacks may be NULL.  on_note gets a line for people; stopped says
 * that the user wants an end, which comes at the next safe place with
 * FERRY_ECANCELLED.
 */
struct ferry_task {
	struct ferry_store *st; /* borrowed; NULL where it is said */
	void *ctx;
	void (*on_progress)(void *ctx, uint64_t items, uint64_t items_total,
	    uint64_t bytes, uint64_t bytes_total);
	void (*on_note)(void *ctx, const char *text);
	bool (*stopped)(void);
};

/* Call a callback, if there is one. */
void ferry_task_note(const struct ferry_task *task, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void ferry_task_progress(const struct ferry_task *task, uint64_t items,
    uint64_t items_total, uint64_t bytes, uint64_t bytes_total);
bool ferry_task_stopped(const struct ferry_task *task);

#endif
