#include "serve/replay/metrics.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "serve/http/metrics.h"
#include "serve/replay/asker.h"
#include "serve/replay/format.h"
#include "serve/replay/health.h"
#include "serve/replay/site.h"
#include "serve/replay/store_view.h"
#include "serve/replay/used.h"
#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/out.h"

#define TEXT "text/plain; charset=utf-8"

static const char *const prefixes[] = { "/metrics/", NULL };

static int
parse(struct ferry_call *call, struct ferry_bytes rest, struct ferry_error *err)
{

	(void)err;
	call->resource.action = FERRY_ACTION_METRICS;
	call->resource.any_method = rest.n > 0;
	return rest.n == 0;
}

static void
refuse(const struct ferry_call *call, unsigned status, const char *text,
    struct ferry_response *res)
{

	(void)call;
	ferry_response_text(res, status, TEXT, "%s\n",
	    text == NULL ? "nothing is here; the page at / says what is"
			 : text);
}

static void
write_store(const struct ferry_call *call, struct ferry_out *out)
{
	struct ferry_store_view *view = call->view;
	struct ferry_cache_stats c;

	ferry_cache_stats(ferry_store_view_cache(view), &c);
	ferry_out_fmt(out,
	    "# HELP ferry_cache_hits_total Answers found ready.\n"
	    "# TYPE ferry_cache_hits_total counter\n"
	    "ferry_cache_hits_total %" PRIu64 "\n"
	    "# HELP ferry_cache_misses_total Answers that were made.\n"
	    "# TYPE ferry_cache_misses_total counter\n"
	    "ferry_cache_misses_total %" PRIu64 "\n"
	    "# HELP ferry_cache_evictions_total Answers dropped for room.\n"
	    "# TYPE ferry_cache_evictions_total counter\n"
	    "ferry_cache_evictions_total %" PRIu64 "\n"
	    "# HELP ferry_cache_entries Answers and files that are kept.\n"
	    "# TYPE ferry_cache_entries gauge\n"
	    "ferry_cache_entries %" PRIu64 "\n"
	    "# HELP ferry_cache_bytes What they take in memory.\n"
	    "# TYPE ferry_cache_bytes gauge\n"
	    "ferry_cache_bytes %" PRIu64 "\n"
	    "# HELP ferry_cache_limit_bytes What they may take.\n"
	    "# TYPE ferry_cache_limit_bytes gauge\n"
	    "ferry_cache_limit_bytes %" PRIu64 "\n"
	    "# HELP ferry_cache_open_files Files that are kept open.\n"
	    "# TYPE ferry_cache_open_files gauge\n"
	    "ferry_cache_open_files %" PRIu64 "\n"
	    "# HELP ferry_cache_spilled_bytes Large documents in files "
	    "without a name.\n"
	    "# TYPE ferry_cache_spilled_bytes gauge\n"
	    "ferry_cache_spilled_bytes %" PRIu64 "\n"
	    "# HELP ferry_cache_live_bytes In memory, cached or handed out.\n"
	    "# TYPE ferry_cache_live_bytes gauge\n"
	    "ferry_cache_live_bytes %" PRIu64 "\n"
	    "# HELP ferry_store_journal_seq The last journal record seen.\n"
	    "# TYPE ferry_store_journal_seq gauge\n"
	    "ferry_store_journal_seq %" PRIu64 "\n"
	    "# HELP ferry_store_followed_seconds Since the store was last "
	    "looked at.\n"
	    "# TYPE ferry_store_followed_seconds gauge\n"
	    "ferry_store_followed_seconds %.3f\n"
	    "# HELP ferry_uptime_seconds Since the start.\n"
	    "# TYPE ferry_uptime_seconds gauge\n"
	    "ferry_uptime_seconds %.3f\n"
	    "# HELP ferry_upstreams_configured Upstreams of the "
	    "configuration: whether a sync is to be expected.\n"
	    "# TYPE ferry_upstreams_configured gauge\n"
	    "ferry_upstreams_configured %u\n"
	    "# HELP ferry_build_info Which version serves.\n"
	    "# TYPE ferry_build_info gauge\n"
	    "ferry_build_info{version=\"%s\"} 1\n",
	    c.hits, c.misses, c.evictions, c.entries, c.bytes, c.limit, c.files,
	    c.spilled, c.live, ferry_store_view_seq(view),
	    (double)ferry_store_view_age_ms(view) / 1e3,
	    (double)(ferry_ticks_ms() - call->site->started_ms) / 1e3,
	    call->site->upstreams, FERRY_VERSION);
}

/* What was asked of the puller, and what came of it. */
static void
write_pulls(const struct ferry_call *call, struct ferry_out *out)
{
	struct ferry_asker_counts c;

	if (call->asker == NULL)
		return;
	ferry_asker_counts(call->asker, &c);
	ferry_out_fmt(out,
	    "# HELP ferry_pull_requests_total Requests that the puller was "
	    "asked for, by what came of it.\n"
	    "# TYPE ferry_pull_requests_total counter\n"
	    "ferry_pull_requests_total{end=\"here\"} %" PRIu64 "\n"
	    "ferry_pull_requests_total{end=\"absent\"} %" PRIu64 "\n"
	    "ferry_pull_requests_total{end=\"refused\"} %" PRIu64 "\n"
	    "ferry_pull_requests_total{end=\"failed\"} %" PRIu64 "\n"
	    "ferry_pull_requests_total{end=\"late\"} %" PRIu64 "\n"
	    "ferry_pull_requests_total{end=\"no_puller\"} %" PRIu64 "\n"
	    "# HELP ferry_pull_waiting Requests that wait for the puller.\n"
	    "# TYPE ferry_pull_waiting gauge\n"
	    "ferry_pull_waiting %" PRIu64 "\n",
	    c.here, c.absent, c.refused, c.failed, c.late, c.nobody, c.waiting);
}

/* What was here and what was not, of each upstream that is pulled through. */
static int
write_used(const struct ferry_call *call, struct ferry_out *out,
    struct ferry_error *err)
{
	static const struct {
		const char *name, *help;
		size_t at;
	} values[] = {
		{ "ferry_pull_hits_total",
		    "Answers that needed no upstream, of upstreams that are "
		    "pulled through.",
		    offsetof(struct ferry_pull_count, hits) },
		{ "ferry_pull_misses_total",
		    "Answers that the puller was asked for.",
		    offsetof(struct ferry_pull_count, misses) },
		{ "ferry_pull_saved_bytes_total",
		    "Bytes of files that did not have to come from upstream.",
		    offsetof(struct ferry_pull_count, saved) },
	};
	struct ferry_pull_count *counts = NULL;
	size_t n;

	if (call->asker == NULL)
		return 0;
	if (ferry_calloc(&counts, FERRY_USED_UPSTREAMS, sizeof(*counts), err) ==
	    -1)
		return -1;
	n = ferry_used_counts(
	    ferry_asker_used(call->asker), counts, FERRY_USED_UPSTREAMS);
	for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
		ferry_out_fmt(out, "# HELP %s %s\n# TYPE %s counter\n",
		    values[k].name, values[k].help, values[k].name);
		for (size_t i = 0; i < n; i++) {
			uint64_t value;

			memcpy(&value, (const char *)&counts[i] + values[k].at,
			    sizeof(value));
			ferry_out_fmt(out,
			    "%s{upstream=\"%s\",format=\"%s\"} %" PRIu64 "\n",
			    values[k].name, counts[i].upstream,
			    counts[i].format, value);
		}
	}
	free(counts);
	return 0;
}

static int
answer(const struct ferry_call *call, const struct ferry_permit *permit,
    struct ferry_response *res, struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	struct ferry_out out;
	int rc = -1;

	(void)permit;
	ferry_out_begin(&out, &buf);
	ferry_metrics_write(call->site->metrics, &out);
	write_store(call, &out);
	write_pulls(call, &out);
	if (write_used(call, &out, err) == 0 &&
	    ferry_health_metrics(
		ferry_store_view_store(call->view), &out, err) == 0 &&
	    ferry_out_end(&out, err) == 0)
		rc = ferry_response_take(
		    res, "text/plain; version=0.0.4", &buf, err);
	ferry_buf_free(&buf);
	return rc;
}

const struct ferry_replay ferry_replay_metrics = {
	.name = "metrics",
	.prefixes = prefixes,
	.parse = parse,
	.answer = answer,
	.refuse = refuse,
};
