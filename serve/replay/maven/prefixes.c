#include "serve/replay/maven/prefixes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "serve/replay/store_view.h"
#include "store/access/access.h"
#include "store/base/error.h"
#include "store/catalog/catalog.h"
#include "store/format/maven/names.h"
#include "store/store.h"

#define PATH "/.meta/prefixes.txt"
#define PACKAGES_MAX 20000 /* of all formats, to be looked at */
#define DEPTH 2 /* words of a path */

struct listing {
	struct ferry_store *store;
	const char *origin; /* "", or an upstream */
	struct ferry_buf text;
	char last[FERRY_MAVEN_NAME_MAX + 2]; /* that was written */
};

/* "/org/ex" of "org.ex.deep:lib", "/junit/junit" of "junit:junit". */
static int
add_package(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const char *name = ferry_key_part(key, 2);
	struct listing *listing = ctx;
	char prefix[sizeof(listing->last)] = "/";
	size_t n = 0, words = 1;

	(void)record;
	/* An owner's on GitHub is not where its name says. */
	if (strchr(name, ':') == NULL ||
	    (listing->origin[0] != 0 &&
		strcmp(listing->origin, ferry_key_part(key, 3)) != 0))
		return 0;
	for (; name[n] != 0 && n + 2 < sizeof(prefix); n++) {
		bool ends = name[n] == ':' || (name[n] == '.' && words == 1);

		if (words == DEPTH && (name[n] == ':' || name[n] == '.'))
			break;
		prefix[n + 1] = name[n];
		if (ends) {
			prefix[n + 1] = '/';
			words++;
		}
	}
	prefix[n + 1] = 0;
	if (strcmp(prefix, listing->last) == 0)
		return 0;
	memcpy(listing->last, prefix, sizeof(prefix));
	return ferry_buf_addf(&listing->text, err, "%s\n", prefix);
}

static int
make_prefixes(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	struct listing *listing = ctx;
	struct ferry_key all;
	int rc = -1;

	if (ferry_buf_adds(
		&listing->text, "## repository-prefixes/2.0\n", err) == 0 &&
	    ferry_key_make(&all, err, "package", "maven", NULL) == 0 &&
	    ferry_catalog_each(
		listing->store, &all, add_package, listing, err) == 0)
		rc = ferry_body_tagged(out, &listing->text, err) == -1 ? -1 : 1;
	ferry_buf_free(&listing->text);
	return rc;
}

/* What is before the file in its path; false if that is no upstream's name. */
static bool
find_origin(const struct ferry_call *call, char origin[FERRY_OWNER_NAME])
{
	const char *path = call->resource.item;
	size_t n = strlen(path), k = sizeof(PATH) - 1;

	origin[0] = 0;
	if (strcmp(path, PATH + 1) == 0)
		return true;
	if (n <= k || n - k >= FERRY_OWNER_NAME)
		return false;
	memcpy(origin, path, n - k);
	origin[n - k] = 0;
	return strchr(origin, '/') == NULL;
}

int
ferry_maven_prefixes(const struct ferry_call *call, struct ferry_body **out,
    struct ferry_error *err)
{
	struct ferry_store *store = ferry_store_view_store(call->view);
	char origin[FERRY_OWNER_NAME], records[24];
	struct listing listing = { .store = store, .origin = origin };
	struct ferry_store_totals totals;

	if (!find_origin(call, origin) ||
	    ferry_access_restricts(ferry_store_view_access(call->view)))
		return 0;
	if (ferry_store_totals(store, &totals, err) == -1)
		return -1;
	if (totals.packages > PACKAGES_MAX)
		return 0;
	/* It is of this state of the store. */
	(void)snprintf(records, sizeof(records), "%" PRIu64, totals.records);
	return ferry_store_view_get(call->view, out, make_prefixes, &listing,
	    err, "maven", "", "prefixes", origin, records, NULL);
}
