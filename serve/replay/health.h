#ifndef FERRY_SERVE_REPLAY_HEALTH_H
#define FERRY_SERVE_REPLAY_HEALTH_H

/* How the store fares, as its local records tell: for /metrics and the page. */

#include <stdbool.h>

struct ferry_error;
struct ferry_out;
struct ferry_store;

/*
 * Gauges: last success and last try of sync, export and import, problems, free
 * space, ages of permissions and of origins' words, how far sites are.
 * Times are seconds since the epoch, 0 for never.
 * Errors: of the index.
 */
int ferry_health_metrics(
    struct ferry_store *st, struct ferry_out *out, struct ferry_error *err);

/* The same in a few words, as paragraphs of HTML, without any name of what the
 * store holds.  Errors: of the index. */
int ferry_health_page(
    struct ferry_store *st, struct ferry_out *out, struct ferry_error *err);

/* How old each origin's word is, a line "origin NAME: …" each, or without names;
 * nothing where nothing was imported.  Errors: of the index. */
int ferry_health_origins(struct ferry_store *st, bool names,
    struct ferry_out *out, struct ferry_error *err);

#endif
