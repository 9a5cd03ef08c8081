#ifndef FERRY_SYNC_UPSTREAM_PACKAGE_PACKAGES_H
#define FERRY_SYNC_UPSTREAM_PACKAGE_PACKAGES_H

/*
 * The packages of an upstream and what is wanted of them: what the files of the
 * engine share.  Formats look at the first members only.
 *
 * A package's life: it is found by its first want, which puts it into the
 * queue; the pump (package.c) asks for its document, and when all parts of that
 * are here, what is wanted is chosen.  What is wanted later waits in again
 * until no transfer is left.
 *
 * Invariants:
 *  1. A package is in the queue from its first want until it is asked for;
 *     asked is true from then on.  Another upstream's lock file may want it
 *     before the run has begun here; nothing is asked for until ready.
 *  2. parts[0] is the document; it has a digest if and only if all parts came.
 *  3. parts_pending counts the parts that are under way.
 *  4. waiting is true while the package is in again.
 *  5. A want is done once it was dealt with, whatever came of it.
 *  6. What is in beside is not in packages, or has no wants there.
 */

#include "sync/upstream/package/format.h"
#include "sync/upstream/reason.h"
#include "sync/upstream/record.h"
#include "sync/upstream/table.h"
#include "sync/upstream/withdrawn.h"

struct ferry_packages {
	struct ferry_run *run; /* once it has started */
	struct ferry_upstream *up;
	const struct ferry_package_format *format;
	void *state; /* the format's own */
	bool dependencies; /* of explicit wants; lock files are whole */
	uint64_t needs_max; /* of all that is wanted, together */
	enum ferry_withdrawn withdrawn;
	/* URLs by which lock files may know the registry, besides up->url. */
	const char *sources[8];
	size_t sources_n;

	/* Of the engine: */
	bool ready; /* what open() is for is here */
	struct ferry_error broken; /* it cannot be had, and so no package */
	struct ferry_table packages;
	/* What is wanted of packages that nobody wants yet: struct ferry_package,
	 * of which wants alone count. */
	struct ferry_table beside;
	uint64_t beside_n; /* wants in there */
	struct ferry_package *queue, **queue_end; /* to be asked for */
	uint64_t needs_n; /* wants that came of needs */
	bool needs_told; /* that there are more than needs_max */
	struct ferry_package **again; /* have a document and new wants */
	size_t again_n, again_cap;
};

/* What is wanted of one package, and by whom. */
enum ferry_want_kind {
	FERRY_WANT_PICK, /* what a client would choose for spec */
	FERRY_WANT_EXACT, /* this version (lock files) */
	FERRY_WANT_RANGE, /* every version of a range, or its newest ones */
	FERRY_WANT_DOCUMENT /* no version */
};
struct ferry_package_want {
	enum ferry_want_kind kind;
	const char *spec; /* range, tag or version */
	const char *integrity; /* what a lock file says, or NULL */
	const char *platforms; /* EXACT: spec is a number; all that fit these */
	const char *files; /* as of struct ferry_version_at, or NULL */
	const char *by; /* for messages */
	char **also; /* owned: who else wants the very same */
	size_t also_n, also_cap;
	size_t self; /* which want of its package it is */
	uint64_t latest; /* RANGE: only so many; 0: all */
	enum ferry_prereleases prereleases; /* RANGE */
	bool closure; /* and its dependencies */
	bool direct; /* of the configuration, not what something needs */
	enum ferry_need need;
	bool done;
};

/* A version that was dealt with in this run. */
struct ferry_chosen {
	struct ferry_table_entry entry; /* key: the version */
	bool needed; /* by something that is not optional */
	bool lacking; /* upstream lacks it, which was no failure */
	bool counted; /* in the run's numbers */
	bool active, again; /* it is under way; more of it was wanted since */
	bool closure; /* as of its wants */
	char *files; /* owned: of all its wants */
	bool inside; /* what its files say it needs is wanted, too */
	/* What lock files say of it, for agrees(); strings are owned. */
	struct ferry_chosen_lock {
		char *integrity, *by;
	} * locks;
	size_t locks_n, locks_cap;
	size_t wants[FERRY_REASONS_MAX], wants_n; /* that chose it: the first */
	size_t noted; /* of those who want it, by reasons.c */
	bool settled; /* it is here, or why says why not */
	struct ferry_error why;
};

struct ferry_package_part {
	char *name, *url; /* NULL: the document itself */
	bool named; /* FERRY_PART_BY_CONTENT */
	struct ferry_digest sha256; /* n == 0 before it arrived */
	uint64_t size;
	struct ferry_buf text; /* while others are waited for */
};

struct ferry_package {
	struct ferry_table_entry entry; /* key: its name */
	struct ferry_packages *packages;
	struct ferry_package *queued;
	struct ferry_package_want *wants; /* strings are owned */
	size_t wants_n, wants_cap;
	struct ferry_table chosen;
	struct ferry_document fresh; /* read when it arrived */
	struct ferry_package_part *parts;
	size_t parts_n, parts_cap, parts_pending;
	char *
	    *gone; /* versions that are here and that upstream lists no more */
	size_t gone_n, gone_cap;
	json_t *young; /* versions that are not old enough, and until when */
	bool asked, waiting;
	bool without; /* upstream has no document of it */
	bool kept; /* what is wanted is here and was withdrawn */
	int64_t checked_at; /* when upstream was asked; 0: not yet */
	bool anew; /* it must be asked for, however lately it was */
	bool failed, reported; /* reported: as a failure, not as skipped */
	struct ferry_error why; /* it failed */
};

/* Who asks for what a version needs, while that is read. */
struct ferry_needs {
	struct ferry_packages *packages;
	const char *by; /* "react@18.3.1", for messages */
	enum ferry_need need; /* of the version itself */
	size_t n; /* so far */
};
#define FERRY_NEEDS_MAX 2000 /* of one version */
#define FERRY_NEEDS_USUAL 50000 /* of an upstream */
#define FERRY_NEEDS_MOST 10000000

/* want.c */

/* Want more of the package called name; duplicates are dropped.  Copies. */
int ferry_packages_want(struct ferry_packages *packages, const char *name,
    const struct ferry_package_want *want, struct ferry_error *err);
/* Tell of the wants with their dependencies that nothing needs, in any order.
 * Views; on_root wants nothing. */
typedef int ferry_on_root(void *ctx, const struct ferry_package *package,
    const struct ferry_package_want *want, struct ferry_error *err);
int ferry_packages_each_root(struct ferry_packages *packages,
    ferry_on_root *on_root, void *ctx, struct ferry_error *err);
/* Whether the version was dealt with in this run, whatever came of it. */
bool ferry_packages_chose(const struct ferry_packages *packages,
    const char *name, const char *version);
/* The same of an entry of the lock file called by. */
int ferry_packages_want_locked(struct ferry_packages *packages,
    const struct ferry_lock_wanted *entry, const char *by,
    struct ferry_error *err);
/* All wants of a package fail for one reason. */
void ferry_package_fail(
    struct ferry_package *package, const struct ferry_error *why);
/* A version of it, what a want's spec says, or (NULL) all of it cannot be had.
 * Whether somebody else sees to it. */
bool ferry_package_tell_lost(const struct ferry_package *package,
    const char *version, const struct ferry_error *why);
/* The document is here, and nothing was chosen of it yet. */
bool ferry_package_has_document(const struct ferry_package *package);
/* "npm:NAME", "npm:NAME@VERSION"; version may be NULL. */
#define FERRY_PACKAGE_ITEM 480
void ferry_package_item(char buf[FERRY_PACKAGE_ITEM],
    const struct ferry_packages *packages, const char *name,
    const char *version);
/* Forget what was wanted of a package, and what came of it. */
void ferry_package_reset(struct ferry_package *package);
void ferry_packages_free_all(struct ferry_packages *packages);
/* Deal with the wants that came after a document was dealt with.  Returns: 1
 * there were some, 0, -1. */
int
ferry_packages_again(struct ferry_packages *packages, struct ferry_error *err);

/* lockfile.c: want what the lock file at path has, of this upstream and of
 * others.  Errors: of the file. */
int ferry_packages_want_lockfile(
    struct ferry_packages *packages, const char *path, struct ferry_error *err);

/* reasons.c: note who wants what was chosen so far. */
int
ferry_packages_note(struct ferry_packages *packages, struct ferry_error *err);

/* recorded.c: want what recordings of builds have of this upstream. */
int ferry_packages_want_recorded(
    struct ferry_packages *packages, struct ferry_error *err);

/* conf.c: what the configuration wants, only checked or wanted. */
enum ferry_wants_mode { FERRY_WANTS_CHECK, FERRY_WANTS_ADD };
int ferry_packages_configure_all(
    struct ferry_packages *packages, struct ferry_error *err);
int ferry_packages_read_wants(struct ferry_packages *packages,
    enum ferry_wants_mode mode, struct ferry_error *err);

/* parts.c */

/* Ask for the document, unless an index of the registry says what is in it.
 * Returns: 1; 0 the index is not here yet; -1 of the store or memory. */
int ferry_package_ask(struct ferry_package *package, struct ferry_error *err);
/* It was wanted again after its document had been dealt with.  Returns: 1 there
 * will be more, -1. */
int ferry_package_choose_again(
    struct ferry_package *package, struct ferry_error *err);

/* choose.c: deal with the new wants of a package.  -1: of the store, memory. */
int ferry_package_choose(struct ferry_package *package,
    const struct ferry_document *document, struct ferry_error *err);

/* chosen.c */

/* The version, if it was dealt with in this run, or NULL. */
struct ferry_chosen *
ferry_chosen_find(const struct ferry_package *package, const char *version);
/* What was optional so far is needed; perhaps it is known to be lacking. */
void ferry_chosen_need(const struct ferry_package *package,
    struct ferry_chosen *chosen, const char *item);
/* Note which want chose it. */
void ferry_chosen_by(
    struct ferry_chosen *chosen, const struct ferry_package_want *want);
/* Add what want wants: 1 if that is more than before, 0, -1. */
int ferry_chosen_grow(const struct ferry_package *package,
    struct ferry_chosen *chosen, const struct ferry_package_want *want,
    struct ferry_error *err);

/* version.c: a version was chosen: get its files unless they are here, and want
 * what it needs. */
int ferry_version_choose(struct ferry_package *package,
    const struct ferry_package_want *want,
    const struct ferry_document *document, const struct ferry_listed *listed,
    struct ferry_error *err);

/* Copy a URL that upstream wrote, as clients read it: a scheme in any case, with
 * blanks and umlauts.  What is none stays as it is. */
int
ferry_packages_copy_url(char **out, const char *url, struct ferry_error *err);
/* files.c: a registry behind TLS does not send us out of it; what is at url. */
int ferry_packages_check_url(const struct ferry_packages *packages,
    const char *what, const char *url, struct ferry_error *err);

/* withdrawn.c */

/* Once a run, before the document is recorded: find what is here and document
 * does not list (package->gone), and mark it, and what it lists again. */
int ferry_package_compare(struct ferry_package *package,
    const struct ferry_document *document, struct ferry_error *err);
/* Whether what is wanted is here and was withdrawn: no failure. */
bool ferry_package_kept(
    const struct ferry_package *package, const struct ferry_package_want *want);

/* compare.c */

/* The document that the store has of a package, if it has that digest: 1 and
 * *text (appended), *sha256; 0; -1. */
int ferry_package_document_here(const struct ferry_package *package,
    const struct ferry_digest *digest, struct ferry_buf *text,
    struct ferry_digest *sha256, struct ferry_error *err);

/* pull.c */

/* Take the document that is here, if it was checked lately: a puller may, and a
 * sync to which it can bring nothing (settled.c).
 * Returns: 1 and its parts with their texts, 0, -1. */
int ferry_package_fresh(struct ferry_package *package, struct ferry_error *err);
/* Whether it lists every version that is wanted exactly. */
bool ferry_package_lists_wants(
    const struct ferry_package *package, const struct ferry_document *document);
/* Note that upstream was asked for the document. */
int
ferry_package_checked(struct ferry_package *package, struct ferry_error *err);

/* settled.c */

/* Whether only lock files and recordings want something of a package, each a
 * version of its own. */
bool ferry_package_only_exact(const struct ferry_package *package);
/* That, and all of it is here: 1, 0, -1. */
int ferry_package_settled(
    const struct ferry_package *package, struct ferry_error *err);

/* young.c */

/* Find the versions of document that are younger than min_age says, where what
 * clients ask for is pulled: once a package, before it is recorded. */
int ferry_package_find_young(struct ferry_package *package,
    const struct ferry_document *document, struct ferry_error *err);
/* Whether a puller may not have a version yet that is not here: -1,
 * FERRY_EDENIED. */
int ferry_package_check_age(const struct ferry_package *package,
    const char *version, struct ferry_error *err);
/* Whether the upstream's licences let the version come, as far as that is known:
 * 0, -1 (FERRY_EDENIED).  And whether any is asked for. */
int ferry_package_check_licence(
    const struct ferry_version_at *at, struct ferry_error *err);
bool ferry_package_asks_licence(const struct ferry_upstream *up);

/* record.c */

/* Whose records those of package and its versions are. */
struct ferry_recorded
ferry_package_recorded(const struct ferry_package *package);
/* The document of a package is in the store. */
int
ferry_package_record(struct ferry_package *package, struct ferry_error *err);
/* A new record of a version, without files; NULL with err set. */
json_t *
ferry_version_record_new(const char *signature, struct ferry_error *err);
/* Add a file that came. */
struct ferry_pulled;
int ferry_version_record_file(const struct ferry_packages *packages,
    json_t *record, const struct ferry_wanted_file *file,
    const struct ferry_pulled *pulled, struct ferry_error *err);
int ferry_version_record_put(struct ferry_package *package, const char *version,
    json_t *record, struct ferry_error *err);

#endif
