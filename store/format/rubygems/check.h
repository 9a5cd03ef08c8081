#ifndef FERRY_STORE_FORMAT_RUBYGEMS_CHECK_H
#define FERRY_STORE_FORMAT_RUBYGEMS_CHECK_H

/*
 * Whether the record of a gem agrees with itself.  As check() of struct
 * ferry_format, which has the contract.
 *
 * What /info says of a version, its "line", is one line of printable ASCII whose
 * checksum is that of the gem, the first of its files.  A version that an older
 * store brought may have none; then it is not shown to clients.
 */

#include "store/format/format.h"

/* Returns: 0, or -1 with FERRY_EFORMAT. */
int ferry_gem_check(const struct ferry_format_record *record,
    ferry_format_load *on_load, void *ctx, struct ferry_error *err);

#endif
