#ifndef FERRY_SERVE_REPLAY_NUGET_FILES_H
#define FERRY_SERVE_REPLAY_NUGET_FILES_H

/* Whose package a URL means, and the files of versions. */

#include "serve/replay/call.h"
#include "serve/replay/view.h"

struct ferry_error;
struct ferry_pull_want;
struct ferry_response;

/* As owner() of struct ferry_replay. */
int ferry_nuget_owner(
    struct ferry_call *call, enum ferry_lookup lookup, struct ferry_error *err);
/* Answer with the file that call names.  Returns: as answer() of a format. */
int ferry_nuget_answer_file(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err);
/* As wants() and supplies() of struct ferry_replay. */
bool
ferry_nuget_wants(const struct ferry_call *call, struct ferry_pull_want *want);
bool ferry_nuget_supplies(const struct ferry_call *call, const char *upstream);

#endif
