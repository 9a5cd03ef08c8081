#include "store/base/digest.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "store/base/error.h"

static const struct {
	const char *name;
	uint8_t size;
	const EVP_MD *(*md)(void);
} algs[FERRY_ALGS] = {
	[FERRY_SHA256] = { "sha256", 32, EVP_sha256 },
	[FERRY_SHA512] = { "sha512", 64, EVP_sha512 },
	[FERRY_SHA384] = { "sha384", 48, EVP_sha384 },
	[FERRY_SHA1] = { "sha1", 20, EVP_sha1 },
	[FERRY_MD5] = { "md5", 16, EVP_md5 },
};

struct ferry_digester {
	EVP_MD_CTX *ctx[FERRY_ALGS];
};

static const char hexdigits[] = "0123456789abcdef";

static void
hex_into(char *buf, const uint8_t *p, size_t n)
{

	for (size_t i = 0; i < n; i++) {
		*buf++ = hexdigits[p[i] >> 4];
		*buf++ = hexdigits[p[i] & 15];
	}
	*buf = 0;
}

const char *
ferry_digest_hex(const struct ferry_digest *digest, char buf[FERRY_DIGEST_TEXT])
{

	hex_into(buf, digest->v, digest->n);
	return buf;
}

const char *
ferry_digest_text(
    const struct ferry_digest *digest, char buf[FERRY_DIGEST_TEXT])
{
	size_t n = strlen(algs[digest->alg].name);

	memcpy(buf, algs[digest->alg].name, n);
	buf[n] = ':';
	hex_into(buf + n + 1, digest->v, digest->n);
	return buf;
}

bool
ferry_digest_equal(const struct ferry_digest *a, const struct ferry_digest *b)
{

	return a->alg == b->alg && a->n == b->n &&
	       memcmp(a->v, b->v, a->n) == 0;
}

const char *
ferry_alg_name(enum ferry_alg alg)
{

	return algs[alg].name;
}

int
ferry_digest_from_hex(struct ferry_digest *out, enum ferry_alg alg,
    struct ferry_bytes hex, struct ferry_error *err)
{
	struct ferry_digest d = { alg, algs[alg].size, { 0 } };

	if (hex.n != 2U * d.n)
		goto bad;
	for (size_t i = 0; i < d.n; i++) {
		int hi = ferry_hex_value(hex.p[2 * i]),
		    lo = ferry_hex_value(hex.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			goto bad;
		d.v[i] = (uint8_t)(hi << 4 | lo);
	}
	*out = d;
	return 0;
bad:
	return ferry_error_set(err, FERRY_EFORMAT,
	    "'%.*s' is not a %s digest (%d hexadecimal digits)",
	    (int)(hex.n > 140 ? 140 : hex.n), (const char *)hex.p,
	    algs[alg].name, 2 * algs[alg].size);
}

int
ferry_digest_parse(
    struct ferry_digest *out, struct ferry_bytes text, struct ferry_error *err)
{
	static const enum ferry_alg known[] = { FERRY_SHA256, FERRY_SHA512 };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char *name = algs[known[i]].name;
		size_t n = strlen(name);
		struct ferry_bytes hex;

		if (text.n <= n || !ferry_bytes_starts(text, name) ||
		    text.p[n] != ':')
			continue;
		hex = ferry_bytes_of(text.p + n + 1, text.n - n - 1);
		for (size_t k = 0; k < hex.n; k++)
			if (hex.p[k] >= 'A' && hex.p[k] <= 'F')
				return ferry_error_set(err, FERRY_EFORMAT,
				    "a digest is written in lower case");
		return ferry_digest_from_hex(out, known[i], hex, err);
	}
	return ferry_error_set(err, FERRY_EFORMAT,
	    "'%.*s' is not a digest (sha256:… or sha512:…)",
	    (int)(text.n > 140 ? 140 : text.n), (const char *)text.p);
}

/* 1, 0 if its algorithm is unknown, or -1; then out says what it would be. */
static int
sri_word(
    struct ferry_digest *out, struct ferry_bytes word, struct ferry_error *err)
{
	static const enum ferry_alg known[] = { FERRY_SHA512, FERRY_SHA384,
		FERRY_SHA256, FERRY_SHA1, FERRY_MD5 };
	struct ferry_buf raw = FERRY_BUF_INIT;
	const uint8_t *end = memchr(word.p, '?', word.n);
	int rc = 0;

	if (end != NULL)
		word.n = (size_t)(end - word.p);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char *name = algs[known[i]].name;
		size_t n = strlen(name);

		if (word.n <= n || !ferry_bytes_starts(word, name) ||
		    word.p[n] != '-')
			continue;
		*out = (struct ferry_digest){ known[i],
			(uint8_t)algs[known[i]].size, { 0 } };
		rc = ferry_base64_decode(
		    &raw, ferry_bytes_of(word.p + n + 1, word.n - n - 1), err);
		if (rc == 0 && raw.n != algs[known[i]].size)
			rc = ferry_error_set(err, FERRY_EFORMAT,
			    "integrity '%.*s' has %zu bytes, not %d",
			    (int)(word.n > 120 ? 120 : word.n),
			    (const char *)word.p, raw.n, algs[known[i]].size);
		if (rc == 0) {
			memcpy(out->v, raw.p, raw.n);
			rc = 1;
		}
		break;
	}
	ferry_buf_free(&raw);
	return rc;
}

static bool
is_blank(uint8_t c)
{

	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int
ferry_sri_parse(struct ferry_digest *out, size_t max, struct ferry_bytes text,
    struct ferry_error *err)
{
	struct ferry_error bad = FERRY_ERROR_INIT, why;
	size_t found = 0, i = 0, start;
	int best = 0, worst = 0; /* bytes of digests */

	while (found < max) {
		struct ferry_bytes word;
		int rc;

		while (i < text.n && is_blank(text.p[i]))
			i++;
		for (start = i; i < text.n && !is_blank(text.p[i]); i++)
			;
		if (i == start)
			break;
		word = ferry_bytes_of(text.p + start, i - start);
		why = (struct ferry_error)FERRY_ERROR_INIT;
		rc = sri_word(&out[found], word, &why);
		if (rc == -1 && why.code != FERRY_EFORMAT) {
			*err = why;
			return -1;
		}
		if (rc == 1 && out[found].n > best)
			best = out[found].n;
		/* Nothing has a malformed digest. */
		if (rc == -1 && out[found].n > worst) {
			worst = out[found].n;
			bad = why;
		}
		found += rc == 1;
	}
	if (worst > best) {
		*err = bad;
		return -1;
	}
	return (int)found;
}

int
ferry_sri_add(struct ferry_buf *buf, const struct ferry_digest *digest,
    struct ferry_error *err)
{

	if (ferry_buf_addf(buf, err, "%s-", algs[digest->alg].name) == -1)
		return -1;
	return ferry_base64_add(buf, ferry_bytes_of(digest->v, digest->n), err);
}

int
ferry_digester_new(
    struct ferry_digester **out, unsigned set, struct ferry_error *err)
{
	struct ferry_digester *d;

	if (ferry_calloc(&d, 1, sizeof(*d), err) == -1)
		return -1;
	for (int a = 0; a < FERRY_ALGS; a++) {
		if ((set & FERRY_ALG(a)) == 0)
			continue;
		if ((d->ctx[a] = EVP_MD_CTX_new()) == NULL ||
		    EVP_DigestInit_ex(d->ctx[a], algs[a].md(), NULL) != 1) {
			ferry_digester_free(d);
			return ferry_error_set(err, FERRY_ENOMEM,
			    "cannot start a %s digest", algs[a].name);
		}
	}
	*out = d;
	return 0;
}

bool
ferry_digester_has(const struct ferry_digester *d, enum ferry_alg alg)
{

	return d->ctx[alg] != NULL;
}

void
ferry_digester_add(
    struct ferry_digester *d, enum ferry_alg alg, const void *p, size_t n)
{

	if (EVP_DigestUpdate(d->ctx[alg], p, n) != 1)
		abort(); /* OpenSSL fails here only on misuse. */
}

void
ferry_digester_update(struct ferry_digester *d, const void *p, size_t n)
{

	for (int a = 0; a < FERRY_ALGS; a++)
		if (d->ctx[a] != NULL)
			ferry_digester_add(d, (enum ferry_alg)a, p, n);
}

void
ferry_digester_final(
    struct ferry_digester *d, enum ferry_alg alg, struct ferry_digest *out)
{
	EVP_MD_CTX *copy = EVP_MD_CTX_new();
	unsigned n = 0;

	*out = (struct ferry_digest){ alg, 0, { 0 } };
	if (copy == NULL || d->ctx[alg] == NULL ||
	    EVP_MD_CTX_copy_ex(copy, d->ctx[alg]) != 1 ||
	    EVP_DigestFinal_ex(copy, out->v, &n) != 1)
		abort(); /* An algorithm that was not asked for, or no memory. */
	out->n = (uint8_t)n;
	EVP_MD_CTX_free(copy);
}

void
ferry_digester_free(struct ferry_digester *d)
{

	if (d == NULL)
		return;
	for (int a = 0; a < FERRY_ALGS; a++)
		EVP_MD_CTX_free(d->ctx[a]);
	free(d);
}

int
ferry_digest_of(struct ferry_digest *out, enum ferry_alg alg,
    struct ferry_bytes data, struct ferry_error *err)
{
	struct ferry_digester *d = NULL;

	if (ferry_digester_new(&d, FERRY_ALG(alg), err) == -1)
		return -1;
	ferry_digester_update(d, data.p, data.n);
	ferry_digester_final(d, alg, out);
	ferry_digester_free(d);
	return 0;
}

int
ferry_base64_add(
    struct ferry_buf *buf, struct ferry_bytes src, struct ferry_error *err)
{
	size_t n;

	if (ferry_size_mul(src.n / 3 + 1, 4, &n, err) == -1 ||
	    ferry_buf_reserve(buf, n + 1, err) == -1)
		return -1;
	buf->n += (size_t)EVP_EncodeBlock(buf->p + buf->n, src.p, (int)src.n);
	buf->p[buf->n] = 0;
	return 0;
}

int
ferry_base64_decode(
    struct ferry_buf *buf, struct ferry_bytes src, struct ferry_error *err)
{
	size_t pad = 0;
	int n;

	if (src.n % 4 != 0 || src.n > INT32_MAX)
		goto bad;
	while (pad < 2 && pad < src.n && src.p[src.n - 1 - pad] == '=')
		pad++;
	/* EVP_DecodeBlock would take '=' anywhere and skip blanks. */
	for (size_t i = 0; i < src.n - pad; i++) {
		uint8_t c = src.p[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			(c >= '0' && c <= '9') || c == '+' || c == '/'))
			goto bad;
	}
	if (ferry_buf_reserve(buf, src.n / 4 * 3, err) == -1)
		return -1;
	n = EVP_DecodeBlock(buf->p + buf->n, src.p, (int)src.n);
	if (n < 0)
		goto bad;
	buf->n += (size_t)n - pad;
	buf->p[buf->n] = 0;
	return 0;
bad:
	return ferry_error_set(err, FERRY_EFORMAT, "'%.*s' is not base64",
	    (int)(src.n > 60 ? 60 : src.n), (const char *)src.p);
}

int
ferry_hex_add(
    struct ferry_buf *buf, struct ferry_bytes src, struct ferry_error *err)
{

	if (ferry_buf_reserve(buf, 2 * src.n, err) == -1)
		return -1;
	hex_into((char *)buf->p + buf->n, src.p, src.n);
	buf->n += 2 * src.n;
	return 0;
}

int
ferry_random(uint8_t *p, size_t n, struct ferry_error *err)
{

	while (n > 0) {
		ssize_t got = getrandom(p, n, 0);

		if (got < 0)
			return ferry_error_errno(err, "getrandom");
		p += got;
		n -= (size_t)got;
	}
	return 0;
}
