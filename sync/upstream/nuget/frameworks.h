#ifndef FERRY_SYNC_UPSTREAM_NUGET_FRAMEWORKS_H
#define FERRY_SYNC_UPSTREAM_NUGET_FRAMEWORKS_H

/*
 * Which dependency groups projects of the configured frameworks may use.
 *
 * A client takes the group that is nearest to its framework.  This leaves out
 * only what cannot be: a group for another family of frameworks, or for a newer
 * version of the own one.  So more groups come than are used, and never fewer.
 *
 * Source: store/format/nuget/PROTOCOL.md, section 9.
 */

#include <stdbool.h>

#include "store/base/bytes.h"

struct nuget;

/* Whether it is a framework: "net8.0", "net48", "netstandard2.0". */
bool ferry_nuget_framework_known(const char *framework);
/* framework is of a group, "net6.0" or ".NETStandard2.0"; empty: any. */
bool ferry_nuget_framework_wanted(
    const struct nuget *nuget, struct ferry_bytes framework);

#endif
