#include "sync/upstream/oci/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/conf.h"
#include "store/base/glob.h"
#include "store/format/semver/range.h"
#include "sync/base/task.h"
#include "sync/fetch/reach.h"
#include "sync/upstream/oci/auth.h"
#include "sync/upstream/oci/list.h"
#include "sync/upstream/oci/queue.h"
#include "sync/upstream/recordings.h"

#define DOCKER "docker.io"

static int
read_platforms(struct oci *oci, struct ferry_error *err)
{
	struct ferry_conf_group *group = oci->up->group;
	struct ferry_error why = FERRY_ERROR_INIT;
	const char *text;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_strs(group, "platforms", i, &text, err)) == 1;
	     i++) {
		if (oci->platforms_n == OCI_PLATFORMS_MAX)
			return ferry_conf_error(group, "platforms", err,
			    "at most %d platforms", OCI_PLATFORMS_MAX);
		if (ferry_oci_platform_parse(
			&oci->platforms[oci->platforms_n++],
			ferry_bytes_str(text), &why) == -1)
			return ferry_conf_error(group, "platforms", err,
			    "'%.80s' is not a platform such as "
			    "\"linux/amd64\": %.200s",
			    text, why.text);
	}
	return rc;
}

static int
read_referrers(struct oci *oci, struct ferry_error *err)
{
	const char *word;

	if (ferry_conf_str(oci->up->group, "referrers", "new", &word, err) ==
	    -1)
		return -1;
	if (strcmp(word, "off") == 0)
		oci->referrers = OCI_REFERRERS_OFF;
	else if (strcmp(word, "new") == 0)
		oci->referrers = OCI_REFERRERS_NEW;
	else if (strcmp(word, "always") == 0)
		oci->referrers = OCI_REFERRERS_ALWAYS;
	else
		return ferry_conf_error(oci->up->group, "referrers", err,
		    "expected \"new\", \"always\" or \"off\"");
	return 0;
}

/* What decides how much of an image is mirrored, as a text to compare. */
static int
describe_selection(struct oci *oci, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;

	if (ferry_buf_adds(&text,
		oci->referrers == OCI_REFERRERS_OFF ? "plain" : "referrers",
		err) == -1)
		return -1;
	for (size_t i = 0; i < oci->platforms_n; i++) {
		const struct ferry_oci_platform *p = &oci->platforms[i];

		if (ferry_buf_addf(&text, err, " %s/%s/%s", p->os,
			p->architecture, p->variant) == -1) {
			ferry_buf_free(&text);
			return -1;
		}
	}
	oci->selection = (char *)text.p;
	return 0;
}

int
ferry_oci_configure(struct oci *oci, struct ferry_error *err)
{
	struct ferry_upstream *up = oci->up;
	struct ferry_error why = FERRY_ERROR_INIT;
	const char *host, *user, *realm_host;

	if (ferry_conf_str(up->group, "realm_host", NULL, &realm_host, err) ==
		-1 ||
	    ferry_conf_str(up->group, "host",
		up->host == NULL ? up->url : up->host, &host, err) == -1)
		return -1;
	if (ferry_oci_host(oci->host, ferry_bytes_str(host), &why) == -1)
		return ferry_conf_error(
		    up->group, "host", err, "%.300s", why.text);
	if (ferry_upstream_user(up, &user, err) == -1)
		return -1;
	if (realm_host != NULL &&
	    (*realm_host == 0 || strpbrk(realm_host, "/@") != NULL))
		return ferry_conf_error(up->group, "realm_host", err,
		    "expected HOST or HOST:PORT, such as "
		    "\"auth.example.org\"");
	if (realm_host != NULL &&
	    ferry_reach_add_host(up->reach, realm_host, err) == -1)
		return -1;
	if (ferry_withdrawn_read(up->group, "keep", &oci->withdrawn, err) ==
		-1 ||
	    read_platforms(oci, err) == -1 || read_referrers(oci, err) == -1 ||
	    describe_selection(oci, err) == -1)
		return -1;
	/* A token without a user is what the registry wants to see itself. */
	if ((user != NULL || up->token == NULL) &&
	    ferry_oci_auth_new(&oci->auth, up, user, realm_host, err) == -1)
		return -1;
	return ferry_oci_wants_read(oci, OCI_WANTS_CHECK, err);
}

/* References */

/* Whether the first element of a name is a host's. */
static bool
names_host(const char *text, size_t n)
{

	return text[n] == '/' &&
	       (memchr(text, '.', n) != NULL || memchr(text, ':', n) != NULL ||
		   (n == 9 && strncmp(text, "localhost", 9) == 0));
}

/*
 * Read an image's name of this upstream: with its host or without.  Upper case
 * in the repository is folded, as GitHub does; *folded says so.
 * Source: store/format/oci/PROTOCOL.md, T10.
 */
static int
read_reference(const struct oci *oci, const char *text,
    struct ferry_oci_reference *ref, bool *folded, struct ferry_error *err)
{
	bool docker = strcmp(oci->host, DOCKER) == 0;
	struct ferry_buf full = FERRY_BUF_INIT;
	char host[FERRY_OCI_HOST_MAX + 1];
	size_t n = strcspn(text, "/");
	char *end;
	int rc = -1;

	if (names_host(text, n)) {
		if (ferry_oci_host(host, ferry_bytes_of(text, n), err) == -1)
			return -1;
		if (strcmp(host, oci->host) != 0)
			return ferry_error_set(err, FERRY_EFORMAT,
			    "it is of %s, but this upstream is %s", host,
			    oci->host);
		text += n + 1;
	}
	/* Any host but docker's leaves the name as it is. */
	if (ferry_buf_addf(&full, err, "%s/%s",
		docker ? DOCKER : "registry.invalid", text) == -1)
		return -1;
	/* Tags and digests keep their case. */
	end = strrchr((char *)full.p, '/');
	end += strcspn(end, ":@");
	*folded = false;
	for (char *p = (char *)full.p; p < end; p++)
		if (*p >= 'A' && *p <= 'Z') {
			*p = (char)(*p + 32);
			*folded = true;
		}
	rc = ferry_oci_reference_parse(ref, ferry_bytes_buf(&full), err);
	ferry_buf_free(&full);
	return rc;
}

static void
note_folded(const struct oci *oci, const char *text, const char *name)
{

	ferry_task_note(oci->run->task,
	    "'%.200s' is asked for as %s: repositories have lower-case names",
	    text, name);
}

static int
want_image(struct oci *oci, const char *text, enum oci_wants_mode mode,
    struct ferry_error *err)
{
	struct ferry_oci_reference ref;
	struct oci_repository *r;
	bool folded = false;

	if (read_reference(oci, text, &ref, &folded, err) == -1)
		return -1;
	if (mode == OCI_WANTS_CHECK)
		return 0;
	if (folded)
		note_folded(oci, text, ref.repository);
	if ((r = ferry_oci_repository_find(oci, ref.repository, err)) == NULL)
		return -1;
	return ferry_oci_ref_want(
	    r, *ref.digest != 0 ? ref.digest : ref.tag, 0, NULL, NULL, err);
}

static int
want_images(struct oci *oci, enum oci_wants_mode mode, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	const char *text;
	int rc;

	for (unsigned i = 0; (rc = ferry_conf_strs(oci->up->group, "images", i,
				  &text, err)) == 1;
	     i++) {
		if (want_image(oci, text, mode, &why) == 0)
			continue;
		if (why.code != FERRY_EFORMAT) {
			*err = why;
			return -1;
		}
		return ferry_conf_error(oci->up->group, "images", err,
		    "element %u, '%.80s', is not an image of this upstream: "
		    "%.200s",
		    i + 1, text, why.text);
	}
	return rc;
}

/* Groups */

/* A tag that can be, or a glob of such. */
static bool
tag_pattern(const char *text)
{
	struct ferry_bytes b = ferry_bytes_str(text);

	return ferry_glob_special(text) ? b.n <= FERRY_OCI_TAG_MAX
	                                : ferry_oci_tag_valid(b);
}

static int
read_names(struct oci_select *s, struct ferry_conf_group *group,
    struct ferry_error *err)
{
	const char *text;
	size_t cap = 0;
	int rc;

	for (unsigned i = 0;
	     (rc = ferry_conf_strs(group, "tags", i, &text, err)) == 1; i++) {
		if (!tag_pattern(text))
			return ferry_conf_error(group, "tags", err,
			    "'%.130s' is not a tag, nor a pattern of tags",
			    text);
		if (ferry_array_grow(&s->names, &cap, s->selection.n + 1,
			sizeof(*s->names), err) == -1)
			return -1;
		s->names[s->selection.n++] = text;
		if (ferry_glob_special(text))
			s->needs_list = true;
	}
	s->selection.names = s->names;
	return rc;
}

/* { name = "library/redis"; tags = [ "7.*-alpine" ]; versions = "^7"; } */
static int
read_select(struct oci_select *s, struct ferry_conf_group *group,
    struct ferry_error *err)
{
	struct ferry_tags_selection *sel = &s->selection;
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_semver_range *range = NULL;

	if (read_names(s, group, err) == -1 ||
	    ferry_conf_str(group, "versions", NULL, &sel->versions, err) ==
		-1 ||
	    ferry_conf_u64(
		group, "latest", 1, OCI_TAGS_MAX, 0, &sel->latest, err) == -1 ||
	    ferry_conf_bool(
		group, "prereleases", false, &sel->prereleases, err) == -1 ||
	    ferry_conf_bool(
		group, "signatures", false, &sel->signatures, err) == -1)
		return -1;
	if (sel->versions != NULL &&
	    ferry_semver_range_new(&range, ferry_bytes_str(sel->versions),
		FERRY_SEMVER_LOOSE, &why) == -1)
		return ferry_conf_error(group, "versions", err,
		    "'%.80s' is not a range of versions", sel->versions);
	ferry_semver_range_free(range);
	s->needs_list = s->needs_list || sel->n == 0 || sel->versions != NULL ||
	                sel->latest > 0;
	return 0;
}

/* What is named exactly needs no list to be found. */
static int
want_select(
    struct oci_repository *r, struct oci_select *s, struct ferry_error *err)
{

	for (size_t i = 0; i < s->selection.n; i++)
		if (!ferry_glob_special(s->names[i]) &&
		    ferry_oci_ref_want(r, s->names[i], 0, NULL, NULL, err) ==
			-1)
			return -1;
	if (!s->needs_list) {
		ferry_oci_select_free(s);
		return 0;
	}
	s->next = r->selects;
	r->selects = s;
	return ferry_oci_list_ask(r, err);
}

int
ferry_oci_want_all(struct ferry_run *run, struct ferry_upstream *up,
    const char *name, const struct ferry_want_about *about, enum ferry_want how,
    struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct oci *oci = up->state;
	struct oci_repository *r;
	char item[OCI_ITEM_MAX];
	struct oci_select *s;

	(void)about;
	if (!ferry_oci_name_valid(ferry_bytes_str(name))) {
		ferry_error_set(&why, FERRY_EFORMAT,
		    "'%.80s' is not a repository's name", name);
		ferry_oci_item(item, name, NULL);
		ferry_run_fail(run, item, &why);
		return 0;
	}
	if ((r = ferry_oci_repository_find(oci, name, err)) == NULL ||
	    ferry_calloc(&s, 1, sizeof(*s), err) == -1)
		return -1;
	s->needs_list = s->may_be_empty = true;
	r->if_there = how == FERRY_WANT_IF_THERE;
	return want_select(r, s, err);
}

static int
want_group(struct oci *oci, struct ferry_conf_group *group,
    enum oci_wants_mode mode, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	struct ferry_oci_reference ref;
	struct oci_repository *r;
	struct oci_select *s = NULL;
	const char *name, *colon;
	bool folded = false;

	if (ferry_conf_need_str(group, "name", &name, err) == -1)
		return -1;
	colon = strrchr(name, '/');
	if (strpbrk(colon == NULL ? name : colon, ":@") != NULL)
		return ferry_conf_error(group, "name", err,
		    "'%.200s' has a tag or digest; tags have an option of "
		    "their own",
		    name);
	if (read_reference(oci, name, &ref, &folded, &why) == -1)
		return ferry_conf_error(group, "name", err,
		    "'%.200s' is not a repository of this upstream: %.200s",
		    name, why.text);
	if (ferry_calloc(&s, 1, sizeof(*s), err) == -1)
		return -1;
	if (read_select(s, group, err) == -1 ||
	    ferry_conf_finish(group, err) == -1)
		goto fail;
	if (mode == OCI_WANTS_CHECK) {
		ferry_oci_select_free(s);
		return 0;
	}
	if (folded)
		note_folded(oci, name, ref.repository);
	if ((r = ferry_oci_repository_find(oci, ref.repository, err)) == NULL)
		goto fail;
	return want_select(r, s, err);
fail:
	ferry_oci_select_free(s);
	return -1;
}

static int
want_groups(struct oci *oci, enum oci_wants_mode mode, struct ferry_error *err)
{
	struct ferry_conf_group *group;
	int rc;

	for (unsigned i = 0; (rc = ferry_conf_list(oci->up->group, "select", i,
				  &group, err)) == 1;
	     i++)
		if (want_group(oci, group, mode, err) == -1)
			return -1;
	return rc;
}

int
ferry_oci_wants_read(
    struct oci *oci, enum oci_wants_mode mode, struct ferry_error *err)
{

	if (want_images(oci, mode, err) == -1 ||
	    ferry_oci_files_want(oci, mode, err) == -1)
		return -1;
	return want_groups(oci, mode, err);
}

static int
on_recorded(
    void *ctx, const struct ferry_recorded_want *want, struct ferry_error *err)
{
	struct oci *oci = ctx;
	struct oci_repository *r =
	    ferry_oci_repository_find(oci, want->package, err);

	/* A repository alone names no image. */
	if (want->version == NULL)
		return r == NULL ? -1 : 0;
	return r == NULL
	           ? -1
	           : ferry_oci_ref_want(r, want->version, 0, NULL, NULL, err);
}

int
ferry_oci_want_recorded(struct oci *oci, struct ferry_error *err)
{

	return ferry_recordings_of(
	    oci->run->st, "oci", oci->up->name, on_recorded, oci, err);
}
