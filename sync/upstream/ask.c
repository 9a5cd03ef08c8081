/* Small requests whose answers are looked at in memory and not kept. */

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

	ferry_buf_reset(&job->body);
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

/* The URL of the link-value with rel=next; n is 0 if there is none.
 * Source: RFC 8288, section 3. */
static struct ferry_bytes
next_link(const char *value)
{
	const char *p = value, *url, *end, *stop;

	while ((url = strchr(p, '<')) != NULL &&
	       (end = strchr(url, '>')) != NULL) {
		/* The parameters go up to the next '<', or to the end. */
		stop = strchr(end, '<');
		if (stop == NULL)
			stop = end + strlen(end);
		for (p = end; p < stop; p++)
			if (strncmp(p, "rel=next", 8) == 0 ||
			    strncmp(p, "rel=\"next\"", 10) == 0)
				return ferry_bytes_of(
				    url + 1, (size_t)(end - url) - 1);
		p = stop;
	}
	return ferry_bytes_of("", 0);
}

int
ferry_answer_next(const struct ferry_fetch_result *result, const char *base,
    const char *url, char **out, struct ferry_error *err)
{
	const char *value = ferry_fetch_header(result, "Link", 0);
	struct ferry_bytes next = next_link(value == NULL ? "" : value);
	char *reference = NULL;
	int rc = -1;

	if (next.n == 0)
		return 0;
	if (ferry_strndup(&reference, next, err) == -1 ||
	    ferry_fetch_url_resolve(out, url, reference, err) == -1)
		goto out;
	if (!ferry_fetch_url_same_origin(base, *out)) {
		ferry_error_set(err, FERRY_EDENIED,
		    "the next page is said to be at another host: %.200s",
		    *out);
		free(*out);
		*out = NULL;
		goto out;
	}
	rc = 1;
out:
	free(reference);
	return rc;
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
