/* `ferry root add`, `remove` and `require`: drafts, in files, without a store. */

#include <stdio.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/file.h"
#include "store/bundle/root.h"
#include "sync/command/command_task.h"
#include "sync/command/root.h"

#define PEM_MAX 65536

int
ferry_root_expiry(const char *text, int64_t *out, struct ferry_error *err)
{
	int64_t seconds;

	*out = 0;
	if (strcmp(text, "never") == 0)
		return 0;
	if (ferry_duration_parse(&seconds, text, err) == -1)
		return -1;
	*out = ferry_now() + seconds;
	return 0;
}

static int
read_role(const struct ferry_root_options *o, enum ferry_root_role *out,
    struct ferry_error *err)
{

	return o->role != NULL && ferry_root_role_find(o->role, out) == 1
	           ? 0
	           : ferry_error_set(err, FERRY_EUSAGE,
			 "say --role root (signs roots) or --role bundle (signs "
			 "bundles)");
}

/* One key, new or known: it gets a role more. */
static int
add_key(struct ferry_root *root, const struct ferry_public *key,
    const struct ferry_root_options *o, struct ferry_error *err)
{
	struct ferry_root_key *k =
	    (struct ferry_root_key *)(uintptr_t)ferry_root_find(root, key->id);
	enum ferry_root_role role;

	if (read_role(o, &role, err) == -1)
		return -1;
	if (k == NULL && root->keys_n == FERRY_ROOT_KEYS)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a root has at most %d keys", FERRY_ROOT_KEYS);
	if (k == NULL) {
		k = &root->keys[root->keys_n++];
		*k = (struct ferry_root_key){ .key = *key };
	}
	k->role[role] = true;
	if (o->name != NULL && (size_t)snprintf(k->name, sizeof(k->name), "%s",
				   o->name) >= sizeof(k->name))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "a name has at most %d characters", FERRY_NAME - 1);
	return o->expires == NULL
	           ? 0
	           : ferry_root_expiry(o->expires, &k->expires_at, err);
}

/* Every PEM block of a file. */
static int
add_file(struct ferry_root *root, const char *path,
    const struct ferry_root_options *o, struct ferry_error *err)
{
	static const char end[] = "-----END PUBLIC KEY-----";
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_public key;
	const char *at;
	int rc = ferry_file_read(path, PEM_MAX, &text, err);

	for (at = (const char *)text.p; rc == 0;) {
		const char *stop = strstr(at, end);
		size_t n = stop == NULL ? strlen(at)
		                        : (size_t)(stop - at) + strlen(end);

		rc = ferry_public_from_pem(&key, ferry_bytes_of(at, n), err) ==
		                 -1 ||
		             add_key(root, &key, o, err) == -1
		         ? ferry_error_in(err, "%s", path)
		         : 0;
		at += n;
		if (strstr(at, end) == NULL)
			break;
	}
	ferry_buf_free(&text);
	return rc;
}

/* What is named as 'ferry root sign --key' names it. */
static int
add_named(struct ferry_root *root, const struct ferry_root_options *o,
    struct ferry_error *err)
{
	struct ferry_keys *keys = NULL;
	int rc = ferry_keys_open_uri(&keys, o->key, err);

	if (rc == 0)
		rc = add_key(root, ferry_keys_public(keys, 0), o, err);
	ferry_keys_free(keys);
	return rc;
}

/* Take a role from a key, or all of it out. */
static int
remove_key(struct ferry_root *root, const char *id,
    const struct ferry_root_options *o, struct ferry_error *err)
{
	struct ferry_root_key *k =
	    (struct ferry_root_key *)(uintptr_t)ferry_root_find(root, id);
	enum ferry_root_role role;

	if (k == NULL)
		return ferry_error_set(err, FERRY_ENOTFOUND,
		    "the root has no key '%.40s'; see 'ferry root show'", id);
	if (o->role != NULL) {
		if (read_role(o, &role, err) == -1)
			return -1;
		k->role[role] = false;
		if (k->role[FERRY_ROOT_ROOT] || k->role[FERRY_ROOT_BUNDLE])
			return 0;
	}
	memmove(k, k + 1,
	    (size_t)(root->keys + root->keys_n - (k + 1)) * sizeof(*k));
	root->keys_n--;
	return 0;
}

static int
require(struct ferry_root *root, const char *number,
    const struct ferry_root_options *o, struct ferry_error *err)
{
	enum ferry_root_role role;
	uint64_t n;

	if (read_role(o, &role, err) == -1)
		return -1;
	if (ferry_parse_u64(
		ferry_bytes_str(number), 1, FERRY_ROOT_KEYS, &n, err) == -1)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "'%.40s' is not a number from 1 to %d", number,
		    FERRY_ROOT_KEYS);
	root->threshold[role] = n;
	return 0;
}

static int
change(struct ferry_root *root, const char *what, const char *arg,
    const struct ferry_root_options *o, struct ferry_error *err)
{

	if (strcmp(what, "remove") == 0)
		return remove_key(root, arg, o, err);
	if (strcmp(what, "require") == 0)
		return require(root, arg, o, err);
	return arg != NULL ? add_file(root, arg, o, err)
	                   : add_named(root, o, err);
}

int
ferry_root_edit(struct ferry_context *ctx, const char *path, const char *what,
    const char *arg, const struct ferry_root_options *o,
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT, out = FERRY_BUF_INIT;
	char signatures[FERRY_COUNT_TEXT];
	struct ferry_root root;
	int rc = ferry_file_read(path, FERRY_ROOT_MAX, &text, err);

	if (rc == 0 && ferry_root_parse(&root, ferry_bytes_buf(&text),
			   FERRY_ROOT_DRAFT, err) == -1)
		rc = ferry_error_in(err, "%s", path);
	if (rc == 0)
		rc = change(&root, what, arg, o, err);
	/* Read once more: a name may be no name. */
	if (rc == 0 && (ferry_root_write(&out, &root, err) == -1 ||
			   ferry_root_parse(&root, ferry_bytes_buf(&out),
			       FERRY_ROOT_DRAFT, err) == -1 ||
			   ferry_file_replace(
			       path, 0644, ferry_bytes_buf(&out), err) == -1))
		rc = -1;
	if (rc == 0) {
		struct ferry_root before;

		ferry_root_print(ctx, &root);
		if (ferry_root_parse(&before, ferry_bytes_buf(&text),
			FERRY_ROOT_DRAFT, err) == 0 &&
		    before.signatures_n > 0 && !ctx->json)
			(void)printf("%s of what it was before are gone\n",
			    ferry_count_text(
				before.signatures_n, "signature", signatures));
	}
	ferry_buf_free(&out);
	ferry_buf_free(&text);
	return rc;
}
