#include "sync/carry/export.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/conf.h"
#include "sync/carry/find.h"
#include "sync/command/attempt.h"
#include "sync/command/command_task.h"
#include "sync/command/manifest.h"
#include "sync/command/proof.h"

static const char help[] =
    "usage: ferry export --to DIR [--for SITE [--site-id ID]] [--one-way]\n"
    "                    [--since N] [--volume-size SIZE] [--expires TIME]\n"
    "                    [--whole] [--inspectable] [--effort HOW]\n"
    "                    [--repack] [--manifest FILE] [--dry-run]\n"
    "\n"
    "Write a signed bundle: the journal's records and the blobs they need.\n"
    "\n"
    "  --to DIR            the folder, such as a mounted medium\n"
    "  --for SITE          for one site, by name or id: what its newest\n"
    "                      receipt does not show, and what it has lost\n"
    "  --site-id ID        the id of a new SITE ('ferry status' prints it\n"
    "                      there), instead of a first receipt\n"
    "  --one-way           there is no way back for receipts: assume that the\n"
    "                      export before (to SITE, or to any) has arrived\n"
    "  --since N           start after record N\n"
    "  --volume-size SIZE  split into files of at most SIZE, such as 4G, 650M\n"
    "                      (default: no split; 4G on FAT); of a blob that\n"
    "                      is larger, each takes a piece\n"
    "  --expires TIME      sites refuse it after TIME from now: 30d, 12h, or\n"
    "                      'never' (default: 'expires' of the group export in\n"
    "                      the configuration, or 90d)\n"
    "  --whole             no recipes: of a blob that is much like one which the\n"
    "                      site has by its receipt, or the volume before it, only\n"
    "                      the difference travels else (default: 'recipes' of\n"
    "                      the group export in the configuration)\n"
    "  --inspectable       for a border that looks into bundles: every file as\n"
    "                      it is, not compressed either, under a name that ends\n"
    "                      as its own does (…/HEX.tgz); sites before 0.2 refuse it\n"
    "  --effort HOW        time that recipes may take: 'fast' saves a sixth of it\n"
    "                      and makes them a fifth larger, 'best' takes eight\n"
    "                      times as long and makes them a quarter smaller\n"
    "                      (default: 'normal')\n"
    "  --repack            recipes of all other files as well, which pack what is\n"
    "                      in them better than their own compressors did: a\n"
    "                      quarter less to carry, for a second a 3 MB\n"
    "  --manifest FILE     write what is in it, for whoever signs: text, CSV if\n"
    "                      FILE ends in .csv, CycloneDX if in .json\n"
    "  --dry-run           print counts and sizes, write nothing\n"
    "\n"
    "What no site could take is left out and told; the status is 4 then.\n"
    "Without --for, --one-way and --since the bundle carries everything, for\n"
    "any site.  A killed export is gone on with by the same command.\n";

/* Bundles that never end would let whoever keeps back the newer ones hold a site
 * at an old one for ever. */
int
ferry_export_conf_read(struct ferry_conf *conf, const char *option,
    struct ferry_export_conf *out, struct ferry_error *err)
{
	struct ferry_conf_group *group;
	const char *text;

	if (ferry_conf_group(ferry_conf_root(conf), "export", &group, err) ==
		-1 ||
	    ferry_conf_str(group, "expires", "90d", &text, err) == -1 ||
	    ferry_conf_bool(group, "recipes", true, &out->recipes, err) == -1 ||
	    ferry_conf_finish(group, err) == -1)
		return -1;
	if (option != NULL)
		text = option;
	if (strcmp(text, "never") == 0) {
		out->expires_s = 0;
		return 0;
	}
	if (ferry_duration_parse(&out->expires_s, text, err) == 0)
		return 0;
	return option != NULL
	           ? -1
	           : ferry_conf_error(group, "expires", err, "%s", err->text);
}

static int
parse_effort(
    const char *text, enum ferry_recipe_effort *out, struct ferry_error *err)
{
	static const char *const names[] = {
		[FERRY_EFFORT_NORMAL] = "normal",
		[FERRY_EFFORT_FAST] = "fast",
		[FERRY_EFFORT_BEST] = "best",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (text == NULL || strcmp(text, names[i]) == 0) {
			*out = (enum ferry_recipe_effort)i;
			return 0;
		}
	return ferry_error_set(err, FERRY_EUSAGE,
	    "--effort is fast, normal or best, not '%s'", text);
}

static int
parse(struct ferry_context *ctx, struct ferry_export_options *o,
    const char **manifest, struct ferry_error *err)
{
	const char *volume_size = NULL, *expires = NULL, *since = NULL;
	const char *effort = NULL;
	struct ferry_export_conf conf;
	const struct ferry_option options[] = {
		{ "to", FERRY_OPTION_VALUE, &o->to },
		{ "for", FERRY_OPTION_VALUE, &o->site },
		{ "site-id", FERRY_OPTION_VALUE, &o->site_id },
		{ "one-way", FERRY_OPTION_FLAG, &o->one_way },
		{ "since", FERRY_OPTION_VALUE, &since },
		{ "manifest", FERRY_OPTION_VALUE, manifest },
		{ "volume-size", FERRY_OPTION_VALUE, &volume_size },
		{ "expires", FERRY_OPTION_VALUE, &expires },
		{ "whole", FERRY_OPTION_FLAG, &o->whole },
		{ "inspectable", FERRY_OPTION_FLAG, &o->inspectable },
		{ "effort", FERRY_OPTION_VALUE, &effort },
		{ "repack", FERRY_OPTION_FLAG, &o->repack },
		{ "dry-run", FERRY_OPTION_FLAG, &o->dry_run },
		{ NULL, FERRY_OPTION_FLAG, NULL },
	};

	if (ferry_options(ctx, options, err) == -1)
		return -1;
	if (ctx->argc > 1)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "unexpected argument '%s'; the folder is given by --to",
		    ctx->argv[1]);
	if (o->to == NULL)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "--to DIR is missing; see 'ferry export --help'");
	if (since != NULL) {
		o->has_since = true;
		if (ferry_parse_u64(ferry_bytes_str(since), 0, INT64_MAX - 1,
			&o->since, err) == -1)
			return ferry_error_set(err, FERRY_EUSAGE,
			    "'%s' is not the number of a record", since);
	}
	if (volume_size != NULL &&
	    ferry_parse_size(ferry_bytes_str(volume_size), 64U << 10, INT64_MAX,
		&o->volume_size, err) == -1)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "'%s' is not a size such as 4G or 650M; volumes have at "
		    "least 64Ki",
		    volume_size);
	if (parse_effort(effort, &o->effort, err) == -1 ||
	    ferry_export_conf_read(ctx->conf, expires, &conf, err) == -1)
		return -1;
	o->expires_s = conf.expires_s;
	o->whole = o->whole || !conf.recipes;
	return 0;
}

static const char *const outcomes[] = {
	[FERRY_EXPORT_NOTHING] = "nothing",
	[FERRY_EXPORT_PLANNED] = "planned",
	[FERRY_EXPORT_WRITTEN] = "written",
	[FERRY_EXPORT_ALREADY] = "already",
};

static void
print_text(const struct ferry_export_options *o,
    const struct ferry_export_result *r, const json_t *proof)
{
	char records[FERRY_COUNT_TEXT], blobs[FERRY_COUNT_TEXT];
	char bytes[FERRY_SIZE_TEXT], content[FERRY_SIZE_TEXT];
	char volumes[FERRY_COUNT_TEXT];
	const char *site = r->site_name[0] == 0 ? "any site" : r->site_name;

	if (r->outcome == FERRY_EXPORT_NOTHING) {
		(void)printf("nothing to export: %s everything up to record "
			     "%" PRIu64 "%s\n",
		    r->assumed             ? "assuming that"
		    : r->site_name[0] == 0 ? "there is"
					   : site,
		    r->to,
		    r->assumed             ? " has arrived"
		    : r->site_name[0] == 0 ? ""
					   : " is there, says its receipt");
		return;
	}
	if (r->outcome == FERRY_EXPORT_ALREADY)
		(void)printf("this bundle is in %s already:\n", o->to);
	(void)printf("%s records %" PRIu64 " to %" PRIu64
		     " for %s: %s that %s, %s (%s)\n",
	    r->outcome == FERRY_EXPORT_PLANNED ? "would export" : "exported",
	    r->from, r->to, site,
	    ferry_count_text(r->records, "record", records),
	    r->records == 1 ? "stands" : "stand",
	    ferry_count_text(r->blobs, "blob", blobs),
	    ferry_size_text(r->blob_bytes, content));
	(void)printf("%s%s in %s: %s/%s-*.tar\n",
	    r->outcome == FERRY_EXPORT_PLANNED ? "about " : "",
	    ferry_size_text(r->bytes, bytes),
	    ferry_count_text(r->volumes, "volume", volumes), o->to, r->base);
	if (r->head[0] != 0)
		(void)printf("head sha256:%s\n", r->head);
	if (proof != NULL)
		ferry_proof_print(proof, r->to);
	if (r->cached > 0)
		(void)printf(
		    "%s came through 'ferry pull' only, because clients "
		    "asked\n",
		    ferry_count_text(r->cached, "version", records));
	if (r->left_out > 0)
		(void)printf(
		    "%s left out, which no site could take: sync again "
		    "what they are about, or take it away with 'ferry "
		    "remove' and 'ferry gc --grace 0'\n",
		    ferry_count_text(r->left_out, "record", records));
}

static void
print(const struct ferry_context *ctx, const struct ferry_export_options *o,
    const struct ferry_export_result *r, const json_t *proof)
{

	if (!ctx->json) {
		print_text(o, r, proof);
		return;
	}
	ferry_command_print(json_pack(
	    "{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,"
	    "s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:b,s:s,s:O?}",
	    "event", "result", "code", "ok", "outcome", outcomes[r->outcome],
	    "site", r->site_name, "to", o->to, "base", r->base, "from",
	    (json_int_t)r->from, "last", (json_int_t)r->to, "records",
	    (json_int_t)r->records, "blobs", (json_int_t)r->blobs, "blob_bytes",
	    (json_int_t)r->blob_bytes, "bytes", (json_int_t)r->bytes, "volumes",
	    (json_int_t)r->volumes, "left_out", (json_int_t)r->left_out,
	    "cached", (json_int_t)r->cached, "assumed_delivery", r->assumed,
	    "resumed", r->resumed, "head", r->head, "proven", proof));
}

static enum ferry_manifest_form
form_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot == NULL                 ? FERRY_MANIFEST_TEXT
	       : strcmp(dot, ".csv") == 0  ? FERRY_MANIFEST_CSV
	       : strcmp(dot, ".json") == 0 ? FERRY_MANIFEST_CYCLONEDX
	                                   : FERRY_MANIFEST_TEXT;
}

/* Read from the medium what was written: it is what somebody signs. */
static int
write_manifest(const struct ferry_export_options *o,
    const struct ferry_export_result *result, const char *path,
    struct ferry_error *err)
{
	const struct ferry_task anybody = { 0 };
	struct ferry_manifest manifest;
	struct ferry_found found = { 0 };
	char *paths[] = { (char *)(uintptr_t)o->to };
	char head[FERRY_DIGEST_TEXT];
	FILE *file = NULL;
	int rc = ferry_find(&anybody, paths, 1, &found, err);

	if (rc == 0 && (file = fopen(path, "we")) == NULL)
		rc = ferry_error_errno(err, "%s", path);
	if (rc == 0)
		ferry_manifest_begin(&manifest, file, form_of(path));
	for (size_t i = 0; rc == 0 && i < found.n; i++)
		if (strcmp(
			ferry_digest_hex(&found.bundles[i].head->digest, head),
			result->head) == 0)
			rc = ferry_manifest_bundle(
			    &manifest, &found.bundles[i], err);
	if (rc == 0)
		ferry_manifest_end(&manifest);
	if (file != NULL && (ferror(file) | fclose(file)) != 0 && rc == 0)
		rc = ferry_error_errno(err, "%s", path);
	ferry_found_clear(&found);
	return rc == -1
	           ? ferry_error_in(err, "the manifest; the bundle is whole")
	           : 0;
}

static int
status_of(const struct ferry_export_result *result)
{

	return result->left_out == 0 ? FERRY_EXIT_OK : FERRY_EXIT_PARTIAL;
}

static int
run(struct ferry_context *ctx, struct ferry_error *err)
{
	struct ferry_export_options o = { 0 };
	const char *manifest = NULL;
	json_t *proof = NULL;
	struct ferry_export_result result;
	struct ferry_attempt attempt = { NULL, 0, "" };
	struct ferry_command_task c;
	int rc = -1;

	if (parse(ctx, &o, &manifest, err) == -1 ||
	    ferry_command_task_open(&c, ctx,
		o.dry_run ? FERRY_STORE_READ : FERRY_STORE_WRITE, "export",
		"blobs", err) == -1)
		return -1;
	if ((o.dry_run ||
		ferry_attempt_begin(&attempt, "export", c.task.st, err) == 0) &&
	    ferry_export(&c.task, &o, &result, err) == 0 &&
	    (o.dry_run || ferry_attempt_succeed(&attempt, c.task.st,
			      status_of(&result), err) == 0))
		rc = status_of(&result);
	ferry_command_task_quiet(&c);
	if (rc != -1 && ferry_proof_get(c.task.st, &proof, err) == -1)
		rc = -1;
	if (rc != -1)
		print(ctx, &o, &result, proof);
	json_decref(proof);
	if (rc != -1 && manifest != NULL && !o.dry_run &&
	    write_manifest(&o, &result, manifest, err) == -1)
		rc = -1;
	ferry_command_task_close(&c);
	ferry_attempt_fail(&attempt, ctx, rc, err);
	return rc;
}

const struct ferry_command ferry_command_export = { "export",
	"write a signed bundle onto a medium", help, run };
