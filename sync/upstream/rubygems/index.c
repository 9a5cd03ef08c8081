#include "sync/upstream/rubygems/index.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/json.h"
#include "store/format/rubygems/gem.h"
#include "store/format/rubygems/marshal.h"
#include "store/store.h"
#include "sync/base/task.h"
#include "sync/upstream/package/packages.h"
#include "sync/upstream/pull.h"
#include "sync/upstream/rubygems/inflate.h"
#include "sync/upstream/rubygems/names.h"
#include "sync/upstream/rubygems/rubygems.h"
#include "sync/upstream/rubygems/url.h"

#define VERSIONS_MAX (512U << 20)
#define PACKED_MAX (32U << 20)
#define UNPACKED_MAX (64U << 20)
#define BLOCK (64U << 10)

/*
 * A base URL of the registry: its only one, or one of an owner.
 *
 * Life: NEW → ASKED, by the first package that is asked for; then COMPACT or
 * MARSHAL, or FAILED, and that is final.
 *
 * Invariants:
 *  1. kept is the digest of the /versions that the store has, its n is 0 if
 *     there is none.
 *  2. writer has what is read now, unless that is what is kept.
 *  3. pending counts the Marshal indexes that are under way.
 */
struct gem_base {
	struct ferry_table_entry entry; /* key: the owner, "" for none */
	struct ferry_packages *packages;
	enum { NEW, ASKED, COMPACT, MARSHAL, FAILED } state;
	char *url; /* of the base */
	struct ferry_error error; /* FAILED */
	struct gem_names names;

	struct ferry_digest kept;
	uint64_t kept_size;
	char *etag;
	struct ferry_gem_versions reader;
	struct ferry_blob_writer *writer;
	bool whole; /* it comes from its first byte */
	bool begun; /* of one that does not: what is kept was read */

	unsigned pending;
};

static void
fail(struct gem_base *base, const struct ferry_error *why)
{

	base->state = FAILED;
	base->error = *why;
	ferry_gem_names_free(&base->names);
}

static int
versions_url(
    const struct gem_base *base, struct ferry_buf *url, struct ferry_error *err)
{

	return ferry_buf_addf(url, err, "%s/versions", base->url);
}

static int
local_key(
    const struct gem_base *base, struct ferry_key *key, struct ferry_error *err)
{
	struct ferry_buf url = FERRY_BUF_INIT;
	int rc = versions_url(base, &url, err);

	if (rc == 0)
		rc = ferry_key_make(key, err, "validator",
		    base->packages->up->name, (char *)url.p, NULL);
	ferry_buf_free(&url);
	return rc;
}

/* Reading /versions */

static int
on_name(void *ctx, struct ferry_bytes name, const uint8_t *md5,
    struct ferry_error *err)
{
	struct gem_base *base = ctx;
	struct gem_named *named = ferry_gem_names_add(&base->names, name, err);

	if (named == NULL)
		return -1;
	named->has_md5 = md5 != NULL;
	if (md5 != NULL)
		memcpy(named->md5, md5, sizeof(named->md5));
	return 0;
}

/* Begin anew, with a writer or, for what is kept, without. */
static int
begin(struct gem_base *base, bool write, struct ferry_error *err)
{

	ferry_blob_writer_free(base->writer);
	base->writer = NULL;
	ferry_gem_names_free(&base->names);
	ferry_gem_versions_begin(&base->reader, on_name, base);
	return write ? ferry_blob_writer_new(&base->writer,
			   base->packages->run->st, FERRY_BLOB_IS_FILE,
			   FERRY_ALG(FERRY_MD5), err)
	             : 0;
}

static int
feed(struct gem_base *base, const void *p, size_t n, struct ferry_error *err)
{

	if (base->writer != NULL &&
	    ferry_blob_writer_write(base->writer, p, n, err) == -1)
		return -1;
	return ferry_gem_versions_feed(
	    &base->reader, ferry_bytes_of(p, n), err);
}

/* The first n bytes of what is kept. */
static int
feed_kept(struct gem_base *base, uint64_t n, struct ferry_error *err)
{
	struct ferry_blob blob = { .fd = -1 };
	uint8_t *block = NULL;
	uint64_t at = 0;
	ssize_t got;
	int rc;

	if ((rc = ferry_blob_open(
		 base->packages->run->st, &base->kept, &blob, err)) != 1)
		return rc == -1 ? -1
		                : ferry_error_set(err, FERRY_ENOTFOUND,
				      "the list of versions is gone");
	rc = ferry_calloc(&block, 1, BLOCK, err);
	while (rc == 0 && at < n) {
		size_t want = n - at < BLOCK ? (size_t)(n - at) : BLOCK;

		got = ferry_blob_read(&blob, at, block, want, err);
		rc = got > 0 ? feed(base, block, (size_t)got, err) : -1;
		if (got == 0)
			ferry_error_set(
			    err, FERRY_ESIZE, "the list of versions is cut");
		at += got > 0 ? (uint64_t)got : 0;
	}
	free(block);
	ferry_blob_close(&blob);
	return rc;
}

static void
on_start(void *ctx)
{
	struct gem_base *base = ctx;

	base->whole = true;
	base->begun = false;
}

static int
on_data(void *ctx, const void *p, size_t n, struct ferry_error *err)
{
	struct gem_base *base = ctx;

	if (!base->begun) {
		base->begun = true;
		if (begin(base, true, err) == -1 ||
		    (!base->whole &&
			feed_kept(base, base->kept_size - 1, err) == -1))
			return -1;
	}
	return feed(base, p, n, err);
}

/* The SHA-256 that the answer declares of the whole. */
static bool
declared(const struct ferry_fetch_result *result, struct ferry_digest *out)
{
	static const char *const names[] = { "Repr-Digest", "Digest" };
	struct ferry_error ignored = FERRY_ERROR_INIT;
	char sri[80];
	const char *value;

	for (size_t i = 0; i < 2; i++) {
		value = ferry_fetch_header(result, names[i], 0);
		if (value == NULL || strncasecmp(value, "sha-256=", 8) != 0)
			continue;
		value += value[8] == ':' ? 9 : 8;
		(void)snprintf(sri, sizeof(sri), "sha256-%.*s",
		    (int)strcspn(value, ":, "), value);
		if (ferry_sri_parse(out, 1, ferry_bytes_str(sri), &ignored) ==
			1 &&
		    out->alg == FERRY_SHA256)
			return true;
	}
	return false;
}

/* An ETag that is the MD5 of the whole. */
static bool
is_md5_etag(const struct ferry_fetch_result *result, struct ferry_digest *out)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	const char *etag = result->etag;

	return etag != NULL && strlen(etag) == 34 && *etag == '"' &&
	       ferry_digest_from_hex(
		   out, FERRY_MD5, ferry_bytes_of(etag + 1, 32), &ignored) == 0;
}

/* Whether what came is what the answer says: 1; 0 no; and where it is not said
 * 1 for a whole. */
static int
is_intact(struct gem_base *base, const struct ferry_fetch_result *result)
{
	struct ferry_digest want, got;

	if (declared(result, &want)) {
		ferry_blob_writer_digest(base->writer, FERRY_SHA256, &got);
		return ferry_digest_equal(&want, &got);
	}
	if (base->whole)
		return 1;
	if (!is_md5_etag(result, &want))
		return 0;
	ferry_blob_writer_digest(base->writer, FERRY_MD5, &got);
	return ferry_digest_equal(&want, &got);
}

/* What was kept is of no use any more, unless a record happens to name it. */
static int
drop_kept(struct gem_base *base, const struct ferry_digest *new,
    struct ferry_error *err)
{
	struct ferry_store *st = base->packages->run->st;
	struct ferry_ref_iter *it = NULL;
	struct ferry_key key;
	int rc;

	if (base->kept.n == 0 || ferry_digest_equal(&base->kept, new))
		return 0;
	if (ferry_ref_iter_new(&it, st, &base->kept, NULL, err) == -1)
		return -1;
	rc = ferry_ref_iter_next(it, &key, err);
	ferry_ref_iter_free(it);
	return rc == 0 ? ferry_blob_remove(st, &base->kept, err) : rc;
}

static int
keep(struct gem_base *base, const struct ferry_fetch_result *result,
    struct ferry_error *err)
{
	struct ferry_store *st = base->packages->run->st;
	char hex[FERRY_DIGEST_TEXT];
	struct ferry_digest sha256;
	struct ferry_key key;

	if (base->packages->run->dry_run)
		return 0;
	if (ferry_blob_writer_finish(base->writer, NULL, 0, &sha256, err) ==
		-1 ||
	    local_key(base, &key, err) == -1 ||
	    drop_kept(base, &sha256, err) == -1)
		return -1;
	return ferry_local_put_new(st, &key,
	    json_pack("{s:s,s:s*}", "sha256", ferry_digest_hex(&sha256, hex),
		"etag", result->etag),
	    err);
}

static int
ask_versions(struct gem_base *base, bool anew, struct ferry_error *err);
static int ask_marshal(struct gem_base *base, struct ferry_error *err);

/* It came, or nothing is new. */
static int
take_versions(struct gem_base *base, const struct ferry_fetch_result *result,
    struct ferry_error *err)
{

	if (result->status == 304) {
		if (base->kept.n == 0)
			return ferry_error_set(err, FERRY_EHTTP,
			    "the server answered 304 (not modified) to a first "
			    "request");
		if (begin(base, false, err) == -1 ||
		    feed_kept(base, base->kept_size, err) == -1)
			return -1;
	} else {
		if (!base->begun && on_data(base, "", 0, err) == -1)
			return -1;
		if (!is_intact(base, result)) {
			if (!base->whole)
				return ask_versions(base, true, err);
			return ferry_error_set(err, FERRY_EDIGEST,
			    "%s/versions is not what its digest says",
			    base->url);
		}
	}
	if (ferry_gem_versions_end(&base->reader, err) == -1 ||
	    (result->status != 304 && keep(base, result, err) == -1))
		return ferry_error_in(err, "from %s/versions", base->url);
	base->state = COMPACT;
	ferry_blob_writer_free(base->writer);
	base->writer = NULL;
	return 0;
}

/* Whether an answer says that there is no compact index.
 * Source: PROTOCOL.md, section 9. */
static bool
is_absent(const struct ferry_fetch_result *result)
{
	long s = result->status;

	return s == 400 || s == 403 || s == 404 || s == 405 || s == 410 ||
	       s == 501;
}

static enum ferry_fetch_verdict
on_done(void *ctx, const struct ferry_fetch_result *result)
{
	struct ferry_error err = result->error;
	struct gem_base *base = ctx;
	int rc = -1;

	if (err.code == FERRY_OK) {
		rc = take_versions(base, result, &err);
		/* Bytes that came wrong are worth a second look. */
		if (rc == -1 && !result->last_try &&
		    (err.code == FERRY_EDIGEST || err.code == FERRY_EFORMAT) &&
		    result->tries < 2) {
			base->whole = base->begun = false;
			return FERRY_FETCH_AGAIN;
		}
	} else if (is_absent(result)) {
		err = (struct ferry_error)FERRY_ERROR_INIT;
		rc = ask_marshal(base, &err);
	}
	if (rc == -1)
		fail(base, &err);
	if (err.code == FERRY_ESYSTEM || err.code == FERRY_EINDEX)
		base->packages->run->fatal = err;
	return FERRY_FETCH_DONE;
}

/* anew: not only what follows what is kept. */
static int
ask_versions(struct gem_base *base, bool anew, struct ferry_error *err)
{
	struct ferry_buf url = FERRY_BUF_INIT;
	struct ferry_fetch_request request = {
		.origin = &base->packages->up->origin,
		.accept = "text/plain",
		.document = true,
		.max_size = VERSIONS_MAX,
		.ctx = base,
		.on_start = on_start,
		.on_data = on_data,
		.on_done = on_done,
	};
	int rc = -1;

	base->whole = base->begun = false;
	if (!anew && base->kept.n > 0) {
		request.if_none_match = base->etag;
		request.have = base->kept_size - 1;
	}
	if (versions_url(base, &url, err) == 0) {
		request.url = (char *)url.p;
		rc = ferry_fetch_add(base->packages->run->fetch, &request, err);
	}
	ferry_buf_free(&url);
	return rc;
}

/* What is kept of the last time, if all of it is here. */
static int
load_kept(struct gem_base *base, struct ferry_error *err)
{
	struct ferry_store *st = base->packages->run->st;
	struct ferry_blob_info info;
	struct ferry_digest sha256;
	struct ferry_key key;
	json_t *record = NULL;
	const char *hex, *etag;
	int rc;

	if (local_key(base, &key, err) == -1 ||
	    (rc = ferry_local_get(st, &key, &record, err)) == -1)
		return -1;
	if (rc == 0)
		return 0;
	rc = -1;
	if (ferry_json_str(record, "sha256", &hex, err) == -1 ||
	    ferry_digest_from_hex(
		&sha256, FERRY_SHA256, ferry_bytes_str(hex), err) == -1 ||
	    (rc = ferry_blob_stat(st, &sha256, &info, err)) != 1)
		goto out;
	if ((rc = ferry_blob_has(st, &sha256, err)) == 1 && info.size > 1) {
		base->kept = sha256;
		base->kept_size = info.size;
		etag = json_string_value(json_object_get(record, "etag"));
		rc = etag == NULL ? 0 : ferry_strdup(&base->etag, etag, err);
	}
out:
	json_decref(record);
	return rc == -1 ? -1 : 0;
}

/* The Marshal indexes */

static int
on_entry(
    void *ctx, const struct ferry_marshal_entry *entry, struct ferry_error *err)
{
	struct gem_base *base = ctx;
	struct gem_named *named;

	/* What is no gem here cannot be asked for either. */
	if (memchr(entry->name.p, '/', entry->name.n) != NULL ||
	    !ferry_gem_name_valid(entry->name))
		return 0;
	named = ferry_gem_names_add(&base->names, entry->name, err);
	return named == NULL ? -1
	                     : ferry_gem_names_list(&base->names, named,
				   entry->number, entry->platform, err);
}

/* As on_check of a pull. */
static int
check_marshal(void *ctx, struct ferry_bytes view, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc;

	(void)ctx;
	rc = ferry_gem_inflate(&text, view, UNPACKED_MAX, err);
	if (rc == 0 && !ferry_bytes_starts(ferry_bytes_buf(&text), "\x04\x08"))
		rc = ferry_error_set(
		    err, FERRY_EFORMAT, "this is not a Marshal index of gems");
	ferry_buf_free(&text);
	return rc;
}

static int
take_marshal(
    struct gem_base *base, struct ferry_bytes view, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = ferry_gem_inflate(&text, view, UNPACKED_MAX, err);

	if (rc == 0)
		rc = ferry_marshal_index_read(
		    ferry_bytes_buf(&text), on_entry, base, err);
	ferry_buf_free(&text);
	return rc;
}

/* The registry has changed its kind: say it once. */
static void
note_change(struct gem_base *base)
{

	if (base->kept.n == 0)
		return;
	ferry_run_skip(base->packages->run, base->packages->up->name,
	    "its index type changed: there is no compact index any more, and "
	    "the Marshal indexes are read instead; what is here is kept");
}

static void
settle_marshal(struct gem_base *base)
{

	if (--base->pending > 0 || base->state == FAILED)
		return;
	base->state = MARSHAL;
	note_change(base);
}

static void
on_specs(void *ctx, const struct ferry_pulled *pulled)
{
	struct gem_base *base = ctx;
	struct ferry_error err = pulled->error;

	if (err.code == FERRY_OK)
		(void)take_marshal(base, pulled->view, &err);
	if (err.code == FERRY_ENOTFOUND)
		ferry_error_in(&err,
		    "%s has neither a compact index nor a Marshal one",
		    base->url);
	if (err.code != FERRY_OK)
		fail(base, &err);
	settle_marshal(base);
}

/* Some registries have no pre-releases, and no list of them. */
static void
on_prerelease_specs(void *ctx, const struct ferry_pulled *pulled)
{
	struct gem_base *base = ctx;
	struct ferry_error err = pulled->error;

	if (err.code == FERRY_OK)
		(void)take_marshal(base, pulled->view, &err);
	if (err.code != FERRY_OK && err.code != FERRY_ENOTFOUND)
		fail(base, &err);
	settle_marshal(base);
}

static int
ask_specs(struct gem_base *base, const char *file,
    void (*on_pulled)(void *ctx, const struct ferry_pulled *pulled),
    struct ferry_error *err)
{
	struct ferry_buf url = FERRY_BUF_INIT;
	struct ferry_pull pull = { .up = base->packages->up,
		.kind = FERRY_BLOB_IS_DOCUMENT,
		.max_size = PACKED_MAX,
		.ctx = base,
		.on_check = check_marshal,
		.on_done = on_pulled };
	int rc = ferry_buf_addf(&url, err, "%s/%s", base->url, file);

	pull.url = (char *)url.p;
	if (rc == 0 &&
	    (rc = ferry_run_pull(base->packages->run, &pull, err)) == 0)
		base->pending++;
	ferry_buf_free(&url);
	return rc;
}

static int
ask_marshal(struct gem_base *base, struct ferry_error *err)
{

	ferry_gem_names_free(&base->names);
	return ask_specs(base, "specs.4.8.gz", on_specs, err) == -1 ||
	               ask_specs(base, "prerelease_specs.4.8.gz",
			   on_prerelease_specs, err) == -1
	           ? -1
	           : 0;
}

/* What is known of a gem */

static struct gem_base *
find_base(
    struct ferry_packages *packages, const char *name, struct ferry_error *err)
{
	struct ferry_bytes owner = ferry_gem_name_owner(ferry_bytes_str(name));
	struct gems *gems = packages->state;
	struct ferry_buf url = FERRY_BUF_INIT;
	struct gem_base *base;
	char *key = NULL;

	if (ferry_strndup(&key, owner, err) == -1)
		return NULL;
	base = (struct gem_base *)ferry_table_find(&gems->bases, key);
	if (base == NULL &&
	    ferry_gem_base_url(&url, packages, name, err) == 0 &&
	    (base = ferry_table_add(&gems->bases, key, sizeof(*base), err)) !=
		NULL) {
		base->packages = packages;
		base->url = (char *)url.p;
		url = (struct ferry_buf)FERRY_BUF_INIT;
	}
	ferry_buf_free(&url);
	free(key);
	return base;
}

/* The document that a compact index would have, without what it would say of
 * each version. */
static int
make_document(const struct gem_base *base, const struct gem_named *named,
    struct ferry_buf *text, struct ferry_error *err)
{
	const struct gem_names *names = &base->names;

	if (ferry_buf_adds(text, "---\n", err) == -1)
		return -1;
	for (uint32_t i = named->versions; i != GEM_NAMES_NONE;
	     i = names->listed[i].before)
		if (ferry_buf_addf(text, err, "%s |\n",
			(char *)names->text.p + names->listed[i].text) == -1)
			return -1;
	return 0;
}

static int
look_up(struct gem_base *base, const char *name, struct ferry_known *out,
    struct ferry_error *err)
{
	const struct gem_named *named = ferry_gem_names_find(
	    &base->names, ferry_gem_name_base(ferry_bytes_str(name)));

	if (named == NULL) {
		out->what = FERRY_KNOWN_ABSENT;
	} else if (base->state == MARSHAL) {
		out->what = FERRY_KNOWN_TEXT;
		return make_document(base, named, &out->text, err);
	} else if (named->has_md5) {
		out->what = FERRY_KNOWN_DIGEST;
		out->digest = (struct ferry_digest){ .alg = FERRY_MD5,
			.n = FERRY_GEM_MD5 };
		memcpy(out->digest.v, named->md5, FERRY_GEM_MD5);
	} else {
		out->what = FERRY_KNOWN_NOTHING;
	}
	return 0;
}

static void
ask(struct gem_base *base, struct ferry_error *err)
{

	base->state = ASKED;
	if (load_kept(base, err) == -1 || ask_versions(base, false, err) == -1)
		fail(base, err);
}

int
ferry_gem_index_ask(struct ferry_packages *packages, struct ferry_error *err)
{
	const struct gems *gems = packages->state;
	struct gem_base *base = find_base(packages, "", err);

	if (base == NULL)
		return -1;
	if (gems->indexes && base->state == NEW)
		ask(base, err);
	return 0;
}

int
ferry_gem_index_known(struct ferry_packages *packages, const char *name,
    struct ferry_known *out, struct ferry_error *err)
{
	const struct gems *gems = packages->state;
	struct gem_base *base;

	out->what = FERRY_KNOWN_NOTHING;
	if (!gems->indexes)
		return 0;
	if ((base = find_base(packages, name, err)) == NULL)
		return -1;
	if (base->state == NEW)
		ask(base, err);
	switch (base->state) {
	case NEW:
	case ASKED:
		out->what = FERRY_KNOWN_LATER;
		return 0;
	case FAILED:
		*err = base->error;
		return -1;
	case COMPACT:
	case MARSHAL:
		break;
	}
	return look_up(base, name, out, err);
}

static void
base_free(void *entry)
{
	struct gem_base *base = entry;

	ferry_gem_names_free(&base->names);
	ferry_blob_writer_free(base->writer);
	free(base->url);
	free(base->etag);
}

void
ferry_gem_index_free(struct gems *gems)
{

	ferry_table_free(&gems->bases, base_free);
}
