#ifndef FERRY_SERVE_REPLAY_NPM_NPM_H
#define FERRY_SERVE_REPLAY_NPM_NPM_H

/* What the files of npm share. */

#include "serve/replay/format.h"
#include "serve/replay/npm/packument.h"
#include "store/base/digest.h"

struct ferry_npm_search;

extern const struct ferry_replay ferry_replay_npm;

/* Documents of upstreams larger than this are not served. */
#define FERRY_NPM_DOCUMENT_MAX (256U << 20)

/*
 * The upstream's packument of a package, appended to out, and what is held of
 * it.  Returns: 1, 0, -1.
 */
int ferry_npm_load(struct ferry_store_view *view, const char *package,
    const char *owner, struct ferry_buf *out, struct ferry_npm_held *held,
    struct ferry_error *err);

/*
 * The packument for clients below base; from the cache, or made for it.
 */
enum ferry_npm_encoding { FERRY_NPM_IDENTITY, FERRY_NPM_GZIP };
int ferry_npm_body(struct ferry_store_view *view, const char *package,
    const char *owner, const char *base, enum ferry_npm_form form,
    enum ferry_npm_encoding encoding, struct ferry_body **out,
    struct ferry_error *err);

/*
 * The tarball that a path means: "NAME/-/NAME-VERSION.tgz", or the path that
 * it has upstream.  Decoded, without a leading '/'.
 *
 * _find: 1 with its digest and size, 0, -1.  _body: the same with its content,
 * from the cache or for it.
 */
struct ferry_npm_file {
	struct ferry_digest sha256;
	uint64_t size;
};
int ferry_npm_file_find(struct ferry_store_view *view, const char *package,
    const char *owner, const char *path, struct ferry_npm_file *out,
    struct ferry_error *err);
int ferry_npm_file_body(struct ferry_store_view *view, const char *package,
    const char *owner, const char *path, struct ferry_body **out,
    struct ferry_error *err);

/* Signatures; as answer() of format.h. */
int ferry_npm_answer_keys(const struct ferry_call *call,
    const struct ferry_permit *permit, struct ferry_response *res,
    struct ferry_error *err);
int ferry_npm_answer_attestations(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err);

/* As times() of format.h. */
int ferry_npm_times(struct ferry_store_view *view, const char *package,
    const char *owner, struct ferry_times *out, struct ferry_error *err);

/* Search: see search.c. */
int ferry_npm_search_start(void **state, struct ferry_store_view *view,
    uint64_t bytes, struct ferry_error *err);
void ferry_npm_search_changed(void *state, const char *package);
void ferry_npm_search_stop(void *state);
/* Append the answer to rq's query. */
int ferry_npm_search(struct ferry_npm_search *search,
    const struct ferry_request *rq, const struct ferry_permit *permit,
    struct ferry_buf *out, struct ferry_error *err);

#endif
