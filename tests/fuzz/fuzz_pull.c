/* Messages between ferryd and the puller: what is read can be written, and is
 * the same when it is read again. */

#include <string.h>

#include "fuzz.h"
#include "store/base/error.h"
#include "store/pull/message.h"

static void
check_ask(struct ferry_bytes packet)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_pull_ask ask, again;

	if (ferry_pull_ask_read(&ask, packet, &err) == -1) {
		FUZZ_CHECK(
		    err.code == FERRY_EFORMAT || err.code == FERRY_ELIMIT);
		return;
	}
	FUZZ_CHECK(ask.upstreams_n <= FERRY_PULL_UPSTREAMS);
	FUZZ_CHECK(ferry_pull_ask_write(&ask, &text, &err) == 0);
	FUZZ_CHECK(
	    ferry_pull_ask_read(&again, ferry_bytes_buf(&text), &err) == 0);
	FUZZ_CHECK(again.id == ask.id && again.want.what == ask.want.what &&
		   again.stream == ask.stream &&
		   again.upstreams_n == ask.upstreams_n);
	FUZZ_CHECK(strcmp(again.want.package, ask.want.package) == 0);
	FUZZ_CHECK(strcmp(again.want.version, ask.want.version) == 0);
	ferry_buf_free(&text);
}

static void
check_said(struct ferry_bytes packet)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_pull_said said, again;

	if (ferry_pull_said_read(&said, packet, &err) == -1) {
		FUZZ_CHECK(
		    err.code == FERRY_EFORMAT || err.code == FERRY_ELIMIT);
		return;
	}
	FUZZ_CHECK(said.word < FERRY_PULL_WORDS);
	FUZZ_CHECK(strnlen(said.text, FERRY_PULL_TEXT) < FERRY_PULL_TEXT);
	FUZZ_CHECK(ferry_pull_said_write(&said, &text, &err) == 0);
	FUZZ_CHECK(
	    ferry_pull_said_read(&again, ferry_bytes_buf(&text), &err) == 0);
	FUZZ_CHECK(again.id == said.id && again.word == said.word &&
		   again.size == said.size && again.fresh_s == said.fresh_s);
	ferry_buf_free(&text);
}

static int
on_use(void *ctx, const struct ferry_pull_use *use, struct ferry_error *err)
{

	(void)ctx;
	(void)err;
	FUZZ_CHECK(use->format[0] != 0 && use->upstream[0] != 0 &&
		   use->package[0] != 0 && use->what[0] != 0);
	FUZZ_CHECK(strnlen(use->what, FERRY_PULL_NAME) < FERRY_PULL_NAME);
	return 0;
}

static int
on_count(
    void *ctx, const struct ferry_pull_count *count, struct ferry_error *err)
{

	(void)ctx;
	(void)err;
	FUZZ_CHECK(count->format[0] != 0 && count->upstream[0] != 0);
	FUZZ_CHECK(count->hits <= INT64_MAX && count->saved <= INT64_MAX);
	return 0;
}

static void
check_uses(struct ferry_bytes packet)
{
	const struct ferry_pull_on_uses on = { on_use, on_count, NULL };
	struct ferry_error err = FERRY_ERROR_INIT;

	if (ferry_pull_uses_read(packet, &on, &err) == -1)
		FUZZ_CHECK(
		    err.code == FERRY_EFORMAT || err.code == FERRY_ELIMIT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{

	check_ask(ferry_bytes_of(data, size));
	check_said(ferry_bytes_of(data, size));
	check_uses(ferry_bytes_of(data, size));
	return 0;
}
