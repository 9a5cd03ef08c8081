#include "sync/permissions/github_page.h"

#include <stdbool.h>
#include <string.h>

#include "store/base/json.h"

#define DEPTH_MAX 3

static const char *const kept[] = { "admin", "assignment", "base_role",
	"databaseId", "default_repository_permission", "full_name", "id",
	"login", "maintain", "name", "owner", "package_type", "parent",
	"permission", "permissions", "private", "pull", "push", "repository",
	"role_name", "slug", "suspended_at", "triage", "type", "visibility" };

static bool
counts(const char *name)
{

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (strcmp(kept[i], name) == 0)
			return true;
	return false;
}

static bool
is_scalar(const json_t *value)
{

	return json_is_string(value) || json_is_integer(value) ||
	       json_is_boolean(value);
}

/* A new object of item's members that count. */
static int
reduce_item(json_t **out, json_t *item, unsigned depth, struct ferry_error *err)
{
	const char *name;
	json_t *value, *below;

	if ((*out = json_object()) == NULL)
		return ferry_error_set(
		    err, FERRY_ENOMEM, "no memory for an answer");
	json_object_foreach (item, name, value) {
		if (!counts(name))
			continue;
		if (json_is_string(value) &&
		    json_string_length(value) > FERRY_GITHUB_PAGE_TEXT)
			return ferry_error_set(err, FERRY_ELIMIT,
			    "\"%s\" has more than %d bytes", name,
			    FERRY_GITHUB_PAGE_TEXT);
		below = is_scalar(value) ? json_incref(value) : NULL;
		if (json_is_object(value) && depth < DEPTH_MAX &&
		    reduce_item(&below, value, depth + 1, err) == -1) {
			json_decref(below);
			return -1;
		}
		if (below != NULL &&
		    ferry_json_set(*out, name, below, err) == -1)
			return -1;
	}
	return 0;
}

static int
add_reduced(json_t *list, json_t *item, struct ferry_error *err)
{
	json_t *small = NULL;

	if (!json_is_object(item))
		return ferry_error_set(
		    err, FERRY_EFORMAT, "an item of the list is not an object");
	if (reduce_item(&small, item, 0, err) == -1) {
		json_decref(small);
		return -1;
	}
	return ferry_json_push(list, small, err);
}

static int
reduce_items(
    json_t *list, json_t *root, const char *member, struct ferry_error *err)
{
	json_t *items = root, *item;
	size_t i;

	if (member != NULL && *member == 0)
		return add_reduced(list, root, err);
	if (member != NULL && ferry_json_array(root, member, &items, err) == -1)
		return -1;
	if (!json_is_array(items))
		return ferry_error_set(
		    err, FERRY_EFORMAT, "it is not a list of things");
	if (json_array_size(items) > FERRY_GITHUB_PAGE_ITEMS)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a page has more than %d items", FERRY_GITHUB_PAGE_ITEMS);
	json_array_foreach (items, i, item)
		if (add_reduced(list, item, err) == -1)
			return -1;
	return 0;
}

int
ferry_github_page_read(json_t **out, struct ferry_bytes page,
    const char *member, struct ferry_error *err)
{
	json_t *root = NULL, *list = NULL;
	int rc = -1;

	if (ferry_json_parse(&root, page, "the answer", err) == -1)
		goto out;
	if ((list = json_array()) == NULL) {
		ferry_error_set(err, FERRY_ENOMEM, "no memory for an answer");
		goto out;
	}
	if (reduce_items(list, root, member, err) == -1)
		goto out;
	*out = list;
	list = NULL;
	rc = 0;
out:
	json_decref(list);
	json_decref(root);
	return rc;
}
