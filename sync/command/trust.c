#include "sync/carry/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/access/authority.h"
#include "store/base/clock.h"
#include "store/base/file.h"
#include "store/base/json.h"
#include "store/format/format.h"
#include "store/store.h"
#include "sync/carry/alias.h"
#include "sync/carry/behind.h"
#include "sync/carry/limits.h"
#include "sync/carry/rotate.h"
#include "sync/command/command_task.h"
#include "sync/command/origin_arg.h"
#include "sync/command/trust.h"

static const char help[] =
    "usage: ferry trust [list]\n"
    "       ferry trust add FILE [--name NAME] [--of ID | --role ROLE]\n"
    "                       [--only bundles|receipts] [--upstreams NAME,…]\n"
    "                       [--owners NAME,…] [--packages PATTERN,…]\n"
    "       ferry trust add --root FILE [--upstreams NAME,…] …\n"
    "       ferry trust forget ORIGIN\n"
    "       ferry trust revoke ID\n"
    "       ferry trust brought ID\n"
    "       ferry trust require N [--role ROLE]\n"
    "       ferry trust alias ORIGIN UPSTREAM NAME\n"
    "\n"
    "Whose signatures count here, and for what.\n"
    "\n"
    "  add      trust the public keys in FILE ('ferry key export' writes it).\n"
    "           Carry the file by a way that you trust, and compare the\n"
    "           fingerprints.  --only says what it may sign.  It speaks for\n"
    "           the store that FILE names, or --of ('ferry status' prints\n"
    "           the id), or else the first whose bundle or receipt it signs.\n"
    "           With --upstreams it speaks for those alone, which are its\n"
    "           store's from now on; with --packages for names that one of\n"
    "           the patterns fits ('@octo/*'), with --owners for what only\n"
    "           these owners of a GitHub may call a package; permissions of\n"
    "           an upstream come with any of its names.  Added again\n"
    "           without them, the limits are gone.\n"
    "           With --role it speaks for no store: see require.\n"
    "           With --root FILE is a root ('ferry root export' there): its\n"
    "           keys are trusted, and the next roots come with bundles, which\n"
    "           add keys within the same limits and revoke others.\n"
    "  forget   the roots of ORIGIN, whose root keys are lost; the keys that\n"
    "           they let sign are trusted on, each by itself, but for those\n"
    "           that expired\n"
    "  revoke   refuse from now on what only this key signed; not undone.\n"
    "           What came by it before stays:\n"
    "  brought  lists it, for 'ferry remove'\n"
    "  require  how many trusted keys of its store must have signed a bundle\n"
    "           (1); with --role, how many of that role ('ferry sign') beside\n"
    "           them (0)\n"
    "  alias    keep UPSTREAM of ORIGIN under another NAME, because another\n"
    "           origin has one that is called the same; UPSTREAM as NAME ends\n"
    "           it.  What was skipped comes with the same bundles.\n";

#define PEM_MAX 65536

static const char *
use_text(unsigned use)
{

	return use == FERRY_TRUST_BUNDLES    ? "bundles"
	       : use == FERRY_TRUST_RECEIPTS ? "receipts"
	                                     : "bundles and receipts";
}

/* "upstreams ghes; packages @octo/x, @octo/y" */
static void
print_limits(const json_t *limits)
{
	const char *of, *sep = "  only for ";
	const json_t *list, *name;
	size_t i;

	json_object_foreach ((json_t *)(uintptr_t)limits, of, list) {
		(void)printf("%s%s ", sep, of);
		json_array_foreach (list, i, name)
			(void)printf("%s%s", i == 0 ? "" : ", ",
			    json_string_value(name));
		sep = "; ";
	}
	if (json_object_size(limits) > 0)
		(void)printf("\n");
}

static void
print_key_text(const struct ferry_trust *t, const char *fingerprint)
{
	char at[FERRY_TIME_TEXT];

	(void)printf("%s  %s  for %s, %s %s\n  %.39s\n  %.39s\n", t->key.id,
	    t->name[0] == 0 ? "-" : t->name, use_text(t->use),
	    t->revoked_at == 0 ? "trusted since" : "revoked at",
	    ferry_time_text(
		t->revoked_at == 0 ? t->added_at : t->revoked_at, at),
	    fingerprint, fingerprint + 40);
	if (t->expires_at != 0)
		(void)printf(
		    "  until %s\n", ferry_time_text(t->expires_at, at));
	if (t->role[0] != 0)
		(void)printf("  role %s\n", t->role);
	else if (t->store[0] == 0)
		(void)printf("  of the store that it signs for first\n");
	else
		(void)printf("  of store %s\n", t->store);
}

static int
print_key(const struct ferry_context *ctx, struct ferry_store *st,
    const struct ferry_trust *t, struct ferry_error *err)
{
	char fingerprint[FERRY_FINGERPRINT];
	json_t *limits;

	if (ferry_limits_get(st, t->key.id, &limits, err) == -1)
		return -1;
	(void)ferry_public_fingerprint(&t->key, fingerprint);
	if (!ctx->json) {
		print_key_text(t, fingerprint);
		print_limits(limits);
		json_decref(limits);
		return 0;
	}
	ferry_command_print(json_pack(
	    "{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:o*,s:I,s:I,s:I}", "event", "key",
	    "id", t->key.id, "name", t->name, "store", t->store, "role",
	    t->role, "use", use_text(t->use), "fingerprint", fingerprint,
	    "limits", limits, "added_at", (json_int_t)t->added_at, "revoked_at",
	    (json_int_t)t->revoked_at, "expires_at",
	    (json_int_t)t->expires_at));
	return 0;
}

static int
print_policy(struct ferry_context *ctx, struct ferry_store *st, size_t n,
    struct ferry_error *err)
{
	char text[FERRY_COUNT_TEXT];
	uint64_t required;
	json_t *roles;
	const char *role;
	const json_t *count;

	if (ferry_trust_required(st, &required, err) == -1 ||
	    ferry_trust_required_roles(st, &roles, err) == -1)
		return -1;
	if (ctx->json) {
		ferry_command_print(json_pack("{s:s,s:s,s:I,s:I,s:o}", "event",
		    "result", "code", "ok", "keys", (json_int_t)n, "require",
		    (json_int_t)required, "roles", roles));
		return 0;
	}
	if (n == 0) {
		(void)printf("no key is trusted; no bundle can be imported\n");
	} else {
		(void)printf("a bundle needs %s of its store\n",
		    ferry_count_text(required, "trusted signature", text));
		json_object_foreach (roles, role, count)
			(void)printf("  and %d of role %s\n",
			    (int)json_integer_value(count), role);
	}
	json_decref(roles);
	return 0;
}

static int
list(struct ferry_context *ctx, struct ferry_store *st, struct ferry_error *err)
{
	struct ferry_trust *keys = NULL;
	size_t n;
	int rc = 0;

	if (ferry_trust_list(st, &keys, &n, err) == -1)
		return -1;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = print_key(ctx, st, &keys[i], err);
	free(keys);
	return rc == -1 || ferry_trust_roots(ctx, st, err) == -1
	           ? -1
	           : print_policy(ctx, st, n, err);
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
	if (t->store[0] == 0 && t->role[0] == 0)
		memcpy(t->store, id, sizeof(id));
	if (t->name[0] == 0)
		memcpy(t->name, name, sizeof(name));
}

struct trust_options {
	const char *name, *only, *store, *role, *root;
	const char *upstreams, *owners, *packages;
};

/* Append the words of a list with commas; a name that only GitHub's owner of
 * that name may give where they are owners. */
static int
add_words(json_t *limits, const char *member, const char *words,
    int (*add)(json_t *list, const char *word, struct ferry_error *err),
    struct ferry_error *err)
{
	json_t *list = json_object_get(limits, member);
	char word[256];
	size_t n;

	if (words == NULL)
		return 0;
	if (list == NULL &&
	    ferry_json_set(limits, member, list = json_array(), err) == -1)
		return -1;
	for (; *words != 0; words += n + (words[n] == ',')) {
		n = strcspn(words, ",");
		if (n == 0 || n >= sizeof(word))
			return ferry_error_set(err, FERRY_EUSAGE,
			    "a name is missing or too long in '%.100s'", words);
		memcpy(word, words, n);
		word[n] = 0;
		if (add(list, word, err) == -1)
			return -1;
	}
	return 0;
}

static int
add_word(json_t *list, const char *word, struct ferry_error *err)
{

	return ferry_json_push(list, json_string(word), err);
}

static int
add_owner(json_t *list, const char *word, struct ferry_error *err)
{
	struct ferry_buf pattern = FERRY_BUF_INIT;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ferry_formats_count(); i++) {
		const struct ferry_github_type *type =
		    &ferry_format_at(i)->github;

		ferry_buf_reset(&pattern);
		/* Where names are not an owner's alone, they begin with it. */
		rc = type->owned_names != NULL
		         ? type->owned_names(&pattern, word, err)
		         : ferry_buf_addf(&pattern, err, "%s/*", word);
		if (rc == 0)
			rc = add_word(list, (char *)pattern.p, err);
	}
	ferry_buf_free(&pattern);
	return rc;
}

/* What the options limit a key to. */
static int
read_limits(
    json_t **out, const struct trust_options *o, struct ferry_error *err)
{

	if ((*out = json_object()) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	return add_words(*out, "upstreams", o->upstreams, add_word, err) ==
	                   -1 ||
	               add_words(*out, "packages", o->packages, add_word,
			   err) == -1 ||
	               add_words(*out, "packages", o->owners, add_owner, err) ==
	                   -1
	           ? -1
	           : 0;
}

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
	if (o->role != NULL && o->role[0] == 0)
		return ferry_error_set(
		    err, FERRY_EUSAGE, "--role takes a word, such as scanner");
	if (o->role != NULL && o->store != NULL)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "a key with a role speaks for no store: --of or --role");
	if (o->store != NULL && !ferry_keyid_ok(o->store))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "--of takes the id of a store, 32 hexadecimal digits");
	if ((o->name != NULL && strlen(o->name) >= sizeof(out->name)) ||
	    (o->role != NULL && strlen(o->role) >= sizeof(out->role)))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "a name or role has at most %d characters", FERRY_NAME - 1);
	if (o->role != NULL)
		out->use = FERRY_TRUST_BUNDLES;
	(void)snprintf(
	    out->role, sizeof(out->role), "%s", o->role == NULL ? "" : o->role);
	(void)snprintf(out->store, sizeof(out->store), "%s",
	    o->store == NULL ? "" : o->store);
	(void)snprintf(
	    out->name, sizeof(out->name), "%s", o->name == NULL ? "" : o->name);
	return 0;
}

/* Trust one key, within its limits, and print it. */
static int
add_key(struct ferry_context *ctx, struct ferry_store *st,
    struct ferry_trust *t, const json_t *limits, struct ferry_error *err)
{

	return ferry_trust_add(st, t, err) == -1 ||
	               ferry_trust_get(st, t->key.id, t, err) == -1 ||
	               ferry_trust_by_root(st, t, err) == -1 ||
	               ferry_trust_claim(st, t->store, limits, err) == -1 ||
	               ferry_limits_put(
			   st, t->key.id, json_deep_copy(limits), err) == -1
	           ? -1
	           : print_key(ctx, st, t, err);
}

/* Every PEM block of a file. */
static int
add(struct ferry_context *ctx, struct ferry_store *st, const char *path,
    const struct trust_options *o, struct ferry_error *err)
{
	static const char end[] = "-----END PUBLIC KEY-----";
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_trust want, t;
	json_t *limits = NULL;
	char *at;
	size_t n = 0;
	int rc = read_options(&want, o, err);

	if (rc == 0)
		rc = read_limits(&limits, o, err);
	if (rc == 0)
		rc = ferry_file_read(path, PEM_MAX, &text, err);
	at = (char *)text.p;
	while (rc == 0 && (n == 0 || strstr(at, end) != NULL)) {
		char *stop = strstr(at, end);
		size_t len = stop == NULL ? strlen(at)
		                          : (size_t)(stop - at) + strlen(end);

		n++;
		t = want;
		read_owner(&t, at);
		if (ferry_public_from_pem(
			&t.key, ferry_bytes_of(at, len), err) == -1 ||
		    add_key(ctx, st, &t, limits, err) == -1)
			rc = ferry_error_in(err, "%s", path);
		at += len;
	}
	/* All or nothing: never a key without the limits that it was to get. */
	if (rc == 0)
		rc = ferry_store_commit(st, err);
	json_decref(limits);
	ferry_buf_free(&text);
	return rc;
}

static int
require(struct ferry_store *st, const char *number, const char *role,
    struct ferry_error *err)
{
	uint64_t n, least = role == NULL;

	if (ferry_parse_u64(
		ferry_bytes_str(number), least, FERRY_KEYS_MAX, &n, err) == -1)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "'%s' is not a number from %d to %d", number, (int)least,
		    FERRY_KEYS_MAX);
	return ferry_trust_require(st, role == NULL ? "" : role, n, err);
}

/* What ORIGIN brings as UPSTREAM is NAME here. */
static int
alias(
    struct ferry_context *ctx, struct ferry_store *st, struct ferry_error *err)
{
	const char *upstream = ctx->argv[3], *name = ctx->argv[4];
	enum ferry_authority whose;
	char origin[FERRY_STORE_ID];

	int known;

	if (ferry_command_origin(st, ctx->argv[2], origin, err) == -1 ||
	    (known = ferry_authority_look(st, upstream, origin, &whose, err)) ==
		-1)
		return -1;
	if (known == 1 && whose != FERRY_AUTHORITY_OTHER &&
	    strcmp(upstream, name) != 0)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "upstream '%s' of %s is here already under that name; give "
		    "the other origin's another one",
		    upstream, ctx->argv[2]);
	if ((known = ferry_authority_look(st, name, origin, &whose, err)) == -1)
		return -1;
	if (known == 1 && strcmp(upstream, name) != 0)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "there is an upstream '%s' already; choose another name",
		    name);
	if (ferry_alias_put(st, origin, upstream, name, err) == -1 ||
	    ferry_passed_forget(st, upstream, origin, err) == -1 ||
	    ferry_behind_put(st, origin, name, err) == -1 ||
	    ferry_store_commit(st, err) == -1)
		return -1;
	if (ctx->json)
		ferry_command_print(
		    json_pack("{s:s,s:s,s:s,s:s}", "event", "result", "origin",
			origin, "upstream", upstream, "name", name));
	else
		(void)printf("what %s brings as '%s' is called '%s' here; what "
			     "was skipped of it comes with the same bundles, "
			     "imported again\n",
		    ctx->argv[2], upstream, name);
	return 0;
}

static int
add_root(struct ferry_context *ctx, const struct ferry_task *task,
    const struct trust_options *o, struct ferry_error *err)
{
	json_t *limits = NULL;
	int rc;

	if (o->role != NULL || o->only != NULL || o->store != NULL ||
	    o->name != NULL)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "a root says itself whose it is and what its keys sign: "
		    "--root goes with limits alone");
	rc = read_limits(&limits, o, err);
	if (rc == 0)
		rc = ferry_trust_root(ctx, task, o->root, limits, err);
	json_decref(limits);
	return rc;
}

static int
forget(struct ferry_store *st, const char *name, struct ferry_error *err)
{
	char origin[FERRY_STORE_ID];

	return ferry_command_origin(st, name, origin, err) == -1
	           ? -1
	           : ferry_rotate_forget(st, origin, err);
}

static int
dispatch(struct ferry_context *ctx, const struct ferry_task *task,
    const struct trust_options *options, struct ferry_error *err)
{
	struct ferry_store *st = task->st;
	const char *what = ctx->argc > 1 ? ctx->argv[1] : "list";

	if (strcmp(what, "list") == 0 && ctx->argc <= 2)
		return list(ctx, st, err);
	if (strcmp(what, "add") == 0 && ctx->argc == 2 && options->root != NULL)
		return add_root(ctx, task, options, err);
	if (strcmp(what, "add") == 0 && ctx->argc == 3 && options->root == NULL)
		return add(ctx, st, ctx->argv[2], options, err);
	if (strcmp(what, "revoke") == 0 && ctx->argc == 3)
		return ferry_trust_revoke(st, ctx->argv[2], err);
	if (strcmp(what, "forget") == 0 && ctx->argc == 3)
		return forget(st, ctx->argv[2], err);
	if (strcmp(what, "brought") == 0 && ctx->argc == 3)
		return ferry_trust_brought(ctx, st, ctx->argv[2], err);
	if (strcmp(what, "require") == 0 && ctx->argc == 3)
		return require(st, ctx->argv[2], options->role, err);
	if (strcmp(what, "alias") == 0 && ctx->argc == 5)
		return alias(ctx, st, err);
	return ferry_error_set(
	    err, FERRY_EUSAGE, "see 'ferry trust --help' for its forms");
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	struct trust_options o = { NULL };
	const struct ferry_option options[] = {
		{ "name", FERRY_OPTION_VALUE, &o.name },
		{ "only", FERRY_OPTION_VALUE, &o.only },
		{ "of", FERRY_OPTION_VALUE, &o.store },
		{ "role", FERRY_OPTION_VALUE, &o.role },
		{ "root", FERRY_OPTION_VALUE, &o.root },
		{ "upstreams", FERRY_OPTION_VALUE, &o.upstreams },
		{ "owners", FERRY_OPTION_VALUE, &o.owners },
		{ "packages", FERRY_OPTION_VALUE, &o.packages },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};
	struct ferry_command_task c;
	bool writer;
	int rc;

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	writer = ctx->argc > 1 && strcmp(ctx->argv[1], "list") != 0 &&
	         strcmp(ctx->argv[1], "brought") != 0;
	if (ferry_command_task_open(&c, ctx,
		writer ? FERRY_STORE_WRITE : FERRY_STORE_READ, NULL, NULL,
		err) == -1)
		return -1;
	rc = dispatch(ctx, &c.task, &o, err);
	ferry_command_task_close(&c);
	return rc == -1 ? -1 : FERRY_EXIT_OK;
}

const struct ferry_command ferry_command_trust = { "trust",
	"whose signatures count here", help, run };
