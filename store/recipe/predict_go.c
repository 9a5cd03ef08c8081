/*
 * How Go's compress/flate looks for matches at levels 4 to 9.
 *
 * Observed: tests/unit/test_recipe.c, streams of Go 1.19.  Its window moves,
 *     and what fell out of it is not found: where it stands is kept here as
 *     base.
 */

#include "store/recipe/predict_internal.h"

#define MIN 4 /* the shortest match */
#define MOVE (2 * FERRY_DEFLATE_WINDOW - MIN - FERRY_DEFLATE_MATCH_MAX + 1)
/* A match of four bytes that is further back is not worth it. */
#define TOO_FAR 4096

static int
search(struct ferry_predictor *p, size_t s, uint32_t candidate, size_t base,
    struct ferry_predict_match *found, struct ferry_error *err)
{
	const struct ferry_model *m = p->run->model;
	const uint8_t *here = p->raw + s;
	size_t look = p->n - s, at = candidate - 1;
	unsigned max = look < FERRY_DEFLATE_MATCH_MAX ? (unsigned)look
	                                              : FERRY_DEFLATE_MATCH_MAX;
	unsigned nice = m->nice < max ? m->nice : max;
	unsigned best = MIN - 1, left = m->chain;
	struct ferry_predict_wanted wanted;

	found->length = best;
	if (best >= max)
		return 0;
	wanted = ferry_predict_want(p, s, best);
	for (; left > 0; left--) {
		const uint8_t *there = p->raw + at;

		if (ferry_predict_may(&wanted, there)) {
			unsigned n = ferry_predict_equal(here, there, max);

			if (n > best && (n > MIN || s - at <= TOO_FAR)) {
				best = n;
				found->at = at;
				if (n >= nice)
					break;
				wanted = ferry_predict_want(p, s, n);
			}
		}
		if (s - at == FERRY_DEFLATE_WINDOW)
			break;
		at = ferry_predict_before(p, at);
		if (at == SIZE_MAX || at < base ||
		    s - at > FERRY_DEFLATE_WINDOW)
			break;
	}
	found->length = best;
	return ferry_predict_work(p->run, m->chain - left + 1U, err);
}

static void
insert_all(struct ferry_predictor *p, size_t from, size_t to)
{

	for (; from < to && p->n - from >= MIN; from++)
		(void)ferry_predict_insert(p, from);
}

static bool
near(uint32_t candidate, size_t s, size_t base)
{

	return candidate > 0 && candidate - 1 >= base && candidate - 1 < s &&
	       s - (candidate - 1) <= FERRY_DEFLATE_WINDOW;
}

int
ferry_predict_go(struct ferry_predictor *p, struct ferry_error *err)
{
	const struct ferry_model *m = p->run->model;
	struct ferry_predict_match found = { MIN - 1, 0 }, waiting;
	size_t s = 0, base = 0;
	uint32_t candidate = 0;
	bool pending = false;
	int rc;

	while (s < p->n) {
		struct ferry_token t = { 0, 0 };

		if (s >= p->skip_from && !pending) {
			if (ferry_predict_skip_kept(p, &s, err) == -1)
				return -1;
			if (s == p->n)
				break;
		}
		while (s - base >= MOVE)
			base += FERRY_DEFLATE_WINDOW;
		if (p->n - s >= MIN)
			candidate = ferry_predict_insert(p, s);
		waiting = found;
		found.length = MIN - 1;
		if (near(candidate, s, base) && p->n - s > waiting.length &&
		    waiting.length < m->lazy &&
		    search(p, s, candidate, base, &found, err) == -1)
			return -1;
		if (waiting.length >= MIN && found.length <= waiting.length) {
			t.length = (uint16_t)waiting.length;
			t.distance = (uint16_t)(s - 1 - waiting.at);
		} else if (!pending) {
			pending = true;
			s++;
			continue;
		}
		if ((rc = ferry_predict_ask(p, s - 1, &t, err)) != 0)
			return rc;
		if (t.length > 0) {
			insert_all(p, s + 1, s - 1 + t.length);
			s += t.length - 1U;
			pending = false;
			found.length = MIN - 1;
		} else
			s++;
	}
	if (pending) {
		struct ferry_token t = { 0, 0 };

		return ferry_predict_ask(p, s - 1, &t, err);
	}
	return 0;
}
