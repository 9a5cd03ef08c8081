#ifndef FERRY_FETCH_REACH_H
#define FERRY_FETCH_REACH_H

/*
 * Where an upstream may send us: which hosts are its own, or the operator's
 * word, and which addresses are for everybody.
 *
 * What a registry answers (redirects, URLs of files, token servers, next pages)
 * names hosts.  Most are on the internet; an address that is not (private,
 * loopback, link-local) is somebody's machine inside, which the registry must
 * not make us speak to.  Such an address is connected to only
 *  1. for a host of a URL that the configuration has,
 *  2. for a host that the operator named (the option hosts), or
 *  3. where one of 1 was reached at that very address.
 * A host of 1 that was reached at a public address does not turn inside within
 * a run.  It is checked at each connection, so names may say what they like.
 *
 * A proxy connects for us: then only addresses in URLs can be judged.
 *
 * Source: RFC 6890 and the registries that it made, for what is not public.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct ferry_error;
struct ferry_reach;

/* One that knows no host yet.  Errors: FERRY_ENOMEM. */
int ferry_reach_new(struct ferry_reach **out, struct ferry_error *err);
void ferry_reach_free(struct ferry_reach *reach);

/* The configuration has this URL for the upstream.  Errors: FERRY_EFORMAT. */
int ferry_reach_add_url(
    struct ferry_reach *reach, const char *url, struct ferry_error *err);
/* The operator names a host: HOST or HOST:PORT, or a pattern of such. */
int ferry_reach_add_host(
    struct ferry_reach *reach, const char *pattern, struct ferry_error *err);

/* Whether the host of url is the upstream's own or was named: its private CA
 * may vouch for it. */
bool ferry_reach_names(const struct ferry_reach *reach, const char *url);

/*
 * Whether url may be asked at an address: 0, or -1.  An address of a host of
 * the upstream's own is remembered.
 * Errors: FERRY_EDENIED.
 */
int ferry_reach_check(struct ferry_reach *reach, const char *url,
    const struct sockaddr *address, struct ferry_error *err);
/* The same where a proxy connects: only a URL that has an address for a host
 * can be judged. */
int ferry_reach_check_url(
    struct ferry_reach *reach, const char *url, struct ferry_error *err);

/* Whether an address is of the internet, for everybody. */
bool ferry_reach_is_public(const struct sockaddr *address);

#endif
