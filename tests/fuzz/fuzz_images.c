/*
 * Files that name images, of every kind: the first byte says which name the
 * file has, and what stands behind a NUL is the .env beside it.
 */

#include <string.h>

#include "fuzz.h"
#include "store/base/error.h"
#include "sync/select/images/images.h"

static int
on_image(void *ctx, const struct ferry_image *image, struct ferry_error *err)
{
	const struct ferry_oci_reference *r = image->reference;
	struct ferry_oci_platform p;

	FUZZ_CHECK(strncmp(image->where, ctx, strlen(ctx)) == 0);
	FUZZ_CHECK(r->host[0] != 0);
	FUZZ_CHECK(ferry_oci_name_valid(ferry_bytes_str(r->repository)));
	FUZZ_CHECK(r->tag[0] != 0 || r->digest[0] != 0);
	FUZZ_CHECK(
	    r->tag[0] == 0 || ferry_oci_tag_valid(ferry_bytes_str(r->tag)));
	FUZZ_CHECK(r->digest[0] == 0 ||
		   ferry_oci_digest_valid(ferry_bytes_str(r->digest)));
	FUZZ_CHECK(image->platform == NULL ||
		   ferry_oci_platform_parse(
		       &p, ferry_bytes_str(image->platform), err) == 0);
	return 0;
}

static int
on_unmirrorable(void *ctx, const char *where, const char *text, const char *why,
    struct ferry_error *err)
{

	(void)err;
	FUZZ_CHECK(strncmp(where, ctx, strlen(ctx)) == 0);
	FUZZ_CHECK(strlen(text) <= 300);
	FUZZ_CHECK(why[0] != 0);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char docker[] = "Dockerfile", yaml[] = "a.yaml", other[] = "a";
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_images_sink sink = { on_image, on_unmirrorable, other };
	struct ferry_bytes text, env = { NULL, 0 };
	const uint8_t *nul;

	if (size == 0)
		return 0;
	if (data[0] == 'D')
		sink.ctx = docker;
	else if (data[0] == 'Y')
		sink.ctx = yaml;
	text = ferry_bytes_of(data + 1, size - 1);
	if (text.n > 0 && (nul = memchr(text.p, 0, text.n)) != NULL) {
		env = ferry_bytes_of(
		    nul + 1, (size_t)(text.p + text.n - nul) - 1);
		text.n = (size_t)(nul - text.p);
	}
	if (ferry_images_parse(sink.ctx, text, env, &sink, &err) == -1)
		FUZZ_CHECK(
		    err.code == FERRY_EFORMAT || err.code == FERRY_ELIMIT);
	return 0;
}
