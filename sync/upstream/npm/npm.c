/*
 * Pulling from an npm registry: packages.
 *
 * Flow: every wanted package's document is asked for; when it arrives, npm_pick
 * chooses versions, npm_choose asks for their tarballs and npm_depend wants
 * more packages.  A package that is wanted again later waits in npm->again
 * until the transfers are done, and its document is then read from the store.
 */

#include "sync/upstream/npm/npm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "store/format/npm/npm.h"
#include "store/store.h"
#include "sync/select/lock/lock.h"

#define DOCUMENT_MAX (256U << 20)

static void
want_free(struct npm_want *w)
{

	free(w->spec);
	free(w->integrity);
	free(w->by);
}

/* Packages */

static struct npm_package *
package_find(struct npm *npm, const char *name, struct ferry_error *err)
{
	struct npm_package **slot, *p;
	uint32_t h = 2166136261U; /* FNV-1a */

	for (const char *c = name; *c != 0; c++)
		h = (h ^ (uint8_t)*c) * 16777619U;
	slot = &npm->buckets[h % 4096];
	for (p = *slot; p != NULL; p = p->next)
		if (strcmp(p->name, name) == 0)
			return p;
	if (ferry_calloc(&p, 1, sizeof(*p), err) == -1)
		return NULL;
	if (ferry_strdup(&p->name, name, err) == -1) {
		free(p);
		return NULL;
	}
	p->npm = npm;
	p->next = *slot;
	*slot = p;
	return p;
}

static void
package_free(struct npm_package *p)
{

	for (size_t i = 0; i < p->wants_n; i++)
		want_free(&p->wants[i]);
	for (size_t i = 0; i < p->chosen_n; i++)
		free(p->chosen[i].version);
	free(p->wants);
	free(p->chosen);
	free(p->name);
	free(p);
}

/* All wants of a package fail for one reason. */
static void
package_fail(struct npm_package *p, const struct ferry_error *why)
{
	bool needed = false;
	char item[320];

	p->failed = true;
	p->why = *why;
	for (size_t i = 0; i < p->wants_n; i++) {
		needed = needed || !p->wants[i].optional;
		p->wants[i].done = true;
	}
	npm_item(item, sizeof(item), p->name, NULL);
	p->reported = needed;
	if (needed)
		ferry_run_fail(p->npm->run, item, why);
	else
		ferry_run_skip(p->npm->run, item, why->text);
}

/* Record the document once it is in the store. */
static int
put_package(struct npm_package *p, struct ferry_error *err)
{
	struct ferry_upstream *up = p->npm->up;
	json_t *record, *file;
	struct ferry_key key;
	int rc = -1;

	if (p->npm->run->dry_run)
		return 0;
	if ((record = json_pack("{s:s}", "upstream", up->name)) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (ferry_files_add(record, "packument", p->document_size, &p->document,
		&file, err) == 0 &&
	    ferry_json_set(file, "media_type", json_string("application/json"),
		err) == 0 &&
	    ferry_key_make(
		&key, err, "package", "npm", p->name, up->name, NULL) == 0 &&
	    ferry_catalog_put(p->npm->run->st, &key, record, err) != -1)
		rc = 0;
	json_decref(record);
	return rc;
}

static int
pick_from(
    struct npm_package *p, struct ferry_bytes view, struct ferry_error *err)
{
	struct ferry_npm_doc doc;
	int rc;

	if (ferry_npm_doc_read(&doc, view, p->name, err) == -1)
		return -1;
	rc = npm_pick(p, &doc, err);
	ferry_npm_doc_free(&doc);
	return rc;
}

static int
on_document_check(void *ctx, struct ferry_bytes view, struct ferry_error *err)
{
	const struct npm_package *p = ctx;

	return ferry_npm_doc_check(view, p->name, err);
}

static void
on_document(void *ctx, const struct ferry_pulled *pulled)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct npm_package *p = ctx;

	if (pulled->error.code != FERRY_OK) {
		package_fail(p, &pulled->error);
		return;
	}
	p->document = pulled->sha256;
	p->document_size = pulled->size;
	p->npm->run->packages++;
	if (put_package(p, &err) == -1) {
		p->npm->run->fatal = err;
		return;
	}
	if (pick_from(p, pulled->view, &err) == -1)
		package_fail(p, &err);
}

static int
ask_document(struct npm_package *p, struct ferry_error *err)
{
	struct npm *npm = p->npm;
	struct ferry_buf url = FERRY_BUF_INIT;
	struct ferry_pull pull = {
		.up = npm->up,
		.accept = "application/json",
		.kind = FERRY_BLOB_IS_DOCUMENT,
		.max_size = DOCUMENT_MAX,
		.ctx = p,
		.on_check = on_document_check,
		.on_done = on_document,
	};
	const char *name = p->name;
	int rc = -1;

	/* "@scope%2fname": the one form that every registry takes. */
	if (ferry_buf_addf(&url, err, "%s/%s", npm->up->url,
		name[0] == '@' ? "@" : "") == -1 ||
	    ferry_url_encode(&url,
		ferry_bytes_str(name[0] == '@' ? name + 1 : name), err) == -1)
		goto out;
	pull.url = (const char *)url.p;
	rc = ferry_run_pull(npm->run, &pull, err);
out:
	ferry_buf_free(&url);
	return rc;
}

static bool
same_want(const struct npm_want *a, const struct npm_want *b)
{

	return a->kind == b->kind && strcmp(a->spec, b->spec) == 0 &&
	       a->latest == b->latest && a->prereleases == b->prereleases &&
	       a->closure == b->closure && a->optional == b->optional &&
	       (b->integrity == NULL ||
		   (a->integrity != NULL &&
		       strcmp(a->integrity, b->integrity) == 0));
}

static int
add_want(
    struct npm_package *p, const struct npm_want *want, struct ferry_error *err)
{
	struct npm_want *w;

	if (ferry_array_grow(&p->wants, &p->wants_cap, p->wants_n + 1,
		sizeof(*p->wants), err) == -1)
		return -1;
	w = &p->wants[p->wants_n];
	*w = *want;
	w->spec = w->integrity = w->by = NULL;
	if (ferry_strdup(&w->spec, want->spec, err) == -1 ||
	    ferry_strdup(&w->by, want->by, err) == -1 ||
	    (want->integrity != NULL &&
		ferry_strdup(&w->integrity, want->integrity, err) == -1)) {
		want_free(w);
		return -1;
	}
	p->wants_n++;
	return 0;
}

int
npm_want(struct npm *npm, const char *name, const struct npm_want *want,
    struct ferry_error *err)
{
	struct npm_package *p = package_find(npm, name, err);
	struct ferry_error why = FERRY_ERROR_INIT;

	if (p == NULL)
		return -1;
	for (size_t i = 0; i < p->wants_n; i++)
		if (same_want(&p->wants[i], want))
			return 0;
	if (add_want(p, want, err) == -1)
		return -1;
	if (p->failed) {
		/* It failed as something optional; now it is needed. */
		p->wants[p->wants_n - 1].done = true;
		if (!want->optional && !p->reported)
			package_fail(p, &p->why);
		return 0;
	}
	if (!p->asked) {
		p->asked = true;
		if (!ferry_npm_name_valid(ferry_bytes_str(name))) {
			ferry_error_set(&why, FERRY_EFORMAT,
			    "'%.80s', wanted by %s, is not a package name",
			    name, want->by);
			package_fail(p, &why);
			return 0;
		}
		if (ferry_upstream_may(npm->run, npm->up, name, &why) == -1) {
			package_fail(p, &why);
			return 0;
		}
		return ask_document(p, err);
	}
	if (p->document.n > 0 && !p->waiting) {
		if (ferry_array_grow(&npm->again, &npm->again_cap,
			npm->again_n + 1, sizeof(*npm->again), err) == -1)
			return -1;
		npm->again[npm->again_n++] = p;
		p->waiting = true;
	}
	return 0;
}

int
npm_want_locked(struct npm *npm, const struct ferry_lock_wanted *entry,
    const char *by, struct ferry_error *err)
{
	const struct npm_want want = { .kind = NPM_WANT_EXACT,
		.spec = (char *)(uintptr_t)entry->version,
		.integrity = (char *)(uintptr_t)entry->integrity,
		.by = (char *)(uintptr_t)by,
		.optional = entry->optional };

	return npm_want(npm, entry->name, &want, err);
}

/* The kind */

static int
configure(struct ferry_upstream *up, struct ferry_error *err)
{
	struct npm *npm;

	if (ferry_calloc(&npm, 1, sizeof(*npm), err) == -1)
		return -1;
	npm->up = up;
	up->state = npm;
	return npm_configure(npm, err);
}

static void
npm_free(struct ferry_upstream *up)
{
	struct npm *npm = up->state;
	struct npm_package *p, *next;

	if (npm == NULL)
		return;
	for (size_t i = 0; i < 4096; i++)
		for (p = npm->buckets[i]; p != NULL; p = next) {
			next = p->next;
			package_free(p);
		}
	npm_keys_free(npm);
	free(npm->again);
	free(npm);
	up->state = NULL;
}

static int
sync_start(
    struct ferry_run *run, struct ferry_upstream *up, struct ferry_error *err)
{
	struct npm *npm = up->state;

	npm->run = run;
	if (npm->signatures != NPM_SIGNATURES_OFF)
		return npm_keys_ask(npm, err);
	if (ferry_upstream_put(run, up, NULL, err) == -1)
		return -1;
	return npm_wants_read(npm, NPM_WANTS_ADD, err);
}

static int
want_all(struct ferry_run *run, struct ferry_upstream *up, const char *name,
    enum ferry_want how, struct ferry_error *err)
{
	struct npm *npm = up->state;
	struct npm_want want = { .kind = NPM_WANT_RANGE,
		.prereleases = true,
		.closure = npm->dependencies,
		.optional = how == FERRY_WANT_IF_THERE };

	(void)run;
	want.spec = (char *)(uintptr_t) "*";
	want.by = (char *)(uintptr_t)up->name;
	return npm_want(npm, name, &want, err);
}

/* Packages that were wanted again after their document had been dealt with. */
static int
sync_after(
    struct ferry_run *run, struct ferry_upstream *up, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct npm *npm = up->state;
	struct npm_package **again = npm->again;
	size_t n = npm->again_n;
	int rc = n > 0;

	npm->again = NULL;
	npm->again_n = npm->again_cap = 0;
	for (size_t i = 0; i < n && rc != -1; i++) {
		struct npm_package *p = again[i];

		p->waiting = false;
		ferry_buf_reset(&text);
		if (run->dry_run &&
		    ferry_blob_has(run->st, &p->document, &why) != 1) {
			/* Nothing is stored in a dry run: ask again. */
			p->document.n = 0;
			rc = ask_document(p, err) == -1 ? -1 : 1;
			continue;
		}
		if (ferry_blob_load(run->st, &p->document, DOCUMENT_MAX, &text,
			err) == -1) {
			rc = -1;
			break;
		}
		if (pick_from(p, ferry_bytes_buf(&text), &why) == -1)
			package_fail(p, &why);
	}
	ferry_buf_free(&text);
	free(again);
	return rc;
}

const struct ferry_upstream_kind ferry_upstream_npm = {
	.format = "npm",
	.configure = configure,
	.sync = sync_start,
	.after = sync_after,
	.want = want_all,
	.free = npm_free,
};
