#ifndef FERRY_SERVE_REPLAY_HELD_H
#define FERRY_SERVE_REPLAY_HELD_H

/*
 * Which versions of a package can be served: those that the catalog has, that
 * were not removed, and that clients may see although upstream lists them no
 * more.  (One whose bytes are damaged stays listed, so that
 * clients hear of the damage and do not install an older one in silence.)
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/bytes.h"
#include "store/base/digest.h"

struct ferry_error;
struct ferry_store_view;

/* Versions in byte order, each once.  All zero is empty. */
struct ferry_held {
	size_t n, cap;
	struct ferry_held_version {
		char *name;
		int64_t seen_at; /* seconds; at the latest it was out then */
		/* What upstream said of it before it took it away; n == 0 if
		 * it did not (store/catalog/withdrawn.h). */
		struct ferry_digest said;
	} * list;
};
/* Add a version, which comes behind those that are there. */
int ferry_held_add(struct ferry_held *held, const char *version,
    int64_t seen_at, struct ferry_error *err);
/* Add those of a package.  Returns: 0, -1. */
int ferry_held_load(struct ferry_held *held, struct ferry_store_view *view,
    const char *format, const char *package, const char *owner,
    struct ferry_error *err);
/* NULL if it is not among them. */
const struct ferry_held_version *
ferry_held_find(const struct ferry_held *held, struct ferry_bytes version);
void ferry_held_free(struct ferry_held *held); /* not held itself */

/* Whether there is any: 1, 0, -1. */
int ferry_held_any(struct ferry_store_view *view, const char *format,
    const char *package, const char *owner, struct ferry_error *err);

/* The record of one version.  Returns: 1 and *out (the caller decrefs); 0 if
 * it cannot be served; -1. */
int ferry_held_record(struct ferry_store_view *view, const char *format,
    const char *package, const char *owner, const char *version, json_t **out,
    struct ferry_error *err);

#endif
