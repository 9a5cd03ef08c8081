#ifndef FERRY_SYNC_COMMAND_MANIFEST_H
#define FERRY_SYNC_COMMAND_MANIFEST_H

/* What is in bundles, written for whoever signs that it may cross. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct ferry_error;
struct ferry_found_bundle;

enum ferry_manifest_form {
	FERRY_MANIFEST_TEXT,
	FERRY_MANIFEST_CSV, /* as RFC 4180, with line feeds */
	FERRY_MANIFEST_CYCLONEDX /* JSON of version 1.5 */
};
struct ferry_manifest {
	FILE *out; /* borrowed */
	enum ferry_manifest_form form;
	uint64_t versions, removed, bytes;
	bool any; /* component of a list was written */
	const struct ferry_found_bundle *bundle; /* that is written now */
};

/* "text", "csv" or "cyclonedx".  Errors: FERRY_EUSAGE. */
int ferry_manifest_form_parse(
    enum ferry_manifest_form *out, const char *word, struct ferry_error *err);

/*
 * Begin on out, write each bundle, end.  Whether everything was written is for
 * whoever closes out to see.
 * Errors: of reading volumes.
 */
void ferry_manifest_begin(
    struct ferry_manifest *manifest, FILE *out, enum ferry_manifest_form form);
int ferry_manifest_bundle(struct ferry_manifest *manifest,
    const struct ferry_found_bundle *bundle, struct ferry_error *err);
void ferry_manifest_end(struct ferry_manifest *manifest);

#endif
