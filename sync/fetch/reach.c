#include "sync/fetch/reach.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/bytes.h"
#include "store/base/error.h"
#include "store/base/glob.h"
#include "sync/fetch/fetch.h"

#define HOST_MAX 256
#define INSIDE_MAX 32 /* addresses that are remembered */

struct own {
	char *host;
	bool was_public; /* reached at a public address */
};

struct ferry_reach {
	struct own *own;
	size_t own_n, own_cap;
	char **named;
	size_t named_n, named_cap;
	/* Where hosts of the upstream's own were reached inside; IPv4 as
	 * ::ffff:a.b.c.d. */
	struct in6_addr inside[INSIDE_MAX];
	size_t inside_n;
};

int
ferry_reach_new(struct ferry_reach **out, struct ferry_error *err)
{

	return ferry_calloc(out, 1, sizeof(**out), err);
}

void
ferry_reach_free(struct ferry_reach *reach)
{

	if (reach == NULL)
		return;
	for (size_t i = 0; i < reach->own_n; i++)
		free(reach->own[i].host);
	for (size_t i = 0; i < reach->named_n; i++)
		free(reach->named[i]);
	free(reach->own);
	free(reach->named);
	free(reach);
}

/* The host of url, an address without brackets, and its port. */
static int
read_peer(char host[HOST_MAX], unsigned *port, const char *url,
    struct ferry_error *err)
{
	size_t n;

	if (ferry_fetch_url_host(host, HOST_MAX, url, err) == -1 ||
	    ferry_fetch_url_port(port, url, err) == -1)
		return -1;
	n = strlen(host);
	if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		memmove(host, host + 1, n - 2);
		host[n - 2] = 0;
	} else if (n > 1 && host[n - 1] == '.') {
		host[n - 1] = 0;
	}
	return 0;
}

int
ferry_reach_add_url(
    struct ferry_reach *reach, const char *url, struct ferry_error *err)
{
	char host[HOST_MAX];
	unsigned port;

	if (read_peer(host, &port, url, err) == -1 ||
	    ferry_array_grow(&reach->own, &reach->own_cap, reach->own_n + 1,
		sizeof(*reach->own), err) == -1 ||
	    ferry_strdup(&reach->own[reach->own_n].host, host, err) == -1)
		return -1;
	reach->own[reach->own_n++].was_public = false;
	return 0;
}

int
ferry_reach_add_host(
    struct ferry_reach *reach, const char *pattern, struct ferry_error *err)
{

	if (ferry_array_grow(&reach->named, &reach->named_cap,
		reach->named_n + 1, sizeof(*reach->named), err) == -1 ||
	    ferry_strdup(&reach->named[reach->named_n], pattern, err) == -1)
		return -1;
	for (char *p = reach->named[reach->named_n++]; *p != 0; p++)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
	return 0;
}

/* The entry of a host, or NULL. */
static struct own *
find_own(const struct ferry_reach *reach, const char *host)
{

	for (size_t i = 0; i < reach->own_n; i++)
		if (strcmp(reach->own[i].host, host) == 0)
			return &reach->own[i];
	return NULL;
}

static bool
is_named(const struct ferry_reach *reach, const char *host, unsigned port)
{
	char both[HOST_MAX + 8];

	(void)snprintf(both, sizeof(both), "%s:%u", host, port);
	for (size_t i = 0; i < reach->named_n; i++)
		if (ferry_glob(reach->named[i], host) ||
		    ferry_glob(reach->named[i], both))
			return true;
	return false;
}

bool
ferry_reach_names(const struct ferry_reach *reach, const char *url)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	char host[HOST_MAX];
	unsigned port;

	return read_peer(host, &port, url, &ignored) == 0 &&
	       (find_own(reach, host) != NULL || is_named(reach, host, port));
}

/* Addresses */

static bool
is_public_4(const uint8_t a[4])
{
	static const struct {
		uint8_t net[4];
		unsigned bits;
	} inside[] = {
		{ { 0 }, 8 }, { { 10 }, 8 }, { { 100, 64 }, 10 },
		{ { 127 }, 8 }, { { 169, 254 }, 16 }, { { 172, 16 }, 12 },
		{ { 192, 0, 0 }, 24 }, { { 192, 168 }, 16 },
		{ { 198, 18 }, 15 },
		{ { 224 }, 3 }, /* multicast, and reserved */
	};
	uint32_t address = (uint32_t)a[0] << 24 | (uint32_t)a[1] << 16 |
	                   (uint32_t)a[2] << 8 | a[3];

	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
		const uint8_t *n = inside[i].net;
		uint32_t net = (uint32_t)n[0] << 24 | (uint32_t)n[1] << 16 |
		               (uint32_t)n[2] << 8 | n[3];

		if ((address ^ net) >> (32 - inside[i].bits) == 0)
			return false;
	}
	return true;
}

static bool
is_public_6(const uint8_t a[16])
{
	static const uint8_t zeros[12], nat64[12] = { 0, 0x64, 0xff, 0x9b };

	if (IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)(const void *)a) ||
	    memcmp(a, nat64, 12) == 0 || memcmp(a, zeros, 12) == 0)
		return is_public_4(a + 12);
	if (a[0] == 0x20 && a[1] == 0x02) /* 6to4 */
		return is_public_4(a + 2);
	/* 2000::/3 is what the internet uses of the rest. */
	return (a[0] & 0xe0) == 0x20;
}

/* Returns: 0; -1 for what is no address of IP. */
static int
address_of(const struct sockaddr *address, struct in6_addr *out)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (address->sa_family == AF_INET6) {
		*out = ((const struct sockaddr_in6 *)(const void *)address)
		           ->sin6_addr;
		return 0;
	}
	if (address->sa_family != AF_INET)
		return -1;
	memcpy(out->s6_addr, mapped, 12);
	memcpy(out->s6_addr + 12,
	    &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
	return 0;
}

bool
ferry_reach_is_public(const struct sockaddr *address)
{
	struct in6_addr a;

	return address_of(address, &a) == 0 && is_public_6(a.s6_addr);
}

static bool
is_inside(const struct ferry_reach *reach, const struct in6_addr *a)
{

	for (size_t i = 0; i < reach->inside_n; i++)
		if (memcmp(&reach->inside[i], a, sizeof(*a)) == 0)
			return true;
	return false;
}

static int
set_denied(const char *host, const struct in6_addr *a, const char *why,
    struct ferry_error *err)
{
	char text[INET6_ADDRSTRLEN] = "?";

	if (IN6_IS_ADDR_V4MAPPED(a))
		(void)inet_ntop(AF_INET, a->s6_addr + 12, text, sizeof(text));
	else
		(void)inet_ntop(AF_INET6, a, text, sizeof(text));
	return ferry_error_set(err, FERRY_EDENIED,
	    "%.100s is at %s, an address that is not public%s; if ferry is to "
	    "speak to it, name it in 'hosts' of the upstream",
	    host, text, why);
}

int
ferry_reach_check(struct ferry_reach *reach, const char *url,
    const struct sockaddr *address, struct ferry_error *err)
{
	char host[HOST_MAX];
	struct in6_addr a;
	struct own *own;
	unsigned port;

	if (read_peer(host, &port, url, err) == -1)
		return -1;
	if (address_of(address, &a) == -1)
		return ferry_error_set(
		    err, FERRY_EDENIED, "%s has no address of IP", host);
	own = find_own(reach, host);
	if (is_public_6(a.s6_addr)) {
		if (own != NULL)
			own->was_public = true;
		return 0;
	}
	if (is_named(reach, host, port))
		return 0;
	if (own == NULL)
		return is_inside(reach, &a) ? 0 : set_denied(host, &a, "", err);
	if (own->was_public && !is_inside(reach, &a))
		return set_denied(
		    host, &a, ", though it was at one that is before", err);
	if (!is_inside(reach, &a) && reach->inside_n < INSIDE_MAX)
		reach->inside[reach->inside_n++] = a;
	return 0;
}

int
ferry_reach_check_url(
    struct ferry_reach *reach, const char *url, struct ferry_error *err)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	char host[HOST_MAX];
	unsigned port;
	size_t n;

	if (read_peer(host, &port, url, err) == -1)
		return -1;
	n = strlen(host);
	if (strcmp(host, "localhost") == 0 ||
	    (n > 10 && strcmp(host + n - 10, ".localhost") == 0)) {
		in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return ferry_reach_check(
		    reach, url, (struct sockaddr *)&in, err);
	}
	if (inet_pton(AF_INET, host, &in.sin_addr) == 1)
		return ferry_reach_check(
		    reach, url, (struct sockaddr *)&in, err);
	if (inet_pton(AF_INET6, host, &in6.sin6_addr) == 1)
		return ferry_reach_check(
		    reach, url, (struct sockaddr *)&in6, err);
	return 0;
}
