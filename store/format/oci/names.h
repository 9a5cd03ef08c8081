#ifndef FERRY_STORE_FORMAT_OCI_NAMES_H
#define FERRY_STORE_FORMAT_OCI_NAMES_H

/*
 * OCI: names of repositories, tags, digests and references, platforms, and
 * how ferry writes them into the catalog.
 *
 * A package is a repository ("library/debian"), a version is a manifest, named
 * by its digest; tags are records of their own.  store/catalog/README.md has
 * the records.
 *
 * Source: store/format/oci/PROTOCOL.md, sections 1, 6, 7 and 8.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "store/base/bytes.h"
#include "store/base/digest.h"

struct ferry_error;

#define FERRY_OCI_HOST_MAX 255
#define FERRY_OCI_NAME_MAX 255
#define FERRY_OCI_TAG_MAX 128
/* "sha512:" and 128 digits, with the NUL. */
#define FERRY_OCI_DIGEST_TEXT 136

/* [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)* joined by '/', at most 255 bytes. */
bool ferry_oci_name_valid(struct ferry_bytes name);
/* [A-Za-z0-9_][A-Za-z0-9._-]{0,127} */
bool ferry_oci_tag_valid(struct ferry_bytes tag);
/* "sha256:" or "sha512:" and lower-case digits, as many as it has. */
bool ferry_oci_digest_valid(struct ferry_bytes digest);
int ferry_oci_digest_parse(struct ferry_digest *out, struct ferry_bytes digest,
    struct ferry_error *err);

/* For the table of formats: versions are digests, in the order of bytes. */
int ferry_oci_version_cmp(struct ferry_bytes a, struct ferry_bytes b);
bool ferry_oci_version_prerelease(struct ferry_bytes version);
/* And what clients call a package of GitHub's. */
int ferry_oci_github_name(struct ferry_buf *out, const char *owner,
    const char *name, struct ferry_error *err);

/*
 * [host[:port]/]repository[:tag][@digest], as docker reads it: what lacks a
 * host is of docker.io, and there of library/ if it has one element; what
 * lacks tag and digest has the tag "latest".
 */
struct ferry_oci_reference {
	char host[FERRY_OCI_HOST_MAX + 1]; /* canonical: see below */
	char repository[FERRY_OCI_NAME_MAX + 1];
	char tag[FERRY_OCI_TAG_MAX + 1]; /* "" if only a digest was given */
	char digest[FERRY_OCI_DIGEST_TEXT]; /* "" if none; wins over tag */
};
/* Errors: FERRY_EFORMAT, saying what is wrong with it. */
int ferry_oci_reference_parse(struct ferry_oci_reference *out,
    struct ferry_bytes text, struct ferry_error *err);

/*
 * The host by which clients know a registry: of a URL or of "host[:port]", in
 * lower case, without the port that the scheme implies; index.docker.io and
 * registry-1.docker.io are docker.io.
 * Errors: FERRY_EFORMAT, FERRY_ELIMIT.
 */
int ferry_oci_host(char out[FERRY_OCI_HOST_MAX + 1], struct ferry_bytes url,
    struct ferry_error *err);

/*
 * The host under which clients know the images of an upstream, by its record.
 * Returns: whether it has images, and a host.
 */
bool ferry_oci_origin(char out[FERRY_OCI_HOST_MAX + 1], const json_t *upstream);

/*
 * The tag under which registries without the referrers API list what refers
 * to digest: "sha256-<hex>".  suffix is "", or ".sig", ".att", ".sbom" for
 * cosign's.  Source: OCI Distribution Specification, "Referrers Tag Schema".
 */
int ferry_oci_fallback_tag(char out[FERRY_OCI_TAG_MAX + 1],
    struct ferry_bytes digest, const char *suffix, struct ferry_error *err);
/*
 * Whether tag is such a tag; then digest is what it belongs to.  Only of
 * sha256: of sha512 the tag has but half.
 */
bool ferry_oci_fallback_parse(
    struct ferry_bytes tag, char digest[FERRY_OCI_DIGEST_TEXT]);

/*
 * os/architecture[/variant]; os "" in a pattern stands for any.
 *
 * arm64 is arm64/v8, arm is arm/v7, amd64 is amd64/v1, and x86_64, aarch64,
 * i386, armhf and armel are what they are called in Go, as containerd
 * normalises them.  A pattern without a variant takes every variant.  Neither
 * heeds case.
 */
#define FERRY_OCI_PLATFORM_PART 64
struct ferry_oci_platform {
	char os[FERRY_OCI_PLATFORM_PART];
	char architecture[FERRY_OCI_PLATFORM_PART];
	char variant[FERRY_OCI_PLATFORM_PART];
};
/* "linux/amd64", "linux/arm64/v8".  Errors: FERRY_EFORMAT. */
int ferry_oci_platform_parse(struct ferry_oci_platform *out,
    struct ferry_bytes text, struct ferry_error *err);
bool ferry_oci_platform_matches(const struct ferry_oci_platform *pattern,
    const struct ferry_oci_platform *platform);

#endif
