#ifndef FERRY_SERVE_REPLAY_NUGET_REGISTRATION_H
#define FERRY_SERVE_REPLAY_NUGET_REGISTRATION_H

/*
 * Documents of a package: its list of versions, and its registration.
 *
 * A registration of up to 64 versions has them in its index; a longer one has
 * pages.  A page's URL says from which version to which, and is answered with
 * whatever is between them: who has read an older index finds its pages.
 *
 * Source: store/format/nuget/PROTOCOL.md, section 3.
 */

#include "serve/replay/call.h"

struct ferry_error;
struct ferry_nuget_held;
struct ferry_out;
struct ferry_response;

/* Answer a call of kind _VERSIONS, _REGISTRATION, _PAGE, _LEAF or _ENTRY.
 * Returns: as answer() of a format. */
int ferry_nuget_answer_document(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err);

/* Where things are in what is written: behind base, with a final '/'. */
struct ferry_nuget_place {
	const char *base; /* of the registry */
	const char *origin; /* an owner, or "" */
	const char *id; /* in lower case */
	const char *hive; /* "registration" or "registration-semver2" */
};
/* URLs: base and origin, then a path that is formatted and needs no escapes. */
void ferry_nuget_put_base(
    struct ferry_out *out, const struct ferry_nuget_place *place);
/* Of a version: "https://…/download/id/1.0.0/id.1.0.0.nupkg". */
void ferry_nuget_put_nupkg_url(struct ferry_out *out,
    const struct ferry_nuget_place *place, const struct ferry_nuget_held *held);
/* The members that search results and registrations share, each after a comma:
 * authors (of a search a list), description, iconUrl, licenseUrl, projectUrl,
 * summary, tags, title, deprecation, vulnerabilities. */
void ferry_nuget_put_about(struct ferry_out *out,
    const struct ferry_nuget_place *place, const struct ferry_nuget_held *held);

#endif
