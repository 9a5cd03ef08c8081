#include "store/bundle/head.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/json.h"

/* In "requires". */
#define RECIPES "recipe-1"
#define PIECES "piece-1"
#define ENDINGS "endings-1"

/* Parts */

static bool
plain_name(const char *s)
{
	size_t n = strlen(s);

	return n >= 1 && n < FERRY_NAME && s[0] != '.' && s[0] != '-' &&
	       strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			 "0123456789._-") == n;
}

int
ferry_head_party(const json_t *root, const char *name, char id[FERRY_STORE_ID],
    char label[FERRY_NAME], struct ferry_error *err)
{
	const char *i, *l;
	json_t *o;

	if (ferry_json_object(root, name, &o, err) == -1 ||
	    ferry_json_str(o, "id", &i, err) == -1 ||
	    ferry_json_str_opt(o, "name", "", &l, err) == -1)
		return -1;
	if (strlen(i) != FERRY_STORE_ID - 1 ||
	    strspn(i, "0123456789abcdef") != FERRY_STORE_ID - 1 ||
	    (l[0] != 0 && !plain_name(l)))
		return ferry_error_set(
		    err, FERRY_EFORMAT, "\"%s\" does not name a store", name);
	memcpy(id, i, FERRY_STORE_ID);
	(void)snprintf(label, FERRY_NAME, "%s", l);
	return 0;
}

int
ferry_head_digest(const json_t *root, const char *name,
    struct ferry_digest *out, struct ferry_error *err)
{
	const char *hex;

	if (ferry_json_str(root, name, &hex, err) == -1)
		return -1;
	if (strspn(hex, "0123456789abcdef") != strlen(hex))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "\"%s\" is not a digest in lower case", name);
	return ferry_digest_from_hex(
	    out, FERRY_SHA256, ferry_bytes_str(hex), err);
}

int
ferry_head_digest_opt(const json_t *root, const char *name,
    struct ferry_digest *out, struct ferry_error *err)
{
	const char *hex;

	*out = (struct ferry_digest){ FERRY_SHA256, 0, { 0 } };
	if (ferry_json_str_opt(root, name, "", &hex, err) == -1)
		return -1;
	return hex[0] == 0 ? 0 : ferry_head_digest(root, name, out, err);
}

int
ferry_head_time(
    const json_t *root, const char *name, int64_t *out, struct ferry_error *err)
{
	const char *text;

	if (ferry_json_str(root, name, &text, err) == -1)
		return -1;
	return ferry_time_parse(out, ferry_bytes_str(text), err);
}

static bool
is_null(const json_t *root, const char *name)
{
	const json_t *v = json_object_get(root, name);

	return v == NULL || json_is_null(v);
}

/* The head, reading */

#define ROOTS "{\"roots\":\""
static const char base64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    "0123456789+/=";

struct ferry_bytes
ferry_head_roots(struct ferry_bytes text)
{
	struct ferry_bytes none = { NULL, 0 };
	size_t begin = sizeof(ROOTS) - 1, n = begin;

	if (!ferry_bytes_starts(text, ROOTS))
		return none;
	while (n < text.n && text.p[n] != 0 &&
	       (text.p[n] == ' ' || strchr(base64, text.p[n]) != NULL))
		n++;
	return n == text.n || text.p[n] != '"' || n - begin > FERRY_ROOTS_MAX
	           ? none
	           : ferry_bytes_of(text.p + begin, n - begin);
}

static int
parse_roots(struct ferry_head *h, const json_t *root, struct ferry_error *err)
{
	const char *words;

	if (ferry_json_str_opt(root, "roots", "", &words, err) == -1)
		return -1;
	if (strlen(words) > FERRY_ROOTS_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "\"roots\" has more than %d bytes", FERRY_ROOTS_MAX);
	for (const char *c = words; *c != 0; c++)
		if (*c != ' ' && strchr(base64, *c) == NULL)
			return ferry_error_set(err, FERRY_EFORMAT,
			    "\"roots\" holds something else than base64");
	return ferry_buf_adds(&h->roots, words, err);
}

static int
parse_requires(
    struct ferry_head *h, const json_t *root, struct ferry_error *err)
{
	json_t *requires, *o;
	size_t i;

	if (ferry_json_array(root, "requires", &requires, err) == -1)
		return -1;
	json_array_foreach (requires, i, o) {
		const char *what = json_string_value(o);

		if (what != NULL && strcmp(what, RECIPES) == 0)
			h->recipes = true;
		else if (what != NULL && strcmp(what, PIECES) == 0)
			h->pieces = true;
		else if (what != NULL && strcmp(what, ENDINGS) == 0)
			h->endings = true;
		else
			return ferry_error_set(err, FERRY_ENEWER,
			    "the bundle requires '%.40s', which this ferry "
			    "does not know; update ferry here",
			    what == NULL ? "?" : what);
	}
	return 0;
}

static int
parse_version(struct ferry_head *h, const json_t *root, struct ferry_error *err)
{
	const char *format;
	uint64_t version;

	if (ferry_json_str(root, "format", &format, err) == -1)
		return -1;
	if (strcmp(format, "ferry-bundle") != 0)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "this is a '%.40s', not a ferry-bundle", format);
	if (ferry_json_u64(root, "version", UINT32_MAX, &version, err) == -1)
		return -1;
	if (version == 0)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "there is no format version 0");
	if (version > FERRY_BUNDLE_VERSION)
		return ferry_error_set(err, FERRY_ENEWER,
		    "the bundle has format version %" PRIu64 ", this ferry "
		    "reads up to %d; update ferry here",
		    version, FERRY_BUNDLE_VERSION);
	return parse_requires(h, root, err);
}

static int
parse_marks(struct ferry_head *h, const json_t *root, struct ferry_error *err)
{
	json_t *list, *o;
	size_t i;

	if (ferry_json_array(root, "marks", &list, err) == -1)
		return -1;
	if (json_array_size(list) > FERRY_MARKS_MAX)
		return ferry_error_set(
		    err, FERRY_ELIMIT, "more than %d marks", FERRY_MARKS_MAX);
	if (ferry_array_grow(&h->marks, &h->marks_cap, json_array_size(list),
		sizeof(*h->marks), err) == -1)
		return -1;
	json_array_foreach (list, i, o) {
		struct ferry_mark *m = &h->marks[i];

		if (ferry_json_u64(o, "seq", INT64_MAX - 1, &m->seq, err) ==
			-1 ||
		    ferry_head_digest(o, "chain", &m->chain, err) == -1)
			return ferry_error_in(err, "mark %zu", i + 1);
		if (m->seq > h->to || (i > 0 && m->seq <= m[-1].seq))
			return ferry_error_set(
			    err, FERRY_EFORMAT, "the marks are not in order");
		h->marks_n++;
	}
	return 0;
}

static int
parse_records(struct ferry_head *h, const json_t *root, struct ferry_error *err)
{
	json_t *o;

	if (ferry_json_object(root, "records", &o, err) == -1 ||
	    ferry_json_u64(o, "from", INT64_MAX - 1, &h->from, err) == -1 ||
	    ferry_json_u64(o, "to", INT64_MAX - 1, &h->to, err) == -1 ||
	    ferry_head_digest(o, "before", &h->before, err) == -1 ||
	    ferry_head_digest(o, "after", &h->after, err) == -1)
		return ferry_error_in(err, "\"records\"");
	if (h->from == 0 || h->from > h->to + 1)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "records %" PRIu64 " to %" PRIu64 " are no range", h->from,
		    h->to);
	return 0;
}

static int
parse_totals(struct ferry_head *h, const json_t *root, struct ferry_error *err)
{
	struct ferry_bundle_totals *t = &h->totals;
	json_t *o;

	if (ferry_json_object(root, "totals", &o, err) == -1 ||
	    ferry_json_u64(o, "records", INT64_MAX, &t->records, err) == -1 ||
	    ferry_json_u64(
		o, "record_parts", 999999999, &t->record_parts, err) == -1 ||
	    ferry_json_u64(o, "blobs", INT64_MAX, &t->blobs, err) == -1 ||
	    ferry_json_u64(o, "blob_bytes", INT64_MAX, &t->blob_bytes, err) ==
		-1 ||
	    ferry_json_u64(
		o, "stored_bytes", INT64_MAX, &t->stored_bytes, err) == -1)
		return ferry_error_in(err, "\"totals\"");
	if (t->records > h->to + 1 - h->from || t->record_parts > t->records ||
	    (t->records > 0 && t->record_parts == 0))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "the totals do not agree with each other");
	return 0;
}

static int
parse_volume(struct ferry_head *h, const json_t *o, struct ferry_error *err)
{
	struct ferry_head_volume *v = &h->volumes[h->volumes_n];
	uint64_t number;
	json_t *list, *entry;
	char want[40];
	size_t i;

	if (ferry_json_u64(o, "number", FERRY_VOLUMES_MAX, &number, err) ==
		-1 ||
	    ferry_json_u64(o, "size", INT64_MAX, &v->size, err) == -1 ||
	    ferry_json_array(o, "index", &list, err) == -1)
		return -1;
	if (number != h->volumes_n + 1 || json_array_size(list) == 0)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "volumes are not numbered from 1, or one is empty");
	v->first = h->indexes_n;
	v->count = json_array_size(list);
	if (ferry_array_grow(&h->indexes, &h->indexes_cap,
		h->indexes_n + v->count, sizeof(*h->indexes), err) == -1)
		return -1;
	json_array_foreach (list, i, entry) {
		struct ferry_index *index = &h->indexes[h->indexes_n];
		const char *path;

		if (ferry_json_str(entry, "path", &path, err) == -1 ||
		    ferry_json_u64(entry, "size", FERRY_INDEX_MAX, &index->size,
			err) == -1 ||
		    ferry_head_digest(entry, "sha256", &index->sha256, err) ==
			-1)
			return -1;
		(void)snprintf(
		    want, sizeof(want), "index/%06zu.jsonl", h->indexes_n + 1);
		if (strcmp(path, want) != 0)
			return ferry_error_set(err, FERRY_EFORMAT,
			    "an index is called '%.40s', not '%s'", path, want);
		h->indexes_n++;
	}
	h->volumes_n++;
	return 0;
}

static int
parse_volumes(struct ferry_head *h, const json_t *root,
    enum ferry_head_state state, struct ferry_error *err)
{
	json_t *list, *o;
	size_t i;

	if (ferry_json_array(root, "volumes", &list, err) == -1)
		return -1;
	if (json_array_size(list) > FERRY_VOLUMES_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "more than %d volumes", FERRY_VOLUMES_MAX);
	if (json_array_size(list) == 0 && state == FERRY_HEAD_WHOLE)
		return ferry_error_set(err, FERRY_EFORMAT, "no volumes");
	if (ferry_array_grow(&h->volumes, &h->volumes_cap,
		json_array_size(list), sizeof(*h->volumes), err) == -1)
		return -1;
	json_array_foreach (list, i, o)
		if (parse_volume(h, o, err) == -1)
			return ferry_error_in(err, "volume %zu", i + 1);
	return 0;
}

static int
parse(struct ferry_head *h, const json_t *root, enum ferry_head_state state,
    struct ferry_error *err)
{

	if (parse_version(h, root, err) == -1 ||
	    ferry_head_party(root, "origin", h->origin, h->origin_name, err) ==
		-1 ||
	    (!is_null(root, "site") && ferry_head_party(root, "site", h->site,
					   h->site_name, err) == -1) ||
	    ferry_head_time(root, "created_at", &h->created_at, err) == -1 ||
	    (!is_null(root, "expires_at") && ferry_head_time(root, "expires_at",
						 &h->expires_at, err) == -1) ||
	    (!is_null(root, "previous") &&
		ferry_head_digest(root, "previous", &h->previous, err) == -1))
		return -1;
	if (!is_null(root, "expires_at") && h->expires_at <= h->created_at)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "the bundle expired before it was made");
	if (h->origin_name[0] == 0)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "the origin has no name");
	if (parse_roots(h, root, err) == -1 ||
	    parse_records(h, root, err) == -1 ||
	    parse_marks(h, root, err) == -1 || parse_totals(h, root, err) == -1)
		return -1;
	return parse_volumes(h, root, state, err);
}

int
ferry_head_parse(struct ferry_head **out, struct ferry_bytes text,
    enum ferry_head_state state, struct ferry_error *err)
{
	struct ferry_head *h = NULL;
	json_t *root = NULL;
	int rc = -1;

	if (text.n > FERRY_HEAD_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a head has at most %u bytes, not %zu", FERRY_HEAD_MAX,
		    text.n);
	if (ferry_calloc(&h, 1, sizeof(*h), err) == -1)
		return -1;
	if (ferry_json_parse(&root, text, "the head", err) == -1 ||
	    parse(h, root, state, err) == -1 ||
	    ferry_digest_of(&h->digest, FERRY_SHA256, text, err) == -1)
		goto out;
	*out = h;
	h = NULL;
	rc = 0;
out:
	if (rc == -1)
		ferry_error_in(err, "head.json");
	json_decref(root);
	ferry_head_free(h);
	return rc;
}

void
ferry_head_free(struct ferry_head *h)
{

	if (h == NULL)
		return;
	ferry_buf_free(&h->roots);
	free(h->marks);
	free(h->volumes);
	free(h->indexes);
	free(h);
}

/* The head, writing.  Every string in it is of a known plain alphabet. */

/* The features that a reader must know. */
static int
write_requires(
    struct ferry_buf *buf, const struct ferry_head *h, struct ferry_error *err)
{
	const struct {
		const char *name;
		bool needed;
	} all[] = { { RECIPES, h->recipes }, { PIECES, h->pieces },
		{ ENDINGS, h->endings } };
	const char *comma = "";

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!all[i].needed)
			continue;
		if (ferry_buf_addf(buf, err, "%s\"%s\"", comma, all[i].name) ==
		    -1)
			return -1;
		comma = ",";
	}
	return 0;
}

static int
write_front(
    struct ferry_buf *buf, const struct ferry_head *h, struct ferry_error *err)
{
	char at[FERRY_TIME_TEXT], hex[FERRY_DIGEST_TEXT];

	/* First, for ferry_head_roots(). */
	if (ferry_buf_addf(buf, err, h->roots.n > 0 ? ROOTS "%s\"," : "{%s",
		h->roots.n > 0 ? (const char *)h->roots.p : "") == -1 ||
	    ferry_buf_addf(buf, err,
		"\"format\":\"ferry-bundle\",\"version\":%d,\"requires\":[",
		FERRY_BUNDLE_VERSION) == -1 ||
	    write_requires(buf, h, err) == -1 ||
	    ferry_buf_addf(buf, err,
		"],\"origin\":{\"id\":\"%s\",\"name\":\"%s\"},\"site\":",
		h->origin, h->origin_name) == -1)
		return -1;
	if (h->site[0] == 0) {
		if (ferry_buf_adds(buf, "null", err) == -1)
			return -1;
	} else if (ferry_buf_addf(buf, err, "{\"id\":\"%s\",\"name\":\"%s\"}",
		       h->site, h->site_name) == -1) {
		return -1;
	}
	if (ferry_buf_addf(buf, err, ",\"created_at\":\"%s\"",
		ferry_time_text(h->created_at, at)) == -1)
		return -1;
	if (h->expires_at == 0) {
		if (ferry_buf_adds(buf, ",\"expires_at\":null", err) == -1)
			return -1;
	} else if (ferry_buf_addf(buf, err, ",\"expires_at\":\"%s\"",
		       ferry_time_text(h->expires_at, at)) == -1) {
		return -1;
	}
	if (h->previous.n == 0)
		return ferry_buf_adds(buf, ",\"previous\":null", err);
	return ferry_buf_addf(buf, err, ",\"previous\":\"%s\"",
	    ferry_digest_hex(&h->previous, hex));
}

static int
write_middle(
    struct ferry_buf *buf, const struct ferry_head *h, struct ferry_error *err)
{
	char a[FERRY_DIGEST_TEXT], b[FERRY_DIGEST_TEXT];

	if (ferry_buf_addf(buf, err,
		",\"records\":{\"from\":%" PRIu64 ",\"to\":%" PRIu64
		",\"before\":\"%s\",\"after\":\"%s\"},\"marks\":[",
		h->from, h->to, ferry_digest_hex(&h->before, a),
		ferry_digest_hex(&h->after, b)) == -1)
		return -1;
	for (size_t i = 0; i < h->marks_n; i++)
		if (ferry_buf_addf(buf, err,
			"%s{\"seq\":%" PRIu64 ",\"chain\":\"%s\"}",
			i == 0 ? "" : ",", h->marks[i].seq,
			ferry_digest_hex(&h->marks[i].chain, a)) == -1)
			return -1;
	return ferry_buf_addf(buf, err,
	    "],\"totals\":{\"records\":%" PRIu64 ",\"record_parts\":%" PRIu64
	    ",\"blobs\":%" PRIu64 ",\"blob_bytes\":%" PRIu64
	    ",\"stored_bytes\":%" PRIu64 "},\"volumes\":[",
	    h->totals.records, h->totals.record_parts, h->totals.blobs,
	    h->totals.blob_bytes, h->totals.stored_bytes);
}

int
ferry_head_write(
    struct ferry_buf *buf, const struct ferry_head *h, struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];

	if (write_front(buf, h, err) == -1 || write_middle(buf, h, err) == -1)
		return -1;
	for (size_t i = 0; i < h->volumes_n; i++) {
		const struct ferry_head_volume *v = &h->volumes[i];

		if (ferry_buf_addf(buf, err,
			"%s{\"number\":%zu,\"size\":%" PRIu64 ",\"index\":[",
			i == 0 ? "" : ",", i + 1, v->size) == -1)
			return -1;
		for (size_t k = v->first; k < v->first + v->count; k++)
			if (ferry_buf_addf(buf, err,
				"%s{\"path\":\"index/%06zu.jsonl\","
				"\"size\":%" PRIu64 ",\"sha256\":\"%s\"}",
				k == v->first ? "" : ",", k + 1,
				h->indexes[k].size,
				ferry_digest_hex(&h->indexes[k].sha256, hex)) ==
			    -1)
				return -1;
		if (ferry_buf_adds(buf, "]}", err) == -1)
			return -1;
	}
	return ferry_buf_adds(buf, "]}", err);
}
