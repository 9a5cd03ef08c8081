#include "serve/http/metrics.h"

#include <inttypes.h>
#include <string.h>

#include "store/base/bytes.h"
#include "store/base/error.h"

#define OTHER (FERRY_METRICS_FORMATS - 1)

/* Upper bounds in microseconds, with the text of the seconds. */
static const struct {
	uint64_t us;
	const char *text;
} bounds[FERRY_METRICS_BUCKETS] = {
	{ 100, "0.0001" },
	{ 250, "0.00025" },
	{ 500, "0.0005" },
	{ 1000, "0.001" },
	{ 2500, "0.0025" },
	{ 5000, "0.005" },
	{ 10000, "0.01" },
	{ 50000, "0.05" },
	{ 250000, "0.25" },
	{ 1000000, "1" },
	{ 5000000, "5" },
	{ 30000000, "30" },
};

void
ferry_metrics_init(struct ferry_metrics *m, const char *const *formats)
{

	memset(m, 0, sizeof(*m));
	for (size_t i = 0; i < OTHER && formats[i] != NULL; i++)
		m->formats[i] = formats[i];
	m->formats[OTHER] = "other";
}

static void
add(atomic_uint_fast64_t *counter, uint64_t n)
{

	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t
get(const atomic_uint_fast64_t *counter)
{

	return atomic_load_explicit(counter, memory_order_relaxed);
}

void
ferry_metrics_count(struct ferry_metrics *m, const char *format,
    unsigned status, uint64_t bytes, uint64_t duration_us)
{
	size_t row = OTHER, bucket = 0;

	for (size_t i = 0; format != NULL && i < OTHER && m->formats[i] != NULL;
	     i++)
		if (strcmp(m->formats[i], format) == 0)
			row = i;
	if (status >= 100 && status < 600)
		add(&m->requests[row][status / 100 - 1], 1);
	if (status == 304)
		add(&m->not_modified, 1);
	add(&m->bytes[row], bytes);
	while (
	    bucket < FERRY_METRICS_BUCKETS && duration_us > bounds[bucket].us)
		bucket++;
	add(&m->buckets[bucket], 1);
	add(&m->duration_us, duration_us);
}

int
ferry_metrics_add(
    struct ferry_metrics *m, struct ferry_buf *buf, struct ferry_error *err)
{
	uint64_t total = 0;

	if (ferry_buf_adds(buf,
		"# HELP ferry_http_requests_total Answered requests.\n"
		"# TYPE ferry_http_requests_total counter\n",
		err) == -1)
		return -1;
	for (size_t i = 0; i < FERRY_METRICS_FORMATS; i++)
		for (size_t c = 0; m->formats[i] != NULL && c < 5; c++)
			if (get(&m->requests[i][c]) != 0 &&
			    ferry_buf_addf(buf, err,
				"ferry_http_requests_total{format=\"%s\","
				"status=\"%zuxx\"} %" PRIu64 "\n",
				m->formats[i], c + 1,
				get(&m->requests[i][c])) == -1)
				return -1;
	if (ferry_buf_adds(buf,
		"# HELP ferry_http_response_bytes_total Bytes of answers, "
		"without headers.\n"
		"# TYPE ferry_http_response_bytes_total counter\n",
		err) == -1)
		return -1;
	for (size_t i = 0; i < FERRY_METRICS_FORMATS; i++)
		if (m->formats[i] != NULL &&
		    ferry_buf_addf(buf, err,
			"ferry_http_response_bytes_total{format=\"%s\"} "
			"%" PRIu64 "\n",
			m->formats[i], get(&m->bytes[i])) == -1)
			return -1;
	if (ferry_buf_addf(buf, err,
		"# HELP ferry_http_not_modified_total Answers 304.\n"
		"# TYPE ferry_http_not_modified_total counter\n"
		"ferry_http_not_modified_total %" PRIu64 "\n"
		"# HELP ferry_http_aborted_total Answers cut by the client, a "
		"timeout or a stop.\n"
		"# TYPE ferry_http_aborted_total counter\n"
		"ferry_http_aborted_total %" PRIu64 "\n"
		"# HELP ferry_http_request_duration_seconds From the request "
		"line to the last byte given to the system.\n"
		"# TYPE ferry_http_request_duration_seconds histogram\n",
		get(&m->not_modified), get(&m->aborted)) == -1)
		return -1;
	for (size_t i = 0; i <= FERRY_METRICS_BUCKETS; i++) {
		total += get(&m->buckets[i]);
		if (ferry_buf_addf(buf, err,
			"ferry_http_request_duration_seconds_bucket{le=\"%s\"} "
			"%" PRIu64 "\n",
			i == FERRY_METRICS_BUCKETS ? "+Inf" : bounds[i].text,
			total) == -1)
			return -1;
	}
	return ferry_buf_addf(buf, err,
	    "ferry_http_request_duration_seconds_sum %.6f\n"
	    "ferry_http_request_duration_seconds_count %" PRIu64 "\n",
	    (double)get(&m->duration_us) / 1e6, total);
}
