/*
 * Gems; the first byte says what: versions and requirements, a document of the
 * compact index, /versions in pieces, a Marshal index.
 */

#include <string.h>

#include "fuzz.h"
#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/format/rubygems/gem.h"
#include "store/format/rubygems/marshal.h"
#include "store/format/rubygems/version.h"
#include "store/format/rubygems/versions.h"

static void
try_numbers(struct ferry_bytes text)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_gem_requirement *r = NULL;
	struct ferry_gem_number a, b;
	struct ferry_bytes line;

	if (!ferry_bytes_line(&text, &line) ||
	    ferry_gem_number_parse(&a, line, &err) == -1 ||
	    !ferry_bytes_line(&text, &line) ||
	    ferry_gem_number_parse(&b, line, &err) == -1)
		return;
	FUZZ_CHECK(a.release >= 1 && a.n >= a.release);
	FUZZ_CHECK(ferry_gem_number_cmp(&a, &a) == 0);
	FUZZ_CHECK((ferry_gem_number_cmp(&a, &b) > 0) ==
		   (ferry_gem_number_cmp(&b, &a) < 0));
	if (ferry_gem_requirement_new(&r, text, &err) == -1)
		return;
	(void)ferry_gem_requirement_has(r, &a);
	(void)ferry_gem_requirement_prerelease(r);
	ferry_gem_requirement_free(r);
}

static void
try_lines(struct ferry_bytes text)
{
	struct ferry_gem_dependency dependency;
	struct ferry_bytes one, rest;
	struct ferry_gem_line line;
	struct ferry_digest sha256;

	while (ferry_bytes_line(&text, &one)) {
		if (!ferry_gem_line_read(&line, one))
			continue;
		FUZZ_CHECK(ferry_gem_version_valid(line.version));
		FUZZ_CHECK(
		    ferry_gem_version_cmp(line.version, line.version) == 0);
		rest = line.rest;
		while (ferry_gem_line_dependency(&rest, &dependency))
			FUZZ_CHECK(dependency.name.n > 0);
		(void)ferry_gem_line_value(line.rest, "ruby");
		if (ferry_gem_line_checksum(line.rest, &sha256) == 1)
			FUZZ_CHECK(sha256.n == FERRY_SHA256_SIZE);
	}
}

static int
on_name(void *ctx, struct ferry_bytes name, const uint8_t *md5,
    struct ferry_error *err)
{

	(void)ctx;
	(void)err;
	(void)md5;
	FUZZ_CHECK(ferry_gem_name_valid(name));
	return 0;
}

static void
try_versions(struct ferry_bytes text)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_gem_versions reader;
	size_t n;

	ferry_gem_versions_begin(&reader, on_name, NULL);
	for (size_t i = 0; i < text.n; i += n) {
		n = text.n - i < 7 ? text.n - i : 7;
		FUZZ_CHECK(ferry_gem_versions_feed(&reader,
			       ferry_bytes_of(text.p + i, n), &err) == 0);
	}
	(void)ferry_gem_versions_end(&reader, &err);
}

static int
on_entry(
    void *ctx, const struct ferry_marshal_entry *entry, struct ferry_error *err)
{
	const struct ferry_bytes *text = ctx;

	(void)err;
	FUZZ_CHECK(entry->name.n == 0 ||
		   (entry->name.p >= text->p &&
		       entry->name.p + entry->name.n <= text->p + text->n));
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_bytes text;

	if (size == 0)
		return 0;
	text = ferry_bytes_of(data + 1, size - 1);
	switch (*data % 4) {
	case 0:
		try_numbers(text);
		break;
	case 1:
		try_lines(text);
		break;
	case 2:
		try_versions(text);
		break;
	default:
		if (ferry_marshal_index_read(text, on_entry, &text, &err) == -1)
			FUZZ_CHECK(err.code == FERRY_EFORMAT ||
				   err.code == FERRY_ELIMIT);
		break;
	}
	return 0;
}
