#include "sync/carry/import_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/store.h"

static int
part_key(struct ferry_key *key, const char *origin, uint64_t part,
    struct ferry_error *err)
{
	char number[24];

	(void)snprintf(number, sizeof(number), "%09" PRIu64, part);
	return ferry_key_named(key, FERRY_KIND_PART, origin, number, err);
}

int
ferry_import_state_load(struct ferry_import_state *in, struct ferry_store *st,
    const struct ferry_head *head, struct ferry_error *err)
{
	struct ferry_digest digest;
	json_t *record, *list, *o;
	size_t i;
	int rc;

	*in = (struct ferry_import_state){ .head = head };
	if (ferry_calloc(&in->done, head->volumes_n, 1, err) == -1)
		return -1;
	rc = ferry_local_named_get(
	    st, FERRY_KIND_INCOMING, head->origin, &record, err);
	if (rc != 1)
		return rc;
	rc = -1;
	if (ferry_head_digest(record, "head", &digest, err) == -1 ||
	    ferry_json_array(record, "volumes", &list, err) == -1)
		goto out;
	if (!ferry_digest_equal(&digest, &head->digest)) {
		rc = ferry_import_state_forget(st, head->origin, err) == -1 ? -1
		                                                            : 1;
		goto out;
	}
	json_array_foreach (list, i, o) {
		json_int_t n = json_integer_value(o);

		if (n < 1 || (size_t)n > head->volumes_n || in->done[n - 1]) {
			ferry_error_set(err, FERRY_EINDEX,
			    "the record of an unfinished import is damaged");
			goto out;
		}
		in->done[n - 1] = true;
		in->done_n++;
	}
	rc = 0;
out:
	json_decref(record);
	return rc;
}

int
ferry_import_state_save(const struct ferry_import_state *in,
    struct ferry_store *st, struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];
	json_t *list = json_array();

	for (size_t i = 0; i < in->head->volumes_n; i++)
		if (in->done[i] &&
		    ferry_json_push(
			list, json_integer((json_int_t)i + 1), err) == -1) {
			json_decref(list);
			return -1;
		}
	return ferry_local_named_put(st, FERRY_KIND_INCOMING, in->head->origin,
	    json_pack("{s:s,s:o,s:I,s:s,s:I}", "head",
		ferry_digest_hex(&in->head->digest, hex), "volumes", list, "at",
		(json_int_t)ferry_now(), "name", in->head->origin_name, "of",
		(json_int_t)in->head->volumes_n),
	    err);
}

void
ferry_import_state_clear(struct ferry_import_state *in)
{

	free(in->done);
	in->done = NULL;
}

/* Parts */

int
ferry_part_put(struct ferry_store *st, const struct ferry_head *head,
    const struct ferry_member *m, struct ferry_error *err)
{
	struct ferry_buf line = FERRY_BUF_INIT;
	json_t *record = NULL;
	struct ferry_key key;
	int rc = -1;

	if (ferry_member_write(&line, m, err) == 0 &&
	    ferry_json_parse(&record, ferry_bytes_buf(&line), "a part", err) ==
		0 &&
	    part_key(&key, head->origin, m->part, err) == 0)
		rc = ferry_local_put(st, &key, record, err);
	json_decref(record);
	ferry_buf_free(&line);
	return rc;
}

static int
parse_part(
    struct ferry_member *out, const json_t *record, struct ferry_error *err)
{
	struct ferry_buf line = FERRY_BUF_INIT;
	int rc = ferry_json_add(&line, record, err);

	if (rc == 0)
		rc = ferry_member_parse(out, ferry_bytes_buf(&line), err);
	ferry_buf_free(&line);
	return rc;
}

int
ferry_part_get(struct ferry_store *st, const struct ferry_head *head,
    uint64_t part, struct ferry_member *out, struct ferry_error *err)
{
	json_t *record = NULL;
	struct ferry_key key;
	int rc;

	if (part_key(&key, head->origin, part, err) == -1)
		return -1;
	rc = ferry_local_get(st, &key, &record, err);
	if (rc == 1 && parse_part(out, record, err) == -1)
		rc = -1;
	json_decref(record);
	return rc;
}

/* A part's blob goes, unless a record came to name the same bytes. */
static int
drop_part(struct ferry_store *st, const struct ferry_member *m,
    struct ferry_error *err)
{
	struct ferry_blob_info info;
	int rc = ferry_blob_stat(st, &m->sha256, &info, err);

	if (rc != 1 || info.seq != 0)
		return rc == -1 ? -1 : 0;
	return ferry_blob_remove(st, &m->sha256, err);
}

int
ferry_import_state_forget(
    struct ferry_store *st, const char *origin, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	struct ferry_member m;
	json_t *record;
	int rc;

	if (ferry_key_named(&prefix, FERRY_KIND_PART, origin, NULL, err) ==
		-1 ||
	    ferry_local_iter_new(&it, st, &prefix, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, &record, err)) == 1) {
		rc = parse_part(&m, record, err);
		json_decref(record);
		if (rc == -1 || drop_part(st, &m, err) == -1 ||
		    ferry_local_delete(st, &key, err) == -1) {
			rc = -1;
			break;
		}
	}
	ferry_record_iter_free(it);
	return rc == -1 ? -1
	                : ferry_local_named_delete(
			      st, FERRY_KIND_INCOMING, origin, err);
}
