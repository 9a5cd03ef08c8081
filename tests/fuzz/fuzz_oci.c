/*
 * OCI: manifests, references, hosts, platforms, fallback tags.  What came out
 * of a parser is valid, and the same when it is read again.
 */

#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/format/oci/manifest.h"
#include "store/format/oci/names.h"

#define MALFORMED(err)                                                         \
	FUZZ_CHECK((err)->code == FERRY_EFORMAT || (err)->code == FERRY_ELIMIT)

static void
try_host(struct ferry_bytes text)
{
	char host[FERRY_OCI_HOST_MAX + 1], again[FERRY_OCI_HOST_MAX + 1];
	struct ferry_error err = FERRY_ERROR_INIT;

	if (ferry_oci_host(host, text, &err) == -1) {
		MALFORMED(&err);
		return;
	}
	FUZZ_CHECK(ferry_oci_host(again, ferry_bytes_str(host), &err) == 0);
	/* Without its scheme "http://host:443" says what https implies. */
	FUZZ_CHECK(strstr(host, ":443") != NULL || strcmp(again, host) == 0);
}

static void
try_reference(struct ferry_bytes text)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_oci_reference r, again;
	char name[1024];

	if (ferry_oci_reference_parse(&r, text, &err) == -1) {
		FUZZ_CHECK(err.code == FERRY_EFORMAT);
		return;
	}
	FUZZ_CHECK(ferry_oci_name_valid(ferry_bytes_str(r.repository)));
	FUZZ_CHECK(r.tag[0] != 0 || r.digest[0] != 0);
	FUZZ_CHECK(
	    r.tag[0] == 0 || ferry_oci_tag_valid(ferry_bytes_str(r.tag)));
	FUZZ_CHECK(r.digest[0] == 0 ||
		   ferry_oci_digest_valid(ferry_bytes_str(r.digest)));
	(void)snprintf(name, sizeof(name), "%s/%s%s%s%s%s", r.host,
	    r.repository, r.tag[0] == 0 ? "" : ":", r.tag,
	    r.digest[0] == 0 ? "" : "@", r.digest);
	/* A host without dot is one only for its upper case: "Foo/bar". */
	if (strpbrk(r.host, ".:") == NULL && strcmp(r.host, "localhost") != 0)
		return;
	FUZZ_CHECK(ferry_oci_reference_parse(
		       &again, ferry_bytes_str(name), &err) == 0);
	FUZZ_CHECK(strcmp(r.host, again.host) == 0);
	FUZZ_CHECK(strcmp(r.repository, again.repository) == 0);
	FUZZ_CHECK(strcmp(r.tag, again.tag) == 0);
	FUZZ_CHECK(strcmp(r.digest, again.digest) == 0);
}

static void
try_platform(struct ferry_bytes text)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_oci_platform p, any;

	if (ferry_oci_platform_parse(&p, text, &err) == -1) {
		FUZZ_CHECK(err.code == FERRY_EFORMAT);
		return;
	}
	FUZZ_CHECK(ferry_oci_platform_matches(&p, &p));
	any = p;
	any.os[0] = any.variant[0] = 0;
	if (strncasecmp(p.architecture, "arm", 3) != 0)
		FUZZ_CHECK(ferry_oci_platform_matches(&any, &p));
}

static void
try_tag(struct ferry_bytes text)
{
	char digest[FERRY_OCI_DIGEST_TEXT], tag[FERRY_OCI_TAG_MAX + 1];
	struct ferry_error err = FERRY_ERROR_INIT;

	if (ferry_oci_fallback_parse(text, digest)) {
		FUZZ_CHECK(ferry_oci_tag_valid(text));
		FUZZ_CHECK(ferry_oci_digest_valid(ferry_bytes_str(digest)));
	}
	if (ferry_oci_fallback_tag(tag, text, "", &err) == 0)
		FUZZ_CHECK(strlen(tag) <= 32 + 1 + 64);
}

static void
try_manifest(struct ferry_bytes text)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_oci_manifest m;
	struct ferry_bytes value;

	if (ferry_oci_manifest_read(&m, text, NULL, &err) == -1) {
		MALFORMED(&err);
		FUZZ_CHECK(m.descriptors == NULL && m.n == 0);
		return;
	}
	FUZZ_CHECK(m.media_type[0] != 0);
	FUZZ_CHECK(m.annotations.p == NULL ||
		   ferry_span_check(m.annotations, &value, &err) == 0);
	for (size_t i = 0; i < m.n; i++) {
		const struct ferry_oci_descriptor *d = &m.descriptors[i];

		FUZZ_CHECK(ferry_oci_digest_valid(ferry_bytes_str(d->digest)));
		FUZZ_CHECK(d->size <= INT64_MAX);
		for (const char *p = d->media_type; *p != 0; p++)
			FUZZ_CHECK(*p >= ' ' && *p <= '~');
		FUZZ_CHECK(d->urls.p == NULL ||
			   ferry_span_check(d->urls, &value, &err) == 0);
	}
	ferry_oci_manifest_free(&m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ferry_bytes text = ferry_bytes_of(data, size);

	try_manifest(text);
	/* Their inputs are short; files of the corpus end in a newline. */
	if (size > 0 && data[size - 1] == '\n')
		text.n--;
	try_host(text);
	try_reference(text);
	try_platform(text);
	try_tag(text);
	return 0;
}
