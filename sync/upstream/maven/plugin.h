#ifndef FERRY_SYNC_UPSTREAM_MAVEN_PLUGIN_H
#define FERRY_SYNC_UPSTREAM_MAVEN_PLUGIN_H

/* What a plugin's jar says of itself. */

struct ferry_buf;
struct ferry_digest;
struct ferry_error;
struct ferry_store;

/*
 * Append the prefix by which `mvn PREFIX:goal` means the plugin: goalPrefix of
 * META-INF/maven/plugin.xml in the jar.
 * Returns: 1; 0 if it says none, or the jar cannot be read; -1 of the store.
 */
int ferry_maven_plugin_prefix(struct ferry_buf *out, struct ferry_store *st,
    const struct ferry_digest *jar, struct ferry_error *err);

#endif
