/*
 * The decision table, with the fixture and the cases of
 * store/access/PROTOCOL.md, section 2.7.
 */

#include "octo.h"

#include <fcntl.h>
#include <unistd.h>

#include "store/access/rules.h"
#include "store/access/user_token.h"

static struct ferry_error err;

#define META                                                                   \
	"{\"kind\":\"meta\",\"upstream\":\"a\",\"realm\":\"a\",\"github\":"    \
	"true,\"taken_at\":1,\"generation\":1}\n"

static struct ferry_snapshot *
snapshot(const char *text)
{
	struct ferry_snapshot *s = NULL;

	assert_ok(ferry_snapshot_read(&s, ferry_bytes_str(text), &err), &err);
	return s;
}

/* The fixture without the lines that hold drop. */
static struct ferry_snapshot *
load(const char *drop)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_snapshot *s;

	octo_add(&text, drop, NULL);
	s = snapshot((const char *)text.p);
	ferry_buf_free(&text);
	return s;
}

/* "anon", "rita rp", "olga dp", "eve fg", "gt octo/ops read". */
static struct ferry_claim
claim_of(const struct ferry_snapshot *s, const char *who)
{
	struct ferry_claim c = { .kind = FERRY_CLAIM_USER, .realm = "ghes" };
	char name[64], token[64] = "", job[16] = "";

	(void)sscanf(who, "%63s %63s %15s", name, token, job);
	if (strcmp(name, "anon") == 0) {
		c.kind = FERRY_CLAIM_NONE;
		return c;
	}
	if (strcmp(name, "gt") == 0) {
		c.kind = FERRY_CLAIM_WORKFLOW;
		c.repo = ferry_snapshot_full_name(s, token)->id;
		assert_int_equal(ferry_role_parse(&c.job, job), 0);
		return c;
	}
	c.user = ferry_snapshot_login(s, name)->id;
	if (strcmp(token, "fg") == 0)
		c.kind = FERRY_CLAIM_FINE;
	else if (strcmp(token, "exp") == 0)
		c.kind = FERRY_CLAIM_BAD;
	else if (strcmp(token, "rp") == 0)
		c.scopes = FERRY_SCOPE_READ;
	else if (strcmp(token, "wp") == 0)
		c.scopes = FERRY_SCOPE_READ | FERRY_SCOPE_WRITE;
	else if (strcmp(token, "dp") == 0)
		c.scopes = FERRY_SCOPE_READ | FERRY_SCOPE_DELETE;
	else if (strcmp(token, "repo") == 0)
		c.scopes = FERRY_SCOPE_REPO;
	return c;
}

struct check {
	int number;
	const char *who, *type, *name;
	enum ferry_need need;
	enum ferry_ruling ruling;
	const char *row;
};

#define READ FERRY_NEED_READ
#define ALLOW FERRY_RULING_ALLOW
#define LOGIN FERRY_RULING_LOGIN
#define ROLE FERRY_RULING_ROLE
#define SCOPE FERRY_RULING_SCOPE

static const struct check checks[] = {
	{ 1, "anon", "npm", "@octo/ui", READ, LOGIN, "D3" },
	{ 2, "anon", "maven", "com.octo:open", READ, LOGIN, "D3" },
	{ 5, "anon", "container", "octo/web", READ, ALLOW, "D2" },
	{ 6, "anon", "container", "octo/tool", READ, LOGIN, "D3" },
	{ 9, "anon", "npm", "@octo/nothing", READ, LOGIN, "D3" },
	{ 10, "eve rp", "npm", "@octo/ui", READ, ALLOW, "D14" },
	{ 11, "eve rp", "maven", "com.octo:open", READ, ALLOW, "D14" },
	{ 12, "eve rp", "container", "octo/web", READ, ALLOW, "D14" },
	{ 13, "eve no", "npm", "@octo/ui", READ, SCOPE, "D5" },
	{ 14, "eve repo", "maven", "com.octo:open", READ, SCOPE, "D5" },
	{ 15, "eve fg", "npm", "@octo/ui", READ, SCOPE, "D4" },
	{ 16, "eve exp", "container", "octo/web", READ, FERRY_RULING_BAD,
	    "D1" },
	{ 17, "eve exp", "npm", "@octo/ui", READ, FERRY_RULING_BAD, "D1" },
	{ 18, "eve rp", "npm", "@octo/svc", READ, ROLE, "D16" },
	{ 19, "eve rp", "maven", "com.octo:core", READ, ROLE, "D16" },
	{ 20, "eve rp", "container", "octo/tool", READ, ROLE, "D16" },
	{ 21, "rita rp", "maven", "com.octo:core", READ, ALLOW, "D12" },
	{ 22, "rita rp", "rubygems", "octo-gem", READ, ALLOW, "D12" },
	{ 23, "rita wp", "rubygems", "octo-gem", FERRY_NEED_PUBLISH, ROLE,
	    "D16" },
	{ 24, "tom wp", "rubygems", "octo-gem", FERRY_NEED_PUBLISH, ALLOW,
	    "D12" },
	{ 25, "kim wp", "rubygems", "octo-gem", FERRY_NEED_PUBLISH, ALLOW,
	    "D12" },
	{ 26, "mia wp", "rubygems", "octo-gem", FERRY_NEED_PUBLISH, ROLE,
	    "D16" },
	{ 27, "tom rp", "container", "octo/tool", READ, ALLOW, "D13" },
	{ 28, "kim rp", "container", "octo/tool", READ, ALLOW, "D13" },
	{ 29, "rita rp", "container", "octo/tool", READ, ROLE, "D16" },
	{ 30, "mia rp", "container", "octo/tool", READ, ROLE, "D16" },
	{ 31, "olga rp", "container", "octo/tool", READ, ALLOW, "D11" },
	{ 32, "max rp", "maven", "com.octo:core", READ, ALLOW, "D12" },
	{ 33, "max rp", "rubygems", "octo-gem", READ, ROLE, "D16" },
	{ 34, "max rp", "nuget", "Octo.Int", READ, ROLE, "D16" },
	{ 35, "len rp", "nuget", "octo.int", READ, ALLOW, "D15" },
	{ 36, "len rp", "maven", "com.octo:int", READ, ALLOW, "D12" },
	{ 37, "len rp", "maven", "com.octo:core", READ, ROLE, "D16" },
	{ 38, "rita rp", "maven", "com.lab:x", READ, ROLE, "D16" },
	{ 39, "len rp", "maven", "com.lab:x", READ, ROLE, "D16" },
	{ 40, "tom rp", "npm", "@octo/svc", READ, ALLOW, "D13" },
	{ 41, "rita rp", "npm", "@octo/svc", READ, ROLE, "D16" },
	{ 42, "rita rp", "container", "uma/app", READ, ALLOW, "D13" },
	{ 43, "tom rp", "container", "uma/app", READ, ROLE, "D16" },
	{ 44, "uma rp", "container", "uma/app", READ, ALLOW, "D11" },
	{ 45, "gt octo/ops read", "container", "octo/job", READ, ALLOW, "D10" },
	{ 46, "gt octo/priv read", "container", "octo/job", READ, ROLE, "D16" },
	{ 47, "gt octo/ops none", "container", "octo/job", READ, SCOPE, "D6" },
	{ 48, "gt octo/priv read", "maven", "com.octo:core", READ, ALLOW,
	    "D9" },
	{ 49, "gt octo/ops read", "maven", "com.octo:core", READ, ROLE, "D16" },
	{ 50, "gt lab/secret read", "nuget", "Octo.Int", READ, ALLOW, "D8" },
	{ 51, "olga dp", "container", "octo/tool", FERRY_NEED_DELETE, ALLOW,
	    "D11" },
	{ 52, "olga rp", "container", "octo/tool", FERRY_NEED_DELETE, SCOPE,
	    "D5" },
	{ 53, "tom dp", "rubygems", "octo-gem", FERRY_NEED_DELETE, ROLE,
	    "D16" },
	{ 57, "olga dp", "npm", "@octo/svc", FERRY_NEED_RESTORE, SCOPE, "D5" },
	{ 58, "rita rp", "npm", "@octo/old", READ, FERRY_RULING_ABSENT, "D16" },
	{ 61, "lea rp", "maven", "com.lab:x", READ, ALLOW, "D12" },
};

static struct ferry_ruling_result
rule(const struct ferry_snapshot *s, const struct ferry_claim *claim,
    const struct ferry_ask *ask)
{
	struct ferry_ruling_result out;

	ferry_rules(s, claim, ask, &out, NULL, NULL);
	return out;
}

static struct ferry_ruling_result
rule_check(const struct ferry_snapshot *s, const struct check *c)
{
	struct ferry_claim claim = claim_of(s, c->who);
	struct ferry_ask ask = { .type = c->type,
		.name = c->name,
		.need = c->need,
		.public_needs_login = strcmp(c->type, "container") != 0 };

	return rule(s, &claim, &ask);
}

static void
test_rules_cases(void **state)
{
	struct ferry_snapshot *s = load(NULL);
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		const struct check *c = &checks[i];
		struct ferry_ruling_result got = rule_check(s, c);

		if (got.ruling == c->ruling && strcmp(got.row, c->row) == 0)
			continue;
		print_message("case %d, %s %s %s: %d by %s, not %d by %s\n",
		    c->number, c->who, c->type, c->name, got.ruling, got.row,
		    c->ruling, c->row);
		wrong++;
	}
	ferry_snapshot_free(s);
	assert_int_equal(wrong, 0);
}

static void
test_rules_without_a_record(void **state)
{
	const struct check p3 = { 59, "tom rp", "container", "octo/tool", READ,
		ROLE, "D16" };
	const struct check p2 = { 60, "rita rp", "maven", "com.octo:core", READ,
		ROLE, "D16" };
	struct ferry_snapshot *s = load("package_grant");

	(void)state;
	/* 59: grants that are not known deny. */
	assert_int_equal(rule_check(s, &p3).ruling, ROLE);
	ferry_snapshot_free(s);
	/* 60: rita is not a member any more. */
	s = load("\"user\": 2, \"role\": \"member\"");
	assert_int_equal(rule_check(s, &p2).ruling, ROLE);
	ferry_snapshot_free(s);
}

static void
test_rules_private_mode(void **state)
{
	struct ferry_claim nobody = { .kind = FERRY_CLAIM_NONE };
	struct ferry_ask web = { .type = "container", .name = "octo/web" };
	const char *text = "{\"kind\":\"meta\",\"upstream\":\"a\",\"realm\":"
			   "\"a\",\"github\":true,\"private_mode\":true,"
			   "\"taken_at\":1,\"generation\":1}\n"
			   "{\"kind\":\"package\",\"id\":4,\"owner\":1,\"type\""
			   ":\"container\",\"name\":\"octo/web\","
			   "\"visibility\":\"public\",\"granular\":true}";
	struct ferry_snapshot *s = snapshot(text);

	(void)state;
	/* 7 */
	assert_int_equal(rule(s, &nobody, &web).ruling, LOGIN);
	ferry_snapshot_free(s);
}

static void
test_rules_suspended_and_strangers(void **state)
{
	const struct check p4 = { 0, "olga rp", "container", "octo/web", READ,
		ALLOW, "" };
	struct ferry_claim stranger = { .kind = FERRY_CLAIM_USER,
		.realm = "elsewhere",
		.user = 1,
		.scopes = FERRY_SCOPE_READ };
	struct ferry_ask ask = { .type = "container", .name = "octo/tool" };
	struct ferry_snapshot *s = load(NULL);

	(void)state;
	/* Number 1 of another upstream is not olga. */
	assert_int_equal(rule(s, &stranger, &ask).ruling, ROLE);
	ask.name = "octo/web";
	assert_int_equal(rule(s, &stranger, &ask).ruling, ALLOW);
	assert_int_equal(rule_check(s, &p4).ruling, ALLOW);
	/* Too old to be believed: only what is public. */
	ask.stale = true;
	assert_int_equal(rule(s, &stranger, &ask).ruling, ALLOW);
	stranger = claim_of(s, "olga rp");
	ask.name = "octo/tool";
	assert_int_equal(rule(s, &stranger, &ask).ruling, ROLE);
	ferry_snapshot_free(s);
	/* Nothing is known at all. */
	assert_int_equal(rule(NULL, &stranger, &ask).ruling, ROLE);
}

static void
test_rules_plain_registry(void **state)
{
	const char *text =
	    "{\"kind\":\"meta\",\"upstream\":\"hub\",\"realm\":\"local\","
	    "\"visibility\":\"private\",\"taken_at\":1,\"generation\":1}\n"
	    "{\"kind\":\"user\",\"id\":7,\"login\":\"anna\"}\n"
	    "{\"kind\":\"user\",\"id\":8,\"login\":\"bert\",\"suspended\":true}"
	    "\n{\"kind\":\"name_grant\",\"type\":\"container\",\"name\":"
	    "\"team/*\",\"user\":7,\"role\":\"read\"}\n"
	    "{\"kind\":\"name_grant\",\"type\":\"*\",\"name\":\"*\",\"user\":8,"
	    "\"role\":\"read\"}\n";
	struct ferry_claim claim = { .kind = FERRY_CLAIM_USER,
		.realm = "local",
		.user = 7,
		.scopes = FERRY_SCOPE_READ };
	struct ferry_ask ask = { .type = "container", .name = "team/app" };
	struct ferry_snapshot *s = snapshot(text);

	(void)state;
	assert_int_equal(rule(s, &claim, &ask).ruling, ALLOW);
	ask.name = "other/app";
	assert_int_equal(rule(s, &claim, &ask).ruling, ROLE);
	claim.user = 8; /* is suspended */
	assert_int_equal(rule(s, &claim, &ask).ruling, ROLE);
	ferry_snapshot_free(s);
}

static void
test_snapshot_read_refuses(void **state)
{
	static const char *const lines[] = { "", "[]", "{}",
		"{\"kind\":\"hologram\"}", "{\"kind\":\"user\",\"id\":-1}",
		"{\"kind\":\"user\",\"id\":1}",
		"{\"kind\":\"member\",\"owner\":1,\"user\":1,\"role\":\"god\"}",
		"{\"kind\":\"repo\",\"id\":1,\"owner\":1,\"name\":\"a\","
		"\"visibility\":\"secret\"}",
		"{\"kind\":\"package\",\"id\":1,\"owner\":1,\"name\":\"a\","
		"\"type\":\"npm\",\"visibility\":\"public\",\"inherits\":"
		"\"maybe\"}" };
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_snapshot *s = NULL;

	(void)state;
	/* No meta; then one, twice. */
	assert_int_equal(
	    ferry_snapshot_read(&s, ferry_bytes_str("\n"), &err), -1);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		ferry_buf_reset(&text);
		assert_int_equal(ferry_buf_adds(&text, META, &err), 0);
		assert_int_equal(
		    ferry_buf_adds(&text, i == 0 ? META : lines[i], &err), 0);
		assert_int_equal(
		    ferry_snapshot_read(&s, ferry_bytes_buf(&text), &err), -1);
	}
	ferry_buf_free(&text);
}

/* Two records of one key: which one counts would be chance. */
static void
test_snapshot_two_of_one_key(void **state)
{
#define USER(id, login)                                                        \
	"{\"kind\":\"user\",\"id\":" #id ",\"login\":\"" login "\"}\n"
#define OWNER(id, login)                                                       \
	"{\"kind\":\"owner\",\"id\":" #id ",\"login\":\"" login                \
	"\",\"base\":\"none\"}\n"
#define TEAM(id, slug)                                                         \
	"{\"kind\":\"team\",\"id\":" #id ",\"owner\":1,\"slug\":\"" slug "\"}\n"
#define REPO(id, name)                                                         \
	"{\"kind\":\"repo\",\"id\":" #id ",\"owner\":1,\"name\":\"" name       \
	"\",\"visibility\":\"public\"}\n"
#define PACKAGE(id, type, name)                                                \
	"{\"kind\":\"package\",\"id\":" #id ",\"owner\":1,\"type\":\"" type    \
	"\",\"name\":\"" name "\",\"visibility\":\"public\"}\n"
	static const struct {
		const char *lines, *says; /* NULL: it is good */
	} cases[] = {
		{ USER(1, "a") USER(2, "b") OWNER(1, "a") OWNER(2, "b")
			TEAM(1, "a") TEAM(2, "b") REPO(1, "a") REPO(2, "b")
			    PACKAGE(1, "npm", "a") PACKAGE(2, "container", "a"),
		    NULL },
		{ USER(1, "a") USER(2, "c") USER(1, "b"),
		    "\"user\" have one number" },
		{ USER(1, "a") USER(1, "a"), "\"user\" have one login" },
		{ USER(1, "a") USER(2, "A"), "\"user\" have one login" },
		{ OWNER(1, "a") OWNER(1, "b"), "\"owner\" have one number" },
		{ OWNER(1, "a") OWNER(2, "A"), "\"owner\" have one login" },
		{ TEAM(1, "a") TEAM(1, "b"), "\"team\" have one number" },
		{ TEAM(1, "a") TEAM(2, "A"), "\"team\" have one slug" },
		{ REPO(1, "a") REPO(1, "b"), "\"repo\" have one number" },
		{ REPO(1, "a") REPO(2, "A"), "\"repo\" have one name" },
		{ PACKAGE(1, "npm", "a") PACKAGE(1, "npm", "b"),
		    "\"package\" have one number" },
		{ PACKAGE(1, "npm", "a") PACKAGE(2, "npm", "A"),
		    "\"package\" have one name" },
	};
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_snapshot *s = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ferry_error why = FERRY_ERROR_INIT;
		int rc;

		ferry_buf_reset(&text);
		assert_int_equal(ferry_buf_adds(&text, META, &err), 0);
		assert_int_equal(
		    ferry_buf_adds(&text, cases[i].lines, &err), 0);
		rc = ferry_snapshot_read(&s, ferry_bytes_buf(&text), &why);
		if (cases[i].says == NULL) {
			assert_ok(rc, &why);
			ferry_snapshot_free(s);
			continue;
		}
		assert_int_equal(rc, -1);
		assert_int_equal(why.code, FERRY_EFORMAT);
		assert_non_null(strstr(why.text, cases[i].says));
		assert_non_null(strstr(why.text, "'a', number 1, and '"));
	}
	ferry_buf_free(&text);
}

/* Without its record a team lets nobody in. */
static void
test_snapshot_team_without_record(void **state)
{
	struct ferry_snapshot *s = snapshot(META TEAM(
	    1, "a") "{\"kind\":\"team_member\",\"team\":2,\"user\":5}\n"
		    "{\"kind\":\"team_member\",\"team\":1,\"user\":5}\n");
	uint64_t teams[4];
	size_t n;

	(void)state;
	ferry_snapshot_teams(s, 5, teams, 4, &n);
	assert_int_equal(n, 1);
	assert_int_equal(teams[0], 1);
	ferry_snapshot_free(s);
}

static void
test_snapshot_teams_in_a_circle(void **state)
{
	const char *text = META
	    "{\"kind\":\"team\",\"id\":1,\"owner\":1,\"slug\":\"a\",\"parent\":"
	    "2}\n{\"kind\":\"team\",\"id\":2,\"owner\":1,\"slug\":\"b\","
	    "\"parent\":1}\n{\"kind\":\"team_member\",\"team\":1,\"user\":5}\n";
	struct ferry_snapshot *s = snapshot(text);
	uint64_t teams[4];
	size_t n;

	(void)state;
	ferry_snapshot_teams(s, 5, teams, 4, &n);
	assert_int_equal(n, 2);
	ferry_snapshot_teams(s, 5, teams, 1, &n);
	assert_int_equal(n, 1);
	ferry_snapshot_teams(s, 6, teams, 4, &n);
	assert_int_equal(n, 0);
	ferry_snapshot_free(s);
}

static int
folder_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY);

	assert_true(fd != -1);
	return fd;
}

static void
test_user_token_life(void **state)
{
	struct ferry_user_token t = { .realm = "ghes",
		.number = 2,
		.name = "rita",
		.scopes = FERRY_SCOPE_READ | FERRY_SCOPE_DELETE,
		.created_at = 1000,
		.expires_at = 2000,
		.note = "laptop \"one\"" };
	char text[FERRY_USER_TOKEN_TEXT], *path = unit_mkdir();
	struct ferry_user_token got, *list;
	int fd = folder_open(path);
	struct ferry_digest digest;
	struct ferry_claim claim;
	size_t n;

	(void)state;
	assert_int_equal(ferry_user_token_create(fd, &t, text, &err), 0);
	assert_int_equal(strlen(text), FERRY_USER_TOKEN_TEXT - 1);
	assert_true(ferry_user_token_looks_right(ferry_bytes_str(text)));
	assert_int_equal(
	    ferry_user_token_find(fd, ferry_bytes_str(text), &got, &err), 1);
	assert_string_equal(got.id, t.id);
	assert_string_equal(got.name, "rita");
	assert_string_equal(got.note, t.note);
	assert_true(ferry_user_token_good(&got, 1999));
	assert_false(ferry_user_token_good(&got, 2000));
	ferry_user_token_claim(&got, &claim);
	assert_int_equal(claim.kind, FERRY_CLAIM_USER);
	assert_int_equal(claim.user, 2);
	assert_int_equal(claim.scopes, FERRY_SCOPE_READ | FERRY_SCOPE_DELETE);
	assert_int_equal(
	    ferry_digest_of(&digest, FERRY_SHA256, ferry_bytes_str(text), &err),
	    0);
	ferry_user_token_used(fd, &digest);
	assert_int_equal(ferry_user_token_list(fd, &list, &n, &err), 0);
	assert_int_equal(n, 1);
	assert_true(list[0].used_at > 1000);
	free(list);
	assert_int_equal(
	    ferry_user_token_revoke(fd, "00", 1500, &got, &err), -1);
	assert_int_equal(
	    ferry_user_token_revoke(fd, "../x", 1500, &got, &err), -1);
	assert_int_equal(
	    ferry_user_token_revoke(fd, t.id, 1500, &got, &err), 0);
	assert_int_equal(
	    ferry_user_token_find(fd, ferry_bytes_str(text), &got, &err), 1);
	assert_false(ferry_user_token_good(&got, 1600));
	(void)close(fd);
	unit_rmdir(path);
}

static void
test_user_token_text(void **state)
{
	struct ferry_user_token t = {
		.workflow = true, .realm = "a", .name = "o/r", .job = FERRY_READ
	};
	char text[FERRY_USER_TOKEN_TEXT], *path = unit_mkdir();
	int fd = folder_open(path);
	struct ferry_user_token got;

	(void)state;
	assert_int_equal(ferry_user_token_create(fd, &t, text, &err), 0);
	assert_memory_equal(text, "ferry_w_", 8);
	/* One wrong character is seen without a look at the folder. */
	for (size_t i = 0; i < strlen(text); i++) {
		char c = text[i];

		text[i] = c == 'x' ? 'y' : 'x';
		assert_false(
		    ferry_user_token_looks_right(ferry_bytes_str(text)));
		assert_int_equal(ferry_user_token_find(
				     fd, ferry_bytes_str(text), &got, &err),
		    0);
		text[i] = c;
	}
	assert_false(ferry_user_token_looks_right(ferry_bytes_str("")));
	(void)close(fd);
	unit_rmdir(path);
}

static void
test_scopes_parse(void **state)
{
	char text[FERRY_SCOPES_TEXT];
	unsigned scopes;

	(void)state;
	assert_int_equal(ferry_scopes_parse(&scopes,
			     "repo,delete:packages,read:packages", &err),
	    0);
	assert_string_equal(ferry_scopes_text(scopes, text),
	    "read:packages,delete:packages,repo");
	assert_int_equal(ferry_scopes_parse(&scopes, "", &err), 0);
	assert_int_equal(scopes, 0);
	assert_int_equal(ferry_scopes_parse(&scopes, "read", &err), -1);
	assert_int_equal(ferry_scopes_parse(&scopes, ",", &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_user_token_life),
		cmocka_unit_test(test_user_token_text),
		cmocka_unit_test(test_scopes_parse),
		cmocka_unit_test(test_rules_cases),
		cmocka_unit_test(test_rules_without_a_record),
		cmocka_unit_test(test_rules_private_mode),
		cmocka_unit_test(test_rules_suspended_and_strangers),
		cmocka_unit_test(test_rules_plain_registry),
		cmocka_unit_test(test_snapshot_read_refuses),
		cmocka_unit_test(test_snapshot_two_of_one_key),
		cmocka_unit_test(test_snapshot_team_without_record),
		cmocka_unit_test(test_snapshot_teams_in_a_circle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
