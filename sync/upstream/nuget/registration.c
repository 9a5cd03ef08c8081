#include "sync/upstream/nuget/registration.h"

#include <stdio.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/format/nuget/leaf.h"
#include "store/format/nuget/name.h"
#include "store/format/nuget/registration.h"
#include "store/format/nuget/version.h"

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

/* Who reads a document of the package called name. */
struct reading {
	struct ferry_document *document;
	const char *name;
};

static int
on_version(void *ctx, struct ferry_bytes version, struct ferry_bytes object,
    struct ferry_error *err)
{
	const struct reading *reading = ctx;
	struct ferry_document *document = reading->document;
	size_t before = document->n;
	struct ferry_bytes entry;

	if (ferry_nuget_leaf_entry(object, &entry) &&
	    check_id(entry, reading->name, err) == -1)
		return -1;
	if (add_version(document, version, object, err) == -1)
		return -1;
	if (document->n > before)
		document->listed[before].last_choice =
		    !ferry_nuget_leaf_listed(object);
	return 0;
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
on_page(void *ctx, struct ferry_bytes page, size_t i, struct ferry_error *err)
{
	const struct reading *reading = ctx;
	struct ferry_buf url = FERRY_BUF_INIT;
	char name[80];
	int stamped = page_name(name, sizeof(name), page, i, err);
	int rc =
	    stamped == -1 ? -1 : ferry_nuget_member(page, "@id", &url, err);

	if (rc == 1 && ferry_bytes_is_url(ferry_bytes_buf(&url)))
		rc = ferry_document_more(reading->document, name,
		    stamped == 1 ? FERRY_PART_BY_CONTENT : FERRY_PART_BY_PLACE,
		    (char *)url.p, err);
	else if (rc != -1)
		rc = ferry_error_set(err, FERRY_EFORMAT,
		    "a page of the registration has neither items nor a URL");
	ferry_buf_free(&url);
	return rc;
}

int
ferry_nuget_registration_read(struct ferry_document *document, const char *part,
    struct ferry_bytes text, const char *name, struct ferry_error *err)
{
	struct reading reading = { document, name };
	const struct ferry_nuget_walk walk = { on_version, on_page, &reading };
	struct ferry_bytes root;

	if (ferry_span_check(text, &root, err) == -1)
		return -1;
	if (part == NULL)
		document->root = root;
	return ferry_nuget_registration_walk(root,
	    part == NULL ? FERRY_NUGET_IS_FIRST : FERRY_NUGET_IS_PAGE, &walk,
	    err);
}

/* The year 1900 says that it is not listed. */
int
ferry_nuget_times(const struct ferry_document *document, ferry_on_time *on_time,
    void *ctx, struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_bytes entry, text;
	int64_t at;

	for (size_t i = 0; i < document->n; i++) {
		const struct ferry_listed *one = &document->listed[i];

		if (ferry_nuget_leaf_entry(one->object, &entry) &&
		    ferry_span_get(entry, "published", &text) &&
		    ferry_span_type(text) == FERRY_SPAN_STRING &&
		    ferry_time_parse(&at,
			ferry_bytes_of(text.p + 1, text.n - 2),
			&ignored) == 0 &&
		    on_time(ctx, ferry_bytes_str(one->version), at, err) == -1)
			return -1;
	}
	return 0;
}
