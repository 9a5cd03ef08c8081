/* That what a base's streams tell is what searching finds, or is not used. */

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include "store/recipe/alike.h"
#include "store/recipe/encoding.h"
#include "store/recipe/model.h"
#include "store/recipe/recipe.h"
#include "store/recipe/stream.h"
#include "tests/unit/unit.h"

#define TEXT 300000

static struct ferry_error err;

static int
into_buf(void *ctx, const void *p, size_t n, struct ferry_error *e)
{

	return ferry_buf_add(ctx, p, n, e);
}

/* The same for the same seed: words, and lines that come again. */
static void
make_text(struct ferry_buf *out, uint32_t seed, size_t n)
{
	char word[24];

	while (out->n < n) {
		seed = seed * 1664525 + 1013904223;
		if (seed >> 28 == 0 && out->n > 2000) {
			size_t at = out->n - 1000 - (seed >> 8) % 900;

			assert_ok(ferry_buf_reserve(out, 300, &err), &err);
			assert_ok(
			    ferry_buf_add(out, out->p + at, 200, &err), &err);
			continue;
		}
		(void)snprintf(word, sizeof(word), "%x ",
		    (unsigned)(seed >> 8) % (seed >> 30 == 0 ? 65536 : 90));
		assert_ok(ferry_buf_adds(out, word, &err), &err);
	}
	out->n = n;
}

/* Put text in at byte at, over as many bytes. */
static void
write_over(struct ferry_buf *b, size_t at, const char *text)
{

	memcpy(b->p + at, text, strlen(text));
}

static void
put_in(struct ferry_buf *b, size_t at, const char *text)
{
	size_t n = strlen(text);

	assert_ok(ferry_buf_reserve(b, n, &err), &err);
	memmove(b->p + at + n, b->p + at, b->n - at);
	memcpy(b->p + at, text, n);
	b->n += n;
}

/* Append raw as a member of gzip, by zlib: from byte change on at other. */
static void
add_member(struct ferry_buf *out, struct ferry_bytes raw, int level,
    size_t change, int other)
{
	static const uint8_t header[10] = { 0x1f, 0x8b, 8 }, behind[8];
	z_stream z = { .next_in = NULL };

	assert_ok(ferry_buf_add(out, header, sizeof(header), &err), &err);
	assert_ok(
	    ferry_buf_reserve(out, compressBound(raw.n) + 100, &err), &err);
	assert_int_equal(
	    deflateInit2(&z, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY),
	    Z_OK);
	z.next_in = (uint8_t *)(uintptr_t)raw.p;
	z.avail_in = (uInt)change;
	z.next_out = out->p + out->n;
	z.avail_out = (uInt)(out->cap - out->n);
	assert_int_equal(deflate(&z, Z_NO_FLUSH), Z_OK);
	assert_int_equal(deflateParams(&z, other, Z_DEFAULT_STRATEGY), Z_OK);
	z.avail_in = (uInt)(raw.n - change);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->n += z.total_out;
	(void)deflateEnd(&z);
	assert_ok(ferry_buf_add(out, behind, sizeof(behind), &err), &err);
}

static void
add_whole(struct ferry_buf *out, const struct ferry_buf *raw, int level)
{

	add_member(out, ferry_bytes_buf(raw), level, raw->n, level);
}

/* Steps that searching took to write the first stream of blob again, with what
 * the first base has. */
static uint64_t
work_to_write(const struct ferry_buf *blob, const struct ferry_buf *base,
    uint64_t *without)
{
	const struct ferry_stream_limits all = { UINT64_MAX, UINT64_MAX,
		UINT64_MAX };
	struct ferry_stream_analysis a = { .model = NULL };
	struct ferry_bytes deflated =
	    ferry_bytes_of(blob->p + 10, blob->n - 10);
	struct ferry_buf raw = FERRY_BUF_INIT, out = FERRY_BUF_INIT;
	struct ferry_correction_reader none = { .tokens = { .has = false } };
	struct ferry_predict_run run = { .model = ferry_model_find(6) };
	struct ferry_recipe_bases bases = { .v = { ferry_bytes_buf(base) },
		.n = 1 };
	struct ferry_recipe_base b;
	struct ferry_predictor *p;
	uint64_t n;
	size_t used;

	assert_int_equal(ferry_inflate_all(deflated, UINT32_MAX, into_buf, &raw,
			     &used, &n, &err),
	    1);
	assert_ok(ferry_predictor_new(&p, FERRY_PREDICT_MEMORY, &err), &err);
	assert_int_equal(ferry_stream_analyse(p, run.model, deflated,
			     ferry_bytes_buf(&raw), &all, &a, &err),
	    1);
	assert_int_equal(a.corrections.n, 0);
	*without = a.work;
	assert_ok(ferry_recipe_base_open(
		      &b, &bases, 0, AT_FDCWD, NULL, NULL, 0, &err),
	    &err);
	assert_ok(
	    ferry_reuse_new(&run.reuse, b.image, b.streams, b.streams_n, &err),
	    &err);
	run.raw = ferry_bytes_buf(&raw);
	run.work_max = a.work;
	assert_ok(
	    ferry_stream_write(p, &run, &none, a.padding, into_buf, &out, &err),
	    &err);
	assert_int_equal(out.n, used);
	assert_memory_equal(out.p, deflated.p, used);
	ferry_reuse_free(run.reuse);
	ferry_recipe_base_close(&b);
	ferry_predictor_free(p);
	ferry_corrections_free(&a.corrections);
	ferry_buf_free(&raw);
	ferry_buf_free(&out);
	return run.work;
}

static void
test_reuse_spares_searching(void **state)
{
	struct ferry_buf text = FERRY_BUF_INIT, base = FERRY_BUF_INIT;
	struct ferry_buf blob = FERRY_BUF_INIT;
	uint64_t with, without;

	(void)state;
	make_text(&text, 1, TEXT);
	add_whole(&base, &text, 6);
	/* Near the beginning, in the middle, and at the end: what is between is
	 * in step, or further on. */
	write_over(&text, 20, "another version");
	put_in(&text, 120000, "some words more");
	write_over(&text, 290000, "a word");
	add_whole(&blob, &text, 6);
	with = work_to_write(&blob, &base, &without);
	assert_true(with * 2 < without);
	/* Beginnings and ends that are the same need no run-up. */
	with = work_to_write(&base, &base, &without);
	assert_true(with * 3 < without);
	ferry_buf_free(&text);
	ferry_buf_free(&base);
	ferry_buf_free(&blob);
}

/* Each of the others begins or goes on elsewhere in the base. */
static void
test_reuse_finds_what_moved(void **state)
{
	struct ferry_buf a = FERRY_BUF_INIT, b = FERRY_BUF_INIT;
	struct ferry_buf base = FERRY_BUF_INIT, blob = FERRY_BUF_INIT;
	uint64_t with, without;

	(void)state;
	make_text(&a, 1, TEXT);
	make_text(&b, 2, TEXT);
	add_whole(&base, &a, 6);
	add_whole(&base, &b, 6);
	assert_ok(ferry_buf_add(&b, a.p, a.n, &err), &err);
	put_in(&b, 100, "something");
	add_whole(&blob, &b, 6);
	with = work_to_write(&blob, &base, &without);
	assert_true(with * 2 < without);
	ferry_buf_free(&a);
	ferry_buf_free(&b);
	ferry_buf_free(&base);
	ferry_buf_free(&blob);
}

/* A recipe of blob from base gives blob again. */
static void
assert_recipe(const struct ferry_buf *blob, const struct ferry_buf *base)
{
	struct ferry_recipe_options options = { 3, UINT64_MAX, AT_FDCWD,
		FERRY_RECIPE_ALWAYS, FERRY_BLOB_IN_MEMORY };
	struct ferry_recipe_bases bases = { .n = 1 };
	struct ferry_recipe_made made = { .model = NULL };
	struct ferry_buf recipe = FERRY_BUF_INIT, out = FERRY_BUF_INIT;
	struct ferry_digest sha256;

	bases.v[0] = ferry_bytes_buf(base);
	if (ferry_recipe_make(ferry_bytes_buf(blob), &bases, &options, into_buf,
		&recipe, &made, &err) != 1)
		fail_msg("%s %s", made.why, err.text);
	assert_ok(
	    ferry_digest_of(&sha256, FERRY_SHA256, ferry_bytes_buf(blob), &err),
	    &err);
	assert_ok(ferry_recipe_apply(ferry_bytes_buf(&recipe), &bases, blob->n,
		      &sha256, AT_FDCWD, into_buf, &out, &err),
	    &err);
	/* Once, also where it was made twice. */
	assert_int_equal(out.n, blob->n);
	assert_memory_equal(out.p, blob->p, blob->n);
	ferry_buf_free(&recipe);
	ferry_buf_free(&out);
}

/* The same content, but another compressor's: all along, or from somewhere on,
 * which only the digest shows. */
static void
test_reuse_of_another_compressor(void **state)
{
	struct ferry_buf text = FERRY_BUF_INIT, base = FERRY_BUF_INIT;
	struct ferry_buf blob = FERRY_BUF_INIT;
	uint64_t with, without;

	(void)state;
	make_text(&text, 1, TEXT);
	add_whole(&blob, &text, 6);
	add_whole(&base, &text, 1);
	with = work_to_write(&blob, &base, &without);
	assert_int_equal(with, without);
	assert_recipe(&blob, &base);
	ferry_buf_reset(&base);
	add_member(&base, ferry_bytes_buf(&text), 6, TEXT / 2, 1);
	assert_recipe(&blob, &base);
	ferry_buf_free(&text);
	ferry_buf_free(&base);
	ferry_buf_free(&blob);
}

/* Streams that are the same as a whole, some of them of the same size. */
static void
test_reuse_of_whole_streams(void **state)
{
	struct ferry_buf base = FERRY_BUF_INIT, blob = FERRY_BUF_INIT;

	(void)state;
	for (uint32_t i = 0; i < 30; i++) {
		struct ferry_buf text = FERRY_BUF_INIT;

		make_text(&text, i, 8000 + i / 15);
		add_whole(&base, &text, 6);
		if (i == 17)
			write_over(&text, 3000, "another version");
		/* What only looks the same shows in the end. */
		add_whole(&blob, &text, i == 25 ? 9 : 6);
		ferry_buf_free(&text);
	}
	assert_recipe(&blob, &base);
	assert_recipe(&base, &blob);
	ferry_buf_free(&base);
	ferry_buf_free(&blob);
}

/* What has nothing in common is seen to have nothing, soon. */
static void
test_alike(void **state)
{
	struct ferry_recipe_options options = { 3, UINT64_MAX, AT_FDCWD,
		FERRY_RECIPE_WORTH, FERRY_BLOB_IN_MEMORY };
	struct ferry_recipe_made made = { .model = NULL };
	struct ferry_recipe_bases bases = { .n = 1 };
	struct ferry_buf a = FERRY_BUF_INIT, b = FERRY_BUF_INIT;
	struct ferry_buf blob = FERRY_BUF_INIT, base = FERRY_BUF_INIT;
	unsigned half;

	(void)state;
	make_text(&a, 1, TEXT);
	make_text(&b, 2, TEXT);
	assert_int_equal(ferry_recipe_alike(ferry_bytes_buf(&a),
			     ferry_bytes_buf(&a), FERRY_ALIKE_MEMORY),
	    100);
	bases.v[0] = ferry_bytes_buf(&a);
	for (size_t i = 0; i < TEXT; i++)
		b.p[i] = (uint8_t)(a.p[i] ^ b.p[TEXT - 1 - i] * 7);
	assert_true(ferry_recipe_alike(bases.v[0], ferry_bytes_buf(&b),
			FERRY_ALIKE_MEMORY) < 15);
	assert_false(ferry_recipe_may_pay(ferry_bytes_buf(&b), &bases));
	/* The second half of it is moved. */
	memcpy(b.p, a.p + TEXT / 2, TEXT / 2);
	half = ferry_recipe_alike(
	    bases.v[0], ferry_bytes_buf(&b), FERRY_ALIKE_MEMORY);
	assert_true(half > 40 && half < 65);
	assert_true(ferry_recipe_may_pay(ferry_bytes_buf(&b), &bases));

	/* The same of what is compressed, and of no base at all. */
	for (size_t i = 0; i < TEXT; i++)
		b.p[i] = (uint8_t)(a.p[i] ^ (i * i >> 7));
	add_whole(&blob, &b, 6);
	add_whole(&base, &a, 6);
	bases.v[0] = ferry_bytes_buf(&base);
	assert_true(ferry_recipe_may_pay(ferry_bytes_buf(&blob), &bases));
	assert_int_equal(ferry_recipe_make(ferry_bytes_buf(&blob), &bases,
			     &options, into_buf, &b, &made, &err),
	    0);
	assert_int_equal(made.outcome, FERRY_RECIPE_UNFIT);
	assert_non_null(strstr(made.why, "in common"));
	bases.n = 0;
	assert_false(ferry_recipe_may_pay(ferry_bytes_buf(&a), &bases));
	assert_int_equal(ferry_recipe_make(ferry_bytes_buf(&a), &bases,
			     &options, into_buf, &b, &made, &err),
	    0);
	assert_non_null(strstr(made.why, "compressed"));
	assert_int_equal(ferry_recipe_make(ferry_bytes_buf(&blob), &bases,
			     &options, into_buf, &b, &made, &err),
	    1);
	ferry_buf_free(&a);
	ferry_buf_free(&b);
	ferry_buf_free(&blob);
	ferry_buf_free(&base);
}

/* Making and applying end soon when they are to. */
static void
test_stopped(void **state)
{
	struct ferry_recipe_options options = { 1, UINT64_MAX, AT_FDCWD,
		FERRY_RECIPE_ALWAYS, FERRY_BLOB_IN_MEMORY };
	struct ferry_recipe_made made = { .model = NULL };
	atomic_bool stopped = false;
	struct ferry_recipe_bases bases = { .n = 0, .stopped = &stopped };
	struct ferry_buf text = FERRY_BUF_INIT, blob = FERRY_BUF_INIT;
	struct ferry_buf recipe = FERRY_BUF_INIT, out = FERRY_BUF_INIT;
	struct ferry_digest sha256;

	(void)state;
	make_text(&text, 1, 5 << 20);
	add_whole(&blob, &text, 4);
	assert_ok(ferry_digest_of(
		      &sha256, FERRY_SHA256, ferry_bytes_buf(&blob), &err),
	    &err);
	assert_int_equal(ferry_recipe_make(ferry_bytes_buf(&blob), &bases,
			     &options, into_buf, &recipe, &made, &err),
	    1);
	atomic_store(&stopped, true);
	assert_int_equal(ferry_recipe_make(ferry_bytes_buf(&blob), &bases,
			     &options, into_buf, &out, &made, &err),
	    -1);
	assert_refused(&err, FERRY_ECANCELLED, "stopped");
	assert_int_equal(ferry_recipe_apply(ferry_bytes_buf(&recipe), &bases,
			     blob.n, &sha256, AT_FDCWD, into_buf, &out, &err),
	    -1);
	assert_refused(&err, FERRY_ECANCELLED, "stopped");
	assert_int_equal(out.n, 0);
	ferry_buf_free(&text);
	ferry_buf_free(&blob);
	ferry_buf_free(&recipe);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reuse_spares_searching),
		cmocka_unit_test(test_reuse_finds_what_moved),
		cmocka_unit_test(test_reuse_of_another_compressor),
		cmocka_unit_test(test_reuse_of_whole_streams),
		cmocka_unit_test(test_alike),
		cmocka_unit_test(test_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
