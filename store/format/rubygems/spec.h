#ifndef FERRY_STORE_FORMAT_RUBYGEMS_SPEC_H
#define FERRY_STORE_FORMAT_RUBYGEMS_SPEC_H

/*
 * What a gem says of itself, and the two texts that registries make of it: a
 * line of the compact index, and the .gemspec.rz.
 *
 * Source: store/format/rubygems/PROTOCOL.md, sections 2 and 5.
 */

#include <stdbool.h>
#include <stddef.h>

#include "store/base/bytes.h"

struct ferry_digest;
struct ferry_error;

/* "~>", "7.1" */
struct ferry_gem_term {
	struct ferry_bytes relation, number;
};
struct ferry_gem_terms {
	struct ferry_gem_term *term;
	size_t n, cap;
};
struct ferry_gem_need {
	struct ferry_bytes name;
	bool development;
	struct ferry_gem_terms terms;
};
/* Texts are views of what the spec was read from; n is 0 for what it lacks. */
struct ferry_gem_spec {
	struct ferry_bytes name, number;
	struct ferry_buf platform; /* "ruby" if for all */
	struct ferry_bytes date; /* "2024-05-01…" */
	struct ferry_bytes summary, description, homepage, rubygems_version;
	struct ferry_bytes *authors, *emails, *licenses;
	size_t authors_n, emails_n, licenses_n;
	bool one_email; /* it stands alone, in no list */
	struct ferry_gem_terms ruby, rubygems; /* what they must be */
	struct ferry_gem_need *needs;
	size_t needs_n, needs_cap;
	struct ferry_gem_pair {
		struct ferry_bytes key, value;
	} * metadata;
	size_t metadata_n, metadata_cap;
};
void ferry_gem_spec_free(struct ferry_gem_spec *spec);

/* Append what a line says behind the version: "rack:>= 1|checksum:…". */
int ferry_gem_spec_line(struct ferry_buf *out,
    const struct ferry_gem_spec *spec, const struct ferry_digest *sha256,
    struct ferry_error *err);
/* Append what Marshal.dump of the specification is, not packed. */
int ferry_gem_spec_marshal(struct ferry_buf *out,
    const struct ferry_gem_spec *spec, struct ferry_error *err);

#endif
