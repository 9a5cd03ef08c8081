#ifndef FERRY_SYNC_UPSTREAM_PACKAGE_FORMAT_H
#define FERRY_SYNC_UPSTREAM_PACKAGE_FORMAT_H

/*
 * What a format brings to the engine for packages whose documents list
 * versions (README.md has the flow): a table of functions, and what these may
 * call.  All run in the run's thread; strings and views that they get live for
 * the call.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/base/bytes.h"
#include "store/base/digest.h"

struct ferry_conf_group;
struct ferry_error;
struct ferry_lock_wanted;
struct ferry_needs;
struct ferry_packages;
struct ferry_want_about;

/* A version that a document lists. */
struct ferry_listed {
	char *version; /* owned by the document; as in the catalog's keys */
	size_t number_n; /* bytes of it that are the number; the rest, as in
	                  * "1.2.0-x86_64-linux", is a platform */
	struct ferry_bytes object; /* what the text says of it */
	bool last_choice; /* deprecated, unlisted: if nothing else fits */
};

/* What a package's document says; it may come in parts. */
struct ferry_document {
	struct ferry_bytes root; /* of the first part, for the format */
	struct ferry_listed *listed;
	size_t n, cap;
	struct ferry_document_part {
		char *name, *url;
		bool named; /* FERRY_PART_BY_CONTENT */
	} * parts; /* besides the first */
	size_t parts_n, parts_cap;
};
#define FERRY_DOCUMENT_VERSIONS_MAX 200000
#define FERRY_DOCUMENT_PARTS_MAX 4096

/* For read(): add a version, whose first number_n bytes are its number.
 * Copies version; object is a view of the text.  Errors: FERRY_ELIMIT. */
int ferry_document_add(struct ferry_document *document,
    struct ferry_bytes version, size_t number_n, struct ferry_bytes object,
    struct ferry_error *err);
/* For read(): the document goes on at url, which may be relative to its own;
 * name is for the record.  One that changes with the content need not be asked
 * for where a part of that name is here.  A part that is known already is not
 * added.  Errors: FERRY_ELIMIT. */
enum ferry_part_name { FERRY_PART_BY_PLACE, FERRY_PART_BY_CONTENT };
int ferry_document_more(struct ferry_document *document, const char *name,
    enum ferry_part_name kind, const char *url, struct ferry_error *err);
/* Leave of every version that is listed several times the last one, as readers
 * of JSON do.  For the engine, before anything is chosen. */
int
ferry_document_unique(struct ferry_document *document, struct ferry_error *err);
/* The version listed under that name, or NULL. */
const struct ferry_listed *
ferry_document_find(const struct ferry_document *document, const char *version);
struct ferry_bytes ferry_listed_number(const struct ferry_listed *listed);
void ferry_document_free(struct ferry_document *document);

/* A small text that was asked for beside the files of a version. */
struct ferry_aside {
	const char *name;
	struct ferry_bytes text;
};

/* A version, for the functions of a format. */
struct ferry_version_at {
	struct ferry_packages *packages;
	const char *name; /* of the package */
	const char *version;
	const struct ferry_listed *listed; /* NULL: its document is gone */
	/* Its "files" are here; NULL: none is.  For files() of a format that
	 * grows, what the catalog has of it, whose files it tells again: what it
	 * does not tell is not in the record that follows. */
	const json_t *record;
	const json_t *before; /* what the catalog has of it, or NULL */
	/* What is wanted of it besides the usual: the format's words, with
	 * blanks between; or NULL. */
	const char *files;
	/* For more_files() and describe(): of one that upstream lacks the text
	 * is empty. */
	const struct ferry_aside *asides;
	size_t asides_n;
	/* What its document said of it: for describe(), when listed is gone. */
	struct ferry_bytes object;
};

/* One file of a version. */
struct ferry_wanted_file {
	const char *name; /* in the record */
	const char *url; /* absolute */
	const char
	    *path; /* upstream's, where it is not the usual one; or NULL */
	/* One of the strongest algorithm must match (pull.h). */
	const struct ferry_digest *digests;
	size_t n; /* at most FERRY_FILE_DIGESTS_MAX */
	bool optional; /* if upstream does not have it, that is no failure */
	/* describe() looks whether it goes with what has a digest: it needs
	 * none. */
	bool judged;
	bool insist; /* and optional: asked for whenever it is not here */
	/* Not a file, but an aside for more_files() and describe(); optional,
	 * and with insist also asked for where all files are here. */
	bool aside;
	bool page; /* and aside: up to 1 MB, and none if it is refused */
};
#define FERRY_FILE_DIGESTS_MAX 6
#define FERRY_ASIDE_MAX (64U << 10) /* bytes of one */
#define FERRY_PAGE_MAX (1U << 20)
typedef int ferry_on_file(
    void *ctx, const struct ferry_wanted_file *file, struct ferry_error *err);

/* A version came out at that time, in seconds since the epoch. */
typedef int ferry_on_time(
    void *ctx, struct ferry_bytes version, int64_t at, struct ferry_error *err);

/*
 * What an index of the whole registry says of a package's document.
 * FERRY_KNOWN_LATER: the index is under way; ask once more.
 */
enum ferry_known_what {
	FERRY_KNOWN_NOTHING, /* the document must be asked for */
	FERRY_KNOWN_LATER,
	FERRY_KNOWN_DIGEST, /* of the document's bytes, as they are now */
	FERRY_KNOWN_TEXT, /* the document, made of what the index says */
	FERRY_KNOWN_ABSENT
};
struct ferry_known {
	enum ferry_known_what what;
	struct ferry_digest digest;
	struct ferry_buf text; /* freed by the caller */
};

enum ferry_need { FERRY_NEEDED, FERRY_NEEDED_IF_THERE };
enum ferry_prereleases {
	FERRY_PRERELEASES_AS_NAMED, /* those that clients would take */
	FERRY_PRERELEASES_ALL
};

/* Members that may be NULL say what that means. */
struct ferry_package_format {
	const char *format; /* as in store/format: "npm" */
	const char *document; /* its name in the record: "packument" */
	const char *media_type, *accept; /* of it */
	const char *file; /* what people call a file of a version: "tarball" */
	const char *default_spec; /* of a package without one: "latest" */
	const char *any; /* the range of all versions: "*" */
	/* The option `withdrawn` where nobody says: "keep", "hide". */
	const char *withdrawn;
	uint64_t document_max, file_max; /* bytes; all parts together */
	/* Documents need not list a version, nor be there: what exact() says
	 * is one, or a lock file names, is one if its files are there.  One is
	 * withdrawn that was listed and is no more. */
	bool unlisted;
	/* Files of a version are wanted one by one: its record grows. */
	bool grows;
	const char
	    *usual; /* words for `files` of a want that has none; or NULL */
	unsigned digests; /* FERRY_ALG()s to record beside SHA-256 */
	/* Record since when upstream has had a file, as it says: where its
	 * documents may not tell when a version came out. */
	bool dated;
	const char *plan_size; /* what size() is: "size", or "unpacked" */
	bool asks_size; /* a dry run asks for that of the first file */

	/* Read the format's own options of the upstream's group.  NULL: none. */
	int (*configure)(struct ferry_packages *packages,
	    struct ferry_conf_group *group, struct ferry_error *err);
	/*
	 * Before any document: keys, a service index.  It ends with
	 * ferry_packages_ready(), at once or from a callback, or
	 * ferry_packages_break().  NULL: ready.
	 */
	int (*open)(struct ferry_packages *packages, struct ferry_error *err);
	void (*close)(struct ferry_packages *packages); /* NULL: nothing */

	/* Cut an element of `packages` into a name, to be freed, and what is
	 * asked of it, a view, or NULL.  Whether the name is valid is for the
	 * caller to ask. */
	int (*split)(const char *text, char **name, const char **spec,
	    struct ferry_error *err);

	/* Whether spec is one version.  NULL: documents tell. */
	bool (*exact)(const char *spec);
	/* Cut what is asked of an element of `packages` in *n bytes that choose
	 * versions and words for `files` of struct ferry_version_at, to be
	 * freed, or NULL.  NULL: there are no words. */
	int (*cut)(
	    const char *spec, size_t *n, char **files, struct ferry_error *err);

	/* Of formats whose versions grow: append the words that want the file
	 * called so, if upstream has it; if no file of the version can be
	 * called that, such as want no more than there always is. */
	int (*words)(const char *name, const char *version, const char *file,
	    struct ferry_buf *out, struct ferry_error *err);

	/* What is known of a document before it is asked for.  Errors are of
	 * this package only.  NULL: nothing. */
	int (*known)(struct ferry_packages *packages, const char *name,
	    struct ferry_known *out, struct ferry_error *err);
	int (*document_url)(const struct ferry_packages *packages,
	    const char *name, struct ferry_buf *url, struct ferry_error *err);
	/* A delegator's list says this of a package.  NULL: its name is all
	 * that is needed. */
	int (*about)(struct ferry_packages *packages, const char *name,
	    const struct ferry_want_about *about, struct ferry_error *err);
	/* There is no document at document_url(): 1 that tells another place
	 * from now on, 0 there is none.  NULL: there never is. */
	int (*elsewhere)(struct ferry_packages *packages, const char *name);
	/* Add to a package's record what is to be kept beside its document.
	 * NULL: nothing. */
	int (*record)(const struct ferry_packages *packages, const char *name,
	    json_t *record, struct ferry_error *err);
	/*
	 * Read a part of the document of the package called name; part is NULL
	 * for the first.  text outlives document.
	 * Errors: FERRY_EFORMAT, also if it is another package's; FERRY_ELIMIT.
	 */
	int (*read)(struct ferry_document *document, const char *part,
	    struct ferry_bytes text, const char *name, struct ferry_error *err);

	/* All of a package's document is here, before anything is chosen of it;
	 * told again when it is read again.  closure: somebody wants what its
	 * versions need.  kept: versions are here that upstream lists no more.
	 * NULL: nobody asks. */
	int (*listed)(struct ferry_packages *packages, const char *name,
	    const struct ferry_document *document, bool closure, bool kept,
	    struct ferry_error *err);
	/*
	 * Append a document that lists of document's versions listed alone, for
	 * clients when upstream lists it no more.  NULL: records say all that
	 * clients are told.
	 */
	int (*keep)(struct ferry_buf *out,
	    const struct ferry_document *document,
	    const struct ferry_listed *listed, struct ferry_error *err);

	/* A range.  Errors: FERRY_EFORMAT (it is none), FERRY_ENOMEM. */
	int (*range_new)(
	    void **out, struct ferry_bytes spec, struct ferry_error *err);
	bool (*range_has)(const void *range, struct ferry_bytes number,
	    enum ferry_prereleases prereleases);
	void (*range_free)(void *range);
	/* The version that a client would install for spec, as an index; n if
	 * there is none.  NULL: the highest of the range. */
	int (*pick)(const struct ferry_document *document, const char *spec,
	    size_t *out, struct ferry_error *err);
	/* Whether the configuration wants the version's platform.  NULL: all. */
	bool (*platform_ok)(const struct ferry_packages *packages,
	    const struct ferry_listed *listed, enum ferry_need need);
	/* Whether clients here could use the version, which range, made by
	 * range_new(), has: it is not chosen else, unless a lock file names it.
	 * NULL: they can. */
	bool (*fits)(const struct ferry_packages *packages,
	    const struct ferry_listed *listed, const void *range);
	/* Whether its platform is one of those of a lock file, or fits one.
	 * NULL: lock files have none. */
	bool (*platform_among)(
	    const struct ferry_listed *listed, const char *platforms);
	/* How much it would be, in bytes; 0: not known.  NULL: never known. */
	uint64_t (*size)(const struct ferry_listed *listed);

	/* Tell on_file of the files of a version, the main one first. */
	int (*files)(const struct ferry_version_at *at, ferry_on_file *on_file,
	    void *ctx, struct ferry_error *err);
	/* The same of further ones, when those are here; called until it tells
	 * of nothing new.  NULL: there are none. */
	int (*more_files)(const struct ferry_version_at *at,
	    ferry_on_file *on_file, void *ctx, struct ferry_error *err);
	/*
	 * The files of a version are here: judge them, and add to its record
	 * what is to be kept beside them.  Of a version that was here before,
	 * whose record has all of that, what its document now says otherwise.
	 * Returns: whether record was changed, or -1, which is of this version
	 * only.  NULL: there is nothing.
	 */
	int (*describe)(const struct ferry_version_at *at, json_t *record,
	    struct ferry_error *err);
	/*
	 * Whether a version, which record is of, agrees with what a lock file
	 * says of it, where that is not a digest of its first file.
	 * Returns: 0, or -1 (FERRY_EDIGEST: it does not).  NULL: it always is
	 * one.
	 */
	int (*agrees)(const struct ferry_version_at *at, const char *integrity,
	    struct ferry_error *err);
	/* What a version needs, as its document says.  NULL: nothing. */
	int (*needs)(struct ferry_needs *needs,
	    const struct ferry_version_at *at, struct ferry_error *err);
	/* Tell when versions came out: "published" of many registries, in
	 * seconds since the epoch; what it says nothing of is left out.  NULL:
	 * documents do not tell. */
	int (*times)(const struct ferry_document *document,
	    ferry_on_time *on_time, void *ctx, struct ferry_error *err);
	/* Whether its files say what it needs, too.  NULL: as needs_inside. */
	bool (*has_inside)(const struct ferry_listed *listed);
	/* The same of its files, when they are here.  Errors are of this
	 * version only.  NULL: they say nothing. */
	int (*needs_inside)(struct ferry_needs *needs,
	    const struct ferry_version_at *at, struct ferry_error *err);
	/* Instead of needs(), for a format that follows by itself what needs
	 * what: a version is here (closure: and what it needs is wanted), or
	 * cannot be had; 1: somebody else sees to it, and it is no failure here.
	 * -1: of the store, memory.  NULL: nobody asks. */
	int (*arrived)(const struct ferry_version_at *at, bool closure,
	    struct ferry_error *err);
	int (*lost)(struct ferry_packages *packages, const char *name,
	    const char *version, const struct ferry_error *why,
	    struct ferry_error *err);
	/* No transfer is left: 1 there will be more, 0, -1.  NULL: 0. */
	int (*after)(struct ferry_packages *packages, struct ferry_error *err);
	/*
	 * Append the licence that a version states, an SPDX expression or what
	 * stands instead: 1 (nothing appended: it states none); 0, it is not
	 * known before its files are here (record NULL); -1.  Asked again when
	 * the record was described.  NULL: licences are not told.
	 */
	int (*licence)(const struct ferry_version_at *at, struct ferry_buf *out,
	    struct ferry_error *err);
	/* It is never known before. */
	bool licence_inside;
	/*
	 * Whether upstream's signature of a version holds: 1; 0, *word saying
	 * why not ("no-key": it could once more keys are known); -1
	 * (FERRY_ESIGNATURE: it is wrong, or there must be one).
	 * NULL: there are no signatures.
	 */
	int (*verify)(const struct ferry_version_at *at,
	    const struct ferry_document *document, const char **word,
	    struct ferry_error *err);
};

/* Want what the configuration wants: everything that open() is for is here. */
int
ferry_packages_ready(struct ferry_packages *packages, struct ferry_error *err);
/* It cannot be had, which was told: whatever is wanted in this run fails. */
void ferry_packages_break(
    struct ferry_packages *packages, const struct ferry_error *why);

/* For licence(): what a member of a document says, a text, {"type":TEXT}, or a
 * list of these, which are a choice.  NULL: nothing. */
int ferry_licence_add(
    struct ferry_buf *out, const json_t *licence, struct ferry_error *err);

/* For needs() and needs_inside(): another package, in a range or by a tag. */
int ferry_needs_add(struct ferry_needs *needs, const char *name,
    const char *spec, enum ferry_need need, struct ferry_error *err);
/* The same, if the package is wanted by somebody else, before or after: clients
 * want it only where it is, and take no other version then. */
int ferry_needs_beside(struct ferry_needs *needs, const char *name,
    const char *spec, struct ferry_error *err);
/* One version, as a lock file inside says. */
int ferry_needs_locked(struct ferry_needs *needs,
    const struct ferry_lock_wanted *entry, struct ferry_error *err);
/* Something that no registry has, for the summary.  item NULL: the version. */
void
ferry_needs_skip(struct ferry_needs *needs, const char *item, const char *why);

#endif
