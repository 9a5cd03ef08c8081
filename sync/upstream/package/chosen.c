/* Versions that were chosen in this run, and what is wanted of each. */

#include <stdlib.h>
#include <string.h>

#include "sync/upstream/package/packages.h"

struct ferry_chosen *
ferry_chosen_find(const struct ferry_package *p, const char *version)
{

	return (struct ferry_chosen *)ferry_table_find(&p->chosen, version);
}

void
ferry_chosen_need(const struct ferry_package *p, struct ferry_chosen *chosen,
    const char *item)
{
	struct ferry_error why = FERRY_ERROR_INIT;

	chosen->needed = true;
	if (!chosen->lacking)
		return;
	chosen->lacking = false;
	ferry_error_set(&why, FERRY_ENOTFOUND,
	    "upstream '%s' names this version and lacks its %s",
	    p->packages->up->name, p->packages->format->file);
	ferry_run_fail(p->packages->run, item, &why);
}

void
ferry_chosen_by(
    struct ferry_chosen *chosen, const struct ferry_package_want *want)
{

	for (size_t i = 0; i < chosen->wants_n; i++)
		if (chosen->wants[i] == want->self)
			return;
	if (chosen->wants_n < FERRY_REASONS_MAX)
		chosen->wants[chosen->wants_n++] = want->self;
}

static bool
has_word(const char *words, const char *word, size_t n)
{

	while (words != NULL && *words != 0) {
		size_t k = strcspn(words, " ");

		if (k == n && memcmp(words, word, n) == 0)
			return true;
		words += k + (words[k] == ' ');
	}
	return false;
}

int
ferry_chosen_grow(const struct ferry_package *p, struct ferry_chosen *chosen,
    const struct ferry_package_want *want, struct ferry_error *err)
{
	const char *usual = p->packages->format->usual,
		   *rest = want->files != NULL ? want->files
	                   : usual != NULL     ? usual
	                                       : "";
	struct ferry_buf files = FERRY_BUF_INIT;
	int grew = want->closure && !chosen->closure;

	chosen->closure = chosen->closure || want->closure;
	while (*rest != 0) {
		size_t n = strcspn(rest, " ");

		if (n > 0 && !has_word(chosen->files, rest, n)) {
			if ((chosen->files != NULL && *chosen->files != 0 &&
				ferry_buf_addf(
				    &files, err, "%s ", chosen->files) == -1) ||
			    ferry_buf_addf(&files, err, "%.*s", (int)n, rest) ==
				-1) {
				ferry_buf_free(&files);
				return -1;
			}
			free(chosen->files);
			chosen->files = (char *)files.p;
			files = (struct ferry_buf)FERRY_BUF_INIT;
			grew = 1;
		}
		rest += n + (rest[n] == ' ');
	}
	return grew;
}
