#include "store/bundle/member.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/json.h"
#include "store/bundle/head.h"

static const char *const encodings[] = {
	[FERRY_ENCODING_RAW] = "raw",
	[FERRY_ENCODING_ZSTD] = "zstd",
	[FERRY_ENCODING_RECIPE] = "recipe",
	[FERRY_ENCODING_PIECE] = "piece",
};

void
ferry_member_path(struct ferry_member *m)
{
	char hex[FERRY_DIGEST_TEXT];
	const char *tail = m->encoding == FERRY_ENCODING_ZSTD     ? ".zst"
	                   : m->encoding == FERRY_ENCODING_RECIPE ? ".recipe"
	                                                          : "";

	if (m->kind == FERRY_MEMBER_RECORDS)
		(void)snprintf(m->path, sizeof(m->path),
		    "records/%06" PRIu64 ".jsonl%s", m->part, tail);
	else if (m->encoding == FERRY_ENCODING_PIECE)
		(void)snprintf(m->path, sizeof(m->path),
		    "blobs/sha256/%.64s.piece-%015" PRIu64,
		    ferry_digest_hex(&m->blob, hex), m->offset);
	else
		(void)snprintf(m->path, sizeof(m->path),
		    "blobs/sha256/%.64s%s%s%s", ferry_digest_hex(&m->blob, hex),
		    tail, m->ending[0] != 0 ? "." : "", m->ending);
}

/* The bases of a recipe; nothing else has any. */
bool
ferry_member_ending(struct ferry_member *m, const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t n = dot == NULL ? 0 : strlen(dot + 1);

	if (n == 0 || n >= sizeof(m->ending) ||
	    strspn(dot + 1, "abcdefghijklmnopqrstuvwxyz0123456789") != n ||
	    strcmp(dot, ".zst") == 0 || strcmp(dot, ".recipe") == 0)
		return false;
	memcpy(m->ending, dot + 1, n + 1);
	return true;
}

/* What the path of a raw blob ends in; nothing else has an ending. */
static int
parse_ending(
    struct ferry_member *m, const json_t *root, struct ferry_error *err)
{
	char name[FERRY_MEMBER_ENDING + 1];
	const char *ending;

	if (m->encoding != FERRY_ENCODING_RAW ||
	    json_object_get(root, "ending") == NULL)
		return 0;
	if (ferry_json_str(root, "ending", &ending, err) == -1)
		return -1;
	if (strchr(ending, '.') == NULL &&
	    snprintf(name, sizeof(name), ".%s", ending) < (int)sizeof(name) &&
	    ferry_member_ending(m, name))
		return 0;
	return ferry_error_set(err, FERRY_EFORMAT,
	    "'%.40s' is not the ending of a file's name", ending);
}

/* The bases of a recipe; nothing else has any. */
static int
parse_bases(struct ferry_member *m, const json_t *root, struct ferry_error *err)
{
	json_t *bases, *o;
	size_t i;

	if (m->encoding != FERRY_ENCODING_RECIPE)
		return 0;
	if (ferry_json_array(root, "bases", &bases, err) == -1)
		return -1;
	if (json_array_size(bases) > FERRY_MEMBER_BASES)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a recipe of %zu bases; it has at most %d",
		    json_array_size(bases), FERRY_MEMBER_BASES);
	json_array_foreach (bases, i, o) {
		const char *hex = json_string_value(o);

		if (ferry_digest_from_hex(&m->bases[i], FERRY_SHA256,
			ferry_bytes_str(hex == NULL ? "" : hex), err) == -1)
			return ferry_error_in(err, "a base");
	}
	m->bases_n = json_array_size(bases);
	return 0;
}

/* Where a piece belongs; it is not all of its blob. */
static int
parse_offset(
    struct ferry_member *m, const json_t *root, struct ferry_error *err)
{

	if (m->encoding != FERRY_ENCODING_PIECE)
		return 0;
	if (ferry_json_u64(root, "offset", FERRY_PIECES_MAX, &m->offset, err) ==
	    -1)
		return -1;
	if (m->content_size > FERRY_PIECES_MAX || m->size == 0 ||
	    m->size >= m->content_size || m->offset > m->content_size - m->size)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "a piece of %" PRIu64 " bytes at %" PRIu64
		    " is not within a blob of %" PRIu64,
		    m->size, m->offset, m->content_size);
	return 0;
}

static int
parse_blob(struct ferry_member *m, const json_t *root, struct ferry_error *err)
{

	m->kind = FERRY_MEMBER_BLOB;
	m->document = json_is_true(json_object_get(root, "document"));
	if (ferry_head_digest(root, "blob", &m->blob, err) == -1 ||
	    parse_bases(m, root, err) == -1 || parse_ending(m, root, err) == -1)
		return -1;
	return parse_offset(m, root, err);
}

static int
parse_records(
    struct ferry_member *m, const json_t *root, struct ferry_error *err)
{

	m->kind = FERRY_MEMBER_RECORDS;
	if (ferry_json_u64(root, "part", 999999999, &m->part, err) == -1 ||
	    ferry_json_u64(root, "first", INT64_MAX - 1, &m->first, err) ==
		-1 ||
	    ferry_json_u64(root, "last", INT64_MAX - 1, &m->last, err) == -1 ||
	    ferry_json_u64(root, "records", INT64_MAX, &m->count, err) == -1)
		return -1;
	if (m->encoding != FERRY_ENCODING_RAW &&
	    m->encoding != FERRY_ENCODING_ZSTD)
		return ferry_error_set(err, FERRY_ENEWER,
		    "records as a %s are not known to this ferry; update it",
		    encodings[m->encoding]);
	if (m->content_size > FERRY_RECORDS_PART_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a part of records has %" PRIu64 " bytes, over %u",
		    m->content_size, FERRY_RECORDS_PART_MAX);
	if (m->first > m->last || m->count == 0 ||
	    m->count > m->last - m->first + 1)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "a part of records has no sound range");
	return 0;
}

static int
parse_member(
    struct ferry_member *m, const json_t *root, struct ferry_error *err)
{
	struct ferry_member want;
	const char *path, *encoding;
	size_t i;

	if (ferry_json_str(root, "path", &path, err) == -1 ||
	    ferry_json_u64(root, "size", INT64_MAX, &m->size, err) == -1 ||
	    ferry_head_digest(root, "sha256", &m->sha256, err) == -1 ||
	    ferry_json_str(root, "encoding", &encoding, err) == -1 ||
	    ferry_json_u64(
		root, "content_size", INT64_MAX, &m->content_size, err) == -1)
		return -1;
	for (i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++)
		if (strcmp(encodings[i], encoding) == 0)
			break;
	if (i == sizeof(encodings) / sizeof(encodings[0]))
		return ferry_error_set(err, FERRY_ENEWER,
		    "encoding '%.20s' is not known to this ferry; update it",
		    encoding);
	m->encoding = (enum ferry_encoding)i;
	if (json_object_get(root, "blob") != NULL) {
		if (parse_blob(m, root, err) == -1)
			return -1;
	} else if (json_object_get(root, "part") != NULL) {
		if (parse_records(m, root, err) == -1)
			return -1;
	} else {
		return ferry_error_set(err, FERRY_ENEWER,
		    "member '%.60s' is of a kind that this ferry does not "
		    "know; update it",
		    path);
	}
	want = *m;
	ferry_member_path(&want);
	if (strcmp(path, want.path) != 0)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "a member is called '%.90s', not '%s'", path, want.path);
	memcpy(m->path, want.path, sizeof(m->path));
	if (m->encoding == FERRY_ENCODING_RAW &&
	    (m->size != m->content_size ||
		(m->kind == FERRY_MEMBER_BLOB &&
		    !ferry_digest_equal(&m->sha256, &m->blob))))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "raw member '%s' differs from its content", m->path);
	return 0;
}

int
ferry_member_parse(
    struct ferry_member *out, struct ferry_bytes line, struct ferry_error *err)
{
	struct ferry_member m = { 0 };
	json_t *root = NULL;
	int rc;

	if (line.n > FERRY_LINE_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a line of an index has %zu bytes", line.n);
	if (ferry_json_parse(&root, line, "a line of an index", err) == -1)
		return -1;
	if ((rc = parse_member(&m, root, err)) == 0)
		*out = m;
	json_decref(root);
	return rc;
}

int
ferry_member_write(struct ferry_buf *buf, const struct ferry_member *m,
    struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];

	if (ferry_buf_addf(buf, err,
		"{\"path\":\"%s\",\"size\":%" PRIu64
		",\"sha256\":\"%s\",\"encoding\":\"%s\",\"content_size\":"
		"%" PRIu64,
		m->path, m->size, ferry_digest_hex(&m->sha256, hex),
		encodings[m->encoding], m->content_size) == -1)
		return -1;
	if (m->kind == FERRY_MEMBER_RECORDS)
		return ferry_buf_addf(buf, err,
		    ",\"part\":%" PRIu64 ",\"first\":%" PRIu64
		    ",\"last\":%" PRIu64 ",\"records\":%" PRIu64 "}\n",
		    m->part, m->first, m->last, m->count);
	if (ferry_buf_addf(buf, err, ",\"blob\":\"%s\"",
		ferry_digest_hex(&m->blob, hex)) == -1)
		return -1;
	if (m->ending[0] != 0 &&
	    ferry_buf_addf(buf, err, ",\"ending\":\"%s\"", m->ending) == -1)
		return -1;
	if (m->encoding == FERRY_ENCODING_RECIPE &&
	    ferry_buf_adds(buf, ",\"bases\":[", err) == -1)
		return -1;
	for (size_t i = 0; i < m->bases_n; i++)
		if (ferry_buf_addf(buf, err, "%s\"%s\"", i == 0 ? "" : ",",
			ferry_digest_hex(&m->bases[i], hex)) == -1)
			return -1;
	if (m->encoding == FERRY_ENCODING_RECIPE &&
	    ferry_buf_adds(buf, "]", err) == -1)
		return -1;
	if (m->encoding == FERRY_ENCODING_PIECE &&
	    ferry_buf_addf(buf, err, ",\"offset\":%" PRIu64, m->offset) == -1)
		return -1;
	return ferry_buf_adds(
	    buf, m->document ? ",\"document\":true}\n" : "}\n", err);
}
