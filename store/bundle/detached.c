#include "store/bundle/detached.h"

#include <string.h>

#include "store/base/error.h"

static const char magic[] = "ferry signature 1";

int
ferry_detached_write(struct ferry_buf *out,
    const struct ferry_detached *signature, struct ferry_error *err)
{

	char digest[FERRY_DIGEST_TEXT];

	if (ferry_buf_addf(out, err, "%s\nbundle %s\nkey %s\n", magic,
		ferry_digest_text(&signature->bundle, digest),
		signature->signer) == -1 ||
	    ferry_base64_add(out,
		ferry_bytes_of(signature->v, sizeof(signature->v)), err) == -1)
		return -1;
	return ferry_buf_add(out, "\n", 1, err);
}

/* The next line's value after its word. */
static bool
next_value(
    struct ferry_bytes *text, const char *word, struct ferry_bytes *value)
{
	size_t n = strlen(word);

	if (!ferry_bytes_line(text, value) || !ferry_bytes_starts(*value, word))
		return false;
	*value = ferry_bytes_of(value->p + n, value->n - n);
	return true;
}

int
ferry_detached_parse(struct ferry_detached *out, struct ferry_bytes text,
    struct ferry_error *err)
{
	struct ferry_bytes first, bundle, key, base64;
	struct ferry_buf raw = FERRY_BUF_INIT;
	int rc = -1;

	if (next_value(&text, magic, &first) && first.n == 0 &&
	    next_value(&text, "bundle ", &bundle) &&
	    next_value(&text, "key ", &key) && next_value(&text, "", &base64) &&
	    text.n == 0 && key.n == FERRY_KEYID - 1 &&
	    ferry_digest_parse(&out->bundle, bundle, err) == 0 &&
	    ferry_base64_decode(&raw, base64, err) == 0 &&
	    raw.n == sizeof(out->v)) {
		memcpy(out->signer, key.p, key.n);
		out->signer[key.n] = 0;
		memcpy(out->v, raw.p, raw.n);
		rc = ferry_keyid_ok(out->signer) ? 0 : -1;
	}
	ferry_buf_free(&raw);
	return rc == 0 ? 0
	               : ferry_error_set(err, FERRY_EFORMAT,
			     "this is not a signature that 'ferry sign' wrote");
}
