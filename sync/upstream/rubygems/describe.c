#include "sync/upstream/rubygems/describe.h"

#include <string.h>

#include "store/base/files.h"
#include "store/base/json.h"
#include "store/blob/blob.h"
#include "store/format/rubygems/gem.h"
#include "store/format/rubygems/marshal.h"
#include "store/format/rubygems/spec.h"
#include "sync/base/task.h"
#include "sync/select/yaml.h"
#include "sync/upstream/package/packages.h"
#include "sync/upstream/rubygems/attestations.h"
#include "sync/upstream/rubygems/gemspec.h"
#include "sync/upstream/rubygems/inflate.h"
#include "sync/upstream/rubygems/inside.h"
#include "sync/upstream/rubygems/url.h"

#define ABOUT_MAX 2000 /* bytes of a text for people */
#define SPEC_MAX (16U << 20)

/* The line */

/* Whether upstream's words can be repeated as they are: every client reads
 * them, and the checksum is in hexadecimal. */
static bool
is_usable(struct ferry_bytes rest)
{
	struct ferry_bytes ruby = ferry_gem_line_value(rest, "ruby");
	struct ferry_bytes gems = ferry_gem_line_value(rest, "rubygems");

	for (size_t i = 0; i < rest.n; i++)
		if (rest.p[i] < ' ' || rest.p[i] >= 0x7f)
			return false;
	return ferry_gem_line_value(rest, "checksum").n ==
	           2 * FERRY_SHA256_SIZE &&
	       (ruby.n == 0 || memchr(ruby.p, ',', ruby.n) == NULL) &&
	       (gems.n == 0 || memchr(gems.p, ',', gems.n) == NULL);
}

static int
set_line(json_t *record, struct ferry_bytes line, struct ferry_error *err)
{

	return ferry_json_set(record, "line", ferry_json_text(line), err);
}

static int
make_line(const struct ferry_gem_spec *spec, struct ferry_bytes said,
    const struct ferry_digest *sha256, struct ferry_buf *line,
    struct ferry_error *err)
{
	struct ferry_bytes created = ferry_gem_line_value(said, "created_at");

	if (ferry_gem_spec_line(line, spec, sha256, err) == -1)
		return -1;
	/* The one thing that the gem does not know. */
	return created.n == 0 || created.n > 40
	           ? 0
	           : ferry_buf_addf(line, err, ",created_at:%.*s",
			 (int)created.n, (const char *)created.p);
}

/* What upstream says of a version that is here may have grown. */
static int
refresh(
    const struct ferry_version_at *at, json_t *record, struct ferry_error *err)
{
	const char *line = json_string_value(json_object_get(record, "line"));

	if (!is_usable(at->object) || ferry_bytes_is(at->object, line))
		return 0;
	return set_line(record, at->object, err) == -1 ? -1 : 1;
}

/* What people read */

static int
set_text(json_t *about, const char *name, struct ferry_bytes s,
    struct ferry_error *err)
{

	if (s.n == 0)
		return 0;
	if (s.n > ABOUT_MAX) {
		s.n = ABOUT_MAX;
		while (s.n > 0 && (s.p[s.n] & 0xc0) == 0x80)
			s.n--;
	}
	return ferry_json_set(about, name, ferry_json_text(s), err);
}

static int
set_texts(json_t *about, const char *name, const struct ferry_bytes *s,
    size_t n, struct ferry_error *err)
{
	json_t *list;

	if (n == 0)
		return 0;
	if ((list = json_array()) == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	for (size_t i = 0; i < n && i < 20; i++)
		if (ferry_json_push(list, ferry_json_text(s[i]), err) == -1) {
			json_decref(list);
			return -1;
		}
	return ferry_json_set(about, name, list, err);
}

static int
set_about(
    json_t *record, const struct ferry_gem_spec *spec, struct ferry_error *err)
{
	json_t *about = json_object();

	if (about == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (set_text(about, "summary", spec->summary, err) == -1 ||
	    set_text(about, "homepage", spec->homepage, err) == -1 ||
	    set_texts(about, "authors", spec->authors, spec->authors_n, err) ==
		-1 ||
	    set_texts(about, "licenses", spec->licenses, spec->licenses_n,
		err) == -1) {
		json_decref(about);
		return -1;
	}
	return ferry_json_set(record, "about", about, err);
}

/* The specification, as `gem` wants it */

/* Whether a string of Marshal stands in text. */
static bool
has_string(const struct ferry_buf *text, struct ferry_bytes s)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf want = FERRY_BUF_INIT;
	struct ferry_marshal m;
	bool has = false;

	/* Behind the two bytes of the version and the 'I'. */
	ferry_marshal_begin(&m, &want);
	ferry_marshal_string(&m, s);
	if (ferry_marshal_end(&m, &ignored) == 0)
		has = memmem(text->p, text->n, want.p + 3, s.n + 2) != NULL;
	ferry_buf_free(&want);
	return has;
}

/* Whether upstream's is one, and of this gem: it has no digest. */
static int
check_spec(const struct ferry_version_at *at, const struct ferry_file *file,
    const struct ferry_gem_spec *spec, struct ferry_error *err)
{
	struct ferry_buf packed = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	int rc = -1;

	if (ferry_blob_load(at->packages->run->st, &file->sha256, SPEC_MAX,
		&packed, err) == 0 &&
	    ferry_gem_inflate(&text, ferry_bytes_buf(&packed), SPEC_MAX, err) ==
		0)
		rc = ferry_bytes_starts(ferry_bytes_buf(&text),
			 "\x04\x08u:\x17Gem::Specification") &&
		             has_string(&text, spec->name) &&
		             has_string(&text, spec->number)
		         ? 0
		         : ferry_error_set(err, FERRY_EFORMAT,
			       "it is not the specification of this gem");
	ferry_buf_free(&packed);
	ferry_buf_free(&text);
	return rc;
}

static int
add_spec(const struct ferry_version_at *at, json_t *record, const char *name,
    const struct ferry_gem_spec *spec, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT, packed = FERRY_BUF_INIT;
	struct ferry_digest sha256;
	int rc = -1;

	if (ferry_gem_spec_marshal(&text, spec, err) == 0 &&
	    ferry_gem_deflate(&packed, ferry_bytes_buf(&text), err) == 0 &&
	    ferry_blob_put(at->packages->run->st, FERRY_BLOB_IS_FILE,
		ferry_bytes_buf(&packed), &sha256, err) == 0)
		rc =
		    ferry_files_add(record, name, packed.n, &sha256, NULL, err);
	ferry_buf_free(&text);
	ferry_buf_free(&packed);
	return rc;
}

/* The file of the version that ends so: 1, *name (appended) and its place, or that
 * of none; 0; -1. */
static int
find_file(const struct ferry_version_at *at, const json_t *record,
    const char *end, struct ferry_buf *name, size_t *place,
    struct ferry_file *file, struct ferry_error *err)
{
	size_t n = json_array_size(json_object_get(record, "files"));

	if (ferry_gem_file_name(name, at->name, at->version, end, err) == -1)
		return -1;
	for (*place = 0; *place < n; ++*place) {
		if (ferry_files_get(record, *place, file, err) == -1)
			return -1;
		if (strcmp(file->name, (char *)name->p) == 0)
			return 1;
	}
	return 0;
}

/* Upstream's, if it has a good one, else one that says what the gem says. */
static int
settle_spec(const struct ferry_version_at *at, json_t *record,
    const struct ferry_gem_spec *spec, struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT;
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_file file;
	size_t i;
	int rc = find_file(at, record, ".gemspec.rz", &name, &i, &file, err);

	if (rc == 1 && check_spec(at, &file, spec, &why) == -1) {
		ferry_task_note(at->packages->run->task,
		    "%s of upstream '%s' is left out, and one is made of the "
		    "gem: %s",
		    (char *)name.p, at->packages->up->name, why.text);
		(void)json_array_remove(json_object_get(record, "files"), i);
		rc = 0;
	}
	if (rc == 0)
		rc = add_spec(at, record, (char *)name.p, spec, err);
	ferry_buf_free(&name);
	return rc == -1 ? -1 : 0;
}

/* Upstream's attestations, if they are of this gem. */
static int
settle_attestations(const struct ferry_version_at *at, json_t *record,
    const struct ferry_digest *sha256, struct ferry_error *err)
{
	struct ferry_buf name = FERRY_BUF_INIT, text = FERRY_BUF_INIT;
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_file file;
	size_t i;
	int rc =
	    find_file(at, record, ".attestations.json", &name, &i, &file, err);

	if (rc == 1 && (ferry_blob_load(at->packages->run->st, &file.sha256,
			    SPEC_MAX, &text, &why) == -1 ||
			   ferry_gem_attestations_check(
			       ferry_bytes_buf(&text), sha256, &why) == -1)) {
		ferry_task_note(at->packages->run->task,
		    "%s of upstream '%s' is left out: %s", (char *)name.p,
		    at->packages->up->name, why.text);
		(void)json_array_remove(json_object_get(record, "files"), i);
	}
	ferry_buf_free(&name);
	ferry_buf_free(&text);
	return rc == -1 ? -1 : 0;
}

/* Whether the gem is what it is called. */
static int
check_identity(const struct ferry_version_at *at,
    const struct ferry_gem_spec *spec, struct ferry_error *err)
{
	struct ferry_bytes version = ferry_bytes_str(at->version);

	if (ferry_bytes_equal(
		spec->name, ferry_gem_name_base(ferry_bytes_str(at->name))) &&
	    ferry_gem_version_cmp(
		spec->number, ferry_gem_version_number(version)) == 0 &&
	    ferry_bytes_equal(ferry_bytes_buf(&spec->platform),
		ferry_gem_version_platform(version)))
		return 0;
	return ferry_error_set(err, FERRY_EFORMAT,
	    "the gem says that it is %.*s %.*s for %s", (int)spec->name.n,
	    (const char *)spec->name.p, (int)spec->number.n,
	    (const char *)spec->number.p, (char *)spec->platform.p);
}

static int
describe_new(const struct ferry_version_at *at, json_t *record,
    const struct ferry_gem_spec *spec, const struct ferry_digest *sha256,
    struct ferry_error *err)
{
	struct ferry_buf line = FERRY_BUF_INIT;
	int rc = -1;

	if (check_identity(at, spec, err) == -1 ||
	    settle_spec(at, record, spec, err) == -1 ||
	    settle_attestations(at, record, sha256, err) == -1 ||
	    set_about(record, spec, err) == -1)
		goto out;
	if (is_usable(at->object))
		rc = set_line(record, at->object, err);
	else if (make_line(spec, at->object, sha256, &line, err) == 0)
		rc = set_line(record, ferry_bytes_buf(&line), err);
out:
	ferry_buf_free(&line);
	return rc == -1 ? -1 : 1;
}

int
ferry_gem_describe(
    const struct ferry_version_at *at, json_t *record, struct ferry_error *err)
{
	struct ferry_buf metadata = FERRY_BUF_INIT;
	struct ferry_gem_spec spec = { .needs_n = 0 };
	struct ferry_yaml *yaml = NULL;
	struct ferry_file gem;
	int rc = -1;

	if (json_object_get(record, "line") != NULL)
		return refresh(at, record, err);
	if (ferry_files_get(record, 0, &gem, err) == 0 &&
	    ferry_gem_inside(
		&metadata, at->packages->run->st, &gem.sha256, err) == 0 &&
	    ferry_gemspec_read(&spec, &yaml, ferry_bytes_buf(&metadata), err) ==
		0)
		rc = describe_new(at, record, &spec, &gem.sha256, err);
	if (rc == -1)
		ferry_error_in(err, "%s", gem.name);
	ferry_gem_spec_free(&spec);
	ferry_yaml_free(yaml);
	ferry_buf_free(&metadata);
	return rc;
}
