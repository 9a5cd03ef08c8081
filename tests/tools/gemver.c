/*
 * What ferry says of versions of gems, for a script that compares it with
 * Ruby's own: reads lines of words with tabs between, and answers each.
 *
 *	cmp A B		-1, 0, 1
 *	has R V		whether requirement R allows V: 0, 1
 *	pre V		whether it is a pre-release: 0, 1
 *	"bad" where a version or requirement is none
 */

#include <stdio.h>
#include <string.h>

#include "store/base/error.h"
#include "store/format/rubygems/version.h"

static int
has(const char *text, const struct ferry_gem_number *v)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_gem_requirement *r = NULL;
	int has;

	if (ferry_gem_requirement_new(&r, ferry_bytes_str(text), &ignored) ==
	    -1)
		return -1;
	has = ferry_gem_requirement_has(r, v);
	ferry_gem_requirement_free(r);
	return has;
}

static void
answer(const char *verb, const char *a, const char *b)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_gem_number x, y;
	int order;

	if (strcmp(verb, "has") == 0) {
		if (ferry_gem_number_parse(&y, ferry_bytes_str(b), &ignored) ==
			-1 ||
		    (order = has(a, &y)) == -1)
			puts("bad");
		else
			printf("%d\n", order);
		return;
	}
	if (ferry_gem_number_parse(&x, ferry_bytes_str(a), &ignored) == -1 ||
	    (strcmp(verb, "cmp") == 0 &&
		ferry_gem_number_parse(&y, ferry_bytes_str(b), &ignored) ==
		    -1)) {
		puts("bad");
	} else if (strcmp(verb, "pre") == 0) {
		printf("%d\n", ferry_gem_number_prerelease(&x));
	} else {
		order = ferry_gem_number_cmp(&x, &y);
		printf("%d\n", (order > 0) - (order < 0));
	}
}

int
main(void)
{
	char line[1024], *verb, *a, *b, *rest;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = 0;
		rest = line;
		verb = strsep(&rest, "\t");
		a = strsep(&rest, "\t");
		b = strsep(&rest, "\t");
		answer(verb, a == NULL ? "" : a, b == NULL ? "" : b);
	}
	return 0;
}
