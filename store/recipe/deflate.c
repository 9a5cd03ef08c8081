#include "store/recipe/deflate.h"

#include <string.h>

const uint16_t ferry_deflate_length_base[29] = { 3, 4, 5, 6, 7, 8, 9, 10, 11,
	13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163,
	195, 227, 258 };
const uint8_t ferry_deflate_length_extra[29] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1,
	1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
const uint16_t ferry_deflate_distance_base[FERRY_DEFLATE_DISTANCES] = { 1, 2, 3,
	4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769,
	1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577 };
const uint8_t ferry_deflate_distance_extra[FERRY_DEFLATE_DISTANCES] = { 0, 0, 0,
	0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11,
	12, 12, 13, 13 };
const uint8_t ferry_deflate_order[FERRY_DEFLATE_ORDER] = { 16, 17, 18, 0, 8, 7,
	9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 };

unsigned
ferry_deflate_step_bits(unsigned symbol)
{

	return symbol == 16 ? 2 : symbol == 17 ? 3 : symbol == 18 ? 7 : 0;
}

void
ferry_deflate_fixed(struct ferry_deflate_header *header)
{

	memset(header, 0, sizeof(*header));
	header->type = FERRY_DEFLATE_FIXED;
	header->literals = FERRY_DEFLATE_LITERALS;
	header->distances = FERRY_DEFLATE_DISTANCES;
	for (unsigned i = 0; i < FERRY_DEFLATE_LITERALS; i++)
		header->literal_lengths[i] = i < 144   ? 8
		                             : i < 256 ? 9
		                             : i < 280 ? 7
		                                       : 8;
	memset(header->distance_lengths, 5, FERRY_DEFLATE_DISTANCES);
}

bool
ferry_deflate_run_steps(struct ferry_deflate_header *header)
{
	uint8_t v[FERRY_DEFLATE_LITERALS + FERRY_DEFLATE_DISTANCES];
	size_t want = (size_t)header->literals + header->distances, n = 0;

	for (size_t i = 0; i < header->steps_n; i++) {
		const struct ferry_deflate_step *step = &header->steps[i];
		size_t times = 1;
		uint8_t length = step->symbol;

		if (step->symbol >= 16) {
			if (step->symbol == 16 && n == 0)
				return false;
			length = step->symbol == 16 ? v[n - 1] : 0;
			times = step->extra + (step->symbol == 18 ? 11U : 3U);
		}
		if (times > want - n)
			return false;
		memset(v + n, length, times);
		n += times;
	}
	if (n != want)
		return false;
	memset(header->literal_lengths, 0, sizeof(header->literal_lengths));
	memset(header->distance_lengths, 0, sizeof(header->distance_lengths));
	memcpy(header->literal_lengths, v, header->literals);
	memcpy(
	    header->distance_lengths, v + header->literals, header->distances);
	return true;
}

bool
ferry_deflate_code_fits(
    const uint8_t *lengths, size_t n, enum ferry_deflate_code kind)
{
	unsigned counts[FERRY_DEFLATE_CODE_MAX + 1] = { 0 }, used = 0;
	int left = 1;

	for (size_t i = 0; i < n; i++)
		counts[lengths[i]]++;
	for (unsigned bits = 1; bits <= FERRY_DEFLATE_CODE_MAX; bits++) {
		used += counts[bits];
		left = left * 2 - (int)counts[bits];
		if (left < 0)
			return false;
	}
	if (left == 0)
		return true;
	return kind == FERRY_DEFLATE_CODE_DISTANCES
	           ? used == 0 || (used == 1 && counts[1] == 1)
	           : used == 1 && counts[1] == 1;
}
