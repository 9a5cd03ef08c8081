#ifndef FERRY_SERVE_REPLAY_RUBYGEMS_FILES_H
#define FERRY_SERVE_REPLAY_RUBYGEMS_FILES_H

/*
 * Which package a URL means, and files of versions: "foo-1.0.gem".
 *
 * The name of a file does not tell where the gem's name ends: what is here does.
 * Source: store/format/rubygems/PROTOCOL.md, section 9.
 */

#include "serve/replay/call.h"
#include "serve/replay/view.h"

struct ferry_body;
struct ferry_error;
struct ferry_pull_want;

/* As owner() of struct ferry_replay. */
int ferry_gem_owner(
    struct ferry_call *call, enum ferry_lookup lookup, struct ferry_error *err);

/* The file that call names.  Returns: 1 and *out (the caller unrefs), 0, -1. */
int ferry_gem_file(const struct ferry_call *call, struct ferry_body **out,
    struct ferry_error *err);

/* As wants() and supplies() of format.h. */
bool
ferry_gem_wants(const struct ferry_call *call, struct ferry_pull_want *want);
bool ferry_gem_supplies(const struct ferry_call *call, const char *upstream);

#endif
