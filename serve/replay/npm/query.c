#include "serve/replay/npm/query.h"

#include <ctype.h>
#include <string.h>

#include "serve/http/http.h"
#include "serve/replay/search.h"
#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/out.h"

#define RESULTS_MAX 250
#define RESULTS_DEFAULT 20
#define WORDS_MAX 8

/* Split the query into lower-case words; qualifiers lose their names. */
static size_t
split(char *query, const char *words[WORDS_MAX])
{
	static const char *const qualifiers[] = {
		"keywords:", "scope:", "author:", "maintainer:", "name:"
	};
	size_t n = 0;
	char *p = query;

	while (n < WORDS_MAX) {
		p += strspn(p, " \t\r\n,\"");
		if (*p == 0)
			break;
		for (size_t i = 0;
		     i < sizeof(qualifiers) / sizeof(qualifiers[0]); i++)
			if (strncmp(p, qualifiers[i], strlen(qualifiers[i])) ==
			    0)
				p += strlen(qualifiers[i]);
		words[n] = p;
		p += strcspn(p, " \t\r\n,\"");
		if (*p != 0)
			*p++ = 0;
		if (words[n][0] != 0)
			n++;
	}
	return n;
}

/* What part of the hits is wanted, and where it is written. */
struct page {
	uint64_t from, size;
	struct ferry_buf *out;
};

static int
write_hits(void *ctx, const struct ferry_search_hit *hits, size_t n,
    struct ferry_error *err)
{
	const struct page *page = ctx;
	char now[FERRY_TIME_TEXT];
	struct ferry_out out;

	ferry_out_begin(&out, page->out);
	ferry_out_str(&out, "{\"objects\":[");
	for (size_t i = page->from; i < n && i - page->from < page->size; i++) {
		ferry_out_fmt(
		    &out, "%s{\"package\":", i == page->from ? "" : ",");
		ferry_out_str(&out, hits[i].entry->answer);
		ferry_out_fmt(&out,
		    ",\"score\":{\"final\":%u,\"detail\":{\"quality\":0,"
		    "\"popularity\":0,\"maintenance\":0}},"
		    "\"searchScore\":%u}",
		    hits[i].score, hits[i].score);
	}
	ferry_out_fmt(&out, "],\"total\":%zu,\"time\":\"%s\"}\n", n,
	    ferry_time_text(ferry_now(), now));
	return ferry_out_end(&out, err);
}

int
ferry_npm_query(struct ferry_search *search, const struct ferry_request *rq,
    const struct ferry_permit *permit, struct ferry_buf *out,
    struct ferry_error *err)
{
	struct page page = { ferry_request_query_u64(
				 rq, "from", 0, 1U << 30, 0),
		ferry_request_query_u64(
		    rq, "size", 0, RESULTS_MAX, RESULTS_DEFAULT),
		out };
	struct ferry_buf query = FERRY_BUF_INIT;
	const char *words[WORDS_MAX];
	int rc = -1;

	if (ferry_request_query(rq, "text", &query, err) != -1 &&
	    ferry_buf_adds(&query, "", err) == 0) {
		for (size_t i = 0; i < query.n; i++)
			query.p[i] = (uint8_t)tolower(query.p[i]);
		rc = ferry_search_find(search, permit, words,
		    query.n == 0 ? 0 : split((char *)query.p, words),
		    write_hits, &page, err);
	}
	ferry_buf_free(&query);
	return rc;
}
