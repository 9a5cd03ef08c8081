#ifndef FERRY_REPLAY_PAGE_H
#define FERRY_REPLAY_PAGE_H

/*
 * What clients are told, on the page at "/": a heading for each, and lines to be
 * copied.  tests/serve/4* copy them and run them.
 */

#include <stdbool.h>

struct ferry_out;

enum ferry_page_part {
	FERRY_PAGE_TOKEN, /* how clients show a token */
	FERRY_PAGE_USE /* how they are told to use this server */
};

/* The server as the reader calls it; texts without escapes, borrowed. */
struct ferry_page {
	struct ferry_out *out;
	enum ferry_page_part part;
	const char *url; /* without a final '/' */
	const char *host; /* the same without "https://" */
	const char *name; /* the host without its port */
	bool plain; /* http */
};

/* Add lines for a client: text, where {url}, {host} and {name} stand for the
 * page's. */
void ferry_page_add(
    const struct ferry_page *page, const char *client, const char *text);

#endif
