#include "serve/replay/github/json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/json.h"

/* Set a text made like printf(), or fail for good: o becomes NULL. */
static void set(json_t **o, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void
set(json_t **o, const char *name, const char *fmt, ...)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	char text[2048];
	va_list ap;
	int n;

	if (*o == NULL)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(text) &&
	    ferry_json_set(*o, name, json_string(text), &err) == 0)
		return;
	json_decref(*o);
	*o = NULL;
}

static void
set_value(json_t **o, const char *name, json_t *value)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	if (*o == NULL) {
		json_decref(value);
	} else if (ferry_json_set(*o, name, value, &err) == -1) {
		json_decref(*o);
		*o = NULL;
	}
}

static void
set_time(json_t **o, const char *name, int64_t at)
{
	char text[FERRY_TIME_TEXT];

	set(o, name, "%s", ferry_time_text(at, text));
}

/* An opaque name for clients of both interfaces: of a kind and a number. */
static void
set_node(json_t **o, const char *kind, uint64_t id)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;
	char text[64];

	(void)snprintf(text, sizeof(text), "%s:%" PRIu64, kind, id);
	if (ferry_base64_add(&buf, ferry_bytes_str(text), &err) == 0)
		set(o, "node_id", "%s", (const char *)buf.p);
	ferry_buf_free(&buf);
}

json_t *
ferry_github_user_json(const struct ferry_github_urls *urls, uint64_t id,
    const char *login, bool organization)
{
	static const char *const parts[][2] = { { "followers_url",
						    "followers" },
		{ "following_url", "following{/other_user}" },
		{ "gists_url", "gists{/gist_id}" },
		{ "starred_url", "starred{/owner}{/repo}" },
		{ "subscriptions_url", "subscriptions" },
		{ "organizations_url", "orgs" }, { "repos_url", "repos" },
		{ "events_url", "events{/privacy}" },
		{ "received_events_url", "received_events" } };
	json_t *o = json_object();

	set(&o, "login", "%s", login);
	set_value(&o, "id", json_integer((json_int_t)id));
	set_node(&o, organization ? "Organization" : "User", id);
	set(&o, "avatar_url", "%s", "");
	set(&o, "gravatar_id", "%s", "");
	set(&o, "url", "%susers/%s", urls->api, login);
	set(&o, "html_url", "%s/%s", urls->pages, login);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		set(&o, parts[i][0], "%susers/%s/%s", urls->api, login,
		    parts[i][1]);
	set(&o, "type", "%s", organization ? "Organization" : "User");
	set_value(&o, "site_admin", json_false());
	return o;
}

/* NULL where the client may not know of it: the link would tell its name. */
static json_t *
repository_json(const struct ferry_github_urls *urls,
    const struct ferry_permit *permit, const struct ferry_snapshot *s,
    uint64_t id)
{
	const struct ferry_snapshot_repo *r =
	    id == 0 ? NULL : ferry_snapshot_repo(s, id);
	const struct ferry_snapshot_owner *o =
	    r == NULL ? NULL : ferry_snapshot_owner(s, r->owner);
	json_t *out;

	if (o == NULL || ferry_access_repository(permit, s, r) < FERRY_READ)
		return json_null();
	out = json_object();
	set_value(&out, "id", json_integer((json_int_t)r->id));
	set_node(&out, "Repository", r->id);
	set(&out, "name", "%s", r->name);
	set(&out, "full_name", "%s/%s", o->login, r->name);
	set_value(&out, "private", json_boolean(r->visibility != FERRY_PUBLIC));
	set(&out, "visibility", "%s", ferry_visibility_name(r->visibility));
	set_value(&out, "owner",
	    ferry_github_user_json(urls, o->id, o->login, o->organization));
	set(&out, "html_url", "%s/%s/%s", urls->pages, o->login, r->name);
	set_value(&out, "description", json_null());
	set_value(&out, "fork", json_false());
	set(&out, "url", "%srepos/%s/%s", urls->api, o->login, r->name);
	return out;
}

/* "https://HOST/api/v3/orgs/octo/packages/npm/ui", and the page's. */
struct places {
	char name[FERRY_GITHUB_NAME];
	char api[1024];
	char page[1024];
	char version[1024]; /* of the page, in front of what names a version */
};

static void
find_places(const struct ferry_github_urls *urls,
    const struct ferry_github_package *p, struct places *out)
{
	const struct ferry_snapshot_package *package = p->package;
	const struct ferry_snapshot_repo *repo =
	    package->repo == 0
		? NULL
		: ferry_snapshot_repo(p->snapshot, package->repo);
	const char *slash = strchr(package->name, '/'),
		   *space = p->owner->organization ? "orgs" : "users";
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf name = FERRY_BUF_INIT;

	(void)snprintf(out->name, sizeof(out->name), "%s",
	    slash == NULL ? package->name : slash + 1);
	(void)ferry_url_encode(&name, ferry_bytes_str(out->name), &err);
	(void)snprintf(out->api, sizeof(out->api), "%s%s/%s/packages/%s/%s",
	    urls->api, space, p->owner->login, package->type,
	    name.n == 0 ? "" : (const char *)name.p);
	if (!package->granular && repo != NULL) {
		(void)snprintf(out->page, sizeof(out->page),
		    "%s/%s/%s/packages/%" PRIu64, urls->pages, p->owner->login,
		    repo->name, package->id);
		(void)snprintf(out->version, sizeof(out->version),
		    "%.1000s?version=", out->page);
	} else {
		(void)snprintf(out->page, sizeof(out->page),
		    "%s/%s/%s/packages/%s/package/%s", urls->pages, space,
		    p->owner->login, package->type,
		    name.n == 0 ? "" : (const char *)name.p);
		(void)snprintf(out->version, sizeof(out->version),
		    "%s/%s/%s/packages/%s/%s/", urls->pages, space,
		    p->owner->login, package->type,
		    name.n == 0 ? "" : (const char *)name.p);
	}
	ferry_buf_free(&name);
}

enum ferry_visibility
ferry_github_visibility(const struct ferry_github_package *p)
{
	const struct ferry_snapshot_repo *repo =
	    p->package->granular || p->package->repo == 0
		? NULL
		: ferry_snapshot_repo(p->snapshot, p->package->repo);

	return repo != NULL ? repo->visibility : p->package->visibility;
}

json_t *
ferry_github_package_json(const struct ferry_github_urls *urls,
    const struct ferry_permit *permit, const struct ferry_github_package *p,
    const struct ferry_github_versions *versions)
{
	json_t *o = json_object();
	struct places places = { .name = "" };

	find_places(urls, p, &places);
	set_value(&o, "id", json_integer((json_int_t)p->package->id));
	set(&o, "name", "%s", places.name);
	set(&o, "package_type", "%s", p->package->type);
	set_value(&o, "owner",
	    ferry_github_user_json(
		urls, p->owner->id, p->owner->login, p->owner->organization));
	set_value(
	    &o, "version_count", json_integer((json_int_t)versions->live));
	set(&o, "visibility", "%s",
	    ferry_visibility_name(ferry_github_visibility(p)));
	set(&o, "url", "%s", places.api);
	set_time(&o, "created_at", versions->created_at);
	set_time(&o, "updated_at", versions->updated_at);
	set_value(&o, "repository",
	    repository_json(urls, permit, p->snapshot, p->package->repo));
	set(&o, "html_url", "%s", places.page);
	return o;
}

static json_t *
metadata_json(
    const struct ferry_github_package *p, const struct ferry_github_version *v)
{
	json_t *o = json_object(), *tags, *own;

	set(&o, "package_type", "%s", p->package->type);
	if (!p->format->github.tags)
		return o;
	tags = json_array();
	for (const char *t = v->tags; *t != 0; t += strspn(t, " ")) {
		size_t n = strcspn(t, " ");

		(void)json_array_append_new(tags, json_stringn(t, n));
		t += n;
	}
	own = json_object();
	set_value(&own, "tags", tags);
	set_value(&o, p->format->github.name, own);
	return o;
}

json_t *
ferry_github_version_json(const struct ferry_github_urls *urls,
    const struct ferry_github_package *p, const struct ferry_github_version *v)
{
	json_t *o = json_object();
	struct places places = { .name = "" };

	find_places(urls, p, &places);
	set_value(&o, "id", json_integer((json_int_t)v->id));
	set(&o, "name", "%s", v->name);
	set(&o, "url", "%s/versions/%" PRIu64, places.api, v->id);
	set(&o, "package_html_url", "%s", places.page);
	set_time(&o, "created_at", v->created_at);
	set_time(&o, "updated_at", v->created_at);
	if (v->deleted_at != 0)
		set_time(&o, "deleted_at", v->deleted_at);
	if (p->package->granular)
		set(&o, "html_url", "%s%" PRIu64, places.version, v->id);
	else
		set(&o, "html_url", "%s%s", places.version, v->name);
	set_value(&o, "metadata", metadata_json(p, v));
	return o;
}

json_t *
ferry_github_root_json(const struct ferry_github_urls *urls)
{
	json_t *o = json_object();

	set(&o, "current_user_url", "%suser", urls->api);
	set(&o, "organization_packages_url",
	    "%sorgs/{org}/packages{?package_type,page,per_page}", urls->api);
	set(&o, "user_packages_url",
	    "%susers/{user}/packages{?package_type,page,per_page}", urls->api);
	return o;
}
