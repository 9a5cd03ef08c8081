#include "serve/http/exchange.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "serve/http/flow.h"
#include "serve/http/forwarded.h"
#include "serve/http/gate.h"
#include "serve/http/log.h"
#include "serve/http/metrics.h"
#include "serve/http/net.h"
#include "store/base/digest.h"
#include "store/base/error.h"

/*
 * What a client may send as a request's body before it is cut off.  Nobody
 * reads it unless it is a small form, but a client that is told why while it still writes often sees a
 * broken pipe instead of the answer: `npm publish` is one.
 */
#define BODY_DRAINED (16U << 20)
/* Of a connection, for the library: a head as large as wire.h lets through, what
 * it makes of it, and the head of an answer. */
#define CONNECTION_MEMORY (32U << 10)
/* Making a large document holds its thread: others must be there to answer. */
#define THREADS_MIN 3

static const char *
header(const struct ferry_request *rq, const char *name)
{
	const struct exchange *ex = rq->from;

	return MHD_lookup_connection_value(
	    ex->connection, MHD_HEADER_KIND, name);
}

/* "//npm//p" is "/npm/p": what people configure as a base often ends in '/'. */
static void
collapse_slashes(struct exchange *ex)
{
	struct ferry_bytes path = ex->rq.path;
	size_t n = 0;

	ex->rq.sent_path = path;
	if (memmem(path.p, path.n, "//", 2) == NULL ||
	    (ex->path = malloc(path.n)) == NULL)
		return;
	for (size_t i = 0; i < path.n; i++)
		if (path.p[i] != '/' || n == 0 || ex->path[n - 1] != '/')
			ex->path[n++] = (char)path.p[i];
	ex->rq.path = ferry_bytes_of(ex->path, n);
}

/* The path of the request line; an absolute URI is allowed there too. */
static void
split_uri(struct exchange *ex)
{
	const char *uri = ex->uri, *query;

	if (strncasecmp(uri, "http://", 7) == 0 ||
	    strncasecmp(uri, "https://", 8) == 0) {
		const char *slash = strchr(strchr(uri, '/') + 2, '/');

		uri = slash == NULL ? "/" : slash;
	}
	query = strchr(uri, '?');
	ex->rq.path = query == NULL
	                  ? ferry_bytes_str(uri)
	                  : ferry_bytes_of(uri, (size_t)(query - uri));
	ex->rq.query = ferry_bytes_str(query == NULL ? "" : query + 1);
	ex->rq.form = ex->rq.json = ferry_bytes_str("");
	collapse_slashes(ex);
}

/* The library's first word on a request.  Its result is on_request's state. */
static void *
on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
	struct ferry_server *server = cls;
	size_t n = strlen(uri);
	struct exchange *ex = malloc(sizeof(*ex) + n + 1);

	if (ex == NULL)
		return NULL;
	memset(ex, 0, sizeof(*ex));
	memcpy(ex->uri, uri, n + 1);
	ex->server = server;
	ex->connection = connection;
	ex->rq.header = header;
	ex->rq.from = ex;
	split_uri(ex);
	(void)clock_gettime(CLOCK_MONOTONIC, &ex->start);
	atomic_fetch_add(&server->in_flight, 1);
	return ex;
}

static bool
id_ok(const char *id)
{
	size_t n = strlen(id);

	return n >= 1 && n < FERRY_REQUEST_ID &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			  "0123456789._-") == n;
}

/* All lines of a header, joined. */
struct lines {
	const char *name;
	struct ferry_buf text;
};

static enum MHD_Result
on_header(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n,
    const char *value, size_t value_n)
{
	struct lines *lines = cls;
	struct ferry_error ignored = FERRY_ERROR_INIT;

	(void)kind;
	if (strlen(lines->name) == name_n &&
	    strncasecmp(lines->name, name, name_n) == 0)
		(void)(ferry_buf_add(&lines->text, value, value_n, &ignored) ==
			   -1 ||
		       ferry_buf_adds(&lines->text, ",", &ignored) == -1);
	return MHD_YES;
}

static struct ferry_bytes
join(const struct exchange *ex, struct lines *lines)
{

	(void)MHD_get_connection_values_n(
	    ex->connection, MHD_HEADER_KIND, on_header, lines);
	return ferry_bytes_buf(&lines->text);
}

/* What a proxy that we trust says about the client. */
static void
believe_proxy(struct exchange *ex)
{
	const char *id = ferry_request_header(&ex->rq, "X-Request-Id");
	struct lines peers = { "X-Forwarded-For", FERRY_BUF_INIT },
		     hosts = { "X-Forwarded-Host", FERRY_BUF_INIT },
		     protos = { "X-Forwarded-Proto", FERRY_BUF_INIT };
	struct ferry_forwarded f;

	if (id != NULL && id_ok(id))
		(void)snprintf(ex->rq.id, sizeof(ex->rq.id), "%s", id);
	ferry_forwarded_read(&f, join(ex, &peers), join(ex, &hosts),
	    join(ex, &protos), ex->server->options->proxies);
	if (f.peer[0] != 0)
		memcpy(ex->rq.peer, f.peer, sizeof(f.peer));
	if (f.host[0] != 0)
		memcpy(ex->rq.host, f.host, sizeof(f.host));
	if (f.proto[0] != 0)
		ex->rq.secure = strcasecmp(f.proto, "https") == 0;
	ferry_buf_free(&peers.text);
	ferry_buf_free(&hosts.text);
	ferry_buf_free(&protos.text);
}

/* The server's prefix, and what is counted in 8 hexadecimal digits or more. */
static void
make_id(struct exchange *ex)
{
	uint64_t number = atomic_fetch_add_explicit(
	    &ex->server->requests, 1, memory_order_relaxed);
	unsigned digits = 8;
	char *p = stpcpy(ex->rq.id, ex->server->id_prefix);

	while (digits < 16 && number >> (4 * digits) != 0)
		digits++;
	while (digits-- > 0)
		*p++ = "0123456789abcdef"[number >> (4 * digits) & 15];
	*p = 0;
}

static struct ferry_gate_conn *
gate_conn(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info == NULL ? NULL : info->socket_context;
}

static void
begin(struct exchange *ex, const char *method)
{
	const struct ferry_server_options *o = ex->server->options;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    ex->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *sa = info == NULL ? NULL : info->client_addr;
	const char *agent = ferry_request_header(&ex->rq, "User-Agent");
	const char *host = ferry_request_header(&ex->rq, "Host");
	size_t host_n = host == NULL ? 0 : strlen(host);

	ex->begun = true;
	ex->rq.method_text = method;
	ex->rq.method = strcmp(method, "GET") == 0    ? FERRY_GET
	                : strcmp(method, "HEAD") == 0 ? FERRY_HEAD
	                : strcmp(method, "POST") == 0 ? FERRY_POST
	                                              : FERRY_OTHER_METHOD;
	ex->rq.secure = o->certificate != NULL;
	ferry_gate_peer(gate_conn(ex->connection), ex->rq.peer);
	make_id(ex);
	if (agent != NULL && agent[0] != 0 && o->log != NULL)
		ex->agent = strdup(agent);
	if (host_n > 0 && host_n < FERRY_HOST)
		memcpy(ex->rq.host, host, host_n);
	if (ferry_networks_has(o->proxies, sa))
		believe_proxy(ex);
}

/* Keep the body if rq promises it. */
static bool
keep_body(struct exchange *ex, const char *upload, size_t n)
{
	static const char form[] = "application/x-www-form-urlencoded",
			  json[] = "application/json";
	const char *type = ferry_request_header(&ex->rq, "Content-Type");
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_bytes *where;

	if (type == NULL)
		return true;
	if (strncasecmp(type, form, sizeof(form) - 1) == 0)
		where = &ex->rq.form;
	else if (strncasecmp(type, json, sizeof(json) - 1) == 0)
		where = &ex->rq.json;
	else
		return true;
	if (ex->drained > FERRY_FORM_MAX) {
		/* Half of it would be another request than was meant. */
		ferry_buf_reset(&ex->body);
		*where = ferry_bytes_str("");
		return true;
	}
	if (ferry_buf_add(&ex->body, upload, n, &err) == -1)
		return false;
	*where = ferry_bytes_buf(&ex->body);
	return true;
}

static bool
body_is_too_long(const struct exchange *ex)
{
	const char *text = ferry_request_header(&ex->rq, "Content-Length");
	struct ferry_error err = FERRY_ERROR_INIT;
	uint64_t n;

	return text != NULL && ferry_parse_u64(ferry_bytes_str(text), 0,
				   BODY_DRAINED, &n, &err) == -1;
}

/* As on_ready of a struct ferry_later. */
static void
on_ready(void *ctx)
{

	ferry_exchange_resume(ctx);
}

/* Hold the request until later is ready, which is *taken*.  Returns: whether it
 * is held. */
static bool
wait_for(struct exchange *ex, struct ferry_later *later)
{

	if (ex->later != NULL)
		ex->later->free(ex->later);
	ex->later = later;
	ex->rq.later = later;
	if (!ferry_exchange_suspend(ex))
		return false;
	/* It may be ready at once. */
	later->start(later, on_ready, ex);
	return true;
}

static void
refuse_stopping(struct ferry_response *res)
{

	ferry_response_text(
	    res, 503, "text/plain", "the server stops; try again\n");
}

static enum MHD_Result
answer(struct exchange *ex, bool close_after)
{
	const struct ferry_server_options *o = ex->server->options;
	enum MHD_Result rc = MHD_NO;
	struct MHD_Response *out;
	struct ferry_response res;

	assert(ex->begun && ex->status == 0);
	ferry_response_init(&res, 500);
	if (ex->let_go)
		refuse_stopping(&res);
	else
		o->handler(o->ctx, &ex->rq, &res);
	if (res.later != NULL) {
		struct ferry_later *later = res.later;

		ferry_response_clear(&res);
		if (wait_for(ex, later))
			return MHD_YES;
		refuse_stopping(&res);
	}
	ex->format = res.format;
	if (res.package[0] != 0 && o->log != NULL)
		ex->package = strdup(res.package);
	if (res.body != NULL && res.body->fd == -1 && res.body->memory == NULL)
		ferry_gate_holds(gate_conn(ex->connection), res.body->size);
	if ((out = ferry_exchange_response(ex, &res)) != NULL) {
		if (close_after || atomic_load(&ex->server->draining))
			(void)MHD_add_response_header(
			    out, "Connection", "close");
		ex->status = res.status;
		rc = MHD_queue_response(ex->connection, res.status, out);
		MHD_destroy_response(out);
	}
	ferry_response_clear(&res);
	return rc;
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload,
    size_t *upload_size, void **state)
{
	struct exchange *ex = *state;

	(void)cls;
	(void)connection;
	(void)url;
	if (ex == NULL)
		return MHD_NO;
	if (!ex->begun) {
		ex->rq.chunks = strcmp(version, "HTTP/1.1") == 0;
		begin(ex, method);
		/* An answer before the body's end closes the connection, also
		 * where there is no body. */
		return body_is_too_long(ex) ? answer(ex, true) : MHD_YES;
	}
	if (*upload_size > 0) {
		ex->drained += *upload_size;
		if (ex->drained > BODY_DRAINED ||
		    !keep_body(ex, upload, *upload_size))
			return MHD_NO;
		*upload_size = 0;
		return MHD_YES;
	}
	return answer(ex, false);
}

static enum MHD_Result
on_accept(void *cls, const struct sockaddr *from, socklen_t size)
{
	struct ferry_server *server = cls;

	(void)size;
	return ferry_gate_admits(server->gate, from) ? MHD_YES : MHD_NO;
}

static void
on_connection(void *cls, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode code)
{
	struct ferry_server *server = cls;
	const union MHD_ConnectionInfo *from, *fd, *session;

	if (code != MHD_CONNECTION_NOTIFY_STARTED) {
		ferry_gate_close(*context);
		return;
	}
	from = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	fd = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	session = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	*context = ferry_gate_open(server->gate, fd->connect_fd,
	    from->client_addr, session == NULL ? NULL : session->tls_session);
}

static void
on_completed(void *cls, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode code)
{
	struct ferry_server *server = cls;
	const struct ferry_server_options *o = server->options;
	struct exchange *ex = *state;
	bool aborted = code != MHD_REQUEST_TERMINATED_COMPLETED_OK;
	struct timespec now;
	unsigned in_flight;
	uint64_t us;

	ferry_gate_answered(gate_conn(connection));
	if (ex == NULL)
		return;
	*state = NULL;
	if (ex->begun) {
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		us = (uint64_t)((now.tv_sec - ex->start.tv_sec) * 1000000 +
				(now.tv_nsec - ex->start.tv_nsec) / 1000);
		ferry_metrics_count(
		    o->metrics, ex->format, ex->status, ex->bytes, us);
		if (aborted)
			atomic_fetch_add(&o->metrics->aborted, 1);
		if (o->log != NULL)
			ferry_access_log_add(o->log,
			    &(struct ferry_access_line){ ex->rq.id, ex->rq.peer,
				ex->rq.method_text, ex->uri, ex->status,
				ex->bytes, us, ex->agent, ex->format,
				ex->package, aborted });
	}
	/* The library frees the answer after this. */
	ferry_flow_leave(ex);
	if (ex->later != NULL)
		ex->later->free(ex->later);
	/* It may hold a password. */
	if (ex->body.p != NULL)
		explicit_bzero(ex->body.p, ex->body.cap);
	ferry_buf_free(&ex->body);
	free(ex->path);
	free(ex->package);
	free(ex->agent);
	free(ex);
	in_flight = atomic_fetch_sub(&server->in_flight, 1);
	assert(in_flight > 0);
	(void)in_flight;
}

/* Paths are decoded by those who know their grammar: %2F is not '/'. */
static size_t
on_unescape(void *cls, struct MHD_Connection *connection, char *s)
{

	(void)cls;
	(void)connection;
	return strlen(s);
}

static void
on_message(void *cls, const char *fmt, va_list ap)
{
	struct ferry_server *server = cls;

	/* Later ones are about what clients do: the log of requests tells. */
	if (!server->started)
		(void)vsnprintf(
		    server->message, sizeof(server->message), fmt, ap);
}

static unsigned
threads(const struct ferry_server_options *o)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (o->threads != 0)
		return o->threads;
	return n < THREADS_MIN ? THREADS_MIN : n > 256 ? 256 : (unsigned)n;
}

static struct MHD_Daemon *
start_daemon(struct ferry_server *server, int listen_fd)
{
	const struct ferry_server_options *o = server->options;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG |
	                 MHD_ALLOW_SUSPEND_RESUME |
	                 (o->certificate == NULL ? 0 : MHD_USE_TLS);
	unsigned pool = threads(o);
	struct MHD_OptionItem items[8];
	size_t n = 0;

	/* Options whose presence depends on something. */
	if (pool > 1)
		items[n++] =
		    (struct MHD_OptionItem){ MHD_OPTION_THREAD_POOL_SIZE,
			    (intptr_t)pool, NULL };
	if (o->certificate != NULL) {
		items[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT,
			0, (void *)(uintptr_t)o->certificate };
		items[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY,
			0, (void *)(uintptr_t)o->key };
		items[n++] =
		    (struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0,
			    (void *)(uintptr_t)o->tls_priorities };
	}
	items[n] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
	return MHD_start_daemon(flags, 0, on_accept, server, on_request, server,
	    MHD_OPTION_EXTERNAL_LOGGER, on_message, server,
	    MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_ARRAY, items,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
	    /* The gate's limit counts; those that it shut down are still here
	     * for a moment. */
	    MHD_OPTION_CONNECTION_LIMIT, 2 * o->connections + 16 * pool,
	    MHD_OPTION_CONNECTION_TIMEOUT, o->timeout_s,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
	    MHD_OPTION_URI_LOG_CALLBACK, on_uri, server,
	    MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, NULL,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}

int
ferry_server_start(struct ferry_server **out,
    const struct ferry_server_options *o, struct ferry_error *err)
{
	const struct ferry_gate_options gate = { o->connections,
		o->connections_per_ip, o->proxies, o->head_s, o->metrics };
	struct ferry_server *server;
	uint8_t random[5];
	int fd;

	if (ferry_calloc(&server, 1, sizeof(*server), err) == -1)
		return -1;
	if (ferry_random(random, sizeof(random), err) == -1 ||
	    ferry_gate_new(&server->gate, &gate, err) == -1) {
		free(server);
		return -1;
	}
	for (size_t i = 0; i < sizeof(random); i++)
		(void)snprintf(server->id_prefix + 2 * i, 3, "%02x", random[i]);
	server->options = o;
	server->listen_fd = -1;
	(void)pthread_mutex_init(&server->later_lock, NULL);
	/* The library closes the socket when it cannot start. */
	if ((fd = fcntl(o->listen_fd, F_DUPFD_CLOEXEC, 0)) == -1) {
		ferry_gate_free(server->gate);
		free(server);
		return ferry_error_errno(err, "cannot share the socket");
	}
	if ((server->daemon = start_daemon(server, fd)) == NULL) {
		server->message[strcspn(server->message, "\n")] = 0;
		ferry_error_set(err, FERRY_ESYSTEM,
		    "cannot start the HTTP server: %s", server->message);
		ferry_gate_free(server->gate);
		free(server);
		return -1;
	}
	server->started = true;
	*out = server;
	return 0;
}

void
ferry_server_drain(struct ferry_server *server)
{

	if (!atomic_exchange(&server->draining, true))
		server->listen_fd = MHD_quiesce_daemon(server->daemon);
}

void
ferry_server_let_go(struct ferry_server *server)
{

	ferry_exchange_let_go(server);
}

void
ferry_server_tick(struct ferry_server *server)
{

	ferry_gate_tick(server->gate);
}

unsigned
ferry_server_connections(const struct ferry_server *server)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(
	    server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	return info == NULL ? 0 : info->num_connections;
}

unsigned
ferry_server_in_flight(const struct ferry_server *server)
{

	return atomic_load(&server->in_flight);
}

void
ferry_server_stop(struct ferry_server *server)
{

	if (server == NULL)
		return;
	ferry_server_drain(server);
	/* None may be suspended when the library stops. */
	ferry_exchange_close(server);
	MHD_stop_daemon(server->daemon);
	if (server->listen_fd != -1)
		(void)close(server->listen_fd);
	ferry_gate_free(server->gate);
	(void)pthread_mutex_destroy(&server->later_lock);
	free(server);
}
