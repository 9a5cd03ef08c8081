#include "store/recipe/reuse_runs.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/recipe/spool.h"

#define PLACE 32 /* bytes by which a place is known */
#define STRIDE 64
#define PLACES_MAX (1U << 18)
#define PLACE_MASK (2 * PLACES_MAX - 1)
#define NEAR (256U << 10) /* bytes */
#define LEAST_FAR 4096 /* bytes of a run that is not near */
#define EQUALS 64 /* places with the same bytes that are looked at */
/* So much is compared at a time: what was looked at long before it is used
 * would only take room. */
#define EXTEND (4U << 20)
#define PASS (4U << 20) /* after as many bytes views are passed */

static uint64_t
hash(const uint8_t *p)
{
	uint64_t v[PLACE / 8], h = 0;

	memcpy(v, p, PLACE);
	for (size_t i = 0; i < PLACE / 8; i++)
		h = (h ^ v[i]) * UINT64_C(0x9e3779b97f4a7c15) ^ h >> 29;
	return h ^ h >> 32;
}

/* What a slot has above the place: it is rarely looked up in vain. */
static uint32_t
tag(uint64_t h)
{

	return (uint32_t)(h >> 32) & ~(uint32_t)PLACE_MASK;
}

int
ferry_reuse_places_make(struct ferry_reuse_places *places,
    struct ferry_bytes image, struct ferry_error *err)
{
	size_t n = 2, count, passed = image.n;

	places->stride = STRIDE;
	while (image.n / places->stride >= PLACES_MAX)
		places->stride *= 2;
	count = image.n / places->stride + 1;
	while (n < 2 * count)
		n *= 2;
	if (ferry_calloc(&places->slots, n, sizeof(*places->slots), err) ==
		-1 ||
	    ferry_calloc(&places->next, count, sizeof(*places->next), err) ==
		-1)
		return -1;
	places->mask = n - 1;
	/* From the last one on, so that of equals the first comes first. */
	for (size_t i = count; i-- > 0;) {
		size_t at = i * places->stride;
		uint32_t *slot;
		uint64_t h;

		if (image.n - at < PLACE)
			continue;
		h = hash(image.p + at);
		slot = &places->slots[h & places->mask];
		places->next[i] = *slot;
		*slot = tag(h) | (uint32_t)(i + 1);
		if (passed - at >= PASS) {
			ferry_spool_pass_view(
			    ferry_bytes_of(image.p + at, image.n - at));
			passed = at;
		}
	}
	return 0;
}

void
ferry_reuse_places_free(struct ferry_reuse_places *places)
{

	free(places->slots);
	free(places->next);
}

/* The stream whose content image position at lies in.  Returns: n if none. */
static size_t
stream_of(const struct ferry_reuse_stream *streams, size_t n, uint64_t at)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (streams[middle].at + streams[middle].n <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && streams[low].at <= at ? low : n;
}

static size_t
equal(const uint8_t *a, const uint8_t *b, size_t max)
{
	size_t n = 0;

	while (max - n >= 256 && memcmp(a + n, b + n, 256) == 0)
		n += 256;
	while (n < max && a[n] == b[n])
		n++;
	return n;
}

/* Bytes before a and b that are the same. */
static size_t
equal_before(const uint8_t *a, const uint8_t *b, size_t max)
{
	size_t n = 0;

	while (n < max && a[-1 - (ptrdiff_t)n] == b[-1 - (ptrdiff_t)n])
		n++;
	return n;
}

/* Of the places with the bytes at p the one nearest to near, which becomes *at.
 * Returns: whether there is one. */
static bool
look_up(const struct ferry_reuse_places *places, struct ferry_bytes image,
    const uint8_t *p, size_t near, size_t *at)
{
	uint64_t h = hash(p);
	uint32_t slot = places->slots[h & places->mask];
	size_t least = SIZE_MAX;

	*at = 0;

	for (unsigned i = 0; i < EQUALS && slot != 0; i++) {
		size_t place = (size_t)(slot & PLACE_MASK) - 1;
		size_t there = place * places->stride;
		size_t away = there < near ? near - there : there - near;

		if (tag(h) == (slot & ~(uint32_t)PLACE_MASK) && away < least &&
		    memcmp(image.p + there, p, PLACE) == 0) {
			least = away;
			*at = there;
		}
		/* They ascend. */
		if (there > near && least < SIZE_MAX)
			break;
		slot = places->next[place];
	}
	return least < SIZE_MAX;
}

bool
ferry_reuse_run_extend(struct ferry_reuse_run *run, struct ferry_bytes image,
    const struct ferry_reuse_stream *streams, struct ferry_bytes raw)
{
	const struct ferry_reuse_stream *s = &streams[run->stream];
	size_t base = run->base + (run->to - run->from), n, max;

	max = (size_t)s->n - base;
	if (max > raw.n - run->to)
		max = raw.n - run->to;
	run->more = max > EXTEND;
	if (run->more)
		max = EXTEND;
	n = equal(raw.p + run->to, image.p + s->at + base, max);
	run->to += n;
	run->more = run->more && n == max;
	return n > 0;
}

/* Whether the base goes on at raw position q as it did in the run before: as
 * much was put in as was taken out. */
static bool
is_in_step(const struct ferry_reuse_run *before, struct ferry_bytes image,
    const struct ferry_reuse_stream *streams, struct ferry_bytes raw, size_t q)
{
	const struct ferry_reuse_stream *s = &streams[before->stream];
	uint64_t base = before->base + (q - before->from);

	return before->to > before->from && base < s->n &&
	       s->n - base >= PLACE &&
	       memcmp(image.p + s->at + base, raw.p + q, PLACE) == 0;
}

/*
 * Looking for the next run.  here: image position at is that of raw position q; if
 * that is far from where the base goes on, it waits, as a nearer one may follow.
 */
struct looking {
	const struct ferry_reuse_places *places;
	struct ferry_bytes image, raw;
	const struct ferry_reuse_stream *streams;
	size_t n;
	const struct ferry_reuse_run *before;
	size_t compared; /* what is before was */
	size_t from; /* where the base goes on behind the run before */
};

static bool
is_far(const struct looking *l, size_t q, size_t at)
{
	size_t near = l->from + (q - l->before->to);

	return (at < near ? near - at : at - near) > NEAR;
}

/* The run around raw position q and image position at, if it has so many bytes. */
static bool
take_run(struct looking *l, size_t q, size_t at, size_t least,
    struct ferry_reuse_run *run)
{
	size_t back, max, room = q > l->compared ? q - l->compared : 0;

	run->to = q;
	run->stream = stream_of(l->streams, l->n, at);
	if (run->stream == l->n)
		return false;
	max = (size_t)(at - l->streams[run->stream].at);
	back = equal_before(
	    l->raw.p + q, l->image.p + at, room < max ? room : max);
	run->from = q - back;
	run->base = max - back;
	return ferry_reuse_run_extend(run, l->image, l->streams, l->raw) &&
	       run->to - run->from >= least;
}

bool
ferry_reuse_run_find(const struct ferry_reuse_places *places,
    struct ferry_bytes image, const struct ferry_reuse_stream *streams,
    size_t n, struct ferry_bytes raw, struct ferry_reuse_run *run)
{
	const struct ferry_reuse_run before = *run;
	struct looking l = { places, image, raw, streams, n, &before, before.to,
		(size_t)streams[before.stream].at + before.base +
		    (before.to - before.from) };
	size_t far_q = SIZE_MAX, far_at = 0, at;

	for (size_t q = before.to; q < raw.n && raw.n - q >= PLACE; q++) {
		if (far_q != SIZE_MAX && q - far_q > 2 * places->stride) {
			if (take_run(&l, far_q, far_at, LEAST_FAR, run))
				return true;
			far_q = SIZE_MAX;
		}
		if (is_in_step(&before, image, streams, raw, q)) {
			at = l.from + (q - before.to);
		} else if (!look_up(places, image, raw.p + q,
			       l.from + (q - before.to), &at)) {
			continue;
		} else if (is_far(&l, q, at)) {
			if (far_q == SIZE_MAX) {
				far_q = q;
				far_at = at;
			}
			continue;
		}
		if (take_run(&l, q, at, FERRY_REUSE_LEAST, run))
			return true;
		if (run->to > q)
			q = run->to - 1;
		l.compared = run->to;
	}
	return far_q != SIZE_MAX && take_run(&l, far_q, far_at, LEAST_FAR, run);
}
