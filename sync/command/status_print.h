#ifndef FERRY_COMMAND_STATUS_PRINT_H
#define FERRY_COMMAND_STATUS_PRINT_H

/* `ferry status` for people and for programs. */

#include <jansson.h>

#include "store/store.h"
#include "sync/command/growth.h"

struct ferry_status {
	struct ferry_store *st;
	struct ferry_store_totals totals;
	struct ferry_growth growth;
	json_t *all; /* the rest, as --json prints it; null: there is none */
};

/* Lines, and one object. */
void ferry_status_print(const struct ferry_status *status);
void ferry_status_print_json(const struct ferry_status *status);

#endif
