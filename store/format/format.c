#include "store/format/format.h"

#include <assert.h>
#include <string.h>

#include "store/format/npm/npm.h"
#include "store/format/oci/check.h"
#include "store/format/oci/names.h"
#include "store/format/oci/parts.h"
#include "store/format/rubygems/check.h"
#include "store/format/rubygems/gem.h"

/* "@octo/ui" is "ui", "octo/a/b" is "a/b". */
static const char *
below_owner(const char *client_name)
{
	const char *slash = strchr(client_name, '/');

	return slash == NULL ? client_name : slash + 1;
}

static const struct ferry_format formats[] = {
	{
	    .name = "npm",
	    .purl = "npm",
	    .github = {
		.name = "npm",
		.granular = FERRY_GRANULAR_CLOUD,
		.by_default = true,
		.cloud = "https://npm.pkg.github.com",
		.label = "npm",
		.path = "/_registry/npm",
		.client_name = ferry_npm_github_name,
		.short_name = below_owner,
		.owned_names = ferry_npm_github_scope,
	    },
	    .name_valid = ferry_npm_name_valid,
	    .version_valid = ferry_npm_version_valid,
	    .compare_versions = ferry_npm_version_cmp,
	    .prerelease = ferry_npm_version_prerelease,
	},
	{
	    .name = "oci",
	    .purl = "oci",
	    .hosts = true,
	    .github = {
		.name = "container",
		.legacy = "docker",
		.anonymous = true,
		.tags = true,
		.by_default = true,
		.granular = FERRY_GRANULAR_ALWAYS,
		.cloud = "https://ghcr.io",
		.label = "containers",
		.client_name = ferry_oci_github_name,
		.short_name = below_owner,
	    },
	    .name_valid = ferry_oci_name_valid,
	    .version_valid = ferry_oci_digest_valid,
	    .compare_versions = ferry_oci_version_cmp,
	    .prerelease = ferry_oci_version_prerelease,
	    .check = ferry_oci_check,
	    .parts = ferry_oci_parts,
	    .tag_belongs = ferry_oci_tag_belongs,
	},
	{
	    .name = "rubygems",
	    .purl = "gem",
	    .github = {
		.name = "rubygems",
		.granular = FERRY_GRANULAR_CLOUD,
		.by_default = true,
		.cloud = "https://rubygems.pkg.github.com",
		.label = "rubygems",
		.path = "/_registry/rubygems",
		.client_name = ferry_gem_github_name,
		.short_name = below_owner,
		.owned_names = ferry_gem_github_scope,
	    },
	    .name_valid = ferry_gem_name_valid,
	    .version_valid = ferry_gem_version_valid,
	    .compare_versions = ferry_gem_version_cmp,
	    .prerelease = ferry_gem_version_prerelease,
	    .check = ferry_gem_check,
	},
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

const char *const ferry_format_names[] = { "npm", "oci", "rubygems", NULL };
_Static_assert(
    sizeof(ferry_format_names) / sizeof(ferry_format_names[0]) == FORMATS + 1,
    "a name a row");

const struct ferry_format *
ferry_format_find(struct ferry_bytes name)
{

	for (size_t i = 0; i < ferry_formats_count(); i++)
		if (ferry_bytes_is(name, formats[i].name))
			return &formats[i];
	return NULL;
}

const struct ferry_format *
ferry_format_of_type(const char *type)
{

	for (size_t i = 0; i < ferry_formats_count(); i++) {
		const struct ferry_github_type *t = &formats[i].github;

		if (strcmp(t->name, type) == 0 ||
		    (t->legacy != NULL && strcmp(t->legacy, type) == 0))
			return &formats[i];
	}
	return NULL;
}

size_t
ferry_formats_count(void)
{

	return FORMATS;
}

const struct ferry_format *
ferry_format_at(size_t i)
{

	assert(i < ferry_formats_count());
	return &formats[i];
}

const char *
ferry_github_type_at(size_t i)
{
	static const char *const others[] = { "maven", "nuget" };

	for (size_t k = 0; k < FORMATS; k++) {
		const struct ferry_github_type *t = &formats[k].github;

		if (i-- == 0)
			return t->name;
		if (t->legacy != NULL && i-- == 0)
			return t->legacy;
	}
	return i < sizeof(others) / sizeof(others[0]) ? others[i] : NULL;
}
