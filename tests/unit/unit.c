#include "unit.h"

char *
unit_mkdir(void)
{
	const char *tmp = getenv("TMPDIR");
	char *path = malloc(256);

	assert_non_null(path);
	(void)snprintf(path, 256, "%s/ferry-unit-XXXXXX",
	    tmp == NULL || *tmp == 0 ? "/tmp" : tmp);
	assert_non_null(mkdtemp(path));
	return path;
}

void
unit_rmdir(char *path)
{
	char command[300];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", path);
	assert_int_equal(system(command), 0);
	free(path);
}

void
unit_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f == NULL)
		fail_msg("cannot write %s", path);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

void
unit_data(char out[UNIT_PATH], const char *format, ...)
{
	const char *data = getenv("FERRY_TEST_DATA");
	char name[UNIT_PATH];
	va_list ap;

	if (data == NULL)
		fail_msg("FERRY_TEST_DATA does not say where tests/data is");
	va_start(ap, format);
	(void)vsnprintf(name, sizeof(name), format, ap);
	va_end(ap);
	assert_true(snprintf(out, UNIT_PATH, "%s/%s", data, name) < UNIT_PATH);
}

int
unit_into_buf(void *ctx, const void *p, size_t n, struct ferry_error *err)
{

	return ferry_buf_add(ctx, p, n, err);
}
