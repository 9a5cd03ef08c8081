#include "serve/replay/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/base/error.h"
#include "store/blob/blob.h"

#define CONTENT_MAX (1U << 20)

struct job {
	const struct ferry_file_call *call;
	const struct ferry_body *file; /* for its content */
};

static int
damaged(const struct ferry_file_call *call, const char *etag,
    struct ferry_error *err)
{

	ferry_store_view_damaged(call->view, call->format, call->package, etag);
	return ferry_error_set(err, FERRY_ENOTFOUND,
	    "the bytes of this file are damaged or gone; 'ferry verify' on the "
	    "server says more");
}

static int
make(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	const struct ferry_file_call *call = ((const struct job *)ctx)->call;
	struct ferry_store *store = ferry_store_view_store(call->view);
	struct ferry_digest sha256;
	char hex[FERRY_DIGEST_TEXT], etag[FERRY_ETAG];
	struct ferry_blob blob;
	int rc = call->on_find(call->ctx, &sha256, err);

	if (rc != 1)
		return rc;
	rc = ferry_blob_open(store, &sha256, &blob, err);
	if (rc == -1)
		return -1;
	(void)snprintf(etag, sizeof(etag), "\"%s\"",
	    call->etag != NULL ? call->etag : ferry_digest_hex(&sha256, hex));
	if (rc == 0)
		return damaged(call, etag, err);
	rc = blob.fd == -1 ? ferry_body_new(out, &blob.bytes, err)
	                   : ferry_body_file(out, blob.fd, blob.size, err);
	if (rc == -1) {
		ferry_blob_close(&blob);
		return -1;
	}
	memcpy((*out)->etag, etag, sizeof(etag));
	return 1;
}

/* The content of a file that is asked for often, which job->file is. */
static int
make_content(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	const struct job *job = ctx;
	struct ferry_buf buf = FERRY_BUF_INIT;
	const struct ferry_body *file = job->file;
	int rc = -1;

	if (ferry_cache_is_short(ferry_store_view_cache(job->call->view)))
		return 0;
	if (ferry_buf_reserve(&buf, (size_t)file->size, err) == -1)
		return -1;
	while (buf.n < file->size) {
		ssize_t n = pread(file->fd, buf.p + buf.n,
		    (size_t)file->size - buf.n, (off_t)buf.n);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			ferry_error_errno(err, "reading a file");
			goto out;
		}
		buf.n += (size_t)n;
	}
	if (ferry_body_new(out, &buf, err) == -1)
		goto out;
	memcpy((*out)->etag, file->etag, sizeof(file->etag));
	rc = 1;
out:
	ferry_buf_free(&buf);
	return rc;
}

static int
get(struct job *job, const char *what, ferry_cache_make *on_make,
    struct ferry_body **out, struct ferry_error *err)
{
	const struct ferry_file_call *call = job->call;

	return ferry_store_view_get(call->view, out, on_make, job, err,
	    call->format, call->package, what, call->owner, call->name, NULL);
}

int
ferry_file_body(const struct ferry_file_call *call, struct ferry_body **out,
    struct ferry_error *err)
{
	struct job job = { call, NULL };
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_body *file = NULL, *content = NULL;
	struct stat sb;
	int rc = get(&job, "file", make, &file, err);

	if (rc != 1)
		return rc;
	/* Its end would never come, and sendfile would ask for it for ever. */
	if (file->fd != -1 && (fstat(file->fd, &sb) == -1 ||
				  (uint64_t)sb.st_size != file->size)) {
		rc = damaged(call, file->etag, err);
		ferry_body_unref(file);
		return rc;
	}
	*out = file;
	if (file->fd == -1 || file->size > CONTENT_MAX ||
	    atomic_fetch_add_explicit(&file->uses, 1, memory_order_relaxed) ==
		0)
		return 1;
	job.file = file;
	if (get(&job, "content", make_content, &content, &ignored) == 1) {
		ferry_body_unref(file);
		*out = content;
	}
	/* A file that cannot be read now is sendfile's to report. */
	return 1;
}
