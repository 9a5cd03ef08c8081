#ifndef FERRY_SERVE_REPLAY_RUBYGEMS_INFO_H
#define FERRY_SERVE_REPLAY_RUBYGEMS_INFO_H

/*
 * What is shown of one gem: /info/NAME of the compact index, in the order of
 * versions.
 *
 * A version is shown unless it was removed here, upstream has yanked it, or its
 * record says nothing of it.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "store/base/bytes.h"

struct ferry_error;
struct ferry_store_view;

struct ferry_gem_shown {
	char *version; /* with its platform */
	char *line; /* what follows it */
};
struct ferry_gem_info {
	struct ferry_gem_shown *list;
	size_t n, cap;
};
/* Whether a version with that record is shown. */
bool ferry_gem_is_shown(const json_t *record);
/* Add a version, if it is shown. */
int ferry_gem_info_add(struct ferry_gem_info *info, const char *version,
    const json_t *record, struct ferry_error *err);
/* Into the order of versions, which the next functions want. */
void ferry_gem_info_sort(struct ferry_gem_info *info);
/* Add the versions that are known and not held (serve/replay/known.h): what
 * upstream's document says of them.  Before _sort. */
int ferry_gem_info_known(struct ferry_gem_info *info,
    struct ferry_store_view *view, const char *name, const char *owner,
    struct ferry_error *err);
/* All of a gem, in order.  Returns: 0, -1. */
int ferry_gem_info_load(struct ferry_gem_info *info,
    struct ferry_store_view *view, const char *name, const char *owner,
    struct ferry_error *err);
/* Append the document. */
int ferry_gem_info_text(const struct ferry_gem_info *info,
    struct ferry_buf *out, struct ferry_error *err);
/* Append "1.0,1.1-java": versions as /versions has them. */
int ferry_gem_info_versions(const struct ferry_gem_info *info,
    struct ferry_buf *out, struct ferry_error *err);
void ferry_gem_info_free(struct ferry_gem_info *info); /* not info itself */

/*
 * A document of the compact index, as old and new clients want it: its ETag is
 * the MD5 of its bytes, beside the SHA-256 of Repr-Digest.  *Takes* the bytes
 * of buf.
 * Source: store/format/rubygems/PROTOCOL.md, section 2, "Response headers".
 */
struct ferry_body;
struct ferry_digester;
int ferry_gem_body(
    struct ferry_body **out, struct ferry_buf *buf, struct ferry_error *err);
/* The same of a body that digester has read. */
void
ferry_gem_body_tag(struct ferry_body *body, struct ferry_digester *digester);
/* The same compressed, with the tags of what it is when unpacked. */
int ferry_gem_pack(struct ferry_body **out, const struct ferry_body *body,
    struct ferry_error *err);

#endif
