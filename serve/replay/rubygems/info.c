#include "serve/replay/rubygems/info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/http/http.h"
#include "serve/replay/document.h"
#include "serve/replay/known.h"
#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/base/out.h"
#include "store/catalog/catalog.h"
#include "store/catalog/removal.h"
#include "store/catalog/withdrawn.h"
#include "store/format/rubygems/gem.h"

#define DOCUMENT_MAX (64U << 20)

bool
ferry_gem_is_shown(const json_t *record)
{

	return !ferry_removal_is(record) && !ferry_withdrawn_hidden(record) &&
	       json_is_string(json_object_get(record, "line"));
}

int
ferry_gem_info_add(struct ferry_gem_info *info, const char *version,
    const json_t *record, struct ferry_error *err)
{
	struct ferry_gem_shown *shown;

	if (!ferry_gem_is_shown(record))
		return 0;
	if (ferry_array_grow(&info->list, &info->cap, info->n + 1,
		sizeof(*info->list), err) == -1)
		return -1;
	shown = &info->list[info->n++];
	*shown = (struct ferry_gem_shown){ NULL, NULL };
	return ferry_strdup(&shown->version, version, err) == -1 ||
	               ferry_strdup(&shown->line,
			   json_string_value(json_object_get(record, "line")),
			   err) == -1
	           ? -1
	           : 0;
}

static int
by_version(const void *a, const void *b)
{
	const struct ferry_gem_shown *x = a, *y = b;

	return ferry_gem_version_cmp(
	    ferry_bytes_str(x->version), ferry_bytes_str(y->version));
}

void
ferry_gem_info_sort(struct ferry_gem_info *info)
{

	if (info->n > 1)
		qsort(info->list, info->n, sizeof(*info->list), by_version);
}

static int
add_version(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{

	return ferry_gem_info_add(ctx, ferry_key_part(key, 4), record, err);
}

static bool
has_version(const struct ferry_gem_info *info, size_t n, const char *version)
{

	for (size_t i = 0; i < n; i++)
		if (strcmp(info->list[i].version, version) == 0)
			return true;
	return false;
}

struct adding {
	struct ferry_gem_info *info;
	const struct ferry_known *known;
};

/* Add what a document lists, and was not held. */
static int
add_lines(void *ctx, size_t part, const char *name, struct ferry_bytes text,
    struct ferry_error *err)
{
	const struct adding *adding = ctx;
	struct ferry_gem_info *info = adding->info;
	struct ferry_bytes line;
	size_t held = info->n;

	(void)name;
	while (part == 0 && ferry_bytes_line(&text, &line)) {
		const uint8_t *blank = memchr(line.p, ' ', line.n);
		struct ferry_gem_shown *shown;
		struct ferry_bytes version;

		if (blank == NULL)
			continue;
		version = ferry_bytes_of(line.p, (size_t)(blank - line.p));
		if (!ferry_gem_version_valid(version) ||
		    !ferry_known_shows(adding->known, version))
			continue;
		if (ferry_array_grow(&info->list, &info->cap, info->n + 1,
			sizeof(*info->list), err) == -1)
			return -1;
		shown = &info->list[info->n];
		*shown = (struct ferry_gem_shown){ NULL, NULL };
		if (ferry_strndup(&shown->version, version, err) == -1)
			return -1;
		if (has_version(info, held, shown->version)) {
			free(shown->version);
			continue;
		}
		info->n++;
		if (ferry_strndup(&shown->line,
			ferry_bytes_of(blank + 1, line.n - version.n - 1),
			err) == -1)
			return -1;
	}
	return 0;
}

int
ferry_gem_info_known(struct ferry_gem_info *info, struct ferry_store_view *view,
    const char *name, const char *owner, struct ferry_error *err)
{
	struct ferry_known known;
	struct adding adding = { info, &known };
	int rc = ferry_known_begin(&known, view, "rubygems", name, owner, err);

	if (rc != 1)
		return rc;
	rc = ferry_known_documents(view, "rubygems", name, owner, DOCUMENT_MAX,
	    add_lines, &adding, err);
	ferry_known_end(&known, NULL);
	return rc;
}

int
ferry_gem_info_load(struct ferry_gem_info *info, struct ferry_store_view *view,
    const char *name, const char *owner, struct ferry_error *err)
{
	struct ferry_key prefix;

	if (ferry_key_version(&prefix, "rubygems", name, owner, NULL, err) ==
		-1 ||
	    ferry_catalog_each(ferry_store_view_store(view), &prefix,
		add_version, info, err) == -1 ||
	    ferry_gem_info_known(info, view, name, owner, err) == -1)
		return -1;
	ferry_gem_info_sort(info);
	return 0;
}

int
ferry_gem_info_text(const struct ferry_gem_info *info, struct ferry_buf *buf,
    struct ferry_error *err)
{
	struct ferry_out out;

	ferry_out_begin(&out, buf);
	ferry_out_str(&out, "---\n");
	for (size_t i = 0; i < info->n; i++) {
		ferry_out_str(&out, info->list[i].version);
		ferry_out_str(&out, " ");
		ferry_out_str(&out, info->list[i].line);
		ferry_out_str(&out, "\n");
	}
	return ferry_out_end(&out, err);
}

int
ferry_gem_info_versions(const struct ferry_gem_info *info,
    struct ferry_buf *buf, struct ferry_error *err)
{
	struct ferry_out out;

	ferry_out_begin(&out, buf);
	for (size_t i = 0; i < info->n; i++) {
		ferry_out_str(&out, i == 0 ? "" : ",");
		ferry_out_str(&out, info->list[i].version);
	}
	ferry_out_str(&out, "");
	return ferry_out_end(&out, err);
}

void
ferry_gem_info_free(struct ferry_gem_info *info)
{

	for (size_t i = 0; i < info->n; i++) {
		free(info->list[i].version);
		free(info->list[i].line);
	}
	free(info->list);
	*info = (struct ferry_gem_info){ .n = 0 };
}

void
ferry_gem_body_tag(struct ferry_body *body, struct ferry_digester *digester)
{
	char hex[FERRY_DIGEST_TEXT];
	struct ferry_digest md5, sha256;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf base64 = FERRY_BUF_INIT;

	ferry_digester_final(digester, FERRY_MD5, &md5);
	ferry_digester_final(digester, FERRY_SHA256, &sha256);
	(void)snprintf(body->etag, sizeof(body->etag), "\"%s\"",
	    ferry_digest_hex(&md5, hex));
	/* Without memory it is left out, which only costs a request. */
	if (ferry_base64_add(
		&base64, ferry_bytes_of(sha256.v, sha256.n), &ignored) == 0)
		(void)snprintf(body->digest, sizeof(body->digest),
		    "sha-256=:%s:", (char *)base64.p);
	ferry_buf_free(&base64);
}

int
ferry_gem_body(
    struct ferry_body **out, struct ferry_buf *buf, struct ferry_error *err)
{
	struct ferry_digester *digester = NULL;
	int rc = ferry_digester_new(
	    &digester, FERRY_ALG(FERRY_MD5) | FERRY_ALG(FERRY_SHA256), err);

	if (rc == 0) {
		ferry_digester_update(digester, buf->p, buf->n);
		rc = ferry_body_new(out, buf, err);
	}
	if (rc == 0)
		ferry_gem_body_tag(*out, digester);
	ferry_digester_free(digester);
	return rc;
}

int
ferry_gem_pack(struct ferry_body **out, const struct ferry_body *body,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = ferry_document_gzip(ferry_bytes_buf(&body->bytes), &text, err);

	if (rc == 0)
		rc = ferry_body_new(out, &text, err);
	/* Both are those of what is packed: clients compare what they unpacked. */
	if (rc == 0) {
		(void)snprintf(
		    (*out)->etag, sizeof((*out)->etag), "%s", body->etag);
		(void)snprintf(
		    (*out)->digest, sizeof((*out)->digest), "%s", body->digest);
	}
	ferry_buf_free(&text);
	return rc;
}
