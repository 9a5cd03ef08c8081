#ifndef FERRY_STORE_RECIPE_MODEL_H
#define FERRY_STORE_RECIPE_MODEL_H

/*
 * Models of compressors: from raw bytes to the tokens that the compressor
 * would choose.
 *
 * A model is a number.  What a number means never changes, since recipes on
 * media name it: whoever finds a model wrong adds another one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/recipe/tree.h"

#define FERRY_MODEL_SET 1 /* of which the numbers are */
#define FERRY_MODEL_MAX 255

/* How matches are looked for. */
enum ferry_model_search {
	FERRY_SEARCH_FAST, /* the first that is found is taken */
	FERRY_SEARCH_SLOW, /* unless the next position has a longer one */
	FERRY_SEARCH_GO, /* the same idea, otherwise written */
	/* The next match may begin within it: zlib-ng's, an older one's, Intel's
	 * zlib's. */
	FERRY_SEARCH_NG,
	FERRY_SEARCH_NG_OLD,
	FERRY_SEARCH_INTEL
};

/* By which bytes positions are found again. */
enum ferry_model_hash {
	FERRY_HASH_ZLIB, /* three bytes, shifted */
	FERRY_HASH_CHROMIUM, /* four, multiplied */
	FERRY_HASH_GO, /* four, the first one highest, multiplied */
	FERRY_HASH_NG, /* four, multiplied otherwise */
	FERRY_HASH_INTEL /* three, their CRC-32C */
};

struct ferry_model {
	uint8_t number;
	char name[12];
	enum ferry_model_search search;
	enum ferry_model_hash hash;
	enum ferry_trees trees;
	uint16_t good; /* from this length on a fourth of chain is enough */
	uint16_t lazy; /* from this length on the next position is not tried */
	uint16_t nice; /* a match of this length ends the search */
	uint16_t chain; /* how many positions are tried */
	uint32_t block; /* tokens of a full block */
	uint32_t chunk; /* bytes that come at a time; 0: all */
};

/* Returns: the model, or NULL if no model has this number. */
const struct ferry_model *ferry_model_find(uint64_t number);
/*
 * All of them, those first that most streams fit.  Returns: model i, NULL from
 * the last one on.
 */
const struct ferry_model *ferry_model_at(size_t i);

#endif
