/*
 * How Intel's zlib and zlib-ng look for matches at level 6 ("medium"): a match is
 * taken, and the next one may begin within it.
 *
 * Observed: tests/unit/test_recipe.c, streams of .NET 10 and of older nupkgs.  Its window, and how
 *     much its caller writes at a time, show in the result: where input ends for
 *     now, the next match is not looked for beforehand.
 */

#include "store/recipe/predict_internal.h"

#define AHEAD (FERRY_DEFLATE_MATCH_MAX + 3 + 1)
#define FAR (FERRY_DEFLATE_WINDOW - AHEAD)
#define BUFFER (2U * FERRY_DEFLATE_WINDOW)
#define MOVE (BUFFER - AHEAD)
/* Intel's: a match of three bytes that is further back is not worth it. */
#define TOO_FAR 12000

/* length 1: a literal; 0: what was a literal is in the next match.  Positions
 * from org on are not kept yet. */
struct match {
	size_t at, from, org;
	unsigned length;
};

/*
 * base: where the window begins; filled: how far it reaches; given: how much
 * the caller wrote so far; ended: that this is all.
 */
struct run {
	struct ferry_predictor *p;
	bool intel;
	unsigned min; /* the shortest match */
	size_t s, base, filled, given;
	bool ended;
	struct match next; /* length 0: not known */
	uint32_t tokens; /* of this block */
};

/* As ferry_predict_insert(), but zlib-ng puts no position before itself. */
static uint32_t
insert(struct run *r, size_t at)
{
	struct ferry_predictor *p = r->p;
	uint32_t h = ferry_predict_hash(p, at), old = p->head[h];

	if (!r->intel && old == at + 1)
		return old;
	p->old[at & FERRY_PREDICT_MASK] = old;
	p->head[h] = (uint32_t)at + 1;
	return old;
}

static void
insert_all(struct run *r, size_t from, size_t to)
{

	for (; from < to; from++)
		(void)insert(r, from);
}

/* The longest match at m->at, of those from candidate + 1 on. */
static int
search(struct run *r, struct match *m, uint32_t candidate, size_t look,
    struct ferry_error *err)
{
	const struct ferry_model *model = r->p->run->model;
	const uint8_t *raw = r->p->raw, *here = raw + m->at;
	size_t left = r->p->n - m->at, at = candidate - 1;
	size_t limit = m->at - r->base > FAR ? m->at - FAR : r->base;
	unsigned max = left < FERRY_DEFLATE_MATCH_MAX ? (unsigned)left
	                                              : FERRY_DEFLATE_MATCH_MAX;
	unsigned best = 2, chain = model->chain, steps = 0;
	unsigned nice = model->nice;
	struct ferry_predict_wanted wanted;

	if (r->intel && nice > look)
		nice = (unsigned)look;

	wanted = ferry_predict_want(r->p, m->at, best);
	while (at < m->at) {
		const uint8_t *there = raw + at;
		uint32_t next;

		steps++;
		if (best < max && ferry_predict_may(&wanted, there)) {
			unsigned n = ferry_predict_equal(here, there, max);

			if (n > best) {
				m->from = at;
				best = n;
				if (n > look || n >= nice)
					break;
				/* Nothing is longer than to the end. */
				if (n < max)
					wanted =
					    ferry_predict_want(r->p, m->at, n);
			}
		}
		next = r->p->old[at & FERRY_PREDICT_MASK];
		if (--chain == 0 || next == 0 || next - 1 >= at ||
		    next - 1 <= limit)
			break;
		at = next - 1;
	}
	m->length = best < look ? best : (unsigned)look;
	return ferry_predict_work(r->p->run, steps, err);
}

/* What begins at position at: a match, or a literal. */
static int
find(struct run *r, size_t at, size_t look, struct match *m,
    struct ferry_error *err)
{
	uint32_t candidate = look >= r->min ? insert(r, at) : 0;

	*m = (struct match){ at, 0, at, 1 };
	/* Intel's is then its own predecessor. */
	if (r->intel && candidate == at + 1)
		candidate--;
	if (candidate == 0 || candidate - 1 <= r->base || candidate - 1 >= at ||
	    at - (candidate - 1) > FAR)
		return 0;
	if (search(r, m, candidate, look, err) == -1)
		return -1;
	if (m->length < r->min || m->from >= m->at)
		m->length = 1;
	return 0;
}

/* How much of the window lies before us.  A correction may have led beyond it. */
static size_t
ahead(const struct run *r)
{

	return r->filled > r->s ? r->filled - r->s : 0;
}

/* Take what the caller wrote into the window.  gone: to s without searching. */
static void
fill(struct run *r, bool gone)
{
	size_t room, n;

	do {
		room = BUFFER - (r->filled - r->base);
		if (r->s - r->base >= MOVE) {
			r->base += FERRY_DEFLATE_WINDOW;
			room += FERRY_DEFLATE_WINDOW;
		}
		n = r->given - r->filled < room ? r->given - r->filled : room;
		if (n == 0)
			return;
		r->filled += n;
		if (!gone && !r->intel && ahead(r) >= 3 && r->s > r->base)
			(void)insert(r, r->s - 1);
	} while (ahead(r) < AHEAD && r->filled < r->given);
}

/* Have enough to look ahead, if there is enough.  Returns: how much. */
static size_t
look_ahead(struct run *r, bool gone)
{
	size_t n = r->p->n, chunk = r->p->run->model->chunk;

	if (ahead(r) >= AHEAD)
		return ahead(r);
	r->next.length = 0;
	fill(r, gone);
	while (ahead(r) < AHEAD && !r->ended) {
		if (r->given == n)
			r->ended = true;
		else
			r->given = chunk == 0 || n - r->given < chunk
			               ? n
			               : r->given + chunk;
		fill(r, gone);
	}
	return ahead(r);
}

/* Keep the positions in cur. */
static void
keep(struct run *r, const struct match *cur, size_t look)
{
	size_t first = cur->at + 1, end = cur->at + cur->length;

	if (look <= cur->length + r->min || cur->length == 0)
		return;
	if (cur->length > FERRY_PREDICT_LONG &&
	    r->p->run->model->search != FERRY_SEARCH_NG_OLD)
		(void)insert(r, end - 1);
	else if (first >= cur->org)
		insert_all(r, first, end);
	else if (r->intel || cur->length > 3)
		insert_all(r, cur->org, end);
}

/*
 * Begin the next match earlier, at the cost of cur, if so much of that is the
 * same that at most a literal is left of it.
 */
static void
pull(struct run *r, struct match *cur)
{
	const uint8_t *raw = r->p->raw;
	struct match c = *cur, next = r->next;
	size_t limit;

	if (cur->length <= 1 || cur->length > 1 + next.from - r->base ||
	    cur->length > 1 + next.at - r->base ||
	    raw[next.from + 1 - cur->length] != raw[next.at + 1 - cur->length])
		return;
	if (r->intel && next.from + next.length >= cur->at)
		return;
	limit = next.at - r->base > FAR ? next.at - FAR : r->base;
	while (next.from - r->base > (r->intel ? 0 : 1) && next.at > limit &&
	       next.length < 256 && c.length >= 1 &&
	       raw[next.from - 1] == raw[next.at - 1]) {
		next.at--;
		next.from--;
		next.length++;
		c.length--;
	}
	if (next.at == r->next.at || c.length > 1)
		return;
	next.org++;
	*cur = c;
	r->next = next;
}

/* Look for what begins at at, behind cur; NULL: behind what was skipped. */
static int
find_next(struct run *r, size_t at, struct match *cur, size_t look,
    struct ferry_error *err)
{

	r->next.length = 0;
	if (look <= AHEAD || (!r->intel && at - r->base >= MOVE))
		return 0;
	if (find(r, at, look, &r->next, err) == -1)
		return -1;
	if (r->next.length >= r->min && cur != NULL)
		pull(r, cur);
	if (r->intel && r->next.length == 3 &&
	    r->next.at - r->next.from > TOO_FAR)
		r->next.length = 1;
	return 0;
}

/* Literals, or a match.  Returns as ferry_predict_ask(). */
static int
emit(struct run *r, const struct match *cur, struct ferry_error *err)
{
	struct ferry_token t = { 0, 0 }, predicted;
	size_t q = cur->at, end = cur->at + cur->length, kept;
	int rc;

	if (cur->length >= r->min) {
		t.length = (uint16_t)cur->length;
		t.distance = (uint16_t)(cur->at - cur->from);
	}
	predicted = t;
	/* What is kept already, should a correction lead elsewhere. */
	kept = t.length > 0 ? end : cur->at + 1;
	while (q < end) {
		if ((rc = ferry_predict_ask(r->p, q, &t, err)) != 0)
			return rc;
		r->tokens++;
		q += t.length > 0 ? t.length : 1;
		if (t.length != predicted.length ||
		    t.distance != predicted.distance) {
			insert_all(r, kept, q);
			r->next.length = 0;
			break;
		}
	}
	r->s = q;
	return 0;
}

/* Whether position q of what was skipped is kept.  next: which of the long
 * matches comes next. */
static bool
is_kept(const struct run *r, size_t *next, size_t q)
{
	const struct ferry_predictor *p = r->p;

	if (p->run->model->search == FERRY_SEARCH_NG_OLD)
		return true;
	for (; *next < p->longs_n; (*next)++) {
		const struct ferry_predict_long *m =
		    &p->longs[*next % FERRY_PREDICT_LONGS];

		if (q < m->at + m->length - 1)
			return q <= m->at;
	}
	return true;
}

/* Have the window where it would be, had it been searched from q to s. */
static void
move_window(struct run *r, size_t q, size_t s)
{

	r->s = q;
	for (;;) {
		size_t end;

		(void)look_ahead(r, true);
		if (r->s == s || r->ended)
			break;
		end = r->filled - AHEAD + 1;
		r->s = end < s ? end : s;
	}
	r->s = s;
}

/* Keep the positions of what was skipped, from q on. */
static void
keep_skipped(struct run *r, size_t q)
{
	const struct ferry_predictor *p = r->p;
	size_t next = 0;

	if (r->s - q > FERRY_DEFLATE_WINDOW)
		q = r->s - FERRY_DEFLATE_WINDOW;
	if (p->longs_n > FERRY_PREDICT_LONGS)
		next = p->longs_n - FERRY_PREDICT_LONGS;
	for (; q < r->s; q++)
		if (is_kept(r, &next, q) &&
		    p->head[ferry_predict_hash(p, q)] != q + 1)
			(void)insert(r, q);
}

/* Let the caller skip, and go on as if what is behind it had been searched, up to
 * what would have been looked for beside the last token. */
static int
skip(struct run *r, struct ferry_error *err)
{
	struct ferry_predictor *p = r->p;
	size_t began = r->s, s, look;

	p->skipped = p->longs_n = 0;
	if (ferry_predict_skip(p, &r->s, err) == -1)
		return -1;
	if (r->s == began)
		return 0;
	s = r->s;
	move_window(r, began, s - p->last);
	look = ahead(r);
	r->s = s;
	keep_skipped(r, began);
	if (s == p->n)
		return 0;
	if (find_next(r, s, NULL, look, err) == -1)
		return -1;
	r->tokens = (uint32_t)((r->tokens + p->skipped) % p->run->model->block);
	if (r->tokens == 0)
		r->next.length = 0;
	return 0;
}

int
ferry_predict_medium(struct ferry_predictor *p, struct ferry_error *err)
{
	const struct ferry_model *m = p->run->model;
	struct run r = { .p = p, .intel = m->search == FERRY_SEARCH_INTEL };
	struct match cur;
	size_t look;
	int rc;

	r.min = r.intel ? 3 : 4;
	r.given = m->chunk == 0 || p->n < m->chunk ? p->n : m->chunk;
	while (r.s < p->n) {
		if (r.s >= p->skip_from && skip(&r, err) == -1)
			return -1;
		if (r.s == p->n)
			break;
		look = look_ahead(&r, false);
		cur = r.next;
		if (cur.length == 0 && find(&r, r.s, look, &cur, err) == -1)
			return -1;
		keep(&r, &cur, look);
		if (find_next(&r, cur.at + cur.length, &cur, look, err) == -1)
			return -1;
		if ((rc = emit(&r, &cur, err)) != 0)
			return rc;
		/* A full block is written out, and then the caller is asked. */
		if (r.tokens >= m->block) {
			r.tokens = 0;
			r.next.length = 0;
		}
	}
	return 0;
}
