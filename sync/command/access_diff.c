/* `ferry access diff`: what snapshots changed, or what a bundle would change. */

#include <inttypes.h>
#include <stdio.h>

#include "store/access/current.h"
#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/store.h"
#include "sync/access/diff.h"
#include "sync/carry/peek.h"
#include "sync/command/access.h"
#include "sync/command/carrier.h"

struct diff {
	struct ferry_context *ctx;
	struct ferry_store *st;
	const char *only; /* an upstream, or NULL */
	const char *upstream; /* the one that is compared */
	uint64_t changes, compared;
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
	ferry_carrier_print(json_pack("{s:s,s:s,s:s,s:s,s:O?}", "event",
	    sign == '=' ? "effect" : "fact", "upstream", d->upstream, "sign",
	    word, "text", text, "record", record));
	return 0;
}

static int
compare(struct diff *d, const struct ferry_buf *before,
    const struct ferry_buf *after, struct ferry_error *err)
{
	bool decided;

	if (ferry_access_compare(ferry_bytes_buf(before),
		ferry_bytes_buf(after), on_change, d, &decided, err) == -1)
		return -1;
	d->compared++;
	if (!decided && !d->ctx->json)
		(void)printf("(too many users and packages to say what this "
			     "means to each; 'ferry access report' tells)\n");
	return 0;
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
		rc = compare(d, &before, &after, err);
	}
	ferry_buf_free(&before);
	ferry_buf_free(&after);
	return rc;
}

static int
diff_stored(struct diff *d, struct ferry_error *err)
{
	struct ferry_catalog_iter *it = NULL;
	struct ferry_key prefix, key;
	int rc;

	if (ferry_key_make(&prefix, err, "access", d->only, NULL) == -1 ||
	    ferry_catalog_iter_new(&it, d->st, &prefix, NULL, err) == -1)
		return -1;
	while ((rc = ferry_catalog_iter_next(it, &key, NULL, err)) == 1)
		if (diff_one(d, ferry_key_part(&key, 1), err) == -1) {
			rc = -1;
			break;
		}
	ferry_catalog_iter_free(it);
	if (rc == 0 && d->only != NULL && d->compared == 0)
		return ferry_error_set(err, FERRY_ENOTFOUND,
		    "the store has no permission snapshot of '%s'", d->only);
	return rc;
}

/* One snapshot of a bundle against what is here. */
static int
on_access(void *ctx, const char *upstream, const json_t *value,
    struct ferry_bytes text, const struct ferry_error *refused,
    struct ferry_error *err)
{
	struct diff *d = ctx;
	struct ferry_buf before = FERRY_BUF_INIT, after = FERRY_BUF_INIT;
	int newer = ferry_snapshots_newer(d->st, upstream, value, err), rc = -1;

	d->upstream = upstream;
	if (newer == -1)
		return -1;
	if (d->ctx->json)
		ferry_carrier_print(json_pack("{s:s,s:s,s:O,s:b,s:s?}", "event",
		    "bundle", "upstream", upstream, "generation",
		    json_object_get(value, "generation"), "newer", newer,
		    "refused", refused == NULL ? NULL : refused->text));
	else if (refused != NULL)
		(void)printf("%s: an import would refuse this bundle: %s\n",
		    upstream, refused->text);
	else
		(void)printf("%s:%s\n", upstream,
		    newer == 1 ? ""
			       : " not newer than what is here; an import "
				 "passes over it");
	if (newer == 0)
		return 0;
	if (ferry_snapshots_text(
		d->st, upstream, FERRY_SNAPSHOT_NOW, &before, err) != -1 &&
	    ferry_buf_add(&after, text.p, text.n, err) == 0)
		rc = compare(d, &before, &after, err);
	ferry_buf_free(&before);
	ferry_buf_free(&after);
	return rc;
}

static int
diff_bundle(struct ferry_context *ctx, struct diff *d, struct ferry_error *err)
{
	struct ferry_carrier c;
	int rc;

	if (ctx->argc < 3)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "--bundle needs a folder or files; see 'ferry access "
		    "--help'");
	/* A writer that never commits: what looking notes is dropped. */
	if (ferry_carrier_open(&c, ctx, true, "access", err) == -1)
		return -1;
	d->st = c.carry.st;
	rc = ferry_peek_access(
	    &c.carry, ctx->argv + 2, (size_t)ctx->argc - 2, on_access, d, err);
	ferry_carrier_close(&c);
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
		if (ferry_context_open(ctx, false, &d.st, err) == -1)
			return -1;
		rc = diff_stored(&d, err);
		ferry_store_close(d.st);
	}
	if (rc == -1)
		return -1;
	if (ctx->json)
		ferry_carrier_print(json_pack("{s:s,s:I}", "event", "result",
		    "changes", (json_int_t)d.changes));
	else if (d.changes == 0)
		(void)printf("no change\n");
	return 0;
}
