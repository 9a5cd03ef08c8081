#include "serve/replay/maven/versions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/replay/maven/behind.h"
#include "serve/replay/maven/listed.h"
#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/catalog/removal.h"
#include "store/catalog/withdrawn.h"
#include "store/format/maven/names.h"
#include "store/format/maven/version.h"

void
ferry_maven_versions_free(struct ferry_maven_versions *v)
{

	for (size_t i = 0; i < v->n; i++)
		free(v->list[i]);
	free(v->list);
	json_decref(v->files);
	ferry_buf_free(&v->plugins);
}

/* "1.0-SNAPSHOT" of a build of it; anything else is itself. */
static void
folder_of(const char *version, char out[FERRY_MAVEN_VERSION_MAX + 16])
{
	struct ferry_maven_build build;

	if (ferry_maven_build_cut(&build, ferry_bytes_str(version)))
		(void)snprintf(out, FERRY_MAVEN_VERSION_MAX + 16,
		    "%.*s-SNAPSHOT", (int)build.base.n,
		    (const char *)build.base.p);
	else
		(void)snprintf(
		    out, FERRY_MAVEN_VERSION_MAX + 16, "%s", version);
}

static bool
is_listed(const struct ferry_maven_versions *v, const char *version)
{

	for (size_t i = v->n; i-- > 0;)
		if (strcmp(v->list[i], version) == 0)
			return true;
	return false;
}

static int
list_version(struct ferry_maven_versions *v, const char *version,
    struct ferry_error *err)
{

	if (ferry_array_grow(
		&v->list, &v->cap, v->n + 1, sizeof(char *), err) == -1 ||
	    ferry_strdup(&v->list[v->n], version, err) == -1)
		return -1;
	v->n++;
	return 0;
}

/* A version is listed if it has more than a POM that others read. */
static int
add_version(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const char *version = ferry_key_part(key, 4);
	char folder[FERRY_MAVEN_VERSION_MAX + 16];
	struct ferry_maven_versions *v = ctx;
	json_int_t at;

	if (ferry_removal_is(record) || ferry_withdrawn_hidden(record) ||
	    json_is_true(json_object_get(record, "bare")))
		return 0;
	folder_of(version, folder);
	if (v->folder != NULL && strcmp(folder, v->folder) != 0)
		return 0;
	/* Of a build that several have, the first one's files count. */
	if (v->folder != NULL && json_object_get(v->files, version) != NULL)
		return 0;
	if (v->folder != NULL &&
	    ferry_json_set(v->files, version,
		json_incref(json_object_get(record, "files")), err) == -1)
		return -1;
	at = json_integer_value(json_object_get(record, "pulled_at"));
	if (at > v->updated_at)
		v->updated_at = at;
	if (v->folder == NULL)
		version = folder;
	/* Builds of one snapshot lie together. */
	return v->folder == NULL && is_listed(v, version)
	           ? 0
	           : list_version(v, version, err);
}

static int
by_version(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return ferry_maven_order(ferry_bytes_str(*x), ferry_bytes_str(*y));
}

/* What upstream lists besides, and is pulled when it is asked for */

static int
on_version(void *ctx, const char *version, struct ferry_error *err)
{
	struct ferry_maven_versions *v = ctx;

	return is_listed(v, version) ? 0 : list_version(v, version, err);
}

static int
on_plugin(void *ctx, const char *prefix, const char *artifact,
    struct ferry_error *err)
{
	struct ferry_maven_versions *v = ctx;

	return ferry_buf_add(
		   &v->plugins, artifact, strlen(artifact) + 1, err) == -1
	           ? -1
	           : ferry_buf_add(
			 &v->plugins, prefix, strlen(prefix) + 1, err);
}

static int
on_updated(void *ctx, const char *text, struct ferry_error *err)
{
	struct ferry_maven_versions *v = ctx;

	(void)err;
	(void)snprintf(v->updated, sizeof(v->updated), "%s", text);
	return 0;
}

static int
on_build(
    void *ctx, const char *build, const char *file, struct ferry_error *err)
{
	struct ferry_maven_versions *v = ctx;
	json_t *files = json_object_get(v->files, build);

	if (files == NULL) {
		files = json_array();
		if (ferry_json_set(v->files, build, files, err) == -1 ||
		    list_version(v, build, err) == -1)
			return -1;
	}
	return file == NULL ? 0
	                    : ferry_json_push(
				  files, json_pack("{s:s}", "name", file), err);
}

static int
add_listed(struct ferry_maven_versions *v, const struct ferry_call *call,
    struct ferry_error *err)
{
	const struct ferry_maven_listener to = { on_version, on_plugin,
		on_updated, on_build, v };

	return ferry_maven_listed(call->view, call->resource.package,
	    call->owner, v->folder, &to, err);
}

static int
load_one(struct ferry_maven_versions *v, const struct ferry_call *call,
    struct ferry_error *err)
{
	struct ferry_key prefix;

	return ferry_key_version(&prefix, "maven", call->resource.package,
		   call->owner, NULL, err) == -1 ||
	               ferry_catalog_each(ferry_store_view_store(call->view),
			   &prefix, add_version, v, err) == -1 ||
	               add_listed(v, call, err) == -1
	           ? -1
	           : 0;
}

/* A version that several upstreams have is listed once. */
static void
list_once(struct ferry_maven_versions *v)
{
	size_t n = 0;

	if (v->n > 1)
		qsort(v->list, v->n, sizeof(char *), by_version);
	for (size_t i = 0; i < v->n; i++)
		if (n > 0 && strcmp(v->list[n - 1], v->list[i]) == 0)
			free(v->list[i]);
		else
			v->list[n++] = v->list[i];
	v->n = n;
}

static int
add_owner(
    struct ferry_maven_whose *whose, const char *owner, struct ferry_error *err)
{

	return ferry_buf_addf(
	    &whose->owners, err, "%zu:%s", strlen(owner), owner);
}

int
ferry_maven_whose(struct ferry_maven_whose *whose, struct ferry_error *err)
{
	struct ferry_call call = *whose->call;
	struct ferry_body *behind = NULL;
	size_t at = 0;
	int rc;

	if (call.resource.origin[0] != 0)
		return add_owner(whose, call.owner, err);
	rc = ferry_maven_behind(&call, FERRY_LOOKUP_CACHED, &behind, err);
	while (rc == 1 && ferry_maven_behind_next(behind, &at, &call))
		if (ferry_view_may_read(&call, "maven") &&
		    add_owner(whose, call.owner, err) == -1)
			rc = -1;
	ferry_body_unref(behind);
	return rc == -1 ? -1 : 0;
}

int
ferry_maven_versions_load(struct ferry_maven_versions *v,
    const struct ferry_maven_whose *whose, struct ferry_error *err)
{
	struct ferry_call call = *whose->call;
	const char *at =
	    whose->owners.p == NULL ? "" : (const char *)whose->owners.p;

	*v = (struct ferry_maven_versions){ .folder = whose->folder,
		.files = json_object() };
	if (v->files == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	while (*at != 0) {
		size_t digits = strcspn(at, ":");
		uint64_t n = 0;

		if (ferry_parse_u64(ferry_bytes_of(at, digits), 1,
			sizeof(call.owner) - 1, &n, err) == -1)
			return -1;
		at += digits + 1;
		memcpy(call.owner, at, (size_t)n);
		call.owner[n] = 0;
		if (load_one(v, &call, err) == -1)
			return -1;
		at += n;
	}
	list_once(v);
	return 0;
}
