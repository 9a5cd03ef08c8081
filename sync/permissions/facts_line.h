#ifndef FERRY_SYNC_PERMISSIONS_FACTS_LINE_H
#define FERRY_SYNC_PERMISSIONS_FACTS_LINE_H

/* From members of an API's items to members of a snapshot's records. */

#include <jansson.h>
#include <stdint.h>

struct ferry_error;

/* A number, and what may stand in names, which reach terminals, logs and
 * headers.  Errors: FERRY_EFORMAT, naming the member. */
int ferry_facts_number(const json_t *item, const char *member, uint64_t *out,
    struct ferry_error *err);
int ferry_facts_name(const json_t *item, const char *member, const char **out,
    struct ferry_error *err);

/* A new record, or NULL; its members are set in the order that
 * store/access/README.md has. */
json_t *ferry_facts_line(const char *kind);
void ferry_facts_set_number(json_t *record, const char *member, uint64_t value);
void
ferry_facts_set_text(json_t *record, const char *member, const char *value);

#endif
