#include "sync/command/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store/base/bytes.h"
#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/store.h"
#include "sync/command/command.h"
#include "sync/command/command_task.h"
#include "sync/command/config.h"
#include "sync/command/ferryd.h"

/* Less room than this is told, and wrong below a fifth of it. */
#define SPACE_LEAST (5ULL << 30)
/* Clocks differ; more than this is none of their usual differences. */
#define CLOCK_MOST 300

static const char help[] =
    "usage: ferry doctor [--offline]\n"
    "\n"
    "Look at what a store needs to work day after day: the configuration, the\n"
    "store's folder and its keys, room on the disk, the clock, whether upstreams\n"
    "are reached and take our credentials, the server's certificate, whether\n"
    "ferryd answers, and what its sandbox holds here.  Changes nothing; run it as\n"
    "the user that syncs.\n"
    "\n"
    "  --offline  ask no upstream\n"
    "  --json     a finding a line\n"
    "\n"
    "Exit status: 0 nothing is wrong; 5 something is.\n";

static int
look_at_config(struct ferry_doctor *d, struct ferry_error *err)
{
	json_t *mistakes = NULL, *text;
	size_t i;

	if (d->ctx->config_path == NULL) {
		ferry_doctor_say(d, "config", FERRY_DOCTOR_NOTE,
		    "there is none: nothing can be synced");
		return 0;
	}
	if (ferry_config_mistakes(d->ctx, &mistakes, err) == -1)
		return -1;
	json_array_foreach (mistakes, i, text) {
		ferry_doctor_say(d, "config", FERRY_DOCTOR_WRONG, "%s",
		    json_string_value(text));
	}
	if (json_array_size(mistakes) == 0)
		ferry_doctor_say(
		    d, "config", FERRY_DOCTOR_OK, "%s", d->ctx->config_path);
	json_decref(mistakes);
	return 0;
}

/* What another user writes, the store's owner cannot read or replace. */
static void
look_at_folder(struct ferry_doctor *d, struct ferry_store *st)
{
	const char *path = ferry_store_path(st);
	struct passwd *owner;
	struct stat sb;

	if (stat(path, &sb) == -1) {
		ferry_doctor_say(d, "folder", FERRY_DOCTOR_WRONG, "%s: %s",
		    path, strerror(errno));
		return;
	}
	owner = getpwuid(sb.st_uid);
	if (sb.st_uid != geteuid())
		ferry_doctor_say(d, "folder", FERRY_DOCTOR_NOTE,
		    "%s belongs to %s; run what writes to it as that user: "
		    "'runuser -u %s -- ferry …'",
		    path,
		    owner == NULL ? "a user without a name" : owner->pw_name,
		    owner == NULL ? "USER" : owner->pw_name);
	if ((sb.st_mode & S_IRWXO) != 0)
		ferry_doctor_say(d, "folder", FERRY_DOCTOR_WRONG,
		    "everybody on this machine may read %s (mode %04o); 'chmod "
		    "0750 %s'",
		    path, sb.st_mode & 07777, path);
	else if ((sb.st_mode & S_IWGRP) != 0)
		ferry_doctor_say(d, "folder", FERRY_DOCTOR_WRONG,
		    "the group of %s may write to it (mode %04o), and so "
		    "ferryd; 'chmod 0750 %s'",
		    path, sb.st_mode & 07777, path);
	else
		ferry_doctor_say(d, "folder", FERRY_DOCTOR_OK, "%s, mode %04o",
		    path, sb.st_mode & 07777);
}

static void
say_no_key(struct ferry_doctor *d, const struct ferry_store *st)
{

	ferry_doctor_say(d, "keys", FERRY_DOCTOR_WRONG,
	    "none signs: what is exported next would have a key that no site "
	    "trusts; restore %s/keys, or make one and carry it: 'ferry key "
	    "new', 'ferry key export'",
	    ferry_store_path(st));
}

static void
look_at_keys(struct ferry_doctor *d, struct ferry_store *st)
{
	size_t active = 0, all = 0, exposed = 0;
	struct dirent *e;
	struct stat sb;
	char path[PATH_MAX];
	int fd;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/keys", ferry_store_path(st));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd == -1 ? NULL : fdopendir(fd);
	if (dir == NULL && errno == ENOENT) {
		say_no_key(d, st);
		return;
	}
	if (dir == NULL) {
		ferry_doctor_say(d, "keys", FERRY_DOCTOR_SKIPPED, "%s/keys: %s",
		    ferry_store_path(st), strerror(errno));
		if (fd != -1)
			(void)close(fd);
		return;
	}
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.' ||
		    fstatat(fd, e->d_name, &sb, AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		all++;
		active +=
		    ferry_bytes_ends(ferry_bytes_str(e->d_name), ".pem") ||
		    ferry_bytes_ends(ferry_bytes_str(e->d_name), ".uri");
		if ((sb.st_mode & (S_IRWXG | S_IRWXO)) == 0)
			continue;
		exposed++;
		ferry_doctor_say(d, "keys", FERRY_DOCTOR_WRONG,
		    "others may read the private key keys/%s (mode %04o); "
		    "'chmod 0600', and 'ferry key new' if somebody did",
		    e->d_name, sb.st_mode & 07777);
	}
	(void)closedir(dir);
	if (active == 0)
		say_no_key(d, st);
	else if (exposed == 0)
		ferry_doctor_say(d, "keys", FERRY_DOCTOR_OK,
		    "%zu of %zu sign%s", active, all,
		    active > 1
			? "; retire the old one when all sites trust the "
			  "new"
			: "");
}

static void
look_at_space(struct ferry_doctor *d, struct ferry_store *st)
{
	char text[FERRY_SIZE_TEXT];
	struct statvfs vfs;
	uint64_t bytes;

	if (statvfs(ferry_store_path(st), &vfs) == -1) {
		ferry_doctor_say(
		    d, "space", FERRY_DOCTOR_SKIPPED, "%s", strerror(errno));
		return;
	}
	bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	ferry_doctor_say(d, "space",
	    bytes < SPACE_LEAST / 5 ? FERRY_DOCTOR_WRONG
	    : bytes < SPACE_LEAST   ? FERRY_DOCTOR_NOTE
				    : FERRY_DOCTOR_OK,
	    "%s free%s", ferry_size_text(bytes, text),
	    bytes < SPACE_LEAST ? "; 'ferry gc --dry-run' says what it can free"
				: "");
	/* Some file systems count no inodes. */
	if (vfs.f_files > 0 && vfs.f_favail < vfs.f_files / 50)
		ferry_doctor_say(d, "space", FERRY_DOCTOR_WRONG,
		    "fewer than 2%% of the inodes are free");
}

struct newest {
	int64_t at;
	char what[100];
};

static int
take_time(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	struct newest *newest = ctx;
	const char *name =
	    ferry_key_is(key, FERRY_KIND_LAST) ? "at" : "written";
	int64_t at = json_integer_value(json_object_get(record, name));

	(void)err;
	if (at > newest->at) {
		newest->at = at;
		(void)snprintf(newest->what, sizeof(newest->what), "%s %s",
		    ferry_key_is(key, FERRY_KIND_LAST) ? "the last"
						       : "a bundle of",
		    ferry_key_part(key, 1));
	}
	return 0;
}

/* Expiry, tokens and snapshots go by the clock; what was done is behind us. */
static int
look_at_clock(
    struct ferry_doctor *d, struct ferry_store *st, struct ferry_error *err)
{
	char now[FERRY_TIME_TEXT], then[FERRY_TIME_TEXT];
	struct newest newest = { 0, "" };
	struct ferry_key prefix;

	ferry_key_all(&prefix, FERRY_KIND_LAST);
	if (ferry_local_each(st, &prefix, take_time, &newest, err) == -1)
		return -1;
	ferry_key_all(&prefix, FERRY_KIND_ORIGIN);
	if (ferry_local_each(st, &prefix, take_time, &newest, err) == -1)
		return -1;
	if (newest.at > ferry_now() + CLOCK_MOST)
		ferry_doctor_say(d, "clock", FERRY_DOCTOR_WRONG,
		    "it is %s here, and %s was at %s; set the clock",
		    ferry_time_text(ferry_now(), now), newest.what,
		    ferry_time_text(newest.at, then));
	else
		ferry_doctor_say(d, "clock", FERRY_DOCTOR_OK, "%s",
		    ferry_time_text(ferry_now(), now));
	return 0;
}

/* "no   landlock" of each wall that does not stand. */
static int
look_at_sandbox(struct ferry_doctor *d, struct ferry_error *err)
{
	const char *const options[] = { "--check-sandbox", "--store",
		d->ctx->store_path,
		d->ctx->config_path == NULL ? NULL : "--config",
		d->ctx->config_path, NULL };
	char text[FERRY_FERRYD_TEXT], *line, *rest = text;
	unsigned missing = 0;
	int rc = ferry_ferryd_ask(options, text, err);

	if (rc == -1)
		return -1;
	if (rc == FERRY_FERRYD_NONE) {
		ferry_doctor_say(d, "sandbox", FERRY_DOCTOR_SKIPPED,
		    "there is no ferryd here");
		return 0;
	}
	while ((line = strsep(&rest, "\n")) != NULL)
		if (strncmp(line, "no ", 3) == 0 || rc != 0) {
			missing++;
			if (*line != 0)
				ferry_doctor_say(d, "sandbox",
				    FERRY_DOCTOR_NOTE,
				    "run by this user, this would not hold: %s",
				    line + (rc == 0 ? strspn(line + 2, " ") + 2
						    : 0));
		}
	if (missing == 0)
		ferry_doctor_say(d, "sandbox", FERRY_DOCTOR_OK,
		    "every wall of ferryd stands on this kernel");
	return 0;
}

static int
look_at_store(struct ferry_doctor *d, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_store *st = NULL;
	int rc;

	if (ferry_context_open(d->ctx, FERRY_STORE_READ, &st, &why) == -1) {
		ferry_doctor_say(
		    d, "store", FERRY_DOCTOR_WRONG, "%s", why.text);
		return 0;
	}
	ferry_doctor_say(d, "store", FERRY_DOCTOR_OK, "%s, site '%s'",
	    ferry_store_path(st), ferry_store_name(st));
	look_at_folder(d, st);
	look_at_keys(d, st);
	look_at_space(d, st);
	rc = look_at_clock(d, st, err);
	ferry_store_close(st);
	return rc;
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	bool offline = false;
	const struct ferry_option options[] = {
		{ "offline", FERRY_OPTION_FLAG, &offline },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct ferry_doctor d = { ctx, 0 };

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	if (ctx->argc > 1)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "unexpected argument '%s'", ctx->argv[1]);
	if (look_at_config(&d, err) == -1 || look_at_store(&d, err) == -1)
		return -1;
	if (offline)
		ferry_doctor_say(&d, "upstreams", FERRY_DOCTOR_SKIPPED,
		    "--offline was given");
	else if (ferry_doctor_upstreams(&d, err) == -1)
		return -1;
	if (ferry_doctor_server(&d, err) == -1 ||
	    look_at_sandbox(&d, err) == -1)
		return -1;
	return d.wrong > 0 ? FERRY_EXIT_PROBLEMS : FERRY_EXIT_OK;
}

const struct ferry_command ferry_command_doctor = { "doctor",
	"look at what the store needs to work", help, run };
