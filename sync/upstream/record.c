#include "sync/upstream/record.h"

#include "store/base/clock.h"
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
	int rc = record == NULL
	             ? ferry_error_set(err, FERRY_ENOMEM, "no memory")
	             : ferry_catalog_put(run->st, key, record, err);

	json_decref(record);
	return rc == -1 ? -1 : 0;
}

int
ferry_recorded_put(const struct ferry_recorded *of, const char *version,
    json_t *record, struct ferry_error *err)
{
	struct ferry_key key;

	if (make_key(of, version, &key, err) == 0)
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
