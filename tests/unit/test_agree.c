/*
 * An API that contradicts itself: nobody is let in by what cannot be true.
 */

#include "facts.h"

#include "store/access/snapshot.h"

struct heard {
	char text[2000];
};

static void
on_contradiction(void *ctx, const char *text)
{
	struct heard *h = ctx;
	size_t n = strlen(h->text);

	(void)snprintf(h->text + n, sizeof(h->text) - n, "%s\n", text);
}

/* The text, which a snapshot can be made of; it has what was heard as notes. */
static char *
agreed(struct ferry_facts *f, struct heard *h)
{
	static const char meta[] =
	    "{\"kind\":\"meta\",\"upstream\":\"u\",\"realm\":\"u\","
	    "\"github\":true,\"taken_at\":1,\"generation\":1}\n";
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_snapshot *s = NULL;
	char *line, *next;

	h->text[0] = 0;
	assert_int_equal(ferry_buf_adds(&text, meta, &err), 0);
	assert_int_equal(
	    ferry_facts_text(f, &text, on_contradiction, h, &err), 0);
	assert_ok(ferry_snapshot_read(&s, ferry_bytes_buf(&text), &err), &err);
	ferry_snapshot_free(s);
	ferry_facts_free(f);
	assert_int_equal(ferry_buf_adds(&text, "", &err), 0);
	for (line = h->text; *line != 0; line = next) {
		next = strchr(line, '\n') + 1;
		next[-1] = 0;
		assert_non_null(strstr((char *)text.p, line));
		next[-1] = '\n';
	}
	return (char *)text.p;
}

static void
test_facts_users_merge(void **state)
{
	static const char *const pages[] = {
		"[{\"id\":5,\"login\":\"tom\"}]",
		"[{\"id\":5,\"login\":\"tom\",\"suspended_at\":\"2024\"}]",
		"[{\"id\":5,\"login\":\"thomas\"}]",
	};
	struct ferry_fact_about about = { .owner = &octo };
	struct heard h;
	char *text;

	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		struct ferry_facts *f = facts_new(true);

		for (int i = 0; i < 3; i++)
			add(f, FERRY_FACT_MEMBERS, &about,
			    pages[turn == 0 ? i : 2 - i]);
		text = agreed(f, &h);
		assert_non_null(strstr(
		    text, turn == 0 ? "{\"kind\":\"user\",\"id\":5,\"login\":"
				      "\"thomas\",\"suspended\":true}\n"
				    : "{\"kind\":\"user\",\"id\":5,\"login\":"
				      "\"tom\",\"suspended\":true}\n"));
		assert_string_equal(h.text, "");
		free(text);
	}
}

/* Enough for repetitions to be dropped in between: nothing is forgotten. */
static void
test_facts_many_users(void **state)
{
	struct ferry_fact_about about = { .owner = &octo };
	struct ferry_facts *f = facts_new(true);
	char page[100], *text;
	struct heard h;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		(void)snprintf(page, sizeof(page),
		    "[{\"id\":%d,\"login\":\"u%d\"%s}]", i % 1000 + 1,
		    i % 1000 + 1, i == 7 ? ",\"suspended_at\":\"2024\"" : "");
		add(f, FERRY_FACT_MEMBERS, &about, page);
	}
	text = agreed(f, &h);
	assert_string_equal(h.text, "");
	assert_non_null(
	    strstr(text, "\"id\":8,\"login\":\"u8\",\"suspended\":true}"));
	assert_non_null(strstr(text, "\"id\":1000,\"login\":\"u1000\"}"));
	free(text);
}

static const struct ferry_facts_owner lab = { 101, true, "lab" };
#define PACKAGE(id, name, seen)                                                \
	"{\"id\":" #id ",\"name\":\"" name "\",\"visibility\":\"" seen         \
	"\",\"repository\":{\"id\":7,\"full_name\":\"octo/r\"}}"

static void
test_facts_contradictions(void **state)
{
	/* Two pages, of octo and of lab; what is not in the text then. */
	static const struct {
		enum ferry_fact what;
		const char *type[2], *page[2], *gone, *heard;
	} cases[] = {
		{ FERRY_FACT_MEMBERS, { "", "" },
		    { "[{\"id\":5,\"login\":\"tom\"}]",
			"[{\"id\":6,\"login\":\"Tom\"}]" },
		    "\"kind\":\"user\"",
		    "has two numbers, 5 and 6: neither is let in\n" },
		{ FERRY_FACT_TEAMS, { "", "" },
		    { "[{\"id\":5,\"slug\":\"dev\"}]",
			"[{\"id\":5,\"slug\":\"dev\"}]" },
		    "\"kind\":\"team\"",
		    "team Octo/dev and team lab/dev have one number, 5: "
		    "nobody is let in through it\n" },
		{ FERRY_FACT_TEAMS, { "", "" },
		    { "[{\"id\":5,\"slug\":\"dev\"},"
		      "{\"id\":6,\"slug\":\"DEV\"}]",
			"[{\"id\":8,\"slug\":\"dev\"}]" },
		    "\"owner\":100,\"slug\"", "has two numbers, 5 and 6" },
		{ FERRY_FACT_REPOS, { "", "" },
		    { "[{\"id\":5,\"full_name\":\"octo/a\",\"visibility\":"
		      "\"public\"}]",
			"[{\"id\":5,\"full_name\":\"lab/b\",\"visibility\":"
			"\"private\"}]" },
		    "\"kind\":\"repo\"",
		    "repository Octo/a and repository lab/b have one number, "
		    "5: nobody is let in through it\n" },
		{ FERRY_FACT_REPOS, { "", "" },
		    { "[{\"id\":5,\"full_name\":\"octo/a\"},"
		      "{\"id\":6,\"full_name\":\"octo/A\"}]",
			"[]" },
		    "\"kind\":\"repo\"", "has two numbers, 5 and 6" },
		{ FERRY_FACT_PACKAGES, { "container", "docker" },
		    { "[" PACKAGE(5, "r/img", "private") "]",
			"[" PACKAGE(6, "img", "public") "]" },
		    "\"kind\":\"package\"",
		    "container package octo/r/img has two numbers, 5 and 6: "
		    "nobody is let in to it\n" },
		{ FERRY_FACT_PACKAGES, { "npm", "container" },
		    { "[" PACKAGE(5, "a", "private") "]",
			"[" PACKAGE(5, "a", "private") "]" },
		    "\"kind\":\"package\"",
		    "npm package @octo/a and container package lab/a have one "
		    "number, 5: nobody is let in to it\n" },
		/* A page that is older than the other. */
		{ FERRY_FACT_PACKAGES, { "npm", "npm" },
		    { "[" PACKAGE(5, "@octo/a", "private") "]",
			"[" PACKAGE(5, "@octo/a", "public") "]" },
		    "\"kind\":\"package\"", "is told of in two ways" },
	};
	struct heard h;
	char *text;

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		struct ferry_facts *f = facts_new(true);

		for (size_t k = 0; k < 2; k++) {
			size_t first = (i + k) % 2;
			struct ferry_fact_about about = {
				.owner = first == 0 ? &octo : &lab,
				.type = cases[i / 2].type[first]
			};
			bool known;
			struct ferry_error err = FERRY_ERROR_INIT;

			assert_int_equal(ferry_facts_owner(f, about.owner, NULL,
					     &known, &err),
			    0);
			add(f, cases[i / 2].what, &about,
			    cases[i / 2].page[first]);
		}
		text = agreed(f, &h);
		assert_null(strstr(text, cases[i / 2].gone));
		assert_non_null(strstr(h.text, cases[i / 2].heard));
		free(text);
	}
}

/* Who has the number of an organization, or of another account, owns nothing
 * by it. */
static void
test_facts_owner_with_a_users_number(void **state)
{
	static const struct {
		struct ferry_facts_owner owner;
		const char *user;
		bool stays;
	} cases[] = {
		{ { 9, true, "octo" }, "uma", false },
		{ { 9, false, "octo" }, "uma", false },
		{ { 9, false, "uma" }, "uma", true },
	};
	struct ferry_fact_about about = { .owner = &lab };
	struct ferry_error err = FERRY_ERROR_INIT;
	char page[100], *text;
	struct heard h;
	bool known;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct ferry_facts *f = facts_new(true);

		for (size_t k = 0; k < 2; k++)
			if ((i + k) % 2 == 0) {
				assert_int_equal(
				    ferry_facts_owner(f, &cases[i / 2].owner,
					NULL, &known, &err),
				    0);
			} else {
				(void)snprintf(page, sizeof(page),
				    "[{\"id\":9,\"login\":\"%s\"}]",
				    cases[i / 2].user);
				add(f, FERRY_FACT_MEMBERS, &about, page);
			}
		text = agreed(f, &h);
		assert_true((strstr(text, "\"kind\":\"owner\"") != NULL) ==
			    cases[i / 2].stays);
		assert_true((h.text[0] == 0) == cases[i / 2].stays);
		free(text);
	}
}

/* Who is suspended stays suspended, whoever else has that login. */
static void
test_facts_suspended_login_twice(void **state)
{
	struct ferry_fact_about about = { .owner = &octo };
	struct ferry_facts *f = facts_new(true);
	struct heard h;
	char *text;

	(void)state;
	add(f, FERRY_FACT_MEMBERS, &about,
	    "[{\"id\":4,\"login\":\"tom\"},{\"id\":5,\"login\":\"tom\","
	    "\"suspended_at\":\"2024\"},{\"id\":6,\"login\":\"tom\"}]");
	text = agreed(f, &h);
	assert_non_null(strstr(text, "\"id\":5,\"login\":\"tom\",\"susp"));
	assert_null(strstr(text, "\"id\":4"));
	assert_null(strstr(text, "\"id\":6"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts_users_merge),
		cmocka_unit_test(test_facts_many_users),
		cmocka_unit_test(test_facts_contradictions),
		cmocka_unit_test(test_facts_owner_with_a_users_number),
		cmocka_unit_test(test_facts_suspended_login_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
