#ifndef FERRY_SYNC_UPSTREAM_GITHUB_CONF_H
#define FERRY_SYNC_UPSTREAM_GITHUB_CONF_H

/*
 * What etc/ferry.conf says of a GitHub upstream, and where its parts are.
 *
 * Source: store/access/PROTOCOL.md, sections 3.1 and 4.
 */

#include "sync/upstream/github/github.h"

/* Errors: FERRY_ECONFIG, FERRY_ENOMEM. */
int ferry_github_configure(struct github *gh, struct ferry_error *err);

#endif
