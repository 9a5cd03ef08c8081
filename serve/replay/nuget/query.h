#ifndef FERRY_SERVE_REPLAY_NUGET_QUERY_H
#define FERRY_SERVE_REPLAY_NUGET_QUERY_H

/*
 * Searching, and completing what somebody types.
 *
 * The index (search.h) knows of each package what kinds of searches find it;
 * what is answered is a document of the package, made when it is first shown.
 *
 * Source: store/format/nuget/PROTOCOL.md, section 3.
 */

#include "serve/replay/call.h"

struct ferry_error;
struct ferry_out;
struct ferry_permit;
struct ferry_response;
struct ferry_search;
struct ferry_search_entry;
struct ferry_store_view;

/* As ferry_search_make. */
int ferry_nuget_search_entry(struct ferry_store_view *view, const char *name,
    const char *owner, struct ferry_search_entry *out, struct ferry_error *err);

/* What is searched for. */
struct ferry_nuget_query {
	const char *text; /* words */
	const char *type; /* of packages; "": any */
	const char *origin; /* an owner, or "" */
	bool prerelease, semver2;
	uint64_t skip, take;
};
/* One that was found.  Strings are owned. */
struct ferry_nuget_hit {
	char *name, *owner, *id; /* id: as its author writes it */
};
struct ferry_nuget_hits {
	struct ferry_nuget_hit *list; /* those of skip and take */
	size_t n;
	uint64_t total;
};
/* Returns: 0, -1. */
int ferry_nuget_search(struct ferry_nuget_hits *out,
    struct ferry_search *search, const struct ferry_permit *permit,
    const struct ferry_nuget_query *query, struct ferry_error *err);
void ferry_nuget_hits_free(struct ferry_nuget_hits *hits);

/* Answer a call of kind _QUERY, _AUTOCOMPLETE or _ENUMERATE.  Returns: as
 * answer() of a format. */
int ferry_nuget_answer_query(struct ferry_search *search,
    const struct ferry_call *call, const struct ferry_permit *permit,
    struct ferry_response *res, struct ferry_error *err);

#endif
