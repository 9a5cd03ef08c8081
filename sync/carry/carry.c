#include "sync/carry/carry.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

void
ferry_carry_note(const struct ferry_carry *carry, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (carry->on_note == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	carry->on_note(carry->ctx, text);
}

void
ferry_carry_progress(const struct ferry_carry *carry, uint64_t items,
    uint64_t items_total, uint64_t bytes, uint64_t bytes_total)
{

	if (carry->on_progress != NULL)
		carry->on_progress(
		    carry->ctx, items, items_total, bytes, bytes_total);
}

bool
ferry_carry_stopped(const struct ferry_carry *carry)
{

	return carry->stopped != NULL && carry->stopped();
}
