/*
 * What a puller wants of packages: one thing at a time, for as long as the run
 * lasts.  A package whose wants are all dealt with is begun anew where that can
 * help: it failed, or its document is older than max_age.
 */

#include <string.h>

#include "store/base/clock.h"
#include "store/base/files.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/index/local.h"
#include "sync/upstream/package/package.h"
#include "sync/upstream/package/packages.h"

static int
checked_key(const struct ferry_package *p, struct ferry_key *key,
    struct ferry_error *err)
{

	return ferry_key_make(key, err, ferry_kind_name(FERRY_KIND_CHECKED),
	    p->packages->format->format, p->entry.key, p->packages->up->name,
	    NULL);
}

static bool
is_stale(const struct ferry_package *p, int64_t checked_at)
{
	const struct ferry_upstream *up = p->packages->up;
	int64_t now = ferry_now();

	/* A clock that went back tells nothing. */
	return checked_at > now ||
	       now - checked_at >= (p->packages->run->pulls
					   ? (int64_t)up->max_age
					   : up->recheck_s);
}

/* Load the parts that a package's record names. */
static int
load_parts(
    struct ferry_package *p, const json_t *record, struct ferry_error *err)
{
	struct ferry_store *st = p->packages->run->st;
	int rc, n = ferry_files_count(record, err);
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_file file;

	if (n <= 0 || ferry_array_grow(&p->parts, &p->parts_cap, (size_t)n,
			  sizeof(*p->parts), err) == -1)
		return n <= 0 ? n : -1;
	for (p->parts_n = 0; p->parts_n < (size_t)n; p->parts_n++) {
		struct ferry_package_part *part = &p->parts[p->parts_n];

		*part = (struct ferry_package_part){ .size = 0 };
		if (ferry_files_get(record, p->parts_n, &file, err) == -1)
			return -1;
		if ((rc = ferry_blob_has(st, &file.sha256, err)) != 1)
			return rc;
		part->sha256 = file.sha256;
		part->size = file.size;
		if (p->parts_n > 0 &&
		    ferry_strdup(&part->name, file.name, err) == -1)
			return -1;
		/* What rotted is not here. */
		if (ferry_blob_load(st, &file.sha256,
			p->packages->format->document_max, &part->text,
			&ignored) == -1)
			return 0;
	}
	return 1;
}

int
ferry_package_fresh(struct ferry_package *p, struct ferry_error *err)
{
	const struct ferry_recorded of = ferry_package_recorded(p);
	json_t *checked = NULL, *record = NULL;
	struct ferry_key key;
	int64_t at = 0;
	int rc;

	if (p->anew)
		return 0;
	rc = of.run->pulls ? 1 : ferry_package_settled(p, err);
	if (rc != 1)
		return rc;
	if (checked_key(p, &key, err) == -1 ||
	    (rc = ferry_local_get(of.run->st, &key, &checked, err)) == -1)
		return -1;
	if (rc == 1)
		at = json_integer_value(json_object_get(checked, "at"));
	json_decref(checked);
	if (rc == 0 || is_stale(p, at))
		return 0;
	if ((rc = ferry_recorded_get(&of, NULL, &record, err)) == 1)
		rc = load_parts(p, record, err);
	json_decref(record);
	if (rc == 1)
		p->checked_at = at;
	return rc;
}

bool
ferry_package_lists_wants(
    const struct ferry_package *p, const struct ferry_document *document)
{

	for (size_t i = 0; i < p->wants_n; i++)
		if (p->wants[i].kind == FERRY_WANT_EXACT &&
		    !p->packages->format->unlisted &&
		    ferry_document_find(document, p->wants[i].spec) == NULL)
			return false;
	return true;
}

int
ferry_package_checked(struct ferry_package *p, struct ferry_error *err)
{
	const struct ferry_run *run = p->packages->run;
	struct ferry_key key;

	if (p->checked_at != 0)
		return 0;
	p->checked_at = ferry_now();
	if (run->dry_run ||
	    (!p->packages->up->pull && !ferry_package_only_exact(p)))
		return 0;
	return checked_key(p, &key, err) == -1
	           ? -1
	           : ferry_local_put_new(run->st, &key,
			 json_pack("{s:I}", "at", (json_int_t)p->checked_at),
			 err);
}

static bool
is_under_way(const struct ferry_chosen *chosen)
{

	return !chosen->settled || chosen->active || chosen->again;
}

/* Whether nothing of a package is under way. */
static bool
is_idle(const struct ferry_package *p)
{
	const struct ferry_table_entry *e = NULL;

	if (p->parts_pending > 0 || p->waiting)
		return false;
	/* In the queue. */
	if (p->asked && !p->failed && !p->without &&
	    !ferry_package_has_document(p))
		return false;
	while ((e = ferry_table_next(&p->chosen, e)) != NULL)
		if (is_under_way((const struct ferry_chosen *)e))
			return false;
	return true;
}

/* Whether to begin anew would help. */
static bool
is_over(const struct ferry_package *p, const struct ferry_pull_want *want)
{
	const struct ferry_chosen *chosen;

	if (p->failed || is_stale(p, p->checked_at))
		return true;
	if (want->what == FERRY_PULL_DOCUMENT)
		return false;
	chosen = (const struct ferry_chosen *)ferry_table_find(
	    &p->chosen, want->version);
	return chosen != NULL && chosen->why.code != FERRY_OK;
}

static struct ferry_package *
find_package(const struct ferry_upstream *up, const char *name)
{
	const struct ferry_packages *packages = up->state;

	return (struct ferry_package *)ferry_table_find(
	    &packages->packages, name);
}

int
ferry_packages_pull(struct ferry_run *run, struct ferry_upstream *up,
    const struct ferry_pull_want *want, struct ferry_error *err)
{
	struct ferry_package_want wanted = {
		.kind = want->what == FERRY_PULL_DOCUMENT ? FERRY_WANT_DOCUMENT
		                                          : FERRY_WANT_EXACT,
		.spec = want->version,
		.by = "a client",
	};
	struct ferry_packages *packages = up->state;
	struct ferry_package *p = find_package(up, want->package);
	struct ferry_buf words = FERRY_BUF_INIT;
	int rc = 0;

	(void)run;
	if (p != NULL && p->asked && is_idle(p) && is_over(p, want))
		ferry_package_reset(p);
	if (want->file[0] != 0 && packages->format->words != NULL)
		rc = packages->format->words(
		    want->package, want->version, want->file, &words, err);
	wanted.files = (const char *)words.p;
	if (rc == 0)
		rc = ferry_packages_want(packages, want->package, &wanted, err);
	ferry_buf_free(&words);
	return rc;
}

/* Whether it is among the wants: those were forgotten if the package was begun
 * anew for another. */
static bool
is_wanted(const struct ferry_package *p, const char *version)
{

	for (size_t i = 0; i < p->wants_n; i++)
		if (p->wants[i].kind == FERRY_WANT_EXACT &&
		    strcmp(p->wants[i].spec, version) == 0)
			return true;
	return false;
}

/* The version that is wanted is not listed.  Perhaps it is by now. */
static enum ferry_pull_state
look_again(struct ferry_package *p, const struct ferry_pull_want *want,
    struct ferry_pull_end *out)
{
	struct ferry_run *run = p->packages->run;
	bool anew = !p->anew && p->checked_at < ferry_now();

	if (anew && !is_idle(p))
		return FERRY_PULL_WAITS;
	if (anew) {
		ferry_package_reset(p);
		p->anew = true;
	}
	if (!is_wanted(p, want->version))
		return ferry_packages_pull(
			   run, p->packages->up, want, &out->why) == 0
		           ? FERRY_PULL_WAITS
		           : FERRY_PULL_LACKS;
	ferry_error_set(&out->why, FERRY_ENOTFOUND,
	    "upstream '%s' has no version '%s' of '%s'", p->packages->up->name,
	    want->version, want->package);
	return FERRY_PULL_LACKS;
}

/* Whether the file that want names is here: 1, 0, -1. */
static int
has_file(const struct ferry_package *p, const struct ferry_pull_want *want,
    struct ferry_error *err)
{
	const struct ferry_recorded of = ferry_package_recorded(p);
	struct ferry_file file;
	json_t *record = NULL;
	int rc = ferry_recorded_get(&of, want->version, &record, err);

	if (rc == 1 &&
	    (rc = ferry_files_find(record, want->file, &file, err)) == 1)
		rc = ferry_blob_has(of.run->st, &file.sha256, err);
	json_decref(record);
	return rc;
}

/* One that is not there is none, where documents need not be. */
static enum ferry_pull_state
document_state(const struct ferry_package *p, struct ferry_pull_end *out)
{

	if (!p->without)
		return FERRY_PULL_HERE;
	ferry_error_set(&out->why, FERRY_ENOTFOUND,
	    "upstream '%s' has no %s of '%s'", p->packages->up->name,
	    p->packages->format->document, p->entry.key);
	return FERRY_PULL_LACKS;
}

/* The version was dealt with.  What became of one file of it, only the record
 * tells. */
static enum ferry_pull_state
version_state(const struct ferry_package *p, const struct ferry_pull_want *want,
    const struct ferry_chosen *chosen, struct ferry_pull_end *out)
{
	int rc = want->file[0] == 0 ? 0 : has_file(p, want, &out->why);

	if (rc == 1)
		return FERRY_PULL_HERE;
	if (rc == 0 && chosen->why.code != FERRY_OK)
		out->why = chosen->why;
	else if (rc == 0 && want->file[0] == 0)
		return FERRY_PULL_HERE;
	else if (rc == 0)
		ferry_error_set(&out->why, FERRY_ENOTFOUND,
		    "upstream '%s' has no %s", p->packages->up->name,
		    want->file);
	return FERRY_PULL_LACKS;
}

enum ferry_pull_state
ferry_packages_pulled(struct ferry_upstream *up,
    const struct ferry_pull_want *want, struct ferry_pull_end *out)
{
	struct ferry_package *p = find_package(up, want->package);
	const struct ferry_chosen *chosen;

	if (p == NULL)
		return FERRY_PULL_WAITS;
	out->checked_at = p->checked_at;
	if (p->failed) {
		out->why = p->why;
		return FERRY_PULL_LACKS;
	}
	if (p->waiting || (!p->without && !ferry_package_has_document(p)))
		return FERRY_PULL_WAITS;
	if (want->what == FERRY_PULL_DOCUMENT)
		return document_state(p, out);
	chosen = (const struct ferry_chosen *)ferry_table_find(
	    &p->chosen, want->version);
	if (chosen == NULL)
		return look_again(p, want, out);
	return is_under_way(chosen) ? FERRY_PULL_WAITS
	                            : version_state(p, want, chosen, out);
}
