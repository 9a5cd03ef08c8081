#include "sync/box/box.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/base/bytes.h"
#include "store/base/error.h"
#include "store/base/file.h"
#include "sync/base/stop.h"
#include "sync/box/child.h"
#include "sync/box/clients.h"
#include "sync/box/folder.h"
#include "sync/box/program.h"

#define LOOK_MS 20

/* In the child: the network */

static bool
write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	bool written;

	if (f == NULL)
		return false;
	written = fputs(text, f) >= 0;
	return fclose(f) == 0 && written;
}

/* Ourselves, in a user namespace of our own. */
static bool
map_user(uid_t uid, gid_t gid)
{
	char user[64], group[64];

	(void)snprintf(user, sizeof(user), "%lu %lu 1", (unsigned long)uid,
	    (unsigned long)uid);
	(void)snprintf(group, sizeof(group), "%lu %lu 1", (unsigned long)gid,
	    (unsigned long)gid);
	return write_text("/proc/self/uid_map", user) &&
	       write_text("/proc/self/setgroups", "deny") &&
	       write_text("/proc/self/gid_map", group);
}

static bool
raise_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool raised = false;

	if (s == -1)
		return false;
	if (ioctl(s, SIOCGIFFLAGS, &request) == 0) {
		request.ifr_flags |= IFF_UP;
		raised = ioctl(s, SIOCSIFFLAGS, &request) == 0;
	}
	(void)close(s);
	return raised;
}

/* Whether this process has a network of its own now. */
static bool
enter_network(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (uid == 0)
		return unshare(CLONE_NEWNET) == 0 && raise_loopback();
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
	       map_user(uid, gid) && raise_loopback();
}

static int
listen_here(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (s != -1 && (bind(s, (struct sockaddr *)&in, sizeof(in)) == -1 ||
			   listen(s, 1024) == -1)) {
		(void)close(s);
		s = -1;
	}
	return s;
}

/* Between parent and child */

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

static bool
send_socket(int to, bool closed, int fd)
{
	union control control = { .room = { 0 } };
	char word = closed ? 'c' : 'o';
	struct iovec iov = { &word, 1 };
	struct msghdr message = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	return sendmsg(to, &message, MSG_NOSIGNAL) == 1;
}

static int
take_socket(int from, bool *closed)
{
	union control control;
	char word = 0;
	struct iovec iov = { &word, 1 };
	struct msghdr message = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	struct cmsghdr *header;
	int fd = -1;

	if (recvmsg(from, &message, MSG_CMSG_CLOEXEC) != 1 ||
	    (header = CMSG_FIRSTHDR(&message)) == NULL ||
	    header->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(header), sizeof(int));
	*closed = word == 'c';
	return fd;
}

/* The child: make the network and the socket, wait for ferryd, become the
 * command. */
struct inside {
	const struct ferry_box *box;
	const char *home;
	int talk; /* to the parent */
};

/* What is to be reached is reached without a proxy, and the rest, if there is
 * any, by one that is not there. */
static void
set_proxies(bool closed)
{
	static const char *const names[] = { "http_proxy", "https_proxy",
		"HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (closed)
			(void)unsetenv(names[i]);
		else
			(void)setenv(names[i], "http://127.0.0.1:9", 1);
	(void)setenv("no_proxy", "127.0.0.1,localhost", 1);
	(void)setenv("NO_PROXY", "127.0.0.1,localhost", 1);
}

static void
run_inside(const struct inside *in)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_clients clients = { .home = in->home,
		.token = in->box->token };
	bool closed = enter_network();
	int s = listen_here();
	char port[32], url[64];
	ssize_t n;

	if (s == -1 || !send_socket(in->talk, closed, s))
		_exit(127);
	(void)close(s);
	if ((n = read(in->talk, port, sizeof(port) - 1)) <= 0)
		_exit(127);
	port[n] = 0;
	(void)snprintf(url, sizeof(url), "http://%s", port);
	clients.url = url;
	clients.host = port;
	set_proxies(closed);
	if (ferry_clients_environment(&clients, &err) == 0) {
		(void)execvp(in->box->argv[0], in->box->argv);
		(void)fprintf(stderr, "ferry: cannot run %s: %s\n",
		    in->box->argv[0], strerror(errno));
	} else {
		(void)fprintf(stderr, "ferry: %s\n", err.text);
	}
	_exit(127);
}

/* The parent */

struct running {
	const struct ferry_box *box;
	char *store; /* its path from anywhere */
	struct ferry_box_folder folder;
	struct ferry_buf home, conf, asked, log; /* paths in it */
	int talk, socket; /* socket: ferryd's */
	char host[32];
	pid_t command, ferryd;
};

static int
name_paths(struct running *r, struct ferry_error *err)
{

	return ferry_buf_addf(&r->home, err, "%s/home", r->folder.path) == -1 ||
	               ferry_buf_addf(&r->conf, err, "%s/ferryd.conf",
			   r->folder.path) == -1 ||
	               ferry_buf_addf(&r->asked, err, "%s/asked.log",
			   r->folder.path) == -1 ||
	               ferry_buf_addf(
			   &r->log, err, "%s/ferryd.log", r->folder.path) == -1
	           ? -1
	       : mkdir((char *)r->home.p, 0700) == -1
	           ? ferry_error_errno(err, "%s", (char *)r->home.p)
	           : 0;
}

static int
start_command(struct running *r, bool *closed, struct ferry_error *err)
{
	struct sockaddr_in in = { .sin_port = 0 };
	socklen_t size = sizeof(in);
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == -1)
		return ferry_error_errno(err, "socketpair");
	(void)fflush(NULL);
	if ((r->command = ferry_child_fork()) == 0) {
		const struct inside inside = { r->box, (char *)r->home.p,
			fds[1] };

		(void)close(fds[0]);
		run_inside(&inside);
	}
	(void)close(fds[1]);
	r->talk = fds[0];
	if (r->command == -1)
		return ferry_error_errno(err, "fork");
	if ((r->socket = take_socket(r->talk, closed)) == -1 ||
	    getsockname(r->socket, (struct sockaddr *)&in, &size) == -1)
		return ferry_error_set(err, FERRY_ESYSTEM,
		    "there is no loopback to listen on for the command");
	(void)snprintf(r->host, sizeof(r->host), "127.0.0.1:%u",
	    (unsigned)ntohs(in.sin_port));
	return 0;
}

/* Texts of ours, but for paths, which may have anything. */
static int
add_quoted(struct ferry_buf *out, const char *text, struct ferry_error *err)
{

	for (; *text != 0; text++)
		if (ferry_buf_addf(out, err, "%s%c",
			*text == '"' || *text == '\\' ? "\\" : "", *text) == -1)
			return -1;
	return 0;
}

/* And an empty log, for a command that ends before ferryd has begun. */
static int
write_conf(const struct running *r, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	const char *socket = r->box->socket;
	int rc = -1;

	if (ferry_buf_adds(&text, "store = \"", err) == 0 &&
	    add_quoted(&text, r->store, err) == 0 &&
	    ferry_buf_adds(&text, "\";\npull = { socket = \"", err) == 0 &&
	    add_quoted(&text, socket == NULL ? r->folder.path : socket, err) ==
		0 &&
	    ferry_buf_addf(&text, err, "\"; };\nserve = { known = %s;\n",
		socket == NULL ? "false" : "true") == 0 &&
	    ferry_buf_adds(&text, "asked_log = \"", err) == 0 &&
	    add_quoted(&text, (char *)r->asked.p, err) == 0 &&
	    ferry_buf_adds(&text, "\"; };\n", err) == 0)
		rc = ferry_file_replace((char *)r->asked.p, 0600,
			 ferry_bytes_of("", 0), err) == -1
		         ? -1
		         : ferry_file_replace((char *)r->conf.p, 0600,
			       ferry_bytes_buf(&text), err);
	ferry_buf_free(&text);
	return rc;
}

static int
start_ferryd(struct running *r, struct ferry_error *err)
{
	char path[4096], url[64];
	const char *const argv[] = {
		ferry_program_path("ferryd", path, sizeof(path)), "--config",
		(char *)r->conf.p, "--store", r->store, "--allow-root", NULL
	};
	const struct ferry_clients clients = { .home = (char *)r->home.p,
		.url = url,
		.host = r->host,
		.token = r->box->token,
		.registries = r->box->registries,
		.registries_n = r->box->registries_n };
	size_t n = strlen(r->host);

	(void)snprintf(url, sizeof(url), "http://%s", r->host);
	if (write_conf(r, err) == -1 ||
	    ferry_clients_write(&clients, err) == -1 ||
	    ferry_child_start(
		&r->ferryd, argv, (char *)r->log.p, r->socket, err) == -1)
		return -1;
	/* The command may start: who connects now waits for ferryd. */
	return send(r->talk, r->host, n, MSG_NOSIGNAL) == (ssize_t)n
	           ? 0
	           : ferry_error_errno(err, "starting the command");
}

/* Until the command ends; ferryd must not before.  SIGTERM is passed on. */
static int
await(struct running *r, int *status, struct ferry_error *err)
{
	char last[FERRY_CHILD_LINE];
	int word = 0;
	pid_t pid;

	while ((pid = waitpid(r->command, &word, WNOHANG)) == 0) {
		if (ferry_child_ended(&r->ferryd)) {
			ferry_child_last((char *)r->log.p, last);
			return ferry_error_set(err, FERRY_ESYSTEM,
			    "the command's ferryd ended: %s", last);
		}
		if (ferry_stop_wanted())
			return ferry_error_set(err, FERRY_ECANCELLED,
			    "stopped; the command was ended");
		(void)poll(NULL, 0, LOOK_MS);
	}
	if (pid == -1)
		return ferry_error_errno(err, "waiting for the command");
	r->command = 0;
	*status = WIFEXITED(word) ? WEXITSTATUS(word) : 128 + WTERMSIG(word);
	return 0;
}

/* Ctrl-C is for the command; what we have heard by then is of use. */
static int
run_all(struct running *r, struct ferry_box_end *out, struct ferry_error *err)
{

	if ((r->store = realpath(r->box->store, NULL)) == NULL)
		return ferry_error_errno(err, "%s", r->box->store);
	if (ferry_box_folder_make(&r->folder, err) == -1 ||
	    name_paths(r, err) == -1 ||
	    start_command(r, &out->closed, err) == -1 ||
	    start_ferryd(r, err) == -1 || await(r, &out->status, err) == -1)
		return -1;
	ferry_child_stop(r->ferryd);
	r->ferryd = 0;
	return ferry_asked_read(&out->asked, (char *)r->asked.p, err);
}

int
ferry_box_run(const struct ferry_box *box, struct ferry_box_end *out,
    struct ferry_error *err)
{
	struct running r = { .box = box, .talk = -1, .socket = -1 };
	void (*before)(int) = signal(SIGINT, SIG_IGN);
	int rc;

	*out = (struct ferry_box_end){ .status = 0 };
	rc = run_all(&r, out, err);
	if (r.talk != -1)
		(void)close(r.talk);
	ferry_child_stop(r.command);
	ferry_child_stop(r.ferryd);
	(void)signal(SIGINT, before);
	if (r.socket != -1)
		(void)close(r.socket);
	ferry_box_folder_remove(&r.folder);
	free(r.store);
	ferry_buf_free(&r.home);
	ferry_buf_free(&r.conf);
	ferry_buf_free(&r.asked);
	ferry_buf_free(&r.log);
	return rc;
}
