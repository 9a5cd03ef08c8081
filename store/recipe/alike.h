#ifndef FERRY_STORE_RECIPE_ALIKE_H
#define FERRY_STORE_RECIPE_ALIKE_H

/* Whether looking for what two images have in common can pay. */

#include "store/base/bytes.h"

/*
 * How much of image is in base, too, in percent, roughly; both are views of
 * spools.  100 where there is too little to tell.
 */
unsigned ferry_recipe_alike(struct ferry_bytes base, struct ferry_bytes image);

#endif
