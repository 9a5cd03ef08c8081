/*
 * Pulling from an npm registry: what the engine of packages has to know of it.
 *
 * Source: store/format/npm/PROTOCOL.md, sections 1, 2, 7, 8 and 10.
 */

#include "sync/upstream/npm/npm.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/json.h"
#include "store/format/npm/npm.h"
#include "store/format/semver/range.h"
#include "sync/upstream/npm/files.h"
#include "sync/upstream/npm/keys.h"
#include "sync/upstream/npm/needs.h"
#include "sync/upstream/npm/packument.h"
#include "sync/upstream/npm/shrinkwrap.h"
#include "sync/upstream/package/package.h"
#include "sync/upstream/package/packages.h"

static void
close_npm(struct ferry_packages *packages)
{

	if (packages->state != NULL)
		ferry_npm_keys_free(packages->state);
	free(packages->state);
}

/* "react@^18", "@types/node", "jquery@next". */
static int
split_text(
    const char *text, char **name, const char **spec, struct ferry_error *err)
{
	const char *at = text[0] == 0 ? NULL : strchr(text + 1, '@');

	*spec = at == NULL ? NULL : at + 1;
	return ferry_strndup(name,
	    ferry_bytes_of(
		text, at == NULL ? strlen(text) : (size_t)(at - text)),
	    err);
}

/* "@scope%2fname": the one form that every registry takes. */
static int
document_url(const struct ferry_packages *packages, const char *name,
    struct ferry_buf *url, struct ferry_error *err)
{
	bool scoped = name[0] == '@';

	if (ferry_buf_addf(
		url, err, "%s/%s", packages->up->url, scoped ? "@" : "") == -1)
		return -1;
	return ferry_url_encode(
	    url, ferry_bytes_str(scoped ? name + 1 : name), err);
}

static int
range_new(void **out, struct ferry_bytes spec, struct ferry_error *err)
{
	struct ferry_semver_range *range = NULL;

	if (ferry_semver_range_new(&range, spec, FERRY_SEMVER_LOOSE, err) == -1)
		return -1;
	*out = range;
	return 0;
}

static bool
range_has(const void *range, struct ferry_bytes number,
    enum ferry_prereleases prereleases)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_semver v, plain;

	if (ferry_semver_parse(&v, number, FERRY_SEMVER_LOOSE, &ignored) == -1)
		return false;
	plain = v;
	plain.pre = ferry_bytes_of("", 0);
	return ferry_semver_range_has(range, &v) ||
	       (prereleases == FERRY_PRERELEASES_ALL && v.pre.n > 0 &&
		   ferry_semver_range_has(range, &plain));
}

static void
range_free(void *range)
{

	ferry_semver_range_free(range);
}

static int
pick_of_range(const struct ferry_document *document,
    const struct ferry_semver_range *range, const char *latest, size_t *out,
    struct ferry_error *err)
{
	const struct ferry_listed *listed =
	    latest == NULL ? NULL : ferry_document_find(document, latest);
	struct ferry_npm_candidate *candidates = NULL;
	size_t at;

	if (ferry_calloc(
		&candidates, document->n + 1, sizeof(*candidates), err) == -1)
		return -1;
	for (size_t i = 0; i < document->n; i++)
		candidates[i] = (struct ferry_npm_candidate){
			ferry_bytes_str(document->listed[i].version),
			document->listed[i].last_choice
		};
	at = ferry_npm_pick(range, candidates, document->n,
	    listed == NULL ? FERRY_NPM_NONE
			   : (size_t)(listed - document->listed));
	*out = at == FERRY_NPM_NONE ? document->n : at;
	free(candidates);
	return 0;
}

/* What npm install NAME@SPEC takes: a range, else a tag. */
static int
pick_version(const struct ferry_document *document, const char *spec,
    size_t *out, struct ferry_error *err)
{
	struct ferry_semver_range *range = NULL;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	const struct ferry_listed *listed;
	bool is_range = ferry_semver_range_new(&range, ferry_bytes_str(spec),
			    FERRY_SEMVER_LOOSE, &ignored) == 0;
	char *tag = NULL;
	int rc = ferry_packument_tag(
	    document, is_range ? "latest" : spec, &tag, err);

	if (rc == 0 && is_range) {
		rc = pick_of_range(document, range, tag, out, err);
	} else if (rc == 0) {
		listed =
		    tag == NULL ? NULL : ferry_document_find(document, tag);
		*out = listed == NULL ? document->n
		                      : (size_t)(listed - document->listed);
	}
	free(tag);
	ferry_semver_range_free(range);
	return rc;
}

/* "license", or what it was before. */
static int
licence(const struct ferry_version_at *at, struct ferry_buf *out,
    struct ferry_error *err)
{
	json_t *version = NULL;
	const json_t *stated;
	int rc;

	if (at->record != NULL)
		return 0;
	if (ferry_json_parse(&version, at->listed->object, "a version", err) ==
	    -1)
		return -1;
	if ((stated = json_object_get(version, "license")) == NULL)
		stated = json_object_get(version, "licenses");
	rc = ferry_licence_add(out, stated, err);
	json_decref(version);
	return rc == -1 ? -1 : 1;
}

static const struct ferry_package_format npm = {
	.format = "npm",
	.document = "packument",
	.file = "tarball",
	.media_type = "application/json",
	.accept = "application/json",
	.default_spec = "latest",
	.any = "*",
	.withdrawn = "keep",
	.document_max = 1ULL << 30, /* or what the upstream says */
	.file_max = 16ULL << 30,
	.dated = true,
	.digests = FERRY_ALG(FERRY_SHA1) | FERRY_ALG(FERRY_SHA512),
	.plan_size = "unpacked",
	.configure = ferry_npm_configure,
	.open = ferry_npm_keys_open,
	.close = close_npm,
	.split = split_text,
	.document_url = document_url,
	.read = ferry_packument_read,
	.keep = ferry_packument_keep,
	.range_new = range_new,
	.range_has = range_has,
	.range_free = range_free,
	.pick = pick_version,
	.times = ferry_packument_times,
	.platform_ok = ferry_npm_listed_platform_ok,
	.size = ferry_npm_unpacked_size,
	.files = ferry_npm_files,
	.needs = ferry_npm_needs,
	.has_inside = ferry_npm_has_shrinkwrap,
	.needs_inside = ferry_npm_shrinkwrap,
	.licence = licence,
	.verify = ferry_npm_keys_verify,
};

const struct ferry_upstream_kind ferry_upstream_npm =
    FERRY_PACKAGE_KIND("npm", &npm);
