#include "store/bundle/root.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/json.h"

#define VERSION 1

static const char *const roles[FERRY_ROOT_ROLES] = {
	[FERRY_ROOT_ROOT] = "root",
	[FERRY_ROOT_BUNDLE] = "bundle",
};

const char *
ferry_root_role_name(enum ferry_root_role role)
{

	return roles[role];
}

int
ferry_root_role_find(const char *name, enum ferry_root_role *out)
{

	for (size_t i = 0; i < FERRY_ROOT_ROLES; i++)
		if (strcmp(roles[i], name) == 0) {
			*out = (enum ferry_root_role)i;
			return 1;
		}
	return 0;
}

uint64_t
ferry_root_keys_of(const struct ferry_root *root, enum ferry_root_role role)
{
	uint64_t n = 0;

	for (size_t i = 0; i < root->keys_n; i++)
		n += root->keys[i].role[role];
	return n;
}

const struct ferry_root_key *
ferry_root_find(const struct ferry_root *root, const char *id)
{

	for (size_t i = 0; i < root->keys_n; i++)
		if (strcmp(root->keys[i].key.id, id) == 0)
			return &root->keys[i];
	return NULL;
}

/* Reading */

/* What is not known here may restrict something: nothing is passed over. */
static int
only_members(const json_t *object, const char *const *names, const char *what,
    struct ferry_error *err)
{
	const char *name;
	const json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
		size_t i = 0;

		while (names[i] != NULL && strcmp(names[i], name) != 0)
			i++;
		if (names[i] == NULL)
			return ferry_error_set(err, FERRY_ENEWER,
			    "%s has a member '%.40s', which this ferry does "
			    "not know; update it here",
			    what, name);
	}
	return 0;
}

/* Seconds since the epoch, or 0 for null. */
static int
time_or_never(const json_t *object, int64_t *out, struct ferry_error *err)
{

	*out = 0;
	return json_is_null(json_object_get(object, "expires_at"))
	           ? 0
	           : ferry_head_time(object, "expires_at", out, err);
}

static int
parse_roles(
    struct ferry_root_key *k, const json_t *object, struct ferry_error *err)
{
	enum ferry_root_role role;
	json_t *list, *o;
	size_t i;

	if (ferry_json_array(object, "roles", &list, err) == -1)
		return -1;
	json_array_foreach (list, i, o) {
		const char *name = json_string_value(o);

		if (name == NULL || ferry_root_role_find(name, &role) == 0)
			return ferry_error_set(err, FERRY_ENEWER,
			    "a key has a role '%.40s', which this ferry does "
			    "not know; update it here",
			    name == NULL ? "?" : name);
		k->role[role] = true;
	}
	return json_array_size(list) > 0
	           ? 0
	           : ferry_error_set(err, FERRY_EFORMAT, "a key has no role");
}

static int
parse_key(
    struct ferry_root *root, const json_t *object, struct ferry_error *err)
{
	static const char *const names[] = { "key", "name", "roles",
		"expires_at", NULL };
	struct ferry_root_key *k = &root->keys[root->keys_n];
	struct ferry_buf raw = FERRY_BUF_INIT;
	const char *key, *name;
	int rc = -1;

	if (only_members(object, names, "a key", err) == 0 &&
	    ferry_json_str(object, "key", &key, err) == 0 &&
	    ferry_json_str(object, "name", &name, err) == 0 &&
	    ferry_base64_decode(&raw, ferry_bytes_str(key), err) == 0 &&
	    ferry_public_from_raw(&k->key, ferry_bytes_buf(&raw), err) == 0 &&
	    parse_roles(k, object, err) == 0 &&
	    time_or_never(object, &k->expires_at, err) == 0)
		rc = 0;
	ferry_buf_free(&raw);
	if (rc == -1)
		return -1;
	if (strlen(name) >= sizeof(k->name) ||
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			 "0123456789._-@+") != strlen(name))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "a key's name has more than %d letters, digits and "
		    "'._-@+'",
		    FERRY_NAME - 1);
	(void)snprintf(k->name, sizeof(k->name), "%s", name);
	if (ferry_root_find(root, k->key.id) != NULL)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "the key %s is there twice", k->key.id);
	root->keys_n++;
	return 0;
}

static int
parse_keys(
    struct ferry_root *root, const json_t *object, struct ferry_error *err)
{
	json_t *list, *o;
	size_t i;

	if (ferry_json_array(object, "keys", &list, err) == -1)
		return -1;
	if (json_array_size(list) > FERRY_ROOT_KEYS)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a root has at most %d keys, not %zu", FERRY_ROOT_KEYS,
		    json_array_size(list));
	json_array_foreach (list, i, o)
		if (parse_key(root, o, err) == -1)
			return ferry_error_in(err, "key %zu", i + 1);
	return 0;
}

static int
parse_thresholds(struct ferry_root *root, const json_t *object,
    enum ferry_root_state state, struct ferry_error *err)
{
	static const char *const names[] = { "root", "bundle", NULL };
	json_t *thresholds;

	if (ferry_json_object(object, "thresholds", &thresholds, err) == -1 ||
	    only_members(thresholds, names, "\"thresholds\"", err) == -1)
		return -1;
	for (size_t i = 0; i < FERRY_ROOT_ROLES; i++) {
		uint64_t *n = &root->threshold[i];
		uint64_t keys =
		    ferry_root_keys_of(root, (enum ferry_root_role)i);

		if (ferry_json_u64(
			thresholds, roles[i], FERRY_ROOT_KEYS, n, err) == -1)
			return -1;
		if (*n == 0 || (state == FERRY_ROOT_WHOLE && *n > keys))
			return ferry_error_set(err, FERRY_EFORMAT,
			    "%" PRIu64 " signatures of role '%s' cannot be "
			    "asked for: there are %" PRIu64 " such keys",
			    *n, roles[i], keys);
	}
	return 0;
}

static int
parse_version(const json_t *object, struct ferry_error *err)
{
	const char *format;
	uint64_t version;

	if (ferry_json_str(object, "format", &format, err) == -1)
		return -1;
	if (strcmp(format, "ferry-root") != 0)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "this is a '%.40s', not a ferry-root", format);
	if (ferry_json_u64(object, "version", UINT32_MAX, &version, err) == -1)
		return -1;
	return version <= VERSION ? 0
	                          : ferry_error_set(err, FERRY_ENEWER,
					"the root has format version %" PRIu64
					", this ferry reads up to %d; update "
					"ferry here",
					version, VERSION);
}

static int
parse_line(struct ferry_root *root, const json_t *object,
    enum ferry_root_state state, struct ferry_error *err)
{
	static const char *const names[] = { "format", "version", "number",
		"origin", "created_at", "expires_at", "thresholds", "keys",
		NULL };

	if (parse_version(object, err) == -1 ||
	    only_members(object, names, "the root", err) == -1 ||
	    ferry_json_u64(object, "number", FERRY_ROOT_NUMBER_MAX,
		&root->number, err) == -1 ||
	    ferry_head_party(
		object, "origin", root->origin, root->origin_name, err) == -1 ||
	    ferry_head_time(object, "created_at", &root->created_at, err) ==
		-1 ||
	    time_or_never(object, &root->expires_at, err) == -1 ||
	    parse_keys(root, object, err) == -1)
		return -1;
	if (root->number == 0)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "roots are numbered from 1");
	if (root->origin_name[0] == 0)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "the origin has no name");
	if (root->expires_at != 0 && root->expires_at <= root->created_at)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "it expired before it was made");
	return parse_thresholds(root, object, state, err);
}

static int
parse_signature(
    struct ferry_root *root, struct ferry_bytes line, struct ferry_error *err)
{
	struct ferry_root_signature *s = &root->signatures[root->signatures_n];
	struct ferry_buf raw = FERRY_BUF_INIT;
	bool ok = false;

	if (root->signatures_n == FERRY_ROOT_SIGNATURES)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "more than %d signatures", FERRY_ROOT_SIGNATURES);
	if (line.n >= FERRY_KEYID && line.n <= 200 &&
	    line.p[FERRY_KEYID - 1] == ' ') {
		memcpy(s->signer, line.p, FERRY_KEYID - 1);
		s->signer[FERRY_KEYID - 1] = 0;
		ok = ferry_keyid_ok(s->signer) &&
		     ferry_base64_decode(&raw,
			 ferry_bytes_of(
			     line.p + FERRY_KEYID, line.n - FERRY_KEYID),
			 err) == 0 &&
		     raw.n == FERRY_SIGNATURE;
	}
	if (ok)
		memcpy(s->v, raw.p, FERRY_SIGNATURE);
	ferry_buf_free(&raw);
	for (size_t i = 0; ok && i < root->signatures_n; i++)
		ok = strcmp(root->signatures[i].signer, s->signer) != 0;
	root->signatures_n += ok;
	return ok ? 0
	          : ferry_error_set(err, FERRY_EFORMAT,
			"a line behind the first is not 'KEYID SIGNATURE', or "
			"of a key that signed before");
}

int
ferry_root_origin(struct ferry_bytes text, char origin[FERRY_STORE_ID],
    struct ferry_error *err)
{
	char name[FERRY_NAME];
	struct ferry_bytes line = { NULL, 0 };
	json_t *object = NULL;
	int rc = -1;

	if (text.n > FERRY_ROOT_MAX || !ferry_bytes_line(&text, &line))
		return ferry_error_set(err, FERRY_EFORMAT, "this is no root");
	if (ferry_json_parse(&object, line, "the root", err) == 0)
		rc = ferry_head_party(object, "origin", origin, name, err);
	json_decref(object);
	return rc;
}

int
ferry_root_parse(struct ferry_root *out, struct ferry_bytes text,
    enum ferry_root_state state, struct ferry_error *err)
{
	struct ferry_bytes rest = text, line;
	json_t *object = NULL;
	int rc = -1;

	*out = (struct ferry_root){ 0 };
	if (text.n > FERRY_ROOT_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a root has at most %d bytes", FERRY_ROOT_MAX);
	if (!ferry_bytes_line(&rest, &out->line))
		return ferry_error_set(err, FERRY_EFORMAT, "this is no root");
	while (ferry_bytes_line(&rest, &line))
		if (parse_signature(out, line, err) == -1)
			return -1;
	if (ferry_json_parse(&object, out->line, "the root", err) == 0)
		rc = parse_line(out, object, state, err);
	json_decref(object);
	return rc;
}

/* Writing.  Every string in it is of a known plain alphabet. */

static int
write_expiry(struct ferry_buf *buf, int64_t t, struct ferry_error *err)
{
	char at[FERRY_TIME_TEXT];

	return t == 0 ? ferry_buf_adds(buf, ",\"expires_at\":null", err)
	              : ferry_buf_addf(buf, err, ",\"expires_at\":\"%s\"",
			    ferry_time_text(t, at));
}

static int
write_key(struct ferry_buf *buf, const struct ferry_root_key *k,
    struct ferry_error *err)
{

	if (ferry_buf_adds(buf, "{\"key\":\"", err) == -1 ||
	    ferry_base64_add(buf,
		ferry_bytes_of(k->key.raw, sizeof(k->key.raw)), err) == -1 ||
	    ferry_buf_addf(buf, err, "\",\"name\":\"%s\",\"roles\":[%s%s%s]",
		k->name, k->role[FERRY_ROOT_ROOT] ? "\"root\"" : "",
		k->role[FERRY_ROOT_ROOT] && k->role[FERRY_ROOT_BUNDLE] ? ","
								       : "",
		k->role[FERRY_ROOT_BUNDLE] ? "\"bundle\"" : "") == -1 ||
	    write_expiry(buf, k->expires_at, err) == -1)
		return -1;
	return ferry_buf_adds(buf, "}", err);
}

int
ferry_root_write(struct ferry_buf *buf, const struct ferry_root *root,
    struct ferry_error *err)
{
	char at[FERRY_TIME_TEXT];

	if (ferry_buf_addf(buf, err,
		"{\"format\":\"ferry-root\",\"version\":%d,\"number\":%" PRIu64
		",\"origin\":{\"id\":\"%s\",\"name\":\"%s\"},"
		"\"created_at\":\"%s\"",
		VERSION, root->number, root->origin, root->origin_name,
		ferry_time_text(root->created_at, at)) == -1 ||
	    write_expiry(buf, root->expires_at, err) == -1 ||
	    ferry_buf_addf(buf, err,
		",\"thresholds\":{\"root\":%" PRIu64 ",\"bundle\":%" PRIu64
		"},\"keys\":[",
		root->threshold[FERRY_ROOT_ROOT],
		root->threshold[FERRY_ROOT_BUNDLE]) == -1)
		return -1;
	for (size_t i = 0; i < root->keys_n; i++)
		if ((i > 0 && ferry_buf_adds(buf, ",", err) == -1) ||
		    write_key(buf, &root->keys[i], err) == -1)
			return -1;
	return ferry_buf_adds(buf, "]}\n", err);
}

int
ferry_root_sign(struct ferry_buf *text, const struct ferry_root *root,
    const struct ferry_keys *keys, size_t i, struct ferry_error *err)
{
	uint8_t v[FERRY_SIGNATURE];

	if (ferry_keys_sign(keys, i, root->line, v, err) == -1 ||
	    ferry_buf_addf(text, err, "%s ", ferry_keys_public(keys, i)->id) ==
		-1 ||
	    ferry_base64_add(text, ferry_bytes_of(v, sizeof(v)), err) == -1)
		return -1;
	return ferry_buf_adds(text, "\n", err);
}

int
ferry_root_count(const struct ferry_root *root, const struct ferry_root *by,
    uint64_t *out, struct ferry_error *err)
{

	*out = 0;
	for (size_t i = 0; i < root->signatures_n; i++) {
		const struct ferry_root_signature *s = &root->signatures[i];
		const struct ferry_root_key *k = ferry_root_find(by, s->signer);
		int rc;

		if (k == NULL || !k->role[FERRY_ROOT_ROOT])
			continue;
		rc = ferry_public_verify(&k->key, root->line, s->v, err);
		if (rc == -1)
			return -1;
		if (rc == 0)
			return ferry_error_set(err, FERRY_ESIGNATURE,
			    "the signature of key %s is wrong: this was "
			    "changed after it was signed",
			    s->signer);
		*out += 1;
	}
	return 0;
}
