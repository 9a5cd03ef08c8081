#ifndef FERRY_SERVE_REPLAY_MAVEN_METADATA_H
#define FERRY_SERVE_REPLAY_MAVEN_METADATA_H

/*
 * maven-metadata.xml of what is held: never upstream's, which lists more; but of
 * an upstream that is pulled through, with what that lists.
 *
 * Source: store/format/maven/PROTOCOL.md, section 7.
 */

#include "serve/replay/call.h"

struct ferry_body;
struct ferry_error;
struct ferry_permit;
struct ferry_search;
struct ferry_search_entry;

/* Of the package of call: its versions.  1 and *out (the caller unrefs), 0 if
 * there are none to be listed, -1. */
int ferry_maven_artifact_metadata(const struct ferry_call *call,
    struct ferry_body **out, struct ferry_error *err);
/* Of a snapshot version, "1.0-SNAPSHOT": its builds.  The same. */
int ferry_maven_snapshot_metadata(const struct ferry_call *call,
    const char *folder, struct ferry_body **out, struct ferry_error *err);
/* Of a group: the prefixes of plugins that the holder of permit may see.
 * origin: only those of that owner, or "".  The same. */
int ferry_maven_group_metadata(struct ferry_search *plugins,
    const struct ferry_permit *permit, const char *group, const char *origin,
    struct ferry_body **out, struct ferry_error *err);

/* As ferry_search_make: an entry of each package that has plugins. */
int ferry_maven_plugin_entry(struct ferry_store_view *view, const char *name,
    const char *owner, struct ferry_search_entry *out, struct ferry_error *err);

#endif
