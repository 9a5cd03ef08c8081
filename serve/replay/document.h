#ifndef FERRY_SERVE_REPLAY_DOCUMENT_H
#define FERRY_SERVE_REPLAY_DOCUMENT_H

/*
 * Documents that clients ask for besides files: made once a change, kept
 * ready, and handed out under their entity tags.
 *
 * Documents have absolute URLs in them, and a client may call this server by
 * any name.  So a document is written once, with a hole where each URL's base
 * belongs; the holes are filled while it is sent.  Compressed it is kept for
 * the few bases that are in use (bases.h).
 */

#include "store/base/bytes.h"

struct ferry_body;
struct ferry_call;
struct ferry_error;
struct ferry_response;

/*
 * Append the document for clients whose URLs begin with base, which is
 * FERRY_DOCUMENT_BASE.  Returns: 1, 0 if there is none, -1.
 */
typedef int ferry_document_write(void *ctx, struct ferry_buf *out,
    const char *base, struct ferry_error *err);
#define FERRY_DOCUMENT_BASE "\1" /* FERRY_HOLE of http.h */

struct ferry_document {
	const struct ferry_call *call;
	const char *format;
	const char *package; /* with which it changes; "": with none */
	const char *name; /* among those of the package */
	ferry_document_write *on_write;
	void *ctx;
};

/* Append in, packed. */
int ferry_document_gzip(
    struct ferry_bytes in, struct ferry_buf *out, struct ferry_error *err);

/* The document with its holes, from the cache or made for it.  Returns: 1 and
 * *out (the caller unrefs), 0, -1. */
int ferry_document_body(const struct ferry_document *doc,
    struct ferry_body **out, struct ferry_error *err);

/*
 * Answer with it, in an encoding that the client takes; type and vary as of
 * struct ferry_response.  Returns: as answer() of a format.
 */
int ferry_document_answer(const struct ferry_document *doc, const char *type,
    const char *vary, struct ferry_response *res, struct ferry_error *err);

/* Answer with size bytes of its body from offset, as a document of their own,
 * not compressed.  Returns: as answer(). */
int ferry_document_answer_part(const struct ferry_call *call,
    const struct ferry_body *body, uint64_t offset, size_t size,
    const char *type, struct ferry_response *res, struct ferry_error *err);

#endif
