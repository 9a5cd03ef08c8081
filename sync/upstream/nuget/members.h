#ifndef FERRY_SYNC_UPSTREAM_NUGET_MEMBERS_H
#define FERRY_SYNC_UPSTREAM_NUGET_MEMBERS_H

/* Small members of a nupkg, unpacked. */

#include <stdint.h>

#include "store/base/bytes.h"

struct ferry_blob;
struct ferry_error;

/* Where the member called path is to go, which is appended, and how long it may
 * be; NULL: nowhere, and it is not unpacked. */
typedef struct ferry_buf *
ferry_nuget_on_member(void *ctx, const char *path, uint64_t *max);

/*
 * Ask on_member for each member, in the order of the archive, whose directory
 * ferry_nuget_zip_read() has looked through.
 * Errors: FERRY_EFORMAT, FERRY_ELIMIT, those of reading blobs.
 */
int ferry_nuget_members_read(const struct ferry_blob *blob,
    ferry_nuget_on_member *on_member, void *ctx, struct ferry_error *err);

#endif
