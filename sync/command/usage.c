#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/catalog/removal.h"
#include "store/store.h"
#include "sync/command/command.h"
#include "sync/command/command_task.h"
#include "sync/upstream/reason.h"

static const char help[] =
    "usage: ferry usage [--json]\n"
    "\n"
    "How much of what is here is of which upstream, of which owner, and wanted by\n"
    "which project: lock files, recordings and options of the configuration, as the\n"
    "last syncs noted it.  Bytes are those of the files of all versions: what several\n"
    "share is stored once, and counts for each.  Of more than eight that want a\n"
    "version the first eight are known.  'ferry why' tells of one version, 'ferry\n"
    "status' what the store takes on the disk.\n";

#define BY_NEED "what those need"
#define BY_NONE "nothing that a sync noted"

struct usage {
	struct ferry_store *st;
	/* {NAME: {"versions","bytes"}} */
	json_t *upstreams, *owners, *wanters;
	/* The package of the last version, and whose it is. */
	struct ferry_key package;
	char upstream[300];
	bool owned; /* some owner is not its upstream */
};

static int
count(json_t *table, const char *name, uint64_t bytes, struct ferry_error *err)
{
	json_t *one = json_object_get(table, name);

	if (one == NULL) {
		one = json_pack("{s:i,s:i}", "versions", 0, "bytes", 0);
		if (ferry_json_set(table, name, one, err) == -1)
			return -1;
	}
	(void)json_integer_set(json_object_get(one, "versions"),
	    json_integer_value(json_object_get(one, "versions")) + 1);
	(void)json_integer_set(json_object_get(one, "bytes"),
	    json_integer_value(json_object_get(one, "bytes")) +
		(json_int_t)bytes);
	return 0;
}

/* Whether a reason is another version: "react@18.3.1". */
static bool
is_need(const char *text)
{

	return *text != '/' && strchr(text, ' ') == NULL &&
	       strchr(text, '@') != NULL;
}

/* By whom a version is wanted, each once. */
static int
count_wanters(struct usage *u, const struct ferry_key *version, uint64_t bytes,
    struct ferry_error *err)
{
	json_t *reason = NULL;
	const json_t *list, *by;
	size_t i, told = 0, needs = 0;
	int rc = ferry_reason_get(u->st, version, &reason, err);

	if (rc == -1)
		return -1;
	rc = 0;
	list = json_object_get(reason, "by");
	json_array_foreach (list, i, by) {
		if (is_need(json_string_value(by))) {
			needs++;
			continue;
		}
		told++;
		if ((rc = count(
			 u->wanters, json_string_value(by), bytes, err)) == -1)
			break;
	}
	if (rc == 0 && told == 0)
		rc = count(
		    u->wanters, needs > 0 ? BY_NEED : BY_NONE, bytes, err);
	json_decref(reason);
	return rc;
}

/* The upstream of a version's package, which is mostly that of the version
 * before; of one without owners its owner. */
static int
find_upstream(
    struct usage *u, const struct ferry_key *version, struct ferry_error *err)
{
	const char *owner = ferry_key_part(version, 3), *name;
	struct ferry_key key;
	json_t *record = NULL;

	if (ferry_key_package(&key, ferry_key_part(version, 1),
		ferry_key_part(version, 2), owner, err) == -1)
		return -1;
	if (key.size == u->package.size &&
	    memcmp(key.text, u->package.text, key.size) == 0)
		return 0;
	u->package = key;
	if (ferry_catalog_get(u->st, &key, &record, err) == -1)
		return -1;
	name = json_string_value(json_object_get(record, "upstream"));
	(void)snprintf(u->upstream, sizeof(u->upstream), "%s",
	    name == NULL ? owner : name);
	u->owned = u->owned || strcmp(u->upstream, owner) != 0;
	json_decref(record);
	return 0;
}

static int
count_version(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	struct usage *u = ctx;
	struct ferry_file file;
	uint64_t bytes = 0;
	int n;

	if (ferry_removal_is(record))
		return 0;
	if ((n = ferry_files_count(record, err)) == -1)
		return -1;
	for (int i = 0; i < n; i++) {
		if (ferry_files_get(record, (size_t)i, &file, err) == -1)
			return -1;
		bytes += file.size;
	}
	return find_upstream(u, key, err) == -1 ||
	               count(u->upstreams, u->upstream, bytes, err) == -1 ||
	               count(u->owners, ferry_key_part(key, 3), bytes, err) ==
	                   -1
	           ? -1
	           : count_wanters(u, key, bytes, err);
}

struct row {
	const char *name;
	uint64_t versions, bytes;
};

static int
by_bytes_down(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return x->bytes != y->bytes ? (x->bytes < y->bytes) * 2 - 1
	                            : strcmp(x->name, y->name);
}

static int
print_table(const char *title, json_t *table, struct ferry_error *err)
{
	char size[FERRY_SIZE_TEXT], versions[FERRY_COUNT_TEXT];
	struct row *rows = NULL;
	const char *name;
	size_t n = 0;
	json_t *one;

	if (ferry_calloc(
		&rows, json_object_size(table) + 1, sizeof(*rows), err) == -1)
		return -1;
	json_object_foreach (table, name, one)
		rows[n++] = (struct row){ name,
			(uint64_t)json_integer_value(
			    json_object_get(one, "versions")),
			(uint64_t)json_integer_value(
			    json_object_get(one, "bytes")) };
	qsort(rows, n, sizeof(*rows), by_bytes_down);
	(void)printf("%s\n", title);
	for (size_t i = 0; i < n; i++)
		(void)printf("  %-50s %18s %10s\n", rows[i].name,
		    ferry_count_text(rows[i].versions, "version", versions),
		    ferry_size_text(rows[i].bytes, size));
	free(rows);
	return 0;
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	const struct ferry_option options[] = { { NULL, FERRY_OPTION_FLAG,
	    NULL } };
	struct usage u = { .upstreams = json_object(),
		.owners = json_object(),
		.wanters = json_object() };
	struct ferry_key prefix;
	int rc = -1;

	if (u.upstreams == NULL || u.owners == NULL || u.wanters == NULL)
		ferry_error_set(err, FERRY_ENOMEM, "no memory");
	else if (ferry_options(ctx, options, err) == 0 && ctx->argc > 1)
		ferry_error_set(err, FERRY_EUSAGE, "unexpected argument '%s'",
		    ctx->argv[1]);
	else if (err->code == FERRY_OK &&
		 ferry_key_make(&prefix, err, "version", NULL) == 0 &&
		 ferry_context_open(ctx, FERRY_STORE_READ, &u.st, err) == 0)
		rc = ferry_catalog_each(u.st, &prefix, count_version, &u, err);
	if (rc == 0 && ctx->json) {
		ferry_command_print(json_pack("{s:s,s:O,s:O,s:O}", "event",
		    "result", "upstreams", u.upstreams, "owners", u.owners,
		    "wanted_by", u.wanters));
	} else if (rc == 0) {
		if (print_table("upstream", u.upstreams, err) == -1 ||
		    (u.owned && print_table("owner", u.owners, err) == -1) ||
		    print_table("wanted by", u.wanters, err) == -1)
			rc = -1;
	}
	json_decref(u.upstreams);
	json_decref(u.owners);
	json_decref(u.wanters);
	ferry_store_close(u.st);
	return rc == -1 ? -1 : FERRY_EXIT_OK;
}

const struct ferry_command ferry_command_usage = { "usage",
	"how much is of whom, and for whom", help, run };
