#include <stdarg.h>
#include <stdio.h>

#include "store/base/bytes.h"
#include "store/base/json.h"
#include "sync/command/command.h"
#include "sync/command/command_task.h"
#include "sync/command/doctor.h"

static const char *const states[] = {
	[FERRY_DOCTOR_OK] = "ok",
	[FERRY_DOCTOR_NOTE] = "note",
	[FERRY_DOCTOR_WRONG] = "wrong",
	[FERRY_DOCTOR_SKIPPED] = "skipped",
};

void
ferry_doctor_say(struct ferry_doctor *d, const char *check,
    enum ferry_doctor_state state, const char *fmt, ...)
{
	char text[700];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	d->wrong += state == FERRY_DOCTOR_WRONG;
	if (d->ctx->json)
		ferry_command_print(json_pack("{s:s,s:s,s:s,s:o}", "event",
		    "finding", "check", check, "state", states[state], "text",
		    ferry_json_text(ferry_bytes_str(text))));
	else
		(void)printf("%-8s %-12s %s\n", states[state], check, text);
}
