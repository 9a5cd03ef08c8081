#ifndef FERRY_STORE_RECIPE_STREAM_H
#define FERRY_STORE_RECIPE_STREAM_H

/*
 * A stream of deflate as a model and what it says wrongly; and back.
 */

#include "store/recipe/corrections.h"
#include "store/recipe/inflate.h"
#include "store/recipe/predict.h"

struct ferry_error;

/*
 * How far model describes the stream that deflated begins with, of which raw is
 * the content.
 *
 * Returns: 1 when all of it was looked at; 0 when tokens_max tokens were that
 *     are not in stored blocks, or more than corrections_max corrections were found; -1.
 * out: emptied first; the corrections so far.
 * Errors: FERRY_EFORMAT (raw is not the content), FERRY_ELIMIT, FERRY_ENOMEM.
 */
#define FERRY_STREAM_BLOCK_WORK 1024 /* steps that a block counts for */
struct ferry_stream_limits {
	uint64_t tokens_max;
	uint64_t corrections_max;
	uint64_t work_max; /* more is FERRY_ELIMIT */
};
struct ferry_stream_analysis {
	const struct ferry_model *model;
	struct ferry_corrections corrections;
	uint8_t padding; /* bits behind the end */
	uint64_t work; /* what writing it will count */
};
int ferry_stream_analyse(struct ferry_predictor *p,
    const struct ferry_model *model, struct ferry_bytes deflated,
    struct ferry_bytes raw, const struct ferry_stream_limits *limits,
    struct ferry_stream_analysis *out, struct ferry_error *err);

/*
 * The model that needs the fewest corrections.  first is tried before all
 * others, and taken if it needs none; it may be NULL.
 *
 * out as of _analyse, whole; the caller frees its corrections.
 */
int ferry_stream_choose(struct ferry_predictor *p,
    const struct ferry_model *first, struct ferry_bytes deflated,
    struct ferry_bytes raw, struct ferry_stream_analysis *out,
    struct ferry_error *err);

/*
 * Write the stream whose content is raw.  Nothing of corrections is trusted.
 * It is the writer's business that what comes out is what it should be.
 *
 * run: model, raw, work, work_max and reuse are the caller's.
 * Errors: FERRY_EFORMAT and FERRY_ELIMIT (corrections, work), the sink's,
 *     FERRY_ENOMEM.
 * Memory: 4 bytes for each token of a block, 4 MiB at most.
 */
int ferry_stream_write(struct ferry_predictor *p, struct ferry_predict_run *run,
    struct ferry_correction_reader *corrections, uint8_t padding,
    ferry_recipe_sink *on_data, void *ctx, struct ferry_error *err);

#endif
