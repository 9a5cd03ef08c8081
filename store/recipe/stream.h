#ifndef FERRY_STORE_RECIPE_STREAM_H
#define FERRY_STORE_RECIPE_STREAM_H

/*
 * A stream of deflate as a model and what it says wrongly; and back.
 */

#include "store/recipe/copies.h"
#include "store/recipe/corrections.h"
#include "store/recipe/inflate.h"
#include "store/recipe/predict.h"
#include "store/recipe/reuse.h"

struct ferry_error;
struct ferry_finder;

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
	struct ferry_finder *finder; /* of what is copied; NULL: nothing */
};
struct ferry_stream_analysis {
	const struct ferry_model *model;
	struct ferry_corrections corrections;
	struct ferry_copies copies;
	uint8_t padding; /* bits behind the end */
	uint64_t work; /* of searching, as writing it will count */
};
#define FERRY_STREAM_ANALYSIS_INIT                                             \
	{                                                                      \
		NULL, FERRY_CORRECTIONS_INIT, FERRY_COPIES_INIT, 0, 0          \
	}
int ferry_stream_analyse(struct ferry_predictor *p,
    const struct ferry_model *model, struct ferry_bytes deflated,
    struct ferry_bytes raw, const struct ferry_stream_limits *limits,
    struct ferry_stream_analysis *out, struct ferry_error *err);
/* What it holds, not itself. */
void ferry_stream_analysis_free(struct ferry_stream_analysis *analysis);

/*
 * The model that needs the fewest corrections.  first is tried before all
 * others, and taken if it needs none; it may be NULL, as may finder.
 *
 * out as of _analyse, whole.
 */
int ferry_stream_choose(struct ferry_predictor *p,
    const struct ferry_model *first, struct ferry_bytes deflated,
    struct ferry_bytes raw, struct ferry_finder *finder,
    struct ferry_stream_analysis *out, struct ferry_error *err);

/*
 * What a stream is written from: what was said of it, of which nothing is
 * trusted, and the base's streams, which may be NULL if copies are none.
 */
struct ferry_stream_parts {
	struct ferry_copy_reader copies;
	struct ferry_correction_reader corrections;
	uint8_t padding;
	struct ferry_reuse *base;
};
/*
 * Write the stream whose content is raw.  It is the writer's business that what
 * comes out is what it should be.
 *
 * run: model, raw, work and work_max are the caller's.
 * Errors: FERRY_EFORMAT and FERRY_ELIMIT (parts, work), the sink's,
 *     FERRY_ENOMEM.
 * Memory: 4 bytes for each token of a block, 4 MiB at most; 2 MiB for copies.
 */
int ferry_stream_write(struct ferry_predictor *p, struct ferry_predict_run *run,
    struct ferry_stream_parts *parts, ferry_recipe_sink *on_data, void *ctx,
    struct ferry_error *err);

#endif
