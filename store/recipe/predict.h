#ifndef FERRY_STORE_RECIPE_PREDICT_H
#define FERRY_STORE_RECIPE_PREDICT_H

/*
 * Run a model over raw bytes.  For every token that the compressor would have
 * written, the caller says which one it is to be: the same, or another, and
 * the model goes on as if it had chosen that itself.
 */

#include "store/base/bytes.h"
#include "store/recipe/heed.h"
#include "store/recipe/model.h"

struct ferry_error;
struct ferry_predictor;

/*
 * *actual is the predicted token, and stands at raw position at; change it, or
 * leave it.  It must fit: 3 to 258 long, at most the rest of the raw bytes and
 * at most min(at, 32768) back.
 * Returns: 0 to go on, 1 to stop, -1.
 */
typedef int ferry_predict_decide(
    void *ctx, size_t at, struct ferry_token *actual, struct ferry_error *err);

/* Tables of 768 KiB, for any number of runs one after the other. */
enum ferry_predictor_raw {
	FERRY_PREDICT_MEMORY,
	/* Raw bytes are views of spools: what is passed is given back, as the model
	 * looks no further back than the window. */
	FERRY_PREDICT_SPOOLED
};
int ferry_predictor_new(struct ferry_predictor **out,
    enum ferry_predictor_raw raw, struct ferry_error *err);
void ferry_predictor_free(struct ferry_predictor *p);
/* What is heeded when it is run from here on, borrowed; at first nothing. */
void
ferry_predictor_heed(struct ferry_predictor *p, const struct ferry_heed *heed);

/*
 * Returns: 0 when the tokens decided stand for all of raw, which has less than
 *     2^32 - 1 bytes; 1 when decide stopped; -1.
 * work: steps that searching took are added; an error when it gets above
 *     work_max.
 * Errors: FERRY_ELIMIT (work), those of decide and skip, FERRY_ECANCELLED.
 */
struct ferry_predict_run {
	const struct ferry_model *model;
	struct ferry_bytes raw;
	ferry_predict_decide *decide;
	void *ctx;
	uint64_t work, work_max;
	/* NULL, or asked where the model begins anew, at the start and behind a
	 * match (FERRY_SEARCH_FAST and those of zlib-ng and Intel: behind any
	 * token), but not before *again, 0 at first: it may decide about tokens from
	 * *at on by itself, tells them, and moves *at behind them.
	 * Returns: 0, -1. */
	int (*skip)(
	    void *ctx, size_t *at, size_t *again, struct ferry_error *err);
};
int ferry_predict(struct ferry_predictor *p, struct ferry_predict_run *run,
    struct ferry_error *err);
/* From within skip: these are the next n tokens, from raw position at on;
 * distances do not matter. */
void ferry_predict_tell(struct ferry_predictor *p, size_t at,
    const struct ferry_token *tokens, size_t n);
/* From within skip: raw bytes before at are not needed any more, but for the
 * window.  Errors: FERRY_ECANCELLED. */
int ferry_predict_pass(
    struct ferry_predictor *p, size_t at, struct ferry_error *err);
/* Count other work of the run.  Errors: FERRY_ELIMIT. */
int ferry_predict_work(
    struct ferry_predict_run *run, uint64_t steps, struct ferry_error *err);

#endif
