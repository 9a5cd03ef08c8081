#include "store/recipe/reuse_find.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/recipe/reuse_places.h"

#define LEAST 256 /* bytes for which a copy is worth its place */
#define ALIKE 8 /* streams of a size that are compared */
#define FEW 1024 /* tokens that are read ahead, before it is read on */
#define SEARCHING 8 /* times what reading a byte's tokens costs, about */
#define CHANCE 128 /* bytes that are alike by chance */
#define FORGET 1024 /* bytes: what is not seen again in them was chance */
#define SIGHTS 4 /* that are remembered */
#define BEFORE 512 /* bytes: what has a place may begin so much before it */
#define COMPARED (1U << 20) /* bytes at a time */

/* A stream of the base by the size of its content. */
struct sized {
	uint64_t size;
	size_t index;
};

/* Where the base seems to go on from a place on: content is the same up to end, and
 * tokens now and then, lately at seen. */
struct sight {
	struct ferry_copy first; /* n 0: none */
	uint64_t end, seen;
};

/*
 * scan, row: of the stream at hand, ahead of tape.  anchor: the next place that the
 * base has, too.  step: where the base goes on as the content does, what is looked
 * at.  copying: map.here is of a copy that reaches to end.  left, compare: steps and
 * bytes to be spent; since: bytes that were compared, since it was heeded.
 */
struct ferry_finder {
	struct sized *sized;
	struct ferry_reuse *base;
	struct ferry_reuse_places places;
	struct ferry_tape *tape, *scan; /* of the stream at hand */
	struct ferry_reuse_row row;
	struct ferry_bytes raw;
	bool over; /* there are no more anchors */
	struct ferry_copy anchor; /* n 0: none yet */
	struct ferry_copy step;
	struct sight sights[SIGHTS];
	struct ferry_copies *copies;
	struct ferry_copy_map map;
	bool copying;
	size_t end;
	const struct ferry_heed *heed;
	uint64_t left, compare, since;
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
ferry_finder_new(struct ferry_finder **out,
    const struct ferry_reuse_stream *streams, size_t n, uint64_t steps,
    struct ferry_error *err)
{
	struct ferry_finder *f;

	if (ferry_calloc(&f, 1, sizeof(*f), err) == -1)
		return -1;
	f->left = steps;
	if (ferry_calloc(&f->sized, n + 1, sizeof(*f->sized), err) == -1 ||
	    ferry_calloc(&f->tape, 1, sizeof(*f->tape), err) == -1 ||
	    ferry_calloc(&f->scan, 1, sizeof(*f->scan), err) == -1 ||
	    ferry_reuse_new(&f->base, streams, n, err) == -1) {
		ferry_finder_free(f);
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		f->sized[i] = (struct sized){ streams[i].content.n, i };
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
	free(f->scan);
	free(f);
}

void
ferry_finder_heed(struct ferry_finder *f, const struct ferry_heed *heed)
{

	f->heed = heed;
	f->tape->heed = f->scan->heed = f->base->tape.heed = heed;
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
	    ferry_reuse_places_make(&f->places, f->base->streams, f->base->n,
		f->left, f->heed, err) == -1)
		return -1;
	f->raw = raw;
	f->copies = copies;
	f->copying = false;
	f->anchor.n = 0;
	f->over = f->base->n == 0;
	memset(f->sights, 0, sizeof(f->sights));
	f->compare = 4 * (uint64_t)raw.n;
	/* It may be behind the last one. */
	f->step = (struct ferry_copy){
		.stream = f->base->next < f->base->n ? f->base->next : 0
	};
	memset(&f->row, 0, sizeof(f->row));
	ferry_tape_begin(f->tape, deflated);
	ferry_tape_begin(f->scan, deflated);
	ferry_copy_map_begin(&f->map);
	ferry_copies_begin(copies, f->base->next);
	return 0;
}

/* The stream that byte at of all contents lies in. */
static size_t
stream_of(const struct ferry_finder *f, uint64_t at)
{
	size_t low = 0, high = f->base->n;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (f->base->streams[middle].at <= at)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* What the base has at byte at, if it goes on with the content as it has there;
 * before its stream it begins at SIZE_MAX. */
static struct ferry_copy
in_step(const struct ferry_copy *there, size_t at)
{
	struct ferry_copy here = { at, 0, there->stream, SIZE_MAX };

	if (there->from + at >= there->at)
		here.from = there->from + at - there->at;
	return here;
}

static bool
is_in_step(const struct ferry_copy *a, const struct ferry_copy *b)
{

	return a->stream == b->stream && a->from + b->at == b->from + a->at;
}

/* Bytes from a place on that content and base have alike, as far as it matters. */
static size_t
count_alike(struct ferry_finder *f, const struct ferry_copy *a)
{
	const struct ferry_reuse_stream *s = &f->base->streams[a->stream];
	const uint8_t *p = f->raw.p + a->at, *q = s->content.p + a->from;
	size_t max = COMPARED, n = 0;

	if (max > f->raw.n - a->at)
		max = f->raw.n - a->at;
	if (max > s->content.n - a->from)
		max = (size_t)(s->content.n - a->from);
	if (max > f->compare)
		max = (size_t)f->compare;
	while (max - n >= 256 && memcmp(p + n, q + n, 256) == 0)
		n += 256;
	f->compare -= n;
	if (ferry_heed_due(n, &f->since))
		ferry_heed_pass(f->heed);
	return n;
}

/* What reading to a place of the base takes, from its stream's beginning if need
 * be, in bytes. */
static uint64_t
cost(const struct ferry_finder *f, const struct ferry_copy *a)
{
	const struct ferry_reuse *b = f->base;

	return b->stream == a->stream && b->tape.at <= a->from
	           ? a->from - b->tape.at
	           : a->from;
}

/* The row's place in the base that is nearest to where it would be in step.
 * Returns: whether it has one. */
static bool
find_place(const struct ferry_finder *f, struct ferry_copy *a)
{
	uint64_t near = f->base->streams[f->step.stream].at + f->step.from +
	                (a->at - f->step.at);
	uint64_t there;

	if (!ferry_reuse_places_find(&f->places, f->row.hash, near, &there))
		return false;
	a->stream = stream_of(f, there);
	a->from = there - f->base->streams[a->stream].at;
	return true;
}

/* The one that a place goes on with, or that it takes the place of. */
static struct sight *
see(struct ferry_finder *f, const struct ferry_copy *a)
{
	struct sight *oldest = &f->sights[0];

	for (size_t i = 0; i < SIGHTS; i++) {
		struct sight *s = &f->sights[i];

		if (s->first.n > 0 && is_in_step(&s->first, a) &&
		    a->at - s->seen <= FORGET) {
			s->seen = a->at;
			return s;
		}
		if (s->seen < oldest->seen)
			oldest = s;
	}
	oldest->first = *a;
	oldest->seen = a->at;
	oldest->end = a->at + count_alike(f, a);
	return oldest;
}

/*
 * Whether the row, which begins at a->at, is where the base goes on: in step, or
 * as it does elsewhere for so long that it is no chance and reading to there pays.
 */
static bool
is_anchor(struct ferry_finder *f, struct ferry_copy *a)
{
	const struct sight *s;
	uint64_t least;

	if (!find_place(f, a))
		return false;
	if (is_in_step(&f->step, a))
		return true;
	s = see(f, a);
	least = cost(f, a) / SEARCHING;
	if (least < CHANCE)
		least = CHANCE;
	return s->end >= a->at + least || a->at - s->first.at >= least;
}

/* Look for the next place from byte at on that the base has, too. */
static bool
find_anchor(struct ferry_finder *f, size_t at)
{
	struct ferry_tape *scan = f->scan;
	struct ferry_error why = FERRY_ERROR_INIT;

	if (scan->at < at)
		(void)ferry_tape_seek(scan, at);
	while (ferry_tape_more(scan)) {
		bool full = ferry_reuse_row_add(
		    &f->row, scan->at, scan->tokens[scan->first]);
		struct ferry_copy a = { f->row.end - f->row.size, 1, 0, 0 };

		ferry_tape_take(scan, 1);
		/* Who runs the model says that it is stopped. */
		if (ferry_heed_stopped(f->heed, &why) == -1)
			return false;
		if (!full || (f->row.hash & f->places.mask) != 0 || a.at < at ||
		    !is_anchor(f, &a))
			continue;
		f->anchor = a;
		return true;
	}
	return false;
}

static void
read_on(struct ferry_tape *t)
{

	if (t->n - t->first < FEW && !t->over && t->gap == 0)
		ferry_tape_fill(t);
}

/* How many of the next tokens are the same, up to the last match, or to the end
 * of the content; *end is where they end, and *differs where others do not. */
static size_t
compare(const struct ferry_finder *f, size_t at, size_t *end, size_t *differs)
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

		if (p[i].length != q[i].length)
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
	*differs = at;
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

/* How many tokens are a copy from at on, or go on with the one at hand; *end is
 * where they end. */
static size_t
look_here(struct ferry_finder *f, size_t at, size_t *end, size_t *again)
{
	struct ferry_copy here = in_step(&f->step, at);
	struct ferry_tape *base = &f->base->tape;
	size_t n, differs;

	*end = at;
	if (!ferry_tape_seek(f->tape, at)) {
		*again = f->tape->at > at ? (size_t)f->tape->at : SIZE_MAX;
		return 0;
	}
	if (!ferry_reuse_seek(f->base, here.stream, here.from)) {
		*again = base->at > here.from
		             ? at + (size_t)(base->at - here.from)
		             : SIZE_MAX;
		return 0;
	}
	read_on(f->tape);
	read_on(base);
	if (!f->copying)
		ferry_copy_map_enter(&f->map, &here);
	n = compare(f, at, end, &differs);
	if (n > 0 && (f->copying || *end - at >= LEAST || *end == f->raw.n))
		return n;
	/* What begins between would be shorter. */
	*again = differs > at ? differs : at + 1;
	return 0;
}

/* The same, where a place says that the base may go on. */
static size_t
look(struct ferry_finder *f, size_t at, size_t *end, size_t *again)
{
	const struct ferry_reuse *b = f->base;
	struct ferry_copy here;

	*again = SIZE_MAX;
	if (f->left == 0)
		return 0;
	if (f->copying)
		return look_here(f, at, end, again);
	if (f->anchor.n == 0 || f->anchor.at < at) {
		f->over = f->over || !find_anchor(f, at);
		if (f->over)
			return 0;
	}
	f->step = f->anchor;
	here = in_step(&f->step, at);
	if (at + BEFORE < f->anchor.at)
		*again = f->anchor.at - BEFORE;
	else if (here.from == SIZE_MAX)
		*again = f->anchor.at - f->anchor.from;
	else if (b->stream == here.stream && b->tape.at > here.from &&
		 b->tape.at <= f->anchor.from)
		*again = at + (b->tape.at - here.from);
	else
		return look_here(f, at, end, again);
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
	if (spent > f->left) {
		/* A reader would spend as much. */
		f->left = 0;
		*n = 0;
		*again = SIZE_MAX;
		return f->copying ? end_copy(f, err) : 0;
	}
	f->left -= spent;
	if (*n == 0)
		return 0;
	ferry_tape_take(f->tape, *n);
	ferry_tape_take(&f->base->tape, *n);
	f->copying = true;
	f->end = end;
	return 0;
}
