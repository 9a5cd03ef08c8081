#include "store/format/rubygems/check.h"

#include <string.h>

#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/files.h"
#include "store/format/rubygems/gem.h"

static int
check_line(const json_t *value, const char *line, struct ferry_error *err)
{
	struct ferry_bytes rest = ferry_bytes_str(line);
	struct ferry_digest sha256;
	struct ferry_file gem;

	for (size_t i = 0; i < rest.n; i++)
		if (rest.p[i] < ' ' || rest.p[i] >= 0x7f)
			return ferry_error_set(err, FERRY_EFORMAT,
			    "its \"line\" is not one line of ASCII");
	if (ferry_files_get(value, 0, &gem, err) == -1)
		return -1;
	return ferry_gem_line_checksum(rest, &sha256) == 1 &&
	               ferry_digest_equal(&sha256, &gem.sha256)
	           ? 0
	           : ferry_error_set(err, FERRY_EFORMAT,
			 "its \"line\" has another checksum than its gem");
}

int
ferry_gem_check(const struct ferry_format_record *record,
    ferry_format_load *on_load, void *ctx, struct ferry_error *err)
{
	const char *line;

	(void)on_load;
	(void)ctx;
	if (record->value == NULL || strcmp(record->key[0], "version") != 0)
		return 0;
	line = json_string_value(json_object_get(record->value, "line"));
	return line == NULL ? 0 : check_line(record->value, line, err);
}
