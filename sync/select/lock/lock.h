#ifndef FERRY_SYNC_SELECT_LOCK_LOCK_H
#define FERRY_SYNC_SELECT_LOCK_LOCK_H

/*
 * Lock files of real projects, read as a list of wanted versions.
 *
 * Read:
 *   - package-lock.json and npm-shrinkwrap.json with lockfileVersion 1, 2
 *     and 3 (and none, as npm 5 and before wrote);
 *   - pnpm-lock.yaml with lockfileVersion 5 to 9 (pnpm 3 to 12);
 *   - yarn.lock of yarn 1, and of yarn 2 to 4 (__metadata version 4 to 10);
 *   - bun.lock with lockfileVersion 0 to 3.  bun.lockb is refused with a word
 *     on how to make a bun.lock of it.
 *   - Gemfile.lock and gems.locked of Bundler 1 to 4.
 *   - Gradle's gradle.lockfile, buildscript- and settings-gradle.lockfile,
 *     *.lockfile, verification-metadata.xml and libs.versions.toml.
 *   - of NuGet packages.lock.json (versions 1 and 2), project.assets.json and
 *     packages.config; and what says what is asked for: projects and props of
 *     MSBuild, dotnet-tools.json, global.json.
 * A further kind is one function and one row in lock.c.
 *
 * Source: store/format/npm/PROTOCOL.md, section 9, and what the files of
 *     the kinds name.
 */

#include <stdbool.h>
#include <stdint.h>

#include "store/base/bytes.h"

struct ferry_error;

#define FERRY_LOCK_MAX (256U << 20) /* bytes of a lock file */

/* One entry of a lock file.  All strings live for the call that gets them. */
struct ferry_lock_wanted {
	const char *name; /* the real package, not an alias's name */
	const char *version; /* valid for the format */
	/*
	 * As written, unchecked, or made of the SHA-1 behind a URL of yarn 1;
	 * NULL if not there.
	 */
	const char *integrity;
	const char *resolved; /* http(s) URL of the tarball, or NULL */
	/* URL of the registry that the entry is of, where the file names that
	 * and no tarball; or NULL.  Of one that a file says may be of several
	 * registries, an optional entry is told for each. */
	const char *registry;
	/* version is a number, of which every variant is wanted that fits one
	 * of these platforms, with blanks between; or NULL. */
	const char *platforms;
	/* Which files of the version, in the format's words; or NULL. */
	const char *files;
	/* The file names only what a project asks for itself, version being what
	 * clients would choose by: what that needs is wanted, too. */
	bool closure;
	/* Installs succeed without it.  yarn's and bun's files do not tell. */
	bool optional;
};

/*
 * Where the entries go, in the order of the file.  The same package and
 * version may come several times, also with and without integrity.  A
 * callback that returns -1 with err set ends the reading.
 */
struct ferry_lock_sink {
	int (*on_wanted)(void *ctx, const struct ferry_lock_wanted *wanted,
	    struct ferry_error *err);
	/*
	 * An entry that no registry has: name as the lock file has it, what it
	 * is instead (a URL without password, a path, a version), and why that
	 * cannot be mirrored, "a git dependency".
	 */
	int (*on_unmirrorable)(void *ctx, const char *name, const char *what,
	    const char *why, struct ferry_error *err);
	/*
	 * Once: optional packages, n of them, that a package-lock.json has no
	 * entries for, though entries name them; of whom, "esbuild@0.25.0 (25)",
	 * with commas.  NULL: nobody asks.
	 */
	int (*on_pruned)(
	    void *ctx, uint64_t n, const char *of, struct ferry_error *err);
	void *ctx;
};

/*
 * Read the lock file at path, of packages of format.  Its name tells its kind,
 * or else its content.
 *
 * What is inside the project (links, workspaces, folders) or, as far as the
 * file tells, inside another package's tarball (bundled) is skipped
 * silently.  So is an optional entry of npm with neither version nor URL.
 *
 * Other files than npm's say which entries are from a registry.  One of npm's is
 * if its version is one and its tarball's URL, if given, is http(s) and of a
 * registry.  That is every URL in lockfileVersion 1, where other tarballs have
 * their URL as version.  In 2 and 3 a URL that some package of the lock file
 * depends on is none, unless it ends in "/-/name-version.tgz"; another is one
 * if its path ends in ".tgz" or has "/-/" or "/download/".
 *
 * Returns: 0, also for a lock file without entries.
 * Errors: FERRY_ESYSTEM, FERRY_ELIMIT (longer than FERRY_LOCK_MAX, nested too
 *     deep, more YAML than yaml.h allows), FERRY_EFORMAT, FERRY_ENOMEM, and
 *     those of the callbacks.
 * Guess: the last rule.  A URL that no package depends on can still be asked
 *     for by "overrides", which lock files do not repeat.
 */
int ferry_lock_read(const char *format, const char *path,
    const struct ferry_lock_sink *sink, struct ferry_error *err);

/* The same for a text; name is only the name of the file. */
int ferry_lock_parse(const char *format, const char *name,
    struct ferry_bytes text, const struct ferry_lock_sink *sink,
    struct ferry_error *err);

#endif
