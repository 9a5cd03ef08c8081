#ifndef FERRY_HTTP_FLOW_H
#define FERRY_HTTP_FLOW_H

/*
 * Content that is still coming: a file that somebody else writes, sent as it
 * grows.  An answer of it has no length; where it does not end well, the
 * connection breaks instead of ending, so that nobody takes a part for the whole.
 *
 * Threads: all functions from any thread.  A connection that waits for more holds
 * no thread.
 */

#include <stdbool.h>
#include <stdint.h>

struct MHD_Response;
struct exchange;
struct ferry_error;
struct ferry_flow;

/* *Takes* fd, of which nothing is there yet. */
int ferry_flow_new(struct ferry_flow **out, int fd, struct ferry_error *err);
struct ferry_flow *ferry_flow_ref(struct ferry_flow *flow);
void ferry_flow_unref(struct ferry_flow *flow); /* NULL is fine */

/* So many bytes are there. */
void ferry_flow_grow(struct ferry_flow *flow, uint64_t size);
/* There will be no more.  What the file has is the whole, or is not. */
enum ferry_flow_end { FERRY_FLOW_WHOLE, FERRY_FLOW_BROKEN };
void ferry_flow_close(struct ferry_flow *flow, enum ferry_flow_end end);

/* For content.c: its response for ex; NULL if there is no memory. */
struct MHD_Response *
ferry_flow_response(struct ferry_flow *flow, struct exchange *ex);
/* ex ends, perhaps before its response is freed: it is not resumed any more. */
void ferry_flow_leave(struct exchange *ex);

#endif
