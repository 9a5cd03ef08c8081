/*
 * One version of a package: is it here, does upstream say the same of it as
 * before, and if not here, its files.
 *
 * A version is recorded when all its files are here; what came of one that
 * cannot be completed is left for gc.
 */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "store/catalog/removal.h"
#include "sync/base/task.h"
#include "sync/upstream/package/packages.h"
#include "sync/upstream/pull.h"

#define NO_KEY "no-key"

/* A file of a version under way. */
struct file {
	char *name, *path; /* path: or NULL */
	bool optional;
	struct ferry_pulled came; /* sha256.n == 0: not, or not there */
};

/*
 * A version that is being fetched.
 *
 * Invariant: pending counts the transfers under way, and one more while files
 * are being asked for, so that what ends at once does not end it too early.
 */
struct job {
	struct ferry_package *package;
	char *version;
	const char *signature; /* a literal of verify(), or NULL */
	const char *integrity; /* a lock file's, or NULL; for the first file */
	bool inside; /* what its files say it needs is wanted, too */
	bool needed;
	json_t *before; /* its record, where some of the files are here */
	struct file *files; /* in the order in which they were told */
	size_t files_n, files_cap, pending;
	struct ferry_error why; /* the first failure */
};

/* The ctx of a transfer. */
struct transfer {
	struct job *job;
	size_t file;
};

static void
job_free(struct job *job)
{

	for (size_t i = 0; i < job->files_n; i++) {
		free(job->files[i].name);
		free(job->files[i].path);
	}
	free(job->files);
	json_decref(job->before);
	free(job->version);
	free(job);
}

static struct ferry_version_at
version_at(const struct ferry_package *p, const char *version,
    const struct ferry_listed *listed, const json_t *record)
{

	return (struct ferry_version_at){ p->packages, p->entry.key, version,
		listed, record };
}

static struct ferry_chosen *
find_chosen(const struct ferry_package *p, const char *version)
{

	return (struct ferry_chosen *)ferry_table_find(&p->chosen, version);
}

/* It could not be fetched. */
static void
report_failure(
    struct ferry_package *p, const char *version, const struct ferry_error *why)
{
	struct ferry_chosen *chosen = find_chosen(p, version);
	char item[FERRY_PACKAGE_ITEM];

	ferry_package_item(item, p->packages, p->entry.key, version);
	if (!chosen->needed && why->code == FERRY_ENOTFOUND) {
		chosen->lacking = true;
		ferry_run_skip(p->packages->run, item, why->text);
	} else {
		ferry_run_fail(p->packages->run, item, why);
	}
}

/* Want what the files of a version say that it needs. */
static int
want_inside(struct ferry_package *p, const char *version, bool needed,
    const json_t *record, struct ferry_error *err)
{
	const struct ferry_version_at at = version_at(p, version, NULL, record);
	char by[FERRY_PACKAGE_ITEM];
	struct ferry_needs needs = { p->packages, by,
		needed ? FERRY_NEEDED : FERRY_NEEDED_IF_THERE };

	(void)snprintf(by, sizeof(by), "%s@%s", p->entry.key, version);
	return p->packages->format->needs_inside(&needs, &at, err);
}

/* The record of what came so far; NULL with err set. */
static json_t *
make_record(const struct job *job, struct ferry_error *err)
{
	json_t *record = ferry_version_record_new(job->signature, err);

	for (size_t i = 0; record != NULL && i < job->files_n; i++) {
		const struct file *f = &job->files[i];
		const struct ferry_wanted_file wanted = { .name = f->name,
			.path = f->path };

		if (f->came.sha256.n > 0 &&
		    ferry_version_record_file(job->package->packages, record,
			&wanted, &f->came, err) == -1) {
			json_decref(record);
			record = NULL;
		}
	}
	return record;
}

static int ask_file(
    void *ctx, const struct ferry_wanted_file *wanted, struct ferry_error *err);

/* All files that were told of are here: ask for more, or record the version.
 * Returns: 1 recorded, 0 there is more, -1. */
static int
complete_version(struct job *job, struct ferry_error *err)
{
	struct ferry_package *p = job->package;
	struct ferry_run *run = p->packages->run;
	json_t *record = make_record(job, err);
	struct ferry_error why = FERRY_ERROR_INIT;
	const struct ferry_version_at at =
	    version_at(p, job->version, NULL, record);
	size_t before = job->files_n;
	int rc = -1;

	if (record == NULL)
		return -1;
	if (p->packages->format->more_files != NULL) {
		job->pending++;
		rc = p->packages->format->more_files(&at, ask_file, job, &why);
		job->pending--;
		if (rc == -1) {
			job->why = why;
			rc = 1;
			goto out;
		}
		if (job->files_n > before) {
			rc = job->pending > 0 ? 0 : complete_version(job, err);
			goto out;
		}
	}
	if ((rc = ferry_version_record_put(p, job->version, record, err)) == -1)
		goto out;
	run->added++;
	rc = 1;
	if (job->inside &&
	    want_inside(p, job->version, job->needed, record, &why) == -1)
		job->why = why;
out:
	json_decref(record);
	return rc;
}

/* A transfer ended, or the asking did. */
static void
settle_file(struct job *job)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_package *p = job->package;

	assert(job->pending > 0);
	if (--job->pending > 0)
		return;
	if (job->why.code == FERRY_OK) {
		int rc = complete_version(job, &err);

		if (rc == 0)
			return;
		if (rc == -1)
			p->packages->run->fatal = err;
	}
	if (job->why.code != FERRY_OK)
		report_failure(p, job->version, &job->why);
	job_free(job);
}

static void
on_file(void *ctx, const struct ferry_pulled *pulled)
{
	struct transfer *transfer = ctx;
	struct job *job = transfer->job;
	struct file *f = &job->files[transfer->file];

	free(transfer);
	job->package->packages->run->files++;
	f->came = *pulled;
	if (pulled->error.code != FERRY_OK) {
		f->came.sha256.n = 0;
		if (!(f->optional && pulled->error.code == FERRY_ENOTFOUND) &&
		    job->why.code == FERRY_OK)
			job->why = pulled->error;
	}
	settle_file(job);
}

static void
on_drop(void *ctx)
{
	struct transfer *transfer = ctx;
	struct job *job = transfer->job;

	free(transfer);
	if (--job->pending == 0)
		job_free(job);
}

/* A registry behind TLS does not send us out of it. */
static int
check_url(
    const struct ferry_package *p, const char *url, struct ferry_error *err)
{

	if (strncmp(p->packages->up->url, "https:", 6) != 0 ||
	    strncmp(url, "https:", 6) == 0)
		return 0;
	return ferry_error_set(err, FERRY_EDENIED,
	    "the registry is reached by https, and names a %s at %s; "
	    "anybody on the way could change it",
	    p->packages->format->file, url);
}

/* The file, if it is here since before: 1, 0, -1. */
static int
take_before(struct job *job, struct file *f, struct ferry_error *err)
{
	const json_t *files = json_object_get(job->before, "files"), *object;
	struct ferry_file file;
	size_t i;
	int rc;

	json_array_foreach (files, i, object) {
		if (ferry_files_get(job->before, i, &file, err) == -1)
			return -1;
		if (strcmp(file.name, f->name) != 0)
			continue;
		rc = ferry_blob_has(
		    job->package->packages->run->st, &file.sha256, err);
		if (rc != 1)
			return rc;
		f->came.sha256 = file.sha256;
		f->came.size = file.size;
		for (int alg = 0; alg < FERRY_ALGS; alg++) {
			const char *hex = json_string_value(json_object_get(
			    object, ferry_alg_name((enum ferry_alg)alg)));

			if (hex != NULL &&
			    ferry_digest_from_hex(&f->came.digests[alg],
				(enum ferry_alg)alg, ferry_bytes_str(hex),
				err) == -1)
				return -1;
		}
		return 1;
	}
	return 0;
}

/* Set what the bytes must be.  Upstream may declare less than a lock file. */
static int
set_digests(const struct job *job, const struct ferry_wanted_file *wanted,
    struct ferry_pull *pull, struct ferry_error *err)
{
	size_t max = sizeof(pull->want) / sizeof(pull->want[0]);
	int n = 0;

	assert(wanted->n <= max);
	for (size_t i = 0; i < wanted->n; i++)
		pull->want[pull->want_n++] = wanted->digests[i];
	if (job->files_n == 1 && job->integrity != NULL && pull->want_n < max)
		n = ferry_sri_parse(&pull->want[pull->want_n],
		    max - pull->want_n, ferry_bytes_str(job->integrity), err);
	if (n == -1)
		return -1;
	pull->want_n += (size_t)n;
	if (pull->want_n == 0 && job->files_n == 1)
		ferry_task_note(job->package->packages->run->task,
		    "taken as it comes: neither upstream nor a lock file "
		    "declares a digest of %s:%s@%s",
		    job->package->packages->format->format,
		    job->package->entry.key, job->version);
	return 0;
}

static int
add_file(struct job *job, const struct ferry_wanted_file *wanted,
    struct ferry_error *err)
{
	struct file *f;

	if (ferry_array_grow(&job->files, &job->files_cap, job->files_n + 1,
		sizeof(*job->files), err) == -1)
		return -1;
	f = &job->files[job->files_n++];
	*f = (struct file){ .optional = wanted->optional };
	if (ferry_strdup(&f->name, wanted->name, err) == -1 ||
	    (wanted->path != NULL &&
		ferry_strdup(&f->path, wanted->path, err) == -1))
		return -1;
	return 0;
}

/* As ferry_on_file; ctx is the job. */
static int
ask_file(
    void *ctx, const struct ferry_wanted_file *wanted, struct ferry_error *err)
{
	struct job *job = ctx;
	struct ferry_packages *packages = job->package->packages;
	struct ferry_pull pull = {
		.up = packages->up,
		.url = wanted->url,
		.kind = FERRY_BLOB_IS_FILE,
		.algs = packages->format->digests,
		.max_size = packages->format->file_max,
		.on_done = on_file,
		.on_drop = on_drop,
	};
	struct transfer *transfer;
	int rc;

	for (size_t i = 0; i < job->files_n; i++)
		if (strcmp(job->files[i].name, wanted->name) == 0)
			return 0;
	if (add_file(job, wanted, err) == -1)
		return -1;
	if ((rc = take_before(job, &job->files[job->files_n - 1], err)) != 0)
		return rc == 1 ? 0 : -1;
	if (check_url(job->package, wanted->url, err) == -1 ||
	    set_digests(job, wanted, &pull, err) == -1 ||
	    ferry_calloc(&transfer, 1, sizeof(*transfer), err) == -1)
		return -1;
	*transfer = (struct transfer){ job, job->files_n - 1 };
	pull.ctx = transfer;
	if (ferry_run_pull(packages->run, &pull, err) == -1) {
		free(transfer);
		return -1;
	}
	job->pending++;
	packages->run->files_total++;
	return 0;
}

static int
fetch_version(struct ferry_package *p, const struct ferry_package_want *want,
    const struct ferry_listed *listed, const char *signature, bool inside,
    json_t *before, struct ferry_error *err)
{
	const struct ferry_version_at at =
	    version_at(p, listed->version, listed, before);
	struct job *job;

	if (ferry_calloc(&job, 1, sizeof(*job), err) == -1)
		return -1;
	job->package = p;
	job->signature = signature;
	job->inside = inside;
	job->needed = want->need == FERRY_NEEDED;
	job->before = json_incref(before);
	job->integrity = want->integrity;
	job->pending = 1;
	if (ferry_strdup(&job->version, listed->version, err) == -1 ||
	    p->packages->format->files(&at, ask_file, job, err) == -1) {
		/* What is under way already ends for itself. */
		job->why = *err;
		job->integrity = NULL;
		if (--job->pending == 0) {
			job_free(job);
			return -1;
		}
		return 0;
	}
	job->integrity = NULL; /* only borrowed */
	settle_file(job);
	return 0;
}

/* What is known of a version that is here, while its files are told. */
struct look {
	struct ferry_package *package;
	const struct ferry_package_want *want;
	const json_t *record; /* or NULL */
	size_t told;
	bool here; /* all files so far */
};

/* What upstream declares of a file must be what the record has. */
static int
check_unchanged(const struct look *look, const struct ferry_wanted_file *wanted,
    const json_t *object, struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];

	for (size_t i = 0; i < wanted->n; i++) {
		const struct ferry_digest *d = &wanted->digests[i];
		const char *known = json_string_value(
		    json_object_get(object, ferry_alg_name(d->alg)));

		if (known != NULL &&
		    strcmp(known, ferry_digest_hex(d, hex)) != 0)
			return ferry_error_set(err, FERRY_EINCIDENT,
			    "upstream '%s' now declares %s:%.16s…, but the "
			    "version here has %.16s…; what is here is kept. "
			    "Ask the registry's owner why a published version "
			    "changed",
			    look->package->packages->up->name,
			    ferry_alg_name(d->alg), hex, known);
	}
	return 0;
}

/* What a lock file says of a version must be what upstream says. */
static int
check_lock(const struct ferry_package_want *want,
    const struct ferry_wanted_file *wanted, struct ferry_error *err)
{
	char a[FERRY_DIGEST_TEXT], b[FERRY_DIGEST_TEXT];
	struct ferry_digest lock[4];
	int n;

	if (want->integrity == NULL)
		return 0;
	if ((n = ferry_sri_parse(
		 lock, 4, ferry_bytes_str(want->integrity), err)) == -1)
		return -1;
	for (size_t i = 0; i < (size_t)n; i++)
		for (size_t k = 0; k < wanted->n; k++)
			if (lock[i].alg == wanted->digests[k].alg &&
			    !ferry_digest_equal(&lock[i], &wanted->digests[k]))
				return ferry_error_set(err, FERRY_EDIGEST,
				    "%s wants %.20s…, upstream has %.20s…",
				    want->by, ferry_digest_text(&lock[i], a),
				    ferry_digest_text(&wanted->digests[k], b));
	return 0;
}

/* As ferry_on_file: compare with what is here. */
static int
look_at_file(
    void *ctx, const struct ferry_wanted_file *wanted, struct ferry_error *err)
{
	struct look *look = ctx;
	const json_t *files = json_object_get(look->record, "files"), *object;
	struct ferry_file file;
	size_t i;
	int rc;

	if (look->told++ == 0 && check_lock(look->want, wanted, err) == -1)
		return -1;
	json_array_foreach (files, i, object) {
		if (ferry_files_get(look->record, i, &file, err) == -1)
			return -1;
		if (strcmp(file.name, wanted->name) != 0)
			continue;
		if (check_unchanged(look, wanted, object, err) == -1)
			return -1;
		/* What rotted is fetched again. */
		rc = ferry_blob_has(
		    look->package->packages->run->st, &file.sha256, err);
		look->here = look->here && rc == 1;
		return rc == -1 ? -1 : 0;
	}
	look->here = look->here && wanted->optional;
	return 0;
}

static void
plan_version(struct ferry_package *p, const char *item,
    const struct ferry_listed *listed)
{
	const struct ferry_package_format *format = p->packages->format;
	uint64_t size = format->size == NULL ? 0 : format->size(listed);

	(void)json_array_append_new(
	    p->packages->run->plan, json_pack("{s:s,s:I}", "item", item,
					format->plan_size, (json_int_t)size));
	p->packages->run->added++;
}

static bool
wants_inside(const struct ferry_package *p,
    const struct ferry_package_want *want, const struct ferry_listed *listed)
{
	const struct ferry_package_format *format = p->packages->format;

	return want->closure && format->needs_inside != NULL &&
	       (format->has_inside == NULL || format->has_inside(listed));
}

static int
check_signature(struct ferry_package *p, const struct ferry_document *document,
    const struct ferry_listed *listed, const char **word,
    struct ferry_error *err)
{
	const struct ferry_version_at at =
	    version_at(p, listed->version, listed, NULL);

	*word = NULL;
	return p->packages->format->verify == NULL
	           ? 0
	           : p->packages->format->verify(&at, document, word, err);
}

/* Of a version that is here: 0, or -1. */
static int
choose_present(struct ferry_package *p, const struct ferry_package_want *want,
    const struct ferry_document *document, const struct ferry_listed *listed,
    const json_t *record, struct ferry_error *why)
{
	const char *known =
	    json_string_value(json_object_get(record, "signature"));
	const char *word;

	p->packages->run->present++;
	/* Its keys were not known when it came; they may be now. */
	if (known != NULL && strcmp(known, NO_KEY) == 0 &&
	    check_signature(p, document, listed, &word, why) == -1) {
		why->code = FERRY_EINCIDENT;
		return -1;
	}
	if (ferry_version_agrees(p, listed->version, why) == -1)
		return -1;
	return wants_inside(p, want, listed)
	           ? want_inside(p, listed->version, want->need == FERRY_NEEDED,
			 record, why)
	           : 0;
}

static int
choose_absent(struct ferry_package *p, const struct ferry_package_want *want,
    const struct ferry_document *document, const struct ferry_listed *listed,
    json_t *before, const char *item, struct ferry_error *why)
{
	const char *signature;

	if (check_signature(p, document, listed, &signature, why) == -1)
		return -1;
	if (p->packages->run->dry_run) {
		plan_version(p, item, listed);
		return 0;
	}
	return fetch_version(p, want, listed, signature,
	    wants_inside(p, want, listed), before, why);
}

/* Returns: 0, or -1: what is wrong with this version. */
static int
choose_new(struct ferry_package *p, const struct ferry_package_want *want,
    const struct ferry_document *document, const struct ferry_listed *listed,
    const char *item, struct ferry_error *why)
{
	const struct ferry_package_format *format = p->packages->format;
	struct ferry_run *run = p->packages->run;
	struct look look = { .package = p, .want = want, .here = true };
	struct ferry_version_at at;
	struct ferry_key key;
	json_t *record = NULL;
	int rc, removed = 0;

	if (ferry_key_make(&key, why, "version", format->format, p->entry.key,
		p->packages->up->name, listed->version, NULL) == -1 ||
	    (rc = ferry_catalog_get(run->st, &key, &record, why)) == -1)
		return -1;
	look.record = record;
	look.here = rc == 1;
	at = version_at(p, listed->version, listed, record);
	rc = format->files(&at, look_at_file, &look, why);
	if (rc == 0 &&
	    (removed = ferry_removal_stands(run->st, &key, why)) == 1) {
		run->removed++;
		rc = ferry_version_agrees(p, listed->version, why);
	} else if (rc == 0 && removed == 0) {
		rc = look.here ? choose_present(
				     p, want, document, listed, record, why)
		               : choose_absent(p, want, document, listed,
				     record, item, why);
	} else if (rc == 0) {
		rc = -1;
	}
	if (rc == -1 && why->code == FERRY_EINCIDENT) {
		ferry_run_incident(run, &key, item, why->text);
		rc = 0;
	}
	json_decref(record);
	return rc;
}

/* A version that was dealt with is wanted again: by a lock file that may say
 * something else of it. */
static int
check_again(struct ferry_package *p, const struct ferry_package_want *want,
    const struct ferry_listed *listed, struct ferry_error *why)
{
	struct look look = { .package = p, .want = want };
	const struct ferry_version_at at =
	    version_at(p, listed->version, listed, NULL);

	return want->integrity == NULL
	           ? 0
	           : p->packages->format->files(&at, look_at_file, &look, why);
}

/* What was optional so far is needed; perhaps it is known to be lacking. */
static void
mark_needed(const struct ferry_package *p, struct ferry_chosen *chosen,
    const char *item)
{
	struct ferry_error why = FERRY_ERROR_INIT;

	chosen->needed = true;
	if (!chosen->lacking)
		return;
	chosen->lacking = false;
	ferry_error_set(&why, FERRY_ENOTFOUND,
	    "upstream '%s' names this version and lacks its %s",
	    p->packages->up->name, p->packages->format->file);
	ferry_run_fail(p->packages->run, item, &why);
}

static int
want_needs(struct ferry_package *p, const struct ferry_package_want *want,
    const struct ferry_listed *listed, struct ferry_error *err)
{
	const struct ferry_version_at at =
	    version_at(p, listed->version, listed, NULL);
	char by[FERRY_PACKAGE_ITEM];
	struct ferry_needs needs = { p->packages, by, want->need };

	if (!want->closure || p->packages->format->needs == NULL)
		return 0;
	(void)snprintf(by, sizeof(by), "%s@%s", p->entry.key, listed->version);
	return p->packages->format->needs(&needs, &at, err);
}

int
ferry_version_choose(struct ferry_package *p,
    const struct ferry_package_want *want,
    const struct ferry_document *document, const struct ferry_listed *listed,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_chosen *chosen = find_chosen(p, listed->version);
	bool known = chosen != NULL;
	char item[FERRY_PACKAGE_ITEM];

	ferry_package_item(item, p->packages, p->entry.key, listed->version);
	if (!known && (chosen = ferry_table_add(&p->chosen, listed->version,
			   sizeof(*chosen), err)) == NULL)
		return -1;
	if (want->need == FERRY_NEEDED)
		mark_needed(p, chosen, item);
	/* What is wrong with one version is a failure of that version only. */
	if ((known ? check_again(p, want, listed, &why)
		   : choose_new(p, want, document, listed, item, &why)) == -1)
		ferry_run_fail(p->packages->run, item, &why);
	return want_needs(p, want, listed, err);
}
