/* store/pull: the messages between ferryd and the puller. */

#include <string.h>

#include "store/base/unix_socket.h"
#include "store/pull/message.h"
#include "unit.h"

static struct ferry_bytes
text(const char *s)
{

	return ferry_bytes_str(s);
}

static void
test_ask_comes_back(void **state)
{
	struct ferry_pull_ask ask = { .id = 7,
		.want = { FERRY_PULL_VERSION, "npm", "@s/\"n", "1.0.0",
		    "n-1.0.0.jar" },
		.upstreams = { "a", "b" },
		.upstreams_n = 2 };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf packet = FERRY_BUF_INIT;
	struct ferry_pull_ask got;

	(void)state;
	assert_int_equal(ferry_pull_ask_write(&ask, &packet, &err), 0);
	assert_int_equal(
	    ferry_pull_ask_read(&got, ferry_bytes_buf(&packet), &err), 0);
	assert_int_equal(got.id, 7);
	assert_int_equal(got.want.what, FERRY_PULL_VERSION);
	assert_string_equal(got.want.package, "@s/\"n");
	assert_string_equal(got.want.version, "1.0.0");
	assert_string_equal(got.want.file, "n-1.0.0.jar");
	assert_int_equal(got.upstreams_n, 2);
	assert_string_equal(got.upstreams[1], "b");
	ferry_buf_free(&packet);
}

static void
test_said_comes_back(void **state)
{
	struct ferry_pull_said said = { .id = 1,
		.word = FERRY_PULL_SAID_REFUSED,
		.fresh_s = 9,
		.text = "why \xff not" };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf packet = FERRY_BUF_INIT;
	struct ferry_pull_said got;

	(void)state;
	assert_int_equal(ferry_pull_said_write(&said, &packet, &err), 0);
	assert_int_equal(
	    ferry_pull_said_read(&got, ferry_bytes_buf(&packet), &err), 0);
	assert_int_equal(got.word, FERRY_PULL_SAID_REFUSED);
	assert_int_equal(got.fresh_s, 9);
	assert_string_equal(got.text, "why \xef\xbf\xbd not");
	ferry_buf_free(&packet);
}

#define ASK                                                                    \
	"{\"id\":1,\"what\":\"%s\",\"format\":\"npm\","                        \
	"\"package\":\"%s\",\"version\":\"%s\",\"file\":\"\","                 \
	"\"upstreams\":%s}"

static void
test_ask_read_what_is_wrong(void **state)
{
	static const struct {
		const char *what, *package, *version, *upstreams;
		enum ferry_code code;
	} cases[] = {
		{ "document", "p", "", "[\"u\"]", FERRY_OK },
		{ "document", "p", "latest", "[]", FERRY_OK },
		{ "version", "p", "", "[]", FERRY_EFORMAT },
		{ "version", "", "1", "[]", FERRY_EFORMAT },
		{ "anything", "p", "1", "[]", FERRY_EFORMAT },
		{ "version", "p", "1", "{}", FERRY_EFORMAT },
		{ "version", "p", "1", "[1]", FERRY_EFORMAT },
		{ "version", "p", "1",
		    "[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]",
		    FERRY_ELIMIT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ferry_error err = FERRY_ERROR_INIT;
		struct ferry_buf packet = FERRY_BUF_INIT;
		struct ferry_pull_ask got;

		assert_int_equal(
		    ferry_buf_addf(&packet, &err, ASK, cases[i].what,
			cases[i].package, cases[i].version, cases[i].upstreams),
		    0);
		(void)ferry_pull_ask_read(&got, ferry_bytes_buf(&packet), &err);
		assert_int_equal(err.code, cases[i].code);
		ferry_buf_free(&packet);
	}
}

static void
test_ask_read_too_long(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf packet = FERRY_BUF_INIT;
	struct ferry_pull_ask got;
	char name[FERRY_PULL_NAME + 1];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[FERRY_PULL_NAME] = 0;
	assert_int_equal(
	    ferry_buf_addf(&packet, &err, ASK, "version", name, "1", "[]"), 0);
	assert_int_equal(
	    ferry_pull_ask_read(&got, ferry_bytes_buf(&packet), &err), -1);
	assert_int_equal(err.code, FERRY_ELIMIT);
	ferry_buf_free(&packet);
	assert_int_equal(ferry_pull_ask_read(&got, text("{}"), &err), -1);
	assert_int_equal(ferry_pull_ask_read(&got, text(""), &err), -1);
}

struct told {
	size_t uses_n;
	uint64_t hits, misses, saved;
};

static int
on_use(void *ctx, const struct ferry_pull_use *use, struct ferry_error *err)
{
	struct told *told = ctx;

	(void)err;
	assert_string_equal(use->format, "oci");
	assert_string_equal(use->upstream, "up");
	assert_string_equal(use->package, "a/\"b");
	told->uses_n++;
	assert_int_equal(strlen(use->what), 100);
	return 0;
}

static int
on_count(
    void *ctx, const struct ferry_pull_count *count, struct ferry_error *err)
{
	struct told *told = ctx;

	(void)err;
	told->hits += count->hits;
	told->misses += count->misses;
	told->saved += count->saved;
	return 0;
}

/* Of more than one packet holds; none is too long. */
static void
test_uses_come_back(void **state)
{
	static struct ferry_pull_use uses[100];
	struct ferry_pull_count counts[] = { { "oci", "up", 1, 2, UINT32_MAX },
		{ "npm", "n", 3, 4, 5 } };
	static struct told told;
	const struct ferry_pull_on_uses on = { on_use, on_count, &told };
	struct ferry_error err = FERRY_ERROR_INIT;
	size_t from = 0;

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		uses[i] = (struct ferry_pull_use){ "oci", "up", "a/\"b", "" };
		memset(uses[i].what, '"', 100);
	}
	while (from < 100) {
		struct ferry_buf packet = FERRY_BUF_INIT;
		int n = ferry_pull_uses_write(uses + from, 100 - from, counts,
		    from == 0 ? 2 : 0, &packet, &err);

		assert_true(n > 0);
		assert_true(ferry_pull_is_uses(ferry_bytes_buf(&packet)));
		assert_int_equal(
		    ferry_pull_uses_read(ferry_bytes_buf(&packet), &on, &err),
		    0);
		from += (size_t)n;
		ferry_buf_free(&packet);
	}
	assert_int_equal(told.uses_n, 100);
	assert_int_equal(told.hits, 4);
	assert_int_equal(told.misses, 6);
	assert_int_equal(told.saved, (uint64_t)UINT32_MAX + 5);
}

static void
test_uses_read_what_is_wrong(void **state)
{
	static const char *const packets[] = { "{\"uses\":[]}",
		"{\"uses\":[[1]],\"counts\":[]}",
		"{\"uses\":[[\"a\",\"b\",\"\",\"d\"]],\"counts\":[]}",
		"{\"uses\":[],\"counts\":[[\"a\",\"b\",-1,2,3]]}",
		"{\"uses\":[],\"counts\":[7]}" };
	static struct told told;
	const struct ferry_pull_on_uses on = { on_use, on_count, &told };

	(void)state;
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		struct ferry_error err = FERRY_ERROR_INIT;

		assert_int_equal(
		    ferry_pull_uses_read(text(packets[i]), &on, &err), -1);
	}
}

static void
test_path(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char path[FERRY_UNIX_PATH], store[200];

	(void)state;
	assert_int_equal(ferry_unix_path(path, "pull", NULL, "/s", &err), 0);
	assert_string_equal(path, "/s/pull.sock");
	assert_int_equal(
	    ferry_unix_path(path, "pull", "/run/p", "/s", &err), 0);
	assert_string_equal(path, "/run/p");
	memset(store, 's', sizeof(store));
	store[sizeof(store) - 1] = 0;
	assert_int_equal(ferry_unix_path(path, "pull", NULL, store, &err), -1);
	assert_int_equal(err.code, FERRY_ECONFIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ask_comes_back),
		cmocka_unit_test(test_said_comes_back),
		cmocka_unit_test(test_ask_read_what_is_wrong),
		cmocka_unit_test(test_ask_read_too_long),
		cmocka_unit_test(test_uses_come_back),
		cmocka_unit_test(test_uses_read_what_is_wrong),
		cmocka_unit_test(test_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
