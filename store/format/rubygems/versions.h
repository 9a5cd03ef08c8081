#ifndef FERRY_STORE_FORMAT_RUBYGEMS_VERSIONS_H
#define FERRY_STORE_FORMAT_RUBYGEMS_VERSIONS_H

/*
 * Reading /versions as it comes, in whatever pieces: header lines, "---", then
 * lines "NAME VERSIONS MD5".  Memory is this struct.
 *
 * Source: store/format/rubygems/PROTOCOL.md, section 2.
 */

#include <stdbool.h>
#include <stddef.h>

#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_GEM_MD5 16 /* bytes */

/* Told of each line with a valid name, in the order of the file; the last of a
 * name counts.  md5 is NULL where the line has none.  0, or -1 to end. */
typedef int ferry_gem_on_name(void *ctx, struct ferry_bytes name,
    const uint8_t *md5, struct ferry_error *err);

struct ferry_gem_versions {
	ferry_gem_on_name *on_name;
	void *ctx;
	/* Private. */
	enum { FERRY_GEM_HEADER, FERRY_GEM_LINES } part;
	unsigned field; /* of the line: 0 to 2 */
	bool long_name; /* it cannot be one */
	size_t name_n, md5_n;
	char name[256], md5[33];
};
void ferry_gem_versions_begin(
    struct ferry_gem_versions *reader, ferry_gem_on_name *on_name, void *ctx);
int ferry_gem_versions_feed(struct ferry_gem_versions *reader,
    struct ferry_bytes more, struct ferry_error *err);
/* The file is at its end.  Errors: FERRY_EFORMAT: it was none of these. */
int ferry_gem_versions_end(
    struct ferry_gem_versions *reader, struct ferry_error *err);

#endif
