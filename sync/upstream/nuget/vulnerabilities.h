#ifndef FERRY_SYNC_UPSTREAM_NUGET_VULNERABILITIES_H
#define FERRY_SYNC_UPSTREAM_NUGET_VULNERABILITIES_H

/*
 * What a registry knows of vulnerabilities, which clients ask for at each
 * restore: an index, and pages of advisories by package.
 *
 * They belong to the upstream's record: "vulnerabilities" names the pages, of
 * which each is one of its files.  What cannot be fetched stays as it was.
 *
 * Source: store/format/nuget/PROTOCOL.md, section 3.
 */

#include "sync/upstream/package/format.h"

struct nuget_base;

/* As open() of struct ferry_package_format: keeps what an earlier sync found. */
int ferry_nuget_vulnerabilities_open(
    struct ferry_packages *packages, struct ferry_error *err);
/* Ask for those of a base, if it has any.  -1: of the store, memory. */
int ferry_nuget_vulnerabilities_ask(
    struct nuget_base *base, struct ferry_error *err);

#endif
