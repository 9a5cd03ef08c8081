#include "sync/upstream/record.h"

#include "store/base/clock.h"
#include "store/base/files.h"
#include "store/catalog/cached.h"
#include "store/catalog/check.h"
#include "store/catalog/removal.h"
#include "store/store.h"

static int
make_key(const struct ferry_recorded *of, const char *version,
    struct ferry_key *key, struct ferry_error *err)
{

	return version == NULL ? ferry_key_package(key, of->format, of->name,
				     of->upstream, err)
	                       : ferry_key_version(key, of->format, of->name,
				     of->upstream, version, err);
}

static int
incident_key(const struct ferry_recorded *of, const char *version,
    struct ferry_key *key, struct ferry_error *err)
{
	struct ferry_key own;

	return make_key(of, version, &own, err) == -1
	           ? -1
	           : ferry_key_beside(
			 key, FERRY_KIND_INCIDENT, &own, version, err);
}

int
ferry_run_put(struct ferry_run *run, const struct ferry_key *key,
    json_t *record, struct ferry_error *err)
{
	int rc = -1;

	if (record == NULL)
		ferry_error_set(err, FERRY_ENOMEM, "no memory");
	else if (ferry_record_check(key, record, err) == -1)
		ferry_error_in(err, "what upstream has of it cannot be kept");
	else
		rc = ferry_catalog_put(run->st, key, record, err);
	json_decref(record);
	return rc == -1 ? -1 : 0;
}

static int
size_of(const json_t *record, uint64_t *size, struct ferry_error *err)
{
	int n = ferry_files_count(record, err);
	struct ferry_file file;

	*size = 0;
	for (int i = 0; i < n; i++) {
		if (ferry_files_get(record, (size_t)i, &file, err) == -1)
			return -1;
		*size += file.size;
	}
	return n == -1 ? -1 : 0;
}

/* A puller's version is there because a client asked, unless it was there for
 * another reason before. */
static int
note_reason(struct ferry_run *run, const struct ferry_key *key,
    const json_t *record, struct ferry_error *err)
{
	struct ferry_cached cached = { .at = ferry_now() }, was;
	int known;

	if (!run->pulls)
		return ferry_cached_forget(run->st, key, err);
	if ((known = ferry_cached_get(run->st, key, &was, err)) == 0 &&
	    (known = ferry_catalog_has(run->st, key, err)) == 1)
		return 0;
	return known == -1 || size_of(record, &cached.size, err) == -1
	           ? -1
	           : ferry_cached_put(run->st, key, &cached, err);
}

int
ferry_recorded_wanted(const struct ferry_recorded *of, const char *version,
    struct ferry_error *err)
{
	struct ferry_key key;

	if (of->run->dry_run || of->run->pulls)
		return 0;
	return make_key(of, version, &key, err) == -1
	           ? -1
	           : ferry_cached_forget(of->run->st, &key, err);
}

int
ferry_recorded_put(const struct ferry_recorded *of, const char *version,
    json_t *record, struct ferry_error *err)
{
	struct ferry_key key;

	if (make_key(of, version, &key, err) == 0 &&
	    (version == NULL || record == NULL ||
		note_reason(of->run, &key, record, err) == 0))
		return ferry_run_put(of->run, &key, record, err);
	json_decref(record);
	return -1;
}

int
ferry_recorded_get(const struct ferry_recorded *of, const char *version,
    json_t **out, struct ferry_error *err)
{
	struct ferry_key key;

	return make_key(of, version, &key, err) == -1
	           ? -1
	           : ferry_catalog_get(of->run->st, &key, out, err);
}

int
ferry_recorded_is_removed(const struct ferry_recorded *of, const char *version,
    struct ferry_error *err)
{
	struct ferry_key key;
	int rc = make_key(of, version, &key, err);

	if (rc == 0)
		rc = ferry_removal_stands(of->run->st, &key, err);
	of->run->removed += rc == 1;
	return rc;
}

void
ferry_recorded_incident(const struct ferry_recorded *of, const char *version,
    const char *item, const char *text)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_run *run = of->run;
	struct ferry_key key;
	json_t *record;

	run->incidents++;
	ferry_error_set(&err, FERRY_EINCIDENT, "%s", text);
	ferry_run_fail(run, item, &err);
	if (run->dry_run)
		return;
	record = json_pack("{s:I,s:s,s:s}", "at", (json_int_t)ferry_now(),
	    "item", item, "text", text);
	if (incident_key(of, version, &key, &err) == -1 || record == NULL ||
	    ferry_local_put(run->st, &key, record, &err) == -1)
		ferry_run_fatal(run, &err);
	json_decref(record);
}

int
ferry_recorded_agrees(const struct ferry_recorded *of, const char *version,
    struct ferry_error *err)
{
	struct ferry_key key;
	json_t *record = NULL;
	int rc;

	if (of->run->dry_run)
		return 0;
	if (incident_key(of, version, &key, err) == -1)
		return -1;
	if ((rc = ferry_local_get(of->run->st, &key, &record, err)) == 1)
		rc = ferry_local_delete(of->run->st, &key, err);
	json_decref(record);
	return rc;
}
