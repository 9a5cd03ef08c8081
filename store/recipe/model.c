#include "store/recipe/model.h"

/*
 * Rows of zlib's levels, which its descendants kept; see README.md for who
 * uses what.
 */
#define LEVEL_1 4, 4, 8, 4
#define LEVEL_2 4, 5, 16, 8
#define LEVEL_3 4, 6, 32, 32
#define LEVEL_4 4, 4, 16, 16
#define LEVEL_5 8, 16, 32, 32
#define LEVEL_6 8, 16, 128, 128
#define LEVEL_7 8, 32, 128, 256
#define LEVEL_8 32, 128, 258, 1024
#define LEVEL_9 32, 258, 258, 4096

#define ZLIB(search, hash)                                                     \
	FERRY_SEARCH_##search, FERRY_HASH_##hash, FERRY_TREES_ZLIB
#define GO FERRY_SEARCH_GO, FERRY_HASH_GO, FERRY_TREES_GO
#define MEDIUM(search, hash)                                                   \
	FERRY_SEARCH_##search, FERRY_HASH_##hash, FERRY_TREES_ZLIB, LEVEL_6,   \
	    FULL_ZLIB
#define FULL_ZLIB 16383
#define FULL_GO 16384

/*
 * The order is that of trying; numbers are for ever.  1 to 9 are zlib's levels,
 * 11 to 19 those of Chromium's zlib, 24 to 29 Go's; from 41 and 51 on those of
 * zlib-ng, from 61 on those of Intel's, by how much the caller writes at a time.
 */
static const struct ferry_model models[] = {
	{ 6, "zlib6", ZLIB(SLOW, ZLIB), LEVEL_6, FULL_ZLIB, 0 },
	{ 9, "zlib9", ZLIB(SLOW, ZLIB), LEVEL_9, FULL_ZLIB, 0 },
	{ 19, "chrome9", ZLIB(SLOW, CHROMIUM), LEVEL_9, FULL_ZLIB, 0 },
	{ 16, "chrome6", ZLIB(SLOW, CHROMIUM), LEVEL_6, FULL_ZLIB, 0 },
	{ 26, "go6", GO, LEVEL_6, FULL_GO, 0 },
	{ 41, "ng6", MEDIUM(NG, NG), 0 },
	{ 42, "ng6/80k", MEDIUM(NG, NG), 81920 },
	{ 51, "ng6-old", MEDIUM(NG_OLD, NG), 0 },
	{ 52, "ng6-old/80k", MEDIUM(NG_OLD, NG), 81920 },
	{ 61, "intel6", MEDIUM(INTEL, INTEL), 0 },
	{ 62, "intel6/80k", MEDIUM(INTEL, INTEL), 81920 },
	{ 1, "zlib1", ZLIB(FAST, ZLIB), LEVEL_1, FULL_ZLIB, 0 },
	{ 2, "zlib2", ZLIB(FAST, ZLIB), LEVEL_2, FULL_ZLIB, 0 },
	{ 3, "zlib3", ZLIB(FAST, ZLIB), LEVEL_3, FULL_ZLIB, 0 },
	{ 4, "zlib4", ZLIB(SLOW, ZLIB), LEVEL_4, FULL_ZLIB, 0 },
	{ 5, "zlib5", ZLIB(SLOW, ZLIB), LEVEL_5, FULL_ZLIB, 0 },
	{ 7, "zlib7", ZLIB(SLOW, ZLIB), LEVEL_7, FULL_ZLIB, 0 },
	{ 8, "zlib8", ZLIB(SLOW, ZLIB), LEVEL_8, FULL_ZLIB, 0 },
	{ 11, "chrome1", ZLIB(FAST, CHROMIUM), LEVEL_1, FULL_ZLIB, 0 },
	{ 12, "chrome2", ZLIB(FAST, CHROMIUM), LEVEL_2, FULL_ZLIB, 0 },
	{ 13, "chrome3", ZLIB(FAST, CHROMIUM), LEVEL_3, FULL_ZLIB, 0 },
	{ 14, "chrome4", ZLIB(SLOW, CHROMIUM), LEVEL_4, FULL_ZLIB, 0 },
	{ 15, "chrome5", ZLIB(SLOW, CHROMIUM), LEVEL_5, FULL_ZLIB, 0 },
	{ 17, "chrome7", ZLIB(SLOW, CHROMIUM), LEVEL_7, FULL_ZLIB, 0 },
	{ 18, "chrome8", ZLIB(SLOW, CHROMIUM), LEVEL_8, FULL_ZLIB, 0 },
	{ 24, "go4", GO, LEVEL_4, FULL_GO, 0 },
	{ 25, "go5", GO, LEVEL_5, FULL_GO, 0 },
	{ 27, "go7", GO, LEVEL_7, FULL_GO, 0 },
	{ 28, "go8", GO, LEVEL_8, FULL_GO, 0 },
	{ 29, "go9", GO, LEVEL_9, FULL_GO, 0 },
	{ 43, "ng6/4k", MEDIUM(NG, NG), 4096 },
	{ 44, "ng6/8k", MEDIUM(NG, NG), 8192 },
};
#define MODELS (sizeof(models) / sizeof(models[0]))

const struct ferry_model *
ferry_model_find(uint64_t number)
{

	for (size_t i = 0; i < MODELS; i++)
		if (models[i].number == number)
			return &models[i];
	return NULL;
}

const struct ferry_model *
ferry_model_at(size_t i)
{

	return i < MODELS ? &models[i] : NULL;
}
