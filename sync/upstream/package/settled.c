/*
 * Packages of which nothing can be new: lock files and recordings name versions
 * one by one.  While all of them are here, the document is asked for once in the
 * time that the option `recheck` says, so that what upstream takes away is seen,
 * and at no other sync.
 */

#include "store/catalog/removal.h"
#include "sync/upstream/package/packages.h"

bool
ferry_package_only_exact(const struct ferry_package *p)
{

	for (size_t i = 0; i < p->wants_n; i++)
		if (p->wants[i].kind != FERRY_WANT_EXACT || p->wants[i].closure)
			return false;
	return p->wants_n > 0;
}

/* Whether a version is here as upstream still had it when it was asked: 1, 0,
 * -1. */
static int
is_here(const struct ferry_recorded *of, const char *version,
    struct ferry_error *err)
{
	json_t *record = NULL;
	int rc = ferry_recorded_get(of, version, &record, err);

	if (rc == 1)
		rc = !ferry_removal_is(record) &&
		     json_object_get(record, "gone_at") == NULL;
	json_decref(record);
	return rc;
}

int
ferry_package_settled(const struct ferry_package *p, struct ferry_error *err)
{
	const struct ferry_recorded of = ferry_package_recorded(p);
	int rc = ferry_package_only_exact(p);

	for (size_t i = 0; i < p->wants_n && rc == 1; i++)
		/* A number with platforms is several versions. */
		rc = p->wants[i].platforms != NULL
		         ? 0
		         : is_here(&of, p->wants[i].spec, err);
	return rc;
}
