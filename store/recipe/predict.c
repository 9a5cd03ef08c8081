#include "store/recipe/predict.h"

#include <assert.h>
#include <stdlib.h>

#include "store/base/error.h"
#include "store/recipe/predict_internal.h"

/* Below this clearing the tables costs more than undoing what was done. */
#define FEW 16384

int
ferry_predictor_new(struct ferry_predictor **out, struct ferry_error *err)
{

	return ferry_calloc(out, 1, sizeof(**out), err);
}

void
ferry_predictor_free(struct ferry_predictor *p)
{

	free(p);
}

static void
clear(struct ferry_predictor *p)
{

	if (p->n > FEW) {
		memset(p->head, 0, sizeof(p->head));
		return;
	}
	for (size_t i = 0; i < p->n; i++)
		p->head[ferry_predict_hash(p, i)] = 0;
}

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
ferry_predict_ask(struct ferry_predictor *p, size_t at,
    struct ferry_token *actual, struct ferry_error *err)
{
	int rc = p->run->decide(p->run->ctx, at, actual, err);

	assert(rc != 0 || actual->length == 0 ||
	       (actual->length >= FERRY_DEFLATE_MATCH_MIN &&
		   actual->length <= FERRY_DEFLATE_MATCH_MAX &&
		   actual->length <= p->n - at && actual->distance >= 1 &&
		   actual->distance <= at &&
		   actual->distance <= FERRY_DEFLATE_WINDOW));
	return rc;
}

int
ferry_predict(struct ferry_predictor *p, struct ferry_predict_run *run,
    struct ferry_error *err)
{
	int rc;

	assert(run->raw.n < UINT32_MAX);
	p->run = run;
	p->raw = run->raw.p;
	p->n = run->raw.n;
	rc = run->model->search == FERRY_SEARCH_GO ? ferry_predict_go(p, err)
	                                           : ferry_predict_zlib(p, err);
	clear(p);
	return rc;
}
