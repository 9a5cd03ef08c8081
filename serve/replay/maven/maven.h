#ifndef FERRY_SERVE_REPLAY_MAVEN_MAVEN_H
#define FERRY_SERVE_REPLAY_MAVEN_MAVEN_H

/*
 * Maven repositories, read-only, for Maven and Gradle.
 *
 * Source: store/format/maven/PROTOCOL.md.
 */

#include "serve/replay/format.h"

extern const struct ferry_replay ferry_replay_maven;

#endif
