#ifndef FERRY_STORE_H
#define FERRY_STORE_H

/*
 * A store: one folder with everything ferry keeps.
 *
 *	STORE/ferry.json	format, version and identity of the store
 *	STORE/lock		held (flock) by the one writer
 *	STORE/turn		held by whoever waits for a writer that gives way
 *	STORE/index/		RocksDB: catalog, journal, small blobs
 *	STORE/blobs/ab/cdef…	large blobs by SHA-256
 *	STORE/tmp/		what is being written; emptied by the next writer
 *	STORE/keys/		the store's own signing key
 *	STORE/backup.json	of a backup that nobody wrote to (backup/backup.h)
 *	STORE/reserve		room that freeing needs on a full disk (index/reserve.h)
 *
 * One writer, any number of readers, on one machine.  A writer's handle
 * belongs to one thread.  A reader's handle may be read by many threads.
 */

#include <stdbool.h>
#include <stdint.h>

struct ferry_error;
struct ferry_store;

#define FERRY_STORE_VERSION 1
#define FERRY_STORE_ID 33 /* 32 hexadecimal digits and NUL */

enum ferry_store_mode {
	FERRY_STORE_WRITE,
	FERRY_STORE_FREE, /* write to free room: works on a full disk */
	FERRY_STORE_READ,
	/* A writer that gives way: who opens with FERRY_STORE_WRITE waits for it
	 * (at most FERRY_STORE_TURN_S), and it looks at ferry_store_wanted(). */
	FERRY_STORE_WRITE_BETWEEN
};
#define FERRY_STORE_TURN_S 120

/*
 * Make an empty store in folder path, which must be absent or empty (or have
 * what is left of doing so), for the
 * site called name (shown to people; 1 to 64 of A-Z a-z 0-9 . _ -).
 * Errors: FERRY_EEXIST, FERRY_EUSAGE (bad name), FERRY_ESYSTEM.
 */
int
ferry_store_create(const char *path, const char *name, struct ferry_error *err);

/*
 * Open.  A reader sees the state at opening until ferry_store_catch_up().
 * Errors: FERRY_ESTORE (not a store), FERRY_ENEWER, FERRY_ELOCKED (naming the
 *     process that writes), FERRY_EINDEX, FERRY_ESYSTEM (sys is ENOSPC where
 *     the disk is full, as it is of a commit and of writing a blob).
 */
int ferry_store_open(struct ferry_store **out, const char *path,
    enum ferry_store_mode mode, struct ferry_error *err);
/* Drops what was not committed. */
void ferry_store_close(struct ferry_store *st);

/* What it is; strings are borrowed until it is closed. */
const char *ferry_store_path(const struct ferry_store *st);
const char *ferry_store_id(const struct ferry_store *st);
const char *ferry_store_name(const struct ferry_store *st);
bool ferry_store_writable(const struct ferry_store *st);
/* Whether another writer waits for this one, which gives way. */
bool ferry_store_wanted(const struct ferry_store *st);
/* A descriptor of STORE/keys, borrowed, for the keys of store/bundle. */
int ferry_store_keysfd(const struct ferry_store *st);

/* Reader: see what was committed since, or some of it where all would cost much
 * now (store/index/kv.h).  Safe beside reads of threads. */
int ferry_store_catch_up(struct ferry_store *st, struct ferry_error *err);
/* Reader: see all that was committed before. */
int ferry_store_catch_up_now(struct ferry_store *st, struct ferry_error *err);

/*
 * Writer: make durable, in this order, the blobs finished since the last
 * commit and then, atomically, every change of catalog and local state.
 * After a failure the handle only reports errors: close it.
 */
int ferry_store_commit(struct ferry_store *st, struct ferry_error *err);
/*
 * The same, so that readers see it, and durable with the next commit, which is
 * to follow soon (also if nothing is pending then), or when the store is closed.
 * A crash of the process loses nothing; one of the machine may take back what
 * was committed since the last time, from some change on.  What must be so that
 * nothing can take it back (a bundle, a receipt) only is after a commit.  With
 * large blobs it is a commit.
 */
int ferry_store_commit_soon(struct ferry_store *st, struct ferry_error *err);
/* Writer: give the space of removed small blobs back to the disk now.  Errors:
 * FERRY_ESYSTEM (no room to do so; what was committed stays): close it then. */
int ferry_store_compact(struct ferry_store *st, struct ferry_error *err);
/* Changes waiting for the commit. */
uint64_t ferry_store_pending(const struct ferry_store *st);
/*
 * Whether a commit is due to keep memory bounded (small blobs wait in it).
 * Who writes much asks after every record or blob.
 */
bool ferry_store_commit_due(const struct ferry_store *st);

/*
 * RocksDB is C++, and throws where memory or threads run out, which would abort
 * the process, as do assertions of it where a disk gives errors.  From now on it
 * says so, and ends with status 7, as a kill would: what was committed stays.  For
 * main().
 */
void ferry_store_catch_fatal(void);

/* Totals, kept with every commit. */
struct ferry_store_totals {
	uint64_t packages;
	uint64_t versions; /* that can be served */
	uint64_t removed; /* versions under a tombstone */
	uint64_t logical_bytes; /* files of all records, each time named */
	uint64_t blobs;
	uint64_t stored_bytes; /* blobs, each once, before compression */
	uint64_t records; /* the journal's last number */
};
int ferry_store_totals(struct ferry_store *st, struct ferry_store_totals *out,
    struct ferry_error *err);

#endif
