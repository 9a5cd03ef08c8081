#include "store/recipe/copies.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/recipe/varint.h"

/* How a stream begins; from LIST on it is the size of a list, and LIST more. */
enum { NOTHING, WHOLE_NEXT, WHOLE, LIST };

#define CONTENT_MAX (UINT64_C(1) << 32)

void
ferry_copies_begin(struct ferry_copies *c, size_t next)
{

	ferry_buf_reset(&c->list);
	c->n = 0;
	c->bytes = 0;
	c->last = (struct ferry_copy){ .stream = next };
}

/* Of a difference either way: 0, -1, 1, -2 … */
static uint64_t
fold(int64_t v)
{

	return v < 0 ? 2 * (uint64_t)(-(v + 1)) + 1 : 2 * (uint64_t)v;
}

static int64_t
unfold(uint64_t v)
{

	return v & 1 ? -(int64_t)(v / 2) - 1 : (int64_t)(v / 2);
}

int
ferry_copies_add(struct ferry_copies *c, const struct ferry_copy *copy,
    struct ferry_error *err)
{
	const struct ferry_copy *last = &c->last;
	uint64_t gap = copy->at - (last->at + last->n);
	bool other = copy->stream != last->stream;

	assert(copy->at >= last->at + last->n && copy->n > 0);
	c->bytes += copy->n;
	if (ferry_varint_add(&c->list, gap, err) == -1 ||
	    ferry_varint_add(&c->list, 2 * copy->n + other, err) == -1)
		return -1;
	if (other ? ferry_varint_add(&c->list, copy->stream, err) == -1 ||
			ferry_varint_add(&c->list, copy->from, err) == -1
		  : ferry_varint_add(&c->list,
			fold((int64_t)copy->from -
			     (int64_t)(last->from + last->n + gap)),
			err) == -1)
		return -1;
	c->last = *copy;
	c->n++;
	return 0;
}

void
ferry_copies_free(struct ferry_copies *c)
{

	ferry_buf_free(&c->list);
}

int
ferry_copies_write(const struct ferry_copies *c, struct ferry_buf *buf,
    struct ferry_error *err)
{

	if (c->n == 0)
		return ferry_varint_add(buf, NOTHING, err);
	if (ferry_varint_add(buf, LIST + c->list.n, err) == -1)
		return -1;
	return ferry_buf_add(buf, c->list.p, c->list.n, err);
}

int
ferry_copies_write_whole(
    size_t whole, size_t next, struct ferry_buf *buf, struct ferry_error *err)
{

	if (whole == next)
		return ferry_varint_add(buf, WHOLE_NEXT, err);
	return ferry_varint_add(buf, WHOLE, err) == -1
	           ? -1
	           : ferry_varint_add(buf, whole, err);
}

int
ferry_copies_take(struct ferry_bytes *in, size_t streams, size_t next,
    size_t *whole, struct ferry_bytes *list, struct ferry_error *err)
{
	static const char what[] = "copies";
	uint64_t how, stream = next;

	*whole = SIZE_MAX;
	*list = ferry_bytes_of(NULL, 0);
	if (ferry_varint_take(in, FERRY_VARINT_MAX, what, &how, err) == -1)
		return -1;
	if (how == NOTHING)
		return 0;
	if (how >= LIST)
		return ferry_varint_bytes(in, how - LIST, what, list, err);
	if (how == WHOLE &&
	    ferry_varint_take(in, SIZE_MAX, what, &stream, err) == -1)
		return -1;
	if (stream >= streams)
		return ferry_error_set(err, FERRY_EFORMAT,
		    "stream %llu of a base that has %zu",
		    (unsigned long long)stream, streams);
	*whole = (size_t)stream;
	return 0;
}

int
ferry_copy_reader_begin(struct ferry_copy_reader *r, struct ferry_bytes list,
    uint64_t size, size_t streams, size_t next, struct ferry_error *err)
{

	assert(size < CONTENT_MAX);
	*r = (struct ferry_copy_reader){ .rest = list,
		.size = size,
		.streams = streams,
		.copy = { .stream = next } };
	return ferry_copy_reader_next(r, err);
}

int
ferry_copy_reader_next(struct ferry_copy_reader *r, struct ferry_error *err)
{
	static const char what[] = "a copy";
	const struct ferry_copy last = r->copy;
	uint64_t room = r->size - (last.at + last.n), gap, n, stream, from;
	struct ferry_copy *c = &r->copy;

	r->has = r->rest.n > 0;
	if (!r->has)
		return 0;
	if (ferry_varint_take(&r->rest, room, what, &gap, err) == -1 ||
	    ferry_varint_take(&r->rest, 2 * (room - gap) + 1, what, &n, err) ==
		-1)
		return -1;
	c->at = last.at + last.n + gap;
	c->n = n / 2;
	if ((n & 1) != 0) {
		if (ferry_varint_take(&r->rest, SIZE_MAX, what, &stream, err) ==
			-1 ||
		    ferry_varint_take(
			&r->rest, CONTENT_MAX, what, &c->from, err) == -1)
			return -1;
		c->stream = (size_t)stream;
	} else {
		if (ferry_varint_take(
			&r->rest, 4 * CONTENT_MAX, what, &from, err) == -1)
			return -1;
		c->from = last.from + last.n + gap + (uint64_t)unfold(from);
	}
	if (c->n == 0 || c->stream >= r->streams || c->from > CONTENT_MAX)
		return ferry_error_set(
		    err, FERRY_EFORMAT, "a copy of what there is not");
	return 0;
}

void
ferry_copy_map_begin(struct ferry_copy_map *m)
{

	m->first = m->n = 0;
}

void
ferry_copy_map_free(struct ferry_copy_map *m)
{

	free(m->v);
}

void
ferry_copy_map_enter(struct ferry_copy_map *m, const struct ferry_copy *copy)
{
	const struct ferry_copy *last;

	m->here = *copy;
	/* Nothing here reaches back to what ends before the window. */
	while (m->first < m->n &&
	       m->v[m->first].at + m->v[m->first].n + FERRY_DEFLATE_WINDOW <
		   copy->at)
		m->first++;
	m->counts = false;
	if (m->first == m->n)
		return;
	last = &m->v[m->n - 1];
	m->counts =
	    last->stream == copy->stream && last->from + last->n <= copy->from;
}

int
ferry_copy_map_leave(
    struct ferry_copy_map *m, uint64_t n, struct ferry_error *err)
{

	if (!m->counts)
		m->first = m->n = 0;
	if (m->n == m->cap && m->first > m->n / 4) {
		memmove(
		    m->v, m->v + m->first, (m->n - m->first) * sizeof(m->v[0]));
		m->n -= m->first;
		m->first = 0;
	}
	if (m->n == m->cap && ferry_array_grow(&m->v, &m->cap, m->n + 1,
				  sizeof(m->v[0]), err) == -1)
		return -1;
	m->v[m->n] = m->here;
	m->v[m->n++].n = n;
	return 0;
}

/* The first of the copies that begins behind source. */
static size_t
first_behind(const struct ferry_copy_map *m, uint64_t source)
{
	size_t low = m->first, high = m->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->v[middle].from <= source)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Whether the match may begin at byte source. */
static bool
is_there(struct ferry_bytes raw, uint64_t source, size_t at, unsigned length)
{

	return length <= raw.n - at &&
	       memcmp(raw.p + source, raw.p + at, length) == 0;
}

unsigned
ferry_copy_map_distance(const struct ferry_copy_map *m, struct ferry_token t,
    size_t at, struct ferry_bytes raw)
{
	uint64_t base = m->here.from + (at - m->here.at), source, put;
	const struct ferry_copy *before = NULL, *behind = &m->here;
	size_t i;

	if (!m->counts || m->v == NULL || t.distance > base ||
	    (source = base - t.distance) >= m->here.from)
		return t.distance;
	i = first_behind(m, source);
	if (i > m->first)
		before = &m->v[i - 1];
	if (i < m->n)
		behind = &m->v[i];
	/* Between two copies it is where the bytes are. */
	if ((before == NULL || source - before->from >= before->n) &&
	    behind->from - source <= behind->at &&
	    is_there(raw, behind->at - (behind->from - source), at, t.length))
		put = behind->at - (behind->from - source);
	else if (before != NULL)
		put = before->at + (source - before->from);
	else
		return t.distance;
	return put < at && at - put <= FERRY_DEFLATE_WINDOW
	           ? (unsigned)(at - put)
	           : t.distance;
}
