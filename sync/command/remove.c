#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/store.h"
#include "sync/command/command.h"
#include "sync/command/spec.h"

static const char remove_help[] =
    "usage: ferry remove [--owner OWNER] [FORMAT:]PACKAGE[@VERSION]…\n"
    "\n"
    "Stop serving a version, or every version of a package.  The bytes stay\n"
    "for 30 days, in which 'ferry restore' undoes it; then 'ferry gc' may take\n"
    "them.  The removal travels in the next bundle.  A later sync leaves\n"
    "removed versions alone.\n";
static const char restore_help[] =
    "usage: ferry restore [--owner OWNER] [FORMAT:]PACKAGE[@VERSION]…\n"
    "\n"
    "Serve removed versions again, as long as 'ferry gc' has not taken them.\n";

enum action { REMOVE, RESTORE };

/* Change one version.  Returns 1 if it changed, 0 if it was so already. */
static int
change(struct ferry_store *st, const struct ferry_key *key, json_t *record,
    enum action action, struct ferry_error *err)
{
	bool removed = json_object_get(record, "deleted_at") != NULL;

	if (removed == (action == REMOVE))
		return 0;
	(void)json_object_del(record, "seq");
	if (action == RESTORE)
		(void)json_object_del(record, "deleted_at");
	else if (ferry_json_set(record, "deleted_at",
		     json_integer((json_int_t)ferry_now()), err) == -1)
		return -1;
	return ferry_catalog_put(st, key, record, err);
}

static int
change_spec(struct ferry_store *st, const char *text, const char *owner,
    enum action action, struct ferry_error *err)
{
	struct ferry_spec spec = { .version = NULL };
	json_t *versions = NULL, *v;
	int rc = -1, changed = 0, matched = 0, one;
	struct ferry_key key;
	size_t i;

	if (ferry_spec_find(&spec, st, text, owner, err) == -1 ||
	    ferry_spec_versions(&versions, st, &spec.package, err) == -1)
		goto out;
	json_array_foreach (versions, i, v) {
		const char *version =
		    json_string_value(json_object_get(v, "version"));

		if (spec.version != NULL && strcmp(version, spec.version) != 0)
			continue;
		matched++;
		if (ferry_spec_version_key(&key, &spec.package, version, err) ==
			-1 ||
		    (one = change(st, &key, json_object_get(v, "record"),
			 action, err)) == -1)
			goto out;
		changed += one;
	}
	if (matched == 0)
		ferry_error_set(err, FERRY_ENOTFOUND,
		    "%s has no version '%s' here",
		    ferry_key_part(&spec.package, 2),
		    spec.version == NULL ? "" : spec.version);
	else
		rc = changed;
out:
	json_decref(versions);
	ferry_spec_free(&spec);
	return rc;
}

static int
run(struct ferry_context *ctx, enum action action, struct ferry_error *err)
{
	const char *owner = NULL;
	const struct ferry_option options[] = {
		{ "owner", FERRY_OPTION_VALUE, &owner },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct ferry_store *st = NULL;
	int rc = -1, n, total = 0;

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	if (ctx->argc < 2)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "name at least one package; see 'ferry %s --help'",
		    ctx->argv[0]);
	if (ferry_context_open(ctx, true, &st, err) == -1)
		return -1;
	for (int i = 1; i < ctx->argc; i++) {
		if ((n = change_spec(st, ctx->argv[i], owner, action, err)) ==
		    -1)
			goto out; /* Nothing is committed: all or none. */
		total += n;
	}
	if (ferry_store_commit(st, err) == -1)
		goto out;
	if (ctx->json)
		(void)printf("{\"changed\":%d}\n", total);
	else
		(void)printf("%d %s %s\n", total,
		    total == 1 ? "version" : "versions",
		    action == REMOVE ? "removed" : "restored");
	rc = FERRY_EXIT_OK;
out:
	ferry_store_close(st);
	return rc;
}

static int
run_remove(struct ferry_context *ctx, struct ferry_error *err)
{

	return run(ctx, REMOVE, err);
}

static int
run_restore(struct ferry_context *ctx, struct ferry_error *err)
{

	return run(ctx, RESTORE, err);
}

const struct ferry_command ferry_command_remove = { "remove",
	"stop serving a version; undone by restore", remove_help, run_remove };
const struct ferry_command ferry_command_restore = { "restore",
	"serve removed versions again", restore_help, run_restore };
