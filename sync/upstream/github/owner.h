#ifndef FERRY_SYNC_UPSTREAM_GITHUB_OWNER_H
#define FERRY_SYNC_UPSTREAM_GITHUB_OWNER_H

/*
 * Which lists are asked for: of an owner, of its teams, and of the
 * repositories that packages link to (others decide nothing, and an
 * organization may have thousands of them).
 *
 * Of a repository only those collaborators count whom it names itself
 * (affiliation=direct).  The merged list has everybody whom the base
 * permission or a team lets in, too, and would keep them in after both are
 * gone; it is not used.
 *
 * Source: store/access/PROTOCOL.md, section 3.2.
 */

#include "sync/upstream/github/github.h"

/* Begin with an owner: all of it follows from the account. */
int ferry_github_owner(struct github_owner *owner, struct ferry_error *err);

#endif
