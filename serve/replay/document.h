#ifndef FERRY_SERVE_REPLAY_DOCUMENT_H
#define FERRY_SERVE_REPLAY_DOCUMENT_H

/*
 * Documents that clients ask for besides files: made once a change, kept in
 * ready encodings, and handed out under their entity tags.
 */

#include "store/base/bytes.h"

struct ferry_body;
struct ferry_error;
struct ferry_request;
struct ferry_response;
struct ferry_store_view;

/*
 * Append the document for clients whose URLs begin with base.
 * Returns: 1, 0 if there is none, -1.
 */
typedef int ferry_document_write(void *ctx, struct ferry_buf *out,
    const char *base, struct ferry_error *err);

struct ferry_document {
	struct ferry_store_view *view;
	const char *format;
	const char *package; /* with which it changes; "": with none */
	const char *name; /* among those of the package */
	const char *base; /* as of on_write; "" if no URL is in it */
	ferry_document_write *on_write;
	void *ctx;
};

enum ferry_encoding { FERRY_IDENTITY, FERRY_GZIP };

/* Append in, packed. */
int ferry_document_gzip(
    struct ferry_bytes in, struct ferry_buf *out, struct ferry_error *err);

/* The document's bytes, from the cache or made for it.  Returns: 1 and *out
 * (the caller unrefs), 0, -1. */
int ferry_document_body(const struct ferry_document *doc,
    enum ferry_encoding encoding, struct ferry_body **out,
    struct ferry_error *err);

/*
 * Answer with it, in the encoding that rq takes; type and vary as of struct
 * ferry_response.  Returns: as answer() of a format.
 */
int ferry_document_answer(const struct ferry_document *doc,
    const struct ferry_request *rq, const char *type, const char *vary,
    struct ferry_response *res, struct ferry_error *err);

#endif
