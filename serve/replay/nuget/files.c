#include "serve/replay/nuget/files.h"

#include <stdio.h>
#include <string.h>

#include "serve/replay/file.h"
#include "serve/replay/held.h"
#include "serve/replay/nuget/path.h"
#include "store/base/error.h"
#include "store/catalog/catalog.h"
#include "store/format/nuget/name.h"
#include "store/pull/message.h"

/* Whose package */

/* "octo/id" of an owner's URL; names are in lower case. */
static int
owned_name(struct ferry_resource *r, const char *id, struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT;
	int rc = 0;

	if (r->origin[0] != 0 &&
	    (ferry_nuget_lower(&name, ferry_bytes_str(r->origin), err) == -1 ||
		ferry_buf_adds(&name, "/", err) == -1))
		rc = -1;
	if (rc == 0 && (rc = ferry_buf_adds(&name, id, err)) == 0 &&
	    name.n < sizeof(r->package)) {
		memcpy(r->package, name.p, name.n + 1);
		rc = 1;
	}
	ferry_buf_free(&name);
	return rc;
}

int
ferry_nuget_owner(
    struct ferry_call *call, enum ferry_lookup lookup, struct ferry_error *err)
{
	struct ferry_resource *r = &call->resource;
	struct ferry_bytes base =
	    ferry_nuget_name_id(ferry_bytes_str(r->package));
	char id[FERRY_PACKAGE_NAME];
	int rc;

	(void)snprintf(
	    id, sizeof(id), "%.*s", (int)base.n, (const char *)base.p);
	if ((rc = owned_name(r, id, err)) != 1)
		return rc;
	rc = ferry_view_owner(
	    call->view, "nuget", r->package, lookup, call->owner, err);
	if (rc != 0 || r->origin[0] == 0)
		return rc;
	/* The package that the upstream of that name has. */
	rc = ferry_view_owner_at(
	    call->view, "nuget", id, r->origin, lookup, call->owner, err);
	if (rc == 1)
		(void)snprintf(r->package, sizeof(r->package), "%s", id);
	return rc;
}

/* Files */

/* The record of the version that item begins with, and the file's name. */
static int
find_record(const struct ferry_call *call, json_t **record, const char **file,
    struct ferry_error *err)
{
	const struct ferry_resource *r = &call->resource;
	const char *slash = strrchr(r->item, '/');
	char version[FERRY_ITEM_NAME];

	if (slash == NULL)
		return 0;
	*file = slash + 1;
	(void)snprintf(
	    version, sizeof(version), "%.*s", (int)(slash - r->item), r->item);
	return ferry_held_record(
	    call->view, "nuget", r->package, call->owner, version, record, err);
}

/* The first file is the nupkg; others end as they are called, or are. */
static int
find_file(const json_t *record, const char *name, struct ferry_file *out,
    struct ferry_error *err)
{
	int n = ferry_files_count(record, err);
	size_t end = strlen(name);

	if (n <= 0)
		return n;
	if (strcmp(name, "nupkg") == 0)
		return ferry_files_get(record, 0, out, err) == -1 ? -1 : 1;
	for (size_t i = 1; i < (size_t)n; i++) {
		size_t all;

		if (ferry_files_get(record, i, out, err) == -1)
			return -1;
		all = strlen(out->name);
		if (strcmp(out->name, name) == 0 ||
		    (all > end && out->name[all - end - 1] == '.' &&
			strcmp(out->name + all - end, name) == 0))
			return 1;
	}
	return 0;
}

static int
find(void *ctx, struct ferry_digest *out, struct ferry_error *err)
{
	const struct ferry_call *call = ctx;
	struct ferry_file file;
	json_t *record = NULL;
	const char *name;
	int rc = find_record(call, &record, &name, err);

	if (rc == 1)
		rc = find_file(record, name, &file, err);
	if (rc == 1)
		*out = file.sha256;
	json_decref(record);
	return rc;
}

/* "ID.VERSION.nupkg.sha512": base64 of the digest of the nupkg. */
static int
answer_digest(const struct ferry_call *call, struct ferry_response *res,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_digest sha512;
	json_t *record = NULL;
	const char *name, *hex;
	int rc = find_record(call, &record, &name, err);

	if (rc == 1) {
		hex = json_string_value(json_object_get(
		    json_array_get(json_object_get(record, "files"), 0),
		    "sha512"));
		if (hex == NULL)
			rc = 0;
		else if (ferry_digest_from_hex(&sha512, FERRY_SHA512,
			     ferry_bytes_str(hex), err) == -1 ||
			 ferry_base64_add(&text,
			     ferry_bytes_of(sha512.v, sha512.n), err) == -1 ||
			 ferry_response_take(res, "text/plain", &text, err) ==
			     -1)
			rc = -1;
	}
	ferry_buf_free(&text);
	json_decref(record);
	return rc;
}

/* An image of a kind that browsers only draw; anything else is bytes. */
static const char *
image_type(const struct ferry_body *body)
{
	static const struct {
		const char *start;
		size_t n;
		const char *type;
	} kinds[] = {
		{ "\x89PNG", 4, "image/png" },
		{ "\xff\xd8\xff", 3, "image/jpeg" },
		{ "GIF8", 4, "image/gif" },
	};
	uint8_t head[4];
	ssize_t n = ferry_body_read(body, 0, head, sizeof(head));

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (n >= (ssize_t)kinds[i].n &&
		    memcmp(head, kinds[i].start, kinds[i].n) == 0)
			return kinds[i].type;
	return "application/octet-stream";
}

static const char *
type_of(const char *file, const struct ferry_body *body)
{

	if (strcmp(file, "icon") == 0)
		return image_type(body);
	if (strcmp(file, "nuspec") == 0)
		return "application/xml";
	return strcmp(file, "readme") == 0 || strcmp(file, "license") == 0
	           ? "text/plain; charset=utf-8"
	           : "application/octet-stream";
}

int
ferry_nuget_answer_file(const struct ferry_call *call,
    struct ferry_response *res, struct ferry_error *err)
{
	const struct ferry_resource *r = &call->resource;
	const struct ferry_file_call file = { call->view, "nuget", r->package,
		call->owner, r->item, NULL, find, (void *)(uintptr_t)call };
	const char *name = strrchr(r->item, '/');
	struct ferry_body *body = NULL;
	int rc;

	if (call->owner[0] == 0 || name == NULL)
		return 0;
	if (strcmp(++name, "sha512") == 0)
		return answer_digest(call, res, err);
	if ((rc = ferry_file_body(&file, &body, err)) != 1)
		return rc;
	ferry_response_body(res, type_of(name, body), body);
	res->ranges = true;
	res->cache = "public, max-age=31536000, immutable";
	ferry_response_header(res, "X-Content-Type-Options", "nosniff");
	return 1;
}

/* Pulling */

bool
ferry_nuget_wants(const struct ferry_call *call, struct ferry_pull_want *want)
{
	const struct ferry_resource *r = &call->resource;
	struct ferry_bytes id =
	    ferry_nuget_name_id(ferry_bytes_str(r->package));
	const char *slash = strrchr(r->item, '/');

	want->what = FERRY_PULL_DOCUMENT;
	switch ((enum ferry_nuget_kind)r->kind) {
	case FERRY_NUGET_FILE:
		if (slash == NULL)
			return false;
		want->what = FERRY_PULL_VERSION;
		want->grows = strcmp(slash, "/nupkg") == 0;
		(void)snprintf(want->version, sizeof(want->version), "%.*s",
		    (int)(slash - r->item), r->item);
		break;
	case FERRY_NUGET_VERSIONS:
	case FERRY_NUGET_REGISTRATION:
	case FERRY_NUGET_PAGE:
	case FERRY_NUGET_LEAF:
	case FERRY_NUGET_ENTRY:
	case FERRY_NUGET_ENUMERATE:
	case FERRY_NUGET_V2_FIND:
	case FERRY_NUGET_V2_PACKAGE:
		break;
	default:
		return false;
	}
	/* An upstream that is pulled through has no owners. */
	(void)snprintf(want->package, sizeof(want->package), "%.*s", (int)id.n,
	    (const char *)id.p);
	return want->package[0] != 0;
}

bool
ferry_nuget_supplies(const struct ferry_call *call, const char *upstream)
{
	const char *origin = call->resource.origin;

	return origin[0] == 0 || strcmp(origin, upstream) == 0;
}
