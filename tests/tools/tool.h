#ifndef FERRY_TESTS_TOOL_H
#define FERRY_TESTS_TOOL_H

/*
 * What the programs that look into stores, or fill them, for tests share.
 * None of these functions fails: an error ends the program in words.
 */

#include <stdbool.h>

#include <jansson.h>

#include "store/base/error.h"

struct ferry_buf;
struct ferry_key;
struct ferry_store;

/* Of what reports into err, a variable of the caller. */
#define CHECK(expression)                                                      \
	do {                                                                   \
		if ((expression) == -1)                                        \
			tool_die(&err);                                        \
	} while (0)

_Noreturn void tool_die(const struct ferry_error *err);

/* The store for writing, made if it is not there; tool_close() commits. */
struct ferry_store *tool_open(const char *path);
void tool_close(struct ferry_store *st);

/* Add a file's bytes to buf.  The second returns false if there is none. */
void tool_load(struct ferry_buf *buf, const char *path);
bool tool_load_if_there(struct ferry_buf *buf, const char *path);

void tool_set(json_t *object, const char *name, const char *text);
/* *Takes* record, which may be one that was read from the catalog. */
void
tool_put(struct ferry_store *st, const struct ferry_key *key, json_t *record);
/* Set a member of a version's record; *takes* value. */
void tool_set_version(struct ferry_store *st, const char *format,
    const char *name, const char *owner, const char *version,
    const char *member, json_t *value);

#endif
