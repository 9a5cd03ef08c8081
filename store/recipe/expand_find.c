/*
 * Where streams are looked for: gzip, tar with gzips, and what programs carry
 * in themselves.  Zip has a file of its own.
 */

#include <string.h>

#include "store/base/error.h"
#include "store/recipe/expand_internal.h"
#include "store/recipe/spool.h"

static struct ferry_bytes
from(struct ferry_bytes bytes, size_t at)
{

	return ferry_bytes_of(bytes.p + at, bytes.n - at);
}

static struct ferry_bytes
part(struct ferry_bytes bytes, size_t at, size_t n)
{

	return ferry_bytes_of(bytes.p + at, n);
}

/* Pass over a string that ends in NUL.  Returns: false if it does not. */
static bool
skip_string(struct ferry_bytes bytes, size_t *at)
{
	const uint8_t *end = NULL;

	if (*at < bytes.n)
		end = memchr(bytes.p + *at, 0, bytes.n - *at);
	if (end == NULL)
		return false;
	*at = (size_t)(end - bytes.p) + 1;
	return true;
}

/*
 * How long a gzip header is, 0 if there is none.
 * Source: RFC 1952, 2.3.
 */
static size_t
gzip_header(struct ferry_bytes b)
{
	size_t at = 10;
	unsigned flags;

	if (b.n < at || b.p[0] != 0x1f || b.p[1] != 0x8b || b.p[2] != 8)
		return 0;
	flags = b.p[3];
	if ((flags & 0xe0) != 0)
		return 0;
	if ((flags & 4) != 0) {
		if (b.n - at < 2)
			return 0;
		at += 2U + b.p[at] + 256U * b.p[at + 1];
	}
	if (((flags & 8) != 0 && !skip_string(b, &at)) ||
	    ((flags & 16) != 0 && !skip_string(b, &at)))
		return 0;
	if ((flags & 2) != 0)
		at += 2;
	return at <= b.n ? at : 0;
}

static bool
is_gzip(struct ferry_bytes b)
{

	return gzip_header(b) > 0;
}

/* Members one after the other, each with eight bytes behind its stream. */
static int
expand_gzip(struct ferry_expand_level *level, struct ferry_bytes b,
    struct ferry_error *err)
{
	size_t header, used, behind;
	int rc;

	while ((header = gzip_header(b)) > 0) {
		if (ferry_expand_keep(level, part(b, 0, header), err) == -1)
			return -1;
		b = from(b, header);
		rc = ferry_expand_stream(level, b, &used, err);
		if (rc == -1)
			return -1;
		if (rc == 0)
			break;
		b = from(b, used);
		behind = b.n < 8 ? b.n : 8;
		if (ferry_expand_keep(level, part(b, 0, behind), err) == -1)
			return -1;
		b = from(b, behind);
	}
	return ferry_expand_keep(level, b, err);
}

/* Bytes in which only gzip and zip are looked for. */
static int
expand_file(struct ferry_expand_level *level, struct ferry_bytes b,
    struct ferry_error *err)
{

	if (is_gzip(b))
		return expand_gzip(level, b, err);
	if (ferry_expand_is_zip(b))
		return ferry_expand_zip(level, b, err);
	return ferry_expand_keep(level, b, err);
}

#define BLOCK 512U
#define SIZE_AT 124
#define SIZE_N 12
#define TYPE_AT 156
#define MAGIC_AT 257

/* The size of the tar member whose header b begins with; false if it is not
 * written in octal digits alone.  Source: POSIX.1-2008, pax, "ustar". */
static bool
tar_size(struct ferry_bytes b, uint64_t *size)
{
	size_t i = SIZE_AT;

	*size = 0;
	for (; i < SIZE_AT + SIZE_N && b.p[i] >= '0' && b.p[i] <= '7'; i++)
		*size = *size << 3 | (b.p[i] - (uint64_t)'0');
	return i > SIZE_AT &&
	       (i == SIZE_AT + SIZE_N || b.p[i] == 0 || b.p[i] == ' ');
}

static bool
is_tar(struct ferry_bytes b)
{

	return b.n >= BLOCK && memcmp(b.p + MAGIC_AT, "ustar", 5) == 0;
}

static int
expand_tar(struct ferry_expand_level *level, struct ferry_bytes b,
    struct ferry_error *err)
{
	uint64_t size;

	while (is_tar(b) && tar_size(b, &size) && size <= b.n - BLOCK) {
		struct ferry_bytes file = part(b, BLOCK, (size_t)size);
		bool regular = b.p[TYPE_AT] == '0' || b.p[TYPE_AT] == 0;
		int rc;

		if (ferry_expand_keep(level, part(b, 0, BLOCK), err) == -1)
			return -1;
		rc = regular ? expand_file(level, file, err)
		             : ferry_expand_keep(level, file, err);
		if (rc == -1)
			return -1;
		b = from(b, BLOCK + (size_t)size);
		size = (BLOCK - size % BLOCK) % BLOCK;
		if (size > b.n)
			size = b.n;
		if (ferry_expand_keep(level, part(b, 0, (size_t)size), err) ==
		    -1)
			return -1;
		b = from(b, (size_t)size);
	}
	return ferry_expand_keep(level, b, err);
}

int
ferry_expand_blob(struct ferry_expand_level *level, struct ferry_bytes b,
    struct ferry_error *err)
{

	return is_tar(b) ? expand_tar(level, b, err)
	                 : expand_file(level, b, err);
}

bool
ferry_expand_begins(struct ferry_bytes blob)
{

	return is_tar(blob) || is_gzip(blob) || ferry_expand_is_zip(blob);
}

/*
 * Symbols embedded in a .NET assembly: "MPDB", the size of their content, a
 * stream.  Source: PE/COFF Specification of .NET, "Embedded Portable PDB Debug
 * Directory Entry".
 */
#define SYMBOLS "MPDB"
#define SYMBOLS_N 8 /* with the size */

/* Where symbols begin in a spool's view, which is given back as far as it was
 * looked at; SIZE_MAX: nowhere. */
static size_t
find_symbols(struct ferry_bytes b)
{

	for (size_t at = 0; b.n - at >= SYMBOLS_N; at += FERRY_HEED_EVERY) {
		size_t n =
		    b.n - at < FERRY_HEED_EVERY ? b.n - at : FERRY_HEED_EVERY;
		/* One may begin in this part, and end in the next. */
		size_t more = b.n - at - n < 3 ? b.n - at - n : 3;
		const uint8_t *found = memmem(b.p + at, n + more, SYMBOLS, 4);

		if (found != NULL)
			return (size_t)(found - b.p);
		ferry_spool_pass_view(part(b, at, n));
		if (n < FERRY_HEED_EVERY)
			break;
	}
	return SIZE_MAX;
}

static bool
is_program(struct ferry_bytes b)
{

	return b.n >= 2 && b.p[0] == 'M' && b.p[1] == 'Z';
}

static int
expand_program(struct ferry_expand_level *level, struct ferry_bytes b,
    struct ferry_error *err)
{
	size_t n, used;
	int rc;

	while ((n = find_symbols(b)) != SIZE_MAX && b.n - n >= SYMBOLS_N) {
		n += SYMBOLS_N;
		if (ferry_expand_keep(level, part(b, 0, n), err) == -1)
			return -1;
		b = from(b, n);
		rc = ferry_expand_stream(level, b, &used, err);
		if (rc == -1)
			return -1;
		b = from(b, rc == 0 ? 0 : used);
	}
	return ferry_expand_keep(level, b, err);
}

bool
ferry_expand_holds(struct ferry_bytes content)
{

	return ferry_expand_is_zip(content) ||
	       (is_program(content) && find_symbols(content) != SIZE_MAX);
}

int
ferry_expand_content(struct ferry_expand_level *level, struct ferry_bytes b,
    struct ferry_error *err)
{

	return is_program(b) ? expand_program(level, b, err)
	                     : expand_file(level, b, err);
}
