#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/http/server.h"
#include "store/base/error.h"
#include "store/base/unix_socket.h"

#define BACKLOG 1024

static int
resolve(struct addrinfo **out, const char *address, struct ferry_error *err)
{
	const struct addrinfo hints = { .ai_flags = AI_PASSIVE,
		.ai_socktype = SOCK_STREAM };
	const char *colon = strrchr(address, ':'), *from = address;
	char host[256];
	uint64_t port;
	size_t n;
	int rc;

	if (colon == NULL || colon == address ||
	    ferry_parse_u64(ferry_bytes_str(colon + 1), 0, 65535, &port, err) ==
		-1)
		goto bad;
	n = (size_t)(colon - address);
	if (*from == '[' && from[n - 1] == ']') {
		from++;
		n -= 2;
	}
	if (n == 0 || n >= sizeof(host))
		goto bad;
	memcpy(host, from, n);
	host[n] = 0;
	if ((rc = getaddrinfo(host, colon + 1, &hints, out)) != 0) {
		ferry_error_set(err, FERRY_EUSAGE, "cannot listen on '%s': %s",
		    address, gai_strerror(rc));
		return -1;
	}
	return 0;
bad:
	ferry_error_set(err, FERRY_EUSAGE,
	    "'%s' is not ADDRESS:PORT, such as 127.0.0.1:8470 or [::1]:8470",
	    address);
	return -1;
}

static bool
is_loopback(const struct sockaddr *sa)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		return ntohl(in.sin_addr.s_addr) >> 24 == 127;
	}
	if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
	}
	return false;
}

int
ferry_listen_is_loopback(
    const char *address, bool *loopback, struct ferry_error *err)
{
	struct addrinfo *list = NULL;

	if (resolve(&list, address, err) == -1)
		return -1;
	*loopback = is_loopback(list->ai_addr);
	freeaddrinfo(list);
	return 0;
}

union address {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static unsigned
port_of(const union address *a)
{

	return ntohs(
	    a->sa.sa_family == AF_INET6 ? a->v6.sin6_port : a->v4.sin_port);
}

int
ferry_listen(int *fd, const char *address, unsigned *port, bool *loopback,
    struct ferry_error *err)
{
	union address bound = { 0 };
	socklen_t size = sizeof(bound);
	struct addrinfo *list = NULL;
	const int on = 1;
	int s;

	if (resolve(&list, address, err) == -1)
		return -1;
	s = socket(
	    list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s == -1 ||
	    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    bind(s, list->ai_addr, list->ai_addrlen) == -1 ||
	    listen(s, BACKLOG) == -1 ||
	    getsockname(s, &bound.sa, &size) == -1) {
		ferry_error_errno(err, "cannot listen on %s", address);
		if (s != -1)
			(void)close(s);
		freeaddrinfo(list);
		return -1;
	}
	*loopback = is_loopback(list->ai_addr);
	freeaddrinfo(list);
	*port = port_of(&bound);
	*fd = s;
	return 0;
}

int
ferry_listen_passed(int *fd, char address[FERRY_LISTEN_ADDRESS], unsigned *port,
    struct ferry_error *err)
{
	union address bound = { 0 };
	socklen_t size = sizeof(bound), length = sizeof(int);
	char host[INET6_ADDRSTRLEN];
	unsigned n = ferry_passed_sockets();
	int listens = 0;

	if (n == 0)
		return 0;
	if (n > 1)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "%u sockets were passed, and one is listened on", n);
	if (getsockopt(FERRY_PASSED_FD, SOL_SOCKET, SO_ACCEPTCONN, &listens,
		&length) == -1 ||
	    getsockname(FERRY_PASSED_FD, &bound.sa, &size) == -1 ||
	    listens == 0 ||
	    (bound.sa.sa_family != AF_INET && bound.sa.sa_family != AF_INET6) ||
	    getnameinfo(&bound.sa, size, host, sizeof(host), NULL, 0,
		NI_NUMERICHOST) != 0)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "what was passed as descriptor %d is no TCP socket that "
		    "listens",
		    FERRY_PASSED_FD);
	if (fcntl(FERRY_PASSED_FD, F_SETFD, FD_CLOEXEC) == -1 ||
	    fcntl(FERRY_PASSED_FD, F_SETFL, O_NONBLOCK) == -1)
		return ferry_error_errno(err, "the socket that was passed");
	*port = port_of(&bound);
	(void)snprintf(address, FERRY_LISTEN_ADDRESS,
	    bound.sa.sa_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host, *port);
	*fd = FERRY_PASSED_FD;
	return 1;
}
