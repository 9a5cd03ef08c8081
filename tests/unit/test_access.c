#include "octo.h"
#include "store.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/access/access.h"
#include "store/access/snapshots.h"
#include "store/access/token.h"
#include "store/access/user_token.h"
#include "store/catalog/catalog.h"
#include "store/store.h"

/* Tokens */

static void
test_token_grant(void **state)
{
	static const struct {
		const char *call, *granted;
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
		ferry_token_grant(&t, ferry_bytes_str(rows[i].call));
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

/* Decisions, over a store with the fixture of the specification */

static struct ferry_error err;

struct fixture {
	struct unit_store store;
	struct ferry_store *reader;
	struct ferry_access *access;
	int tokens; /* their folder */
	struct ferry_user_token tom;
	char bearer[8 + FERRY_USER_TOKEN_TEXT]; /* tom's */
};

static void
put_upstream(struct ferry_store *st, const char *name, const char *visibility)
{
	json_t *o = json_pack("{s:s,s:s,s:s*}", "format", "npm", "url", "x",
	    "visibility", visibility);
	struct ferry_key key;

	assert_int_equal(ferry_key_make(&key, &err, "upstream", name, NULL), 0);
	unit_put_record(st, &key, o);
}

static void
put_snapshot(struct fixture *f, const char *drop, const char *meta)
{
	struct ferry_buf text = FERRY_BUF_INIT;

	octo_add(&text, drop, meta);
	assert_ok(ferry_snapshots_put(
		      f->store.st, "ghes", ferry_bytes_buf(&text), &err),
	    &err);
	ferry_buf_free(&text);
}

static void
follow(struct fixture *f)
{

	assert_int_equal(ferry_store_commit(f->store.st, &err), 0);
	assert_int_equal(ferry_store_catch_up(f->reader, &err), 0);
	assert_true(ferry_access_follow(f->access, &err) != -1);
}

/* An empty store. */
static void
fixture_open(struct fixture *f)
{
	char folder[400];

	unit_store_open(&f->store);
	(void)snprintf(folder, sizeof(folder), "%s/tokens", f->store.path);
	f->tokens = open(folder, O_RDONLY | O_DIRECTORY);
	assert_true(f->tokens != -1);
	f->reader = unit_store_reader(&f->store);
	assert_ok(ferry_access_open(&f->access, f->reader, &err), &err);
}

/* One with the snapshot, and a token of tom's. */
static void
fixture_open_octo(struct fixture *f)
{
	char text[FERRY_USER_TOKEN_TEXT];

	fixture_open(f);
	put_upstream(f->store.st, "ghes", NULL);
	put_snapshot(f, NULL, NULL);
	f->tom = (struct ferry_user_token){ .realm = "ghes",
		.number = 3,
		.name = "tom",
		.scopes = FERRY_SCOPE_READ,
		.created_at = 1 };
	assert_ok(
	    ferry_user_token_create(f->tokens, &f->tom, text, &err), &err);
	(void)snprintf(f->bearer, sizeof(f->bearer), "Bearer %s", text);
	follow(f);
}

static void
fixture_close(struct fixture *f)
{

	ferry_access_close(f->access);
	ferry_store_close(f->reader);
	unit_store_close(&f->store);
	(void)close(f->tokens);
}

static enum ferry_verdict
ask(struct fixture *f, const char *authorization, enum ferry_action action,
    const char *format, const char *owner, const char *package)
{
	struct ferry_access_decision d;
	struct ferry_identity who;

	ferry_access_identify(f->access, authorization, &who);
	ferry_access_decide(&(struct ferry_access_request){ .identity = &who,
				.action = action,
				.format = format,
				.owner = owner,
				.package = package,
				.called = package },
	    &d);
	/* A permit for what is allowed, and for nothing else. */
	assert_true((d.permit != NULL) == (d.verdict == FERRY_ALLOWED));
	if (owner != NULL)
		assert_true(ferry_access_sees(d.permit, format, owner,
				package) == (d.verdict == FERRY_ALLOWED));
	ferry_identity_clear(&who);
	return d.verdict;
}

#define READ(f, who, format, package)                                          \
	ask(f, who, FERRY_ACTION_READ, format, "ghes", package)

static void
test_access_open_store(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	assert_false(ferry_access_restricts(f.access));
	/* Nothing is known and nothing restricted: everybody reads, also with
	 * a credential of somewhere else; nobody writes. */
	assert_int_equal(READ(&f, NULL, "npm", "a"), FERRY_ALLOWED);
	assert_int_equal(READ(&f, "Bearer x", "npm", "a"), FERRY_ALLOWED);
	assert_int_equal(ask(&f, NULL, FERRY_ACTION_WRITE, "npm", "ghes", "a"),
	    FERRY_READ_ONLY);
	assert_int_equal(
	    ask(&f, NULL, FERRY_ACTION_READ, "npm", NULL, "a"), FERRY_ALLOWED);
	assert_int_equal(
	    ask(&f, NULL, FERRY_ACTION_SESSION, "oci", "ghes", "a"),
	    FERRY_NEED_CREDENTIAL);
	/* One upstream that is not for everybody closes what says nothing. */
	put_upstream(f.store.st, "plain", "public");
	put_upstream(f.store.st, "silent", NULL);
	follow(&f);
	assert_int_equal(ask(&f, NULL, FERRY_ACTION_READ, "npm", "silent", "a"),
	    FERRY_ALLOWED);
	put_upstream(f.store.st, "zone", "private");
	follow(&f);
	assert_true(ferry_access_restricts(f.access));
	assert_int_equal(ask(&f, NULL, FERRY_ACTION_READ, "npm", "silent", "a"),
	    FERRY_NEED_CREDENTIAL);
	assert_int_equal(ask(&f, NULL, FERRY_ACTION_READ, "npm", "plain", "a"),
	    FERRY_ALLOWED);
	assert_int_equal(
	    ask(&f, NULL, FERRY_ACTION_READ, "npm", "unknown", "a"),
	    FERRY_NEED_CREDENTIAL);
	fixture_close(&f);
}

static void
test_access_tokens(void **state)
{
	char basic[128];
	struct ferry_buf b64 = FERRY_BUF_INIT;
	struct ferry_user_token token;
	struct fixture f;

	(void)state;
	fixture_open_octo(&f);
	(void)snprintf(basic, sizeof(basic), "tom:%s", f.bearer + 7);
	assert_int_equal(
	    ferry_base64_add(&b64, ferry_bytes_str(basic), &err), 0);
	(void)snprintf(basic, sizeof(basic), "Basic %s", (char *)b64.p);
	ferry_buf_free(&b64);

	assert_int_equal(
	    READ(&f, NULL, "npm", "@octo/svc"), FERRY_NEED_CREDENTIAL);
	assert_int_equal(READ(&f, f.bearer, "npm", "@octo/svc"), FERRY_ALLOWED);
	assert_int_equal(READ(&f, basic, "npm", "@octo/svc"), FERRY_ALLOWED);
	assert_int_equal(READ(&f, f.bearer, "oci", "octo/tool"), FERRY_ALLOWED);
	assert_int_equal(READ(&f, f.bearer, "oci", "uma/app"), FERRY_FORBIDDEN);
	assert_int_equal(READ(&f, f.bearer, "oci", "octo/none"), FERRY_HIDDEN);
	assert_int_equal(READ(&f, NULL, "oci", "octo/web"), FERRY_ALLOWED);
	assert_int_equal(
	    READ(&f, NULL, "npm", "@octo/ui"), FERRY_NEED_CREDENTIAL);
	assert_int_equal(
	    ask(&f, NULL, FERRY_ACTION_READ, "npm", NULL, "@octo/none"),
	    FERRY_NEED_CREDENTIAL);
	/* A bad one is worse than none. */
	assert_int_equal(
	    READ(&f, "Bearer x", "oci", "octo/web"), FERRY_BAD_TOKEN);
	assert_int_equal(ask(&f, "Basic eDp5", FERRY_ACTION_TOKEN, "oci",
			     "ghes", "octo/web"),
	    FERRY_FORBIDDEN);
	/* Podman's way to be nobody. */
	assert_int_equal(
	    READ(&f, "Basic Og==", "oci", "octo/web"), FERRY_ALLOWED);
	/* Revoked while everything else stays. */
	assert_int_equal(
	    ferry_user_token_revoke(f.tokens, f.tom.id, 5, &token, &err), 0);
	follow(&f);
	assert_int_equal(
	    READ(&f, f.bearer, "npm", "@octo/svc"), FERRY_BAD_TOKEN);
	fixture_close(&f);
}

static void
test_access_generations_and_policy(void **state)
{
	static const char newer[] =
	    "{\"kind\":\"meta\",\"upstream\":\"ghes\",\"realm\":\"ghes\","
	    "\"github\":true,\"taken_at\":1790000001,\"generation\":2}\n";
	struct ferry_access_policy policy = { .hide_existence = true };
	struct fixture f;

	(void)state;
	fixture_open_octo(&f);
	assert_int_equal(READ(&f, f.bearer, "oci", "octo/tool"), FERRY_ALLOWED);
	put_snapshot(&f, "package_grant", newer);
	follow(&f);
	assert_int_equal(
	    READ(&f, f.bearer, "oci", "octo/tool"), FERRY_FORBIDDEN);
	ferry_access_configure(f.access, &policy);
	assert_int_equal(READ(&f, f.bearer, "oci", "octo/tool"), FERRY_HIDDEN);
	policy = (struct ferry_access_policy){ .private_mode = true };
	ferry_access_configure(f.access, &policy);
	assert_int_equal(
	    READ(&f, NULL, "oci", "octo/web"), FERRY_NEED_CREDENTIAL);
	policy = (struct ferry_access_policy){ .login_given = true };
	ferry_access_configure(f.access, &policy);
	assert_int_equal(READ(&f, NULL, "npm", "@octo/ui"), FERRY_ALLOWED);
	policy = (struct ferry_access_policy){ .max_age_s = 1 };
	ferry_access_configure(f.access, &policy);
	assert_int_equal(
	    READ(&f, f.bearer, "npm", "@octo/svc"), FERRY_FORBIDDEN);
	assert_int_equal(READ(&f, f.bearer, "npm", "@octo/ui"), FERRY_ALLOWED);
	fixture_close(&f);
}

/* What a token of one of the fixture's people may see, described. */
static void
test_access_lists_and_sessions(void **state)
{
	struct ferry_token session = { .scopes = "repository:octo/tool:pull" };
	struct ferry_access_request rq = { .action = FERRY_ACTION_LIST,
		.format = "npm" };
	struct ferry_access_decision d;
	struct ferry_identity who;
	struct fixture f;

	(void)state;
	fixture_open_octo(&f);
	/* npm always needs a login here, containers do not. */
	assert_int_equal(ask(&f, NULL, FERRY_ACTION_LIST, "npm", NULL, NULL),
	    FERRY_NEED_CREDENTIAL);
	assert_int_equal(
	    ask(&f, NULL, FERRY_ACTION_LIST, "oci", NULL, NULL), FERRY_ALLOWED);
	assert_int_equal(
	    ask(&f, f.bearer, FERRY_ACTION_LIST, "npm", NULL, NULL),
	    FERRY_ALLOWED);
	/* What is not there is decided by the credential alone. */
	assert_int_equal(
	    ask(&f, f.bearer, FERRY_ACTION_READ, "npm", NULL, "@octo/none"),
	    FERRY_HIDDEN);
	assert_int_equal(
	    ask(&f, "Bearer x", FERRY_ACTION_READ, "npm", NULL, "@octo/none"),
	    FERRY_BAD_TOKEN);
	/* A session for one repository lists nothing. */
	ferry_access_identify(f.access, f.bearer, &who);
	rq.identity = &who;
	who.session = &session;
	ferry_access_decide(&rq, &d);
	assert_int_equal(d.verdict, FERRY_OUT_OF_SCOPE);
	(void)snprintf(session.scopes, sizeof(session.scopes),
	    "repository:octo/tool:pull registry:catalog:*");
	ferry_access_decide(&rq, &d);
	assert_int_equal(d.verdict, FERRY_ALLOWED);
	assert_true(d.varies && !d.for_all);
	ferry_identity_clear(&who);
	fixture_close(&f);
}

static void
test_access_describes(void **state)
{
	/* tom: a member, of a team with write on ops; who sees what of octo's
	 * repositories and of lab's. */
	static const struct {
		const char *repository;
		enum ferry_role role;
	} rows[] = { { "octo/pub", FERRY_READ }, { "octo/priv", FERRY_READ },
		{ "octo/ops", FERRY_WRITE }, { "lab/secret", FERRY_NO_ROLE } };
	struct ferry_access_request rq = { .action = FERRY_ACTION_SERVICE };
	struct ferry_access_decision d;
	struct ferry_identity who;
	struct fixture f;

	(void)state;
	fixture_open_octo(&f);
	for (int nobody = 0; nobody < 2; nobody++) {
		const struct ferry_snapshot *s;

		ferry_access_identify(f.access, nobody ? NULL : f.bearer, &who);
		rq.identity = &who;
		ferry_access_decide(&rq, &d);
		s = ferry_snapshots_find(ferry_access_snapshots(&who), "ghes");
		assert_non_null(s);
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			assert_int_equal(ferry_access_repository(d.permit, s,
					     ferry_snapshot_full_name(
						 s, rows[i].repository)),
			    !nobody  ? rows[i].role
			    : i == 0 ? FERRY_READ
				     : FERRY_NO_ROLE);
		ferry_identity_clear(&who);
	}
	fixture_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_token_grant),
		cmocka_unit_test(test_token_grant_is_bounded),
		cmocka_unit_test(test_token_covers),
		cmocka_unit_test(test_token_round_trip),
		cmocka_unit_test(test_access_open_store),
		cmocka_unit_test(test_access_tokens),
		cmocka_unit_test(test_access_generations_and_policy),
		cmocka_unit_test(test_access_lists_and_sessions),
		cmocka_unit_test(test_access_describes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
