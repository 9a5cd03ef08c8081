/*
 * How zlib looks for matches, and Chromium's zlib, which differs in the hash.
 *
 * Observed: tests/unit/test_recipe.c.  Positions are those of all raw bytes: a
 *     window that moves, and how much of the input is there at a time, make no
 *     difference to these two.
 */

#include "store/recipe/predict_internal.h"

/* Matches further back are not looked for: the window less what a search may
 * look ahead. */
#define FAR (FERRY_DEFLATE_WINDOW - FERRY_DEFLATE_MATCH_MAX - 3 - 1)
/* A match of three bytes that is further back costs more than three literals. */
#define TOO_FAR 4096
/* Candidates that are looked at, before there are perhaps fewer to look at. */
#define DENSE 8
#define ELSEWHERE 8
#define OFFSETS 24

/*
 * The candidates of a search for a match at s: positions before those that a chain
 * of prev leads to.  before 0: all that have the bytes' hash.  Else those that have
 * the hash of the bytes that follow s so much later, which a longer match has, too,
 * and which may be fewer.
 */
struct chain {
	size_t s, before;
	size_t at; /* the next candidate; SIZE_MAX: none */
};

/* Go on to the next candidate, if there is one behind limit. */
static inline void
step(const struct ferry_predictor *p, struct chain *c, size_t limit)
{
	size_t q = ferry_predict_before(p, c->at + c->before);

	c->at =
	    q == SIZE_MAX || q <= limit + c->before ? SIZE_MAX : q - c->before;
}

/*
 * The chain of the bytes that were seen longest ago, if a match is to be longer
 * than best; plain is where there is no other.  Positions are all kept, but not
 * those behind s.
 */
static struct chain
find_sparser(struct ferry_predictor *p, const struct chain *plain,
    unsigned best, size_t limit)
{
	size_t hashed = p->run->model->hash == FERRY_HASH_ZLIB ? 3 : 4;
	size_t max = best + 1 > hashed ? best + 1 - hashed : 0;
	size_t s = plain->s, away = s - plain->at;
	struct chain found = *plain;

	if (max > away)
		max = away;
	if (max > OFFSETS)
		max = OFFSETS;
	if (max + hashed > p->n - s)
		return found;
	for (size_t k = 1; k <= max; k++) {
		size_t q = p->head[ferry_predict_hash(p, s + k)];
		size_t ago = s + k + 1 - q;

		if (q == 0 || q - 1 <= limit + k)
			return (struct chain){ s, k, SIZE_MAX };
		/* What it leads to is not before what comes next anyway. */
		if (ago < away)
			continue;
		away = ago;
		found = (struct chain){ s, k, s - ago };
	}
	return found;
}

/* A search: what is wanted is longer than found. */
struct searching {
	struct ferry_predictor *p;
	size_t s, limit; /* candidates are behind it */
	unsigned max, nice; /* bytes */
	struct ferry_predict_wanted wanted;
	struct ferry_predict_match *found;
};

/* Whether the candidate is so long that no other is looked at. */
static inline bool
look_at(struct searching *g, size_t at)
{
	const uint8_t *here = g->p->raw + g->s, *there = g->p->raw + at;
	unsigned n;

	if (!ferry_predict_may(&g->wanted, there) ||
	    (n = ferry_predict_equal(here, there, g->max)) <= g->found->length)
		return false;
	g->found->length = n;
	g->found->at = at;
	if (n >= g->nice || n >= g->max)
		return true;
	g->wanted = ferry_predict_want(g->p, g->s, n);
	return false;
}

/*
 * Look at the candidates of another chain, at most so many.  rank is that of the
 * plain chain's first one, of which zlib would look at n.
 * Returns: whether the search is over.
 */
static bool
look_elsewhere(struct searching *g, struct chain *c, unsigned most,
    uint16_t rank, unsigned n)
{
	const struct ferry_predictor *p = g->p;
	struct ferry_predict_wanted hashed = ferry_predict_want(
	    p, g->s, p->run->model->hash == FERRY_HASH_ZLIB ? 2 : 3);

	for (; most > 0 && c->at != SIZE_MAX; most--) {
		uint16_t at = p->rank[c->at & FERRY_PREDICT_MASK];

		/* Of the plain chain, and further than zlib would go. */
		if (ferry_predict_may(&hashed, p->raw + c->at) &&
		    (uint16_t)(rank - at) >= n)
			return true;
		if (look_at(g, c->at))
			return true;
		step(p, c, g->limit);
	}
	return c->at == SIZE_MAX;
}

/*
 * The longest match at s that is longer than best, of those from candidate + 1
 * on; found is left alone if there is none.  Returns: its length, or best.
 *
 * Counted are steps of the plain chain, of which there are no more than zlib
 * takes; of others there are ELSEWHERE times as many at most.
 */
static int
search(struct ferry_predictor *p, size_t s, uint32_t candidate, unsigned best,
    struct ferry_predict_match *found, struct ferry_error *err)
{
	const struct ferry_model *m = p->run->model;
	size_t look = p->n - s;
	struct searching g = { .p = p,
		.s = s,
		.limit = s > FAR ? s - FAR : 0,
		.max = look < FERRY_DEFLATE_MATCH_MAX ? (unsigned)look
		                                      : FERRY_DEFLATE_MATCH_MAX,
		.nice = m->nice < look ? m->nice : (unsigned)look,
		.found = found };
	unsigned n = best >= m->good ? m->chain >> 2 : m->chain, steps = 0;
	unsigned patience = m->search == FERRY_SEARCH_SLOW ? DENSE : n;
	struct chain c = { s, 0, candidate - 1 }, other = c;
	uint16_t rank = p->rank[c.at & FERRY_PREDICT_MASK];

	found->length = best;
	if (best >= g.max)
		return 0;
	g.wanted = ferry_predict_want(p, s, best);
	while (steps < n && c.at != SIZE_MAX) {
		steps++;
		if (look_at(&g, c.at))
			break;
		step(p, &c, g.limit);
		if (steps < patience || steps == n || c.at == SIZE_MAX)
			continue;
		patience = 2 * steps;
		if (other.before == 0 || other.at > c.at)
			other = find_sparser(p, &c, found->length, g.limit);
		if (other.before > 0 &&
		    look_elsewhere(&g, &other, ELSEWHERE * steps, rank, n))
			break;
	}
	return ferry_predict_work(p->run, steps, err);
}

/* Whether there is a position to compare with; position 0 never is one. */
static bool
near(uint32_t candidate, size_t s)
{

	return candidate > 1 && s - (candidate - 1) <= FAR;
}

static uint32_t
insert(struct ferry_predictor *p, size_t s)
{

	return p->n - s >= FERRY_DEFLATE_MATCH_MIN ? ferry_predict_insert(p, s)
	                                           : 0;
}

static void
insert_all(struct ferry_predictor *p, size_t from, size_t to)
{

	for (; from < to && p->n - from >= FERRY_DEFLATE_MATCH_MIN; from++)
		(void)ferry_predict_insert(p, from);
}

static int
search_short(struct ferry_predictor *p, size_t s, uint32_t candidate,
    unsigned best, struct ferry_predict_match *found, struct ferry_error *err)
{

	if (search(p, s, candidate, best, found, err) == -1)
		return -1;
	if (found->length == 3 && found->at + TOO_FAR < s)
		found->length = 2;
	return 0;
}

/*
 * A match waits for the next position, s, to show whether a longer one begins
 * there; so what is decided at s is the token at s - 1.
 */
static int
slow(struct ferry_predictor *p, struct ferry_error *err)
{
	const struct ferry_model *m = p->run->model;
	struct ferry_predict_match found = { 2, 0 }, waiting;
	bool pending = false;
	size_t s = 0;
	int rc;

	while (s < p->n) {
		struct ferry_token t = { 0, 0 };
		uint32_t candidate;
		bool predicted;

		if (s >= p->skip_from && !pending) {
			if (ferry_predict_skip_kept(p, &s, err) == -1)
				return -1;
			if (s == p->n)
				break;
		}
		candidate = insert(p, s);
		waiting = found;
		found.length = 2;
		if (near(candidate, s) && waiting.length < m->lazy &&
		    search_short(
			p, s, candidate, waiting.length, &found, err) == -1)
			return -1;
		if (!pending) {
			pending = true;
			s++;
			continue;
		}
		predicted =
		    waiting.length >= 3 && found.length <= waiting.length;
		if (predicted) {
			t.length = (uint16_t)waiting.length;
			t.distance = (uint16_t)(s - 1 - waiting.at);
		}
		if ((rc = ferry_predict_ask(p, s - 1, &t, err)) != 0)
			return rc;
		if (t.length > 0) {
			insert_all(p, s + 1, s - 1 + t.length);
			s += t.length - 1U;
			pending = false;
			found.length = 2;
			continue;
		}
		/* A literal instead of a match: nothing waits, so what begins
		 * here has nothing to beat. */
		if (predicted) {
			found.length = 2;
			if (near(candidate, s) &&
			    search_short(p, s, candidate, 2, &found, err) == -1)
				return -1;
		}
		s++;
	}
	if (pending) {
		struct ferry_token t = { 0, 0 };

		return ferry_predict_ask(p, s - 1, &t, err);
	}
	return 0;
}

static int
fast(struct ferry_predictor *p, struct ferry_error *err)
{
	const struct ferry_model *m = p->run->model;
	size_t s = 0;
	int rc;

	while (s < p->n) {
		struct ferry_predict_match found = { 2, 0 };
		struct ferry_token t = { 0, 0 };
		uint32_t candidate;

		if (s >= p->skip_from &&
		    ferry_predict_skip_kept(p, &s, err) == -1)
			return -1;
		if (s == p->n)
			break;
		candidate = insert(p, s);
		if (near(candidate, s) &&
		    search(p, s, candidate, 2, &found, err) == -1)
			return -1;
		if (found.length >= 3) {
			t.length = (uint16_t)found.length;
			t.distance = (uint16_t)(s - found.at);
		}
		if ((rc = ferry_predict_ask(p, s, &t, err)) != 0)
			return rc;
		/* Here lazy is the longest match whose positions are kept. */
		if (t.length > 0 && t.length <= m->lazy &&
		    p->n - s - t.length >= FERRY_DEFLATE_MATCH_MIN)
			insert_all(p, s + 1, s + t.length);
		s += t.length > 0 ? t.length : 1;
	}
	return 0;
}

int
ferry_predict_zlib(struct ferry_predictor *p, struct ferry_error *err)
{

	return p->run->model->search == FERRY_SEARCH_FAST ? fast(p, err)
	                                                  : slow(p, err);
}
