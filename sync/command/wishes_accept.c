#include "sync/command/wishes_accept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/conf.h"
#include "store/base/json.h"
#include "store/format/format.h"
#include "store/index/local.h"
#include "store/store.h"
#include "sync/carry/wishes.h"
#include "sync/command/command.h"
#include "sync/command/command_task.h"
#include "sync/upstream/run.h"

#define WANTS_MAX 100000

struct accept {
	struct ferry_context *ctx;
	struct ferry_run run; /* only its upstreams */
	const char *upstream; /* or NULL */
	json_t *wants;
	bool *used; /* which arguments a wish was named by */
	size_t accepted, refused;
};

/* FORMAT:NAME or FORMAT:NAME@VERSION, as it is printed. */
static void
name_of(const json_t *wish, bool version, char *buf, size_t size)
{
	const char *v = version ? ferry_wish_text(wish, "version") : "";

	(void)snprintf(buf, size, "%s:%s%s%s", ferry_wish_text(wish, "format"),
	    ferry_wish_text(wish, "package"), *v == 0 ? "" : "@", v);
}

static bool
is_named(struct accept *a, const json_t *wish)
{
	char whole[1200], package[1200];
	bool named = a->ctx->argc < 2;

	name_of(wish, true, whole, sizeof(whole));
	name_of(wish, false, package, sizeof(package));
	for (int i = 1; i < a->ctx->argc; i++)
		if (strcmp(a->ctx->argv[i], whole) == 0 ||
		    strcmp(a->ctx->argv[i], package) == 0)
			named = a->used[i] = true;
	return named;
}

/* The upstream that it is to come from, or NULL with why set. */
static const struct ferry_upstream *
find_upstream(const struct accept *a, const struct ferry_format *format,
    const char *name, struct ferry_error *why)
{

	ferry_error_set(why, FERRY_ENOTFOUND,
	    "no upstream%s%.100s%s has the format %s",
	    a->upstream == NULL ? "" : " called '",
	    a->upstream == NULL ? "" : a->upstream,
	    a->upstream == NULL ? "" : "'", format->name);
	for (size_t i = 0; i < a->run.upstreams_n; i++) {
		const struct ferry_upstream *up = &a->run.upstreams[i];

		if (strcmp(up->kind->format, format->name) != 0 ||
		    (a->upstream != NULL && strcmp(up->name, a->upstream) != 0))
			continue;
		if (ferry_upstream_may_pull(&a->run, up, name, why) == 0)
			return up;
	}
	return NULL;
}

/* The want of a wish, or NULL with why set. */
static json_t *
want_of(const struct accept *a, const json_t *wish, struct ferry_error *why)
{
	const struct ferry_format *format =
	    ferry_format_find(ferry_bytes_str(ferry_wish_text(wish, "format")));
	struct ferry_buf name = FERRY_BUF_INIT, version = FERRY_BUF_INIT;
	const struct ferry_upstream *up;
	json_t *want = NULL;

	if (format == NULL) {
		ferry_error_set(why, FERRY_EFORMAT, "ferry has no such format");
		return NULL;
	}
	if (ferry_format_name_key(
		format, ferry_wish_text(wish, "package"), &name, why) == -1 ||
	    ferry_format_version_key(
		format, ferry_wish_text(wish, "version"), &version, why) == -1)
		goto out;
	if (!format->name_valid(ferry_bytes_buf(&name)))
		ferry_error_set(why, FERRY_EFORMAT, "this is no name of one");
	/* Each sync would fail for want of it. */
	else if (version.n > 0 && !format->hosts &&
		 !format->version_valid(ferry_bytes_buf(&version)))
		ferry_error_set(
		    why, FERRY_EFORMAT, "this is no version of one");
	else if (version.n == 0 && format->hosts)
		ferry_error_set(why, FERRY_EFORMAT,
		    "only a tag of it can be wanted, and none was named");
	else if ((up = find_upstream(a, format, (const char *)name.p, why)) !=
		 NULL)
		want = json_pack("{s:s,s:s,s:s,s:s*,s:b}", "format",
		    format->name, "upstream", up->name, "package",
		    (const char *)name.p, "version",
		    version.n == 0 ? NULL : (const char *)version.p, "closure",
		    1);
out:
	ferry_buf_free(&name);
	ferry_buf_free(&version);
	return want;
}

static bool
is_wanted(const struct accept *a, const json_t *want)
{
	const json_t *one;
	size_t i;

	json_array_foreach (a->wants, i, one)
		if (json_equal(one, want))
			return true;
	return false;
}

static int
accept_one(struct accept *a, const json_t *wish, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	json_t *want = want_of(a, wish, &why);
	const char *from = json_string_value(json_object_get(want, "upstream"));
	char item[1200];

	name_of(wish, true, item, sizeof(item));
	if (a->ctx->json)
		ferry_command_print(json_pack("{s:s,s:s,s:b,s:s*,s:s*}",
		    "event", "wish", "item", item, "accepted", want != NULL,
		    "upstream", from, "text", want == NULL ? why.text : NULL));
	else if (want != NULL)
		(void)printf("%s: wanted from %s\n", item, from);
	else
		(void)printf("%s: not accepted: %s\n", item, why.text);
	if (want == NULL) {
		a->refused++;
		return 0;
	}
	a->accepted++;
	if (is_wanted(a, want)) {
		json_decref(want);
		return 0;
	}
	return json_array_size(a->wants) < WANTS_MAX
	           ? ferry_json_push(a->wants, want, err)
	           : ferry_error_set(err, FERRY_ELIMIT,
			 "more than %d wishes were accepted", WANTS_MAX);
}

static int
accept_all(struct accept *a, const json_t *wishes, struct ferry_error *err)
{
	const json_t *wish;
	size_t i;

	json_array_foreach (wishes, i, wish)
		if (is_named(a, wish) && accept_one(a, wish, err) == -1)
			return -1;
	for (int k = 1; k < a->ctx->argc; k++)
		if (!a->used[k])
			return ferry_error_set(err, FERRY_EUSAGE,
			    "nobody there wishes for '%.300s'; "
			    "'ferry wishes --from SITE' lists what is",
			    a->ctx->argv[k]);
	return 0;
}

/* Add to what was accepted before. */
static int
keep(struct accept *a, struct ferry_store *st, const char *name,
    struct ferry_error *err)
{

	return ferry_local_named_put(st, FERRY_KIND_RECORDING, name,
		   json_pack("{s:I,s:[s,s],s:O}", "at", (json_int_t)ferry_now(),
		       "command", "ferry", "wishes", "wants", a->wants),
		   err) == -1
	           ? -1
	           : ferry_store_commit(st, err);
}

int
ferry_wishes_accept(struct ferry_context *ctx, struct ferry_store *st,
    const char *site, const json_t *wishes, const char *upstream,
    struct ferry_error *err)
{
	struct accept a = { .ctx = ctx, .upstream = upstream };
	json_t *earlier = NULL;
	char name[128];
	int rc = -1;

	(void)snprintf(name, sizeof(name), "wishes-%.80s", site);
	a.run.kinds = ctx->kinds;
	if (ferry_upstreams_read(
		&a.run, ferry_conf_root(ctx->conf), NULL, 0, err) == -1 ||
	    ferry_calloc(
		&a.used, (size_t)ctx->argc + 1, sizeof(*a.used), err) == -1 ||
	    ferry_local_named_get(
		st, FERRY_KIND_RECORDING, name, &earlier, err) == -1)
		goto out;
	a.wants = earlier == NULL
	              ? json_array()
	              : json_incref(json_object_get(earlier, "wants"));
	if (a.wants == NULL) {
		ferry_error_set(err, FERRY_ENOMEM, "no memory");
		goto out;
	}
	if (accept_all(&a, wishes, err) == -1 || keep(&a, st, name, err) == -1)
		goto out;
	if (!ctx->json)
		(void)printf("%zu accepted as the recording '%s', %zu not\n",
		    a.accepted, name, a.refused);
	rc = a.refused > 0 ? FERRY_EXIT_PARTIAL : FERRY_EXIT_OK;
out:
	ferry_upstreams_free(&a.run);
	json_decref(a.wants);
	json_decref(earlier);
	free(a.used);
	return rc;
}
