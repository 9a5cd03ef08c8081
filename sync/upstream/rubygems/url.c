#include "sync/upstream/rubygems/url.h"

#include "store/format/rubygems/gem.h"
#include "sync/upstream/package/packages.h"

int
ferry_gem_base_url(struct ferry_buf *url, const struct ferry_packages *packages,
    const char *name, struct ferry_error *err)
{
	struct ferry_bytes owner = ferry_gem_name_owner(ferry_bytes_str(name));

	return ferry_buf_addf(url, err, "%s%s%.*s", packages->up->url,
	    owner.n == 0 ? "" : "/", (int)owner.n, (const char *)owner.p);
}

int
ferry_gem_file_name(struct ferry_buf *out, const char *name,
    const char *version, const char *end, struct ferry_error *err)
{
	struct ferry_bytes base = ferry_gem_name_base(ferry_bytes_str(name));

	return ferry_buf_addf(out, err, "%.*s-%s%s", (int)base.n,
	    (const char *)base.p, version, end);
}
