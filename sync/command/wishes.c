#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/base/clean.h"
#include "store/base/clock.h"
#include "store/base/conf.h"
#include "store/base/json.h"
#include "sync/command/command.h"
#include "sync/command/command_task.h"

static const char help[] =
    "usage: ferry wishes [--since TIME] [FILE…]\n"
    "\n"
    "What clients asked ferryd for and is not here, the most wanted first: from the\n"
    "log that 'asked_log' of the group serve names, or from FILEs, rotated ones for\n"
    "instance.  What somebody may not know of is not in that log.\n"
    "\n"
    "  --since TIME  only of the last 7d, 12h …\n"
    "\n"
    "Exit status: 0, also if nothing is wished for.\n";

#define WISHES_MAX 100000 /* that are counted; later ones are left out */
#define ABSENT 404

/* {"KEY":{"format","package","version","file","count","last"}} */
struct wishes {
	json_t *all;
	const char *since; /* as the log writes times, or "" */
	bool full;
};

static const char *
text_of(const json_t *line, const char *name)
{
	const char *text = json_string_value(json_object_get(line, name));

	return text == NULL ? "" : text;
}

static int
add_new(struct wishes *w, const char *key, const json_t *line,
    struct ferry_error *err)
{
	static const char *const names[] = { "format", "package", "version",
		"file" };
	json_t *wish = json_pack("{s:I}", "count", (json_int_t)0);

	if (ferry_json_set(w->all, key, wish, err) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (text_of(line, names[i])[0] != 0 &&
		    ferry_json_set(wish, names[i],
			json_incref(json_object_get(line, names[i])),
			err) == -1)
			return -1;
	return 0;
}

static int
add_line(struct wishes *w, const json_t *line, struct ferry_error *err)
{
	struct ferry_buf key = FERRY_BUF_INIT;
	json_t *wish;
	int rc;

	if (json_integer_value(json_object_get(line, "status")) != ABSENT ||
	    strcmp(text_of(line, "time"), w->since) < 0)
		return 0;
	rc = ferry_buf_addf(&key, err, "%s\n%s\n%s\n%s",
	    text_of(line, "format"), text_of(line, "package"),
	    text_of(line, "version"), text_of(line, "file"));
	if (rc == 0 && json_object_get(w->all, (char *)key.p) == NULL) {
		w->full = json_object_size(w->all) >= WISHES_MAX;
		rc = w->full ? 1 : add_new(w, (char *)key.p, line, err);
	}
	if (rc == 0) {
		wish = json_object_get(w->all, (char *)key.p);
		rc = ferry_json_set(wish, "count",
		    json_integer(
			json_integer_value(json_object_get(wish, "count")) + 1),
		    err);
		if (rc == 0 &&
		    strcmp(text_of(wish, "last"), text_of(line, "time")) < 0)
			rc = ferry_json_set(wish, "last",
			    json_incref(json_object_get(line, "time")), err);
	}
	ferry_buf_free(&key);
	return rc == -1 ? -1 : 0;
}

/* A line that is cut, as the last of a log may be, is passed over. */
static int
read_log(struct wishes *w, const char *path, struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;
	struct stat sb;
	ssize_t n;
	int rc = 0;

	if (f == NULL)
		return ferry_error_errno(err, "%s", path);
	if (fstat(fileno(f), &sb) == -1 || !S_ISREG(sb.st_mode)) {
		(void)fclose(f);
		return ferry_error_set(
		    err, FERRY_EUSAGE, "%s is not a file", path);
	}
	while (rc == 0 && (n = getline(&text, &room, f)) > 0) {
		json_t *line = NULL;

		if (ferry_json_parse(&line, ferry_bytes_of(text, (size_t)n),
			path, &ignored) == 0)
			rc = add_line(w, line, err);
		json_decref(line);
	}
	free(text);
	(void)fclose(f);
	return rc;
}

static int
by_count(const void *a, const void *b)
{
	const json_t *const *x = a, *const *y = b;
	json_int_t m = json_integer_value(json_object_get(*x, "count")),
		   n = json_integer_value(json_object_get(*y, "count"));

	return m != n ? (m < n) - (m > n)
	              : strcmp(text_of(*x, "package"), text_of(*y, "package"));
}

static void
print_wish(const struct ferry_context *ctx, json_t *wish)
{
	const char *version = text_of(wish, "version"),
		   *file = text_of(wish, "file");
	char line[1200];

	if (ctx->json) {
		ferry_command_print(json_incref(wish));
		return;
	}
	(void)snprintf(line, sizeof(line), "%6lld  %s  %s:%s%s%s%s%s",
	    (long long)json_integer_value(json_object_get(wish, "count")),
	    text_of(wish, "last"), text_of(wish, "format"),
	    text_of(wish, "package"), *version == 0 ? "" : "@", version,
	    *file == 0 ? "" : " ", file);
	(void)puts(ferry_clean(line));
}

static int
print_all(const struct ferry_context *ctx, const struct wishes *w,
    struct ferry_error *err)
{
	json_t **list, *wish;
	const char *key;
	size_t n = 0;

	if (ferry_calloc(&list, json_object_size(w->all) + 1, sizeof(json_t *),
		err) == -1)
		return -1;
	json_object_foreach (w->all, key, wish)
		list[n++] = wish;
	if (n > 1)
		qsort(list, n, sizeof(json_t *), by_count);
	for (size_t i = 0; i < n; i++)
		print_wish(ctx, list[i]);
	if (n == 0 && !ctx->json)
		(void)puts("nothing was asked for in vain");
	if (w->full)
		(void)fprintf(stderr,
		    "ferry: more than %d were wished for; the later ones are "
		    "left out\n",
		    WISHES_MAX);
	free(list);
	return 0;
}

/* The log of the configuration. */
static int
read_configured(
    struct ferry_context *ctx, struct wishes *w, struct ferry_error *err)
{
	struct ferry_conf_group *group;
	const char *path;

	if (ferry_conf_group(
		ferry_conf_root(ctx->conf), "serve", &group, err) == -1 ||
	    ferry_conf_path(group, "asked_log", NULL, &path, err) == -1)
		return -1;
	return path == NULL
	           ? ferry_error_set(err, FERRY_ECONFIG,
			 "ferryd keeps no log of what is asked for: 'asked_log' "
			 "of the group serve names one")
	           : read_log(w, path, err);
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	struct wishes w = { json_object(), "", false };
	const char *since = NULL;
	const struct ferry_option options[] = {
		{ "since", FERRY_OPTION_VALUE, &since },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	char text[FERRY_TIME_TEXT];
	int64_t age;
	int rc = ferry_options(ctx, options, err);

	if (rc == 0 && since != NULL &&
	    (rc = ferry_duration_parse(&age, since, err)) == 0)
		w.since = ferry_time_text(ferry_now() - age, text);
	if (rc == 0 && ctx->argc < 2)
		rc = read_configured(ctx, &w, err);
	for (int i = 1; i < ctx->argc && rc == 0; i++)
		rc = read_log(&w, ctx->argv[i], err);
	if (rc == 0)
		rc = print_all(ctx, &w, err);
	json_decref(w.all);
	return rc == -1 ? -1 : FERRY_EXIT_OK;
}

const struct ferry_command ferry_command_wishes = { "wishes",
	"what clients asked for in vain", help, run };
