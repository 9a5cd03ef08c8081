/*
 * Places are chosen by the bytes there, so that the same content has the same
 * ones wherever it lies, and noted as bits of a hash.
 */

#include "store/recipe/alike.h"

#include <stdbool.h>
#include <string.h>

#include "store/recipe/spool.h"

#define BITS (1U << 20)
#define PLACES (1U << 16) /* of the base, about */
#define EACH 16 /* bytes for a place, at least */
#define FEW 32 /* places that tell nothing */
#define PASS (4U << 20) /* after as many bytes views are passed */

struct places {
	uint8_t bits[BITS / 8];
	uint64_t rare; /* a hash is a place's if these bits are 0 */
};

/* Whether the eight bytes at p are a place; its bit. */
static bool
is_place(const struct places *places, const uint8_t *p, uint32_t *bit)
{
	uint64_t v;

	memcpy(&v, p, 8);
	v = (v ^ v >> 31) * UINT64_C(0x9e3779b97f4a7c15);
	v ^= v >> 29;
	*bit = (uint32_t)(v >> 40) & (BITS - 1);
	return (v & places->rare) == 0;
}

static void
note_all(struct places *places, struct ferry_bytes base,
    enum ferry_alike_memory memory)
{
	uint32_t bit;

	for (size_t at = 0; base.n - at >= 8; at++) {
		if (is_place(places, base.p + at, &bit))
			places->bits[bit / 8] |= (uint8_t)(1U << bit % 8);
		if (memory == FERRY_ALIKE_SPOOLED && at % PASS == PASS - 1)
			ferry_spool_pass_view(ferry_bytes_of(base.p, at));
	}
}

unsigned
ferry_recipe_alike(struct ferry_bytes base, struct ferry_bytes image,
    enum ferry_alike_memory memory)
{
	struct places places = { .rare = EACH - 1 };
	uint64_t found = 0, all = 0;
	uint32_t bit;

	while (base.n / (places.rare + 1) > PLACES)
		places.rare = places.rare * 2 + 1;
	if (base.n < 8 || image.n < 8)
		return 100;
	note_all(&places, base, memory);
	for (size_t at = 0; image.n - at >= 8; at++) {
		if (is_place(&places, image.p + at, &bit)) {
			found += places.bits[bit / 8] >> bit % 8 & 1U;
			all++;
		}
		if (memory == FERRY_ALIKE_SPOOLED && at % PASS == PASS - 1)
			ferry_spool_pass_view(ferry_bytes_of(image.p, at));
	}
	return all < FEW ? 100 : (unsigned)(found * 100 / all);
}
