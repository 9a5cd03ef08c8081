#ifndef FERRY_SYNC_SELECT_IMAGES_VARIABLES_H
#define FERRY_SYNC_SELECT_IMAGES_VARIABLES_H

/*
 * Variables in Dockerfiles and compose files, and what they stand for.
 *
 * The environment of the process is never looked at: what a file wants must
 * not depend on the caller.
 */

#include <stdbool.h>
#include <stddef.h>

#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_VARS_MAX 1024 /* variables of one set */
#define FERRY_VARS_VALUE_MAX 4096 /* bytes of a value, and of what uses it */
#define FERRY_VARS_WHY 160

/* A set of variables; zeroed, it is empty. */
struct ferry_variables {
	struct ferry_variable *v;
	size_t n, cap;
};

/*
 * Set name; a value with p == NULL says that it is known to have none.
 * Errors: FERRY_ELIMIT (FERRY_VARS_MAX, FERRY_VARS_VALUE_MAX), FERRY_ENOMEM.
 */
int ferry_variables_set(struct ferry_variables *vars, struct ferry_bytes name,
    struct ferry_bytes value, struct ferry_error *err);
/* The value; NULL if there is none.  Borrowed until the set changes. */
const char *ferry_variables_get(
    const struct ferry_variables *vars, struct ferry_bytes name);
bool ferry_variables_has(
    const struct ferry_variables *vars, struct ferry_bytes name);
void ferry_variables_free(struct ferry_variables *vars); /* not vars itself */

/* How a text says "variable". */
enum ferry_variables_syntax {
	/*
	 * A word of a Dockerfile: $A, ${A}, ${A:-x}, ${A-x}, ${A:+x}, ${A+x},
	 * ${A:?x}, ${A?x}; quotes and escapes are taken off.
	 */
	FERRY_VARS_DOCKER,
	/* A value of a compose file: the same forms; $$ is a dollar sign. */
	FERRY_VARS_COMPOSE
};
enum ferry_variables_unknown {
	FERRY_VARS_FAIL, /* a variable without value: returns 0 */
	FERRY_VARS_KEEP /* ... stays in the text, with an escape before it */
};
struct ferry_variables_style {
	enum ferry_variables_syntax syntax;
	enum ferry_variables_unknown unknown;
	char escape; /* of Dockerfiles: '\\' or '`' */
	size_t max; /* bytes of the result; 0: FERRY_VARS_VALUE_MAX */
};

/*
 * Append text with its variables replaced.
 *
 * Returns: 1; 0 if that cannot be known, with why saying why (a variable
 *     without a value, a malformed or too long substitution); -1.
 * Errors: FERRY_ENOMEM.
 * Source: Dockerfile reference, "Environment replacement"; Compose
 *     Specification, "Interpolation".
 */
int ferry_variables_expand(struct ferry_buf *out,
    const struct ferry_variables *vars, struct ferry_bytes text,
    const struct ferry_variables_style *style, char why[FERRY_VARS_WHY],
    struct ferry_error *err);

/*
 * Add the variables of a .env file: NAME=VALUE or NAME: VALUE, perhaps after
 * "export"; values in '…' as they are, in "…" with \n and the like and
 * variables, bare ones with variables up to " #".  A NAME alone, and a value
 * that depends on a variable without value, has none.
 *
 * Errors: FERRY_EFORMAT with the line, FERRY_ELIMIT, FERRY_ENOMEM.
 */
int ferry_variables_dotenv(struct ferry_variables *vars,
    struct ferry_bytes text, struct ferry_error *err);

#endif
