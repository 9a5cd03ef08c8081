#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "store/base/file.h"
#include "store/base/json.h"
#include "sync/command/command.h"
#include "sync/command/command_task.h"
#include "sync/fetch/fetch.h"
#include "sync/select/lock/lock.h"
#include "sync/select/lock/rewrite.h"

static const char help[] =
    "usage: ferry lockfile rewrite FILE… --to URL [--from URL] [--output FILE]\n"
    "                              [--check]\n"
    "\n"
    "Lets a lock file name tarballs of another registry: a yarn.lock of yarn 1, a\n"
    "package-lock.json or an npm-shrinkwrap.json.  yarn 1 fetches from the hosts that\n"
    "its lock file names, whatever registry is configured; npm replaces only the\n"
    "public registry's.  Versions, digests and all other bytes stay, and what is\n"
    "rewritten already stays, too.  A file has its old content or the new one.\n"
    "\n"
    "What no registry has (git, files), what a package asks for by its URL, and URLs\n"
    "without \"/-/\" stay as they are and are listed.\n"
    "\n"
    "  --to URL       the registry, as clients are given it: http://HOST:PORT/npm/\n"
    "  --from URL     only URLs that begin with this\n"
    "  --output FILE  write there (of one file) and leave FILE alone\n"
    "  --check        write nothing, and say whether there is anything to rewrite\n"
    "\n"
    "Exit status: 0; 1 not such a file; 5 with --check: there is.\n";

struct lockfile {
	const char *to, *from, *output;
	bool check;
	json_t *left; /* of the file at hand: {"name","what","why"} */
	json_t *files; /* results */
	uint64_t changed; /* of all */
};

static int
on_left(void *ctx, const char *name, const char *what, const char *why,
    struct ferry_error *err)
{
	struct lockfile *l = ctx;

	return ferry_json_push(l->left,
	    json_pack("{s:o,s:o,s:s}", "name",
		ferry_json_text(ferry_bytes_str(name)), "what",
		ferry_json_text(ferry_bytes_str(what)), "why", why),
	    err);
}

/* A registry's URL; a password would stand in a file of the project. */
static int
check_url(const char *option, const char *url, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	char host[300];
	const char *at = strstr(url, "://");

	if (ferry_fetch_url_host(host, sizeof(host), url, &why) == -1 ||
	    strpbrk(url, "?# \"\\") != NULL)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "--%s: '%.200s' is not the http or https URL of a registry",
		    option, url);
	if (at != NULL && memchr(at + 3, '@', strcspn(at + 3, "/")) != NULL)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "--%s: a login would stand in the lock file; clients have "
		    "it in .npmrc",
		    option);
	return 0;
}

static int
write_file(const struct lockfile *l, const char *path, struct ferry_bytes text,
    struct ferry_error *err)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return ferry_error_errno(err, "%s", path);
	return ferry_file_replace(
	    l->output == NULL ? path : l->output, st.st_mode & 0777, text, err);
}

static int
rewrite_file(struct lockfile *l, const char *path, struct ferry_error *err)
{
	const struct ferry_lock_sink sink = { .on_unmirrorable = on_left,
		.ctx = l };
	struct ferry_lock_rewrite rewrite = {
		.to = l->to, .from = l->from, .sink = &sink
	};
	struct ferry_buf text = FERRY_BUF_INIT, out = FERRY_BUF_INIT;
	const char *slash = strrchr(path, '/');
	int rc;

	if ((l->left = json_array()) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if ((rc = ferry_file_read(path, FERRY_LOCK_MAX, &text, err)) == 0 &&
	    (rc = ferry_lock_rewrite(&rewrite, slash == NULL ? path : slash + 1,
		 ferry_bytes_buf(&text), &out, err)) == -1)
		ferry_error_in(err, "%s", path);
	if (rc == 0 && !l->check && (rewrite.changed > 0 || l->output != NULL))
		rc = write_file(l, path, ferry_bytes_buf(&out), err);
	if (rc == 0)
		rc = ferry_json_push(l->files,
		    json_pack("{s:o,s:I,s:I,s:O}", "file",
			ferry_json_text(ferry_bytes_str(path)), "changed",
			(json_int_t)rewrite.changed, "same",
			(json_int_t)rewrite.same, "left", l->left),
		    err);
	l->changed += rewrite.changed;
	json_decref(l->left);
	ferry_buf_free(&text);
	ferry_buf_free(&out);
	return rc;
}

static void
print(const struct lockfile *l)
{
	const json_t *file, *one;
	size_t i, k;

	json_array_foreach (l->files, i, file) {
		json_int_t n =
		    json_integer_value(json_object_get(file, "changed"));

		(void)printf("%s: %" JSON_INTEGER_FORMAT
			     " URL%s %s, %" JSON_INTEGER_FORMAT
			     " already there\n",
		    json_string_value(json_object_get(file, "file")), n,
		    n == 1 ? "" : "s",
		    l->check ? "would be rewritten" : "rewritten",
		    json_integer_value(json_object_get(file, "same")));
		json_array_foreach (json_object_get(file, "left"), k, one)
			(void)printf("  stays: %s: %s (%s)\n",
			    json_string_value(json_object_get(one, "name")),
			    json_string_value(json_object_get(one, "what")),
			    json_string_value(json_object_get(one, "why")));
	}
}

static int
check_arguments(const struct ferry_context *ctx, const struct lockfile *l,
    struct ferry_error *err)
{

	if (ctx->argc < 3 || strcmp(ctx->argv[1], "rewrite") != 0 ||
	    l->to == NULL)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "expected 'ferry lockfile rewrite FILE… --to URL'");
	if (l->output != NULL && (ctx->argc != 3 || l->check))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "--output is for one file, and not with --check");
	return check_url("to", l->to, err) == -1 ||
	               (l->from != NULL &&
			   check_url("from", l->from, err) == -1)
	           ? -1
	           : 0;
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	struct lockfile l = { .files = json_array() };
	const struct ferry_option options[] = {
		{ "to", FERRY_OPTION_VALUE, &l.to },
		{ "from", FERRY_OPTION_VALUE, &l.from },
		{ "output", FERRY_OPTION_VALUE, &l.output },
		{ "check", FERRY_OPTION_FLAG, &l.check },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	int rc = l.files == NULL
	             ? ferry_error_set(err, FERRY_ENOMEM, "no memory")
	             : ferry_options(ctx, options, err);

	if (rc == 0)
		rc = check_arguments(ctx, &l, err);
	for (int i = 2; rc == 0 && i < ctx->argc; i++)
		rc = rewrite_file(&l, ctx->argv[i], err);
	/* Also of what was done before one that is no lock file. */
	if (json_array_size(l.files) == 0)
		; /* There is only a mistake to tell. */
	else if (ctx->json)
		ferry_command_print(json_pack("{s:s,s:b,s:O}", "event",
		    "result", "check", l.check, "files", l.files));
	else
		print(&l);
	json_decref(l.files);
	if (rc == -1)
		return -1;
	return l.check && l.changed > 0 ? FERRY_EXIT_PROBLEMS : FERRY_EXIT_OK;
}

const struct ferry_command ferry_command_lockfile = { "lockfile",
	"lock files that name another registry", help, run };
