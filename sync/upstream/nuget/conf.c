/* What etc/ferry.conf says of a NuGet upstream alone. */

#include <string.h>

#include "store/base/conf.h"
#include "store/base/error.h"
#include "sync/upstream/nuget/frameworks.h"
#include "sync/upstream/nuget/nuget.h"
#include "sync/upstream/package/packages.h"

/* A login is Basic.  Registries that take tokens look at the password alone,
 * and want some user beside it: PROTOCOL.md, sections 5 and 11. */
static int
read_login(struct ferry_upstream *up, struct ferry_error *err)
{

	if (ferry_upstream_login(up, err) == -1)
		return -1;
	if (up->origin.user == NULL && up->token != NULL)
		ferry_upstream_basic(up, "ferry", up->token);
	return 0;
}

/* Who signs, and what that means. */
static int
read_trust(struct nuget_trust *trust, struct ferry_conf_group *group,
    struct ferry_error *err)
{
	const char *word, *signing, *timestamps;

	if (ferry_conf_str(group, "signatures", "auto", &word, err) == -1 ||
	    ferry_conf_path(group, "signature_roots", NULL, &signing, err) ==
		-1 ||
	    ferry_conf_path(group, "timestamp_roots", NULL, &timestamps, err) ==
		-1)
		return -1;
	if (strcmp(word, "off") == 0)
		trust->signatures = NUGET_SIGNATURES_OFF;
	else if (strcmp(word, "auto") == 0)
		trust->signatures = NUGET_SIGNATURES_AUTO;
	else if (strcmp(word, "required") == 0)
		trust->signatures = NUGET_SIGNATURES_REQUIRED;
	else
		return ferry_conf_error(group, "signatures", err,
		    "expected \"off\", \"auto\" or \"required\"");
	if (trust->signatures == NUGET_SIGNATURES_REQUIRED && signing == NULL)
		return ferry_conf_error(group, "signatures", err,
		    "'signature_roots' must say whom to trust");
	if ((signing != NULL &&
		ferry_nuget_roots_read(&trust->signing, signing, err) == -1) ||
	    (timestamps != NULL && ferry_nuget_roots_read(&trust->timestamps,
				       timestamps, err) == -1))
		return -1;
	return 0;
}

static int
check_frameworks(const struct nuget *nuget, struct ferry_conf_group *group,
    struct ferry_error *err)
{

	for (size_t i = 0; i < nuget->frameworks_n; i++)
		if (!ferry_nuget_framework_known(nuget->frameworks[i]))
			return ferry_conf_error(group, "frameworks", err,
			    "'%.60s' is not a framework such as \"net8.0\", "
			    "\"net48\" or \"netstandard2.0\"",
			    nuget->frameworks[i]);
	return 0;
}

int
ferry_nuget_configure(struct ferry_packages *packages,
    struct ferry_conf_group *group, struct ferry_error *err)
{
	bool alone = packages->up->delegator == NULL;
	struct nuget *nuget;

	if (ferry_calloc(&nuget, 1, sizeof(*nuget), err) == -1)
		return -1;
	packages->state = nuget;
	if (ferry_conf_all_strs(group, "frameworks", nuget->frameworks,
		NUGET_CHOICES_MAX, &nuget->frameworks_n, err) == -1 ||
	    check_frameworks(nuget, group, err) == -1 ||
	    ferry_conf_all_strs(group, "runtimes", nuget->runtimes,
		NUGET_CHOICES_MAX, &nuget->runtimes_n, err) == -1 ||
	    ferry_conf_bool(group, "symbols", false, &nuget->symbols, err) ==
		-1 ||
	    ferry_conf_bool(group, "vulnerabilities", alone, &nuget->advisories,
		err) == -1 ||
	    read_trust(&nuget->trust, group, err) == -1 ||
	    read_login(packages->up, err) == -1)
		return -1;
	return 0;
}
