/* What recordings of builds want, each entry of the upstream that it came
 * from. */

#include <stdio.h>
#include <string.h>

#include "sync/upstream/package/packages.h"
#include "sync/upstream/recordings.h"

/* The words of its files, or NULL. */
static int
add_words(const struct ferry_packages *packages,
    const struct ferry_recorded_want *recorded, struct ferry_buf *out,
    struct ferry_error *err)
{
	const json_t *file;
	size_t i;

	if (packages->format->words == NULL)
		return 0;
	json_array_foreach (recorded->files, i, file) {
		const char *name = json_string_value(file);

		if (name != NULL &&
		    ((out->n > 0 && ferry_buf_adds(out, " ", err) == -1) ||
			packages->format->words(recorded->package,
			    recorded->version, name, out, err) == -1))
			return -1;
	}
	return 0;
}

static int
on_want(void *ctx, const struct ferry_recorded_want *recorded,
    struct ferry_error *err)
{
	struct ferry_packages *packages = ctx;
	char by[160];
	struct ferry_package_want want = { .kind = recorded->version == NULL
		                                       ? FERRY_WANT_PICK
		                                       : FERRY_WANT_EXACT,
		.spec = recorded->version == NULL
		            ? packages->format->default_spec
		            : recorded->version,
		.closure = recorded->closure && packages->dependencies,
		.by = by,
		.need = FERRY_NEEDED };
	struct ferry_buf words = FERRY_BUF_INIT;
	int rc = add_words(packages, recorded, &words, err);

	(void)snprintf(by, sizeof(by), "recording '%s'", recorded->by);
	want.files = (const char *)words.p;
	if (rc == 0)
		rc = ferry_packages_want(
		    packages, recorded->package, &want, err);
	ferry_buf_free(&words);
	return rc;
}

int
ferry_packages_want_recorded(
    struct ferry_packages *packages, struct ferry_error *err)
{

	return ferry_recordings_of(packages->run->st, packages->format->format,
	    packages->up->name, on_want, packages, err);
}
