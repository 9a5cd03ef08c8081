#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/catalog/cached.h"
#include "store/catalog/closure.h"
#include "store/catalog/removal.h"
#include "store/store.h"
#include "sync/command/command.h"
#include "sync/command/command_task.h"
#include "sync/command/spec.h"
#include "sync/upstream/reason.h"

static const char help[] =
    "usage: ferry why [--owner OWNER] [FORMAT:]PACKAGE[@VERSION]\n"
    "\n"
    "Who wants a version that is here, or each version of a package: options of the\n"
    "configuration, lock files, recordings, and other versions that need it, up to\n"
    "what those are wanted by, as the last syncs noted it, once a day.  Else what it\n"
    "belongs to, or that a client had it pulled.\n"
    "\n"
    "Exit status: 0; 1 there is no such version.\n";

#define DEPTH_MAX 12
#define LINES_MAX 200 /* of one version */

/* The versions on the way to one, so that circles end. */
struct step {
	const struct step *up;
	const char *text;
};
struct why {
	struct ferry_store *st;
	const struct ferry_key *package;
	struct ferry_closure *closure; /* of it, once it is needed; or NULL */
	unsigned lines;
};

/* The key of "NAME@VERSION" of the same format and owner: 1, 0 it is no such. */
static int
key_of_text(const struct why *w, const char *text, struct ferry_key *key,
    struct ferry_error *err)
{
	const char *at = strrchr(text, '@');
	char *name = NULL;
	int rc;

	if (at == NULL || at == text || at[1] == 0 || strchr(text, ' ') != NULL)
		return 0;
	if (ferry_strndup(
		&name, ferry_bytes_of(text, (size_t)(at - text)), err) == -1)
		return -1;
	rc = ferry_key_version(key, ferry_key_part(w->package, 1), name,
	    ferry_key_part(w->package, 3), at + 1, err);
	free(name);
	return rc == -1 ? -1 : 1;
}

static bool
is_above(const struct step *step, const char *text)
{

	for (; step != NULL; step = step->up)
		if (strcmp(step->text, text) == 0)
			return true;
	return false;
}

/* [{"text":…,"by":[…]?}…] of a reason's "by", up to what nobody needs. */
static int
expand(struct why *w, const json_t *reason, const struct step *above,
    unsigned depth, json_t *out, struct ferry_error *err)
{
	const json_t *by;
	size_t i;

	json_array_foreach (json_object_get(reason, "by"), i, by) {
		const struct step step = { above, json_string_value(by) };
		json_t *one = json_object(), *next = NULL, *list;
		struct ferry_key key;
		int rc = 0;

		if (++w->lines > LINES_MAX) {
			json_decref(one);
			return 0;
		}
		if (ferry_json_push(out, one, err) == -1 ||
		    ferry_json_set(one, "text",
			json_incref((json_t *)(uintptr_t)by), err) == -1)
			return -1;
		if (depth < DEPTH_MAX && !is_above(above, step.text))
			rc = key_of_text(w, step.text, &key, err);
		if (rc == 1)
			rc = ferry_reason_get(w->st, &key, &next, err);
		if (rc == 1 &&
		    ((list = json_array()) == NULL ||
			ferry_json_set(one, "by", list, err) == -1 ||
			expand(w, next, &step, depth + 1, list, err) == -1))
			rc = -1;
		json_decref(next);
		if (rc == -1)
			return -1;
	}
	return 0;
}

/* Of a version that no sync was told to have: why it is here all the same. */
static int
look_beside(struct why *w, const char *version, const struct ferry_key *key,
    json_t *one, struct ferry_error *err)
{
	struct ferry_cached cached;
	const char *holder;
	int rc = ferry_cached_get(w->st, key, &cached, err);

	if (rc == 1)
		return ferry_json_set(
		    one, "cached", json_integer((json_int_t)cached.at), err);
	if (rc == 0 && w->closure == NULL)
		rc = ferry_closure_new(&w->closure, w->st, w->package, err);
	if (rc == -1)
		return -1;
	holder = ferry_closure_holder(w->closure, version);
	return holder == NULL ? 0
	                      : ferry_json_set(one, "belongs_to",
				    json_string(holder), err);
}

/* {"version":…,"at":…,"by":[…],"removed":…,"cached":…,"belongs_to":…}. */
static int
look_at(struct why *w, const char *version, const json_t *record, json_t *out,
    struct ferry_error *err)
{
	json_t *one = json_object(), *by = json_array(), *reason = NULL;
	const struct step step = { NULL, version };
	struct ferry_key key;
	int rc = -1;

	w->lines = 0;
	if (ferry_json_push(out, one, err) == -1) {
		json_decref(by);
		return -1;
	}
	if (ferry_json_set(one, "by", by, err) == -1 ||
	    ferry_json_set(one, "version", json_string(version), err) == -1 ||
	    ferry_spec_version_key(&key, w->package, version, err) == -1 ||
	    ferry_reason_get(w->st, &key, &reason, err) == -1)
		return -1;
	if ((!ferry_removal_is(record) ||
		ferry_json_set(one, "removed", json_true(), err) == 0) &&
	    (reason == NULL ||
		ferry_json_set(one, "at",
		    json_incref(json_object_get(reason, "at")), err) == 0))
		rc = reason == NULL ? look_beside(w, version, &key, one, err)
		                    : expand(w, reason, &step, 0, by, err);
	json_decref(reason);
	return rc;
}

static void
print_by(const json_t *list, int depth)
{
	const json_t *one;
	size_t i;

	json_array_foreach (list, i, one) {
		(void)printf("%*swanted by %s\n", 2 + 2 * depth, "",
		    json_string_value(json_object_get(one, "text")));
		print_by(json_object_get(one, "by"), depth + 1);
	}
}

static void
print_beside(const json_t *one)
{
	const char *holder =
	    json_string_value(json_object_get(one, "belongs_to"));
	const json_t *cached = json_object_get(one, "cached");
	char at[FERRY_TIME_TEXT];

	if (holder != NULL)
		(void)printf("  belongs to %s\n", holder);
	else if (cached != NULL)
		(void)printf("  pulled for a client, last used %s\n",
		    ferry_time_text(json_integer_value(cached), at));
	else
		(void)printf("  no sync was told to have it: a bundle brought "
			     "it, or an older ferry\n");
}

static void
print(const struct ferry_key *package, const json_t *versions)
{
	char at[FERRY_TIME_TEXT];
	const json_t *one;
	size_t i;

	json_array_foreach (versions, i, one) {
		const json_t *time = json_object_get(one, "at");

		(void)printf("%s:%s@%s of %s%s%s%s\n",
		    ferry_key_part(package, 1), ferry_key_part(package, 2),
		    json_string_value(json_object_get(one, "version")),
		    ferry_key_part(package, 3),
		    json_object_get(one, "removed") == NULL ? "" : ", removed",
		    time == NULL ? "" : ", last wanted ",
		    time == NULL
			? ""
			: ferry_time_text(json_integer_value(time), at));
		print_by(json_object_get(one, "by"), 0);
		if (time == NULL)
			print_beside(one);
	}
}

static int
look_at_all(struct why *w, const struct ferry_spec *spec, json_t *out,
    struct ferry_error *err)
{
	json_t *versions, *v;
	size_t i, found = 0;
	int rc = 0;

	if (ferry_spec_versions(&versions, w->st, &spec->package, err) == -1)
		return -1;
	json_array_foreach (versions, i, v) {
		const char *version =
		    json_string_value(json_object_get(v, "version"));

		if (rc == -1 || (spec->version != NULL &&
				    strcmp(spec->version, version) != 0))
			continue;
		found++;
		rc =
		    look_at(w, version, json_object_get(v, "record"), out, err);
	}
	json_decref(versions);
	if (rc == 0 && found == 0 && spec->version != NULL)
		return ferry_spec_missing(
		    w->st, &spec->package, spec->version, err);
	return rc;
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	const char *owner = NULL;
	const struct ferry_option options[] = {
		{ "owner", FERRY_OPTION_VALUE, &owner },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct ferry_spec spec = { .version = NULL };
	struct why w = { .package = &spec.package };
	json_t *out = json_array();
	int rc = -1;

	if (ferry_options(ctx, options, err) == -1)
		goto out;
	if (ctx->argc != 2) {
		ferry_error_set(err, FERRY_EUSAGE,
		    "name one package; see 'ferry why --help'");
		goto out;
	}
	if (out == NULL) {
		ferry_error_set(err, FERRY_ENOMEM, "no memory");
		goto out;
	}
	if (ferry_context_open(ctx, FERRY_STORE_READ, &w.st, err) == -1 ||
	    ferry_spec_find(&spec, w.st, ctx->argv[1], owner, err) == -1 ||
	    look_at_all(&w, &spec, out, err) == -1)
		goto out;
	if (ctx->json)
		ferry_command_print(json_pack("{s:s,s:s,s:s,s:s,s:O}", "event",
		    "result", "format", ferry_key_part(w.package, 1), "package",
		    ferry_key_part(w.package, 2), "owner",
		    ferry_key_part(w.package, 3), "versions", out));
	else
		print(w.package, out);
	rc = FERRY_EXIT_OK;
out:
	ferry_closure_free(w.closure);
	ferry_spec_free(&spec);
	json_decref(out);
	ferry_store_close(w.st);
	return rc;
}

const struct ferry_command ferry_command_why = { "why", "who wants a version",
	help, run };
