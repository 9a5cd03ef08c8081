/* Local records of a rebuilt index. */

#include <string.h>

#include "store/base/json.h"
#include "store/index/local.h"
#include "store/rebuild/rebuilder.h"

/*
 * What becomes of local records.  A kind that is not here is kept.
 */
enum fate {
	KEEP,
	DROP, /* of an index that is no more, or made anew here */
	IF_HISTORY, /* of numbers and chains of our own journal */
	IF_RECORDS, /* says that records are here already */
	IF_LOCAL /* opens what other records, which may be lost, close */
};
static const enum fate fates[FERRY_KINDS] = {
	[FERRY_KIND_ANSWER] = IF_RECORDS,
	[FERRY_KIND_APPLYING] = IF_RECORDS,
	[FERRY_KIND_FORMER] = IF_HISTORY,
	[FERRY_KIND_INCOMING] = DROP,
	[FERRY_KIND_LOST] = DROP,
	[FERRY_KIND_MARK] = IF_HISTORY,
	[FERRY_KIND_MIRRORED] = IF_RECORDS,
	[FERRY_KIND_ORIGIN] = IF_RECORDS,
	[FERRY_KIND_PART] = DROP,
	[FERRY_KIND_PIECES] = DROP,
	[FERRY_KIND_SENT] = IF_HISTORY,
	[FERRY_KIND_SITE] = IF_HISTORY,
	[FERRY_KIND_TRUST] = IF_LOCAL,
	[FERRY_KIND_VALIDATOR] = IF_RECORDS,
};

/* A sign that bundles of this store exist. */
int
ferry_rebuild_exports(void *ctx, struct ferry_bytes key,
    struct ferry_bytes value, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_rebuilder *r = ctx;
	struct ferry_key k;

	(void)value;
	(void)err;
	if (ferry_key_parse(&k, key, &why) == 0 &&
	    (ferry_key_is(&k, FERRY_KIND_MARK) ||
		ferry_key_is(&k, FERRY_KIND_SENT) ||
		ferry_key_is(&k, FERRY_KIND_SITE)))
		r->exported = true;
	return 0;
}

static bool
is_kept(
    const struct ferry_rebuilder *r, enum ferry_kind kind, const json_t *record)
{

	switch (fates[kind]) {
	case DROP:
		return false;
	case IF_HISTORY:
		return r->out->history == FERRY_HISTORY_KEPT;
	case IF_RECORDS:
		return !r->out->records_lost;
	case IF_LOCAL:
		/* What was revoked stays so. */
		return !r->out->local_lost ||
		       json_object_get(record, "revoked_at") != NULL;
	default:
		return true;
	}
}

/* Whether a local record is copied already, or was told of: 1, 0, -1. */
static int
is_known(struct ferry_rebuilder *r, const struct ferry_key *key,
    struct ferry_error *err)
{
	json_t *known = NULL;
	int rc = ferry_local_get(r->st, key, &known, err);

	json_decref(known);
	if (rc != 0 || !ferry_key_is(key, FERRY_KIND_TRUST))
		return rc;
	for (size_t i = 0; i < json_array_size(r->out->untrusted); i++) {
		const char *id = json_string_value(json_object_get(
		    json_array_get(r->out->untrusted, i), "id"));

		if (id != NULL && strcmp(id, ferry_key_part(key, 1)) == 0)
			return 1;
	}
	return 0;
}

int
ferry_rebuild_local(void *ctx, struct ferry_bytes key, struct ferry_bytes value,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_rebuilder *r = ctx;
	json_t *record = NULL;
	enum ferry_kind kind;
	struct ferry_key k;
	int rc = 0;

	if (ferry_key_parse(&k, key, &why) == -1 ||
	    ferry_json_parse(&record, value, "a local record", &why) == -1)
		goto out;
	/* The repaired copy may have older ones. */
	if (r->out->local_lost && (rc = is_known(r, &k, err)) != 0)
		goto out;
	/* Kinds of a newer ferry are its business. */
	if (ferry_kind_find(ferry_key_part(&k, 0), &kind) == 0 ||
	    is_kept(r, kind, record)) {
		rc = ferry_local_put(r->st, &k, record, err);
		if (rc == 0)
			rc = ferry_rebuild_pause(r, err);
	} else if (kind == FERRY_KIND_TRUST) {
		rc = ferry_json_set(record, "id",
			 json_string(ferry_key_part(&k, 1)), err) == -1 ||
		             ferry_json_push(r->out->untrusted,
				 json_incref(record), err) == -1
		         ? -1
		         : 0;
	}
out:
	json_decref(record);
	return rc == -1 ? -1 : 0;
}
