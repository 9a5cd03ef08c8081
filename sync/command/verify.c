#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/backup/backup.h"
#include "store/base/clean.h"
#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/catalog/check.h"
#include "store/index_check.h"
#include "store/store.h"
#include "sync/base/progress.h"
#include "sync/base/stop.h"
#include "sync/command/command.h"
#include "sync/command/command_task.h"

static const char help[] =
    "usage: ferry verify [--threads N]\n"
    "\n"
    "Read everything again: hash every blob, read every part of the index and\n"
    "the journal with its chain, and check that every file of every record is\n"
    "there with its size.  Says which part of the index is broken, which 'ferry\n"
    "rebuild' makes anew.  Names each bad blob and the packages\n"
    "it belongs to, and notes it as lost, so that the next sync fetches it and\n"
    "the next receipt asks for it.  Names each record that contradicts itself\n"
    "or the document that it names, as an import would refuse it; 'ferry remove'\n"
    "and 'ferry gc' take it away, and 'ferry restore' then lets a sync bring it\n"
    "anew.  Works beside a running server or sync.\n"
    "\n"
    "  --threads N  how many to hash at once (default: one a processor)\n"
    "\n"
    "Exit status: 0 all is well; 5 problems were found.\n";

#define THREADS_MAX 64
#define AFFECTED_MAX 100 /* that are told of a blob */

struct verify {
	struct ferry_store *st;
	pthread_mutex_t lock; /* guards all below */
	struct ferry_blob_iter *it;
	uint64_t blobs, bytes;
	json_t *problems;
	json_t *bad; /* blobs, by their digests: true if the bytes were */
	unsigned broken; /* parts of the index among them */
	bool stop;
	unsigned running;
	struct ferry_error error; /* why it stopped */
};

/* A part of the index is broken. */
static void
index_broken(void *ctx, const char *part, const char *text)
{
	struct verify *v = ctx;

	(void)json_array_append_new(
	    v->problems, json_pack("{s:s,s:s,s:o}", "index", part, "code",
			     ferry_code_name(FERRY_EINDEX), "text",
			     ferry_json_text(ferry_bytes_str(text))));
	v->broken++;
}

static void
problem(struct verify *v, const struct ferry_digest *digest, bool hashed,
    const struct ferry_error *why)
{
	json_t *packages = ferry_ref_texts(v->st, digest, AFFECTED_MAX);
	char hex[FERRY_DIGEST_TEXT];

	(void)pthread_mutex_lock(&v->lock);
	(void)json_object_set_new(
	    v->bad, ferry_digest_hex(digest, hex), json_boolean(hashed));
	(void)json_array_append_new(
	    v->problems, json_pack("{s:s,s:s,s:s,s:o}", "blob", hex, "code",
			     ferry_code_name(why->code), "text", why->text,
			     "affects", packages));
	(void)pthread_mutex_unlock(&v->lock);
}

/* Take the next blob.  1, 0 at the end or when stopping. */
static int
take(
    struct verify *v, struct ferry_digest *digest, struct ferry_blob_info *info)
{
	int rc = 0;

	(void)pthread_mutex_lock(&v->lock);
	if (!v->stop)
		rc = ferry_blob_iter_next(v->it, digest, info, &v->error);
	if (rc == -1 && v->error.code == FERRY_EINDEX) {
		index_broken(v, "blob", v->error.text);
		v->error = (struct ferry_error)FERRY_ERROR_INIT;
	}
	if (rc != 1)
		v->stop = true;
	(void)pthread_mutex_unlock(&v->lock);
	return rc == 1;
}

static void *
work(void *ctx)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_blob_info info;
	struct ferry_digest digest;
	struct verify *v = ctx;
	int rc;

	while (take(v, &digest, &info)) {
		rc = ferry_blob_verify(v->st, &digest, &info, &err);
		/* Its bytes are in a table that cannot be read. */
		if (rc == -1 && err.code == FERRY_EINDEX)
			rc = 0;
		if (rc == 0)
			problem(v, &digest, true, &err);
		(void)pthread_mutex_lock(&v->lock);
		v->blobs++;
		v->bytes += info.size;
		if (rc == -1) {
			v->error = err;
			v->stop = true;
		}
		(void)pthread_mutex_unlock(&v->lock);
	}
	(void)pthread_mutex_lock(&v->lock);
	v->running--;
	(void)pthread_mutex_unlock(&v->lock);
	return NULL;
}

static int
hash_all(struct verify *v, unsigned threads, struct ferry_progress *progress,
    const struct ferry_store_totals *totals, struct ferry_error *err)
{
	pthread_t ids[THREADS_MAX];
	unsigned started = 0, running;

	v->running = threads;
	for (; started < threads; started++)
		if (pthread_create(&ids[started], NULL, work, v) != 0)
			break;
	(void)pthread_mutex_lock(&v->lock);
	v->running -= threads - started;
	(void)pthread_mutex_unlock(&v->lock);
	do {
		(void)usleep(20000);
		(void)pthread_mutex_lock(&v->lock);
		running = v->running;
		if (ferry_stop_wanted() && !v->stop) {
			v->stop = true;
			ferry_error_set(&v->error, FERRY_ECANCELLED,
			    "stopped before everything was verified");
		}
		ferry_progress_set(progress, v->blobs, totals->blobs, v->bytes,
		    totals->stored_bytes);
		(void)pthread_mutex_unlock(&v->lock);
	} while (running > 0);
	for (unsigned i = 0; i < started; i++)
		(void)pthread_join(ids[i], NULL);
	if (started == 0)
		return ferry_error_set(
		    err, FERRY_ESYSTEM, "cannot start a thread");
	if (v->error.code != FERRY_OK) {
		*err = v->error;
		return -1;
	}
	return 0;
}

/*
 * Whether the blob is wrong still, as the store is now: 1, 0, -1.  Beside us a gc
 * or a puller may have taken it away, and a sync or the puller brought it again.
 */
static int
still_wrong(struct ferry_store *st, const struct ferry_digest *digest,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_blob_info info;
	int rc = ferry_blob_stat(st, digest, &info, err);

	if (rc == 1) {
		rc = ferry_blob_verify(st, digest, &info, &why);
		/* What cannot be read is wrong. */
		rc = rc == 1 ? 0 : 1;
	}
	return rc;
}

/* What was found wrong while others work is looked at once more. */
static int
look_again(
    const struct ferry_context *ctx, struct verify *v, struct ferry_error *err)
{
	struct ferry_store *st = NULL;
	struct ferry_digest digest;
	int rc = 0;

	if (json_object_size(v->bad) == 0 || v->broken > 0)
		return 0;
	if (ferry_store_open(&st, ctx->store_path, FERRY_STORE_READ, err) == -1)
		return -1;
	for (size_t i = json_array_size(v->problems); i-- > 0 && rc != -1;) {
		const char *hex = json_string_value(
		    json_object_get(json_array_get(v->problems, i), "blob"));

		if (hex == NULL)
			continue;
		rc = ferry_digest_from_hex(
		    &digest, FERRY_SHA256, ferry_bytes_str(hex), err);
		if (rc == 0 && (rc = still_wrong(st, &digest, err)) == 0)
			(void)json_array_remove(v->problems, i);
	}
	ferry_store_close(st);
	return rc == -1 ? -1 : 0;
}

/* Whether the blob is among the problems, or was. */
static bool
is_bad(const struct verify *v, const struct ferry_digest *digest)
{
	char hex[FERRY_DIGEST_TEXT];

	return json_object_get(v->bad, ferry_digest_hex(digest, hex)) != NULL;
}

/*
 * Every file of a record must be known to the index with its size.
 * Returns: 1 all are, and whole; 0 some are not; -1.
 */
static int
check_files(struct verify *v, const struct ferry_key *key, const json_t *record,
    struct ferry_error *err)
{
	int n = ferry_files_count(record, err), whole = n == -1 ? -1 : 1;
	struct ferry_error why = FERRY_ERROR_INIT;
	char text[FERRY_KEY_TEXT];
	struct ferry_blob_info info;
	struct ferry_file file;

	for (int i = 0; i < n; i++) {
		int known;

		if (ferry_files_get(record, (size_t)i, &file, err) == -1 ||
		    (known = ferry_blob_stat(
			 v->st, &file.sha256, &info, err)) == -1)
			return -1;
		if (is_bad(v, &file.sha256))
			whole = 0;
		if (known == 1 && info.size == file.size)
			continue;
		whole = 0;
		ferry_error_set(&why, known == 0 ? FERRY_EMISSING : FERRY_ESIZE,
		    "file '%s' of %s %s", file.name, ferry_key_text(key, text),
		    known == 0 ? "is not in the store" : "has another size");
		problem(v, &file.sha256, false, &why);
	}
	return whole;
}

/*
 * A record whose blobs are whole must be one that an import would take: agree
 * with itself and with the document that it names.  Kinds of records that only
 * a newer ferry knows are its business.
 */
static int
check_content(struct verify *v, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;

	if (ferry_record_check(key, record, &why) == 0 &&
	    ferry_record_check_content(v->st, key, record, &why) == 0)
		return 0;
	if (why.code == FERRY_EFORMAT || why.code == FERRY_ELIMIT)
		return ferry_json_push(v->problems,
		    json_pack("{s:o,s:s,s:s}", "record", ferry_key_json(key),
			"code", ferry_code_name(why.code), "text", why.text),
		    err);
	if (why.code == FERRY_ENEWER)
		return 0;
	*err = why;
	return -1;
}

static int
check_records(struct verify *v, const struct ferry_store_totals *totals,
    struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key all = { 0 }, key;
	uint64_t versions = 0;
	char text[160];
	json_t *record;
	int rc = -1;

	if (ferry_catalog_iter_new(&it, v->st, &all, NULL, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, &record, err)) == 1) {
		if (strcmp(ferry_key_part(&key, 0), "version") == 0)
			versions++;
		rc = check_files(v, &key, record, err);
		if (rc == 1)
			rc = check_content(v, &key, record, err);
		json_decref(record);
		if (rc == -1)
			break;
	}
	ferry_record_iter_free(it);
	/* Of what is broken there, ferry_index_check() told. */
	if (v->broken > 0)
		return rc == -1 && err->code != FERRY_EINDEX &&
		               err->code != FERRY_EFORMAT
		           ? -1
		           : 0;
	if (rc == 0 && (versions != totals->versions + totals->removed ||
			   v->blobs != totals->blobs)) {
		(void)snprintf(text, sizeof(text),
		    "it holds %" PRIu64 " versions and %" PRIu64
		    " blobs of %" PRIu64 " and %" PRIu64,
		    versions, v->blobs, totals->versions + totals->removed,
		    totals->blobs);
		index_broken(v, "totals", text);
	}
	return rc;
}

/* For status, receipts and the next sync. */
static int
note_lost(const struct ferry_context *ctx, const struct verify *v,
    struct ferry_error *err)
{
	struct ferry_store *st = NULL;
	struct ferry_digest digest;
	size_t i;
	json_t *p;
	int rc = -1, wrong;

	if (ferry_store_open(&st, ctx->store_path, FERRY_STORE_WRITE, err) ==
	    -1)
		return -1;
	json_array_foreach (v->problems, i, p) {
		const char *hex = json_string_value(json_object_get(p, "blob"));
		json_t *record;

		if (hex == NULL)
			continue;
		if (ferry_digest_from_hex(
			&digest, FERRY_SHA256, ferry_bytes_str(hex), err) == -1)
			goto out;
		/* Now nobody else writes. */
		wrong = json_is_true(json_object_get(v->bad, hex))
		            ? still_wrong(st, &digest, err)
		            : 1;
		if (wrong == -1)
			goto out;
		if (wrong == 0)
			continue;
		record = json_pack("{s:I,s:O,s:O}", "at",
		    (json_int_t)ferry_now(), "text", json_object_get(p, "text"),
		    "affects", json_object_get(p, "affects"));

		if (ferry_blob_mark_lost(st, &digest, record, err) == -1) {
			json_decref(record);
			goto out;
		}
		json_decref(record);
	}
	rc = ferry_store_commit(st, err);
out:
	ferry_store_close(st);
	return rc;
}

static void
print(const struct ferry_context *ctx, const struct verify *v)
{
	char blobs[FERRY_COUNT_TEXT], problems[FERRY_COUNT_TEXT];
	char size[FERRY_SIZE_TEXT];
	const json_t *p, *a;
	size_t i, k;

	if (ctx->json) {
		json_t *o = json_pack("{s:s,s:I,s:I,s:O}", "event", "result",
		    "blobs", (json_int_t)v->blobs, "bytes",
		    (json_int_t)v->bytes, "problems", v->problems);

		ferry_command_print(o);
		return;
	}
	json_array_foreach (v->problems, i, p) {
		const char *hex = json_string_value(json_object_get(p, "blob"));
		const char *part =
		    json_string_value(json_object_get(p, "index"));

		(void)printf("bad %s%s: %s\n",
		    hex != NULL    ? "blob sha256:"
		    : part != NULL ? "index, "
				   : "record",
		    hex != NULL    ? hex
		    : part != NULL ? part
				   : "",
		    json_string_value(json_object_get(p, "text")));
		json_array_foreach (json_object_get(p, "affects"), k, a)
			(void)printf("  affects %s\n", json_string_value(a));
	}
	if (v->broken > 0)
		(void)printf("the index is damaged: 'ferry rebuild' makes it "
			     "anew; until then let nothing write to this "
			     "store\n");
	(void)printf("verified %s, %s: %s\n",
	    ferry_count_text(v->blobs, "blob", blobs),
	    ferry_size_text(v->bytes, size),
	    ferry_count_text(
		json_array_size(v->problems), "problem", problems));
}

/* Whoever writes to a backup makes it a store of its own: there nothing is
 * noted. */
static void
note(const struct ferry_context *ctx, const struct verify *v)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	json_t *backup = NULL;
	int rc = ferry_store_backup_of(v->st, &backup, &why);

	json_decref(backup);
	if (rc == 1)
		(void)fprintf(stderr,
		    "ferry: this is a backup: remove the blobs' files "
		    "(blobs/AB/CD… of ABCD…), and the next backup brings "
		    "them again\n");
	else if (rc == -1 || note_lost(ctx, v, &why) == -1)
		(void)fprintf(stderr,
		    "ferry: the problems could not be noted in the store: %s\n",
		    ferry_clean(why.text));
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	const char *threads_text = NULL;
	const struct ferry_option options[] = {
		{ "threads", FERRY_OPTION_VALUE, &threads_text },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct verify v = { .problems = json_array(),
		.bad = json_object(),
		.lock = PTHREAD_MUTEX_INITIALIZER };
	struct ferry_progress *progress = NULL;
	struct ferry_store_totals totals;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t threads = cpus < 1 ? 1 : (uint64_t)cpus;
	int rc = -1;

	if (ferry_options(ctx, options, err) == -1 ||
	    (threads_text != NULL &&
		ferry_parse_u64(ferry_bytes_str(threads_text), 1, THREADS_MAX,
		    &threads, err) == -1)) {
		if (err->code != FERRY_EUSAGE) {
			err->code = FERRY_EUSAGE;
			ferry_error_in(err, "--threads");
		}
		goto out;
	}
	if (threads > THREADS_MAX)
		threads = THREADS_MAX;
	if (ferry_context_open(ctx, FERRY_STORE_READ, &v.st, err) == -1 ||
	    ferry_store_totals(v.st, &totals, err) == -1 ||
	    ferry_blob_iter_new(&v.it, v.st, err) == -1)
		goto out;
	progress = ferry_context_progress(ctx, "verify", "blobs");
	if (ferry_index_check(v.st, index_broken, &v, ferry_stop_wanted, err) ==
		-1 ||
	    hash_all(&v, (unsigned)threads, progress, &totals, err) == -1 ||
	    look_again(ctx, &v, err) == -1 ||
	    check_records(&v, &totals, err) == -1)
		goto out;
	ferry_progress_free(progress);
	progress = NULL;
	print(ctx, &v);
	rc = json_array_size(v.problems) > 0 ? FERRY_EXIT_PROBLEMS
	                                     : FERRY_EXIT_OK;
	if (json_object_size(v.bad) > 0 && v.broken == 0 &&
	    json_array_size(v.problems) > 0)
		note(ctx, &v);
out:
	ferry_progress_free(progress);
	ferry_blob_iter_free(v.it);
	ferry_store_close(v.st);
	json_decref(v.problems);
	json_decref(v.bad);
	return rc;
}

const struct ferry_command ferry_command_verify = { "verify",
	"hash everything again and name what is wrong", help, run };
