#include "sync/base/task.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

void
ferry_task_note(const struct ferry_task *task, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (task->on_note == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	task->on_note(task->ctx, text);
}

void
ferry_task_progress(const struct ferry_task *task, uint64_t items,
    uint64_t items_total, uint64_t bytes, uint64_t bytes_total)
{

	if (task->on_progress != NULL)
		task->on_progress(
		    task->ctx, items, items_total, bytes, bytes_total);
}

bool
ferry_task_stopped(const struct ferry_task *task)
{

	return task->stopped != NULL && task->stopped();
}
