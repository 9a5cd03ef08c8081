#ifndef FERRY_BASE_DIGEST_H
#define FERRY_BASE_DIGEST_H

/*
 * Digests: computing several in one pass, reading and writing their texts.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/bytes.h"

enum ferry_alg {
	FERRY_SHA256 = 0, /* the name of every blob */
	FERRY_SHA512,
	FERRY_SHA384,
	FERRY_SHA1, /* only to check old declarations */
	FERRY_MD5, /* only to check and replay old declarations */
	FERRY_ALGS
};
#define FERRY_ALG(alg) (1U << (alg)) /* for sets of algorithms */
#define FERRY_DIGEST_MAX 64
#define FERRY_SHA256_SIZE 32
#define FERRY_DIGEST_TEXT (8 + 2 * FERRY_DIGEST_MAX)

struct ferry_digest {
	enum ferry_alg alg;
	uint8_t n; /* bytes used of v; 0 = no digest */
	uint8_t v[FERRY_DIGEST_MAX];
};

/* "sha256:9f86d0…", NUL-terminated, in buf.  Returns buf. */
const char *ferry_digest_text(
    const struct ferry_digest *digest, char buf[FERRY_DIGEST_TEXT]);
/* Only the hexadecimal part.  Returns buf. */
const char *ferry_digest_hex(
    const struct ferry_digest *digest, char buf[FERRY_DIGEST_TEXT]);
bool
ferry_digest_equal(const struct ferry_digest *a, const struct ferry_digest *b);
const char *ferry_alg_name(enum ferry_alg alg);

/* Exactly 2 * size lower- or upper-case digits.  Errors: FERRY_EFORMAT. */
int ferry_digest_from_hex(struct ferry_digest *out, enum ferry_alg alg,
    struct ferry_bytes hex, struct ferry_error *err);
/* "sha256:…" or "sha512:…" in lower case, as OCI writes.  FERRY_EFORMAT. */
int ferry_digest_parse(
    struct ferry_digest *out, struct ferry_bytes text, struct ferry_error *err);

/*
 * Subresource integrity: blank-separated "alg-base64[?options]" words.
 *
 * Returns: how many digests of known algorithms were written to out (at most
 *     max, in the order of the text); words of unknown algorithms are passed
 *     over, as the specification says.
 * Errors: FERRY_EFORMAT (a known algorithm with a malformed value, and nothing
 *     as strong that is well-formed).
 * Source: W3C Subresource Integrity, 3.5.
 */
int ferry_sri_parse(struct ferry_digest *out, size_t max,
    struct ferry_bytes text, struct ferry_error *err);
/* Append "sha512-<base64>". */
int ferry_sri_add(struct ferry_buf *buf, const struct ferry_digest *digest,
    struct ferry_error *err);

/* One pass, several algorithms. */
struct ferry_digester;
int ferry_digester_new(
    struct ferry_digester **out, unsigned algs, struct ferry_error *err);
void ferry_digester_update(struct ferry_digester *d, const void *p, size_t n);
/* Whether it computes alg; more bytes for that one alone: each algorithm may be
 * another thread's. */
bool ferry_digester_has(const struct ferry_digester *d, enum ferry_alg alg);
void ferry_digester_add(
    struct ferry_digester *d, enum ferry_alg alg, const void *p, size_t n);
/* Digests so far, as if finished; more may be added afterwards. */
void ferry_digester_final(
    struct ferry_digester *d, enum ferry_alg alg, struct ferry_digest *out);
void ferry_digester_free(struct ferry_digester *d);

/* One shot. */
int ferry_digest_of(struct ferry_digest *out, enum ferry_alg alg,
    struct ferry_bytes data, struct ferry_error *err);

/* Append the base64 (with padding) of src; decode it (FERRY_EFORMAT). */
int ferry_base64_add(
    struct ferry_buf *buf, struct ferry_bytes src, struct ferry_error *err);
int ferry_base64_decode(
    struct ferry_buf *buf, struct ferry_bytes src, struct ferry_error *err);
/* Append lower-case hexadecimal. */
int ferry_hex_add(
    struct ferry_buf *buf, struct ferry_bytes src, struct ferry_error *err);

/* n bytes from the system's generator.  Errors: FERRY_ESYSTEM. */
int ferry_random(uint8_t *p, size_t n, struct ferry_error *err);

#endif
