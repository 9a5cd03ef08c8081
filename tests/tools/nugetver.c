/*
 * What ferry says of versions and ids of NuGet, for a script that compares it
 * with NuGet's own library: reads lines of words with tabs between, and answers
 * each.
 *
 *	norm A		the normalised form, a '+' behind it if SemVer 2
 *	cmp A B		-1, 0, 1
 *	range R		the normalised form
 *	has R V		whether V lies between R's bounds: 0, 1
 *	best R V…	what a client takes of the versions; "none"
 *	id A		whether it is an id: 0, 1
 *	"bad" where a version or range is none
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/format/nuget/name.h"
#include "store/format/nuget/range.h"
#include "store/format/nuget/version.h"

static struct ferry_error ignored;

static bool
parse(struct ferry_nuget_version *v, const char *text)
{

	return text != NULL && ferry_nuget_version_parse(
				   v, ferry_bytes_str(text), &ignored) == 0;
}

static void
print_version(const struct ferry_nuget_version *v, const char *end)
{
	struct ferry_buf text = FERRY_BUF_INIT;

	(void)ferry_nuget_version_text(
	    &text, v, FERRY_NUGET_AS_WRITTEN, &ignored);
	printf("%s%s\n", (char *)text.p, end);
	ferry_buf_free(&text);
}

static void
print_best(const struct ferry_nuget_range *range, char *rest)
{
	struct ferry_nuget_version best, v;
	bool found = false;
	const char *word;

	while ((word = strsep(&rest, "\t")) != NULL)
		if (parse(&v, word) && ferry_nuget_range_prefers(
					   range, found ? &best : NULL, &v)) {
			best = v;
			found = true;
		}
	if (found)
		print_version(&best, "");
	else
		puts("none");
}

static void
answer_range(const char *verb, const char *text, char *rest)
{
	struct ferry_nuget_range *range = NULL;
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_nuget_version v;

	if (ferry_nuget_range_new(&range, ferry_bytes_str(text), &ignored) ==
	    -1) {
		puts("bad");
	} else if (strcmp(verb, "best") == 0) {
		print_best(range, rest);
	} else if (strcmp(verb, "range") == 0) {
		(void)ferry_nuget_range_text(&buf, range, &ignored);
		puts((char *)buf.p);
	} else if (!parse(&v, rest)) {
		puts("bad");
	} else {
		printf("%d\n", ferry_nuget_range_has(range, &v));
	}
	ferry_buf_free(&buf);
	ferry_nuget_range_free(range);
}

static void
answer(const char *verb, const char *a, char *rest)
{
	struct ferry_nuget_version x, y;
	int order;

	if (strcmp(verb, "id") == 0) {
		printf("%d\n", ferry_nuget_id_valid(ferry_bytes_str(a)));
	} else if (strcmp(verb, "norm") == 0) {
		if (!parse(&x, a))
			puts("bad");
		else
			print_version(
			    &x, ferry_nuget_version_is_semver2(&x) ? "+" : "");
	} else if (strcmp(verb, "cmp") != 0) {
		answer_range(verb, a, rest);
	} else if (!parse(&x, a) || !parse(&y, rest)) {
		puts("bad");
	} else {
		order = ferry_nuget_version_order(&x, &y);
		printf("%d\n", (order > 0) - (order < 0));
	}
}

int
main(void)
{
	char line[4096], *verb, *a, *rest;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = 0;
		rest = line;
		verb = strsep(&rest, "\t");
		a = strsep(&rest, "\t");
		answer(verb, a == NULL ? "" : a, rest);
	}
	return 0;
}
