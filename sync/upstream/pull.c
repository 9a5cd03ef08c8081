#include "sync/upstream/pull.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "store/store.h"
#include "sync/base/task.h"
#include "sync/upstream/ask.h"
#include "sync/upstream/run.h"

struct job {
	struct ferry_run *run;
	struct ferry_pull pull; /* url and accept are the fetch's copies */
	char *url;
	struct ferry_blob_writer *writer;
	json_t *validator; /* of the last time, or NULL */
	unsigned wrong; /* how often bytes arrived that did not fit */
};

static int
validator_key(
    const struct job *job, struct ferry_key *key, struct ferry_error *err)
{

	return ferry_key_make(
	    key, err, "validator", job->pull.up->name, job->url, NULL);
}

static void
job_free(struct job *job)
{

	ferry_blob_writer_free(job->writer);
	json_decref(job->validator);
	free(job->url);
	free(job);
}

static void
on_drop(void *ctx)
{
	struct job *job = ctx;

	if (job->pull.on_drop != NULL)
		job->pull.on_drop(job->pull.ctx);
	job_free(job);
}

static void
on_start(void *ctx)
{
	struct job *job = ctx;

	if (job->writer != NULL && job->pull.on_grow != NULL)
		job->pull.on_grow(job->pull.ctx, NULL);
	ferry_blob_writer_free(job->writer);
	job->writer = NULL;
}

static int
on_data(void *ctx, const void *p, size_t n, struct ferry_error *err)
{
	struct job *job = ctx;
	unsigned algs = job->pull.algs;

	for (size_t i = 0; i < job->pull.want_n; i++)
		algs |= FERRY_ALG(job->pull.want[i].alg);
	if (job->writer == NULL &&
	    ferry_blob_writer_new(
		&job->writer, job->run->st, job->pull.kind, algs, err) == -1)
		return -1;
	job->pull.up->bytes += n;
	if (job->pull.kind == FERRY_BLOB_IS_FILE)
		job->run->files_bytes += n;
	if (ferry_blob_writer_write(job->writer, p, n, err) == -1)
		return -1;
	if (job->pull.on_grow != NULL)
		job->pull.on_grow(job->pull.ctx, job->writer);
	return 0;
}

/* A 304: the bytes are those of the last time. */
static int
same_as_last(struct job *job, struct ferry_buf *buf, struct ferry_pulled *done,
    struct ferry_error *err)
{
	const char *hex;

	if (job->validator == NULL)
		return ferry_error_set(err, FERRY_EHTTP,
		    "the server answered 304 (not modified) to a first "
		    "request");
	if (ferry_json_str(job->validator, "sha256", &hex, err) == -1 ||
	    ferry_digest_from_hex(
		&done->sha256, FERRY_SHA256, ferry_bytes_str(hex), err) == -1 ||
	    ferry_blob_load(job->run->st, &done->sha256, job->pull.max_size,
		buf, err) == -1)
		return -1;
	done->not_modified = true;
	done->view = ferry_bytes_buf(buf);
	done->size = buf->n;
	return 0;
}

static int
keep_validator(struct job *job, const struct ferry_fetch_result *result,
    const struct ferry_pulled *done, struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];
	struct ferry_key key;
	json_t *record;
	int rc = 0;

	if (result->etag == NULL && result->last_modified == NULL)
		return 0;
	record = json_pack("{s:s,s:s*,s:s*}", "sha256",
	    ferry_digest_hex(&done->sha256, hex), "etag", result->etag,
	    "last_modified", result->last_modified);
	if (record == NULL || validator_key(job, &key, err) == -1)
		rc = 0; /* Only costs a transfer next time. */
	else if (!json_equal(record, job->validator))
		rc = ferry_local_put(job->run->st, &key, record, err);
	json_decref(record);
	return rc;
}

/*
 * Which of want[from] to want[to] the bytes must have: one of the strongest
 * algorithm that matches, else the first of it.  Appended to out.
 */
static size_t
require(const struct job *job, size_t from, size_t to, struct ferry_digest *out)
{
	const struct ferry_digest *want = job->pull.want, *required;
	struct ferry_digest got;
	size_t i;

	if (from == to)
		return 0;
	for (required = &want[from], i = from + 1; i < to; i++)
		if (want[i].n > required->n)
			required = &want[i];
	ferry_blob_writer_digest(job->writer, required->alg, &got);
	for (i = from; i < to; i++)
		if (ferry_digest_equal(&want[i], &got))
			required = &want[i];
	*out = *required;
	return 1;
}

/* Say which of the digests the bytes do not have. */
static void
note_misfits(const struct job *job)
{
	char text[FERRY_DIGEST_TEXT];
	struct ferry_digest got;

	for (size_t i = 0; i < job->pull.want_n; i++) {
		const struct ferry_digest *want = &job->pull.want[i];

		ferry_blob_writer_digest(job->writer, want->alg, &got);
		if (!ferry_digest_equal(&got, want))
			ferry_task_note(job->run->task,
			    "taken, as another digest that was declared of it "
			    "is right: %s is not %s",
			    job->url, ferry_digest_text(want, text));
	}
}

/* What the bytes must have, at most two. */
static size_t
required_of(const struct job *job, struct ferry_digest out[2])
{
	const struct ferry_pull *pull = &job->pull;
	size_t second = pull->second == 0 ? pull->want_n : pull->second;
	size_t n = require(job, 0, second, out);

	return n + require(job, second, pull->want_n, out + n);
}

/* Before anybody looks at a document that has a digest. */
static int
check_document(struct job *job, struct ferry_error *err)
{
	char text[FERRY_DIGEST_TEXT];
	struct ferry_digest required[2], got;
	size_t n = required_of(job, required);

	for (size_t i = 0; i < n; i++) {
		ferry_blob_writer_digest(job->writer, required[i].alg, &got);
		if (!ferry_digest_equal(&got, &required[i]))
			return ferry_error_set(err, FERRY_EDIGEST,
			    "content is %s", ferry_digest_text(&got, text));
	}
	return 0;
}

/* What arrived whole: look, check, store. */
static int
store_arrived(struct job *job, const struct ferry_fetch_result *result,
    struct ferry_pulled *done, struct ferry_error *err)
{
	const struct ferry_pull *pull = &job->pull;
	bool file = pull->kind == FERRY_BLOB_IS_FILE;
	struct ferry_digest required[2];

	if (job->writer == NULL && on_data(job, "", 0, err) == -1)
		return -1;
	if (!file &&
	    (ferry_blob_writer_view(job->writer, &done->view, err) == -1 ||
		check_document(job, err) == -1 ||
		(pull->on_check != NULL &&
		    pull->on_check(pull->ctx, done->view, err) == -1)))
		return -1;
	done->size = ferry_blob_writer_size(job->writer);
	for (int alg = 0; alg < FERRY_ALGS; alg++)
		if ((pull->algs & FERRY_ALG(alg)) != 0)
			ferry_blob_writer_digest(job->writer,
			    (enum ferry_alg)alg, &done->digests[alg]);
	if (job->run->dry_run) {
		ferry_blob_writer_digest(
		    job->writer, FERRY_SHA256, &done->sha256);
		return 0;
	}
	/* The view stays: the writer is freed after on_done. */
	if (ferry_blob_writer_finish(job->writer, required,
		required_of(job, required), &done->sha256, err) == -1)
		return -1;
	note_misfits(job);
	return file || pull->want_n > 0
	           ? 0
	           : keep_validator(job, result, done, err);
}

/* Say whence bytes that did not fit came, and what they may be instead. */
static void
explain_misfit(const struct job *job, const struct ferry_fetch_result *result,
    struct ferry_error *err)
{
	char type[FERRY_MEDIA_TYPE_MAX];

	if ((err->code == FERRY_EDIGEST || err->code == FERRY_EFORMAT) &&
	    strcmp(ferry_answer_type(result, type), "text/html") == 0)
		ferry_error_in(err,
		    "it came as %s: a page of a proxy or a login instead",
		    type);
	ferry_error_in(err, "from %s", job->url);
}

static enum ferry_fetch_verdict
on_done(void *ctx, const struct ferry_fetch_result *result)
{
	struct ferry_pulled done = { .error = result->error,
		.modified = result->modified,
		.answer = result };
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct job *job = ctx;
	int rc = -1;

	if (done.error.code == FERRY_OK && result->status == 304)
		rc = same_as_last(job, &buf, &done, &done.error);
	else if (done.error.code == FERRY_OK)
		rc = store_arrived(job, result, &done, &done.error);
	if (rc == -1 && result->error.code == FERRY_OK)
		explain_misfit(job, result, &done.error);
	if (done.error.code == FERRY_ELIMIT &&
	    job->pull.kind == FERRY_BLOB_IS_DOCUMENT &&
	    job->pull.max_size >= job->pull.up->document_max)
		ferry_error_in(&done.error,
		    "'document_max' of the upstream says how long documents "
		    "may be");
	/* Bytes that arrived wrong are worth a second look. */
	if (rc == -1 && job->wrong++ == 0 && !result->last_try &&
	    (done.error.code == FERRY_EDIGEST ||
		done.error.code == FERRY_EFORMAT)) {
		on_start(job);
		return FERRY_FETCH_AGAIN;
	}
	/* A full disk or a broken index fails every other item as well. */
	if (done.error.code == FERRY_ESYSTEM || done.error.code == FERRY_EINDEX)
		ferry_run_fatal(job->run, &done.error);
	job->pull.on_done(job->pull.ctx, &done);
	ferry_buf_free(&buf);
	job_free(job);
	return FERRY_FETCH_DONE;
}

static int
load_validator(struct job *job, struct ferry_error *err)
{
	struct ferry_digest digest;
	struct ferry_key key;
	const char *hex;
	int rc;

	if (job->pull.kind != FERRY_BLOB_IS_DOCUMENT || job->pull.want_n > 0)
		return 0;
	if (validator_key(job, &key, err) == -1 ||
	    (rc = ferry_local_get(job->run->st, &key, &job->validator, err)) ==
		-1)
		return -1;
	/* Useless if the document is not here any more. */
	if (rc == 1 &&
	    (ferry_json_str(job->validator, "sha256", &hex, err) == -1 ||
		ferry_digest_from_hex(
		    &digest, FERRY_SHA256, ferry_bytes_str(hex), err) == -1 ||
		(rc = ferry_blob_has(job->run->st, &digest, err)) == -1))
		return -1;
	if (rc == 0) {
		json_decref(job->validator);
		job->validator = NULL;
	}
	return 0;
}

int
ferry_run_pull(struct ferry_run *run, const struct ferry_pull *pull,
    struct ferry_error *err)
{
	bool document = pull->kind == FERRY_BLOB_IS_DOCUMENT;
	struct ferry_fetch_request request = {
		.url = pull->url,
		.accept = pull->accept,
		.scope = pull->scope,
		.document = document,
		.max_size = document && pull->max_size > pull->up->document_max
		                ? pull->up->document_max
		                : pull->max_size,
		.on_start = on_start,
		.on_data = on_data,
		.on_done = on_done,
		.on_drop = on_drop,
	};
	struct job *job;

	if (ferry_calloc(&job, 1, sizeof(*job), err) == -1)
		return -1;
	job->run = run;
	job->pull = *pull;
	if (ferry_strdup(&job->url, pull->url, err) == -1 ||
	    load_validator(job, err) == -1)
		goto fail;
	job->pull.url = job->url;
	request.ctx = job;
	request.origin =
	    pull->login == FERRY_PULL_AS_CONFIGURED &&
		    ferry_fetch_url_same_origin(pull->up->url, pull->url)
		? &pull->up->origin
		: &pull->up->elsewhere;
	request.if_none_match =
	    json_string_value(json_object_get(job->validator, "etag"));
	request.if_modified_since =
	    json_string_value(json_object_get(job->validator, "last_modified"));
	if (ferry_fetch_add(run->fetch, &request, err) == -1)
		goto fail;
	return 0;
fail:
	job_free(job);
	return -1;
}
