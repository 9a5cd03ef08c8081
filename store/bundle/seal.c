#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/base/error.h"
#include "store/bundle/file.h"
#include "store/bundle/writer.h"

/* Append a member with padding. */
static int
add_member(struct ferry_buf *buf, const char *path, struct ferry_bytes content,
    int64_t mtime, struct ferry_error *err)
{
	static const uint8_t zeros[FERRY_TAR_BLOCK];
	uint8_t header[FERRY_TAR_HEADER_MAX];
	size_t n = ferry_tar_header(header, path, content.n, mtime);

	if (ferry_buf_add(buf, header, n, err) == -1 ||
	    ferry_buf_add(buf, content.p, content.n, err) == -1)
		return -1;
	return ferry_buf_add(buf, zeros, ferry_tar_padding(content.n), err);
}

/* The head's text: padded with blanks to what was reserved, then a newline. */
static int
head_text(const struct ferry_bundle_target *target, struct ferry_head *head,
    struct ferry_buf *text, struct ferry_error *err)
{

	if (ferry_head_write(text, head, err) == -1)
		return -1;
	/* The reserve is computed from upper bounds. */
	if (text->n >= target->reserve || target->reserve > FERRY_HEAD_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "the head has %zu bytes, more than was reserved; export "
		    "fewer records at once",
		    text->n);
	if (ferry_buf_reserve(text, target->reserve - text->n, err) == -1)
		return -1;
	memset(text->p + text->n, ' ', target->reserve - text->n - 1);
	text->n = target->reserve;
	text->p[text->n - 1] = '\n';
	text->p[text->n] = 0;
	return ferry_digest_of(
	    &head->digest, FERRY_SHA256, ferry_bytes_buf(text), err);
}

int
ferry_bundle_digest(const struct ferry_bundle_target *target,
    struct ferry_head *head, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = head_text(target, head, &text, err);

	ferry_buf_free(&text);
	return rc;
}

/* Everything before the first index. */
static int
front_text(const struct ferry_bundle_target *target, struct ferry_head *head,
    const struct ferry_keys *keys, struct ferry_buf *front,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT, path = FERRY_BUF_INIT;
	uint8_t signature[FERRY_SIGNATURE];
	size_t signatures = 0;
	int rc = -1;

	if (head_text(target, head, &text, err) == -1 ||
	    add_member(front, "head.json", ferry_bytes_buf(&text),
		head->created_at, err) == -1)
		goto out;
	for (size_t i = 0; i < ferry_keys_count(keys); i++) {
		if (!ferry_keys_active(keys, i))
			continue;
		signatures++;
		ferry_buf_reset(&path);
		if (ferry_keys_sign(keys, i, ferry_bytes_buf(&text), signature,
			err) == -1 ||
		    ferry_buf_addf(&path, err, "signatures/%s.sig",
			ferry_keys_public(keys, i)->id) == -1 ||
		    add_member(front, (const char *)path.p,
			ferry_bytes_of(signature, sizeof(signature)),
			head->created_at, err) == -1)
			goto out;
	}
	if (signatures != target->signatures)
		ferry_error_set(err, FERRY_ESYSTEM,
		    "the store's keys changed while it exported; start again");
	else
		rc = 0;
out:
	ferry_buf_free(&path);
	ferry_buf_free(&text);
	return rc;
}

static int
seal_volume(int dirfd, const char *name, uint64_t size,
    const struct ferry_buf *front, struct ferry_error *err)
{
	int fd = openat(dirfd, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat sb;
	int rc = -1;

	if (fd == -1 || fstat(fd, &sb) == -1)
		ferry_error_errno(err, "%s", name);
	else if ((uint64_t)sb.st_size != size || sb.st_nlink != 1)
		ferry_error_set(err, FERRY_ESIZE,
		    "%s was changed while the bundle was written; remove it "
		    "and start again",
		    name);
	else if (ferry_bundle_file_patch(fd, front->p, front->n, 0, err) == -1)
		ferry_error_in(err, "%s", name);
	else if (fsync(fd) == -1)
		ferry_error_errno(err, "%s", name);
	else
		rc = 0;
	if (fd != -1)
		(void)close(fd);
	return rc;
}

int
ferry_bundle_seal(const struct ferry_bundle_target *target,
    struct ferry_head *head, const struct ferry_keys *keys,
    struct ferry_error *err)
{
	struct ferry_buf front = FERRY_BUF_INIT;
	char name[FERRY_VOLUME_NAME];
	int rc = front_text(target, head, keys, &front, err);

	for (size_t i = 0; rc == 0 && i < head->volumes_n; i++) {
		ferry_bundle_volume_name(
		    target, i + 1, FERRY_VOLUME_PART, name);
		rc = seal_volume(
		    target->dirfd, name, head->volumes[i].size, &front, err);
	}
	ferry_buf_free(&front);
	return rc;
}

int
ferry_bundle_publish(const struct ferry_bundle_target *target,
    const struct ferry_head *head, struct ferry_error *err)
{
	char part[FERRY_VOLUME_NAME], name[FERRY_VOLUME_NAME];

	for (size_t i = 0; i < head->volumes_n; i++) {
		ferry_bundle_volume_name(
		    target, i + 1, FERRY_VOLUME_PART, part);
		ferry_bundle_volume_name(
		    target, i + 1, FERRY_VOLUME_DONE, name);
		if (renameat(target->dirfd, part, target->dirfd, name) == 0)
			continue;
		if (errno != ENOENT ||
		    faccessat(target->dirfd, name, F_OK, 0) == -1)
			return ferry_error_errno(err, "naming %s", name);
	}
	if (fsync(target->dirfd) == -1)
		return ferry_error_errno(err, "naming the volumes");
	return 0;
}
