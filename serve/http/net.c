#include "serve/http/net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "store/base/bytes.h"
#include "store/base/error.h"

static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
	0xff };

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
	v4 = inet_pton(AF_INET, address, raw + 12) == 1;
	if (v4)
		memcpy(raw, mapped, sizeof(mapped));
	else if (inet_pton(AF_INET6, address, raw) != 1)
		goto bad;
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
ferry_networks_has(const struct ferry_networks *set, const struct sockaddr *sa)
{
	unsigned char raw[16];

	if (set == NULL || set->n == 0 || sa == NULL)
		return false;
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		memcpy(raw, mapped, sizeof(mapped));
		memcpy(raw + 12, &in.sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		memcpy(raw, &in6.sin6_addr, sizeof(raw));
	} else {
		return false;
	}
	for (size_t i = 0; i < set->n; i++) {
		unsigned whole = set->list[i].bits / 8;
		unsigned rest = set->list[i].bits % 8;
		const unsigned char *a = set->list[i].address;

		if (memcmp(raw, a, whole) == 0 &&
		    (rest == 0 || ((raw[whole] ^ a[whole]) >> (8 - rest)) == 0))
			return true;
	}
	return false;
}
