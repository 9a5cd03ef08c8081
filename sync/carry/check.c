#include "sync/carry/check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/bundle/recipes.h"
#include "sync/carry/carried.h"

/* Blobs of which only some pieces were seen so far: a writer makes one after the
 * other, and two meet in a volume. */
#define PARTIAL_MAX 64

struct partial {
	struct ferry_digest blob;
	uint64_t size, next; /* of the blob; the offset that comes next */
	size_t volume; /* that holds the last of them; an index */
	struct ferry_digester *digester;
};

struct check {
	const struct ferry_task *task;
	const struct ferry_found_bundle *bundle;
	struct ferry_store *bases;
	struct ferry_check_result *out;
	uint64_t part, last; /* of the records, the last that were seen */
	struct partial partial[PARTIAL_MAX];
	size_t partial_n;
	size_t volume; /* that is read; an index of the bundle's */
	uint64_t passed, size; /* bytes of the files, for progress */
	struct ferry_buf text; /* of a part */
};

static int
drop_data(void *ctx, const void *p, size_t n, struct ferry_error *err)
{

	(void)ctx;
	(void)p;
	(void)n;
	(void)err;
	return 0;
}

static int
hash_data(void *ctx, const void *p, size_t n, struct ferry_error *err)
{

	(void)err;
	ferry_digester_update(ctx, p, n);
	return 0;
}

static int
keep_data(void *ctx, const void *p, size_t n, struct ferry_error *err)
{

	return ferry_buf_add(ctx, p, n, err);
}

static int
compare(const struct ferry_member *m, struct ferry_digester *digester,
    struct ferry_error *err)
{
	struct ferry_digest got;
	char text[FERRY_DIGEST_TEXT];

	ferry_digester_final(digester, FERRY_SHA256, &got);
	if (ferry_digest_equal(&got, &m->blob))
		return 0;
	return ferry_error_set(err, FERRY_EDIGEST,
	    "'%s' does not hold the blob that it is named after, but %s",
	    m->path, ferry_digest_text(&got, text));
}

/* A packed blob; of a raw one the member's digest is the blob's. */
static int
check_packed(struct ferry_volume *v, const struct ferry_member *m,
    struct ferry_error *err)
{
	struct ferry_digester *digester = NULL;
	int rc = ferry_digester_new(&digester, FERRY_ALG(FERRY_SHA256), err);

	if (rc == 0)
		rc = ferry_volume_content(
		    v, FERRY_CONTENT_CHECKED, hash_data, digester, err);
	if (rc == 0)
		rc = compare(m, digester, err);
	ferry_digester_free(digester);
	return rc;
}

/* Make a recipe's blob again, where its bases are. */
static int
check_recipe(struct check *c, struct ferry_volume *v,
    const struct ferry_member *m, struct ferry_error *err)
{
	struct ferry_bundle_recipe *recipe;
	int rc, has = c->bases != NULL;

	for (size_t i = 0; has == 1 && i < m->bases_n; i++)
		has = ferry_blob_has(c->bases, &m->bases[i], err);
	if (has == -1)
		return -1;
	if (has == 0) {
		c->out->recipes++;
		return ferry_volume_content(
		    v, FERRY_CONTENT_CHECKED, drop_data, NULL, err);
	}
	if (ferry_bundle_recipe_open(&recipe, c->bases, v, m, NULL, err) == -1)
		return -1;
	ferry_bundle_recipe_apply(recipe);
	rc = ferry_bundle_recipe_copy(recipe, drop_data, NULL, err);
	ferry_bundle_recipe_free(recipe);
	return rc;
}

/* The blob that a piece is of, or NULL with err set. */
static struct partial *
partial_of(
    struct check *c, const struct ferry_member *m, struct ferry_error *err)
{
	struct partial *p = c->partial;

	while (p < c->partial + c->partial_n &&
	       !ferry_digest_equal(&p->blob, &m->blob))
		p++;
	if (p < c->partial + c->partial_n)
		return p;
	if (c->partial_n == PARTIAL_MAX) {
		ferry_error_set(err, FERRY_ELIMIT,
		    "'%s': more than %d blobs in pieces at once", m->path,
		    PARTIAL_MAX);
		return NULL;
	}
	*p = (struct partial){ .blob = m->blob, .size = m->content_size };
	if (ferry_digester_new(&p->digester, FERRY_ALG(FERRY_SHA256), err) ==
	    -1)
		return NULL;
	c->partial_n++;
	c->out->blobs++;
	return p;
}

static int
check_piece(struct check *c, struct ferry_volume *v,
    const struct ferry_member *m, struct ferry_error *err)
{
	struct partial *p = partial_of(c, m, err);
	int rc;

	if (p == NULL)
		return -1;
	if (m->offset != p->next || m->content_size != p->size)
		return ferry_error_set(err, FERRY_EMISSING,
		    "'%s' does not go on where the piece before it ended, at "
		    "%" PRIu64,
		    m->path, p->next);
	if (ferry_volume_content(
		v, FERRY_CONTENT_CHECKED, hash_data, p->digester, err) == -1)
		return -1;
	p->next += m->size;
	p->volume = c->volume;
	if (p->next < p->size)
		return 0;
	rc = compare(m, p->digester, err);
	ferry_digester_free(p->digester);
	*p = c->partial[--c->partial_n];
	return rc;
}

static int
check_records(struct check *c, struct ferry_volume *v,
    const struct ferry_member *m, struct ferry_error *err)
{
	const struct ferry_head *h = c->bundle->head;

	if (m->part != c->part + 1 || m->part > h->totals.record_parts ||
	    m->first < h->from || m->last > h->to)
		return ferry_error_set(err, FERRY_EUNDECLARED,
		    "'%s' holds records that the head does not announce",
		    m->path);
	ferry_buf_reset(&c->text);
	if (ferry_volume_content(
		v, FERRY_CONTENT_CHECKED, keep_data, &c->text, err) == -1)
		return -1;
	if (ferry_carried_each(
		m, ferry_bytes_buf(&c->text), &c->last, NULL, NULL, err) == -1)
		return ferry_error_in(err, "'%s'", m->path);
	c->part = m->part;
	c->out->records += m->count;
	return 0;
}

static int
check_member(struct check *c, struct ferry_volume *v,
    const struct ferry_member *m, struct ferry_error *err)
{

	if (m->kind == FERRY_MEMBER_RECORDS)
		return check_records(c, v, m, err);
	if (m->encoding == FERRY_ENCODING_PIECE)
		return check_piece(c, v, m, err);
	c->out->blobs++;
	if (m->encoding == FERRY_ENCODING_RECIPE)
		return check_recipe(c, v, m, err);
	return m->encoding == FERRY_ENCODING_RAW
	           ? ferry_volume_content(
			 v, FERRY_CONTENT_CHECKED, drop_data, NULL, err)
	           : check_packed(v, m, err);
}

/* One volume; of a copy it is enough that its bytes are those of the first. */
enum volume_is { VOLUME_FIRST, VOLUME_COPY };
static int
read_volume(
    struct check *c, size_t i, enum volume_is is, struct ferry_error *err)
{
	const struct ferry_member *m;
	struct ferry_volume *v = NULL;
	int rc = -1;

	c->volume = i;
	if (ferry_found_open(&v, c->bundle, i, err) == -1)
		return -1;
	while ((rc = ferry_volume_next(v, &m, err)) == 1) {
		ferry_task_progress(c->task, i, c->bundle->n,
		    c->passed + ferry_volume_offset(v), c->size);
		rc = is == VOLUME_FIRST
		         ? check_member(c, v, m, err)
		         : ferry_volume_content(
			       v, FERRY_CONTENT_STORED, drop_data, NULL, err);
		if (rc == 0 && ferry_task_stopped(c->task))
			rc = ferry_error_set(err, FERRY_ECANCELLED,
			    "stopped; nothing was signed");
		if (rc == -1)
			break;
	}
	c->passed += ferry_volume_offset(v);
	ferry_volume_close(v);
	return rc == -1 ? ferry_error_in(err, "%s", c->bundle->volumes[i].path)
	                : 0;
}

/* What only the end tells. */
static int
conclude(const struct check *c, struct ferry_error *err)
{
	const struct ferry_bundle_totals *t = &c->bundle->head->totals;
	char text[FERRY_DIGEST_TEXT], records[FERRY_COUNT_TEXT];

	if (c->partial_n > 0)
		return ferry_error_set(err, FERRY_EMISSING,
		    "no volume goes on with %s, of which %s has a piece up to "
		    "byte %" PRIu64,
		    ferry_digest_text(&c->partial[0].blob, text),
		    c->bundle->volumes[c->partial[0].volume].path,
		    c->partial[0].next);
	if (c->part != t->record_parts || c->out->records != t->records)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "the volumes hold %s in %" PRIu64
		    " parts, the head says %" PRIu64 " in %" PRIu64,
		    ferry_count_text(c->out->records, "record", records),
		    c->part, t->records, t->record_parts);
	return 0;
}

static int
read_all(struct check *c, struct ferry_error *err)
{
	const struct ferry_found_bundle *b = c->bundle;
	size_t next = 1;

	for (size_t i = 0; i < b->n; i++)
		c->size += b->head->volumes[b->volumes[i].number - 1].size;
	/* They are in the order of their numbers; copies may lie beside. */
	for (size_t i = 0; i < b->n && b->volumes[i].number <= next; i++) {
		bool first = b->volumes[i].number == next;

		if (read_volume(
			c, i, first ? VOLUME_FIRST : VOLUME_COPY, err) == -1)
			return -1;
		next += first;
	}
	if (next > b->head->volumes_n)
		return conclude(c, err);
	return ferry_error_set(err, FERRY_EMISSING,
	    "volume %zu of %zu is missing; only a whole bundle can be signed",
	    next, b->head->volumes_n);
}

int
ferry_check_bundle(const struct ferry_task *task,
    const struct ferry_found_bundle *bundle, struct ferry_store *bases,
    struct ferry_check_result *out, struct ferry_error *err)
{
	struct check *c = NULL;
	int rc = -1;

	*out = (struct ferry_check_result){ 0 };
	if (ferry_calloc(&c, 1, sizeof(*c), err) == -1)
		return -1;
	c->task = task;
	c->bundle = bundle;
	c->bases = bases;
	c->out = out;
	rc = read_all(c, err);
	for (size_t i = 0; i < c->partial_n; i++)
		ferry_digester_free(c->partial[i].digester);
	ferry_buf_free(&c->text);
	free(c);
	return rc;
}
