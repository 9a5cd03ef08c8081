#include "store/base/unix_socket.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "store/base/bytes.h"
#include "store/base/error.h"

static int
new_socket(void)
{

	return socket(
	    AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static struct sockaddr_un
address_of(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	return sun;
}

int
ferry_unix_path(char out[FERRY_UNIX_PATH], const char *group,
    const char *configured, const char *store, struct ferry_error *err)
{
	int n =
	    configured != NULL
		? snprintf(out, FERRY_UNIX_PATH, "%s", configured)
		: snprintf(out, FERRY_UNIX_PATH, "%s/%s.sock", store, group);

	return n > 0 && n < FERRY_UNIX_PATH
	           ? 0
	           : ferry_error_set(err, FERRY_ECONFIG,
			 "the path of a socket may have %d bytes; 'socket' of "
			 "the group '%s' says another than %.100s",
			 FERRY_UNIX_PATH - 1, group,
			 configured != NULL ? configured : store);
}

int
ferry_unix_listen(
    int *fd, const char *path, int backlog, struct ferry_error *err)
{
	const struct sockaddr_un sun = address_of(path);
	struct stat sb;
	mode_t mask;
	int rc;

	/* Whatever else is there is not ours to take away. */
	if (lstat(path, &sb) == 0 && !S_ISSOCK(sb.st_mode))
		return ferry_error_set(
		    err, FERRY_ESYSTEM, "%s is there, and no socket", path);
	if ((*fd = new_socket()) == -1)
		return ferry_error_errno(err, "a socket");
	(void)unlink(path);
	/* Its mode from the first instant on. */
	mask = umask(0117);
	rc = bind(*fd, (const struct sockaddr *)&sun, sizeof(sun));
	(void)umask(mask);
	return rc == -1 || listen(*fd, backlog) == -1
	           ? ferry_error_errno(err, "%s", path)
	           : 0;
}

int
ferry_unix_connect(const char *path)
{
	const struct sockaddr_un sun = address_of(path);
	int fd = new_socket(), saved;

	if (fd == -1 ||
	    connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

ssize_t
ferry_unix_receive(int fd, char *packet, size_t size, int *passed)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { packet, size };
	struct msghdr message = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *head = n == -1 ? NULL : CMSG_FIRSTHDR(&message);

	*passed = -1;
	if (head != NULL && head->cmsg_level == SOL_SOCKET &&
	    head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(passed, CMSG_DATA(head), sizeof(int));
	return n;
}

bool
ferry_unix_answers(const char *path)
{
	int fd = ferry_unix_connect(path);

	/* One that has many to answer is there, too. */
	if (fd == -1)
		return errno == EAGAIN;
	(void)close(fd);
	return true;
}

unsigned
ferry_passed_sockets(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	struct ferry_error ignored = FERRY_ERROR_INIT;
	uint64_t value;

	if (pid == NULL || n == NULL ||
	    ferry_parse_u64(
		ferry_bytes_str(pid), 1, INT32_MAX, &value, &ignored) == -1 ||
	    (pid_t)value != getpid() ||
	    ferry_parse_u64(ferry_bytes_str(n), 0, 1000, &value, &ignored) ==
		-1)
		return 0;
	return (unsigned)value;
}
