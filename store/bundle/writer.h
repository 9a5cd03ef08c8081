#ifndef FERRY_BUNDLE_WRITER_H
#define FERRY_BUNDLE_WRITER_H

/*
 * Writing the volumes of a bundle.
 *
 * Each volume is BASE-NNN.tar.part until the whole bundle is done.  Its front,
 * where head and signatures go, stays zeros meanwhile: nothing that could be
 * taken for a bundle exists before ferry_bundle_seal() writes the same signed
 * head into every volume, and ferry_bundle_publish() names them.
 *
 * Members are collected in groups: an index is written once its members are
 * known, and then the members.  Blobs that are worth compressing wait in
 * memory, compressed; the others are read when their group is written, and
 * hashed in passing, so that nothing rotten leaves.
 *
 * Memory: at most about 30 MB, whatever the size, and for each recipe that is
 * being made about 100 MB.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/bundle/head.h"
#include "store/bundle/keys.h"
#include "store/bundle/member.h"
#include "store/bundle/recipes.h"

struct ferry_blob_info;
struct ferry_bundle_form;
struct ferry_bundle_writer;
struct ferry_error;
struct ferry_store;

#define FERRY_BASE_NAME 200 /* "ferry-…" and NUL */
#define FERRY_VOLUME_NAME (FERRY_BASE_NAME + 20)

struct ferry_bundle_target {
	int dirfd; /* borrowed */
	char base[FERRY_BASE_NAME];
	uint64_t volume_size; /* at most; 0: no limit */
	size_t reserve; /* bytes of head.json */
	size_t signatures;
	bool recipes; /* also from what the volume has, */
	bool repack; /* and from nothing */
	enum ferry_recipe_effort effort;
	/* For those who look into bundles: blobs are raw, and their names end as
	 * those of the files do. */
	bool inspectable;
	const atomic_bool
	    *stopped; /* or NULL; once true, no form is looked for */
};

/* "BASE-007.tar", or with ".part". */
enum ferry_volume_state { FERRY_VOLUME_DONE, FERRY_VOLUME_PART };
void ferry_bundle_volume_name(const struct ferry_bundle_target *target,
    size_t number, enum ferry_volume_state state, char name[FERRY_VOLUME_NAME]);

/*
 * How long a head can become: for a bundle of members members with bytes
 * content, and marks marks.
 */
size_t ferry_bundle_reserve(
    uint64_t members, uint64_t bytes, size_t marks, uint64_t volume_size);

/*
 * head is filled as volumes are written (volumes, indexes, totals); both it
 * and target are borrowed until _free.  A head that already has volumes goes
 * on behind them.
 *
 * on_volume is called after a volume was closed and is durable, before
 * anything of the member that is being added went anywhere, but for what
 * ferry_bundle_writer_offset() tells.
 */
typedef int ferry_bundle_on_volume(void *ctx, struct ferry_error *err);
int ferry_bundle_writer_new(struct ferry_bundle_writer **out,
    struct ferry_store *st, const struct ferry_bundle_target *target,
    struct ferry_head *head, ferry_bundle_on_volume *on_volume, void *ctx,
    struct ferry_error *err);
/* Leaves the files as they are. */
void ferry_bundle_writer_free(struct ferry_bundle_writer *w);

/*
 * Add a blob, or journal lines first to last, count of them.  A blob travels as
 * a recipe, where that pays: from base, which whoever reads the bundle must have,
 * and which may be NULL for no recipe.  One that fits into no volume travels in
 * pieces.
 * Errors: FERRY_EUSAGE (records that fit into no volume), FERRY_EDIGEST,
 *     FERRY_ESIZE or FERRY_EMISSING (see ferry_bundle_writer_rotten()),
 *     FERRY_ESYSTEM.
 */
int ferry_bundle_writer_blob(struct ferry_bundle_writer *w,
    const struct ferry_digest *digest, const struct ferry_blob_info *info,
    const struct ferry_digest *base, struct ferry_error *err);
int ferry_bundle_writer_records(struct ferry_bundle_writer *w,
    struct ferry_bytes lines, uint64_t first, uint64_t last, uint64_t count,
    struct ferry_error *err);
/*
 * The same in three steps: open a form; choose it, by ferry_bundle_form_find(),
 * for many at once; add it, in the order that the bundle has.  A form is freed
 * by ferry_bundle_form_free(), before the writer.
 */
struct ferry_bundle_source {
	const struct ferry_digest *digest;
	const struct ferry_blob_info *info;
	const struct ferry_digest *base; /* or NULL */
	bool at_site; /* the base; else it must be in the volume before */
	bool whole; /* no recipe, not even from nothing */
	const char *name; /* of the file, or NULL */
};
int ferry_bundle_writer_open(struct ferry_bundle_writer *w,
    const struct ferry_bundle_source *source, struct ferry_bundle_form **out,
    struct ferry_error *err);
int ferry_bundle_writer_add(struct ferry_bundle_writer *w,
    struct ferry_bundle_form *form, struct ferry_error *err);
/*
 * How much of the blob that is being added is in pieces already: of a blob that
 * fits into no volume, else 0.  on_volume asks that, to go on with the blob from
 * there after a kill: _go_on says so before it is added again.
 */
uint64_t ferry_bundle_writer_offset(const struct ferry_bundle_writer *w);
void ferry_bundle_writer_go_on(struct ferry_bundle_writer *w, uint64_t offset);
/* Whether the current volume has a blob; false if it has too many to tell. */
bool ferry_bundle_writer_has(
    const struct ferry_bundle_writer *w, const struct ferry_digest *digest);
/* Blobs that became recipes, and the bytes that saved, since _new. */
void ferry_bundle_writer_recipes(
    const struct ferry_bundle_writer *w, uint64_t *count, uint64_t *saved);
/* Write what is left and close the last volume. */
int ferry_bundle_writer_finish(
    struct ferry_bundle_writer *w, struct ferry_error *err);
/* The blob whose bytes were found wrong or gone, or NULL; borrowed. */
const struct ferry_digest *
ferry_bundle_writer_rotten(const struct ferry_bundle_writer *w);
/* Bytes written so far, for progress. */
uint64_t ferry_bundle_writer_bytes(const struct ferry_bundle_writer *w);

/*
 * Write head and signatures into every .part, durably; sets head->digest.
 * keys: those active sign; target->signatures of them.
 */
int ferry_bundle_seal(const struct ferry_bundle_target *target,
    struct ferry_head *head, const struct ferry_keys *keys,
    struct ferry_error *err);
/* Set head->digest as _seal did. */
int ferry_bundle_digest(const struct ferry_bundle_target *target,
    struct ferry_head *head, struct ferry_error *err);
/*
 * Give the volumes their names, durably.  Those that have them already are
 * skipped, so that it can be repeated.
 */
int ferry_bundle_publish(const struct ferry_bundle_target *target,
    const struct ferry_head *head, struct ferry_error *err);

#endif
