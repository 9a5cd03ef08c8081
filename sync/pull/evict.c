#include "sync/pull/evict.h"

#include <string.h>

#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/catalog/cached.h"
#include "store/catalog/catalog.h"
#include "store/catalog/closure.h"
#include "store/catalog/removal.h"
#include "store/format/format.h"
#include "store/pull/message.h"
#include "store/store.h"
#include "sync/upstream/recordings.h"
#include "sync/upstream/run.h"

#define PASS_MS 200U /* then others have their turn */
/* Down to so much of the limit, so that not every pull drops something. */
#define TARGET(limit) ((limit) - (limit) / 10)

/* Uses */

struct naming {
	const struct ferry_evict_use *of;
	const struct ferry_pull_use *use;
};

/* A use of a blob: of the versions that name it. */
static int
note_blob(const struct naming *n, struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_ref_iter *refs = NULL;
	struct ferry_key prefix, key;
	struct ferry_digest digest;
	int rc;

	if (strncmp(n->use->what, "sha256:", 7) != 0 ||
	    ferry_digest_from_hex(&digest, FERRY_SHA256,
		ferry_bytes_str(n->use->what + 7), &ignored) == -1)
		return 0;
	if (ferry_key_make(&prefix, err, ferry_kind_name(FERRY_KIND_VERSION),
		n->use->format, n->use->package, n->use->upstream,
		NULL) == -1 ||
	    ferry_ref_iter_new(&refs, n->of->st, &digest, &prefix, err) == -1)
		return -1;
	while ((rc = ferry_ref_iter_next(refs, &key, err)) == 1)
		if (ferry_cached_use(n->of->st, &key, n->of->at,
			n->of->coarse_s, err) == -1) {
			rc = -1;
			break;
		}
	ferry_ref_iter_free(refs);
	return rc;
}

int
ferry_evict_note_use(const struct ferry_evict_use *of,
    const struct ferry_pull_use *use, struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	const char *version = use->what;
	json_t *tag = NULL;
	struct ferry_key key;
	int rc;

	/* What makes no key is nothing that is here. */
	if (ferry_key_tag(&key, use->format, use->package, use->upstream,
		use->what, &ignored) == -1)
		return 0;
	if ((rc = ferry_catalog_get(of->st, &key, &tag, err)) == 1)
		version = json_string_value(json_object_get(tag, "version"));
	if (rc != -1 && version != NULL &&
	    (rc = ferry_key_version(&key, use->format, use->package,
		 use->upstream, version, err)) == 0 &&
	    (rc = ferry_catalog_has(of->st, &key, err)) != -1)
		rc = rc == 1 ? ferry_cached_use(
				   of->st, &key, of->at, of->coarse_s, err)
		             : note_blob(&(struct naming){ of, use }, err);
	json_decref(tag);
	return rc;
}

/* Dropping */

struct pass {
	struct ferry_run *run;
	struct ferry_store *st;
	struct ferry_evicted *out;
	struct ferry_closure *closure; /* of package, the last looked at */
	struct ferry_key package;
	uint64_t excess; /* bytes that are still to go */
	uint64_t sent; /* the last record that an export carried */
	int64_t newest; /* what was used later stays */
	uint64_t until_ms;
};

static int
on_sent(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	struct pass *pass = ctx;
	json_int_t seq = json_integer_value(json_object_get(record, "seq"));

	(void)key;
	(void)err;
	if (seq > 0 && (uint64_t)seq > pass->sent)
		pass->sent = (uint64_t)seq;
	return 0;
}

struct wanted {
	const struct pass *pass;
	const struct ferry_key *key;
	bool is;
};

static int
on_recorded(
    void *ctx, const struct ferry_recorded_want *want, struct ferry_error *err)
{
	struct wanted *w = ctx;
	const char *version = ferry_key_part(w->key, 4);
	struct ferry_key key;
	json_t *tag = NULL;
	int rc = 0;

	if (w->is || strcmp(want->package, ferry_key_part(w->key, 2)) != 0)
		return 0;
	w->is = strcmp(want->version, version) == 0;
	if (!w->is &&
	    (rc = ferry_key_beside(
		 &key, FERRY_KIND_TAG, w->key, want->version, err)) == 0 &&
	    (rc = ferry_catalog_get(w->pass->st, &key, &tag, err)) == 1) {
		const char *is =
		    json_string_value(json_object_get(tag, "version"));

		w->is = is != NULL && strcmp(is, version) == 0;
	}
	json_decref(tag);
	return rc == -1 ? -1 : 0;
}

/* Whether something else than clients wants it: 1, 0, -1.  record is its. */
static int
is_held(const struct pass *pass, const struct ferry_key *key,
    const json_t *record, struct ferry_error *err)
{
	const char *format = ferry_key_part(key, 1),
		   *upstream = ferry_key_part(key, 3);
	struct wanted wanted = { pass, key, false };
	json_int_t seq = json_integer_value(json_object_get(record, "seq"));

	if (ferry_removal_is(record) || (uint64_t)seq <= pass->sent)
		return 1;
	for (size_t i = 0; i < pass->run->upstreams_n; i++) {
		const struct ferry_upstream *up = &pass->run->upstreams[i];

		if (strcmp(up->name, upstream) == 0 &&
		    ferry_upstream_holder(
			pass->run, up, ferry_key_part(key, 2)) == up)
			return 1;
	}
	if (ferry_recordings_of(
		pass->st, format, upstream, on_recorded, &wanted, err) == -1)
		return -1;
	return wanted.is;
}

/* The version of its package that needs it, or NULL.  -1. */
static int
find_holder(struct pass *pass, const struct ferry_key *key, const char **holder,
    struct ferry_error *err)
{
	const struct ferry_format *format =
	    ferry_format_find(ferry_bytes_str(ferry_key_part(key, 1)));
	struct ferry_key package;

	*holder = NULL;
	if (format == NULL || format->parts == NULL)
		return 0;
	if (ferry_key_package(&package, ferry_key_part(key, 1),
		ferry_key_part(key, 2), ferry_key_part(key, 3), err) == -1)
		return -1;
	if (pass->closure == NULL ||
	    !ferry_key_equal(&package, &pass->package)) {
		ferry_closure_free(pass->closure);
		pass->closure = NULL;
		pass->package = package;
		if (ferry_closure_new(
			&pass->closure, pass->st, &package, err) == -1)
			return -1;
	}
	*holder = ferry_closure_holder(pass->closure, ferry_key_part(key, 4));
	return 0;
}

/* A part is as old as what it is part of, and stays if that is not counted. */
static int
stay_with(const struct pass *pass, const struct ferry_key *key,
    const struct ferry_cached *cached, const char *holder,
    struct ferry_error *err)
{
	struct ferry_cached whole, moved = *cached;
	struct ferry_key of;
	int rc;

	if (ferry_key_beside(&of, FERRY_KIND_VERSION, key, holder, err) == -1 ||
	    (rc = ferry_cached_get(pass->st, &of, &whole, err)) == -1)
		return -1;
	if (rc == 0)
		return ferry_catalog_has(pass->st, &of, err) == 1
		           ? ferry_cached_forget(pass->st, key, err)
		           : 0;
	moved.at = whole.at;
	return whole.at > cached->at
	           ? ferry_cached_put(pass->st, key, &moved, err)
	           : 0;
}

struct untag {
	struct ferry_store *st;
	const char *version;
};

static int
on_tag(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const struct untag *untag = ctx;
	const char *version =
	    json_string_value(json_object_get(record, "version"));

	return version == NULL || strcmp(version, untag->version) != 0
	           ? 0
	           : ferry_catalog_delete(untag->st, key, err);
}

static int
drop(struct pass *pass, const struct ferry_key *key,
    const struct ferry_cached *cached, struct ferry_error *err)
{
	struct untag untag = { pass->st, ferry_key_part(key, 4) };
	struct ferry_key tags;

	if (ferry_key_make(&tags, err, ferry_kind_name(FERRY_KIND_TAG),
		ferry_key_part(key, 1), ferry_key_part(key, 2),
		ferry_key_part(key, 3), NULL) == -1 ||
	    ferry_catalog_each(pass->st, &tags, on_tag, &untag, err) == -1 ||
	    ferry_cached_drop(pass->st, key, err) == -1)
		return -1;
	pass->out->versions++;
	pass->out->bytes += cached->size;
	pass->out->last_used = cached->at;
	pass->excess -=
	    cached->size < pass->excess ? cached->size : pass->excess;
	return 0;
}

/* Returns: 1, it is enough; 0; -1. */
static int
on_idle(void *ctx, const struct ferry_key *key, struct ferry_error *err)
{
	struct pass *pass = ctx;
	struct ferry_cached cached;
	json_t *record = NULL;
	const char *holder;
	int rc;

	if (pass->excess == 0 || ferry_ticks_ms() > pass->until_ms)
		return 1;
	if ((rc = ferry_cached_get(pass->st, key, &cached, err)) != 1)
		return rc;
	if (cached.at > pass->newest)
		return 1;
	if ((rc = ferry_catalog_get(pass->st, key, &record, err)) == 1)
		rc = is_held(pass, key, record, err);
	else if (rc == 0)
		rc = 1; /* It went. */
	json_decref(record);
	if (rc != 0)
		return rc == -1 ? -1 : ferry_cached_forget(pass->st, key, err);
	if (find_holder(pass, key, &holder, err) == -1)
		return -1;
	return holder != NULL ? stay_with(pass, key, &cached, holder, err)
	                      : drop(pass, key, &cached, err);
}

static int
on_any(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	(void)key;
	(void)record;
	(void)err;
	*(bool *)ctx = true;
	return 0;
}

static int
is_importing(struct ferry_store *st, bool *out, struct ferry_error *err)
{
	struct ferry_key all;

	*out = false;
	ferry_key_all(&all, FERRY_KIND_INCOMING);
	return ferry_local_each(st, &all, on_any, out, err);
}

int
ferry_evict(struct ferry_run *run, const struct ferry_evict_limits *limits,
    struct ferry_evicted *out, struct ferry_error *err)
{
	struct pass pass = { .run = run,
		.st = run->st,
		.out = out,
		.newest = ferry_now() - (int64_t)limits->keep_s,
		.until_ms = ferry_ticks_ms() + PASS_MS };
	struct ferry_cached_totals totals;
	struct ferry_key all;
	bool importing;
	int rc;

	if (ferry_cached_totals(run->st, &totals, err) == -1)
		return -1;
	out->left = totals.bytes;
	if (totals.bytes <= limits->bytes)
		return 0;
	if (is_importing(run->st, &importing, err) == -1)
		return -1;
	if (importing)
		return 0;
	pass.excess = totals.bytes - TARGET(limits->bytes);
	ferry_key_all(&all, FERRY_KIND_SENT);
	rc = ferry_local_each(run->st, &all, on_sent, &pass, err);
	if (rc != -1)
		rc = ferry_cached_each(run->st, on_idle, &pass, err);
	ferry_closure_free(pass.closure);
	/* The bytes go only once no record names them any more. */
	if (rc == -1 || ferry_store_commit(run->st, err) == -1 ||
	    ferry_cached_sweep(run->st, &out->freed, err) == -1 ||
	    ferry_store_commit(run->st, err) == -1 ||
	    ferry_cached_totals(run->st, &totals, err) == -1)
		return -1;
	out->left = totals.bytes;
	return 0;
}
