#ifndef FERRY_STORE_RECIPE_TURN_H
#define FERRY_STORE_RECIPE_TURN_H

/* Images whose assemblies are turned; see assembly.h. */

#include "store/recipe/assembly.h"
#include "store/recipe/plan.h"

struct ferry_spool;

/*
 * Turn the content of each stream of the plan, in the spool, which holds the image
 * alone; or turn it back.  *turned (may be NULL): whether anything was.
 * Errors: FERRY_ESYSTEM, FERRY_ENOMEM.
 */
int ferry_turn(const struct ferry_plan *plan, struct ferry_spool *image,
    enum ferry_assembly_way way, bool *turned, struct ferry_error *err);

#endif
