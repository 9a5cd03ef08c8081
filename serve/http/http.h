#ifndef FERRY_HTTP_H
#define FERRY_HTTP_H

/*
 * HTTP as the rest of serve/ sees it: a request in, a response out.
 *
 * The server (server.h) does what is the same for every resource: HEAD,
 * If-None-Match, Range, dates, keep-alive, draining of request bodies,
 * request ids, the access log, metrics.  A handler only says what the
 * resource is.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "serve/http/forwarded.h"
#include "store/base/bytes.h"

struct ferry_error;

enum ferry_method { FERRY_GET, FERRY_HEAD, FERRY_POST, FERRY_OTHER_METHOD };

#define FERRY_REQUEST_ID 65

/*
 * Borrowed by the handler for the call.  path and query are as the client
 * wrote them, percent-encoded; path starts with '/', query has no '?'.  In path
 * several '/' are one, in sent_path they are as they were sent.
 */
#define FERRY_FORM_MAX (16U << 10)
struct ferry_flow;
struct ferry_later;
struct ferry_request {
	enum ferry_method method;
	const char *method_text;
	struct ferry_bytes path;
	struct ferry_bytes sent_path;
	struct ferry_bytes query;
	/* The body, if it is a form (application/x-www-form-urlencoded) or
	 * application/json of at most FERRY_FORM_MAX bytes; what is longer, or
	 * of another type, is dropped. */
	struct ferry_bytes form;
	struct ferry_bytes json;
	char id[FERRY_REQUEST_ID];
	char peer[FERRY_PEER]; /* the client's address, as text */
	/* As the client named it, through proxies that are believed; "": not at
	 * all. */
	char host[FERRY_HOST];
	bool secure; /* whether the client speaks https */
	bool chunks; /* and can tell the end of what has no length */
	/* What an earlier answer to the same request waited for; or NULL. */
	const struct ferry_later *later;
	/* The server's, for ferry_request_header(). */
	const char *(*header)(const struct ferry_request *rq, const char *name);
	void *from;
};

/*
 * An answer that is not ready.  The handler leaves one in its response; the
 * server calls start, holds the connection without a thread, and gives the
 * request again when on_ready was called, from whatever thread, once.  free ends
 * the waiting, if need be: on_ready is not called any more when it returns.
 */
struct ferry_later {
	void (*start)(
	    struct ferry_later *later, void (*on_ready)(void *ctx), void *ctx);
	void (*free)(struct ferry_later *later);
};

/* Whether its method is GET or HEAD. */
bool ferry_request_reads(const struct ferry_request *rq);
/* The header's value, borrowed, or NULL.  Name in any case. */
const char *
ferry_request_header(const struct ferry_request *rq, const char *name);
/*
 * The decoded value of field number i (from 0) of that name in a query or a
 * form, appended to buf; '+' is a space.
 * Returns: 1, 0 if there is none, -1 (FERRY_EFORMAT).
 */
int ferry_form_get(struct ferry_bytes form, const char *name, size_t i,
    struct ferry_buf *buf, struct ferry_error *err);
/* The same for the first one of the request's query. */
int ferry_request_query(const struct ferry_request *rq, const char *name,
    struct ferry_buf *buf, struct ferry_error *err);
/* A number of the query, clamped to min..max; fallback if there is none. */
uint64_t ferry_request_query_u64(const struct ferry_request *rq,
    const char *name, uint64_t min, uint64_t max, uint64_t fallback);
/* Whether Accept-Encoding allows gzip (RFC 9110, 12.5.3). */
bool ferry_request_takes_gzip(const struct ferry_request *rq);

/*
 * Content: bytes in memory, or a file.  Shared by count; never changed once
 * it was handed to a second owner.
 *
 * A body may have holes: bytes FERRY_HOLE, each of which a response fills with
 * a text of its own, so that one body serves all who differ in nothing else.
 *
 * Invariants: 1. fd is -1 and bytes holds size bytes, or fd is open and bytes
 * is empty; 2. etag is "" or a quoted strong entity tag; 3. memory, which
 * whoever accounts for bodies set, has bytes.n in it.
 */
#define FERRY_BODY_DIGEST 64 /* "sha-256=:BASE64:" */
#define FERRY_ETAG 144 /* a SHA-512 with its name, in quotes */
#define FERRY_HOLE 1
struct ferry_body {
	atomic_uint refs;
	int fd;
	uint64_t size;
	size_t holes;
	bool spills; /* read by ferry_body_read() alone: a file does as well */
	atomic_uint_fast64_t *memory; /* borrowed, or NULL */
	struct ferry_buf bytes;
	char etag[FERRY_ETAG];
	char digest[FERRY_BODY_DIGEST]; /* value of Repr-Digest, or "" */
	char *type; /* its media type, where that is stored; owned, or NULL */
	atomic_uint uses; /* for who shares it to count */
};
/* *Takes* the bytes of buf (which is empty afterwards), or fd. */
int ferry_body_new(
    struct ferry_body **out, struct ferry_buf *buf, struct ferry_error *err);
int ferry_body_file(
    struct ferry_body **out, int fd, uint64_t size, struct ferry_error *err);
/* One more owner of body, who unrefs it. */
struct ferry_body *ferry_body_ref(struct ferry_body *body);
void ferry_body_unref(struct ferry_body *body); /* NULL is fine */
/* At most n of the bytes from offset on; -1 if the file cannot be read. */
ssize_t ferry_body_read(
    const struct ferry_body *body, uint64_t offset, void *p, size_t n);
/* The same as _new, with an etag made of the SHA-256 of the bytes. */
int ferry_body_tagged(
    struct ferry_body **out, struct ferry_buf *buf, struct ferry_error *err);

/*
 * Filled by the handler.  Strings called literal must live for ever.
 */
#define FERRY_RESPONSE_HEADERS 6
#define FERRY_RESPONSE_VALUE 1536
#define FERRY_RESPONSE_PACKAGE 216
struct ferry_response {
	unsigned status;
	const char *type; /* of the body; literal, or body's own */
	const char *encoding; /* literal: "gzip", or NULL */
	const char *cache; /* literal: Cache-Control, or NULL */
	const char *vary; /* literal, or NULL */
	/* Where there are permissions: Authorization decides what the answer
	 * is, and only the client that asked may be shown this one. */
	bool varies;
	bool personal;
	bool ranges; /* the body may be asked for in parts */
	struct ferry_body *body; /* owned, or NULL for none */
	char *fill; /* of the body's holes; owned, or NULL */
	char etag[FERRY_ETAG]; /* as of a body */
	size_t headers_n;
	struct {
		const char *name; /* literal */
		char value[FERRY_RESPONSE_VALUE];
	} headers[FERRY_RESPONSE_HEADERS];
	/* Instead of a body; owned, or NULL.  Without ETag, length and parts. */
	struct ferry_flow *flow;
	/* *Taken* by the server, and then there is no answer yet; or NULL. */
	struct ferry_later *later;
	/* For the log and the metrics. */
	const char *format; /* literal, or NULL */
	char package[FERRY_RESPONSE_PACKAGE];
};

/* Release what a response owns. */
void ferry_response_clear(struct ferry_response *res);
/* An empty response of status. */
void ferry_response_init(struct ferry_response *res, unsigned status);
/* Set status and a small text; what was there is dropped.  Cannot fail: with
 * no memory left the body is empty. */
void ferry_response_text(struct ferry_response *res, unsigned status,
    const char *type, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* {"error":"…"}, escaped. */
void ferry_response_json_error(
    struct ferry_response *res, unsigned status, const char *text);
/* Status 200 with body, which is *taken*. */
void ferry_response_body(
    struct ferry_response *res, const char *type, struct ferry_body *body);
/* Status 200 with the bytes of buf, which are *taken*, and their etag, to be
 * asked for again each time.  Returns: 1, as answer() of a format does; -1. */
int ferry_response_take(struct ferry_response *res, const char *type,
    struct ferry_buf *buf, struct ferry_error *err);
/* Status 200 with body, which is *taken*, and fill for its holes, which is
 * copied.  Returns: 0, -1 (then body is released). */
int ferry_response_fill(struct ferry_response *res, const char *type,
    struct ferry_body *body, const char *fill, struct ferry_error *err);
/* Add a header; the value is copied.  One that is too long, or that holds
 * control characters, is not sent. */
void ferry_response_header(
    struct ferry_response *res, const char *name, const char *value);

/* Cannot fail: a failure is a response too. */
typedef void ferry_handler(
    void *ctx, const struct ferry_request *rq, struct ferry_response *res);

#endif
