#ifndef FERRY_SERVE_REPLAY_MAVEN_FILES_H
#define FERRY_SERVE_REPLAY_MAVEN_FILES_H

/* Whose package a path means, and the files of versions with their sums. */

#include "serve/replay/maven/path.h"
#include "serve/replay/view.h"

struct ferry_body;
struct ferry_error;

/* As owner() of a format, also where the client may not read what is found: the
 * time is that of what is not there.  Fills package and origin of the resource. */
int ferry_maven_owner(struct ferry_call *call, struct ferry_error *err);
/* As wants() and supplies() of struct ferry_replay. */
struct ferry_pull_want;
bool
ferry_maven_wants(const struct ferry_call *call, struct ferry_pull_want *want);
bool ferry_maven_supplies(const struct ferry_call *call, const char *upstream);
/* The reading that ferry_maven_owner() chose. */
bool ferry_maven_chosen(
    const struct ferry_call *call, struct ferry_maven_reading *out);

/* The sums of a text or file, and when it was pulled. */
struct ferry_maven_sums {
	char sha1[41], md5[33], sha256[65], sha512[129];
	long long pulled_at; /* seconds, or 0 */
};
/* The one that a resource asks for. */
const char *ferry_maven_sum_of(const struct ferry_maven_sums *sums, int kind);

/* The file, and its sums.  Returns: 1 and *out (the caller unrefs), 0, -1. */
int ferry_maven_file(const struct ferry_call *call,
    const struct ferry_maven_reading *reading, struct ferry_body **out,
    struct ferry_error *err);
int ferry_maven_file_sums(const struct ferry_call *call,
    const struct ferry_maven_reading *reading, struct ferry_maven_sums *out,
    struct ferry_error *err);
/* The sums of bytes. */
int ferry_maven_text_sums(struct ferry_bytes text, struct ferry_maven_sums *out,
    struct ferry_error *err);

#endif
