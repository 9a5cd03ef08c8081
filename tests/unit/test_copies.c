/* What copies are made of: distances, where tokens are the same, whole streams. */

#include <fcntl.h>

#include "store/recipe/copies.h"
#include "store/recipe/encoding.h"
#include "store/recipe/patch.h"
#include "store/recipe/recipe.h"
#include "store/recipe/reuse_places.h"
#include "tests/unit/unit.h"

static struct ferry_error err;

/* Distances over what was put in, taken out, or is between two copies. */
static void
test_distances(void **state)
{
	struct ferry_copy_map m = { .n = 0 };
	uint8_t raw[1000];
	static const struct {
		struct ferry_token token;
		size_t at; /* in the third copy */
		unsigned distance;
	} rows[] = {
		{ { 4, 10 }, 420, 10 }, /* from within it */
		{ { 4, 120 }, 450, 200 }, /* over 80 more bytes */
		{ { 4, 350 }, 420, 400 }, /* over those and 30 fewer */
		{ { 4, 65 }, 420, 65 }, /* between: as the bytes are */
		{ { 4, 66 }, 421, 146 }, /* or as what is before */
		{ { 4, 600 }, 420, 600 }, /* before the base's beginning */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (uint8_t)(i * 7 ^ i >> 8);
	/* Base 0–150 is at 0; 180–300 at 150; 350–500 at 400. */
	ferry_copy_map_begin(&m);
	ferry_copy_map_enter(&m, &(struct ferry_copy){ 0, 0, 0, 0 });
	assert_ok(ferry_copy_map_leave(&m, 150, &err), &err);
	ferry_copy_map_enter(&m, &(struct ferry_copy){ 150, 0, 0, 180 });
	assert_ok(ferry_copy_map_leave(&m, 120, &err), &err);
	ferry_copy_map_enter(&m, &(struct ferry_copy){ 400, 0, 0, 350 });
	memcpy(raw + 420, raw + 355, 4);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    ferry_copy_map_distance(&m, rows[i].token, rows[i].at,
			ferry_bytes_of(raw, sizeof(raw))),
		    rows[i].distance);
	/* Of another stream, or what goes back: nothing before it counts. */
	ferry_copy_map_enter(&m, &(struct ferry_copy){ 400, 0, 1, 350 });
	assert_int_equal(ferry_copy_map_distance(&m, rows[1].token, 450,
			     ferry_bytes_of(raw, sizeof(raw))),
	    120);
	ferry_copy_map_enter(&m, &(struct ferry_copy){ 400, 0, 0, 290 });
	assert_int_equal(ferry_copy_map_distance(&m, rows[1].token, 450,
			     ferry_bytes_of(raw, sizeof(raw))),
	    120);
	ferry_copy_map_free(&m);
}

/* A row is known by its tokens, not by where it stands or what was before it. */
static void
test_rows(void **state)
{
	struct ferry_reuse_row a = { .n = 0 }, b = { .n = 0 };
	struct ferry_token tokens[3 * FERRY_REUSE_ROW];
	uint64_t at = 0, to = 5000;
	size_t full = 0;

	(void)state;
	for (unsigned i = 0; i < 3 * FERRY_REUSE_ROW; i++)
		tokens[i] = i % 3 == 0
		                ? (struct ferry_token){ (uint16_t)(3 + i),
					  (uint16_t)(1 + i * i) }
		                : (struct ferry_token){ 0, 0 };
	for (unsigned i = 0; i < 3 * FERRY_REUSE_ROW; i++) {
		bool known = ferry_reuse_row_add(&a, at, tokens[i]);

		assert_int_equal(known, i + 1 >= FERRY_REUSE_ROW);
		at += ferry_token_span(tokens[i]);
		assert_int_equal(a.end, at);
		if (i < FERRY_REUSE_ROW)
			continue;
		/* b begins in the middle; what follows it is elsewhere. */
		if (ferry_reuse_row_add(&b, to, tokens[i])) {
			assert_int_equal(a.hash, b.hash);
			assert_int_equal(a.size, b.size);
			full++;
		}
		to += ferry_token_span(tokens[i]);
	}
	assert_int_equal(full, FERRY_REUSE_ROW + 1);
	assert_false(ferry_reuse_row_add(&b, to + 1, tokens[0]));
	/* Literals alone, and the same again and again, are like too many. */
	for (unsigned i = 0; i < 100; i++) {
		assert_false(ferry_reuse_row_add(
		    &b, to + 2 + i, (struct ferry_token){ 0, 0 }));
		(void)ferry_reuse_row_add(
		    &a, at, (struct ferry_token){ 258, 1 });
		at += 258;
	}
	assert_false(
	    ferry_reuse_row_add(&a, at, (struct ferry_token){ 258, 1 }));
}

/* Of several places that are the same the nearest. */
static void
test_places(void **state)
{
	struct ferry_reuse_place v[] = { { 100, 7, 2 }, { 200, 7, 3 },
		{ 300, 9, 4 }, { 400, 7, 0 } };
	uint32_t *slots = calloc(1U << 18, sizeof(*slots));
	struct ferry_reuse_places places = { v, 4, 4, slots, 7 };
	uint64_t at;

	(void)state;
	assert_non_null(slots);
	slots[0] = 1;
	assert_true(ferry_reuse_places_find(&places, 7, 0, &at));
	assert_int_equal(at, 100);
	assert_true(ferry_reuse_places_find(&places, 7, 240, &at));
	assert_int_equal(at, 200);
	assert_true(ferry_reuse_places_find(&places, 7, 1000, &at));
	assert_int_equal(at, 400);
	assert_true(ferry_reuse_places_find(&places, 9, 0, &at));
	assert_int_equal(at, 300);
	assert_false(ferry_reuse_places_find(&places, 8, 0, &at));
	free(slots);
}

static void
on_piece(void *ctx)
{

	(void)ctx;
}

static void
add(struct ferry_buf *b, const char *p, size_t n)
{

	assert_ok(ferry_buf_add(b, p, n, &err), &err);
}

#define INNER 40
#define EMPTY 200000 /* stored blocks with nothing in them */

/* Streams in others that are a base's which is many bytes and has no content: of sets
 * 3 and 4 others lie in no whole stream; of later ones its content has too much. */
static void
refuse_streams_in_streams(enum ferry_recipe_copies copies)
{
	struct ferry_buf base = FERRY_BUF_INIT;
	struct ferry_buf plan_text = FERRY_BUF_INIT, places = FERRY_BUF_INIT;
	struct ferry_buf corrections = FERRY_BUF_INIT, recipe = FERRY_BUF_INIT;
	struct ferry_buf texts = FERRY_BUF_INIT, out = FERRY_BUF_INIT;
	struct ferry_recipe_head head = { .bases_n = 1, .copies = copies };
	struct ferry_plan plan = FERRY_PLAN_INIT;
	struct ferry_recipe_bases bases = { .n = 1 };
	const struct ferry_recipe_look look = { .copies = copies };
	struct ferry_recipe_base opened;
	struct ferry_bytes image = ferry_bytes_str("x"), images[2];
	struct ferry_digest sha256 = { .alg = FERRY_SHA256,
		.n = FERRY_SHA256_SIZE };

	add(&base, "\x1f\x8b\x08\0\0\0\0\0\0\0", 10);
	for (size_t i = 0; i < EMPTY; i++)
		add(&base, i + 1 == EMPTY ? "\1\0\0\xff\xff" : "\0\0\0\xff\xff",
		    5);
	add(&base, "\0\0\0\0\0\0\0\0", 8);
	bases.v[0] = ferry_bytes_buf(&base);
	assert_ok(
	    ferry_recipe_base_open(&opened, &bases, 0, AT_FDCWD, &look, &err),
	    &err);
	assert_int_equal(opened.streams_n, 1);
	assert_int_equal(opened.streams[0].content.n, 0);
	for (size_t i = 0; i < INNER; i++) {
		const struct ferry_plan_stream outer = { 0, 0, 1, 6, 0 },
					       inner = { 0, 0, 0, 6, 0 };

		assert_ok(ferry_plan_add(&plan, &outer, &err), &err);
		assert_ok(ferry_plan_add(&plan, &inner, &err), &err);
		/* Each is the base's 0, which nothing is kept of then. */
		add(&corrections, "\2\0\2\0", 4);
	}
	assert_ok(ferry_plan_write_places(&plan, &plan_text, &err), &err);
	assert_ok(ferry_plan_write_models(&plan, &plan_text, &err), &err);
	assert_ok(ferry_plan_write_places(&opened.expanded.plan, &places, &err),
	    &err);
	assert_ok(ferry_patch_pack(ferry_bytes_buf(&plan_text),
		      ferry_bytes_buf(&places), 9, &texts, &err),
	    &err);
	assert_ok(ferry_patch_pack(ferry_bytes_buf(&corrections),
		      ferry_bytes_of(NULL, 0), 9, &texts, &err),
	    &err);
	head.size = 1000;
	head.image = image.n;
	head.work = FERRY_RECIPE_WORK(image.n);
	head.streams = plan.n;
	head.bases[0].size = opened.image.n;
	head.bases[0].sha256 = opened.sha256;
	assert_ok(ferry_recipe_head_write(&head, &recipe, &err), &err);
	add(&recipe, (const char *)texts.p, texts.n);
	images[0] = opened.image;
	assert_ok(ferry_patch_make(image, images, 1, 9, unit_into_buf, on_piece,
		      &recipe, &err),
	    &err);
	assert_int_equal(
	    ferry_recipe_apply(ferry_bytes_buf(&recipe), &bases, head.size,
		&sha256, AT_FDCWD, unit_into_buf, &out, &err),
	    -1);
	assert_refused(&err, FERRY_EFORMAT, "that is not the base's");
	ferry_recipe_base_close(&opened);
	ferry_plan_free(&plan);
	ferry_buf_free(&base);
	ferry_buf_free(&plan_text);
	ferry_buf_free(&places);
	ferry_buf_free(&corrections);
	ferry_buf_free(&recipe);
	ferry_buf_free(&texts);
	ferry_buf_free(&out);
}

static void
test_whole_streams_in_streams(void **state)
{

	(void)state;
	refuse_streams_in_streams(FERRY_COPIES_OUTER);
	refuse_streams_in_streams(FERRY_COPIES_ALL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distances),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_whole_streams_in_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
