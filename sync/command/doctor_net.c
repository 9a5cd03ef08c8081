/* What `ferry doctor` asks others: upstreams, and the server. */

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "store/base/bytes.h"
#include "store/base/clock.h"
#include "store/base/conf.h"
#include "sync/command/command.h"
#include "sync/command/doctor.h"
#include "sync/fetch/fetch.h"
#include "sync/upstream/run.h"

#define CLOCK_MOST 300
#define DAY 86400
#define CERTIFICATE_DAYS 21

struct asked {
	struct ferry_doctor *d;
	char check[80];
	const char *url;
};

static enum ferry_fetch_verdict
on_done(void *ctx, const struct ferry_fetch_result *result)
{
	const struct asked *a = ctx;
	int64_t off = result->date == 0 ? 0 : result->date - ferry_now();

	if (result->status == 0 || result->status >= 500)
		ferry_doctor_say(a->d, a->check, FERRY_DOCTOR_WRONG, "%s",
		    result->error.text);
	else
		ferry_doctor_say(a->d, a->check, FERRY_DOCTOR_OK,
		    "%s is reached (it answers %ld)", a->url, result->status);
	if (off > CLOCK_MOST || off < -CLOCK_MOST)
		ferry_doctor_say(a->d, "clock", FERRY_DOCTOR_WRONG,
		    "%s is %" PRId64 " s %s", a->url, off < 0 ? -off : off,
		    off < 0 ? "behind us" : "ahead of us");
	return FERRY_FETCH_DONE;
}

static int
on_data(void *ctx, const void *p, size_t n, struct ferry_error *err)
{

	(void)ctx;
	(void)p;
	(void)n;
	(void)err;
	return 0;
}

static int
no_tick(void *ctx, struct ferry_error *err)
{

	(void)ctx;
	(void)err;
	return 0;
}

/* One HEAD each, without credentials of a gate: any answer is an answer. */
static int
ask(struct ferry_fetch *fetch, struct asked *a,
    struct ferry_fetch_origin *origin, struct ferry_error *err)
{
	const struct ferry_fetch_request request = { .origin = origin,
		.url = a->url,
		.document = true,
		.head = true,
		.max_size = 1,
		.ctx = a,
		.on_data = on_data,
		.on_done = on_done };

	origin->tries = 1;
	return ferry_fetch_add(fetch, &request, err);
}

int
ferry_doctor_upstreams(struct ferry_doctor *d, struct ferry_error *err)
{
	struct ferry_run run = { .kinds = d->ctx->kinds };
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_fetch *fetch = NULL;
	struct asked *asked = NULL;
	int rc = -1;

	/* The configuration's mistakes were said. */
	if (ferry_upstreams_read(
		&run, ferry_conf_root(d->ctx->conf), NULL, 0, &why) == -1) {
		ferry_doctor_say(d, "upstreams", FERRY_DOCTOR_SKIPPED,
		    "the configuration has mistakes");
		rc = 0;
		goto out;
	}
	if (ferry_fetch_new(&fetch, err) == -1 ||
	    ferry_calloc(&asked, run.upstreams_n + 1, sizeof(*asked), err) ==
		-1)
		goto out;
	for (size_t i = 0; i < run.upstreams_n; i++) {
		struct ferry_upstream *up = &run.upstreams[i];

		asked[i].d = d;
		asked[i].url = up->url;
		(void)snprintf(asked[i].check, sizeof(asked[i].check),
		    "upstream %.60s", up->name);
		if (ask(fetch, &asked[i], &up->origin, err) == -1)
			goto out;
	}
	rc = ferry_fetch_run(fetch, no_tick, NULL, err);
out:
	ferry_fetch_free(fetch);
	ferry_upstreams_free(&run);
	free(asked);
	return rc;
}

/* The first certificate of the chain is the server's own. */
static void
look_at_certificate(struct ferry_doctor *d, const char *path)
{
	FILE *file = fopen(path, "re");
	X509 *certificate =
	    file == NULL ? NULL : PEM_read_X509(file, NULL, NULL, NULL);
	ASN1_TIME *now = ASN1_TIME_set(NULL, (time_t)ferry_now());
	int days = 0, seconds = 0;

	if (certificate == NULL)
		ferry_doctor_say(d, "certificate", FERRY_DOCTOR_WRONG, "%s: %s",
		    path, file == NULL ? strerror(errno) : "not a certificate");
	else if (ASN1_TIME_diff(&days, &seconds, now,
		     X509_get0_notAfter(certificate)) != 1)
		ferry_doctor_say(d, "certificate", FERRY_DOCTOR_WRONG,
		    "%s: its time is not readable", path);
	else if (days < 0 || seconds < 0)
		ferry_doctor_say(d, "certificate", FERRY_DOCTOR_WRONG,
		    "%s expired %d days ago; clients refuse it", path, -days);
	else
		ferry_doctor_say(d, "certificate",
		    days < CERTIFICATE_DAYS ? FERRY_DOCTOR_NOTE
					    : FERRY_DOCTOR_OK,
		    "%s is good for %d days", path, days);
	ASN1_TIME_free(now);
	X509_free(certificate);
	if (file != NULL)
		(void)fclose(file);
}

/* Whether something takes connections at ADDRESS:PORT. */
static int
connects(const char *address)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	const char *colon = strrchr(address, ':');
	struct addrinfo *list = NULL;
	char host[256];
	int fd, rc = -1;
	size_t n;

	if (colon == NULL || (n = (size_t)(colon - address)) >= sizeof(host))
		return -1;
	if (*address == '[' && n > 1) {
		address++;
		n -= 2;
	}
	memcpy(host, address, n);
	host[n] = 0;
	if (getaddrinfo(host, colon + 1, &hints, &list) != 0)
		return -1;
	fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd != -1) {
		rc = connect(fd, list->ai_addr, list->ai_addrlen);
		(void)close(fd);
	}
	freeaddrinfo(list);
	return rc;
}

static enum ferry_fetch_verdict
on_ready(void *ctx, const struct ferry_fetch_result *result)
{
	const struct asked *a = ctx;

	if (result->status == 200)
		ferry_doctor_say(a->d, "server", FERRY_DOCTOR_OK,
		    "ferryd answers and follows its store (%s)", a->url);
	else
		ferry_doctor_say(a->d, "server", FERRY_DOCTOR_WRONG,
		    "ferryd does not see its store: %s", result->error.text);
	return FERRY_FETCH_DONE;
}

static int
look_at_server(struct ferry_doctor *d, const char *listen, int tls,
    struct ferry_error *err)
{
	struct ferry_fetch_origin origin = {
		.name = "ferryd", .connections = 1, .tries = 1, .proxy = ""
	};
	struct asked a = { .d = d };
	struct ferry_fetch_request request = { .origin = &origin,
		.document = true,
		.max_size = 4096,
		.ctx = &a,
		.on_data = on_data,
		.on_done = on_ready };
	struct ferry_fetch *fetch = NULL;
	char url[300];
	int rc = -1;

	if (connects(listen) == -1) {
		ferry_doctor_say(d, "server", FERRY_DOCTOR_NOTE,
		    "nobody listens at %s; 'systemctl start ferryd', if this "
		    "machine is to serve",
		    listen);
		return 0;
	}
	if (tls) {
		ferry_doctor_say(d, "server", FERRY_DOCTOR_OK,
		    "something listens at %s; with TLS only its clients can "
		    "ask it for /readyz",
		    listen);
		return 0;
	}
	(void)snprintf(url, sizeof(url), "http://%.250s/readyz", listen);
	a.url = request.url = url;
	if (ferry_fetch_new(&fetch, err) == 0 &&
	    ferry_fetch_add(fetch, &request, err) == 0)
		rc = ferry_fetch_run(fetch, no_tick, NULL, err);
	ferry_fetch_free(fetch);
	return rc;
}

int
ferry_doctor_server(struct ferry_doctor *d, struct ferry_error *err)
{
	struct ferry_conf_group *serve;
	const char *certificate, *listen;

	if (ferry_conf_group(
		ferry_conf_root(d->ctx->conf), "serve", &serve, err) == -1 ||
	    ferry_conf_path(serve, "tls_certificate", "", &certificate, err) ==
		-1 ||
	    ferry_conf_str(serve, "listen", "127.0.0.1:8470", &listen, err) ==
		-1)
		return -1;
	if (*certificate != 0)
		look_at_certificate(d, certificate);
	return look_at_server(d, listen, *certificate != 0, err);
}
