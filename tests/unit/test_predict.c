/* That models search as zlib does, however many places there are to look at. */

#include <zlib.h>

#include "store/recipe/model.h"
#include "store/recipe/stream.h"
#include "tests/unit/unit.h"

#define TEXT 200000

static struct ferry_error err;

/* Words of so many kinds, of so many letters, the same for the same seed: the
 * fewer, the longer are chains of places with the same three bytes. */
static void
make_text(uint8_t out[TEXT], uint32_t seed, unsigned words, unsigned letters)
{
	size_t n = 0;

	while (n < TEXT) {
		uint32_t word;

		seed = seed * 1664525 + 1013904223;
		word = (seed >> 8) % words * 2654435761U;
		for (unsigned i = 0; i < 2 + (word >> 29) && n < TEXT; i++)
			out[n++] =
			    (uint8_t)('a' + (word >> (4 * i % 28)) % letters);
		if (n < TEXT)
			out[n++] = ' ';
	}
}

static void
assert_as_zlib(struct ferry_predictor *p, struct ferry_bytes raw, int level)
{
	const struct ferry_stream_limits all = { UINT64_MAX, UINT64_MAX,
		UINT64_MAX, NULL };
	struct ferry_stream_analysis a = FERRY_STREAM_ANALYSIS_INIT;
	z_stream z = { .next_in = (uint8_t *)(uintptr_t)raw.p,
		.avail_in = (uInt)raw.n };
	uint8_t *out = malloc(compressBound(raw.n));

	assert_non_null(out);
	assert_int_equal(
	    deflateInit2(&z, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY),
	    Z_OK);
	z.next_out = out;
	z.avail_out = (uInt)compressBound(raw.n);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(
	    ferry_stream_analyse(p, ferry_model_find((unsigned)level),
		ferry_bytes_of(out, z.total_out), raw, &all, &a, &err),
	    1);
	if (a.corrections.n > 0)
		fail_msg("level %d: %llu corrections", level,
		    (unsigned long long)a.corrections.n);
	(void)deflateEnd(&z);
	ferry_stream_analysis_free(&a);
	free(out);
}

static void
test_models_search_as_zlib(void **state)
{
	static const struct {
		unsigned words, letters;
	} texts[] = { { 3, 2 }, { 10, 3 }, { 40, 16 }, { 300, 4 }, { 900, 16 },
		{ 20000, 2 }, { 20000, 16 }, { 1000000, 26 } };
	struct ferry_predictor *p;
	uint8_t *text = malloc(TEXT);

	(void)state;
	assert_non_null(text);
	assert_ok(ferry_predictor_new(&p, FERRY_PREDICT_MEMORY, &err), &err);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		make_text(text, (uint32_t)i, texts[i].words, texts[i].letters);
		for (int level = 1; level <= 9; level++)
			assert_as_zlib(p, ferry_bytes_of(text, TEXT), level);
	}
	/* What ends within a match, or within the bytes that are hashed. */
	for (size_t n = 1; n < 40; n++)
		assert_as_zlib(p, ferry_bytes_of(text + TEXT - n, n), 9);
	memset(text, 'x', TEXT);
	for (int level = 1; level <= 9; level++)
		assert_as_zlib(p, ferry_bytes_of(text, TEXT), level);
	ferry_predictor_free(p);
	free(text);
}

/* Nothing behind the content is read, whatever the model: it may be the end of a
 * file. */
static void
test_models_keep_to_the_content(void **state)
{
	const struct ferry_stream_limits all = { UINT64_MAX, UINT64_MAX,
		UINT64_MAX, NULL };
	struct ferry_stream_analysis a = FERRY_STREAM_ANALYSIS_INIT;
	const struct ferry_model *m;
	struct ferry_predictor *p;
	uint8_t *text = malloc(TEXT), out[4096];

	(void)state;
	assert_non_null(text);
	assert_ok(ferry_predictor_new(&p, FERRY_PREDICT_MEMORY, &err), &err);
	make_text(text, 1, 300, 4);
	/* What ends in a match, of each length. */
	for (size_t n = 3; n < 300; n++) {
		size_t size = 1000 + n;
		uint8_t *raw = malloc(size);
		z_stream z = { .avail_in = (uInt)size };

		assert_non_null(raw);
		memcpy(raw, text, size);
		memmove(raw + size - n, raw + 100, n);
		z.next_in = raw;
		z.next_out = out;
		z.avail_out = sizeof(out);
		assert_int_equal(
		    deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY),
		    Z_OK);
		assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
		(void)deflateEnd(&z);
		for (size_t i = 0; (m = ferry_model_at(i)) != NULL; i++)
			assert_int_equal(
			    ferry_stream_analyse(p, m,
				ferry_bytes_of(out, z.total_out),
				ferry_bytes_of(raw, size), &all, &a, &err),
			    1);
		free(raw);
	}
	ferry_stream_analysis_free(&a);
	ferry_predictor_free(p);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_models_search_as_zlib),
		cmocka_unit_test(test_models_keep_to_the_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
