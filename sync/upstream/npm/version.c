/*
 * One version of a package: is it here, does upstream say the same of it as
 * before, and if not here, its tarball.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/base/json_span.h"
#include "store/catalog/removal.h"
#include "store/format/npm/npm.h"
#include "sync/base/task.h"
#include "sync/upstream/npm/npm.h"

#define TARBALL_MAX (16ULL << 30)
#define WANT_MAX                                                               \
	(sizeof(((struct ferry_pull *)0)->want) / sizeof(struct ferry_digest))

/* A version that is being fetched. */
struct job {
	struct npm_package *package;
	char *version;
	char *file; /* the tarball's usual name */
	char *path; /* its path upstream, if unusual, or NULL */
	const char *signature; /* a literal: verified, none, no-key */
	bool shrinkwrap; /* its own npm-shrinkwrap.json is wanted, too */
};

static void
job_free(struct job *job)
{

	if (job == NULL)
		return;
	free(job->version);
	free(job->file);
	free(job->path);
	free(job);
}

void
npm_item(char *buf, size_t size, const char *name, const char *version)
{

	(void)snprintf(buf, size, "npm:%s%s%s", name,
	    version == NULL ? "" : "@", version == NULL ? "" : version);
}

static void
job_drop(void *job)
{

	job_free(job);
}

/* It is here, and upstream agrees: what was wrong before is over. */
static int
end_incident(
    struct npm_package *p, const char *version, struct ferry_error *err)
{
	struct ferry_store *st = p->npm->run->st;
	struct ferry_key key;
	json_t *record = NULL;
	int rc;

	if (p->npm->run->dry_run)
		return 0;
	if (ferry_key_make(&key, err, "incident", "npm", p->name,
		p->npm->up->name, version, NULL) == -1)
		return -1;
	if ((rc = ferry_local_get(st, &key, &record, err)) == 1)
		rc = ferry_local_delete(st, &key, err);
	json_decref(record);
	return rc;
}

static int
put_version(const struct job *job, const struct ferry_pulled *pulled,
    struct ferry_error *err)
{
	struct npm_package *p = job->package;
	struct ferry_upstream *up = p->npm->up;
	char hex[FERRY_DIGEST_TEXT];
	struct ferry_key key;
	json_t *record, *file;
	int rc = -1;

	record = json_pack("{s:I,s:s}", "pulled_at", (json_int_t)ferry_now(),
	    "signature", job->signature);
	if (record == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (ferry_files_add(record, job->file, pulled->size, &pulled->sha256,
		&file, err) == -1 ||
	    ferry_json_set(file, "sha1",
		json_string(ferry_digest_hex(&pulled->sha1, hex)), err) == -1 ||
	    ferry_json_set(file, "sha512",
		json_string(ferry_digest_hex(&pulled->sha512, hex)),
		err) == -1 ||
	    (job->path != NULL &&
		ferry_json_set(file, "path",
		    ferry_json_text(ferry_bytes_str(job->path)), err) == -1))
		goto out;
	if (ferry_key_make(&key, err, "version", "npm", p->name, up->name,
		job->version, NULL) == -1 ||
	    ferry_catalog_put(p->npm->run->st, &key, record, err) == -1)
		goto out;
	rc = end_incident(p, job->version, err);
out:
	json_decref(record);
	return rc;
}

static struct npm_chosen *
chosen_find(struct npm_package *p, const char *version)
{

	for (size_t i = 0; i < p->chosen_n; i++)
		if (strcmp(p->chosen[i].version, version) == 0)
			return &p->chosen[i];
	return NULL;
}

/* It could not be fetched. */
static void
report(struct npm_package *p, const char *version, const char *item,
    const struct ferry_error *why)
{
	struct npm_chosen *chosen = chosen_find(p, version);

	if (!chosen->needed && why->code == FERRY_ENOTFOUND) {
		chosen->lacking = true;
		ferry_run_skip(p->npm->run, item, why->text);
	} else {
		ferry_run_fail(p->npm->run, item, why);
	}
}

static void
on_tarball(void *ctx, const struct ferry_pulled *pulled)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct job *job = ctx;
	struct ferry_run *run = job->package->npm->run;
	char item[320];

	run->files++;
	npm_item(item, sizeof(item), job->package->name, job->version);
	if (pulled->error.code != FERRY_OK) {
		report(job->package, job->version, item, &pulled->error);
	} else if (put_version(job, pulled, &err) == -1) {
		run->fatal = err;
	} else {
		run->added++;
		if (job->shrinkwrap &&
		    npm_shrinkwrap(job->package, job->version, &pulled->sha256,
			&err) == -1)
			ferry_run_fail(run, item, &err);
	}
	job_free(job);
}

/*
 * The path that the tarball had upstream, if it is not the usual one: lock
 * files written against the upstream ask for it.  It is relative to the
 * registry's base, or starts with '/' if it is outside of that.
 */
static int
unusual_path(const struct npm_package *p, const char *tarball, const char *file,
    char **out, struct ferry_error *err)
{
	const char *base = p->npm->up->url, *path;
	struct ferry_buf usual = FERRY_BUF_INIT;
	size_t n = strlen(base);

	*out = NULL;
	if (strncmp(tarball, base, n) == 0 && tarball[n] == '/') {
		path = tarball + n + 1;
	} else {
		path = strstr(tarball, "://") + 3;
		path += strcspn(path, "/");
		if (*path == 0)
			return 0;
	}
	if (ferry_buf_addf(&usual, err, "%s/-/%s", p->name, file) == -1)
		return -1;
	n = strcspn(path, "?#");
	if (n != usual.n || memcmp(path, usual.p, n) != 0) {
		/* The usual path below another prefix needs no note either. */
		if (!(n > usual.n && path[n - usual.n - 1] == '/' &&
			memcmp(path + n - usual.n, usual.p, usual.n) == 0 &&
			*path == '/') &&
		    ferry_strndup(out, ferry_bytes_of(path, n), err) == -1) {
			ferry_buf_free(&usual);
			return -1;
		}
	}
	ferry_buf_free(&usual);
	return 0;
}

/* A registry behind TLS does not send us out of it. */
static int
check_tarball_url(
    const struct npm_package *p, const char *url, struct ferry_error *err)
{

	if (strncmp(p->npm->up->url, "https:", 6) != 0 ||
	    strncmp(url, "https:", 6) == 0)
		return 0;
	return ferry_error_set(err, FERRY_EDENIED,
	    "the registry is reached by https, and names a tarball at %s; "
	    "anybody on the way could change it",
	    url);
}

static int
fetch_version(struct npm_package *p, const struct npm_want *want,
    const char *version, const struct ferry_npm_dist *dist,
    const char *signature, bool shrinkwrap, struct ferry_error *err)
{
	struct ferry_bytes base = ferry_npm_name_base(ferry_bytes_str(p->name));
	struct ferry_pull pull = {
		.up = p->npm->up,
		.url = dist->tarball,
		.kind = FERRY_BLOB_IS_FILE,
		.max_size = TARBALL_MAX,
		.on_done = on_tarball,
		.on_drop = job_drop,
	};
	struct ferry_buf file = FERRY_BUF_INIT;
	struct job *job;
	int lock_n = 0;

	if (ferry_calloc(&job, 1, sizeof(*job), err) == -1)
		return -1;
	job->package = p;
	job->signature = signature;
	job->shrinkwrap = shrinkwrap;
	if (ferry_strdup(&job->version, version, err) == -1 ||
	    ferry_buf_addf(&file, err, "%.*s-%s.tgz", (int)base.n,
		(const char *)base.p, version) == -1)
		goto fail;
	job->file = (char *)file.p;
	if (unusual_path(p, dist->tarball, job->file, &job->path, err) == -1)
		goto fail;
	if (check_tarball_url(p, dist->tarball, err) == -1)
		goto fail;
	for (size_t i = 0; i < dist->n; i++)
		pull.want[pull.want_n++] = dist->digests[i];
	/* Upstream may declare less than the lock file knows. */
	if (want->integrity != NULL && pull.want_n < WANT_MAX &&
	    (lock_n = ferry_sri_parse(&pull.want[pull.want_n],
		 WANT_MAX - pull.want_n, ferry_bytes_str(want->integrity),
		 err)) == -1)
		goto fail;
	pull.want_n += (size_t)lock_n;
	pull.ctx = job;
	if (pull.want_n == 0)
		ferry_task_note(p->npm->run->task,
		    "taken as it comes: neither upstream nor a lock file "
		    "declares a digest of npm:%s@%s",
		    p->name, version);
	if (ferry_run_pull(p->npm->run, &pull, err) == -1)
		goto fail;
	p->npm->run->files_total++;
	return 0;
fail:
	job_free(job);
	return -1;
}

/*
 * Compare a version that is here with what upstream says now.
 * Returns: 1 it is here, 0 it is not, -1 changed (err: FERRY_EINCIDENT).
 */
static int
is_here(struct npm_package *p, const struct ferry_key *key,
    const struct ferry_npm_dist *dist, struct ferry_digest *sha256,
    bool *unchecked, struct ferry_error *err)
{
	static const char *const members[] = { [FERRY_SHA256] = "sha256",
		[FERRY_SHA512] = "sha512",
		[FERRY_SHA1] = "sha1" };
	char hex[FERRY_DIGEST_TEXT];
	const char *signature;
	struct ferry_file file;
	json_t *record = NULL, *object;
	int rc = ferry_catalog_get(p->npm->run->st, key, &record, err);

	if (rc != 1)
		return rc;
	if (ferry_files_get(record, 0, &file, err) == -1) {
		rc = -1;
		goto out;
	}
	*sha256 = file.sha256;
	signature = json_string_value(json_object_get(record, "signature"));
	*unchecked = signature != NULL && strcmp(signature, "no-key") == 0;
	object = json_array_get(json_object_get(record, "files"), 0);
	for (size_t i = 0; i < dist->n; i++) {
		const struct ferry_digest *d = &dist->digests[i];
		const char *known =
		    d->alg > FERRY_SHA1 || members[d->alg] == NULL
			? NULL
			: json_string_value(
			      json_object_get(object, members[d->alg]));

		if (known == NULL ||
		    strcmp(known, ferry_digest_hex(d, hex)) == 0)
			continue;
		rc = ferry_error_set(err, FERRY_EINCIDENT,
		    "upstream '%s' now declares %s:%.16s…, but the version "
		    "here has %.16s…; what is here is kept. Ask the registry's "
		    "owner why a published version changed",
		    p->npm->up->name, ferry_alg_name(d->alg), hex, known);
		goto out;
	}
	/* What rotted is fetched again. */
	rc = ferry_blob_has(p->npm->run->st, &file.sha256, err);
out:
	json_decref(record);
	return rc;
}

static int
mark_chosen(struct npm_package *p, const char *version, struct ferry_error *err)
{

	struct npm_chosen *chosen;

	if (ferry_array_grow(&p->chosen, &p->chosen_cap, p->chosen_n + 1,
		sizeof(*p->chosen), err) == -1)
		return -1;
	chosen = &p->chosen[p->chosen_n];
	*chosen = (struct npm_chosen){ NULL, false, false };
	if (ferry_strdup(&chosen->version, version, err) == -1)
		return -1;
	p->chosen_n++;
	return 0;
}

/* What was optional so far is needed; perhaps it is known to be lacking. */
static void
mark_needed(struct npm_package *p, const char *version, const char *item)
{
	struct npm_chosen *chosen = chosen_find(p, version);
	struct ferry_error why = FERRY_ERROR_INIT;

	chosen->needed = true;
	if (!chosen->lacking)
		return;
	chosen->lacking = false;
	ferry_error_set(&why, FERRY_ENOTFOUND,
	    "upstream '%s' names this version and lacks its tarball",
	    p->npm->up->name);
	ferry_run_fail(p->npm->run, item, &why);
}

static void
plan_version(struct npm_package *p, const char *item,
    const struct ferry_npm_version *version)
{
	struct ferry_bytes dist, unpacked;
	struct ferry_error err = FERRY_ERROR_INIT;
	uint64_t size = 0;

	if (ferry_span_get(version->object, "dist", &dist) &&
	    ferry_span_get(dist, "unpackedSize", &unpacked))
		(void)ferry_parse_u64(unpacked, 0, INT64_MAX, &size, &err);
	(void)json_array_append_new(p->npm->run->plan,
	    json_pack("{s:s,s:I}", "item", item, "unpacked", (json_int_t)size));
	p->npm->run->added++;
}

static bool
has_shrinkwrap(const struct ferry_npm_version *version)
{
	struct ferry_bytes v;

	return ferry_span_get(version->object, "_hasShrinkwrap", &v) &&
	       ferry_span_true(v);
}

/* What a lock file says of a version must be what upstream says. */
static int
lock_agrees(const struct npm_want *want, const struct ferry_npm_dist *dist,
    struct ferry_error *err)
{
	struct ferry_digest lock[4];
	char a[FERRY_DIGEST_TEXT], b[FERRY_DIGEST_TEXT];
	int n;

	if (want->integrity == NULL)
		return 0;
	if ((n = ferry_sri_parse(
		 lock, 4, ferry_bytes_str(want->integrity), err)) == -1)
		return -1;
	for (size_t i = 0; i < (size_t)n; i++)
		for (size_t k = 0; k < dist->n; k++)
			if (lock[i].alg == dist->digests[k].alg &&
			    !ferry_digest_equal(&lock[i], &dist->digests[k]))
				return ferry_error_set(err, FERRY_EDIGEST,
				    "%s wants %.20s…, upstream has %.20s…",
				    want->by, ferry_digest_text(&lock[i], a),
				    ferry_digest_text(&dist->digests[k], b));
	return 0;
}

/* Of a version that is here: 0, or -1. */
static int
choose_present(struct npm_package *p, const struct npm_want *want,
    const struct ferry_npm_doc *doc, const struct ferry_npm_version *version,
    const struct ferry_npm_dist *dist, const struct ferry_digest *sha256,
    bool unchecked, struct ferry_error *why)
{
	const char *word;

	p->npm->run->present++;
	/* Its keys were not known when it came; they may be now. */
	if (unchecked && npm_keys_check(p->npm, p->name, version->name, dist,
			     doc, &word, why) == -1) {
		why->code = FERRY_EINCIDENT;
		return -1;
	}
	if (end_incident(p, version->name, why) == -1)
		return -1;
	return want->closure && has_shrinkwrap(version)
	           ? npm_shrinkwrap(p, version->name, sha256, why)
	           : 0;
}

static int
choose_new(struct npm_package *p, const struct npm_want *want,
    const struct ferry_npm_doc *doc, const struct ferry_npm_version *version,
    const struct ferry_npm_dist *dist, const char *item,
    struct ferry_error *why)
{
	const char *signature = "none";
	struct ferry_digest sha256;
	bool unchecked = false;
	struct ferry_key key;
	int here, removed = 0;

	if (ferry_key_make(&key, why, "version", "npm", p->name,
		p->npm->up->name, version->name, NULL) == -1)
		return -1;
	here = is_here(p, &key, dist, &sha256, &unchecked, why);
	if (here != -1 &&
	    (removed = ferry_removal_stands(p->npm->run->st, &key, why)) != 0) {
		p->npm->run->removed += removed == 1;
		return removed == -1 ? -1 : end_incident(p, version->name, why);
	}
	if (here == 1)
		here = choose_present(p, want, doc, version, dist, &sha256,
			   unchecked, why) == -1
		           ? -1
		           : 1;
	if (here == -1 && why->code == FERRY_EINCIDENT) {
		ferry_run_incident(p->npm->run, &key, item, why->text);
		return 0;
	}
	if (here != 0)
		return here == -1 ? -1 : 0;
	if (npm_keys_check(p->npm, p->name, version->name, dist, doc,
		&signature, why) == -1)
		return -1;
	if (p->npm->run->dry_run) {
		plan_version(p, item, version);
		return 0;
	}
	return fetch_version(p, want, version->name, dist, signature,
	    want->closure && has_shrinkwrap(version), why);
}

/* Only what a dependency tree may leave out is left out for a platform. */
static bool
platform_ok(const struct npm *npm, const struct ferry_npm_version *version)
{
	struct ferry_bytes o = version->object;

	return ferry_npm_platform_ok(o, "os", npm->os, npm->os_n) &&
	       ferry_npm_platform_ok(o, "cpu", npm->cpu, npm->cpu_n) &&
	       ferry_npm_platform_ok(o, "libc", npm->libc, npm->libc_n);
}

int
npm_choose(struct npm_package *p, const struct npm_want *want,
    const struct ferry_npm_doc *doc, const struct ferry_npm_version *version,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_npm_dist dist = { 0 };
	bool known = chosen_find(p, version->name) != NULL;
	char item[320];

	npm_item(item, sizeof(item), p->name, version->name);
	if (want->optional && want->closure && !platform_ok(p->npm, version))
		return 0;
	if (!known && mark_chosen(p, version->name, err) == -1)
		return -1;
	if (!want->optional)
		mark_needed(p, version->name, item);
	/* What is wrong with one version is a failure of that version only. */
	if (ferry_npm_dist_read(&dist, version, &why) == -1 ||
	    lock_agrees(want, &dist, &why) == -1 ||
	    (!known &&
		choose_new(p, want, doc, version, &dist, item, &why) == -1))
		ferry_run_fail(p->npm->run, item, &why);
	ferry_npm_dist_free(&dist);
	return want->closure ? npm_depend(p, version, want->optional, err) : 0;
}
