/* The bytes of HTTP requests, and what proxies say of clients. */

#include <string.h>

#include "fuzz.h"
#include "serve/http/forwarded.h"
#include "serve/http/net.h"
#include "serve/http/wire.h"
#include "store/base/error.h"

/* In whatever pieces the bytes come, the verdict is the same, and requests that
 * are sound do not change by what is behind them. */
static void
check_pieces(struct ferry_bytes text)
{
	struct ferry_wire whole, one;
	size_t sound, i;

	ferry_wire_init(&whole);
	sound = ferry_wire_feed(&whole, text.p, text.n);
	FUZZ_CHECK(sound <= text.n);
	FUZZ_CHECK(whole.phase == FERRY_WIRE_REFUSED || sound == text.n);
	ferry_wire_init(&one);
	for (i = 0; i < text.n && one.phase != FERRY_WIRE_REFUSED; i++)
		FUZZ_CHECK(ferry_wire_feed(&one, text.p + i, 1) ==
			   (one.phase != FERRY_WIRE_REFUSED));
	FUZZ_CHECK(one.phase == whole.phase && one.status == whole.status);
	FUZZ_CHECK(one.requests == whole.requests);
	if (whole.phase != FERRY_WIRE_REFUSED)
		return;
	FUZZ_CHECK(whole.reason != NULL && whole.status >= 400);
	ferry_wire_init(&one);
	FUZZ_CHECK(ferry_wire_feed(&one, text.p, sound) == sound);
	FUZZ_CHECK(
	    one.phase == FERRY_WIRE_IDLE && one.requests == whole.requests);
}

static void
check_forwarded(struct ferry_bytes text)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_networks proxies = { 0 };
	struct ferry_forwarded f;
	unsigned char address[16];

	(void)ferry_networks_add(&proxies, "10.0.0.0/8", &err);
	ferry_forwarded_read(&f, text, text, text, &proxies);
	FUZZ_CHECK(f.peer[0] == 0 || ferry_address_parse(f.peer, address));
	FUZZ_CHECK(strchr(f.host, ',') == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{

	check_pieces(ferry_bytes_of(data, size));
	check_forwarded(ferry_bytes_of(data, size));
	return 0;
}
