#include "store/recipe/plan.h"

#include <stdlib.h>

#include "store/base/error.h"
#include "store/recipe/model.h"
#include "store/recipe/varint.h"

int
ferry_plan_add(struct ferry_plan *plan, const struct ferry_plan_stream *stream,
    struct ferry_error *err)
{

	if (ferry_array_grow(&plan->v, &plan->cap, plan->n + 1,
		sizeof(plan->v[0]), err) == -1)
		return -1;
	plan->v[plan->n++] = *stream;
	return 0;
}

void
ferry_plan_free(struct ferry_plan *plan)
{

	free(plan->v);
}

size_t
ferry_plan_outer(const struct ferry_plan *plan)
{
	size_t n = 0, inner = 0;

	for (size_t i = 0; i < plan->n; i++) {
		if (inner == 0)
			n++;
		else
			inner--;
		inner += plan->v[i].children;
	}
	return n;
}

int
ferry_plan_write_places(const struct ferry_plan *plan, struct ferry_buf *buf,
    struct ferry_error *err)
{

	for (size_t i = 0; i < plan->n; i++)
		if (ferry_varint_add(buf, plan->v[i].before, err) == -1 ||
		    ferry_varint_add(buf, plan->v[i].span, err) == -1 ||
		    ferry_varint_add(buf, plan->v[i].children, err) == -1)
			return -1;
	return 0;
}

int
ferry_plan_write_models(const struct ferry_plan *plan, struct ferry_buf *buf,
    struct ferry_error *err)
{

	for (size_t i = 0; i < plan->n; i++)
		if (ferry_buf_add(buf, &plan->v[i].model, 1, err) == -1)
			return -1;
	for (size_t i = 0; i < plan->n; i++)
		if (ferry_buf_add(buf, &plan->v[i].padding, 1, err) == -1)
			return -1;
	return 0;
}

static int
read_places(struct ferry_plan *plan, struct ferry_bytes *text, size_t n,
    uint64_t size, struct ferry_error *err)
{
	uint64_t children;

	for (size_t i = 0; i < n; i++) {
		struct ferry_plan_stream s = { 0, 0, 0, 0, 0 };

		if (ferry_varint_take(text, size, "place of a stream",
			&s.before, err) == -1 ||
		    ferry_varint_take(
			text, size, "size of a stream", &s.span, err) == -1 ||
		    ferry_varint_take(text, n - i - 1, "streams in a stream",
			&children, err) == -1)
			return -1;
		s.children = (uint32_t)children;
		if (ferry_plan_add(plan, &s, err) == -1)
			return -1;
	}
	return 0;
}

static int
read_models(
    struct ferry_plan *plan, struct ferry_bytes *text, struct ferry_error *err)
{
	struct ferry_bytes models, padding;

	if (ferry_varint_bytes(text, plan->n, "models", &models, err) == -1 ||
	    ferry_varint_bytes(
		text, plan->n, "ends of streams", &padding, err) == -1)
		return -1;
	for (size_t i = 0; i < plan->n; i++) {
		if (ferry_model_find(models.p[i]) == NULL)
			return ferry_error_set(err, FERRY_ENEWER,
			    "model %u is not known here", models.p[i]);
		if (padding.p[i] > 127)
			return ferry_error_set(err, FERRY_EFORMAT,
			    "eight bits behind the end of a stream");
		plan->v[i].model = models.p[i];
		plan->v[i].padding = padding.p[i];
	}
	return 0;
}

/* A stream that others lie in, while they are looked at. */
struct frame {
	size_t left; /* streams that are still to come in it */
	uint64_t room; /* bytes that are left for them */
};

/*
 * Each stream fits into what is left of what it lies in.  Iterative, as a plan
 * from outside decides how deep it goes.
 */
static int
check_places(
    const struct ferry_plan *plan, uint64_t size, struct ferry_error *err)
{
	struct frame stack[FERRY_PLAN_DEPTH + 1];
	size_t depth = 0;

	stack[0].left = plan->n; /* the last one ends with the plan */
	stack[0].room = size;
	for (size_t i = 0; i < plan->n; i++) {
		const struct ferry_plan_stream *s = &plan->v[i];

		while (depth > 0 && stack[depth].left == 0)
			depth--;
		if (s->before > stack[depth].room ||
		    s->span > stack[depth].room - s->before)
			return ferry_error_set(err, FERRY_ELIMIT,
			    "stream %zu does not lie where it should", i);
		stack[depth].room -= s->before + s->span;
		stack[depth].left--;
		if (s->children == 0)
			continue;
		if (depth + 1 == FERRY_PLAN_DEPTH)
			return ferry_error_set(err, FERRY_ELIMIT,
			    "streams within streams, %d deep at most",
			    FERRY_PLAN_DEPTH);
		depth++;
		stack[depth].left = s->children;
		stack[depth].room = s->span;
	}
	for (; depth > 0; depth--)
		if (stack[depth].left != 0)
			return ferry_error_set(
			    err, FERRY_EFORMAT, "streams are missing");
	return 0;
}

int
ferry_plan_read(struct ferry_plan *plan, struct ferry_bytes text, size_t n,
    uint64_t size, struct ferry_error *err)
{

	if (read_places(plan, &text, n, size, err) == -1 ||
	    read_models(plan, &text, err) == -1)
		return -1;
	if (text.n > 0)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "more than the plan of the streams");
	return check_places(plan, size, err);
}
