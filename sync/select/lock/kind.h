#ifndef FERRY_SYNC_SELECT_LOCK_KIND_H
#define FERRY_SYNC_SELECT_LOCK_KIND_H

/*
 * The kinds of lock files behind lock.h, one function each, and what they
 * share: a kind finds entries, this judges and hands them on.
 */

#include <stdbool.h>

#include "store/base/bytes.h"
#include "store/format/npm/npm.h"

struct ferry_error;
struct ferry_lock_sink;

/* What reads a file of format that is called name, or NULL.  A byte order mark,
 * which editors put before JSON and YAML, is taken off text. */
typedef int ferry_lock_reader(struct ferry_bytes text,
    const struct ferry_lock_sink *sink, struct ferry_error *err);
ferry_lock_reader *ferry_lock_reader_of(
    const char *format, const char *name, struct ferry_bytes *text);

/* package-lock.json and npm-shrinkwrap.json: npm.c. */
int ferry_lock_npm(struct ferry_bytes text, const struct ferry_lock_sink *sink,
    struct ferry_error *err);
/* Tell sink what the "packages" of one lack: pruned.c. */
int ferry_lock_npm_pruned(struct ferry_bytes packages,
    const struct ferry_lock_sink *sink, struct ferry_error *err);
/* yarn.lock of yarn 1, and of later ones: lock_yarn.c, lock_berry.c. */
int ferry_lock_yarn(struct ferry_bytes text, const struct ferry_lock_sink *sink,
    struct ferry_error *err);
int ferry_lock_berry(struct ferry_bytes text,
    const struct ferry_lock_sink *sink, struct ferry_error *err);
/* pnpm-lock.yaml: lock_pnpm.c. */
int ferry_lock_pnpm(struct ferry_bytes text, const struct ferry_lock_sink *sink,
    struct ferry_error *err);
/* bun.lock, and bun.lockb, which is refused: lock_bun.c. */
int ferry_lock_bun(struct ferry_bytes text, const struct ferry_lock_sink *sink,
    struct ferry_error *err);
int ferry_lock_bunb(struct ferry_bytes text, const struct ferry_lock_sink *sink,
    struct ferry_error *err);

/* Gemfile.lock and gems.locked: bundler.c. */
int ferry_lock_bundler(struct ferry_bytes text,
    const struct ferry_lock_sink *sink, struct ferry_error *err);

/* Gradle's gradle.lockfile, verification-metadata.xml: gradle.c; and
 * libs.versions.toml: catalog.c. */
int ferry_lock_gradle(struct ferry_bytes text,
    const struct ferry_lock_sink *sink, struct ferry_error *err);
int ferry_lock_verification(struct ferry_bytes text,
    const struct ferry_lock_sink *sink, struct ferry_error *err);
int ferry_lock_catalog(struct ferry_bytes text,
    const struct ferry_lock_sink *sink, struct ferry_error *err);

/* packages.lock.json, project.assets.json, dotnet-tools.json, global.json:
 * nuget.c.  packages.config, and projects of MSBuild: msbuild.c. */
int ferry_lock_nuget(struct ferry_bytes text,
    const struct ferry_lock_sink *sink, struct ferry_error *err);
int ferry_lock_nuget_assets(struct ferry_bytes text,
    const struct ferry_lock_sink *sink, struct ferry_error *err);
int ferry_lock_nuget_tools(struct ferry_bytes text,
    const struct ferry_lock_sink *sink, struct ferry_error *err);
int ferry_lock_nuget_global(struct ferry_bytes text,
    const struct ferry_lock_sink *sink, struct ferry_error *err);
int ferry_lock_nuget_config(struct ferry_bytes text,
    const struct ferry_lock_sink *sink, struct ferry_error *err);
int ferry_lock_msbuild(struct ferry_bytes text,
    const struct ferry_lock_sink *sink, struct ferry_error *err);
/* Tell sink of a version, or of a range, of an id as it is written; one that is
 * none is told as such.  integrity is empty or a contentHash. */
enum ferry_lock_nuget_what { FERRY_LOCK_VERSION, FERRY_LOCK_RANGE };
int ferry_lock_nuget_found(const struct ferry_lock_sink *sink,
    enum ferry_lock_nuget_what what, struct ferry_bytes id,
    struct ferry_bytes text, struct ferry_bytes integrity,
    struct ferry_error *err);

/* One entry, in views; what has no bytes is not there. */
struct ferry_lock_entry {
	struct ferry_bytes name;
	struct ferry_bytes version;
	struct ferry_bytes integrity;
	struct ferry_bytes resolved;
	bool optional;
};

/* Where a kind hands its entries on: { .sink = sink }, then _out_free. */
struct ferry_lock_out {
	const struct ferry_lock_sink *sink;
	struct ferry_buf name, version, integrity, resolved; /* private */
};
void ferry_lock_out_free(struct ferry_lock_out *out);

/*
 * An entry of a registry.  A name or version that is none is told instead, and
 * resolved is left out if it is no http(s) URL.
 *
 * Errors: those of the sink, FERRY_ENOMEM, FERRY_EFORMAT (a NUL in a text).
 */
int ferry_lock_found(struct ferry_lock_out *out,
    const struct ferry_lock_entry *entry, struct ferry_error *err);

/*
 * An entry that no registry has.  A user or password in the URL what is not
 * for reports, save the "git" that everyone uses.  Errors: as _found.
 */
int ferry_lock_lost(struct ferry_lock_out *out, struct ferry_bytes name,
    struct ferry_bytes what, const char *why, struct ferry_error *err);

/*
 * What a client takes text for where a version could stand.  What does not read
 * as anything is a _RANGE here; an http(s) URL that ends in ".git", a fragment
 * aside, is _GIT.
 */
enum ferry_npm_spec_kind ferry_lock_spec_kind(struct ferry_bytes text);

/* Whether a path in the project ends as tarballs do; others are folders. */
bool ferry_lock_is_tarball(struct ferry_bytes path);

#endif
