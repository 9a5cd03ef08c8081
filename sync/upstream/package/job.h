#ifndef FERRY_SYNC_UPSTREAM_PACKAGE_JOB_H
#define FERRY_SYNC_UPSTREAM_PACKAGE_JOB_H

/* A version that is being dealt with: what version.c and files.c share. */

#include "sync/upstream/package/packages.h"
#include "sync/upstream/pull.h"

/* A file of a version. */
struct ferry_job_file {
	char *name, *url, *path; /* path: or NULL */
	struct ferry_digest
	    digests[FERRY_PULL_WANT_MAX]; /* first upstream's, */
	size_t declared, n; /* then a lock file's */
	bool optional, judged, insist, aside, page, asked;
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
struct ferry_job {
	struct ferry_package *package;
	struct ferry_chosen *chosen;
	const struct ferry_listed *listed;
	char *version;
	char *words; /* chosen->files, as they were when it began; or NULL */
	const char *signature; /* a literal of verify(), or NULL */
	bool started; /* chosen->active is this job's */
	json_t *record; /* of what is here; or NULL */
	struct ferry_buf object; /* a copy of listed's, for describe() */
	struct ferry_job_file *files; /* in the order in which they were told */
	size_t files_n, files_cap, pending;
	struct ferry_error why; /* the first failure */
	/* A transfer ended, or could not begin: pending still counts it. */
	void (*on_settled)(struct ferry_job *job);
};

/* Ends what it was started for; NULL is not allowed. */
void ferry_job_free(struct ferry_job *job);

/* As ferry_on_file; job is a struct ferry_job.  What was told before is not
 * added. */
int ferry_job_add_file(
    void *job, const struct ferry_wanted_file *wanted, struct ferry_error *err);
/* Set the asides of at to those that were asked for; the caller frees them. */
int ferry_job_asides(const struct ferry_job *job, struct ferry_version_at *at,
    struct ferry_error *err);
/* What a lock file says of the first file must be what upstream says, and of
 * what that does not say, what comes. */
int ferry_job_add_lock(struct ferry_job *job,
    const struct ferry_package_want *want, struct ferry_error *err);
/* Compare a file with the one of the version's record, and take that if it is
 * here; what rotted is fetched again.  Errors: FERRY_EINCIDENT. */
int ferry_job_find_here(const struct ferry_job *job,
    struct ferry_job_file *file, struct ferry_error *err);
/* Ask for the files that are not here; each calls on_settled at its end. */
int ferry_job_ask_files(struct ferry_job *job, struct ferry_error *err);
/* plan.c: what a dry run would pull, under the name that people know, and how much
 * that would be, which may be asked for. */
int ferry_job_plan(
    const struct ferry_job *job, const char *item, struct ferry_error *err);
/* The record of what came so far; NULL with err set. */
json_t *ferry_job_record(const struct ferry_job *job, struct ferry_error *err);

#endif
