/*
 * What upstream takes away: versions that are here and that its document lists
 * no more, whatever its way to say so (an unpublished document, an empty one, a
 * version less, another package in its place, 404).  They stay; whether clients
 * are shown them is the upstream's option `withdrawn`.
 */

#include "store/catalog/withdrawn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "sync/upstream/package/packages.h"
#include "sync/upstream/withdrawn.h"

/* A record that is to be put. */
struct change {
	char *version;
	json_t *record;
	bool gone; /* since this run */
};

struct work {
	struct ferry_package *package;
	const struct ferry_document *document;
	struct ferry_document before; /* the one that is recorded */
	struct change *changes;
	size_t n, cap;
};

/* What was kept of the document is of no use once that lists the version. */
static void
forget_file(json_t *record)
{
	json_t *files = json_object_get(record, "files"), *file;
	size_t i;

	json_array_foreach (files, i, file)
		if (strcmp(json_string_value(json_object_get(file, "name")),
			FERRY_WITHDRAWN_FILE) == 0) {
			(void)json_array_remove(files, i);
			return;
		}
}

/* A record as it is to be; NULL: as it is. */
static json_t *
changed_record(const struct work *w, const json_t *record, bool listed)
{
	json_t *changed = ferry_withdrawn_changed(
	    record, listed, w->package->packages->withdrawn);

	if (changed != NULL && listed)
		forget_file(changed);
	return changed;
}

static int
add_gone(struct ferry_package *p, const char *version, struct ferry_error *err)
{

	if (ferry_array_grow(&p->gone, &p->gone_cap, p->gone_n + 1,
		sizeof(*p->gone), err) == -1 ||
	    ferry_strdup(&p->gone[p->gone_n], version, err) == -1)
		return -1;
	p->gone_n++;
	return 0;
}

/* Whether upstream has the version, as far as documents tell.  Where one need
 * not list all, it must have listed it before. */
static bool
is_listed(const struct work *w, const char *version, const json_t *record)
{

	return ferry_document_find(w->document, version) != NULL ||
	       (w->package->packages->format->unlisted &&
		   json_object_get(record, "gone_at") == NULL &&
		   ferry_document_find(&w->before, version) == NULL);
}

static int
look_at(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const char *version = ferry_key_part(key, 4);
	struct work *w = ctx;
	bool listed = is_listed(w, version, record);
	struct change *change;
	json_t *changed;

	if (json_object_get(record, "deleted_at") != NULL)
		return 0;
	if (!listed && add_gone(w->package, version, err) == -1)
		return -1;
	if ((changed = changed_record(w, record, listed)) == NULL)
		return 0;
	if (ferry_array_grow(&w->changes, &w->cap, w->n + 1,
		sizeof(*w->changes), err) == -1) {
		json_decref(changed);
		return -1;
	}
	change = &w->changes[w->n++];
	*change = (struct change){ NULL, changed,
		json_object_get(record, "gone_at") == NULL };
	return ferry_strdup(&change->version, version, err);
}

/* Keep what the document before this one says of a version in its record. */
static int
keep_said(const struct work *w, struct change *change, struct ferry_error *err)
{
	const struct ferry_packages *packages = w->package->packages;
	const struct ferry_listed *listed =
	    ferry_document_find(&w->before, change->version);
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_blob_writer *writer = NULL;
	struct ferry_digest sha256;
	int rc = -1;

	if (listed == NULL || !change->gone)
		return 0;
	if (packages->format->keep(&text, &w->before, listed, err) == 0 &&
	    ferry_blob_writer_new(&writer, packages->run->st,
		FERRY_BLOB_IS_DOCUMENT, 0, err) == 0 &&
	    ferry_blob_writer_write(writer, text.p, text.n, err) == 0 &&
	    ferry_blob_writer_finish(writer, NULL, 0, &sha256, err) == 0)
		rc = ferry_files_add(change->record, FERRY_WITHDRAWN_FILE,
		    text.n, &sha256, NULL, err);
	ferry_blob_writer_free(writer);
	ferry_buf_free(&text);
	return rc;
}

/* Read the document that is recorded, if text, which it is a view of, may have
 * it.  One that cannot be read has nothing to say. */
static int
read_before(struct work *w, struct ferry_buf *text, struct ferry_error *err)
{
	const struct ferry_packages *packages = w->package->packages;
	const struct ferry_recorded of = ferry_package_recorded(w->package);
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_file file;
	json_t *record = NULL;
	int rc = ferry_recorded_get(&of, NULL, &record, err);

	if (rc == 1 &&
	    (ferry_files_get(record, 0, &file, &why) == -1 ||
		ferry_blob_load(packages->run->st, &file.sha256,
		    packages->format->document_max, text, &why) == -1 ||
		packages->format->read(&w->before, NULL, ferry_bytes_buf(text),
		    w->package->entry.key, &why) == -1 ||
		ferry_document_unique(&w->before, &why) == -1))
		ferry_document_free(&w->before);
	json_decref(record);
	return rc == -1 ? -1 : 0;
}

static int
put_change(
    const struct work *w, const struct change *change, struct ferry_error *err)
{
	struct ferry_package *p = w->package;
	const struct ferry_recorded of = ferry_package_recorded(p);
	char item[FERRY_PACKAGE_ITEM];

	if (ferry_recorded_put(
		&of, change->version, json_incref(change->record), err) == -1)
		return -1;
	if (!change->gone)
		return 0;
	ferry_package_item(item, p->packages, p->entry.key, change->version);
	ferry_withdrawn_say(p->packages->run, item, p->packages->withdrawn);
	return 0;
}

/* What `ferry status` says of the package. */
static int
put_status(const struct ferry_package *p, struct ferry_error *err)
{
	const struct ferry_recorded of = ferry_package_recorded(p);

	return ferry_withdrawn_put_status(&of, "version", p->gone_n,
	    p->gone_n == 0 ? "" : p->gone[0], p->packages->withdrawn, err);
}

/* Put all that changed. */
static int
put_changes(struct work *w, struct ferry_buf *text, struct ferry_error *err)
{
	const struct ferry_package_format *format =
	    w->package->packages->format;
	bool gone = false;
	int rc = 0;

	for (size_t i = 0; i < w->n; i++)
		gone = gone || w->changes[i].gone;
	if (gone && format->keep != NULL) {
		rc = read_before(w, text, err);
		for (size_t i = 0; i < w->n && rc == 0; i++)
			rc = keep_said(w, &w->changes[i], err);
	}
	for (size_t i = 0; i < w->n && rc == 0; i++)
		rc = put_change(w, &w->changes[i], err);
	return rc == -1 ? -1 : put_status(w->package, err);
}

static void
forget_gone(struct ferry_package *p)
{

	while (p->gone_n > 0)
		free(p->gone[--p->gone_n]);
}

int
ferry_package_compare(struct ferry_package *p,
    const struct ferry_document *document, struct ferry_error *err)
{
	const struct ferry_package_format *format = p->packages->format;
	struct work w = { .package = p, .document = document };
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_run *run = p->packages->run;
	struct ferry_key prefix;
	int rc;

	if (ferry_key_version(&prefix, format->format, p->entry.key,
		p->packages->up->name, NULL, err) == -1)
		return -1;
	/* In a dry run a document comes more than once: it counts once. */
	run->withdrawn -= p->gone_n;
	forget_gone(p);
	rc = format->unlisted ? read_before(&w, &text, err) : 0;
	if (rc == 0)
		rc = ferry_catalog_each(run->st, &prefix, look_at, &w, err);
	run->withdrawn += p->gone_n;
	if (rc == 0 && !run->dry_run)
		rc = put_changes(&w, &text, err);
	for (size_t i = 0; i < w.n; i++) {
		json_decref(w.changes[i].record);
		free(w.changes[i].version);
	}
	free(w.changes);
	ferry_document_free(&w.before);
	ferry_buf_free(&text);
	return rc;
}

/* Where a lock file names platforms it names the number only. */
static bool
is_exactly(const char *version, const struct ferry_package_want *want)
{
	size_t n = strlen(want->spec);

	return strncmp(version, want->spec, n) == 0 &&
	       (version[n] == 0 ||
		   (version[n] == '-' && want->platforms != NULL));
}

bool
ferry_package_kept(
    const struct ferry_package *p, const struct ferry_package_want *want)
{
	const struct ferry_package_format *format = p->packages->format;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	void *range = NULL;
	bool found = false;

	if (want->kind == FERRY_WANT_EXACT) {
		for (size_t i = 0; i < p->gone_n && !found; i++)
			found = is_exactly(p->gone[i], want);
		return found;
	}
	if (p->packages->withdrawn == FERRY_WITHDRAWN_HIDE)
		return false;
	/* A tag may have named any of them. */
	if (format->range_new(&range, ferry_bytes_str(want->spec), &ignored) ==
	    -1)
		return p->gone_n > 0;
	for (size_t i = 0; i < p->gone_n && !found; i++)
		found = format->range_has(
		    range, ferry_bytes_str(p->gone[i]), FERRY_PRERELEASES_ALL);
	format->range_free(range);
	return found;
}
