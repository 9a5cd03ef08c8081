#include "sync/issue/ldap.h"

#include <ldap.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/bytes.h"
#include "store/base/clock.h"
#include "store/base/conf.h"
#include "store/base/error.h"
#include "store/base/file.h"

#define SECRET_MAX 4096
#define DN_MAX 1024
#define AUTHORITIES "/etc/ssl/certs/ca-certificates.crt"

struct ferry_ldap {
	const char *url, *ca_file;
	const char *user_dn; /* with one %s; else base and filter */
	const char *base, *filter;
	const char *bind_dn; /* of who searches; NULL: nobody */
	struct ferry_buf bind_password;
	bool start_tls;
	uint64_t timeout_s;
};

/* One question, until until_ms. */
struct question {
	const struct ferry_ldap *l;
	LDAP *ld;
	uint64_t until_ms;
};

/* Configuration */

/* A pattern: one %s, and no other '%'. */
static int
read_pattern(struct ferry_conf_group *g, const char *name, const char *fallback,
    const char **out, struct ferry_error *err)
{
	const char *percent;

	if (ferry_conf_str(g, name, fallback, out, err) == -1 || *out == NULL)
		return *out == NULL && !ferry_conf_has(g, name) ? 0 : -1;
	percent = strchr(*out, '%');
	return percent != NULL && percent[1] == 's' &&
	               strchr(percent + 1, '%') == NULL &&
	               strlen(*out) < DN_MAX / 2
	           ? 0
	           : ferry_conf_error(g, name, err,
			 "expected '%%s' in it once, where the login goes");
}

/* Whether only this machine hears what is said. */
static bool
is_local(const char *url)
{
	static const char *const hosts[] = { "ldapi://", "ldap://localhost",
		"ldap://127.0.0.1", "ldap://[::1]" };

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		size_t n = strlen(hosts[i]);

		if (strncmp(url, hosts[i], n) == 0 &&
		    (i == 0 || url[n] == 0 || url[n] == ':' || url[n] == '/'))
			return strchr(url, ' ') == NULL;
	}
	return false;
}

static int
read_server(
    struct ferry_ldap *l, struct ferry_conf_group *g, struct ferry_error *err)
{

	if (ferry_conf_need_str(g, "url", &l->url, err) == -1 ||
	    ferry_conf_bool(g, "start_tls", false, &l->start_tls, err) == -1 ||
	    ferry_conf_file(g, "ca_file", &l->ca_file, err) == -1 ||
	    ferry_conf_u64(g, "timeout", 1, 60, 5, &l->timeout_s, err) == -1)
		return -1;
	if (l->ca_file == NULL)
		l->ca_file = AUTHORITIES;
	if (!ldap_is_ldap_url(l->url) && strchr(l->url, ' ') == NULL)
		return ferry_conf_error(g, "url", err,
		    "expected a URL such as \"ldaps://directory.example\"");
	if (l->start_tls && strncmp(l->url, "ldap://", 7) != 0)
		return ferry_conf_error(
		    g, "start_tls", err, "is for ldap:// alone");
	if (strncmp(l->url, "ldaps://", 8) != 0 && !l->start_tls &&
	    !is_local(l->url))
		return ferry_conf_error(g, "url", err,
		    "passwords would travel in the clear; expected ldaps://, "
		    "or start_tls = true");
	return 0;
}

static int
read_search(
    struct ferry_ldap *l, struct ferry_conf_group *g, struct ferry_error *err)
{
	const char *path;

	if (read_pattern(g, "user_dn", NULL, &l->user_dn, err) == -1 ||
	    ferry_conf_str(g, "base", NULL, &l->base, err) == -1 ||
	    read_pattern(g, "filter", "(uid=%s)", &l->filter, err) == -1 ||
	    ferry_conf_str(g, "bind_dn", NULL, &l->bind_dn, err) == -1 ||
	    ferry_conf_file(g, "bind_password_file", &path, err) == -1)
		return -1;
	if ((l->user_dn == NULL) == (l->base == NULL))
		return ferry_conf_error(
		    g, NULL, err, "expected user_dn, or base to search below");
	if ((l->bind_dn == NULL) != (path == NULL))
		return ferry_conf_error(
		    g, NULL, err, "bind_dn and bind_password_file go together");
	if (path == NULL)
		return 0;
	if (ferry_file_read(path, SECRET_MAX, &l->bind_password, err) == -1)
		return -1;
	while (
	    l->bind_password.n > 0 &&
	    strchr("\r\n", l->bind_password.p[l->bind_password.n - 1]) != NULL)
		l->bind_password.n--;
	return l->bind_password.n > 0
	           ? 0
	           : ferry_conf_error(
			 g, "bind_password_file", err, "%s is empty", path);
}

int
ferry_ldap_new(struct ferry_ldap **out, struct ferry_conf_group *group,
    struct ferry_error *err)
{
	struct ferry_ldap *l;

	if (ferry_calloc(&l, 1, sizeof(*l), err) == -1)
		return -1;
	/* What ldap.conf or somebody's home says of certificates shall not
	 * count.  Read by the library at its first use. */
	(void)setenv("LDAPNOINIT", "1", 1);
	if (read_server(l, group, err) == -1 ||
	    read_search(l, group, err) == -1 ||
	    ferry_conf_finish(group, err) == -1) {
		ferry_ldap_free(l);
		return -1;
	}
	*out = l;
	return 0;
}

void
ferry_ldap_free(struct ferry_ldap *l)
{

	if (l == NULL)
		return;
	if (l->bind_password.p != NULL)
		explicit_bzero(l->bind_password.p, l->bind_password.cap);
	ferry_buf_free(&l->bind_password);
	free(l);
}

const char *
ferry_ldap_url(const struct ferry_ldap *l)
{

	return l->url;
}

uint64_t
ferry_ldap_timeout_ms(const struct ferry_ldap *l)
{

	return l->timeout_s * 1000;
}

/* Questions */

/* What the library says, as an error of ours.  The directory's own words are left
 * out: they are not ours to log. */
static int
ferry_error_ldap(struct ferry_error *err, int code, const char *what)
{

	return ferry_error_set(err, FERRY_ENETWORK, "%s: %s%s", what,
	    ldap_err2string(code),
	    code == LDAP_SERVER_DOWN || code == LDAP_CONNECT_ERROR
		? ": it does not answer, or its certificate is not for that "
		  "name or not of the authorities in ca_file"
		: "");
}

/* What is left of the time. */
static struct timeval
time_left(const struct question *q)
{
	uint64_t now = ferry_ticks_ms();
	uint64_t left = q->until_ms > now ? q->until_ms - now : 1;

	return (struct timeval){ (time_t)(left / 1000),
		(suseconds_t)(left % 1000 * 1000) };
}

static int
connect_directory(struct question *q, struct ferry_error *err)
{
	static const int version = LDAP_VERSION3,
			 demand = LDAP_OPT_X_TLS_DEMAND, client = 0;
	struct timeval left = time_left(q);
	int rc = ldap_initialize(&q->ld, q->l->url);

	if (rc != LDAP_SUCCESS)
		return ferry_error_ldap(err, rc, q->l->url);
	if (ldap_set_option(q->ld, LDAP_OPT_PROTOCOL_VERSION, &version) != 0 ||
	    ldap_set_option(q->ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) != 0 ||
	    ldap_set_option(q->ld, LDAP_OPT_RESTART, LDAP_OPT_ON) != 0 ||
	    ldap_set_option(q->ld, LDAP_OPT_TIMEOUT, &left) != 0 ||
	    ldap_set_option(q->ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) != 0 ||
	    ldap_set_option(q->ld, LDAP_OPT_X_TLS_CACERTFILE, q->l->ca_file) !=
		0 ||
	    ldap_set_option(q->ld, LDAP_OPT_X_TLS_NEWCTX, &client) != 0)
		return ferry_error_set(err, FERRY_ECONFIG,
		    "%s: TLS cannot be set up with the authorities in %s",
		    q->l->url, q->l->ca_file);
	if (q->l->start_tls &&
	    (rc = ldap_start_tls_s(q->ld, NULL, NULL)) != LDAP_SUCCESS)
		return ferry_error_ldap(err, rc, q->l->url);
	return 0;
}

/* The result of message id, within the time. */
static int
wait_for(struct question *q, int id, LDAPMessage **out)
{
	struct timeval left = time_left(q);
	int rc = ldap_result(q->ld, id, LDAP_MSG_ALL, &left, out);

	if (rc == 0) {
		(void)ldap_abandon_ext(q->ld, id, NULL, NULL);
		return LDAP_TIMEOUT;
	}
	if (rc == -1)
		(void)ldap_get_option(q->ld, LDAP_OPT_RESULT_CODE, &rc);
	else
		rc = LDAP_SUCCESS;
	return rc;
}

/* Returns: a code of the library's. */
static int
bind_as(struct question *q, const char *dn, const char *password, size_t n)
{
	/* The library takes it as one that it might change, and does not. */
	struct berval secret = { n, (char *)(uintptr_t)password };
	LDAPMessage *message = NULL;
	int id, code, rc;

	rc = ldap_sasl_bind(
	    q->ld, dn, LDAP_SASL_SIMPLE, &secret, NULL, NULL, &id);
	if (rc != LDAP_SUCCESS || (rc = wait_for(q, id, &message)) != 0)
		return rc;
	rc =
	    ldap_parse_result(q->ld, message, &code, NULL, NULL, NULL, NULL, 1);
	return rc != LDAP_SUCCESS ? rc : code;
}

/* Put login, which needs no escapes, into pattern. */
static void
fill(char out[DN_MAX], const char *pattern, const char *login)
{
	const char *percent = strchr(pattern, '%');

	(void)snprintf(out, DN_MAX, "%.*s%s%s", (int)(percent - pattern),
	    pattern, login, percent + 2);
}

/* The name of the one entry that a search found: 1, 0, -1. */
static int
take_entry(struct question *q, LDAPMessage *found, char dn[DN_MAX],
    struct ferry_error *err)
{
	int n = ldap_count_entries(q->ld, found);
	char *name;

	if (n == 0)
		return 0;
	if (n != 1)
		return ferry_error_set(err, FERRY_ECONFIG,
		    "%s has several entries for one login; the filter is not "
		    "narrow enough",
		    q->l->url);
	name = ldap_get_dn(q->ld, ldap_first_entry(q->ld, found));
	if (name == NULL || *name == 0 || strlen(name) >= DN_MAX) {
		ldap_memfree(name);
		return ferry_error_set(err, FERRY_ELIMIT,
		    "%s names an entry strangely", q->l->url);
	}
	memcpy(dn, name, strlen(name) + 1);
	ldap_memfree(name);
	return 1;
}

/* Search for the login's entry: 1 and dn, 0, -1. */
static int
search(struct question *q, const char *login, char dn[DN_MAX],
    struct ferry_error *err)
{
	char none[] = LDAP_NO_ATTRS, *attributes[] = { none, NULL };
	const struct ferry_ldap *l = q->l;
	struct timeval left = time_left(q);
	LDAPMessage *found = NULL;
	char filter[DN_MAX];
	int id, code, rc;

	if (l->bind_dn != NULL &&
	    (rc = bind_as(q, l->bind_dn, (const char *)l->bind_password.p,
		 l->bind_password.n)) != LDAP_SUCCESS)
		return ferry_error_ldap(
		    err, rc, "binding as who searches (bind_dn)");
	fill(filter, l->filter, login);
	rc = ldap_search_ext(q->ld, l->base, LDAP_SCOPE_SUBTREE, filter,
	    attributes, 1, NULL, NULL, &left, 2, &id);
	if (rc == LDAP_SUCCESS)
		rc = wait_for(q, id, &found);
	if (rc != LDAP_SUCCESS)
		return ferry_error_ldap(err, rc, l->url);
	rc = ldap_parse_result(q->ld, found, &code, NULL, NULL, NULL, NULL, 0);
	if (rc == LDAP_SUCCESS)
		rc = code;
	rc = rc == LDAP_SUCCESS || rc == LDAP_SIZELIMIT_EXCEEDED
	         ? take_entry(q, found, dn, err)
	         : ferry_error_ldap(err, rc, l->base);
	(void)ldap_msgfree(found);
	return rc;
}

static int
ask(struct question *q, const char *login, const char *password,
    struct ferry_error *err)
{
	char dn[DN_MAX];
	int rc = connect_directory(q, err);

	if (rc == -1)
		return -1;
	if (q->l->user_dn != NULL)
		fill(dn, q->l->user_dn, login);
	else if ((rc = search(q, login, dn, err)) != 1)
		return rc;
	switch (rc = bind_as(q, dn, password, strlen(password))) {
	case LDAP_SUCCESS:
		return 1;
	case LDAP_INVALID_CREDENTIALS:
	case LDAP_NO_SUCH_OBJECT:
	case LDAP_INAPPROPRIATE_AUTH:
		return 0;
	default:
		return ferry_error_ldap(err, rc, q->l->url);
	}
}

int
ferry_ldap_ask(struct ferry_ldap *l, const char *login, const char *password,
    struct ferry_error *err)
{
	struct question q = { .l = l,
		.until_ms = ferry_ticks_ms() + l->timeout_s * 1000 };
	int rc;

	if (password[0] == 0)
		return 0;
	rc = ask(&q, login, password, err);
	if (q.ld != NULL)
		(void)ldap_unbind_ext(q.ld, NULL, NULL);
	return rc;
}
