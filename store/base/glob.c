#include "store/base/glob.h"

/* Where the set that starts at pattern.p[i] ends; 0 if it does not. */
static size_t
set_end(struct ferry_bytes pattern, size_t i)
{
	size_t k = i + 1;

	if (k < pattern.n && (pattern.p[k] == '!' || pattern.p[k] == '^'))
		k++;
	/* The first may be ']' itself. */
	for (k++; k < pattern.n; k++)
		if (pattern.p[k] == ']')
			return k;
	return 0;
}

/* Whether c is in the set between pattern.p[i] and pattern.p[end]. */
static bool
in_set(struct ferry_bytes pattern, size_t i, size_t end, uint8_t c)
{
	bool negated = false, found = false;

	i++;
	if (pattern.p[i] == '!' || pattern.p[i] == '^') {
		negated = true;
		i++;
	}
	for (; i < end; i++) {
		if (i + 2 < end && pattern.p[i + 1] == '-') {
			found |= c >= pattern.p[i] && c <= pattern.p[i + 2];
			i += 2;
		} else {
			found |= c == pattern.p[i];
		}
	}
	return found != negated;
}

/* How much of pattern at i stands for the byte c; 0 if it does not. */
static size_t
one(struct ferry_bytes pattern, size_t i, uint8_t c)
{
	size_t end;

	if (i == pattern.n)
		return 0;
	if (pattern.p[i] == '[' && (end = set_end(pattern, i)) != 0)
		return in_set(pattern, i, end, c) ? end - i + 1 : 0;
	return pattern.p[i] == '?' || pattern.p[i] == c ? 1 : 0;
}

bool
ferry_glob(struct ferry_bytes pattern, struct ferry_bytes text)
{
	size_t i = 0, k = 0, star = SIZE_MAX, from = 0, n;

	/*
	 * Only the last asterisk is ever tried again, one byte further: what
	 * stands before it fits already, and nothing is gained by moving it.
	 */
	while (k < text.n) {
		if (i < pattern.n && pattern.p[i] == '*') {
			star = ++i;
			from = k;
		} else if ((n = one(pattern, i, text.p[k])) != 0) {
			i += n;
			k++;
		} else if (star != SIZE_MAX) {
			i = star;
			k = ++from;
		} else {
			return false;
		}
	}
	while (i < pattern.n && pattern.p[i] == '*')
		i++;
	return i == pattern.n;
}

bool
ferry_glob_special(struct ferry_bytes pattern)
{

	for (size_t i = 0; i < pattern.n; i++)
		if (pattern.p[i] == '*' || pattern.p[i] == '?' ||
		    (pattern.p[i] == '[' && set_end(pattern, i) != 0))
			return true;
	return false;
}
