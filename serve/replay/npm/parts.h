#ifndef FERRY_SERVE_REPLAY_NPM_PARTS_H
#define FERRY_SERVE_REPLAY_NPM_PARTS_H

/*
 * Where the parts of a served packument are: an index, made once a change, so
 * that the document of one version costs no walk through all of them.
 */

#include <stddef.h>
#include <stdint.h>

struct ferry_body;
struct ferry_call;
struct ferry_error;

struct ferry_npm_part {
	uint64_t offset;
	size_t size;
};
/*
 * In whole, the full packument of call's package: where its "dist-tags" are
 * (version NULL), or the document of a version or of what a tag names.
 * Returns: 1 and *out, 0, -1.
 */
int ferry_npm_part_find(const struct ferry_call *call,
    const struct ferry_body *whole, const char *version,
    struct ferry_npm_part *out, struct ferry_error *err);

#endif
