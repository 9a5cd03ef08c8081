#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/catalog/removal.h"
#include "store/store.h"
#include "sync/command/command.h"
#include "sync/command/spec.h"

static const char help[] =
    "usage: ferry show [--owner OWNER] [FORMAT:]PACKAGE[@VERSION]\n"
    "\n"
    "One package: where it comes from, its documents, its versions; or one\n"
    "version: its files with sizes and digests, and when it was pulled.\n"
    "\n"
    "  --json   the records as they are kept (store/catalog/README.md)\n";

static void
print_files(const json_t *record)
{
	static const char *const digests[] = { "sha256", "sha512", "sha1" };
	char size[FERRY_SIZE_TEXT];
	const json_t *file;
	size_t i;

	json_array_foreach (json_object_get(record, "files"), i, file) {
		(void)printf("  %s, %s\n",
		    json_string_value(json_object_get(file, "name")),
		    ferry_size_text((uint64_t)json_integer_value(
					json_object_get(file, "size")),
			size));
		for (size_t d = 0; d < 3; d++)
			if (json_object_get(file, digests[d]) != NULL)
				(void)printf("    %s:%s\n", digests[d],
				    json_string_value(
					json_object_get(file, digests[d])));
	}
}

static void
print_scalars(const json_t *record)
{
	char at[FERRY_TIME_TEXT];
	const char *name;
	const json_t *v;

	json_object_foreach ((json_t *)(uintptr_t)record, name, v) {
		size_t n = strlen(name);

		if (json_is_string(v))
			(void)printf("%-12s %s\n", name, json_string_value(v));
		else if (json_is_integer(v) && n > 3 &&
			 strcmp(name + n - 3, "_at") == 0)
			(void)printf("%-12s %s\n", name,
			    ferry_time_text(json_integer_value(v), at));
		else if (json_is_integer(v))
			(void)printf("%-12s %" JSON_INTEGER_FORMAT "\n", name,
			    json_integer_value(v));
	}
}

static void
print_json(const struct ferry_key *key, json_t *record, json_t *versions,
    json_t *tags, json_t *removed)
{
	json_t *o = json_pack(
	    "{s:o,s:O}", "key", ferry_key_json(key), "record", record);

	if (versions != NULL)
		(void)json_object_set(o, "versions", versions);
	if (json_array_size(tags) > 0)
		(void)json_object_set(o, "tags", tags);
	if (json_array_size(removed) > 0)
		(void)json_object_set(o, "removed", removed);
	(void)json_dumpf(o, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	(void)putchar('\n');
	json_decref(o);
}

/* Each tag; one whose version is not served is removed. */
static void
print_tags(const json_t *tags, const json_t *versions)
{
	json_t *live = json_object(), *v;
	size_t i;

	json_array_foreach (versions, i, v)
		if (!ferry_removal_is(json_object_get(v, "record")))
			(void)json_object_set_new(live,
			    json_string_value(json_object_get(v, "version")),
			    json_true());
	if (json_array_size(tags) > 0)
		(void)printf("tags         %zu\n", json_array_size(tags));
	json_array_foreach (tags, i, v) {
		const char *version =
		    json_string_value(json_object_get(v, "version"));

		(void)printf("  %-24s %s%s\n",
		    json_string_value(json_object_get(v, "tag")), version,
		    json_object_get(live, version) == NULL ? "  removed" : "");
	}
	json_decref(live);
}

static void
print_versions(
    const json_t *versions, const json_t *removed, struct ferry_error *err)
{
	char size[FERRY_SIZE_TEXT];
	struct ferry_file file;
	const json_t *v;
	size_t i;

	(void)printf("versions     %zu\n", json_array_size(versions));
	json_array_foreach (versions, i, v) {
		const json_t *r = json_object_get(v, "record");

		if (ferry_files_count(r, err) < 1 ||
		    ferry_files_get(r, 0, &file, err) == -1)
			file.size = 0;
		(void)printf("  %-24s %10s%s\n",
		    json_string_value(json_object_get(v, "version")),
		    ferry_size_text(file.size, size),
		    ferry_removal_is(r) ? "  removed" : "");
	}
	json_array_foreach (removed, i, v)
		(void)printf("  %-24s %10s  removed, bytes freed\n",
		    json_string_value(v), "-");
}

static int
show_package(const struct ferry_context *ctx, struct ferry_store *st,
    const struct ferry_key *package, struct ferry_error *err)
{
	json_t *record = NULL, *versions = NULL, *tags = NULL, *removed = NULL;
	int rc = -1;

	if (ferry_catalog_get(st, package, &record, err) != 1 ||
	    ferry_spec_versions(&versions, st, package, err) == -1 ||
	    ferry_spec_tags(&tags, st, package, err) == -1 ||
	    ferry_removal_list(&removed, st, package, err) == -1)
		goto out;
	rc = FERRY_EXIT_OK;
	if (ctx->json) {
		print_json(package, record, versions, tags, removed);
		goto out;
	}
	(void)printf("%-12s %s\n%-12s %s\n%-12s %s\n", "package",
	    ferry_key_part(package, 2), "format", ferry_key_part(package, 1),
	    "owner", ferry_key_part(package, 3));
	print_scalars(record);
	if (json_object_get(record, "files") != NULL)
		(void)printf("documents\n");
	print_files(record);
	print_tags(tags, versions);
	print_versions(versions, removed, err);
out:
	json_decref(removed);
	json_decref(tags);
	json_decref(versions);
	json_decref(record);
	return rc;
}

static int
show_version(const struct ferry_context *ctx, struct ferry_store *st,
    const struct ferry_spec *spec, struct ferry_error *err)
{
	json_t *record = NULL;
	struct ferry_key key;
	int rc;

	if (ferry_spec_version_key(&key, &spec->package, spec->version, err) ==
	    -1)
		return -1;
	if ((rc = ferry_catalog_get(st, &key, &record, err)) == 0)
		return ferry_spec_missing(
		    st, &spec->package, spec->version, err);
	if (rc == -1)
		return -1;
	if (ctx->json) {
		print_json(&key, record, NULL, NULL, NULL);
	} else {
		(void)printf("%-12s %s@%s\n%-12s %s\n%-12s %s\n", "version",
		    ferry_key_part(&key, 2), ferry_key_part(&key, 4), "format",
		    ferry_key_part(&key, 1), "owner", ferry_key_part(&key, 3));
		print_scalars(record);
		(void)printf("files\n");
		print_files(record);
	}
	json_decref(record);
	return FERRY_EXIT_OK;
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	struct ferry_store *st = NULL;
	const char *owner = NULL;
	const struct ferry_option options[] = {
		{ "owner", FERRY_OPTION_VALUE, &owner },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct ferry_spec spec = { .version = NULL };
	int rc = -1;

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	if (ctx->argc != 2)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "name one package; see 'ferry show --help'");
	if (ferry_context_open(ctx, FERRY_STORE_READ, &st, err) == -1 ||
	    ferry_spec_find(&spec, st, ctx->argv[1], owner, err) == -1)
		goto out;
	rc = spec.version == NULL ? show_package(ctx, st, &spec.package, err)
	                          : show_version(ctx, st, &spec, err);
out:
	ferry_spec_free(&spec);
	ferry_store_close(st);
	return rc;
}

const struct ferry_command ferry_command_show = { "show",
	"one package or version, with its files", help, run };
