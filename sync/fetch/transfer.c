#include "sync/fetch/transfer.h"

#include <arpa/inet.h>
#include <assert.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "store/base/bytes.h"
#include "store/base/clock.h"
#include "sync/fetch/reach.h"

#define REDIRECTS_MAX 5
#define STALL_S 60 /* so long too slow is a break */
#define FILE_SPEED 1000 /* bytes/s, over STALL_S; on average, over GRACE_S */
#define GRACE_S 120
/* Documents are small and hold up all that they name: one that drips is as good
 * as silent. */
#define DOCUMENT_S 600
#define DOCUMENT_SPEED 200L /* bytes/s, over STALL_S */
#define DOCUMENT_SMALL (4U << 20) /* bytes, each; */
#define DOCUMENTS_SMALL (24U << 20) /* all of them on their way */
#define HEADER_MAX (512U << 10) /* bytes of one try, trailers included */
#define ERROR_MAX (64U << 10) /* of the body of an error */
#define PROXY_PORT 1080 /* of one that does not say */
#define PROGRESS_BYTES (1U << 20) /* so much resets the tries */

/* Receiving */

/* The value of header line if it is called name; else n is 0. */
static struct ferry_bytes
header_value(const char *line, size_t n, const char *name)
{
	size_t len = strlen(name);

	if (n <= len || strncasecmp(line, name, len) != 0 || line[len] != ':')
		return ferry_bytes_of("", 0);
	line += len + 1;
	n -= len + 1;
	while (n > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		n--;
	}
	while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == '\n' ||
			    line[n - 1] == ' '))
		n--;
	return ferry_bytes_of(line, n);
}

static void
keep_value(char *to, size_t size, struct ferry_bytes value)
{

	if (value.n > 0 && value.n < size) {
		memcpy(to, value.p, value.n);
		to[value.n] = 0;
	}
}

/* Seconds from now of a number of seconds, or of a time since the epoch. */
static uint64_t
seconds_from_now(uint64_t s)
{
	uint64_t now = (uint64_t)ferry_now();

	/* No wait has thirty years. */
	if (s < 1000000000)
		return s;
	return s > now ? s - now : 0;
}

/* Seconds of a Retry-After: a number, or a date of HTTP. */
static uint64_t
read_retry_after(struct ferry_bytes value)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	uint64_t s = 0;
	char date[64] = "";
	time_t t;

	if (ferry_parse_u64(value, 0, UINT32_MAX, &s, &err) == 0)
		return seconds_from_now(s);
	keep_value(date, sizeof(date), value);
	t = curl_getdate(date, NULL);
	return t > 0 ? seconds_from_now((uint64_t)t) : 0;
}

/*
 * Rate limits: "ratelimit-remaining: 0;w=21600", "ratelimit-reset: 30".
 * Source: draft-ietf-httpapi-ratelimit-headers-05; docker's registry documents
 *     the form with ";w=".  x-ratelimit-… is older and tells the time of the
 *     reset since the epoch.
 */
static void
read_rate_limit(struct ferry_transfer *t, const char *line, size_t n)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_bytes v;
	uint64_t number;
	size_t digits = 0;
	bool reset;

	if (n > 2 && strncasecmp(line, "x-", 2) == 0) {
		line += 2;
		n -= 2;
	}
	v = header_value(line, n, "ratelimit-remaining");
	reset = v.n == 0;
	if (reset)
		v = header_value(line, n, "ratelimit-reset");
	while (digits < v.n && v.p[digits] >= '0' && v.p[digits] <= '9')
		digits++;
	if (ferry_parse_u64(ferry_bytes_of(v.p, digits), 0, UINT32_MAX, &number,
		&err) == -1)
		return;
	if (reset)
		t->reset_s = seconds_from_now(number);
	else
		t->used_up = number == 0;
}

static size_t
on_header(char *line, size_t size, size_t n, void *ctx)
{
	struct ferry_transfer *t = ctx;
	struct ferry_bytes v;

	n *= size;
	if ((t->header_n += n) > HEADER_MAX) {
		t->failed = true;
		(void)ferry_error_set(&t->error, FERRY_ELIMIT,
		    "the answer's header or trailers are longer than %u kB",
		    HEADER_MAX >> 10);
		return 0;
	}
	/* Trailers tell nothing. */
	if (t->checked)
		return n;
	if (n > 5 && strncmp(line, "HTTP/", 5) == 0) {
		/* A new answer (after a redirect or 100): forget the last. */
		t->etag[0] = t->last_modified[0] = 0;
		t->retry_after_s = t->reset_s = 0;
		t->used_up = false;
		t->status = 0;
		t->checked = false;
		return n;
	}
	v = header_value(line, n, "etag");
	keep_value(t->etag, sizeof(t->etag), v);
	v = header_value(line, n, "last-modified");
	keep_value(t->last_modified, sizeof(t->last_modified), v);
	v = header_value(line, n, "retry-after");
	if (v.n > 0)
		t->retry_after_s = read_retry_after(v);
	read_rate_limit(t, line, n);
	return n;
}

/* Look at the answer before its first byte is used. */
int
ferry_transfer_answer(struct ferry_transfer *t)
{
	const struct ferry_fetch_request *r = &t->request;
	struct curl_header *h;
	uint64_t start;

	t->checked = true;
	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->status);
	if (t->status == 206 && t->offset == 0) {
		t->failed = true;
		return ferry_error_set(&t->error, FERRY_EHTTP,
		    "the server sent a part that nobody asked for");
	}
	if (t->status == 206) {
		if (curl_easy_header(t->easy, "Content-Range", 0, CURLH_HEADER,
			-1, &h) == CURLHE_OK &&
		    sscanf(h->value, "bytes %19" SCNu64 "-", &start) == 1 &&
		    start == t->offset)
			return 0;
		t->failed = true;
		return ferry_error_set(&t->error, FERRY_EHTTP,
		    "the server resumed at another place than asked");
	}
	if (t->status == 200) {
		t->offset = 0;
		if (r->on_start != NULL)
			r->on_start(r->ctx);
	}
	return 0;
}

/* The body of an error is not for us, but for its kind. */
static size_t
on_error_body(struct ferry_transfer *t, const char *p, size_t n)
{
	size_t used = strlen(t->said), room = sizeof(t->said) - 1 - used;

	memcpy(t->said + used, p, n < room ? n : room);
	t->said[used + (n < room ? n : room)] = 0;
	if ((t->error_n += n) <= ERROR_MAX)
		return n;
	t->cut = true;
	return CURL_WRITEFUNC_ERROR;
}

/* Whether there is room for n more bytes of a document; if not, it is to be
 * fetched again when no other is large. */
static bool
take_room(struct ferry_transfer *t, size_t n)
{
	struct ferry_fetch_memory *m = t->memory;

	if (!t->request.document || t->room == FERRY_DOCUMENT_LARGE)
		return true;
	assert(t->room == FERRY_DOCUMENT_SMALL && m->small_n >= t->came);
	if (t->came + n <= DOCUMENT_SMALL &&
	    m->small_n + n <= DOCUMENTS_SMALL) {
		m->small_n += n;
		return true;
	}
	m->small_n -= t->came;
	t->came = 0;
	if (m->large == NULL) {
		m->large = t;
		t->room = FERRY_DOCUMENT_LARGE;
		return true;
	}
	t->room = FERRY_DOCUMENT_PUT_BACK;
	return false;
}

void
ferry_transfer_release(struct ferry_transfer *t)
{
	struct ferry_fetch_memory *m = t->memory;

	if (t->room == FERRY_DOCUMENT_LARGE) {
		assert(m->large == t);
		m->large = NULL;
		/* If there is another try, it is as large. */
		t->room = FERRY_DOCUMENT_PUT_BACK;
	} else if (t->request.document) {
		assert(m->small_n >= t->came);
		m->small_n -= t->came;
	}
	t->came = 0;
}

/* What a file must at least come at. */
static uint64_t
least_speed(const struct ferry_fetch_origin *o)
{
	uint64_t ours = o->rate / o->connections / 2;

	return o->rate > 0 && ours < FILE_SPEED ? ours + 1 : FILE_SPEED;
}

/* A file that comes in drops, or in bursts with long pauses. */
static bool
is_slow(const struct ferry_transfer *t)
{
	uint64_t s = (ferry_ticks_ms() - t->started_ms) / 1000;

	return !t->request.document && s > GRACE_S &&
	       t->came / s < least_speed(t->request.origin);
}

static size_t
on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct ferry_transfer *t = ctx;
	struct ferry_fetch_request *r = &t->request;

	n *= size;
	if (!t->checked && ferry_transfer_answer(t) == -1)
		return CURL_WRITEFUNC_ERROR;
	if (t->status != 200 && t->status != 206)
		return on_error_body(t, p, n);
	if (n > r->max_size || t->offset > r->max_size - n) {
		ferry_error_set(&t->error, FERRY_ELIMIT,
		    "it is longer than %" PRIu64 " bytes", r->max_size);
		t->failed = true;
		return CURL_WRITEFUNC_ERROR;
	}
	if (!take_room(t, n))
		return CURL_WRITEFUNC_ERROR;
	if (r->on_data(r->ctx, p, n, &t->error) == -1) {
		t->failed = true;
		return CURL_WRITEFUNC_ERROR;
	}
	t->offset += n;
	t->came += n;
	if ((t->slow = is_slow(t)))
		return CURL_WRITEFUNC_ERROR;
	/* Only what goes beyond every earlier try is progress. */
	if (t->offset >= t->offset_then + PROGRESS_BYTES) {
		t->offset_then = t->offset;
		t->tries = 1;
	}
	return n;
}

/* name is NULL for a whole line. */
static int
add_header(struct ferry_transfer *t, struct ferry_error *err, const char *name,
    const char *value)
{
	struct ferry_buf line = FERRY_BUF_INIT;
	struct curl_slist *longer = NULL;

	if (value == NULL)
		return 0;
	if ((name == NULL
		    ? ferry_buf_adds(&line, value, err)
		    : ferry_buf_addf(&line, err, "%s: %s", name, value)) == 0)
		longer = curl_slist_append(t->headers, (const char *)line.p);
	ferry_buf_free(&line);
	if (longer == NULL)
		return ferry_error_set(
		    err, FERRY_ENOMEM, "no memory for a header");
	t->headers = longer;
	return 0;
}

static int
set_headers(struct ferry_transfer *t, struct ferry_error *err)
{
	const struct ferry_fetch_request *r = &t->request;
	char range[40];

	curl_slist_free_all(t->headers);
	t->headers = NULL;
	if (add_header(t, err, "Accept",
		r->accept == NULL ? "*/*" : r->accept) == -1 ||
	    add_header(t, err, NULL, r->extra) == -1 ||
	    (r->post != NULL &&
		add_header(t, err, "Content-Type", "application/json") == -1))
		return -1;
	if (t->offset > 0) {
		(void)snprintf(range, sizeof(range), "%" PRIu64 "-", t->offset);
		(void)curl_easy_setopt(t->easy, CURLOPT_RANGE, range);
	}
	if (t->offset > 0 && r->have == 0) {
		if (t->etag[0] == '"' &&
		    add_header(t, err, "If-Range", t->etag) == -1)
			return -1;
	} else if (add_header(t, err, "If-None-Match", r->if_none_match) ==
		       -1 ||
		   (r->if_none_match == NULL &&
		       add_header(t, err, "If-Modified-Since",
			   r->if_modified_since) == -1)) {
		return -1;
	}
	(void)curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	return 0;
}

/* Redirects */

int
ferry_transfer_redirect(struct ferry_transfer *t)
{
	struct ferry_error *err = &t->error;
	struct curl_header *h;
	char *to = NULL;
	int rc = -1;

	/* What was posted is not posted elsewhere. */
	if (t->request.post != NULL ||
	    (t->status != 301 && t->status != 302 && t->status != 303 &&
		t->status != 307 && t->status != 308))
		return 0;
	/* Not CURLINFO_REDIRECT_URL: that has the user whom netrc names. */
	if (curl_easy_header(t->easy, "Location", 0, CURLH_HEADER, -1, &h) !=
	    CURLHE_OK)
		return 0;
	if (++t->hops > REDIRECTS_MAX)
		ferry_error_set(err, FERRY_ENETWORK, "more than %d redirects",
		    REDIRECTS_MAX);
	else if (ferry_fetch_url_resolve(&to,
		     t->location == NULL ? t->request.url : t->location,
		     h->value, err) == -1)
		ferry_error_in(err, "a redirect");
	else if (strncmp(to, "https://", 8) != 0 &&
		 strncasecmp(t->request.url, "https:", 6) == 0)
		ferry_error_set(err, FERRY_ENETWORK,
		    "a redirect to %.200s is not followed: it leaves TLS", to);
	else
		rc = 1;
	if (rc == 1) {
		free(t->location);
		t->location = to;
	} else {
		free(to);
	}
	t->failed = rc == -1;
	return rc;
}

static void
set_login(CURL *easy, const struct ferry_fetch_login *l)
{

	if (l->token != NULL) {
		(void)curl_easy_setopt(
		    easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		(void)curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, l->token);
	} else if (l->user != NULL) {
		(void)curl_easy_setopt(
		    easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		(void)curl_easy_setopt(easy, CURLOPT_USERNAME, l->user);
		(void)curl_easy_setopt(easy, CURLOPT_PASSWORD,
		    l->password == NULL ? "" : l->password);
	} else if (l->netrc != NULL) {
		(void)curl_easy_setopt(
		    easy, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
		(void)curl_easy_setopt(easy, CURLOPT_NETRC_FILE, l->netrc);
	}
}

/* Connections */

/* Whether what is at port of the other end is the proxy that is to be used.
 * curl alone knows what no_proxy lets out; the port tells well enough. */
static bool
is_proxy(const struct ferry_transfer *t, unsigned port)
{
	const char *url = t->location == NULL ? t->request.url : t->location;
	bool tls = strncasecmp(url, "https:", 6) == 0;
	const char *proxy = t->request.origin->proxy;
	char *text = NULL;
	bool same = false;
	CURLU *u;

	if (proxy == NULL)
		proxy = getenv(tls ? "https_proxy" : "http_proxy");
	if (proxy == NULL && tls)
		proxy = getenv("HTTPS_PROXY");
	if (proxy == NULL && (proxy = getenv("all_proxy")) == NULL)
		proxy = getenv("ALL_PROXY");
	if (proxy == NULL || *proxy == 0 || (u = curl_url()) == NULL)
		return false;
	if (curl_url_set(u, CURLUPART_URL, proxy,
		CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME) == CURLUE_OK) {
		if (curl_url_get(u, CURLUPART_PORT, &text, 0) == CURLUE_OK)
			same = strtoul(text, NULL, 10) == port;
		else
			same = port == PROXY_PORT || port == 443;
	}
	curl_free(text);
	curl_url_cleanup(u);
	return same;
}

static int
check_address(struct ferry_transfer *t, const struct sockaddr *address)
{
	const char *url = t->location == NULL ? t->request.url : t->location;
	struct ferry_reach *reach = t->request.origin->reach;
	struct ferry_error why = FERRY_ERROR_INIT;
	unsigned port =
	    address->sa_family == AF_INET
		? ntohs(((const struct sockaddr_in *)(const void *)address)
			    ->sin_port)
	    : address->sa_family == AF_INET6
		? ntohs(((const struct sockaddr_in6 *)(const void *)address)
			    ->sin6_port)
		: 0;

	if (reach == NULL)
		return 0;
	if ((is_proxy(t, port)
		    ? ferry_reach_check_url(reach, url, &why)
		    : ferry_reach_check(reach, url, address, &why)) == 0)
		return 0;
	t->barred = true;
	t->error = why;
	return -1;
}

/* Before anything is connected to. */
static curl_socket_t
on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{

	(void)purpose;
	return check_address(ctx, &address->addr) == -1
	           ? CURL_SOCKET_BAD
	           : socket(address->family, address->socktype | SOCK_CLOEXEC,
			 address->protocol);
}

/* Before anything is sent: connections are shared, and another transfer may
 * have been allowed this one. */
static int
on_connected(void *ctx, char *ip, char *own_ip, int port, int own_port)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)port) };
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port) };
	const struct sockaddr *address = (struct sockaddr *)&in;

	(void)own_ip;
	(void)own_port;
	if (inet_pton(AF_INET6, ip, &in6.sin6_addr) == 1)
		address = (struct sockaddr *)&in6;
	else if (inet_pton(AF_INET, ip, &in.sin_addr) != 1)
		return CURL_PREREQFUNC_ABORT;
	return check_address(ctx, address) == -1 ? CURL_PREREQFUNC_ABORT
	                                         : CURL_PREREQFUNC_OK;
}

/* ours: the URL is of the scheme, host and port of the request's own. */
static void
set_origin(
    struct ferry_transfer *t, const struct ferry_fetch_origin *o, bool ours)
{
	const char *url = t->location == NULL ? t->request.url : t->location;
	CURL *easy = t->easy;

	if (o->ca_file != NULL &&
	    (o->reach == NULL || ferry_reach_names(o->reach, url)))
		(void)curl_easy_setopt(easy, CURLOPT_CAINFO, o->ca_file);
	if (o->cert_file != NULL && ours)
		(void)curl_easy_setopt(easy, CURLOPT_SSLCERT, o->cert_file);
	if (o->key_file != NULL && ours)
		(void)curl_easy_setopt(easy, CURLOPT_SSLKEY, o->key_file);
	if (o->proxy != NULL)
		(void)curl_easy_setopt(easy, CURLOPT_PROXY, o->proxy);
	if (o->rate > 0)
		(void)curl_easy_setopt(easy, CURLOPT_MAX_RECV_SPEED_LARGE,
		    (curl_off_t)(o->rate / o->connections + 1));
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
	(void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
	(void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, t);
	/* The operator gives logins; nobody else puts one into a URL. */
	(void)curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
}

int
ferry_transfer_prepare(struct ferry_transfer *t,
    const struct ferry_fetch_login *login, struct ferry_error *err)
{
	const struct ferry_fetch_request *r = &t->request;
	const struct ferry_fetch_login own = { .token = r->origin->token,
		.user = r->origin->user,
		.password = r->origin->password,
		.netrc = r->origin->netrc };
	const struct ferry_fetch_login none = { .token = NULL };
	bool tls = strncasecmp(r->url, "https:", 6) == 0;
	bool ours = t->location == NULL ||
	            ferry_fetch_url_same_origin(r->url, t->location);

	if (t->easy == NULL && (t->easy = curl_easy_init()) == NULL)
		return ferry_error_set(
		    err, FERRY_ENOMEM, "no memory for a transfer");
	curl_easy_reset(t->easy);
	t->reason[0] = t->said[0] = 0;
	t->failed = t->checked = t->redirected = false;
	t->cut = t->slow = t->barred = false;
	t->came = t->header_n = t->error_n = 0;
	t->started_ms = ferry_ticks_ms();
	t->retry_after_s = t->reset_s = 0;
	t->used_up = false;
	t->status = 0;
	t->error = (struct ferry_error)FERRY_ERROR_INIT;
	/* The answer to one host's request must not choose whose password
	 * goes where. */
	if (!ours)
		login = &none;
	else if (login == NULL)
		login = &own;
	(void)curl_easy_setopt(
	    t->easy, CURLOPT_URL, t->location == NULL ? r->url : t->location);
	(void)curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	(void)curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->reason);
	(void)curl_easy_setopt(
	    t->easy, CURLOPT_USERAGENT, "ferry/" FERRY_VERSION);
	(void)curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT, 30L);
	(void)curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_LIMIT,
	    r->document ? DOCUMENT_SPEED : (long)least_speed(r->origin));
	if (r->document)
		(void)curl_easy_setopt(
		    t->easy, CURLOPT_TIMEOUT, (long)DOCUMENT_S);
	(void)curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_TIME, (long)STALL_S);
	(void)curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(t->easy, CURLOPT_BUFFERSIZE, 131072L);
	(void)curl_easy_setopt(
	    t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	if (tls)
		(void)curl_easy_setopt(t->easy, CURLOPT_PIPEWAIT, 1L);
	/* Packages are digests of their bytes: only documents may be packed. */
	if (r->document && !r->head && t->offset == 0)
		(void)curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "");
	(void)curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
	(void)curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
	(void)curl_easy_setopt(t->easy, CURLOPT_NOBODY, r->head ? 1L : 0L);
	if (r->post != NULL)
		(void)curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, r->post);
	set_login(t->easy, login);
	set_origin(t, r->origin, ours);
	return set_headers(t, err);
}
