#ifndef FERRY_SERVE_REPLAY_MAVEN_VERSIONS_H
#define FERRY_SERVE_REPLAY_MAVEN_VERSIONS_H

/*
 * What a list of a package has: the versions, or builds of a snapshot, that are
 * held and that the client may read; of an upstream that is pulled through also
 * what that lists.
 */

#include <jansson.h>
#include <stddef.h>

#include "serve/replay/call.h"
#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_MAVEN_STAMP 15 /* "yyyyMMddHHmmss" */

/* Whose versions: those of the upstream that was found, and by the name alone
 * of those behind it that the client may read. */
struct ferry_maven_whose {
	const struct ferry_call *call;
	const char *folder; /* of a snapshot: its builds; or NULL */
	/* "5:house5:world": whatever is in a name.  The caller frees. */
	struct ferry_buf owners;
};
/* Fill owners, which may stay empty. */
int ferry_maven_whose(struct ferry_maven_whose *whose, struct ferry_error *err);

struct ferry_maven_versions {
	char **list; /* in Maven's order */
	size_t n, cap;
	json_int_t updated_at;
	char updated[FERRY_MAVEN_STAMP]; /* by upstream, or "" */
	const char *folder;
	json_t *files; /* of builds: by version */
	/* That upstream lists: "artifact", "prefix", …, each with its NUL. */
	struct ferry_buf plugins;
};
/* Of owners, each once.  The caller frees *out, also after -1. */
int ferry_maven_versions_load(struct ferry_maven_versions *out,
    const struct ferry_maven_whose *whose, struct ferry_error *err);
void ferry_maven_versions_free(struct ferry_maven_versions *versions);

#endif
