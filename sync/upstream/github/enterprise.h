#ifndef FERRY_SYNC_UPSTREAM_GITHUB_ENTERPRISE_H
#define FERRY_SYNC_UPSTREAM_GITHUB_ENTERPRISE_H

/*
 * Who is in the enterprise, so that they may read what is internal.
 *
 * github.com and GHE.com tell by GraphQL; a server is one enterprise, and all
 * of its accounts are in it.
 *
 * Source: store/access/PROTOCOL.md, sections 3.2 and 3.4; GitHub's GraphQL
 *     schema, Enterprise.members, whose nodes are users or accounts that the
 *     enterprise manages.
 */

#include "sync/upstream/github/github.h"

/* Ask for the members, if the configuration names an enterprise. */
int ferry_github_enterprise(struct github *gh, struct ferry_error *err);

#endif
