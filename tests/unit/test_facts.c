/*
 * From answers of GitHub's API, and the operator's file, to snapshots.
 */

#include "facts.h"

#include "store/access/people.h"
#include "store/access/snapshot_write.h"
#include "sync/permissions/diff.h"
#include "sync/permissions/operator_file.h"

static char *
text_of(struct ferry_facts *f)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;

	assert_int_equal(ferry_facts_text(f, &text, NULL, NULL, &err), 0);
	ferry_facts_free(f);
	assert_int_equal(ferry_buf_adds(&text, "", &err), 0);
	return (char *)text.p;
}

static void
test_facts_direct_team_members(void **state)
{
	struct ferry_facts *f = facts_new(true);
	struct ferry_fact_about about = { .owner = &octo };
	char *text;

	(void)state;
	add(f, FERRY_FACT_TEAMS, &about,
	    "[{\"id\":1,\"slug\":\"top\"},"
	    "{\"id\":2,\"slug\":\"middle\",\"parent\":{\"id\":1}},"
	    "{\"id\":3,\"slug\":\"low\",\"parent\":{\"id\":2}}]");
	about.id = 1;
	add(f, FERRY_FACT_TEAM_MEMBERS, &about,
	    "[{\"id\":11,\"login\":\"a\"},"
	    "{\"id\":12,\"login\":\"b\"},"
	    "{\"id\":13,\"login\":\"c\"}]");
	about.id = 2;
	add(f, FERRY_FACT_TEAM_MEMBERS, &about,
	    "[{\"id\":12,\"login\":\"b\"},"
	    "{\"id\":13,\"login\":\"c\"}]");
	about.id = 3;
	add(f, FERRY_FACT_TEAM_MEMBERS, &about,
	    "[{\"id\":13,\"login\":\"c\"}]");
	text = text_of(f);
	assert_string_equal(strstr(text, "{\"kind\":\"team_member"),
	    "{\"kind\":\"team_member\",\"team\":1,\"user\":11}\n"
	    "{\"kind\":\"team_member\",\"team\":2,\"user\":12}\n"
	    "{\"kind\":\"team_member\",\"team\":3,\"user\":13}\n"
	    "{\"kind\":\"user\",\"id\":11,\"login\":\"a\"}\n"
	    "{\"kind\":\"user\",\"id\":12,\"login\":\"b\"}\n"
	    "{\"kind\":\"user\",\"id\":13,\"login\":\"c\"}\n");
	free(text);
}

/* Teams above each other in a circle: nobody is in any of them. */
static void
test_facts_teams_in_a_circle(void **state)
{
	struct ferry_facts *f = facts_new(true);
	struct ferry_fact_about about = { .owner = &octo };
	char *text;

	(void)state;
	add(f, FERRY_FACT_TEAMS, &about,
	    "[{\"id\":1,\"slug\":\"x\",\"parent\":{\"id\":2}},"
	    "{\"id\":2,\"slug\":\"y\",\"parent\":{\"id\":1}}]");
	for (about.id = 1; about.id <= 2; about.id++)
		add(f, FERRY_FACT_TEAM_MEMBERS, &about,
		    "[{\"id\":11,\"login\":\"a\"}]");
	text = text_of(f);
	assert_null(strstr(text, "team_member"));
	free(text);
}

static void
test_facts_roles(void **state)
{
	static const struct {
		const char *item, *role;
	} cases[] = {
		{ "\"permissions\":{\"pull\":true,\"triage\":true,\"push\":"
		  "false}",
		    "read" },
		{ "\"permissions\":{\"pull\":true,\"push\":true}", "write" },
		{ "\"permissions\":{\"pull\":true,\"maintain\":true}",
		    "write" },
		{ "\"permissions\":{\"admin\":true}", "admin" },
		/* A custom role is what its booleans say. */
		{ "\"role_name\":\"guards\",\"permissions\":{\"pull\":true}",
		    "read" },
		{ "\"role_name\":\"triage\"", "read" },
		{ "\"permission\":\"push\"", "write" },
		/* Unknown is none. */
		{ "\"role_name\":\"guards\"", NULL },
		{ "\"permissions\":{\"pull\":\"true\"}", NULL },
		{ "\"permissions\":[true]", NULL },
	};
	struct ferry_fact_about about = { .owner = &octo, .id = 5 };
	char page[300], want[100], *text;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ferry_facts *f = facts_new(true);

		(void)snprintf(page, sizeof(page),
		    "[{\"id\":11,\"login\":\"a\",%s}]", cases[i].item);
		add(f, FERRY_FACT_COLLABORATORS, &about, page);
		text = text_of(f);
		if (cases[i].role == NULL) {
			assert_null(strstr(text, "repo_grant"));
		} else {
			(void)snprintf(want, sizeof(want),
			    "\"repo\":5,\"user\":11,\"role\":\"%s\"",
			    cases[i].role);
			assert_non_null(strstr(text, want));
		}
		free(text);
	}
}

/* Who has an organization-wide role through a team loses it with the team. */
static void
test_facts_wide_roles(void **state)
{
	struct ferry_facts *f = facts_new(true);
	static const char *const to[] = { "\"team\":2", "\"user\":11",
		"\"user\":13" };
	struct ferry_fact_about about = { .owner = &octo, .role = "maintain" };
	char *text, want[200];

	(void)state;
	add(f, FERRY_FACT_ROLE_USERS, &about,
	    "[{\"id\":11,\"login\":\"a\",\"assignment\":\"direct\"},"
	    "{\"id\":12,\"login\":\"b\",\"assignment\":\"indirect\"},"
	    "{\"id\":13,\"login\":\"c\",\"assignment\":\"mixed\"}]");
	add(f, FERRY_FACT_ROLE_TEAMS, &about, "[{\"id\":2,\"slug\":\"t\"}]");
	text = text_of(f);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(want, sizeof(want),
		    "{\"kind\":\"owner_grant\",\"owner\":100,%s,\"role\":"
		    "\"write\"}\n",
		    to[i]);
		assert_non_null(strstr(text, want));
	}
	assert_null(strstr(text, "\"user\":12"));
	free(text);
}

static void
test_facts_package_names(void **state)
{
	static const struct {
		const char *type, *item, *name;
	} cases[] = {
		{ "npm", "{\"name\":\"UI\"}", "@octo/ui" },
		{ "npm", "{\"name\":\"@Other/ui\"}", "@other/ui" },
		{ "npm", "{\"name\":\"../x\"}", NULL },
		{ "npm", "{\"name\":\"\"}", NULL },
		{ "container", "{\"name\":\"Tool/Sub\"}", "octo/tool/sub" },
		{ "container", "{\"name\":\"a/../b\"}", NULL },
		{ "container", "{\"name\":\"a b\"}", NULL },
		{ "container", "{\"nome\":\"a\"}", NULL },
		{ "docker",
		    "{\"name\":\"img\",\"repository\":{\"full_name\":"
		    "\"Octo/Repo\"}}",
		    "octo/repo/img" },
	};
	struct ferry_fact_about about = { .owner = &octo };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ferry_error err = FERRY_ERROR_INIT;
		struct ferry_buf name = FERRY_BUF_INIT;
		json_t *item = json_loads(cases[i].item, 0, NULL);

		about.type = cases[i].type;
		assert_int_equal(
		    ferry_facts_package_name(&name, &about, item, &err),
		    cases[i].name == NULL ? -1 : 0);
		if (cases[i].name != NULL)
			assert_string_equal((char *)name.p, cases[i].name);
		else
			assert_int_equal(err.code, FERRY_EFORMAT);
		ferry_buf_free(&name);
		json_decref(item);
	}
}

/* On a server npm packages have the permissions of their repository. */
static void
test_facts_package_by_profile(void **state)
{
	static const char page[] =
	    "[{\"id\":1,\"name\":\"ui\",\"visibility\":\"private\","
	    "\"repository\":{\"id\":7,\"full_name\":\"octo/r\","
	    "\"private\":true}}]";
	struct ferry_fact_about about = { .owner = &octo, .type = "npm" };
	struct ferry_facts *f;
	char *text;

	(void)state;
	for (int granular = 0; granular < 2; granular++) {
		f = facts_new(granular == 1);
		add(f, FERRY_FACT_PACKAGES, &about, page);
		text = text_of(f);
		assert_non_null(strstr(text,
		    granular == 1 ? "\"repo\":7,\"granular\":true,\"inherits\":"
				    "\"unknown\"}"
				  : "\"repo\":7,\"granular\":false}"));
		/* The link brings the repository, as far as it tells. */
		assert_non_null(strstr(text,
		    "{\"kind\":\"repo\",\"id\":7,\"owner\":100,\"name\":\"r\","
		    "\"visibility\":\"private\"}"));
		free(text);
	}
}

/* What an owner's list says of a repository wins over what a link says. */
static void
test_facts_repo_listed_and_linked(void **state)
{
	struct ferry_fact_about about = { .owner = &octo, .type = "npm" };
	char *text;

	(void)state;
	for (int first = 0; first < 2; first++) {
		struct ferry_facts *f = facts_new(true);

		for (int i = 0; i < 2; i++)
			if (i == first)
				add(f, FERRY_FACT_REPOS, &about,
				    "[{\"id\":7,\"full_name\":\"octo/r\","
				    "\"visibility\":\"internal\","
				    "\"private\":true}]");
			else
				add(f, FERRY_FACT_PACKAGES, &about,
				    "[{\"id\":1,\"name\":\"ui\","
				    "\"visibility\":\"private\","
				    "\"repository\":{\"id\":7,"
				    "\"full_name\":\"octo/r\","
				    "\"private\":true}}]");
		text = text_of(f);
		assert_non_null(
		    strstr(text, "\"name\":\"r\",\"visibility\":\"internal\""));
		assert_null(
		    strstr(text, "\"name\":\"r\",\"visibility\":\"private\""));
		free(text);
	}
}

static void
test_facts_hostile(void **state)
{
	static const char *const pages[] = {
		"",
		"[",
		"{}",
		"null",
		"[1]",
		"[[]]",
		"[{}]",
		"[{\"id\":0,\"login\":\"a\"}]",
		"[{\"id\":-1,\"login\":\"a\"}]",
		"[{\"id\":1.5,\"login\":\"a\"}]",
		"[{\"id\":\"1\",\"login\":\"a\"}]",
		"[{\"id\":9223372036854775808,\"login\":\"a\"}]",
		"[{\"id\":1,\"login\":\"\"}]",
		"[{\"id\":1,\"login\":null}]",
		"[{\"id\":1,\"login\":\"a b\"}]",
		"[{\"id\":1,\"login\":\"a\\u0007\"}]",
		"[{\"id\":1,\"login\":\"a\\u0000b\"}]",
		"[{\"id\":1,\"login\":\"a\",\"login\":\"b\"}]",
	};
	struct ferry_fact_about about = { .owner = &octo };
	struct ferry_facts *f = facts_new(true);
	char *text, *long_page = malloc(4096);

	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		assert_int_equal(
		    try_add(f, FERRY_FACT_MEMBERS, &about, pages[i]), -1);
	assert_non_null(long_page);
	(void)snprintf(
	    long_page, 4096, "[{\"id\":1,\"login\":\"%0*d\"}]", 1100, 7);
	assert_int_equal(try_add(f, FERRY_FACT_MEMBERS, &about, long_page), -1);
	(void)snprintf(
	    long_page, 4096, "[{\"id\":1,\"login\":\"%0*d\"}]", 300, 7);
	assert_int_equal(try_add(f, FERRY_FACT_MEMBERS, &about, long_page), -1);
	free(long_page);
	text = text_of(f);
	assert_string_equal(text, "");
	free(text);
}

/* Lines are sorted and come once, however often and in what order they were
 * added. */
static void
test_snapshot_writer_equal_facts(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf a = FERRY_BUF_INIT, b = FERRY_BUF_INIT;

	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		struct ferry_snapshot_writer w = { .n = 0 };

		/* Enough for it to tidy up in between. */
		for (int i = 0; i < 200000; i++)
			assert_int_equal(
			    ferry_snapshot_add(&w,
				json_pack("{s:s,s:s,s:i}", "kind", "note",
				    "text", "a \"quote\"\n", "n",
				    (turn == 0 ? i : 199999 - i) % 1000),
				&err),
			    0);
		assert_true(w.n < 140000);
		assert_int_equal(
		    ferry_snapshot_text(&w, turn == 0 ? &a : &b, &err), 0);
		assert_int_equal(w.n, 1000);
		ferry_snapshot_writer_free(&w);
	}
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
	ferry_buf_free(&a);
	ferry_buf_free(&b);
}

static void
test_local_user_number(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	uint64_t a, b;

	(void)state;
	assert_int_equal(ferry_local_user("ann", &a, &err), 0);
	assert_int_equal(ferry_local_user("ANN", &b, &err), 0);
	assert_true(a == b && a != 0 && a < (UINT64_C(1) << 52));
	assert_int_equal(ferry_local_user("anne", &b, &err), 0);
	assert_true(a != b);
}

/* Changes */

struct told {
	char text[2000];
};

static int
on_change(void *ctx, char sign, const char *text, const json_t *record,
    struct ferry_error *err)
{
	struct told *t = ctx;
	size_t n = strlen(t->text);

	(void)record;
	(void)err;
	(void)snprintf(t->text + n, sizeof(t->text) - n, "%c %s\n", sign, text);
	return 0;
}

#define META                                                                   \
	"{\"kind\":\"meta\",\"upstream\":\"u\",\"realm\":\"u\",\"github\":"    \
	"true,\"taken_at\":1,\"generation\":1}\n"
#define PEOPLE                                                                 \
	"{\"kind\":\"user\",\"id\":1,\"login\":\"tom\"}\n"                     \
	"{\"kind\":\"owner\",\"id\":9,\"login\":\"octo\",\"organization\":"    \
	"true,\"base\":\"none\"}\n"                                            \
	"{\"kind\":\"team\",\"id\":5,\"owner\":9,\"slug\":\"dev\"}\n"          \
	"{\"kind\":\"package\",\"id\":3,\"owner\":9,\"type\":\"container\","   \
	"\"name\":\"octo/tool\",\"visibility\":\"private\",\"granular\":true," \
	"\"inherits\":\"no\"}\n"                                               \
	"{\"kind\":\"package_grant\",\"package\":3,\"team\":5,\"role\":"       \
	"\"read\"}\n"
#define IN_TEAM "{\"kind\":\"team_member\",\"team\":5,\"user\":1}\n"

static void
test_compare_in_words(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct told t = { "" };
	bool decided;

	(void)state;
	assert_int_equal(
	    ferry_access_compare(ferry_bytes_str(META PEOPLE IN_TEAM), NULL,
		ferry_bytes_str(META PEOPLE), on_change, &t, &decided, &err),
	    0);
	assert_true(decided);
	assert_string_equal(t.text, "= tom: loses read on container octo/tool\n"
				    "- tom is in team octo/dev\n");
	/* The order of lines says nothing. */
	t.text[0] = 0;
	assert_int_equal(
	    ferry_access_compare(ferry_bytes_str(META PEOPLE IN_TEAM), NULL,
		ferry_bytes_str(IN_TEAM PEOPLE META), on_change, &t, &decided,
		&err),
	    0);
	assert_string_equal(t.text, "");
	/* Against nothing. */
	assert_int_equal(ferry_access_compare(ferry_bytes_str(""), NULL,
			     ferry_bytes_str(META PEOPLE IN_TEAM), on_change,
			     &t, &decided, &err),
	    0);
	assert_non_null(
	    strstr(t.text, "= tom: gains read on container octo/tool\n"));
	assert_non_null(strstr(
	    t.text, "+ team octo/dev has read on container octo/tool\n"));
	assert_int_equal(
	    ferry_access_compare(ferry_bytes_str("{"), NULL,
		ferry_bytes_str(META), on_change, &t, &decided, &err),
	    -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts_direct_team_members),
		cmocka_unit_test(test_facts_teams_in_a_circle),
		cmocka_unit_test(test_facts_roles),
		cmocka_unit_test(test_facts_wide_roles),
		cmocka_unit_test(test_facts_package_names),
		cmocka_unit_test(test_facts_package_by_profile),
		cmocka_unit_test(test_facts_repo_listed_and_linked),
		cmocka_unit_test(test_facts_hostile),
		cmocka_unit_test(test_snapshot_writer_equal_facts),
		cmocka_unit_test(test_local_user_number),
		cmocka_unit_test(test_compare_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
