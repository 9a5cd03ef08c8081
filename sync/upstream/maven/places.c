#include "sync/upstream/maven/places.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/json.h"
#include "store/format/maven/names.h"
#include "store/store.h"
#include "sync/upstream/maven/maven.h"
#include "sync/upstream/package/packages.h"

struct place {
	struct ferry_table_entry entry; /* key: its name in the catalog */
	char *repository; /* owned: "octo/priv" */
	char *coordinates; /* owned: what is tried, or was found */
};
/* What is known of a group and an artifact with a '.' between. */
struct joined {
	struct ferry_table_entry entry;
	const struct place *place;
};

static void
place_free(void *entry)
{
	struct place *place = entry;

	free(place->repository);
	free(place->coordinates);
}

void
ferry_maven_places_free(struct maven_places *places)
{

	ferry_table_free(&places->by_group, NULL);
	ferry_table_free(&places->by_name, place_free);
}

static struct place *
find_place(const struct ferry_packages *packages, const char *name)
{
	const struct maven *maven = packages->state;

	return (struct place *)ferry_table_find(&maven->places.by_name, name);
}

static bool
same_joined(const char *a, const char *b)
{

	while (*a != 0 && (*a == ':' ? '.' : *a) == (*b == ':' ? '.' : *b)) {
		a++;
		b++;
	}
	return *a == 0 && *b == 0;
}

/* What was found before is asked for first. */
static int
recall(const struct ferry_packages *packages, struct place *place,
    struct ferry_error *err)
{
	json_t *record = NULL;
	const char *said;
	struct ferry_key key;
	int rc = -1;

	if (ferry_key_package(&key, packages->format->format, place->entry.key,
		packages->up->name, err) == 0 &&
	    (rc = ferry_catalog_get(packages->run->st, &key, &record, err)) ==
		1) {
		said =
		    json_string_value(json_object_get(record, "coordinates"));
		if (said != NULL && same_joined(said, place->coordinates))
			memcpy(place->coordinates, said, strlen(said));
	}
	json_decref(record);
	return rc == -1 ? -1 : 0;
}

static int
name_repository(struct place *place, const struct ferry_want_about *about,
    struct ferry_error *err)
{
	const char *slash = strchr(place->entry.key, '/'),
		   *name = about->repository == NULL
	                       ? NULL
	                       : strchr(about->repository, '/');
	struct ferry_buf path = FERRY_BUF_INIT;

	/* The owner must be in lower case there.  A package without a
	 * repository is in any of them. */
	if (ferry_buf_addf(&path, err, "%.*s/%s",
		(int)(slash - place->entry.key), place->entry.key,
		name == NULL ? "*" : name + 1) == -1)
		return -1;
	place->repository = (char *)path.p;
	return 0;
}

/* So that POMs find it, of several owners the first. */
static int
add_joined(struct maven_places *places, const struct place *place,
    struct ferry_error *err)
{
	const char *text = strchr(place->entry.key, '/') + 1;
	struct joined *joined;

	if (ferry_table_find(&places->by_group, text) != NULL)
		return 0;
	joined = ferry_table_add(&places->by_group, text, sizeof(*joined), err);
	if (joined == NULL)
		return -1;
	joined->place = place;
	return 0;
}

int
ferry_maven_about(struct ferry_packages *packages, const char *name,
    const struct ferry_want_about *about, struct ferry_error *err)
{
	struct maven *maven = packages->state;
	struct place *place;
	char *dot;

	if (find_place(packages, name) != NULL || strchr(name, '/') == NULL)
		return 0;
	place =
	    ferry_table_add(&maven->places.by_name, name, sizeof(*place), err);
	if (place == NULL || name_repository(place, about, err) == -1 ||
	    ferry_strdup(&place->coordinates, about->called, err) == -1)
		return -1;
	if ((dot = strrchr(place->coordinates, '.')) != NULL)
		*dot = ':';
	return recall(packages, place, err) == -1
	           ? -1
	           : add_joined(&maven->places, place, err);
}

int
ferry_maven_elsewhere(struct ferry_packages *packages, const char *name)
{
	struct place *place = find_place(packages, name);
	char *colon, *dot;

	if (place == NULL || (colon = strchr(place->coordinates, ':')) == NULL)
		return 0;
	*colon = 0;
	dot = strrchr(place->coordinates, '.');
	*colon = dot == NULL ? ':' : '.';
	if (dot == NULL)
		return 0;
	*dot = ':';
	return 1;
}

int
ferry_maven_place_record(const struct ferry_packages *packages,
    const char *name, json_t *record, struct ferry_error *err)
{
	const struct place *place = find_place(packages, name);

	return place != NULL &&
	               (ferry_json_set(record, "repository",
			    json_string(place->repository), err) == -1 ||
			   ferry_json_set(record, "coordinates",
			       json_string(place->coordinates), err) == -1)
	           ? -1
	           : 0;
}

const char *
ferry_maven_coordinates(const struct ferry_packages *packages, const char *name)
{
	const struct place *place = find_place(packages, name);

	return place == NULL ? name : place->coordinates;
}

const char *
ferry_maven_called(
    const struct ferry_packages *packages, const char *coordinates)
{
	const struct maven *maven = packages->state;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf name = FERRY_BUF_INIT;
	const struct joined *joined = NULL;

	if (packages->up->delegator == NULL)
		return coordinates;
	/* In lower case, as the catalog has it, behind an owner's "". */
	if (ferry_maven_github_name(&name, "", coordinates, &ignored) == 0)
		joined = (const struct joined *)ferry_table_find(
		    &maven->places.by_group, (char *)name.p + 1);
	ferry_buf_free(&name);
	return joined == NULL ? NULL : joined->place->entry.key;
}

int
ferry_maven_tree(struct ferry_buf *url, const struct ferry_packages *packages,
    const char *name, struct ferry_error *err)
{
	const struct place *place = find_place(packages, name);

	if (ferry_buf_addf(url, err, "%s/", packages->up->url) == -1)
		return -1;
	return place == NULL
	           ? 0
	           : ferry_buf_addf(url, err, "%s/", place->repository);
}
