#include "sync/command/bundle_show.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/base/clean.h"
#include "store/base/files.h"
#include "store/base/json.h"
#include "store/bundle/member.h"
#include "sync/carry/listing.h"
#include "sync/command/command.h"
#include "sync/command/command_task.h"

/* By what they travel as: how many, their bytes on the medium, and decoded. */
struct sum {
	uint64_t blobs, travels, size;
};
struct show {
	const struct ferry_context *ctx;
	json_t *names; /* what a digest is of, as far as records tell */
	struct sum sums[FERRY_ENCODING_PIECE + 1];
};

static const char *const words[] = {
	[FERRY_ENCODING_RAW] = "whole",
	[FERRY_ENCODING_ZSTD] = "zstd",
	[FERRY_ENCODING_RECIPE] = "recipe",
	[FERRY_ENCODING_PIECE] = "piece",
};

static int
name_files(void *ctx, const struct ferry_key *key, const json_t *value,
    struct ferry_error *err)
{
	int n = value == NULL ? 0 : ferry_files_count(value, err);
	char text[FERRY_KEY_TEXT], hex[FERRY_DIGEST_TEXT];
	struct show *show = ctx;
	struct ferry_file file;

	for (int i = 0; i < n; i++)
		if (ferry_files_get(value, (size_t)i, &file, err) == -1 ||
		    ferry_json_set(show->names,
			ferry_digest_hex(&file.sha256, hex),
			json_sprintf(
			    "%s: %s", ferry_key_text(key, text), file.name),
			err) == -1)
			return -1;
	return n == -1 ? -1 : 0;
}

/* The bytes of the blob that the member is of, or is a piece of. */
static uint64_t
decoded(const struct ferry_member *m)
{

	return m->encoding == FERRY_ENCODING_PIECE ? m->size : m->content_size;
}

static void
print_json(const struct ferry_member *m, const char *name)
{
	char hex[FERRY_DIGEST_TEXT];
	json_t *bases = json_array();

	for (size_t i = 0; i < m->bases_n; i++)
		(void)json_array_append_new(
		    bases, json_string(ferry_digest_hex(&m->bases[i], hex)));
	ferry_command_print(json_pack("{s:s,s:s?,s:s,s:I,s:I,s:o}", "blob",
	    ferry_digest_hex(&m->blob, hex), "of", name, "as",
	    words[m->encoding], "size", (json_int_t)decoded(m), "travels",
	    (json_int_t)m->size, "bases", bases));
}

static void
print_line(const struct ferry_member *m, const char *name)
{
	char size[FERRY_SIZE_TEXT], travels[FERRY_SIZE_TEXT];
	char hex[FERRY_DIGEST_TEXT], line[1200];

	(void)snprintf(line, sizeof(line), "%-6s  %9s of %9s  %s",
	    words[m->encoding], ferry_size_text(m->size, travels),
	    ferry_size_text(decoded(m), size),
	    name != NULL ? name : ferry_digest_text(&m->blob, hex));
	(void)fputs(ferry_clean(line), stdout);
	for (size_t i = 0; i < m->bases_n; i++)
		(void)printf("%s %.16s…", i == 0 ? ", from" : " and",
		    ferry_digest_hex(&m->bases[i], hex));
	(void)putchar('\n');
}

static int
show_blob(void *ctx, const struct ferry_member *m, struct ferry_error *err)
{
	char hex[FERRY_DIGEST_TEXT];
	struct show *show = ctx;
	const char *name = json_string_value(
	    json_object_get(show->names, ferry_digest_hex(&m->blob, hex)));

	(void)err;
	show->sums[m->encoding].blobs++;
	show->sums[m->encoding].travels += m->size;
	show->sums[m->encoding].size += decoded(m);
	if (show->ctx->json)
		print_json(m, name);
	else
		print_line(m, name);
	return 0;
}

static void
print_sums(const struct show *show)
{
	char size[FERRY_SIZE_TEXT], travels[FERRY_SIZE_TEXT];
	char saved[FERRY_SIZE_TEXT];

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const struct sum *sum = &show->sums[i];

		if (sum->blobs > 0 && show->ctx->json)
			ferry_command_print(
			    json_pack("{s:s,s:s,s:I,s:I,s:I}", "event", "sum",
				"as", words[i], "blobs", (json_int_t)sum->blobs,
				"travels", (json_int_t)sum->travels, "size",
				(json_int_t)sum->size));
		else if (sum->blobs > 0)
			(void)printf("%" PRIu64 " as %s: %s of %s, saves %s\n",
			    sum->blobs, words[i],
			    ferry_size_text(sum->travels, travels),
			    ferry_size_text(sum->size, size),
			    ferry_size_text(sum->travels < sum->size
						? sum->size - sum->travels
						: 0,
				saved));
	}
}

int
ferry_bundle_show(const struct ferry_context *ctx,
    const struct ferry_found *found, struct ferry_error *err)
{
	struct show show = { .ctx = ctx, .names = json_object() };
	int rc = show.names == NULL
	             ? ferry_error_set(err, FERRY_ENOMEM, "no memory")
	             : 0;

	for (size_t i = 0; rc == 0 && i < found->n; i++)
		rc = ferry_listing_each(
		    &found->bundles[i], name_files, show_blob, &show, err);
	if (rc == 0)
		print_sums(&show);
	json_decref(show.names);
	return rc;
}
