/* `ferry access apply`: the operator's file over what is known, no network. */

#include <stdio.h>

#include "store/base/conf.h"
#include "store/base/json.h"
#include "store/store.h"
#include "sync/command/access.h"
#include "sync/command/command_task.h"
#include "sync/permissions/compile.h"
#include "sync/permissions/operator_file.h"
#include "sync/upstream/run.h"

struct apply {
	json_t *mistakes;
	struct ferry_error first;
};

static void
on_mistake(void *ctx, const struct ferry_error *mistake)
{
	struct apply *a = ctx;

	if (a->first.code == FERRY_OK)
		a->first = *mistake;
	(void)json_array_append_new(
	    a->mistakes, ferry_json_text(ferry_bytes_str(mistake->text)));
}

/* All mistakes at once, so that a file is mended in one go. */
static int
refuse(const struct ferry_context *ctx, const struct apply *a,
    struct ferry_error *err)
{
	size_t n = json_array_size(a->mistakes), i;
	const json_t *text;

	if (n == 0)
		return 0;
	if (ctx->json)
		ferry_command_print(json_pack(
		    "{s:s,s:O}", "event", "mistakes", "mistakes", a->mistakes));
	json_array_foreach (a->mistakes, i, text)
		if (!ctx->json && i > 0)
			(void)fprintf(stderr, "%s\n", json_string_value(text));
	*err = a->first;
	return ferry_error_in(err, "nothing was applied");
}

static int
compile_all(const struct ferry_run *run, struct apply *a, size_t *changed,
    int *site, struct ferry_error *err)
{
	const struct ferry_compile c = { run->st, run->op, a, on_mistake };

	/* Those that others' users are of come first. */
	for (int plain = 0; plain < 2; plain++)
		for (size_t i = 0; i < run->upstreams_n; i++) {
			const struct ferry_upstream *up = &run->upstreams[i];
			int rc = 0;

			if (plain == 0 && up->visibility == NULL)
				rc = ferry_compile_again(&c, up->name, err);
			else if (plain == 1 && up->visibility != NULL)
				rc = ferry_compile_plain(
				    &c, up->name, up->visibility, err);
			if (rc == -1)
				return -1;
			*changed += rc == 1;
		}
	*site = ferry_compile_site(&c, err);
	return *site == -1 ? -1 : 0;
}

static void
print(const struct ferry_context *ctx, const struct ferry_run *run,
    size_t changed, bool site)
{
	char text[FERRY_COUNT_TEXT];
	const char *by =
	    run->op == NULL ? NULL : ferry_operator_signed_off_by(run->op);

	if (ctx->json)
		ferry_command_print(json_pack("{s:s,s:s?,s:I,s:b}", "event",
		    "result", "signed_off_by", by, "changed",
		    (json_int_t)changed, "site_changed", site));
	else
		(void)printf("signed off by %s: %s changed%s\n",
		    by == NULL ? "nobody (there is no operator's file)" : by,
		    ferry_count_text(changed, "permission snapshot", text),
		    site ? ", and the people of this site" : "");
}

int
ferry_access_apply(struct ferry_context *ctx, struct ferry_error *err)
{
	struct ferry_conf_group *root = ferry_conf_root(ctx->conf);
	struct ferry_run run = { .kinds = ctx->kinds,
		.failures = json_array() };
	struct apply a = { json_array(), FERRY_ERROR_INIT };
	size_t changed = 0;
	int rc = -1, site = 0;

	if (ferry_upstreams_read(&run, root, NULL, 0, err) == 0 &&
	    ferry_run_operator(&run, root, err) == 0 &&
	    ferry_context_open(ctx, FERRY_STORE_WRITE, &run.st, err) == 0 &&
	    compile_all(&run, &a, &changed, &site, err) == 0 &&
	    refuse(ctx, &a, err) == 0)
		rc = ferry_store_commit(run.st, err);
	if (rc == 0)
		print(ctx, &run, changed, site == 1);
	ferry_upstreams_free(&run);
	ferry_store_close(run.st);
	json_decref(run.failures);
	json_decref(a.mistakes);
	return rc;
}
