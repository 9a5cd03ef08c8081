#ifndef FERRY_SYNC_ISSUE_LDAP_H
#define FERRY_SYNC_ISSUE_LDAP_H

/*
 * Passwords in a directory, by libldap: a bind as the user says whether one is
 * right.  The user's entry is named by a pattern (user_dn), or searched for
 * (base, filter), as nobody or as an account that may search.
 *
 * Each question has a connection of its own, and ends within `timeout` seconds,
 * but for looking up the server's name and for the handshake of TLS, for which the
 * library has no bound (2.5 with GnuTLS: with LDAP_OPT_NETWORK_TIMEOUT it spins
 * instead of waiting).  Who calls ends it.  Certificates are always checked;
 * what is not encrypted is refused but to this machine.  Neither ldap.conf nor
 * the environment counts.
 *
 * Threads: _ask from any thread.
 *
 * Source: ldap_initialize(3), ldap_sasl_bind(3), ldap_search(3),
 *     ldap_set_option(3) of OpenLDAP 2.5; RFC 4513, 5.1.2 (a bind without a
 *     password succeeds as nobody; who calls has made sure that there is one).
 */

#include <stdint.h>

struct ferry_conf_group;
struct ferry_error;
struct ferry_ldap;

/* From the group "ldap", borrowed until _free, which it finishes.
 * Errors: FERRY_ECONFIG, FERRY_ESYSTEM. */
int ferry_ldap_new(struct ferry_ldap **out, struct ferry_conf_group *group,
    struct ferry_error *err);
void ferry_ldap_free(struct ferry_ldap *l); /* NULL is fine */
const char *ferry_ldap_url(const struct ferry_ldap *l);
uint64_t ferry_ldap_timeout_ms(const struct ferry_ldap *l);

/* login is a valid one (people.h): it needs no escapes in a filter or a name.
 * Returns: 1, 0, -1 (FERRY_ENETWORK …: it cannot be found out now). */
int ferry_ldap_ask(struct ferry_ldap *l, const char *login,
    const char *password, struct ferry_error *err);

#endif
