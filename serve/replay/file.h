#ifndef FERRY_REPLAY_FILE_H
#define FERRY_REPLAY_FILE_H

/*
 * Files as bodies: a blob's descriptor, or its content where that pays.
 *
 * A file that is asked for again is kept in memory if it is not larger than
 * 1 MiB.  Measured with 300 kB: twice the requests of sendfile(), before which
 * libmicrohttpd pushes the header out in a packet of its own.
 */

#include "serve/http/http.h"
#include "serve/replay/store_view.h"
#include "store/base/digest.h"

struct ferry_error;

/* Where the blob is that a file's name means.  Returns: 1 and *out, 0, -1. */
typedef int
ferry_file_find(void *ctx, struct ferry_digest *out, struct ferry_error *err);

/*
 * The file called name of a package; on_find(ctx) is called if the cache does
 * not know it.
 * Returns: 1 and *out (the caller unrefs), 0, -1.
 * Errors: FERRY_ENOTFOUND (its bytes are damaged or gone).
 */
struct ferry_file_call {
	struct ferry_store_view *view;
	const char *format;
	const char *package;
	const char *owner;
	const char *name;
	const char *etag; /* without quotes; NULL: the SHA-256's digits */
	ferry_file_find *on_find;
	void *ctx;
};
int ferry_file_body(const struct ferry_file_call *call, struct ferry_body **out,
    struct ferry_error *err);

#endif
