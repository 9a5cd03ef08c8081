#include "serve/http/net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "store/base/bytes.h"
#include "store/base/error.h"

static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
	0xff };

bool
ferry_address_parse(const char *text, unsigned char out[16])
{

	if (inet_pton(AF_INET, text, out + 12) == 1) {
		memcpy(out, mapped, sizeof(mapped));
		return true;
	}
	return inet_pton(AF_INET6, text, out) == 1;
}

static bool
address_of(const struct sockaddr *sa, unsigned char out[16])
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	if (sa != NULL && sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		memcpy(out, mapped, sizeof(mapped));
		memcpy(out + 12, &in.sin_addr, 4);
		return true;
	}
	if (sa != NULL && sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		memcpy(out, &in6.sin6_addr, 16);
		return true;
	}
	return false;
}

void
ferry_address_text(const struct sockaddr *sa, char out[FERRY_PEER])
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	out[0] = 0;
	if (sa != NULL && sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		(void)inet_ntop(AF_INET, &in.sin_addr, out, FERRY_PEER);
	} else if (sa != NULL && sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		(void)inet_ntop(AF_INET6, &in6.sin6_addr, out, FERRY_PEER);
	}
}

bool
ferry_address_is_loopback(const struct sockaddr *sa)
{
	unsigned char address[16];

	return address_of(sa, address) &&
	       (memcmp(address, mapped, sizeof(mapped)) == 0
		       ? address[12] == IN_LOOPBACKNET
		       : memcmp(address, &in6addr_loopback, 16) == 0);
}

void
ferry_address_customer(unsigned char address[16])
{

	/* An IPv4 address in an IPv6 one keeps all of its bits. */
	if (memcmp(address, mapped, sizeof(mapped)) != 0)
		memset(address + 8, 0, 8);
}

void
ferry_network_of(const struct sockaddr *sa, unsigned char out[16])
{

	if (!address_of(sa, out))
		memset(out, 0, 16);
	ferry_address_customer(out);
}

int
ferry_networks_add(
    struct ferry_networks *set, const char *text, struct ferry_error *err)
{
	const char *slash = strchr(text, '/');
	size_t n = slash == NULL ? strlen(text) : (size_t)(slash - text);
	char address[INET6_ADDRSTRLEN];
	unsigned char raw[16];
	uint64_t bits = 128;
	bool v4;

	if (set->n == FERRY_NETWORKS)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "more than %d addresses", FERRY_NETWORKS);
	if (n >= sizeof(address))
		goto bad;
	memcpy(address, text, n);
	address[n] = 0;
	if (!ferry_address_parse(address, raw))
		goto bad;
	v4 = strchr(address, ':') == NULL;
	if (slash != NULL) {
		if (ferry_parse_u64(ferry_bytes_str(slash + 1), 0,
			v4 ? 32 : 128, &bits, err) == -1)
			return ferry_error_in(err, "'%s'", text);
		bits += v4 ? 96 : 0;
	}
	memcpy(set->list[set->n].address, raw, sizeof(raw));
	set->list[set->n].bits = (unsigned)bits;
	set->n++;
	return 0;
bad:
	return ferry_error_set(err, FERRY_EFORMAT,
	    "'%s' is not an address such as 10.0.0.1, 10.0.0.0/8 or fd00::/8",
	    text);
}

bool
ferry_networks_has_address(
    const struct ferry_networks *set, const unsigned char address[16])
{

	for (size_t i = 0; i < set->n; i++) {
		unsigned whole = set->list[i].bits / 8;
		unsigned rest = set->list[i].bits % 8;
		const unsigned char *a = set->list[i].address;

		if (memcmp(address, a, whole) == 0 &&
		    (rest == 0 ||
			((address[whole] ^ a[whole]) >> (8 - rest)) == 0))
			return true;
	}
	return false;
}

bool
ferry_networks_has(const struct ferry_networks *set, const struct sockaddr *sa)
{
	unsigned char address[16];

	return set != NULL && address_of(sa, address) &&
	       ferry_networks_has_address(set, address);
}
