#include "sync/carry/check.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/base/file.h"
#include "sync/carry/sign.h"
#include "sync/command/command_task.h"

#define PEM_MAX 65536

static const char help[] =
    "usage: ferry sign [--key KEY] [--signed-by FILE] [--to DIR] [--recipes]\n"
    "                  [--head-only] DIR|FILE…\n"
    "\n"
    "Sign bundles that another store wrote: what a scanner or an approver does\n"
    "between both sides.  Before a file NAME.KEYID.sig is written beside it, all\n"
    "of a bundle is read as an import reads it: every blob is hashed, every\n"
    "record parsed, and what is damaged, missing or more than the head declares\n"
    "ends it.  Sites count the signature once they trust the key with a role\n"
    "('ferry trust add --role', 'ferry trust require N --role').\n"
    "\n"
    "  --key        a private Ed25519 key: a file in PEM, or the URI of one in a\n"
    "               PKCS#11 token (pkcs11:…, see 'ferry key --help') or a running\n"
    "               ssh-agent (agent:SHA256:… as 'ssh-add -l' prints it, or\n"
    "               agent: if it has one such key).  A passphrase or PIN is\n"
    "               asked for on the terminal.  No store is needed.  Without\n"
    "               it, the keys of the store sign.\n"
    "  --signed-by  only what a key in FILE ('ferry key export') signed\n"
    "  --to         write the files into DIR, for media that are read-only\n"
    "  --recipes    what travels as a recipe from another blob is checked as it\n"
    "               travels, and counted; with this it is made again where the\n"
    "               store here has that blob ('ferry export --whole' and\n"
    "               --inspectable make no recipes)\n"
    "  --head-only  read and check no volume, for media that come one by one and\n"
    "               were looked at before: the signature then says as much about\n"
    "               all volumes as the head, and nothing about the one here\n";

struct sign_options {
	const char *key, *signed_by, *to;
	bool recipes, head_only;
};

/* Whether the origin that the user expects signed it. */
static int
check_origin(const struct ferry_found_bundle *bundle, const char *path,
    struct ferry_error *err)
{
	struct ferry_buf pem = FERRY_BUF_INIT;
	struct ferry_public key;
	int rc = ferry_file_read(path, PEM_MAX, &pem, err);

	if (rc == 0)
		rc = ferry_public_from_pem(&key, ferry_bytes_buf(&pem), err);
	if (rc == 0)
		rc = ferry_sign_has(bundle, &key, err);
	else
		rc = ferry_error_in(err, "%s", path);
	ferry_buf_free(&pem);
	return rc == 0   ? ferry_error_set(err, FERRY_ESIGNATURE,
			       "it is not signed by the key in %s; nothing was "
				 "signed",
			       path)
	       : rc == 1 ? 0
	                 : -1;
}

static void
print_signed(const struct ferry_context *ctx, const struct ferry_head *h,
    const struct ferry_check_result *checked, const struct sign_options *o,
    const char *file)
{
	char digest[FERRY_DIGEST_TEXT], blobs[FERRY_COUNT_TEXT];
	char records[FERRY_COUNT_TEXT], recipes[FERRY_COUNT_TEXT];

	(void)ferry_digest_text(&h->digest, digest);
	if (ctx->json) {
		ferry_command_print(json_pack(
		    "{s:s,s:s,s:s,s:s,s:I,s:I,s:s,s:s,s:b,s:I,s:I,s:I}",
		    "event", "signed", "code", "ok", "origin", h->origin,
		    "name", h->origin_name, "from", (json_int_t)h->from, "last",
		    (json_int_t)h->to, "bundle", digest, "file", file,
		    "head_only", o->head_only, "blobs",
		    (json_int_t)checked->blobs, "records",
		    (json_int_t)checked->records, "recipes",
		    (json_int_t)checked->recipes));
		return;
	}
	(void)printf("signed records %" PRIu64 " to %" PRIu64
		     " of %s (%s)\n%s\n",
	    h->from, h->to, h->origin_name, digest, file);
	if (o->head_only)
		(void)printf("the head alone was looked at, no volume\n");
	else
		(void)printf("checked %s and %s\n",
		    ferry_count_text(checked->blobs, "blob", blobs),
		    ferry_count_text(checked->records, "record", records));
	if (checked->recipes > 0)
		(void)printf("of these %s from blobs that are not here, "
			     "checked as they travel\n",
		    ferry_count_text(checked->recipes, "recipe", recipes));
}

static int
sign(struct ferry_command_task *c, const struct ferry_context *ctx,
    const struct ferry_task *anybody, const struct ferry_found_bundle *bundle,
    const struct ferry_keys *keys, const struct sign_options *o,
    struct ferry_error *err)
{
	const struct ferry_head *h = bundle->head;
	struct ferry_check_result checked = { 0 };
	char file[FERRY_SIGN_NAME];

	if ((o->signed_by != NULL &&
		check_origin(bundle, o->signed_by, err) == -1) ||
	    (!o->head_only &&
		ferry_check_bundle(anybody, bundle,
		    o->recipes ? c->task.st : NULL, &checked, err) == -1) ||
	    ferry_sign(bundle, keys, o->to, file, err) == -1)
		return ferry_error_in(err,
		    "records %" PRIu64 " to %" PRIu64 " of %s", h->from, h->to,
		    h->origin_name);
	ferry_command_task_quiet(c);
	print_signed(ctx, h, &checked, o, file);
	return 0;
}

static int
sign_all(struct ferry_command_task *c, struct ferry_context *ctx,
    const struct ferry_keys *keys, const struct sign_options *o,
    struct ferry_error *err)
{
	/* Whose signatures count is for those who import. */
	const struct ferry_task anybody = { .ctx = c,
		.on_progress = c->task.on_progress,
		.on_note = c->task.on_note,
		.stopped = c->task.stopped };
	struct ferry_found found;
	int rc = ferry_find(
	    &anybody, ctx->argv + 1, (size_t)ctx->argc - 1, &found, err);

	if (rc == 0 && found.refused > 0) {
		*err = found.first;
		rc = -1;
	} else if (rc == 0 && found.n == 0) {
		rc = ferry_error_set(err, FERRY_ENOTFOUND,
		    "there is no bundle (ferry-….tar) to sign");
	}
	for (size_t i = 0; rc == 0 && i < found.n; i++)
		rc = sign(c, ctx, &anybody, &found.bundles[i], keys, o, err);
	ferry_found_clear(&found);
	return rc;
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	struct sign_options o = { 0 };
	const struct ferry_option options[] = {
		{ "key", FERRY_OPTION_VALUE, &o.key },
		{ "signed-by", FERRY_OPTION_VALUE, &o.signed_by },
		{ "to", FERRY_OPTION_VALUE, &o.to },
		{ "recipes", FERRY_OPTION_FLAG, &o.recipes },
		{ "head-only", FERRY_OPTION_FLAG, &o.head_only },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct ferry_command_task c;
	struct ferry_keys *keys = NULL;
	int rc;

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	if (ctx->argc < 2)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "name a folder or files; see 'ferry sign --help'");
	if (o.key != NULL && !o.recipes)
		ferry_command_task_start(&c, ctx, "sign", "volumes");
	else if (ferry_command_task_open(
		     &c, ctx, FERRY_STORE_READ, "sign", "volumes", err) == -1)
		return -1;
	rc = o.key != NULL ? ferry_keys_open_uri(&keys, o.key, err)
	                   : ferry_keys_open(&keys, c.task.st, err);
	if (rc == 0)
		rc = sign_all(&c, ctx, keys, &o, err);
	ferry_keys_free(keys);
	ferry_command_task_close(&c);
	return rc == -1 ? -1 : FERRY_EXIT_OK;
}

const struct ferry_command ferry_command_sign = { "sign",
	"sign bundles that another store wrote", help, run };
