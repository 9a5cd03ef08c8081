#ifndef FERRY_STORE_PULL_MESSAGE_H
#define FERRY_STORE_PULL_MESSAGE_H

/*
 * What ferryd and the puller say to each other (sync/pull/README.md): packets
 * over a Unix socket, a JSON object each.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_PULL_PACKET 8192 /* bytes, at most */
#define FERRY_PULL_UPSTREAMS 8
#define FERRY_PULL_NAME 256 /* of a package, owner or version, with its NUL */
#define FERRY_PULL_TEXT 400
/* How long upstream's "there is no such thing" is believed. */
#define FERRY_PULL_ABSENT_S 30

enum ferry_pull_what {
	/* What may be another by now: the document of a package, or its tag
	 * called version. */
	FERRY_PULL_DOCUMENT,
	/* What stays: all files of a version, or one of them. */
	FERRY_PULL_VERSION
};

/* One thing.  version is "" for the document of a package. */
struct ferry_pull_want {
	enum ferry_pull_what what;
	char format[32];
	char package[FERRY_PULL_NAME];
	char version[FERRY_PULL_NAME];
	/* Of formats whose files are wanted one by one: its name; else "". */
	char file[FERRY_PULL_NAME];
	/* ferryd's own: of a version this file is meant, or if that is "" its
	 * main one, whose growth the puller tells. */
	bool grows;
};

/* From ferryd. */
struct ferry_pull_ask {
	uint64_t id; /* of ferryd's choice */
	struct ferry_pull_want want;
	/* The upstreams that it may come from: those that whoever asks may
	 * read. */
	char upstreams[FERRY_PULL_UPSTREAMS][FERRY_PULL_NAME];
	size_t upstreams_n;
	bool stream; /* what has come of the file is of use, too */
};

enum ferry_pull_word {
	FERRY_PULL_SAID_HERE, /* it is committed */
	FERRY_PULL_SAID_ABSENT, /* upstream has no such thing */
	FERRY_PULL_SAID_REFUSED, /* by a rule or a check: text says which */
	FERRY_PULL_SAID_FAILED, /* upstream, or the store */
	FERRY_PULL_SAID_BUSY, /* too much is wanted already */
	/* No end: size bytes of it have come.  With the first goes the
	 * descriptor of the file that they are in.  0: they were for nothing. */
	FERRY_PULL_SAID_GROWS,
	FERRY_PULL_WORDS
};
/* From the puller. */
struct ferry_pull_said {
	uint64_t id;
	enum ferry_pull_word word;
	uint64_t size;
	uint64_t fresh_s; /* so long is a document not older than max_age */
	char text[FERRY_PULL_TEXT]; /* why not, for people; "" if here */
};

/*
 * From ferryd, and nobody answers: what clients used of upstreams that are
 * pulled through, and how much of what they asked for was here.  Uses and counts
 * are the entries of one packet:
 *
 *	{"uses":[[FORMAT,UPSTREAM,PACKAGE,WHAT]…],
 *	 "counts":[[FORMAT,UPSTREAM,HITS,MISSES,SAVED]…]}
 *
 * WHAT is a version, a tag, or the digest of a blob that a version names.  SAVED
 * are the bytes of files that did not come from upstream again.
 */
struct ferry_pull_use {
	char format[32];
	char upstream[FERRY_PULL_NAME];
	char package[FERRY_PULL_NAME];
	char what[FERRY_PULL_NAME];
};
struct ferry_pull_count {
	char format[32];
	char upstream[FERRY_PULL_NAME];
	uint64_t hits, misses, saved;
};
/* Append a packet of the first uses that it has room for, and of at most
 * FERRY_PULL_COUNTS counts.  Returns: how many uses; -1. */
#define FERRY_PULL_COUNTS 2
int ferry_pull_uses_write(const struct ferry_pull_use *uses, size_t n,
    const struct ferry_pull_count *counts, size_t counts_n,
    struct ferry_buf *out, struct ferry_error *err);
/* Whether a packet is one of these. */
bool ferry_pull_is_uses(struct ferry_bytes packet);
/* Tell of each entry.  Errors: as below, and those of who is told. */
struct ferry_pull_on_uses {
	int (*on_use)(void *ctx, const struct ferry_pull_use *use,
	    struct ferry_error *err);
	int (*on_count)(void *ctx, const struct ferry_pull_count *count,
	    struct ferry_error *err);
	void *ctx;
};
int ferry_pull_uses_read(struct ferry_bytes packet,
    const struct ferry_pull_on_uses *on, struct ferry_error *err);

/* Append a packet.  Errors: FERRY_ENOMEM, FERRY_ELIMIT. */
int ferry_pull_ask_write(const struct ferry_pull_ask *ask,
    struct ferry_buf *out, struct ferry_error *err);
int ferry_pull_said_write(const struct ferry_pull_said *said,
    struct ferry_buf *out, struct ferry_error *err);
/* Read one.  Errors: FERRY_EFORMAT, FERRY_ELIMIT, FERRY_ENOMEM. */
int ferry_pull_ask_read(struct ferry_pull_ask *out, struct ferry_bytes packet,
    struct ferry_error *err);
int ferry_pull_said_read(struct ferry_pull_said *out, struct ferry_bytes packet,
    struct ferry_error *err);

#endif
