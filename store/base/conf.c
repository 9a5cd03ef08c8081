#include "store/base/conf.h"

#include <errno.h>
#include <inttypes.h>
#include <libconfig.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/base/bytes.h"
#include "store/base/error.h"
#include "store/base/json.h"

struct ferry_conf_group {
	struct ferry_conf *conf;
	struct ferry_conf_group *next; /* in conf's list */
	config_setting_t *setting; /* NULL reads as empty */
	const char **asked; /* names, for _finish */
	size_t asked_n, asked_cap;
};

struct ferry_conf {
	config_t config;
	char *path;
	struct ferry_conf_group *groups;
	char **paths; /* resolved, freed with conf */
	size_t paths_n, paths_cap;
};

static int
group_new(struct ferry_conf *conf, config_setting_t *setting,
    struct ferry_conf_group **out, struct ferry_error *err)
{
	struct ferry_conf_group *g;

	for (g = conf->groups; g != NULL; g = g->next)
		if (setting != NULL && g->setting == setting) {
			*out = g;
			return 0;
		}
	if (ferry_calloc(&g, 1, sizeof(*g), err) == -1)
		return -1;
	g->conf = conf;
	g->setting = setting;
	g->next = conf->groups;
	conf->groups = g;
	*out = g;
	return 0;
}

static int
conf_new(struct ferry_conf **out, const char *path, struct ferry_error *err)
{
	struct ferry_conf *conf;

	if (ferry_calloc(&conf, 1, sizeof(*conf), err) == -1)
		return -1;
	config_init(&conf->config);
	if (ferry_strdup(&conf->path, path, err) == -1) {
		ferry_conf_free(conf);
		return -1;
	}
	*out = conf;
	return 0;
}

int
ferry_conf_empty(struct ferry_conf **out, struct ferry_error *err)
{
	struct ferry_conf_group *root;

	if (conf_new(out, "", err) == -1)
		return -1;
	return group_new(
	    *out, config_root_setting(&(*out)->config), &root, err);
}

int
ferry_conf_open(
    struct ferry_conf **out, const char *path, struct ferry_error *err)
{
	struct ferry_conf_group *root;
	struct ferry_conf *conf;
	FILE *file;

	if ((file = fopen(path, "re")) == NULL)
		return ferry_error_errno(err, "%s", path);
	if (conf_new(&conf, path, err) == -1) {
		(void)fclose(file);
		return -1;
	}
	if (config_read(&conf->config, file) != CONFIG_TRUE) {
		ferry_error_set(err, FERRY_ECONFIG, "%s:%d: %s", path,
		    config_error_line(&conf->config),
		    config_error_text(&conf->config));
		goto fail;
	}
	(void)fclose(file);
	file = NULL;
	if (group_new(conf, config_root_setting(&conf->config), &root, err) ==
	    -1)
		goto fail;
	*out = conf;
	return 0;
fail:
	if (file != NULL)
		(void)fclose(file);
	ferry_conf_free(conf);
	return -1;
}

void
ferry_conf_free(struct ferry_conf *conf)
{
	struct ferry_conf_group *g, *next;

	if (conf == NULL)
		return;
	for (g = conf->groups; g != NULL; g = next) {
		next = g->next;
		free(g->asked);
		free(g);
	}
	for (size_t i = 0; i < conf->paths_n; i++)
		free(conf->paths[i]);
	free(conf->paths);
	free(conf->path);
	config_destroy(&conf->config);
	free(conf);
}

struct ferry_conf_group *
ferry_conf_root(struct ferry_conf *conf)
{
	struct ferry_conf_group *g = conf->groups;

	while (g->next != NULL)
		g = g->next;
	return g;
}

/* The member, remembering that it was asked for.  Names are literals. */
static int
ask(struct ferry_conf_group *g, const char *name, config_setting_t **out,
    struct ferry_error *err)
{
	size_t i;

	for (i = 0; i < g->asked_n && strcmp(g->asked[i], name) != 0; i++)
		;
	if (i == g->asked_n) {
		if (ferry_array_grow(&g->asked, &g->asked_cap, g->asked_n + 1,
			sizeof(*g->asked), err) == -1)
			return -1;
		g->asked[g->asked_n++] = name;
	}
	*out = g->setting == NULL ? NULL
	                          : config_setting_get_member(g->setting, name);
	return 0;
}

bool
ferry_conf_has(struct ferry_conf_group *g, const char *name)
{

	return g->setting != NULL &&
	       config_setting_get_member(g->setting, name) != NULL;
}

/* The first line is where a whole file begins. */
static unsigned
line_of(const config_setting_t *s)
{
	unsigned line = s == NULL ? 0 : config_setting_source_line(s);

	return line == 0 ? 1 : line;
}

unsigned
ferry_conf_line(struct ferry_conf_group *g, const char *name)
{
	const config_setting_t *s =
	    g->setting == NULL || name == NULL
		? NULL
		: config_setting_get_member(g->setting, name);

	return line_of(s != NULL ? s : g->setting);
}

int
ferry_conf_error(struct ferry_conf_group *g, const char *name,
    struct ferry_error *err, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return ferry_error_set(err, FERRY_ECONFIG, "%s:%u: %s%s%s",
	    g->conf->path, ferry_conf_line(g, name), name == NULL ? "" : name,
	    name == NULL ? "" : ": ", text);
}

static int
check_text(
    struct ferry_conf *conf, const config_setting_t *s, struct ferry_error *err)
{
	const config_setting_t *below;
	const char *text = config_setting_get_string(s);

	if (text != NULL && !ferry_text_plain(text)) {
		while (config_setting_name(s) == NULL &&
		       config_setting_parent(s) != NULL)
			s = config_setting_parent(s);
		return ferry_error_set(err, FERRY_ECONFIG,
		    "%s:%u: %s: has control characters, or bytes that are not "
		    "UTF-8",
		    conf->path, line_of(s), config_setting_name(s));
	}
	for (unsigned i = 0; config_setting_is_aggregate(s) &&
			     (below = config_setting_get_elem(s, i)) != NULL;
	     i++)
		if (check_text(conf, below, err) == -1)
			return -1;
	return 0;
}

int
ferry_conf_check_text(struct ferry_conf *conf, struct ferry_error *err)
{

	return check_text(conf, config_root_setting(&conf->config), err);
}

int
ferry_conf_group(struct ferry_conf_group *g, const char *name,
    struct ferry_conf_group **out, struct ferry_error *err)
{
	config_setting_t *s;

	if (ask(g, name, &s, err) == -1)
		return -1;
	if (s != NULL && !config_setting_is_group(s))
		return ferry_conf_error(
		    g, name, err, "expected a group: { … }");
	return group_new(g->conf, s, out, err);
}

int
ferry_conf_list(struct ferry_conf_group *g, const char *name, unsigned i,
    struct ferry_conf_group **out, struct ferry_error *err)
{
	config_setting_t *s, *e;

	if (ask(g, name, &s, err) == -1)
		return -1;
	if (s == NULL)
		return 0;
	if (!config_setting_is_list(s))
		return ferry_conf_error(
		    g, name, err, "expected a list of groups: ( { … }, … )");
	if ((e = config_setting_get_elem(s, i)) == NULL)
		return 0;
	if (!config_setting_is_group(e))
		return ferry_conf_error(
		    g, name, err, "element %u is not a group: { … }", i + 1);
	return group_new(g->conf, e, out, err) == -1 ? -1 : 1;
}

int
ferry_conf_str(struct ferry_conf_group *g, const char *name,
    const char *fallback, const char **out, struct ferry_error *err)
{
	config_setting_t *s;

	if (ask(g, name, &s, err) == -1)
		return -1;
	if (s == NULL) {
		*out = fallback;
		return 0;
	}
	if ((*out = config_setting_get_string(s)) == NULL)
		return ferry_conf_error(
		    g, name, err, "expected a string in double quotes");
	return 0;
}

int
ferry_conf_need_str(struct ferry_conf_group *g, const char *name,
    const char **out, struct ferry_error *err)
{

	if (ferry_conf_str(g, name, NULL, out, err) == -1)
		return -1;
	if (*out == NULL || **out == 0)
		return ferry_conf_error(g, name, err, "is missing or empty");
	return 0;
}

int
ferry_conf_url(struct ferry_conf_group *g, const char *name,
    const char *fallback, char **out, struct ferry_error *err)
{
	const char *url;
	size_t n;

	if (ferry_conf_str(g, name, fallback, &url, err) == -1)
		return -1;
	if (url == NULL)
		return 0;
	n = strlen(url);
	while (n > 0 && url[n - 1] == '/')
		n--;
	if ((strncmp(url, "http://", 7) != 0 &&
		strncmp(url, "https://", 8) != 0) ||
	    strpbrk(url, "?# \t@") != NULL)
		return ferry_conf_error(g, name, err,
		    "expected https://HOST/… without user, '?' or '#'");
	return ferry_strndup(out, ferry_bytes_of(url, n), err);
}

/* A relative path starts at the file's folder. */
static int
resolve(struct ferry_conf *conf, const char *value, const char **out,
    struct ferry_error *err)
{
	const char *slash = strrchr(conf->path, '/');
	struct ferry_buf buf = FERRY_BUF_INIT;

	if (value[0] == '/' || slash == NULL) {
		*out = value;
		return 0;
	}
	if (ferry_array_grow(&conf->paths, &conf->paths_cap, conf->paths_n + 1,
		sizeof(*conf->paths), err) == -1 ||
	    ferry_buf_addf(&buf, err, "%.*s/%s", (int)(slash - conf->path),
		conf->path, value) == -1)
		return -1;
	*out = conf->paths[conf->paths_n++] = (char *)buf.p;
	return 0;
}

int
ferry_conf_path(struct ferry_conf_group *g, const char *name,
    const char *fallback, const char **out, struct ferry_error *err)
{
	const char *value;

	if (ferry_conf_str(g, name, NULL, &value, err) == -1)
		return -1;
	if (value == NULL) {
		*out = fallback;
		return 0;
	}
	return resolve(g->conf, value, out, err);
}

static int
ranged(struct ferry_conf_group *g, const char *name, long long v, uint64_t min,
    uint64_t max, uint64_t *out, struct ferry_error *err)
{

	if (v < 0 || (uint64_t)v < min || (uint64_t)v > max)
		return ferry_conf_error(g, name, err,
		    "%lld is not within %" PRIu64 " to %" PRIu64, v, min, max);
	*out = (uint64_t)v;
	return 0;
}

static bool
is_number(const config_setting_t *s)
{

	return config_setting_type(s) == CONFIG_TYPE_INT ||
	       config_setting_type(s) == CONFIG_TYPE_INT64;
}

int
ferry_conf_u64(struct ferry_conf_group *g, const char *name, uint64_t min,
    uint64_t max, uint64_t fallback, uint64_t *out, struct ferry_error *err)
{
	config_setting_t *s;

	if (ask(g, name, &s, err) == -1)
		return -1;
	if (s == NULL) {
		*out = fallback;
		return 0;
	}
	if (!is_number(s))
		return ferry_conf_error(g, name, err, "expected a number");
	return ranged(g, name, config_setting_get_int64(s), min, max, out, err);
}

int
ferry_conf_size(struct ferry_conf_group *g, const char *name, uint64_t min,
    uint64_t max, uint64_t fallback, uint64_t *out, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	config_setting_t *s;
	const char *text;

	if (ask(g, name, &s, err) == -1)
		return -1;
	if (s == NULL) {
		*out = fallback;
		return 0;
	}
	if (is_number(s))
		return ranged(
		    g, name, config_setting_get_int64(s), min, max, out, err);
	if ((text = config_setting_get_string(s)) == NULL)
		return ferry_conf_error(g, name, err,
		    "expected a size: a number of bytes or a string such as "
		    "\"64Mi\"");
	if (ferry_parse_size(ferry_bytes_str(text), min, max, out, &why) == -1)
		return ferry_conf_error(g, name, err, "%s", why.text);
	return 0;
}

int
ferry_conf_bool(struct ferry_conf_group *g, const char *name, bool fallback,
    bool *out, struct ferry_error *err)
{
	config_setting_t *s;

	if (ask(g, name, &s, err) == -1)
		return -1;
	if (s == NULL) {
		*out = fallback;
		return 0;
	}
	if (config_setting_type(s) != CONFIG_TYPE_BOOL)
		return ferry_conf_error(g, name, err, "expected true or false");
	*out = config_setting_get_bool(s) == CONFIG_TRUE;
	return 0;
}

int
ferry_conf_strs(struct ferry_conf_group *g, const char *name, unsigned i,
    const char **out, struct ferry_error *err)
{
	config_setting_t *s, *e;

	if (ask(g, name, &s, err) == -1)
		return -1;
	if (s == NULL)
		return 0;
	if (config_setting_type(s) == CONFIG_TYPE_STRING) {
		*out = config_setting_get_string(s);
		return i == 0;
	}
	if (!config_setting_is_array(s) && !config_setting_is_list(s))
		return ferry_conf_error(
		    g, name, err, "expected strings: [ \"…\", \"…\" ]");
	if ((e = config_setting_get_elem(s, i)) == NULL)
		return 0;
	if ((*out = config_setting_get_string(e)) == NULL)
		return ferry_conf_error(
		    g, name, err, "element %u is not a string", i + 1);
	return 1;
}

int
ferry_conf_all_strs(struct ferry_conf_group *group, const char *name,
    const char **out, size_t max, size_t *n, struct ferry_error *err)
{
	int rc;

	for (*n = 0; (rc = ferry_conf_strs(
			  group, name, (unsigned)*n, out + *n, err)) == 1;
	     *n += 1)
		if (*n + 1 == max)
			return ferry_conf_error(
			    group, name, err, "at most %zu values", max - 1);
	return rc;
}

int
ferry_conf_words(struct ferry_conf_group *g, const char *name,
    const char *const *known, const char **out, size_t max, size_t *n,
    struct ferry_error *err)
{
	char list[200] = "";
	size_t k, used = 0;

	if (ferry_conf_all_strs(g, name, out, max, n, err) == -1)
		return -1;
	for (size_t i = 0; i < *n; i++) {
		for (k = 0; known[k] != NULL && strcmp(known[k], out[i]) != 0;
		     k++)
			;
		if (known[k] != NULL)
			continue;
		for (k = 0; known[k] != NULL && used < sizeof(list) - 20; k++)
			used +=
			    (size_t)snprintf(list + used, sizeof(list) - used,
				"%s%s", k == 0 ? "" : ", ", known[k]);
		return ferry_conf_error(g, name, err,
		    "there is no '%.40s'; there are: %s", out[i], list);
	}
	return 0;
}

int
ferry_conf_file(struct ferry_conf_group *g, const char *name, const char **out,
    struct ferry_error *err)
{

	if (ferry_conf_path(g, name, NULL, out, err) == -1)
		return -1;
	if (*out == NULL || access(*out, R_OK) == 0)
		return 0;
	return ferry_conf_error(g, name, err, "%s: %s", *out, strerror(errno));
}

int
ferry_conf_path_at(struct ferry_conf_group *g, const char *name, unsigned i,
    const char **out, struct ferry_error *err)
{
	const char *value = NULL;
	int rc = ferry_conf_strs(g, name, i, &value, err);

	if (rc == 1 && value != NULL && resolve(g->conf, value, out, err) == -1)
		return -1;
	return rc;
}

/* The option that begins most like a name: what was meant should not be what the
 * list has no room for. */
static const char *
likest_of(const struct ferry_conf_group *g, const char *name)
{
	const char *likest = g->asked_n == 0 ? "none" : g->asked[0];
	size_t most = 0;

	for (size_t i = 0; i < g->asked_n; i++) {
		size_t n = 0;

		while (name[n] != 0 && name[n] == g->asked[i][n])
			n++;
		if (n > most) {
			most = n;
			likest = g->asked[i];
		}
	}
	return likest;
}

int
ferry_conf_finish(struct ferry_conf_group *g, struct ferry_error *err)
{
	config_setting_t *s;
	char known[300] = "";
	const char *likest;
	size_t n;

	if (g->setting == NULL)
		return 0;
	for (unsigned i = 0;
	     (s = config_setting_get_elem(g->setting, i)) != NULL; i++) {
		const char *name = config_setting_name(s);
		size_t k;

		for (k = 0; k < g->asked_n && strcmp(g->asked[k], name) != 0;
		     k++)
			;
		if (k < g->asked_n)
			continue;
		likest = likest_of(g, name);
		n = (size_t)snprintf(known, sizeof(known), "%s", likest);
		for (k = 0; k < g->asked_n && n < sizeof(known) - 40; k++)
			if (g->asked[k] != likest)
				n += (size_t)snprintf(known + n,
				    sizeof(known) - n, ", %s", g->asked[k]);
		return ferry_conf_error(
		    g, name, err, "no such option; there are: %s", known);
	}
	return 0;
}

int
ferry_conf_check_top(struct ferry_conf *conf, struct ferry_error *err)
{
	static const char *const options[] = { "store", "access", "upstreams",
		"export", "import", "issue", "pull", "serve" };
	struct ferry_conf_group *root = ferry_conf_root(conf);
	config_setting_t *ignored;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (ask(root, options[i], &ignored, err) == -1)
			return -1;
	return ferry_conf_finish(root, err);
}
