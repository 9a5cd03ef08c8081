#ifndef FERRY_WEB_H
#define FERRY_WEB_H

/*
 * What is not of a format: the page for people at "/", and what watches over
 * a server asks for: /healthz, /readyz, /metrics.
 */

#include <stdatomic.h>
#include <stdint.h>

struct ferry_library;
struct ferry_metrics;
struct ferry_request;
struct ferry_response;
struct ferry_site;

struct ferry_web {
	struct ferry_library *library;
	struct ferry_metrics *metrics;
	const struct ferry_site *site;
	uint64_t started_ms; /* ferry_ticks_ms() */
	atomic_bool *stopping;
};

/* Answers whatever no format did; unknown paths with 404. */
void ferry_web_request(const struct ferry_web *web,
    const struct ferry_request *rq, struct ferry_response *res);

#endif
