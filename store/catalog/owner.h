#ifndef FERRY_CATALOG_OWNER_H
#define FERRY_CATALOG_OWNER_H

/*
 * Whose package a name means, where clients say no more than the name.
 */

struct ferry_buf;
struct ferry_error;
struct ferry_store;

/*
 * The owner of package: the first that has it, in the order of their names,
 * until views say otherwise.  It decides alone: were another asked for what it
 * lacks, one upstream could put versions into another's package.
 * Returns: 1 and the name appended to out, 0 if nobody has it, -1.
 */
int ferry_owner_find(struct ferry_store *st, const char *format,
    const char *package, struct ferry_buf *out, struct ferry_error *err);

#endif
