#include "sync/command/package_arg.h"

#include <stdio.h>
#include <string.h>

#include "store/access/snapshots.h"
#include "store/base/error.h"
#include "store/catalog/catalog.h"
#include "store/catalog/owner.h"
#include "store/format/format.h"
#include "store/format/oci/names.h"

/* Whether the store has it of that owner: 1, 0, -1. */
static int
is_held(const struct ferry_package_arg *w, struct ferry_store *st,
    const char *owner, struct ferry_error *err)
{
	struct ferry_key key;

	if (w->format == NULL)
		return 0;
	return ferry_key_make(&key, err, "package", w->format->name, w->name,
		   owner, NULL) == -1
	           ? -1
	           : ferry_catalog_has(st, &key, err);
}

static void
set_owner(struct ferry_package_arg *w, const char *owner, bool held)
{

	(void)snprintf(w->owner, sizeof(w->owner), "%s", owner);
	w->held = held;
}

struct image {
	struct ferry_package_arg *w;
	struct ferry_store *st;
	char host[FERRY_OCI_HOST_MAX + 1];
	bool known; /* the host is an origin's; the name is without it */
};

/* Take the host out of the name. */
static void
strip(struct image *image)
{
	struct ferry_package_arg *w = image->w;
	const char *rest = strchr(w->name, '/') + 1;
	bool official = strcmp(image->host, "docker.io") == 0;
	char name[FERRY_PACKAGE_ARG_NAME];

	(void)snprintf(name, sizeof(name), "%s%.480s",
	    official && strchr(rest, '/') == NULL ? "library/" : "", rest);
	memcpy(w->name, name, sizeof(name));
}

/* An upstream, which may be of that host and have it. */
static int
try_upstream(void *ctx, const struct ferry_key *key, json_t *record,
    struct ferry_error *err)
{
	struct image *image = ctx;
	char origin[FERRY_OCI_HOST_MAX + 1];
	int rc;

	if (!ferry_oci_origin(origin, record) ||
	    strcmp(origin, image->host) != 0 || image->w->held)
		return 0;
	if (!image->known)
		strip(image);
	image->known = true;
	rc = is_held(image->w, image->st, ferry_key_part(key, 1), err);
	if (rc == 1)
		set_owner(image->w, ferry_key_part(key, 1), true);
	return rc == -1 ? -1 : 0;
}

/* HOST/NAME.  Returns: 1 if host is an origin's, who decides; 0; -1. */
static int
find_of_host(struct ferry_package_arg *w, struct ferry_store *st,
    struct ferry_error *err)
{
	struct image image = { .w = w, .st = st };
	const char *slash = strchr(w->name, '/');
	struct ferry_error ignored = FERRY_ERROR_INIT;
	struct ferry_key prefix;

	if (slash == NULL || !w->format->hosts ||
	    ferry_oci_host(image.host,
		ferry_bytes_of(w->name, (size_t)(slash - w->name)),
		&ignored) == -1)
		return 0;
	if (ferry_key_make(&prefix, err, "upstream", NULL) == -1 ||
	    ferry_catalog_each(st, &prefix, try_upstream, &image, err) == -1)
		return -1;
	return image.known;
}

/* Whose it is to somebody who says the name alone: 1, 0, -1. */
static int
find_first(struct ferry_package_arg *w, struct ferry_store *st, char owner[256],
    struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	int rc = ferry_owner_find(st, w->format->name, w->name, &text, err);

	if (rc == 1)
		(void)snprintf(owner, 256, "%s", (const char *)text.p);
	ferry_buf_free(&text);
	return rc;
}

/* What is not here may be known all the same. */
static void
find_known(struct ferry_package_arg *w, const struct ferry_snapshots *all)
{

	for (size_t i = 0; i < ferry_snapshots_count(all); i++) {
		const struct ferry_snapshot *s = ferry_snapshots_at(all, i);
		const struct ferry_snapshot_package *p =
		    ferry_snapshot_package(s, w->type, w->name);

		if (p == NULL ||
		    (w->format != NULL && strcmp(p->name, w->name) != 0))
			continue;
		set_owner(w, ferry_snapshot_meta(s)->upstream, false);
		return;
	}
}

static int
find(struct ferry_package_arg *w, struct ferry_store *st,
    const struct ferry_snapshots *all, const char *upstream,
    struct ferry_error *err)
{
	int rc = 0;

	if (upstream != NULL) {
		if ((rc = is_held(w, st, upstream, err)) == -1)
			return -1;
		set_owner(w, upstream, rc == 1);
		if (w->format == NULL ||
		    (rc = find_first(w, st, w->first, err)) == -1)
			return rc;
		if (strcmp(w->first, w->owner) == 0)
			w->first[0] = 0;
		return 0;
	}
	if (w->format != NULL && (rc = find_of_host(w, st, err)) == 0 &&
	    (rc = find_first(w, st, w->owner, err)) == 1)
		w->held = true;
	if (rc == 0)
		find_known(w, all);
	return rc == -1 ? -1 : 0;
}

/* As the format's keys have it. */
static int
set_name(struct ferry_package_arg *w, const char *name, struct ferry_error *err)
{
	struct ferry_buf key = FERRY_BUF_INIT;
	int rc = w->format == NULL
	             ? ferry_buf_adds(&key, name, err)
	             : ferry_format_name_key(w->format, name, &key, err);

	if (rc == 0)
		(void)snprintf(w->name, sizeof(w->name), "%s",
		    key.p == NULL ? "" : (char *)key.p);
	ferry_buf_free(&key);
	return rc;
}

int
ferry_package_arg_find(struct ferry_package_arg *out, struct ferry_store *st,
    const struct ferry_snapshots *all, const char *text, const char *upstream,
    struct ferry_error *err)
{
	const char *colon = text == NULL ? NULL : strchr(text, ':');
	size_t n = colon == NULL ? 0 : (size_t)(colon - text);

	*out = (struct ferry_package_arg){ .format = NULL };
	if (n == 0 || n >= sizeof(out->type) || strlen(colon + 1) > 480)
		return ferry_error_set(err, FERRY_EUSAGE,
		    "--package takes FORMAT:NAME, such as npm:@acme/ui");
	out->format = ferry_format_find(ferry_bytes_of(text, n));
	(void)snprintf(out->type, sizeof(out->type), "%.*s", (int)n, text);
	if (out->format != NULL)
		(void)snprintf(out->type, sizeof(out->type), "%s",
		    out->format->github.name);
	if (set_name(out, colon + 1, err) == -1 ||
	    find(out, st, all, upstream, err) == -1)
		return -1;
	if (out->format != NULL &&
	    !out->format->name_valid(ferry_bytes_str(out->name)))
		return ferry_error_set(err, FERRY_EUSAGE,
		    "no %s registry could have a package '%s'",
		    out->format->name, out->name);
	return 0;
}
