/* What is copied of a base's streams, and which base is one. */

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include "store/recipe/alike.h"
#include "store/recipe/encoding.h"
#include "store/recipe/model.h"
#include "store/recipe/recipe.h"
#include "store/recipe/reuse_find.h"
#include "store/recipe/stream.h"
#include "tests/unit/unit.h"

#define TEXT 300000

static struct ferry_error err;

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

/* The first stream of a blob, and the streams of a base. */
struct pair {
	struct ferry_bytes deflated;
	struct ferry_buf raw;
	size_t used;
	struct ferry_recipe_base base;
	struct ferry_reuse *reuse;
	struct ferry_predictor *p;
};

static void
open_pair(
    struct pair *o, const struct ferry_buf *blob, const struct ferry_buf *base)
{
	struct ferry_recipe_bases bases = { .v = { ferry_bytes_buf(base) },
		.n = 1 };
	const struct ferry_recipe_look look = { .copies = FERRY_COPIES_ALL };
	uint64_t n;

	memset(o, 0, sizeof(*o));
	o->deflated = ferry_bytes_of(blob->p + 10, blob->n - 10);
	assert_int_equal(ferry_inflate_all(o->deflated, UINT32_MAX,
			     unit_into_buf, &o->raw, &o->used, &n, &err),
	    1);
	assert_ok(
	    ferry_recipe_base_open(&o->base, &bases, 0, AT_FDCWD, &look, &err),
	    &err);
	assert_ok(ferry_reuse_new(
		      &o->reuse, o->base.streams, o->base.streams_n, &err),
	    &err);
	assert_ok(ferry_predictor_new(&o->p, FERRY_PREDICT_MEMORY, &err), &err);
}

static void
close_pair(struct pair *o)
{

	ferry_reuse_free(o->reuse);
	ferry_recipe_base_close(&o->base);
	ferry_predictor_free(o->p);
	ferry_buf_free(&o->raw);
}

/* Write the pair's stream from list and corrections: 0, and out is it; -1. */
static int
write_pair(struct pair *o, struct ferry_bytes list,
    const struct ferry_stream_analysis *a, struct ferry_predict_run *run,
    struct ferry_buf *out)
{
	struct ferry_stream_parts parts = { .padding = a->padding,
		.base = o->reuse };
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_bytes in;
	int rc = -1;

	o->reuse->next = 0;
	run->model = a->model;
	run->raw = ferry_bytes_buf(&o->raw);
	assert_ok(ferry_corrections_write(&a->corrections, &text, &err), &err);
	in = ferry_bytes_buf(&text);
	assert_ok(
	    ferry_correction_reader_begin(&parts.corrections, &in, &err), &err);
	if (ferry_copy_reader_begin(
		&parts.copies, list, o->raw.n, o->reuse->n, 0, &err) == 0)
		rc = ferry_stream_write(
		    o->p, run, &parts, unit_into_buf, out, &err);
	ferry_buf_free(&text);
	return rc;
}

/* Steps that it takes to write the first stream of blob again, by what the base
 * has. */
static uint64_t
work_to_write(const struct ferry_buf *blob, const struct ferry_buf *base,
    uint64_t *without)
{
	struct ferry_stream_limits all = { UINT64_MAX, UINT64_MAX, UINT64_MAX,
		NULL };
	struct ferry_stream_analysis a = FERRY_STREAM_ANALYSIS_INIT;
	struct ferry_predict_run run = { .work_max = UINT64_MAX };
	struct ferry_buf out = FERRY_BUF_INIT;
	const struct ferry_model *six = ferry_model_find(6);
	struct pair o;

	open_pair(&o, blob, base);
	assert_int_equal(ferry_stream_analyse(o.p, six, o.deflated,
			     ferry_bytes_buf(&o.raw), &all, &a, &err),
	    1);
	assert_int_equal(a.corrections.n, 0);
	*without = a.work;
	assert_ok(ferry_finder_new(&all.finder, o.base.streams,
		      o.base.streams_n, UINT64_MAX, &err),
	    &err);
	assert_int_equal(ferry_stream_analyse(o.p, six, o.deflated,
			     ferry_bytes_buf(&o.raw), &all, &a, &err),
	    1);
	assert_int_equal(a.corrections.n, 0);
	assert_ok(
	    write_pair(&o, ferry_bytes_buf(&a.copies.list), &a, &run, &out),
	    &err);
	assert_int_equal(out.n, o.used);
	assert_memory_equal(out.p, o.deflated.p, o.used);
	ferry_finder_free(all.finder);
	ferry_stream_analysis_free(&a);
	ferry_buf_free(&out);
	close_pair(&o);
	return run.work;
}

static void
test_copies_spare_searching(void **state)
{
	struct ferry_buf text = FERRY_BUF_INIT, base = FERRY_BUF_INIT;
	struct ferry_buf blob = FERRY_BUF_INIT;
	uint64_t with, without;

	(void)state;
	make_text(&text, 1, TEXT);
	add_whole(&base, &text, 6);
	/* Near the beginning, in the middle, and at the end: what is between is
	 * in step, or further on, and matches reach over it. */
	write_over(&text, 20, "another version");
	put_in(&text, 120000, "some words more");
	write_over(&text, 290000, "a word");
	add_whole(&blob, &text, 6);
	with = work_to_write(&blob, &base, &without);
	assert_true(with * 2 < without);
	with = work_to_write(&base, &base, &without);
	assert_true(with * 3 < without);
	ferry_buf_free(&text);
	ferry_buf_free(&base);
	ferry_buf_free(&blob);
}

/* What is between matches is other literals, so that no sixty bytes of content are
 * the same, as in programs whose numbers have moved. */
static void
test_copies_of_other_literals(void **state)
{
	struct ferry_buf text = FERRY_BUF_INIT, base = FERRY_BUF_INIT;
	struct ferry_buf blob = FERRY_BUF_INIT;
	uint64_t with, without;

	(void)state;
	make_text(&text, 1, TEXT);
	for (size_t i = 40; i < TEXT; i += 60)
		text.p[i] = (uint8_t)(128 + i / 60 % 64);
	add_whole(&base, &text, 6);
	for (size_t i = 40; i < TEXT; i += 60)
		text.p[i] = (uint8_t)(128 + i / 60 % 64 * 7 % 64);
	add_whole(&blob, &text, 6);
	with = work_to_write(&blob, &base, &without);
	assert_true(with * 3 < without * 2);
	ferry_buf_free(&text);
	ferry_buf_free(&base);
	ferry_buf_free(&blob);
}

/* Each of the others begins or goes on elsewhere in the base. */
static void
test_copies_of_what_moved(void **state)
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
static struct ferry_recipe_made
assert_recipe(const struct ferry_buf *blob, const struct ferry_buf *base)
{
	struct ferry_recipe_options options = { 3, UINT64_MAX, AT_FDCWD,
		FERRY_RECIPE_ALWAYS, false };
	struct ferry_recipe_bases bases = { .n = 1 };
	struct ferry_recipe_made made = { .model = NULL };
	struct ferry_buf recipe = FERRY_BUF_INIT, out = FERRY_BUF_INIT;
	struct ferry_digest sha256;

	bases.v[0] = ferry_bytes_buf(base);
	if (ferry_recipe_make(ferry_bytes_buf(blob), &bases, &options,
		unit_into_buf, &recipe, &made, &err) != 1)
		fail_msg("%s %s", made.why, err.text);
	assert_ok(
	    ferry_digest_of(&sha256, FERRY_SHA256, ferry_bytes_buf(blob), &err),
	    &err);
	assert_ok(ferry_recipe_apply(ferry_bytes_buf(&recipe), &bases, blob->n,
		      &sha256, AT_FDCWD, unit_into_buf, &out, &err),
	    &err);
	assert_int_equal(out.n, blob->n);
	assert_memory_equal(out.p, blob->p, blob->n);
	ferry_buf_free(&recipe);
	ferry_buf_free(&out);
	return made;
}

/* The same content, but another compressor's: all along, or from somewhere on. */
static void
test_copies_of_another_compressor(void **state)
{
	struct ferry_buf text = FERRY_BUF_INIT, base = FERRY_BUF_INIT;
	struct ferry_buf blob = FERRY_BUF_INIT;
	uint64_t with, without;

	(void)state;
	make_text(&text, 1, TEXT);
	add_whole(&blob, &text, 6);
	add_whole(&base, &text, 1);
	with = work_to_write(&blob, &base, &without);
	/* Looking costs a step for each token of the base, at most. */
	assert_true(with <= without + TEXT);
	(void)assert_recipe(&blob, &base);
	ferry_buf_reset(&base);
	add_member(&base, ferry_bytes_buf(&text), 6, TEXT / 2, 1);
	(void)assert_recipe(&blob, &base);
	ferry_buf_free(&text);
	ferry_buf_free(&base);
	ferry_buf_free(&blob);
}

/* Streams that are the same as a whole, some of them of the same size. */
static void
test_copies_of_whole_streams(void **state)
{
	struct ferry_buf base = FERRY_BUF_INIT, blob = FERRY_BUF_INIT;
	struct ferry_buf large = FERRY_BUF_INIT;

	(void)state;
	for (uint32_t i = 0; i < 30; i++) {
		struct ferry_buf text = FERRY_BUF_INIT;

		make_text(&text, i, 8000 + i / 15);
		add_whole(&base, &text, 6);
		if (i == 17)
			write_over(&text, 3000, "another version");
		add_whole(&blob, &text, i == 25 ? 9 : 6);
		ferry_buf_free(&text);
	}
	(void)assert_recipe(&blob, &base);
	(void)assert_recipe(&base, &blob);
	/* A byte for each, which zstd makes less of. */
	assert_true(assert_recipe(&base, &base).size < 200);
	/* Behind the base's last one comes another, which has some of it. */
	ferry_buf_reset(&base);
	ferry_buf_reset(&blob);
	make_text(&large, 77, 100000);
	add_whole(&base, &large, 6);
	add_whole(&blob, &large, 6);
	write_over(&large, 50000, "another version");
	add_whole(&blob, &large, 6);
	assert_true(assert_recipe(&blob, &base).size < 1000);
	ferry_buf_free(&large);
	ferry_buf_free(&base);
	ferry_buf_free(&blob);
}

/* A list that somebody made up, of the text and itself. */
static void
assert_list_refused(struct pair *o, const struct ferry_copy *copies, size_t n,
    unsigned model, enum ferry_code code, const char *why)
{
	struct ferry_stream_analysis a = FERRY_STREAM_ANALYSIS_INIT;
	struct ferry_predict_run run = { .work_max = 100000000 };
	struct ferry_copies list = FERRY_COPIES_INIT;
	struct ferry_buf out = FERRY_BUF_INIT;

	a.model = ferry_model_find(model);
	ferry_copies_begin(&list, 0);
	for (size_t i = 0; i < n; i++)
		assert_ok(ferry_copies_add(&list, &copies[i], &err), &err);
	assert_int_equal(
	    write_pair(o, ferry_bytes_buf(&list.list), &a, &run, &out), -1);
	assert_refused(&err, code, why);
	ferry_copies_free(&list);
	ferry_buf_free(&out);
}

/* The byte behind the first token that is a match, and its length. */
static void
find_match(struct pair *o, size_t *end, unsigned *length)
{
	struct ferry_tape *tape = &o->reuse->tape;

	assert_true(ferry_reuse_seek(o->reuse, 0, 0));
	while (tape->tokens[tape->first].length == 0)
		ferry_tape_take(tape, 1);
	*length = tape->tokens[tape->first].length;
	ferry_tape_take(tape, 1);
	*end = (size_t)tape->at;
}

/* Append a program that has symbols in itself. */
static void
add_program(struct ferry_buf *out, const struct ferry_buf *code,
    const struct ferry_buf *symbols)
{
	struct ferry_buf member = FERRY_BUF_INIT, raw = FERRY_BUF_INIT;

	add_whole(&member, symbols, 6);
	assert_ok(ferry_buf_adds(&raw, "MZ", &err), &err);
	assert_ok(ferry_buf_add(&raw, code->p, code->n, &err), &err);
	assert_ok(ferry_buf_adds(&raw, "MPDBsize", &err), &err);
	/* Without header and what is behind it. */
	assert_ok(
	    ferry_buf_add(&raw, member.p + 10, member.n - 18, &err), &err);
	assert_ok(ferry_buf_adds(&raw, "the end", &err), &err);
	add_whole(out, &raw, 6);
	ferry_buf_free(&member);
	ferry_buf_free(&raw);
}

/* What seems to have streams in it and has none, of sizes around a buffer's. */
static void
test_no_streams_in_streams(void **state)
{
	static const size_t sizes[] = { 100, 5000, 30000, 65536, 70000,
		200000 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct ferry_buf text = FERRY_BUF_INIT, raw = FERRY_BUF_INIT;
		struct ferry_buf base = FERRY_BUF_INIT, blob = FERRY_BUF_INIT;

		make_text(&text, 1, sizes[i]);
		assert_ok(ferry_buf_adds(&raw, "MZ", &err), &err);
		assert_ok(ferry_buf_add(&raw, text.p, text.n, &err), &err);
		assert_ok(ferry_buf_adds(&raw, "MPDBsize\xff", &err), &err);
		add_whole(&base, &raw, 6);
		write_over(&raw, raw.n / 2, "another version");
		add_whole(&blob, &raw, 6);
		assert_int_equal(assert_recipe(&blob, &base).streams, 1);
		assert_int_equal(assert_recipe(&base, &base).streams, 1);
		ferry_buf_free(&text);
		ferry_buf_free(&raw);
		ferry_buf_free(&base);
		ferry_buf_free(&blob);
	}
}

/* Streams that lie in others, and these. */
static void
test_copies_of_streams_in_streams(void **state)
{
	struct ferry_buf base = FERRY_BUF_INIT, blob = FERRY_BUF_INIT;
	struct ferry_buf code = FERRY_BUF_INIT, symbols = FERRY_BUF_INIT;
	struct ferry_recipe_made made;
	size_t all;

	(void)state;
	make_text(&code, 1, TEXT);
	make_text(&symbols, 2, TEXT);
	all = 2 * (code.n + symbols.n);
	add_program(&base, &code, &symbols);
	add_program(&base, &symbols, &code);
	/* One is the same as a whole; of the other both parts changed a bit. */
	add_program(&blob, &symbols, &code);
	write_over(&code, TEXT / 2, "another version");
	put_in(&symbols, TEXT / 3, "something");
	add_program(&blob, &code, &symbols);
	made = assert_recipe(&blob, &base);
	assert_int_equal(made.streams, 4);
	assert_int_equal(made.exact, 4);
	assert_true(made.copied > all - all / 20);
	assert_true(made.size < 1500);
	ferry_buf_free(&base);
	ferry_buf_free(&blob);
	ferry_buf_free(&code);
	ferry_buf_free(&symbols);
}

static void
test_copies_are_refused(void **state)
{
	struct ferry_buf text = FERRY_BUF_INIT, blob = FERRY_BUF_INIT;
	struct pair o;
	unsigned length;
	size_t end;

	(void)state;
	make_text(&text, 1, TEXT);
	add_whole(&blob, &text, 6);
	open_pair(&o, &blob, &blob);
	find_match(&o, &end, &length);
#define REFUSED(model, code, why, ...)                                         \
	assert_list_refused(&o, (struct ferry_copy[]){ __VA_ARGS__ },          \
	    sizeof((struct ferry_copy[]){ __VA_ARGS__ }) /                     \
		sizeof(struct ferry_copy),                                     \
	    model, code, why)
	REFUSED(6, FERRY_EFORMAT, "what there is not", { 0, 10, 1, 0 });
	REFUSED(6, FERRY_ELIMIT, "a copy", { 0, TEXT + 1, 0, 0 });
	REFUSED(6, FERRY_ELIMIT, "a copy", { TEXT + 1, 1, 0, 0 });
	REFUSED(6, FERRY_EFORMAT, "no tokens", { 0, 10, 0, TEXT });
	REFUSED(6, FERRY_EFORMAT, "no tokens", { 0, 10, 0, end - 1 });
	REFUSED(6, FERRY_EFORMAT, "ends within", { 0, end - 1, 0, 0 });
	REFUSED(6, FERRY_EFORMAT, "begins within", { 0, end, 0, 0 },
	    { end + 1, TEXT - end - 1, 0, end + 1 });
	/* A match that would reach before the beginning. */
	REFUSED(6, FERRY_EFORMAT, "a match of", { 0, length, 0, end - length });
	/* The last token is a match. */
	REFUSED(6, FERRY_EFORMAT, "makes none", { TEXT - 1, 1, 0, 0 });
	REFUSED(41, FERRY_EFORMAT, "makes none", { TEXT - 1, 1, 0, 0 });
#undef REFUSED
	close_pair(&o);
	ferry_buf_free(&text);
	ferry_buf_free(&blob);
}

/* Four blocks of nothing for each of n, five bytes. */
static void
add_empty(struct ferry_buf *out, size_t n)
{

	while (n-- > 0)
		assert_ok(
		    ferry_buf_add(out, "\x02\x08\x20\x80\x00", 5, &err), &err);
}

/* To come to where the base has it takes more than a reader may spend. */
static void
test_copies_behind_nothing(void **state)
{
	struct ferry_buf text = FERRY_BUF_INIT, base = FERRY_BUF_INIT;
	struct ferry_buf blob = FERRY_BUF_INIT;

	(void)state;
	make_text(&text, 1, 100000);
	add_whole(&blob, &text, 6);
	assert_ok(ferry_buf_add(&base, blob.p, 10, &err), &err);
	add_empty(&base, 50000);
	assert_ok(ferry_buf_add(&base, blob.p + 10, blob.n - 10, &err), &err);
	(void)assert_recipe(&blob, &base);
	ferry_buf_free(&text);
	ferry_buf_free(&base);
	ferry_buf_free(&blob);
}

/* Blocks of nothing, ten bits each, cost as much to read as others. */
static void
test_copies_keep_to_their_work(void **state)
{
	struct ferry_buf blob = FERRY_BUF_INIT, base = FERRY_BUF_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	static const uint8_t header[10] = { 0x1f, 0x8b, 8 }, behind[8];
	struct ferry_stream_analysis a = FERRY_STREAM_ANALYSIS_INIT;
	struct ferry_predict_run run = { .work_max = 4000 * 1024 };
	struct ferry_copies list = FERRY_COPIES_INIT;
	struct ferry_buf out = FERRY_BUF_INIT;
	struct pair o;

	(void)state;
	a.model = ferry_model_find(6);
	assert_ok(ferry_buf_add(&base, header, sizeof(header), &err), &err);
	/* Four of them in five bytes, then "aaaa" in one that is the last. */
	add_empty(&base, 2000);
	assert_ok(
	    ferry_buf_add(&base, "\x4b\x4c\x4c\x4c\x04\x00", 6, &err), &err);
	assert_ok(ferry_buf_add(&base, behind, sizeof(behind), &err), &err);
	assert_ok(ferry_buf_adds(&text, "aaaa", &err), &err);
	add_whole(&blob, &text, 6);
	open_pair(&o, &blob, &base);
	assert_int_equal(o.reuse->n, 1);
	assert_int_equal(o.reuse->streams[0].content.n, 4);
	ferry_copies_begin(&list, 0);
	assert_ok(
	    ferry_copies_add(&list, &(struct ferry_copy){ 0, 4, 0, 0 }, &err),
	    &err);
	assert_int_equal(
	    write_pair(&o, ferry_bytes_buf(&list.list), &a, &run, &out), -1);
	assert_refused(&err, FERRY_ELIMIT, "steps");
	run = (struct ferry_predict_run){ .work_max = 9000 * 1024 };
	assert_ok(
	    write_pair(&o, ferry_bytes_buf(&list.list), &a, &run, &out), &err);
	close_pair(&o);
	ferry_copies_free(&list);
	ferry_buf_free(&text);
	ferry_buf_free(&base);
	ferry_buf_free(&blob);
	ferry_buf_free(&out);
}

/* What has nothing in common is seen to have nothing, soon. */
static void
test_alike(void **state)
{
	struct ferry_recipe_options options = { 3, UINT64_MAX, AT_FDCWD,
		FERRY_RECIPE_WORTH, false };
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
			     &options, unit_into_buf, &b, &made, &err),
	    0);
	assert_int_equal(made.outcome, FERRY_RECIPE_UNFIT);
	assert_non_null(strstr(made.why, "in common"));
	bases.n = 0;
	assert_false(ferry_recipe_may_pay(ferry_bytes_buf(&a), &bases));
	assert_int_equal(ferry_recipe_make(ferry_bytes_buf(&a), &bases,
			     &options, unit_into_buf, &b, &made, &err),
	    0);
	assert_non_null(strstr(made.why, "compressed"));
	assert_int_equal(ferry_recipe_make(ferry_bytes_buf(&blob), &bases,
			     &options, unit_into_buf, &b, &made, &err),
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
		FERRY_RECIPE_ALWAYS, false };
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
			     &options, unit_into_buf, &recipe, &made, &err),
	    1);
	atomic_store(&stopped, true);
	assert_int_equal(ferry_recipe_make(ferry_bytes_buf(&blob), &bases,
			     &options, unit_into_buf, &out, &made, &err),
	    -1);
	assert_refused(&err, FERRY_ECANCELLED, "stopped");
	assert_int_equal(
	    ferry_recipe_apply(ferry_bytes_buf(&recipe), &bases, blob.n,
		&sha256, AT_FDCWD, unit_into_buf, &out, &err),
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
		cmocka_unit_test(test_copies_spare_searching),
		cmocka_unit_test(test_copies_of_other_literals),
		cmocka_unit_test(test_copies_of_what_moved),
		cmocka_unit_test(test_copies_of_another_compressor),
		cmocka_unit_test(test_copies_of_whole_streams),
		cmocka_unit_test(test_no_streams_in_streams),
		cmocka_unit_test(test_copies_of_streams_in_streams),
		cmocka_unit_test(test_copies_are_refused),
		cmocka_unit_test(test_copies_behind_nothing),
		cmocka_unit_test(test_copies_keep_to_their_work),
		cmocka_unit_test(test_alike),
		cmocka_unit_test(test_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
