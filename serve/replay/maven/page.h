#ifndef FERRY_SERVE_REPLAY_MAVEN_PAGE_H
#define FERRY_SERVE_REPLAY_MAVEN_PAGE_H

/*
 * The page of an artifact for people, at its folder: the versions that the client
 * may see, and what to write into pom.xml, build.gradle and build.gradle.kts.
 * Only who asks for HTML gets it: Gradle takes what a page links to for versions.
 */

#include "serve/replay/call.h"

struct ferry_error;
struct ferry_response;

/* Whether the client asks for HTML, as browsers do. */
bool ferry_maven_wants_page(const struct ferry_request *rq);
/* coordinates are what the path says.  Returns: 1, 0 there are no versions to
 * be listed, -1. */
int ferry_maven_page(const struct ferry_call *call, const char *coordinates,
    struct ferry_response *res, struct ferry_error *err);

#endif
