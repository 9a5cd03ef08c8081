#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/access/user_token.h"
#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/store.h"
#include "sync/command/command_task.h"
#include "sync/command/token_use.h"
#include "sync/command/user_arg.h"

static const char help[] =
    "usage: ferry token [list]\n"
    "       ferry token create --user LOGIN [--scopes LIST] [OPTION…]\n"
    "       ferry token create --repository OWNER/REPO [--job read|write]\n"
    "                          [OPTION…]\n"
    "       ferry token create --service NAME --scopes read:metrics [OPTION…]\n"
    "       ferry token revoke ID\n"
    "\n"
    "What clients show to ferryd.  A token is printed once, when it is made;\n"
    "the store keeps a digest of it.  Works beside a running sync, import or\n"
    "ferryd, which follows within a second.  When one was last used is told by the\n"
    "audit log of the configuration, where ferryd keeps one.\n"
    "\n"
    "  --user LOGIN       for a user, who keeps it through renames; site:LOGIN\n"
    "                     is one of this site's own\n"
    "  --scopes LIST      read:packages (the default), write:packages,\n"
    "                     delete:packages, repo, read:org (which 'gh auth\n"
    "                     login' wants to see); joined by commas.  ferryd\n"
    "                     only reads; the others count for 'ferry explain'.\n"
    "                     read:metrics is for /metrics alone\n"
    "  --repository NAME  for the workflows of a repository\n"
    "  --job read|write   what the job may do with packages (read)\n"
    "  --service NAME     for a program without an account, such as the one\n"
    "                     that asks for /metrics; opens nothing else\n"
    "  --upstream NAME    whose user or repository it is, if several have it\n"
    "  --number N         the user's number there, where the permission\n"
    "                     snapshot does not know the user, who may then read\n"
    "                     what everybody with an account may\n"
    "  --expires TIME     such as 90d or 12h; without it never\n"
    "  --note TEXT        for the list\n";

struct token_options {
	const char *user, *repository, *service, *upstream, *number, *scopes,
	    *job, *expires, *note;
};

static void
time_or(char buf[FERRY_TIME_TEXT], int64_t at, const char *otherwise)
{

	if (at == 0)
		(void)snprintf(buf, FERRY_TIME_TEXT, "%s", otherwise);
	else
		(void)ferry_time_text(at, buf);
}

static const char *
kind_of(const struct ferry_user_token *t)
{

	return t->workflow ? "workflow" : t->service ? "service" : "user";
}

static json_t *
token_json(const struct ferry_user_token *t, const char *text)
{
	char scopes[FERRY_SCOPES_TEXT];

	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:s,s:I,s:I,s:I,s:I,s:s,"
			 "s:s*}",
	    "event", "token", "id", t->id, "kind", kind_of(t), "name", t->name,
	    "upstream", t->realm, "number", (json_int_t)t->number, "scopes",
	    ferry_scopes_text(t->scopes, scopes), "job",
	    t->workflow ? ferry_role_name(t->job) : "", "created_at",
	    (json_int_t)t->created_at, "expires_at", (json_int_t)t->expires_at,
	    "revoked_at", (json_int_t)t->revoked_at, "used_at",
	    (json_int_t)t->used_at, "note", t->note, "token", text);
}

static void
print_token(const struct ferry_user_token *t)
{
	char scopes[FERRY_SCOPES_TEXT], used[FERRY_TIME_TEXT],
	    end[FERRY_TIME_TEXT];
	int64_t now = ferry_now();

	time_or(used, t->used_at, "never");
	time_or(end, t->revoked_at != 0 ? t->revoked_at : t->expires_at, "");
	(void)printf("%s  %s %s%s%s, %s%s  used %s%s%s%s%s\n", t->id,
	    t->workflow ? "workflows of" : kind_of(t), t->name,
	    t->service ? "" : " of ", t->realm,
	    t->workflow ? "packages: " : ferry_scopes_text(t->scopes, scopes),
	    t->workflow ? ferry_role_name(t->job) : "", used,
	    t->revoked_at != 0              ? ", revoked "
	    : t->expires_at == 0            ? ""
	    : ferry_user_token_good(t, now) ? ", until "
					    : ", expired ",
	    end, t->note[0] == 0 ? "" : "  # ", t->note);
}

static int
list(const struct ferry_context *ctx, int dirfd, struct ferry_error *err)
{
	struct ferry_user_token *tokens = NULL;
	size_t n = 0;

	if (dirfd != -1 && ferry_user_token_list(dirfd, &tokens, &n, err) == -1)
		return -1;
	if (ferry_token_use_find(tokens, n, ctx->conf, err) == -1) {
		free(tokens);
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		if (ctx->json)
			ferry_command_print(token_json(&tokens[i], NULL));
		else
			print_token(&tokens[i]);
	if (n == 0 && !ctx->json)
		(void)printf("there are no tokens\n");
	free(tokens);
	return 0;
}

static int
read_options(struct ferry_user_token *t, const struct token_options *o,
    struct ferry_error *err)
{
	int64_t life = 0;

	t->workflow = o->repository != NULL;
	t->service = o->service != NULL;
	if ((o->user != NULL) + (o->repository != NULL) + t->service != 1)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "name one of --user, --repository and --service");
	if (t->workflow ? o->scopes != NULL : o->job != NULL)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "--scopes is for a user's token, --job for a workflow's");
	t->scopes = t->workflow ? 0 : FERRY_SCOPE_READ;
	t->job = t->workflow ? FERRY_READ : FERRY_NO_ROLE;
	if (o->scopes != NULL &&
	    ferry_scopes_parse(&t->scopes, o->scopes, err) == -1)
		return -1;
	/* Packages are read by somebody of whom permissions tell. */
	if (t->service && t->scopes != FERRY_SCOPE_METRICS)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "a service's token has --scopes read:metrics and no other");
	if (o->job != NULL &&
	    (ferry_role_parse(&t->job, o->job) == -1 || t->job == FERRY_ADMIN))
		return ferry_error_set(
		    err, FERRY_EUSAGE, "--job takes none, read or write");
	if (o->expires != NULL &&
	    ferry_duration_parse(&life, o->expires, err) == -1)
		return -1;
	t->created_at = ferry_now();
	t->expires_at = life == 0 ? 0 : t->created_at + life;
	if (o->note != NULL && !ferry_text_plain(o->note))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "a note is one line without control characters");
	if (!t->workflow && t->scopes == 0)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "a token without a scope opens nothing; see 'ferry token "
		    "--help'");
	if (o->note != NULL && strlen(o->note) >= sizeof(t->note))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "a note has at most %zu bytes", sizeof(t->note) - 1);
	(void)snprintf(
	    t->note, sizeof(t->note), "%s", o->note == NULL ? "" : o->note);
	return 0;
}

/* Whose token it is. */
static int
find_holder(struct ferry_user_arg *out, struct ferry_store *st,
    const struct token_options *o, struct ferry_error *err)
{
	uint64_t number;

	if (o->service != NULL) {
		*out = (struct ferry_user_arg){ .number = 0 };
		if (o->number != NULL || o->upstream != NULL ||
		    *o->service == 0 || !ferry_text_plain(o->service) ||
		    strlen(o->service) >= sizeof(out->name))
			return ferry_error_set(err, FERRY_EUSAGE,
			    "--service takes a name of one line, and neither "
			    "--number nor --upstream");
		(void)snprintf(out->name, sizeof(out->name), "%s", o->service);
		return 0;
	}
	if (o->number == NULL)
		return o->user == NULL ? ferry_user_arg_repository(out, st,
					     o->upstream, o->repository, err)
		                       : ferry_user_arg_user(out, st,
					     o->upstream, o->user, err);
	if (o->user == NULL || o->upstream == NULL)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "--number goes with --user and --upstream");
	if (ferry_parse_u64(
		ferry_bytes_str(o->number), 1, INT64_MAX, &number, err) == -1)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "'%s' is not the number of a user", o->number);
	return ferry_user_arg_stranger(
	    out, st, o->upstream, o->user, number, err);
}

static int
create(const struct ferry_context *ctx, struct ferry_store *st, int dirfd,
    const struct token_options *o, struct ferry_error *err)
{
	struct ferry_user_token t = { 0 };
	char text[FERRY_USER_TOKEN_TEXT];
	struct ferry_user_arg who;

	if (read_options(&t, o, err) == -1 ||
	    find_holder(&who, st, o, err) == -1)
		return -1;
	memcpy(t.realm, who.realm, sizeof(t.realm));
	memcpy(t.name, who.name, sizeof(t.name));
	t.number = who.number;
	if (ferry_user_token_create(dirfd, &t, text, err) == -1)
		return -1;
	if (ctx->json) {
		ferry_command_print(token_json(&t, text));
	} else {
		print_token(&t);
		(void)printf("%s\n", text);
	}
	explicit_bzero(text, sizeof(text));
	return 0;
}

static int
revoke_token(const struct ferry_context *ctx, int dirfd, const char *id,
    struct ferry_error *err)
{
	struct ferry_user_token t;

	if (dirfd == -1)
		return ferry_error_set(
		    err, FERRY_ENOTFOUND, "there are no tokens");
	if (ferry_user_token_revoke(dirfd, id, ferry_now(), &t, err) == -1)
		return -1;
	if (ctx->json)
		ferry_command_print(token_json(&t, NULL));
	else
		print_token(&t);
	return 0;
}

static int
dispatch(const struct ferry_context *ctx, struct ferry_store *st,
    const struct token_options *o, struct ferry_error *err)
{
	const char *what = ctx->argc > 1 ? ctx->argv[1] : "list";
	bool makes = strcmp(what, "create") == 0;
	int dirfd = ferry_user_token_folder(ferry_store_path(st), makes, err),
	    rc = -1;

	if (dirfd == -1 && err->code != FERRY_OK)
		return -1;
	if (makes && ctx->argc == 2)
		rc = create(ctx, st, dirfd, o, err);
	else if (strcmp(what, "list") == 0 && ctx->argc <= 2)
		rc = list(ctx, dirfd, err);
	else if (strcmp(what, "revoke") == 0 && ctx->argc == 3)
		rc = revoke_token(ctx, dirfd, ctx->argv[2], err);
	else
		ferry_error_set(err, FERRY_EUSAGE,
		    "see 'ferry token --help' for its forms");
	if (dirfd != -1)
		(void)close(dirfd);
	return rc;
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	struct token_options o = { 0 };
	const struct ferry_option options[] = {
		{ "user", FERRY_OPTION_VALUE, &o.user },
		{ "repository", FERRY_OPTION_VALUE, &o.repository },
		{ "service", FERRY_OPTION_VALUE, &o.service },
		{ "upstream", FERRY_OPTION_VALUE, &o.upstream },
		{ "number", FERRY_OPTION_VALUE, &o.number },
		{ "scopes", FERRY_OPTION_VALUE, &o.scopes },
		{ "job", FERRY_OPTION_VALUE, &o.job },
		{ "expires", FERRY_OPTION_VALUE, &o.expires },
		{ "note", FERRY_OPTION_VALUE, &o.note },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct ferry_store *st = NULL;
	int rc = -1;

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	if (ferry_context_open(ctx, FERRY_STORE_READ, &st, err) == 0)
		rc = dispatch(ctx, st, &o, err);
	ferry_store_close(st);
	return rc == -1 ? -1 : FERRY_EXIT_OK;
}

const struct ferry_command ferry_command_token = { "token",
	"what clients show to be let in", help, run };
