/*
 * Versions that a puller keeps back until they have been out for min_age: what
 * is malicious is mostly found in days.  What is here already stays.
 *
 * Where documents do not tell when a version came out, it came out when it was
 * first listed here; what the first document of a package lists is old.
 */

#include <stdlib.h>

#include "store/base/clock.h"
#include "store/base/files.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "sync/upstream/package/packages.h"

/* Keep version back, if it came out too lately. */
static int
keep_back(struct ferry_package *p, const char *version, int64_t at,
    struct ferry_error *err)
{
	int64_t until = at + p->packages->up->min_age;

	if (until <= ferry_now())
		return 0;
	if (p->young == NULL && (p->young = json_object()) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	return ferry_json_set(
	    p->young, version, json_integer((json_int_t)until), err);
}

struct telling {
	struct ferry_package *package;
	struct ferry_table told; /* versions whose time is known */
};

static int
on_time(
    void *ctx, struct ferry_bytes version, int64_t at, struct ferry_error *err)
{
	struct telling *telling = ctx;
	char *text = NULL;
	int rc = ferry_strndup(&text, version, err);

	if (rc == 0 && ferry_table_find(&telling->told, text) == NULL &&
	    ferry_table_add(&telling->told, text,
		sizeof(struct ferry_table_entry), err) == NULL)
		rc = -1;
	if (rc == 0)
		rc = keep_back(telling->package, text, at, err);
	free(text);
	return rc;
}

/* The record of the package, as it was: 1, 0, -1. */
static int
get_before(const struct ferry_package *p, json_t **out, struct ferry_error *err)
{
	const struct ferry_recorded of = ferry_package_recorded(p);

	return ferry_recorded_get(&of, NULL, out, err);
}

/* What was kept back stays so until its time. */
static int
carry_over(
    struct ferry_package *p, const json_t *before, struct ferry_error *err)
{
	json_t *until;
	const char *version;

	json_object_foreach (json_object_get(before, "young"), version, until)
		if (keep_back(p, version,
			json_integer_value(until) - p->packages->up->min_age,
			err) == -1)
			return -1;
	return 0;
}

/* The documents that before names, read; texts are the caller's to free. */
static int
read_before(const struct ferry_package *p, const json_t *before,
    struct ferry_document *out, struct ferry_buf *texts, int n,
    struct ferry_error *err)
{
	struct ferry_store *st = p->packages->run->st;
	const struct ferry_package_format *format = p->packages->format;
	struct ferry_file file;

	for (int i = 0; i < n; i++)
		if (ferry_files_get(before, (size_t)i, &file, err) == -1 ||
		    ferry_blob_load(st, &file.sha256, format->document_max,
			&texts[i], err) == -1 ||
		    format->read(out, i == 0 ? NULL : file.name,
			ferry_bytes_buf(&texts[i]), p->entry.key, err) == -1)
			return -1;
	return 0;
}

/* What is listed now and was not, of those whose time is not known. */
static int
find_new(struct ferry_package *p, const json_t *before,
    const struct ferry_document *document, const struct ferry_table *told,
    struct ferry_error *err)
{
	struct ferry_document old = { .n = 0 };
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf *texts = NULL;
	struct ferry_table known = { .n = 0 };
	int n = ferry_files_count(before, err), rc = 0;

	if (n <= 0 ||
	    ferry_calloc(&texts, (size_t)n, sizeof(*texts), err) == -1)
		return n <= 0 ? n : -1;
	/* What cannot be read is as if it had never been. */
	if (read_before(p, before, &old, texts, n, &ignored) == 0 &&
	    old.n > 0) {
		for (size_t i = 0; i < old.n && rc == 0; i++)
			if (ferry_table_find(&known, old.listed[i].version) ==
				NULL &&
			    ferry_table_add(&known, old.listed[i].version,
				sizeof(struct ferry_table_entry), err) == NULL)
				rc = -1;
		for (size_t i = 0; i < document->n && rc == 0; i++)
			if (ferry_table_find(
				&known, document->listed[i].version) == NULL &&
			    ferry_table_find(
				told, document->listed[i].version) == NULL)
				rc = keep_back(p, document->listed[i].version,
				    ferry_now(), err);
	}
	ferry_table_free(&known, NULL);
	ferry_document_free(&old);
	for (int i = 0; i < n; i++)
		ferry_buf_free(&texts[i]);
	free(texts);
	return rc;
}

/* Of those that documents say nothing of. */
static int
find_untold(struct ferry_package *p, const struct ferry_document *document,
    const struct ferry_table *told, struct ferry_error *err)
{
	json_t *before = NULL;
	size_t i = 0;
	int rc;

	while (i < document->n &&
	       ferry_table_find(told, document->listed[i].version) != NULL)
		i++;
	if (i == document->n)
		return 0;
	if ((rc = get_before(p, &before, err)) == 1 &&
	    (rc = carry_over(p, before, err)) == 0)
		rc = find_new(p, before, document, told, err);
	json_decref(before);
	return rc == -1 ? -1 : 0;
}

/* A sync that comes between keeps back for clients, too, and takes what it is
 * told to. */
int
ferry_package_find_young(struct ferry_package *p,
    const struct ferry_document *document, struct ferry_error *err)
{
	const struct ferry_packages *packages = p->packages;
	struct telling telling = { p, { .n = 0 } };
	int rc = 0;

	if (!packages->up->pull || packages->up->min_age == 0)
		return 0;
	if (packages->format->times != NULL)
		rc = packages->format->times(document, on_time, &telling, err);
	if (rc == 0)
		rc = find_untold(p, document, &telling.told, err);
	ferry_table_free(&telling.told, NULL);
	return rc;
}

int
ferry_package_check_age(
    const struct ferry_package *p, const char *version, struct ferry_error *err)
{
	const json_t *until = json_object_get(p->young, version);
	char text[FERRY_TIME_TEXT];

	if (!p->packages->run->pulls || until == NULL ||
	    json_integer_value(until) <= ferry_now())
		return 0;
	return ferry_error_set(err, FERRY_EDENIED,
	    "it is younger than 'min_age' of upstream '%s' allows: it may come "
	    "from %s on",
	    p->packages->up->name,
	    ferry_time_text(json_integer_value(until), text));
}
