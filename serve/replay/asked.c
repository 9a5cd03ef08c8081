#include "serve/replay/asked.h"

#include "serve/http/lines.h"
#include "serve/replay/call.h"
#include "serve/replay/pulling.h"
#include "serve/replay/site.h"
#include "serve/replay/wished.h"

#define TEXT_MAX 512

static void
text(struct ferry_line *line, const char *name, const char *value)
{

	if (value[0] != 0)
		ferry_line_text(line, name, value, TEXT_MAX);
}

void
ferry_asked_add(const struct ferry_call *call,
    const struct ferry_replay *format, int rc, const struct ferry_response *res)
{
	unsigned status = rc == 1 ? res->status : rc == 0 ? 404 : 500;
	struct ferry_pull_want want;
	struct ferry_line line;

	if (call->site->asked == NULL || (rc == 1 && res->later != NULL) ||
	    !ferry_pulling_want(&want, call, format))
		return;
	ferry_line_begin(call->site->asked, &line);
	text(&line, "id", call->rq->id);
	text(&line, "format", want.format);
	text(&line, "what",
	    want.what == FERRY_PULL_DOCUMENT ? "document" : "version");
	text(&line, "upstream", call->owner);
	text(&line, "package", want.package);
	text(&line, "version", want.version);
	text(&line, "file", want.file);
	ferry_line_number(&line, "status", status);
	ferry_line_end(&line);
	if (status == 404)
		ferry_wished_add(call->site->wished, &want);
	else if (status < 400)
		ferry_wished_fulfil(call->site->wished, &want);
}
