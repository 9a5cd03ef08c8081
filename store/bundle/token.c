#include "store/bundle/token.h"

#include <dlfcn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/file.h"
#include "store/bundle/token_uri.h"

#define SCHEME "pkcs11:"

bool
ferry_token_is_uri(const char *key)
{

	return strncmp(key, SCHEME, sizeof(SCHEME) - 1) == 0;
}

#ifdef FERRY_HAVE_P11_KIT

#include <p11-kit/pkcs11.h>

/* p11-kit's own library is a module, too: of all that the machine has. */
#define MODULE "libp11-kit.so.0"
#define SLOTS 64
#define PIN_MAX 256

struct ferry_token {
	CK_FUNCTION_LIST_PTR p11;
	bool initialized; /* by us */
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	struct ferry_public public;
};

static int
fail(CK_RV rv, const char *what, struct ferry_error *err)
{

	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID ||
	    rv == CKR_PIN_LEN_RANGE)
		return ferry_error_set(
		    err, FERRY_EUSAGE, "the token refuses this PIN");
	if (rv == CKR_PIN_LOCKED)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "the token is locked: too many wrong PINs");
	return ferry_error_set(err, FERRY_ESYSTEM,
	    "the token's module failed %s (PKCS#11 error 0x%lx)", what, rv);
}

static int
load_module(struct ferry_token *t, const struct ferry_token_uri *uri,
    struct ferry_error *err)
{
	const char *path =
	    uri->module_path.n > 0 ? (char *)uri->module_path.p : MODULE;
	/* It stays until the process ends: modules have threads and exits of
	 * their own. */
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	void *symbol =
	    module == NULL ? NULL : dlsym(module, "C_GetFunctionList");
	CK_C_GetFunctionList get;
	CK_RV rv;

	if (symbol == NULL)
		return ferry_error_set(err, FERRY_ESYSTEM,
		    "%s; a module can be named by ?module-path=FILE",
		    dlerror());
	/* POSIX lets an object pointer be a function's; C does not say how. */
	memcpy(&get, &symbol, sizeof(get));
	if ((rv = get(&t->p11)) != CKR_OK)
		return fail(rv, "to start", err);
	rv = t->p11->C_Initialize(NULL);
	t->initialized = rv == CKR_OK;
	return rv == CKR_OK || rv == CKR_CRYPTOKI_ALREADY_INITIALIZED
	           ? 0
	           : fail(rv, "to start", err);
}

/* Whether a field, padded with blanks, is what the URI asks for. */
static bool
fits(const struct ferry_buf *want, const unsigned char *field, size_t n)
{

	while (n > 0 && (field[n - 1] == ' ' || field[n - 1] == 0))
		n--;
	return want->p == NULL || ferry_bytes_equal(ferry_bytes_buf(want),
				      ferry_bytes_of(field, n));
}

/* The one token that the URI means. */
static int
find_slot(const struct ferry_token *t, const struct ferry_token_uri *uri,
    CK_SLOT_ID *out, CK_TOKEN_INFO *found, struct ferry_error *err)
{
	CK_SLOT_ID slots[SLOTS];
	CK_ULONG n = SLOTS;
	size_t count = 0;
	CK_RV rv = t->p11->C_GetSlotList(CK_TRUE, slots, &n);

	if (rv != CKR_OK)
		return fail(rv, "to list tokens", err);
	for (CK_ULONG i = 0; i < n; i++) {
		CK_TOKEN_INFO info;

		if (t->p11->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
		    (info.flags & CKF_TOKEN_INITIALIZED) == 0 ||
		    !fits(&uri->token, info.label, sizeof(info.label)) ||
		    !fits(&uri->manufacturer, info.manufacturerID,
			sizeof(info.manufacturerID)) ||
		    !fits(&uri->model, info.model, sizeof(info.model)) ||
		    !fits(&uri->serial, info.serialNumber,
			sizeof(info.serialNumber)))
			continue;
		*out = slots[i];
		*found = info;
		count++;
	}
	if (count == 1)
		return 0;
	return ferry_error_set(err, FERRY_EUSAGE,
	    count == 0 ? "no token here fits the URI ('p11tool --list-tokens', "
			 "'pkcs11-tool -L' list them)"
		       : "several tokens fit the URI; say token= or serial=");
}

/* The PIN as a string.  In a file, a newline at the end is not of it. */
static int
read_pin(const struct ferry_token_uri *uri, char pin[PIN_MAX],
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	const char *path = (char *)uri->pin_source.p;
	struct ferry_bytes value;
	int rc;

	if (path == NULL)
		return EVP_read_pw_string(
			   pin, PIN_MAX, "PIN of the token: ", 0) == 0
		           ? 0
		           : ferry_error_set(err, FERRY_EUSAGE,
				 "no PIN: there is no terminal to ask on; say "
				 "?pin-source=file:PATH");
	path += strncmp(path, "file:", 5) == 0 ? 5 : 0;
	rc = ferry_file_read(path, PIN_MAX, &text, err);
	value = ferry_bytes_trim(ferry_bytes_buf(&text));
	if (rc == 0 && value.n >= PIN_MAX)
		rc = ferry_error_set(err, FERRY_EUSAGE, "the PIN is too long");
	if (rc == 0) {
		if (value.n > 0)
			memcpy(pin, value.p, value.n);
		pin[value.n] = 0;
	}
	if (text.p != NULL)
		OPENSSL_cleanse(text.p, text.cap);
	ferry_buf_free(&text);
	return rc;
}

static int
log_in(struct ferry_token *t, const struct ferry_token_uri *uri,
    const CK_TOKEN_INFO *info, struct ferry_error *err)
{
	char pin[PIN_MAX];
	CK_RV rv;
	int rc;

	if ((info->flags & CKF_LOGIN_REQUIRED) == 0)
		return 0;
	/* The reader has keys of its own to type the PIN on. */
	if ((info->flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0) {
		rv = t->p11->C_Login(t->session, CKU_USER, NULL, 0);
		return rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN
		           ? 0
		           : fail(rv, "to log in", err);
	}
	if ((rc = read_pin(uri, pin, err)) == 0) {
		rv = t->p11->C_Login(
		    t->session, CKU_USER, (unsigned char *)pin, strlen(pin));
		if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
			rc = fail(rv, "to log in", err);
	}
	OPENSSL_cleanse(pin, sizeof(pin));
	return rc;
}

/*
 * The one object of a class that has label and id, where they are said.
 * Returns: how many there are, 2 for more; -1.
 */
static int
find_object(const struct ferry_token *t, CK_OBJECT_CLASS class,
    const struct ferry_buf *label, const struct ferry_buf *id,
    CK_OBJECT_HANDLE *out, struct ferry_error *err)
{
	CK_OBJECT_HANDLE found[2];
	CK_ATTRIBUTE want[3];
	CK_ULONG n = 0, count = 0;
	CK_RV rv;

	want[n++] = (CK_ATTRIBUTE){ CKA_CLASS, &class, sizeof(class) };
	if (label->p != NULL)
		want[n++] = (CK_ATTRIBUTE){ CKA_LABEL, label->p, label->n };
	if (id->p != NULL)
		want[n++] = (CK_ATTRIBUTE){ CKA_ID, id->p, id->n };
	if ((rv = t->p11->C_FindObjectsInit(t->session, want, n)) == CKR_OK) {
		rv = t->p11->C_FindObjects(t->session, found, 2, &count);
		(void)t->p11->C_FindObjectsFinal(t->session);
	}
	if (rv != CKR_OK)
		return fail(rv, "to look for the key", err);
	if (count > 0)
		*out = found[0];
	return (int)count;
}

/* Append an attribute of an object; nothing if it has none. */
static int
get_attribute(const struct ferry_token *t, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, struct ferry_buf *out, struct ferry_error *err)
{
	uint8_t value[256];
	CK_ATTRIBUTE a = { type, value, sizeof(value) };

	return t->p11->C_GetAttributeValue(t->session, object, &a, 1) !=
	                   CKR_OK ||
	               a.ulValueLen > sizeof(value)
	           ? 0
	           : ferry_buf_add(out, value, a.ulValueLen, err);
}

/* The point of the public key that belongs to the private one. */
static int
read_public(
    struct ferry_token *t, CK_OBJECT_HANDLE object, struct ferry_error *err)
{
	struct ferry_buf point = FERRY_BUF_INIT;
	struct ferry_bytes raw;
	CK_KEY_TYPE type = 0;
	CK_ATTRIBUTE a = { CKA_KEY_TYPE, &type, sizeof(type) };
	CK_RV rv = t->p11->C_GetAttributeValue(t->session, object, &a, 1);
	int rc = get_attribute(t, object, CKA_EC_POINT, &point, err);

	raw = ferry_bytes_buf(&point);
	if (raw.n == 34 && raw.p[0] == 0x04 && raw.p[1] == 32)
		raw = ferry_bytes_of(raw.p + 2, 32);
	if (rc == 0 && (rv != CKR_OK || type != CKK_EC_EDWARDS || raw.n != 32))
		rc = ferry_error_set(err, FERRY_EFORMAT,
		    "the token's key is not an Ed25519 key");
	if (rc == 0)
		rc = ferry_public_from_raw(&t->public, raw, err);
	ferry_buf_free(&point);
	return rc;
}

/* The private key that the URI means, and the public one of the same id. */
static int
find_key(struct ferry_token *t, const struct ferry_token_uri *uri,
    struct ferry_error *err)
{
	const struct ferry_buf any = FERRY_BUF_INIT;
	struct ferry_buf id = FERRY_BUF_INIT, label = FERRY_BUF_INIT;
	CK_OBJECT_HANDLE public;
	int n = find_object(
	    t, CKO_PRIVATE_KEY, &uri->object, &uri->id, &t->key, err);
	int rc = -1;

	if (n == -1)
		return -1;
	if (n != 1)
		return ferry_error_set(err, FERRY_EUSAGE,
		    n == 0 ? "the token has no private key that fits the URI"
			   : "several keys fit the URI; say object= or id=");
	if (get_attribute(t, t->key, CKA_ID, &id, err) == -1 ||
	    get_attribute(t, t->key, CKA_LABEL, &label, err) == -1)
		goto out;
	n = find_object(t, CKO_PUBLIC_KEY, id.n > 0 ? &any : &label,
	    id.n > 0 ? &id : &any, &public, err);
	if (n == 0)
		ferry_error_set(err, FERRY_EUSAGE,
		    "the token has no public key beside the private one");
	else if (n > 1)
		ferry_error_set(err, FERRY_EUSAGE,
		    "the token has several public keys that may be the "
		    "private one's");
	else if (n == 1)
		rc = read_public(t, public, err);
out:
	ferry_buf_free(&label);
	ferry_buf_free(&id);
	return rc;
}

static int
open_token(struct ferry_token *t, const struct ferry_token_uri *uri,
    struct ferry_error *err)
{
	CK_TOKEN_INFO info = { 0 };
	CK_SLOT_ID slot = 0;
	CK_RV rv;

	if (load_module(t, uri, err) == -1 ||
	    find_slot(t, uri, &slot, &info, err) == -1)
		return -1;
	rv = t->p11->C_OpenSession(
	    slot, CKF_SERIAL_SESSION, NULL, NULL, &t->session);
	if (rv != CKR_OK)
		return fail(rv, "to open a session", err);
	return log_in(t, uri, &info, err) == -1 || find_key(t, uri, err) == -1
	           ? -1
	           : 0;
}

int
ferry_token_open(struct ferry_token **out, const char *text,
    struct ferry_public *public, struct ferry_error *err)
{
	struct ferry_token_uri uri;
	struct ferry_token *t;
	int rc;

	if (ferry_token_uri_parse(&uri, text, err) == -1)
		return -1;
	if ((rc = ferry_calloc(&t, 1, sizeof(*t), err)) == 0) {
		t->session = CK_INVALID_HANDLE;
		if ((rc = open_token(t, &uri, err)) == 0) {
			*public = t->public;
			*out = t;
		} else {
			ferry_token_free(t);
		}
	}
	ferry_token_uri_clear(&uri);
	return rc;
}

void
ferry_token_free(struct ferry_token *t)
{

	if (t == NULL)
		return;
	if (t->session != CK_INVALID_HANDLE)
		(void)t->p11->C_CloseSession(t->session);
	if (t->initialized)
		(void)t->p11->C_Finalize(NULL);
	free(t);
}

int
ferry_token_sign(struct ferry_token *t, struct ferry_bytes text,
    uint8_t signature[FERRY_SIGNATURE], struct ferry_error *err)
{
	CK_MECHANISM eddsa = { CKM_EDDSA, NULL, 0 };
	CK_ULONG n = FERRY_SIGNATURE;
	CK_RV rv = t->p11->C_SignInit(t->session, &eddsa, t->key);
	int rc;

	if (rv == CKR_OK)
		rv = t->p11->C_Sign(t->session,
		    (unsigned char *)(uintptr_t)text.p, text.n, signature, &n);
	if (rv != CKR_OK)
		return fail(rv, "to sign", err);
	rc = n != FERRY_SIGNATURE
	         ? 0
	         : ferry_public_verify(&t->public, text, signature, err);
	return rc == 0   ? ferry_error_set(err, FERRY_ESYSTEM,
			       "the token signed with another key than the "
				 "public one that it shows")
	       : rc == 1 ? 0
	                 : -1;
}

#else /* without p11-kit's header */

int
ferry_token_open(struct ferry_token **out, const char *uri,
    struct ferry_public *public, struct ferry_error *err)
{

	(void)out;
	(void)uri;
	(void)public;
	return ferry_error_set(err, FERRY_EUSAGE,
	    "this ferry was built without PKCS#11 (libp11-kit-dev)");
}

void
ferry_token_free(struct ferry_token *token)
{

	(void)token;
}

int
ferry_token_sign(struct ferry_token *token, struct ferry_bytes text,
    uint8_t signature[FERRY_SIGNATURE], struct ferry_error *err)
{

	(void)token;
	(void)text;
	(void)signature;
	return ferry_error_set(err, FERRY_EUSAGE, "no PKCS#11");
}

#endif
