/* What a model asks of whoever runs it: a decision, and leave to work on. */

#include <assert.h>

#include "store/base/error.h"
#include "store/recipe/predict_internal.h"
#include "store/recipe/spool.h"

#define PASSED (4U << 20) /* bytes */

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

	if (p->spooled && at - p->passed >= PASSED) {
		ferry_spool_pass_view(ferry_bytes_of(p->raw, at));
		p->passed = at;
	}
	assert(rc != 0 || actual->length == 0 ||
	       (actual->length >= FERRY_DEFLATE_MATCH_MIN &&
		   actual->length <= FERRY_DEFLATE_MATCH_MAX &&
		   actual->length <= p->n - at && actual->distance >= 1 &&
		   actual->distance <= at &&
		   actual->distance <= FERRY_DEFLATE_WINDOW));
	return rc;
}
