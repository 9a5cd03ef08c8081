/* Messages between ferryd and the issuer: what is read can be written, and is the
 * same when it is read again. */

#include <string.h>

#include "fuzz.h"
#include "store/base/error.h"
#include "store/issue/message.h"

static void
check_ask(struct ferry_bytes packet)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_issue_ask ask, again;

	if (ferry_issue_ask_read(&ask, packet, &err) == -1) {
		FUZZ_CHECK(
		    err.code == FERRY_EFORMAT || err.code == FERRY_ELIMIT);
		return;
	}
	FUZZ_CHECK(ask.what < FERRY_ISSUE_WHATS);
	FUZZ_CHECK(ferry_issue_ask_write(&ask, &text, &err) == 0);
	FUZZ_CHECK(
	    ferry_issue_ask_read(&again, ferry_bytes_buf(&text), &err) == 0);
	FUZZ_CHECK(again.id == ask.id && again.what == ask.what &&
		   again.life_s == ask.life_s);
	FUZZ_CHECK(strcmp(again.login, ask.login) == 0);
	FUZZ_CHECK(strcmp(again.password, ask.password) == 0);
	FUZZ_CHECK(strcmp(again.note, ask.note) == 0);
	ferry_buf_free(&text);
}

static void
check_said(struct ferry_bytes packet)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_issue_said said, again;

	if (ferry_issue_said_read(&said, packet, &err) == -1) {
		FUZZ_CHECK(
		    err.code == FERRY_EFORMAT || err.code == FERRY_ELIMIT);
		return;
	}
	FUZZ_CHECK(said.word < FERRY_ISSUE_WORDS);
	FUZZ_CHECK(ferry_issue_said_write(&said, &text, &err) == 0);
	FUZZ_CHECK(
	    ferry_issue_said_read(&again, ferry_bytes_buf(&text), &err) == 0);
	FUZZ_CHECK(again.id == said.id && again.word == said.word &&
		   again.wait_s == said.wait_s);
	FUZZ_CHECK((again.tokens == NULL) == (said.tokens == NULL));
	ferry_issue_said_clear(&again);
	ferry_issue_said_clear(&said);
	ferry_buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{

	check_ask(ferry_bytes_of(data, size));
	check_said(ferry_bytes_of(data, size));
	return 0;
}
