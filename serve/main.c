/* ferryd: the read-only server. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "serve/formats.h"
#include "serve/generation.h"
#include "serve/http/lines.h"
#include "serve/http/metrics.h"
#include "serve/http/server.h"
#include "serve/options.h"
#include "serve/replay/asker.h"
#include "serve/replay/cache.h"
#include "serve/replay/format.h"
#include "serve/replay/issuing.h"
#include "serve/replay/replay.h"
#include "serve/replay/store_view.h"
#include "serve/replay/wished.h"
#include "serve/sandbox.h"
#include "serve/web/web.h"
#include "store/access/access.h"
#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/file.h"
#include "store/base/log.h"
#include "store/store.h"

#define OLD_MAX 4 /* configurations that wait for their connections */
/* The main loop's pace: flushing the logs, ending old generations. */
#define TICK_MS 500
/* How often unused memory is looked at, and how much of it may stay. */
#define TRIM_MS 5000U
#define TRIM_BYTES (8U << 20)

/* Exit status: the same numbers as of `ferry`, packaging/man/ferry.1. */
static int
exit_status(enum ferry_code code)
{

	switch (code) {
	case FERRY_EUSAGE:
		return 2;
	case FERRY_ECONFIG:
		return 3;
	case FERRY_ESYSTEM:
		return 7;
	default:
		return 1;
	}
}

/* Tell the service manager, if there is one. */
static void
notify(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t n;
	int fd;

	if (path == NULL || (path[0] != '/' && path[0] != '@') ||
	    (n = strlen(path)) >= sizeof(sun.sun_path))
		return;
	memcpy(sun.sun_path, path, n);
	if (path[0] == '@')
		sun.sun_path[0] = 0;
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return;
	(void)sendto(fd, text, strlen(text), MSG_NOSIGNAL,
	    (struct sockaddr *)&sun,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	(void)close(fd);
}

/* Each connection and each cached file is a descriptor. */
static unsigned
raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return 64;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur / 4 > 2048 ? 2048
	                                 : (unsigned)(limit.rlim_cur / 4);
}

/* Whole at once, so that whoever waits for it never reads half a number. */
static int
write_port(const char *path, unsigned port, struct ferry_error *err)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%u\n", port);

	return ferry_file_replace(
	    path, 0644, ferry_bytes_of(text, (size_t)n), err);
}

/*
 * Whether o may be served where we listen: while everybody may read
 * everything, others than this machine must have been meant.
 */
static int
check_public(const struct ferry_daemon *d, const struct ferry_serve_options *o,
    const char *listen, struct ferry_error *err)
{
	bool loopback;

	if (ferry_listen_is_loopback(listen, &loopback, err) == -1)
		return -1;
	if (loopback || o->public ||
	    ferry_access_would_restrict(
		ferry_store_view_access(d->view), &o->access))
		return 0;
	return ferry_error_set(err, FERRY_EUSAGE,
	    "refusing to listen on %s: no access rules exist, so everybody "
	    "who reaches that address could read every package; if that is "
	    "meant, say --public, or public = true in the group serve",
	    listen);
}

static int
open_logs(struct ferry_daemon *d, const struct ferry_serve_options *o,
    struct ferry_error *err)
{
	const struct {
		const char *target, *what;
		struct ferry_lines **out;
	} logs[] = { { o->access_log, "access log", &d->log },
		{ o->audit_log, "audit log", &d->audit },
		{ o->asked_log, "log of what is asked for", &d->asked } };

	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++)
		if (logs[i].target != NULL &&
		    ferry_lines_open(
			logs[i].out, logs[i].target, logs[i].what, err) == -1)
			return -1;
	return d->asked == NULL ? 0 : ferry_wished_new(&d->wished, err);
}

static void
announce(const struct ferry_daemon *d)
{
	const struct ferry_serve_options *o = d->current->options;
	const char *colon = strrchr(d->listen, ':');

	ferry_log(FERRY_LOG_INFO, "serving %s at %s://%.*s:%u/", o->store,
	    o->certificate == NULL ? "http" : "https", (int)(colon - d->listen),
	    d->listen, d->port);
	if (o->site.public_url != NULL)
		ferry_log(FERRY_LOG_INFO, "known as %s/", o->site.public_url);
}

/* Root is for nobody whom other machines reach, unless that was meant. */
static int
check_root(const struct ferry_serve_options *o, const char *listen,
    bool loopback, struct ferry_error *err)
{
	static const char why[] = "a user of its own that can read the store "
				  "is enough; if it is meant, say "
				  "--allow-root, or allow_root = true in the "
				  "group serve";

	if (geteuid() != 0 || o->allow_root)
		return 0;
	if (!loopback)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "refusing to run as root on %s: %s", listen, why);
	ferry_log(FERRY_LOG_WARNING, "running as root: %s", why);
	return 0;
}

/* What is written to a path, and not to a standard stream. */
static const char *
log_path(const char *target)
{

	return target == NULL || strcmp(target, "stdout") == 0 ||
	               strcmp(target, "stderr") == 0
	           ? NULL
	           : target;
}

/*
 * The walls stand before there is anything to protect them from, and before
 * there is a second thread.
 * Returns: 0; 1 if that was all that was asked for; -1.
 */
static int
enter_sandbox(struct ferry_daemon *d, struct ferry_error *err)
{
	const struct ferry_serve_options *o = d->current->options;
	const char *conf = d->args.config;
	const struct ferry_sandbox_paths paths = {
		.store = o->store,
		.read = { conf != NULL ? conf : getenv("FERRY_CONFIG"),
		    o->certificate, o->key },
		.written = { log_path(o->access_log), log_path(o->audit_log),
		    log_path(o->asked_log), d->args.port_file },
	};

	if (ferry_sandbox_new(&d->sandbox, err) == -1)
		return -1;
	if (d->args.check_sandbox) {
		(void)ferry_sandbox_check(d->sandbox, &paths);
		return 1;
	}
	ferry_sandbox_enter(d->sandbox, &paths);
	return 0;
}

/* The address to listen on: of the socket that was passed, or the options'. */
static int
find_address(struct ferry_daemon *d, const struct ferry_serve_options *o,
    bool *loopback, struct ferry_error *err)
{
	char passed[FERRY_LISTEN_ADDRESS];
	int rc = ferry_listen_passed(&d->listen_fd, passed, &d->port, err);

	return rc == -1 || ferry_strdup(&d->listen,
			       rc == 1 ? passed : o->listen, err) == -1
	           ? -1
	           : ferry_listen_is_loopback(d->listen, loopback, err);
}

/* Returns: 0; 1 if all that was asked for is done; -1. */
static int
start(struct ferry_daemon *d, struct ferry_error *err)
{
	const struct ferry_serve_options *o;
	bool loopback;
	int rc;

	if (ferry_generation_new(&d->current, d, err) == -1)
		return -1;
	if (d->args.check) {
		(void)puts("ferryd: the configuration is right");
		return 1;
	}
	(void)raise_files();
	if ((rc = enter_sandbox(d, err)) != 0)
		return rc;
	o = d->current->options;
	if (find_address(d, o, &loopback, err) == -1)
		return -1;
	for (size_t i = 0; ferry_serve_formats[i] != NULL; i++)
		if (ferry_metrics_add_row(
			&d->metrics, ferry_serve_formats[i]->name, err) == -1)
			return -1;
	if (ferry_store_view_open(
		&d->view, o->store, o->cache_bytes, raise_files(), err) == -1 ||
	    check_public(d, o, d->listen, err) == -1 ||
	    check_root(o, d->listen, loopback, err) == -1)
		return -1;
	ferry_access_configure(ferry_store_view_access(d->view), &o->access);
	if (!o->known)
		ferry_store_view_hide_known(d->view);
	if ((d->listen_fd == -1 && ferry_listen(&d->listen_fd, d->listen,
				       &d->port, &loopback, err) == -1) ||
	    (o->known &&
		ferry_asker_new(&d->asker, o->pull, d->view, err) == -1) ||
	    ferry_issuing_new(&d->issuing, o->issue, err) == -1 ||
	    ferry_replayer_new(&d->replayer, ferry_serve_formats, d->view,
		d->asker, d->issuing, o->search_bytes, err) == -1 ||
	    open_logs(d, o, err) == -1)
		return -1;
	if (ferry_generation_start(d->current, err) == -1)
		return -1;
	if (d->args.port_file != NULL &&
	    write_port(d->args.port_file, d->port, err) == -1)
		return -1;
	announce(d);
	notify("READY=1");
	return 0;
}

static void
reopen(struct ferry_lines *log)
{
	struct ferry_error err = FERRY_ERROR_INIT;

	if (log != NULL && ferry_lines_reopen(log, &err) == -1)
		ferry_log(FERRY_LOG_ERROR, "%s; the old one goes on", err.text);
}

/* Who reloads again and again keeps some old configurations, not all. */
static void
hurry(struct ferry_daemon *d)
{
	unsigned n = 0;

	for (struct ferry_generation *g = d->old; g != NULL; g = g->next)
		g->hurried = g->hurried || ++n > OLD_MAX;
}

static void
reload(struct ferry_daemon *d)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_generation *next = NULL;

	notify("RELOADING=1");
	reopen(d->log);
	reopen(d->audit);
	reopen(d->asked);
	/* The socket is the first one's, whatever is written now. */
	if (ferry_generation_new(&next, d, &err) == -1 ||
	    check_public(d, next->options, d->listen, &err) == -1 ||
	    ferry_generation_start(next, &err) == -1) {
		ferry_generation_free(next);
		ferry_log(FERRY_LOG_ERROR,
		    "%s; the configuration stays as it was", err.text);
	} else {
		ferry_access_configure(
		    ferry_store_view_access(d->view), &next->options->access);
		ferry_cache_resize(ferry_store_view_cache(d->view),
		    next->options->cache_bytes);
		/* Links and scripts may say another base now. */
		ferry_cache_drop_all(ferry_store_view_cache(d->view));
		ferry_generation_drain(d->current);
		d->current->next = d->old;
		d->old = d->current;
		d->current = next;
		hurry(d);
		ferry_log(FERRY_LOG_INFO, "configuration read again");
	}
	notify("READY=1");
}

static void
reap(struct ferry_daemon *d)
{
	struct ferry_generation **p = &d->old;

	while (*p != NULL) {
		struct ferry_generation *g = *p;

		ferry_server_tick(g->server);

		if (ferry_generation_done(g)) {
			*p = g->next;
			ferry_generation_free(g);
		} else {
			p = &g->next;
		}
	}
}

/* Give back what a burst has left. */
static void
trim(struct ferry_daemon *d)
{
	uint64_t now = ferry_ticks_ms();

	if (now - d->trimmed_at < TRIM_MS)
		return;
	d->trimmed_at = now;
	if (mallinfo2().fordblks > TRIM_BYTES)
		(void)malloc_trim(0);
}

static void
flush_logs(struct ferry_daemon *d)
{
	struct ferry_lines *logs[] = { d->log, d->audit, d->asked };

	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++)
		if (logs[i] != NULL)
			ferry_lines_flush(logs[i]);
}

/* Until a signal ends it. */
static void
run(struct ferry_daemon *d, const sigset_t *signals)
{
	const struct timespec tick = { 0, TICK_MS * 1000000L };

	for (;;) {
		int number = sigtimedwait(signals, NULL, &tick);

		if (number == SIGTERM || number == SIGINT)
			return;
		if (number == SIGHUP)
			reload(d);
		flush_logs(d);
		ferry_server_tick(d->current->server);
		reap(d);
		trim(d);
	}
}

static void
stop(struct ferry_daemon *d, const sigset_t *signals)
{
	const struct timespec tick = { 0, 20 * 1000000L };

	notify("STOPPING=1");
	atomic_store(&d->stopping, true);
	ferry_generation_drain(d->current);
	d->current->next = d->old;
	d->old = d->current;
	d->current = NULL;
	for (struct ferry_generation *g = d->old; g != NULL; g = g->next)
		g->hurried = true;
	for (reap(d); d->old != NULL; reap(d)) {
		int number = sigtimedwait(signals, NULL, &tick);

		for (struct ferry_generation *g = d->old; g != NULL;
		     g = g->next)
			ferry_server_let_go(g->server);

		/* Asked twice: at once. */
		if (number == SIGTERM || number == SIGINT)
			for (struct ferry_generation *g = d->old; g != NULL;
			     g = g->next)
				g->drain_until_ms = 0;
	}
	ferry_log(FERRY_LOG_INFO, "stopped");
}

int
main(int argc, char **argv)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_daemon d = { .listen_fd = -1 };
	sigset_t signals;
	int rc;

	d.started_ms = ferry_ticks_ms();
	/* What many threads free must not stay in an arena of each, and what
	 * is large goes back at once. */
	(void)mallopt(M_ARENA_MAX, 2);
	(void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
	(void)signal(SIGPIPE, SIG_IGN);
	ferry_store_catch_fatal();
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGHUP);
	/* Before any thread is made, so that none is interrupted. */
	(void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
	rc = ferry_serve_args(&d.args, argc, argv, &err);
	if (rc == FERRY_ARGS_DONE)
		return 0;
	if (rc != -1)
		rc = start(&d, &err);
	if (rc == 1) {
		rc = 0; /* all was said */
	} else if (rc != -1) {
		run(&d, &signals);
		stop(&d, &signals);
	} else {
		ferry_log(FERRY_LOG_ERROR, "%s", err.text);
		rc = exit_status(err.code);
	}
	ferry_generation_free(d.current);
	ferry_replayer_free(d.replayer);
	ferry_asker_free(d.asker);
	ferry_issuing_free(d.issuing);
	ferry_store_view_close(d.view);
	ferry_lines_close(d.log);
	ferry_lines_close(d.audit);
	ferry_lines_close(d.asked);
	ferry_wished_free(d.wished);
	ferry_metrics_free(&d.metrics);
	ferry_sandbox_free(d.sandbox);
	free(d.listen);
	if (d.listen_fd != -1)
		(void)close(d.listen_fd);
	return rc;
}
