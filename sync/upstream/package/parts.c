/*
 * The document of a package: asked for once, in parts where it has some, read,
 * and handed to choose.c.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/store.h"
#include "sync/upstream/package/packages.h"
#include "sync/upstream/pull.h"

/* One part under way. */
struct part_job {
	struct ferry_package *package;
	size_t part;
};

static int ask_part(struct ferry_package *p, size_t part,
    const struct ferry_digest *digest, struct ferry_error *err);

static const char *
part_url(const struct ferry_package *p, size_t i, struct ferry_buf *buf,
    struct ferry_error *err)
{

	if (i > 0 && ferry_bytes_is_url(ferry_bytes_str(p->parts[i].url)))
		return ferry_packages_check_url(p->packages,
			   p->packages->format->document, p->parts[i].url,
			   err) == -1
		           ? NULL
		           : p->parts[i].url;
	if (p->packages->format->document_url(
		p->packages, p->entry.key, buf, err) == -1)
		return NULL;
	/* A relative one starts at the document's folder. */
	if (i > 0) {
		while (buf->n > 0 && buf->p[buf->n - 1] != '/')
			buf->n--;
		if (ferry_buf_adds(buf, p->parts[i].url, err) == -1)
			return NULL;
	}
	return (const char *)buf->p;
}

/* Choose of what all parts say.  A document that makes no sense fails its
 * package. */
static void
choose_from(struct ferry_package *p, const struct ferry_document *document)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	if (ferry_package_choose(p, document, &err) == -1)
		ferry_package_fail(p, &err);
	p->packages->run->settled++;
}

/* Add what document names as further parts; whether there were any. */
static int
add_parts(struct ferry_package *p, const struct ferry_document *document,
    struct ferry_error *err)
{
	size_t before = p->parts_n;

	for (size_t i = 0; i < document->parts_n; i++) {
		const struct ferry_document_part *new = &document->parts[i];
		struct ferry_package_part *part;
		size_t k;

		for (k = 1; k < before; k++)
			if (strcmp(p->parts[k].name, new->name) == 0)
				break;
		if (k < before)
			continue;
		if (ferry_array_grow(&p->parts, &p->parts_cap, p->parts_n + 1,
			sizeof(*p->parts), err) == -1)
			return -1;
		part = &p->parts[p->parts_n++];
		*part = (struct ferry_package_part){ .named = new->named };
		if (ferry_strdup(&part->name, new->name, err) == -1 ||
		    ferry_packages_copy_url(&part->url, new->url, err) == -1)
			return -1;
	}
	return p->parts_n > before;
}

/* Read every part that is kept; parts may name further ones. */
static int
read_parts(struct ferry_package *p, struct ferry_document *document,
    struct ferry_error *err)
{

	for (size_t i = 0; i < p->parts_n; i++)
		if (p->parts[i].sha256.n > 0 &&
		    p->packages->format->read(document, p->parts[i].name,
			ferry_bytes_buf(&p->parts[i].text), p->entry.key,
			err) == -1)
			return -1;
	return 0;
}

static void
forget_texts(struct ferry_package *p)
{

	for (size_t i = 0; i < p->parts_n; i++)
		ferry_buf_free(&p->parts[i].text);
}

/* All parts of a document are in memory until the last is here. */
static int
check_size(struct ferry_package *p)
{
	const struct ferry_packages *packages = p->packages;
	struct ferry_error why = FERRY_ERROR_INIT;
	char most[FERRY_SIZE_TEXT];
	uint64_t size = 0;

	for (size_t i = 0; i < p->parts_n; i++)
		size += p->parts[i].size;
	if (size <= packages->up->document_max)
		return 0;
	ferry_error_set(&why, FERRY_ELIMIT,
	    "the parts of its %s are longer than %s together; 'document_max' "
	    "of the upstream says how long they may be",
	    packages->format->document,
	    ferry_size_text(packages->up->document_max, most));
	ferry_package_fail(p, &why);
	forget_texts(p);
	return -1;
}

/* A part that the package's record has: 1 and its text, 0, -1. */
static int
take_kept_part(struct ferry_package *p, struct ferry_package_part *part,
    const json_t *record, struct ferry_error *err)
{
	struct ferry_store *st = p->packages->run->st;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_file file;
	int rc = ferry_files_find(record, part->name, &file, err);

	if (rc == 1)
		rc = ferry_blob_has(st, &file.sha256, err);
	if (rc != 1)
		return rc;
	/* What rotted is not here. */
	if (ferry_blob_load(st, &file.sha256, p->packages->format->document_max,
		&part->text, &ignored) == -1)
		return 0;
	part->sha256 = file.sha256;
	part->size = file.size;
	return 1;
}

static int
package_record(
    const struct ferry_package *p, json_t **out, struct ferry_error *err)
{
	struct ferry_key key;

	return ferry_key_package(&key, p->packages->format->format,
		   p->entry.key, p->packages->up->name, err) == -1
	           ? -1
	           : ferry_catalog_get(p->packages->run->st, &key, out, err);
}

/* Ask for the parts from on that are not here.  Returns: 0, or -1 of the store
 * or memory. */
static int
ask_parts(struct ferry_package *p, size_t from, struct ferry_error *err)
{
	json_t *record = NULL;
	int rc = 0;

	for (size_t i = from; i < p->parts_n && rc != -1; i++) {
		rc = 0;
		if (p->parts[i].named && record == NULL)
			rc = package_record(p, &record, err) == -1 ? -1 : 0;
		if (rc == 0 && p->parts[i].named && record != NULL)
			rc = take_kept_part(p, &p->parts[i], record, err);
		if (rc == 0)
			rc = ask_part(p, i, NULL, err);
	}
	json_decref(record);
	return rc == -1 ? -1 : 0;
}

static int complete_document(struct ferry_package *p,
    struct ferry_document *document, struct ferry_error *err);

/* All further parts were here.  They may name more, which is not asked for ever:
 * there is an end to parts. */
static int
read_kept(struct ferry_package *p, struct ferry_document *document,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;

	if (check_size(p) == -1)
		return 0;
	ferry_document_free(document);
	if (read_parts(p, document, &why) == 0)
		return complete_document(p, document, err);
	ferry_package_fail(p, &why);
	return 0;
}

/* All parts that are known are here: record and choose, unless they name
 * more.  -1: of the store, memory. */
static int
complete_document(struct ferry_package *p, struct ferry_document *document,
    struct ferry_error *err)
{
	size_t before = p->parts_n;
	struct ferry_error why = FERRY_ERROR_INIT;
	bool fresh = p->checked_at != 0;
	int more = add_parts(p, document, err);

	assert(p->parts_pending == 0);
	if (more == -1)
		return -1;
	if (more == 1 && ask_parts(p, before, &why) == -1) {
		/* What is under way already finds it failed. */
		ferry_package_fail(p, &why);
		return 0;
	}
	if (more == 1)
		return p->parts_pending > 0 ? 0 : read_kept(p, document, err);
	p->packages->run->packages++;
	/* One that was not asked for says nothing new of what is gone. */
	if (ferry_package_checked(p, err) == -1 ||
	    ferry_document_unique(document, err) == -1 ||
	    (!fresh && ferry_package_compare(p, document, err) == -1) ||
	    ferry_package_find_young(p, document, err) == -1)
		return -1;
	if (ferry_package_record(p, err) == 0) {
		choose_from(p, document);
	} else if (err->code == FERRY_EFORMAT) {
		ferry_package_fail(p, err);
	} else {
		return -1;
	}
	forget_texts(p);
	return 0;
}

/* Upstream does not have the document.  Of what is here it took away all. */
static int
take_absent(struct ferry_package *p, const struct ferry_error *why,
    struct ferry_error *err)
{
	const struct ferry_document nothing = { .n = 0 };

	if (ferry_package_compare(p, &nothing, err) == -1)
		return -1;
	if (p->gone_n == 0) {
		ferry_package_fail(p, why);
		return 0;
	}
	p->packages->run->packages++;
	p->without = true;
	p->checked_at = ferry_now();
	choose_from(p, &nothing);
	return 0;
}

/* As on_check of a pull: what cannot be read is fetched once more. */
static int
check_part(void *ctx, struct ferry_bytes view, struct ferry_error *err)
{
	const struct part_job *job = ctx;
	struct ferry_package *p = job->package;

	ferry_document_free(&p->fresh);
	return p->packages->format->read(
	    &p->fresh, p->parts[job->part].name, view, p->entry.key, err);
}

/* The only part, which document is of, or the last of several. */
static int
take_last(struct ferry_package *p, struct ferry_document *document,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	int rc = 0;

	if (p->parts_n > 1) {
		ferry_document_free(document);
		rc = read_parts(p, document, &why);
	}
	if (rc == -1) {
		ferry_package_fail(p, &why);
		return 0;
	}
	return complete_document(p, document, err);
}

/* Whether that means: there is no such document, and need not be one. */
static bool
is_absent(const struct ferry_package *p, const struct ferry_error *why)
{

	return p->packages->format->unlisted &&
	       (why->code == FERRY_ENOTFOUND ||
		   (why->code == FERRY_EHTTP &&
		       (why->sys == 400 || why->sys == 422)));
}

/* There is no document: what is wanted exactly may be there. */
static int
choose_without(struct ferry_package *p, const struct ferry_error *why,
    struct ferry_error *err)
{
	const struct ferry_document document = { .n = 0 };

	if (why->code == FERRY_ENOTFOUND &&
	    ferry_package_compare(p, &document, err) == -1)
		return -1;
	p->packages->run->packages++;
	p->without = true;
	p->checked_at = ferry_now();
	choose_from(p, &document);
	return 0;
}

static int
take_part(const struct part_job *job, const struct ferry_pulled *pulled,
    struct ferry_error *err)
{
	struct ferry_package *p = job->package;
	struct ferry_package_part *part = &p->parts[job->part];
	struct ferry_document document = p->fresh;
	struct ferry_error why = FERRY_ERROR_INIT;
	int rc = 0;

	p->fresh = (struct ferry_document){ .n = 0 };
	assert(p->parts_pending > 0);
	p->parts_pending--;
	if (pulled->error.code != FERRY_OK && is_absent(p, &pulled->error)) {
		if (job->part == 0 && !p->failed &&
		    p->packages->format->elsewhere != NULL &&
		    p->packages->format->elsewhere(p->packages, p->entry.key) ==
			1)
			rc = ask_part(p, 0, NULL, err);
		else if (job->part == 0 && !p->failed)
			rc = choose_without(p, &pulled->error, err);
		else if (p->parts_pending == 0 && !p->failed)
			rc = take_last(p, &document, err);
		goto out;
	}
	if (pulled->error.code == FERRY_ENOTFOUND && job->part == 0) {
		rc = take_absent(p, &pulled->error, err);
		goto out;
	}
	if (pulled->error.code != FERRY_OK) {
		if (!p->failed)
			ferry_package_fail(p, &pulled->error);
		goto out;
	}
	part->sha256 = pulled->sha256;
	part->size = pulled->size;
	if (p->failed || check_size(p) == -1)
		goto out;
	/* One that is as it was has not been read. */
	if (p->parts_n == 1 && document.root.n == 0 &&
	    p->packages->format->read(
		&document, NULL, pulled->view, p->entry.key, &why) == -1) {
		ferry_package_fail(p, &why);
		goto out;
	}
	/* A document in parts is read once they are all here. */
	if (p->parts_n > 1 || document.parts_n > 0)
		rc = ferry_buf_add(
		    &part->text, pulled->view.p, pulled->view.n, err);
	if (rc == 0 && p->parts_pending == 0 && !p->failed)
		rc = take_last(p, &document, err);
out:
	ferry_document_free(&document);
	return rc;
}

static void
on_part(void *ctx, const struct ferry_pulled *pulled)
{
	struct part_job *job = ctx;
	struct ferry_error err = FERRY_ERROR_INIT;

	if (take_part(job, pulled, &err) == -1)
		ferry_run_fatal(job->package->packages->run, &err);
	free(job);
}

static void
drop_part(void *job)
{

	free(job);
}

/* digest is what the bytes must have, or NULL. */
static int
ask_part(struct ferry_package *p, size_t i, const struct ferry_digest *digest,
    struct ferry_error *err)
{
	const struct ferry_package_format *format = p->packages->format;
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_pull pull = {
		.up = p->packages->up,
		.url = part_url(p, i, &buf, err),
		.accept = format->accept,
		.kind = FERRY_BLOB_IS_DOCUMENT,
		.max_size = format->document_max,
		.on_check = check_part,
		.on_done = on_part,
		.on_drop = drop_part,
	};
	struct part_job *job = NULL;
	int rc = -1;

	if (digest != NULL)
		pull.want[pull.want_n++] = *digest;
	if (pull.url == NULL || ferry_calloc(&job, 1, sizeof(*job), err) == -1)
		goto out;
	*job = (struct part_job){ p, i };
	pull.ctx = job;
	if ((rc = ferry_run_pull(p->packages->run, &pull, err)) == 0)
		p->parts_pending++;
	else
		free(job);
out:
	ferry_buf_free(&buf);
	return rc;
}

/* The document is all that is known; parts that were go. */
static int
begin_document(struct ferry_package *p, struct ferry_error *err)
{

	assert(p->asked && p->parts_pending == 0);
	for (size_t i = 1; i < p->parts_n; i++) {
		free(p->parts[i].name);
		free(p->parts[i].url);
	}
	if (ferry_array_grow(
		&p->parts, &p->parts_cap, 1, sizeof(*p->parts), err) == -1)
		return -1;
	p->parts_n = 1;
	p->parts[0] = (struct ferry_package_part){ .size = 0 };
	return 0;
}

/* The document need not be asked for. */
static int
take_document(struct ferry_package *p, const struct ferry_buf *text,
    const struct ferry_digest *sha256, struct ferry_error *err)
{
	struct ferry_document document = { .n = 0 };
	struct ferry_error why = FERRY_ERROR_INIT;
	int rc = 0;

	if (begin_document(p, err) == -1)
		return -1;
	p->parts[0].sha256 = *sha256;
	p->parts[0].size = text->n;
	if (p->packages->format->read(&document, NULL, ferry_bytes_buf(text),
		p->entry.key, &why) == -1)
		ferry_package_fail(p, &why);
	else
		rc = complete_document(p, &document, err);
	ferry_document_free(&document);
	return rc;
}

/* One that was made of what an index says. */
static int
take_text(struct ferry_package *p, const struct ferry_buf *text,
    struct ferry_error *err)
{
	struct ferry_blob_writer *w = NULL;
	struct ferry_digest sha256;
	int rc = -1;

	if (ferry_blob_writer_new(&w, p->packages->run->st,
		FERRY_BLOB_IS_DOCUMENT, 0, err) == -1 ||
	    ferry_blob_writer_write(w, text->p, text->n, err) == -1)
		goto out;
	if (p->packages->run->dry_run)
		ferry_blob_writer_digest(w, FERRY_SHA256, &sha256);
	else if (ferry_blob_writer_finish(w, NULL, 0, &sha256, err) == -1)
		goto out;
	rc = take_document(p, text, &sha256, err);
out:
	ferry_blob_writer_free(w);
	return rc;
}

/* One that has this digest upstream: perhaps it is here. */
static int
ask_changed(struct ferry_package *p, const struct ferry_digest *digest,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_digest sha256;
	int rc = ferry_package_document_here(p, digest, &text, &sha256, err);

	if (rc == 1)
		rc = take_document(p, &text, &sha256, err);
	else if (rc == 0 && (rc = begin_document(p, err)) == 0)
		rc = ask_part(p, 0, digest, err);
	ferry_buf_free(&text);
	return rc;
}

static int
not_in_index(struct ferry_package *p, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;

	ferry_error_set(&why, FERRY_ENOTFOUND,
	    "the index of upstream '%s' does not list it",
	    p->packages->up->name);
	return take_absent(p, &why, err);
}

/* The one that is here was checked lately: 1; 0 it was not; -1. */
static int
take_fresh(struct ferry_package *p, struct ferry_error *err)
{
	struct ferry_document document = { .n = 0 };
	struct ferry_error ignored = FERRY_ERROR_INIT;
	int rc = ferry_package_fresh(p, err);

	/* What cannot be read, or lacks what is wanted, is asked for. */
	if (rc == 1 && (read_parts(p, &document, &ignored) == -1 ||
			   !ferry_package_lists_wants(p, &document))) {
		p->checked_at = 0;
		rc = 0;
	}
	if (rc == 1 && complete_document(p, &document, err) == -1)
		rc = -1;
	ferry_document_free(&document);
	/* What it names besides may be under way, and is read with these. */
	if (p->parts_pending == 0)
		forget_texts(p);
	return rc;
}

int
ferry_package_ask(struct ferry_package *p, struct ferry_error *err)
{
	const struct ferry_package_format *format = p->packages->format;
	struct ferry_known known = { .what = FERRY_KNOWN_NOTHING };
	struct ferry_error why = FERRY_ERROR_INIT;
	int rc = take_fresh(p, err);

	if (rc != 0)
		return rc;
	if (format->known != NULL &&
	    format->known(p->packages, p->entry.key, &known, &why) == -1) {
		ferry_package_fail(p, &why);
		goto out;
	}
	switch (known.what) {
	case FERRY_KNOWN_LATER:
		return 0;
	case FERRY_KNOWN_ABSENT:
		rc = not_in_index(p, err);
		break;
	case FERRY_KNOWN_TEXT:
		rc = take_text(p, &known.text, err);
		break;
	case FERRY_KNOWN_DIGEST:
		rc = ask_changed(p, &known.digest, err);
		break;
	case FERRY_KNOWN_NOTHING:
		if ((rc = begin_document(p, err)) == 0)
			rc = ask_part(p, 0, NULL, err);
		break;
	}
out:
	ferry_buf_free(&known.text);
	return rc == -1 ? -1 : 1;
}

int
ferry_package_choose_again(struct ferry_package *p, struct ferry_error *err)
{
	struct ferry_run *run = p->packages->run;
	struct ferry_document document = { .n = 0 };
	struct ferry_error why = FERRY_ERROR_INIT;
	int rc = 0;

	assert(p->waiting && ferry_package_has_document(p));
	p->waiting = false;
	if (p->without) {
		choose_from(p, &document);
		return 1;
	}
	if (run->dry_run &&
	    ferry_blob_has(run->st, &p->parts[0].sha256, &why) != 1)
		/* Nothing is stored in a dry run: ask again. */
		return ferry_package_ask(p, err) == -1 ? -1 : 1;
	for (size_t i = 0; i < p->parts_n && rc == 0; i++)
		rc = p->parts[i].sha256.n == 0
		         ? 0
		         : ferry_blob_load(run->st, &p->parts[i].sha256,
			       p->packages->format->document_max,
			       &p->parts[i].text, &why);
	if (rc == -1 || read_parts(p, &document, &why) == -1 ||
	    ferry_document_unique(&document, &why) == -1)
		ferry_package_fail(p, &why);
	else
		choose_from(p, &document);
	ferry_document_free(&document);
	forget_texts(p);
	return 1;
}
