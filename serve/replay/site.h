#ifndef FERRY_SERVE_REPLAY_SITE_H
#define FERRY_SERVE_REPLAY_SITE_H

/* What the configuration says of the server; may change at a reload. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FERRY_SITE_HOSTS 32

struct ferry_lines;
struct ferry_metrics;
struct ferry_wished;

struct ferry_site {
	const char *public_url; /* without a final '/'; NULL: the request's */
	bool subdomains; /* npm.HOST is what HOST/npm/ is */
	/* The names that count, besides public_url's; none: any.  Without a
	 * port: with any. */
	const char *hosts[FERRY_SITE_HOSTS];
	size_t hosts_n;
	unsigned upstreams; /* of the configuration */
	uint64_t pull_wait_s; /* for the puller */
	bool pull_background; /* what is old is served while it is asked for */
	unsigned bad_credentials; /* a minute of one address; 0: any */
	struct ferry_lines *audit; /* where decisions are written, or NULL */
	struct ferry_lines *asked; /* where wants are written, or NULL */
	struct ferry_wished *wished; /* those in vain; NULL where asked is */
	struct ferry_metrics *metrics;
	uint64_t started_ms; /* ferry_ticks_ms() */
};

#endif
