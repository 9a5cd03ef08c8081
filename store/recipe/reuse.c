#include "store/recipe/reuse.h"

#include <assert.h>
#include <stdlib.h>

#include "store/base/error.h"

int
ferry_reuse_new(struct ferry_reuse **out,
    const struct ferry_reuse_stream *streams, size_t n, struct ferry_error *err)
{

	if (ferry_calloc(out, 1, sizeof(**out), err) == -1)
		return -1;
	(*out)->streams = streams;
	(*out)->n = (*out)->stream = n;
	return 0;
}

void
ferry_reuse_free(struct ferry_reuse *r)
{

	free(r);
}

bool
ferry_reuse_seek(struct ferry_reuse *r, size_t stream, uint64_t at)
{

	assert(stream < r->n);
	if (r->stream != stream || r->tape.at > at) {
		r->steps += r->tape.steps;
		r->stream = stream;
		ferry_tape_begin(&r->tape, r->streams[stream].deflated);
	}
	return ferry_tape_seek(&r->tape, at);
}

uint64_t
ferry_reuse_steps(const struct ferry_reuse *r)
{

	return r->steps + r->tape.steps;
}
