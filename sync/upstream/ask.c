#include "sync/upstream/ask.h"

#include <stdlib.h>
#include <string.h>

#include "sync/upstream/run.h"

struct job {
	struct ferry_ask ask; /* its strings are the fetch's copies */
	struct ferry_buf body;
};

static void
job_free(struct job *job)
{

	ferry_buf_free(&job->body);
	free(job);
}

static void
on_drop(void *ctx)
{
	struct job *job = ctx;

	if (job->ask.on_drop != NULL)
		job->ask.on_drop(job->ask.ctx);
	job_free(job);
}

static void
on_start(void *ctx)
{
	struct job *job = ctx;

	ferry_buf_free(&job->body);
}

static int
on_data(void *ctx, const void *p, size_t n, struct ferry_error *err)
{
	struct job *job = ctx;

	return ferry_buf_add(&job->body, p, n, err);
}

static enum ferry_fetch_verdict
on_done(void *ctx, const struct ferry_fetch_result *result)
{
	struct job *job = ctx;

	if (result->error.code != FERRY_OK)
		ferry_buf_reset(&job->body);
	job->ask.on_done(job->ask.ctx, result, ferry_bytes_buf(&job->body));
	job_free(job);
	return FERRY_FETCH_DONE;
}

int
ferry_run_ask(
    struct ferry_run *run, const struct ferry_ask *ask, struct ferry_error *err)
{
	struct ferry_fetch_request request = {
		.origin = ask->origin,
		.url = ask->url,
		.accept = ask->accept,
		.scope = ask->scope,
		.extra = ask->extra,
		.post = ask->post,
		.if_none_match = ask->if_none_match,
		.document = true,
		.head = ask->method == FERRY_ASK_HEAD,
		.max_size = ask->max_size,
		.on_start = on_start,
		.on_data = on_data,
		.on_done = on_done,
		.on_drop = on_drop,
	};
	struct job *job;

	if (ferry_calloc(&job, 1, sizeof(*job), err) == -1)
		return -1;
	job->ask = *ask;
	request.ctx = job;
	if (ferry_fetch_add(run->fetch, &request, err) == -1) {
		job_free(job);
		return -1;
	}
	return 0;
}

const char *
ferry_answer_type(
    const struct ferry_fetch_result *result, char buf[FERRY_MEDIA_TYPE_MAX])
{
	const char *value = ferry_fetch_header(result, "Content-Type", 0);
	size_t n = value == NULL ? 0 : strcspn(value, "; \t,");

	if (n >= FERRY_MEDIA_TYPE_MAX)
		n = 0;
	for (size_t i = 0; i < n; i++)
		buf[i] =
		    (char)(value[i] >= 'A' && value[i] <= 'Z' ? value[i] + 32
							      : value[i]);
	buf[n] = 0;
	return buf;
}
