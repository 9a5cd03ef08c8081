#ifndef FERRY_STORE_FORMAT_NUGET_CHECK_H
#define FERRY_STORE_FORMAT_NUGET_CHECK_H

/*
 * Whether the record of a NuGet package's version agrees with itself.  As
 * check() of struct ferry_format, which has the contract.
 *
 * Its "id" and "version" are those of its key, in another case perhaps, and its
 * "content_hash" is of 64 bytes.  What is shown to clients is one of the types
 * that store/catalog/README.md says.
 */

#include "store/format/format.h"

/* Returns: 0, or -1 with FERRY_EFORMAT. */
int ferry_nuget_check(const struct ferry_format_record *record,
    ferry_format_load *on_load, void *ctx, struct ferry_error *err);

#endif
