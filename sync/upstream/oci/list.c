#include "sync/upstream/oci/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/json_span.h"
#include "store/catalog/removal.h"
#include "sync/upstream/ask.h"
#include "sync/upstream/oci/queue.h"
#include "sync/upstream/oci/record.h"
#include "sync/upstream/oci/tags.h"
#include "sync/upstream/oci/withdrawn.h"
#include "sync/upstream/pages.h"

#define PAGE_TAGS "1000" /* that we ask for; registries give what they like */
#define PAGE_MAX (8U << 20) /* bytes */
#define TAGS_BYTES_MAX (32U << 20)
#define PAGES_MAX 100000 /* of one list */

/* A list that is being read. */
struct job {
	struct oci_repository *repository;
	char *url;
	struct ferry_pages pages;
	unsigned came;
	size_t n;
};

static void
job_free(void *ctx)
{
	struct job *job = ctx;

	ferry_pages_free(&job->pages);
	free(job->url);
	free(job);
}

void
ferry_oci_select_free(struct oci_select *s)
{

	if (s == NULL)
		return;
	free(s->names);
	free(s);
}

/* {"name":"…","tags":["…",…]}; "tags" is null where there are none. */
static int
read_page(struct job *job, struct ferry_bytes body, struct ferry_error *err)
{
	struct oci_repository *r = job->repository;
	struct ferry_bytes root, tags;
	struct ferry_span_iter it;

	if (ferry_span_check(body, &root, err) == -1)
		return -1;
	if (!ferry_span_get(root, "tags", &tags))
		return ferry_error_set(
		    err, FERRY_EFORMAT, "it has no \"tags\"");
	ferry_span_iter(&it, tags);
	while (ferry_span_next(&it)) {
		size_t before = r->tags_text.n;
		struct ferry_bytes tag;

		if (ferry_span_type(it.value) != FERRY_SPAN_STRING)
			continue;
		if (job->n == OCI_TAGS_MAX || before > TAGS_BYTES_MAX)
			return ferry_error_set(err, FERRY_ELIMIT,
			    "there are more than %d tags, or they are longer "
			    "than %u MB",
			    OCI_TAGS_MAX, TAGS_BYTES_MAX >> 20);
		if (ferry_span_string(&r->tags_text, it.value, err) == -1)
			return -1;
		tag = ferry_bytes_of(
		    r->tags_text.p + before, r->tags_text.n - before);
		if (!ferry_oci_tag_valid(tag))
			r->tags_text.n = before; /* Nobody could ask for it. */
		else if (ferry_buf_add(&r->tags_text, "", 1, err) == -1)
			return -1;
		else
			job->n++;
	}
	return 0;
}

/* Want what one group selects.  Returns: how many, or -1. */
static int
select_tags(struct oci_repository *r, const struct oci_select *group,
    struct ferry_error *err)
{
	bool *chosen = NULL;
	int n = 0;

	if (r->tags_n > 0 &&
	    (ferry_calloc(&chosen, r->tags_n, sizeof(*chosen), err) == -1 ||
		(n = ferry_tags_select(&group->selection, r->tags, r->tags_n,
		     chosen, err)) == -1))
		goto fail;
	for (size_t i = 0; i < r->tags_n; i++)
		if (chosen[i] &&
		    ferry_oci_ref_want(r, r->tags[i], 0, NULL, NULL, err) == -1)
			goto fail;
	free(chosen);
	return n;
fail:
	free(chosen);
	return -1;
}

/* Whether a tag is left out for what it looks like: it only names what belongs
 * to a digest, and nobody wants it by its name. */
static bool
is_signature(const struct oci_repository *r, const char *tag)
{
	char digest[FERRY_OCI_DIGEST_TEXT];

	return ferry_oci_fallback_parse(ferry_bytes_str(tag), digest) &&
	       ferry_table_find(&r->refs, tag) == NULL;
}

#define SIGNATURES                                                             \
	"look like signatures, which come with what they sign; 'signatures = " \
	"true' of the group selects them as they are"

/* A group that selects nothing is more likely a mistake than a wish. */
static int
select_all(struct oci_repository *r, struct ferry_error *err)
{
	struct ferry_error why = FERRY_ERROR_INIT;
	char item[OCI_ITEM_MAX], tags[FERRY_COUNT_TEXT];
	size_t signatures = 0;
	int n;

	ferry_oci_item(item, r->entry.key, NULL);
	for (const struct oci_select *s = r->selects; s != NULL; s = s->next) {
		if ((n = select_tags(r, s, err)) == -1)
			return -1;
		if (n > 0 || s->may_be_empty)
			continue;
		for (size_t i = 0; i < r->tags_n; i++)
			signatures += is_signature(r, r->tags[i]);
		ferry_error_set(&why, FERRY_EUNRESOLVED,
		    "it has %s, and none is what the select group asks for%s",
		    ferry_count_text(r->tags_n, "tag", tags),
		    signatures == 0 ? "" : "; some " SIGNATURES);
		ferry_run_fail(r->oci->run, item, &why);
	}
	return 0;
}

static int ask_page(struct job *job, struct ferry_error *err);

/* Returns: 1 there is more, 0 all is here, -1. */
static int
take_page(struct job *job, const struct ferry_fetch_result *result,
    struct ferry_bytes body, struct ferry_error *err)
{
	struct oci *oci = job->repository->oci;
	char type[FERRY_MEDIA_TYPE_MAX], *next = NULL;
	int more;

	if (result->error.code != FERRY_OK) {
		*err = result->error;
		return -1;
	}
	if (read_page(job, body, err) == -1)
		return ferry_error_in(err, "%s answered %s to the tag list",
		    oci->up->name,
		    *ferry_answer_type(result, type) == 0 ? "something" : type);
	if ((more = ferry_answer_next(
		 result, oci->up->url, job->url, &next, err)) != 1)
		return more;
	job->pages.items = job->n;
	if (ferry_pages_add(
		&job->pages, "the tag list", ++job->came, next, err) == -1) {
		free(next);
		return -1;
	}
	free(job->url);
	job->url = next;
	return 1;
}

static void
on_page(
    void *ctx, const struct ferry_fetch_result *result, struct ferry_bytes body)
{
	struct job *job = ctx;
	struct oci_repository *r = job->repository;
	struct ferry_error err = FERRY_ERROR_INIT, why = FERRY_ERROR_INIT;
	int more = take_page(job, result, body, &why), rc = 0;
	char item[OCI_ITEM_MAX];

	if (more == 1) {
		if (ask_page(job, &err) == -1) {
			job_free(job);
			ferry_run_fatal(r->oci->run, &err);
		}
		return;
	}
	if (more == -1 && why.code == FERRY_ENOTFOUND)
		rc = ferry_oci_list_compare(r, &err);
	if (more == -1) {
		r->listing = OCI_FAILED;
		ferry_oci_item(item, r->entry.key, NULL);
		if (r->if_there && why.code == FERRY_ENOTFOUND)
			ferry_run_skip(r->oci->run, item,
			    "is listed, but its registry does not serve it");
		else if (r->gone_n == 0 ||
			 r->oci->withdrawn == FERRY_WITHDRAWN_HIDE)
			ferry_run_fail(r->oci->run, item, &why);
		else
			ferry_oci_repository_answered(r);
	} else {
		r->listing = OCI_DONE;
		ferry_oci_repository_answered(r);
		if ((rc = ferry_oci_tags_sort(r, job->n, &err)) == 0 &&
		    (rc = select_all(r, &err)) == 0)
			rc = ferry_oci_list_compare(r, &err);
		if (rc == 0)
			rc = ferry_oci_pump(r->oci, &err);
	}
	job_free(job);
	if (rc == -1)
		ferry_run_fatal(r->oci->run, &err);
}

static int
ask_page(struct job *job, struct ferry_error *err)
{
	struct oci_repository *r = job->repository;
	struct ferry_ask a = {
		.origin = &r->oci->up->origin,
		.url = job->url,
		.accept = "application/json",
		.scope = r->scope,
		.max_size = PAGE_MAX,
		.ctx = job,
		.on_done = on_page,
		.on_drop = job_free,
	};

	return ferry_run_ask(r->oci->run, &a, err);
}

int
ferry_oci_list_ask(struct oci_repository *r, struct ferry_error *err)
{
	struct ferry_buf url = FERRY_BUF_INIT;
	struct job *job;

	if (r->refused || r->listing != OCI_NEW)
		return 0;
	if (ferry_oci_url(&url, r, "tags", "list?n=" PAGE_TAGS, err) == -1 ||
	    ferry_calloc(&job, 1, sizeof(*job), err) == -1) {
		ferry_buf_free(&url);
		return -1;
	}
	job->repository = r;
	job->url = (char *)url.p;
	job->pages.max = PAGES_MAX;
	r->listing = OCI_WORKING;
	if (ferry_pages_add(&job->pages, "the tag list", 0, job->url, err) ==
		-1 ||
	    ask_page(job, err) == -1) {
		job_free(job);
		return -1;
	}
	return 0;
}

/* A group that wants all tags leaves these out; of some there is no image in
 * this repository (COSIGN_REPOSITORY). */
static void
say_left_out(struct oci_repository *r, size_t n)
{
	char item[OCI_ITEM_MAX], tags[FERRY_COUNT_TEXT], text[300];
	const struct oci_select *s = r->selects;

	while (s != NULL &&
	       (s->selection.n > 0 || s->selection.versions != NULL ||
		   s->selection.latest > 0 || s->selection.signatures))
		s = s->next;
	if (n == 0 || s == NULL || r->said_left_out)
		return;
	r->said_left_out = true;
	ferry_oci_item(item, r->entry.key, NULL);
	(void)snprintf(text, sizeof(text),
	    "%s of what is not in this repository: they " SIGNATURES,
	    ferry_count_text(n, "tag", tags));
	ferry_run_skip(r->oci->run, item, text);
}

int
ferry_oci_list_signatures(struct oci_repository *r, struct ferry_error *err)
{
	const struct ferry_recorded of = ferry_oci_recorded(r);
	char digest[FERRY_OCI_DIGEST_TEXT];
	size_t left_out = 0;
	int found = 0, rc;

	if (r->listing != OCI_DONE || r->oci->run->dry_run ||
	    r->oci->referrers == OCI_REFERRERS_OFF)
		return 0;
	for (size_t i = 0; i < r->tags_n; i++) {
		json_t *record = NULL;

		if (!ferry_oci_fallback_parse(
			ferry_bytes_str(r->tags[i]), digest) ||
		    ferry_table_find(&r->refs, r->tags[i]) != NULL)
			continue;
		if ((rc = ferry_recorded_get(&of, digest, &record, err)) == -1)
			return -1;
		rc = rc == 1 && !ferry_removal_is(record);
		json_decref(record);
		if (rc == 1 &&
		    ferry_oci_ref_want(r, r->tags[i], 0, NULL, NULL, err) == -1)
			return -1;
		found += rc;
		left_out += rc == 0;
	}
	if (found == 0)
		say_left_out(r, left_out);
	return found;
}
