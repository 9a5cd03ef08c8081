#include "serve/web/web.h"

#include <inttypes.h>
#include <string.h>

#include "serve/http/http.h"
#include "serve/replay/store_view.h"
#include "serve/replay/view.h"
#include "store/access/access.h"
#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/store.h"

#define TEXT "text/plain; charset=utf-8"
/* Without following the store for so long, another server is the better one. */
#define STALE_MS 10000

static int
add_escaped(struct ferry_buf *buf, const char *s, struct ferry_error *err)
{
	static const struct {
		char c;
		const char *entity;
	} entities[] = { { '<', "&lt;" }, { '>', "&gt;" }, { '&', "&amp;" },
		{ '"', "&quot;" }, { '\'', "&#39;" } };
	int rc = 0;

	for (; *s != 0 && rc == 0; s++) {
		const char *entity = NULL;

		for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]);
		     i++)
			if (entities[i].c == *s)
				entity = entities[i].entity;
		rc = entity != NULL ? ferry_buf_adds(buf, entity, err)
		                    : ferry_buf_add(buf, s, 1, err);
	}
	return rc;
}

/* url is escaped. */
static int
add_containers(struct ferry_buf *page, const struct ferry_buf *buf,
    struct ferry_error *err)
{
	const char *url = buf->n == 0 ? "" : (const char *)buf->p;
	const char *host = strstr(url, "://");

	host = host == NULL ? url : host + 3;
	return ferry_buf_addf(page, err,
	    "<h2>docker, podman: by name</h2>\n"
	    "<pre>docker pull %s/ghcr.io/OWNER/IMAGE:TAG</pre>\n"
	    "<h2>docker: images of docker.io</h2>\n"
	    "<pre># /etc/docker/daemon.json\n"
	    "{ &quot;registry-mirrors&quot;: [&quot;%s&quot;] }</pre>\n"
	    "<h2>containerd, Kubernetes</h2>\n"
	    "<pre># /etc/containerd/certs.d/_default/hosts.toml\n"
	    "[host.&quot;%s&quot;]\n"
	    "capabilities = [&quot;pull&quot;, &quot;resolve&quot;]</pre>\n"
	    "<h2>podman, skopeo, CRI-O</h2>\n"
	    "<pre># /etc/containers/registries.conf, one for each origin\n"
	    "[[registry]]\nprefix = &quot;ghcr.io&quot;\n"
	    "[[registry.mirror]]\n"
	    "location = &quot;%s/ghcr.io&quot;</pre>\n",
	    host, url, url, host);
}

/* How much there is, unless not everybody may know: then how to say who one
 * is.  url is escaped. */
static int
add_contents(const struct ferry_web *web, struct ferry_buf *page,
    const struct ferry_buf *url, struct ferry_error *err)
{
	const char *base = url->n == 0 ? "" : (const char *)url->p,
		   *host = strstr(base, "://");
	char size[FERRY_SIZE_TEXT];
	struct ferry_store_totals t;

	host = host == NULL ? base : host + 3;
	if (ferry_access_restricts(ferry_store_view_access(web->view)))
		return ferry_buf_addf(page, err,
		    "<p>What you get depends on who you are. Whoever runs "
		    "this mirror makes tokens, with <code>ferry token "
		    "create</code>.</p>\n"
		    "<h2>with a token</h2>\n"
		    "<pre># .npmrc\n//%s/npm/:_authToken=TOKEN</pre>\n"
		    "<pre>docker login -u NAME %s   # the token is the "
		    "password</pre>\n",
		    host, host);
	if (ferry_store_totals(ferry_store_view_store(web->view), &t, err) ==
	    -1)
		return -1;
	return ferry_buf_addf(page, err,
	    "<p>%" PRIu64 " packages, %" PRIu64
	    " versions, %s, up to record %" PRIu64 ".</p>\n",
	    t.packages, t.versions, ferry_size_text(t.logical_bytes, size),
	    t.records);
}

static int
add_page(const struct ferry_web *web, const struct ferry_request *rq,
    struct ferry_buf *page, struct ferry_error *err)
{
	struct ferry_store *store = ferry_store_view_store(web->view);
	struct ferry_buf origin = FERRY_BUF_INIT, url = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_view_origin(web->site, rq, &origin, err) == -1 ||
	    add_escaped(&url, (const char *)origin.p, err) == -1)
		goto out;
	rc = ferry_buf_adds(page,
		 "<!doctype html>\n<html lang=\"en\"><head>"
		 "<meta charset=\"utf-8\"><meta name=\"viewport\" "
		 "content=\"width=device-width\"><title>ferry</title>\n"
		 "<style>body{font:16px/1.5 system-ui,sans-serif;"
		 "max-width:42rem;margin:3rem auto;padding:0 1rem}"
		 "pre{background:#8881;padding:.8rem;overflow:auto}"
		 ":root{color-scheme:light dark}</style></head><body>\n"
		 "<h1>",
		 err) == -1 ||
	             add_escaped(page, ferry_store_name(store), err) == -1 ||
	             ferry_buf_addf(page, err,
			 "</h1>\n<p>A read-only mirror of software packages, "
			 "served "
			 "by ferry %s. It answers the package managers' own "
			 "requests; nothing can be published here.</p>\n",
			 FERRY_VERSION) == -1 ||
	             add_contents(web, page, &url, err) == -1 ||
	             ferry_buf_addf(page, err,
			 "<h2>npm, pnpm</h2>\n"
			 "<pre>npm config set registry %s/npm/</pre>\n"
			 "<h2>yarn 1</h2>\n"
			 "<pre>yarn config set registry %s/npm/</pre>\n"
			 "<h2>yarn</h2>\n"
			 "<pre>yarn config set npmRegistryServer %s/npm</pre>\n"
			 "<h2>bun</h2>\n<pre># bunfig.toml\n[install]\n"
			 "registry = "
			 "&quot;%s/npm/&quot;</pre>\n",
			 (const char *)url.p, (const char *)url.p,
			 (const char *)url.p, (const char *)url.p) == -1 ||
	             add_containers(page, &url, err) == -1 ||
	             ferry_buf_adds(page, "</body></html>\n", err) == -1
	         ? -1
	         : 0;
out:
	ferry_buf_free(&url);
	ferry_buf_free(&origin);
	return rc;
}

static void
answer_buf(struct ferry_response *res, const char *type, struct ferry_buf *buf,
    int rc, struct ferry_error *err)
{
	struct ferry_body *body;

	if (rc == 0 && ferry_body_new(&body, buf, err) == 0)
		ferry_response_body(res, type, body);
	else
		ferry_response_text(res, err->code == FERRY_EFORMAT ? 400 : 500,
		    TEXT, "%s\n", err->text);
	ferry_buf_free(buf);
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
		ferry_response_text(res, 200, TEXT, "ready\n");
}

static void
answer_page(const struct ferry_web *web, const struct ferry_request *rq,
    struct ferry_response *res)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;

	answer_buf(res, "text/html; charset=utf-8", &buf,
	    add_page(web, rq, &buf, &err), &err);
	ferry_response_header(res, "Content-Security-Policy",
	    "default-src 'none'; style-src 'unsafe-inline'");
	ferry_response_header(res, "X-Content-Type-Options", "nosniff");
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
