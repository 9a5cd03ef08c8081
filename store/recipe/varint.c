#include "store/recipe/varint.h"

#include <assert.h>

#include "store/base/error.h"

#define BYTES_MAX 9

int
ferry_varint_add(struct ferry_buf *buf, uint64_t v, struct ferry_error *err)
{
	uint8_t p[BYTES_MAX];
	size_t n = 0;

	assert(v <= FERRY_VARINT_MAX);
	for (; v > 127; v >>= 7)
		p[n++] = (uint8_t)(v | 128);
	p[n++] = (uint8_t)v;
	return ferry_buf_add(buf, p, n, err);
}

int
ferry_varint_take(struct ferry_bytes *in, uint64_t max, const char *what,
    uint64_t *out, struct ferry_error *err)
{
	uint64_t v = 0;

	for (size_t i = 0; i < BYTES_MAX && i < in->n; i++) {
		v |= (uint64_t)(in->p[i] & 127) << 7 * i;
		if (in->p[i] > 127)
			continue;
		if (in->p[i] == 0 && i > 0)
			break;
		if (v > max)
			return ferry_error_set(err, FERRY_ELIMIT,
			    "%s: %llu, at most %llu may be", what,
			    (unsigned long long)v, (unsigned long long)max);
		*in = ferry_bytes_of(in->p + i + 1, in->n - i - 1);
		*out = v;
		return 0;
	}
	return ferry_error_set(err, FERRY_EFORMAT, "%s: not a number", what);
}

int
ferry_varint_bytes(struct ferry_bytes *in, uint64_t n, const char *what,
    struct ferry_bytes *out, struct ferry_error *err)
{

	if (n > in->n)
		return ferry_error_set(err, FERRY_EFORMAT, "%s: cut off", what);
	*out = ferry_bytes_of(in->p, (size_t)n);
	*in = ferry_bytes_of(in->p + n, in->n - (size_t)n);
	return 0;
}
