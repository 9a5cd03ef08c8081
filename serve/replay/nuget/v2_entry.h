#ifndef FERRY_SERVE_REPLAY_NUGET_V2_ENTRY_H
#define FERRY_SERVE_REPLAY_NUGET_V2_ENTRY_H

/*
 * A version as an entry of Atom, which is what version 2 of the protocol (v2.h)
 * answers for one and lists of many.
 */

#include <stdbool.h>

#include "store/base/bytes.h"
#include "store/base/out.h"

struct ferry_call;
struct ferry_nuget_held;
struct ferry_nuget_versions;

#define FERRY_NUGET_V2_SPACES                                                  \
	" xmlns=\"http://www.w3.org/2005/Atom\""                               \
	" xmlns:d=\"http://schemas.microsoft.com/ado/2007/08/dataservices\""   \
	" xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/"    \
	"metadata\""

/* What is written, and for which request. */
struct ferry_nuget_v2 {
	const struct ferry_call *call;
	struct ferry_out out;
	struct ferry_buf base; /* of the registry, of an owner: with a '/' */
	bool semver2, prerelease;
};

/* Write the base, escaped. */
void ferry_nuget_v2_base(struct ferry_nuget_v2 *v);
/* Write one of versions; spaces: FERRY_NUGET_V2_SPACES where it stands alone,
 * else "". */
void ferry_nuget_v2_entry(struct ferry_nuget_v2 *v,
    const struct ferry_nuget_versions *versions,
    const struct ferry_nuget_held *held, const char *spaces);

#endif
