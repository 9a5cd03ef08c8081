#ifndef FERRY_FORMAT_FORMAT_H
#define FERRY_FORMAT_FORMAT_H

/*
 * The formats of packages that a store can hold: one row each, so that no
 * command says "npm".  A format adds its file beside npm.c and a row here.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/bytes.h"

struct ferry_digest;
struct ferry_error;

/* A record of the catalog (store/catalog/README.md) whose key is well-formed:
 * kind, format, name, owner and what follows. */
struct ferry_format_record {
	const char *const *key;
	const json_t *value; /* NULL for a deletion */
};
/* Append the bytes of a blob of at most max: 1, 0 if they are lost, -1. */
typedef int ferry_format_load(void *ctx, const struct ferry_digest *sha256,
    uint64_t max, struct ferry_buf *out, struct ferry_error *err);
/* Told of a version that is part of another.  0, or -1. */
typedef int
ferry_format_part(void *ctx, const char *version, struct ferry_error *err);
#define FERRY_FORMAT_VERSION 160 /* bytes of a version, with its NUL */

struct ferry_format {
	const char *name; /* as in keys and configuration: "npm" */
	/* GitHub Packages (shared/protocols/github-packages.md): its name, may
	 * nobody in particular read what is public (1.2), and is what may not
	 * be read answered as what is not there (2.5). */
	const char *type;
	bool anonymous;
	bool hides;
	bool (*name_valid)(struct ferry_bytes name);
	bool (*version_valid)(struct ferry_bytes version);
	/* A total order on any bytes: <0, 0 or >0. */
	int (*compare_versions)(struct ferry_bytes a, struct ferry_bytes b);
	bool (*prerelease)(struct ferry_bytes version);
	/*
	 * Whether a record agrees with itself and, where on_load is not NULL,
	 * with the documents that it names.  NULL: there is nothing to ask.
	 * Returns: 0, or -1.
	 * Errors: FERRY_EFORMAT (it does not), and on_load's.
	 */
	int (*check)(const struct ferry_format_record *record,
	    ferry_format_load *on_load, void *ctx, struct ferry_error *err);
	/*
	 * Tell on_part of each version of the same package that the version's
	 * document names as its part, here or not; nothing if the document is
	 * lost.  NULL: versions have no parts.
	 * Errors: FERRY_EFORMAT, on_load's and on_part's.
	 */
	int (*parts)(const struct ferry_format_record *version,
	    ferry_format_load *on_load, void *load_ctx,
	    ferry_format_part *on_part, void *part_ctx,
	    struct ferry_error *err);
	/* Whether a tag is there for what belongs to a version (its signature),
	 * and then that version.  NULL: no tag is. */
	bool (*tag_belongs)(
	    struct ferry_bytes tag, char version[FERRY_FORMAT_VERSION]);
};

/* The format of that name, or NULL.  Static. */
const struct ferry_format *ferry_format_find(struct ferry_bytes name);

/* All formats in the order of their names: 0 to ferry_formats_count() - 1. */
size_t ferry_formats_count(void);
const struct ferry_format *ferry_format_at(size_t i);

#endif
