#ifndef FERRY_STORE_RECIPE_PREDICT_INTERNAL_H
#define FERRY_STORE_RECIPE_PREDICT_INTERNAL_H

/* What the ways of searching share; nobody else includes it. */

#include <string.h>

#include "store/recipe/predict.h"

/*
 * Positions by the hash of their bytes.  head holds positions + 1, 0 for none;
 * prev, indexed by position modulo its size, how far back the one before is: 0
 * for none, and FERRY_PREDICT_FAR for whatever is too far to be of use.
 */
#define FERRY_PREDICT_FAR UINT16_MAX
/* Of longer matches zlib-ng and Intel's zlib keep not all positions. */
#define FERRY_PREDICT_LONG 256
#define FERRY_PREDICT_LONGS (FERRY_DEFLATE_WINDOW / FERRY_PREDICT_LONG)
struct ferry_predict_long {
	size_t at;
	unsigned length;
};
struct ferry_predictor {
	struct ferry_predict_run *run;
	const uint8_t *raw;
	size_t n;
	bool spooled;
	const struct ferry_heed *heed;
	uint64_t reached,
	    since; /* raw bytes; of all runs, since it was heeded */
	size_t skip_from; /* before, there is nothing to skip */
	/* Of what was skipped, if ferry_predict_is_medium(): tokens, and where those begin whose positions are
	 * not all kept, the last ones that the window has room for. */
	uint64_t skipped;
	unsigned last; /* bytes of the last one */
	size_t longs_n;
	struct ferry_predict_long longs[FERRY_PREDICT_LONGS];
	/* Of each byte at each place of a word: their sum is the word's, as
	 * ferry_predict_crc() is linear. */
	uint16_t crc[3][256];
	uint32_t head[1U << 17];
	uint16_t prev[FERRY_DEFLATE_WINDOW];
	/* Likewise: how many of its hash were before it, modulo 2^16.  Between two
	 * that prev leads from one to the other the difference is how many steps
	 * that takes. */
	uint16_t rank[FERRY_DEFLATE_WINDOW];
	/* In its place for the models that look behind positions that were never
	 * kept, and find what was there a window before: positions + 1. */
	uint32_t old[FERRY_DEFLATE_WINDOW];
};

/* Whether it is one of those of predict_medium.c. */
static inline bool
ferry_predict_is_medium(const struct ferry_model *model)
{

	return model->search == FERRY_SEARCH_NG ||
	       model->search == FERRY_SEARCH_NG_OLD ||
	       model->search == FERRY_SEARCH_INTEL;
}

#define FERRY_PREDICT_MASK (FERRY_DEFLATE_WINDOW - 1)

/* Four bytes from p, zeros behind the end. */
static inline uint32_t
ferry_predict_word(const struct ferry_predictor *p, size_t at)
{
	uint32_t v = 0;

	if (p->n - at >= 4)
		return (uint32_t)p->raw[at] | (uint32_t)p->raw[at + 1] << 8 |
		       (uint32_t)p->raw[at + 2] << 16 |
		       (uint32_t)p->raw[at + 3] << 24;
	for (unsigned i = 0; at + i < p->n; i++)
		v |= (uint32_t)p->raw[at + i] << 8 * i;
	return v;
}

/* The CRC-32C of four bytes, from 0 and not inverted. */
uint32_t ferry_predict_crc(uint32_t v);

static inline uint32_t
ferry_predict_hash(const struct ferry_predictor *p, size_t at)
{
	uint32_t v = ferry_predict_word(p, at);

	switch (p->run->model->hash) {
	case FERRY_HASH_ZLIB:
		return ((v & 255) << 10 ^ (v >> 8 & 255) << 5 ^
			   (v >> 16 & 255)) &
		       0x7fff;
	case FERRY_HASH_CHROMIUM:
		return (v * 66521U + 66521U) >> 16 & 0x7fff;
	case FERRY_HASH_NG:
		return v * 2654435761U >> 16;
	case FERRY_HASH_INTEL:
		return p->crc[0][v & 255] ^ p->crc[1][v >> 8 & 255] ^
		       p->crc[2][v >> 16 & 255];
	case FERRY_HASH_GO:
		return __builtin_bswap32(v) * 0x1e35a7bdU >> 15;
	}
	return 0;
}

/* Make at the newest of its hash.  Returns: the one before + 1, 0 for none. */
static inline uint32_t
ferry_predict_insert(struct ferry_predictor *p, size_t at)
{
	uint32_t h = ferry_predict_hash(p, at), old = p->head[h];
	size_t back = old == 0 || old > at ? 0 : at + 1 - old;

	p->prev[at & FERRY_PREDICT_MASK] =
	    (uint16_t)(back < FERRY_PREDICT_FAR ? back : FERRY_PREDICT_FAR);
	p->rank[at & FERRY_PREDICT_MASK] =
	    (uint16_t)(p->rank[(at - back) & FERRY_PREDICT_MASK] + 1);
	p->head[h] = (uint32_t)at + 1;
	return old;
}

/*
 * Of the one before at: its place, or SIZE_MAX if there is none.
 */
static inline size_t
ferry_predict_before(const struct ferry_predictor *p, size_t at)
{
	size_t back = p->prev[at & FERRY_PREDICT_MASK];

	return back == 0 || back > at ? SIZE_MAX : at - back;
}

/*
 * What a match has where it is longer than best: four bytes up to that one, or
 * all three if best is 2.
 */
struct ferry_predict_wanted {
	size_t at;
	uint32_t bytes, mask;
};

static inline struct ferry_predict_wanted
ferry_predict_want(const struct ferry_predictor *p, size_t s, unsigned best)
{
	struct ferry_predict_wanted w = { 0, 0, 0xffffff };

	if (best < 3) {
		w.bytes = ferry_predict_word(p, s) & w.mask;
		return w;
	}
	w.at = best - 3;
	w.mask = UINT32_MAX;
	memcpy(&w.bytes, p->raw + s + w.at, 4);
	return w;
}

/* Whether the match at there, which is not where it was wanted, may have it. */
static inline bool
ferry_predict_may(const struct ferry_predict_wanted *w, const uint8_t *there)
{
	uint32_t v;

	memcpy(&v, there + w->at, 4);
	return ((v ^ w->bytes) & w->mask) == 0;
}

/* How many bytes at a and b are the same, at most max. */
static inline unsigned
ferry_predict_equal(const uint8_t *a, const uint8_t *b, unsigned max)
{
	unsigned n = 0;

	while (n + 8 <= max) {
		uint64_t x, y;

		memcpy(&x, a + n, 8);
		memcpy(&y, b + n, 8);
		if (x != y) {
			x ^= y;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
			x = __builtin_bswap64(x);
#endif
			return n + ((unsigned)__builtin_ctzll(x) >> 3);
		}
		n += 8;
	}
	while (n < max && a[n] == b[n])
		n++;
	return n;
}

/* A match that was found: length bytes at position at. */
struct ferry_predict_match {
	unsigned length;
	size_t at;
};

/* Ask the caller; as ferry_predict_decide. */
int ferry_predict_ask(struct ferry_predictor *p, size_t at,
    struct ferry_token *actual, struct ferry_error *err);

/*
 * Where a model begins anew: let the caller skip, and go on behind that; _kept:
 * all of the window's positions kept.  To be called if *at is not before skip_from.
 * Returns: 0, -1.
 */
int ferry_predict_skip(
    struct ferry_predictor *p, size_t *at, struct ferry_error *err);
int ferry_predict_skip_kept(
    struct ferry_predictor *p, size_t *at, struct ferry_error *err);

/* Each runs to the end of raw: 0, 1, -1. */
int ferry_predict_zlib(struct ferry_predictor *p, struct ferry_error *err);
int ferry_predict_go(struct ferry_predictor *p, struct ferry_error *err);
int ferry_predict_medium(struct ferry_predictor *p, struct ferry_error *err);

#endif
