#include "store/access/credential.h"

#include <string.h>
#include <strings.h>

#include "store/base/digest.h"
#include "store/base/error.h"

/* What follows the scheme, or NULL if header has another one. */
static const char *
after(const char *header, const char *scheme)
{
	size_t n = strlen(scheme);

	if (strncasecmp(header, scheme, n) != 0 || header[n] != ' ')
		return NULL;
	header += n;
	return header + strspn(header, " ");
}

static void
keep(struct ferry_credential *out, const char *p, size_t n)
{

	if (n == 0 || n >= sizeof(out->secret) || memchr(p, 0, n) != NULL)
		return;
	memcpy(out->secret, p, n);
	out->secret[n] = 0;
	out->kind = FERRY_CREDENTIAL_SECRET;
}

/* "user:password": the password, or the user where there is none. */
static void
read_basic(struct ferry_credential *out, const char *text)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf raw = FERRY_BUF_INIT;
	const char *colon;
	size_t user;

	out->basic = true;
	if (ferry_base64_decode(&raw, ferry_bytes_str(text), &ignored) == 0 &&
	    raw.n > 0 && (colon = memchr(raw.p, ':', raw.n)) != NULL) {
		user = (size_t)(colon - (const char *)raw.p);
		if (user < sizeof(out->user) && memchr(raw.p, 0, user) == NULL)
			memcpy(out->user, raw.p, user);
		if (raw.n == 1)
			out->kind = FERRY_CREDENTIAL_NONE;
		else if (user + 1 == raw.n)
			keep(out, (const char *)raw.p, user);
		else
			keep(out, colon + 1, raw.n - user - 1);
	}
	if (raw.p != NULL)
		explicit_bzero(raw.p, raw.n);
	ferry_buf_free(&raw);
}

void
ferry_credential_read(struct ferry_credential *out, const char *header)
{
	const char *text;

	*out = (struct ferry_credential){ .kind = FERRY_CREDENTIAL_NONE };
	if (header == NULL)
		return;
	out->kind = FERRY_CREDENTIAL_BAD;
	if (strlen(header) > FERRY_CREDENTIAL_MAX)
		return;
	if ((text = after(header, "Basic")) != NULL)
		read_basic(out, text);
	else if ((text = after(header, "Bearer")) != NULL ||
		 (text = after(header, "token")) != NULL)
		keep(out, text, strcspn(text, " "));
}
