#ifndef FERRY_SERVE_REPLAY_NUGET_SERVICE_H
#define FERRY_SERVE_REPLAY_NUGET_SERVICE_H

/*
 * The service index, and what upstreams know of vulnerabilities.
 *
 * Lists of vulnerabilities are of upstreams, not of packages; where there are
 * permissions, those of upstreams that are public are shown.
 *
 * Source: store/format/nuget/PROTOCOL.md, sections 2 and 3.
 */

#include "serve/replay/call.h"

struct ferry_error;
struct ferry_response;

/* Answer a call of kind _INDEX, _VULNERABILITIES or _VULNERABILITY_PAGE.
 * Returns: as answer() of a format. */
int ferry_nuget_answer_index(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err);
int ferry_nuget_answer_vulnerabilities(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err);

#endif
