#ifndef FERRY_SYNC_UPSTREAM_RUBYGEMS_KNOWN_H
#define FERRY_SYNC_UPSTREAM_RUBYGEMS_KNOWN_H

/*
 * What the documents of a run say of gems, as far as it matters for which
 * versions go together: numbers, platforms, needs.  Copies, without the rest
 * of the lines.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/bytes.h"
#include "sync/upstream/table.h"

struct ferry_error;
struct ferry_gem_dependency;

/* All gems together; what is more is not kept. */
#define GEM_KNOWN_MAX (32U << 20)
/* Bytes that may be looked through for what needs what: a few seconds, where one
 * who resolves hundreds of gems looks through some dozen megabytes. */
#define GEM_LOOKED_MAX (1ULL << 30)

/* "1.2.0-java", with what it needs. */
struct gem_variant {
	char *version;
	size_t number_n; /* bytes of version that are its number */
	struct ferry_bytes needs; /* as in a line, behind version */
	char *inside; /* the same, where its files say it; or NULL */
	bool told; /* what it needs is known */
	bool lost; /* it cannot be had */
	uint32_t number; /* which it is, once the gem is sorted */
};
/* What a requirement allows, a bit for each number. */
struct gem_allowed {
	struct ferry_table_entry entry; /* key: the requirement */
	uint64_t *set; /* NULL: it is no requirement */
	bool empty;
};
/* Which of its variants need something. */
struct gem_needing {
	struct ferry_table_entry entry; /* key: "NAME:REQUIREMENT" */
	uint64_t *variants; /* a bit for each */
	uint64_t search; /* of who resolves: the last that has a clause of it */
};
/* Which variant of each number clients of a platform take. */
struct gem_served {
	const char *platform; /* borrowed */
	uint32_t *variant; /* by number; UINT32_MAX: none */
};
/*
 * Invariant: once sorted, variants lie in the order of numbers, newest first,
 * pre-releases last unless they are wanted as such; no variant comes or goes.
 */
struct gem_known {
	struct ferry_table_entry entry; /* key: its name */
	bool listed; /* its document was read */
	bool absent; /* upstream has none */
	bool kept; /* versions are here that it does not list */
	bool asked; /* for its document, by who resolves */
	bool sorted;
	bool told, lost; /* a variant was, since needing, or served, was made */
	struct gem_variant *variants;
	size_t variants_n, variants_cap;
	size_t bytes; /* of what they need */
	uint32_t numbers; /* how many */
	uint32_t *first; /* of each number its first variant; and the end */
	struct ferry_table allowed;
	struct ferry_table needing; /* while nothing else is told */
	struct gem_served *served; /* while nothing else is lost */
	size_t served_n, served_cap;
	/* Of who resolves: its variable, in the search called that. */
	uint32_t variable;
	uint64_t search;
};
struct gem_knowledge {
	struct ferry_table gems;
	size_t size; /* bytes, roughly */
	uint64_t looked; /* bytes that were looked through */
	bool full; /* of either: what is known is of no use any more */
	bool changed; /* since that was last set to false */
};

/* The gem called name, which is made where it is not known; NULL with err
 * set. */
struct gem_known *ferry_gem_known(
    struct gem_knowledge *knowledge, const char *name, struct ferry_error *err);
/* A version of it, with what its line says behind it.  told: that says what it
 * needs. */
int ferry_gem_known_add(struct gem_knowledge *knowledge, struct gem_known *gem,
    const char *version, size_t number_n, struct ferry_bytes rest, bool told,
    struct ferry_error *err);
/* What the files of a version say that it needs. */
int ferry_gem_known_tell(struct gem_knowledge *knowledge, const char *name,
    const char *version, const char *line, struct ferry_error *err);
/* A version, or (NULL) the gem cannot be had. */
int ferry_gem_known_lose(struct gem_knowledge *knowledge, const char *name,
    const char *version, struct ferry_error *err);

/* Put its versions in order.  prereleases: also those among the newest. */
int ferry_gem_known_sort(
    struct gem_known *gem, bool prereleases, struct ferry_error *err);
/* What a requirement allows of its numbers; it is sorted.  NULL with err set. */
const struct gem_allowed *
ferry_gem_known_allowed(struct gem_knowledge *knowledge, struct gem_known *gem,
    const char *requirement, struct ferry_error *err);
/* Find the variants that clients of a platform take, once for all its numbers;
 * platform stays.  Told anew, what was lost meanwhile is left out. */
int ferry_gem_known_serve(
    struct gem_known *gem, const char *platform, struct ferry_error *err);
/* The variant of a number that clients of a platform, for which that was done,
 * take; NULL: none. */
const struct gem_variant *ferry_gem_known_variant(
    const struct gem_known *gem, uint32_t number, const char *platform);
/* Its variants that need something, as a line has it; NULL with err set. */
struct gem_needing *ferry_gem_known_needing(struct gem_knowledge *knowledge,
    struct gem_known *gem, const struct ferry_gem_dependency *need,
    struct ferry_error *err);

/* What is inside. */
void ferry_gem_knowledge_free(struct gem_knowledge *knowledge);

#endif
