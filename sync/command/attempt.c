#include "sync/command/attempt.h"

#include <stdio.h>

#include "store/base/bytes.h"
#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/index/local.h"
#include "store/store.h"
#include "sync/command/command.h"
#include "sync/command/growth.h"

static int
put(const struct ferry_attempt *attempt, struct ferry_store *st, json_t *record,
    struct ferry_error *err)
{

	return ferry_local_named_put(
		   st, FERRY_KIND_TRY, attempt->name, record, err) == -1
	           ? -1
	           : ferry_store_commit(st, err);
}

static json_t *
ended(const struct ferry_attempt *attempt, int status, const char *text)
{

	return json_pack("{s:I,s:I,s:i,s:o}", "began",
	    (json_int_t)attempt->began, "ended", (json_int_t)ferry_now(),
	    "status", status, "text", ferry_json_text(ferry_bytes_str(text)));
}

int
ferry_attempt_begin(struct ferry_attempt *attempt, const char *name,
    struct ferry_store *st, struct ferry_error *err)
{

	*attempt = (struct ferry_attempt){ .name = name, .began = ferry_now() };
	return put(attempt, st,
	    json_pack("{s:I}", "began", (json_int_t)attempt->began), err);
}

int
ferry_attempt_succeed(struct ferry_attempt *attempt, struct ferry_store *st,
    int status, struct ferry_error *err)
{
	int rc = -1;

	if (ferry_growth_note(st, err) == 0)
		rc = put(
		    attempt, st, ended(attempt, status, attempt->text), err);
	if (rc == 0)
		attempt->name = NULL;
	return rc;
}

void
ferry_attempt_fail(struct ferry_attempt *attempt, struct ferry_context *ctx,
    int status, const struct ferry_error *why)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_store *st = NULL;

	if (attempt->name == NULL)
		return;
	/* What failed may have left half of something to commit: this is
	 * another writer, with nothing of that. */
	if (ferry_context_open(ctx, FERRY_STORE_WRITE, &st, &ignored) == 0)
		(void)put(attempt, st,
		    ended(attempt,
			status == -1 ? ferry_exit_status(why->code) : status,
			status == -1 ? why->text : attempt->text),
		    &ignored);
	ferry_store_close(st);
	attempt->name = NULL;
}
