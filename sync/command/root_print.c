#include <inttypes.h>
#include <stdio.h>

#include "store/base/clock.h"
#include "store/bundle/root.h"
#include "sync/command/command_task.h"
#include "sync/command/root.h"

static void
print_key(const struct ferry_root_key *k)
{
	char fingerprint[FERRY_FINGERPRINT], at[FERRY_TIME_TEXT];

	(void)ferry_public_fingerprint(&k->key, fingerprint);
	(void)printf("%s  %s  signs %s%s%s", k->key.id,
	    k->name[0] == 0 ? "-" : k->name,
	    k->role[FERRY_ROOT_BUNDLE] ? "bundles" : "",
	    k->role[FERRY_ROOT_BUNDLE] && k->role[FERRY_ROOT_ROOT] ? " and "
								   : "",
	    k->role[FERRY_ROOT_ROOT] ? "roots" : "");
	if (k->expires_at != 0)
		(void)printf(" until %s", ferry_time_text(k->expires_at, at));
	(void)printf("\n  %.39s\n  %.39s\n", fingerprint, fingerprint + 40);
}

static json_t *
key_json(const struct ferry_root_key *k)
{
	char fingerprint[FERRY_FINGERPRINT];

	return json_pack("{s:s,s:s,s:s,s:b,s:b,s:I}", "id", k->key.id, "name",
	    k->name, "fingerprint",
	    ferry_public_fingerprint(&k->key, fingerprint), "root",
	    k->role[FERRY_ROOT_ROOT], "bundle", k->role[FERRY_ROOT_BUNDLE],
	    "expires_at", (json_int_t)k->expires_at);
}

static void
print_json(const struct ferry_root *root)
{
	json_t *keys = json_array(), *signers = json_array();

	for (size_t i = 0; i < root->keys_n; i++)
		(void)json_array_append_new(keys, key_json(&root->keys[i]));
	for (size_t i = 0; i < root->signatures_n; i++)
		(void)json_array_append_new(
		    signers, json_string(root->signatures[i].signer));
	ferry_command_print(json_pack(
	    "{s:s,s:I,s:s,s:s,s:I,s:I,s:{s:I,s:I},s:o,s:o}", "event", "root",
	    "number", (json_int_t)root->number, "origin", root->origin, "name",
	    root->origin_name, "created_at", (json_int_t)root->created_at,
	    "expires_at", (json_int_t)root->expires_at, "thresholds", "root",
	    (json_int_t)root->threshold[FERRY_ROOT_ROOT], "bundle",
	    (json_int_t)root->threshold[FERRY_ROOT_BUNDLE], "keys", keys,
	    "signatures", signers));
}

void
ferry_root_print(const struct ferry_context *ctx, const struct ferry_root *root)
{
	char at[FERRY_TIME_TEXT];

	if (ctx->json) {
		print_json(root);
		return;
	}
	(void)printf("root %" PRIu64 " of %s (%s)%s%s\n", root->number,
	    root->origin_name, root->origin,
	    root->expires_at == 0 ? "" : ", until ",
	    root->expires_at == 0 ? "" : ferry_time_text(root->expires_at, at));
	for (size_t i = 0; i < FERRY_ROOT_ROLES; i++)
		(void)printf("a %s needs %" PRIu64 " of %" PRIu64 " keys\n",
		    ferry_root_role_name((enum ferry_root_role)i),
		    root->threshold[i],
		    ferry_root_keys_of(root, (enum ferry_root_role)i));
	for (size_t i = 0; i < root->keys_n; i++)
		print_key(&root->keys[i]);
	for (size_t i = 0; i < root->signatures_n; i++)
		(void)printf("signed by %s\n", root->signatures[i].signer);
}
