/*
 * Pulling from a NuGet registry: what the engine of packages has to know of it.
 * A document is a registration index with its pages.
 *
 * Source: store/format/nuget/PROTOCOL.md, sections 1 to 3, 7 to 9 and 11.
 */

#include "sync/upstream/nuget/nuget.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/base/error.h"
#include "store/base/json_span.h"
#include "store/format/nuget/leaf.h"
#include "store/format/nuget/name.h"
#include "store/format/nuget/range.h"
#include "store/format/nuget/version.h"
#include "sync/upstream/nuget/base.h"
#include "sync/upstream/nuget/describe.h"
#include "sync/upstream/nuget/needs.h"
#include "sync/upstream/nuget/registration.h"
#include "sync/upstream/nuget/vulnerabilities.h"
#include "sync/upstream/package/package.h"
#include "sync/upstream/package/packages.h"

static void
close_nuget(struct ferry_packages *packages)
{

	struct nuget *state = packages->state;

	if (state != NULL) {
		ferry_nuget_bases_free(state);
		ferry_nuget_trust_free(&state->trust);
	}
	free(state);
}

/* "Serilog", "Serilog [2.0, 3.0)", "Serilog 3.*". */
static int
split_text(
    const char *text, char **name, const char **spec, struct ferry_error *err)
{
	struct ferry_buf key = FERRY_BUF_INIT;
	size_t n = strcspn(text, " ");

	*spec = text[n] == 0 ? NULL : text + n + strspn(text + n, " ");
	if (ferry_nuget_lower(&key, ferry_bytes_of(text, n), err) == -1) {
		ferry_buf_free(&key);
		return -1;
	}
	if (key.p == NULL)
		return ferry_strdup(name, "", err);
	*name = (char *)key.p;
	return 0;
}

/* Append a base, an id and what follows. */
static int
add_id(struct ferry_buf *url, const char *base, const char *name,
    struct ferry_error *err)
{

	if (ferry_buf_adds(url, base, err) == -1)
		return -1;
	return ferry_url_encode(
	    url, ferry_nuget_name_id(ferry_bytes_str(name)), err);
}

static int
document_url(const struct ferry_packages *packages, const char *name,
    struct ferry_buf *url, struct ferry_error *err)
{
	const struct nuget_base *base = ferry_nuget_base_of(packages, name);

	if (base == NULL || base->state != NUGET_READY)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "the service index of '%s' is not here", name);
	if (add_id(url,
		base->registration != NULL ? base->registration : base->flat,
		name, err) == -1)
		return -1;
	return ferry_buf_adds(url, "/index.json", err);
}

/* Ranges */

static int
range_new(void **out, struct ferry_bytes spec, struct ferry_error *err)
{
	struct ferry_nuget_range *range = NULL;

	if (ferry_nuget_range_new(&range, spec, err) == -1)
		return -1;
	*out = range;
	return 0;
}

static bool
range_has(const void *range, struct ferry_bytes number,
    enum ferry_prereleases prereleases)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_nuget_version v;

	return ferry_nuget_version_parse(&v, number, &ignored) == 0 &&
	       ferry_nuget_range_means(range, &v,
		   prereleases == FERRY_PRERELEASES_ALL
		       ? FERRY_NUGET_PRERELEASES_ALL
		       : FERRY_NUGET_PRERELEASES_AS_NAMED);
}

static void
range_free(void *range)
{

	ferry_nuget_range_free(range);
}

/* What is not listed is for who names it; an owner's packages come whole. */
static bool
fits(const struct ferry_packages *packages, const struct ferry_listed *listed,
    const void *range)
{

	return range == NULL || !listed->last_choice ||
	       packages->up->delegator != NULL ||
	       ferry_nuget_range_is_exact(range);
}

/* The newest that is listed, a release if there is one. */
static size_t
pick_latest(const struct ferry_document *document)
{
	size_t best = document->n;
	struct ferry_nuget_version top = { .number = { 0 } }, v;
	struct ferry_error ignored = FERRY_ERROR_INIT;

	for (size_t i = 0; i < document->n; i++) {
		const struct ferry_listed *one = &document->listed[i];
		bool stable, best_stable = top.labels.n == 0;

		if (one->last_choice ||
		    ferry_nuget_version_parse(
			&v, ferry_bytes_str(one->version), &ignored) == -1)
			continue;
		stable = v.labels.n == 0;
		if (best == document->n || (stable && !best_stable) ||
		    (stable == best_stable &&
			ferry_nuget_version_order(&v, &top) > 0)) {
			best = i;
			top = v;
		}
	}
	return best;
}

/*
 * What a restore takes: the lowest of a range, the highest of a float, whether
 * it is listed or not, for the list that it chooses from does not tell.
 */
static int
pick(const struct ferry_document *document, const char *spec, size_t *out,
    struct ferry_error *err)
{
	struct ferry_nuget_range *range = NULL;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_nuget_version best, v;

	if (strcmp(spec, NUGET_LATEST) == 0) {
		*out = pick_latest(document);
		return 0;
	}
	if (ferry_nuget_range_new(&range, ferry_bytes_str(spec), err) == -1)
		return -1;
	*out = document->n;
	for (size_t i = 0; i < document->n; i++)
		if (ferry_nuget_version_parse(&v,
			ferry_bytes_str(document->listed[i].version),
			&ignored) == 0 &&
		    ferry_nuget_range_prefers(
			range, *out == document->n ? NULL : &best, &v)) {
			best = v;
			*out = i;
		}
	ferry_nuget_range_free(range);
	return 0;
}

/* Files */

/* Where the nupkg is: in the flat container, as restores ask for it, or where
 * its leaf says. */
static int
nupkg_url(struct ferry_buf *url, const struct ferry_version_at *at,
    const struct nuget_base *base, struct ferry_error *err)
{
	struct ferry_bytes id = ferry_nuget_name_id(ferry_bytes_str(at->name));
	struct ferry_bytes entry;
	int rc;

	if (base->flat != NULL) {
		if (add_id(url, base->flat, at->name, err) == -1 ||
		    ferry_buf_addf(url, err, "/%s/", at->version) == -1 ||
		    ferry_url_encode(url, id, err) == -1)
			return -1;
		return ferry_buf_addf(url, err, ".%s.nupkg", at->version);
	}
	rc = ferry_nuget_member(at->object, "packageContent", url, err);
	if (rc == 0 && ferry_nuget_leaf_entry(at->object, &entry))
		rc = ferry_nuget_member(entry, "packageContent", url, err);
	if (rc == 1 && !ferry_bytes_is_url(ferry_bytes_buf(url)))
		rc = 0;
	return rc == 1   ? 0
	       : rc == 0 ? ferry_error_set(err, FERRY_EFORMAT,
			       "the registration has no packageContent for it")
	                 : -1;
}

/* The digest, where the registry tells it in passing: of a leaf that is as the
 * catalogue's. */
static size_t
declared(const struct ferry_version_at *at, struct ferry_digest *out)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf alg = FERRY_BUF_INIT, text = FERRY_BUF_INIT,
			 raw = FERRY_BUF_INIT;
	struct ferry_bytes entry;
	size_t n = 0;

	if (ferry_nuget_leaf_entry(at->object, &entry) &&
	    ferry_nuget_member(entry, "packageHashAlgorithm", &alg, &ignored) ==
		1 &&
	    alg.n == 6 && strncasecmp((char *)alg.p, "SHA512", 6) == 0 &&
	    ferry_nuget_member(entry, "packageHash", &text, &ignored) == 1 &&
	    ferry_base64_decode(&raw, ferry_bytes_buf(&text), &ignored) == 0 &&
	    raw.n == 64) {
		*out = (struct ferry_digest){ .alg = FERRY_SHA512, .n = 64 };
		memcpy(out->v, raw.p, 64);
		n = 1;
	}
	ferry_buf_free(&alg);
	ferry_buf_free(&text);
	ferry_buf_free(&raw);
	return n;
}

static int
files(const struct ferry_version_at *at, ferry_on_file *on_file, void *ctx,
    struct ferry_error *err)
{
	const struct nuget_base *base =
	    ferry_nuget_base_of(at->packages, at->name);
	const struct nuget *nuget = at->packages->state;
	struct ferry_bytes id = ferry_nuget_name_id(ferry_bytes_str(at->name));
	struct ferry_buf url = FERRY_BUF_INIT, name = FERRY_BUF_INIT;
	struct ferry_digest sha512;
	/* Registries seldom declare digests, and what comes is looked into:
	 * describe() says whether it is the package, and is signed. */
	struct ferry_wanted_file nupkg = { .digests = &sha512, .judged = true };
	struct ferry_wanted_file symbols = { .optional = true, .judged = true };
	int rc = -1;

	nupkg.n = declared(at, &sha512);
	if (base == NULL || nupkg_url(&url, at, base, err) == -1 ||
	    ferry_buf_addf(&name, err, "%.*s.%s.nupkg", (int)id.n,
		(const char *)id.p, at->version) == -1)
		goto out;
	nupkg.name = (char *)name.p;
	nupkg.url = (char *)url.p;
	if (on_file(ctx, &nupkg, err) == -1)
		goto out;
	rc = 0;
	if (nuget->symbols && base->flat != NULL) {
		/* ".nupkg" becomes ".snupkg" in both. */
		url.n -= 5;
		name.n -= 5;
		if (ferry_buf_adds(&url, "snupkg", err) == -1 ||
		    ferry_buf_adds(&name, "snupkg", err) == -1) {
			rc = -1;
			goto out;
		}
		symbols.name = (char *)name.p;
		symbols.url = (char *)url.p;
		rc = on_file(ctx, &symbols, err);
	}
out:
	ferry_buf_free(&url);
	ferry_buf_free(&name);
	return rc;
}

/* What describe() found inside. */
static int
licence(const struct ferry_version_at *at, struct ferry_buf *out,
    struct ferry_error *err)
{

	return at->record == NULL ? 0
	       : ferry_licence_add(out,
		     json_object_get(json_object_get(at->record, "about"),
			 "licenseExpression"),
		     err) == -1
	           ? -1
	           : 1;
}

static const struct ferry_package_format nuget = {
	.format = "nuget",
	.document = "registration",
	.file = "nupkg",
	.media_type = "application/json",
	.accept = "application/json",
	.default_spec = NUGET_LATEST,
	.any = "(, )",
	.withdrawn = "keep",
	.document_max = 256U << 20,
	.file_max = 16ULL << 30,
	.digests = FERRY_ALG(FERRY_SHA512),
	.plan_size = "size",
	.configure = ferry_nuget_configure,
	.open = ferry_nuget_vulnerabilities_open,
	.close = close_nuget,
	.split = split_text,
	.known = ferry_nuget_base_known,
	.document_url = document_url,
	.read = ferry_nuget_registration_read,
	.range_new = range_new,
	.range_has = range_has,
	.range_free = range_free,
	.pick = pick,
	.times = ferry_nuget_times,
	.fits = fits,
	.files = files,
	.describe = ferry_nuget_describe,
	.licence = licence,
	.licence_inside = true,
	.agrees = ferry_nuget_agrees,
	.needs = ferry_nuget_needs,
	.needs_inside = ferry_nuget_needs_inside,
};

const struct ferry_upstream_kind ferry_upstream_nuget =
    FERRY_PACKAGE_KIND("nuget", &nuget);
