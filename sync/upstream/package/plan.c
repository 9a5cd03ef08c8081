/* What a dry run says of a version. */

#include <stdlib.h>

#include "sync/upstream/package/job.h"

/* A size that is asked for; entry is of the plan. */
struct asked_size {
	const struct ferry_packages *packages;
	json_t *entry;
};

static void
drop_size(void *ctx)
{
	struct asked_size *asked = ctx;

	json_decref(asked->entry);
	free(asked);
}

/* What upstream does not tell stays unknown. */
static enum ferry_fetch_verdict
on_size(void *ctx, const struct ferry_fetch_result *result)
{
	struct asked_size *asked = ctx;

	if (result->error.code == FERRY_OK && result->length > 0)
		(void)json_object_set_new(asked->entry,
		    asked->packages->format->plan_size,
		    json_integer((json_int_t)result->length));
	drop_size(asked);
	return FERRY_FETCH_DONE;
}

static int
ask_size(const struct ferry_job *job, json_t *entry, struct ferry_error *err)
{
	struct ferry_packages *packages = job->package->packages;
	struct ferry_fetch_request request = { .origin = &packages->up->origin,
		.url = job->files[0].url,
		.head = true,
		.on_done = on_size,
		.on_drop = drop_size };
	struct asked_size *asked = NULL;

	if (ferry_packages_check_url(
		packages, packages->format->file, request.url, err) == -1 ||
	    ferry_calloc(&asked, 1, sizeof(*asked), err) == -1)
		return -1;
	asked->packages = packages;
	asked->entry = json_incref(entry);
	request.ctx = asked;
	if (ferry_fetch_add(packages->run->fetch, &request, err) == 0)
		return 0;
	drop_size(asked);
	return -1;
}

int
ferry_job_plan(
    const struct ferry_job *job, const char *item, struct ferry_error *err)
{
	const struct ferry_packages *packages = job->package->packages;
	const struct ferry_package_format *format = packages->format;
	uint64_t size = format->size == NULL ? 0 : format->size(job->listed);
	json_t *entry = json_pack("{s:s}", "item", item);

	/* A size that is not known is none, for programs, too. */
	if (entry == NULL ||
	    (size > 0 && json_object_set_new(entry, format->plan_size,
			     json_integer((json_int_t)size)) == -1) ||
	    json_array_append_new(packages->run->plan, entry) == -1)
		return ferry_error_set(err, FERRY_ENOMEM, "no memory");
	packages->run->added++;
	return !format->asks_size || job->files_n == 0
	           ? 0
	           : ask_size(job, entry, err);
}
