#ifndef FERRY_SYNC_BOX_CLIENTS_H
#define FERRY_SYNC_BOX_CLIENTS_H

/*
 * Clients that are told of one ferryd: a home of their own, with their files,
 * and what their environment says.  A home that is new has no caches either, so
 * that they ask for all that they use.
 */

#include <stddef.h>

struct ferry_error;

struct ferry_clients {
	const char *home; /* an empty folder */
	const char *url; /* of ferryd, without a final '/': "http://…:PORT" */
	const char *host; /* of it: "127.0.0.1:PORT" */
	const char *token; /* or NULL */
	/* Registries of images, by their hosts, which it has below /v2/HOST. */
	const char *const *registries;
	size_t registries_n;
};

/* Write the files.  Errors: FERRY_ESYSTEM, FERRY_ENOMEM. */
int ferry_clients_write(
    const struct ferry_clients *clients, struct ferry_error *err);
/* Set the environment of this process.  Errors: FERRY_ENOMEM. */
int ferry_clients_environment(
    const struct ferry_clients *clients, struct ferry_error *err);

#endif
