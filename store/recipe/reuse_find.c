#include "store/recipe/reuse_find.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/recipe/reuse_runs.h"
#include "store/recipe/spool.h"

#define LEAST 400 /* bytes for which a copy is worth its place */
#define ALIKE 8 /* streams of a size that are compared */
#define FEW 1024 /* tokens that are read ahead, before it is read on */
#define SEARCHING 8 /* times what reading a byte's tokens costs, about */
#define PASS (4U << 20) /* after as many bytes views are passed */

/* A stream of the base by the size of its content. */
struct sized {
	uint64_t size;
	size_t index;
};

/*
 * run: where content is the base's, the next one or the one at hand.  copying:
 * map.here is of a copy that reaches to end.  left: steps that may be spent.
 */
struct ferry_finder {
	struct ferry_bytes image;
	struct sized *sized;
	struct ferry_reuse *base;
	struct ferry_reuse_places places;
	struct ferry_tape *tape; /* of the stream at hand */
	struct ferry_bytes raw;
	struct ferry_reuse_run run;
	struct ferry_copies *copies;
	struct ferry_copy_map map;
	bool copying;
	size_t end;
	struct ferry_bytes mapped;
	size_t passed; /* of the image */
	uint64_t left;
};

static int
by_size(const void *a, const void *b)
{
	const struct sized *x = a, *y = b;

	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

int
ferry_finder_new(struct ferry_finder **out, struct ferry_bytes image,
    const struct ferry_reuse_stream *streams, size_t n, uint64_t steps,
    struct ferry_error *err)
{
	struct ferry_finder *f;

	if (ferry_calloc(&f, 1, sizeof(*f), err) == -1)
		return -1;
	f->image = image;
	f->left = steps;
	if (ferry_calloc(&f->sized, n + 1, sizeof(*f->sized), err) == -1 ||
	    ferry_calloc(&f->tape, 1, sizeof(*f->tape), err) == -1 ||
	    ferry_reuse_new(&f->base, streams, n, err) == -1) {
		ferry_finder_free(f);
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		f->sized[i] = (struct sized){ streams[i].n, i };
	if (n > 0)
		qsort(f->sized, n, sizeof(*f->sized), by_size);
	*out = f;
	return 0;
}

void
ferry_finder_free(struct ferry_finder *f)
{

	if (f == NULL)
		return;
	ferry_reuse_free(f->base);
	ferry_copy_map_free(&f->map);
	ferry_reuse_places_free(&f->places);
	free(f->sized);
	free(f->tape);
	free(f);
}

void
ferry_finder_heed(struct ferry_finder *f, struct ferry_bytes mapped)
{

	f->mapped = mapped;
}

size_t
ferry_finder_next(const struct ferry_finder *f)
{

	return f->base->next;
}

void
ferry_finder_set_next(struct ferry_finder *f, size_t next)
{

	f->base->next = next;
}

static bool
is_same(const struct ferry_finder *f, size_t i, struct ferry_bytes deflated)
{
	const struct ferry_reuse_stream *s = &f->base->streams[i];

	return s->deflated.n == deflated.n &&
	       memcmp(s->deflated.p, deflated.p, deflated.n) == 0;
}

size_t
ferry_finder_whole(const struct ferry_finder *f, struct ferry_bytes deflated,
    struct ferry_bytes raw)
{
	size_t low = 0, high = f->base->n;

	if (f->base->next < f->base->n && is_same(f, f->base->next, deflated))
		return f->base->next;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (f->sized[middle].size < raw.n)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = low; i < f->base->n && i < low + ALIKE; i++)
		if (is_same(f, f->sized[i].index, deflated))
			return f->sized[i].index;
	return SIZE_MAX;
}

int
ferry_finder_begin(struct ferry_finder *f, struct ferry_bytes deflated,
    struct ferry_bytes raw, struct ferry_copies *copies,
    struct ferry_error *err)
{

	if (f->places.slots == NULL &&
	    ferry_reuse_places_make(&f->places, f->image, err) == -1)
		return -1;
	f->raw = raw;
	f->copies = copies;
	f->copying = false;
	memset(&f->run, 0, sizeof(f->run));
	ferry_tape_begin(f->tape, deflated);
	ferry_copy_map_begin(&f->map);
	ferry_copies_begin(copies, f->base->next);
	return 0;
}

static bool
next_run(struct ferry_finder *f)
{

	return ferry_reuse_run_find(&f->places, f->image, f->base->streams,
	    f->base->n, f->raw, &f->run);
}

/* Have a run that reaches far enough behind at, the next one if need be. */
static bool
have_run(struct ferry_finder *f, size_t at)
{

	while (f->run.more && f->run.to < at + FERRY_DEFLATE_WINDOW)
		(void)ferry_reuse_run_extend(
		    &f->run, f->image, f->base->streams, f->raw);
	while (f->run.to <= at + (f->copying ? 0 : FERRY_REUSE_LEAST))
		if (f->copying || !next_run(f))
			return false;
	return true;
}

/* Whether it pays to read to there, from the stream's beginning if need be. */
static bool
is_near(const struct ferry_finder *f, size_t at)
{
	size_t from = at < f->run.from ? f->run.from : at;
	uint64_t there = f->run.base + (from - f->run.from);
	const struct ferry_reuse *b = f->base;

	if (b->stream == f->run.stream && b->tape.at <= there)
		there -= b->tape.at;
	return f->run.more || there / SEARCHING <= f->run.to - from;
}

static void
read_on(struct ferry_tape *t)
{

	if (t->n - t->first < FEW && !t->over && t->gap == 0)
		ferry_tape_fill(t);
}

/* How many of the next tokens are the same, up to the last match, or to the end
 * of the content; *end is where they end. */
static size_t
compare(const struct ferry_finder *f, size_t at, size_t *end)
{
	const struct ferry_tape *mine = f->tape, *base = &f->base->tape;
	const struct ferry_token *p = mine->tokens + mine->first;
	const struct ferry_token *q = base->tokens + base->first;
	size_t max = mine->n - mine->first, same = 0;

	if (max > base->n - base->first)
		max = base->n - base->first;
	*end = at;
	for (size_t i = 0; i < max; i++) {
		unsigned span = ferry_token_span(p[i]);

		if (p[i].length != q[i].length || span > f->run.to - at)
			break;
		if (p[i].length > 0 && ferry_copy_map_distance(&f->map, q[i],
					   at, f->raw) != p[i].distance)
			break;
		at += span;
		if (p[i].length > 0 || at == f->raw.n) {
			same = i + 1;
			*end = at;
		}
	}
	return same;
}

/* The copy at hand has ended. */
static int
end_copy(struct ferry_finder *f, struct ferry_error *err)
{
	struct ferry_copy copy = f->map.here;

	f->copying = false;
	copy.n = f->end - copy.at;
	if (ferry_copy_map_leave(&f->map, copy.n, err) == -1)
		return -1;
	return ferry_copies_add(f->copies, &copy, err);
}

/* What was looked at of the image is the system's again. */
static void
pass(struct ferry_finder *f, size_t at)
{
	const struct ferry_reuse_stream *s = &f->base->streams[f->run.stream];
	size_t there = (size_t)s->at + f->run.base + (at - f->run.from);

	if (there < f->passed + PASS && there >= f->passed)
		return;
	ferry_spool_pass_view(ferry_bytes_of(f->image.p, there));
	ferry_spool_pass_view(f->mapped);
	f->passed = there;
}

/* The same where a run is at hand; *end is where the tokens end. */
static size_t
look_into_run(struct ferry_finder *f, size_t at, size_t *end, size_t *again)
{
	struct ferry_copy here = { at, 0, f->run.stream,
		f->run.base + (at - f->run.from) };
	struct ferry_tape *base = &f->base->tape;
	size_t n;

	*end = at;
	if (!ferry_tape_seek(f->tape, at)) {
		*again = f->tape->at > at ? (size_t)f->tape->at : SIZE_MAX;
		return 0;
	}
	if (!ferry_reuse_seek(f->base, here.stream, here.from)) {
		*again = base->at > here.from
		             ? at + (size_t)(base->at - here.from)
		             : f->run.to;
		return 0;
	}
	read_on(f->tape);
	read_on(base);
	if (!f->copying)
		ferry_copy_map_enter(&f->map, &here);
	n = compare(f, at, end);
	if (n > 0 && (f->copying || *end - at >= LEAST || *end == f->raw.n))
		return n;
	*again = *end > at ? *end : at + 1;
	return 0;
}

/* How many tokens are a copy from at on, or go on with the one at hand. */
static size_t
look(struct ferry_finder *f, size_t at, size_t *end, size_t *again)
{

	*again = SIZE_MAX;
	if (f->left == 0 || !have_run(f, at))
		return 0;
	while (!f->copying && !is_near(f, at))
		if (!next_run(f))
			return 0;
	if (at >= f->run.from)
		return look_into_run(f, at, end, again);
	*again = f->run.from;
	return 0;
}

int
ferry_finder_look(struct ferry_finder *f, size_t at, size_t *n, size_t *again,
    struct ferry_error *err)
{
	uint64_t began = ferry_reuse_steps(f->base), spent;
	size_t end;

	*n = look(f, at, &end, again);
	if (*n == 0 && f->copying) {
		if (end_copy(f, err) == -1)
			return -1;
		*n = look(f, at, &end, again);
	}
	spent = ferry_reuse_steps(f->base) - began;
	f->left -= spent < f->left ? spent : f->left;
	if (*n == 0)
		return 0;
	ferry_tape_take(f->tape, *n);
	ferry_tape_take(&f->base->tape, *n);
	f->copying = true;
	f->end = end;
	pass(f, at);
	return 0;
}
