#ifndef FERRY_SERVE_REPLAY_GITHUB_GITHUB_H
#define FERRY_SERVE_REPLAY_GITHUB_GITHUB_H

/*
 * GitHub's REST interface for packages, read-only: paths, and which answer
 * each of them gets.
 *
 * Anonymous clients get 401, whatever is public; what may not be read is
 * 404 here, and lists leave it out.
 *
 * Source: GitHub REST API, "Packages" and "Using pagination";
 *     store/access/PROTOCOL.md, sections 2.5 and 3.1.
 */

struct ferry_replay;

extern const struct ferry_replay ferry_replay_github;

#endif
