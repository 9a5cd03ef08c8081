#include "serve/http/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "serve/http/lines.h"

/* A line is cut in its path and agent. */
#define PATH_MAX_SHOWN 1500
#define AGENT_MAX_SHOWN 200

/* Whether a field of a query that starts at p has a secret's name. */
static bool
is_secret(const char *p)
{
	static const char *const names[] = { "password", "passwd", "token",
		"access_token", "refresh_token", "id_token", "auth", "secret",
		"client_secret", "private_token", "api_key", "_authToken",
		"_auth" };
	size_t n = strcspn(p, "=&");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == n && strncasecmp(p, names[i], n) == 0)
			return p[n] == '=';
	return false;
}

/* The part of a request's URI that is nobody's secret. */
static void
clean(char out[PATH_MAX_SHOWN + 1], const char *uri)
{
	const char *authority = strstr(uri, "://"), *p;
	size_t n = 0;

	if (authority != NULL && authority - uri <= 5 && uri[0] != '/') {
		p = authority + 3 + strcspn(authority + 3, "/?");
		uri = *p == 0 ? "/" : p;
	}
	for (p = uri; *p != 0 && n + 4 <= PATH_MAX_SHOWN; p++) {
		bool starts = p > uri && (p[-1] == '?' || p[-1] == '&');

		if (starts && is_secret(p)) {
			size_t name = strcspn(p, "=") + 1;

			if (n + name + 4 > PATH_MAX_SHOWN)
				break;
			memcpy(out + n, p, name);
			memcpy(out + n + name, "***", 3);
			n += name + 3;
			p += strcspn(p, "&");
			if (*p == 0)
				break;
		}
		out[n++] = *p;
	}
	out[n] = 0;
}

void
ferry_access_log_add(
    struct ferry_lines *log, const struct ferry_access_line *line)
{
	char path[PATH_MAX_SHOWN + 1], ms[32];
	struct ferry_line l;

	clean(path, line->path);
	(void)snprintf(ms, sizeof(ms), "%" PRIu64 ".%03" PRIu64,
	    line->duration_us / 1000, line->duration_us % 1000);
	ferry_line_begin(log, &l);
	ferry_line_text(&l, "id", line->id, 64);
	ferry_line_text(&l, "remote", line->remote, 64);
	ferry_line_text(&l, "method", line->method, 16);
	ferry_line_text(&l, "path", path, PATH_MAX_SHOWN);
	ferry_line_number(&l, "status", line->status);
	ferry_line_number(&l, "bytes", line->bytes);
	ferry_line_value(&l, "ms", ms);
	ferry_line_text(&l, "agent", line->agent, AGENT_MAX_SHOWN);
	ferry_line_text(&l, "format", line->format, 16);
	if (line->package != NULL)
		ferry_line_text(&l, "package", line->package, 256);
	if (line->aborted)
		ferry_line_value(&l, "aborted", "true");
	ferry_line_end(&l);
}
