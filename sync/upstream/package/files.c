/* The files of a version: those that are here, and those that are fetched. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/json.h"
#include "sync/base/task.h"
#include "sync/upstream/ask.h"
#include "sync/upstream/package/job.h"

/* The ctx of a transfer. */
struct transfer {
	struct ferry_job *job;
	size_t file;
};

void
ferry_job_free(struct ferry_job *job)
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

int
ferry_packages_copy_url(char **out, const char *url, struct ferry_error *err)
{

	return ferry_bytes_is_url(ferry_bytes_str(url))
	           ? ferry_fetch_url_resolve(out, NULL, url, err)
	           : ferry_strdup(out, url, err);
}

int
ferry_job_add_file(
    void *ctx, const struct ferry_wanted_file *wanted, struct ferry_error *err)
{
	struct ferry_job *job = ctx;
	struct ferry_job_file *f;

	assert(wanted->n <= FERRY_FILE_DIGESTS_MAX);
	for (size_t i = 0; i < job->files_n; i++)
		if (strcmp(job->files[i].name, wanted->name) == 0)
			return 0;
	if (ferry_array_grow(&job->files, &job->files_cap, job->files_n + 1,
		sizeof(*job->files), err) == -1)
		return -1;
	f = &job->files[job->files_n++];
	*f = (struct ferry_job_file){ .optional = wanted->optional,
		.judged = wanted->judged,
		.insist = wanted->insist,
		.aside = wanted->aside,
		.page = wanted->page,
		.declared = wanted->n,
		.n = wanted->n };
	for (size_t i = 0; i < wanted->n; i++)
		f->digests[i] = wanted->digests[i];
	if (ferry_strdup(&f->name, wanted->name, err) == -1 ||
	    ferry_packages_copy_url(&f->url, wanted->url, err) == -1 ||
	    (wanted->path != NULL &&
		ferry_strdup(&f->path, wanted->path, err) == -1))
		return -1;
	return 0;
}

json_t *
ferry_job_record(const struct ferry_job *job, struct ferry_error *err)
{
	json_t *record = ferry_version_record_new(job->signature, err);

	for (size_t i = 0; record != NULL && i < job->files_n; i++) {
		const struct ferry_job_file *f = &job->files[i];
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

static void
on_file(void *ctx, const struct ferry_pulled *pulled)
{
	struct transfer *transfer = ctx;
	struct ferry_job *job = transfer->job;
	struct ferry_job_file *f = &job->files[transfer->file];

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
	job->on_settled(job);
}

static void
on_drop(void *ctx)
{
	struct transfer *transfer = ctx;
	struct ferry_job *job = transfer->job;

	free(transfer);
	assert(job->pending > 0);
	if (--job->pending == 0)
		ferry_job_free(job);
}

/* For who waits for it, and is content with what is there. */
static void
on_grow(void *ctx, const struct ferry_blob_writer *writer)
{
	const struct transfer *transfer = ctx;
	const struct ferry_job *job = transfer->job;
	const struct ferry_packages *packages = job->package->packages;

	/* Nothing is sent of what may be refused for what is inside. */
	if (packages->run->on_grow != NULL &&
	    (!packages->format->licence_inside ||
		!ferry_package_asks_licence(packages->up)))
		packages->run->on_grow(packages->run->on_grow_ctx, packages->up,
		    job->package->entry.key, job->version,
		    job->files[transfer->file].name, transfer->file == 0,
		    writer);
}

/* What comes without a digest could be anything, from anywhere. */
static int
check_digests(const struct ferry_job *job, const struct ferry_job_file *f,
    struct ferry_error *err)
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

int
ferry_packages_check_url(const struct ferry_packages *packages,
    const char *what, const char *url, struct ferry_error *err)
{

	if (strncmp(packages->up->url, "https:", 6) != 0 ||
	    strncasecmp(url, "https:", 6) == 0)
		return 0;
	return ferry_error_set(err, FERRY_EDENIED,
	    "the registry is reached by https, and names a %s at %s; "
	    "anybody on the way could change it",
	    what, url);
}

/* Whether the answer means that upstream does not have it. */
static bool
is_no_aside(const struct ferry_job_file *f, enum ferry_code code)
{

	return code == FERRY_ENOTFOUND ||
	       (f->page && (code == FERRY_EDENIED || code == FERRY_ELIMIT ||
			       code == FERRY_EFORMAT));
}

static void
on_aside(
    void *ctx, const struct ferry_fetch_result *result, struct ferry_bytes body)
{
	struct transfer *transfer = ctx;
	struct ferry_job *job = transfer->job;
	struct ferry_job_file *f = &job->files[transfer->file];

	free(transfer);
	job->package->packages->run->files++;
	if (result->error.code == FERRY_OK) {
		if (body.n > 0 && job->why.code == FERRY_OK)
			(void)ferry_buf_add(
			    &f->text, body.p, body.n, &job->why);
	} else if (!is_no_aside(f, result->error.code) &&
		   job->why.code == FERRY_OK) {
		job->why = result->error;
	}
	job->on_settled(job);
}

/* A small text that is looked at and not kept. */
static int
ask_aside(struct ferry_job *job, size_t i, struct ferry_error *err)
{
	struct ferry_packages *packages = job->package->packages;
	struct ferry_ask ask = { .origin = &packages->up->origin,
		.url = job->files[i].url,
		.max_size =
		    job->files[i].page ? FERRY_PAGE_MAX : FERRY_ASIDE_MAX,
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
ask_file(struct ferry_job *job, size_t i, struct ferry_error *err)
{
	struct ferry_packages *packages = job->package->packages;
	const struct ferry_job_file *f = &job->files[i];
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
	    ferry_packages_check_url(
		packages, packages->format->file, f->url, err) == -1 ||
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

int
ferry_job_ask_files(struct ferry_job *job, struct ferry_error *err)
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

int
ferry_job_asides(const struct ferry_job *job, struct ferry_version_at *at,
    struct ferry_error *err)
{
	struct ferry_aside *asides = NULL;

	if (ferry_calloc(&asides, job->files_n + 1, sizeof(*asides), err) == -1)
		return -1;
	for (size_t i = 0; i < job->files_n; i++)
		if (job->files[i].aside && job->files[i].asked)
			asides[at->asides_n++] =
			    (struct ferry_aside){ job->files[i].name,
				    ferry_bytes_buf(&job->files[i].text) };
	at->asides = asides;
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
check_unchanged(const struct ferry_job *job, const struct ferry_job_file *f,
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

int
ferry_job_find_here(const struct ferry_job *job, struct ferry_job_file *f,
    struct ferry_error *err)
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
check_lock(const struct ferry_job_file *f, const struct ferry_digest *lock,
    size_t n, const char *by, struct ferry_error *err)
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

int
ferry_job_add_lock(struct ferry_job *job, const struct ferry_package_want *want,
    struct ferry_error *err)
{
	struct ferry_digest lock[FERRY_PULL_WANT_MAX - FERRY_FILE_DIGESTS_MAX];
	struct ferry_job_file *f = job->files;
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
