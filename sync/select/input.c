#include "sync/select/input.h"

#include "store/base/file.h"

int
ferry_input_read(struct ferry_buf *out, const char *path, size_t max,
    struct ferry_error *err)
{

	return ferry_file_read(path, max, out, err);
}
