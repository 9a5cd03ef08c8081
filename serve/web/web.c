#include "serve/web/web.h"

#include <inttypes.h>
#include <string.h>

#include "serve/http/http.h"
#include "serve/replay/format.h"
#include "serve/replay/health.h"
#include "serve/replay/page.h"
#include "serve/replay/site.h"
#include "serve/replay/store_view.h"
#include "serve/replay/view.h"
#include "serve/replay/wished.h"
#include "store/access/access.h"
#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/out.h"
#include "store/store.h"

#define TEXT "text/plain; charset=utf-8"
/* Without following the store for so long, another server is the better one. */
#define STALE_MS 10000
#define WISHES 20 /* on the page */

/* What each format says of itself. */
static void
write_formats(const struct ferry_web *web, struct ferry_page *page,
    enum ferry_page_part part)
{

	page->part = part;
	for (size_t i = 0; web->formats[i] != NULL; i++)
		if (web->formats[i]->page != NULL)
			web->formats[i]->page(page);
}

/* How much there is, unless not everybody may know: then how clients show a
 * token. */
static int
write_contents(const struct ferry_web *web, struct ferry_page *page,
    const struct ferry_store_totals *t, struct ferry_error *err)
{
	struct ferry_out *out = page->out;
	char size[FERRY_SIZE_TEXT];

	if (ferry_access_restricts(ferry_store_view_access(web->view))) {
		ferry_out_str(out,
		    "<p>What you get depends on who you are. Whoever runs "
		    "this mirror makes tokens, with <code>ferry token "
		    "create</code>.</p>\n"
		    "<h2>with a token</h2>\n");
		write_formats(web, page, FERRY_PAGE_TOKEN);
		return 0;
	}
	ferry_out_fmt(out,
	    "<p>%" PRIu64 " packages, %" PRIu64
	    " versions, %s, up to record %" PRIu64 ".</p>\n",
	    t->packages, t->versions, ferry_size_text(t->logical_bytes, size),
	    t->records);
	if (ferry_health_page(ferry_store_view_store(web->view), out, err) ==
	    -1)
		return -1;
	ferry_out_str(out, "<p style=\"white-space:pre-line\">");
	if (ferry_health_origins(
		ferry_store_view_store(web->view), true, out, err) == -1)
		return -1;
	ferry_out_str(out, "</p>\n");
	if (web->site->wished != NULL)
		ferry_wished_page(web->site->wished, out, WISHES);
	return 0;
}

/* The page's texts of a server that is called url. */
static int
call_it(struct ferry_page *page, const char *url, struct ferry_buf *name,
    struct ferry_error *err)
{
	const char *colon;

	page->url = url;
	page->plain = strncmp(url, "http:", 5) == 0;
	page->host = strstr(url, "://");
	page->host = page->host == NULL ? url : page->host + 3;
	colon = strrchr(page->host, ':');
	/* An IPv6 address has more of them, and a bracket behind. */
	if (colon == NULL || strchr(colon, ']') != NULL)
		colon = page->host + strlen(page->host);
	if (ferry_buf_add(
		name, page->host, (size_t)(colon - page->host), err) == -1)
		return -1;
	page->name = (char *)name->p;
	return 0;
}

static int
add_page(const struct ferry_web *web, const struct ferry_request *rq,
    struct ferry_buf *text, struct ferry_error *err)
{
	struct ferry_store *store = ferry_store_view_store(web->view);
	struct ferry_buf origin = FERRY_BUF_INIT, name = FERRY_BUF_INIT;
	struct ferry_store_totals totals;
	struct ferry_out out;
	struct ferry_page page = { .out = &out };
	int rc = -1;

	if (ferry_store_totals(store, &totals, err) == -1 ||
	    ferry_view_origin(web->site, rq, &origin, err) == -1 ||
	    call_it(&page, (char *)origin.p, &name, err) == -1)
		goto done;
	ferry_out_begin(&out, text);
	ferry_out_str(&out,
	    "<!doctype html>\n<html lang=\"en\"><head>"
	    "<meta charset=\"utf-8\"><meta name=\"viewport\" "
	    "content=\"width=device-width\"><title>ferry</title>\n"
	    "<style>body{font:16px/1.5 system-ui,sans-serif;"
	    "max-width:42rem;margin:3rem auto;padding:0 1rem}"
	    "pre{background:#8881;padding:.8rem;overflow:auto}"
	    ":root{color-scheme:light dark}</style></head><body>\n<h1>");
	ferry_out_html(&out, ferry_bytes_str(ferry_store_name(store)));
	ferry_out_fmt(&out,
	    "</h1>\n<p>A read-only mirror of software packages, served by "
	    "ferry %s. It answers the package managers' own requests; nothing "
	    "can be published here.</p>\n",
	    FERRY_VERSION);
	if (write_contents(web, &page, &totals, err) == -1)
		goto done;
	ferry_out_str(&out, "<h2>clients</h2>\n");
	write_formats(web, &page, FERRY_PAGE_USE);
	ferry_out_str(&out, "</body></html>\n");
	rc = ferry_out_end(&out, err);
done:
	ferry_buf_free(&name);
	ferry_buf_free(&origin);
	return rc;
}

/* And how old the word of origins is: a site that nobody feeds is ready all the
 * same. */
static void
say_ready(const struct ferry_web *web, struct ferry_response *res)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_out out;
	int rc;

	ferry_out_begin(&out, &buf);
	ferry_out_str(&out, "ready\n");
	rc = ferry_health_origins(ferry_store_view_store(web->view),
	    !ferry_access_restricts(ferry_store_view_access(web->view)), &out,
	    &err);
	if (ferry_out_end(&out, &err) == -1 || rc == -1 ||
	    ferry_response_take(res, TEXT, &buf, &err) == -1)
		ferry_response_text(res, 500, TEXT, "%s\n", err.text);
	ferry_buf_free(&buf);
}

static void
answer_ready(const struct ferry_web *web, struct ferry_response *res)
{
	uint64_t age = ferry_store_view_age_ms(web->view);

	if (atomic_load(web->stopping))
		ferry_response_text(res, 503, TEXT, "stopping\n");
	else if (age > STALE_MS)
		ferry_response_text(res, 503, TEXT,
		    "the store was not followed for %" PRIu64 " ms\n", age);
	else
		say_ready(web, res);
}

static void
answer_page(const struct ferry_web *web, const struct ferry_request *rq,
    struct ferry_response *res)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;

	if (add_page(web, rq, &buf, &err) == -1 ||
	    ferry_response_take(res, "text/html; charset=utf-8", &buf, &err) ==
		-1)
		ferry_response_text(res, err.code == FERRY_EFORMAT ? 400 : 500,
		    TEXT, "%s\n", err.text);
	ferry_buf_free(&buf);
	ferry_response_header(res, "Content-Security-Policy",
	    "default-src 'none'; style-src 'unsafe-inline'");
	ferry_response_header(res, "X-Content-Type-Options", "nosniff");
}

bool
ferry_web_is_probe(const struct ferry_request *rq)
{

	return ferry_bytes_is(rq->path, "/healthz") ||
	       ferry_bytes_is(rq->path, "/readyz");
}

void
ferry_web_request(const struct ferry_web *web, const struct ferry_request *rq,
    struct ferry_response *res)
{
	struct ferry_access_decision decision;
	struct ferry_identity anonymous;

	ferry_access_identify(
	    ferry_store_view_access(web->view), NULL, &anonymous);
	ferry_access_decide(
	    &(struct ferry_access_request){ .identity = &anonymous,
		.action = ferry_request_reads(rq) ? FERRY_ACTION_SERVICE
	                                          : FERRY_ACTION_WRITE },
	    &decision);
	ferry_identity_clear(&anonymous);
	if (decision.permit == NULL) {
		ferry_response_text(res, 405, TEXT, "%s\n", decision.reason);
		ferry_response_header(res, "Allow", "GET, HEAD");
	} else if (ferry_bytes_is(rq->path, "/healthz")) {
		ferry_response_text(res, 200, TEXT, "ok\n");
	} else if (ferry_bytes_is(rq->path, "/readyz")) {
		answer_ready(web, res);
	} else if (ferry_bytes_is(rq->path, "/")) {
		answer_page(web, rq, res);
	} else {
		ferry_response_text(res, 404, TEXT,
		    "nothing is here; the page at / says what is\n");
	}
}
