#include "unit.h"

#include <stdio.h>

#include "store/issue/message.h"
#include "sync/issue/guesses.h"
#include "sync/issue/htpasswd.h"

static struct ferry_error err = FERRY_ERROR_INIT;

static void
test_guesses_of_a_login(void **state)
{
	struct ferry_guesses *g;

	(void)state;
	assert_ok(ferry_guesses_new(&g, 2, 30, &err), &err);
	assert_int_equal(ferry_guesses_try(g, "ann", 100), 0);
	assert_int_equal(ferry_guesses_try(g, "ANN", 110), 0);
	assert_int_equal(ferry_guesses_try(g, "ann", 110), 50);
	/* One that was right, or not looked at, was no guess. */
	ferry_guesses_undo(g, "ann");
	assert_int_equal(ferry_guesses_try(g, "ann", 110), 0);
	assert_int_equal(ferry_guesses_try(g, "ann", 159), 1);
	assert_int_equal(ferry_guesses_try(g, "ann", 160), 0);
	ferry_guesses_free(g);
}

static void
test_guesses_keep(void **state)
{
	struct ferry_guesses *g;

	(void)state;
	assert_ok(ferry_guesses_new(&g, 2, 30, &err), &err);
	assert_false(ferry_guesses_known(g, "ann", "word", 100));
	ferry_guesses_keep(g, "Ann", "word", 100);
	assert_true(ferry_guesses_known(g, "ann", "word", 129));
	assert_false(ferry_guesses_known(g, "ann", "Word", 129));
	assert_false(ferry_guesses_known(g, "an", "nword", 129));
	assert_false(ferry_guesses_known(g, "ann", "word", 130));
	ferry_guesses_free(g);
	/* 0: not at all. */
	assert_ok(ferry_guesses_new(&g, 2, 0, &err), &err);
	ferry_guesses_keep(g, "ann", "word", 100);
	assert_false(ferry_guesses_known(g, "ann", "word", 100));
	ferry_guesses_free(g);
}

static void
test_htpasswd(void **state)
{
	char *dir = unit_mkdir(), path[4096];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/htpasswd", dir);
	unit_write(path, "# people\n\nAnn:{SHA}PLzZCtxLGSqHpiWFC38jHK3fDrM=\n");
	assert_ok(ferry_htpasswd_check(path, &err), &err);
	assert_int_equal(ferry_htpasswd_ask(path, "bob", "word", &err),
	    FERRY_HTPASSWD_UNKNOWN);
	assert_int_equal(ferry_htpasswd_ask(path, "an", "word", &err),
	    FERRY_HTPASSWD_UNKNOWN);
	assert_int_equal(ferry_htpasswd_ask(path, "ann", "wort", &err),
	    FERRY_HTPASSWD_WRONG);
	assert_int_equal(ferry_htpasswd_ask(path, "ann", "word", &err),
	    FERRY_HTPASSWD_RIGHT);
	/* Hashes that are none let nobody in. */
	unit_write(path, "ann:\nbob:word\ncarl:{SHA}\ndora:$2y$05$\n");
	assert_int_equal(ferry_htpasswd_check(path, &err), -1);
	assert_refused(&err, FERRY_ECONFIG, "htpasswd:1: expected NAME:HASH");
	err = (struct ferry_error)FERRY_ERROR_INIT;
	assert_int_equal(
	    ferry_htpasswd_ask(path, "ann", "", &err), FERRY_HTPASSWD_UNKNOWN);
	assert_int_equal(ferry_htpasswd_ask(path, "bob", "word", &err),
	    FERRY_HTPASSWD_WRONG);
	assert_int_equal(
	    ferry_htpasswd_ask(path, "carl", "", &err), FERRY_HTPASSWD_WRONG);
	assert_int_equal(
	    ferry_htpasswd_ask(path, "dora", "x", &err), FERRY_HTPASSWD_WRONG);
	unit_rmdir(dir);
}

static void
test_message_that_is_too_long(void **state)
{
	char text[FERRY_ISSUE_ASK];
	struct ferry_issue_ask ask;

	(void)state;
	(void)snprintf(text, sizeof(text),
	    "{\"id\":1,\"do\":\"create\",\"login\":\"%0100d\",\"password\":"
	    "\"\",\"token\":\"\",\"which\":\"\",\"note\":\"\",\"life_s\":0}",
	    1);
	assert_int_equal(
	    ferry_issue_ask_read(&ask, ferry_bytes_str(text), &err), -1);
	assert_refused(&err, FERRY_ELIMIT, "'login' has more than");
	/* What it said is not repeated. */
	err = (struct ferry_error)FERRY_ERROR_INIT;
	assert_int_equal(
	    ferry_issue_ask_read(&ask, B("{\"password\":secret-word}"), &err),
	    -1);
	assert_null(strstr(err.text, "secret-word"));
	err = (struct ferry_error)FERRY_ERROR_INIT;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guesses_of_a_login),
		cmocka_unit_test(test_guesses_keep),
		cmocka_unit_test(test_htpasswd),
		cmocka_unit_test(test_message_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
