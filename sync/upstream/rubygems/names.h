#ifndef FERRY_SYNC_UPSTREAM_RUBYGEMS_NAMES_H
#define FERRY_SYNC_UPSTREAM_RUBYGEMS_NAMES_H

/*
 * The gems that an index names: 200,000 of them take about 12 MB.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/bytes.h"
#include "store/format/rubygems/versions.h"

struct ferry_error;

#define GEM_NAMES_MAX 4000000
#define GEM_NAMES_NONE UINT32_MAX

struct gem_named {
	uint32_t name; /* where it stands in text, with a NUL behind it */
	uint32_t versions; /* the last in listed, or GEM_NAMES_NONE */
	bool has_md5;
	uint8_t md5[FERRY_GEM_MD5]; /* of its document */
};
struct gem_names {
	uint32_t *slots; /* 1 and the place in at; 0: free */
	size_t slots_n;
	struct gem_named *at;
	size_t n, cap;
	struct gem_names_version {
		uint32_t text, before; /* before: as versions */
	} * listed; /* where the index lists versions: Marshal */
	size_t listed_n, listed_cap;
	struct ferry_buf text;
};

/* The entry of name, or NULL.  Borrowed until the next _add. */
const struct gem_named *
ferry_gem_names_find(const struct gem_names *names, struct ferry_bytes name);
/* The entry of name, which is made if it is not there; NULL with err set. */
struct gem_named *ferry_gem_names_add(
    struct gem_names *names, struct ferry_bytes name, struct ferry_error *err);
/* Add a version to it. */
int ferry_gem_names_list(struct gem_names *names, struct gem_named *named,
    struct ferry_bytes number, struct ferry_bytes platform,
    struct ferry_error *err);
void ferry_gem_names_free(struct gem_names *names);

#endif
