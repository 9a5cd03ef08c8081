#ifndef FERRY_STORE_RECIPE_DEFLATE_H
#define FERRY_STORE_RECIPE_DEFLATE_H

/*
 * Words of deflate that reading and writing share: tokens, headers of blocks,
 * the alphabets.
 *
 * Source: RFC 1951, 3.2.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FERRY_DEFLATE_WINDOW 32768
#define FERRY_DEFLATE_MATCH_MIN 3
#define FERRY_DEFLATE_MATCH_MAX 258
#define FERRY_DEFLATE_CODE_MAX 15 /* bits of a literal's or distance's code */
#define FERRY_DEFLATE_ORDER_MAX 7 /* bits of a code for code lengths */
#define FERRY_DEFLATE_LITERALS 288 /* the fixed code has 288, 286 may be used */
#define FERRY_DEFLATE_LITERALS_MAX 286
#define FERRY_DEFLATE_DISTANCES 30
#define FERRY_DEFLATE_ORDER 19 /* symbols of the code for code lengths */
#define FERRY_DEFLATE_END 256 /* the symbol that ends a block */
/* A literal of the raw bytes if length is 0. */
struct ferry_token {
	uint16_t length;
	uint16_t distance;
};

enum ferry_deflate_type {
	FERRY_DEFLATE_STORED,
	FERRY_DEFLATE_FIXED,
	FERRY_DEFLATE_DYNAMIC
};

/*
 * The codes of a block.
 *
 * Invariants: literals is 257 to 286 (288 of the fixed code) and distances 1
 * to 30; lengths behind them are 0.  The steps give exactly literals +
 * distances lengths when they are run: symbol, and the value of its extra
 * bits.  Of a stored block only type counts; of a fixed one, steps, order and
 * order_n mean nothing.
 */
struct ferry_deflate_step {
	uint8_t symbol;
	uint8_t extra;
};
struct ferry_deflate_header {
	enum ferry_deflate_type type;
	uint16_t literals, distances;
	uint8_t literal_lengths[FERRY_DEFLATE_LITERALS];
	uint8_t distance_lengths[FERRY_DEFLATE_DISTANCES];
	uint8_t order[FERRY_DEFLATE_ORDER]; /* by symbol, not as it travels */
	uint8_t order_n; /* how many travel: 4 to 19 */
	uint16_t steps_n;
	struct ferry_deflate_step
	    steps[FERRY_DEFLATE_LITERALS_MAX + FERRY_DEFLATE_DISTANCES];
};

/* Symbols' first length or distance, and how many bits follow. */
extern const uint16_t ferry_deflate_length_base[29];
extern const uint8_t ferry_deflate_length_extra[29];
extern const uint16_t ferry_deflate_distance_base[FERRY_DEFLATE_DISTANCES];
extern const uint8_t ferry_deflate_distance_extra[FERRY_DEFLATE_DISTANCES];
/* The order in which lengths of the code for code lengths travel. */
extern const uint8_t ferry_deflate_order[FERRY_DEFLATE_ORDER];
/* Bits that follow step symbol s: 2 of 16, 3 of 17, 7 of 18, else none. */
unsigned ferry_deflate_step_bits(unsigned symbol);

/* Of v > 0: the place of its highest bit, from 0. */
static inline unsigned
ferry_deflate_high_bit(unsigned v)
{

	return 31U - (unsigned)__builtin_clz(v);
}

/* The symbol, from 0, of a length (3 to 258) or a distance (1 to 32768). */
static inline unsigned
ferry_deflate_length_symbol(unsigned length)
{
	unsigned v, high;

	/* Four symbols for each power of two; 258 has one of its own. */
	if (length == FERRY_DEFLATE_MATCH_MAX)
		return 28;
	if (length < 11)
		return length - 3;
	v = length - 3;
	high = ferry_deflate_high_bit(v);
	return 4 * (high - 1) + (v >> (high - 2) & 3);
}

static inline unsigned
ferry_deflate_distance_symbol(unsigned distance)
{
	unsigned v, high;

	if (distance < 5)
		return distance - 1;
	v = distance - 1;
	high = ferry_deflate_high_bit(v);
	return 2 * high + (v >> (high - 1) & 1);
}

/* Make header that of the fixed codes. */
void ferry_deflate_fixed(struct ferry_deflate_header *header);
/*
 * Run header's steps into its lengths.
 * Returns: whether they give exactly as many as header says.
 */
bool ferry_deflate_run_steps(struct ferry_deflate_header *header);
/*
 * Whether n lengths, each at most 15, make a prefix code that a decoder takes:
 * complete, or a single code of one bit, or (distances) none at all.
 */
enum ferry_deflate_code {
	FERRY_DEFLATE_CODE_LITERALS,
	FERRY_DEFLATE_CODE_DISTANCES
};
bool ferry_deflate_code_fits(
    const uint8_t *lengths, size_t n, enum ferry_deflate_code kind);

#endif
