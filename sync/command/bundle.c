#include <stdio.h>
#include <string.h>

#include "store/base/error.h"
#include "sync/carry/find.h"
#include "sync/command/bundle_show.h"
#include "sync/command/command.h"
#include "sync/command/command_task.h"
#include "sync/command/manifest.h"

static const char help[] =
    "usage: ferry bundle list [--as text|csv|cyclonedx] DIR|FILE…\n"
    "       ferry bundle show DIR|FILE…\n"
    "\n"
    "What is in the bundles on a medium.  list: every version that they bring or\n"
    "remove, with its size, digests, licences where the record has them, and the\n"
    "upstream that it came from.  show: every blob, how it travels (whole, packed by\n"
    "zstd, as a recipe and from which base, in pieces), and what that saves.  No\n"
    "store is needed, and nothing is imported.  Digests of what is read are checked;\n"
    "whose signatures count is for an import.\n"
    "\n"
    "  --as FORM  text (the default); csv, a line a version; cyclonedx, a bill of\n"
    "             materials in JSON\n";

/* Find the bundles, of which there is one at least; the caller clears found. */
static int
find(struct ferry_command_task *c, struct ferry_context *ctx,
    struct ferry_found *found, struct ferry_error *err)
{
	const struct ferry_task anybody = {
		.ctx = c, .on_note = c->task.on_note, .stopped = c->task.stopped
	};
	int rc = ferry_find(
	    &anybody, ctx->argv + 2, (size_t)ctx->argc - 2, found, err);

	if (rc == 0 && found->refused > 0) {
		*err = found->first;
		rc = -1;
	} else if (rc == 0 && found->n == 0) {
		rc = ferry_error_set(err, FERRY_ENOTFOUND,
		    "there is no bundle (ferry-….tar) to look into");
	}
	return rc;
}

static int
list(const struct ferry_found *found, enum ferry_manifest_form form,
    struct ferry_error *err)
{
	struct ferry_manifest manifest;
	int rc = 0;

	ferry_manifest_begin(&manifest, stdout, form);
	for (size_t i = 0; rc == 0 && i < found->n; i++)
		rc = ferry_manifest_bundle(&manifest, &found->bundles[i], err);
	if (rc == 0)
		ferry_manifest_end(&manifest);
	return rc;
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	const char *as = "text";
	const struct ferry_option options[] = {
		{ "as", FERRY_OPTION_VALUE, &as },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct ferry_found found = { .n = 0 };
	enum ferry_manifest_form form;
	struct ferry_command_task c;
	bool shows;
	int rc;

	if (ferry_options(ctx, options, err) == -1 ||
	    ferry_manifest_form_parse(&form, as, err) == -1)
		return -1;
	shows = ctx->argc >= 3 && strcmp(ctx->argv[1], "show") == 0;
	if (ctx->argc < 3 || (!shows && strcmp(ctx->argv[1], "list") != 0))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "expected 'ferry bundle list DIR|FILE…' or 'ferry bundle "
		    "show DIR|FILE…'");
	ferry_command_task_start(&c, ctx, NULL, NULL);
	rc = find(&c, ctx, &found, err);
	if (rc == 0)
		rc = shows ? ferry_bundle_show(ctx, &found, err)
		           : list(&found, form, err);
	ferry_found_clear(&found);
	ferry_command_task_close(&c);
	return rc == -1 ? -1 : FERRY_EXIT_OK;
}

const struct ferry_command ferry_command_bundle = { "bundle",
	"what is in bundles, for whoever signs them", help, run };
