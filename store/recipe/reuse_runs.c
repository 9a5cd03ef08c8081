/* Where content is that of the base. */

#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/recipe/reuse_internal.h"
#include "store/recipe/spool.h"

#define PLACE 32 /* bytes by which a place is known */
#define STRIDE 512
#define PLACES_MAX (1U << 18)
#define PLACE_MASK (2 * PLACES_MAX - 1)
/* So much is compared at a time: what was looked at long before it is used
 * would only take room. */
#define EXTEND (4U << 20)
#define PASS (4U << 20) /* after as many bytes views are passed */
/* Shorter runs are not worth it; the second where both streams begin. */
#define LEAST (FERRY_REUSE_LEAD + FERRY_REUSE_AHEAD + 4096)
#define LEAST_AT_START 2048

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
	size_t n = 2, passed = 0;

	places->stride = STRIDE;
	while (image.n / places->stride >= PLACES_MAX)
		places->stride *= 2;
	while (n < 2 * (image.n / places->stride))
		n *= 2;
	if (ferry_calloc(&places->slots, n, sizeof(*places->slots), err) == -1)
		return -1;
	places->mask = n - 1;
	for (size_t at = 0; at < image.n && image.n - at >= PLACE;
	     at += places->stride) {
		uint64_t h = hash(image.p + at);
		uint32_t *slot = &places->slots[h & places->mask];

		/* The first of equals: reading goes on, rather than back. */
		if (*slot == 0)
			*slot = tag(h) | (uint32_t)(at / places->stride + 1);
		if (at - passed >= PASS) {
			ferry_spool_pass_view(ferry_bytes_of(image.p, at));
			passed = at;
		}
	}
	return 0;
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

static bool
is_worth_it(const struct ferry_reuse_run *run)
{
	size_t n = run->to - run->from;

	return n >= LEAST ||
	       (run->from == 0 && run->base == 0 && n >= LEAST_AT_START);
}

/* A place with the bytes at p: 1 and *at, else 0. */
static int
look_up(const struct ferry_reuse_places *places, struct ferry_bytes image,
    const uint8_t *p, size_t *at)
{
	uint64_t h = hash(p);
	uint32_t slot = places->slots[h & places->mask];

	if (slot == 0 || tag(h) != (slot & ~(uint32_t)PLACE_MASK))
		return 0;
	*at = ((size_t)(slot & PLACE_MASK) - 1) * places->stride;
	return memcmp(image.p + *at, p, PLACE) == 0;
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

bool
ferry_reuse_run_find(const struct ferry_reuse_places *places,
    struct ferry_bytes image, const struct ferry_reuse_stream *streams,
    size_t n, struct ferry_bytes raw, struct ferry_reuse_run *run)
{
	const struct ferry_reuse_run before = *run;
	size_t compared = before.to; /* what is before was */

	for (size_t q = before.to; q < raw.n && raw.n - q >= PLACE; q++) {
		size_t at, back, max;

		if (is_in_step(&before, image, streams, raw, q)) {
			run->stream = before.stream;
			at = (size_t)streams[run->stream].at + before.base +
			     (q - before.from);
		} else if (look_up(places, image, raw.p + q, &at) == 0 ||
			   (run->stream = stream_of(streams, n, at)) == n)
			continue;
		max = (size_t)(at - streams[run->stream].at);
		back = equal_before(raw.p + q, image.p + at,
		    q - compared < max ? q - compared : max);
		run->from = q - back;
		run->to = q;
		run->base = max - back;
		if (ferry_reuse_run_extend(run, image, streams, raw) &&
		    is_worth_it(run))
			return true;
		if (run->to > q)
			q = run->to - 1;
		compared = run->to;
	}
	return false;
}
