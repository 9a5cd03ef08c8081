#include "unit.h"

#include "store/access/access.h"
#include "store/access/token.h"

/* Tokens */

static void
test_token_grant(void **state)
{
	static const struct {
		const char *asked, *granted;
	} rows[] = {
		{ "repository:org/app:pull", "repository:org/app:pull" },
		{ "repository:org/app:pull,push", "repository:org/app:pull" },
		{ "repository:org/app:push,pull", "repository:org/app:pull" },
		{ "repository:org/app:*", "repository:org/app:pull" },
		{ "repository:org/app:push", "" },
		{ "repository:org/app:pulled", "" },
		{ "repository:localhost:5000/a:pull",
		    "repository:localhost:5000/a:pull" },
		{ "repository:a:pull  repository:b:delete repository:c:pull",
		    "repository:a:pull repository:c:pull" },
		{ "registry:catalog:*", "registry:catalog:*" },
		{ "registry:other:*", "" },
		{ "repository::pull", "" },
		{ "repository:a\nb:pull", "" },
		{ "repository", "" },
		{ "repository:pull", "" },
		{ "::", "" },
		{ "", "" },
	};
	struct ferry_token t;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ferry_token_init(&t, "", 0);
		ferry_token_grant(&t, ferry_bytes_str(rows[i].asked));
		assert_string_equal(t.scopes, rows[i].granted);
	}
}

static void
test_token_grant_is_bounded(void **state)
{
	struct ferry_token t;
	size_t before;

	(void)state;
	ferry_token_init(&t, "", 0);
	do {
		before = strlen(t.scopes);
		ferry_token_grant(
		    &t, ferry_bytes_str("repository:some/name/of/it:pull"));
	} while (strlen(t.scopes) > before);
	assert_true(before > FERRY_TOKEN_SCOPES - 64);
	/* What does not fit leaves no half of it. */
	assert_string_equal(t.scopes + before - 5, ":pull");
}

static void
test_token_covers(void **state)
{
	struct ferry_token t;

	(void)state;
	ferry_token_init(&t, "", 0);
	ferry_token_grant(&t,
	    ferry_bytes_str("repository:a/b:pull repository:h:5000/c:pull"));
	assert_true(ferry_token_covers(&t, "repository", "a/b", "pull"));
	assert_true(ferry_token_covers(&t, "repository", "h:5000/c", "pull"));
	assert_false(ferry_token_covers(&t, "repository", "a/b", "push"));
	assert_false(ferry_token_covers(&t, "repository", "a", "pull"));
	assert_false(ferry_token_covers(&t, "repository", "a/bc", "pull"));
	assert_false(ferry_token_covers(&t, "repository", "/b", "pull"));
	assert_false(ferry_token_covers(&t, "registry", "a/b", "pull"));
	assert_false(ferry_token_covers(&t, "repository", "", "pull"));
}

static void
test_token_round_trip(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_token_key key, other;
	struct ferry_token t, got;
	struct ferry_bytes b;

	(void)state;
	assert_ok(ferry_token_key_new(&key, &err), &err);
	assert_ok(ferry_token_key_new(&other, &err), &err);
	ferry_token_init(&t, "octo", 1000);
	ferry_token_grant(&t, ferry_bytes_str("repository:a/b:pull"));
	assert_ok(ferry_token_sign(&t, &key, &text, &err), &err);
	b = ferry_bytes_buf(&text);

	assert_int_equal(ferry_token_read(&got, &key, b, 1000), 1);
	assert_string_equal(got.subject, "octo");
	assert_string_equal(got.scopes, "repository:a/b:pull");
	assert_true(got.issued_at == 1000 && got.expires_at == 1300);

	/* Its end, and another server's key. */
	assert_int_equal(ferry_token_read(&got, &key, b, 1299), 1);
	assert_int_equal(ferry_token_read(&got, &key, b, 1300), 0);
	assert_int_equal(ferry_token_read(&got, &other, b, 1000), 0);
	/* Every change of a byte, and every shorter text. */
	for (size_t i = 0; i < text.n; i++) {
		text.p[i] ^= 1;
		assert_int_equal(ferry_token_read(&got, &key, b, 1000), 0);
		text.p[i] ^= 1;
		assert_int_equal(ferry_token_read(&got, &key,
				     ferry_bytes_of(text.p, i), 1000),
		    0);
	}
	ferry_buf_free(&text);
}

/* Decisions */

static void
test_access_decide(void **state)
{
	static struct ferry_token token;
	static const struct ferry_identity anonymous = { FERRY_ANONYMOUS,
		NULL },
					   credential = { FERRY_CREDENTIAL,
						   NULL },
					   bad = { FERRY_BAD_BEARER, NULL },
					   bearer = { FERRY_BEARER, &token };
	static const struct {
		const struct ferry_identity *who;
		enum ferry_action action;
		const char *called;
		enum ferry_verdict verdict;
	} rows[] = {
		{ &anonymous, FERRY_ACTION_READ, "a", FERRY_ALLOWED },
		{ &anonymous, FERRY_ACTION_SERVICE, NULL, FERRY_ALLOWED },
		{ &anonymous, FERRY_ACTION_SESSION, NULL,
		    FERRY_NEED_CREDENTIAL },
		{ &anonymous, FERRY_ACTION_IDENTITY, NULL,
		    FERRY_NEED_CREDENTIAL },
		{ &anonymous, FERRY_ACTION_WRITE, "a", FERRY_READ_ONLY },
		{ &credential, FERRY_ACTION_READ, "a", FERRY_ALLOWED },
		{ &credential, FERRY_ACTION_SESSION, NULL,
		    FERRY_NEED_CREDENTIAL },
		{ &bearer, FERRY_ACTION_READ, "a", FERRY_ALLOWED },
		{ &bearer, FERRY_ACTION_READ, "b", FERRY_OUT_OF_SCOPE },
		{ &bearer, FERRY_ACTION_READ, NULL, FERRY_OUT_OF_SCOPE },
		{ &bearer, FERRY_ACTION_SESSION, NULL, FERRY_ALLOWED },
		{ &bearer, FERRY_ACTION_SERVICE, NULL, FERRY_ALLOWED },
		{ &bearer, FERRY_ACTION_WRITE, "a", FERRY_READ_ONLY },
		{ &bad, FERRY_ACTION_READ, "a", FERRY_BAD_TOKEN },
		{ &bad, FERRY_ACTION_SESSION, NULL, FERRY_BAD_TOKEN },
		{ &bad, FERRY_ACTION_SERVICE, NULL, FERRY_BAD_TOKEN },
		{ &bad, FERRY_ACTION_WRITE, NULL, FERRY_READ_ONLY },
	};

	(void)state;
	ferry_token_init(&token, "", 0);
	ferry_token_grant(&token, ferry_bytes_str("repository:a:pull"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ferry_access_decision d;

		ferry_access_decide(
		    &(struct ferry_access_request){ .identity = rows[i].who,
			.action = rows[i].action,
			.format = "oci",
			.package = rows[i].called,
			.called = rows[i].called },
		    &d);
		if (d.verdict != rows[i].verdict)
			fail_msg("row %zu: %d", i, (int)d.verdict);
		/* A permit for what is allowed, and for nothing else. */
		assert_true((d.permit != NULL) == (d.verdict == FERRY_ALLOWED));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_token_grant),
		cmocka_unit_test(test_token_grant_is_bounded),
		cmocka_unit_test(test_token_covers),
		cmocka_unit_test(test_token_round_trip),
		cmocka_unit_test(test_access_decide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
