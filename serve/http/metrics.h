#ifndef FERRY_SERVE_HTTP_METRICS_H
#define FERRY_SERVE_HTTP_METRICS_H

/*
 * Counters in the Prometheus text format.
 *
 * Counting is a relaxed atomic addition, from any thread; a reader may see one
 * counter of a request before another.
 */

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct ferry_error;
struct ferry_out;

#define FERRY_METRICS_BUCKETS 12

struct ferry_metrics_row {
	const char *format; /* literal, compared by its text */
	atomic_uint_fast64_t requests[5]; /* 1xx … 5xx */
	atomic_uint_fast64_t bytes;
};

/* All zero is a good start.  Rows do not change once anything is counted. */
struct ferry_metrics {
	struct ferry_metrics_row *rows;
	size_t n, cap;
	struct ferry_metrics_row other; /* of no format that has a row */
	atomic_uint_fast64_t buckets[FERRY_METRICS_BUCKETS + 1];
	atomic_uint_fast64_t duration_us;
	atomic_uint_fast64_t aborted;
	atomic_uint_fast64_t not_modified;
	atomic_uint_fast64_t connections; /* open now */
	atomic_uint_fast64_t refused; /* of them, for lack of room */
	atomic_uint_fast64_t made_room; /* closed for others */
	atomic_uint_fast64_t late; /* closed in a request's head */
};

/* A row for format, a literal.  Errors: FERRY_ENOMEM. */
int ferry_metrics_add_row(
    struct ferry_metrics *metrics, const char *format, struct ferry_error *err);
void ferry_metrics_free(struct ferry_metrics *metrics); /* its rows */

/* One answered request; format may be NULL. */
void ferry_metrics_count(struct ferry_metrics *metrics, const char *format,
    unsigned status, uint64_t bytes, uint64_t duration_us);
void ferry_metrics_write(struct ferry_metrics *metrics, struct ferry_out *out);

#endif
