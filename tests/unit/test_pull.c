/* store/pull: the messages between ferryd and the puller. */

#include <string.h>

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

static void
test_path(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char path[FERRY_PULL_PATH], store[200];

	(void)state;
	assert_int_equal(ferry_pull_path(path, NULL, "/s", &err), 0);
	assert_string_equal(path, "/s/pull.sock");
	assert_int_equal(ferry_pull_path(path, "/run/p", "/s", &err), 0);
	assert_string_equal(path, "/run/p");
	memset(store, 's', sizeof(store));
	store[sizeof(store) - 1] = 0;
	assert_int_equal(ferry_pull_path(path, NULL, store, &err), -1);
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
		cmocka_unit_test(test_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
