#include "serve/generation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve/formats.h"
#include "serve/http/tls.h"
#include "serve/replay/replay.h"
#include "serve/replay/store_view.h"
#include "store/base/clock.h"
#include "store/base/conf.h"
#include "store/base/error.h"

#define PEM_MAX (1U << 20)

static void
on_request(
    void *ctx, const struct ferry_request *rq, struct ferry_response *res)
{
	struct ferry_generation *g = ctx;
	struct ferry_replayer *replayer = g->daemon->replayer;
	const struct ferry_site *site = &g->options->site;

	if (!ferry_web_is_probe(rq) &&
	    !ferry_replay_expects(replayer, site, rq))
		ferry_response_text(res, 421, "text/plain",
		    "this server does not answer to that name; serve.hosts "
		    "says to which\n");
	else if (!ferry_replay_request(replayer, site, rq, res))
		ferry_web_request(&g->web, rq, res);
}

static int
read_file(struct ferry_buf *buf, const char *path, struct ferry_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = -1;
	ssize_t n = 0;

	if (fd == -1)
		return ferry_error_errno(err, "%s", path);
	while (buf->n < PEM_MAX) {
		if (ferry_buf_reserve(buf, 8192, err) == -1)
			goto out;
		if ((n = read(fd, buf->p + buf->n, 8192)) <= 0)
			break;
		buf->n += (size_t)n;
		buf->p[buf->n] = 0;
	}
	rc = n == 0  ? 0
	     : n < 0 ? ferry_error_errno(err, "%s", path)
	             : ferry_error_set(
			   err, FERRY_ELIMIT, "%s is not a PEM file", path);
out:
	(void)close(fd);
	return rc;
}

void
ferry_generation_free(struct ferry_generation *g)
{

	if (g == NULL)
		return;
	ferry_server_stop(g->server);
	/* A key's bytes do not stay behind. */
	if (g->key.p != NULL)
		explicit_bzero(g->key.p, g->key.cap);
	ferry_buf_free(&g->key);
	ferry_buf_free(&g->certificate);
	ferry_serve_options_free(g->options);
	free(g);
}

/* Files that are no certificate and key, or not of each other, are told with
 * the line that names them. */
static int
read_certificate(struct ferry_generation *g, struct ferry_error *err)
{
	const struct ferry_serve_options *o = g->options;
	struct ferry_error cause = FERRY_ERROR_INIT;
	struct ferry_conf_group *group;
	const char *option;

	if (read_file(&g->certificate, o->certificate, err) == -1 ||
	    read_file(&g->key, o->key, err) == -1)
		return -1;
	if (ferry_tls_check((const char *)g->certificate.p,
		(const char *)g->key.p, o->tls_priorities, &option,
		&cause) == 0)
		return 0;
	return ferry_conf_group(
		   ferry_conf_root(o->conf), "serve", &group, err) == -1
	           ? -1
	           : ferry_conf_error(group, option, err, "%s", cause.text);
}

int
ferry_generation_new(struct ferry_generation **out, struct ferry_daemon *d,
    struct ferry_error *err)
{
	struct ferry_generation *g;

	if (ferry_calloc(&g, 1, sizeof(*g), err) == -1)
		return -1;
	g->daemon = d;
	if (ferry_serve_options_read(&g->options, &d->args, err) == -1)
		goto fail;
	if (g->options->certificate != NULL && read_certificate(g, err) == -1)
		goto fail;
	*out = g;
	return 0;
fail:
	ferry_generation_free(g);
	return -1;
}

int
ferry_generation_start(struct ferry_generation *g, struct ferry_error *err)
{
	const struct ferry_serve_options *o = g->options;
	struct ferry_daemon *d = g->daemon;

	g->options->site.audit = d->audit;
	g->options->site.asked = d->asked;
	g->options->site.wished = d->wished;
	g->options->site.metrics = &d->metrics;
	g->options->site.started_ms = d->started_ms;
	g->web = (struct ferry_web){ ferry_serve_formats, d->view, &o->site,
		&d->stopping };
	g->http = (struct ferry_server_options){
		.listen_fd = d->listen_fd,
		.threads = (unsigned)o->threads,
		.connections = (unsigned)o->connections,
		.connections_per_ip = (unsigned)o->connections_per_ip,
		.timeout_s = (unsigned)o->timeout_s,
		.head_s = (unsigned)o->head_s,
		.tls_priorities = o->tls_priorities,
		.proxies = &o->proxies,
		.handler = on_request,
		.ctx = g,
		.metrics = &d->metrics,
		.log = d->log,
	};
	if (o->certificate != NULL) {
		g->http.certificate = (const char *)g->certificate.p;
		g->http.key = (const char *)g->key.p;
	}
	return ferry_server_start(&g->server, &g->http, err);
}

void
ferry_generation_drain(struct ferry_generation *g)
{

	ferry_server_drain(g->server);
	g->drain_until_ms = ferry_ticks_ms() + g->options->drain_s * 1000;
}

bool
ferry_generation_done(const struct ferry_generation *g)
{

	/*
	 * A client may be sending its next request on a connection that was
	 * kept: it is answered, and the connection closed with that, instead of
	 * being cut off while the request is on its way.
	 */
	return (ferry_server_in_flight(g->server) == 0 &&
		   (g->hurried || ferry_server_connections(g->server) == 0)) ||
	       ferry_ticks_ms() >= g->drain_until_ms;
}
