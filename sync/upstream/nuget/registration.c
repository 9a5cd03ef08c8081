#include "sync/upstream/nuget/registration.h"

#include <stdio.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/format/nuget/name.h"
#include "store/format/nuget/version.h"

bool
ferry_nuget_leaf_entry(struct ferry_bytes leaf, struct ferry_bytes *entry)
{

	return ferry_span_type(leaf) == FERRY_SPAN_OBJECT &&
	       ferry_span_get(leaf, "catalogEntry", entry) &&
	       ferry_span_type(*entry) == FERRY_SPAN_OBJECT;
}

int
ferry_nuget_member(struct ferry_bytes object, const char *name,
    struct ferry_buf *out, struct ferry_error *err)
{
	struct ferry_bytes value;

	if (!ferry_span_get(object, name, &value) ||
	    ferry_span_type(value) != FERRY_SPAN_STRING)
		return 0;
	return ferry_span_string(out, value, err) == -1 ? -1 : 1;
}

bool
ferry_nuget_leaf_listed(struct ferry_bytes leaf)
{
	struct ferry_bytes entry, value;

	if (!ferry_nuget_leaf_entry(leaf, &entry))
		return true;
	if (ferry_span_get(entry, "listed", &value) &&
	    ferry_span_type(value) == FERRY_SPAN_BOOL)
		return ferry_span_true(value);
	return !ferry_span_get(entry, "published", &value) ||
	       !ferry_bytes_starts(value, "\"1900-");
}

/* What is no version is left out: no client can ask for it. */
static int
add_version(struct ferry_document *document, struct ferry_bytes text,
    struct ferry_bytes object, struct ferry_error *err)
{
	struct ferry_buf key = FERRY_BUF_INIT;
	int rc = ferry_nuget_version_key(&key, text, err);

	if (rc == 1)
		rc = ferry_document_add(
		    document, ferry_bytes_buf(&key), key.n, object, err);
	ferry_buf_free(&key);
	return rc == -1 ? -1 : 0;
}

static int
check_id(struct ferry_bytes entry, const char *name, struct ferry_error *err)
{
	struct ferry_bytes want = ferry_nuget_name_id(ferry_bytes_str(name));
	struct ferry_buf id = FERRY_BUF_INIT, key = FERRY_BUF_INIT;
	int rc = ferry_nuget_member(entry, "id", &id, err);

	if (rc != -1)
		rc = ferry_nuget_lower(&key, ferry_bytes_buf(&id), err);
	if (rc == 0 && !ferry_bytes_equal(ferry_bytes_buf(&key), want))
		rc = ferry_error_set(err, FERRY_EFORMAT,
		    "the document is not of '%s' but of '%.100s'", name,
		    id.n == 0 ? "nothing" : (char *)id.p);
	ferry_buf_free(&id);
	ferry_buf_free(&key);
	return rc;
}

static int
read_leaf(struct ferry_document *document, struct ferry_bytes leaf,
    const char *name, struct ferry_error *err)
{
	struct ferry_buf version = FERRY_BUF_INIT;
	struct ferry_bytes entry;
	size_t before = document->n;
	int rc;

	if (!ferry_nuget_leaf_entry(leaf, &entry))
		return 0;
	if (check_id(entry, name, err) == -1)
		return -1;
	rc = ferry_nuget_member(entry, "version", &version, err);
	if (rc == 1)
		rc =
		    add_version(document, ferry_bytes_buf(&version), leaf, err);
	if (rc == 0 && document->n > before)
		document->listed[before].last_choice =
		    !ferry_nuget_leaf_listed(leaf);
	ferry_buf_free(&version);
	return rc == -1 ? -1 : 0;
}

/* A page that is a document of its own: by its place and, where the index says
 * when it changed, by that. */
static int
page_name(char *name, size_t size, struct ferry_bytes page, size_t i,
    struct ferry_error *err)
{
	struct ferry_buf stamp = FERRY_BUF_INIT;
	int rc = ferry_nuget_member(page, "commitTimeStamp", &stamp, err);

	(void)snprintf(name, size, "page-%zu", i + 1);
	if (rc == 1 && stamp.n > 0 && stamp.n <= 40 &&
	    strspn((char *)stamp.p, "0123456789-:.TZ+") == stamp.n)
		(void)snprintf(
		    name, size, "page-%zu-%s", i + 1, (char *)stamp.p);
	else if (rc == 1)
		rc = 0;
	ferry_buf_free(&stamp);
	return rc;
}

static int
add_page(struct ferry_document *document, struct ferry_bytes page, size_t i,
    struct ferry_error *err)
{
	struct ferry_buf url = FERRY_BUF_INIT;
	char name[80];
	int stamped = page_name(name, sizeof(name), page, i, err);
	int rc =
	    stamped == -1 ? -1 : ferry_nuget_member(page, "@id", &url, err);

	if (rc == 1)
		rc = ferry_bytes_starts(ferry_bytes_buf(&url), "http://") ||
		             ferry_bytes_starts(
				 ferry_bytes_buf(&url), "https://")
		         ? ferry_document_more(document, name,
			       stamped == 1 ? FERRY_PART_BY_CONTENT
					    : FERRY_PART_BY_PLACE,
			       (char *)url.p, err)
		         : 0;
	else if (rc == 0)
		rc = ferry_error_set(err, FERRY_EFORMAT,
		    "a page of the registration has neither items nor a URL");
	ferry_buf_free(&url);
	return rc;
}

static int
read_page(struct ferry_document *document, struct ferry_bytes items,
    const char *name, struct ferry_error *err)
{
	struct ferry_span_iter it;

	ferry_span_iter(&it, items);
	while (ferry_span_next(&it))
		if (read_leaf(document, it.value, name, err) == -1)
			return -1;
	return 0;
}

/* The pages of an index, with their items or without. */
static int
read_pages(struct ferry_document *document, struct ferry_bytes pages,
    const char *name, struct ferry_error *err)
{
	struct ferry_span_iter it;
	struct ferry_bytes items;
	size_t i = 0;

	ferry_span_iter(&it, pages);
	for (; ferry_span_next(&it); i++)
		if ((ferry_span_get(it.value, "items", &items) &&
				ferry_span_type(items) == FERRY_SPAN_ARRAY
			    ? read_page(document, items, name, err)
			    : add_page(document, it.value, i, err)) == -1)
			return -1;
	return 0;
}

static int
read_list(struct ferry_document *document, struct ferry_bytes versions,
    struct ferry_error *err)
{
	struct ferry_span_iter it;

	ferry_span_iter(&it, versions);
	while (ferry_span_next(&it)) {
		struct ferry_buf text = FERRY_BUF_INIT;
		int rc = 0;

		if (ferry_span_type(it.value) == FERRY_SPAN_STRING &&
		    (rc = ferry_span_string(&text, it.value, err)) == 0)
			rc = add_version(
			    document, ferry_bytes_buf(&text), it.value, err);
		ferry_buf_free(&text);
		if (rc == -1)
			return -1;
	}
	return 0;
}

int
ferry_nuget_registration_read(struct ferry_document *document, const char *part,
    struct ferry_bytes text, const char *name, struct ferry_error *err)
{
	struct ferry_bytes root, list;

	if (ferry_span_check(text, &root, err) == -1)
		return -1;
	if (part == NULL)
		document->root = root;
	if (ferry_span_type(root) == FERRY_SPAN_OBJECT &&
	    ferry_span_get(root, "items", &list) &&
	    ferry_span_type(list) == FERRY_SPAN_ARRAY)
		return part == NULL ? read_pages(document, list, name, err)
		                    : read_page(document, list, name, err);
	if (part == NULL && ferry_span_type(root) == FERRY_SPAN_OBJECT &&
	    ferry_span_get(root, "versions", &list) &&
	    ferry_span_type(list) == FERRY_SPAN_ARRAY)
		return read_list(document, list, err);
	return ferry_error_set(
	    err, FERRY_EFORMAT, "this is not the registration of '%s'", name);
}
