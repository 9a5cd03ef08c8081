#include "sync/command/manifest.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "store/base/bytes.h"
#include "store/base/clock.h"
#include "store/base/files.h"
#include "store/base/json.h"
#include "store/base/out.h"
#include "store/format/format.h"
#include "sync/carry/listing.h"

int
ferry_manifest_form_parse(
    enum ferry_manifest_form *out, const char *word, struct ferry_error *err)
{
	static const char *const words[] = { "text", "csv", "cyclonedx" };

	for (int i = 0; i < 3; i++)
		if (strcmp(words[i], word) == 0) {
			*out = (enum ferry_manifest_form)i;
			return 0;
		}
	return ferry_error_set(
	    err, FERRY_EUSAGE, "'%s' is not text, csv or cyclonedx", word);
}

/* A version of a bundle. */
struct item {
	const char *format, *name, *owner, *version;
	const json_t *value; /* NULL: it is removed */
	uint64_t bytes;
};

static int
sum_files(struct item *item, struct ferry_error *err)
{
	int n = item->value == NULL ? 0 : ferry_files_count(item->value, err);
	struct ferry_file file;

	for (int i = 0; i < n; i++) {
		if (ferry_files_get(item->value, (size_t)i, &file, err) == -1)
			return -1;
		item->bytes += file.size;
	}
	return n == -1 ? -1 : 0;
}

/* What the record says itself; most formats leave it to their documents. */
static const json_t *
licenses_of(const struct item *item)
{

	return json_object_get(
	    json_object_get(item->value, "about"), "licenses");
}

/* The digests of its files, with blanks between them. */
static int
join_digests(
    struct ferry_buf *out, const struct item *item, struct ferry_error *err)
{
	int n = item->value == NULL ? 0 : ferry_files_count(item->value, err);
	char hex[FERRY_DIGEST_TEXT];
	struct ferry_file file;

	if (n == -1)
		return -1;
	for (int i = 0; i < n; i++)
		if (ferry_files_get(item->value, (size_t)i, &file, err) == -1 ||
		    ferry_buf_addf(out, err, "%s%s", i == 0 ? "" : " ",
			ferry_digest_hex(&file.sha256, hex)) == -1)
			return -1;
	return 0;
}

/* Text */

static void
print_text(const struct ferry_manifest *m, const struct item *item)
{
	char size[FERRY_SIZE_TEXT];

	(void)fprintf(m->out, "  %s %s:%s@%s  %s  from %s\n",
	    item->value == NULL ? "-" : "+", item->format, item->name,
	    item->version,
	    item->value == NULL ? "removed"
				: ferry_size_text(item->bytes, size),
	    item->owner);
}

/* CSV */

static void
put_field(FILE *out, const char *text, bool first)
{

	(void)fprintf(out, "%s\"", first ? "" : ",");
	for (; *text != 0; text++) {
		if (*text == '"')
			(void)putc('"', out);
		(void)putc(*text, out);
	}
	(void)putc('"', out);
}

static int
print_csv(const struct ferry_manifest *m, const struct item *item,
    struct ferry_error *err)
{
	const json_t *license, *licenses = licenses_of(item);
	struct ferry_buf list = FERRY_BUF_INIT, digests = FERRY_BUF_INIT;
	const struct ferry_head *h = m->bundle->head;
	char number[24];
	size_t i;
	int rc = -1;

	json_array_foreach (licenses, i, license) {
		if (ferry_buf_addf(&list, err, "%s%s", i == 0 ? "" : " OR ",
			json_string_value(license)) == -1)
			goto out;
	}
	if (ferry_buf_adds(&list, "", err) == -1 ||
	    ferry_buf_adds(&digests, "", err) == -1 ||
	    join_digests(&digests, item, err) == -1)
		goto out;
	(void)snprintf(number, sizeof(number), "%" PRIu64, item->bytes);
	put_field(m->out, item->format, true);
	put_field(m->out, item->name, false);
	put_field(m->out, item->version, false);
	put_field(m->out, item->value == NULL ? "removed" : "added", false);
	put_field(m->out, number, false);
	put_field(m->out, item->owner, false);
	put_field(m->out, list.p == NULL ? "" : (char *)list.p, false);
	put_field(m->out, digests.p == NULL ? "" : (char *)digests.p, false);
	put_field(m->out, h->origin_name, false);
	(void)fputs("\n", m->out);
	rc = 0;
out:
	ferry_buf_free(&list);
	ferry_buf_free(&digests);
	return rc;
}

/* CycloneDX */

static int
put_encoded(struct ferry_buf *out, const char *text, bool slashes,
    struct ferry_error *err)
{

	for (; *text != 0; text++) {
		unsigned char c = (unsigned char)*text;
		int rc = isalnum(c) || strchr("-._~", c) != NULL ||
		                 (slashes && c == '/')
		             ? ferry_buf_add(out, text, 1, err)
		             : ferry_buf_addf(out, err, "%%%02X", c);

		if (rc == -1)
			return -1;
	}
	return 0;
}

/* "pkg:npm/%40acme/ui@1.0.0". */
static int
make_purl(
    struct ferry_buf *out, const struct item *item, struct ferry_error *err)
{
	const struct ferry_format *format =
	    ferry_format_find(ferry_bytes_str(item->format));
	const char *name = item->name, *slash = strrchr(name, '/');

	/* What a host may stand in front of is named by its last part. */
	if (format != NULL && format->hosts && slash != NULL)
		name = slash + 1;
	return ferry_buf_addf(out, err, "pkg:%s/",
		   format == NULL || format->purl == NULL
		       ? "generic"
		       : format->purl) == -1 ||
	               put_encoded(out, name, true, err) == -1 ||
	               ferry_buf_adds(out, "@", err) == -1 ||
	               put_encoded(out, item->version, false, err) == -1
	           ? -1
	           : 0;
}

static json_t *
license_objects(const json_t *licenses)
{
	json_t *out = json_array();
	const json_t *one;
	size_t i;

	json_array_foreach (licenses, i, one) {
		(void)json_array_append_new(
		    out, json_pack("{s:{s:s}}", "license", "name",
			     json_string_value(one)));
	}
	return out;
}

/* One file's digest is the component's; several are parts of it. */
static int
add_hashes(json_t *component, const struct item *item, struct ferry_error *err)
{
	int n = ferry_files_count(item->value, err);
	json_t *parts = json_array();
	char hex[FERRY_DIGEST_TEXT];
	struct ferry_file file;
	int rc = n == -1 ? -1 : 0;

	for (int i = 0; rc == 0 && i < n; i++) {
		json_t *hashes;

		if ((rc = ferry_files_get(
			 item->value, (size_t)i, &file, err)) == -1)
			break;
		hashes = json_pack("[{s:s,s:s}]", "alg", "SHA-256", "content",
		    ferry_digest_hex(&file.sha256, hex));
		if (n == 1)
			(void)json_object_set_new(component, "hashes", hashes);
		else
			(void)json_array_append_new(
			    parts, json_pack("{s:s,s:s,s:o}", "type", "file",
				       "name", file.name, "hashes", hashes));
	}
	if (rc == 0 && n > 1)
		(void)json_object_set(component, "components", parts);
	json_decref(parts);
	return rc;
}

static int
print_component(
    struct ferry_manifest *m, const struct item *item, struct ferry_error *err)
{
	struct ferry_buf purl = FERRY_BUF_INIT;
	json_t *component = NULL;
	char bytes[24];
	int rc = -1;

	if (make_purl(&purl, item, err) == -1)
		goto out;
	(void)snprintf(bytes, sizeof(bytes), "%" PRIu64, item->bytes);
	component =
	    json_pack("{s:s,s:s,s:s,s:s,s:o,s:[{s:s,s:s},{s:s,s:s},{s:s,s:s}]}",
		"type", "library", "name", item->name, "version", item->version,
		"purl", (char *)purl.p, "licenses",
		license_objects(licenses_of(item)), "properties", "name",
		"ferry:format", "value", item->format, "name", "ferry:upstream",
		"value", item->owner, "name", "ferry:bytes", "value", bytes);
	if (component == NULL) {
		ferry_error_set(err, FERRY_ENOMEM, "out of memory");
		goto out;
	}
	if (add_hashes(component, item, err) == -1)
		goto out;
	(void)fputs(m->any ? ",\n" : "\n", m->out);
	m->any = true;
	(void)json_dumpf(component, m->out, JSON_COMPACT);
	rc = 0;
out:
	ferry_buf_free(&purl);
	json_decref(component);
	return rc;
}

/* All of them */

static int
on_listed(void *ctx, const struct ferry_key *key, const json_t *value,
    struct ferry_error *err)
{
	struct ferry_manifest *m = ctx;
	struct item item;

	if (!ferry_key_is(key, FERRY_KIND_VERSION) || key->n != 5)
		return 0;
	item = (struct item){ ferry_key_part(key, 1), ferry_key_part(key, 2),
		ferry_key_part(key, 3), ferry_key_part(key, 4), value, 0 };
	/* What an operator removed travels as a record that says so. */
	if (json_object_get(value, "deleted_at") != NULL)
		item.value = NULL;
	if (sum_files(&item, err) == -1)
		return -1;
	if (item.value == NULL)
		m->removed++;
	else
		m->versions++;
	m->bytes += item.bytes;
	switch (m->form) {
	case FERRY_MANIFEST_TEXT:
		print_text(m, &item);
		return 0;
	case FERRY_MANIFEST_CSV:
		return print_csv(m, &item, err);
	default:
		return item.value == NULL ? 0 : print_component(m, &item, err);
	}
}

void
ferry_manifest_begin(
    struct ferry_manifest *m, FILE *out, enum ferry_manifest_form form)
{

	*m = (struct ferry_manifest){ .out = out, .form = form };
	if (form == FERRY_MANIFEST_CSV)
		(void)fputs("format,name,version,change,bytes,upstream,"
			    "licenses,sha256,origin\n",
		    out);
	else if (form == FERRY_MANIFEST_CYCLONEDX)
		(void)fputs("{\"bomFormat\":\"CycloneDX\",\"specVersion\":"
			    "\"1.5\",\"version\":1,\"metadata\":{\"tools\":{"
			    "\"components\":[{\"type\":\"application\","
			    "\"name\":\"ferry\",\"version\":\"" FERRY_VERSION
			    "\"}]}},\"components\":[",
		    out);
}

int
ferry_manifest_bundle(struct ferry_manifest *m,
    const struct ferry_found_bundle *bundle, struct ferry_error *err)
{
	const struct ferry_head *h = bundle->head;
	char made[FERRY_TIME_TEXT], end[FERRY_TIME_TEXT] = "never";
	char digest[FERRY_DIGEST_TEXT], size[FERRY_SIZE_TEXT];
	uint64_t versions = m->versions, removed = m->removed, bytes = m->bytes;

	m->bundle = bundle;
	if (m->form == FERRY_MANIFEST_TEXT) {
		if (h->expires_at != 0)
			(void)ferry_time_text(h->expires_at, end);
		(void)ferry_digest_text(&h->digest, digest);
		(void)fprintf(m->out,
		    "records %" PRIu64 " to %" PRIu64
		    " of %s for %s, written %s, expires %s\n  %s\n",
		    h->from, h->to, h->origin_name,
		    h->site_name[0] == 0 ? "any site" : h->site_name,
		    ferry_time_text(h->created_at, made), end, digest);
	}
	if (ferry_listing_each(bundle, on_listed, NULL, m, err) == -1)
		return -1;
	if (m->form == FERRY_MANIFEST_TEXT)
		(void)fprintf(m->out,
		    "%" PRIu64 " versions with %s of files, %" PRIu64
		    " removed\n",
		    m->versions - versions,
		    ferry_size_text(m->bytes - bytes, size),
		    m->removed - removed);
	return 0;
}

void
ferry_manifest_end(struct ferry_manifest *m)
{

	if (m->form == FERRY_MANIFEST_CYCLONEDX)
		(void)fputs("\n]}\n", m->out);
}
