#include "sync/carry/receipt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/base/clock.h"
#include "store/base/file.h"
#include "store/catalog/catalog.h"
#include "sync/carry/wishes.h"
#include "sync/command/command_task.h"

static const char help[] =
    "usage: ferry receipt [--to DIR]\n"
    "       ferry receipt add FILE…\n"
    "\n"
    "At a site: write, for each origin that bundles came from, a signed text\n"
    "that says how far this site is and which blobs it lacks; to standard\n"
    "output, or into files in DIR.  A site that imported nothing yet writes\n"
    "one that introduces it.  'ferry import' writes them onto the medium by\n"
    "itself.  With 'asked_log' in the group serve it also tells what clients here\n"
    "asked for in vain, which 'ferry wishes --from SITE' shows at the origin.\n"
    "\n"
    "At the origin: 'add' verifies receipts (the site's key must be trusted,\n"
    "see 'ferry trust') and remembers them for 'ferry export --for SITE'.\n";

/* One receipt, printed or into dir. */
static int
write_one(struct ferry_command_task *c, const char *origin,
    const json_t *wishes, const char *dir, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	char name[FERRY_RECEIPT_NAME];
	int rc = ferry_receipt_make(&c->task, origin, wishes, &text, name, err);

	if (rc == 0 && dir == NULL) {
		(void)fwrite(text.p, 1, text.n, stdout);
	} else if (rc == 0) {
		rc = ferry_receipt_save(dir, name, &text, err);
		if (rc == 0)
			(void)printf("receipt: %s/%s\n", dir, name);
	}
	ferry_buf_free(&text);
	return rc;
}

static int
write_all(struct ferry_command_task *c, const json_t *wishes, const char *dir,
    struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	bool any = false;
	int rc;

	if (ferry_key_make(&prefix, err, "origin", NULL) == -1 ||
	    ferry_local_iter_new(&it, c->task.st, &prefix, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, NULL, err)) == 1) {
		any = true;
		if (write_one(c, ferry_key_part(&key, 1), wishes, dir, err) ==
		    -1) {
			rc = -1;
			break;
		}
	}
	ferry_record_iter_free(it);
	if (rc == 0 && !any)
		rc = write_one(c, "", wishes, dir, err);
	return rc;
}

static int
add_one(struct ferry_context *ctx, struct ferry_command_task *c,
    const char *path, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_receipt r = { 0 };
	char at[FERRY_TIME_TEXT], blobs[FERRY_COUNT_TEXT];
	int rc = ferry_file_read(path, FERRY_RECEIPT_MAX, &text, err);

	if (rc == 0)
		rc = ferry_receipt_add(
		    &c->task, ferry_bytes_buf(&text), &r, err);
	ferry_buf_free(&text);
	if (rc == -1)
		return ferry_error_in(err, "%s", path);
	if (ctx->json)
		ferry_command_print(json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:b}",
		    "event", "result", "code", "ok", "site", r.site_name, "id",
		    r.site, "seq", (json_int_t)r.seq, "wanted",
		    (json_int_t)r.wanted_n + (json_int_t)r.wanted_more, "news",
		    rc == 1));
	else
		(void)printf("%s (%s) was at record %" PRIu64 " at %s, wants "
			     "%s%s\n",
		    r.site_name, r.site, r.seq, ferry_time_text(r.at, at),
		    ferry_count_text(
			r.wanted_n + r.wanted_more, "lost blob", blobs),
		    rc == 1 ? "" : "; a newer receipt is known");
	return 0;
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	const char *to = NULL;
	const struct ferry_option options[] = {
		{ "to", FERRY_OPTION_VALUE, &to },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct ferry_command_task c;
	json_t *wishes = NULL;
	bool add;
	int rc = 0;

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	add = ctx->argc > 1 && strcmp(ctx->argv[1], "add") == 0;
	if (add ? ctx->argc < 3 || to != NULL : ctx->argc > 1)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "see 'ferry receipt --help' for its forms");
	if (ferry_command_task_open(&c, ctx,
		add ? FERRY_STORE_WRITE : FERRY_STORE_READ, NULL, NULL,
		err) == -1)
		return -1;
	for (int i = 2; add && rc == 0 && i < ctx->argc; i++)
		rc = add_one(ctx, &c, ctx->argv[i], err);
	if (!add && (rc = ferry_wishes_for_receipt(
			 &wishes, ctx->conf, c.task.st, err)) == 0)
		rc = write_all(&c, wishes, to, err);
	json_decref(wishes);
	ferry_command_task_close(&c);
	return rc == -1 ? -1 : FERRY_EXIT_OK;
}

const struct ferry_command ferry_command_receipt = { "receipt",
	"say what a site holds, or note what one says", help, run };
