#ifndef FERRY_STORE_RECIPE_ALIKE_H
#define FERRY_STORE_RECIPE_ALIKE_H

/* Whether looking for what two images have in common can pay. */

#include "store/base/bytes.h"

/*
 * How much of image is in base, too, in percent, roughly.  100 where there is too
 * little to tell.
 * FERRY_ALIKE_SPOOLED: both are views of spools, and passed back.
 */
enum ferry_alike_memory { FERRY_ALIKE_MEMORY, FERRY_ALIKE_SPOOLED };
unsigned ferry_recipe_alike(struct ferry_bytes base, struct ferry_bytes image,
    enum ferry_alike_memory memory);

#endif
