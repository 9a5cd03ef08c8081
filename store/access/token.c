#include "store/access/token.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "store/base/digest.h"
#include "store/base/error.h"

#define MAC_TEXT 64 /* hexadecimal digits of a SHA-256 */
/* Scopes, subject and two numbers in base64, and the MAC. */
#define TEXT_MAX (2 * (FERRY_TOKEN_SCOPES + FERRY_TOKEN_SUBJECT))

int
ferry_token_key_new(struct ferry_token_key *out, struct ferry_error *err)
{

	return ferry_random(out->v, sizeof(out->v), err);
}

void
ferry_token_init(struct ferry_token *token, const char *subject, int64_t now)
{

	token->issued_at = now;
	token->expires_at = now + FERRY_TOKEN_LIFE;
	(void)snprintf(token->subject, sizeof(token->subject), "%s", subject);
	token->scopes[0] = 0;
}

/* Scopes */

/* Whether the comma-separated list has the word, or "*". */
static bool
has_action(struct ferry_bytes list, const char *word)
{
	const uint8_t *p = list.p, *end = p + list.n;

	while (p < end) {
		const uint8_t *comma = memchr(p, ',', (size_t)(end - p));
		const uint8_t *stop = comma == NULL ? end : comma;
		struct ferry_bytes one = ferry_bytes_of(p, (size_t)(stop - p));

		if (ferry_bytes_is(one, word) || ferry_bytes_is(one, "*"))
			return true;
		p = comma == NULL ? end : comma + 1;
	}
	return false;
}

static bool
name_ok(struct ferry_bytes name)
{

	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] >= 0x7f)
			return false;
	return name.n > 0;
}

static void
add_scope(struct ferry_token *token, const char *type, struct ferry_bytes name,
    const char *action)
{
	size_t n = strlen(token->scopes), room = sizeof(token->scopes) - n;
	int written;

	written = snprintf(token->scopes + n, room, "%s%s:%.*s:%s",
	    n == 0 ? "" : " ", type, (int)name.n, (const char *)name.p, action);
	if (written < 0 || (size_t)written >= room)
		token->scopes[n] = 0;
}

/* TYPE:NAME:ACTION,…  A name may hold colons, of a host's port. */
static void
grant_one(struct ferry_token *token, struct ferry_bytes scope)
{
	const uint8_t *first = memchr(scope.p, ':', scope.n);
	const uint8_t *last = memrchr(scope.p, ':', scope.n);
	struct ferry_bytes type, name, actions;

	if (first == last || scope.n >= FERRY_TOKEN_SCOPES)
		return;
	type = ferry_bytes_of(scope.p, (size_t)(first - scope.p));
	name = ferry_bytes_of(first + 1, (size_t)(last - first) - 1);
	actions =
	    ferry_bytes_of(last + 1, scope.n - (size_t)(last - scope.p) - 1);
	if (!name_ok(name))
		return;
	if (ferry_bytes_is(type, "repository") && has_action(actions, "pull"))
		add_scope(token, "repository", name, "pull");
	if (ferry_bytes_is(type, "registry") && ferry_bytes_is(name, "catalog"))
		add_scope(token, "registry", name, "*");
}

void
ferry_token_grant(struct ferry_token *token, struct ferry_bytes scopes)
{
	const uint8_t *p = scopes.p, *end = p + scopes.n;

	while (p < end) {
		const uint8_t *blank = memchr(p, ' ', (size_t)(end - p));
		const uint8_t *stop = blank == NULL ? end : blank;

		if (stop > p)
			grant_one(token, ferry_bytes_of(p, (size_t)(stop - p)));
		p = blank == NULL ? end : blank + 1;
	}
}

bool
ferry_token_covers(const struct ferry_token *token, const char *type,
    const char *name, const char *action)
{
	size_t t = strlen(type), n = strlen(name), a = strlen(action);
	const char *p = token->scopes;

	while (*p != 0) {
		size_t whole = strcspn(p, " ");

		if (whole == t + n + a + 2 && memcmp(p, type, t) == 0 &&
		    p[t] == ':' && memcmp(p + t + 1, name, n) == 0 &&
		    p[t + 1 + n] == ':' &&
		    memcmp(p + t + n + 2, action, a) == 0)
			return true;
		p += whole;
		p += strspn(p, " ");
	}
	return false;
}

/* Texts: base64 of "ISSUED EXPIRES SUBJECT\nSCOPES", '.', the MAC of that */

static int
mac(const struct ferry_token_key *key, struct ferry_bytes text,
    char out[MAC_TEXT + 1])
{
	struct ferry_digest digest = { FERRY_SHA256, FERRY_SHA256_SIZE, { 0 } };
	char hex[FERRY_DIGEST_TEXT];
	unsigned n = 0;

	if (HMAC(EVP_sha256(), key->v, (int)sizeof(key->v), text.p, text.n,
		digest.v, &n) == NULL ||
	    n != FERRY_SHA256_SIZE)
		return -1;
	memcpy(out, ferry_digest_hex(&digest, hex), MAC_TEXT + 1);
	return 0;
}

int
ferry_token_sign(const struct ferry_token *token,
    const struct ferry_token_key *key, struct ferry_buf *out,
    struct ferry_error *err)
{
	struct ferry_buf plain = FERRY_BUF_INIT;
	char text[MAC_TEXT + 1];
	size_t start = out->n;
	int rc = -1;

	if (ferry_buf_addf(&plain, err, "%" PRId64 " %" PRId64 " %s\n%s",
		token->issued_at, token->expires_at, token->subject,
		token->scopes) == -1 ||
	    ferry_base64_add(out, ferry_bytes_buf(&plain), err) == -1)
		goto out;
	if (mac(key, ferry_bytes_of(out->p + start, out->n - start), text) ==
	    -1) {
		ferry_error_set(err, FERRY_ESYSTEM, "cannot sign a token");
		goto out;
	}
	rc = ferry_buf_addf(out, err, ".%s", text);
out:
	ferry_buf_free(&plain);
	return rc;
}

/* What ferry_token_sign() wrote: nobody else can have. */
static int
parse(struct ferry_token *out, struct ferry_bytes plain)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	const uint8_t *end = plain.p + plain.n, *a, *b, *c;
	uint64_t issued, expires;

	a = memchr(plain.p, ' ', plain.n);
	b = a == NULL ? NULL : memchr(a + 1, ' ', (size_t)(end - a) - 1);
	c = b == NULL ? NULL : memchr(b + 1, '\n', (size_t)(end - b) - 1);
	if (c == NULL ||
	    ferry_parse_u64(ferry_bytes_of(plain.p, (size_t)(a - plain.p)), 0,
		INT64_MAX, &issued, &err) == -1 ||
	    ferry_parse_u64(ferry_bytes_of(a + 1, (size_t)(b - a) - 1), 0,
		INT64_MAX, &expires, &err) == -1 ||
	    (size_t)(c - b) > sizeof(out->subject) ||
	    (size_t)(end - c) > sizeof(out->scopes))
		return 0;
	out->issued_at = (int64_t)issued;
	out->expires_at = (int64_t)expires;
	memcpy(out->subject, b + 1, (size_t)(c - b) - 1);
	out->subject[(size_t)(c - b) - 1] = 0;
	memcpy(out->scopes, c + 1, (size_t)(end - c) - 1);
	out->scopes[(size_t)(end - c) - 1] = 0;
	return 1;
}

int
ferry_token_read(struct ferry_token *out, const struct ferry_token_key *key,
    struct ferry_bytes text, int64_t now)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf plain = FERRY_BUF_INIT;
	char want[MAC_TEXT + 1];
	size_t n;
	int rc = 0;

	if (text.n < MAC_TEXT + 2 || text.n > TEXT_MAX)
		return 0;
	n = text.n - MAC_TEXT - 1;
	if (text.p[n] != '.' ||
	    mac(key, ferry_bytes_of(text.p, n), want) == -1 ||
	    CRYPTO_memcmp(text.p + n + 1, want, MAC_TEXT) != 0)
		return 0;
	if (ferry_base64_decode(&plain, ferry_bytes_of(text.p, n), &err) == 0)
		rc = parse(out, ferry_bytes_buf(&plain));
	ferry_buf_free(&plain);
	return rc == 1 && now < out->expires_at ? 1 : 0;
}
