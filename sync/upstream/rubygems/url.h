#ifndef FERRY_SYNC_UPSTREAM_RUBYGEMS_URL_H
#define FERRY_SYNC_UPSTREAM_RUBYGEMS_URL_H

/* Where things of a registry are, and what they are called there. */

struct ferry_buf;
struct ferry_error;
struct ferry_packages;

/* Append the URL of the registry that has the package called name: of its
 * owner, if it has one. */
int ferry_gem_base_url(struct ferry_buf *url,
    const struct ferry_packages *packages, const char *name,
    struct ferry_error *err);
/* Append the name of a version's file, which has that end: "foo-1.0.gem". */
int ferry_gem_file_name(struct ferry_buf *out, const char *name,
    const char *version, const char *end, struct ferry_error *err);

#endif
