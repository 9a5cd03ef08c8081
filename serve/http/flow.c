#include "serve/http/flow.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/http/exchange.h"
#include "store/base/error.h"

#define BLOCK (128U << 10)

/* One answer that is made of it. */
struct reader {
	struct ferry_flow *flow;
	struct exchange *ex; /* NULL: it has ended */
	struct reader *next, **link; /* link: NULL unless it waits */
};

/* Invariant: readers wait only while it is open and they have read all. */
struct ferry_flow {
	pthread_mutex_t lock;
	unsigned refs;
	int fd;
	uint64_t size;
	bool closed;
	enum ferry_flow_end end;
	struct reader *waiting;
};

int
ferry_flow_new(struct ferry_flow **out, int fd, struct ferry_error *err)
{

	if (ferry_calloc(out, 1, sizeof(**out), err) == -1) {
		(void)close(fd);
		return -1;
	}
	(void)pthread_mutex_init(&(*out)->lock, NULL);
	(*out)->refs = 1;
	(*out)->fd = fd;
	return 0;
}

struct ferry_flow *
ferry_flow_ref(struct ferry_flow *flow)
{

	(void)pthread_mutex_lock(&flow->lock);
	flow->refs++;
	(void)pthread_mutex_unlock(&flow->lock);
	return flow;
}

void
ferry_flow_unref(struct ferry_flow *flow)
{
	unsigned refs;

	if (flow == NULL)
		return;
	(void)pthread_mutex_lock(&flow->lock);
	refs = --flow->refs;
	(void)pthread_mutex_unlock(&flow->lock);
	if (refs > 0)
		return;
	(void)pthread_mutex_destroy(&flow->lock);
	(void)close(flow->fd);
	free(flow);
}

static void
unlist(struct reader *r)
{

	if (r->link == NULL)
		return;
	*r->link = r->next;
	if (r->next != NULL)
		r->next->link = r->link;
	r->link = NULL;
}

/* With the lock: those who wait look again. */
static void
wake(struct ferry_flow *flow)
{

	while (flow->waiting != NULL) {
		struct reader *r = flow->waiting;

		unlist(r);
		ferry_exchange_resume(r->ex);
	}
}

void
ferry_flow_grow(struct ferry_flow *flow, uint64_t size)
{

	(void)pthread_mutex_lock(&flow->lock);
	if (size > flow->size && !flow->closed) {
		flow->size = size;
		wake(flow);
	}
	(void)pthread_mutex_unlock(&flow->lock);
}

void
ferry_flow_close(struct ferry_flow *flow, enum ferry_flow_end end)
{
	struct stat sb;

	(void)pthread_mutex_lock(&flow->lock);
	if (!flow->closed) {
		flow->closed = true;
		flow->end = end;
		if (end == FERRY_FLOW_WHOLE && fstat(flow->fd, &sb) == 0)
			flow->size = (uint64_t)sb.st_size;
		wake(flow);
	}
	(void)pthread_mutex_unlock(&flow->lock);
}

/* With the lock, at the end of what is there. */
static ssize_t
at_end(struct reader *r)
{
	struct ferry_flow *flow = r->flow;

	if (flow->closed && flow->end == FERRY_FLOW_WHOLE)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (flow->closed)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (r->link == NULL) {
		r->next = flow->waiting;
		r->link = &flow->waiting;
		if (r->next != NULL)
			r->next->link = &r->next;
		flow->waiting = r;
	}
	if (!r->ex->let_go && ferry_exchange_suspend(r->ex))
		return 0;
	unlist(r);
	return MHD_CONTENT_READER_END_WITH_ERROR;
}

static ssize_t
on_read(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct reader *r = cls;
	struct ferry_flow *flow = r->flow;
	uint64_t left;
	ssize_t n;

	(void)pthread_mutex_lock(&flow->lock);
	/* Of what did not come well nothing more is sent. */
	left = flow->closed && flow->end == FERRY_FLOW_BROKEN ? 0
	       : flow->size > pos                             ? flow->size - pos
	                                                      : 0;
	if (left == 0) {
		n = at_end(r);
		(void)pthread_mutex_unlock(&flow->lock);
		return n;
	}
	(void)pthread_mutex_unlock(&flow->lock);
	do
		n = pread(
		    flow->fd, buf, left < max ? (size_t)left : max, (off_t)pos);
	while (n == -1 && errno == EINTR);
	if (n <= 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	r->ex->bytes += (uint64_t)n;
	return n;
}

static void
on_reader_done(void *cls)
{
	struct reader *r = cls;

	(void)pthread_mutex_lock(&r->flow->lock);
	unlist(r);
	(void)pthread_mutex_unlock(&r->flow->lock);
	if (r->ex != NULL)
		r->ex->reader = NULL;
	ferry_flow_unref(r->flow);
	free(r);
}

void
ferry_flow_leave(struct exchange *ex)
{
	struct reader *r = ex->reader;

	if (r == NULL)
		return;
	(void)pthread_mutex_lock(&r->flow->lock);
	unlist(r);
	(void)pthread_mutex_unlock(&r->flow->lock);
	r->ex = NULL;
	ex->reader = NULL;
}

struct MHD_Response *
ferry_flow_response(struct ferry_flow *flow, struct exchange *ex)
{
	struct reader *r = calloc(1, sizeof(*r));
	struct MHD_Response *out;
	uint64_t size = MHD_SIZE_UNKNOWN;

	if (r == NULL)
		return NULL;
	r->flow = ferry_flow_ref(flow);
	r->ex = ex;
	ex->reader = r;
	(void)pthread_mutex_lock(&flow->lock);
	if (flow->closed && flow->end == FERRY_FLOW_WHOLE)
		size = flow->size;
	(void)pthread_mutex_unlock(&flow->lock);
	out = MHD_create_response_from_callback(
	    size, BLOCK, on_read, r, on_reader_done);
	if (out == NULL)
		on_reader_done(r);
	return out;
}
