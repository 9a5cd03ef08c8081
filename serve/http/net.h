#ifndef FERRY_NETWORKS_H
#define FERRY_NETWORKS_H

/* Sets of addresses: "127.0.0.1", "10.0.0.0/8", "2001:db8::/32". */

#include <stdbool.h>
#include <stddef.h>

#include "serve/http/forwarded.h"

struct ferry_error;
struct sockaddr;

/* An address as 16 bytes, an IPv4 one as ::ffff:a.b.c.d; false if text is
 * none. */
bool ferry_address_parse(const char *text, unsigned char out[16]);
/* As text; "" for other families and NULL. */
void ferry_address_text(const struct sockaddr *sa, char out[FERRY_PEER]);
/* Whether it is this machine's own; false for other families and NULL. */
bool ferry_address_is_loopback(const struct sockaddr *sa);
/* What a provider gives to one customer: of IPv6 the first 64 bits. */
void ferry_address_customer(unsigned char address[16]);
/* The customer's of sa; zeros for other families. */
void ferry_network_of(const struct sockaddr *sa, unsigned char out[16]);

#define FERRY_NETWORKS 32
struct ferry_networks {
	size_t n;
	struct {
		unsigned char address[16]; /* IPv4 as ::ffff:a.b.c.d */
		unsigned bits;
	} list[FERRY_NETWORKS];
};

/* Errors: FERRY_EFORMAT; FERRY_ELIMIT when the set is full. */
int ferry_networks_add(
    struct ferry_networks *set, const char *text, struct ferry_error *err);
bool ferry_networks_has_address(
    const struct ferry_networks *set, const unsigned char address[16]);
/* Whether an address is in it; false for other families and NULL. */
bool
ferry_networks_has(const struct ferry_networks *set, const struct sockaddr *sa);

#endif
