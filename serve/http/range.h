#ifndef FERRY_RANGE_H
#define FERRY_RANGE_H

/* The texts of conditions and ranges.  Source: RFC 9110, sections 13 and 14. */

#include <stdbool.h>
#include <stdint.h>

struct ferry_range {
	uint64_t offset;
	uint64_t size;
};
enum ferry_range_kind {
	FERRY_RANGE_NONE, /* send everything */
	FERRY_RANGE_PART,
	FERRY_RANGE_UNSATISFIABLE
};

/*
 * A Range header's value, for content of size bytes.  *out is set only for
 * FERRY_RANGE_PART.
 *
 * Several ranges are one part if they overlap, or follow each other with gaps of
 * at most 80 bytes, in whatever order; those behind the end do not count, unless
 * all are.  Others are NONE, as are more than FERRY_RANGES_MAX, other units and
 * what is malformed: a server may always send everything.  multipart/byteranges
 * is never sent.
 * Source: RFC 9110, 14.2 and 15.3.7.2.
 */
#define FERRY_RANGES_MAX 32
enum ferry_range_kind
ferry_range_parse(const char *value, uint64_t size, struct ferry_range *out);

/* Whether an If-None-Match value names etag (quoted, strong) or is "*". */
bool ferry_etag_matches(const char *value, const char *etag);

#endif
