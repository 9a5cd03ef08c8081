#ifndef FERRY_SERVE_HTTP_TLS_H
#define FERRY_SERVE_HTTP_TLS_H

/* What TLS is given, looked at before a server starts with it: the library
 * says of all of it only that it cannot start. */

struct ferry_error;

/*
 * Whether certificate (a chain) and key, texts in PEM, belong together, and
 * priorities is a priority string of GnuTLS.
 *
 * Returns: 0; -1 with err, and *option the option that is wrong.
 * Errors: FERRY_ECONFIG, FERRY_ENOMEM.
 */
int ferry_tls_check(const char *certificate, const char *key,
    const char *priorities, const char **option, struct ferry_error *err);

#endif
