#include "sync/upstream/rubygems/attestations.h"

#include <string.h>
#include <strings.h>

#include "store/base/digest.h"
#include "store/base/json.h"

/* Whether a statement has the gem among its subjects. */
static bool
is_subject(const json_t *statement, const char *hex)
{
	const json_t *subject;
	size_t i;

	json_array_foreach (json_object_get(statement, "subject"), i, subject) {
		const char *one = json_string_value(json_object_get(
		    json_object_get(subject, "digest"), "sha256"));

		if (one != NULL && strcasecmp(one, hex) == 0)
			return true;
	}
	return false;
}

/* A statement that is signed: base64 of JSON. */
static bool
envelope_names(const json_t *envelope, const char *hex)
{
	const char *payload =
	    json_string_value(json_object_get(envelope, "payload"));
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	json_t *statement = NULL;
	bool names = false;

	if (payload != NULL &&
	    ferry_base64_decode(&text, ferry_bytes_str(payload), &ignored) ==
		0 &&
	    ferry_json_parse(&statement, ferry_bytes_buf(&text), "a statement",
		&ignored) == 0)
		names = is_subject(statement, hex);
	json_decref(statement);
	ferry_buf_free(&text);
	return names;
}

/* The gem that is signed: base64 of its digest. */
static bool
message_names(const json_t *message, const struct ferry_digest *sha256)
{
	const char *digest =
	    json_string_value(json_object_get(message, "digest"));
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf bytes = FERRY_BUF_INIT;
	bool names = false;

	if (digest != NULL &&
	    ferry_base64_decode(&bytes, ferry_bytes_str(digest), &ignored) == 0)
		names = bytes.n == sha256->n &&
		        memcmp(bytes.p, sha256->v, bytes.n) == 0;
	ferry_buf_free(&bytes);
	return names;
}

int
ferry_gem_attestations_check(struct ferry_bytes text,
    const struct ferry_digest *sha256, struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];
	json_t *bundles = NULL;
	const json_t *bundle;
	bool good = true;
	size_t i;

	if (ferry_json_parse(&bundles, text, "attestations", err) == -1)
		return -1;
	(void)ferry_digest_hex(sha256, hex);
	json_array_foreach (bundles, i, bundle)
		good =
		    good &&
		    (envelope_names(
			 json_object_get(bundle, "dsseEnvelope"), hex) ||
			message_names(json_object_get(json_object_get(bundle,
							  "messageSignature"),
					  "messageDigest"),
			    sha256));
	good = good && json_array_size(bundles) > 0;
	json_decref(bundles);
	return good ? 0
	            : ferry_error_set(err, FERRY_EFORMAT,
			  "they are not attestations of this gem");
}
