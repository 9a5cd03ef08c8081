/* Which addresses an upstream may send us to. */

#include <arpa/inet.h>
#include <netinet/in.h>

#include "sync/fetch/reach.h"
#include "unit.h"

static const struct sockaddr *
address(struct sockaddr_in6 *room, const char *text)
{
	struct sockaddr_in *in = (struct sockaddr_in *)room;

	memset(room, 0, sizeof(*room));
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
	} else {
		assert_int_equal(
		    inet_pton(AF_INET6, text, &room->sin6_addr), 1);
		room->sin6_family = AF_INET6;
	}
	return (const struct sockaddr *)room;
}

static void
test_reach_is_public(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} rows[] = {
		{ "8.8.8.8", true },
		{ "198.51.100.7", true },
		{ "9.255.255.255", true },
		{ "10.0.0.1", false },
		{ "11.0.0.0", true },
		{ "0.0.0.0", false },
		{ "127.0.0.1", false },
		{ "127.255.0.1", false },
		{ "100.63.255.255", true },
		{ "100.64.0.1", false },
		{ "169.254.169.254", false },
		{ "172.15.0.1", true },
		{ "172.16.0.1", false },
		{ "172.31.255.255", false },
		{ "172.32.0.1", true },
		{ "192.167.255.255", true },
		{ "192.168.0.1", false },
		{ "224.0.0.1", false },
		{ "255.255.255.255", false },
		{ "::", false },
		{ "::1", false },
		{ "::127.0.0.1", false },
		{ "::ffff:127.0.0.1", false },
		{ "::ffff:8.8.8.8", true },
		{ "64:ff9b::10.0.0.1", false },
		{ "64:ff9b::8.8.8.8", true },
		{ "2002:7f00:1::", false },
		{ "2002:808:808::", true },
		{ "fe80::1", false },
		{ "fec0::1", false },
		{ "fd00::1", false },
		{ "ff02::1", false },
		{ "2001:4860:4860::8888", true },
	};
	struct sockaddr_in6 room;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (ferry_reach_is_public(address(&room, rows[i].text)) !=
		    rows[i].is)
			fail_msg("%s", rows[i].text);
}

/* In this order: what is reached of the upstream's own counts for what
 * follows. */
static void
test_reach_check(void **state)
{
	static const struct {
		const char *url, *address;
		int rc;
	} rows[] = {
		{ "https://files.example/x", "10.1.1.1", -1 },
		{ "https://files.example/x", "203.0.113.9", 0 },
		/* Names turn; each connection is judged. */
		{ "https://files.example/x", "127.0.0.1", -1 },
		/* The upstream is inside, and its files are beside it. */
		{ "http://reg.corp/x", "10.1.1.1", 0 },
		{ "https://files.example/x", "10.1.1.1", 0 },
		{ "http://REG.corp.:81/x", "10.1.1.1", 0 },
		{ "https://files.example/x", "10.1.1.2", -1 },
		/* Of two own ones, one is outside, and does not turn. */
		{ "https://reg.example/x", "203.0.113.1", 0 },
		{ "https://reg.example/x", "10.9.9.9", -1 },
		{ "https://reg.example/x", "::1", -1 },
		/* What the operator named. */
		{ "https://blobs.corp/x", "10.2.2.2", 0 },
		{ "https://a.pool.corp/x", "fd00::7", 0 },
		{ "https://pool.corp/x", "fd00::7", -1 },
		{ "https://tokens.corp:5001/x", "10.3.3.3", 0 },
		{ "https://tokens.corp/x", "10.3.3.3", -1 },
		{ "https://[fd00::1]/x", "fd00::1", 0 },
	};
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_reach *reach = NULL;
	struct sockaddr_in6 room;

	(void)state;
	assert_ok(ferry_reach_new(&reach, &err), &err);
	assert_ok(ferry_reach_add_url(reach, "http://reg.corp", &err), &err);
	assert_ok(
	    ferry_reach_add_url(reach, "https://Reg.Example:443/npm", &err),
	    &err);
	assert_ok(ferry_reach_add_host(reach, "Blobs.corp", &err), &err);
	assert_ok(ferry_reach_add_host(reach, "*.pool.corp", &err), &err);
	assert_ok(ferry_reach_add_host(reach, "tokens.corp:5001", &err), &err);
	assert_ok(ferry_reach_add_host(reach, "fd00::1", &err), &err);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err = (struct ferry_error)FERRY_ERROR_INIT;
		if (ferry_reach_check(reach, rows[i].url,
			address(&room, rows[i].address), &err) != rows[i].rc)
			fail_msg("row %zu: %s at %s: %s", i, rows[i].url,
			    rows[i].address, err.text);
	}
	/* Where a proxy connects, addresses in URLs are judged. */
	assert_int_equal(
	    ferry_reach_check_url(reach, "http://any.example/", &err), 0);
	assert_int_equal(
	    ferry_reach_check_url(reach, "http://127.0.0.1/", &err), -1);
	assert_int_equal(
	    ferry_reach_check_url(reach, "http://[::1]/", &err), -1);
	assert_int_equal(
	    ferry_reach_check_url(reach, "http://x.localhost/", &err), -1);
	assert_true(ferry_reach_names(reach, "https://reg.example/y"));
	assert_true(ferry_reach_names(reach, "https://blobs.corp/y"));
	assert_false(ferry_reach_names(reach, "https://files.example/x"));
	ferry_reach_free(reach);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reach_is_public),
		cmocka_unit_test(test_reach_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
