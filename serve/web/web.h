#ifndef FERRY_WEB_H
#define FERRY_WEB_H

/*
 * What is not of a format: the page for people at "/", and whether the server
 * is well: /healthz, /readyz.
 */

#include <stdatomic.h>
#include <stdbool.h>

struct ferry_replay;
struct ferry_store_view;
struct ferry_request;
struct ferry_response;
struct ferry_site;

struct ferry_web {
	const struct ferry_replay *const *formats; /* up to a NULL */
	struct ferry_store_view *view;
	const struct ferry_site *site;
	atomic_bool *stopping;
};

/* Whether a request is a monitor's, which may call this server by any name:
 * /healthz and /readyz. */
bool ferry_web_is_probe(const struct ferry_request *rq);

/* Answers whatever no format did; unknown paths with 404. */
void ferry_web_request(const struct ferry_web *web,
    const struct ferry_request *rq, struct ferry_response *res);

#endif
