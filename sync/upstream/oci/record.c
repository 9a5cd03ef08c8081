#include "sync/upstream/oci/record.h"

#include <stdio.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/files.h"
#include "store/base/json.h"
#include "store/catalog/check.h"
#include "store/catalog/removal.h"
#include "store/store.h"
#include "sync/upstream/oci/queue.h"
#include "sync/upstream/reason.h"

struct ferry_recorded
ferry_oci_recorded(const struct oci_repository *r)
{

	return (struct ferry_recorded){ r->oci->run, "oci", r->entry.key,
		r->oci->up->name };
}

static int
put_package(struct oci_repository *r, struct ferry_error *err)
{
	const struct ferry_recorded of = ferry_oci_recorded(r);

	if (!r->recorded &&
	    ferry_recorded_put(&of, NULL,
		json_pack("{s:s}", "upstream", of.upstream), err) == -1)
		return -1;
	r->recorded = true;
	return 0;
}

/* What the referrers API tells of node. */
static int
put_referrer(const struct oci_node *node, struct ferry_error *err)
{
	const struct oci_body *body = node->body;
	struct oci_repository *r = node->repository;
	struct ferry_key key;
	json_t *record;

	record = json_pack("{s:s,s:s,s:I}", "mediaType", body->media_type,
	    "digest", node->entry.key, "size", (json_int_t)node->size);
	if (record == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if ((body->artifact_type[0] == 0 ||
		ferry_json_set(record, "artifactType",
		    json_string(body->artifact_type), err) == 0) &&
	    (body->annotations == NULL ||
		ferry_json_set(record, "annotations",
		    json_incref(body->annotations), err) == 0) &&
	    ferry_key_make(&key, err, "referrer", "oci", r->entry.key,
		r->oci->up->name, body->subject, node->entry.key, NULL) == 0)
		return ferry_run_put(r->oci->run, &key, record, err);
	json_decref(record);
	return -1;
}

/* Config and layers, each once, and those that are not available. */
static int
add_parts(const struct oci_body *body, json_t *record, struct ferry_error *err)
{
	json_t *missing = NULL, *file;

	for (size_t i = 0; i < body->parts_n; i++) {
		const struct oci_part *part = &body->parts[i];

		if (part->missing) {
			if (missing == NULL && (missing = json_array()) == NULL)
				return ferry_error_set(
				    err, FERRY_ENOMEM, "no memory");
			(void)json_array_append_new(
			    missing, json_string(part->digest));
			continue;
		}
		if (ferry_files_add(record, part->digest, part->size,
			&part->sha256, &file, err) == -1 ||
		    ferry_json_set(file, "media_type",
			json_string(part->media_type), err) == -1) {
			json_decref(missing);
			return -1;
		}
	}
	return missing == NULL
	           ? 0
	           : ferry_json_set(record, "missing", missing, err);
}

int
ferry_oci_record_put(struct oci_node *node, struct ferry_error *err)
{
	const struct oci_body *body = node->body;
	const struct ferry_recorded of = ferry_oci_recorded(node->repository);
	struct ferry_key key;
	json_t *record, *old = NULL;
	int rc = -1, had;

	record = json_pack("{s:I,s:s}", "pulled_at", (json_int_t)ferry_now(),
	    "media_type", body->media_type);
	if (record == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (ferry_files_add(record, "manifest", node->size, &body->sha256, NULL,
		err) == -1 ||
	    (body->artifact_type[0] != 0 &&
		ferry_json_set(record, "artifact_type",
		    json_string(body->artifact_type), err) == -1) ||
	    (body->subject[0] != 0 &&
		ferry_json_set(record, "subject", json_string(body->subject),
		    err) == -1) ||
	    add_parts(body, record, err) == -1 ||
	    (had = ferry_recorded_get(&of, node->entry.key, &old, err)) == -1)
		goto out;
	/* What has come again (it was rotten) is the version that it was. */
	if (had == 1 && json_object_get(old, "pulled_at") != NULL)
		(void)json_object_set(
		    record, "pulled_at", json_object_get(old, "pulled_at"));
	if (ferry_key_version(&key, "oci", of.name, of.upstream,
		node->entry.key, err) == -1 ||
	    ferry_record_check_content(of.run->st, &key, record, err) == -1 ||
	    put_package(node->repository, err) == -1 ||
	    ferry_recorded_put(
		&of, node->entry.key, json_incref(record), err) == -1)
		goto out;
	rc = body->subject[0] == 0 ? 0 : put_referrer(node, err);
out:
	json_decref(record);
	json_decref(old);
	return rc;
}

int
ferry_oci_record_tag(const struct oci_repository *r, const char *tag,
    const char *digest, struct ferry_error *err)
{
	struct ferry_key key;

	return ferry_key_tag(
		   &key, "oci", r->entry.key, r->oci->up->name, tag, err) == -1
	           ? -1
	           : ferry_run_put(r->oci->run, &key,
			 json_pack("{s:s}", "version", digest), err);
}

int
ferry_oci_record_reason(
    const struct oci_ref *ref, const char *digest, struct ferry_error *err)
{
	const struct ferry_recorded of = ferry_oci_recorded(ref->repository);
	char item[OCI_ITEM_MAX];
	const char *by = item;

	(void)snprintf(item, sizeof(item), "%s '%.200s' of upstream '%.100s'",
	    strcmp(ref->entry.key, digest) == 0 ? "digest" : "tag",
	    ref->entry.key, of.upstream);
	return ref->level > 0 ? 0 : ferry_reason_note(&of, digest, &by, 1, err);
}

/* "mirrored UPSTREAM REPOSITORY REF": {"version","selection","lacks"?} */
static int
mirrored_key(
    const struct oci_ref *ref, struct ferry_key *key, struct ferry_error *err)
{
	const struct oci_repository *r = ref->repository;

	return ferry_key_make(key, err, "mirrored", r->oci->up->name,
	    r->entry.key, ref->entry.key, NULL);
}

static bool
record_says(const json_t *record, const char *member, const char *value)
{
	const char *s = json_string_value(json_object_get(record, member));

	return s != NULL && strcmp(s, value) == 0;
}

int
ferry_oci_record_is_mirrored(const struct oci_ref *ref, const char *digest,
    bool *lacks, struct ferry_error *err)
{
	const struct oci_repository *r = ref->repository;
	const struct ferry_recorded of = ferry_oci_recorded(r);
	json_t *record = NULL, *version = NULL, *tag = NULL;
	struct ferry_key key;
	int rc;

	if (ferry_table_find(&r->oci->lost, r->entry.key) != NULL ||
	    (r->oci->referrers == OCI_REFERRERS_ALWAYS && ref->level == 0))
		return 0;
	if (mirrored_key(ref, &key, err) == -1 ||
	    (rc = ferry_local_get(r->oci->run->st, &key, &record, err)) == -1)
		return -1;
	if (rc == 1)
		rc = record_says(record, "version", digest) &&
		     record_says(record, "selection", r->oci->selection);
	*lacks = json_is_true(json_object_get(record, "lacks"));
	/* The records may have been removed since; if with others, it comes
	 * back now that it is wanted. */
	if (rc == 1)
		rc = ferry_recorded_get(&of, digest, &version, err);
	if (rc == 1)
		rc = !ferry_removal_is(version);
	if (rc == 1 &&
	    !ferry_oci_digest_valid(ferry_bytes_str(ref->entry.key))) {
		if (ferry_key_tag(&key, "oci", r->entry.key, r->oci->up->name,
			ref->entry.key, err) == -1)
			rc = -1;
		else
			rc =
			    ferry_catalog_get(r->oci->run->st, &key, &tag, err);
		if (rc == 1)
			rc = record_says(tag, "version", digest) &&
			     json_object_get(tag, "gone_at") == NULL;
	}
	json_decref(record);
	json_decref(version);
	json_decref(tag);
	return rc;
}

/* "absent UPSTREAM REPOSITORY REF": {"text"}, for `ferry status`. */
static int
put_absent(
    const struct oci_ref *ref, const char *absent, struct ferry_error *err)
{
	const struct oci_repository *r = ref->repository;
	struct ferry_store *st = r->oci->run->st;
	json_t *old = NULL, *record = NULL;
	struct ferry_key key;
	int rc;

	if (ferry_key_make(&key, err, "absent", r->oci->up->name, r->entry.key,
		ref->entry.key, NULL) == -1 ||
	    (rc = ferry_local_get(st, &key, &old, err)) == -1)
		return -1;
	if (absent == NULL) {
		rc = rc == 1 ? ferry_local_delete(st, &key, err) : 0;
	} else if ((record = json_pack(
			"{s:s+}", "text", "upstream lacks ", absent)) == NULL) {
		rc = ferry_error_set(err, FERRY_ENOMEM, "no memory");
	} else {
		rc = json_equal(old, record)
		         ? 0
		         : ferry_local_put(st, &key, record, err);
	}
	json_decref(old);
	json_decref(record);
	return rc;
}

int
ferry_oci_record_mirrored(const struct oci_ref *ref, const char *digest,
    const char *absent, struct ferry_error *err)
{
	const struct oci *oci = ref->repository->oci;
	struct ferry_key key;
	json_t *record, *old = NULL;
	int rc = -1;

	if (oci->run->dry_run)
		return 0;
	record = json_pack("{s:s,s:s,s:o*}", "version", digest, "selection",
	    oci->selection, "lacks", absent != NULL ? json_true() : NULL);
	if (record == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (mirrored_key(ref, &key, err) == 0 &&
	    (rc = ferry_local_get(oci->run->st, &key, &old, err)) != -1)
		rc = rc == 1 && json_equal(old, record)
		         ? 0
		         : ferry_local_put(oci->run->st, &key, record, err);
	if (rc == 0)
		rc = put_absent(ref, absent, err);
	json_decref(record);
	json_decref(old);
	return rc;
}
