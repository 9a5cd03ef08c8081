/*
 * The registry's signatures: ECDSA P-256 with SHA-256 over
 * "name@version:integrity".
 *
 * Source: shared/protocols/npm.md section 7; keys at /-/npm/v1/keys.
 */

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/base/json_span.h"
#include "store/store.h"
#include "sync/upstream/npm/npm.h"

#define KEYS_MAX (1U << 20)
#define KEYS_COUNT 64

/* One key of the document: base64 SPKI without PEM armour. */
static int
add_key(struct npm *npm, const json_t *entry, struct ferry_error *err)
{
	struct ferry_buf der = FERRY_BUF_INIT;
	const char *id, *key, *expires;
	const unsigned char *at;
	struct npm_key *k;
	int rc = -1;

	if (npm->keys_n == KEYS_COUNT)
		return ferry_error_set(
		    err, FERRY_ELIMIT, "more than %d keys", KEYS_COUNT);
	if (ferry_json_str(entry, "keyid", &id, err) == -1 ||
	    ferry_json_str(entry, "key", &key, err) == -1 ||
	    ferry_json_str_opt(entry, "expires", NULL, &expires, err) == -1 ||
	    ferry_base64_decode(&der, ferry_bytes_str(key), err) == -1 ||
	    ferry_array_grow(&npm->keys, &npm->keys_cap, npm->keys_n + 1,
		sizeof(*npm->keys), err) == -1)
		goto out;
	k = &npm->keys[npm->keys_n];
	*k = (struct npm_key){ 0 };
	if (expires != NULL &&
	    ferry_time_parse(&k->expires, ferry_bytes_str(expires), err) == -1)
		goto out;
	at = der.p;
	if ((k->pkey = d2i_PUBKEY(NULL, &at, (long)der.n)) == NULL) {
		ferry_error_set(
		    err, FERRY_EFORMAT, "key '%.60s' is not a public key", id);
		goto out;
	}
	npm->keys_n++;
	rc = ferry_strdup(&k->id, id, err);
out:
	ferry_buf_free(&der);
	return rc;
}

static int
read_keys(struct npm *npm, struct ferry_bytes text, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	json_t *root = NULL, *keys, *entry;
	size_t i;
	int rc = -1;

	npm_keys_free(npm);
	if (ferry_json_parse(&root, text, "the keys document", err) == -1 ||
	    ferry_json_array(root, "keys", &keys, err) == -1)
		goto out;
	/* A key of a kind that we do not know says nothing of the others. */
	json_array_foreach (keys, i, entry)
		if (add_key(npm, entry, &why) == -1 &&
		    why.code == FERRY_ENOMEM) {
			*err = why;
			goto out;
		}
	npm->keys_known = npm->keys_n > 0;
	rc = 0;
out:
	json_decref(root);
	return rc;
}

static int
on_check(void *ctx, struct ferry_bytes view, struct ferry_error *err)
{

	return read_keys(ctx, view, err);
}

/* The keys are replayed to clients: they belong to the upstream's record. */
static int
put_upstream(
    struct npm *npm, const struct ferry_pulled *pulled, struct ferry_error *err)
{
	json_t *more = NULL;
	int rc = -1;

	if (pulled != NULL && (more = json_object()) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (pulled == NULL || ferry_files_add(more, "keys", pulled->size,
				  &pulled->sha256, NULL, err) == 0)
		rc = ferry_upstream_put(npm->run, npm->up, more, err);
	json_decref(more);
	return rc;
}

/* The keys of an earlier sync: 1 if there are any, 0, -1. */
static int
read_stored(struct npm *npm, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	json_t *record = NULL;
	struct ferry_file file;
	struct ferry_key key;
	int rc;

	if (ferry_key_make(&key, err, "upstream", npm->up->name, NULL) == -1)
		return -1;
	rc = ferry_catalog_get(npm->run->st, &key, &record, err);
	if (rc == 1)
		rc = ferry_files_find(record, "keys", &file, err);
	if (rc == 1 && (ferry_blob_load(npm->run->st, &file.sha256, KEYS_MAX,
			    &text, err) == -1 ||
			   read_keys(npm, ferry_bytes_buf(&text), err) == -1))
		rc = -1;
	ferry_buf_free(&text);
	json_decref(record);
	return rc;
}

/*
 * Keys that cannot be had must not switch signatures off: those of an earlier
 * sync serve, or else nothing is pulled.  A registry that never published any
 * (404) has none.
 */
static int
without_keys(
    struct npm *npm, const struct ferry_error *why, struct ferry_error *err)
{
	char item[100];
	int rc = read_stored(npm, err);

	(void)snprintf(
	    item, sizeof(item), "the keys of upstream '%.60s'", npm->up->name);
	if (rc == -1)
		return -1;
	if (rc == 1) {
		ferry_run_skip(npm->run, item,
		    "cannot be fetched; those of an earlier sync are used");
		return 1;
	}
	if (why->code == FERRY_ENOTFOUND)
		return put_upstream(npm, NULL, err) == -1 ? -1 : 1;
	ferry_run_fail(npm->run, item, why);
	return 0;
}

static void
on_keys(void *ctx, const struct ferry_pulled *pulled)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct npm *npm = ctx;
	int rc;

	if (pulled->error.code != FERRY_OK)
		rc = without_keys(npm, &pulled->error, &err);
	else if (pulled->not_modified &&
		 read_keys(npm, pulled->view, &err) == -1)
		rc = -1;
	else
		rc = put_upstream(npm, pulled, &err) == -1 ? -1 : 1;
	/* Signatures are checked as documents arrive, so keys come first. */
	if (rc == 1)
		rc = npm_wants_read(npm, NPM_WANTS_ADD, &err);
	if (rc == -1)
		npm->run->fatal = err;
}

int
npm_keys_ask(struct npm *npm, struct ferry_error *err)
{
	struct ferry_buf url = FERRY_BUF_INIT;
	struct ferry_pull pull = {
		.up = npm->up,
		.accept = "application/json",
		.kind = FERRY_BLOB_IS_DOCUMENT,
		.max_size = KEYS_MAX,
		.ctx = npm,
		.on_check = on_check,
		.on_done = on_keys,
	};
	int rc = -1;

	if (ferry_buf_addf(&url, err, "%s/-/npm/v1/keys", npm->up->url) == 0) {
		pull.url = (const char *)url.p;
		rc = ferry_run_pull(npm->run, &pull, err);
	}
	ferry_buf_free(&url);
	return rc;
}

void
npm_keys_free(struct npm *npm)
{

	for (size_t i = 0; i < npm->keys_n; i++) {
		free(npm->keys[i].id);
		EVP_PKEY_free(npm->keys[i].pkey);
	}
	free(npm->keys);
	npm->keys = NULL;
	npm->keys_n = npm->keys_cap = 0;
	npm->keys_known = false;
}

static int
check_one(const struct npm_key *key, struct ferry_bytes message,
    struct ferry_bytes signature, struct ferry_error *err)
{
	struct ferry_buf der = FERRY_BUF_INIT;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int rc = -1;

	if (ctx == NULL) {
		ferry_error_set(err, FERRY_ENOMEM, "no memory");
	} else if (ferry_base64_decode(&der, signature, err) == 0) {
		if (EVP_DigestVerifyInit(
			ctx, NULL, EVP_sha256(), NULL, key->pkey) == 1 &&
		    EVP_DigestVerify(ctx, der.p, der.n, message.p, message.n) ==
			1)
			rc = 1;
		else
			ferry_error_set(err, FERRY_ESIGNATURE,
			    "the registry's signature by key '%.60s' is wrong",
			    key->id);
	}
	EVP_MD_CTX_free(ctx);
	ferry_buf_free(&der);
	return rc;
}

/* Of one {"keyid","sig"}: 1 verified, 0 not a key we know, -1 wrong. */
static int
check_entry(struct npm *npm, struct ferry_bytes entry,
    struct ferry_bytes message, const struct ferry_npm_doc *doc,
    const char *version, struct ferry_error *err)
{
	struct ferry_buf id = FERRY_BUF_INIT, sig = FERRY_BUF_INIT;
	struct ferry_bytes v, w;
	int64_t published;
	int rc = 0;

	if (!ferry_span_get(entry, "keyid", &v) ||
	    !ferry_span_get(entry, "sig", &w) ||
	    ferry_span_string(&id, v, err) == -1 ||
	    ferry_span_string(&sig, w, err) == -1)
		goto out;
	for (size_t i = 0; i < npm->keys_n && rc == 0; i++) {
		const struct npm_key *key = &npm->keys[i];

		if (!ferry_bytes_is(ferry_bytes_buf(&id), key->id))
			continue;
		/* A key signs only what was published before it expired. */
		if (key->expires != 0 &&
		    ((published = ferry_npm_doc_time(doc, version)) == 0 ||
			published >= key->expires)) {
			rc = ferry_error_set(err, FERRY_ESIGNATURE,
			    "signed by key '%.60s' after that had expired",
			    key->id);
			break;
		}
		rc = check_one(key, message, ferry_bytes_buf(&sig), err);
	}
out:
	ferry_buf_free(&id);
	ferry_buf_free(&sig);
	return rc;
}

int
npm_keys_check(struct npm *npm, const char *name, const char *version,
    const struct ferry_npm_dist *dist, const struct ferry_npm_doc *doc,
    const char **word, struct ferry_error *err)
{
	struct ferry_buf message = FERRY_BUF_INIT;
	struct ferry_span_iter it;
	int rc = 0, one;

	*word = "none";
	if (npm->signatures == NPM_SIGNATURES_OFF)
		return 0;
	if (dist->signatures.n > 2 && dist->integrity != NULL &&
	    ferry_buf_addf(&message, err, "%s@%s:%s", name, version,
		dist->integrity) == -1)
		return -1;
	ferry_span_iter(&it, dist->signatures);
	while (message.n > 0 && rc != -1 && ferry_span_next(&it)) {
		*word = rc == 0 ? "no-key" : *word;
		one = check_entry(npm, it.value, ferry_bytes_buf(&message), doc,
		    version, err);
		rc = one == 0 ? rc : one;
	}
	if (rc == 1)
		*word = "verified";
	if (rc == 0 && npm->signatures == NPM_SIGNATURES_REQUIRED)
		rc = ferry_error_set(err, FERRY_ESIGNATURE,
		    "it has no signature of a known key, and signatures are "
		    "required");
	ferry_buf_free(&message);
	return rc;
}
