#include "sync/carry/inspect.h"

#include <fcntl.h>
#include <string.h>

#include "store/access/snapshot.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/catalog/check.h"
#include "sync/carry/admit.h"
#include "sync/carry/alias.h"
#include "sync/carry/find.h"
#include "sync/carry/origins.h"

struct inspect {
	const struct ferry_task *task;
	const struct ferry_found_bundle *bundle;
	json_t *aliases;
	/* By upstream, as it is called here: {"access":…,"upstream":…}, the
	 * last put of each. */
	json_t *records;
};

static int
on_data(void *ctx, const void *p, size_t n, struct ferry_error *err)
{

	return ferry_buf_add(ctx, p, n, err);
}

/* Call on_member for the members of every volume until it returns not 0. */
static int
each_member(const struct inspect *inspect,
    int (*on_member)(void *ctx, struct ferry_volume *v,
	const struct ferry_member *m, struct ferry_error *err),
    void *ctx, struct ferry_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < inspect->bundle->n; i++) {
		const struct ferry_member *m;
		struct ferry_volume *v = NULL;
		int more = -1;

		if (ferry_found_open(&v, inspect->bundle, i, err) == -1)
			return -1;
		while (rc == 0 && (more = ferry_volume_next(v, &m, err)) == 1)
			rc = on_member(ctx, v, m, err);
		if (rc == 0 && more == -1)
			rc = -1;
		ferry_volume_close(v);
		if (rc == -1)
			ferry_error_in(
			    err, "%s", inspect->bundle->volumes[i].path);
	}
	return rc;
}

static int
keep_record(struct inspect *inspect, const struct ferry_key *key, json_t *value,
    struct ferry_error *err)
{
	const char *upstream = ferry_key_part(key, 1);
	json_t *both = json_object_get(inspect->records, upstream);

	if (both == NULL) {
		both = json_object();
		if (ferry_json_set(inspect->records, upstream, both, err) == -1)
			return -1;
	}
	return ferry_json_set(
	    both, ferry_key_part(key, 0), json_incref(value), err);
}

/* A line of the records. */
static int
take_record(
    struct inspect *inspect, struct ferry_bytes line, struct ferry_error *err)
{
	struct ferry_key key;
	json_t *root = NULL, *value = NULL;
	int rc = -1;

	if (ferry_json_parse(&root, line, "a record", err) == -1 ||
	    ferry_key_from_json(&key, json_object_get(root, "key"), err) == -1)
		goto out;
	rc = 0;
	value = json_object_get(root, "value");
	if (key.n == 2 && (ferry_key_is(&key, FERRY_KIND_ACCESS) ||
			      ferry_key_is(&key, FERRY_KIND_UPSTREAM)))
		rc = ferry_record_check(&key, value, err) == -1 ||
		             ferry_alias_key(inspect->aliases, &key, err) == -1
		         ? -1
		         : keep_record(inspect, &key, value, err);
out:
	json_decref(root);
	return rc;
}

static int
take_part(void *ctx, struct ferry_volume *v, const struct ferry_member *m,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_bytes rest, line;
	int rc = 0;

	if (m->kind != FERRY_MEMBER_RECORDS)
		return 0;
	if (ferry_volume_content(
		v, FERRY_CONTENT_CHECKED, on_data, &text, err) == -1)
		rc = -1;
	rest = ferry_bytes_buf(&text);
	while (rc == 0 && ferry_bytes_line(&rest, &line))
		rc = take_record(ctx, line, err);
	ferry_buf_free(&text);
	return rc;
}

/* The blob that is looked for. */
struct find {
	struct ferry_digest digest;
	struct ferry_buf text;
};

/*
 * A piece of it.  Volumes come in the order of their numbers, and so do pieces;
 * those of copies came before.
 */
static int
take_piece(struct find *find, struct ferry_volume *v,
    const struct ferry_member *m, struct ferry_error *err)
{

	if (m->offset != find->text.n)
		return 0;
	if (ferry_volume_content(
		v, FERRY_CONTENT_CHECKED, on_data, &find->text, err) == -1)
		return -1;
	return find->text.n == m->content_size;
}

static int
take_blob(void *ctx, struct ferry_volume *v, const struct ferry_member *m,
    struct ferry_error *err)
{
	struct find *find = ctx;
	struct ferry_digest got;
	int rc = 1;

	if (m->kind != FERRY_MEMBER_BLOB ||
	    !ferry_digest_equal(&m->blob, &find->digest))
		return 0;
	if (m->content_size > FERRY_SNAPSHOT_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a permission snapshot has more than %u bytes",
		    FERRY_SNAPSHOT_MAX);
	if (m->encoding == FERRY_ENCODING_PIECE)
		rc = take_piece(find, v, m, err);
	else if (ferry_volume_content(
		     v, FERRY_CONTENT_CHECKED, on_data, &find->text, err) == -1)
		rc = -1;
	if (rc != 1)
		return rc;
	if (ferry_digest_of(
		&got, FERRY_SHA256, ferry_bytes_buf(&find->text), err) == -1)
		return -1;
	if (!ferry_digest_equal(&got, &find->digest))
		return ferry_error_set(err, FERRY_EDIGEST,
		    "a permission snapshot is not the one that its record "
		    "names");
	return 1;
}

/* The snapshot that a record names, here or in the volumes. */
static int
load_snapshot(const struct inspect *inspect, const json_t *access,
    struct find *find, struct ferry_error *err)
{
	struct ferry_file file;
	int rc = ferry_files_find(access, "snapshot", &file, err);

	if (rc == 0)
		rc = ferry_error_set(
		    err, FERRY_EFORMAT, "the record names no snapshot");
	if (rc == -1)
		return -1;
	find->digest = file.sha256;
	rc = ferry_blob_has(inspect->task->st, &file.sha256, err);
	if (rc == 1 && ferry_blob_load(inspect->task->st, &file.sha256,
			   FERRY_SNAPSHOT_MAX, &find->text, err) == -1)
		rc = -1;
	else if (rc == 0)
		rc = each_member(inspect, take_blob, find, err);
	if (rc == 0)
		rc = ferry_error_set(err, FERRY_EMISSING,
		    "the snapshot is neither here nor in these volumes");
	return rc == -1 ? -1 : 0;
}

static int
show_upstream(const struct inspect *inspect, const char *upstream,
    const json_t *both, const struct ferry_error *refused,
    ferry_on_inspect *on_peek, void *ctx, struct ferry_error *err)
{
	struct find find = { .text = FERRY_BUF_INIT };
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_inspected inspected = { .upstream = upstream,
		.record = json_object_get(both, "upstream"),
		.access = json_object_get(both, "access"),
		.refused = refused };
	int rc = ferry_authority_get(inspect->task->st, upstream,
	    inspect->bundle->head->origin, &inspected.authority, err);

	if (rc == 0 && inspected.access != NULL && refused == NULL)
		rc = load_snapshot(inspect, inspected.access, &find, err) ==
		                 -1 ||
		             ferry_alias_snapshot(inspect->aliases, upstream,
				 ferry_bytes_buf(&find.text), &text, err) == -1
		         ? -1
		         : 0;
	inspected.text = ferry_bytes_buf(&text);
	if (rc == 0)
		rc = on_peek(ctx, &inspected, err);
	ferry_buf_free(&text);
	ferry_buf_free(&find.text);
	return rc == -1 ? ferry_error_in(
			      err, "the permissions of upstream '%s'", upstream)
	                : 0;
}

static int
inspect_bundle(const struct ferry_task *task,
    const struct ferry_found_bundle *bundle, ferry_on_inspect *on_peek,
    void *ctx, struct ferry_error *err)
{
	struct inspect inspect = {
		.task = task, .bundle = bundle, .records = json_object()
	};
	struct ferry_error why = FERRY_ERROR_INIT;
	const struct ferry_error *refused =
	    ferry_admit(task->st, bundle->head, NULL, &why) == -1 ? &why : NULL;
	const char *upstream;
	json_t *both;
	int rc = -1;

	if (inspect.records == NULL)
		ferry_error_set(err, FERRY_ENOMEM, "no memory");
	else if (ferry_alias_load(task->st, bundle->head->origin,
		     &inspect.aliases, err) == 0)
		rc = each_member(&inspect, take_part, &inspect, err);
	if (rc == 0)
		json_object_foreach (inspect.records, upstream, both)
			if ((rc = show_upstream(&inspect, upstream, both,
				 refused, on_peek, ctx, err)) == -1)
				break;
	json_decref(inspect.aliases);
	json_decref(inspect.records);
	/* For those that go on from it: as if it had been imported. */
	if (rc == 0 && refused == NULL)
		rc = ferry_position_reach(task->st, bundle->head, err);
	return rc;
}

int
ferry_inspect(const struct ferry_task *task, char *const *paths, size_t n,
    ferry_on_inspect *on_peek, void *ctx, struct ferry_error *err)
{
	struct ferry_found found = { 0 };
	int rc = ferry_find(task, paths, n, &found, err);

	if (rc == 0 && found.n == 0) {
		rc = -1;
		if (found.refused > 0)
			*err = found.first;
		else
			ferry_error_set(err, FERRY_ENOTFOUND,
			    "there is no bundle (ferry-….tar)");
	}
	for (size_t i = 0; rc == 0 && i < found.n; i++)
		rc = inspect_bundle(task, &found.bundles[i], on_peek, ctx, err);
	ferry_found_clear(&found);
	return rc;
}
