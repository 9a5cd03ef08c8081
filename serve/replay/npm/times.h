#ifndef FERRY_SERVE_REPLAY_NPM_TIMES_H
#define FERRY_SERVE_REPLAY_NPM_TIMES_H

/* When versions were made, as the packument says. */

struct ferry_error;
struct ferry_store_view;
struct ferry_times;

/* As times() of format.h. */
int ferry_npm_times(struct ferry_store_view *view, const char *package,
    const char *owner, struct ferry_times *out, struct ferry_error *err);

#endif
