/*
 * What comes from a medium: tar headers, heads, index lines, receipts, roots.  The
 * first byte says which parser gets the rest.
 */

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "store/base/error.h"
#include "store/bundle/receipt.h"
#include "store/bundle/root.h"
#include "store/bundle/volume.h"

static int
on_data(void *ctx, const void *p, size_t n, struct ferry_error *err)
{

	(void)p;
	(void)err;
	*(uint64_t *)ctx += n;
	return 0;
}

/* What is read of a member. */
static uint64_t
size_of(const struct ferry_member *m)
{

	return m->encoding == FERRY_ENCODING_RECIPE ||
	               m->encoding == FERRY_ENCODING_PIECE
	           ? m->size
	           : m->content_size;
}

/* A whole volume, read to its end without any trust. */
static void
fuzz_volume(const uint8_t *data, size_t size)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	const struct ferry_member *m;
	struct ferry_volume *v;
	uint64_t got;
	char path[40];
	int fd = memfd_create("fuzz", 0);

	FUZZ_CHECK(fd != -1 && write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (ferry_volume_open(&v, -1, path, &err) == 0) {
		if (ferry_volume_begin(v, &err) == 0)
			while (ferry_volume_next(v, &m, &err) == 1) {
				got = 0;
				if (ferry_volume_content(v,
					FERRY_CONTENT_CHECKED, on_data, &got,
					&err) == -1)
					break;
				FUZZ_CHECK(got == size_of(m));
			}
		ferry_volume_close(v);
	}
	(void)close(fd);
}

static void
fuzz_head(struct ferry_bytes text, enum ferry_head_state state)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf a = FERRY_BUF_INIT, b = FERRY_BUF_INIT;
	struct ferry_bytes roots = ferry_head_roots(text);
	struct ferry_head *head, *again;

	FUZZ_CHECK(roots.n <= FERRY_ROOTS_MAX);
	if (ferry_head_parse(&head, text, state, &err) == -1)
		return;
	/* What was had without parsing is what is there. */
	FUZZ_CHECK(roots.n == 0 ||
		   ferry_bytes_equal(roots, ferry_bytes_buf(&head->roots)));
	/* What was accepted is written, and read, as the same. */
	FUZZ_CHECK(ferry_head_write(&a, head, &err) == 0);
	FUZZ_CHECK(
	    ferry_head_parse(&again, ferry_bytes_buf(&a), state, &err) == 0);
	FUZZ_CHECK(ferry_head_write(&b, again, &err) == 0);
	FUZZ_CHECK(a.n == b.n && memcmp(a.p, b.p, a.n) == 0);
	ferry_head_free(head);
	ferry_head_free(again);
	ferry_buf_free(&a);
	ferry_buf_free(&b);
}

static void
fuzz_line(struct ferry_bytes text)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_member m;

	if (ferry_member_parse(&m, text, &err) == 0) {
		FUZZ_CHECK(strstr(m.path, "..") == NULL && m.path[0] != '/');
		FUZZ_CHECK(strncmp(m.path, "blobs/", 6) == 0 ||
			   strncmp(m.path, "records/", 8) == 0);
	}
}

static void
fuzz_root(struct ferry_bytes text)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf a = FERRY_BUF_INIT, b = FERRY_BUF_INIT;
	struct ferry_root root, again;
	char origin[FERRY_STORE_ID];
	uint64_t n;

	if (ferry_root_parse(&root, text, FERRY_ROOT_DRAFT, &err) == -1)
		return;
	FUZZ_CHECK(ferry_root_origin(text, origin, &err) == 0);
	FUZZ_CHECK(strcmp(origin, root.origin) == 0);
	(void)ferry_root_count(&root, &root, &n, &err);
	/* What was accepted is written, and read, as the same. */
	FUZZ_CHECK(ferry_root_write(&a, &root, &err) == 0);
	FUZZ_CHECK(ferry_root_parse(&again, ferry_bytes_buf(&a),
		       FERRY_ROOT_DRAFT, &err) == 0);
	FUZZ_CHECK(ferry_root_write(&b, &again, &err) == 0);
	FUZZ_CHECK(a.n == b.n && memcmp(a.p, b.p, a.n) == 0);
	ferry_buf_free(&a);
	ferry_buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ferry_receipt_signature signatures[FERRY_RECEIPT_SIGNATURES];
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_receipt receipt;
	struct ferry_bytes text, part;
	size_t n;

	if (size == 0)
		return 0;
	text = ferry_bytes_of(data + 1, size - 1);
	switch (data[0]) {
	case 'h':
		fuzz_head(text, FERRY_HEAD_WHOLE);
		break;
	case 'u':
		fuzz_head(text, FERRY_HEAD_UNFINISHED);
		break;
	case 'i':
		fuzz_line(text);
		break;
	case 'o':
		fuzz_root(text);
		break;
	case 'r':
		if (ferry_receipt_parse(
			&receipt, text, &part, signatures, &n, &err) == 0)
			FUZZ_CHECK(n <= FERRY_RECEIPT_SIGNATURES &&
				   receipt.wanted_n <= FERRY_RECEIPT_WANTED);
		break;
	default:
		fuzz_volume(data, size);
	}
	return 0;
}
