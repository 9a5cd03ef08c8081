#include "serve/replay/github/find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/catalog/catalog.h"

void
ferry_github_path_of(
    const struct ferry_call *call, struct ferry_github_path *out)
{
	struct ferry_bytes path = call->rq->path;
	size_t n = strlen(call->prefix);

	ferry_github_path_split(
	    out, path.n < n ? ferry_bytes_str("")
			    : ferry_bytes_of(path.p + n, path.n - n));
}

const struct ferry_format *
ferry_github_format(const char *type)
{

	for (size_t i = 0; i < ferry_formats_count(); i++)
		if (strcmp(ferry_format_at(i)->github.name, type) == 0)
			return ferry_format_at(i);
	return NULL;
}

/* The owner that path is about; SELF is the client. */
static bool
is_owner(const struct ferry_call *call, const struct ferry_snapshot *s,
    const struct ferry_snapshot_owner *o, const struct ferry_github_path *path)
{
	const struct ferry_claim *c = &call->identity.claim;

	switch (path->space) {
	case FERRY_GITHUB_ORG:
		return o->organization &&
		       strcasecmp(o->login, path->owner) == 0;
	case FERRY_GITHUB_NAMED:
		return !o->organization &&
		       strcasecmp(o->login, path->owner) == 0;
	case FERRY_GITHUB_SELF:
		break;
	}
	return !o->organization && c->kind == FERRY_CLAIM_USER &&
	       o->id == c->user &&
	       strcmp(ferry_snapshot_meta(s)->realm, c->realm) == 0;
}

/* Fill *out if the package is the owner's of path, and of a name; "" for any. */
static bool
fits(const struct ferry_call *call, const struct ferry_snapshot *s,
    const struct ferry_snapshot_package *p,
    const struct ferry_github_path *path, const struct ferry_format *format,
    const char *name, struct ferry_github_package *out)
{
	const struct ferry_snapshot_owner *o;

	if (strcmp(p->type, format->github.name) != 0 ||
	    (name[0] != 0 &&
		strcasecmp(format->github.short_name(p->name), name) != 0) ||
	    (o = ferry_snapshot_owner(s, p->owner)) == NULL ||
	    !is_owner(call, s, o, path))
		return false;
	*out = (struct ferry_github_package){ s, p, o, format };
	return true;
}

static int
is_held(const struct ferry_call *call, const struct ferry_github_package *p,
    struct ferry_error *err)
{
	struct ferry_key key;

	return ferry_key_make(&key, err, "package", p->format->name,
		   p->package->name, ferry_snapshot_meta(p->snapshot)->upstream,
		   NULL) == -1
	           ? -1
	           : ferry_catalog_has(
			 ferry_store_view_store(call->view), &key, err);
}

/* Look for something that is there, so that the time does not tell whether a
 * snapshot knows a package. */
static int
even_out(const struct ferry_call *call, struct ferry_error *err)
{
	const struct ferry_snapshots *all =
	    ferry_access_snapshots(&call->identity);
	struct ferry_key key;

	if (ferry_snapshots_count(all) == 0)
		return 0;
	if (ferry_key_make(&key, err, "upstream",
		ferry_snapshot_meta(ferry_snapshots_at(all, 0))->upstream,
		NULL) == -1 ||
	    ferry_catalog_has(ferry_store_view_store(call->view), &key, err) ==
		-1)
		return -1;
	return 0;
}

/* The owner's login as the path says it, or "". */
static const char *
login_of(const struct ferry_call *call, const struct ferry_github_path *path)
{

	return path->space == FERRY_GITHUB_SELF ? call->identity.name
	                                        : path->owner;
}

/* By its name: what clients call it is made of the owner's and its own. */
static bool
find_in(const struct ferry_call *call, const struct ferry_snapshot *s,
    const struct ferry_github_path *path, const struct ferry_format *format,
    struct ferry_github_package *out)
{
	const struct ferry_snapshot_package *p = NULL;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf name = FERRY_BUF_INIT;

	if (format->github.client_name(
		&name, login_of(call, path), path->name, &ignored) == 0)
		p = ferry_snapshot_package(
		    s, format->github.name, (const char *)name.p);
	ferry_buf_free(&name);
	return p != NULL && fits(call, s, p, path, format, path->name, out);
}

int
ferry_github_package_find(const struct ferry_call *call,
    const struct ferry_github_path *path, struct ferry_github_package *out)
{
	const struct ferry_snapshots *all =
	    ferry_access_snapshots(&call->identity);
	const struct ferry_format *format = ferry_github_format(path->type);

	for (size_t i = 0; format != NULL && i < ferry_snapshots_count(all);
	     i++) {
		const struct ferry_snapshot *s = ferry_snapshots_at(all, i);
		const struct ferry_snapshot_meta *m = ferry_snapshot_meta(s);

		if (m->github && find_in(call, s, path, format, out) &&
		    (call->owner[0] == 0 ||
			strcmp(call->owner, m->upstream) == 0))
			return 1;
	}
	return 0;
}

int
ferry_github_owner(
    struct ferry_call *call, enum ferry_lookup lookup, struct ferry_error *err)
{
	struct ferry_resource *r = &call->resource;
	struct ferry_github_package p;
	struct ferry_github_path path;
	int rc;

	/* The first look was into the store already, whatever was there. */
	if (lookup == FERRY_LOOKUP_FRESH)
		return 0;
	ferry_github_path_of(call, &path);
	if (ferry_github_package_find(call, &path, &p) == 0)
		return even_out(call, err);
	if ((rc = is_held(call, &p, err)) != 1)
		return rc;
	(void)snprintf(
	    r->package, sizeof(r->package), "%.255s", p.package->name);
	(void)snprintf(call->owner, sizeof(call->owner), "%.255s",
	    ferry_snapshot_meta(p.snapshot)->upstream);
	return 1;
}

/* Lists */

struct found {
	struct ferry_github_package *v;
	size_t n, cap;
	bool known; /* the client belongs to the owner, or reads of it */
};

/* Who belongs to an owner knows of it, also where there is nothing to read. */
static void
look_at_owner(const struct ferry_call *call, const struct ferry_snapshot *s,
    const struct ferry_github_package *p, struct found *found)
{
	const struct ferry_claim *c = &call->identity.claim;

	if (c->kind == FERRY_CLAIM_USER &&
	    strcmp(c->realm, ferry_snapshot_meta(s)->realm) == 0 &&
	    (p->owner->id == c->user ||
		ferry_snapshot_membership(s, p->owner->id, c->user) >=
		    FERRY_MEMBER))
		found->known = true;
}

static int
add_one(const struct ferry_call *call, const struct ferry_permit *permit,
    const struct ferry_github_package *p, const struct ferry_format *wanted,
    struct found *found, struct ferry_error *err)
{
	int rc;

	look_at_owner(call, p->snapshot, p, found);
	if ((found->known && p->format != wanted) ||
	    !ferry_access_sees(permit, p->format->name,
		ferry_snapshot_meta(p->snapshot)->upstream, p->package->name) ||
	    (rc = is_held(call, p, err)) == 0)
		return 0;
	if (rc == -1)
		return -1;
	found->known = true;
	if (p->format != wanted)
		return 0;
	if (ferry_array_grow(&found->v, &found->cap, found->n + 1,
		sizeof(found->v[0]), err) == -1)
		return -1;
	found->v[found->n++] = *p;
	return 0;
}

static int
add_snapshot(const struct ferry_call *call, const struct ferry_permit *permit,
    const struct ferry_snapshot *s, const struct ferry_github_path *path,
    const struct ferry_format *wanted, struct found *found,
    struct ferry_error *err)
{

	for (size_t i = 0; i < ferry_snapshot_packages(s); i++) {
		const struct ferry_snapshot_package *p =
		    ferry_snapshot_package_at(s, i);
		const struct ferry_format *format =
		    ferry_github_format(p->type);
		struct ferry_github_package one;

		if (format != NULL &&
		    fits(call, s, p, path, format, "", &one) &&
		    add_one(call, permit, &one, wanted, found, err) == -1)
			return -1;
	}
	return 0;
}

int
ferry_github_packages(const struct ferry_call *call,
    const struct ferry_permit *permit, const struct ferry_github_path *path,
    const struct ferry_format *format, struct ferry_github_package **out,
    size_t *n, struct ferry_error *err)
{
	const struct ferry_snapshots *all =
	    ferry_access_snapshots(&call->identity);
	struct found found = { .known = path->space == FERRY_GITHUB_SELF };

	for (size_t i = 0; i < ferry_snapshots_count(all); i++) {
		const struct ferry_snapshot *s = ferry_snapshots_at(all, i);

		if (ferry_snapshot_meta(s)->github &&
		    add_snapshot(call, permit, s, path, format, &found, err) ==
			-1) {
			free(found.v);
			return -1;
		}
	}
	*out = found.v;
	*n = found.n;
	return found.known;
}
