#include "store.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/blob/blob.h"
#include "store/bundle/digest_set.h"
#include "store/bundle/receipt.h"
#include "store/bundle/volume.h"
#include "store/bundle/writer.h"

/* tar */

static int
memory_file(const void *p, size_t n)
{
	int fd = memfd_create("test", 0);

	assert_true(fd != -1);
	assert_int_equal(write(fd, p, n), (ssize_t)n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void
test_tar_round_trip(void **state)
{
	uint8_t archive[8192] = { 0 };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_tar *tar;
	char path[FERRY_TAR_PATH], text[16];
	uint64_t size;
	size_t n;
	int fd;

	(void)state;
	n = ferry_tar_header(archive, "first", 5, 1000000000);
	assert_int_equal(n, FERRY_TAR_BLOCK);
	memcpy(archive + n, "hello", 5);
	n += 5 + ferry_tar_padding(5);
	n += ferry_tar_header(archive + n, "empty", 0, 0);
	n += ferry_tar_header(archive + n, "unread", 700, 0);
	n += 700 + ferry_tar_padding(700);
	assert_int_equal(
	    n, ferry_tar_span(5) + ferry_tar_span(0) + ferry_tar_span(700));
	fd = memory_file(archive, n + FERRY_TAR_END);
	assert_ok(ferry_tar_new(&tar, fd, &err), &err);
	assert_int_equal(ferry_tar_next(tar, path, &size, &err), 1);
	assert_string_equal(path, "first");
	assert_int_equal(ferry_tar_read(tar, text, sizeof(text), &err), 5);
	assert_memory_equal(text, "hello", 5);
	assert_int_equal(ferry_tar_read(tar, text, sizeof(text), &err), 0);
	assert_int_equal(ferry_tar_next(tar, path, &size, &err), 1);
	assert_int_equal(size, 0);
	assert_int_equal(ferry_tar_next(tar, path, &size, &err), 1);
	assert_int_equal(size, 700);
	assert_int_equal(ferry_tar_next(tar, path, &size, &err), 0);
	assert_int_equal(ferry_tar_next(tar, path, &size, &err), 0);
	ferry_tar_free(tar);
	(void)close(fd);
}

static void
test_tar_huge_member(void **state)
{
	static const uint64_t sizes[] = { 077777777777, 0100000000000,
		99999999999, 100000000000, (uint64_t)1 << 50 };
	uint8_t header[FERRY_TAR_HEADER_MAX];
	struct ferry_error err = FERRY_ERROR_INIT;
	char path[FERRY_TAR_PATH];
	struct ferry_tar *tar;
	uint64_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t n = ferry_tar_header(header, "huge", sizes[i], 0);
		int fd = memory_file(header, n);

		assert_int_equal(n, i == 0 ? 512 : 1536);
		assert_int_equal(ferry_tar_span(sizes[i]) - n,
		    sizes[i] + ferry_tar_padding(sizes[i]));
		assert_ok(ferry_tar_new(&tar, fd, &err), &err);
		assert_int_equal(ferry_tar_next(tar, path, &size, &err), 1);
		assert_string_equal(path, "huge");
		assert_true(size == sizes[i]);
		/* It is announced, but does not come. */
		assert_int_equal(ferry_tar_next(tar, path, &size, &err), -1);
		assert_int_equal(err.code, FERRY_ESIZE);
		ferry_tar_free(tar);
		(void)close(fd);
	}
}

/* head and index lines */

static struct ferry_head *
some_head(void)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_head *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	(void)snprintf(
	    h->origin, sizeof(h->origin), "0123456789abcdef0123456789abcdef");
	(void)snprintf(h->origin_name, sizeof(h->origin_name), "near");
	(void)snprintf(
	    h->site, sizeof(h->site), "ffffffffffffffffffffffffffffffff");
	(void)snprintf(h->site_name, sizeof(h->site_name), "far");
	h->created_at = 1700000000;
	h->expires_at = 1800000000;
	h->from = 5;
	h->to = 9;
	h->totals = (struct ferry_bundle_totals){ 3, 1, 2, 300, 200 };
	assert_ok(ferry_digest_of(
		      &h->before, FERRY_SHA256, ferry_bytes_str("b"), &err),
	    &err);
	assert_ok(ferry_digest_of(
		      &h->after, FERRY_SHA256, ferry_bytes_str("a"), &err),
	    &err);
	h->previous = h->before;
	h->marks = calloc(1, sizeof(*h->marks));
	h->marks[0] = (struct ferry_mark){ 7, h->after };
	h->marks_n = h->marks_cap = 1;
	h->indexes = calloc(3, sizeof(*h->indexes));
	for (size_t i = 0; i < 3; i++)
		h->indexes[i] = (struct ferry_index){ i + 1, h->after };
	h->indexes_n = h->indexes_cap = 3;
	h->volumes = calloc(2, sizeof(*h->volumes));
	h->volumes[0] = (struct ferry_head_volume){ 5000, 0, 2 };
	h->volumes[1] = (struct ferry_head_volume){ 4000, 2, 1 };
	h->volumes_n = h->volumes_cap = 2;
	return h;
}

static void
test_head_round_trip(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf a = FERRY_BUF_INIT, b = FERRY_BUF_INIT;
	struct ferry_head *h = some_head(), *got;

	(void)state;
	assert_ok(ferry_head_write(&a, h, &err), &err);
	assert_ok(
	    ferry_head_parse(&got, ferry_bytes_buf(&a), FERRY_HEAD_WHOLE, &err),
	    &err);
	assert_ok(ferry_head_write(&b, got, &err), &err);
	assert_string_equal((const char *)a.p, (const char *)b.p);
	assert_int_equal(got->volumes[1].first, 2);
	assert_int_equal(got->marks[0].seq, 7);
	assert_true(got->expires_at == 1800000000);
	ferry_head_free(got);
	ferry_head_free(h);
	ferry_buf_free(&a);
	ferry_buf_free(&b);
}

static void
test_head_refuses(void **state)
{
	static const struct {
		const char *from, *to;
		enum ferry_code code;
	} cases[] = {
		{ "\"version\":1", "\"version\":2", FERRY_ENEWER },
		{ "\"requires\":[]", "\"requires\":[\"x\"]", FERRY_ENEWER },
		{ "\"from\":5", "\"from\":0", FERRY_EFORMAT },
		{ "\"from\":5", "\"from\":11", FERRY_EFORMAT },
		{ "\"records\":3", "\"records\":6", FERRY_EFORMAT },
		{ "\"number\":2", "\"number\":3", FERRY_EFORMAT },
		{ "index/000002", "index/000009", FERRY_EFORMAT },
		{ "\"name\":\"near\"", "\"name\":\"../x\"", FERRY_EFORMAT },
		{ "\"seq\":7", "\"seq\":10", FERRY_EFORMAT },
		{ "\"size\":5000", "\"size\":-1", FERRY_EFORMAT },
		{ "0123456789abcdef0123", "0123456789ABCDEF0123",
		    FERRY_EFORMAT },
	};
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT, changed = FERRY_BUF_INIT;
	struct ferry_head *h = some_head(), *got;

	(void)state;
	assert_ok(ferry_head_write(&text, h, &err), &err);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *at = strstr((const char *)text.p, cases[i].from);

		assert_non_null(at);
		ferry_buf_reset(&changed);
		assert_ok(ferry_buf_add(&changed, text.p,
			      (size_t)(at - (const char *)text.p), &err),
		    &err);
		assert_ok(ferry_buf_adds(&changed, cases[i].to, &err), &err);
		assert_ok(
		    ferry_buf_adds(&changed, at + strlen(cases[i].from), &err),
		    &err);
		assert_int_equal(
		    ferry_head_parse(&got, ferry_bytes_buf(&changed),
			FERRY_HEAD_WHOLE, &err),
		    -1);
		if (err.code != cases[i].code)
			fail_msg("%s: %s", cases[i].to, err.text);
	}
	ferry_head_free(h);
	ferry_buf_free(&text);
	ferry_buf_free(&changed);
}

static void
test_head_of_pieces(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_head *h = some_head(), *got;

	(void)state;
	h->recipes = h->pieces = true;
	assert_ok(ferry_head_write(&text, h, &err), &err);
	assert_non_null(strstr(
	    (const char *)text.p, "\"requires\":[\"recipe-1\",\"piece-1\"]"));
	assert_ok(ferry_head_parse(
		      &got, ferry_bytes_buf(&text), FERRY_HEAD_WHOLE, &err),
	    &err);
	assert_true(got->recipes && got->pieces);
	ferry_head_free(got);
	ferry_head_free(h);
	ferry_buf_free(&text);
}

static void
test_head_of_recipes(void **state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_head *h = some_head(), *got;

	(void)state;
	h->recipes = true;
	assert_ok(ferry_head_write(&text, h, &err), &err);
	assert_non_null(
	    strstr((const char *)text.p, "\"requires\":[\"recipe-1\"]"));
	assert_ok(ferry_head_parse(
		      &got, ferry_bytes_buf(&text), FERRY_HEAD_WHOLE, &err),
	    &err);
	assert_true(got->recipes);
	ferry_head_free(got);
	ferry_head_free(h);
	ferry_buf_free(&text);
}

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define RECIPE(encoding, path, rest)                                           \
	"{\"path\":\"blobs/sha256/" HEX path "\",\"size\":9,"                  \
	"\"sha256\":\"" HEX "\",\"encoding\":\"" encoding                      \
	"\",\"content_size\":99,\"blob\":\"" HEX "\"" rest "}"

#define PIECE(path, size, rest)                                                \
	"{\"path\":\"blobs/sha256/" HEX path "\",\"size\":" size               \
	",\"sha256\":\"" HEX "\",\"encoding\":\"piece\",\"content_size\":99,"  \
	"\"blob\":\"" HEX "\"" rest "}"
#define AT90 ".piece-000000000000090"

static void
test_member_of_piece(void **state)
{
	static const struct {
		const char *line;
		enum ferry_code code;
	} cases[] = {
		{ PIECE(AT90, "9", ",\"offset\":90"), FERRY_OK },
		{ PIECE(".piece-000000000000000", "98",
		      ",\"offset\":0,\"document\":true"),
		    FERRY_OK },
		/* Behind the end; all of the blob; nothing. */
		{ PIECE(AT90, "10", ",\"offset\":90"), FERRY_EFORMAT },
		{ PIECE(".piece-000000000000000", "99", ",\"offset\":0"),
		    FERRY_EFORMAT },
		{ PIECE(AT90, "0", ",\"offset\":90"), FERRY_EFORMAT },
		/* No offset, another one than the name's, one too large. */
		{ PIECE(AT90, "9", ""), FERRY_EFORMAT },
		{ PIECE(AT90, "9", ",\"offset\":89"), FERRY_EFORMAT },
		{ PIECE(AT90, "9", ",\"offset\":1000000000000000"),
		    FERRY_ELIMIT },
		{ PIECE("", "9", ",\"offset\":90"), FERRY_EFORMAT },
	};
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf line = FERRY_BUF_INIT;
	struct ferry_member m;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int rc = ferry_member_parse(
		    &m, ferry_bytes_str(cases[i].line), &err);

		if (cases[i].code != FERRY_OK) {
			if (rc != -1 || err.code != cases[i].code)
				fail_msg("case %zu: %s", i, err.text);
			continue;
		}
		assert_ok(rc, &err);
		assert_int_equal(m.encoding, FERRY_ENCODING_PIECE);
		ferry_buf_reset(&line);
		assert_ok(ferry_member_write(&line, &m, &err), &err);
		line.p[line.n - 1] = 0;
		assert_string_equal((const char *)line.p, cases[i].line);
	}
	ferry_buf_free(&line);
}

static struct ferry_digest
numbered(uint32_t i)
{
	struct ferry_digest d;
	struct ferry_error err = FERRY_ERROR_INIT;

	assert_ok(ferry_digest_of(&d, FERRY_SHA256,
		      ferry_bytes_of((const uint8_t *)&i, sizeof(i)), &err),
	    &err);
	return d;
}

/* What it says it has it has; above its bound it forgets. */
static void
test_digest_set(void **state)
{
	struct ferry_digest_set set = FERRY_DIGEST_SET_INIT;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_digest d = numbered(0);

	(void)state;
	assert_false(ferry_digest_set_has(&set, &d));
	ferry_digest_set_reset(&set);
	for (uint32_t i = 0; i < FERRY_DIGEST_SET_MAX; i++) {
		d = numbered(i);
		assert_false(ferry_digest_set_has(&set, &d));
		assert_ok(ferry_digest_set_add(&set, &d, &err), &err);
		assert_ok(ferry_digest_set_add(&set, &d, &err), &err);
	}
	assert_int_equal(set.n, FERRY_DIGEST_SET_MAX);
	for (uint32_t i = 0; i < FERRY_DIGEST_SET_MAX; i += 97) {
		d = numbered(i);
		assert_true(ferry_digest_set_has(&set, &d));
	}
	d = numbered(FERRY_DIGEST_SET_MAX);
	assert_ok(ferry_digest_set_add(&set, &d, &err), &err);
	assert_int_equal(set.n, 1);
	assert_true(ferry_digest_set_has(&set, &d));
	d = numbered(5);
	assert_false(ferry_digest_set_has(&set, &d));
	ferry_digest_set_free(&set);
}

/* A raw blob's path ends as its file's name does, if that is a plain ending. */
static void
test_member_ending(void **state)
{
	static const struct {
		const char *name, *ending; /* NULL: none */
	} cases[] = { { "a-1.0.tgz", "tgz" }, { "a.tar.gz", "gz" },
		{ "a.b.zst", NULL }, { "a.recipe", NULL }, { "a", NULL },
		{ "a.", NULL }, { "a.JAR", NULL }, { "a./x", NULL },
		{ "a.\"", NULL }, { "a.abcdefghijklmno", "abcdefghijklmno" },
		{ "a.abcdefghijklmnop", NULL } };
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf line = FERRY_BUF_INIT;
	struct ferry_member m = { .blob = numbered(1), .sha256 = numbered(1) };
	struct ferry_member got;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		m.ending[0] = 0;
		assert_int_equal(ferry_member_ending(&m, cases[i].name),
		    cases[i].ending != NULL);
		assert_string_equal(
		    m.ending, cases[i].ending == NULL ? "" : cases[i].ending);
		ferry_member_path(&m);
		ferry_buf_reset(&line);
		assert_ok(ferry_member_write(&line, &m, &err), &err);
		assert_ok(ferry_member_parse(
			      &got, ferry_bytes_of(line.p, line.n - 1), &err),
		    &err);
		assert_string_equal(got.path, m.path);
		assert_string_equal(got.ending, m.ending);
	}
	/* One that is not written so, or stands for another encoding. */
	ferry_buf_reset(&line);
	(void)ferry_member_ending(&m, "a.tgz");
	ferry_member_path(&m);
	assert_ok(ferry_member_write(&line, &m, &err), &err);
	memcpy(strstr((char *)line.p, "\"ending\":\"tgz") + 10, "zst", 3);
	assert_int_equal(
	    ferry_member_parse(&got, ferry_bytes_of(line.p, line.n - 1), &err),
	    -1);
	assert_refused(&err, FERRY_EFORMAT, "not the ending");
	ferry_buf_free(&line);
}

static void
test_member_of_recipe(void **state)
{
	static const struct {
		const char *line;
		enum ferry_code code;
		size_t bases;
	} cases[] = {
		{ RECIPE("recipe", ".recipe", ",\"bases\":[\"" HEX "\"]"),
		    FERRY_OK, 1 },
		{ RECIPE("recipe", ".recipe",
		      ",\"bases\":[\"" HEX "\",\"" HEX "\"],\"document\":true"),
		    FERRY_OK, 2 },
		{ RECIPE("recipe", ".recipe", ",\"bases\":[]"), FERRY_OK, 0 },
		{ RECIPE("recipe", ".recipe",
		      ",\"bases\":[\"" HEX "\",\"" HEX "\",\"" HEX "\"]"),
		    FERRY_ELIMIT, 0 },
		{ RECIPE("recipe", ".recipe", ""), FERRY_EFORMAT, 0 },
		{ RECIPE("recipe", ".recipe", ",\"bases\":[1]"), FERRY_EFORMAT,
		    0 },
		{ RECIPE("recipe", ".zst", ",\"bases\":[\"" HEX "\"]"),
		    FERRY_EFORMAT, 0 },
		{ RECIPE("recipe2", ".recipe", ",\"bases\":[\"" HEX "\"]"),
		    FERRY_ENEWER, 0 },
	};
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf line = FERRY_BUF_INIT;
	struct ferry_member m;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int rc = ferry_member_parse(
		    &m, ferry_bytes_str(cases[i].line), &err);

		if (cases[i].code != FERRY_OK) {
			assert_int_equal(rc, -1);
			if (err.code != cases[i].code)
				fail_msg("case %zu: %s", i, err.text);
			continue;
		}
		assert_ok(rc, &err);
		assert_int_equal(m.encoding, FERRY_ENCODING_RECIPE);
		assert_int_equal(m.bases_n, cases[i].bases);
		/* It is written as it was read. */
		ferry_buf_reset(&line);
		assert_ok(ferry_member_write(&line, &m, &err), &err);
		line.p[line.n - 1] = 0;
		assert_string_equal((const char *)line.p, cases[i].line);
	}
	ferry_buf_free(&line);
}

/* keys and receipts */

static void
test_keys_rotate(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_public made, parsed;
	struct ferry_buf pem = FERRY_BUF_INIT;
	uint8_t signature[FERRY_SIGNATURE];
	struct ferry_bytes text = ferry_bytes_str("text");
	struct ferry_keys *keys;
	const struct ferry_public *first;
	char id[FERRY_KEYID];

	/* A lost key is never replaced in silence. */
	assert_int_equal(ferry_keys_open(&keys, f->st, &err), -1);
	assert_int_equal(err.code, FERRY_ESTORE);
	assert_ok(ferry_keys_ensure(f->st, &err), &err);
	assert_ok(ferry_keys_open(&keys, f->st, &err), &err);
	assert_int_equal(ferry_keys_count(keys), 1);
	first = ferry_keys_public(keys, 0);
	memcpy(id, first->id, sizeof(id));
	assert_ok(ferry_public_pem(&pem, first, &err), &err);
	assert_ok(
	    ferry_public_from_pem(&parsed, ferry_bytes_buf(&pem), &err), &err);
	assert_string_equal(parsed.id, id);
	assert_ok(ferry_keys_sign(keys, 0, text, signature, &err), &err);
	assert_int_equal(
	    ferry_public_verify(&parsed, text, signature, &err), 1);
	signature[0] ^= 1;
	assert_int_equal(
	    ferry_public_verify(&parsed, text, signature, &err), 0);
	ferry_keys_free(keys);

	assert_int_equal(ferry_keys_retire(f->st, id, &err), -1);
	assert_int_equal(err.code, FERRY_EUSAGE);
	assert_ok(ferry_keys_add(f->st, &made, &err), &err);
	assert_ok(ferry_keys_retire(f->st, id, &err), &err);
	assert_ok(ferry_keys_ensure(f->st, &err), &err);
	assert_ok(ferry_keys_open(&keys, f->st, &err), &err);
	assert_int_equal(ferry_keys_count(keys), 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(ferry_keys_active(keys, i),
		    strcmp(ferry_keys_public(keys, i)->id, id) != 0);
	ferry_keys_free(keys);
	ferry_buf_free(&pem);
}

static void
test_receipt_round_trip(void **state)
{
	struct unit_store *f = *state;
	struct ferry_receipt_signature signatures[FERRY_RECEIPT_SIGNATURES];
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_receipt r = { .seq = 7, .at = 1700000000 }, got;
	struct ferry_bytes signed_text;
	struct ferry_keys *keys;
	size_t n;

	(void)snprintf(r.site, sizeof(r.site), "%s", ferry_store_id(f->st));
	(void)snprintf(r.site_name, sizeof(r.site_name), "far");
	assert_ok(
	    ferry_digest_of(&r.chain, FERRY_SHA256, ferry_bytes_str("c"), &err),
	    &err);
	r.wanted[0] = r.chain;
	r.wanted_n = 1;
	r.wanted_more = 3;
	assert_ok(ferry_keys_ensure(f->st, &err), &err);
	assert_ok(ferry_keys_open(&keys, f->st, &err), &err);
	assert_ok(ferry_receipt_write(&text, &r, NULL, keys, &err), &err);
	assert_ok(ferry_receipt_parse(&got, ferry_bytes_buf(&text),
		      &signed_text, signatures, &n, &err),
	    &err);
	assert_int_equal(n, 1);
	assert_int_equal(ferry_public_verify(ferry_keys_public(keys, 0),
			     signed_text, signatures[0].v, &err),
	    1);
	assert_true(got.seq == 7 && got.wanted_n == 1 && got.wanted_more == 3);
	assert_true(ferry_digest_equal(&got.wanted[0], &r.chain));
	assert_int_equal(got.head.n, 0);
	assert_string_equal(got.origin, "");
	ferry_keys_free(keys);
	ferry_buf_free(&text);
}

/* Wishes: as many as have room, and only what has their form. */
static void
test_receipt_wishes(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_receipt_signature signatures[FERRY_RECEIPT_SIGNATURES];
	struct ferry_receipt r = { .at = 1700000000 }, got;
	struct ferry_buf text = FERRY_BUF_INIT;
	json_t *many = json_array(), *read;
	struct ferry_bytes signed_text;
	struct ferry_keys *keys;
	size_t n;

	(void)snprintf(r.site, sizeof(r.site), "%s", ferry_store_id(f->st));
	(void)snprintf(r.site_name, sizeof(r.site_name), "far");
	assert_ok(
	    ferry_digest_of(&r.chain, FERRY_SHA256, ferry_bytes_str("c"), &err),
	    &err);
	for (int i = 0; i < 1000; i++)
		(void)json_array_append_new(many,
		    json_pack("{s:s,s:s,s:i,s:s}", "format", "npm", "package",
			"a-name-that-is-neither-short-nor-long", "count", i,
			"last", "2026-01-01T00:00:00Z"));
	assert_ok(ferry_keys_ensure(f->st, &err), &err);
	assert_ok(ferry_keys_open(&keys, f->st, &err), &err);
	assert_ok(ferry_receipt_write(&text, &r, many, keys, &err), &err);
	assert_true(text.n < FERRY_RECEIPT_MAX);
	assert_ok(ferry_receipt_parse(&got, ferry_bytes_buf(&text),
		      &signed_text, signatures, &n, &err),
	    &err);
	assert_ok(ferry_receipt_wishes(signed_text, &read, &err), &err);
	assert_int_equal(json_array_size(read), FERRY_RECEIPT_WISHES);
	assert_int_equal(json_integer_value(
			     json_object_get(json_array_get(read, 7), "count")),
	    7);
	json_decref(read);
	assert_int_equal(
	    ferry_receipt_wishes(
		ferry_bytes_str("{\"wishes\":[{\"count\":1}]}"), &read, &err),
	    -1);
	assert_int_equal(err.code, FERRY_EFORMAT);
	assert_int_equal(
	    ferry_receipt_wishes(
		ferry_bytes_str(
		    "{\"wishes\":[{\"format\":\"npm\",\"package\":\"p\","
		    "\"count\":1,\"last\":\"yesterday\"}]}"),
		&read, &err),
	    -1);
	assert_int_equal(err.code, FERRY_EFORMAT);
	json_decref(many);
	ferry_keys_free(keys);
	ferry_buf_free(&text);
}

/* a whole volume */

static int
on_volume(void *ctx, struct ferry_error *err)
{

	(void)err;
	*(int *)ctx += 1;
	return 0;
}

static int
on_data(void *ctx, const void *p, size_t n, struct ferry_error *err)
{

	return ferry_buf_add(ctx, p, n, err);
}

static void
write_bundle(struct unit_store *f, struct ferry_bundle_target *target,
    struct ferry_head *h, const struct ferry_digest *blobs, size_t n)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_bundle_writer *w;
	struct ferry_blob_info info;
	struct ferry_keys *keys;
	int volumes = 0;

	assert_ok(ferry_keys_ensure(f->st, &err), &err);
	assert_ok(ferry_keys_open(&keys, f->st, &err), &err);
	assert_ok(ferry_bundle_writer_new(
		      &w, f->st, target, h, on_volume, &volumes, &err),
	    &err);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(
		    ferry_blob_stat(f->st, &blobs[i], &info, &err), 1);
		assert_ok(
		    ferry_bundle_writer_blob(w, &blobs[i], &info, NULL, &err),
		    &err);
	}
	assert_ok(ferry_bundle_writer_records(
		      w, ferry_bytes_str("{}\n{}\n"), 5, 6, 2, &err),
	    &err);
	assert_ok(ferry_bundle_writer_finish(w, &err), &err);
	ferry_bundle_writer_free(w);
	assert_int_equal(volumes, h->volumes_n);
	assert_ok(ferry_bundle_seal(target, h, keys, &err), &err);
	assert_ok(ferry_bundle_publish(target, h, &err), &err);
	ferry_keys_free(keys);
}

static void
test_volume_round_trip(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_bundle_target target = {
		.volume_size = 200000, .reserve = 8192, .signatures = 1
	};
	struct ferry_buf content = FERRY_BUF_INIT;
	struct ferry_head *h = some_head();
	char name[FERRY_VOLUME_NAME];
	struct ferry_digest blobs[4], got;
	const struct ferry_member *m;
	struct ferry_volume *v;
	size_t members = 0;
	uint8_t *p = malloc(150000);

	h->volumes_n = h->indexes_n = 0;
	h->totals = (struct ferry_bundle_totals){ 0 };
	/* Random ones travel raw, the others compressed. */
	for (size_t i = 0; i < 4; i++) {
		memset(p, 'a' + (int)i, 150000);
		if (i < 2)
			assert_ok(ferry_random(p, 150000, &err), &err);
		unit_put_blob(f->st, ferry_bytes_of(p, 150000), &blobs[i]);
	}
	free(p);
	assert_ok(ferry_store_commit(f->st, &err), &err);
	target.dirfd = open(f->dir, O_RDONLY | O_DIRECTORY);
	(void)snprintf(target.base, sizeof(target.base), "ferry-test");
	write_bundle(f, &target, h, blobs, 4);
	assert_int_equal(h->volumes_n, 2);
	for (size_t i = 0; i < h->volumes_n; i++) {
		ferry_bundle_volume_name(
		    &target, i + 1, FERRY_VOLUME_DONE, name);
		assert_ok(
		    ferry_volume_open(&v, target.dirfd, name, &err), &err);
		assert_ok(ferry_volume_begin(v, &err), &err);
		assert_int_equal(ferry_volume_number(v), i + 1);
		assert_true(ferry_digest_equal(
		    &ferry_volume_head(v)->digest, &h->digest));
		while (ferry_volume_next(v, &m, &err) == 1) {
			ferry_buf_reset(&content);
			assert_ok(ferry_volume_content(v, FERRY_CONTENT_CHECKED,
				      on_data, &content, &err),
			    &err);
			assert_int_equal(content.n, m->content_size);
			assert_ok(ferry_digest_of(&got, FERRY_SHA256,
				      ferry_bytes_buf(&content), &err),
			    &err);
			if (m->kind == FERRY_MEMBER_BLOB)
				assert_true(ferry_digest_equal(&got, &m->blob));
			members++;
		}
		assert_int_equal(err.code, FERRY_OK);
		ferry_volume_close(v);
	}
	assert_int_equal(members, 5);
	(void)close(target.dirfd);
	ferry_buf_free(&content);
	ferry_head_free(h);
}

/* Take the pieces of all volumes, which must not overlap, into whole. */
static uint64_t
read_pieces(const struct ferry_bundle_target *target,
    const struct ferry_head *h, uint8_t *whole)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf content = FERRY_BUF_INIT;
	char name[FERRY_VOLUME_NAME];
	const struct ferry_member *m;
	struct ferry_volume *v;
	uint64_t got = 0;

	for (size_t i = 0; i < h->volumes_n; i++) {
		ferry_bundle_volume_name(
		    target, i + 1, FERRY_VOLUME_DONE, name);
		assert_ok(
		    ferry_volume_open(&v, target->dirfd, name, &err), &err);
		assert_ok(ferry_volume_begin(v, &err), &err);
		assert_true(h->volumes[i].size <= target->volume_size);
		while (ferry_volume_next(v, &m, &err) == 1) {
			if (m->encoding != FERRY_ENCODING_PIECE)
				continue;
			ferry_buf_reset(&content);
			assert_ok(
			    ferry_volume_content(v, FERRY_CONTENT_UNCHECKED,
				on_data, &content, &err),
			    &err);
			assert_int_equal(content.n, m->size);
			memcpy(whole + m->offset, content.p, content.n);
			got += content.n;
		}
		assert_int_equal(err.code, FERRY_OK);
		ferry_volume_close(v);
	}
	ferry_buf_free(&content);
	return got;
}

static void
test_volumes_of_pieces(void **state)
{
	struct unit_store *f = *state;
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_bundle_target target = {
		.volume_size = 100000, .reserve = 8192, .signatures = 1
	};
	/* One that is compressed below the volume's size, and large ones, of
	 * which the second begins where the first leaves room. */
	static const size_t sizes[] = { 300000, 250000, 130000, 5000 };
	uint8_t *p = calloc(1, 300000), *whole = calloc(1, 300000);
	struct ferry_head *h = some_head();
	struct ferry_digest blobs[4];

	h->volumes_n = h->indexes_n = 0;
	h->totals = (struct ferry_bundle_totals){ 0 };
	for (size_t i = 0; i < 4; i++) {
		if (i > 0)
			assert_ok(ferry_random(p, sizes[i], &err), &err);
		unit_put_blob(f->st, ferry_bytes_of(p, sizes[i]), &blobs[i]);
	}
	assert_ok(ferry_store_commit(f->st, &err), &err);
	target.dirfd = open(f->dir, O_RDONLY | O_DIRECTORY);
	(void)snprintf(target.base, sizeof(target.base), "ferry-test");
	write_bundle(f, &target, h, blobs, 4);
	assert_true(h->pieces);
	assert_int_equal(h->totals.blobs, 4);
	assert_int_equal(h->totals.blob_bytes, 300000 + 250000 + 130000 + 5000);
	assert_int_equal(h->volumes_n, 5);
	assert_int_equal(read_pieces(&target, h, whole), 250000 + 130000);
	(void)close(target.dirfd);
	ferry_head_free(h);
	free(p);
	free(whole);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tar_round_trip),
		cmocka_unit_test(test_tar_huge_member),
		cmocka_unit_test(test_head_round_trip),
		cmocka_unit_test(test_head_refuses),
		cmocka_unit_test(test_head_of_recipes),
		cmocka_unit_test(test_head_of_pieces),
		cmocka_unit_test(test_member_of_piece),
		cmocka_unit_test(test_digest_set),
		cmocka_unit_test(test_member_ending),
		cmocka_unit_test(test_member_of_recipe),
		unit_store_test(test_keys_rotate),
		unit_store_test(test_receipt_round_trip),
		unit_store_test(test_receipt_wishes),
		unit_store_test(test_volume_round_trip),
		unit_store_test(test_volumes_of_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
