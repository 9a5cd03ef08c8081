#ifndef FERRY_SELECT_LOCK_KIND_H
#define FERRY_SELECT_LOCK_KIND_H

/* The kinds of lock files behind lock.h: one function each. */

#include "store/base/bytes.h"

struct ferry_error;
struct ferry_lock_sink;

/* package-lock.json and npm-shrinkwrap.json: lock_npm.c. */
int ferry_lock_npm(struct ferry_bytes text, const struct ferry_lock_sink *sink,
    struct ferry_error *err);

#endif
