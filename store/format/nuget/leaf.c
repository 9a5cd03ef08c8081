#include "store/format/nuget/leaf.h"

#include <string.h>

#include "store/base/error.h"
#include "store/base/json.h"
#include "store/base/json_span.h"
#include "store/format/nuget/name.h"
#include "store/format/nuget/range.h"

#define SAID_MAX 16384 /* bytes of what a registry says of a version */
#define NEEDS_MAX 2000 /* of a version */

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

/* What changes */

/* URLs of the registry itself: they mean nothing elsewhere.  What is known of
 * the form has objects at most two deep. */
static void
forget_ids(json_t *said)
{
	json_t *one, *inner;
	const char *name;
	size_t i;

	(void)json_object_del(said, "@id");
	(void)json_object_del(said, "@type");
	json_array_foreach (said, i, one) {
		(void)json_object_del(one, "@id");
		(void)json_object_del(one, "@type");
	}
	json_object_foreach (said, name, inner) {
		(void)json_object_del(inner, "@id");
		(void)json_object_del(inner, "@type");
	}
}

/* A member of entry as it is, but for those.  What is long, or no JSON that
 * jansson takes, is left out. */
static int
set_said(json_t *record, struct ferry_bytes entry, const char *name,
    struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_bytes value;
	json_t *said = NULL;

	(void)json_object_del(record, name);
	if (!ferry_span_get(entry, name, &value) || value.n > SAID_MAX ||
	    (ferry_span_type(value) != FERRY_SPAN_OBJECT &&
		ferry_span_type(value) != FERRY_SPAN_ARRAY) ||
	    ferry_json_parse(&said, value, name, &ignored) == -1)
		return 0;
	forget_ids(said);
	if ((json_is_array(said) ? json_array_size(said)
				 : json_object_size(said)) == 0) {
		json_decref(said);
		return 0;
	}
	return ferry_json_set(record, name, said, err);
}

static int
set_published(json_t *record, struct ferry_bytes entry, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = ferry_nuget_member(entry, "published", &text, err);

	/* The year 1900 says that it is not listed. */
	if (rc == 1 && text.n < 40 &&
	    !ferry_bytes_starts(ferry_bytes_buf(&text), "1900-"))
		rc = ferry_json_set(record, "published",
		    ferry_json_text(ferry_bytes_buf(&text)), err);
	ferry_buf_free(&text);
	return rc == -1 ? -1 : 0;
}

int
ferry_nuget_leaf_say(
    json_t *record, struct ferry_bytes leaf, struct ferry_error *err)
{
	struct ferry_bytes entry;

	if (!ferry_nuget_leaf_entry(leaf, &entry))
		return 0;
	(void)json_object_del(record, "listed");
	return (ferry_nuget_leaf_listed(leaf) ||
		   ferry_json_set(record, "listed", json_false(), err) == 0) &&
	               set_published(record, entry, err) == 0 &&
	               set_said(record, entry, "deprecation", err) == 0 &&
	               set_said(record, entry, "vulnerabilities", err) == 0
	           ? 0
	           : -1;
}

/* What stays */

/* A text of entry; "" and what is no text are left out. */
static int
set_text(json_t *object, struct ferry_bytes entry, const char *name,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = ferry_nuget_member(entry, name, &text, err);

	if (rc == 1 && text.n > 0 && text.n <= SAID_MAX)
		rc = ferry_json_set(
		    object, name, ferry_json_text(ferry_bytes_buf(&text)), err);
	ferry_buf_free(&text);
	return rc == -1 ? -1 : 0;
}

/* A list of texts, or one: with separator between them. */
static int
set_list(json_t *object, struct ferry_bytes entry, const char *name,
    const char *separator, struct ferry_error *err)
{
	struct ferry_buf all = FERRY_BUF_INIT;
	struct ferry_span_iter it;
	struct ferry_bytes list;
	int rc = 0;

	if (!ferry_span_get(entry, name, &list) || list.n > SAID_MAX)
		return 0;
	if (ferry_span_type(list) != FERRY_SPAN_ARRAY)
		return set_text(object, entry, name, err);
	ferry_span_iter(&it, list);
	while (rc == 0 && ferry_span_next(&it))
		if (ferry_span_type(it.value) == FERRY_SPAN_STRING &&
		    ((all.n > 0 &&
			 ferry_buf_adds(&all, separator, err) == -1) ||
			ferry_span_string(&all, it.value, err) == -1))
			rc = -1;
	if (rc == 0 && all.n > 0)
		rc = ferry_json_set(
		    object, name, ferry_json_text(ferry_bytes_buf(&all)), err);
	ferry_buf_free(&all);
	return rc;
}

static int
set_about(json_t *record, struct ferry_bytes entry, struct ferry_error *err)
{
	static const char *const names[] = { "title", "description", "summary",
		"iconUrl", "licenseUrl", "licenseExpression", "projectUrl",
		"language", "minClientVersion" };
	struct ferry_bytes value;
	json_t *about = json_object();

	/* It is of record from here on. */
	if (ferry_json_set(record, "about", about, err) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (set_text(about, entry, names[i], err) == -1)
			return -1;
	if (ferry_span_get(entry, "requireLicenseAcceptance", &value) &&
	    ferry_span_type(value) == FERRY_SPAN_BOOL &&
	    ferry_span_true(value) &&
	    ferry_json_set(
		about, "requireLicenseAcceptance", json_true(), err) == -1)
		return -1;
	return set_list(about, entry, "authors", ", ", err) == -1 ||
	               set_list(about, entry, "tags", " ", err) == -1
	           ? -1
	           : 0;
}

int
ferry_nuget_need_push(json_t *needs, struct ferry_bytes id,
    struct ferry_bytes range, struct ferry_error *err)
{
	json_t *need = json_array();

	if (need == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (ferry_json_push(need, ferry_json_text(id), err) == -1 ||
	    ferry_json_push(need, ferry_json_text(range), err) == -1) {
		json_decref(need);
		return -1;
	}
	return ferry_json_push(needs, need, err);
}

/* A dependency, if it names a package. */
static int
add_need(json_t *needs, struct ferry_bytes object, struct ferry_error *err)
{
	struct ferry_buf id = FERRY_BUF_INIT, range = FERRY_BUF_INIT,
			 form = FERRY_BUF_INIT;
	int rc = ferry_nuget_member(object, "id", &id, err);

	if (rc == 1 && !ferry_nuget_id_valid(ferry_bytes_buf(&id)))
		rc = 0;
	if (rc == 1)
		rc = ferry_nuget_member(object, "range", &range, err) == -1 ||
		             ferry_nuget_range_normal(
				 &form, ferry_bytes_buf(&range), err) == -1 ||
		             ferry_nuget_need_push(needs, ferry_bytes_buf(&id),
				 ferry_bytes_buf(&form), err) == -1
		         ? -1
		         : 0;
	ferry_buf_free(&id);
	ferry_buf_free(&range);
	ferry_buf_free(&form);
	return rc;
}

static int
set_framework(json_t *group, struct ferry_bytes object, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = ferry_nuget_member(object, "targetFramework", &text, err);

	if (rc == 1 && text.n > 0)
		rc = ferry_json_set(group, "framework",
		    ferry_json_text(ferry_bytes_buf(&text)), err);
	ferry_buf_free(&text);
	return rc == -1 ? -1 : 0;
}

/* n counts the needs of all groups. */
static int
add_group(json_t *groups, struct ferry_bytes object, size_t *n,
    struct ferry_error *err)
{
	json_t *group = json_object(), *needs = json_array();
	struct ferry_bytes list;
	struct ferry_span_iter it;

	if (ferry_json_push(groups, group, err) == -1) {
		json_decref(needs);
		return -1;
	}
	if (ferry_json_set(group, "needs", needs, err) == -1 ||
	    set_framework(group, object, err) == -1)
		return -1;
	if (!ferry_span_get(object, "dependencies", &list))
		return 0;
	ferry_span_iter(&it, list);
	while (ferry_span_next(&it) && ++*n <= NEEDS_MAX)
		if (add_need(needs, it.value, err) == -1)
			return -1;
	return 0;
}

static int
set_dependencies(
    json_t *record, struct ferry_bytes entry, struct ferry_error *err)
{
	struct ferry_span_iter it;
	struct ferry_bytes list;
	json_t *groups;
	size_t n = 0;

	if (!ferry_span_get(entry, "dependencyGroups", &list))
		return 0;
	groups = json_array();
	if (ferry_json_set(record, "dependencies", groups, err) == -1)
		return -1;
	ferry_span_iter(&it, list);
	while (ferry_span_next(&it) && n <= NEEDS_MAX)
		if (add_group(groups, it.value, &n, err) == -1)
			return -1;
	return 0;
}

int
ferry_nuget_leaf_record(json_t **out, struct ferry_bytes leaf,
    struct ferry_bytes id, struct ferry_bytes version, struct ferry_error *err)
{
	struct ferry_bytes entry;
	json_t *record = json_object();

	if (record == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (ferry_json_set(record, "id", ferry_json_text(id), err) == 0 &&
	    ferry_json_set(record, "version", ferry_json_text(version), err) ==
		0 &&
	    (!ferry_nuget_leaf_entry(leaf, &entry) ||
		(set_text(record, entry, "id", err) == 0 &&
		    set_text(record, entry, "version", err) == 0 &&
		    set_about(record, entry, err) == 0 &&
		    set_dependencies(record, entry, err) == 0 &&
		    ferry_nuget_leaf_say(record, leaf, err) == 0))) {
		*out = record;
		return 0;
	}
	json_decref(record);
	return -1;
}
