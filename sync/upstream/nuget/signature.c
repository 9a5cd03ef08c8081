#include "sync/upstream/nuget/signature.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "sync/upstream/nuget/inside.h"

#define SUBJECT_MAX 300

/* What a signature is made of; freed by parts_free(). */
struct parts {
	CMS_ContentInfo *cms;
	STACK_OF(X509) * certificates, *signers; /* the stacks are owned */
	CMS_SignerInfo *signer;
	X509 *certificate; /* the signer's */
	CMS_ContentInfo *counter; /* a countersignature, or NULL */
	STACK_OF(X509) * counter_signers;
	X509 *counter_certificate;
	int64_t signed_at; /* of a timestamp that holds; 0: none */
};

static int
set_wrong(struct ferry_error *err, const char *what)
{

	ERR_clear_error();
	ferry_error_set(
	    err, FERRY_ESIGNATURE, "the signature in the nupkg %s", what);
	return -1;
}

static void
parts_free(struct parts *p)
{

	sk_X509_free(p->counter_signers);
	CMS_ContentInfo_free(p->counter);
	sk_X509_free(p->signers);
	sk_X509_pop_free(p->certificates, X509_free);
	CMS_ContentInfo_free(p->cms);
	ERR_clear_error();
}

/* What is signed */

/* "2.16.840.1.101.3.4.2.1-Hash:BASE64": the digest that it must be, or NULL. */
static const struct ferry_digest *
named_digest(struct ferry_bytes line, const struct nuget_inside *inside,
    struct ferry_bytes *base64)
{
	static const char oid[] = "2.16.840.1.101.3.4.2.", hash[] = "-Hash:";
	size_t n = sizeof(oid) - 1;

	if (line.n < n + sizeof(hash) || !ferry_bytes_starts(line, oid) ||
	    memcmp(line.p + n + 1, hash, sizeof(hash) - 1) != 0)
		return NULL;
	*base64 = ferry_bytes_of(
	    line.p + n + sizeof(hash), line.n - n - sizeof(hash));
	switch (line.p[n]) {
	case '1':
		return &inside->sha256;
	case '2':
		return &inside->sha384;
	case '3':
		return &inside->sha512;
	default:
		return NULL;
	}
}

static int
check_content(
    struct parts *p, const struct nuget_inside *inside, struct ferry_error *err)
{
	ASN1_OCTET_STRING **content = CMS_get0_content(p->cms);
	struct ferry_bytes rest, line, base64;
	const struct ferry_digest *want = NULL;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf got = FERRY_BUF_INIT;
	bool same;

	if (content == NULL || *content == NULL)
		return set_wrong(err, "signs nothing");
	rest = ferry_bytes_of(ASN1_STRING_get0_data(*content),
	    (size_t)ASN1_STRING_length(*content));
	if (!ferry_bytes_line(&rest, &line) ||
	    !ferry_bytes_is(line, "Version:1"))
		return set_wrong(err, "is of a version that is not known");
	while (want == NULL && ferry_bytes_line(&rest, &line))
		want = named_digest(line, inside, &base64);
	if (want == NULL)
		return set_wrong(err, "names no digest of a known kind");
	same = ferry_base64_decode(&got, base64, &ignored) == 0 &&
	       ferry_bytes_equal(
		   ferry_bytes_buf(&got), ferry_bytes_of(want->v, want->n));
	ferry_buf_free(&got);
	return same ? 0 : set_wrong(err, "is of other content");
}

static int
check_signer(struct parts *p, struct ferry_error *err)
{
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(p->cms);

	if (sk_CMS_SignerInfo_num(signers) != 1)
		return set_wrong(err, "has not one signer");
	p->signer = sk_CMS_SignerInfo_value(signers, 0);
	p->certificates = CMS_get1_certs(p->cms);
	if (CMS_verify(p->cms, NULL, NULL, NULL, NULL,
		CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) != 1)
		return set_wrong(err, "is not of the certificate in it");
	p->signers = CMS_get0_signers(p->cms);
	if (sk_X509_num(p->signers) != 1)
		return set_wrong(err, "has no certificate of its signer");
	p->certificate = sk_X509_value(p->signers, 0);
	return 0;
}

/* The countersignature of a repository */

static const ASN1_STRING *
unsigned_value(struct parts *p, int nid)
{
	int at = CMS_unsigned_get_attr_by_NID(p->signer, nid, -1);
	X509_ATTRIBUTE *attribute;
	ASN1_TYPE *value;

	if (at < 0 ||
	    (attribute = CMS_unsigned_get_attr(p->signer, at)) == NULL ||
	    (value = X509_ATTRIBUTE_get0_type(attribute, 0)) == NULL ||
	    value->type != V_ASN1_SEQUENCE)
		return NULL;
	return value->value.sequence;
}

/* Append what has a tag, a length and this content. */
static int
put_tagged(struct ferry_buf *out, uint8_t tag, struct ferry_bytes content,
    struct ferry_error *err)
{
	uint8_t head[6] = { tag };
	size_t n = 1;

	if (content.n < 0x80) {
		head[n++] = (uint8_t)content.n;
	} else {
		head[n++] = 0x83;
		head[n++] = (uint8_t)(content.n >> 16);
		head[n++] = (uint8_t)(content.n >> 8);
		head[n++] = (uint8_t)content.n;
	}
	if (ferry_buf_add(out, head, n, err) == -1)
		return -1;
	return ferry_buf_add(out, content.p, content.n, err);
}

/*
 * A countersignature is a SignerInfo that signs the value of a signature.
 * OpenSSL verifies those of messages: so it becomes the one of a message whose
 * content, which is not in it, is that value.
 */
static int
make_message(struct ferry_buf *out, const ASN1_STRING *signer_info,
    struct ferry_error *err)
{
	/* Version 3; SHA-256, SHA-384 and SHA-512, each without parameters; data */
	static const uint8_t head[] = { 0x02, 0x01, 0x03, 0x31, 0x27, 0x30,
		0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
		0x02, 0x01, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
		0x65, 0x03, 0x04, 0x02, 0x02, 0x30, 0x0b, 0x06, 0x09, 0x60,
		0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x30, 0x0b,
		0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07,
		0x01 };
	static const uint8_t signed_data[] = { 0x06, 0x09, 0x2a, 0x86, 0x48,
		0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02 };
	struct ferry_buf data = FERRY_BUF_INIT, inner = FERRY_BUF_INIT,
			 whole = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_buf_add(&data, head, sizeof(head), err) == 0 &&
	    put_tagged(&data, 0x31,
		ferry_bytes_of(ASN1_STRING_get0_data(signer_info),
		    (size_t)ASN1_STRING_length(signer_info)),
		err) == 0 &&
	    put_tagged(&inner, 0x30, ferry_bytes_buf(&data), err) == 0 &&
	    ferry_buf_add(&whole, signed_data, sizeof(signed_data), err) == 0 &&
	    put_tagged(&whole, 0xa0, ferry_bytes_buf(&inner), err) == 0)
		rc = put_tagged(out, 0x30, ferry_bytes_buf(&whole), err);
	ferry_buf_free(&data);
	ferry_buf_free(&inner);
	ferry_buf_free(&whole);
	return rc;
}

/* Whether the countersignature is of the signature's own value. */
static bool
counter_holds(struct parts *p)
{
	const ASN1_OCTET_STRING *value =
	    CMS_SignerInfo_get0_signature(p->signer);
	BIO *data = BIO_new_mem_buf(
	    ASN1_STRING_get0_data(value), ASN1_STRING_length(value));
	bool holds = data != NULL;

	/* One that is there twice is added once. */
	for (int i = 0; i < sk_X509_num(p->certificates); i++)
		(void)CMS_add1_cert(
		    p->counter, sk_X509_value(p->certificates, i));
	holds = holds &&
	        CMS_verify(p->counter, NULL, NULL, data, NULL,
		    CMS_DETACHED | CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) == 1;
	BIO_free(data);
	if (!holds)
		return false;
	p->counter_signers = CMS_get0_signers(p->counter);
	if (sk_X509_num(p->counter_signers) != 1)
		return false;
	p->counter_certificate = sk_X509_value(p->counter_signers, 0);
	return true;
}

static int
check_counter(struct parts *p, struct ferry_error *err)
{
	const ASN1_STRING *value =
	    unsigned_value(p, NID_pkcs9_countersignature);
	struct ferry_buf message = FERRY_BUF_INIT;
	const unsigned char *at;

	if (value == NULL)
		return 0;
	if (make_message(&message, value, err) == -1) {
		ferry_buf_free(&message);
		return -1;
	}
	at = message.p;
	p->counter = d2i_CMS_ContentInfo(NULL, &at, (long)message.n);
	ferry_buf_free(&message);
	if (p->counter == NULL)
		return set_wrong(
		    err, "has a countersignature that cannot be read");
	return counter_holds(p)
	           ? 0
	           : set_wrong(err, "has a countersignature that is wrong");
}

/* Timestamps and chains */

static void
set_time(X509_VERIFY_PARAM *param, int64_t at)
{

	X509_VERIFY_PARAM_set_time(param, (time_t)at);
	(void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
}

static int64_t
token_time(PKCS7 *token)
{
	TS_TST_INFO *info = PKCS7_to_TS_TST_INFO(token);
	struct tm tm;
	int64_t at = 0;

	if (info != NULL &&
	    ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &tm) == 1)
		at = (int64_t)timegm(&tm);
	TS_TST_INFO_free(info);
	return at;
}

/* Whether a token is of the signature, and of somebody who is trusted for it at
 * that time. */
static bool
token_holds(const struct parts *p, PKCS7 *token,
    const struct nuget_trust *trust, int64_t at)
{
	const ASN1_OCTET_STRING *value =
	    CMS_SignerInfo_get0_signature(p->signer);
	TS_VERIFY_CTX *ctx = TS_VERIFY_CTX_new();
	X509_STORE *roots = trust->timestamps;
	BIO *data = BIO_new_mem_buf(
	    ASN1_STRING_get0_data(value), ASN1_STRING_length(value));
	bool holds = false;

	if (ctx == NULL || data == NULL || X509_STORE_up_ref(roots) != 1) {
		TS_VERIFY_CTX_free(ctx);
		BIO_free(data);
		return false;
	}
	set_time(X509_STORE_get0_param(roots), at);
	/* The context frees what it is given. */
	(void)TS_VERIFY_CTX_set_store(ctx, roots);
	(void)TS_VERIFY_CTX_set_data(ctx, data);
	/* Without a nonce or a name there is nothing more to ask. */
	(void)TS_VERIFY_CTX_set_flags(
	    ctx, TS_VFY_VERSION | TS_VFY_DATA | TS_VFY_SIGNATURE);
	holds = TS_RESP_verify_token(ctx, token) == 1;
	TS_VERIFY_CTX_free(ctx);
	return holds;
}

static void
read_timestamp(struct parts *p, const struct nuget_trust *trust)
{
	const ASN1_STRING *value =
	    unsigned_value(p, NID_id_smime_aa_timeStampToken);
	const unsigned char *at;
	PKCS7 *token;
	int64_t when;

	if (value == NULL || trust->timestamps == NULL)
		return;
	at = ASN1_STRING_get0_data(value);
	token = d2i_PKCS7(NULL, &at, ASN1_STRING_length(value));
	if (token != NULL && (when = token_time(token)) > 0 &&
	    token_holds(p, token, trust, when))
		p->signed_at = when;
	PKCS7_free(token);
	ERR_clear_error();
}

/* Whether a certificate for signing code leads to a root, at the time that is
 * known, or now. */
static bool
chain_holds(
    const struct parts *p, X509 *certificate, const struct nuget_trust *trust)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	bool holds = false;

	if (ctx != NULL && X509_STORE_CTX_init(ctx, trust->signing, certificate,
			       p->certificates) == 1) {
		set_time(X509_STORE_CTX_get0_param(ctx),
		    p->signed_at != 0 ? p->signed_at : ferry_now());
		holds = X509_verify_cert(ctx) == 1 &&
		        (X509_get_extended_key_usage(certificate) &
			    XKU_CODE_SIGN) != 0;
	}
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return holds;
}

/* What the record says */

/* Whether the signer says that it is not the author but a repository. */
static bool
is_repository(struct parts *p)
{
	/* OID 1.2.840.113549.1.9.16.6.2, proof of receipt */
	static const uint8_t receipt[] = { 0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86,
		0xf7, 0x0d, 0x01, 0x09, 0x10, 0x06, 0x02 };
	int at = CMS_signed_get_attr_by_NID(
	    p->signer, NID_id_smime_aa_ets_commitmentType, -1);
	X509_ATTRIBUTE *attribute =
	    at < 0 ? NULL : CMS_signed_get_attr(p->signer, at);
	ASN1_TYPE *value =
	    attribute == NULL ? NULL : X509_ATTRIBUTE_get0_type(attribute, 0);

	return value != NULL && value->type == V_ASN1_SEQUENCE &&
	       memmem(ASN1_STRING_get0_data(value->value.sequence),
		   (size_t)ASN1_STRING_length(value->value.sequence), receipt,
		   sizeof(receipt)) != NULL;
}

/* "CN=…, sha256:…" */
static int
set_name(json_t *record, const char *member, X509 *certificate,
    struct ferry_error *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct ferry_buf text = FERRY_BUF_INIT;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int digest_n = 0;
	char *name = NULL;
	long n = 0;
	int rc = -1;

	if (bio != NULL &&
	    X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0,
		XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0)
		n = BIO_get_mem_data(bio, &name);
	n = n > SUBJECT_MAX ? SUBJECT_MAX : n;
	(void)X509_digest(certificate, EVP_sha256(), digest, &digest_n);
	if (ferry_buf_add(&text, name, n < 0 ? 0 : (size_t)n, err) == 0 &&
	    ferry_buf_adds(&text, ", sha256:", err) == 0 &&
	    ferry_hex_add(&text, ferry_bytes_of(digest, digest_n), err) == 0)
		rc = ferry_json_set(record, member,
		    ferry_json_text(ferry_bytes_buf(&text)), err);
	ferry_buf_free(&text);
	BIO_free(bio);
	return rc;
}

static int
describe(
    json_t *record, struct parts *p, const char *word, struct ferry_error *err)
{

	if (ferry_json_set(record, "signature", json_string(word), err) == -1 ||
	    set_name(record,
		is_repository(p) ? "repository_signed_by" : "author_signed_by",
		p->certificate, err) == -1)
		return -1;
	if (p->counter_certificate != NULL &&
	    set_name(record, "repository_signed_by", p->counter_certificate,
		err) == -1)
		return -1;
	return p->signed_at == 0
	           ? 0
	           : ferry_json_set(record, "signed_at",
			 json_integer((json_int_t)p->signed_at), err);
}

static int
judge(json_t *record, struct parts *p, const struct nuget_inside *inside,
    const struct nuget_trust *trust, struct ferry_error *err)
{
	struct ferry_bytes der = ferry_bytes_buf(&inside->signature);
	const unsigned char *at = der.p;
	const char *word = "intact";

	if ((p->cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.n)) == NULL)
		return set_wrong(err, "is not one");
	if (check_content(p, inside, err) == -1 || check_signer(p, err) == -1 ||
	    check_counter(p, err) == -1)
		return -1;
	read_timestamp(p, trust);
	if (trust->signing != NULL)
		word =
		    chain_holds(p, p->certificate, trust) ||
			    (p->counter_certificate != NULL &&
				chain_holds(p, p->counter_certificate, trust))
			? "verified"
			: "untrusted";
	if (trust->signatures == NUGET_SIGNATURES_REQUIRED &&
	    strcmp(word, "verified") != 0)
		return set_wrong(
		    err, trust->signing == NULL
			     ? "is of somebody unknown: 'signature_roots' says "
			       "whom to trust"
			     : "leads to none of 'signature_roots'");
	return describe(record, p, word, err);
}

int
ferry_nuget_signature_judge(json_t *record, const struct nuget_inside *inside,
    const struct nuget_trust *trust, struct ferry_error *err)
{
	struct parts parts = { .cms = NULL };
	int rc;

	if (trust->signatures == NUGET_SIGNATURES_OFF)
		return 0;
	if (inside->signature.n > 0) {
		rc = judge(record, &parts, inside, trust, err);
		parts_free(&parts);
		return rc;
	}
	if (trust->signatures == NUGET_SIGNATURES_REQUIRED)
		return ferry_error_set(err, FERRY_ESIGNATURE,
		    "the nupkg is not signed, and signatures are required");
	return ferry_json_set(record, "signature", json_string("none"), err);
}

/* Roots */

int
ferry_nuget_roots_read(void **store, const char *path, struct ferry_error *err)
{
	X509_STORE *roots = X509_STORE_new();

	if (roots == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (X509_STORE_load_file(roots, path) != 1) {
		X509_STORE_free(roots);
		ERR_clear_error();
		return ferry_error_set(
		    err, FERRY_ECONFIG, "%s has no certificates in PEM", path);
	}
	*store = roots;
	return 0;
}

void
ferry_nuget_trust_free(struct nuget_trust *trust)
{

	X509_STORE_free(trust->signing);
	X509_STORE_free(trust->timestamps);
}
