#include "sync/carry/trust.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/file.h"
#include "sync/command/command_task.h"

static const char help[] =
    "usage: ferry trust [list]\n"
    "       ferry trust add FILE [--name NAME] [--only bundles|receipts]\n"
    "                       [--of ID]\n"
    "       ferry trust revoke ID\n"
    "       ferry trust require N\n"
    "\n"
    "Whose signatures count here.\n"
    "\n"
    "  add      trust the public keys in FILE ('ferry key export' writes it).\n"
    "           Carry the file by a way that you trust, and compare the\n"
    "           fingerprints.  --only says what it may sign.  It speaks for\n"
    "           the store that FILE names, or --of ('ferry status' prints\n"
    "           the id), or else the first whose bundle or receipt it signs.\n"
    "  revoke   refuse from now on what only this key signed; not undone\n"
    "  require  how many trusted keys must have signed a bundle (1)\n";

#define PEM_MAX 65536

static const char *
use_text(unsigned use)
{

	return use == FERRY_TRUST_BUNDLES    ? "bundles"
	       : use == FERRY_TRUST_RECEIPTS ? "receipts"
	                                     : "bundles and receipts";
}

static void
print_key(const struct ferry_context *ctx, const struct ferry_trust *t)
{
	char fingerprint[FERRY_FINGERPRINT], at[FERRY_TIME_TEXT];

	(void)ferry_public_fingerprint(&t->key, fingerprint);
	if (ctx->json) {
		ferry_command_print(
		    json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I}", "event",
			"key", "id", t->key.id, "name", t->name, "store",
			t->store, "use", use_text(t->use), "fingerprint",
			fingerprint, "added_at", (json_int_t)t->added_at,
			"revoked_at", (json_int_t)t->revoked_at));
		return;
	}
	(void)printf("%s  %s  for %s, %s %s\n  %.39s\n  %.39s\n  %s%s\n",
	    t->key.id, t->name[0] == 0 ? "-" : t->name, use_text(t->use),
	    t->revoked_at == 0 ? "trusted since" : "revoked at",
	    ferry_time_text(
		t->revoked_at == 0 ? t->added_at : t->revoked_at, at),
	    fingerprint, fingerprint + 40,
	    t->store[0] == 0 ? "of the store that it signs for first"
			     : "of store ",
	    t->store);
}

static int
list(struct ferry_context *ctx, struct ferry_store *st, struct ferry_error *err)
{
	struct ferry_trust *keys = NULL;
	char text[FERRY_COUNT_TEXT];
	uint64_t required;
	size_t n;

	if (ferry_trust_list(st, &keys, &n, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		print_key(ctx, &keys[i]);
	free(keys);
	if (ferry_trust_required(st, &required, err) == -1)
		return -1;
	if (ctx->json)
		ferry_command_print(json_pack("{s:s,s:s,s:I,s:I}", "event",
		    "result", "code", "ok", "keys", (json_int_t)n, "require",
		    (json_int_t)required));
	else if (n == 0)
		(void)printf("no key is trusted; no bundle can be imported\n");
	else
		(void)printf("a bundle needs %s\n",
		    ferry_count_text(required, "trusted signature", text));
	return 0;
}

/* Whose key the text before a PEM block says it is, unless t knows better. */
static void
read_owner(struct ferry_trust *t, const char *text)
{
	const char *line = strstr(text, FERRY_COMMAND_KEY_OF);
	const char *begin = strstr(text, "-----BEGIN");
	char id[FERRY_STORE_ID], name[FERRY_NAME] = "";

	if (line == NULL || begin == NULL || line > begin ||
	    sscanf(line, FERRY_COMMAND_KEY_OF "%32s %64[A-Za-z0-9._-]", id,
		name) < 1 ||
	    !ferry_keyid_ok(id))
		return;
	if (t->store[0] == 0)
		memcpy(t->store, id, sizeof(id));
	if (t->name[0] == 0)
		memcpy(t->name, name, sizeof(name));
}

/* Every PEM block of a file; *want has what is the same of all. */
static int
add(struct ferry_context *ctx, struct ferry_store *st, const char *path,
    const struct ferry_trust *want, struct ferry_error *err)
{
	static const char end[] = "-----END PUBLIC KEY-----";
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_trust t;
	char *at;
	size_t n = 0;
	int rc = ferry_file_read(path, PEM_MAX, &text, err);

	at = (char *)text.p;
	while (rc == 0 && (n == 0 || strstr(at, end) != NULL)) {
		char *stop = strstr(at, end);
		size_t len = stop == NULL ? strlen(at)
		                          : (size_t)(stop - at) + strlen(end);

		n++;
		t = *want;
		read_owner(&t, at);
		if (ferry_public_from_pem(
			&t.key, ferry_bytes_of(at, len), err) == -1 ||
		    ferry_trust_add(st, &t, err) == -1 ||
		    ferry_trust_get(st, t.key.id, &t, err) == -1) {
			rc = ferry_error_in(err, "%s", path);
			break;
		}
		print_key(ctx, &t);
		at += len;
	}
	ferry_buf_free(&text);
	return rc;
}

struct trust_options {
	const char *name, *only, *store;
};

/* What the options say of a key. */
static int
read_options(struct ferry_trust *out, const struct trust_options *o,
    struct ferry_error *err)
{

	*out = (struct ferry_trust){ .use = FERRY_TRUST_BUNDLES |
		                            FERRY_TRUST_RECEIPTS };
	if (o->only != NULL && strcmp(o->only, "bundles") == 0)
		out->use = FERRY_TRUST_BUNDLES;
	else if (o->only != NULL && strcmp(o->only, "receipts") == 0)
		out->use = FERRY_TRUST_RECEIPTS;
	else if (o->only != NULL)
		return ferry_error_set(
		    err, FERRY_EUSAGE, "--only takes 'bundles' or 'receipts'");
	if (o->store != NULL && !ferry_keyid_ok(o->store))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "--of takes the id of a store, 32 hexadecimal digits");
	if (o->name != NULL && strlen(o->name) >= sizeof(out->name))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "a key's name has at most %d characters", FERRY_NAME - 1);
	(void)snprintf(out->store, sizeof(out->store), "%s",
	    o->store == NULL ? "" : o->store);
	(void)snprintf(
	    out->name, sizeof(out->name), "%s", o->name == NULL ? "" : o->name);
	return 0;
}

static int
dispatch(struct ferry_context *ctx, struct ferry_store *st,
    const struct trust_options *options, struct ferry_error *err)
{
	const char *what = ctx->argc > 1 ? ctx->argv[1] : "list";
	struct ferry_trust want;
	uint64_t n;

	if (read_options(&want, options, err) == -1)
		return -1;
	if (strcmp(what, "list") == 0 && ctx->argc <= 2)
		return list(ctx, st, err);
	if (strcmp(what, "add") == 0 && ctx->argc == 3)
		return add(ctx, st, ctx->argv[2], &want, err);
	if (strcmp(what, "revoke") == 0 && ctx->argc == 3)
		return ferry_trust_revoke(st, ctx->argv[2], err);
	if (strcmp(what, "require") == 0 && ctx->argc == 3) {
		if (ferry_parse_u64(ferry_bytes_str(ctx->argv[2]), 1,
			FERRY_KEYS_MAX, &n, err) == -1)
			return ferry_error_set(err, FERRY_EUSAGE,
			    "'%s' is not a number from 1 to %d", ctx->argv[2],
			    FERRY_KEYS_MAX);
		return ferry_trust_require(st, n, err);
	}
	return ferry_error_set(
	    err, FERRY_EUSAGE, "see 'ferry trust --help' for its forms");
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	struct trust_options o = { NULL, NULL, NULL };
	const struct ferry_option options[] = {
		{ "name", FERRY_OPTION_VALUE, &o.name },
		{ "only", FERRY_OPTION_VALUE, &o.only },
		{ "of", FERRY_OPTION_VALUE, &o.store },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct ferry_command_task c;
	bool writer;
	int rc;

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	writer = ctx->argc > 1 && strcmp(ctx->argv[1], "list") != 0;
	if (ferry_command_task_open(&c, ctx, writer, NULL, NULL, err) == -1)
		return -1;
	rc = dispatch(ctx, c.task.st, &o, err);
	ferry_command_task_close(&c);
	return rc == -1 ? -1 : FERRY_EXIT_OK;
}

const struct ferry_command ferry_command_trust = { "trust",
	"whose signatures count here", help, run };
