/* What clients show: the header Authorization, the forms and bodies of tokens,
 * and paths of the REST interface, which is call with them. */

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "serve/http/http.h"
#include "serve/replay/github/path.h"
#include "store/access/credential.h"
#include "store/access/user_token.h"
#include "store/base/error.h"

static char *
as_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	FUZZ_CHECK(text != NULL);
	memcpy(text, data, size);
	text[size] = 0;
	return text;
}

static void
check_header(const char *header)
{
	struct ferry_credential c;
	size_t n;

	ferry_credential_read(&c, header);
	n = strnlen(c.secret, sizeof(c.secret));
	FUZZ_CHECK(n < sizeof(c.secret));
	/* A secret is there if, and only if, it says so. */
	FUZZ_CHECK((c.kind == FERRY_CREDENTIAL_SECRET) == (n > 0));
	if (n > 0 && !c.basic)
		FUZZ_CHECK(strstr(header, c.secret) != NULL);
}

/* Basic of any bytes: the password, or the user where that is empty. */
static void
check_basic(struct ferry_bytes data)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf header = FERRY_BUF_INIT;
	const uint8_t *colon = data.n == 0 ? NULL : memchr(data.p, ':', data.n);
	struct ferry_credential c;
	size_t user = colon == NULL ? 0 : (size_t)(colon - data.p);
	struct ferry_bytes want = data;

	FUZZ_CHECK(ferry_buf_adds(&header, "Basic ", &err) == 0);
	FUZZ_CHECK(ferry_base64_add(&header, data, &err) == 0);
	ferry_credential_read(&c, (const char *)header.p);
	ferry_buf_free(&header);
	if (colon == NULL) {
		FUZZ_CHECK(c.kind == FERRY_CREDENTIAL_BAD);
		return;
	}
	want = user + 1 == data.n
	           ? ferry_bytes_of(data.p, user)
	           : ferry_bytes_of(colon + 1, data.n - user - 1);
	if (data.n == 1)
		FUZZ_CHECK(c.kind == FERRY_CREDENTIAL_NONE);
	else if (c.kind == FERRY_CREDENTIAL_SECRET)
		FUZZ_CHECK(ferry_bytes_is(want, c.secret));
	else
		FUZZ_CHECK(c.kind == FERRY_CREDENTIAL_BAD &&
			   (want.n >= sizeof(c.secret) ||
			       memchr(want.p, 0, want.n) != NULL ||
			       data.n * 4 / 3 + 12 > FERRY_CREDENTIAL_MAX));
}

static void
check_form(struct ferry_bytes form)
{
	static const char *const names[] = { "scope", "password",
		"refresh_token", "grant_type" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (size_t k = 0; k < 4; k++) {
			struct ferry_error err = FERRY_ERROR_INIT;
			struct ferry_buf value = FERRY_BUF_INIT;
			int rc =
			    ferry_form_get(form, names[i], k, &value, &err);

			FUZZ_CHECK(rc != 1 || value.n <= form.n);
			if (rc == 1)
				(void)ferry_user_token_looks_right(
				    ferry_bytes_buf(&value));
			ferry_buf_free(&value);
		}
}

static void
check_path(struct ferry_bytes text)
{
	struct ferry_github_path p;

	ferry_github_path_split(&p, text);
	FUZZ_CHECK(strnlen(p.owner, sizeof(p.owner)) < sizeof(p.owner));
	FUZZ_CHECK(strnlen(p.name, sizeof(p.name)) < sizeof(p.name));
	FUZZ_CHECK(p.endpoint <= FERRY_GITHUB_CONFLICTS);
	if (p.endpoint >= FERRY_GITHUB_PACKAGE &&
	    p.endpoint <= FERRY_GITHUB_VERSION)
		FUZZ_CHECK(p.type[0] != 0 && p.name[0] != 0);
	if (p.endpoint >= FERRY_GITHUB_PACKAGES)
		FUZZ_CHECK((p.space == FERRY_GITHUB_SELF) == (p.owner[0] == 0));
	FUZZ_CHECK((p.endpoint == FERRY_GITHUB_VERSION) <= (p.version > 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ferry_bytes bytes = ferry_bytes_of(data, size);
	char *text = as_text(data, size);

	check_header(text);
	check_basic(bytes);
	check_form(bytes);
	check_path(bytes);
	(void)ferry_user_token_looks_right(bytes);
	free(text);
	return 0;
}
