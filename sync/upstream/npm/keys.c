#include "sync/upstream/npm/keys.h"

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
#include "sync/upstream/npm/packument.h"
#include "sync/upstream/package/packages.h"
#include "sync/upstream/pull.h"

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

	ferry_npm_keys_free(npm);
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
	rc = 0;
out:
	json_decref(root);
	return rc;
}

static int
on_check(void *ctx, struct ferry_bytes view, struct ferry_error *err)
{
	const struct ferry_packages *packages = ctx;

	return read_keys(packages->state, view, err);
}

/* The keys are replayed to clients: they belong to the upstream's record. */
static int
put_upstream(struct ferry_packages *packages, const struct ferry_pulled *pulled,
    struct ferry_error *err)
{
	json_t *more = NULL;
	int rc = -1;

	if (pulled != NULL && (more = json_object()) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (pulled == NULL || ferry_files_add(more, "keys", pulled->size,
				  &pulled->sha256, NULL, err) == 0)
		rc = ferry_upstream_put(packages->run, packages->up, more, err);
	json_decref(more);
	return rc;
}

/* The keys of an earlier sync: 1 if there are any, 0, -1. */
static int
read_stored(struct ferry_packages *packages, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	json_t *record = NULL;
	struct ferry_file file;
	struct ferry_key key;
	int rc;

	if (ferry_key_make(&key, err, "upstream", packages->up->name, NULL) ==
	    -1)
		return -1;
	rc = ferry_catalog_get(packages->run->st, &key, &record, err);
	if (rc == 1)
		rc = ferry_files_find(record, "keys", &file, err);
	if (rc == 1 &&
	    (ferry_blob_load(
		 packages->run->st, &file.sha256, KEYS_MAX, &text, err) == -1 ||
		read_keys(packages->state, ferry_bytes_buf(&text), err) == -1))
		rc = -1;
	ferry_buf_free(&text);
	json_decref(record);
	return rc;
}

/*
 * Keys that are not available must not switch signatures off: those of an earlier
 * sync serve, or else nothing is pulled.  A registry that never published any
 * (404) has none.
 */
static int
without_keys(struct ferry_packages *packages, const struct ferry_error *why,
    struct ferry_error *err)
{
	char item[100];
	int rc = read_stored(packages, err);

	(void)snprintf(item, sizeof(item), "the keys of upstream '%.60s'",
	    packages->up->name);
	if (rc == -1)
		return -1;
	if (rc == 1) {
		ferry_run_skip(packages->run, item,
		    "cannot be fetched; those of an earlier sync are used");
		return 1;
	}
	if (why->code == FERRY_ENOTFOUND)
		return put_upstream(packages, NULL, err) == -1 ? -1 : 1;
	ferry_run_fail(packages->run, item, why);
	ferry_packages_break(packages, why);
	return 0;
}

static void
on_keys(void *ctx, const struct ferry_pulled *pulled)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_packages *packages = ctx;
	int rc;

	if (pulled->error.code != FERRY_OK)
		rc = without_keys(packages, &pulled->error, &err);
	else if (pulled->not_modified &&
		 read_keys(packages->state, pulled->view, &err) == -1)
		rc = -1;
	else
		rc = put_upstream(packages, pulled, &err) == -1 ? -1 : 1;
	if (rc == 1)
		rc = ferry_packages_ready(packages, &err);
	if (rc == -1)
		ferry_run_fatal(packages->run, &err);
}

int
ferry_npm_keys_open(struct ferry_packages *packages, struct ferry_error *err)
{
	const struct npm *npm = packages->state;
	struct ferry_buf url = FERRY_BUF_INIT;
	struct ferry_pull pull = {
		.up = packages->up,
		.accept = "application/json",
		.kind = FERRY_BLOB_IS_DOCUMENT,
		.max_size = KEYS_MAX,
		.ctx = packages,
		.on_check = on_check,
		.on_done = on_keys,
	};
	int rc = -1;

	if (npm->signatures == NPM_SIGNATURES_OFF)
		return put_upstream(packages, NULL, err) == -1
		           ? -1
		           : ferry_packages_ready(packages, err);
	if (ferry_buf_addf(&url, err, "%s/-/npm/v1/keys", packages->up->url) ==
	    0) {
		pull.url = (const char *)url.p;
		rc = ferry_run_pull(packages->run, &pull, err);
	}
	ferry_buf_free(&url);
	return rc;
}

void
ferry_npm_keys_free(struct npm *npm)
{

	for (size_t i = 0; i < npm->keys_n; i++) {
		free(npm->keys[i].id);
		EVP_PKEY_free(npm->keys[i].pkey);
	}
	free(npm->keys);
	npm->keys = NULL;
	npm->keys_n = npm->keys_cap = 0;
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
check_entry(const struct npm *npm, struct ferry_bytes entry,
    struct ferry_bytes message, const struct ferry_document *document,
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
		if (key->expires != 0 && ((published = ferry_packument_time(
					       document, version)) == 0 ||
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
ferry_npm_keys_verify(const struct ferry_version_at *at,
    const struct ferry_document *document, const char **word,
    struct ferry_error *err)
{
	const struct npm *npm = at->packages->state;
	struct ferry_buf message = FERRY_BUF_INIT;
	struct ferry_npm_dist dist;
	struct ferry_span_iter it;
	int rc = 0, one;

	*word = "none";
	if (npm->signatures == NPM_SIGNATURES_OFF)
		return 0;
	if (ferry_npm_dist_read(
		&dist, at->packages->up->url, at->listed, err) == -1)
		return -1;
	if (dist.signatures.n > 2 && dist.integrity != NULL &&
	    ferry_buf_addf(&message, err, "%s@%s:%s", at->name, at->version,
		dist.integrity) == -1)
		rc = -1;
	ferry_span_iter(&it, dist.signatures);
	while (message.n > 0 && rc != -1 && ferry_span_next(&it)) {
		*word = rc == 0 ? "no-key" : *word;
		one = check_entry(npm, it.value, ferry_bytes_buf(&message),
		    document, at->version, err);
		rc = one == 0 ? rc : one;
	}
	if (rc == 1)
		*word = "verified";
	if (rc == 0 && npm->signatures == NPM_SIGNATURES_REQUIRED)
		rc = ferry_error_set(err, FERRY_ESIGNATURE,
		    "it has no signature of a known key, and signatures are "
		    "required");
	ferry_buf_free(&message);
	ferry_npm_dist_free(&dist);
	return rc;
}
