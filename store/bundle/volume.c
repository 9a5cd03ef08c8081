#include "store/bundle/volume.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "store/base/error.h"

#define BLOCK (512U << 10)
/* Frames are made with windows of at most 2 MiB; no frame may ask for more
 * memory than this. */
#define WINDOW_LOG 23

/* Slots for twice the members of an index. */
#define SEEN (2 * FERRY_INDEX_MEMBERS)

struct signature {
	char signer[FERRY_KEYID];
	uint8_t v[FERRY_SIGNATURE];
};

struct ferry_volume {
	int fd;
	char *name;
	struct ferry_tar *tar;
	struct ferry_buf text; /* of the head */
	struct signature signatures[FERRY_SIGNATURES_MAX];
	size_t signatures_n;
	struct ferry_head *head;
	size_t number;
	/* A tar member's header that was read but not yet used. */
	bool ahead;
	char path[FERRY_TAR_PATH];
	uint64_t size;
	uint64_t offset;
	/* The current index: */
	size_t index; /* its number in the head, from 0 */
	size_t ended; /* the first of the next volume's */
	struct ferry_buf lines;
	size_t at; /* in lines */
	size_t members; /* seen of it */
	uint64_t *seen; /* a hash table of their digests' first bytes */
	struct ferry_member member;
	bool unread; /* its content */
	ZSTD_DCtx *zstd;
	uint8_t *in, *out;
};

/* Read a tar header, unless one is waiting. */
static int
peek(struct ferry_volume *v, struct ferry_error *err)
{
	int rc;

	if (v->ahead)
		return 1;
	rc = ferry_tar_next(v->tar, v->path, &v->size, err);
	if (rc == 1) {
		v->ahead = true;
		v->offset += ferry_tar_span(v->size);
	}
	return rc;
}

/* All of the member whose header is waiting. */
static int
load(struct ferry_volume *v, struct ferry_buf *buf, size_t max,
    struct ferry_error *err)
{

	if (v->size > max)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "'%s' has %" PRIu64 " bytes, over %zu", v->path, v->size,
		    max);
	v->ahead = false;
	/* Grown as the bytes come: a size is only believed when they do. */
	while (buf->n < v->size) {
		size_t n = (size_t)v->size - buf->n;
		ssize_t got;

		if (n > BLOCK)
			n = BLOCK;
		if (ferry_buf_reserve(buf, n, err) == -1 ||
		    (got = ferry_tar_read(v->tar, buf->p + buf->n, n, err)) ==
			-1)
			return -1;
		buf->n += (size_t)got;
		buf->p[buf->n] = 0;
	}
	return 0;
}

static int
read_signatures(struct ferry_volume *v, struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	int rc;

	while ((rc = peek(v, err)) == 1 &&
	       strncmp(v->path, "signatures/", 11) == 0) {
		struct signature *s = &v->signatures[v->signatures_n];
		size_t n = strlen(v->path);

		rc = -1;
		if (v->signatures_n == FERRY_SIGNATURES_MAX) {
			ferry_error_set(err, FERRY_ELIMIT,
			    "more than %d signatures", FERRY_SIGNATURES_MAX);
			break;
		}
		if (n != 11 + FERRY_KEYID - 1 + 4 ||
		    strcmp(v->path + n - 4, ".sig") != 0) {
			ferry_error_set(err, FERRY_EUNDECLARED,
			    "'%s' does not name a signature", v->path);
			break;
		}
		memcpy(s->signer, v->path + 11, FERRY_KEYID - 1);
		s->signer[FERRY_KEYID - 1] = 0;
		ferry_buf_reset(&buf);
		if (load(v, &buf, FERRY_SIGNATURE, err) == -1)
			break;
		if (buf.n != FERRY_SIGNATURE || !ferry_keyid_ok(s->signer)) {
			ferry_error_set(err, FERRY_EFORMAT,
			    "'%s' is not a signature", v->path);
			break;
		}
		memcpy(s->v, buf.p, FERRY_SIGNATURE);
		v->signatures_n++;
	}
	ferry_buf_free(&buf);
	return rc == -1 ? -1 : 0;
}

static int
read_front(struct ferry_volume *v, struct ferry_error *err)
{
	int rc = peek(v, err);

	if (rc == -1)
		return -1;
	if (rc == 0 || strcmp(v->path, "head.json") != 0)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "this is not a volume of a ferry bundle (its first member "
		    "is not head.json)");
	if (load(v, &v->text, FERRY_HEAD_MAX, err) == -1)
		return -1;
	return read_signatures(v, err);
}

int
ferry_volume_open(struct ferry_volume **out, int dirfd, const char *name,
    struct ferry_error *err)
{
	struct ferry_volume *v;
	struct stat sb;

	if (ferry_calloc(&v, 1, sizeof(*v), err) == -1)
		return -1;
	v->fd = -1;
	if (ferry_strdup(&v->name, name, err) == -1)
		goto fail;
	/* Not blocking, should someone have put a FIFO there. */
	v->fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (v->fd == -1 || fstat(v->fd, &sb) == -1) {
		ferry_error_errno(err, "opening");
		goto fail;
	}
	if (!S_ISREG(sb.st_mode)) {
		ferry_error_set(err, FERRY_EFORMAT, "this is not a file");
		goto fail;
	}
	(void)posix_fadvise(v->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (ferry_tar_new(&v->tar, v->fd, err) == -1 ||
	    read_front(v, err) == -1)
		goto fail;
	*out = v;
	return 0;
fail:
	ferry_error_in(err, "%s", name);
	ferry_volume_close(v);
	return -1;
}

void
ferry_volume_close(struct ferry_volume *v)
{

	if (v == NULL)
		return;
	ferry_tar_free(v->tar);
	if (v->fd != -1)
		(void)close(v->fd);
	ferry_head_free(v->head);
	ferry_buf_free(&v->text);
	ferry_buf_free(&v->lines);
	ZSTD_freeDCtx(v->zstd);
	free(v->in);
	free(v->out);
	free(v->seen);
	free(v->name);
	free(v);
}

struct ferry_bytes
ferry_volume_text(const struct ferry_volume *v)
{

	return ferry_bytes_buf(&v->text);
}

size_t
ferry_volume_signatures(const struct ferry_volume *v)
{

	return v->signatures_n;
}

const char *
ferry_volume_signer(const struct ferry_volume *v, size_t i)
{

	return v->signatures[i].signer;
}

int
ferry_volume_countersign(struct ferry_volume *v, const char *signer,
    const uint8_t signature[FERRY_SIGNATURE], struct ferry_error *err)
{
	struct signature *s = &v->signatures[v->signatures_n];

	for (size_t i = 0; i < v->signatures_n; i++)
		if (strcmp(v->signatures[i].signer, signer) == 0)
			return 0;
	if (v->signatures_n == FERRY_SIGNATURES_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "more than %d signatures", FERRY_SIGNATURES_MAX);
	memcpy(s->signer, signer, FERRY_KEYID);
	memcpy(s->v, signature, FERRY_SIGNATURE);
	v->signatures_n++;
	return 0;
}

const uint8_t *
ferry_volume_signature(const struct ferry_volume *v, size_t i)
{

	return v->signatures[i].v;
}

const struct ferry_head *
ferry_volume_head(const struct ferry_volume *v)
{

	return v->head;
}

size_t
ferry_volume_number(const struct ferry_volume *v)
{

	return v->number;
}

uint64_t
ferry_volume_offset(const struct ferry_volume *v)
{

	return v->offset;
}

/* The name of the first index tells which volume this is. */
static int
find_number(struct ferry_volume *v, struct ferry_error *err)
{
	uint64_t index = 0;
	size_t n = strlen(v->path);

	if (strncmp(v->path, "index/", 6) != 0 || n < 13 ||
	    strcmp(v->path + n - 6, ".jsonl") != 0 ||
	    ferry_parse_u64(ferry_bytes_of(v->path + 6, n - 12), 1,
		v->head->indexes_n, &index, err) == -1)
		return ferry_error_set(err, FERRY_EUNDECLARED,
		    "it holds '%s', which its head does not name", v->path);
	for (size_t i = 0; i < v->head->volumes_n; i++)
		if (v->head->volumes[i].first == index - 1) {
			v->number = i + 1;
			v->index = v->head->volumes[i].first;
			v->ended = v->index + v->head->volumes[i].count;
			return 0;
		}
	return ferry_error_set(
	    err, FERRY_EMISSING, "it lacks the index before '%s'", v->path);
}

int
ferry_volume_begin(struct ferry_volume *v, struct ferry_error *err)
{
	int rc = -1;

	if (ferry_head_parse(&v->head, ferry_bytes_buf(&v->text),
		FERRY_HEAD_WHOLE, err) == -1)
		goto out;
	if ((rc = peek(v, err)) == 0)
		rc = ferry_error_set(err, FERRY_EMISSING,
		    "it holds only a head and no index; copy it again");
	else if (rc == 1)
		rc = find_number(v, err);
	if (rc == 0 &&
	    (ferry_calloc(&v->in, 1, BLOCK, err) == -1 ||
		ferry_calloc(&v->out, 1, BLOCK, err) == -1 ||
		ferry_calloc(&v->seen, SEEN, sizeof(*v->seen), err) == -1))
		rc = -1;
out:
	return rc == -1 ? ferry_error_in(err, "%s", v->name) : 0;
}

/*
 * Read the header of the member called path with size bytes.  lines tells
 * whether another name that comes instead is one of the index's.
 */
static int
expect(struct ferry_volume *v, const char *path, uint64_t size,
    struct ferry_error *err)
{
	char wanted[FERRY_TAR_PATH + 8];
	int rc = peek(v, err);

	if (rc == -1)
		return -1;
	if (rc == 0)
		return ferry_error_set(
		    err, FERRY_EMISSING, "it lacks '%s'", path);
	if (strcmp(v->path, path) != 0) {
		(void)snprintf(wanted, sizeof(wanted), "\"%s\"", v->path);
		if (v->at < v->lines.n &&
		    memmem(v->lines.p + v->at, v->lines.n - v->at, wanted,
			strlen(wanted)) != NULL)
			return ferry_error_set(
			    err, FERRY_EMISSING, "it lacks '%s'", path);
		return ferry_error_set(err, FERRY_EUNDECLARED,
		    "it holds '%s' where '%s' belongs", v->path, path);
	}
	if (v->size != size)
		return ferry_error_set(err, FERRY_ESIZE,
		    "'%s' has %" PRIu64 " bytes instead of %" PRIu64, path,
		    v->size, size);
	return 0;
}

static int
next_index(struct ferry_volume *v, struct ferry_error *err)
{
	const struct ferry_index *index = &v->head->indexes[v->index];
	struct ferry_digest got;
	char path[40];

	(void)snprintf(path, sizeof(path), "index/%06zu.jsonl", v->index + 1);
	ferry_buf_reset(&v->lines);
	v->at = v->members = 0;
	if (expect(v, path, index->size, err) == -1 ||
	    load(v, &v->lines, FERRY_INDEX_MAX, err) == -1 ||
	    ferry_digest_of(
		&got, FERRY_SHA256, ferry_bytes_buf(&v->lines), err) == -1)
		return -1;
	if (!ferry_digest_equal(&got, &index->sha256))
		return ferry_error_set(
		    err, FERRY_EDIGEST, "'%s' is damaged", path);
	v->index++;
	memset(v->seen, 0, SEEN * sizeof(*v->seen));
	return 0;
}

/* Whether the index named this member before.  The table is never full. */
static bool
is_repeated(struct ferry_volume *v)
{
	const struct ferry_member *m = &v->member;
	uint64_t id = ferry_get_be64(
	    m->kind == FERRY_MEMBER_BLOB ? m->blob.v : m->sha256.v);
	size_t i = id % SEEN;

	id += id == 0; /* 0 is a free slot */
	while (v->seen[i] != 0) {
		if (v->seen[i] == id)
			return true;
		i = (i + 1) % SEEN;
	}
	v->seen[i] = id;
	return false;
}

/* An old ferry, which the head did not stop, would take it for something else. */
static int
check_announced(const struct ferry_volume *v, struct ferry_error *err)
{
	const struct ferry_member *m = &v->member;

	if ((m->encoding == FERRY_ENCODING_RECIPE && !v->head->recipes) ||
	    (m->encoding == FERRY_ENCODING_PIECE && !v->head->pieces))
		return ferry_error_set(err, FERRY_EUNDECLARED,
		    "'%s' is a %s, which its head does not announce", m->path,
		    m->encoding == FERRY_ENCODING_PIECE ? "piece" : "recipe");
	return m->ending[0] == 0 || v->head->endings
	           ? 0
	           : ferry_error_set(err, FERRY_EUNDECLARED,
			 "'%s' ends as a file does, which its head does not "
			 "announce",
			 m->path);
}

static int
next(struct ferry_volume *v, struct ferry_error *err)
{
	const uint8_t *end;
	size_t n;
	int rc;

	v->unread = false;
	while (v->at == v->lines.n) {
		if (v->index < v->ended) {
			if (next_index(v, err) == -1)
				return -1;
			continue;
		}
		if ((rc = peek(v, err)) == 1)
			return ferry_error_set(err, FERRY_EUNDECLARED,
			    "it holds '%s', which its index does not name",
			    v->path);
		return rc;
	}
	if (++v->members > FERRY_INDEX_MEMBERS)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "an index names more than %d members", FERRY_INDEX_MEMBERS);
	end = memchr(v->lines.p + v->at, '\n', v->lines.n - v->at);
	if (end == NULL)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "an index ends within a line");
	n = (size_t)(end - (v->lines.p + v->at));
	if (ferry_member_parse(
		&v->member, ferry_bytes_of(v->lines.p + v->at, n), err) == -1)
		return -1;
	v->at += n + 1;
	if (check_announced(v, err) == -1)
		return -1;
	if (is_repeated(v))
		return ferry_error_set(err, FERRY_EUNDECLARED,
		    "its index names '%s' twice", v->member.path);
	if (expect(v, v->member.path, v->member.size, err) == -1)
		return -1;
	v->ahead = false;
	v->unread = true;
	return 1;
}

int
ferry_volume_next(struct ferry_volume *v, const struct ferry_member **out,
    struct ferry_error *err)
{

	*out = &v->member;
	return next(v, err);
}

/* What is decoded so far, and where it goes. */
struct flow {
	ferry_volume_sink *on_data;
	void *ctx;
	uint64_t size, limit;
	bool packed; /* to be decoded */
	struct ferry_digester *digester; /* of the stored bytes, or NULL */
};

static int
deliver(struct ferry_volume *v, struct flow *flow, const void *p, size_t n,
    struct ferry_error *err)
{

	flow->size += n;
	if (flow->size > flow->limit)
		return ferry_error_set(err, FERRY_ESIZE,
		    "'%s' decodes to more than the %" PRIu64
		    " bytes that are declared",
		    v->member.path, flow->limit);
	return flow->on_data(flow->ctx, p, n, err);
}

/* Decode a block.  *over: the frame ended, with the last of the input. */
static int
inflate(struct ferry_volume *v, struct flow *flow, size_t n, bool *over,
    struct ferry_error *err)
{
	ZSTD_inBuffer in = { v->in, n, 0 };

	for (;;) {
		ZSTD_outBuffer out = { v->out, BLOCK, 0 };
		size_t rc;

		if (*over && in.pos < in.size)
			return ferry_error_set(err, FERRY_EFORMAT,
			    "'%s' goes on behind its zstd frame",
			    v->member.path);
		rc = ZSTD_decompressStream(v->zstd, &out, &in);
		if (ZSTD_isError(rc))
			return ferry_error_set(err, FERRY_EFORMAT,
			    "'%s' is not a sound zstd frame: %s",
			    v->member.path, ZSTD_getErrorName(rc));
		*over = rc == 0;
		if (out.pos > 0 && deliver(v, flow, v->out, out.pos, err) == -1)
			return -1;
		if (in.pos == in.size && (*over || out.pos < BLOCK))
			return 0;
	}
}

static int
stream(struct ferry_volume *v, struct flow *flow, struct ferry_error *err)
{
	bool packed = flow->packed, over = false;
	ssize_t n;

	if (packed && v->zstd == NULL && (v->zstd = ZSTD_createDCtx()) == NULL)
		return ferry_error_set(
		    err, FERRY_ENOMEM, "no memory to decompress");
	if (packed) {
		(void)ZSTD_DCtx_reset(v->zstd, ZSTD_reset_session_only);
		(void)ZSTD_DCtx_setParameter(
		    v->zstd, ZSTD_d_windowLogMax, WINDOW_LOG);
	}
	while ((n = ferry_tar_read(v->tar, v->in, BLOCK, err)) > 0) {
		if (flow->digester != NULL)
			ferry_digester_update(flow->digester, v->in, (size_t)n);
		if ((packed ? inflate(v, flow, (size_t)n, &over, err)
			    : deliver(v, flow, v->in, (size_t)n, err)) == -1)
			return -1;
	}
	if (n == -1)
		return -1;
	if (packed && !over)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "'%s' ends within its zstd frame", v->member.path);
	if (flow->size != flow->limit)
		return ferry_error_set(err, FERRY_ESIZE,
		    "'%s' decodes to %" PRIu64 " bytes instead of %" PRIu64,
		    v->member.path, flow->size, flow->limit);
	return 0;
}

int
ferry_volume_content(struct ferry_volume *v, enum ferry_content_mode mode,
    ferry_volume_sink *on_data, void *ctx, struct ferry_error *err)
{
	const struct ferry_member *m = &v->member;
	bool raw = m->encoding == FERRY_ENCODING_RAW;
	bool stored = mode == FERRY_CONTENT_STORED ||
	              m->encoding == FERRY_ENCODING_RECIPE ||
	              m->encoding == FERRY_ENCODING_PIECE;
	struct flow flow = { .on_data = on_data,
		.ctx = ctx,
		.limit = stored ? m->size : m->content_size,
		.packed = !stored && !raw };
	struct ferry_digest got;
	int rc = -1;

	if (!v->unread) {
		ferry_error_set(
		    err, FERRY_EFORMAT, "there is no member to read");
		goto out;
	}
	v->unread = false;
	if (!(mode == FERRY_CONTENT_UNCHECKED && raw &&
		m->kind == FERRY_MEMBER_BLOB) &&
	    ferry_digester_new(&flow.digester, FERRY_ALG(FERRY_SHA256), err) ==
		-1)
		goto out;
	if (stream(v, &flow, err) == -1)
		goto out;
	if (flow.digester != NULL) {
		ferry_digester_final(flow.digester, FERRY_SHA256, &got);
		if (!ferry_digest_equal(&got, &m->sha256)) {
			ferry_error_set(err, FERRY_EDIGEST,
			    "'%s' is damaged; copy the volume again", m->path);
			goto out;
		}
	}
	rc = 0;
out:
	ferry_digester_free(flow.digester);
	return rc;
}
