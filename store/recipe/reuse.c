#include "store/recipe/reuse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/error.h"
#include "store/recipe/model.h"
#include "store/recipe/reuse_internal.h"
#include "store/recipe/spool.h"

#define TOKENS 8192 /* that are read at a time */
#define ALIKE 8 /* streams of a size that are compared */
/* Longer contents, which would be in memory all at once, go run by run. */
#define WHOLE (8U << 20)
#define PASS (4U << 20) /* after as many bytes views are passed */
/* Reading goes back at most so often over all of the base. */
#define TIMES 4
#define SEARCHING 8 /* times what reading costs, about */
/* Where Go's compressor moves its window, and how much longer it sees less
 * than 32 KiB; see predict_go.c. */
#define GO_MOVE 65275
#define GO_SHORT 261
/* Before a base is trusted the model chooses so many bytes as it did. */
#define TRIAL 32768
#define LEAST 8192 /* bytes of content for which looking pays */

/* A stream of the base by the size of its content. */
struct sized {
	uint64_t size;
	size_t index;
};

/*
 * The base's stream that is being read.  Tokens first to n of those that were
 * read ahead follow each other from byte at of its content on; behind them are
 * gap bytes of a stored block.
 */
struct reading {
	size_t stream; /* streams_n: none */
	uint64_t at;
	bool synced; /* at is the beginning, or behind a match */
	bool open; /* a block is being read */
	bool over; /* there are no more tokens than those */
	struct ferry_inflate in;
	size_t first, n, gap;
	struct ferry_token tokens[TOKENS];
};

/*
 * run: where raw is the base's; behind its end the next one is looked for.
 * left: how many bytes of content may still be read, as going back means
 * reading from a stream's beginning again.
 */
struct ferry_reuse {
	struct ferry_bytes image;
	const struct ferry_reuse_stream *streams;
	size_t streams_n;
	struct sized *sized;
	size_t next; /* the stream behind the one that was found last */
	struct ferry_reuse_places places;
	const struct ferry_model *model;
	struct ferry_bytes raw;
	struct ferry_reuse_run run;
	size_t from; /* of no use before */
	struct reading reading;
	uint64_t left;
	size_t passed; /* of the image */
	size_t trial; /* bytes left to agree about */
	bool used;
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
ferry_reuse_new(struct ferry_reuse **out, struct ferry_bytes image,
    const struct ferry_reuse_stream *streams, size_t n, struct ferry_error *err)
{
	struct ferry_reuse *r;

	if (ferry_calloc(&r, 1, sizeof(*r), err) == -1)
		return -1;
	if (ferry_calloc(&r->sized, n + 1, sizeof(*r->sized), err) == -1) {
		free(r);
		return -1;
	}
	r->image = image;
	r->streams = streams;
	r->streams_n = n;
	r->reading.stream = n;
	r->left = (uint64_t)image.n * TIMES;
	r->from = SIZE_MAX;
	for (size_t i = 0; i < n; i++)
		r->sized[i] = (struct sized){ streams[i].n, i };
	if (n > 0)
		qsort(r->sized, n, sizeof(*r->sized), by_size);
	*out = r;
	return 0;
}

void
ferry_reuse_free(struct ferry_reuse *r)
{

	if (r == NULL)
		return;
	free(r->places.slots);
	free(r->sized);
	free(r);
}

/* Whether stream i has this content. */
static bool
is_alike(const struct ferry_reuse *r, size_t i, struct ferry_bytes raw)
{
	const struct ferry_reuse_stream *s = &r->streams[i];

	return s->n == raw.n && raw.n > 0 &&
	       memcmp(r->image.p + s->at, raw.p, raw.n) == 0;
}

bool
ferry_reuse_trusted(const struct ferry_reuse *r)
{

	return r->trial == 0;
}

void
ferry_reuse_tried(
    struct ferry_reuse *r, size_t bytes, enum ferry_reuse_trial outcome)
{

	if (outcome == FERRY_REUSE_AGREED) {
		r->trial -= bytes < r->trial ? bytes : r->trial;
		return;
	}
	/* Not by this model, or not all of it. */
	r->trial = TRIAL;
	r->from = SIZE_MAX;
}

bool
ferry_reuse_used(const struct ferry_reuse *r)
{

	return r->used;
}

static void
use_model(struct ferry_reuse *r, const struct ferry_model *model)
{

	if (r->model != model)
		r->trial = TRIAL;
	r->model = model;
}

/* A stream of the same content, looked for by its size; streams_n: none. */
static size_t
find_alike(const struct ferry_reuse *r, struct ferry_bytes raw)
{
	size_t low = 0, high = r->streams_n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->sized[middle].size < raw.n)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = low; i < r->streams_n && i < low + ALIKE; i++)
		if (is_alike(r, r->sized[i].index, raw))
			return r->sized[i].index;
	return r->streams_n;
}

const struct ferry_reuse_stream *
ferry_reuse_whole(struct ferry_reuse *r, const struct ferry_model *model,
    struct ferry_bytes raw)
{
	size_t found = r->next;

	use_model(r, model);
	if (raw.n > WHOLE)
		return NULL;
	if (found >= r->streams_n || !is_alike(r, found, raw))
		found = find_alike(r, raw);
	if (found == r->streams_n)
		return NULL;
	r->next = found + 1;
	r->used = true;
	return &r->streams[found];
}

/* Whether less is read to get there than searching for its tokens would cost. */
static bool
is_near(const struct ferry_reuse *r)
{
	const struct reading *g = &r->reading;

	return (g->stream == r->run.stream && g->at <= r->run.base) ||
	       r->run.more ||
	       r->run.base / SEARCHING <= r->run.to - r->run.from;
}

/* Have the next run, or none. */
static void
find_run(struct ferry_reuse *r)
{

	r->from = SIZE_MAX;
	do {
		if (!ferry_reuse_run_find(&r->places, r->image, r->streams,
			r->streams_n, r->raw, &r->run))
			return;
	} while (!is_near(r));
	r->from = r->run.from;
	if (r->run.from > 0 || r->run.base > 0)
		r->from += FERRY_REUSE_LEAD;
}

int
ferry_reuse_begin(struct ferry_reuse *r, const struct ferry_model *model,
    struct ferry_bytes raw, struct ferry_error *err)
{

	use_model(r, model);
	r->raw = raw;
	r->from = SIZE_MAX;
	/* Of the others not all positions are kept, so that what was chosen
	 * long before still matters. */
	if ((model->search != FERRY_SEARCH_SLOW &&
		model->search != FERRY_SEARCH_GO) ||
	    r->streams_n == 0 || raw.n < LEAST)
		return 0;
	if (r->places.slots == NULL &&
	    ferry_reuse_places_make(&r->places, r->image, err) == -1)
		return -1;
	memset(&r->run, 0, sizeof(r->run));
	find_run(r);
	return 0;
}

size_t
ferry_reuse_from(const struct ferry_reuse *r)
{

	return r->from;
}

/* What a token stands for. */
static unsigned
span(struct ferry_token t)
{

	return t.length > 0 ? t.length : 1;
}

/* The next block.  Returns: whether tokens follow. */
static bool
open_block(struct reading *g)
{
	struct ferry_bytes stored;

	if (ferry_inflate_block(&g->in) != FERRY_INFLATE_MORE) {
		g->over = true;
		return false;
	}
	if (g->in.header.type != FERRY_DEFLATE_STORED) {
		g->open = true;
		return true;
	}
	(void)ferry_inflate_stored(&g->in, &stored);
	g->gap = stored.n;
	return false;
}

/* Read ahead as much as there is room for. */
static void
fill(struct reading *g)
{
	uint8_t literal;

	memmove(g->tokens, g->tokens + g->first,
	    (g->n - g->first) * sizeof(g->tokens[0]));
	g->n -= g->first;
	g->first = 0;
	while (g->n < TOKENS && !g->over && g->gap == 0) {
		if (!g->open && !open_block(g))
			continue;
		g->n += ferry_inflate_tokens(
		    &g->in, g->tokens + g->n, TOKENS - g->n);
		if (g->n == TOKENS)
			break;
		switch (
		    ferry_inflate_token(&g->in, &g->tokens[g->n], &literal)) {
		case FERRY_INFLATE_MORE:
			g->n++;
			break;
		case FERRY_INFLATE_END:
			g->open = false;
			break;
		case FERRY_INFLATE_REFUSED:
			g->over = true;
			break;
		}
	}
}

static void
rewind_to(struct ferry_reuse *r, size_t stream)
{
	struct reading *g = &r->reading;

	g->stream = stream;
	g->at = 0;
	g->synced = true;
	g->open = g->over = false;
	g->first = g->n = g->gap = 0;
	ferry_inflate_begin(&g->in, r->streams[stream].deflated);
}

/*
 * Go on until a token begins at byte at of the stream's content, or behind it.
 * Returns: whether one begins there, where a model begins anew.
 */
static bool
read_up_to(struct ferry_reuse *r, size_t stream, uint64_t at)
{
	struct reading *g = &r->reading;
	uint64_t began;

	/* A little ahead of at it waits to be in step. */
	if (g->stream != stream || g->at > at + FERRY_DEFLATE_WINDOW)
		rewind_to(r, stream);
	began = g->at;
	while (g->at < at && g->at - began < r->left) {
		if (g->first == g->n) {
			fill(g);
			if (g->n == 0 && g->over)
				break;
		}
		if (g->first < g->n) {
			g->synced = g->tokens[g->first].length > 0;
			g->at += span(g->tokens[g->first++]);
		} else if (g->gap > 0) {
			g->synced = false;
			g->at += g->gap;
			g->gap = 0;
		}
	}
	r->left -= g->at - began < r->left ? g->at - began : r->left;
	return g->at == at && g->synced;
}

/*
 * Go's compressor moves its window from time to time and sees less then.  Returns:
 * up to which position behind at it does not, at if it sees less there.
 */
static size_t
go_calm(size_t at)
{
	size_t moved;

	if (at < GO_MOVE)
		return GO_MOVE;
	moved = GO_MOVE +
	        (at - GO_MOVE) / FERRY_DEFLATE_WINDOW * FERRY_DEFLATE_WINDOW;
	return at - moved < GO_SHORT ? at : moved + FERRY_DEFLATE_WINDOW;
}

/* Up to where tokens may reach that begin at raw position at; at for none. */
static size_t
limit(const struct ferry_reuse *r, size_t at)
{
	size_t shift = r->run.base, to = r->run.to, calm;

	if (r->model->search == FERRY_SEARCH_GO) {
		calm = go_calm(at);
		if (calm < to)
			to = calm;
		calm = go_calm(at - r->run.from + shift);
		if (calm - shift + r->run.from < to)
			to = calm - shift + r->run.from;
	}
	return to - at > FERRY_REUSE_AHEAD ? to - FERRY_REUSE_AHEAD : at;
}

/* Have what comes next of the run, and let go of the image before it. */
static void
go_on(struct ferry_reuse *r, size_t at)
{
	const struct ferry_reuse_stream *s = &r->streams[r->run.stream];
	size_t base = (size_t)s->at + r->run.base + (at - r->run.from);

	if (r->run.more && r->run.to - at < FERRY_DEFLATE_WINDOW)
		(void)ferry_reuse_run_extend(
		    &r->run, r->image, r->streams, r->raw);
	if (base > r->passed + PASS || base < r->passed) {
		ferry_spool_pass_view(ferry_bytes_of(r->image.p, base));
		r->passed = base;
	}
}

/*
 * Of the tokens that were read ahead, from raw position at on: how many lie
 * before to, up to the last match, at most max.
 */
static size_t
count_known(const struct reading *g, size_t at, size_t to, uint64_t max)
{
	size_t known = 0;

	for (size_t i = g->first; i < g->n && i - g->first < max; i++) {
		struct ferry_token t = g->tokens[i];

		if (span(t) > to - at || t.distance > at)
			break;
		at += span(t);
		if (t.length > 0)
			known = i + 1 - g->first;
	}
	return known;
}

void
ferry_reuse_take(struct ferry_reuse *r, size_t n)
{
	struct reading *g = &r->reading;
	uint64_t began = g->at;

	for (size_t i = 0; i < n; i++)
		g->at += span(g->tokens[g->first++]);
	g->synced = true;
	r->left -= g->at - began < r->left ? g->at - began : r->left;
	r->used = true;
}

size_t
ferry_reuse_tokens(struct ferry_reuse *r, size_t at, uint64_t max,
    const struct ferry_token **tokens)
{
	struct reading *g = &r->reading;
	size_t to, n = 0;

	assert(at >= r->from);
	if (at < r->run.to)
		go_on(r, at);
	to = at < r->run.to ? limit(r, at) : at;
	if (to > at &&
	    read_up_to(r, r->run.stream, r->run.base + (at - r->run.from))) {
		n = count_known(g, at, to, max);
		if (n == 0) {
			fill(g);
			n = count_known(g, at, to, max);
		}
	}
	*tokens = g->tokens + g->first;
	if (n == 0 && r->left == 0)
		r->from = SIZE_MAX;
	else if (n == 0 && at + FERRY_REUSE_AHEAD >= r->run.to)
		find_run(r);
	return n;
}
