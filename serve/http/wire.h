#ifndef FERRY_SERVE_HTTP_WIRE_H
#define FERRY_SERVE_HTTP_WIRE_H

/*
 * The bytes of a connection's requests, checked before libmicrohttpd parses
 * them: where each begins and ends, and whether a proxy before us could have
 * read it otherwise.
 *
 * The library takes blanks before colons, line ends of LF alone, folded lines,
 * NULs and several Transfer-Encodings, each in its own way, and closes some
 * requests that are too large for it without an answer.  None of those reaches
 * it: what is not sound, or too large, is answered with a status from here.
 *
 * No sockets: bytes in, a verdict out.
 *
 * Source: RFC 9112, sections 2.2, 3, 5, 6 and 7.1; RFC 9110, 5.5 and 5.6.2.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bounds of one request: its target, its head or trailer, and what the library
 * needs to hold the head. */
#define FERRY_WIRE_TARGET_MAX 8000
#define FERRY_WIRE_HEAD_MAX 16000
#define FERRY_WIRE_HEADERS_MAX 100

enum ferry_wire_phase {
	FERRY_WIRE_IDLE, /* between requests */
	FERRY_WIRE_HEAD,
	FERRY_WIRE_BODY,
	FERRY_WIRE_REFUSED /* for good: status and reason say why */
};

/*
 * Invariants: 1. head counts the bytes of the request line and headers, or of
 * the trailer, so far; 2. left is what is still to come of a body or chunk; 3.
 * name and value hold the beginning of a header that matters.
 */
struct ferry_wire {
	enum ferry_wire_phase phase;
	unsigned status; /* once refused: 400, 414 or 431 */
	const char *reason; /* a literal */
	uint64_t requests; /* that were sound to their ends */
	/* Private. */
	unsigned char state, word_n;
	bool old, hosted, chunked, sized, trailer;
	uint64_t left;
	uint32_t head, target, lines, fields;
	char word[24];
};

/* Nothing was read yet. */
void ferry_wire_init(struct ferry_wire *wire);

/*
 * Look at the next n bytes.
 * Returns: n; where a request is refused, how many bytes of p belong to sound
 *     ones before it.
 */
size_t ferry_wire_feed(struct ferry_wire *wire, const void *p, size_t n);

#endif
