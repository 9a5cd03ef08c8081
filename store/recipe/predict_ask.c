/* What a model asks of whoever runs it: a decision, and leave to work on. */

#include <assert.h>

#include "store/base/error.h"
#include "store/recipe/predict_internal.h"
#include "store/recipe/spool.h"

int
ferry_predict_work(
    struct ferry_predict_run *run, uint64_t steps, struct ferry_error *err)
{

	run->work += steps;
	if (run->work > run->work_max)
		return ferry_error_set(err, FERRY_ELIMIT,
		    "re-creating a stream takes more than the %llu steps that "
		    "were announced",
		    (unsigned long long)run->work_max);
	return 0;
}

int
ferry_predict_pass(
    struct ferry_predictor *p, size_t at, struct ferry_error *err)
{
	uint64_t n = at - p->reached;

	p->reached = at;
	if (!ferry_heed_due(n, &p->since))
		return 0;
	if (p->spooled)
		ferry_spool_pass_view(ferry_bytes_of(p->raw, at));
	return ferry_heed(p->heed, err);
}

int
ferry_predict_ask(struct ferry_predictor *p, size_t at,
    struct ferry_token *actual, struct ferry_error *err)
{
	int rc = p->run->decide(p->run->ctx, at, actual, err);

	if (ferry_predict_pass(p, at, err) == -1)
		return -1;
	assert(rc != 0 || actual->length == 0 ||
	       (actual->length >= FERRY_DEFLATE_MATCH_MIN &&
		   actual->length <= FERRY_DEFLATE_MATCH_MAX &&
		   actual->length <= p->n - at && actual->distance >= 1 &&
		   actual->distance <= at &&
		   actual->distance <= FERRY_DEFLATE_WINDOW));
	return rc;
}

void
ferry_predict_tell(struct ferry_predictor *p, size_t at,
    const struct ferry_token *tokens, size_t n)
{

	/* The others keep all positions, and go on wherever it is. */
	if (!ferry_predict_is_medium(p->run->model))
		return;
	p->skipped += n;
	for (size_t i = 0; i < n; i++) {
		unsigned length = tokens[i].length;

		if (length > FERRY_PREDICT_LONG) {
			size_t k = p->longs_n++ % FERRY_PREDICT_LONGS;

			p->longs[k].at = at;
			p->longs[k].length = length;
		}
		p->last = length > 0 ? length : 1;
		at += p->last;
	}
}

int
ferry_predict_skip(
    struct ferry_predictor *p, size_t *at, struct ferry_error *err)
{
	size_t began = *at;

	if (p->run->skip(p->run->ctx, at, &p->skip_from, err) == -1)
		return -1;
	assert(*at >= began && *at <= p->n);
	(void)began;
	return ferry_predict_pass(p, *at, err);
}

int
ferry_predict_skip_kept(
    struct ferry_predictor *p, size_t *at, struct ferry_error *err)
{
	size_t q = *at;

	if (ferry_predict_skip(p, at, err) == -1)
		return -1;
	if (*at - q > FERRY_DEFLATE_WINDOW)
		q = *at - FERRY_DEFLATE_WINDOW;
	for (; q < *at; q++)
		(void)ferry_predict_insert(p, q);
	return 0;
}
