#include "sync/pull/absent.h"

#include <stdio.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/error.h"

#define ABSENT_MAX 10000

struct absent {
	struct ferry_table_entry entry;
	uint64_t until_ms;
	char text[FERRY_PULL_TEXT];
};

void
ferry_absents_free(struct ferry_absents *absents)
{

	ferry_table_free(&absents->table, NULL);
}

/* Who may ask elsewhere may find it there. */
static int
make_key(const struct ferry_pull_ask *ask, struct ferry_buf *key,
    struct ferry_error *err)
{

	if (ferry_buf_addf(key, err, "%s\n%s\n%s\n%s", ask->want.format,
		ask->want.package, ask->want.version, ask->want.file) == -1)
		return -1;
	for (size_t i = 0; i < ask->upstreams_n; i++)
		if (ferry_buf_addf(key, err, "\n%s", ask->upstreams[i]) == -1)
			return -1;
	return 0;
}

void
ferry_absents_add(struct ferry_absents *absents,
    const struct ferry_pull_ask *ask, const char *text)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf key = FERRY_BUF_INIT;
	struct absent *absent = NULL;

	/* Nothing is removed from a table: now and then it starts anew. */
	if (absents->table.n >= ABSENT_MAX) {
		ferry_table_free(&absents->table, NULL);
		absents->table = (struct ferry_table){ .n = 0 };
	}
	if (make_key(ask, &key, &ignored) == 0 &&
	    (absent = (struct absent *)ferry_table_find(
		 &absents->table, (const char *)key.p)) == NULL)
		absent = ferry_table_add(&absents->table, (const char *)key.p,
		    sizeof(*absent), &ignored);
	ferry_buf_free(&key);
	if (absent == NULL)
		return;
	absent->until_ms =
	    ferry_ticks_ms() + (uint64_t)FERRY_PULL_ABSENT_S * 1000;
	(void)snprintf(absent->text, sizeof(absent->text), "%.*s",
	    FERRY_PULL_TEXT - 1, text);
}

bool
ferry_absents_find(const struct ferry_absents *absents,
    const struct ferry_pull_ask *ask, struct ferry_pull_said *said)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf key = FERRY_BUF_INIT;
	const struct absent *absent = NULL;

	if (make_key(ask, &key, &ignored) == 0)
		absent = (const struct absent *)ferry_table_find(
		    &absents->table, (const char *)key.p);
	ferry_buf_free(&key);
	if (absent == NULL || absent->until_ms < ferry_ticks_ms())
		return false;
	said->word = FERRY_PULL_SAID_ABSENT;
	memcpy(said->text, absent->text, sizeof(said->text));
	return true;
}
