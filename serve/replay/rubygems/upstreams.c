#include "serve/replay/rubygems/upstreams.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "serve/http/http.h"
#include "serve/replay/asker.h"
#include "serve/replay/call.h"
#include "serve/replay/rubygems/info.h"
#include "serve/replay/store_view.h"
#include "store/access/access.h"
#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/index/local.h"

#define VERSIONS_MAX (512U << 20)
#define HEAD_END "---\n"

/* The lists that are put together; of those that not everybody may read, the
 * lines of gems that the holder of permit may. */
struct sources {
	const struct ferry_call *call;
	const struct ferry_permit *permit;
	bool open; /* everybody may read everything */
	struct ferry_body *own;
	enum ferry_gem_form form;
	struct {
		char upstream[FERRY_PULL_NAME];
		struct ferry_digest digest;
	} lists[FERRY_PULL_UPSTREAMS];
	size_t n;
};

/* The list that was read last of an upstream: 1, 0, -1. */
static int
find_list(struct ferry_store *store, const char *upstream,
    struct ferry_digest *out, struct ferry_error *err)
{
	struct ferry_buf url = FERRY_BUF_INIT;
	json_t *up = NULL, *record = NULL;
	struct ferry_key key;
	const char *text = NULL;
	int rc =
	    ferry_key_named(&key, FERRY_KIND_UPSTREAM, upstream, NULL, err);

	if (rc == 0 && (rc = ferry_catalog_get(store, &key, &up, err)) == 1)
		text = json_string_value(json_object_get(up, "url"));
	rc = rc == -1 || text == NULL ? rc == -1 ? -1 : 0 : 1;
	if (rc == 1 &&
	    (ferry_buf_addf(&url, err, "%s/versions", text) == -1 ||
		ferry_key_make(&key, err, ferry_kind_name(FERRY_KIND_VALIDATOR),
		    upstream, (char *)url.p, NULL) == -1))
		rc = -1;
	if (rc == 1)
		rc = ferry_local_get(store, &key, &record, err);
	text = json_string_value(json_object_get(record, "sha256"));
	if (rc == 1 && text == NULL)
		rc = 0;
	if (rc == 1 && ferry_digest_from_hex(
			   out, FERRY_SHA256, ferry_bytes_str(text), err) == -1)
		rc = -1;
	if (rc == 1)
		rc = ferry_blob_has(store, out, err);
	json_decref(record);
	json_decref(up);
	ferry_buf_free(&url);
	return rc;
}

static int
find_lists(struct sources *s, struct ferry_error *err)
{
	char upstreams[FERRY_PULL_UPSTREAMS][FERRY_PULL_NAME];
	const char *origin = s->call->resource.origin;
	size_t n =
	    s->call->asker == NULL
		? 0
		: ferry_asker_upstreams(s->call->asker, "rubygems", upstreams);

	for (size_t i = 0; i < n; i++) {
		int rc;

		if (origin[0] != 0 && strcmp(origin, upstreams[i]) != 0)
			continue;
		memcpy(s->lists[s->n].upstream, upstreams[i], FERRY_PULL_NAME);
		rc = find_list(ferry_store_view_store(s->call->view),
		    upstreams[i], &s->lists[s->n].digest, err);
		if (rc == -1)
			return -1;
		s->n += rc == 1;
	}
	return 0;
}

/* What follows the head of a list; all of it, if it has none. */
static struct ferry_bytes
lines_of(struct ferry_bytes text)
{
	const uint8_t *end = text.n == 0 ? NULL
	                                 : memmem(text.p, text.n, HEAD_END,
					       sizeof(HEAD_END) - 1);
	size_t n =
	    end == NULL ? 0 : (size_t)(end - text.p) + sizeof(HEAD_END) - 1;

	return ferry_bytes_of(text.p + n, text.n - n);
}

/* A line that was cut must not run into the next. */
static int
add_lines(
    struct ferry_buf *out, struct ferry_bytes lines, struct ferry_error *err)
{

	if (ferry_buf_add(out, lines.p, lines.n, err) == -1)
		return -1;
	return lines.n == 0 || lines.p[lines.n - 1] == '\n'
	           ? 0
	           : ferry_buf_adds(out, "\n", err);
}

/* Those lines of a list of upstream's whose gems the client may read. */
static int
add_readable(const struct sources *s, const char *upstream,
    struct ferry_bytes lines, struct ferry_buf *out, struct ferry_error *err)
{
	struct ferry_bytes line;
	char name[FERRY_PACKAGE_NAME];

	if (s->open)
		return add_lines(out, lines, err);
	while (ferry_bytes_line(&lines, &line)) {
		const uint8_t *blank = memchr(line.p, ' ', line.n);
		size_t n = blank == NULL ? 0 : (size_t)(blank - line.p);

		if (n == 0 || n >= sizeof(name))
			continue;
		memcpy(name, line.p, n);
		name[n] = 0;
		if (ferry_access_sees(s->permit, "rubygems", upstream, name) &&
		    (ferry_buf_add(out, line.p, line.n, err) == -1 ||
			ferry_buf_adds(out, "\n", err) == -1))
			return -1;
	}
	return 0;
}

static int
put_together(
    const struct sources *s, struct ferry_buf *out, struct ferry_error *err)
{
	struct ferry_store *store = ferry_store_view_store(s->call->view);
	struct ferry_bytes own = ferry_bytes_buf(&s->own->bytes),
			   mine = lines_of(own);

	if (ferry_buf_add(out, own.p, own.n - mine.n, err) == -1)
		return -1;
	for (size_t i = 0; i < s->n; i++) {
		struct ferry_buf text = FERRY_BUF_INIT;
		int rc = ferry_blob_load(
		    store, &s->lists[i].digest, VERSIONS_MAX, &text, err);

		if (rc == 0)
			rc = add_readable(s, s->lists[i].upstream,
			    lines_of(ferry_bytes_buf(&text)), out, err);
		ferry_buf_free(&text);
		if (rc == -1)
			return -1;
	}
	return add_lines(out, mine, err);
}

static int
make(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	const struct sources *s = ctx;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_body *plain = NULL;
	int rc = put_together(s, &text, err);

	if (rc == 0)
		rc = ferry_gem_body(&plain, &text, err);
	if (rc == 0 && s->form == FERRY_GEM_PACKED) {
		rc = ferry_gem_pack(out, plain, err);
		ferry_body_unref(plain);
	} else if (rc == 0) {
		*out = plain;
	}
	ferry_buf_free(&text);
	return rc == -1 ? -1 : 1;
}

int
ferry_gem_upstream_versions(const struct ferry_call *call,
    const struct ferry_permit *permit, struct ferry_body *own,
    enum ferry_gem_form form, struct ferry_body **out, struct ferry_error *err)
{
	const struct ferry_identity *who = &call->identity;
	struct sources s = { .call = call,
		.permit = permit,
		.open = !ferry_access_restricts(
		    ferry_store_view_access(call->view)),
		.own = own,
		.form = form };
	char name[FERRY_PULL_UPSTREAMS * 17 + 200], hex[FERRY_DIGEST_TEXT];
	size_t at = 0;

	if (find_lists(&s, err) == -1)
		return -1;
	if (s.n == 0)
		return 0;
	for (size_t i = 0; i < s.n; i++)
		at += (size_t)snprintf(name + at, sizeof(name) - at, "%.16s ",
		    ferry_digest_hex(&s.lists[i].digest, hex));
	(void)snprintf(name + at, sizeof(name) - at, "%d %d %.96s %" PRIu64,
	    (int)form, s.open ? -1 : (int)who->claim.kind,
	    s.open ? "" : who->subject, s.open ? 0 : ferry_access_serial(who));
	return ferry_store_view_get(call->view, out, make, &s, err, "rubygems",
	    "", "versions", own->etag, name, NULL);
}
