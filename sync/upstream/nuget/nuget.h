#ifndef FERRY_SYNC_UPSTREAM_NUGET_NUGET_H
#define FERRY_SYNC_UPSTREAM_NUGET_NUGET_H

/* What the files of the NuGet upstream share: the state of one. */

#include <stdbool.h>
#include <stddef.h>

#include "store/base/bytes.h"
#include "sync/upstream/nuget/signature.h"
#include "sync/upstream/table.h"

struct ferry_conf_group;
struct ferry_error;
struct ferry_packages;

#define NUGET_CHOICES_MAX 64
#define NUGET_LATEST "latest" /* what a client takes that names no version */

/* packages->state */
struct nuget {
	const char *frameworks[NUGET_CHOICES_MAX];
	size_t frameworks_n; /* 0: all */
	const char *runtimes[NUGET_CHOICES_MAX];
	size_t runtimes_n; /* 0: all */
	bool symbols; /* ask for .snupkg */
	bool advisories; /* ask for the lists of vulnerabilities */
	struct nuget_trust trust;
	struct ferry_table bases; /* struct nuget_base, by owner */
};

/* conf.c: the format's options.  Makes packages->state. */
int ferry_nuget_configure(struct ferry_packages *packages,
    struct ferry_conf_group *group, struct ferry_error *err);

#endif
