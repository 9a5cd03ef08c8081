#include "sync/carry/protect.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/conf.h"
#include "store/base/error.h"
#include "store/base/glob.h"
#include "store/format/format.h"
#include "store/index/key.h"

static int
add_pattern(struct ferry_protect *out, const char *upstream, const char *format,
    const char *pattern, struct ferry_error *err)
{
	struct ferry_protected *p;

	if (ferry_array_grow(
		&out->v, &out->cap, out->n + 1, sizeof(*out->v), err) == -1)
		return -1;
	p = &out->v[out->n];
	*p = (struct ferry_protected){ upstream, format, NULL };
	if (ferry_strdup(&p->pattern, pattern, err) == -1)
		return -1;
	out->n++;
	return 0;
}

static int
add_patterns(struct ferry_protect *out, struct ferry_conf_group *group,
    const char *option, const char *upstream, const char *format,
    struct ferry_error *err)
{
	const char *pattern;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_strs(group, option, i, &pattern, err)) == 1; i++)
		if (add_pattern(out, upstream, format, pattern, err) == -1)
			return -1;
	return rc;
}

/* What only an owner's packages are called. */
static int
add_owned(struct ferry_protect *out, const char *upstream, const char *owner,
    struct ferry_error *err)
{
	struct ferry_buf pattern = FERRY_BUF_INIT;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ferry_formats_count(); i++) {
		const struct ferry_format *f = ferry_format_at(i);

		if (f->github.owned_names == NULL)
			continue;
		ferry_buf_reset(&pattern);
		rc = f->github.owned_names(&pattern, owner, err);
		if (rc == 0)
			rc = add_pattern(
			    out, upstream, f->name, (char *)pattern.p, err);
	}
	ferry_buf_free(&pattern);
	return rc;
}

/* One of `upstreams`: mistakes in it are the sync's to tell. */
static int
read_upstream(struct ferry_protect *out, struct ferry_conf_group *group,
    struct ferry_error *err)
{
	const char *name, *format, *owner;
	int rc;

	if (ferry_conf_need_str(group, "name", &name, err) == -1 ||
	    ferry_conf_str(group, "format", "", &format, err) == -1)
		return -1;
	/* Some upstreams have packages of several formats. */
	if (ferry_format_find(ferry_bytes_str(format)) == NULL)
		format = NULL;
	if (ferry_conf_has(group, "protect"))
		return add_patterns(out, group, "protect", name, format, err);
	for (unsigned i = 0;
	     (rc = ferry_conf_strs(group, "owners", i, &owner, err)) == 1; i++)
		if (add_owned(out, name, owner, err) == -1)
			return -1;
	return rc;
}

static int
read_import(struct ferry_protect *out, struct ferry_conf_group *root,
    struct ferry_error *err)
{
	struct ferry_conf_group *import, *group;
	const char *upstream;
	int rc;

	if (ferry_conf_group(root, "import", &import, err) == -1)
		return -1;
	for (unsigned i = 0;
	     (rc = ferry_conf_list(import, "protect", i, &group, err)) == 1;
	     i++)
		if (ferry_conf_need_str(group, "upstream", &upstream, err) ==
			-1 ||
		    add_patterns(out, group, "packages", upstream, NULL, err) ==
			-1 ||
		    ferry_conf_finish(group, err) == -1)
			return -1;
	return rc == -1 ? -1 : ferry_conf_finish(import, err);
}

int
ferry_protect_read(struct ferry_protect *out, struct ferry_conf_group *root,
    struct ferry_error *err)
{
	struct ferry_conf_group *group;
	int rc;

	*out = (struct ferry_protect){ 0 };
	for (unsigned i = 0;
	     (rc = ferry_conf_list(root, "upstreams", i, &group, err)) == 1;
	     i++)
		if (read_upstream(out, group, err) == -1)
			break;
	if (rc == 0 && read_import(out, root, err) == 0)
		return 0;
	ferry_protect_clear(out);
	return -1;
}

void
ferry_protect_clear(struct ferry_protect *protect)
{

	for (size_t i = 0; i < protect->n; i++)
		free(protect->v[i].pattern);
	free(protect->v);
	*protect = (struct ferry_protect){ 0 };
}

static bool
binds(const struct ferry_protected *p, const char *format, const char *name)
{

	return (p->format == NULL || strcmp(p->format, format) == 0) &&
	       ferry_glob_any_case(p->pattern, name);
}

const char *
ferry_protect_holder(
    const struct ferry_protect *protect, const struct ferry_key *key)
{
	const char *holder = NULL;

	if (ferry_key_is(key, FERRY_KIND_UPSTREAM) ||
	    ferry_key_is(key, FERRY_KIND_ACCESS))
		return NULL;
	for (size_t i = 0; i < protect->n; i++) {
		const struct ferry_protected *p = &protect->v[i];

		if (!binds(p, ferry_key_part(key, 1), ferry_key_part(key, 2)))
			continue;
		if (strcmp(p->upstream, ferry_key_owner(key)) == 0)
			return NULL;
		holder = p->upstream;
	}
	return holder;
}
