#ifndef FERRY_SYNC_UPSTREAM_MAVEN_NAMES_H
#define FERRY_SYNC_UPSTREAM_MAVEN_NAMES_H

/* Words of files.h, and what they call. */

#include <stdbool.h>

#include "store/base/bytes.h"

struct ferry_digest;
struct ferry_error;
struct ferry_version_at;

/* The word of all classifiers that upstream lists. */
#define MAVEN_ALL "@all"

struct maven_word {
	bool if_there; /* "?…" */
	struct ferry_bytes classifier, extension;
	struct ferry_bytes digests; /* "sha256=HEX#sha256=HEX", or empty */
};
/* Take the next word that names a file; false at the end. */
bool ferry_maven_next_word(const char **rest, struct maven_word *out);
/* Take the next digest of a word; false at the end.  What is none is left out. */
bool
ferry_maven_next_digest(struct ferry_bytes *digests, struct ferry_digest *out);
/* Whether a word is among them. */
bool ferry_maven_has_word(const char *words, const char *word);
/* Whether the main file is among the words. */
bool ferry_maven_wants_main(const char *words);

/* As words() of struct ferry_package_format. */
int ferry_maven_words(const char *name, const char *version, const char *file,
    struct ferry_buf *out, struct ferry_error *err);
/* Append the name of a file of the version. */
int ferry_maven_name_of(struct ferry_buf *out,
    const struct ferry_version_at *at, struct ferry_bytes classifier,
    struct ferry_bytes extension, struct ferry_error *err);
/* Append the URL of a file by its name. */
int ferry_maven_url_of(struct ferry_buf *out, const struct ferry_version_at *at,
    const char *name, struct ferry_error *err);

#endif
