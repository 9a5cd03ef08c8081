#include "serve/replay/health.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <sys/statvfs.h>

#include "store/access/authority.h"
#include "store/base/bytes.h"
#include "store/base/clock.h"
#include "store/base/out.h"
#include "store/catalog/cached.h"
#include "store/catalog/catalog.h"
#include "store/index/local.h"
#include "store/store.h"

/* What is counted is not read to its end: more than this is more than enough. */
#define COUNT_MOST 100000U

static const char *const commands[] = { "sync", "export", "import" };
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* How a command fared; 0: never, or not. */
struct fared {
	int64_t succeeded, began, ended;
	json_int_t status; /* of the last try that ended */
	json_int_t failed; /* items of the last success */
	bool unfinished;
};

static json_int_t
number(const json_t *record, const char *name)
{

	return json_integer_value(json_object_get(record, name));
}

static int
read_fared(struct ferry_store *st, const char *command, struct fared *out,
    struct ferry_error *err)
{
	json_t *last = NULL, *try = NULL;
	int rc = -1;

	*out = (struct fared){ 0 };
	if (ferry_local_named_get(st, FERRY_KIND_LAST, command, &last, err) !=
		-1 &&
	    ferry_local_named_get(st, FERRY_KIND_TRY, command, &try, err) != -1)
		rc = 0;
	out->succeeded = number(last, "at");
	out->failed = number(last, "failed");
	out->began = number(try, "began");
	out->ended = number(try, "ended");
	out->status = number(try, "status");
	out->unfinished = try != NULL && out->ended == 0;
	/* What a success did may be nothing new, which leaves no other record. */
	if (out->ended > out->succeeded &&
	    (out->status == 0 || out->status == 4))
		out->succeeded = out->ended;
	json_decref(last);
	json_decref(try);
	return rc;
}

/* Labels: a backslash, a quote and a line's end have escapes. */
static void
put_label(struct ferry_out *out, const char *name, const char *value)
{

	ferry_out_fmt(out, "%s=\"", name);
	for (; value != NULL && *value != 0; value++)
		if (*value == '\n')
			ferry_out_str(out, "\\n");
		else
			ferry_out_fmt(out, "%s%c",
			    *value == '"' || *value == '\\' ? "\\" : "",
			    *value);
	ferry_out_str(out, "\"");
}

static void
put_head(struct ferry_out *out, const char *name, const char *help)
{

	ferry_out_fmt(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static int
write_commands(
    struct ferry_store *st, struct ferry_out *out, struct ferry_error *err)
{
	struct fared f[COMMANDS];

	for (size_t i = 0; i < COMMANDS; i++)
		if (read_fared(st, commands[i], &f[i], err) == -1)
			return -1;
	put_head(out, "ferry_last_success_timestamp_seconds",
	    "When it last succeeded; 0: never.");
	for (size_t i = 0; i < COMMANDS; i++)
		ferry_out_fmt(out,
		    "ferry_last_success_timestamp_seconds{command=\"%s\"} "
		    "%" PRId64 "\n",
		    commands[i], f[i].succeeded);
	put_head(out, "ferry_last_try_timestamp_seconds",
	    "When it last began; 0: never.");
	for (size_t i = 0; i < COMMANDS; i++)
		ferry_out_fmt(out,
		    "ferry_last_try_timestamp_seconds{command=\"%s\"} "
		    "%" PRId64 "\n",
		    commands[i], f[i].began);
	put_head(out, "ferry_last_try_status",
	    "The exit status of the last try that ended.");
	for (size_t i = 0; i < COMMANDS; i++)
		ferry_out_fmt(out,
		    "ferry_last_try_status{command=\"%s\"} "
		    "%" JSON_INTEGER_FORMAT "\n",
		    commands[i], f[i].status);
	put_head(out, "ferry_last_try_unfinished",
	    "1 if the last try is under way, or was killed.");
	for (size_t i = 0; i < COMMANDS; i++)
		ferry_out_fmt(out,
		    "ferry_last_try_unfinished{command=\"%s\"} %d\n",
		    commands[i], f[i].unfinished);
	put_head(out, "ferry_sync_items_failed",
	    "What the last sync that succeeded could not bring.");
	ferry_out_fmt(out, "ferry_sync_items_failed %" JSON_INTEGER_FORMAT "\n",
	    f[0].failed);
	return 0;
}

static int
count(struct ferry_store *st, enum ferry_kind kind, uint64_t *n,
    struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	json_t *record;
	int rc;

	*n = 0;
	ferry_key_all(&prefix, kind);
	if (ferry_local_iter_new(&it, st, &prefix, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, &record, err)) == 1) {
		int counts = kind != FERRY_KIND_PASSED
		                 ? 1
		                 : ferry_passed_troubles(st,
				       ferry_key_part(&key, 1), record, err);

		json_decref(record);
		if (counts == -1)
			rc = -1;
		if (counts == -1 || (*n += (uint64_t)counts) == COUNT_MOST)
			break;
	}
	ferry_record_iter_free(it);
	return rc == -1 ? -1 : 0;
}

static const struct {
	enum ferry_kind kind;
	const char *name;
} problems[] = {
	{ FERRY_KIND_INCIDENT, "incident" },
	{ FERRY_KIND_LOST, "lost" },
	{ FERRY_KIND_PASSED, "skipped" },
	{ FERRY_KIND_INCOMING, "incomplete_import" },
	{ FERRY_KIND_WANTED, "wanted" },
};
#define PROBLEMS (sizeof(problems) / sizeof(problems[0]))

static int
write_problems(
    struct ferry_store *st, struct ferry_out *out, struct ferry_error *err)
{
	uint64_t n;

	put_head(out, "ferry_problems",
	    "Incidents, lost blobs, upstreams of which something was skipped, "
	    "imports that lack volumes, blobs that bundles should bring.");
	for (size_t i = 0; i < PROBLEMS; i++) {
		if (count(st, problems[i].kind, &n, err) == -1)
			return -1;
		ferry_out_fmt(out, "ferry_problems{kind=\"%s\"} %" PRIu64 "\n",
		    problems[i].name, n);
	}
	return 0;
}

static int
write_sizes(
    struct ferry_store *st, struct ferry_out *out, struct ferry_error *err)
{
	struct ferry_store_totals t;
	struct statvfs vfs;

	if (ferry_store_totals(st, &t, err) == -1)
		return -1;
	put_head(out, "ferry_store_versions", "Versions that are served.");
	ferry_out_fmt(out, "ferry_store_versions %" PRIu64 "\n", t.versions);
	put_head(out, "ferry_store_bytes", "What the store's blobs take.");
	ferry_out_fmt(out, "ferry_store_bytes %" PRIu64 "\n", t.stored_bytes);
	if (statvfs(ferry_store_path(st), &vfs) == -1)
		return 0;
	put_head(out, "ferry_store_free_bytes", "Room on its file system.");
	ferry_out_fmt(out, "ferry_store_free_bytes %" PRIu64 "\n",
	    (uint64_t)vfs.f_bavail * vfs.f_frsize);
	put_head(out, "ferry_store_fs_bytes", "The size of its file system.");
	ferry_out_fmt(out, "ferry_store_fs_bytes %" PRIu64 "\n",
	    (uint64_t)vfs.f_blocks * vfs.f_frsize);
	return 0;
}

struct line {
	struct ferry_out *out;
	const char *metric, *member;
	const char *label; /* of the key's own part */
	uint64_t records; /* not 0: how far member is behind this */
};

static int
write_line(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const struct line *l = ctx;
	const json_t *name = json_object_get(record, "name");
	json_int_t value = number(record, l->member);

	(void)err;
	if (l->records > 0)
		value = (uint64_t)value > l->records
		            ? 0
		            : (json_int_t)l->records - value;
	ferry_out_fmt(l->out, "%s{", l->metric);
	put_label(l->out, l->label, ferry_key_part(key, 1));
	if (name != NULL) {
		ferry_out_str(l->out, ",");
		put_label(l->out, "name", json_string_value(name));
	}
	ferry_out_fmt(l->out, "} %" JSON_INTEGER_FORMAT "\n", value);
	return 0;
}

static int
write_kind(struct ferry_store *st, enum ferry_kind kind,
    const struct line *line, const char *help, struct ferry_error *err)
{
	struct line l = *line;
	struct ferry_key prefix;

	put_head(l.out, l.metric, help);
	ferry_key_all(&prefix, kind);
	return kind < FERRY_KINDS_CATALOG
	           ? ferry_catalog_each(st, &prefix, write_line, &l, err)
	           : ferry_local_each(st, &prefix, write_line, &l, err);
}

static int
write_others(
    struct ferry_store *st, struct ferry_out *out, struct ferry_error *err)
{
	struct ferry_store_totals t;

	if (ferry_store_totals(st, &t, err) == -1 ||
	    write_kind(st, FERRY_KIND_ACCESS,
		&(struct line){ out,
		    "ferry_permissions_taken_timestamp_seconds", "taken_at",
		    "upstream", 0 },
		"When an upstream's permissions were asked for.", err) == -1 ||
	    write_kind(st, FERRY_KIND_ORIGIN,
		&(struct line){ out, "ferry_origin_written_seconds", "written",
		    "origin", 0 },
		"When the newest bundle that was imported was written.",
		err) == -1 ||
	    write_kind(st, FERRY_KIND_ORIGIN,
		&(struct line){ out, "ferry_origin_seq", "seq", "origin", 0 },
		"Up to which record of an origin this store is.", err) == -1 ||
	    write_kind(st, FERRY_KIND_SITE,
		&(struct line){
		    out, "ferry_site_told_timestamp_seconds", "at", "site", 0 },
		"When a site wrote its newest receipt.", err) == -1)
		return -1;
	return write_kind(st, FERRY_KIND_SITE,
	    &(struct line){
		out, "ferry_site_behind_records", "seq", "site", t.records },
	    "How many records a site's newest receipt is behind.", err);
}

/* What the puller notes. */
static int
write_pulled(
    struct ferry_store *st, struct ferry_out *out, struct ferry_error *err)
{
	struct ferry_cached_totals c;

	if (ferry_cached_totals(st, &c, err) == -1)
		return -1;
	put_head(out, "ferry_pull_cached_versions",
	    "Versions that are here only because a client asked for them.");
	ferry_out_fmt(
	    out, "ferry_pull_cached_versions %" PRIu64 "\n", c.versions);
	put_head(out, "ferry_pull_cached_bytes",
	    "Their files' bytes, which 'cache_size' bounds.");
	ferry_out_fmt(out, "ferry_pull_cached_bytes %" PRIu64 "\n", c.bytes);
	return write_kind(st, FERRY_KIND_TRAFFIC,
	    &(struct line){
		out, "ferry_pull_upstream_bytes", "bytes", "upstream", 0 },
	    "What came from an upstream that is pulled through, since ever.",
	    err);
}

int
ferry_health_metrics(
    struct ferry_store *st, struct ferry_out *out, struct ferry_error *err)
{

	if (write_commands(st, out, err) == -1 ||
	    write_problems(st, out, err) == -1 ||
	    write_sizes(st, out, err) == -1)
		return -1;
	return write_pulled(st, out, err) == -1 ? -1
	                                        : write_others(st, out, err);
}

static void
write_words(struct ferry_out *out, const char *command, const struct fared *f)
{
	char at[FERRY_TIME_TEXT];

	if (f->began == 0 && f->succeeded == 0)
		return;
	ferry_out_fmt(out, "<p>Last %s: %s", command,
	    f->succeeded == 0 ? "never" : ferry_time_text(f->succeeded, at));
	if (f->failed > 0)
		ferry_out_fmt(
		    out, "; %" JSON_INTEGER_FORMAT " items failed", f->failed);
	if (f->unfinished)
		ferry_out_fmt(out,
		    ". One that began at %s is under way, or was killed",
		    ferry_time_text(f->began, at));
	else if (f->status != 0 && f->status != 4)
		ferry_out_fmt(out,
		    ". One that began at %s failed (status "
		    "%" JSON_INTEGER_FORMAT ")",
		    ferry_time_text(f->began, at), f->status);
	ferry_out_str(out, ".</p>\n");
}

int
ferry_health_page(
    struct ferry_store *st, struct ferry_out *out, struct ferry_error *err)
{
	uint64_t n, all = 0;
	struct fared f;

	for (size_t i = 0; i < COMMANDS; i++) {
		if (read_fared(st, commands[i], &f, err) == -1)
			return -1;
		write_words(out, commands[i], &f);
	}
	for (size_t i = 0; i < PROBLEMS; i++) {
		if (count(st, problems[i].kind, &n, err) == -1)
			return -1;
		all += n;
	}
	if (all > 0)
		ferry_out_fmt(out,
		    "<p>%" PRIu64 " problems, which <code>ferry status</code> "
		    "lists.</p>\n",
		    all);
	return 0;
}

struct origins {
	struct ferry_out *out;
	bool names;
};

static int
write_origin(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const struct origins *o = ctx;
	const char *name = json_string_value(json_object_get(record, "name"));
	int64_t written = number(record, "written");
	char at[FERRY_TIME_TEXT];

	(void)err;
	ferry_out_str(o->out, o->names ? "origin " : "an origin");
	if (o->names)
		ferry_out_html(
		    o->out, ferry_bytes_str(
				name == NULL ? ferry_key_part(key, 1) : name));
	if (written == 0)
		ferry_out_str(o->out, ": nothing came from it\n");
	else
		ferry_out_fmt(o->out,
		    ": its word is of %s, %" PRId64 " h ago\n",
		    ferry_time_text(written, at),
		    (ferry_now() - written) / 3600);
	return 0;
}

int
ferry_health_origins(struct ferry_store *st, bool names, struct ferry_out *out,
    struct ferry_error *err)
{
	struct origins origins = { out, names };
	struct ferry_key all;

	ferry_key_all(&all, FERRY_KIND_ORIGIN);
	return ferry_local_each(st, &all, write_origin, &origins, err);
}
