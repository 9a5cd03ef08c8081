#ifndef FERRY_SERVE_REPLAY_NPM_QUERY_H
#define FERRY_SERVE_REPLAY_NPM_QUERY_H

/*
 * Searching npm packages by words in name, description and keywords.
 *
 * Source: npm registry documentation, "GET /-/v1/search".
 */

struct ferry_buf;
struct ferry_error;
struct ferry_permit;
struct ferry_request;
struct ferry_search;

/* Append the answer to rq's query, of what the holder of permit may see.
 * Returns: 0, -1. */
int ferry_npm_query(struct ferry_search *search, const struct ferry_request *rq,
    const struct ferry_permit *permit, struct ferry_buf *out,
    struct ferry_error *err);

#endif
