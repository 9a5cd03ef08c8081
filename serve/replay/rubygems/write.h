#ifndef FERRY_SERVE_REPLAY_RUBYGEMS_WRITE_H
#define FERRY_SERVE_REPLAY_RUBYGEMS_WRITE_H

/*
 * The texts of lists over all gems.
 *
 * Source: store/format/rubygems/PROTOCOL.md, sections 2 and 5.
 */

#include <stdbool.h>

#include "serve/replay/rubygems/index.h"
#include "serve/replay/rubygems/path.h"

struct ferry_buf;

/* Which gems: those that on_gem lets in. */
struct ferry_gem_selection {
	const struct ferry_gem_state *state;
	bool (*on_gem)(const void *ctx, const struct ferry_gem_entry *entry);
	const void *ctx;
};

/* Whether a gem belongs to base: "" has those without an owner; OWNER has
 * OWNER/… and what the upstream of that name has. */
bool ferry_gem_in_base(const struct ferry_gem_entry *entry, const char *base);

/* Append the list of a kind; Marshal indexes are not packed. */
int ferry_gem_write_list(struct ferry_buf *out, enum ferry_gem_kind kind,
    const struct ferry_gem_selection *in, struct ferry_error *err);
/* Append a line of /versions. */
int ferry_gem_write_versions(struct ferry_buf *out,
    const struct ferry_gem_entry *entry, struct ferry_error *err);

#endif
