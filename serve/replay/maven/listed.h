#ifndef FERRY_SERVE_REPLAY_MAVEN_LISTED_H
#define FERRY_SERVE_REPLAY_MAVEN_LISTED_H

/*
 * What upstream's maven-metadata.xml lists, of an upstream that is pulled
 * through: versions that may not be here.
 *
 * Source: store/format/maven/PROTOCOL.md, sections 2 and 7.
 */

struct ferry_error;
struct ferry_store_view;

/* Whom to tell; texts live for the call.  -1 ends it. */
struct ferry_maven_listener {
	/* A version that clients may be shown. */
	int (*on_version)(
	    void *ctx, const char *version, struct ferry_error *err);
	/* A plugin of the group. */
	int (*on_plugin)(void *ctx, const char *prefix, const char *artifact,
	    struct ferry_error *err);
	/* "yyyyMMddHHmmss" */
	int (*on_updated)(
	    void *ctx, const char *stamp, struct ferry_error *err);
	/* A build of the snapshot, "1.0-20240501.120000-3", and a file of it,
	 * or NULL. */
	int (*on_build)(void *ctx, const char *build, const char *file,
	    struct ferry_error *err);
	void *ctx;
};
/* Of a package: its versions, or builds if folder is a snapshot's,
 * "1.0-SNAPSHOT".  Returns: 0, also if it is not pulled through; -1. */
int ferry_maven_listed(struct ferry_store_view *view, const char *package,
    const char *owner, const char *folder,
    const struct ferry_maven_listener *to, struct ferry_error *err);

#endif
