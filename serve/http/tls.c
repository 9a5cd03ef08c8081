#include "serve/http/tls.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdint.h>
#include <string.h>

#include "store/base/error.h"

static int
refuse(struct ferry_error *err, int code, const char *what)
{

	return ferry_error_set(err,
	    code == GNUTLS_E_MEMORY_ERROR ? FERRY_ENOMEM : FERRY_ECONFIG,
	    "%s: %s", what, gnutls_strerror(code));
}

/* A private key is an error of its own, not one of the pair. */
static int
check_key(const gnutls_datum_t *pem, struct ferry_error *err)
{
	gnutls_x509_privkey_t key = NULL;
	int rc = gnutls_x509_privkey_init(&key);

	if (rc == 0)
		rc = gnutls_x509_privkey_import2(
		    key, pem, GNUTLS_X509_FMT_PEM, NULL, 0);
	gnutls_x509_privkey_deinit(key);
	return rc < 0 ? refuse(err, rc, "is not a private key in PEM") : 0;
}

static int
check_chain(const gnutls_datum_t *pem, struct ferry_error *err)
{
	gnutls_x509_crt_t *list = NULL;
	unsigned n = 0;
	int rc = gnutls_x509_crt_list_import2(
	    &list, &n, pem, GNUTLS_X509_FMT_PEM, 0);

	for (unsigned i = 0; rc >= 0 && i < n; i++)
		gnutls_x509_crt_deinit(list[i]);
	if (rc >= 0)
		gnutls_free(list);
	return rc < 0 ? refuse(err, rc, "is not a certificate in PEM") : 0;
}

int
ferry_tls_check(const char *certificate, const char *key,
    const char *priorities, const char **option, struct ferry_error *err)
{
	/* The library changes neither. */
	const gnutls_datum_t chain_pem = {
		(unsigned char *)(uintptr_t)certificate,
		(unsigned)strlen(certificate)
	};
	const gnutls_datum_t key_pem = { (unsigned char *)(uintptr_t)key,
		(unsigned)strlen(key) };
	gnutls_certificate_credentials_t both = NULL;
	gnutls_priority_t spoken = NULL;
	const char *at = priorities;
	int rc;

	*option = "tls_certificate";
	if (check_chain(&chain_pem, err) == -1)
		return -1;
	*option = "tls_key";
	if (check_key(&key_pem, err) == -1)
		return -1;
	if ((rc = gnutls_certificate_allocate_credentials(&both)) < 0)
		return refuse(err, rc, "cannot be looked at");
	rc = gnutls_certificate_set_x509_key_mem(
	    both, &chain_pem, &key_pem, GNUTLS_X509_FMT_PEM);
	gnutls_certificate_free_credentials(both);
	if (rc < 0)
		return refuse(err, rc, "does not belong to tls_certificate");
	*option = "tls_priorities";
	if ((rc = gnutls_priority_init(&spoken, priorities, &at)) != 0)
		return ferry_error_set(err, FERRY_ECONFIG,
		    "GnuTLS does not take '%.80s': %s", at,
		    gnutls_strerror(rc));
	gnutls_priority_deinit(spoken);
	return 0;
}
