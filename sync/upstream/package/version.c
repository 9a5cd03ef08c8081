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
#include "sync/base/task.h"
#include "sync/upstream/ask.h"
#include "sync/upstream/package/packages.h"
#include "sync/upstream/pull.h"

#define NO_KEY "no-key"

/* A file of a version. */
struct file {
	char *name, *url, *path; /* path: or NULL */
	struct ferry_digest
	    digests[FERRY_PULL_WANT_MAX]; /* first upstream's, */
	size_t declared, n; /* then a lock file's */
	bool optional, judged, insist, aside, asked;
	struct ferry_buf text; /* of an aside that came */
	struct ferry_pulled came; /* sha256.n == 0: not, or not there */
};

/*
 * A version that is being dealt with.
 *
 * Invariants:
 *  1. pending counts the transfers under way, and one more while files are
 *     being asked for, so that what ends at once does not end it too early.
 *  2. listed is there until the first transfer, and NULL from then on.
 */
struct job {
	struct ferry_package *package;
	struct ferry_chosen *chosen;
	const struct ferry_listed *listed;
	char *version;
	char *words; /* chosen->files, as they were when it began; or NULL */
	const char *signature; /* a literal of verify(), or NULL */
	bool started; /* chosen->active is this job's */
	json_t *record; /* of what is here; or NULL */
	struct ferry_buf object; /* a copy of listed's, for describe() */
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
		free(job->files[i].url);
		free(job->files[i].path);
		ferry_buf_free(&job->files[i].text);
	}
	if (job->started)
		job->chosen->active = false;
	free(job->files);
	ferry_buf_free(&job->object);
	json_decref(job->record);
	free(job->version);
	free(job->words);
	free(job);
}

static struct ferry_version_at
version_at(const struct job *job, const json_t *record)
{

	return (struct ferry_version_at){ .packages = job->package->packages,
		.name = job->package->entry.key,
		.version = job->version,
		.listed = job->listed,
		.record = record,
		.before = job->record,
		.files = job->words,
		.object = job->listed != NULL ? job->listed->object
		                              : ferry_bytes_buf(&job->object) };
}

/* The version is dealt with, as why says. */
static void
settle(struct ferry_chosen *chosen, const struct ferry_package *p,
    const struct ferry_error *why)
{

	chosen->settled = true;
	chosen->why = *why;
	p->packages->run->settled++;
}

/* It could not be fetched. */
static void
report_failure(const struct job *job)
{
	const struct ferry_recorded of = ferry_package_recorded(job->package);
	struct ferry_package *p = job->package;
	struct ferry_chosen *chosen = job->chosen;
	char item[FERRY_PACKAGE_ITEM];

	ferry_package_item(item, p->packages, p->entry.key, job->version);
	if (ferry_package_tell_lost(p, job->version, &job->why))
		return;
	if (job->why.code == FERRY_EINCIDENT) {
		ferry_recorded_incident(&of, job->version, item, job->why.text);
	} else if (!chosen->needed && job->why.code == FERRY_ENOTFOUND) {
		chosen->lacking = true;
		ferry_run_skip(p->packages->run, item, job->why.text);
	} else {
		ferry_run_fail(p->packages->run, item, &job->why);
	}
}

/* Want what a version needs: what tell says of it. */
static int
want_needs(const struct job *job, const json_t *record, enum ferry_need need,
    int (*tell)(struct ferry_needs *needs, const struct ferry_version_at *at,
	struct ferry_error *err),
    struct ferry_error *err)
{
	const struct ferry_version_at at = version_at(job, record);
	char by[FERRY_PACKAGE_ITEM];
	struct ferry_needs needs = { job->package->packages, by, need, 0 };

	(void)snprintf(by, sizeof(by), "%s@%s", at.name, at.version);
	return tell(&needs, &at, err);
}

static int
want_inside(
    const struct job *job, const json_t *record, struct ferry_error *err)
{
	const struct ferry_package_format *format =
	    job->package->packages->format;
	const struct ferry_version_at at = version_at(job, record);

	if (format->arrived != NULL)
		return format->arrived(&at, job->chosen->closure, err);
	return !job->chosen->inside
	           ? 0
	           : want_needs(job, record,
			 job->chosen->needed ? FERRY_NEEDED
					     : FERRY_NEEDED_IF_THERE,
			 job->package->packages->format->needs_inside, err);
}

/* Whether what lock files say of a version holds; of one that is there those
 * from on. */
static int
check_locks(const struct job *job, const json_t *record, size_t from,
    struct ferry_error *err)
{
	const struct ferry_package_format *format =
	    job->package->packages->format;
	const struct ferry_chosen *chosen = job->chosen;
	const struct ferry_version_at at = version_at(job, record);

	for (size_t i = from; i < chosen->locks_n; i++)
		if (format->agrees(&at, chosen->locks[i].integrity, err) == -1)
			return ferry_error_in(
			    err, "wanted by %s", chosen->locks[i].by);
	return 0;
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

		if (f->came.sha256.n > 0 && !f->aside &&
		    ferry_version_record_file(job->package->packages, record,
			&wanted, &f->came, err) == -1) {
			json_decref(record);
			record = NULL;
		}
	}
	return record;
}

/* As ferry_on_file; ctx is the job.  What was told before is not added. */
static int
add_file(
    void *ctx, const struct ferry_wanted_file *wanted, struct ferry_error *err)
{
	struct job *job = ctx;
	struct file *f;

	assert(wanted->n <= FERRY_FILE_DIGESTS_MAX);
	for (size_t i = 0; i < job->files_n; i++)
		if (strcmp(job->files[i].name, wanted->name) == 0)
			return 0;
	if (ferry_array_grow(&job->files, &job->files_cap, job->files_n + 1,
		sizeof(*job->files), err) == -1)
		return -1;
	f = &job->files[job->files_n++];
	*f = (struct file){ .optional = wanted->optional,
		.judged = wanted->judged,
		.insist = wanted->insist,
		.aside = wanted->aside,
		.declared = wanted->n,
		.n = wanted->n };
	for (size_t i = 0; i < wanted->n; i++)
		f->digests[i] = wanted->digests[i];
	if (ferry_strdup(&f->name, wanted->name, err) == -1 ||
	    ferry_strdup(&f->url, wanted->url, err) == -1 ||
	    (wanted->path != NULL &&
		ferry_strdup(&f->path, wanted->path, err) == -1))
		return -1;
	return 0;
}

static int ask_files(struct job *job, struct ferry_error *err);
static void end_job(struct job *job);

/* With the asides that came. */
static int
describe_new(struct job *job, json_t *record, struct ferry_error *err)
{
	struct ferry_version_at at = version_at(job, record);
	struct ferry_aside *asides = NULL;
	int rc;

	if (ferry_calloc(&asides, job->files_n + 1, sizeof(*asides), err) == -1)
		return -1;
	for (size_t i = 0; i < job->files_n; i++)
		if (job->files[i].aside && job->files[i].text.n > 0)
			asides[at.asides_n++] =
			    (struct ferry_aside){ job->files[i].name,
				    ferry_bytes_buf(&job->files[i].text) };
	at.asides = asides;
	rc = job->package->packages->format->describe(&at, record, err);
	free(asides);
	return rc;
}

/* Put the record, unless the version was here and nothing of it is new: what was
 * asked for once more is still not there.  A version that grew came when it
 * first did. */
static int
record_version(struct job *job, json_t *record, struct ferry_error *err)
{
	struct ferry_run *run = job->package->packages->run;
	json_t *before = json_deep_copy(job->record);
	bool same;

	(void)json_object_del(before, "seq");
	if (before != NULL && job->package->packages->format->grows)
		(void)json_object_set(record, "pulled_at",
		    json_object_get(before, "pulled_at"));
	same = before != NULL && job->package->packages->format->grows &&
	       json_equal(before, record);
	json_decref(before);
	if (!same && ferry_version_record_put(
			 job->package, job->version, record, err) == -1)
		return -1;
	if (!job->chosen->counted) {
		job->chosen->counted = true;
		run->added += !same;
		run->present += same;
	}
	return 0;
}

/* All files that were told of are here: ask for more, or record the version.
 * Returns: 1 it is settled, 0 there is more, -1 of the store or memory. */
static int
complete_version(struct job *job, struct ferry_error *err)
{
	struct ferry_packages *packages = job->package->packages;
	json_t *record = make_record(job, err);
	const struct ferry_version_at at = version_at(job, record);
	size_t before = job->files_n;
	int rc = -1;

	if (record == NULL)
		return -1;
	if (packages->format->more_files != NULL &&
	    (packages->format->more_files(&at, add_file, job, &job->why) ==
		    -1 ||
		(job->files_n > before && ask_files(job, &job->why) == -1))) {
		rc = 1;
	} else if (job->files_n > before) {
		rc = job->pending > 0 ? 0 : complete_version(job, err);
	} else if ((packages->format->describe != NULL &&
		       describe_new(job, record, &job->why) == -1) ||
		   check_locks(job, record, 0, &job->why) == -1) {
		rc = 1;
	} else if (record_version(job, record, err) == 0) {
		rc = want_inside(job, record, &job->why) == -1 &&
		             packages->format->arrived != NULL
		         ? -1
		         : 1;
		if (rc == -1)
			*err = job->why;
	} else if (err->code == FERRY_EFORMAT) {
		job->why = *err;
		rc = 1;
	}
	json_decref(record);
	return rc;
}

/* A transfer ended, or the asking did. */
static void
settle_file(struct job *job)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	int rc = 1;

	assert(job->pending > 0);
	if (--job->pending > 0)
		return;
	if (job->why.code == FERRY_OK)
		rc = complete_version(job, &err);
	/* What failed while others are under way is settled by the last. */
	if (rc == 0 || job->pending > 0)
		return;
	if (rc == -1)
		ferry_run_fatal(job->package->packages->run, &err);
	if (job->why.code != FERRY_OK)
		report_failure(job);
	settle(job->chosen, job->package, &job->why);
	end_job(job);
}

static void
on_file(void *ctx, const struct ferry_pulled *pulled)
{
	struct transfer *transfer = ctx;
	struct job *job = transfer->job;
	struct file *f = &job->files[transfer->file];

	assert(transfer->file < job->files_n && f->came.sha256.n == 0);
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
	assert(job->pending > 0);
	if (--job->pending == 0)
		job_free(job);
}

/* For who waits for it, and is content with what is there. */
static void
on_grow(void *ctx, const struct ferry_blob_writer *writer)
{
	const struct transfer *transfer = ctx;
	const struct job *job = transfer->job;
	const struct ferry_packages *packages = job->package->packages;

	if (transfer->file == 0 && packages->run->on_grow != NULL)
		packages->run->on_grow(packages->run->on_grow_ctx, packages->up,
		    job->package->entry.key, job->version, writer);
}

/* What comes without a digest could be anything, from anywhere. */
static int
check_digests(
    const struct job *job, const struct file *f, struct ferry_error *err)
{
	struct ferry_packages *packages = job->package->packages;

	if (f->n > 0 || f->judged || f->aside)
		return 0;
	if (!packages->up->without_digests)
		return ferry_error_set(err, FERRY_EDIGEST,
		    "neither upstream nor a lock file declares a digest of %s; "
		    "'without_digests = true' of the upstream takes such files "
		    "as they come",
		    f->name);
	ferry_task_note(packages->run->task,
	    "taken as it comes: nobody declares a digest of %s of %s:%s@%s",
	    f->name, packages->format->format, job->package->entry.key,
	    job->version);
	return 0;
}

/* A registry behind TLS does not send us out of it. */
static int
check_url(const struct ferry_packages *packages, const char *url,
    struct ferry_error *err)
{

	if (strncmp(packages->up->url, "https:", 6) != 0 ||
	    strncmp(url, "https:", 6) == 0)
		return 0;
	return ferry_error_set(err, FERRY_EDENIED,
	    "the registry is reached by https, and names a %s at %s; "
	    "anybody on the way could change it",
	    packages->format->file, url);
}

static void
on_aside(
    void *ctx, const struct ferry_fetch_result *result, struct ferry_bytes body)
{
	struct transfer *transfer = ctx;
	struct job *job = transfer->job;
	struct file *f = &job->files[transfer->file];

	free(transfer);
	job->package->packages->run->files++;
	if (result->error.code == FERRY_OK) {
		if (body.n > 0 && job->why.code == FERRY_OK)
			(void)ferry_buf_add(
			    &f->text, body.p, body.n, &job->why);
	} else if (result->error.code != FERRY_ENOTFOUND &&
		   job->why.code == FERRY_OK) {
		job->why = result->error;
	}
	settle_file(job);
}

/* A small text that is looked at and not kept. */
static int
ask_aside(struct job *job, size_t i, struct ferry_error *err)
{
	struct ferry_packages *packages = job->package->packages;
	struct ferry_ask ask = { .origin = &packages->up->origin,
		.url = job->files[i].url,
		.max_size = FERRY_ASIDE_MAX,
		.on_done = on_aside,
		.on_drop = on_drop };
	struct transfer *transfer;

	if (ferry_calloc(&transfer, 1, sizeof(*transfer), err) == -1)
		return -1;
	*transfer = (struct transfer){ job, i };
	ask.ctx = transfer;
	if (ferry_run_ask(packages->run, &ask, err) == -1) {
		free(transfer);
		return -1;
	}
	job->pending++;
	packages->run->files_total++;
	return 0;
}

static int
ask_file(struct job *job, size_t i, struct ferry_error *err)
{
	struct ferry_packages *packages = job->package->packages;
	const struct file *f = &job->files[i];
	struct ferry_pull pull = {
		.up = packages->up,
		.url = f->url,
		.kind = FERRY_BLOB_IS_FILE,
		.algs = packages->format->digests,
		.want_n = f->n,
		.second = f->declared,
		.max_size = packages->format->file_max,
		.on_done = on_file,
		.on_grow = on_grow,
		.on_drop = on_drop,
	};
	struct transfer *transfer;

	if (f->aside)
		return ask_aside(job, i, err);
	for (size_t k = 0; k < f->n; k++)
		pull.want[k] = f->digests[k];
	if (check_digests(job, f, err) == -1 ||
	    check_url(packages, f->url, err) == -1 ||
	    ferry_calloc(&transfer, 1, sizeof(*transfer), err) == -1)
		return -1;
	*transfer = (struct transfer){ job, i };
	pull.ctx = transfer;
	if (ferry_run_pull(packages->run, &pull, err) == -1) {
		free(transfer);
		return -1;
	}
	job->pending++;
	packages->run->files_total++;
	return 0;
}

/* Ask for the files that are not here. */
static int
ask_files(struct job *job, struct ferry_error *err)
{

	for (size_t i = 0; i < job->files_n; i++) {
		if (job->files[i].asked || job->files[i].came.sha256.n > 0)
			continue;
		job->files[i].asked = true;
		if (ask_file(job, i, err) == -1)
			return -1;
	}
	return 0;
}

/* The strongest of n digests of which a record's file has one, or NULL. */
static const struct ferry_digest *
strongest(const struct ferry_digest *digests, size_t n, const json_t *object)
{
	const struct ferry_digest *best = NULL;

	for (size_t i = 0; i < n; i++)
		if ((best == NULL || digests[i].n > best->n) &&
		    json_object_get(object, ferry_alg_name(digests[i].alg)) !=
			NULL)
			best = &digests[i];
	return best;
}

/* What upstream declares of a file must be what its record has. */
static int
check_unchanged(const struct job *job, const struct file *f,
    const json_t *object, struct ferry_error *err)
{
	const struct ferry_digest *best =
	    strongest(f->digests, f->declared, object);
	char hex[FERRY_DIGEST_TEXT];
	const char *known, *alg;

	if (best == NULL)
		return 0;
	alg = ferry_alg_name(best->alg);
	known = json_string_value(json_object_get(object, alg));
	for (size_t i = 0; known != NULL && i < f->declared; i++)
		if (f->digests[i].alg == best->alg &&
		    strcmp(known, ferry_digest_hex(&f->digests[i], hex)) == 0)
			return 0;
	return ferry_error_set(err, FERRY_EINCIDENT,
	    "upstream '%s' now declares %s:%.16s…, but the version here has "
	    "%.16s…; what is here is kept. Ask the registry's owner why a "
	    "published version changed",
	    job->package->packages->up->name, alg, ferry_digest_hex(best, hex),
	    known == NULL ? "none" : known);
}

/* Compare a file with the one of its record, and take that if it is here; what
 * rotted is fetched again. */
static int
find_here(const struct job *job, struct file *f, struct ferry_error *err)
{
	const json_t *object;
	struct ferry_file file;
	size_t i;
	int rc;

	json_array_foreach (json_object_get(job->record, "files"), i, object) {
		if (ferry_files_get(job->record, i, &file, err) == -1)
			return -1;
		if (strcmp(file.name, f->name) != 0)
			continue;
		if (check_unchanged(job, f, object, err) == -1 ||
		    (rc = ferry_blob_has(job->package->packages->run->st,
			 &file.sha256, err)) == -1)
			return -1;
		if (rc == 0)
			break;
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
		break;
	}
	return 0;
}

/* What a lock file says of the first file must be what upstream says: of the
 * strongest algorithm of its that upstream has, one of its digests. */
static int
check_lock(const struct file *f, const struct ferry_digest *lock, size_t n,
    const char *by, struct ferry_error *err)
{
	char a[FERRY_DIGEST_TEXT], b[FERRY_DIGEST_TEXT];
	const struct ferry_digest *mine = NULL, *theirs = NULL;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < f->declared; k++) {
			if (lock[i].alg != f->digests[k].alg ||
			    (mine != NULL && lock[i].n < mine->n))
				continue;
			if (mine != NULL && lock[i].n == mine->n &&
			    ferry_digest_equal(mine, theirs))
				continue;
			mine = &lock[i];
			theirs = &f->digests[k];
		}
	return mine == NULL || ferry_digest_equal(mine, theirs)
	           ? 0
	           : ferry_error_set(err, FERRY_EDIGEST,
			 "%s wants %.20s…, upstream has %.20s…", by,
			 ferry_digest_text(mine, a),
			 ferry_digest_text(theirs, b));
}

/* And of what upstream does not say, what comes. */
static int
add_lock(struct job *job, const struct ferry_package_want *want,
    struct ferry_error *err)
{
	struct ferry_digest lock[FERRY_PULL_WANT_MAX - FERRY_FILE_DIGESTS_MAX];
	struct file *f = job->files;
	int n;

	if (want->integrity == NULL)
		return 0;
	if ((n = ferry_sri_parse(lock, sizeof(lock) / sizeof(lock[0]),
		 ferry_bytes_str(want->integrity), err)) == -1 ||
	    check_lock(f, lock, (size_t)n, want->by, err) == -1)
		return -1;
	for (size_t i = 0; i < (size_t)n; i++)
		f->digests[f->n++] = lock[i];
	return 0;
}

/* A job with the files that upstream has of a version. */
static int
job_new(struct job **out, struct ferry_package *p,
    const struct ferry_package_want *want, struct ferry_chosen *chosen,
    const struct ferry_listed *listed, struct ferry_error *err)
{
	const struct ferry_package_format *format = p->packages->format;
	const struct ferry_recorded of = ferry_package_recorded(p);
	struct ferry_version_at at;
	struct job *job;

	if (ferry_calloc(&job, 1, sizeof(*job), err) == -1)
		return -1;
	job->package = p;
	job->listed = listed;
	job->chosen = chosen;
	if (ferry_strdup(&job->version, listed->version, err) == 0 &&
	    (chosen->files == NULL ||
		ferry_strdup(&job->words, chosen->files, err) == 0) &&
	    ferry_recorded_get(&of, job->version, &job->record, err) != -1) {
		at = version_at(job, format->grows ? job->record : NULL);
		if (format->files(&at, add_file, job, err) == 0 &&
		    (job->files_n == 0 || format->agrees != NULL ||
			add_lock(job, want, err) == 0)) {
			*out = job;
			return 0;
		}
	}
	job_free(job);
	return -1;
}

static void
plan_version(const struct job *job, const char *item)
{
	const struct ferry_package_format *format =
	    job->package->packages->format;
	uint64_t size = format->size == NULL ? 0 : format->size(job->listed);

	(void)json_array_append_new(job->package->packages->run->plan,
	    json_pack("{s:s,s:I}", "item", item, format->plan_size,
		(json_int_t)size));
	job->package->packages->run->added++;
}

static int
check_signature(struct job *job, const struct ferry_document *document,
    struct ferry_error *err)
{
	const struct ferry_version_at at = version_at(job, NULL);

	return job->package->packages->format->verify == NULL
	           ? 0
	           : job->package->packages->format->verify(
			 &at, document, &job->signature, err);
}

/* What the document says of a version that is here may have changed. */
static int
describe_present(const struct job *job, struct ferry_error *why)
{
	const struct ferry_package_format *format =
	    job->package->packages->format;
	struct ferry_version_at at;
	json_t *record;
	int rc;

	if (format->describe == NULL || job->package->packages->run->dry_run)
		return 0;
	if ((record = json_deep_copy(job->record)) == NULL)
		return ferry_error_set(why, FERRY_ENOMEM, "no memory");
	(void)json_object_del(record, "seq");
	at = version_at(job, record);
	if ((rc = format->describe(&at, record, why)) == 1)
		rc = ferry_version_record_put(
		    job->package, job->version, record, why);
	json_decref(record);
	return rc;
}

/* Of a version that is here: 0, or -1. */
static int
choose_present(struct job *job, const struct ferry_document *document,
    struct ferry_error *why)
{
	const struct ferry_recorded of = ferry_package_recorded(job->package);
	const char *known =
	    json_string_value(json_object_get(job->record, "signature"));

	job->package->packages->run->present += !job->chosen->counted;
	job->chosen->counted = true;
	/* Its keys were not known when it came; they may be now. */
	if (known != NULL && strcmp(known, NO_KEY) == 0 &&
	    check_signature(job, document, why) == -1) {
		why->code = FERRY_EINCIDENT;
		return -1;
	}
	if (ferry_recorded_agrees(&of, job->version, why) == -1 ||
	    describe_present(job, why) == -1 ||
	    check_locks(job, job->record, 0, why) == -1)
		return -1;
	return want_inside(job, job->record, why);
}

/* Of one that is not: 1 it is under way (and takes job), 0 it was planned,
 * -1. */
static int
choose_absent(struct job *job, const struct ferry_document *document,
    const char *item, struct ferry_error *why)
{

	if (check_signature(job, document, why) == -1)
		return -1;
	if (job->package->packages->run->dry_run) {
		plan_version(job, item);
		return 0;
	}
	if (job->package->packages->format->describe != NULL &&
	    ferry_buf_add(&job->object, job->listed->object.p,
		job->listed->object.n, why) == -1)
		return -1;
	assert(job->pending == 0 && !job->chosen->active);
	job->pending = 1;
	job->started = job->chosen->active = true;
	job->listed = NULL;
	if (ask_files(job, &job->why) == -1 && job->pending == 1) {
		*why = job->why;
		return -1;
	}
	settle_file(job);
	return 1;
}

/* For who waits for it; no failure: 0. */
static int
set_removed(struct ferry_error *why)
{

	ferry_error_set(why, FERRY_EDENIED,
	    "this version was removed here; 'ferry restore' lifts that");
	return 0;
}

/* Look for the version, or get it; frees or keeps job.  Returns: 1 it is under
 * way; 0 it is dealt with, *why saying if there was an incident; -1. */
static int
choose_new(struct job *job, const struct ferry_document *document,
    const char *item, struct ferry_error *why)
{
	const struct ferry_recorded of = ferry_package_recorded(job->package);
	bool here = job->record != NULL;
	int rc = 0, removed = 0;

	for (size_t i = 0; i < job->files_n; i++) {
		struct file *f = &job->files[i];

		if (f->aside)
			continue;
		if ((rc = find_here(job, f, why)) == -1)
			goto out;
		here = here &&
		       (f->came.sha256.n > 0 || (f->optional && !f->insist));
	}
	removed = ferry_recorded_is_removed(&of, job->version, why);
	if (removed == 1) {
		rc = ferry_recorded_agrees(&of, job->version, why);
		if (rc != -1)
			rc = set_removed(why);
	} else if (removed == -1) {
		rc = -1;
	} else if (here) {
		rc = choose_present(job, document, why);
	} else if ((rc = choose_absent(job, document, item, why)) == 1) {
		return 1;
	}
out:
	if (rc == -1 || removed == 1)
		(void)ferry_package_tell_lost(job->package, job->version, why);
	if (rc == -1 && why->code == FERRY_EINCIDENT) {
		ferry_recorded_incident(&of, job->version, item, why->text);
		rc = 0;
	}
	job_free(job);
	return rc;
}

/* A job ended: once more, if more of the version was wanted meanwhile. */
static void
end_job(struct job *job)
{
	const struct ferry_document none = { .n = 0 };
	struct ferry_package *p = job->package;
	struct ferry_chosen *chosen = job->chosen;
	const struct ferry_listed listed = { .version = job->version,
		.number_n = strlen(job->version),
		.object = ferry_bytes_buf(&job->object) };
	const struct ferry_package_want want = {
		.need = chosen->needed ? FERRY_NEEDED : FERRY_NEEDED_IF_THERE,
		.closure = chosen->closure
	};
	bool again = chosen->again && job->why.code == FERRY_OK;
	struct ferry_error why = FERRY_ERROR_INIT;
	char item[FERRY_PACKAGE_ITEM];
	struct job *next = NULL;

	chosen->active = chosen->again = false;
	if (again) {
		ferry_package_item(
		    item, p->packages, p->entry.key, job->version);
		if (job_new(&next, p, &want, chosen, &listed, &why) == -1 ||
		    choose_new(next, &none, item, &why) == -1)
			ferry_run_fail(p->packages->run, item, &why);
	}
	job->started = false;
	job_free(job);
}

/* Keep what the lock file of want says of a version. */
static int
add_chosen_lock(struct ferry_chosen *chosen,
    const struct ferry_package_want *want, struct ferry_error *err)
{
	struct ferry_chosen_lock *lock;

	if (ferry_array_grow(&chosen->locks, &chosen->locks_cap,
		chosen->locks_n + 1, sizeof(*chosen->locks), err) == -1)
		return -1;
	lock = &chosen->locks[chosen->locks_n++];
	*lock = (struct ferry_chosen_lock){ NULL, NULL };
	return ferry_strdup(&lock->integrity, want->integrity, err) == -1 ||
	               ferry_strdup(&lock->by, want->by, err) == -1
	           ? -1
	           : 0;
}

/* A version that was dealt with, and is here, is asked for more than before:
 * what its record says of that.  locks: of those that are new. */
static int
choose_more(
    const struct job *self, bool inside, size_t locks, struct ferry_error *why)
{
	const struct ferry_recorded of = ferry_package_recorded(self->package);
	json_t *record = NULL;
	int rc = ferry_recorded_get(&of, self->version, &record, why);

	if (rc == 1 && (rc = check_locks(self, record, locks, why)) == 0 &&
	    inside)
		rc = want_inside(self, record, why);
	json_decref(record);
	return rc == -1 ? -1 : 0;
}

/* What is wrong with one version is a failure of that version only; of one that
 * was dealt with, a lock file may still say something else. */
static int
choose_again(const struct job *self, const struct ferry_package_want *want,
    struct ferry_chosen *chosen, bool inside, size_t locks,
    struct ferry_error *why)
{
	struct job *job = NULL;

	if (want->integrity != NULL) {
		if (job_new(&job, self->package, want, chosen, self->listed,
			why) == -1)
			return -1;
		job_free(job);
	}
	if (chosen->active || (!inside && locks == chosen->locks_n))
		return 0;
	return choose_more(self, inside, locks, why);
}

int
ferry_version_choose(struct ferry_package *p,
    const struct ferry_package_want *want,
    const struct ferry_document *document, const struct ferry_listed *listed,
    struct ferry_error *err)
{
	struct job self = {
		.package = p, .listed = listed, .version = listed->version
	};
	const struct ferry_package_format *format = p->packages->format;
	struct ferry_chosen *chosen = ferry_chosen_find(p, listed->version);
	struct ferry_error why = FERRY_ERROR_INIT;
	bool known = chosen != NULL, inside;
	char item[FERRY_PACKAGE_ITEM];
	struct job *job = NULL;
	size_t locks;
	int grew, rc;

	ferry_package_item(item, p->packages, p->entry.key, listed->version);
	if (!known && (chosen = ferry_table_add(&p->chosen, listed->version,
			   sizeof(*chosen), err)) == NULL)
		return -1;
	if (want->need == FERRY_NEEDED)
		ferry_chosen_need(p, chosen, item);
	self.chosen = chosen;
	inside = !chosen->inside && want->closure &&
	         format->needs_inside != NULL &&
	         (format->has_inside == NULL || format->has_inside(listed));
	chosen->inside = chosen->inside || inside;
	locks = chosen->locks_n;
	if ((format->agrees != NULL && want->integrity != NULL &&
		add_chosen_lock(chosen, want, err) == -1) ||
	    (grew = ferry_chosen_grow(p, chosen, want, err)) == -1)
		return -1;
	if (!known || (format->grows && grew == 1 && !chosen->active))
		rc = job_new(&job, p, want, chosen, listed, &why) == -1
		         ? -1
		         : choose_new(job, document, item, &why);
	else
		rc = choose_again(&self, want, chosen, inside, locks, &why);
	chosen->again = chosen->again ||
	                (known && chosen->active && format->grows && grew == 1);
	if (rc == -1)
		ferry_run_fail(p->packages->run, item, &why);
	if (!known && rc != 1)
		settle(chosen, p, &why);
	return want->closure && format->needs != NULL
	           ? want_needs(&self, NULL, want->need, format->needs, err)
	           : 0;
}
