/*
 * Which licences may come from an upstream: `licences` and `licences_deny`.  What
 * is here already stays.
 */

#include <stdio.h>

#include "store/base/json.h"
#include "sync/upstream/package/packages.h"

bool
ferry_package_asks_licence(const struct ferry_upstream *up)
{

	return up->licences.allow_n > 0 || up->licences.deny_n > 0;
}

/* A name, or what older packages have: {"type": NAME}. */
static const char *
name_of(const json_t *licence)
{

	return json_string_value(json_is_object(licence)
				     ? json_object_get(licence, "type")
				     : licence);
}

int
ferry_licence_add(
    struct ferry_buf *out, const json_t *licence, struct ferry_error *err)
{
	const json_t *one;
	const char *name = name_of(licence);
	size_t i;

	if (name != NULL)
		return ferry_buf_adds(out, name, err);
	/* One of several can be chosen. */
	json_array_foreach (licence, i, one)
		if ((name = name_of(one)) != NULL &&
		    ((out->n > 0 && ferry_buf_adds(out, " OR ", err) == -1) ||
			ferry_buf_adds(out, name, err) == -1))
			return -1;
	return 0;
}

int
ferry_package_check_licence(
    const struct ferry_version_at *at, struct ferry_error *err)
{
	const struct ferry_upstream *up = at->packages->up;
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = 0;

	if (!ferry_package_asks_licence(up) ||
	    at->packages->format->licence == NULL)
		return 0;
	rc = at->packages->format->licence(at, &text, err);
	if (rc == 1 &&
	    !ferry_licences_permit(&up->licences, (const char *)text.p))
		rc = ferry_error_set(err, FERRY_EDENIED,
		    "upstream '%s' may bring no version with its licence, "
		    "%.200s ('licences' and 'licences_deny' there)",
		    up->name,
		    text.n == 0 ? "which it does not state"
				: (const char *)text.p);
	ferry_buf_free(&text);
	return rc == -1 ? -1 : 0;
}
