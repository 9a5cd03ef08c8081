/* `ferry access diff`: what snapshots changed, or what a bundle would change. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/access/snapshots.h"
#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/store.h"
#include "sync/carry/inspect.h"
#include "sync/command/access.h"
#include "sync/command/command_task.h"
#include "sync/permissions/diff.h"

struct diff {
	struct ferry_context *ctx;
	struct ferry_store *st;
	const char *only; /* an upstream, or NULL */
	const char *upstream; /* the one that is compared */
	uint64_t changes, compared, refused;
	/* What an import would leave: note_upstream(), and the snapshots. */
	json_t *upstreams;
	struct coming {
		char upstream[256];
		struct ferry_buf text;
	} * coming;
	size_t coming_n, coming_cap;
};

static int
on_change(void *ctx, char sign, const char *text, const json_t *record,
    struct ferry_error *err)
{
	struct diff *d = ctx;
	const char word[2] = { sign, 0 };

	(void)err;
	d->changes++;
	if (!d->ctx->json) {
		(void)printf("%c %s\n", sign, text);
		return 0;
	}
	ferry_command_print(json_pack("{s:s,s:s,s:s,s:s,s:O?}", "event",
	    sign == '=' ? "effect" : "fact", "upstream", d->upstream, "sign",
	    word, "text", text, "record", record));
	return 0;
}

static int
compare(struct diff *d, const struct ferry_buf *before,
    const struct ferry_snapshot_meta *otherwise, const struct ferry_buf *after,
    struct ferry_error *err)
{
	bool decided;

	if (ferry_access_compare(ferry_bytes_buf(before), otherwise,
		ferry_bytes_buf(after), on_change, d, &decided, err) == -1)
		return -1;
	d->compared++;
	if (!decided && !d->ctx->json)
		(void)printf("(too many users and packages to say what this "
			     "means to each; 'ferry access report' tells)\n");
	return 0;
}

/* One that an older ferry wrote may contradict itself: it let nobody in, as no
 * snapshot does. */
static void
drop_unreadable(struct ferry_buf *text)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_snapshot *s = NULL;

	if (text->n > 0 &&
	    ferry_snapshot_read(&s, ferry_bytes_buf(text), &ignored) == -1)
		ferry_buf_reset(text);
	ferry_snapshot_free(s);
}

/* The newest snapshot against the one before. */
static int
diff_one(struct diff *d, const char *upstream, struct ferry_error *err)
{
	struct ferry_buf before = FERRY_BUF_INIT, after = FERRY_BUF_INIT;
	int rc;

	d->upstream = upstream;
	if ((rc = ferry_snapshots_text(
		 d->st, upstream, FERRY_SNAPSHOT_NOW, &after, err)) == 1 &&
	    (rc = ferry_snapshots_text(
		 d->st, upstream, FERRY_SNAPSHOT_BEFORE, &before, err)) != -1) {
		if (!d->ctx->json)
			(void)printf("%s%s\n", upstream,
			    rc == 0 ? ": the first permission snapshot" : ":");
		drop_unreadable(&before);
		rc = compare(d, &before, NULL, &after, err);
	}
	ferry_buf_free(&before);
	ferry_buf_free(&after);
	return rc;
}

static int
diff_stored(struct diff *d, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	int rc;

	if (ferry_key_make(&prefix, err, "access", d->only, NULL) == -1 ||
	    ferry_catalog_iter_new(&it, d->st, &prefix, NULL, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, NULL, err)) == 1)
		if (diff_one(d, ferry_key_part(&key, 1), err) == -1) {
			rc = -1;
			break;
		}
	ferry_record_iter_free(it);
	if (rc == 0 && d->only != NULL && d->compared == 0)
		return ferry_error_set(err, FERRY_ENOTFOUND,
		    "the store has no permission snapshot of '%s'", d->only);
	return rc;
}

/* Visibilities */

/*
 * What decides without a snapshot, by upstream:
 * {"said":WORD,"snapshot":BOOL}, where "said" may be absent.
 */
static int
note_upstream(json_t *all, const char *upstream, const json_t *record,
    bool snapshot, struct ferry_error *err)
{
	json_t *o = json_object_get(all, upstream);
	const char *word = ferry_visibility_said(record);
	bool had = json_is_true(json_object_get(o, "snapshot"));

	if (record == NULL)
		word = json_string_value(json_object_get(o, "said"));
	return ferry_json_set(all, upstream,
	    json_pack("{s:s*,s:b}", "said", word, "snapshot", had || snapshot),
	    err);
}

static int
note_record(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	bool snapshot = strcmp(ferry_key_part(key, 0), "access") == 0;

	return note_upstream(ctx, ferry_key_part(key, 1),
	    snapshot ? NULL : record, snapshot, err);
}

static int
load_upstreams(struct diff *d, struct ferry_error *err)
{
	struct ferry_key upstream, access;

	if (ferry_key_make(&upstream, err, "upstream", NULL) == -1 ||
	    ferry_key_make(&access, err, "access", NULL) == -1 ||
	    ferry_catalog_each(
		d->st, &upstream, note_record, d->upstreams, err) == -1)
		return -1;
	return ferry_catalog_each(
	    d->st, &access, note_record, d->upstreams, err);
}

static bool
restricts(json_t *all)
{
	const char *upstream;
	json_t *o;

	json_object_foreach (all, upstream, o)
		if (json_is_true(json_object_get(o, "snapshot")) ||
		    ferry_visibility_restricts(
			json_string_value(json_object_get(o, "said"))))
			return true;
	return false;
}

/* The visibility that counts; NULL where a snapshot says more. */
static const char *
visibility(const json_t *o, bool restricted)
{

	return json_is_true(json_object_get(o, "snapshot"))
	           ? NULL
	           : ferry_visibility_counts(
			 json_string_value(json_object_get(o, "said")),
			 restricted);
}

static int
compare_upstreams(struct diff *d, json_t *before, struct ferry_error *err)
{
	bool was = restricts(before), is = restricts(d->upstreams);
	struct ferry_buf text = FERRY_BUF_INIT;
	const char *upstream;
	json_t *o;
	int rc = 0;

	json_object_foreach (d->upstreams, upstream, o) {
		const json_t *old = json_object_get(before, upstream);
		const char *a = old == NULL ? NULL : visibility(old, was);
		const char *b = visibility(o, is);

		if (b == NULL || (a != NULL && strcmp(a, b) == 0) ||
		    (a == NULL && old != NULL))
			continue;
		ferry_buf_reset(&text);
		d->upstream = upstream;
		if (ferry_buf_addf(&text, err,
			"packages of upstream %s are %s%s%s", upstream, b,
			a == NULL ? "" : " instead of ",
			a == NULL ? "" : a) == -1 ||
		    (rc = on_change(d, '=', (const char *)text.p, NULL, err)) ==
			-1) {
			rc = -1;
			break;
		}
	}
	ferry_buf_free(&text);
	return rc;
}

/* Bundles */

static void
say_bundle(
    const struct diff *d, const struct ferry_inspected *inspected, bool newer)
{
	const char *why =
	    inspected->refused != NULL ? inspected->refused->text : NULL;

	if (d->ctx->json)
		ferry_command_print(
		    json_pack("{s:s,s:s,s:O?,s:b,s:b,s:s?}", "event", "bundle",
			"upstream", inspected->upstream, "generation",
			json_object_get(inspected->access, "generation"),
			"newer", newer, "speaks",
			inspected->authority != FERRY_AUTHORITY_OTHER,
			"refused", why));
	else if (why != NULL)
		(void)printf("%s: an import would refuse this bundle: %s\n",
		    inspected->upstream, why);
	else if (inspected->authority == FERRY_AUTHORITY_OTHER)
		(void)printf("%s: another origin speaks for it here; an import "
			     "passes over this ('ferry access hand-over')\n",
		    inspected->upstream);
	else if (inspected->access != NULL && !newer)
		(void)printf(
		    "%s: not newer than what is here\n", inspected->upstream);
}

/* The snapshot that an earlier bundle brings, or an empty new place. */
static struct coming *
coming(struct diff *d, const char *upstream, struct ferry_error *err)
{
	struct coming *c;

	for (size_t i = 0; i < d->coming_n; i++)
		if (strcmp(d->coming[i].upstream, upstream) == 0)
			return &d->coming[i];
	if (ferry_array_grow(&d->coming, &d->coming_cap, d->coming_n + 1,
		sizeof(*d->coming), err) == -1)
		return NULL;
	c = &d->coming[d->coming_n++];
	*c = (struct coming){ .text = FERRY_BUF_INIT };
	(void)snprintf(c->upstream, sizeof(c->upstream), "%s", upstream);
	return c;
}

/* Whether it is other than what is here, or an earlier bundle brings: 1, 0, -1. */
static int
is_newer(struct diff *d, const struct ferry_inspected *inspected,
    struct ferry_error *err)
{
	int rc;

	for (size_t i = 0; i < d->coming_n; i++)
		if (strcmp(d->coming[i].upstream, inspected->upstream) == 0)
			return 1;
	if (inspected->authority == FERRY_AUTHORITY_ANEW)
		return 1;
	rc = ferry_snapshots_is_here(
	    d->st, inspected->upstream, inspected->access, err);
	return rc == -1 ? -1 : !rc;
}

/* What a bundle says of an upstream. */
static int
on_peek(
    void *ctx, const struct ferry_inspected *inspected, struct ferry_error *err)
{
	struct diff *d = ctx;
	struct coming *c;
	int newer = inspected->access == NULL ? 0 : is_newer(d, inspected, err);

	if (newer == -1)
		return -1;
	say_bundle(d, inspected, newer == 1);
	d->refused += inspected->refused != NULL;
	if (inspected->refused != NULL ||
	    inspected->authority == FERRY_AUTHORITY_OTHER)
		return 0;
	if (note_upstream(d->upstreams, inspected->upstream, inspected->record,
		newer == 1, err) == -1)
		return -1;
	if (newer == 0)
		return 0;
	if ((c = coming(d, inspected->upstream, err)) == NULL)
		return -1;
	ferry_buf_reset(&c->text);
	return ferry_buf_add(
	    &c->text, inspected->text.p, inspected->text.n, err);
}

/* What comes against what counts here. */
static int
compare_coming(struct diff *d, struct ferry_error *err)
{
	struct ferry_snapshots *all = NULL;
	int rc = ferry_snapshots_load(&all, d->st, err);

	for (size_t i = 0; rc != -1 && i < d->coming_n; i++) {
		const struct coming *c = &d->coming[i];
		const struct ferry_snapshot *s =
		    ferry_snapshots_find(all, c->upstream);
		const struct ferry_snapshot_meta *m =
		    s == NULL ? NULL : ferry_snapshot_meta(s);
		struct ferry_buf before = FERRY_BUF_INIT;

		/* Of what is not here nobody had anything. */
		if (m != NULL && strcmp(m->upstream, c->upstream) != 0)
			m = NULL;

		d->upstream = c->upstream;
		if (!d->ctx->json)
			(void)printf("%s:\n", c->upstream);
		if ((rc = ferry_snapshots_text(d->st, c->upstream,
			 FERRY_SNAPSHOT_NOW, &before, err)) != -1) {
			drop_unreadable(&before);
			rc = compare(d, &before, m, &c->text, err);
		}
		ferry_buf_free(&before);
	}
	ferry_snapshots_free(all);
	return rc == -1 ? -1 : 0;
}

static int
inspect(struct diff *d, const struct ferry_task *task, struct ferry_error *err)
{
	char *const *paths = d->ctx->argv + 2;
	json_t *before;
	int rc = -1;

	if (load_upstreams(d, err) == -1)
		return -1;
	if ((before = json_deep_copy(d->upstreams)) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (ferry_inspect(
		task, paths, (size_t)d->ctx->argc - 2, on_peek, d, err) == 0 &&
	    compare_coming(d, err) == 0)
		rc = compare_upstreams(d, before, err);
	json_decref(before);
	return rc;
}

static int
diff_bundle(struct ferry_context *ctx, struct diff *d, struct ferry_error *err)
{
	struct ferry_command_task c;
	int rc = -1;

	if (ctx->argc < 3)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "--bundle needs a folder or files; see 'ferry access "
		    "--help'");
	/* A writer that never commits: what looking notes is dropped. */
	if (ferry_command_task_open(
		&c, ctx, FERRY_STORE_WRITE, "access", "blobs", err) == -1)
		return -1;
	d->st = c.task.st;
	if ((d->upstreams = json_object()) == NULL)
		ferry_error_set(err, FERRY_ENOMEM, "no memory");
	else
		rc = inspect(d, &c.task, err);
	json_decref(d->upstreams);
	for (size_t i = 0; i < d->coming_n; i++)
		ferry_buf_free(&d->coming[i].text);
	free(d->coming);
	ferry_command_task_close(&c);
	return rc;
}

int
ferry_access_diff(struct ferry_context *ctx, const struct access_options *o,
    struct ferry_error *err)
{
	struct diff d = { .ctx = ctx };
	int rc;

	if (o->bundle) {
		rc = diff_bundle(ctx, &d, err);
	} else {
		if (ctx->argc > 3)
			return ferry_error_set(
			    err, FERRY_EUSAGE, "'diff' takes one UPSTREAM");
		d.only = ctx->argc > 2 ? ctx->argv[2] : NULL;
		if (ferry_context_open(ctx, FERRY_STORE_READ, &d.st, err) == -1)
			return -1;
		rc = diff_stored(&d, err);
		ferry_store_close(d.st);
	}
	if (rc == -1)
		return -1;
	if (ctx->json)
		ferry_command_print(json_pack("{s:s,s:I}", "event", "result",
		    "changes", (json_int_t)d.changes));
	else if (d.changes == 0)
		(void)printf("no change\n");
	return d.refused > 0 ? FERRY_EXIT_PARTIAL : FERRY_EXIT_OK;
}
