/*
 * GitHub Packages: owners' packages are listed by the REST API, pulled by
 * the kinds of their formats, and who may read them becomes a
 * permission snapshot.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/clock.h"
#include "store/base/conf.h"
#include "store/base/json.h"
#include "sync/permissions/compile.h"
#include "sync/upstream/github/conf.h"
#include "sync/upstream/github/enterprise.h"
#include "sync/upstream/github/list.h"
#include "sync/upstream/github/owner.h"

static int
configure(struct ferry_upstream *up, struct ferry_error *err)
{
	struct github *gh;

	if (ferry_calloc(&gh, 1, sizeof(*gh), err) == -1)
		return -1;
	gh->up = up;
	up->state = gh;
	return ferry_github_configure(gh, err);
}

static void
github_free(struct ferry_upstream *up)
{
	struct github *gh = up->state;

	if (gh == NULL)
		return;
	for (size_t i = 0; i < gh->parts_n; i++) {
		struct github_part *part = &gh->parts[i];

		for (size_t k = 0; k < part->n; k++) {
			free(part->wants[k].name);
			free(part->wants[k].called);
			free(part->wants[k].repository);
		}
		free(part->wants);
		free(part->host);
		ferry_upstream_delegate_free(&part->up);
	}
	ferry_facts_free(gh->facts);
	ferry_pages_free(&gh->asked);
	free(gh->parts);
	free(gh->owners);
	free(gh->api);
	free(gh);
	up->state = NULL;
}

static void
skip_type(struct github *gh, const char *type, const char *why)
{
	char item[300];

	(void)snprintf(
	    item, sizeof(item), "%s packages of '%.200s'", type, gh->up->name);
	ferry_run_skip(gh->run, item, why);
}

/* What the configuration wants and is not available: a line each. */
static int
skip_types(struct github *gh, struct ferry_error *err)
{
	const char *type;
	char text[100];
	int rc;

	for (size_t i = 0; i < gh->parts_n; i++) {
		const struct github_part *part = &gh->parts[i];
		const struct ferry_github_type *t = &part->format->github;

		(void)snprintf(text, sizeof(text), "%s has no %s registry",
		    gh->profile == GITHUB_GHE_COM
			? "GHE.com"
			: "a server without subdomain isolation",
		    t->name);
		if (part->wanted && !part->usable)
			skip_type(gh, t->name, text);
		if (part->legacy_wanted && !part->usable)
			skip_type(gh, t->legacy, text);
	}
	for (unsigned i = 0;
	     (rc = ferry_conf_strs(gh->up->group, "types", i, &type, err)) == 1;
	     i++) {
		if (ferry_format_of_type(type) == NULL)
			skip_type(gh, type, "not mirrored by this ferry yet");
	}
	return rc;
}

static int
sync_start(
    struct ferry_run *run, struct ferry_upstream *up, struct ferry_error *err)
{
	struct github *gh = up->state;

	gh->run = run;
	gh->asked.max = GITHUB_PAGES_MAX;
	if (ferry_facts_new(&gh->facts, gh->profile != GITHUB_GHES, err) ==
		-1 ||
	    ferry_upstream_put(run, up, NULL, err) == -1 ||
	    skip_types(gh, err) == -1)
		return -1;
	for (size_t i = 0; i < gh->parts_n; i++) {
		struct ferry_upstream *part = &gh->parts[i].up;

		if (gh->parts[i].usable &&
		    part->kind->sync(run, part, err) == -1)
			return -1;
	}
	if (ferry_github_enterprise(gh, err) == -1)
		return -1;
	for (size_t i = 0; i < gh->owners_n; i++)
		if (ferry_github_owner(&gh->owners[i], err) == -1)
			return -1;
	return 0;
}

static void
on_contradiction(void *ctx, const char *text)
{

	ferry_github_unknown(ctx, text);
}

/* The facts become the snapshot. */
static int
put_snapshot(struct github *gh, struct ferry_error *err)
{
	struct ferry_buf text = FERRY_BUF_INIT;
	struct ferry_compile compile = { gh->run->st, gh->run->op, gh->run,
		ferry_run_mistake };
	int rc = -1;

	if (gh->broken || gh->run->dry_run)
		return 0;
	if (ferry_facts_text(gh->facts, &text, on_contradiction, gh, err) == 0)
		rc = ferry_compile_github(&compile, gh->up->name,
		    ferry_bytes_buf(&text), ferry_now(), err);
	ferry_buf_free(&text);
	if (rc != -1)
		rc = ferry_github_forget(gh, err);
	return rc == -1 ? -1 : 0;
}

static int
want_all(struct github *gh, struct ferry_error *err)
{

	for (size_t i = 0; i < gh->parts_n; i++) {
		struct github_part *part = &gh->parts[i];

		for (size_t k = 0; k < part->n; k++) {
			const struct github_want *want = &part->wants[k];
			const struct ferry_want_about about = { want->called,
				want->repository };

			if (part->up.kind->want(gh->run, &part->up, want->name,
				&about, want->how, err) == -1)
				return -1;
		}
	}
	return 0;
}

static int
sync_after(
    struct ferry_run *run, struct ferry_upstream *up, struct ferry_error *err)
{
	struct github *gh = up->state;
	int more = 0, rc;

	if (!gh->listed) {
		gh->listed = true;
		if (put_snapshot(gh, err) == -1 || want_all(gh, err) == -1)
			return -1;
		more = 1;
	}
	for (size_t i = 0; i < gh->parts_n; i++) {
		struct ferry_upstream *part = &gh->parts[i].up;

		if (!gh->parts[i].usable)
			continue;
		if ((rc = part->kind->after(run, part, err)) == -1)
			return -1;
		more = more || rc == 1;
	}
	return more;
}

const struct ferry_upstream_kind ferry_upstream_github = {
	.format = "github",
	.delegates = ferry_format_names,
	.configure = configure,
	.sync = sync_start,
	.after = sync_after,
	.free = github_free,
};
