#ifndef FERRY_SYNC_UPSTREAM_NUGET_BASE_H
#define FERRY_SYNC_UPSTREAM_NUGET_BASE_H

/*
 * Where a registry has its things: what its service index says.
 *
 * A registry has one, or one for each owner (GitHub's).  It is asked for by the
 * first package that needs it, and the packages wait.
 *
 * Source: store/format/nuget/PROTOCOL.md, sections 2 and 11.
 */

#include "store/base/error.h"
#include "sync/upstream/package/format.h"
#include "sync/upstream/table.h"

struct nuget;

/*
 * Life: NEW → ASKED, by the first package; then READY or FAILED, and that is
 * final.  URLs end in '/', are NULL where the registry has none, and one of
 * flat and registration is there.
 */
struct nuget_base {
	struct ferry_table_entry entry; /* key: the owner, "" for none */
	struct ferry_packages *packages;
	enum { NUGET_NEW, NUGET_ASKED, NUGET_READY, NUGET_FAILED } state;
	struct ferry_error error; /* FAILED */
	char *flat; /* PackageBaseAddress */
	char *registration; /* RegistrationsBaseUrl, the one that says most */
	char *vulnerabilities; /* VulnerabilityInfo: the index itself */
};

/* As known() of struct ferry_package_format. */
int ferry_nuget_base_known(struct ferry_packages *packages, const char *name,
    struct ferry_known *out, struct ferry_error *err);
/* The base that has the package called name, which is ready. */
const struct nuget_base *
ferry_nuget_base_of(const struct ferry_packages *packages, const char *name);
void ferry_nuget_bases_free(struct nuget *nuget);

#endif
