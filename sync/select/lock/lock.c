#include "sync/select/lock/lock.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "store/base/error.h"
#include "store/base/file.h"
#include "sync/select/lock/kind.h"

struct kind {
	const char *format; /* whose packages it names */
	const char *name; /* of the file; may have '*' */
	/* Whether the text looks like this kind. */
	bool (*looks_like)(struct ferry_bytes text);
	ferry_lock_reader *read;
};

static bool
like_object(struct ferry_bytes text)
{
	size_t i = 0;

	while (i < text.n && text.p[i] != 0 &&
	       strchr(" \t\r\n", text.p[i]) != NULL)
		i++;
	return i < text.n && text.p[i] == '{';
}

/* Whether a line of the text starts with s. */
static bool
has_line(struct ferry_bytes text, const char *s)
{
	const uint8_t *at;
	size_t n;

	while (!ferry_bytes_starts(text, s)) {
		at = text.n == 0 ? NULL : memchr(text.p, '\n', text.n);
		if (at == NULL)
			return false;
		n = (size_t)(at - text.p) + 1;
		text = ferry_bytes_of(text.p + n, text.n - n);
	}
	return true;
}

static bool
like_yarn(struct ferry_bytes text)
{

	return has_line(text, "# yarn lockfile v");
}

static bool
like_berry(struct ferry_bytes text)
{

	/* JSON: yarn 6, which is told from npm's by the file's name alone. */
	return has_line(text, "__metadata:") || like_object(text);
}

static bool
like_pnpm(struct ferry_bytes text)
{

	return has_line(text, "lockfileVersion:");
}

/* Behind its version, package-lock.json has neither of these. */
static bool
like_bun(struct ferry_bytes text)
{
	static const char start[] = "{\"lockfileVersion\":",
			  config[] = "\"configVersion\"",
			  workspaces[] = "\"workspaces\"";
	struct ferry_bytes rest;
	char head[64];
	size_t n = 0;

	for (size_t i = 0; i < text.n && n < sizeof(head); i++)
		if (text.p[i] > ' ')
			head[n++] = (char)text.p[i];
	rest = ferry_bytes_of(head, n);
	if (!ferry_bytes_starts(rest, start))
		return false;
	rest = ferry_bytes_of(head + sizeof(start) - 1, n - sizeof(start) + 1);
	while (rest.n > 0 &&
	       ((*rest.p >= '0' && *rest.p <= '9') || *rest.p == ','))
		rest = ferry_bytes_of(rest.p + 1, rest.n - 1);
	return ferry_bytes_starts(rest, config) ||
	       ferry_bytes_starts(rest, workspaces);
}

static bool
like_bunb(struct ferry_bytes text)
{

	return ferry_bytes_starts(
	    text, "#!/usr/bin/env bun\nbun-lockfile-format-");
}

static bool
like_bundler(struct ferry_bytes text)
{

	return has_line(text, "GEM\n") || has_line(text, "GEM\r") ||
	       has_line(text, "PLATFORMS") || has_line(text, "BUNDLED WITH");
}

static bool
like_gradle(struct ferry_bytes text)
{

	return has_line(text, "# This is a Gradle generated file");
}

static bool
like_verification(struct ferry_bytes text)
{

	return text.n > 0 && memmem(text.p, text.n, "<verification-metadata",
				 sizeof("<verification-metadata") - 1) != NULL;
}

static bool
like_catalog(struct ferry_bytes text)
{

	return has_line(text, "[libraries]") || has_line(text, "[plugins]");
}

/* Whether s stands in the first bytes of an object, or of XML. */
static bool
begins_with(struct ferry_bytes text, uint8_t first, const char *s)
{
	size_t n = text.n < 4096 ? text.n : 4096, i = 0;

	while (i < n && text.p[i] <= ' ')
		i++;
	return i < n && text.p[i] == first &&
	       memmem(text.p, n, s, strlen(s)) != NULL;
}

static bool
like_nuget_lock(struct ferry_bytes text)
{

	return begins_with(text, '{', "\"version\"") &&
	       begins_with(text, '{', "\"dependencies\"");
}

static bool
like_nuget_assets(struct ferry_bytes text)
{

	return begins_with(text, '{', "\"version\"") &&
	       begins_with(text, '{', "\"targets\"");
}

static bool
like_nuget_tools(struct ferry_bytes text)
{

	return begins_with(text, '{', "\"tools\"");
}

static bool
like_nuget_global(struct ferry_bytes text)
{

	return begins_with(text, '{', "\"msbuild-sdks\"") ||
	       begins_with(text, '{', "\"sdk\"");
}

static bool
like_nuget_config(struct ferry_bytes text)
{

	return begins_with(text, '<', "<packages");
}

static bool
like_msbuild(struct ferry_bytes text)
{

	return begins_with(text, '<', "<Project");
}

/*
 * The first row that fits name and content wins, then the first by name, then
 * by content.
 */
static const struct kind kinds[] = {
	{ "maven", "gradle.lockfile", like_gradle, ferry_lock_gradle },
	{ "maven", "buildscript-gradle.lockfile", like_gradle,
	    ferry_lock_gradle },
	{ "maven", "settings-gradle.lockfile", like_gradle, ferry_lock_gradle },
	{ "maven", "verification-metadata.xml", like_verification,
	    ferry_lock_verification },
	{ "maven", "libs.versions.toml", like_catalog, ferry_lock_catalog },
	{ "npm", "bun.lock", like_bun, ferry_lock_bun },
	{ "npm", "bun.lockb", like_bunb, ferry_lock_bunb },
	{ "npm", "package-lock.json", like_object, ferry_lock_npm },
	{ "npm", "npm-shrinkwrap.json", like_object, ferry_lock_npm },
	{ "npm", "pnpm-lock.yaml", like_pnpm, ferry_lock_pnpm },
	{ "npm", "yarn.lock", like_yarn, ferry_lock_yarn },
	{ "npm", "yarn.lock", like_berry, ferry_lock_berry },
	{ "nuget", "packages.lock.json", like_nuget_lock, ferry_lock_nuget },
	{ "nuget", "project.assets.json", like_nuget_assets,
	    ferry_lock_nuget_assets },
	{ "nuget", "dotnet-tools.json", like_nuget_tools,
	    ferry_lock_nuget_tools },
	{ "nuget", "global.json", like_nuget_global, ferry_lock_nuget_global },
	{ "nuget", "packages.config", like_nuget_config,
	    ferry_lock_nuget_config },
	{ "nuget", "*.*proj", like_msbuild, ferry_lock_msbuild },
	{ "nuget", "*.props", like_msbuild, ferry_lock_msbuild },
	{ "nuget", "*.targets", like_msbuild, ferry_lock_msbuild },
	{ "rubygems", "Gemfile.lock", like_bundler, ferry_lock_bundler },
	{ "rubygems", "gems.locked", like_bundler, ferry_lock_bundler },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct kind *
kind_of(const char *format, const char *name, struct ferry_bytes text)
{
	const struct kind *named = NULL, *alike = NULL;

	for (size_t i = 0; i < KINDS; i++) {
		bool same = fnmatch(kinds[i].name, name, 0) == 0, like;

		if (strcmp(format, kinds[i].format) != 0)
			continue;
		like = kinds[i].looks_like(text);
		if (same && like)
			return &kinds[i];
		if (same && named == NULL)
			named = &kinds[i];
		if (like && alike == NULL)
			alike = &kinds[i];
	}
	return named != NULL ? named : alike;
}

/* Files that say what a project needs, and that are programs. */
static const struct program {
	const char *format, *name;
} programs[] = {
	{ "rubygems", "Gemfile" },
	{ "rubygems", "gems.rb" },
	{ "rubygems", "*.gemspec" },
};

static bool
is_program(const char *format, const char *name)
{

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (strcmp(format, programs[i].format) == 0 &&
		    fnmatch(programs[i].name, name, 0) == 0)
			return true;
	return false;
}

/* "package-lock.json, yarn.lock …": what there is for format. */
static int
unknown_kind(const char *format, const char *name, struct ferry_error *err)
{
	char names[300] = "";
	size_t n = 0;

	for (size_t i = 0; i < KINDS && n < sizeof(names); i++)
		if (strcmp(format, kinds[i].format) == 0 &&
		    strstr(names, kinds[i].name) == NULL)
			n += (size_t)snprintf(names + n, sizeof(names) - n,
			    "%s%s", n == 0 ? "" : ", ", kinds[i].name);
	return is_program(format, name)
	           ? ferry_error_set(err, FERRY_EFORMAT,
			 "a program, which is not evaluated; what it needs "
			 "stands in its lock file (%s)",
			 names)
	           : ferry_error_set(err, FERRY_EFORMAT,
			 "not a lock file of a kind that ferry reads (%s)",
			 names);
}

ferry_lock_reader *
ferry_lock_reader_of(
    const char *format, const char *name, struct ferry_bytes *text)
{
	const struct kind *kind;

	if (ferry_bytes_starts(*text, "\xef\xbb\xbf"))
		*text = ferry_bytes_of(text->p + 3, text->n - 3);
	kind = kind_of(format, name, *text);
	return kind == NULL ? NULL : kind->read;
}

int
ferry_lock_parse(const char *format, const char *name, struct ferry_bytes text,
    const struct ferry_lock_sink *sink, struct ferry_error *err)
{
	ferry_lock_reader *read = ferry_lock_reader_of(format, name, &text);

	return read == NULL ? unknown_kind(format, name, err)
	                    : read(text, sink, err);
}

int
ferry_lock_read(const char *format, const char *path,
    const struct ferry_lock_sink *sink, struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	const char *slash = strrchr(path, '/');
	int rc;

	rc = ferry_file_read(path, FERRY_LOCK_MAX, &buf, err);
	if (rc == 0)
		rc = ferry_lock_parse(format, slash == NULL ? path : slash + 1,
		    ferry_bytes_buf(&buf), sink, err);
	if (rc == -1)
		ferry_error_in(err, "lock file %s", path);
	ferry_buf_free(&buf);
	return rc;
}
