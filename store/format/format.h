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

/*
 * What GitHub Packages has of a format.
 * Source: store/access/PROTOCOL.md, sections 1.1, 1.2, 2.5 and 4.
 */
enum ferry_granular {
	FERRY_GRANULAR_NEVER, /* a package has its repository's permissions */
	FERRY_GRANULAR_CLOUD, /* on github.com and GHE.com its own */
	FERRY_GRANULAR_ALWAYS
};
struct ferry_github_type {
	const char *name; /* in snapshots, in REST: "container" */
	/* An older type of the same registry, or NULL: "docker".  Its packages
	 * are named below their repository, and granular on github.com and
	 * GHE.com. */
	const char *legacy;
	bool anonymous; /* everybody may read what is public */
	bool hides; /* what may not be read is answered as if not there */
	bool tags; /* its versions have tags */
	bool by_default; /* mirrored where nobody says which types */
	bool not_ghe_com; /* GHE.com has no such registry */
	enum ferry_granular granular;
	const char *cloud; /* its URL for github.com */
	const char *label; /* LABEL.HOST with subdomain isolation */
	const char *path; /* "/_registry/npm" without it; NULL: nowhere */
	/* Append what clients call the package name of owner. */
	int (*client_name)(struct ferry_buf *out, const char *owner,
	    const char *name, struct ferry_error *err);
	/* What GitHub calls a client's name; a view of it. */
	const char *(*short_name)(const char *client_name);
	/* Names that are an owner's alone, "@OWNER/…" of npm: append a pattern
	 * of them.  NULL: there are none. */
	int (*owned_names)(
	    struct ferry_buf *out, const char *owner, struct ferry_error *err);
};

struct ferry_format {
	const char *name; /* as in keys and configuration: "npm" */
	/* Its type in package URLs; NULL: there is none, "generic".
	 * Source: package-url/purl-spec, PURL-TYPES. */
	const char *purl;
	/* Clients may put the host of a registry in front of a name. */
	bool hosts;
	struct ferry_github_type github;
	bool (*name_valid)(struct ferry_bytes name);
	/* Append the name as keys have it, of one in any case; a version
	 * likewise, and return 1, or 0 if text is none.  NULL: both are as they
	 * are written. */
	int (*name_key)(struct ferry_buf *out, struct ferry_bytes name,
	    struct ferry_error *err);
	int (*version_key)(struct ferry_buf *out, struct ferry_bytes text,
	    struct ferry_error *err);
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

/* Append what people call a package, or a version of one, as the format's keys
 * have it. */
int ferry_format_name_key(const struct ferry_format *format, const char *name,
    struct ferry_buf *out, struct ferry_error *err);
int ferry_format_version_key(const struct ferry_format *format,
    const char *version, struct ferry_buf *out, struct ferry_error *err);

/* The format that has packages of GitHub's type, also of a legacy one; NULL if
 * ferry has none. */
const struct ferry_format *ferry_format_of_type(const char *type);

/* All formats in the order of their names: 0 to ferry_formats_count() - 1. */
size_t ferry_formats_count(void);
const struct ferry_format *ferry_format_at(size_t i);
/* The same by their names alone, up to a NULL. */
extern const char *const ferry_format_names[];

/* Every type of GitHub Packages, also those of which ferry has no format; NULL
 * beyond the last.  Static. */
const char *ferry_github_type_at(size_t i);

#endif
