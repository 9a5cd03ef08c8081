#include "store/format/format.h"

#include <assert.h>

#include "store/format/npm/npm.h"
#include "store/format/oci/check.h"
#include "store/format/oci/names.h"
#include "store/format/oci/parts.h"

static const struct ferry_format formats[] = {
	{ "npm", "npm", false, false, ferry_npm_name_valid,
	    ferry_npm_version_valid, ferry_npm_version_cmp,
	    ferry_npm_version_prerelease, NULL, NULL, NULL },
	{ "oci", "container", true, false, ferry_oci_name_valid,
	    ferry_oci_digest_valid, ferry_oci_version_cmp,
	    ferry_oci_version_prerelease, ferry_oci_check, ferry_oci_parts,
	    ferry_oci_tag_belongs },
};

const struct ferry_format *
ferry_format_find(struct ferry_bytes name)
{

	for (size_t i = 0; i < ferry_formats_count(); i++)
		if (ferry_bytes_is(name, formats[i].name))
			return &formats[i];
	return NULL;
}

size_t
ferry_formats_count(void)
{

	return sizeof(formats) / sizeof(formats[0]);
}

const struct ferry_format *
ferry_format_at(size_t i)
{

	assert(i < ferry_formats_count());
	return &formats[i];
}
