#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/base/clock.h"
#include "store/base/conf.h"
#include "store/base/json.h"
#include "store/base/unix_socket.h"
#include "store/catalog/catalog.h"
#include "store/index/local.h"
#include "store/pull/message.h"
#include "sync/base/stop.h"
#include "sync/box/box.h"
#include "sync/box/child.h"
#include "sync/box/folder.h"
#include "sync/box/puller.h"
#include "sync/command/boxed.h"
#include "sync/command/command.h"
#include "sync/command/command_task.h"
#include "sync/upstream/recordings.h"
#include "sync/upstream/run.h"

#define WANTS_MAX 20000
#define PATIENCE_MS 600000U
#define LOOK_MS 200
#define FILE_MAX (16 << 20)

static const char help[] =
    "usage: ferry record [OPTION…] -- COMMAND [ARGUMENT…]\n"
    "       ferry record --list | --show NAME | --load FILE | --remove NAME\n"
    "\n"
    "Run a command, a build for instance, whose clients get everything through\n"
    "ferry, and keep exactly what they asked for as a recorded want: a sync wants\n"
    "it as it wants a lock file.  So comes what no lock file tells: plugins, tools,\n"
    "what Gradle resolves.\n"
    "\n"
    "What is not in the store is pulled from the upstreams that have 'pull = true'.\n"
    "The command runs in this folder, with a home of its own, without caches, whose\n"
    "npm, pnpm, yarn, bun, gem, bundler, mvn, gradle, dotnet, podman and skopeo are\n"
    "told of a ferryd at 127.0.0.1 (FERRY_URL); where the machine allows that, it\n"
    "reaches nothing else.\n"
    "\n"
    "options:\n"
    "  --name NAME        of the recording (\"build\"); one of that name is replaced\n"
    "  --add              or added to\n"
    "  --token-file FILE  a token that clients show, where not everything is public\n"
    "  --list             the recordings of the store\n"
    "  --show NAME        what one wants, as JSON\n"
    "  --load FILE        take what --show printed, under --name\n"
    "  --remove NAME      want it no more; what is here stays\n"
    "\n"
    "Exit status: 0 recorded; 1 the command failed; 8 something could not be pulled,\n"
    "and nothing was recorded.\n";

struct options {
	const char *name, *token_file, *show, *load, *remove;
	bool add, list;
};

/* The recordings that there are */

static int
print_one(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const struct ferry_context *context = ctx;
	char at[FERRY_TIME_TEXT];
	const char *name = ferry_key_part(key, 1),
		   *when = ferry_time_text(
		       json_integer_value(json_object_get(record, "at")), at);
	size_t n = json_array_size(json_object_get(record, "wants"));

	(void)err;
	if (context->json)
		ferry_command_print(json_pack("{s:s,s:s,s:I,s:O*}", "name",
		    name, "at", when, "versions", (json_int_t)n, "command",
		    json_object_get(record, "command")));
	else
		(void)printf("%-20s %s  %zu versions\n", name, when, n);
	return 0;
}

static int
list(struct ferry_context *ctx, struct ferry_error *err)
{
	struct ferry_store *st = NULL;
	struct ferry_key all;
	int rc = ferry_context_open(ctx, FERRY_STORE_READ, &st, err);

	ferry_key_all(&all, FERRY_KIND_RECORDING);
	if (rc == 0)
		rc = ferry_local_each(st, &all, print_one, ctx, err);
	ferry_store_close(st);
	return rc == -1 ? -1 : FERRY_EXIT_OK;
}

static int
find(struct ferry_store *st, const char *name, json_t **out,
    struct ferry_error *err)
{

	if (ferry_local_named_get(st, FERRY_KIND_RECORDING, name, out, err) ==
	    -1)
		return -1;
	return *out != NULL
	           ? 0
	           : ferry_error_set(err, FERRY_ENOTFOUND,
			 "there is no recording '%.100s'; 'ferry record "
			 "--list' has their names",
			 name);
}

static int
show(struct ferry_context *ctx, const char *name, struct ferry_error *err)
{
	struct ferry_store *st = NULL;
	json_t *record = NULL;
	int rc = ferry_context_open(ctx, FERRY_STORE_READ, &st, err);

	if (rc == 0 && (rc = find(st, name, &record, err)) == 0)
		ferry_command_print(json_incref(record));
	json_decref(record);
	ferry_store_close(st);
	return rc == -1 ? -1 : FERRY_EXIT_OK;
}

static bool
are_texts(const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach (list, i, one)
		if (!json_is_string(one))
			return false;
	return list == NULL || json_is_array(list);
}

/* Whether it is what --show prints. */
static bool
is_recording(const json_t *record)
{
	const json_t *wants = json_object_get(record, "wants"), *one;
	size_t i;

	json_array_foreach (wants, i, one)
		if (!json_is_string(json_object_get(one, "format")) ||
		    !json_is_string(json_object_get(one, "upstream")) ||
		    !json_is_string(json_object_get(one, "package")) ||
		    !json_is_string(json_object_get(one, "version")) ||
		    !are_texts(json_object_get(one, "files")))
			return false;
	return json_is_array(wants) && json_array_size(wants) <= WANTS_MAX &&
	       are_texts(json_object_get(record, "command")) &&
	       json_is_integer(json_object_get(record, "at"));
}

static int
load(struct ferry_context *ctx, const char *path, const char *name,
    struct ferry_error *err)
{
	struct ferry_store *st = NULL;
	json_error_t why = { .text = "" };
	json_t *record = NULL;
	struct stat sb;
	int rc = -1;

	if (stat(path, &sb) == -1)
		return ferry_error_errno(err, "%s", path);
	if (sb.st_size <= FILE_MAX)
		record = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
	if (record == NULL || !is_recording(record))
		ferry_error_set(err, FERRY_EFORMAT,
		    "%s is not what 'ferry record --show' prints: %s", path,
		    sb.st_size > FILE_MAX ? "it is too large"
		    : record == NULL      ? why.text
					  : "it lacks what is wanted, or wants "
					    "too much");
	else
		rc = ferry_context_open(ctx, FERRY_STORE_WRITE, &st, err);
	if (rc == 0)
		rc = ferry_local_named_put(
		    st, FERRY_KIND_RECORDING, name, json_incref(record), err);
	if (rc == 0)
		rc = ferry_store_commit(st, err);
	json_decref(record);
	ferry_store_close(st);
	return rc == -1 ? -1 : FERRY_EXIT_OK;
}

static int
drop(struct ferry_context *ctx, const char *name, struct ferry_error *err)
{
	struct ferry_store *st = NULL;
	json_t *record = NULL;
	struct ferry_error unread = FERRY_ERROR_INIT;
	int rc = ferry_context_open(ctx, FERRY_STORE_WRITE, &st, err);

	/* One that cannot be read goes as well. */
	if (rc == 0 && find(st, name, &record, &unread) == -1 &&
	    unread.code == FERRY_ENOTFOUND) {
		*err = unread;
		rc = -1;
	}
	if (rc == 0)
		rc = ferry_local_named_delete(
		    st, FERRY_KIND_RECORDING, name, err);
	if (rc == 0)
		rc = ferry_store_commit(st, err);
	json_decref(record);
	ferry_store_close(st);
	return rc == -1 ? -1 : FERRY_EXIT_OK;
}

/* A new one */

struct recording {
	struct ferry_context *ctx;
	const struct options *o;
	struct ferry_run run; /* only its upstreams */
	struct ferry_box_end end;
	char **argv;
	const char **hosts; /* of the upstreams; views, ended in urls */
	char **urls;
	size_t unknown; /* wants of no upstream that there is */
};

/* The hosts of what may be pulled, by which clients of images know them. */
static int
find_hosts(struct recording *r, struct ferry_error *err)
{
	size_t n = r->run.upstreams_n, pulled = 0;

	if (ferry_calloc(&r->hosts, n + 1, sizeof(*r->hosts), err) == -1 ||
	    ferry_calloc(&r->urls, n + 1, sizeof(*r->urls), err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct ferry_upstream *up = &r->run.upstreams[i];
		const char *host = strstr(up->url, "://");

		if (!up->pull || host == NULL)
			continue;
		host += 3;
		if (ferry_strndup(&r->urls[pulled],
			ferry_bytes_of(host, strcspn(host, "/")), err) == -1)
			return -1;
		r->hosts[pulled] = r->urls[pulled];
		pulled++;
	}
	return pulled > 0 ? 0
	                  : ferry_error_set(err, FERRY_ECONFIG,
				"nothing can be pulled: no upstream of the "
				"configuration has 'pull = true'");
}

static int
run_command(struct recording *r, struct ferry_error *err)
{
	struct ferry_conf_group *group;
	struct ferry_buf token = FERRY_BUF_INIT, log = FERRY_BUF_INIT;
	struct ferry_box box = { .store = r->ctx->store_path,
		.registries = r->hosts,
		.argv = r->argv };
	const char *configured;
	struct ferry_box_folder folder = { .path = NULL };
	char socket[FERRY_UNIX_PATH], *store;
	pid_t puller = 0;
	int rc = -1;

	/* ferryd runs elsewhere. */
	if ((store = realpath(r->ctx->store_path, NULL)) == NULL)
		return ferry_error_errno(err, "%s", r->ctx->store_path);
	box.store = store;

	while (r->hosts[box.registries_n] != NULL)
		box.registries_n++;
	if (ferry_conf_group(
		ferry_conf_root(r->ctx->conf), "pull", &group, err) == -1 ||
	    ferry_conf_path(group, "socket", NULL, &configured, err) == -1 ||
	    ferry_unix_path(socket, "pull", configured, store, err) == -1 ||
	    ferry_boxed_token(&token, r->o->token_file, err) == -1 ||
	    ferry_box_folder_make(&folder, err) == -1 ||
	    ferry_buf_addf(&log, err, "%s/puller.log", folder.path) == -1 ||
	    ferry_box_puller(&puller, socket, r->ctx->config_path, store,
		(char *)log.p, err) == -1)
		goto out;
	box.socket = socket;
	box.token = (const char *)token.p;
	rc = ferry_box_run(&box, &r->end, err);
	ferry_child_stop(puller);
out:
	ferry_box_folder_remove(&folder);
	free(store);
	ferry_buf_free(&token);
	ferry_buf_free(&log);
	return rc;
}

/* The upstream that has a version by now; the log could not tell. */
static int
find_upstream(const struct recording *r, struct ferry_store *st, json_t *want,
    struct ferry_error *err)
{
	const char *format = json_string_value(json_object_get(want, "format")),
		   *package =
		       json_string_value(json_object_get(want, "package")),
		   *version =
		       json_string_value(json_object_get(want, "version"));

	for (size_t i = 0; i < r->run.upstreams_n; i++) {
		const struct ferry_upstream *up = &r->run.upstreams[i];
		struct ferry_key key;
		int rc;

		if (strcmp(up->kind->format, format) != 0)
			continue;
		if (ferry_key_version(
			&key, format, package, up->name, version, err) == -1 ||
		    (rc = ferry_catalog_has(st, &key, err)) == -1)
			return -1;
		if (rc == 1)
			return ferry_json_set(
			    want, "upstream", json_string(up->name), err);
	}
	return 0;
}

static bool
same_version(const json_t *a, const json_t *b)
{
	static const char *const names[] = { "format", "upstream", "package",
		"version" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!json_equal(json_object_get(a, names[i]),
			json_object_get(b, names[i])))
			return false;
	return true;
}

/* Add the files of more to a want. */
static int
add_files(json_t *want, const json_t *more, struct ferry_error *err)
{
	json_t *files = json_object_get(want, "files"), *file, *one;
	size_t i, k;

	json_array_foreach (json_object_get(more, "files"), i, file) {
		bool there = false;

		json_array_foreach (files, k, one)
			there = there || json_equal(file, one);
		if (!there &&
		    ferry_json_push(files, json_incref(file), err) == -1)
			return -1;
	}
	return 0;
}

/* What an earlier recording of the name wants is wanted still. */
static int
add_earlier(json_t *wants, const json_t *earlier, struct ferry_error *err)
{
	json_t *old, *new;
	size_t i, k;

	json_array_foreach (json_object_get(earlier, "wants"), i, old) {
		bool there = false;

		json_array_foreach (wants, k, new) {
			if (!same_version(old, new))
				continue;
			there = true;
			if (add_files(new, old, err) == -1)
				return -1;
		}
		if (!there &&
		    ferry_json_push(wants, json_incref(old), err) == -1)
			return -1;
	}
	return 0;
}

static json_t *
command_of(char *const *argv)
{
	json_t *list = json_array();

	for (; *argv != NULL; argv++)
		(void)json_array_append_new(
		    list, ferry_json_text(ferry_bytes_str(*argv)));
	return list;
}

static int
keep(struct recording *r, struct ferry_store *st, struct ferry_error *err)
{
	json_t *wants = r->end.asked.wants, *want, *earlier = NULL;
	size_t i = 0;
	int rc = 0;

	while (rc == 0 && i < json_array_size(wants)) {
		want = json_array_get(wants, i);
		if (json_object_get(want, "upstream") == NULL)
			rc = find_upstream(r, st, want, err);
		if (rc == 0 && json_object_get(want, "upstream") == NULL) {
			(void)json_array_remove(wants, i);
			r->unknown++;
		} else {
			i++;
		}
	}
	if (rc == 0 && r->o->add)
		rc = ferry_local_named_get(
		    st, FERRY_KIND_RECORDING, r->o->name, &earlier, err);
	if (rc != -1)
		rc = add_earlier(wants, earlier, err);
	json_decref(earlier);
	if (rc == 0 && json_array_size(wants) > WANTS_MAX)
		rc = ferry_error_set(err, FERRY_ELIMIT,
		    "a recording of more than %d versions: record parts of the "
		    "build under names of their own",
		    WANTS_MAX);
	if (rc == -1 ||
	    ferry_local_named_put(st, FERRY_KIND_RECORDING, r->o->name,
		json_pack("{s:I,s:o,s:O}", "at", (json_int_t)ferry_now(),
		    "command", command_of(r->argv), "wants", wants),
		err) == -1)
		return -1;
	return ferry_store_commit(st, err);
}

static void
report(const struct recording *r)
{
	size_t n = json_array_size(r->end.asked.wants),
	       absent = json_array_size(r->end.asked.absent);

	if (r->ctx->json) {
		ferry_command_print(json_pack("{s:s,s:I,s:I,s:b,s:O}", "name",
		    r->o->name, "versions", (json_int_t)n, "unknown",
		    (json_int_t)r->unknown, "closed", r->end.closed, "absent",
		    r->end.asked.absent));
		return;
	}
	(void)printf("recorded '%s': %zu versions, %zu asked for in vain%s\n",
	    r->o->name, n, absent,
	    r->end.closed ? ""
			  : "; the command could have reached others, as this "
			    "machine gives it no network of its own");
	ferry_boxed_print_absent(r->end.asked.absent);
}

/* The build may have taken long: what it asked for is not lost because another
 * command writes for a while. */
static int
open_when_free(
    struct ferry_context *ctx, struct ferry_store **st, struct ferry_error *err)
{
	uint64_t until = ferry_ticks_ms() + PATIENCE_MS;
	int rc;

	while (
	    (rc = ferry_context_open(ctx, FERRY_STORE_WRITE, st, err)) == -1 &&
	    err->code == FERRY_ELOCKED && ferry_ticks_ms() < until &&
	    !ferry_stop_wanted()) {
		*err = (struct ferry_error)FERRY_ERROR_INIT;
		(void)poll(NULL, 0, LOOK_MS);
	}
	return rc;
}

static int
record(struct recording *r, struct ferry_error *err)
{
	struct ferry_store *st = NULL;
	int rc = -1;

	if (ferry_boxed_argv(r->ctx, &r->argv, err) == -1 ||
	    ferry_upstreams_read(
		&r->run, ferry_conf_root(r->ctx->conf), NULL, 0, err) == -1 ||
	    find_hosts(r, err) == -1 || run_command(r, err) == -1)
		return -1;
	if (r->end.status != 0) {
		(void)fprintf(stderr,
		    "ferry: the command ended with status %d: nothing was "
		    "recorded\n",
		    r->end.status);
		return FERRY_EXIT_FAILED;
	}
	/* Half a recording would be taken for a whole one. */
	if (r->end.asked.failed > 0) {
		ferry_boxed_print_absent(r->end.asked.absent);
		return ferry_error_set(err, FERRY_ENETWORK,
		    "%zu of what the command asked for could not be pulled, "
		    "though it may be there: nothing was recorded",
		    r->end.asked.failed);
	}
	if (open_when_free(r->ctx, &st, err) == 0)
		rc = keep(r, st, err);
	ferry_store_close(st);
	if (rc == 0)
		report(r);
	return rc;
}

/* What needs no command. */
static int
manage(
    struct ferry_context *ctx, const struct options *o, struct ferry_error *err)
{

	if (ctx->argc > 1)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "unexpected argument '%s'", ctx->argv[1]);
	return o->list           ? list(ctx, err)
	       : o->show != NULL ? show(ctx, o->show, err)
	       : o->load != NULL ? load(ctx, o->load, o->name, err)
	                         : drop(ctx, o->remove, err);
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	struct options o = { .name = "build" };
	const struct ferry_option options[] = {
		{ "name", FERRY_OPTION_VALUE, &o.name },
		{ "add", FERRY_OPTION_FLAG, &o.add },
		{ "token-file", FERRY_OPTION_VALUE, &o.token_file },
		{ "list", FERRY_OPTION_FLAG, &o.list },
		{ "show", FERRY_OPTION_VALUE, &o.show },
		{ "load", FERRY_OPTION_VALUE, &o.load },
		{ "remove", FERRY_OPTION_VALUE, &o.remove },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct recording r = {
		.ctx = ctx, .o = &o, .run = { .kinds = ctx->kinds }
	};
	int rc;

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	if (!ferry_recording_name_valid(o.name))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "'%.100s' is not a name: letters, digits, '-', '_' and "
		    "'.'",
		    o.name);
	if (o.list || o.show != NULL || o.load != NULL || o.remove != NULL)
		return manage(ctx, &o, err);
	rc = record(&r, err);
	ferry_asked_free(&r.end.asked);
	ferry_upstreams_free(&r.run);
	for (size_t i = 0; r.urls != NULL && r.urls[i] != NULL; i++)
		free(r.urls[i]);
	free(r.urls);
	free(r.hosts);
	free(r.argv);
	return rc;
}

const struct ferry_command ferry_command_record = { "record",
	"run a build, and want what it asked for", help, run };
