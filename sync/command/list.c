#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/store.h"
#include "sync/command/command.h"
#include "sync/command/spec.h"

static const char help[] =
    "usage: ferry list [--versions] [--owner OWNER] [FORMAT:|[FORMAT:]PREFIX]\n"
    "\n"
    "The packages of the store, a line each, in the order of their names.\n"
    "PREFIX shows only names that start with it.\n"
    "\n"
    "  --versions     also each package's versions, in their own order\n"
    "  --owner OWNER  only packages of this owner or upstream\n"
    "  --json         a JSON object a line\n";

struct list {
	struct ferry_store *st;
	const char *format, *prefix, *owner;
	bool versions, json;
	char format_text[32];
};

static int
print_package(const struct list *l, const struct ferry_key *package,
    struct ferry_error *err)
{
	json_t *versions = NULL, *v, *o;
	uint64_t shown = 0;
	const char *newest = "";
	size_t i;

	if (ferry_spec_versions(&versions, l->st, package, err) == -1)
		return -1;
	o = json_pack("{s:s,s:s,s:s,s:[]}", "format",
	    ferry_key_part(package, 1), "name", ferry_key_part(package, 2),
	    "owner", ferry_key_part(package, 3), "versions");
	json_array_foreach (versions, i, v) {
		if (json_object_get(
			json_object_get(v, "record"), "deleted_at") != NULL)
			continue;
		shown++;
		newest = json_string_value(json_object_get(v, "version"));
		(void)json_array_append(json_object_get(o, "versions"),
		    json_object_get(v, "version"));
	}
	if (l->json) {
		(void)json_dumpf(o, stdout, JSON_COMPACT);
		(void)putchar('\n');
	} else {
		(void)printf("%s:%-40s %4" PRIu64 " %s %s%s\n",
		    ferry_key_part(package, 1), ferry_key_part(package, 2),
		    shown, shown == 1 ? "version " : "versions",
		    shown == 0 ? "" : "up to ", newest);
		if (l->versions)
			json_array_foreach (
			    json_object_get(o, "versions"), i, v)
				(void)printf("    %s\n", json_string_value(v));
	}
	json_decref(o);
	json_decref(versions);
	return 0;
}

static int
print_all(const struct list *l, struct ferry_error *err)
{
	struct ferry_catalog_iter *it = NULL;
	struct ferry_key prefix, key, from;
	int rc = -1;

	if (ferry_key_make(&prefix, err, "package", l->format, NULL) == -1)
		return -1;
	from = prefix;
	if (l->format != NULL && l->prefix[0] != 0) {
		if (ferry_key_make(&from, err, "package", l->format, l->prefix,
			NULL) == -1)
			return -1;
		from.size--; /* Without the NUL it is a prefix of the part. */
	}
	if (ferry_catalog_iter_new(&it, l->st, &prefix, &from, err) == -1)
		return -1;
	while ((rc = ferry_catalog_iter_next(it, &key, NULL, err)) == 1) {
		if (strncmp(ferry_key_part(&key, 2), l->prefix,
			strlen(l->prefix)) != 0) {
			if (l->format != NULL)
				break; /* Names are in order. */
			continue;
		}
		if (l->owner != NULL &&
		    strcmp(l->owner, ferry_key_part(&key, 3)) != 0)
			continue;
		if (print_package(l, &key, err) == -1) {
			rc = -1;
			break;
		}
	}
	ferry_catalog_iter_free(it);
	return rc == -1 ? -1 : FERRY_EXIT_OK;
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	struct list l = { .prefix = "" };
	const struct ferry_option options[] = {
		{ "versions", FERRY_OPTION_FLAG, &l.versions },
		{ "owner", FERRY_OPTION_VALUE, &l.owner },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	const char *colon;
	int rc;

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	l.json = ctx->json;
	if (ctx->argc > 2)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "'%s' is too much; one prefix is enough", ctx->argv[2]);
	if (ctx->argc == 2) {
		l.prefix = ctx->argv[1];
		colon = strchr(l.prefix, ':');
		if (colon != NULL &&
		    (size_t)(colon - l.prefix) < sizeof(l.format_text)) {
			memcpy(l.format_text, l.prefix,
			    (size_t)(colon - l.prefix));
			l.format = l.format_text;
			l.prefix = colon + 1;
		}
	}
	if (ferry_context_open(ctx, false, &l.st, err) == -1)
		return -1;
	rc = print_all(&l, err);
	ferry_store_close(l.st);
	return rc;
}

const struct ferry_command ferry_command_list = { "list",
	"the packages of the store", help, run };
