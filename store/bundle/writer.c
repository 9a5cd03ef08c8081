#include "store/bundle/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/base/error.h"
#include "store/blob/blob.h"
#include "store/bundle/copy.h"
#include "store/bundle/digest_set.h"
#include "store/bundle/file.h"
#include "store/bundle/form.h"

#define GROUP_MEMBERS 4096
#define GROUP_PACKED (8U << 20) /* compressed bytes that wait in memory */
#define LINE_ROOM 640 /* the longest index line and to spare */
/* Groups that are ended by GROUP_PACKED; later blobs travel raw.  This bounds
 * the head. */
#define PACKED_GROUPS 20000
/* Where less of a volume is left, or less than a part of it, no piece begins. */
#define PIECE_MIN (1U << 20)
#define PIECE_PART 16

/* A member that waits for its index. */
struct waiting {
	struct ferry_member member;
	size_t packed; /* where its bytes are in packed, unless copied */
};

struct ferry_bundle_writer {
	struct ferry_store *st;
	const struct ferry_bundle_target *target;
	struct ferry_head *head;
	ferry_bundle_on_volume *on_volume;
	void *ctx;
	struct ferry_bundle_file *file; /* the current volume, or NULL */
	/* The group: */
	struct waiting *waiting;
	size_t waiting_n, waiting_cap;
	struct ferry_buf lines, packed;
	struct ferry_packers *packers;
	const struct ferry_model *model; /* of the last recipe */
	uint64_t recipes, saved;
	struct ferry_digest_set has; /* blobs of the current volume */
	uint64_t span; /* of its members in the file */
	uint64_t packed_groups;
	uint64_t offset; /* what of the blob being added is in pieces already */
	struct ferry_digest rotten;
	uint64_t bytes; /* of volumes that are closed */
};

void
ferry_bundle_volume_name(const struct ferry_bundle_target *target,
    size_t number, enum ferry_volume_state state, char name[FERRY_VOLUME_NAME])
{

	(void)snprintf(name, FERRY_VOLUME_NAME, "%s-%03zu.tar%s", target->base,
	    number, state == FERRY_VOLUME_PART ? ".part" : "");
}

/* Where the first index begins. */
static uint64_t
front(const struct ferry_bundle_target *target)
{

	return ferry_tar_span(target->reserve) +
	       target->signatures * ferry_tar_span(FERRY_SIGNATURE);
}

size_t
ferry_bundle_reserve(
    uint64_t members, uint64_t bytes, size_t marks, uint64_t volume_size)
{
	uint64_t volumes = 1, groups = bytes / GROUP_PACKED, n;

	/* Two neighbours hold more than one volume's room between them. */
	if (volume_size > 0)
		volumes += 2 * ((bytes + members * (1024 + LINE_ROOM)) /
				   (volume_size - volume_size / 4)) +
		           1;
	if (groups > PACKED_GROUPS)
		groups = PACKED_GROUPS;
	/* A volume may bring one more piece. */
	groups += (members + volumes) / GROUP_MEMBERS + 1 + volumes;
	n = 2048 + marks * 110 + volumes * 80 + groups * 128;
	return (size_t)(n + ferry_tar_padding(n));
}

int
ferry_bundle_writer_new(struct ferry_bundle_writer **out,
    struct ferry_store *st, const struct ferry_bundle_target *target,
    struct ferry_head *head, ferry_bundle_on_volume *on_volume, void *ctx,
    struct ferry_error *err)
{
	struct ferry_bundle_writer *w;

	if (ferry_calloc(&w, 1, sizeof(*w), err) == -1)
		return -1;
	w->st = st;
	w->target = target;
	w->head = head;
	head->endings = target->inspectable;
	w->on_volume = on_volume;
	w->ctx = ctx;
	if (ferry_packers_new(&w->packers, err) == -1) {
		ferry_bundle_writer_free(w);
		return -1;
	}
	for (size_t i = 0; i < head->volumes_n; i++)
		w->bytes += head->volumes[i].size;
	*out = w;
	return 0;
}

void
ferry_bundle_writer_free(struct ferry_bundle_writer *w)
{

	if (w == NULL)
		return;
	ferry_bundle_file_free(w->file);
	ferry_packers_free(w->packers);
	ferry_digest_set_free(&w->has);
	ferry_buf_free(&w->lines);
	ferry_buf_free(&w->packed);
	free(w->waiting);
	free(w);
}

const struct ferry_digest *
ferry_bundle_writer_rotten(const struct ferry_bundle_writer *w)
{

	return w->rotten.n == 0 ? NULL : &w->rotten;
}

uint64_t
ferry_bundle_writer_bytes(const struct ferry_bundle_writer *w)
{

	return w->bytes +
	       (w->file == NULL ? 0 : ferry_bundle_file_size(w->file));
}

/* Volumes */

static int
open_volume(struct ferry_bundle_writer *w, struct ferry_error *err)
{
	char name[FERRY_VOLUME_NAME];
	struct ferry_head_volume *v;

	if (w->head->volumes_n == FERRY_VOLUMES_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a bundle has at most %d volumes; choose larger ones",
		    FERRY_VOLUMES_MAX);
	if (ferry_array_grow(&w->head->volumes, &w->head->volumes_cap,
		w->head->volumes_n + 1, sizeof(*v), err) == -1)
		return -1;
	ferry_bundle_volume_name(
	    w->target, w->head->volumes_n + 1, FERRY_VOLUME_PART, name);
	if (ferry_bundle_file_create(
		&w->file, w->target->dirfd, name, front(w->target), err) == -1)
		return -1;
	v = &w->head->volumes[w->head->volumes_n++];
	*v = (struct ferry_head_volume){ 0, w->head->indexes_n, 0 };
	return 0;
}

static int
close_volume(struct ferry_bundle_writer *w, struct ferry_error *err)
{
	static const uint8_t zeros[FERRY_TAR_END];
	struct ferry_head_volume *v = &w->head->volumes[w->head->volumes_n - 1];

	if (ferry_bundle_file_write(w->file, zeros, sizeof(zeros), err) == -1 ||
	    ferry_bundle_file_finish(w->file, err) == -1)
		return -1;
	v->size = ferry_bundle_file_size(w->file);
	w->bytes += v->size;
	ferry_bundle_file_free(w->file);
	w->file = NULL;
	ferry_digest_set_reset(&w->has);
	return 0;
}

static int
put_padding(
    struct ferry_bundle_writer *w, uint64_t size, struct ferry_error *err)
{
	static const uint8_t zeros[FERRY_TAR_BLOCK];

	return ferry_bundle_file_write(
	    w->file, zeros, ferry_tar_padding(size), err);
}

static int
put_header(struct ferry_bundle_writer *w, const char *path, uint64_t size,
    struct ferry_error *err)
{
	uint8_t header[FERRY_TAR_HEADER_MAX];
	size_t n = ferry_tar_header(header, path, size, w->head->created_at);

	return ferry_bundle_file_write(w->file, header, n, err);
}

/* Groups */

static int
rotten(struct ferry_bundle_writer *w, const struct ferry_digest *digest,
    enum ferry_code code, struct ferry_error *err)
{
	char text[FERRY_DIGEST_TEXT];

	w->rotten = *digest;
	return ferry_error_set(err, code,
	    "blob %s is %s in this store; nothing was exported. 'ferry verify' "
	    "says whose it is, 'ferry sync' fetches it again",
	    ferry_digest_text(digest, text),
	    code == FERRY_EMISSING ? "gone" : "damaged");
}

/* Where the error says that the bytes of the blob are wrong, say what to do. */
static int
explain(struct ferry_bundle_writer *w, const struct ferry_digest *digest,
    struct ferry_error *err)
{

	switch (err->code) {
	case FERRY_EMISSING:
	case FERRY_ESIZE:
	case FERRY_EDIGEST:
		return rotten(w, digest, err->code, err);
	default:
		return -1;
	}
}

/* Whether it is copied from the store when its group is written. */
static bool
is_copied(const struct ferry_member *m)
{

	return m->encoding == FERRY_ENCODING_RAW ||
	       m->encoding == FERRY_ENCODING_PIECE;
}

static int
put_member(struct ferry_bundle_writer *w, const struct waiting *waiting,
    struct ferry_error *err)
{
	const struct ferry_member *m = &waiting->member;

	if (put_header(w, m->path, m->size, err) == -1)
		return -1;
	if (is_copied(m)) {
		if (ferry_bundle_copy(w->st, &m->blob, m->offset, m->size,
			&m->sha256, w->file, err) == -1)
			return explain(w, &m->blob, err);
	} else if (ferry_bundle_file_write(w->file,
		       w->packed.p + waiting->packed, (size_t)m->size,
		       err) == -1) {
		return -1;
	}
	return put_padding(w, m->size, err);
}

/* Write the group's index and its members. */
static int
flush(struct ferry_bundle_writer *w, struct ferry_error *err)
{
	struct ferry_head *h = w->head;
	struct ferry_index *index;
	char path[40];

	if (w->waiting_n == 0)
		return 0;
	if (ferry_array_grow(&h->indexes, &h->indexes_cap, h->indexes_n + 1,
		sizeof(*h->indexes), err) == -1)
		return -1;
	index = &h->indexes[h->indexes_n];
	index->size = w->lines.n;
	if (ferry_digest_of(&index->sha256, FERRY_SHA256,
		ferry_bytes_buf(&w->lines), err) == -1)
		return -1;
	(void)snprintf(
	    path, sizeof(path), "index/%06zu.jsonl", h->indexes_n + 1);
	if (put_header(w, path, w->lines.n, err) == -1 ||
	    ferry_bundle_file_write(w->file, w->lines.p, w->lines.n, err) ==
		-1 ||
	    put_padding(w, w->lines.n, err) == -1)
		return -1;
	for (size_t i = 0; i < w->waiting_n; i++)
		if (put_member(w, &w->waiting[i], err) == -1)
			return -1;
	h->indexes_n++;
	h->volumes[h->volumes_n - 1].count++;
	w->waiting_n = 0;
	w->span = 0;
	ferry_buf_reset(&w->lines);
	ferry_buf_reset(&w->packed);
	return 0;
}

/* What a volume holds before its next member: with its group, and what ends it;
 * of an empty one if there is none. */
static uint64_t
taken(const struct ferry_bundle_writer *w)
{

	return (w->file == NULL ? front(w->target)
				: ferry_bundle_file_size(w->file)) +
	       ferry_tar_span(w->lines.n + LINE_ROOM) + w->span + FERRY_TAR_END;
}

/* The bytes of content, in whole blocks, for which a volume has room behind so
 * many. */
static uint64_t
room_behind(const struct ferry_bundle_writer *w, uint64_t used)
{
	uint64_t size = w->target->volume_size;

	if (size == 0)
		return UINT64_MAX;
	return used >= size ? 0
	                    : (size - used) / FERRY_TAR_BLOCK * FERRY_TAR_BLOCK;
}

/* Whether a member of size bytes fits into the current volume, or an empty
 * one. */
static bool
fits(const struct ferry_bundle_writer *w, uint64_t size)
{

	return size <= room_behind(w, taken(w) + FERRY_TAR_HEADER_MAX);
}

/* The most bytes that a member may have in a volume of its own. */
static uint64_t
room_alone(const struct ferry_bundle_writer *w)
{
	uint64_t used = front(w->target) + ferry_tar_span(LINE_ROOM) +
	                FERRY_TAR_HEADER_MAX + FERRY_TAR_END;

	return room_behind(w, used);
}

/* Write the group if it is full. */
static int
end_group(struct ferry_bundle_writer *w, struct ferry_error *err)
{

	if (w->waiting_n < GROUP_MEMBERS && w->packed.n < GROUP_PACKED)
		return 0;
	w->packed_groups += w->packed.n >= GROUP_PACKED;
	return flush(w, err);
}

static int
end_volume(struct ferry_bundle_writer *w, struct ferry_error *err)
{

	if (flush(w, err) == -1 || close_volume(w, err) == -1)
		return -1;
	return w->on_volume(w->ctx, err);
}

/* Have a volume with room for a member of at most size bytes. */
static int
make_room(struct ferry_bundle_writer *w, uint64_t size, struct ferry_error *err)
{
	char text[FERRY_SIZE_TEXT];

	if (end_group(w, err) == -1)
		return -1;
	if (w->file != NULL && !fits(w, size) && end_volume(w, err) == -1)
		return -1;
	if (w->file != NULL)
		return 0;
	if (!fits(w, size))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "records of %s fit into no volume of this size; choose "
		    "larger volumes",
		    ferry_size_text(size, text));
	return open_volume(w, err);
}

/* Add a member to the group; of a packed one the frame. */
static int
wait_for_index(struct ferry_bundle_writer *w, struct ferry_member *m,
    const struct ferry_buf *frame, struct ferry_error *err)
{
	size_t packed;

	if (!is_copied(m)) {
		m->size = frame->n;
		if (ferry_digest_of(&m->sha256, FERRY_SHA256,
			ferry_bytes_buf(frame), err) == -1)
			return -1;
	}
	ferry_member_path(m);
	if (make_room(w, m->size, err) == -1)
		return -1;
	packed = w->packed.n;
	if ((!is_copied(m) &&
		ferry_buf_add(&w->packed, frame->p, frame->n, err) == -1) ||
	    ferry_array_grow(&w->waiting, &w->waiting_cap, w->waiting_n + 1,
		sizeof(*w->waiting), err) == -1 ||
	    ferry_member_write(&w->lines, m, err) == -1)
		return -1;
	w->waiting[w->waiting_n++] = (struct waiting){ *m, packed };
	w->span += ferry_tar_span(m->size);
	w->head->totals.stored_bytes += m->size;
	return 0;
}

void
ferry_bundle_writer_recipes(
    const struct ferry_bundle_writer *w, uint64_t *count, uint64_t *saved)
{

	*count = w->recipes;
	*saved = w->saved;
}

int
ferry_bundle_writer_open(struct ferry_bundle_writer *w,
    const struct ferry_bundle_source *source, struct ferry_bundle_form **out,
    struct ferry_error *err)
{
	struct ferry_bundle_form_options options = { .packers = w->packers,
		.raw =
		    w->target->inspectable || w->packed_groups >= PACKED_GROUPS,
		.ending = w->target->inspectable,
		.alone = w->target->recipes && w->target->repack,
		.model = w->model,
		.effort = w->target->effort,
		.stopped = w->target->stopped };

	return ferry_bundle_form_open(out, w->st, source, &options, err);
}

/* What was chosen, or the blob is rotten. */
static int
get_form(struct ferry_bundle_writer *w, struct ferry_bundle_form *form,
    struct ferry_member **m, struct ferry_buf **frame, struct ferry_error *err)
{

	return ferry_bundle_form_get(form, m, frame, err) == -1
	           ? explain(w, &(*m)->blob, err)
	           : 0;
}

bool
ferry_bundle_writer_has(
    const struct ferry_bundle_writer *w, const struct ferry_digest *digest)
{

	return ferry_digest_set_has(&w->has, digest);
}

static void
go_raw(struct ferry_member *m)
{

	m->encoding = FERRY_ENCODING_RAW;
	m->size = m->content_size;
	m->sha256 = m->blob;
	m->bases_n = 0;
}

/*
 * A recipe's base that is not at the site must be in the same volume, before it:
 * volumes stand alone.  It is not if another volume begins with this blob.
 */
static int
check_base(struct ferry_bundle_writer *w, struct ferry_bundle_form *form,
    const struct ferry_buf *frame, struct ferry_error *err)
{
	const struct ferry_digest *base = ferry_bundle_form_base(form);

	if (base == NULL || ferry_bundle_form_at_site(form))
		return 0;
	if (end_group(w, err) == -1)
		return -1;
	if (w->file == NULL || !fits(w, frame->n) ||
	    !ferry_digest_set_has(&w->has, base))
		ferry_bundle_form_forget(form);
	return 0;
}

/* Pieces */

/* The most bytes that a piece in this volume may have. */
static uint64_t
piece_room(const struct ferry_bundle_writer *w)
{
	uint64_t used = taken(w) + FERRY_TAR_HEADER_MAX;
	uint64_t size = w->target->volume_size;

	return used >= size ? 0
	                    : (size - used) / FERRY_TAR_BLOCK * FERRY_TAR_BLOCK;
}

/* Have a volume in which a piece of a blob, of which so much is left, is worth
 * it. */
static int
make_piece_room(
    struct ferry_bundle_writer *w, uint64_t left, struct ferry_error *err)
{
	uint64_t least = w->target->volume_size / PIECE_PART, room;

	if (least > PIECE_MIN)
		least = PIECE_MIN;
	if (end_group(w, err) == -1)
		return -1;
	room = piece_room(w);
	if (w->file != NULL && room < left && room < least &&
	    end_volume(w, err) == -1)
		return -1;
	if (w->file == NULL && open_volume(w, err) == -1)
		return -1;
	return piece_room(w) > 0
	           ? 0
	           : ferry_error_set(err, FERRY_EUSAGE,
			 "volumes of this size have no room for anything; "
			 "choose larger ones");
}

/* All of the blob has the digest that it should: before anything of it goes. */
static int
check_blob(struct ferry_bundle_writer *w, const struct ferry_member *m,
    struct ferry_error *err)
{
	struct ferry_digest got;

	if (ferry_bundle_hash(w->st, &m->blob, 0, m->content_size, &got, err) ==
	    -1)
		return explain(w, &m->blob, err);
	return ferry_digest_equal(&got, &m->blob)
	           ? 0
	           : rotten(w, &m->blob, FERRY_EDIGEST, err);
}

/*
 * A blob that fits into no volume: each volume takes as much as it can.  It is
 * read three times: as a whole, for each piece's digest, and to be copied.
 */
static int
add_pieces(struct ferry_bundle_writer *w, struct ferry_member *m,
    struct ferry_error *err)
{
	const struct ferry_buf none = FERRY_BUF_INIT;

	if (m->content_size > FERRY_PIECES_MAX)
		return ferry_error_set(
		    err, FERRY_ELIMIT, "a blob is too large for a bundle");
	if (check_blob(w, m, err) == -1)
		return -1;
	m->encoding = FERRY_ENCODING_PIECE;
	m->ending[0] = 0;
	w->head->pieces = true;
	while (w->offset < m->content_size) {
		uint64_t left = m->content_size - w->offset, room;

		if (make_piece_room(w, left, err) == -1)
			return -1;
		room = piece_room(w);
		m->offset = w->offset;
		m->size = left < room ? left : room;
		if (ferry_bundle_hash(w->st, &m->blob, m->offset, m->size,
			&m->sha256, err) == -1)
			return explain(w, &m->blob, err);
		if (wait_for_index(w, m, &none, err) == -1)
			return -1;
		w->offset += m->size;
	}
	w->offset = 0;
	return 0;
}

void
ferry_bundle_writer_go_on(struct ferry_bundle_writer *w, uint64_t offset)
{

	w->offset = offset;
}

uint64_t
ferry_bundle_writer_offset(const struct ferry_bundle_writer *w)
{

	return w->offset;
}

/* All of it, which is in one volume then. */
static int
add_whole(struct ferry_bundle_writer *w, struct ferry_bundle_form *form,
    struct ferry_member *m, const struct ferry_buf *frame,
    struct ferry_error *err)
{
	bool recipe = m->encoding == FERRY_ENCODING_RECIPE;

	if (wait_for_index(w, m, frame, err) == -1 ||
	    ferry_digest_set_add(&w->has, &m->blob, err) == -1)
		return -1;
	if (recipe) {
		w->head->recipes = true;
		w->recipes++;
		w->saved += ferry_bundle_form_saved(form);
	}
	if (ferry_bundle_form_model(form) != NULL)
		w->model = ferry_bundle_form_model(form);
	return 0;
}

int
ferry_bundle_writer_add(struct ferry_bundle_writer *w,
    struct ferry_bundle_form *form, struct ferry_error *err)
{
	struct ferry_buf *frame;
	struct ferry_member *m;
	uint64_t most = room_alone(w);

	if (get_form(w, form, &m, &frame, err) == -1 ||
	    check_base(w, form, frame, err) == -1 ||
	    get_form(w, form, &m, &frame, err) == -1)
		return -1;
	/* What was compressed meanwhile, although no more than so much may be;
	 * what fits into no volume; what an earlier run has begun in pieces. */
	if (w->packed_groups >= PACKED_GROUPS || frame->n > most ||
	    w->offset > 0)
		go_raw(m);
	if ((w->offset > 0 ||
			(m->encoding == FERRY_ENCODING_RAW && m->size > most)
		    ? add_pieces(w, m, err)
		    : add_whole(w, form, m, frame, err)) == -1)
		return -1;
	w->head->totals.blobs++;
	w->head->totals.blob_bytes += m->content_size;
	return 0;
}

int
ferry_bundle_writer_blob(struct ferry_bundle_writer *w,
    const struct ferry_digest *digest, const struct ferry_blob_info *info,
    const struct ferry_digest *base, struct ferry_error *err)
{
	struct ferry_bundle_source source = { digest, info, base, true,
		base == NULL, NULL };
	struct ferry_bundle_form *form;
	int rc;

	if (ferry_bundle_writer_open(w, &source, &form, err) == -1)
		return -1;
	ferry_bundle_form_find(form);
	rc = ferry_bundle_writer_add(w, form, err);
	ferry_bundle_form_free(form);
	return rc;
}

int
ferry_bundle_writer_records(struct ferry_bundle_writer *w,
    struct ferry_bytes lines, uint64_t first, uint64_t last, uint64_t count,
    struct ferry_error *err)
{
	struct ferry_member m = { .kind = FERRY_MEMBER_RECORDS,
		.encoding = FERRY_ENCODING_ZSTD,
		.content_size = lines.n,
		.part = w->head->totals.record_parts + 1,
		.first = first,
		.last = last,
		.count = count };
	struct ferry_buf frame = FERRY_BUF_INIT;

	if (ferry_pack_bytes(w->packers, lines, &frame, err) == -1 ||
	    wait_for_index(w, &m, &frame, err) == -1) {
		ferry_buf_free(&frame);
		return -1;
	}
	ferry_buf_free(&frame);
	w->head->totals.records += count;
	w->head->totals.record_parts++;
	return 0;
}

int
ferry_bundle_writer_finish(
    struct ferry_bundle_writer *w, struct ferry_error *err)
{

	if (w->file == NULL)
		return 0;
	if (flush(w, err) == -1 || close_volume(w, err) == -1)
		return -1;
	return w->on_volume(w->ctx, err);
}
