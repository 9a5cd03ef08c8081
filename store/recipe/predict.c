#include "store/recipe/predict.h"

#include <assert.h>
#include <stdlib.h>

#include "store/recipe/predict_internal.h"

/* Below this clearing the tables costs more than undoing what was done. */
#define FEW 16384

int
ferry_predictor_new(struct ferry_predictor **out, enum ferry_predictor_raw raw,
    struct ferry_error *err)
{

	if (ferry_calloc(out, 1, sizeof(**out), err) == -1)
		return -1;
	(*out)->spooled = raw == FERRY_PREDICT_SPOOLED;
	for (unsigned i = 0; i < 3; i++)
		for (uint32_t k = 0; k < 256; k++)
			(*out)->crc[i][k] =
			    ferry_predict_crc(k << 8 * i) & 0x7fff;
	return 0;
}

void
ferry_predictor_free(struct ferry_predictor *p)
{

	free(p);
}

void
ferry_predictor_heed(struct ferry_predictor *p, const struct ferry_heed *heed)
{

	p->heed = heed;
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
ferry_predict(struct ferry_predictor *p, struct ferry_predict_run *run,
    struct ferry_error *err)
{
	int rc = 0;

	assert(run->raw.n < UINT32_MAX);
	p->run = run;
	p->raw = run->raw.p;
	p->n = run->raw.n;
	p->reached = 0;
	p->skip_from = run->skip == NULL ? SIZE_MAX : 0;
	switch (run->model->search) {
	case FERRY_SEARCH_FAST:
	case FERRY_SEARCH_SLOW:
		rc = ferry_predict_zlib(p, err);
		break;
	case FERRY_SEARCH_GO:
		rc = ferry_predict_go(p, err);
		break;
	case FERRY_SEARCH_NG:
	case FERRY_SEARCH_NG_OLD:
	case FERRY_SEARCH_INTEL:
		/* What streams before left there would show. */
		memset(p->old, 0, sizeof(p->old));
		rc = ferry_predict_medium(p, err);
		break;
	}
	clear(p);
	return rc;
}
