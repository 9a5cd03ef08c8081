#include "serve/http/metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/bytes.h"
#include "store/base/error.h"
#include "store/base/out.h"

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

int
ferry_metrics_add_row(
    struct ferry_metrics *m, const char *format, struct ferry_error *err)
{

	if (ferry_array_grow(
		&m->rows, &m->cap, m->n + 1, sizeof(*m->rows), err) == -1)
		return -1;
	memset(&m->rows[m->n], 0, sizeof(*m->rows));
	m->rows[m->n++].format = format;
	return 0;
}

void
ferry_metrics_free(struct ferry_metrics *m)
{

	free(m->rows);
	m->rows = NULL;
	m->n = m->cap = 0;
}

static void
count(atomic_uint_fast64_t *counter, uint64_t n)
{

	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t
value_of(const atomic_uint_fast64_t *counter)
{

	return atomic_load_explicit(counter, memory_order_relaxed);
}

void
ferry_metrics_count(struct ferry_metrics *m, const char *format,
    unsigned status, uint64_t bytes, uint64_t duration_us)
{
	struct ferry_metrics_row *row = &m->other;
	size_t bucket = 0;

	for (size_t i = 0; format != NULL && i < m->n; i++)
		if (strcmp(m->rows[i].format, format) == 0)
			row = &m->rows[i];
	if (status >= 100 && status < 600)
		count(&row->requests[status / 100 - 1], 1);
	if (status == 304)
		count(&m->not_modified, 1);
	count(&row->bytes, bytes);
	while (
	    bucket < FERRY_METRICS_BUCKETS && duration_us > bounds[bucket].us)
		bucket++;
	count(&m->buckets[bucket], 1);
	count(&m->duration_us, duration_us);
}

static void
write_requests(struct ferry_out *out, const struct ferry_metrics_row *row,
    const char *format)
{

	for (size_t c = 0; c < 5; c++)
		if (value_of(&row->requests[c]) != 0)
			ferry_out_fmt(out,
			    "ferry_http_requests_total{format=\"%s\","
			    "status=\"%zuxx\"} %" PRIu64 "\n",
			    format, c + 1, value_of(&row->requests[c]));
}

static void
write_bytes(struct ferry_out *out, const struct ferry_metrics_row *row,
    const char *format)
{

	ferry_out_fmt(out,
	    "ferry_http_response_bytes_total{format=\"%s\"} %" PRIu64 "\n",
	    format, value_of(&row->bytes));
}

void
ferry_metrics_write(struct ferry_metrics *m, struct ferry_out *out)
{
	uint64_t total = 0;

	ferry_out_str(out,
	    "# HELP ferry_http_requests_total Answered requests.\n"
	    "# TYPE ferry_http_requests_total counter\n");
	for (size_t i = 0; i < m->n; i++)
		write_requests(out, &m->rows[i], m->rows[i].format);
	write_requests(out, &m->other, "other");
	ferry_out_str(out,
	    "# HELP ferry_http_response_bytes_total Bytes of answers, "
	    "without headers.\n"
	    "# TYPE ferry_http_response_bytes_total counter\n");
	for (size_t i = 0; i < m->n; i++)
		write_bytes(out, &m->rows[i], m->rows[i].format);
	write_bytes(out, &m->other, "other");
	ferry_out_fmt(out,
	    "# HELP ferry_http_connections Connections that are open.\n"
	    "# TYPE ferry_http_connections gauge\n"
	    "ferry_http_connections %" PRIu64 "\n"
	    "# HELP ferry_http_connections_refused_total For lack of room.\n"
	    "# TYPE ferry_http_connections_refused_total counter\n"
	    "ferry_http_connections_refused_total %" PRIu64 "\n"
	    "# HELP ferry_http_connections_closed_total Closed for others, or "
	    "because a request did not arrive in time.\n"
	    "# TYPE ferry_http_connections_closed_total counter\n"
	    "ferry_http_connections_closed_total{why=\"room\"} %" PRIu64 "\n"
	    "ferry_http_connections_closed_total{why=\"late\"} %" PRIu64 "\n",
	    value_of(&m->connections), value_of(&m->refused),
	    value_of(&m->made_room), value_of(&m->late));
	ferry_out_fmt(out,
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
	    value_of(&m->not_modified), value_of(&m->aborted));
	for (size_t i = 0; i <= FERRY_METRICS_BUCKETS; i++) {
		total += value_of(&m->buckets[i]);
		ferry_out_fmt(out,
		    "ferry_http_request_duration_seconds_bucket{le=\"%s\"} "
		    "%" PRIu64 "\n",
		    i == FERRY_METRICS_BUCKETS ? "+Inf" : bounds[i].text,
		    total);
	}
	ferry_out_fmt(out,
	    "ferry_http_request_duration_seconds_sum %.6f\n"
	    "ferry_http_request_duration_seconds_count %" PRIu64 "\n",
	    (double)value_of(&m->duration_us) / 1e6, total);
}
