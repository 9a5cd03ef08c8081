#include "sync/carry/room.h"

#include <errno.h>
#include <sys/statvfs.h>

#include "store/base/bytes.h"
#include "store/blob/pieces.h"
#include "store/bundle/volume.h"
#include "store/store.h"

/* Whether what a member brings is not here yet: 1, 0, -1. */
static int
is_new(const struct ferry_task *task, const struct ferry_member *m,
    struct ferry_error *err)
{
	int here = ferry_blob_has(task->st, &m->blob, err);

	if (here == 0 && m->encoding == FERRY_ENCODING_PIECE)
		here = ferry_blob_pieces_here(task->st, &m->blob,
		    m->content_size, m->offset, m->size, err);
	return here == -1 ? -1 : !here;
}

/* Of one volume; a member that cannot be reached ends it. */
static int
count_volume(const struct ferry_task *task, struct ferry_volume *v,
    struct ferry_room *out, struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	const struct ferry_member *m;
	int rc;

	while (ferry_volume_next(v, &m, &ignored) == 1) {
		if (m->kind != FERRY_MEMBER_BLOB)
			continue;
		if ((rc = is_new(task, m, err)) == -1)
			return -1;
		/* Of a blob in pieces, the first counts for all. */
		out->blobs += rc == 1 && m->offset == 0;
		out->bytes += rc == 1 ? m->size : 0;
	}
	return 0;
}

int
ferry_room_count(const struct ferry_task *task,
    const struct ferry_found_bundle *bundle, const bool *done,
    struct ferry_room *out, struct ferry_error *err)
{
	size_t last = 0;
	int rc = 0;

	*out = (struct ferry_room){ 0 };
	for (size_t i = 0; rc == 0 && i < bundle->n; i++) {
		struct ferry_error ignored = FERRY_ERROR_INIT;
		size_t number = bundle->volumes[i].number;
		struct ferry_volume *v = NULL;

		/* Copies lie beside each other. */
		if (number == last || (done != NULL && done[number - 1]))
			continue;
		last = number;
		if (ferry_found_open(&v, bundle, i, &ignored) == 0)
			rc = count_volume(task, v, out, err);
		ferry_volume_close(v);
	}
	return rc;
}

int
ferry_room_check(const struct ferry_task *task,
    const struct ferry_found_bundle *bundle, const bool *done,
    struct ferry_error *err)
{
	char need[FERRY_SIZE_TEXT], have[FERRY_SIZE_TEXT];
	uint64_t most = 0, bytes;
	struct ferry_room room;
	struct statvfs vfs;

	for (size_t i = 0; i < bundle->head->volumes_n; i++)
		if (done == NULL || !done[i])
			most += bundle->head->volumes[i].size;
	if (statvfs(ferry_store_path(task->st), &vfs) == -1)
		return ferry_error_errno(err, "%s", ferry_store_path(task->st));
	bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	if (most <= bytes)
		return 0;
	if (ferry_room_count(task, bundle, done, &room, err) == -1)
		return -1;
	if (room.bytes <= bytes)
		return 0;
	errno = ENOSPC;
	return ferry_error_errno(err,
	    "%s has %s free, and what is not here of this bundle needs at "
	    "least %s; nothing was imported",
	    ferry_store_path(task->st), ferry_size_text(bytes, have),
	    ferry_size_text(room.bytes, need));
}
