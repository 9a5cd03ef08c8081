/*
 * What ferry says of Maven's and Gradle's versions, for a script that compares
 * it with their own classes: reads lines of words with tabs between, and
 * answers each.
 *
 *	maven A B	-1, 0, 1: ComparableVersion
 *	generic A B	-1, 0, 1: GenericVersion
 *	gradle A B	-1, 0, 1: Gradle's comparator
 *	has R V		whether range R has V: 0, 1
 *	"bad" where a range is none
 */

#include <stdio.h>
#include <string.h>

#include "store/base/error.h"
#include "store/format/maven/version.h"

static void
answer(const char *verb, struct ferry_bytes a, struct ferry_bytes b)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_maven_range *range = NULL;
	int c;

	if (strcmp(verb, "has") == 0) {
		if (ferry_maven_range_new(&range, a, &ignored) == -1)
			puts("bad");
		else
			printf("%d\n", ferry_maven_range_has(range, b));
		ferry_maven_range_free(range);
		return;
	}
	c = strcmp(verb, "maven") == 0     ? ferry_maven_version_cmp(a, b)
	    : strcmp(verb, "generic") == 0 ? ferry_maven_generic_cmp(a, b)
	                                   : ferry_gradle_version_cmp(a, b);
	printf("%d\n", (c > 0) - (c < 0));
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
		answer(verb, ferry_bytes_str(a == NULL ? "" : a),
		    ferry_bytes_str(b == NULL ? "" : b));
	}
	return 0;
}
