#include "sync/select/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/base/error.h"
#include "sync/select/lock_kind.h"

struct kind {
	const char *name; /* of the file */
	/* Whether a text under another name looks like this kind. */
	bool (*looks_like)(struct ferry_bytes text);
	int (*read)(struct ferry_bytes text, const struct ferry_lock_sink *sink,
	    struct ferry_error *err);
};

static bool
looks_like_object(struct ferry_bytes text)
{
	size_t i = 0;

	while (i < text.n && strchr(" \t\r\n", text.p[i]) != NULL &&
	       text.p[i] != 0)
		i++;
	return i < text.n && text.p[i] == '{';
}

/* The first row that fits the name wins, then the first by content. */
static const struct kind kinds[] = {
	{ "package-lock.json", looks_like_object, ferry_lock_npm },
	{ "npm-shrinkwrap.json", looks_like_object, ferry_lock_npm },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

int
ferry_lock_parse(const char *name, struct ferry_bytes text,
    const struct ferry_lock_sink *sink, struct ferry_error *err)
{

	/* Editors put a byte order mark before JSON and YAML. */
	if (ferry_bytes_starts(text, "\xef\xbb\xbf"))
		text = ferry_bytes_of(text.p + 3, text.n - 3);
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(name, kinds[i].name) == 0)
			return kinds[i].read(text, sink, err);
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].looks_like(text))
			return kinds[i].read(text, sink, err);
	return ferry_error_set(err, FERRY_EFORMAT,
	    "not a lock file of a kind that ferry reads (package-lock.json, "
	    "npm-shrinkwrap.json)");
}

static int
read_all(struct ferry_buf *buf, int fd, struct ferry_error *err)
{
	struct stat st;
	size_t room = 65536;
	ssize_t n;

	if (fstat(fd, &st) == -1)
		return ferry_error_errno(err, "fstat");
	if (S_ISREG(st.st_mode) && st.st_size > (off_t)FERRY_LOCK_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a lock file may have %u MiB", FERRY_LOCK_MAX >> 20);
	if (S_ISREG(st.st_mode) && (size_t)st.st_size >= room)
		room = (size_t)st.st_size + 1;
	for (;;) {
		if (ferry_buf_reserve(buf, room, err) == -1)
			return -1;
		n = read(fd, buf->p + buf->n, room);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return ferry_error_errno(err, "read");
		if (n == 0)
			return 0;
		buf->n += (size_t)n;
		buf->p[buf->n] = 0;
		if (buf->n > FERRY_LOCK_MAX)
			return ferry_error_set(err, FERRY_ELIMIT,
			    "a lock file may have %u MiB",
			    FERRY_LOCK_MAX >> 20);
		room = 65536;
	}
}

int
ferry_lock_read(const char *path, const struct ferry_lock_sink *sink,
    struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	const char *slash = strrchr(path, '/');
	int fd = -1, rc = -1;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1) {
		ferry_error_errno(err, "open");
		goto out;
	}
	if (read_all(&buf, fd, err) == -1)
		goto out;
	rc = ferry_lock_parse(
	    slash == NULL ? path : slash + 1, ferry_bytes_buf(&buf), sink, err);
out:
	if (rc == -1)
		ferry_error_in(err, "lock file %s", path);
	if (fd != -1)
		(void)close(fd);
	ferry_buf_free(&buf);
	return rc;
}
