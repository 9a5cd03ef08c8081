#ifndef FERRY_SYNC_UPSTREAM_NUGET_NUSPEC_H
#define FERRY_SYNC_UPSTREAM_NUGET_NUSPEC_H

/*
 * What a nuspec says of its package, as JSON for the record.
 *
 * Source: store/format/nuget/PROTOCOL.md, sections 1, 3 and 9.
 */

#include <jansson.h>

#include "store/base/bytes.h"

struct ferry_error;

#define NUGET_NUSPEC_MAX (1U << 20)

/*
 * Set members of record (store/catalog/README.md): "id" and "version" as the
 * author writes them, "about", "dependencies", "types".
 * Errors: FERRY_EFORMAT, FERRY_ELIMIT, FERRY_ENOMEM.
 */
int ferry_nuspec_read(
    json_t *record, struct ferry_bytes text, struct ferry_error *err);

#endif
