/*
 * put_oci STORE OWNER HOST REPOSITORY [LAYOUT] [--tag=TAG=DIGEST …]
 *         [--untag=TAG …] [--delete=DIGEST …] [--set=DIGEST=MEMBER=TEXT …]
 *
 * Puts an OCI repository into a store as `ferry sync` would, without a
 * registry: for tests of what reads stores.  Makes the store if it is not
 * there.  LAYOUT is a folder with index.json and blobs/ALG/HEX; every manifest
 * that index.json names goes in, with its children and what it names, and has
 * the tag of its annotation org.opencontainers.image.ref.name.  Children that
 * are not in the folder are left out, layers are noted as missing.  --set
 * makes a version's record say something else, true or not.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/catalog/catalog.h"
#include "store/format/oci/manifest.h"
#include "store/store.h"
#include "tests/tools/tool.h"

struct target {
	struct ferry_store *st;
	const char *owner, *repository, *layout;
};

static bool
load_blob(const struct target *t, const char *digest, struct ferry_buf *buf)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/blobs/%.6s/%s", t->layout,
	    digest, digest + 7);
	return tool_load_if_there(buf, path);
}

/* 1 if the record has the file now, 0 if the layout lacks it. */
static int
add_file(const struct target *t, json_t *record, const char *name,
    const char *digest, enum ferry_blob_kind kind, const char *type)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_digest sha256;
	struct ferry_file file;
	json_t *object;

	if (ferry_files_find(record, name, &file, &err) == 1)
		return 1;
	if (!load_blob(t, digest, &buf))
		return 0;
	CHECK(
	    ferry_blob_put(t->st, kind, ferry_bytes_buf(&buf), &sha256, &err));
	CHECK(ferry_files_add(record, name, buf.n, &sha256, &object, &err));
	if (type != NULL && *type != 0)
		tool_set(object, "media_type", type);
	ferry_buf_free(&buf);
	return 1;
}

static void
put_referrer(const struct target *t, const char *digest, uint64_t size,
    const char *subject, const struct ferry_oci_manifest *m)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	json_t *record = json_object(), *annotations;
	struct ferry_key key;

	tool_set(record, "mediaType", m->media_type);
	tool_set(record, "digest", digest);
	CHECK(ferry_json_set(
	    record, "size", json_integer((json_int_t)size), &err));
	if (m->artifact_type[0] != 0)
		tool_set(record, "artifactType", m->artifact_type);
	if (m->annotations.n > 0) {
		CHECK(ferry_json_parse(
		    &annotations, m->annotations, "annotations", &err));
		CHECK(ferry_json_set(record, "annotations", annotations, &err));
	}
	CHECK(ferry_key_make(&key, &err, "referrer", "oci", t->repository,
	    t->owner, subject, digest, NULL));
	tool_put(t->st, &key, record);
}

static void
put_tag(const struct target *t, const char *tag, const char *digest)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	json_t *record = json_object();
	struct ferry_key key;

	tool_set(record, "version", digest);
	CHECK(ferry_key_make(
	    &key, &err, "tag", "oci", t->repository, t->owner, tag, NULL));
	tool_put(t->st, &key, record);
}

/* The manifest and all below it; nothing if the layout lacks it. */
static void
put_manifest(const struct target *t, const char *digest, const char *type)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	json_t *record = json_object(), *missing = json_array();
	struct ferry_oci_manifest m;
	struct ferry_key key;

	if (add_file(t, record, "manifest", digest, FERRY_BLOB_IS_DOCUMENT,
		NULL) == 0) {
		json_decref(missing);
		json_decref(record);
		return;
	}
	(void)load_blob(t, digest, &text);
	CHECK(ferry_oci_manifest_read(&m, ferry_bytes_buf(&text), type, &err));
	tool_set(record, "media_type", m.media_type);
	if (m.artifact_type[0] != 0)
		tool_set(record, "artifact_type", m.artifact_type);
	for (size_t i = 0; i < m.n; i++) {
		const struct ferry_oci_descriptor *d = &m.descriptors[i];

		if (d->role == FERRY_OCI_CHILD) {
			put_manifest(t, d->digest, d->media_type);
		} else if (d->role == FERRY_OCI_SUBJECT) {
			tool_set(record, "subject", d->digest);
			put_referrer(t, digest, text.n, d->digest, &m);
		} else if (add_file(t, record, d->digest, d->digest,
			       FERRY_BLOB_IS_FILE, d->media_type) == 0) {
			CHECK(ferry_json_push(
			    missing, json_string(d->digest), &err));
		}
	}
	if (json_array_size(missing) > 0)
		CHECK(ferry_json_set(
		    record, "missing", json_incref(missing), &err));
	CHECK(ferry_key_make(&key, &err, "version", "oci", t->repository,
	    t->owner, digest, NULL));
	CHECK(ferry_catalog_put(t->st, &key, record, &err));
	ferry_oci_manifest_free(&m);
	ferry_buf_free(&text);
	json_decref(missing);
	json_decref(record);
}

static void
put_layout(const struct target *t)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_buf text = FERRY_BUF_INIT;
	json_t *index, *list, *one;
	char path[4096];
	size_t i;

	(void)snprintf(path, sizeof(path), "%s/index.json", t->layout);
	tool_load(&text, path);
	CHECK(ferry_json_parse(&index, ferry_bytes_buf(&text), path, &err));
	CHECK(ferry_json_array(index, "manifests", &list, &err));
	json_array_foreach (list, i, one) {
		const char *digest, *type, *tag;
		json_t *annotations = json_object_get(one, "annotations");

		CHECK(ferry_json_str(one, "digest", &digest, &err));
		CHECK(ferry_json_str_opt(one, "mediaType", NULL, &type, &err));
		put_manifest(t, digest, type);
		tag = json_string_value(json_object_get(
		    annotations, "org.opencontainers.image.ref.name"));
		if (tag != NULL)
			put_tag(t, tag, digest);
	}
	json_decref(index);
	ferry_buf_free(&text);
}

static void
put_names(const struct target *t, const char *host)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	json_t *record = json_object();
	struct ferry_key key;
	char url[512];

	(void)snprintf(url, sizeof(url), "https://%s/", host);
	tool_set(record, "format", "oci");
	tool_set(record, "url", url);
	tool_set(record, "host", host);
	CHECK(ferry_key_make(&key, &err, "upstream", t->owner, NULL));
	tool_put(t->st, &key, record);

	record = json_object();
	tool_set(record, "upstream", t->owner);
	CHECK(ferry_key_make(
	    &key, &err, "package", "oci", t->repository, t->owner, NULL));
	tool_put(t->st, &key, record);
}

static void
apply(const struct target *t, char *arg)
{
	struct ferry_error err = FERRY_ERROR_INIT;
	struct ferry_key key;

	if (strncmp(arg, "--tag=", 6) == 0) {
		char *equals = strchr(arg + 6, '=');

		*equals = 0;
		put_tag(t, arg + 6, equals + 1);
	} else if (strncmp(arg, "--untag=", 8) == 0) {
		CHECK(ferry_key_make(&key, &err, "tag", "oci", t->repository,
		    t->owner, arg + 8, NULL));
		CHECK(ferry_catalog_delete(t->st, &key, &err));
	} else if (strncmp(arg, "--delete=", 9) == 0) {
		tool_set_version(t->st, "oci", t->repository, t->owner, arg + 9,
		    "deleted_at", json_integer(1));
	} else if (strncmp(arg, "--set=", 6) == 0) {
		char *name = strchr(arg + 6, '='),
		     *text = strchr(name + 1, '=');

		*name = *text = 0;
		tool_set_version(t->st, "oci", t->repository, t->owner, arg + 6,
		    name + 1, json_string(text + 1));
	}
}

int
main(int argc, char **argv)
{
	struct target t = { 0 };

	if (argc < 5) {
		(void)fprintf(stderr,
		    "usage: put_oci STORE OWNER HOST REPOSITORY [LAYOUT] …\n");
		return 2;
	}
	t.owner = argv[2];
	t.repository = argv[4];
	t.st = tool_open(argv[1]);
	put_names(&t, argv[3]);
	for (int i = 5; i < argc; i++) {
		if (argv[i][0] == '-') {
			apply(&t, argv[i]);
		} else {
			t.layout = argv[i];
			put_layout(&t);
		}
	}
	tool_close(t.st);
	return 0;
}
