#include "sync/kinds.h"

#include <stddef.h>

extern const struct ferry_upstream_kind ferry_upstream_github;
extern const struct ferry_upstream_kind ferry_upstream_maven;
extern const struct ferry_upstream_kind ferry_upstream_npm;
extern const struct ferry_upstream_kind ferry_upstream_nuget;
extern const struct ferry_upstream_kind ferry_upstream_oci;
extern const struct ferry_upstream_kind ferry_upstream_rubygems;

const struct ferry_upstream_kind *const ferry_kinds[] = {
	&ferry_upstream_github,
	&ferry_upstream_maven,
	&ferry_upstream_npm,
	&ferry_upstream_nuget,
	&ferry_upstream_oci,
	&ferry_upstream_rubygems,
	NULL,
};
