#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/http/wire.h"

#define HEAD "GET /npm/p HTTP/1.1\r\nHost: x\r\n"

/* Feed text of n bytes in pieces; the status, or 0, and what was sound. */
static unsigned
feed(const char *text, size_t n, size_t piece, size_t *sound)
{
	struct ferry_wire w;
	size_t done = 0;

	ferry_wire_init(&w);
	while (done < n) {
		size_t m = n - done < piece ? n - done : piece;
		size_t got = ferry_wire_feed(&w, text + done, m);

		if (w.phase == FERRY_WIRE_REFUSED) {
			assert_true(got <= m && w.reason != NULL);
			*sound = done + got;
			return w.status;
		}
		assert_int_equal(got, m);
		done += m;
	}
	*sound = w.phase == FERRY_WIRE_IDLE ? n : 0;
	return 0;
}

static void
test_feed_verdicts(void **state)
{
	static const struct {
		const char *text;
		unsigned status; /* 0: sound to its end */
	} rows[] = {
		{ HEAD "\r\n", 0 },
		{ HEAD "\r\n" HEAD "\r\n", 0 },
		{ "\r\n" HEAD "\r\n", 0 },
		{ "GET / HTTP/1.0\r\n\r\n", 0 },
		{ "OPTIONS * HTTP/1.1\r\nHost:x\r\n\r\n", 0 },
		{ HEAD "X:\r\nY: \t a b \t\r\n\r\n", 0 },
		{ HEAD "X: \xc3\xa9\r\n\r\n", 0 },
		{ HEAD "Content-Length: 3\r\n\r\nabc" HEAD "\r\n", 0 },
		{ HEAD "content-length:  3 \r\n\r\nabc", 0 },
		{ HEAD "Transfer-Encoding: Chunked\r\n\r\n"
		       "3;a=\"b\"\r\nabc\r\n0\r\nX: y\r\n\r\n" HEAD "\r\n",
		    0 },
		{ HEAD "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0 },
		/* What could be read otherwise. */
		{ HEAD "X : y\r\n\r\n", 400 },
		{ HEAD "Host: y\r\n\r\n", 400 },
		{ HEAD " folded\r\n\r\n", 400 },
		{ HEAD "X: y\r\n\tfolded\r\n\r\n", 400 },
		{ HEAD ": y\r\n\r\n", 400 },
		{ HEAD "X\r\n\r\n", 400 },
		{ HEAD "X: y\n\r\n", 400 },
		{ HEAD "X: y\r\r\n\r\n", 400 },
		{ HEAD "X: \x01\r\n\r\n", 400 },
		{ HEAD "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", 400 },
		{ HEAD "Content-Length: +3\r\n\r\n", 400 },
		{ HEAD "Content-Length: 3, 3\r\n\r\n", 400 },
		{ HEAD "Content-Length: 0x3\r\n\r\n", 400 },
		{ HEAD "Content-Length: 0000000000000000000000000003\r\n\r\n",
		    400 },
		{ HEAD "Content-Length: 99999999999999999999\r\n\r\n", 400 },
		{ HEAD "Content-Length:\r\n\r\n", 400 },
		{ HEAD "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"
		       "\r\n",
		    400 },
		{ HEAD "Transfer-Encoding: chunked\r\n"
		       "Transfer-Encoding: chunked\r\n\r\n",
		    400 },
		{ HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n", 400 },
		{ HEAD "Transfer-Encoding: identity\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
		{ HEAD "Transfer-Encoding: chunked\r\n\r\n3;a\nabc", 400 },
		{ HEAD "Transfer-Encoding: chunked\r\n\r\n3\nabc", 400 },
		{ HEAD "Transfer-Encoding: chunked\r\n\r\n3 \r\nabc", 400 },
		{ HEAD "Transfer-Encoding: chunked\r\n\r\n\r\nabc", 400 },
		{ HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd", 400 },
		{ HEAD "Transfer-Encoding: chunked\r\n\r\n1000000000000000\r\n",
		    400 },
		{ HEAD "Transfer-Encoding: chunked\r\n\r\n0\r\nX : y\r\n",
		    400 },
		{ "GET / HTTP/1.1\r\n\r\n", 400 },
		{ "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
		{ "GET / x HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
		{ "GET /\r\n", 400 },
		{ "GET / HTTP/2.0\r\n", 400 },
		{ "G(T / HTTP/1.1\r\n", 400 },
		{ " GET / HTTP/1.1\r\n", 400 },
		{ "\x16\x03\x01", 400 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t piece = 1; piece < 40; piece += 6) {
			size_t n = strlen(rows[i].text), sound;
			unsigned got = feed(rows[i].text, n, piece, &sound);

			if (got != rows[i].status || (got == 0 && sound != n))
				fail_msg(
				    "by %zu: %u: %s", piece, got, rows[i].text);
		}
}

static void
test_feed_nul_and_what_was_before(void **state)
{
	static const char text[] = HEAD "\r\n" HEAD "X: a\0b\r\n\r\n";
	size_t sound, first = strlen(HEAD "\r\n");

	(void)state;
	assert_int_equal(feed(text, sizeof(text) - 1, 1000, &sound), 400);
	assert_int_equal(sound, first);
}

/* A head of a target of n bytes, m headers and more bytes in one of them. */
static unsigned
sized(size_t target, const char *fill, size_t headers, size_t more)
{
	size_t room = target + headers * 8 + more + 200, n, sound;
	char *text = malloc(room);
	unsigned status;

	assert_non_null(text);
	n = (size_t)snprintf(text, room, "GET /");
	for (size_t i = 1; i < target; i++)
		text[n++] = fill[(i - 1) % strlen(fill)];
	n += (size_t)snprintf(text + n, room - n, " HTTP/1.1\r\nHost: x\r\n");
	for (size_t i = 0; i < headers; i++)
		n += (size_t)snprintf(text + n, room - n, "A: b\r\n");
	n += (size_t)snprintf(text + n, room - n, "X: ");
	memset(text + n, 'x', more);
	n += more;
	n += (size_t)snprintf(text + n, room - n, "\r\n\r\n");
	status = feed(text, n, 1460, &sound);
	free(text);
	return status;
}

static void
test_feed_sizes(void **state)
{

	(void)state;
	assert_int_equal(sized(8000, "a", 0, 0), 0);
	assert_int_equal(sized(8001, "a", 0, 0), 414);
	assert_int_equal(sized(16300, "a", 0, 0), 414);
	assert_int_equal(sized(100, "a", 98, 0), 0);
	assert_int_equal(sized(100, "a", 99, 0), 431);
	assert_int_equal(sized(100, "a", 0, 15700), 0);
	assert_int_equal(sized(100, "a", 0, 16000), 431);
	assert_int_equal(sized(8000, "a", 0, 7900), 0);
	assert_int_equal(sized(8000, "a", 0, 8000), 431);
	/* Fields of a query: 180 scopes, but not thousands of nothing. */
	assert_int_equal(
	    sized(7200, "a&scope=repository:octo/svc:pull", 0, 0), 0);
	assert_int_equal(sized(8000, "&a", 0, 0), 414);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_feed_verdicts),
		cmocka_unit_test(test_feed_nul_and_what_was_before),
		cmocka_unit_test(test_feed_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
