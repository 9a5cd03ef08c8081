#ifndef FERRY_SERVE_REPLAY_NUGET_PATH_H
#define FERRY_SERVE_REPLAY_NUGET_PATH_H

/*
 * Paths of a NuGet registry, below its own prefix: bytes only.
 *
 * A path may begin with an owner, whose packages it is about then; what would
 * be a path without one is no owner's.
 *
 *	index.json                                 the service index
 *	download/ID/index.json                     versions of a package
 *	download/ID/VERSION/FILE                   nupkg, nuspec, icon …
 *	registration/ID/index.json                 what is known of them: SemVer 1,
 *	registration-semver2/ID/…                  and all
 *	                …/page/LOWER/UPPER.json    some of them
 *	                …/VERSION.json             a leaf
 *	catalog/ID/VERSION.json                    what a leaf says
 *	query, autocomplete                        searching
 *	vulnerabilities/index.json, …/NAME.json
 *	v2/…                                       an old protocol: v2.h
 *
 * Of an owner also ID/…, the registration as GitHub has it.
 *
 * Source: store/format/nuget/PROTOCOL.md, sections 2, 3 and 11.
 */

#include <stdbool.h>

struct ferry_error;
struct ferry_resource;

enum ferry_nuget_kind {
	FERRY_NUGET_INDEX,
	FERRY_NUGET_VERSIONS,
	FERRY_NUGET_FILE, /* item: "VERSION/nupkg", "VERSION/icon" … */
	FERRY_NUGET_REGISTRATION, /* item: of SemVer 1: "1", else "2" */
	FERRY_NUGET_PAGE, /* item: as above, then "LOWER/UPPER" */
	FERRY_NUGET_LEAF, /* item: as above, then VERSION */
	FERRY_NUGET_ENTRY, /* item: VERSION */
	FERRY_NUGET_QUERY,
	FERRY_NUGET_AUTOCOMPLETE,
	FERRY_NUGET_ENUMERATE, /* autocomplete of one id's versions */
	FERRY_NUGET_VULNERABILITIES,
	FERRY_NUGET_VULNERABILITY_PAGE, /* item: NAME */
	FERRY_NUGET_V2_SERVICE,
	FERRY_NUGET_V2_METADATA,
	FERRY_NUGET_V2_FIND, /* FindPackagesById(): id is in the query */
	FERRY_NUGET_V2_PACKAGES, /* Packages() */
	FERRY_NUGET_V2_PACKAGE, /* Packages(Id=…,Version=…); item: VERSION */
	FERRY_NUGET_V2_SEARCH,
	FERRY_NUGET_V2_SEARCH_COUNT
};

/*
 * Fill kind, action, package, origin (the owner) and item of r, which is all
 * zero, from a decoded path.  Ids are in lower case then, and versions in
 * their keys' form; the package is without an owner.
 * Returns: 1; 0 if nothing has that path; -1 (FERRY_ENOMEM).
 */
int ferry_nuget_path_parse(
    struct ferry_resource *r, const char *path, struct ferry_error *err);
/* The same for an id from elsewhere (a query).  Returns: as above. */
int ferry_nuget_path_set_id(
    struct ferry_resource *r, const char *id, struct ferry_error *err);

#endif
