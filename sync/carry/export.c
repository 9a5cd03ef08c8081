#include "sync/carry/export.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/bundle/volume.h"
#include "store/catalog/catalog.h"
#include "store/store.h"
#include "sync/carry/plan.h"
#include "sync/carry/resume.h"
#include "sync/carry/roots.h"
#include "sync/carry/sites.h"
#include "sync/carry/volumes.h"

#define VOLUME_MIN (64U << 10)
/* FAT takes files of up to 4 GiB - 1. */
#define FAT_MAGIC 0x4d44
#define FAT_VOLUME 4000000000U

struct export
{
	const struct ferry_task *task;
	const struct ferry_export_options *options;
	struct ferry_export_plan plan;
	struct ferry_export_state state;
	struct ferry_keys *keys; /* NULL in a dry run */
};

/* Starting */

/* What a repeat must agree in to go on with what is there. */
static void
describe_options(const struct export *e, char text[512])
{
	const struct ferry_export_options *o = e->options;
	size_t n;

	n = (size_t)snprintf(text, 512,
	    "site=%s one_way=%d since=%" PRIu64 " volume_size=%" PRIu64
	    " expires=%" PRId64 " from=%" PRIu64 " receipt=%" PRId64
	    " recipes=%d inspectable=%d roots=%zu keys=",
	    e->plan.head->site, o->one_way,
	    o->has_since ? o->since : UINT64_MAX, o->volume_size, o->expires_s,
	    e->plan.head->from, e->plan.site.at, e->plan.recipes,
	    o->inspectable, e->plan.head->roots.n);
	for (size_t i = 0; i < ferry_keys_count(e->keys); i++)
		if (ferry_keys_active(e->keys, i) && n + 9 < 512)
			n += (size_t)snprintf(text + n, 512 - n, "%.8s,",
			    ferry_keys_public(e->keys, i)->id);
}

static uint64_t
volume_size(const struct export *e, int dirfd)
{
	struct statfs fs;

	if (e->options->volume_size > 0)
		return e->options->volume_size;
	return fstatfs(dirfd, &fs) == 0 && fs.f_type == FAT_MAGIC ? FAT_VOLUME
	                                                          : 0;
}

/* How blobs travel is not stored with the state. */
static void
set_forms(struct export *e)
{

	e->state.target.effort = e->options->effort;
	e->state.target.inspectable = e->options->inspectable;
	e->state.target.repack = e->options->repack;
	e->state.target.recipes = e->plan.recipes;
}

static int
make_target(struct export *e, struct ferry_error *err)
{
	const struct ferry_head *h = e->plan.head;
	struct ferry_bundle_target *t = &e->state.target;
	uint64_t members = e->plan.blobs +
	                   e->plan.record_bytes / FERRY_FILL_PART +
	                   e->plan.record_bytes / (FERRY_FILL_PART / 2) + 2;

	set_forms(e);
	(void)snprintf(t->base, sizeof(t->base),
	    "ferry-%s%s%s-%06" PRIu64 "-%06" PRIu64, h->origin_name,
	    h->site_name[0] == 0 ? "" : "-", h->site_name, h->from, h->to);
	t->volume_size = volume_size(e, t->dirfd);
	t->reserve = ferry_bundle_reserve(members,
	    e->plan.blob_bytes + e->plan.record_bytes, h->marks_n,
	    t->volume_size);
	t->reserve += h->roots.n + ferry_tar_padding(h->roots.n);
	t->signatures = 0;
	for (size_t i = 0; e->keys != NULL && i < ferry_keys_count(e->keys);
	     i++)
		t->signatures += ferry_keys_active(e->keys, i);
	if (t->reserve > FERRY_HEAD_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "that is too much for one bundle; choose larger volumes");
	if (t->volume_size > 0 &&
	    (t->volume_size < VOLUME_MIN || t->reserve > t->volume_size / 4))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "volumes of %" PRIu64 " bytes are too small for this "
		    "bundle; choose larger ones",
		    t->volume_size);
	return 0;
}

/* Refuse early what cannot end well. */
static int
check_space(const struct export *e, struct ferry_error *err)
{
	char need[FERRY_SIZE_TEXT], have[FERRY_SIZE_TEXT];
	uint64_t estimate = ferry_plan_estimate(&e->plan), free_bytes;
	struct statvfs fs;

	if (fstatvfs(e->state.target.dirfd, &fs) == -1)
		return ferry_error_errno(err, "%s", e->options->to);
	free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (estimate <= free_bytes)
		return 0;
	errno = ENOSPC;
	ferry_error_errno(err, "%s has %s free, the bundle needs about %s",
	    e->options->to, ferry_size_text(free_bytes, have),
	    ferry_size_text(estimate, need));
	return -1;
}

/* Ending */

static int
record_export(struct export *e, struct ferry_error *err)
{
	const struct ferry_head *h = e->state.head;
	struct ferry_store *st = e->task->st;
	char summary[300], size[FERRY_SIZE_TEXT], volumes[FERRY_COUNT_TEXT];
	uint64_t bytes = 0;

	for (size_t i = 0; i < h->volumes_n; i++)
		bytes += h->volumes[i].size;
	(void)snprintf(summary, sizeof(summary),
	    "records %" PRIu64 " to %" PRIu64 " for %s, %s, %s", h->from, h->to,
	    h->site_name[0] == 0 ? "any site" : h->site_name,
	    ferry_count_text(h->volumes_n, "volume", volumes),
	    ferry_size_text(bytes, size));
	if (ferry_local_named_put(st, FERRY_KIND_LAST, "export",
		json_pack("{s:I,s:s}", "at", (json_int_t)h->created_at,
		    "summary", summary),
		err) == -1 ||
	    ferry_sent_put(st, h->site, h->to, &h->digest, err) == -1)
		return -1;
	return ferry_store_commit(st, err);
}

/* Remove volumes of an older, longer bundle of the same name. */
static int
remove_rest(const struct ferry_bundle_target *target, size_t from,
    struct ferry_error *err)
{
	char name[FERRY_VOLUME_NAME];

	for (size_t i = from; i <= FERRY_VOLUMES_MAX; i++) {
		ferry_bundle_volume_name(target, i, FERRY_VOLUME_DONE, name);
		if (unlinkat(target->dirfd, name, 0) == 0)
			continue;
		return errno == ENOENT
		           ? 0
		           : ferry_error_errno(err, "removing %s", name);
	}
	return 0;
}

/* From volumes that are all written to a bundle; may be repeated. */
static int
complete_export(struct export *e, struct ferry_error *err)
{
	struct ferry_export_state *s = &e->state;

	if (s->cursor.stage != FERRY_STAGE_SEALED) {
		if (ferry_bundle_seal(&s->target, s->head, e->keys, err) == -1)
			return -1;
		s->cursor.stage = FERRY_STAGE_SEALED;
		if (ferry_resume_save(s, err) == -1)
			return -1;
	} else if (ferry_bundle_digest(&s->target, s->head, err) == -1) {
		return -1;
	}
	/* Whoever gets it stands at its end: later bundles must show that. */
	if (ferry_mark_put(e->task->st, s->head->to, &s->head->after, err) ==
		-1 ||
	    ferry_store_commit(e->task->st, err) == -1 ||
	    remove_rest(&s->target, s->head->volumes_n + 1, err) == -1 ||
	    ferry_bundle_publish(&s->target, s->head, err) == -1 ||
	    record_export(e, err) == -1)
		return -1;
	return ferry_resume_remove(s, err);
}

static void
fill_result(const struct export *e, struct ferry_export_result *r)
{
	const struct ferry_head *h = e->state.head;

	(void)snprintf(r->base, sizeof(r->base), "%s", e->state.target.base);
	memcpy(r->site_name, h->site_name, sizeof(r->site_name));
	r->from = h->from;
	r->to = h->to;
	r->records = h->totals.records;
	r->blobs = h->totals.blobs;
	r->blob_bytes = h->totals.blob_bytes;
	r->volumes = h->volumes_n;
	r->bytes = 0;
	for (size_t i = 0; i < h->volumes_n; i++)
		r->bytes += h->volumes[i].size;
	if (h->digest.n > 0)
		(void)ferry_digest_hex(&h->digest, r->head);
}

/*
 * An export that was killed between its seal and its end is finished first,
 * whatever is asked for now.
 */
static int
finish_sealed(struct export *e, struct ferry_error *err)
{
	struct ferry_export_state *s = &e->state, old;
	int rc = ferry_resume_load(
	    &old, s->target.dirfd, ferry_store_name(e->task->st), e->keys, err);

	if (rc != 1)
		return rc;
	rc = 0;
	if (strcmp(old.head->origin, ferry_store_id(e->task->st)) != 0) {
		rc = ferry_error_set(err, FERRY_EEXIST,
		    "%s holds an unfinished export of another store called "
		    "'%s'; remove ferry-%s.export and its .part files, or "
		    "choose another folder",
		    e->options->to, old.head->origin_name,
		    old.head->origin_name);
	} else if (!old.ours) {
		ferry_task_note(e->task,
		    "skipping ferry-%s.export: it is not as this store "
		    "wrote it",
		    old.head->origin_name);
	} else if (old.cursor.stage == FERRY_STAGE_SEALED) {
		*s = old;
		old.head = NULL;
		ferry_task_note(
		    e->task, "completing the export %s", s->target.base);
		rc = complete_export(e, err);
		ferry_head_free(s->head);
		s->head = NULL;
	}
	ferry_head_free(old.head);
	return rc;
}

/* What an earlier run left: go on with it (1), or remove it (0). */
static int
resume_export(struct export *e, struct ferry_error *err)
{
	const struct ferry_head *want = e->plan.head;
	struct ferry_export_state old;
	char options[512], volumes[FERRY_COUNT_TEXT];
	int rc = ferry_resume_load(&old, e->state.target.dirfd,
	    ferry_store_name(e->task->st), e->keys, err);

	if (rc != 1)
		return rc;
	describe_options(e, options);
	if (old.ours && strcmp(options, old.options) == 0 &&
	    old.head->to == want->to &&
	    ferry_digest_equal(&old.head->after, &want->after)) {
		e->state = old;
		set_forms(e);
		ferry_task_note(e->task,
		    "going on with an interrupted export: %s complete",
		    ferry_count_text(old.head->volumes_n, "volume", volumes));
		return 1;
	}
	rc = ferry_resume_remove(&old, err);
	ferry_head_free(old.head);
	return rc;
}

/*
 * Whether a complete bundle of the same records lies there already, readable
 * and with our signature: 1, 0, -1.
 */
static int
is_there(struct export *e, struct ferry_export_result *result,
    struct ferry_error *err)
{
	const struct ferry_bundle_target *t = &e->state.target;
	const struct ferry_head *want = e->plan.head, *h;
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_volume *v = NULL;
	char name[FERRY_VOLUME_NAME];
	struct stat sb;
	int rc = 0;

	ferry_bundle_volume_name(t, 1, FERRY_VOLUME_DONE, name);
	if (faccessat(t->dirfd, name, F_OK, 0) == -1 ||
	    ferry_volume_open(&v, t->dirfd, name, &why) == -1)
		return 0;
	for (size_t i = 0; rc == 0 && i < ferry_volume_signatures(v); i++)
		for (size_t k = 0; rc == 0 && k < ferry_keys_count(e->keys);
		     k++)
			rc = ferry_public_verify(ferry_keys_public(e->keys, k),
			    ferry_volume_text(v), ferry_volume_signature(v, i),
			    err);
	if (rc == 0)
		rc = ferry_error_set(err, FERRY_EEXIST,
		    "%s is there and no key of this store signed it: perhaps "
		    "it is of another store called '%s'; choose another folder",
		    name, want->origin_name);
	if (rc != 1 || ferry_volume_begin(v, &why) == -1) {
		ferry_volume_close(v);
		return rc == -1 ? -1 : 0;
	}
	h = ferry_volume_head(v);
	rc = strcmp(h->origin, want->origin) == 0 &&
	     strcmp(h->site, want->site) == 0 && h->from == want->from &&
	     h->to == want->to && ferry_digest_equal(&h->after, &want->after) &&
	     (h->expires_at == 0) == (want->expires_at == 0) &&
	     (h->expires_at == 0 || h->expires_at > ferry_now()) &&
	     e->plan.wanted == 0 && (e->plan.recipes || !h->recipes) &&
	     h->endings == e->options->inspectable &&
	     ferry_bytes_equal(
		 ferry_bytes_buf(&h->roots), ferry_bytes_buf(&want->roots));
	for (size_t i = 0; rc == 1 && i < h->volumes_n; i++) {
		ferry_bundle_volume_name(t, i + 1, FERRY_VOLUME_DONE, name);
		rc = fstatat(t->dirfd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
		     (uint64_t)sb.st_size == h->volumes[i].size &&
		     (t->volume_size == 0 ||
			 h->volumes[i].size <= t->volume_size);
		result->bytes += h->volumes[i].size;
	}
	if (rc == 1) {
		result->volumes = h->volumes_n;
		result->records = h->totals.records;
		result->blobs = h->totals.blobs;
		result->blob_bytes = h->totals.blob_bytes;
		(void)ferry_digest_hex(&h->digest, result->head);
	}
	ferry_volume_close(v);
	return rc;
}

static int
start_export(struct export *e, struct ferry_error *err)
{

	if (check_space(e, err) == -1)
		return -1;
	describe_options(e, e->state.options);
	e->state.members = e->plan.blobs;
	e->state.bytes = ferry_plan_estimate(&e->plan);
	e->state.cursor =
	    (struct ferry_export_cursor){ FERRY_STAGE_WANTED, 0, 0, 0 };
	e->state.head = e->plan.head;
	e->state.keys = e->keys;
	e->plan.head = NULL;
	return ferry_resume_save(&e->state, err);
}

static void
fill_plan(const struct export *e, struct ferry_export_result *r)
{
	const struct ferry_export_plan *p = &e->plan;
	uint64_t size = e->state.target.volume_size;

	(void)snprintf(r->base, sizeof(r->base), "%s", e->state.target.base);
	memcpy(r->site_name, p->head->site_name, sizeof(r->site_name));
	r->from = p->head->from;
	r->to = p->head->to;
	r->records = p->records;
	r->blobs = p->blobs;
	r->blob_bytes = p->blob_bytes;
	r->bytes = ferry_plan_estimate(p);
	r->volumes = size == 0 ? 1 : (r->bytes + size - 1) / size;
	r->assumed = p->assumed;
}

/* A bundle lies there already: say so, with its own figures. */
static int
note_already(struct export *e, struct ferry_export_result *result,
    struct ferry_error *err)
{
	struct ferry_export_result found = *result;

	fill_plan(e, result);
	result->outcome = FERRY_EXPORT_ALREADY;
	result->bytes = found.bytes;
	result->volumes = found.volumes;
	return ferry_store_commit(e->task->st, err);
}

static int
write_bundle(struct export *e, struct ferry_export_result *result,
    struct ferry_error *err)
{
	int rc;

	if ((rc = resume_export(e, err)) == -1)
		return -1;
	if (rc == 1)
		result->resumed = true;
	else if ((rc = is_there(e, result, err)) == -1)
		return -1;
	else if (rc == 1)
		return note_already(e, result, err);
	else if (start_export(e, err) == -1)
		return -1;
	if (ferry_volumes_write(e->task, &e->plan, &e->state, err) == -1)
		return -1;
	e->state.cursor.stage = FERRY_STAGE_END;
	if (complete_export(e, err) == -1)
		return -1;
	result->outcome = FERRY_EXPORT_WRITTEN;
	result->assumed = e->plan.assumed;
	fill_result(e, result);
	return 0;
}

/* How many of the store's keys may sign bundles by its root. */
static uint64_t
count_signers(const struct export *e, const struct ferry_root *root)
{
	uint64_t n = 0;

	for (size_t i = 0; i < ferry_keys_count(e->keys); i++) {
		const struct ferry_root_key *k =
		    ferry_root_find(root, ferry_keys_public(e->keys, i)->id);

		n += ferry_keys_active(e->keys, i) && k != NULL &&
		     k->role[FERRY_ROOT_BUNDLE] &&
		     (k->expires_at == 0 || k->expires_at > ferry_now());
	}
	return n;
}

/* Whether sites that trust the root will take the bundle. */
static int
check_root(const struct export *e, const struct ferry_root *root,
    struct ferry_error *err)
{
	uint64_t needed = root->threshold[FERRY_ROOT_BUNDLE], have;
	char at[FERRY_TIME_TEXT], signatures[FERRY_COUNT_TEXT];

	if (root->expires_at != 0 && root->expires_at <= ferry_now())
		return ferry_error_set(err, FERRY_EEXPIRED,
		    "root %" PRIu64 " of this store expired at %s, and sites "
		    "that trust it refuse every bundle; make the next one with "
		    "'ferry root new'",
		    root->number, ferry_time_text(root->expires_at, at));
	if (root->expires_at != 0 &&
	    root->expires_at <= ferry_now() + FERRY_ROOTS_SOON_S)
		ferry_task_note(e->task,
		    "root %" PRIu64 " of this store expires at %s: make the "
		    "next one before ('ferry root new')",
		    root->number, ferry_time_text(root->expires_at, at));
	if (e->keys == NULL || (have = count_signers(e, root)) >= needed)
		return 0;
	ferry_task_note(e->task,
	    "root %" PRIu64 " asks for %s on a bundle, and %" PRIu64
	    " of its keys %s here: the others add theirs with 'ferry sign'",
	    root->number, ferry_count_text(needed, "signature", signatures),
	    have, have == 1 ? "signs" : "sign");
	return 0;
}

/* What sites are to be told of the keys. */
static int
take_root(struct export *e, struct ferry_error *err)
{
	const char *origin = ferry_store_id(e->task->st);
	struct ferry_roots_one one;
	int rc =
	    ferry_roots_get(e->task->st, origin, FERRY_ROOTS_NEWEST, &one, err);

	if (rc != 1)
		return rc;
	rc = check_root(e, &one.root, err);
	ferry_roots_clear(&one);
	return rc == -1 ? -1
	                : ferry_roots_words(
			      e->task->st, origin, &e->plan.head->roots, err);
}

static int
run_export(struct export *e, struct ferry_export_result *result,
    struct ferry_error *err)
{

	if (!e->options->dry_run &&
	    (ferry_keys_open(&e->keys, e->task->st, err) == -1 ||
		finish_sealed(e, err) == -1))
		return -1;
	if (ferry_plan_range(e->task, e->options, &e->plan, err) == -1 ||
	    take_root(e, err) == -1)
		return -1;
	e->plan.recipes = !e->options->whole && !e->options->inspectable;
	/* Without a receipt nobody knows what the site has. */
	e->plan.site_known = e->plan.site.at != 0 && !e->plan.assumed;
	if (ferry_plan_count(e->task, &e->plan, err) == -1 ||
	    make_target(e, err) == -1)
		return -1;
	result->left_out = e->plan.left_out.n;
	result->cached = e->plan.cached;
	if (e->plan.head->from > e->plan.head->to && e->plan.wanted == 0) {
		fill_plan(e, result);
		result->outcome = FERRY_EXPORT_NOTHING;
		/* A site may have been registered. */
		return ferry_store_commit(e->task->st, err);
	}
	if (!e->options->dry_run)
		return write_bundle(e, result, err);
	fill_plan(e, result);
	result->outcome = FERRY_EXPORT_PLANNED;
	return check_space(e, err);
}

int
ferry_export(const struct ferry_task *task,
    const struct ferry_export_options *options,
    struct ferry_export_result *result, struct ferry_error *err)
{
	struct export e = { .task = task, .options = options };
	int rc = -1;

	*result = (struct ferry_export_result){ 0 };
	if (options->one_way && options->has_since)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "--one-way and --since exclude each other");
	e.state.target.dirfd =
	    open(options->to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (e.state.target.dirfd == -1) {
		ferry_error_errno(err, "%s", options->to);
		goto out;
	}
	rc = run_export(&e, result, err);
out:
	if (rc == -1)
		ferry_error_in(err, "exporting to %s", options->to);
	if (e.state.target.dirfd != -1)
		(void)close(e.state.target.dirfd);
	ferry_head_free(e.state.head);
	ferry_plan_clear(&e.plan);
	ferry_keys_free(e.keys);
	return rc;
}
