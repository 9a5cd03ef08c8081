#include "store/rebuild/rebuild.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/rebuild/rebuilder.h"

#define NEW "index.new"
#define OLD "index.old"

/* The journal, whole: the same changes again */

static int
follow_journal(void *ctx, struct ferry_bytes key, struct ferry_bytes value,
    struct ferry_error *err)
{
	struct ferry_journal_record record;
	struct ferry_rebuilder *r = ctx;
	json_t *root;
	int rc = ferry_rebuild_parse(key, value, &root, &record, err);

	/* From the repaired copy those come again that are here. */
	if (rc == 1 && record.seq > r->last) {
		if (record.seq == r->last + 1)
			rc = ferry_journal_follows(&record, &r->chain, err);
		else
			rc = 0;
		r->last = rc == 1 ? record.seq : r->last;
		r->chain = rc == 1 ? record.chain : r->chain;
	}
	if (rc == 0)
		r->gap = true;
	json_decref(root);
	return rc == -1 ? -1 : ferry_rebuild_go_on(r, err);
}

/* Whether the journal ends where the totals say. */
static int
check_end(struct ferry_rebuilder *r, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	json_t *root = NULL;
	uint64_t records;
	int rc = ferry_salvage_get(
	    r->old, FERRY_CF_META, ferry_bytes_str("totals"), &text, err);

	if (rc == 1 && (ferry_json_parse(&root, ferry_bytes_buf(&text),
			    "totals", &why) == -1 ||
			   ferry_json_u64(root, "records", INT64_MAX, &records,
			       &why) == -1 ||
			   records > r->last))
		r->gap = true;
	json_decref(root);
	ferry_buf_free(&text);
	return rc == -1 ? -1 : 0;
}

/* Whether a record of the catalog is newer than the journal's end. */
static int
check_newest(void *ctx, struct ferry_bytes key, struct ferry_bytes value,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_rebuilder *r = ctx;
	json_t *root = NULL;
	uint64_t seq;

	(void)key;
	(void)err;
	if (ferry_json_parse(&root, value, "a record", &why) == 0 &&
	    ferry_json_u64(root, "seq", INT64_MAX, &seq, &why) == 0 &&
	    seq > r->last)
		r->gap = true;
	json_decref(root);
	return 0;
}

static int
replay(void *ctx, struct ferry_bytes key, struct ferry_bytes value,
    struct ferry_error *err)
{
	struct ferry_journal_record record;
	struct ferry_rebuilder *r = ctx;
	json_t *root;
	int rc = ferry_rebuild_parse(key, value, &root, &record, err);

	/* From the repaired copy each comes again. */
	if (rc == 1 && record.seq <= r->st->totals.records)
		rc = 0;
	if (rc == 1)
		rc = ferry_rebuild_adopt(r, record.value, err) == -1 ||
		             ferry_catalog_replay(r->st, &record, err) == -1 ||
		             ferry_rebuild_pause(r, err) == -1
		         ? -1
		         : 0;
	json_decref(root);
	return rc;
}

/* The whole */

static int
open_new(struct ferry_rebuilder *r, struct ferry_error *err)
{
	struct ferry_buf path = FERRY_BUF_INIT;
	struct stat sb;
	int rc = -1;

	/* Killed between two renames, where they cannot be one. */
	if (fstatat(r->st->dirfd, "index", &sb, AT_SYMLINK_NOFOLLOW) == -1 &&
	    errno == ENOENT)
		(void)renameat(r->st->dirfd, OLD, r->st->dirfd, "index");
	/* What one left that was killed, be it at its very end. */
	if (ferry_salvage_remove(r->st, NEW, err) == -1 ||
	    ferry_salvage_remove(r->st, FERRY_REBUILD_STATE, err) == -1 ||
	    ferry_salvage_remove(r->st, FERRY_SALVAGE_COPY, err) == -1)
		goto out;
	if (fstatat(r->st->dirfd, OLD, &sb, AT_SYMLINK_NOFOLLOW) == 0) {
		ferry_error_set(err, FERRY_EEXIST,
		    "%s/" OLD " is the index before an earlier rebuild; "
		    "remove it, or put it elsewhere, first",
		    r->st->path);
		goto out;
	}
	if (ferry_buf_addf(&path, err, "%s/" NEW, r->st->path) == -1 ||
	    ferry_salvage_open(&r->old, r->st, err) == -1)
		goto out;
	rc = ferry_kv_open(
	    &r->st->kv, (const char *)path.p, FERRY_KV_CREATE, NULL, err);
out:
	ferry_buf_free(&path);
	return rc;
}

static int
fill_new(struct ferry_rebuilder *r, struct ferry_error *err)
{
	struct ferry_rebuild *out = r->out;

	r->chain =
	    (struct ferry_digest){ FERRY_SHA256, FERRY_SHA256_SIZE, { 0 } };
	if (ferry_salvage_each(
		r->old, FERRY_CF_JOURNAL, follow_journal, r, err) == -1 ||
	    check_end(r, err) == -1 ||
	    ferry_salvage_each(
		r->old, FERRY_CF_CATALOG, check_newest, r, err) == -1 ||
	    ferry_salvage_each(
		r->old, FERRY_CF_LOCAL, ferry_rebuild_exports, r, err) == -1)
		return -1;
	out->history = r->gap ? FERRY_HISTORY_NEW : FERRY_HISTORY_KEPT;
	out->local_lost = ferry_salvage_why(r->old, FERRY_CF_LOCAL) != NULL;
	if (out->history == FERRY_HISTORY_KEPT
		? ferry_salvage_each(
		      r->old, FERRY_CF_JOURNAL, replay, r, err) == -1
		: ferry_rebuild_anew(r, err) == -1)
		return -1;
	if (ferry_rebuild_settle(r, err) == -1 ||
	    ferry_salvage_each(
		r->old, FERRY_CF_LOCAL, ferry_rebuild_local, r, err) == -1 ||
	    ferry_blob_changed(r->st, err) == -1 ||
	    ferry_store_commit(r->st, err) == -1)
		return -1;
	out->new_id = out->history == FERRY_HISTORY_NEW &&
	              (r->exported || out->local_lost) && !r->o->keep_id;
	out->records = r->st->totals.records;
	out->packages = r->st->totals.packages;
	out->versions = r->st->totals.versions;
	out->removed = r->st->totals.removed;
	out->blobs = r->st->totals.blobs;
	for (int i = 0; i < FERRY_CFS; i++) {
		const char *why = ferry_salvage_why(r->old, (enum ferry_cf)i);

		if (why != NULL &&
		    ferry_json_set(out->damaged,
			ferry_cf_name((enum ferry_cf)i),
			ferry_json_text(ferry_bytes_str(why)), err) == -1)
			return -1;
	}
	return 0;
}

/* The new index takes the old one's place; a crash leaves one of both. */
static int
put_in_place(struct ferry_rebuilder *r, struct ferry_error *err)
{
	int dirfd = r->st->dirfd;

	/* First: the old id must not go with another history. */
	if (r->out->new_id &&
	    ferry_store_identify(dirfd, r->st->name, err) == -1)
		return -1;
	if (renameat2(dirfd, NEW, dirfd, "index", RENAME_EXCHANGE) == 0
		? renameat(dirfd, NEW, dirfd, OLD) == -1
		: renameat(dirfd, "index", dirfd, OLD) == -1 ||
		      renameat(dirfd, NEW, dirfd, "index") == -1)
		return ferry_error_errno(err, "%s/index", r->st->path);
	if (fsync(dirfd) == -1)
		return ferry_error_errno(err, "%s/index", r->st->path);
	return 0;
}

int
ferry_store_rebuild(const char *path,
    const struct ferry_rebuild_options *options, struct ferry_rebuild *out,
    struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_rebuilder r = { .o = options, .out = out };
	int rc = -1;

	*out = (struct ferry_rebuild){ .damaged = json_object(),
		.untrusted = json_array() };
	if (ferry_store_enter(&r.st, path, FERRY_STORE_WRITE, err) == -1 ||
	    open_new(&r, err) == -1 || fill_new(&r, err) == -1)
		goto out;
	ferry_kv_close(r.st->kv);
	r.st->kv = NULL;
	rc = put_in_place(&r, err);
out:
	ferry_salvage_close(r.old);
	ferry_kv_close(r.state);
	if (r.st != NULL) {
		ferry_kv_close(r.st->kv);
		r.st->kv = NULL;
		(void)ferry_salvage_remove(r.st, FERRY_REBUILD_STATE, &ignored);
		if (rc == -1)
			(void)ferry_salvage_remove(r.st, NEW, &ignored);
	}
	ferry_store_close(r.st);
	return rc == -1
	           ? ferry_error_in(err, "rebuilding the index of %s", path)
	           : 0;
}

void
ferry_rebuild_clear(struct ferry_rebuild *r)
{

	json_decref(r->damaged);
	json_decref(r->untrusted);
}
