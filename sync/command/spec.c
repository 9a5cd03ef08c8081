#include "sync/command/spec.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/json.h"
#include "store/catalog/removal.h"
#include "store/format/format.h"
#include "store/format/oci/names.h"
#include "store/store.h"

/* Split "[FORMAT:]NAME[@VERSION]"; the parts are for the caller to free. */
static int
split(const char *text, char **format, char **name, char **version,
    struct ferry_error *err)
{
	const char *colon = strchr(text, ':'), *at;

	*format = *name = *version = NULL;
	if (colon != NULL && ferry_format_find(ferry_bytes_of(
				 text, (size_t)(colon - text))) != NULL) {
		if (ferry_strndup(format,
			ferry_bytes_of(text, (size_t)(colon - text)),
			err) == -1)
			return -1;
		text = colon + 1;
	}
	at = strrchr(text, '@');
	if (at == NULL || at == text)
		return ferry_strdup(name, text, err);
	if (ferry_strdup(version, at + 1, err) == -1)
		return -1;
	return ferry_strndup(
	    name, ferry_bytes_of(text, (size_t)(at - text)), err);
}

/* The packages of a format that name means. */
static int
packages_called(struct ferry_record_iter **it, struct ferry_store *st,
    const struct ferry_format *format, const char *name,
    struct ferry_error *err)
{
	struct ferry_buf key = FERRY_BUF_INIT;
	struct ferry_key prefix;
	int rc = -1;

	if (ferry_format_name_key(format, name, &key, err) == 0 &&
	    ferry_key_make(&prefix, err, "package", format->name,
		key.p == NULL ? "" : (char *)key.p, NULL) == 0)
		rc = ferry_catalog_iter_new(it, st, &prefix, NULL, err);
	ferry_buf_free(&key);
	return rc;
}

/* What is looked for, and what was found: the first key, how many, and all of
 * them in words. */
struct search {
	struct ferry_store *st;
	const char *owner; /* of --owner, or NULL */
	struct ferry_key package;
	int n;
	char list[300];
	size_t used;
};

static void
add_candidate(struct search *s, const struct ferry_key *key)
{

	if (s->n++ == 0)
		s->package = *key;
	if (s->used < sizeof(s->list) - 1)
		s->used += (size_t)snprintf(s->list + s->used,
		    sizeof(s->list) - s->used, "%s%s:%s --owner %s",
		    s->used == 0 ? "" : ", ", ferry_key_part(key, 1),
		    ferry_key_part(key, 2), ferry_key_part(key, 3));
}

/* Whether the upstream called owner is of that host: 1, 0, -1. */
static int
is_of_host(struct ferry_store *st, const char *owner, const char *host,
    struct ferry_error *err)
{
	char origin[FERRY_OCI_HOST_MAX + 1];
	struct ferry_key key;
	json_t *record = NULL;
	int rc = ferry_key_upstream(&key, owner, err) == -1
	             ? -1
	             : ferry_catalog_get(st, &key, &record, err);

	if (rc == 1)
		rc = ferry_oci_origin(origin, record) &&
		     strcmp(origin, host) == 0;
	json_decref(record);
	return rc;
}

/* Packages of a format called name; of a host, if that is not NULL. */
static int
add_called(struct search *s, const struct ferry_format *format,
    const char *name, const char *host, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key key;
	int rc;

	if (packages_called(&it, s->st, format, name, err) == -1)
		return -1;
	while ((rc = ferry_record_iter_next(it, &key, NULL, err)) == 1) {
		const char *owner = ferry_key_part(&key, 3);

		if (s->owner != NULL && strcmp(s->owner, owner) != 0)
			continue;
		if (host == NULL ||
		    (rc = is_of_host(s->st, owner, host, err)) == 1)
			add_candidate(s, &key);
		if (rc == -1)
			break;
	}
	ferry_record_iter_free(it);
	return rc == -1 ? -1 : 0;
}

/* HOST/NAME: what the registry of that host calls NAME. */
static int
add_of_host(struct search *s, const struct ferry_format *format,
    const char *name, struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	const char *slash = strchr(name, '/');
	char host[FERRY_OCI_HOST_MAX + 1];

	if (!format->hosts || slash == NULL || slash[1] == 0 ||
	    ferry_oci_host(host, ferry_bytes_of(name, (size_t)(slash - name)),
		&ignored) == -1)
		return 0;
	return add_called(s, format, slash + 1, host, err);
}

/* How many packages name may mean, or -1. */
static int
candidates(struct search *s, const char *format, const char *name,
    struct ferry_error *err)
{

	s->n = 0;
	s->used = 0;
	s->list[0] = 0;
	for (size_t i = 0; i < ferry_formats_count(); i++) {
		const struct ferry_format *f = ferry_format_at(i);

		if (format != NULL && strcmp(format, f->name) != 0)
			continue;
		if (add_called(s, f, name, NULL, err) == -1 ||
		    add_of_host(s, f, name, err) == -1)
			return -1;
	}
	return s->n;
}

/* NAME:TAG, where nothing is called so as a whole: move the tag to version. */
static bool
split_tag(char *name, char **version, struct ferry_error *err)
{
	char *colon = strrchr(name, ':');

	if (*version != NULL || colon == NULL || strchr(colon, '/') != NULL ||
	    ferry_strdup(version, colon + 1, err) == -1)
		return false;
	*colon = 0;
	return true;
}

/* A tag in the place of a version becomes the version that it names. */
static int
resolve_tag(
    struct ferry_spec *spec, struct ferry_store *st, struct ferry_error *err)
{
	const struct ferry_key *p = &spec->package;
	struct ferry_key key;
	json_t *record = NULL;
	const char *version;
	int rc;

	if (spec->version == NULL)
		return 0;
	if (ferry_key_make(&key, err, "tag", ferry_key_part(p, 1),
		ferry_key_part(p, 2), ferry_key_part(p, 3), spec->version,
		NULL) == -1)
		return -1;
	rc = ferry_catalog_get(st, &key, &record, err);
	if (rc == 1 &&
	    (rc = ferry_json_str(record, "version", &version, err)) == 0) {
		free(spec->version);
		rc = ferry_strdup(&spec->version, version, err);
	}
	json_decref(record);
	return rc;
}

/* "1.0" becomes what keys have for it. */
static int
name_version(struct ferry_spec *spec, struct ferry_error *err)
{
	const struct ferry_format *format = ferry_format_find(
	    ferry_bytes_str(ferry_key_part(&spec->package, 1)));
	struct ferry_buf key = FERRY_BUF_INIT;

	if (spec->version == NULL || *spec->version == 0 || format == NULL)
		return 0;
	if (ferry_format_version_key(format, spec->version, &key, err) == -1) {
		ferry_buf_free(&key);
		return -1;
	}
	free(spec->version);
	spec->version = (char *)key.p;
	return 0;
}

int
ferry_spec_find(struct ferry_spec *out, struct ferry_store *st,
    const char *text, const char *owner, struct ferry_error *err)
{
	struct search s = { .st = st, .owner = owner };
	char *format = NULL, *name = NULL;
	int n, rc = -1;

	out->version = NULL;
	if (split(text, &format, &name, &out->version, err) == -1)
		goto out;
	n = candidates(&s, format, name, err);
	if (n == 0 && split_tag(name, &out->version, err))
		n = candidates(&s, format, name, err);
	out->package = s.package;
	if (n == 0)
		ferry_error_set(err, FERRY_ENOTFOUND,
		    "there is no package '%s' in %s; 'ferry list' shows what "
		    "there is",
		    name, ferry_store_path(st));
	else if (n > 1)
		ferry_error_set(err, FERRY_EUSAGE,
		    "'%s' means several packages; say one of: %s", text,
		    s.list);
	else if (n == 1 && name_version(out, err) == 0)
		rc = resolve_tag(out, st, err);
out:
	free(format);
	free(name);
	if (rc == -1)
		ferry_spec_free(out);
	return rc;
}

void
ferry_spec_free(struct ferry_spec *spec)
{

	free(spec->version);
	spec->version = NULL;
}

int
ferry_spec_version_key(struct ferry_key *out, const struct ferry_key *package,
    const char *version, struct ferry_error *err)
{

	return ferry_key_make(out, err, "version", ferry_key_part(package, 1),
	    ferry_key_part(package, 2), ferry_key_part(package, 3), version,
	    NULL);
}

struct entry {
	const struct ferry_format *format;
	json_t *object;
};

static int
by_version(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->format->compare_versions(
	    ferry_bytes_str(
		json_string_value(json_object_get(x->object, "version"))),
	    ferry_bytes_str(
		json_string_value(json_object_get(y->object, "version"))));
}

int
ferry_spec_versions(json_t **out, struct ferry_store *st,
    const struct ferry_key *package, struct ferry_error *err)
{
	const struct ferry_format *format =
	    ferry_format_find(ferry_bytes_str(ferry_key_part(package, 1)));
	struct ferry_record_iter *it = NULL;
	struct entry *entries = NULL;
	json_t *array = json_array(), *record;
	struct ferry_key prefix, key;
	size_t n = 0, cap = 0;
	int rc = -1;

	if (ferry_spec_version_key(&prefix, package, NULL, err) == -1 ||
	    ferry_catalog_iter_new(&it, st, &prefix, NULL, err) == -1)
		goto out;
	while ((rc = ferry_record_iter_next(it, &key, &record, err)) == 1) {
		if (ferry_array_grow(
			&entries, &cap, n + 1, sizeof(*entries), err) == -1) {
			json_decref(record);
			rc = -1;
			goto out;
		}
		entries[n].format = format;
		entries[n++].object = json_pack("{s:s,s:o}", "version",
		    ferry_key_part(&key, 4), "record", record);
	}
	if (rc == -1)
		goto out;
	if (n > 1 && format != NULL)
		qsort(entries, n, sizeof(*entries), by_version);
	for (size_t i = 0; i < n; i++)
		if (ferry_json_push(
			array, json_incref(entries[i].object), err) == -1) {
			rc = -1;
			goto out;
		}
	*out = array;
	array = NULL;
out:
	for (size_t i = 0; i < n; i++)
		json_decref(entries[i].object);
	free(entries);
	ferry_record_iter_free(it);
	json_decref(array);
	return rc;
}

int
ferry_spec_missing(struct ferry_store *st, const struct ferry_key *package,
    const char *version, struct ferry_error *err)
{
	const char *name = ferry_key_part(package, 2);
	struct ferry_key key;
	int removed;

	if (ferry_spec_version_key(&key, package, version, err) == -1 ||
	    (removed = ferry_removal_stands(st, &key, err)) == -1)
		return -1;
	if (removed == 1)
		return ferry_error_set(err, FERRY_ENOTFOUND,
		    "version '%s' of %s was removed, and gc freed its bytes; "
		    "'ferry restore' lifts that, so that the next sync brings "
		    "it",
		    version, name);
	return ferry_error_set(err, FERRY_ENOTFOUND,
	    "%s has no version '%s' here; 'ferry show %s' lists them", name,
	    version, name);
}

int
ferry_spec_tags(json_t **out, struct ferry_store *st,
    const struct ferry_key *package, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key;
	json_t *list = json_array(), *record;
	int rc = -1;

	if (list == NULL)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	if (ferry_key_make(&prefix, err, "tag", ferry_key_part(package, 1),
		ferry_key_part(package, 2), ferry_key_part(package, 3),
		NULL) == -1 ||
	    ferry_catalog_iter_new(&it, st, &prefix, NULL, err) == -1)
		goto out;
	while ((rc = ferry_record_iter_next(it, &key, &record, err)) == 1) {
		rc = ferry_json_push(list,
		    json_pack("{s:s,s:O}", "tag", ferry_key_part(&key, 4),
			"version", json_object_get(record, "version")),
		    err);
		json_decref(record);
		if (rc == -1)
			break;
	}
out:
	ferry_record_iter_free(it);
	if (rc == -1) {
		json_decref(list);
		return -1;
	}
	*out = list;
	return 0;
}
