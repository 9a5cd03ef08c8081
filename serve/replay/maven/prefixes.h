#ifndef FERRY_SERVE_REPLAY_MAVEN_PREFIXES_H
#define FERRY_SERVE_REPLAY_MAVEN_PREFIXES_H

/*
 * .meta/prefixes.txt: where in the tree something is, by which Maven 4 saves
 * requests for what is elsewhere.
 *
 * What a list lacks, clients do not ask for.  So there is one only where it is
 * sure to have everything: everybody may read all that is here, nothing is pulled
 * through, and there are not too many packages to look at.  Else the file says
 * that there is no list.
 *
 * Source: store/format/maven/PROTOCOL.md, section 5.
 */

#include "serve/replay/call.h"

struct ferry_body;
struct ferry_error;

/* Returns: 1 and *out (the caller unrefs), 0 there is no list, -1. */
int ferry_maven_prefixes(const struct ferry_call *call, struct ferry_body **out,
    struct ferry_error *err);
/* What the file says where there is none. */
#define FERRY_MAVEN_NO_PREFIXES "## repository-prefixes/2.0\n@ unsupported\n"

#endif
