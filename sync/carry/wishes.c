#include "sync/carry/wishes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/base/clock.h"
#include "store/base/conf.h"
#include "store/base/json.h"
#include "store/catalog/catalog.h"
#include "store/format/format.h"

#define ABSENT 404
#define CARRIED_S (30 * 86400)

const char *
ferry_wish_text(const json_t *line, const char *name)
{
	const char *text = json_string_value(json_object_get(line, name));

	return text == NULL ? "" : text;
}

static int
add_new(struct ferry_wishes *w, const char *key, const json_t *line,
    struct ferry_error *err)
{
	static const char *const names[] = { "format", "package", "version",
		"file" };
	json_t *wish = json_pack("{s:I}", "count", (json_int_t)0);

	if (ferry_json_set(w->all, key, wish, err) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ferry_wish_text(line, names[i])[0] != 0 &&
		    ferry_json_set(wish, names[i],
			json_incref(json_object_get(line, names[i])),
			err) == -1)
			return -1;
	return 0;
}

static int
add_line(struct ferry_wishes *w, const json_t *line, struct ferry_error *err)
{
	struct ferry_buf key = FERRY_BUF_INIT;
	json_t *wish;
	int rc;

	if (json_integer_value(json_object_get(line, "status")) != ABSENT ||
	    strcmp(ferry_wish_text(line, "time"), w->since) < 0)
		return 0;
	rc = ferry_buf_addf(&key, err, "%s\n%s\n%s\n%s",
	    ferry_wish_text(line, "format"), ferry_wish_text(line, "package"),
	    ferry_wish_text(line, "version"), ferry_wish_text(line, "file"));
	if (rc == 0 && json_object_get(w->all, (char *)key.p) == NULL) {
		w->full = json_object_size(w->all) >= FERRY_WISHES_MAX;
		rc = w->full ? 1 : add_new(w, (char *)key.p, line, err);
	}
	if (rc == 0) {
		wish = json_object_get(w->all, (char *)key.p);
		rc = ferry_json_set(wish, "count",
		    json_integer(
			json_integer_value(json_object_get(wish, "count")) + 1),
		    err);
		if (rc == 0 && strcmp(ferry_wish_text(wish, "last"),
				   ferry_wish_text(line, "time")) < 0)
			rc = ferry_json_set(wish, "last",
			    json_incref(json_object_get(line, "time")), err);
	}
	ferry_buf_free(&key);
	return rc == -1 ? -1 : 0;
}

/* A line that is cut, as the last of a log may be, is passed over. */
int
ferry_wishes_add_log(
    struct ferry_wishes *w, const char *path, struct ferry_error *err)
{
	struct ferry_error ignored = FERRY_ERROR_INIT;
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;
	struct stat sb;
	ssize_t n;
	int rc = 0;

	if (f == NULL)
		return ferry_error_errno(err, "%s", path);
	if (fstat(fileno(f), &sb) == -1 || !S_ISREG(sb.st_mode)) {
		(void)fclose(f);
		return ferry_error_set(
		    err, FERRY_EUSAGE, "%s is not a file", path);
	}
	while (rc == 0 && (n = getline(&text, &room, f)) > 0) {
		json_t *line = NULL;

		if (ferry_json_parse(&line, ferry_bytes_of(text, (size_t)n),
			path, &ignored) == 0)
			rc = add_line(w, line, err);
		json_decref(line);
	}
	free(text);
	(void)fclose(f);
	return rc;
}

static int
by_count(const void *a, const void *b)
{
	const json_t *const *x = a, *const *y = b;
	json_int_t m = json_integer_value(json_object_get(*x, "count")),
		   n = json_integer_value(json_object_get(*y, "count"));

	return m != n ? (m < n) - (m > n)
	              : strcmp(ferry_wish_text(*x, "package"),
			    ferry_wish_text(*y, "package"));
}

int
ferry_wishes_list(
    const struct ferry_wishes *w, json_t **out, struct ferry_error *err)
{
	json_t **list, *wish;
	const char *key;
	size_t n = 0;

	if (ferry_calloc(&list, json_object_size(w->all) + 1, sizeof(json_t *),
		err) == -1)
		return -1;
	json_object_foreach (w->all, key, wish)
		list[n++] = wish;
	if (n > 1)
		qsort(list, n, sizeof(json_t *), by_count);
	if ((*out = json_array()) == NULL) {
		free(list);
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	}
	for (size_t i = 0; i < n; i++)
		(void)json_array_append(*out, list[i]);
	free(list);
	return 0;
}

int
ferry_wishes_new(
    struct ferry_wishes *out, const char *since, struct ferry_error *err)
{

	*out = (struct ferry_wishes){ json_object(), since, false };
	return out->all == NULL
	           ? ferry_error_set(err, FERRY_ENOMEM, "no memory")
	           : 0;
}

void
ferry_wishes_clear(struct ferry_wishes *w)
{

	json_decref(w->all);
	w->all = NULL;
}

int
ferry_wishes_log(
    struct ferry_conf *conf, const char **path, struct ferry_error *err)
{
	struct ferry_conf_group *group;

	return ferry_conf_group(ferry_conf_root(conf), "serve", &group, err) ==
	                   -1 ||
	               ferry_conf_path(group, "asked_log", NULL, path, err) ==
	                   -1
	           ? -1
	           : 0;
}

/* Whether a version, or any ("") of a package is here, whoever's it is. */
static int
has_version(struct ferry_store *st, const char *format, const char *name,
    const char *version, struct ferry_error *err)
{
	struct ferry_record_iter *it = NULL;
	struct ferry_key prefix, key, tag;
	int rc, found = 0;

	if (ferry_key_make(&prefix, err, "package", format, name, NULL) == -1 ||
	    ferry_catalog_iter_new(&it, st, &prefix, NULL, err) == -1)
		return -1;
	while (found == 0 &&
	       (rc = ferry_record_iter_next(it, &key, NULL, err)) != 0) {
		const char *owner = ferry_key_part(&key, 3);

		if (rc == -1 || *version == 0)
			found = rc;
		else if (ferry_key_version(&prefix, format, name, owner,
			     version, err) == -1 ||
			 ferry_key_tag(
			     &tag, format, name, owner, version, err) == -1 ||
			 (found = ferry_catalog_has(st, &prefix, err)) == -1)
			found = -1;
		else if (found == 0)
			found = ferry_catalog_has(st, &tag, err);
	}
	ferry_record_iter_free(it);
	return found;
}

/* Whether what is wished for came meanwhile: 1, 0, -1. */
static int
is_here(const json_t *wish, struct ferry_store *st, struct ferry_error *err)
{
	const struct ferry_format *format =
	    ferry_format_find(ferry_bytes_str(ferry_wish_text(wish, "format")));
	struct ferry_buf name = FERRY_BUF_INIT, version = FERRY_BUF_INIT;
	struct ferry_error ignored = FERRY_ERROR_INIT;
	int rc = 0;

	/* Of a file of a version that is here nothing can be told. */
	if (format != NULL && ferry_wish_text(wish, "file")[0] == 0 &&
	    ferry_format_name_key(format, ferry_wish_text(wish, "package"),
		&name, &ignored) == 0 &&
	    ferry_format_version_key(format, ferry_wish_text(wish, "version"),
		&version, &ignored) == 0)
		rc = has_version(st, format->name, (const char *)name.p,
		    version.p == NULL ? "" : (const char *)version.p, err);
	ferry_buf_free(&name);
	ferry_buf_free(&version);
	return rc;
}

int
ferry_wishes_for_receipt(json_t **out, struct ferry_conf *conf,
    struct ferry_store *st, struct ferry_error *err)
{
	struct ferry_wishes wishes = { NULL, "", false };
	char since[FERRY_TIME_TEXT];
	const char *path;
	int rc;

	*out = NULL;
	if (ferry_wishes_log(conf, &path, err) == -1)
		return -1;
	if (path == NULL)
		return 0;
	if (ferry_wishes_new(&wishes,
		ferry_time_text(ferry_now() - CARRIED_S, since), err) == -1 ||
	    ferry_wishes_add_log(&wishes, path, err) == -1 ||
	    ferry_wishes_list(&wishes, out, err) == -1) {
		ferry_wishes_clear(&wishes);
		return -1;
	}
	for (size_t i = json_array_size(*out); i-- > 0;) {
		rc = is_here(json_array_get(*out, i), st, err);
		if (rc == 1)
			(void)json_array_remove(*out, i);
		if (rc == -1) {
			json_decref(*out);
			*out = NULL;
			break;
		}
	}
	ferry_wishes_clear(&wishes);
	return *out == NULL ? -1 : 0;
}
