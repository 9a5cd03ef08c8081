#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include "store/base/file.h"
#include "store/recipe/corrections.h"
#include "store/recipe/encoding.h"
#include "store/recipe/expand.h"
#include "store/recipe/model.h"
#include "store/recipe/recipe.h"
#include "store/recipe/reuse_find.h"
#include "store/recipe/spool.h"
#include "store/recipe/stream.h"
#include "store/recipe/varint.h"
#include "tests/unit/unit.h"

static struct ferry_error err;

static void
load(struct ferry_buf *out, const char *folder, const char *name)
{
	char path[UNIT_PATH];

	unit_data(path, "recipe/%s/%s", folder, name);
	assert_ok(ferry_file_read(path, 1 << 20, out, &err), &err);
}

/* A fixture's stream, behind its gzip header, and its content by zlib. */
struct fixture {
	struct ferry_buf file, raw;
	struct ferry_bytes deflated;
};

static void
load_stream(struct fixture *f, const char *name)
{
	z_stream z = { .next_in = NULL };
	size_t at = 10;
	int rc;

	memset(f, 0, sizeof(*f));
	load(&f->file, "streams", name);
	assert_true(f->file.n >= 18);
	if ((f->file.p[3] & 8) != 0)
		at += strlen((char *)f->file.p + at) + 1;
	f->deflated = ferry_bytes_of(f->file.p + at, f->file.n - at);

	assert_ok(ferry_buf_reserve(&f->raw, 1 << 20, &err), &err);
	assert_int_equal(inflateInit2(&z, -15), Z_OK);
	z.next_in = f->file.p + at;
	z.avail_in = (uInt)f->deflated.n;
	z.next_out = f->raw.p;
	z.avail_out = 1 << 20;
	rc = inflate(&z, Z_FINISH);
	assert_int_equal(rc, Z_STREAM_END);
	f->raw.n = z.total_out;
	/* With no room behind it, so that reading there shows. */
	f->raw.p = realloc(f->raw.p, f->raw.n > 0 ? f->raw.n : 1);
	assert_non_null(f->raw.p);
	f->raw.cap = f->raw.n;
	assert_int_equal(z.avail_in, 8);
	(void)inflateEnd(&z);
}

static void
free_stream(struct fixture *f)
{

	ferry_buf_free(&f->file);
	ferry_buf_free(&f->raw);
}

/*
 * What the numbers mean: streams that the compressors themselves wrote, and
 * how many corrections they need, for ever.
 */
static const struct row {
	const char *name;
	uint8_t model;
	unsigned corrections;
	bool alike; /* another model fits it as well */
} rows[] = {
	{ "ruby1.gz", 1, 0, false },
	{ "ruby2.gz", 2, 0, false },
	{ "ruby3.gz", 3, 0, false },
	{ "ruby4.gz", 4, 0, false },
	{ "ruby5.gz", 5, 0, false },
	{ "ruby6.gz", 6, 0, false },
	{ "ruby7.gz", 7, 0, false },
	{ "ruby8.gz", 8, 0, false },
	{ "ruby9.gz", 9, 0, false },
	{ "ruby6-mixed.gz", 6, 0, false },
	{ "ruby6-empty.gz", 6, 0, false },
	{ "java6-large.gz", 6, 0, false },
	{ "java9.gz", 9, 0, false },
	{ "gzip9.gz", 9, 0, false },
	{ "node1.gz", 11, 0, false },
	{ "node2.gz", 12, 0, false },
	{ "node3.gz", 13, 0, false },
	{ "node4.gz", 14, 0, false },
	{ "node5.gz", 15, 0, false },
	{ "node6.gz", 16, 0, false },
	{ "node7.gz", 17, 0, false },
	{ "node8.gz", 18, 0, false },
	{ "node9.gz", 19, 0, false },
	{ "node6-large.gz", 16, 0, false },
	{ "node9-mixed.gz", 19, 0, false },
	{ "node9-empty.gz", 6, 0, false },
	{ "go4.gz", 24, 0, false },
	{ "go5.gz", 25, 0, false },
	{ "go6.gz", 26, 0, false },
	{ "go7.gz", 27, 0, false },
	{ "go8.gz", 28, 0, false },
	{ "go9.gz", 29, 0, false },
	{ "go6-large.gz", 26, 0, false },
	{ "go6-mixed.gz", 26, 0, false },
	{ "go6-empty.gz", 26, 0, false },
	{ "net6.gz", 41, 0, false },
	{ "net6-large.gz", 41, 0, false },
	{ "net6-mixed.gz", 41, 0, true },
	{ "net6-80k.gz", 42, 0, true },
	{ "net6-4k.gz", 43, 0, false },
	{ "net6-8k.gz", 44, 0, false },
	{ "nupkg-ng-old.gz", 51, 0, false },
	{ "nupkg-ng-old.gz", 52, 0, true },
	{ "nupkg-intel.gz", 61, 0, false },
	{ "nupkg-intel.gz", 62, 3, true },
	/* A flush in the middle, blocks that end elsewhere, pieces that were
	 * compressed apart. */
	{ "ruby9-flush.gz", 9, 2, false },
	{ "gzip6.gz", 6, 1, false },
	{ "pigz6.gz", 6, 3, false },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Write the stream again from a, by base or NULL, and compare.  Returns: steps. */
static uint64_t
assert_written(const struct fixture *f, struct ferry_predictor *p,
    const struct ferry_stream_analysis *a, struct ferry_reuse *base)
{
	struct ferry_predict_run run = { .model = a->model,
		.raw = ferry_bytes_buf(&f->raw),
		.work_max = UINT64_MAX };
	struct ferry_stream_parts parts = { .padding = a->padding,
		.base = base };
	struct ferry_buf out = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	struct ferry_bytes in, list;
	size_t whole;

	assert_ok(ferry_copies_write(&a->copies, &text, &err), &err);
	assert_ok(ferry_corrections_write(&a->corrections, &text, &err), &err);
	in = ferry_bytes_buf(&text);
	assert_ok(ferry_copies_take(&in, 1, 0, &whole, &list, &err), &err);
	assert_int_equal(whole, SIZE_MAX);
	assert_ok(
	    ferry_copy_reader_begin(&parts.copies, list, f->raw.n, 1, 0, &err),
	    &err);
	assert_ok(
	    ferry_correction_reader_begin(&parts.corrections, &in, &err), &err);
	assert_int_equal(in.n, 0);
	assert_ok(
	    ferry_stream_write(p, &run, &parts, unit_into_buf, &out, &err),
	    &err);
	assert_int_equal(out.n, f->deflated.n - 8);
	assert_memory_equal(out.p, f->deflated.p, out.n);
	ferry_buf_free(&out);
	ferry_buf_free(&text);
	return run.work;
}

/* The same with a stream for a base, of content image.  Returns: whether something
 * is copied; *corrections is how many there are besides, and *work steps. */
static bool
assert_copied(const struct fixture *f, struct ferry_predictor *p,
    const struct ferry_model *model, struct ferry_bytes image,
    struct ferry_bytes deflated, uint64_t *corrections, uint64_t *work)
{
	struct ferry_reuse_stream stream = { 0, image, deflated };
	struct ferry_stream_limits all = { UINT64_MAX, UINT64_MAX, UINT64_MAX,
		NULL };
	struct ferry_stream_analysis a = FERRY_STREAM_ANALYSIS_INIT;
	struct ferry_reuse *base;
	bool copied;

	assert_ok(
	    ferry_finder_new(&all.finder, &stream, 1, UINT64_MAX, &err), &err);
	assert_ok(ferry_reuse_new(&base, &stream, 1, &err), &err);
	assert_int_equal(ferry_stream_analyse(p, model, f->deflated,
			     ferry_bytes_buf(&f->raw), &all, &a, &err),
	    1);
	*work = assert_written(f, p, &a, base);
	*corrections = a.corrections.n;
	copied = a.copies.n > 0;
	ferry_reuse_free(base);
	ferry_finder_free(all.finder);
	ferry_stream_analysis_free(&a);
	return copied;
}

/* What the model makes of the content when a byte is another now and then. */
static void
make_changed(const struct fixture *f, struct ferry_predictor *p,
    const struct ferry_model *model, struct ferry_buf *raw,
    struct ferry_buf *deflated)
{
	struct ferry_corrections none = FERRY_CORRECTIONS_INIT;
	struct ferry_stream_parts parts = { .padding = 0 };
	struct ferry_predict_run run = { .model = model,
		.work_max = UINT64_MAX };
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_bytes in;

	assert_ok(ferry_buf_add(raw, f->raw.p, f->raw.n, &err), &err);
	for (size_t i = 3000; i < raw->n; i += 7001)
		raw->p[i] ^= 1;
	run.raw = ferry_bytes_buf(raw);
	assert_ok(ferry_corrections_write(&none, &text, &err), &err);
	in = ferry_bytes_buf(&text);
	assert_ok(
	    ferry_correction_reader_begin(&parts.corrections, &in, &err), &err);
	assert_ok(
	    ferry_stream_write(p, &run, &parts, unit_into_buf, deflated, &err),
	    &err);
	ferry_buf_free(&text);
	ferry_corrections_free(&none);
}

/* Copies take less work, and the model goes on behind them as the compressor. */
static void
assert_copies_spare(const struct fixture *f, struct ferry_predictor *p,
    const struct ferry_stream_analysis *a)
{
	struct ferry_buf raw = FERRY_BUF_INIT, deflated = FERRY_BUF_INIT;
	uint64_t corrections, work;
	bool copied = assert_copied(f, p, a->model, ferry_bytes_buf(&f->raw),
	    f->deflated, &corrections, &work);

	assert_true(copied || f->raw.n < 10000 ||
		    a->model->search == FERRY_SEARCH_FAST);
	assert_true(corrections <= a->corrections.n);
	assert_true(!copied || f->raw.n <= 100000 || work * 2 < a->work);
	make_changed(f, p, a->model, &raw, &deflated);
	copied = assert_copied(f, p, a->model, ferry_bytes_buf(&raw),
	    ferry_bytes_buf(&deflated), &corrections, &work);
	assert_true(copied || f->raw.n < 10000 ||
		    a->model->search == FERRY_SEARCH_FAST);
	/* The fast ones keep not all positions, and are not told which. */
	if (corrections > a->corrections.n &&
	    a->model->search != FERRY_SEARCH_FAST)
		fail_msg("model %u: %llu corrections behind copies",
		    a->model->number, (unsigned long long)corrections);
	ferry_buf_free(&raw);
	ferry_buf_free(&deflated);
}

static void
test_models_mean_what_they_meant(void **state)
{
	const struct ferry_stream_limits all = { UINT64_MAX, UINT64_MAX,
		UINT64_MAX, NULL };
	struct ferry_stream_analysis a = FERRY_STREAM_ANALYSIS_INIT;
	struct ferry_predictor *p;

	(void)state;
	assert_ok(ferry_predictor_new(&p, FERRY_PREDICT_MEMORY, &err), &err);
	for (size_t i = 0; i < ROWS; i++) {
		struct fixture f;

		load_stream(&f, rows[i].name);
		assert_non_null(ferry_model_find(rows[i].model));
		assert_int_equal(
		    ferry_stream_analyse(p, ferry_model_find(rows[i].model),
			f.deflated, ferry_bytes_buf(&f.raw), &all, &a, &err),
		    1);
		if (a.corrections.n != rows[i].corrections)
			fail_msg("%s: %llu corrections", rows[i].name,
			    (unsigned long long)a.corrections.n);
		/* As much work as was foretold: no more, no less. */
		assert_int_equal(assert_written(&f, p, &a, NULL), a.work);
		assert_copies_spare(&f, p, &a);
		free_stream(&f);
	}
	ferry_stream_analysis_free(&a);
	ferry_predictor_free(p);
}

/* Every model has a row of its own in the table above, and numbers are
 * unique. */
static void
test_models_all_have_a_stream(void **state)
{
	const struct ferry_model *m;

	(void)state;
	for (size_t i = 0; (m = ferry_model_at(i)) != NULL; i++) {
		size_t n = 0;

		for (size_t k = 0; k < ROWS; k++)
			n += rows[k].model == m->number ? 1 : 0;
		if (n == 0)
			fail_msg("no stream for model %u", m->number);
		assert_ptr_equal(ferry_model_find(m->number), m);
	}
	assert_null(ferry_model_find(0));
	assert_null(ferry_model_find(255));
	assert_null(ferry_model_find(256 + 6));
}

static void
test_choose_finds_the_compressor(void **state)
{
	struct ferry_stream_analysis a = FERRY_STREAM_ANALYSIS_INIT;
	struct ferry_predictor *p;

	(void)state;
	assert_ok(ferry_predictor_new(&p, FERRY_PREDICT_MEMORY, &err), &err);
	for (size_t i = 0; i < ROWS; i++) {
		/* Half of them with a first guess that is wrong. */
		const struct ferry_model *first =
		    i % 2 == 0 ? NULL : ferry_model_find(6);
		struct fixture f;

		if (rows[i].corrections > 0 ||
		    strstr(rows[i].name, "empty") != NULL)
			continue;
		load_stream(&f, rows[i].name);
		assert_ok(ferry_stream_choose(p, first, f.deflated,
			      ferry_bytes_buf(&f.raw), NULL, &a, &err),
		    &err);
		if (a.model->number != rows[i].model && !rows[i].alike)
			fail_msg("%s: %s", rows[i].name, a.model->name);
		assert_int_equal(a.corrections.n, 0);
		free_stream(&f);
	}
	ferry_stream_analysis_free(&a);
	ferry_predictor_free(p);
}

/* By every model, every stream can be written; most need many corrections. */
static void
test_write_with_any_model(void **state)
{
	const struct ferry_stream_limits all = { UINT64_MAX, UINT64_MAX,
		UINT64_MAX, NULL };
	static const char *const names[] = { "go1.gz", "pigz6.gz",
		"ruby6-mixed.gz", "go6-mixed.gz", "node1.gz", "go9.gz",
		"go6-empty.gz", "node9-empty.gz", "net6-4k.gz" };
	struct ferry_stream_analysis a = FERRY_STREAM_ANALYSIS_INIT;
	const struct ferry_model *m;
	struct ferry_predictor *p;

	(void)state;
	assert_ok(ferry_predictor_new(&p, FERRY_PREDICT_MEMORY, &err), &err);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct fixture f;

		load_stream(&f, names[i]);
		for (size_t k = 0; (m = ferry_model_at(k)) != NULL; k++) {
			assert_int_equal(
			    ferry_stream_analyse(p, m, f.deflated,
				ferry_bytes_buf(&f.raw), &all, &a, &err),
			    1);
			assert_int_equal(
			    assert_written(&f, p, &a, NULL), a.work);
		}
		free_stream(&f);
	}
	ferry_stream_analysis_free(&a);
	ferry_predictor_free(p);
}

static void
test_inflate_agrees_with_zlib(void **state)
{

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct ferry_buf out = FERRY_BUF_INIT;
		struct fixture f;
		uint64_t raw;
		size_t used;

		load_stream(&f, rows[i].name);
		assert_int_equal(ferry_inflate_all(f.deflated, UINT64_MAX,
				     unit_into_buf, &out, &used, &raw, &err),
		    1);
		assert_int_equal(used, f.deflated.n - 8);
		assert_int_equal(raw, f.raw.n);
		assert_int_equal(out.n, f.raw.n);
		if (out.n > 0)
			assert_memory_equal(out.p, f.raw.p, out.n);
		ferry_buf_reset(&out);
		/* Cut off, or more than allowed: nothing is taken. */
		assert_int_equal(
		    ferry_inflate_all(ferry_bytes_of(f.deflated.p, used - 1),
			UINT64_MAX, unit_into_buf, &out, &used, &raw, &err),
		    0);
		if (f.raw.n > 0)
			assert_int_equal(
			    ferry_inflate_all(f.deflated, f.raw.n - 1,
				unit_into_buf, &out, &used, &raw, &err),
			    0);
		ferry_buf_free(&out);
		free_stream(&f);
	}
}

static void
test_inflate_refuses(void **state)
{
	static const struct {
		const char *p;
		size_t n;
	} streams[] = {
		{ "", 0 }, { "\x07", 1 }, /* a type that is none */
		{ "\x01\x01\x00\xfe", 4 }, /* stored, cut off */
		{ "\x01\x01\x00\xff\xff\x00", 6 }, /* lengths do not fit */
		{ "\x09\x01\x00\xfe\xff\x00", 6 }, /* bits before a length */
		{ "\x4b\x04\x12", 3 }, /* fixed: reaches back too far */
		{ "\x05\xff\xff\xff\xff\xff\xff", 7 }, /* 288 literals */
		{ "\x05\x00\x00\x00\x00\x00\x00", 7 }, /* no code at all */
	};
	struct ferry_buf out = FERRY_BUF_INIT;
	uint64_t raw;
	size_t used;

	(void)state;
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
		if (ferry_inflate_all(
			ferry_bytes_of(streams[i].p, streams[i].n), UINT64_MAX,
			unit_into_buf, &out, &used, &raw, &err) != 0)
			fail_msg("stream %zu was taken", i);
	ferry_buf_free(&out);
}

static void
test_symbols_of_lengths_and_distances(void **state)
{

	(void)state;
	for (unsigned v = 3; v <= 258; v++) {
		unsigned s = ferry_deflate_length_symbol(v);
		unsigned base = ferry_deflate_length_base[s];

		assert_true(v >= base &&
			    v < base + (1U << ferry_deflate_length_extra[s]));
		assert_true(v != 258 || s == 28);
	}
	for (unsigned v = 1; v <= 32768; v++) {
		unsigned s = ferry_deflate_distance_symbol(v);
		unsigned base = ferry_deflate_distance_base[s];

		assert_true(v >= base &&
			    v < base + (1U << ferry_deflate_distance_extra[s]));
	}
}

/* Codes are complete, within their bound, and shorter for what is frequent. */
static void
test_tree_lengths_make_codes(void **state)
{
	uint32_t counts[286], seed = 1;
	uint8_t lengths[286];

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		unsigned n = 2 + round % 285, max = round % 3 == 0 ? 7 : 15;
		enum ferry_trees trees =
		    round % 2 == 0 ? FERRY_TREES_ZLIB : FERRY_TREES_GO;

		if (max == 7)
			n = 2 + round % 18;
		for (unsigned i = 0; i < n; i++) {
			seed = seed * 1664525 + 1013904223;
			/* Steep, so that the bound matters. */
			counts[i] = seed >> 31 == 0 && i > 1
			                ? 0
			                : 1U << (seed >> 8) % (round % 17 + 1);
		}
		ferry_tree_lengths(trees, counts, n, max, lengths);
		for (unsigned i = 0; i < n; i++) {
			assert_true(lengths[i] <= max);
			assert_int_equal(lengths[i] > 0, counts[i] > 0);
			for (unsigned k = 0; k < i; k++)
				assert_true(counts[i] == 0 ||
					    counts[k] <= counts[i] ||
					    lengths[k] <= lengths[i]);
		}
		assert_true(ferry_deflate_code_fits(
		    lengths, n, FERRY_DEFLATE_CODE_LITERALS));
	}
}

static void
test_varint_bounds(void **state)
{
	static const uint64_t values[] = { 0, 1, 127, 128, 16383, 16384,
		UINT32_MAX, FERRY_VARINT_MAX };
	static const struct {
		const char *p;
		size_t n;
	} bad[] = { { "", 0 }, { "\x80", 1 }, { "\x80\x00", 2 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10 } };
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_bytes in;
	uint64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		ferry_buf_reset(&buf);
		assert_ok(ferry_varint_add(&buf, values[i], &err), &err);
		in = ferry_bytes_buf(&buf);
		assert_ok(
		    ferry_varint_take(&in, values[i], "it", &v, &err), &err);
		assert_true(v == values[i] && in.n == 0);
		in = ferry_bytes_buf(&buf);
		if (v > 0) {
			assert_int_equal(
			    ferry_varint_take(&in, v - 1, "it", &v, &err), -1);
			assert_refused(&err, FERRY_ELIMIT, "it: ");
		}
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		in = ferry_bytes_of(bad[i].p, bad[i].n);
		assert_int_equal(
		    ferry_varint_take(&in, UINT64_MAX, "it", &v, &err), -1);
		assert_refused(&err, FERRY_EFORMAT, "it: ");
	}
	ferry_buf_free(&buf);
}

/* Write "abcabcabc…" by corrections that somebody made up. */
static void
assert_corrections_refused(
    const struct ferry_corrections *c, enum ferry_code code, const char *why)
{
	static const char raw[] = "abcabcabcabcabcabc";
	struct ferry_predict_run run = { .model = ferry_model_find(6),
		.raw = ferry_bytes_str(raw),
		.work_max = 1U << 20 };
	struct ferry_buf out = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	struct ferry_stream_parts parts = { .padding = 0 };
	struct ferry_predictor *p;
	struct ferry_bytes in;

	assert_ok(ferry_predictor_new(&p, FERRY_PREDICT_MEMORY, &err), &err);
	assert_ok(ferry_corrections_write(c, &text, &err), &err);
	in = ferry_bytes_buf(&text);
	if (ferry_correction_reader_begin(&parts.corrections, &in, &err) == 0)
		assert_int_equal(ferry_stream_write(p, &run, &parts,
				     unit_into_buf, &out, &err),
		    -1);
	assert_refused(&err, code, why);
	ferry_buf_free(&out);
	ferry_buf_free(&text);
	ferry_predictor_free(p);
}

static void
test_write_refuses_tokens(void **state)
{
	static const struct {
		uint64_t index;
		struct ferry_token token;
		const char *why;
	} bad[] = {
		{ 0, { 3, 1 }, "a match of 3 bytes 1 back at byte 0" },
		{ 1, { 3, 2 }, "2 back at byte 1" },
		{ 1, { 18, 1 }, "a match of 18 bytes" },
		{ 1, { 2, 1 }, "a match of 2 bytes" },
		{ 1, { 3, 0 }, "0 back" },
		{ 1, { 259, 1 }, "length of a token" },
		{ 1, { 3, 32769 }, "distance of a token" },
		{ 400, { 0, 0 }, "behind the end" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ferry_corrections c = FERRY_CORRECTIONS_INIT;

		assert_ok(ferry_corrections_token(
			      &c, bad[i].index, bad[i].token, &err),
		    &err);
		err.code = FERRY_OK;
		assert_corrections_refused(&c,
		    bad[i].token.length > 258 || bad[i].token.distance > 32768
			? FERRY_ELIMIT
			: FERRY_EFORMAT,
		    bad[i].why);
		ferry_corrections_free(&c);
	}
}

static void
test_write_refuses_blocks(void **state)
{
	static const struct {
		uint64_t index;
		struct ferry_correction_block block;
		enum ferry_code code;
		const char *why;
	} bad[] = {
		{ 0, { FERRY_DEFLATE_FIXED, true, 1 }, FERRY_EFORMAT,
		    "behind its final block" },
		{ 0, { FERRY_DEFLATE_FIXED, true, 0 }, FERRY_EFORMAT,
		    "behind its final block" },
		{ 0, { FERRY_DEFLATE_FIXED, false, 6 }, FERRY_EFORMAT,
		    "within a block" },
		{ 2, { FERRY_DEFLATE_FIXED, false, 5 }, FERRY_EFORMAT,
		    "corrections behind" },
		{ 0, { (enum ferry_deflate_type)3, false, 1 }, FERRY_EFORMAT,
		    "type of a block" },
		{ 0, { FERRY_DEFLATE_FIXED, false, (1 << 20) + 1 },
		    FERRY_ELIMIT, "tokens of a block" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ferry_corrections c = FERRY_CORRECTIONS_INIT;

		assert_ok(ferry_corrections_block(
			      &c, bad[i].index, &bad[i].block, &err),
		    &err);
		assert_corrections_refused(&c, bad[i].code, bad[i].why);
		ferry_corrections_free(&c);
	}
}

static void
test_write_refuses_headers(void **state)
{
	struct ferry_correction_block dynamic = { FERRY_DEFLATE_DYNAMIC, true,
		4 };
	struct ferry_corrections c = FERRY_CORRECTIONS_INIT;
	struct ferry_tree_counts counts;
	struct ferry_deflate_header h, good;

	(void)state;
	/* Good codes, but not for these tokens. */
	ferry_tree_counts_begin(&counts);
	counts.literals['x'] = 1;
	ferry_tree_predict(FERRY_TREES_ZLIB, &counts, &good);
	good.type = FERRY_DEFLATE_DYNAMIC;
	assert_ok(ferry_corrections_block(&c, 0, &dynamic, &err), &err);
	assert_ok(ferry_corrections_header(&c, 0, &good, &err), &err);
	assert_corrections_refused(&c, FERRY_EFORMAT, "has no code for");

	/* A header for a block that has none. */
	ferry_corrections_reset(&c);
	assert_ok(ferry_corrections_header(&c, 0, &good, &err), &err);
	assert_corrections_refused(&c, FERRY_EFORMAT, "that has none");

	h = good;
	h.order[0] = 9;
	ferry_corrections_reset(&c);
	assert_ok(ferry_corrections_block(&c, 0, &dynamic, &err), &err);
	assert_ok(ferry_corrections_header(&c, 0, &h, &err), &err);
	assert_corrections_refused(&c, FERRY_EFORMAT, "no codes");

	/* Too few lengths. */
	h = good;
	h.steps_n--;
	ferry_corrections_reset(&c);
	assert_ok(ferry_corrections_block(&c, 0, &dynamic, &err), &err);
	assert_ok(ferry_corrections_header(&c, 0, &h, &err), &err);
	assert_corrections_refused(&c, FERRY_EFORMAT, "no codes");
	ferry_corrections_free(&c);
}

static void
test_write_keeps_to_its_work(void **state)
{
	struct ferry_predict_run run = { .model = ferry_model_find(9),
		.work_max = 1000 };
	struct ferry_stream_parts parts = { .padding = 0 };
	struct ferry_bytes in = ferry_bytes_of("\0\0\0", 3);
	struct ferry_buf out = FERRY_BUF_INIT;
	struct ferry_predictor *p;
	struct fixture f;

	(void)state;
	load_stream(&f, "ruby9.gz");
	run.raw = ferry_bytes_buf(&f.raw);
	assert_ok(ferry_predictor_new(&p, FERRY_PREDICT_MEMORY, &err), &err);
	assert_ok(
	    ferry_correction_reader_begin(&parts.corrections, &in, &err), &err);
	assert_int_equal(
	    ferry_stream_write(p, &run, &parts, unit_into_buf, &out, &err), -1);
	assert_refused(&err, FERRY_ELIMIT, "steps");
	ferry_buf_free(&out);
	ferry_predictor_free(p);
	free_stream(&f);
}

static void
test_plan_refuses(void **state)
{
	static const struct {
		size_t n;
		uint64_t size;
		const char *text;
		size_t text_n;
		enum ferry_code code;
		const char *why;
	} rows_of[] = {
		{ 1, 10, "\x04\x06\x00\x06\x00", 5, FERRY_OK, "" },
		{ 1, 10, "\x05\x06\x00\x06\x00", 5, FERRY_ELIMIT, "stream 0" },
		{ 1, 10, "\x0b\x00\x00\x06\x00", 5, FERRY_ELIMIT, "place" },
		{ 1, 10, "\x04\x06\x01\x06\x00", 5, FERRY_ELIMIT, "in a" },
		{ 1, 10, "\x04\x06\x00\x00\x00", 5, FERRY_ENEWER, "model 0" },
		{ 1, 10, "\x04\x06\x00\x06\x80", 5, FERRY_EFORMAT, "eight" },
		{ 1, 10, "\x04\x06\x00\x06", 4, FERRY_EFORMAT, "ends" },
		{ 1, 10, "\x04\x06\x00\x06\x00\x00", 6, FERRY_EFORMAT, "more" },
		{ 2, 10, "\x04\x06\x01\x02\x04\x00\x06\x06\x00\x00", 10,
		    FERRY_OK, "" },
		{ 2, 10, "\x04\x06\x01\x02\x05\x00\x06\x06\x00\x00", 10,
		    FERRY_ELIMIT, "stream 1" },
		{ 4, 9,
		    "\x00\x09\x01\x00\x09\x01\x00\x09\x01\x00\x09\x00"
		    "\x06\x06\x06\x06\x00\x00\x00\x00",
		    20, FERRY_ELIMIT, "deep" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows_of) / sizeof(rows_of[0]); i++) {
		struct ferry_plan plan = FERRY_PLAN_INIT;
		int rc = ferry_plan_read(&plan,
		    ferry_bytes_of(rows_of[i].text, rows_of[i].text_n),
		    rows_of[i].n, rows_of[i].size, &err);

		assert_int_equal(rc, rows_of[i].code == FERRY_OK ? 0 : -1);
		if (rc == -1)
			assert_refused(&err, rows_of[i].code, rows_of[i].why);
		ferry_plan_free(&plan);
	}
}

/* Two versions of a package, made by the tools that make packages. */
static const struct pair {
	const char *base, *blob;
	size_t streams; /* that are looked for in the second */
	uint64_t recipe_max; /* of the second's size, in percent */
} pairs[] = {
	{ "npm-1.0.1.tgz", "npm-1.0.2.tgz", 1, 3 },
	{ "gem-1.0.1.gem", "gem-1.0.2.gem", 3, 6 },
	{ "jar-1.jar", "jar-2.jar", 4, 8 },
	{ "nested-1.jar", "nested-2.jar", 11, 9 },
	{ "net.1.0.1.nupkg", "net.1.0.2.nupkg", 6, 7 },
};
#define PAIRS (sizeof(pairs) / sizeof(pairs[0]))

/* A recipe of blob by base, and what it was made of. */
struct made {
	struct ferry_buf base, blob, recipe;
	struct ferry_digest sha256;
	struct ferry_recipe_bases bases;
	struct ferry_recipe_made made;
	char *folder;
	int dirfd;
};

static void
begin_made(struct made *m)
{

	memset(m, 0, sizeof(*m));
	m->folder = unit_mkdir();
	m->dirfd = open(m->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(m->dirfd != -1);
}

static int
make(struct made *m, uint64_t size_max)
{
	struct ferry_recipe_options options = { 0, size_max, m->dirfd,
		FERRY_RECIPE_ALWAYS, false };

	assert_ok(ferry_digest_of(&m->sha256, FERRY_SHA256,
		      ferry_bytes_buf(&m->blob), &err),
	    &err);
	ferry_buf_reset(&m->recipe);
	return ferry_recipe_make(ferry_bytes_buf(&m->blob), &m->bases, &options,
	    unit_into_buf, &m->recipe, &m->made, &err);
}

static void
make_pair(struct made *m, const struct pair *pair)
{

	begin_made(m);
	load(&m->base, "blobs", pair->base);
	load(&m->blob, "blobs", pair->blob);
	m->bases.v[0] = ferry_bytes_buf(&m->base);
	m->bases.n = 1;
	if (make(m, UINT64_MAX) != 1)
		fail_msg("%s: %s", pair->blob, m->made.why);
}

static int
apply(const struct made *m, struct ferry_bytes recipe, struct ferry_buf *out)
{

	return ferry_recipe_apply(recipe, &m->bases, m->blob.n, &m->sha256,
	    m->dirfd, unit_into_buf, out, &err);
}

static void
free_made(struct made *m)
{

	ferry_buf_free(&m->base);
	ferry_buf_free(&m->blob);
	ferry_buf_free(&m->recipe);
	(void)close(m->dirfd);
	/* Which shows that nothing is left in it. */
	assert_int_equal(rmdir(m->folder), 0);
	free(m->folder);
}

static void
test_recipe_of_packages(void **state)
{

	(void)state;
	for (size_t i = 0; i < PAIRS; i++) {
		struct ferry_buf out = FERRY_BUF_INIT;
		struct made m;

		make_pair(&m, &pairs[i]);
		assert_int_equal(m.made.streams, pairs[i].streams);
		if (m.recipe.n * 100 > m.blob.n * pairs[i].recipe_max)
			fail_msg("%s: %zu of %zu bytes", pairs[i].blob,
			    m.recipe.n, m.blob.n);
		assert_ok(apply(&m, ferry_bytes_buf(&m.recipe), &out), &err);
		assert_true(ferry_bytes_equal(
		    ferry_bytes_buf(&out), ferry_bytes_buf(&m.blob)));
		ferry_buf_free(&out);
		free_made(&m);
	}
}

/* What is not like any format, or not like its base, or empty, is a blob too. */
static void
test_recipe_of_anything(void **state)
{
	static const char *const blobs[] = { "", "x", "PK\3\4", "\x1f\x8b\x08",
		"no format at all, no format at all",
		"\x1f\x8b\x08\0\0\0\0\0\0\0\xff not a stream" };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(blobs) / sizeof(blobs[0]); i++) {
		struct ferry_buf out = FERRY_BUF_INIT;
		struct made m;

		begin_made(&m);
		assert_ok(ferry_buf_adds(&m.blob, blobs[i / 2], &err), &err);
		load(&m.base, "blobs", "npm-1.0.1.tgz");
		m.bases.v[0] = ferry_bytes_buf(&m.base);
		m.bases.n = i % 2;
		assert_int_equal(make(&m, UINT64_MAX), 1);
		assert_ok(apply(&m, ferry_bytes_buf(&m.recipe), &out), &err);
		assert_true(ferry_bytes_equal(
		    ferry_bytes_buf(&out), ferry_bytes_buf(&m.blob)));
		ferry_buf_free(&out);
		free_made(&m);
	}
}

static void
test_recipe_by_two_bases(void **state)
{
	struct ferry_buf out = FERRY_BUF_INIT, other = FERRY_BUF_INIT;
	struct made m;

	(void)state;
	make_pair(&m, &pairs[0]);
	/* The one that helps stands second. */
	load(&other, "blobs", "jar-1.jar");
	m.bases.v[1] = m.bases.v[0];
	m.bases.v[0] = ferry_bytes_buf(&other);
	m.bases.n = 2;
	assert_int_equal(make(&m, UINT64_MAX), 1);
	assert_true(m.recipe.n * 20 < m.blob.n);
	assert_ok(apply(&m, ferry_bytes_buf(&m.recipe), &out), &err);
	assert_true(
	    ferry_bytes_equal(ferry_bytes_buf(&out), ferry_bytes_buf(&m.blob)));

	/* In the other order they are not what they were. */
	m.bases.v[0] = m.bases.v[1];
	m.bases.v[1] = ferry_bytes_buf(&other);
	assert_int_equal(apply(&m, ferry_bytes_buf(&m.recipe), &out), -1);
	assert_refused(&err, FERRY_EMISSING, "base 1");
	m.bases.n = 1;
	assert_int_equal(apply(&m, ferry_bytes_buf(&m.recipe), &out), -1);
	assert_refused(&err, FERRY_EFORMAT, "a recipe of 2 bases");
	ferry_buf_free(&other);
	ferry_buf_free(&out);
	free_made(&m);
}

/* A compressor that no model knows, in two versions: the choices are much the
 * same, and cost little beside those of the base. */
static void
test_recipe_of_unknown_compressor(void **state)
{
	struct ferry_buf out = FERRY_BUF_INIT;
	struct fixture f;
	struct made m;
	uint64_t alone;

	(void)state;
	begin_made(&m);
	load_stream(&f, "go1.gz");
	assert_ok(ferry_buf_add(&m.blob, f.file.p, f.file.n, &err), &err);
	assert_int_equal(make(&m, UINT64_MAX), 1);
	assert_true(m.made.corrections > 1000);
	alone = m.recipe.n;
	assert_ok(apply(&m, ferry_bytes_buf(&m.recipe), &out), &err);

	assert_ok(ferry_buf_add(&m.base, f.file.p, f.file.n, &err), &err);
	m.bases.v[0] = ferry_bytes_buf(&m.base);
	m.bases.n = 1;
	assert_int_equal(make(&m, UINT64_MAX), 1);
	assert_true(m.recipe.n < 200 && m.recipe.n * 20 < alone);
	ferry_buf_reset(&out);
	assert_ok(apply(&m, ferry_bytes_buf(&m.recipe), &out), &err);
	assert_true(
	    ferry_bytes_equal(ferry_bytes_buf(&out), ferry_bytes_buf(&m.blob)));
	ferry_buf_free(&out);
	free_stream(&f);
	free_made(&m);
}

static void
test_recipe_too_large(void **state)
{
	struct made m;
	uint64_t size;

	(void)state;
	make_pair(&m, &pairs[0]);
	size = m.recipe.n;
	assert_int_equal(make(&m, size), 1);
	assert_int_equal(make(&m, size - 1), 0);
	assert_int_equal(m.made.outcome, FERRY_RECIPE_TOO_LARGE);
	assert_non_null(strstr(m.made.why, "more than"));
	assert_int_equal(m.recipe.n, 0);
	free_made(&m);
}

/* Recipes of all sets, as they were made when the set was new. */
static void
test_apply_what_was_made_before(void **state)
{
	static const struct {
		const char *recipe, *base, *blob;
	} old[] = {
		{ "net-1-to-2", "net.1.0.1.nupkg", "net.1.0.2.nupkg" },
		{ "npm-of-set-1", "npm-1.0.1.tgz", "npm-1.0.2.tgz" },
		{ "net-of-set-2", "net.1.0.1.nupkg", "net.1.0.2.nupkg" },
		{ "npm-of-set-3", "npm-1.0.1.tgz", "npm-1.0.2.tgz" },
		{ "jar-of-set-3", "jar-1.jar", "jar-2.jar" },
		{ "gem-of-set-3", "gem-1.0.1.gem", "gem-1.0.2.gem" },
		{ "net-of-set-4", "net.1.0.1.nupkg", "net.1.0.2.nupkg" },
		{ "npm-of-set-5", "npm-1.0.1.tgz", "npm-1.0.2.tgz" },
		{ "nested-of-set-5", "nested-1.jar", "nested-2.jar" },
		{ "net-of-set-6", "net.1.0.1.nupkg", "net.1.0.2.nupkg" },
	};
	static const uint8_t sets[] = { 1, 1, 2, 3, 3, 3, 4, 5, 5, 6 };

	(void)state;
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		struct ferry_buf recipe = FERRY_BUF_INIT, out = FERRY_BUF_INIT;
		struct made m;

		make_pair(&m, &(struct pair){ old[i].base, old[i].blob, 0, 0 });
		load(&recipe, "recipes", old[i].recipe);
		assert_int_equal(recipe.p[4], sets[i]);
		assert_ok(apply(&m, ferry_bytes_buf(&recipe), &out), &err);
		assert_true(ferry_bytes_equal(
		    ferry_bytes_buf(&out), ferry_bytes_buf(&m.blob)));
		ferry_buf_free(&recipe);
		ferry_buf_free(&out);
		free_made(&m);
	}
}

/* A search may look at places in another order, but counts no more than it takes
 * from one to the one before, which is what older recipes announce. */
static void
test_apply_counts_no_more_than_before(void **state)
{
	struct ferry_buf recipe = FERRY_BUF_INIT, out = FERRY_BUF_INIT;
	struct made m;

	(void)state;
	begin_made(&m);
	load(&m.blob, "blobs", "dense-chains.gz");
	assert_ok(ferry_digest_of(
		      &m.sha256, FERRY_SHA256, ferry_bytes_buf(&m.blob), &err),
	    &err);
	load(&recipe, "recipes", "dense-chains-of-set-1");
	assert_ok(apply(&m, ferry_bytes_buf(&recipe), &out), &err);
	assert_true(
	    ferry_bytes_equal(ferry_bytes_buf(&out), ferry_bytes_buf(&m.blob)));
	ferry_buf_free(&recipe);
	ferry_buf_free(&out);
	free_made(&m);
}

static void
test_apply_refuses_other_bases_and_blobs(void **state)
{
	struct ferry_buf out = FERRY_BUF_INIT;
	struct made m;

	(void)state;
	make_pair(&m, &pairs[0]);
	m.blob.n--;
	assert_int_equal(apply(&m, ferry_bytes_buf(&m.recipe), &out), -1);
	assert_refused(&err, FERRY_ESIZE, "not");
	m.blob.n++;
	m.sha256.v[0] ^= 1;
	assert_int_equal(apply(&m, ferry_bytes_buf(&m.recipe), &out), -1);
	assert_refused(&err, FERRY_EDIGEST, "that gives sha256:");
	m.sha256.v[0] ^= 1;
	/* A base that rotted. */
	for (size_t i = 0; i < m.base.n; i += 97) {
		m.base.p[i] ^= 4;
		assert_int_equal(
		    apply(&m, ferry_bytes_buf(&m.recipe), &out), -1);
		assert_refused(&err, FERRY_EMISSING, "base 1 is not");
		m.base.p[i] ^= 4;
	}
	ferry_buf_reset(&out);
	assert_ok(apply(&m, ferry_bytes_buf(&m.recipe), &out), &err);
	ferry_buf_free(&out);
	free_made(&m);
}

/* Every bit of a small recipe, and every length: refused, or no harm. */
static void
test_apply_refuses_damage(void **state)
{
	static const size_t which[] = { 0, 2, 4 };

	(void)state;
	for (size_t k = 0; k < sizeof(which) / sizeof(which[0]); k++) {
		struct ferry_buf out = FERRY_BUF_INIT;
		struct ferry_bytes recipe;
		struct made m;

		make_pair(&m, &pairs[which[k]]);
		recipe = ferry_bytes_buf(&m.recipe);
		for (size_t i = 0; i < 8 * recipe.n; i++) {
			m.recipe.p[i / 8] ^= (uint8_t)(1 << i % 8);
			ferry_buf_reset(&out);
			if (apply(&m, recipe, &out) == 0)
				assert_true(
				    ferry_bytes_equal(ferry_bytes_buf(&out),
					ferry_bytes_buf(&m.blob)));
			m.recipe.p[i / 8] ^= (uint8_t)(1 << i % 8);
		}
		for (size_t n = 0; n < recipe.n; n++)
			assert_int_equal(
			    apply(&m, ferry_bytes_of(recipe.p, n), &out), -1);
		assert_ok(ferry_buf_adds(&m.recipe, "x", &err), &err);
		assert_int_equal(
		    apply(&m, ferry_bytes_buf(&m.recipe), &out), -1);
		assert_refused(&err, FERRY_EFORMAT, "behind the end");
		ferry_buf_free(&out);
		free_made(&m);
	}
}

/* A front whose numbers lie. */
static void
test_apply_refuses_lies(void **state)
{
	static const struct {
		struct ferry_recipe_head head;
		enum ferry_code code;
		const char *why;
	} lies[] = {
		{ { .size = 10, .image = 2U << 20 }, FERRY_ELIMIT,
		    "size of the image" },
		{ { .size = UINT64_C(1) << 32 }, FERRY_ELIMIT,
		    "size of the blob" },
		{ { .size = 10, .image = 10, .work = (1U << 26) + 5121 },
		    FERRY_ELIMIT, "steps" },
		{ { .size = 10, .image = 10, .streams = 65537 }, FERRY_ELIMIT,
		    "streams" },
		{ { .size = 10, .image = 10, .prefix = 6 }, FERRY_ELIMIT,
		    "model of a base" },
		{ { .size = 10, .image = 10, .bases_n = 1, .prefix = 99 },
		    FERRY_ENEWER, "model 99" },
		{ { .size = 10, .image = 10, .streams = 2 }, FERRY_EFORMAT,
		    "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct ferry_buf text = FERRY_BUF_INIT;
		struct ferry_recipe_bases none = { .n = 0 };
		struct ferry_digest sha256 = { .alg = FERRY_SHA256 };

		assert_ok(
		    ferry_recipe_head_write(&lies[i].head, &text, &err), &err);
		assert_int_equal(ferry_recipe_apply(ferry_bytes_buf(&text),
				     &none, lies[i].head.size, &sha256,
				     AT_FDCWD, unit_into_buf, &text, &err),
		    -1);
		assert_refused(&err, lies[i].code, lies[i].why);
		ferry_buf_free(&text);
	}
}

static void
test_apply_refuses_newer(void **state)
{
	struct ferry_recipe_bases none = { .n = 0 };
	struct ferry_digest sha256 = { .alg = FERRY_SHA256 };
	struct ferry_buf out = FERRY_BUF_INIT;

	(void)state;
	assert_int_equal(ferry_recipe_apply(ferry_bytes_str("FRR1\7"), &none, 1,
			     &sha256, AT_FDCWD, unit_into_buf, &out, &err),
	    -1);
	assert_refused(&err, FERRY_ENEWER, "set 7");
	assert_int_equal(ferry_recipe_apply(ferry_bytes_str("FRR2\1"), &none, 1,
			     &sha256, AT_FDCWD, unit_into_buf, &out, &err),
	    -1);
	assert_refused(&err, FERRY_EFORMAT, "not a recipe");
	ferry_buf_free(&out);
}

/* More than a piece, from a base of more than a prefix. */
static void
test_recipe_of_many_pieces(void **state)
{
	struct ferry_buf out = FERRY_BUF_INIT;
	uint64_t seed = 1;
	struct made m;

	(void)state;
	begin_made(&m);
	assert_ok(ferry_buf_reserve(&m.base, 40 << 20, &err), &err);
	for (size_t i = 0; i < 40 << 20; i++) {
		seed = seed * 6364136223846793005 + 1442695040888963407;
		m.base.p[i] = (uint8_t)(seed >> 56);
	}
	m.base.n = 40 << 20;
	assert_ok(ferry_buf_adds(&m.blob, "in front", &err), &err);
	assert_ok(ferry_buf_add(&m.blob, m.base.p, 20 << 20, &err), &err);
	m.bases.v[0] = ferry_bytes_buf(&m.base);
	m.bases.n = 1;
	assert_int_equal(make(&m, UINT64_MAX), 1);
	assert_true(m.recipe.n < 10000);
	assert_ok(apply(&m, ferry_bytes_buf(&m.recipe), &out), &err);
	ferry_buf_free(&out);
	free_made(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_models_mean_what_they_meant),
		cmocka_unit_test(test_models_all_have_a_stream),
		cmocka_unit_test(test_choose_finds_the_compressor),
		cmocka_unit_test(test_write_with_any_model),
		cmocka_unit_test(test_inflate_agrees_with_zlib),
		cmocka_unit_test(test_inflate_refuses),
		cmocka_unit_test(test_symbols_of_lengths_and_distances),
		cmocka_unit_test(test_tree_lengths_make_codes),
		cmocka_unit_test(test_varint_bounds),
		cmocka_unit_test(test_write_refuses_tokens),
		cmocka_unit_test(test_write_refuses_blocks),
		cmocka_unit_test(test_write_refuses_headers),
		cmocka_unit_test(test_write_keeps_to_its_work),
		cmocka_unit_test(test_plan_refuses),
		cmocka_unit_test(test_recipe_of_packages),
		cmocka_unit_test(test_recipe_of_anything),
		cmocka_unit_test(test_recipe_by_two_bases),
		cmocka_unit_test(test_recipe_of_unknown_compressor),
		cmocka_unit_test(test_recipe_too_large),
		cmocka_unit_test(test_apply_what_was_made_before),
		cmocka_unit_test(test_apply_counts_no_more_than_before),
		cmocka_unit_test(test_apply_refuses_other_bases_and_blobs),
		cmocka_unit_test(test_apply_refuses_damage),
		cmocka_unit_test(test_apply_refuses_lies),
		cmocka_unit_test(test_apply_refuses_newer),
		cmocka_unit_test(test_recipe_of_many_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
