#ifndef FERRY_STORE_BASE_OUT_H
#define FERRY_STORE_BASE_OUT_H

/*
 * Writing text of many parts: a writer keeps its first failure and refuses
 * further work, so that code that writes reads as what is written.
 *
 *	struct ferry_out out;
 *
 *	ferry_out_begin(&out, &buf);
 *	ferry_out_fmt(&out, "{\"n\":%d,\"name\":", n);
 *	ferry_out_json(&out, name);
 *	ferry_out_str(&out, "}\n");
 *	return ferry_out_end(&out, err);
 */

#include "store/base/bytes.h"
#include "store/base/error.h"

/* Invariant: once rc is -1, error says why, and nothing more is written. */
struct ferry_out {
	struct ferry_buf *buf; /* borrowed until _end; appended to */
	int rc;
	struct ferry_error error;
};

/* Write to buf, behind what it holds. */
void ferry_out_begin(struct ferry_out *out, struct ferry_buf *buf);
/*
 * Returns: 0, or -1 with err set.
 * Errors: FERRY_ENOMEM, FERRY_ELIMIT; then buf holds a part of the text.
 */
int ferry_out_end(struct ferry_out *out, struct ferry_error *err);

/* As they are, and formatted. */
void ferry_out_bytes(struct ferry_out *out, struct ferry_bytes s);
void ferry_out_str(struct ferry_out *out, const char *s);
void ferry_out_fmt(struct ferry_out *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* s as a JSON string, with its quotes. */
void ferry_out_json(struct ferry_out *out, struct ferry_bytes s);
/* s as text of HTML, also inside a quoted attribute. */
void ferry_out_html(struct ferry_out *out, struct ferry_bytes s);
/* s percent-encoded: ferry_url_encode(). */
void ferry_out_url(struct ferry_out *out, struct ferry_bytes s);

#endif
