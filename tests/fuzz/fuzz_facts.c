/* Answers of GitHub's API: whatever is in them, what comes out is a snapshot
 * that can be read and said in words. */

#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "store/access/snapshot_write.h"
#include "store/base/error.h"
#include "sync/permissions/describe.h"
#include "sync/permissions/facts.h"
#include "sync/permissions/github_page.h"

static const char meta[] =
    "{\"kind\":\"meta\",\"upstream\":\"gh\",\"realm\":\"gh\",\"github\":true,"
    "\"taken_at\":1,\"generation\":1}\n";

static int
on_line(void *ctx, const char *kind, json_t *record, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;

	(void)kind;
	FUZZ_CHECK(ferry_describe_record(ctx, record, &text, err) != -1);
	for (size_t i = 0; i < text.n; i++)
		FUZZ_CHECK(text.p[i] >= 0x20 && text.p[i] != 0x7f);
	ferry_buf_free(&text);
	return 0;
}

static void
check_text(struct ferry_facts *f)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_describe words;

	FUZZ_CHECK(ferry_buf_adds(&text, meta, &err) == 0);
	FUZZ_CHECK(ferry_facts_text(f, &text, NULL, NULL, &err) == 0);
	FUZZ_CHECK(
	    ferry_describe_new(&words, ferry_bytes_buf(&text), &err) == 0);
	FUZZ_CHECK(ferry_snapshot_lines(
		       ferry_bytes_buf(&text), on_line, &words, &err) == 0);
	ferry_describe_free(&words);
	ferry_buf_free(&text);
}

static void
one_owner(struct ferry_facts *f, const json_t *item, struct ferry_error *err)
{
	struct ferry_facts_owner owner;
	bool known;

	if (ferry_facts_owner_read(&owner, item, err) == 0)
		(void)ferry_facts_owner(f, &owner, item, &known, err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const members[] = { NULL, "roles", "" };
	const struct ferry_facts_owner octo = { 100, true, "octo" };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_fact_about about = { &octo, 7, "write", "npm" };
	struct ferry_facts *f = NULL;
	json_t *items = NULL, *item;
	unsigned what;
	size_t i;

	if (size < 2)
		return 0;
	what = (unsigned)(data[0] - 'a') % (FERRY_FACTS + 1);
	about.type = data[1] % 3 == 0   ? "npm"
	             : data[1] % 3 == 1 ? "container"
	                                : "docker";
	FUZZ_CHECK(ferry_facts_new(&f, data[1] % 2 == 0, &err) == 0);
	if (ferry_github_page_read(&items, ferry_bytes_of(data + 2, size - 2),
		members[data[1] % 3 == 0 ? 0 : data[1] % 3], &err) == 0) {
		json_array_foreach (items, i, item) {
			if (what == FERRY_FACTS)
				one_owner(f, item, &err);
			else
				(void)ferry_facts_add(f, (enum ferry_fact)what,
				    &about, item, &err);
		}
		check_text(f);
	}
	json_decref(items);
	ferry_facts_free(f);
	return 0;
}
