/* JSON: what ferry_span_check() lets in can be walked, quoted and re-read. */

#include <string.h>

#include "fuzz.h"
#include "store/base/error.h"
#include "store/base/json_span.h"

static void
check_string(struct ferry_bytes raw)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf plain = FERRY_BUF_INIT, quoted = FERRY_BUF_INIT,
			 again = FERRY_BUF_INIT;
	struct ferry_bytes value;

	if (ferry_span_unescape(&plain, raw, &err) == 0) {
		FUZZ_CHECK(plain.n <= raw.n);
		FUZZ_CHECK(ferry_span_is(raw, ferry_bytes_buf(&plain)));
		FUZZ_CHECK(ferry_span_quote(
			       &quoted, ferry_bytes_buf(&plain), &err) == 0);
		FUZZ_CHECK(ferry_span_check(
			       ferry_bytes_buf(&quoted), &value, &err) == 0);
		FUZZ_CHECK(ferry_span_string(&again, value, &err) == 0);
		FUZZ_CHECK(ferry_bytes_equal(
		    ferry_bytes_buf(&plain), ferry_bytes_buf(&again)));
	} else {
		FUZZ_CHECK(err.code == FERRY_EFORMAT);
	}
	ferry_buf_free(&plain);
	ferry_buf_free(&quoted);
	ferry_buf_free(&again);
}

/* Returns how many values there are in value. */
static size_t
walk(struct ferry_bytes value, size_t depth)
{
	enum ferry_span_type type = ferry_span_type(value);
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_span_iter it;
	struct ferry_bytes out;
	size_t n = 1;

	FUZZ_CHECK(depth <= FERRY_SPAN_DEPTH);
	/* Each value is a text of its own, without blanks around it. */
	FUZZ_CHECK(ferry_span_check(value, &out, &err) == 0);
	FUZZ_CHECK(out.p == value.p && out.n == value.n);
	if (type == FERRY_SPAN_STRING)
		check_string(ferry_bytes_of(value.p + 1, value.n - 2));
	if (type == FERRY_SPAN_BOOL)
		FUZZ_CHECK(ferry_span_true(value) == (value.n == 4));
	ferry_span_iter(&it, value);
	while (ferry_span_next(&it)) {
		FUZZ_CHECK(
		    type == FERRY_SPAN_OBJECT || type == FERRY_SPAN_ARRAY);
		FUZZ_CHECK(it.whole.p > value.p &&
			   it.whole.p + it.whole.n < value.p + value.n);
		FUZZ_CHECK(it.value.p + it.value.n == it.whole.p + it.whole.n);
		if (type == FERRY_SPAN_OBJECT)
			check_string(it.name);
		n += walk(it.value, depth + 1);
	}
	(void)ferry_span_get(value, "version", &out);
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_bytes text = ferry_bytes_of(data, size), root;

	if (ferry_span_check(text, &root, &err) == -1) {
		FUZZ_CHECK(
		    err.code == FERRY_EFORMAT || err.code == FERRY_ELIMIT);
		return 0;
	}
	FUZZ_CHECK(root.n > 0 && root.n <= size);
	FUZZ_CHECK(walk(root, 0) <= size);
	return 0;
}
