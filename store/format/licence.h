#ifndef FERRY_STORE_FORMAT_LICENCE_H
#define FERRY_STORE_FORMAT_LICENCE_H

/*
 * Licences as packages state them: SPDX expressions, and texts that are none.
 *
 * Source: SPDX specification 2.3, annex D: AND binds tighter than OR, WITH
 * tighter than both; identifiers and operators in any case.
 */

#include <stdbool.h>
#include <stddef.h>

/*
 * Which may come.  allow without any: all; deny counts for more.  An entry is
 * an identifier, which is meant with every exception, too, "ID WITH EXCEPTION",
 * a whole text that is no expression, or FERRY_LICENCE_NONE.  "ID+" and ID are the
 * same.
 */
#define FERRY_LICENCE_NONE "none" /* of a package that states none */
struct ferry_licences {
	const char *allow[64], *deny[64];
	size_t allow_n, deny_n;
};

/*
 * Whether what states text (NULL or "": nothing) may come: of a choice (OR) one
 * must be allowed, of a sum (AND) all.
 */
bool
ferry_licences_permit(const struct ferry_licences *licences, const char *text);

#endif
