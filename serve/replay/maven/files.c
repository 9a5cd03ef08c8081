#include "serve/replay/maven/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "serve/replay/absent.h"
#include "serve/replay/asker.h"
#include "serve/replay/file.h"
#include "serve/replay/held.h"
#include "serve/replay/maven/behind.h"
#include "serve/replay/store_view.h"
#include "store/base/error.h"
#include "store/base/files.h"
#include "store/catalog/catalog.h"
#include "store/format/maven/names.h"
#include "store/pull/message.h"

/* Whose package */

struct at {
	struct ferry_store_view *view;
	const char *package, *origin;
	struct ferry_buf *owner;
	size_t n;
};

/* The upstream of "OWNER/REPO" is the one whose URL ends so. */
static int
look_at_upstream(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	const char *url = json_string_value(json_object_get(record, "url")),
		   *format =
		       json_string_value(json_object_get(record, "format"));
	size_t n = url == NULL ? 0 : strlen(url);
	struct at *at = ctx;

	if (at->owner->n > 0 || n <= at->n || format == NULL ||
	    strcmp(format, "maven") != 0 || url[n - at->n - 1] != '/' ||
	    strcasecmp(url + n - at->n, at->origin) != 0)
		return 0;
	return ferry_buf_adds(at->owner, ferry_key_part(key, 1), err);
}

/* Append the upstream that an origin means, or nothing. */
static int
find_upstream(struct ferry_store_view *view, const char *origin,
    struct ferry_buf *out, struct ferry_error *err)
{
	struct at at = { view, NULL, origin, out, strlen(origin) };
	struct ferry_key key;

	if (strchr(origin, '/') == NULL)
		return ferry_buf_adds(out, origin, err);
	ferry_key_all(&key, FERRY_KIND_UPSTREAM);
	return ferry_catalog_each(
	    ferry_store_view_store(view), &key, look_at_upstream, &at, err);
}

static int
find_at(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	struct ferry_buf buf = FERRY_BUF_INIT;
	const struct at at = *(const struct at *)ctx;
	struct ferry_store *store = ferry_store_view_store(at.view);
	struct ferry_key key;
	int rc = find_upstream(at.view, at.origin, &buf, err);

	if (rc == 0 && buf.n > 0 &&
	    (rc = ferry_key_package(
		 &key, "maven", at.package, (char *)buf.p, err)) == 0)
		rc = ferry_catalog_has(store, &key, err);
	if (rc == 1 && ferry_body_new(out, &buf, err) == -1)
		rc = -1;
	ferry_buf_free(&buf);
	return rc;
}

/* A package of an owner's on GitHub, of which a record tells the repository and
 * the coordinates. */
struct place {
	struct ferry_store_view *view;
	const char *name; /* as keys have it */
	const char *repository, *coordinates; /* as the path has them */
};

/* Clients may say "*" for the repository, as GitHub has it. */
static bool
is_there(const struct place *place, const json_t *record)
{
	const char *repository =
		       json_string_value(json_object_get(record, "repository")),
		   *coordinates = json_string_value(
		       json_object_get(record, "coordinates"));

	return repository != NULL && coordinates != NULL &&
	       strcmp(coordinates, place->coordinates) == 0 &&
	       (strcmp(strchr(place->repository, '/'), "/*") == 0 ||
		   strcasecmp(repository, place->repository) == 0);
}

static int
find_place(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	const struct place *place = ctx;
	struct ferry_buf buf = FERRY_BUF_INIT;
	char owner[FERRY_OWNER_NAME];
	json_t *record = NULL;
	struct ferry_key key;
	int rc = ferry_view_owner(
	    place->view, "maven", place->name, FERRY_LOOKUP_FRESH, owner, err);

	if (rc == 1 && (rc = ferry_key_package(
			    &key, "maven", place->name, owner, err)) == 0)
		rc = ferry_catalog_get(
		    ferry_store_view_store(place->view), &key, &record, err);
	if (rc == 1)
		rc = is_there(place, record);
	if (rc == 1 && (ferry_buf_adds(&buf, owner, err) == -1 ||
			   ferry_body_new(out, &buf, err) == -1))
		rc = -1;
	ferry_buf_free(&buf);
	json_decref(record);
	return rc;
}

/* As find_reading(), and package of the resource. */
static int
find_on_github(struct ferry_call *call,
    const struct ferry_maven_reading *reading, enum ferry_lookup lookup,
    struct ferry_error *err)
{
	struct ferry_resource *r = &call->resource;
	struct ferry_buf name = FERRY_BUF_INIT;
	struct place place = { call->view, NULL, reading->origin,
		reading->package };
	struct ferry_body *body = NULL;
	char owner[FERRY_OWNER_NAME];
	int rc = 0;

	(void)snprintf(owner, sizeof(owner), "%.*s",
	    (int)strcspn(reading->origin, "/"), reading->origin);
	if (ferry_maven_github_name(&name, owner, reading->package, err) == -1)
		return -1;
	place.name = (const char *)name.p;
	if (name.n < sizeof(r->package) &&
	    ferry_maven_name_valid(ferry_bytes_buf(&name)))
		rc = lookup == FERRY_LOOKUP_FRESH
		         ? find_place(&place, &body, err)
		         : ferry_store_view_get(call->view, &body, find_place,
			       &place, err, "maven", place.name, "github",
			       place.repository, place.coordinates, NULL);
	if (rc == 1) {
		memcpy(r->package, name.p, name.n + 1);
		rc = ferry_view_take_owner(body, call->owner, err);
	}
	ferry_buf_free(&name);
	return rc;
}

/*
 * By its name alone: the first that has the file that is asked for (a list: any),
 * of those that the client may read; else the one that the name is of.
 */
static int
find_by_name(struct ferry_call *call, const struct ferry_maven_reading *reading,
    enum ferry_lookup lookup, struct ferry_error *err)
{
	struct ferry_body *behind = NULL;
	struct ferry_maven_sums sums;
	bool file =
	    (call->resource.kind & ~FERRY_MAVEN_SUMS) == FERRY_MAVEN_FILE;
	size_t first = 0, at = 0;
	int rc = ferry_maven_behind(call, lookup, &behind, err);

	if (rc != 1 || !ferry_maven_behind_next(behind, &first, call))
		return rc;
	if (first < behind->bytes.n) {
		rc = 0;
		while (rc == 0 && ferry_maven_behind_next(behind, &at, call))
			if (ferry_view_may_read(call, "maven"))
				rc = file ? ferry_maven_file_sums(
						call, reading, &sums, err)
				          : 1;
		at = 0;
		if (rc == 0 && ferry_maven_behind_next(behind, &at, call))
			rc = 1;
	}
	ferry_body_unref(behind);
	return rc;
}

static void
take_names(struct ferry_call *call, const struct ferry_maven_reading *reading)
{
	struct ferry_resource *r = &call->resource;

	memcpy(r->package, reading->package, strlen(reading->package) + 1);
	memcpy(r->origin, reading->origin, strlen(reading->origin) + 1);
}

/* The package of one reading of a path: 1 and owner, 0, -1. */
static int
find_reading(struct ferry_call *call, const struct ferry_maven_reading *reading,
    enum ferry_lookup lookup, struct ferry_error *err)
{
	struct at at = { call->view, reading->package, reading->origin, NULL,
		0 };
	struct ferry_body *body = NULL;
	int rc;

	take_names(call, reading);
	if (reading->origin[0] == 0)
		return find_by_name(call, reading, lookup, err);
	rc = lookup == FERRY_LOOKUP_FRESH
	         ? find_at(&at, &body, err)
	         : ferry_store_view_get(call->view, &body, find_at, &at, err,
		       "maven", reading->package, "at", reading->origin, NULL);
	if (rc == 0 && strchr(reading->origin, '/') != NULL)
		return find_on_github(call, reading, lookup, err);
	return rc == 1 ? ferry_view_take_owner(body, call->owner, err) : rc;
}

/*
 * The readings of a path follow from the artifact's folder: "group:artifact", a
 * line, and the upstream if it must begin with one.  Where some packages are
 * hidden from some clients nothing is remembered: the time would tell them from
 * those that are not there.
 */
static int
absent_name(const struct ferry_call *call,
    const struct ferry_maven_reading *reading, struct ferry_buf *out,
    struct ferry_error *err)
{

	if (ferry_access_restricts(ferry_store_view_access(call->view)))
		return 0;
	/* Not formatted: this is on every request's way. */
	return ferry_buf_reserve(out,
		   sizeof("maven\n\n") + sizeof(reading->package) +
		       sizeof(reading->origin),
		   err) == -1 ||
	               ferry_buf_adds(out, "maven\n", err) == -1 ||
	               ferry_buf_adds(out, reading->package, err) == -1 ||
	               ferry_buf_adds(out, "\n", err) == -1 ||
	               ferry_buf_adds(out, reading->origin, err) == -1
	           ? -1
	           : 0;
}

/* Nothing that the path can mean is here: it is what it is without an
 * upstream. */
static int
none(struct ferry_call *call, const struct ferry_maven_reading *first)
{

	take_names(call, first);
	call->owner[0] = 0;
	return 0;
}

/*
 * A package was found that the client may not read: look into the store as for
 * one that is not there, so that the time does not tell.
 */
static void
even_out(struct ferry_call *call, const struct ferry_maven_reading *reading)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	char owner[FERRY_OWNER_NAME];

	if (reading->origin[0] == 0)
		(void)ferry_view_owner(call->view, "maven", reading->package,
		    FERRY_LOOKUP_FRESH, owner, &ignored);
	else
		(void)find_reading(call, reading, FERRY_LOOKUP_FRESH, &ignored);
}

/*
 * The first reading that is a package which the client may read; else the first
 * that is one, to be refused as such; else none.
 */
static int
find_readings(struct ferry_call *call, const struct ferry_maven_reading *first,
    struct ferry_error *err)
{
	struct ferry_maven_reading reading, hidden = { .origin = "" };
	bool found = false;
	int rc;

	for (unsigned skip = 0; skip < FERRY_MAVEN_READINGS; skip++) {
		if (!ferry_maven_path_read(&call->resource, skip, &reading))
			continue;
		rc = find_reading(call, &reading, FERRY_LOOKUP_CACHED, err);
		if (rc == -1)
			return -1;
		if (rc == 1 && ferry_view_may_read(call, "maven"))
			return 1;
		if (rc == 1) {
			even_out(call, &reading);
			if (!found)
				hidden = reading;
			found = true;
		}
		call->owner[0] = 0;
	}
	return found ? find_reading(call, &hidden, FERRY_LOOKUP_CACHED, err)
	             : none(call, first);
}

int
ferry_maven_owner(struct ferry_call *call, struct ferry_error *err)
{
	struct ferry_absent *absent = ferry_store_view_absent(call->view);
	uint64_t now = ferry_absent_now(absent);
	struct ferry_buf name = FERRY_BUF_INIT;
	struct ferry_maven_reading first;
	unsigned skip = 0;
	int rc;

	while (!ferry_maven_path_read(&call->resource, skip, &first))
		if (++skip == FERRY_MAVEN_READINGS)
			return 0;
	if (absent_name(call, &first, &name, err) == -1)
		return -1;
	if (ferry_absent_has(absent, ferry_bytes_buf(&name))) {
		rc = none(call, &first);
	} else {
		rc = find_readings(call, &first, err);
		if (rc == 0)
			ferry_absent_add(absent, now, ferry_bytes_buf(&name));
	}
	ferry_buf_free(&name);
	return rc;
}

bool
ferry_maven_chosen(
    const struct ferry_call *call, struct ferry_maven_reading *out)
{

	for (unsigned skip = 0; skip < FERRY_MAVEN_READINGS; skip++)
		if (ferry_maven_path_read(&call->resource, skip, out) &&
		    strcmp(out->origin, call->resource.origin) == 0)
			return true;
	return false;
}

/* Files */

struct wanted {
	const struct ferry_call *call;
	const struct ferry_maven_reading *reading;
	char version[FERRY_MAVEN_VERSION_MAX + 1];
};

static int
get_record(const struct wanted *w, json_t **out, struct ferry_error *err)
{

	return ferry_held_record(w->call->view, "maven",
	    w->call->resource.package, w->call->owner, w->version, out, err);
}

static int
find(void *ctx, struct ferry_digest *out, struct ferry_error *err)
{
	const struct wanted *w = ctx;
	struct ferry_file file;
	json_t *record = NULL;
	int rc = get_record(w, &record, err);

	if (rc == 1)
		rc = ferry_files_find(record, w->reading->file, &file, err);
	if (rc == 1)
		*out = file.sha256;
	json_decref(record);
	return rc;
}

int
ferry_maven_file(const struct ferry_call *call,
    const struct ferry_maven_reading *reading, struct ferry_body **out,
    struct ferry_error *err)
{
	struct wanted w = { call, reading, "" };
	const struct ferry_file_call file = { call->view, "maven",
		call->resource.package, call->owner, reading->file, NULL, find,
		&w };

	return ferry_maven_path_version(reading, w.version)
	           ? ferry_file_body(&file, out, err)
	           : 0;
}

static bool
copy_sum(char *out, size_t room, const json_t *file, const char *name)
{
	const char *hex = json_string_value(json_object_get(file, name));

	return hex != NULL && strlen(hex) == room - 1 &&
	       memcpy(out, hex, room) != NULL;
}

/* All files of a version lie in the cache together, each as its sums and its
 * name, so that what is not there costs a look at memory. */
static int
add_sums(struct ferry_buf *out, const json_t *file, long long pulled_at,
    struct ferry_error *err)
{
	const char *name = json_string_value(json_object_get(file, "name"));
	struct ferry_maven_sums sums = { .pulled_at = pulled_at };

	if (name == NULL)
		return 0;
	(void)copy_sum(sums.sha1, sizeof(sums.sha1), file, "sha1");
	(void)copy_sum(sums.md5, sizeof(sums.md5), file, "md5");
	(void)copy_sum(sums.sha256, sizeof(sums.sha256), file, "sha256");
	(void)copy_sum(sums.sha512, sizeof(sums.sha512), file, "sha512");
	return ferry_buf_add(out, &sums, sizeof(sums), err) == -1
	           ? -1
	           : ferry_buf_add(out, name, strlen(name) + 1, err);
}

static int
make_sums(void *ctx, struct ferry_body **out, struct ferry_error *err)
{
	const struct wanted *w = ctx;
	struct ferry_buf buf = FERRY_BUF_INIT;
	const json_t *file;
	json_t *record = NULL;
	size_t i;
	int rc = get_record(w, &record, err);

	json_array_foreach (json_object_get(record, "files"), i, file)
		if (rc == 1 && add_sums(&buf, file,
				   json_integer_value(
				       json_object_get(record, "pulled_at")),
				   err) == -1)
			rc = -1;
	if (rc == 1 && ferry_body_new(out, &buf, err) == -1)
		rc = -1;
	ferry_buf_free(&buf);
	json_decref(record);
	return rc;
}

int
ferry_maven_file_sums(const struct ferry_call *call,
    const struct ferry_maven_reading *reading, struct ferry_maven_sums *out,
    struct ferry_error *err)
{
	struct wanted w = { call, reading, "" };
	struct ferry_body *body = NULL;
	const uint8_t *at, *end;
	int rc;

	if (!ferry_maven_path_version(reading, w.version))
		return 0;
	rc =
	    ferry_store_view_get(call->view, &body, make_sums, &w, err, "maven",
		call->resource.package, "sums", call->owner, w.version, NULL);
	if (rc != 1)
		return rc;
	rc = 0;
	at = body->bytes.p;
	end = at + body->bytes.n;
	while (rc == 0 && at < end) {
		const char *name = (const char *)at + sizeof(*out);

		if (strcmp(name, reading->file) == 0) {
			memcpy(out, at, sizeof(*out));
			rc = 1;
		}
		at += sizeof(*out) + strlen(name) + 1;
	}
	ferry_body_unref(body);
	return rc;
}

const char *
ferry_maven_sum_of(const struct ferry_maven_sums *sums, int kind)
{

	switch (kind & FERRY_MAVEN_SUMS) {
	case FERRY_MAVEN_SHA1:
		return sums->sha1;
	case FERRY_MAVEN_MD5:
		return sums->md5;
	case FERRY_MAVEN_SHA256:
		return sums->sha256;
	default:
		return sums->sha512;
	}
}

int
ferry_maven_text_sums(struct ferry_bytes text, struct ferry_maven_sums *out,
    struct ferry_error *err)
{
	const struct {
		enum ferry_alg alg;
		char *hex;
		size_t room;
	} rows[] = {
		{ FERRY_SHA1, out->sha1, sizeof(out->sha1) },
		{ FERRY_MD5, out->md5, sizeof(out->md5) },
		{ FERRY_SHA256, out->sha256, sizeof(out->sha256) },
		{ FERRY_SHA512, out->sha512, sizeof(out->sha512) },
	};
	char hex[FERRY_DIGEST_TEXT];
	struct ferry_digest digest;

	*out = (struct ferry_maven_sums){ .pulled_at = 0 };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (ferry_digest_of(&digest, rows[i].alg, text, err) == -1)
			return -1;
		(void)snprintf(rows[i].hex, rows[i].room, "%s",
		    ferry_digest_hex(&digest, hex));
	}
	return 0;
}

/* Pulling */

/* Whether a reading that begins with an origin means that upstream. */
static bool
means(const struct ferry_call *call, const char *origin, const char *upstream)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_buf found = FERRY_BUF_INIT;
	bool is = find_upstream(call->view, origin, &found, &ignored) == 0 &&
	          ferry_bytes_is(ferry_bytes_buf(&found), upstream);

	ferry_buf_free(&found);
	return is;
}

/* Of a path that nothing here has: the longest beginning that is an upstream's
 * which is pulled through is not of the group. */
static bool
likely_reading(const struct ferry_call *call, struct ferry_maven_reading *out)
{
	char upstreams[FERRY_PULL_UPSTREAMS][FERRY_PULL_NAME];
	size_t n = call->asker == NULL
	               ? 0
	               : ferry_asker_upstreams(call->asker, "maven", upstreams);

	for (unsigned skip = FERRY_MAVEN_READINGS; skip-- > 1;) {
		if (!ferry_maven_path_read(&call->resource, skip, out))
			continue;
		for (size_t i = 0; i < n; i++)
			if (means(call, out->origin, upstreams[i]))
				return true;
	}
	return ferry_maven_path_read(&call->resource, 0, out);
}

static bool
find_wanted(const struct ferry_call *call, struct ferry_maven_reading *out)
{

	return call->owner[0] != 0 ? ferry_maven_chosen(call, out)
	                           : likely_reading(call, out);
}

bool
ferry_maven_wants(const struct ferry_call *call, struct ferry_pull_want *want)
{
	int kind = call->resource.kind & ~FERRY_MAVEN_SUMS;
	char version[FERRY_MAVEN_VERSION_MAX + 1];
	struct ferry_maven_reading reading;

	if ((kind != FERRY_MAVEN_FILE && kind != FERRY_MAVEN_VERSIONS &&
		kind != FERRY_MAVEN_SNAPSHOT) ||
	    !find_wanted(call, &reading))
		return false;
	(void)snprintf(
	    want->package, sizeof(want->package), "%s", reading.package);
	want->what = FERRY_PULL_DOCUMENT;
	if (kind != FERRY_MAVEN_FILE)
		return true;
	if (!ferry_maven_path_version(&reading, version) ||
	    strlen(reading.file) >= sizeof(want->file))
		return false;
	want->what = FERRY_PULL_VERSION;
	(void)snprintf(want->version, sizeof(want->version), "%s", version);
	(void)snprintf(want->file, sizeof(want->file), "%s", reading.file);
	want->grows = (call->resource.kind & FERRY_MAVEN_SUMS) == 0;
	return true;
}

bool
ferry_maven_supplies(const struct ferry_call *call, const char *upstream)
{
	struct ferry_maven_reading reading;

	/* Nothing is here: which reading was chosen says nothing. */
	return likely_reading(call, &reading) &&
	       (reading.origin[0] == 0 ||
		   means(call, reading.origin, upstream));
}
