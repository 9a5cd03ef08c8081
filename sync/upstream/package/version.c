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
#include "sync/upstream/package/job.h"

#define NO_KEY "no-key"

static struct ferry_version_at
version_at(const struct ferry_job *job, const json_t *record)
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

	const struct ferry_recorded of = ferry_package_recorded(p);
	struct ferry_error err = FERRY_ERROR_INIT;

	if (why->code == FERRY_OK &&
	    ferry_recorded_wanted(&of, chosen->entry.key, &err) == -1)
		ferry_run_fatal(p->packages->run, &err);
	chosen->settled = true;
	chosen->why = *why;
	p->packages->run->settled++;
}

/* It could not be fetched. */
static void
report_failure(const struct ferry_job *job)
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
want_needs(const struct ferry_job *job, const json_t *record,
    enum ferry_need need,
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
    const struct ferry_job *job, const json_t *record, struct ferry_error *err)
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
check_locks(const struct ferry_job *job, const json_t *record, size_t from,
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

static void end_job(struct ferry_job *job);

/* Call with the asides that were asked for. */
static int
with_asides(struct ferry_job *job, json_t *record,
    int (*call)(struct ferry_job *job, const struct ferry_version_at *at,
	json_t *record, struct ferry_error *err),
    struct ferry_error *err)
{
	struct ferry_version_at at = version_at(job, record);
	int rc = ferry_job_asides(job, &at, err);

	if (rc == 0)
		rc = call(job, &at, record, err);
	free((void *)(uintptr_t)at.asides);
	return rc;
}

static int
describe_new(struct ferry_job *job, const struct ferry_version_at *at,
    json_t *record, struct ferry_error *err)
{

	return job->package->packages->format->describe(at, record, err);
}

static int
tell_more(struct ferry_job *job, const struct ferry_version_at *at,
    json_t *record, struct ferry_error *err)
{

	(void)record;
	return job->package->packages->format->more_files(
	    at, ferry_job_add_file, job, err);
}

/* Put the record, unless the version was here and nothing of it is new: what was
 * asked for once more is still not there.  A version that grew came when it
 * first did. */
static int
record_version(struct ferry_job *job, json_t *record, struct ferry_error *err)
{
	static const char *const lasting[] = { "pulled_at", "gone_at", "kept" };
	struct ferry_run *run = job->package->packages->run;
	json_t *before = json_deep_copy(job->record);
	bool same;

	(void)json_object_del(before, "seq");
	if (before != NULL && job->package->packages->format->grows)
		for (size_t i = 0; i < sizeof(lasting) / sizeof(lasting[0]);
		     i++)
			if (json_object_get(before, lasting[i]) != NULL)
				(void)json_object_set(record, lasting[i],
				    json_object_get(before, lasting[i]));
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
complete_version(struct ferry_job *job, struct ferry_error *err)
{
	struct ferry_packages *packages = job->package->packages;
	json_t *record = ferry_job_record(job, err);
	const struct ferry_version_at at = version_at(job, record);
	size_t before = job->files_n;
	int rc = -1;

	if (record == NULL)
		return -1;
	if (packages->format->more_files != NULL &&
	    (with_asides(job, record, tell_more, &job->why) == -1 ||
		(job->files_n > before &&
		    ferry_job_ask_files(job, &job->why) == -1))) {
		rc = 1;
	} else if (job->files_n > before) {
		rc = job->pending > 0 ? 0 : complete_version(job, err);
	} else if ((packages->format->describe != NULL &&
		       with_asides(job, record, describe_new, &job->why) ==
			   -1) ||
		   ferry_package_check_licence(&at, &job->why) == -1 ||
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
settle_file(struct ferry_job *job)
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

/* A job with the files that upstream has of a version. */
static int
job_new(struct ferry_job **out, struct ferry_package *p,
    const struct ferry_package_want *want, struct ferry_chosen *chosen,
    const struct ferry_listed *listed, struct ferry_error *err)
{
	const struct ferry_package_format *format = p->packages->format;
	const struct ferry_recorded of = ferry_package_recorded(p);
	struct ferry_version_at at;
	struct ferry_job *job;

	if (ferry_calloc(&job, 1, sizeof(*job), err) == -1)
		return -1;
	job->package = p;
	job->listed = listed;
	job->chosen = chosen;
	job->on_settled = settle_file;
	if (ferry_strdup(&job->version, listed->version, err) == 0 &&
	    (chosen->files == NULL ||
		ferry_strdup(&job->words, chosen->files, err) == 0) &&
	    ferry_recorded_get(&of, job->version, &job->record, err) != -1) {
		at = version_at(job, format->grows ? job->record : NULL);
		if (format->files(&at, ferry_job_add_file, job, err) == 0 &&
		    (job->files_n == 0 || format->agrees != NULL ||
			ferry_job_add_lock(job, want, err) == 0)) {
			*out = job;
			return 0;
		}
	}
	ferry_job_free(job);
	return -1;
}

static int
check_signature(struct ferry_job *job, const struct ferry_document *document,
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
describe_present(const struct ferry_job *job, struct ferry_error *why)
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
choose_present(struct ferry_job *job, const struct ferry_document *document,
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
choose_absent(struct ferry_job *job, const struct ferry_document *document,
    const char *item, struct ferry_error *why)
{

	const struct ferry_version_at at = version_at(job, NULL);

	if (ferry_package_check_age(job->package, job->version, why) == -1 ||
	    ferry_package_check_licence(&at, why) == -1 ||
	    check_signature(job, document, why) == -1)
		return -1;
	if (job->package->packages->run->dry_run) {
		return ferry_job_plan(job, item, why);
	}
	if (job->package->packages->format->describe != NULL &&
	    ferry_buf_add(&job->object, job->listed->object.p,
		job->listed->object.n, why) == -1)
		return -1;
	assert(job->pending == 0 && !job->chosen->active);
	job->pending = 1;
	job->started = job->chosen->active = true;
	job->listed = NULL;
	if (ferry_job_ask_files(job, &job->why) == -1 && job->pending == 1) {
		*why = job->why;
		return -1;
	}
	settle_file(job);
	return 1;
}

/* For who waits for it; no failure: 0.  It is not looked for elsewhere. */
static int
set_removed(const struct ferry_job *job, struct ferry_error *why)
{

	(void)ferry_package_tell_lost(job->package, job->version, why);
	ferry_error_set(why, FERRY_EDENIED,
	    "this version was removed here; 'ferry restore' lifts that");
	return 0;
}

/* Look for the version, or get it; frees or keeps job.  Returns: 1 it is under
 * way; 0 it is dealt with, *why saying if there was an incident; -1. */
static int
choose_new(struct ferry_job *job, const struct ferry_document *document,
    const char *item, struct ferry_error *why)
{
	const struct ferry_recorded of = ferry_package_recorded(job->package);
	/* What is removed, and wanted now, comes back (removal.h). */
	bool here = job->record != NULL && !ferry_removal_is(job->record);
	int rc = 0, removed = 0;

	for (size_t i = 0; i < job->files_n; i++) {
		struct ferry_job_file *f = &job->files[i];

		if (f->aside) {
			here = here && !f->insist;
			continue;
		}
		if ((rc = ferry_job_find_here(job, f, why)) == -1)
			goto out;
		here = here &&
		       (f->came.sha256.n > 0 || (f->optional && !f->insist));
	}
	removed = ferry_recorded_is_removed(&of, job->version, why);
	if (removed == 1) {
		if ((rc = ferry_recorded_agrees(&of, job->version, why)) != -1)
			rc = set_removed(job, why);
	} else if (removed == -1) {
		rc = -1;
	} else if (here) {
		rc = choose_present(job, document, why);
	} else if ((rc = choose_absent(job, document, item, why)) == 1) {
		return 1;
	}
out:
	if (rc == -1)
		(void)ferry_package_tell_lost(job->package, job->version, why);
	if (rc == -1 && why->code == FERRY_EINCIDENT) {
		ferry_recorded_incident(&of, job->version, item, why->text);
		rc = 0;
	}
	ferry_job_free(job);
	return rc;
}

/* A puller's wants are dealt with one by one: what was not there is not asked for
 * again because something else is. */
static void
forget_words(const struct ferry_job *job)
{
	char *files = job->chosen->files;
	size_t n = job->words == NULL ? 0 : strlen(job->words);

	if (job->package->packages->run->pulls && files != NULL &&
	    strncmp(files, job->words == NULL ? "" : job->words, n) == 0)
		memmove(files, files + n, strlen(files + n) + 1);
}

/* A job ended: once more, if more of the version was wanted meanwhile. */
static void
end_job(struct ferry_job *job)
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
	struct ferry_job *next = NULL;

	chosen->active = chosen->again = false;
	forget_words(job);
	if (again) {
		ferry_package_item(
		    item, p->packages, p->entry.key, job->version);
		if (job_new(&next, p, &want, chosen, &listed, &why) == -1 ||
		    choose_new(next, &none, item, &why) == -1)
			ferry_run_fail(p->packages->run, item, &why);
	}
	job->started = false;
	ferry_job_free(job);
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
choose_more(const struct ferry_job *self, bool inside, size_t locks,
    struct ferry_error *why)
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
choose_again(const struct ferry_job *self,
    const struct ferry_package_want *want, struct ferry_chosen *chosen,
    bool inside, size_t locks, struct ferry_error *why)
{
	struct ferry_job *job = NULL;

	if (want->integrity != NULL) {
		if (job_new(&job, self->package, want, chosen, self->listed,
			why) == -1)
			return -1;
		ferry_job_free(job);
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
	struct ferry_job self = {
		.package = p, .listed = listed, .version = listed->version
	};
	const struct ferry_package_format *format = p->packages->format;
	struct ferry_chosen *chosen = ferry_chosen_find(p, listed->version);
	struct ferry_error why = FERRY_ERROR_INIT;
	bool known = chosen != NULL, inside;
	char item[FERRY_PACKAGE_ITEM];
	struct ferry_job *job = NULL;
	size_t locks;
	int grew, rc;

	ferry_package_item(item, p->packages, p->entry.key, listed->version);
	if (!known && (chosen = ferry_table_add(&p->chosen, listed->version,
			   sizeof(*chosen), err)) == NULL)
		return -1;
	if (want->need == FERRY_NEEDED)
		ferry_chosen_need(p, chosen, item);
	self.chosen = chosen;
	ferry_chosen_by(chosen, want);
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
