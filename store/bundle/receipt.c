#include "store/bundle/receipt.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/json.h"

#define FERRY_RECEIPT_VERSION 1
#define WISH_TEXT_MAX 512

/* As many as have room. */
static int
write_wishes(
    struct ferry_buf *buf, const json_t *wishes, struct ferry_error *err)
{
	size_t start = buf->n, i;
	const json_t *wish;

	if (ferry_buf_adds(buf, ",\"wishes\":[", err) == -1)
		return -1;
	json_array_foreach (wishes, i, wish) {
		char *text = json_dumps(wish, JSON_COMPACT | JSON_ENSURE_ASCII);
		int rc = 0;

		if (text == NULL)
			return ferry_error_set(err, FERRY_ENOMEM, "no memory");
		if (i == FERRY_RECEIPT_WISHES ||
		    buf->n - start + strlen(text) >= FERRY_RECEIPT_WISHES_TEXT)
			rc = 1;
		else
			rc = ferry_buf_addf(
			    buf, err, "%s%s", i == 0 ? "" : ",", text);
		free(text);
		if (rc == -1)
			return -1;
		if (rc == 1)
			break;
	}
	return ferry_buf_adds(buf, "]", err);
}

static int
write_line(struct ferry_buf *buf, const struct ferry_receipt *r,
    const json_t *wishes, struct ferry_error *err)
{
	char at[FERRY_TIME_TEXT], hex[FERRY_DIGEST_TEXT];

	if (ferry_buf_addf(buf, err,
		"{\"format\":\"ferry-receipt\",\"version\":%d,"
		"\"site\":{\"id\":\"%s\",\"name\":\"%s\"},",
		FERRY_RECEIPT_VERSION, r->site, r->site_name) == -1)
		return -1;
	if (r->origin[0] == 0) {
		if (ferry_buf_adds(buf, "\"origin\":null", err) == -1)
			return -1;
	} else if (ferry_buf_addf(buf, err, "\"origin\":\"%s\"", r->origin) ==
		   -1) {
		return -1;
	}
	if (ferry_buf_addf(buf, err,
		",\"seq\":%" PRIu64 ",\"chain\":\"%s\",\"head\":", r->seq,
		ferry_digest_hex(&r->chain, hex)) == -1)
		return -1;
	if (r->head.n == 0) {
		if (ferry_buf_adds(buf, "null", err) == -1)
			return -1;
	} else if (ferry_buf_addf(buf, err, "\"%s\"",
		       ferry_digest_hex(&r->head, hex)) == -1) {
		return -1;
	}
	if (ferry_buf_adds(buf, ",\"wanted\":[", err) == -1)
		return -1;
	for (size_t i = 0; i < r->wanted_n; i++)
		if (ferry_buf_addf(buf, err, "%s\"%s\"", i == 0 ? "" : ",",
			ferry_digest_hex(&r->wanted[i], hex)) == -1)
			return -1;
	if (ferry_buf_addf(
		buf, err, "],\"wanted_more\":%" PRIu64, r->wanted_more) == -1 ||
	    (json_array_size(wishes) > 0 &&
		write_wishes(buf, wishes, err) == -1))
		return -1;
	return ferry_buf_addf(
	    buf, err, ",\"at\":\"%s\"}", ferry_time_text(r->at, at));
}

int
ferry_receipt_write(struct ferry_buf *buf, const struct ferry_receipt *r,
    const json_t *wishes, const struct ferry_keys *keys,
    struct ferry_error *err)
{
	struct ferry_buf line = FERRY_BUF_INIT;
	uint8_t signature[FERRY_SIGNATURE];
	size_t signatures = 0;
	int rc = -1;

	if (write_line(&line, r, wishes, err) == -1 ||
	    ferry_buf_add(buf, line.p, line.n, err) == -1 ||
	    ferry_buf_adds(buf, "\n", err) == -1)
		goto out;
	for (size_t i = 0; i < ferry_keys_count(keys) &&
			   signatures < FERRY_RECEIPT_SIGNATURES;
	     i++) {
		if (!ferry_keys_active(keys, i))
			continue;
		signatures++;
		if (ferry_keys_sign(keys, i, ferry_bytes_buf(&line), signature,
			err) == -1 ||
		    ferry_buf_addf(buf, err, "%s ",
			ferry_keys_public(keys, i)->id) == -1 ||
		    ferry_base64_add(buf,
			ferry_bytes_of(signature, sizeof(signature)),
			err) == -1 ||
		    ferry_buf_adds(buf, "\n", err) == -1)
			goto out;
	}
	rc = 0;
out:
	ferry_buf_free(&line);
	return rc;
}

static int
parse_signature(struct ferry_receipt_signature *s, struct ferry_bytes line,
    struct ferry_error *err)
{
	struct ferry_buf raw = FERRY_BUF_INIT;
	int rc = -1;

	if (line.n < FERRY_KEYID || line.n > 200 ||
	    line.p[FERRY_KEYID - 1] != ' ')
		goto bad;
	memcpy(s->signer, line.p, FERRY_KEYID - 1);
	s->signer[FERRY_KEYID - 1] = 0;
	if (!ferry_keyid_ok(s->signer) ||
	    ferry_base64_decode(&raw,
		ferry_bytes_of(line.p + FERRY_KEYID, line.n - FERRY_KEYID),
		err) == -1 ||
	    raw.n != FERRY_SIGNATURE)
		goto bad;
	memcpy(s->v, raw.p, FERRY_SIGNATURE);
	rc = 0;
	goto out;
bad:
	ferry_error_set(err, FERRY_EFORMAT,
	    "a line behind the first is not 'KEYID SIGNATURE'");
out:
	ferry_buf_free(&raw);
	return rc;
}

static int
parse_wanted(
    struct ferry_receipt *r, const json_t *root, struct ferry_error *err)
{
	json_t *list, *o;
	size_t i;

	if (ferry_json_array(root, "wanted", &list, err) == -1)
		return -1;
	if (json_array_size(list) > FERRY_RECEIPT_WANTED)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "more than %d wanted blobs", FERRY_RECEIPT_WANTED);
	json_array_foreach (list, i, o) {
		const char *hex = json_string_value(o);

		if (hex == NULL ||
		    ferry_digest_from_hex(&r->wanted[i], FERRY_SHA256,
			ferry_bytes_str(hex), err) == -1)
			return ferry_error_set(err, FERRY_EFORMAT,
			    "\"wanted\" holds something else than digests");
		r->wanted_n++;
	}
	return ferry_json_u64(
	    root, "wanted_more", INT64_MAX, &r->wanted_more, err);
}

static int
parse_line(struct ferry_receipt *r, const json_t *root, struct ferry_error *err)
{
	const char *format, *origin;
	uint64_t version;
	const json_t *head = json_object_get(root, "head");

	if (ferry_json_str(root, "format", &format, err) == -1)
		return -1;
	if (strcmp(format, "ferry-receipt") != 0)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "this is a '%.40s', not a ferry-receipt", format);
	if (ferry_json_u64(root, "version", UINT32_MAX, &version, err) == -1)
		return -1;
	if (version > FERRY_RECEIPT_VERSION)
		return ferry_error_set(err, FERRY_ENEWER,
		    "the receipt has version %" PRIu64 ", this ferry reads up "
		    "to %d; update ferry here",
		    version, FERRY_RECEIPT_VERSION);
	if (ferry_head_party(root, "site", r->site, r->site_name, err) == -1 ||
	    ferry_json_str_opt(root, "origin", "", &origin, err) == -1 ||
	    ferry_json_u64(root, "seq", INT64_MAX - 1, &r->seq, err) == -1 ||
	    ferry_head_digest(root, "chain", &r->chain, err) == -1 ||
	    (head != NULL && !json_is_null(head) &&
		ferry_head_digest(root, "head", &r->head, err) == -1) ||
	    ferry_head_time(root, "at", &r->at, err) == -1 ||
	    parse_wanted(r, root, err) == -1)
		return -1;
	if (origin[0] != 0 &&
	    (strlen(origin) != FERRY_STORE_ID - 1 ||
		strspn(origin, "0123456789abcdef") != FERRY_STORE_ID - 1))
		return ferry_error_set(
		    err, FERRY_EFORMAT, "\"origin\" is not a store's id");
	(void)memcpy(r->origin, origin, strlen(origin) + 1);
	if (r->site_name[0] == 0)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "the site has no name");
	return 0;
}

int
ferry_receipt_parse(struct ferry_receipt *out, struct ferry_bytes text,
    struct ferry_bytes *signed_text, struct ferry_receipt_signature *signatures,
    size_t *n, struct ferry_error *err)
{
	const uint8_t *end;
	struct ferry_bytes rest, line;
	json_t *root = NULL;
	int rc = -1;

	*n = 0;
	*out = (struct ferry_receipt){ 0 };
	if (text.n > FERRY_RECEIPT_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a receipt has at most %u bytes", FERRY_RECEIPT_MAX);
	if ((end = memchr(text.p, '\n', text.n)) == NULL)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "this is not a receipt");
	*signed_text = ferry_bytes_of(text.p, (size_t)(end - text.p));
	rest = ferry_bytes_of(end + 1, text.n - signed_text->n - 1);
	while (ferry_bytes_line(&rest, &line)) {
		if (*n == FERRY_RECEIPT_SIGNATURES)
			return ferry_error_set(err, FERRY_ELIMIT,
			    "more than %d signatures",
			    FERRY_RECEIPT_SIGNATURES);
		if (parse_signature(&signatures[*n], line, err) == -1)
			return -1;
		*n += 1;
	}
	if (ferry_json_parse(&root, *signed_text, "the receipt", err) == 0)
		rc = parse_line(out, root, err);
	json_decref(root);
	return rc;
}

/* Copy a text member: 1, 0 there is none, -1. */
static int
copy_text(
    json_t *to, const json_t *from, const char *name, struct ferry_error *err)
{
	const char *text;

	if (ferry_json_str_opt(from, name, "", &text, err) == -1)
		return -1;
	if (*text == 0)
		return 0;
	if (strlen(text) > WISH_TEXT_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a wish's \"%s\" has more than %d bytes", name,
		    WISH_TEXT_MAX);
	return ferry_json_set(to, name, json_string(text), err) == -1 ? -1 : 1;
}

static int
read_wish(json_t *list, const json_t *from, struct ferry_error *err)
{
	json_t *wish = json_object();
	uint64_t count;
	int64_t at;
	int rc;

	if (ferry_json_push(list, wish, err) == -1)
		return -1;
	if ((rc = copy_text(wish, from, "format", err)) == 1)
		rc = copy_text(wish, from, "package", err);
	if (rc == 0)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "a wish has no format, or no package");
	if (rc == -1 || copy_text(wish, from, "version", err) == -1 ||
	    copy_text(wish, from, "file", err) == -1 ||
	    copy_text(wish, from, "last", err) == -1 ||
	    ferry_head_time(from, "last", &at, err) == -1 ||
	    ferry_json_u64(from, "count", INT64_MAX, &count, err) == -1)
		return -1;
	return ferry_json_set(
	    wish, "count", json_integer((json_int_t)count), err);
}

int
ferry_receipt_wishes(
    struct ferry_bytes signed_text, json_t **out, struct ferry_error *err)
{
	json_t *root = NULL, *list, *wish;
	size_t i;
	int rc = 0;

	if ((*out = json_array()) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (ferry_json_parse(&root, signed_text, "the receipt", err) == -1)
		rc = -1;
	list = json_object_get(root, "wishes");
	if (json_array_size(list) > FERRY_RECEIPT_WISHES)
		rc = ferry_error_set(err, FERRY_ELIMIT, "more than %d wishes",
		    FERRY_RECEIPT_WISHES);
	json_array_foreach (list, i, wish)
		if (rc == 0)
			rc = read_wish(*out, wish, err);
	json_decref(root);
	if (rc == -1) {
		json_decref(*out);
		*out = NULL;
	}
	return rc;
}
