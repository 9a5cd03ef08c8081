#ifndef FERRY_SERVE_REPLAY_NPM_NPM_H
#define FERRY_SERVE_REPLAY_NPM_NPM_H

/*
 * npm: paths, and which answer each of them gets.
 *
 * Source: store/format/npm/PROTOCOL.md, sections 2 and 4, where the clients
 *     are named.
 */

struct ferry_replay;

extern const struct ferry_replay ferry_replay_npm;

#endif
