#include <stdio.h>
#include <string.h>

#include "store/bundle/keys.h"
#include "store/store.h"
#include "sync/command/command_task.h"

static const char help[] =
    "usage: ferry key\n"
    "       ferry key export [FILE] [--key KEY]\n"
    "       ferry key new [URI]\n"
    "       ferry key retire ID\n"
    "\n"
    "The keys that this store signs bundles and receipts with.  The first is\n"
    "made on first use; private keys stay in STORE/keys, in a token\n"
    "or in an agent.\n"
    "\n"
    "  key         list them, with fingerprints to compare by telephone\n"
    "  key export  the public keys in PEM, for 'ferry trust add' elsewhere; of\n"
    "              KEY ('ferry sign --help') without a store\n"
    "  key new     make another, or sign with the one that URI names: of an\n"
    "              ssh-agent (agent:SHA256:…, as 'ssh-add -l' prints it; asked at\n"
    "              SSH_AUTH_SOCK), or of a PKCS#11 token, such as an HSM or a card\n"
    "              (RFC 7512):\n"
    "                pkcs11:token=vault;object=near?pin-source=file:/etc/ferry/pin\n"
    "              Without pin-source the PIN is asked for on the terminal at each\n"
    "              command that signs; ?module-path=FILE names a module that\n"
    "              p11-kit does not know.  Both sign, until you\n"
    "  key retire  stop signing with one (when all sites trust the new one)\n";

static void
print_key(const struct ferry_context *ctx, const struct ferry_public *key,
    bool active, const char *uri)
{
	char fingerprint[FERRY_FINGERPRINT];

	(void)ferry_public_fingerprint(key, fingerprint);
	if (ctx->json)
		ferry_command_print(json_pack("{s:s,s:s,s:s,s:b,s:s*}", "event",
		    "key", "id", key->id, "fingerprint", fingerprint, "active",
		    active, "uri", uri));
	else
		(void)printf("%s  %s\n  %.39s\n  %.39s\n%s%s%s", key->id,
		    active ? "signs" : "retired", fingerprint, fingerprint + 40,
		    uri == NULL ? "" : "  ", uri == NULL ? "" : uri,
		    uri == NULL ? "" : "\n");
}

static int
list(struct ferry_context *ctx, struct ferry_store *st, struct ferry_error *err)
{
	struct ferry_keys *keys = NULL;

	if (ferry_keys_open(&keys, st, err) == -1)
		return -1;
	for (size_t i = 0; i < ferry_keys_count(keys); i++)
		print_key(ctx, ferry_keys_public(keys, i),
		    ferry_keys_active(keys, i), ferry_keys_uri(keys, i));
	ferry_keys_free(keys);
	return 0;
}

/* Of a key that need not be a store's. */
static int
export_named(const char *uri, const char *path, struct ferry_error *err)
{
	struct ferry_buf pem = FERRY_BUF_INIT;
	struct ferry_keys *keys = NULL;
	int rc = ferry_keys_open_uri(&keys, uri, err);

	if (rc == 0)
		rc = ferry_public_pem(&pem, ferry_keys_public(keys, 0), err);
	if (rc == 0)
		rc = ferry_command_put(path, ferry_bytes_buf(&pem), err);
	ferry_keys_free(keys);
	ferry_buf_free(&pem);
	return rc;
}

/* The PEM of every key that signs, each after a line that says whose it is. */
static int
export_keys(struct ferry_store *st, const char *path, struct ferry_error *err)
{
	struct ferry_buf pem = FERRY_BUF_INIT;
	struct ferry_keys *keys = NULL;
	int rc = ferry_keys_open(&keys, st, err);

	for (size_t i = 0; rc == 0 && i < ferry_keys_count(keys); i++) {
		if (!ferry_keys_active(keys, i))
			continue;
		rc = ferry_buf_addf(&pem, err, FERRY_COMMAND_KEY_OF "%s %s\n",
		    ferry_store_id(st), ferry_store_name(st));
		if (rc == 0)
			rc = ferry_public_pem(
			    &pem, ferry_keys_public(keys, i), err);
	}
	if (rc == 0)
		rc = ferry_command_put(path, ferry_bytes_buf(&pem), err);
	ferry_keys_free(keys);
	ferry_buf_free(&pem);
	return rc;
}

static int
dispatch(
    struct ferry_context *ctx, struct ferry_store *st, struct ferry_error *err)
{
	const char *what = ctx->argc > 1 ? ctx->argv[1] : "";
	struct ferry_public made;

	if (ctx->argc == 1)
		return list(ctx, st, err);
	if (strcmp(what, "export") == 0 && ctx->argc <= 3)
		return export_keys(
		    st, ctx->argc == 3 ? ctx->argv[2] : NULL, err);
	if (strcmp(what, "new") == 0 && ctx->argc <= 3) {
		const char *uri = ctx->argc == 3 ? ctx->argv[2] : NULL;

		if ((uri == NULL
			    ? ferry_keys_add(st, &made, err)
			    : ferry_keys_add_uri(st, uri, &made, err)) == -1)
			return -1;
		print_key(ctx, &made, true, uri);
		return 0;
	}
	if (strcmp(what, "retire") == 0 && ctx->argc == 3)
		return ferry_keys_retire(st, ctx->argv[2], err);
	return ferry_error_set(
	    err, FERRY_EUSAGE, "see 'ferry key --help' for its forms");
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	const char *key = NULL;
	const struct ferry_option options[] = {
		{ "key", FERRY_OPTION_VALUE, &key },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct ferry_command_task c;
	int rc;

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	if (key != NULL && ctx->argc > 1 && ctx->argc <= 3 &&
	    strcmp(ctx->argv[1], "export") == 0)
		return export_named(
			   key, ctx->argc == 3 ? ctx->argv[2] : NULL, err) == -1
		           ? -1
		           : FERRY_EXIT_OK;
	if (key != NULL)
		return ferry_error_set(
		    err, FERRY_EUSAGE, "--key is for 'ferry key export'");
	if (ferry_command_task_open(
		&c, ctx, FERRY_STORE_READ, NULL, NULL, err) == -1)
		return -1;
	rc = dispatch(ctx, c.task.st, err);
	ferry_command_task_close(&c);
	return rc == -1 ? -1 : FERRY_EXIT_OK;
}

const struct ferry_command ferry_command_key = { "key",
	"the keys that this store signs with", help, run };
