#include "store/format/oci/manifest.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/error.h"
#include "store/base/json_span.h"

#define DOCKER_SCHEMA1 "application/vnd.docker.distribution.manifest.v1+json"
#define DOCKER_SCHEMA1_SIGNED                                                  \
	"application/vnd.docker.distribution.manifest.v1+prettyjws"
#define DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define DOCKER_CONFIG "application/vnd.docker.container.image.v1+json"
#define OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"

/* The members that are looked at.  The last of duplicates counts. */
enum member {
	/* Those with descriptors come first. */
	CONFIG,
	LAYERS,
	MANIFESTS,
	BLOBS,
	SUBJECT,
	FS_LAYERS,
	SCHEMA_VERSION,
	MEDIA_TYPE,
	ARTIFACT_TYPE,
	ANNOTATIONS,
	SIGNATURES,
	MEMBERS
};
#define WITH_DESCRIPTORS SCHEMA_VERSION

static const char *const member_names[MEMBERS] = {
	[CONFIG] = "config",
	[LAYERS] = "layers",
	[MANIFESTS] = "manifests",
	[BLOBS] = "blobs",
	[SUBJECT] = "subject",
	[FS_LAYERS] = "fsLayers",
	[SCHEMA_VERSION] = "schemaVersion",
	[MEDIA_TYPE] = "mediaType",
	[ARTIFACT_TYPE] = "artifactType",
	[ANNOTATIONS] = "annotations",
	[SIGNATURES] = "signatures",
};

static const enum ferry_oci_role roles[WITH_DESCRIPTORS] = {
	[CONFIG] = FERRY_OCI_CONFIG,
	[LAYERS] = FERRY_OCI_LAYER,
	[MANIFESTS] = FERRY_OCI_CHILD,
	[BLOBS] = FERRY_OCI_LAYER,
	[SUBJECT] = FERRY_OCI_SUBJECT,
	[FS_LAYERS] = FERRY_OCI_LAYER,
};

struct reader {
	struct ferry_oci_manifest *out;
	size_t cap; /* of out->descriptors */
	struct ferry_bytes member[MEMBERS]; /* p is NULL if not there */
	struct ferry_buf text; /* a decoded string */
};

/*
 * Find members of object by their names; null counts as not there, as it does
 * for the programs that read manifests.
 */
static void
find(struct ferry_bytes *values, const char *const *names, size_t n,
    struct ferry_bytes object)
{
	struct ferry_span_iter it;

	for (size_t i = 0; i < n; i++)
		values[i] = ferry_bytes_of(NULL, 0);
	ferry_span_iter(&it, object);
	while (ferry_span_next(&it))
		for (size_t i = 0; i < n; i++)
			if (ferry_span_is(it.name, ferry_bytes_str(names[i])))
				values[i] =
				    ferry_span_type(it.value) == FERRY_SPAN_NULL
					? ferry_bytes_of(NULL, 0)
					: it.value;
}

/*
 * Copy a string of visible ASCII into out, which has room for size bytes.
 * What comes out ends up in HTTP headers and on terminals.
 */
static int
get_text(char *out, size_t size, struct reader *r, struct ferry_bytes value,
    const char *name, struct ferry_error *err)
{

	out[0] = 0;
	if (value.p == NULL)
		return 0;
	ferry_buf_reset(&r->text);
	if (ferry_span_string(&r->text, value, err) == -1)
		return ferry_error_in(err, "%s", name);
	if (r->text.n >= size)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "%s has more than %zu bytes", name, size - 1);
	for (size_t i = 0; i < r->text.n; i++)
		if (r->text.p[i] < ' ' || r->text.p[i] > '~')
			return ferry_error_set(err, FERRY_EFORMAT,
			    "%s is not visible ASCII", name);
	if (r->text.n > 0)
		memcpy(out, r->text.p, r->text.n);
	out[r->text.n] = 0;
	return 0;
}

static int
check_type(struct ferry_bytes value, enum ferry_span_type type,
    const char *name, struct ferry_error *err)
{

	if (value.p != NULL && ferry_span_type(value) != type)
		return ferry_error_set(err, FERRY_EFORMAT, "%s is not %s", name,
		    type == FERRY_SPAN_ARRAY ? "an array" : "an object");
	return 0;
}

static int
get_digest(struct ferry_oci_descriptor *d, struct reader *r,
    struct ferry_bytes value, struct ferry_error *err)
{
	struct ferry_digest digest;

	if (value.p == NULL)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "a descriptor has no digest");
	if (get_text(d->digest, sizeof(d->digest), r, value, "digest", err) ==
	    -1)
		return -1;
	return ferry_oci_digest_parse(&digest, ferry_bytes_str(d->digest), err);
}

static int
get_size(struct ferry_oci_descriptor *d, struct ferry_bytes value,
    struct ferry_error *err)
{
	struct ferry_error own = FERRY_ERROR_INIT;

	if (value.p == NULL || ferry_span_type(value) != FERRY_SPAN_NUMBER)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "the descriptor of %s has no size", d->digest);
	if (ferry_parse_u64(value, 0, INT64_MAX, &d->size, &own) == -1)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "the size of %s is %.*s", d->digest,
		    (int)(value.n < 40 ? value.n : 40), (const char *)value.p);
	return 0;
}

static int
get_platform(struct ferry_oci_descriptor *d, struct reader *r,
    struct ferry_bytes platform, struct ferry_error *err)
{
	static const char *const names[] = { "os", "architecture", "variant" };
	char *const parts[] = { d->platform.os, d->platform.architecture,
		d->platform.variant };
	struct ferry_bytes values[3];

	if (platform.p == NULL)
		return 0;
	if (check_type(platform, FERRY_SPAN_OBJECT, "platform", err) == -1)
		return -1;
	find(values, names, 3, platform);
	for (size_t i = 0; i < 3; i++)
		if (get_text(parts[i], FERRY_OCI_PLATFORM_PART, r, values[i],
			names[i], err) == -1)
			return -1;
	d->has_platform = true;
	return 0;
}

/* BuildKit marks the attestations that it puts into an index. */
static int
get_attestation(struct ferry_oci_descriptor *d, struct reader *r,
    struct ferry_bytes annotations, struct ferry_error *err)
{
	static const char *const name = "vnd.docker.reference.type";
	struct ferry_bytes value;

	if (check_type(annotations, FERRY_SPAN_OBJECT, "annotations", err) ==
	    -1)
		return -1;
	if (annotations.p == NULL)
		return 0;
	find(&value, &name, 1, annotations);
	if (value.p == NULL || ferry_span_type(value) != FERRY_SPAN_STRING)
		return 0;
	ferry_buf_reset(&r->text);
	if (ferry_span_string(&r->text, value, err) == -1)
		return -1;
	d->attestation =
	    ferry_bytes_is(ferry_bytes_buf(&r->text), "attestation-manifest");
	return 0;
}

static bool
is_foreign(const char *media_type)
{
	static const char *const prefixes[] = {
		"application/vnd.oci.image.layer.nondistributable.",
		"application/vnd.docker.image.rootfs.foreign.",
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncasecmp(media_type, prefixes[i], strlen(prefixes[i])) ==
		    0)
			return true;
	return false;
}

/*
 * Whether an entry of an index is a blob all the same.
 * Observed: BuildKit's cache (--cache-to type=registry), an index of layers and
 *     of a config of its own.
 */
static bool
is_blob(const char *media_type)
{
	static const char *const words[] = { ".layer.", ".rootfs.",
		".cacheconfig.", ".image.config.", ".container.image." };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(media_type, words[i]) != NULL)
			return true;
	return false;
}

/* Returns: a new one at the end of the list, or NULL with err set. */
static struct ferry_oci_descriptor *
new_descriptor(
    struct reader *r, enum ferry_oci_role role, struct ferry_error *err)
{
	struct ferry_oci_manifest *m = r->out;

	if (m->n == FERRY_OCI_DESCRIPTORS_MAX) {
		ferry_error_set(err, FERRY_ELIMIT,
		    "a manifest may name %d others", FERRY_OCI_DESCRIPTORS_MAX);
		return NULL;
	}
	if (ferry_array_grow(&m->descriptors, &r->cap, m->n + 1,
		sizeof(m->descriptors[0]), err) == -1)
		return NULL;
	m->descriptors[m->n] = (struct ferry_oci_descriptor){ .role = role };
	return &m->descriptors[m->n++];
}

static int
read_descriptor(struct reader *r, enum ferry_oci_role role,
    struct ferry_bytes object, struct ferry_error *err)
{
	static const char *const names[] = { "digest", "size", "mediaType",
		"platform", "annotations", "urls" };
	struct ferry_bytes value[6];
	struct ferry_oci_descriptor *d;

	if (ferry_span_type(object) != FERRY_SPAN_OBJECT)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "a descriptor is not an object");
	if ((d = new_descriptor(r, role, err)) == NULL)
		return -1;
	find(value, names, 6, object);
	if (get_digest(d, r, value[0], err) == -1 ||
	    get_size(d, value[1], err) == -1 ||
	    get_text(d->media_type, sizeof(d->media_type), r, value[2],
		"mediaType", err) == -1 ||
	    get_platform(d, r, value[3], err) == -1 ||
	    get_attestation(d, r, value[4], err) == -1 ||
	    check_type(value[5], FERRY_SPAN_ARRAY, "urls", err) == -1)
		return -1;
	d->urls = value[5];
	d->foreign = is_foreign(d->media_type);
	if (role == FERRY_OCI_CHILD && is_blob(d->media_type))
		d->role = FERRY_OCI_LAYER;
	return 0;
}

/* An element of "fsLayers" of schema 1. */
static int
read_fs_layer(
    struct reader *r, struct ferry_bytes object, struct ferry_error *err)
{
	static const char *const name = "blobSum";
	struct ferry_oci_descriptor *d;
	struct ferry_bytes value;

	find(&value, &name, 1, object);
	if ((d = new_descriptor(r, FERRY_OCI_LAYER, err)) == NULL)
		return -1;
	return get_digest(d, r, value, err);
}

static int
read_member(struct reader *r, enum member i, struct ferry_error *err)
{
	struct ferry_bytes value = r->member[i];
	struct ferry_span_iter it;
	int rc;

	if (i == CONFIG || i == SUBJECT) {
		rc = read_descriptor(r, roles[i], value, err);
		return rc == 0 ? 0 : ferry_error_in(err, "%s", member_names[i]);
	}
	if (check_type(value, FERRY_SPAN_ARRAY, member_names[i], err) == -1)
		return -1;
	ferry_span_iter(&it, value);
	while (ferry_span_next(&it)) {
		rc = i == FS_LAYERS
		         ? read_fs_layer(r, it.value, err)
		         : read_descriptor(r, roles[i], it.value, err);
		if (rc == -1)
			return ferry_error_in(err, "%s", member_names[i]);
	}
	return 0;
}

/* Those with descriptors, in the order in which they stand in the text. */
static int
read_members(struct reader *r, struct ferry_error *err)
{
	bool done[WITH_DESCRIPTORS] = { false };

	for (;;) {
		size_t next = MEMBERS;

		for (size_t i = 0; i < WITH_DESCRIPTORS; i++)
			if ((i == FS_LAYERS) == r->out->schema1 && !done[i] &&
			    r->member[i].p != NULL &&
			    (next == MEMBERS ||
				r->member[i].p < r->member[next].p))
				next = i;
		if (next == MEMBERS)
			return 0;
		if (read_member(r, (enum member)next, err) == -1)
			return -1;
		done[next] = true;
	}
}

/* Cut a media type at its parameters. */
static void
cut_parameters(char *type)
{
	size_t n = strcspn(type, ";");

	while (n > 0 && type[n - 1] == ' ')
		n--;
	type[n] = 0;
}

/*
 * Of an answer's header; "" where it says nothing about manifests: some
 * registries send one type for everything.
 */
static int
header_type(char out[FERRY_OCI_MEDIA_TYPE_MAX + 1], const char *content_type,
    struct ferry_error *err)
{
	static const char *const nothing[] = { "application/json", "text/plain",
		"application/octet-stream" };
	size_t n;

	out[0] = 0;
	if (content_type == NULL)
		return 0;
	content_type += strspn(content_type, " \t");
	n = strcspn(content_type, ";");
	while (n > 0 && strchr(" \t\r\n", content_type[n - 1]) != NULL)
		n--;
	if (n > FERRY_OCI_MEDIA_TYPE_MAX)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "Content-Type has more than %d bytes",
		    FERRY_OCI_MEDIA_TYPE_MAX);
	for (size_t i = 0; i < n; i++)
		if (content_type[i] < ' ' || content_type[i] > '~')
			return ferry_error_set(err, FERRY_EFORMAT,
			    "Content-Type is not visible ASCII");
	memcpy(out, content_type, n);
	out[n] = 0;
	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
		if (strcasecmp(out, nothing[i]) == 0)
			out[0] = 0;
	return 0;
}

static bool
is_schema1(const struct reader *r)
{
	const char *type = r->out->media_type;

	return ferry_bytes_is(r->member[SCHEMA_VERSION], "1") ||
	       strcasecmp(type, DOCKER_SCHEMA1) == 0 ||
	       strcasecmp(type, DOCKER_SCHEMA1_SIGNED) == 0;
}

/* What it is where neither it nor the registry tells. */
static const char *
guess(const struct reader *r, const char *config_type)
{

	if (r->out->schema1)
		return r->member[SIGNATURES].p != NULL ? DOCKER_SCHEMA1_SIGNED
		                                       : DOCKER_SCHEMA1;
	if (r->out->index)
		return FERRY_OCI_INDEX;
	return strcasecmp(config_type, DOCKER_CONFIG) == 0 ? DOCKER_MANIFEST
	                                                   : OCI_MANIFEST;
}

static int
read_types(struct reader *r, const char *content_type, struct ferry_error *err)
{
	struct ferry_oci_manifest *m = r->out;

	if (get_text(m->media_type, sizeof(m->media_type), r,
		r->member[MEDIA_TYPE], "mediaType", err) == -1 ||
	    get_text(m->artifact_type, sizeof(m->artifact_type), r,
		r->member[ARTIFACT_TYPE], "artifactType", err) == -1)
		return -1;
	cut_parameters(m->media_type);
	return m->media_type[0] != 0
	           ? 0
	           : header_type(m->media_type, content_type, err);
}

/* Those of artifacts may be without any of these. */
static bool
has_form(const struct reader *r)
{
	const struct ferry_oci_manifest *m = r->out;

	return m->schema1 || m->index || r->member[CONFIG].p != NULL ||
	       r->member[LAYERS].p != NULL || r->member[BLOBS].p != NULL ||
	       (r->member[MEDIA_TYPE].p != NULL &&
		   strstr(m->media_type, ".artifact.manifest.") != NULL);
}

static int
read_all(struct reader *r, struct ferry_bytes text, const char *content_type,
    struct ferry_error *err)
{
	struct ferry_oci_manifest *m = r->out;
	const char *config_type = "";
	struct ferry_bytes root;
	struct ferry_span_iter it;

	if (text.n > FERRY_OCI_MANIFEST_MAX)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "a manifest may have %u MiB", FERRY_OCI_MANIFEST_MAX >> 20);
	if (ferry_span_check(text, &root, err) == -1)
		return -1;
	if (check_type(root, FERRY_SPAN_OBJECT, "a manifest", err) == -1)
		return -1;
	find(r->member, member_names, MEMBERS, root);
	if (read_types(r, content_type, err) == -1 ||
	    check_type(r->member[ANNOTATIONS], FERRY_SPAN_OBJECT, "annotations",
		err) == -1)
		return -1;
	m->annotations = r->member[ANNOTATIONS];
	m->schema1 = is_schema1(r);
	if (read_members(r, err) == -1)
		return -1;
	/* Also where it is null, as Go writes a list that was never filled. */
	ferry_span_iter(&it, root);
	while (!m->schema1 && ferry_span_next(&it))
		if (ferry_span_is(it.name, ferry_bytes_str("manifests")))
			m->index = true;
	m->formless = !has_form(r);
	for (size_t i = 0; i < m->n; i++)
		if (m->descriptors[i].role == FERRY_OCI_CONFIG)
			config_type = m->descriptors[i].media_type;
	if (m->media_type[0] == 0)
		memcpy(m->media_type, guess(r, config_type),
		    strlen(guess(r, config_type)) + 1);
	if (m->artifact_type[0] == 0)
		memcpy(m->artifact_type, config_type, strlen(config_type) + 1);
	return 0;
}

int
ferry_oci_manifest_read(struct ferry_oci_manifest *out, struct ferry_bytes text,
    const char *content_type, struct ferry_error *err)
{
	struct reader r = { .out = out };
	int rc;

	*out = (struct ferry_oci_manifest){ 0 };
	if ((rc = read_all(&r, text, content_type, err)) == -1) {
		ferry_error_in(err, "manifest");
		ferry_oci_manifest_free(out);
	}
	ferry_buf_free(&r.text);
	return rc;
}

void
ferry_oci_manifest_free(struct ferry_oci_manifest *m)
{

	if (m == NULL)
		return;
	free(m->descriptors);
	*m = (struct ferry_oci_manifest){ 0 };
}
