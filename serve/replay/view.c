#include "serve/replay/view.h"

#include <string.h>
#include <strings.h>

#include "serve/replay/site.h"
#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/catalog/catalog.h"
#include "store/catalog/owner.h"

bool
ferry_view_may_read(const struct ferry_call *call, const char *format)
{
	const struct ferry_resource *r = &call->resource;
	struct ferry_access_decision decision;

	ferry_access_decide(
	    &(struct ferry_access_request){ .identity = &call->identity,
		.action = FERRY_ACTION_READ,
		.format = format,
		.owner = call->owner,
		.package = r->package,
		.called =
		    r->client_name[0] == 0 ? r->package : r->client_name },
	    &decision);
	return decision.permit != NULL;
}

struct owner_search {
	struct ferry_store_view *view;
	const char *format;
	const char *package;
	const char *upstream; /* NULL: any */
};

static int
find_owner(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	const struct owner_search *search = ctx;
	struct ferry_buf buf = FERRY_BUF_INIT;
	int rc = ferry_owner_find(ferry_store_view_store(search->view),
	    search->format, search->package, &buf, err);

	if (rc == 1 && ferry_body_new(out, &buf, err) == -1)
		rc = -1;
	ferry_buf_free(&buf);
	return rc;
}

int
ferry_view_owner(struct ferry_store_view *view, const char *format,
    const char *package, enum ferry_lookup lookup, char owner[FERRY_OWNER_NAME],
    struct ferry_error *err)
{
	struct owner_search search = { view, format, package, NULL };
	struct ferry_body *body = NULL;
	int rc = lookup == FERRY_LOOKUP_FRESH
	             ? find_owner(&search, &body, err)
	             : ferry_store_view_get(view, &body, find_owner, &search,
			   err, format, package, "owner", NULL);

	return rc == 1 ? ferry_view_take_owner(body, owner, err) : rc;
}

static int
find_owner_at(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	const struct owner_search *search = ctx;
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_key key;
	int rc;

	if (ferry_key_package(&key, search->format, search->package,
		search->upstream, err) == -1 ||
	    (rc = ferry_catalog_has(
		 ferry_store_view_store(search->view), &key, err)) == -1)
		return -1;
	if (rc == 1 && (ferry_buf_adds(&buf, search->upstream, err) == -1 ||
			   ferry_body_new(out, &buf, err) == -1))
		rc = -1;
	ferry_buf_free(&buf);
	return rc;
}

int
ferry_view_owner_at(struct ferry_store_view *view, const char *format,
    const char *package, const char *upstream, enum ferry_lookup lookup,
    char owner[FERRY_OWNER_NAME], struct ferry_error *err)
{
	struct owner_search search = { view, format, package, upstream };
	struct ferry_body *body = NULL;
	int rc = lookup == FERRY_LOOKUP_FRESH
	             ? find_owner_at(&search, &body, err)
	             : ferry_store_view_get(view, &body, find_owner_at, &search,
			   err, format, package, "at", upstream, NULL);

	return rc == 1 ? ferry_view_take_owner(body, owner, err) : rc;
}

int
ferry_view_take_owner(struct ferry_body *body, char owner[FERRY_OWNER_NAME],
    struct ferry_error *err)
{
	int rc = 1;

	if (body->bytes.n < FERRY_OWNER_NAME)
		memcpy(owner, body->bytes.p, body->bytes.n + 1);
	else
		rc = ferry_error_set(
		    err, FERRY_ELIMIT, "an owner's name is too long");
	ferry_body_unref(body);
	return rc;
}

static bool
host_ok(const char *host)
{
	size_t n = strlen(host);

	return n >= 1 && n <= 255 &&
	       strspn(host,
		   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		   "0123456789.-_:[]") == n;
}

const char *
ferry_view_host(const struct ferry_request *rq)
{

	return host_ok(rq->host) ? rq->host : NULL;
}

/* Whether host is name, or name with a port. */
static bool
same_host(const char *name, size_t n, const char *host)
{

	return strncasecmp(name, host, n) == 0 &&
	       (host[n] == 0 || host[n] == ':');
}

bool
ferry_view_is_host(const struct ferry_site *site, const char *host)
{
	const char *public = site->public_url;

	if (public != NULL) {
		public = strstr(public, "://") + 3;
		if (same_host(public, strcspn(public, "/:"), host))
			return true;
	}
	for (size_t i = 0; i < site->hosts_n; i++)
		if (same_host(site->hosts[i], strlen(site->hosts[i]), host))
			return true;
	return site->hosts_n == 0 && public == NULL;
}

int
ferry_view_origin(const struct ferry_site *site, const struct ferry_request *rq,
    struct ferry_buf *out, struct ferry_error *err)
{
	const char *host;

	if (site->public_url != NULL)
		return ferry_buf_adds(out, site->public_url, err);
	if ((host = ferry_view_host(rq)) == NULL)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "the request has no usable Host");
	return ferry_buf_addf(
	    out, err, "%s://%s", rq->secure ? "https" : "http", host);
}

int
ferry_view_base(const struct ferry_call *call, struct ferry_buf *out,
    struct ferry_error *err)
{
	struct ferry_site site = *call->site;

	/* A host of the format's own is not the public URL's. */
	if (call->own_host)
		site.public_url = NULL;
	if (ferry_view_origin(&site, call->rq, out, err) == -1)
		return -1;
	return ferry_buf_adds(out, call->prefix, err);
}
