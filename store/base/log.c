#include "store/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/base/clean.h"

void
ferry_log(enum ferry_log_level level, const char *fmt, ...)
{
	static const char *const words[] = { "error: ", "warning: ", "" };
	char line[1024];
	size_t n, done = 0;
	va_list ap;

	n = (size_t)snprintf(line, sizeof(line), "%s: %s",
	    program_invocation_short_name, words[level]);
	va_start(ap, fmt);
	(void)vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	(void)ferry_clean(line);
	n = strlen(line);
	line[n++] = '\n';
	while (done < n) {
		ssize_t w = write(STDERR_FILENO, line + done, n - done);

		if (w <= 0)
			return;
		done += (size_t)w;
	}
}
