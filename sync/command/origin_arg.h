#ifndef FERRY_COMMAND_ORIGIN_ARG_H
#define FERRY_COMMAND_ORIGIN_ARG_H

#include "store/bundle/head.h"

struct ferry_error;
struct ferry_store;

/*
 * The store that an operand names: the id or name of this store, or those of a
 * trusted key that speaks for one.
 * Errors: FERRY_ENOTFOUND, FERRY_EUSAGE (several are called so).
 */
int ferry_command_origin(struct ferry_store *st, const char *name,
    char id[FERRY_STORE_ID], struct ferry_error *err);

#endif
