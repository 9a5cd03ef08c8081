#ifndef FERRY_SERVE_REPLAY_METRICS_H
#define FERRY_SERVE_REPLAY_METRICS_H

/*
 * /metrics: figures of the server, for monitoring, as if they were a format.
 * They tell what others read and what there is, so whether a client gets them
 * is decided as with everything else.
 */

struct ferry_replay;

extern const struct ferry_replay ferry_replay_metrics;

#endif
