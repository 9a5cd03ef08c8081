#include "sync/pull/socket.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "store/base/error.h"
#include "store/base/log.h"
#include "store/base/unix_socket.h"

#define READS_MS 2000 /* for one who does not read, until it is cut off */
#define PACKETS_A_TURN 256 /* of one connection, so that others have theirs */

struct conn {
	int fd; /* -1: free */
	uint64_t number;
};

struct ferry_pull_socket {
	int listener, epoll;
	char path[FERRY_UNIX_PATH];
	struct ferry_pull_told told;
	struct conn conns[FERRY_PULL_CONNECTIONS];
	uint64_t numbers; /* that were given out */
};

/* Watch fd, under a number: 0 is the listener, i + 1 connection i. */
static int
watch(struct ferry_pull_socket *s, int fd, uint32_t number)
{
	struct epoll_event event = { .events = EPOLLIN };

	event.data.u32 = number;
	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event);
}

int
ferry_pull_socket_open(struct ferry_pull_socket **out, const char *path,
    const struct ferry_pull_told *told, struct ferry_error *err)
{
	struct ferry_pull_socket *s;

	if (ferry_calloc(&s, 1, sizeof(*s), err) == -1)
		return -1;
	s->told = *told;
	s->listener = -1;
	for (size_t i = 0; i < FERRY_PULL_CONNECTIONS; i++)
		s->conns[i].fd = -1;
	(void)snprintf(s->path, sizeof(s->path), "%s", path);
	if ((s->epoll = epoll_create1(EPOLL_CLOEXEC)) == -1) {
		ferry_error_errno(err, "epoll");
		goto fail;
	}
	if (ferry_unix_listen(
		&s->listener, s->path, FERRY_PULL_CONNECTIONS, err) == -1)
		goto fail;
	if (watch(s, s->listener, 0) == -1) {
		ferry_error_errno(err, "epoll");
		goto fail;
	}
	*out = s;
	return 0;
fail:
	ferry_pull_socket_close(s);
	return -1;
}

static void
close_conn(struct conn *c)
{

	(void)close(c->fd);
	c->fd = -1;
}

void
ferry_pull_socket_close(struct ferry_pull_socket *s)
{

	if (s == NULL)
		return;
	for (size_t i = 0; i < FERRY_PULL_CONNECTIONS; i++)
		if (s->conns[i].fd != -1)
			close_conn(&s->conns[i]);
	if (s->listener != -1) {
		(void)unlink(s->path);
		(void)close(s->listener);
	}
	if (s->epoll != -1)
		(void)close(s->epoll);
	free(s);
}

int
ferry_pull_socket_fd(const struct ferry_pull_socket *s)
{

	return s->epoll;
}

static void
accept_conn(struct ferry_pull_socket *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	size_t i = 0;

	if (fd == -1)
		return;
	while (i < FERRY_PULL_CONNECTIONS && s->conns[i].fd != -1)
		i++;
	if (i == FERRY_PULL_CONNECTIONS ||
	    watch(s, fd, (uint32_t)i + 1) == -1) {
		ferry_log(FERRY_LOG_WARNING,
		    "more than %d connections ask the puller: one is refused",
		    FERRY_PULL_CONNECTIONS);
		(void)close(fd);
		return;
	}
	s->conns[i] = (struct conn){ fd, ++s->numbers };
}

/* One packet.  Returns: whether there may be more. */
static bool
take_packet(struct ferry_pull_socket *s, struct conn *c)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	char packet[FERRY_PULL_PACKET + 1];
	struct ferry_pull_ask ask;
	ssize_t n = read(c->fd, packet, sizeof(packet));

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		close_conn(c);
		return false;
	}
	if (ferry_pull_is_uses(ferry_bytes_of(packet, (size_t)n))) {
		if (ferry_pull_uses_read(ferry_bytes_of(packet, (size_t)n),
			&s->told.uses, &why) == 0)
			return true;
	} else if (ferry_pull_ask_read(
		       &ask, ferry_bytes_of(packet, (size_t)n), &why) == 0) {
		s->told.on_ask(s->told.ctx, c->number, &ask);
		/* It may have been closed meanwhile. */
		return c->fd != -1;
	}
	ferry_log(
	    FERRY_LOG_WARNING, "%s; a connection to the puller ends", why.text);
	close_conn(c);
	return false;
}

void
ferry_pull_socket_turn(struct ferry_pull_socket *s, int timeout_ms)
{
	struct epoll_event events[FERRY_PULL_CONNECTIONS + 1];
	int n = epoll_wait(
	    s->epoll, events, FERRY_PULL_CONNECTIONS + 1, timeout_ms);

	for (int i = 0; i < n; i++) {
		uint32_t number = events[i].data.u32;

		if (number == 0)
			accept_conn(s);
		else
			for (unsigned k = 0;
			     k < PACKETS_A_TURN &&
			     s->conns[number - 1].fd != -1 &&
			     take_packet(s, &s->conns[number - 1]);
			     k++)
				;
	}
}

/* NULL: it has gone. */
static struct conn *
find_conn(struct ferry_pull_socket *s, uint64_t number)
{

	for (size_t i = 0; i < FERRY_PULL_CONNECTIONS; i++)
		if (s->conns[i].fd != -1 && s->conns[i].number == number)
			return &s->conns[i];
	return NULL;
}

/* Send, and wait a little for one who has much to read. */
static int
send_packet(const struct conn *c, const struct ferry_buf *packet)
{
	struct pollfd room = { .fd = c->fd, .events = POLLOUT };
	ssize_t n =
	    send(c->fd, packet->p, packet->n, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n == -1 && errno == EAGAIN && poll(&room, 1, READS_MS) == 1)
		n = send(
		    c->fd, packet->p, packet->n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return n == -1 ? -1 : 0;
}

void
ferry_pull_socket_say(struct ferry_pull_socket *s, uint64_t number,
    const struct ferry_pull_said *said)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf packet = FERRY_BUF_INIT;
	struct conn *c = find_conn(s, number);

	/* Who cannot be told must not wait for ever. */
	if (c != NULL &&
	    (ferry_pull_said_write(said, &packet, &ignored) == -1 ||
		send_packet(c, &packet) == -1))
		close_conn(c);
	ferry_buf_free(&packet);
}

bool
ferry_pull_socket_hint(struct ferry_pull_socket *s, uint64_t number,
    const struct ferry_pull_said *said, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf packet = FERRY_BUF_INIT;
	const struct conn *c = find_conn(s, number);
	struct iovec iov;
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	bool told = false;

	if (c != NULL && ferry_pull_said_write(said, &packet, &ignored) == 0) {
		iov = (struct iovec){ packet.p, packet.n };
		if (fd != -1) {
			struct cmsghdr *head = &control.align;

			message.msg_control = control.bytes;
			message.msg_controllen = sizeof(control.bytes);
			head->cmsg_level = SOL_SOCKET;
			head->cmsg_type = SCM_RIGHTS;
			head->cmsg_len = CMSG_LEN(sizeof(int));
			memcpy(CMSG_DATA(head), &fd, sizeof(int));
		}
		told =
		    sendmsg(c->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) != -1;
	}
	ferry_buf_free(&packet);
	return told;
}
