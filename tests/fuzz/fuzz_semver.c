/*
 * The first line is a range, a name and a spec at once, every further one a
 * version.
 */

#include <string.h>

#include "fuzz.h"
#include "store/base/error.h"
#include "store/format/npm/npm.h"
#include "store/format/semver/range.h"
#include "store/format/semver/semver.h"

#define VERSIONS_MAX 16

static struct ferry_bytes
take_line(struct ferry_bytes *rest)
{
	const uint8_t *end = memchr(rest->p, '\n', rest->n);
	size_t n = end == NULL ? rest->n : (size_t)(end - rest->p);
	struct ferry_bytes line = ferry_bytes_of(rest->p, n);

	n += end != NULL;
	*rest = ferry_bytes_of(rest->p + n, rest->n - n);
	return line;
}

static int
sign(int c)
{

	return (c > 0) - (c < 0);
}

static void
check_versions(const struct ferry_bytes *text, size_t n)
{

	for (size_t i = 0; i < n; i++) {
		struct ferry_error err = FERRY_ERROR_INIT;
		struct ferry_semver strict, loose;

		FUZZ_CHECK(ferry_npm_version_cmp(text[i], text[i]) == 0);
		if (ferry_semver_parse(
			&strict, text[i], FERRY_SEMVER_STRICT, &err) == 0) {
			FUZZ_CHECK(ferry_semver_parse(&loose, text[i],
				       FERRY_SEMVER_LOOSE, &err) == 0);
			FUZZ_CHECK(ferry_semver_cmp(&strict, &loose) == 0);
			FUZZ_CHECK(ferry_bytes_equal(strict.pre, loose.pre));
		}
		if (ferry_npm_version_valid(text[i])) {
			FUZZ_CHECK(memchr(text[i].p, '/', text[i].n) == NULL);
			FUZZ_CHECK(memchr(text[i].p, 0, text[i].n) == NULL);
			FUZZ_CHECK(memchr(text[i].p, ' ', text[i].n) == NULL);
		}
		for (size_t j = 0; j < i; j++)
			FUZZ_CHECK(
			    sign(ferry_npm_version_cmp(text[i], text[j])) ==
			    -sign(ferry_npm_version_cmp(text[j], text[i])));
	}
}

static void
check_range(struct ferry_bytes text, enum ferry_semver_mode mode,
    const struct ferry_bytes *versions, size_t n)
{
	struct ferry_npm_candidate c[VERSIONS_MAX];
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_semver_range *range = NULL;
	struct ferry_semver v;
	size_t latest = n == 0 ? FERRY_NPM_NONE : text.n % n, i;

	if (ferry_semver_range_new(&range, text, mode, &err) == -1) {
		FUZZ_CHECK(range == NULL);
		return;
	}
	for (i = 0; i < n; i++) {
		c[i].version = versions[i];
		c[i].deprecated = (text.n >> i & 1) != 0;
	}
	i = ferry_npm_pick(range, c, n, latest);
	FUZZ_CHECK(i == FERRY_NPM_NONE || i < n);
	if (i != FERRY_NPM_NONE) {
		FUZZ_CHECK(ferry_semver_parse(
			       &v, versions[i], FERRY_SEMVER_LOOSE, &err) == 0);
		FUZZ_CHECK((i == latest && ferry_semver_range_star(range)) ||
			   ferry_semver_range_has(range, &v));
	}
	ferry_semver_range_free(range);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ferry_bytes rest = ferry_bytes_of(data, size), range;
	struct ferry_bytes versions[VERSIONS_MAX];
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_npm_spec spec;
	size_t n = 0;

	range = take_line(&rest);
	while (rest.n > 0 && n < VERSIONS_MAX)
		versions[n++] = take_line(&rest);
	check_versions(versions, n);
	check_range(range, FERRY_SEMVER_STRICT, versions, n);
	check_range(range, FERRY_SEMVER_LOOSE, versions, n);
	if (ferry_npm_name_valid(range)) {
		FUZZ_CHECK(range.n <= FERRY_NPM_NAME_MAX);
		FUZZ_CHECK(*range.p != '.' && *range.p != '/');
		FUZZ_CHECK(ferry_npm_name_base(range).n > 0);
	}
	if (ferry_npm_spec_parse(&spec, ferry_bytes_str("a"), range, &err) == 0)
		FUZZ_CHECK(ferry_npm_name_valid(spec.name));
	return 0;
}
