#include "serve/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve/http/server.h"
#include "store/base/bytes.h"
#include "store/base/conf.h"
#include "store/base/error.h"
#include "store/format/format.h"

static const char help[] =
    "usage: ferryd [OPTION…]\n"
    "\n"
    "Serve the packages of a ferry store to their native clients, read-only.\n"
    "\n"
    "options:\n"
    "  --config FILE        configuration (else FERRY_CONFIG, else\n"
    "                       " FERRY_CONF ")\n"
    "  --store DIR          the store (else FERRY_STORE, else the\n"
    "                       configuration's)\n"
    "  --listen ADDR:PORT   where to listen (default 127.0.0.1:8470; port 0\n"
    "                       takes a free one)\n"
    "  --port-file FILE     write the port that was taken to FILE\n"
    "  --public             let everybody who reaches the address read\n"
    "                       everything; needed for addresses that are not\n"
    "                       of this machine while no access rules exist\n"
    "  --allow-root         run as root, which else is refused on addresses\n"
    "                       that are not of this machine\n"
    "  --check              read the configuration, the certificate and its key\n"
    "                       as a start would, say what is wrong, and end\n"
    "  --check-sandbox      say what the server could not do if somebody took\n"
    "                       it over, and end\n"
    "  --help, --version\n"
    "\n"
    "SIGTERM and SIGINT stop accepting, finish what is under way, and end.\n"
    "SIGHUP reads the configuration and the certificate again, and opens the\n"
    "logs anew.\n";

/* The value of option name in arg, or in next (which may be NULL); or NULL. */
static const char *
value_of(const char *name, const char *arg, const char *next)
{
	size_t n = strlen(name);

	if (strncmp(arg, name, n) != 0)
		return NULL;
	return arg[n] == '=' ? arg + n + 1 : arg[n] == 0 ? next : NULL;
}

int
ferry_serve_args(struct ferry_serve_args *out, int argc, char **argv,
    struct ferry_error *err)
{
	struct {
		const char *name;
		const char **value;
	} options[] = { { "--config", &out->config },
		{ "--store", &out->store }, { "--listen", &out->listen },
		{ "--port-file", &out->port_file } };

	const struct {
		const char *name;
		bool *value;
	} flags[] = { { "--public", &out->public },
		{ "--allow-root", &out->allow_root },
		{ "--check", &out->check },
		{ "--check-sandbox", &out->check_sandbox } };

	*out = (struct ferry_serve_args){ 0 };
	for (int i = 1; i < argc && argv[i] != NULL; i++) {
		bool known = false;

		if (strcmp(argv[i], "--help") == 0) {
			(void)fputs(help, stdout);
			return FERRY_ARGS_DONE;
		}
		if (strcmp(argv[i], "--version") == 0) {
			(void)puts("ferryd " FERRY_VERSION);
			return FERRY_ARGS_DONE;
		}
		for (size_t k = 0;
		     !known && k < sizeof(flags) / sizeof(flags[0]); k++)
			if (strcmp(argv[i], flags[k].name) == 0)
				*flags[k].value = known = true;
		for (size_t k = 0;
		     !known && k < sizeof(options) / sizeof(options[0]); k++) {
			const char *value =
			    value_of(options[k].name, argv[i], argv[i + 1]);

			if (value != NULL) {
				*options[k].value = value;
				known = true;
				if (value == argv[i + 1])
					i++;
			}
		}
		if (!known)
			return ferry_error_set(err, FERRY_EUSAGE,
			    "'%s' is not an option, or lacks its value; see "
			    "'ferryd --help'",
			    argv[i]);
	}
	return FERRY_ARGS_RUN;
}

/* Without a final '/', and only what can stand in a document as it is. */
static int
read_public_url(struct ferry_serve_options *o, struct ferry_conf_group *group,
    struct ferry_error *err)
{
	const char *url;
	size_t n;

	if (ferry_conf_str(group, "public_url", NULL, &url, err) == -1)
		return -1;
	if (url == NULL || *url == 0)
		return 0;
	if ((strncmp(url, "http://", 7) != 0 &&
		strncmp(url, "https://", 8) != 0) ||
	    strpbrk(url, " \"'<>\\?#") != NULL)
		return ferry_conf_error(group, "public_url", err,
		    "expected a URL such as \"https://packages.example.com\"");
	if (ferry_strdup(&o->public_url, url, err) == -1)
		return -1;
	for (n = strlen(o->public_url); o->public_url[n - 1] == '/'; n--)
		o->public_url[n - 1] = 0;
	o->site.public_url = o->public_url;
	return 0;
}

static int
read_proxies(struct ferry_serve_options *o, struct ferry_conf_group *group,
    struct ferry_error *err)
{
	struct ferry_error cause = FERRY_ERROR_INIT;
	const char *text;
	int rc;

	for (unsigned i = 0; (rc = ferry_conf_strs(group, "trusted_proxies", i,
				  &text, err)) == 1;
	     i++)
		if (ferry_networks_add(&o->proxies, text, &cause) == -1)
			return ferry_conf_error(
			    group, "trusted_proxies", err, "%s", cause.text);
	return rc;
}

static int
read_hosts(struct ferry_serve_options *o, struct ferry_conf_group *group,
    struct ferry_error *err)
{
	const char *host;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_strs(group, "hosts", i, &host, err)) == 1; i++) {
		if (o->site.hosts_n == FERRY_SITE_HOSTS)
			return ferry_conf_error(group, "hosts", err,
			    "more than %d hosts", FERRY_SITE_HOSTS);
		if (*host == 0 || strpbrk(host, "/ ") != NULL)
			return ferry_conf_error(group, "hosts", err,
			    "expected a name such as \"packages.example.com\"");
		o->site.hosts[o->site.hosts_n++] = host;
	}
	return rc;
}

/* The address of the file; that of the command line has no line. */
static int
read_listen(struct ferry_serve_options *o, struct ferry_conf_group *group,
    struct ferry_error *err)
{
	struct ferry_error cause = FERRY_ERROR_INIT;
	bool loopback;

	if (ferry_conf_str(
		group, "listen", "127.0.0.1:8470", &o->listen, err) == -1)
		return -1;
	return ferry_listen_is_loopback(o->listen, &loopback, &cause) == 0
	           ? 0
	           : ferry_conf_error(group, "listen", err, "%s", cause.text);
}

/* A file that is there, if the other is named as well; NULL for none and "". */
static int
read_tls_file(struct ferry_conf_group *group, const char *name,
    const char *other, const char **out, struct ferry_error *err)
{
	const char *given, *beside;

	*out = NULL;
	if (ferry_conf_str(group, name, "", &given, err) == -1 ||
	    ferry_conf_str(group, other, "", &beside, err) == -1)
		return -1;
	if (*given == 0)
		return 0;
	return *beside == 0 ? ferry_conf_error(group, name, err,
				  "tls_certificate and tls_key go together")
	                    : ferry_conf_file(group, name, out, err);
}

static int
read_tls(struct ferry_serve_options *o, struct ferry_conf_group *group,
    struct ferry_error *err)
{

	if (read_tls_file(group, "tls_certificate", "tls_key", &o->certificate,
		err) == -1 ||
	    read_tls_file(group, "tls_key", "tls_certificate", &o->key, err) ==
		-1)
		return -1;
	return ferry_conf_str(group, "tls_priorities",
	    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2", &o->tls_priorities,
	    err);
}

static int
read_access(struct ferry_serve_options *o, struct ferry_conf_group *group,
    struct ferry_error *err)
{
	uint64_t bad;

	if (ferry_access_policy_read(&o->access, group, err) == -1 ||
	    ferry_conf_u64(
		group, "bad_credentials", 0, 1000000, 20, &bad, err) == -1)
		return -1;
	o->site.bad_credentials = (unsigned)bad;
	return 0;
}

/* A file, or a standard stream; NULL for none. */
static int
read_log(struct ferry_conf_group *group, const char *name, const char **out,
    struct ferry_error *err)
{
	const char *log;

	if (ferry_conf_str(group, name, NULL, &log, err) == -1)
		return -1;
	*out = log;
	if (log == NULL || strcmp(log, "stdout") == 0 ||
	    strcmp(log, "stderr") == 0)
		return 0;
	if (*log != 0)
		return ferry_conf_path(group, name, NULL, out, err);
	*out = NULL;
	return 0;
}

static int
read_group(struct ferry_serve_options *o, struct ferry_conf_group *group,
    struct ferry_error *err)
{

	if (read_listen(o, group, err) == -1 ||
	    ferry_conf_bool(group, "public", false, &o->public, err) == -1 ||
	    ferry_conf_bool(group, "allow_root", false, &o->allow_root, err) ==
		-1 ||
	    read_public_url(o, group, err) == -1 ||
	    ferry_conf_bool(
		group, "subdomains", false, &o->site.subdomains, err) == -1 ||
	    read_hosts(o, group, err) == -1 ||
	    read_proxies(o, group, err) == -1 ||
	    read_tls(o, group, err) == -1 ||
	    ferry_conf_u64(group, "threads", 0, 256, 0, &o->threads, err) ==
		-1 ||
	    ferry_conf_u64(group, "connections", 16, 1000000, 4096,
		&o->connections, err) == -1 ||
	    ferry_conf_u64(group, "connections_per_address", 0, 1000000,
		o->connections / 4, &o->connections_per_ip, err) == -1 ||
	    ferry_conf_u64(
		group, "head_timeout", 1, 3600, 20, &o->head_s, err) == -1 ||
	    ferry_conf_u64(
		group, "timeout", 1, 86400, 60, &o->timeout_s, err) == -1 ||
	    ferry_conf_u64(group, "drain", 0, 86400, 30, &o->drain_s, err) ==
		-1 ||
	    ferry_conf_bool(group, "known", true, &o->known, err) == -1 ||
	    ferry_conf_u64(group, "pull_wait", 1, 3600, 60,
		&o->site.pull_wait_s, err) == -1 ||
	    ferry_conf_bool(group, "pull_background", false,
		&o->site.pull_background, err) == -1 ||
	    ferry_conf_size(group, "cache", 0, UINT64_C(1) << 40, 64U << 20,
		&o->cache_bytes, err) == -1 ||
	    ferry_conf_size(group, "search_index", 0, UINT64_C(1) << 34,
		16U << 20, &o->search_bytes, err) == -1 ||
	    read_access(o, group, err) == -1 ||
	    read_log(group, "access_log", &o->access_log, err) == -1 ||
	    read_log(group, "audit_log", &o->audit_log, err) == -1 ||
	    read_log(group, "asked_log", &o->asked_log, err) == -1)
		return -1;
	return ferry_conf_finish(group, err);
}

/* How many upstreams a sync has: what they are is its own business. */
static int
count_upstreams(struct ferry_serve_options *o, struct ferry_error *err)
{
	struct ferry_conf_group *ignored;
	int rc;

	while ((rc = ferry_conf_list(ferry_conf_root(o->conf), "upstreams",
		    o->site.upstreams, &ignored, err)) == 1)
		o->site.upstreams++;
	return rc;
}

/* The file that is named, or the usual one if it is there. */
static int
open_conf(struct ferry_conf **out, const char *path, struct ferry_error *err)
{
	static const char usual[] = FERRY_CONF;

	if (path == NULL)
		path = getenv("FERRY_CONFIG");
	if (path == NULL && access(usual, F_OK) == 0)
		path = usual;
	return path == NULL ? ferry_conf_empty(out, err)
	                    : ferry_conf_open(out, path, err);
}

int
ferry_serve_options_read(struct ferry_serve_options **out,
    const struct ferry_serve_args *args, struct ferry_error *err)
{
	struct ferry_conf_group *group, *pull, *issue;
	struct ferry_serve_options *o;
	const char *store, *socket, *issuer;

	if (ferry_calloc(&o, 1, sizeof(*o), err) == -1)
		return -1;
	if (open_conf(&o->conf, args->config, err) == -1 ||
	    ferry_conf_check_top(o->conf, err) == -1 ||
	    ferry_conf_path(ferry_conf_root(o->conf), "store", "/var/lib/ferry",
		&store, err) == -1 ||
	    ferry_conf_group(ferry_conf_root(o->conf), "serve", &group, err) ==
		-1 ||
	    read_group(o, group, err) == -1 || count_upstreams(o, err) == -1 ||
	    ferry_conf_group(ferry_conf_root(o->conf), "pull", &pull, err) ==
		-1 ||
	    ferry_conf_path(pull, "socket", NULL, &socket, err) == -1 ||
	    ferry_conf_group(ferry_conf_root(o->conf), "issue", &issue, err) ==
		-1 ||
	    ferry_conf_path(issue, "socket", NULL, &issuer, err) == -1)
		goto fail;
	o->store = args->store != NULL ? args->store : getenv("FERRY_STORE");
	if (o->store == NULL)
		o->store = store;
	if (ferry_unix_path(o->pull, "pull", socket, o->store, err) == -1 ||
	    ferry_unix_path(o->issue, "issue", issuer, o->store, err) == -1)
		goto fail;
	if (args->listen != NULL)
		o->listen = args->listen;
	o->public = o->public || args->public;
	o->allow_root = o->allow_root || args->allow_root;
	*out = o;
	return 0;
fail:
	ferry_serve_options_free(o);
	return -1;
}

void
ferry_serve_options_free(struct ferry_serve_options *o)
{

	if (o == NULL)
		return;
	ferry_conf_free(o->conf);
	free(o->public_url);
	free(o);
}
