#include "unit.h"

#include "sync/upstream/oci/challenge.h"

static void
expect(const char *text, enum ferry_challenge_scheme scheme, const char *realm,
    const char *service, const char *scope, const char *error)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_challenge c;

	assert_ok(ferry_challenge_parse(&c, ferry_bytes_str(text), &err), &err);
	assert_int_equal(c.scheme, scheme);
	assert_string_equal(c.realm, realm);
	assert_string_equal(c.service, service);
	assert_string_equal(c.scope, scope);
	assert_string_equal(c.error, error);
}

static void
test_parse_bearer(void **state)
{

	(void)state;
	expect("Bearer realm=\"https://a/token\",service=\"a\","
	       "scope=\"repository:org/app:pull,push\"",
	    FERRY_CHALLENGE_BEARER, "https://a/token", "a",
	    "repository:org/app:pull,push", "");
	expect(
	    "bearer  REALM = \"https://a\" , Service=a,error=\"invalid_token\"",
	    FERRY_CHALLENGE_BEARER, "https://a", "a", "", "invalid_token");
	expect("Bearer realm=\"a\\\"b\\\\c, d\"", FERRY_CHALLENGE_BEARER,
	    "a\"b\\c, d", "", "", "");
	/* Seen in the wild: values that need quotes and have none. */
	expect("Bearer realm=https://a/token?x=1,service=a",
	    FERRY_CHALLENGE_BEARER, "https://a/token?x=1", "a", "", "");
	expect("Bearer realm=\"\"", FERRY_CHALLENGE_BEARER, "", "", "", "");
}

static void
test_parse_several(void **state)
{

	(void)state;
	expect("Basic realm=\"a, Bearer realm=b\"", FERRY_CHALLENGE_BASIC,
	    "a, Bearer realm=b", "", "", "");
	expect("Basic realm=\"x\", Bearer realm=\"y\", service=\"z\"",
	    FERRY_CHALLENGE_BEARER, "y", "z", "", "");
	expect("Bearer realm=\"y\",scope=\"s\", Basic realm=\"x\"",
	    FERRY_CHALLENGE_BEARER, "y", "", "s", "");
	expect("Bearer realm=\"1\", Bearer realm=\"2\"", FERRY_CHALLENGE_BEARER,
	    "1", "", "", "");
	expect("Negotiate abc/def==, Basic realm=x", FERRY_CHALLENGE_BASIC, "x",
	    "", "", "");
	expect("Digest realm=\"d\", nonce=\"n\"", FERRY_CHALLENGE_NONE, "", "",
	    "", "");
	expect("Basic", FERRY_CHALLENGE_BASIC, "", "", "", "");
	expect("", FERRY_CHALLENGE_NONE, "", "", "", "");
	expect(" , ,", FERRY_CHALLENGE_NONE, "", "", "", "");
}

static void
test_parse_refuses(void **state)
{
	static const char *const wrong[] = { "Bearer realm=\"no end",
		"Bearer realm=\"a\nb\"", "\"Bearer\"", "Bearer realm=\"a\"; x",
		"Bearer realm=\"a\\" };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_challenge c;
	char text[1200];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(
		    ferry_challenge_parse(&c, ferry_bytes_str(wrong[i]), &err),
		    -1);
		assert_int_equal(err.code, FERRY_EFORMAT);
	}
	(void)snprintf(text, sizeof(text), "Bearer realm=\"%01100d\"", 0);
	assert_int_equal(
	    ferry_challenge_parse(&c, ferry_bytes_str(text), &err), -1);
	assert_int_equal(err.code, FERRY_ELIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_bearer),
		cmocka_unit_test(test_parse_several),
		cmocka_unit_test(test_parse_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
