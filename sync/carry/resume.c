#include "sync/carry/resume.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/base/file.h"
#include "store/base/json.h"

#define NAME (FERRY_NAME + 24)
#define STATE_MAX (FERRY_HEAD_MAX + 4096)

static void
file_name(const char *origin_name, char name[NAME])
{

	(void)snprintf(name, NAME, "ferry-%s.export", origin_name);
}

static int
first_line(const struct ferry_export_state *s, const struct ferry_digest *head,
    struct ferry_buf *text, struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];
	json_t *o = json_pack("{s:s,s:i,s:s,s:s,s:s,s:I,s:I,s:I,s:i,s:I,s:I,"
			      "s:I,s:I,s:I}",
	    "format", "ferry-export", "version", 1, "sha256",
	    ferry_digest_hex(head, hex), "options", s->options, "base",
	    s->target.base, "volume_size", (json_int_t)s->target.volume_size,
	    "reserve", (json_int_t)s->target.reserve, "signatures",
	    (json_int_t)s->target.signatures, "stage", (int)s->cursor.stage,
	    "seq", (json_int_t)s->cursor.seq, "file",
	    (json_int_t)s->cursor.file, "offset", (json_int_t)s->cursor.offset,
	    "members", (json_int_t)s->members, "bytes", (json_int_t)s->bytes);
	int rc = -1;

	if (o == NULL)
		ferry_error_set(err, FERRY_ENOMEM, "no memory for the state");
	else if (ferry_json_add(text, o, err) == 0)
		rc = ferry_buf_adds(text, "\n", err);
	json_decref(o);
	return rc;
}

/* The text behind a line with its signature. */
static int
add_signature(const struct ferry_keys *keys, const struct ferry_buf *text,
    struct ferry_buf *out, struct ferry_error *err)
{
	uint8_t signature[FERRY_SIGNATURE];
	size_t i = 0;

	while (i < ferry_keys_count(keys) && !ferry_keys_active(keys, i))
		i++;
	if (i == ferry_keys_count(keys))
		return ferry_error_set(err, FERRY_ENOTFOUND,
		    "no key signs here; make one with 'ferry key new'");
	if (ferry_keys_sign(keys, i, ferry_bytes_buf(text), signature, err) ==
		-1 ||
	    ferry_hex_add(
		out, ferry_bytes_of(signature, sizeof(signature)), err) == -1 ||
	    ferry_buf_adds(out, "\n", err) == -1)
		return -1;
	return ferry_buf_add(out, text->p, text->n, err);
}

/* Take the signature's line off the front.  1 ours, 0 not, -1. */
static int
check_signature(const struct ferry_keys *keys, struct ferry_bytes *text,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_digest signature; /* 64 bytes, as a SHA-512 has */
	int rc = 0;

	if (text->n <= 2 * FERRY_SIGNATURE ||
	    text->p[2 * FERRY_SIGNATURE] != '\n' ||
	    ferry_digest_from_hex(&signature, FERRY_SHA512,
		ferry_bytes_of(text->p, 2 * FERRY_SIGNATURE), &why) == -1)
		return 0;
	*text = ferry_bytes_of(text->p + 2 * FERRY_SIGNATURE + 1,
	    text->n - 2 * FERRY_SIGNATURE - 1);
	for (size_t i = 0; rc == 0 && i < ferry_keys_count(keys); i++)
		if (ferry_keys_active(keys, i))
			rc = ferry_public_verify(ferry_keys_public(keys, i),
			    *text, signature.v, err);
	return rc;
}

int
ferry_resume_save(const struct ferry_export_state *s, struct ferry_error *err)
{
	struct ferry_buf head = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	struct ferry_buf file = FERRY_BUF_INIT;
	char name[NAME];
	struct ferry_digest digest;
	int rc = -1;

	file_name(s->head->origin_name, name);
	if (ferry_head_write(&head, s->head, err) == -1 ||
	    ferry_digest_of(
		&digest, FERRY_SHA256, ferry_bytes_buf(&head), err) == -1 ||
	    first_line(s, &digest, &text, err) == -1 ||
	    ferry_buf_add(&text, head.p, head.n, err) == -1 ||
	    add_signature(s->keys, &text, &file, err) == -1)
		goto out;
	rc = ferry_file_replace_at(
	    s->target.dirfd, name, 0644, ferry_bytes_buf(&file), err);
out:
	ferry_buf_free(&head);
	ferry_buf_free(&text);
	ferry_buf_free(&file);
	return rc;
}

static int
parse_first(struct ferry_export_state *s, const json_t *o,
    struct ferry_digest *head, struct ferry_error *err)
{
	const char *options, *base;
	uint64_t reserve, signatures, stage;

	if (ferry_head_digest(o, "sha256", head, err) == -1 ||
	    ferry_json_str(o, "options", &options, err) == -1 ||
	    ferry_json_str(o, "base", &base, err) == -1 ||
	    ferry_json_u64(o, "volume_size", INT64_MAX, &s->target.volume_size,
		err) == -1 ||
	    ferry_json_u64(o, "reserve", FERRY_HEAD_MAX, &reserve, err) == -1 ||
	    ferry_json_u64(o, "signatures", FERRY_KEYS_MAX, &signatures, err) ==
		-1 ||
	    ferry_json_u64(o, "stage", FERRY_STAGE_SEALED, &stage, err) == -1 ||
	    ferry_json_u64(o, "seq", INT64_MAX, &s->cursor.seq, err) == -1 ||
	    ferry_json_u64(o, "file", INT64_MAX, &s->cursor.file, err) == -1 ||
	    ferry_json_u64_opt(o, "offset", FERRY_PIECES_MAX, 0,
		&s->cursor.offset, err) == -1 ||
	    ferry_json_u64(o, "members", INT64_MAX, &s->members, err) == -1 ||
	    ferry_json_u64(o, "bytes", INT64_MAX, &s->bytes, err) == -1)
		return -1;
	if (strlen(options) >= sizeof(s->options) ||
	    strlen(base) >= sizeof(s->target.base) ||
	    strchr(base, '/') != NULL || strncmp(base, "ferry-", 6) != 0)
		return ferry_error_set(err, FERRY_EFORMAT, "too long");
	(void)snprintf(s->options, sizeof(s->options), "%s", options);
	(void)snprintf(s->target.base, sizeof(s->target.base), "%s", base);
	s->target.reserve = (size_t)reserve;
	s->target.signatures = (size_t)signatures;
	s->cursor.stage = (enum ferry_export_stage)stage;
	return 0;
}

/* Whatever is wrong with the text makes it useless, which is no failure. */
static int
parse_state(struct ferry_export_state *s, struct ferry_bytes text)
{
	const uint8_t *end = memchr(text.p, '\n', text.n);
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_digest want, got;
	struct ferry_bytes first, head;
	json_t *o = NULL;
	int rc = 0;

	if (end == NULL)
		return 0;
	first = ferry_bytes_of(text.p, (size_t)(end - text.p));
	head = ferry_bytes_of(end + 1, text.n - first.n - 1);
	if (ferry_json_parse(&o, first, "the state", &why) == 0 &&
	    parse_first(s, o, &want, &why) == 0 &&
	    ferry_digest_of(&got, FERRY_SHA256, head, &why) == 0 &&
	    ferry_digest_equal(&got, &want) &&
	    ferry_head_parse(&s->head, head, FERRY_HEAD_UNFINISHED, &why) == 0)
		rc = 1;
	json_decref(o);
	return rc;
}

int
ferry_resume_load(struct ferry_export_state *out, int dirfd,
    const char *origin_name, const struct ferry_keys *keys,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_bytes view;
	char name[NAME];
	int rc, ours = 0;

	*out = (struct ferry_export_state){ 0 };
	out->target.dirfd = dirfd;
	file_name(origin_name, name);
	rc = ferry_file_read_at(
	    dirfd, name, FERRY_FILE_NO_FOLLOW, STATE_MAX, &text, &why);
	if (rc == -1 && why.code != FERRY_ELIMIT)
		*err = why;
	else if (rc == -1)
		rc = 0;
	view = ferry_bytes_buf(&text);
	if (rc == 1 && (ours = check_signature(keys, &view, err)) == -1)
		rc = -1;
	if (rc == 1)
		rc = parse_state(out, view);
	out->keys = keys;
	out->ours = ours == 1;
	ferry_buf_free(&text);
	return rc;
}

int
ferry_resume_remove(const struct ferry_export_state *s, struct ferry_error *err)
{
	char name[FERRY_VOLUME_NAME];

	/* One more than the state knows may have been begun. */
	for (size_t i = 1; i <= s->head->volumes_n + 1; i++) {
		ferry_bundle_volume_name(
		    &s->target, i, FERRY_VOLUME_PART, name);
		if (unlinkat(s->target.dirfd, name, 0) == -1 && errno != ENOENT)
			return ferry_error_errno(err, "removing %s", name);
	}
	file_name(s->head->origin_name, name);
	if ((unlinkat(s->target.dirfd, name, 0) == -1 && errno != ENOENT) ||
	    fsync(s->target.dirfd) == -1)
		return ferry_error_errno(err, "removing %s", name);
	return 0;
}
