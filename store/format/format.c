#include "store/format/format.h"

#include <assert.h>
#include <string.h>

#include "store/format/maven/names.h"
#include "store/format/npm/npm.h"
#include "store/format/nuget/check.h"
#include "store/format/nuget/name.h"
#include "store/format/nuget/version.h"
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
	    .name = "maven",
	    .github = {
		.name = "maven",
		.by_default = true,
		.not_ghe_com = true,
		.hides = true,
		.granular = FERRY_GRANULAR_NEVER,
		.cloud = "https://maven.pkg.github.com",
		.label = "maven",
		.path = "/_registry/maven",
		.client_name = ferry_maven_github_name,
		.short_name = below_owner,
	    },
	    .name_valid = ferry_maven_name_valid,
	    .version_valid = ferry_maven_version_valid,
	    .compare_versions = ferry_maven_order,
	    .prerelease = ferry_maven_prerelease,
	},
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
	    .name = "nuget",
	    .github = {
		.name = "nuget",
		.granular = FERRY_GRANULAR_CLOUD,
		.by_default = true,
		.cloud = "https://nuget.pkg.github.com",
		.label = "nuget",
		.path = "/_registry/nuget",
		.client_name = ferry_nuget_github_name,
		.short_name = below_owner,
		.owned_names = ferry_nuget_github_scope,
	    },
	    .name_valid = ferry_nuget_name_valid,
	    .name_key = ferry_nuget_name_key,
	    .version_key = ferry_nuget_version_key,
	    .version_valid = ferry_nuget_version_valid,
	    .compare_versions = ferry_nuget_version_cmp,
	    .prerelease = ferry_nuget_version_prerelease,
	    .check = ferry_nuget_check,
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

const char *const ferry_format_names[] = { "maven", "npm", "nuget", "oci",
	"rubygems", NULL };
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

int
ferry_format_name_key(const struct ferry_format *format, const char *name,
    struct ferry_buf *out, struct ferry_error *err)
{

	return format->name_key == NULL
	           ? ferry_buf_adds(out, name, err)
	           : format->name_key(out, ferry_bytes_str(name), err);
}

int
ferry_format_version_key(const struct ferry_format *format, const char *version,
    struct ferry_buf *out, struct ferry_error *err)
{
	int rc = format->version_key == NULL
	             ? 0
	             : format->version_key(out, ferry_bytes_str(version), err);

	return rc == 0 ? ferry_buf_adds(out, version, err) : (rc == 1 ? 0 : -1);
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

	for (size_t k = 0; k < FORMATS; k++) {
		const struct ferry_github_type *t = &formats[k].github;

		if (i-- == 0)
			return t->name;
		if (t->legacy != NULL && i-- == 0)
			return t->legacy;
	}
	return NULL;
}
