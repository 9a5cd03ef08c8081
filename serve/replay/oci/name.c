#include "serve/replay/oci/name.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/catalog/owner.h"
#include "store/format/oci/names.h"

/* Origins: lines "HOST\nOWNER\n", in the order in which owners go (owner.h) */

struct origin {
	uint64_t rank;
	size_t place; /* among all, by name */
	char *lines;
};

struct origins {
	struct ferry_store *store;
	struct origin *list;
	size_t n, cap;
};

static int
add_origin(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const char *owner = ferry_key_part(key, 1);
	char host[FERRY_OCI_HOST_MAX + 1];
	struct ferry_buf lines = FERRY_BUF_INIT;
	struct origins *o = ctx;
	struct origin *new;

	/* One that is damaged is no origin, and the others are still. */
	if (!ferry_oci_origin(host, record))
		return 0;
	if (ferry_array_grow(
		&o->list, &o->cap, o->n + 1, sizeof(*o->list), err) == -1)
		return -1;
	new = &o->list[o->n];
	*new = (struct origin){ .place = o->n };
	if (ferry_owner_rank(o->store, owner, &new->rank, err) == -1 ||
	    ferry_buf_addf(&lines, err, "%s\n%s\n", host, owner) == -1) {
		ferry_buf_free(&lines);
		return -1;
	}
	new->lines = (char *)lines.p;
	o->n++;
	return 0;
}

static int
compare_origins(const void *a, const void *b)
{
	const struct origin *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

static int
make_origins(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	struct origins o = { .store = ferry_store_view_store(ctx) };
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_key prefix;
	int rc = -1;

	if (ferry_key_make(&prefix, err, "upstream", NULL) == -1 ||
	    ferry_catalog_each(o.store, &prefix, add_origin, &o, err) == -1)
		goto out;
	if (o.n > 0)
		qsort(o.list, o.n, sizeof(*o.list), compare_origins);
	for (size_t i = 0; i < o.n; i++)
		if (ferry_buf_adds(&buf, o.list[i].lines, err) == -1)
			goto out;
	if (ferry_body_new(out, &buf, err) == 0)
		rc = 1;
out:
	for (size_t i = 0; i < o.n; i++)
		free(o.list[i].lines);
	free(o.list);
	ferry_buf_free(&buf);
	return rc;
}

/* Of no package: an upstream that changes drops everything. */
static int
get_origins(struct ferry_store_view *view, struct ferry_body **out,
    struct ferry_error *err)
{

	return ferry_store_view_get(
	    view, out, make_origins, view, err, "oci", "", "origins", NULL);
}

/* The next owner whose origin is host. */
static bool
next_owner(
    struct ferry_bytes *lines, const char *host, struct ferry_bytes *owner)
{
	struct ferry_bytes line;

	while (ferry_bytes_line(lines, &line) && ferry_bytes_line(lines, owner))
		if (ferry_bytes_is(line, host))
			return true;
	return false;
}

/* Whether text, as a client wrote it, is the host of an origin: 1, 0, -1. */
static int
known(struct ferry_store_view *view, struct ferry_bytes text,
    char host[FERRY_OCI_HOST_MAX + 1], struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_body *body;
	struct ferry_bytes lines, owner;
	int rc;

	if (ferry_oci_host(host, text, &ignored) == -1)
		return 0;
	if ((rc = get_origins(view, &body, err)) != 1)
		return rc;
	lines = ferry_bytes_buf(&body->bytes);
	rc = next_owner(&lines, host, &owner);
	ferry_body_unref(body);
	return rc;
}

int
ferry_oci_is_anothers(
    struct ferry_store_view *view, const char *name, struct ferry_error *err)
{
	const char *slash = strchr(name, '/');
	char host[FERRY_OCI_HOST_MAX + 1];

	return slash == NULL
	           ? 0
	           : known(view, ferry_bytes_of(name, (size_t)(slash - name)),
			 host, err);
}

/* Names */

/* Whether host is how the client reaches this server. */
static int
is_here(
    const struct ferry_call *call, const char *host, struct ferry_error *err)
{
	char ours[FERRY_OCI_HOST_MAX + 1];
	struct ferry_buf origin = FERRY_BUF_INIT;
	int rc = 0;

	if (ferry_view_origin(call->site, call->rq, &origin, err) == -1)
		rc = -1;
	else if (ferry_oci_host(ours, ferry_bytes_buf(&origin), err) == -1)
		rc = -1;
	else
		rc = strcmp(ours, host) == 0;
	ferry_buf_free(&origin);
	return rc;
}

/* What no repository is called: a name that is too long with or without what
 * stands in front, which only who knows the origin could tell. */
#define NOBODYS "-"

static int
set_package(
    struct ferry_resource *r, struct ferry_bytes name, struct ferry_error *err)
{
	bool official = strcmp(r->origin, "docker.io") == 0 &&
	                memchr(name.p, '/', name.n) == NULL;
	size_t n = name.n + (official ? strlen("library/") : 0);

	if (n > FERRY_OCI_NAME_MAX &&
	    (r->origin[0] != 0 || memchr(name.p, '/', name.n) != NULL)) {
		memcpy(r->package, NOBODYS, sizeof(NOBODYS));
		return 0;
	}
	if (!ferry_oci_name_valid(name))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "'%.*s' is not a repository's name",
		    (int)(name.n > 200 ? 200 : name.n), (const char *)name.p);
	(void)snprintf(r->package, sizeof(r->package), "%s%.*s",
	    official ? "library/" : "", (int)name.n, (const char *)name.p);
	return 0;
}

static int
set_client_name(
    struct ferry_resource *r, struct ferry_bytes name, struct ferry_error *err)
{

	if (name.n == 0 || name.n >= sizeof(r->client_name))
		return ferry_error_set(
		    err, FERRY_EFORMAT, "this repository's name is too long");
	/* Upper case would be folded by ferry_oci_host(). */
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] >= 0x7f ||
		    (name.p[i] >= 'A' && name.p[i] <= 'Z'))
			return ferry_error_set(err, FERRY_EFORMAT,
			    "a repository's name is of lower-case letters, "
			    "digits, '.', '_', '-' and '/'");
	memcpy(r->client_name, name.p, name.n);
	r->client_name[name.n] = 0;
	return 0;
}

/* The origin that the query names: 1 if it decides, 0 if the path does. */
static int
resolve_query(struct ferry_call *call, struct ferry_error *err)
{
	struct ferry_resource *r = &call->resource;
	struct ferry_buf ns = FERRY_BUF_INIT;
	char host[FERRY_OCI_HOST_MAX + 1];
	int rc;

	if (call->rq->query.n == 0)
		return 0;
	rc = ferry_request_query(call->rq, "ns", &ns, err);
	if (rc == 1 && ns.n == 0)
		rc = 0;
	if (rc == 1 && ferry_oci_host(host, ferry_bytes_buf(&ns), err) == -1)
		rc = -1;
	if (rc == 1 &&
	    (rc = known(call->view, ferry_bytes_buf(&ns), host, err)) != -1) {
		int here = rc == 1 ? 0 : is_here(call, host, err);

		/* What is not known may still be said better by the path. */
		if (here == 0)
			memcpy(r->origin, host, strlen(host) + 1);
		rc = here == -1 ? -1 : rc;
	}
	ferry_buf_free(&ns);
	return rc;
}

/* Whether the first part of the path says what the query said, as a mirror's URL
 * with a path makes clients do. */
static bool
says_again(const struct ferry_resource *r, struct ferry_bytes first)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	char host[FERRY_OCI_HOST_MAX + 1];

	return ferry_oci_host(host, first, &ignored) == 0 &&
	       strcmp(host, r->origin) == 0;
}

int
ferry_oci_resolve(
    struct ferry_call *call, struct ferry_bytes name, struct ferry_error *err)
{
	struct ferry_resource *r = &call->resource;
	const uint8_t *slash = memchr(name.p, '/', name.n);
	size_t n = slash == NULL ? 0 : (size_t)(slash - name.p);
	/* With a port it can be nothing but a host, whatever else is said, and
	 * whether it is known is not for everybody to hear. */
	bool port = n > 0 && memchr(name.p, ':', n) != NULL;
	char host[FERRY_OCI_HOST_MAX + 1];
	int rc = 0;

	if (set_client_name(r, name, err) == -1 ||
	    (!port && (rc = resolve_query(call, err)) == -1))
		return -1;
	if (port) {
		if (ferry_oci_host(host, ferry_bytes_of(name.p, n), err) == -1)
			return -1;
	} else if (rc == 1 && n > 0 &&
		   says_again(r, ferry_bytes_of(name.p, n))) {
		memcpy(host, r->origin, strlen(r->origin) + 1);
	} else if (rc == 1 || n == 0 ||
		   (rc = known(call->view, ferry_bytes_of(name.p, n), host,
			err)) != 1) {
		return rc == -1 ? -1 : set_package(r, name, err);
	}
	memcpy(r->origin, host, strlen(host) + 1);
	return set_package(r, ferry_bytes_of(slash + 1, name.n - n - 1), err);
}

int
ferry_oci_namespace(const struct ferry_call *call, struct ferry_buf *buf,
    struct ferry_error *err)
{
	char host[FERRY_OCI_HOST_MAX + 1];
	int rc;

	if (call->rq->query.n == 0 || call->resource.origin[0] == 0)
		return 0;
	rc = ferry_request_query(call->rq, "ns", buf, err);
	if (rc == 1 && ferry_oci_host(host, ferry_bytes_buf(buf), err) == -1)
		rc = -1;
	return rc == 1 ? strcmp(host, call->resource.origin) == 0 : rc;
}

/* Owners */

static int
find_owner(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	const struct ferry_call *call = ctx;
	const struct ferry_resource *r = &call->resource;
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_body *origins = NULL;
	struct ferry_bytes lines, owner;
	struct ferry_key key;
	int rc = get_origins(call->view, &origins, err);

	if (rc != 1)
		return rc;
	rc = 0;
	lines = ferry_bytes_buf(&origins->bytes);
	/* Several upstreams may be of one host: the first that has it. */
	while (rc == 0 && next_owner(&lines, r->origin, &owner)) {
		ferry_buf_reset(&buf);
		if (ferry_buf_add(&buf, owner.p, owner.n, err) == -1 ||
		    ferry_key_make(&key, err, "package", "oci", r->package,
			(const char *)buf.p, NULL) == -1)
			rc = -1;
		else
			rc = ferry_catalog_has(
			    ferry_store_view_store(call->view), &key, err);
	}
	if (rc == 1 && ferry_body_new(out, &buf, err) == -1)
		rc = -1;
	ferry_body_unref(origins);
	ferry_buf_free(&buf);
	return rc;
}

int
ferry_oci_owner(
    struct ferry_call *call, enum ferry_lookup lookup, struct ferry_error *err)
{
	const struct ferry_resource *r = &call->resource;
	struct ferry_body *body = NULL;
	int rc;

	if (r->origin[0] == 0)
		return ferry_view_owner(
		    call->view, "oci", r->package, lookup, call->owner, err);
	rc = lookup == FERRY_LOOKUP_FRESH
	         ? find_owner(call, &body, err)
	         : ferry_store_view_get(call->view, &body, find_owner, call,
		       err, "oci", r->package, "owner", r->origin, NULL);
	return rc == 1 ? ferry_view_take_owner(body, call->owner, err) : rc;
}

bool
ferry_oci_supplies(const struct ferry_call *call, const char *upstream)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_body *origins = NULL;
	struct ferry_bytes lines, owner;
	bool found = false;

	if (call->resource.origin[0] == 0)
		return true;
	if (get_origins(call->view, &origins, &ignored) != 1)
		return false;
	lines = ferry_bytes_buf(&origins->bytes);
	while (!found && next_owner(&lines, call->resource.origin, &owner))
		found = ferry_bytes_is(owner, upstream);
	ferry_body_unref(origins);
	return found;
}
