#include "store/recipe/reuse_places.h"

#include <stdlib.h>

#include "store/base/error.h"

#define PLACES_MAX (1U << 18)
#define SLOT_BITS 18
#define EVERY 8 /* rows one is kept of, at least */
#define MATCHES 2 /* of a row that is like few others */
#define DISTANCE 512 /* and longer ones do not tell rows apart */
#define LOOKS 64 /* at places, for a row */

#define FACTOR UINT64_C(0x9e3779b97f4a7c15)
#define OLDEST UINT64_C(0x82fe791be9b804fd) /* FACTOR ^ (FERRY_REUSE_ROW - 1) */

/* Distances that reach far are others for a while behind whatever was put in. */
static uint32_t
mix(struct ferry_token t)
{
	uint32_t distance = t.distance < DISTANCE ? t.distance : 0;

	return (uint32_t)(((uint64_t)t.length << 16 | distance) * FACTOR >>
			  32) |
	       1;
}

bool
ferry_reuse_row_add(
    struct ferry_reuse_row *row, uint64_t at, struct ferry_token t)
{
	unsigned span = ferry_token_span(t), k;
	uint32_t before = row->hash;

	if (at != row->end)
		row->n = row->next = row->matches = row->size = row->sum = 0;
	k = row->next;
	if (row->n == FERRY_REUSE_ROW) {
		row->sum -= row->v[k].mixed * OLDEST;
		row->size -= row->v[k].span;
		row->matches -= row->v[k].span > 1;
	} else
		row->n++;
	row->v[k].mixed = mix(t);
	row->v[k].span = (uint16_t)span;
	row->next = (k + 1) % FERRY_REUSE_ROW;
	row->sum = row->sum * FACTOR + row->v[k].mixed;
	row->size += span;
	row->matches += span > 1;
	row->end = at + span;
	row->hash = (uint32_t)((row->sum ^ row->sum >> 29) * FACTOR >> 32);
	return row->n == FERRY_REUSE_ROW && row->matches >= MATCHES &&
	       row->hash != before;
}

/* Add the row, which lies in s, if it is one of those that are kept. */
static int
add_place(struct ferry_reuse_places *places, const struct ferry_reuse_stream *s,
    const struct ferry_reuse_row *row, struct ferry_error *err)
{

	if ((row->hash & places->mask) != 0 || places->n == PLACES_MAX)
		return 0;
	if (ferry_array_grow(&places->v, &places->cap, places->n + 1,
		sizeof(places->v[0]), err) == -1)
		return -1;
	places->v[places->n++] = (struct ferry_reuse_place){
		(uint32_t)(s->at + row->end - row->size), row->hash, 0
	};
	return 0;
}

/* The next tokens of a stream, those that were read ahead. */
static int
add_places(struct ferry_reuse_places *places,
    const struct ferry_reuse_stream *s, struct ferry_tape *tape,
    struct ferry_reuse_row *row, struct ferry_error *err)
{

	while (tape->first < tape->n) {
		if (ferry_reuse_row_add(
			row, tape->at, tape->tokens[tape->first]) &&
		    add_place(places, s, row, err) == -1)
			return -1;
		ferry_tape_take(tape, 1);
	}
	return 0;
}

/* So that places of a row are found, those that come first before others. */
static int
link_places(struct ferry_reuse_places *places, struct ferry_error *err)
{

	if (ferry_calloc(&places->slots, 1U << SLOT_BITS,
		sizeof(places->slots[0]), err) == -1)
		return -1;
	for (size_t i = places->n; i-- > 0;) {
		struct ferry_reuse_place *p = &places->v[i];
		uint32_t *slot = &places->slots[p->hash >> (32 - SLOT_BITS)];

		p->next = *slot;
		*slot = (uint32_t)(i + 1);
	}
	return 0;
}

int
ferry_reuse_places_make(struct ferry_reuse_places *places,
    const struct ferry_reuse_stream *streams, size_t n, uint64_t steps,
    const struct ferry_heed *heed, struct ferry_error *err)
{
	struct ferry_tape *tape = NULL;
	uint64_t bytes = 0;
	int rc = -1;

	for (size_t i = 0; i < n; i++)
		bytes += streams[i].deflated.n;
	places->mask = EVERY - 1;
	/* About a token a byte. */
	while (bytes / (places->mask + 1) > PLACES_MAX / 2)
		places->mask = 2 * places->mask + 1;
	if (ferry_calloc(&tape, 1, sizeof(*tape), err) == -1)
		return -1;
	tape->heed = heed;
	for (size_t i = 0; i < n && steps > 0; i++) {
		struct ferry_reuse_row row = { .n = 0 };

		ferry_tape_begin(tape, streams[i].deflated);
		tape->steps_max = steps;
		while (ferry_tape_more(tape))
			if (ferry_heed_stopped(heed, err) == -1 ||
			    add_places(places, &streams[i], tape, &row, err) ==
				-1)
				goto out;
		steps -= tape->steps < steps ? tape->steps : steps;
	}
	rc = link_places(places, err);
out:
	free(tape);
	return rc;
}

void
ferry_reuse_places_free(struct ferry_reuse_places *places)
{

	free(places->v);
	free(places->slots);
}

bool
ferry_reuse_places_find(const struct ferry_reuse_places *places, uint32_t hash,
    uint64_t near, uint64_t *at)
{
	uint32_t i = places->slots[hash >> (32 - SLOT_BITS)];
	uint64_t least = UINT64_MAX;

	for (unsigned k = 0; k < LOOKS && i != 0; k++) {
		const struct ferry_reuse_place *p = &places->v[i - 1];
		uint64_t away = p->at < near ? near - p->at : p->at - near;

		i = p->next;
		if (p->hash != hash)
			continue;
		if (away < least) {
			least = away;
			*at = p->at;
		}
		/* They ascend. */
		if (p->at > near)
			break;
	}
	return least < UINT64_MAX;
}
