#include "store/base/glob.h"

#include <fnmatch.h>
#include <string.h>

bool
ferry_glob(const char *pattern, const char *text)
{

	return fnmatch(pattern, text, FNM_NOESCAPE) == 0;
}

bool
ferry_glob_any_case(const char *pattern, const char *text)
{

	return fnmatch(pattern, text, FNM_NOESCAPE | FNM_CASEFOLD) == 0;
}

bool
ferry_glob_special(const char *pattern)
{
	const char *set = strchr(pattern, '[');

	return strpbrk(pattern, "*?") != NULL ||
	       (set != NULL && set[1] != 0 && strchr(set + 2, ']') != NULL);
}
