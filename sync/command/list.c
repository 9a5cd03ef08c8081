#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/catalog/removal.h"
#include "store/format/format.h"
#include "store/store.h"
#include "sync/command/command.h"
#include "sync/command/command_task.h"
#include "sync/command/spec.h"

static const char help[] =
    "usage: ferry list [--versions] [--owner OWNER] [FORMAT:|[FORMAT:]PREFIX]\n"
    "\n"
    "The packages of the store, a line each, in the order of their names.\n"
    "PREFIX shows only names that start with it.\n"
    "\n"
    "  --versions     also each package's tags and versions, in their order\n"
    "  --owner OWNER  only packages of this owner or upstream\n"
    "  --json         a JSON object a line\n";

struct list {
	struct ferry_store *st;
	const char *format, *prefix, *owner;
	bool versions, json;
	char format_text[32];
};

/* A line for a package, and its versions and tags below. */
static void
print_text(const struct list *l, const struct ferry_key *package,
    const json_t *versions, const json_t *tags)
{
	size_t n = json_array_size(versions), t = json_array_size(tags), i;
	char text[FERRY_COUNT_TEXT];
	json_t *v;

	(void)printf("%s:%-40s %4zu %s ", ferry_key_part(package, 1),
	    ferry_key_part(package, 2), n, n == 1 ? "version " : "versions");
	if (t > 0)
		(void)printf("%s\n", ferry_count_text(t, "tag", text));
	else
		(void)printf("%s%s\n", n == 0 ? "" : "up to ",
		    n == 0
			? ""
			: json_string_value(json_array_get(versions, n - 1)));
	if (!l->versions)
		return;
	json_array_foreach (tags, i, v)
		(void)printf("    %-30s %s\n",
		    json_string_value(json_object_get(v, "tag")),
		    json_string_value(json_object_get(v, "version")));
	json_array_foreach (versions, i, v)
		(void)printf("    %s\n", json_string_value(v));
}

/* Keep those whose version is among the array of live ones. */
static void
drop_dead_tags(json_t *tags, const json_t *versions)
{
	json_t *live = json_object(), *v;
	size_t i;

	json_array_foreach (versions, i, v)
		(void)json_object_set_new(
		    live, json_string_value(v), json_true());
	for (i = json_array_size(tags); i-- > 0;)
		if (json_object_get(
			live, json_string_value(json_object_get(
				  json_array_get(tags, i), "version"))) == NULL)
			(void)json_array_remove(tags, i);
	json_decref(live);
}

static int
print_package(const struct list *l, const struct ferry_key *package,
    struct ferry_error *err)
{
	json_t *versions = NULL, *tags = NULL, *v, *o;
	size_t i;

	if (ferry_spec_versions(&versions, l->st, package, err) == -1)
		return -1;
	if (ferry_spec_tags(&tags, l->st, package, err) == -1) {
		json_decref(versions);
		return -1;
	}
	o = json_pack("{s:s,s:s,s:s,s:[]}", "format",
	    ferry_key_part(package, 1), "name", ferry_key_part(package, 2),
	    "owner", ferry_key_part(package, 3), "versions");
	json_array_foreach (versions, i, v) {
		if (ferry_removal_is(json_object_get(v, "record")))
			continue;
		(void)json_array_append(json_object_get(o, "versions"),
		    json_object_get(v, "version"));
	}
	drop_dead_tags(tags, json_object_get(o, "versions"));
	if (json_array_size(tags) > 0)
		(void)json_object_set(o, "tags", tags);
	if (l->json) {
		ferry_command_print(json_incref(o));
	} else {
		print_text(l, package, json_object_get(o, "versions"), tags);
	}
	json_decref(o);
	json_decref(tags);
	json_decref(versions);
	return 0;
}

/* Where names that start so begin. */
static int
first_key(struct ferry_key *from, const struct list *l, struct ferry_error *err)
{
	const struct ferry_format *format =
	    ferry_format_find(ferry_bytes_str(l->format));
	struct ferry_buf prefix = FERRY_BUF_INIT;
	int rc = format == NULL
	             ? ferry_buf_adds(&prefix, l->prefix, err)
	             : ferry_format_name_key(format, l->prefix, &prefix, err);

	if (rc == 0)
		rc = ferry_key_make(
		    from, err, "package", l->format, (char *)prefix.p, NULL);
	ferry_buf_free(&prefix);
	return rc;
}

/* Whether the package's name starts with what was asked for, as its format's
 * keys have that. */
static int
is_asked_for(const struct list *l, const struct ferry_key *package,
    struct ferry_error *err)
{
	const struct ferry_format *format =
	    ferry_format_find(ferry_bytes_str(ferry_key_part(package, 1)));
	struct ferry_buf prefix = FERRY_BUF_INIT;
	int rc;

	if (format == NULL || format->name_key == NULL)
		return strncmp(ferry_key_part(package, 2), l->prefix,
			   strlen(l->prefix)) == 0;
	rc = ferry_format_name_key(format, l->prefix, &prefix, err);
	if (rc == 0)
		rc = ferry_bytes_starts(
		    ferry_bytes_str(ferry_key_part(package, 2)),
		    prefix.p == NULL ? "" : (char *)prefix.p);
	ferry_buf_free(&prefix);
	return rc;
}

static int
print_all(const struct list *l, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key, from;
	int rc = -1;

	if (ferry_key_make(&prefix, err, "package", l->format, NULL) == -1)
		return -1;
	from = prefix;
	if (l->format != NULL && l->prefix[0] != 0) {
		if (first_key(&from, l, err) == -1)
			return -1;
		from.size--; /* Without the NUL it is a prefix of the part. */
	}
	if (ferry_catalog_iter_new(&it, l->st, &prefix, &from, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, NULL, err)) == 1) {
		if ((rc = is_asked_for(l, &key, err)) == -1)
			break;
		if (rc == 0) {
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
	ferry_record_iter_free(it);
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
		    "unexpected argument '%s'; one prefix is enough",
		    ctx->argv[2]);
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
	if (ferry_context_open(ctx, FERRY_STORE_READ, &l.st, err) == -1)
		return -1;
	rc = print_all(&l, err);
	ferry_store_close(l.st);
	return rc;
}

const struct ferry_command ferry_command_list = { "list",
	"the packages of the store", help, run };
