#include "sync/carry/wishes.h"

#include <stdio.h>
#include <string.h>

#include "store/base/clean.h"
#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/index/local.h"
#include "sync/carry/sites.h"
#include "sync/command/command.h"
#include "sync/command/command_task.h"
#include "sync/command/wishes_accept.h"

static const char help[] =
    "usage: ferry wishes [--since TIME] [FILE…]\n"
    "       ferry wishes --from SITE [--accept [--upstream NAME] [PACKAGE…]]\n"
    "\n"
    "What clients asked ferryd for and is not here, the most wanted first: from the\n"
    "log that 'asked_log' of the group serve names, or from FILEs, rotated ones for\n"
    "instance.  What somebody may not know of is not in that log.\n"
    "\n"
    "At an origin: what SITE's newest receipt carried home.  --accept makes all of\n"
    "it, or the PACKAGEs (FORMAT:NAME, FORMAT:NAME@VERSION), a recorded want, which\n"
    "the next sync pulls with what it needs: from the first upstream of the format\n"
    "whose 'protect', 'pull_allow' and 'pull_deny' permit the name, or from NAME.\n"
    "What none permits is told.  'ferry record --remove wishes-SITE' takes it back.\n"
    "\n"
    "  --since TIME     only of the last 7d, 12h …\n"
    "  --from SITE      what that site's receipt says\n"
    "  --accept         want it\n"
    "  --upstream NAME  from that upstream\n"
    "\n"
    "Exit status: 0, also if nothing is wished for; 4 some wishes were not accepted.\n";

static void
print_wish(const struct ferry_context *ctx, json_t *wish)
{
	const char *version = ferry_wish_text(wish, "version"),
		   *file = ferry_wish_text(wish, "file");
	char line[1200];

	if (ctx->json) {
		ferry_command_print(json_incref(wish));
		return;
	}
	(void)snprintf(line, sizeof(line), "%6lld  %s  %s:%s%s%s%s%s",
	    (long long)json_integer_value(json_object_get(wish, "count")),
	    ferry_wish_text(wish, "last"), ferry_wish_text(wish, "format"),
	    ferry_wish_text(wish, "package"), *version == 0 ? "" : "@", version,
	    *file == 0 ? "" : " ", file);
	(void)puts(ferry_clean(line));
}

static void
print_all(const struct ferry_context *ctx, const json_t *wishes)
{
	json_t *wish;
	size_t i;

	json_array_foreach (wishes, i, wish) {
		print_wish(ctx, wish);
	}
	if (json_array_size(wishes) == 0 && !ctx->json)
		(void)puts("nothing was asked for in vain");
}

/* Of logs here. */
static int
run_logs(struct ferry_context *ctx, const char *since, struct ferry_error *err)
{
	struct ferry_wishes w = { NULL, "", false };
	const char *path = NULL;
	json_t *list = NULL;
	int rc = ferry_wishes_new(&w, since, err);

	if (rc == 0 && ctx->argc < 2)
		rc = ferry_wishes_log(ctx->conf, &path, err);
	if (rc == 0 && ctx->argc < 2)
		rc = path != NULL
		         ? ferry_wishes_add_log(&w, path, err)
		         : ferry_error_set(err, FERRY_ECONFIG,
			       "ferryd keeps no log of what is asked for: "
			       "'asked_log' of the group serve names one");
	for (int i = 1; i < ctx->argc && rc == 0; i++)
		rc = ferry_wishes_add_log(&w, ctx->argv[i], err);
	if (rc == 0)
		rc = ferry_wishes_list(&w, &list, err);
	if (rc == 0)
		print_all(ctx, list);
	if (w.full)
		(void)fprintf(stderr,
		    "ferry: more than %d were wished for; the later ones are "
		    "left out\n",
		    FERRY_WISHES_MAX);
	json_decref(list);
	ferry_wishes_clear(&w);
	return rc == -1 ? -1 : FERRY_EXIT_OK;
}

/* Of a site, as its receipt says. */
static int
run_site(struct ferry_context *ctx, const char *from, bool accept,
    const char *upstream, struct ferry_error *err)
{
	struct ferry_store *st = NULL;
	struct ferry_receipt site;
	json_t *record = NULL;
	int rc = ferry_context_open(
	    ctx, accept ? FERRY_STORE_WRITE : FERRY_STORE_READ, &st, err);

	if (rc == 0 && (rc = ferry_site_find(st, from, &site, err)) == 0)
		rc = ferry_error_set(err, FERRY_ENOTFOUND,
		    "no site '%.100s' is known here; add its receipt with "
		    "'ferry receipt add FILE'",
		    from);
	if (rc != -1)
		rc = ferry_local_named_get(
		    st, FERRY_KIND_WISH, site.site, &record, err);
	if (rc == -1)
		goto out;
	if (accept) {
		rc = ferry_wishes_accept(ctx, st, site.site_name,
		    json_object_get(record, "wishes"), upstream, err);
	} else {
		print_all(ctx, json_object_get(record, "wishes"));
		rc = FERRY_EXIT_OK;
	}
out:
	json_decref(record);
	ferry_store_close(st);
	return rc;
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	const char *since = NULL, *from = NULL, *upstream = NULL;
	bool accept = false;
	const struct ferry_option options[] = {
		{ "since", FERRY_OPTION_VALUE, &since },
		{ "from", FERRY_OPTION_VALUE, &from },
		{ "accept", FERRY_OPTION_FLAG, &accept },
		{ "upstream", FERRY_OPTION_VALUE, &upstream },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	char text[FERRY_TIME_TEXT] = "";
	int64_t age;

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	if (from == NULL ? accept || upstream != NULL
			 : since != NULL || (!accept && ctx->argc > 1) ||
			       (upstream != NULL && !accept))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "these do not go together; see 'ferry wishes --help'");
	if (from != NULL)
		return run_site(ctx, from, accept, upstream, err);
	if (since != NULL) {
		if (ferry_duration_parse(&age, since, err) == -1)
			return -1;
		(void)ferry_time_text(ferry_now() - age, text);
	}
	return run_logs(ctx, text, err);
}

const struct ferry_command ferry_command_wishes = { "wishes",
	"what clients asked for in vain", help, run };
