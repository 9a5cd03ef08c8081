#include "serve/http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "serve/http/log.h"
#include "serve/http/metrics.h"
#include "serve/http/net.h"
#include "serve/http/range.h"
#include "store/base/digest.h"
#include "store/base/error.h"

/*
 * What a client may send as a request's body before it is cut off.  Nobody
 * reads it unless it is a small form, but a client that is told why while it still writes often sees a
 * broken pipe instead of the answer: `npm publish` is one.
 */
#define BODY_DRAINED (16U << 20)
/* Request line and headers; more is answered 431 or 414 by the library. */
#define CONNECTION_MEMORY (32U << 10)
/*
 * Under TLS the library reads files into a buffer of this size.  Measured:
 * its own default halves the throughput of large files.
 */
#define TLS_BLOCK (128U << 10)
/* Making a large document holds its thread: others must be there to answer. */
#define THREADS_MIN 4

struct ferry_server {
	struct MHD_Daemon *daemon;
	int listen_fd; /* our own duplicate, once the library gave it back */
	const struct ferry_server_options *options;
	char id_prefix[17]; /* of request ids, made at the start */
	atomic_uint_fast64_t requests; /* for ids */
	atomic_uint in_flight;
	atomic_bool draining;
	bool started;
	char message[256]; /* the library's last word before it started */
};

/* One request from its first line to its last byte. */
struct exchange {
	struct ferry_server *server;
	struct MHD_Connection *connection;
	struct ferry_request rq;
	struct timespec start;
	uint64_t drained;
	struct ferry_buf body;
	bool begun;
	bool proxied;
	/* Kept for the log. */
	unsigned status;
	uint64_t bytes;
	const char *format;
	char package[FERRY_RESPONSE_PACKAGE];
	char agent[208];
	char uri[]; /* as sent */
};

const char *
ferry_request_header(const struct ferry_request *rq, const char *name)
{
	const struct exchange *ex = rq->from;

	return MHD_lookup_connection_value(
	    ex->connection, MHD_HEADER_KIND, name);
}

bool
ferry_request_proxied(const struct ferry_request *rq)
{
	const struct exchange *ex = rq->from;

	return ex->proxied;
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
}

static void
peer_text(char out[46], const struct sockaddr *sa)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	out[0] = 0;
	if (sa != NULL && sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		(void)inet_ntop(AF_INET, &in.sin_addr, out, 46);
	} else if (sa != NULL && sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		(void)inet_ntop(AF_INET6, &in6.sin6_addr, out, 46);
	}
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
	/* All but package and uri, which are strings that are set. */
	memset(ex, 0, offsetof(struct exchange, package));
	ex->package[0] = ex->agent[0] = 0;
	memcpy(ex->uri, uri, n + 1);
	ex->server = server;
	ex->connection = connection;
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

/* What a proxy that we trust says about the client. */
static void
believe_proxy(struct exchange *ex)
{
	const char *id = ferry_request_header(&ex->rq, "X-Request-Id");
	const char *from = ferry_request_header(&ex->rq, "X-Forwarded-For");
	const char *last;
	struct in6_addr v6;
	struct in_addr v4;
	size_t n;

	if (id != NULL && id_ok(id))
		(void)snprintf(ex->rq.id, sizeof(ex->rq.id), "%s", id);
	if (from == NULL)
		return;
	/* The last one is what our own proxy saw. */
	last = strrchr(from, ',');
	from = last == NULL ? from : last + 1;
	from += strspn(from, " \t");
	n = strcspn(from, " \t");
	if (n < sizeof(ex->rq.peer)) {
		char text[sizeof(ex->rq.peer)];

		memcpy(text, from, n);
		text[n] = 0;
		if (inet_pton(AF_INET, text, &v4) == 1 ||
		    inet_pton(AF_INET6, text, &v6) == 1)
			memcpy(ex->rq.peer, text, n + 1);
	}
}

static void
begin(struct exchange *ex, const char *method)
{
	const struct ferry_server_options *o = ex->server->options;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    ex->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *sa = info == NULL ? NULL : info->client_addr;
	const char *agent = ferry_request_header(&ex->rq, "User-Agent");
	uint64_t number = atomic_fetch_add_explicit(
	    &ex->server->requests, 1, memory_order_relaxed);

	ex->begun = true;
	ex->rq.method_text = method;
	ex->rq.method = strcmp(method, "GET") == 0    ? FERRY_GET
	                : strcmp(method, "HEAD") == 0 ? FERRY_HEAD
	                : strcmp(method, "POST") == 0 ? FERRY_POST
	                                              : FERRY_OTHER_METHOD;
	ex->rq.secure = o->certificate != NULL;
	peer_text(ex->rq.peer, sa);
	(void)snprintf(ex->rq.id, sizeof(ex->rq.id), "%s%08" PRIx64,
	    ex->server->id_prefix, number);
	if (agent != NULL && o->log != NULL)
		(void)snprintf(ex->agent, sizeof(ex->agent), "%.200s", agent);
	ex->proxied = ferry_networks_has(o->proxies, sa);
	if (ex->proxied)
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

/* Content of a response */

static void
on_body_done(void *cls)
{

	ferry_body_unref(cls);
}

/* A part of a file, read by blocks because TLS cannot use sendfile. */
struct part {
	struct ferry_body *body;
	uint64_t offset;
};

static ssize_t
on_part_read(void *cls, uint64_t pos, char *p, size_t max)
{
	struct part *part = cls;
	ssize_t n;

	while ((n = pread(
		    part->body->fd, p, max, (off_t)(part->offset + pos))) == -1)
		if (errno != EINTR)
			return MHD_CONTENT_READER_END_WITH_ERROR;
	return n == 0 ? MHD_CONTENT_READER_END_WITH_ERROR : n;
}

static void
on_part_done(void *cls)
{
	struct part *part = cls;

	ferry_body_unref(part->body);
	free(part);
}

/* Size bytes of body from offset.  Returns NULL if there is no memory. */
static struct MHD_Response *
make_response(const struct exchange *ex, struct ferry_body *body,
    uint64_t offset, uint64_t size)
{
	struct MHD_Response *out;
	struct part *part;
	int fd;

	if (body == NULL || size == 0)
		return MHD_create_response_from_buffer(
		    0, NULL, MHD_RESPMEM_PERSISTENT);
	if (body->fd == -1) {
		out = MHD_create_response_from_buffer_with_free_callback_cls(
		    (size_t)size, body->bytes.p + offset, on_body_done, body);
		if (out != NULL)
			(void)ferry_body_ref(body);
		return out;
	}
	if (ex->server->options->certificate == NULL) {
		/* The library closes its descriptor after use. */
		if ((fd = fcntl(body->fd, F_DUPFD_CLOEXEC, 0)) == -1)
			return NULL;
		out = MHD_create_response_from_fd_at_offset64(size, fd, offset);
		if (out == NULL)
			(void)close(fd);
		return out;
	}
	if ((part = malloc(sizeof(*part))) == NULL)
		return NULL;
	part->body = ferry_body_ref(body);
	part->offset = offset;
	out = MHD_create_response_from_callback(
	    size, TLS_BLOCK, on_part_read, part, on_part_done);
	if (out == NULL)
		on_part_done(part);
	return out;
}

static void
add(struct MHD_Response *out, const char *name, const char *value)
{

	if (value != NULL && *value != 0)
		(void)MHD_add_response_header(out, name, value);
}

/*
 * Conditions and ranges of the request, which turn a 200 into 304, 206 or
 * 416.  RFC 9110, 13.2.2: If-None-Match comes before Range.
 */
static void
apply_conditions(const struct ferry_request *rq, struct ferry_response *res,
    struct ferry_range *range)
{
	const char *etag = res->body->etag, *value, *only_if;

	if (etag[0] != 0 &&
	    (value = ferry_request_header(rq, "If-None-Match")) != NULL &&
	    ferry_etag_matches(value, etag)) {
		res->status = 304;
		return;
	}
	if (!res->ranges || (value = ferry_request_header(rq, "Range")) == NULL)
		return;
	only_if = ferry_request_header(rq, "If-Range");
	if (only_if != NULL && strcmp(only_if, etag) != 0)
		return;
	switch (ferry_range_parse(value, res->body->size, range)) {
	case FERRY_RANGE_PART:
		res->status = 206;
		break;
	case FERRY_RANGE_UNSATISFIABLE:
		res->status = 416;
		break;
	case FERRY_RANGE_NONE:
		break;
	}
}

/* Who may keep the answer, and for whom. */
static void
add_caching(struct MHD_Response *out, const struct ferry_response *res)
{
	const char *cache = res->cache == NULL ? "no-cache" : res->cache;
	char text[160];

	if (!res->varies) {
		add(out, "Cache-Control", res->cache);
		add(out, "Vary", res->vary);
		return;
	}
	if (strncmp(cache, "public, ", 8) == 0 && res->personal)
		cache += 8;
	(void)snprintf(text, sizeof(text), "%s%s",
	    res->personal && strcmp(cache, "no-store") != 0 ? "private, " : "",
	    cache);
	add(out, "Cache-Control", text);
	(void)snprintf(text, sizeof(text), "%s%sAuthorization",
	    res->vary == NULL ? "" : res->vary, res->vary == NULL ? "" : ", ");
	add(out, "Vary", text);
}

static struct MHD_Response *
build(struct exchange *ex, struct ferry_response *res)
{
	struct ferry_range range = { 0, 0 };
	struct MHD_Response *out;
	char text[80];
	bool partial;

	if (res->body != NULL)
		range.size = res->body->size;
	if (res->status == 200 && res->body != NULL &&
	    (ex->rq.method == FERRY_GET || ex->rq.method == FERRY_HEAD))
		apply_conditions(&ex->rq, res, &range);
	partial =
	    res->body != NULL && (res->status == 206 || res->status == 416);
	if (res->status == 304 || res->status == 416)
		range.size = 0;
	if ((out = make_response(ex, res->body, range.offset, range.size)) ==
	    NULL)
		return NULL;
	ex->bytes = ex->rq.method == FERRY_HEAD ? 0 : range.size;
	if (partial) {
		if (res->status == 206)
			(void)snprintf(text, sizeof(text),
			    "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64,
			    range.offset, range.offset + range.size - 1,
			    res->body->size);
		else
			(void)snprintf(text, sizeof(text), "bytes */%" PRIu64,
			    res->body->size);
		add(out, "Content-Range", text);
	}
	if (res->status != 304 && res->status != 416) {
		add(out, "Content-Type", res->type);
		add(out, "Content-Encoding", res->encoding);
	}
	if (res->body != NULL)
		add(out, "ETag", res->body->etag);
	add_caching(out, res);
	if (res->ranges)
		add(out, "Accept-Ranges", "bytes");
	for (size_t i = 0; i < res->headers_n; i++)
		add(out, res->headers[i].name, res->headers[i].value);
	add(out, "X-Request-Id", ex->rq.id);
	return out;
}

static enum MHD_Result
answer(struct exchange *ex, bool close_after)
{
	const struct ferry_server_options *o = ex->server->options;
	enum MHD_Result rc = MHD_NO;
	struct MHD_Response *out;
	struct ferry_response res;

	ferry_response_init(&res, 500);
	o->handler(o->ctx, &ex->rq, &res);
	ex->format = res.format;
	memcpy(ex->package, res.package, strlen(res.package) + 1);
	if ((out = build(ex, &res)) != NULL) {
		if (close_after || atomic_load(&ex->server->draining))
			add(out, "Connection", "close");
		ex->status = res.status;
		rc = MHD_queue_response(ex->connection, res.status, out);
		MHD_destroy_response(out);
	}
	ferry_body_unref(res.body);
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
	(void)version;
	if (ex == NULL)
		return MHD_NO;
	if (!ex->begun) {
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

static void
on_completed(void *cls, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode code)
{
	struct ferry_server *server = cls;
	const struct ferry_server_options *o = server->options;
	struct exchange *ex = *state;
	bool aborted = code != MHD_REQUEST_TERMINATED_COMPLETED_OK;
	struct timespec now;
	uint64_t us;

	(void)connection;
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
			ferry_access_log_add(
			    o->log, &(struct ferry_access_line){ ex->rq.id,
					ex->rq.peer, ex->rq.method_text,
					ex->uri, ex->status, ex->bytes, us,
					ex->agent[0] == 0 ? NULL : ex->agent,
					ex->format, ex->package, aborted });
	}
	/* It may hold a password. */
	if (ex->body.p != NULL)
		explicit_bzero(ex->body.p, ex->body.cap);
	ferry_buf_free(&ex->body);
	free(ex);
	atomic_fetch_sub(&server->in_flight, 1);
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
	                 MHD_USE_ITC |
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
	}
	items[n] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
	return MHD_start_daemon(flags, 0, NULL, NULL, on_request, server,
	    MHD_OPTION_EXTERNAL_LOGGER, on_message, server,
	    MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_ARRAY, items,
	    MHD_OPTION_CONNECTION_LIMIT,
	    o->connections < pool ? pool : o->connections,
	    MHD_OPTION_CONNECTION_TIMEOUT, o->timeout_s,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, o->connections_per_ip,
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
	struct ferry_server *server;
	uint8_t random[5];
	int fd;

	if (ferry_calloc(&server, 1, sizeof(*server), err) == -1 ||
	    ferry_random(random, sizeof(random), err) == -1) {
		free(server);
		return -1;
	}
	for (size_t i = 0; i < sizeof(random); i++)
		(void)snprintf(server->id_prefix + 2 * i, 3, "%02x", random[i]);
	server->options = o;
	server->listen_fd = -1;
	/* The library closes the socket when it cannot start. */
	if ((fd = fcntl(o->listen_fd, F_DUPFD_CLOEXEC, 0)) == -1) {
		free(server);
		return ferry_error_errno(err, "cannot share the socket");
	}
	if ((server->daemon = start_daemon(server, fd)) == NULL) {
		server->message[strcspn(server->message, "\n")] = 0;
		ferry_error_set(err, FERRY_ESYSTEM,
		    "cannot start the HTTP server: %s", server->message);
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
	MHD_stop_daemon(server->daemon);
	if (server->listen_fd != -1)
		(void)close(server->listen_fd);
	free(server);
}
