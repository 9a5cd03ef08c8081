#include "sync/issue/accounts.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/base/bytes.h"
#include "store/base/conf.h"
#include "store/base/error.h"
#include "sync/issue/htpasswd.h"
#include "sync/issue/ldap.h"

#define FILE_MS 3000 /* for a hash that was made to take its time */

struct ferry_accounts {
	const char *htpasswd; /* or NULL */
	struct ferry_ldap *ldap; /* or NULL */
	char text[600];
};

static int
read_group(struct ferry_accounts *a, struct ferry_conf_group *group,
    struct ferry_error *err)
{
	struct ferry_conf_group *ldap;

	if (ferry_conf_file(group, "htpasswd", &a->htpasswd, err) == -1 ||
	    (a->htpasswd != NULL &&
		ferry_htpasswd_check(a->htpasswd, err) == -1) ||
	    ferry_conf_group(group, "ldap", &ldap, err) == -1)
		return -1;
	if (ferry_conf_has(group, "ldap") &&
	    ferry_ldap_new(&a->ldap, ldap, err) == -1)
		return -1;
	if (a->htpasswd == NULL && a->ldap == NULL)
		return ferry_conf_error(group, NULL, err,
		    "the group issue names nobody who has a password; expected "
		    "htpasswd, ldap, or both");
	(void)snprintf(a->text, sizeof(a->text), "%s%s%s",
	    a->htpasswd == NULL ? "" : a->htpasswd,
	    a->htpasswd == NULL || a->ldap == NULL ? "" : ", then ",
	    a->ldap == NULL ? "" : ferry_ldap_url(a->ldap));
	return 0;
}

int
ferry_accounts_new(struct ferry_accounts **out, struct ferry_conf_group *group,
    struct ferry_error *err)
{
	struct ferry_accounts *a;

	if (ferry_calloc(&a, 1, sizeof(*a), err) == -1)
		return -1;
	if (read_group(a, group, err) == -1) {
		ferry_accounts_free(a);
		return -1;
	}
	*out = a;
	return 0;
}

void
ferry_accounts_free(struct ferry_accounts *a)
{

	if (a == NULL)
		return;
	ferry_ldap_free(a->ldap);
	free(a);
}

uint64_t
ferry_accounts_timeout_ms(const struct ferry_accounts *a)
{

	return a->ldap == NULL ? FILE_MS
	                       : FILE_MS + ferry_ldap_timeout_ms(a->ldap);
}

const char *
ferry_accounts_text(const struct ferry_accounts *a)
{

	return a->text;
}

int
ferry_accounts_ask(struct ferry_accounts *a, const char *login,
    const char *password, struct ferry_error *err)
{
	int rc;

	/* To a directory it would say "nobody in particular", which is let in. */
	if (password[0] == 0)
		return 0;
	if (a->htpasswd != NULL) {
		rc = ferry_htpasswd_ask(a->htpasswd, login, password, err);
		if (rc == -1 || rc == FERRY_HTPASSWD_RIGHT)
			return rc == -1 ? -1 : 1;
		if (rc == FERRY_HTPASSWD_WRONG)
			return 0;
	}
	return a->ldap == NULL ? 0
	                       : ferry_ldap_ask(a->ldap, login, password, err);
}
