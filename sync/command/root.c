#include "sync/command/root.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/base/clock.h"
#include "store/base/file.h"
#include "store/store.h"
#include "sync/carry/roots.h"
#include "sync/carry/rotate.h"
#include "sync/command/command_task.h"

static const char help[] =
    "usage: ferry root [show [FILE]]\n"
    "       ferry root new FILE [--expires TIME]\n"
    "       ferry root add FILE PEM --role ROLE [--name NAME] [--expires TIME]\n"
    "       ferry root add FILE --key KEY --role ROLE [--name NAME] …\n"
    "       ferry root remove FILE ID [--role ROLE]\n"
    "       ferry root require FILE N --role ROLE\n"
    "       ferry root sign FILE [--key KEY]\n"
    "       ferry root publish FILE [--anew]\n"
    "       ferry root export [FILE]\n"
    "\n"
    "A root says which keys sign bundles of this store, and how many must.  It is\n"
    "signed by keys of its own, which can stay offline and with several people.\n"
    "A site that trusts it ('ferry trust add --root FILE') takes the next one\n"
    "from any bundle: new keys are trusted, and those that are no longer named\n"
    "revoked, without anybody going there.  Roots are numbered; number N + 1 needs\n"
    "the signatures that N asks for, and those that it asks for itself.\n"
    "\n"
    "  root new      write a draft of the next into FILE: the keys of the one\n"
    "                before, or for the first the store's, to sign bundles.\n"
    "                Sites refuse what comes later than TIME from now: 90d, or\n"
    "                'never' (default: 365d)\n"
    "  root add      one more key: of a file ('ferry key export'), or as --key of\n"
    "                'ferry sign' names it.  ROLE is bundle (signs bundles and\n"
    "                receipts) or root (signs roots); a key may have both.\n"
    "                With --expires it signs until TIME from now\n"
    "  root remove   a key, or a role of it.  Sites revoke it, and do not take it\n"
    "                back\n"
    "  root require  so many keys of ROLE must sign (1)\n"
    "  root sign     add the signature of a root key to FILE, which is not to be\n"
    "                changed after: of KEY ('ferry sign --help'), without a\n"
    "                store, or of those of the store\n"
    "  root publish  check that enough signed, and let it travel in every bundle;\n"
    "                with --anew enough of its own keys, when too many of the one\n"
    "                before are lost: sites need 'ferry trust forget' then, and\n"
    "                this one by hand\n"
    "  root export   the published one, for 'ferry trust add --root'\n"
    "  root show     that in FILE, or the published one\n";

/* The store's keys that sign, as the first root has them. */
static int
take_keys(
    struct ferry_root *root, struct ferry_store *st, struct ferry_error *err)
{
	struct ferry_keys *keys = NULL;

	if (ferry_keys_open(&keys, st, err) == -1)
		return -1;
	for (size_t i = 0; i < ferry_keys_count(keys); i++) {
		struct ferry_root_key *k = &root->keys[root->keys_n];

		if (!ferry_keys_active(keys, i))
			continue;
		k->key = *ferry_keys_public(keys, i);
		k->role[FERRY_ROOT_BUNDLE] = true;
		root->keys_n++;
	}
	ferry_keys_free(keys);
	return 0;
}

/* A draft of the store's next root. */
static int
draft(struct ferry_root *root, struct ferry_store *st, const char *expires,
    struct ferry_error *err)
{
	struct ferry_roots_one newest;
	int rc = ferry_roots_get(
	    st, ferry_store_id(st), FERRY_ROOTS_NEWEST, &newest, err);

	*root = (struct ferry_root){ .threshold = { 1, 1 } };
	if (rc == 1) {
		*root = newest.root;
		ferry_roots_clear(&newest);
	} else if (rc == -1 || take_keys(root, st, err) == -1) {
		return -1;
	}
	root->number++;
	root->created_at = ferry_now();
	(void)snprintf(
	    root->origin, sizeof(root->origin), "%s", ferry_store_id(st));
	(void)snprintf(root->origin_name, sizeof(root->origin_name), "%s",
	    ferry_store_name(st));
	root->signatures_n = 0;
	return ferry_root_expiry(
	    expires == NULL ? "365d" : expires, &root->expires_at, err);
}

static int
new_root(struct ferry_context *ctx, struct ferry_store *st, const char *path,
    const struct ferry_root_options *o, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_root root;
	int rc = -1;

	if (access(path, F_OK) == 0)
		return ferry_error_set(err, FERRY_EEXIST,
		    "%s is there already; a draft that people signed is not "
		    "overwritten",
		    path);
	if (draft(&root, st, o->expires, err) == 0 &&
	    ferry_root_write(&text, &root, err) == 0 &&
	    ferry_file_replace(path, 0644, ferry_bytes_buf(&text), err) == 0)
		rc = 0;
	ferry_buf_free(&text);
	if (rc == 0)
		ferry_root_print(ctx, &root);
	return rc;
}

/* The file at path, and what it holds. */
static int
read_root(struct ferry_buf *text, struct ferry_root *root, const char *path,
    enum ferry_root_state state, struct ferry_error *err)
{

	if (ferry_file_read(path, FERRY_ROOT_MAX, text, err) == -1)
		return -1;
	return ferry_root_parse(root, ferry_bytes_buf(text), state, err) == -1
	           ? ferry_error_in(err, "%s", path)
	           : 0;
}

/* The line, and the signatures of others than those who sign now. */
static int
copy_signatures(struct ferry_buf *out, const struct ferry_root *root,
    const struct ferry_keys *keys, struct ferry_error *err)
{
	int rc = ferry_buf_add(out, root->line.p, root->line.n, err) == -1
	             ? -1
	             : ferry_buf_adds(out, "\n", err);

	for (size_t i = 0; rc == 0 && i < root->signatures_n; i++) {
		const struct ferry_root_signature *s = &root->signatures[i];
		bool again = false;

		for (size_t k = 0; k < ferry_keys_count(keys); k++)
			again |= strcmp(ferry_keys_public(keys, k)->id,
				     s->signer) == 0;
		if (again)
			continue;
		rc = ferry_buf_addf(out, err, "%s ", s->signer) == -1 ||
		             ferry_base64_add(out,
				 ferry_bytes_of(s->v, sizeof(s->v)), err) == -1
		         ? -1
		         : ferry_buf_adds(out, "\n", err);
	}
	return rc;
}

/* Sign with a key that somebody named, or those of the store that are in it. */
static int
sign_text(struct ferry_buf *out, const struct ferry_root *root,
    const struct ferry_keys *keys, bool named, struct ferry_error *err)
{
	size_t signers = 0;

	if (copy_signatures(out, root, keys, err) == -1)
		return -1;
	for (size_t i = 0; i < ferry_keys_count(keys); i++) {
		const struct ferry_root_key *k =
		    ferry_root_find(root, ferry_keys_public(keys, i)->id);

		if (!named && (!ferry_keys_active(keys, i) || k == NULL ||
				  !k->role[FERRY_ROOT_ROOT]))
			continue;
		if (ferry_root_sign(out, root, keys, i, err) == -1)
			return -1;
		signers++;
	}
	return signers > 0
	           ? 0
	           : ferry_error_set(err, FERRY_EUSAGE,
			 "no key of this store signs roots, as the file says; "
			 "name one with --key");
}

static int
sign_root(struct ferry_context *ctx, struct ferry_store *st, const char *path,
    const struct ferry_root_options *o, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT, out = FERRY_BUF_INIT;
	struct ferry_keys *keys = NULL;
	struct ferry_root root;
	int rc = read_root(&text, &root, path, FERRY_ROOT_WHOLE, err);

	if (rc == 0)
		rc = o->key != NULL ? ferry_keys_open_uri(&keys, o->key, err)
		                    : ferry_keys_open(&keys, st, err);
	if (rc == 0 &&
	    (sign_text(&out, &root, keys, o->key != NULL, err) == -1 ||
		ferry_root_parse(&root, ferry_bytes_buf(&out), FERRY_ROOT_WHOLE,
		    err) == -1 ||
		ferry_file_replace(path, 0644, ferry_bytes_buf(&out), err) ==
		    -1))
		rc = -1;
	if (rc == 0)
		ferry_root_print(ctx, &root);
	if (rc == 0 && o->key != NULL && !ctx->json &&
	    ferry_root_find(&root, ferry_keys_public(keys, 0)->id) == NULL)
		(void)printf("this root does not name key %s: it counts if the "
			     "one before does\n",
		    ferry_keys_public(keys, 0)->id);
	ferry_keys_free(keys);
	ferry_buf_free(&out);
	ferry_buf_free(&text);
	return rc;
}

static int
publish(struct ferry_context *ctx, struct ferry_command_task *c,
    const char *path, const struct ferry_root_options *o,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_root root;
	int rc = read_root(&text, &root, path, FERRY_ROOT_WHOLE, err);

	if (rc == 0 && ((rc = ferry_rotate(&c->task, ferry_bytes_buf(&text),
			     o->anew ? FERRY_ROTATE_ANEW : FERRY_ROTATE_ORIGIN,
			     NULL, err)) == -1 ||
			   ferry_store_commit(c->task.st, err) == -1))
		rc = ferry_error_in(err, "%s", path);
	if (rc != -1)
		ferry_root_print(ctx, &root);
	ferry_buf_free(&text);
	return rc == -1 ? -1 : 0;
}

/* The published one: as it is into path or to standard output. */
static int
export_root(struct ferry_store *st, const char *path, struct ferry_error *err)
{
	struct ferry_roots_one one;
	int rc = ferry_roots_get(
	    st, ferry_store_id(st), FERRY_ROOTS_NEWEST, &one, err);

	if (rc != 1)
		return rc == -1 ? -1
		                : ferry_error_set(err, FERRY_ENOTFOUND,
				      "this store has no root; 'ferry root "
				      "new' begins one");
	rc = ferry_command_put(path, ferry_bytes_buf(&one.text), err);
	ferry_roots_clear(&one);
	return rc;
}

static int
show_own(
    struct ferry_context *ctx, struct ferry_store *st, struct ferry_error *err)
{
	struct ferry_roots_one one;
	int rc = ferry_roots_get(
	    st, ferry_store_id(st), FERRY_ROOTS_NEWEST, &one, err);

	if (rc == 1) {
		ferry_root_print(ctx, &one.root);
		ferry_roots_clear(&one);
	} else if (rc == 0 && !ctx->json) {
		(void)printf("this store has no root; sites trust its keys one "
			     "by one\n");
	}
	return rc == -1 ? -1 : 0;
}

static int
show_file(struct ferry_context *ctx, const char *path, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_root root;
	int rc = read_root(&text, &root, path, FERRY_ROOT_DRAFT, err);

	if (rc == 0)
		ferry_root_print(ctx, &root);
	ferry_buf_free(&text);
	return rc;
}

/* What needs no store: 1 if it was one of these, 0, -1. */
static int
run_on_file(struct ferry_context *ctx, const struct ferry_root_options *o,
    struct ferry_error *err)
{
	const char *what = ctx->argc > 1 ? ctx->argv[1] : "";
	const char *arg = ctx->argc > 3 ? ctx->argv[3] : NULL;
	bool add = strcmp(what, "add") == 0;
	int rc;

	if (strcmp(what, "show") == 0 && ctx->argc == 3)
		rc = show_file(ctx, ctx->argv[2], err);
	else if (strcmp(what, "sign") == 0 && ctx->argc == 3 && o->key != NULL)
		rc = sign_root(ctx, NULL, ctx->argv[2], o, err);
	else if ((add && ctx->argc == (o->key == NULL ? 4 : 3)) ||
		 ((strcmp(what, "remove") == 0 ||
		      strcmp(what, "require") == 0) &&
		     ctx->argc == 4))
		rc = ferry_root_edit(ctx, ctx->argv[2], what, arg, o, err);
	else
		return 0;
	return rc == -1 ? -1 : 1;
}

static int
dispatch(struct ferry_context *ctx, struct ferry_command_task *c,
    const struct ferry_root_options *o, struct ferry_error *err)
{
	const char *what = ctx->argc > 1 ? ctx->argv[1] : "show";
	const char *path = ctx->argc == 3 ? ctx->argv[2] : NULL;

	if (strcmp(what, "show") == 0 && ctx->argc <= 2)
		return show_own(ctx, c->task.st, err);
	if (strcmp(what, "export") == 0 && ctx->argc <= 3)
		return export_root(c->task.st, path, err);
	if (strcmp(what, "new") == 0 && path != NULL)
		return new_root(ctx, c->task.st, path, o, err);
	if (strcmp(what, "sign") == 0 && path != NULL)
		return sign_root(ctx, c->task.st, path, o, err);
	if (strcmp(what, "publish") == 0 && path != NULL)
		return publish(ctx, c, path, o, err);
	return ferry_error_set(
	    err, FERRY_EUSAGE, "see 'ferry root --help' for its forms");
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	struct ferry_root_options o = { 0 };
	const struct ferry_option options[] = {
		{ "role", FERRY_OPTION_VALUE, &o.role },
		{ "name", FERRY_OPTION_VALUE, &o.name },
		{ "expires", FERRY_OPTION_VALUE, &o.expires },
		{ "key", FERRY_OPTION_VALUE, &o.key },
		{ "anew", FERRY_OPTION_FLAG, &o.anew },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct ferry_command_task c;
	bool writer;
	int rc;

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	if ((rc = run_on_file(ctx, &o, err)) != 0)
		return rc == -1 ? -1 : FERRY_EXIT_OK;
	writer = ctx->argc > 1 && strcmp(ctx->argv[1], "publish") == 0;
	if (ferry_command_task_open(&c, ctx,
		writer ? FERRY_STORE_WRITE : FERRY_STORE_READ, NULL, NULL,
		err) == -1)
		return -1;
	rc = dispatch(ctx, &c, &o, err);
	ferry_command_task_close(&c);
	return rc == -1 ? -1 : FERRY_EXIT_OK;
}

const struct ferry_command ferry_command_root = { "root",
	"which keys sign for this store, as sites are told", help, run };
