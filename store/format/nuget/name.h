#ifndef FERRY_STORE_FORMAT_NUGET_NAME_H
#define FERRY_STORE_FORMAT_NUGET_NAME_H

/*
 * Names of packages: ids, which are the same in any case.
 *
 * In keys an id is in lower case; its record knows how it is written.  A
 * package of a registry that has a base for each owner (GitHub's) is called
 * "owner/id".
 *
 * Source: store/format/nuget/PROTOCOL.md sections 1, 8 and 11.
 */

#include <stdbool.h>

#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_NUGET_ID_MAX 100 /* characters */

/* Whether id is one, in any case: words between single dots and dashes. */
bool ferry_nuget_id_valid(struct ferry_bytes id);
/*
 * Append text in lower case, as .NET's invariant culture has it: letters of
 * Latin, Greek and Cyrillic.  Others have no case here, so that an id with
 * them must be written as its author does.
 */
int ferry_nuget_lower(
    struct ferry_buf *out, struct ferry_bytes text, struct ferry_error *err);

/* "octo" and "ui.core" of "octo/ui.core"; a plain id has no owner. */
struct ferry_bytes ferry_nuget_name_owner(struct ferry_bytes name);
struct ferry_bytes ferry_nuget_name_id(struct ferry_bytes name);

/* For struct ferry_format: a name as keys have it, in lower case. */
bool ferry_nuget_name_valid(struct ferry_bytes name);
int ferry_nuget_name_key(
    struct ferry_buf *out, struct ferry_bytes name, struct ferry_error *err);
/* What clients call GitHub's package name of owner, and all of an owner's. */
int ferry_nuget_github_name(struct ferry_buf *out, const char *owner,
    const char *name, struct ferry_error *err);
int ferry_nuget_github_scope(
    struct ferry_buf *out, const char *owner, struct ferry_error *err);

#endif
