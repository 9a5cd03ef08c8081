/* store/format/licence: which licences may come. */

#include "store/format/licence.h"
#include <string.h>

#include "unit.h"

static const struct ferry_licences permissive = {
	.allow = { "MIT", "Apache-2.0",
	    "GPL-2.0-only WITH Classpath-exception-2.0", "SEE LICENSE IN x" },
	.allow_n = 4,
	.deny = { "Apache-1.0" },
	.deny_n = 1
};
static const struct ferry_licences not_gpl = {
	.deny = { "GPL-3.0-only", "GPL-3.0", "none" }, .deny_n = 3
};

static void
test_permit(void **state)
{
	static const struct {
		const struct ferry_licences *licences;
		const char *text;
		bool permitted;
	} cases[] = {
		{ &permissive, "MIT", true },
		{ &permissive, "mit", true },
		{ &permissive, "ISC", false },
		{ &permissive, "(MIT)", true },
		{ &permissive, "MIT OR ISC", true },
		{ &permissive, "(ISC or MIT)", true },
		{ &permissive, "MIT AND ISC", false },
		{ &permissive, "MIT AND Apache-2.0", true },
		{ &permissive, "ISC OR MIT AND Apache-2.0", true },
		{ &permissive, "MIT AND (ISC OR Apache-2.0)", true },
		{ &permissive, "MIT OR ISC AND ISC", true },
		{ &permissive, "(MIT OR ISC) AND ISC", false },
		{ &permissive, "GPL-2.0-only", false },
		{ &permissive, "GPL-2.0-only WITH Classpath-exception-2.0",
		    true },
		{ &permissive, "MIT WITH anything", true },
		{ &permissive, "MIT+", true },
		{ &permissive, "SEE LICENSE IN x", true },
		{ &permissive, "SEE LICENSE IN y", false },
		{ &permissive, "MIT OR", false },
		{ &permissive, "MIT MIT", false },
		{ &permissive, "((MIT)", false },
		{ &permissive, "WITH", false },
		{ &permissive, "", false },
		{ &permissive, NULL, false },
		{ &not_gpl, "MIT", true },
		{ &not_gpl, "anything at all", true },
		{ &not_gpl, "GPL-3.0-only", false },
		{ &not_gpl, "GPL-3.0+", false },
		{ &not_gpl, "GPL-3.0-only WITH x", false },
		{ &not_gpl, "GPL-3.0-only OR MIT", true },
		{ &not_gpl, "GPL-3.0-only AND MIT", false },
		/* What is no expression does not hide it. */
		{ &not_gpl, "GPL-3.0-only)", false },
		{ &not_gpl, "MIT/GPL-3.0-only", false },
		{ &not_gpl, "MIT, gpl-3.0+", false },
		{ &not_gpl, "MIT (GPL-3.0-onlyx)", true },
		{ &not_gpl, NULL, false },
		{ &not_gpl, "  ", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (ferry_licences_permit(cases[i].licences, cases[i].text) !=
		    cases[i].permitted)
			fail_msg("'%s' (%zu)",
			    cases[i].text == NULL ? "nothing" : cases[i].text,
			    i);
}

/* A nest is no expression, and no reason to overflow. */
static void
test_permit_deep(void **state)
{
	static char text[200000];

	(void)state;
	memset(text, '(', sizeof(text) - 1);
	assert_false(ferry_licences_permit(&permissive, text));
	assert_true(ferry_licences_permit(&not_gpl, text));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_permit),
		cmocka_unit_test(test_permit_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
