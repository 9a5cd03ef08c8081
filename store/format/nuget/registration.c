#include "store/format/nuget/registration.h"

#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/format/nuget/leaf.h"

/* The array called name of an object. */
static bool
get_array(struct ferry_bytes object, const char *name, struct ferry_bytes *out)
{

	return ferry_span_type(object) == FERRY_SPAN_OBJECT &&
	       ferry_span_get(object, name, out) &&
	       ferry_span_type(*out) == FERRY_SPAN_ARRAY;
}

static int
walk_leaf(struct ferry_bytes leaf, const struct ferry_nuget_walk *walk,
    struct ferry_error *err)
{
	struct ferry_buf version = FERRY_BUF_INIT;
	struct ferry_bytes entry;
	int rc;

	if (!ferry_nuget_leaf_entry(leaf, &entry))
		return 0;
	rc = ferry_nuget_member(entry, "version", &version, err);
	if (rc != -1)
		rc = walk->on_version(
		    walk->ctx, ferry_bytes_buf(&version), leaf, err);
	ferry_buf_free(&version);
	return rc;
}

static int
walk_page(struct ferry_bytes items, const struct ferry_nuget_walk *walk,
    struct ferry_error *err)
{
	struct ferry_span_iter it;

	ferry_span_iter(&it, items);
	while (ferry_span_next(&it))
		if (walk_leaf(it.value, walk, err) == -1)
			return -1;
	return 0;
}

/* The pages of an index, with their items or without. */
static int
walk_pages(struct ferry_bytes pages, const struct ferry_nuget_walk *walk,
    struct ferry_error *err)
{
	struct ferry_span_iter it;
	struct ferry_bytes items;

	ferry_span_iter(&it, pages);
	for (size_t i = 0; ferry_span_next(&it); i++)
		if (get_array(it.value, "items", &items)) {
			if (walk_page(items, walk, err) == -1)
				return -1;
		} else if (walk->on_page != NULL &&
			   walk->on_page(walk->ctx, it.value, i, err) == -1) {
			return -1;
		}
	return 0;
}

static int
walk_list(struct ferry_bytes versions, const struct ferry_nuget_walk *walk,
    struct ferry_error *err)
{
	struct ferry_span_iter it;

	ferry_span_iter(&it, versions);
	while (ferry_span_next(&it)) {
		struct ferry_buf text = FERRY_BUF_INIT;
		int rc = 0;

		if (ferry_span_type(it.value) == FERRY_SPAN_STRING &&
		    (rc = ferry_span_string(&text, it.value, err)) == 0)
			rc = walk->on_version(
			    walk->ctx, ferry_bytes_buf(&text), it.value, err);
		ferry_buf_free(&text);
		if (rc == -1)
			return -1;
	}
	return 0;
}

int
ferry_nuget_registration_walk(struct ferry_bytes root,
    enum ferry_nuget_document which, const struct ferry_nuget_walk *walk,
    struct ferry_error *err)
{
	struct ferry_bytes list;

	if (get_array(root, "items", &list))
		return which == FERRY_NUGET_IS_FIRST
		           ? walk_pages(list, walk, err)
		           : walk_page(list, walk, err);
	if (which == FERRY_NUGET_IS_FIRST && get_array(root, "versions", &list))
		return walk_list(list, walk, err);
	return ferry_error_set(
	    err, FERRY_EFORMAT, "this is not a registration of NuGet");
}
