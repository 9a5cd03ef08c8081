#include "sync/command/boxed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"

#define ABSENT_SHOWN 20

int
ferry_boxed_argv(
    const struct ferry_context *ctx, char ***out, struct ferry_error *err)
{
	size_t n = (size_t)ctx->argc;

	if (ctx->argc < 2)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "there is no command: 'ferry %s [OPTION…] -- COMMAND…'",
		    ctx->argv[0]);
	if (ferry_calloc(out, n, sizeof(**out), err) == -1)
		return -1;
	memcpy(*out, ctx->argv + 1, (n - 1) * sizeof(**out));
	return 0;
}

int
ferry_boxed_token(
    struct ferry_buf *out, const char *path, struct ferry_error *err)
{
	char line[1024] = "";
	FILE *f;

	if (path == NULL)
		return 0;
	if ((f = fopen(path, "re")) == NULL)
		return ferry_error_errno(err, "%s", path);
	if (fgets(line, sizeof(line), f) == NULL)
		line[0] = 0;
	(void)fclose(f);
	line[strcspn(line, "\r\n")] = 0;
	/* It is written into files of many forms as it is. */
	if (line[0] == 0 || strpbrk(line, " \t\"'<>&\\@:/") != NULL)
		return ferry_error_set(err, FERRY_ECONFIG,
		    "the first line of %s is not a token", path);
	return ferry_buf_adds(out, line, err);
}

static const char *
text_of(const json_t *one, const char *name)
{
	const char *text = json_string_value(json_object_get(one, name));

	return text == NULL ? "" : text;
}

void
ferry_boxed_print_absent(const json_t *absent)
{
	size_t n = json_array_size(absent);

	for (size_t i = 0; i < n && i < ABSENT_SHOWN; i++) {
		const json_t *one = json_array_get(absent, i);
		const char *version = text_of(one, "version"),
			   *file = text_of(one, "file");

		(void)printf("  not there: %s:%s%s%s%s%s\n",
		    text_of(one, "format"), text_of(one, "package"),
		    *version == 0 ? "" : "@", version, *file == 0 ? "" : " ",
		    file);
	}
	if (n > ABSENT_SHOWN)
		(void)printf(
		    "  … and %zu more (--json lists them)\n", n - ABSENT_SHOWN);
}
