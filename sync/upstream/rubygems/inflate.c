#include "sync/upstream/rubygems/inflate.h"

#include <zlib.h>

#include "store/base/error.h"

#define BLOCK (64U << 10)
#define EITHER (15 + 32) /* windowBits: zlib or gzip */

int
ferry_gem_inflate(struct ferry_buf *out, struct ferry_bytes packed, size_t max,
    struct ferry_error *err)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)packed.p };
	size_t start = out->n;
	int rc = -1, code;

	if (packed.n > UINT32_MAX)
		return ferry_error_set(err, FERRY_ELIMIT, "it is too long");
	z.avail_in = (uInt)packed.n;
	if (inflateInit2(&z, EITHER) != Z_OK)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	do {
		if (ferry_buf_reserve(out, BLOCK, err) == -1)
			goto out;
		z.next_out = out->p + out->n;
		z.avail_out = BLOCK;
		code = inflate(&z, Z_NO_FLUSH);
		out->n += BLOCK - z.avail_out;
		if (out->n - start > max) {
			ferry_error_set(err, FERRY_ELIMIT,
			    "unpacked it has more than %zu bytes", max);
			goto out;
		}
	} while (code == Z_OK);
	if (code != Z_STREAM_END) {
		ferry_error_set(err, FERRY_EFORMAT, "it cannot be unpacked: %s",
		    z.msg == NULL ? "it is cut off" : z.msg);
		goto out;
	}
	out->p[out->n] = 0;
	rc = 0;
out:
	(void)inflateEnd(&z);
	return rc;
}

int
ferry_gem_deflate(
    struct ferry_buf *out, struct ferry_bytes s, struct ferry_error *err)
{
	uLongf n = compressBound((uLong)s.n);

	if (ferry_buf_reserve(out, n, err) == -1)
		return -1;
	if (compress2(out->p + out->n, &n, s.p, (uLong)s.n, 9) != Z_OK)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	out->n += n;
	return 0;
}
