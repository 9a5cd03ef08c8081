#include "serve/http/forwarded.h"

#include <string.h>
#include <strings.h>

#include "serve/http/net.h"

/* Take the last entry off list; false if there is none. */
static bool
take_last(struct ferry_bytes *list, struct ferry_bytes *out)
{

	while (list->n > 0) {
		const uint8_t *comma = memrchr(list->p, ',', list->n);
		const uint8_t *from = comma == NULL ? list->p : comma + 1;
		const uint8_t *end = list->p + list->n;

		while (from < end && (*from == ' ' || *from == '\t'))
			from++;
		while (end > from && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		*out = ferry_bytes_of(from, (size_t)(end - from));
		list->n = comma == NULL ? 0 : (size_t)(comma - list->p);
		/* Empty ones are none: RFC 9110, 5.6.1. */
		if (out->n > 0)
			return true;
	}
	return false;
}

/* "10.0.0.1", "10.0.0.1:80", "fd00::1", "[fd00::1]" or "[fd00::1]:80". */
static bool
read_address(struct ferry_bytes s, char text[FERRY_PEER], unsigned char out[16])
{
	const uint8_t *end;

	if (s.n > 0 && s.p[0] == '[') {
		end = memchr(s.p, ']', s.n);
		if (end == NULL)
			return false;
		s = ferry_bytes_of(s.p + 1, (size_t)(end - s.p) - 1);
	} else if ((end = memchr(s.p, ':', s.n)) != NULL &&
		   memchr(s.p, '.', s.n) != NULL &&
		   memrchr(s.p, ':', s.n) == end) {
		s.n = (size_t)(end - s.p);
	}
	if (s.n == 0 || s.n >= FERRY_PEER)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	return ferry_address_parse(text, out);
}

/* The client's address.  Returns how many entries of the list our proxies
 * wrote: the client's is the last of them from the end. */
static size_t
read_peer(struct ferry_forwarded *out, struct ferry_bytes peers,
    const struct ferry_networks *proxies)
{
	char text[FERRY_PEER];
	unsigned char address[16];
	struct ferry_bytes one;
	size_t n = 0;

	while (take_last(&peers, &one) && read_address(one, text, address)) {
		n++;
		memcpy(out->peer, text, sizeof(text));
		if (!ferry_networks_has_address(proxies, address))
			break;
	}
	return n;
}

/* The entry number written from the end, or else the first. */
static void
read_entry(char *out, size_t room, struct ferry_bytes list, size_t written)
{
	struct ferry_bytes one, found = { NULL, 0 };
	size_t n = 0;

	while ((n == 0 || n != written) && take_last(&list, &one)) {
		found = one;
		n++;
	}
	if (found.n > 0 && found.n < room) {
		memcpy(out, found.p, found.n);
		out[found.n] = 0;
	}
}

void
ferry_forwarded_read(struct ferry_forwarded *out, struct ferry_bytes peers,
    struct ferry_bytes hosts, struct ferry_bytes protos,
    const struct ferry_networks *proxies)
{
	size_t written;

	*out = (struct ferry_forwarded){ "", "", "" };
	written = read_peer(out, peers, proxies);
	read_entry(out->host, sizeof(out->host), hosts, written);
	read_entry(out->proto, sizeof(out->proto), protos, written);
	if (strcasecmp(out->proto, "http") != 0 &&
	    strcasecmp(out->proto, "https") != 0)
		out->proto[0] = 0;
}
