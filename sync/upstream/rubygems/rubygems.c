/*
 * Pulling from a RubyGems registry: what the engine of packages has to know of
 * it.  A document is /info/NAME of the compact index.
 *
 * Source: store/format/rubygems/PROTOCOL.md, sections 1, 2, 7 and 9.
 */

#include "sync/upstream/rubygems/rubygems.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/format/rubygems/gem.h"
#include "sync/upstream/package/package.h"
#include "sync/upstream/package/packages.h"
#include "sync/upstream/rubygems/describe.h"
#include "sync/upstream/rubygems/index.h"
#include "sync/upstream/rubygems/url.h"

static void
close_gems(struct ferry_packages *packages)
{

	struct gems *gems = packages->state;

	if (gems == NULL)
		return;
	ferry_gem_index_free(gems);
	ferry_gem_resolver_free(&gems->resolver);
	free(gems);
}

/* "rails", "rails ~> 7.1", "rack >= 2, < 4". */
static int
split_text(
    const char *text, char **name, const char **spec, struct ferry_error *err)
{
	size_t n = strcspn(text, " ");

	*spec = text[n] == 0 ? NULL : text + n + 1;
	return ferry_strndup(name, ferry_bytes_of(text, n), err);
}

static int
document_url(const struct ferry_packages *packages, const char *name,
    struct ferry_buf *url, struct ferry_error *err)
{
	struct ferry_bytes base = ferry_gem_name_base(ferry_bytes_str(name));

	return ferry_gem_base_url(url, packages, name, err) == -1 ||
	               ferry_buf_addf(url, err, "/info/%.*s", (int)base.n,
			   (const char *)base.p) == -1
	           ? -1
	           : 0;
}

/* Lines of what is no version are left out: no client can ask for them. */
static int
read_info(struct ferry_document *document, const char *part,
    struct ferry_bytes text, const char *name, struct ferry_error *err)
{
	struct ferry_bytes rest = text, line;
	struct ferry_gem_line gem;

	(void)part;
	document->root = text;
	if (!ferry_bytes_line(&rest, &line) || !ferry_bytes_starts(line, "---"))
		return ferry_error_set(err, FERRY_EFORMAT,
		    "this is not the compact index of '%s'", name);
	while (ferry_bytes_line(&rest, &line))
		if (ferry_gem_line_read(&gem, line) &&
		    ferry_document_add(document, gem.version,
			ferry_gem_version_number(gem.version).n, gem.rest,
			err) == -1)
			return -1;
	return 0;
}

static int
range_new(void **out, struct ferry_bytes spec, struct ferry_error *err)
{
	struct ferry_gem_requirement *requirement = NULL;

	if (ferry_gem_requirement_new(&requirement, spec, err) == -1)
		return -1;
	*out = requirement;
	return 0;
}

static bool
range_has(const void *range, struct ferry_bytes number,
    enum ferry_prereleases prereleases)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_gem_number v;

	return ferry_gem_number_parse(&v, number, &ignored) == 0 &&
	       ferry_gem_requirement_has(range, &v) &&
	       (prereleases == FERRY_PRERELEASES_ALL ||
		   !ferry_gem_number_prerelease(&v) ||
		   ferry_gem_requirement_prerelease(range));
}

static void
range_free(void *range)
{

	ferry_gem_requirement_free(range);
}

/* Platforms */

static bool
platform_ok(const struct ferry_packages *packages,
    const struct ferry_listed *listed, enum ferry_need need)
{
	struct ferry_bytes platform =
	    ferry_gem_version_platform(ferry_bytes_str(listed->version));
	const struct gems *gems = packages->state;

	(void)need;
	for (size_t i = 0; i < gems->platforms_n; i++)
		if (ferry_bytes_is(platform, gems->platforms[i]))
			return true;
	return gems->platforms_n == 0;
}

/* Whether the Ruby of the configuration can run it. */
static bool
ruby_ok(const struct gems *gems, struct ferry_bytes rest)
{
	struct ferry_bytes text = ferry_gem_line_value(rest, "ruby");
	struct ferry_gem_requirement *requirement = NULL;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	bool ok;

	if (!gems->has_ruby || text.n == 0 ||
	    ferry_gem_requirement_new(&requirement, text, &ignored) == -1)
		return true;
	ok = ferry_gem_requirement_has(requirement, &gems->ruby);
	ferry_gem_requirement_free(requirement);
	return ok;
}

static bool
fits(const struct ferry_packages *packages, const struct ferry_listed *listed,
    const void *range)
{

	(void)range;
	return platform_ok(packages, listed, FERRY_NEEDED) &&
	       ruby_ok(packages->state, listed->object);
}

/* Whether a gem for platform runs where a lock file says that it must: the same
 * word, or one that says more or less of the same ("x86_64-linux" and
 * "x86_64-linux-gnu", "arm64-darwin-23" and "arm64-darwin"). */
static bool
platform_fits(struct ferry_bytes gem, struct ferry_bytes lock)
{
	size_t n = gem.n < lock.n ? gem.n : lock.n;
	const struct ferry_bytes *longer = gem.n > lock.n ? &gem : &lock;

	return n > 0 && memcmp(gem.p, lock.p, n) == 0 &&
	       (longer->n == n || longer->p[n] == '-');
}

static bool
platform_among(const struct ferry_listed *listed, const char *platforms)
{
	struct ferry_bytes platform =
	    ferry_gem_version_platform(ferry_bytes_str(listed->version));

	if (ferry_bytes_is(platform, "ruby"))
		return true;
	while (*platforms != 0) {
		size_t n = strcspn(platforms, " ");

		if (platform_fits(platform, ferry_bytes_of(platforms, n)))
			return true;
		platforms += n + (platforms[n] == ' ');
	}
	return false;
}

/* Files and needs */

static int
tell_file(const struct ferry_version_at *at, const char *folder,
    const char *end, const char *local_end, struct ferry_wanted_file *file,
    ferry_on_file *on_file, void *ctx, struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT, url = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_gem_base_url(&url, at->packages, at->name, err) == 0 &&
	    ferry_buf_adds(&url, folder, err) == 0 &&
	    ferry_gem_file_name(&url, at->name, at->version, end, err) == 0 &&
	    ferry_gem_file_name(&name, at->name, at->version, local_end, err) ==
		0) {
		file->name = (char *)name.p;
		file->url = (char *)url.p;
		rc = on_file(ctx, file, err);
	}
	ferry_buf_free(&name);
	ferry_buf_free(&url);
	return rc;
}

static int
files(const struct ferry_version_at *at, ferry_on_file *on_file, void *ctx,
    struct ferry_error *err)
{
	const struct gems *gems = at->packages->state;
	struct ferry_wanted_file gem = { .n = 0 };
	struct ferry_wanted_file spec = { .optional = true, .judged = true };
	struct ferry_wanted_file attestations = { .optional = true,
		.judged = true };
	struct ferry_digest sha256;

	if (ferry_gem_line_checksum(at->listed->object, &sha256) == 1) {
		gem.digests = &sha256;
		gem.n = 1;
	}
	if (tell_file(at, "/gems/", ".gem", ".gem", &gem, on_file, ctx, err) ==
		-1 ||
	    tell_file(at, "/quick/Marshal.4.8/", ".gemspec.rz", ".gemspec.rz",
		&spec, on_file, ctx, err) == -1)
		return -1;
	return !gems->attestations ? 0
	                           : tell_file(at, "/api/v1/attestations/",
					 ".json", ".attestations.json",
					 &attestations, on_file, ctx, err);
}

static int
need_one(struct ferry_needs *needs, const struct ferry_version_at *at,
    const struct ferry_gem_dependency *dependency, struct ferry_error *err)
{
	struct ferry_bytes owner =
	    ferry_gem_name_owner(ferry_bytes_str(at->name));
	struct ferry_gem_requirement *requirement = NULL;
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_buf name = FERRY_BUF_INIT;
	char *spec = NULL;
	int rc = -1;

	if (memchr(dependency->name.p, '/', dependency->name.n) != NULL ||
	    !ferry_gem_name_valid(dependency->name) ||
	    ferry_gem_requirement_new(
		&requirement, dependency->requirement, &why) == -1) {
		ferry_needs_skip(
		    needs, NULL, "it depends on something that is not a gem");
		return 0;
	}
	ferry_gem_requirement_free(requirement);
	/* What an owner's gem needs is an owner's, or another registry's. */
	if (ferry_buf_addf(&name, err, "%.*s%s%.*s", (int)owner.n,
		(const char *)owner.p, owner.n == 0 ? "" : "/",
		(int)dependency->name.n,
		(const char *)dependency->name.p) == 0 &&
	    ferry_strndup(&spec, dependency->requirement, err) == 0)
		rc = ferry_needs_add(needs, (char *)name.p, spec,
		    owner.n == 0 ? FERRY_NEEDED : FERRY_NEEDED_IF_THERE, err);
	ferry_buf_free(&name);
	free(spec);
	return rc;
}

static int
needs_of_line(struct ferry_needs *needs, const struct ferry_version_at *at,
    struct ferry_bytes rest, struct ferry_error *err)
{
	struct ferry_gem_dependency dependency;

	while (ferry_gem_line_dependency(&rest, &dependency))
		if (need_one(needs, at, &dependency, err) == -1)
			return -1;
	return 0;
}

static int
needs(struct ferry_needs *list, const struct ferry_version_at *at,
    struct ferry_error *err)
{

	return needs_of_line(list, at, at->listed->object, err);
}

/* A document that was made of a Marshal index says nothing of a version. */
static bool
has_inside(const struct ferry_listed *listed)
{

	return ferry_bytes_is(listed->object, "|");
}

static int
needs_inside(struct ferry_needs *list, const struct ferry_version_at *at,
    struct ferry_error *err)
{
	const char *line =
	    json_string_value(json_object_get(at->record, "line"));
	struct gems *gems = at->packages->state;

	return line == NULL || ferry_gem_known_tell(&gems->resolver.knowledge,
				   at->name, at->version, line, err) == -1
	           ? (line == NULL ? 0 : -1)
	           : needs_of_line(list, at, ferry_bytes_str(line), err);
}

/* What goes together is looked for when all is here. */

static int
listed(struct ferry_packages *packages, const char *name,
    const struct ferry_document *document, bool closure, bool kept,
    struct ferry_error *err)
{
	struct gems *gems = packages->state;
	struct gem_knowledge *knowledge = &gems->resolver.knowledge;
	struct gem_known *gem;

	if (!closure || packages->run->pulls || knowledge->full)
		return 0;
	if ((gem = ferry_gem_known(knowledge, name, err)) == NULL)
		return -1;
	if (gem->listed)
		return 0;
	gem->listed = knowledge->changed = true;
	gem->kept = kept;
	for (size_t i = 0; i < document->n; i++) {
		const struct ferry_listed *one = &document->listed[i];

		if (fits(packages, one, NULL) &&
		    ferry_gem_known_add(knowledge, gem, one->version,
			one->number_n, one->object, !has_inside(one),
			err) == -1)
			return -1;
	}
	return 0;
}

/* 1: only who resolves has asked, and takes that for an answer. */
static int
lost(struct ferry_packages *packages, const char *name, const char *version,
    const struct ferry_error *why, struct ferry_error *err)
{
	struct gems *gems = packages->state;
	struct gem_knowledge *knowledge = &gems->resolver.knowledge;
	struct gem_known *gem;

	if (packages->run->pulls || knowledge->full)
		return 0;
	if (ferry_gem_known_lose(knowledge, name, version, err) == -1 ||
	    (gem = ferry_gem_known(knowledge, name, err)) == NULL)
		return -1;
	return version == NULL && gem->asked && why->code == FERRY_ENOTFOUND;
}

static int
open_gems(struct ferry_packages *packages, struct ferry_error *err)
{

	return ferry_upstream_put(packages->run, packages->up, NULL, err) ==
	                   -1 ||
	               (packages->run->pulls &&
			   ferry_gem_index_ask(packages, err) == -1)
	           ? -1
	           : ferry_packages_ready(packages, err);
}

/* What describe() found inside. */
static int
licence(const struct ferry_version_at *at, struct ferry_buf *out,
    struct ferry_error *err)
{

	return at->record == NULL ? 0
	       : ferry_licence_add(out,
		     json_object_get(
			 json_object_get(at->record, "about"), "licenses"),
		     err) == -1
	           ? -1
	           : 1;
}

static const struct ferry_package_format rubygems = {
	.format = "rubygems",
	.document = "info",
	.file = "gem",
	.media_type = "text/plain; charset=utf-8",
	.default_spec = ">= 0",
	.any = ">= 0",
	.withdrawn = "hide", /* that is what a yank asks for */
	.document_max = 64U << 20,
	.file_max = 16ULL << 30,
	.plan_size = "size",
	.asks_size = true,
	.configure = ferry_gem_configure,
	.open = open_gems,
	.close = close_gems,
	.split = split_text,
	.known = ferry_gem_index_known,
	.document_url = document_url,
	.read = read_info,
	.range_new = range_new,
	.range_has = range_has,
	.range_free = range_free,
	.platform_ok = platform_ok,
	.fits = fits,
	.platform_among = platform_among,
	.files = files,
	.describe = ferry_gem_describe,
	.licence = licence,
	.licence_inside = true,
	.needs = needs,
	.has_inside = has_inside,
	.needs_inside = needs_inside,
	.listed = listed,
	.lost = lost,
	.after = ferry_gem_resolve,
};

const struct ferry_upstream_kind ferry_upstream_rubygems =
    FERRY_PACKAGE_KIND("rubygems", &rubygems);
