#include "serve/replay/github/version.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/http/http.h"
#include "serve/replay/format.h"
#include "serve/replay/github/find.h"
#include "serve/replay/store_view.h"
#include "store/base/clock.h"
#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/base/json.h"
#include "store/base/json_span.h"
#include "store/catalog/catalog.h"

/* Numbers below 2^53, which every JSON parser keeps. */
#define ID_MASK ((UINT64_C(1) << 53) - 1)

/* What a list is made of. */
struct made {
	const struct ferry_call *call;
	const struct ferry_github_package *p;
	struct ferry_store *store;
	const char *upstream;
	struct ferry_times times; /* as documents say */
	json_t *tags; /* by the version's name: a text with blanks */
	struct line {
		uint64_t id;
		int64_t created_at, deleted_at;
		char *name;
	} * v;
	size_t n, cap;
};

static int
version_id(
    uint64_t package, const char *name, uint64_t *out, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_digest digest;
	int rc = -1;

	if (ferry_buf_addf(&text, err, "%" PRIu64 " %s", package, name) == 0 &&
	    ferry_digest_of(
		&digest, FERRY_SHA256, ferry_bytes_buf(&text), err) == 0) {
		*out = ferry_get_be64(digest.v) & ID_MASK;
		*out += *out == 0;
		rc = 0;
	}
	ferry_buf_free(&text);
	return rc;
}

/* When the journal record was written that made this one. */
static int
recorded_at(
    struct made *m, const json_t *record, int64_t *out, struct ferry_error *err)
{
	struct ferry_journal_iter *it = NULL;
	struct ferry_journal_record j;
	struct ferry_bytes root, at;
	struct ferry_buf text = FERRY_BUF_INIT;
	uint64_t seq;
	int rc = -1;

	*out = 0;
	if (ferry_json_u64(record, "seq", INT64_MAX, &seq, err) == -1 ||
	    ferry_journal_iter_new(&it, m->store, seq, err) == -1)
		return -1;
	rc = ferry_journal_iter_next(it, &j, err);
	if (rc == 1 && ferry_span_check(j.text, &root, err) == 0 &&
	    ferry_span_get(root, "at", &at) &&
	    ferry_span_string(&text, at, err) == 0)
		rc = ferry_time_parse(out, ferry_bytes_buf(&text), err);
	ferry_buf_free(&text);
	ferry_journal_iter_free(it);
	return rc == -1 ? -1 : 0;
}

/* When a document says that version was made: 1, 0. */
static int
documented_at(const struct made *m, const char *version, int64_t *out)
{
	const json_t *at = json_object_get(m->times.versions, version);

	if (at != NULL)
		*out = (int64_t)json_integer_value(at);
	return at != NULL;
}

/* Ask the format's own row. */
static int
load_times(struct made *m, struct ferry_error *err)
{

	m->times = (struct ferry_times){ NULL, INT64_MIN, INT64_MIN };
	for (size_t i = 0; m->call->formats[i] != NULL; i++) {
		const struct ferry_replay *row = m->call->formats[i];

		if (row->format != NULL && row->times != NULL &&
		    strcmp(row->format, m->p->format->name) == 0)
			return row->times(m->call->view, m->p->package->name,
			    m->upstream, &m->times, err);
	}
	return 0;
}

static int
add_tag(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	struct made *m = ctx;
	const char *tag = ferry_key_part(key, 4);
	const char *version, *before;
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_json_str(record, "version", &version, err) == -1)
		return -1;
	before = json_string_value(json_object_get(m->tags, version));
	if (ferry_buf_addf(
		&text, err, "%s %s", before == NULL ? "" : before, tag) == 0)
		rc = ferry_json_set(
		    m->tags, version, json_string((const char *)text.p), err);
	ferry_buf_free(&text);
	return rc;
}

static int
add_version(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	struct made *m = ctx;
	const char *name = ferry_key_part(key, 4);
	struct line line = { .name = NULL };
	uint64_t deleted;

	if (ferry_json_u64_opt(
		record, "deleted_at", INT64_MAX, 0, &deleted, err) == -1 ||
	    version_id(m->p->package->id, name, &line.id, err) == -1 ||
	    (documented_at(m, name, &line.created_at) == 0 &&
		recorded_at(m, record, &line.created_at, err) == -1) ||
	    ferry_array_grow(&m->v, &m->cap, m->n + 1, sizeof(m->v[0]), err) ==
		-1 ||
	    ferry_strdup(&line.name, name, err) == -1)
		return -1;
	line.deleted_at = (int64_t)deleted;
	m->v[m->n++] = line;
	return 0;
}

/* Call it for the records of that kind of the package. */
static int
each(struct made *m, const char *kind, ferry_record_fn *on_record,
    struct ferry_error *err)
{
	struct ferry_key prefix;

	return ferry_key_make(&prefix, err, kind, m->p->format->name,
		   m->p->package->name, m->upstream, NULL) == -1
	           ? -1
	           : ferry_catalog_each(m->store, &prefix, on_record, m, err);
}

static int
compare(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->created_at != y->created_at)
		return x->created_at > y->created_at ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int
write_lines(struct made *m, struct ferry_buf *buf, struct ferry_error *err)
{
	int64_t created = 0, updated = 0;

	if (m->n > 0) {
		qsort(m->v, m->n, sizeof(m->v[0]), compare);
		created = m->v[m->n - 1].created_at;
		updated = m->v[0].created_at;
	}
	if (m->times.created_at != INT64_MIN)
		created = m->times.created_at;
	if (m->times.updated_at != INT64_MIN)
		updated = m->times.updated_at;
	if (ferry_buf_addf(
		buf, err, "%" PRId64 " %" PRId64 "\n", created, updated) == -1)
		return -1;
	for (size_t i = 0; i < m->n; i++) {
		const char *tags =
		    json_string_value(json_object_get(m->tags, m->v[i].name));

		if (ferry_buf_addf(buf, err,
			"%" PRIu64 " %" PRId64 " %" PRId64 " %s%s\n",
			m->v[i].id, m->v[i].created_at, m->v[i].deleted_at,
			m->v[i].name, tags == NULL ? "" : tags) == -1)
			return -1;
	}
	return 0;
}

static int
make_versions(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	struct made *m = ctx;
	struct ferry_buf buf = FERRY_BUF_INIT;
	int rc = -1;

	if ((m->tags = json_object()) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (load_times(m, err) == 0 && each(m, "tag", add_tag, err) == 0 &&
	    each(m, "version", add_version, err) == 0 &&
	    write_lines(m, &buf, err) == 0 &&
	    ferry_body_new(out, &buf, err) == 0)
		rc = 1;
	for (size_t i = 0; i < m->n; i++)
		free(m->v[i].name);
	free(m->v);
	json_decref(m->tags);
	json_decref(m->times.versions);
	ferry_buf_free(&buf);
	return rc;
}

/* The lines, of which we are the only writer, taken apart in a copy. */
static int
read_lines(struct ferry_github_versions *out, struct ferry_error *err)
{
	char *p = (char *)out->body->bytes.p, *end;
	size_t cap = 0;

	out->created_at = strtoll(p, &p, 10);
	out->updated_at = strtoll(p, &p, 10);
	for (p++; *p != 0; p = end + 1) {
		struct ferry_github_version v;

		end = strchr(p, '\n');
		*end = 0;
		v.id = strtoull(p, &p, 10);
		v.created_at = strtoll(p, &p, 10);
		v.deleted_at = strtoll(p, &p, 10);
		v.name = ++p;
		p += strcspn(p, " ");
		v.tags = *p == 0 ? p : p + 1;
		*p = 0;
		if (ferry_array_grow(&out->v, &cap, out->n + 1,
			sizeof(out->v[0]), err) == -1)
			return -1;
		out->v[out->n++] = v;
		out->live += v.deleted_at == 0;
	}
	return 0;
}

int
ferry_github_versions(const struct ferry_call *call,
    const struct ferry_github_package *p, struct ferry_github_versions *out,
    struct ferry_error *err)
{
	struct made m = { .call = call,
		.p = p,
		.store = ferry_store_view_store(call->view),
		.upstream = ferry_snapshot_meta(p->snapshot)->upstream };
	struct ferry_body *cached = NULL;
	struct ferry_buf copy = FERRY_BUF_INIT;
	char id[24];
	int rc = -1;

	*out = (struct ferry_github_versions){ .n = 0 };
	(void)snprintf(id, sizeof(id), "%" PRIu64, p->package->id);
	if (ferry_store_view_get(call->view, &cached, make_versions, &m, err,
		p->format->name, p->package->name, "rest", m.upstream, id,
		NULL) == -1)
		return -1;
	if (ferry_buf_add(&copy, cached->bytes.p, cached->bytes.n, err) == 0 &&
	    ferry_body_new(&out->body, &copy, err) == 0)
		rc = read_lines(out, err);
	ferry_body_unref(cached);
	ferry_buf_free(&copy);
	if (rc == -1)
		ferry_github_versions_free(out);
	return rc;
}

void
ferry_github_versions_free(struct ferry_github_versions *versions)
{

	free(versions->v);
	ferry_body_unref(versions->body);
	*versions = (struct ferry_github_versions){ .n = 0 };
}
