#ifndef FERRY_SERVE_REPLAY_NUGET_V2_H
#define FERRY_SERVE_REPLAY_NUGET_V2_H

/*
 * Version 2 of the protocol, OData in Atom, for clients whose source does not
 * end in ".json": what they ask to find and to download packages, and nothing
 * else of OData.
 *
 *	v2/FindPackagesById()?id='X'        the versions of a package
 *	v2/Packages(Id='X',Version='1.0')   one of them
 *	v2/Packages()?$filter=Id eq 'X'     the first again, as old ones ask
 *	v2/Search()?searchTerm='x'          the newest of what is found
 *	v2/package/X/1.0                    a nupkg
 *
 * Source: store/format/nuget/PROTOCOL.md section 1; the metadata documents of
 *     such servers; Observed: tests/nuget/120.
 */

#include "serve/replay/call.h"

struct ferry_error;
struct ferry_permit;
struct ferry_response;
struct ferry_search;

/* Whose packages a $filter of Packages() wants: append the id that it names.
 * Returns: 1; 0 if it names none; -1. */
int ferry_nuget_v2_filter(const struct ferry_request *rq, struct ferry_buf *id,
    struct ferry_error *err);

/* Answer a call of a kind _V2_….  Returns: as answer() of a format. */
int ferry_nuget_answer_v2(struct ferry_search *search,
    const struct ferry_call *call, const struct ferry_permit *permit,
    struct ferry_response *res, struct ferry_error *err);

#endif
