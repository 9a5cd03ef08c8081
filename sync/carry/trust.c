#include "sync/carry/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/store.h"

/* Records */

static int
read_key(struct ferry_trust *out, const json_t *record, struct ferry_error *err)
{
	struct ferry_buf raw = FERRY_BUF_INIT;
	const char *key, *name, *store, *role;
	uint64_t use, added_at, revoked_at, expires_at;
	int rc = -1;

	if (ferry_json_str(record, "key", &key, err) == 0 &&
	    ferry_json_str_opt(record, "name", "", &name, err) == 0 &&
	    ferry_json_str_opt(record, "store", "", &store, err) == 0 &&
	    ferry_json_str_opt(record, "role", "", &role, err) == 0 &&
	    ferry_json_u64(record, "use", 3, &use, err) == 0 &&
	    ferry_json_u64(record, "added_at", INT64_MAX, &added_at, err) ==
		0 &&
	    ferry_json_u64_opt(
		record, "revoked_at", INT64_MAX, 0, &revoked_at, err) == 0 &&
	    ferry_json_u64_opt(
		record, "expires_at", INT64_MAX, 0, &expires_at, err) == 0 &&
	    ferry_base64_decode(&raw, ferry_bytes_str(key), err) == 0 &&
	    ferry_public_from_raw(&out->key, ferry_bytes_buf(&raw), err) == 0) {
		(void)snprintf(out->name, sizeof(out->name), "%s", name);
		(void)snprintf(out->store, sizeof(out->store), "%s", store);
		(void)snprintf(out->role, sizeof(out->role), "%s", role);
		out->use = (unsigned)use;
		out->added_at = (int64_t)added_at;
		out->revoked_at = (int64_t)revoked_at;
		out->expires_at = (int64_t)expires_at;
		rc = 0;
	}
	ferry_buf_free(&raw);
	return rc;
}

int
ferry_trust_put(struct ferry_store *st, const struct ferry_trust *t,
    struct ferry_error *err)
{
	struct ferry_buf raw = FERRY_BUF_INIT;
	int rc = ferry_base64_add(
	    &raw, ferry_bytes_of(t->key.raw, sizeof(t->key.raw)), err);

	if (rc == 0)
		rc = ferry_local_named_put(st, FERRY_KIND_TRUST, t->key.id,
		    json_pack("{s:s,s:s,s:s,s:s,s:i,s:I,s:I,s:I}", "key",
			(char *)raw.p, "name", t->name, "store", t->store,
			"role", t->role, "use", (int)t->use, "added_at",
			(json_int_t)t->added_at, "revoked_at",
			(json_int_t)t->revoked_at, "expires_at",
			(json_int_t)t->expires_at),
		    err);
	ferry_buf_free(&raw);
	return rc;
}

int
ferry_trust_get(struct ferry_store *st, const char *id, struct ferry_trust *out,
    struct ferry_error *err)
{
	json_t *record;
	int rc = ferry_local_named_get(st, FERRY_KIND_TRUST, id, &record, err);

	if (rc == 1 && read_key(out, record, err) == -1)
		rc = -1;
	json_decref(record);
	return rc;
}

int
ferry_trust_list(struct ferry_store *st, struct ferry_trust **out, size_t *n,
    struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_trust *list = NULL;
	struct ferry_key prefix, key;
	size_t cap = 0;
	json_t *record;
	int rc = -1;

	*n = 0;
	ferry_key_all(&prefix, FERRY_KIND_TRUST);
	if (ferry_local_iter_new(&it, st, &prefix, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, &record, err)) == 1) {
		if (ferry_array_grow(&list, &cap, *n + 1, sizeof(*list), err) ==
			-1 ||
		    read_key(&list[*n], record, err) == -1)
			rc = -1;
		json_decref(record);
		if (rc == -1)
			break;
		*n += 1;
	}
	ferry_record_iter_free(it);
	if (rc == -1) {
		free(list);
		return -1;
	}
	*out = list;
	return 0;
}

int
ferry_trust_add(struct ferry_store *st, const struct ferry_trust *want,
    struct ferry_error *err)
{
	struct ferry_trust t = { 0 };
	int rc = ferry_trust_get(st, want->key.id, &t, err);

	if (rc == -1)
		return -1;
	if (rc == 1 && t.revoked_at != 0)
		return ferry_error_set(err, FERRY_EREVOKED,
		    "key %s was revoked here and stays so; let its owner make "
		    "a new one with 'ferry key new'",
		    want->key.id);
	if (strspn(want->name,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789._-@+") != strlen(want->name))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "a key's name has only letters, digits and '._-@+'");
	if (rc == 0)
		t.added_at = ferry_now();
	t.key = want->key;
	t.use = want->use;
	if (want->name[0] != 0)
		memcpy(t.name, want->name, sizeof(t.name));
	if (want->store[0] != 0)
		memcpy(t.store, want->store, sizeof(t.store));
	/* A key has one or the other; what nobody says stays. */
	if (want->role[0] != 0 || want->store[0] != 0)
		memcpy(t.role, want->role, sizeof(t.role));
	if (t.role[0] != 0) {
		t.store[0] = 0;
		t.use = FERRY_TRUST_BUNDLES;
	}
	return ferry_trust_put(st, &t, err);
}

int
ferry_trust_revoke(
    struct ferry_store *st, const char *id, struct ferry_error *err)
{
	struct ferry_trust t;
	int rc = ferry_trust_get(st, id, &t, err);

	if (rc == -1)
		return -1;
	if (rc == 0)
		return ferry_error_set(err, FERRY_ENOTFOUND,
		    "no key '%s' is known here; see 'ferry trust list'", id);
	if (t.revoked_at != 0)
		return 0;
	t.revoked_at = ferry_now();
	if (ferry_trust_put(st, &t, err) == -1)
		return -1;
	return ferry_store_commit(st, err);
}

static int
get_policy(struct ferry_store *st, json_t **out, struct ferry_error *err)
{

	return ferry_local_named_get(
	    st, FERRY_KIND_POLICY, "signatures", out, err);
}

int
ferry_trust_required(
    struct ferry_store *st, uint64_t *out, struct ferry_error *err)
{
	json_t *record;
	int rc = get_policy(st, &record, err);

	*out = 1;
	if (rc == 1)
		rc = ferry_json_u64(
		    record, "require", FERRY_SIGNATURES_MAX, out, err);
	json_decref(record);
	return rc == -1 ? -1 : 0;
}

int
ferry_trust_required_roles(
    struct ferry_store *st, json_t **out, struct ferry_error *err)
{
	json_t *record, *roles;
	int rc = get_policy(st, &record, err);

	if (rc == -1)
		return -1;
	roles = json_incref(json_object_get(record, "roles"));
	json_decref(record);
	*out = roles != NULL ? roles : json_object();
	return *out != NULL ? 0
	                    : ferry_error_set(err, FERRY_ENOMEM, "no memory");
}

/* Whether so many keys of role may sign bundles. */
static int
check_enough(struct ferry_store *st, const char *role, uint64_t wanted,
    struct ferry_error *err)
{
	struct ferry_trust *keys = NULL;
	char text[FERRY_COUNT_TEXT];
	uint64_t have = 0;
	size_t n;

	if (ferry_trust_list(st, &keys, &n, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (keys[i].revoked_at == 0 &&
		    (keys[i].use & FERRY_TRUST_BUNDLES) != 0 &&
		    strcmp(keys[i].role, role) == 0)
			have++;
	free(keys);
	if (have >= wanted)
		return 0;
	return ferry_error_set(err, FERRY_EUSAGE,
	    "only %s%s%s could sign bundles here, so none could be imported; "
	    "'ferry trust add' the others first",
	    ferry_count_text(have, "trusted key", text),
	    role[0] == 0 ? "" : " of role ", role);
}

int
ferry_trust_require(struct ferry_store *st, const char *role, uint64_t n,
    struct ferry_error *err)
{
	json_t *roles = NULL, *record = NULL;
	uint64_t required;
	int rc = -1;

	if (check_enough(st, role, n, err) == -1 ||
	    ferry_trust_required(st, &required, err) == -1 ||
	    ferry_trust_required_roles(st, &roles, err) == -1)
		return -1;
	if (role[0] == 0)
		required = n;
	else if (n == 0)
		(void)json_object_del(roles, role);
	else if (ferry_json_set(
		     roles, role, json_integer((json_int_t)n), err) == -1)
		goto out;
	record = json_pack(
	    "{s:I,s:O}", "require", (json_int_t)required, "roles", roles);
	rc = ferry_local_named_put(
		 st, FERRY_KIND_POLICY, "signatures", record, err) == -1
	         ? -1
	         : ferry_store_commit(st, err);
out:
	json_decref(roles);
	return rc;
}
