/* Versions as text: what ranges and versions are read with. */

#include "store/format/semver/text.h"

#include <string.h>

#include "store/base/error.h"

size_t
ferry_semver_blank(const uint8_t *p, const uint8_t *end)
{
	static const char *const wide[] = { "\xc2\xa0", "\xe1\x9a\x80",
		"\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f",
		"\xe3\x80\x80", "\xef\xbb\xbf" };
	size_t left = (size_t)(end - p);

	if (left == 0)
		return 0;
	if (*p == ' ' || (*p >= '\t' && *p <= '\r'))
		return 1;
	if (*p < 0x80)
		return 0;
	if (left >= 3 && p[0] == 0xe2 && p[1] == 0x80 && p[2] >= 0x80 &&
	    p[2] <= 0x8a)
		return 3;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		size_t n = strlen(wide[i]);

		if (left >= n && memcmp(p, wide[i], n) == 0)
			return n;
	}
	return 0;
}

struct ferry_bytes
ferry_semver_trim(struct ferry_bytes s)
{
	const uint8_t *p = s.p, *end = s.p + s.n;
	size_t n;

	while ((n = ferry_semver_blank(p, end)) > 0)
		p += n;
	/* A blank has one to three bytes; try each from the end. */
	for (n = 1; n <= 3 && (size_t)(end - p) >= n;)
		if (ferry_semver_blank(end - n, end) == n) {
			end -= n;
			n = 1;
		} else {
			n++;
		}
	return ferry_bytes_of(p, (size_t)(end - p));
}

bool
ferry_semver_is_digit(uint8_t c)
{

	return c >= '0' && c <= '9';
}

bool
ferry_semver_is_ident(uint8_t c)
{

	return ferry_semver_is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '-';
}

bool
ferry_semver_all_digits(struct ferry_bytes s)
{

	for (size_t i = 0; i < s.n; i++)
		if (!ferry_semver_is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

/* Identifiers joined by dots.  Returns behind them, or NULL. */
static const uint8_t *
scan_idents(const uint8_t *p, const uint8_t *end, bool zeros)
{

	for (;;) {
		const uint8_t *start = p;

		while (p < end && ferry_semver_is_ident(*p))
			p++;
		if (p == start || (!zeros && *start == '0' && p - start > 1 &&
				      ferry_semver_all_digits(ferry_bytes_of(
					  start, (size_t)(p - start)))))
			return NULL;
		if (p == end || *p != '.')
			return p;
		p++;
	}
}

/* What may follow the patch: pre-release and build, up to the end. */
static bool
parse_tail(struct ferry_bytes *pre, const uint8_t *p, const uint8_t *end,
    enum ferry_semver_mode mode)
{
	bool loose = mode == FERRY_SEMVER_LOOSE;

	*pre = ferry_bytes_of(p, 0);
	if (p < end && (*p == '-' || (loose && ferry_semver_is_ident(*p)))) {
		const uint8_t *start = p;

		/* Loosely a hyphen with nothing behind is itself the name. */
		if (*p == '-' &&
		    (!loose || (p + 1 < end && ferry_semver_is_ident(p[1]))))
			start++;
		if ((p = scan_idents(start, end, loose)) == NULL)
			return false;
		*pre = ferry_bytes_of(start, (size_t)(p - start));
	}
	if (p < end && *p == '+' && (p = scan_idents(p + 1, end, true)) == NULL)
		return false;
	return p == end;
}

bool
ferry_semver_is_x(struct ferry_bytes part)
{

	return part.n == 0 || *part.p == 'x' || *part.p == 'X' ||
	       *part.p == '*';
}

bool
ferry_semver_partial_parse(struct ferry_semver_partial *out,
    struct ferry_bytes text, enum ferry_semver_mode mode)
{
	const uint8_t *p = text.p, *end = text.p + text.n;
	struct ferry_bytes *part;

	*out = (struct ferry_semver_partial){ 0 };
	for (int i = 0; i < 3; i++) {
		const uint8_t *start = p;

		part = &out->part[i];
		if (p < end && (*p == 'x' || *p == 'X' || *p == '*'))
			p++;
		else
			while (p < end && ferry_semver_is_digit(*p))
				p++;
		*part = ferry_bytes_of(start, (size_t)(p - start));
		if (part->n == 0 || (mode == FERRY_SEMVER_STRICT &&
					part->n > 1 && *start == '0'))
			return false;
		if (i == 2)
			break;
		if (p == end)
			return true;
		if (*p++ != '.')
			return false;
	}
	if (parse_tail(&out->pre, p, end, mode))
		return true;
	/*
	 * Loosely no hyphen is needed before a pre-release, so the last digit
	 * of the patch may begin it: 1.2.34.5 is 1.2.3-4.5.
	 */
	if (mode == FERRY_SEMVER_STRICT || part->n < 2)
		return false;
	part->n--;
	return parse_tail(&out->pre, p - 1, end, mode);
}

bool
ferry_semver_number(uint64_t *out, struct ferry_bytes part)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	return ferry_parse_u64(part, 0, FERRY_SEMVER_NUMBER_MAX, out, &err) ==
	       0;
}
