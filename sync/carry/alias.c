#include "sync/carry/alias.h"

#include <string.h>

#include "store/access/snapshot.h"
#include "store/access/snapshot_write.h"
#include "store/base/files.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/index/key.h"
#include "store/index/local.h"

int
ferry_alias_put(struct ferry_store *st, const char *origin,
    const char *upstream, const char *name, struct ferry_error *err)
{
	struct ferry_key key;

	if (ferry_key_named(&key, FERRY_KIND_ALIAS, origin, upstream, err) ==
	    -1)
		return -1;
	return strcmp(upstream, name) == 0
	           ? ferry_local_delete(st, &key, err)
	           : ferry_local_put_new(
			 st, &key, json_pack("{s:s}", "name", name), err);
}

static int
add_alias(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{

	return ferry_json_set(ctx, ferry_key_part(key, 2),
	    json_incref(json_object_get(record, "name")), err);
}

int
ferry_alias_load(struct ferry_store *st, const char *origin, json_t **out,
    struct ferry_error *err)
{
	struct ferry_key prefix;
	json_t *aliases = json_object();

	if (aliases == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (ferry_key_named(&prefix, FERRY_KIND_ALIAS, origin, NULL, err) ==
		-1 ||
	    ferry_local_each(st, &prefix, add_alias, aliases, err) == -1) {
		json_decref(aliases);
		return -1;
	}
	*out = aliases;
	return 0;
}

/* The name of upstream here. */
static const char *
name_here(const json_t *aliases, const char *upstream)
{
	const char *name =
	    json_string_value(json_object_get(aliases, upstream));

	return name == NULL ? upstream : name;
}

int
ferry_alias_key(
    const json_t *aliases, struct ferry_key *key, struct ferry_error *err)
{
	const char *upstream = ferry_key_owner(key);
	const char *name = name_here(aliases, upstream), *other;
	const json_t *alias;

	if (name == upstream) {
		json_object_foreach ((json_t *)(uintptr_t)aliases, other, alias)
			if (strcmp(json_string_value(alias), upstream) == 0)
				return ferry_error_set(err, FERRY_EUSAGE,
				    "upstream '%s' is called as '%s' of the "
				    "same origin is here; 'ferry trust alias' "
				    "gives one of both another name",
				    upstream, other);
		return 0;
	}
	return ferry_key_set_owner(key, name, err) == -1 ? -1 : 1;
}

struct rewrite {
	struct ferry_snapshot_writer writer;
	const json_t *aliases;
	const char *name;
};

static int
rewrite_line(
    void *ctx, const char *kind, json_t *record, struct ferry_error *err)
{
	struct rewrite *w = ctx;
	const char *realm;

	if (strcmp(kind, "meta") == 0 &&
	    (ferry_json_str(record, "realm", &realm, err) == -1 ||
		ferry_json_set(record, "upstream", json_string(w->name), err) ==
		    -1 ||
		ferry_json_set(record, "realm",
		    json_string(name_here(w->aliases, realm)), err) == -1))
		return -1;
	return ferry_snapshot_add(&w->writer, json_incref(record), err);
}

int
ferry_alias_snapshot(const json_t *aliases, const char *name,
    struct ferry_bytes text, struct ferry_buf *out, struct ferry_error *err)
{
	struct rewrite w = { .aliases = aliases, .name = name };
	int rc = ferry_snapshot_lines(text, rewrite_line, &w, err);

	if (rc == 0)
		rc = ferry_snapshot_text(&w.writer, out, err);
	ferry_snapshot_writer_free(&w.writer);
	return rc;
}

/* Write the snapshot in file anew; it becomes one of value's files. */
static int
rewrite_snapshot(struct ferry_store *st, const json_t *aliases,
    const char *name, const struct ferry_file *file, json_t *value,
    struct ferry_error *err)
{
	struct ferry_buf old = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	struct ferry_digest digest;
	int rc = -1;

	if (ferry_blob_load(st, &file->sha256, FERRY_SNAPSHOT_MAX, &old, err) ==
		0 &&
	    ferry_alias_snapshot(
		aliases, name, ferry_bytes_buf(&old), &text, err) == 0 &&
	    ferry_blob_put(st, FERRY_BLOB_IS_DOCUMENT, ferry_bytes_buf(&text),
		&digest, err) == 0 &&
	    ferry_files_add(value, file->name, text.n, &digest, NULL, err) == 0)
		rc = 0;
	ferry_buf_free(&old);
	ferry_buf_free(&text);
	return rc;
}

/* All that an access record names. */
static int
rewrite_snapshots(struct ferry_store *st, const json_t *aliases,
    const char *name, json_t *value, struct ferry_error *err)
{
	json_t *old = json_copy(value);
	struct ferry_file file;
	int rc = 0, n = ferry_files_count(value, err);

	if (old == NULL || n == -1 ||
	    ferry_json_set(value, "files", json_array(), err) == -1)
		rc = old == NULL
		         ? ferry_error_set(err, FERRY_ENOMEM, "no memory")
		         : -1;
	for (int i = 0; rc == 0 && i < n; i++)
		if (ferry_files_get(old, (size_t)i, &file, err) == -1 ||
		    rewrite_snapshot(st, aliases, name, &file, value, err) ==
			-1)
			rc = -1;
	json_decref(old);
	return rc;
}

int
ferry_alias_value(struct ferry_store *st, const json_t *aliases,
    const struct ferry_key *key, json_t *value, struct ferry_error *err)
{
	const char *name = ferry_key_owner(key);

	if (ferry_key_is(key, FERRY_KIND_ACCESS))
		return rewrite_snapshots(st, aliases, name, value, err);
	if (json_object_get(value, "upstream") != NULL)
		return ferry_json_set(
		    value, "upstream", json_string(name), err);
	return 0;
}
