#ifndef FERRY_SERVE_REPLAY_NUGET_ODATA_H
#define FERRY_SERVE_REPLAY_NUGET_ODATA_H

/*
 * The $filter of OData 2, as far as NuGet's clients write one:
 *
 *	Id eq 'X' and NormalizedVersion ge '1.0' and IsPrerelease eq false
 *	(tolower(Id) eq 'x' or substringof('x',Tags)) and IsLatestVersion
 *
 * `and`, `or`, `not`, brackets; eq, ne, gt, ge, lt, le; substringof, startswith,
 * endswith, tolower, toupper, trim; texts in quotes, true, false, null; the
 * properties of an entry (v2.c).  Texts are alike in any case, as the galleries'
 * databases have it; versions compare as versions.
 *
 * Source: https://www.odata.org/documentation/odata-version-2-0/uri-conventions/
 *     section 4.5; what clients send: Observed: tests/nuget/120, 130.
 */

#include <stdbool.h>

#include "serve/replay/nuget/versions.h"

struct ferry_error;

struct ferry_odata_entry {
	const struct ferry_nuget_held *held;
	bool latest, absolute; /* the newest release; the newest of all */
};

/* Whether filter holds of an entry; "" holds of each.
 * Returns: 1; 0; -1.  Errors: FERRY_EFORMAT (naming where), FERRY_ELIMIT. */
int ferry_odata_holds(const char *filter, const struct ferry_odata_entry *entry,
    struct ferry_error *err);

#endif
