#ifndef FERRY_METRICS_H
#define FERRY_METRICS_H

/*
 * Counters in the Prometheus text format.
 *
 * Counting is a relaxed atomic addition, from any thread; a reader may see one
 * counter of a request before another.
 */

#include <stdatomic.h>
#include <stdint.h>

struct ferry_buf;
struct ferry_error;

#define FERRY_METRICS_FORMATS 8 /* the last one is for "other" */
#define FERRY_METRICS_BUCKETS 12

/* One row a format; formats are literals, compared by their text. */
struct ferry_metrics {
	const char *formats[FERRY_METRICS_FORMATS];
	atomic_uint_fast64_t requests[FERRY_METRICS_FORMATS][5]; /* 1xx … 5xx */
	atomic_uint_fast64_t bytes[FERRY_METRICS_FORMATS];
	atomic_uint_fast64_t buckets[FERRY_METRICS_BUCKETS + 1];
	atomic_uint_fast64_t duration_us;
	atomic_uint_fast64_t aborted;
	atomic_uint_fast64_t not_modified;
};

/* formats: a NULL-terminated list of literals. */
void
ferry_metrics_init(struct ferry_metrics *metrics, const char *const *formats);
void ferry_metrics_count(struct ferry_metrics *metrics, const char *format,
    unsigned status, uint64_t bytes, uint64_t duration_us);
int ferry_metrics_add(struct ferry_metrics *metrics, struct ferry_buf *buf,
    struct ferry_error *err);

#endif
