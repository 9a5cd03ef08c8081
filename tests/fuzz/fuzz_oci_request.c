/* What OCI clients send: paths, scopes, tokens. */

#include <string.h>

#include "fuzz.h"
#include "serve/replay/oci/path.h"
#include "store/access/token.h"
#include "store/base/error.h"

static void
check_path(struct ferry_bytes path)
{
	static const char *const words[] = { [FERRY_OCI_MANIFESTS] =
						 "manifests",
		[FERRY_OCI_BLOBS] = "blobs",
		[FERRY_OCI_TAGS] = "tags",
		[FERRY_OCI_REFERRERS] = "referrers" };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf again = FERRY_BUF_INIT;
	struct ferry_oci_path p;

	if (!ferry_oci_path_split(&p, path))
		return;
	if (p.name.n == 0) {
		FUZZ_CHECK(
		    p.reference.n == 0 && p.endpoint < FERRY_OCI_MANIFESTS);
		FUZZ_CHECK(memchr(path.p, '/', path.n) == NULL);
		return;
	}
	/* The parts make up the path, and the last is one word. */
	FUZZ_CHECK(p.reference.n > 0);
	FUZZ_CHECK(memchr(p.reference.p, '/', p.reference.n) == NULL);
	FUZZ_CHECK(ferry_buf_add(&again, p.name.p, p.name.n, &err) == 0);
	FUZZ_CHECK(
	    ferry_buf_addf(&again, &err, "/%s/", words[p.endpoint]) == 0);
	FUZZ_CHECK(
	    ferry_buf_add(&again, p.reference.p, p.reference.n, &err) == 0);
	FUZZ_CHECK(ferry_bytes_equal(ferry_bytes_buf(&again), path));
	ferry_buf_free(&again);
}

/* What is granted was asked for, is whole, and survives signing. */
static void
check_scopes(struct ferry_bytes scopes)
{
	static const struct ferry_token_key key = { { 1, 2, 3 } };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_token t, got;

	ferry_token_init(&t, "someone", 1000);
	ferry_token_grant(&t, scopes);
	FUZZ_CHECK(strlen(t.scopes) < sizeof(t.scopes));
	for (const char *p = t.scopes; *p != 0; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		if (p[0] == 'r' && p[2] == 'p')
			FUZZ_CHECK(n > 16 &&
				   memcmp(p, "repository:", 11) == 0 &&
				   memcmp(p + n - 5, ":pull", 5) == 0);
		else
			FUZZ_CHECK(
			    n == 18 && memcmp(p, "registry:catalog:*", n) == 0);
		p += n;
	}
	FUZZ_CHECK(ferry_token_sign(&t, &key, &text, &err) == 0);
	FUZZ_CHECK(
	    ferry_token_read(&got, &key, ferry_bytes_buf(&text), 1299) == 1);
	FUZZ_CHECK(strcmp(got.scopes, t.scopes) == 0);
	FUZZ_CHECK(strcmp(got.subject, "someone") == 0);
	/* Nobody who lacks the key wrote the input. */
	FUZZ_CHECK(ferry_token_read(&got, &key, scopes, 0) == 0);
	ferry_buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{

	check_path(ferry_bytes_of(data, size));
	check_scopes(ferry_bytes_of(data, size));
	return 0;
}
