#include "store/bundle/public.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/digest.h"
#include "store/base/error.h"

#define PEM_MAX 4096

int
ferry_public_from_raw(
    struct ferry_public *out, struct ferry_bytes raw, struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];
	struct ferry_digest d;

	if (raw.n != sizeof(out->raw))
		return ferry_error_set(
		    err, FERRY_EFORMAT, "an Ed25519 key has 32 bytes");
	if (ferry_digest_of(&d, FERRY_SHA256, raw, err) == -1)
		return -1;
	memcpy(out->raw, raw.p, sizeof(out->raw));
	memcpy(out->id, ferry_digest_hex(&d, hex), FERRY_KEYID - 1);
	out->id[FERRY_KEYID - 1] = 0;
	return 0;
}

int
ferry_public_of(
    struct ferry_public *out, EVP_PKEY *pkey, struct ferry_error *err)
{
	uint8_t raw[32];
	size_t n = sizeof(raw);

	if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_ED25519 ||
	    EVP_PKEY_get_raw_public_key(pkey, raw, &n) != 1)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "this is not an Ed25519 key");
	return ferry_public_from_raw(out, ferry_bytes_of(raw, n), err);
}

int
ferry_public_from_pem(
    struct ferry_public *out, struct ferry_bytes pem, struct ferry_error *err)
{
	BIO *bio = pem.n > PEM_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *pkey =
	    bio == NULL ? NULL : PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	int rc;

	if (pkey == NULL)
		rc = ferry_error_set(err, FERRY_EFORMAT,
		    "this is not a public key in PEM (-----BEGIN PUBLIC "
		    "KEY-----), as 'ferry key export' writes it");
	else
		rc = ferry_public_of(out, pkey, err);
	EVP_PKEY_free(pkey);
	BIO_free(bio);
	return rc;
}

int
ferry_public_pem(struct ferry_buf *buf, const struct ferry_public *key,
    struct ferry_error *err)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_ED25519, NULL, key->raw, sizeof(key->raw));
	BIO *bio = BIO_new(BIO_s_mem());
	char *p;
	long n;
	int rc = -1;

	if (pkey == NULL || bio == NULL || PEM_write_bio_PUBKEY(bio, pkey) != 1)
		ferry_error_set(err, FERRY_ENOMEM, "cannot write a public key");
	else if ((n = BIO_get_mem_data(bio, &p)) > 0)
		rc = ferry_buf_add(buf, p, (size_t)n, err);
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	return rc;
}

const char *
ferry_public_fingerprint(
    const struct ferry_public *key, char buf[FERRY_FINGERPRINT])
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char hex[FERRY_DIGEST_TEXT];
	struct ferry_digest d;
	size_t n = 0;

	if (ferry_digest_of(&d, FERRY_SHA256,
		ferry_bytes_of(key->raw, sizeof(key->raw)), &err) == -1)
		abort(); /* Only without memory. */
	(void)ferry_digest_hex(&d, hex);
	for (size_t i = 0; i < 64; i++) {
		if (i > 0 && i % 4 == 0)
			buf[n++] = ' ';
		buf[n++] = hex[i];
	}
	buf[n] = 0;
	return buf;
}

int
ferry_public_verify(const struct ferry_public *key, struct ferry_bytes text,
    const uint8_t signature[FERRY_SIGNATURE], struct ferry_error *err)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_ED25519, NULL, key->raw, sizeof(key->raw));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int rc = -1;

	if (pkey == NULL || ctx == NULL ||
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) != 1)
		ferry_error_set(
		    err, FERRY_ENOMEM, "cannot start to verify a signature");
	else
		rc = EVP_DigestVerify(
			 ctx, signature, FERRY_SIGNATURE, text.p, text.n) == 1
		         ? 1
		         : 0;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return rc;
}

bool
ferry_keyid_ok(const char *id)
{

	return strlen(id) == FERRY_KEYID - 1 &&
	       strspn(id, "0123456789abcdef") == FERRY_KEYID - 1;
}
