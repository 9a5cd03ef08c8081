#ifndef FERRY_SYNC_UPSTREAM_OCI_AUTH_H
#define FERRY_SYNC_UPSTREAM_OCI_AUTH_H

/*
 * How an OCI registry lets us in: the gate of the upstream's origin.
 *
 * Nothing is sent until the registry asks for it.  Basic gets user and
 * password, or what netrc has for the host.  Bearer gets a token of the realm
 * that the challenge names: one a scope, kept until shortly before it expires,
 * asked for once however many requests wait for it, and anew when the registry
 * says that it is no good.
 *
 * Where credentials go: to the registry's own scheme, host and port.  A realm
 * elsewhere gets them if realm_host names it (HOST, at the scheme's own port, or
 * HOST:PORT), or if it is Docker Hub's.  Else, if registry and realm have
 * TLS, the realm that a store is told of first gets them and is remembered, as
 * that is how the large registries work; another one, later, does not.  netrc
 * is looked up by host, so it is for the first three only: a registry must not
 * choose whose password is sent where.  A registry with TLS cannot name a realm
 * without.
 * For the same reason a challenge's scope counts only if it is of the
 * repository that was asked for.
 *
 * Source: store/format/oci/PROTOCOL.md, section 5.
 */

#include <stdint.h>

#include "sync/fetch/fetch.h"

struct ferry_run;
struct ferry_upstream;
struct oci_auth;

/*
 * Becomes the gate of up->origin, whose user, password and netrc it takes over.
 * user and realm_host may be NULL and are borrowed.  Free after the fetch.
 */
int ferry_oci_auth_new(struct oci_auth **out, struct ferry_upstream *up,
    const char *user, const char *realm_host, struct ferry_error *err);
/* Before the first request. */
void ferry_oci_auth_start(struct oci_auth *auth, struct ferry_run *run);
void ferry_oci_auth_free(struct oci_auth *auth);

#endif
