/*
 * Which model made a stream.
 *
 * A few thousand tokens show which models are out of the question, but not
 * which one is right: levels 6 and 7, say, agree for that long.  So the best
 * of the first round meet again over many more.
 */

#include <string.h>

#include "store/base/error.h"
#include "store/recipe/stream.h"

#define FIRST_TOKENS 6000
#define SECOND_TOKENS 150000
#define SECOND_ROUND 4 /* models that reach it */
/* A model that was right before is right again if it needs at most one correction
 * for so many bytes, as a compressor shows what it was fed by, too; but no more than a
 * few, as the next level may need none. */
#define RIGHT 4096
#define RIGHT_MAX 16

struct rank {
	const struct ferry_model *model;
	uint64_t corrections;
};

/* Put r where it belongs; of equals those that came first stay ahead. */
static void
insert(struct rank *ranks, size_t *n, const struct rank *r)
{
	size_t i = *n;

	while (i > 0 && ranks[i - 1].corrections > r->corrections)
		i--;
	if (i == SECOND_ROUND)
		return;
	if (*n < SECOND_ROUND)
		(*n)++;
	memmove(&ranks[i + 1], &ranks[i], (*n - i - 1) * sizeof(ranks[0]));
	ranks[i] = *r;
}

/*
 * Returns: 1 and *out whole if a model without corrections was found on the
 *     way, 0 and the best so far; -1.
 */
static int
first_round(struct ferry_predictor *p, struct ferry_bytes deflated,
    struct ferry_bytes raw, struct rank *ranks, size_t *n,
    struct ferry_stream_analysis *out, struct ferry_error *err)
{
	struct ferry_stream_limits limits = { FIRST_TOKENS, UINT64_MAX,
		UINT64_MAX, NULL };
	struct rank r;

	*n = 0;
	for (size_t i = 0; (r.model = ferry_model_at(i)) != NULL; i++) {
		int rc = ferry_stream_analyse(
		    p, r.model, deflated, raw, &limits, out, err);

		if (rc == -1)
			return -1;
		r.corrections = out->corrections.n;
		if (rc == 1 && r.corrections == 0)
			return 1;
		insert(ranks, n, &r);
		/* Nothing worse than the last that is kept matters. */
		if (*n == SECOND_ROUND)
			limits.corrections_max = ranks[*n - 1].corrections;
	}
	return 0;
}

/* The same, of the n best ones; what is copied is not counted. */
static int
second_round(struct ferry_predictor *p, struct ferry_bytes deflated,
    struct ferry_bytes raw, struct ferry_finder *finder, struct rank *ranks,
    size_t n, struct ferry_stream_analysis *out, struct ferry_error *err)
{
	struct ferry_stream_limits limits = { SECOND_TOKENS, UINT64_MAX,
		UINT64_MAX, finder };
	struct rank *best = &ranks[0]; /* those before i do not matter */

	best->corrections = UINT64_MAX;
	for (size_t i = 0; i < n; i++) {
		int rc = ferry_stream_analyse(
		    p, ranks[i].model, deflated, raw, &limits, out, err);

		if (rc == -1)
			return -1;
		if (rc == 1 && out->corrections.n == 0)
			return 1;
		if (out->corrections.n < best->corrections) {
			*best = ranks[i];
			best->corrections = out->corrections.n;
			limits.corrections_max = best->corrections;
		}
		if (best->corrections == 0)
			break;
	}
	return 0;
}

int
ferry_stream_choose(struct ferry_predictor *p, const struct ferry_model *first,
    struct ferry_bytes deflated, struct ferry_bytes raw,
    struct ferry_finder *finder, struct ferry_stream_analysis *out,
    struct ferry_error *err)
{
	const struct ferry_stream_limits few = { UINT64_MAX,
		raw.n / RIGHT < RIGHT_MAX ? raw.n / RIGHT : RIGHT_MAX,
		UINT64_MAX, finder };
	const struct ferry_stream_limits all = { UINT64_MAX, UINT64_MAX,
		UINT64_MAX, finder };
	struct rank ranks[SECOND_ROUND] = { { NULL, 0 } };
	size_t n = 0;
	int rc;

	if (first != NULL && (rc = ferry_stream_analyse(p, first, deflated, raw,
				  &few, out, err)) != 0)
		return rc == -1 ? -1 : 0;
	rc = first_round(p, deflated, raw, ranks, &n, out, err);
	if (rc == 0)
		rc = second_round(p, deflated, raw, finder, ranks, n, out, err);
	if (rc != 0)
		return rc == -1 ? -1 : 0;
	return ferry_stream_analyse(
		   p, ranks[0].model, deflated, raw, &all, out, err) == -1
	           ? -1
	           : 0;
}
