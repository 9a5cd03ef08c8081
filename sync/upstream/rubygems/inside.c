#include "sync/upstream/rubygems/inside.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/digest.h"
#include "store/base/error.h"
#include "store/blob/blob.h"
#include "sync/select/yaml.h"
#include "sync/upstream/rubygems/inflate.h"

#define BLOCK (64U << 10)
#define MEMBERS_MAX 64
#define PACKED_MAX (16U << 20) /* of a text inside */
#define UNPACKED_MAX (32U << 20)

/* A member, and what it is made of. */
struct member {
	char name[100];
	struct ferry_digest sha256, sha512;
};
struct inside {
	struct ferry_blob blob;
	uint64_t offset;
	uint8_t block[BLOCK];
	struct ferry_digester *digester; /* of the member that is read */
	struct member members[MEMBERS_MAX];
	size_t members_n;
	struct ferry_buf *metadata;
	struct ferry_buf checksums;
};

static int
ferry_error_archive(struct ferry_error *err, struct archive *a)
{
	const char *text = archive_error_string(a);

	return ferry_error_set(err, FERRY_EFORMAT, "this is not a gem: %s",
	    text == NULL ? "it cannot be read" : text);
}

static la_ssize_t
on_read(struct archive *a, void *ctx, const void **p)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct inside *in = ctx;
	ssize_t n = ferry_blob_read(
	    &in->blob, in->offset, in->block, sizeof(in->block), &err);

	if (n == -1) {
		archive_set_error(a, err.sys, "%s", err.text);
		return ARCHIVE_FATAL;
	}
	in->offset += (uint64_t)n;
	*p = in->block;
	return n;
}

/* The member's bytes through the digester and, if it is wanted, into text. */
static int
read_member(struct inside *in, struct archive *a, struct ferry_buf *text,
    struct ferry_error *err)
{
	const void *p;
	la_int64_t offset;
	size_t n;
	int rc;

	while (
	    (rc = archive_read_data_block(a, &p, &n, &offset)) == ARCHIVE_OK) {
		ferry_digester_update(in->digester, p, n);
		if (text == NULL)
			continue;
		if (n > PACKED_MAX || text->n > PACKED_MAX - n)
			return ferry_error_set(err, FERRY_ELIMIT,
			    "a text in the gem has more than %u bytes",
			    PACKED_MAX);
		if (ferry_buf_add(text, p, n, err) == -1)
			return -1;
	}
	return rc == ARCHIVE_EOF ? 0 : ferry_error_archive(err, a);
}

/* Unpack a text that is wanted; others are only hashed. */
static int
take_member(struct inside *in, struct archive *a, const char *name,
    struct ferry_error *err)
{
	struct ferry_buf packed = FERRY_BUF_INIT, *out = NULL;
	struct member *m;
	int rc = -1;

	if (in->members_n == MEMBERS_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "the gem has more than %d members", MEMBERS_MAX);
	m = &in->members[in->members_n++];
	*m = (struct member){ .name = "" };
	(void)snprintf(m->name, sizeof(m->name), "%s", name);
	/* Of duplicates clients read the first. */
	if (strcmp(name, "metadata.gz") == 0 && in->metadata->n == 0)
		out = in->metadata;
	else if (strcmp(name, "checksums.yaml.gz") == 0 && in->checksums.n == 0)
		out = &in->checksums;
	if (ferry_digester_new(&in->digester,
		FERRY_ALG(FERRY_SHA256) | FERRY_ALG(FERRY_SHA512), err) == -1 ||
	    read_member(in, a, out == NULL ? NULL : &packed, err) == -1)
		goto out;
	ferry_digester_final(in->digester, FERRY_SHA256, &m->sha256);
	ferry_digester_final(in->digester, FERRY_SHA512, &m->sha512);
	rc = out == NULL ? 0
	                 : ferry_gem_inflate(out, ferry_bytes_buf(&packed),
			       UNPACKED_MAX, err);
	if (rc == -1)
		ferry_error_in(err, "%s of the gem", name);
out:
	ferry_digester_free(in->digester);
	in->digester = NULL;
	ferry_buf_free(&packed);
	return rc;
}

static int
read_members(struct inside *in, struct ferry_error *err)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	const char *name;
	int rc = -1, more;

	if (a == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (archive_read_support_format_tar(a) != ARCHIVE_OK ||
	    archive_read_open(a, in, NULL, on_read, NULL) != ARCHIVE_OK) {
		ferry_error_archive(err, a);
		goto out;
	}
	while ((more = archive_read_next_header(a, &entry)) == ARCHIVE_OK) {
		name = archive_entry_pathname(entry);
		if (name != NULL && take_member(in, a, name, err) == -1)
			goto out;
	}
	rc = more == ARCHIVE_EOF ? 0 : ferry_error_archive(err, a);
	if (rc == 0 && in->metadata->n == 0)
		rc = ferry_error_set(err, FERRY_EFORMAT,
		    "this is not a gem: it has no metadata.gz");
out:
	(void)archive_read_free(a);
	return rc;
}

/* One list of the checksums: NAME: HEX. */
static int
check_list(const struct inside *in, const struct ferry_yaml_node *list,
    enum ferry_alg alg, struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];
	struct ferry_yaml_iter it;

	ferry_yaml_iter(&it, list);
	while (ferry_yaml_iter_next(&it)) {
		struct ferry_bytes name = ferry_yaml_text(it.key);
		const struct member *m = NULL;

		for (size_t i = 0; i < in->members_n && m == NULL; i++)
			if (ferry_bytes_is(name, in->members[i].name))
				m = &in->members[i];
		if (m == NULL)
			return ferry_error_set(err, FERRY_EDIGEST,
			    "the gem lacks '%.*s', which its checksums name",
			    (int)(name.n < 100 ? name.n : 100),
			    (const char *)name.p);
		(void)ferry_digest_hex(
		    alg == FERRY_SHA256 ? &m->sha256 : &m->sha512, hex);
		if (!ferry_bytes_is(ferry_yaml_text(it.value), hex))
			return ferry_error_set(err, FERRY_EDIGEST,
			    "%s in the gem is not what the gem's own checksums "
			    "say",
			    m->name);
	}
	return 0;
}

/* Gems from before 2013 have none. */
static int
check_members(const struct inside *in, struct ferry_error *err)
{
	const struct ferry_yaml_node *root = NULL;
	struct ferry_yaml *yaml = NULL;
	int rc;

	if (in->checksums.n == 0)
		return 0;
	rc = ferry_yaml_new(&yaml, ferry_bytes_buf(&in->checksums), err);
	if (rc == 0 && (rc = ferry_yaml_next(yaml, &root, err)) != -1) {
		rc = check_list(
		    in, ferry_yaml_get(root, "SHA256"), FERRY_SHA256, err);
		if (rc == 0)
			rc = check_list(in, ferry_yaml_get(root, "SHA512"),
			    FERRY_SHA512, err);
	}
	ferry_yaml_free(yaml);
	return rc;
}

int
ferry_gem_inside(struct ferry_buf *metadata, struct ferry_store *st,
    const struct ferry_digest *gem, struct ferry_error *err)
{
	struct inside *in = NULL;
	int rc = -1;

	if (ferry_calloc(&in, 1, sizeof(*in), err) == -1)
		return -1;
	in->blob.fd = -1;
	in->metadata = metadata;
	if ((rc = ferry_blob_open(st, gem, &in->blob, err)) == 0)
		ferry_error_set(err, FERRY_ENOTFOUND, "the gem is gone");
	rc =
	    rc == 1 && read_members(in, err) == 0 ? check_members(in, err) : -1;
	ferry_blob_close(&in->blob);
	ferry_buf_free(&in->checksums);
	free(in);
	return rc;
}
