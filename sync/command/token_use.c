#include "sync/command/token_use.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/access/user_token.h"
#include "store/base/clock.h"
#include "store/base/conf.h"
#include "store/base/json.h"

#define ID 12 /* characters of a token's id that the log has */

/* What a line says of a token's use. */
static void
take_line(struct ferry_user_token *tokens, size_t n, const json_t *line)
{
	const char *id = json_string_value(json_object_get(line, "token")),
		   *time = json_string_value(json_object_get(line, "time"));
	struct ferry_error ignored = FERRY_ERROR_INIT;
	int64_t at;

	if (id == NULL || time == NULL ||
	    ferry_time_parse(&at, ferry_bytes_str(time), &ignored) == -1)
		return;
	for (size_t i = 0; i < n; i++)
		if (strncmp(tokens[i].id, id, ID) == 0 &&
		    tokens[i].used_at < at)
			tokens[i].used_at = at;
}

static void
read_log(struct ferry_user_token *tokens, size_t n, FILE *f)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	char *text = NULL;
	size_t room = 0;
	ssize_t got;

	while ((got = getline(&text, &room, f)) > 0) {
		json_t *line = NULL;

		/* Most requests of public packages show none. */
		if (strstr(text, "\"token\":") != NULL &&
		    ferry_json_parse(&line, ferry_bytes_of(text, (size_t)got),
			"a line", &ignored) == 0)
			take_line(tokens, n, line);
		json_decref(line);
	}
	free(text);
}

int
ferry_token_use_find(struct ferry_user_token *tokens, size_t n,
    struct ferry_conf *conf, struct ferry_error *err)
{
	struct ferry_conf_group *group;
	const char *path;
	struct stat sb;
	FILE *f;

	if (ferry_conf_group(ferry_conf_root(conf), "serve", &group, err) ==
		-1 ||
	    ferry_conf_path(group, "audit_log", NULL, &path, err) == -1)
		return -1;
	/* It may be a standard stream, or a device. */
	if (path == NULL || stat(path, &sb) == -1 || !S_ISREG(sb.st_mode) ||
	    (f = fopen(path, "re")) == NULL)
		return 0;
	read_log(tokens, n, f);
	(void)fclose(f);
	return 0;
}
